"""Lines: a hit as programs read it, on the command line and over the API alike."""

from __future__ import annotations

from typing import Any

from archive.divisions import Book
from archive.words.search import Hit


def line_of(hit: Hit, book: Book) -> dict[str, Any]:
    """A hit under its names; its moments stay moments."""
    return {
        "report": hit.report_id,
        "url": hit.url,
        "publisher": hit.publisher,
        "scope": hit.scope,
        "division": place_of(hit, book),
        "report_year": hit.report_year,
        "title": hit.title,
        "state": hit.state,
        "version": hit.version_id,
        "current": hit.current,
        "first_seen_at": hit.first_seen_at,
        "last_seen_at": hit.last_seen_at,
        "section": hit.section,
        "heading": hit.heading,
        "occurrences": hit.snippet.occurrences,
        "snippet": hit.snippet.text,
        "marks": [list(mark) for mark in hit.snippet.marks],
    }


def place_of(hit: Hit, book: Book) -> str | None:
    """The names of the division of a hit's publisher, in one."""
    return (book.label(hit.scope) or None) if hit.scope is not None and hit.scope.isdecimal() else None
