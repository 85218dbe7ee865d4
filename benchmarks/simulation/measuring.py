"""What one crawl costs: ``python -m benchmarks sizing`` measures the figures that ``figures.toml`` takes from here.

The real command crawls the portal of :mod:`benchmarks.portal` into PostgreSQL: a small portal, a large one, and the large one
again while nothing changes there. Seconds are those of processors, since machines are busy with other things.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Self

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.portal import ROOT, Site, serving
from benchmarks.scale import new_database, postgresql_server

SMALL, LARGE = Site(hosts=1, columns=1, rows=1), Site(hosts=1, columns=16, rows=30)
AGAIN = 3  # crawls of a portal while nothing changes there
_LOOK = 0.2  # seconds between two weighings of the memory
_TICK = os.sysconf("SC_CLK_TCK")
_COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
_ROWS = "SELECT sum(reltuples) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_ROOM = "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables ORDER BY 2 DESC"
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
_OURS = 2  # that look on
_LARGEST = 8  # tables that are named


@dataclass(frozen=True)
class Cost:
    """One crawl: seconds of the processors and of the server's, of the wall; MiB; bytes of tables with their indexes.

    ``turns`` are the seconds for which each writing held the writers' turn, ``busy`` those in which we were at work in them:
    the rest is the server's, and the machine's that had other things to do.
    """

    answers: int
    processor: float
    server: float
    wall: float
    memory: float
    connections: int
    turns: tuple[float, ...]
    busy: float
    commits: int
    rows: int
    tables: dict[str, int]
    warc: int

    @property
    def database(self) -> int:
        """Bytes of all tables."""
        return sum(self.tables.values())


class _Scale:
    """Weighs a crawl with its children while it runs: the most memory it took, in MiB, and the most connections."""

    def __init__(self, process: int, server: str) -> None:
        self.memory, self.connections, self.looks = 0.0, 0, 0
        self._process, self._server = process, server
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._weigh)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _weigh(self) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            while not self._ended.wait(_LOOK):
                self.looks += 1
                self.memory = max(self.memory, sum(map(_weight, _family(self._process))))
                self.connections = max(self.connections, _number(connection, _CONNECTIONS) - _OURS)


class Measuring:
    """Crawls of one portal into one archive."""

    def __init__(self, site: Site, port: int, folder: Path, server: str, name: str) -> None:
        self._addresses = site.addresses(port)
        self._folder = folder / name
        self._url = new_database(server, name)
        self._server = make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)

    def crawl(self) -> Cost:
        """Crawl once, by the ordinary command."""
        beside = self._folder.with_suffix
        turns = beside(".json")
        arguments = ["--archive", str(self._folder), "crawl", "--delay", "0", "--allow", "127.0.0.1"]
        command = [sys.executable, "-m", "benchmarks.simulation.watched", str(turns), *arguments, *self._addresses]
        environment = {**os.environ, "XXGK_DATABASE": self._url, "XXGK_TURNS": str(beside(".turns"))}
        with psycopg.connect(self._server, autocommit=True) as connection, beside(".out").open("w+b") as out:
            server, commits = _server_seconds(connection), _number(connection, _COMMITS)
            started = perf_counter()
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)  # noqa: S603 - our own module
            with _Scale(process.pid, self._server) as scale:
                _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall = perf_counter() - started
            out.seek(0)
            said = out.read().decode()
            answers = re.search(r"(\d+) answers; ", said)
            assert process.returncode == 0, said
            assert answers is not None, said
            server, commits = _server_seconds(connection) - server, _number(connection, _COMMITS) - commits
            connection.execute("VACUUM ANALYZE")
            taken = json.loads(turns.read_text(encoding="ascii"))
            room = {str(name): int(size) for name, size in connection.execute(_ROOM)}
            return Cost(
                answers=int(answers[1]),
                processor=used.ru_utime + used.ru_stime,
                server=server,
                wall=wall,
                memory=scale.memory,
                connections=scale.connections,
                turns=tuple(wall for wall, _ in taken),
                busy=sum(busy for _, busy in taken),
                commits=commits - scale.looks,
                rows=_number(connection, _ROWS),
                tables=room,
                warc=sum(path.stat().st_size for path in (self._folder / "warc").iterdir()),
            )


def lines(small: Site = SMALL, large: Site = LARGE, again: int = AGAIN) -> Iterator[str]:
    """What crawls of both portals cost, and what follows from it for a page, a report and a crawl."""
    with TemporaryDirectory() as temporary, postgresql_server(Path(temporary)) as server:
        folder = Path(temporary)
        little, much = (_crawls(site, folder, server, again) for site in (small, large))
    for name, crawls in (("small", little), ("large", much)):
        for number, one in enumerate(crawls, 1):
            yield _line(f"{name}, crawl {number}", one)
    yield from derived(little, much, large)


def _crawls(site: Site, folder: Path, server: str, again: int) -> list[Cost]:
    with serving(site) as port:
        measuring = Measuring(site, port, folder, server, f"pages_{site.pages}")
        return [measuring.crawl() for _ in range(1 + again)]


def _line(name: str, one: Cost) -> str:
    turns = f"{len(one.turns)} writings of {median(one.turns) * 1000:.1f} ms, {sum(one.turns):.1f} s in all, {one.busy:.2f} s at work"
    return (
        f"{name}: {one.answers} answers in {one.wall:.1f} s; processors {one.processor:.2f} s, server {one.server:.2f} s, "
        f"{one.commits} transactions; {turns}; {one.memory:.0f} MiB, {one.connections} connections; {one.rows} rows, {one.database:,} bytes of tables, "
        f"{one.warc:,} of WARC"
    )


def derived(little: list[Cost], much: list[Cost], site: Site) -> Iterator[str]:
    """From differences: what both crawls do, such as starting, is not counted."""
    start = min(one.processor for one in little[1:])
    pages = much[0].answers - little[0].answers
    again = [(one.processor - start) / pages for one in much[1:]]
    report = (much[0].processor - little[0].processor - pages * min(again)) / site.articles
    yield f"start of a crawl: {start:.2f} s of processors, {min(one.wall for one in little):.2f} s of the wall"
    yield f"an unchanged page: {min(again) * 1000:.1f} to {max(again) * 1000:.1f} ms of processors"
    yield f"a report, filed: {report * 1000:.1f} ms of processors beside its page"
    spent = [(one.server - little[-1].server) / pages * 1000 for one in much]
    yield f"the server for a page: {spent[0]:.2f} ms with its report, {min(spent[1:]):.2f} ms unchanged"
    for name, some in (("new", much[:1]), ("unchanged", much[1:])):
        each = [sum(one.turns) / pages * 1000 for one in some]
        busy = min((one.busy - little[-1].busy) / pages for one in some) * 1000
        writings = mean(len(one.turns) / pages for one in some)
        yield f"the writers' turn for a page that is {name}: {min(each):.2f} ms, of it {busy:.2f} at work; {writings:.2f} writings"
    growth = (much[0].database - little[0].database) / site.articles
    rows = (much[0].rows - little[0].rows) / site.articles
    yield f"a report in the tables: {growth:,.0f} bytes, {rows:.1f} rows"
    largest = sorted(((much[0].tables[name] - little[0].tables[name]) / site.articles, name) for name in much[0].tables)
    yield "of which " + ", ".join(f"{name} {size:.0f}" for size, name in largest[: -_LARGEST - 1 : -1])
    yield f"a report in the WARC files: {(much[0].warc - little[0].warc) / site.articles:,.0f} bytes"
    if len(much) > 1:
        crawls = len(much) - 1
        wider, longer = much[-1].database - much[0].database, much[-1].rows - much[0].rows
        grown = (much[-1].warc - much[0].warc) / crawls
        yield f"an unchanged crawl of {pages} pages: {wider / crawls:,.0f} bytes, {longer / crawls:.0f} rows; {grown:,.0f} of WARC"


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:  # it ended meanwhile
        return
    for child in children.split():
        yield from _family(int(child))


def _weight(process: int) -> float:
    """The memory of a process in MiB; of what it shares with others, its part."""
    try:
        said = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", said, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _server_seconds(connection: psycopg.Connection) -> float:
    """The processors' seconds of the server: its processes, and those that ended."""
    parent = int(_fields(_number(connection, "SELECT pg_backend_pid()"))[1])
    ticks = 0
    for process in _family(parent):
        ticks += sum(map(int, _fields(process)[11 : 15 if process == parent else 13]))
    return ticks / _TICK


def _fields(process: int) -> list[str]:
    """What the system says of a process behind its name; nothing where it ended meanwhile: its parent counts it then."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return []


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    for said in lines():
        print(said, flush=True)
