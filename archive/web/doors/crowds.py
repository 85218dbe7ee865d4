"""Crowds: what takes long is done a few at a time, and the rest of it waits without keeping others from being answered."""

from __future__ import annotations

import re
from asyncio import Semaphore
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

AT_ONCE = 6  # of one kind: well below the 40 threads in which requests are answered
WAITING = 24  # of one kind, besides; further ones are told to come again
_KINDS: Final = (
    re.compile(r"/reports/\d+/(?:copy|evidence\.pdf)(?:/.*)?|/captures/\d+/(?:raw|file)"),  # opens a document
    re.compile(r"/.*\.(?:csv|xlsx)|/api/v1/findings(?:/.*)?"),  # reads a whole table, or waits for one
)


class CrowdDoor:
    """Let in so many of a kind; the others wait outside of the threads in which everything else is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kinds = tuple((kind, _Crowd()) for kind in _KINDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in turn; a turn ends where the answer begins: it is ready then, or comes in pieces."""
        path = scope["path"] if scope["type"] == "http" else ""
        crowd = next((crowd for kind, crowd in self._kinds if kind.fullmatch(path)), None)
        if crowd is None:
            await self._app(scope, receive, send)
            return
        if crowd.waiting >= WAITING:
            busy = PlainTextResponse(
                "Too many ask for this at once: ask again in a moment.\n", 503, {"retry-after": "5"}
            )
            await busy(scope, receive, send)
            return
        await crowd.enter()
        left = False

        async def told(message: Message) -> None:
            nonlocal left
            if not left:
                left = True
                crowd.turns.release()
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            if not left:
                crowd.turns.release()


class _Crowd:
    def __init__(self) -> None:
        self.turns = Semaphore(AT_ONCE)
        self.waiting = 0

    async def enter(self) -> None:
        self.waiting += 1
        try:
            await self.turns.acquire()
        finally:
            self.waiting -= 1
