"""The dashboard as a test asks it: each answer is looked over before the test sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

import simplejson
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Cookies, Request, Response
from lxml import html
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from archive.store import Archive
from archive.web.application import application
from archive.web.doors.headers import COPY_POLICY, FRAME_POLICY, PAGE_POLICY
from archive.web.settings import Settings

ORIGIN = "http://localhost"
PASSWORD = "correct horse"
_LEADS = (
    "href",
    "src",
    "action",
    "formaction",
    "srcset",
    "poster",
    "data",
    "ping",
    "background",
    "xlink:href",
)
_NEVER = ("script", "style", "object", "embed", "base", "applet", "meta[http-equiv]", "*[style]", "*[srcdoc]")
_NEVER_IN_COPIES = (
    *(each for each in _NEVER if each not in {"style", "*[style]"}),
    "form",
    "iframe",
    "frame",
    "link",
    "meta:not([charset])",
)
_INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "code",
        "em",
        "i",
        "mark",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "tspan",
    }
)


class Page:
    """A page of ours, taken apart. ``response`` is the answer it came in."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self.root: HtmlElement = html.fromstring(response.text)

    @classmethod
    def of(cls, text: str, url: str) -> Self:
        """A page that another client was answered with."""
        return cls(Response(200, text=text, request=Request("GET", url)))

    @property
    def text(self) -> str:
        """All that people read on it, white space as one blank."""
        return said(self.root)

    @property
    def main(self) -> HtmlElement:
        """What stands between the header and the footer."""
        return self.one("main")

    def css(self, selector: str) -> list[HtmlElement]:
        """The elements a selector means."""
        return cast("list[HtmlElement]", _selector(selector)(self.root))

    def one(self, selector: str) -> HtmlElement:
        """The only element a selector means."""
        found = self.css(selector)
        assert len(found) == 1, f"{len(found)} elements are {selector} on {self.response.url}"
        return found[0]

    def texts(self, selector: str) -> list[str]:
        """What the elements say that a selector means."""
        return [said(each) for each in self.css(selector)]

    def table(self, caption: str) -> list[list[str]]:
        """What the cells of a table say, line by line, with its headings first."""
        found = [each for each in self.css("table") if [said(one) for one in each.cssselect("caption")] == [caption]]
        assert len(found) == 1, f"{len(found)} tables are called {caption}, of {self.texts('caption')}"
        return [[said(cell) for cell in row.cssselect("th, td")] for row in found[0].cssselect("tr")]

    def links(self, selector: str = "a") -> dict[str, str]:
        """Where links lead, by what they say."""
        return {said(each): str(each.get("href")) for each in self.css(selector) if each.get("href")}


class Site:
    """A visitor of the dashboard, with cookies of their own."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.cookies = Cookies()

    def ask(self, method: str, path: str, **named: Any) -> Response:
        """Whatever the dashboard answers; ``named`` as httpx has them. Redirections are not followed."""

        async def asked() -> Response:
            async with AsyncClient(transport=ASGITransport(self.app), base_url=ORIGIN, cookies=self.cookies) as client:
                response = await client.request(method, path, **named)
                self.cookies = client.cookies
                return response

        return asyncio.run(asked())

    def raw(self, path: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """Whatever is at a path, with the headers that every answer has."""
        return self._looked_over(self.ask("GET", path, headers=headers), status)

    def get(self, path: str, lang: str | None = None, status: int = 200) -> Page:
        """A page of ours, which holds nothing that it may not."""
        response = self.raw(path if lang is None else f"{path}{'&' if '?' in path else '?'}lang={lang}", status)
        assert response.headers["content-type"] == "text/html; charset=utf-8", response.headers["content-type"]
        assert response.headers["content-security-policy"] == PAGE_POLICY
        page = Page(response)
        assert_harmless(page)
        assert_orderly(page)
        return page

    def copy(self, path: str, status: int = 200) -> Page:
        """What stands in the frame of an archived copy: the archived page, which may do nothing, or a page of ours."""
        response = self.raw(path, status)
        assert response.headers["content-type"] == "text/html; charset=utf-8", response.headers["content-type"]
        page = Page(response)
        if response.headers["content-security-policy"] == FRAME_POLICY:
            assert_harmless(page)
            assert_orderly(page)
        else:
            assert response.headers["content-security-policy"] == COPY_POLICY
            assert_tame(page)
        return page

    def json(self, path: str, status: int = 200) -> Any:
        """What the API answers; decimals are exact."""
        response = self.raw(path, status)
        assert response.headers["content-type"] == "application/json", response.headers["content-type"]
        return simplejson.loads(response.text, use_decimal=True)

    def post(
        self,
        path: str,
        data: Mapping[str, str | Sequence[str]],
        status: int = 303,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a form as a page of ours does."""
        response = self.ask("POST", path, data=data, headers={"origin": ORIGIN, **(headers or {})})
        return self._looked_over(response, status)

    def sign_in(self, name: str = "王敏", password: str = PASSWORD) -> None:
        """Begin a session."""
        self.post("/sign-in", {"name": name, "password": password})

    def token(self, path: str = "/portals") -> str:
        """What a form of this session carries."""
        return str(self.get(path).css("input[name=token]")[0].get("value"))

    def _looked_over(self, response: Response, status: int) -> Response:
        assert response.status_code == status, f"{response.status_code} of {response.url}: {response.text[:2000]}"
        headers = response.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["content-security-policy"].startswith(("default-src 'none'; ", "sandbox; default-src 'none'"))
        assert "unsafe" not in headers["content-security-policy"].replace(COPY_POLICY, "")
        assert "location" not in headers or is_ours(headers["location"]), headers["location"]
        return response


