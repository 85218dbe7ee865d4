"""Portals: when each was last read and how that went."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import Field

from archive.listings import PortalState, portals
from archive.web.asking import Asked, Asking
from archive.web.columns import Column, Kind
from archive.web.listing import Listing, Parameters, offer, table
from archive.web.rows import Listed

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


def _rows(asking: Asking, asked: PortalQuery) -> Listed:
    states = asking.house.memory.recall("portals", lambda: portals(asking.archive))
    return Listed([each for each in states if _fits(each, asked.outcome)], _line)


def _fits(state: PortalState, outcome: str | None) -> bool:
    if outcome is None:
        return True
    if outcome == "trouble":
        return state.outcome not in {None, "ok"}
    return state.outcome is not None and (state.outcome == outcome or state.outcome.startswith(f"{outcome}:"))


def _line(state: PortalState) -> dict[str, Any]:
    return {
        "url": state.given,
        "host": state.host,
        "division": state.division,
        "outcome": state.outcome,
        "detail": state.detail,
        "read_at": state.read_at,
        "columns": state.columns,
        "articles": state.articles,
    }


PORTALS = Listing(
    "portals",
    (
        Column("url", Kind.ADDRESS, doc="Its address as it was last typed."),
        Column("host", Kind.CODE, hidden=True),
        Column("division", Kind.CODE, doc="The code of its division (GB/T 2260), where the registry knows it."),
        Column("outcome", doc="How its last reading went: ok, incomplete, blocked:SYSTEM, unreachable, disallowed."),
        Column("detail"),
        Column("read_at", Kind.MOMENT),
        Column("columns", Kind.NUMBER, doc="Columns of reports found on it."),
        Column("articles", Kind.NUMBER),
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
    return asking.page("portals.html", here="portals", asked=asked, portals=table(PORTALS, asking, asked))
