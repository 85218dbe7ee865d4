from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.comparing.prose import Kind, Passage, SectionRow, compare_prose, similarity
from archive.comparing.sentences import READ, sentences
from archive.comparing.wording import Change, Differs, Effort, wording
from parser.record import Section

LEAD = "加强组织领导，明确由办公室牵头。"
TRAIN = "全年组织培训两次，各科室均派人参加。"
WEB = "专栏的检索入口移到首页，文件附上效力说明。"
COUNT = "本年新收政府信息公开申请{}件，办结{}件。"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一是好。二是坏！三是何？四是止；五", ["一是好。", "二是坏！", "三是何？", "四是止；", "五"]),
        ("（一）主动公开\n围绕重点", ["（一）主动公开", "围绕重点"]),
        ("印发《关于甲；乙的通知》。完", ["印发《关于甲；乙的通知》。", "完"]),
        ("他说“好。就办；”了。完", ["他说“好。就办；”了。", "完"]),
        ("（注：一。二）三。", ["（注：一。二）三。"]),
        ("（没有闭合。第二句。", ["（没有闭合。", "第二句。"]),
        ("多出的）一句。两句。", ["多出的）一句。", "两句。"]),
        ("第一，\n第二。", ["第一，第二。"]),
        ("《上\n海市政府信息公开规定》出台。", ["《上 海市政府信息公开规定》出台。"]),
        ("一。\n\n\n二。", ["一。", "二。"]),
        ("  无　。 ", ["无 。"]),
        ("", []),
        ("。", ["。"]),
    ],
)
def test_a_text_is_cut_where_a_reader_stops_and_not_inside_brackets_and_quotes(text: str, expected: list[str]) -> None:
    assert [one.text for one in sentences(text)] == expected


def test_a_page_of_one_width_is_read_as_if_its_lines_were_not_broken() -> None:
    text = "上海市科委深入贯彻信息公开条例和上海市政府信息公开规定，认真落实市委市政府关于政务公开工作的各项部署。" * 3
    lines = "\n".join(text[start : start + 27] for start in range(0, len(text), 27))
    assert [one.key for one in sentences(lines)] == [one.key for one in sentences(text)]


@pytest.mark.parametrize(
    ("one", "other"), [("共 12 件，已办。", "共12件,已办。"), ("“好”", '"好"'), ("（一）", "(一)"), ("製發", "制发")]
)
def test_spacing_width_and_variants_of_signs_make_no_other_sentence(one: str, other: str) -> None:
    assert [each.key for each in sentences(one)] == [each.key for each in sentences(other)]


def sections(*texts: str) -> list[Section]:
    return [Section(number=number, heading="总体情况", text=text) for number, text in enumerate(texts, 1)]


def compared(before: str, after: str) -> SectionRow:
    (row,) = compare_prose(sections(before), sections(after)).sections
    return row


def kinds(row: SectionRow) -> list[str]:
    return [passage.kind.value for passage in row.passages]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (LEAD + TRAIN, LEAD + TRAIN, ["reused", "reused"]),
        (LEAD, LEAD + TRAIN, ["reused", "added"]),
        (LEAD + TRAIN + WEB, LEAD + WEB, ["reused", "dropped", "reused"]),
        (TRAIN + LEAD, LEAD, ["dropped", "reused"]),
        (LEAD + TRAIN + WEB, TRAIN + WEB + LEAD, ["reused", "reused", "moved"]),
        (COUNT.format(21, 20), COUNT.format(30, 28), ["changed"]),
        (TRAIN, "全年组织培训五次，各科室及乡镇均派人参加。", ["changed"]),
        (LEAD, WEB, ["dropped", "added"]),
        ("无。", "无。", ["reused"]),
        ("无。", "没有。", ["dropped", "added"]),
        (LEAD + LEAD, LEAD, ["reused", "dropped"]),
        ("", "", []),
    ],
)
def test_each_sentence_is_reused_moved_changed_added_or_dropped(before: str, after: str, expected: list[str]) -> None:
    assert kinds(compared(before, after)) == expected


def test_a_sentence_that_differs_in_numbers_only_is_changed_with_its_numbers_marked() -> None:
    (passage,) = compared(COUNT.format(21, "1,020"), COUNT.format(30, "1,020")).passages
    assert passage.differs is Differs.FIGURES
    assert [
        (piece.change, piece.text, piece.figure) for piece in passage.pieces if piece.change is not Change.SAME
    ] == [
        (Change.DROPPED, "21", True),
        (Change.ADDED, "30", True),
    ]


def test_numbers_and_words_that_changed_are_told_apart() -> None:
    (passage,) = compared("全年举办培训3次，完善制度建设。", "全年举办讲座4次，完善制度建设。").passages
    assert passage.differs is Differs.WORDS
    assert [(piece.change.value, piece.text) for piece in passage.pieces if not piece.figure] == [
        ("same", "全年举办"),
        ("dropped", "培训"),
        ("added", "讲座"),
        ("same", "次，完善制度建设。"),
    ]
    assert [piece.text for piece in passage.pieces if piece.figure] == ["3", "4"]


def test_a_sentence_in_another_section_is_moved_and_a_short_one_is_not() -> None:
    before = sections(LEAD + "无。", TRAIN, "")
    after = sections("", LEAD + TRAIN, "无。")
    rows = compare_prose(before, after).sections
    assert [(one.kind, one.before_section, one.after_section) for one in rows[1].passages] == [
        (Kind.MOVED, 1, 2),
        (Kind.REUSED, 2, 2),
    ]
    assert (kinds(rows[0]), kinds(rows[2])) == (["dropped"], ["added"])


