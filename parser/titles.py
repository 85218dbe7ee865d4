"""Titles: is this a report's title or a look-alike, whose report is it, and which year does it report on."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from parser.labels import normal, squeeze

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)(?:年度|年|度)?")
_NUMERAL_YEAR = re.compile(r"(二[0〇零○OＯ][一二三四五六七八九0〇零○]{2})(?:年度|年)")
_NUMERALS = str.maketrans("零〇○OＯ一二三四五六七八九", "00000123456789")
_SUBJECT = re.compile(r"(?:信息公开|政务公开)")
_WORDS = frozenset("工作情况的年度报告本")  # a scrambled 工作告年度报 or a cut 年度报 still consists of these
_BARE = re.compile(r".*?(?:年度?工作报告|年度报告|年报)")
_BRACKETS = re.compile(r"\([^()]*\)")
_FILE_ENDING = re.compile(r"\.(?:pdf|docx?|wps|ofd|html?|txt|et|xlsx?|zip|rtf)$", re.IGNORECASE)
_SITE_SUFFIX = re.compile(r"(?:[_|]|-(?!\d)|(?<=报告)-|(?<=年报)-).*$")
_TIME = re.compile(r"(?:19|20)\d\d年\d{1,2}月(?:\d{1,2}日)?|\d{1,2}月\d{1,2}日?$|(?:19|20)\d\d-\d\d?-\d\d?.*$")
_NAME = re.compile(
    r"(?!.*\d[年月日])(?=.*[\u3400-\u9fff\ue000-\ufaff\U00020000-\U000323af])"
    r"[\u3400-\u9fff\ue000-\ufaff\U00020000-\U000323afA-Za-z\d·()（）\-、]{2,50}"
)  # 8号桥街道办事处, 12345热线中心
_NAVIGATION = re.compile(
    r"登录|注册|首页|当前位置|信息公开|指南|目录|年报|网站|正文|点击|浏览|来源|字号|分享|打印|无障碍|^附件"
)
_LEADING_KIND = re.compile(r"^(?:标题|信息标题|名称|题名)[:：]|^\((?:[^()]*版)\)|^[·•●■◆★※>▶#*]+")
_KIND_ENDS = re.compile(r"[丨|︱∣:]")  # behind the words that name a kind: 图解丨清湾市2024年…
_DECLARED = re.compile(r"^(?:关于(?:公布|发布|公开|印发)?|公布|发布)|(?:关于|有关|的)$")


LOOK_ALIKE_OF_A_FORM = "制度"  # rules, formats and blank forms: readable, and nobody's report


@dataclass(frozen=True)
class Verdict:
    """Whether a title is a report's; ``reason`` names the class of look-alike, or what speaks for a report."""

    is_report: bool
    reason: str


@dataclass(frozen=True)
class TitleParts:
    """What a title says. ``publisher`` and ``report_year`` are null where it does not say them."""

    title: str
    publisher: str | None
    report_year: int | None


@dataclass(frozen=True)
class _Split:
    head: str  # the words before 信息公开, years removed
    subject: str  # 政府信息公开, 信息公开, 政务公开 …
    tail: str  # the words after, years and version brackets removed
    years: tuple[int, ...]
    leftover: str  # the part of the tail that is no report word


def judge(title: str, *, in_report_column: bool = False) -> Verdict:
    """Is this the title of an annual report (信息公开 … 年度报告) or of a look-alike.

    ``in_report_column`` accepts a bare 2024年年报, which names neither subject nor publisher.
    """
    text = _clean(title)
    split = _split(text)
    if split is None or not _says_report(split):
        other = _look_alike(text) if split is None else _of_another_kind(split) or _look_alike(text)
        bare = split is None and other is None and in_report_column and _BARE.fullmatch(_FILE_ENDING.sub("", text))
        if bare:
            return Verdict(is_report=True, reason="年报 in a report column")
        return Verdict(is_report=False, reason=other or "no report words")
    refused = _of_another_kind(split) or _outside_the_law(text, split)
    if refused is not None:
        return Verdict(is_report=False, reason=refused)
    unknown = split.leftover and not any(word in split.leftover.lower() for word in _tables()["tail_accepted"])
    return Verdict(is_report=True, reason=f"report words, then {split.leftover}" if unknown else "report words")


def _of_another_kind(split: _Split) -> str | None:
    """The class of look-alike that the words before or after the report words name."""
    head, leftover = split.head.lstrip("(《\"'"), split.leftover.lower()
    for kind, words in _tables()["head_refused"]:
        if head.startswith(words):
            return str(kind)
    *kinds, _ = _KIND_ENDS.split(head)
    for kind, words in _tables()["kind_refused"]:
        if any(word in named for named in kinds for word in words):
            return str(kind)
    return next(
        (str(kind) for kind, words in _tables()["tail_refused"] if any(word.lower() in leftover for word in words)),
        None,
    )


def _look_alike(text: str) -> str | None:
    """The class of look-alike that a title without report words names."""
    return next((str(kind) for kind, words in _tables()["refused"] if any(word in text for word in words)), None)


def outside_the_law(publisher: str, title: str) -> bool:
    """Whether a publisher (a school, a hospital, a company) reports under rules of its own, unless the title says 政府信息公开."""
    return "政府信息公开" not in title and publisher.endswith(_tables()["outside_endings"])


