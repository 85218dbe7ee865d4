"""Papers as files: HTML in many skins, text in the grammar of Word dumps, pipe tables, .docx, .pdf, .xlsx."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from html import escape

import docx
import openpyxl

from tests.papers.paper import NUMERALS, Paper, Sheet, SheetCell, expanded, sheets

CellMarkup = Callable[[SheetCell], str]


def paragraphs(item: Paper) -> Iterator[tuple[int, str | Sheet]]:
    """The report in order: section number and text or sheet; 0 is the preface, 7 the signature."""
    if item.layout is not None:
        yield from item.layout
        return
    yield 0, item.preface
    tables = sheets(item)
    for number, heading in enumerate(item.headings, 1):
        yield number, f"{NUMERALS[number - 1]}、{heading}"
        for text in item.prose.get(number, ()):
            yield number, text
        for sheet in tables.get(number, ()):
            yield number, sheet
    if item.signed_by is not None:
        yield 7, item.signed_by
    if item.signed is not None:
        yield 7, item.signed


def plain_cell(cell: SheetCell) -> str:
    """A cell's text in one paragraph."""
    return f"<p>{escape(cell.text)}</p>"


def word_cell(cell: SheetCell) -> str:
    """A cell as Word pastes it: one span a character, fonts inside, an empty paragraph first (quirk 93)."""
    spans = "".join(
        f'<span style="font-family:宋体"><font face="宋体">{escape(char)}</font></span>' for char in cell.text
    )
    return (
        f'<p class="MsoNormal"><o:p></o:p></p><p class="MsoNormal" align="center">{spans}<span><o:p></o:p></span></p>'
    )


def vertical_cell(cell: SheetCell) -> str:
    """A short label written downwards (quirk 12)."""
    if cell.key is None and len(cell.text) <= 6:
        return "<br />".join(escape(char) for char in cell.text)
    return escape(cell.text)


