"""Each figure's place leads to one element of the document as shown, and that element prints the figure."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from parser import Hints, Record, parse
from parser.documents import read
from parser.documents.document import Grid, Line
from parser.documents.html import read_html, walk_page
from parser.labels import squeeze
from parser.marking import Marked, anchor_of, excerpt, mark
from parser.record import Place
from tests.papers.changes import in_section
from tests.papers.corpus import SKINS, flattened
from tests.papers.pages import ofd
from tests.papers.paper import Paper
from tests.papers.render import html, text
from tests.parser.test_provenance import BOTH, DRESSES, NEW, Dress, made

ALL_DRESSES: dict[str, Dress] = {**DRESSES, **SKINS, "flattened": flattened}


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (Place(table=2, row=3, column=1), "at-2-3-1"),
        (Place(table=2, row=3, column=1, page=4, box=(1, 2, 3, 4), confidence=0.9), "at-2-3-1"),
        (Place(table=12, row=3), "at-12-3"),
        (Place(table=12), "at-12"),
        (Place(table=12, column=3), "at-12"),
        (Place(line=17), "at-l17"),
        (Place(line=17, page=2), "at-l17"),
        (Place(page=2), None),
        (Place(), None),
    ],
)
def test_a_place_has_one_name(place: Place, name: str | None) -> None:
    assert anchor_of(place) == name


def named(page: Marked) -> dict[str, HtmlElement]:
    """The elements of a shown page by their names; each name stands once."""
    assert page.html is not None
    elements = [each for each in document_fromstring(page.html).iter(etree.Element) if each.get("id") is not None]
    found = {str(each.get("id")): each for each in elements}
    assert len(found) == len(elements)
    return found


def words(element: HtmlElement) -> str:
    return squeeze(element.text_content())


def marked(page: Marked) -> set[str]:
    return {name for name, element in named(page).items() if "xxgk-mark" in (element.get("class") or "").split()}


def marked_in_order(page: Marked) -> list[HtmlElement]:
    elements = document_fromstring(page.html or "").iter(etree.Element)
    return [each for each in elements if "xxgk-mark" in (each.get("class") or "").split()]


def assert_each_figure_is_found(data: bytes, hints: Hints, record: Record) -> None:
    names = {key: anchor_of(figure.at) for key, figure in record.figures.items()}
    wanted = {name for name in names.values() if name is not None}
    as_read = (False, True) if mark(data, hints).html is not None else (True,)
    for drawn in as_read:
        page = mark(data, hints, wanted, as_read=drawn)
        elements = named(page)
        assert (page.missing, marked(page)) == ((), wanted)
        for key, figure in record.figures.items():
            element = elements[names[key] or ""]
            among = figure.at.table is None or key == "disclosure.published.total"  # 发布总数：43个。 is one cell
            same = squeeze(figure.text) in words(element) if among else squeeze(figure.text) == words(element)
            assert (key, figure.text, same) == (key, figure.text, True)


@BOTH
@pytest.mark.parametrize("dress", ALL_DRESSES.values(), ids=ALL_DRESSES.keys())
def test_the_element_of_a_figures_place_prints_the_figure(item: Paper, dress: Dress) -> None:
    data = made(item, dress)
    record = parse(data)
    assert record.figures
    assert_each_figure_is_found(data, Hints(), record)


@pytest.mark.real
def test_in_every_real_report_each_place_leads_to_its_figure(real_documents: Path) -> None:
    files = [
        file
        for file in sorted(real_documents.iterdir())
        if (real_documents / "expected" / f"{file.stem}.json").exists()
    ]
    assert files
    for file in files:
        hints = Hints(name=file.name)
        assert_each_figure_is_found(file.read_bytes(), hints, parse(file.read_bytes(), hints))


CONTENTS = st.sampled_from(
    ["", "0", "12", "办结", "甲<br>乙", "<p>3</p>", "<b>4</b>件", "<div>5</div><div>6</div>", " 7 ", "<a href=x>8</a>"]
)
SPANS = st.tuples(st.integers(0, 8), st.integers(1, 5), CONTENTS)
LAYOUTS = st.lists(st.lists(SPANS, max_size=6), min_size=1, max_size=6)
WRAPS = st.sampled_from(
    [
        "{}",
        "<tbody>{}</tbody>",
        "<thead>{}</thead><tr><td>末</td></tr>",
        "<caption>表</caption>{}",
        "<form>{}</form>",
        "<font>{}</font>",
    ]
)


@given(LAYOUTS, WRAPS, st.booleans())
def test_in_any_grid_of_spans_the_element_of_a_cell_prints_that_cell(
    layout: list[list[tuple[int, int, str]]], wrap: str, nested: bool
) -> None:
    rows = "".join(
        "<tr>" + "".join(f"<td rowspan={down} colspan={across}>{inside}</td>" for down, across, inside in row) + "</tr>"
        for row in layout
    )
    table = f"<table>{wrap.format('<tr><td>第二十条第（一）项</td><td>信息内容</td></tr>' + rows)}</table>"
    markup = f"<html><body><p>前言</p>{f'<table><tr><td>{table}</td></tr></table>' if nested else table}<p>结语</p>"
    grids = read_html(markup).grids
    cells = {f"at-{grid.number}-{cell.row}-{cell.column}": cell for grid in grids for row in grid.rows for cell in row}
    page = mark(markup.encode(), Hints(), cells.keys())
    elements = named(page)
    assert cells
    assert page.missing == ()
    for name, cell in cells.items():
        assert (name, words(elements[name])) == (name, squeeze(cell.text))
    assert {*cells} == marked(page)


LINES = st.lists(
    st.sampled_from(["甲", "<b>乙</b>丙", "<br>", "<p>丁</p>", "<div>戊<br>己</div>", "<span> </span>", "<p>", "<ul><li>庚<li>辛</ul>", "<h2>壬</h2>",
                     "<table><tr><td>癸<td>子</table>", "<script>x</script>", "<table>丑<tr><td><p>寅</p>卯</table>", "<font><p>辰</p>巳</font>"]),
    max_size=8,
)  # fmt: skip


@given(LINES)
def test_in_any_markup_the_elements_of_a_line_print_that_line(parts: list[str]) -> None:
    markup = f"<html><body>{''.join(parts)}<p>末"
    lines = [block for block in walk_page(markup).walker.blocks if isinstance(block, Line)]
    for line in lines:
        name = f"at-l{line.number}"
        page = mark(markup.encode(), Hints(), [name])
        assert page.html is not None
        elements = marked_in_order(page)
        assert page.missing == ()
        assert "".join(words(element) for element in elements) == squeeze(line.text)
        assert elements[0].get("id") == name


def test_lines_of_prose_in_a_cell_have_names_of_their_own() -> None:
    told = "<table><tr><td colspan=2>一、总体情况<br>本年收到申请<b>5</b>件。</td></tr><tr><td>发布总数</td><td>3</td></tr></table>"
    markup = f"<html><body>{told}</body></html>"
    lines = {line.number: line.text for line in read_html(markup).blocks if isinstance(line, Line)}
    assert lines == {1: "一、总体情况", 2: "本年收到申请5件。"}
    page = mark(markup.encode(), Hints(), ["at-l2"])
    assert page.html is not None
    shown = marked_in_order(page)
    assert "".join(words(each) for each in shown) == lines[2]
    assert words(named(page)["at-l1"]) == lines[1]


def test_the_clause_of_a_contradiction_is_found_where_it_is_printed() -> None:
    item = in_section(
        replace(NEW, figures={**NEW.figures, "requests.new.total": "7"}), 1, "全年收到政府信息公开申请2件。"
    )
    for dress in (html, text, ofd):
        data = made(item, dress)
        found = next(each for each in parse(data).findings if each.rule == "narrative.mismatch")
        assert found.at is not None
        name = anchor_of(found.at)
        assert "全年收到政府信息公开申请2件" in words(named(mark(data, Hints(), [name or ""]))[name or ""])


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
def test_a_page_is_decoded_as_it_is_read(encoding: str) -> None:
    markup = '<meta charset="utf-8"><p>青禾市水務局政府信息公開工作年度報告</p>'
    page = mark(markup.encode(encoding), Hints(encoding=encoding))
    assert "青禾市水務局" in (page.html or "")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (made(NEW, DRESSES["script"]), "写在网页脚本里"),
        (html(NEW).encode()[: html(NEW).encode().rindex(b"<tr>") + 30], "在表格中途截断"),
        (text(NEW).encode(), "解析程序读出的文字和表格"),
    ],
    ids=["in a script", "cut", "as read"],
)
def test_what_is_seen_otherwise_than_in_a_browser_is_said(data: bytes, said: str) -> None:
    assert said in (mark(data, Hints()).html or "")


def test_an_ordinary_page_needs_no_note() -> None:
    assert 'role="note"' not in (mark(html(NEW).encode(), Hints()).html or "")


@pytest.mark.parametrize("dress", [DRESSES["html"], DRESSES["text"], DRESSES["docx"]], ids=["html", "text", "docx"])
def test_an_excerpt_holds_the_marked_cells_with_the_heads_of_their_columns(dress: Dress) -> None:
    data = made(NEW, dress)
    record = parse(data)
    keys = ["requests.refused_state_secret.business", "requests.granted.business"]
    names = {anchor_of(record.figures[key].at) or "" for key in keys}
    (found,) = excerpt(data, Hints(), names)
    cells = [cell for row in found.rows for cell in row.cells]
    assert [cell.text for cell in cells if cell.marked] == [NEW.figures[key] for key in reversed(keys)]
    assert "商业企业" in {squeeze(cell.text) for row in found.rows if row.head for cell in row.cells}
    assert len(found.rows) <= 11
    assert {record.figures[key].at.row for key in keys} < {row.number for row in found.rows}


@pytest.mark.parametrize("dress", [DRESSES["html"], DRESSES["docx"], DRESSES["pdf"]], ids=["html", "docx", "pdf"])
@pytest.mark.parametrize(
    "key", ["requests.refused_state_secret.business", "requests.carried_out.total", "review.litigation_direct.total"]
)
def test_the_rows_of_an_excerpt_fill_their_columns_exactly(dress: Dress, key: str) -> None:
    data = made(NEW, dress)
    (found,) = excerpt(data, Hints(), [anchor_of(parse(data).figures[key].at) or ""])
    taken = [
        (number + down, cell.column + across)
        for number, row in enumerate(found.rows)
        for cell in row.cells
        for down in range(cell.rowspan)
        for across in range(cell.colspan)
    ]
    assert sorted(taken) == [(row, column) for row in range(len(found.rows)) for column in range(1, found.width + 1)]


def test_an_excerpt_of_a_line_holds_the_lines_beside_it() -> None:
    (found,) = excerpt("甲\n乙\n丙\n丁\n".encode(), Hints(), ["at-l3"])
    assert [(line.number, line.text, line.marked) for line in found.lines] == [
        (2, "乙", False),
        (3, "丙", True),
        (4, "丁", False),
    ]


def test_what_is_not_there_is_said_to_be_missing_and_has_no_excerpt() -> None:
    data = html(NEW).encode()
    assert mark(data, Hints(), ["at-99-1-1", "at-l9999", "x' onclick='"]).missing == (
        "at-99-1-1",
        "at-l9999",
        "x' onclick='",
    )
    assert excerpt(data, Hints(), ["at-99-1-1", "at-l9999"]) == ()


def test_a_drawing_that_is_too_long_ends_early_and_says_so() -> None:
    lines = "".join(f"第{number}行\n" for number in range(2_000))
    page = mark(lines.encode(), Hints(), ["at-l3", "at-l1900"], limit=20_000)
    assert page.missing == ("at-l1900",)
    assert "只显示前一部分" in (page.html or "")


def test_what_a_text_says_in_markup_is_shown_as_it_is_written() -> None:
    lines = "清湾市\n\t<script>alert(1)</script>\t&amp;<img src=x onerror=alert(1)>\n"
    page = mark(("年度报告\n" * 9_000 + lines).encode(), Hints(), limit=9_000_000)
    grid = next(
        block for block in read(("年度报告\n" * 9_000 + lines).encode(), Hints()).blocks if isinstance(block, Grid)
    )
    assert escape(grid.rows[0][0].text) in (page.html or "")
    assert "<img" not in (page.html or "")
    assert "<script" not in (page.html or "")
