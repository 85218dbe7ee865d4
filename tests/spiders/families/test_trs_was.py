"""Searches of TRS in place of lists: what a column asks, and what comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.spiders.families.invented import DAY, LOOK_ALIKE, title

HOST = "https://www.example.gov.cn"
COLUMN = f"{HOST}/xxgk/zfxxgknb/"
POST = Ask(f"{HOST}/was5/web/search", "trs_was", COLUMN, "POST", b"sw=&channelid=278090&perpage=20&page=1")
SEARCH = f"{HOST}/was5/web/search?channelid=229105&templet=docs.jsp&sortfield=-pubdate&prepage=10&page=1"
GET = Ask(SEARCH, "trs_was", COLUMN)


def form(*fields: tuple[str, str], action: str = "/was5/web/search") -> str:
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields)
    return f'<form action="{action}" method="post">{inputs}</form>'


@pytest.mark.parametrize(
    ("text", "method", "url"),
    [
        (form(("channelid", "278090"), ("sw", ""), ("page", "3"), ("perpage", "20")), "POST", POST.url),
        ('<script>$.post("/was5/web/search",{channelid:278090,sw:"",page:n,perpage:20})</script>', "POST", POST.url),
        (
            '<script>var u="https://was.example.gov.cn/was5/web/search"; d={"channelid":"278090","perpage":"20"}</script>',
            "POST",
            "https://was.example.gov.cn/was5/web/search",
        ),
        (f"<script>load('{SEARCH.replace('&page=1', '&page=7')}')</script>", "GET", SEARCH),
        (f'<a href="{SEARCH.replace("&page=1", "&page=").replace("&", "&amp;")}">查询</a>', "GET", SEARCH),
        (
            '<script>$.get("/igs/front/search/list.html?pageNumber=1&pageSize=10&siteId=54")</script>',
            "GET",
            f"{HOST}/igs/front/search/list.html?pageNumber=1&pageSize=10&siteId=54",
        ),
    ],
)
def test_a_column_asks_the_search_its_form_or_script_names(text: str, method: str, url: str) -> None:
    page = Page(COLUMN, f"<html><body>{text}</body></html>")
    family = recognise(page)
    (ask,) = family.questions(page)
    assert (family.name, ask.method, ask.origin) == ("trs_was", method, COLUMN)
    assert ask.url == url
    if method == "POST":
        sent = parse_qs(ask.body.decode(), keep_blank_values=True)
        assert (sent["channelid"], sent["page"], sent["sw"], sent["perpage"]) == (["278090"], ["1"], [""], ["20"])


@pytest.mark.parametrize(
    "text",
    [
        form(("channelid", "200001"), ("searchword", "")),
        form(("searchword", ""), ("perpage", "10")),
        form(("channelid", "278090"), ("perpage", "20"), action="https://was.other.gov.cn/was5/web/search"),
        '<script>$.post("/was5/web/search",{channelid:278090})</script>',
        '<script>location="/was5/web/search?channelid=278090&searchword="+word</script>',
        '<script src="/was5/web/search/perpage.js"></script>',
        "",
    ],
)
def test_the_search_box_of_a_page_is_no_list(text: str) -> None:
    page = Page(COLUMN, f"<html><body><p>某局</p>{text}</body></html>")
    assert recognise(page).name == "generic"


def test_rows_of_a_table_take_the_day_of_publication_among_the_details() -> None:
    details = "<li>成文日期：<b>2025-12-31</b></li><li>发布日期：<b>2026-01-29</b></li><li>有效：<b>是</b></li>"
    text = f"""<table>
      <tr><td class="t_l tdMC"><a name="TITLE" href="/a/1.html">{title()}</a><div class="t_l_content"><ul>{details}</ul></div></td></tr>
      <tr><td class="t_l tdMC"><a name="other" href="/b.html">全文</a><a name="TITLE" href="/a/2.html">{LOOK_ALIKE}</a></td></tr>
      <tr><td class="t_l tdMC"><a name="TITLE" href="javascript:;">{title()}</a></td></tr><tr><td class="t_l tdMC"></td></tr></table>"""
    page = Page(POST.url, text, asked=POST)
    assert recognise(page).rows(page) == (
        Row(f"{HOST}/a/1.html", title(), DAY),
        Row(f"{HOST}/a/2.html", LOOK_ALIKE, None),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f'\r\n{{"docs":[{{"title":"{title()[:9]}\n{title()[9:]}","url":"/a/1.htm","pubtime":"2026-01-29\n"}}]}}',
            [(title(), DAY)],
        ),
        (
            f'result({{"page":{{"content":[{{"DOCTITLE":"{title()}","docpuburl":"/a/1.htm","pubDate":"2026/01/29"}}]}}}});',
            [(title(), DAY)],
        ),
        (
            f'[{{"title":"{title()}","url":"/a/1.htm"}},{{"title":"","url":"/b.htm"}},{{"url":"/c.htm"}}]',
            [(title(), None)],
        ),
        ('{"docs":null}', []),
        ('{"docs":[', []),
        ("", []),
        ('{"a":' * 5000, []),
    ],
)
def test_rows_of_json_with_raw_newlines(text: str, expected: list[tuple[str, Any]]) -> None:
    page = Page(GET.url, text, asked=GET)
    assert [(row.title, row.listed_on) for row in recognise(page).rows(page)] == expected


ANSWER = f'<table><tr><td class="tdMC"><a name="TITLE" href="/a/1.html">{title()}</a></td></tr></table>'


@pytest.mark.parametrize("number", [1, 2, 60])
def test_the_next_page_is_asked_for_while_there_are_rows(number: int) -> None:
    asked = replace(POST, number=number, body=f"sw=&channelid=278090&perpage=20&page={number}".encode())
    page = Page(asked.url, ANSWER, asked=asked)
    following = recognise(page).further(page).ask
    assert following is not None
    assert (following.number, parse_qs(following.body.decode())["page"]) == (number + 1, [str(number + 1)])
    empty = Page(asked.url, "<table></table>", asked=asked)
    assert recognise(empty).further(empty).ask is None


def test_the_page_in_an_address_is_counted_on() -> None:
    page = Page(GET.url, f'{{"docs":[{{"title":"{title()}","url":"/a/1.htm"}}]}}', asked=GET)
    following = recognise(page).further(page).ask
    assert following is not None
    assert following.url == SEARCH.replace("&page=1", "&page=2")
    unpaged = replace(GET, url=f"{HOST}/was5/web/search?channelid=1")
    page = Page(unpaged.url, page.text, asked=unpaged)
    assert recognise(page).further(page).ask is None


@pytest.mark.parametrize(("heading", "expected"), [("政府信息公开年报", True), ("政策文件", False)])
def test_a_search_is_a_column_of_reports_by_the_heading_of_its_page(heading: str, expected: bool) -> None:
    search = form(("channelid", "278090"), ("perpage", "20"))
    page = Page(f"{HOST}/zwgk/nb/", f"<html><body><h2>{heading}</h2>{search}</body></html>")
    assert recognise(page).is_column(page) is expected
