"""Several oddities at once: no figure is wrong, and where nothing was lost none is missing."""

from __future__ import annotations

import os

import pytest

from parser import parse
from tests.papers.agreement import missing, wrong
from tests.papers.combinations import combination

SEEDS = int(os.environ.get("XXGK_FUZZ_ROUNDS", "60"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_oddities_that_meet_make_no_figure_wrong(seed: int) -> None:
    drawn = combination(seed)
    record = parse(drawn.data)
    assert (drawn.words, wrong(record, drawn.paper)) == (drawn.words, {})
    if not drawn.lossy:
        assert (drawn.words, missing(record, drawn.paper)) == (drawn.words, set())
    assert (record.publisher, record.report_year) == (drawn.paper.agency, drawn.paper.year)
    assert record.template == drawn.paper.template
