"""What it takes to say how a whole nation stands: 137,000 publishers and six years, in SQLite and in PostgreSQL."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import event, func, select, text

from archive.crawling.health import health
from archive.deriving.arrivals import refresh_arrivals
from archive.inserts import set_sequences
from archive.monitor import missing
from archive.monitor.totals import by_division
from archive.registry.listing import Wanted, list_publishers
from archive.schema import Report
from archive.store import Archive
from benchmarks.country import Country, Place, places
from benchmarks.filling import pages_by_table
from benchmarks.scale import new_database, postgresql_server
from benchmarks.timing import Ratio

ROUNDS = 3
NATION, PART = 2.0, 0.2  # seconds to a question about one year, of the nation and of a part of it
GROWTH = 1.5  # times the seconds to a publisher in a quarter of the nation
_TOGETHER = 100  # places to a transaction
_CACHE = 256 << 10  # KiB that SQLite keeps while it is filled


@dataclass(frozen=True)
class Filled:
    """An archive whose tables hold a country."""

    archive: Archive
    database: str | None
    country: Country

    @property
    def name(self) -> str:
        """The database's name."""
        return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self.archive.engine.dialect.name]

    @property
    def year(self) -> int:
        """The last year reported on."""
        return self.country.years.stop - 1

    def add(self, added: Sequence[Place]) -> float:
        """Add places; the seconds it took."""
        started = time.perf_counter()
        engine = self.archive.engine
        with self.archive.session() as session:
            before = session.scalar(select(func.max(Report.id))) or 0
        for at in range(0, len(added), _TOGETHER):
            with engine.begin() as connection:
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE}")
                self.country.add(connection, added[at : at + _TOGETHER])
        with self.archive.writing() as session:
            set_sequences(session)
            refresh_arrivals(session, session.scalars(select(Report.id).where(Report.id > before)).all())
        if engine.dialect.name == "postgresql":  # what autovacuum does in time
            with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        engine.dispose()  # the connections of the filling have caches of their own
        return time.perf_counter() - started

    def largest(self) -> tuple[str, str, str]:
        """The codes of the province with most publishers, and of a city and a county of it."""
        book = self.archive.book
        province = self.country.provinces.most_common(1)[0][0]
        city = next(each.code for each in book.children(province) if book.children(each.code))
        return province, city, book.children(city)[0].code

    def statements(self, work: Callable[[], object]) -> int:
        """How many statements a piece of work sends."""
        sent: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            sent.append(statement)

        event.listen(self.archive.engine, "before_cursor_execute", note)
        try:
            work()
        finally:
            event.remove(self.archive.engine, "before_cursor_execute", note)
        return len(sent)


@contextmanager
def empty(folder: Path, database: str | None = None) -> Iterator[Filled]:
    """An archive to be filled."""
    with Archive.open(folder, database, create=True, write=True) as archive:
        yield Filled(archive, database, Country())


def ratios(share: float = 1.0, rounds: int = ROUNDS, commands: int = 3) -> Iterator[Ratio | str]:
    """The questions of the monitor to the first ``share`` of the places, in both databases, some also as ``commands``."""
    chosen = places()
    chosen = chosen[: max(4, round(len(chosen) * share))]
    with TemporaryDirectory() as folder, empty(Path(folder) / "sqlite") as filled:
        yield from _measure(filled, chosen, Path(folder) / "sqlite", rounds, commands)
    with (
        TemporaryDirectory() as folder,
        postgresql_server(Path(folder)) as server,
        empty(Path(folder) / "archive", new_database(server, "nation")) as filled,
    ):
        yield from _measure(filled, chosen, Path(folder) / "data", rounds, commands)


