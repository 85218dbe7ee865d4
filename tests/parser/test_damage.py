"""What is cut or lost costs figures and makes none wrong: any cut of a file, any blanking of cells, any lost cell."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parser import ParserError, Record, parse
from parser.record import State
from tests.papers.agreement import assert_exact, assert_never_wrong, wrong
from tests.papers.changes import with_rows
from tests.papers.corpus import expanded_pipes, flattened, wide_table
from tests.papers.indicators import indicator_sheet, old_paper, with_table
from tests.papers.pages import ofd, pdf
from tests.papers.paper import Paper, SheetCell, paper
from tests.papers.render import html, pipes, text, word, workbook

TIMES = 4 if "XXGK_FUZZ_ROUNDS" in os.environ else 1  # as much of everything
Dress = Callable[[Paper], str | bytes]
TEXTS: dict[str, Dress] = {
    "html": html, "text": text, "pipes": pipes, "repeated pipes": expanded_pipes, "flattened": flattened,
    "wide table": wide_table,
}  # fmt: skip
FILES: dict[str, Dress] = {"docx": word, "xlsx": workbook, "pdf": pdf, "ofd": ofd}


def long_numbers(item: Paper) -> Paper:
    """The paper with another number of four digits in every cell: a digit lost is another number."""
    return replace(item, figures={key: str(1203 + 7 * at) for at, key in enumerate(item.figures)})


OLD = long_numbers(paper("清湾市柳河区水利局", 2020))
NEW = long_numbers(paper("清湾市柳河区水利局", 2023))
SUMS = paper("清湾市柳河区水利局", 2023, busy=4000)  # running text counts only where it adds up
EARLIER = long_numbers(old_paper(year=2016))
EARLIER = with_table(EARLIER, indicator_sheet(EARLIER))
EARLIEST = long_numbers(old_paper(year=2012))
EARLIEST = with_table(EARLIEST, indicator_sheet(EARLIEST))
ITEMS = {"2019": OLD, "2021": NEW, "sums": SUMS, "2014": EARLIER, "2008": EARLIEST}
ITEM = pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())


def made(item: Paper, dress: Dress) -> bytes:
    data = dress(item)
    return data.encode() if isinstance(data, str) else data


def read(data: bytes) -> Record | None:
    """The record, or null where the document is refused in a sentence; anything else is a failure."""
    try:
        return parse(data)
    except ParserError as error:
        said = str(error)
    assert said
    assert "\n" not in said
    return None


def check(item: Paper, data: bytes) -> None:
    record = read(data)
    if record is not None:
        assert_never_wrong(record, item)
        assert record.report_year in {item.year, None}


@ITEM
@pytest.mark.parametrize("dress", TEXTS.values(), ids=TEXTS.keys())
def test_a_cut_inside_a_number_makes_no_other_number_of_it(item: Paper, dress: Dress) -> None:
    page = made(item, dress).decode()
    ends = [found.start() + 1 + at for found in re.finditer(r"\d{3,4}(?!\d)", page) for at in (0, 1, 2)]
    for end in ends[:: max(1, len(ends) // (30 * TIMES))]:
        check(item, page[:end].encode())


@ITEM
@pytest.mark.parametrize("dress", TEXTS.values(), ids=TEXTS.keys())
def test_any_cut_of_a_text_ends_cleanly(item: Paper, dress: Dress) -> None:
    data = made(item, dress)

    @settings(max_examples=20 * TIMES, deadline=None)
    @given(st.integers(0, len(data)))
    def cut(end: int) -> None:
        check(item, data[:end])

    cut()


@pytest.mark.parametrize("dress", FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("item", [NEW, EARLIER], ids=["2021", "2014"])
def test_any_cut_of_a_file_ends_cleanly(item: Paper, dress: Dress) -> None:
    data = made(item, dress)

    @settings(max_examples=8 * TIMES, deadline=None)
    @given(st.integers(0, len(data) - 1))
    def cut(end: int) -> None:
        check(item, data[:end])

    cut()


@pytest.mark.parametrize("dress", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_without_its_beginning_has_no_wrong_figure(dress: Dress) -> None:
    data = made(SUMS, dress)

    @settings(max_examples=16 * TIMES, deadline=None)
    @given(st.integers(0, len(data)))
    def cut(start: int) -> None:
        record = read(data[start:])
        if record is not None:
            assert wrong(record, SUMS) == {}

    cut()


def test_a_complete_text_needs_no_newline_at_its_end() -> None:
    for dress in (text, pipes):
        assert_exact(parse(made(NEW, dress).rstrip(b"\n")), NEW)
    ended = replace(NEW, prose={**NEW.prose, 6: ()}, signed=None, signed_by=None)
    assert_exact(parse(made(ended, html).split(b'<div class="foot">')[0]), ended)


@pytest.mark.parametrize("signed", ["2024年1月19日", "2024-01-19"])
def test_a_date_at_the_very_end_is_read_without_a_newline(signed: str) -> None:
    record = parse(made(replace(NEW, signed=signed), text).rstrip(b"\n"))
    assert str(record.published_on) == "2024-01-19"


def blanked(item: Paper, seed: int) -> Paper:
    """The paper with some cells blank: a few, or most of them."""
    rng = random.Random(seed)
    share = rng.choice((0.02, 0.2, 0.6, 0.95))
    return replace(item, figures={key: "" if rng.random() < share else shown for key, shown in item.figures.items()})


@pytest.mark.parametrize("dress", [html, text, word], ids=["html", "text", "docx"])
@pytest.mark.parametrize("item", [OLD, NEW], ids=["2019", "2021"])
def test_blank_cells_never_move_a_number(item: Paper, dress: Dress) -> None:
    for seed in range((6 if dress is not word else 1) * TIMES):
        some = blanked(item, seed)
        record = parse(made(some, dress))
        assert_exact(record, some)
        assert sum(figure.state is State.BLANK for figure in record.figures.values()) == list(
            some.figures.values()
        ).count("")


@pytest.mark.parametrize("dress", [*TEXTS.values(), pdf, ofd, workbook], ids=[*TEXTS, "pdf", "ofd", "xlsx"])
@pytest.mark.parametrize("item", [OLD, NEW, SUMS], ids=["2019", "2021", "sums"])
def test_blank_cells_make_no_figure_wrong_in_any_format(item: Paper, dress: Dress) -> None:
    for seed in range((4 if dress in TEXTS.values() else 1) * TIMES):
        some = blanked(item, 100 + seed)
        record = parse(made(some, dress))
        assert wrong(record, some) == {}


@pytest.mark.parametrize("dress", [html, text], ids=["html", "text"])
@pytest.mark.parametrize("item", [OLD, NEW], ids=["2019", "2021"])
def test_lost_cells_make_no_figure_wrong(item: Paper, dress: Dress) -> None:
    """One to three cells of values are gone; whatever stood right of them has moved left."""
    keys = list(item.figures)
    for seed in range(12 * TIMES):
        rng = random.Random(seed)
        gone = set(rng.sample(keys, rng.randint(1, 3)))

        def change(_: int, row: tuple[SheetCell, ...], gone: set[str] = gone) -> list[SheetCell]:
            return [cell for cell in row if cell.key not in gone]

        some = item
        for number in (2, 3, 4):
            some = with_rows(some, number, change)
        record = parse(made(some, dress))
        assert_never_wrong(record, replace(item, figures={k: v for k, v in item.figures.items() if k not in gone}))


@ITEM
@pytest.mark.parametrize("dress", [*TEXTS.values(), pdf], ids=[*TEXTS, "pdf"])
def test_the_same_bytes_give_the_same_record(item: Paper, dress: Dress) -> None:
    data = made(item, dress)
    assert parse(data).to_json() == parse(data).to_json()
