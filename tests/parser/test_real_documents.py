"""Real published reports, where they stand beside the checkout: every figure, every heading, every failing identity."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson

from parser import Hints, parse
from parser.record import Record

pytestmark = pytest.mark.real
ARITHMETIC = {"requests.balance", "requests.results", "requests.columns", "review.total"}


def test_every_real_report_is_read_exactly(real_documents: Path) -> None:
    expectations = sorted((real_documents / "expected").glob("*.json"))
    assert expectations
    for path in expectations:
        expected = simplejson.loads(path.read_text(encoding="utf-8"), use_decimal=True)
        document = next(found for found in sorted(real_documents.glob(f"{path.stem}.*")) if found.is_file())
        record = parse(document.read_bytes(), Hints(name=document.name))
        assert (path.stem, differences(expected, record)) == (path.stem, [])


def differences(expected: dict[str, Any], record: Record) -> list[str]:
    """What a record says otherwise than expected."""
    found = [f"{key} too many" for key in record.figures.keys() - expected["figures"].keys()]
    for key, want in expected["figures"].items():
        figure = record.figures.get(key)
        have = None if figure is None else figure.value if isinstance(want, int | Decimal) else figure.state
        if have != (want if isinstance(want, int | Decimal) else want["state"]):
            found.append(f"{key}: {have}, not {want}")
    date = record.published_on.isoformat() if record.published_on is not None else None
    headings = {section.number: section.heading for section in record.sections}
    failing = {(each.rule, each.row or each.column) for each in record.findings if each.rule in ARITHMETIC}
    for name, said, wanted in (
        ("title", record.title, expected["title"]),
        ("publisher", record.publisher, expected["publisher"]),
        ("report_year", record.report_year, expected["report_year"]),
        ("published_on", date, expected["published_on"]),
        ("template", record.template, expected["template"]),
        ("headings", [headings.get(number) for number in range(1, 7)], expected["section_headings"]),
        ("findings", failing, {tuple(pair) for pair in expected["findings"]}),
    ):
        if said != wanted:
            found.append(f"{name}: {said}, not {wanted}")
    return found
