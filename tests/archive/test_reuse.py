"""What of one report's prose stands in another's: what counts, what is counted, and what scars are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reuse.comparison import RUN, reuse
from archive.reuse.plain import LEAST, plain
from archive.reuse.scars import DOUBLED, MOST, NAMED, OTHER_CLASS, scars
from archive.reuse.signatures import alike, bands, opened, signature, within
from parser.reading import parse
from parser.record import Section
from tests.archive.stories import story

BUREAU = "清湾市临江区财政局"


def section(text: str, number: int = 1) -> Section:
    return Section(number=number, heading="总体情况", text=text)


def text_of(text: str, publisher: str | None = BUREAU) -> str:
    return plain([section(text)], publisher).parts[0].text


# What counts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("全年公开 120 条。", "全年公开98条"),
        ("清湾市临江区财政局公开河道清淤", "临江区财政局公开河道清淤"),
        ("财政局公开河道清淤", "公开河道清淤"),
        ("临江区的河道清淤", "的河道清淤"),
        ("清湾市\n临江区 财政局公开河道清淤", "公开河道清淤"),
        ("根据《中华人民共和国政府信息公开条例》（国务院令第711号）编写", "根据编写"),
        ("统计期限自2021年1月1日起至2021年12月31日止", "统计期限自2023年1月1日起至2023年12月31日止"),
        ("我区本年度无其他需要报告的事项。", "我区"),
    ],
)
def test_figures_names_and_what_the_form_prescribes_do_not_count(one: str, other: str) -> None:
    assert text_of(one) == text_of(other)


def test_words_that_differ_count() -> None:
    assert text_of("公开河道清淤") != text_of("公开粮食收储")
    assert text_of("审计局公开河道清淤") != text_of("公开河道清淤")


@given(st.text(alphabet="清湾市财政局公开 1２、。\n无其他需要报告的事项A𠀀", max_size=60))
def test_every_sign_that_counts_is_found_again_where_it_is_printed(text: str) -> None:
    part = plain([section(text)], "清湾市财政局").parts[0]
    assert "".join(text[place] for place in part.places) == part.text


# What is counted


def shares(own: Sequence[str], other: Sequence[str]) -> list[float]:
    """The shares of sections by comparing every run with every other."""
    runs = {text[at : at + RUN] for text in other for at in range(len(text) - RUN + 1)}
    found = []
    for text in own:
        held = {at + step for at in range(len(text) - RUN + 1) if text[at : at + RUN] in runs for step in range(RUN)}
        found.append(len(held) / len(text) if text else 0.0)
    return found


BLOCKS = st.lists(st.sampled_from([story(seed, 40)[: 5 + 3 * seed] for seed in range(9)]), max_size=8)


@given(st.lists(BLOCKS, min_size=1, max_size=3), st.lists(BLOCKS, min_size=1, max_size=3))
def test_the_share_is_that_of_all_runs_of_thirteen_characters(one: list[list[str]], other: list[list[str]]) -> None:
    mine, theirs = (plain([section("".join(each)) for each in several], None) for several in (one, other))
    found = reuse(mine, theirs)
    expected = shares([part.text for part in mine.parts], [part.text for part in theirs.parts])
    assert [each.share for each in found.sections] == pytest.approx(expected)
    for passage in found.passages:
        assert passage.text in [part.printed[passage.start : passage.end] for part in mine.parts]


def test_a_passage_is_named_by_its_place_in_both_texts() -> None:
    common = story(3, 60)
    own, other = section(f"开头不同，{common}", 5), section(f"别处先说别的事。{common}末尾。", 1)
    (passage,) = reuse(plain([own], None), plain([other], None)).passages
    assert (passage.section, passage.other_section) == (5, 1)
    assert own.text[passage.start : passage.end] == other.text[passage.other_start : passage.other_end] == common


@pytest.mark.parametrize(
    ("sections", "share", "of"),
    [
        ({1: (300, 300), 5: (200, 0)}, 1.0, 1),
        ({1: (300, 0), 5: (200, 190), 6: (90, 90)}, 0.95, 5),
        ({1: (99, 99), 5: (300, 0)}, 99 / 399, None),
        ({1: (300, 0), 2: (300, 300)}, 0.5, None),
        ({1: (200, 190), 5: (200, 190)}, 0.95, None),
        ({1: (50, 50), 5: (49, 49)}, 0.0, None),
    ],
)
def test_a_copy_is_judged_by_all_prose_and_by_each_long_section_of_it(
    sections: dict[int, tuple[int, int]], share: float, of: int | None
) -> None:
    mine = plain([section(story(number, length), number) for number, (length, _) in sections.items()], None)
    theirs = plain([section(story(number, reused), number) for number, (_, reused) in sections.items()], None)
    found = reuse(mine, theirs)
    assert found.most() == (pytest.approx(share, abs=0.001), of)  # type: ignore[comparison-overlap]
    assert found.most(0.4)[1] == (of if found.share < 0.4 else None)


def test_what_says_only_that_there_is_nothing_is_too_short_to_be_a_copy() -> None:
    nothing = "本年度未收到政府信息公开申请。无其他需要报告的事项。本年度未收取信息处理费。"
    prose = plain([section(nothing, 1), section(nothing, 5), section("无。", 6)], None)
    assert prose.length < LEAST
    assert reuse(prose, prose).most() == (0.0, None)


# Signatures


def test_signatures_are_those_that_archives_hold() -> None:
    assert signature(story(1, 200))[:8].hex() == "4a4c2684a0040a5e"


def test_the_more_two_texts_share_the_more_their_signatures_do() -> None:
    whole = story(1, 1000)
    told = [
        alike(opened(signature(whole)), opened(signature(whole[:kept] + story(2, 1000)[kept:])))
        for kept in (1000, 900, 600, 0)
    ]
    assert told[0] == 1.0
    assert told == sorted(told, reverse=True)
    assert told[3] < 0.05


def test_copies_meet_under_one_key_of_a_year_and_strangers_do_not() -> None:
    whole = story(1, 600)
    copied = signature(whole[:540] + story(2, 60))
    assert set(bands(2023, signature(whole))) & set(bands(2023, copied))
    assert not set(bands(2023, signature(whole))) & set(bands(2022, signature(whole)))
    assert not set(bands(2023, signature(whole))) & set(bands(2023, signature(story(2, 600))))


@pytest.mark.parametrize(
    ("resemblance", "sizes", "share"), [(1.0, (100, 100), 1.0), (0.25, (100, 400), 1.0), (0.0, (9, 9), 0)]
)
def test_the_share_of_one_text_follows_from_that_of_both(
    resemblance: float, sizes: tuple[int, int], share: float
) -> None:
    assert within(resemblance, *sizes) == pytest.approx(share)


# Scars

SCARRED = [
    ("安宁市民政局", "2019年民政部政府信息公开工作总体良好。", [(NAMED, "民政部")]),
    ("安宁市民政局", "根据要求，现将2019年度民政部政府信息公开工作情况报告如下。", [(NAMED, "民政部")]),
    (BUREAU, "现将清湾市审计局2020年政府信息公开工作年度报告公布如下：", [(NAMED, "清湾市审计局")]),
    (BUREAU, "本报告由清湾市审计局编制。", [(NAMED, "清湾市审计局")]),
    (BUREAU, "2021年，财政局政府紧紧围绕全区中心工作。", [(DOUBLED, "财政局政府")]),
    (BUREAU, "一年来我局政府高度重视。", [(DOUBLED, "我局政府")]),
    ("清湾市横山镇", "我局认真落实条例。", [(OTHER_CLASS, "我局")]),
    ("清湾市横山街道办事处", "今年以来，我局加强培训。", [(OTHER_CLASS, "我局")]),
]
UNSCARRED = [
    ("安宁市民政局", "按照《2019年民政部政府信息公开工作要点》，逐项落实。"),
    ("安宁市民政局", "2019年民政部政府信息公开工作要点印发后，逐项落实。"),
    ("安宁市民政局", "对照2019年民政部政府信息公开工作的安排，逐项落实。"),
    (BUREAU, "2021年我局政府信息公开工作取得进展。"),
    (BUREAU, "2021年临江区财政局政府信息公开工作取得进展。"),
    (BUREAU, "2021年财政局政府信息公开工作取得进展。"),
    (BUREAU, "在财政局政府网站和财政局政府采购专栏公开。"),
    (BUREAU, "市政府高度重视，我局认真落实。"),
    ("清湾市横山镇", "克服自我局限，打开工作我局面。"),
    ("清湾市横山镇", "群众来信说“我局限于条件”。"),
    ("清湾市横山镇", "镇政府紧紧围绕中心工作，申请可向市政府及市政府办公室提出。"),
    ("清湾市人民政府", "市政府紧紧围绕中心工作。"),
    (None, "2019年民政部政府信息公开工作总体良好。"),
]


@pytest.mark.parametrize(("publisher", "text", "expected"), SCARRED)
def test_a_scar_is_found_where_it_stands(publisher: str, text: str, expected: list[tuple[str, str]]) -> None:
    found = scars(publisher, [section(text)])
    assert [(scar.what, scar.said) for scar in found] == expected
    assert [text[scar.start : scar.end] for scar in found] == [said for _, said in expected]


@pytest.mark.parametrize(("publisher", "text"), UNSCARRED)
def test_what_may_rightly_stand_there_is_no_scar(publisher: str | None, text: str) -> None:
    assert scars(publisher, [section(text)]) == []


def test_a_text_made_of_scars_has_only_so_many() -> None:
    assert len(scars("清湾市横山镇", [section("我局认真。" * 5000)])) == MOST


# Real documents


@pytest.mark.real
def test_real_reports_of_different_agencies_are_no_copies_and_one_with_another_name_and_figures_is(
    real_documents: Path,
) -> None:
    records = [parse(path.read_bytes()) for path in sorted(real_documents.glob("seed-*.txt"))]
    proses = [plain(record.sections, record.publisher) for record in records]
    for one in proses:
        assert max(reuse(one, other).most()[0] for other in proses if other is not one) < 0.1
    for record, prose in zip(records, proses, strict=True):
        changed = [
            each.model_copy(update={"text": re.sub(r"\d+", "7", each.text.replace(record.publisher or "-", BUREAU))})
            for each in record.sections
        ]
        assert reuse(plain(changed, BUREAU), prose).most()[0] > 0.95
    assert [scar.what for record in records for scar in scars(record.publisher, record.sections)] == [DOUBLED]
