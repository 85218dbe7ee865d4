"""Bytes to record, checks included, against the libraries' own work on the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial

import pdfplumber
import trafilatura

from benchmarks.timing import Ratio, measure
from parser import parse
from tests.papers.pages import pdf
from tests.papers.paper import paper
from tests.papers.render import article, html, word_cell


def ratios() -> Iterator[Ratio]:
    """HTML against trafilatura.extract, PDF against pdfplumber's table extraction."""
    report = paper(busy=300)
    pages = {
        "HTML report": html(report, date="2024-01-20"),
        "HTML report pasted from Word": html(report, body=article(report, word_cell), date="2024-01-20"),
    }
    for name, page in pages.items():
        extract = partial(trafilatura.extract, page)
        yield measure(name, partial(parse, page.encode()), extract, limit=0.3, against="trafilatura.extract")
    document = pdf(report)
    yield measure(
        "PDF report",
        lambda: parse(document),
        lambda: _tables(document),
        limit=1.2,
        against="pdfplumber extract_tables",
        rounds=7,
    )


def _tables(data: bytes) -> int:
    with pdfplumber.open(io.BytesIO(data)) as document:
        return sum(len(page.extract_tables()) for page in document.pages)
