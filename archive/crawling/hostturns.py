"""The turns at hosts over all machines: who asks a host now, and when it was asked last.

They stand in the table ``host_turns`` of PostgreSQL. Every time is one of the database's own clock; the machines' clocks
are not believed. The driver is that of the extra ``postgresql``: only where the tables stand there is this module imported.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from archive.errors import ArchiveError, ConnectionLost

LONGEST_HOLD = 900.0  # seconds; nobody is waited for any longer, whatever stands in the table
LONGEST_PAUSE = 300.0  # seconds; the same for gaps and pauses
_MOST_CONNECTIONS = 4  # of a crawl; the first bears some hundred exchanges a second
_ANSWER = 10.0  # seconds in which the database answers, or is taken to be away
_RESERVED = 3.0  # seconds the next in turn may be late
# A machine or a line that is gone is noticed in half a minute, not in PostgreSQL's two hours.
_KEEPALIVES = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_AWAY = (
    "08",
    "57P",
    "53300",
    "25006",
)  # states: no connection, starting or ending, too many, a stand-by that was asked

# A turn is free for the holder that has it already: it asks again where it did not hear the answer. Who was killed on the
# machine that asks leaves its turn behind: nobody knows when its exchange ended, so it is taken to have ended now.
_TAKE = """
WITH asked AS MATERIALIZED (
    SELECT clock_timestamp() AS at
    WHERE %(task)s::integer IS NULL
       OR EXISTS (SELECT FROM tasks WHERE id = %(task)s AND attempts = %(attempt)s AND state = 'leased')
)
INSERT INTO host_turns AS turn (host, holder, held_until)
SELECT %(host)s, %(holder)s, at + make_interval(secs => %(longest)s) FROM asked
ON CONFLICT (host) DO UPDATE SET (holder, held_until, ended_at, pause, waiter, waits_until) = (
    SELECT CASE WHEN free THEN excluded.holder WHEN NOT gone THEN turn.holder END,
           CASE WHEN free THEN excluded.held_until WHEN NOT gone THEN least(turn.held_until, latest) END,
           ended,
           asked_for,
           CASE WHEN free THEN nullif(turn.waiter, excluded.holder) WHEN next THEN excluded.holder ELSE turn.waiter END,
           CASE WHEN next AND NOT free THEN greatest(over, at + interval '1 s') + make_interval(secs => %(reserved)s)
                WHEN turn.waits_until > latest THEN latest ELSE turn.waits_until END
    FROM asked,
         LATERAL (SELECT turn.holder <> excluded.holder
                     AND coalesce(starts_with(turn.holder, %(here)s), false) AS gone) AS left_behind,
         LATERAL (SELECT CASE WHEN gone OR turn.ended_at > at THEN at ELSE turn.ended_at END AS ended,
                         CASE WHEN gone THEN 0 ELSE turn.pause END AS asked_for,
                         at + make_interval(secs => %(most)s) AS latest) AS believed,
         LATERAL (SELECT coalesce(ended + make_interval(secs => greatest(turn.gap, asked_for, %(gap)s)), at) AS over,
                         coalesce(turn.waiter = excluded.holder OR turn.waits_until <= at, true) AS next) AS line,
         LATERAL (SELECT turn.holder IS NOT DISTINCT FROM excluded.holder
                      OR ((turn.holder IS NULL OR gone OR turn.held_until <= at) AND over <= at AND next) AS free) AS now
)
RETURNING holder = %(holder)s,
          holder <> %(holder)s AND held_until > (SELECT at FROM asked),
          extract(epoch FROM ended_at - (SELECT at FROM asked))::float8 + greatest(gap, pause, %(gap)s)
"""
# It may come late, from a crawl that could not say it at once: another may have had its turn meanwhile. It need not wait
# for the disk: where the server breaks down and forgets it, the host is taken to be held still. A take it must not forget.
_GIVE_BACK = """
UPDATE host_turns AS turn SET (holder, held_until, ended_at, gap, pause) = (
    SELECT nullif(turn.holder, %(holder)s),
           CASE WHEN turn.holder = %(holder)s THEN NULL ELSE turn.held_until END,
           greatest(turn.ended_at, ended),
           CASE WHEN turn.ended_at > ended THEN greatest(turn.gap, %(gap)s) ELSE %(gap)s END,
           least(extract(epoch FROM greatest(turn.ended_at + make_interval(secs => turn.pause),
                                             ended + make_interval(secs => %(pause)s))
                                    - greatest(turn.ended_at, ended))::float8, %(most)s)
    FROM (SELECT clock_timestamp() - make_interval(secs => %(ago)s) AS ended,
                 set_config('synchronous_commit', 'off', true)) AS now
)
WHERE host = %(host)s
"""
_LEAVE = "UPDATE host_turns SET holder = NULL, held_until = NULL WHERE host = %(host)s AND holder = %(holder)s"


class LeaseLost(ArchiveError):
    """The task whose portal is crawled is somebody else's by now."""


