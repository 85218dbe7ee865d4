"""The overview: how the campaign of a year goes, on one page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from archive.monitor.totals import NOWHERE
from archive.notices.notices import Wanted, since_day
from archive.web import speech
from archive.web.asking import Asked, Asking
from archive.web.drawing.bars import bars
from archive.web.drawing.tiles import legend, tile_map
from archive.web.listing import table
from archive.web.pages import news, portals
from archive.web.pages.standings import (
    ARRIVALS,
    STATUSES,
    TOTALS,
    PlaceQuery,
    TotalQuery,
    counted,
    division_path,
    totals_of,
    whole,
)
from archive.web.rows import MOST
from archive.web.standings import CampaignQuery, arrivals, asked_at, campaign, fresh
from archive.web.templating import day, moment

router = APIRouter()
_SHOWN = 8  # portals, notices and reports; there are pages with all of them


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[CampaignQuery, Query()]) -> HTMLResponse:
    """The page."""
    when = campaign(asking, asked)
    place = PlaceQuery(year=when.year, as_of=asked.as_of)
    totals = {each.key: each for each in totals_of(asking, place, when)}
    found = arrivals(asking, when.year, when.day)
    trouble = portals.chosen(asking, "trouble")
    yesterday = when.day - timedelta(days=1)
    return asking.page(
        "overview.html",
        here="overview",
        asked=asked,
        when=when,
        asked_at=asked_at(asking, when.year, when.day),
        last_days=last_days(asking, when.year),
        whole=whole(counted(asking, place, when)),
        map=tile_map(totals, asking.archive.book, asking.language),
        legend=legend(),
        unknown=totals.get(NOWHERE),
        path=lambda code: division_path(code, {"year": asked.year, "as_of": asked.as_of}),
        provinces=table(TOTALS, asking, TotalQuery(year=when.year, as_of=asked.as_of), limit=MOST, path="/"),
        statuses=table(STATUSES, asking, place, path="/"),
        calendar=found,
        bars=bars(found, when.year, when.day, last_days(asking, when.year).values()),
        arrivals=table(ARRIVALS, asking, CampaignQuery(year=when.year, as_of=asked.as_of), limit=MOST, path="/"),
        trouble=trouble[:_SHOWN],
        troubled=len(trouble),
        portals=len(portals.states(asking)),
        yesterday=yesterday,
        notices=news.newest(asking, Wanted(since=since_day(yesterday)), _SHOWN),
        begun=news.begun(asking),
        fresh=fresh(asking, when.year, when.day, since_day(yesterday)),
        shown=_SHOWN,
        first_day=date(when.year + 1, 1, 1),
        said_day=day,
        said_moment=moment,
        about=news.about,
        outcome_name=speech.outcome_name,
        outcome_tone=portals.tone,
        outcome_said=portals.said,
    )


def last_days(asking: Asking, year: int) -> dict[str, date]:
    """By when departments and governments have to publish their reports on a year, by the rules of the whole country."""
    due = {kind: asking.archive.rules.due(kind, None, year) for kind in ("department", "government")}
    return {kind: each.day for kind, each in due.items() if each is not None}
