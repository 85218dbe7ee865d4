"""Report or something else: why a document is refused, judged by its tables, headings, title and words together."""

from __future__ import annotations

import re

from parser.documents.document import Document
from parser.hints import Hints
from parser.labels import squeeze
from parser.metadata import Metadata, find_title, title_places
from parser.record import State
from parser.tables import Tables
from parser.titles import LOOK_ALIKE_OF_A_FORM, is_name, judge, outside_the_law, read, shorten

ENOUGH_HEADINGS = 4  # of the six: then it is a report
_ENOUGH_FIGURES = 40  # a page that carries the statutory tables is a report even without a title
_OLD_WORDS = ("主动公开", "依申请", "复议", "收费", "问题")
_ENOUGH_OLD_WORDS = 3
_LITTLE_TEXT = 400
_LEAST_TEXT = 150  # characters of a small town's report that speaks of nearly all there is to speak of
NO_TEXT = "its title is a report's, but the text has neither the six sections nor the tables"
_OUTSIDE = ("学年", "report of a school")
_CHALLENGE = re.compile(
    r"_ts\.nsd|__jsl_clearance|wzwsquestion|wzws-waf-cgi|请开启JavaScript并刷新该页|aliyun_waf_aa|acw_sc__v2|EO_Bot_Ssid|C3VK=|网站防火墙"
    r"|已被创宇盾拦截|云堤网站安全防护|服务器安全狗防护验证|访问频繁|请求过于频繁|请输入验证码|人机验证|访问受限|本站开启了验证码保护"
)
_SOFT_404 = re.compile(
    r"页面不存在|您访问的页面|页面找不到|无法找到该页|404\s*(?:Not Found|错误)|页面已删除|系统提示|栏目不存在|该信息已(?:删除|下线)",
    re.IGNORECASE,
)


def refusal(document: Document, hints: Hints, tables: Tables, headings: int) -> str | None:
    """Why a document is no report, or null where it is one.

    A document that carries the statutory tables is a report even without a title (an attachment, the blank form), unless
    its title says that it is something else and the tables are empty, or that its publisher is outside 条例第四十九条.
    """
    title = find_title(document, hints)
    look_alike = _look_alike(document, hints)
    numbers = sum(figure.state is State.NUMBER for figure in tables.figures.values())
    if look_alike is not None:
        text, kind = look_alike
        form = kind == LOOK_ALIKE_OF_A_FORM and len(tables.figures) >= _ENOUGH_FIGURES
        if not form and (numbers < _ENOUGH_FIGURES or kind.startswith(_OUTSIDE)):
            return f"its title {text!r} is that of a {kind}"
    if len(tables.figures) >= _ENOUGH_FIGURES or headings >= ENOUGH_HEADINGS:
        return None
    return _by_words(document, tables, has_title=title is not None)


def refusal_of_publisher(metadata: Metadata) -> str | None:
    """Why a report's publisher puts it outside the law on 政府信息公开, where title and signature say so together."""
    if metadata.publisher is None or metadata.title is None or not outside_the_law(metadata.publisher, metadata.title):
        return None
    return f"{metadata.publisher} reports under rules of its own (条例第五十五条)"


def _by_words(document: Document, tables: Tables, *, has_title: bool) -> str | None:
    text = squeeze("".join(line.text for line in document.lines))
    if _CHALLENGE.search(text) and len(text) < 20 * _LITTLE_TEXT:
        return "it is a page of a protection system, not the document"
    if _SOFT_404.search(text) and len(text) < 2 * _LITTLE_TEXT:
        return "it is an error page"
    if not has_title:
        return "it has no report's title, fewer than four of the six sections and no statutory table"
    words = sum(word in text for word in _OLD_WORDS)
    least = _LITTLE_TEXT if words < len(_OLD_WORDS) - 1 else _LEAST_TEXT
    if (words >= _ENOUGH_OLD_WORDS and len(text) >= least) or tables.figures:
        return None
    return NO_TEXT


def _look_alike(document: Document, hints: Hints) -> tuple[str, str] | None:
    """The title and its class, where what stands in the title's place is a look-alike's and none there is a report's."""
    found: tuple[str, str] | None = None
    for text in title_places(document, hints):
        verdict = judge(shorten(text))
        parts = read(shorten(text))
        if verdict.is_report and (parts.report_year is not None or is_name(parts.publisher)):
            return None
        if found is None and not verdict.is_report and verdict.reason != "no report words":
            found = (squeeze(text), verdict.reason)
    return found
