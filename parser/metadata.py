"""What a report says of itself: title, publisher, report year, date of publication, contact. Never from an address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from parser.dates import find_dates, first_date
from parser.documents.document import Document, Grid, Line
from parser.hints import Hints
from parser.labels import normal, squeeze
from parser.record import Contact, PublishedSource
from parser.sections import is_heading
from parser.titles import TitleParts, is_name, judge, read, shorten

_DATE_LABELS = (
    "发布日期",
    "发布时间",
    "公开日期",
    "公开时间",
    "时间发布",
    "发布于",
    "更新时间",
    "更新日期",
    "发文日期",
    "公文生成日期",
    "生成日期",
    "日期",
    "时间",
)
_DATE_LINE = re.compile(
    rf"(?:^|[\s|【\[(（　])(?P<label>{'|'.join(_DATE_LABELS)})\s*[:：]\s*[\[(（]?(?P<value>[^|】]{{6,40}})"
)
_FIELD_DATES = ("公开日期", "发布日期", "发布时间", "公开时间", "发文日期", "生成日期", "公文生成日期")
_FIELD_AGENCIES = ("发布机构", "公开机构", "发文机关", "发文机构", "发布机关", "发布单位", "信息来源")
_FIELD_TITLES = ("名称", "标题", "信息名称", "公文名称")
_NOT_AGENCIES = ("本站", "网站", "原创", "本网", "无", "其他")
_PERIOD = re.compile(r"(?:统计|数据|时限|期限|周期|起止|时间)[^。]{0,40}?((?:19|20)\d\d)年?\s*\d{1,2}\s*月")
_PERIOD_PLAIN = re.compile(r"((?:19|20)\d\d)年?1月?1日(?:起)?[至到—-]+(?:\1年?)?12月?31")  # signs get lost (quirk 49)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年")
_AGENCY_LINE = re.compile(r"^[\u3400-\u9fff\ue000-\ufaff\U00020000-\U000323af()（）·]{2,30}$")
_AGENCY_ENDING = re.compile(
    r"(?:省|自治区|市|区|县|旗|州|盟|乡|镇|街道|办事处|局|委员会|委|办|办公室|办公厅|厅|部|院|署|政府|管委会|中心|队|所|站|社|处|会|馆|研究室|党校|指挥部|公所|苏木|农场|林场|开发区|园区|新区)(?:[(（][^()（）]*[)）])?$"
)
_WE = re.compile(r"[我本](?:机关|单位|部门|局|镇|乡|街道|办|委|厅|县|区|市|中心)(?:政府|办公室)?")  # quirk 62
_NO_TITLE = re.compile(r"^(?:正文|附件\d*|索引号|主题分类|首页|当前位置|来源|字号|字体|打印|分享)")
_TITLE_LINES = 14  # how many short lines before the first paragraph may hold the title
_TITLE_JOIN = 5
_TITLE_LENGTH = 60
_FIRST_LINES = 6
_FULL = 3  # a title that names agency and year
_DIVISION_LENGTH = 12
_DIVISIONS = ("省", "市", "区", "县", "旗", "州", "盟", "镇", "乡")
_SIGNED_LINES = 6  # a signature and its date stand within so many lines of the end
_TO_THE_MINUTE = len("2024-01-2209:30")
_MARKS = re.compile(r"^[\s\d年月日〇○零一二三四五六七八九十元正廿.\-/　]+$")


@dataclass(frozen=True)
class Metadata:
    """The parts of a record that are no figures; ``period_year`` is the year the period sentence names."""

    title: str | None
    publisher: str | None
    report_year: int | None
    published_on: date | None
    published_source: PublishedSource | None
    contact: Contact
    period_year: int | None


def read_metadata(document: Document, hints: Hints) -> Metadata:
    """The metadata of a document that is a report."""
    parts = find_title(document, hints)
    period = period_year(document)
    year = parts.report_year if parts is not None else None
    if parts is not None and year is None:
        year = period if period is not None else _year_of_hints(hints) or _majority_year(document)
    publisher = parts.publisher if parts is not None else None
    if parts is not None and publisher is None:
        publisher = next((name for name in _agencies(document, hints) if name), None)
    day, source = _published(document, hints)
    return Metadata(
        title=parts.title if parts is not None else None,
        publisher=publisher,
        report_year=year,
        published_on=day,
        published_source=source,
        contact=read_contact(document.lines),
        period_year=period,
    )


def find_title(document: Document, hints: Hints) -> TitleParts | None:
    """The fullest title a document gives that is a report's.

    Places are tried in order: headings and fields made for titles, single lines, lines joined, the page's <title>, the
    list's. A title that names agency and year ends the search; else the fullest wins, the earlier of two equals.
    """
    best: tuple[int, TitleParts] | None = None
    for text in _title_candidates(document, hints):
        parts = _report_title(text)
        if parts is None:
            continue
        score = _fullness(parts)
        if best is None or score > best[0]:
            best = (score, parts)
        if score == _FULL:
            break
    return best[1] if best is not None else None


def _report_title(text: str) -> TitleParts | None:
    clean = shorten(text)
    if not judge(clean).is_report:
        return None
    parts = read(clean)
    return parts if parts.publisher is None or is_name(parts.publisher) else None


def _fullness(parts: TitleParts) -> int:
    return 2 * (parts.report_year is not None) + (parts.publisher is not None)


def title_places(document: Document, hints: Hints) -> Iterator[str]:
    """What stands where a document says its title: fields, headings, else its first lines; what the finder was told."""
    lines = _before_prose(document)
    headings = [line.text for line in lines if line.heading]
    fields = [item.text for item in document.values("title") if item.source == "field"]
    yield from fields
    yield from headings
    if not fields and not headings:
        yield from _title_lines(lines)
        yield from (line.text for line in lines[:_FIRST_LINES])
    yield from (value for label, value in header_fields(document) if label in _FIELD_TITLES)
    yield from (item.text for item in document.values("title") if item.source != "field")
    yield from (text for text in (hints.page_title, hints.listed_title) if text is not None)


def _title_candidates(document: Document, hints: Hints) -> Iterator[str]:
    """What may be a report's title, best place first."""
    lines = _before_prose(document)
    yield from (item.text for item in document.values("title") if item.source == "field")
    yield from _confirmed_titles(document, lines, hints)
    yield from (line.text for line in lines if line.heading)
    yield from _title_lines(lines)
    yield from title_places(document, hints)
    yield from (
        line.text
        for line in document.lines
        if not line.link and len(line.text) <= _TITLE_LENGTH and _ends_title(line.text)
    )


