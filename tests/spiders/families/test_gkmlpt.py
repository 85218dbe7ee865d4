"""gkmlpt: categories from the page's script, rows from its API, articles as pages."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from spiders.families.asks import Ask
from spiders.families.gkmlpt import Gkmlpt
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.replay import Asked, Pages, Reply, serve
from tests.spiders.crawl import crawl
from tests.spiders.families.guangdong_site import (
    TEXT,
    UNITS,
    Directory,
    Entry,
    column,
    directory_article,
    node,
    post,
    record,
    seconds,
    shell,
    title,
)
from tests.spiders.families.side_by_side import Crawled, crawl_all

HOST = "http://www.example.gov.cn"
DAY = date(2026, 1, 29)
REPORTS = node(2629, "政府信息公开年报")
FRONT = '<a href="/gkmlpt/annualreport#2629">政府信息公开年报</a>'
OTHERS = (node(5, "政策文件"), node(6, "法治政府建设年度报告"), node(7, "统计年报"), node(8, "政府网站工作年度报表"))


def page(path: str, text: str, asked: Ask | None = None) -> Page:
    return Page(HOST + path, text, {}, asked)


def questions(text: str, path: str = "/gkmlpt/index") -> list[str]:
    found = page(path, text)
    return [ask.url.removeprefix(HOST) for ask in recognise(found).questions(found)]


# Categories


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (shell("1", [*OTHERS, REPORTS]), [2629]),
        (shell("1", [node(1, "法定主动公开内容", *OTHERS, REPORTS)]), [2629]),
        (shell("1", [node(3, "年报", node(31, "2024年"), node(32, "2025年"), node(33, "年报解读"))]), [3, 31, 32]),
        (shell("1", [node(3, "年报"), REPORTS]), [2629]),
        (shell("1", [*OTHERS]), []),
        (shell("1", [node(9, "政府信息公开年报", jump="/zfxxgknb/")]), []),
        (shell("1", [node(9, "政府信息公开年报", jump="/gkmlpt/annualreport#9")]), [9]),
        (shell("1", [node(9, "政府信息公开年报", jump="/qjyj/gkmlpt/annualreport#9")]), []),
        (shell("1", [], FRONT), [2629]),
        (shell("1", [], FRONT.replace("/gkmlpt", "/qjyj/gkmlpt")), []),  # another unit's
        ("<script>window._CONFIG = {SID: 1, TREE: [{id: '7', name: '信息公开年报', children: null,},],}</script>", [7]),
        ("<script>_CONFIG={'SID':1,'TREE':[{'id':7,'name':'政府信息公开年报\\x20'}]}</script>", [7]),
        ("<script>window._CONFIG={SID:1, TREE:[{id:7,name:'政府信息公开年报'</script>", []),
        (shell("1", [{"id": {}, "name": ["年报"], "children": 7}, 3, None, {"id": "7'\"", "name": "年报"}]), []),  # type: ignore[list-item]
    ],
)
def test_each_category_of_reports_and_those_below_it_are_asked_for(text: str, numbers: list[int]) -> None:
    assert questions(text) == [f"/gkmlpt/api/all/{number}?page=1&sid=1" for number in numbers]


def test_the_number_in_the_reports_own_address_counts_where_its_page_has_no_tree() -> None:
    assert questions(shell("190", []), "/gkmlpt/annualreport#3310") == ["/gkmlpt/api/all/3310?page=1&sid=190"]
    assert questions(shell("190", []), "/gkmlpt/index#3310") == []


def test_a_unit_below_a_host_is_asked_at_its_own_place_with_its_own_number() -> None:
    assert questions(shell("668040", [REPORTS]), "/hysz/gkmlpt/index") == [
        "/hysz/gkmlpt/api/all/2629?page=1&sid=668040"
    ]
    assert questions("<script>_CONFIG={TREE:[{id:7,name:'信息公开年报'}]}</script>") == ["/gkmlpt/api/all/7?page=1"]


def test_a_category_kept_elsewhere_is_a_column_there() -> None:
    index = page("/gkmlpt/index", shell("1", [node(9, "云汀区审计局政府信息公开年报", jump="../zfxxgknb/")]))
    assert [(link.url, link.agency) for link in Gkmlpt().columns(index)] == [(HOST + "/zfxxgknb/", "云汀区审计局")]
    assert Gkmlpt().is_column(index) is False


@pytest.mark.parametrize(
    ("path", "menu", "found"),
    [
        ("/gkmlpt/index", "", True),
        ("/gkmlpt/index", FRONT, False),  # that page has them
        ("/gkmlpt/index", FRONT.replace("/gkmlpt", "/qjyj/gkmlpt"), True),
        ("/gkmlpt/annualreport", FRONT, True),
    ],
)
def test_an_index_is_the_column_where_no_page_for_reports_alone_stands_beside_it(
    path: str, menu: str, found: bool
) -> None:
    assert Gkmlpt().is_column(page(path, shell("1", [REPORTS], menu))) is found


def test_an_article_holds_the_tree_and_asks_for_nothing() -> None:
    assert questions(shell("1", [REPORTS]), ENTRY.path) == []
    assert Gkmlpt().is_column(page(ENTRY.path, shell("1", [REPORTS]))) is False


def test_a_page_with_too_many_categories_is_short_of_them() -> None:
    years = node(1, "信息公开年报", *(node(number, "某年") for number in range(2, 500)))
    index = page("/gkmlpt/index", shell("1", [years]))
    assert len(Gkmlpt().questions(index)) == 300
    said = "it names 499 categories of reports, and no more than 300 are asked for"
    assert Gkmlpt().shortfall(index) == said


# Answers

API = "/gkmlpt/api/all/2629?page={}&sid=1"
ENTRY = Entry(4688997, title(2025), DAY, 2629)


def ask(number: int = 1, **facts: str) -> Ask:
    return Ask(HOST + API.format(number), "gkmlpt", HOST + "/gkmlpt/index", number=number, facts=tuple(facts.items()))


def answer(*items: Any, total: Any = None, asked: Ask | None = None) -> Page:
    body = {"total": len(items) if total is None else total, "articles": list(items)}
    return page(API.format(1), json.dumps(body, ensure_ascii=False), asked or ask())


def item(**changed: Any) -> dict[str, Any]:
    return {**record(ENTRY, HOST), **changed}


@pytest.mark.parametrize(
    ("changed", "address", "day"),
    [
        ({}, ENTRY.path, DAY),
        ({"display_publish_time": str(seconds(DAY))}, ENTRY.path, DAY),
        ({"display_publish_time": seconds(DAY) * 1000}, ENTRY.path, DAY),
        ({"display_publish_time": 0, "date": "2026-01-29 10:00:00"}, ENTRY.path, DAY),
        ({"display_publish_time": None, "date": seconds(DAY)}, ENTRY.path, DAY),
        ({"display_publish_time": 10**30, "date": [], "first_publish_time": seconds(DAY)}, ENTRY.path, DAY),
        ({"display_publish_time": -1, "date": "", "created_at": "2026-02-01"}, ENTRY.path, None),
        ({"post_url": "/zfxxgknb/content/post_7.html"}, "/zfxxgknb/content/post_7.html", DAY),
        ({"post_url": "/zfxxgknb/content/mpost_7.html"}, "/zfxxgknb/content/post_7.html", DAY),
        ({"post_url": "javascript:;"}, ENTRY.path, DAY),
        ({"url": None}, ENTRY.path, DAY),
        ({"url": "", "id": "4688997"}, ENTRY.path, DAY),
        ({"url": "", "id": None}, "/attachment/0/1/1000/4688997.pdf", DAY),
        ({"title": f"<em>{title(2025)[:6]}</em>\n{title(2025)[6:]}"}, ENTRY.path, DAY),
        ({"title": title(2025) + "\ud800"}, ENTRY.path, DAY),
    ],
)
def test_a_record_is_a_row(changed: dict[str, Any], address: str, day: date | None) -> None:
    (row,) = Gkmlpt().rows(answer(item(**changed)))
    assert (row.url, row.title, row.listed_on) == (HOST + address, title(2025), day)


@pytest.mark.parametrize("broken", [None, 7, "x", [], {}, {"title": title(2025)}, item(title=None), item(title={})])
def test_a_record_that_cannot_be_read_is_no_row_and_costs_no_other(broken: Any) -> None:
    assert len(Gkmlpt().rows(answer(broken, item()))) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"articles": 7}', '{"error": "x"}', "<html><title>404</title></html>"],
)
def test_an_answer_that_is_no_list_has_no_rows_and_is_told(text: str) -> None:
    broken = page(API.format(1), text, ask())
    assert (recognise(broken).rows(broken), recognise(broken).further(broken).ask) == ((), None)
    assert recognise(broken).shortfall(broken) == "the directory did not answer with a list"


def test_raw_line_breaks_in_an_answer_are_read() -> None:
    text = json.dumps({"articles": [item()], "total": "1"}, ensure_ascii=False).replace("年政府", "年\n政府")
    assert [row.title for row in Gkmlpt().rows(page(API.format(1), "\ufeff\r\n" + text, ask()))] == [title(2025)]


@pytest.mark.parametrize(
    ("count", "total", "asked", "following", "pages"),
    [
        (9, 9, ask(), None, None),
        (100, 250, ask(), 2, 3),
        (100, "250", ask(2, seen="100", size="100"), 3, 3),
        (50, 250, ask(3, seen="200", size="100"), None, None),
        (20, 45, ask(), 2, 3),
        (100, 100, ask(), 2, 1),  # a full page may not be the last, whatever the total
        (100, None, ask(), 2, None),
        (0, 250, ask(4, seen="300", size="100"), None, None),
        (9, 10**30, ask(), 2, None),
        (9, -5, ask(), 2, None),
    ],
)
def test_the_directory_is_asked_on_until_it_has_shown_its_total(
    count: int, total: Any, asked: Ask, following: int | None, pages: int | None
) -> None:
    rows = [item(id=number, url="") for number in range(count)]
    given = page(API.format(1), json.dumps({"articles": rows, "total": total}), asked)
    found = Gkmlpt().further(given)
    expected = API.format(following) if following is not None else None
    assert (found.ask.url.removeprefix(HOST) if found.ask is not None else None) == expected
    assert (found.url, found.total) == (None, pages)


def test_an_answer_that_ends_early_or_comes_again_is_short_of_rows() -> None:
    first = answer(item(), total=9)
    onward = Gkmlpt().further(first).ask
    assert Gkmlpt().shortfall(first) is None
    assert Gkmlpt().shortfall(answer(total=9, asked=onward)) == "the directory has 9 rows and shows 1"
    again = answer(item(), total=9, asked=onward)
    assert Gkmlpt().shortfall(again) == "the directory has 9 rows and shows one page again"


# Articles


def test_an_article_says_its_title_dates_agency_and_files() -> None:
    found = page(ENTRY.path, directory_article(ENTRY))
    article = recognise(found).article(found)
    assert (article.title, article.published_on, article.agency) == (ENTRY.title, DAY, "云汀区审计局")
    assert [link.name for link in article.attachments] == ["年度报告.pdf"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("<table><tr><td>索引号：</td><td>1</td></tr><tr><td>成文日期：</td><td>2026-01-05</td></tr></table>", None),
        ("<table><tr><td>索引号：</td><td>发布日期：</td></tr></table><p>发布日期：2026-01-29 浏览次数：7</p>", DAY),
        ("<div class='content'><table><tr><td>索引号</td><td>发布日期</td><td>2026-01-29</td></tr></table></div>", DAY),
        ("<span>2026年11月2日 星期一</span><p>生效日期：2026-01-02</p>", None),
    ],
)
def test_only_the_day_of_publication_is_taken(text: str, day: date | None) -> None:
    found = page(ENTRY.path, f"<body>{text}<h1>{ENTRY.title}</h1><div class='article-content'>{TEXT}</div></body>")
    assert recognise(found).article(found).published_on == day


def test_an_article_that_only_its_script_holds_is_read_from_there() -> None:
    content = f"{TEXT}<p><a href='/attachment/0/1/1000/9.docx'>附件.docx</a></p>".replace("<", "\\u003C")
    detail = f'{{"title": "{ENTRY.title}", "publisher": "云汀区审计局", "display_publish_time": "{seconds(DAY)}", "content": "{content}",'
    files = '"attachment": [{"name": "年报.pdf", "url": "/attachment/0/1/1000/9.pdf"}, 7, {"url": null}]}'
    found = page(
        ENTRY.path, f"<title>云汀区</title><script>window._CONFIG={{SID:1, DETAIL: {detail}{files}}};</script>"
    )
    article = recognise(found).article(found)
    assert (article.title, article.published_on, article.agency) == (ENTRY.title, DAY, "云汀区审计局")
    assert [link.name for link in article.attachments] == ["附件.docx", "年报.pdf"]


# Crawls


class District(Directory):
    """The district's own reports (two answers full of them) and a unit below it that keeps older ones in a column."""

    def __init__(self, other: str) -> None:
        names = [f"云汀区{place}{unit}" for unit in UNITS for place in ("", "东", "南", "西", "北")]
        reports = [title(year, name) for year in (2023, 2024, 2025) for name in names]
        entries = [
            Entry(4_688_000 + number, text, DAY + timedelta(days=number % 40), 2629)
            for number, text in enumerate(reports)
        ]
        moved = Entry(4_700_001, title(2022, "云汀区人民政府"), DAY, 2629, post_url=f"{other}/nb/content/post_31.html")
        look_alike = Entry(4_700_002, title(2025) + "解读", DAY, 2629)
        unit = [Entry(4_800_000 + year, title(year, "云汀区信访局"), DAY, year) for year in (2024, 2025)]
        tree = [*OTHERS, REPORTS]
        years = node(3, "年报", node(2024, "2024年"), node(2025, "2025年"), node(9, "往年年报", jump="/qxfj/nb/"))
        pages = {
            "/": '<a href="/gkmlpt/index">政府信息公开</a><a href="/qxfj/gkmlpt/index">云汀区信访局</a>',
            "/gkmlpt/index": shell(self.sid, tree, FRONT),
            "/gkmlpt/annualreport": shell(self.sid, tree, FRONT),
            "/qxfj/gkmlpt/index": shell(self.sid, [*OTHERS, years]),
            "/qxfj/nb/": column([("content/post_8.html", title(2010, "云汀区信访局"), DAY)]),
            "/qxfj/nb/content/post_8.html": post(title(2010, "云汀区信访局"), DAY),
        }
        super().__init__(dict(pages), [*entries, moved, look_alike, *unit])
        self.district = [entry.path for entry in entries]
        self.unit = [entry.path for entry in unit] + ["/qxfj/nb/content/post_8.html"]
        self.moved = moved.post_url


