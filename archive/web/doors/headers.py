"""Headers: what every answer tells the browser not to do, and when an answer is the same as before."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# No script at all, nothing from elsewhere; frames show archived copies, which forbid themselves everything but style.
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# An archived page: it may look like itself, and do nothing. ``sandbox`` holds outside of our frame too.
COPY_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
# A page of our own that stands in that frame: pictures of a document's pages, or why there are none.
FRAME_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
# A file as the portal sent it: it is saved, never shown.
FILE_POLICY: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"

_ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer a browser sends forms as of nowhere (Origin: null)
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-permitted-cross-domain-policies": "none",
}
_LONGEST_TAGGED = 8 << 20  # bytes; what is larger is sent in pieces and has no tag


class HeaderDoor:
    """Give each answer its policy, and an ETag where it comes in one piece; what the asker has already is not sent again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope  # the server leaves the body out
        await self._app(asked, receive, _Dressing(scope, send))


class _Dressing:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._known = Headers(scope=scope).get("if-none-match", "")
        self._reading = scope["method"] in {"GET", "HEAD"}
        self._send = send
        self._start: Message | None = None
        self._spent = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._dress(message)
            self._start = message
            return
        start, self._start = self._start, None
        if start is None:
            if not self._spent:
                await self._send(message)
            return
        if self._may_be_tagged(start, message):
            tag = f'W/"{sha256(message["body"]).hexdigest()[:32]}"'
            headers = MutableHeaders(scope=start)
            headers["etag"] = tag
            if _names(self._known, tag):
                self._spent = True
                for name in ("content-length", "content-type", "content-encoding"):
                    if name in headers:
                        del headers[name]
                await self._send({**start, "status": 304})
                await self._send({"type": "http.response.body", "body": b""})
                return
        await self._send(start)
        await self._send(message)

    def _dress(self, start: Message) -> None:
        start.setdefault("headers", [])
        headers = MutableHeaders(scope=start)
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        headers.setdefault("content-security-policy", PAGE_POLICY)
        headers.setdefault("cache-control", "private, no-cache")
        headers.add_vary_header("Cookie")

    def _may_be_tagged(self, start: Message, message: Message) -> bool:
        whole = not message.get("more_body", False) and 0 < len(message.get("body", b"")) <= _LONGEST_TAGGED
        return whole and self._reading and start["status"] == 200 and "etag" not in Headers(raw=start["headers"])


def _names(known: str, tag: str) -> bool:
    """Whether If-None-Match names the tag, compared weakly (RFC 9110, 13.1.2)."""
    bare = tag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") in {bare, "*"} for each in known.split(",")) if known else False
