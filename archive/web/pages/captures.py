"""Captures: the bytes of one answer as they came, what is known of it, and all of a report's."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Response
from pydantic import Field
from starlette.exceptions import HTTPException

from archive.captures import Capture, by_id, head, payload, stored_payload
from archive.errors import DamagedCapture
from archive.report_data import capture_data
from archive.reports import show
from archive.warcs.records import header
from archive.web.asking import Asked, Asking
from archive.web.columns import Column, Kind
from archive.web.doors.headers import FILE_POLICY
from archive.web.listing import API, Listing, Parameters, answer, offer
from archive.web.pages.report import MOST
from archive.web.rows import Listed

router = APIRouter()
Number = Annotated[int, Path(description="The capture's number.", ge=1, le=MOST)]
_ENDINGS = frozenset({
    "html", "htm", "pdf", "doc", "docx", "wps", "xls", "xlsx", "et", "ofd", "rtf", "txt", "png", "jpg", "jpeg", "gif", "zip", "rar",
})  # fmt: skip
_CODINGS = {"gzip": "gz", "x-gzip": "gz", "br": "br", "zstd": "zst", "deflate": "deflate"}
_ENDING = re.compile(r"\.([a-z0-9]{1,5})$")


class CaptureQuery(Parameters):
    """Whose captures are asked for."""

    report: Annotated[int, Field(description="The report's number.", ge=1, le=MOST)]


def _rows(asking: Asking, asked: CaptureQuery) -> Listed:
    found = show(asking.archive, str(asked.report))
    if found is None:
        raise HTTPException(404, f"there is no report {asked.report}")
    return Listed(found.captures, lambda capture: capture_data(asking.archive, capture))


CAPTURES = Listing(
    "captures",
    (
        Column("id", Kind.NUMBER, href=lambda row: f"/captures/{row['id']}.json"),
        Column("url", Kind.ADDRESS, doc="The address that answered."),
        Column("fetched_at", Kind.MOMENT),
        Column("status", Kind.NUMBER, doc="Of HTTP; 304 where it was still what it had been before."),
        Column("role", doc="article, attachment, import, and others that no report is read from."),
        Column("payload_digest", Kind.CODE, doc="SHA-256 of the body without its framing, hexadecimal."),
        Column("warc_file", Kind.CODE, doc="Below the folder of the archive."),
        Column("offset", Kind.NUMBER, doc="Where its record begins in that file, in bytes."),
        Column("record_type", Kind.CODE, doc="response, revisit, resource or conversion."),
        Column("source", doc="Where an import took it from."),
    ),
    CaptureQuery,
    _rows,
    "The captures of a report (captures of xxgk show --json).",
    "report",
)
offer(router, CAPTURES)


@router.get("/captures/{capture_id:int}.json", include_in_schema=False)
@router.get(
    f"{API}/captures/{{capture_id}}",
    summary="One capture: what answered when, and where its bytes stand.",
    response_model=dict[str, Any],
    tags=["reports"],
    operation_id="show_capture",
)
def data(asking: Asked, capture_id: Number) -> Response:
    """The capture as data."""
    return answer(capture_data(asking.archive, _capture(asking, capture_id)))


@router.get("/captures/{capture_id:int}/raw", include_in_schema=False)
def raw(asking: Asked, capture_id: Number) -> Response:
    """The body byte for byte as it was answered, packed where it came packed: what the digest is of."""
    capture = _capture(asking, capture_id)
    body = stored_payload(asking.archive, capture)
    coding = (header(head(asking.archive, capture), "Content-Encoding") or "").strip().lower()
    return _saved(body, capture, _CODINGS.get(coding))


@router.get("/captures/{capture_id:int}/file", include_in_schema=False)
def file(asking: Asked, capture_id: Number) -> Response:
    """The body unpacked, as a browser would save it."""
    capture = _capture(asking, capture_id)
    return _saved(payload(asking.archive, capture), capture, None)


def _capture(asking: Asking, capture_id: int) -> Capture:
    try:
        return by_id(asking.archive, capture_id)
    except DamagedCapture as error:
        raise HTTPException(404, f"there is no capture {capture_id}") from error


def _saved(body: bytes, capture: Capture, packed: str | None) -> Response:
    """A file to be saved and never shown, by a name of our own: that of the portal is not to be trusted."""
    found = _ENDING.search(urlsplit(capture.url).path.lower())
    ending = found.group(1) if found is not None and found.group(1) in _ENDINGS else "bin"
    if found is None and "html" in (capture.content_type or ""):
        ending = "html"
    name = ".".join(part for part in (f"capture-{capture.id}", ending, packed) if part is not None)
    headers = {"content-disposition": f'attachment; filename="{name}"', "content-security-policy": FILE_POLICY}
    return Response(body, media_type="application/octet-stream", headers=headers)
