"""What people say of publishers: it moves reports, is undone, survives a reindex, and the last word counts."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.journal.notes import MergeNote, Note, PublisherNote, SuccessionNote
from archive.registry.listing import PublisherLine, Wanted, list_publishers, view
from archive.registry.publishers import resolve
from archive.registry.statements import say_merged, say_separate, say_succeeded
from archive.schema import ReportColumn
from archive.store import Archive
from archive.upkeep.reindex import reindex
from tests.archive import notetaking
from tests.archive.answers import PORTAL, publish, report_page
from tests.archive.conftest import Place
from tests.papers.paper import paper

JILIN, CHANGYI = "220200", "220202"
FULL, BARE = "吉林市财政局", "财政局"
URL = "http://xxgk.qingwan.gov.cn/{}/{}.html"


def say(archive: Archive, *notes: Note | None) -> None:
    deposit(archive, notes=[note for note in notes if note is not None])
    derive(archive)


def report(archive: Archive, agency: str, year: int, *, column: str = "czj") -> None:
    """A report of an agency on the portal of 吉林市."""
    notetaking.note_portal(archive, None, portal=PORTAL, outcome=None, detail=None, division=JILIN)
    item = paper(agency, year)
    address = URL.format(column, f"{sum(map(ord, agency))}{year}")
    publish(archive, address, report_page(item), title=item.title, column=f"{PORTAL}{column}/")


def counts(archive: Archive, *, merged: bool = False) -> dict[str, int]:
    return {line.reference: line.reports for line in list_publishers(archive, Wanted(merged=merged))}


def the(archive: Archive, name: str) -> PublisherLine:
    return view(archive, name).line


def declared(archive: Archive, name: str, scope: str = JILIN, **facts: object) -> PublisherNote:
    return PublisherNote(archive.now(), scope=scope, name=name, **facts)  # type: ignore[arg-type]


@pytest.fixture
def two(archive: Archive) -> Archive:
    """An archive in which one agency is found under two names, each with a report."""
    report(archive, FULL, 2022)
    report(archive, BARE, 2023)
    derive(archive)
    assert counts(archive) == {f"{JILIN}/{FULL}": 1, f"{JILIN}/{BARE}": 1}
    return archive


def test_a_merger_moves_the_reports_and_both_names_find_them(two: Archive) -> None:
    say(two, say_merged(two, f"{JILIN}/{BARE}", FULL))
    assert counts(two) == {f"{JILIN}/{FULL}": 2}
    assert {each.year for each in view(two, f"{JILIN}/{BARE}").reports} == {2022, 2023}


def test_who_is_separate_again_has_its_reports_again(two: Archive) -> None:
    say(two, say_merged(two, f"{JILIN}/{BARE}", FULL))
    say(two, say_separate(two, f"{JILIN}/{BARE}"))
    assert counts(two) == {f"{JILIN}/{FULL}": 1, f"{JILIN}/{BARE}": 1}
    assert [each.year for each in view(two, f"{JILIN}/{BARE}").reports] == [2023]


def test_a_merger_said_twice_or_a_separation_of_who_is_separate_says_nothing(two: Archive) -> None:
    assert say_separate(two, f"{JILIN}/{BARE}") is None
    say(two, say_merged(two, f"{JILIN}/{BARE}", FULL))
    assert say_merged(two, f"{JILIN}/{BARE}", FULL) is None


def test_one_in_the_middle_of_a_chain_takes_with_it_what_was_merged_into_it(two: Archive) -> None:
    report(two, "吉林市财政管理局", 2021)
    derive(two)
    say(two, say_merged(two, f"{JILIN}/{BARE}", FULL), say_merged(two, FULL, "吉林市财政管理局"))
    assert counts(two) == {f"{JILIN}/吉林市财政管理局": 3}
    say(two, say_separate(two, f"{JILIN}/{FULL}"))
    assert counts(two) == {f"{JILIN}/吉林市财政管理局": 1, f"{JILIN}/{FULL}": 2}


def test_mergers_in_a_circle_end_with_the_last_word(two: Archive) -> None:
    names = [BARE, FULL, "吉林市财政管理局"]
    report(two, names[2], 2021)
    derive(two)
    circle = zip(names, [*names[1:], names[0]], strict=True)
    say(two, *(MergeNote(two.now(), JILIN, one, into_scope=JILIN, into_name=other) for one, other in circle))
    assert counts(two) == {f"{JILIN}/{BARE}": 3}


def test_a_column_of_a_merged_agency_is_the_others_and_comes_back(archive: Archive) -> None:
    def owner() -> str | None:
        with archive.session() as session:
            column = session.scalars(select(ReportColumn)).one()
        lines = list_publishers(archive, Wanted(merged=True))
        return next((line.name for line in lines if line.id == column.publisher_id), None)

    say(archive, declared(archive, FULL))
    notetaking.note_portal(archive, None, portal=PORTAL, outcome=None, detail=None, division=JILIN)
    notetaking.note_column(
        archive, None, portal=PORTAL, column_url=f"{PORTAL}czj/", agency=BARE, outcome="ok", detail=None,
        pages=1, rows=0, reports=0,
    )  # fmt: skip
    derive(archive)
    assert owner() == BARE
    say(archive, say_merged(archive, f"{JILIN}/{BARE}", FULL))
    assert owner() == FULL
    say(archive, say_separate(archive, f"{JILIN}/{BARE}"))
    assert owner() == BARE


def test_another_name_finds_the_publisher_in_every_spelling_of_its_place(archive: Archive) -> None:
    say(archive, declared(archive, "昌邑区卫生健康局", CHANGYI, aliases=("昌邑区卫健局",)))
    with archive.session() as session:
        found = {
            resolve(session, name, archive.book).name
            for name in ("昌邑区卫健局", "吉林市昌邑区卫健局", f"{CHANGYI}/卫健局")
        }
    assert found == {"昌邑区卫生健康局"}


def test_a_report_under_another_name_stands_with_the_publisher(archive: Archive) -> None:
    say(archive, declared(archive, "吉林市卫生健康委员会", aliases=("吉林市卫健委",)))
    report(archive, "吉林市卫健委", 2023)
    derive(archive)
    assert counts(archive) == {f"{JILIN}/吉林市卫生健康委员会": 1}


def test_another_name_can_become_a_publisher_of_its_own(archive: Archive) -> None:
    say(archive, declared(archive, "吉林市卫生健康委员会", aliases=("吉林市卫健委",)))
    report(archive, "吉林市卫健委", 2023)
    derive(archive)
    say(archive, say_separate(archive, "吉林市卫健委"))
    assert counts(archive) == {f"{JILIN}/吉林市卫生健康委员会": 0, f"{JILIN}/吉林市卫健委": 1}


def test_a_former_name_may_be_of_a_division_that_is_no_more(archive: Archive) -> None:
    say(archive, declared(archive, "龙海区教育局", "350604", aliases=("龙海市教育局",)))
    assert the(archive, "龙海市教育局").reference == "350604/龙海区教育局"


def test_a_succession_sets_days_and_the_last_word_counts(archive: Archive) -> None:
    before, after = "吉林市环境保护局", "吉林市生态环境局"
    say(archive, declared(archive, before), declared(archive, after))
    say(archive, say_succeeded(archive, before, after, date(2019, 1, 10)))
    assert (the(archive, before).until, the(archive, after).since) == (date(2019, 1, 9), date(2019, 1, 10))
    assert say_succeeded(archive, before, after, date(2019, 1, 10)) is None
    say(archive, say_succeeded(archive, before, after, date(2019, 3, 1)))
    assert (the(archive, before).until, the(archive, after).since) == (date(2019, 2, 28), date(2019, 3, 1))
    assert [each.publisher for each in the(archive, before).successors] == [f"{JILIN}/{after}"]


def test_days_that_were_declared_are_not_those_of_a_succession(archive: Archive) -> None:
    before, after = "吉林市环境保护局", "吉林市生态环境局"
    say(archive, declared(archive, before, until=date(2018, 12, 31)), declared(archive, after))
    say(archive, say_succeeded(archive, before, after, date(2019, 1, 10)))
    assert the(archive, before).until == date(2018, 12, 31)


def test_many_said_at_once_are_as_those_said_one_after_the_other(archive: Archive) -> None:
    notes = [
        declared(archive, FULL, publisher_class="office", source="one.csv"),
        declared(archive, FULL, since=date(2010, 1, 1), aliases=(BARE,), source="two.csv"),
        declared(archive, FULL, publisher_class="department"),
    ]
    deposit(archive, notes=notes)
    line = the(archive, FULL)
    assert (line.kind, line.since, line.aliases) == ("department", date(2010, 1, 1), (BARE,))
    assert [each.place for each in view(archive, FULL).sources] == ["one.csv", "two.csv"]


def test_a_portal_that_is_given_its_division_brings_its_reports_there(archive: Archive) -> None:
    item = paper(BARE, 2023)
    publish(archive, URL.format("czj", 1), report_page(item), title=item.title)
    derive(archive)
    assert counts(archive) == {f"host:qingwan.gov.cn/{BARE}": 1}
    notetaking.note_portal(archive, None, portal=PORTAL, outcome=None, detail=None, division=CHANGYI)
    derive(archive)
    assert counts(archive) == {f"host:qingwan.gov.cn/{BARE}": 0, f"{CHANGYI}/{BARE}": 1}


def test_a_reindex_keeps_all_that_was_said(place: Place) -> None:
    with place.open() as archive:
        report(archive, FULL, 2022)
        report(archive, BARE, 2023)
        derive(archive)
        say(
            archive,
            declared(archive, "吉林市环境保护局", aliases=("吉林市环保局",), source="a.csv"),
            declared(archive, "吉林市生态环境局", publisher_class="office", since=date(2019, 1, 1)),
            SuccessionNote(archive.now(), JILIN, "吉林市环境保护局", JILIN, "吉林市生态环境局", date(2019, 1, 10)),
            say_merged(archive, f"{JILIN}/{BARE}", FULL, "同一机关"),
        )
        before = [(line, view(archive, line.reference).sources) for line in list_publishers(archive)]
    with Archive.open(place.folder, place.database, write=True, rebuild=True, clock=place.clock) as archive:
        reindex(archive, afresh=True)
        derive(archive)
        after = [(line, view(archive, line.reference).sources) for line in list_publishers(archive)]
    assert [{**vars(line), "id": 0} for line, _ in after] == [{**vars(line), "id": 0} for line, _ in before]
    assert [sources for _, sources in after] == [sources for _, sources in before]
