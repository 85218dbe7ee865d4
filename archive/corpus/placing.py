"""Placing: an export is written beside its folder and put there whole, or nothing is."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import simplejson

from archive.corpus.package import DESCRIPTION, NAME, README, SCHEMAS
from archive.errors import ArchiveError
from archive.warcs import files

_PART, _OLD = ".part", ".old"  # behind a dot and the folder's name


class Taken(ArchiveError):
    """Another export is being put into the folder at this moment."""


@contextmanager
def placed(folder: Path) -> Iterator[Path]:
    """A new folder to write to, which stands at ``folder`` afterwards, in the place of an earlier export of ours.

    Raises :class:`ArchiveError` where something else stands there, where another export is being written to it, or where it
    cannot be written; then, and if the process is stopped, what stood there before stands there still.
    """
    folder = folder.absolute()
    try:
        yield from _placed(Path(os.path.normpath(folder)))
    except OSError as error:
        raise ArchiveError(
            f"the export {folder} cannot be written, and nothing of it is kept: {files.reason(error)}"
        ) from error


def _placed(folder: Path) -> Iterator[Path]:
    new, old = (folder.with_name(f".{folder.name}{suffix}") for suffix in (_PART, _OLD))
    _check_place(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _held(folder.parent / f".{folder.name}.lock", folder):
        if old.exists() and not folder.exists():
            old.rename(folder)  # a process was killed between the two steps below
        check(folder)
        for left in (new, old):
            if left.exists():
                shutil.rmtree(left)
        new.mkdir()
        try:
            yield new
            sync(new)
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
            files.sync_folder(folder.parent)
        finally:
            for left in (new, old):
                shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _held(lock: Path, folder: Path) -> Iterator[None]:
    while True:
        with lock.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Taken(
                    f"another export is being written to {folder}: wait for its end, or name another folder"
                ) from None
            if not _stands(file, lock):  # who had it before took it away since we opened it: the next has another
                continue
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
            return


def _stands(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def check(folder: Path) -> None:
    """Raise :class:`ArchiveError` for a folder that holds anything but an export of ours."""
    _check_place(folder)
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ArchiveError(f"{folder} is a file: name a folder that does not exist, or one of an earlier export")
    ours = _ours(folder)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in ours and (path.is_symlink() or not path.is_dir()):
            raise ArchiveError(f"{folder} holds {name}, which no export wrote: name another folder, or move it away")


def _check_place(folder: Path) -> None:
    if not folder.name or folder.is_symlink() or folder.is_mount():
        raise ArchiveError(f"{folder} cannot be replaced by an export: name a folder that does not exist")


def _ours(folder: Path) -> set[str]:
    try:
        described = simplejson.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        if described["name"] != NAME:
            return set()
        paths = {str(resource["path"]) for resource in described["resources"]}
        schemas = {f"{SCHEMAS}/{path.name}" for path in (folder / SCHEMAS).glob("*.json")}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {DESCRIPTION, README, *schemas, *paths}


def sync(folder: Path) -> None:
    """Bring all of it down to the disk, before it gets its name."""
    for path in folder.rglob("*"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
