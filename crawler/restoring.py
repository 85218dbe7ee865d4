"""Restoring: an answer given back from the archive, as the portal gave it."""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from archive import captures
from archive.captures import Capture
from archive.store import Archive

ARCHIVED = "archived"  # the flag of an answer that came out of the archive
_UNDONE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_NOT_MODIFIED = 304


def restore(archive: Archive, request: Request, capture: Capture, most: int) -> Response | None:
    """The answer of a capture; null where its body is larger than is read. Raises :class:`archive.errors.ArchiveError`."""
    headers = Headers()
    for name, value in captures.head(archive, capture):
        if name.lower() not in _UNDONE:
            headers.appendlist(name, value.encode("latin-1"))
    body = captures.payload(archive, capture)
    if len(body) > most:
        return None
    status = 200 if capture.status == _NOT_MODIFIED else capture.status
    kind = responsetypes.from_args(headers=headers, url=request.url, body=body)
    return kind(url=request.url, status=status, headers=headers, body=body, flags=[ARCHIVED])
