"""A table that careless hands damaged in one place loses figures there, and never shows a wrong one."""

from __future__ import annotations

import os
import random

import pytest

from parser import parse
from tests.papers.corpus import papers
from tests.papers.mutations import MUTATIONS, Mutation
from tests.papers.render import html

ROUNDS = int(os.environ.get("XXGK_FUZZ_ROUNDS", "30"))  # of each kind; `make fuzz` runs many more


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_damaged_table_shows_no_wrong_figure(mutation: Mutation) -> None:
    known = list(papers())
    for seed in range(ROUNDS):
        rng = random.Random(seed)
        item = rng.choice(known)
        record = parse(mutation(html(item), rng).encode())
        wrong = {
            key: (text, record.figures[key].text)
            for key, text in item.figures.items()
            if key in record.figures and record.figures[key].text != text
        }
        assert (seed, item.agency, wrong) == (seed, item.agency, {})
