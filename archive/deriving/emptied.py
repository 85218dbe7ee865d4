"""Emptied pages: an answer that holds no report any more, told from one that only stands in for the page."""

from __future__ import annotations

import re

_LONGEST = 20_000  # bytes: a notice of maintenance is short, and a long page that names one is no notice
_HIDDEN = re.compile(r"<!--.*?-->|<(script|style|noscript)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_NEEDS_A_BROWSER = re.compile(r"<(?:script|iframe|frame)\b|http-equiv=.?refresh", re.IGNORECASE)
_PROTECTION = re.compile(
    r"__jsl_clearance|_ts\.nsd|wzws|acw_sc__v2|aliyun_waf|EO_Bot_Ssid|C3VK=|防火墙|创宇盾|安全防护|访问频繁|请求过于频繁|验证码|人机验证|访问受限"
)
_PASSING = re.compile(
    r"维护|升级|繁忙|稍[后候]再试|系统(?:异常|错误|故障)|服务器(?:异常|错误|故障)|服务(?:不可用|暂停)|暂时无法|暂停(?:访问|服务)"
    r"|数据库|Bad Gateway|Service Unavailable|Gateway Time-?out|Internal Server Error",
    re.IGNORECASE,
)


def only_passing(body: bytes) -> bool:
    """Whether a page that holds no report may only stand in for it: maintenance, a protection system, a script's shell.

    Such an answer says as little of the report as a 503 does.
    """
    if len(body) > _LONGEST:
        return False
    markup = _text(body)
    words = _HIDDEN.sub("", markup).strip()
    if _PROTECTION.search(markup) is not None or _PASSING.search(words) is not None:
        return True
    return not words and _NEEDS_A_BROWSER.search(markup) is not None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace")
