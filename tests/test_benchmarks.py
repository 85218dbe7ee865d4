"""The benchmarks measure what they say; how long it takes is asserted nowhere here."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.monitor import Status, missing
from benchmarks import archiving, country, crawling, export, likeness, memory, nation, panels, scale, search
from benchmarks.__main__ import main
from benchmarks.crawl import FIRST, measure_crawl
from benchmarks.portal import Site, report, serving
from benchmarks.timing import Ratio
from parser import parse
from tests.databases import new_database

SMALL = Site(hosts=2, columns=2, rows=21)


def test_the_portal_publishes_reports_that_differ_and_can_be_read() -> None:
    pages = [report(number) for number in range(60)]
    assert len(set(pages)) == len(pages)
    assert all(15_000 < len(page) < 61_000 for page in pages)
    assert parse(pages[7]).figures


@pytest.mark.parametrize("kind", ["bare", "kept", "fetched"])
def test_a_measured_crawl_reads_every_report_of_the_portal(kind: str, tmp_path: Path) -> None:
    with serving(SMALL) as port:
        measured = measure_crawl(kind, port, SMALL, tmp_path / "archive")
    robots = 0 if kind == "bare" else SMALL.hosts
    assert (measured.articles, measured.answers) == (SMALL.articles, SMALL.pages + robots)
    assert measured.peaks[FIRST] <= measured.peaks[measured.answers]


def test_the_crawling_benchmark_compares_three_crawls_with_scrapy_alone() -> None:
    ratios = [said for said in crawling.ratios(Site(hosts=1, columns=1, rows=2), rounds=1) if isinstance(said, Ratio)]
    assert [ratio.limit for ratio in ratios] == [crawling.LIMIT, None, None]


def test_the_memory_benchmark_compares_the_end_of_a_crawl_with_its_beginning() -> None:
    said = list(memory.ratios(SMALL, early=FIRST))
    assert [one.unit for one in said if isinstance(one, Ratio)] == ["MiB"]


# warcio leaves the closing of its temporary files to the collector.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
def test_the_writing_benchmark_marks_the_level_the_archive_uses() -> None:
    (ratio,) = archiving.ratios(rounds=1)
    assert ratio.limit == archiving.LIMIT
    assert sum("archive/warcs/records.py" in line for line in archiving.levels(rounds=1)) == 1


def test_the_scale_benchmark_adds_reports_to_filled_tables() -> None:
    ratio, *lines = scale.ratios(small=400, large=600, slices=1, size=4)
    assert isinstance(ratio, Ratio)
    assert [line.partition(":")[0] for line in lines if isinstance(line, str)] == [
        "the 4 reports of 2024 among 400",
        "the 4 reports of 2024 among 600",
        "bytes to a report in the tables of 600",
        "bytes to a report in the WARC files",
    ]


def test_the_scale_benchmark_fills_postgresql_too() -> None:
    assert [ratio.limit for ratio in scale.postgresql(small=400, large=600, slices=1, size=4)] == [None]


def test_a_question_about_twice_as_many_publishers_sends_no_more_statements(tmp_path: Path) -> None:
    small = [place for place in country.places() if place.division.level == "county" and place.publishers < 40][:10]
    with nation.empty(tmp_path / "archive") as filled:
        sent, known = [], []
        for added in (small[:5], small[5:]):
            filled.add(added)
            sent.append(filled.statements(lambda: missing(filled.archive, filled.year)))
            known.append(filled.country.publishers)
            assert len(missing(filled.archive, filled.year)) == filled.country.publishers
    assert 150 < known[0] < known[1] < 400
    assert sent[0] == sent[1]


def test_the_nation_is_the_same_in_both_databases(tmp_path: Path, postgresql: str) -> None:
    chosen = country.places()[:12]
    found = []
    for name, url in (("sqlite", None), ("postgresql", new_database(postgresql))):
        with nation.empty(tmp_path / name, url) as filled:
            filled.add(chosen)
            found.append([(one.publisher_id, one.status, one.basis) for one in missing(filled.archive, filled.year)])
    assert sorted(found[0]) == sorted(found[1])
    assert {status for _, status, _ in found[0]} >= {Status.ON_TIME, Status.LATE, Status.MISSING, Status.UNCHECKED}


def test_the_nation_benchmark_holds_every_figure_against_its_limit() -> None:
    said = list(nation.ratios(share=0.001, rounds=1, commands=1))
    assert [one.limit for one in said if isinstance(one, Ratio)] == [nation.GROWTH, nation.GROWTH, *[1.0] * 5] * 2


def test_the_search_benchmark_asks_both_databases_the_same_and_holds_every_answer_against_its_limit() -> None:
    said = list(search.ratios(reports=100, rounds=1))
    asked = [one for one in said if isinstance(one, Ratio)]
    assert {one.limit for one in asked} == {1.0}
    names = [one.name.partition(": ")[2] for one in asked]
    assert names[:7] == names[7:]
    assert next(one for one in said if isinstance(one, str)).startswith("SQLite: ")


def test_the_panels_benchmark_counts_every_report_and_holds_every_panel_against_its_limit() -> None:
    said = list(panels.ratios(share=0.001))
    assert [one.limit for one in said if isinstance(one, Ratio)] == [panels.GROWTH, panels.GROWTH, *[1.0] * 7] * 2
    counts = [one.name.partition(", ")[2] for one in said if isinstance(one, Ratio)]
    assert counts[:9] == counts[9:]
    assert counts[2] != "0"


def test_the_likeness_benchmark_finds_every_copy_it_planted() -> None:
    ratios = [said for said in likeness.ratios(reports=120) if isinstance(said, Ratio)]
    assert [ratio.name for ratio in ratios] == [
        f"SQLite: {what}" for what in ("to learn a report", "to ask about a report", "recall at 90%")
    ]
    assert ratios[-1].baseline == 1.0


def test_the_export_benchmark_holds_the_memory_of_many_reports_against_that_of_few() -> None:
    few, many, ratio = export.ratios(small=1, large=2, pool=5)
    assert isinstance(few, str)
    assert isinstance(many, str)
    assert isinstance(ratio, Ratio)
    assert (ratio.unit, ratio.limit) == ("MiB", export.LIMIT)
    assert all(" reports to parquet: " in line for line in (few, many))


@pytest.mark.parametrize(("ours", "limit", "holds"), [(1.0, 0.5, True), (1.1, 0.5, False), (9.0, None, True)])
def test_a_ratio_holds_up_to_its_limit(ours: float, limit: float | None, holds: bool) -> None:
    assert Ratio("work", ours, 2.0, limit, "other work").holds is holds


def test_a_benchmark_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baking"]) == 2
    assert "no benchmark baking" in capsys.readouterr().err
