"""Telling: a finding and how many there are as plain values, by the names that every output uses."""

from __future__ import annotations

from typing import Any

from archive.findings.counting import OfDivision, OfRule, Tally
from archive.findings.lines import FindingLine


def line_data(line: FindingLine) -> dict[str, Any]:
    """A finding as JSON has it; cells and values only where it names them."""
    said = line.acknowledged
    return {
        "id": line.id,
        "report": line.report_id,
        "url": line.url,
        "publisher": line.publisher,
        "scope": line.scope,
        "kind": line.kind,
        "report_year": line.report_year,
        **line.finding,
        **({"rests_on": line.rests_on} if line.rests_on is not None else {}),
        "acknowledged": {"note": said.note, "by": said.by, "at": said.at.isoformat()} if said is not None else None,
    }


def rule_data(each: OfRule) -> dict[str, Any]:
    """How many of a rule on a year."""
    return {"rule": each.rule, "report_year": each.report_year, **_tally(each.tally)}


def division_data(each: OfDivision) -> dict[str, Any]:
    """How many of a division."""
    return {"division": each.code or None, "name": each.name, **_tally(each.tally)}


def _tally(tally: Tally) -> dict[str, int]:
    return {"open": tally.open, "acknowledged": tally.acknowledged}
