"""Among: a column's value is one of many.

One parameter whatever their number, so that the statement stays the same and has no limit: a parameter for each would be
written, sent, read and planned anew each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Dialect, Integer, Text, TypeDecorator, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

_Value = TypeVar("_Value", int, str)


def among(column: ColumnElement[_Value] | InstrumentedAttribute[Any], values: Iterable[_Value]) -> ColumnElement[bool]:
    """Whether a column's value is one of these numbers or texts; true of no row where there are none."""
    several = list(dict.fromkeys(values))
    return _Among(column, literal(several, _Numbers() if isinstance(column.type, Integer) else _Texts()))


class _Among(FunctionElement[bool]):
    type: TypeEngine[Any] = NullType()  # of a truth value SQLite would be told `= 1`, and finds no index for that
    inherit_cache = True
    name = "among"


class _Several(TypeDecorator[list[Any]]):
    """An array, or the text of a JSON list where the database has no arrays."""

    impl = Text
    cache_ok = True
    item: TypeEngine[Any]

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Numbers(_Several):
    cache_ok = True
    item = BigInteger()


class _Texts(_Several):
    cache_ok = True
    item = Text()


@compiles(_Among)
def _in_list(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - of compiled clauses


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"
