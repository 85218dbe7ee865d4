"""Tables cut by pages and split into several (domain: section 8, quirks 27, 28, 85)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.papers.agreement import assert_exact, assert_never_wrong, record_of
from tests.papers.changes import (
    Content,
    halves,
    keys_of,
    with_rows,
    with_sheets,
)
from tests.papers.paper import (
    HEADINGS,
    REVIEW_LABELS,
    Paper,
    Sheet,
    SheetCell,
    paper,
    split_review_sheets,
)
from tests.papers.render import html, pipes, text, workbook

Dress = Callable[[Paper], str | bytes]
OLD = paper("大坪镇人民政府", 2020, busy=9)
NEW = paper("清湾市柳河区审计局", 2023, busy=40)
BOTH = pytest.mark.parametrize("item", [OLD, NEW], ids=["2019", "2021"])
RENDERED = pytest.mark.parametrize("dress", [html, text, pipes], ids=["html", "text", "pipes"])
SIX = list(enumerate(HEADINGS, 1))


@BOTH
@pytest.mark.parametrize("folio", ["- 3 -", "3", "第3页", "Page 9 - 2020年报_审计局 / P. 9"])
@pytest.mark.parametrize("dress", [html, text, pipes], ids=["html", "text", "pipes"])
def test_a_page_number_between_the_halves_of_a_table_is_no_row(item: Paper, folio: str, dress: Dress) -> None:  # 27
    def halved_by(sheet: Sheet) -> list[Content]:
        above, below = halves(sheet, len(sheet) // 2)
        return [above, folio, below]

    halved = item
    for number in (2, 3):
        halved = with_sheets(halved, number, halved_by)
    assert_exact(record_of(halved, dress), item)


@BOTH
def test_a_lone_page_number_at_the_end_is_no_text(item: Paper) -> None:  # quirk 27
    record = record_of(item, lambda paper: text(paper) + "\n1\n")
    assert_exact(record, item)
    assert not record.sections[5].text.endswith("1")


@BOTH
@RENDERED
def test_the_last_table_may_be_split_into_three(item: Paper, dress: Dress) -> None:  # quirk 28
    split = with_sheets(item, 4, lambda _: split_review_sheets(item))
    assert_exact(record_of(split, dress), item)


@BOTH
@RENDERED
def test_the_last_table_may_be_split_into_two(item: Paper, dress: Dress) -> None:  # quirk 28
    def change(sheet: Sheet) -> list[Content]:
        labels = tuple(SheetCell(cell.text) for cell in sheet[2][:5])
        groups = (SheetCell("未经复议直接起诉", 1, 5), SheetCell("复议后起诉", 1, 5))
        first = ((SheetCell("行政复议", 1, 5),), labels, sheet[3][:5])
        return [first, "", ((SheetCell("行政诉讼", 1, 10),), groups, (*labels, *labels), sheet[3][5:])]

    assert_exact(record_of(with_sheets(item, 4, change), dress), item)


def test_lines_of_prose_in_a_split_table_are_no_rows() -> None:  # quirk 85
    lines = ["（一）行政复议情况如下表", "（二）行政诉讼情况如下表", "（三）复议后起诉情况如下表"]
    split = with_sheets(
        NEW, 4, lambda _: [part for pair in zip(lines, split_review_sheets(NEW), strict=True) for part in pair]
    )
    assert_exact(record_of(split), NEW)


@BOTH
@RENDERED
def test_the_last_table_may_have_a_row_for_each_group(item: Paper, dress: Dress) -> None:
    def change(_: Sheet) -> list[Content]:
        head = tuple(SheetCell(text) for text in ("类别", *REVIEW_LABELS))
        rows = [(sheet[0][0], *sheet[2]) for sheet in split_review_sheets(item)]
        return [(head, *((replace(label, colspan=1), *values) for label, *values in rows))]

    assert_exact(record_of(with_sheets(item, 4, change), dress), item)
    blank = replace(item, figures={**item.figures, **dict.fromkeys(keys_of(item, "review."), "")})
    assert_exact(record_of(with_sheets(blank, 4, lambda sheet: [sheet]), dress), blank)


@BOTH
def test_blank_cells_beside_the_name_of_a_group_are_not_its_values(item: Paper) -> None:
    """A worksheet is as wide as its widest table: the others have blank cells on their right."""
    split = with_sheets(item, 4, lambda _: split_review_sheets(item))
    assert_exact(record_of(split, workbook), item)
    wide = with_rows(split, 4, lambda _, row: [*row, *[SheetCell("")] * 5])
    for dress in (html, text, pipes):
        assert_never_wrong(record_of(wide, dress), item)
