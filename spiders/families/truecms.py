"""TrueCMS (南通, 连云港, 上海人大): the first rows in a hidden list, the others in a datastore inside JSON. Portals: section 5.5."""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import urlencode

from spiders.columns import names_reports
from spiders.families import datastore
from spiders.families.asks import Ask
from spiders.families.datastore import Unit
from spiders.families.family import Family
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.records import read_json
from spiders.families.tallies import tally
from spiders.items import Row

_ENDPOINT = re.compile(
    r"(?P<path>/truecms/messageController/getMessage\.do)(?P<query>\?[^\s\"'<>]{1,600})?", re.IGNORECASE
)
_COLUMN = re.compile(r"\bcolumnId[\"']?\s*[:=]\s*[\"']?(?P<id>[0-9a-fA-F-]{32,36})")
_IN_QUERY = ("startrecord", "endrecord", "perpage", "callback", "_", "contenttemplate")
_PER_PAGE = 10  # the window every site answers; some take 20 or 50
_MOST_PER_PAGE = 50
_MOST_UNITS = 4
_CALLBACK = "cb"


class TrueCms(Family):
    """Windows are as long as a page of the list: a longer one is answered empty or with 404."""

    name = "truecms"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = ("#initData",)

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (".title", ".article-title", ".content-title")
    body_places: ClassVar[tuple[str, ...]] = ("#zoom", "#zoomcon", ".zoomcon", ".article-content", ".content")

    def recognises(self, page: Page) -> bool:
        """By the endpoint that fills its lists."""
        return _ENDPOINT.search(page.text) is not None

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer's datastore, or those of the hidden list."""
        if page.asked is None:
            return super().rows(page)
        return datastore.rows_of(page, datastore.records(_store(page) or ""))

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first window of each column that a unit of the page shows."""
        if page.asked is not None:
            return ()
        asks = {unit.parameter("columnid"): _window(self.name, page, unit) for unit in _units(page)}
        return tuple(asks.values())[:_MOST_UNITS]

    def is_column(self, page: Page) -> bool:
        """By the name of the column, whose folder may have any."""
        return page.asked is None and names_reports(page)

    def further(self, page: Page) -> Further:
        """The next window, until the rows the datastore counts have come."""
        ask = page.asked
        if ask is None:
            return Further(None) if _units(page) else super().further(page)
        store = _store(page) or ""
        answered = tally(ask, datastore.records(store), datastore.total(store))
        if answered.ended:
            return Further(None, answered.pages)
        return Further(None, answered.pages, ask=answered.onward(ask, _address(ask)))

    def shortfall(self, page: Page) -> str | None:
        """An answer without a datastore, or one that does not move on."""
        if page.asked is None:
            return None
        store = _store(page)
        if store is None:
            return "the answer holds no datastore"
        return tally(page.asked, datastore.records(store), datastore.total(store)).shortfall


def _store(page: Page) -> str | None:
    """The datastore in an answer; an empty one where there are no more rows."""
    found = read_json(page.text)
    store = found.get("result") if isinstance(found, dict) else None
    if isinstance(store, str):
        return store
    return "" if isinstance(found, dict) and "result" in found and store is None else None


def _units(page: Page) -> tuple[Unit, ...]:
    found = [*datastore.scripted_units(page, _ENDPOINT), *datastore.linked_units(page, _ENDPOINT, _IN_QUERY)]
    named = tuple(unit for unit in found if re.fullmatch(r"[0-9a-fA-F-]{32,36}", unit.parameter("columnid")))
    if named:
        return named
    endpoint = _ENDPOINT.search(page.text)
    url = page.resolve(endpoint["path"]) if endpoint is not None else None
    return tuple(Unit(url, (("columnId", column),)) for column in _columns(page)[:1]) if url is not None else ()


def _columns(page: Page) -> list[str]:
    """The numbers of the column that the page's script or a hidden field names."""
    fields = [
        (field.get("value") or "").strip()
        for field in page.select("input[value]")
        if "columnid" in {(field.get("id") or "").lower(), (field.get("name") or "").lower()}
    ]
    written = [match["id"] for match in _COLUMN.finditer(page.text)]
    return [number for number in (*written, *fields) if re.fullmatch(r"[0-9a-fA-F-]{32,36}", number)]


def _window(family: str, page: Page, unit: Unit) -> Ask:
    rows = unit.per_page if unit.per_page is not None and 0 < unit.per_page <= _MOST_PER_PAGE else _PER_PAGE
    said = (("total", str(unit.total)),) if unit.total else ()
    facts = (("endpoint", unit.url), ("rows", str(rows)), ("column", unit.parameter("columnid")), *said)
    ask = Ask(unit.url, family, page.url, number=0, facts=facts)
    return ask.onward(url=_address(ask))


def _address(ask: Ask) -> str:
    """The address of the window after an ask's."""
    rows = int(ask.fact("rows"))
    start = ask.number * rows
    query = (("startrecord", start + 1), ("endrecord", start + rows), ("perpage", rows))
    return f"{ask.fact('endpoint')}?{urlencode((*query, ('columnId', ask.fact('column')), ('callback', _CALLBACK)))}"
