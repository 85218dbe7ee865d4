"""Portions: many numbers or names, so many at a time as one statement may name."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

MOST = 800  # databases have a limit
_Item = TypeVar("_Item", bound=Hashable)


def portions(items: Iterable[_Item], most: int = MOST) -> Iterator[list[_Item]]:
    """The items in lists of at most so many, each item once, in the order in which they come."""
    rest = iter(dict.fromkeys(items))
    while portion := list(islice(rest, most)):
        yield portion
