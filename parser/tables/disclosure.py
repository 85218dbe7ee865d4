"""表二 主动公开政府信息情况: blocks of 条例第二十条, each told by its header cells; a row's cells count in their own order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby, takewhile

from parser.documents.document import Cell, Line
from parser.forms import Block, Form, form
from parser.labels import core, normal, squeeze
from parser.record import Figure, Finding, Severity
from parser.tables.strips import RUNNING_TEXT, Strip, figure, is_value, place, unknown_label, unplaced

TABLE = "disclosure"
_CONTENT = "信息内容"
_EXTRA = "发布总数"
_BLOCK_TITLE = re.compile(r"第二十条第?\(?(?P<item>[一二三四五六七八九])\)?项")
_CUT = 3  # a header cell cut after its first line (本年新, quirk 18) still has this many characters
_LABELS_WIDE = 3


@cache
def _rows() -> Mapping[str, str]:
    return {label: row.name for row in form(TABLE).rows for label in row.labels}


@cache
def _extra() -> re.Pattern[str]:
    return re.compile(form(TABLE).extra["pattern"] + "(?P<value>.*)$")


@dataclass
class DisclosureTable:
    """One 表二 as it is met row by row."""

    block: Block | None = None
    leaves: dict[int, str] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    waiting: list[tuple[str, Strip, int, tuple[str, ...]]] = field(default_factory=list)  # rows under no known header
    strange: tuple[str, ...] = ()  # the header that is open, where it is on no form
    open: bool = False

    @property
    def form(self) -> Form:
        """The form of this table."""
        return form(TABLE)

    def offer(self, strip: Strip) -> bool:
        """Take a row if it is one of this table's; a row that is filled already is refused."""
        item = _block_title(strip)
        if item is not None:
            return self._open_item(item)
        if self._offer_header(strip) or self._offer_extra(strip):
            return True
        found = _row_label(strip)
        if found is None or not self.open:
            return False
        name, index = found
        if any(key.startswith(f"{TABLE}.{name}.") for key in self.figures):
            return False
        self._fill(name, strip, index)
        return True

    def offer_line(self, line: Line) -> bool:
        """Take a line of running text that is a row (行政许可 97), a header or a block title of an open table."""
        text = normal(line.text)
        title = _BLOCK_TITLE.fullmatch(text)
        if title is not None:
            return self._open_item(title["item"])
        if not self.open:
            return False
        if text.startswith(_CONTENT) and len(text) > len(_CONTENT):
            block = _block_of_joined(text[len(_CONTENT) :])
            if block is not None:
                self._open_block(block)
                return True
        return self._offer_line_of_values(line)

    def finish(self) -> tuple[dict[str, Figure], str | None, list[Finding]]:
        """The figures, the template, and what could not be read."""
        template = self.templates[0] if len(set(self.templates)) == 1 else self._majority()
        for name, strip, index, header in self.waiting:
            block = next((b for b in self.form.blocks if b.template == template and name in b.rows), None)
            known = block is not None and len(strip.cells) - index - 1 == len(block.columns)
            if block is None or not known or not _may_head(header, block):
                self.findings.append(unplaced(TABLE, name, "no header names the columns", strip))
                continue
            self._place(name, block, strip, index)
        return self.figures, template, self.findings

    def _majority(self) -> str | None:
        return max(set(self.templates), key=self.templates.count) if self.templates else None

    def _open_item(self, item: str) -> bool:
        """Open a block by its title; one whose rows are filled already begins another table."""
        if any(item == block.item and self._filled(block) for block in self.form.blocks):
            return False
        self.open = True
        self.block, self.strange = None, ()
        return True

    def _filled(self, block: Block) -> bool:
        return all(any(key.startswith(f"{TABLE}.{row}.") for key in self.figures) for row in block.rows)

    def _offer_header(self, strip: Strip) -> bool:
        texts = list(strip.texts)
        start = texts.index(_CONTENT) + 1 if _CONTENT in texts else None
        if start is None:
            if not any(_is_column_label(text) for text in texts) or _row_label(strip) is not None:
                return False
            start = next(index for index, text in enumerate(texts) if text)
            if not _is_column_label(texts[start]):
                return False
        cells = [(cell, text) for cell, text in zip(strip.cells[start:], texts[start:], strict=True) if text]
        block = _match_block([text for _, text in cells])
        if block is None:  # merged cells printed again in each column they span
            folded = [text for text, _ in groupby(text for _, text in cells)]
            block = _match_block(folded)
        if block is not None and self._is_used_up(block):
            return False
        self.open = True
        if block is None:
            self.block, self.strange = None, tuple(text for _, text in cells)
            printed = " | ".join(squeeze(cell.text) for cell, _ in cells)
            self.findings.append(
                Finding(
                    rule="labels.unknown", severity=Severity.WARNING, table=TABLE, at=strip.place,
                    message=f"the header {printed[:120]!r} is on no form",
                )
            )  # fmt: skip
            return True
        self._open_block(block)
        if strip.grid.aligned:
            self.leaves = _leaves(cells, block)
        return True

    def _is_used_up(self, block: Block) -> bool:
        """Every row that may stand below this header is filled already."""
        alike = [b for b in self.form.blocks if (b.template, b.columns) == (block.template, block.columns)]
        return all(self._filled(b) for b in alike)

    def _open_block(self, block: Block) -> None:
        self.block, self.strange = block, ()
        self.leaves = {}
        self.templates.append(block.template)
        self.open = True

    def _offer_extra(self, strip: Strip) -> bool:
        for index, cell in enumerate(strip.cells):
            if _EXTRA not in strip.texts[index]:
                continue
            match = _extra().search(normal(cell.text))
            if match is None:
                continue
            text = _after_label(cell.text) if match["value"] else None
            value = cell if text is not None else next(iter(strip.cells[index + 1 :]), None)
            if value is None:
                text, value = "", cell
            self._set(
                self.form.extra["row"],
                self.form.extra["column"],
                figure(value, self.form.extra["unit"], strip.grid, text),
            )
            return True
        return False

    def complain(self, strip: Strip) -> Finding | None:
        """A row of values under a header of the form, with a label that is not on it."""
        if self.block is None or len(strip.cells) != len(self.block.columns) + 1:
            return None
        label, *values = strip.cells
        if label.is_blank or is_value(label.text) or not all(is_value(cell.text) for cell in values):
            return None
        return unknown_label(TABLE, strip, label.text)

    def _fill(self, name: str, strip: Strip, index: int) -> None:
        if self.block is None:
            self.waiting.append((name, strip, index, self.strange))
            return
        block = self._block_with(name)
        if block is None:
            self.waiting.append((name, strip, index, self.strange))
        else:
            self._place(name, block, strip, index)

    def _block_with(self, name: str) -> Block | None:
        """The open block, or the one with the same header that has this row: （五） and （六） print the same one."""
        if self.block is None:
            return None
        header = (self.block.template, self.block.columns)
        return next((b for b in self.form.blocks if (b.template, b.columns) == header and name in b.rows), None)

    def _place(self, name: str, block: Block, strip: Strip, index: int) -> None:
        leaves = self.leaves if set(self.leaves.values()) == set(block.columns) else {}
        placement = place(strip.cells[index + 1 :], block.columns, leaves)
        if placement.problem is not None:
            self.findings.append(unplaced(TABLE, name, placement.problem, strip))
        for column, cell in placement.cells.items():
            self._set(name, column, figure(cell, self.form.column(column).unit(block.template), strip.grid))

    def _set(self, row: str, column: str, value: Figure) -> None:
        self.figures.setdefault(f"{TABLE}.{row}.{column}", value)

    def _offer_line_of_values(self, line: Line) -> bool:
        words = line.text.split()
        name = _rows().get(core(words[0])) if words else None
        block = self._block_with(name) if name is not None else None
        if name is None or block is None or len(words) - 1 != len(block.columns):
            return False
        if not all(is_value(word) for word in words[1:]) or any(
            key.startswith(f"{TABLE}.{name}.") for key in self.figures
        ):
            return False
        for column, word in zip(block.columns, words[1:], strict=True):
            cell = Cell(word, row=line.number, column=1, page=line.page)
            self._set(name, column, figure(cell, self.form.column(column).unit(block.template), RUNNING_TEXT))
        return True


