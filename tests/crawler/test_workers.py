"""Workers on several machines: the same result as one crawl by one machine, politeness over all, and nobody's death loses anything."""

from __future__ import annotations

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from archive import card
from archive.schema import (
    Article,
    Attempt,
    CaptureRow,
    ColumnReading,
    FindingRow,
    ListRow,
    Portal,
    Report,
    ReportColumn,
    Task,
    Version,
)
from archive.store import Archive
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.machines import PORT, Machine, door, namespaces
from tests.crawler.servers import Answer, Page, serve
from tests.crawler.servers import Portal as Server
from tests.databases import new_database, own_server

LONG = bool(os.environ.get("XXGK_CLUSTER"))  # make cluster-test
PORTALS = 24 if LONG else 3
REPORTS = 6 if LONG else 1
DELAY = 0.5 if LONG else 0.3
KILL_EVERY = 20.0 if LONG else 4.0  # seconds
KILLS = 1000 if LONG else 3
LEASE = 8.0 if LONG else 4.0
PATIENCE = 900 if LONG else 300  # seconds
SHARED = "wj.qinghe.gov.cn"  # a host on which several portals keep files


def portal_of(number: int) -> str:
    """The portals stand on hosts of their own, but for two that share one."""
    host = f"xxgk.p{number // 2 if number < 2 else number}.gov.cn"
    return f"http://{host}{_column(number)}"


def _column(number: int) -> str:
    return "/second/" if number == 1 else pages.COLUMN


def site() -> dict[str, Page]:
    """Portals whose reports have attachments on a host that all share."""
    found: dict[str, Page] = {}
    for number in range(PORTALS):
        host = portal_of(number).removeprefix("http://").partition("/")[0]
        rows = []
        for agency in range(REPORTS):
            name = f"青禾市第{number * 10 + agency}小学"
            path = f"{_column(number)}202501/t20250121_{1000 + agency}.html"
            file = f"http://{SHARED}/{number}/{agency}.pdf"
            found[f"{host}{path}"] = pages.article(name, extra=f'<p><a href="{file}">附件：{name}统计表.pdf</a></p>')
            found[file.removeprefix("http://")] = Answer(
                _sheet(f"{number} {agency}"), headers={"Content-Type": "application/pdf"}
            )
            rows.append((path, f"{name}2024年政府信息公开工作年度报告"))
        found[f"{host}{_column(number)}"] = pages.column(rows)
    return found


def _sheet(text: str) -> bytes:
    """A page of PDF, with so much text that nobody looks for more in pictures."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(72, 720, f"What the schools received and answered: {text}")
    canvas.save()
    return out.getvalue()


@dataclass
class Nation:
    """Portals, one database, shared storage, and machines."""

    folder: Path
    server: Server
    database: str
    settings: dict[str, str]
    door: Path
    machines: list[Machine] = field(default_factory=list)

    def machine(self, number: int) -> Machine:
        port = PORT if namespaces() else self.server.port + 1 + number
        self.machines.append(Machine(self.folder / f"machine{number}", self.door, self.settings, port))
        return self.machines[-1]

    def run(self, number: int, *command: str, seconds: float = PATIENCE) -> tuple[int, str]:
        """Run a command on a machine to its end."""
        machine = self.machine(number)
        machine.start(*command)
        return machine.wait(seconds), machine.words

    def plan(self) -> None:
        status, said = self.run(0, "schedule", "--once", *map(portal_of, range(PORTALS)))
        assert status == 0, said

    def left(self) -> list[tuple[str, str, str | None]]:
        """The tasks that are not done well, and the articles that are not derived."""
        with (
            Archive.open(self.folder / "machine0" / "xxgk-archive", self.database) as archive,
            archive.session() as read,
        ):
            tasks = read.scalars(select(Task).where(Task.state.not_in(["done", "skipped"])))
            left = [(task.portal, task.state, task.outcome) for task in tasks if task.portal in self.portals]
            return left + [(url, "stale", None) for url in read.scalars(select(Article.url).where(Article.stale > 0))]

    def attempts(self) -> list[tuple[str, str | None]]:
        """What was tried, and how that ended."""
        with (
            Archive.open(self.folder / "machine0" / "xxgk-archive", self.database) as archive,
            archive.session() as read,
        ):
            query = select(Task.portal, Attempt.outcome).join(Task, Task.id == Attempt.task_id).order_by(Attempt.id)
            return [(portal, outcome) for portal, outcome in read.execute(query) if portal in self.portals]

    @property
    def portals(self) -> set[str]:
        return set(map(portal_of, range(PORTALS)))


@pytest.fixture
def nation(tmp_path: Path, postgresql: str) -> Iterator[Nation]:
    with made(tmp_path, postgresql) as nation:
        yield nation


@contextmanager
def made(tmp_path: Path, postgresql: str) -> Iterator[Nation]:
    """A nation whose tables stand on that server."""
    with ExitStack() as open_doors:
        server = open_doors.enter_context(serve(site()))
        place = tmp_path / "door"
        open_doors.enter_context(door(place, server.port))
        database = new_database(postgresql, tables=True)
        storage = tmp_path / "storage"
        storage.mkdir()
        settings = {
            "XXGK_DATABASE": database,
            "XXGK_STORAGE": storage.as_uri(),
            "XXGK_DOWNLOAD_DELAY": f"{DELAY:g}",
            "XXGK_SHIP_SECONDS": "0.5",
            "XXGK_GIVEN_UP": f"{4 * LEASE:g}",
        }
        nation = Nation(tmp_path, server, database, settings, place)
        yield nation
        for machine in nation.machines:
            machine.kill()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one crawl on one machine finds, with tables in SQLite."""
    folder = tmp_path_factory.mktemp("alone")
    with serve(site()) as server:
        addresses = map(portal_of, range(PORTALS))
        done = xxgk(
            "crawl", *addresses, folder=folder, timeout=PATIENCE, http_proxy=server.url, XXGK_DOWNLOAD_DELAY="0"
        )
        assert done.status == 0, done.err
    found = told(folder / "xxgk-archive", None)
    assert len(found["reports"]) == PORTALS * REPORTS
    return found


