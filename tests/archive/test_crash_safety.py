from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from archive import crawls
from archive.captures import latest, payload, store
from archive.schema import CaptureRow, WarcFile
from archive.store import Archive
from archive.verify import verify
from archive.warc import SOFTWARE, answer_member, new_id, request_member, warcinfo_member
from tests.archive.answers import WHEN, answer
from tests.archive.conftest import Place

ROOT = Path(__file__).resolve().parents[2]
URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"
WRITER = """
import random, sys
from pathlib import Path
from archive.captures import store
from archive.store import Archive
from tests.archive.answers import answer

folder, database, seed = Path(sys.argv[1]), sys.argv[2] or None, int(sys.argv[3])
rng = random.Random(seed)
with Archive.open(folder, database, create=True, write=True) as archive:
    archive.writer.rotation = 300_000
    number = 0
    while True:
        number += 1
        body = rng.randbytes(rng.choice((20, 900, 40_000))) if rng.random() < 0.8 else b"the same again"
        capture = store(archive, answer(f"http://a.gov.cn/{seed}/{number}", body), role="article", crawl_id=None)
        print(capture.id, capture.url, capture.payload_digest, flush=True)
"""


def kill_a_writer(place: Place, seed: int, after: int) -> list[tuple[int, str, str]]:
    """Start a process that stores without end, kill it after some captures; those it had reported as kept."""
    command = [sys.executable, "-c", WRITER, str(place.folder), place.database or "", str(seed)]
    kept = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
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
    for seed in range(15):
        kept += kill_a_writer(place, seed, rng.randint(1, 12))
    with place.open() as archive:
        assert verify(archive) == []
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
    return kept + request_member(late, record_id=other, concurrent_to=one)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
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
        assert path.read_bytes().startswith(whole)
        second = store(archive, answer(URL + "?next", b"next"), role="article")
        assert second.file == first.file
        assert verify(archive) == []
        late = latest(archive, URL + "?late")
        if late is not None:  # its response was whole: it is a capture like any other
            assert len(payload(archive, late)) == 263
            assert late.role == "article"
        else:
            assert path.read_bytes()[len(whole) :] != killed_tail[:cut]


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
    head = warcinfo_member("xxgk-late.warc.gz", new_id(), WHEN)
    late = place.folder / "warc" / "xxgk-late.warc.gz"
    late.write_bytes(head[:length])
    with place.open() as archive:
        assert not late.exists()
        assert verify(archive) == []


def test_a_file_that_no_row_names_yet_is_adopted(place: Place) -> None:
    with place.open() as archive:
        store(archive, answer(URL), role="article")
    late = place.folder / "warc" / "xxgk-late.warc.gz"
    late.write_bytes(warcinfo_member(late.name, new_id(), WHEN))
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

    assert f"software: {SOFTWARE}\r\n".encode() in gzip.decompress(warcinfo_member("x", new_id(), WHEN))


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
    with Archive.open(tmp_path, write=True) as archive:
        assert verify(archive) == []
        for capture in kept:
            found = latest(archive, capture.url, role="article")
            assert found is not None
            assert (found.kind, found.file, found.position) == (capture.kind, capture.file, capture.position)
            assert payload(archive, found).startswith(b"body")
