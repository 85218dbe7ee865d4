"""Two reports of a publisher side by side: two years with the chains between them, or two versions of one year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from archive.comparing.figures import FigureRow, Printed, figure_rows
from archive.comparing.prose import Prose, SectionRow, compare_prose
from archive.comparing.sides import Side, every_version, two_years, version_sides
from archive.deriving.changes import NameChange, compare
from archive.store import Archive
from parser.chains import chains
from parser.record import Finding


@dataclass(frozen=True)
class Comparison:
    """Two reports of one publisher, or two versions of one.

    ``chains`` are the breaks between the years, judged only for years that follow each other; ``names`` are title, publisher
    and contact where two versions give them otherwise.
    """

    publisher: str
    before: Side
    after: Side
    figures: tuple[FigureRow, ...]
    prose: Prose
    chains: tuple[Finding, ...] = ()
    names: tuple[NameChange, ...] = ()

    @property
    def years(self) -> tuple[int, int]:
        """The report years, as they were asked for."""
        return self.before.year or 0, self.after.year or 0

    @property
    def urls(self) -> tuple[str, str]:
        """The addresses of the reports."""
        return self.before.url, self.after.url

    @property
    def sections(self) -> tuple[SectionRow, ...]:
        """The sections of both."""
        return self.prose.sections


def diff(archive: Archive, publisher: str | int, y1: int, y2: int) -> Comparison:
    """Compare the reports of a publisher, by its name or number, on two years.

    Raises :class:`UnknownPublisher` where the name or a report is not known.
    """
    before, after = two_years(archive, publisher, (y1, y2))
    earlier, later = (before, after) if y1 < y2 else (after, before)
    return _compared(after.publisher or str(publisher), before, after, chains(earlier.record, later.record))


def versions(archive: Archive, reference: str, year: int | None = None) -> Iterator[Comparison]:
    """Compare each version of a report with the one before it; nothing comes where there is one version only.

    The reference is an id or an address, or a publisher's name beside a year. Raises :class:`UnknownPublisher`.
    """
    for before, after in pairwise(every_version(archive, reference, year)):
        yield _compared(after.publisher or before.publisher or reference, before, after, ())


def two_versions(archive: Archive, report_id: int, before: int, after: int) -> Comparison:
    """Compare two versions of a report. Raises :class:`UnknownPublisher` where there is no such report or version."""
    one, other = version_sides(archive, report_id, (before, after))
    return _compared(other.publisher or one.publisher or str(report_id), one, other, ())


def _compared(publisher: str, before: Side, after: Side, broken: tuple[Finding, ...]) -> Comparison:
    one_report = before.report_id == after.report_id
    return Comparison(
        publisher=publisher,
        before=before,
        after=after,
        figures=tuple(figure_rows(Printed(before.record), Printed(after.record))),
        prose=compare_prose(before.record.sections, after.record.sections),
        chains=broken,
        names=compare(before.record, after.record).names if one_report else (),
    )
