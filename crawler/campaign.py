"""The campaign: when portals are crawled, densely in the two publishing seasons and weekly otherwise.

The days stand in ``campaign.yml``; what follows from them is computed here, without a clock of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from archive.listings import PortalState

Every = Literal["day", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _month_day(written: Any) -> tuple[int, int]:
    month, _, day = str(written).partition("-")
    _ = date(2024, int(month), int(day))  # a leap year: raises for a day that never is
    return int(month), int(day)


MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]


class Rhythm(BaseModel):
    """On which days, and at what times of the clock."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    every: Every
    at: tuple[time, ...] = Field(min_length=1)


class Season(Rhythm):
    """A rhythm for a part of the year."""

    first: MonthDay = Field(alias="from")
    last: MonthDay = Field(alias="to")

    def holds(self, day: date) -> bool:
        """Whether a day is in the season; one that begins late in the year goes on into the next."""
        here = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


class Campaign(BaseModel):
    """The whole of ``campaign.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timezone: str
    seasons: tuple[Season, ...]
    otherwise: Rhythm

    @property
    def zone(self) -> ZoneInfo:
        """Where the clock stands."""
        return ZoneInfo(self.timezone)

    def rhythm(self, day: date) -> Rhythm:
        """What holds on a day."""
        return next((season for season in self.seasons if season.holds(day)), self.otherwise)


@dataclass(frozen=True)
class Run:
    """A planned crawl; ``at`` is aware, in the campaign's zone."""

    at: datetime
    season: str


@cache
def campaign() -> Campaign:
    """The campaign as it stands in ``campaign.yml``."""
    return Campaign.model_validate(
        yaml.safe_load(files("crawler").joinpath("campaign.yml").read_text(encoding="utf-8"))
    )


def next_runs(now: datetime, count: int, plan: Campaign | None = None) -> list[Run]:
    """The next runs after ``now``, which is aware."""
    plan = plan or campaign()
    return list(islice((run for run in _runs(now.astimezone(plan.zone).date(), plan) if run.at > now), count))


def last_run(now: datetime, plan: Campaign | None = None) -> Run:
    """The run that was planned last, at ``now`` or before."""
    plan = plan or campaign()
    today = now.astimezone(plan.zone).date()
    for back in range(400):  # a rhythm returns within a year
        day = today - timedelta(days=back)
        past = [run for run in _of_day(day, plan) if run.at <= now]
        if past:
            return past[-1]
    raise ValueError("the campaign plans no runs at all")


def due(states: Sequence[PortalState], urls: Sequence[str], now: datetime, plan: Campaign | None = None) -> list[str]:
    """The portals whose last planned run has passed them by: never read, or read before it.

    However many runs were missed while nothing ran, one makes up for them.
    """
    moment = last_run(now, plan).at
    read = {state.url: state.read_at for state in states}
    return [url for url in urls if (when := read.get(url)) is None or when < moment]


def _runs(day: date, plan: Campaign) -> Iterator[Run]:
    while True:
        yield from _of_day(day, plan)
        day += timedelta(days=1)


def _of_day(day: date, plan: Campaign) -> list[Run]:
    rhythm = plan.rhythm(day)
    if rhythm.every not in {"day", _DAYS[day.weekday()]}:
        return []
    return [Run(datetime.combine(day, moment, plan.zone), rhythm.name) for moment in sorted(rhythm.at)]
