"""The WARC files on the disk: open while one process writes to them, closed and plain for everybody else."""

from __future__ import annotations

import gzip
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from archive.captures import latest, payload, store
from archive.deposit import deposit
from archive.errors import ArchiveError
from archive.store import CLOCK_TOLERANCE, Archive
from archive.upkeep.verify import verify
from archive.warcs import files
from tests.archive.answers import URL, answer, noted, records, warc_files
from tests.archive.conftest import Place
from tests.databases import new_database
from tests.warm import Process, start_code

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from archive.captures import store
from archive.store import Archive
from tests.archive.answers import WHEN, answer

folder, database = Path(sys.argv[1]), sys.argv[2] or None
with Archive.open(folder, database, create=True, write=True, clock=lambda: WHEN) as archive:
    print(store(archive, answer("http://a.gov.cn/held", b"held"), role="article").file, flush=True)
    sys.stdin.read()
"""


def holder(place: Place) -> Process:
    """Another process that has stored one answer and keeps the archive open until its standard input is closed."""
    return start_code(HOLDER, str(place.folder), place.database or "")


def said(process: Process) -> str:
    return process.stdout.readline().strip()


def suffixes(place: Place) -> list[str]:
    return sorted(path.suffix for path in warc_files(place.folder))


def test_a_file_is_open_while_it_is_written_and_plain_when_it_is_closed(place: Place) -> None:
    with place.open() as archive:
        capture = store(archive, answer(URL, b"one"), role="article")
        assert [path.name for path in warc_files(place.folder)] == [Path(capture.file).name + ".open"]
        assert verify(archive) == []
    (path,) = warc_files(place.folder)
    assert path == place.folder / capture.file
    assert gzip.decompress(path.read_bytes()).startswith(b"WARC/1.1\r\n")
    with place.open(write=False) as archive:
        assert payload(archive, capture) == b"one"
        assert verify(archive) == []


def test_two_processes_write_to_two_files_and_each_closes_its_own(place: Place) -> None:
    with holder(place) as process:
        theirs = said(process)
        with place.open() as archive:
            ours = store(archive, answer(URL), role="article").file
            assert ours != theirs
            assert suffixes(place) == [".open", ".open"]
            assert verify(archive) == []
        assert {path.name for path in warc_files(place.folder)} == {Path(ours).name, Path(theirs).name + ".open"}
        process.communicate()
    assert process.returncode == 0
    assert suffixes(place) == [".gz", ".gz"]


def test_the_file_of_a_killed_process_is_closed_by_the_next_that_opens_the_archive(place: Place) -> None:
    with holder(place) as process:
        said(process)
        process.send_signal(signal.SIGKILL)
    assert suffixes(place) == [".open"]
    with place.open(write=False) as archive:  # a reader changes nothing
        assert verify(archive) == []
    assert suffixes(place) == [".open"]
    with place.open() as archive:
        assert suffixes(place) == [".gz"]
        assert verify(archive) == []


@pytest.mark.parametrize(("settings", "taken_over"), [((), True), ((("delay", "5"),), False)])
def test_the_file_of_a_process_killed_meanwhile_is_taken_over_or_closed_by_the_next_writing(
    place: Place, settings: tuple[tuple[str, str], ...], taken_over: bool
) -> None:
    with holder(place) as process:
        theirs = said(process)
        with place.open(settings=settings) as archive:
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert (store(archive, answer(URL), role="article").file == theirs) is taken_over
            assert suffixes(place) == ([".open"] if taken_over else [".gz", ".open"])
            assert verify(archive) == []
    assert set(suffixes(place)) == {".gz"}


def test_a_closed_file_is_gone_on_with_only_under_the_same_settings(place: Place) -> None:
    slow, fast = (("delay", "5"),), (("delay", "1"),)
    used = []
    for number, settings in enumerate((slow, fast, slow, fast, ())):
        with place.open(settings=settings) as archive:
            used.append(store(archive, answer(f"{URL}?{number}"), role="article").file)
    assert [used.index(name) for name in used] == [0, 1, 0, 1, 4]
    described = [block for kind, _, block in records(place.folder) if kind == "warcinfo"]
    assert sorted(b"delay: 5\r\n" in block for block in described) == [False, False, True]
    with place.open(write=False) as archive:
        assert verify(archive) == []


def test_a_full_file_is_closed_at_once(place: Place) -> None:
    with place.open() as archive:
        archive.writer.rotation = 1500
        for number in range(6):
            store(archive, answer(f"{URL}?{number}", b"%d" % number), role="article")
        assert suffixes(place)[:-1] == [".gz"] * (len(suffixes(place)) - 1)
        assert len(suffixes(place)) > 2
        assert verify(archive) == []


def test_a_reader_finds_a_file_although_it_is_renamed_meanwhile(tmp_path: Path) -> None:
    name = "warc/xxgk-1.warc.gz"
    (tmp_path / "warc").mkdir()
    (tmp_path / name).write_bytes(b"here")
    done = threading.Event()

    def rename() -> None:
        while not done.is_set():
            files.mark_open(tmp_path, name)
            files.mark_closed(tmp_path, name)

    thread = threading.Thread(target=rename)
    thread.start()
    try:
        for _ in range(2000):
            with files.open_to_read(tmp_path, name) as file:
                assert file.read() == b"here"
            assert files.size_of(tmp_path, name) == 4
            assert list(files.names(tmp_path)) in ([name], [])
    finally:
        done.set()
        thread.join()


def test_a_reader_reads_on_while_the_writer_closes_and_takes_up_its_file(place: Place) -> None:
    with place.open() as archive:
        first = store(archive, answer(URL, b"first"), role="article")
    with place.open(write=False) as reader:
        for number in range(5):
            with place.open() as writer:
                capture = store(writer, answer(f"{URL}?{number}", b"%d" % number), role="article")
                assert latest(reader, capture.url) == capture
                assert payload(reader, capture) == b"%d" % number
            assert payload(reader, capture) == b"%d" % number
            assert payload(reader, first) == b"first"
        assert verify(reader) == []


def test_names_are_those_of_warc_files_alone_and_of_the_closed_ones(tmp_path: Path) -> None:
    (tmp_path / "warc").mkdir()
    for name in ("b.warc.gz", "a.warc.gz.open", "c.warc", "d.warc.gz.part", "readme.txt"):
        (tmp_path / "warc" / name).touch()
    assert list(files.names(tmp_path)) == ["warc/a.warc.gz", "warc/b.warc.gz"]
    assert files.path_of(tmp_path, "warc/a.warc.gz").name == "a.warc.gz.open"
    assert files.path_of(tmp_path, "warc/none.warc.gz").name == "none.warc.gz"
    assert files.size_of(tmp_path, "warc/none.warc.gz") == 0
    with pytest.raises(FileNotFoundError):
        files.open_to_read(tmp_path, "warc/none.warc.gz")


def test_a_folder_of_files_that_is_gone_is_an_error_that_says_what_to_do(place: Place) -> None:
    with place.open() as archive:
        store(archive, answer(URL), role="article")
    (place.folder / "warc").rename(place.folder / "elsewhere")
    with pytest.raises(ArchiveError, match=r"warc is gone.*put it back, or a link") as caught, place.open():
        pass
    assert "\n" not in str(caught.value)
    (place.folder / "warc").symlink_to(place.folder / "elsewhere")
    with place.open() as archive:
        assert verify(archive) == []


# The clock


def test_a_clock_that_went_back_is_refused_when_the_archive_is_opened_for_writing(place: Place) -> None:
    with place.open() as archive:
        store(archive, answer(URL), role="article")
    place.clock.now -= CLOCK_TOLERANCE + timedelta(seconds=1)
    with pytest.raises(ArchiveError, match=r"the clock says 2024-01-20 03:54 UTC.*set the clock right"), place.open():
        pass
    with place.open(write=False) as archive:  # reading needs no clock
        assert latest(archive, URL) is not None


def test_a_clock_that_goes_back_meanwhile_is_refused_and_nothing_is_kept(archive: Archive, place: Place) -> None:
    deposit(archive, notes=[noted(URL)])
    place.clock.advance(minutes=-6)
    with pytest.raises(ArchiveError, match="set the clock right") as caught:
        deposit(archive, notes=[noted(URL)])
    assert "\n" not in str(caught.value)
    place.clock.advance(minutes=2)
    deposit(archive, notes=[noted(URL)])
    assert len([kind for kind, _, _ in records(place.folder) if kind == "metadata"]) == 2
    assert verify(archive) == []


@pytest.mark.parametrize("wrong", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_clock_that_is_not_the_one_of_postgresql_is_refused_on_its_machine_only(
    tmp_path: Path, postgresql: str, wrong: timedelta
) -> None:
    database = new_database(postgresql, tables=True)
    now = datetime.now(UTC)
    said = rf"this machine's clock says {now + wrong:%Y-%m-%d %H}.*, and that of PostgreSQL.*: set the wrong one right"
    with (
        time_machine.travel(now + wrong, tick=True),
        pytest.raises(ArchiveError, match=said) as caught,
        Archive.open(tmp_path / "wrong", database, create=True, write=True),
    ):
        pass
    assert "\n" not in str(caught.value)
    with Archive.open(tmp_path / "wrong", database, create=True) as archive:  # to read, and to enter work in
        with time_machine.travel(now + wrong, tick=True), pytest.raises(ArchiveError, match=said), archive.writing():
            pass
        with archive.writing():
            pass
    with Archive.open(tmp_path / "right", database, create=True, write=True) as archive:
        store(archive, answer(URL), role="article")


def test_what_a_fast_clock_wrote_keeps_nobody_from_writing_into_postgresql(tmp_path: Path, postgresql: str) -> None:
    database = new_database(postgresql, tables=True)
    ahead = datetime.now(UTC) + timedelta(hours=9)
    with Archive.open(tmp_path, database, create=True, write=True, clock=lambda: ahead) as archive:
        deposit(archive, notes=[noted(URL)])
    with Archive.open(tmp_path, database, write=True) as archive:
        deposit(archive, notes=[noted(URL)])
        assert archive.now() < ahead - timedelta(hours=8)
        with time_machine.travel(ahead, tick=True):  # it is set wrong while it runs
            archive.now()
        assert archive.now() < ahead - timedelta(hours=8)  # and right again


@pytest.mark.parametrize("back", [timedelta(seconds=1), CLOCK_TOLERANCE])
def test_a_clock_that_was_set_right_by_little_counts_as_standing_still(place: Place, back: timedelta) -> None:
    begun = place.clock.now
    with place.open() as archive:
        store(archive, answer(URL), role="article")
        place.clock.now -= back
        assert archive.now() == begun
        place.clock.now = begun + timedelta(seconds=1)
        assert archive.now() == begun + timedelta(seconds=1)
    place.clock.now -= back
    with place.open() as archive:
        assert archive.now() >= begun
