"""Queries that people keep: the address of a page of ours, with a name and a note.

They stand in ``queries.json`` beside the archive's other files of words (``divisions.csv``, ``deadlines.toml``): there they
survive ``reindex``, ``reparse`` and a copy of the tables. The journal would keep them too, but it keeps for ever: a query
is nobody's evidence, and who removes theirs wants it gone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import simplejson

from archive.errors import ArchiveError
from archive.warcs.files import reason
from archive.warcs.locks import locked
from archive.words.folding import visible

FILE, LOCK = "queries.json", "queries.lock"
MOST = 1_000  # queries of an archive
LONGEST_NAME, LONGEST_NOTE, LONGEST_PATH = 100, 2_000, 2_000  # characters
_PAGES = frozenset({
    "compare", "divisions", "findings", "news", "portals", "publishers", "reports", "search", "stats"
})  # fmt: skip
_PASSING = frozenset({"after", "lang", "token"})  # parameters of one moment


class NoQuery(ArchiveError):
    """What is to be kept has no name, or is no page of ours."""


@dataclass(frozen=True)
class KeptQuery:
    """A query; ``path`` is a path of ours with its parameters, ``by`` who keeps it."""

    id: str
    name: str
    note: str | None
    path: str
    by: str
    at: datetime


def kept(folder: Path) -> list[KeptQuery]:
    """All of them, the newest first. Raises :class:`ArchiveError` where their file is damaged."""
    try:
        lines = simplejson.loads((folder / FILE).read_text(encoding="utf-8"))
        return [_query(line) for line in lines]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArchiveError(f"{folder / FILE} cannot be read: {error}; mend it, or move it away") from error


def find(folder: Path, name: str) -> KeptQuery | None:
    """The query of an id."""
    return next((each for each in kept(folder) if each.id == name), None)


def keep(folder: Path, *, name: str, path: str, note: str, by: str, at: datetime) -> KeptQuery:
    """Keep a query. Raises :class:`NoQuery`, and :class:`ArchiveError` where there are too many or it cannot be written."""
    called, said = _one_line(name)[:LONGEST_NAME], _one_line(note)[:LONGEST_NOTE]
    where = page_of(path)
    if not called:
        raise NoQuery("the query has no name: give it one")
    if where is None:
        raise NoQuery("the address is none of a page that can be kept: take one that begins with / from this site")
    query = KeptQuery(secrets.token_hex(6), called, said or None, where, _one_line(by), at)
    with _changing(folder):
        known = kept(folder)
        if len(known) >= MOST:
            raise ArchiveError(f"{MOST:,} queries are kept already: remove some first")
        _write(folder, [query, *known])
    return query


def remove(folder: Path, name: str) -> bool:
    """Remove the query of an id; false where there is none. Raises :class:`ArchiveError`."""
    with _changing(folder):
        known = kept(folder)
        left = [each for each in known if each.id != name]
        if len(left) < len(known):
            _write(folder, left)
    return len(left) < len(known)


def page_of(path: str) -> str | None:
    """The path and the parameters of a page of ours that can be kept, or null: whatever leads elsewhere, or does something."""
    if len(path) > LONGEST_PATH or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return None
    if not path.isprintable() or any(sign.isspace() for sign in path):
        return None
    parts = urlsplit(path)
    first = parts.path.split("/")[1]
    if first and (first not in _PAGES or "." in parts.path):
        return None
    asked = [(name, value) for name, value in parse_qsl(parts.query) if name not in _PASSING]
    return f"{parts.path}?{urlencode(asked)}" if asked else parts.path


@contextmanager
def _changing(folder: Path) -> Iterator[None]:
    """Nobody else changes the file meanwhile."""
    try:
        with locked(folder, LOCK):
            yield
    except OSError as error:
        raise ArchiveError(f"{folder / FILE} cannot be written: {reason(error)}") from error


def _write(folder: Path, queries: Sequence[KeptQuery]) -> None:
    """Put the file in its place, whole or not at all."""
    lines = [
        {"id": one.id, "name": one.name, "note": one.note, "path": one.path, "by": one.by, "at": one.at.isoformat()}
        for one in queries
    ]
    fresh = folder / f"{FILE}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(simplejson.dumps(lines, ensure_ascii=False, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / FILE)


def _query(line: dict[str, Any]) -> KeptQuery:
    path = page_of(str(line["path"]))
    if path is None:
        raise ValueError(f"{line['path']!r} is no page of the dashboard")
    note = line.get("note")
    said = None if note is None else str(note)
    return KeptQuery(
        str(line["id"]), str(line["name"]), said, path, str(line["by"]), datetime.fromisoformat(line["at"])
    )


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())
