"""Rosters and directories of units: what a portal says of who publishes, beside the reports themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from spiders import directories
from spiders.families.pages import Page
from spiders.reports import ReportsSpider
from tests.replay import Pages, Reply, serve
from tests.spiders.crawl import crawl

Items = list[dict[str, Any]]
PROSE = "全年主动公开审计结果公告，答复来信，整理公开目录，接受社会监督。" * 12
NUMERALS = "甲乙丙丁戊己庚辛壬癸子丑"
ROSTER = "清湾市{}年政府信息公开工作年度报告公布情况"


def report(name: str, year: int = 2023) -> str:
    return f"{name}{year}年政府信息公开工作年度报告"


def article(title: str, body: str = PROSE) -> str:
    return f'<html><head><title>{title}</title></head><body><h1>{title}</h1><p>发布日期：2024-01-29</p><div class="TRS_Editor"><p>{body}</p></div></body></html>'


def listing(*rows: tuple[str, str]) -> str:
    items = "".join(f'<li><a href="{href}">{text}</a><span>2024-01-29</span></li>' for href, text in rows)
    return f'<html><body><ul class="u-list">{items}</ul></body></html>'


def menu(*ways: tuple[str, str]) -> str:
    return "<ul>" + "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in ways) + "</ul>"


def table(*rows: tuple[str, ...]) -> str:
    return (
        "<table>" + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows) + "</table>"
    )


def link(href: str, text: str) -> str:
    return f'<a href="{href}">{text}</a>'


UNITS = table(
    ("序号", "单位", "公布时间", "链接"),
    ("1", "市教育局", "2024-01-20", link("../jyj/nb/t20240120_1.html", report("清湾市教育局"))),
    ("2", "市财政局", "2024-02-20", link("/czj/nb/t20240220_1.html", report("清湾市财政局"))),
    ("3", "市水利局", "2099-01-01", link("/slj/t20240121_9.html", "2023年政府信息公开工作年度报告")),
    ("4", "市残联", "未公布", ""),
    ("合计", "合计", "", link("/xw/t20240121_8.html", "清湾要闻")),
)
SITE: dict[str, Reply | str] = {
    "/": menu(("/zfxxgk/", "政府信息公开"), ("/news/", "要闻")),
    "/zfxxgk/": menu(("/szf/nb/", "政府信息公开年报"), ("/zfxxgk/bm/", "部门信息公开")),
    "/zfxxgk/bm/": "<h3>部门信息公开</h3>"
    + menu(("/jyj/", "市教育局"), ("/czj/", "市财政局"), ("/wlj/", "市文旅局"), ("http://slj.qingwan.gov.cn/", "市水利局")),
    "/jyj/": menu(("/jyj/nb/", "政府信息公开年报"), ("/czj/", "市财政局"), ("/wlj/", "市文旅局"), ("/sw/", "市商务局")),
    "/czj/": menu(("/czj/nb/", "政府信息公开年报")),
    "/wlj/": "<p>市文旅局正在建设。</p>",
    "/szf/nb/": listing(
        ("t20240320_1.html", report("清湾市人民政府")),
        ("t20240202_2.html", ROSTER.format(2023)),
        ("t20230202_2.html", ROSTER.format(2022)),
        ("t20220202_2.html", ROSTER.format(2021)),
        ("t20210202_2.pdf", ROSTER.format(2020)),
        ("t20240202_3.html", report("清湾市人民政府") + "解读"),
    ),
    "/szf/nb/t20240320_1.html": article(report("清湾市人民政府")),
    "/szf/nb/t20240202_2.html": article(ROSTER.format(2023), f"应公布4个，按时公布2个，逾期1个。{UNITS}"),
    "/szf/nb/t20230202_2.html": article(ROSTER.format(2022), "详见附件。"),
    "/szf/nb/t20220202_2.html": Reply(b"", 503),
    "/jyj/nb/": listing(("t20240120_1.html", report("清湾市教育局"))),
    "/jyj/nb/t20240120_1.html": article(report("清湾市教育局")),
    "/czj/nb/": listing(("t20240220_1.html", report("清湾市财政局"))),
    "/czj/nb/t20240220_1.html": article(report("清湾市财政局")),
    "/slj/t20240121_9.html": article("2023年政府信息公开工作年度报告"),
}  # fmt: skip
CUT: dict[str, Reply | str] = {
    "/ndbg/": listing(
        ("t20240120_1.html", report("清湾市教育局")), ("t20240202_2.html", ROSTER.format(2023)[:18] + "…")
    ),
    "/ndbg/t20240120_1.html": article(report("清湾市教育局")),
    "/ndbg/t20240202_2.html": article(ROSTER.format(2023), UNITS),
    "/slj/t20240121_9.html": article("2023年政府信息公开工作年度报告"),
}


@dataclass(frozen=True)
class Crawled:
    """What was found, what was asked for, and the portal's address."""

    items: Items
    asked: list[str]
    address: str

    def of(self, kind: str) -> Items:
        return [item for item in self.items if item["kind"] == kind]

    def paths(self, kind: str) -> list[str]:
        return [item["url"].removeprefix(self.address) for item in self.of(kind)]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Crawled]]:
    cases: dict[str, tuple[dict[str, Reply | str], str, int | None]] = {
        "whole": (SITE, "/", None),
        "of a year": (SITE, "/szf/nb/", 2022),
        "cut": (CUT, "/ndbg/", None),
    }
    with ExitStack() as stack:
        found = {}
        for name, (site, entry, year) in cases.items():
            pages = Pages(site)
            address = stack.enter_context(serve(pages))
            items = crawl(tmp_path_factory.mktemp("rosters") / "items.jsonl", [address + entry], year)
            found[name] = Crawled(items, pages.asked, address)
        yield found


