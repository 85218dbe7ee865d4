"""The WARC files of an archive on the disk: ``name.warc.gz``, and ``name.warc.gz.open`` while a process writes to one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from archive.errors import ArchiveError

WARC_FOLDER = "warc"
SUFFIX, OPEN = ".warc.gz", ".open"
_LOOKS = 100  # for a file under its two names: a rename is over in no time, and none goes on for ever


def path_of(folder: Path, name: str) -> Path:
    """Where the file of that name stands now; its closed name where it stands nowhere."""
    closed = folder / name
    being_written = folder / f"{name}{OPEN}"
    return being_written if not closed.exists() and being_written.exists() else closed


def is_here(folder: Path, name: str) -> bool:
    """Whether the file stands in the folder, under either of its names; it may be renamed between the looks."""
    closed = folder / name
    return closed.exists() or (folder / f"{name}{OPEN}").exists() or closed.exists()


def open_to_read(folder: Path, name: str) -> BinaryIO:
    """The file, opened for reading. Raises :class:`OSError`."""
    return cast("BinaryIO", _opened(folder, name, "rb", -1))


def size_of(folder: Path, name: str) -> int:
    """Its bytes; 0 where it is gone."""
    try:
        with open_to_read(folder, name) as file:
            return os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return 0


def open_to_write(folder: Path, name: str) -> BinaryIO:
    """The file, opened for reading and appending, without a buffer: nothing can come out of one later."""
    return cast("BinaryIO", _opened(folder, name, "r+b", 0))


def _opened(folder: Path, name: str, mode: str, buffering: int) -> IO[Any]:
    """The file under one of its names: it may be closed or taken up, and so renamed, between looking and opening."""
    for _ in range(_LOOKS):
        for path in (folder / name, folder / f"{name}{OPEN}"):
            with suppress(FileNotFoundError):
                return path.open(mode, buffering)
    return (folder / name).open(mode, buffering)


@contextmanager
def closed_on_error(file: BinaryIO) -> Iterator[None]:
    """Give the file back, and its lock with it, if the block fails."""
    try:
        yield
    except BaseException:
        file.close()
        raise


def mark_open(folder: Path, name: str) -> None:
    """Give a file the name of one that is being written."""
    if (folder / name).exists():
        (folder / name).rename(folder / f"{name}{OPEN}")


def mark_closed(folder: Path, name: str) -> None:
    """Give a file its closed name."""
    if (folder / f"{name}{OPEN}").exists():
        (folder / f"{name}{OPEN}").rename(folder / name)


def names(folder: Path) -> Iterator[str]:
    """The closed names of all WARC files in the folder, sorted."""
    found = (path.name.removesuffix(OPEN) for path in (folder / WARC_FOLDER).iterdir())
    yield from sorted({f"{WARC_FOLDER}/{name}" for name in found if name.endswith(SUFFIX)})


def reason(error: OSError) -> str:
    """Why something could not be done, and with what file."""
    said = error.strerror or str(error)
    return f"{said}: {error.filename}" if error.filename else said


def is_in_place(file: BinaryIO, folder: Path, name: str) -> bool:
    """Whether an open file still stands where its name says: it may have been moved away or deleted meanwhile."""
    try:
        there = path_of(folder, name).stat()
    except OSError:
        return False
    ours = os.fstat(file.fileno())
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder down to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_through(file: BinaryIO, data: bytes) -> None:
    """Write all of it, down to the disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def cut(file: BinaryIO, position: int) -> None:
    """Cut a file; if the power fails before that is on the disk, the next opening cuts it again."""
    os.ftruncate(file.fileno(), position)
    file.seek(position)


def length_of(file: BinaryIO) -> int:
    """The bytes of an open file, wherever it stands."""
    return file.seek(0, os.SEEK_END)


def check_folder(folder: Path, are_known: Callable[[], bool]) -> None:
    """Raise :class:`ArchiveError` where files are known and the folder that held them is not there."""
    if not (folder / WARC_FOLDER).is_dir() and are_known():
        raise ArchiveError(
            f"the folder {folder / WARC_FOLDER} is gone, and WARC files were in it: put it back, or a link to where it is now"
        )
