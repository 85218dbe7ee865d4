"""Rests of hosts that block: how long, what the archive keeps of them, and that it can be made again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive.crawling import rests
from archive.crawling.rests import Rest, after
from archive.deposit import deposit
from archive.journal.notes import RestEnded
from archive.store import Archive
from archive.upkeep.reindex import reindex
from archive.upkeep.verify import verify
from tests.archive.answers import WHEN
from tests.archive.conftest import Clock, Place

HOST, OTHER = "xxgk.qingwan.gov.cn", "xxgk.liuchuan.gov.cn"


def series(length: int, system: str = "wzws") -> list[Rest]:
    """A host that blocks again each time it is asked, a minute after its rest."""
    found: list[Rest] = []
    at = WHEN
    for _ in range(length):
        found.append(after(found[-1] if found else None, HOST, system, at))
        at = found[-1].until + timedelta(minutes=1)
    return found


def test_a_rest_is_an_hour_and_doubles_up_to_a_day() -> None:
    found = series(40)
    began = [WHEN, *(rest.until + timedelta(minutes=1) for rest in found)]
    hours = [(rest.until - at) / timedelta(hours=1) for rest, at in zip(found, began, strict=False)]
    assert hours == [1, 2, 4, 8, 16, *[24] * 35]
    assert [rest.times for rest in found] == list(range(1, 41))
    assert {rest.since for rest in found} == {WHEN}


def test_the_system_that_blocked_last_is_named() -> None:
    assert after(series(1)[0], HOST, "ruishu", WHEN).system == "ruishu"


def test_a_rest_is_kept_until_an_ordinary_page_ends_it(archive: Archive) -> None:
    first, second = series(2)
    deposit(archive, notes=[first.note(WHEN, None), first.note(WHEN, None)])
    assert rests.known(archive) == {HOST: first}
    other = after(None, OTHER, "ruishu", WHEN)
    deposit(archive, notes=[second.note(WHEN, None), other.note(WHEN, None)])
    assert rests.known(archive) == {HOST: second, OTHER: other}
    assert rests.of_host(archive, HOST) == second
    deposit(archive, notes=[RestEnded(WHEN, None, HOST), RestEnded(WHEN, None, HOST)])
    assert rests.of_host(archive, HOST) is None
    assert rests.known(archive) == {OTHER: other}
    assert verify(archive) == []


@pytest.mark.parametrize("ended", [False, True])
def test_rests_are_made_again_from_the_files_alone(place: Place, clock: Clock, ended: bool) -> None:
    with place.open() as archive:
        for rest in series(3):
            clock.advance(hours=30)
            deposit(archive, notes=[rest.note(clock(), None)])
        if ended:
            deposit(archive, notes=[RestEnded(clock(), None, HOST)])
        known = rests.known(archive)
    assert len(known) == (0 if ended else 1)
    with Archive.open(place.folder, place.database, write=True, rebuild=True, clock=clock) as archive:
        assert reindex(archive, afresh=True).problems == ()
        assert rests.known(archive) == known
