"""What changed between two versions: figures, names, sections and their sentences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.deriving.changes import Changes, FigureChange, NameChange, Printed, SectionChange, compare
from archive.deriving.versions import meaning
from parser.record import Contact, Figure, Place, Record, Section, State

KEY = "requests.new.total"


def figure(text: str, state: State = State.NUMBER, **facts: Any) -> Figure:
    return Figure(value=int(text) if state is State.NUMBER else None, text=text, state=state, **facts)


def section(text: str, number: int = 6, heading: str = "其他需要报告的事项") -> Section:
    return Section(number=number, heading=heading, text=text)


BASE = Record(title="清湾市财政局报告", publisher="清湾市财政局", report_year=2023, template="2021",
              figures={KEY: figure("3"), "a.b.c": figure("/", State.DASH)}, sections=(section("无。已公开三件。"),))  # fmt: skip


def test_nothing_changes_where_only_spacing_and_places_do() -> None:
    other = BASE.model_copy(
        update={
            "title": "清湾市财政局 报告",
            "figures": {KEY: figure(" 3", at=Place(row=9)), "a.b.c": figure("/", State.DASH)},
            "sections": (section("无 。\n已公开三件。"),),
        }
    )
    assert not compare(BASE, other)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({KEY: figure("4")}, FigureChange(KEY, Printed("3", State.NUMBER), Printed("4", State.NUMBER))),
        ({KEY: figure("", State.BLANK)}, FigureChange(KEY, Printed("3", State.NUMBER), Printed("", State.BLANK))),
        (
            {KEY: figure("3", unit="件")},
            FigureChange(KEY, Printed("3", State.NUMBER), Printed("3", State.NUMBER, "件")),
        ),
        ({}, FigureChange(KEY, Printed("3", State.NUMBER), None)),
        ({KEY: figure("3"), "x.y.z": figure("1")}, FigureChange("x.y.z", None, Printed("1", State.NUMBER))),
    ],
    ids=["another number", "blanked", "another unit", "vanished", "appeared"],
)
def test_a_figure_is_named_with_what_it_printed_before_and_after(
    figures: dict[str, Figure], expected: FigureChange
) -> None:
    other = BASE.model_copy(update={"figures": {"a.b.c": figure("/", State.DASH), **figures}})
    assert compare(BASE, other) == Changes(figures=(expected,))


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"title": "更正"}, NameChange("title", "清湾市财政局报告", "更正")),
        ({"publisher": None}, NameChange("publisher", "清湾市财政局", None)),
        ({"report_year": 2022}, NameChange("report_year", 2023, 2022)),
        ({"template": "2019"}, NameChange("template", "2021", "2019")),
        ({"contact": Contact(phone="0990-1")}, NameChange("contact.phone", None, "0990-1")),
    ],
)
def test_a_name_is_given_before_and_after(update: dict[str, Any], expected: NameChange) -> None:
    assert compare(BASE, BASE.model_copy(update=update)) == Changes(names=(expected,))


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (
            (section("无。已公开四件。"),),
            SectionChange(6, "其他需要报告的事项", "changed", ("已公开三件。",), ("已公开四件。",)),
        ),
        (
            (section("无。已公开三件。", heading="其他"),),
            SectionChange(6, "其他", "changed", ("其他需要报告的事项",), ("其他",)),
        ),
        ((), SectionChange(6, "其他需要报告的事项", "removed", ("无。", "已公开三件。"), ())),
        (
            (section("甲。", 1, "总体情况"), section("无。已公开三件。")),
            SectionChange(1, "总体情况", "added", (), ("甲。",)),
        ),
    ],
    ids=["sentence", "heading", "removed", "added"],
)
def test_a_section_tells_the_sentences_that_went_and_came(
    sections: tuple[Section, ...], expected: SectionChange
) -> None:
    assert compare(BASE, BASE.model_copy(update={"sections": sections})) == Changes(sections=(expected,))


def test_a_rewritten_text_of_any_length_is_told_within_bounds() -> None:
    long = [section("".join(f"第{n}句{word}。" for n in range(5000)) + "长" * 5000) for word in ("甲", "乙")]
    (change,) = compare(
        BASE.model_copy(update={"sections": (long[0],)}), BASE.model_copy(update={"sections": (long[1],)})
    ).sections
    assert (len(change.removed), len(change.added)) == (20, 20)
    assert max(map(len, (*change.removed, *change.added))) <= 200


def test_changes_read_as_words() -> None:
    other = BASE.model_copy(update={"title": None, "figures": {KEY: figure("4")}, "sections": (section("无。"),)})
    assert list(compare(BASE, other).words()) == [
        "title: 清湾市财政局报告 → —",
        "requests.new.total: 3 → 4",
        "a.b.c: / → —",
        "section 6 其他需要报告的事项: changed",
        "  - 已公开三件。",
    ]


TEXTS = st.text("甲乙。 \n", max_size=6)
RECORDS = st.builds(
    Record,
    title=st.none() | TEXTS,
    publisher=st.none() | TEXTS,
    report_year=st.none() | st.integers(2022, 2023),
    contact=st.builds(Contact, phone=st.none() | TEXTS),
    figures=st.dictionaries(
        st.sampled_from(["a.b.c", "d.e.f"]),
        st.builds(
            Figure, value=st.none(), text=TEXTS, state=st.sampled_from([State.BLANK, State.TEXT]), note=st.none() | TEXTS
        ),
    ),
    sections=st.lists(
        st.builds(Section, number=st.integers(1, 3), heading=TEXTS, text=TEXTS), max_size=4
    ).map(tuple),
)  # fmt: skip


@given(before=RECORDS, after=RECORDS)
def test_two_records_differ_in_meaning_just_where_something_changed(before: Record, after: Record) -> None:
    assert bool(compare(before, after)) == (meaning(before) != meaning(after))
