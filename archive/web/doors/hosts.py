"""Hosts: only who names the dashboard as it is called is answered, and what changes something comes from its own pages.

Pages of others may link here. What else they ask for (pictures, frames, scripts, data) is refused before it costs anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[0-9a-z.-]{1,253})(?::[0-9]{1,5})?", re.ASCII)
_READING = frozenset({"GET", "HEAD"})


class HostDoor:
    """Refuse what is asked under a foreign name (DNS rebinding), and changes that another site's page sends (CSRF)."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let it in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refusal(headers, scope["method"])
        await (self._app if refused is None else refused)(scope, receive, send)

    def _refusal(self, headers: Headers, method: str) -> PlainTextResponse | None:
        named = headers.getlist("host")
        if len(named) != 1 or self._name(named[0]) not in self._hosts:
            return PlainTextResponse(
                "This site is not called so here: start it with --name to allow another name.\n", 421
            )
        if method not in _READING and not self._is_own(headers, named[0]):
            return PlainTextResponse("A change must be sent from a page of this site itself.\n", 403)
        if not self._is_wanted(headers):
            return PlainTextResponse("Another site's page can link here, and show nothing from here.\n", 403)
        return None

    @staticmethod
    def _is_wanted(headers: Headers) -> bool:
        """Whether it is asked for by a person, a program or a page of ours; browsers say what another site's page asks for."""
        if headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
            return True
        return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"

    @staticmethod
    def _name(host: str) -> str | None:
        match = _HOST.fullmatch(host.lower())
        return match.group(1) if match is not None else None

    @staticmethod
    def _is_own(headers: Headers, host: str) -> bool:
        """Whether the page that sends it is ours; every browser says where a form comes from."""
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return False
        try:
            return urlsplit(headers.get("origin", "")).netloc.lower() == host.lower()
        except ValueError:  # a bracket that is never closed, for instance
            return False