def table(sheet: Sheet, markup: CellMarkup = plain_cell) -> str:
    """A sheet as an HTML table with its spans."""
    rows = []
    for row in sheet:
        cells = []
        for cell in row:
            spans = (f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else "") + (
                f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
            )
            cells.append(f"<td{spans}>{markup(cell)}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table border='1'><tbody>{''.join(rows)}</tbody></table>"


def article(item: Paper, markup: CellMarkup = plain_cell) -> str:
    """The article's markup: paragraphs and tables."""
    parts = []
    for _, content in paragraphs(item):
        parts.append(f"<p>{escape(content)}</p>" if isinstance(content, str) else table(content, markup))
    return "\n".join(parts)


def html(
    item: Paper, *, body: str | None = None, head: str = "", date: str | None = None, container: str = "div id='zoom'"
) -> str:
    """A whole page with navigation, title, date line, article and footer."""
    shown = (
        f"<p class='info'>发布日期:{date}&nbsp;&nbsp;&nbsp;点击数:<span id='hits'></span></p>"
        if date is not None
        else ""
    )
    tag = container.split(maxsplit=1)[0]
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(item.title)}-清湾市政府信息公开</title>{head}</head>
<body><div class="top"><a href="/">登录</a>| <a href="/r">注册</a><span>2026年3月3日 星期二</span></div>
<ul class="nav"><li><a href="/a">首页</a></li><li><a href="/b">政府信息公开指南</a></li><li><a href="/c">政府信息公开年报</a></li></ul>
<div class="main"><h1>{escape(item.title)}</h1>{shown}<{container}>{body if body is not None else article(item)}</{tag}></div>
<div class="foot"><p>版权所有：清湾市人民政府办公室</p><p>网站标识码：9901000001</p></div></body></html>"""


def text(item: Paper) -> str:
    """Text made from Word: cells begin with a TAB, merged ones appear once."""
    lines = [item.title, ""]
    for _, content in paragraphs(item):
        if isinstance(content, str):
            lines.append(content)
        else:
            for row in _tab_rows(content):
                lines.extend(["\t" + cell for cell in row] + [""])
            lines.append("")
    return "\n".join(lines) + "\n"


def _tab_rows(sheet: Sheet) -> Iterator[list[str]]:
    """Horizontal merges appear once; the continuation of a vertical merge is an empty cell."""
    below: dict[int, int] = {}
    for row in sheet:
        cells: list[str] = []
        x = 0
        waiting = list(row)
        while waiting or any(below.get(at, 0) > 0 and at >= x for at in below):
            if below.get(x, 0) > 0:
                cells.append("")
                start = x
                below[x] -= 1
                x += 1
                while below.get(x, 0) > 0 and (x, start) in _WIDE:
                    below[x] -= 1
                    x += 1
                continue
            if not waiting:
                break
            cell = waiting.pop(0)
            cells.append(cell.text)
            for at in range(x, x + cell.colspan):
                below[at] = cell.rowspan - 1
                if at > x:
                    _WIDE.add((at, x))
            x += cell.colspan
        yield cells
    _WIDE.clear()


_WIDE: set[tuple[int, int]] = set()  # (column, first column) of cells that are wider than one column


def pipes(item: Paper) -> str:
    """Markdown with pipe tables: no spans, continuations are empty cells."""
    lines = [f"# {item.title}", ""]
    for _, content in paragraphs(item):
        if isinstance(content, str):
            lines.extend([content, ""])
            continue
        for index, row in enumerate(expanded(content)):
            lines.append("| " + " | ".join(row) + " |")
            if index == 0:
                lines.append("|" + "---|" * len(row))
        lines.append("")
    return "\n".join(lines)


def word(item: Paper, *, ruled: bool = True) -> bytes:
    """A .docx with merged cells."""
    document = docx.Document()
    document.add_paragraph(item.title, style="Title")
    for _, content in paragraphs(item):
        if isinstance(content, str):
            document.add_paragraph(content)
        else:
            _word_table(document, content, ruled=ruled)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _word_table(document: docx.document.Document, sheet: Sheet, *, ruled: bool) -> None:
    grid = expanded(sheet)
    made = document.add_table(rows=len(grid), cols=len(grid[0]))
    taken: set[tuple[int, int]] = set()
    for y, row in enumerate(sheet):
        x = 0
        for cell in row:
            while (y, x) in taken:
                x += 1
            bottom, right = min(y + cell.rowspan, len(grid)) - 1, x + cell.colspan - 1
            target = made.cell(y, x)
            if (bottom, right) != (y, x):
                target = target.merge(made.cell(bottom, right))
            target.text = cell.text
            taken |= {(dy, dx) for dy in range(y, bottom + 1) for dx in range(x, right + 1)}
            x += cell.colspan
    made.style = "Table Grid" if ruled else None


def workbook(item: Paper) -> bytes:
    """An .xlsx: title, prose and tables one below the other on one sheet, merged cells."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    y = 1
    page.cell(y, 1, item.title)
    for _, content in paragraphs(item):
        y += 1
        if isinstance(content, str):
            page.cell(y, 1, content)
            continue
        taken: set[tuple[int, int]] = set()
        top = y
        for dy, row in enumerate(content):
            x = 1
            for cell in row:
                while (top + dy, x) in taken:
                    x += 1
                last = (min(top + dy + cell.rowspan, top + len(content)) - 1, x + cell.colspan - 1)
                value: str | int = int(cell.text) if cell.text.isdigit() else cell.text
                page.cell(top + dy, x, value)
                if last != (top + dy, x):
                    page.merge_cells(start_row=top + dy, start_column=x, end_row=last[0], end_column=last[1])
                taken |= {(a, b) for a in range(top + dy, last[0] + 1) for b in range(x, last[1] + 1)}
                x += cell.colspan
        y = top + len(content) - 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
