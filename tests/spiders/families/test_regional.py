"""The regional families crawled as served portals, from their column's address and from their first page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.replay.server import serve
from tests.spiders.crawl import crawl
from tests.spiders.families.regional import PORTALS, Portal

Items = list[dict[str, Any]]
CASES = [(name, entry) for name in PORTALS for entry in ("column", "home")]


@dataclass(frozen=True)
class Crawled:
    """What one portal gave, and what it was asked for."""

    portal: Portal
    address: str
    items: Items

    def of(self, kind: str) -> Items:
        return [item for item in self.items if item["kind"] == kind]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Crawled]]:
    with ExitStack() as stack:
        portals = {case: PORTALS[case[0]]() for case in CASES}
        addresses = {case: stack.enter_context(serve(portal.site)) for case, portal in portals.items()}
        entries = {
            case: addresses[case] + (portal.column if case[1] == "column" else "/") for case, portal in portals.items()
        }
        items = crawl(tmp_path_factory.mktemp("regional") / "items.jsonl", entries.values())
        yield {
            case: Crawled(portals[case], addresses[case], [item for item in items if item["portal"] == entries[case]])
            for case in CASES
        }


@pytest.mark.parametrize("case", CASES)
def test_every_report_of_the_portal_is_read_once(
    crawled: dict[tuple[str, str], Crawled], case: tuple[str, str]
) -> None:
    found = crawled[case]
    read = [item["url"].removeprefix(found.address) for item in found.of("ArticleRead")]
    assert sorted(read) == sorted(report.path for report in found.portal.listed)
    assert {item["row"]["title"] for item in found.of("ArticleRead")} == {one.title for one in found.portal.listed}


@pytest.mark.parametrize("case", CASES)
def test_rows_and_articles_say_title_and_day(crawled: dict[tuple[str, str], Crawled], case: tuple[str, str]) -> None:
    for item in crawled[case].of("ArticleRead"):
        assert item["row"]["listed_on"] == "2026-01-29"
        if not item["url"].endswith(".pdf"):
            assert (item["page_title"], item["page_date"]) == (item["row"]["title"], "2026-01-29")


@pytest.mark.parametrize("case", CASES)
def test_columns_are_read_to_their_end_and_paging_ends(
    crawled: dict[tuple[str, str], Crawled], case: tuple[str, str]
) -> None:
    found = crawled[case]
    assert {item["outcome"] for item in found.of("ColumnRead")} == {"ok"}
    assert [item["outcome"] for item in found.of("PortalRead")] == ["ok"]
    told = [*found.of("ListPage"), *found.of("ArticleRead")]
    assert found.portal.family in {item["family"] for item in told}
    endpoint = getattr(found.portal.site, "endpoint", None)
    asked = Counter(path for path in found.portal.site.asked if path != endpoint)
    posted = Counter(getattr(found.portal.site, "bodies", []))
    posted.pop("", None)
    assert {what: count for what, count in [*asked.items(), *posted.items()] if count > 1} == {}
    assert not set(found.portal.forbidden) & set(asked)
