"""无锡: a search the page's call has the numbers of, and static lists that begin at 1."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from spiders.families.asks import Ask
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.families.wuxi_doc import WuxiDoc
from tests.replay.server import Reply
from tests.spiders.families.crawled import crawl_site
from tests.spiders.families.invented import LOOK_ALIKE, Report, title
from tests.spiders.families.wuxi_site import CALL, COLUMN, ENDPOINT, District, answered, article, city, record

HOST = "http://www.example.gov.cn"
FAMILY = WuxiDoc()
BODY = b"siteId=181&channelIds=38939%2C38940&pageSize=4&pageIndex=1&searchType=0&order=writeTime"
ASK = Ask(HOST + ENDPOINT, "wuxi_doc", HOST + COLUMN, "POST", BODY)
ROBOTS = Reply(
    b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nDisallow: /uploadfiles/\n", content_type="text/plain"
)
SENT = {
    "siteId": "181",
    "channelIds": "38939",
    "pageSize": "15",
    "pageIndex": "1",
    "searchType": "0",
    "order": "writeTime",
}


def answer(*rows: Any, pages: Any = 1, ask: Ask = ASK) -> Page:
    return Page(ask.url, answered(list(rows), 1, pages).body.decode(), asked=ask)


# What is asked


@pytest.mark.parametrize(
    ("script", "host", "expected"),
    [
        (CALL, HOST, SENT | {"channelIds": "38939,38940", "pageSize": "4"}),
        ("<script>getSearchList('x','15','181','38939','0','writeTime')</script>", HOST, SENT),
        (
            "<script>getSearchList({siteId:181,channelIds:'38939',pageSize:15,searchType:0,order:'writeTime'})</script>",
            HOST,
            SENT,
        ),
        ("<script>qx_wbj_getSearchList(\n'x', 15, 181, 38939, 0, 'writeTime' )</script>", HOST, SENT),
        (
            "<script>getSearchList('x',15,181,38939,0,'writeTime')</script>",
            "http://www.yixing.gov.cn",
            SENT | {"kind": "5"},
        ),
        (
            "<script>getSearchList('x',15,181,38939,0,'writeTime')</script>",
            "http://js.jiangyin.gov.cn",
            SENT | {"kind": "5"},
        ),
        (
            "<script>var siteId = 181, chan = '38939'; getSearchList('x', 15, siteId, chan, 0, 'writeTime')</script>",
            HOST,
            SENT,
        ),
        (
            "<script>getSearchList('181','38939,38940',15,1,'0','writeTime')</script>",
            HOST,
            SENT | {"channelIds": "38939,38940"},
        ),
        (
            (
                "<script>function getSearchList(box,pageNo,pageSize,order,type,channels,site){}"
                " getSearchList('x',1,15,'writeTime','0','38939','181')</script>"
            ),
            HOST,
            SENT,
        ),
    ],
)
def test_a_district_asks_what_its_pages_call_would(script: str, host: str, expected: dict[str, str]) -> None:
    page = Page(host + COLUMN, f"<html><body>{script}</body></html>")
    assert recognise(page).name == "wuxi_doc"
    (ask,) = FAMILY.questions(page)
    assert (ask.url, ask.method, ask.origin) == (host + ENDPOINT, "POST", host + COLUMN)
    assert {name: values[0] for name, values in parse_qs(ask.body.decode()).items()} == expected


@pytest.mark.parametrize(
    "script",
    [
        "function getSearchList(a, b, c, d, e, f) {}",
        "getSearchList('x', 15, 181)",
        "getSearchList('x', size, site, chan, 0, 'writeTime')",
        "getSearchList('x', 15, 181, chan, 0, 'writeTime')",
        "getSearchList('x', 15, 181, '38939;drop', 0, 'writeTime')",
        "// getSearchList('x', 15, 181, 38939, 0, 'writeTime')",
        "/* getSearchList('x', 15, 181, 38939, 0, 'writeTime') */",
        "/* old\n getSearchList('x', 15, 181, 38939, 0, 'writeTime')",
    ],
)
def test_a_call_whose_numbers_cannot_be_read_is_not_asked(script: str) -> None:
    assert FAMILY.questions(Page(HOST + COLUMN, f"<html><body><script>{script}</script></body></html>")) == ()


@pytest.mark.parametrize(("more", "expected"), [("<h2>信息公开年报</h2>", True), ("<h2>信息公开制度</h2>", False)])
def test_a_searched_column_is_known_by_its_heading(more: str, expected: bool) -> None:
    assert FAMILY.is_column(Page(f"{HOST}/zfxxgk/x/index.shtml", f"<html><body>{more}{CALL}</body></html>")) is expected


# What is answered


def test_rows_of_an_answer_are_on_this_host_or_another_and_need_an_address() -> None:
    page = answer(
        record(Report("/doc/2026/01/29/1.shtml", title())),
        record(Report("http://www.elsewhere.gov.cn/doc/2026/01/29/2.shtml", LOOK_ALIKE)),
        record(Report("", LOOK_ALIKE)),
        None,
        {"url": 7, "title": None},
    )
    assert [(row.url, row.title, row.listed_on) for row in FAMILY.rows(page)] == [
        (f"{HOST}/doc/2026/01/29/1.shtml", title(), date(2026, 1, 29)),
        ("http://www.elsewhere.gov.cn/doc/2026/01/29/2.shtml", LOOK_ALIKE, date(2026, 1, 29)),
    ]
    assert FAMILY.shortfall(page) is None


@pytest.mark.parametrize("name", [title(), title().replace("年政府", "年&nbsp;政府")])
def test_a_report_without_an_address_is_missed(name: str) -> None:
    assert FAMILY.shortfall(answer(record(Report("", name)))) == "1 of its reports have no address"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[1]",
        '{"status":1,"data":null}',
        '{"data":{"data":"x","totalPages":"many"}}',
        "<html></html>",
        '{"data":',
    ],
)
def test_an_answer_that_cannot_be_understood_gives_no_rows(text: str) -> None:
    page = Page(ASK.url, text, asked=ASK)
    assert (FAMILY.rows(page), FAMILY.further(page), FAMILY.shortfall(page)) == ((), Further(None), None)


@pytest.mark.parametrize(
    ("number", "pages", "onward"),
    [(1, 4, "2"), (3, "4", "4"), (4, 4, None), (1, 0, None), (1, None, None), (1, "", None)],
)
def test_an_answer_is_followed_to_its_last_page(number: int, pages: Any, onward: str | None) -> None:
    ask = Ask(ASK.url, "wuxi_doc", ASK.origin, "POST", BODY.replace(b"Index=1", b"Index=%d" % number), number=number)
    following = FAMILY.further(answer(record(Report("/doc/2026/01/29/1.shtml", title())), pages=pages, ask=ask)).ask
    assert (parse_qs(following.body.decode())["pageIndex"] if following is not None else None) == (
        [onward] if onward is not None else None
    )


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ("index.shtml", "", "index_2.shtml"),
        ("", "", "index_2.shtml"),
        ("index_2.shtml", "<script>var countPage = 3</script>", "index_3.shtml"),
        ("index_3.shtml", "<script>var countPage = 3</script>", None),
        ("index.shtml", "<script>totalPages: '1'</script>", None),
        ("list.shtml", "", None),
    ],
)
def test_a_static_list_begins_at_one(name: str, more: str, expected: str | None) -> None:
    text = f'<ul><li><a href="/doc/2026/01/29/1.shtml">{title()}</a><span>2026-01-29</span></li></ul>{more}'
    page = Page(f"{HOST}/zfxxgk/xxgknb/{name}", f"<html><body>{text}</body></html>")
    assert recognise(page).name == "wuxi_doc"
    assert FAMILY.further(page).url == (f"{HOST}/zfxxgk/xxgknb/{expected}" if expected is not None else None)


def test_an_article_has_its_date_in_its_own_line() -> None:
    page = Page(f"{HOST}/doc/2026/01/20/1.shtml", article(Report("/doc/2026/01/20/1.shtml", title())))
    found = recognise(page).article(page)
    assert (found.title, found.published_on, found.agency) == (title(), date(2026, 1, 29), "云汀区审计局")
    assert [(link.url, link.name) for link in found.attachments] == [
        (f"{HOST}/uploadfiles/202601/29/a.pdf", "附表.pdf")
    ]


# Crawls


@pytest.mark.parametrize("entry", [COLUMN, "/"])
def test_a_districts_reports_are_found_by_its_search(entry: str, tmp_path: Path) -> None:
    site = District()
    crawled = crawl_site(site, entry, tmp_path)
    assert {path: item["row"]["title"] for path, item in crawled.articles.items()} == {
        report.path: report.title for report in site.reports
    }
    assert site.indexes == ["1", "2", "3"]
    assert {row["row"]["title"] for page in crawled.of("ListPage") for row in page["refused"]} == {LOOK_ALIKE}
    assert crawled.columns == [("ok", 9)]


def test_a_list_with_a_report_that_leads_nowhere_is_incomplete(tmp_path: Path) -> None:
    crawled = crawl_site(District(3, nowhere=True), COLUMN, tmp_path)
    assert crawled.columns == [("incomplete", 3)]


@pytest.mark.parametrize(("more", "tried"), [("", True), ("<script>var countPage = 3</script>", False)])
def test_the_citys_files_are_read_to_the_last_and_forbidden_downloads_left(
    more: str, tried: bool, tmp_path: Path
) -> None:
    site, listed = city(25, more)
    site.pages["/robots.txt"] = ROBOTS
    crawled = crawl_site(site, COLUMN, tmp_path)
    assert set(crawled.articles) == {report.path for report in listed}
    assert (crawled.columns, crawled.outcome) == ([("ok", 25)], "incomplete")
    assert not any(path.startswith("/uploadfiles/") for path in site.asked)
    assert max(Counter(site.asked).values()) == 1
    assert ("/zfxxgk/xxgknb/index_4.shtml" in site.asked) is tried
    assert "/zfxxgk/xxgknb/index_1.shtml" not in site.asked


def test_an_answer_with_line_breaks_in_its_words_is_read() -> None:
    text = json.dumps(json.loads(answer(record(Report("/doc/2026/01/29/1.shtml", title()))).text), ensure_ascii=False)
    page = Page(ASK.url, text.replace("年度", "年\n度"), asked=ASK)
    assert [row.title for row in FAMILY.rows(page)] == [title()]
