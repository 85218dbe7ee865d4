"""Facets: on which years, of which places and classes, and in which sections the words of a search stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from archive.among import among
from archive.divisions import Book
from archive.schema import Publisher, Report, Version
from archive.store import Archive
from archive.words.queries import Query
from archive.words.search import Asked, Search

LOOKED_UP = 1_000  # versions whose texts are read for the counts


@dataclass(frozen=True)
class Facets:
    """How many sections have the words, told apart in four ways; null: not known.

    Divisions are those right below the one asked for. ``cut``: there are more sections than were counted.
    """

    years: Mapping[int | None, int]
    divisions: Mapping[str | None, int]
    kinds: Mapping[str | None, int]
    sections: Mapping[int, int]
    counted: int
    cut: bool


def facets(archive: Archive, query: Query, asked: Asked, most: int = LOOKED_UP) -> Facets:
    """Count where the words stand: the first sections in the order of the search, of at most so many texts to be read.

    Raises :class:`archive.errors.ArchiveError` for a code or a name that is none.
    """
    search = Search(archive, query, asked)
    by_version: Counter[int] = Counter()
    sections: Counter[int] = Counter()
    for number, section in search.sections(most):
        by_version[number] += 1
        sections[section] += 1
    years: Counter[int | None] = Counter()
    divisions: Counter[str | None] = Counter()
    kinds: Counter[str | None] = Counter()
    rows = select(Version.id, Report.report_year, Publisher.scope, Publisher.kind).select_from(Version)
    rows = rows.join(Report, Report.id == Version.report_id)
    rows = rows.outerjoin(Publisher, Publisher.id == Report.publisher_id).where(among(Version.id, by_version))
    places: dict[str | None, str | None] = {None: None}
    with archive.session() as session:
        for number, year, scope, kind in session.execute(rows):
            count = by_version[number]
            if scope not in places:
                places[scope] = below(scope, asked.division, archive.book)
            years[year] += count
            divisions[places[scope]] += count
            kinds[kind] += count
    return Facets(years, divisions, kinds, sections, by_version.total(), search.cut)


def below(scope: str, above: str | None, book: Book) -> str | None:
    """The division right below another (below the nation: the province) in which a scope lies; null where none is known."""
    path = [division.code for division in book.path(scope)] if scope.isdecimal() else []
    if not path:
        return None
    depth = path.index(above) + 1 if above in path else 0
    return path[min(depth, len(path) - 1)]
