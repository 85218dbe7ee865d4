"""Formats become blocks and grids; spans resolve to the grid a browser shows."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.documents import sniff
from parser.documents.document import Grid, GridLimits, Line, RawCell, resolve
from parser.documents.encoding import decode
from parser.documents.html import read_html
from parser.documents.text import read_text

SENTENCE = "清湾市䃼正申请㙍村"


@pytest.mark.parametrize(
    ("data", "declared"),
    [
        (SENTENCE.encode(), None),
        (SENTENCE.encode("gb18030"), None),
        (f'<meta charset="gb2312">{SENTENCE}'.encode("gb18030"), None),  # gb2312 is read as gb18030
        (SENTENCE.encode("gb18030"), "gbk"),
        (codecs.BOM_UTF8 + SENTENCE.encode(), "gb2312"),  # a BOM wins over everything
        (codecs.BOM_UTF16_LE + SENTENCE.encode("utf-16-le"), "gb2312"),
        (codecs.BOM_UTF16_BE + f'<meta charset="gb2312">{SENTENCE}'.encode("utf-16-be"), None),
        (("清湾 2023 report" * 30 + SENTENCE).encode("utf-16-le"), None),
        (f'<meta charset="utf-8;">{SENTENCE}'.encode(), "iso-8859-1"),
        (f'<meta charset="gbk">{SENTENCE}'.encode(), None),  # the declared one fails, UTF-8 fits
        (SENTENCE.encode(), "no-such-charset"),
    ],
)
def test_bytes_are_decoded_whatever_they_declare(data: bytes, declared: str | None) -> None:
    text, _ = decode(data, declared)
    assert SENTENCE in text


ACCIDENT = "省税水目司模"  # in GB18030 each of them is UTF-8 too
TRADITIONAL = "青禾市水務局政府信息公開工作年度報告" * 20


@pytest.mark.parametrize(
    ("data", "known", "text", "encoding"),
    [
        (f'<meta charset="utf-8">{ACCIDENT}'.encode("gb18030"), "GB2312", ACCIDENT, "gb18030"),
        (f'<meta charset="utf-8">{TRADITIONAL}'.encode("big5"), "big5", TRADITIONAL, "big5"),
        (TRADITIONAL.encode("big5") + b"\xff" + TRADITIONAL.encode("big5"), "big5", TRADITIONAL, "big5"),
        (codecs.BOM_UTF8 + SENTENCE.encode(), "big5", SENTENCE, "utf-8"),
        (TRADITIONAL.encode(), "big5", TRADITIONAL, "utf-8"),  # a page of the portal that declares it rightly
        (SENTENCE.encode("gb18030"), "utf-8", SENTENCE, "gb18030"),
        (SENTENCE.encode(), "no-such-charset", SENTENCE, "utf-8"),
    ],
)
def test_a_known_encoding_wins_over_what_is_declared_where_it_fits(
    data: bytes, known: str, text: str, encoding: str
) -> None:
    found, used = decode(data, "utf-8", known)
    assert (text in found, used) == (True, encoding)


@pytest.mark.parametrize("data", [ACCIDENT.encode("gb18030"), TRADITIONAL.encode("big5")])
def test_no_usual_sign_mends_a_wrong_charset_that_fits(data: bytes) -> None:
    text, _ = decode(data, "utf-8")
    assert not {ACCIDENT, TRADITIONAL} & {text}


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "gb18030", "big5", "euc-tw", "hz", "utf-32"]))
def test_no_bytes_make_the_decoder_fail_whatever_is_known(data: bytes, known: str) -> None:
    text, encoding = decode(data, None, known)
    assert isinstance(text, str)
    assert encoding


@given(st.binary(max_size=400))
def test_no_bytes_make_the_decoder_fail(data: bytes) -> None:
    text, encoding = decode(data)
    assert isinstance(text, str)
    assert encoding


def spans(draw: st.DrawFn) -> list[list[tuple[int, int]]]:
    rows = draw(st.integers(1, 6))
    return [
        draw(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 5)), min_size=0, max_size=6)) for _ in range(rows)
    ]


@given(st.composite(spans)())
def test_any_span_layout_resolves_to_the_grid_a_browser_shows(layout: list[list[tuple[int, int]]]) -> None:
    """Against the algorithm of the HTML standard (4.9.12) written as slots, with rowspan=0 to the end."""
    grid = resolve(1, [[RawCell("x", rowspan, colspan) for rowspan, colspan in row] for row in layout])
    taken: set[tuple[int, int]] = set()
    for y, row in enumerate(layout):
        x = 0
        for index, (rowspan, colspan) in enumerate(row):
            while (x, y) in taken:
                x += 1
            height = len(layout) - y if rowspan == 0 else min(rowspan, len(layout) - y)
            cell = grid.rows[y][index]
            assert (cell.column, cell.row, cell.colspan, cell.rowspan) == (x + 1, y + 1, colspan, height)
            # the standard lets a downward-growing cell keep its slots; a later one may overlap it on the right
            taken |= {(x + dx, y + dy) for dx in range(colspan) for dy in range(height)}
            x += colspan


def test_an_absurd_span_is_cut_and_said_so() -> None:
    limits = GridLimits()
    resolve(1, [[RawCell("a", 999_999_999, 999_999_999), RawCell("b")]], limits)
    assert limits.exceeded


def test_a_cell_of_the_text_grammar_goes_on_without_a_tab() -> None:
    document = read_text("前言\n\t本年新\n制作数量\n\t本年新\n公开数量\n\n\t规章\n\t0\n\n\n结语")
    grid = document.grids[0]
    assert [[cell.text for cell in row] for row in grid.rows] == [
        ["本年新\n制作数量", "本年新\n公开数量"],
        ["规章", "0"],
    ]
    assert [line.text for line in document.lines] == ["前言", "结语"]


def test_an_empty_cell_may_begin_with_blank_lines() -> None:
    document = read_text("\t甲\n\t1\n\n\t\n\n\n\n三、\n本年度办理结果\n\t2\n\n\n完")
    assert [[cell.text for cell in row] for row in document.grids[0].rows] == [
        ["甲", "1"],
        ["三、\n本年度办理结果", "2"],
    ]


def test_a_lone_page_number_at_the_end_is_no_text() -> None:
    assert [line.text for line in read_text("正文\n\n1\n").lines] == ["正文"]


def test_a_row_above_a_separator_begins_a_table_of_its_own() -> None:
    document = read_text("| 甲 | 1 |\n|---|---|\n| 乙 | 2 |\n| 丙 | 3 | 4 |\n|---|---|---|\n")
    assert [[len(row) for row in grid.rows] for grid in document.grids] == [[2, 2], [3]]


def page(body: str) -> str:
    return f"<html><head><title>清湾市</title></head><body>{body}</body></html>"


def test_a_layout_table_is_read_through_and_its_data_table_is_kept() -> None:
    document = read_html(
        page(
            "<table><tr><td><p>导语</p><table><tr><td>第二十条第（一）项</td></tr><tr><td>规章</td><td>0</td></tr></table><p>结语</p></td></tr></table>"
        )
    )
    assert [type(block).__name__ for block in document.blocks] == ["Line", "Grid", "Line"]


def test_two_paragraphs_of_a_cell_stay_apart() -> None:
    document = read_html(
        page(
            "<table><tr><td><p>商业</p><p>企业</p></td><td><p></p><p>自<br>然<br>人</p></td></tr><tr><td>1</td><td>2</td></tr></table>"
        )
    )
    assert [cell.text for cell in document.grids[0].rows[0]] == ["商业\n企业", "自\n然\n人"]


def test_a_list_in_a_cell_is_part_of_the_cell() -> None:
    document = read_html(page("<table><tr><td>规章</td><td><ul><li>5</li></ul></td></tr></table>"))
    assert document.grids[0].rows[0][1].text == "5"


def test_tables_in_the_strings_of_a_script_are_found() -> None:
    script = r"""<script>let content = "<p>x<\/p><table align=\"center\"><tr><td>信息内容<\/td><td>本年制发件数<\/td><\/tr><\/table>";</script>"""
    grid = read_html(page(f"<p>正文</p>{script}")).grids[0]
    assert [cell.text for cell in grid.rows[0]] == ["信息内容", "本年制发件数"]


def test_deeply_nested_markup_ends() -> None:
    document = read_html("<div>" * 100_000 + "底" + "</div>" * 100_000)
    assert isinstance(document.blocks, tuple)


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"%PDF-1.7\n", "a.html", "pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc", "doc"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "xls"),
        (b"{\\rtf1", None, "rtf"),
        (b"\x89PNG\r\n\x1a\n", None, "image"),
        (b"\t\xe7\x94\xb2", "a.txt", "text"),
    ],
)
def test_the_bytes_tell_the_format_and_not_the_name(head: bytes, name: str | None, kind: str) -> None:
    assert sniff(head + b"0" * 64, name) == kind


@given(st.text(alphabet="<>/tdrabl =\"'1\n\t|-中", max_size=300))
def test_no_markup_makes_the_readers_fail(text: str) -> None:
    for document in (read_text(text), read_html(f"<p>x</p>{text}")):
        assert all(isinstance(block, Line | Grid) for block in document.blocks)
