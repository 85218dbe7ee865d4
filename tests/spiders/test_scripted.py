"""Scripted lists: which pages are asked for once more as a browser shows them, and what is said of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spiders.errands import Errand
from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.ledger import Portal
from spiders.scripted import Scripted

URL = "http://xxgk.qinghe.gov.cn/ndbg/"
PORTAL = Portal(URL)
LIST = Errand("list", URL, PORTAL)
ENTRY = Errand("entry", URL, PORTAL)
WORDS = "青禾市水务局政府信息公开" * 30
EMPTY = Page(URL, "<html><body><h2>政府信息公开年报</h2><ul></ul></body></html>")
FILLED_BY = [
    "$.ajax({url: '/api/list'})",
    "$.getJSON('/api/list', draw)",
    "fetch('/api/list').then(draw)",
    "new XMLHttpRequest()",
    "axios.post('/api/list')",
    "new Vue({el: '#app'})",
    "document.getElementById('rows').innerHTML = rows",
    "document.write('<li>')",
]


def page(script: str) -> Page:
    return Page(URL, f"<html><body><p>{WORDS}</p><script>{script}</script></body></html>")


@pytest.mark.parametrize("script", FILLED_BY)
def test_a_list_without_rows_whose_script_makes_some_says_so(script: str) -> None:
    assert Scripted().explain(page(script), LIST) == (
        "; its rows seem to be made by a script: crawl --render may read them"
    )


@pytest.mark.parametrize("script", ["var year = 2024;", "window.onload = function () { count(); }", ""])
def test_a_list_without_rows_whose_script_makes_none_says_nothing_more(script: str) -> None:
    assert Scripted().explain(page(script), LIST) == ""
    assert Scripted().explain(EMPTY, LIST) == ""


def test_a_page_that_is_nothing_but_a_script_says_so() -> None:
    shell = Page(URL, '<html><body><div id="app"></div><script src="/app.js"></script></body></html>')
    assert "made by a script" in Scripted().explain(shell, LIST)


def test_what_is_lacking_to_render_is_said_where_it_was_asked_for() -> None:
    assert Scripted([URL], "there is no browser").explain(page("fetch('/x')"), LIST).endswith(": there is no browser")


def test_a_page_that_shows_no_rows_in_a_browser_either_says_that() -> None:
    assert Scripted([URL]).explain(page("fetch('/x')"), replace(LIST, render=True)) == ", also in a browser"


def test_a_list_is_asked_for_once_more_and_then_no_more() -> None:
    again = Scripted([URL]).list_again(EMPTY, LIST)
    assert again == replace(LIST, render=True)
    assert Scripted([URL]).list_again(EMPTY, replace(LIST, render=True)) is None


@pytest.mark.parametrize(
    ("scripted", "found", "errand"),
    [
        (Scripted(), EMPTY, LIST),
        (Scripted(["http://xxgk.elsewhere.gov.cn/"]), EMPTY, LIST),
        (Scripted([URL], "there is no browser"), EMPTY, LIST),
        (Scripted([URL]), EMPTY, replace(LIST, number=2)),
        (Scripted([URL]), EMPTY, replace(LIST, ask=Ask("http://xxgk.qinghe.gov.cn/api", "generic", URL))),
        (Scripted([URL]), Page(URL, '{"rows": []}'), LIST),
    ],
    ids=["nobody asked", "another portal", "no browser", "a further page", "an endpoint's answer", "data"],
)
def test_other_lists_are_not_asked_for_in_a_browser(scripted: Scripted, found: Page, errand: Errand) -> None:
    assert scripted.list_again(found, errand) is None


def test_a_portals_own_address_is_rendered_only_where_it_shows_hardly_a_link() -> None:
    full = Page(URL, "".join(f'<a href="/{number}/">公开</a>' for number in range(5)))
    assert Scripted([URL]).entry_again(EMPTY, ENTRY) == replace(ENTRY, render=True)
    assert Scripted([URL]).entry_again(full, ENTRY) is None
    assert Scripted([URL]).entry_again(EMPTY, replace(ENTRY, depth=1)) is None


def test_of_one_portal_no_more_pages_are_rendered_than_its_politeness_bears() -> None:
    scripted = Scripted([URL])
    rendered = [scripted.list_again(EMPTY, LIST) is not None for _ in range(Scripted.MOST + 1)]
    assert rendered == [True] * Scripted.MOST + [False]


def test_there_is_something_to_render_only_where_a_portal_asks_and_a_browser_is_there() -> None:
    assert Scripted([URL]).can_render
    assert not Scripted().can_render
    assert not Scripted([URL], "there is no browser").can_render
