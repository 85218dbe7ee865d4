"""The sites of 吉林: columns in the folders of units, and directories that a script in a file asks."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from spiders.families.asks import Ask
from spiders.families.jilin import Jilin
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.spiders.families.invented import title

HOST = "http://xxgk.example.gov.cn"
FAMILY = Jilin()
COLUMN = f"{HOST}/zcbm/fgw_98087/ndbg/"
PROVINCE = "http://infogate.jl.gov.cn/govsearch/jsonp/zf_jd_list.jsp"
CITY = "http://infogate.example.gov.cn/govsearch/jsonp/gkml/zf_list.jsp"
EMPTY = '<div id="result-body"></div>'


def page(path: str, body: str, asked: Ask | None = None) -> Page:
    return Page(HOST + path, f"<html><body>{body}</body></html>", asked=asked)


def menu(*paths: str) -> str:
    return "".join(f'<li><a href="{path}">某栏</a></li>' for path in paths)


@pytest.mark.parametrize(
    "path", ["/szf/ndbg/", "/szf_4966/bgtndbg/", "/zcbm/fgw_1/gkzn/", "/dh/xjzfzcbm/x/gkml/", "/jlsndbg/"]
)
def test_a_page_is_known_by_its_own_folder(path: str) -> None:
    assert recognise(page(path, "<p>年度报告</p>")).name == "trs_jilin"


@pytest.mark.parametrize(
    ("path", "links", "columns"),
    [
        ("/", ["/szf/"], ["/szf/ndbg/", "/szf/bgtndbg/"]),
        ("/", ["/zcbm/fgw_1/", "/zcbm/"], ["/zcbm/fgw_1/ndbg/"]),
        ("/jlszn/", ["/qtdw/mzj/gkzn/", "/qtdw/mzj/gkml/"], ["/qtdw/mzj/ndbg/"]),
        ("/cy/", ["/cy/qzfzcbm/jyj/zfxxgkzn/"], ["/cy/qzfzcbm/jyj/ndbg/", "/cy/qzfzcbm/jyj/zfxxgknb/"]),
        ("/cy/qzfzcbm/jyj/", ["zfxxgkzn/", "zfxxgknb/"], []),
        ("/zcbm/fgw_1/gkml/", ["../gkml/"], ["/zcbm/fgw_1/ndbg/"]),
        ("/", ["/ysqgk/", "/gkzn/", "/gzbm/"], []),
        ("/jlszn/", ["/zcbm/fgw_1/gkzn/202001/t20200101_1.html", "/zcbm/t20200101_1.html"], ["/zcbm/fgw_1/ndbg/"]),
        ("/", ["http://other.gov.cn/szf/", "/zwgk/202001/t20200101_1.html"], []),
        ("/szf/ndbg/", ["../gkzn/", "../bgtndbg/", "/szf/ndbg/"], ["/szf/bgtndbg/"]),
        ("/thsrmzf/thsrmzf1/ndbg/", ["../xxgknb/", "/qtdw/mzj/ndbg/"], ["/thsrmzf/thsrmzf1/xxgknb/"]),
    ],
)  # fmt: skip
def test_the_folders_of_units_lead_to_their_columns_whatever_the_links_say(
    path: str, links: list[str], columns: list[str]
) -> None:
    found = FAMILY.columns(page(path, menu(*links)))
    assert [link.url.removeprefix(HOST) for link in found] == columns


def test_a_guessed_column_gives_way_to_the_page_that_was_linked() -> None:
    (link,) = FAMILY.columns(page("/jlszn/", menu("/qtdw/mzj/gkzn/")))
    assert (link.guessed, link.instead) == (True, f"{HOST}/qtdw/mzj/gkzn/")


@pytest.mark.parametrize(
    "body",
    [
        f"<script>var channelId='134657';load('{PROVINCE}?page='+n)</script>",
        f'<input type="hidden" id="channelId" value="134657"><script>load("{PROVINCE}?page="+n)</script>',
        f'<script>load("{PROVINCE}", {{"lb":"134657"}})</script>',
    ],
)
def test_the_number_of_a_column_stands_in_its_script_or_in_a_hidden_field(body: str) -> None:
    (ask,) = FAMILY.questions(page("/zcbm/fgw_98087/ndbg/", EMPTY + body))
    assert {("page", "1"), ("lb", "134657"), ("channelId", "134657")} <= set(parse_qsl(urlsplit(ask.url).query))
    assert ask.url.startswith(PROVINCE)


def test_a_script_in_a_file_is_asked_for_the_directory_it_asks() -> None:
    scripts = "".join(f'<script src="{name}"></script>' for name in ("/js/jquery-1.8.js", "/images/head.js", "list.js"))
    numbered = "<script>var channelId=77001;var pubURL='http://xxgk.example.gov.cn/dh';</script>"
    (first,) = FAMILY.questions(page("/zcbm/fgw_98087/ndbg/", EMPTY + numbered + scripts))
    assert first.url == f"{COLUMN}list.js"
    (second,) = FAMILY.questions(Page(first.url, "function pager(n) {}", asked=first))
    assert second.url == f"{HOST}/images/head.js"
    (rows,) = FAMILY.questions(
        Page(second.url, f'function load(n) {{ ask("{CITY}?page="+n+"&lb="+channelId) }}', asked=second)
    )
    sent = parse_qsl(urlsplit(rows.url).query, keep_blank_values=True)
    assert (rows.url.partition("?")[0], dict(sent)["lb"]) == (CITY, "77001")
    assert [value for name, value in sent if name == "pubURL"] == ["http://xxgk.example.gov.cn/dh", ""]
    (guess,) = FAMILY.questions(Page(second.url, "", asked=second))
    assert guess.url.startswith(f"{PROVINCE}?page=1&lb=77001&")


@pytest.mark.parametrize(
    "body",
    [
        "<script>var channelId=77001;</script>",
        f"{EMPTY}<script src='list.js'></script>",
        f'{EMPTY}<script>var lb=77001;load("http://111.26.164.51:8081/govsearch/jsonp/gkml/zf_jd_list.jsp")</script>',
    ],
    ids=["no list", "no number", "a bare address"],
)
def test_no_directory_of_a_bare_address_is_asked_and_none_without_a_number(body: str) -> None:
    asked = FAMILY.questions(page("/zcbm/fgw_98087/ndbg/", body))
    assert [ask.url for ask in asked if not ask.url.startswith(PROVINCE)] == []
    assert len(asked) == ("111.26" in body)


def test_guides_that_a_script_asks_for_lead_to_the_reports_beside_them() -> None:
    entry = page("/jlszn/", f"{EMPTY}<script>var lb=66001;load('{PROVINCE}?page=')</script>")
    assert FAMILY.is_column(entry)
    (ask,) = FAMILY.questions(entry)
    guide = f"{HOST}/gzbm/fgw_1/gkzn/202003/t20200303_1.html"
    answer = Page(ask.url, f'result({{"data":[{{"title":"某局政府信息公开指南","puburl":"{guide}"}}]}})', asked=ask)
    assert [link.url for link in FAMILY.columns(answer)] == [f"{HOST}/gzbm/fgw_1/ndbg/"]


def test_a_cut_title_of_an_answer_says_so() -> None:
    text = f'result({{"data":[{{"title":"{title()[:14]}…","puburl":"{COLUMN}t1_1.html","tip":{{"dates":"2026-01-29"}}}}]}});'
    (row,) = FAMILY.rows(Page(PROVINCE, text))
    assert (row.title, row.cut) == (title()[:14], True)
