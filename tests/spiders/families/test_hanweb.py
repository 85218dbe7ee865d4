"""Hanweb: what its pages and answers say, with words of our own; malformed ones never break anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from time import perf_counter
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

import pytest

from spiders.families.asks import Ask
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.shells import is_shell
from tests.spiders.families.dahan_sites import datastore
from tests.spiders.families.invented import PROSE, reports, title

HOST = "http://xxgk.example.gov.cn"
COLUMN = f"{HOST}/col/col12596/index.html"
QUERY = "/module/web/jpage/dataproxy.jsp?page=1&amp;webid=73&amp;path=/&amp;columnid=12596&amp;unitid=764752"
NAMED = "<meta name='WebId' content='73'><meta name='ColumnName' content='政府信息公开年报'>"
FIVE = reports(5, "/art/2026/1/29/art_12596_{number}.html")
SEARCHED = {"search": "1", "column": "12596"}


def page(text: str, url: str = COLUMN) -> Page:
    return Page(url, f"<html>{NAMED}<body>{text}</body></html>")


def answer(text: str, number: int = 1, facts: Mapping[str, str] = MappingProxyType({})) -> Page:
    known = {"endpoint": f"{HOST}/module/web/jpage/dataproxy.jsp", "rows": "15", **facts}
    ask = Ask(
        known["endpoint"], "hanweb", COLUMN, "POST", b"currpage=1&area=1", number=number, facts=tuple(known.items())
    )
    return Page(ask.url, text, asked=ask)


def questions(text: str, url: str = COLUMN) -> list[Ask]:
    asked = page(text, url)
    return list(recognise(asked).questions(asked))


def further(asked: Page) -> Further:
    return recognise(asked).further(asked)


# What a page asks

SCRIPT = "jpage({perPage:%s,totalRecord:%s,proxyUrl:'%s',ajaxParam:{columnid:%s,webid:73,unitid:'%s'}});"


@pytest.mark.parametrize(
    ("text", "window", "body"),
    [
        (f"<a href='{QUERY}'></a>", (1, 45, 15, 1), {"columnid": "12596", "unitid": "764752", "webid": "73"}),
        (
            f"<script>{SCRIPT % (20, 90, '/module/jpage/dataproxy.jsp', 12596, 9)}</script>",
            (1, 60, 20, 1),
            {"columnid": "12596", "unitid": "9", "col": "1", "appid": "1", "path": "/", "permissiontype": "0"},
        ),
        (
            f"<script>{SCRIPT % (5, 90, '/module/web/jpage/morecolumndataproxy.jsp', chr(34) + '8,12596' + chr(34), 9)}</script>",
            (1, 15, 5, 1),
            {"columnid": "8,12596"},
        ),
        (f"<script>{SCRIPT % (9999, 90, '/module/jpage/dataproxy.jsp', 12596, 9)}</script>", (1, 300, 100, 1), {}),
        (f"<script>{SCRIPT % (0, 90, '/module/jpage/dataproxy.jsp', 12596, 9)}</script>", (1, 45, 15, 1), {}),
    ],
)
def test_the_first_window_is_asked_for_with_the_pages_numbers(
    text: str, window: tuple[int, ...], body: dict[str, str]
) -> None:
    (ask,) = questions(text)
    assert (ask.method, ask.origin, ask.number, urlsplit(ask.url).netloc) == ("POST", COLUMN, 1, "xxgk.example.gov.cn")
    assert tuple(int(value) for _, value in parse_qsl(urlsplit(ask.url).query)) == window
    assert body.items() <= dict(parse_qsl(ask.body.decode())).items()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (f"<a href='{QUERY}'></a>", f"{HOST}/"),
        (f"<a href='{QUERY}'></a>", f"{HOST}/index.html"),
        ("<a href='/module/web/jpage/dataproxy.jsp?page=1'></a>", COLUMN),
        ("<a href='/module/web/jpage/dataproxy.jsp?columnid=x&amp;unitid=1'></a>", COLUMN),
        (f"<script>{SCRIPT % (20, 90, 'http://[', 12596, 9)}</script>", COLUMN),
        (f"<script>{SCRIPT % (20, 90, '/other/list.jsp', 12596, 9)}</script>", COLUMN),
        (f"<script type='text/xml'>{datastore(FIVE)}</script><script>{SCRIPT % (15, 5, '/module/jpage/dataproxy.jsp', 12596, 9)}</script>", COLUMN),
        ("<iframe src='/module/xxgk/tree.jsp?divid=div1'></iframe>", COLUMN),
        ("<script>ajaxParam:{</script>", COLUMN),
    ],
)  # fmt: skip
def test_a_home_page_a_whole_list_and_a_page_without_numbers_ask_nothing(text: str, url: str) -> None:
    assert questions(text, url) == []


def test_a_unit_of_another_column_is_not_asked_for() -> None:
    news = QUERY.replace("columnid=12596", "columnid=7")
    assert [
        dict(parse_qsl(ask.body.decode()))["columnid"]
        for ask in questions(f"<a href='{news}'></a><a href='{QUERY}'></a>")
    ] == ["12596"]
    assert len(questions(f"<a href='{news}'></a>")) == 1


@pytest.mark.parametrize(
    ("text", "url", "expected"),
    [
        (
            "<iframe src='/module/xxgk/tree.jsp?area=11370100MB2873710W&amp;divid=div4&amp;jdid=2'></iframe>",
            COLUMN,
            ("", "2", "11370100MB2873710W", "div4"),
        ),
        (
            "<script>loadDynamic('/module/xxgk/search.jsp?infotypeId='+a+'&area=002276772', 'div4', 'Z07','0','950','3','');</script>",
            COLUMN,
            ("Z07", "3", "002276772", "div4"),
        ),
        (
            "<script>$.ajax({data:{infotypeId:'A0304','jdid':30,area:\"002276772\",divid:'div44'},url:'/module/xxgk/search.jsp'});</script>",
            COLUMN,
            ("A0304", "30", "002276772", "div44"),
        ),
        (
            "<script src='/module/xxgk/search.jsp?infotypeId=B001'></script>",
            f"{COLUMN}?vc_xxgkarea=11370100MB2873710W&number=C2002",
            ("C2002", "73", "11370100MB2873710W", "div12596"),
        ),
    ],
)
def test_the_search_is_asked_for_agency_and_class(text: str, url: str, expected: tuple[str, ...]) -> None:
    (ask,) = questions(text, url)
    body = dict(parse_qsl(ask.body.decode(), keep_blank_values=True))
    assert (body["infotypeId"], body["jdid"], body["area"], body["divid"]) == expected
    assert (body["currpage"], ask.method, urlsplit(ask.url).path) == ("1", "POST", "/module/xxgk/search.jsp")


# Rows


@pytest.mark.parametrize(
    "text",
    [
        datastore(FIVE),
        datastore(FIVE).replace("record>", "RECORD>"),
        datastore(FIVE).replace("<![CDATA[", "").replace("]]>", ""),
        datastore(
            FIVE, more="<nextgroup><![CDATA[<a href='/art/2026/1/1/art_1_9.html'>下一组的标题</a>]]></nextgroup>"
        ),
        datastore(FIVE).removesuffix("</record>\n</recordset></datastore>"),
        "totalRecord=5.0;dataStore=["
        + ",".join(f"'<li><a href=\\'{one.path}\\'>{one.title}<\\/a>\\n<b>[{one.day}]</b></li>'" for one in FIVE)
        + "]",
        "dataStore = ["
        + ",".join(f'"<tr><td><a href=\\"{one.path}\\">{one.title}</a></td><td>{one.day}</td></tr>"' for one in FIVE)
        + ", null, 5",
    ],
)
def test_the_rows_of_an_answer_lead_where_the_column_leads(text: str) -> None:
    found = answer(text)
    rows = recognise(found).rows(found)
    assert [(row.url, row.title, row.listed_on) for row in rows] == [
        (HOST + one.path, one.title, date(2026, 1, 29)) for one in FIVE
    ]


def test_a_relative_row_of_an_answer_stands_below_the_column() -> None:
    found = answer(datastore(FIVE).replace('href="/art', 'href="../../art'))
    assert recognise(found).rows(found)[0].url == HOST + FIVE[0].path


def test_a_page_has_the_rows_it_shows_and_those_it_keeps() -> None:
    shown = f"<ul><li><a href='/art/2026/1/30/art_12596_9.html'>{title('云汀市民政局')}</a><span>2026-01-30</span></li></ul>"
    found = page(f"<script type='text/xml'>{datastore(FIVE)}</script>{shown}")
    assert len(recognise(found).rows(found)) == 6


@pytest.mark.parametrize(("own", "expected"), [(12596, 1), (5, 2)])
def test_a_search_gives_the_rows_of_the_column_where_it_has_any(own: int, expected: int) -> None:
    rows = "".join(
        f"<tr class='tr_main_value_odd'><td><a href='/art/2026/1/29/art_{column}_1.html'>{title()}</a></td><td>2026-01-29</td></tr>"
        for column in (own, 777)
    )
    found = answer(f"<table>{rows}</table>共 3 页", facts=SEARCHED)
    assert len(recognise(found).rows(found)) == expected


# Where it goes on


def test_windows_and_pages_are_asked_for_together() -> None:
    following = further(answer(datastore(FIVE), 2, {"size": "45", "seen": "45"})).ask
    assert following is not None
    assert urlsplit(following.url).query == "startrecord=91&endrecord=135&perpage=15&page=3"
    assert (following.number, following.fact("seen"), following.method) == (3, "50", "POST")


@pytest.mark.parametrize(
    ("text", "number", "facts", "pages"),
    [
        (datastore([]), 2, {"size": "45", "seen": "45", "total": "45"}, 1),
        (datastore(FIVE, 50), 2, {"size": "45", "seen": "45"}, 2),
        (datastore(FIVE, 5), 1, {}, 1),
        ("", 1, {}, None),
        ("<html>404</html>", 3, {}, None),
    ],
)
def test_paging_ends_with_the_rows(text: str, number: int, facts: dict[str, str], pages: int | None) -> None:
    assert further(answer(text, number, facts)) == Further(None, pages)


def test_a_total_smaller_than_one_answer_is_not_believed() -> None:
    assert further(answer(datastore(FIVE, 0))).ask is not None


@pytest.mark.parametrize(("number", "following"), [(1, "2"), (2, "3"), (3, None)])
def test_the_search_is_asked_page_by_page_to_the_last(number: int, following: str | None) -> None:
    ask = further(answer("<table></table>共 3 页", number, facts=SEARCHED)).ask
    assert (dict(parse_qsl(ask.body.decode()))["currpage"] if ask is not None else None) == following


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (answer(""), "the answer holds no datastore"),
        (answer("<html>禁止访问</html>"), "the answer holds no datastore"),
        (answer(datastore([]), facts={"total": "40"}), "none of 40 rows came"),
        (answer(datastore(FIVE)), None),
        (answer(datastore([]), 2, {"seen": "45", "total": "45", "size": "45"}), None),
        (answer("", 1, facts=SEARCHED), "the search answered no rows"),
        (page(f"<script>{datastore(FIVE)};totalRecord:240</script>"), "5 of 240 rows stand in the page and it does not say how to ask for more"),
        (page(f"<script>{datastore(FIVE)}</script>"), None),
    ],
)  # fmt: skip
def test_missing_rows_are_told(found: Page, said: str | None) -> None:
    assert recognise(found).shortfall(found) == said


def test_the_same_rows_again_are_told() -> None:
    first = answer(datastore(FIVE, 40))
    following = further(first).ask
    assert following is not None
    again = replace(first, asked=following)
    assert recognise(again).shortfall(again) == "the same rows come again after 5 of 40"
    assert further(again).ask is None


# The column


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("<html><head><meta name='ColumnName' content='政府信息公开年报'><meta name='WebId' content='1'></head><a href='/'>x</a></html>", True),
        ("<html><title>云汀市人民政府 政府信息公开年度报告</title><meta name='WebId' content='1'><a href='/'>x</a></html>", True),
        (f"<a href='/'>x</a><meta name='WebId' content='1'><title>{title()}</title>", False),
        ("<title>法治政府建设年度报告</title><meta name='WebId' content='1'><a href='/'>x</a>", False),
        (f"<meta name='ColumnName' content='政府信息公开年报'><meta name='ArticleTitle' content='{title()}'><meta name='WebId' content='1'>", False),
        ("<meta name='ColumnName' content='通知公告'><meta name='WebId' content='1'><a href='/'>x</a>", False),
        (f"<body>云汀市<script>{SCRIPT % (20, 90, '/module/jpage/dataproxy.jsp', 12596, 9)}</script></body>", True),
    ],
)  # fmt: skip
def test_a_column_is_known_by_its_name_or_as_a_bare_shell(text: str, named: bool) -> None:
    found = Page(COLUMN, text)
    assert recognise(found).name == "hanweb"
    assert recognise(found).is_column(found) is named


def test_the_tree_and_the_counter_in_frames_are_no_shells() -> None:
    for source in ("/module/xxgk/tree.jsp?area=1", "../../../../module/visitcount/visit.jsp?type=3"):
        assert not is_shell(page(f"<iframe src='{source}'></iframe>"))


# Articles

BODY = f"<p>{PROSE}</p><p>发布日期：2001-01-01</p>"


@pytest.mark.parametrize(
    "text",
    [
        (f"<span class='site-date'>2026年2月22日</span><div class='sp_title'>{title()}</div><div class='sp_time'><font>时间：2026-01-29 10:17</font>"
        f"<font>来源：</font></div><div id='zoom'><!--ZJEG_RSS.content.begin--><meta name='ContentStart'>{BODY}<!--ZJEG_RSS.content.end--></div>"),
        (f"<table class='xxgk'><tr><td>索引号: 002482082/2024</td><td>发布机构: 云汀市审计局</td></tr><tr><td>生成日期: 2025-12-31</td></tr></table>"
        f"<table id='c'><tr><td align='center' class=title> {title()} </td></tr><tr><td><table><tr><td>发布日期：2026-01-29 </td><td>浏览次数：</td>"
        f"</tr></table></td></tr><tr><td class='bt_content'><div id='zoom'><!--ZJEG_RSS.content.begin-->{BODY}<!--ZJEG_RSS.content.end--></div></td></tr></table>"),
        (f"<h1>云汀市人民政府</h1><p class='con-title'><!--<$[标题]>begin-->{title()[:9]}<br>{title()[9:]}<!--<$[标题]>end--></p>"
        f"<div class='small-title-tj'><span class='date'>发布日期：2026-01-29 09:00</span></div><div class='main-txt'><!--<$[信息内容]>begin-->{BODY}<!--<$[信息内容]>end--></div>"),
        (f"<div class='main_title'><p>{title()}</p></div><div class='time'>发布时间：2026-01-29</div><div class='source'>来源：<!--articlesource--></div>"
        f"<div class='main_section'>{BODY}</div>"),
        f"<div class='old_title'>{title()}<br /><span></span></div><div class='sp_time'><font>发布日期：2026-01-29</font></div><div id='zoom'>{BODY}</div>",
    ],
)  # fmt: skip
def test_title_and_day_of_an_article(text: str) -> None:
    generated = "<meta name='Maketime' content='2026-02-21 12:51:44_194'>"
    found = Page(f"{HOST}/art/2026/1/29/art_1_2.html", f"<html><head>{generated}</head><body>{text}</body></html>")
    read = recognise(found).article(found)
    assert (recognise(found).name, read.title, read.published_on) == ("hanweb", title(), date(2026, 1, 29))


def test_files_between_the_borders_are_attachments() -> None:
    link = "<a href='/module/download/downfile.jsp?classid=0&filename=ab12.pdf'>年度报告.pdf</a>"
    text = f"<p>附件</p><!--ZJEG_RSS.content.begin-->{link}<!--ZJEG_RSS.content.end--><a href='/help.pdf'>帮助</a>"
    found = Page(f"{HOST}/art/2026/1/29/art_1_2.html", text)
    (file,) = recognise(found).article(found).attachments
    assert (file.name, file.url) == ("年度报告.pdf", f"{HOST}/module/download/downfile.jsp?classid=0&filename=ab12.pdf")


# Malformed and hostile


@pytest.mark.parametrize(
    "part",
    [
        "<record>", "<record><![CDATA[<a href='x'>", "dataStore=['<li>", "ajaxParam:{", "ajaxParam:{columnid:1", "proxyUrl:'",
        "<!--ZJEG_RSS.content.begin-->", "<!--<$[标题]>begin-->", "/module/xxgk/search.jsp?", "/module/web/jpage/dataproxy.jsp?columnid=1",
        "xxgkAnnualReport.jsp?area=11&fbtime=2020 ", ".add('", "totalRecord:9999999", "\ud800", "dataStore=['\\ud800',",
    ],
)  # fmt: skip
@pytest.mark.parametrize("asked", [False, True])
def test_a_page_of_fragments_is_read_in_no_time(part: str, asked: bool) -> None:
    text = part * (200_000 // len(part))
    found = answer(text) if asked else page(text)
    family = recognise(found)
    start = perf_counter()
    for read in (family.rows, family.further, family.questions, family.shortfall, family.article, family.is_column):
        read(found)
    assert perf_counter() - start < 5
