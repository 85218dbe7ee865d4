"""Reports that are held against others: whose they are, the numbers of their cells, and the finding that follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.figures import Figures, figures_of
from archive.findings.lines import FindingLine, further_line
from archive.schema import Publisher, Report, Version
from parser.record import Record

WITHDRAWN = "withdrawn"
ROWS = 2_000  # taken from the database at a time
WHOSE = (
    *(Report.id, Report.url, Report.report_year, Report.state),
    *(Publisher.id, Publisher.scope, Publisher.key, Publisher.name, Publisher.township, Publisher.kind),
)


class Whose(NamedTuple):
    """A report and whose it is, in the order of :data:`WHOSE`."""

    report_id: int
    url: str
    year: int
    state: str
    publisher_id: int
    scope: str
    key: str
    name: str
    township: str | None
    kind: str


def figures_at(session: Session, version_id: int, figures: Figures | None) -> Figures:
    """The figures of a version; where they do not stand beside its record, the record says them.

    There are none where that cannot be read any more, which ``xxgk verify`` tells.
    """
    if figures is not None:
        return figures
    written = session.scalar(select(Version.record).where(Version.id == version_id))
    try:
        return figures_of(Record.from_json(written or "").figures)
    except ValueError:
        return figures_of({})


def line_of(
    whose: Whose, rule: str, severity: str, message: str, rests_on: Mapping[str, Any], **named: object
) -> FindingLine:
    """A finding of a report; ``named`` as in :func:`archive.findings.lines.further_line`."""
    return further_line(
        rule=rule,
        severity=severity,
        message=message,
        scope=whose.scope,
        key=whose.key,
        publisher=whose.name,
        report_year=whose.year,
        township=whose.township,
        kind=whose.kind,
        report_id=whose.report_id,
        url=whose.url,
        rests_on=rests_on,
        **named,
    )


def cell(key: str) -> dict[str, str]:
    """The names of a cell, for a finding."""
    return dict(zip(("table", "row", "column"), key.split("."), strict=True))