def _title_lines(lines: Sequence[Line]) -> Iterator[str]:
    """Single lines that end as a title does, then titles over several lines."""
    yield from (
        _with_division(lines, index, index)
        for index in range(len(lines))
        if _ends_title(lines[index].text) and not _goes_on(lines, index)
    )
    yield from _joined_titles(lines)


def _confirmed_titles(document: Document, lines: Sequence[Line], hints: Hints) -> Iterator[str]:
    """Titles over several lines, broken anywhere, that the list, the page or one heading has whole."""
    named = [item.text for item in document.values("title")]
    told = {squeeze(shorten(text)) for text in (*named, hints.page_title, hints.listed_title) if text is not None}
    for last in range(1, len(lines)) if told else ():
        for first in range(last - 1, max(-1, last - _TITLE_JOIN), -1):
            text = _join(lines, first, last)
            if text in told and _ends_title(text):
                yield text


def _joined_titles(lines: Sequence[Line]) -> Iterator[str]:
    """Titles over two to five lines (quirk 4), the fewest lines first."""
    for last in range(1, len(lines)):
        for first in range(last - 1, max(-1, last - _TITLE_JOIN), -1):
            text = _join(lines, first, last)
            if len(text) > _TITLE_LENGTH:
                break
            if not _ends_title(text) or _goes_on(lines, last):
                continue
            found = _report_title(text)
            if found is not None and not _begins_with_furniture(lines, first, last, found):
                yield _with_division(lines, first, last)


def _begins_with_furniture(lines: Sequence[Line], first: int, last: int, found: TitleParts) -> bool:
    """Whether what follows the first line is a title by itself, and that line (星期二, 办事服务) names no agency."""
    if found.publisher is None or _report_title(_join(lines, first + 1, last)) is None:
        return False
    above = squeeze(lines[first].text)
    return not (_AGENCY_ENDING.search(found.publisher) or above.endswith(_DIVISIONS))


def _goes_on(lines: Sequence[Line], index: int) -> bool:
    """Whether the next line is the end of a word this one begins: …年度报 / 告."""
    following = squeeze(lines[index + 1].text) if index + 1 < len(lines) else ""
    return squeeze(lines[index].text).endswith("报") and following == "告"


def _join(lines: Sequence[Line], first: int, last: int) -> str:
    return "".join(squeeze(line.text) for line in lines[first : last + 1])