def test_a_roster_is_fetched_once_and_told_with_its_units_and_numbers(crawled: dict[str, Crawled]) -> None:
    whole = crawled["whole"]
    roster, other = sorted(whole.of("RosterRead"), key=lambda item: -item["report_year"])
    base = whole.address
    assert roster == {
        "kind": "RosterRead",
        "portal": f"{base}/",
        "url": f"{base}/szf/nb/t20240202_2.html",
        "title": ROSTER.format(2023),
        "report_year": 2023,
        "units": [
            ["市教育局", f"{base}/szf/jyj/nb/t20240120_1.html", "2024-01-20", None],
            ["市财政局", f"{base}/czj/nb/t20240220_1.html", "2024-02-20", None],
            ["市水利局", f"{base}/slj/t20240121_9.html", None, None],
            ["市残联", None, None, "未公布"],
        ],
        "expected": 4,
        "published": None,
        "on_time": 2,
        "late": 1,
    }
    assert (other["report_year"], other["units"], other["expected"]) == (2022, [], None)
    assert {path: whole.asked.count(path) for path in SITE if "0202_" in path} == {
        "/szf/nb/t20240202_2.html": 1,
        "/szf/nb/t20230202_2.html": 1,
        "/szf/nb/t20220202_2.html": 1,
    }


def test_a_roster_makes_no_report_and_its_absence_no_portal_incomplete(crawled: dict[str, Crawled]) -> None:
    whole = crawled["whole"]
    assert not [path for path in whole.paths("ArticleRead") if "0202_" in path]
    assert "/szf/nb/t20240202_3.html" not in whole.asked  # 解读
    assert "/szf/nb/t20210202_2.pdf" not in whole.asked
    (end,) = whole.of("PortalRead")
    assert (end["outcome"], whole.items[-1]) == ("ok", end)
    reports = {item["column_url"].removeprefix(whole.address): item["reports"] for item in whole.of("ColumnRead")}
    assert reports == {"/szf/nb/": 1, "/jyj/nb/": 1, "/czj/nb/": 1}


def test_reports_that_a_roster_leads_to_are_read_and_stand_in_no_column_by_that(crawled: dict[str, Crawled]) -> None:
    whole = crawled["whole"]
    told = {item["url"].removeprefix(whole.address): item for item in whole.of("ArticleRead")}
    only = told["/slj/t20240121_9.html"]
    assert (only["column_url"], only["agency"], only["refused"]) == (None, "市水利局", None)
    assert told["/czj/nb/t20240220_1.html"]["column_url"] == f"{whole.address}/czj/nb/"
    assert told["/szf/jyj/nb/t20240120_1.html"]["gone"] is True  # the roster's own link is dead
    assert whole.paths("ArticleRead").count("/czj/nb/t20240220_1.html") == 1
    assert "/xw/t20240121_8.html" not in whole.asked


def test_only_rosters_of_the_year_that_is_asked_for_are_fetched(crawled: dict[str, Crawled]) -> None:
    assert crawled["of a year"].paths("RosterRead") == ["/szf/nb/t20230202_2.html"]
    assert "/szf/nb/t20240202_2.html" not in crawled["of a year"].asked


