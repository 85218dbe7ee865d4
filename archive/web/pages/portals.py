"""Portals: when each was last read and how that went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import Field

from archive.crawling.rests import known
from archive.listings import PortalState, portals
from archive.web import speech
from archive.web.asking import Asked, Asking
from archive.web.columns import Column, Kind, Row
from archive.web.listing import Listing, Parameters, offer, table
from archive.web.rows import Listed
from archive.web.words import Language

router = APIRouter()


class PortalQuery(Parameters):
    """Which portals are asked for."""

    outcome: Annotated[
        str | None,
        Field(
            description="Only those read so: ok, incomplete, blocked, unreachable, disallowed; trouble is all but ok.",
            max_length=100,
        ),
    ] = None


def states(asking: Asking) -> Sequence[PortalState]:
    """Every portal as it was last read."""
    return asking.house.memory.recall("portals", lambda: portals(asking.archive))


def chosen(asking: Asking, outcome: str | None) -> list[PortalState]:
    """The portals that were read so."""
    return [each for each in states(asking) if _fits(each, outcome)]


def _rows(asking: Asking, asked: PortalQuery) -> Listed:
    rests = known(asking.archive)
    now = asking.archive.clock()

    def made(state: PortalState) -> dict[str, Any]:
        rest = rests.get(urlsplit(state.url).hostname or "")
        return {**state.line(), "rests_until": rest.until if rest is not None and rest.until > now else None}

    return Listed(chosen(asking, asked.outcome), made)


def _fits(state: PortalState, outcome: str | None) -> bool:
    if outcome is None:
        return True
    if outcome == "trouble":
        return state.outcome not in {None, "ok"}
    return state.outcome is not None and (state.outcome == outcome or state.outcome.startswith(f"{outcome}:"))


def _division(row: Row) -> str | None:
    return None if row["division"] is None else f"/divisions/{row['division']}"


def said(detail: str, language: Language) -> str:
    """What is said of a reading."""
    return (speech.in_chinese(detail) or detail) if language == "zh" else detail


def tone(outcome: str) -> str:
    """The sign of an outcome."""
    return {"ok": "good", "incomplete": "warn", "disallowed": ""}.get(outcome.partition(":")[0], "bad")


PORTALS = Listing(
    "portals",
    (
        Column("url", Kind.ADDRESS, hidden=True),
        Column("given", Kind.ADDRESS, doc="Its address as it was last typed."),
        Column("host", Kind.CODE, hidden=True),
        Column(
            "division",
            href=_division,
            said=speech.division_name,
            doc="The code of its division (GB/T 2260), where the registry knows it.",
        ),
        Column(
            "outcome",
            said=speech.outcome_name,
            tone=tone,
            doc="How its last reading went: ok, incomplete, blocked:SYSTEM, unreachable, disallowed.",
        ),
        Column("detail", said=said),
        Column("read_at", Kind.MOMENT),
        Column("columns", Kind.NUMBER, doc="Columns of reports found on it."),
        Column("articles", Kind.NUMBER),
        Column("rests_until", Kind.MOMENT, doc="A host that blocks is left alone until then; null where none does."),
    ),
    PortalQuery,
    _rows,
    "Portals, when each was last read and how that went (xxgk portals).",
    "portals",
)
offer(router, PORTALS)


@router.get("/portals", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[PortalQuery, Query()]) -> HTMLResponse:
    """The page."""
    counts = Counter(None if each.outcome is None else each.outcome.partition(":")[0] for each in states(asking))
    return asking.page(
        "portals.html",
        here="portals",
        asked=asked,
        counts=counts,
        never=counts[None],
        all_of_them=counts.total(),
        portals=table(PORTALS, asking, asked),
    )
