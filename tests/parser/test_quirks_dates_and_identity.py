"""Dates and publishers as real pages give them (domain: section 8, quirks 46 to 48, 58 to 63, 70, 88, 94; section 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from parser import Hints
from parser.record import PublishedSource
from tests.papers import render
from tests.papers.agreement import assert_exact, record_of, rules
from tests.papers.changes import with_line
from tests.papers.paper import Paper, paper
from tests.papers.render import html, pipes, text

Dress = Callable[[Paper], str | bytes]
ITEM = replace(paper("清湾市柳河区农业农村局", 2023), signed="2024年1月19日")
UNSIGNED = replace(ITEM, signed=None, signed_by=None)
SIGNED = (date(2024, 1, 19), PublishedSource.SIGNED)
PUB = '<meta name="PubDate" content="2024-01-22 09:30">'


def published(item: Paper, page: str | None = None, hints: Hints | None = None) -> tuple[date | None, str | None]:
    record = record_of(item, lambda paper: page if page is not None else html(paper), hints)
    return record.published_on, record.published_source


def with_fields(item: Paper, **fields: str) -> str:
    rows = "".join(f"<tr><td>{name}：</td><td>{value}</td></tr>" for name, value in fields.items())
    return f"<table>{rows}</table>{render.article(item)}"


# Best first: list, page, field, meta, signed (portals: rule 3)
EVERYTHING = html(ITEM, head=PUB, date="2024-01-20", body=with_fields(ITEM, 公开日期="2024-01-21"))
LISTED = Hints(listed_on=date(2024, 1, 18))


@pytest.mark.parametrize(
    ("page", "hints", "expected"),
    [
        (EVERYTHING, LISTED, (date(2024, 1, 18), PublishedSource.LIST)),
        (EVERYTHING, Hints(page_date=date(2024, 1, 23)), (date(2024, 1, 23), PublishedSource.PAGE)),
        (EVERYTHING, None, (date(2024, 1, 20), PublishedSource.PAGE)),
        (
            html(ITEM, head=PUB, body=with_fields(ITEM, 公开日期="2024-01-21")),
            None,
            (date(2024, 1, 21), PublishedSource.FIELD),
        ),
        (html(ITEM, head=PUB), None, (date(2024, 1, 22), PublishedSource.META)),
        (html(ITEM), None, SIGNED),
        (html(UNSIGNED), None, (None, None)),
    ],
    ids=["list", "page hint", "page", "field", "meta", "signed", "none"],
)
def test_the_best_date_counts_and_its_source_is_named(
    page: str, hints: Hints | None, expected: tuple[date | None, PublishedSource | None]
) -> None:
    assert published(ITEM, page, hints) == expected


@pytest.mark.parametrize(
    "generated",
    [
        '<meta name="others" content="页面生成时间 2024-01-22 09:30">',
        '<meta name="others" content="页面生成时间 2024-01-22 09:30:00">',
        '<meta name="HtmlGenerateTime" content="2024-01-22 09:30">',
    ],
)
def test_a_publication_date_that_is_the_time_of_generation_is_none(generated: str) -> None:
    assert published(ITEM, html(ITEM, head=PUB + generated)) == SIGNED


def test_a_time_of_generation_beside_another_date_changes_nothing() -> None:
    other = '<meta name="others" content="页面生成时间 2025-11-05 03:10">'
    assert published(ITEM, html(ITEM, head=PUB + other)) == (date(2024, 1, 22), PublishedSource.META)


@pytest.mark.parametrize(
    "label", ["发布日期", "发布时间", "公开日期", "更新时间", "时间", "日期", "时间发布", "发布于"]
)
@pytest.mark.parametrize(
    "written", ["2024-01-20", "2024年1月20日", "2024/01/20", "2024.1.20", "2024-01-20 15:32:07", "[2024-01-20]"]
)
def test_a_labelled_date_beside_the_title_is_the_pages(label: str, written: str) -> None:
    page = html(ITEM).replace("</h1>", f"</h1><p>来源：本站　{label}：{written}　点击数：</p>")
    assert published(ITEM, page) == (date(2024, 1, 20), PublishedSource.PAGE)


@pytest.mark.parametrize(
    "line",
    [
        "发布时间: 点击数: 12",
        "发布日期：",
        "来源:1",
        "发布时间：1970-01-01",
        "发布时间：2024-02-30",
        "发布日期：0000-00-00",
    ],
)
def test_a_label_without_a_date_gives_way_to_the_signature(line: str) -> None:  # quirk 61
    record = record_of(ITEM, lambda item: html(item).replace("</h1>", f"</h1><p>{line}</p>"))
    assert (record.published_on, record.published_source) == SIGNED
    assert record.publisher == ITEM.agency


@pytest.mark.parametrize(
    "clock",
    [
        "<span>2025年12月30日 星期二</span>",  # quirk 94
        "<p>今天是2025年12月30日 星期二 农历十一月十一</p>",
        "<p>现在时间：<span id='clock'></span></p>",
        "<!-- saved 2025-12-30 -->",
        "<script>var now = '2025-12-30';</script>",
        "<p>页面生成时间：2025-12-30 03:10:00</p>",
        "<p>版权所有 2025-12-30</p>",
    ],
)
def test_the_day_of_viewing_is_no_date_of_publication(clock: str) -> None:
    page = html(ITEM).replace('<div class="top">', f'<div class="top">{clock}')
    assert published(ITEM, page) == SIGNED
    page = html(ITEM).replace('<div class="foot">', f'<div class="foot">{clock}')
    assert published(ITEM, page) == SIGNED


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024年1月19日", date(2024, 1, 19)),
        ("二〇二四年一月十九日", date(2024, 1, 19)),
        ("二○二四年元月三十一日", date(2024, 1, 31)),
        ("2024 年 1 月 19 日", date(2024, 1, 19)),
        ("2024.1.19", date(2024, 1, 19)),
        ("（2024年1月19日）", date(2024, 1, 19)),
        ("                    2024年1月19日", date(2024, 1, 19)),  # quirk 47: wide spaces
    ],
)
@pytest.mark.parametrize("dress", [html, text, pipes], ids=["html", "text", "pipes"])
def test_the_date_signed_is_read_however_it_is_written(dress: Dress, written: str, day: date) -> None:
    record = record_of(replace(ITEM, signed=written), dress)
    assert (record.published_on, record.published_source) == (day, PublishedSource.SIGNED)


def test_a_signature_and_date_on_one_line_are_read() -> None:  # quirk 47
    item = replace(ITEM, signed_by=None, signed="清湾市柳河区农业农村局        2024年1月19日")
    assert published(item) == SIGNED


def test_a_report_without_signature_and_date_has_none() -> None:  # quirk 47
    record = record_of(UNSIGNED)
    assert (record.published_on, record.published_source, record.publisher) == (None, None, ITEM.agency)


@pytest.mark.parametrize(
    "line", ["2024年1月1日起施行新的检索办法，群众可在专栏查阅。", "自2022年3月5日至2023年2月1日试行。"]
)
def test_a_date_in_the_last_sentences_is_no_signature(line: str) -> None:
    assert published(with_line(UNSIGNED, "六、", "六、其他需要报告的事项", line)) == (None, None)


def test_the_page_date_counts_although_the_text_is_signed_later() -> None:  # quirks 47, 58, 59
    assert published(ITEM, html(ITEM, date="2020-06-29")) == (date(2020, 6, 29), PublishedSource.PAGE)


def test_a_report_that_is_really_late_is_of_its_year_all_the_same() -> None:  # quirk 60
    record = record_of(ITEM, lambda item: html(item, date="2025-04-06"))
    assert (record.report_year, str(record.published_on)) == (2023, "2025-04-06")
    assert "title.year_mismatch" not in rules(record)


@pytest.mark.parametrize(
    "name",
    ["/xxgk/fgw_136504/202201/t20220115_2999.html", "/2022n52/202401/c998.shtml", "/t19700101_1.html"],
)
def test_the_address_says_nothing_of_publisher_year_or_date(name: str) -> None:  # quirks 58, 63, 70
    record = record_of(ITEM, hints=Hints(name=name, agency="清湾市发展和改革委员会", listed_title="2022年年报"))
    assert (record.publisher, record.report_year) == (ITEM.agency, 2023)
    assert (record.published_on, record.published_source) == SIGNED


@pytest.mark.parametrize(
    ("period", "year"),
    [
        ("统计期限为2017年1月1日至2017年12月20日", 2017),  # quirk 48: not the calendar year
        ("统计期限为2017年1月1日至12月31止", 2017),
        ("数据核定时间点为2017年12月31日", 2017),
        ("统计期为2018年1月1日到12月7日", 2018),
        ("所列数据的统计期限自2019年1月1日起，至2019年12月31日止", 2019),
    ],
)
def test_the_year_comes_from_the_period_where_the_title_names_none(period: str, year: int) -> None:
    item = replace(ITEM, title="清湾市柳河区农业农村局政府信息公开工作年度报告", preface=f"按统一格式编写，{period}。")
    assert record_of(item).report_year == year


def test_a_title_and_a_period_that_disagree_are_said_to() -> None:
    item = replace(ITEM, preface=ITEM.preface.replace("2023年", "2022年"))
    record = record_of(item)
    assert record.report_year == 2023
    found = [finding for finding in record.findings if finding.rule == "title.year_mismatch"]
    assert [(finding.expected, finding.found) for finding in found] == [(2023, 2022)]


# Whose report: title, then header table, signature, column
ANONYMOUS = replace(UNSIGNED, title="2023年政府信息公开工作年度报告", preface="本报告按统一格式编写。")


@pytest.mark.parametrize(
    ("page", "hints", "publisher"),
    [
        (html(ANONYMOUS, body=with_fields(ANONYMOUS, 发布机构="清湾市审计局")), None, "清湾市审计局"),
        (html(replace(ANONYMOUS, signed_by="清湾市商务局", signed="2024年1月19日")), None, "清湾市商务局"),
        (html(ANONYMOUS), Hints(agency="清湾市统计局"), "清湾市统计局"),
        (html(ANONYMOUS, head='<meta name="ContentSource" content="清湾市林业局">'), None, "清湾市林业局"),
        (html(ANONYMOUS, head='<meta name="ContentSource" content="本站">'), None, None),
        (html(ANONYMOUS, body=with_fields(ANONYMOUS, 来源="1", 发布机构="")), None, None),  # quirk 61
        (
            html(replace(ANONYMOUS, signed_by="我局", signed="2024年1月19日")),
            Hints(agency="清湾市统计局"),
            "清湾市统计局",
        ),
        (html(ANONYMOUS), Hints(agency="我局"), None),  # quirk 62
        (html(ANONYMOUS), None, None),
        (
            html(
                replace(ANONYMOUS, signed_by="清湾市商务局", signed="2024年1月19日"),
                body=with_fields(replace(ANONYMOUS, signed_by="清湾市商务局"), 发布机构="清湾市审计局"),
            ),
            Hints(agency="清湾市统计局"),
            "清湾市审计局",
        ),
    ],
    ids=["header table", "signature", "column", "meta", "site", "junk", "we", "we in the column", "nobody", "all"],
)
def test_a_title_without_agency_leaves_it_to_the_page(page: str, hints: Hints | None, publisher: str | None) -> None:
    record = record_of(ANONYMOUS, lambda _: page, hints)
    assert record.publisher == publisher
    assert ("title.missing" in rules(record)) is (publisher is None)
    assert record.report_year == 2023


def test_a_short_name_in_the_title_is_kept_as_the_title_says() -> None:  # quirk 62
    item = replace(UNSIGNED, title="信访局2023年政府信息公开工作年度报告")
    assert record_of(item, hints=Hints(agency="清湾市柳河区信访局")).publisher == "信访局"


def test_the_title_names_the_publisher_and_not_the_contact_line() -> None:  # quirk 88
    item = paper("柳河区人民政府", 2023)
    item = replace(item, preface=item.preface.replace("请联系柳河区人民政府办公室", "请联系清湾市柳河区人民政府办公室"))
    assert record_of(item).publisher == "柳河区人民政府"


@pytest.mark.parametrize(
    "suffix", ["-清湾市柳河区农业农村局", "_清湾市人民政府门户网站", "|政府信息公开", " - 清湾市政府网"]
)
def test_the_sites_name_behind_the_title_is_no_part_of_it(suffix: str) -> None:  # quirk 92
    page = html(ITEM).replace(f"<h1>{ITEM.title}</h1>", "").replace("-清湾市政府信息公开</title>", f"{suffix}</title>")
    record = record_of(ITEM, lambda _: page)
    assert (record.title, record.publisher) == (ITEM.title, ITEM.agency)


@pytest.mark.parametrize("heading", ["清湾市人民政府门户网站", "政府信息公开年报", "2024年工作要点"])
def test_a_headline_of_the_site_is_not_the_reports_title(heading: str) -> None:
    page = html(ITEM).replace('<div class="top">', f'<h1>{heading}</h1><div class="top">')
    record = record_of(ITEM, lambda _: page)
    assert (record.title, record.publisher, record.report_year) == (ITEM.title, ITEM.agency, 2023)
    assert_exact(record, ITEM)


CONTACT = {
    "（地址：清湾市临江大道12号，邮编：130000，电话：0432-62010888，邮箱：xxgk@qingwan.example.cn）":
        ("清湾市临江大道12号", "130000", "0432-62010888", "xxgk@qingwan.example.cn"),
    "（联系地址: 柳河区东街3号; 邮政编码: 130011; 联系电话: 043262010888; 电子邮箱: a_b@example.cn）":
        ("柳河区东街3号", "130011", "043262010888", "a_b@example.cn"),
    "办公电话：62010888，通讯地址：大坪镇中心路1号。": ("大坪镇中心路1号", None, "62010888", None),
    "电话：，邮箱：。": (None, None, None, None),
    "无联系方式。": (None, None, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("printed", "expected"), CONTACT.items())
def test_the_contact_is_read_from_the_preface(printed: str, expected: tuple[str | None, ...]) -> None:
    contact = record_of(replace(ITEM, preface="如有疑问，请联系办公室" + printed)).contact
    assert (contact.address, contact.postcode, contact.phone, contact.email) == expected
