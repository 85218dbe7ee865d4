"""The record: what is read from one annual report, in the names every part of the system uses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import simplejson
from pydantic import BaseModel, ConfigDict, Field

Number = int | Decimal


class State(StrEnum):
    """What a cell prints; the four stay apart for ever (the official note asks for 0 where nothing happened)."""

    NUMBER = "number"
    BLANK = "blank"
    DASH = "dash"  # printed as not applicable: / - — 无
    TEXT = "text"  # anything else: there is no value, and none is guessed


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"  # an identity printed on the form fails
    WARNING = "warning"
    INFO = "info"


class Result(StrEnum):
    """The three answers of an identity; the third is never reported as the first."""

    HOLDS = "holds"
    FAILS = "fails"
    UNJUDGED = "cannot be judged"


class PublishedSource(StrEnum):
    """Where ``published_on`` was read, best first."""

    LIST = "list"  # the row of the list that led here
    PAGE = "page"  # a date beside the title, labelled or not
    FIELD = "field"  # the header table (公开日期, 发布日期) or a tag made for it
    META = "meta"  # <meta name="PubDate">, unless it is the time of generation
    SIGNED = "signed"  # the date signed at the end of the text


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Model):
    """Where something stands in its source: ``table``, ``row``, ``column`` count from 1 in document order.

    ``line`` counts text lines where the figure stands outside a table; ``page`` is the page of a PDF and ``box`` its
    rectangle there (x0, top, x1, bottom, in points); ``confidence`` (0 to 1) is given only where the text came from OCR.
    """

    table: int | None = None
    row: int | None = None
    column: int | None = None
    line: int | None = None
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    confidence: float | None = None


class Figure(_Model):
    """One printed cell of a statutory table."""

    value: Number | None
    text: str
    state: State
    unit: str | None = None
    note: str | None = None
    at: Place = Place()


class Section(_Model):
    """One of the six sections (条例 2019 第五十条); ``heading`` is without its numeral, ``text`` without the tables."""

    number: int
    heading: str
    text: str


class Contact(_Model):
    """How to reach the publisher, as its preface says."""

    address: str | None = None
    postcode: str | None = None
    phone: str | None = None
    email: str | None = None


class Finding(_Model):
    """Something the checks found; the place is named by ``table`` and ``row`` or ``column``."""

    rule: str
    severity: Severity
    message: str
    table: str | None = None
    row: str | None = None
    column: str | None = None
    expected: Number | None = None
    found: Number | None = None
    at: Place | None = None


class Check(_Model):
    """The answer of one identity at one place, the judged and the unjudged alike."""

    rule: str
    result: Result
    table: str
    row: str | None = None
    column: str | None = None
    expected: Number | None = None
    found: Number | None = None
    holds_if_blank_is_zero: bool | None = None  # only where the identity cannot be judged


class Table(_Model):
    """What is known of one statutory table as a whole."""

    template: str


class Record(_Model):
    """One annual report. Absent means null; a figure that is not on the page has no key."""

    title: str | None = None
    publisher: str | None = None
    report_year: int | None = None
    published_on: date | None = None
    published_source: PublishedSource | None = None
    template: str | None = None
    tables: dict[str, Table] = Field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    contact: Contact = Contact()
    figures: dict[str, Figure] = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Plain values in the record's own order; empty optional parts of figures and findings are left out."""
        data = self.model_dump(exclude={"figures", "findings", "checks", "published_on"})
        data["published_on"] = self.published_on.isoformat() if self.published_on is not None else None
        data["figures"] = {key: _figure_data(figure) for key, figure in self.figures.items()}
        data["checks"] = [check.model_dump(exclude_none=True) for check in self.checks]
        data["findings"] = [finding.model_dump(exclude_none=True) for finding in self.findings]
        return {name: data[name] for name in type(self).model_fields}

    def to_json(self) -> str:
        """One line of JSON; decimals are exact."""
        return dump_json(self.to_data())

    @classmethod
    def from_json(cls, line: str) -> Record:
        """The record a line of :meth:`to_json` stands for."""
        return cls.model_validate(simplejson.loads(line, use_decimal=True))


def dump_json(data: Any) -> str:
    """JSON on one line, Chinese as it is, decimals exact."""
    return str(simplejson.dumps(data, ensure_ascii=False, use_decimal=True, default=str))


def _figure_data(figure: Figure) -> dict[str, Any]:
    data: dict[str, Any] = {"value": figure.value, "text": figure.text, "state": figure.state, "unit": figure.unit}
    if figure.note is not None:
        data["note"] = figure.note
    data["at"] = figure.at.model_dump(exclude_none=True)
    return data
