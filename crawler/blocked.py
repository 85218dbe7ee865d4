"""Pages that block instead of answering: told from pages by the marks in ``blocked.yml``.

A mark alone proves nothing: reports speak of 安全验证, and protected portals carry the scripts on every page. A page is
a challenge if it has a mark *and* shows nothing of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from importlib.resources import files
from urllib.parse import urljoin, urlsplit

import yaml
from lxml import etree
from lxml.html import HtmlElement
from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import Response

from crawler.peeking import peek
from parser.documents.encoding import decode
from spiders.families.pages import SILENT, is_document, read_markup

_BARE = 400  # characters of visible text up to which a page says nothing beside its mark
_OWN_TEXT = 1200  # characters from which a page surely has a text of its own
_OWN_LINKS = 12  # from so many links on it is a list, or a page in a portal's frame
_FEW_LINKS = 5  # to the first page, to a form of complaint: a page of words with more is a portal's own
_SUSPECT = 5_000  # bytes: smaller, without title and headings
_LOOKED_AT = 64 << 10  # bytes of a page that are looked at; challenges have some kilobytes
_MAY_BE_EMPTY = frozenset({"robots", "attachment", "subresource"})
_OK, _NOT_FOUND = 200, 404

_CHARSET = re.compile(r"charset\s*+=\s*+[\"']?\s*+([A-Za-z0-9_-]+)", re.IGNORECASE)
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|script|meta|title)\b", re.IGNORECASE)
_REFRESH = re.compile(
    r"<meta[^>]{0,80}http-equiv=[\"']?refresh[^>]{0,80}url\s*=\s*[\"']?(?P<meta>[^\"'>\s]*)"
    r"|location(?:\.href)?\s*(?:\.replace\s*\(|=)\s*[\"'](?P<script>[^\"']*)",
    re.IGNORECASE,
)
_FRAME = re.compile(r"<i?frame\b", re.IGNORECASE)


class Kind(Enum):
    """What an answer turned out to be."""

    ANSWER = "answer"  # what was asked for, or an ordinary error
    BLOCKED = "blocked"
    GONE = "gone"  # a 404 in the clothes of a 200
    SUSPECT = "suspect"  # no block we know, and no page either


@dataclass(frozen=True)
class Verdict:
    """What an answer is; ``system`` names the protection, ``sign`` what gave it away."""

    kind: Kind
    system: str = ""
    sign: str = ""


class System(BaseModel):
    """One protection system, as ``blocked.yml`` describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field(pattern=r"^[a-z0-9-]+$")
    statuses: frozenset[int] = frozenset()
    alone: frozenset[int] = frozenset()
    code: tuple[re.Pattern[str], ...] = ()
    words: tuple[re.Pattern[str], ...] = ()
    headers: dict[str, re.Pattern[str]] = Field(default_factory=dict)
    cookies: tuple[re.Pattern[str], ...] = ()
    redirect: bool = False
    file: bool = False


class Gone(BaseModel):
    """How a page says that it is not there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    titles: tuple[re.Pattern[str], ...]
    words: tuple[re.Pattern[str], ...]


class Signs(BaseModel):
    """The whole of ``blocked.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    systems: tuple[System, ...]
    content: tuple[re.Pattern[str], ...]
    gone: Gone


@cache
def signs() -> Signs:
    """The table, read once."""
    return Signs.model_validate(yaml.safe_load(files("crawler").joinpath("blocked.yml").read_text(encoding="utf-8")))


def judge(response: Response, *, role: str = "") -> Verdict:
    """What an answer is. ``role`` is what it was asked for as; its body may still be in its content coding."""
    look = Look.at(response)
    if look is None:
        return Verdict(Kind.ANSWER)
    gone = response.status == _OK and role != "robots" and look.says_it_is_gone
    for system in signs().systems:
        sign = _sign(system, look)
        if sign is None and system.file and role == "attachment" and look.status == _OK and look.is_markup and not gone:
            sign = "a page came where a file was asked for"
        if sign is not None:
            return Verdict(Kind.BLOCKED, system.system, sign)
    if gone:
        return Verdict(Kind.GONE)
    if look.status == _OK and look.is_suspect and not (role in _MAY_BE_EMPTY and look.size == 0):
        return Verdict(Kind.SUSPECT)
    return Verdict(Kind.ANSWER)


