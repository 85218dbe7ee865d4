"""The disclosure sites of 吉林: TRS, one template for all governments, static columns or a JSONP directory."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from spiders import titles
from spiders.addresses import plain, resolve, root
from spiders.dates import read_cell
from spiders.families.addresses import JILIN_HOSTS
from spiders.families.asks import Ask
from spiders.families.pagers import Further, page_parameter
from spiders.families.pages import Page
from spiders.families.rows import read_rows
from spiders.families.trs import Trs
from spiders.items import Row

# Units' folders and the columns below them, as they stand in the links of an entry page.
_UNIT_FOLDERS = re.compile(
    r"/(?:szf|zcbm|zsjg|gzbm|qtdw|xzjdkfq|xzj|[qx]zfzcbm|kfqzcbm|xzjdrmzf|xzzf\d+|zfgz\d+)(?:_\d+)?/\w+/(?:ndbg|gkzn|gkml|xbgkml|zfxxgknb|xxgkndbg)/"
)
_TEMPLATE = re.compile(r"zlyxwz_t2a|zly_xx(?:mu|gk)_20\d{6}|/govsearch/jsonp/|/jls(?:zn|ndbg)/", re.IGNORECASE)
_DIRECTORY = re.compile(
    r"(?P<address>(?:(?:https?:)?//[\w.:-]+)?/govsearch/jsonp/[\w/]+\.jsp)(?P<query>\?[^\s\"'<>]*)?"
)
_NUMBER = re.compile(r"\b(?:channelid|chnlid|lb)\b[\"']?\s*[:=]\s*[\"']?(?P<number>\d{2,9})", re.IGNORECASE)
_PUBLIC = re.compile(r"pubURL[\"']?\s*[:=]\s*[\"'](?P<address>[^\"']+)")
_ANSWER = re.compile(r"^\s*[\w.$]+\s*\(\s*(?P<json>\{.*\})\s*\)\s*;?\s*$", re.DOTALL)
_BARE_HOST = re.compile(r"^\d{1,3}(?:\.\d{1,3}){3}$")
_MARKUP = re.compile(r"<[^>]*>")


class Jilin(Trs):
    """No list page was ever seen, so static rows and the JSONP directory are both read and united."""

    name = "trs_jilin"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = ("#result-body", *Trs.list_places)

    # Articles
    body_places: ClassVar[tuple[str, ...]] = (
        "#zoom",
        "div.zlyxwz_t2a",
        "div.Custom_UnionStyle",
        *Trs.body_places,
        "div.contents_div",
    )

    def recognises(self, page: Page) -> bool:
        """By host, by an answer of the directory, or by the template's folders and classes on any other host."""
        if urlsplit(page.url).hostname in JILIN_HOSTS or _answer(page) is not None:
            return True
        return _TEMPLATE.search(page.text) is not None or _UNIT_FOLDERS.search(page.text) is not None

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer of the directory, or of a static list."""
        answer = _answer(page)
        if answer is None:
            return read_rows(page, self.list_places)
        return tuple({row.url: row for row in _answered(page, answer)}.values())

    def further(self, page: Page) -> Further:
        """The directory's next page while there are rows: past the end it answers an empty list."""
        answer = _answer(page)
        if answer is None:
            return super().further(page)
        if not any(True for _ in _answered(page, answer)):
            return Further(None)
        following = page_parameter(page.url) or page_parameter(page.url, "pageIndex")
        if following is None:
            return Further(None)
        asked = page.asked or Ask(page.url, self.name, page.url)
        return Further(None, ask=asked.onward(url=following[1]))

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of each JSONP directory a column page asks by script."""
        if _answer(page) is not None:
            return ()
        found = (_first_page(page, match) for match in _DIRECTORY.finditer(page.text))
        addresses = dict.fromkeys(address for address in found if address is not None)
        return tuple(Ask(address, self.name, page.url) for address in addresses)


def _answer(page: Page) -> dict[str, Any] | None:
    """The object a JSONP answer wraps, or None where the page is none."""
    text = page.text.strip().strip("\ufeff").strip()
    if text.startswith("<") or not text.endswith((")", ");", ") ;")):
        return None
    match = _ANSWER.match(text)
    if match is None:
        return None
    try:
        found = json.loads(match["json"], strict=False)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("data", found.get("list")), list) else None


def _answered(page: Page, answer: dict[str, Any]) -> Iterator[Row]:
    """Rows of an answer. Field names change per endpoint; ``efectdate`` is no publishing date."""
    for item in answer.get("data", answer.get("list", [])):
        if not isinstance(item, dict):
            continue
        given = item.get("tip")
        tip: dict[str, Any] = given if isinstance(given, dict) else {}
        url = resolve(page.url, str(item.get("puburl") or item.get("docpuburl") or ""))
        if url is None:
            continue
        longest = max((_words(value) for value in (item.get("title"), tip.get("title"))), key=len)
        yield Row(
            plain(url),
            titles.whole(longest, None).text,
            _day(tip.get("dates"), item.get("pubdate"), item.get("RELEASEDATE")),
        )


def _words(value: object) -> str:
    """A title without the markup and entities the directory leaves in it."""
    return _MARKUP.sub("", html.unescape(str(value or "")))


def _day(*values: object) -> date | None:
    for value in values:
        day = read_cell(str(value or ""))
        if day is not None:
            return day
    return None


def _first_page(page: Page, match: re.Match[str]) -> str | None:
    """The directory's address with the parameters the sites send, repeated ones included, in their order."""
    address = resolve(page.url, match["address"])
    if address is None:
        return None
    parts = urlsplit(address)
    if _BARE_HOST.match(parts.hostname or "") and parts.netloc != urlsplit(page.url).netloc:
        return None  # a gateway on a bare address is not public on purpose
    query = html.unescape(match["query"] or "")
    if "page=" in query and _NUMBER.search(query.replace("&", " ")):
        return address + re.sub(r"(?<=[?&]page=)\d*", "1", query)
    number = _NUMBER.search(page.text)
    if number is None:
        return None
    public = _PUBLIC.search(page.text)
    place = public["address"] if public is not None else root(page.url)
    column = number["number"]
    pairs = [("page", "1"), ("lb", column)]
    if "/gkml/" in parts.path:
        pairs += [
            ("sword", ""),
            ("searchColumn", "all"),
            ("searchYear", "all"),
            ("pubURL", place),
            ("SType", "1"),
            ("searchColumnYear", "all"),
        ]
        pairs += [("searchYear", "all"), ("pubURL", ""), ("SType", "1"), ("channelId", column), ("callback", "result")]
    else:
        pairs += [
            ("callback", "result"),
            ("sword", ""),
            ("searchColumn", "all"),
            ("searchYear", "all"),
            ("pubURL", place),
            ("SType", "1"),
        ]
        pairs += [("channelId", column)]
    return f"{address}?{urlencode(pairs)}"
