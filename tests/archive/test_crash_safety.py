from __future__ import annotations

import os
import random
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from archive.captures import Pending, deposit, latest, payload, store
from archive.crawling import crawls
from archive.errors import ArchiveError
from archive.journal.notes import MEDIA_TYPE, ArticleNote, Note, from_lines, to_lines
from archive.schema import (
    Article,
    Attachment,
    CaptureRow,
    ColumnReading,
    CrawlRow,
    JournalRow,
    ListRow,
    Portal,
    ReportColumn,
    WarcFile,
)
from archive.store import Archive
from archive.upkeep.reindex import reindex
from archive.upkeep.verify import verify
from archive.warcs.files import path_of
from archive.warcs.records import (
    SOFTWARE,
    answer_member,
    http_request,
    journal_member,
    new_id,
    request_member,
    warcinfo_block,
    warcinfo_member,
)
from tests.archive.answers import WHEN, answer, batch, noted, records, warc_files
from tests.archive.conftest import Place
from tests.warm import start_code

KILLS = int(os.environ.get("XXGK_KILLS", "5"))  # make kill-test sets 50
CUTS = 4 * KILLS
ROOT = Path(__file__).resolve().parents[2]
URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"
WRITER = """
import random, sys
from pathlib import Path
from archive.captures import Pending, deposit, store
from archive.journal.notes import ArticleNote
from archive.store import Archive
from tests.archive.answers import answer, noted

folder, database, seed = Path(sys.argv[1]), sys.argv[2] or None, int(sys.argv[3])
rng = random.Random(seed)
with Archive.open(folder, database, create=True, write=True) as archive:
    archive.writer.rotation = 300_000
    number = 0
    while True:
        number += 1
        body = rng.randbytes(rng.choice((20, 900, 40_000))) if rng.random() < 0.8 else b"the same again"
        url = f"http://a.gov.cn/{seed}/{number}"
        two = [Pending(answer(url + end, body), "article") for end in ("", "/copy")]
        for capture in deposit(archive, two, [noted(url)]):
            print(capture.id, capture.url, capture.payload_digest, flush=True)
"""


def kill_a_writer(place: Place, seed: int, after: int) -> list[tuple[int, str, str]]:
    """Start a process that stores without end, kill it after some captures; those it had reported as kept."""
    kept = []
    with start_code(WRITER, str(place.folder), place.database or "", str(seed)) as process:
        for line in process.stdout:  # what is in the pipe when it dies is read too
            number, url, digest = line.split()
            kept.append((int(number), url, digest))
            if len(kept) == after:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return kept


def test_a_killed_process_loses_nothing_it_had_committed(place: Place) -> None:
    rng = random.Random(7)
    kept = []
    for seed in range(KILLS):
        kept += kill_a_writer(place, seed, rng.randint(1, 12))
    place.clock.now = datetime.now(UTC)  # as the killed processes had it
    with place.open() as archive:
        assert verify(archive) == []
        notes = [note for kind, _, block in records(place.folder) if kind == "metadata" for note in from_lines(block)]
        with archive.session() as session:
            assert set(session.scalars(select(Article.url))) == {
                note.url for note in notes if isinstance(note, ArticleNote)
            }
            assert session.scalar(select(func.count()).select_from(JournalRow)) == len(notes)
            assert set(session.scalars(select(Article.url))) >= {url for _, url, _ in kept if not url.endswith("copy")}
        for number, url, digest in kept:
            capture = latest(archive, url)
            assert capture is not None
            assert (capture.id, capture.payload_digest) == (number, digest)
            payload(archive, capture)


@pytest.fixture(scope="module")
def killed_tail() -> bytes:
    """What one store writes: a response and its request."""
    one, other = new_id(), new_id()
    late = answer(URL + "?late", b"<p>" + bytes(range(256)) + b"</p>", at=WHEN)
    kept = answer_member(late, record_id=one, role="article", crawl_id=None, original=None)
    return kept + request_member(late, http_request(late), record_id=other, concurrent_to=one)


