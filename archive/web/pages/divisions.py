"""A division: its path, its totals, the divisions below it, and how its publishers stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from archive.monitor import Status
from archive.registry.classes import KINDS
from archive.web.asking import Asked, Asking
from archive.web.listing import table
from archive.web.pages.standings import (
    STANDINGS,
    STATUSES,
    TOTALS,
    UNKNOWN,
    StandingQuery,
    TotalQuery,
    counted,
    division_path,
    totals_of,
    whole,
)
from archive.web.rows import MOST
from archive.web.speech import class_name
from archive.web.standings import asked_at, campaign
from archive.web.templating import day, moment

router = APIRouter()
_TOWN = 9  # digits


@router.get("/divisions/{code}", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, code: str, asked: Annotated[StandingQuery, Query()]) -> HTMLResponse:
    """The page."""
    book, when = asking.archive.book, campaign(asking, asked)
    division = book.get(code) if code.isascii() and code.isdecimal() else None
    fixed = {"division": code} if division is not None or code == UNKNOWN else {"scope": code}
    narrowed = asked.model_copy(update={"division": None, "scope": None, **fixed})
    scopes = counted(asking, narrowed, when)
    if "scope" in fixed and not scopes:
        raise HTTPException(404)
    place = TotalQuery(year=asked.year, as_of=asked.as_of, division=fixed.get("division"), scope=fixed.get("scope"))
    below = [each for each in totals_of(asking, place, when) if each.key != code]
    here = division_path(code, {})
    return asking.page(
        "division.html",
        here="overview",
        asked=asked,
        when=when,
        asked_at=asked_at(asking, when.year, when.day),
        code=code,
        name=_name(asking, code),
        short=division.name if division is not None else _name(asking, code),
        above=book.path(code)[:-1] if division is not None else (),
        path=lambda each: division_path(each, {"year": asked.year, "as_of": asked.as_of}),
        action=here,
        feed=code if division is not None and len(code) < _TOWN else None,
        whole=whole(scopes),
        kinds=KINDS,
        class_name=class_name,
        said_day=day,
        said_moment=moment,
        all_statuses=list(Status),
        statuses=table(STATUSES, asking, place, path=here, fixed=fixed),
        below=table(TOTALS, asking, place, limit=MOST, path=here, fixed=fixed) if below else None,
        standings=table(STANDINGS, asking, narrowed, path=here, fixed=fixed),
    )


def _name(asking: Asking, code: str) -> str:
    if code == UNKNOWN:
        return asking.word("standings.unknown")
    return asking.archive.book.label(code) or code
