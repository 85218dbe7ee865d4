"""Settings from the environment, read once and checked: a typing error is one sentence, not a traceback from within Scrapy."""

from __future__ import annotations

import os
import re

from crawler.errors import WrongUsage
from crawler.hours import check as check_hours
from crawler.turns import folder_of

JITTER = "a share of the gap, as 0.2"


def check() -> None:
    """Raise :class:`WrongUsage` for what is wrong in the environment, before anything is made."""
    number("XXGK_DOWNLOAD_DELAY", 0)
    number("XXGK_DELAY_JITTER", 0, JITTER)
    hours("XXGK_HOURS")
    contact("XXGK_CONTACT")
    folder_of(os.environ.get("XXGK_TURNS"))


def number(name: str, default: float, what: str = "a number of seconds") -> float:
    """A number of at least 0. Raises :class:`WrongUsage`."""
    written = os.environ.get(name, "").strip()
    if not written:
        return default
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise WrongUsage(f"{name} must be {what}, at least 0, and is {written!r}")
    return value


def words(name: str) -> list[str]:
    """The words of a list, parted by commas or blanks."""
    return [word for word in re.split(r"[,\s]+", os.environ.get(name, "")) if word]


def hours(name: str) -> str | None:
    """Hours of the day, null where there are none. Raises :class:`WrongUsage`."""
    written = os.environ.get(name, "").strip()
    check_hours(written or None, {})
    return written or None


def contact(name: str) -> str:
    """What can stand in a user agent: printable ASCII without brackets. Raises :class:`WrongUsage`."""
    written = os.environ.get(name, "").strip()
    if not written.isascii() or not written.isprintable() or set(written) & set("()\\"):
        raise WrongUsage(f"{name} must be an address people can write to, in ASCII and without brackets: {written!r}")
    return written
