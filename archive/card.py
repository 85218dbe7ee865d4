"""The card of an archive: a small file that says where its tables stand, so that nobody opens an empty second set of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from archive.errors import ArchiveError, NoArchive
from archive.warcs.files import WARC_FOLDER
from archive.warcs.locks import locked

CARD = "archive.json"
FORMAT = 1
_REBUILDING = "rebuilding"
_MOVES, _DATABASE = "moves", "database"  # how often the tables were copied elsewhere; the address, without a password


def check(folder: Path, kind: str, *, create: bool, rebuild: bool) -> None:
    """Whether the tables of the archive in ``folder`` are of that kind (``sqlite``, ``postgresql``); ``create`` writes a card.

    Raises :class:`NoArchive` and :class:`ArchiveError`.
    """
    try:
        known = read(folder)
    except FileNotFoundError:
        if not create:
            raise NoArchive(
                f"there is no archive in {folder}: crawl or import makes one, --archive names another"
            ) from None
        _begin(folder, kind)
        return
    except NotADirectoryError:
        raise NoArchive(f"{folder} is no folder: --archive must name one") from None
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{folder / CARD} cannot be read: {error}") from error
    if known.get("format") != FORMAT:
        raise ArchiveError(
            f"the archive {folder} has format {known.get('format')}, this program reads {FORMAT}: update it"
        )
    if known.get("tables") != kind:
        remedy = "leave --database out"
        if known.get("tables") == "postgresql":
            remedy = f"give --database {known.get(_DATABASE, 'as it was made with')}"
        raise NoArchive(f"the tables of the archive {folder} stand in {known.get('tables')}: {remedy}")
    if known.get(_REBUILDING) and not rebuild:
        raise ArchiveError(
            f"the tables of the archive {folder} are being made again, or that was broken off: xxgk reindex ends it"
        )


def read(folder: Path) -> dict[str, Any]:
    """What the card says. Raises :class:`OSError`, :class:`ValueError`."""
    facts = json.loads((folder / CARD).read_text(encoding="utf-8"))
    if not isinstance(facts, dict):
        raise ValueError("it is no card")  # noqa: TRY004 - to the caller it is a file that cannot be read
    return facts


def put(folder: Path, facts: dict[str, Any]) -> None:
    """Write the card, whole or not at all."""
    fresh = folder / f"{CARD}.new"
    fresh.write_text(json.dumps(facts) + "\n", encoding="utf-8")
    fresh.replace(folder / CARD)


def is_rebuilding(folder: Path) -> bool:
    """Whether the tables are being made again from the files, or a run that did was broken off."""
    return bool(read(folder).get(_REBUILDING))


def mark_rebuilding(folder: Path, *, going_on: bool) -> None:
    """Say that the tables are being made again, or that this is done."""
    facts = {name: value for name, value in read(folder).items() if name != _REBUILDING}
    put(folder, {**facts, _REBUILDING: True} if going_on else facts)


def moves(folder: Path) -> int:
    """How often the tables were copied to another database. Raises :class:`ArchiveError`."""
    try:
        return int(read(folder).get(_MOVES, 0))
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{folder / CARD} cannot be read: {error}") from error


def check_moves(folder: Path, known: int) -> None:
    """Raise :class:`ArchiveError` where the tables were copied elsewhere since: what is written here would be lost."""
    if moves(folder) != known:
        raise ArchiveError(
            f"the tables of the archive {folder} were copied to another database while this command ran: run it again there"
        )


def stands_at(folder: Path, kind: str, address: str | None) -> bool:
    """Whether the tables were copied to that database, and stand there now."""
    try:
        facts = read(folder)
    except (OSError, ValueError):  # opening says what is wrong with it
        return False
    return (facts.get("tables"), facts.get(_DATABASE)) == (kind, address)


def mark_moved(folder: Path, kind: str, address: str | None) -> None:
    """Say that the tables stand in a database of that kind from now on; ``address`` has no password."""
    facts = {name: value for name, value in read(folder).items() if name != _DATABASE}
    put(folder, {**facts, "tables": kind, _MOVES: moves(folder) + 1, **({_DATABASE: address} if address else {})})


def _begin(folder: Path, kind: str) -> None:
    try:
        (folder / WARC_FOLDER).mkdir(parents=True, exist_ok=True)
        with locked(folder):
            if not (folder / CARD).exists():
                put(folder, {"format": FORMAT, "tables": kind})
    except OSError as error:
        raise ArchiveError(f"no archive can be made in {folder}: {error.strerror or error}") from error
