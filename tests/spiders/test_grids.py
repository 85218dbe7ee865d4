"""Tables and grids whose links say only whose report they lead to, or of which year."""

from __future__ import annotations

import pytest

from spiders.families.pages import Page
from spiders.grids import read_grid

COLUMN = "http://www.qingwan.gov.cn/zfxxgk/nb/"


def addresses(markup: str) -> list[str]:
    return [row.url.removeprefix(COLUMN) for row in read_grid(Page(COLUMN, f"<html><body>{markup}</body></html>"))]


@pytest.mark.parametrize(
    "markup",
    [
        "<table><tr><td><a href='1.html'>财政局</a></td><td><a href='2.html'>教育局</a></td></tr></table>",
        "<table><tr><td>财政局</td><td><a href='1.html'>2024年</a></td><td><a href='2.html'>2023年</a></td></tr></table>",
        "<table><tr><td>财政局</td><td><a href='1.html'>查看</a></td></tr><tr><td>教育局</td><td><a href='2.html'>查看</a></td></tr></table>",
        "<ul><li><a href='1.html'>大坪镇</a></li><li><a href='2.html'>平渡街道</a></li></ul>",
        "<div><a href='1.html'>【查看全文】</a></div><div><a href='2.html'>【查看全文】</a></div>",
    ],
)
def test_agencies_years_and_look_lead_to_reports(markup: str) -> None:
    assert addresses(markup) == ["1.html", "2.html"]


@pytest.mark.parametrize(
    "markup",
    [
        "<ul><li><a href='a/'>财政局</a></li><li><a href='b/'>教育局</a></li></ul>",  # folders: the column's branches
        "<ul><li><a href='/a.html'>首页</a></li><li><a href='/b.html'>新闻</a></li><li><a href='/c.html'>财政局</a></li></ul>",
        "<p><a href='1.html'>财政局</a></p>",
        "<table><tr><td><a href='http://www.elsewhere.gov.cn/1.html'>财政局</a></td><td><a href='http://www.elsewhere.gov.cn/2.html'>教育局</a></td></tr></table>",
        "<select><option value='1.html'>2024年</option><option value='2.html'>2023年</option></select>",
    ],
)
def test_menus_folders_and_other_sites_are_no_grid(markup: str) -> None:
    assert addresses(markup) == []


def test_a_single_one_counts_where_its_address_is_an_articles_below_the_column() -> None:
    assert addresses("<table><tr><td><a href='202501/t20250103_1.html'>财政局</a></td></tr></table>") == [
        "202501/t20250103_1.html"
    ]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<table><tr><td>财政局</td><td><a href='show.asp?id=1'>查看</a></td></tr></table>", ["show.asp?id=1"]),
        ("<table><tr><td>2024年</td><td><a href='1.html'>查看</a></td></tr></table>", ["1.html"]),
        ("<table><tr><td>办事指引</td><td><a href='1.html'>查看</a></td></tr></table>", []),
        (
            "<table><tr><td>财政局</td><td><a href='1.docx'>下载</a></td><td><a href='1.html'>查看</a></td></tr></table>",
            ["1.html"],
        ),
    ],
)
def test_a_single_look_counts_in_a_line_that_says_whose_it_is(markup: str, expected: list[str]) -> None:
    assert addresses(markup) == expected
