"""Numbering, headings and titles as real documents print them (docs/quirks.md: quirks 1 to 10, 57, 81 to 83, 92)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parser import Hints, parse
from tests.papers.agreement import assert_exact, headings, record_of, rules
from tests.papers.changes import in_section, with_line, with_lines
from tests.papers.paper import HEADINGS, NUMERALS, Paper, paper
from tests.papers.render import html, paragraphs, pipes, text

PAPER = paper("清湾市柳河区水利局", 2023)
SIX = list(enumerate(HEADINGS, 1))
RENDERERS: dict[str, Callable[[Paper], str | bytes]] = {"html": html, "text": text, "pipes": pipes}


def with_headings(item: Paper, write: Callable[[int, str], str]) -> Paper:
    """The paper with its six headings written anew from number and words."""
    words = {f"{NUMERALS[number - 1]}、{heading}": (number, heading) for number, heading in SIX}
    return with_lines(item, lambda _, line: [write(*words[line]) if line in words else line])


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS.keys())
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda number, words: f"{number}、 {words}", id="Arabic numerals (quirk 1)"),
        pytest.param(lambda number, words: f"{number}. {words}", id="Arabic numerals and a full stop"),
        pytest.param(lambda number, words: f"{min(number, 3)}、 {words}", id="a numbering that stands still"),
        pytest.param(lambda _, words: words, id="no ordinal (quirk 2)"),
        pytest.param(lambda number, words: words if number % 2 else f"{NUMERALS[number - 1]}、{words}", id="some"),
        pytest.param(lambda number, words: f"{NUMERALS[number - 1]}、\u3000{words}", id="a wide space"),
        pytest.param(lambda number, words: f"{NUMERALS[number - 1]}、 {words[:2]} {words[2:]}", id="inner spaces"),
        pytest.param(lambda number, words: f"{NUMERALS[number - 1]}. {words}", id="a full stop for the comma"),
        pytest.param(lambda number, words: f"{NUMERALS[number - 1]}，{words}", id="a wide comma for the comma"),
        pytest.param(lambda number, words: f"{NUMERALS[number - 1]}、{words}：", id="a colon behind"),
        pytest.param(lambda number, words: f"{NUMERALS[number - 1]}、{words}。", id="a full stop behind"),
        pytest.param(lambda number, words: f"第{NUMERALS[number - 1]}部分 {words}", id="parts"),
    ],
)
def test_the_words_of_a_heading_decide_and_not_its_ordinal(
    render: Callable[[Paper], str | bytes], write: Callable[[int, str], str]
) -> None:
    item = with_headings(PAPER, write)
    record = record_of(item, render)
    assert headings(record) == SIX
    assert_exact(record, item)
    assert "sections.missing" not in rules(record)


# 1.5: label variants of the six headings
@pytest.mark.parametrize(
    ("number", "heading"),
    [
        (1, "政府信息公开概况"),
        (1, "基本工作情况"),
        (1, "政府信息公开工作的基本情况"),
        (1, "总体工作情况"),
        (4, "政府信息公开行政复议及行政诉讼情况"),
        (4, "政府信息公开行政复议和行政诉讼情况"),
        (4, "因政府信息公开工作被申请行政复议、提起行政诉讼情况"),
        (4, "因政府信息公开工作被申请行政复议、提起行政诉讼的情况"),
        (5, "政府信息公开工作存在的主要问题及改进情况"),
        (5, "存在的主要问题及整改措施"),
        (5, "存在问题及改进情况"),
        (5, "存在的问题及改进情况"),
        (5, "存在的主要问题和改进措施"),
        (6, "其他需要报告事项"),
        (6, "其它需要报告的事项"),
    ],
)
def test_a_heading_in_other_words_is_the_same_section(number: int, heading: str) -> None:
    item = replace(PAPER, headings=tuple(heading if n == number else words for n, words in SIX))
    assert headings(record_of(item)) == [(n, heading if n == number else words) for n, words in SIX]


def on_one_line(item: Paper) -> str:
    """The whole report in one paragraph before the tables of sections two to four, and one after."""
    prose = dict.fromkeys(range(1, 7), "")
    for number, content in paragraphs(item):
        if isinstance(content, str) and number in prose:
            prose[number] += content + ("" if content.endswith("。") else "\u3000")
    body = item.preface + "".join(prose.values())
    return f"{item.title}\n{body}\n"


def test_headings_in_running_text_after_a_full_stop_begin_sections() -> None:  # quirk 3
    record = record_of(PAPER, on_one_line)
    assert headings(record) == SIX
    assert record.sections[4].text.startswith(PAPER.prose[5][0])
    assert record.sections[5].text == PAPER.prose[6][0]


def test_the_words_of_a_heading_in_running_text_without_an_ordinal_are_prose() -> None:  # quirk 3
    sentence = "本报告由两部分组成。总体情况另有说明，主动公开政府信息情况见附表，存在的主要问题及改进情况从略。"
    item = in_section(PAPER, 6, "无。", sentence)
    record = record_of(item)
    assert headings(record) == SIX
    assert sentence in record.sections[5].text


def test_a_heading_on_the_line_where_section_one_ends_begins_section_two() -> None:
    last = PAPER.prose[1][-1]
    item = with_line(with_line(PAPER, "二、"), last, f"{last}二、{HEADINGS[1]}")
    record = record_of(item)
    assert headings(record) == SIX
    assert record.sections[0].text.endswith(last)


@pytest.mark.parametrize(
    "lines",
    [
        ["清湾市柳河区水利局", "2023年政府信息公开工作年度报告"],
        [
            "清湾市柳河区水利局",
            "",
            "2023年",
            "",
            "政府信息公开工作",
            "年度报告",
        ],  # quirk 4: four lines, blank ones between
        ["清湾市柳河区水利局2023年政府信息公开", "工作年度报告"],
        ["清湾市柳河区水利局", "2023年政府信息公开工作年度报", "告"],
        ["清湾市柳河区", "水利局2023年政府信息公开工作年度报告"],
    ],
)
def test_a_title_over_several_lines_is_joined_up_to_its_last_word(lines: list[str]) -> None:
    made = "\n".join(lines) + text(PAPER).removeprefix(PAPER.title)
    record = record_of(PAPER, lambda _: made)
    assert record.title == "".join(lines)
    assert (record.publisher, record.report_year) == (PAPER.agency, 2023)


def titled(item: Paper, title: str) -> Paper:
    return replace(item, title=title)


@pytest.mark.parametrize(
    ("title", "publisher"),
    [
        ("清湾市柳河区水利局2023年政府信息公开 工作告年度报", "清湾市柳河区水利局"),  # quirk 5: scrambled
        ("清湾市柳河区水利局2023年政府信息公开工作年度报", "清湾市柳河区水利局"),  # cut
        ("清湾市柳河区水利局 2023 年政府信息 公开工作年度报告", "清湾市柳河区水利局"),  # quirk 57
        ("2023年清湾市柳河区水利局政府信息公开工作年度报告", "清湾市柳河区水利局"),  # quirk 7 and on
        ("清湾市柳河区水利局 政府信息公开工作2023年度报告", "清湾市柳河区水利局"),
        ("清湾市柳河区水利局2023年度政府信息公开工作年报", "清湾市柳河区水利局"),
        ("清湾市柳河区水利局2023年政务信息公开年度报告", "清湾市柳河区水利局"),
        ("清湾市柳河区水利局2023年度政府信息公开工作年度报告", "清湾市柳河区水利局"),
        ("清湾市柳河区水利局2023年政府信息公开工作的年度报告", "清湾市柳河区水利局"),
        ("(文字版)2023年清湾市柳河区水利局政府信息公开工作年度报告", "清湾市柳河区水利局"),
        ("清湾市柳河区水利局2023年政府信息公开工作年度报告（图片版）", "清湾市柳河区水利局"),
    ],
)
@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS.keys())
def test_a_title_in_any_order_names_publisher_and_year(
    render: Callable[[Paper], str | bytes], title: str, publisher: str
) -> None:
    item = titled(PAPER, title)
    record = record_of(item, render)
    assert (record.publisher, record.report_year) == (publisher, 2023)
    assert_exact(record, item)


def test_a_title_without_year_takes_it_from_the_period() -> None:  # quirk 6
    record = record_of(titled(PAPER, "清湾市柳河区水利局政府信息公开工作年度报告"))
    assert (record.publisher, record.report_year) == (PAPER.agency, 2023)
    assert "title.year_mismatch" not in rules(record)


def without_period(item: Paper) -> Paper:
    return replace(item, title=item.title.replace("2023年", ""), preface=item.preface.split("，统计期限")[0] + "。")


def test_a_report_without_year_and_period_takes_the_year_from_the_list() -> None:  # quirk 6
    hints = Hints(listed_title="清湾市柳河区水利局2022年政府信息公开工作年度报告")
    assert record_of(without_period(PAPER), hints=hints).report_year == 2022


def test_a_report_without_year_and_period_takes_the_year_its_text_speaks_of_most() -> None:  # quirk 6
    lines = tuple(f"2023年{month}月更新专栏一次。" for month in range(1, 7))
    assert record_of(in_section(without_period(PAPER), 1, *lines)).report_year == 2023


def test_a_report_that_speaks_of_two_years_alike_has_no_year() -> None:  # quirk 6
    item = in_section(without_period(PAPER), 1, "2022年更新两次，2023年更新三次。")
    item = replace(
        in_section(item, 5, "口径不齐。"), signed=None, prose={**item.prose, 5: ("口径不齐。",), 6: ("无。",)}
    )
    assert record_of(item).report_year is None


def test_a_seventh_section_leaves_the_six_in_place() -> None:  # quirk 8
    item = with_line(PAPER, "六、", "六、2024年工作思路", "把专栏的检索做细。", f"七、{HEADINGS[5]}")
    record = record_of(item)
    assert headings(record) == SIX
    assert record.sections[5].text.startswith(PAPER.prose[6][0])
    assert "sections.order" not in rules(record)


def test_a_preface_inside_section_one_belongs_to_it() -> None:  # quirk 8
    item = in_section(replace(PAPER, preface="前言从略。"), 1, PAPER.preface, *PAPER.prose[1])
    record = record_of(item)
    assert record.sections[0].text.startswith(PAPER.preface)
    assert record.contact.postcode is not None


@pytest.mark.parametrize(
    "line",
    [
        "(四).政府信息公开平台建设。。专栏进下一步改版",  # quirk 9
        "（二）主动公开政府信息情况",  # a sub-heading with the words of a section
        "（1）存在的主要问题及改进情况",
        "三、主动公开工作情况怎样，群众说了算。",
    ],
)
def test_a_sub_heading_is_prose(line: str) -> None:
    item = in_section(PAPER, 1, *PAPER.prose[1], line)
    record = record_of(item)
    assert headings(record) == SIX
    assert record.sections[0].text.endswith(line)


def test_an_instruction_of_the_template_left_in_harms_nothing() -> None:  # quirk 10
    instruction = "该部分以表格形式报告。表格如下:"
    item = PAPER
    for number in (2, 3):
        item = in_section(item, number, instruction)
    record = record_of(item)
    assert_exact(record, item)
    assert [section.text for section in record.sections[1:3]] == [instruction] * 2


def test_a_numbering_that_restarts_is_read_by_its_words() -> None:  # quirk 81
    prose = [f"{numeral}、{words}" for numeral, words in zip(NUMERALS, (
        "工作部署", "制度建设", "主动公开工作情况", "政府信息公开申请情况", "平台建设", "监督保障"), strict=True)]  # fmt: skip
    item = with_headings(
        PAPER, lambda number, words: f"{NUMERALS[number - 2]}、{words}" if number > 1 else f"一、{words}"
    )
    item = with_line(item, "一、总体情况", "一、总体情况", *prose)
    record = record_of(item)
    assert headings(record) == SIX
    assert_exact(record, item)


def test_a_missing_heading_is_missed_and_none_is_invented() -> None:  # quirk 82
    item = with_line(PAPER, "五、", "（一）主要问题")
    record = record_of(item)
    assert headings(record) == [pair for pair in SIX if pair[0] != 5]
    assert [finding.row for finding in record.findings if finding.rule == "sections.missing"] == ["5"]


def test_labels_of_rows_are_no_headings_in_text_without_tables() -> None:  # quirk 83
    def flat(item: Paper) -> str:
        lines = [item.title]
        for _, content in paragraphs(item):
            lines.extend([content] if isinstance(content, str) else [cell.text for row in content for cell in row])
        return "\n".join(lines)

    record = record_of(PAPER, flat)
    assert headings(record) == SIX
    assert record.sections[5].text.startswith(PAPER.prose[6][0])


def test_sections_in_another_order_are_said_to_be() -> None:
    lines = list(paragraphs(PAPER))
    moved = [part for part in lines if part[0] != 1]
    at = next(index for index, part in enumerate(moved) if part[0] == 5)
    moved[at:at] = [part for part in lines if part[0] == 1]
    record = record_of(replace(PAPER, layout=tuple(moved)))
    assert "sections.order" in rules(record)
    assert [section.number for section in record.sections] == [1, 2, 3, 4, 5, 6]


def test_a_section_that_says_nothing_is_said_to_be_empty() -> None:
    record = record_of(in_section(PAPER, 5))
    assert [finding.row for finding in record.findings if finding.rule == "sections.empty"] == ["5"]


def test_the_first_of_two_page_titles_counts_and_the_headline_before_both() -> None:  # quirk 92
    page = html(PAPER).replace('<div class="top">', '<title>柳河县人民政府</title><div class="top">')
    assert page.count("<title>") == 2
    record = record_of(PAPER, lambda _: page)
    assert (record.title, record.publisher) == (PAPER.title, PAPER.agency)


def test_a_page_title_gives_the_name_without_the_site_behind_it() -> None:  # quirk 92
    page = html(PAPER).replace(f"<h1>{PAPER.title}</h1>", "")
    assert page.count(PAPER.title) == 1
    assert record_of(PAPER, lambda _: page).title == PAPER.title


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("清湾市", Hints(page_title=PAPER.title)),
        ("清湾市", Hints(listed_title=PAPER.title)),
        (f"{PAPER.title}-清湾市", Hints()),
        ("清湾市", Hints()),
    ],
    ids=["the finder", "the list", "the page", "the heading alone"],
)
@pytest.mark.parametrize("kicker", ["", "<h2>清湾市</h2>"])
def test_a_headline_broken_within_a_word_is_joined(named: str, told: Hints, kicker: str) -> None:  # quirk 4
    broken = f"{kicker}<h1>{PAPER.title[:8]}<br>{PAPER.title[8:]}</h1>"
    whole = html(PAPER).replace(f"<h1>{PAPER.title}</h1>", broken)
    page = whole.replace(f"<title>{PAPER.title}-清湾市政府信息公开</title>", f"<title>{named}</title>")
    assert page.count(PAPER.title) == (PAPER.title in named)
    record = record_of(PAPER, lambda _: page, told)
    assert (record.title, record.publisher, record.report_year) == (PAPER.title, PAPER.agency, PAPER.year)


@pytest.mark.parametrize("furniture", ["2025年12月30日 星期二", "办事服务", "长者模式", "服务热线", "搜索"])
def test_a_word_of_the_pages_head_is_no_part_of_a_title_that_names_nobody(furniture: str) -> None:
    item = paper("清湾市档案馆", 2023)
    page = html(item).replace(item.title, "2023年政府信息公开年度报告")
    record = parse(page.replace("<body>", f"<body><div>{furniture}</div>", 1).encode())
    assert (record.title, record.publisher) == ("2023年政府信息公开年度报告", "清湾市档案馆")


def test_an_agency_above_a_title_that_names_nobody_is_its_publisher() -> None:
    item = paper("清湾市档案馆", 2023)
    page = html(item).replace(item.title, "清湾市档案馆</h1><h1>2023年政府信息公开年度报告")
    assert parse(page.encode()).publisher == "清湾市档案馆"
