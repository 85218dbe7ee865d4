"""Sessions: who gave the password may acknowledge. Kept in memory: a restart signs everybody out."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from time import monotonic

COOKIE = "xxgk-session"
LASTS = 12 * 3600.0  # seconds
_MOST = 1_000  # sessions; the oldest ends first
_PAUSE = 1.0  # seconds between two passwords that are tried; doubled with each that is wrong, up to the next
_LONGEST_PAUSE = 64.0


@dataclass(frozen=True)
class Visitor:
    """Who asks: ``name`` is as they wrote it when they signed in; ``key`` binds their forms to their session."""

    name: str
    key: bytes

    def token(self) -> str:
        """What a form of theirs carries; another one each time, so that a packed page does not give it away."""
        salt = secrets.token_hex(8)
        return f"{salt}.{self._mark(salt)}"

    def sent(self, token: str) -> bool:
        """Whether a form is theirs."""
        salt, _, mark = token.partition(".")
        return hmac.compare_digest(mark.encode(), self._mark(salt).encode())

    def _mark(self, salt: str) -> str:
        return hmac.new(self.key, salt.encode("utf-8", "replace"), sha256).hexdigest()


class TooSoon(Exception):
    """A password is tried too soon after wrong ones; ``seconds`` to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Sessions:
    """The sessions of one running dashboard; for use from many threads."""

    def __init__(self, password: str | None, clock: Callable[[], float] = monotonic) -> None:
        self._password = None if password is None else password.encode()
        self._clock = clock
        self._open: OrderedDict[str, tuple[float, Visitor]] = OrderedDict()
        self._lock = Lock()
        self._wrong = 0
        self._next = float("-inf")

    @property
    def possible(self) -> bool:
        """Whether anybody can sign in."""
        return self._password is not None

    def fits(self, password: str) -> bool:
        """Whether it is the password. Raises :class:`TooSoon`: whoever guesses waits longer each time."""
        with self._lock:
            now = self._clock()
            if now < self._next:
                raise TooSoon(self._next - now)
            if self._password is not None and hmac.compare_digest(password.encode("utf-8", "replace"), self._password):
                self._wrong = 0
                return True
            self._next = now + min(_PAUSE * 2**self._wrong, _LONGEST_PAUSE)
            self._wrong = min(self._wrong + 1, 10)
            return False

    def begin(self, name: str) -> str:
        """A new session; the value of its cookie."""
        cookie = secrets.token_urlsafe(32)
        with self._lock:
            self._open[self._of(cookie)] = self._clock() + LASTS, Visitor(name, secrets.token_bytes(32))
            while len(self._open) > _MOST:
                self._open.popitem(last=False)
        return cookie

    def visitor(self, cookie: str | None) -> Visitor | None:
        """Whose session a cookie is, while it lasts."""
        if cookie is None:
            return None
        with self._lock:
            ends, visitor = self._open.get(self._of(cookie), (float("-inf"), None))
            return visitor if self._clock() < ends else None

    def end(self, cookie: str | None) -> None:
        """Sign out."""
        if cookie is not None:
            with self._lock:
                self._open.pop(self._of(cookie), None)

    @staticmethod
    def _of(cookie: str) -> str:
        return sha256(cookie.encode("utf-8", "replace")).hexdigest()