def test_an_article_whose_title_was_cut_may_turn_out_to_be_a_roster(crawled: dict[str, Crawled]) -> None:
    cut = crawled["cut"]
    (roster,) = cut.of("RosterRead")
    assert [name for name, *_ in roster["units"]] == ["市教育局", "市财政局", "市水利局", "市残联"]
    assert cut.asked.count("/ndbg/t20240202_2.html") == 1
    (article_read,) = [item for item in cut.of("ArticleRead") if item["url"].endswith("t20240202_2.html")]
    assert article_read["refused"] == "公布情况"
    (only,) = [item for item in cut.of("ArticleRead") if item["url"].endswith("/slj/t20240121_9.html")]
    assert only["column_url"] is None


def test_a_directorys_units_are_told_each_once_with_columns_or_without(crawled: dict[str, Crawled]) -> None:
    whole = crawled["whole"]
    named = [(name, url, item["page_url"]) for item in whole.of("UnitsRead") for name, url in item["units"]]
    base = whole.address
    assert sorted(named) == [
        ("市商务局", f"{base}/sw/", f"{base}/jyj/"),
        ("市教育局", f"{base}/jyj/", f"{base}/zfxxgk/bm/"),
        ("市文旅局", f"{base}/wlj/", f"{base}/zfxxgk/bm/"),
        ("市财政局", f"{base}/czj/", f"{base}/zfxxgk/bm/"),
    ]


# What a page names


def names(markup: str, path: str = "/") -> list[str]:
    page = Page(f"http://www.qingwan.gov.cn{path}", f"<html><body>{markup}</body></html>")
    return [name for name, _ in directories.named_units(page)]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (menu(("/a/", "财政局"), ("/b/", "教育局政府信息公开指南"), ("/c/", "大坪镇")), ["财政局", "教育局", "大坪镇"]),
        (menu(("/a/", "柳河区"), ("/b/", "东坪县"), ("/c/", "西林市")), ["柳河区", "东坪县", "西林市"]),
        (menu(("/a/", "清湾市人民政府"), ("/b/", "清湾市人民政府办公室")), ["清湾市人民政府", "清湾市人民政府办公室"]),
        (menu(("http://jyj.qingwan.gov.cn/", "教育局"), ("http://czj.qingwan.gov.cn/", "财政局"), ("/c/", "审计局")), ["教育局", "财政局", "审计局"]),
        (menu(("/a/", "财政局"), ("/b/", "教育局"), ("/rm/", "融媒体"), ("/xw/", "数据开放")), []),
        (menu(("/a/", "财政局"), ("/b/", "教育局"), ("/c/", "审计局"), ("/rm/", "数据开放")), ["财政局", "教育局", "审计局"]),
        (menu(("/a/", "财政局"), ("/xw/", "要闻")), []),
        (menu(("/a/", "财政局"), ("/b/", "教育局"), ("/c/", "残联"), ("/d/", "青禾市档案馆")), ["财政局", "教育局", "残联", "青禾市档案馆"]),
        (menu(("/x/t20240101_1.html", "财政局"), ("/x/t20240101_2.html", "教育局"), ("/x/t20240101_3.html", "审计局")), []),
        (menu(("http://www.elsewhere.gov.cn/", "财政局"), ("http://b.elsewhere.gov.cn/", "教育局"), ("http://c.elsewhere.gov.cn/", "审计局")), []),
        (menu(("/a.pdf", "财政局"), ("/b.doc", "教育局"), ("/c.xls", "审计局")), []),
        (menu(("/", "首页"), ("/news/", "新闻"), ("/zwgk/", "政务公开")), []),
    ],
)  # fmt: skip
def test_agencies_and_divisions_in_groups_are_units(markup: str, expected: list[str]) -> None:
    assert names(markup) == expected


def test_directories_without_end_name_units_up_to_a_limit_that_is_told() -> None:
    spider = type("Small", (ReportsSpider,), {"MAX_UNITS": 5})(portal="http://www.qingwan.gov.cn/")
    portal = spider.ledger.portal("http://www.qingwan.gov.cn/")
    for start in (0, 4, 8):
        markup = menu(*((f"/u{n}/", f"{NUMERALS[n]}坪镇") for n in range(start, start + 4)))
        page = Page(f"http://www.qingwan.gov.cn/{start}/", f"<html><body>{markup}</body></html>")
        list(spider._units(page, portal))
    assert len(portal.named) == 5
    assert [failure.detail for failure in portal.failures] == ["its directories name more than 5 units"]
