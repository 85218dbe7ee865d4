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
    """HTML against trafilatura.extract, PDF against pdfplumber's table extraction.

    The limit is for a page whose tables are heavy, as portals publish them; of a page of plain cells trafilatura makes
    short work, and our ratio on it is printed for comparison.
    """
    report = paper(busy=300)
    pages: tuple[tuple[str, str, float | None], ...] = (
        ("HTML report pasted from Word", html(report, body=article(report, word_cell), date="2024-01-20"), 0.3),
        ("HTML report of plain cells", html(report, date="2024-01-20"), None),
    )
    for name, page, limit in pages:
        extract = partial(trafilatura.extract, page)
        yield measure(name, partial(parse, page.encode()), extract, limit=limit, against="trafilatura.extract")
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
