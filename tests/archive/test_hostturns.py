"""Turns at hosts in a real PostgreSQL, whose clock goes only when it is told to: who may ask when, over all machines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from archive.crawling.hostturns import LONGEST_HOLD, HostTurns, Later, Lease, LeaseLost, Taken
from archive.errors import ArchiveError, ConnectionLost
from tests.databases import new_database

HOST = "xxgk.qinghe.gov.cn"
WAITS = Later(held=True, seconds=0)
# A name that stands before PostgreSQL's own in the search path is the one that is meant.
CLOCK = """
CREATE SCHEMA standing;
CREATE TABLE standing.clock (at timestamptz NOT NULL);
INSERT INTO standing.clock VALUES ('2024-01-20 04:00:00+00');
CREATE FUNCTION standing.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM standing.clock';
"""
ADVANCE = "UPDATE standing.clock SET at = at + make_interval(secs => %s)"
SEEN = "SELECT holder, held_until, ended_at, gap, pause, waiter FROM host_turns WHERE host = %s"


@dataclass
class Machines:
    """Crawls of several machines on one database, by the names of their turns."""

    url: URL
    clock: psycopg.AsyncConnection[Any]
    turns: HostTurns

    async def take(self, who: str, gap: float = 1.0, longest: float = 90.0, host: str = HOST) -> Taken | Later:
        return await self.turns.take(host, who, gap=gap, longest=longest)

    async def end(self, who: str, gap: float = 1.0, pause: float = 0.0, ago: float = 0.0) -> None:
        await self.turns.give_back(HOST, who, gap=gap, pause=pause, ago=ago)

    async def pass_(self, seconds: float) -> None:
        await self.clock.execute(ADVANCE, (seconds,))

    async def row(self) -> Any:
        return await (await self.clock.execute(SEEN, (HOST,))).fetchone()


@pytest.fixture(scope="module")
def url(postgresql: str) -> URL:
    """The tables, on a connection by whose clock no time passes."""
    url = make_url(new_database(postgresql, tables=True)).set(drivername="postgresql+psycopg")
    with psycopg.connect(dsn(url), autocommit=True) as connection:
        connection.execute(CLOCK)
    return url.update_query_dict({"options": "-c search_path=standing,public,pg_catalog -c timezone=UTC"})


def dsn(url: URL) -> str:
    """The address as the driver's own, with the ordinary clock."""
    plain = url.set(drivername="postgresql").difference_update_query(["options"])
    return plain.render_as_string(hide_password=False)


@asynccontextmanager
async def machines(url: URL, lease: Lease | None = None) -> AsyncIterator[Machines]:
    turns = HostTurns(url, lease)
    async with await psycopg.AsyncConnection.connect(dsn(url), autocommit=True) as clock:
        await clock.execute("TRUNCATE host_turns")
        try:
            yield Machines(url, clock, turns)
        finally:
            await turns.close()


