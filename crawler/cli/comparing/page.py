"""Comparisons as one HTML page that stands alone: no script, nothing asked of a network, fit to be printed.

What portals wrote is escaped, and cleaned of signs that turn the direction of writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from archive.comparing.comparison import Comparison
from archive.comparing.prose import Kind
from archive.comparing.wording import Change
from archive.comparing.years import Years
from crawler.cli.comparing import words
from crawler.errors import WrongUsage

_PASSAGES = 2_000  # of a section; --json has more


def write_page(path: Path, found: Sequence[Comparison] | Sequence[Years], *, everything: bool) -> None:
    """Write the page. Raises :class:`WrongUsage` where the file cannot be written."""
    text = page(found, everything=everything)
    try:
        path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise WrongUsage(f"{path} cannot be written: {error.strerror or error}") from error


def page(found: Sequence[Comparison] | Sequence[Years], *, everything: bool) -> str:
    """The page of comparisons of one publisher."""
    return _template().render(
        comparisons=[one for one in found if isinstance(one, Comparison)],
        tables=[one for one in found if isinstance(one, Years)],
        everything=everything,
        most=_PASSAGES,
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=_final, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(words=words, Kind=Kind, Change=Change, zip=zip)
    source = files("crawler.cli.comparing").joinpath("comparison.html").read_text(encoding="utf-8")
    return environment.from_string(source)


def _final(value: Any) -> Any:
    """What is printed of a value: nothing of what is not there, and no sign that cannot be seen."""
    if value is None:
        return ""
    return words.clean(value) if type(value) is str else value
