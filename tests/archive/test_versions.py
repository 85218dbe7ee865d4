from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from archive.deriving.versions import meaning, rank, signed_on
from parser.record import Figure, Place, PublishedSource, Record, Section, State


def record(text: str = "无。", *, value: int = 3, row: int = 1, **facts: Any) -> Record:
    figure = Figure(value=value, text=str(value), state=State.NUMBER, unit="件", at=Place(row=row))
    return Record(
        title="清湾市财政局2023年报告",
        figures={"a.b.c": figure},
        sections=(Section(number=6, heading="其他", text=text),),
        **facts,
    )


@pytest.mark.parametrize(
    "other",
    [
        record("无 。\n"),
        record(row=9),
        record(published_on=date(2024, 1, 1)),
    ],
    ids=["spacing", "place", "date of publication"],
)
def test_what_is_not_the_meaning_changes_no_digest(other: Record) -> None:
    assert meaning(other) == meaning(record())


@pytest.mark.parametrize(
    "other", [record("有。"), record(value=4), record(report_year=2023), record(publisher="清湾市财政局")]
)
def test_what_is_the_meaning_changes_the_digest(other: Record) -> None:
    assert meaning(other).digest != meaning(record()).digest


def test_figures_and_prose_have_digests_of_their_own() -> None:
    one, figures, prose = meaning(record()), meaning(record(value=4)), meaning(record("有。"))
    assert (figures.prose, prose.record) == (one.prose, one.record)
    assert figures.record != one.record
    assert prose.prose != one.prose


def test_a_document_that_could_not_be_read_is_known_by_its_bytes() -> None:
    assert meaning(record(), "a").digest != meaning(record(), "b").digest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("无其他需要报告的事项。\n清湾市财政局\n2024年1月19日", date(2024, 1, 19)),
        ("无。 清湾市财政局 二〇二四年一月十九日", date(2024, 1, 19)),
        ("无。二○二四年三月二十一日 - 5 -", date(2024, 3, 21)),
        ("2024年1月5日召开会议，" + "部署下一年度的政务公开工作，要求各科室逐件核对效力并按季度抽查专栏。", None),
        ("无。2024年2月30日", None),
        ("", None),
    ],
)
def test_the_date_signed_stands_at_the_end(text: str, expected: date | None) -> None:
    assert signed_on(record(text)) == expected


def test_a_date_of_publication_that_was_signed_is_the_date_signed() -> None:
    signed = record(published_on=date(2024, 1, 9), published_source=PublishedSource.SIGNED)
    assert signed_on(signed) == date(2024, 1, 9)


def test_the_date_of_a_list_is_better_than_the_one_signed() -> None:
    assert rank("list") < rank("page") < rank("signed") < rank(None)
