"""Rows that stand as objects in a page's script."""

from __future__ import annotations

import json

import pytest

from spiders.families.arrays import read_arrays
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.spiders.families.invented import DAY, LOOK_ALIKE, title

HOST = "http://www.example.gov.cn"
EXPECTED = (Row(f"{HOST}/d/1.html", title(), DAY),)
ONE = f"{{title: '{title()}', url: '/d/1.html', publishDate: '2026-01-29'}}"


def page(script: str, path: str = "/gk/zfxxgknb/", kind: str = "") -> Page:
    return Page(HOST + path, f"<html><body><ul id='list'></ul><script{kind}>{script}</script></body></html>")


@pytest.mark.parametrize(
    "script",
    [
        f"var listData = [{ONE}];",
        f"const app = {{data: {{total: 1, rows: [{ONE}]}}}};",
        f"var years = {{'2025': {ONE}}};",
        f"var menus = [{{name: '要闻', url: '/xw/'}}], listData = [{ONE}];",
        f"render([{ONE},]);",
        f"var list = JSON.parse('{json.dumps([{'title': title(), 'url': '/d/1.html', 'date': '2026-01-29'}])}');",
        f"var list = [{{infoTitle: '{title()}', coverUrl: '/a.png', infoUrl: '/d/1.html', releaseTime: '2026-01-29 08:00'}}];",
        f"var list = [{{docTitle: '<b>{title()}</b>', link: 'http://www.example.gov.cn/d/1.html', pubDate: 1769616000000}}];",
        f"var broken = [{{; var listData = [{ONE}];",
    ],
)
def test_a_report_is_found_under_whatever_names(script: str) -> None:
    assert read_arrays(page(script)) == EXPECTED


@pytest.mark.parametrize(
    "path",
    [
        "/gk/zfxxgknb/",
        "/columns/0772e821-5733-421d-82e7-f545c5729b9e/index.html",
        "/col/18073_66/index.html",
        "/index.php?c=category&id=12",
    ],
)
def test_every_familys_pages_may_hold_them(path: str) -> None:
    found = page(f"var listData = [{ONE}];", path)
    assert recognise(found).rows(found) == EXPECTED


@pytest.mark.parametrize(
    "script",
    [
        f"var list = [{{title: '{LOOK_ALIKE}', url: '/d/1.html'}}];",
        "var menu = [{name: '政府信息公开年报', url: '/gk/zfxxgknb/'}];",
        f"var list = [{{title: '{title()}'}}];",
        f"/* var list = [{ONE}]; */",
        f"  // var list = [{ONE}];",
        f"var list = [{ONE}",
        f"var list = '{title()}';",
    ],
)
def test_nothing_else_in_a_script_is_a_row(script: str) -> None:
    assert read_arrays(page(script)) == ()


def test_a_template_for_a_script_is_no_script() -> None:
    assert read_arrays(page(f"var list = [{ONE}];", kind=" type='text/x-template'")) == ()


def test_the_rows_a_page_shows_are_not_joined_by_those_of_its_script() -> None:
    shown = f"<ul><li><a href='/d/2.html'>{title()}</a></li></ul>"
    found = Page(f"{HOST}/gk/zfxxgknb/", f"<html><body>{shown}<script>var list = [{ONE}];</script></body></html>")
    assert [row.url for row in recognise(found).rows(found)] == [f"{HOST}/d/2.html"]


def test_a_script_of_arrays_without_end_is_read_up_to_a_number() -> None:
    many = json.dumps([{"title": title(), "url": f"/d/{number}.html"} for number in range(20_000)])
    assert len(read_arrays(page(f"var list = {many};"))) == 10_000
    assert len(read_arrays(page("".join(f"var a{n} = [{ONE.replace('/d/1', f'/d/{n}')}];" for n in range(500))))) == 20