class Broken(District):
    """A directory whose second page is the first again, is empty, or is no answer."""

    def __init__(self, kind: str) -> None:
        super().__init__("http://127.0.0.1:9")
        self.kind = kind

    def answer(self, asked: Asked) -> Reply:
        if "/api/all/2629?page=2" not in asked.path:
            return super().answer(asked)
        if self.kind == "the first again":
            return super().answer(replace(asked, path=asked.path.replace("page=2", "page=1")))
        self.asked.append(asked.path)
        empty = json.dumps({"total": 152, "articles": []})
        return Reply((empty if self.kind == "empty" else shell(self.sid, [REPORTS])).encode())


ENTRIES = {
    "the home page": "/",
    "the index": "/gkmlpt/index",
    "the front address": "/gkmlpt/annualreport",
    "the front address with a number": "/gkmlpt/annualreport#2629",
    "the API": "/gkmlpt/api/all/2629?page=1&sid=755041",
}
BROKEN = ("the first again", "empty", "no answer")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Crawled]:
    with ExitStack() as stack:
        sites: dict[str, tuple[Pages, str]] = {}
        for name, entry in ENTRIES.items():
            other = Pages({"/nb/content/post_31.html": post(title(2022, "云汀区人民政府"), DAY)})
            sites[name] = (District(stack.enter_context(serve(other))), entry)
        sites |= {name: (Broken(name), "/gkmlpt/annualreport") for name in BROKEN}
        return crawl_all(tmp_path_factory.mktemp("gkmlpt"), sites)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_article_of_a_directory_is_read_once_and_one_kept_elsewhere_at_its_own_host(
    crawled: dict[str, Crawled], name: str
) -> None:
    # portals: replay case 9
    found, site = crawled[name], crawled[name].site
    assert isinstance(site, District)
    read = found.of("ArticleRead")
    expected = [*site.district, *(site.unit if name == "the home page" else []), site.moved]
    assert sorted(found.path(item["url"]) for item in read) == sorted(expected)
    assert all(
        (item["page_date"], item["page_title"]) == (item["row"]["listed_on"], item["row"]["title"]) for item in read
    )
    assert [end["outcome"] for end in found.of("ColumnRead")] == ["ok"] * (3 if name == "the home page" else 1)
    assert [end["outcome"] for end in found.of("PortalRead")] == ["ok"]
    assert {path: count for path, count in Counter(site.asked).items() if count > 1} == {}
    assert sum("/api/all/2629" in path for path in site.asked) == 2
    assert "https://" not in json.dumps(found.items)


