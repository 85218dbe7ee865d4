"""Blocks: which sections hold a gram, in few bytes.

The versions of a chunk are numbered from 0 to 255. What is known of a gram is a piece for each chunk: the chunk's number,
how many of its versions hold it less one, their numbers as steps from the one before, and for each a byte that has a bit
for each section. A block holds the pieces of several grams, packed together; pieces are joined without being read.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from operator import sub
from struct import Struct

CHUNK = 256  # versions
SECTIONS = 0xFF
_HEAD = Struct("<II")
_LEVEL = 6


def bit_of(section: int) -> int:
    """The bit of a section's number: 1 to 7 have their own."""
    return 1 << section if 0 < section < 8 else 1


def bucket_of(gram: str, buckets: int) -> int:
    """In which block of so many a gram stands; where one number of blocks divides another, so do their buckets."""
    return zlib.crc32(gram.encode()) % buckets


def piece(slots: bytes, masks: bytes) -> bytes:
    """What a chunk says of a gram: ascending numbers of versions, and the bits of each; the chunk is the first."""
    return bytes((0, len(slots) - 1, slots[0])) + bytes(map(sub, slots[1:], slots)) + masks


def moved(one: bytes, chunk: int) -> bytes:
    """The piece of a first chunk as that of another."""
    return bytes((chunk,)) + one[1:]


def pieces(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The pieces that are joined in ``data``: the chunk's number, the versions' numbers, their bits."""
    at = 0
    while at < len(data):
        chunk, count = data[at], data[at + 1] + 1
        at += 2
        yield chunk, bytes(accumulate(data[at : at + count])), data[at + count : at + 2 * count]
        at += 2 * count


def spread(data: bytes, slots: int) -> bytes:
    """The bits of every version of a segment, nought where it lacks the gram."""
    found = bytearray(slots)
    for chunk, numbers, masks in pieces(data):
        base = chunk * CHUNK
        if len(numbers) == numbers[-1] - numbers[0] + 1:
            begin = base + numbers[0]
            found[begin : begin + len(masks)] = masks
            continue
        for number, mask in zip(numbers, masks, strict=True):
            found[base + number] = mask
    return bytes(found)


def pack(entries: Mapping[str, bytes]) -> bytes:
    """A block of grams and what is known of each."""
    names = "\n".join(entries).encode()
    lengths = b"".join(len(data).to_bytes(4, "little") for data in entries.values())
    return zlib.compress(_HEAD.pack(len(entries), len(names)) + names + lengths + b"".join(entries.values()), _LEVEL)


def unpack(block: bytes) -> dict[str, bytes] | None:
    """The grams of a block, null where its bytes were changed."""
    try:
        data = zlib.decompress(block)
    except zlib.error:
        return None
    count, length = _HEAD.unpack_from(data)
    begin = _HEAD.size + length
    names = data[_HEAD.size : begin].decode().split("\n")
    at = begin + 4 * count
    found = {}
    for name, size in zip(names, _sizes(data, begin, count), strict=True):
        found[name] = data[at : at + size]
        at += size
    return found


def _sizes(data: bytes, begin: int, count: int) -> Iterable[int]:
    return Struct(f"<{count}I").unpack_from(data, begin)
