"""Folders that are given up: whose machine was lost, and not whose person works by hand or whose database was away."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from archive.captures import Capture, Pending, deposit, latest
from archive.crawling import crawls, duework
from archive.crawling.duework import SILENCE, silent_homes
from archive.schema import CrawlRow
from archive.storage.pushing import adopt_lost, push
from archive.store import Archive
from tests.archive.answers import URL, answer, noted
from tests.archive.conftest import Place
from tests.archive.stored import body_of, both, kept, row_of, ship

Machines = tuple[Place, Place]
LEASE = timedelta(minutes=5)
on_postgresql = pytest.mark.parametrize(
    ("place", "storage_url"), [("postgresql", "folder")], indirect=True, ids=["postgresql"]
)


def beat(archive: Archive, owner: str = "theirs") -> datetime:
    duework.heartbeat(archive, owner, (), LEASE, role=duework.WORKER)
    return archive.clock()


def crawled(archive: Archive, *numbers: int) -> tuple[int, list[Capture]]:
    """A crawl with answers of its own, that has not ended."""
    crawl = crawls.begin(archive, {"numbers": numbers}, [URL]).id
    found: list[Capture] = []
    for number in numbers:
        url = f"{URL}?{number}"
        found += deposit(archive, [Pending(answer(url, body_of(number)), "article", crawl)], [noted(url)])
    return crawl, found


def crawl_row(archive: Archive, number: int) -> CrawlRow:
    with archive.session() as session:
        return session.scalars(select(CrawlRow).where(CrawlRow.id == number)).one()


@both
def test_a_folder_is_given_up_an_hour_after_its_worker_was_heard_of_last(two_machines: Machines) -> None:
    first, second = two_machines
    clock = first.clock
    with first.open() as theirs, second.open() as ours:
        since = clock()
        kept(theirs, 1)
        heard = beat(theirs)
        clock.advance(hours=1)
        assert silent_homes(ours, since=since) == {}
        clock.advance(seconds=1)
        assert silent_homes(ours, since=since) == {theirs.home: heard}
        assert silent_homes(theirs, since=since) == {}  # its own is nobody else's to give up
        beat(theirs)
        assert silent_homes(ours, since=since) == {}
        push(theirs)
        clock.advance(hours=2)
        assert silent_homes(ours, since=since) == {}  # nothing of it is left to be stored


@on_postgresql
def test_a_folder_whose_worker_ended_is_that_of_a_person_who_crawls_by_hand(two_machines: Machines) -> None:
    first, second = two_machines
    clock = first.clock
    with first.open() as theirs, second.open() as ours:
        since = clock()
        beat(theirs, "one that was killed")
        clock.advance(minutes=1)
        beat(theirs)
        kept(theirs, 1)
        duework.sign_off(theirs, "theirs")
        clock.advance(days=7)
        assert silent_homes(ours, since=since) == {}


@on_postgresql
def test_what_a_person_begins_behind_a_worker_that_was_lost_stays_theirs(two_machines: Machines) -> None:
    first, second = two_machines
    clock = first.clock
    with first.open() as theirs, second.open() as ours:
        since = clock()
        (before,) = kept(theirs, 1)
        heard = beat(theirs)
        theirs.writer.seal()
        clock.advance(minutes=1)
        number, (after,) = crawled(theirs, 2)
        crawls.finish(theirs, number, crawls.FINISHED)
        clock.advance(hours=2)
        assert silent_homes(ours, since=since) == {theirs.home: heard}
        assert adopt_lost(ours, theirs.home, before=heard).taken == 1
        assert (row_of(ours, before.file).home, row_of(ours, after.file).home) == (ours.home, theirs.home)
        assert crawl_row(ours, number).home == theirs.home
        assert silent_homes(ours, since=since) == {}
        assert adopt_lost(ours, theirs.home).taken == 1  # by hand all of it is


@on_postgresql
def test_after_an_outage_of_the_database_nobody_is_given_up_who_lives(two_machines: Machines) -> None:
    first, second = two_machines
    clock = first.clock
    with first.open() as theirs, second.open() as ours:
        kept(theirs, 1)
        beat(theirs)
        back = clock.advance(hours=3)  # so long nobody was heard
        assert silent_homes(ours, since=back) == {}
        clock.advance(minutes=5)
        assert silent_homes(ours, since=back) == {}
        beat(theirs)
        clock.advance(minutes=56)
        assert silent_homes(ours, since=back) == {}
        assert theirs.home in silent_homes(ours, SILENCE / 2, since=back)


@both
def test_crawls_of_a_lost_machine_are_safe_once_their_answers_are_stored(two_machines: Machines) -> None:
    first, second = two_machines
    with first.open() as theirs, second.open() as ours:
        number, _ = crawled(theirs, 1, 2)
        running = crawls.begin(theirs, {"still": "running"}, [URL]).id
        crawls.finish(theirs, number, crawls.FINISHED)
        ship(theirs)
        assert adopt_lost(ours, theirs.home).lost == 0
        assert (crawl_row(ours, number).home, crawl_row(ours, number).secured) == (ours.home, False)
        assert crawl_row(ours, running).home == theirs.home  # whoever goes on with it says so
        crawls.secure(ours)
        assert crawl_row(ours, number).secured
        assert not crawl_row(ours, running).secured


@both
def test_a_crawl_of_which_answers_are_lost_is_never_safe(two_machines: Machines) -> None:
    first, second = two_machines
    with ExitStack() as stack, second.open() as ours:
        theirs = stack.enter_context(first.open())
        whole, _ = crawled(theirs, 1)
        crawls.finish(theirs, whole, crawls.FINISHED)
        torn, _ = crawled(theirs, 2)
        ship(theirs)
        (lost,) = deposit(theirs, [Pending(answer(f"{URL}?3", body_of(3)), "article", torn)])
        crawls.finish(theirs, torn, crawls.FINISHED)
        assert adopt_lost(ours, theirs.home).lost == 1
        assert latest(ours, lost.url) is None
        for archive in (ours, theirs, ours):
            crawls.secure(archive)
        assert (crawl_row(ours, whole).secured, crawl_row(ours, torn).secured) == (True, False)
        again = crawls.begin(ours, {"numbers": (2,)}, [URL])
        assert (again.resumed, again.id > torn) == (False, True)
        push(ours)
        crawls.secure(ours)
        assert not crawl_row(ours, torn).secured
