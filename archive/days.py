"""Days: the law counts them in China, where the clock is eight hours ahead of UTC the whole year."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def day_of(moment: datetime) -> date:
    """The day in China at a moment, which is aware."""
    return moment.astimezone(CHINA).date()


def end_of(day: date) -> datetime:
    """The moment at which the day after begins in China."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA)
