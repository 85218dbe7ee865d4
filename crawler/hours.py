"""Hours of the day at which portals may be asked, as ``20:00-06:00`` in the time of China (UTC+8)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Self

from crawler.errors import WrongUsage

CHINA = timezone(timedelta(hours=8))  # one time for the whole country, without summer time since 1991
_DAY = 24 * 60
_WRITTEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", re.ASCII)
_FORM = "write hours of the day in China's time, as 20:00-06:00"


def utc_now() -> datetime:
    """The clock, read at the edge only."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Hours:
    """A span of every day, in minutes after midnight; one that ends before it begins goes over midnight."""

    begin: int
    end: int

    @classmethod
    def read(cls, written: str) -> Self:
        """From ``20:00-06:00``. Raises ``ValueError`` with a sentence."""
        match = _WRITTEN.fullmatch(written.strip())
        if match is None:
            raise ValueError(f"{written!r} are no hours: {_FORM}")
        begin, end = (
            _DAY if hour is None else int(hour) * 60 + int(minute)
            for hour, minute in ((match[1], match[2]), (match[3], match[4]))
        )
        if begin == end:
            raise ValueError(f"{written!r} begin when they end: {_FORM}")
        return cls(begin, end)

    def hold(self, moment: datetime) -> bool:
        """Whether a moment lies in them; their end does not."""
        here = moment.astimezone(CHINA)
        minute = here.hour * 60 + here.minute
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end

    def next_begin(self, moment: datetime) -> datetime:
        """When they begin next after a moment."""
        here = moment.astimezone(CHINA)
        begin = here.replace(hour=self.begin // 60, minute=self.begin % 60, second=0, microsecond=0)
        return begin if begin > here else begin + timedelta(days=1)


def opening(hours: Iterable[Hours], moment: datetime) -> datetime | None:
    """The first moment from this one on that lies in all of them; null where they never meet."""
    spans = list(hours)
    candidates = [moment, *sorted(span.next_begin(moment) for span in spans)]
    return next((one for one in candidates if all(span.hold(one) for span in spans)), None)


def check(of_crawl: str | None, of_hosts: Mapping[str, Sequence[str]]) -> None:
    """Raise :class:`WrongUsage` for hours that are none, or that would keep a host waiting for ever."""
    try:
        spans = [Hours.read(of_crawl)] if of_crawl else []
    except ValueError as error:
        raise WrongUsage(f"--hours or XXGK_HOURS: {error}") from error
    for host, written in of_hosts.items():
        if opening([*spans, *map(Hours.read, written)], utc_now()) is None:
            said = " and ".join([*written, *([f"the crawl's {of_crawl}"] if of_crawl else [])])
            raise WrongUsage(f"the hours at which {host} may be asked never meet: {said}; change one of them")
