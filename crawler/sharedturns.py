"""Turns over all machines: with the tables in PostgreSQL, an exchange takes its host's turn there too.

While the database is away nothing is asked: a crawl waits for it, up to its patience. A crawl whose task became somebody
else's asks nothing any more.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from secrets import token_hex
from time import monotonic
from typing import TypeVar

from sqlalchemy.engine import URL

from archive.crawling.hostturns import HostTurns, Later, Lease, LeaseLost, Taken
from archive.errors import ArchiveError, ConnectionLost
from crawler.errors import WrongUsage
from crawler.lifeline import LEASED
from crawler.turns import Turn, Wait
from spiders.outcomes import INCOMPLETE, FetchRefused

logger = logging.getLogger(__name__)

_LEAST, _MOST = 0.05, 1.0  # seconds between two looks while another crawl has the turn
_AGAIN = 1.0  # seconds between two tries while the database is away
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class _End:
    """An exchange that the others were not told of yet: when it ended, by the clock that is never set; seconds."""

    ended: float
    gap: float
    pause: float


class SharedTurns:
    """The turns of a crawl over all machines."""

    def __init__(
        self,
        url: URL,
        patience: float,
        here: str,
        *,
        tell: Callable[[str], None],
        lost: Callable[[str], None],
        leased: str = "",
    ) -> None:
        """``url``: of the tables. ``patience``: so many seconds a database that is away is waited for.

        ``here`` names the turns of this machine (:func:`crawler.turns.name_of`): the host's turn among these is held.

        ``tell`` is told once that it is. ``lost`` is told why nothing may be asked any more: the task that ``leased``
        names (``TASK:ATTEMPT``) is another's by now. Raises :class:`WrongUsage`.
        """
        self._turns = HostTurns(url, lease_of(leased), here)
        self._name = f"{here}{os.getpid()}-{token_hex(4)}"
        self._numbers = count()
        self._patience = patience
        self._tell = tell
        self._lost = lost
        self._away_since: float | None = None
        self._unsaid: dict[tuple[str, str], _End | None] = {}  # turns that are over, null where nothing was asked
        self._met: set[str] = set()

    @asynccontextmanager
    async def take(
        self, host: str, gap: Callable[[], float], wait: Wait, longest: float, turn: Turn
    ) -> AsyncIterator[None]:
        """Hold a host's turn for the block, at most ``longest`` seconds; ``turn`` says then how it was used.

        Raises what ``wait`` raises, and :class:`FetchRefused`.
        """
        holder = f"{self._name}-{next(self._numbers)}"
        while isinstance(
            seen := await self._patiently(host, lambda: self._take(host, holder, gap(), longest), wait), Later
        ):
            if seen.held and host not in self._met:
                self._met.add(host)
                logger.info("A crawl of another machine asks %s too: they take turns", host)
            # Its gap begins when the other gives the turn back: who looks that often loses nothing.
            await wait(min(max(gap(), _LEAST), _MOST) if seen.held else max(seen.seconds, _LEAST))
        try:
            yield
        finally:
            used = _End(monotonic(), gap(), turn.pause) if turn.used else None
            self._unsaid[host, holder] = used
            try:
                await self._say(host, holder)
            except ArchiveError as error:
                logger.info("Other machines are told later when %s was asked: %s", host, error)

    async def close(self) -> None:
        """Say what was not said yet, as far as that can be, and let the database go."""
        try:
            await self._say_all()
        except ArchiveError as error:
            logger.warning("Other machines are not told when hosts were asked last, and wait for them: %s", error)
        await self._turns.close()

    async def _take(self, host: str, holder: str, gap: float, longest: float) -> Taken | Later:
        await self._say_all()
        return await self._turns.take(host, holder, gap=gap, longest=longest)

    async def _say_all(self) -> None:
        for host, holder in list(self._unsaid):
            await self._say(host, holder)

    async def _say(self, host: str, holder: str) -> None:
        """Give a turn back. Said twice, by several of our requests, it changes nothing."""
        end = self._unsaid.get((host, holder))
        if end is None:
            await self._turns.leave(host, holder)
        else:
            ago = monotonic() - end.ended
            await self._turns.give_back(host, holder, gap=end.gap, pause=end.pause, ago=ago)
        self._unsaid.pop((host, holder), None)

    async def _patiently(self, host: str, ask: Callable[[], Awaitable[_Answer]], wait: Wait) -> _Answer:
        """What the database answers, however long it is away, within our patience."""
        while True:
            try:
                answer = await ask()
            except LeaseLost as error:
                self._lost(str(error))
                raise FetchRefused(str(error), outcome=INCOMPLETE) from error
            except ConnectionLost as error:
                self._be_patient(host, error)
                await wait(_AGAIN)
            except ArchiveError as error:
                raise FetchRefused(
                    f"whose turn it is at {host} cannot be told by the database: {error}", outcome=INCOMPLETE
                ) from error
            else:
                if self._away_since is not None:
                    logger.info("The database answers again after %d s", monotonic() - self._away_since)
                    self._away_since = None
                return answer

    def _be_patient(self, host: str, error: ConnectionLost) -> None:
        now = monotonic()
        if self._away_since is None:
            self._away_since = now
            sentence = (
                f"The database is away ({error}): nothing is asked until it is back, for up to {self._patience:.0f} s."
            )
            logger.warning("%s", sentence)
            self._tell(sentence)
        if now - self._away_since >= self._patience:
            raise FetchRefused(
                f"whose turn it is at {host} cannot be told, the database is away for {now - self._away_since:.0f} s ({error}): "
                "run the same command again when it is back",
                outcome=INCOMPLETE,
            ) from error


def lease_of(written: str) -> Lease | None:
    """The lease that ``TASK:ATTEMPT`` names, null where nothing is written. Raises :class:`WrongUsage`."""
    if not written:
        return None
    found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", written)
    if found is None:
        raise WrongUsage(f"{LEASED} must be the task and the number of the try, as 17:2, and is {written!r}: unset it")
    return Lease(int(found[1]), int(found[2]))
