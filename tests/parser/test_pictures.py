"""Scans and pictures: recognised where the ocr extra is installed; a number read from one is never wrong, it may be missing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from parser import Hints, NotAReport, Record, UnreadableDocument, UnsupportedFormat, parse
from parser.cells import Reading, read_cell
from parser.documents import ocr, read
from parser.documents.album import bind
from parser.documents.document import Cell
from parser.isolation import IsolatedParser, Limits
from parser.record import State
from parser.stubs import Body
from parser.tables import LEAST_SURE
from tests.papers.paper import Paper, paper

if TYPE_CHECKING:
    from PIL import Image

PAPER = paper(year=2020, seed=2)
PNG_HEAD = b"\x89PNG\r\n\x1a\n"

needs_ocr = pytest.mark.skipif(
    not ocr.is_installed(), reason="the ocr extra is not installed (pip install 'xxgk[ocr]')"
)


@pytest.fixture(scope="module")
def chinese() -> None:
    scans = pytest.importorskip("tests.papers.scans", reason="the ocr extra is not installed", exc_type=ImportError)
    if not scans.can_draw_chinese():
        pytest.skip(scans.NO_FONT)


def wrong(record: Record, item: Paper) -> list[str]:
    """The figures a record has and the paper does not print so."""
    return [
        f"{key}: {figure.text!r} for {item.figures.get(key)!r}"
        for key, figure in record.figures.items()
        if key not in item.figures or (figure.value, figure.state) != _printed(item.figures[key])
    ]


def _printed(text: str) -> tuple[object, State]:
    reading = read_cell(text)
    return reading.value, reading.state


def pictured(pages: Sequence[Image.Image]) -> Record:
    from tests.papers.scans import tiff

    return parse(tiff(pages), Hints(name="report.tif"))


# What is measured with PDFium's pages of one report of 198 figures, in fonts AR PL UMing and WenQuanYi Micro Hei;
# the floors are lower, since fonts differ from machine to machine.
@needs_ocr
@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("flaw", "least"),
    [
        ("none", 0.9),
        ("turned 0.7", 0.8),
        ("noisy 12", 0.7),
        ("dusty 0.0005", 0.8),
        ("100 dots", 0.6),
        ("blurred 2", 0.0),
    ],
)
def test_no_figure_of_a_scan_is_wrong_and_most_are_found(flaw: str, least: float) -> None:
    from tests.papers.scans import scanned

    try:
        record = pictured(scanned(PAPER, flaw))
    except NotAReport:  # what nobody can read
        assert not least
        return
    assert wrong(record, PAPER) == []
    assert all((figure.at.confidence or 0) >= LEAST_SURE for figure in record.figures.values())
    assert len(record.figures) >= least * len(PAPER.figures)


@needs_ocr
@pytest.mark.usefixtures("chinese")
def test_a_scanned_pdf_is_read_within_limits_of_its_own_and_says_so() -> None:
    from tests.papers.scans import scanned, scanned_pdf

    with IsolatedParser() as parser:
        record = parser.parse(scanned_pdf(scanned(PAPER)))
        assert parser._child is None  # the models go with their child: the next document has the narrow limits again
    assert (record.publisher, record.report_year) == (PAPER.agency, PAPER.year)
    assert wrong(record, PAPER) == []
    assert len(record.figures) >= 0.9 * len(PAPER.figures)
    assert "ocr.used" in {finding.rule for finding in record.findings}
    assert all(figure.at.confidence is not None and figure.at.box is not None for figure in record.figures.values())


@needs_ocr
@pytest.mark.usefixtures("chinese")
def test_pictures_of_one_report_are_read_as_one_document() -> None:
    from tests.papers.scans import file, scanned

    pages = scanned(PAPER)
    bound = parse(bind(file(page) for page in pages))
    assert wrong(bound, PAPER) == []
    assert len(bound.figures) >= 0.9 * len(PAPER.figures)
    assert len({figure.at.page for figure in bound.figures.values()}) > 1


@needs_ocr
def test_an_album_is_read_page_by_page_in_its_order() -> None:
    from tests.papers.scans import file, ruled

    pages = [ruled([["1", "2"], ["3", "4"]]), ruled([["5", "6"], ["7", "8"]])]
    document = read(bind(file(page) for page in pages), Hints())
    found = [(cell.page, cell.text) for grid in document.grids for row in grid.rows for cell in row]
    assert found == [(1, "1"), (1, "2"), (1, "3"), (1, "4"), (2, "5"), (2, "6"), (2, "7"), (2, "8")]


@needs_ocr
def test_a_picture_without_a_word_keeps_the_report_its_row_names() -> None:
    from tests.papers.scans import file, ruled

    with pytest.raises(NotAReport) as refused:
        parse(file(ruled([["1", "2"]])), Hints(listed_title=PAPER.title))
    stub = refused.value.stub
    assert stub is not None
    assert (stub.body, stub.record.publisher, stub.record.report_year) == (Body.IMAGE, PAPER.agency, PAPER.year)


@needs_ocr
@pytest.mark.usefixtures("chinese")
def test_recognition_has_limits_too() -> None:
    from tests.papers.scans import file, scanned

    page = file(scanned(PAPER)[0])
    with (
        IsolatedParser(Limits(recognition_seconds=0.2)) as parser,
        pytest.raises(UnreadableDocument, match=r"takes more than 0\.2 s"),
    ):
        parser.parse(page)


def table(page: Image.Image) -> list[list[Cell]]:
    """The cells of the one table of a picture."""
    from tests.papers.scans import file

    (grid,) = read(file(page), Hints()).grids
    return [list(row) for row in grid.rows]


def sure(cell: Cell) -> Reading | None:
    """What a cell certainly prints."""
    reading = read_cell(cell.text)
    return None if (cell.confidence or 0) < LEAST_SURE or reading.state is State.TEXT else reading


def values(count: int) -> list[str]:
    rng = random.Random(5)
    kinds = (
        lambda: str(rng.randrange(10)),
        lambda: str(rng.randrange(1_000)),
        lambda: str(rng.randrange(100_000)),
        lambda: f"{rng.randrange(100_000) / 100:.2f}",
        lambda: f"{rng.randrange(10_000_000):,}",
        lambda: str(-rng.randrange(1, 100)),
        lambda: rng.choice(["/", "-", "--", "", "11", "111", "1111", "0.01"]),
    )
    return [rng.choice(kinds)() for _ in range(count)]


@needs_ocr
@pytest.mark.parametrize("font", ["Helvetica", "Times-Roman", "Courier"])
@pytest.mark.parametrize(("flaw", "least"), [("none", 0.8), ("100 dots", 0.4)])
def test_no_number_of_a_table_is_wrong_whatever_its_font(font: str, flaw: str, least: float) -> None:
    from tests.papers.scans import ruled, spoilt

    printed = values(9 * 20)
    rows = [printed[start : start + 9] for start in range(0, len(printed), 9)]
    cells = [cell for row in table(spoilt(ruled(rows, font), flaw)) for cell in row]
    read_for_certain = [(sure(cell), text) for cell, text in zip(cells, printed, strict=True)]
    found = [(reading, text) for reading, text in read_for_certain if reading is not None]
    assert [(reading, text) for reading, text in found if reading != read_cell(text)] == []
    assert len(found) >= least * len(printed)


@needs_ocr
def test_a_cell_with_ink_that_is_not_read_is_not_blank() -> None:
    from PIL import ImageDraw

    from tests.papers.scans import ruled

    page = ruled([["1", "", "3"], ["", "5", ""]])
    draw = ImageDraw.Draw(page)
    draw.line([(270, 190), (300, 205), (280, 208), (310, 186)], fill="black", width=2)  # a scribble in the second cell
    ((_, scribbled, _), (empty, _, _)) = table(page)
    assert sure(scribbled) is None
    assert not scribbled.is_blank
    assert empty.is_blank
    assert empty.confidence == 1.0


@needs_ocr
def test_two_numbers_beside_a_lost_rule_are_not_one() -> None:
    from PIL import ImageDraw

    from tests.papers.scans import ruled

    page = ruled([["1", "2", "3"], ["4", "5", "6"]])
    x = round((40 + 56) * 200 / 72)
    ImageDraw.Draw(page).rectangle([x - 4, 175, x + 4, 213], fill="white")  # between the first two cells
    first = table(page)[0][0]
    assert read_cell(first.text).state is State.TEXT


@needs_ocr
@pytest.mark.parametrize(
    "data",
    [
        PNG_HEAD + b"\0" * 100,
        PNG_HEAD
        + bytes.fromhex("0000000d49484452 0007a120 0007a120 0800000000 00000000")
        + b"\0" * 64,  # 500000 x 500000
        b"GIF89a" + b"\xff" * 40,
        b"II*\0" + b"\xff" * 200,
        b"BM" + b"\0" * 60,
    ],
)
def test_a_broken_or_boundless_picture_ends_in_one_sentence(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="the picture is"):
        read(data, Hints())


def test_without_the_extra_a_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    with pytest.raises(UnsupportedFormat, match=r"pip install 'xxgk\[ocr\]'"):
        parse(PNG_HEAD + b"\0" * 100)


def test_without_the_extra_a_scanned_pdf_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    scans = pytest.importorskip("tests.papers.scans", reason="the ocr extra is not installed", exc_type=ImportError)
    page = scans.spoilt(scans.ruled([["1", "2"], ["3", "4"]]), "none")
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    with pytest.raises(UnsupportedFormat, match=r"no text layer; its pictures need the ocr extra"):
        parse(scans.scanned_pdf([page]))
