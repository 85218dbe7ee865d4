"""What directories and rosters say of units, in the tables: the last word counts, and no report is touched by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from archive.deposit import deposit, store
from archive.deriving.derive import Derived, derive
from archive.journal.notes import Note, RosterNote, UnitsNote, from_lines, to_lines
from archive.reports import list_reports
from archive.schema import Article, Publisher, RosterRow, RosterUnit, UnitRow
from archive.store import Archive
from archive.upkeep.reindex import reindex
from tests.archive.answers import PORTAL, URL, WHEN, answer, publish, report_page
from tests.archive.conftest import Clock, Place

DIRECTORY = "http://xxgk.qingwan.gov.cn/bm/"
ROSTER_URL = "http://xxgk.qingwan.gov.cn/szf/nb/t20240202_2.html"
TITLE = "清湾市2023年政府信息公开工作年度报告公布情况"
UNITS = UnitsNote(
    WHEN,
    None,
    PORTAL,
    DIRECTORY,
    (("市教育局", "http://xxgk.qingwan.gov.cn/jyj/"), ("市财政局", None), ("柳河区", None)),
)
ROSTER = RosterNote(
    WHEN,
    None,
    PORTAL,
    ROSTER_URL,
    TITLE,
    2023,
    (
        ("市教育局", "http://xxgk.qingwan.gov.cn/jyj/1.html", date(2024, 1, 20), "按时"),
        ("市财政局", None, None, None),
        ("市教育局", None, None, "未公布"),
    ),
    expected=38,
    on_time=37,
    late=0,
)


def note(archive: Archive, *notes: Note) -> None:
    deposit(archive, notes=notes)


def units(archive: Archive) -> list[tuple[object, ...]]:
    with archive.session() as session:
        rows = session.scalars(select(UnitRow).order_by(UnitRow.id))
        return [(row.name, row.url, row.page_url, row.first_seen_at, row.last_seen_at) for row in rows]


def rosters(archive: Archive) -> list[tuple[object, ...]]:
    with archive.session() as session:
        rows = session.scalars(select(RosterRow).order_by(RosterRow.id))
        return [
            (row.url, row.title, row.report_year, row.expected, row.published, row.on_time, row.late, row.read_at)
            for row in rows
        ]


def named(archive: Archive) -> list[tuple[object, ...]]:
    with archive.session() as session:
        rows = session.scalars(select(RosterUnit).order_by(RosterUnit.roster_id, RosterUnit.position))
        return [(row.position, row.name, row.url, row.listed_on, row.said) for row in rows]


def test_the_notes_stand_in_the_journal_as_they_were_taken() -> None:
    assert list(from_lines(to_lines([UNITS, ROSTER]))) == [UNITS, ROSTER]


def test_units_of_a_directory_are_rows_of_their_portal_and_the_last_word_counts(archive: Archive, clock: Clock) -> None:
    note(archive, UNITS)
    note(archive, UNITS)
    later = clock.advance(days=1)
    elsewhere = "http://xxgk.qingwan.gov.cn/index.html"
    note(archive, replace(UNITS, at=later, page_url=elsewhere, units=(("市财政局", "http://czj.qingwan.gov.cn/"),)))
    assert units(archive) == [
        ("市教育局", "http://xxgk.qingwan.gov.cn/jyj/", DIRECTORY, WHEN, WHEN),
        ("市财政局", "http://czj.qingwan.gov.cn/", elsewhere, WHEN, later),
        ("柳河区", None, DIRECTORY, WHEN, WHEN),
    ]
    note(archive, replace(UNITS, portal="http://xxgk.elsewhere.gov.cn/"))
    assert len(units(archive)) == 6


def test_a_roster_read_again_names_the_units_that_it_names_now(archive: Archive, clock: Clock) -> None:
    note(archive, ROSTER)
    assert rosters(archive) == [(ROSTER_URL, TITLE, 2023, 38, None, 37, 0, WHEN)]
    assert named(archive) == [
        (0, "市教育局", "http://xxgk.qingwan.gov.cn/jyj/1.html", date(2024, 1, 20), "按时"),
        (1, "市财政局", None, None, None),
        (2, "市教育局", None, None, "未公布"),
    ]
    later = clock.advance(days=1)
    note(archive, replace(ROSTER, at=later, units=(("市残联", None, None, None),), expected=None, published=1))
    assert rosters(archive) == [(ROSTER_URL, TITLE, 2023, None, 1, 37, 0, later)]
    assert named(archive) == [(0, "市残联", None, None, None)]
    note(archive, replace(ROSTER, at=later, units=()))
    assert (named(archive), len(rosters(archive))) == ([], 1)


def test_a_roster_that_says_the_same_again_keeps_what_was_derived_of_it(archive: Archive, clock: Clock) -> None:
    note(archive, ROSTER)
    publish(archive, URL, report_page())
    derive(archive)
    with archive.writing() as session:
        number = session.scalars(select(Publisher.id)).first()
        session.get_one(RosterUnit, (1, 1)).publisher_id = number
    note(archive, replace(ROSTER, at=clock.advance(days=1)))
    with archive.session() as session:
        assert session.get_one(RosterUnit, (1, 1)).publisher_id == number is not None


def test_two_rosters_of_a_portal_and_one_address_of_two_portals_stand_apart(archive: Archive) -> None:
    other = replace(ROSTER, url=ROSTER_URL.replace("_2", "_3"), report_year=2022, units=ROSTER.units[:1])
    note(archive, ROSTER, other, replace(ROSTER, portal="http://xxgk.elsewhere.gov.cn/", units=()))
    assert [roster[2] for roster in rosters(archive)] == [2023, 2022, 2023]
    assert [unit[1] for unit in named(archive)] == ["市教育局", "市财政局", "市教育局", "市教育局"]


def test_addresses_that_cannot_be_kept_are_left_out_and_nul_bytes_taken_out(archive: Archive) -> None:
    bad = ("http://a.gov.cn/" + "x" * 5000, "http://b.gov.cn/" + "局" * 2000)
    note(archive, replace(UNITS, units=tuple((f"第{n}\0街道", url) for n, url in enumerate(bad))))
    note(archive, replace(ROSTER, units=tuple((f"第{n}\0街道", url, None, "按\0时") for n, url in enumerate(bad))))
    note(archive, replace(UNITS, units=tuple((f"第{n}\0街道", url) for n, url in enumerate(bad))))
    assert [(row[0], row[1]) for row in units(archive)] == [(f"第{n}街道", None) for n in range(2)]
    assert [(row[1], row[2], row[4]) for row in named(archive)] == [(f"第{n}街道", None, "按时") for n in range(2)]


def test_thousands_of_units_are_noted(archive: Archive) -> None:
    many = tuple((f"第{n}街道办事处", None) for n in range(3000))
    note(archive, replace(UNITS, units=many))
    note(archive, replace(UNITS, units=many))
    note(archive, replace(ROSTER, units=tuple((name, None, None, None) for name, _ in many)))
    assert (len(units(archive)), len(named(archive))) == (3000, 3000)


def test_reports_are_what_they_were_without_rosters(archive: Archive) -> None:
    publish(archive, URL, report_page(), listed_on=date(2024, 1, 18))
    derive(archive)
    before = list(list_reports(archive))
    assert len(before) == 1
    note(archive, UNITS, ROSTER)
    page = answer(ROSTER_URL, f"<html><body><h1>{TITLE}</h1></body></html>".encode())
    copy = answer(ROSTER_URL + "?copy", report_page())  # whatever it holds: it was not asked for as a report
    for one in (page, copy):
        store(archive, one, role="roster")
    assert derive(archive) == Derived()
    assert derive(archive, everything=True) == Derived(unchanged=1)
    assert list(list_reports(archive)) == before
    with archive.session() as session:
        assert session.scalars(select(Article.url)).all() == [URL]


def test_a_reindex_restores_units_and_rosters(place: Place, clock: Clock) -> None:
    with place.open() as archive:
        note(archive, UNITS, ROSTER)
        note(archive, replace(ROSTER, at=clock.advance(days=1), units=ROSTER.units[1:], late=1))
        store(archive, answer(ROSTER_URL), role="roster")
        before = units(archive), rosters(archive), named(archive)
        assert len(before[2]) == 2
    with place.open() as archive:
        reindex(archive, afresh=True)
        assert (units(archive), rosters(archive), named(archive)) == before
