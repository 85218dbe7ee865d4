"""Locks between processes: one for the folder, taken for moments, and one on each WARC file, held while it is written."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

LOCK = "archive.lock"


@contextmanager
def locked(folder: Path, name: str = LOCK) -> Iterator[None]:
    """A lock of the folder; who holds the default one may make files, tables, or cut what was left half-written."""
    with (folder / name).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released by the system, whatever happens to the process
        yield


def take(file: BinaryIO) -> bool:
    """Take an open file for ourselves; false if another process writes to it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
