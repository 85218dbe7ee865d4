"""The campaign: when each portal is crawled, densely in the two publishing seasons, weekly otherwise, and once a year in depth.

The days stand in ``campaign.yml``; what follows from them is computed here, without a clock of its own. A host has its
minute of the night, its day of the week and its week of the year by a digest of its name: always the same, and spread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from importlib.resources import files
from itertools import islice
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from archive.addresses import asked_host
from archive.crawling.duework import DEEP, REGULAR, Planned, Retries
from crawler.hours import Hours, opening

_WEEK = 7


def _month_day(written: Any) -> tuple[int, int]:
    month, _, day = str(written).partition("-")
    _ = date(2024, int(month), int(day))  # a leap year: raises for a day that never is
    return int(month), int(day)


MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Window(_Rules):
    """The part of a night in which portals are begun."""

    begin: time = Field(alias="from")
    hours: int = Field(gt=0, le=24)


class Span(_Rules):
    """A part of the year; one that begins late in the year goes on into the next."""

    name: str
    first: MonthDay = Field(alias="from")
    last: MonthDay = Field(alias="to")

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


class Season(Span):
    """A rhythm for a part of the year."""

    every: Literal["day", "week"]


class Rhythm(_Rules):
    """What holds in no season."""

    name: str
    every: Literal["day", "week"]


class Again(_Rules):
    """Which outcomes are tried again, and how many hours after each try."""

    outcomes: tuple[str, ...]
    after: tuple[float, ...]


class Deep(Span):
    """The part of the year over which the deep pass is spread."""

    @model_validator(mode="after")
    def _has_weeks(self) -> Deep:
        if self.first > self.last or self.weeks < 1:
            raise ValueError("the deep pass needs a week at least, within one year")
        return self

    @property
    def weeks(self) -> int:
        """Whole weeks of it."""
        return ((date(2023, *self.last) - date(2023, *self.first)).days + 1) // _WEEK


class Campaign(_Rules):
    """The whole of ``campaign.yml``."""

    timezone: str
    window: Window
    seasons: tuple[Season, ...]
    otherwise: Rhythm
    retries: Again
    deep: Deep

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where the clock stands."""
        return ZoneInfo(self.timezone)

    @cached_property
    def again(self) -> Retries:
        """When what failed is tried again."""
        return Retries(self.retries.outcomes, tuple(timedelta(hours=hours) for hours in self.retries.after))

    def season(self, day: date) -> Season | None:
        """The season a day is in."""
        return next((season for season in self.seasons if season.holds(day)), None)

    def rhythm(self, day: date) -> Season | Rhythm:
        """What holds on a day."""
        return self.season(day) or self.otherwise

    def night(self, moment: datetime) -> date:
        """The day on which the window began that a moment is in, or that was the last before it."""
        here = moment.astimezone(self.zone)
        return here.date() if here.time() >= self.window.begin else here.date() - timedelta(days=1)


@dataclass(frozen=True)
class Slot:
    """A host's place in the campaign: minutes after the window's beginning, weekday (Monday is 0), and a number for its week."""

    minute: int
    weekday: int
    turn: int


@dataclass(frozen=True)
class Run:
    """A planned crawl; ``at`` is aware, in the campaign's zone."""

    at: datetime
    season: str
    kind: str = REGULAR


@cache
def campaign() -> Campaign:
    """The campaign as it stands in ``campaign.yml``."""
    return Campaign.model_validate(
        yaml.safe_load(files("crawler").joinpath("campaign.yml").read_text(encoding="utf-8"))
    )


def slot_of(portal: str, plan: Campaign | None = None) -> Slot:
    """The place of a portal's host: the same in every year, on every machine."""
    return _slot(asked_host(portal), (plan or campaign()).window.hours)


def next_runs(portal: str, now: datetime, count: int, plan: Campaign | None = None) -> list[Run]:
    """A portal's next runs after ``now``, which is aware; the yearly deep ones among them."""
    return list(islice(runs_after(portal, now, plan), count))


def runs_after(portal: str, now: datetime, plan: Campaign | None = None) -> Iterator[Run]:
    """A portal's runs after ``now``, for ever."""
    plan = plan or campaign()
    return (run for run in _runs(slot_of(portal, plan), plan.night(now), plan) if run.at > now)


def last_run(portal: str, now: datetime, plan: Campaign | None = None) -> Run:
    """A portal's regular run that was planned last, at ``now`` or before."""
    plan = plan or campaign()
    slot, day = slot_of(portal, plan), plan.night(now)
    for back in range(2 * _WEEK + 1):  # a rhythm returns within a week
        run = _regular(slot, day - timedelta(days=back), plan)
        if run is not None and run.at <= now:
            return run
    raise ValueError("the campaign plans no runs at all")


def last_deep(portal: str, now: datetime, plan: Campaign | None = None) -> Run:
    """A portal's deep pass that was planned last, at ``now`` or before."""
    plan = plan or campaign()
    slot, year = slot_of(portal, plan), now.astimezone(plan.zone).year
    run = _deep(slot, year, plan)
    return run if run.at <= now else _deep(slot, year - 1, plan)


def due(portal: str, now: datetime, *, hours: str | None = None, plan: Campaign | None = None) -> list[Planned]:
    """The runs of a portal that are to have been done at ``now``: of each kind the last, however many were missed.

    A deep pass that was missed is made up for when no season holds. ``hours`` are the portal's own: before they begin
    there is nothing to try.
    """
    plan = plan or campaign()
    runs = [last_run(portal, now, plan)]
    if plan.season(plan.night(now)) is None:
        runs.append(last_deep(portal, now, plan))
    spans = [] if hours is None else [Hours.read(hours)]
    return [Planned(portal, run.kind, run.at, opening(spans, run.at) or run.at) for run in runs]


def _runs(slot: Slot, day: date, plan: Campaign) -> Iterator[Run]:
    while True:
        deep = _deep(slot, day.year, plan)
        if plan.night(deep.at) == day:
            yield deep
        regular = _regular(slot, day, plan)
        if regular is not None:
            yield regular
        day += timedelta(days=1)


def _regular(slot: Slot, day: date, plan: Campaign) -> Run | None:
    rhythm = plan.rhythm(day)
    if rhythm.every == "week" and day.weekday() != slot.weekday:
        return None
    return Run(_moment(slot, day, plan), rhythm.name)


def _deep(slot: Slot, year: int, plan: Campaign) -> Run:
    """In the night of the host's day in its week, so that it takes the place of the regular run."""
    first = date(year, *plan.deep.first)
    day = first + timedelta(days=(slot.weekday - first.weekday()) % _WEEK + _WEEK * (slot.turn % plan.deep.weeks))
    return Run(_moment(slot, day, plan), plan.deep.name, DEEP)


def _moment(slot: Slot, day: date, plan: Campaign) -> datetime:
    return datetime.combine(day, plan.window.begin, plan.zone) + timedelta(minutes=slot.minute)


@cache
def _slot(host: str, hours: int) -> Slot:
    numbers: Sequence[int] = hashlib.sha256(host.encode("utf-8", "surrogatepass")).digest()
    minute, weekday, turn = (int.from_bytes(bytes(numbers[at : at + 4]), "big") for at in (0, 4, 8))
    return Slot(minute % (60 * hours), weekday % _WEEK, turn)
