"""Figures beside the records: whatever a record prints is read back from few bytes as it was."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from archive.figures import Figures, PackedFigures, figures_of
from parser import Hints, ParserError, parse
from parser.forms import form
from parser.record import Figure, State

COLUMN, DIALECT = PackedFigures(), sqlite.dialect()
KEYS = [
    *(f"requests.{row}.{column.name}" for row in form("requests").row_names for column in form("requests").columns),
    *("disclosure.procurement.amount", "statistics_2014.received.value", "disclosure.published.total", "a.row.unknown"),
]
_NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=4)
_CELLS = st.builds(lambda value: Figure(value=value, text=str(value), state=State.NUMBER), _NUMBERS) | st.sampled_from([
    Figure(value=None, text=text, state=state)
    for text, state in (("", State.BLANK), ("/", State.DASH), ("减4", State.TEXT))
])  # fmt: skip


def packed(figures: Figures) -> bytes:
    data = COLUMN.process_bind_param(figures, DIALECT)
    assert data is not None
    return data


def said(printed: dict[str, Figure]) -> dict[str, object]:
    return {key: cell.value if cell.state is State.NUMBER else cell.state for key, cell in printed.items()}


@given(printed=st.dictionaries(st.sampled_from(KEYS), _CELLS))
def test_what_is_printed_is_read_back_as_it_was(printed: dict[str, Figure]) -> None:
    found = COLUMN.process_result_value(packed(figures_of(printed)), DIALECT)
    assert found is not None
    assert dict(found) == said(printed)
    assert len(found) == len(printed)
    assert dict(found.numbers()) == {key: cell.value for key, cell in printed.items() if cell.state is State.NUMBER}


def test_a_cell_that_is_not_printed_has_no_key_and_a_blank_is_no_nought() -> None:
    blank = Figure(value=None, text="", state=State.BLANK)
    found = figures_of(
        {"requests.new.total": blank, "requests.new.other": Figure(value=0, text="0", state=State.NUMBER)}
    )
    assert found["requests.new.total"] is State.BLANK
    assert found.number("requests.new.total") is None
    assert found.number("requests.new.other") == 0
    assert "requests.new.business" not in found
    with pytest.raises(KeyError):
        found["requests.new.business"]
    assert dict(figures_of({})) == {}


def test_decimals_are_exact() -> None:
    amount = Figure(value=Decimal("59237.2449"), text="59237.2449", state=State.NUMBER)
    found = COLUMN.process_result_value(packed(figures_of({"disclosure.fees.amount": amount})), DIALECT)
    assert found is not None
    assert found.number("disclosure.fees.amount") == Decimal("59237.2449")


def test_what_is_damaged_or_of_another_layout_is_read_as_unknown_and_never_wrongly() -> None:
    good = packed(figures_of({"requests.new.total": Figure(value=7, text="7", state=State.NUMBER)}))
    for position in range(len(good)):
        for damaged in (good[:position], good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :]):
            found = COLUMN.process_result_value(damaged, DIALECT)
            assert found is None or dict(found) == {"requests.new.total": 7}


@pytest.mark.real
def test_the_figures_of_the_real_documents_survive(real_documents: Path) -> None:
    read = 0
    for file in sorted(real_documents.iterdir()):
        if file.suffix not in {".txt", ".html", ".pdf", ".docx"}:
            continue
        try:
            record = parse(file.read_bytes(), Hints())
        except ParserError:
            continue
        found = COLUMN.process_result_value(packed(figures_of(record.figures)), DIALECT)
        assert found is not None
        assert dict(found) == said(record.figures)
        read += 1
    assert read > 5
