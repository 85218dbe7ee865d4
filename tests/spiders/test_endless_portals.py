"""Portals without end: calendars, pages, folders and directories that go on for ever. The crawl ends all the same, and says so."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from scrapy.http import HtmlResponse, Request

from spiders.items import PortalRead
from spiders.reports import ReportsSpider
from tests.crawler import pages

HOST = "http://xxgk.qinghe.gov.cn"
COLUMN = f"{HOST}{pages.COLUMN}"
LIMITS = {
    "MAX_LIST_PAGES": 12,
    "MAX_COLUMN_PAGES": 25,
    "MAX_ROWS": 40,
    "MAX_REQUESTS": 200,
    "MAX_COLUMNS": 30,
    "MAX_ENTRY_PAGES": 30,
}
Site = Callable[[str], str]


def walk(site: Site, **limits: int) -> tuple[PortalRead, list[str]]:
    """Read a portal that is a function from path to page, with smaller limits; how it ended, and what was asked for."""
    spider = type("Small", (ReportsSpider,), {**LIMITS, **limits})(portal=COLUMN)
    waiting: list[Any] = asyncio.run(_begin(spider))
    asked: list[str] = []
    ended: list[PortalRead] = []
    while waiting:
        request = waiting.pop(0)
        if isinstance(request, PortalRead):
            ended.append(request)
        if not isinstance(request, Request):
            continue
        asked.append(request.url.removeprefix(HOST))
        assert len(asked) < 2000, "the walk has no end"
        body = site(request.url.removeprefix(HOST)).encode()
        answer = HtmlResponse(request.url, body=body, headers={"Content-Type": "text/html"}, request=request)
        waiting += list(spider.read(answer, **request.cb_kwargs))
    (end,) = ended
    return end, asked


async def _begin(spider: ReportsSpider) -> list[Any]:
    return [output async for output in spider.start()]


def rows(first: int, number: int = 3) -> list[tuple[str, str]]:
    """Rows that nobody has seen before."""
    return [
        (f"{HOST}/zcbm/ndbg/202501/t20250121_{1000 + n}.html", f"青禾市第{n}中学2024年政府信息公开工作年度报告")
        for n in range(first, first + number)
    ]


def page_with(links: list[tuple[str, str]], extra: str) -> str:
    return pages.column(links).replace("</ul>", f"</ul>{extra}")


def article_or(listed: Site) -> Site:
    """A site whose articles are reports, and whose other pages are these."""
    return lambda path: pages.article("青禾市水务局") if "/t2025" in path else listed(path)


def number_of(path: str) -> int:
    return int((re.findall(r"\d+", path.rpartition("/")[2]) or ["0"])[-1])


def test_endless_paging_of_duplicate_pages_ends_with_the_first_that_brings_nothing_new() -> None:
    same = rows(0)
    end, asked = walk(article_or(lambda path: page_with(same, f'<a href="list{number_of(path) + 1}.html">下一页</a>')))
    assert end.outcome == "ok"
    assert len([path for path in asked if "/t2025" not in path]) == 2


def test_endless_paging_of_fabricated_rows_ends_at_a_limit_and_leaves_the_portal_incomplete() -> None:
    fresh = count(step=3)
    end, asked = walk(
        article_or(lambda path: page_with(rows(next(fresh)), f'<a href="list{number_of(path) + 1}.html">下一页</a>'))
    )
    assert (end.outcome, len([path for path in asked if "/t2025" not in path])) == ("incomplete", 12)
    assert "has more than 12 pages" in (end.detail or "")


def test_an_endless_calendar_ends_at_a_limit_and_leaves_the_portal_incomplete() -> None:
    fresh = count()
    end, _ = walk(
        article_or(lambda path: page_with(rows(next(fresh), 1), f'<a href="?month={number_of(path) + 1}">下一页</a>'))
    )
    assert end.outcome == "incomplete"
    assert "has more than 12 pages" in (end.detail or "")


def test_endless_sessions_in_links_end_where_no_row_is_new() -> None:
    session, same = count(), rows(0)
    end, asked = walk(article_or(lambda _: page_with(same, f'<a href="/zcbm/ndbg/?sid={next(session)}">下一页</a>')))
    assert end.outcome == "ok"
    assert len(asked) < 10


@pytest.mark.parametrize("name", ["a{0}", "gknb{0}"])
def test_endless_folders_end_at_a_depth(name: str) -> None:
    def folders(path: str) -> str:
        links = "".join(f'<li><a href="{path}{name.format(n)}/">青禾市第{n}局</a></li>' for n in range(8))
        return f"<html><body><ul>{links}</ul></body></html>"

    end, asked = walk(folders)
    assert end.outcome == "incomplete"
    assert len(asked) <= LIMITS["MAX_COLUMNS"] + LIMITS["MAX_ENTRY_PAGES"] + LIMITS["MAX_COLUMN_PAGES"]


def test_endless_directories_that_answers_name_end_at_a_limit() -> None:
    fresh = count()

    def directories(_: str) -> str:
        names = "".join(
            f'<script src="/govsearch/jsonp/x{next(fresh)}.jsp?page=1&lb=134505"></script>' for _ in range(3)
        )
        return f"<html><head><title>政府信息公开年报</title></head><body>{names}</body></html>"

    end, asked = walk(directories)
    assert end.outcome == "incomplete"
    assert "leads to more than 25 pages" in (end.detail or "")
    assert len(asked) <= 30


def test_a_column_of_a_million_rows_is_read_up_to_a_number() -> None:
    end, asked = walk(article_or(lambda _: pages.column(rows(0, 1000))))
    assert end.outcome == "incomplete"
    assert len(asked) == 41


def test_a_portal_of_a_million_addresses_is_read_up_to_a_number() -> None:
    fresh = count(step=3)
    end, asked = walk(
        article_or(lambda path: page_with(rows(next(fresh)), f'<a href="list{number_of(path) + 1}.html">下一页</a>')),
        MAX_REQUESTS=20,
    )
    assert (end.outcome, len(asked)) == ("incomplete", 20)
    assert "more than 20 addresses were to be asked for" in (end.detail or "")


def test_shells_behind_shells_end_with_the_first_hops() -> None:
    end, asked = walk(lambda path: f'<html><script>location.href="/s{number_of(path) + 1}/"</script></html>')
    assert end.outcome == "incomplete"
    assert len(asked) < 6


def test_an_article_of_thousands_of_attachments_is_read_up_to_a_number() -> None:
    files = "".join(f'<a href="/f/{number}.pdf">附件{number}.pdf</a>' for number in range(5000))

    def site(path: str) -> str:
        return pages.article("青禾市水务局", extra=files) if "/t2025" in path else pages.column(rows(0, 1))

    _, asked = walk(site)
    assert len([path for path in asked if path.endswith(".pdf")]) == ReportsSpider.MAX_ATTACHMENTS
