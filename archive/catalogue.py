"""The catalogue: captures as the tables know them, and where their bytes stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from archive.schema import CaptureRow, WarcFile

RENDERED = "rendered"  # a list as a browser shows it once its script has run: made of an answer, and none itself
SUBRESOURCE = "subresource"  # what such a script needed: other scripts, and what they asked for
ROSTER = "roster"  # a page that says who published their reports: it is read, and is no report
ROLES = frozenset(
    {"robots", "entry", "list", "article", "attachment", "redirect", "blocked", "import", RENDERED, SUBRESOURCE, ROSTER}
)
DOCUMENT_ROLES = ("article", "attachment", "import")
DELIVERED = (200, 304)  # statuses that brought a body: with 304 the one that was brought before


@dataclass(frozen=True)
class Capture:
    """A capture as the tables know it. ``file`` is below the archive's folder, ``position`` and ``length`` count bytes.

    ``payload_digest`` is the sha256, hexadecimal, of the body without its transfer coding; ``framed_digest`` of the
    body as it stands in the file, where that is another. ``lost_at`` says when its bytes were found gone,
    ``same_at`` when the address last answered with the same again.
    """

    id: int
    url: str
    status: int
    role: str
    kind: str
    crawl_id: int | None
    fetched_at: datetime
    content_type: str | None
    payload_digest: str
    payload_length: int
    original_id: int | None
    file: str
    position: int
    length: int
    framed_digest: str | None = None
    record_id: str = ""
    lost_at: datetime | None = None
    same_at: datetime | None = None

    @property
    def stored_digest(self) -> str:
        """Of the payload as its record states it."""
        return self.framed_digest or self.payload_digest


def select_captures() -> Select[CaptureRow, str]:
    """A query for captures, each with the name of its file."""
    return select(CaptureRow, WarcFile.name).join(WarcFile, WarcFile.id == CaptureRow.file_id)


def from_row(row: CaptureRow, file: str) -> Capture:
    """The capture of a row."""
    return Capture(
        id=row.id,
        url=row.url,
        status=row.status,
        role=row.role,
        kind=row.kind,
        crawl_id=row.crawl_id,
        fetched_at=row.fetched_at,
        content_type=row.content_type,
        payload_digest=row.payload_digest,
        payload_length=row.payload_length,
        original_id=row.original_id,
        file=file,
        position=row.position,
        length=row.length,
        framed_digest=row.framed_digest,
        record_id=row.record_id,
        lost_at=row.lost_at,
        same_at=row.same_at,
    )