@dataclass(frozen=True)
class Taken:
    """The turn is ours."""


@dataclass(frozen=True)
class Later:
    """The turn is not ours yet. ``held``: another crawl has it; else it is ours after so many ``seconds``, or soon."""

    held: bool
    seconds: float


@dataclass(frozen=True)
class Lease:
    """A task, and which try at it: only while it stands so in the ledger may anything be asked."""

    task: int
    attempt: int


class HostTurns:
    """The turns that one crawl takes; each of its turns has a holder's name that no other has."""

    def __init__(self, url: URL, lease: Lease | None = None, here: str | None = None) -> None:
        """``url`` is that of the archive's tables (:func:`archive.database.url_of`).

        ``here``: what the names of all holders of this machine begin with, where it is known that none of them is at a
        host for which a turn is taken.
        """
        arguments, options = create_engine(url).dialect.create_connect_args(url)
        self._dsn = str(arguments[0]) if arguments else ""
        self._options: dict[str, Any] = {**_KEEPALIVES, **options}
        self._lease = lease
        self._here = here
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._room = asyncio.Semaphore(_MOST_CONNECTIONS)

    async def take(self, host: str, holder: str, *, gap: float, longest: float) -> Taken | Later:
        """Take a host's turn if it is free, and ``gap`` seconds and what others left behind the last exchange are over.

        It is held for ``longest`` seconds, then the holder is taken to be gone. Who comes too early has the next turn.
        Raises :class:`LeaseLost`, :class:`archive.errors.ConnectionLost` where it is not known whether it was taken: the
        same may be asked again; and :class:`archive.errors.ArchiveError`.
        """
        lease = self._lease
        row = await self._ask(
            _TAKE,
            {
                "host": host,
                "holder": holder,
                "here": self._here,
                "task": None if lease is None else lease.task,
                "attempt": None if lease is None else lease.attempt,
                "gap": min(gap, LONGEST_PAUSE),
                "longest": min(longest, LONGEST_HOLD),
                "most": LONGEST_HOLD,
                "reserved": _RESERVED,
            },
        )
        if row is None:
            raise LeaseLost("the lease on this crawl is another's by now: it goes on there, and asks nothing more here")
        taken, held, seconds = row
        return Taken() if taken else Later(bool(held), max(0.0, seconds or 0.0))

    async def give_back(self, host: str, holder: str, *, gap: float, pause: float, ago: float = 0.0) -> None:
        """An exchange ended ``ago`` seconds ago; ``gap`` is the crawl's own, ``pause`` what the host asked for in it.

        Said twice, it changes nothing. Raises :class:`archive.errors.ConnectionLost` and
        :class:`archive.errors.ArchiveError`.
        """
        seconds = {"gap": min(gap, LONGEST_PAUSE), "pause": min(pause, LONGEST_PAUSE), "ago": ago}
        await self._ask(_GIVE_BACK, {"host": host, "holder": holder, "most": LONGEST_PAUSE, **seconds})

    async def leave(self, host: str, holder: str) -> None:
        """Give a turn back in which nothing was asked. Raises as :meth:`give_back`."""
        await self._ask(_LEAVE, {"host": host, "holder": holder})

    async def close(self) -> None:
        """Close the connections."""
        while self._idle:
            await self._idle.pop().close()

    async def _ask(self, statement: str, values: Mapping[str, object]) -> Any:
        """Carry out one statement, which is a transaction of its own; its row, if it has one."""
        try:
            async with asyncio.timeout(_ANSWER), self._connection() as connection:
                cursor = await connection.execute(statement, values)
                return await cursor.fetchone() if cursor.description is not None else None
        except TimeoutError as error:
            raise ConnectionLost(f"the database does not answer within {_ANSWER:.0f} s") from error
        except psycopg.Error as error:
            said = str(error).strip().partition("\n")[0]
            away = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and error.sqlstate is None
            kind = ConnectionLost if away or (error.sqlstate or "").startswith(_AWAY) else ArchiveError
            raise kind(said) from error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection of ours, opened where all are busy; one that broke is not used again, nor are those beside it."""
        async with self._room:
            connection = self._idle.pop() if self._idle else await self._connect()
            try:
                yield connection
            except BaseException:
                await self._drop(connection)
                await self.close()
                raise
            self._idle.append(connection)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self._dsn, autocommit=True, **self._options)

    @staticmethod
    async def _drop(connection: psycopg.AsyncConnection[Any]) -> None:
        with suppress(psycopg.Error):
            await connection.close()
