"""Works in parts: whoever does them, however many at once, killed or not, what comes of it is what one process makes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, select, text

from archive import card, ownerfiles
from archive.corpus.selection import Wanted
from archive.deriving.effects import MOST_REPORTS, Effects
from archive.deriving.reparsing import Reparsed, reparse
from archive.errors import ArchiveError
from archive.parts import exports, ledger, reparses
from archive.parts.doing import TRIES, do_part, not_done
from archive.parts.ledger import EXPORT, REPARSE, Refused
from archive.schema import Partition, ReparseRun
from archive.store import Archive
from archive.upkeep.verify import verify
from parser.hints import Hints
from parser.record import Record
from tests.archive.answers import URL, crawl, publish, report_page
from tests.archive.conftest import Clock, Place
from tests.archive.parting import begin, do_all, end
from tests.archive.test_reparse import another, fill, told
from tests.databases import new_database
from tests.papers.paper import paper

_BREAK = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def shared(postgresql: str, tmp_path: Path, clock: Clock) -> Place:
    """An archive whose tables other machines can reach."""
    return Place(tmp_path / "archive", new_database(postgresql, tables=True), clock)


@pytest.fixture
def archive(shared: Place) -> Iterator[Archive]:
    """The same, open."""
    with shared.open() as opened:
        yield opened


# A reparse


def made_by_one(archive: Archive) -> tuple[Reparsed, list[Any]]:
    """What one process makes of reports, which it then brings back to what they were."""
    fill(archive)
    done = reparse(archive, parse=another), told(archive)
    reparse(archive)
    return done


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reparses, "ARTICLES", 4)
    monkeypatch.setattr("archive.deriving.derive.BATCH", 2)


@pytest.mark.usefixtures("small")
def test_three_processes_at_the_same_parts_make_what_one_makes(shared: Place) -> None:
    with shared.open() as archive:
        alone = made_by_one(archive)
        run, after = reparses.begin(archive, fingerprint="one")
        assert [(part.kind, part.run, part.number) for part in ledger.waiting(archive)] == [
            (REPARSE, run, number) for number in (1, 2, 3, 4)
        ]
        workers = [begin(shared) for _ in range(3)]
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        for worker in workers:
            end(worker)
        assert (reparses.summary(archive, run, after), told(archive)) == alone
        assert (ledger.waiting(archive), ledger.progress(archive), verify(archive)) == ([], [], [])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dies", [1, 6, 11])
def test_what_a_killed_process_left_is_gone_on_with_where_it_stopped(shared: Place, dies: int) -> None:
    with shared.open() as archive:
        alone = made_by_one(archive)
        run, _ = reparses.begin(archive, fingerprint="one")
        end(begin(shared, dies), -signal.SIGKILL)
        assert verify(archive) == []
        stood = ledger.standing(archive, REPARSE, run)
        assert stood.going_on
        urls: list[str] = []

        def counted(data: bytes, hints: Hints) -> Record:
            urls.append(str(hints.name))
            return another(data, hints)

        do_all(archive, parse=counted, fingerprint="one")
        assert len(set(urls)) == 13 - stood.units
        assert (reparses.summary(archive, run, 0), told(archive)) == alone


@pytest.mark.usefixtures("small")
def test_broken_connections_pause_a_part_and_change_nothing(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XXGK_PATIENCE", "60")
    with shared.open() as archive:
        alone = made_by_one(archive)
        run, _ = reparses.begin(archive, fingerprint="one")
        outside = create_engine(archive.engine.url, poolclass=NullPool)
        broken: list[int] = []

        def breaking(data: bytes, hints: Hints) -> Record:
            record = another(data, hints)
            with outside.connect() as connection:
                broken.append(len(connection.execute(text(_BREAK)).all()))
            return record

        do_all(archive, parse=breaking, fingerprint="one")
        assert sum(broken) > 0
        assert (reparses.summary(archive, run, 0), told(archive)) == alone


@pytest.mark.usefixtures("small")
def test_pending_parts_take_what_is_new_and_what_failed(archive: Archive) -> None:
    fill(archive)
    reparse(archive, parse=another)
    publish(archive, f"{URL}?8", report_page(paper("清湾市第8局", year=2020)), crawl=crawl(archive, 3))
    run, _ = reparses.begin(archive, pending=True)
    assert len(ledger.waiting(archive)) == 1
    do_all(archive)
    done = reparses.summary(archive, run, 0)
    assert (done.kind, done.finished, done.effects.articles, done.effects.created) == ("pending", True, 2, 1)
    ledger.mark_told(archive, REPARSE, run)
    run, _ = reparses.begin(archive, pending=True)
    assert ledger.waiting(archive) == []
    assert reparses.summary(archive, run, 0).effects == Effects()


@pytest.mark.usefixtures("small")
def test_the_same_command_joins_and_a_changed_parser_begins_anew(archive: Archive) -> None:
    fill(archive)
    said: list[str] = []
    run, after = reparses.begin(archive, fingerprint="one", say=said.append)
    first = ledger.waiting(archive)[0]
    assert do_part(archive, first.id, fingerprint="one")
    assert not do_part(archive, first.id, fingerprint="one")
    assert reparses.begin(archive, fingerprint="one", say=said.append) == (run, 4)
    assert [(each.kind, each.id, each.done, each.all) for each in ledger.progress(archive)] == [(REPARSE, run, 1, 4)]
    halfway = reparses.summary(archive, run, after)
    assert (halfway.finished, halfway.effects.articles) == (False, 4)
    left = ledger.waiting(archive)[0]
    newer, after = reparses.begin(archive, fingerprint="two", say=said.append)
    assert (newer > run, after) == (True, 0)
    assert said == [
        "joining the run in parts of 2024-01-20 04:00 UTC, after 4 articles",
        "the parser has changed since the run in parts of 2024-01-20 04:00 UTC: it begins anew",
    ]
    assert not do_part(archive, left.id, fingerprint="one")
    do_all(archive, fingerprint="two")
    assert reparses.summary(archive, newer, 0).effects == Effects(articles=13, unchanged=12, refused=1)


@pytest.mark.usefixtures("small")
def test_another_version_of_the_parser_leaves_a_part_to_others_and_says_so(archive: Archive) -> None:
    fill(archive)
    before = told(archive)
    run, _ = reparses.begin(archive, fingerprint="one")
    first = ledger.waiting(archive)[0]
    with pytest.raises(Refused, match="another version of the parser"):
        do_part(archive, first.id, parse=another, fingerprint="two")
    assert (told(archive), len(ledger.waiting(archive))) == (before, 4)
    assert len(ledger.refusals(archive, REPARSE, run)) == 1
    do_part(archive, first.id, fingerprint="one")
    assert ledger.refusals(archive, REPARSE, run) == []


@pytest.mark.usefixtures("small")
def test_a_machine_with_other_files_of_the_owner_leaves_a_part_to_others_until_it_has_them(shared: Place) -> None:
    elsewhere = shared.folder.with_name("elsewhere")
    said: list[str] = []
    with shared.open() as archive:
        fill(archive)
        written = archive.folder / "divisions.csv"
        written.write_text("code,name,since,until,successors\n330199,清湾区,,,\n", encoding="utf-8")
        before = told(archive)
        run, _ = reparses.begin(archive, fingerprint="one")
        first = ledger.waiting(archive)[0]
        with Archive.open(elsewhere, shared.database, create=True) as other:
            with pytest.raises(Refused, match=rf"another divisions\.csv or deadlines\.toml than {elsewhere} has"):
                do_part(other, first.id, parse=another, fingerprint="one")
            assert (told(archive), ledger.waiting(archive)[0]) == (before, first)
            ownerfiles.sync(archive)
            ownerfiles.sync(other)
            with pytest.raises(Refused, match="which is not in"):  # now only the bytes are lacking
                do_part(other, first.id, parse=another, fingerprint="one")
        assert do_part(archive, first.id, fingerprint="one")
        written.unlink()
        assert reparses.begin(archive, fingerprint="one", say=said.append)[0] > run
    assert said == [
        "divisions.csv or deadlines.toml has changed since the run in parts of 2024-01-20 04:00 UTC: it begins anew"
    ]


def test_a_machine_without_the_bytes_leaves_a_part_to_others_and_no_report_is_lost(shared: Place) -> None:
    elsewhere = shared.folder.with_name("elsewhere")
    with shared.open() as archive, Archive.open(elsewhere, shared.database, create=True) as other:
        fill(archive)
        before = told(archive)
        run, _ = reparses.begin(archive)
        (part,) = ledger.waiting(archive)
        with pytest.raises(Refused, match="which is not in"):
            do_part(other, part.id)
        assert (told(archive), ledger.waiting(archive)) == (before, [part])
        do_part(archive, part.id)
        assert reparses.summary(archive, run, 0).effects.unchanged == 12


def test_a_storage_that_lacks_the_bytes_is_no_fault_of_the_documents(shared: Place) -> None:
    elsewhere = shared.folder.with_name("elsewhere")
    with shared.open() as archive:
        fill(archive)
        with archive.session() as session:
            assert {home for (home,) in session.execute(text("SELECT home FROM warc_files"))} == {archive.home}
        before = told(archive)
        reparses.begin(archive)
        (part,) = ledger.waiting(archive)
        with Archive.open(elsewhere, shared.database, create=True):
            card.set_storage(elsewhere, shared.folder.with_name("storage").as_uri())
        with (
            Archive.open(elsewhere, shared.database) as other,
            pytest.raises(Refused, match="folder of another machine"),
        ):
            do_part(other, part.id)
        assert told(archive) == before


@pytest.mark.usefixtures("small")
def test_a_part_that_is_given_up_keeps_the_run_open_until_it_is_tried_again(archive: Archive) -> None:
    fill(archive)
    run, _ = reparses.begin(archive, fingerprint="one")
    first, *_ = ledger.waiting(archive)
    for _ in range(TRIES):
        assert first in ledger.waiting(archive)
        not_done(archive, first.id, "it ended with exit status -11")
    do_all(archive, fingerprint="one")
    stood = ledger.standing(archive, REPARSE, run)
    assert (stood.done, stood.failed, stood.all, stood.going_on) == (3, 1, 4, False)
    assert ledger.refusals(archive, REPARSE, run) == ["it ended with exit status -11"]
    assert not reparses.summary(archive, run, 0).finished
    assert ledger.progress(archive)[0].failed == 1
    reparses.begin(archive, fingerprint="one")
    do_all(archive, fingerprint="one")
    assert reparses.summary(archive, run, 0).effects.articles == 13
    not_done(archive, first.id, "it is done by now")
    assert ledger.progress(archive) == []


def test_the_summary_names_the_first_reports_and_keeps_no_others(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reparses, "ARTICLES", 4)
    monkeypatch.setattr(reparses, "MOST_REPORTS", 2)
    fill(archive)
    run, _ = reparses.begin(archive, fingerprint="one")
    *first, third, fourth = ledger.waiting(archive)
    for part in (*first, fourth):
        do_part(archive, part.id, parse=another, fingerprint="one")
    with archive.session() as session:
        kept = {row.number: reparses._effects(row).reports for row in session.scalars(select(Partition)) if row.result}
    assert {number: [one["url"].rpartition("?")[2] for one in reports] for number, reports in kept.items()} == {
        1: ["3"], 2: ["4"], 4: [],
    }  # fmt: skip
    do_part(archive, third.id, parse=another, fingerprint="one")
    done = reparses.summary(archive, run, 0)
    assert (done.finished, len(done.effects.reports) <= MOST_REPORTS, done.effects.lost) == (True, True, 2)
    with archive.session() as session:
        assert {row.result for row in session.scalars(select(Partition))} == {None}


def test_parts_are_for_tables_that_others_can_reach(table: Archive, tmp_path: Path) -> None:
    for begun in (
        lambda: reparses.begin(table),
        lambda: exports.begun(table, tmp_path / "out", Wanted(), format="csv").__enter__(),
        lambda: do_part(table, 1),
    ):
        with pytest.raises(ArchiveError, match="in parts is for archives whose tables stand in PostgreSQL"):
            begun()
    assert (ledger.waiting(table), ledger.progress(table)) == ([], [])


def test_runs_that_ended_are_forgotten_when_the_next_begins(archive: Archive) -> None:
    fill(archive, 3)
    run, _ = reparses.begin(archive)
    (old,) = ledger.waiting(archive)
    do_all(archive)
    ledger.mark_told(archive, REPARSE, run)
    reparses.begin(archive)
    (part,) = ledger.waiting(archive)
    assert not do_part(archive, old.id)
    with archive.session() as session:
        assert list(session.scalars(select(Partition.id))) == [part.id]
        assert [row.state for row in session.scalars(select(ReparseRun).order_by(ReparseRun.id))] == [
            "finished",
            "parts",
        ]


def test_what_a_run_did_is_told_once_also_where_it_ended_while_nobody_waited(archive: Archive, tmp_path: Path) -> None:
    fill(archive, 3)
    said: list[str] = []
    run, _ = reparses.begin(archive)
    do_all(archive)
    assert reparses.begin(archive, say=said.append) == (run, 4)
    assert reparses.summary(archive, run, 4).effects.unchanged == 3
    ledger.mark_told(archive, REPARSE, run)
    assert reparses.begin(archive)[0] > run
    with exports.begun(archive, tmp_path / "out", Wanted(), format="csv") as first:
        do_all(archive)
    with exports.begun(archive, tmp_path / "out", Wanted(), format="csv", say=said.append) as second:
        ledger.mark_told(archive, EXPORT, second)
    with exports.begun(archive, tmp_path / "out", Wanted(), format="csv") as third:
        assert (second, third > first) == (first, True)
    assert said == [
        "the run in parts of 2024-01-20 04:00 UTC ended at 2024-01-20 04:00 UTC, and this is what it did; the same command again begins a new one",
        "the export in parts of 2024-01-20 04:00 UTC was ended by the workers; the same command again begins a new one",
    ]
