"""Saved queries: kept by who is signed in, shown to everybody; of a search the newest results as a feed."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from archive.notices.feeds import Entry, feed
from archive.web import queries
from archive.web.asking import Asked, Asking, query, redirect
from archive.web.columns import Column, Kind, Row
from archive.web.listing import Listing, Parameters, offer, table
from archive.web.pages.search import SearchQuery, asked_of, said
from archive.web.queries import KeptQuery, NoQuery
from archive.web.rows import Listed
from archive.words.lines import line_of
from archive.words.queries import read
from archive.words.search import Order, Search

router = APIRouter()
_ENTRIES = 50  # of a feed
_ATOM = "application/atom+xml; charset=utf-8"


class KeptQueries(Parameters):
    """All of them."""


def _line(each: KeptQuery) -> dict[str, Any]:
    return {"id": each.id, "name": each.name, "path": each.path, "note": each.note, "by": each.by, "at": each.at}


def _path(row: Row) -> str:
    return str(row["path"])


QUERIES = Listing(
    "queries",
    (
        Column("name", href=_path),
        Column("note"),
        Column("by", doc="The name under which its keeper signed in."),
        Column("at", Kind.MOMENT),
        Column("path", Kind.CODE, hidden=True, doc="Where it leads on this site."),
        Column("id", Kind.CODE, hidden=True, doc="Of a search /feeds/query-{id}.atom is its feed."),
    ),
    KeptQueries,
    lambda asking, _: Listed(queries.kept(asking.archive.folder), _line),
    "Queries that people keep, the newest first.",
    "queries",
)
offer(router, QUERIES)


@router.get("/queries", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[KeptQueries, Query()], path: str = "") -> HTMLResponse:
    """The page; ``path`` is what the form begins with."""
    return _page(asking, after=asked.after, path=path)


@router.post("/queries", include_in_schema=False)
def keep(
    asking: Asked,
    token: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=1000)] = "",
    path: Annotated[str, Form(max_length=4000)] = "",
    note: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Keep a query, and go on to where all of them are shown."""
    if asking.visitor is None or not asking.visitor.sent(token):
        return _page(asking, status=403, told=asking.word("signing.expired"), path=path)
    try:
        folder = asking.archive.folder
        queries.keep(folder, name=name, path=path, note=note, by=asking.visitor.name, at=asking.archive.clock())
    except NoQuery as error:
        return _page(asking, status=422, told=said(str(error), asking.language), path=path)
    return redirect("/queries?done=kept")


@router.post("/queries/{name}/remove", include_in_schema=False)
def remove(asking: Asked, name: str, token: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Remove a query."""
    if asking.visitor is None or not asking.visitor.sent(token):
        return _page(asking, status=403, told=asking.word("signing.expired"))
    queries.remove(asking.archive.folder, name)
    return redirect("/queries?done=removed")


@router.get("/feeds/query-{name}.atom", include_in_schema=False)
def newest(asking: Asked, name: str) -> Response:
    """What was filed last of a search that is kept."""
    kept = queries.find(asking.archive.folder, name)
    given = None if kept is None else search_of(kept)
    if kept is None or given is None:
        raise HTTPException(404)
    title = asking.word("queries.feed_title", name=kept.name)
    return Response(feed(f"query/{kept.id}", title, _entries(asking, given)), media_type=_ATOM)


def search_of(kept: KeptQuery) -> SearchQuery | None:
    """What a kept query searches for; null where it is none of words."""
    parts = urlsplit(kept.path)
    if parts.path != "/search":
        return None
    asked = parse_qs(parts.query)
    try:
        given = SearchQuery.model_validate(
            {
                name: values if name == "section" else values[-1]
                for name, values in asked.items()
                if name in SearchQuery.model_fields
            }
        )
    except ValidationError:
        return None
    return given if given.words else None


def _entries(asking: Asking, given: SearchQuery) -> list[Entry]:
    """The newest sections that have the words, with links to this site under the name by which it was asked."""
    newest_first = asked_of(asking, given.model_copy(update={"order": Order.FILED}))
    search = Search(asking.archive, read(given.words), newest_first)
    found = []
    for _, hit in islice(search.placed(_ENTRIES), _ENTRIES):
        line = line_of(hit, asking.archive.book)
        address = query(f"/reports/{hit.report_id}", {"version": None if hit.current else hit.version_id})
        title = " ".join(str(each) for each in (line["report_year"], line["publisher"], line["heading"]) if each)
        at: datetime = hit.first_seen_at
        found.append(
            Entry(
                f"query/{hit.version_id}/{hit.section}",
                "search",
                title or hit.url,
                hit.snippet.text,
                f"{str(asking.request.base_url).rstrip('/')}{address}",
                at,
                at,
            )
        )
    return found


def _page(
    asking: Asking, *, status: int = 200, told: str | None = None, after: str | None = None, path: str = ""
) -> HTMLResponse:
    shown = table(QUERIES, asking, KeptQueries(after=after))
    feeds = {each.id for each in queries.kept(asking.archive.folder) if search_of(each) is not None}
    done = asking.request.query_params.get("done")
    return asking.page(
        "queries.html",
        status=status,
        here="search",
        queries=shown,
        feeds=feeds,
        told=told,
        done={"kept": "queries.done", "removed": "queries.removed"}.get(done or ""),
        path=queries.page_of(path) or "",
    )
