"""Where a list goes on: the pager's call in a script, its numbers, or its link to the next page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lxml.html import HtmlElement

from parser.labels import squeeze
from spiders.addresses import folder, key
from spiders.families.asks import Ask
from spiders.families.pages import Page, visible
from spiders.families.turning import called_page

_CALL = re.compile(r"createPageHTML\s*\((?P<arguments>[^()]*)\)", re.IGNORECASE)
_QUOTED = re.compile(r"^(['\"])(?P<word>.*)\1$", re.DOTALL)
_COUNT_PAGE = re.compile(r"\b(?:var\s+)?countPage\s*=\s*(?P<pages>\d{1,4})")
_TOTAL_PAGES = re.compile(r"共(?P<pages>\d{1,4})页")
_OF_PAGES = re.compile(r"^\d{1,4}/(?P<pages>\d{1,4})页?$")
_NEXT = re.compile(
    r"^(?:下一?页|后一?页|下页|下一頁|>{1,2}|›|»|→|next(?:page)?|下一页>+|下页>+|>+下一页)$", re.IGNORECASE
)
_NUMBERED_FILE = re.compile(
    r"^(?P<prefix>[A-Za-z0-9-]*?(?:_[A-Za-z][A-Za-z0-9-]*)*?)(?:_(?P<number>\d{1,4}))?\.(?P<ending>s?html?)$"
)
_BEHIND = r"/(?:(?:page|p|list|index)/)?#/?"  # of a list's own address, on its further pages: /category/nb/page/2
_MOST_PAGES = 2000  # no report column has more; a larger number is a misread one


@dataclass(frozen=True)
class Further:
    """The next page of a list, and how many pages the list says it has (None where it does not say).

    ``ask`` stands in for ``url`` where the next page is asked of an endpoint.
    """

    url: str | None
    total: int | None = None
    ask: Ask | None = None


def further(page: Page) -> Further:
    """The page after this one: by ``createPageHTML``, ``countPage``, the link 下一页, or the numbered links."""
    for reader in (_by_call, _by_count, _by_next_link, _by_numbers):
        found = reader(page)
        if found is not None:
            return found
    return Further(None, _stated_total(page))


def beginning(page: Page) -> str | None:
    """The list's first page, seen from a further one of those its pager's call or ``countPage`` numbers."""
    name = _NUMBERED_FILE.match(urlsplit(page.url).path.rpartition("/")[2])
    if name is None or name["number"] is None or (_by_call(page) or _by_count(page)) is None:
        return None
    return urljoin(folder(page.url), f"{name['prefix']}.{name['ending']}")


def page_parameter(url: str, name: str = "page") -> tuple[int, str] | None:
    """The page number in a query and the address of the page after it; order and repeated parameters stay."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    for index, (given, value) in enumerate(pairs):
        if given == name and _is_number(value):
            pairs[index] = (given, str(int(value) + 1))
            return int(value), urlunsplit((*parts[:3], urlencode(pairs), ""))
    return None


def _is_number(text: str) -> bool:
    """Whether a text is a number one can count with: ² is a digit and no number, and no list has 10**9 pages."""
    return text.isdecimal() and len(text) < 10


def _by_call(page: Page) -> Further | None:
    """TRS: ``(pages, current from 0, prefix, ending)``; UCAP: ``(container, pages, current from 1, prefix, ending …)``.

    The call often stands in a comment inside the script, so the raw text is searched. Some 北京 sites put the number of
    rows first: the larger of two numbers before the current page is the rows.
    """
    for match in _CALL.finditer(page.text):
        arguments = [part.strip() for part in match["arguments"].split(",")]
        words = [quoted["word"] for part in arguments if (quoted := _QUOTED.match(part))]
        numbers = [int(part) for part in arguments if _is_number(part)]
        if len(numbers) < 2 or len(words) < 2:
            continue  # the function's own definition, or one that reads variables
        if _is_number(arguments[0]):
            rows_first = len(numbers) > 2 and numbers[0] > numbers[1]
            pages, current = (numbers[1], numbers[2]) if rows_first else (numbers[0], numbers[1])
            return _static(page, pages, current, words[0], words[1], first=0)
        return _static(page, numbers[0], numbers[1], words[1], words[2] if len(words) > 2 else "html", first=1)
    return None


def _by_count(page: Page) -> Further | None:
    match = _COUNT_PAGE.search(page.text)
    if match is None:
        return None
    name = urlsplit(page.url).path.rpartition("/")[2] or "index.html"
    file = _NUMBERED_FILE.match(name)
    if file is None:
        return None
    return _static(page, int(match["pages"]), 0, file["prefix"], file["ending"], first=0)


