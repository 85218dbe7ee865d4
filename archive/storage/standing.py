"""Standing: where the WARC files of an archive are, and what waits to be stored."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from archive import card
from archive.schema import WarcFile
from archive.store import Archive
from archive.warcs import files


@dataclass(frozen=True)
class Elsewhere:
    """Files that are in the folder of another machine and not stored; ``home`` is the name on its card."""

    home: str
    files: int


@dataclass(frozen=True)
class Standing:
    """Files and their bytes. ``open``: in our folder and not sealed; ``waiting``: sealed and not stored.

    ``stored``: in the shared storage, by all machines; ``here``: those of them that are in our folder too.
    """

    url: str | None
    home: str
    keep: float
    open: int
    open_bytes: int
    waiting: int
    waiting_bytes: int
    stored: int
    stored_bytes: int
    here: int
    here_bytes: int
    elsewhere: tuple[Elsewhere, ...]


def standing(archive: Archive) -> Standing:
    """Where the files are, as the tables and the folder say; the storage itself is not asked."""
    place = card.storage(archive.folder)
    with archive.session() as session:
        rows = {row.name: row for row in session.scalars(select(WarcFile))}
        theirs = select(WarcFile.home, func.count()).where(WarcFile.stored_at.is_(None), WarcFile.home != archive.home)
        elsewhere = session.execute(theirs.group_by(WarcFile.home).order_by(WarcFile.home)).all()
    sizes: dict[str, list[int]] = {"open": [], "waiting": [], "here": []}
    for name in files.names(archive.folder):
        row = rows.get(name)
        kind = "open" if row is None or not row.closed else "waiting" if row.stored_at is None else "here"
        sizes[kind].append(files.size_of(archive.folder, name))
    stored = [row.stored_length or 0 for row in rows.values() if row.stored_at is not None]
    return Standing(
        url=None if place is None else place.url,
        home=archive.home,
        keep=0.0 if place is None else place.keep,
        open=len(sizes["open"]),
        open_bytes=sum(sizes["open"]),
        waiting=len(sizes["waiting"]),
        waiting_bytes=sum(sizes["waiting"]),
        stored=len(stored),
        stored_bytes=sum(stored),
        here=len(sizes["here"]),
        here_bytes=sum(sizes["here"]),
        elsewhere=tuple(Elsewhere(home, number) for home, number in elsewhere if home is not None),
    )
