from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from archive.captures import Pending, deposit, store
from archive.deriving.derive import derive
from archive.store import Archive
from archive.upkeep.verify import problems, verify
from archive.warcs.files import path_of
from archive.warcs.locks import take
from tests.archive.answers import CHUNKED, answer, chunked, noted, publish, report_page, warc_files, wired
from tests.archive.conftest import Place
from tests.papers.paper import paper

URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"
ROUNDS = int(os.environ.get("XXGK_FUZZ_ROUNDS", "0"))  # so many changes of each kind, and one of every byte
STRIDE = 1 if ROUNDS else 5  # else of every fifth, in each record and each of its parts all the same
QUIET = settings(max_examples=ROUNDS or 50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """A small whole archive: responses, a chunked one, a revisit, a resource, something without a body, a journal."""
    folder = tmp_path_factory.mktemp("whole")
    with Archive.open(folder, create=True, write=True) as archive:
        store(archive, answer(URL, b"<p>one</p>" * 9), role="article")
        store(archive, answer(URL + "?copy", b"<p>one</p>" * 9), role="article")
        store(archive, answer("http://xxgk.qingwan.gov.cn/robots.txt", b"", status=404), role="robots")
        store(archive, answer("file:///reports/a.html", b"<p>two</p>"), role="import")
        deposit(archive, [Pending(wired(URL, CHUNKED, chunked(b"<p>", b"</p>"), b"<p></p>"), "article")], [noted(URL)])
    with Archive.open(folder) as archive:
        yield archive


def the_file(archive: Archive) -> Path:
    (path,) = warc_files(archive.folder)
    return path


def problems_after(archive: Archive, change: Callable[[bytes], bytes]) -> list[str]:
    """What verify says of the archive with its file changed; the file is put back."""
    path = the_file(archive)
    before = path.read_bytes()
    path.write_bytes(change(before))
    try:
        return [problem.kind for problem in verify(archive)]
    finally:
        path.write_bytes(before)


def test_an_untouched_archive_has_no_problems(archive: Archive) -> None:
    publish(archive, URL, report_page(), title=paper().title)
    derive(archive)
    seen: list[tuple[int, int, str]] = []
    assert verify(archive, lambda *step: seen.append(step)) == []
    assert seen[-1][0] == seen[-1][1] > 0


def flipped(content: bytes, at: int, bit: int = 0) -> bytes:
    return content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]


@QUIET
@given(data=st.data())
def test_any_changed_bit_is_found(whole: Archive, data: st.DataObject) -> None:
    size = the_file(whole).stat().st_size
    at, bit = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 7))

    assert problems_after(whole, partial(flipped, at=at, bit=bit))


def test_every_byte_of_a_gzip_header_counts_though_no_checksum_covers_it(whole: Archive) -> None:
    content = the_file(whole).read_bytes()
    starts = [at for at in range(len(content)) if content.startswith(b"\x1f\x8b\x08", at)]
    assert len(starts) == 10  # warcinfo, three answers with their requests, a file, a chunked answer, the journal
    for start in starts:
        for at in range(start, start + 10):
            assert problems_after(whole, partial(flipped, at=at))


@QUIET
@given(data=st.data())
def test_any_cut_is_found(whole: Archive, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, the_file(whole).stat().st_size - 1))
    assert problems_after(whole, lambda content: content[:length])


@QUIET
@given(data=st.data(), inserted=st.binary(min_size=1, max_size=20))
def test_any_inserted_bytes_are_found(whole: Archive, data: st.DataObject, inserted: bytes) -> None:
    at = data.draw(st.integers(0, the_file(whole).stat().st_size))
    assert problems_after(whole, lambda content: content[:at] + inserted + content[at:])


@QUIET
@given(data=st.data())
def test_any_bytes_taken_out_are_found(whole: Archive, data: st.DataObject) -> None:
    size = the_file(whole).stat().st_size
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start + 1, size))
    assert problems_after(whole, lambda content: content[:start] + content[end:])


def test_a_file_that_is_gone_is_named(place: Place) -> None:
    with place.open() as archive:
        capture = store(archive, answer(URL), role="article")
        path_of(place.folder, capture.file).unlink()
        assert [(problem.kind, problem.file) for problem in verify(archive)] == [("file.missing", capture.file)]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_lost_row_is_found(place: Place, number: int) -> None:
    with place.open() as archive:
        ids = [store(archive, answer(f"{URL}?{n}", b"%d" % n), role="article").id for n in range(3)]
        with archive.writing() as session:
            session.execute(text("DELETE FROM captures WHERE id = :id"), {"id": ids[number - 1]})
    with place.open(write=False) as archive:
        assert [problem.kind for problem in verify(archive)] == ["record.unknown"]


def test_the_row_of_a_file_that_is_lost_is_found(place: Place) -> None:
    with place.open() as archive:
        store(archive, answer(URL), role="article")
        with archive.writing() as session:
            session.execute(text("DELETE FROM captures"))
            session.execute(text("DELETE FROM warc_files"))
        assert [problem.kind for problem in verify(archive)] == ["file.unknown"]


