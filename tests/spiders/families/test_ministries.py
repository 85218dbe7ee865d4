"""gov.cn, 税务总局, and the lists of the ministries that run on TRS."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs

import pytest

from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.spiders.families.invented import DAY, LOOK_ALIKE, PROSE, title

GOV = "https://www.gov.cn"
LIST = f'<ul><li><h4><a href="../202601/content_1.htm">{title("云汀部")}</a><span class="date">2026-01-29</span></h4></li></ul>'


@pytest.mark.parametrize(
    ("path", "text", "following"),
    [
        ("/zhengce/zuixin/home_0.htm", LIST, "/zhengce/zuixin/home_1.htm"),
        ("/zhengce/zuixin/home_90.htm", LIST, "/zhengce/zuixin/home_91.htm"),
        ("/zhengce/zuixin/home_999.htm", LIST, None),
        ("/zhengce/zuixin/home_91.htm", "<p>页面不存在</p>", None),
        ("/zhengce/zuixin/", LIST, None),
    ],
)
def test_the_lists_of_gov_cn_are_counted_on_while_they_have_rows(path: str, text: str, following: str | None) -> None:
    page = Page(GOV + path, text)
    family = recognise(page)
    assert family.name == "gov_cn"
    assert family.further(page).url == (GOV + following if following else None)


def test_a_row_and_an_article_of_gov_cn() -> None:
    page = Page(f"{GOV}/zhengce/zuixin/home_0.htm", LIST)
    assert recognise(page).rows(page) == (Row(f"{GOV}/zhengce/202601/content_1.htm", title("云汀部"), DAY),)
    text = f'<h1>{title("云汀部")}</h1><p>发布时间：2026-01-29</p><div id="UCAP-CONTENT">{PROSE}<p>发布日期：2020-01-01</p></div>'
    article = recognise(Page(f"{GOV}/zhengce/content/202601/content_1.htm", text)).article(
        Page(f"{GOV}/zhengce/content/202601/content_1.htm", text)
    )
    assert (article.title, article.published_on) == (title("云汀部"), DAY)


@pytest.mark.parametrize(
    "text",
    [
        f'<div class="overview_right"><ul><li><a href="./202601/t20260113_1.html" title="{title()}">{title()[:9]}…<span>2026-01-29</span></a></li></ul></div>',
        f'<ul class="rsb_con_rightUl"><li><a href="./202601/t20260113_1.html">{title()}</a><span>2026-01-29</span></li></ul>',
        f'<ul><li><a class="a1" href="./202601/t20260113_1.html">{title()}</a><span>2026-01-29</span></li></ul>',
        f'<table><tr><td><a href="./202601/t20260113_1.html">{title()}</a></td><td class="huise">2026-01-29</td></tr></table>',
        f'<ul class="list_common a_list"><li><span class="mhide">2026-01-29</span><a href="./202601/t20260113_1.html">{title()}</a></li></ul>',
    ],
)
@pytest.mark.parametrize("sign", ["<div class=TRS_Editor></div>", "<script>var countPage = 1</script>"])
def test_rows_of_the_ministries(text: str, sign: str) -> None:
    place = "https://www.example.gov.cn/zfxxgknb/"
    page = Page(place, f"<html><body>{text}{sign}</body></html>")
    assert recognise(page).rows(page) == (Row(f"{place}202601/t20260113_1.html", title(), DAY),)


# 税务总局

TAXES = "https://www.example.gov.cn"
CODE = "61eaab3127b040d4950fff177f09e561"
ENDPOINT = f"{TAXES}/getFileListByCodeId"
COLUMN = f"{TAXES}/taxes/n810214/c102384r/index.html?tab=gknb"
SCRIPT = f'<script>$.ajax({{url:"/getFileListByCodeId",type:"post",data:{{channelId:"{CODE}",page:1}}}})</script>'
ASK = Ask(ENDPOINT, "chinatax_json", COLUMN, "POST", facts=(("channel", CODE),))


def answer(results: Any) -> Page:
    text = results if isinstance(results, str) else json.dumps({"results": {"data": {"results": results}}})
    return Page(ENDPOINT, text, asked=ASK)


def test_the_column_asks_for_its_channel() -> None:
    page = Page(COLUMN, SCRIPT)
    family = recognise(page)
    (ask,) = family.questions(page)
    assert (ask.url, ask.method, ask.origin, family.is_column(page)) == (ENDPOINT, "POST", COLUMN, True)
    sent = parse_qs(ask.body.decode())
    assert (sent["channelId"], sent["page"], sent["relateSubChannels"]) == ([CODE], ["1"], ["true"])


@pytest.mark.parametrize(
    "script",
    [SCRIPT.replace(CODE, "1"), SCRIPT.replace("/get", "http://other.gov.cn/get"), SCRIPT.replace("channelId", "x")],
)
def test_nothing_is_asked_without_a_channel_or_of_another_site(script: str) -> None:
    page = Page(COLUMN, script)
    assert recognise(page).questions(page) == ()


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([{"titleHtml": f"<b>{title()}</b>", "url": "/a/c1/content.html", "publishedTimeStr": "2026-01-29 10:00"}], [("/a/c1/content.html", title(), DAY)]),
        ([{"titleHtml": "公告", "subTitleHtml": title(), "redirectUrl": "/a/c1/content.html", "url": ""}], [("/a/c1/content.html", title(), None)]),
        ([{"titleHtml": LOOK_ALIKE, "url": "/a/c2/content.html", "domainMetaList": [{"url": 3}]}], [("/a/c2/content.html", LOOK_ALIKE, None)]),
        ([{"titleHtml": 5, "url": "/a"}, {"url": "/a/c1/content.html"}, "x", None], []),
        ({"titleHtml": title()}, []),
        ("", []),
        ("<html>", []),
        ('{"results":', []),
    ],
)  # fmt: skip
def test_rows_of_the_taxes_answer(results: Any, expected: list[tuple[str, str, date | None]]) -> None:
    page = answer(results)
    found = recognise(page)
    assert found.rows(page) == tuple(Row(TAXES + path, name, day) for path, name, day in expected)
    following = found.further(page).ask
    assert (following is not None) is bool(expected)
    if following is not None:
        assert parse_qs(following.body.decode())["page"] == ["2"]
        assert following == replace(ASK, number=2, body=following.body)
