"""The spider against served portals, with plain Scrapy in a process of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spiders.asking import read_addresses
from spiders.reports import ReportsSpider
from tests.replay import Asked, City, Expected, Pages, Reply, serve
from tests.spiders.crawl import crawl
from tests.spiders.governments import HEADINGS

Items = list[dict[str, Any]]


def of(items: Items, kind: str, portal: str | None = None) -> Items:
    return [item for item in items if item["kind"] == kind and portal in {None, item["portal"]}]


# The city


@dataclass(frozen=True)
class Crawled:
    """A crawl of the city from one of its addresses: items, what was asked for, and the truth."""

    items: Items
    asked: list[str]
    expected: Expected
    address: str


@pytest.fixture(scope="module", params=["/jlszn/", "/jlsndbg/", "/"])
def crawled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    city = City()
    with serve(city) as address:
        items = crawl(tmp_path_factory.mktemp("city") / "items.jsonl", [address + request.param])
        return Crawled(items, city.asked, city.expected(address), address)


def test_exactly_the_published_reports_are_found_each_once(crawled: Crawled) -> None:
    read = [item["url"] for item in of(crawled.items, "ArticleRead")]
    assert sorted(read) == sorted(report.url for report in crawled.expected.reports)


def test_rows_and_pages_say_title_date_and_agency(crawled: Crawled) -> None:
    by_url = {report.url: report for report in crawled.expected.reports}
    for item in of(crawled.items, "ArticleRead"):
        report = by_url[item["url"]]
        row = item["row"]
        assert row["title"] == report.title
        assert (row["listed_on"] or item["page_date"]) == report.published_on.isoformat()
        assert {row["listed_on"], item["page_date"]} <= {report.published_on.isoformat(), None}
        assert item["page_title"] in {report.title, None if report.form == "pdf" else report.title}
        assert (item["refused"], item["gone"]) == (None, False)
        assert item["agency"] in {report.publisher, None if report.form == "pdf" else report.publisher}
        assert tuple(link["url"] for link in item["attachments"]) == report.attachments


def test_attachments_are_fetched(crawled: Crawled) -> None:
    expected = {url for report in crawled.expected.reports for url in report.attachments}
    assert {item["url"] for item in of(crawled.items, "AttachmentRead")} == expected


def test_each_look_alike_is_refused_with_its_reason_and_only_rosters_are_fetched(crawled: Crawled) -> None:
    refused = {row["row"]["title"]: row for page in of(crawled.items, "ListPage") for row in page["refused"]}
    assert {title: row["reason"] for title, row in refused.items()} == crawled.expected.refused
    asked = {
        title for title, row in refused.items() if row["row"]["url"].removeprefix(crawled.address) in crawled.asked
    }
    assert asked == {title for title, reason in crawled.expected.refused.items() if reason == "公布情况"}


def test_every_column_is_read_to_its_end(crawled: Crawled) -> None:
    ends = of(crawled.items, "ColumnRead")
    assert {end["outcome"] for end in ends} == {"ok"}
    whole = [end for end in ends if end["column_url"].endswith("/jlsndbg/")]
    assert [end["reports"] for end in whole] == [len(crawled.expected.reports)]
    units = {end["column_url"]: end["agency"] for end in ends if not end["column_url"].endswith("/jlsndbg/")}
    agencies = {report.column: report.publisher for report in crawled.expected.reports}
    assert units in ({}, agencies)  # nothing on the city's own list leads to the units' columns


def test_the_portal_is_read_once_and_wholly(crawled: Crawled) -> None:
    (end,) = of(crawled.items, "PortalRead")
    assert end["outcome"] == "ok"
    assert crawled.items[-1] == end


def test_nothing_is_asked_for_twice_and_nothing_that_is_forbidden(crawled: Crawled) -> None:
    assert {path: count for path, count in Counter(crawled.asked).items() if count > 1} == {}
    assert not any(path.startswith(("/neibu/", "/wzndbb/", "/gate/", "/login")) for path in crawled.asked)
    assert not any("_ext" in path or "from=list" in path for path in crawled.asked)


# Other portals, one page or two each


def title(year: int = 2025, name: str = "云汀市审计局") -> str:
    return f"{name}{year}年政府信息公开工作年度报告"


def listing(*rows: tuple[str, str], more: str = "") -> str:
    items = "".join(f'<li><a href="{href}">{text}</a><span>2026-01-29</span></li>' for href, text in rows)
    return f'<html><body><ul class="u-list">{items}</ul>{more}</body></html>'


def article(text: str, more: str = "") -> str:
    body = "全年公开审计结果公告，答复来信，整理目录。" * 10
    return f'<html><body><h1>{text}</h1><p>发布日期：2026-01-29</p><div class="TRS_Editor"><p>{body}</p>{more}</div></body></html>'


def pager(pages: int) -> str:
    return f'<script><!--\ncreatePageHTML({pages}, 0, "index", "html");\n//--></script>'


class NeedsReferer(Pages):
    """A portal whose download endpoint gives the file only to who comes from the article."""

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/download.jsp") and "referer" in asked.headers:
            name = "年度报告.doc".encode().decode("latin-1")
            headers = (("Content-Disposition", f'attachment; filename="{name}"'),)
            return Reply(b"\xd0\xcf\x11\xe0" + b"0" * 600, content_type="application/msword", headers=headers)
        return super().answer(asked)


ONE = {"/ndbg/t20260129_1.html": article(title())}
SITES: dict[str, Pages] = {
    "a dead article": Pages(
        {"/ndbg/": listing(("t20260129_1.html", title()), ("t20250129_2.html", title(2024))), **ONE}
    ),
    "a broken article": Pages(
        {
            "/ndbg/": listing(("t20260129_1.html", title()), ("t20250129_2.html", title(2024))),
            "/ndbg/t20250129_2.html": Reply(b"", 503),
            **ONE,
        }
    ),
    "a broken second page": Pages(
        {"/ndbg/": listing(("t20260129_1.html", title()), more=pager(2)), "/ndbg/index_1.html": Reply(b"", 500), **ONE}
    ),
    "an empty second page": Pages(
        {"/ndbg/": listing(("t20260129_1.html", title()), more=pager(2)), "/ndbg/index_1.html": listing(), **ONE}
    ),
    "page one again": Pages(
        {
            "/ndbg/": listing(("t20260129_1.html", title()), more='<a href="index_1.html">下一页</a>'),
            "/ndbg/index_1.html": listing(("t20260129_1.html", title()), more='<a href="index_2.html">下一页</a>'),
            **ONE,
        }
    ),
    "an empty column": Pages({"/ndbg/": listing()}),
    "only look-alikes": Pages({"/ndbg/": listing(("t20260129_1.html", title() + "解读"))}),
    "nothing there": Pages({}),
    "forbidden": Pages(
        {"/robots.txt": Reply(b"User-agent: *\nDisallow: /\n", content_type="text/plain"), "/ndbg/": listing()}
    ),
    "a shell of itself": Pages({"/ndbg/": "<script>location.replace('index.html')</script>"}),
    "a shell behind a shell": Pages(
        {
            "/ndbg/": "<script>location.replace('a.html')</script>",
            "/ndbg/a.html": "<script>location.replace('b.html')</script>",
        }
    ),
    "a cut title": Pages(
        {
            "/ndbg/": listing(("t20260129_1.html", title()), ("t20260129_2.html", title(2024)[:24] + "…")),
            "/ndbg/t20260129_2.html": article(title(2024) + "解读"),
            **ONE,
        }
    ),
    "a download": NeedsReferer(
        {
            "/ndbg/": listing(("t20260129_1.html", title())),
            "/ndbg/t20260129_1.html": article(title(), '<a href="/download.jsp?id=7">附件</a>'),
            "/download.jsp?id=7": "<html>验证</html>",
        }
    ),
    "years below": Pages(
        {
            "/ndbg/": '<html><body><ul><li><a href="2025n/">2025年</a></li></ul></body></html>',
            "/ndbg/2025n/": listing(("t20260129_1.html", title())),
            "/ndbg/2025n/t20260129_1.html": article(title()),
        }
    ),
    "a folder that is an article": Pages(
        {"/ndbg/": listing(("2127247/", title())), "/ndbg/2127247/": article(title())}
    ),
    "a home page": Pages(
        {
            "/": '<a href="/zfxxgk/">政府信息公开</a>',
            "/zfxxgk/": '<a href="/bm/sjj/">云汀市审计局</a><a href="/bm/jyj/">云汀市教育局</a>',
            "/bm/sjj/": '<a href="nianbao/">政府信息公开年报</a><a href="/zfwzndbb/">年度报告</a>',
            "/bm/sjj/nianbao/": listing(("t20260129_1.html", title())),
            "/bm/sjj/nianbao/t20260129_1.html": article(title()),
        }
    ),
}
ENTRIES = {"a home page": "/", "nothing there": "/szf/"}


@dataclass(frozen=True)
class Many:
    """One crawl of all the sites, side by side."""

    items: Items
    portals: dict[str, str]

    def outcome(self, name: str) -> str:
        (end,) = of(self.items, "PortalRead", self.portals[name])
        return str(end["outcome"])

    def columns(self, name: str) -> list[tuple[str, int, int]]:
        ends = of(self.items, "ColumnRead", self.portals[name])
        return [(end["outcome"], end["rows"], end["reports"]) for end in ends]

    def read(self, name: str) -> Items:
        return of(self.items, "ArticleRead", self.portals[name])


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    with ExitStack() as stack:
        addresses = {name: stack.enter_context(serve(site)) for name, site in SITES.items()}
        portals = {name: address + ENTRIES.get(name, "/ndbg/") for name, address in addresses.items()}
        yield Many(crawl(tmp_path_factory.mktemp("many") / "items.jsonl", portals.values()), portals)


def test_a_listed_page_that_is_gone_is_told_and_the_portal_is_read(many: Many) -> None:
    assert [item["gone"] for item in sorted(many.read("a dead article"), key=lambda item: item["url"])] == [True, False]
    assert (many.outcome("a dead article"), many.columns("a dead article")) == ("ok", [("ok", 2, 2)])


def test_an_article_that_cannot_be_read_makes_the_portal_incomplete_and_not_the_column(many: Many) -> None:
    assert (many.outcome("a broken article"), many.columns("a broken article")) == ("incomplete", [("ok", 2, 2)])


@pytest.mark.parametrize("name", ["a broken second page", "an empty second page"])
def test_a_list_that_breaks_off_is_incomplete(many: Many, name: str) -> None:
    assert many.outcome(name) == "incomplete"
    assert [outcome for outcome, _, _ in many.columns(name)] != ["ok"]
    assert len(many.read(name)) == 1


def test_paging_stops_where_a_page_brings_nothing_new(many: Many) -> None:
    assert many.columns("page one again") == [("ok", 1, 1)]
    assert SITES["page one again"].asked.count("/ndbg/index_1.html") == 1
    assert "/ndbg/index_2.html" not in SITES["page one again"].asked


@pytest.mark.parametrize("name", ["an empty column", "only look-alikes"])
def test_a_column_without_reports_is_never_called_read(many: Many, name: str) -> None:
    assert (many.outcome(name), [outcome for outcome, _, _ in many.columns(name)]) == ("incomplete", ["incomplete"])


def test_a_portal_that_is_not_there_is_unreachable(many: Many) -> None:
    assert many.outcome("nothing there") == "unreachable"


def test_a_forbidden_portal_is_disallowed_and_not_read(many: Many) -> None:
    assert many.outcome("forbidden") == "disallowed"
    assert SITES["forbidden"].asked == ["/robots.txt"]


@pytest.mark.parametrize("name", ["a shell of itself", "a shell behind a shell"])
def test_a_shell_is_followed_once_and_then_given_up(many: Many, name: str) -> None:
    assert many.outcome(name) == "incomplete"
    assert max(Counter(SITES[name].asked).values()) == 1
    assert "/ndbg/b.html" not in SITES[name].asked


def test_the_articles_own_title_refuses_a_look_alike_whose_title_was_cut(many: Many) -> None:
    assert {item["refused"] for item in many.read("a cut title")} == {None, "解读"}


def test_a_download_is_asked_for_from_its_article_and_named_by_the_answer(many: Many) -> None:
    (file,) = of(many.items, "AttachmentRead", many.portals["a download"])
    assert file["name"] == "年度报告.doc"
    assert many.outcome("a download") == "ok"


@pytest.mark.parametrize("name", ["years below", "a folder that is an article", "a home page"])
def test_reports_are_found_below_years_in_folders_and_from_the_home_page(many: Many, name: str) -> None:
    assert [item["row"]["title"] for item in many.read(name)] == [title()]
    assert many.outcome(name) == "ok"


def test_a_year_limits_articles_and_not_lists(tmp_path: Path) -> None:
    site = Pages(
        {"/ndbg/": listing(("a1.html", title()), ("a2.html", title(2024)), ("a3.html", "政府信息公开工作年度报告"))}
    )
    with serve(site) as address:
        items = crawl(tmp_path / "items.jsonl", [f"{address}/ndbg/"], 2024)
    assert len(of(items, "ListPage")[0]["rows"]) == 3
    assert sorted(path for path in site.asked if "/a" in path) == ["/ndbg/a2.html", "/ndbg/a3.html"]


def test_portals_are_given_as_a_list_or_between_commas() -> None:
    assert read_addresses("xxgk.a.gov.cn, http://b.gov.cn/x?y=1,2 ,https://c.gov.cn/") == [
        "http://xxgk.a.gov.cn",
        "http://b.gov.cn/x?y=1,2",
        "https://c.gov.cn/",
    ]
    assert read_addresses(["http://a.gov.cn/", "http://a.gov.cn/"]) == ["http://a.gov.cn/"]
    with pytest.raises(ValueError, match="no portal given"):
        ReportsSpider()


def test_units_beside_the_rows_of_a_column_are_followed(tmp_path: Path) -> None:
    units = "<h3>市政府部门年报</h3><ul><li><a href='/bm/czj/'>市财政局</a></li><li><a href='/bm/jyj/'>市教育局</a></li></ul>"
    title = "{}2024年政府信息公开工作年度报告"
    body = "".join(f"<p>{heading}。{'依法公开信息。' * 20}</p>" for heading in HEADINGS)

    def listed(agency: str, href: str, more: str = "") -> str:
        rows = f"<ul><li><a href='{href}'>{title.format(agency)}</a><span>2025-01-20</span></li></ul>"
        return f"<html><head><title>政府信息公开年报</title></head><body>{rows}{more}</body></html>"

    pages: dict[str, Reply | str] = {
        "/": "<html><body><a href='/zwgk/nb/'>政府信息公开年报</a></body></html>",
        "/zwgk/nb/": listed("清湾市人民政府", "1.html", units),
        "/bm/czj/": listed("清湾市财政局", "2.html"),
        "/bm/jyj/": listed("清湾市教育局", "3.html"),
    }
    for path, agency in (
        ("/zwgk/nb/1", "清湾市人民政府"),
        ("/bm/czj/2", "清湾市财政局"),
        ("/bm/jyj/3", "清湾市教育局"),
    ):
        pages[f"{path}.html"] = f"<html><body><h1>{title.format(agency)}</h1>{body}</body></html>"
    with serve(Pages(pages)) as address:
        items = crawl(tmp_path / "items.jsonl", [f"{address}/"])
    read = {item["url"].removeprefix(address) for item in of(items, "ArticleRead")}
    assert read == {"/zwgk/nb/1.html", "/bm/czj/2.html", "/bm/jyj/3.html"}
    assert [item["outcome"] for item in of(items, "PortalRead")] == ["ok"]
