"""The figures that the forms print, each with its label in Chinese, its unit, and whether it is money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from parser.forms import Form, form

_MONEY = frozenset({"元", "万元"})
_TABLES = {
    "disclosure": ("表二", "表二 主动公开政府信息情况"),
    "requests": ("表三", "表三 收到和处理政府信息公开申请情况"),
    "review": ("表四", "表四 政府信息公开行政复议、行政诉讼情况"),
    "statistics_2014": ("2014年统计表", "政府信息公开情况统计表 of report years 2014 to 2018"),
    "statistics_2008": ("2008年附表", "annex of indicators of report years 2008 to 2013"),
}


@dataclass(frozen=True)
class Label:
    """A figure: its key, its label on the form with the table before it, the table, and its unit."""

    key: str
    title: str
    of: str
    unit: str | None
    money: bool


@cache
def figure_labels() -> tuple[Label, ...]:
    """Every figure that some form prints, in the order of the forms."""
    found = [label for table in _TABLES for label in _labels(form(table))]
    titles = Counter(label.title for label in found)
    assert titles.most_common(1)[0][1] == 1, titles.most_common(1)  # noqa: S101 - a heading names one column
    return tuple(found)


def _labels(printed: Form) -> Iterator[Label]:
    short, of = _TABLES[printed.table]
    for row, column, words, unit, decimal in _cells(printed):
        title = "·".join((short, *words))
        yield Label(f"{printed.table}.{row}.{column}", title, of, unit, decimal or unit in _MONEY)


_Cell = tuple[str, str, tuple[str, ...], str | None, bool]


def _cells(printed: Form) -> Iterator[_Cell]:
    if printed.blocks:
        yield from _of_blocks(printed)
    elif printed.columns:
        for row in printed.rows:
            above = (row.group,) if row.group is not None else ()
            for column in printed.columns:
                words = (*above, row.labels[0], next(iter(column.labels.values()))[0])
                yield row.name, column.name, words, column.unit("*"), column.decimal
    else:
        for row in printed.rows:
            above = (printed.row(row.under).labels[0],) if row.under is not None else ()
            yield row.name, "value", (*above, row.labels[0]), row.unit, False


def _of_blocks(printed: Form) -> Iterator[_Cell]:
    """Each row and column that some block of some template has, once."""
    seen = set()
    for block in printed.blocks:
        for name in block.rows:
            for column in (printed.column(each) for each in block.columns):
                if (name, column.name) in seen:
                    continue
                seen.add((name, column.name))
                label = column.labels.get(block.template, column.labels.get("*", (column.name,)))[0]
                unit = column.unit(block.template)
                words = (printed.row(name).labels[0], label)
                yield name, column.name, words, unit, column.decimal
    extra = printed.extra
    yield extra["row"], extra["column"], ("政府信息公开发布总数量",), extra.get("unit"), False
