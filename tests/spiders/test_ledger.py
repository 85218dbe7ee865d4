"""When a column was followed to its end, when a portal is done, and what became of it."""

from __future__ import annotations

import pytest

from spiders import outcomes
from spiders.items import ColumnRead, PortalRead
from spiders.ledger import Column, Failure, Ledger, Portal, portal_read

A, B = "http://a.gov.cn/", "http://b.gov.cn/"
LIST = "http://a.gov.cn/ndbg/"
LOST = Failure(outcomes.UNREACHABLE, "http://a.gov.cn/x: HTTP 503")


def ends(ledger: Ledger) -> list[ColumnRead | PortalRead]:
    return [*ledger.columns_ended(), *map(portal_read, ledger.portals_ended())]


def entered(ledger: Ledger, url: str = A) -> Portal:
    portal = ledger.portal(url)
    assert ledger.open_entry(portal, url)
    return portal


def listed(ledger: Ledger, portal: Portal, url: str = LIST, report: str | None = "r") -> Column:
    column = ledger.open_column(portal, url, None)
    assert column is not None
    assert ledger.open_list(column, url)
    column.rows.update({report} if report is not None else set())
    column.reports.update({report} if report is not None else set())
    return column


def test_a_column_ends_with_its_last_page_and_a_portal_with_its_last_article() -> None:
    ledger = Ledger()
    portal = entered(ledger)
    column = listed(ledger, portal)
    ledger.close_entry(portal, A)
    assert ledger.open_article(column, "http://a.gov.cn/1.html")
    assert ends(ledger) == []
    ledger.close_list(column)
    assert ends(ledger) == [ColumnRead(A, LIST, None, "ok", "", 1, 1, 1)]
    ledger.close_article("http://a.gov.cn/1.html")
    assert ends(ledger) == [PortalRead(A, "ok", "1 columns")]
    assert ends(ledger) == []


def test_an_article_of_two_columns_is_asked_for_once_and_fails_for_both() -> None:
    ledger = Ledger()
    first, second = entered(ledger, A), entered(ledger, B)
    columns = [listed(ledger, first), listed(ledger, second, "http://b.gov.cn/ndbg/")]
    assert [ledger.open_article(column, "http://a.gov.cn/1.html") for column in columns] == [True, False]
    for portal, url, column in ((first, A, columns[0]), (second, B, columns[1])):
        ledger.close_entry(portal, url)
        ledger.close_list(column)
    assert [end.outcome for end in ends(ledger)] == ["ok", "ok"]
    ledger.close_article("http://a.gov.cn/1.html", LOST)
    assert ends(ledger) == [PortalRead(A, "incomplete", LOST.detail), PortalRead(B, "incomplete", LOST.detail)]


def test_a_column_two_portals_found_is_read_once_and_told_to_both() -> None:
    ledger = Ledger()
    first, second = entered(ledger, A), entered(ledger, B)
    column = listed(ledger, first)
    ledger.close_entry(first, A)
    ledger.close_list(column)
    assert [(type(end).__name__, end.portal) for end in ends(ledger)] == [("ColumnRead", A), ("PortalRead", A)]
    assert ledger.open_column(second, LIST, None) is None
    ledger.close_entry(second, B)
    assert [(type(end).__name__, end.portal, end.outcome) for end in ends(ledger)] == [
        ("ColumnRead", B, "ok"),
        ("PortalRead", B, "ok"),
    ]


def test_a_portal_waits_for_another_portals_entry_that_it_found_as_a_column() -> None:
    ledger = Ledger()
    first, second = entered(ledger, A), entered(ledger, LIST)
    assert ledger.open_column(first, LIST, None) is None
    ledger.close_entry(first, A)
    assert ends(ledger) == []
    column = ledger.adopt_column(second, LIST, None, trusted=True)
    column.reports.add("r")
    ledger.close_entry(second, LIST)
    assert {(type(end).__name__, end.portal) for end in ends(ledger)} == {
        (kind, portal) for kind in ("ColumnRead", "PortalRead") for portal in (A, LIST)
    }


