"""Cards: what a link that says only 查看 leads to is said beside it."""

from __future__ import annotations

from datetime import date

import pytest

from spiders.families.cards import says_look, says_nothing
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.spiders.families.invented import DAY, LOOK_ALIKE, title

HOST = "http://www.example.gov.cn"
OTHER = title("云汀市民政局")


def rows(markup: str, path: str = "/gk/zfxxgknb/") -> tuple[Row, ...]:
    page = Page(HOST + path, f"<html><body>{markup}</body></html>")
    return recognise(page).rows(page)


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="card"><h4>{title}</h4><p>2026-01-29</p><a href="1.html">查看详情</a></div>',
        '<div class="card"><h4>{title}</h4><p>2026-01-29</p><div><p><a href="1.html">阅读全文 &gt;&gt;</a></p></div></div>',
        '<div class="card"><a href="1.html"><img src="a.png"></a><h4>{title}</h4><p>2026-01-29</p></div>',
        '<div class="card"><a href="1.html"></a><b>2026年1月29日</b><h4>{title}</h4></div>',
        "<table><tr><td>1</td><td>{title}</td><td>2026-01-29</td><td><a href='1.html'>查看</a></td></tr></table>",
        "<table><tr><td>{title}</td><td>2026-01-29</td><td><a href='1.docx'>下载</a><a href='1.html'>查看</a></td></tr></table>",
        "<ul><li>{title} <i>2026-01-29</i> <a href='1.html'>[详情]</a> <a href='jd.html'>解读</a></li></ul>",
        "<ul><li>2026-01-29 {title} <a href='1.html'>点击查看</a></li></ul>",
        "<dl><dd><span>{title}</span><em>2026-01-29</em><a href='1.html'>更多</a></dd></dl>",
        "<div onclick=\"location.href='1.html'\"><h4>{title}</h4><p>2026-01-29</p><span>查看详情</span></div>",
        "<ul><li><b>{title}</b><i>2026-01-29</i><button onclick=\"window.open('1.html')\">查看</button></li></ul>",
        "<ul><li data-url='1.html'><b>{title}</b><i>2026-01-29</i></li></ul>",
        "<ul><li><a href=\"javascript:openUrl('1.html')\">{title}</a><i>2026-01-29</i></li></ul>",
    ],
)
def test_a_link_without_words_has_the_title_and_the_day_of_its_box(markup: str) -> None:
    assert rows(markup.format(title=title())) == (Row(f"{HOST}/gk/zfxxgknb/1.html", title(), DAY),)


def test_several_cards_are_as_many_rows_and_a_folder_may_be_a_report() -> None:
    card = "<div class='card'><h4>{title}</h4><p>{day}</p><a href='{path}'>查看详情</a></div>"
    first = card.format(title=title(year=2024), day="2025-01-20", path="2024/index.html")
    second = card.format(title=title(year=2023), day="2024-01-20", path="2023/index.html")
    found = rows(f"<div class='list'>{first}{second}</div>")
    assert [(row.url.removeprefix(HOST), row.title, row.listed_on) for row in found] == [
        ("/gk/zfxxgknb/2024/index.html", title(year=2024), date(2025, 1, 20)),
        ("/gk/zfxxgknb/2023/index.html", title(year=2023), date(2024, 1, 20)),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        f"<div><h4>{LOOK_ALIKE}</h4><a href='1.html'>查看</a></div>",
        "<div><h4>政府信息公开年报</h4><a href='1/'>查看更多</a></div>",
        f"<div><h4>{title()}</h4><h4>{OTHER}</h4><a href='1.html'>查看</a></div>",
        f"<div><h4>{title()}</h4><a href='1.html'>查看</a><a href='2.html'>查看</a></div>",
        f"<div><h4>{title()}</h4><a href='1.html'>更多</a><a href='/'>网站首页</a></div>",
        f"<div><script>var t = '{title()}'</script><a href='1.html'>查看</a></div>",
        f"<div><select><option>{title()}</option></select><a href='1.html'>查看</a></div>",
        f"<template><div><h4>{title()}</h4><a href='1.html'>查看</a></div></template>",
        f"<div><h1>{title()}</h1><p>{'全年主动公开审计结果公告。' * 60}</p><a href='/more/'>更多</a></div>",
    ],
)
def test_other_boxes_name_no_report(markup: str) -> None:
    assert [row for row in rows(markup, "/xw/") if "年度报告" in row.title] == []


def test_the_file_beside_a_page_is_no_row_and_alone_it_is_one() -> None:
    line = "<table><tr><td>{title}</td><td>{links}</td></tr></table>"
    page, file = "<a href='1.html'>查看</a>", "<a href='1.docx'>下载附件</a>"
    for links in (page + file, file + page):
        assert [row.url for row in rows(line.format(title=title(), links=links))] == [f"{HOST}/gk/zfxxgknb/1.html"]
    assert [row.url for row in rows(line.format(title=title(), links=file))] == [f"{HOST}/gk/zfxxgknb/1.docx"]


@pytest.mark.parametrize("text", ["查看", "【查看全文】", "点击查看", "下载附件", "详情 >>", "年报全文"])
def test_a_link_says_only_look(text: str) -> None:
    assert says_look(text)
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["查看往年年报", "下载中心", "详情咨询", "全文检索", "2024年", "云汀市审计局"])
def test_a_link_has_words_of_its_own(text: str) -> None:
    assert not says_look(text)
    assert not says_nothing(text)


def test_thousands_of_cards_are_read_in_time() -> None:
    card = "<div><h4>云汀市{number}号中心2025年政府信息公开工作年度报告</h4><a href='{number}.html'>查看</a></div>"
    assert len(rows("".join(card.format(number=number) for number in range(3000, 7000)))) == 4000


@pytest.mark.parametrize(
    "markup",
    ["<a href='1.html'>查看</a>" * 20_000, "<div>" * 200 + "<a href='1.html'>查看</a>" * 5_000, "<td>查看" * 20_000],
)
def test_links_without_words_in_a_crowd_cost_no_more_than_others(markup: str) -> None:
    assert rows(f"<div>{markup}</div>") == ()
