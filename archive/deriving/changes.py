"""Changes: what another version of a report says differently, figure by figure and sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from parser.record import Contact, Figure, Record, Section, State

_SPACE = re.compile(r"\s+")
_SENTENCE = re.compile(r"[^。]+。?")
_COMPARED = 400  # sentences of a section: a statutory section has some thirty
_KEPT = 20  # changed sentences named per section and side
_LONGEST = 200  # characters of a sentence

Name = str | int | None


@dataclass(frozen=True)
class Printed:
    """What a cell prints."""

    text: str
    state: State
    unit: str | None = None
    note: str | None = None

    def __str__(self) -> str:
        said = self.text.strip() or self.state.value
        return f"{said} {self.note}" if self.note else said

    def to_data(self) -> dict[str, Any]:
        """Plain values; unit and note only where there are any."""
        data: dict[str, Any] = {"text": self.text, "state": self.state.value}
        extras = {"unit": self.unit, "note": self.note}
        return {**data, **{name: value for name, value in extras.items() if value is not None}}


@dataclass(frozen=True)
class FigureChange:
    """A figure before and after; null where it is not on the page."""

    key: str
    before: Printed | None
    after: Printed | None


@dataclass(frozen=True)
class NameChange:
    """Title, publisher, report year, form, or a way to reach the publisher."""

    name: str
    before: Name
    after: Name


@dataclass(frozen=True)
class SectionChange:
    """A section that was ``added``, ``removed`` or ``changed``, with the sentences that went and came, at most twenty each."""

    number: int
    heading: str
    what: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """All that is different in meaning between two records; false where nothing is."""

    figures: tuple[FigureChange, ...] = ()
    names: tuple[NameChange, ...] = ()
    sections: tuple[SectionChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.figures or self.names or self.sections)

    def to_data(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "figures": {
                change.key: {
                    "before": None if change.before is None else change.before.to_data(),
                    "after": None if change.after is None else change.after.to_data(),
                }
                for change in self.figures
            },
            "names": {change.name: {"before": change.before, "after": change.after} for change in self.names},
            "sections": [
                {
                    "number": change.number,
                    "heading": change.heading,
                    "what": change.what,
                    "removed": list(change.removed),
                    "added": list(change.added),
                }
                for change in self.sections
            ],
        }

    def words(self) -> Iterator[str]:
        """One line for people each."""
        for name in self.names:
            yield f"{name.name}: {_or_nothing(name.before)} → {_or_nothing(name.after)}"
        for figure in self.figures:
            yield f"{figure.key}: {_or_nothing(figure.before)} → {_or_nothing(figure.after)}"
        for section in self.sections:
            yield f"section {section.number} {section.heading}: {section.what}"
            yield from (f"  - {sentence}" for sentence in section.removed)
            yield from (f"  + {sentence}" for sentence in section.added)


def compare(before: Record, after: Record) -> Changes:
    """What ``after`` means otherwise than ``before``: the spacing and the place of a cell do not count, as in a version."""
    return Changes(
        tuple(_figures(before.figures, after.figures)),
        tuple(_names(before, after)),
        tuple(_sections(before.sections, after.sections)),
    )


def _figures(before: dict[str, Figure], after: dict[str, Figure]) -> Iterator[FigureChange]:
    for key in dict.fromkeys((*after, *before)):
        one, other = before.get(key), after.get(key)
        if _meant(one) != _meant(other):
            yield FigureChange(key, _printed(one), _printed(other))


def _meant(figure: Figure | None) -> tuple[object, ...] | None:
    return None if figure is None else (_plain(figure.text), figure.state, figure.unit, figure.note)


def _printed(figure: Figure | None) -> Printed | None:
    return None if figure is None else Printed(figure.text, figure.state, figure.unit, figure.note)


def _names(before: Record, after: Record) -> Iterator[NameChange]:
    for name, one, other in (
        ("title", before.title, after.title),
        ("publisher", before.publisher, after.publisher),
    ):
        if _plain(one) != _plain(other):
            yield NameChange(name, one, other)
    if before.report_year != after.report_year:
        yield NameChange("report_year", before.report_year, after.report_year)
    if before.template != after.template:
        yield NameChange("template", before.template, after.template)
    for name in Contact.model_fields:
        if getattr(before.contact, name) != getattr(after.contact, name):
            yield NameChange(f"contact.{name}", getattr(before.contact, name), getattr(after.contact, name))


def _sections(before: Sequence[Section], after: Sequence[Section]) -> Iterator[SectionChange]:
    """Sections are matched in their order, those between two matches by their number."""
    one, other = [_meaning(section) for section in before], [_meaning(section) for section in after]
    for what, start, end, new_start, new_end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        gone = list(before[start:end])
        for section in after[new_start:new_end]:
            former = next((one for one in gone if one.number == section.number), None)
            if former is None:
                yield SectionChange(section.number, section.heading, "added", (), _bounded(sentences(section.text)))
            else:
                gone.remove(former)
                removed, added = _changed(sentences(former.text), sentences(section.text))
                if _plain(former.heading) != _plain(section.heading):
                    removed, added = (former.heading, *removed), (section.heading, *added)
                yield SectionChange(section.number, section.heading, "changed", _bounded(removed), _bounded(added))
        for section in gone:
            yield SectionChange(section.number, section.heading, "removed", _bounded(sentences(section.text)), ())


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, without white space: the paragraphs of a page break where its editor breaks them."""
    return tuple(_SENTENCE.findall(_plain(text) or ""))


def _changed(before: Sequence[str], after: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    matcher = SequenceMatcher(None, before[:_COMPARED], after[:_COMPARED], autojunk=False)
    removed: list[str] = []
    added: list[str] = []
    for what, start, end, new_start, new_end in matcher.get_opcodes():
        if what != "equal":
            removed += before[start:end]
            added += after[new_start:new_end]
    if before[_COMPARED:] != after[_COMPARED:]:
        removed += before[_COMPARED:]
        added += after[_COMPARED:]
    return tuple(removed), tuple(added)


def _bounded(found: Sequence[str]) -> tuple[str, ...]:
    kept = [one if len(one) <= _LONGEST else f"{one[: _LONGEST - 1]}…" for one in found[:_KEPT]]
    return tuple(kept)


def _meaning(section: Section) -> tuple[object, ...]:
    return section.number, _plain(section.heading), _plain(section.text)


def _plain(text: str | None) -> str | None:
    return None if text is None else _SPACE.sub("", text)


def _or_nothing(value: object) -> str:
    return "—" if value is None else str(value)
