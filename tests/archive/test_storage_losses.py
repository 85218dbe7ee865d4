"""Shared storage where machines die: nothing that was committed and shipped is lost, and nothing is there twice."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from archive.captures import Capture, Pending, deposit, last_delivered, latest, payload
from archive.crawling import crawls
from archive.deriving.derive import derive
from archive.errors import ArchiveError, ConnectionLost
from archive.journal.notes import RowsNote
from archive.schema import Article, CaptureRow, CrawlRow, JournalRow, ListRow, WarcFile
from archive.storage.fetching import choose
from archive.storage.pushing import adopt_lost, push
from archive.storage.recovery import take_over
from archive.store import Archive
from archive.upkeep.reindex import reindex
from archive.upkeep.verify import verify
from tests.archive.answers import COLUMN, PORTAL, URL, WHEN, answer, noted
from tests.archive.conftest import Place
from tests.archive.stored import all_in, body_of, both, change, in_storage, kept, row_of, ship
from tests.warm import start_code

Machines = tuple[Place, Place]

KILLED = """
import os, signal, sys
from pathlib import Path
from archive.storage import pushing
from archive.storage.objects import Storage
from archive.store import Archive
from tests.archive.answers import WHEN
from tests.archive.stored import kept

def killed(*_arguments, **_rest):
    os.kill(os.getpid(), signal.SIGKILL)

