"""The card of an archive: a small file that says where its tables stand, so that nobody opens an empty second set of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from archive.errors import ArchiveError, NoArchive
from archive.storage.addresses import checked
from archive.warcs.files import WARC_FOLDER
from archive.warcs.locks import locked

CARD = "archive.json"
FORMAT = 1
_REBUILDING = "rebuilding"
_MOVES, _DATABASE = "moves", "database"  # how often the tables were copied elsewhere; the address, without a password
_HOME, _STORAGE = "home", "storage"
_URL, _KEEP, _USED = "url", "keep", "used"


@dataclass(frozen=True)
class StoragePlace:
    """Where the WARC files go when they are sealed: an address without a secret in it.

    ``keep``: so many hours a file stays in the folder after it was stored. ``used``: something was stored from here.
    """

    url: str
    keep: float = 0.0
    used: bool = False


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


def home(folder: Path) -> str:
    """The name of this folder among all that share the tables; a card without one is given it. Raises :class:`ArchiveError`."""
    try:
        known = read(folder).get(_HOME)
        if known is None:
            with locked(folder):
                facts = read(folder)
                known = facts.get(_HOME) or str(uuid4())
                put(folder, {**facts, _HOME: known})
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{folder / CARD} cannot be read or written: {error}") from error
    return str(known)


def storage(folder: Path) -> StoragePlace | None:
    """The shared storage that the card names, null where there is none. Raises :class:`ArchiveError`."""
    try:
        facts = read(folder).get(_STORAGE)
        if facts is None:
            return None
        return StoragePlace(str(facts[_URL]), float(facts.get(_KEEP, 0)), bool(facts.get(_USED)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(f"{folder / CARD} cannot be read: {error}") from error


def set_storage(folder: Path, url: str, *, keep: float | None = None, moved: bool = False) -> StoragePlace:
    """Name the shared storage on the card; doing it again changes nothing.

    ``keep`` is as in :class:`StoragePlace`, null leaves it. ``moved`` says that what was stored is at the new address.
    Raises :class:`ArchiveError` where files of this archive are stored elsewhere.
    """
    url = checked(url)
    known = storage(folder)
    if known is not None and known.url != url and known.used and not moved:
        raise ArchiveError(
            f"WARC files of the archive {folder} are stored at {known.url}: copy them, then xxgk storage set names the new address"
        )
    used = known is not None and known.used
    place = StoragePlace(url, keep if keep is not None else 0.0 if known is None else known.keep, used)
    if place != known:
        _put_storage(folder, place)
    return place


def mark_used(folder: Path) -> None:
    """Say that something of this archive is in its storage."""
    known = storage(folder)
    if known is not None and not known.used:
        _put_storage(folder, StoragePlace(known.url, known.keep, used=True))


def _put_storage(folder: Path, place: StoragePlace) -> None:
    facts = {_URL: place.url, _KEEP: place.keep, **({_USED: True} if place.used else {})}
    try:
        with locked(folder):
            put(folder, {**read(folder), _STORAGE: facts})
    except OSError as error:
        raise ArchiveError(f"{folder / CARD} cannot be written: {error.strerror or error}") from error


def _begin(folder: Path, kind: str) -> None:
    try:
        (folder / WARC_FOLDER).mkdir(parents=True, exist_ok=True)
        with locked(folder):
            if not (folder / CARD).exists():
                put(folder, {"format": FORMAT, "tables": kind, _HOME: str(uuid4())})
    except OSError as error:
        raise ArchiveError(f"no archive can be made in {folder}: {error.strerror or error}") from error