@settings(max_examples=CUTS, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(min_value=1, max_value=900))
def test_a_half_written_tail_is_cut_at_the_next_writing_and_whole_records_are_kept(
    tmp_path_factory: pytest.TempPathFactory, killed_tail: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    cut = min(cut, len(killed_tail))
    with Archive.open(folder, create=True, write=True) as archive:
        first = store(archive, answer(URL), role="article")
    path = folder / first.file
    whole = path.read_bytes()
    path.write_bytes(whole + killed_tail[:cut])
    with Archive.open(folder) as archive:
        assert [problem.kind for problem in verify(archive)] == ["record.unknown"]
    with Archive.open(folder, write=True) as archive:
        assert verify(archive) == []
        assert path_of(folder, first.file).read_bytes().startswith(whole)
        second = store(archive, answer(URL + "?next", b"next"), role="article")
        assert second.file == first.file
        assert verify(archive) == []
        late = latest(archive, URL + "?late")
        if late is not None:  # its response was whole: it is a capture like any other
            assert len(payload(archive, late)) == 263
            assert late.role == "article"
        else:
            assert path_of(folder, first.file).read_bytes()[len(whole) :] != killed_tail[:cut]


def test_a_whole_record_of_a_killed_process_is_adopted_with_its_role_and_crawl(place: Place) -> None:
    with place.open() as archive:
        crawl = crawls.begin(archive, {}, ["http://xxgk.qingwan.gov.cn/"])
        store(archive, answer(URL, b"same"), role="article", crawl_id=crawl.id)
        lost = store(archive, answer(URL + "?2", b"same", status=200), role="attachment", crawl_id=crawl.id)
        with archive.writing() as session:
            session.execute(delete(CaptureRow).where(CaptureRow.id == lost.id))
    with place.open() as archive:
        found = latest(archive, URL + "?2")
        assert found is not None
        assert (found.kind, found.role, found.crawl_id) == ("revisit", "attachment", crawl.id)
        assert payload(archive, found) == b"same"
        assert verify(archive) == []


@pytest.mark.parametrize("length", [0, 5, 150])
def test_a_file_whose_first_record_was_never_finished_is_taken_away(place: Place, length: int) -> None:
    with place.open() as archive:
        store(archive, answer(URL), role="article")
    head = warcinfo_member("xxgk-late.warc.gz", new_id(), WHEN, warcinfo_block())
    late = place.folder / "warc" / "xxgk-late.warc.gz"
    late.write_bytes(head[:length])
    with place.open() as archive:
        assert not late.exists()
        assert verify(archive) == []


def test_a_file_that_no_row_names_yet_is_adopted(place: Place) -> None:
    with place.open() as archive:
        store(archive, answer(URL), role="article")
    late = place.folder / "warc" / "xxgk-late.warc.gz"
    late.write_bytes(warcinfo_member(late.name, new_id(), WHEN, warcinfo_block()))
    with place.open() as archive:
        assert verify(archive) == []
        with archive.session() as session:
            assert session.scalar(select(func.count()).select_from(WarcFile)) == 2


def test_a_strangers_file_is_left_alone_and_reported(place: Place) -> None:
    import gzip

    with place.open() as archive:
        store(archive, answer(URL), role="article")
    stranger = place.folder / "warc" / "other.warc.gz"
    stranger.write_bytes(gzip.compress(b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n"))
    before = stranger.read_bytes()
    with place.open() as archive:
        assert [(problem.kind, problem.file) for problem in verify(archive)] == [("file.unknown", "warc/other.warc.gz")]
    assert stranger.read_bytes() == before


def test_whole_records_behind_a_damaged_one_are_never_cut_away(place: Place) -> None:
    with place.open() as archive:
        first = store(archive, answer(URL, b"1" * 500), role="article")
        store(archive, answer(URL + "?2", b"2" * 500), role="article")
        with archive.writing() as session:
            session.execute(delete(CaptureRow))
    path = place.folder / first.file
    data = bytearray(path.read_bytes())
    data[first.position + 40] ^= 0xFF
    path.write_bytes(bytes(data))
    with place.open() as archive:
        assert path.read_bytes() == bytes(data)
        assert verify(archive)
        store(archive, answer(URL + "?3"), role="article")  # into another file
        assert path.read_bytes() == bytes(data)


def test_a_file_cut_by_somebody_else_is_not_written_over(place: Place) -> None:
    with place.open() as archive:
        kept = store(archive, answer(URL, b"1" * 500), role="article")
    path = place.folder / kept.file
    path.write_bytes(path.read_bytes()[:-30])
    cut = path.read_bytes()
    with place.open() as archive:
        store(archive, answer(URL + "?2"), role="article")
        assert path.read_bytes() == cut
        assert [problem.kind for problem in verify(archive)] == ["record.cut"]


def test_our_files_say_whose_they_are() -> None:
    import gzip

    head = gzip.decompress(warcinfo_member("x", new_id(), WHEN, warcinfo_block([("delay", "2.5")])))
    assert f"software: {SOFTWARE}".encode() in head
    assert head.endswith(b"delay: 2.5\r\n\r\n\r\n\r\n")


def test_a_killed_crawl_goes_on_under_its_number_and_an_ended_one_begins_anew(place: Place) -> None:
    arguments, portals = {"year": 2023, "delay": 1.0}, ["http://b.gov.cn/", "http://a.gov.cn/"]
    with place.open() as archive:
        first = crawls.begin(archive, arguments, portals)
    with place.open() as archive:
        again = crawls.begin(archive, dict(reversed(arguments.items())), portals[::-1])
        assert (first.resumed, again.resumed, again.id) == (False, True, first.id)
        assert crawls.begin(archive, {"year": 2022}, portals).id != first.id
        crawls.finish(archive, first.id, crawls.STOPPED)
        assert crawls.begin(archive, arguments, portals).resumed
        crawls.finish(archive, first.id, crawls.FINISHED)
        fresh = crawls.begin(archive, arguments, portals)
        assert (fresh.resumed, fresh.id != first.id) == (False, True)
        with pytest.raises(ValueError, match="does not end as"):
            crawls.finish(archive, first.id, "running")


def test_captures_are_found_again_in_the_files_where_the_tables_are_lost(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True, write=True) as archive:
        archive.writer.rotation = 2000
        kept = [store(archive, answer(f"{URL}?{n}", b"body %d" % (n % 4)), role="article") for n in range(9)]
    for path in tmp_path.glob("archive.sqlite3*"):
        path.unlink()
    with pytest.raises(ArchiveError, match="xxgk reindex"), Archive.open(tmp_path, write=True):
        pass
    with Archive.open(tmp_path, write=True, rebuild=True) as archive:
        assert reindex(archive).captures == len(kept)
    with Archive.open(tmp_path, write=True) as archive:
        assert verify(archive) == []
        for capture in kept:
            found = latest(archive, capture.url, role="article")
            assert found is not None
            assert (found.kind, found.file, found.position) == (capture.kind, capture.file, capture.position)
            assert payload(archive, found).startswith(b"body")


KILLED_AT_THE_COMMIT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.orm import Session
from archive.captures import deposit
from archive.store import Archive
from tests.archive.answers import WHEN, batch

with Archive.open(Path(sys.argv[1]), sys.argv[2] or None, create=True, write=True, clock=lambda: WHEN) as archive:
    answers, notes = batch()
    deposit(archive, notes=notes[:1])
    event.listen(Session, "before_commit", lambda session: session.new or os.kill(os.getpid(), signal.SIGKILL))
    deposit(archive, answers, notes[1:])
"""


def journal(*notes: Note) -> bytes:
    return journal_member(new_id(), WHEN, MEDIA_TYPE, to_lines(notes))


FOUND = (CrawlRow, Portal, ReportColumn, ColumnReading, ListRow, Article, Attachment)


NUMBERS = {"id", "portal_id", "column_id", "article_id"}  # a transaction that came to nothing uses some up


def _said(table: type[Any]) -> list[Any]:
    return [column for column in table.__table__.columns if column.name not in NUMBERS]


def found_by_the_spiders(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    """What the notes became."""
    with archive.session() as session:
        return {table.__tablename__: [tuple(row) for row in session.execute(select(*_said(table)))] for table in FOUND}


def test_notes_whose_process_was_killed_before_the_commit_are_applied_by_recovery_exactly_once(
    place: Place, tmp_path: Path
) -> None:
    with start_code(KILLED_AT_THE_COMMIT, str(place.folder), place.database or "") as process:
        pass
    assert process.returncode == -signal.SIGKILL
    answers, notes = batch()
    with Archive.open(tmp_path / "whole", create=True, write=True, clock=place.clock) as whole:
        deposit(whole, notes=notes[:1])
        deposit(whole, answers, notes[1:])
        expected = found_by_the_spiders(whole)
    with place.open(write=False) as archive:
        assert [problem.kind for problem in verify(archive)] == ["record.unknown"]
        assert found_by_the_spiders(archive)["articles"] == []
    for _ in range(2):  # the second opening finds nothing left to do
        with place.open() as archive:
            assert found_by_the_spiders(archive) == expected
            assert [payload(archive, one) for one in (latest(archive, each.answer.url) for each in answers) if one] == [
                each.answer.body for each in answers
            ]
            assert verify(archive) == []
    assert [path.suffix for path in warc_files(place.folder)] == [".gz"]


@pytest.fixture(scope="module")
def killed_batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[int]]:
    """What one deposit writes behind the first record, and where its records end."""
    folder = tmp_path_factory.mktemp("batch")
    with Archive.open(folder, create=True, write=True, clock=lambda: WHEN) as archive:
        first = store(archive, answer(URL), role="article")
        answers, notes = batch()
        crawls.begin(archive, {}, [])
        begin = (folder / f"{first.file}.open").stat().st_size
        kept = deposit(archive, answers, notes)
    return (folder / first.file).read_bytes()[begin:], [one.position + one.length - begin for one in kept]


@settings(max_examples=CUTS, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_of_a_batch_that_was_cut_all_whole_answers_are_kept_and_its_notes_only_if_the_journal_is_whole(
    tmp_path_factory: pytest.TempPathFactory, killed_batch: tuple[bytes, list[int]], data: st.DataObject
) -> None:
    tail, ends = killed_batch
    cut = data.draw(st.integers(1, len(tail)) | st.sampled_from([*ends, len(tail)]))
    folder = tmp_path_factory.mktemp("archive")
    with Archive.open(folder, create=True, write=True, clock=lambda: WHEN) as archive:
        path = folder / store(archive, answer(URL), role="article").file
    path.write_bytes(path.read_bytes() + tail[:cut])
    with Archive.open(folder, write=True, clock=lambda: WHEN) as archive:
        assert verify(archive) == []
        with archive.session() as session:
            assert session.scalar(select(func.count()).select_from(CaptureRow)) == 1 + sum(end <= cut for end in ends)
            assert session.scalar(select(func.count()).select_from(JournalRow)) == (cut == len(tail))
            assert session.scalar(select(func.count()).select_from(Article)) == (cut == len(tail))


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_between_the_commit_and_the_end_of_the_deposit_leaves_no_row_without_bytes(
    place: Place, interruption: type[BaseException]
) -> None:
    def interrupt(_session: Session) -> None:
        event.remove(Session, "after_commit", interrupt)
        raise interruption

    answers, notes = batch()
    with place.open() as archive:
        deposit(archive, notes=notes[:1])
        event.listen(Session, "after_commit", interrupt)
        with pytest.raises(interruption):
            deposit(archive, answers, notes[1:])
        after = store(archive, answer(URL + "?after"), role="article")
        assert payload(archive, after) == answer(URL).body
        assert verify(archive) == []
        assert all(latest(archive, each.answer.url) is not None for each in answers)


def test_an_interrupt_in_the_midst_of_a_record_leaves_none_that_is_half_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    with place.open() as archive:
        first = store(archive, answer(URL), role="article")
        with monkeypatch.context() as patch:
            patch.setattr("archive.warcs.files.os.fsync", interrupt)
            with pytest.raises(KeyboardInterrupt):
                store(archive, answer(URL + "?2"), role="article")
        assert store(archive, answer(URL + "?3"), role="article").file == first.file
        assert verify(archive) == []


def test_a_note_that_names_no_address_does_not_keep_an_archive_from_being_opened(place: Place) -> None:
    _, notes = batch()
    wrong: Note = noted("no address")
    with place.open() as archive:
        deposit(archive, notes=notes)
        with archive.writer.appending(journal(notes[-1], wrong)):
            pass  # its process was killed here
    with place.open() as archive:
        assert verify(archive) == []
        with archive.session() as session:
            assert session.scalar(select(func.count()).select_from(JournalRow)) == 2
            assert session.scalar(select(func.count()).select_from(Article)) == 1


def test_notes_of_a_newer_program_are_left_where_they_are_and_reported(place: Place) -> None:
    with place.open() as archive:
        first = deposit(archive, [Pending(answer(URL), "article")])[0]
        newer = journal_member(new_id(), WHEN, MEDIA_TYPE, b'{"note":"weather","at":"2024-01-20T04:00:00+00:00"}\n')
        with archive.writer.appending(newer):
            pass
    before = (place.folder / first.file).read_bytes()
    with place.open() as archive:
        assert [problem.kind for problem in verify(archive)] == ["record.unknown"]
        store(archive, answer(URL + "?2"), role="article")
        assert (place.folder / first.file).read_bytes() == before
