"""UCAP: the old generation's static pages and the new one's rows in a script."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.families.ucap import Ucap
from tests.replay import Pages, Reply
from tests.spiders.families.side_by_side import Crawled, crawl_all
from tests.spiders.families.ucap_site import (
    GENERATED,
    TEXT,
    article,
    plain_article,
    record,
    script_list,
    table_list,
    title,
)

HOST = "http://www.example.gov.cn"
DAY = date(2026, 1, 29)
NAME = title(2025)
COLUMN = "/site/col/col42150/index.html"
PAGE = "/site/col/col42150/content/content_1951206363677671424.html"
FILES = Reply(b"%PDF-1.4", content_type="application/pdf")


# The old generation: lists


def test_a_row_is_the_article_of_its_line_and_not_the_file_beside_it() -> None:
    page = Page(
        f"{HOST}/yt/c106256/fg.shtml", table_list([("/yt/c106256/c3/content.shtml", NAME, "/yt/3/a.docx")], 5, 1, 89)
    )
    (row,) = recognise(page).rows(page)
    assert (row.url, row.title, row.listed_on) == (f"{HOST}/yt/c106256/c3/content.shtml", NAME, None)
    further = recognise(page).further(page)
    assert (further.url, further.total) == (f"{HOST}/yt/c106256/fg_2.shtml", 5)


@pytest.mark.parametrize("prefix", ["list", "common_list", "xlist", "list_yw", "xxgk_list", "rlist", "xxgknb2019_list"])
def test_a_list_goes_on_at_its_own_name(prefix: str) -> None:
    rows = f'<div class="gknr_list"><dl><dd><a title="{NAME}" href="202601/{"a" * 32}.shtml">{NAME[:9]}...</a><span>2026-01-29</span></dd></dl></div>'
    pager = f"<script>createPageHTML('page_div', 2, 1, '{prefix}', 'shtml', 25);</script>"
    page = Page(f"{HOST}/yt/gknb/{prefix}.shtml", rows + pager)
    assert [(row.title, row.listed_on) for row in recognise(page).rows(page)] == [(NAME, DAY)]
    assert recognise(page).further(page).url == f"{HOST}/yt/gknb/{prefix}_2.shtml"


# The old generation: articles


@pytest.mark.parametrize(
    "text",
    [
        article(NAME, "2026-01-29"),
        article(NAME, "2026-01-29").replace("ucap", "UCAP").replace("publishtime", "PUBLISHTIME"),
        # 四川: a plainer copy stands beside the first
        (
            f'<h1>云汀县</h1><div id="szfcontentwrap2022"><div id="articlecontent"><h2><UCAPTITLE> {NAME} </UCAPTITLE></h2>'
            '<ul id="articleattribute"><li> 2026年01月29日 13时44分 </li><li>来源: 审计局网站 </li></ul>'
            f'<div id="cmsArticleContent"><UCAPCONTENT>{TEXT}</UCAPCONTENT></div></div></div><div id="zzzqcontentwrap2022">'
            f'<h2>{NAME}</h2><div id="cmsArticlezzzqContent">{TEXT}</div></div>'
        ),
        # 中医药局
        (
            f'<div class="xq_title">{NAME}</div><div class="fbsj">【来源： 审计...体 大 中 小】 发布日期：2026-01-29 19:21:00</div>'
            f'<div class="article-content">{TEXT}</div>'
        ),
        f'<div class="p1">{NAME}</div><div class="p2">日期：2026/01/29 来源：审计局</div><div class="p3">{TEXT}</div>',  # 国家民委
        # 绥滨
        (
            f"<title><h1 style='color:red'>{NAME}</h1></title><h1 class='content-container-title'><h1>{NAME}</h1></h1>"
            f"<div class='content-container-info'>信息来源: 发布日期：2026-01-29</div><div class='content-container-con'>{TEXT}</div>"
        ),
        # 丰台
        (
            f'<div class="Contitle">{NAME}</div><div id="othermessage">日期：2026-01-29 来源：审计局</div><div id="zoom">{TEXT}'
            '<div class="zw_enclosure">附件：<span class="fjkzxy">是</span></div></div>'
        ),
        f"<h1>{NAME}</h1><table><tr><td>发布日期</td><td></td><td>公开日期</td><td>2026-01-29</td></tr></table>",
    ],
)
def test_title_and_date_of_an_article_are_never_those_of_its_generation(text: str) -> None:
    metas = f'<meta name="PubDate" content="{GENERATED}"><meta name="others" content="页面生成时间 {GENERATED}:58" />'
    clock = '<span id="utime">2026年11月2日 星期一</span>'
    page = Page(
        f"{HOST}/yt/c105127/201903/c03_172579.shtml", f"<html><head>{metas}</head><body>{clock}{text}</body></html>"
    )
    assert recognise(page).name == "ucap"
    found = recognise(page).article(page)
    assert (found.title, found.published_on, found.attachments) == (NAME, DAY, ())


@pytest.mark.parametrize("generated", [f"{GENERATED}:58", "2026-05-29 00:00:01"])
def test_without_another_date_there_is_none(generated: str) -> None:
    # portals: replay case 11
    text = article(NAME, "").replace(f"{GENERATED}:43", generated)
    page = Page(f"{HOST}/yt/gknb/202601/{'a' * 32}.shtml", text)
    assert recognise(page).article(page).published_on is None


def test_the_body_is_the_first_copy() -> None:
    text = f'<div id="a"><ucapcontent><p>第一份</p>{TEXT}</ucapcontent></div><div class="article-content">第二份{TEXT}</div>'
    page = Page(f"{HOST}/yt/gknb/202601/{'a' * 32}.shtml", text)
    body = recognise(page).body(page)
    assert body is not None
    assert body.text_content().startswith("第一份")


def test_files_above_the_body_are_the_articles_and_others_there_are_not() -> None:
    page = Page(f"{HOST}/yt/c106256/c3/content.shtml", plain_article(NAME, "3/files/《报告》.docx"))
    found = recognise(page).article(page)
    assert (found.title, found.published_on) == (NAME, None)
    assert [link.url for link in found.attachments] == [
        f"{HOST}/yt/c106256/c3/3/files/%E3%80%8A%E6%8A%A5%E5%91%8A%E3%80%8B.docx"
    ]


# The new generation


def listed(rows: list[Any], count: Any = None, base: str = "/site/") -> Page:
    return Page(HOST + COLUMN, script_list(rows, count, base))


@pytest.mark.parametrize(
    ("changed", "address"),
    [
        ({}, PAGE),
        ({"urls": json.dumps({"pc": "col/col42150/content/a.html"})}, "/site/col/col42150/content/a.html"),
        ({"urls": {"pc": PAGE}}, PAGE),
        ({"urls": PAGE}, PAGE),
        ({"urls": "{'pc':'" + PAGE + "',}"}, PAGE),
        ({"urls": json.dumps({"pc": "javascript:;", "mobile": PAGE})}, PAGE),
        ({"urls": "", "metadata": {"LinkTitle": "/art/2024/12/12/art_1_2.html"}}, "/art/2024/12/12/art_1_2.html"),
        ({"urls": None, "metadata": None}, "/site/col42150/1951206363677671424/a.pdf"),
        ({"urls": 7, "metadata": 7, "articleFiles": [None, {"url": "/doc/ucap/1/a.pdf"}]}, "/doc/ucap/1/a.pdf"),
        ({"title": "", "pubDate": f"{DAY} 16:59\ud800"}, PAGE),
    ],
)
def test_a_record_is_a_row(changed: dict[str, Any], address: str) -> None:
    (row,) = Ucap().rows(listed([{**record(NAME, DAY, page=PAGE, file="a.pdf"), **changed}]))
    assert (row.url, row.title, row.listed_on) == (HOST + address, NAME, DAY)


@pytest.mark.parametrize("broken", [None, 7, "x", [], {}, {"title": NAME}, {"urls": json.dumps({"pc": PAGE})}])
def test_a_record_that_cannot_be_read_is_no_row_and_costs_no_other(broken: Any) -> None:
    assert len(Ucap().rows(listed([broken, record(NAME, DAY, page=PAGE)]))) == 1


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (5, "the column has 5 rows, its page holds 1, and where the others are is unknown"),
        ("5", "the column has 5 rows, its page holds 1, and where the others are is unknown"),
        (1, None),
        (0, None),
        (None, None),
        (10**40, None),
        ("-", None),
    ],
)
def test_a_column_with_more_rows_than_its_page_is_short_of_them(count: Any, told: str | None) -> None:
    page = listed([record(NAME, DAY, page=PAGE)], count)
    assert recognise(page).name == "ucap"
    assert (recognise(page).shortfall(page), recognise(page).further(page).url) == (told, None)


def test_a_record_that_cannot_be_read_is_missing_from_the_count() -> None:
    page = listed([record(NAME, DAY, page=PAGE), None], 2)
    assert recognise(page).shortfall(page) is not None


@pytest.mark.parametrize("cut", ['"title"', "articleList:[", "]"])
def test_a_list_that_breaks_off_has_no_rows(cut: str) -> None:
    whole = script_list([record(NAME, DAY, page=PAGE)], 1)
    page = Page(HOST + COLUMN, whole[: whole.index(cut, whole.index("articleList")) + len(cut) - 1])
    assert Ucap().rows(page) == ()


# Crawls

FOLDER = "/yt/c106256/"
NAMES = {f"{FOLDER}c{number}/content.shtml": title(2001 + number) for number in range(25)}
FILE = "/site/col42150/1951206363677671424/b.pdf"


def old_site() -> Pages:
    """25 rows on two pages; every second article has the element of its date, the others have none and a file."""
    lines = [(href, name, f"/yt/{number}/a.docx") for number, (href, name) in enumerate(NAMES.items())]
    pages: dict[str, Reply | str] = {
        "/": f'<html><body><a href="{FOLDER}fg.shtml">政府信息公开年报</a></body></html>',
        FOLDER + "fg.shtml": table_list(lines[:20], 2, 1, 25),
        FOLDER + "fg_2.shtml": table_list(lines[20:], 2, 2, 25),
    }
    for number, (href, name) in enumerate(NAMES.items()):
        pages[href] = article(name, "2026-01-29") if number % 2 else plain_article(name, f"../c{number}/a.pdf")
        pages[f"{FOLDER}c{number}/a.pdf"] = FILES
    return Pages(pages)


def new_site() -> Pages:
    """A column of five rows whose page holds two: an article with its address on the old site, and a bare file."""
    relative = "col/col42150/content/content_1951206363677671424.html"
    rows = [
        record(NAME, DAY, page=relative, old="http://old.example.gov.cn/art/2026/1/29/art_1_2.html"),
        record(title(2024), date(2025, 1, 20), file="b.pdf"),
    ]
    return Pages(
        {
            "/": f'<html><body><a href="{COLUMN}">政府信息公开年报</a></body></html>',
            COLUMN: script_list(rows, 5),
            PAGE: article(NAME, "2026-01-29", '<p><a href="/doc/ucap/1/a.pdf">附件.pdf</a></p>'),
            "/doc/ucap/1/a.pdf": FILES,
            FILE: FILES,
        }
    )


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Crawled]:
    sites = {
        "old from the home page": (old_site(), "/"),
        "old from the column": (old_site(), FOLDER + "fg.shtml"),
        "new from the home page": (new_site(), "/"),
        "new from the column": (new_site(), COLUMN),
    }
    return crawl_all(tmp_path_factory.mktemp("ucap"), sites)


@pytest.mark.parametrize("entry", ["the home page", "the column"])
def test_a_column_is_read_over_both_pages_and_no_date_is_that_of_its_generation(
    crawled: dict[str, Crawled], entry: str
) -> None:
    # portals: replay case 11
    found = crawled[f"old from {entry}"]
    read = {found.path(item["url"]): (item["page_title"], item["page_date"]) for item in found.of("ArticleRead")}
    assert read == {
        href: (name, DAY.isoformat() if number % 2 else None) for number, (href, name) in enumerate(NAMES.items())
    }
    assert len(found.of("AttachmentRead")) == 13
    (end,) = found.of("ColumnRead")
    assert (end["outcome"], end["pages"], end["rows"]) == ("ok", 2, 25)
    assert [portal["outcome"] for portal in found.of("PortalRead")] == ["ok"]
    assert max(Counter(found.site.asked).values()) == 1


@pytest.mark.parametrize("entry", ["the home page", "the column"])
def test_a_column_of_which_the_page_holds_a_part_is_read_and_called_incomplete(
    crawled: dict[str, Crawled], entry: str
) -> None:
    # portals: replay case 12
    found = crawled[f"new from {entry}"]
    rows = {found.path(item["url"]): item["row"] for item in found.of("ArticleRead")}
    assert {path: (row["title"], row["listed_on"]) for path, row in rows.items()} == {
        PAGE: (NAME, "2026-01-29"),
        FILE: (title(2024), "2025-01-20"),
    }
    assert [found.path(item["url"]) for item in found.of("AttachmentRead")] == ["/doc/ucap/1/a.pdf"]
    (end,) = found.of("ColumnRead")
    assert (end["outcome"], end["rows"], "5 rows" in end["detail"]) == ("incomplete", 2, True)
    assert [portal["outcome"] for portal in found.of("PortalRead")] == ["incomplete"]
    assert max(Counter(found.site.asked).values()) == 1
