"""Asking: what one request is answered with: the archive, the language, who asks, and the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from archive.days import day_of
from archive.store import Archive
from archive.web.doors.sessions import COOKIE, Sessions, Visitor
from archive.web.looking import Looking
from archive.web.memory import Memory
from archive.web.settings import Settings
from archive.web.studying import Studying
from archive.web.templating import render
from archive.web.words import LANGUAGES, Language, word
from parser.isolation import ParserPool

LANGUAGE = "xxgk-language"  # the cookie
NAVIGATION = (
    ("overview", "/"),
    ("publishers", "/publishers"),
    ("reports", "/reports"),
    ("compare", "/compare"),
    ("findings", "/findings"),
    ("search", "/search"),
    ("stats", "/stats"),
    ("portals", "/portals"),
    ("news", "/news"),
)


@dataclass(frozen=True)
class House:
    """What the running dashboard has, whoever asks."""

    archive: Archive
    settings: Settings
    sessions: Sessions
    memory: Memory
    studying: Studying
    looking: Looking  # for what takes minutes over a nation
    opener: ParserPool  # opens archived documents, each in a process of its own


@dataclass(frozen=True)
class Asking:
    """One request. ``language`` is the visitor's, Chinese unless they chose; ``visitor`` is null until they sign in."""

    house: House
    request: Request
    language: Language
    visitor: Visitor | None = field(default=None)

    @property
    def archive(self) -> Archive:
        """The archive that is shown."""
        return self.house.archive

    @property
    def today(self) -> date:
        """The day in China."""
        return day_of(self.archive.clock())

    def word(self, name: str, /, **values: object) -> str:
        """Words of the dashboard in the visitor's language."""
        return word(name, self.language, **values)

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page from its template; ``here`` is what the navigation marks."""
        return HTMLResponse(render(template, asking=self, **values), status)

    def here(self) -> str:
        """The path and query of this request."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def navigation(self) -> tuple[tuple[str, str], ...]:
        """The pages of the main navigation: the name of each, and its path."""
        return NAVIGATION

    def address(self, path: str, /, **changed: object) -> str:
        """A path of ours with the parameters of this request, some changed; null takes one away."""
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name not in changed]
        kept += [(name, str(value)) for name, value in changed.items() if value is not None]
        return f"{path}?{urlencode(kept)}" if kept else path


def house_of(request: Request) -> House:
    """The running dashboard."""
    found = request.app.state.house
    assert isinstance(found, House)  # noqa: S101 - for the type: it is set where the application is made
    return found


def asking(request: Request) -> Asking:
    """What this request is answered with."""
    house = house_of(request)
    return Asking(house, request, _language(request), house.sessions.visitor(request.cookies.get(COOKIE)))


def _language(request: Request) -> Language:
    asked = (request.query_params.get("lang"), request.cookies.get(LANGUAGE))
    return next((each for wanted in asked for each in LANGUAGES if each == wanted), LANGUAGES[0])


Asked = Annotated[Asking, Depends(asking)]


def redirect(path: str) -> Response:
    """Go on with GET at a path of ours."""
    return Response(status_code=303, headers={"location": path})


def query(path: str, parameters: Mapping[str, object]) -> str:
    """A path with parameters; those that are null are left out, lists give one each."""
    pairs = []
    for name, value in parameters.items():
        pairs += [
            (name, str(each)) for each in (value if isinstance(value, list | tuple) else [value]) if each is not None
        ]
    return f"{path}?{urlencode(pairs)}" if pairs else path
