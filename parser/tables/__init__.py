"""From the document's grids to the figures of the statutory tables: each row goes to the one table that knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from parser.documents.document import Document, Line
from parser.record import Figure, Finding, Severity, State
from parser.tables.breaks import mended
from parser.tables.disclosure import DisclosureTable
from parser.tables.flat import flat_strips
from parser.tables.requests import RequestsTable
from parser.tables.review import ReviewTable
from parser.tables.statistics import StatisticsTable
from parser.tables.strips import Strip, stream

LEAST_SURE = 0.9  # of a recognised figure: of about 14,000 one was read wrong more surely than 0.8 (11 as 12, 0.81)
_SHOWN = 12
_ORDER = ("disclosure", "requests", "review", "statistics_2014", "statistics_2008")


class StatutoryTable(Protocol):
    """A table of a form while its rows are being met."""

    def offer(self, strip: Strip) -> bool:
        """Take a row if it is this table's and not yet filled."""

    def complain(self, strip: Strip) -> Finding | None:
        """The finding that a row no table knows stands among this table's rows, or null where it does not concern it."""

    def finish(self) -> tuple[dict[str, Figure], str | None, list[Finding]]:
        """The figures, the template where the table tells it, and the findings."""


_TABLES: dict[str, Callable[[], StatutoryTable]] = {
    "disclosure": DisclosureTable,
    "requests": RequestsTable,
    "review": ReviewTable,
    "statistics_2014": lambda: StatisticsTable("statistics_2014"),
    "statistics_2008": lambda: StatisticsTable("statistics_2008"),
}


@dataclass
class Tables:
    """What all statutory tables of a document print. ``templates`` by table."""

    figures: dict[str, Figure] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def template(self) -> str | None:
        """The form of the report: that of 表二, else of the other tables."""
        for table in _ORDER:
            if table in self.templates:
                return self.templates[table]
        return None


def read_tables(document: Document) -> Tables:
    """The figures of every statutory table, each by itself: mixed forms in one report occur (洪泽 2023)."""
    met: dict[str, list[StatutoryTable]] = {name: [factory()] for name, factory in _TABLES.items()}
    result = Tables()
    current: StatutoryTable | None = None  # the table that took the last row
    for item in mended(stream(document)):
        if isinstance(item, Line):
            table = met["disclosure"][-1]
            if isinstance(table, DisclosureTable):
                table.offer_line(item)
            continue
        taker = current if current is not None and current.offer(item) else _offer(item, met)
        if taker is None and current is not None:
            finding = current.complain(item)
            if finding is not None:
                result.findings.append(finding)
        current = taker or current
    for name in _ORDER:
        _merge(name, [table.finish() for table in met[name]], result)
    _read_flat(document, result)
    _review_template(result)
    _leave_out_unsure(result)
    return result


def _leave_out_unsure(result: Tables) -> None:
    """What was recognised from a picture and is not sure gets no key: a number is never wrong, it may be missing."""
    unsure = {
        key: item
        for key, item in result.figures.items()
        if item.at.confidence is not None and (item.at.confidence < LEAST_SURE or item.state is State.TEXT)
    }
    if not unsure:
        return
    result.figures = {key: item for key, item in result.figures.items() if key not in unsure}
    shown = ", ".join(f"{key} {item.text!r} ({item.at.confidence:.2f})" for key, item in list(unsure.items())[:_SHOWN])
    result.findings.append(
        Finding(
            rule="ocr.unsure", severity=Severity.WARNING,
            message=f"{len(unsure)} cells of the picture print something that could not be read for certain: {shown}",
        )
    )  # fmt: skip


def _read_flat(document: Document, result: Tables) -> None:
    """The tables that no grid holds, from running text that spells their cells out."""
    absent = [
        name
        for name in ("disclosure", "requests", "review")
        if name not in {key.split(".")[0] for key in result.figures}
    ]
    if not absent:
        return
    met: dict[str, list[StatutoryTable]] = {name: [_TABLES[name]()] for name in absent}
    for strip in flat_strips(document.lines):
        _offer(strip, met)
    for name in absent:
        finished = [table.finish() for table in met[name]]
        if any(figures for figures, _, _ in finished):
            _merge(name, finished, result)


def _offer(strip: Strip, met: dict[str, list[StatutoryTable]]) -> StatutoryTable | None:
    for tables in met.values():
        if tables[-1].offer(strip):
            return tables[-1]
    for name, tables in met.items():
        fresh = _TABLES[name]()
        if _begun(tables[-1]) and fresh.offer(strip):  # the table begins anew: a twin, or another agency's
            tables.append(fresh)
            return fresh
    return None


def _begun(table: StatutoryTable) -> bool:
    if isinstance(table, RequestsTable):
        return bool(table.rows)
    return bool(getattr(table, "figures", None))


def _merge(name: str, finished: list[tuple[dict[str, Figure], str | None, list[Finding]]], result: Tables) -> None:
    """The first body of a page counts (PC + mobile twins); a second one that differs is said to be there."""
    figures, template, findings = finished[0]
    for more, other_template, other_findings in finished[1:]:
        if not more:
            continue
        if not figures:
            figures, template, findings = more, other_template, other_findings
            continue
        different = [key for key, item in more.items() if key in figures and figures[key].text != item.text]
        if different:
            findings.append(
                Finding(
                    rule="tables.repeated", severity=Severity.WARNING, table=name,
                    message=f"the table stands twice and {len(different)} cells differ, first {different[0]}; the first is read",
                )
            )  # fmt: skip
            continue
        figures |= {key: item for key, item in more.items() if key not in figures}
        template = template or other_template
    if figures:
        result.figures |= figures
        if template is not None:
            result.templates[name] = template
    result.findings.extend(findings)


def _review_template(result: Tables) -> None:
    """表四 is the same in both forms: it is said to be of the form of its neighbours."""
    if any(key.startswith("review.") for key in result.figures):
        neighbour = result.templates.get("requests") or result.templates.get("disclosure")
        if neighbour is not None:
            result.templates["review"] = neighbour
