"""Two years of the campaign over an invented city and county: who is late or missing is told on the right day, with evidence.

Two schedules plan and claim by a clock that is driven; each crawl is the real command in a process of its own at that
time (:mod:`tests.crawler.timed`), and asks portals whose pages follow the same clock (:mod:`tests.crawler.seasons`). What
is expected stands in :mod:`tests.crawler.told`. ``XXGK_TWO_YEARS=1`` makes every planned crawl of the two years.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import select

from archive import captures
from archive.crawling.duework import DEEP, DONE, DUE, GIVEN_UP, SKIPPED
from archive.days import CHINA, day_of
from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.journal.notes import MergeNote
from archive.monitor import Standing, Status, missing
from archive.monitor.proofs import Proof, proofs
from archive.notices.notices import Wanted, find, listed
from archive.schema import Attempt, Task
from archive.store import Archive
from archive.upkeep.reindex import reindex
from archive.upkeep.verify import verify
from crawler.campaign import Run, campaign, next_runs, runs_after
from crawler.schedule import Schedule
from tests.crawler import seasons, timed
from tests.crawler.commands import environment, turns
from tests.crawler.seasons import CITY, COUNTY, FIRST, LAST, PORTALS, Seasons
from tests.crawler.told import (
    CITY_ALONE,
    COUNTY_ALONE,
    DAYS,
    FINDINGS,
    LATER,
    NEWS,
    NOTICES,
    TOLD,
    YEARS,
    Stands,
    expected,
)
from tests.replay.server import serve

WHOLE = bool(os.environ.get("XXGK_TWO_YEARS"))  # make campaign-test
DAEMONS = 2  # at once, all the time
_Asked = dict[date, dict[tuple[int, str], Standing]]
_Told = tuple[str, int, str | None, date]  # kind, report year, whom, and the day


class Clock:
    """Stands where it was set, and goes on from there; never back."""

    def __init__(self, moment: datetime) -> None:
        self._moment, self._since = moment, monotonic()

    def __call__(self) -> datetime:
        return self._moment + timedelta(seconds=monotonic() - self._since)

    def set(self, moment: datetime) -> None:
        assert moment > self(), moment
        self._moment, self._since = moment, monotonic()


@dataclass
class Campaign:
    """The two years: what was asked on each day, what was told, and what the portals saw."""

    folder: Path
    clock: Clock
    site: Seasons
    begun: datetime
    asked: _Asked = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # by the crawls

    def open(self, *, write: bool = False) -> AbstractContextManager[Archive]:
        return Archive.open(self.folder, write=write, clock=self.clock)

    def standings(self, archive: Archive, day: date | None = None) -> dict[tuple[int, str], Standing]:
        return {(year, one.publisher): one for year in YEARS for one in missing(archive, year, day)}

    def end_of_day(self) -> None:
        """What a day leaves to be done, and what is asked on it."""
        day = day_of(self.clock())
        with self.open(write=True) as archive:
            if day == seasons.MERGED:
                scope = self.asked[max(self.asked)][2023, "北苑市文旅局"].scope
                note = MergeNote(archive.clock(), scope, "北苑市文旅局", scope, "北苑市文化和旅游局", "简称")
                deposit(archive, notes=[note])
                derive(archive)
            find(archive, archive.clock())
            self.asked[day] = self.standings(archive)

    def tasks(self) -> list[Task]:
        with self.open() as archive, archive.session() as session:
            return list(session.scalars(select(Task).order_by(Task.id)))

    def attempts(self) -> dict[int, list[str | None]]:
        """How the attempts at each task ended."""
        found: dict[int, list[str | None]] = defaultdict(list)
        with self.open() as archive, archive.session() as session:
            for row in session.scalars(select(Attempt).order_by(Attempt.id)):
                found[row.task_id].append(row.outcome)
        return found


def evening(day: date) -> datetime:
    """When the hour of both portals has come."""
    return datetime.combine(day, time(22), CHINA).astimezone(UTC)


def decisive_evenings(driven: Campaign) -> Iterator[datetime]:
    del driven
    for day in DAYS[1:]:
        yield evening(date.fromisoformat(day))


def deciding(day: date) -> tuple[str, ...]:
    """The portals that are asked on a day: where not all is crawled, those that show anything new."""
    if not WHOLE:
        for host, days in ((CITY, CITY_ALONE), (COUNTY, COUNTY_ALONE)):
            if str(day) in days:
                return (host,)
    return CITY, COUNTY


def all_hours_with_work(driven: Campaign) -> Iterator[datetime]:
    """The next full hour at which a crawl is due or may be tried again, until the end of the two years."""
    while True:
        now = driven.clock()
        times = [next(runs_after(url, now)).at for url in PORTALS.values()]
        times += [task.not_before for task in driven.tasks() if task.state == DUE and task.not_before > now]
        hour = (min(times) + timedelta(minutes=59, seconds=59)).astimezone(UTC).replace(minute=0, second=0)
        if day_of(hour) > LAST:
            return
        yield hour


def told_lines() -> dict[tuple[int, str], str]:
    return {(year, publisher): told for year in YEARS for publisher, told in TOLD[year].items()}


@pytest.fixture
def driven(tmp_path: Path) -> Iterator[Campaign]:
    folder = tmp_path
    begun = evening(FIRST)
    clock = Clock(begun)
    site = Seasons(clock)
    with serve(site) as proxy:
        ours = environment(**turns(folder), http_proxy=proxy, XXGK_DOWNLOAD_DELAY="0")

        def run(command: Sequence[str], given: dict[str, str], grace: float) -> timed.Crawl:
            del given, grace
            assert command[1:3] == ["-m", "crawler"]
            return timed.Crawl(clock(), command[3:], ours, years.told)

        years = Campaign(folder / "xxgk-archive", clock, site, begun)
        with ExitStack() as ending:
            daemons: dict[tuple[str, ...], list[Schedule]] = {
                named: [
                    ending.enter_context(
                        Schedule(
                            *(years.folder, None, years.said.append),
                            named=[PORTALS[host] for host in named],
                            clock=clock,
                            run=run,
                        )
                    )
                    for _ in range(DAEMONS)
                ]
                for named in ((CITY, COUNTY), (CITY,), (COUNTY,))
            }
            threads = ending.enter_context(ThreadPoolExecutor(DAEMONS))

            def work() -> None:
                for each in [threads.submit(daemon.work) for daemon in daemons[deciding(day_of(clock()))]]:
                    each.result()

            work()
            for moment in all_hours_with_work(years) if WHOLE else decisive_evenings(years):
                if day_of(moment) != day_of(clock()):
                    years.end_of_day()
                clock.set(moment)
                work()
            years.end_of_day()
        yield years


def stands(one: Standing | None) -> Stands | None:
    return None if one is None else Stands(one.status, one.days, one.at_least)


def differences(found: _Asked, lines: dict[tuple[int, str], str]) -> list[str]:
    """Where publishers do not stand as a table says, each kind of error with its first day."""
    wrong: dict[str, date] = {}
    for day, standings in sorted(found.items()):
        for year, publisher in lines.keys() | standings.keys():
            here = stands(standings.get((year, publisher)))
            should = expected(year, publisher, day, lines.get((year, publisher), ""))
            if here != should:
                wrong.setdefault(f"{publisher} {year}: {here} and not {should}", day)
    return [f"from {day} on {said}" for said, day in sorted(wrong.items())]


def each_state_is_reached_and_left_on_its_day(driven: Campaign) -> None:
    assert {date.fromisoformat(day) for day in DAYS} <= driven.asked.keys()
    wrong = differences(driven.asked, told_lines())
    assert not wrong, "\n".join(wrong)


def asked_at_the_end_the_past_is_what_it_was_but_for_what_is_known_better_by_now(driven: Campaign) -> None:
    """Of each day where every crawl was made, else of those on which it was asked before."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)] if WHOLE else driven.asked
    with driven.open() as archive:
        found = {day: driven.standings(archive, day) for day in days}
    wrong = differences(found, {**told_lines(), **LATER})
    assert not wrong, "\n".join(wrong)


