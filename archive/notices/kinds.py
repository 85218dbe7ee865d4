"""Kinds of notices and their words, as ``notice_kinds.toml`` has them; and a happening, which becomes a notice by them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

SEEN = "seen"  # of what is known and told nobody
BASELINE = "baseline"  # the kind and the key of the moment at which an archive began to notice
_LONGEST = 120  # characters of a fact: a title of a portal may be any length
_NOISE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+")


@dataclass(frozen=True)
class Kind:
    """A kind of notice: its name and its words. ``facts`` are those that only this kind has."""

    kind: str
    name: str
    title: str
    text: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """How long what happened is news, as the table says it."""

    fresh: timedelta
    run: timedelta
    edit: timedelta
    standings: timedelta


class Told(NamedTuple):
    """A happening in words."""

    title: str
    text: str


@dataclass(frozen=True, eq=False)  # one by itself: two are the same by their keys
class Happening:
    """What happened. ``key`` makes it one for ever, however often it is found; ``silent``: it is known, and told nobody.

    ``others`` are keys under which it may stand already: another of its addresses. ``facts`` fill the kind's words.
    """

    kind: str
    key: str
    at: datetime
    facts: Mapping[str, object]
    division: str | None = None
    publisher_id: int | None = None
    report_year: int | None = None
    url: str | None = None
    silent: bool = False
    others: tuple[str, ...] = field(default=())

    def told(self) -> Told:
        """Its title and text."""
        kind = kinds()[self.kind]
        known = {"year": self.report_year, "url": self.url, "publisher": None, "portal": None, **self.facts}
        facts = {name: plain(value) for name, value in known.items()}
        return Told(kind.title.format_map(facts), kind.text.format_map(facts))


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its name, in the order of a digest."""
    return {
        each["kind"]: Kind(each["kind"], each["name"], each["title"], each["text"], tuple(each["facts"]))
        for each in _table()["kinds"]
    }


@cache
def found() -> Found:
    """How long what happened is news."""
    table = _table()["found"]
    return Found(
        timedelta(days=table["fresh_days"]),
        timedelta(days=table["run_days"]),
        timedelta(days=table["edit_days"]),
        timedelta(minutes=table["standings_minutes"]),
    )


def plain(value: object) -> str:
    """A fact as it stands in a notice: one line, without characters that steer a display, not too long."""
    text = "" if value is None else _NOISE.sub(" ", str(value)).strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("archive.notices").joinpath("kinds.toml").read_text(encoding="utf-8"))
