"""Shared storage: sealed files are stored and read back, are read from there, and their copies here may go."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from archive import captures, card
from archive.captures import Capture, last_delivered, latest, payload, store
from archive.errors import ArchiveError, DamagedCapture, OutOfReach
from archive.storage.addresses import checked
from archive.storage.fetching import choose, fetch
from archive.storage.objects import MARK, Storage
from archive.storage.pushing import LOCK, push
from archive.storage.standing import standing
from archive.store import Archive
from archive.upkeep.reindex import reindex
from archive.upkeep.repair import repair
from archive.upkeep.verify import verify
from archive.warcs.locks import locked
from tests.archive.answers import URL, answer, warc_files
from tests.archive.conftest import Place
from tests.archive.stored import all_in, both, change, in_storage, kept, row_of


def choose_folder(archive: Path, folder: Path) -> None:
    """Begin an archive whose storage is a folder."""
    folder.mkdir()
    with Archive.open(archive, create=True, write=True) as opened:
        choose(opened, str(folder))


@pytest.fixture
def shared(place: Place, storage_url: str) -> Place:
    """An archive on each database, with each storage."""
    with place.open() as archive:
        choose(archive, storage_url)
    return place


@both
def test_a_sealed_file_is_stored_read_back_and_leaves_the_folder_and_captures_are_read_from_there(
    shared: Place, storage_url: str
) -> None:
    with shared.open() as archive:
        one, two = kept(archive, 1, 2)
        before = (shared.folder / f"{one.file}.open").read_bytes()
        done = push(archive)
        assert (done.sealed, done.stored, done.bytes, done.dropped, done.problems) == (1, 1, len(before), 1, ())
        assert warc_files(shared.folder) == []
        assert in_storage(storage_url, one.file) == before
        assert [payload(archive, each) for each in (one, two)] == [b"body 1 " * 50, b"body 2 " * 50]
        assert verify(archive) == []
        row = row_of(archive, one.file)
        assert (row.closed, row.stored_length, row.stored_at) == (True, len(before), shared.clock())
        (three,) = kept(archive, 3)
        assert three.file != one.file
        again = push(archive)
        assert (again.stored, again.problems) == (1, ())
        assert push(archive).stored == 0
    with shared.open(write=False) as archive:
        assert payload(archive, one) == b"body 1 " * 50
        assert verify(archive) == []


@both
def test_a_file_that_a_process_writes_to_waits(shared: Place) -> None:
    with shared.open() as writing, shared.open() as pushing:
        (one,) = kept(writing, 1)
        done = push(pushing)
        assert (done.sealed, done.stored, done.waiting) == (0, 0, 1)
        kept(writing, 2)
        assert row_of(pushing, one.file).stored_at is None
    with shared.open() as archive:
        assert push(archive).stored == 1
        assert verify(archive) == []


@both
def test_copies_stay_as_long_as_the_card_says_and_go_at_once_when_asked(shared: Place, storage_url: str) -> None:
    with shared.open() as archive:
        choose(archive, storage_url, keep=24)
        (one,) = kept(archive, 1)
        assert (push(archive).stored, len(warc_files(shared.folder))) == (1, 1)
        shared.clock.advance(hours=23)
        assert push(archive).dropped == 0
        assert push(archive, drop=False).dropped == 0
        shared.clock.advance(hours=1)
        assert push(archive).dropped == 1
        (two,) = kept(archive, 2)
        assert push(archive, drop=True).dropped == 1
        assert payload(archive, one) == b"body 1 " * 50
        assert payload(archive, two) == b"body 2 " * 50


@both
def test_the_bytes_of_a_copy_that_stays_are_compared_when_it_goes_and_its_length_each_time(
    shared: Place, storage_url: str
) -> None:
    with shared.open() as archive:
        choose(archive, storage_url, keep=24)
        one, two = kept_and_pushed(archive, 1), kept_and_pushed(archive, 2)
        first, second = shared.folder / one.file, shared.folder / two.file
        first.write_bytes(first.read_bytes()[:-5] + b"other")
        second.write_bytes(second.read_bytes()[:-5] + b"other, and longer")
        (said,) = push(archive).problems
        assert said.startswith(f"{two.file} of this folder is another file")
        assert push(archive, drop=False).problems == ()
        shared.clock.advance(hours=24)
        (said,) = push(archive).problems
        assert said.startswith(f"{one.file} of this folder is another file")


@both
def test_stored_files_come_back_as_they_were(shared: Place) -> None:
    with shared.open() as archive:
        (one,) = kept(archive, 1)
        before = (shared.folder / f"{one.file}.open").read_bytes()
        push(archive)
        assert fetch(archive) == (1, len(before))
        assert (shared.folder / one.file).read_bytes() == before
        assert fetch(archive) == (0, 0)
        assert verify(archive) == []
        assert standing(archive).here == 1


@both
def test_the_tables_are_made_again_from_what_is_stored_and_what_is_here(shared: Place) -> None:
    with shared.open() as archive:
        (one,) = kept(archive, 1)
        push(archive)
        (two,) = kept(archive, 2)
        (same,) = captures.deposit(archive, [captures.Pending(answer(f"{URL}?3", b"body 1 " * 50), "article")])
        assert same.kind == "revisit"
        expected = row_of(archive, one.file)
    with Archive.open(shared.folder, shared.database, write=True, rebuild=True, clock=shared.clock) as archive:
        done = reindex(archive, afresh=True)
        assert (done.files, done.captures, done.notes, done.problems) == (2, 3, 2, ())
        row = row_of(archive, one.file)
        assert (row.closed, row.stored_length, row.stored_digest) == (
            True,
            expected.stored_length,
            expected.stored_digest,
        )
        assert row_of(archive, two.file).stored_at is None
    with shared.open() as archive:
        assert verify(archive) == []
        for each, body in ((one, b"body 1 "), (two, b"body 2 "), (same, b"body 1 ")):
            found = latest(archive, each.url)
            assert found is not None
            assert payload(archive, found) == body * 50
        push(archive)
        assert verify(archive) == []


def test_tables_that_are_gone_are_not_begun_anew_where_all_files_were_stored(tmp_path: Path) -> None:
    choose_folder(tmp_path / "archive", tmp_path / "shared")
    with Archive.open(tmp_path / "archive", write=True) as archive:
        kept(archive, 1)
        assert push(archive).dropped == 1
    for path in (tmp_path / "archive").glob("archive.sqlite3*"):
        path.unlink()
    with pytest.raises(ArchiveError, match="xxgk reindex"), Archive.open(tmp_path / "archive", write=True):
        pass


@both
def test_verify_tells_what_is_wrong_in_the_storage(shared: Place, storage_url: str) -> None:
    with shared.open() as archive:
        one, two, three = (kept_and_pushed(archive, number) for number in (1, 2, 3))
        fetch(archive)
        (shared.folder / one.file).unlink()
        data = bytearray(in_storage(storage_url, one.file))
        data[one.position + 40] ^= 1
        change(storage_url, one.file, bytes(data))
        other = bytearray(in_storage(storage_url, two.file))
        other[-9] ^= 1
        change(storage_url, two.file, bytes(other))
        Storage(storage_url).remove(three.file)
        change(storage_url, "warc/xxgk-20240101000000-0badcafe.warc.gz", b"of another archive")
        change(storage_url, "warc/..%2f..%2fescape.warc.gz", b"a stranger's name")
        assert [(problem.kind, problem.file) for problem in verify(archive)] == [
            ("record.altered", one.file),
            ("stored.altered", two.file),
            ("stored.missing", three.file),
            ("stored.unknown", "warc/xxgk-20240101000000-0badcafe.warc.gz"),
        ]
        change(storage_url, one.file, bytes(data[:-3]))
        assert verify(archive)[0].kind == "stored.altered"
        with pytest.raises(DamagedCapture):
            payload(archive, one)


def kept_and_pushed(archive: Archive, number: int) -> Capture:
    (capture,) = kept(archive, number)
    push(archive)
    return capture


@both
def test_lost_rows_are_made_again_from_a_stored_file(shared: Place) -> None:
    from sqlalchemy import delete

    from archive.schema import CaptureRow

    with shared.open() as archive:
        one = kept_and_pushed(archive, 1)
        with archive.writing() as session:
            session.execute(delete(CaptureRow))
        assert [problem.kind for problem in verify(archive)] == ["record.unknown"]
        assert repair(archive).adopted == 1
        assert verify(archive) == []
        found = latest(archive, one.url)
        assert found is not None
        assert payload(archive, found) == b"body 1 " * 50


@both
def test_what_is_read_back_as_something_else_keeps_the_copy_here_and_goes_the_next_time(
    shared: Place, storage_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = Storage._compare

    def alter_and_compare(storage: Storage, name: str, stated: str) -> None:
        data = bytearray(in_storage(storage_url, name))
        data[len(data) // 2] ^= 1
        change(storage_url, name, bytes(data))
        compare(storage, name, stated)

    with shared.open() as archive:
        (one,) = kept(archive, 1)
        with monkeypatch.context() as patch:
            patch.setattr(Storage, "_compare", alter_and_compare)
            done = push(archive)
        assert (done.stored, done.dropped) == (0, 0)
        assert "was read back as something else" in done.problems[0]
        assert Storage(storage_url).sizes() == {}
        assert (shared.folder / one.file).exists()
        assert row_of(archive, one.file).stored_at is None
        assert push(archive).stored == 1
        assert payload(archive, one) == b"body 1 " * 50


@both
def test_what_stands_there_under_the_name_is_taken_for_done_or_put_aside_and_never_written_over(
    shared: Place, storage_url: str
) -> None:
    with shared.open() as archive:
        (one,) = kept(archive, 1)
        archive.writer.close()
        data = (shared.folder / one.file).read_bytes()
        change(storage_url, one.file, data)  # a run was killed behind the upload
        done = push(archive)
        assert (done.stored, done.bytes, done.problems) == (1, 0, ())
        (two,) = kept(archive, 2)
        change(storage_url, two.file, b"of an upload that went wrong")
        assert push(archive).stored == 1
        assert verify(archive) == []
    (aside,) = [name for name in all_in(storage_url) if name.endswith(".differs")]
    assert in_storage(storage_url, aside) == b"of an upload that went wrong"


def test_a_storage_that_is_away_is_told_of_and_nothing_is_lost(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    choose_folder(tmp_path / "archive", shared)
    with Archive.open(tmp_path / "archive", write=True) as archive:
        (one,) = kept(archive, 1)
        push(archive, drop=False)
        two = kept(archive, 2)[0]
        shared.rename(tmp_path / "elsewhere")
        shared.mkdir()  # the empty folder where it should be mounted
        done = push(archive)
        assert (done.stored, done.dropped) == (0, 0)
        assert "see that it is mounted" in done.problems[0]
        assert list(shared.iterdir()) == []
        (tmp_path / "archive" / one.file).unlink()
        with pytest.raises(DamagedCapture, match="put it back, or run verify"):
            payload(archive, one)
        shared.rmdir()
        (tmp_path / "elsewhere").rename(shared)
        assert push(archive).stored == 1
        assert payload(archive, two) == b"body 2 " * 50


@both
def test_only_the_files_of_the_folder_are_asked_for_however_many_are_stored(shared: Place) -> None:
    asked: list[str] = []
    with shared.open() as archive:
        for number in range(3):
            kept_and_pushed(archive, number)
        (four,) = kept(archive, 4)
    with shared.open(write=False) as reading:
        event.listen(Engine, "before_cursor_execute", note := lambda *said: asked.append(str(said[2])))
        try:
            with shared.open() as archive:
                (five,) = kept(archive, 5)
                archive.writer.seal()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert (five.file, row_of(reading, five.file).closed) == (four.file, True)
    asked = [one for one in asked if one.startswith("SELECT") and "FROM warc_files" in one]
    assert asked
    assert [one for one in asked if "WHERE" not in one and "LIMIT" not in one] == []


def test_whoever_pushes_to_a_storage_that_is_away_waits_for_nobody_else(tmp_path: Path) -> None:
    choose_folder(tmp_path / "archive", tmp_path / "shared")
    (tmp_path / "shared").rename(tmp_path / "elsewhere")
    with Archive.open(tmp_path / "archive", write=True) as archive, ThreadPoolExecutor(1) as pool:
        kept(archive, 1)
        with locked(archive.folder, LOCK):  # as another crawl has it that ends
            done = pool.submit(push, archive).result(timeout=60)
    assert "see that it is mounted" in done.problems[0]


def test_what_cannot_be_shipped_is_said_once_and_goes_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shared = tmp_path / "shared"
    choose_folder(tmp_path / "archive", shared)
    with Archive.open(tmp_path / "archive", write=True) as archive:
        shipper = archive.writer._shipper
        assert shipper is not None
        shared.rename(tmp_path / "elsewhere")
        (one,) = kept(archive, 1)
        for _ in range(3):
            shipper._try()
        (tmp_path / "elsewhere").rename(shared)
        assert all_in(f"file://{shared}") == [MARK]
        shipper._try()
        assert all_in(f"file://{shared}") == [f"{one.file}.parts/000000000000", MARK]
    (said,) = caplog.messages
    assert said.startswith("what was written last is on this machine only: there is no storage of ours")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s3://key:secret@bucket/x", "has no name, password or key"),
        ("s3://key@bucket/x", "has no name, password or key"),
        ("s3://bucket/x?secret=1", "has no name, password or key"),
        ("s3:///x", "the bucket is lacking"),
        ("s3://bucket/../x", "leads upwards"),
        ("ftp://host/x", "this is neither"),
        ("simplecache::s3://bucket", "this is neither"),
        ("shared", "this is neither"),
        ("file://host/x", "from the root on"),
        ("http://[x", "a storage is a folder"),
    ],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(table: Archive, address: str, said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        choose(table, address)
    with pytest.raises(ArchiveError, match=said):
        card.set_storage(table.folder, address)
    assert "storage" not in json.loads((table.folder / card.CARD).read_text(encoding="utf-8"))


def test_an_address_is_written_in_one_way() -> None:
    assert checked("/mnt/x/") == checked("file:///mnt/x") == "file:///mnt/x"
    assert checked("s3://bucket/x/") == "s3://bucket/x"


def test_another_storage_is_refused_as_long_as_files_are_at_the_old_one_only(tmp_path: Path, table: Archive) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    choose(table, f"{tmp_path}/old")
    choose(table, f"{tmp_path}/new")
    choose(table, f"{tmp_path}/old", keep=3)
    assert card.set_storage(table.folder, f"file://{tmp_path}/old").keep == 3
    (one,) = kept(table, 1)
    with Archive.open(table.folder, write=True) as archive:
        table.writer.close()
        push(archive)
        with pytest.raises(ArchiveError, match=f"stored at file://{tmp_path}/old: copy them"):
            card.set_storage(archive.folder, f"file://{tmp_path}/new")
        with pytest.raises(ArchiveError, match="1 files that were stored are not at"):
            choose(archive, f"{tmp_path}/new")
        with pytest.raises(ArchiveError, match="make the folder or the bucket first"):
            choose(archive, f"{tmp_path}/nowhere")
        (tmp_path / "new" / "warc").mkdir()
        (tmp_path / "old" / one.file).rename(tmp_path / "new" / one.file)
        assert choose(archive, f"{tmp_path}/new").url == f"file://{tmp_path}/new"
        assert (tmp_path / "new" / MARK).exists()
    with Archive.open(table.folder) as archive:
        assert payload(archive, one) == b"body 1 " * 50


@pytest.mark.parametrize("written", ["soon", "0", "-1", "inf", "nan"])
def test_an_interval_that_is_none_is_said_before_anything_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    choose_folder(tmp_path / "archive", tmp_path / "shared")
    monkeypatch.setenv("XXGK_SHIP_SECONDS", written)
    with (
        pytest.raises(ArchiveError, match=f"a number of seconds above 0, and is '{written}'"),
        Archive.open(tmp_path / "archive", write=True),
    ):
        pass


def test_a_service_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "invented")
    monkeypatch.setitem(import_module("fsspec").config.conf, "s3", {"endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(ArchiveError, match=r"the storage s3://reports cannot be used .Could not connect"):
        Storage("s3://reports").sizes()


def test_without_the_extra_it_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(ArchiveError, match="install the extra `storage`"):
        Storage(f"file://{tmp_path}").sizes()


@both
def test_a_machine_that_was_not_told_of_the_storage_is_refused_to_write(
    place: Place, storage_url: str, tmp_path: Path
) -> None:
    database = place.database or f"sqlite:///{tmp_path}/tables.sqlite3"
    first, second = (Place(tmp_path / name, database, place.clock) for name in ("first", "second"))
    with second.open() as theirs:
        kept(theirs, 1)  # before there were others
    with second.open() as theirs, pytest.raises(ArchiveError, match="names no storage: name it with xxgk storage set"):
        first.open().__enter__()
    with first.open(write=False) as ours:
        choose(ours, storage_url)
    with second.open(write=False) as theirs:
        choose(theirs, storage_url)
    with first.open() as ours, second.open() as theirs:
        kept(ours, 2)
        assert push(theirs).stored == push(ours).stored == 1
    third = Place(tmp_path / "third", database, place.clock)
    with pytest.raises(ArchiveError, match=r"is in a shared storage or with another machine"):
        third.open().__enter__()
    with Archive.open(third.folder, database, write=True, rebuild=True, clock=place.clock) as archive:
        choose(archive, storage_url)
    with third.open() as archive:
        assert verify(archive) == []


def test_a_folder_that_lost_its_name_has_its_files_still(place: Place) -> None:
    with place.open() as archive:
        (one,) = kept(archive, 1)
        home = archive.home
    facts = card.read(place.folder)
    card.put(place.folder, {name: value for name, value in facts.items() if name != "home"})
    with place.open() as archive:
        assert archive.home != home
        assert payload(archive, one) == b"body 1 " * 50


@both
def test_another_machine_reads_what_is_stored_and_refers_only_to_that(two_machines: tuple[Place, Place]) -> None:
    here, there = two_machines
    with here.open() as ours, there.open() as theirs:
        assert ours.home != theirs.home
        (one,) = kept(ours, 1)
        with pytest.raises(OutOfReach, match=f"another machine .{ours.home}. and not stored yet"):
            payload(theirs, one)
        assert last_delivered(theirs, one.url) is None
        copy = store(theirs, answer(f"{URL}?copy", b"body 1 " * 50), role="article")
        assert copy.kind == "response"  # the bytes of the first are not in reach
        assert [problem.kind for problem in verify(theirs)] == ["file.elsewhere"]
        assert last_delivered(ours, one.url) == one
        ours.writer.close()  # which ships it
        assert payload(theirs, one) == b"body 1 " * 50
        push(ours)
        assert payload(theirs, one) == b"body 1 " * 50
        assert last_delivered(theirs, one.url) == one
        theirs.writer.close()
        assert [each.home for each in standing(ours).elsewhere] == [theirs.home]
        again = store(theirs, answer(f"{URL}?again", b"body 1 " * 50), role="article")
        assert again.kind == "revisit"
        push(theirs)
        assert payload(ours, again) == b"body 1 " * 50
        assert verify(ours) == verify(theirs) == []