def told(folder: Path, database: str | None) -> dict[str, Any]:
    """All that an archive says of what was found, without numbers and times."""
    with Archive.open(folder, database) as archive, archive.session() as read:
        reports = select(
            Version.publisher, Version.report_year, Report.state, Report.url, Version.digest, Version.record_digest
        )
        columns = select(Portal.url, ReportColumn.url, ColumnReading.outcome, ColumnReading.rows, ColumnReading.reports)
        columns = columns.join(ReportColumn, ReportColumn.id == ColumnReading.column_id)
        columns = columns.join(Portal, Portal.id == ReportColumn.portal_id).where(ColumnReading.outcome == "ok")
        captures = select(CaptureRow.url, CaptureRow.status, CaptureRow.role, CaptureRow.payload_digest)
        return {
            "reports": _set(read, reports.join(Version, Version.id == Report.version_id)),
            "findings": _set(read, select(FindingRow.rule, FindingRow.severity, FindingRow.line)),
            "portals": _set(read, select(Portal.url, Portal.outcome).where(Portal.read_at.is_not(None))),
            "columns": _set(read, columns),
            "rows": _set(read, select(ListRow.url, ListRow.title, ListRow.listed_on, ListRow.refused)),
            "articles": _set(read, select(Article.url, Article.page_title, Article.outcome, Article.refused)),
            "captures": _set(read, captures.where(CaptureRow.lost_at.is_(None))),
        }


def _set(read: Any, query: Any) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in read.execute(query)}


def check_politeness(server: Server) -> None:
    """By the clock of whoever answers: no host was asked before the delay after its last answer was over."""
    hosts = {exchange.host for exchange in server.exchanges}
    assert SHARED in hosts
    for host in sorted(hosts):
        there = sorted((one for one in server.exchanges if one.host == host), key=lambda one: one.began)
        gaps = [two.began - one.ended for one, two in pairwise(there)]
        assert min(gaps, default=DELAY) >= DELAY, (host, min(gaps))


