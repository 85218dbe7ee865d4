"""Fetching: stored files come back into the folder, and the storage of an archive is chosen or moved."""

from __future__ import annotations

import os
from collections.abc import Callable

from sqlalchemy import select

from archive import card
from archive.errors import ArchiveError, StorageTrouble
from archive.schema import WarcFile
from archive.storage.addresses import checked
from archive.storage.objects import CHUNK, Storage, sha256_of
from archive.store import Archive
from archive.warcs import files
from archive.warcs.files import WARC_FOLDER

Progress = Callable[[str], None]


def choose(archive: Archive, address: str, keep: float | None = None) -> card.StoragePlace:
    """Name the shared storage of an archive, from its next opening on; what was stored must stand at the address already.

    ``keep``: so many hours a file stays in the folder after it was stored. Raises :class:`ArchiveError`.
    """
    url = checked(address)
    storage = Storage(url)
    known = card.storage(archive.folder)
    with archive.session() as session:
        stored = session.execute(
            select(WarcFile.name, WarcFile.stored_length).where(WarcFile.stored_at.is_not(None))
        ).all()
    if known is None or known.url != url:
        if not storage.is_there():
            raise StorageTrouble(f"there is nothing at {url}: make the folder or the bucket first")
        lacking = [name for name, length in stored if storage.size(name) != length]
        if lacking:
            raise ArchiveError(
                f"{len(lacking)} files that were stored are not at {url} ({lacking[0]}): copy them there first"
            )
        if not storage.is_marked():
            storage.mark()
    return card.set_storage(archive.folder, url, keep=keep, moved=True)


def fetch(archive: Archive, progress: Progress | None = None) -> tuple[int, int]:
    """Bring every stored file back that is not in the folder; how many, and their bytes. Each is compared.

    Raises :class:`StorageTrouble`, :class:`ArchiveError`.
    """
    storage = archive.storage
    if storage is None:
        raise ArchiveError(f"the archive {archive.folder} has no shared storage: all its files are in its folder")
    with archive.session() as session:
        rows = session.scalars(select(WarcFile).where(WarcFile.stored_at.is_not(None)).order_by(WarcFile.id)).all()
    count = size = 0
    for row in rows:
        if row.stored_length and not files.is_here(archive.folder, row.name):
            if progress is not None:
                progress(row.name)
            try:
                _fetch(archive, storage, row)
            except FileNotFoundError as error:
                raise StorageTrouble(f"{row.name} is gone from the storage {storage.url}: restore it there") from error
            except OSError as error:
                raise ArchiveError(f"{row.name} cannot be fetched: {files.reason(error)}") from error
            count += 1
            size += row.stored_length
    return count, size


def _fetch(archive: Archive, storage: Storage, row: WarcFile) -> None:
    changed = f"the bytes of {row.name} in the storage {storage.url} have changed: restore it there"
    if storage.size(row.name) not in {None, row.stored_length}:
        raise StorageTrouble(changed)
    fresh = archive.folder / f"{row.name}.fetching"
    try:
        with storage.open(row.name) as there, fresh.open("w+b") as file:
            while chunk := there.read(CHUNK):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            if sha256_of(file)[0] != row.stored_digest:
                raise StorageTrouble(changed)
        fresh.rename(archive.folder / row.name)
    finally:
        fresh.unlink(missing_ok=True)
    files.sync_folder(archive.folder / WARC_FOLDER)
