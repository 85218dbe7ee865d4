"""新点 Epoint: the site's number from a script, rows as JSON, an inverted label."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from spiders.families.asks import Ask
from spiders.families.epoint import Epoint
from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.spiders.families.crawled import crawl_site
from tests.spiders.families.epoint_site import (
    COLUMN,
    ENDPOINT,
    GUID,
    LIST,
    SCRIPT,
    EpointSite,
    answered,
    article,
    record,
)
from tests.spiders.families.invented import LOOK_ALIKE, Report, title

HOST = "http://www.example.gov.cn"
FAMILY = Epoint()
HTML = LIST.replace("{column}", COLUMN)
SCRIPT_ASK = Ask(
    f"{HOST}/js/webBuilderCommon.js", "epoint", HOST + COLUMN, facts=(("categorynum", "003002"), ("deptcode", ""))
)
WANTED = {"deptcode": "", "categorynum": "003002", "pageIndex": 0, "pageSize": 20, "siteGuid": GUID}


def first() -> Ask:
    (ask,) = FAMILY.questions(Page(SCRIPT_ASK.url, SCRIPT, asked=SCRIPT_ASK))
    return ask


def answer(text: str, ask: Ask | None = None) -> Page:
    return Page(HOST + ENDPOINT, text, asked=ask or first())


def records(*found: Any, total: Any = 1) -> Page:
    return answer(answered(list(found), total).body.decode())


# What is asked


@pytest.mark.parametrize(
    ("path", "text", "url"),
    [
        (COLUMN, HTML, "/js/webBuilderCommon.js"),
        (COLUMN, '<div class="ewb-x"></div>', "/js/webBuilderCommon.js"),
        (COLUMN, '<script src="js/WebBuilderCommon.js"></script>', "/dynamic/zwgk/js/WebBuilderCommon.js"),
        (COLUMN, '<script src="/js/ajaxReq.js"></script>', "/js/ajaxReq.js"),
        (COLUMN, '<script src="http://elsewhere.cn/js/webBuilderCommon.js"></script>', "/js/webBuilderCommon.js"),
        ("/zwgk/nb.html", '<script>getgovinfolist({"categorynum":"003002"})</script>', "/js/webBuilderCommon.js"),
    ],
)
def test_a_column_asks_first_for_the_script_that_knows_the_sites_number(path: str, text: str, url: str) -> None:
    (ask,) = FAMILY.questions(Page(HOST + path, text))
    assert (ask.url, ask.method, ask.origin) == (HOST + url, "GET", HOST + path)
    assert ask.fact("categorynum") == "003002"


@pytest.mark.parametrize(
    ("script", "url"),
    [
        (SCRIPT, ENDPOINT),
        (f"siteGuid = '{GUID}'", ENDPOINT),
        (SCRIPT.replace("/EWB-FRONT", "EWB_YK_Mid"), ENDPOINT.replace("EWB-FRONT", "EWB_YK_Mid")),
    ],
)
def test_the_script_is_followed_by_the_first_page_of_rows(script: str, url: str) -> None:
    page = Page(SCRIPT_ASK.url, script, asked=SCRIPT_ASK)
    (ask,) = FAMILY.questions(page)
    assert (ask.url, ask.method, ask.origin, json.loads(ask.body)) == (HOST + url, "POST", HOST + COLUMN, WANTED)
    assert dict(ask.headers)["Content-Type"].startswith("application/json")
    assert (FAMILY.rows(page), FAMILY.further(page), FAMILY.shortfall(page)) == ((), Further(None), None)


@pytest.mark.parametrize("script", ["", "404", "siteGuid: ''", "var siteGuid = 3", "<html>首页</html>"])
def test_a_script_without_the_number_leaves_the_list_incomplete(script: str) -> None:
    page = Page(SCRIPT_ASK.url, script, asked=SCRIPT_ASK)
    assert FAMILY.questions(page) == ()
    assert FAMILY.shortfall(page) is not None


def test_a_number_in_the_page_itself_saves_the_script() -> None:
    (ask,) = FAMILY.questions(Page(HOST + COLUMN, HTML + f"<script>var siteGuid='{GUID}'</script>"))
    assert (ask.method, json.loads(ask.body)) == ("POST", WANTED)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (COLUMN, HTML, True),
        (COLUMN, '<title>政府信息公开年报</title><div class="ewb-x">', True),
        (COLUMN, '<h2 class="ewb-tt">政府信息公开制度</h2>', False),
        ("/", HTML, False),
        ("/zwgk/1.html", article(Report("/zwgk/1.html", title())), False),
    ],
)
def test_a_column_is_known_by_heading_or_menu(path: str, text: str, expected: bool) -> None:
    page = Page(HOST + path, text)
    assert (recognise(page).name, FAMILY.is_column(page)) == ("epoint", expected)


# What is answered


def test_a_column_leads_to_the_same_column_of_other_departments() -> None:
    units = "".join(
        f'<a href="/dynamic/zwgk/govInfoPub.html?deptcode={code}&amp;categorynum={category}">{name}</a>'
        for code, category, name in (
            ("001", "003002", "审计局"),
            ("002", "003002", "某馆"),
            ("003", "003001", "民政局"),
        )
    )
    page = Page(HOST + COLUMN, HTML.replace("</body>", f"{units}</body>"))
    found = FAMILY.columns(page)
    assert [(link.url.partition("?")[2], link.agency) for link in found] == [
        ("deptcode=001&categorynum=003002", "审计局"),
        ("deptcode=002&categorynum=003002", None),
    ]


def test_titles_are_whole_and_look_alikes_keep_theirs() -> None:
    page = records(
        record(Report("/zwgk/1.html", title())), record(Report("zwgk/2.html", LOOK_ALIKE, "2026-02-01 08:00"))
    )
    assert [(row.url, row.title, row.listed_on) for row in FAMILY.rows(page)] == [
        (f"{HOST}/zwgk/1.html", title(), date(2026, 1, 29)),
        (f"{HOST}/zwgk/2.html", LOOK_ALIKE, date(2026, 2, 1)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"custom":null}',
        '{"custom":{"data":null,"total":"x"}}',
        '{"custom":{"data":[null,3,"x",[],{"infourl":null},{"infourl":5,"title":6},{"infourl":"/a"}],"total":1e99}}',
        '{"custom":"{"}',
        "<html>错误</html>",
        "[" * 100_000,
    ],
)
def test_an_answer_that_cannot_be_understood_gives_no_rows(text: str) -> None:
    page = answer(text)
    assert recognise(page).name == "epoint"
    assert (FAMILY.rows(page), FAMILY.further(page), FAMILY.questions(page)) == ((), Further(None), ())


def test_an_answer_as_text_and_with_line_breaks_in_its_words_is_read() -> None:
    bare = json.loads(answered([record(Report("/zwgk/1.html", title()))], "1").body)
    broken = json.dumps(bare["custom"], ensure_ascii=False).replace("年度报告", "年度\n报告")
    for text in (json.dumps({"custom": json.dumps(bare["custom"])}), f'{{"custom":{broken}}}'):
        assert [row.title for row in FAMILY.rows(answer(text))] == [title()]


@pytest.mark.parametrize(
    ("total", "pages"), [(45, 3), ("45", 3), (20, 1), (0, 1), (-1, 1), (10**30, 1), (None, 3), ({"a": 1}, 3), (41, 3)]
)
def test_pages_are_asked_for_while_rows_are_missing(total: Any, pages: int) -> None:
    listed = [record(report) for report in EpointSite(45).reports]
    asked: list[int] = []
    ask: Ask | None = first()
    while ask is not None:
        index = json.loads(ask.body)["pageIndex"]
        asked.append(index)
        page = answer(answered(listed[20 * index : 20 * index + 20], total).body.decode(), ask)
        ask = FAMILY.further(page).ask if FAMILY.rows(page) else None
    assert asked[:pages] == list(range(pages))
    assert len(asked) <= pages + 1


def test_an_article_has_its_date_behind_an_inverted_label() -> None:
    page = Page(f"{HOST}/zwgk/1.html", article(Report("/zwgk/1.html", title(), "2023-06-12")))
    found = recognise(page).article(page)
    assert (found.title, found.published_on, found.attachments) == (title(), date(2023, 6, 12), ())


# Crawls


@pytest.mark.parametrize("entry", [COLUMN, "/"])
def test_titles_come_from_realtitle_and_dates_from_an_inverted_label(entry: str, tmp_path: Path) -> None:
    """Portals: replay case 15."""
    site = EpointSite()
    crawled = crawl_site(site, entry, tmp_path)
    assert {path: item["row"]["title"] for path, item in crawled.articles.items()} == {
        report.path: report.title for report in site.reports
    }
    assert {(item["row"]["listed_on"], item["page_date"]) for item in crawled.articles.values()} == {
        ("2026-01-29",) * 2
    }
    assert (crawled.columns, crawled.outcome) == ([("ok", 45)], "ok")
    counts = Counter(site.asked)
    assert counts.pop(ENDPOINT) == 3
    assert max(counts.values()) == 1


def test_a_portal_whose_number_is_not_found_is_incomplete(tmp_path: Path) -> None:
    site = EpointSite(2, script="var siteInfo = {};")
    crawled = crawl_site(site, COLUMN, tmp_path)
    assert (crawled.columns, crawled.outcome) == ([("incomplete", 0)], "incomplete")
    assert ENDPOINT not in site.asked
