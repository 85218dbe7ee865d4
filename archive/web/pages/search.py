"""Search: which sections have some words, and what the archive holds where no words are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import Field

from archive.divisions.asked import code_of
from archive.errors import ArchiveError
from archive.holdings import Holdings, holdings, years_held
from archive.registry.classes import KINDS
from archive.web import speech
from archive.web.asking import Asked as AskedOf
from archive.web.asking import Asking, query
from archive.web.columns import Column, Kind, Row
from archive.web.listing import Listing, Parameters, offer, table
from archive.web.pages.publishers import PLAIN
from archive.web.queries import kept
from archive.web.rows import Page, number
from archive.web.words import Language
from archive.words.facets import Facets, facets
from archive.words.lines import line_of
from archive.words.queries import read
from archive.words.search import Asked, Order, Search

router = APIRouter()
SECTIONS = (1, 2, 3, 4, 5, 6)
_MOST_SHOWN = 40  # values of a facet
_REMEMBERED = 12  # questions whose counts are kept: anybody may ask for any words


class SearchQuery(Parameters):
    """What is looked for, and where."""

    words: Annotated[
        str,
        Field(
            description="All of them in one section; a phrase in quotation marks, -word for what must not be there.",
            max_length=200,
            pattern=PLAIN,
        ),
    ] = ""
    section: Annotated[
        list[Annotated[int, Field(ge=1, le=6)]],
        Field(description="Only these sections, 1 to 6.", max_length=6, default_factory=list),
    ]
    year: Annotated[int | None, Field(description="Only this report year.", ge=1949, le=2999)] = None
    publisher: Annotated[
        str | None,
        Field(
            description="Only this publisher, in any spelling; 220200/财政局 for one place.",
            max_length=200,
            pattern=PLAIN,
        ),
    ] = None
    division: Annotated[
        str | None,
        Field(
            description="Only this division and all below it: its code, or its full name.", max_length=60, pattern=PLAIN
        ),
    ] = None
    kind: Annotated[
        str | None,
        Field(description=f"Only this class of publishers: {', '.join(KINDS)}.", max_length=40, pattern=PLAIN),
    ] = None
    versions: Annotated[bool, Field(description="Also what reports said before they were edited.")] = False
    order: Annotated[
        Order, Field(description="What comes first: the newest report year, the oldest, or what was filed last.")
    ] = Order.NEWEST


def asked_of(asking: Asking, given: SearchQuery) -> Asked:
    """Where is looked. Raises :class:`ArchiveError`."""
    if given.kind is not None and given.kind not in KINDS:
        raise ArchiveError(f"{given.kind} is no class of publishers: name one of {', '.join(KINDS)}")
    code = code_of(given.division, asking.archive.book)
    return Asked(frozenset(given.section), given.year, given.publisher, code, given.kind, given.versions, given.order)


class Found:
    """The rows of a search. ``search`` knows how many there are once the first page was taken."""

    def __init__(self, asking: Asking, given: SearchQuery) -> None:
        self._archive = asking.archive
        self.search = Search(asking.archive, read(given.words), asked_of(asking, given))

    def page(self, after: str | None, limit: int) -> Page:
        """The hits behind a place; how many there are is said on the first page."""
        last = number(after)
        if last:
            hits = list(islice(self.search.placed(limit + 1, last), limit + 1))
        else:
            hits = list(self.search.placed(limit + 1))
        following = str(hits[limit - 1][0]) if len(hits) > limit else None
        exact = not last and self.search.least == self.search.most
        rows = [line_of(hit, self._archive.book) for _, hit in hits[:limit]]
        return Page(rows, following, self.search.least if exact else None)

    def __iter__(self) -> Iterator[Row]:
        """All of them."""
        return (line_of(hit, self._archive.book) for hit in self.search.hits())


def _report(row: Row) -> str:
    return query(f"/reports/{row['report']}", {"version": None if row["current"] else row["version"]})


SEARCH = Listing(
    "search",
    (
        Column("report", Kind.YEAR, href=_report, doc="The number of the report: /reports/{report} is its page."),
        Column("url", Kind.ADDRESS, doc="The address of its article, or of its file."),
        Column("publisher"),
        Column("scope", Kind.CODE, doc="The code of the publisher's division, or the site where that is not known."),
        Column("division", doc="The names of that division."),
        Column("report_year", Kind.YEAR),
        Column("title"),
        Column("state", doc="published or withdrawn."),
        Column("version", Kind.YEAR),
        Column("current", Kind.FLAG, doc="Whether the report still says so."),
        Column("first_seen_at", Kind.MOMENT),
        Column("last_seen_at", Kind.MOMENT),
        Column("section", Kind.YEAR, doc="1 to 6."),
        Column("heading"),
        Column("occurrences", Kind.NUMBER, doc="How often the words stand in the section."),
        Column("snippet", doc="A piece of it, around the first of the words."),
        Column("marks", Kind.DATA, doc="The places of the words in the snippet, in characters, as [from, to]."),
    ),
    SearchQuery,
    Found,
    "Sections of reports that have some words, newest year first (xxgk search WORDS).",
    "search",
)
offer(router, SEARCH)


@dataclass(frozen=True)
class Choice:
    """One value of a facet: what it is called, how many there are, where it leads, and whether it is chosen already."""

    name: str
    count: int
    href: str | None
    chosen: bool = False


@dataclass(frozen=True)
class Facet:
    """The values of one facet; ``more`` are not shown."""

    name: str
    choices: Sequence[Choice]
    more: int = 0


@router.get("/search", response_class=HTMLResponse, include_in_schema=False)
def page(asking: AskedOf, asked: Annotated[SearchQuery, Query()]) -> HTMLResponse:
    """The hits with their facets; without words all reports by theirs."""
    told, status = None, 200
    values: dict[str, Any] = {"found": None, "facets": (), "held": None}
    try:
        values |= _found(asking, asked) if asked.words else _explored(asking, asked)
    except ArchiveError as error:
        told, status = said(str(error), asking.language), 400
    return asking.page(
        "search.html",
        here="search",
        status=status,
        asked=asked,
        told=told,
        years=years_held(asking.archive),
        kinds=KINDS,
        sections=SECTIONS,
        orders=list(Order),
        queries=kept(asking.archive.folder)[:5],
        speech=speech,
        **values,
    )


def _found(asking: Asking, asked: SearchQuery) -> dict[str, Any]:
    left = asking.house.studying.left()
    found = Found(asking, asked)
    shown = table(replace(SEARCH, rows=lambda *_: found), asking, asked)
    where = asked_of(asking, asked)
    words = read(asked.words)
    counted = asking.house.memory.recall(
        ("facets", words, replace(where, order=Order.NEWEST), left.versions),
        lambda: facets(asking.archive, words, replace(where, order=Order.NEWEST)),
        most=_REMEMBERED,
    )
    return {
        "found": shown,
        "hits": [(row, _pieces(row), _copy(row)) for row in shown.page.rows],
        "search": found.search,
        "left": left,
        "trouble": None if left.trouble is None else said(left.trouble, asking.language),
        "counted": counted,
        "facets": _of_hits(asking, asked, where, counted),
    }


def _pieces(row: Row) -> list[tuple[str, bool]]:
    """The snippet in pieces, each with whether it is one of the words."""
    text, at = row["snippet"], 0
    found = []
    for start, end in row["marks"]:
        found += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [(piece, marked) for piece, marked in (*found, (text[at:], False)) if piece]


def _copy(row: Row) -> str:
    """The archived copy, at the words: browsers look for the text behind ``:~:text=`` by themselves."""
    start, end = row["marks"][0] if row["marks"] else (0, 0)
    at = f"#:~:text={quote(row['snippet'][start:end], safe='')}" if start < end else ""
    return f"/reports/{row['report']}/copy?version={row['version']}{at.replace('-', '%2D')}"


def _of_hits(asking: Asking, asked: SearchQuery, where: Asked, counted: Facets) -> list[Facet]:
    def narrowed(**changed: object) -> str:
        return asking.address("/search", after=None, **changed)

    def chosen(name: str, value: object, now: object, label: str, count: int) -> Choice:
        is_chosen = value is not None and value == now
        href = None if value is None else narrowed(**{name: None if is_chosen else value})
        return Choice(label, count, href, is_chosen)

    unknown = asking.word("search.unknown")
    years = sorted(counted.years.items(), key=lambda each: -(each[0] or 0))
    divisions = counted.divisions.items()
    return [
        facet
        for facet in (
            _facet("year", [chosen("year", year, asked.year, str(year or unknown), count) for year, count in years]),
            _facet(
                "division",
                [
                    chosen("division", code, where.division, _place(asking, code), count)
                    for code, count in sorted(divisions, key=_largest_first)
                ],
            ),
            _facet(
                "kind",
                [
                    chosen("kind", kind, asked.kind, _kind(asking, kind), count)
                    for kind, count in sorted(counted.kinds.items(), key=_largest_first)
                ],
            ),
            _facet(
                "section",
                [
                    chosen(
                        "section",
                        each,
                        asked.section[0] if len(asked.section) == 1 else None,
                        _section(asking, each),
                        n,
                    )
                    for each, n in sorted(counted.sections.items())
                ],
            ),
        )
        if facet.choices
    ]


def _explored(asking: Asking, asked: SearchQuery) -> dict[str, Any]:
    where = asked_of(asking, asked)
    held = _held(asking, where.year, where.division, where.kind)
    return {"held": held, "facets": _of_holdings(asking, where, held)}


def _held(asking: Asking, year: int | None = None, division: str | None = None, kind: str | None = None) -> Holdings:
    return asking.house.memory.recall(
        ("holdings", year, division, kind),
        lambda: holdings(asking.archive, year=year, division=division, kind=kind),
        most=_REMEMBERED,
    )


def _of_holdings(asking: Asking, where: Asked, held: Holdings) -> list[Facet]:
    language = asking.language
    already = {"year": where.year, "division": where.division, "kind": where.kind}
    unknown = asking.word("search.unknown")

    def leading(name: str, label: str, value: object, count: int) -> Choice:
        return Choice(label, count, None if value is None else query("/reports", {**already, name: value}))

    def listed(name: str, counts: Mapping[Any, int], called: Any, without: str | None = None) -> Facet:
        """``without`` is how those are asked for that have no value."""
        pairs = sorted(counts.items(), key=_largest_first)
        return _facet(name, [leading(name, called(value), value or without, count) for value, count in pairs])

    years = sorted(held.years.items(), key=lambda each: -(each[0] or 0))
    found = [
        _facet("year", [leading("year", str(year or unknown), year, count) for year, count in years]),
        listed("division", held.divisions, lambda code: _place(asking, code)),
        listed("kind", held.kinds, lambda kind: _kind(asking, kind)),
        listed("template", held.templates, lambda one: speech.template_name(one, language) if one else unknown, "none"),
        listed("state", held.states, lambda one: speech.state_name(one, language)),
        listed(
            "severity",
            held.severities,
            lambda one: speech.severity_name(one, language) if one else asking.word("search.nothing_found"),
            "none",
        ),
    ]
    return [facet for facet in found if facet.choices]


def _facet(name: str, choices: Sequence[Choice]) -> Facet:
    return Facet(name, choices[:_MOST_SHOWN], max(0, len(choices) - _MOST_SHOWN))


def _largest_first(each: tuple[Any, int]) -> tuple[bool, int, str]:
    return each[0] is None, -each[1], str(each[0])


def _place(asking: Asking, code: str | None) -> str:
    division = None if code is None else asking.archive.book.get(code)
    return asking.word("search.unknown") if division is None else division.name


def _kind(asking: Asking, kind: str | None) -> str:
    return asking.word("search.unknown") if kind is None else speech.class_name(kind, asking.language)


def _section(asking: Asking, number: int) -> str:
    return speech.section_name(number, asking.language) if number in SECTIONS else asking.word("search.unknown")


def said(sentence: str, language: Language) -> str:
    """A sentence of the archive's in the visitor's language, where there is one."""
    return (speech.in_chinese(sentence) or sentence) if language == "zh" else sentence
