"""The index of words: it learns the sections of versions chunk by chunk, and says which of them can hold all of some grams.

It knows no places within a text, only which sections hold which single characters and which pairs: so one character, two
and a phrase of any length are found alike, and what is longer than two is looked up in the text itself. New versions go to
an open segment of one chunk; sixteen of these are merged into one that stays as it is. What is forgotten is struck from
its segment's list, and a segment of which nothing is left is dropped. Both databases keep the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from struct import Struct
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from archive.among import among
from archive.schema import WordBlock, WordPlace, WordSegment
from archive.words.blocks import CHUNK, SECTIONS, bit_of, bucket_of, moved, pack, piece, pieces, spread, unpack
from archive.words.folding import fold, grams

if TYPE_CHECKING:
    from archive.study import Lesson

_Known = defaultdict[str, bytearray]  # of each gram in turn the slot of a version and its bits
MERGE = 16  # open segments to a merged one
_OPEN_BUCKETS, _MERGED_BUCKETS = 256, 1024  # the one divides the other; a block has some kilobytes


class Words:
    """The student of words (:mod:`archive.study`)."""

    def learn(self, session: Session, lessons: Sequence[Lesson]) -> None:
        """Take in the sections of versions; what was known of them before is replaced."""
        self.forget(session, [lesson.version_id for lesson in lessons])
        told = [lesson for lesson in lessons if any(section.text for section in lesson.sections)]
        for at in range(0, len(told), CHUNK):
            _add(session, told[at : at + CHUNK])
        _merge(session)

    def forget(self, session: Session, version_ids: Sequence[int]) -> None:
        """Drop what is known of versions."""
        places = select(WordPlace.segment_id).where(among(WordPlace.version_id, version_ids)).distinct()
        segments = list(session.scalars(places))
        if not segments:
            return
        gone = set(version_ids)
        query = select(WordSegment.id, WordSegment.versions).where(among(WordSegment.id, segments))
        for number, packed in session.execute(query).all():
            left = [0 if version in gone else version for version in _numbers(packed)]
            if any(left):
                session.execute(update(WordSegment).where(WordSegment.id == number).values(versions=_packed(left)))
            else:
                _drop(session, [number])
        session.execute(delete(WordPlace).where(among(WordPlace.version_id, version_ids)))


def candidates(session: Session, every: Collection[str], sections: int = SECTIONS) -> bytearray:
    """Of each version's number the bits of the sections that hold all of some grams, if they are among ``sections``.

    A section that does not hold a word of more than two characters may be among them, none that holds it is left out.
    """
    highest = session.scalar(select(func.max(WordPlace.version_id))) or 0
    found = bytearray(highest + 1)
    for merged, buckets in ((False, _OPEN_BUCKETS), (True, _MERGED_BUCKETS)):
        query = select(WordSegment.id, WordSegment.versions).where(WordSegment.merged.is_(merged))
        query = query.order_by(WordSegment.id)
        segments = dict(session.execute(query).all())
        for number, blocks in _blocks(session, segments, {bucket_of(gram, buckets) for gram in every}):
            versions = _numbers(segments[number])
            for version, bits in zip(versions, _common(every, buckets, blocks, len(versions)), strict=True):
                if bits & sections and version:
                    found[version] = bits & sections
    return found


def _blocks(
    session: Session, segments: Iterable[int], buckets: Collection[int]
) -> Iterator[tuple[int, dict[int, dict[str, bytes] | None]]]:
    """Of each segment the blocks of some buckets."""
    query = select(WordBlock.segment_id, WordBlock.bucket, WordBlock.data)
    query = query.where(among(WordBlock.segment_id, segments), among(WordBlock.bucket, buckets))
    rows = session.execute(query.order_by(WordBlock.segment_id).execution_options(yield_per=500))
    for number, several in groupby(rows, key=lambda row: row.segment_id):
        yield number, {bucket: unpack(data) for _, bucket, data in several}


def _common(every: Collection[str], buckets: int, blocks: dict[int, dict[str, bytes] | None], slots: int) -> bytes:
    """The bits that all grams have in common, for each version of a segment."""
    common = -1
    for gram in every:
        block = blocks.get(bucket_of(gram, buckets), {})
        if block is None:  # damaged: whatever stood there is looked up in the texts
            continue
        data = block.get(gram)
        if data is None:
            return bytes(slots)
        common &= int.from_bytes(spread(data, slots), "little")
    return bytes([SECTIONS]) * slots if common == -1 else common.to_bytes(slots, "little")


def _add(session: Session, lessons: Sequence[Lesson]) -> None:
    """Add versions to the last open segment, if they fit in, or begin another."""
    query = select(WordSegment.id, WordSegment.versions).where(WordSegment.merged.is_(False))
    last = session.execute(query.order_by(WordSegment.id.desc()).limit(1)).first()
    versions: list[int] = []
    known: _Known = defaultdict(bytearray)
    if last is not None and len(_numbers(last.versions)) + len(lessons) <= CHUNK:
        versions, known = _taken_up(session, last.id, _numbers(last.versions))
    for lesson in lessons:
        _note(known, len(versions), lesson)
        versions.append(lesson.version_id)
    number = _insert_segment(session, versions, merged=False)
    by_bucket: dict[int, dict[str, bytes]] = {}
    for gram in sorted(known):
        said = bytes(known[gram])
        by_bucket.setdefault(bucket_of(gram, _OPEN_BUCKETS), {})[gram] = piece(said[::2], said[1::2])
    _insert_blocks(session, number, by_bucket)
    session.execute(insert(WordPlace), [{"version_id": version, "segment_id": number} for version in versions])


def _taken_up(session: Session, number: int, versions: Sequence[int]) -> tuple[list[int], _Known]:
    """What an open segment holds, to go on with it under another number; what was struck from it is left out."""
    kept = [version for version in versions if version]
    places = {version: at for at, version in enumerate(kept)}
    known: _Known = defaultdict(bytearray)
    blocks = list(session.scalars(select(WordBlock.data).where(WordBlock.segment_id == number)))
    for gram, data in (entry for block in blocks for entry in (unpack(block) or {}).items()):
        ((_, slots, masks),) = pieces(data)
        for slot, mask in zip(slots, masks, strict=True):
            if versions[slot]:
                known[gram] += bytes((places[versions[slot]], mask))
    session.execute(delete(WordPlace).where(among(WordPlace.version_id, kept)))
    _drop(session, [number])
    return kept, known


def _note(known: _Known, slot: int, lesson: Lesson) -> None:
    bits: dict[str, int] = {}
    for section in lesson.sections:
        bit = bit_of(section.number)
        for gram in grams(fold(section.text)):
            bits[gram] = bits.get(gram, 0) | bit
    pairs = [bytes((slot, mask)) for mask in range(SECTIONS + 1)]
    for gram, mask in bits.items():
        known[gram] += pairs[mask]


def _merge(session: Session) -> None:
    """Make one segment of the open ones, but for the last, where there are enough of them."""
    query = select(WordSegment.id, WordSegment.versions).where(WordSegment.merged.is_(False)).order_by(WordSegment.id)
    opened = dict(session.execute(query).all())
    if len(opened) <= MERGE:
        return
    del opened[max(opened)]
    versions: list[int] = []
    chunks: dict[int, int] = {}
    for chunk, (number, packed) in enumerate(opened.items()):
        chunks[number] = chunk
        versions += [0] * (chunk * CHUNK - len(versions)) + list(_numbers(packed))
    into = _insert_segment(session, versions, merged=True)
    for bucket in range(_OPEN_BUCKETS):
        query = select(WordBlock.segment_id, WordBlock.data).where(
            WordBlock.bucket == bucket, among(WordBlock.segment_id, list(opened))
        )
        joined: dict[str, bytearray] = {}
        for number, block in session.execute(query.order_by(WordBlock.segment_id)):
            for gram, data in (unpack(block) or {}).items():
                joined.setdefault(gram, bytearray()).extend(moved(data, chunks[number]))
        by_bucket: dict[int, dict[str, bytes]] = {}
        for gram in sorted(joined):
            by_bucket.setdefault(bucket_of(gram, _MERGED_BUCKETS), {})[gram] = bytes(joined[gram])
        _insert_blocks(session, into, by_bucket)
    standing = [version for version in versions if version]
    session.execute(update(WordPlace).where(among(WordPlace.version_id, standing)).values(segment_id=into))
    _drop(session, list(opened))


def _insert_segment(session: Session, versions: Sequence[int], *, merged: bool) -> int:
    segment = WordSegment(merged=merged, versions=_packed(versions))
    session.add(segment)
    session.flush()
    return segment.id


def _insert_blocks(session: Session, number: int, by_bucket: dict[int, dict[str, bytes]]) -> None:
    rows = [
        {"segment_id": number, "bucket": bucket, "data": pack(entries)} for bucket, entries in sorted(by_bucket.items())
    ]
    if rows:
        session.execute(insert(WordBlock), rows)


def _drop(session: Session, segments: Sequence[int]) -> None:
    session.execute(delete(WordBlock).where(among(WordBlock.segment_id, segments)))
    session.execute(delete(WordSegment).where(among(WordSegment.id, segments)))


def _numbers(packed: bytes) -> tuple[int, ...]:
    return Struct(f"<{len(packed) // 4}I").unpack(packed)


def _packed(numbers: Sequence[int]) -> bytes:
    return Struct(f"<{len(numbers)}I").pack(*numbers)
