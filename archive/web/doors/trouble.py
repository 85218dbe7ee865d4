"""Trouble: a page that breaks is logged with its traceback, and answered in one sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.web.doors.bodies import TooLong

_log = logging.getLogger(__name__)


class TroubleDoor:
    """Innermost, so that this answer passes the other doors too."""

    def __init__(self, app: ASGIApp, tell: Callable[[Request], Response]) -> None:
        self._app = app
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; what breaks after the answer has begun ends the connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, told)
        except TooLong:
            raise
        except Exception:
            _log.exception("a page of the dashboard broke: %s %r", scope["method"], scope["path"])
            if begun:
                raise
            await self._tell(Request(scope))(scope, receive, send)
