"""Two years of a publisher side by side: figures, prose, and the chains between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archive.errors import UnknownPublisher
from archive.reports import find
from archive.store import Archive
from parser.chains import chains
from parser.record import Figure, Finding, Number, Record, Section

_GRAM = 5  # characters; shorter runs are shared by any two reports


@dataclass(frozen=True)
class FigureRow:
    """A figure in both years; null where a year's report does not print it. ``change`` is null unless both are numbers."""

    key: str
    before: Figure | None
    after: Figure | None
    change: Number | None


@dataclass(frozen=True)
class SectionRow:
    """A section in both years. ``similarity`` is the share of five-character runs they have in common, 0 to 1."""

    number: int
    before: Section | None
    after: Section | None
    similarity: float | None


@dataclass(frozen=True)
class Comparison:
    """Two reports of one publisher; ``chains`` are the breaks between them, judged only for years that follow each other."""

    publisher: str
    years: tuple[int, int]
    urls: tuple[str, str]
    figures: tuple[FigureRow, ...]
    sections: tuple[SectionRow, ...]
    chains: tuple[Finding, ...]


def diff(archive: Archive, publisher: str, y1: int, y2: int) -> Comparison:
    """Compare the reports on two years. Raises :class:`UnknownPublisher` where the name or a report is not known."""
    views = [find(archive, publisher, year) for year in (y1, y2)]
    for year, view in zip((y1, y2), views, strict=True):
        if view is None:
            raise UnknownPublisher(
                f"there is no report of {publisher} on {year}: `reports --publisher {publisher}` lists them"
            )
    before, after = (view for view in views if view is not None)
    earlier, later = sorted((before, after), key=lambda view: view.line.report_year or 0)
    return Comparison(
        publisher=after.line.publisher or publisher,
        years=(y1, y2),
        urls=(before.line.url, after.line.url),
        figures=tuple(_figures(before.record, after.record)),
        sections=tuple(_sections(before.record, after.record)),
        chains=chains(_with_year(earlier.record, min(y1, y2)), _with_year(later.record, max(y1, y2))),
    )


def similarity(before: str, after: str) -> float:
    """The share of five-character runs two texts have in common, spaces left out; 1 for two empty texts."""
    left, right = _grams(before), _grams(after)
    if not left and not right:
        return 1.0
    return len(left & right) / len(left | right)


def _figures(before: Record, after: Record) -> Iterator[FigureRow]:
    for key in dict.fromkeys([*after.figures, *before.figures]):
        old, new = before.figures.get(key), after.figures.get(key)
        known = old is not None and new is not None and old.value is not None and new.value is not None
        yield FigureRow(key, old, new, new.value - old.value if known else None)  # type: ignore[union-attr, operator]


def _sections(before: Record, after: Record) -> Iterator[SectionRow]:
    old = {section.number: section for section in before.sections}
    new = {section.number: section for section in after.sections}
    for number in sorted({*old, *new}):
        one, other = old.get(number), new.get(number)
        both = similarity(one.text, other.text) if one is not None and other is not None else None
        yield SectionRow(number, one, other, both)


def _with_year(record: Record, year: int) -> Record:
    """A title may name no year; list and page did, or the report would not stand under it."""
    return record if record.report_year is not None else record.model_copy(update={"report_year": year})


def _grams(text: str) -> set[str]:
    plain = "".join(text.split())
    return {plain[start : start + _GRAM] for start in range(max(len(plain) - _GRAM + 1, min(len(plain), 1)))}
