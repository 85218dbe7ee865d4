"""CDXJ: the index by which replay tools find a capture, one line per record, sorted by SURT key and time."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from heapq import merge
from itertools import chain, count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from archive.catalogue import Capture, from_row
from archive.errors import ArchiveError
from archive.replay.surt import key
from archive.schema import CaptureRow, WarcFile
from archive.store import Archive
from archive.warcs.files import WARC_FOLDER, sync_folder
from archive.warcs.records import labelled

CHUNK = 100_000  # lines sorted in memory at once: some 50 MB
FAN = 64  # sorted runs that grow into one, well below the number of files a process may open
_REVISIT = "warc/revisit"  # what readers of CDX tell a revisit by
_NO_TYPE = "unk"
_NOT_MODIFIED = 304
_MADE = "conversion"  # replay runs the page's own script, and what it needs is there
_END_OF_TYPE = re.compile("[; ]")


def lines(archive: Archive, scratch: Path | None = None) -> Iterator[bytes]:
    """The lines ``key timestamp {json}`` of every answer whose bytes are there, in order.

    ``digest`` is the payload digest as the record states it, ``offset`` and ``length`` are those of its gzip member in
    bytes, ``filename`` is below the folder of WARC files and the name the file has once it is closed. ``status`` is the
    HTTP status; a file has none. The line of a 304 leads to the record of the body that was still so: from the 304's
    own, pywb answers 304 to a browser that has no body. What does not fit in memory is sorted in files in ``scratch``.
    """
    with TemporaryDirectory(prefix=".xxgk-index-", dir=scratch) as folder:
        yield from _ordered(_unordered(archive), Path(folder))


def write(archive: Archive, path: Path) -> int:
    """Write the index to a file, which is there whole or not at all; how many lines. Raises :class:`ArchiveError`."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        try:
            with fresh.open("wb") as file:
                done = _copy(lines(archive, path.parent), file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            sync_folder(path.parent)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"the index {path} cannot be written: {error.strerror or error}; --output may name another file"
        ) from error
    return done


def _copy(found: Iterable[bytes], file: BinaryIO) -> int:
    done = 0
    for done, line in enumerate(found, 1):  # noqa: B007 - the number of the last line is the answer
        file.write(line)
    return done


def _unordered(archive: Archive) -> Iterator[bytes]:
    holder, holders_file = aliased(CaptureRow), aliased(WarcFile)
    unchanged = and_(CaptureRow.status == _NOT_MODIFIED, holder.id == CaptureRow.original_id, holder.lost_at.is_(None))
    query = (
        select(CaptureRow, WarcFile.name, holder, holders_file.name)
        .join(WarcFile, WarcFile.id == CaptureRow.file_id)
        .outerjoin(holder, unchanged)
        .outerjoin(holders_file, holders_file.id == holder.file_id)
        .where(CaptureRow.lost_at.is_(None), CaptureRow.kind != _MADE)
        .order_by(CaptureRow.id)
    )
    with archive.session() as session:
        for row, file, held, held_in in session.execute(query.execution_options(yield_per=1000)):
            capture = from_row(row, file)
            yield _line(capture, _unmodified(held, held_in) or capture)


def _unmodified(row: CaptureRow | None, file: str | None) -> Capture | None:
    return None if row is None or file is None else from_row(row, file)


def _line(capture: Capture, holder: Capture) -> bytes:
    """The line of a capture that is replayed from the record of ``holder``."""
    revisit = holder.kind == "revisit"
    facts = {
        "url": capture.url,
        "mime": _REVISIT if revisit else _END_OF_TYPE.split(holder.content_type or "", maxsplit=1)[0] or _NO_TYPE,
        "status": None if capture.url.startswith("file:") else str(capture.status),
        "digest": labelled(holder.stored_digest),
        "length": str(holder.length),
        "offset": str(holder.position),
        "filename": holder.file.removeprefix(f"{WARC_FOLDER}/"),
    }
    said = json.dumps({name: value for name, value in facts.items() if value is not None})
    return f"{key(capture.url)} {capture.fetched_at:%Y%m%d%H%M%S} {said}\n".encode()


def _ordered(found: Iterator[bytes], folder: Path) -> Iterator[bytes]:
    runs = _Runs(folder)
    chunk = sorted(islice(found, CHUNK))
    while len(chunk) == CHUNK:
        runs.add(chunk)
        chunk = sorted(islice(found, CHUNK))
    with _merged(list(chain.from_iterable(runs.levels))) as spilled:
        yield from merge(chunk, spilled)


class _Runs:
    """Sorted runs in files. ``FAN`` runs of a level become one of the next, so a line is copied seldom and few are open."""

    def __init__(self, folder: Path) -> None:
        self.levels: list[list[Path]] = []
        self._folder = folder
        self._numbers = count()

    def add(self, run: Iterable[bytes], level: int = 0) -> None:
        path = self._folder / str(next(self._numbers))
        with path.open("wb") as file:
            file.writelines(run)
        if level == len(self.levels):
            self.levels.append([])
        self.levels[level].append(path)
        if len(self.levels[level]) == FAN:
            full, self.levels[level] = self.levels[level], []
            with _merged(full) as spilled:
                self.add(spilled, level + 1)
            for path in full:
                path.unlink()


@contextmanager
def _merged(paths: list[Path]) -> Iterator[Iterator[bytes]]:
    with ExitStack() as stack:
        yield merge(*(stack.enter_context(path.open("rb")) for path in paths))