def a_date_that_cannot_be_is_a_finding_and_no_lateness(driven: Campaign) -> None:
    last = driven.asked[max(driven.asked)]
    found = {place: ", ".join(one.rule for one in standing.findings) for place, standing in last.items()}
    assert {place: said for place, said in found.items() if said and said != "date.unproved"} == FINDINGS
    unproved = {publisher for (year, publisher), said in found.items() if said == "date.unproved" and year == 2021}
    assert unproved == {one.agency for one in seasons.REPORTS if one.year == 2021} - {"北苑市财政局"}


def last_proofs(archive: Archive, driven: Campaign) -> Iterator[tuple[Standing, Proof]]:
    """What is there, and the proof of it."""
    standings = [one for one in driven.standings(archive).values() if one.report_id is not None]
    yield from zip(standings, proofs(archive, standings), strict=True)


def who_published_is_proved_by_the_bytes_that_were_served_that_day(driven: Campaign) -> None:
    served = {(one.url, day_of(one.at), one.digest) for one in driven.site.served if one.status == 200}
    proved = set()
    with driven.open() as archive:
        for standing, proof in last_proofs(archive, driven):
            assert proof.capture is not None, standing
            day = day_of(proof.capture.fetched_at)
            assert (proof.capture.url, day, proof.capture.payload_digest) in served, standing
            assert standing.first_seen_at is not None
            assert abs(standing.first_seen_at - proof.capture.fetched_at) < timedelta(minutes=1)
            body = captures.payload(archive, captures.by_id(archive, proof.capture.capture_id))
            host, _, path = proof.capture.url.removeprefix("http://").partition("/")
            reply = seasons.reply_of(host, f"/{path}", day)
            assert reply is not None
            assert body == reply.body
            assert f"{standing.report_year}年" in body.decode()
            proved.add((standing.report_year, standing.publisher))
    assert proved == {
        place for place, told in told_lines().items() if any(word in told for word in ("on_time", "late"))
    } - {(2023, "北苑市文旅局")} | {(2021, "北苑市财政局")}


