"""Patience: a PostgreSQL that is away for a while is waited for.

``XXGK_PATIENCE`` says for how many seconds. A command that a person types has none: whoever sits there is told at once.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock
from time import monotonic
from typing import Any, TypeVar

from archive.errors import ArchiveError, ConnectionLost

PATIENCE = "XXGK_PATIENCE"
Result = TypeVar("Result")
Say = Callable[[str], None]

logger = logging.getLogger(__name__)

_FIRST, _LONGEST = 1.0, 5.0  # seconds between two tries
_AGAIN = 0.2  # seconds: a connection that breaks again and again is not hammered
_CROWDED = ("too many", "connection slots")  # 53300, which libpq hands on only in words
_OURS = frozenset({"context", "autocommit", "prepare_threshold", "row_factory", "cursor_factory"})  # not libpq's


def seconds() -> float:
    """How long a database that is away is waited for. Raises :class:`ArchiveError` where the environment says no number."""
    written = os.environ.get(PATIENCE, "").strip()
    try:
        value = float(written or 0)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ArchiveError(f"{PATIENCE} must be a number of seconds, at least 0, and is {written!r}")
    return value


def again(work: Callable[[], Result]) -> Result:
    """Do what may be done twice, and do it again where the connection broke, while there is patience.

    Raises :class:`ConnectionLost` where it breaks still.
    """
    end: float | None = None
    while True:
        try:
            return work()
        except ConnectionLost:
            now = monotonic()
            end = now + seconds() if end is None else end
            if now >= end or _given_up.is_set():
                raise
            _given_up.wait(_AGAIN)


@contextmanager
def told(say: Say) -> Iterator[None]:
    """Let ``say`` be told in a sentence, within the block, that the database is waited for, and that it is back."""
    _away.listeners.append(say)
    try:
        yield
    finally:
        _away.listeners.remove(say)


def give_up() -> None:
    """Wait no longer in this process: it is to end."""
    _given_up.set()


class _Away:
    """Whether the database is away, as this process knows: it is said once, however many threads wait."""

    def __init__(self) -> None:
        self.listeners: list[Say] = []
        self._lock = Lock()
        self._since: float | None = None

    def begin(self, error: Exception, patience: float) -> None:
        """It cannot be reached."""
        with self._lock:
            if self._since is not None:
                return
            self._since = monotonic()
        self._say(f"PostgreSQL is away ({_said(error)}): it is waited for, for up to {patience:.0f} s")

    def end(self) -> None:
        """It can."""
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            self._say(f"PostgreSQL is back after {monotonic() - since:.0f} s")

    def forget(self) -> None:
        """It is no longer waited for."""
        with self._lock:
            self._since = None

    def _say(self, sentence: str) -> None:
        logger.log(logging.INFO if self.listeners else logging.WARNING, "%s", sentence)
        for say in list(self.listeners):
            say(sentence)


_away = _Away()
_given_up = Event()


def connect(dialect: Any, _record: Any, arguments: tuple[Any, ...], parameters: Mapping[str, Any]) -> Any:
    """Connect, and try again while the server cannot be reached, starts, ends, or is full (SQLAlchemy's ``do_connect``).

    What the server refuses for good (a password, a name) is raised by the second try at the latest.
    """
    patience = seconds()
    if not patience:
        return None  # SQLAlchemy connects by itself
    end, pause, refused = monotonic() + patience, _FIRST, 0
    while True:
        try:
            connection = dialect.connect(*arguments, **parameters)
        except dialect.loaded_dbapi.OperationalError as error:
            refused += not _passes(error, parameters)
            if refused > 1 or monotonic() >= end or _given_up.is_set():
                _away.forget()
                raise
            _away.begin(error, patience)
        else:
            _away.end()
            return connection
        _given_up.wait(max(0.0, min(pause, end - monotonic())))
        pause = min(pause + _FIRST, _LONGEST)


def _passes(error: Exception, parameters: Mapping[str, Any]) -> bool:
    """Whether another try may help: the server cannot be reached, or takes nobody now, as libpq's own question finds."""
    from psycopg import pq  # noqa: PLC0415 - an extra
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - as above

    if any(word in str(error) for word in _CROWDED):
        return True
    asked = make_conninfo(**{name: value for name, value in parameters.items() if name not in _OURS})
    return pq.PGconn.ping(asked.encode()) in {pq.Ping.REJECT, pq.Ping.NO_RESPONSE}


def _said(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
