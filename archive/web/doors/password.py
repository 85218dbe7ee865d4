"""Password: a dashboard that is open beyond its machine shows nothing to who does not have it."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from archive.web.doors.sessions import COOKIE, Sessions, TooSoon

SIGN_IN = "/sign-in"
_FREE = (SIGN_IN, "/static/")


class PasswordDoor:
    """Ask programs for the password (HTTP Basic, any name), and lead people to where they sign in."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in who has a session or the password."""
        if scope["type"] != "http" or scope["path"].startswith(_FREE) or self._is_known(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        await self._refusal(scope)(scope, receive, send)

    def _is_known(self, headers: Headers) -> bool:
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        if self._sessions.visitor(cookie) is not None:
            return True
        method, _, given = headers.get("authorization", "").partition(" ")
        if method.lower() != "basic":
            return False
        try:
            password = b64decode(given, validate=True).decode("utf-8").partition(":")[2]
            return self._sessions.fits(password)
        except (ValueError, TooSoon):  # neither Base64 nor text, or guessed too fast
            return False

    @staticmethod
    def _refusal(scope: Scope) -> Response:
        path = scope["path"]
        if path.startswith("/api/") or path.endswith((".csv", ".xlsx", ".atom")):
            challenge = {"www-authenticate": 'Basic realm="xxgk", charset="UTF-8"'}
            return JSONResponse({"detail": "This site wants its password (HTTP Basic, any name)."}, 401, challenge)
        return RedirectResponse(f"{SIGN_IN}?next={quote(path, safe='')}", 303)
