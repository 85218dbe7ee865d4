"""Rows: what the archive knows of some reports, column by column, in the order of :mod:`archive.corpus.columns`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

import simplejson
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from archive.among import among
from archive.corpus.columns import UNIT, Table, table
from archive.corpus.labels import figure_labels
from archive.corpus.selection import UNKNOWN, Part, Provinces, Wanted, publishers
from archive.corpus.values import Left, box, decimal, whole
from archive.divisions import Book
from archive.errors import DamagedRecord
from archive.findings.lines import FindingLine
from archive.journal.acknowledging import read_all, subject_of
from archive.registry.listing import Change, PublisherLine, lines
from archive.schema import CaptureRow, FindingRow, Publisher, Report, Version, WarcFile

Columns = list[Sequence[Any]]  # the values of each column, all of one length
_PUBLISHERS = 2_000  # read at a time
_WITH_RECORD = frozenset({"reports", "figures", "sections"})
_FORMS = ("disclosure", "requests", "review")
_AT = ("table", "row", "column", "line", "page")
_CELL = itemgetter("value", "text", "state", "unit")


class Place(NamedTuple):
    """The names of a division from the province down."""

    province: str | None = None
    prefecture: str | None = None
    county: str | None = None
    township: str | None = None


class Reader:
    """Reads the rows of reports. ``left`` counts what did not fit."""

    def __init__(self, session: Session, book: Book, names: Collection[str]) -> None:
        self._session = session
        self._book = book
        self._names = frozenset(names)
        self._places: dict[tuple[str | None, str | None], Place] = {}
        self._provinces = Provinces(book)
        self._acknowledged = read_all(session) if "findings" in names else {}
        self.left = Left()

    def of_reports(self, part: Part, numbers: Iterable[int]) -> Iterator[tuple[Table, Columns]]:
        """What the parted tables say of these reports, all of one part, in the order of their numbers."""
        rows = self._session.execute(_query(numbers, record=bool(self._names & _WITH_RECORD))).all()
        records = [_loaded(row) for row in rows] if self._names & _WITH_RECORD else []
        if "reports" in self._names:
            wide = [self._report(part, row, record) for row, record in zip(rows, records, strict=True)]
            yield table("reports"), list(zip(*wide, strict=True))
        if "figures" in self._names:
            yield table("figures"), self._figures(part, rows, records)
        if "findings" in self._names:
            yield table("findings"), self._findings(part, rows)
        if "sections" in self._names:
            yield table("sections"), self._sections(part, rows, records)

    def of_publishers(self, wanted: Wanted) -> Iterator[tuple[Table, Columns]]:
        """The publishers that are wanted, by number."""
        numbers = self._session.scalars(publishers(self._book, wanted).order_by(Publisher.id)).all()
        for start in range(0, len(numbers), _PUBLISHERS):
            chosen = select(Publisher.id).where(among(Publisher.id, numbers[start : start + _PUBLISHERS]))
            found = sorted(lines(self._session, self._book, chosen), key=lambda line: line.id)
            yield table("publishers"), list(zip(*(self._publisher(line) for line in found), strict=True))

    def _report(self, part: Part, row: Row[Any], record: Mapping[str, Any]) -> tuple[Any, ...]:
        forms = record["tables"]
        figures = record["figures"]
        place = self._place(row.scope, row.township)
        return (
            row.id, *part, self._division(row.scope), row.scope, row.township, *place,
            row.publisher_id, row.name or row.printed, row.printed, row.kind, row.title,
            row.published_on, row.published_source, row.signed_on, row.report_seen_at, row.version_seen_at,
            row.state, row.withdrawn_at, row.url, row.template, *(forms.get(each, {}).get("template") for each in _FORMS),
            len(figures), sum(cell["state"] != "number" for cell in figures.values()),
            row.errors, row.warnings, row.infos,
            *self._values(figures),
            row.capture_id, row.document_url, row.fetched_at, row.payload_digest, row.file, row.position,
        )  # fmt: skip

    def _values(self, figures: Mapping[str, Mapping[str, Any]]) -> list[Any]:
        """The values of the columns of figures, and the units of those of money."""
        keys, money = _keys()
        values: dict[str, Any] = {}
        for key, cell in figures.items():
            value = cell["value"]
            if key not in keys:
                self.left.unplaced += 1
            elif value is not None:
                fitting = decimal(value) if key in money else whole(value)
                self.left.unfit += fitting is None
                values[key] = fitting
                if key in money:
                    values[f"{key}{UNIT}"] = cell["unit"]
        return [values.get(name) for name in _value_names()]

    def _figures(self, part: Part, rows: Sequence[Row[Any]], records: Sequence[Mapping[str, Any]]) -> Columns:
        found: list[list[Any]] = [[] for _ in table("figures").columns]
        for row, record in zip(rows, records, strict=True):
            figures = record["figures"]
            count = len(figures)
            if not count:
                continue
            values, texts, states, units = zip(*map(_CELL, figures.values()), strict=True)
            ats = [cell["at"] for cell in figures.values()]
            cells: list[Iterable[Any]] = [
                *(repeat(fact, count) for fact in self._of_report(part, row)),
                figures,
                *zip(*map(_parts, figures), strict=True),
                map(self._decimal, values),
                (text or None for text in texts),
                states,
                units,
                (cell.get("note") for cell in figures.values()),
                *([at.get(name) for at in ats] for name in _AT),
                (box(at.get("box")) for at in ats),
                (at.get("confidence") for at in ats),
                repeat(row.capture_id, count),
            ]
            for column, added in zip(found, cells, strict=True):
                column.extend(added)
        return list(found)

    def _findings(self, part: Part, rows: Sequence[Row[Any]]) -> Columns:
        reports = {row.version_id: row for row in rows}
        query = select(FindingRow.version_id, FindingRow.line).where(among(FindingRow.version_id, reports))
        by_version: dict[int, list[str]] = {}
        for version, line in self._session.execute(query.order_by(FindingRow.version_id, FindingRow.position)):
            by_version.setdefault(version, []).append(line)
        found = [
            (*self._of_report(part, row), *self._finding(row, line))
            for row in rows
            for line in by_version.get(row.version_id, ())
        ]
        return list(zip(*found, strict=True)) if found else [()] * len(table("findings").columns)

    def _finding(self, row: Row[Any], written: str) -> tuple[Any, ...]:
        finding = simplejson.loads(written, use_decimal=True)
        known = row.scope is not None and row.year_filed is not None
        line = FindingLine(
            report_id=row.id,
            url=row.url,
            publisher=row.printed,
            report_year=row.year_filed,
            finding=finding,
            subject=subject_of(row.scope, row.key, row.year_filed) if known else row.identity.partition(":")[2],
        )
        said = self._acknowledged.get((line.subject, line.fingerprint)) if self._acknowledged else None
        get = finding.get
        return (
            line.id, finding["rule"], finding["severity"], get("table"), get("row"), get("column"),
            self._decimal(get("expected")), self._decimal(get("found")),
            said[0].at if said is not None else None, said[0].note if said is not None else None, finding["message"],
        )  # fmt: skip

    def _sections(self, part: Part, rows: Sequence[Row[Any]], records: Sequence[Mapping[str, Any]]) -> Columns:
        found = [
            (*self._of_report(part, row), position, section["number"], section["heading"], section["text"])
            for row, record in zip(rows, records, strict=True)
            for position, section in enumerate(record["sections"], start=1)
        ]
        return list(zip(*found, strict=True)) if found else [()] * len(table("sections").columns)

    def _publisher(self, line: PublisherLine) -> tuple[Any, ...]:
        return (
            line.id, line.name, self._provinces.of(line.scope), self._division(line.scope), line.scope, line.township,
            *self._place(line.scope, line.township), line.kind, _joined(line.aliases), line.since, line.until,
            line.first_year, line.last_year, _named(line.predecessors), _named(line.successors), line.reports,
        )  # fmt: skip

    def _of_report(self, part: Part, row: Row[Any]) -> tuple[Any, ...]:
        return (row.id, *part, self._division(row.scope), row.publisher_id, row.name or row.printed)

    def _decimal(self, value: Any) -> Any:
        if value is None:
            return None
        fitting = decimal(value)
        self.left.unfit += fitting is None
        return fitting

    def _division(self, scope: str | None) -> str | None:
        return scope if self._provinces.of(scope) != UNKNOWN else None

    def _place(self, scope: str | None, township: str | None) -> Place:
        key = scope, township
        if key not in self._places:
            code = township or (scope if scope is not None and scope.isdecimal() else None)
            names = {} if code is None else {each.level: each.name for each in self._book.path(code)}
            self._places[key] = Place(*(names.get(level) for level in ("province", "prefecture", "county", "township")))
        return self._places[key]


def _query(numbers: Iterable[int], *, record: bool) -> Any:
    query = (
        select(
            Report.id, Report.identity, Report.publisher_id, Report.report_year.label("year_filed"),
            Report.first_seen_at.label("report_seen_at"), Report.state, Report.withdrawn_at, Report.url,
            Version.id.label("version_id"), Version.first_seen_at.label("version_seen_at"),
            Version.publisher.label("printed"), Version.title, Version.published_on, Version.published_source,
            Version.signed_on, Version.template, Version.errors, Version.warnings, Version.infos,
            Version.document_url, Version.capture_id,
            Publisher.name, Publisher.scope, Publisher.key, Publisher.township, Publisher.kind,
            CaptureRow.fetched_at, CaptureRow.payload_digest, CaptureRow.position, WarcFile.name.label("file"),
        )
        .join(Version, Version.id == Report.version_id)
        .join(CaptureRow, CaptureRow.id == Version.capture_id)
        .join(WarcFile, WarcFile.id == CaptureRow.file_id)
        .outerjoin(Publisher, Publisher.id == Report.publisher_id)
        .where(among(Report.id, numbers))
        .order_by(Report.id)
    )  # fmt: skip
    return query.add_columns(Version.record) if record else query


def _loaded(row: Row[Any]) -> Any:
    if not row.record:
        raise DamagedRecord(f"the record of version {row.version_id} is damaged: `xxgk reparse` makes it anew")
    return simplejson.loads(row.record, use_decimal=True)


@cache
def _keys() -> tuple[frozenset[str], frozenset[str]]:
    """The keys that have a column, and those of money."""
    labels = figure_labels()
    return frozenset(label.key for label in labels), frozenset(label.key for label in labels if label.money)


@cache
def _value_names() -> tuple[str, ...]:
    keys, money = _keys()
    wanted = keys | {f"{key}{UNIT}" for key in money}
    return tuple(name for name in table("reports").names if name in wanted)


@cache
def _parts(key: str) -> tuple[str, str, str]:
    name, _, rest = key.partition(".")
    row, _, column = rest.rpartition(".")
    return name, row, column


def _joined(names: Iterable[str]) -> str | None:
    return "；".join(names) or None


def _named(changes: Iterable[Change]) -> str | None:
    return _joined(change.publisher for change in changes)
