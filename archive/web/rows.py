"""Rows: what a table shows, a page of it at a time or from front to back, whatever its length."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from archive.web.columns import Row

MOST = 500  # rows of one page


class WrongCursor(Exception):
    """What asks for a further page is none of ours."""


@dataclass(frozen=True)
class Page:
    """Some rows; ``following`` asks for those behind them, null at the end. ``total`` is null where nobody counted."""

    rows: Sequence[Row]
    following: str | None = None
    total: int | None = None


class Rows(Protocol):
    """The rows of a table."""

    def page(self, after: str | None, limit: int) -> Page:
        """The rows behind a cursor. Raises :class:`WrongCursor`."""
        ...

    def __iter__(self) -> Iterator[Row]:
        """All of them."""
        ...


class Listed:
    """Rows that are at hand; ``made`` makes a line of each when it is shown."""

    def __init__(self, things: Sequence[Any], made: Callable[[Any], Row]) -> None:
        self._things = things
        self._made = made

    def page(self, after: str | None, limit: int) -> Page:
        """The rows behind a place."""
        start = number(after)
        rows = [self._made(each) for each in self._things[start : start + limit]]
        end = start + len(rows)
        return Page(rows, str(end) if end < len(self._things) else None, len(self._things))

    def __iter__(self) -> Iterator[Row]:
        """All of them."""
        return map(self._made, self._things)


class Walked:
    """Rows in the order of a whole number of theirs; ``walk`` gives those behind one, as many as are taken of it."""

    def __init__(self, walk: Callable[[int], Generator[tuple[int, Row], None, None]], total: int | None = None) -> None:
        self._walk = walk
        self._total = total

    def page(self, after: str | None, limit: int) -> Page:
        """The rows behind a number."""
        rows: list[Row] = []
        last, following = number(after), None
        with closing(self._walk(last)) as walk:
            for at, row in walk:
                if len(rows) == limit:
                    following = str(last)
                    break
                rows.append(row)
                last = at
        return Page(rows, following, self._total)

    def __iter__(self) -> Iterator[Row]:
        """All of them."""
        return (row for _, row in self._walk(0))


def number(after: str | None) -> int:
    """The number a cursor stands for. Raises :class:`WrongCursor`."""
    if after is None:
        return 0
    if not (after.isascii() and after.isdecimal() and len(after) <= 18):
        raise WrongCursor(after)
    return int(after)