@dataclass(frozen=True)
class Look:
    """An answer as the detector sees it: the beginning of its text, and what of it a reader would see."""

    url: str
    status: int
    headers: dict[str, str]
    cookies: tuple[str, ...]
    size: int
    text: str
    title: str
    headings: tuple[str, ...]
    shown: str
    links: int

    @classmethod
    def at(cls, response: Response) -> Look | None:
        """Look at an answer; null where it is a file."""
        headers = {
            name.decode("latin-1").lower(): b", ".join(response.headers.getlist(name)).decode("latin-1")
            for name in response.headers
        }
        cookies = [
            value.decode("latin-1").partition("=")[0].strip() for value in response.headers.getlist("Set-Cookie")
        ]
        body = peek(response.body, headers.get("content-encoding"), _LOOKED_AT)
        if is_document(body, headers):
            return None
        declared = _CHARSET.search(headers.get("content-type", ""))
        text = decode(body, declared.group(1) if declared else None)[0]
        tree = read_markup(text)
        return cls(
            url=response.url,
            status=response.status,
            headers=headers,
            cookies=tuple(cookies),
            size=len(body),
            text=text,
            title="".join("".join(element.itertext()) for element in tree.iter("title")).strip(),
            headings=tuple(
                filter(None, ("".join(element.itertext()).strip() for element in tree.iter("h1", "h2", "h3", "h4")))
            ),
            links=sum(1 for element in tree.iter("a") if element.get("href")),
            shown=_shown(tree),
        )

    @property
    def is_markup(self) -> bool:
        """Whether it is a page, and no JSON, script or fragment."""
        return _MARKUP.search(self.text) is not None

    @cached_property
    def shows_nothing(self) -> bool:
        """Whether it has neither what a portal's own pages have, nor a text, nor links."""
        if len(self.shown) >= _OWN_TEXT or self.links >= _OWN_LINKS:  # nearly every page: asked before the patterns
            return False
        return not any(pattern.search(self.text) for pattern in signs().content)

    @property
    def says_it_is_gone(self) -> bool:
        """Whether a page that came with 200 says that there is none."""
        gone = signs().gone
        if any(pattern.search(self.title) for pattern in gone.titles):
            return True
        if not self.shows_nothing:
            return False
        return any(self.is_about(pattern) for pattern in gone.words) or self._leads_home

    @property
    def is_suspect(self) -> bool:
        """Whether it is too small to be a page, has neither title nor headings, and leads nowhere."""
        if self.size == 0:
            return True
        if self.size >= _SUSPECT or not self.is_markup or self.title or self.headings or self.links:
            return False
        leads_on = any(match["meta"] or match["script"] for match in _REFRESH.finditer(self.text))
        return self.shows_nothing and len(self.shown) < _BARE and not leads_on and _FRAME.search(self.text) is None

    def is_about(self, mark: re.Pattern[str]) -> bool:
        """Whether a mark in prose is what the page says, and not a word in it."""
        if any(mark.search(line) for line in (self.title, *self.headings)):
            return True
        return len(self.shown) < _BARE and mark.search(self.shown) is not None

    @property
    def _leads_home(self) -> bool:
        """Whether all it does is to lead to the first page of its folder or of the host."""
        home = {urljoin(self.url, "./"), urljoin(self.url, "/")}
        targets = {urljoin(self.url, match["meta"] or match["script"] or "") for match in _REFRESH.finditer(self.text)}
        return bool(targets) and targets <= home and self.url not in home and len(self.shown) < _BARE


def _shown(tree: HtmlElement) -> str:
    """What a reader sees, without its white space; the tree is stripped of all else."""
    etree.strip_elements(tree, *SILENT, with_tail=False)
    return "".join(etree.tostring(tree, method="text", encoding="unicode", with_tail=False).split())


def _sign(system: System, look: Look) -> str | None:
    """What gives this system away, if something does."""
    if look.status in system.alone:
        return f"status {look.status}"
    if system.redirect and _leads_to_itself(look) and _cookie(system, look) is not None:
        return f"a redirect to itself that sets {_cookie(system, look)}"
    if not look.shows_nothing:
        return None
    for pattern in system.code:
        if pattern.search(look.text):
            return f"{pattern.pattern} in the page"
    for pattern in system.words:
        if look.links <= _FEW_LINKS and look.is_about(pattern):
            return f"{pattern.pattern} is what the page says"
    # These marks stand on ordinary answers too. A 404 with a text is a 404.
    if look.status not in system.statuses or (look.status == _NOT_FOUND and look.shown):
        return None
    for name, pattern in system.headers.items():
        value = look.headers.get(name.lower())
        if value is not None and pattern.search(value):
            return f"status {look.status} with the header {name}"
    cookie = _cookie(system, look)
    return f"status {look.status} with the cookie {cookie}" if cookie is not None else None


def _cookie(system: System, look: Look) -> str | None:
    return next((name for name in look.cookies for pattern in system.cookies if pattern.fullmatch(name)), None)


def _leads_to_itself(look: Look) -> bool:
    target = look.headers.get("location")
    if not 300 <= look.status < 400 or target is None:
        return False
    return urlsplit(urljoin(look.url, target))[:4] == urlsplit(look.url)[:4]
