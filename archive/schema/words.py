"""The index of words: which sections of which versions hold which characters and pairs (:mod:`archive.words`).

It can be made again from the records.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from archive.schema.base import Base


class WordSegment(Base):
    """A part of the index. ``versions`` are the numbers of its versions, four bytes each, nought where none stands."""

    __tablename__ = "word_segments"

    id: Mapped[int] = mapped_column(primary_key=True)
    merged: Mapped[bool]  # of many chunks, and takes no more
    versions: Mapped[bytes]


class WordBlock(Base):
    """A block of grams of a segment (:mod:`archive.words.blocks`)."""

    __tablename__ = "word_blocks"

    segment_id: Mapped[int] = mapped_column(ForeignKey("word_segments.id"), primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes]


class WordPlace(Base):
    """In which segment a version stands; no foreign key to it: to drop a segment would look through all of these."""

    __tablename__ = "word_places"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    segment_id: Mapped[int]
