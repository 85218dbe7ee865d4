"""Formulas: text that a spreadsheet would reckon, or run, when a table is opened; such a cell begins with an apostrophe."""

from __future__ import annotations

import re
from typing import Any

# A title or a note that begins so would be reckoned; some programs read full-width forms alike.
SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HARMLESS = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?|[-－]+", re.ASCII)  # a number, or the dash of an empty cell


def defuse(cell: Any) -> Any:
    """The cell, with an apostrophe before text that a spreadsheet would take for a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(SIGNS) else cell


def defuse_printed(text: str) -> str:
    """As :func:`defuse`, for what a report prints in a cell: a number or a dash is harmless and stays as it is."""
    return text if not text.startswith(SIGNS) or _HARMLESS.fullmatch(text) is not None else f"'{text}"