def play(url: URL, story: Callable[[Machines], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with machines(url) as there:
            await story(there)

    asyncio.run(run())


def test_a_host_that_nobody_asked_is_free(url: URL) -> None:
    async def story(there: Machines) -> None:
        assert await there.take("one") == Taken()

    play(url, story)


def test_while_one_has_the_turn_no_other_has_it(url: URL) -> None:
    async def story(there: Machines) -> None:
        await there.take("one")
        assert await there.take("two") == WAITS
        assert await there.take("two", host="www.liuchuan.gov.cn") == Taken()

    play(url, story)


def test_who_did_not_hear_the_answer_asks_again_and_has_the_turn(url: URL) -> None:
    async def story(there: Machines) -> None:
        assert [await there.take("one"), await there.take("one")] == [Taken(), Taken()]

    play(url, story)


@pytest.mark.parametrize(
    ("first", "second", "pause", "wait"), [(2, 7, 0, 7), (7, 2, 0, 7), (0, 0, 0, 0), (1, 2, 30, 30), (5, 1, 3, 5)]
)
def test_between_two_exchanges_lies_the_largest_of_both_gaps_and_what_the_host_asked_for(
    url: URL, first: float, second: float, pause: float, wait: float
) -> None:
    async def story(there: Machines) -> None:
        await there.take("one", first)
        await there.pass_(5)
        await there.end("one", first, pause)
        if wait:
            await there.pass_(wait - 0.25)
            assert await there.take("two", second) == Later(held=False, seconds=0.25)
            await there.pass_(0.25)
        assert await there.take("two", second) == Taken()

    play(url, story)


def test_a_turn_in_which_nothing_was_asked_leaves_no_gap_behind_it(url: URL) -> None:
    async def story(there: Machines) -> None:
        await there.take("one", 60)
        await there.turns.leave(HOST, "one")
        assert await there.take("two", 60) == Taken()

    play(url, story)


def test_a_holder_that_died_is_waited_for_and_then_passed(url: URL) -> None:
    async def story(there: Machines) -> None:
        await there.take("dead", longest=90)
        for _ in range(89):
            await there.pass_(1)
            assert await there.take("two") == WAITS
        await there.pass_(1)
        assert await there.take("two") == Taken()

    play(url, story)


def test_a_holder_that_was_killed_on_this_machine_is_taken_to_have_ended_now_and_binds_nobody_longer(url: URL) -> None:
    async def story(there: Machines) -> None:
        here = HostTurns(url, None, "here-")
        await there.take("here-17")
        await there.end("here-17", gap=2, pause=200)
        await there.pass_(200)
        assert await there.take("here-17", 2, longest=900) == Taken()
        assert await there.take("there-18") == WAITS  # another machine cannot know
        await there.pass_(30)
        assert await here.take(HOST, "here-19", gap=1, longest=90) == Later(held=False, seconds=2)
        await there.pass_(1.5)
        assert await here.take(HOST, "here-19", gap=1, longest=90) == Later(held=False, seconds=0.5)
        await there.pass_(0.5)
        await there.take("there-18")  # it waits for longer
        await there.end("there-18")
        await there.pass_(2)
        assert await here.take(HOST, "here-19", gap=1, longest=90) == Taken()
        assert await here.take(HOST, "here-19", gap=1, longest=90) == Taken()
        assert await there.take("there-18") == WAITS
        await here.close()

    play(url, story)


def test_two_that_both_wait_alternate_and_the_first_does_not_go_twice(url: URL) -> None:
    async def story(there: Machines) -> None:
        await there.take("one")
        await there.take("two")  # it has the next turn
        await there.end("one")
        await there.pass_(1)
        assert await there.take("one") == Later(held=False, seconds=0)
        assert await there.take("two") == Taken()
        assert await there.take("one") == WAITS
        await there.end("two")
        await there.pass_(1)
        assert await there.take("two") == Later(held=False, seconds=0)
        assert await there.take("one") == Taken()

    play(url, story)


def test_the_next_in_turn_that_died_keeps_the_turn_from_nobody_for_long(url: URL) -> None:
    async def story(there: Machines) -> None:
        await there.take("one")
        await there.take("dead")
        await there.end("one")
        await there.pass_(3.9)
        assert isinstance(await there.take("two"), Later)
        await there.pass_(0.2)
        assert await there.take("two") == Taken()

    play(url, story)


def test_an_end_that_is_said_late_counts_from_when_it_was_and_ends_no_other_turn(url: URL) -> None:
    async def story(there: Machines) -> None:
        await there.take("late", longest=30)
        await there.pass_(31)
        await there.take("two", longest=90)
        await there.end("late", gap=5, pause=100, ago=21)
        holder, held_until, ended_at, gap, pause, _ = await there.row()
        assert (holder, gap, pause) == ("two", 5, 100)
        assert (held_until - ended_at).total_seconds() == 111
        await there.end("two", gap=1)
        holder, _, later, gap, pause, _ = await there.row()
        assert (holder, gap, pause) == (None, 1, 79)  # what the host asked for binds who came after too
        await there.end("late", gap=5, pause=100, ago=21)
        assert (await there.row())[2:5] == (later, 5, 79)

    play(url, story)


@pytest.mark.parametrize("shift", [-7200, 7200], ids=["set back", "set forward"])
def test_when_the_databases_clock_is_set_nobody_waits_for_hours(url: URL, shift: float) -> None:
    async def story(there: Machines) -> None:
        await there.take("one")
        await there.end("one", gap=2)
        await there.pass_(2)
        assert await there.take("dead", longest=90) == Taken()
        assert await there.take("dead too") == WAITS
        await there.pass_(shift)
        if shift < 0:
            assert isinstance(await there.take("two"), Later)
            await there.pass_(LONGEST_HOLD)
        assert await there.take("two") == Taken()

    play(url, story)


def test_nobody_is_held_up_for_longer_than_five_minutes_by_what_a_host_or_a_crawl_asks_for(url: URL) -> None:
    async def story(there: Machines) -> None:
        await there.take("one", gap=9999)
        await there.end("one", gap=9999, pause=1e9)
        assert await there.take("two") == Later(held=False, seconds=300)

    play(url, story)


@pytest.mark.parametrize(
    ("state", "attempts", "ours"),
    [("leased", 2, True), ("leased", 3, False), ("due", 2, False), ("done", 2, False), (None, 0, False)],
)
def test_only_who_has_the_lease_has_a_turn(url: URL, state: str | None, attempts: int, ours: bool) -> None:
    async def run() -> None:
        async with machines(url, Lease(17, 2)) as there:
            await there.clock.execute("TRUNCATE tasks CASCADE")
            if state is not None:
                await there.clock.execute(
                    "INSERT INTO tasks (id, portal, kind, planned_at, not_before, state, attempts, leased_until)"
                    " VALUES (17, 'http://x/', 'regular', now(), now(), %s, %s, now() - interval '1 day')",
                    (state, attempts),
                )
            if ours:
                assert await there.take("one") == Taken()
            else:
                with pytest.raises(LeaseLost, match="another's by now"):
                    await there.take("one")
                assert await there.row() is None

    asyncio.run(run())


def test_of_many_that_want_a_host_at_one_moment_one_has_it(url: URL) -> None:
    async def run() -> None:
        async with machines(url) as there:
            crawls = [HostTurns(url) for _ in range(8)]
            for _ in range(25):
                seen = await asyncio.gather(
                    *(turns.take(HOST, str(number), gap=0, longest=90) for number, turns in enumerate(crawls))
                )
                assert seen.count(Taken()) == 1
                await there.clock.execute("TRUNCATE host_turns")
            for turns in crawls:
                await turns.close()

    asyncio.run(run())


def test_a_database_that_cannot_be_reached_is_away_and_one_without_our_tables_is_not(url: URL) -> None:
    async def run(there: URL) -> None:
        await HostTurns(there).take(HOST, "one", gap=1, longest=90)

    with pytest.raises(ConnectionLost):
        asyncio.run(run(make_url("postgresql+psycopg://u@127.0.0.1:1/none")))
    with pytest.raises(ArchiveError, match="does not exist") as caught:
        asyncio.run(run(url.update_query_dict({"options": "-c search_path=standing"})))
    assert not isinstance(caught.value, ConnectionLost)


def test_a_connection_that_broke_is_replaced_by_the_next(url: URL) -> None:
    async def run() -> None:
        async with machines(url) as there:
            await there.take("one")
            await there.clock.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            with pytest.raises(ConnectionLost):
                await there.take("one")
            assert await there.take("one") == Taken()

    asyncio.run(run())


@dataclass
class Model:
    """What the table should say, written down plainly; seconds."""

    now: float = 0.0
    holder: str | None = None
    held_until: float = 0.0
    ends: list[tuple[float, float, float]] = field(default_factory=list)  # when, the gap, the pause
    next: str | None = None
    next_until: float = 0.0

    def take(self, who: str, gap: float, longest: float) -> bool:
        if self.holder == who:
            self.held_until = self.now + longest
            return True
        last = self.ends[-1] if self.ends else None
        over = self.now if last is None else last[0] + max(last[1], last[2], gap)
        is_next = self.next in {None, who} or self.next_until <= self.now
        free = (self.holder is None or self.held_until <= self.now) and over <= self.now and is_next
        if free:
            self.holder, self.held_until = who, self.now + longest
            self.next = None if self.next == who else self.next
        elif is_next:
            self.next, self.next_until = who, max(over, self.now + 1) + 3
        return free

    def end(self, who: str, gap: float, pause: float) -> None:
        if self.holder == who:
            self.holder = None
        until = max([self.now + pause, *(when + asked for when, _, asked in self.ends)])
        gap = max([gap, *(kept for when, kept, _ in self.ends if when > self.now)])
        self.ends.append((self.now, gap, until - self.now))


SECONDS = st.sampled_from([0.0, 0.5, 1.0, 3.0, 10.0])
WHO = st.sampled_from(["one", "two", "three"])
STEPS = st.one_of(
    st.tuples(st.just("take"), WHO, SECONDS, st.sampled_from([2.0, 20.0])),
    st.tuples(st.just("end"), WHO, SECONDS, st.sampled_from([0.0, 0.0, 5.0])),
    st.tuples(st.just("pass"), SECONDS),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_the_statements_say_what_a_plain_model_says(url: URL, steps: list[tuple[Any, ...]]) -> None:
    async def story(there: Machines) -> None:
        model, asking = Model(), dict[str, float]()
        for step in steps:
            match step:
                case ("take", who, gap, longest):
                    taken = model.take(who, gap, longest)
                    assert isinstance(await there.take(who, gap, longest), Taken) == taken
                    if taken:
                        asking[who] = gap
                case ("end", who, gap, pause) if who in asking:
                    model.end(who, gap, pause)
                    del asking[who]
                    await there.end(who, gap, pause)
                case ("pass", seconds):
                    model.now += seconds
                    await there.pass_(seconds)

    play(url, story)
