"""Due work: planned once, taken by one, ended once, whoever dies meanwhile; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from archive.addresses import asked_host
from archive.crawling import crawls, duework, rests
from archive.crawling.duework import DEEP, REGULAR, Lease, Planned, Planning, Retries
from archive.crawling.health import Health, health
from archive.deposit import deposit
from archive.schema import Attempt, CrawlRow, Task
from archive.store import Archive
from tests.archive.conftest import Clock, Place
from tests.archive.notetaking import note_portal
from tests.archive.test_many_writers import end, start

HERE, THERE, FAR = (f"http://xxgk.{name}.gov.cn/" for name in ("qinghe", "liuchuan", "dongling"))
EVENING = datetime(2024, 1, 19, 12, 0, tzinfo=UTC)  # the clock of these tests stands sixteen hours later
LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
AGAIN = Retries(("blocked", "unreachable", "incomplete", "failed"), (HOUR, 3 * HOUR, 8 * HOUR))


def due(*portals: str, at: datetime = EVENING, kind: str = REGULAR) -> list[Planned]:
    return [Planned(portal, kind, at, at) for portal in portals]


def claim(archive: Archive, owner: str = "one", **options: object) -> list[Lease]:
    return duework.claim(archive, owner, AGAIN, **{"lease": LEASE, "limit": 10, **options})  # type: ignore[arg-type]


def crawl(
    archive: Archive, portal: str, outcome: str = "ok", *, state: str = crawls.FINISHED, **arguments: object
) -> None:
    """A crawl of a portal from beginning to end, as the command makes one."""
    begun = crawls.begin(archive, {"year": None, **arguments}, [portal])
    note_portal(archive, begun.id, portal=portal, outcome=outcome, detail=None)
    crawls.finish(archive, begun.id, state)


def finish(archive: Archive, lease: Lease, owner: str = "one", **options: timedelta) -> str | None:
    return duework.finish(archive, owner, lease, AGAIN, **options)


def tasks(archive: Archive) -> list[Task]:
    with archive.session() as session:
        return list(session.scalars(select(Task).order_by(Task.id)))


def states(archive: Archive) -> list[str]:
    return [task.state for task in tasks(archive)]


def attempts(archive: Archive) -> list[tuple[str, str | None]]:
    with archive.session() as session:
        return [(row.daemon, row.outcome) for row in session.scalars(select(Attempt).order_by(Attempt.id))]


# Planning


def test_planning_again_changes_nothing(archive: Archive) -> None:
    assert duework.plan(archive, due(HERE, THERE), AGAIN) == Planning(2, 0, 0)
    assert duework.plan(archive, due(HERE, THERE), AGAIN) == Planning(0, 0, 0)
    assert [(task.portal, task.state, task.attempts) for task in tasks(archive)] == [
        (HERE, "due", 0),
        (THERE, "due", 0),
    ]


def test_of_several_that_were_missed_only_the_newest_is_kept(archive: Archive) -> None:
    days = [EVENING - timedelta(days=back) for back in (2, 1, 0)]
    for day in days[:2]:
        duework.plan(archive, due(HERE, THERE, at=day), AGAIN)
    assert duework.plan(archive, due(HERE, at=days[2]), AGAIN) == Planning(1, 1, 0)
    waiting = [(task.portal, task.planned_at) for task in tasks(archive) if task.state == "due"]
    assert waiting == [(THERE, days[1]), (HERE, days[2])]
    assert len(claim(archive)) == 2


def test_a_deep_pass_and_a_regular_crawl_do_not_stand_for_one_another(archive: Archive) -> None:
    duework.plan(archive, [*due(HERE), *due(HERE, kind=DEEP, at=EVENING - 9 * HOUR)], AGAIN)
    assert states(archive) == ["due", "due"]


def test_what_waits_of_a_portal_that_nobody_knows_any_more_is_skipped(archive: Archive) -> None:
    duework.plan(archive, due(HERE, THERE), AGAIN)
    assert duework.plan(archive, due(HERE), AGAIN) == Planning(0, 0, 0)  # of a schedule of some portals only
    assert duework.plan(archive, due(HERE), AGAIN, all_portals=True) == Planning(0, 1, 0)
    assert states(archive) == ["due", "skipped"]


@pytest.mark.parametrize(
    ("kind", "outcome", "arguments", "state", "then"),
    [
        (REGULAR, "ok", {}, crawls.FINISHED, "done"),
        (REGULAR, "ok", {"full": True}, crawls.FINISHED, "done"),
        (REGULAR, "disallowed", {}, crawls.FINISHED, "done"),
        (REGULAR, "incomplete", {}, crawls.STOPPED, "due"),  # the same crawl goes on
        (REGULAR, "ok", {"year": 2019}, crawls.FINISHED, "due"),  # reports of other years were left out
        (DEEP, "ok", {}, crawls.FINISHED, "due"),  # unchanged lists were not read
        (DEEP, "ok", {"full": True}, crawls.FINISHED, "done"),
    ],
)
def test_a_crawl_by_hand_counts_if_it_did_the_work(
    archive: Archive, kind: str, outcome: str, arguments: dict[str, object], state: str, then: str
) -> None:
    duework.plan(archive, due(HERE, kind=kind), AGAIN)
    crawl(archive, HERE, outcome, state=state, **arguments)
    found = duework.plan(archive, due(HERE, kind=kind), AGAIN)
    assert (states(archive), found.done) == ([then], int(then == "done"))
    assert len(claim(archive)) == int(then == "due")


def test_a_crawl_before_its_time_does_not_count(archive: Archive, clock: Clock) -> None:
    crawl(archive, HERE)
    clock.advance(minutes=10)
    duework.plan(archive, due(HERE, at=clock()), AGAIN)
    assert states(archive) == ["due"]


def test_a_crawl_by_hand_that_was_blocked_is_tried_again_after_a_pause(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE), AGAIN)
    crawl(archive, HERE, "unreachable")
    assert claim(archive) == []
    clock.advance(hours=1, seconds=1)
    assert [lease.portal for lease in claim(archive)] == [HERE]


# Leases


def test_a_task_is_leased_to_one_until_its_lease_runs_out(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE), AGAIN)
    (lease,) = claim(archive, "one")
    assert claim(archive, "two") == []
    clock.advance(seconds=299)
    assert claim(archive, "two") == []
    clock.advance(seconds=1)
    (taken,) = claim(archive, "two")
    assert (taken.task, taken.attempt) == (lease.task, 2)
    crawl(archive, HERE)
    assert finish(archive, lease, "one") is None  # who slept through its lease says nothing any more
    assert states(archive) == ["leased"]
    assert finish(archive, taken, "two") == "ok"
    assert states(archive) == ["done"]
    assert attempts(archive) == [("one", "lost"), ("two", "ok")]


def test_a_sign_of_life_holds_a_lease_and_tells_which_are_lost(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE, THERE), AGAIN)
    leases = {lease.portal: lease.task for lease in claim(archive)}
    for _ in range(20):
        clock.advance(minutes=4)
        assert duework.heartbeat(archive, "one", [leases[HERE]], LEASE) == {leases[HERE]}
    assert [lease.portal for lease in claim(archive, "two")] == [THERE]
    assert duework.heartbeat(archive, "one", leases.values(), LEASE) == {leases[HERE]}
    clock.advance(minutes=9)  # asleep; nobody took it meanwhile
    assert duework.heartbeat(archive, "one", leases.values(), LEASE) == {leases[HERE]}
    assert [lease.portal for lease in claim(archive, "two", running=[leases[THERE]])] == []


def test_its_own_crawl_is_not_begun_twice_by_a_schedule_that_slept(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE), AGAIN)
    (lease,) = claim(archive)
    clock.advance(hours=9)
    assert claim(archive, running=[lease.task]) == []


def test_no_two_tasks_of_a_host_are_leased_at_once(archive: Archive) -> None:
    column = f"{HERE}ndbg/"
    duework.plan(archive, [*due(HERE, column, THERE), *due(HERE, kind=DEEP)], AGAIN)
    taken = claim(archive)
    assert [(lease.portal, lease.kind) for lease in taken] == [(HERE, DEEP), (THERE, REGULAR)]  # the deep one first
    assert claim(archive, "two") == []
    crawl(archive, HERE, full=True)
    finish(archive, taken[0])
    assert [lease.portal for lease in claim(archive, "two")] == [column]  # what is regular was done by the deep one
    assert states(archive) == ["done", "leased", "leased", "done"]


def test_only_the_portals_of_a_schedule_are_taken_by_it(archive: Archive) -> None:
    duework.plan(archive, due(HERE, THERE, FAR), AGAIN)
    assert [lease.portal for lease in claim(archive, portals={THERE})] == [THERE]
    assert [lease.portal for lease in claim(archive, limit=1)] == [HERE]


def test_before_a_portals_hours_nothing_is_tried(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, [Planned(HERE, REGULAR, EVENING, clock() + HOUR)], AGAIN)
    assert claim(archive) == []
    clock.advance(hours=1)
    assert len(claim(archive)) == 1


# Ends


def test_what_failed_is_tried_again_with_growing_pauses_and_given_up_in_the_end(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE), AGAIN)
    pauses = []
    for outcome in ("unreachable", "incomplete", "blocked:wzws", "unreachable"):
        (lease,) = claim(archive)
        clock.advance(minutes=1)
        crawl(archive, HERE, outcome)
        assert finish(archive, lease) == outcome
        (task,) = tasks(archive)
        pauses.append((task.not_before - clock()) / HOUR if task.state == "due" else task.state)
        clock.advance(hours=9)
    assert pauses == [1, 3, 8, "failed"]
    assert claim(archive) == []
    assert [outcome for _, outcome in attempts(archive)] == ["unreachable", "incomplete", "blocked:wzws", "unreachable"]


def test_a_crawl_that_told_nothing_is_a_failed_try(archive: Archive, clock: Clock) -> None:
    crawl(archive, HERE)
    clock.advance(minutes=1)
    duework.plan(archive, due(HERE, at=clock()), AGAIN)
    (lease,) = claim(archive)
    assert finish(archive, lease) == "failed"  # the reading of before is none
    assert claim(archive) == []
    clock.advance(hours=1)
    assert len(claim(archive)) == 1


def test_that_yesterdays_answers_were_stored_meanwhile_is_no_crawl_of_today(archive: Archive, clock: Clock) -> None:
    def secure(secured: bool) -> None:
        with archive.writing() as session:
            session.execute(update(CrawlRow).values(secured=secured))

    crawl(archive, HERE)
    secure(False)  # the storage was away
    clock.advance(days=1)
    duework.plan(archive, due(HERE, at=clock()), AGAIN)
    clock.advance(minutes=1)
    (lease,) = claim(archive)
    assert lease.before is not None
    assert not lease.before.stored
    secure(True)
    clock.advance(minutes=1)
    assert finish(archive, lease) == "failed"
    assert states(archive) == ["due"]


def test_what_was_stopped_early_is_no_try_and_anybody_goes_on_with_it(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE), AGAIN)
    for _ in range(5):
        (lease,) = claim(archive)
        clock.advance(seconds=5)
        crawl(archive, HERE, "incomplete", state=crawls.STOPPED)
        assert finish(archive, lease, again_after=timedelta(seconds=30)) == "stopped"
        assert claim(archive, "two") == []
        clock.advance(seconds=30)
    (lease,) = claim(archive)
    crawl(archive, HERE)
    assert finish(archive, lease, again_after=timedelta()) == "ok"  # it had finished when it was asked to stop
    assert states(archive) == ["done"]


def test_a_host_that_rests_is_not_asked_before_its_rest_ends(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE, THERE), AGAIN)
    rest = rests.after(None, "xxgk.qinghe.gov.cn", "wzws", clock())
    for _ in range(3):
        rest = rests.after(rest, rest.host, "wzws", clock())
    deposit(archive, notes=[rest.note(clock(), None)])
    taken = claim(archive)
    assert [lease.portal for lease in taken] == [THERE]
    assert tasks(archive)[0].not_before == rest.until == clock() + 8 * HOUR
    clock.advance(hours=8)
    (lease,) = claim(archive, portals={HERE})
    longer = rests.after(rest, rest.host, "wzws", clock())
    deposit(archive, notes=[longer.note(clock(), None)])
    crawl(archive, HERE, "blocked:wzws")
    finish(archive, lease)
    assert tasks(archive)[0].not_before == clock() + 16 * HOUR  # and not after the pause of 1 h


def test_a_crawl_that_ended_while_its_daemon_died_is_not_made_again(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE), AGAIN)
    claim(archive, "one")
    clock.advance(minutes=1)
    crawl(archive, HERE)
    clock.advance(minutes=10)
    assert claim(archive, "two") == []
    assert states(archive) == ["done"]
    assert attempts(archive) == [("one", "ok")]


# Many at once


def test_of_many_claimers_at_the_same_moment_each_gets_what_no_other_has(place: Place) -> None:
    portals = [f"http://xxgk.{number}.gov.cn/" for number in range(40)]
    with place.open() as archive:
        duework.plan(archive, due(*portals), AGAIN)
        gate = Barrier(4)

        def take(name: str) -> list[str]:
            with place.open() as opened:
                gate.wait()
                found: list[str] = []
                while leases := claim(opened, name, limit=1):
                    found += [lease.portal for lease in leases]
                return found

        with ThreadPoolExecutor(4) as threads:
            taken = list(threads.map(take, "abcd"))
    assert sorted(portal for each in taken for portal in each) == sorted(portals)


CLAIMER = """
from archive.crawling import duework
from archive.crawling.duework import REGULAR, Planned, Retries
from datetime import timedelta
evening = datetime(2024, 1, 19, 12, 0, tzinfo=UTC)
portals = [f"http://xxgk.{each % 20}.gov.cn/{each}/" for each in range(40)]
with Archive.open(folder, database, create=True, clock=clock) as archive:
    duework.plan(archive, [Planned(each, REGULAR, evening, evening) for each in portals], Retries((), ()))
    while duework.claim(archive, str(number), Retries((), ()), lease=timedelta(minutes=5), limit=3):
        duework.heartbeat(archive, str(number), (), timedelta(minutes=5))
