"""Some documents take far more than a page of text does: pictures are recognised, old Word files converted.

Who runs the parser within limits (parser/isolation.py) hears of it before that work begins, and may widen them then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum


class Effort(StrEnum):
    """The kinds of work that take seconds a page."""

    RECOGNITION = "recognition"
    CONVERSION = "conversion"


_listener: ContextVar[Callable[[Effort], None] | None] = ContextVar("listener", default=None)


def announce(effort: Effort) -> None:
    """Say that such work begins; nobody hears it where the parser runs without limits."""
    listener = _listener.get()
    if listener is not None:
        listener(effort)


@contextmanager
def heard_by(listener: Callable[[Effort], None]) -> Iterator[None]:
    """Call ``listener`` at each announcement within the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
