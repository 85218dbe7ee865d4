"""The datastore of Hanweb and TrueCMS: rows kept as text, and the units of a page that ask for more of them.

Portals: sections 5.2 and 5.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from spiders.addresses import resolve
from spiders.families.pages import Page
from spiders.families.rows import read_rows
from spiders.items import Row

_RECORD = re.compile(r"<record\s*>", re.IGNORECASE)
_RECORD_END = re.compile(r"</record\s*>", re.IGNORECASE)
_BORDERS = re.compile(r"^\s*<!\[CDATA\[|\]\]>\s*$")
_STORE = re.compile(r"\bdataStore\s*[:=]\s*\[", re.IGNORECASE)  # old 甘肃 answers in JavaScript
_LITERAL = re.compile(r"[\s,]*(?:'(?P<single>(?:\\.|[^'\\])*)'|\"(?P<double>(?:\\.|[^\"\\])*)\")", re.DOTALL)
_ESCAPED = re.compile(r"\\(?:u(?P<code>[0-9a-fA-F]{4})|(?P<char>.))", re.DOTALL)
_SCRIPT_END = re.compile(r"</(?=script)", re.IGNORECASE)
_TOTAL = re.compile(
    r"<totalrecord>\s*(?P<rows>\d{1,7})|\btotalRecord[\"']?\s*[:=]\s*[\"']?(?P<more>\d{1,7})", re.IGNORECASE
)
_LONGEST_RECORD = 20_000  # characters; a longer one is no row
_MOST_RECORDS = 5_000  # of one answer

# What the script of a unit is given, in any order: where to ask, what with, and how many rows a page has.
_PARAMETERS = re.compile(r"\bajaxParam[\"']?\s*:\s*\{(?P<pairs>[^{}]{1,2000})\}", re.IGNORECASE)
_PAIR = re.compile(
    r"[\"']?\b(?P<name>\w{1,40})[\"']?\s*:\s*(?:'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\"|(?P<bare>[\w./-]+))"
)
_PROXY = re.compile(r"\bproxyUrl[\"']?\s*[:=]\s*[\"'](?P<address>[^\"']{1,300})[\"']", re.IGNORECASE)
_PER_PAGE = re.compile(r"\bperPage[\"']?\s*[:=]\s*[\"']?(?P<rows>\d{1,4})\b", re.IGNORECASE)
_BEHIND = 600  # characters after the parameters in which the other options may stand


@dataclass(frozen=True)
class Unit:
    """A list a page's script fills: the endpoint, what is sent with every question, and rows per page and in all."""

    url: str
    parameters: tuple[tuple[str, str], ...]
    per_page: int | None = None
    total: int | None = None

    def parameter(self, name: str) -> str:
        """A parameter by its name in lower case, or an empty text."""
        return next((value for given, value in self.parameters if given.lower() == name), "")


def records(text: str) -> tuple[str, ...]:
    """The markup of each record, be it of a datastore in XML or of an array of texts in JavaScript."""
    found: list[str] = []
    for part in _RECORD.split(text, _MOST_RECORDS)[1:]:
        markup = _BORDERS.sub("", _RECORD_END.split(part, 1)[0])
        found.append(markup)
    for store in _STORE.finditer(text):
        position = store.end()
        while len(found) < _MOST_RECORDS and (literal := _LITERAL.match(text, position)) is not None:
            position = literal.end()
            found.append(_ESCAPED.sub(_unescaped, literal["single"] or literal["double"] or ""))
    return tuple(markup for markup in found if len(markup) <= _LONGEST_RECORD)


def total(text: str) -> int | None:
    """How many rows a datastore or a unit's script says there are."""
    match = _TOTAL.search(text)
    return int(match["rows"] or match["more"]) if match is not None else None


def rows_of(page: Page, markups: Sequence[str]) -> tuple[Row, ...]:
    """The rows of records; those of an answer lead to where they would lead on the page that asked."""
    base = page.base if page.asked is None else page.asked.origin
    whole = (_SCRIPT_END.sub("<", markup.replace("]]>", "")) for markup in markups)
    kept = "".join(f"<record><![CDATA[{markup}]]></record>" for markup in whole)
    return read_rows(Page(base, f"<script>{kept}</script>"))


def scripted_units(page: Page, endpoint: re.Pattern[str]) -> Iterator[Unit]:
    """The units whose parameters stand in an object of the page's script; always asked of the page's own host."""
    blocks = list(_PARAMETERS.finditer(page.text))
    starts = [*(block.start() for block in blocks[1:]), len(page.text)]
    before = 0
    for block, following in zip(blocks, starts, strict=False):
        head = page.text[before : block.start()]
        tail = page.text[block.end() : min(following, block.end() + _BEHIND)]
        before = block.end()
        address = _option(_PROXY, head, tail)
        if address is None or endpoint.search(address["address"]) is None:
            continue
        url = resolve(page.base, urlsplit(address["address"]).path)
        pairs = tuple(
            (pair["name"], pair["one"] or pair["two"] or pair["bare"] or "") for pair in _PAIR.finditer(block["pairs"])
        )
        rows, said = _option(_PER_PAGE, head, tail), _option(_TOTAL, head, tail)
        if url is not None:
            yield Unit(
                url,
                pairs,
                int(rows["rows"]) if rows is not None else None,
                int(said["rows"] or said["more"]) if said is not None else None,
            )


def linked_units(page: Page, endpoint: re.Pattern[str], passing: Sequence[str]) -> Iterator[Unit]:
    """The units of which only the address of the next rows stands in the page; ``passing`` are the page's numbers."""
    for match in endpoint.finditer(page.text):
        query = (match.groupdict().get("query") or "").lstrip("?").replace("&amp;", "&")
        url = resolve(page.base, match["path"])
        pairs = tuple(pair for pair in parse_qsl(query, max_num_fields=60) if pair[0].lower() not in passing)
        if url is not None and pairs:
            yield Unit(url, pairs)


def _option(pattern: re.Pattern[str], head: str, tail: str) -> re.Match[str] | None:
    """The option nearest to a unit's parameters: the last one before them, else the first one after."""
    found: re.Match[str] | None = None
    for match in pattern.finditer(head):
        found = match
    return found or pattern.search(tail)


_BLANKS: Final = {"n": " ", "r": " ", "t": " "}


def _unescaped(match: re.Match[str]) -> str:
    if match["code"]:
        return chr(int(match["code"], 16))
    return _BLANKS.get(match["char"], match["char"])
