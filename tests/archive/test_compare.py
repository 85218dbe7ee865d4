from __future__ import annotations

import pytest

from archive.compare import diff, similarity
from archive.derive import derive
from archive.errors import UnknownPublisher
from archive.store import Archive
from tests.archive.answers import publish, report_page
from tests.papers.paper import Paper, paper

AGENCY = "清湾市财政局"
URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/{}.html"


def archived(archive: Archive, *papers: Paper) -> None:
    for item in papers:
        publish(archive, URL.format(item.year), report_page(item), title=item.title)
    derive(archive)


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
    assert str(rows["requests.new.total"].change) == "9"
    assert str(rows["disclosure.fees.amount"].change) == "59224.7449"
    assert rows["review.litigation_direct.total"].change is None
    assert found.years == (2022, 2023)
    assert found.urls == (URL.format(2022), URL.format(2023))
    assert len(rows) == 200


def test_a_figure_that_one_form_does_not_have_stands_alone(archive: Archive) -> None:
    archived(archive, paper(AGENCY, 2020), paper(AGENCY, 2021))
    rows = {row.key: row for row in diff(archive, AGENCY, 2020, 2021).figures}
    row = rows["disclosure.procurement.amount"]
    assert row.before is not None
    assert (row.after, row.change) == (None, None)


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


def test_sections_say_how_alike_they_are(archive: Archive) -> None:
    archived(archive, paper(AGENCY, 2022), paper(AGENCY, 2023))
    sections = diff(archive, AGENCY, 2022, 2023).sections
    assert [row.number for row in sections] == [1, 2, 3, 4, 5, 6]
    assert all(row.similarity is not None and 0 <= row.similarity <= 1 for row in sections)


def test_a_year_without_a_report_is_an_error_that_says_what_to_do(archive: Archive) -> None:
    archived(archive, paper(AGENCY, 2022))
    with pytest.raises(UnknownPublisher, match="no report of 清湾市财政局 on 2019"):
        diff(archive, AGENCY, 2019, 2022)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", 1.0),
        ("无。", "无。", 1.0),
        ("无。", "", 0.0),
        ("一二三四五六", "一 二三四\n五六", 1.0),
        ("一二三四五", "六七八九十", 0.0),
    ],
)
def test_similarity_is_the_share_of_runs_in_common(before: str, after: str, expected: float) -> None:
    assert similarity(before, after) == expected
