"""The words of the dashboard's own pages, in Chinese and English, one table to a page."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


def word(name: str, language: Language, /, **values: object) -> str:
    """The words called so (``overview.title``: ``title`` in ``overview.toml``), with values set in.

    Raises :class:`KeyError` for a name that no table has.
    """
    table, _, key = name.partition(".")
    text = _table(table)[key][language]
    return text.format(**values) if values else text


def known(name: str) -> bool:
    """Whether there are words of that name."""
    table, _, key = name.partition(".")
    return table in tables() and key in _table(table)


@cache
def tables() -> frozenset[str]:
    """The names of all tables."""
    return frozenset(
        each.name.removesuffix(".toml") for each in files(__name__).iterdir() if each.name.endswith(".toml")
    )


@cache
def _table(name: str) -> dict[str, dict[Language, str]]:
    if name not in tables():
        raise KeyError(name)
    return _flat(tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8")))


def _flat(entries: dict[str, dict[str, object]], above: str = "") -> dict[str, dict[Language, str]]:
    """The entries by dotted name: a table with ``zh`` in it is an entry, any other holds entries."""
    found: dict[str, dict[Language, str]] = {}
    for key, value in entries.items():
        if "zh" in value:
            found[above + key] = {language: str(value[language]) for language in LANGUAGES}
        else:
            found |= _flat(value, f"{above}{key}.")  # type: ignore[arg-type]  # tables within tables
    return found
