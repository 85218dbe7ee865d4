"""From bytes to record: document, tables, sections, metadata, checks, in this order; or why there is no record."""

from __future__ import annotations

import re

from parser.checks import findings, identities
from parser.documents import read
from parser.documents.document import Document
from parser.errors import NotAReport
from parser.hints import Hints
from parser.labels import squeeze
from parser.metadata import Metadata, find_title, read_metadata
from parser.record import Finding, Record, Severity, Table
from parser.sections import printed_order, read_sections
from parser.tables import Tables, read_tables
from parser.titles import judge

_ENOUGH_HEADINGS = 4  # of the six: then it is a report (portals: rule 13)
_ENOUGH_FIGURES = 40  # a page that carries the statutory tables is a report even without a title
_OLD_WORDS = ("主动公开", "依申请", "复议", "收费", "问题")
_ENOUGH_OLD_WORDS = 3
_LITTLE_TEXT = 400
_CHALLENGE = re.compile(
    r"_ts\.nsd|__jsl_clearance|wzwsquestion|wzws-waf-cgi|请开启JavaScript并刷新该页|aliyun_waf_aa|acw_sc__v2|EO_Bot_Ssid|C3VK=|网站防火墙"
    r"|已被创宇盾拦截|云堤网站安全防护|服务器安全狗防护验证|访问频繁|请求过于频繁|请输入验证码|人机验证|访问受限|本站开启了验证码保护"
)
_SOFT_404 = re.compile(
    r"页面不存在|您访问的页面|页面找不到|无法找到该页|404\s*(?:Not Found|错误)|页面已删除|系统提示|栏目不存在|该信息已(?:删除|下线)",
    re.IGNORECASE,
)


def parse(data: bytes, hints: Hints | None = None) -> Record:
    """The record of one document.

    NotAReport where it is read and is something else; UnreadableDocument and UnsupportedFormat where it is not read.
    The same bytes and hints give the same record for ever.
    """
    hints = hints if hints is not None else Hints()
    return parse_document(read(data, hints), hints)


def parse_document(document: Document, hints: Hints) -> Record:
    """The record of a neutral document."""
    tables = read_tables(document)
    old_form = tables.template in {"2008", "2014"}
    sections = read_sections(document.lines, loose=old_form)
    reason = _refusal(document, hints, tables, len(sections))
    if reason is not None:
        raise NotAReport(reason)
    if not old_form and tables.template is None and len(sections) < _ENOUGH_HEADINGS:
        sections = read_sections(document.lines, loose=True)
    metadata = read_metadata(document, hints)
    record = Record(
        title=metadata.title if metadata.title is not None else _form_title(document),
        publisher=metadata.publisher,
        report_year=metadata.report_year,
        published_on=metadata.published_on,
        published_source=metadata.published_source,
        template=tables.template,
        tables={name: Table(template=template) for name, template in tables.templates.items()},
        sections=sections,
        contact=metadata.contact,
        figures=tables.figures,
        checks=tuple(identities(tables.figures, tables.templates)),
    )
    return _checked(record, metadata, document, tables)


def _checked(record: Record, metadata: Metadata, document: Document, tables: Tables) -> Record:
    lines = [line.text for line in document.lines]
    order = printed_order(document.lines)
    notes = [Finding(rule=rule, severity=Severity.WARNING, message=message) for rule, message in document.notes]
    found = (*tables.findings, *notes, *findings(record, metadata.period_year, lines, order))
    return record.model_copy(update={"findings": found})


def _refusal(document: Document, hints: Hints, tables: Tables, headings: int) -> str | None:
    """Why a document is no report, or null: tables decide first, then the headings, then title and words together."""
    title = _some_title(document, hints)
    verdict = judge(title) if title is not None else None
    refused = verdict is not None and not verdict.is_report and verdict.reason != "no report words"
    if len(tables.figures) >= _ENOUGH_FIGURES:
        return None
    if refused and verdict is not None:
        return f"its title {title!r} is that of a {verdict.reason}"
    if headings >= _ENOUGH_HEADINGS:
        return None
    text = squeeze("".join(line.text for line in document.lines))
    if _CHALLENGE.search(text) and len(text) < 20 * _LITTLE_TEXT:
        return "it is a page of a protection system, not the document"
    if _SOFT_404.search(text) and len(text) < 2 * _LITTLE_TEXT:
        return "it is an error page"
    parts = find_title(document, hints)
    words = sum(word in text for word in _OLD_WORDS)
    if parts is not None and ((words >= _ENOUGH_OLD_WORDS and len(text) >= _LITTLE_TEXT) or tables.figures):
        return None
    if parts is not None:
        return "its title is a report's, but the text has neither the six sections nor the tables"
    return "it has no report's title, fewer than four of the six sections and no statutory table"


def _some_title(document: Document, hints: Hints) -> str | None:
    """The title to judge by: a report's where there is one, else the first the page gives."""
    parts = find_title(document, hints)
    if parts is not None:
        return parts.title
    for item in document.values("title"):
        return item.text
    if hints.page_title is not None or hints.listed_title is not None:
        return hints.page_title or hints.listed_title
    for line in document.lines[:3]:
        return line.text if len(line.text) <= 60 else None
    return None


def _form_title(document: Document) -> str | None:
    """The printed title of a document that carries the tables and is nobody's report (the blank form)."""
    for line in document.lines[:6]:
        if "信息公开" in line.text and "年度报告" in line.text and len(line.text) <= 60:
            return squeeze(line.text)
    return None