@pytest.mark.parametrize(
    "change",
    [
        "url = 'http://other.gov.cn/'",
        "status = 404",
        "role = 'list'",
        "payload_length = 1",
        "payload_digest = repeat_digest",
        "digest = repeat_digest",
        "record_id = repeat_digest",
        "kind = 'resource'",
        "fetched_at = '2020-01-01 00:00:00+00'",
        "length = length - 1",
        "span = span + 1",
        "position = position + 1",
    ],
)
def test_a_row_that_says_something_else_than_its_record_is_found(place: Place, change: str) -> None:
    length = 16 if change.startswith("record_id") else 32  # digests and identifiers are bytes in the tables
    change = change.replace(
        "repeat_digest", f"X'{'ab' * length}'" if place.database is None else f"'\\x{'ab' * length}'"
    )
    if place.database is None:
        change = change.replace("+00'", "'")
    with place.open() as archive:
        store(archive, answer(URL, b"one"), role="article")
        store(archive, answer(URL + "?2", b"two"), role="article")
        with archive.writing() as session:
            session.execute(text(f"UPDATE captures SET {change} WHERE id = 1"))
        assert verify(archive)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE versions SET record = substr(record, 1, 100)",
        "UPDATE reports SET version_id = 999",
        "DELETE FROM sightings",
        "DELETE FROM unstudied; DELETE FROM sightings; DELETE FROM findings; DELETE FROM versions",
    ],
)
def test_damage_to_what_was_derived_is_found_and_mended_by_deriving_everything(archive: Archive, damage: str) -> None:
    publish(archive, URL, report_page(), title=paper().title)
    derive(archive)
    with archive.writing() as session:
        for statement in damage.split("; "):
            session.execute(text(statement))
    assert {problem.kind for problem in verify(archive)} <= {"version.altered", "report.broken"}
    assert verify(archive)
    derive(archive, everything=True)
    assert verify(archive) == []


def test_a_file_that_is_being_written_is_no_problem(place: Place) -> None:
    with place.open() as writer, place.open(write=False) as reader:
        capture = store(writer, answer(URL), role="article")
        with path_of(place.folder, capture.file).open("ab") as file:
            file.write(b"half a record, its process is alive")
            file.flush()
            assert verify(reader) == []


def test_a_file_is_found_altered_whichever_of_its_bytes_is(whole: Archive) -> None:
    """One flip in a byte, the bits in turn; gzip covers some of its header by no checksum at all."""
    content = the_file(whole).read_bytes()
    assert unnoticed(whole, (flipped(content, at, at % 8) for at in range(0, len(content), STRIDE))) == []


def test_a_file_is_found_cut_wherever_its_last_record_is(whole: Archive) -> None:
    content = the_file(whole).read_bytes()
    last = content.rindex(b"\x1f\x8b\x08")
    assert unnoticed(whole, (content[:length] for length in range(last, len(content), STRIDE))) == []


def unnoticed(archive: Archive, changes: Iterator[bytes]) -> list[int]:
    """The numbers of those changed files of which verify says nothing; the file is put back."""
    path = the_file(archive)
    before = path.read_bytes()
    passed = []
    try:
        for number, content in enumerate(changes):
            path.write_bytes(content)
            if next(problems(archive), None) is None:
                passed.append(number)
    finally:
        path.write_bytes(before)
    return passed


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("position = position + 1", "record.unknown"),
        ("length = length - 1", "record.altered"),
        ("digest = zeros", "record.altered"),
        ("record_id = half", "record.differs"),
    ],
)
def test_a_row_of_the_journal_that_says_something_else_than_its_record_is_found(
    place: Place, change: str, kind: str
) -> None:
    zeros, half = "00" * 32, "00" * 16
    quoted = "X'{}'" if place.database is None else "'\\x{}'"
    change = change.replace("zeros", quoted.format(zeros)).replace("half", quoted.format(half))
    with place.open() as archive:
        deposit(archive, notes=[noted(URL)])
        with archive.writing() as session:
            session.execute(text(f"UPDATE journal SET {change}"))
        assert kind in {problem.kind for problem in verify(archive)}


def test_a_lost_row_of_the_journal_is_found(place: Place) -> None:
    with place.open() as archive:
        deposit(archive, notes=[noted(URL)])
        store(archive, answer(URL), role="article")
        with archive.writing() as session:
            session.execute(text("DELETE FROM journal"))
        assert [problem.kind for problem in verify(archive)] == ["record.unknown"]


def test_a_status_line_that_is_none_is_no_problem_of_the_archive(place: Place) -> None:
    with place.open() as archive:
        store(archive, replace(wired(URL, b"ICY\r\n\r\n", b"x"), status=0), role="article")
        assert verify(archive) == []


def test_a_file_that_is_being_begun_is_no_problem(place: Place) -> None:
    with place.open(write=False) as archive:
        fresh = place.folder / "warc" / "xxgk-20240120040000-0000.warc.gz.open"
        with fresh.open("xb") as file:
            assert take(file)
            assert verify(archive) == []
        assert [problem.kind for problem in verify(archive)] == ["file.unknown"]
