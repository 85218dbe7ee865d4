"""Characters and encodings of real pages (domain: section 8, quirks 49 to 57; copies on foreign hosts among them)."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from parser import Hints, ParserError, Record, parse
from tests.papers.agreement import assert_exact, assert_never_wrong, headings, record_of, wrong
from tests.papers.changes import in_section, keys_of, relabelled, without
from tests.papers.paper import HEADINGS, Paper, paper
from tests.papers.render import html, pipes, text

OLD = paper("清湾市柳河区退役军人事务局", 2020, busy=11)
NEW = paper("清湾市水务局", 2022, busy=30)
BOTH = pytest.mark.parametrize("item", [OLD, NEW], ids=["2019", "2021"])
RENDERED = pytest.mark.parametrize("dress", [html, text, pipes], ids=["html", "text", "pipes"])
SIX = list(enumerate(HEADINGS, 1))
Dress = Callable[[Paper], str]

TRADITIONAL = str.maketrans(
    "无总规减处决数费项关机应当业构请区计仅这实与务证属国乱类责认为报递开录复讼诉结转办继续内门预",
    "無總規減處決數費項關機應當業構請區計僅這實與務證屬國亂類責認為報遞開錄復訟訴結轉辦繼續內門預",
)


def unlike_a_report(item: Paper) -> Paper:
    return replace(item, title=item.title.replace(f"{item.year}年", ""))


@pytest.mark.parametrize(
    ("printed", "year"),
    [
        ("数据统计期限自20221月1日起至202212月31日止", 2022),  # quirk 49: glyphs lost around digits
        ("所列数据的统计期限自20221月1日起至2022年12月31日", 2022),
        ("统计期限为202211日至20221231日", 2022),
        ("本报告数据自202211日至20221231日", 2022),
        ("统计期限自2022年1月1日起至2022年12月31日止", 2022),
        ("统计时间为2022年1月1日-12月31日", 2022),
    ],
)
def test_a_period_that_lost_its_signs_still_names_the_year(printed: str, year: int) -> None:
    item = unlike_a_report(
        replace(NEW, preface=f"本报告按统一格式编写，{printed}。", prose={**NEW.prose, 1: ("略。",)})
    )
    assert record_of(item).report_year == year


def test_a_notice_number_that_lost_its_bracket_is_no_year() -> None:  # quirk 49
    item = replace(OLD, preface="依照国办公开办函〔202130号编写。" + OLD.preface)
    record = record_of(item)
    assert record.report_year == 2020
    assert_exact(record, item)


@BOTH
@RENDERED
def test_a_doubly_encoded_header_before_good_text_harms_nothing(item: Paper, dress: Dress) -> None:  # quirk 51
    scrambled = "清湾市政务公开平台".encode().decode("gb18030", "replace").encode().decode("gb18030", "replace")
    made = dress(item)
    made = (
        made.replace('<div class="top">', f'<div class="top"><p>{scrambled}</p>')
        if dress is html
        else scrambled + "\n" + made
    )
    record = record_of(item, lambda _: made)
    assert_exact(record, item)
    assert record.title == item.title
    assert headings(record) == SIX


def test_a_title_in_angle_brackets_in_running_text_stays_where_it_is() -> None:  # quirk 52
    sentence = "本报告依照<中华人民共和国政府信息公开工作年度报告格式>编写，共六个部分。"
    item = in_section(NEW, 1, sentence, *NEW.prose[1][1:])
    page = html(item).replace("&lt;中华", "<中华").replace("格式&gt;", "格式>")
    record = record_of(item, lambda _: page)
    assert_exact(record, item)
    assert headings(record) == SIX
    assert record.sections[0].text.split("\n")[0] == sentence


@BOTH
@RENDERED
def test_traditional_characters_are_read(item: Paper, dress: Dress) -> None:  # quirk 53
    made = dress(item)
    changed = (
        re.sub(r">[^<]+<", lambda found: found.group().translate(TRADITIONAL), made)
        if dress is html
        else made.translate(TRADITIONAL)
    )
    assert changed != made
    assert_exact(record_of(item, lambda _: changed), item)


@pytest.mark.parametrize(
    ("label", "printed"),
    [
        ("本年制发件数", "年製發件數"),
        ("本年制发件数", "本年製發件數"),
        ("规章", "規章"),
        ("现行有效件数", "現行有效麵"),
    ],
)
@RENDERED
def test_a_label_converted_with_errors_never_moves_a_figure(dress: Dress, label: str, printed: str) -> None:  # quirk 53
    record = record_of(NEW, lambda item: dress(item).replace(label, printed))
    assert_exact(record, NEW)


def test_a_misprinted_header_in_another_order_names_no_columns() -> None:
    labels = {"本年制发件数": "本年废止件数", "本年废止件数": "年製發件數"}
    record = record_of(relabelled(NEW, labels))
    assert_never_wrong(
        record, without(NEW, keys_of(NEW, "disclosure.rules.", "disclosure.normative_documents.")), lost=set()
    )


def judged(made: str) -> Record | None:
    """The record of a damaged page, or null where it is refused."""
    try:
        return parse(made.encode(), Hints())
    except ParserError:
        return None


@BOTH
@RENDERED
@pytest.mark.parametrize(
    "injected",
    [
        {"公": "公(gong)", "政": "政(zheng)"},  # quirk 54
        {"公": "公(gōng)", "开": "開(kāi)"},
        {"公": "公(gong)(gong)(gong)", "关": "關(guān)"},
        {"政": "乃匪煉政", "请": "请槳"},  # quirk 55
        {"一": "一kk", "件": "3件"},
        {"数": ""},
        {"、": "", "。": "", "：": ""},  # quirk 50
    ],
)
def test_a_copy_with_injected_characters_has_no_figure_that_is_wrong(
    item: Paper, dress: Dress, injected: dict[str, str]
) -> None:
    record = judged(re.sub("|".join(injected), lambda found: injected[found.group()], dress(item)))
    if record is not None:
        assert wrong(record, item) == {}


@BOTH
@pytest.mark.parametrize(
    "spam",
    [
        "某某体育(中国)官方网站 {}年政府信息公开工作年度报告",  # quirk 56
        "example88官网@:{}年政府信息公开工作年度报告",
        "某某娱乐网站{}年政府信息公开工作年度报告",
    ],
)
def test_the_brand_of_a_copy_is_no_publisher(item: Paper, spam: str) -> None:
    record = record_of(replace(item, title=spam.format(item.year)))
    assert record.publisher in {None, item.agency}
    assert_exact(record, item)


@BOTH
@pytest.mark.parametrize("space", [" ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u2003"])
def test_spaces_of_any_kind_inside_words_are_nothing(item: Paper, space: str) -> None:  # quirk 57
    def markup(paper: Paper) -> str:
        return re.sub(r"(?<=>)([\u4e00-\u9fff]{2})(?=[\u4e00-\u9fff]+)", rf"\1{space}", html(paper))

    record = record_of(item, markup)
    assert_exact(record, item)
    assert [number for number, _ in headings(record)] == [1, 2, 3, 4, 5, 6]
    assert (record.publisher, record.report_year) == (item.agency, item.year)


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8 with a BOM": lambda page: codecs.BOM_UTF8 + page.encode(),
    "GB18030 that says gb2312": lambda page: page.replace("utf-8", "gb2312").encode("gb18030"),
    "GB18030 that says nothing": lambda page: page.replace('<meta charset="utf-8">', "").encode("gb18030"),
    "GB18030 that says UTF-8": lambda page: page.encode("gb18030"),
    "UTF-8 that says gb2312": lambda page: page.replace("utf-8", "gb2312").encode(),
    "UTF-16 that says gb2312": lambda page: page.replace("utf-8", "gb2312").encode("utf-16"),
    "UTF-16 without a BOM": lambda page: page.encode("utf-16-le"),
    "a BOM and blank lines": lambda page: codecs.BOM_UTF8 + b"\r\n\r\n" + page.encode(),
    "text behind the end": lambda page: (page + "<p>统计代码</p>").encode(),
    "two pages in one": lambda page: page.replace("<body>", "<body><html><body>").encode(),
    "character references": lambda page: re.sub(
        r"[\u4e00-\u9fff]", lambda found: f"&#{ord(found.group())};", page
    ).encode(),
}


@BOTH
@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_a_page_is_read_in_whatever_encoding_it_comes(item: Paper, encode: Callable[[str], bytes]) -> None:
    record = parse(encode(html(item)), Hints(charset="iso-8859-1"))
    assert_exact(record, item)
    assert (record.title, record.publisher) == (item.title, item.agency)
    assert headings(record) == SIX


@pytest.mark.parametrize("name", ["㙍村镇人民政府", "䃼塘镇人民政府", "𠮷祥镇人民政府", "清湾·柳河联合办公室"])
def test_rare_characters_of_a_name_survive(name: str) -> None:
    item = paper(name, 2022, busy=0)
    record = record_of(item)
    assert record.title == item.title
    assert name in record.sections[0].text
    assert name in json.loads(record.to_json())["sections"][0]["text"]


@pytest.mark.parametrize("name", ["㙍村镇人民政府", "䃼塘镇人民政府"])
def test_a_rare_character_in_a_publishers_name_is_printed_as_it_is(name: str) -> None:
    assert record_of(paper(name, 2022, busy=0)).publisher == name
