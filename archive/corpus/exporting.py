"""Exporting: the tables of the corpus, written to a folder from one view of the archive, a few hundred reports at a time."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.corpus import databases, lines, package, parquet, separated, workbooks
from archive.corpus.columns import Table, tables
from archive.corpus.package import Facts, FileLine
from archive.corpus.placing import placed
from archive.corpus.rows import Reader
from archive.corpus.selection import Part, Wanted, plan, portions
from archive.corpus.values import Left
from archive.corpus.writing import Manner, Writer, Written, moment
from archive.schema import JournalRow, WarcFile
from archive.store import Archive

FORMATS = ("parquet", "csv", "jsonl", "xlsx", "duckdb")
PLAIN = ("reports", "figures", "findings", "publishers")  # what is exported where nothing else is asked for
OF_A_SHEET = ("reports", "findings", "publishers")  # of figures and prose a spreadsheet holds too little
PLAINLY = Manner()
_TOGETHER = 200  # reports


@dataclass(frozen=True)
class Exported:
    """What was written: the files, how many reports and rows of each table, and what the tables could not take.

    ``until`` is a later state than ``version`` in which some of it was read; null where all is of one moment.
    """

    files: tuple[FileLine, ...]
    reports: int
    rows: dict[Table, int]
    left: Left
    version: str
    until: str | None = None


def export(
    archive: Archive,
    folder: Path,
    wanted: Wanted,
    *,
    format: str,  # noqa: A002 - the option's name
    names: Collection[str] | None = None,
    manner: Manner = PLAINLY,
    progress: Callable[[int, int], None] = lambda done, of: None,  # noqa: ARG005 - says nothing
) -> Exported:
    """Write the tables of these names to ``folder``; ``progress`` is told how many reports of how many are done.

    The same archive gives the same bytes, but for DuckDB. Raises :class:`archive.errors.ArchiveError`; nothing is left of the
    export then.
    """
    chosen = chosen_tables(format, names)
    with placed(folder) as place, archive.session() as session:
        if session.get_bind().dialect.name == "postgresql":  # one view of the archive, as SQLite gives it
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        reader = Reader(session, archive.book, [table.name for table in chosen])
        parts = plan(session, archive.book, wanted)
        with writing(format, place, manner, reader.left) as writer:
            _write(writer, reader, parts, wanted, chosen, progress)
            written = writer.finish()
        found = [line_of(place, each) for each in written]
        state = state_of(session)
        facts = Facts(format, state, software(), said(wanted), manner.chinese, reader.left)
        package.write(place, facts, chosen, found)
    counted = package.counts(chosen, found)
    return Exported(tuple(found), sum(map(len, parts.values())), counted, reader.left, state)


def chosen_tables(format: str, names: Collection[str] | None) -> list[Table]:  # noqa: A002 - as above
    """The tables of these names, in their order; where none are given, those that a format is good for."""
    return tables(names if names is not None else OF_A_SHEET if format == "xlsx" else PLAIN)


def _write(
    writer: Writer,
    reader: Reader,
    parts: dict[Part, array[int]],
    wanted: Wanted,
    chosen: Collection[Table],
    progress: Callable[[int, int], None],
) -> None:
    filled = write_reports(writer, reader, parts, progress)
    if any(not table.parted for table in chosen):
        filled |= write_publishers(writer, reader, wanted)
    write_empty(writer, (table for table in chosen if table not in filled))


def write_reports(
    writer: Writer, reader: Reader, parts: dict[Part, array[int]], progress: Callable[[int, int], None]
) -> set[Table]:
    """Write what the parted tables say of the reports of these parts; the tables that got rows."""
    filled = set()
    done, of = 0, sum(map(len, parts.values()))
    for part, numbers in parts.items():
        for portion in portions(numbers, _TOGETHER):
            for table, columns in reader.of_reports(part, portion):
                if len(columns[0]):
                    writer.write(table, part, columns)
                    filled.add(table)
            done += len(portion)
            progress(done, of)
        writer.end(part)
    return filled


def write_publishers(writer: Writer, reader: Reader, wanted: Wanted) -> set[Table]:
    """Write the table of publishers; the tables that got rows."""
    filled = set()
    for table, columns in reader.of_publishers(wanted):
        writer.write(table, None, columns)
        filled.add(table)
    return filled


def write_empty(writer: Writer, empty: Iterable[Table]) -> None:
    """Write tables that got no row: they have a file all the same."""
    for table in empty:
        writer.write(table, None, [[] for _ in table.columns])


@contextmanager
def writing(format: str, place: Path, manner: Manner, left: Left) -> Iterator[Writer]:  # noqa: A002 - as above
    """What writes files of a format to a folder; on an error it lets go of them."""
    writer = _writer(format, place, manner, left)
    try:
        yield writer
    except BaseException:
        with suppress(Exception):
            writer.abandon()
        raise


def _writer(format: str, place: Path, manner: Manner, left: Left) -> Writer:  # noqa: A002 - as above
    match format:
        case "xlsx":
            return workbooks.writer(place, manner, left)
        case "duckdb":
            return databases.writer(place, manner)
        case "parquet":
            return parquet.writer(place, manner)
        case "jsonl":
            return lines.writer(place, manner)
        case "csv":
            return separated.writer(place, manner)
    raise ValueError(format)


def line_of(place: Path, written: Written) -> FileLine:
    """A file that was written, with its size and digest."""
    path = place / written.path
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return FileLine(written.path, written.tables, written.part, path.stat().st_size, digest)


def state_of(session: Session) -> str:
    """When the archive was written to last: what tells one state of it from the next."""
    times = (
        session.scalar(select(JournalRow.written_at).order_by(JournalRow.id.desc()).limit(1)),
        session.scalar(select(WarcFile.begun_at).order_by(WarcFile.id.desc()).limit(1)),
    )
    known: list[datetime] = [time for time in times if time is not None]
    return moment(max(known)) if known else "empty"


def said(wanted: Wanted) -> dict[str, str]:
    """What was asked for, in words."""
    facts = {
        "year": wanted.year,
        "publisher": wanted.publisher,
        "division": wanted.division,
        "kind": wanted.kind,
        "since": moment(wanted.since) if wanted.since is not None else None,
    }
    return {name: str(value) for name, value in facts.items() if value is not None}


def software() -> str:
    """The program, with its version."""
    try:
        return f"xxgk {version('xxgk')}"
    except PackageNotFoundError:  # run from a checkout
        return "xxgk"
