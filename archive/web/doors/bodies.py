"""Bodies: nobody sends the dashboard more than a form."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST = 64 << 10  # bytes; a note has 2,000 characters


class TooLong(Exception):
    """A body is longer than any form of ours."""


class BodyDoor:
    """Refuse a body that is longer than a form, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is short enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        refused = PlainTextResponse(f"A form has at most {LONGEST:,} bytes.\n", 413)
        if not announced.isdecimal() or int(announced[:12]) > LONGEST:
            await refused(scope, receive, send)
            return
        begun, taken = (
            False,
            0,
        )  # what breaks where a body ends too early may be told in its own way: not while it is too long

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LONGEST:
                raise TooLong
            return message

        async def told(message: Message) -> None:
            nonlocal begun
            if taken > LONGEST and not begun:
                raise TooLong
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, told)
        except TooLong:
            if not begun:
                await refused(scope, receive, send)
