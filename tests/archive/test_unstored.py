"""Due work of several machines: a reading counts once its bytes are stored, and who lost a lease has the word no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from archive.crawling import crawls, duework
from archive.crawling.duework import Planning
from archive.deposit import deposit
from archive.journal.notes import CrawlBegun
from archive.schema import CrawlRow
from archive.storage.fetching import choose
from archive.storage.pushing import push
from archive.store import Archive
from tests.archive.conftest import Clock, Place
from tests.archive.test_duework import AGAIN, HERE, HOUR, attempts, claim, crawl, due, finish, states, tasks


@pytest.fixture
def planned(place: Place, storage_url: str) -> Iterator[Archive]:
    """An archive with a shared storage, in which a portal is due."""
    with place.open() as archive:
        choose(archive, storage_url)
        duework.plan(archive, due(HERE), AGAIN)
    with place.open() as archive:
        yield archive


def test_a_reading_that_only_its_machine_has_is_no_try_and_counts_once_it_is_stored(
    planned: Archive, clock: Clock
) -> None:
    (failed,) = claim(planned)
    clock.advance(minutes=1)
    assert finish(planned, failed) == "failed"
    clock.advance(hours=1)
    before = tasks(planned)[0].ended_at
    for _ in range(5):  # more often than is tried
        (lease,) = claim(planned)
        clock.advance(minutes=1)
        crawl(planned, HERE, "incomplete")
        assert finish(planned, lease) == "unstored"
        (task,) = tasks(planned)
        assert (task.state, task.leased_by, task.outcome, task.ended_at) == ("due", None, "failed", before)
        assert claim(planned, "two") == []
        clock.advance(hours=1)
    push(planned)
    crawls.secure(planned)
    assert duework.plan(planned, due(HERE), AGAIN) == Planning(0, 0, 1)
    assert [outcome for _, outcome in attempts(planned)] == ["failed", *["unstored"] * 4, "incomplete"]
    (task,) = tasks(planned)
    assert (task.state, task.outcome) == ("due", "incomplete")
    assert task.ended_at is not None
    assert task.not_before == task.ended_at + 3 * HOUR  # the second try told that


def test_a_crawl_that_finished_before_it_was_stopped_waits_for_its_storage(planned: Archive, clock: Clock) -> None:
    (lease,) = claim(planned)
    clock.advance(minutes=1)
    crawl(planned, HERE)
    assert finish(planned, lease, again_after=timedelta()) == "unstored"
    assert claim(planned) == []
    push(planned)
    crawls.secure(planned)
    assert claim(planned) == []
    assert (states(planned), attempts(planned)) == (["done"], [("one", "ok")])


def test_a_try_holds_its_lease_until_another_is_begun_or_the_task_ends(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE), AGAIN)
    (lease,) = claim(archive, "one")
    clock.advance(hours=1)
    assert duework.holds(archive, lease.task, lease.attempt)  # it ran out, and nobody took it
    (taken,) = claim(archive, "two")
    assert [duework.holds(archive, each.task, each.attempt) for each in (lease, taken)] == [False, True]
    crawl(archive, HERE)
    finish(archive, taken, "two")
    assert not duework.holds(archive, taken.task, taken.attempt)
    assert not duework.holds(archive, 1000, 1)


def test_what_a_machine_says_late_does_not_stop_a_crawl_that_another_finished(archive: Archive, clock: Clock) -> None:
    begun = crawls.begin(archive, {"year": None}, [HERE])
    assert crawls.begin(archive, {"year": None}, [HERE]) == crawls.Crawl(begun.id, resumed=True)
    finished = clock.advance(minutes=1)
    crawls.finish(archive, begun.id, crawls.FINISHED)
    clock.advance(minutes=1)
    crawls.finish(archive, begun.id, crawls.STOPPED)
    assert crawl_row(archive, begun.id) == ("finished", finished)
    row = {"key": "0" * 64, "arguments": "{}", "portals": "[]"}
    deposit(archive, notes=[CrawlBegun(clock(), begun.id, **row)])
    crawls.finish(archive, begun.id, crawls.STOPPED)
    assert crawl_row(archive, begun.id) == ("stopped", clock())


def crawl_row(archive: Archive, number: int) -> tuple[str, datetime | None]:
    with archive.session() as session:
        row = session.get_one(CrawlRow, number)
        return row.state, row.ended_at
