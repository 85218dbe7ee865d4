"""安徽 AnnualReport: pages of an agency and a year, which are a report or a list."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from spiders.families.ah_annualreport import AhAnnualReport
from spiders.families.asks import Ask
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.replay.server import Pages
from tests.spiders.families.crawled import crawl_site
from tests.spiders.families.invented import LOOK_ALIKE, PROSE, home, title

HOST = "http://www.example.gov.cn"
MODULE = "/openness/OpennessAnnualReport"
FAMILY = AhAnnualReport()
HEADINGS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)
TOWNS = {6: "云汀区", 7: "云汀区老洲乡", 8: "云汀区花园乡"}


def year_of(agency: int, year: int, *, show: bool = False) -> str:
    return f"{MODULE}/year/{'show/' if show else ''}{agency}/{year}.html"


def crumbs(name: str) -> str:
    return (
        f'<div><a href="/">网站首页</a> &gt; <a href="/zwgk/">政府信息公开</a> &gt; {name} &gt; 政府信息公开年报</div>'
    )


def menu(year: int) -> str:
    return "".join(f'<li><a href="{year_of(agency, year)}">{name}</a></li>' for agency, name in TOWNS.items())


def years(agency: int) -> str:
    offered = "".join(f'<option value="{year_of(agency, year)}">{year}</option>' for year in (2022, 2020))
    return f'<a href="{year_of(agency, 2021)}">2021年度</a><select>{offered}</select>'


def listing(agency: int, year: int, rows: dict[str, str]) -> str:
    lines = "".join(f'<li><a href="{href}">{text}</a><span>{year + 1}-01-20</span></li>' for href, text in rows.items())
    return f"<html><body>{crumbs(TOWNS[agency])}<ul class='menu'>{menu(year)}</ul>{years(agency)}<ul>{lines}</ul></body></html>"


def report(name: str, day: str, more: str = "") -> str:
    text = "".join(f"<p>{heading}</p><p>{PROSE}</p>" for heading in HEADINGS)
    return (
        f"<html><body>{crumbs('云汀区花园乡')}{more}<h1>{name}</h1><p>发布时间：{day} 来源：云汀区</p>"
        f"<div class='content'>{text}<p>发布时间：2001-01-01</p></div></body></html>"
    )


# Pages


def test_years_of_the_same_agency_are_asked_for_and_others_are_columns() -> None:
    page = Page(HOST + year_of(6, 2022), listing(6, 2022, {}))
    assert recognise(page).name == "ah_annualreport"
    assert [ask.url for ask in FAMILY.questions(page)] == [HOST + year_of(6, 2021), HOST + year_of(6, 2020)]
    assert {(link.url, link.agency) for link in FAMILY.columns(page)} == {
        (HOST + year_of(7, 2022), "云汀区老洲乡"),
        (HOST + year_of(8, 2022), "云汀区花园乡"),
    }
    asked = Page(page.url, page.text, asked=Ask(page.url, FAMILY.name, page.url))
    assert FAMILY.columns(asked) == ()


def test_a_report_given_as_an_address_leads_to_the_other_years_of_its_agency() -> None:
    text = report(title("云汀区花园乡"), "2023-01-20", years(8))
    page = Page(HOST + year_of(8, 2022), text)
    assert [link.url for link in FAMILY.columns(page)] == [HOST + year_of(8, 2021)]
    assert FAMILY.columns(Page(page.url, text, asked=Ask(page.url, FAMILY.name, page.url))) == ()


def test_the_branches_a_list_leads_to_are_columns() -> None:
    own, other = "/opennessAnnualReport/?branch_id=63899ecb375991828262e2a2", "?branch_id=63899ecb375991828262e2a3"
    text = f'<a href="{own}">云汀区财政局</a><a href="{other}">云汀区民政局</a><a href="{other}&amp;page=2">2</a>'
    page = Page(HOST + own, f"<html><body>{text}</body></html>")
    assert [(link.url, link.agency) for link in FAMILY.columns(page)] == [
        (f"{HOST}/opennessAnnualReport/{other}", "云汀区民政局")
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (year_of(6, 2022), True),
        ("/opennessAnnualReport/year/6/2022.html", True),
        (year_of(6, 2022, show=True), False),
        (f"{MODULE}/show/3965.html", False),
        ("/opennessAnnualReport/?branch_id=63899ecb375991828262e2a2", True),
        (f"{MODULE}/year/6/9999.html", False),
    ],
)
def test_a_years_list_is_a_column(path: str, expected: bool) -> None:
    assert FAMILY.is_column(Page(HOST + path, "<p>x</p>")) is expected


def test_a_year_is_a_list_or_the_report_itself() -> None:
    rows = {
        f"{MODULE}/show/1.html": title(),
        f"{MODULE}/show/2.html": LOOK_ALIKE,
        year_of(8, 2022, show=True): title("云汀区花园乡"),
    }
    listed = Page(HOST + year_of(6, 2022), listing(6, 2022, rows))
    assert [(row.url.removeprefix(HOST), row.title) for row in FAMILY.rows(listed)] == list(rows.items())
    one = Page(HOST + year_of(8, 2022), report(title(), "2023-01-20", menu(2022) + years(8)))
    (row,) = FAMILY.rows(one)
    assert (row.url, row.title, row.listed_on) == (one.url, title(), date(2023, 1, 20))
    assert FAMILY.further(one) == Further(None)


def test_an_article_says_title_date_and_the_agency_of_its_crumbs() -> None:
    found = FAMILY.article(Page(f"{HOST}/XxgkAnnualReport/show/6144.html", report(title("云汀区花园乡"), "2023-01-20")))
    assert (found.title, found.published_on, found.agency) == (title("云汀区花园乡"), date(2023, 1, 20), "云汀区花园乡")


@pytest.mark.parametrize(
    "text", ["", "<a href='//[x/year/1/2022.html'>x</a>", "<option value='javascript:;'>2022</option>", "\0"]
)
def test_a_page_without_years_asks_nothing(text: str) -> None:
    page = Page(HOST + year_of(6, 2022), text)
    assert (FAMILY.questions(page), FAMILY.columns(page), FAMILY.rows(page)) == ((), (), ())


# Crawls


@pytest.mark.parametrize("entry", [year_of(6, 2022), "/"])
def test_every_year_of_every_agency_is_read(entry: str, tmp_path: Path) -> None:
    pages = {"/": home(year_of(6, 2022))}
    expected = set()
    for agency, name in TOWNS.items():
        for year in (2022, 2021, 2020):
            path = f"{MODULE}/show/{agency}{year}.html"
            if agency == 8:
                path = year_of(agency, year)
                pages[path] = report(title(name, year), f"{year + 1}-01-20", menu(year) + years(agency))
            else:
                pages[year_of(agency, year)] = listing(agency, year, {path: title(name, year)})
                pages[path] = report(title(name, year), f"{year + 1}-01-20")
            expected.add(path)
    site = Pages(dict(pages))
    crawled = crawl_site(site, entry, tmp_path)
    assert set(crawled.articles) == expected
    assert sorted(crawled.columns) == [("ok", 3)] * 3
    assert crawled.outcome == "ok"
    twice = {path for path, count in Counter(site.asked).items() if count > 1}
    assert twice == {path for path in expected if "/year/" in path}  # once as a list, once as the report it is