def who_is_missing_is_so_by_a_reading_of_its_column_after_the_deadline(driven: Campaign) -> None:
    served: dict[str, list[datetime]] = defaultdict(list)
    for one in driven.site.served:
        if one.status == 200:
            served[one.url].append(one.at)
    shown = {(one.host, one.agency): one for one in seasons.REPORTS}
    checked = 0
    with driven.open() as archive:
        for day, standings in driven.asked.items():
            absent = [one for one in standings.values() if one.status is Status.MISSING]
            for standing, proof in zip(absent, proofs(archive, absent), strict=True):
                assert proof.reading is not None, standing
                host = COUNTY if standing.publisher.startswith("白桦") else CITY
                column = f"http://{host}{shown[host, standing.publisher].column}"
                assert proof.reading.column == column
                assert standing.due < day_of(proof.reading.read_at) <= day
                assert min(abs(at - proof.reading.read_at) for at in served[column]) < timedelta(minutes=1)
                checked += 1
    assert checked > 20


def each_happening_is_told_once_and_on_its_day(driven: Campaign) -> None:
    days = sorted(driven.asked)
    with driven.open() as archive:
        names = {one.publisher_id: one.publisher for one in driven.standings(archive).values()}
        rows = listed(archive, Wanted(kinds=tuple(NOTICES)))
    found: Counter[_Told] = Counter(
        (row.kind, row.report_year or 0, names.get(row.publisher_id or 0, row.url), day_of(row.noticed_at))
        for row in rows
    )
    told: Counter[_Told] = Counter(
        (kind, year, whom, next(each for each in days if each >= date.fromisoformat(day)))
        for kind, years in NOTICES.items()
        for year, several in years.items()
        for whom, _, day in (each.partition(" ") for each in several.split(", "))
    )
    assert (told - found, found - told) == ({}, {})


