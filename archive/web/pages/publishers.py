"""Publishers: who is known to publish, by name, division and class."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import Field

from archive.divisions.asked import code_of
from archive.errors import UnknownPublisher
from archive.registry.classes import KINDS
from archive.registry.listing import PublisherLine, Wanted, count_publishers, iterate_publishers
from archive.web import speech
from archive.web.asking import Asked, Asking, query
from archive.web.columns import Column, Kind, Row
from archive.web.listing import Listing, Parameters, offer, table
from archive.web.pages.standings import ClassName
from archive.web.rows import Walked, WrongCursor
from archive.web.words import Language, known, word

router = APIRouter()
PLAIN = r"^[^\x00]*$"  # no database of ours takes a null


class ClassQuery(Parameters):
    """A class of publishers, which is called ``class`` where it is shown and ``kind`` where it is typed."""

    of_class: Annotated[ClassName | None, Field(alias="class", description=f"Only this class: {', '.join(KINDS)}.")] = (
        None
    )
    kind: Annotated[ClassName | None, Field(description="The same as `class`.")] = None

    @property
    def classed(self) -> str | None:
        """The class asked for."""
        return self.of_class or self.kind


class PublisherQuery(ClassQuery):
    """Which publishers are asked for."""

    name: Annotated[
        str | None,
        Field(
            description="In the name or another name of it; or a scope and name: 220200/财政局.",
            max_length=200,
            pattern=PLAIN,
        ),
    ] = None
    division: Annotated[
        str | None,
        Field(description="Only this division and all below it: 220200, or 吉林市.", max_length=60, pattern=PLAIN),
    ] = None
    scope: Annotated[
        str | None, Field(description="Only exactly this scope (220200, host:NAME).", max_length=300, pattern=PLAIN)
    ] = None
    portal: Annotated[
        str | None,
        Field(description="Only who is found on the portal of this address.", max_length=2000, pattern=PLAIN),
    ] = None
    year: Annotated[int | None, Field(description="Only who has a report on this year.", ge=1949, le=2999)] = None
    merged: Annotated[bool, Field(description="Also those that were merged into others.")] = False


def _rows(asking: Asking, asked: PublisherQuery) -> Walked:
    wanted = Wanted(
        division=code_of(asked.division, asking.archive.book),
        kind=asked.classed,
        scope=asked.scope,
        portal=asked.portal,
        merged=asked.merged,
        called=asked.name,
        year=asked.year,
    )

    def walk(after: int) -> Generator[tuple[int, Row], None, None]:
        for line in _behind(asking, wanted, after):
            yield line.id, _line(line)

    return Walked(walk, count_publishers(asking.archive, wanted))


def _behind(asking: Asking, wanted: Wanted, after: int) -> Iterator[PublisherLine]:
    try:
        yield from iterate_publishers(asking.archive, wanted, after)
    except UnknownPublisher as error:
        raise WrongCursor(str(after)) from error


def _line(line: PublisherLine) -> dict[str, Any]:
    names = "; ".join(line.aliases)
    return {**line.to_data(), "since": line.since, "until": line.until, "other_names": names or None}


def _page(row: Row) -> str:
    return f"/publishers/{row['id']}"


def _place(row: Row) -> str | None:
    code = row["township"] or row["scope"]
    return f"/divisions/{code}" if code.isdecimal() else None


def _reports(row: Row) -> str | None:
    return query("/reports", {"publisher": row["id"]}) if row["reports"] else None


def _known(sources: Any, language: Language) -> str:
    names = [(f"publishers.from_{source}", source) for source in sources]
    said = (word(name, language) if known(name) else source for name, source in names)
    return word("publishers.between", language).join(said)


def _names(names: Any, language: Language) -> str:
    return word("publishers.between", language).join(names)


PUBLISHERS = Listing(
    "publishers",
    (
        Column("id", Kind.YEAR, hidden=True, doc="Its number: /publishers/{id} is its page."),
        Column("scope", Kind.CODE, hidden=True, doc="The code of its division, or what stands in for it."),
        Column("name", href=_page),
        Column("aliases", Kind.DATA, said=_names, doc="Its other names."),
        Column("other_names", hidden=True, doc="The same in one text."),
        Column("class", said=speech.class_name, doc=", ".join(KINDS)),
        Column("township", Kind.CODE, hidden=True, doc="The nine digits of a town or street."),
        Column("division", href=_place, doc="The names of its division from the province down."),
        Column("since", Kind.DAY, hidden=True),
        Column("until", Kind.DAY, hidden=True, doc="The last day on which it existed."),
        Column("first_year", Kind.YEAR, doc="The first report year of which a report is known."),
        Column("last_year", Kind.YEAR),
        Column("reports", Kind.NUMBER, href=_reports),
        Column("known_from", Kind.DATA, said=_known, doc="column, declared, directory, import, reports, roster."),
        Column("predecessors", Kind.DATA, hidden=True, doc="Each with `publisher`, `on` and `because`."),
        Column("successors", Kind.DATA, hidden=True, doc="As `predecessors`."),
        Column("today", Kind.DATA, hidden=True, doc="Where its division ended: the codes that hold its area."),
        Column("merged_into", hidden=True, doc="Scope and name of the publisher it was found to be the same as."),
    ),
    PublisherQuery,
    _rows,
    "The publishers that are known, with their names, divisions and years (xxgk publishers).",
    "publishers",
)
offer(router, PUBLISHERS)


@router.get("/publishers", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[PublisherQuery, Query()]) -> HTMLResponse:
    """The page."""
    return asking.page(
        "publishers.html",
        here="publishers",
        asked=asked,
        kinds=KINDS,
        class_name=speech.class_name,
        publishers=table(PUBLISHERS, asking, asked),
    )
