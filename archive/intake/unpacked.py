"""Unpacked: the plain bytes of a file that may be packed with gzip or zstd, from front to back, strictly and within bounds.

FastWARC hands out what is left of a cut file and checks no gzip trailer; an import has to say what is not there.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from fastwarc.stream_io import ZstdReader

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPED = b"\x2a\x4d\x18"  # behind its first byte: a frame that holds the dictionary of a .warc.zst
_STEP = 1 << 16
_SMALL_STEP = 256
_MUCH = 1 << 30  # bytes
_RATIO = 300  # web pages pack to a fifth, endless zeros to a thousandth


class Damaged(Exception):
    """What stands in a file is not what was written there; ``cut`` where its end is missing, ``member`` is where."""

    def __init__(self, what: str, *, member: int, cut: bool = False) -> None:
        super().__init__(what)
        self.member = member
        self.cut = cut


class Unpacked:
    """Reads a file of whatever packing. Every method raises :class:`Damaged`; positions count bytes from its beginning."""

    def __init__(self, file: BinaryIO) -> None:
        magic = file.read(4)
        file.seek(0)
        self._file = file
        if magic.startswith(_GZIP):
            self._chunks = _inflate(file)
        elif magic == _ZSTD or magic[1:] == _ZSTD_SKIPPED:
            self._chunks = _unpack_zstd(file)
        else:
            self._chunks = _plain(file)
        self._buffer = bytearray()
        self._start = 0  # of the buffer, in plain bytes
        self._members: deque[tuple[int, int]] = deque([(0, 0)])  # where each begins: in plain bytes, in the file

    @property
    def position(self) -> int:
        """How far the file itself was read."""
        return self._file.tell()

    def place(self) -> str:
        """Where the next byte stands, in words."""
        plain, packed = self._member(self._start)
        inner = self._start - plain
        if inner == 0:
            return f"at byte {packed}"
        return f"at byte {inner}" if packed == 0 else f"at byte {packed}, {inner} bytes into what is packed there"

    def member(self) -> int:
        """Where the packed member begins that holds the byte read last."""
        return self._member(max(0, self._start - 1))[1]

    def member_ahead(self) -> int:
        """Where the packed member begins that holds the next byte."""
        return self._member(self._start)[1]

    def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        while len(self._buffer) < size:
            if not self._more():
                raise Damaged("it ends within a record", member=self._members[-1][1], cut=True)
        return self._take(size)

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        while size > 0:
            step = min(size, _STEP)
            self.read(step)
            size -= step

    def line(self, longest: int) -> bytes:
        """A line with its end; less at the end of the file. Raises :class:`Damaged` for one longer than ``longest``."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > longest:
                raise Damaged(f"a line of more than {longest} bytes stands there", member=self._members[-1][1])
            if not self._more():
                return self._take(searched)
        return self._take(end + 1)

    def skip_line_ends(self) -> bool:
        """Pass over line ends; whether anything follows."""
        while True:
            rest = self._buffer.lstrip(b"\r\n")
            self._take(len(self._buffer) - len(rest))
            if rest:
                return True
            if not self._more():
                return False

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._start += size
        while len(self._members) > 1 and self._members[1][0] < self._start:
            self._members.popleft()
        return taken

    def _more(self) -> bool:
        found = next(self._chunks, None)
        if found is None:
            return False
        packed, chunk = found
        end = self._start + len(self._buffer)
        if packed != self._members[-1][1]:
            self._members.append((end, packed))
        self._buffer += chunk
        if end > _MUCH and end > _RATIO * max(1, self._file.tell()):
            raise Damaged(f"it unpacks to more than {_RATIO} times its size", member=packed)
        return True

    def _member(self, plain: int) -> tuple[int, int]:
        return max((one for one in self._members if one[0] <= plain), default=self._members[0])


def _plain(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    while chunk := file.read(_STEP):
        yield 0, chunk


def _inflate(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Member after member, each to the last byte of its trailer. Zeros behind a member are padding."""
    rest = b""
    while rest := rest or file.read(_STEP):
        rest = rest.lstrip(b"\0")
        start = file.tell() - len(rest)
        if len(rest) < len(_GZIP):
            more = file.read(_STEP)
            if rest and not more:
                raise Damaged("it ends with a single byte", member=start, cut=True)
            rest += more
            continue
        if not rest.startswith(_GZIP):
            raise Damaged("what stands there is not packed as the rest is", member=start)
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        while not unpacker.eof:
            packed = rest or file.read(_STEP)
            if len(packed) == 0:
                raise Damaged("its end is cut off", member=start, cut=True)
            try:
                chunk = unpacker.decompress(packed, _STEP)
            except zlib.error as error:
                raise Damaged(f"its packing is damaged ({error})", member=start) from error
            rest = unpacker.unused_data or unpacker.unconsumed_tail
            yield start, chunk


def _unpack_zstd(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """All frames; FastWARC knows the dictionary a .warc.zst may begin with."""
    done = 0
    reader = ZstdReader(file)
    try:
        while chunk := reader.read(_STEP):
            done += len(chunk)
            yield 0, chunk
    except OSError:  # and with it what was whole before the damage
        yield from _unpack_to_damage(file, done)


def _unpack_to_damage(file: BinaryIO, done: int) -> Iterator[tuple[int, bytes]]:
    file.seek(0)
    reader = ZstdReader(file)
    while done:
        done -= len(reader.read(min(done, _STEP)))
    try:
        while chunk := reader.read(_SMALL_STEP):
            yield 0, chunk
    except OSError as error:
        raise Damaged(f"its packing is damaged ({error})", member=0, cut=True) from error
