"""What stands in a shared storage: WARC files by their names, and the parts of those that are still being written.

Names in a listing are a stranger's text: only such as ours are taken, and none leads elsewhere. What was put is read back.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, cast

from archive.errors import ArchiveError, StorageTrouble
from archive.warcs.files import WARC_FOLDER, sync_folder

MARK = "xxgk-storage.json"  # tells our storage from an empty mount point
LARGEST = 64 << 30  # bytes of a WARC file; ours are rotated at one GiB
CHUNK = 8 << 20  # bytes asked for at once
_AHEAD = 1 << 20
_MOST = 4_000_000  # names of a listing
_NAME = re.compile(rf"{WARC_FOLDER}/xxgk-[0-9a-z-]{{1,80}}\.warc\.gz\Z")
_PART = re.compile(r"[0-9]{12}\Z")
_PATIENCE = {"connect_timeout": 20, "read_timeout": 60, "retries": {"max_attempts": 3}}  # of botocore, in seconds


@dataclass(frozen=True)
class Part:
    """A stretch of a file that was shipped while it was being written."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + self.length


class Storage:
    """A shared storage at an address; nothing is asked of it before it is used, and several threads may use it.

    All methods raise :class:`StorageTrouble` where it does not answer or refuses.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_folder = url.startswith("file:")
        self._turn = Lock()
        self._known: Any = None
        self._root = ""

    def read(self, name: str, start: int, length: int) -> bytes:
        """Bytes of a file. Raises :class:`FileNotFoundError` where there is no such file."""
        if length <= 0:
            return b""
        with self._explained():
            return bytes(self._system.cat_file(self._path(name), start=start, end=start + length))

    def open(self, name: str) -> BinaryIO:
        """A file, to be read and sought in. Raises :class:`FileNotFoundError` where there is no such file."""
        size = self.size(name)
        if size is None:
            raise FileNotFoundError(f"{name} is not in the storage {self.url}")
        return cast("BinaryIO", io.BufferedReader(_Stored(self, name, size), _AHEAD))

    def size(self, name: str) -> int | None:
        """The bytes of a file; null where there is none."""
        with self._explained():
            try:
                facts = self._system.info(self._path(name))
            except FileNotFoundError:
                return None
        size = facts.get("size")
        if facts.get("type") != "file" or not isinstance(size, int) or size > LARGEST:
            raise StorageTrouble(f"{name} in the storage {self.url} is no WARC file of ours: look what stands there")
        return size

    def put(self, path: Path, name: str, stated: str, token: str, *, replace: bool = False) -> None:
        """Put a file there and read it back; ``stated`` is its sha256. ``replace`` takes the place of what is there.

        A folder gets it under another name first, ending in ``token``; a bucket has it whole or not at all. Raises
        :class:`StorageTrouble` where what is read back differs: then nothing of it stays, and what was there does.
        """
        beside = f"{name}.{token}.uploading" if self.is_folder or replace else name
        with self._explained(lacking=True):
            self._make_folder(beside)
            self._system.put_file(str(path), self._path(beside))
            if self.is_folder:
                _sync(self._path(beside))
        self._compare(beside, stated)
        if beside != name:
            with self._explained(lacking=True):
                self._move(beside, name)
            if not self.is_folder:
                self._compare(name, stated)

    def put_bytes(self, data: bytes, name: str, token: str) -> None:
        """Put some bytes there under a name, whole or not at all."""
        beside = f"{name}.{token}.uploading" if self.is_folder else name
        with self._explained(lacking=True):
            self._make_folder(beside)
            self._system.pipe_file(self._path(beside), data)
            if self.is_folder:
                _sync(self._path(beside))
                self._move(beside, name)

    def digest(self, name: str) -> tuple[str, int]:
        """The sha256 of a file as it is read back, and its bytes. Raises :class:`FileNotFoundError`."""
        with self.open(name) as file:
            return sha256_of(file)

    def remove(self, name: str) -> None:
        """Take a file away, if it is there."""
        with self._explained():
            try:
                self._system.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def set_aside(self, name: str, other: str) -> None:
        """Give a file another name: it is none that a reader looks for."""
        with self._explained(lacking=True):
            self._move(name, other)

    def sizes(self) -> dict[str, int]:
        """The bytes of the WARC files, by their names as in the archive's folder; an empty one stands for one that is lost."""
        found = ((f"{WARC_FOLDER}/{name}", size) for name, size in self._listing(WARC_FOLDER))
        return {name: size for name, size in found if 0 < size <= LARGEST and _NAME.match(name)}

    def parts(self, name: str) -> list[Part]:
        """The parts of a file, in their order; those of a length that none of ours has are passed over."""
        found = [
            Part(int(each), size)
            for each, size in self._listing(f"{name}.parts")
            if _PART.match(each) and 0 < size <= LARGEST
        ]
        return sorted(found, key=lambda part: part.offset)

    def part_name(self, name: str, offset: int) -> str:
        """What the part of a file is called that begins there."""
        return f"{name}.parts/{offset:012d}"

    def drop_parts(self, name: str, end: int) -> None:
        """Take away the parts of a file that lie before a place."""
        parts = self.parts(name)
        for part in parts:
            if part.end <= end:
                self.remove(self.part_name(name, part.offset))
        if self.is_folder and parts and all(part.end <= end for part in parts):
            try:
                os.rmdir(self._path(f"{name}.parts"))  # noqa: PTH106 - the storage's own path
            except OSError:  # a part came meanwhile
                return

    def is_marked(self) -> bool:
        """Whether it is a storage of ours, and not a folder where it should be mounted."""
        with self._explained():
            return bool(self._system.exists(f"{self._root_path}/{MARK}"))

    def mark(self) -> None:
        """Make it a storage of ours."""
        with self._explained(lacking=True):
            self._system.pipe_file(f"{self._root_path}/{MARK}", b'{"format": 1}\n')

    def is_there(self) -> bool:
        """Whether the folder or the bucket exists."""
        with self._explained():
            root = self._root_path if self.is_folder else self._root_path.partition("/")[0]
            return bool(self._system.exists(root))

    def _compare(self, name: str, stated: str) -> None:
        try:
            found, _ = self.digest(name)
        except FileNotFoundError:
            found = "nothing"
        if found != stated:
            self.remove(name)
            raise StorageTrouble(
                f"what was put into the storage {self.url} as {name} was read back as something else: look after it; the file stays here and is put again next time"
            )

    def _listing(self, folder: str) -> Iterator[tuple[str, int]]:
        with self._explained():
            try:
                entries = self._system.ls(f"{self._root_path}/{folder}", detail=True)
            except FileNotFoundError:
                return
        if len(entries) > _MOST:
            raise StorageTrouble(f"{folder} of the storage {self.url} holds more than {_MOST:,} files: it is not ours")
        for entry in entries:
            size = entry.get("size")
            if entry.get("type") == "file" and isinstance(size, int):
                yield str(entry.get("name", "")).rpartition("/")[2], size

    def _path(self, name: str) -> str:
        if ".." in name.split("/") or not name.startswith(f"{WARC_FOLDER}/"):
            raise StorageTrouble(f"{name} is no name of a WARC file of ours: run verify")
        return f"{self._root_path}/{name}"

    def _make_folder(self, name: str) -> None:
        """Below the root only: where that is not there, nothing is mounted."""
        if not self.is_folder:
            return
        for depth in range(1, name.count("/") + 1):
            folder = Path(self._root_path, *name.split("/")[:depth])
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                sync_folder(folder.parent)

    def _move(self, name: str, other: str) -> None:
        self._system.mv(self._path(name), self._path(other))
        if self.is_folder:
            sync_folder(Path(self._path(other)).parent)

    @property
    def _root_path(self) -> str:
        self._system  # noqa: B018 - which finds it
        return self._root

    @property
    def _system(self) -> Any:
        with self._turn:
            if self._known is None:
                try:
                    fsspec = importlib.import_module("fsspec")
                    settings: dict[str, Any] = {"use_listings_cache": False}
                    if not self.is_folder and "config_kwargs" not in fsspec.config.conf.get("s3", {}):
                        settings["config_kwargs"] = _PATIENCE
                    self._known, root = fsspec.core.url_to_fs(self.url, **settings)
                except ImportError as error:
                    raise StorageTrouble(
                        f"the storage {self.url} cannot be used: install the extra `storage` ({error})"
                    ) from error
                self._root = str(root).rstrip("/")
            return self._known

    @contextmanager
    def _explained(self, *, lacking: bool = False) -> Iterator[None]:
        """What a filesystem says of its troubles, in a sentence; ``lacking``: what is not there is one of them."""
        try:
            yield
        except ArchiveError:
            raise
        except Exception as error:  # each filesystem has errors of its own
            if isinstance(error, FileNotFoundError) and not lacking:
                raise
            said = " ".join(str(error).split())[:200] or type(error).__name__
            raise StorageTrouble(
                f"the storage {self.url} cannot be used ({said}): see that it is there and may be read and written, then run the same command again"
            ) from error


class _Stored(io.RawIOBase):
    """A file in the storage, read in ranges."""

    def __init__(self, storage: Storage, name: str, size: int) -> None:
        super().__init__()
        self._storage = storage
        self._name = name
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, begin + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._position)
        if length <= 0:
            return 0
        data = self._storage.read(self._name, self._position, length)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def sha256_of(file: BinaryIO, length: int | None = None) -> tuple[str, int]:
    """The sha256 of an open file from its beginning, of ``length`` bytes or all; and how many there were."""
    found, done = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK if length is None else min(CHUNK, length - done)):
        found.update(chunk)
        done += len(chunk)
    return found.hexdigest(), done


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
