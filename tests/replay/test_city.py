"""The invented city holds together: what it serves is what it says is true."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import combinations, pairwise
from urllib.request import urlopen

import pytest

from parser import titles
from tests.replay import City, Expected, ExpectedReport, forms, serve
from tests.replay.agencies import AGENCIES, BROKEN, EDITED, GOVERNMENT, LATE, MISSING
from tests.replay.figures import KINDS
from tests.replay.server import Asked

HOST = "xxgk.example.gov.cn"
_ALIKE = 0.9  # from here on prose counts as copied


@pytest.fixture(scope="module")
def city() -> City:
    return City()


@pytest.fixture(scope="module")
def expected(city: City) -> Expected:
    return city.expected(f"http://{HOST}")


def served(city: City, report: ExpectedReport) -> bytes:
    url = report.attachments[0] if report.form == "docx" else report.url
    reply = city.answer(Asked(url.removeprefix(f"http://{HOST}"), HOST))
    assert reply.status == 200
    return reply.body


def test_it_has_enough_agencies_and_years_and_one_of_each_irregularity(expected: Expected) -> None:
    assert len(AGENCIES) >= 14
    assert {report.report_year for report in expected.reports} == {2023, 2024, 2025}
    assert len(expected.reports) == 3 * len(AGENCIES) - 1
    assert (expected.late, expected.missing, tuple(expected.broken)) == ((LATE,), (MISSING,), (BROKEN,))
    assert sorted(report.form for report in expected.reports if report.form != "html") == ["docx", "pdf"]
    assert MISSING not in {(report.publisher, report.report_year) for report in expected.reports}


def test_only_the_late_report_came_after_its_deadline(expected: Expected) -> None:
    for report in expected.reports:
        month, day = (3, 31) if report.publisher == GOVERNMENT else (1, 31)
        in_time = (report.published_on.month, report.published_on.day) <= (month, day)
        assert report.published_on.year == report.report_year + 1
        assert in_time is ((report.publisher, report.report_year) != LATE)


def test_every_title_is_a_reports_and_names_publisher_and_year(expected: Expected) -> None:
    for report in expected.reports:
        parts = titles.read(report.title)
        assert titles.judge(report.title).is_report
        assert (parts.publisher, parts.report_year) == (report.publisher, report.report_year)


def test_every_look_alike_is_refused_for_the_reason_expected(expected: Expected) -> None:
    assert {title: titles.judge(title).reason for title in expected.refused} == expected.refused
    assert len(set(expected.refused.values())) >= 8


def test_every_printed_identity_holds_but_the_one_that_is_broken(expected: Expected) -> None:
    for report in expected.reports:
        value = report.figures.__getitem__
        wrong = []
        for column in forms.APPLICANTS:
            new, carried_in = value(f"requests.new.{column}"), value(f"requests.carried_in.{column}")
            total, carried_out = value(f"requests.total.{column}"), value(f"requests.carried_out.{column}")
            results = [key for key in report.figures if key.startswith("requests.") and key.endswith(f".{column}")]
            results = [key for key in results if key.split(".")[1] not in {"new", "carried_in", "total", "carried_out"}]
            assert total == sum(map(value, results))
            wrong += [column] if new + carried_in != total + carried_out else []
        assert tuple(wrong) == expected.broken.get((report.publisher, report.report_year), ())
        for row in {key.split(".")[1] for key in report.figures if key.startswith("requests.")}:
            assert value(f"requests.{row}.total") == sum(value(f"requests.{row}.{kind}") for kind in KINDS)
        for group in forms.GROUPS:
            parts = (value(f"review.{group}.{result}") for result in ("upheld", "corrected", "other", "pending"))
            assert value(f"review.{group}.total") == sum(parts)


def test_each_year_goes_on_from_the_one_before(expected: Expected) -> None:
    for agency in AGENCIES:
        reports = [report for report in expected.reports if report.publisher == agency.name]
        own = [report.figures for report in sorted(reports, key=lambda report: report.report_year)]
        for before, after in pairwise(own):
            for column in forms.APPLICANTS:
                assert after[f"requests.carried_in.{column}"] == before[f"requests.carried_out.{column}"]
            made, repealed, in_force = (
                f"disclosure.normative_documents.{column}" for column in ("made", "repealed", "in_force")
            )
            assert after[in_force] == before[in_force] + after[made] - after[repealed]
            jumps = [
                key
                for key in after
                if max(before[key], after[key]) >= 20 and not 0.2 <= (after[key] or 1) / (before[key] or 1) <= 5
            ]
            assert jumps == []


def test_no_two_reports_have_the_same_prose(city: City) -> None:
    prose = [city._paper(document).prose.sections for document in city.reports]
    for number in (1, 5, 6):
        texts = ["".join(sections[number]) for sections in prose]
        for one, other in combinations(texts, 2):
            matcher = SequenceMatcher(None, one, other, autojunk=False)
            quick = matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE
            assert quick or matcher.ratio() < _ALIKE


def test_the_edited_state_changes_one_sentence_and_one_figure_of_one_report(city: City, expected: Expected) -> None:
    after = City(edited=True)
    assert after.expected().edited == (EDITED,)
    changed = [report for report in expected.reports if served(city, report) != served(after, report)]
    assert [(report.publisher, report.report_year) for report in changed] == [EDITED]
    figures = after.expected().report(*EDITED).figures
    assert [key for key in figures if figures[key] != changed[0].figures[key]] == ["disclosure.licensing.decisions"]
    old, new = (served(state, changed[0]).decode().splitlines() for state in (city, after))
    assert sum(one != other for one, other in zip(old, new, strict=True)) == 2


def test_the_same_city_is_served_byte_for_byte_again(city: City, expected: Expected) -> None:
    again = City()
    for report in expected.reports:
        if report.form != "html" or report.publisher == GOVERNMENT:
            assert served(city, report) == served(again, report)


@pytest.mark.parametrize("form", ["html", "docx", "pdf"])
def test_the_parser_reads_every_report_as_expected(city: City, expected: Expected, form: str) -> None:
    from parser import parse
    from parser.hints import Hints

    for report in expected.reports:
        if report.form != form:
            continue
        record = parse(
            served(city, report), Hints(name=report.url, listed_title=report.title, listed_on=report.published_on)
        )
        assert (record.title, record.publisher, record.report_year) == (
            report.title,
            report.publisher,
            report.report_year,
        )
        assert (record.template, record.published_on) == ("2021", report.published_on)
        assert {key: figure.value for key, figure in record.figures.items()} == report.figures
        assert [section.number for section in record.sections] == [1, 2, 3, 4, 5, 6]
        errors = tuple(finding.column for finding in record.findings if finding.severity == "error")
        assert errors == expected.broken.get((report.publisher, report.report_year), ())


@pytest.mark.parametrize("form", ["2019", "2021"])
def test_a_form_has_all_its_figures_and_its_spans_fill_each_row(form: forms.Form) -> None:
    assert len(forms.keys(form)) == {"2019": 22 + 161 + 15, "2021": 10 + 175 + 15}[form]
    for grid in forms.tables({}, form):
        covered = [
            (row + down, column + right)
            for row, column, cell in forms.place(grid)
            for down in range(cell.rows)
            for right in range(cell.columns)
        ]
        assert len(covered) == len(set(covered)) == len(grid) * forms.width(grid)


def test_it_answers_over_http(city: City) -> None:
    with serve(city) as address:
        with urlopen(f"{address}/robots.txt") as reply:
            assert "Disallow: /neibu/" in reply.read().decode()
        with urlopen(f"{address}/jlsndbg/index_9.html") as reply:
            assert (reply.status, "refresh" in reply.read().decode()) == (200, True)
        with urlopen(f"{address}/govsearch/jsonp/zf_jd_list.jsp?page=9&channelId=134657") as reply:
            assert '"data": []' in reply.read().decode()
    assert city.asked[-1].startswith("/govsearch/")