@pytest.mark.parametrize(
    ("failures", "outcome"),
    [
        ([Failure(outcomes.UNREACHABLE, "timeout")], "unreachable"),
        ([Failure(outcomes.DISALLOWED, "robots.txt")], "disallowed"),
        ([Failure(outcomes.blocked("wzws"), "challenge")] * 2, "blocked:wzws"),
        ([Failure(outcomes.blocked("wzws"), "challenge"), Failure(outcomes.UNREACHABLE, "timeout")], "incomplete"),
        ([], "incomplete"),
    ],
)
def test_a_portal_of_which_nothing_was_read_says_why(failures: list[Failure], outcome: str) -> None:
    ledger = Ledger()
    portal = entered(ledger)
    portal.failures.extend(failures)
    ledger.close_entry(portal, A)
    (end,) = ends(ledger)
    assert end.outcome == outcome


@pytest.mark.parametrize(
    ("why", "what", "outcome"),
    [
        (outcomes.DISALLOWED, "the column", "disallowed"),
        (outcomes.blocked("wzws"), "the column", "blocked:wzws"),
        (outcomes.UNREACHABLE, "the column", "unreachable"),
        (outcomes.DISALLOWED, "all articles", "disallowed"),
        (outcomes.blocked("wzws"), "all articles", "blocked:wzws"),
        (outcomes.UNREACHABLE, "all articles", "incomplete"),  # its list was reached
        (outcomes.blocked("wzws"), "one of two articles", "incomplete"),
    ],
)
def test_a_portal_of_which_no_report_was_read_says_why(why: str, what: str, outcome: str) -> None:
    ledger = Ledger()
    portal = entered(ledger)
    column = listed(ledger, portal)
    ledger.close_entry(portal, A)
    if what == "the column":
        ledger.close_list(column, Failure(why, "kept back"))
    else:
        articles = ("r", "s")
        assert [ledger.open_article(column, url) for url in articles] == [True, True]
        ledger.close_list(column)
        for url in articles:
            ledger.close_article(url, None if (url, what) == ("s", "one of two articles") else Failure(why, url))
    (end,) = [end for end in ends(ledger) if isinstance(end, PortalRead)]
    assert end.outcome == outcome


def test_a_page_given_with_two_fragments_is_two_columns_and_a_link_to_it_is_no_third() -> None:
    ledger = Ledger()
    places = [f"{LIST}#2629", f"{LIST}#3310"]
    portals = [entered(ledger, place) for place in places]
    columns = [
        ledger.adopt_column(portal, url, None, trusted=True) for portal, url in zip(portals, places, strict=True)
    ]
    assert columns[0] is not columns[1]
    assert ledger.open_column(portals[0], LIST, None) is None
    assert not ledger.open_entry(portals[0], LIST)
    assert not ledger.open_entry(portals[0], places[0])
    assert [portal.columns for portal in portals] == [[columns[0]], [columns[1]]]


@pytest.mark.parametrize(
    ("report", "trusted", "failure", "outcome"),
    [
        ("r", True, None, "ok"),
        (None, True, None, "incomplete"),
        ("r", False, None, "incomplete"),
        ("r", True, LOST, "unreachable"),
    ],
)
def test_a_column_is_ok_only_if_it_was_understood(
    report: str | None, trusted: bool, failure: Failure | None, outcome: str
) -> None:
    ledger = Ledger()
    portal = entered(ledger)
    column = listed(ledger, portal, report=report)
    column.trusted = trusted
    ledger.close_list(column, failure)
    (end,) = ends(ledger)
    assert (type(end), end.outcome) == (ColumnRead, outcome)


def test_a_guess_that_is_not_there_is_not_told() -> None:
    ledger = Ledger()
    portal = entered(ledger)
    column = listed(ledger, portal, report=None)
    column.dropped = True
    ledger.close_list(column)
    ledger.close_entry(portal, A)
    assert [type(end) for end in ends(ledger)] == [PortalRead]