def test_a_sentence_that_changed_and_stands_in_another_section_says_both() -> None:
    rows = compare_prose(sections(COUNT.format(21, 20), ""), sections("", COUNT.format(5, 4))).sections
    (passage,) = rows[1].passages
    assert (passage.kind, passage.moved, passage.before_section) == (Kind.CHANGED, True, 1)


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        (LEAD + TRAIN, LEAD + TRAIN, 1.0),
        (LEAD, WEB, 0.0),
        (LEAD, LEAD + "一" * (len(LEAD) - 1) + "。", 0.5),
        (LEAD + TRAIN, TRAIN + LEAD, 1.0),
        ("", LEAD, 0.0),
        (LEAD, "", None),
        ("共有九十八份年度报告编制完成。", "共有九十九份年度报告编制完成。", 14 / 15),
    ],
)
def test_the_share_reused_is_counted_in_characters_of_the_later_report(
    before: str, after: str, share: float | None
) -> None:
    found = compare_prose(sections(before), sections(after))
    assert found.reused == found.sections[0].reused == (None if share is None else pytest.approx(share))


def test_a_section_that_one_report_has_not_stands_alone() -> None:
    first, second = compare_prose(sections(LEAD), sections(LEAD, TRAIN)).sections
    assert (first.similarity, second.similarity, second.before) == (1.0, None, None)
    assert kinds(second) == ["added"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", 1.0),
        ("无。", "无。", 1.0),
        ("无。", "", 0.0),
        ("一二三四五六", "一 二三四\n五六", 1.0),
        ("一二三四五", "六七八九十", 0.0),
    ],
)
def test_similarity_is_the_share_of_runs_in_common(before: str, after: str, expected: float) -> None:
    assert similarity(before, after) == expected


TEXTS = st.lists(
    st.sampled_from([LEAD, TRAIN, WEB, COUNT.format(1, 2), COUNT.format(3, 4), "无。", "（一）情况\n", "《未闭"]),
    max_size=8,
)


@given(st.lists(TEXTS, max_size=3), st.lists(TEXTS, max_size=3))
def test_no_sentence_is_lost_and_none_is_told_twice(before: list[list[str]], after: list[list[str]]) -> None:
    old, new = sections(*map("".join, before)), sections(*map("".join, after))
    found = compare_prose(old, new)
    passages = [passage for row in found.sections for passage in row.passages]
    for texts, told in ((old, [each.before for each in passages]), (new, [each.after for each in passages])):
        printed = [one.text for section in texts for one in sentences(section.text)]
        assert sorted(text for text in told if text is not None) == sorted(printed)
    assert all(0 <= row.reused <= 1 for row in found.sections if row.reused is not None)
    for row in found.sections:
        here = [one.text for section in new if section.number == row.number for one in sentences(section.text)]
        assert [one.after for one in row.passages if one.after is not None] == here


@given(st.text("甲乙丙12件。，", max_size=40), st.text("甲乙丙12件。，", max_size=40))
def test_the_pieces_of_a_change_make_up_both_sentences(before: str, after: str) -> None:
    pieces = wording(before, after, Effort())
    for text, other in ((before, Change.ADDED), (after, Change.DROPPED)):
        assert "".join(piece.text for piece in pieces if piece.change is not other) == text
    assert all(piece.text for piece in pieces)


def test_what_is_too_much_to_compare_word_by_word_stands_as_a_whole() -> None:
    one, other = "甲乙" * 300 + "丙", "乙甲" * 300 + "丁"
    assert [piece.change for piece in wording(one, other, Effort(10))] == [Change.DROPPED, Change.ADDED]


def letters(seed: int) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice("甲乙丙丁") for _ in range(READ)) + "戊" * (1_000_000 - READ)


MEGABYTES: dict[str, Callable[[], tuple[str, str]]] = {
    "one sentence": lambda: ("啊" * 1_000_000, "啊" * 999_999 + "吧"),
    "the shortest sentences": lambda: ("啊。" * 500_000, "吧。" * 500_000),
    "brackets": lambda: ("（《“" * 300_000, "”》）" * 300_000),
    "four letters": lambda: (letters(1), letters(2)),
    "numbers": lambda: ("培训12次，甲。" * 100_000, "培训13次，乙。" * 100_000),
}


@pytest.mark.parametrize("name", MEGABYTES)
def test_a_section_of_a_megabyte_is_compared_in_seconds(name: str) -> None:
    before, after = MEGABYTES[name]()
    begun = monotonic()
    row = compared(before, after)
    assert monotonic() - begun < 30  # a second on an idle machine; quadratic, it would be hours
    assert row.unread == sum(len(text) - READ for text in (before, after))


def test_time_grows_with_the_length_and_not_with_its_square() -> None:
    """Six times the sentences, all of them alike and none the same, take less than thirty times as long."""
    rng = random.Random(2)
    taken = []
    for count in (200, 1200):
        base = [
            "".join(rng.choice("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉") for _ in range(30)) for _ in range(count)
        ]
        changed = [f"{text[:12]}变{text[13:]}。" for text in base]
        rng.shuffle(changed)
        begun = monotonic()
        row = compared("。".join(base) + "。", "".join(changed))
        taken.append(monotonic() - begun)
        assert row.count(Kind.CHANGED) > count * 0.95
    assert all(later < max(earlier, 0.05) * 30 for earlier, later in pairwise(taken))


def test_passages_are_plain_values() -> None:
    assert compared(LEAD, LEAD).passages == (Passage(Kind.REUSED, LEAD, LEAD, 1, 1),)
