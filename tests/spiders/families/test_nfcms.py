"""NFCMS: lists counted from 1, articles of seven templates."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.replay import Pages
from tests.spiders.families.guangdong_site import SIGN, TEXT, UNITS, column, post, title
from tests.spiders.families.side_by_side import Crawled, crawl_all

HOST = "http://www.example.gov.cn"
DAY = date(2026, 1, 29)
NAME = title(2025)
FOLDER = "/zwgk/zfxxgknb/"
NUMBERS = '<div class="page"><b>1</b><a href="index_2.html">2</a><a href="index_3.html">3</a></div>'


def listed(count: int, start: int = 0) -> list[tuple[str, str, date]]:
    names = [f"云汀区{place}{unit}" for place in ("", "东", "南") for unit in UNITS]
    return [
        (f"content/post_{9_000_000 + number}.html", title(2025, names[number]), DAY - timedelta(days=number))
        for number in range(start, start + count)
    ]


# Lists


@pytest.mark.parametrize(
    ("address", "more", "count", "following", "total"),
    [
        ("", NUMBERS, 12, "index_2.html", 3),
        ("index_2.html", NUMBERS.replace("<b>1</b>", '<a href="index.html">1</a>'), 12, "index_3.html", 3),
        ("index.html", '<a href="index_2.html">下一页</a>', 3, "index_2.html", None),
        ("index.html", "<p>共2页</p>", 3, "index_2.html", 2),
        ("index_2.html", "<p>共2页</p>", 3, None, 2),
        ("index.html", '<script>createPageHTML(2, 0, "index", "html");</script>', 12, "index_2.html", 2),
        ("index_2.html", '<script>createPageHTML(2, 1, "index", "html");</script>', 12, None, 2),
        ("", "", 12, "index_2.html", None),  # the pager is drawn by a script; past the end the site answers 404
        ("index_2.html", "", 12, "index_3.html", None),
        ("", "", 3, None, None),
        ("list.html", "", 12, None, None),
    ],
)
def test_the_pages_of_a_list_are_counted_from_one(
    address: str, more: str, count: int, following: str | None, total: int | None
) -> None:
    page = Page(HOST + FOLDER + address, column(listed(count), more))
    found = recognise(page).further(page)
    assert recognise(page).name == "nfcms"
    assert (found.url, found.total) == (HOST + FOLDER + following if following else None, total)


def test_a_row_of_a_phone_copy_or_of_the_directory_leads_to_the_article() -> None:
    rows = [("content/mpost_1.html", NAME, DAY), ("/gkmlpt/content/0/1/post_1000.html", title(2024), DAY)]
    page = Page(HOST + FOLDER, column(rows))
    assert [row.url for row in recognise(page).rows(page)] == [
        f"{HOST}{FOLDER}content/post_1.html",
        f"{HOST}/gkmlpt/content/0/1/post_1000.html",
    ]


# Articles


@pytest.mark.parametrize(
    "text",
    [
        # 广东省
        (
            f'<h1>云汀</h1><h3 class="zw-title">{NAME}</h3><div class="zw-info"><span class="time">时间  :  2026-01-29 08:51:32</span>'
            f'<span>来源  :  审计局</span></div><div class="zw">{TEXT}{{file}}</div>'
        ),
        # 广州
        (
            f'<h1 class="content_title">{NAME}</h1><ul class="content_attr"><li>来源：审计局</li><li class="date"><span>2026-01-29'
            f'</span></li></ul><div id="zoomcon">{TEXT}<ul id="ul_xgfj"><li>{{file}}</li></ul></div>'
        ),
        # 白云
        (
            '<h1 class="content_title">云汀区审计局2025年</h1><h2 class="content_subtitle">政府信息公开工作年度报告</h2>'
            '<div class="content_attr"><span class="time">时间：<b>2026-01-29 10:00</b></span></div>'
            f'<div id="zoomcon" class="content_article">{TEXT}{{file}}</div><div id="zoomcon"><p>2025-05-05</p></div>'
        ),
        # 黄埔
        (
            f'<title>{NAME}</title><div class="content-wrap"><h1>{NAME}</h1><div class="article-create_time">发布时间：2026-01-29 '
            f'00:55:40</div><div id="zhengwen"><div id="zoomcon"><html><head><title></title></head><body>{TEXT}</body></html></div>'
            '</div></div><div class="rel_news"><ul id="rel_v"><li>{file}</li></ul></div>'
        ),
        # 南沙
        (
            f'<div class="xlbox"><h2>{NAME}</h2><div class="ly"><span>来源：审计局</span><span>发布日期：2026-01-29</span></div>'
            f'<div class="xl-nr">{TEXT}</div><div style="display: none" id="fj">{{file}}</div></div>'
        ),
        # 佛山
        (
            f'<title>云汀市人民政府</title><h3 class="conetent-title">{NAME}</h3><em id="pubTime">2026-01-29 17:00:00</em>'
            f'<div class="m-con"><div class=TRS_Editor>{TEXT}</div></div><img style="display:none" alt="文件已废止">'
            '<div class="f-APPENDIX">{file}</div>'
        ),
        # 深圳
        (
            f'<div class="DetialTop"><h3>{NAME}</h3><span>日期：2026-01-29 10:32</span><span id="source"></span></div>'
            f'<div class="DetialCon"><div class="TRS_Editor"><html><title></title><body>{TEXT}{{file}}</body></html></div></div>'
        ),
    ],
)
def test_an_article_of_each_template(text: str) -> None:
    marked = text.replace("{file}", '<a href="/attachment/7/1/9.pdf">年度报告.pdf</a>')
    day = '<span class="today">2026年11月2日 星期一</span>'
    page = Page(f"{HOST}{FOLDER}content/post_9.html", f"<html><body>{SIGN}{day}{marked}</body></html>")
    article = recognise(page).article(page)
    assert (article.title, article.published_on) == (NAME, DAY)
    assert [link.url for link in article.attachments] == [f"{HOST}/attachment/7/1/9.pdf"]


def test_the_first_of_two_bodies_counts_and_the_title_is_the_headings() -> None:
    # portals: replay case 10
    page = Page(f"{HOST}{FOLDER}content/post_9.html", post(NAME, DAY))
    family = recognise(page)
    body = family.body(page)
    assert body is not None
    assert "第一份" in body.text_content()
    assert "第二份" not in body.text_content()
    assert family.title(page) == NAME


@pytest.mark.parametrize(
    "text", ["", SIGN, f"{SIGN}<div id='zoomcon'></div>", f"{SIGN}<h1 class='content_title'></h1>"]
)
def test_a_page_with_nothing_in_it_says_nothing(text: str) -> None:
    page = Page(f"{HOST}{FOLDER}content/post_9.html", text)
    found = recognise(page).article(page)
    assert (found.title, found.published_on, found.attachments) == (None, None, ())


# Crawls

ROWS = listed(17)
PAGERS = {"with links": NUMBERS.replace('<a href="index_3.html">3</a>', ""), "without a pager": ""}
ENTRIES = {"the home page": "/", "the folder": FOLDER, "the first page": FOLDER + "index.html"}


def site(pager: str) -> Pages:
    refused = ("content/post_1.html", NAME + "解读", DAY)
    index = column([refused, *ROWS[:12]], pager)
    pages = {
        "/": f'<html><body>{SIGN}<a href="{FOLDER}">政府信息公开年报</a></body></html>',
        FOLDER: index,
        FOLDER + "index.html": index,
        FOLDER + "index_2.html": column(ROWS[12:], pager and '<a href="index.html">1</a><b>2</b>'),
        **{FOLDER + href: post(name, day) for href, name, day in ROWS},
    }
    return Pages(dict(pages))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Crawled]:
    sites = {f"{name} {how}": (site(pager), entry) for name, entry in ENTRIES.items() for how, pager in PAGERS.items()}
    return crawl_all(tmp_path_factory.mktemp("nfcms"), sites)


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("pager", PAGERS)
def test_a_column_is_read_from_its_first_page_to_its_second_and_no_page_index_1(
    crawled: dict[str, Crawled], entry: str, pager: str
) -> None:
    # portals: replay case 10
    found = crawled[f"{entry} {pager}"]
    read = {found.path(item["url"]): (item["page_title"], item["page_date"]) for item in found.of("ArticleRead")}
    assert read == {FOLDER + href: (name, day.isoformat()) for href, name, day in ROWS}
    (end,) = found.of("ColumnRead")
    assert (end["outcome"], end["pages"], end["rows"]) == ("ok", 2, 18)
    assert [portal["outcome"] for portal in found.of("PortalRead")] == ["ok"]
    assert max(Counter(found.site.asked).values()) == 1
    assert not any("index_1.html" in path or "index_3" in path for path in found.site.asked)
