"""Pages that are made to occupy who reads them: each is read in seconds or given up, and the portal goes on or ends."""

from __future__ import annotations

import re
import threading
import time
from datetime import date

import pytest
from scrapy.http import HtmlResponse, Request

from spiders.errands import Errand
from spiders.families.pages import Page, read_markup
from spiders.families.surveys import LARGEST, MarkupRefused
from spiders.items import ListPage, Row
from spiders.patience import Effort, TookTooLong, at_most
from spiders.reports import ReportsSpider

COLUMN = "http://xxgk.qinghe.gov.cn/zcbm/ndbg/"
TITLE = "青禾市水务局2024年政府信息公开工作年度报告"
SIZE = 250_000  # characters of a hostile page: what is quadratic takes minutes for them

HOSTILE = {
    "unclosed metas": "<html><head>" + "<meta " * (SIZE // 6),
    "metas of names": "<html><head>" + "<meta name=" * (SIZE // 11),
    "unclosed comments": "<html><body>" + "<!--" * (SIZE // 4),
    "deep nesting": "<html><body>" + "<div>" * (SIZE // 5) + TITLE,
    "blanks": f"<html><body><a href='a.html'>{TITLE}{' ' * SIZE}x</a>",
    "wide blanks": f"<html><body><a href='a.html'>{TITLE}{'　' * SIZE}x</a>",
    "blanks in a refresh": f'<html><head><meta http-equiv="refresh" content="0;{" " * SIZE}x"></head>',
    "an ellipsis without end": f"<html><body><a href='a.html' title='{'…' * SIZE}x'>{TITLE}</a>",
    "bookmarks": f"<html><body><p>{'[bookmark:' * (SIZE // 10)}</p>",
    "directories": "<html><script>" + "/govsearch/jsonp/a" * (SIZE // 18) + "</script>",
    "a long directory": "<html><script>//" + "a" * SIZE + "/govsearch/jsonp/</script>",
    "an answer that does not close": "result({" + "}" + " " * SIZE + ")",
    "an answer with blanks behind": "result({}) " + " " * SIZE + "x)",
    "one attribute": f"<html><body><a href='{'a' * SIZE}'>{TITLE}</a>",
    "a folder of columns": f"<html><body><a href='/{'gk' * (SIZE // 2)}/'>政府信息公开年报</a>",
    "a folder of websites": f"<html><body><a href='/{'wza' * (SIZE // 3)}/'>政府信息公开年报</a>",
    "a path without end": f"<html><body><a href='{'a/' * (SIZE // 2)}'>{TITLE}</a>",
    "digits": f"<html><body>{TITLE}{'1' * SIZE}",
    "entities": "<html><body>" + "&amp;" * (SIZE // 5),
    "calls of pagers": "<html><script>" + "createPageHTML(" * (SIZE // 15) + "</script>",
    "open braces": '<html><script>window._CONFIG = {"TREE": ' + "[{" * (SIZE // 2) + "</script>",
    "records": "<html><script><datastore>" + "<record><![CDATA[" * (SIZE // 17) + "</script>",
}


def spider_at(role: str) -> tuple[ReportsSpider, Errand]:
    """A spider that waits for one answer."""
    spider = ReportsSpider(portal=COLUMN)
    portal = spider.ledger.portal(COLUMN)
    column = spider.ledger.adopt_column(portal, COLUMN, None, trusted=True)
    if role == "list":
        spider.ledger.open_list(column, COLUMN)
    elif role == "article":
        spider.ledger.open_article(column, COLUMN)
    else:
        spider.ledger.open_entry(portal, COLUMN)
    return spider, Errand(role, COLUMN, portal, column, Row(COLUMN, TITLE, date(2025, 1, 21)))


def answer(body: str, kind: str = "text/html; charset=utf-8") -> HtmlResponse:
    return HtmlResponse(COLUMN, body=body.encode(), headers={"Content-Type": kind}, request=Request(COLUMN))


@pytest.mark.parametrize("role", ["entry", "list", "article"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_made_to_be_slow_is_read_in_seconds(name: str, role: str) -> None:
    spider, errand = spider_at(role)
    began = time.process_time()
    list(spider.read(answer(HOSTILE[name]), errand))
    assert time.process_time() - began < 5


def test_an_element_of_100000_attributes_is_not_made_into_a_tree() -> None:
    markup = f"<html><body><a {' '.join(f'a{number}=1' for number in range(100_000))}>x</a>"
    with pytest.raises(MarkupRefused, match="100000 attributes"):
        read_markup(markup)


def test_a_large_page_of_ordinary_elements_is_made_into_a_tree() -> None:
    tree = read_markup("<html><body>" + '<a class="b" href="c">d</a>' * 10_000)
    assert sum(1 for _ in tree.iter("a")) == 10_000


def test_a_page_beyond_all_pages_is_not_made_into_a_tree() -> None:
    with pytest.raises(MarkupRefused, match="a page of 16 MiB"):
        read_markup("<p>" * (LARGEST // 3 + 1))


def test_a_page_that_is_refused_leaves_its_portal_incomplete() -> None:
    spider, errand = spider_at("list")
    list(spider.read(answer("<p>" * (LARGEST // 3 + 1)), errand))
    assert errand.column is not None
    assert "could not be understood" in errand.column.failures[0].detail


def test_a_regular_expression_without_end_is_interrupted() -> None:
    endless = re.compile(r"(?:a|aa)+$")
    with pytest.raises(TookTooLong, match=r"more than 0\.1 s"), at_most(0.1):
        endless.match("a" * 100 + "b")


def test_what_ends_in_time_is_not_interrupted_later() -> None:
    with at_most(0.05):
        pass
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass


def test_outside_of_the_main_thread_nothing_is_limited() -> None:
    done: list[bool] = []

    def run() -> None:
        with at_most(0.01):
            done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]


def test_pages_just_below_the_limit_do_not_add_up_to_days() -> None:
    effort = Effort(most=0.02, ordinary=0.0)
    assert not effort.is_spent(COLUMN)
    until = time.process_time() + 0.05
    with effort.of(COLUMN):
        while time.process_time() < until:
            pass
    assert effort.is_spent(COLUMN)
    assert not effort.is_spent("http://xxgk.ziyang.gov.cn/")


def test_a_title_of_a_megabyte_is_cut() -> None:
    page = Page(COLUMN, f"<a href='a.html'>{TITLE}{'很' * (1 << 20)}</a>")
    spider, errand = spider_at("list")
    listed = [item for item in spider.read(answer(page.text), errand) if isinstance(item, ListPage)]
    assert all(len(row.title) <= 1000 for item in listed for row in item.rows)
    assert listed
