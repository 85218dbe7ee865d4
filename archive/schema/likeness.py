"""The index of likeness: what is known of a version's prose, to find reports that reuse it (:mod:`archive.reuse.index`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from archive.schema.base import Base


class Likeness(Base):
    """The signature of a section of a version; ``length`` is how many of its characters count."""

    __tablename__ = "likenesses"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    section: Mapped[int] = mapped_column(primary_key=True)
    length: Mapped[int]
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class LikenessBand(Base):
    """A version stands under the keys of its signatures' bands, which begin with its report year."""

    __tablename__ = "likeness_bands"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own attribute, of its own type

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class ScarRow(Base):
    """A place in a version's prose that seems to speak of another agency than the one that reports."""

    __tablename__ = "scars"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(16))  # named, doubled, other_class
    section: Mapped[int]
    start: Mapped[int]
    end: Mapped[int]
    said: Mapped[str]
