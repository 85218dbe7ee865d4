"""Comparisons as one HTML page that stands alone: no script, nothing asked of a network, fit to be printed.

What portals wrote is escaped, and cleaned of signs that turn the direction of writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archive.comparing.comparison import Comparison
from archive.comparing.years import Years
from archive.web.comparing.words import Words, change_of, left_out, section_heading, share_of, shown
from archive.web.templating import render
from archive.web.words import Language, word

DRAWING: dict[str, Any] = {
    each.__name__: each for each in (change_of, left_out, section_heading, share_of, shown)
}  # for the templates
_PASSAGES = 2_000  # of a section; --json has more


@dataclass(frozen=True)
class _Reader:
    """Whom the page is for: nobody who asked the dashboard."""

    language: Language = "en"

    def word(self, name: str, /, **values: object) -> str:
        return word(name, self.language, **values)


def page(found: Sequence[Comparison] | Sequence[Years], *, everything: bool) -> str:
    """The page of comparisons of one publisher, as ``xxgk diff --html`` writes it; with ``everything``, every figure."""
    return render(
        "comparison.html",
        asking=_Reader(),
        words=Words("en", labels="zh"),
        at=None,
        place=None,
        step_at=None,
        evidence=False,
        comparisons=[one for one in found if isinstance(one, Comparison)],
        tables=[one for one in found if isinstance(one, Years)],
        everything=everything,
        most=_PASSAGES,
        **DRAWING,
    )
