"""The application: its pages behind its doors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import finalize

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response

from archive.errors import ArchiveError, NoArchive, UnknownPublisher
from archive.store import Archive
from archive.web import pages
from archive.web.asking import House, asking
from archive.web.doors.bodies import BodyDoor
from archive.web.doors.crowds import CrowdDoor
from archive.web.doors.headers import HeaderDoor
from archive.web.doors.hosts import HostDoor
from archive.web.doors.password import PasswordDoor
from archive.web.doors.sessions import Sessions
from archive.web.doors.trouble import TroubleDoor
from archive.web.listing import API
from archive.web.looking import Looking
from archive.web.memory import Memory
from archive.web.rows import WrongCursor
from archive.web.settings import Settings
from archive.web.studying import Studying
from parser.isolation import ParserPool

__all__ = ["application"]


class Told(BaseModel):
    """Why a question is not answered."""

    detail: str


_DOCUMENTS = 2  # opened at a time
_REFUSALS: dict[int | str, str] = {
    400: "The archive cannot answer this; the detail says why.",
    401: "The site is open beyond its machine and wants its password.",
    404: "There is no such thing.",
    422: "A parameter is wrong.",
}


def application(archive: Archive, settings: Settings) -> FastAPI:
    """The dashboard over an opened archive, as an ASGI application. The archive stays the caller's to close."""
    opener = ParserPool(_DOCUMENTS)
    house = House(
        archive, settings, Sessions(settings.password), Memory(archive), Studying(archive), Looking(archive), opener
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(house.studying.end)

    app = FastAPI(
        lifespan=lifespan,
        title="xxgk",
        version="1",
        description="Read-only access to one archive of 政府信息公开工作年度报告. Names are those of the command line's --json.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # their pages fetch scripts from elsewhere; /api is ours
        redoc_url=None,
        redirect_slashes=False,  # it would lead to an address that it takes from the request
        responses={status: {"model": Told, "description": words} for status, words in _REFUSALS.items()},
    )
    app.state.house = house
    finalize(app, opener.close)
    for router in pages.routers():
        app.include_router(router)
    app.add_exception_handler(RequestValidationError, _wrong)
    app.add_exception_handler(WrongCursor, _wrong)
    app.add_exception_handler(ArchiveError, _of_the_archive)
    app.add_exception_handler(HTTPException, _of_http)
    # The first added is the innermost: who may not ask is told so before anything is computed, dressed as every answer.
    app.add_middleware(TroubleDoor, tell=_unforeseen)
    app.add_middleware(CrowdDoor)
    if settings.closed:
        app.add_middleware(PasswordDoor, sessions=house.sessions)
    app.add_middleware(BodyDoor)
    app.add_middleware(HostDoor, hosts=settings.hosts)
    app.add_middleware(HeaderDoor)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)  # outside: what is packed says when
    return app


def _wrong(request: Request, error: Exception) -> Response:
    detail = "after: this is no cursor of ours"
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        detail = f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}"
    return _told(request, 422, "layout.error.wrong", detail)


def _of_the_archive(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, UnknownPublisher) else 503 if isinstance(error, NoArchive) else 400
    return _told(request, status, "layout.error.archive", str(error))


def _of_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    if status == 404:
        return _told(request, status, "layout.error.not_found", detail)
    return _told(request, status, "layout.error.wrong", detail)


def _unforeseen(request: Request) -> Response:
    return _told(request, 500, "layout.error.unforeseen", "")


def _told(request: Request, status: int, words: str, detail: str) -> Response:
    """One sentence, as JSON for programs and as a page for people."""
    if request.url.path.startswith(f"{API}/"):
        return JSONResponse({"detail": detail or "something unforeseen happened; the log of the server has it"}, status)
    asked = asking(request)
    return asked.page("error.html", status=status, here=None, told=asked.word(words, detail=detail))
