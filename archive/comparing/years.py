"""All years of a publisher side by side: a column a report, a row a figure, with what each is on the newest form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from archive.comparing.equivalents import Equivalent, Relation
from archive.comparing.figures import FigureRow, Printed, equivalent, figure_rows, meant, side_by_side
from archive.comparing.labels import order
from archive.comparing.prose import Prose, compare_prose
from archive.comparing.sentences import READ
from archive.comparing.sides import Side, every_year
from archive.store import Archive
from parser.chains import chains
from parser.record import Figure, Finding, Number


@dataclass(frozen=True)
class YearCell:
    """What a report prints for a row: the figure, what it is to the row, and the change since the report before it.

    ``keys`` are its own names on its form, several where they are added up; ``because`` says why it is not quite the row, and
    ``evidence`` how well that is known (V read, I inferred, R recalled).
    """

    figure: Figure | None
    keys: tuple[str, ...]
    relation: Relation
    because: str | None
    change: Number | None = None
    percent: Decimal | None = None
    said: tuple[str, ...] = ()
    evidence: str | None = None


@dataclass(frozen=True)
class YearRow:
    """A figure over the years, under its key on the newest form that prints it; null where a year's form has none of it."""

    key: str
    cells: tuple[YearCell | None, ...]

    @property
    def differs(self) -> bool:
        """Whether two of the years print otherwise."""
        return len({meant(cell.figure, cell.keys) for cell in self.cells if cell is not None}) > 1


@dataclass(frozen=True)
class Step:
    """From one report to the next there is: the chains that break, and the prose. Chains are judged for following years only.

    If ``unread``, the prose is too long to be compared among that of other years: the two years by themselves have it.
    """

    before: Side
    after: Side
    chains: tuple[Finding, ...]
    prose: Prose
    unread: bool = False

    @property
    def years(self) -> tuple[int, int]:
        """The report years."""
        return self.before.year or 0, self.after.year or 0


@dataclass(frozen=True)
class Years:
    """Every report of a publisher, the oldest first; ``gaps`` are the years between them on which there is none."""

    publisher: str
    sides: tuple[Side, ...]
    gaps: tuple[int, ...]
    rows: tuple[YearRow, ...]
    steps: tuple[Step, ...]

    @property
    def years(self) -> tuple[int, ...]:
        """The report years of the columns."""
        return tuple(side.year or 0 for side in self.sides)


def all_years(archive: Archive, publisher: str | int, *, most: int | None = None) -> Years:
    """All reports of a publisher, by its name or number; of their prose, at most so many characters, the newest first.

    Raises :class:`UnknownPublisher` where there is no such name, or no report.
    """
    sides = every_year(archive, publisher)
    there = {side.year or 0 for side in sides}
    return Years(
        publisher=sides[-1].publisher or str(publisher),
        sides=sides,
        gaps=tuple(year for year in range(min(there), max(there)) if year not in there),
        rows=tuple(year_rows([Printed(side.record) for side in sides])),
        steps=tuple(_steps(sides, most))[::-1],
    )


def _steps(sides: Sequence[Side], most: int | None) -> Iterator[Step]:
    """The steps, the newest first."""
    for before, after in reversed(list(pairwise(sides))):
        one, other = before.record, after.record
        length = sum(min(len(section.text), READ) for section in (*one.sections, *other.sections))
        unread = most is not None and length > most
        if most is not None and not unread:
            most -= length
        prose = Prose((), None) if unread else compare_prose(one.sections, other.sections)
        yield Step(before, after, chains(one, other), prose, unread)


def year_rows(reports: Sequence[Printed]) -> Iterator[YearRow]:
    """The figures of reports in the order of their years: what the newest prints, then what only older ones do, by their forms."""
    steps = [_step(one, other) for one, other in pairwise(reports)]
    placed: list[set[str]] = [set() for _ in reports]
    found: list[YearRow] = []
    for base in reversed(range(len(reports))):
        for key in reports[base].figures:
            if key not in placed[base]:
                equals = [equivalent(key, reports[base], other) for other in reports]
                for own, equal in zip(placed, equals, strict=True):
                    own.update(_keys(equal))
                found.append(YearRow(key, tuple(_cells(key, equals, reports, steps))))
    yield from sorted(found, key=lambda row: order().get(row.key, len(order())))


def _cells(
    key: str,
    equals: Sequence[Equivalent],
    reports: Sequence[Printed],
    steps: Sequence[dict[tuple[tuple[str, ...], tuple[str, ...]], FigureRow]],
) -> Iterator[YearCell | None]:
    former: tuple[str, ...] = ()
    for place, (report, equal) in enumerate(zip(reports, equals, strict=True)):
        keys = _keys(equal)
        figure = report.sum_of(keys)
        if not keys:
            yield None
        elif not former:
            yield YearCell(figure, keys, equal.relation, equal.reason, evidence=equal.evidence)
        else:
            row = steps[place - 1].get((former, keys))
            if row is None:
                relation = Relation.SAME if former == keys else Relation.NEAR
                row = side_by_side(key, (former, keys), Equivalent(relation, former, keys), reports[place - 1], report)
            moved = row.change, row.percent, row.said
            yield YearCell(figure, keys, equal.relation, equal.reason, *moved, evidence=equal.evidence)
        former = keys


def _step(one: Printed, other: Printed) -> dict[tuple[tuple[str, ...], tuple[str, ...]], FigureRow]:
    return {(row.before_keys, row.after_keys): row for row in figure_rows(one, other)}


def _keys(found: Equivalent) -> tuple[str, ...]:
    """What another report's form has of a figure; nothing where the figure is only a part of it."""
    return found.theirs if len(found.own) == 1 else ()
