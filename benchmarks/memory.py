"""The memory of a long crawl: our spider with everything, from its first thousand answers to its last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.crawl import measure_crawl
from benchmarks.portal import Site, serving
from benchmarks.timing import Ratio

SITE = Site(hosts=16, columns=64, rows=296)
EARLY = 1_000
LIMIT = 1.15


def ratios(site: Site = SITE, early: int = EARLY) -> Iterator[Ratio | str]:
    """The peak of resident memory at the end, against that at ``early`` answers, in one crawl."""
    with serving(site) as port, TemporaryDirectory() as folder:
        measured = measure_crawl("fetched", port, site, Path(folder) / "archive")
    last = max(measured.peaks)
    shown = [one for one in sorted(measured.peaks) if one in (early, last) or one % 5000 == 0]
    yield "peak memory, MiB: " + ", ".join(f"{measured.peaks[one]:.0f} at {one:,} answers" for one in shown)
    name = f"memory at {last:,} answers"
    yield Ratio(name, measured.peaks[last], measured.peaks[early], LIMIT, f"at {early:,}", "MiB")
