"""博达 VSB: lists counted down, downloads that want a Referer, and a list that grows while it is read."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from scrapy.http import HtmlResponse

from crawler.blocked import Kind, judge
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.families.vsb import Vsb
from tests.spiders.families.crawled import crawl_site
from tests.spiders.families.invented import LOOK_ALIKE, PROSE, title
from tests.spiders.families.vsb_site import CAPTCHA, COLUMN, DOWNLOAD, VsbSite, article_path, day, report

HOST = "http://czj.example.gov.cn"
DYNAMIC = "/list.jsp?totalpage=3&PAGENUM={number}&urltype=tree.TreeTempUrl&wbtreeid=1116"
ROW = '<ul><li id="line_u8_0"><a href="{href}" title="{title}">{title}</a><span>2026-01-20</span></li></ul>'
PAGES = '<span class="p_pages">{pages}</span><span class="p_t">2/3</span>'


def page(text: str, path: str = COLUMN) -> Page:
    return Page(HOST + path, f"<html><body>{text}</body></html>")


def rows(text: str, path: str = COLUMN) -> list[tuple[str, str, date | None]]:
    read = page(text + PAGES, path)
    assert recognise(read).name == "vsb"
    return [(row.url.removeprefix(HOST), row.title, row.listed_on) for row in recognise(read).rows(read)]


# Lists


@pytest.mark.parametrize(
    ("path", "row"),
    [
        (COLUMN, ROW.format(href="info/1116/5946.htm", title=title())),
        ("/zfxxgknb/2.htm", ROW.format(href="../info/1116/5946.htm", title=f"信息标题：{title()}")),
        (COLUMN, ROW.format(href="content.jsp?urltype=news.NewsContentUrl&wbtreeid=1116&wbnewsid=5946", title=title())),
        (
            COLUMN,
            f'<ul><li id="line_u8_0"><p class="date">2026-01-20</p><a href="info/1116/5946.htm">{title()}</a></li></ul>',
        ),
    ],
)
def test_a_row_leads_to_one_address_whatever_its_link_looks_like(path: str, row: str) -> None:
    assert rows(row, path) == [("/info/1116/5946.htm", title(), date(2026, 1, 20))]


BRANCHES = (
    '<a href="zfxxgknb/bm.htm">县直部门</a><a href="zfxxgknb/czj.htm">清湾市财政局</a><a href="zfxxgknb/2.htm">2</a>'
    '<a href="zfxxgkzn.htm">政府信息公开指南</a><a href="zfxxgknb/x/y.htm">其他</a>'
)


@pytest.mark.parametrize("more", ["", PAGES, ROW.format(href="info/1116/1.htm", title=title()) + PAGES])
def test_the_branches_of_a_column_are_the_named_files_below_it(more: str) -> None:
    read = page(BRANCHES + more, "/zwgk/zfxxgknb.htm")
    assert [(link.url, link.agency) for link in recognise(read).columns(read)] == [
        (f"{HOST}/zwgk/zfxxgknb/bm.htm", None),
        (f"{HOST}/zwgk/zfxxgknb/czj.htm", "清湾市财政局"),
    ]
    elsewhere = page(BRANCHES + more, "/zwgk/tzgg.htm")
    assert recognise(elsewhere).columns(elsewhere) == ()


def test_a_look_alike_is_a_row_and_the_menu_beside_the_list_none() -> None:
    menu = '<ul class="menu"><li><a href="info/1/2.htm">关于召开会议的消息</a><span>2026-01-02</span></li></ul>'
    listed = ROW.format(href="info/1116/1.htm", title=title()) + ROW.format(href="info/1116/2.htm", title=LOOK_ALIKE)
    assert [row[1] for row in rows(menu + listed)] == [title(), LOOK_ALIKE]


@pytest.mark.parametrize(
    ("path", "pages", "expected"),
    [
        (COLUMN, '<span class="p_next p_fun"><a href="zfxxgknb/2.htm">下页</a></span>', "/zfxxgknb/2.htm"),
        ("/zfxxgknb/2.htm", '<span class="p_next p_fun"><a href="1.htm">下页</a></span>', "/zfxxgknb/1.htm"),
        ("/zfxxgknb/2.htm", '<span class="p_next"><a href="1.htm"><img src="next.gif"></a></span>', "/zfxxgknb/1.htm"),
        (
            "/zfxxgknb/1.htm",
            '<span class="p_no"><a href="2.htm">2</a></span><span class="p_no_d">3</span><span class="p_next_d">下页</span>',
            None,
        ),
        (
            DYNAMIC.format(number=1),
            '<span class="p_next p_fun"><a href="?totalpage=3&amp;PAGENUM=2&amp;urltype=tree.TreeTempUrl&amp;wbtreeid=1116">下页</a></span>',
            DYNAMIC.format(number=2),
        ),
        (DYNAMIC.format(number=2), "", DYNAMIC.format(number=3)),
        (DYNAMIC.format(number=3), "", None),
        ("/list.jsp?totalpage=99999999999&PAGENUM=2&wbtreeid=1116", "", None),
        (
            "/list.jsp?totalpage=a&PAGENUM=b&wbtreeid=1116",
            '<span class="p_next"><a href="javascript:;">下页</a></span>',
            None,
        ),
    ],
)
def test_a_list_goes_on_where_its_next_link_leads(path: str, pages: str, expected: str | None) -> None:
    read = page(PAGES.format(pages=pages), path)
    further = recognise(read).further(read)
    assert further.url == (HOST + expected if expected is not None else None)


def test_a_numbered_page_looks_back_a_few_pages_and_no_further() -> None:
    family = Vsb()
    text = PAGES.format(pages='<span class="p_prev p_fun"><a href="{number}.htm">上页</a></span>')
    assert family.questions(page(text.format(number=2), DYNAMIC.format(number=3))) == ()
    assert family.questions(page(PAGES, COLUMN)) == ()
    asks = family.questions(page(text.format(number=2), "/zfxxgknb/1.htm"))
    seen = []
    while asks:
        (ask,) = asks
        seen.append((ask.url.removeprefix(HOST), ask.origin.removeprefix(HOST), ask.method))
        back = Page(ask.url, text.format(number=2 + len(seen)), asked=ask)
        assert family.further(back).url is None
        asks = family.questions(back)
    assert seen[0] == ("/zfxxgknb/2.htm", "/zfxxgknb/1.htm", "GET")
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PAGES + "<h2>政府信息公开年报</h2>", True),
        (PAGES + "<h2>政府信息公开制度</h2>", False),
        ("<h2>政府信息公开年报</h2>", False),
    ],
)
def test_a_dynamic_list_is_a_column_of_reports_by_its_heading(text: str, expected: bool) -> None:
    assert Vsb().is_column(page(text, DYNAMIC.format(number=1))) is expected


# Articles


@pytest.mark.parametrize("body", ["vsb_content", "vsb_content_2", "vsb_content_4", "vsb_content_500"])
def test_an_article_says_title_date_and_downloads(body: str) -> None:
    text = (
        '<span>今天是2026年11月21日</span><form name="_newscontent_fromname">'
        f"<h1>{title()}</h1><div>时间：2026-01-20 来源：审计局 点击：</div><div id='{body}'><p>{PROSE}</p><p>时间：2001-01-01</p></div>"
        f"<p id='vsbcontent_end'></p><ul><li>附件【<a href='{DOWNLOAD}A1'>报告.xls</a>】</li>"
        f"<li>附件【<a href='{DOWNLOAD}B2'>报告.pdf</a>】</li></ul></form><a href='/help.pdf'>使用帮助</a>"
    )
    read = page(text, "/info/1116/5946.htm")
    found = recognise(read).article(read)
    assert (found.title, found.published_on) == (title(), date(2026, 1, 20))
    assert [(link.url, link.name) for link in found.attachments] == [
        (f"{HOST}{DOWNLOAD}A1", "报告.xls"),
        (f"{HOST}{DOWNLOAD}B2", "报告.pdf"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                '<form name="_newscontent_fromname"><h1>{title}</h1><div id="vsb_content"><script>'
                'var vsb_pdf_image_data = ["/__local/1/2.jpg"]; showVsbpdfIframe("/__local/1/A.pdf","100%");</script></div></form>'
            ),
            ["/__local/1/A.pdf"],
        ),
        (
            '<h1>{title}</h1><div id="vsb_content"><p>{prose}</p></div><p>附件【<a href="'
            + DOWNLOAD
            + 'C3">表</a>】</p>',
            [f"{DOWNLOAD}C3"],
        ),
        ("<form name=_newscontent_fromname></form>", []),
        ("", []),
    ],
)
def test_files_are_found_in_scripts_and_without_the_form(text: str, expected: list[str]) -> None:
    read = page(text.format(title=title(), prose=PROSE), "/info/1116/5946.htm")
    assert [link.url.removeprefix(HOST) for link in Vsb().article(read).attachments] == expected


# Crawls


@pytest.mark.parametrize("entry", [COLUMN, "/"])
def test_all_rows_are_found_by_following_the_next_link_and_files_are_fetched_from_their_article(
    entry: str, tmp_path: Path
) -> None:
    """Portals: replay case 13."""
    site = VsbSite(6)
    crawled = crawl_site(site, entry, tmp_path)
    assert sorted(crawled.articles) == [article_path(number) for number in range(1, 7)]
    assert [path for path, item in crawled.articles.items() if item["gone"]] == [article_path(1)]
    newest = crawled.articles[article_path(6)]
    assert (newest["page_title"], newest["page_date"], newest["row"]["listed_on"]) == (report(6), day(6), day(6))
    assert {file["name"] for file in crawled.of("AttachmentRead")} == {"年度报告附表.xls"}
    assert len(crawled.of("AttachmentRead")) == 5
    assert (crawled.columns, crawled.outcome) == ([("ok", 6)], "ok")
    assert max(Counter(site.asked).values()) == 1
    assert [path for path in site.asked if path.startswith("/zfxxgknb")] == [
        COLUMN,
        "/zfxxgknb/2.htm",
        "/zfxxgknb/1.htm",
    ]


@pytest.mark.parametrize("count", [4, 6])
def test_a_row_added_while_the_list_is_read_hides_no_other(count: int, tmp_path: Path) -> None:
    """Portals: replay case 13. The file the first page led to now holds the page after the next."""
    site = VsbSite(count, grows=True)
    first = crawl_site(site, COLUMN, tmp_path)
    assert sorted(first.articles) == [article_path(number) for number in range(1, count + 1)]
    assert first.columns == [("ok", count)]
    (tmp_path / "again").mkdir()
    second = crawl_site(site, COLUMN, tmp_path / "again")
    assert sorted(second.articles) == [article_path(number) for number in range(1, count + 2)]


def test_a_page_instead_of_a_file_is_no_file_and_blocked(tmp_path: Path) -> None:
    """Portals: replay case 13."""
    crawled = crawl_site(VsbSite(2, captcha=True), COLUMN, tmp_path)
    assert crawled.of("AttachmentRead") == []
    assert (crawled.columns, crawled.outcome) == ([("ok", 2)], "incomplete")
    answer = HtmlResponse(HOST + DOWNLOAD, body=CAPTCHA.body, headers={"Content-Type": "text/html; charset=utf-8"})
    verdict = judge(answer, role="attachment")
    assert verdict.kind is Kind.BLOCKED
