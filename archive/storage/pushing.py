"""Pushing: files that nobody appends to any more go to the shared storage, are read back, and may then leave the folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from archive import card
from archive.errors import StorageTrouble
from archive.schema import Article, Attachment, CaptureRow, WarcFile
from archive.storage import recovery, returning
from archive.storage.objects import Storage, sha256_of
from archive.storage.shipping import prepare
from archive.store import Archive
from archive.warcs import files
from archive.warcs.locks import locked

LOCK = "storage.lock"
_ENOUGH = 3  # files in a row that could not be stored
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Pushed:
    """What was done: files sealed, stored (and their bytes), taken out of the folder; captures lost, and found again.

    ``taken`` are files taken over from a machine that is gone; ``stale`` are articles to be derived again, since another
    machine could not read them; ``waiting`` are files that are still being written; ``problems`` are sentences about what could not be done.
    """

    sealed: int = 0
    stored: int = 0
    bytes: int = 0
    dropped: int = 0
    found: int = 0
    lost: int = 0
    stale: int = 0
    waiting: int = 0
    problems: tuple[str, ...] = ()
    taken: int = 0


def push(archive: Archive, *, drop: bool | None = None, progress: Progress | None = None) -> Pushed:
    """Seal the files of this folder that no living process writes to, store them, read them back, and drop the copies here.

    ``drop`` says whether those go that are stored; by default they do, so many hours afterwards as the card says. What
    fails stays, and goes the next time; a run that was killed is run again. Nothing is done where the archive has no
    storage. Raises :class:`ArchiveError`.
    """
    if archive.storage is None:
        return Pushed()
    try:  # before the lock: crawls that end side by side wait for a storage that is away side by side
        prepare(archive.storage, archive.session)
    except StorageTrouble as error:
        return Pushed(problems=(str(error),))
    with locked(archive.folder, LOCK):
        return _Push(archive, archive.storage, progress).run(drop=drop)


def adopt_lost(
    archive: Archive, home: str, *, before: datetime | None = None, progress: Progress | None = None
) -> Pushed:
    """Take over what a machine that is gone had not stored; ``home`` is its folder, by the name on its card.

    ``before``: only what was begun until then, when it was last heard of. What it had shipped is stored, the rest is
    marked as lost; should it come back, its next push brings the rest, and what was lost is found again. Raises
    :class:`ArchiveError`.
    """
    taken = recovery.take_over(archive, home, before)
    return replace(push(archive, progress=progress), taken=taken)


class _Push:
    def __init__(self, archive: Archive, storage: Storage, progress: Progress | None) -> None:
        self._archive = archive
        self._storage = storage
        self._say: Progress = progress or (lambda _: None)
        self._counts = dict.fromkeys(("stored", "bytes", "dropped", "found", "lost", "stale", "waiting"), 0)
        self._problems: list[str] = []

    def run(self, *, drop: bool | None) -> Pushed:
        sealed = self._archive.writer.seal()
        try:
            self._all(drop=drop)
            if self._counts["lost"] or self._counts["found"]:  # which the journal says now, in a file of its own
                sealed += self._archive.writer.seal()
                self._all(drop=drop)
        except StorageTrouble as error:
            self._problems.append(str(error))
        return Pushed(sealed=sealed, problems=tuple(dict.fromkeys(self._problems)), **self._counts)

    def _all(self, *, drop: bool | None) -> None:
        self._counts["waiting"] = failed = 0
        for name in self._names():
            try:
                self._file(name, drop=drop)
                failed = 0
            except (StorageTrouble, OSError) as error:
                self._problems.append(str(error))
                failed += 1
                if failed >= _ENOUGH:  # the storage is away: each try takes seconds
                    return

    def _names(self) -> list[str]:
        """The files of this folder, and those that were begun to be taken over from a machine that is gone."""
        archive = self._archive
        query = select(WarcFile.name).where(WarcFile.home == archive.home, WarcFile.stored_at.is_(None))
        with archive.session() as session:
            ours = set(session.scalars(query.where(WarcFile.closed.is_(True))))
        return sorted({*files.names(archive.folder), *ours})

    def _file(self, name: str, *, drop: bool | None) -> None:
        archive = self._archive
        with archive.session() as session:
            row = session.scalars(select(WarcFile).where(WarcFile.name == name)).first()
        if row is None or not row.closed or not _is_for_us(archive, row):
            self._counts["waiting"] += 1
            return
        if row.stored_at is None:
            self._say(name)
            if not files.is_here(archive.folder, name):
                self._counts["lost"] += recovery.assemble(archive, self._storage, row)
            sent, stale = store(archive, self._storage, row)
            self._counts["bytes"] += sent
            self._counts["stale"] += stale
            self._counts["stored"] += 1
        elif files.is_here(archive.folder, name):
            if not self._may_go(row, drop=drop) and files.size_of(archive.folder, name) == row.stored_length:
                return  # its bytes are compared before it goes
            returned = returning.take_back(archive, self._storage, row)
            self._counts["found"] += returned.found
            self._counts["waiting"] += returned.busy
            self._problems += returned.problems
            if returned.busy or returned.problems:
                return
        self._drop(name, drop=drop)

    def _drop(self, name: str, *, drop: bool | None) -> None:
        """Take the copy here away, if all of it stands in the storage and its time has come."""
        archive = self._archive
        with archive.session() as session:
            row = session.scalars(select(WarcFile).where(WarcFile.name == name)).one()
        if not files.is_here(archive.folder, name) or not self._may_go(row, drop=drop):
            return
        size = files.size_of(archive.folder, name)
        if not size == row.stored_length == self._storage.size(name):
            raise StorageTrouble(f"{name} in the storage {self._storage.url} is not as it was stored: run verify")
        self._storage.drop_parts(name, size)  # of a run that was killed before it did
        files.path_of(archive.folder, name).unlink()
        self._counts["dropped"] += 1

    def _may_go(self, row: WarcFile, *, drop: bool | None) -> bool:
        """Whether the time of a copy here has come."""
        if row.stored_at is None or drop is False:
            return False
        place = card.storage(self._archive.folder)
        keep = timedelta(hours=0 if place is None or drop else place.keep)
        return self._archive.clock() - row.stored_at >= keep


def _is_for_us(archive: Archive, row: WarcFile) -> bool:
    """Whether a file is stored, or to be stored from here."""
    return row.stored_at is not None or row.home in {None, archive.home}


def store(archive: Archive, storage: Storage, row: WarcFile) -> tuple[int, int]:
    """Store a file of our folder that is sealed; how many bytes went over, and how many articles are to be derived again.

    Raises :class:`StorageTrouble`, :class:`OSError`.
    """
    path = files.path_of(archive.folder, row.name)
    with path.open("rb") as file:
        stated, length = sha256_of(file)
    card.mark_used(archive.folder)
    sent = 0
    there = _there(storage, row.name)
    if there is not None and there[0] != stated:  # of an upload that nobody read back: nothing is written over
        storage.set_aside(row.name, f"{row.name}.{there[0][:12]}{returning.DIFFERS}")
        there = None
    if there is None:
        storage.put(path, row.name, stated, archive.home)
        sent = length
    stale = note_stored(archive, row, stated, length)
    storage.drop_parts(row.name, length)
    return sent, stale


def _there(storage: Storage, name: str) -> tuple[str, int] | None:
    try:
        return storage.digest(name)
    except FileNotFoundError:
        return None


def note_stored(archive: Archive, row: WarcFile, stated: str, length: int) -> int:
    """Say in the tables that a file is stored; so many articles are to be derived again that could not be read elsewhere."""
    moment = archive.clock()
    addresses = select(CaptureRow.address).where(CaptureRow.file_id == row.id)
    attached = select(Attachment.article_id).where(Attachment.address.in_(addresses))
    again = update(Article).where(Article.outcome == "failed")
    again = again.where(Article.address.in_(addresses) | Article.id.in_(attached))
    with archive.writing() as session:
        current = session.get_one(WarcFile, row.id)
        if current.home not in {None, archive.home}:
            raise StorageTrouble(
                f"another machine took {row.name} over while it was stored: run xxgk storage push again"
            )
        current.home, current.closed = archive.home, True
        current.stored_at, current.stored_length, current.stored_digest = moment, length, stated
        values = {"stale": Article.stale + 1, "derived_through": 0, "basis": None}
        marked = session.execute(
            again.values(**values).returning(Article.id), execution_options={"synchronize_session": False}
        )
        return len(marked.all())
