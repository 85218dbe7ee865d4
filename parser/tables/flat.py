"""Flattened streams: tables whose cells are lines of running text, put back into rows where that is certain.

Some extractors and some portals print every cell on a line of its own (quirk 17). A row is certain where a label
of the form is followed by values, with nothing between, up to the next label; the tables then ask for exactly as many
values as the form has there, so a lost blank cell costs the row and never moves a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from parser.documents.document import Cell, Line
from parser.forms import form
from parser.labels import core, normal
from parser.tables.strips import RUNNING_TEXT, Strip, is_value

_SPLIT = re.compile(r"[\s|｜\u3000\u00a0]+")
_ORDINAL = re.compile(r"^(?:\d{1,2}[.、．)）]|[(（]\d{1,2}[)）]|[一二三四五六七][、.．]|[(（][一二三四五六七][)）])$")
_CONTENT = "信息内容"
_BETWEEN = "0123456789.、()一二三四五六七:,;"
_MAX_WORDS = 400  # characters of words before values; more is prose


@dataclass(frozen=True)
class _Token:
    text: str
    line: int


def flat_strips(lines: Iterable[Line]) -> Iterator[Strip]:
    """The rows that running text spells out: header rows, block titles, and labels with the values behind them."""
    words: list[_Token] = []
    values: list[_Token] = []
    for token in _tokens(lines):
        if is_value(token.text) and not _ORDINAL.match(token.text):
            values.append(token)
            continue
        if values:
            yield from _rows(words, values)
            words, values = [], []
        words.append(token)
    yield from _rows(words, values)


def _tokens(lines: Iterable[Line]) -> Iterator[_Token]:
    for line in lines:
        for part in _SPLIT.split(line.text):
            if part and not re.fullmatch(r":?-{3,}:?", part):
                yield _Token(part, line.number)


def _rows(words: list[_Token], values: list[_Token]) -> Iterator[Strip]:
    joined = normal("".join(token.text for token in words))[-_MAX_WORDS:]
    found = _last_run(joined)
    if not found:
        return
    line = words[-1].line
    labels = [match.group() for match in found]
    if not values:
        yield from _headers(labels, line)
        return
    yield from _headers(labels[:-1], line)
    if labels[-1] in _leaves():  # a header right before its row of values (表四)
        yield from _headers(labels[-1:], line)
        yield _strip([(token.text, token.line) for token in values])
    else:
        yield _strip([(labels[-1], line), *((token.text, token.line) for token in values)])


def _last_run(joined: str) -> list[re.Match[str]]:
    """The labels that reach to the end of the words with nothing but ordinals between; prose before them is none."""
    run: list[re.Match[str]] = []
    end = 0
    for match in _pattern().finditer(joined):
        if joined[end : match.start()].strip(_BETWEEN):
            run = []
        run.append(match)
        end = match.end()
    return [] if joined[end:].strip(_BETWEEN) else run


def _headers(labels: list[str], line: int) -> Iterator[Strip]:
    """Header rows as the tables expect them: a block title alone, 信息内容 with its columns, groups and columns."""
    row: list[str] = []
    for label in labels:
        if label.startswith("第二十条") or label == _CONTENT:
            if row:
                yield _strip([(text, line) for text in row])
            row = [label]
            if label.startswith("第二十条"):
                yield _strip([(label, line)])
                row = []
        else:
            row.append(label)
    if row:
        yield _strip([(text, line) for text in row])


def _strip(cells: list[tuple[str, int]]) -> Strip:
    made = tuple(Cell(text, line, column) for column, (text, line) in enumerate(cells, 1))
    return Strip(RUNNING_TEXT, made, tuple(core(text) for text, _ in cells))


@cache
def _leaves() -> frozenset[str]:
    return frozenset(label for column in form("review").columns for label in column.labels["*"])


@cache
def _pattern() -> re.Pattern[str]:
    """Every label of the three tables with its ordinal, longest first."""
    disclosure, requests, review = form("disclosure"), form("requests"), form("review")
    rows = [label for table in (disclosure, requests, review) for row in table.rows for label in row.labels]
    columns = [
        label
        for table in (disclosure, requests, review)
        for column in table.columns
        for labels in column.labels.values()
        for label in labels
    ]
    others = [*requests.groups, *requests.header, *review.header, _CONTENT]
    known = sorted({*rows, *columns, *others}, key=len, reverse=True)
    return re.compile(
        r"第二十条第?\(?[一二三四五六七八九]\)?项|(?:\d[.、]|\([一二三四五六七]\)|[一二三四]、)?(?:"
        + "|".join(map(re.escape, known))
        + ")"
    )
