"""Invented governments crawled from one address each: every report is found, once, and nothing is asked for in vain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import count

import pytest

from tests.replay import Asked, Pages, Reply
from tests.spiders import governments
from tests.spiders.families.side_by_side import Crawled, crawl_all
from tests.spiders.governments import DECOYS, UNITS, Government, Words

GOVERNMENTS = {
    "plain links from the home page": Government(),
    "drop-downs, entered at the platform": Government(
        units=governments.drop_down, rows=governments.cards, entry="platform"
    ),
    "handlers, old addresses": Government(
        menu=governments.handlers, units=governments.handlers, address=governments.queries
    ),
    "image maps, rows that open on a click": Government(
        menu=governments.image_map, units=governments.image_map, rows=governments.clicked_rows, depth=0
    ),
    "addresses in attributes, rows in an array": Government(
        menu=governments.attributes,
        units=governments.attributes,
        tabs=governments.attributes,
        rows=governments.array,
        address=governments.files,
    ),
    "menus written by script, entered at an article": Government(
        menu=governments.written, units=governments.written, entry="article"
    ),
    "a tree's nodes, a table with downloads": Government(
        units=governments.tree_nodes, rows=governments.table_with_downloads, depth=0
    ),
    "buttons, entered at a unit": Government(menu=governments.buttons, tabs=governments.buttons, entry="unit"),
    "pictures with captions, folders as articles": Government(
        tabs=governments.pictures, rows=governments.cards, address=governments.year_folders
    ),
    "the menu in a frame": Government(framed=True, rows=governments.held_object),
    "bare words, a grid of years, entered at a column": Government(
        words=Words("政务公开", "公开指南", "公开年报", "信息公开单位"), rows=governments.agencies_grid, entry="column"
    ),
    "barest words, lines with one 查看 each": Government(
        words=Words("信息公开", "指南", "年度报告", "部门、乡镇政务公开"),
        rows=governments.single_cells,
        address=governments.files,
    ),
    "years whose reports are folders, entered at a column": Government(
        words=Words("政府信息公开平台", "信息公开指南", "信息公开年度报告", "单位导航"),
        units=governments.buttons,
        rows=governments.agencies_grid,
        address=governments.year_folders,
        entry="column",
        depth=0,
    ),
    "a frame beside menus that have no links": Government(
        menu=governments.handlers, tabs=governments.attributes, units=governments.attributes, framed=True
    ),
    "a list where nothing stands beside 查看详情, entered at a column": Government(
        rows=governments.cards, entry="column", address=governments.queries
    ),
}
WITHOUT_TITLES = (governments.agencies_grid, governments.single_cells)
ELSEWHERE = (("柳河区", "www.liuhe.gov.cn"), ("东坪县", "www.dongping.gov.cn"), ("西林市", "www.xilin.gov.cn"))


class Stamped(Pages):
    """A portal that writes the time into every address it shows, so that no two answers lead to the same places."""

    clock = count(1_767_225_600_000)

    def answer(self, asked: Asked) -> Reply:
        known = super().answer(Asked(re.sub(r"&t=\d+", "", asked.path), asked.host))
        stamped = re.sub(rb'(href="[^"]*\?[^"]*)"', rb'\1&t=%d"' % next(self.clock), known.body)
        return Reply(stamped, known.status)


def changed(government: Government, path: str, before: str, after: str) -> Pages:
    """A government with one page changed."""
    site = government.site()
    page = site.pages[path]
    assert isinstance(page, str)
    assert before in page
    return Pages({**site.pages, path: page.replace(before, after)})


def oddities() -> Mapping[str, tuple[Pages, str]]:
    plain, old = Government(), Government(address=governments.queries)
    towns = "".join(f'<li><a href="http://{host}/">{name}</a></li>' for name, host in ELSEWHERE)
    a_list = r"<ul>.*"
    column = plain.address("column", "hwx", "")
    page = plain.site().pages[column]
    assert isinstance(page, str)
    (listed,) = re.findall(rf"</h2>({a_list})</body>", page)
    return {
        "stamps": (Stamped(old.site().pages), "/"),
        "a dead link": (
            changed(plain, "/", "</body>", '<p><a href="/old/gkbg/">政府信息公开年报</a></p></body>'),
            "/",
        ),
        "an empty list": (changed(plain, column, listed, "<p>暂无相关信息</p>"), "/"),
        "a bare list": (changed(plain, column, listed, "<ul></ul>"), "/"),
        "decoys": (Pages({"/": f"<html><head><title>棠溪县人民政府</title></head><body>{DECOYS}</body></html>"}), "/"),
        "other sites": (changed(plain, "/", "</body>", f"<h3>各县市区：</h3><ul>{towns}</ul></body>"), "/"),
    }


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Crawled]:
    known = {name: (one.site(), one.begins_at) for name, one in GOVERNMENTS.items()}
    return crawl_all(tmp_path_factory.mktemp("discovery"), {**known, **oddities()})


def reports(portal: Crawled) -> Counter[str]:
    """The paths of the reports found, without their clocks, and how often each was."""
    read = [item for item in portal.of("ArticleRead") if item["refused"] is None and not item["gone"]]
    return Counter(portal.path(item["url"]) for item in read)


def outcome(portal: Crawled) -> tuple[str, str]:
    (end,) = portal.of("PortalRead")
    return end["outcome"], end["detail"]


@pytest.mark.parametrize("name", GOVERNMENTS)
def test_every_report_of_a_government_is_found_and_found_once(crawled: Mapping[str, Crawled], name: str) -> None:
    assert reports(crawled[name]) == Counter(GOVERNMENTS[name].reports)
    assert outcome(crawled[name])[0] == "ok"


@pytest.mark.parametrize("name", GOVERNMENTS)
def test_nothing_is_asked_for_in_vain_nor_twice(crawled: Mapping[str, Crawled], name: str) -> None:
    government, asked = GOVERNMENTS[name], Counter(crawled[name].site.asked)
    again = {government.begins_at} if government.entry == "article" else set()
    if government.address is governments.year_folders and government.rows in WITHOUT_TITLES:
        again = set(government.reports)  # where a list was expected a report stands: it is asked for as what it is
    assert {path for path, times in asked.items() if times > 1} == again
    assert [path for path in asked if path.startswith("/never/")] == []


@pytest.mark.parametrize("name", [name for name, one in GOVERNMENTS.items() if one.rows not in WITHOUT_TITLES])
def test_a_row_has_its_reports_title_and_day_wherever_these_stand(crawled: Mapping[str, Crawled], name: str) -> None:
    listed = {row["title"]: row for page in crawled[name].of("ListPage") for row in page["rows"]}
    years = {f"{agency}{year}年政府信息公开工作年度报告": year for _, _, agency, years in UNITS for year in years}
    expected = {title: f"{year + 1}-01-18" for title, year in years.items()}
    assert {title: str(row["listed_on"]) for title, row in listed.items()} == expected


def test_a_clock_in_every_address_makes_no_page_a_new_one(crawled: Mapping[str, Crawled]) -> None:
    portal, government = crawled["stamps"], Government(address=governments.queries)
    assert reports(portal) == Counter(government.reports)
    assert outcome(portal)[0] == "ok"
    assert len(portal.site.asked) <= len(portal.site.pages) + 1  # and robots.txt


def test_a_dead_link_of_a_menu_is_no_failure_where_the_column_is_found_elsewhere(
    crawled: Mapping[str, Crawled],
) -> None:
    portal = crawled["a dead link"]
    assert "/old/gkbg/" in portal.site.asked
    assert reports(portal) == Counter(Government().reports)
    assert outcome(portal)[0] == "ok"


@pytest.mark.parametrize(("name", "ended"), [("an empty list", "ok"), ("a bare list", "incomplete")])
def test_an_empty_list_is_read_where_it_says_so(crawled: Mapping[str, Crawled], name: str, ended: str) -> None:
    without = {path for path in Government().reports if "/hwx/" not in path}
    assert reports(crawled[name]) == Counter(without)
    assert outcome(crawled[name])[0] == ended


def test_a_portal_of_look_alikes_has_no_report_and_no_column(crawled: Mapping[str, Crawled]) -> None:
    portal = crawled["decoys"]
    assert reports(portal) == Counter()
    assert outcome(portal) == ("incomplete", "no report column was found: give the address of one")
    assert set(portal.site.asked) <= {"/", "/robots.txt"}


def test_sites_of_the_same_authority_are_offered_and_none_is_asked(crawled: Mapping[str, Crawled]) -> None:
    portal = crawled["other sites"]
    offered = [(item["name"], item["url"], item["label"]) for item in portal.of("SiteOffered")]
    assert offered == [(name, f"http://{host}/", "各县市区") for name, host in ELSEWHERE]
    assert reports(portal) == Counter(Government().reports)