def _leaves(cells: list[tuple[Cell, str]], block: Block) -> dict[int, str]:
    """Grid column to column name; cells with the same text side by side are one column."""
    leaves: dict[int, str] = {}
    for name, (_, group) in zip(block.columns, groupby(cells, key=lambda pair: pair[1]), strict=False):
        leaves |= {at: name for cell, _ in group for at in range(cell.column, cell.column + cell.colspan)}
    return leaves


def _block_title(strip: Strip) -> str | None:
    """The item a full-width row 第二十条第（X）项 opens."""
    if not any(text.startswith("第二十条") for text in strip.texts):
        return None
    texts = [normal(cell.text) for cell in strip.cells if not cell.is_blank]
    titles = [_BLOCK_TITLE.fullmatch(text) for text in texts]
    return titles[0]["item"] if titles and titles[0] is not None and all(titles) else None


def _is_column_label(text: str) -> bool:
    return text in _column_labels()


@cache
def _column_labels() -> frozenset[str]:
    return frozenset(label for column in form(TABLE).columns for labels in column.labels.values() for label in labels)


def _row_label(strip: Strip) -> tuple[str, int] | None:
    """The row a strip's label names and the index of its cell; a block title or an ordinal may stand before it."""
    for index, text in enumerate(strip.texts[:_LABELS_WIDE]):
        if text in _rows():
            again = sum(1 for _ in takewhile(lambda other: other == text, strip.texts[index + 1 :]))  # noqa: B023  used at once
            return _rows()[text], index + again  # a merged label is printed again in each column it spans
        if text and not _BLOCK_TITLE.fullmatch(text):
            return None
    return None