@cache
def _selector(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")


def said(element: HtmlElement) -> str:
    """What people read of an element, white space as one blank; what stands in cells or lines of its own stands apart."""
    return " ".join(_words(element).split())


def _words(element: HtmlElement) -> str:
    if not isinstance(element.tag, str):
        return ""
    within = (element.text or "") + "".join(_words(each) + (each.tail or "") for each in element)
    return within if element.tag in _INLINE else f" {within} "


def is_ours(address: str) -> bool:
    """Whether an address leads to a path of the dashboard, whatever browsers make of it."""
    plain = "\\" not in address and address.isprintable() and address == address.strip()
    return plain and (address.startswith(("#", "?")) or (address.startswith("/") and not address.startswith("//")))


def assert_harmless(page: Page) -> None:
    """Nothing that could run, and nothing that leads elsewhere but links of the web."""
    never = page.css(", ".join(_NEVER))
    assert not never, f"{page.response.url} holds {html.tostring(never[0])[:300]!r}"
    for element in page.root.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), f"{page.response.url} holds {name}={value}"
            if name in _LEADS and not is_ours(str(value)):
                assert element.tag == "a", f"{page.response.url}: {element.tag} {name}={value}"
                assert _is_of_the_web(str(value)), f"{page.response.url} leads to {value}"
                assert "noreferrer" in (element.get("rel") or ""), f"{page.response.url} tells {value} where it was"


def assert_tame(page: Page) -> None:
    """An archived page may look like itself; it holds nothing that runs, leads on, sends, or asks for something."""
    never = page.css(", ".join(_NEVER_IN_COPIES))
    assert not never, f"{page.response.url} holds {html.tostring(never[0])[:300]!r}"
    for element in page.root.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            assert not str(name).lower().startswith("on"), f"{page.response.url} holds {name}={value}"
            if name in _LEADS:
                tame = str(value).startswith("#" if element.tag == "a" else "data:image/")
                assert tame, f"{page.response.url}: {element.tag} {name}={value}"


def assert_orderly(page: Page) -> None:
    """What every page has: a language, a title, one main heading, names that are not given twice, labels for its fields."""
    assert page.root.get("lang") in {"zh-CN", "en"}
    assert said(page.one("head > title"))
    assert len(page.css("h1")) == 1, f"{page.response.url} has {len(page.css('h1'))} main headings"
    names = [str(each.get("id")) for each in page.css("[id]")]
    assert len(names) == len(set(names)), (
        f"{page.response.url}: {sorted(name for name in names if names.count(name) > 1)}"
    )
    labelled = {each.get("for") for each in page.css("label")}
    for field in page.css("input:not([type=hidden]), select, textarea"):
        within = any(each.tag == "label" for each in field.iterancestors())
        assert within or field.get("id") in labelled or field.get("aria-label"), html.tostring(field)


def _is_of_the_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


@contextmanager
def opened(folder: Path, settings: Settings | None = None) -> Iterator[Site]:
    """The dashboard over an archive, as ``xxgk serve`` opens it."""
    with Archive.open(folder) as archive:
        app = application(archive, settings or Settings(password=PASSWORD))
        yield Site(app)
        app.state.house.studying.end()  # as the application does when its server ends


def exchange(
    app: FastAPI, method: str, path: str, headers: Sequence[tuple[str, str]], body: Sequence[bytes] = ()
) -> Any:
    """What a server hands on, letter by letter: also what no honest client sends. Status, headers, body."""
    told: list[dict[str, Any]] = []
    pieces = list(body) or [b""]

    async def receive() -> dict[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        told.append(message)

    bare, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": bare,
        "raw_path": bare.encode(), "query_string": query.encode(), "root_path": "", "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    start = told[0]
    fields = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], fields, b"".join(message.get("body", b"") for message in told[1:])