def _measure(filled: Filled, chosen: Sequence[Place], files: Path, rounds: int, commands: int) -> Iterator[Ratio | str]:
    """Fill a quarter, a half and the whole, and ask; ``files`` is where the database keeps its own."""
    archive, year = filled.archive, filled.year
    each: list[float] = []
    for start, end in ((0, 4), (4, 2), (2, 1)):
        part = chosen[len(chosen) // start if start else 0 : len(chosen) // end]
        took = filled.add(part)
        cold = _cold(archive, files, lambda: missing(archive, year))
        seconds = _median(lambda: missing(archive, year), rounds)
        each.append(seconds / filled.country.publishers)
        yield (
            f"{filled.name}: {filled.country.publishers:,} publishers, {took:.0f} s to add {len(part):,} places: "
            f"missing --year {year} {seconds:.2f} s, {cold:.2f} s cold"
        )
        if len(each) > 1:
            name = f"{filled.name}: a publisher in 1/{end}" if end > 1 else f"{filled.name}: a publisher in the whole"
            yield Ratio(name, each[-1], each[0], GROWTH, "in 1/4")
    yield _within(f"{filled.name}: the nation, {year}", seconds, NATION)
    yield from _questions(filled, rounds)
    yield from _commands(filled, commands)
    yield _room(filled)


def _questions(filled: Filled, rounds: int) -> Iterator[Ratio | str]:
    archive, year = filled.archive, filled.year
    before = filled.country.years.start
    standings = missing(archive, year)
    counts: dict[str, int] = {}
    for one in standings:
        counts[one.status] = counts.get(one.status, 0) + 1
    yield f"{filled.name}: " + ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    yield _within(
        f"{filled.name}: the nation, {before}, found later", _median(lambda: missing(archive, before), rounds), NATION
    )
    for what, code in zip(("a province", "a city", "a county"), filled.largest(), strict=True):
        found = len(missing(archive, year, division=code))
        seconds = _median(lambda code=code: missing(archive, year, division=code), rounds)  # type: ignore[misc]
        yield _within(f"{filled.name}: {what} of {found:,}", seconds, PART)
    province = filled.largest()[0]
    for name, work in (
        ("totals of the provinces", lambda: by_division(standings, archive.book, "province")),
        ("publishers of a province", lambda: list_publishers(archive, Wanted(division=province))),
        ("status", lambda: health(archive)),
    ):
        yield f"{filled.name}: {name} {_median(work, rounds) * 1000:.0f} ms"


def _commands(filled: Filled, commands: int) -> Iterator[str]:
    """The same as commands, with the start of Python and the writing of every line."""
    asked = (["--json"], ["--by", "division"], ["--division", filled.largest()[0], "--json"])
    for arguments in asked[:commands]:
        seconds = _median(lambda arguments=arguments: _run(filled, arguments), 1)  # type: ignore[misc]
        yield f"{filled.name}: xxgk missing --year {filled.year} {' '.join(arguments)} {seconds:.2f} s"


def _run(filled: Filled, arguments: Sequence[str]) -> None:
    where = ["--archive", str(filled.archive.folder)]
    if filled.database is not None:
        where += ["--database", filled.database]
    command = [sys.executable, "-m", "crawler", *where, "missing", "--year", str(filled.year), *arguments]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)  # noqa: S603 - our own command
    assert done.returncode in {0, 1}, done.stderr.decode()


def _room(filled: Filled) -> str:
    with filled.archive.engine.connect() as connection:
        if filled.database is None:
            sizes = pages_by_table(connection)
        else:
            query = text("SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables ORDER BY 2 DESC")
            sizes = {str(row[0]): int(row[1]) for row in connection.execute(query)}
    parts = ", ".join(f"{name} {size >> 20}" for name, size in sizes.items() if size >> 20)
    return f"{filled.name}: {sum(sizes.values()) >> 20:,} MiB ({parts})"


def _within(name: str, seconds: float, limit: float) -> Ratio:
    return Ratio(name, seconds, limit, 1.0, "the limit")


def _cold(archive: Archive, files: Path, work: Callable[[], object]) -> float:
    """Seconds with new connections and nothing of the database's files in memory but what its server keeps itself."""
    archive.engine.dispose()
    for path in (path for path in files.rglob("*") if path.is_file()):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        gc.collect()
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return median(times)
