"""How values stand in the tables: times, words, digests, packed text; and the root of the tables."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Dialect, LargeBinary, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase


class Moment(TypeDecorator[datetime]):
    """A time in UTC, aware on both sides; SQLite knows no zones, so they are put on and taken off here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone is not kept")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """From the database: one call to a value, since a nation's answers hold hundreds of thousands."""
        read = self.impl_instance.dialect_impl(dialect).result_processor(dialect, coltype)

        def moment(value: Any) -> datetime | None:
            if value is None:
                return None
            found: Any = value if read is None else read(value)
            if found.tzinfo is not UTC:
                found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
            known: datetime = found
            return known

        return moment


class Words(TypeDecorator[str]):
    """Text of a portal: NUL (which PostgreSQL refuses) and broken surrogates are taken out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        del dialect
        return None if value is None else storable(value)


class Ready(str):
    """Long text that is compressed already, by whoever has the time."""

    __slots__ = ("packed",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.packed = _pack(text)


def _pack(text: str) -> bytes:
    return zlib.compress(text.encode("utf-8"), 6)


class Packed(TypeDecorator[str]):
    """Long text, compressed. Bytes that do not unpack are read as an empty text, which no digest agrees with."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        del dialect
        if isinstance(value, Ready):
            return value.packed
        return None if value is None else _pack(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """From the database."""
        del dialect
        if value is None:
            return None
        try:
            return zlib.decompress(value).decode("utf-8")
        except (zlib.error, UnicodeDecodeError):
            return ""


class Digest(TypeDecorator[str]):
    """A digest or an identifier, hexadecimal in Python, its bytes in the database: half as long, in the indexes too."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        del dialect
        return None if value is None else bytes.fromhex(value.replace("-", ""))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """From the database."""
        del dialect
        return None if value is None else bytes(value).hex()


class Identifier(Digest):
    """A UUID, in its usual writing in Python."""

    cache_ok = True

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """From the database."""
        del dialect
        if value is None:
            return None
        return str(UUID(bytes=bytes(value))) if len(value) == 16 else bytes(value).hex()  # damaged: verify tells


def storable(text: str) -> str:
    """The text as :class:`Words` keeps it."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class Base(DeclarativeBase):
    """The root of the tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment, str: Words}  # noqa: RUF012 - SQLAlchemy's own attribute, of its own type
