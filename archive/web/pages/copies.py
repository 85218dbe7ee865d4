"""The archived copy of a report in its frame: a page without scripts and links, or pictures of a document's pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from archive.viewing.documents import Document
from archive.viewing.showing import page_picture, picture_of_place
from archive.web.asking import Asked, Asking, query
from archive.web.doors.headers import COPY_POLICY, FRAME_POLICY
from archive.web.pages.report import FigureKey, FindingId, Number, Version
from archive.web.report.frame import document, marked, origin, page_of, places, sheets
from archive.web.report.shown import version_read
from parser.errors import ParserError
from parser.record import Place

router = APIRouter(include_in_schema=False)
_SCALE = 1.6  # pixels to a point: small print can be read, a page has some 100 KB
_KEPT = "private, max-age=600"


@router.get("/reports/{report_id:int}/copy")
def copy(
    asking: Asked, report_id: Number, version: Version = None, figure: FigureKey = None, finding: FindingId = None
) -> Response:
    """The copy that a version was read from, with the cells of a figure or a finding marked."""
    read = version_read(asking, report_id, version)
    found = document(asking, read.capture_id)
    if isinstance(found, str):
        return _framed(asking, told=found)
    chosen = places(asking, report_id, read.record, figure, finding)
    drawn = marked(asking, found, chosen)
    if isinstance(drawn, str):
        return _framed(asking, told=drawn, origin=origin(asking, found.capture))
    if drawn.html is not None:
        page = page_of(asking, drawn.html, found.capture)
        return HTMLResponse(page, headers={"content-security-policy": COPY_POLICY})
    return _framed(
        asking,
        origin=origin(asking, found.capture),
        sheets=sheets(drawn, chosen),
        plain=f"{query('', {'version': read.id})}",
        drawn=f"{query('', {'version': read.id, 'figure': figure, 'finding': finding})}",
        pages=f"/reports/{report_id}/copy/page/",
    )


@router.get("/reports/{report_id:int}/copy/page/{number:int}.png")
def picture(
    asking: Asked,
    report_id: Number,
    number: Annotated[int, Path(ge=1, le=10_000)],
    version: Version = None,
    figure: FigureKey = None,
    finding: FindingId = None,
    strip: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
) -> Response:
    """A page of it as a picture, or with ``strip`` only what is around the marked cells on it."""
    read = version_read(asking, report_id, version)
    found = document(asking, read.capture_id)
    if isinstance(found, str):
        raise HTTPException(404, found)
    chosen = places(asking, report_id, read.record, figure, finding)
    try:
        if strip:
            png = _strip(asking, found, [place for place in chosen if place.page == number and place.box is not None])
        else:
            png = page_picture(asking.house.opener, found, number, chosen, scale=_SCALE)
    except ParserError as error:
        raise HTTPException(404, asking.word("report.copy_unreadable", why=str(error))) from error
    return Response(png, media_type="image/png", headers={"cache-control": _KEPT})


def _strip(asking: Asking, found: Document, chosen: list[Place]) -> bytes:
    cuttings = picture_of_place(asking.house.opener, found, chosen, scale=_SCALE).cuttings if chosen else ()
    if not cuttings:
        raise HTTPException(404, "nothing is marked on that page")
    return cuttings[0].png


def _framed(asking: Asking, **values: object) -> Response:
    shown: dict[str, Any] = {"told": None, "origin": None, "sheets": (), "plain": "", "drawn": "", "pages": ""} | values
    answer = asking.page("copy.html", **shown)
    answer.headers["content-security-policy"] = FRAME_POLICY
    return answer