def each_report_of_the_season_is_told_as_new_once_and_nothing_else_is_told(driven: Campaign) -> None:
    with driven.open() as archive:
        rows = listed(archive, Wanted())
    new = Counter(row.url for row in rows if row.kind == "report.new")
    assert new == {
        one.url: 1
        for one in seasons.REPORTS
        if one.year in NEWS and one.since.year == one.year + 1 and one.since != seasons.MOVED
    }
    assert {row.kind for row in rows} <= {*NOTICES, "report.new", "baseline"}


def planned_in_the_two_years(url: str, begun: datetime, end: datetime) -> list[Run]:
    return [run for run in next_runs(url, begun, 400) if run.at <= end]


def each_due_crawl_is_made_once(driven: Campaign) -> None:
    tasks, attempts = driven.tasks(), driven.attempts()
    assert len({(task.portal, task.kind, task.planned_at) for task in tasks}) == len(tasks)
    assert {task.state for task in tasks} <= {DONE, SKIPPED, GIVEN_UP}
    well = Counter({task: outcomes.count("ok") for task, outcomes in attempts.items()})
    assert max(well.values()) == 1
    city = [task for task in tasks if task.portal == PORTALS[CITY]]
    assert {(task.state, task.outcome) for task in city if attempts[task.id]} == {(DONE, "ok")}
    assert {len(attempts[task.id]) for task in city} <= {0, 1}
    crawls = Counter(one.url for one in driven.site.served)[PORTALS[CITY]]
    assert crawls == sum(len(attempts[task.id]) for task in city)
    if WHOLE:
        for url in PORTALS.values():
            known = {(task.kind, task.planned_at): task for task in tasks if task.portal == url}
            for run in planned_in_the_two_years(url, driven.begun, driven.clock()):
                assert known[run.kind, run.at.astimezone(UTC)].state in {DONE, GIVEN_UP, SKIPPED}
        nights = [campaign().night(run.at) for run in planned_in_the_two_years(PORTALS[CITY], driven.begun, LASTLY)]
        deep = sum(task.kind == DEEP for task in city)
        assert deep == 3  # the one of 2022 is made up for
        assert crawls == len(set(nights)) + 2  # the first night, and the deep pass of 2022


LASTLY = evening(LAST)


def a_portal_that_blocks_is_asked_seldom(driven: Campaign) -> None:
    blocked = [one.at for one in driven.site.served if one.status == 412]
    by_day = Counter(map(day_of, blocked))
    assert by_day.keys() <= {seasons.BLOCKED[0] + timedelta(days=number) for number in range(27)}
    assert max(by_day.values()) <= 3
    assert all(count == 1 for day, count in by_day.items() if day > date(2023, 1, 28))


def the_archive_is_whole_and_says_the_same_when_its_tables_are_made_again(driven: Campaign) -> None:
    with driven.open(write=True) as archive:
        assert verify(archive) == []
        before = {place: (stands(one), one.basis) for place, one in driven.standings(archive, LAST).items()}
    with Archive.open(driven.folder, write=True, rebuild=True, clock=driven.clock) as archive:
        reindex(archive, afresh=True)
        derive(archive)
        after = {place: (stands(one), one.basis) for place, one in driven.standings(archive, LAST).items()}
    assert after == before


CHECKS: tuple[Callable[[Campaign], None], ...] = (
    each_state_is_reached_and_left_on_its_day,
    asked_at_the_end_the_past_is_what_it_was_but_for_what_is_known_better_by_now,
    a_date_that_cannot_be_is_a_finding_and_no_lateness,
    who_published_is_proved_by_the_bytes_that_were_served_that_day,
    who_is_missing_is_so_by_a_reading_of_its_column_after_the_deadline,
    each_happening_is_told_once_and_on_its_day,
    each_report_of_the_season_is_told_as_new_once_and_nothing_else_is_told,
    each_due_crawl_is_made_once,
    a_portal_that_blocks_is_asked_seldom,
    the_archive_is_whole_and_says_the_same_when_its_tables_are_made_again,  # the last: it makes them again
)


def test_two_years_of_the_campaign(driven: Campaign, subtests: pytest.Subtests) -> None:
    # One test: those of a module may be spread over processes, and the two years take a while.
    for check in CHECKS:
        with subtests.test(check.__name__.replace("_", " ")):
            check(driven)