def put_half(self, path, name, stated, token, **_rest):
    data = path.read_bytes()
    self.put_bytes(data[: len(data) // 2], f"{name}.{token}.uploading" if self.is_folder else name, token)
    killed()

with Archive.open(Path(sys.argv[1]), sys.argv[2] or None, create=True, write=True, clock=lambda: WHEN) as archive:
    kept(archive, 1, 2, 3)
    match sys.argv[3]:
        case "in the upload":
            Storage.put = put_half
        case "before it is read back":
            Storage._compare = killed
        case "before the row":
            pushing.note_stored = killed
        case "behind the row":
            Storage.drop_parts = killed
        case "before the copy goes":
            pushing._Push._drop = killed
    pushing.push(archive)
"""
POINTS = ("in the upload", "before it is read back", "before the row", "behind the row", "before the copy goes")
CASES = [
    *(("sqlite", "folder", point) for point in POINTS),
    *(("sqlite", "bucket", point) for point in POINTS[:2]),
    *(("postgresql", "bucket", point) for point in POINTS[2:4]),
]


@pytest.mark.parametrize(("place", "storage_url", "point"), CASES, indirect=["place", "storage_url"])
def test_a_push_that_is_killed_is_run_again_and_nothing_is_lost_or_there_twice(
    place: Place, storage_url: str, point: str
) -> None:
    with place.open() as archive:
        choose(archive, storage_url)
    with start_code(KILLED, str(place.folder), place.database or "", point) as process:
        pass
    assert process.returncode == -signal.SIGKILL
    with place.open() as archive:
        assert [payload(archive, each) for each in _all(archive, 1, 2, 3)] == [body_of(number) for number in (1, 2, 3)]
        assert push(archive).problems == ()
        assert verify(archive) == []
        assert [payload(archive, each) for each in _all(archive, 1, 2, 3)] == [body_of(number) for number in (1, 2, 3)]
    aside = [name for name in all_in(storage_url) if name.endswith(".differs")]
    assert len(aside) == (point == "in the upload" and storage_url.startswith("s3:"))
    rest = [name for name in all_in(storage_url) if name not in aside and "storage.json" not in name]
    assert [name.endswith(".warc.gz") for name in rest] == [True]
    assert list((place.folder / "warc").iterdir()) == []


def _all(archive: Archive, *numbers: int) -> list[Capture]:
    found = [latest(archive, f"{URL}?{number}") for number in numbers]
    assert None not in found
    return [each for each in found if each is not None]


def die(archive: Archive) -> None:
    """As a machine does: nothing is closed, and nothing shipped any more."""
    shipper = archive.writer._shipper
    assert shipper is not None
    shipper._written.clear()
    archive.writer._let_go()


@both
def test_what_a_lost_machine_had_shipped_is_stored_and_the_rest_is_said_to_be_lost(
    two_machines: Machines, storage_url: str
) -> None:
    first, second = two_machines
    with ExitStack() as stack, second.open() as ours:
        theirs = stack.enter_context(first.open())
        one, two = kept(theirs, 1, 2)
        ship(theirs)
        (three,) = kept(theirs, 3)
        done = adopt_lost(ours, theirs.home)
        assert (done.taken, done.lost, done.problems) == (1, 1, ())
        assert [payload(ours, each) for each in (one, two)] == [body_of(1), body_of(2)]
        assert latest(ours, three.url) is None
        assert verify(ours) == []
        assert not any(".parts/" in name for name in all_in(storage_url))
        assert adopt_lost(ours, theirs.home).taken == 0
        die(theirs)
    with Archive.open(second.folder, second.database, write=True, rebuild=True, clock=second.clock) as archive:
        assert reindex(archive, afresh=True).problems == ()
    with second.open() as archive:
        assert verify(archive) == []
        assert latest(archive, two.url) is not None
        assert latest(archive, three.url) is None


@both
def test_a_machine_that_comes_back_brings_the_rest_and_what_was_lost_is_found_again(two_machines: Machines) -> None:
    first, second = two_machines
    with ExitStack() as stack:
        theirs = stack.enter_context(first.open())
        kept(theirs, 1, 2)
        ship(theirs)
        three, four = kept(theirs, 3, 4)
        with second.open() as ours:
            assert adopt_lost(ours, theirs.home).lost == 2
        first.clock.advance(hours=1)
        (five,) = kept(theirs, 5)  # it had only slept: what it fetched goes into a new file
        assert five.file != four.file
        done = push(theirs)
        assert (done.found, done.problems) == (2, ())
        assert [payload(theirs, each) for each in _all(theirs, 1, 2, 3, 4, 5)] == [body_of(n) for n in range(1, 6)]
        assert push(theirs).found == 0
    with second.open() as ours:
        assert verify(ours) == []
        assert [payload(ours, each) for each in _all(ours, 1, 2, 3, 4, 5)] == [body_of(n) for n in range(1, 6)]
        push(ours)
        with ours.session() as session:
            notes = session.scalar(select(func.count()).select_from(JournalRow))
    with Archive.open(second.folder, second.database, write=True, rebuild=True, clock=second.clock) as archive:
        done_again = reindex(archive, afresh=True)
        assert (done_again.problems, done_again.captures) == ((), 5)
        assert latest(archive, three.url) is not None
        with archive.session() as session:
            assert session.scalar(select(func.count()).select_from(JournalRow)) == notes
            assert session.scalars(select(CaptureRow).where(CaptureRow.lost_at.is_not(None))).all() == []
    with first.open() as theirs:
        push(theirs)
        assert verify(theirs) == []


@both
def test_a_file_of_which_nothing_was_shipped_is_lost_until_its_machine_comes_back(two_machines: Machines) -> None:
    first, second = two_machines
    with first.open() as theirs, second.open() as ours:
        (one,) = kept(theirs, 1)
        done = adopt_lost(ours, theirs.home)
        assert (done.taken, done.lost, done.problems) == (1, 1, ())
        assert row_of(ours, one.file).stored_length == 0
        assert verify(ours) == []
        assert push(ours).problems == ()
        deposit(theirs, notes=[noted(URL)])  # notes alone are refused to a file that was given away, too
        assert push(theirs).found == 1
        assert payload(ours, one) == body_of(1)
        assert verify(ours) == []


@both
def test_an_adopter_that_dies_itself_is_followed_by_another_or_by_itself(two_machines: Machines) -> None:
    first, second = two_machines
    with first.open() as theirs, second.open() as ours:
        kept(theirs, 1)
        ship(theirs)
        assert take_over(ours, theirs.home) == 1  # and is killed here
        with first.open() as third:
            assert push(third).waiting == 1
        assert push(ours).stored == 1
        assert verify(ours) == []
        kept(theirs, 2)
        ship(theirs)
        assert take_over(ours, theirs.home) == 1  # and is killed here, and its machine is gone
        done = adopt_lost(theirs, ours.home)
        assert (done.taken, done.lost, done.problems) == (1, 0, ())
        assert verify(ours) == []


@both
def test_tables_older_than_the_storage_take_what_stands_there_as_it_is(
    two_machines: Machines, storage_url: str
) -> None:
    with two_machines[0].open() as archive:
        one, two = kept(archive, 1, 2)
        assert push(archive).dropped == 1
        before = in_storage(storage_url, one.file)
        with archive.writing() as session:  # as a copy of the tables has it that was made before
            older = update(WarcFile).values(stored_at=None, stored_length=None, stored_digest=None)
            session.execute(older)
        done = push(archive)
        assert (done.stored, done.bytes, done.lost, done.problems) == (1, 0, 0, ())
        assert in_storage(storage_url, one.file) == before
        assert verify(archive) == []
        assert payload(archive, two) == body_of(2)


@both
def test_tables_are_not_emptied_while_files_of_other_machines_are_not_stored(two_machines: Machines) -> None:
    first, second = two_machines
    with first.open() as theirs:
        kept(theirs, 1)
        with (
            Archive.open(second.folder, second.database, write=True, rebuild=True, clock=second.clock) as ours,
            pytest.raises(ArchiveError, match="1 WARC files are in the folders of other machines and not stored"),
        ):
            reindex(ours, afresh=True)
        assert verify(theirs) == []


@both
def test_a_copy_that_is_another_file_is_put_aside_and_told_of_and_nothing_is_written_over(
    two_machines: Machines, storage_url: str
) -> None:
    first, second = two_machines
    with first.open() as theirs, second.open() as ours:
        (one,) = kept(theirs, 1)
        ship(theirs)
        adopt_lost(ours, theirs.home)
        die(theirs)
        stored = in_storage(storage_url, one.file)
        path = first.folder / f"{one.file}.open"
        path.write_bytes(path.read_bytes()[:-5] + b"other, and longer")
        done = push(theirs)
        assert "is another file than the one in the storage" in done.problems[0]
        assert in_storage(storage_url, one.file) == stored
        (aside,) = (first.folder / "warc").glob("*.differs")
        assert aside.read_bytes().endswith(b"other, and longer")
        assert [problem.kind for problem in verify(theirs)] == ["file.differs"]
        assert push(theirs).problems == ()
        assert payload(theirs, one) == body_of(1)


@both
def test_half_a_record_at_the_end_of_a_returned_file_is_cut(two_machines: Machines) -> None:
    first, second = two_machines
    with first.open() as theirs, second.open() as ours:
        kept(theirs, 1)
        ship(theirs)
        (two,) = kept(theirs, 2)
        adopt_lost(ours, theirs.home)
        die(theirs)
        with (first.folder / f"{two.file}.open").open("ab") as file:
            file.write(b"\x1f\x8b\x08half")
        assert push(theirs).found == 1
        assert verify(ours) == []
        assert payload(ours, two) == body_of(2)


@both
def test_parts_of_strange_names_or_with_a_gap_are_passed_over(two_machines: Machines, storage_url: str) -> None:
    first, second = two_machines
    with first.open() as theirs, second.open() as ours:
        (one,) = kept(theirs, 1)
        ship(theirs)
        for name in ("..", "1", "000000000000x", "999999999999"):
            change(storage_url, f"{one.file}.parts/{name}x" if name == ".." else f"{one.file}.parts/{name}", b"strange")
        done = adopt_lost(ours, theirs.home)
        assert (done.lost, done.problems) == (0, ())
        assert payload(ours, one) == body_of(1)
        assert verify(ours) == []


@both
def test_a_machine_that_is_alive_by_its_own_name_is_not_given_up(two_machines: Machines, table: Archive) -> None:
    with two_machines[0].open() as archive, pytest.raises(ArchiveError, match="is this folder itself"):
        adopt_lost(archive, archive.home)
    with pytest.raises(ArchiveError, match="has no shared storage"):
        adopt_lost(table, "another")


@both
def test_what_could_not_be_read_from_elsewhere_is_derived_again_once_it_is_stored(two_machines: Machines) -> None:
    with two_machines[0].open() as archive:
        kept(archive, 1, 2)
        with archive.writing() as session:
            session.execute(update(Article).values(stale=0))
            failed = update(Article).where(Article.url == f"{URL}?1")
            session.execute(failed.values(outcome="failed", basis="ab" * 32, derived_through=9))
        assert push(archive).stale == 1
        with archive.session() as session:
            found = session.execute(select(Article.url, Article.stale, Article.derived_through).order_by(Article.id))
            assert [tuple(each)[1:] for each in found] == [(1, 0), (0, 0)]


WRITER = """
import sys
from pathlib import Path
from archive.store import Archive
from tests.archive.answers import WHEN
from tests.archive.stored import kept

with Archive.open(Path(sys.argv[1]), sys.argv[2], write=True, clock=lambda: WHEN) as archive:
    number = 0
    while True:
        number += 1
        kept(archive, number)
        print(number, flush=True)
"""


@both
def test_a_machine_killed_while_it_writes_loses_at_most_what_it_wrote_since_it_last_shipped(
    two_machines: Machines, storage_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_machines
    monkeypatch.setenv("XXGK_SHIP_SECONDS", "0.05")
    with first.open() as archive:
        home = archive.home
    with start_code(WRITER, str(first.folder), first.database or "") as process:
        shipped = 0
        for line in process.stdout:
            if int(line) >= 5 and not shipped and any(".parts/" in name for name in all_in(storage_url)):
                shipped = int(line)
            if shipped and int(line) >= shipped + 5:
                process.send_signal(signal.SIGKILL)
                break
        process.wait()
    with second.open() as ours:
        done = adopt_lost(ours, home)
        assert (done.taken, done.problems) == (1, ())
        with ours.session() as session:
            query = select(CaptureRow.url, CaptureRow.lost_at).order_by(CaptureRow.id)
            states = [(url, lost is not None) for url, lost in session.execute(query)]
        lost = [url for url, is_lost in states if is_lost]
        assert len(lost) == done.lost < len(states)
        assert [url for url, _ in states[-len(lost) :]] == lost or not lost
        assert verify(ours) == []
    with first.open() as theirs:
        assert push(theirs).found == len(lost)
    with second.open() as ours:
        assert verify(ours) == []
        numbers = range(1, len(states) + 1)
        assert [payload(ours, each) for each in _all(ours, *numbers)] == [body_of(number) for number in numbers]


@both
def test_a_crawl_whose_answers_another_was_the_first_to_keep_is_lost_with_the_others(two_machines: Machines) -> None:
    first, second = two_machines
    with ExitStack() as stack:
        one, two, ours = (stack.enter_context(place.open()) for place in (first, first, second))
        other, crawl = (crawls.begin(each, {"n": number}, [URL]).id for number, each in enumerate((one, two)))
        (original,) = deposit(one, [Pending(answer(f"{URL}?a", body_of(1)), "attachment", other)])
        (same,) = deposit(two, [Pending(answer(f"{URL}?b", body_of(1)), "attachment", crawl)])
        assert (same.kind, same.original_id, original.file == same.file) == ("revisit", original.id, False)
        crawls.finish(two, crawl, crawls.FINISHED)
        two.writer.seal()
        push(two)
        crawls.secure(two)
        assert not _is_secured(ours, crawl)  # its file is stored, and what it refers to is not
        assert latest(ours, same.url) is not None
        die(one)
        assert adopt_lost(ours, one.home).lost == 1
        crawls.secure(ours)
        assert not _is_secured(ours, crawl)
        assert last_delivered(ours, same.url) is None  # so that it is asked for and kept again
        (again,) = deposit(ours, [Pending(answer(same.url, body_of(1)), "attachment", crawl)])
        assert (again.kind, payload(ours, again)) == ("response", body_of(1))
        assert last_delivered(ours, same.url) == again


def _is_secured(archive: Archive, crawl: int) -> bool:
    with archive.session() as session:
        return session.get_one(CrawlRow, crawl).secured


@both
def test_what_a_machine_could_not_commit_before_it_was_cut_off_is_known_when_it_comes_back(
    two_machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> None:
        raise ConnectionLost("the connection broke")

    listed = (("no address", "打开", None), (f"{URL}?2", "2023年度报告", None))
    rows = RowsNote(WHEN, None, PORTAL, COLUMN, None, None, listed)
    first, second = two_machines
    with first.open() as theirs:
        kept(theirs, 1)
        with monkeypatch.context() as patch:
            patch.setattr("archive.deposit._insert", cut_off)
            with pytest.raises(ConnectionLost):
                deposit(theirs, [Pending(answer(f"{URL}?2", body_of(2)), "article")], [rows, noted(f"{URL}?2")])
        die(theirs)
        first.clock.advance(hours=2)
        with second.open() as ours:
            assert adopt_lost(ours, theirs.home).taken == 1
            newer = replace(noted(f"{URL}?1"), at=second.clock(), page_title="更名后的年度报告")
            deposit(ours, notes=[newer])
            derive(ours)
            ours.writer.seal()
            push(ours)
    with first.open() as theirs:
        push(theirs)
        assert verify(theirs) == []
        with theirs.session() as session:
            found = {one.url: one for one in session.scalars(select(Article))}
            assert session.scalars(select(ListRow.url)).all() == [f"{URL}?2"]
        assert found.keys() == {f"{URL}?1", f"{URL}?2"}
        assert found[f"{URL}?1"].page_title == newer.page_title
        assert {(one.stale > 0, one.derived_through) for one in found.values()} == {(True, 0)}
        assert payload(theirs, _all(theirs, 2)[0]) == body_of(2)
