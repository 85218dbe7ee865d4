"""Settings from the environment, read once and checked: a typing error is one sentence, not a traceback from within Scrapy."""

from __future__ import annotations

import os
import re

from crawler.errors import WrongUsage


def number(name: str, default: float) -> float:
    """A number of at least 0. Raises :class:`WrongUsage`."""
    written = os.environ.get(name, "").strip()
    if not written:
        return default
    try:
        value = float(written)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise WrongUsage(f"{name} must be a number of seconds, at least 0, and is {written!r}")
    return value


def words(name: str) -> list[str]:
    """The words of a list, parted by commas or blanks."""
    return [word for word in re.split(r"[,\s]+", os.environ.get(name, "")) if word]
