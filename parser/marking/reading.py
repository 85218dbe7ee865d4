"""A document drawn from what was read of it: its lines and grids, as far from its own appearance as the reader is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from parser.documents.document import Block, Cell, Grid, Line
from parser.marking.frame import AS_READ, CUT, Drawing, frame
from parser.marking.places import line_anchor, table_anchor
from parser.marking.safe import MARK, escaped


def draw(blocks: Iterable[Block], marks: Collection[str], limit: int) -> Drawing:
    """The lines and grids as a page, cut behind ``limit`` characters."""
    pen = _Pen(frozenset(marks))
    parts: list[str] = []
    left, cut, page = limit, False, None
    for block in blocks:
        drawn = pen.draw(block)
        here = _page_of(block)
        if here is not None and here != page:
            page = here
            drawn = f'<div class="xxgk-page">第 {page} 页</div>{drawn}'
        left -= len(drawn)
        if left < 0:
            cut = True
            break
        parts.append(drawn)
        pen.names |= pen.drawn
    return Drawing(frame("\n".join(parts), [AS_READ, *([CUT] if cut else [])]), frozenset(pen.names))


def _page_of(block: Block) -> int | None:
    if isinstance(block, Line):
        return block.page
    return next((cell.page for row in block.rows for cell in row), None)


class _Pen:
    """Draws blocks one by one; each name is given once."""

    def __init__(self, marks: frozenset[str]) -> None:
        self.names: set[str] = set()
        self.drawn: set[str] = set()
        self._marks = marks

    def draw(self, block: Block) -> str:
        self.drawn = set()
        return self._line(block) if isinstance(block, Line) else "".join(self._grid(block))

    def _line(self, line: Line) -> str:
        known = "xxgk-text xxgk-heading" if line.heading else "xxgk-text"
        return f"<div{self._named(line_anchor(line.number), known)}>{escaped(line.text)}</div>"

    def _grid(self, grid: Grid) -> Iterator[str]:
        yield f"<table{self._named(table_anchor(grid.number))}>"
        for row in grid.rows:
            named = self._named(table_anchor(grid.number, row[0].row)) if row else ""  # covered by cells from above
            yield f"<tr{named}>"
            yield from (self._cell(grid, cell) for cell in row)
            yield "</tr>"
        yield "</table>"

    def _cell(self, grid: Grid, cell: Cell) -> str:
        spans = "".join(
            f' {name}="{number}"'
            for name, number in (("rowspan", cell.rowspan), ("colspan", cell.colspan))
            if number > 1
        )
        named = self._named(table_anchor(grid.number, cell.row, cell.column))
        return f"<td{spans}{named}>{'<br>'.join(map(escaped, cell.text.splitlines()))}</td>"

    def _named(self, name: str, known: str = "") -> str:
        classes = f"{known} {MARK}".strip() if name in self._marks else known
        shown = f' class="{classes}"' if classes else ""
        if name in self.names or name in self.drawn:
            return shown
        self.drawn.add(name)
        return f'{shown} id="{name}"'
