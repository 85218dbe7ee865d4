"""Disks that are full, rights that are lost, folders that are moved: one sentence, nothing torn, and the same again goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from archive.captures import latest, payload, store
from archive.errors import ArchiveError
from archive.store import Archive
from archive.upkeep.verify import verify
from tests import warm
from tests.archive.answers import URL, answer
from tests.archive.conftest import Clock, Place
from tests.warm import ROOT, Order

STORE = """
import random, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from archive.captures import Answer, store
from archive.errors import ArchiveError
from archive.store import Archive

folder, database, limit, size, most = Path(sys.argv[1]), sys.argv[2] or None, *map(int, sys.argv[3:6])
moment = datetime(2024, 1, 20, 4, 0, tzinfo=UTC)
rng = random.Random(limit)
if limit:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a full disk says so too, instead of killing
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    with Archive.open(folder, database, create=True, write=True, clock=lambda: moment) as archive:
        for number in range(most):
            url = f"http://xxgk.qingwan.gov.cn/{limit}/{size}/{number}"
            capture = store(archive, Answer(url, 200, "OK", (), rng.randbytes(size), moment), role="article")
            print(url, flush=True)
except ArchiveError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""
WITHOUT_PRIVILEGES = """
import ctypes

libc = ctypes.CDLL(None)
head, held = (ctypes.c_uint32 * 2)(0x20080522), (ctypes.c_uint32 * 6)()
assert libc.capget(head, held) == 0
for at in range(3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: root would read and write whatever the files' modes say
    held[at] &= ~0b110
assert libc.capset(head, held) == 0
"""


class Ran(NamedTuple):
    """How a process ended."""

    status: int
    stdout: str
    stderr: str


def run(place: Place, *, limit: int = 0, size: int = 500, most: int = 3) -> Ran:
    """A process that stores answers, within the rights of the files' modes."""
    numbers = [str(number) for number in (limit, size, most)]
    bare = WITHOUT_PRIVILEGES if place.database is None else ""  # the server's socket may be root's
    arguments = (str(place.folder), place.database or "", *numbers)
    return Ran(*warm.run(Order(arguments, str(ROOT), dict(os.environ), code=bare + STORE, loaded=True), 120))


def is_a_sentence(said: str) -> bool:
    return said.count("\n") == 1 and not any(word in said for word in ("Traceback", "INSERT", "SELECT", "BEGIN"))


def fill(place: Place) -> None:
    with place.open() as archive:
        for number in range(3):
            store(archive, answer(f"{URL}?{number}", b"%d" % number), role="article")


LIMITS = [  # bytes a file may have, bytes of a body; what is hit first
    (10_000, 100),  # SQLite's shared memory: nothing can be opened
    (100_000, 100),  # SQLite's log
    (100_000, 9_000),  # the one or the other
    (90_000, 40_000),  # the WARC file
    (400_000, 150_000),  # the WARC file, within a record
    (500_000, 1),  # SQLite's log, after many captures
]


@pytest.mark.parametrize(("limit", "size"), LIMITS)
def test_a_full_disk_is_told_and_leaves_nothing_torn(place: Place, limit: int, size: int) -> None:
    fill(place)
    with place.open(write=False):
        ran = run(place, limit=limit, size=size, most=200)
    kept = ran.stdout.split()
    if place.database is None or size > 1000:
        assert ran.status == 2
        assert is_a_sentence(ran.stderr)
        assert "same command again" in ran.stderr
    with place.open() as archive:
        assert verify(archive) == []
        for url in kept:
            capture = latest(archive, url)
            assert capture is not None
            assert len(payload(archive, capture)) == size
        store(archive, answer(URL + "?after", b"after"), role="article")
        assert verify(archive) == []


def test_a_disk_that_is_full_from_the_beginning_makes_no_half_of_an_archive(tmp_path: Path, clock: Clock) -> None:
    place = Place(tmp_path / "archive", None, clock)
    for limit in (1, 40, 4_000, 40_000, 150_000):
        ran = run(place, limit=limit, size=200_000)
        assert ran.status == 2
        assert is_a_sentence(ran.stderr)
    assert run(place).status == 0
    with place.open() as archive:
        assert verify(archive) == []


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        (".", 0o500),
        ("warc", 0o500),
        ("warc", 0o000),
        ("warc/*.gz", 0o400),
        ("warc/*.gz", 0o000),
        ("archive.sqlite3", 0o400),
        ("archive.sqlite3", 0o000),
        ("archive.json", 0o000),
        ("archive.lock", 0o400),
    ],
)
def test_lost_rights_are_told_with_the_place_and_the_same_again_goes_on(
    tmp_path: Path, clock: Clock, name: str, bits: int
) -> None:
    place = Place(tmp_path / "archive", None, clock)
    fill(place)
    (path,) = place.folder.glob(name) if "*" in name else [place.folder / name]
    with mode(path, bits):
        ran = run(place)
    assert ran.status == 2, ran.stderr
    assert is_a_sentence(ran.stderr)
    assert str(place.folder) in ran.stderr
    assert run(place).status == 0
    with place.open() as archive:
        assert verify(archive) == []


def test_warc_files_that_are_gone_when_the_archive_is_opened_are_asked_for(place: Place) -> None:
    fill(place)
    (place.folder / "warc").rename(place.folder / "elsewhere")
    ran = run(place)
    assert (ran.status, is_a_sentence(ran.stderr)) == (2, True)
    assert f"{place.folder / 'warc'} is gone" in ran.stderr
    assert not (place.folder / "warc").exists()
    (place.folder / "elsewhere").rename(place.folder / "warc")
    assert run(place).status == 0
    with place.open() as archive:
        assert verify(archive) == []


@pytest.mark.parametrize("put_another", [False, True])
def test_a_folder_that_is_moved_while_it_is_written_to_takes_no_bytes_with_it(place: Place, put_another: bool) -> None:
    warc, elsewhere = place.folder / "warc", place.folder / "elsewhere"
    fill(place)
    with place.open() as archive:
        store(archive, answer(URL + "?before"), role="article")
        warc.rename(elsewhere)
        if put_another:
            warc.mkdir()
        with pytest.raises(ArchiveError, match="moved away or deleted while it was written"):
            store(archive, answer(URL + "?moved", b"moved"), role="article")
        assert latest(archive, URL + "?moved") is None
    if put_another:
        warc.rmdir()
    elsewhere.rename(warc)
    with place.open() as archive:
        store(archive, answer(URL + "?moved", b"moved"), role="article")
        assert verify(archive) == []


def test_a_file_that_is_deleted_while_it_is_written_to_is_noticed_at_once(place: Place) -> None:
    with place.open() as archive:
        first = store(archive, answer(URL), role="article")
        (path,) = (place.folder / "warc").iterdir()
        path.unlink()
        with pytest.raises(ArchiveError, match="moved away or deleted while it was written"):
            store(archive, answer(URL + "?2", b"two"), role="article")
    with place.open() as archive:
        second = store(archive, answer(URL + "?2", b"two"), role="article")
        assert second.file != first.file
        assert {problem.kind for problem in verify(archive)} == {"file.missing"}


def test_whoever_only_reads_needs_no_right_to_write(tmp_path: Path, clock: Clock) -> None:
    place = Place(tmp_path / "archive", None, clock)
    fill(place)
    with place.open(write=False) as keeper, keeper.session():
        pass
    with mode(place.folder / "warc", 0o500), Archive.open(place.folder) as archive:
        capture = latest(archive, URL + "?1")
        assert capture is not None
        assert payload(archive, capture) == b"1"