def _outside_the_law(text: str, split: _Split) -> str | None:
    """Why a publisher's report is not one of 条例第四十九条: a school's, a public enterprise's."""
    if any(word in text for word in _tables()["outside_words"]):
        return "学年 report of a school"
    publisher = _publisher(split)
    if publisher is not None and "政府" not in split.subject and publisher.endswith(_tables()["outside_endings"]):
        return "report of a school or public enterprise"
    return None


def read(title: str) -> TitleParts:
    """The title's parts. The publisher is what the title names, with its division prefix, without 年度/政府信息公开工作/报告."""
    text = _clean(title)
    split = _split(text)
    if split is None:
        years = _years(text)
        return TitleParts(squeeze(title), None, years[0] if len(set(years)) == 1 else None)
    publisher = _publisher(split)
    return TitleParts(
        squeeze(title), _as_printed(publisher, title) if publisher is not None else None, _report_year(split, text)
    )


def _as_printed(name: str, title: str) -> str:
    """A name found in a title's normal form as the title prints it: 䃼塘镇 and 大坪鎮 keep their characters."""
    printed = squeeze(title)
    spelled = [normal(char) for char in printed]
    start = "".join(spelled).find(name)
    if start < 0 or any(len(char) != 1 for char in spelled):
        return name
    return printed[start : start + len(name)]


def is_name(publisher: str | None) -> bool:
    """Whether a title's publisher can be an agency's name: words alone, nothing of a page's navigation."""
    return publisher is not None and _NAME.fullmatch(publisher) is not None and not _NAVIGATION.search(publisher)


def shorten(title: str) -> str:
    """The title as printed without white space, a leading 标题：, and the site's name after it (…-沭阳县发改局)."""
    text = _LEADING_KIND.sub("", squeeze(title)) if _LEADING_KIND.match(normal(title)) else squeeze(title)
    match = re.match(r"(.*(?:年度报告|工作报告|年报))(?:[-_|—–].*)$", text)
    return match.group(1) if match else text


def _clean(title: str) -> str:
    text = normal(title)
    text = _LEADING_KIND.sub("", text)
    return _TIME.sub("", text).strip("《》\"'.。,，:;!")


@cache
def _tables() -> dict[str, Any]:
    data = tomllib.loads(files("parser").joinpath("look_alikes.toml").read_text(encoding="utf-8"))
    normalised = {
        name: [(entry["class"], tuple(normal(word) for word in entry["words"])) for entry in data[name]]
        for name in ("refused", "head_refused", "kind_refused", "tail_refused")
    }
    return {
        **normalised,
        "tail_accepted": tuple(normal(word).lower() for word in data["tail_accepted"]["words"]),
        "outside_endings": tuple(data["outside_the_law"]["endings"]),
        "outside_words": tuple(data["outside_the_law"]["words"]),
    }


def _split(text: str) -> _Split | None:
    """Cut a title at its last 信息公开 that report words follow, else at its last one."""
    matches = list(_SUBJECT.finditer(text))
    if not matches:
        return None
    chosen = matches[-1]
    for match in matches:
        if _says_report(_cut(text, match)):
            chosen = match
            break
    return _cut(text, chosen)


def _cut(text: str, match: re.Match[str]) -> _Split:
    head, subject, tail = text[: match.start()], match.group(), text[match.end() :]
    years = _years(text)
    head = _without_years(head)
    for word in ("政府", "政务"):
        if head.endswith(word):
            shared = subject == "信息公开" and word == "政府" and head.endswith("人民政府")
            subject = word + subject
            if not shared:  # 二道区人民政府信息公开: the two share one 政府, the publisher keeps it
                head = head[: -len(word)]
            break
    tail = _FILE_ENDING.sub("", tail)
    versions = "".join(_BRACKETS.findall(tail))
    tail = _SITE_SUFFIX.sub("", _without_years(_BRACKETS.sub("", tail)))
    words = 0
    while words < len(tail) and tail[words] in _WORDS:
        words += 1
    return _Split(head, subject, tail[:words], years, tail[words:] + versions)


def _says_report(split: _Split) -> bool:
    yearly = "年" in split.tail or "度" in split.tail or bool(split.years)
    return "报" in split.tail and yearly


def _years(text: str) -> tuple[int, ...]:
    found = [int(match.group(1)) for match in _YEAR.finditer(text)]
    found += [int(match.group(1).translate(_NUMERALS)) for match in _NUMERAL_YEAR.finditer(text)]
    return tuple(found)


def _without_years(text: str) -> str:
    return _NUMERAL_YEAR.sub("", _YEAR.sub("", text))


def _report_year(split: _Split, text: str) -> int | None:
    if len(set(split.years)) == 1:
        return split.years[0]
    yearly = {int(match.group(1)) for match in re.finditer(r"(?<!\d)((?:19|20)\d\d)年度", text)}
    return yearly.pop() if len(yearly) == 1 else None


def _publisher(split: _Split) -> str | None:
    name = split.head
    before = None
    while name != before:
        before = name
        name = (
            _DECLARED.sub("", name).strip("-_·:,，、.。\"'《》()")
            if not name.endswith(")")
            else _DECLARED.sub("", name)
        )
    return name.removesuffix("年度") or None
