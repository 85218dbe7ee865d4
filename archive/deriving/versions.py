"""Versions: what a record means, as a digest."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date

from archive.warcs.records import digest
from parser.dates import find_dates
from parser.record import PublishedSource, Record

_SPACE = re.compile(r"\s+")
_AT_THE_END = 30  # characters: the signed date, perhaps the signature or a stray page number behind it
_RANK = {source: rank for rank, source in enumerate(PublishedSource)}


@dataclass(frozen=True)
class Meaning:
    """Digests of what a record means: the whole, its figures and names, its prose."""

    digest: str
    record: str
    prose: str


def meaning(record: Record, document_digest: str | None = None) -> Meaning:
    """What a record means: not where its cells stand, when the page says it was published, or how it is spaced.

    ``document_digest`` stands in for a document that could not be read: all that is known of it are its bytes.
    """
    figures = {
        key: (_plain(figure.text), figure.state, figure.unit, figure.note) for key, figure in record.figures.items()
    }
    names = (_plain(record.title), _plain(record.publisher), record.report_year, record.template)
    prose = [(section.number, _plain(section.heading), _plain(section.text)) for section in record.sections]
    record_digest = _digest([names, sorted(figures.items()), record.contact.model_dump(), document_digest])
    prose_digest = _digest(prose)
    return Meaning(digest(f"{record_digest} {prose_digest}".encode()), record_digest, prose_digest)


def signed_on(record: Record) -> date | None:
    """The date signed at the end of the text, where there is one; 二〇一一年四月二日 too."""
    if record.published_source is PublishedSource.SIGNED:
        return record.published_on
    for section in reversed(record.sections):
        text = _plain(section.text) or ""
        if text:
            return next(reversed(list(find_dates(text[-_AT_THE_END:]))), None)
    return None


def rank(source: str | None) -> int:
    """How good the source of a date is; smaller is better."""
    return _RANK[PublishedSource(source)] if source is not None else len(_RANK)


def has_text(figures: int, prose_digest: str) -> bool:
    """Whether a version is of a report that was read, and not only known by its title."""
    return figures > 0 or prose_digest != _NO_PROSE


def _plain(text: str | None) -> str | None:
    return None if text is None else _SPACE.sub("", text)


def _digest(value: object) -> str:
    return digest(json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace"))


_NO_PROSE = _digest([])
