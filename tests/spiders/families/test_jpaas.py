"""JPaaS: units of a page, answers of the gateway, articles."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.spiders.families.dahan_sites import GATEWAY, UNIT
from tests.spiders.families.invented import PROSE, items, reports, title

HOST = "http://www.example.gov.cn"
COLUMN = f"{HOST}/zwgk/nb/index.html"
LISTED = reports(5, "/zwgk/nb/art/2025/art_{number:032x}.html")
SINGLE = json.dumps(UNIT, ensure_ascii=False).replace('"', "'")
DOUBLE = json.dumps(UNIT, ensure_ascii=False).replace('"', "&quot;")


def unit(querydata: str, url: str = GATEWAY, more: str = "") -> str:
    return f'<script src="/unitbuild.js" url="{url}" queryData="{querydata}"{more}></script>jpaas-publish-server'


def questions(text: str) -> tuple[Ask, ...]:
    page = Page(COLUMN, f"<html><body>{text}</body></html>")
    return recognise(page).questions(page)


def answer(text: str, number: int = 1, *facts: tuple[str, str]) -> Page:
    known = (("endpoint", f"{HOST}{GATEWAY}?webId=3096"), ("rows", "15"), *facts)
    ask = Ask(f"{HOST}{GATEWAY}?webId=3096", "jpaas", COLUMN, number=number, facts=known)
    return Page(ask.url, text, asked=ask)


def wrapped(markup: object) -> str:
    return json.dumps({"success": True, "data": {"html": markup}})


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (unit(SINGLE), 15),
        (unit(DOUBLE), 15),
        (unit(SINGLE, more=' rows="24"'), 24),
        (unit(SINGLE, more=' rows="999"'), 15),
        (f'<div class="pagination" uniturl="{GATEWAY}" querydata="{SINGLE}" rows="20"></div>jpaas-publish-server', 20),
        (unit(SINGLE, url=f"{HOST}{GATEWAY}?x=1"), 15),
        (unit(SINGLE.replace("当前栏目_list", "导航")) + unit(SINGLE), 15),
    ],
)
def test_the_first_page_is_asked_for_with_the_units_own_parameters(text: str, rows: int) -> None:
    (ask,) = questions(text)
    query = {name: values[0] for name, values in parse_qs(urlsplit(ask.url).query).items()}
    assert json.loads(query.pop("paramJson")) == {"pageNo": 1, "pageSize": rows}
    assert (query, ask.origin, ask.method, ask.number) == (UNIT, COLUMN, "GET", 1)


@pytest.mark.parametrize(
    "text",
    [
        unit(SINGLE.replace("'column'", "'article'")),
        unit("{&quot;webId&quot;:"),
        unit("null"),
        unit(SINGLE, url="https://elsewhere.gov.cn" + GATEWAY),
        unit(SINGLE, url="/other/unit"),
        unit(SINGLE, url="http://["),
    ],
)
def test_article_units_and_broken_ones_ask_nothing(text: str) -> None:
    assert questions(text) == ()


def test_many_units_are_asked_a_few() -> None:
    text = "".join(unit(SINGLE.replace("当前栏目_list", f"列表{number}")) for number in range(50))
    assert len(questions(text)) == 4


@pytest.mark.parametrize(
    ("text", "count", "onward", "said"),
    [
        (wrapped(f"<ul>{items(LISTED)}</ul><div rows='15' count='40'></div>"), 5, True, None),
        (wrapped(f"<ul>{items(LISTED)}</ul><script>var count1 = 5;</script>"), 5, False, None),
        (wrapped(f"<ul>{items(LISTED)}</ul><script>var countPage = 5;</script>"), 5, True, None),
        (json.dumps({"data": f"<ul>{items(LISTED)}</ul>"}), 5, True, None),
        (wrapped(f"<ul>{items(LISTED)}</ul>").replace("\\n", "\n"), 5, True, None),
        (wrapped("<ul></ul><div count='40'></div>"), 0, False, "none of 40 rows came"),
        (wrapped("<ul></ul>"), 0, False, None),
        (wrapped(None), 0, False, "the answer holds no markup"),
        (wrapped(7), 0, False, "the answer holds no markup"),
        ('{"success":false,"data":null}', 0, False, "the answer holds no markup"),
        ("[]", 0, False, "the answer holds no markup"),
        ("<html>403</html>", 0, False, "the answer holds no markup"),
        ("", 0, False, "the answer holds no markup"),
        ('{"data":' * 20_000, 0, False, "the answer holds no markup"),
    ],
)
def test_an_answers_rows_and_what_follows(text: str, count: int, onward: bool, said: str | None) -> None:
    page = answer(text)
    family = recognise(page)
    rows = family.rows(page)
    assert [row.url for row in rows] == [HOST + one.path for one in LISTED[:count]]
    following = family.further(page).ask
    assert (following is not None, family.shortfall(page)) == (onward, said)
    if following is not None:
        query = parse_qs(urlsplit(following.url).query)
        assert (json.loads(query["paramJson"][0])["pageNo"], following.number) == (2, 2)


ARTICLE = (
    "<html><head><meta name='MakeTime' content='2026-05-12 09:00:00'><meta name='PubDate' content='2023-05-12 08:00'></head><body>"
    "<div class='ctitle'><h1 id='con_title'>{title}</h1></div><div class='cinfo center'><span id='con_time'>{day}</span>"
    "<span>来源：审计局</span></div><div class='ccontent center' id='con_con'>{body}</div></body></html>"
)


@pytest.mark.parametrize(
    ("shown", "day"),
    [("发布时间：2026-01-29 10:53", date(2026, 1, 29)), ("发布时间：", None), ("", None)],
)
def test_the_day_is_the_shown_one_and_never_the_meta_tags(shown: str, day: date | None) -> None:
    text = ARTICLE.format(title=title(), day=shown, body=PROSE)
    page = Page(f"{HOST}/art/2025/art_{'c' * 32}.html", text)
    found = recognise(page).article(page)
    assert (recognise(page).name, found.title, found.published_on) == ("jpaas", title(), day)


def test_links_to_attach_addresses_are_attachments() -> None:
    links = "<a href='/cms_files/attach/7f?x=1'>年度报告</a><a href='/cms_files/attach/a.pdf'>附表.pdf</a><a href='/nb/'>更多</a>"
    page = Page(f"{HOST}/art/2025/art_{'c' * 32}.html", ARTICLE.format(title=title(), day="", body=PROSE + links))
    found = {file.name: file.url.removeprefix(HOST) for file in recognise(page).article(page).attachments}
    assert found == {"年度报告": "/cms_files/attach/7f?x=1", "附表.pdf": "/cms_files/attach/a.pdf"}
