"""What each column of the corpus means: the one source for the files, for ``datapackage.json`` and for the documentation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from archive.corpus.labels import figure_labels
from archive.registry.classes import KINDS
from parser.record import PublishedSource, Severity, State

DIGITS, PLACES = 38, 10  # of a decimal: all digits, and those behind the point
UNIT = ".unit"  # behind the key of an amount of money: some print 元 where the form asks for 万元
YEAR, PROVINCE = "report_year", "province"  # what files are parted by


class Kind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    WHOLE = "whole"  # a number of 64 bits
    DECIMAL = "decimal"  # exact, of DIGITS digits with PLACES behind the point
    DAY = "day"
    MOMENT = "moment"  # in UTC


@dataclass(frozen=True)
class Column:
    """A column: ``title`` is in Chinese, the label on the form where it is printed there; ``unit`` as the form prescribes.

    ``choices`` are all values it may have, ``required`` says that no row lacks it. ``printed`` is text of a report that may
    look like anything.
    """

    name: str
    kind: Kind
    title: str
    description: str
    unit: str | None = None
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    required: bool = False
    unique: bool = False


@dataclass(frozen=True)
class Table:
    """A table. ``parted`` tables stand in a file for each report year and province, ``key`` is what no two rows share."""

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    parted: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    def headings(self, *, chinese: bool) -> list[str]:
        """What stands over the columns: their names, or their titles in Chinese."""
        return [column.title if chinese else column.name for column in self.columns]


def tables(names: Iterable[str] | None = None) -> list[Table]:
    """The tables of these names, all of them where none are given, in their order."""
    wanted = None if names is None else set(names)
    return [table for table in _tables() if wanted is None or table.name in wanted]


def table(name: str) -> Table:
    """The table of a name; KeyError where there is none."""
    found = tables([name])
    if not found:
        raise KeyError(name)
    return found[0]


def _text(name: str, title: str, description: str, *, required: bool = False, pattern: str | None = None) -> Column:
    return Column(name, Kind.TEXT, title, description, required=required, pattern=pattern)


def _whole(name: str, title: str, description: str, *, required: bool = False) -> Column:
    return Column(name, Kind.WHOLE, title, description, required=required)


def _day(name: str, title: str, description: str) -> Column:
    return Column(name, Kind.DAY, title, description)


def _moment(name: str, title: str, description: str, *, required: bool = False) -> Column:
    return Column(name, Kind.MOMENT, title, description, required=required)


def _choice(name: str, title: str, description: str, choices: Iterable[str], *, required: bool = False) -> Column:
    return Column(name, Kind.TEXT, title, description, choices=tuple(choices), required=required)


_DIVISION = r"[1-9][0-9]{5}"
_PLACE = (
    _text("division", "行政区划代码", "Six digits of GB/T 2260; null where no division is known.", pattern=_DIVISION),
    _text("scope", "登记范围", "The division, or what stands in for it where none is known: host:NAME, files."),
    _text(
        "township", "乡镇街道代码", "Nine digits of a town or street; null for all others.", pattern=r"[1-9][0-9]{8}"
    ),
    _text("province_name", "省", "Name of the province as it is in force, or was last."),
    _text("prefecture_name", "市", "Name of the prefecture; null for what stands above it or beside it."),
    _text("county_name", "县", "Name of the county; null for what stands above it."),
    _text("township_name", "乡", "Name of the town or street; null for all others."),
)
_PROVINCE = _whole(
    PROVINCE, "省级代码", "The first two digits of the division, as a number: 22; 0 where none is known.", required=True
)
_YEAR = _whole(
    YEAR, "报告年度", "The year reported on, never the year of publication; null where no year could be read."
)
_KIND = _choice("kind", "机关类别", "The publisher's class, by its name or as it was declared.", KINDS)
_OF_REPORT = (
    Column("report_id", Kind.WHOLE, "报告编号", "The report, as in reports.id.", required=True),
    _YEAR,
    _PROVINCE,
    _text("division", "行政区划代码", "As in reports.", pattern=_DIVISION),
    _whole("publisher_id", "机关编号", "The publisher, as in publishers.id; null where it is not known."),
    _text("publisher", "发布机关", "As in reports."),
)
TEMPLATES = ("2008", "2014", "2019", "2021")


@cache
def _tables() -> tuple[Table, ...]:
    return (_reports(), _figures(), _findings(), _sections(), _publishers())


def _reports() -> Table:
    described = "As printed, from the current version; null where the report has no such cell or no number in it"
    figures = [
        Column(
            label.key,
            Kind.DECIMAL if label.money else Kind.WHOLE,
            label.title,
            f"{described} ({label.of}). What stands there instead is in figures.",
            unit=label.unit if not label.money else None,
        )
        for label in figure_labels()
    ]
    units = [
        _text(
            f"{label.key}{UNIT}",
            f"{label.title}·单位",
            f"The unit of {label.key}: as printed, or as the form prescribes.",
        )
        for label in figure_labels()
        if label.money
    ]
    columns = (
        Column("id", Kind.WHOLE, "报告编号", "Number of the report in this archive.", required=True, unique=True),
        _YEAR,
        _PROVINCE,
        *_PLACE,
        _whole("publisher_id", "机关编号", "The publisher, as in publishers.id; null where it is not known."),
        _text("publisher", "发布机关", "The publisher's name in the registry, else as the title names it."),
        _text("printed_publisher", "标题所称机关", "The publisher as the report's title names it."),
        _KIND,
        _text("title", "标题", "The full title as printed."),
        _day("published_on", "发布日期", "The day of publication as stated; no proof of it (see published_source)."),
        _choice(
            "published_source",
            "发布日期来源",
            "Where that day was read: list, page, field, meta, or signed (the end of the text).",
            PublishedSource,
        ),
        _day("signed_on", "落款日期", "The date signed at the end of the text."),
        _moment("first_seen_at", "首次收录时间", "When the report was seen first.", required=True),
        _moment("version_seen_at", "本版收录时间", "When the version exported here was seen first.", required=True),
        _choice("state", "状态", "published, or withdrawn: it was there and is gone; the last version stands here.",
                ("published", "withdrawn"), required=True),
        _moment("withdrawn_at", "撤下时间", "When it was found gone; null while it is published."),
        _text("url", "网址", "The address of its page, or of the file where a list links straight to one.", required=True),
        _choice("template", "表样", "First report year of the form used, judged by the tables' headers; mixed forms occur.", TEMPLATES),
        _choice("template_disclosure", "表样（主动公开）", "The form of its table 二.", TEMPLATES),
        _choice("template_requests", "表样（依申请公开）", "The form of its table 三.", TEMPLATES),
        _choice("template_review", "表样（复议诉讼）", "The form of its table 四.", TEMPLATES),
        _whole("figures", "单元格数", "How many cells of the statutory tables were read.", required=True),
        _whole("figures_without_number", "无数字单元格数", "How many of these hold no number: blank, a dash, or words."),
        _whole("errors", "错误数", "Findings of its own that say a sum printed on the form fails.", required=True),
        _whole("warnings", "警告数", "Findings of its own of severity warning.", required=True),
        _whole("infos", "提示数", "Findings of its own of severity info.", required=True),
        *figures,
        *units,
        _whole("capture_id", "抓取编号", "The capture the record was read from, in this archive.", required=True),
        _text("capture_url", "抓取网址", "The address of the document it was read from: the page, or a file on it."),
        _moment("captured_at", "抓取时间", "When it was fetched."),
        _text("capture_sha256", "抓取摘要", "SHA-256 of the body as it was fetched, hexadecimal.", pattern=r"[0-9a-f]{64}"),
        _text("warc_file", "WARC 文件", "The WARC file of the archive in which it stands."),
        _whole("warc_offset", "WARC 位置", "Where the record begins in that file, in bytes.", required=True),
    )  # fmt: skip
    return Table("reports", "报告", "A row to a report, with the value of every statutory cell.", columns, ("id",))


def _figures() -> Table:
    columns = (
        *_OF_REPORT,
        _text("key", "指标", "The cell's key: table.row.column.", required=True),
        _text("table", "表", "disclosure (二), requests (三), review (四), statistics_2014 or statistics_2008.", required=True),
        _text("row", "行", "The row's name; its label on the form stands in the title of the column of reports.", required=True),
        _text("column", "列", "The column's name.", required=True),
        Column("value", Kind.DECIMAL, "数值", "The number printed; null unless the state is number."),
        _text("text", "原文", "The cell as printed, white space at its ends trimmed; null where nothing is printed."),
        _choice("state", "单元格状态", "number, blank (nothing printed), dash (not applicable), text (anything else).",
                State, required=True),
        _text("unit", "单位", "As printed, or as the form prescribes; null if neither says."),
        _text("note", "附注", "What stands beside the number in its cell."),
        _whole("at_table", "原表序号", "The table in the document, counted from 1; a form's table may be any."),
        _whole("at_row", "原表行", "The row in it, counted from 1."),
        _whole("at_column", "原表列", "The column in it, counted from 1."),
        _whole("at_line", "原文行", "The line of text, where it stands outside a table."),
        _whole("at_page", "原文页", "The page of a PDF."),
        _text("at_box", "页面坐标", "Its rectangle there: x0, top, x1, bottom in points."),
        Column("confidence", Kind.DECIMAL, "识别置信度", "From 0 to 1, only where the text was read from a picture."),
        _whole("capture_id", "抓取编号", "The capture it was read from, as in reports.", required=True),
    )  # fmt: skip
    said = (
        "A row to a printed cell of the statutory tables. A cell that is not on the page has no row; a blank one has."
    )
    return Table("figures", "单元格", said, columns, ("report_id", "key"))


def _findings() -> Table:
    columns = (
        *_OF_REPORT,
        _text("id", "问题编号", "As `xxgk check` has it; the first eight letters name it there.", required=True),
        _text("rule", "规则", "The rule that does not hold.", required=True),
        _choice(
            "severity", "严重程度", "error (a sum printed on the form fails), warning or info.", Severity, required=True
        ),
        _text("table", "表", "The table it is about."),
        _text("row", "行", "The row."),
        _text("column", "列", "The column."),
        Column("expected", Kind.DECIMAL, "应为", "The value that would hold."),
        Column("found", Kind.DECIMAL, "实为", "The value that is printed."),
        _moment("acknowledged_at", "核对时间", "When a person looked at it and left a note; null while it is open."),
        _text("note", "核对意见", "That note."),
        _text("message", "说明", "The finding in a sentence.", required=True),
    )
    said = "A row to a finding of a report's current version; those across years are told by `xxgk check` only."
    return Table("findings", "问题", said, columns, ("report_id", "id", "message"))


def _sections() -> Table:
    columns = (
        *_OF_REPORT,
        _whole("position", "次序", "Its place among the report's sections, from 1.", required=True),
        _whole("number", "章节", "Its number, 1 to 6, as printed.", required=True),
        _text("heading", "章节标题", "Its heading without the numeral."),
        _text("text", "正文", "Its prose, the tables left out."),
    )
    return Table("sections", "章节", "A row to a section, with its prose.", columns, ("report_id", "position"))


def _publishers() -> Table:
    columns = (
        Column("id", Kind.WHOLE, "机关编号", "Number of the publisher in this archive.", required=True, unique=True),
        _text("name", "名称", "Its name.", required=True),
        _PROVINCE,
        *_PLACE,
        _KIND,
        _text("aliases", "其他名称", "Other names, with ； between them."),
        _day("since", "成立", "Its first day, where somebody said so."),
        _day("until", "撤销", "Its last day, where somebody said so."),
        _whole("first_report_year", "首份报告年度", "The first year of which the archive has a report."),
        _whole("last_report_year", "末份报告年度", "The last year of which the archive has a report."),
        _text("predecessors", "前身", "Whose place it took: scope/name, with ； between them."),
        _text("successors", "继任", "Who took its place: scope/name, with ； between them."),
        _whole("reports", "报告数", "How many reports of it the archive has.", required=True),
    )
    said = "A row to a publisher, with or without reports; those merged into others are left out."
    return Table("publishers", "机关", said, columns, ("id",), parted=False)
