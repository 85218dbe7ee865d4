"""Findings across years and agencies, on a replayed portal: each rule where it was planted, and nowhere else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import pytest

from archive.findings.across import across
from archive.store import Archive
from archive.study import study
from tests.crawler.commands import xxgk
from tests.replay import prose, serve
from tests.replay.agencies import AGENCIES, GOVERNMENT, MISSING, Agency
from tests.replay.city import YEARS, City, Document
from tests.replay.documents import Paper

CARRIED = ("云汀市财政局", 2025)  # carries in what nobody carried out
STOCK = ("云汀市农业农村局", 2025)  # more documents in force than the year before leaves
JUMPS = ("云汀市市场监督管理局", 2025)  # ten times the penalties
LARGEST = ("云汀市教育局", 2025)  # states more requests than the government
REPEATS = ("云汀市卫生健康局", 2024)  # prints last year's prose
SAME = ("云汀市交通运输局", 2024)  # prints last year's tables
TAKES = ("云汀市林业和草原局", 2024)  # prints the finance bureau's prose under its own name
LENT = (CARRIED[0], TAKES[1])
BY_CHANCE = ("云汀市白桦镇人民政府", 2024)  # a town with one figure that is not 0, and told as such
SCARRED = ("云汀市民政局", 2024)
UNFINISHED = (MISSING[0], MISSING[1] - 1)  # carries out to a year of which there is no report
Figures = Mapping[str, str]


def more(figures: Figures, count: int, *rows: str) -> dict[str, str]:
    """So many more in these rows of table 三, of natural persons and in all."""
    keys = [f"requests.{row}.{column}" for row in rows for column in ("natural_person", "total")]
    return {**figures, **{key: str(int(figures[key]) + count) for key in keys}}


def of(name: str) -> Agency:
    return next(agency for agency in AGENCIES if agency.name == name)


class Troubled(City):
    """The city with faults that no report shows by itself: the sums of each one hold."""

    def printed(self, document: Document) -> dict[str, str]:
        found = super().printed(document)
        match (document.agency.name, document.year):
            case report if report == CARRIED:
                return more(found, 2, "carried_in", "total", "granted")
            case report if report == STOCK:
                key = "disclosure.normative_documents.in_force"
                return {**found, key: str(int(found[key]) + 3)}
            case report if report == JUMPS:
                key = "disclosure.penalties.decisions"
                return {**found, key: f"{found[key]}0"}
            case report if report == LARGEST:
                return more(found, 80, "new", "total", "granted")
            case report if report == SAME:
                before = next(
                    one for one in self.reports if (one.agency, one.year) == (document.agency, (document.year or 0) - 1)
                )
                return super().printed(before)
            case report if report == UNFINISHED:
                return more(found, 1, "new", "carried_out")
        return found

    def _paper(self, document: Document) -> Paper:
        paper = super()._paper(document)
        report = (document.agency.name, document.year)
        if report == SCARRED:
            first = (*paper.prose.sections[1], f"{document.agency.name}政府紧紧围绕中心工作，一件一件办。")
            return replace(paper, prose=replace(paper.prose, sections={**paper.prose.sections, 1: first}))
        if report not in {REPEATS, TAKES}:
            return paper
        lender = document.agency if report == REPEATS else of(CARRIED[0])
        year = (document.year or 0) - (report == REPEATS)
        facts = prose.Facts(
            document.agency.name, lender.number, year, lender.subjects, paper.figures, "澄江路2号", "0430-5500000"
        )
        return replace(paper, prose=prose.write(facts))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str | None, int | None]]]:
    """Whose reports on which years have findings of each rule."""
    folder = tmp_path_factory.mktemp("troubled")
    with serve(Troubled()) as address:
        command = ("crawl", f"{address}/jlszn/", "--allow", address.removeprefix("http://"), "--delay", "0")
        assert xxgk(*command, folder=folder, timeout=300).status == 0
    rules = defaultdict(set)
    with Archive.open(folder / "xxgk-archive", write=True) as archive:
        study(archive)
        for line in across(archive):
            rules[line.finding["rule"]].add((line.publisher, line.report_year))
    return rules


@pytest.mark.parametrize(
    ("rule", "reports"),
    [
        ("chain.requests", {CARRIED, SAME}),  # last year's tables carry in what the year before last carried out
        ("chain.normative_documents", {STOCK}),
        ("chain.open", {UNFINISHED}),
        ("chain.restated", set()),  # nothing was edited
        ("jump", {JUMPS}),
        ("copy.tables", {SAME, BY_CHANCE}),
        ("copy.text", {REPEATS, TAKES, LENT}),  # both were seen at once: who copied nobody can tell
        ("copy.scar", {SCARRED}),
        ("hierarchy.maximum", {(GOVERNMENT, LARGEST[1])}),
        (
            "hierarchy.sum",
            {(GOVERNMENT, year) for year in YEARS},
        ),  # this city's government does not gather its agencies
    ],
)
def test_each_rule_finds_what_was_planted_and_nothing_else(
    found: dict[str, set[tuple[str | None, int | None]]], rule: str, reports: set[tuple[str, int]]
) -> None:
    assert found[rule] == reports