def test_two_portals_of_one_page_that_names_no_category_are_told_apart_by_the_number_behind_the_fragment(
    tmp_path: Path,
) -> None:
    entries = [
        Entry(4_688_000 + number, title(2020 + number % 6, f"云汀区{number}局"), DAY, 2629 if number < 6 else 3310)
        for number in range(12)
    ]
    site = Directory({"/gkmlpt/annualreport": shell("755041", [])}, entries)
    with serve(site) as address:
        fronts = [f"{address}/gkmlpt/annualreport#{number}" for number in (2629, 3310)]
        items = crawl(tmp_path / "items.jsonl", fronts)
    ends = {item["portal"]: item["outcome"] for item in items if item["kind"] == "PortalRead"}
    assert ends == dict.fromkeys(fronts, "ok")
    for front, expected in zip(fronts, (entries[:6], entries[6:]), strict=True):
        read = [item for item in items if item["kind"] == "ArticleRead" and item["portal"] == front]
        assert sorted(item["url"] for item in read) == [address + entry.path for entry in expected]


@pytest.mark.parametrize("name", BROKEN)
def test_a_directory_that_shows_less_than_it_has_is_incomplete(crawled: dict[str, Crawled], name: str) -> None:
    found = crawled[name]
    assert [end["outcome"] for end in found.of("ColumnRead") + found.of("PortalRead")] == ["incomplete"] * 2
    assert len(found.of("ArticleRead")) == 100
    assert sum("/api/" in path for path in found.site.asked) == 2