def _static(page: Page, pages: int, current: int, prefix: str, ending: str, *, first: int) -> Further | None:
    """Page 1 is ``prefix.ending``, page k ``prefix_<k-1>.ending`` (counted from 0) or ``prefix_<k>.ending``."""
    if not 0 < pages <= _MOST_PAGES or not re.fullmatch(r"[\w./-]{1,80}", prefix):
        return None
    position = current - first
    own = re.search(
        rf"(?:^|/){re.escape(prefix.rpartition('/')[2])}(?:_(?P<number>\d{{1,4}}))?\.{re.escape(ending)}$",
        urlsplit(page.url).path,
    )
    if own is not None:  # the address knows better than a number in a template
        position = int(own["number"]) - first if own["number"] else 0
    if position + 1 >= pages:
        return Further(None, pages)
    return Further(urljoin(folder(page.url), f"{prefix}_{position + 1 + first}.{ending}"), pages)


def _by_next_link(page: Page) -> Further | None:
    here = key(page.url)
    for link in page.tree.iter("a", "button", "span", "li"):
        if link.tag != "a" and link.get("onclick") is None:
            continue
        if not any(_NEXT.match(squeeze(text)) for text in _said(link)):
            continue
        url = page.resolve(link.get("href")) or called_page(page, link)
        if url is not None and key(url) != here:
            return Further(url, _stated_total(page))
    return None


def _said(link: HtmlElement) -> tuple[str, ...]:
    """What a link of a pager says: its words, its title, those of its picture."""
    pictures = (picture.get(name) or "" for picture in link.iter("img") for name in ("alt", "title"))
    return (visible(link), link.get("title") or "", *islice(pictures, 2))


def _by_numbers(page: Page) -> Further | None:
    """Links 1 2 3 …: the one after the number that is no link, else after the number in this page's address."""
    links: dict[int, str] = {}
    for link in page.tree.iter("a"):
        text = squeeze(visible(link))
        url = page.resolve(link.get("href")) or (called_page(page, link) if _is_number(text) else None)
        if _is_number(text) and len(text) <= 4 and url is not None and _turns(page.url, url, text):
            links.setdefault(int(text), url)
    if len(links) < 1 or max(links) > _MOST_PAGES:
        return None
    here = key(page.url)
    current = next((number for number, url in links.items() if key(url) == here), None)
    if current is None:
        current = next((number for number in range(1, max(links)) if _is_a_gap(number, links)), None)
    if current is None and 1 in links and 2 in links and not _names_a_page(page.url):
        current = 1  # the list's own address and that of its page 1 differ: ``/nb/`` and ``/nb/?page=1``
    if current is None:
        return None
    following = links.get(current + 1)
    return Further(following, _stated_total(page) or max(links)) if following is not None else None


def _turns(own: str, other: str, number: str) -> bool:
    """Whether an address is another page of a list: in the same folder, or the list's address with a number behind."""
    if folder(other) == folder(own):
        return True
    there, here = _without_last(other, number), urlsplit(own).path.rstrip("/")
    return there is not None and (
        there == _without_last(own) or re.fullmatch(re.escape(here) + _BEHIND, there) is not None
    )


def _without_last(url: str, number: str = r"\d{1,4}") -> str | None:
    """A path whose last part is a number, with a sign in its place."""
    path, found = re.subn(rf"/{number}(?P<ending>/?(?:\.s?html?)?)$", r"/#\g<ending>", urlsplit(url).path)
    return path if found else None


def _is_a_gap(number: int, links: Mapping[int, str]) -> bool:
    """Whether a number is no link while those beside it are: it is the page shown."""
    return number not in links and number + 1 in links and (number == 1 or number - 1 in links)


def _names_a_page(url: str) -> bool:
    """Whether an address has a number of its own that may be a page's: in its query or its file's name."""
    parts = urlsplit(url)
    numbered = _NUMBERED_FILE.match(parts.path.rpartition("/")[2])
    return any(_is_number(value) for _, value in parse_qsl(parts.query)) or (
        numbered is not None and numbered["number"] is not None
    )


def _stated_total(page: Page) -> int | None:
    """The number of pages a list prints: 共11页, or 1/11 alone in an element of its pager."""
    match = _TOTAL_PAGES.search(page.flat)
    if match is None:
        texts = (squeeze(visible(element)) for element in page.select("[class*=page], [id*=page], .p_t"))
        match = next((found for text in texts if (found := _OF_PAGES.match(text)) is not None), None)
    total = int(match["pages"]) if match is not None else 0
    return total if 0 < total <= _MOST_PAGES else None
