"""The document a version was read from: its bytes, and what was known of them when they were read."""

from __future__ import annotations

from email.message import Message
from typing import NamedTuple

from archive import listings
from archive.captures import Capture, by_id, head, payload
from archive.store import Archive
from archive.warcs.records import header
from parser.hints import Hints

_WRITTEN_HERE = "conversion"  # what we wrote ourselves says its encoding rightly


class Document(NamedTuple):
    """The bytes of a capture, decoded from transfer, with the hints that tell how to read them."""

    capture: Capture
    data: bytes
    hints: Hints


def document_of(archive: Archive, capture_id: int) -> Document:
    """The document of a capture (``VersionLine.capture_id``).

    Raises :class:`archive.errors.ArchiveError` where its bytes are lost or have changed.
    """
    capture = by_id(archive, capture_id)
    return Document(capture, payload(archive, capture), hints_of(archive, capture))


def hints_of(archive: Archive, capture: Capture) -> Hints:
    """How the bytes of a capture are to be read: its name, the type it was sent as, and the encoding known of its portal."""
    content_type = header(head(archive, capture), "Content-Type")
    message = Message()
    message["Content-Type"] = content_type or ""
    return Hints(
        name=capture.url,
        content_type=content_type,
        charset=message.get_content_charset(),
        encoding=listings.encoding_of(archive, capture.id) if capture.kind != _WRITTEN_HERE else None,
    )
