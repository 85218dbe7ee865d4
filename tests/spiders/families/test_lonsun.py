"""龙讯 LonSun: lists its script asks for, whole titles, and a table of marks that stands twice."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from spiders.families.asks import Ask
from spiders.families.lonsun import Lonsun
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.spiders.families.crawled import crawl_site
from tests.spiders.families.invented import LOOK_ALIKE, PROSE, title
from tests.spiders.families.lonsun_site import (
    AGENCY,
    BOX_SCRIPT,
    COLUMN,
    LABEL,
    SCRIPT,
    LonsunSite,
    article,
    day,
    listing,
    report,
)

HOST = "http://www.example.gov.cn"
FAMILY = Lonsun()
ORIGIN = HOST + COLUMN
ASK = Ask(f"{HOST}{LABEL}?labelName=publicInfoList&pageIndex=1", "lonsun", ORIGIN)
SENT = {
    "IsAjax": "1", "dataType": "html", "labelName": "publicInfoList", "siteId": "6786551", "pageIndex": "1",
    "action": "list", "isDate": "true", "dateFormat": "yyyy-MM-dd", "length": "200", "organId": "6596221", "type": "3",
    "catId": "", "cId": "", "result": "暂无相关信息", "file": "/c3/hs/publicInfoList_newest",
}  # fmt: skip


def answer(text: str, ask: Ask = ASK) -> Page:
    return Page(ask.url, text, asked=ask)


# What is asked


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (SCRIPT, {"pageSize": "3"}),
        (
            (
                '<div data-setting="{siteId:6786551}"></div><script>$.get("/zwgk/site/label/8888?labelName=publicInfoList'
                '&amp;length=80&amp;sortType=1&amp;file=%2Fc3%2Fhs%2FpublicInfoList_newest")</script>'
            ),
            {"pageSize": "15", "sortType": "1"},
        ),
        (
            (
                '<meta name="SiteId" content="6786551"><script>label({labelName: "publicInfoList", pageSize: 20, length: 50,'
                'file: "/c3/hs/publicInfoList_newest"})</script>'
            ),
            {"pageSize": "20"},
        ),
    ],
)
def test_a_column_page_asks_for_its_first_rows_with_whole_titles(text: str, changed: dict[str, str]) -> None:
    (ask,) = FAMILY.questions(Page(ORIGIN, text))
    parts = urlsplit(ask.url)
    assert (parts.path, ask.method, ask.origin) == (LABEL, "GET", ORIGIN)
    assert dict(parse_qsl(parts.query, keep_blank_values=True)) == SENT | changed


@pytest.mark.parametrize(
    "text",
    [
        "<p>x</p>",
        f"<script>get('{LABEL}?labelName=publicContentDetail&contentId=1')</script>",
        f"<script>get('{LABEL}?labelName=publicInfoList&siteId=1')</script>",
        "<script>labelName: 'publicInfoList', file: ''</script>",
        "<script>get('javascript:/site/label/8888?labelName=publicInfoList&file=/a')</script>",
    ],
)
def test_a_page_whose_script_names_no_list_asks_nothing(text: str) -> None:
    assert FAMILY.questions(Page(ORIGIN, text)) == ()


def test_the_list_of_the_pages_own_type_is_asked_before_others() -> None:
    calls = [f"get('{LABEL}?labelName=publicInfoList&type={kind}&file=/a')" for kind in (4, 3, 2)]
    (ask,) = FAMILY.questions(Page(ORIGIN, f"<script>{';'.join(calls)}</script>"))
    assert parse_qs(urlsplit(ask.url).query)["type"] == ["3"]


@pytest.mark.parametrize(
    ("text", "missing"),
    [("<script>pageCount:4</script>", True), ("<script>pageCount:1</script>", False), (SCRIPT, False), ("", False)],
)
def test_pages_that_cannot_be_asked_for_are_missed(text: str, missing: bool) -> None:
    assert (FAMILY.shortfall(Page(ORIGIN, text)) is not None) is missing


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (COLUMN, "", True),
        (COLUMN.replace("type=3", "type=2"), "", False),
        (COLUMN.replace("type=3", "type=4"), SCRIPT + "<h3>政府信息公开年报</h3>", True),
        (COLUMN.replace("type=3", "type=4"), SCRIPT + "<h3>政府信息公开制度</h3>", False),
        ("/zwgk/public/content/1?type=3", "", False),
    ],
)
def test_a_column_of_reports_is_known_by_its_type_or_by_its_heading(path: str, text: str, expected: bool) -> None:
    assert FAMILY.is_column(Page(HOST + path, f"<html><body>{text}</body></html>")) is expected


# What is answered


@pytest.mark.parametrize(
    "text",
    [
        listing([("/public/content/36027577", title(), "2026-01-12")], 200, 1),
        f'<ul class="clearfix xxgk_nav_list"><li><a href="/public/content/36027577" title="{title()}">{title()[:9]}…</a><span class="date">2026-01-12</span></li></ul>',
        f'<div class="xxgk_navli"><a href="javascript:;">x</a><a href="/public/content/36027577">{title()}</a><i class="x date"> 2026-01-12 \n</i></div>',
        f'<ul class="doc_list"><li><a href="/public/content/36027577">{title()}</a><span>2026-01-12</span></li></ul>',
    ],
)
def test_rows_of_an_answer(text: str) -> None:
    (row,) = FAMILY.rows(answer(text))
    assert (row.url, row.title, row.listed_on) == (f"{HOST}/public/content/36027577", title(), date(2026, 1, 12))


@pytest.mark.parametrize(
    "text", ["", "暂无相关信息", "<ul class='xxgk_nav_list'>暂无相关信息</ul>", '{"a":1}', "\0<li><a href=>"]
)
def test_an_answer_without_rows_ends_the_list(text: str) -> None:
    read = answer(text)
    assert recognise(read).name == "lonsun"
    assert (FAMILY.rows(read), FAMILY.further(read), FAMILY.questions(read)) == ((), Further(None), ())


@pytest.mark.parametrize(
    ("pages", "number", "onward"),
    [
        ("pageCount:3", 1, 2),
        ("pageCount : '3'", 2, 3),
        ("pageCount:3", 3, None),
        ("", 1, 2),
        ("pageCount:99999999999", 1, 2),
    ],
)
def test_an_answer_is_followed_to_its_page_count(pages: str, number: int, onward: int | None) -> None:
    ask = Ask(ASK.url.replace("pageIndex=1", f"pageIndex={number}"), "lonsun", ORIGIN, number=number)
    following = FAMILY.further(
        answer(listing([("/a/1", title(), "2026-01-12")], 200, 0).replace("pageCount:0", pages), ask)
    ).ask
    assert (following.url if following is not None else None) == (
        ASK.url.replace("pageIndex=1", f"pageIndex={onward}") if onward is not None else None
    )


# Articles


def test_an_article_says_its_own_date_and_agency_and_opens_its_files() -> None:
    found = recognise(Page(f"{HOST}/public/content/1", article(title(), "2026-01-12"))).article(
        Page(f"{HOST}/public/content/1", article(title(), "2026-01-12"))
    )
    assert (found.title, found.published_on) == (title(), date(2026, 1, 12))
    assert found.agency == "云汀市经济技术开发区管理委员会"
    assert [(link.url, link.name) for link in found.attachments] == [(f"{HOST}/group6/M00/01/02/x.pdf", "附表.pdf")]


def test_an_article_without_table_is_read_as_well() -> None:
    text = (
        f"<!--StartLabelHtml_1--><h1 class='newstitle'>{title()}</h1><div class='newsinfo'><span>来源：审计局</span>"
        f"<span>发布时间：2026-01-12 08:12</span></div><div class='j-fontContent newscontnet'><p>{PROSE}</p><p>2001-01-01</p></div>"
    )
    found = FAMILY.article(Page(f"{HOST}/public/content/1", text))
    assert (found.title, found.published_on, found.attachments) == (title(), date(2026, 1, 12), ())


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("/zwgk/public/content/36027577", BOX_SCRIPT, "siteId=6786551&contentId=36027577"),
        ("/zwgk/public/6596221/36027577.html", BOX_SCRIPT, "siteId=6786551&contentId=36027577"),
        (
            "/zwgk/public/content/36027577",
            "<script>label({labelName: 'publicContentDetail', siteId: 5, file: '/a'})</script>",
            "siteId=5&contentId=36027577&file=%2Fa",
        ),
        ("/zwgk/public/content/36027577", SCRIPT, None),
        ("/zwgk/about.html", BOX_SCRIPT, None),
    ],
)
def test_an_article_asks_for_its_box_of_attachments(path: str, text: str, expected: str | None) -> None:
    ask = FAMILY.enclosures(Page(HOST + path, text))
    sent = f"{HOST}{LABEL}?labelName=publicContentDetail&{expected}" if expected is not None else None
    assert (ask.url if ask is not None else None) == sent


# Crawls


@pytest.mark.parametrize("entry", [COLUMN, "/"])
def test_titles_cut_by_the_list_are_whole_and_the_table_that_stands_twice_is_read_once(
    entry: str, tmp_path: Path
) -> None:
    """Portals: replay case 14."""
    assert len(report(0)) > 50
    site = LonsunSite()
    crawled = crawl_site(site, entry, tmp_path)
    assert {path: (item["row"]["title"], item["row"]["listed_on"]) for path, item in crawled.articles.items()} == {
        path: (report(number), day(number)) for number, (path, _, _) in enumerate(site.rows)
    }
    assert {(item["agency"], item["page_title"]) for item in crawled.articles.values()} == {
        (AGENCY[:15], report(number)) for number in range(len(site.rows))
    }
    assert {row["row"]["title"] for page in crawled.of("ListPage") for row in page["refused"]} == {LOOK_ALIKE}
    assert crawled.columns == [("ok", len(site.rows))]
    assert max(Counter(site.asked).values()) == 1
    asked = [parse_qs(urlsplit(path).query)["pageIndex"] for path in site.asked if path.startswith(LABEL)]
    assert asked == [["1"], ["2"], ["3"]]
    assert crawled.outcome == "ok"


@pytest.mark.parametrize(
    ("boxed", "names", "outcome"),
    [("whole", ["附表.pdf", "年度报告.pdf"], "ok"), ("broken", ["附表.pdf"], "incomplete")],
)
def test_attachments_that_come_in_a_box_of_their_own_belong_to_the_article(
    boxed: str, names: list[str], outcome: str, tmp_path: Path
) -> None:
    site = LonsunSite(2, boxed=boxed)
    crawled = crawl_site(site, COLUMN, tmp_path)
    first = crawled.articles[site.rows[0][0]]
    assert [link["name"] for link in first["attachments"]] == names
    assert (first["page_title"], first["page_date"]) == (report(0), day(0))
    assert {file["name"] for file in crawled.of("AttachmentRead")} == set(names)
    assert (crawled.columns, crawled.outcome) == ([("ok", 2)], outcome)
