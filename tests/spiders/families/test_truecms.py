"""TrueCMS: the hidden list, the windows of its endpoint, and answers of every kind."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.spiders.families.dahan_sites import COLUMN_ID, MESSAGES, datastore
from tests.spiders.families.invented import ARTICLE, PROSE, items, reports, title

HOST = "http://www.example.gov.cn"
COLUMN = f"{HOST}/ytssjj/xxgknb/xxgknb.html"
LISTED = reports(5, "/ytssjj/xxgknb/content/593f0397-04d7-44c3-8339-{number:012x}.html")
OPTIONS = "<script>jpage({{proxyUrl:'{url}',perPage:{rows},ajaxParam:{{columnId:'{column}'}}}});</script>"


def options(url: str = MESSAGES, rows: str = "20", column: str = COLUMN_ID) -> str:
    return OPTIONS.format(url=url, rows=rows, column=column)


def answer(text: str, number: int = 1, *facts: tuple[str, str]) -> Page:
    known = (("endpoint", HOST + MESSAGES), ("rows", "5"), ("column", COLUMN_ID), *facts)
    ask = Ask(HOST + MESSAGES, "truecms", COLUMN, number=number, facts=known)
    return Page(ask.url, text, asked=ask)


def wrapped(store: object) -> str:
    return f"cb({json.dumps({'result': store})})"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (options(), 20),
        (options(url=f"http://other.gov.cn{MESSAGES}"), 20),
        (options(rows="0"), 10),
        (options(rows="500"), 10),
        (f"<script>var url='{MESSAGES.lower()}?columnId={COLUMN_ID}&startrecord=1';</script>", 10),
        (f"<script>var url='{MESSAGES}', columnId = '{COLUMN_ID}';</script>", 10),
        (
            f"<input type='hidden' id='columnId' value='{COLUMN_ID}'><script>ask('{MESSAGES}',$('#columnId').val())</script>",
            10,
        ),
    ],
)
def test_the_first_window_is_one_page_of_the_pages_own_host(text: str, rows: int) -> None:
    page = Page(COLUMN, text)
    (ask,) = recognise(page).questions(page)
    query = dict(parse_qsl(urlsplit(ask.url).query))
    assert (query["startrecord"], query["endrecord"], query["perpage"]) == ("1", str(rows), str(rows))
    assert (query["columnId"], query["callback"]) == (COLUMN_ID, "cb")
    assert (urlsplit(ask.url).netloc, ask.origin, ask.method) == ("www.example.gov.cn", COLUMN, "GET")


@pytest.mark.parametrize("text", [options(column="7"), f"<script>'{MESSAGES}'</script>", options(column="")])
def test_a_page_that_names_no_column_asks_nothing(text: str) -> None:
    page = Page(COLUMN, text)
    assert recognise(page).name == "truecms"
    assert recognise(page).questions(page) == ()


def test_the_hidden_list_is_read() -> None:
    page = Page(COLUMN, f"<div id='initData' style='display:none'><ul>{items(LISTED)}</ul></div>{options()}")
    assert [row.title for row in recognise(page).rows(page)] == [one.title for one in LISTED]


@pytest.mark.parametrize(
    ("text", "number", "count", "onward", "said"),
    [
        (wrapped(datastore(LISTED, 45)), 1, 5, True, None),
        (wrapped(datastore(LISTED)), 1, 5, True, None),
        (wrapped(datastore(LISTED, 5)), 1, 5, False, None),
        (json.dumps({"result": datastore(LISTED, 45)}), 1, 5, True, None),
        (wrapped(datastore(LISTED, 45)).replace("\\n", "\n"), 1, 5, True, None),
        (wrapped(datastore([], 45)), 1, 0, False, "none of 45 rows came"),
        (wrapped(""), 3, 0, False, None),
        (wrapped(None), 3, 0, False, None),
        (wrapped(5), 1, 0, False, "the answer holds no datastore"),
        ("cb({})", 1, 0, False, "the answer holds no datastore"),
        ("cb([1])", 1, 0, False, "the answer holds no datastore"),
        ("", 1, 0, False, "the answer holds no datastore"),
        ("<html>404</html>", 1, 0, False, "the answer holds no datastore"),
        ("cb(" + "[" * 50_000, 1, 0, False, "the answer holds no datastore"),
    ],
)
def test_an_answers_rows_and_what_follows(text: str, number: int, count: int, onward: bool, said: str | None) -> None:
    page = answer(text, number)
    family = recognise(page)
    assert [row.url for row in family.rows(page)] == [HOST + one.path for one in LISTED[:count]]
    following = family.further(page).ask
    assert (following is not None, family.shortfall(page)) == (onward, said)
    if following is not None:
        assert dict(parse_qsl(urlsplit(following.url).query))["startrecord"] == "6"


def test_an_article_has_title_and_body() -> None:
    text = ARTICLE.replace("{title}", title()).replace("{day}", "2026-01-29").replace("{prose}", PROSE)
    page = Page(HOST + LISTED[0].path, text)
    found = recognise(page).article(page)
    assert (recognise(page).name, found.title, str(found.published_on)) == ("truecms", title(), "2026-01-29")
