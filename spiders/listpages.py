"""What a page of a column holds: rows, what its scripts ask for, and the columns below it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from spiders import columns, verdicts
from spiders.addresses import is_directory, key, site
from spiders.columns import ColumnLink
from spiders.families.asks import Ask
from spiders.families.family import Family
from spiders.families.pages import Page
from spiders.grids import read_grid, says_no_name
from spiders.items import RefusedRow, Row
from spiders.links import frames


@dataclass(frozen=True)
class Holdings:
    """What a page of a column holds.

    ``rows`` are all of them, ``reports`` and ``refused`` their parts; ``unnamed`` say only whose they are, or of which
    year. ``lacking`` says what is not shown and cannot be asked for.
    """

    rows: tuple[Row, ...]
    reports: tuple[Row, ...]
    refused: tuple[RefusedRow, ...]
    unnamed: tuple[Row, ...]
    questions: tuple[Ask, ...]
    branches: tuple[ColumnLink, ...]
    lacking: tuple[str, ...]

    @property
    def is_bare(self) -> bool:
        """Whether nothing on it leads to a report."""
        return not (self.reports or self.unnamed or self.questions or self.branches)

    @property
    def addresses(self) -> set[str]:
        """Where its rows lead."""
        return {row.url for row in (*self.rows, *self.unnamed)}


def hold(page: Page, family: Family, today: date, *, trusted: bool, branching: bool, most: int) -> Holdings:
    """Read a page of a column.

    ``trusted``: the column is known to be one of reports; ``branching``: columns below it are looked for; ``most`` rows
    are taken.
    """
    everything = family.rows(page)
    lacking = [family.shortfall(page), _too_many(len(everything), most)]
    rows = everything[:most]
    reports, refused = verdicts.part(rows, today, trusted=trusted)
    questions = family.questions(page)
    shown = columns.sub_columns(page) if page.asked is None else ()  # an answer shows no menus
    below = (*shown, *family.columns(page)) if branching else ()
    alone = trusted and not reports and not questions
    bare = (
        [one.row for one in refused if says_no_name(one.row.title) and not is_directory(one.row.url)] if alone else []
    )
    grid = read_grid(page) if alone and page.asked is None else ()
    unnamed = tuple({key(row.url): row for row in (*bare, *grid)}.values())[:most]
    listed = {*(key(row.url) for row in (*rows, *unnamed)), *(key(ask.url) for ask in questions)}
    return Holdings(
        rows=rows,
        reports=reports,
        refused=refused,
        unnamed=unnamed,
        questions=questions,
        branches=tuple(link for link in below if key(link.url) not in listed),
        lacking=tuple(said for said in lacking if said is not None),
    )


def _too_many(count: int, most: int) -> str | None:
    return f"it has {count} rows, and no more than {most} of a page are read" if count > most else None


def framed(page: Page) -> tuple[str, ...]:
    """The pages of the same site shown inside a page that has no rows itself: its list may stand in one of them."""
    return tuple(url for url in frames(page) if site(url) == site(page.url)) if page.asked is None else ()
