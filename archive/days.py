"""Days: the law counts them in China, where the clock is eight hours ahead of UTC the whole year."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

_AHEAD = timedelta(hours=8)
CHINA = timezone(_AHEAD)


def day_of(moment: datetime) -> date:
    """The day in China at a moment, which is aware."""
    if moment.tzinfo is UTC:  # as the tables give it, and quicker
        return (moment + _AHEAD).date()
    return moment.astimezone(CHINA).date()


def end_of(day: date) -> datetime:
    """The moment at which the day after begins in China."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA)
