"""Hanweb's reports by agency and year: what pages and trees say of agencies, years and missing reports."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from spiders.families.asks import Ask
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.spiders.families.dahan_sites import ANNUAL, AREAS
from tests.spiders.families.invented import PROSE, title

HOST = "http://www.example.gov.cn"
FIRST, SECOND = AREAS
TREE = f"<iframe src='/module/xxgk/tree.jsp?area={FIRST}&amp;divid=div9'></iframe>"
FACTS = (("years", "2022,2021"), ("template", f"{HOST}{ANNUAL}?fbtime=2017&area={FIRST}"))


def link(area: str, year: str, text: str) -> str:
    return f'<a href="{ANNUAL}?area={area}&amp;fbtime={year}">{text}</a>'


def pairs(page: Page) -> list[tuple[str, str, str]]:
    found = [(dict(parse_qsl(urlsplit(row.url).query)), row.title) for row in recognise(page).rows(page)]
    return [(query["area"], query.get("fbtime", ""), said) for query, said in found]


@pytest.mark.parametrize(
    "text",
    [
        link(FIRST, "2022", "2022年") + link(FIRST, "2021", "2021年") + link(SECOND, "2022", "云汀市民政局"),
        link(FIRST, "2022", "云汀市财政局")
        + link(SECOND, "2022", "云汀市民政局")
        + "<select><option value='2021'>2021年</option><option>2022</option><option value=''>请选择</option></select>",
        f"<script>var a='{ANNUAL}?area={FIRST}&fbtime=2022';var b='{ANNUAL}?area={SECOND}&amp;fbtime=2021';</script>",
    ],
)
def test_a_page_gives_each_agency_for_each_year_it_names(text: str) -> None:
    page = Page(f"{HOST}/col/col77/index.html", f"<html><body>{text}</body></html>")
    assert recognise(page).name == "hanweb_annual"
    assert recognise(page).is_column(page)
    assert sorted((area, year) for area, year, _ in pairs(page)) == sorted(
        (area, year) for area in AREAS for year in ("2022", "2021")
    )


def test_a_reports_own_page_gives_the_agencies_and_years_it_offers() -> None:
    choice = "<select id='fbtime'><option value='2022'>2022年</option><option value='2021'>2021年</option></select>"
    nodes = (
        f"<script>d.add(1,0,'云汀市财政局',\"go('{FIRST}')\");d.add(2,0,'云汀市民政局',\"go('{SECOND}')\");</script>"
    )
    page = Page(f"{HOST}{ANNUAL}?area={FIRST}&fbtime=2022", f"<html><body>{choice}{nodes}<p>{PROSE}</p></body></html>")
    assert recognise(page).is_column(page)
    assert sorted((area, year) for area, year, _ in pairs(page)) == sorted(
        (area, year) for area in AREAS for year in ("2022", "2021")
    )


def test_a_row_is_named_by_its_agency_and_takes_no_year_from_the_address() -> None:
    text = link(FIRST, "2022", "云汀市财政局") + link(FIRST, "2021", title("云汀市财政局", 2020))
    page = Page(f"{HOST}/col/col77/index.html", text)
    assert sorted(pairs(page)) == [
        (FIRST, "2021", title("云汀市财政局", 2020)),
        (FIRST, "2022", "云汀市财政局政府信息公开年度报告"),
    ]


def test_the_order_of_the_parameters_stays() -> None:
    text = "".join(f'<a href="{ANNUAL}?fbtime={year}&amp;area={FIRST}">{year}年</a>' for year in (2022, 2021))
    page = Page(f"{HOST}{ANNUAL}?fbtime=2022&area={FIRST}", text)
    assert [urlsplit(row.url).query for row in recognise(page).rows(page)] == [
        f"fbtime=2022&area={FIRST}",
        f"fbtime=2021&area={FIRST}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"<p>{PROSE}</p>",
        link(FIRST, "2022", "政府信息公开年报"),
        f"<a href='{ANNUAL}?fbtime=2022'>2022年</a><a href='{ANNUAL}?area=&amp;fbtime=2021'>2021年</a>",
        "<script>location='" + ANNUAL + "?area='+code+'&fbtime='+year</script>",
    ],
)
def test_a_link_or_two_that_name_no_agency_make_no_column(text: str) -> None:
    page = Page(f"{HOST}/col/col77/index.html", f"<html><body><a href='/'>首页</a>{text}</body></html>")
    assert not recognise(page).is_column(page)
    home = Page(f"{HOST}/", link(FIRST, "2022", "云汀市财政局") + link(SECOND, "2022", "云汀市民政局"))
    assert not recognise(home).is_column(home)


def test_the_tree_is_asked_for_with_the_years() -> None:
    page = Page(f"{HOST}/col/col77/index.html", TREE + link(FIRST, "2022", "2022年") + link(FIRST, "2021", "2021年"))
    (ask,) = recognise(page).questions(page)
    assert (ask.url, ask.origin, ask.family) == (
        f"{HOST}/module/xxgk/tree.jsp?area={FIRST}&divid=div9",
        page.url,
        "hanweb_annual",
    )
    assert ask.fact("years") == "2022,2021"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"d.add(1,0,'云汀市财政局',\"javascript:show('{FIRST}')\");d.add(2,0,'栏目','x');", {FIRST: "云汀市财政局"}),
        (f'[{{"id":1,"name":"云汀市民政局","url":"x.jsp?area={SECOND}"}}]', {SECOND: "云汀市民政局"}),
        (f"<a href='/col/col1/index.html?vc_xxgkarea={SECOND}'>云汀市民政局</a><a href='?area=1'>x</a>", {SECOND: "云汀市民政局"}),
        (f"<a href='javascript:;' onclick=\"go('area={FIRST}')\">云汀市财政局</a>", {FIRST: "云汀市财政局"}),
        ("", {}),
        ("<html>404</html>", {}),
        ("d.add(" * 5000, {}),
        (f"d.add('{'9' * 3000}", {}),
    ],
)  # fmt: skip
def test_a_tree_gives_its_agencies_for_the_years_asked(text: str, found: dict[str, str]) -> None:
    ask = Ask(f"{HOST}/module/xxgk/tree.jsp?area={FIRST}", "hanweb_annual", f"{HOST}/col/col77/index.html", facts=FACTS)
    page = Page(ask.url, text, asked=ask)
    assert pairs(page) == [
        (area, year, f"{name}政府信息公开年度报告") for area, name in found.items() for year in ("2022", "2021")
    ]
    assert (recognise(page).shortfall(page) is None) is bool(found)
    assert (recognise(page).further(page).ask, recognise(page).questions(page)) == (None, ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"<a href='{ANNUAL}?area={SECOND}'>云汀市民政局</a>", {SECOND: f"{ANNUAL}?area={SECOND}"}),
        (f"d.add(1,0,'云汀市民政局',\"javascript:show('{SECOND}')\")", {SECOND: f"{ANNUAL}?fbtime=2022&area={SECOND}"}),
        ("<p>没有节点</p>", {}),
    ],
)
def test_where_one_year_is_named_the_agencies_of_the_tree_are_columns(text: str, found: dict[str, str]) -> None:
    frame = f"<iframe src='{ANNUAL}?fbtime=2022&amp;area={FIRST}'></iframe>"
    (ask,) = recognise(column := Page(f"{HOST}/col/col77/index.html", TREE + frame)).questions(column)
    tree = Page(ask.url, text, asked=ask)
    links = recognise(tree).columns(tree)
    assert {link.url: link.agency for link in links} == {HOST + url: "云汀市民政局" for url in found.values()}
    assert recognise(tree).rows(tree) == ()
    assert recognise(column).columns(column) == ()


def test_a_page_of_the_module_that_names_no_other_is_a_row_of_its_own() -> None:
    page = Page(f"{HOST}{ANNUAL}?area={FIRST}", "<html><body>暂无数据</body></html>")
    assert [row.url for row in recognise(page).rows(page)] == [page.url]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("<div id='zoom'><p>暂无相关信息</p></div>", True),
        ("<p>没有找到符合条件的数据！</p>", True),
        ("<div id='zoom'><p>该单位未发布年度报告</p></div>", True),
        (f"<div id='zoom'><p>暂无数据</p><p>{PROSE * 3}</p></div>", False),
        ("<div id='zoom'><p>暂无内容，请下载</p><a href='/a.pdf'>年度报告.pdf</a></div>", False),
        ("<div id='zoom'><img src='a.png'></div>", False),
        ("", False),
    ],
)
def test_a_report_is_missing_only_where_the_module_says_so(text: str, missing: bool) -> None:
    page = Page(f"{HOST}{ANNUAL}?area={FIRST}&fbtime=2021", f"<html><body>{text}</body></html>")
    assert recognise(page).says_missing(page) is missing
