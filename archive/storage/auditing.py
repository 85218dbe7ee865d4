"""Auditing: what is stored against what the tables say was stored, and what stands there that they do not know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archive.errors import StorageTrouble
from archive.schema import WarcFile
from archive.storage.returning import DIFFERS
from archive.store import Archive
from archive.warcs.files import WARC_FOLDER

Finding = tuple[str, str, str]  # kind, file, what


def difference(archive: Archive, row: WarcFile, *, whole: bool) -> Finding | None:
    """How a stored file differs from what was stored: by its length, and with ``whole`` by all its bytes.

    Raises :class:`StorageTrouble`.
    """
    storage = archive.storage
    if storage is None:
        said = f"{row.name} was stored, and the card of the archive names no storage: xxgk storage set"
        return "stored.missing", row.name, said
    size = storage.size(row.name)
    if size is None:
        return "stored.missing", row.name, f"{row.name} is gone from the storage {storage.url}: restore it there"
    if size != row.stored_length:
        said = f"{row.name} in the storage {storage.url} has {size:,} bytes, {row.stored_length or 0:,} were stored: restore it there"
        return "stored.altered", row.name, said
    if whole and storage.digest(row.name)[0] != row.stored_digest:
        said = f"the bytes of {row.name} in the storage {storage.url} have changed: put the copy in the folder in its place"
        return "stored.altered", row.name, said
    return None


def strangers(archive: Archive, rows: Sequence[WarcFile]) -> Iterator[Finding]:
    """Files that no row knows: in the storage, or put aside in the folder since they were others than the stored ones."""
    for path in sorted((archive.folder / WARC_FOLDER).glob(f"*{DIFFERS}")):
        name = f"{WARC_FOLDER}/{path.name}"
        yield "file.differs", name, f"{name} is another file than the one stored under its name: look which is right"
    if archive.storage is None:
        return
    known = {row.name for row in rows}
    try:
        for name in sorted(set(archive.storage.sizes()) - known):
            yield (
                "stored.unknown",
                name,
                f"{name} in the storage {archive.storage.url} is known to no row: its row was lost, or it is another archive's",
            )
    except StorageTrouble as error:
        yield "stored.missing", WARC_FOLDER, str(error)