def _before_prose(document: Document) -> list[Line]:
    """The short lines before the first paragraph of the article, and those of the page shortly before it."""
    start = document.body[0] if document.body is not None else 0
    before = [block for block in document.blocks[:start] if isinstance(block, Line)]
    lines: list[Line] = []
    for block in document.blocks[start:]:
        if isinstance(block, Grid) or len(squeeze(block.text)) > _TITLE_LENGTH + 20 or is_heading(block.text):
            if lines or isinstance(block, Line):
                break
            continue
        lines.append(block)
    near = [*before[-_TITLE_LINES:], *lines[:_TITLE_LINES]]
    return [line for line in near if _may_be_title(line)]


def _may_be_title(line: Line) -> bool:
    text = squeeze(line.text)
    return len(text) <= _TITLE_LENGTH and not _NO_TITLE.match(text) and (line.heading or not line.link)


def _ends_title(text: str) -> bool:
    return bool(re.search(r"(?:报告|年报|告年度报|年度报|版[)）]|全文[)）]?|[)）])$", squeeze(text)))


def _with_division(lines: Sequence[Line], first: int, last: int) -> str:
    """The title, with the line above where that is the agency, or the division its first line goes on from."""
    text = _join(lines, first, last)
    while first > 0 and last - first < _TITLE_JOIN - 1:
        above = squeeze(lines[first - 1].text)
        parts = read(shorten(text))
        adjacent = lines[first - 1].number == lines[first].number - 1 or parts.publisher is None
        wanted = parts.publisher is None or (len(above) <= _DIVISION_LENGTH and above.endswith(_DIVISIONS))
        named = _AGENCY_LINE.match(above) and _AGENCY_ENDING.search(above) and is_name(above) and not is_heading(above)
        if not (adjacent and wanted and named) or text.startswith(above):
            break
        text = above + text
        first -= 1
    return text


def header_fields(document: Document) -> Iterator[tuple[str, str]]:
    """Label and value of the header tables (索引号, 发布机构, 公开日期 …): two cells, one cell, or headings above values."""
    for grid in document.grids:
        if len(grid.rows) > 14 or grid.width > 12 or "第二十条" in grid.text or "勾稽" in grid.text:
            continue
        rows = [[squeeze(cell.text) for cell in row] for row in grid.rows]
        for row in rows:
            for text in row:
                label, colon, value = normal(text).partition(":")
                if colon and value:
                    yield label, value
            for left, right in pairwise(row):
                yield normal(left).rstrip(":"), right
        for above, below in pairwise(rows):
            if len(above) == len(below) > 1:
                yield from ((normal(label).rstrip(":"), value) for label, value in zip(above, below, strict=True))


def _agencies(document: Document, hints: Hints) -> Iterator[str | None]:
    """Who publishes, where the title does not say: header table, signature, page, column."""
    for label, value in header_fields(document):
        if label in _FIELD_AGENCIES:
            yield _agency(value)
    yield _agency(signature(document.lines)[0])
    yield _agency(hints.agency)
    for item in document.values("agency"):
        yield _agency(item.text)


def _agency(text: str | None) -> str | None:
    name = squeeze(text or "")
    if name in _NOT_AGENCIES or len(name) < 3 or not _AGENCY_ENDING.search(name):
        return None
    return None if _WE.fullmatch(name) else name


def signature(lines: Sequence[Line]) -> tuple[str | None, date | None]:
    """The agency and the date signed at the end of the text; each alone where the other is missing."""
    name: str | None = None
    day: date | None = None
    for line in reversed(lines[-_SIGNED_LINES:]):
        text = squeeze(line.text)
        if day is None and len(text) <= 60:
            dates = list(find_dates(line.text))
            bare = _MARKS.match(re.sub(r"[()（）]", "", line.text)) is not None
            tail = re.search(r"[\u4e00-\u9fff]{3,30}(?=(?:19|20|二[〇○零0])\S{2}年)", text)
            if dates and (bare or (tail and _AGENCY_ENDING.search(tail.group()) and len(text) < 50)):
                day = dates[-1]
                name = tail.group() if tail and not bare else name
                continue
        if name is None and _AGENCY_LINE.match(text) and _AGENCY_ENDING.search(text) and not is_heading(line.text):
            name = text
            if day is not None:
                break
    return name, day


