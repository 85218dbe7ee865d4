"""What happens to a paper on its way to a page: labels misprinted, cells lost, tables split, lines added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tests.papers.paper import Paper, Sheet, SheetCell
from tests.papers.render import paragraphs

Content = str | Sheet
Layout = tuple[tuple[int, Content], ...]


def with_sheets(item: Paper, number: int, change: Callable[[Sheet], Iterable[Content]]) -> Paper:
    """The paper with each sheet of a section replaced by sheets and lines."""
    layout: list[tuple[int, Content]] = []
    for section, content in paragraphs(item):
        if section == number and not isinstance(content, str):
            layout.extend((section, part) for part in change(content))
        else:
            layout.append((section, content))
    return replace(item, layout=tuple(layout))


def with_rows(item: Paper, number: int, change: Callable[[int, tuple[SheetCell, ...]], Sequence[SheetCell]]) -> Paper:
    """The paper with the rows of a section's sheets changed; ``change`` is given the row's index; no cells, no row."""
    return with_sheets(
        item,
        number,
        lambda sheet: [tuple(row for row in (tuple(change(y, row)) for y, row in enumerate(sheet)) if row)],
    )


def with_cells(
    item: Paper, change: Callable[[SheetCell], SheetCell], *, numbers: Iterable[int] = (2, 3, 4, 8)
) -> Paper:
    """The paper with every cell of its tables changed."""
    for number in numbers:
        item = with_rows(item, number, lambda _, row: [change(cell) for cell in row])
    return item


def relabelled(item: Paper, labels: Mapping[str, str]) -> Paper:
    """The paper with other words in some cells; each of them must be there."""
    met: set[str] = set()

    def change(cell: SheetCell) -> SheetCell:
        if cell.key is None and cell.text in labels:
            met.add(cell.text)
            return replace(cell, text=labels[cell.text])
        return cell

    changed = with_cells(item, change)
    assert met == set(labels), f"the paper prints no {set(labels) - met}"
    return changed


def with_lines(item: Paper, change: Callable[[int, str], Iterable[str]]) -> Paper:
    """The paper with each line of prose replaced; ``change`` is given the section and the line."""
    layout: list[tuple[int, Content]] = []
    for section, content in paragraphs(item):
        if isinstance(content, str):
            layout.extend((section, line) for line in change(section, content))
        else:
            layout.append((section, content))
    return replace(item, layout=tuple(layout))


def with_line(item: Paper, old: str, *new: str) -> Paper:
    """The paper with the one line that is (or begins with) some words replaced, or dropped."""
    count = 0

    def change(_: int, line: str) -> Iterable[str]:
        nonlocal count
        if line.startswith(old):
            count += 1
            return new
        return (line,)

    changed = with_lines(item, change)
    assert count == 1, f"{count} lines begin with {old}"
    return changed


def in_section(item: Paper, number: int, *lines: str) -> Paper:
    """The paper with other prose in one section."""
    return replace(item, prose={**item.prose, number: lines})


def printing(item: Paper, **texts: str) -> Paper:
    """The paper with the same text in all cells of a row or table (``requests__new`` for requests.new.*)."""
    figures = dict(item.figures)
    for name, text in texts.items():
        begin = name.replace("__", ".") + "."
        keys = [key for key in figures if key.startswith(begin)]
        assert keys, f"the paper has no {begin}*"
        figures |= dict.fromkeys(keys, text)
    return replace(item, figures=figures)


def without(item: Paper, keys: Iterable[str]) -> Paper:
    """The paper as it stands on the page, with fewer figures to be found (those whose cells were lost)."""
    gone = set(keys)
    assert gone <= item.figures.keys()
    return replace(item, figures={key: text for key, text in item.figures.items() if key not in gone})


def keys_of(item: Paper, *beginnings: str) -> list[str]:
    """The paper's keys that begin so."""
    return [key for key in item.figures if key.startswith(beginnings)]


def halves(sheet: Sheet, row: int) -> tuple[Sheet, Sheet]:
    """A sheet cut above a row; what a cell that is cut prints stays in the upper half, the lower one goes on blank."""
    above: list[list[SheetCell]] = [[] for _ in range(row)]
    below: list[list[SheetCell]] = [[] for _ in range(len(sheet) - row)]
    for y, x, cell in sorted(placed(sheet), key=lambda item: (item[0], item[1])):
        if y >= row:
            below[y - row].append(cell)
            continue
        above[y].append(replace(cell, rowspan=min(cell.rowspan, row - y)))
        if y + cell.rowspan > row:
            before = sum(left < x for top, left, other in placed(sheet) if top < row < top + other.rowspan)
            below[0].insert(before, SheetCell("", y + cell.rowspan - row, cell.colspan))
    return tuple(map(tuple, above)), tuple(map(tuple, below))


def placed(sheet: Sheet) -> list[tuple[int, int, SheetCell]]:
    """Each cell with the row and column it begins in."""
    taken: set[tuple[int, int]] = set()
    found = []
    for y, row in enumerate(sheet):
        x = 0
        for cell in row:
            while (y, x) in taken:
                x += 1
            found.append((y, x, cell))
            taken |= {(y + dy, x + dx) for dy in range(cell.rowspan) for dx in range(cell.colspan)}
            x += cell.colspan
    return found
