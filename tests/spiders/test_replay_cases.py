"""The replay cases of the portals' reference that no family owns: 1 to 5 and 16 to 25; each is asserted here or where told.

The cases of a single family (6 to 15) stand with that family's tests.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from parser import Hints, parse
from parser.record import PublishedSource
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.papers import render
from tests.papers.paper import paper
from tests.replay.server import serve
from tests.spiders.crawl import crawl
from tests.spiders.replay_cases import CALL, ITSELF, LISTS, LOOK_ALIKES, MIXED, TEXTLESS, WITHOUT_TEXT, title

Items = list[dict[str, Any]]
TESTS = Path(__file__).parents[1]

# Case: what is asserted, and the tests that do.
ASSERTED: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "three pages by the pager's call, no loop behind them",
        ("spiders/test_replay_cases.py::test_a_served_list_gives_each_report_once",),
    ),
    2: (
        "nested links and empty items are no rows",
        (
            "spiders/test_replay_cases.py::test_nested_explanations_and_empty_items_are_no_rows",
            "spiders/test_lists.py::test_a_row_is_the_outer_item_with_its_first_link_and_its_last_date",
        ),
    ),
    3: (
        "rows and pages that a script writes",
        (
            "spiders/test_replay_cases.py::test_a_served_list_gives_each_report_once",
            "spiders/test_lists.py::test_rows_written_by_script_are_read_from_the_raw_text",
        ),
    ),
    4: (
        "publisher from the title, day from the page",
        ("spiders/test_replay_cases.py::test_an_article_of_jilin_is_its_titles_agencys_and_of_its_printed_day",),
    ),
    5: (
        "the directory to its empty page",
        (
            "spiders/test_replay_cases.py::test_a_served_list_gives_each_report_once",
            "spiders/test_lists.py::test_an_answer_of_the_directory_gives_clean_titles_and_publishing_dates",
        ),
    ),
    16: (
        "headings that hold more; files that count down",
        (
            "spiders/families/test_shanghai.py::test_the_title_is_the_heading_without_date_source_and_buttons",
            "spiders/families/test_sasac.py::test_the_title_is_the_heading_without_source_and_day",
            "spiders/families/test_sasac.py::test_a_later_page_of_bare_rows_without_charset_is_read_as_utf_8",
            "spiders/families/test_regional.py::test_every_report_of_the_portal_is_read_once",
        ),
    ),
    17: (
        "bodies that are files, pictures or nothing",
        (
            "spiders/test_replay_cases.py::test_a_report_without_text_is_read_with_its_files",
            "spiders/families/test_easysite.py::test_files_of_the_media_array_are_attachments_if_their_description_says_so",
        ),
    ),
    18: (
        "declared gb2312, meant gb18030; a mark of UTF-16 wins",
        ("spiders/test_articles.py::test_a_page_is_decoded_whatever_it_declares",),
    ),
    19: (
        "one hop through a shell",
        (
            "spiders/test_replay_cases.py::test_a_served_list_gives_each_report_once",
            "spiders/test_replay_cases.py::test_a_shell_that_leads_to_itself_is_given_up",
            "spiders/test_shells.py::test_where_a_shell_leads",
        ),
    ),
    20: (
        "one report among its look-alikes",
        ("spiders/test_replay_cases.py::test_each_look_alike_is_refused_with_a_reason_of_its_own",),
    ),
    21: (
        "copies of one report are one report",
        (
            "spiders/test_replay_cases.py::test_a_served_list_gives_each_report_once",
            "spiders/test_replay_cases.py::test_a_body_for_desktop_and_phone_is_read_once",
            "spiders/test_addresses.py::test_a_page_is_known_again_by_another_address",
            "archive/test_same_report.py::test_the_same_report_at_two_addresses_is_one_report_with_two_captures",
            "archive/test_same_report.py::test_a_copy_of_a_page_is_the_same_article",
        ),
    ),
    22: (
        "every protection system, and a challenge as robots.txt",
        (
            "crawler/test_blocked.py::test_a_challenge_is_known_by_its_system",
            "crawler/test_blocked.py::test_every_system_of_the_table_has_a_case_here",
            "crawler/test_blocked.py::test_a_redirect_to_itself_that_sets_the_cookie_of_ct6t_is_a_challenge",
            "crawler/test_blocked.py::test_a_page_where_a_file_was_asked_for_is_a_block",
            "crawler/test_blocked.py::test_each_blocked_portal_is_called_so_and_only_the_evidence_is_kept",
            "crawler/test_blocked.py::test_a_host_that_blocks_again_and_again_is_left_alone",
            "crawler/test_robots.py::test_no_rules_are_read_out_of_html",
            "crawler/test_robots.py::test_each_kind_of_robots_txt_has_its_outcome",
        ),
    ),
    23: (
        "pages told apart by their query",
        ("spiders/test_replay_cases.py::test_a_served_list_gives_each_report_once",),
    ),
    24: (
        "blank fields, placeholders and odd meta tags",
        (
            "spiders/test_replay_cases.py::test_odd_meta_tags_give_the_day_and_no_wrong_agency",
            "spiders/test_replay_cases.py::test_the_publisher_is_the_titles_whatever_the_fields_say",
        ),
    ),
    25: (
        "whole titles of cut links",
        (
            "spiders/test_replay_cases.py::test_a_cut_link_has_its_whole_clean_title",
            "spiders/test_titles.py::test_a_link_gives_its_whole_title",
        ),
    ),
}


@pytest.mark.parametrize("case", ASSERTED)
def test_the_tests_told_of_a_case_exist(case: int) -> None:
    for place in ASSERTED[case][1]:
        file, _, name = place.partition("::")
        assert re.search(rf"^def {name}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE), place


# Served lists


@dataclass(frozen=True)
class Many:
    """One crawl of all served portals, side by side."""

    items: Items
    addresses: dict[str, str]
    entries: dict[str, str]

    def of(self, name: str, kind: str) -> Items:
        return [item for item in self.items if item["kind"] == kind and item["portal"] == self.entries[name]]

    def read(self, name: str) -> list[str]:
        return [item["url"].removeprefix(self.addresses[name]) for item in self.of(name, "ArticleRead")]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    sites = {name: (entry, site) for name, (_, entry, site, _) in LISTS.items()}
    sites |= {"itself": ("/ndbg/", ITSELF), "mixed": ("/gknb/", MIXED), "textless": ("/ndbg/", TEXTLESS)}
    with ExitStack() as stack:
        addresses = {name: stack.enter_context(serve(site)) for name, (_, site) in sites.items()}
        entries = {name: addresses[name] + entry for name, (entry, _) in sites.items()}
        yield Many(crawl(tmp_path_factory.mktemp("cases") / "items.jsonl", entries.values()), addresses, entries)


@pytest.mark.parametrize("name", LISTS)
def test_a_served_list_gives_each_report_once(many: Many, name: str) -> None:
    _, _, site, reports = LISTS[name]
    expected = {path for path, page in site.pages.items() if isinstance(page, str) and 'class="TRS_Editor"' in page}
    assert len(expected) == reports
    assert sorted(many.read(name)) == sorted(expected)
    assert {item["row"]["listed_on"] for item in many.of(name, "ArticleRead")} == {"2026-01-29"}
    assert {item["row"]["title"] == item["page_title"] for item in many.of(name, "ArticleRead")} == {True}
    assert [item["outcome"] for item in many.of(name, "PortalRead")] == ["ok"]
    assert max(Counter(site.asked).values()) == 1  # no loop


def test_the_directory_is_left_at_its_empty_page(many: Many) -> None:
    assert many.of("the directory", "ColumnRead")[0]["reports"] == 32
    asked = [parse_qs(urlsplit(path).query)["page"] for path in LISTS["the directory"][2].asked if "jsonp" in path]
    assert asked == [["1"], ["2"], ["3"]]


def test_a_believed_number_of_pages_asks_for_no_more(many: Many) -> None:
    assert many.of("the pager's number", "ColumnRead")[0]["pages"] == 3
    assert "/ndbg/index_3.html" not in LISTS["the pager's number"][2].asked


def test_a_shell_that_leads_to_itself_is_given_up(many: Many) -> None:
    assert Counter(ITSELF.asked)["/ndbg/"] == 1
    assert [item["outcome"] for item in many.of("itself", "PortalRead")] == ["incomplete"]


def test_each_look_alike_is_refused_with_a_reason_of_its_own(many: Many) -> None:
    assert many.read("mixed") == ["/gknb/t1.html"]
    refused = {
        found["row"]["title"]: found["reason"] for page in many.of("mixed", "ListPage") for found in page["refused"]
    }
    assert set(refused) == set(LOOK_ALIKES)
    assert all(reason and reason != "no report words" for reason in refused.values()), refused
    assert [name for name, words in LOOK_ALIKES.items() if words not in refused[name]] == []


def test_a_report_without_text_is_read_with_its_files(many: Many) -> None:
    read = {item["row"]["title"]: item for item in many.of("textless", "ArticleRead")}
    assert len(read) == len(WITHOUT_TEXT) + 1
    assert {(item["refused"], item["gone"]) for item in read.values()} == {(None, False)}
    for n, (name, (_, paths)) in enumerate(WITHOUT_TEXT.items()):
        found = [link["url"].removeprefix(many.addresses["textless"]) for link in read[title(2025 - n)]["attachments"]]
        assert (name, tuple(found)) == (name, paths)
    fetched = {item["url"].removeprefix(many.addresses["textless"]) for item in many.of("textless", "AttachmentRead")}
    assert fetched == {path for _, paths in WITHOUT_TEXT.values() for path in paths}
    assert read[title(2008)]["url"].endswith("/files/2008.pdf")
    assert [item["outcome"] for item in many.of("textless", "ColumnRead")] == ["ok"]


# Pages alone

HOST = "http://xxgk.example.gov.cn"
DAY = date(2026, 1, 29)


def test_nested_explanations_and_empty_items_are_no_rows() -> None:
    one = (
        '<li><a href="./202601/t2026012{n}_{n}.html" title="{title}">{title}</a><script>var jdFlag=0;</script><div class="popbox">'
        '<div class="close" title="关闭"></div><h3 title="相关解读">相关解读</h3><ul><li><a href="../../jd/t2026020{n}_1.html">'
        "{title}解读</a></li></ul></div><span>2026/01/29</span></li>"
    )
    lines = [one.format(n=n, title=title(2025 - n)) for n in range(10)]
    text = f'<ul class="u-list">{"".join(lines[:5])}<li class="empty"></li>{"".join(lines[5:])}<li class="empty"></li></ul>{CALL}'
    page = Page(f"{HOST}/zcbm/ndbg/", f"<html><body>{text}</body></html>")
    expected = [Row(f"{HOST}/zcbm/ndbg/202601/t2026012{n}_{n}.html", title(2025 - n), DAY) for n in range(10)]
    assert list(recognise(page).rows(page)) == expected


def test_an_article_of_jilin_is_its_titles_agencys_and_of_its_printed_day() -> None:
    item = paper("清湾市柳河区农业农村局", 2025)
    broken = "清湾市柳河区农业农村局<br>2025年政府信息公开<br>工作年度报告"
    text = (
        '<html><body><div class="top"><a href="/login">登录</a>| <a href="/r">注册</a></div><div class="contents_div">'
        f"<h1>{broken}</h1><p>发布日期:2026-01-29&nbsp;&nbsp;&nbsp;&nbsp;点击数:<span id='hits'></span></p>"
        f'<div class="zlyxwz_t2a" id="zoom"><div class="Custom_UnionStyle"><p>{broken}</p>{render.article(item)}</div></div></div></body></html>'
    )
    page = Page("http://xxgk.jlcity.gov.cn/zcbm/fgw_98087/ndbg/202601/t20260113_9394740.html", text)
    found = recognise(page).article(page)
    assert (recognise(page).name, found.title, found.published_on) == ("trs_jilin", item.title, DAY)
    record = parse(text.encode(), Hints(name=page.url, page_title=found.title, page_date=found.published_on))
    assert (record.title, record.publisher, record.report_year) == (item.title, "清湾市柳河区农业农村局", 2025)
    assert (record.published_on, record.published_source) == (DAY, PublishedSource.PAGE)


@pytest.mark.parametrize(
    "page",
    [
        '<div class="main"><div id="zoomcon" class="pc">{body}</div><div id="zoomcon" class="phone">{body}</div></div>',
        '<div id="zoomcon">{body}</div></body></html><html><head><title></title></head><body><div id="zoomcon">{body}</div>',
    ],
)
def test_a_body_for_desktop_and_phone_is_read_once(page: str) -> None:
    item = paper("清湾市柳河区农业农村局", 2025)
    once = parse(render.html(item).encode())
    twice = parse(f"<html><body><h1>{item.title}</h1>{page.format(body=render.article(item))}</body></html>".encode())
    assert twice.sections == once.sections
    assert {key: figure.value for key, figure in twice.figures.items()} == {
        key: figure.value for key, figure in once.figures.items()
    }


@pytest.mark.parametrize(
    "metas",
    [
        '<meta name="pubdate" content="2026-01-29 10∶08">',
        "<meta name='PubDate' content='2026-01-29  14:52'>",
        '<meta content="2026-01-29" name="PUBDATE" />',
        '<meta name="SiteName"content="网站名称"><meta name="PubDate"content="2026-01-29 09:39:08">',
        '<meta name="PubDate" content="<!--pubdate-->"><meta name="publishdate" content="2026-01-29">',
    ],
)
def test_odd_meta_tags_give_the_day_and_no_wrong_agency(metas: str) -> None:
    table = "<table><tr><td>发布机构</td><td></td></tr><tr><td>文　　号：</td><td>云审〔2026〕1号</td></tr></table>"
    source = '<meta name="ContentSource" content="<!--articlesource-->"><meta name="contentSource" content="远山市">'
    text = f"<html><head>{metas}{source}</head><body>{table}<h1>{title()}</h1><div class=TRS_Editor>{'正文。' * 40}</div></body></html>"
    page = Page(f"{HOST}/zcbm/x.html", text)
    found = recognise(page).article(page)
    assert (found.title, found.published_on, found.agency) == (title(), DAY, None)
    assert page.metas.get("sitename") is None


def test_the_publisher_is_the_titles_whatever_the_fields_say() -> None:
    item = paper("清湾市柳河区农业农村局", 2025)
    head = '<meta name="ContentSource" content="远山市人民政府"><meta name="SiteName" content="网站名称">'
    fields = "<table><tr><td>发布机构：</td><td></td></tr></table>"
    record = parse(render.html(item, head=head, body=fields + render.article(item)).encode())
    assert record.publisher == "清湾市柳河区农业农村局"


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("{cut}…", "{whole}"),
        ("{cut}...", "{whole}"),
        ("{cut}...", "{whole} 06月01日"),
        ("{whole}", "{whole} 06月01日"),
        ("{cut}…", "标题：{whole}&#xD;点击数：1356&#xD;发表时间：2026-01-29"),
        ("{cut}…", "标题：{whole}\n点击数：1356\n"),
    ],
)
def test_a_cut_link_has_its_whole_clean_title(text: str, attribute: str) -> None:
    shown, given = (part.format(cut=title()[:12], whole=title()) for part in (text, attribute))
    page = Page(
        f"{HOST}/zcbm/ndbg/",
        f'<ul><li><a href="t1_1.html" title="{given}">{shown}</a><span>2026-01-29</span></li></ul>',
    )
    assert recognise(page).rows(page) == (Row(f"{HOST}/zcbm/ndbg/t1_1.html", title(), DAY),)
