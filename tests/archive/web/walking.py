"""A walk over every page of the dashboard: from the first page along all links, forms, frames and pictures."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from httpx import Response
from lxml import etree, html
from lxml.html import HtmlElement

from tests.archive.web.site import ORIGIN, Site, is_ours

_NUMBER = re.compile(r"[0-9]+|[0-9a-f]{8,}")
_LINKS = "a[href], link[href], area[href]"
_SHOWN = "iframe[src], img[src], image[href], object[data]"


@dataclass(frozen=True)
class Met:
    """An answer that the walk met, and the page that led there."""

    path: str
    led_by: str
    response: Response
    tried: bool = False  # a person may have written it so: no page of ours leads there

    @property
    def kind(self) -> str:
        """Its media type, without parameters."""
        return str(self.response.headers.get("content-type", "")).partition(";")[0]


def walk(site: Site, *, said: str, of_a_shape: int, most: int, start: Sequence[str] = ()) -> Iterator[Met]:
    """Every answer, each address once. Text fields of forms are filled with ``said``.

    Of addresses that differ in their numbers only, ``of_a_shape`` are asked for, and those with a parameter that none
    before them had. A walk of more than ``most`` answers is an error: it has to be told here which are not worth it.
    """
    waiting = deque((path, "the start", False) for path in (*start, "/", "/sign-in", "/api/v1/openapi.json"))
    known, shapes = {path for path, _, _ in waiting}, Counter[str]()
    tried: set[tuple[str, str, bool]] = set()
    met = 0
    while waiting:
        path, led_by, own = waiting.popleft()
        shape, news = shape_of(path), _parameters(path, said) - tried
        if shapes[shape] >= of_a_shape and not news:
            continue
        shapes[shape] += 1
        tried |= news
        met += 1
        assert met <= most, f"the walk met {met} answers: {shapes}"
        answer = Met(path, led_by, site.ask("GET", path), own)
        yield answer
        for following, by_hand in leads(answer, said):
            if following not in known:
                known.add(following)
                refused = answer.response.status_code >= 400  # what it offers of the same is refused too
                waiting.append((following, path, by_hand or (own and refused)))


def shape_of(path: str) -> str:
    """What addresses have in common that lead to the same kind of page."""
    return _NUMBER.sub("#", urlsplit(path).path)


def _parameters(path: str, said: str) -> set[tuple[str, str, bool]]:
    """The parameters in use, and whether they hold what attacks."""
    pairs = parse_qsl(urlsplit(path).query)
    return {(shape_of(path), name, value[:20] == said[:20]) for name, value in pairs if value and name != "lang"}


def leads(met: Met, said: str) -> list[tuple[str, bool]]:
    """Where an answer leads within the dashboard, and whether a person has to write something for that."""
    found: list[str] = []
    written: list[str] = []
    if "location" in met.response.headers:
        found.append(met.response.headers["location"])
    if met.kind == "text/html" and met.response.text:
        root = html.fromstring(met.response.text)
        if not met.response.headers["content-security-policy"].startswith("sandbox"):
            found += [str(each.get("href")) for each in root.cssselect(_LINKS)]
            found += [str(each.get("src") or each.get("href") or each.get("data")) for each in root.cssselect(_SHOWN)]
            for form in root.cssselect("form"):
                for address, by_hand in _filled(form, said):
                    (written if by_hand else found).append(address)
    if met.kind.endswith("/atom+xml"):
        found += [str(each.get("href")) for each in etree.fromstring(met.response.content).iter("{*}link")]
    if met.kind == "application/json":
        linked = re.search("<(.*)>", met.response.headers.get("link", ""))
        found += [linked.group(1)] if linked else []
        if met.path.endswith("/openapi.json"):
            paths = met.response.json()["paths"]
            written += [path for path in paths if "get" in paths[path] and "{" not in path]
    return [*_within(met.path, found, by_hand=False), *_within(met.path, written, by_hand=True)]


def _within(path: str, addresses: list[str], *, by_hand: bool) -> Iterator[tuple[str, bool]]:
    for each in addresses:
        whole = urljoin(f"{ORIGIN}{path}", each).partition("#")[0]
        own = whole.removeprefix(ORIGIN)
        if whole.startswith(f"{ORIGIN}/") and is_ours(own) and not own.startswith(("/language/", "/sign-in?")):
            yield own, by_hand


def _filled(form: HtmlElement, said: str) -> Iterator[tuple[str, bool]]:
    """A form that reads, as it stands, and with each of its choices and fields used, which may not go together."""
    if (form.get("method") or "get").lower() != "get":
        return
    names, options = [], []
    for field in form.cssselect("input[name], select[name], textarea[name]"):
        name, kind = str(field.get("name")), field.get("type") or field.tag
        if kind == "select":
            values = [str(each.get("value", each.text or "")) for each in field.cssselect("option")]
            chosen = field.cssselect("option[selected]")
            names.append((name, str(chosen[0].get("value", "")) if chosen else (values or [""])[0]))
            options += [(name, value) for value in values]
        elif kind in {"checkbox", "radio"}:
            options.append((name, str(field.get("value") or "on")))
        elif kind == "hidden":
            names.append((name, str(field.get("value") or "")))
        else:
            names.append((name, str(field.get("value") or "")))
            if kind in {"search", "text", "textarea", "input"}:
                options.append((name, said[: int(field.get("maxlength") or 10_000)]))
    action = str(form.get("action") or "")
    yield f"{action}?{urlencode(names)}", False
    for name, value in options:
        others = [(one, other) for one, other in names if one != name]
        yield f"{action}?{urlencode([*others, (name, value)])}", True