"""


def test_processes_that_plan_and_claim_at_once_plan_once_and_share(place: Place) -> None:
    assert end([start(CLAIMER, place, number) for number in range(3)]) == []
    with place.open() as archive:
        found = tasks(archive)
        hosts = Counter(asked_host(task.portal) for task in found if task.state == "leased")
        assert len(found) == 40
        assert sorted(hosts.values()) == [1] * 20
        assert len(attempts(archive)) == 20


@pytest.mark.parametrize(
    ("portal", "host"),
    [
        ("http://xxgk.qinghe.gov.cn:8080/ndbg/", "xxgk.qinghe.gov.cn"),
        ("http://127.0.0.1:8001/", "127.0.0.1:8001"),
        ("http://localhost:8001/", "localhost:8001"),
        ("http://127.0.0.1/", "127.0.0.1"),
    ],
)
def test_ports_tell_hosts_apart_only_on_this_machine(portal: str, host: str) -> None:
    assert asked_host(portal) == host


# Health


def look(archive: Archive, planned: Sequence[Planned] = ()) -> Health:
    return health(archive, planned, EVENING + timedelta(days=1))


def names(found: Health) -> list[str]:
    return [each.name for each in found.daemons]


def test_health_tells_who_is_at_which_host_how_fast_it_goes_and_when_it_ends(archive: Archive, clock: Clock) -> None:
    duework.heartbeat(archive, "head", (), LEASE, room=0)
    duework.heartbeat(archive, "one", (), LEASE, role=duework.WORKER, room=3)
    duework.plan(archive, due(HERE, THERE, FAR, at=clock()), AGAIN)
    idle = look(archive)
    assert (idle.at_work, idle.per_hour, idle.expected_end) == ((), None, None)
    (lease,) = claim(archive, "one", limit=1)
    crawl(archive, lease.portal)
    clock.advance(minutes=6)
    finish(archive, lease, "one")
    begun = clock()
    (lease,) = claim(archive, "one", limit=1)
    found = look(archive)
    host = lease.portal.removeprefix("http://").partition("/")[0]
    assert [(each.host, each.worker, each.since) for each in found.at_work] == [(host, "one", begun)]
    assert [(each.name, each.role, each.room, each.crawls) for each in found.daemons] == [
        ("head", "schedule", 0, 0),
        ("one", "worker", 3, 1),
    ]
    assert (found.per_hour, found.expected_end) == (10, clock() + timedelta(minutes=12))
    clock.advance(hours=1)
    assert (look(archive).per_hour, look(archive).expected_end) == (None, None)


def test_a_schedule_that_only_hands_out_does_not_keep_work_from_being_missed(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE, at=clock()), AGAIN)
    clock.advance(minutes=30)
    duework.heartbeat(archive, "head", (), LEASE, room=0)
    assert "nobody who crawls gave a sign of life ever" in look(archive).reasons[0]
    duework.heartbeat(archive, "one", (), LEASE, role=duework.WORKER, room=1)
    assert look(archive).healthy


def test_what_is_ready_is_each_portal_once_that_nobody_is_at_and_whose_host_does_not_rest(
    archive: Archive, clock: Clock
) -> None:
    column = f"{HERE}other/"
    duework.plan(archive, [*due(HERE, column, THERE, FAR, at=clock()), *due(THERE, kind=DEEP)], AGAIN)
    with archive.session() as session:
        found = duework.ready(session, clock(), AGAIN)
    assert [(each.portal, each.deep) for each in found] == [(THERE, True), (HERE, False), (column, False), (FAR, False)]
    (lease,) = claim(archive, limit=1, portals=[HERE])
    host = found[0].host
    deposit(archive, notes=[rests.after(None, host, "wzws", clock()).note(clock(), None)])
    with archive.session() as session:
        assert [each.portal for each in duework.ready(session, clock(), AGAIN)] == [column, FAR]
        assert duework.at_work(session, clock()) == {HERE: clock() + LEASE}
    clock.advance(minutes=6)  # its lease ran out
    with archive.session() as session:
        assert [each.portal for each in duework.ready(session, clock(), AGAIN)] == [HERE, column, FAR]
    assert lease.portal == HERE


def test_nobody_needs_to_look_while_somebody_works_at_what_is_due(archive: Archive, clock: Clock) -> None:
    assert look(archive).healthy
    duework.heartbeat(archive, "one", (), LEASE)
    duework.plan(archive, due(HERE, THERE, at=clock()), AGAIN)
    claim(archive, limit=1)
    found = look(archive)
    assert (found.due, found.overdue, found.leased, names(found), found.healthy) == (1, 0, 1, ["one"], True)
    assert found.next_due_at == EVENING + timedelta(days=1)


@pytest.mark.parametrize("planned", [True, False], ids=["in the tables", "planned by nobody yet"])
def test_somebody_must_look_when_work_waits_and_no_daemon_gives_a_sign_of_life(
    archive: Archive, clock: Clock, planned: bool
) -> None:
    work = due(HERE, THERE, at=clock())
    duework.heartbeat(archive, "one", (), LEASE)
    if planned:
        duework.plan(archive, work, AGAIN)
    clock.advance(minutes=29)
    assert look(archive, work).healthy
    clock.advance(minutes=1)
    found = look(archive, work)
    assert (found.due, found.overdue, names(found)) == (2, 2, [])
    assert found.reasons == (
        (
            "2 crawls wait and nobody who crawls gave a sign of life since 2024-01-20 04:00 UTC: "
            "start xxgk schedule, or xxgk worker where the tables stand in PostgreSQL"
        ),
    )
    duework.heartbeat(archive, "two", (), LEASE)
    assert look(archive, work).healthy
    duework.sign_off(archive, "two")  # as with cron: seen a moment ago
    assert look(archive, work).healthy


def test_somebody_must_look_when_work_waits_longer_than_a_day(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE, at=clock()), AGAIN)
    clock.advance(hours=26)
    duework.heartbeat(archive, "one", (), LEASE)
    (reason,) = look(archive).reasons
    assert reason.startswith("1 crawls wait for more than 26 hours")


def test_what_was_missed_while_no_daemon_ran_waits_since_it_was_planned(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE, at=clock() - timedelta(days=200), kind=DEEP), AGAIN)
    duework.heartbeat(archive, "one", (), LEASE)
    found = look(archive)
    assert (found.due, found.overdue, found.oldest_due_at, found.healthy) == (1, 0, clock(), True)


def test_health_counts_what_is_given_up_until_somebody_reads_it_well(archive: Archive, clock: Clock) -> None:
    duework.plan(archive, due(HERE), AGAIN)
    for _ in range(4):
        (lease,) = claim(archive)
        finish(archive, lease)
        clock.advance(hours=9)
    found = look(archive)
    assert (found.failed, found.attempts, found.due) == (1, {"failed": 4}, 0)
    crawl(archive, HERE)
    found = look(archive)
    assert (found.failed, found.portals, found.last_crawl_at) == (0, {"ok": 1}, clock())


def test_health_names_the_hosts_that_rest(archive: Archive, clock: Clock) -> None:
    deposit(archive, notes=[rests.after(None, "xxgk.qinghe.gov.cn", "wzws", clock()).note(clock(), None)])
    assert look(archive).blocked == ("xxgk.qinghe.gov.cn",)
    clock.advance(hours=1)
    assert look(archive).blocked == ()


def test_a_daemon_that_ended_long_ago_is_forgotten(archive: Archive, clock: Clock) -> None:
    duework.heartbeat(archive, "one", (), LEASE)
    duework.sign_off(archive, "one")
    clock.advance(days=31)
    duework.heartbeat(archive, "two", (), LEASE)
    assert names(look(archive)) == ["two"]
