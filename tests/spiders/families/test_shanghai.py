"""上海: headings that hold more than the title, and the lists of its districts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.spiders.families.invented import DAY, LOOK_ALIKE, PROSE, title

HOST = "https://www.example.gov.cn"
BUTTONS = '<div class="zihao"><div class="through"><span>字号：</span></div><div class="controls"><a id="large">大</a></div></div>'
SCRIPT = '<script>var q = {"channelList":["3","a-4"],pageNo:1}; $.post("/front/api/data/affair", q)</script>'
ASK = Ask(f"{HOST}/front/api/data/affair", "shanghai_ivs", f"{HOST}/zfxxgknb/", "POST", facts=(("channels", "3"),))


def heading(small: str, more: str = "", body: str = PROSE) -> Page:
    text = (
        f'<html><head><title>云汀发布</title>{more}</head><body><h2 id="ivs_title" class="Article-title">{title()} '
        f'<small id="ivs_date" class="Article-time">{small}</small>{BUTTONS}</h2><div id="ivs_player"></div>'
        f'<div class="Article_content"><div id="ivs_content" class="trout-region-content">{body}</div></div></body></html>'
    )
    return Page(f"{HOST}/nw12344/20260401/4a03b5fa47ae4c73b7ec42801de6be66.html", text)


def answer(data: Any, number: int = 1) -> Page:
    return Page(
        ASK.url, data if isinstance(data, str) else json.dumps({"data": data}), asked=replace(ASK, number=number)
    )


@pytest.mark.parametrize(
    ("name", "expected"), [("政府信息公开年报", True), ("政府信息公开指南", False), ("年度报告解读", False)]
)
def test_a_column_whose_rows_are_asked_for_is_known_by_its_name(name: str, expected: bool) -> None:
    page = Page(
        f"{HOST}/xxgk/x/", f"<html><head><title>{name}</title></head><body><h2>{name}</h2>{SCRIPT}</body></html>"
    )
    assert recognise(page).is_column(page) is expected


@pytest.mark.parametrize("small", ["2026-01-29 <span>来源：云汀日报</span> ", "( 2026-01-29)", "2026-01-29 10∶08"])
def test_the_title_is_the_heading_without_date_source_and_buttons(small: str) -> None:  # portals: replay case 16
    page = heading(small)
    article = recognise(page).article(page)
    assert (article.title, article.published_on) == (title(), DAY)


def test_a_day_that_is_written_nowhere_else_comes_from_the_meta_tag() -> None:
    page = heading("", '<meta name="PubDate" content="2026-01-29 10∶08">')
    assert recognise(page).article(page).published_on == DAY


@pytest.mark.parametrize(
    ("values", "agency"),
    [
        (("076478684Q/2026-00112", "", "云汀市卫生健康委员会", "云卫〔2026〕1号", ""), "云汀市卫生健康委员会"),
        (("076478684Q/2026-00112", "", "", "", ""), None),
        (("076478684Q/2026-00112",), None),
    ],
)
def test_the_agency_stands_below_its_heading(values: tuple[str, ...], agency: str | None) -> None:
    labels = "".join(f'<td class="t1">{label}</td>' for label in ("索取号", "发布时间", "发布机构", "文件编号", "备注"))
    cells = "".join(f'<td class="t2">{value}</td>' for value in values)
    table = f'<table class="table-article"><tbody><thead><tr>{labels}</tr></thead><tr>{cells}</tr></tbody></table>'
    page = heading("( 2026-01-29)", body=table + PROSE)
    assert recognise(page).article(page).agency == agency


def test_a_column_asks_for_the_channels_its_script_names() -> None:
    page = Page(f"{HOST}/zfxxgknb/", f"<html><body>{SCRIPT}</body></html>")
    (ask,) = recognise(page).questions(page)
    assert (ask.url, ask.method, ask.origin) == (ASK.url, "POST", page.url)
    assert json.loads(ask.body) == {
        "channelList": ["3", "a-4"],
        "pageSize": 15,
        "pageNo": 1,
        "orderFields": ["display_date"],
        "orderTypes": ["desc"],
        "docFlag": "1",
    }
    assert dict(ask.headers)["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    "script",
    [
        SCRIPT.replace('"/front', '"http://other.example.gov.cn.cn/front'),
        SCRIPT.replace('["3","a-4"]', "[]"),
        SCRIPT.replace("channelList", "channels"),
        SCRIPT.replace("/front/api/data/affair", "/front/api/data/"),
    ],
)
def test_nothing_is_asked_of_another_site_or_without_a_channel(script: str) -> None:
    page = Page(f"{HOST}/zfxxgknb/", f"<h2 id='ivs_title'>年报</h2>{script}")
    assert recognise(page).questions(page) == ()


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (
            [{"title": title(), "url": "/a/1.html", "display_date": "2026-01-29 10:00:00"}],
            [("/a/1.html", title(), DAY)],
        ),
        ([{"title": f"<em>{title()}</em>", "url": "/a/1.html?a=1&amp;b=2"}], [("/a/1.html?a=1&b=2", title(), None)]),
        ([{"title": LOOK_ALIKE, "url": "/a/2.html", "displayDate": 1769644800000}], [("/a/2.html", LOOK_ALIKE, DAY)]),
        ([{"title": title(), "url": "/a/1.html", "display_date": 10**40}], [("/a/1.html", title(), None)]),
        ([{"title": None, "url": "/a/1.html"}, {"title": title()}, {"url": ["/x"], "title": {}}, None, 7, "x"], []),
        ([{"title": title(), "url": "javascript:;"}, {"title": title(), "url": "http://[/"}], []),
        ([{"title": title(), "url": "/a.html"}, {"title": title(), "url": "/a.html"}], [("/a.html", title(), None)]),
        ("no list", []),
        (None, []),
    ],
)
def test_rows_of_an_answer(listed: Any, expected: list[tuple[str, str, date | None]]) -> None:
    page = answer({"list": listed, "totalPages": 1})
    assert recognise(page).rows(page) == tuple(Row(HOST + path, name, day) for path, name, day in expected)


@pytest.mark.parametrize("text", ["", "null", "[]", "[" * 100_000, '{"data":', '{"data":7}', "<html>502</html>", "\0"])
def test_an_answer_that_cannot_be_understood_has_no_rows_and_no_next_page(text: str) -> None:
    page = answer(text)
    assert recognise(page).rows(page) == ()
    assert recognise(page).further(page).ask is None


ROWS = [{"title": title(), "url": "/a/1.html"}]


@pytest.mark.parametrize(
    ("data", "number", "following"),
    [
        ({"list": ROWS, "totalPages": 3}, 1, 2),
        ({"list": ROWS, "totalPages": "3"}, 2, 3),
        ({"list": ROWS, "totalPages": 3}, 3, None),
        ({"list": ROWS, "totalPages": None}, 7, 8),
        ({"list": ROWS, "totalPages": -1}, 1, 2),
        ({"list": ROWS, "totalPages": 10**300}, 1, 2),
        ({"list": [], "totalPages": 0, "totalCount": 0, "pageNo": 0}, 4, None),
    ],
)
def test_rows_and_not_numbers_decide_on_the_next_page(data: Any, number: int, following: int | None) -> None:
    page = answer(data, number)
    ask = recognise(page).further(page).ask
    assert (json.loads(ask.body)["pageNo"] if ask is not None else None) == following


@pytest.mark.parametrize(("count", "short"), [(10_000, True), ("10000", True), (9_999, False), (None, False)])
def test_a_list_of_more_rows_than_the_endpoint_gives_is_short(count: Any, short: bool) -> None:
    page = answer({"list": ROWS, "totalCount": count})
    assert (recognise(page).shortfall(page) is not None) is short
