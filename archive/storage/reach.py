"""Reach: which bytes this machine can read. A file stands in our folder, or in the shared storage, or with another machine."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.errors import OutOfReach
from archive.schema import CaptureRow, WarcFile
from archive.storage.objects import Storage
from archive.store import Archive
from archive.warcs import files


def read(archive: Archive, name: str, position: int, length: int) -> bytes:
    """Bytes of a WARC file, wherever they stand; of one in the storage no more than these are asked for.

    Raises :class:`OSError` where there is no such file, :class:`OutOfReach` where only another machine has them, and
    :class:`archive.errors.StorageTrouble`.
    """
    storage = archive.storage
    if storage is None or files.is_here(archive.folder, name):
        try:
            with files.open_to_read(archive.folder, name) as file:
                file.seek(position)
                return file.read(length)
        except FileNotFoundError:
            if storage is None:
                raise  # else it was stored, and taken away, at this moment
    try:
        return storage.read(name, position, length)
    except FileNotFoundError:
        data = _of_parts(storage, name, position, length)
        if data is not None:
            return data
        if (home := _elsewhere(archive, name)) is not None:
            raise OutOfReach(
                f"{name} is in the folder of another machine ({home}) and not stored yet: xxgk storage push there stores it"
            ) from None
        raise


def open_to_read(archive: Archive, name: str) -> BinaryIO:
    """A WARC file of our folder, else of the storage. Raises :class:`OSError` and :class:`archive.errors.StorageTrouble`."""
    storage = archive.storage
    if storage is None or files.is_here(archive.folder, name):
        try:
            return files.open_to_read(archive.folder, name)
        except FileNotFoundError:
            if storage is None:
                raise
    return storage.open(name)


def within(archive: Archive, session: Session, rows: Iterable[CaptureRow]) -> list[CaptureRow]:
    """Those captures whose bytes this machine can read: all of them where there is no shared storage."""
    found = list(rows)
    if archive.storage is None or not found:
        return found
    near = _near(archive, session, {row.file_id for row in found})
    return [row for row in found if row.file_id in near]


def _near(archive: Archive, session: Session, ids: Collection[int]) -> set[int]:
    query = select(WarcFile).where(WarcFile.id.in_(sorted(ids)))
    return {row.id for row in session.scalars(query) if _is_near(archive, row)}


def _is_near(archive: Archive, row: WarcFile) -> bool:
    if row.stored_at is not None:
        return True
    return row.home in {None, archive.home} and files.is_here(archive.folder, row.name)


def _of_parts(storage: Storage, name: str, position: int, length: int) -> bytes | None:
    """Bytes of a file that is still being written, as far as it was shipped."""
    data = b""
    for part in storage.parts(name):
        start = position + len(data)
        if part.offset <= start < part.end:
            data += storage.read(
                storage.part_name(name, part.offset), start - part.offset, min(part.end - start, length - len(data))
            )
    return data if len(data) == length else None


def _elsewhere(archive: Archive, name: str) -> str | None:
    """The folder that has a file, by its name on its card; null where that is ours."""
    with archive.session() as session:
        row = session.scalars(select(WarcFile).where(WarcFile.name == name)).first()
    return None if row is None or row.stored_at is not None or row.home in {None, archive.home} else row.home