def _published(document: Document, hints: Hints) -> tuple[date | None, PublishedSource | None]:
    """The date the site gives, best first, else the date signed; times of generation and clocks are neither."""
    if hints.listed_on is not None:
        return hints.listed_on, PublishedSource.LIST
    if hints.page_date is not None:
        return hints.page_date, PublishedSource.PAGE
    for item in document.values("published_on"):
        if item.source == "field":
            day = first_date(item.text)
            if day is not None:
                return day, PublishedSource.FIELD
    day = _labelled_date(document)
    if day is not None:
        return day, PublishedSource.PAGE
    for label, value in header_fields(document):
        if label in _FIELD_DATES:
            day = first_date(value)
            if day is not None:
                return day, PublishedSource.FIELD
    day = _meta_date(document)
    if hints.shown_on is not None and hints.shown_on != day:  # beside the title, without a label
        return hints.shown_on, PublishedSource.PAGE
    if day is not None:
        return day, PublishedSource.META
    _, day = signature(document.lines)
    return day, PublishedSource.SIGNED if day is not None else None


def _labelled_date(document: Document) -> date | None:
    """A labelled date in a line near the title or after the text."""
    for wanted in (_DATE_LABELS[:6], _DATE_LABELS[6:]):
        for block in document.blocks:
            if isinstance(block, Line) and len(block.text) <= 200:
                for match in _DATE_LINE.finditer(block.text):
                    day = first_date(match["value"]) if match["label"] in wanted else None
                    if day is not None:
                        return day
    return None


def _meta_date(document: Document) -> date | None:
    """``PubDate``, unless it is the time the page was generated (UCAP and JPaaS regenerate whole sites)."""
    generated = {squeeze(item.text)[:_TO_THE_MINUTE] for item in document.values("generated_at")}
    for item in document.values("published_on"):
        if item.source == "meta" and squeeze(item.text)[:_TO_THE_MINUTE] not in generated:
            day = first_date(item.text)
            if day is not None:
                return day
    return None


def period_year(document: Document) -> int | None:
    """The year of the period sentence (统计期限为20XX年1月1日至12月31日); lost glyphs are tolerated (quirk 49)."""
    for line in document.lines[:60]:
        text = squeeze(line.text)
        match = _PERIOD.search(text) or _PERIOD_PLAIN.search(text)
        if match:
            return int(match.group(1))
        match = re.search(r"(?:自|为)((?:20)\d\d)1月1日起?至", text)
        if match:
            return int(match.group(1))
    return None


def _year_of_hints(hints: Hints) -> int | None:
    for text in (hints.page_title, hints.listed_title):
        if text is not None:
            year = read(text).report_year
            if year is not None:
                return year
    return None


def _majority_year(document: Document) -> int | None:
    """The year the text speaks of most, where it is clearly more than any other."""
    counts = Counter(int(year) for line in document.lines for year in _YEAR.findall(squeeze(line.text)))
    if not counts:
        return None
    (year, most), *rest = counts.most_common(2)
    return year if not rest or most > 2 * rest[0][1] else None


_CONTACT = {
    "address": re.compile(
        r"(?:通讯地址|联系地址|办公地址|地址)\s*[:：]\s*(?P<value>[^;；。:：]{3,60}?)(?=[,，;；。)）]|\s*(?:邮政编码|邮编|联系电话|电话)|$)"
    ),
    "postcode": re.compile(r"(?:邮政编码|邮编)\s*[:：]?\s*(?P<value>\d{6})(?!\d)"),
    "phone": re.compile(
        r"(?:联系电话|咨询电话|电话|电\s*话)\s*(?:号码)?\s*[:：]?\s*(?P<value>(?:\(?0\d{2,3}\)?\s*[-—－]?\s*)?\d{7,8}(?:-\d{1,5})?|1\d{10})(?!\d)"
    ),
    "email": re.compile(
        r"(?:电子邮箱|电子邮件|邮箱|E-?mail)\s*(?:地址)?\s*[:：]\s*(?P<value>[A-Za-z0-9._%+\-]+@?[A-Za-z0-9.\-]+\.[A-Za-z]{2,})",
        re.IGNORECASE,
    ),
}


def read_contact(lines: Sequence[Line]) -> Contact:
    """How to reach the publisher, as the preface prints it (broken addresses too: they are what was published)."""
    found: dict[str, str] = {}
    for line in lines[:40]:
        if not any(word in line.text for word in ("地址", "电话", "邮编", "邮政编码", "邮箱", "mail")):
            continue
        for name, pattern in _CONTACT.items():
            match = pattern.search(line.text)
            if match and name not in found:
                found[name] = match["value"].strip()
    return Contact(**found)
