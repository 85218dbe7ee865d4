"""Divisions as users write them: by code, by the first digits of one, or by name."""

from __future__ import annotations

from archive.divisions import Book
from archive.errors import UnknownDivision


def code_of(written: str | None, book: Book) -> str | None:
    """The code of a division that is written as its digits, all or the first of them, or as its full name; null of none.

    Raises :class:`UnknownDivision`.
    """
    if written is None:
        return None
    if written.isascii() and written.isdecimal():
        code = written.ljust(6, "0") if len(written) in {2, 4} else written
        if book.get(code) is None:
            raise UnknownDivision(f"no division has the code {written}: give the six digits of GB/T 2260")
        return code
    codes = sorted({each.code for each in book.named(written)})
    if len(codes) != 1:
        choices = ", ".join(f"{code} ({book.label(code)})" for code in codes) or "none; its full name is needed"
        raise UnknownDivision(f"{len(codes)} divisions are called {written}: {choices}")
    return codes[0]
