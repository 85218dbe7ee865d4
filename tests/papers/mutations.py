"""Markup as careless hands leave it: one cell lost, doubled, merged or split somewhere in a table."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_CELL = re.compile(r"<td[^>]*>.*?</td>", re.DOTALL)
_ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
Mutation = Callable[[str, random.Random], str]


def _cell(page: str, rng: random.Random) -> re.Match[str]:
    return rng.choice(list(_CELL.finditer(page)))


def drop_cell(page: str, rng: random.Random) -> str:
    """One cell is lost."""
    cell = _cell(page, rng)
    return page[: cell.start()] + page[cell.end() :]


def double_cell(page: str, rng: random.Random) -> str:
    """One cell stands twice."""
    cell = _cell(page, rng)
    return page[: cell.end()] + cell.group() + page[cell.end() :]


def insert_blank(page: str, rng: random.Random) -> str:
    """An empty cell too many."""
    cell = _cell(page, rng)
    return page[: cell.end()] + "<td></td>" + page[cell.end() :]


def wrong_span(page: str, rng: random.Random) -> str:
    """A span is lost, or one is there that should not be."""
    cell = _cell(page, rng)
    name = rng.choice(("rowspan", "colspan"))
    text = cell.group()
    changed = re.sub(rf' {name}="\d+"', "", text) if name in text else text.replace("<td", f'<td {name}="2"', 1)
    return page[: cell.start()] + changed + page[cell.end() :]


def drop_row(page: str, rng: random.Random) -> str:
    """One row is lost."""
    row = rng.choice(list(_ROW.finditer(page)))
    return page[: row.start()] + page[row.end() :]


def swap_rows(page: str, rng: random.Random) -> str:
    """Two neighbouring rows change places."""
    rows = list(_ROW.finditer(page))
    index = rng.randrange(len(rows) - 1)
    one, two = rows[index], rows[index + 1]
    return page[: one.start()] + two.group() + page[one.end() : two.start()] + one.group() + page[two.end() :]


def damage_text(page: str, rng: random.Random) -> str:
    """Characters of a label are lost."""
    cell = rng.choice([found for found in _CELL.finditer(page) if not re.search(r">\d", found.group())])
    text = re.sub(r"[\u4e00-\u9fff]", lambda char: "" if rng.random() < 0.3 else char.group(), cell.group())
    return page[: cell.start()] + text + page[cell.end() :]


MUTATIONS: tuple[Mutation, ...] = (drop_cell, double_cell, insert_blank, wrong_span, drop_row, swap_rows, damage_text)
