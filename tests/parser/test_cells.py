"""A cell is read as it is printed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.cells import read_cell
from parser.record import State


@pytest.mark.parametrize(
    ("printed", "value", "unit", "note"),
    [
        ("0", 0, None, None),
        ("\u00a00", 0, None, None),  # quirk 14: NBSP around zeros
        ("0\u00a0", 0, None, None),
        ("１２３", 123, None, None),  # full-width digits
        ("1,234", 1234, None, None),
        ("59，395", 59395, None, None),
        ("12,345,678", 12345678, None, None),
        ("+451", 451, None, None),  # quirk 30: signed changes
        ("-2147", -2147, None, None),
        ("－2147", -2147, None, None),
        ("−3", -3, None, None),
        ("117万元", 117, "万元", None),  # quirk 31: units are kept, never converted
        ("251000元", 251000, "元", None),
        ("43个。", 43, "个", None),
        ("0件", 0, "件", None),
        ("59237.2449", Decimal("59237.2449"), None, None),  # quirk 80: exact decimals
        ("7730.20", Decimal("7730.20"), None, None),
        ("22（其中修订 16 件）", 22, None, "其中修订16件"),  # quirk 79: a remark in the cell
        ("4(含自然失效)", 4, None, "含自然失效"),
        ("3件（含上年结转1件）。", 3, "件", "含上年结转1件"),
    ],
)
def test_a_number_keeps_its_value_unit_and_remark(
    printed: str, value: int | Decimal, unit: str | None, note: str | None
) -> None:
    reading = read_cell(printed)
    assert (reading.state, reading.value, reading.unit, reading.note) == (State.NUMBER, value, unit, note)


@pytest.mark.parametrize("printed", ["", " ", "\u00a0", "\u3000\u3000", "\n\n", "\u200b"])
def test_white_space_of_any_kind_is_blank(printed: str) -> None:
    assert read_cell(printed).state is State.BLANK


@pytest.mark.parametrize("printed", ["/", "-", "—", "——", "无", " / ", "－", "–"])
def test_a_stroke_is_a_dash(printed: str) -> None:
    reading = read_cell(printed)
    assert (reading.state, reading.value) == (State.DASH, None)


@pytest.mark.parametrize(
    "printed",
    [
        "减4",  # quirk 30
        "空",
        "约5",
        "5-6",
        "1 2",  # two numbers in one cell are nobody's value
        "1\n2",
        "12,34",
        "1.2.3",
        "一",
        "? 0",  # quirk 14: an NBSP lost in a round trip
        "见附件",
        "3+2",
        "1e5",
        "9" * 16,
    ],
)
def test_anything_else_is_text_without_a_value(printed: str) -> None:
    reading = read_cell(printed)
    assert (reading.state, reading.value) == (State.TEXT, None)


@given(st.integers(min_value=0, max_value=10**12))
def test_thousand_separators_change_nothing(number: int) -> None:
    assert read_cell(f"{number:,}").value == number == read_cell(str(number)).value


@given(st.text(max_size=30))
def test_no_text_makes_the_reader_fail_or_a_value_without_a_digit(text: str) -> None:
    reading = read_cell(text)
    assert reading.value is None or any(char.isdigit() or char.isnumeric() for char in text)
    assert (reading.value is not None) == (reading.state is State.NUMBER)
