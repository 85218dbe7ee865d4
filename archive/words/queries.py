"""Queries: what a person types to look for words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.errors import ArchiveError
from archive.words.folding import fold

_QUOTES = '"＂“”„‟〝〞「」『』'
_WORD = re.compile(
    rf"(?P<without>[-－−]?)(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}]?|(?P<word>[^\s{_QUOTES}]+))"
)
_SIGNS = "-－−"


@dataclass(frozen=True)
class Query:
    """Folded words: a section has all of ``words`` and none of ``without``."""

    words: tuple[str, ...]
    without: tuple[str, ...] = ()

    def fits(self, folded: str) -> bool:
        """Whether a folded text is what is looked for."""
        return all(word in folded for word in self.words) and not any(word in folded for word in self.without)


def read(typed: str) -> Query:
    """Read a query: words stand apart by white space, a phrase in quotation marks, ``-`` before what must not be there.

    Raises :class:`ArchiveError` where no word is left to look for.
    """
    words: dict[str, None] = {}
    without: dict[str, None] = {}
    for found in _WORD.finditer(typed):
        written = found["phrase"] if found["phrase"] is not None else found["word"]
        folded = fold(written)
        if folded and written.strip(_SIGNS):
            (without if found["without"] else words)[folded] = None
    if not words and without:
        raise ArchiveError("only what must not be there is named: give a word that must, too")
    if not words:
        raise ArchiveError("nothing is looked for: give a word, or a phrase in quotation marks")
    return Query(tuple(words), tuple(without))
