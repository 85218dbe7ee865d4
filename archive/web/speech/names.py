"""The names of rules, standings, outcomes, classes, forms and figures, in Chinese and English; ``names.toml`` has them.

A name that no table has is returned as it is: an archive may be newer than the program that shows it.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from archive.comparing.labels import OWN_FORM, label, order
from archive.divisions import book
from archive.web.words import Language


def rule_name(rule: str, language: Language) -> str:
    """Of a rule of the findings (``requests.balance``)."""
    return named("rules", rule, language)


def family_name(family: str, language: Language) -> str:
    """Of a family of rules (``requests``); of a rule that is a family by itself, the rule's."""
    return named("families" if family in names("families") else "rules", family, language)


def severity_name(severity: str, language: Language) -> str:
    """Of ``error``, ``warning``, ``info``."""
    return named("severities", severity, language)


def status_name(status: str, language: Language) -> str:
    """Of how a publisher stands (``on_time``)."""
    return named("statuses", status, language)


def outcome_name(outcome: str, language: Language) -> str:
    """Of how a portal, a column or an article ended (``ok``, ``blocked:jiasule``, ``report``)."""
    kind, colon, system = outcome.partition(":")
    if colon and f"{kind}:" in names("outcomes"):
        return named("outcomes", f"{kind}:", language).format(system=named("systems", system, language))
    return named("outcomes", outcome, language)


def class_name(kind: str, language: Language) -> str:
    """Of a class of publishers (:mod:`archive.registry.classes`)."""
    return named("classes", kind, language)


def template_name(template: str, language: Language) -> str:
    """Of a form (``2021``)."""
    return named("templates", template, language)


def state_name(state: str, language: Language) -> str:
    """Of the state of a report (``published``) or of a cell (``blank``)."""
    return named("states", state, language)


def source_name(source: str, language: Language) -> str:
    """Of the place a day of publication was read from (``list``)."""
    return named("sources", source, language)


def table_name(table: str, language: Language) -> str:
    """Of a statutory table (``requests``)."""
    return named("tables", table, language)


def section_name(number: int, language: Language) -> str:
    """Of one of the six sections, as the form heads it."""
    return named("sections", str(number), language)


def figure_name(key: str, language: Language) -> str:
    """Of a figure (``requests.new.total``): in Chinese the labels its form prints, in English the words of its key."""
    if key not in order():
        return key
    if language == "zh":
        return str(label(key))
    table, *parts = key.split(".")
    return " · ".join(part.replace("_", " ") for part in (parts[:1] if table in OWN_FORM else parts))


def division_name(code: str, _language: Language) -> str:
    """Of a division of the nation: its names from the province down; of another its code."""
    return book().label(code) or code


def named(table: str, name: str, language: Language) -> str:
    """What a table of ``names.toml`` calls a name; the name itself where it is not there."""
    found = names(table).get(name)
    return name if found is None else found[language]


def names(table: str) -> dict[str, dict[Language, str]]:
    """A table of ``names.toml``. Raises :class:`KeyError` for one that is not there."""
    return _tables()[table]


@cache
def _tables() -> dict[str, dict[str, dict[Language, str]]]:
    return tomllib.loads(files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))
