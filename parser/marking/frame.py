"""The page around a drawing: its style, and notes on what is seen, Chinese first."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

CUT = "文件过长，此处只显示前一部分。 / The document is long; only its beginning is shown."
OPEN_ROW = "文件在表格中途截断，未完整的一行未予显示。 / The page ends within a row of a table; that row is left out."
SCRIPTED = "页末的表格写在网页脚本里，由解析程序取出。 / The tables at the end stand in a script of the page."
AS_READ = (
    "此处显示的是解析程序读出的文字和表格，不是文件的原貌。 / These are the lines and tables that were read from the "
    "document, not its own appearance."
)


class Drawing(NamedTuple):
    """A document as a page: the markup, and the names that stand in it."""

    html: str
    names: frozenset[str]


def frame(body: str, notes: Iterable[str]) -> str:
    """A whole page; ``body`` and ``notes`` are markup."""
    said = "".join(f"<p>{note}</p>" for note in notes)
    head = f'<div class="xxgk-frame" role="note">{said}</div>' if said else ""
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>存档文件</title>'
        f"<style>{_style()}</style></head>\n<body>{head}{body}</body></html>\n"
    )


@cache
def _style() -> str:
    return files("parser.marking").joinpath("frame.css").read_text(encoding="utf-8")
