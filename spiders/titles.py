"""Link texts and headings made into titles: whole, without dates, counters and labels that sites add."""

from __future__ import annotations

import re
from dataclasses import dataclass

from parser.labels import squeeze
from parser.titles import judge

_LEADING = re.compile(r"^(?:(?:信息|文章|公文)?标题|名称|题名)[:：]|^[·•●■◆★※▶»>▪・*]+|^\d{1,3}[.、](?=\D)")
_APPENDED = re.compile(
    r"(?:点击(?:数|次数|率|量)?|浏览(?:次数|量)?|发表时间|发布(?:时间|日期)|时间|日期|来源|作者|阅读(?:次数|量)?)[:：].*$",
    re.DOTALL,
)
_MARGIN_DATE = re.compile(
    r"[\s\u3000]*[\[(（【]?\s*(?:(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?|(?<=\s)\d{1,2}(?:-|/|月)\d{1,2}日?)"
    r"(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*[\])）】]?\s*$"
)
_CUT = re.compile(r"(?:(?<!…)…+|(?<!\.)\.{2,}|(?<!。)。{3,}|(?<!⋯)⋯+)$")
_NEW = re.compile(r"(?:\[?NEW!?\]?|（新）)$", re.IGNORECASE)
_LONGEST = 1000  # characters of a title; what follows is a text
_SAYS_NOTHING = re.compile(r"^(?:点击|查看|打开|阅读|下载|详细|详情|更多|进入|链接|新窗口)")


@dataclass(frozen=True)
class LinkTitle:
    """A title as a list gives it; ``cut`` where even the fullest form ends in an ellipsis."""

    text: str
    cut: bool


def clean(text: str) -> str:
    """One text cleaned: no label before it, no counter or date behind it, no white space, its ellipsis kept."""
    spaced = " ".join(text.split())[:_LONGEST]
    spaced = _LEADING.sub("", spaced)
    spaced = _APPENDED.sub("", spaced) or spaced
    spaced = _MARGIN_DATE.sub("", spaced) or spaced
    return _NEW.sub("", squeeze(spaced)) or squeeze(spaced)


def whole(link_text: str, title_attribute: str | None) -> LinkTitle:
    """The fullest title of a link: ``title=`` over a cut link text, the text over a ``title=`` that says nothing."""
    shown = clean(link_text)
    given = clean(title_attribute or "")
    best = given if _is_fuller(given, shown) else shown
    return LinkTitle(_CUT.sub("", best), _CUT.search(best) is not None)


def same_start(one: str, other: str, length: int = 10) -> bool:
    """Whether two titles speak of one document: they share their beginning, or one holds the other."""
    first, second = _CUT.sub("", squeeze(one)), _CUT.sub("", squeeze(other))
    if not first or not second:
        return False
    return first[:length] == second[:length] or first in second or second in first


def _is_fuller(given: str, shown: str) -> bool:
    if not given or _SAYS_NOTHING.match(given):
        return False
    if not shown or _SAYS_NOTHING.match(shown):
        return True
    start = _CUT.sub("", shown)
    if _CUT.search(shown) or given.startswith(start):
        return not _CUT.search(given) or len(given) > len(shown)
    return judge(given).is_report and not judge(shown).is_report
