"""Static files: the style of the pages. An address names the content, so that it is asked for once."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from archive.web.templating import static

router = APIRouter(include_in_schema=False)
_TYPES = {"site.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_YEAR = "public, max-age=31536000, immutable"


@router.get("/static/{name}")
def static_file(name: str, v: str | None = None) -> Response:
    """A file; kept for a year by who asks for the digest it has."""
    if name not in _TYPES:
        raise HTTPException(404)
    data, digest = static(name)
    headers = {"cache-control": _YEAR} if v == digest else {}
    return Response(data, media_type=_TYPES[name], headers=headers)
