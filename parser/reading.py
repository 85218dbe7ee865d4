"""From bytes to record: document, tables, sections, metadata, checks, in this order; or why there is no record."""

from __future__ import annotations

from parser.checks import findings, identities
from parser.documents import read
from parser.documents.document import Document
from parser.errors import NotAReport
from parser.hints import Hints
from parser.labels import squeeze
from parser.metadata import Metadata, read_metadata
from parser.record import Finding, Record, Severity, Table
from parser.refusal import ENOUGH_HEADINGS, NO_TEXT, refusal, refusal_of_publisher
from parser.sections import printed_order, read_sections
from parser.stubs import read_stub
from parser.tables import Tables, read_tables


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
    reason = refusal(document, hints, tables, len(sections))
    if reason is not None:
        raise NotAReport(reason, read_stub(document, hints) if reason == NO_TEXT else None)
    if not old_form and tables.template is None and len(sections) < ENOUGH_HEADINGS:
        sections = read_sections(document.lines, loose=True)
    metadata = read_metadata(document, hints)
    reason = refusal_of_publisher(metadata)
    if reason is not None:
        raise NotAReport(reason)
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
    order = printed_order(document.lines)
    notes = [Finding(rule=rule, severity=Severity.WARNING, message=message) for rule, message in document.notes]
    found = (*tables.findings, *notes, *findings(record, metadata.period_year, document.lines, order))
    return record.model_copy(update={"findings": found})


def _form_title(document: Document) -> str | None:
    """The printed title of a document that carries the tables and is nobody's report (the blank form)."""
    for line in document.lines[:6]:
        if "信息公开" in line.text and "年度报告" in line.text and len(line.text) <= 60:
            return squeeze(line.text)
    return None
