from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from archive.comparing.comparison import Comparison, diff, versions
from archive.comparing.prose import Kind
from archive.comparing.years import all_years
from archive.deriving.derive import derive
from archive.errors import UnknownPublisher
from archive.intake.imports import import_paths
from archive.reports import list_reports
from archive.store import Archive
from tests.archive.answers import publish, report_page
from tests.archive.conftest import Clock
from tests.papers.indicators import old_paper
from tests.papers.paper import Paper, paper

AGENCY = "清湾市财政局"
URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/{}.html"


def archived(archive: Archive, *papers: Paper) -> None:
    for item in papers:
        publish(archive, URL.format(item.year), report_page(item), title=item.title)
    derive(archive)


def said(item: Paper, number: int, *texts: str) -> Paper:
    return replace(item, prose={**item.prose, number: texts})


def test_figures_stand_side_by_side_with_their_change(archive: Archive) -> None:
    before = paper(AGENCY, 2022).with_figures(
        requests__new__total="21", disclosure__fees__amount="12.5", review__litigation_direct__total="/"
    )
    after = paper(AGENCY, 2023).with_figures(
        requests__new__total="30", disclosure__fees__amount="59237.2449", review__litigation_direct__total="1"
    )
    archived(archive, before, after)
    found = diff(archive, AGENCY, 2022, 2023)
    rows = {row.key: row for row in found.figures}
    assert (rows["requests.new.total"].change, str(rows["requests.new.total"].percent)) == (9, "42.9")
    assert str(rows["disclosure.fees.amount"].change) == "59224.7449"
    assert rows["review.litigation_direct.total"].change is None
    assert found.years == (2022, 2023)
    assert found.urls == (URL.format(2022), URL.format(2023))
    assert len(rows) == 200
    back = {row.key: row for row in diff(archive, AGENCY, 2023, 2022).figures}
    assert back["requests.new.total"].change == -9


def test_a_figure_that_one_form_does_not_have_stands_alone(archive: Archive) -> None:
    archived(archive, paper(AGENCY, 2020), paper(AGENCY, 2021))
    found = diff(archive, AGENCY, 2020, 2021)
    rows = {row.key: row for row in found.figures}
    row = rows["disclosure.procurement.amount"]
    assert row.before is not None
    assert (row.after, row.change) == (None, None)
    assert (found.before.forms["requests"], found.after.forms["requests"]) == ("2019", "2021")


def test_the_chain_from_year_to_year_is_checked(archive: Archive) -> None:
    columns = ("natural_person", "total")
    before = paper(AGENCY, 2022).with_figures(**{f"requests__carried_out__{column}": "5" for column in columns})
    after = paper(AGENCY, 2023).with_figures(**{f"requests__carried_in__{column}": "4" for column in columns})
    archived(archive, before, after)
    found = {(finding.rule, finding.column): finding for finding in diff(archive, AGENCY, 2022, 2023).chains}
    finding = found["chain.requests", "total"]
    assert (finding.expected, finding.found) == (5, 4)
    assert diff(archive, AGENCY, 2023, 2022).chains == diff(archive, AGENCY, 2022, 2023).chains


def test_years_that_do_not_follow_each_other_have_no_chain(archive: Archive) -> None:
    archived(archive, paper(AGENCY, 2021), paper(AGENCY, 2023))
    assert diff(archive, AGENCY, 2021, 2023).chains == ()


def test_the_prose_is_compared_sentence_by_sentence(archive: Archive) -> None:
    sentences = ("加强组织领导，明确由办公室牵头负责。", "全年组织培训2次，各科室均派人参加。")
    archived(
        archive, said(paper(AGENCY, 2022), 5, *sentences), said(paper(AGENCY, 2023), 5, sentences[0], "全年组织培训6次，各科室均派人参加。")
    )  # fmt: skip
    found = {row.number: row for row in diff(archive, AGENCY, 2022, 2023).sections}
    assert list(found) == [1, 2, 3, 4, 5, 6]
    assert [one.kind for one in found[5].passages] == [Kind.REUSED, Kind.CHANGED]
    assert all(row.similarity is not None and 0 <= row.similarity <= 1 for row in found.values())


def test_a_year_without_a_report_is_an_error_that_says_what_to_do(archive: Archive) -> None:
    archived(archive, paper(AGENCY, 2022))
    with pytest.raises(UnknownPublisher, match="no report of 清湾市财政局 on 2019"):
        diff(archive, AGENCY, 2019, 2022)
    with pytest.raises(UnknownPublisher, match="no publisher is called 清湾市水务局"):
        all_years(archive, "清湾市水务局")


def test_all_years_stand_side_by_side_and_the_gaps_are_said(archive: Archive) -> None:
    papers = [old_paper(AGENCY, 2016), *(paper(AGENCY, year) for year in (2020, 2021, 2023))]
    archived(archive, *papers)
    found = all_years(archive, AGENCY)
    assert (found.years, found.gaps) == ((2016, 2020, 2021, 2023), (2017, 2018, 2019, 2022))
    rows = {row.key: row for row in found.rows}
    texts = [
        cell.figure.text if cell is not None and cell.figure is not None else None
        for cell in rows["requests.new.total"].cells
    ]
    assert texts == [
        item.figures.get("requests.new.total") or item.figures["statistics_2014.received.value"] for item in papers
    ]
    assert [step.years for step in found.steps] == list(pairwise(found.years))
    for step, comparison in zip(found.steps[1:], pairwise(found.years[1:]), strict=True):
        other = diff(archive, AGENCY, *comparison)
        assert (step.chains, step.prose) == (other.chains, other.prose)


def test_each_version_of_a_year_is_compared_with_the_one_before(archive: Archive, clock: Clock) -> None:
    first = paper(AGENCY, 2023)
    second = first.with_figures(disclosure__penalties__decisions="777")
    third = replace(second, title=f"关于{AGENCY}2023年政府信息公开工作年度报告")
    for item in (first, second, said(third, 6, "本年度收取信息处理费3元，已全部上缴。")):
        publish(archive, URL.format(2023), report_page(item))
        derive(archive)
        clock.advance(days=1)
    (line,) = list_reports(archive)
    found = list(versions(archive, AGENCY, 2023))
    assert [differing(one) for one in found] == [["disclosure.penalties.decisions"], []]
    assert [[name.name for name in one.names] for one in found] == [[], ["title"]]
    assert [one.prose.reused == 1 for one in found] == [True, False]
    assert [(one.before.current, one.after.current) for one in found] == [(False, False), (False, True)]
    assert found == list(versions(archive, str(line.id))) == list(versions(archive, line.url))


def differing(found: Comparison) -> list[str]:
    return [row.key for row in found.figures if row.differs]


def test_a_report_of_one_version_has_nothing_to_compare(archive: Archive) -> None:
    archived(archive, paper(AGENCY, 2022))
    assert list(versions(archive, AGENCY, 2022)) == []
    with pytest.raises(UnknownPublisher, match="no report '99'"):
        list(versions(archive, "99"))
    with pytest.raises(UnknownPublisher, match="no report of 清湾市财政局 on 2021"):
        list(versions(archive, AGENCY, 2021))


@pytest.mark.real
def test_real_reports_are_compared_whatever_their_forms(table: Archive, real_documents: Path) -> None:
    import_paths(table, [real_documents])
    derive(table)
    lines = [line for line in list_reports(table) if line.publisher is not None]
    assert len(lines) >= 8
    for line in lines:
        found = all_years(table, line.publisher or "")
        assert found.years == (line.report_year,)
        assert len({row.key for row in found.rows}) == line.figures
