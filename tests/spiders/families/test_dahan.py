"""大汉's families and TrueCMS crawled as served portals, from their column's address and from their first page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.replay.server import serve
from tests.spiders.crawl import crawl
from tests.spiders.families.dahan_sites import ANNUAL, GATEWAY, MISSING, PORTALS, PROXY, YEARS, Portal, annual_path
from tests.spiders.families.invented import Searched

Items = list[dict[str, Any]]
CASES = [(name, entry) for name in PORTALS for entry in ("column", "home")]
WHOLE = [case for case in CASES if PORTALS[case[0]]().outcome == "ok"]


@dataclass(frozen=True)
class Crawled:
    """What one portal gave, and what it was asked for."""

    portal: Portal
    address: str
    items: Items

    def of(self, kind: str) -> Items:
        return [found for found in self.items if found["kind"] == kind]

    @property
    def read(self) -> Items:
        return [found for found in self.of("ArticleRead") if not found["gone"]]

    @property
    def outcomes(self) -> list[str]:
        return [found["outcome"] for found in self.of("ColumnRead")]


Portals = dict[tuple[str, str], Crawled]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portals]:
    with ExitStack() as stack:
        portals = {case: PORTALS[case[0]]() for case in CASES}
        addresses = {case: stack.enter_context(serve(portal.site)) for case, portal in portals.items()}
        entries = {case: addresses[case] + (portals[case].column if case[1] == "column" else "/") for case in portals}
        items = crawl(tmp_path_factory.mktemp("dahan") / "items.jsonl", entries.values())
        yield {
            case: Crawled(portals[case], addresses[case], [one for one in items if one["portal"] == entries[case]])
            for case in CASES
        }


@pytest.mark.parametrize("case", WHOLE)
def test_every_report_is_read_once_with_its_title_and_day(crawled: Portals, case: tuple[str, str]) -> None:
    found = crawled[case]
    read = {one["url"].removeprefix(found.address): one for one in found.read}
    assert len(read) == len(found.read)
    assert {path: one["page_title"] for path, one in read.items()} == {
        one.path: one.title for one in found.portal.listed
    }
    assert {one["row"]["listed_on"] or one["page_date"] for one in found.read} == {"2026-01-29"}
    assert {one["page_date"] for one in found.read} == {"2026-01-29"}
    assert {one["refused"] for one in found.read} == {None}


@pytest.mark.parametrize("case", WHOLE)
def test_the_column_is_read_to_its_end(crawled: Portals, case: tuple[str, str]) -> None:
    assert crawled[case].outcomes == ["ok"]
    assert [one["outcome"] for one in crawled[case].of("PortalRead")] == ["ok"]


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_asked_for_twice(crawled: Portals, case: tuple[str, str]) -> None:
    found = crawled[case]
    site = found.portal.site
    bodies = iter(site.bodies if isinstance(site, Searched) else ())
    endpoint = site.endpoint if isinstance(site, Searched) else None
    asked = [(path, next(bodies) if path.partition("?")[0] == endpoint else "") for path in site.asked]
    assert [question for question, count in Counter(asked).items() if count > 1] == []


@pytest.mark.parametrize("entry", ["column", "home"])
@pytest.mark.parametrize(
    ("name", "questions"),
    [("a datastore asked for in windows", 3), ("a datastore that heeds only the page", 8)],
)
def test_both_variants_of_the_dataproxy_give_all_rows_and_end(
    crawled: Portals, name: str, questions: int, entry: str
) -> None:
    """Portals: replay case 6."""
    found = crawled[name, entry]
    assert len(found.read) == 100
    assert {one["row"]["listed_on"] for one in found.read} == {"2026-01-29"}  # the day is broken over two lines
    assert sum(path.startswith(PROXY) for path in found.portal.site.asked) == questions


@pytest.mark.parametrize("entry", ["column", "home"])
def test_an_endpoint_that_does_not_move_on_makes_the_column_incomplete(crawled: Portals, entry: str) -> None:
    found = crawled["a datastore that heeds nothing", entry]
    assert (len(found.read), found.outcomes) == (15, ["incomplete"])
    assert sum(path.startswith(PROXY) for path in found.portal.site.asked) == 2
    assert "the same rows come again after 15 of 100" in found.of("ColumnRead")[0]["detail"]


@pytest.mark.parametrize("entry", ["column", "home"])
@pytest.mark.parametrize("name", ["reports by agency and year", "a year that says it is missing"])
def test_each_agency_has_one_report_a_year_and_the_missing_one_is_told_as_missing(
    crawled: Portals, name: str, entry: str
) -> None:
    """Portals: replay case 7."""
    found = crawled[name, entry]
    assert len(found.read) == 2 * len(YEARS) - 1
    gone = [one["requested_url"].removeprefix(found.address) for one in found.of("ArticleRead") if one["gone"]]
    assert gone == [annual_path(*MISSING)]
    assert all(ANNUAL in one["url"] and "area=" in one["url"] and "fbtime=" in one["url"] for one in found.read)


@pytest.mark.parametrize("entry", ["column", "home"])
def test_the_gateway_is_asked_with_the_parameters_of_the_page(crawled: Portals, entry: str) -> None:
    """Portals: replay case 8."""
    found = crawled["a gateway", entry]
    asked = [path for path in found.portal.site.asked if path.startswith(GATEWAY)]
    assert len(asked) == 3
    assert all("parseType=bulidstatic&webId=3096&tplSetId=quSyqDUrFfjv1nGRQhEEH" in path for path in asked)


@pytest.mark.parametrize("entry", ["column", "home"])
def test_a_gateway_that_refuses_is_reported_and_asked_once(crawled: Portals, entry: str) -> None:
    """Portals: replay case 8."""
    found = crawled["a gateway that refuses", entry]
    assert found.outcomes == ["unreachable"]
    assert "HTTP 403" in found.of("ColumnRead")[0]["detail"]
    assert sum(path.startswith(GATEWAY) for path in found.portal.site.asked) == 1
