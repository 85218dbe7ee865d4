"""How commands speak: JSON lines or tables on standard output, progress and remarks on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from parser.record import dump_json

_QUIET = 2.0  # seconds in which nothing needs to be said where nobody watches
_LINE = 10.0  # seconds between two lines in a log
_remarks = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(lines: Iterable[Any]) -> None:
    """One line of JSON each; nothing else goes to standard output with ``--json``."""
    for line in lines:
        sys.stdout.write(f"{dump_json(line)}\n")
    sys.stdout.flush()


def print_table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> None:
    """A table for people. Cells are plain text: a title of a report may look like markup."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(highlight=False).print(table)


def remark(text: str) -> None:
    """A sentence on standard error."""
    _remarks.print(Text(text))


class _Lines:
    """Progress where nobody watches: a line now and then, once it takes longer."""

    def __init__(self) -> None:
        self._next = monotonic() + _QUIET

    def say(self, text: str) -> None:
        now = monotonic()
        if now >= self._next:
            self._next = now + _LINE
            remark(text)


class _Status:
    """Progress on a terminal: one line that changes."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def say(self, text: str) -> None:
        self._live.update(Text(text, no_wrap=True, overflow="ellipsis", style="dim"))


@contextmanager
def progress() -> Iterator[_Lines | _Status]:
    """Something with a ``say`` method that shows how far a long command is."""
    if not _remarks.is_terminal:
        yield _Lines()
        return
    with Live(console=_remarks, transient=True, refresh_per_second=8) as live:
        yield _Status(live)