def _match_block(texts: list[str]) -> Block | None:
    """The one block whose header these cells are; a cell cut after its first line still counts beside a whole one."""
    best: list[tuple[int, Block]] = []
    for block in form(TABLE).blocks:
        if len(block.columns) != len(texts):
            continue
        exact = 0
        for name, text in zip(block.columns, texts, strict=True):
            column = form(TABLE).column(name)
            if column.matches(text, block.template):
                exact += 1
            elif not _is_cut(text, column.labels[block.template]):
                break
        else:
            if exact or len(texts) > 1:
                best.append((exact, block))
    best.sort(key=lambda pair: -pair[0])
    if not best or (len(best) > 1 and best[0][0] == best[1][0] and best[0][1].columns != best[1][1].columns):
        return None
    return best[0][1]


def _may_head(header: tuple[str, ...], block: Block) -> bool:
    """Whether a header that is on no form may be a block's misprinted one: what it names stands in its place."""
    if not header:
        return True
    columns = [form(TABLE).column(name) for name in block.columns]
    return len(header) == len(columns) and all(
        column.matches(text, block.template) or not _is_column_label(text)
        for column, text in zip(columns, header, strict=True)
    )


def _is_cut(text: str, labels: tuple[str, ...]) -> bool:
    return len(text) >= _CUT and any(label.startswith(text) for label in labels)


def _block_of_joined(text: str) -> Block | None:
    """The block whose header labels, written without a gap, are this text."""
    for block in form(TABLE).blocks:
        labels = [form(TABLE).column(name).labels[block.template][0] for name in block.columns]
        if "".join(labels) == text:
            return block
    return None


def _after_label(text: str) -> str:
    """What a cell prints after 发布总数量（…）： and its number."""
    match = re.search(r"发布总数量?(?:[（(][^（()）]*[)）])?[:：]?(.*)$", squeeze(text))
    return match.group(1) if match else squeeze(text)
