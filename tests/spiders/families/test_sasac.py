"""国资委: a heading with source and day inside, and files that count down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spiders.families.asks import Ask
from spiders.families.pages import Page, read_page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.spiders.families.invented import DAY, LOOK_ALIKE, PROSE, title

HOST = "http://www.example.gov.cn"
COLUMN = f"{HOST}/n2588035/n2588320/n2588335/index.html"
BASE = "../../../n2588035/n2588320/n2588335"
LATER = f"{HOST}/n2588035/n2588320/n2588335/index_2603340"


def row(number: int, text: str, href: str | None = None, shown: str | None = None) -> str:
    address = href or f"{BASE}/c3512806{number}/content.html"
    return (
        f'<li>\n<a href="{address}" target="_blank" title="{text}">\n{shown or text}</a><span>[2026-01-29]</span></li>'
    )


def first(script: str, hidden: str = "") -> Page:
    text = (
        f'<html><body><div class="zsy_conlist"><ul><span id="comp_2603340">{row(1, title(), shown=title()[:8] + "...")}'
        f'<li style="height:1px;background:#ccc;margin:10px 0;"></li>{row(2, title(year=2024))}</span>'
        f'<table><tr><td id="pag_2603340"><script>{script}</script></td></tr></table><div style="display:none">{hidden}</div></ul></div>'
    )
    return Page(COLUMN, text)


def hidden(*numbers: int) -> str:
    return "".join(f"<a href='{BASE}/index_2603340_{number}.html'></a>" for number in numbers)


def test_rows_are_read_whole_and_separators_are_none() -> None:
    page = first("")
    place = COLUMN.removesuffix("index.html")
    assert recognise(page).rows(page) == (
        Row(f"{place}c35128061/content.html", title(), DAY),
        Row(f"{place}c35128062/content.html", title(year=2024), DAY),
    )


def test_a_later_page_of_bare_rows_without_charset_is_read_as_utf_8() -> None:  # portals: replay case 16
    other = "http://zwgk.other.gov.cn/x/1.html"
    text = (
        row(3, title(year=2023))
        + '<li style="height:1px;background:#ccc;margin:10px 0;"></li>'
        + row(4, title(year=2022), other)
    )
    ask = Ask(f"{LATER}_2.html", "sasac", COLUMN, number=2, facts=(("pages", "3"),))
    page = read_page(ask.url, text.encode(), {"Content-Type": "text/html"}, ask)
    assert [(found.title, found.listed_on) for found in recognise(page).rows(page)] == [
        (title(year=2023), DAY),
        (title(year=2022), DAY),
    ]
    assert recognise(page).rows(page)[1].url == other


PLACE = f'var purl="{BASE}/index_2603340";'
COUNTED = 'var maxPageNum=0; document.cookie="maxPageNum2603340=16"; maxPageNum = 16;'


@pytest.mark.parametrize(
    ("script", "links", "following", "pages"),
    [
        (PLACE + COUNTED, hidden(1, 2, 15), 15, 16),
        (COUNTED, hidden(1, 2, 15), 15, 16),
        (PLACE, hidden(1, 2), 2, 3),
        (PLACE + COUNTED, "", 15, 16),
        ("var maxPageNum=0; maxPageNum = 1;" + PLACE, "", None, 1),
        (COUNTED, "", None, 16),
        ("", "", None, None),
        (PLACE + "maxPageNum = 9999;", "", None, 9999),
        (PLACE.replace(BASE, "http://other.gov.cn") + COUNTED, "", None, 16),
    ],
)
def test_the_second_page_is_the_file_with_the_highest_number(
    script: str, links: str, following: int | None, pages: int | None
) -> None:
    page = first(script, links)
    found = recognise(page).further(page)
    assert found.total == pages
    assert (found.ask.url if found.ask is not None else None) == (f"{LATER}_{following}.html" if following else None)


@pytest.mark.parametrize("news_first", [True, False])
def test_the_pages_of_the_list_of_reports_are_read_and_not_those_of_the_news_beside_it(news_first: bool) -> None:
    news = (
        '<ul><span id="comp_7"><li><a href="../../../n1/c1/content.html">清淤开工</a><span>[2026-01-29]</span></li></span>'
        '<table><td id="pag_7"><script>var purl="../../../n1/index_7"; var maxPageNum=0; maxPageNum = 90;</script></td></table></ul>'
    )
    reports = (
        f'<ul><span id="comp_88">{row(1, title())}</span>'
        f'<table><td id="pag_88"><script>var purl="{BASE}/index_88"; maxPageNum = 2;</script></td></table></ul>'
    )
    both = news + reports if news_first else reports + news
    page = Page(COLUMN, f'<html><body><div class="zsy_conlist">{both}</div></body></html>')
    found = recognise(page).further(page)
    assert (found.ask.url if found.ask is not None else None) == COLUMN.replace("index.html", "index_88_1.html")
    assert found.total == 2


@pytest.mark.parametrize(("number", "following"), [(15, 14), (2, 1), (1, None)])
def test_the_files_count_down_to_one(number: int, following: int | None) -> None:
    ask = Ask(f"{LATER}_{number}.html", "sasac", COLUMN, number=17 - number, facts=(("pages", "16"),))
    page = Page(ask.url, row(3, title()), asked=ask)
    found = recognise(page).further(page)
    expected = replace(ask, url=f"{LATER}_{following}.html", number=ask.number + 1) if following else None
    assert (found.ask, found.total) == (expected, 16)


@pytest.mark.parametrize("text", ["", "<li>", "\0", "maxPageNum = ", "index_1_" * 20_000, "/index_" * 50_000])
def test_broken_pages_give_nothing(text: str) -> None:
    page = Page(COLUMN, f'<div class="zsy_conlist">{text}</div>')
    family = recognise(page)
    assert (family.name, family.rows(page), family.further(page).ask) == ("sasac", (), None)


@pytest.mark.parametrize("name", [title(), LOOK_ALIKE])
def test_the_title_is_the_heading_without_source_and_day(name: str) -> None:  # portals: replay case 16
    text = (
        f'<meta name="publishdate" content="2026-02-01"><div class="share-substr" style="display:none">{name}</div>'
        f'<div class="zsy_content"><div class="zsy_cotitle">\n\n{name}\n\n<p>文章来源：办公室 　　发布时间：2026-01-29</p></div>'
        f'<div class="zsy_comain"><p>{PROSE}发布时间：2020-01-01</p><p><a href="part/年报.pdf">年报</a></p></div></div>'
    )
    page = Page(f"{HOST}/n2588035/n2588320/n2588335/c35128064/content.html", f"<html><body>{text}</body></html>")
    article = recognise(page).article(page)
    assert (article.title, article.published_on) == (name, DAY)
    assert [link.name for link in article.attachments] == ["年报"]


def test_the_lower_case_meta_tag_is_the_day_where_the_heading_has_none() -> None:
    text = (
        f'<meta name="publishdate" content="2026-01-29"><div class="zsy_cotitle">{title()}<p>文章来源：办公室</p></div>'
    )
    page = Page(f"{HOST}/n1/c1/content.html", f'<html>{text}<div class="zsy_comain">{PROSE}</div></html>')
    assert recognise(page).article(page).published_on == DAY