def test_three_machines_find_what_one_does_and_are_polite_together(nation: Nation, alone: dict[str, Any]) -> None:
    nation.plan()
    machines = [nation.machine(number) for number in range(3)]
    for machine in machines:
        machine.start("worker", "--once", "--side-by-side", "2", "--lease", f"{LEASE:g}", "--json")
    ended = [machine.wait(PATIENCE) for machine in machines]
    assert ended == [0, 0, 0], [machine.words for machine in machines]
    said = [json.loads(line) for machine in machines for line in machine.words.splitlines() if line.startswith("{")]
    crawled = Counter(line["portal"] for line in said if "portal" in line)
    assert crawled == dict.fromkeys(nation.portals, 1)
    assert told(machines[0].folder / "xxgk-archive", nation.database) == alone
    check_politeness(nation.server)
    asked = Counter((seen.host, seen.path) for seen in nation.server.seen if seen.path != "/robots.txt")
    assert set(asked.values()) == {1}  # what one crawl fetched no other fetched again
    for machine in machines:  # every machine can read all of it, and holds nothing back
        status, said_of_it = nation.run(int(machine.folder.name[-1]), "verify")
        assert status == 0, said_of_it
    assert nation.run(2, "reindex", "--afresh")[0] == 0
    again = told(machines[2].folder / "xxgk-archive", nation.database)
    assert {key: again[key] for key in ("portals", "columns", "rows", "captures")} == {
        key: alone[key] for key in ("portals", "columns", "rows", "captures")
    }


@pytest.mark.parametrize("gone", ["the machine for good", *(["the worker"] if LONG else [])])
def test_a_worker_killed_again_and_again_loses_nothing(nation: Nation, alone: dict[str, Any], gone: str) -> None:
    nation.plan()
    rng = random.Random(gone)
    machines = [nation.machine(number) for number in range(3)]
    for machine in machines:
        machine.start("worker", "--side-by-side", "2", "--lease", f"{LEASE:g}")
    kills, began = 0, monotonic()
    waiting = threading.Event()
    try:
        while nation.left():
            assert monotonic() - began < PATIENCE, [machine.words[-2000:] for machine in machines]
            waiting.wait(KILL_EVERY)
            if kills == KILLS or not nation.left():
                continue
            victim = rng.randrange(3)
            machines[victim].kill()
            kills += 1
            if gone == "the machine for good":
                machines[victim] = nation.machine(3 + kills)  # another one takes its place
            machines[victim].start("worker", "--side-by-side", "2", "--lease", f"{LEASE:g}")
    finally:
        for machine in machines:
            machine.end()
    assert {machine.wait(60) for machine in machines} == {3}
    assert kills >= 1
    assert told(machines[0].folder / "xxgk-archive", nation.database) == alone
    check_politeness(nation.server)


def test_a_database_restart_pauses_the_workers_and_kills_nothing(tmp_path: Path, alone: dict[str, Any]) -> None:
    with own_server() as server, made(tmp_path, server.uri) as nation:
        nation.plan()
        machines = [nation.machine(number) for number in range(2)]
        for machine in machines:
            machine.start("worker", "--side-by-side", "2", "--lease", "60")
        waiting, began = threading.Event(), monotonic()
        for mode in ("fast", "immediate"):
            asked = len(nation.server.seen)
            while len(nation.server.seen) < asked + PORTALS:  # they are at it
                assert monotonic() - began < PATIENCE, [machine.words[-2000:] for machine in machines]
                waiting.wait(0.1)
            server.restart(mode)
        while nation.left():
            assert monotonic() - began < PATIENCE, [machine.words[-2000:] for machine in machines]
            waiting.wait(0.5)
        assert [machine.process.poll() for machine in machines if machine.process is not None] == [None, None]
        for machine in machines:
            machine.end()
        assert {machine.wait(60) for machine in machines} == {3}
        assert told(machines[0].folder / "xxgk-archive", nation.database) == alone
        check_politeness(nation.server)
        attempts = nation.attempts()
        assert {outcome for _, outcome in attempts} == {"ok"}, attempts  # no crawl had to be begun again


def test_the_settings_of_a_machine_reach_the_others(nation: Nation) -> None:
    entry = ["portals", "add", "fenghe", "http://xxgk.fenghe.gov.cn/", "--name", "凤河市"]
    status, said = nation.run(0, *entry)
    assert status == 0, said
    status, said = nation.run(0, "schedule", "fenghe", "--once")
    assert status == 0, said
    status, said = nation.run(1, "worker", "--once")
    assert status in {0, 1}, said
    assert (nation.folder / "machine1" / "xxgk-archive" / "portals" / "fenghe.yml").exists()
    assert card.read(nation.folder / "machine1" / "xxgk-archive")["tables"] == "postgresql"
