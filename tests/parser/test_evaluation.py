"""The quality gate: the parser against the whole fixture corpus, with pinned floors."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from parser import Hints, parse
from parser.cells import read_cell
from parser.record import Record, Severity
from tests.papers.corpus import SKINS, Sample, papers
from tests.papers.paper import Paper

FLOORS = tomllib.loads(Path(__file__).with_name("evaluation.toml").read_text(encoding="utf-8"))


def score(sample: Sample, record: Record) -> Counter[str]:
    """Figures and metadata counted as right, wrong, missing, extra."""
    counts: Counter[str] = Counter()
    for key, text in sample.paper.figures.items():
        found = record.figures.get(key)
        reading = read_cell(text)
        if found is None:
            counts["missing"] += 1
        else:
            counts["right" if (found.value, found.state) == (reading.value, reading.state) else "wrong"] += 1
    counts["extra"] = len(record.figures.keys() - sample.paper.figures.keys())
    for have, want in (
        (record.title, sample.paper.title),
        (record.publisher, sample.paper.agency),
        (record.report_year, sample.paper.year),
        (record.template, sample.paper.template),
        (tuple(section.heading for section in record.sections), sample.paper.headings),
    ):
        counts["metadata right" if have == want else "metadata wrong"] += 1
    counts["false"] = sum(finding.severity is Severity.ERROR for finding in record.findings)
    return counts


@pytest.mark.parametrize("skin", SKINS)
def test_the_corpus_is_read_at_least_as_well_as_the_pinned_floors(skin: str) -> None:
    counts: Counter[str] = Counter()
    for item in papers():
        sample = Sample(item, skin, SKINS[skin](item))
        counts += score(sample, parse(sample.data, Hints()))
    assert counts["right"] > 0
    assert counts["wrong"] <= FLOORS["figures_wrong"]
    assert counts["missing"] <= FLOORS["figures_missing"]
    assert counts["extra"] <= FLOORS["figures_extra"]
    assert counts["false"] <= FLOORS["findings_false"]
    share = counts["metadata right"] / (counts["metadata right"] + counts["metadata wrong"])
    assert share >= FLOORS["metadata_right"]


def test_every_lowered_floor_is_argued() -> None:
    assert FLOORS["figures_wrong"] == 0, "a wrong figure is never acceptable"
    assert all(change["why"].strip() for change in FLOORS["changes"])


def test_the_reports_of_the_corpus_keep_their_identities() -> None:
    for item in papers():
        assert _balanced(item), item.agency


def _balanced(item: Paper) -> bool:
    def value(row: str) -> int:
        return int(item.figures[f"requests.{row}.total"])

    return value("new") + value("carried_in") == value("total") + value("carried_out")
