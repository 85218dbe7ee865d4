"""A connector of Procrastinate's that waits for a database that is away: a restart pauses a worker, and does not end it.

Procrastinate ends a worker whose sign of life fails once. What is asked again here may be asked twice: a sign of life, a
look for jobs (one that was taken and not heard of is revived by :func:`crawler.working.queue.offer`), the end of a job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, LiteralString

import psycopg
import psycopg_pool
from procrastinate import PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException

PAUSE = 1.0  # seconds between two tries
LAST = 5.0  # seconds, when we are to end
Say = Callable[[str], None]


class PatientConnector(PsycopgConnector):
    """Asks again while the database is away, until the task is cancelled."""

    def __init__(self, conninfo: str, options: str, most: int, say: Say, stopping: Callable[[], bool]) -> None:
        """``conninfo`` is an address as libpq takes it, ``options`` go to the server, ``most`` connections are held.

        ``stopping``: whether we are to end; then a database that is away is waited for no longer than :data:`LAST`.
        """
        super().__init__(
            conninfo=conninfo,
            kwargs={"options": options},
            min_size=1,
            max_size=most,
            timeout=PAUSE * 10,
            reconnect_timeout=PAUSE * 10,
        )
        self._say = say
        self._stopping = stopping
        self._away = False

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """As Procrastinate's."""
        await self._patiently(super().execute_query_async, query, **arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """As Procrastinate's."""
        found: dict[str, Any] = await self._patiently(super().execute_query_one_async, query, **arguments)
        return found

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        """As Procrastinate's."""
        found: list[dict[str, Any]] = await self._patiently(super().execute_query_all_async, query, **arguments)
        return found

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """As Procrastinate's."""
        await self._patiently(super().listen_notify, on_notification=on_notification, channels=channels)

    async def _patiently(self, ask: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> Any:
        waited = 0.0
        while True:
            try:
                answer = await ask(*given, **named)
            except ConnectorException as error:
                if not is_away(error.__cause__) or waited > LAST:
                    raise
            except psycopg_pool.PoolTimeout as error:
                if waited > LAST:
                    raise ConnectorException from error
            else:
                self._back()
                return answer
            self._gone()
            await asyncio.sleep(PAUSE)
            waited = waited + PAUSE if self._stopping() else 0.0

    def _gone(self) -> None:
        if not self._away:
            self._away = True
            self._say(
                "the database is away: what runs goes on as far as it can, nothing more is begun until it is back"
            )

    def _back(self) -> None:
        if self._away:
            self._away = False
            self._say("the database is back")


def is_away(error: BaseException | None) -> bool:
    """Whether an error of psycopg says that the server is not there, starts, or ends (class 57P, 08, 53300)."""
    if isinstance(error, psycopg_pool.PoolTimeout):
        return True
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    state = error.sqlstate
    return state is None or state[:2] == "08" or state in {"57P01", "57P02", "57P03", "53300"}
