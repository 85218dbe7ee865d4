"""Deposits: many answers and notes in one writing, and the exact bytes of an exchange."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, product
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from archive import captures
from archive.captures import Capture, Pending, deposit, latest, payload, read, store, stored_payload
from archive.catalogue import from_row, select_captures
from archive.errors import AddressRefused, ArchiveError
from archive.journal.notes import Note, PortalNote
from archive.schema import Article, CaptureRow, JournalRow, Portal
from archive.store import Archive
from archive.upkeep.reindex import reindex
from archive.upkeep.verify import verify
from archive.warcs.files import path_of
from archive.warcs.records import Answer, labelled, read_member
from archive.warcs.records import digest as sha256
from tests.archive.answers import CHUNKED, PORTAL, URL, WHEN, answer, batch, chunked, noted, records, warc_files, wired
from tests.archive.conftest import Place
from tests.archive.test_codings import DAMAGED

REPORT = b"<p>\xc4\xea\xb6\xc8\xb1\xa8\xb8\xe6</p>" * 20  # GBK
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "7"\r\n\r\n'


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Archive]:
    """An archive for what does not depend on the database."""
    with Archive.open(tmp_path, create=True, write=True, clock=lambda: WHEN) as opened:
        yield opened


def article(one: Answer) -> Pending:
    return Pending(one, "article")


def rows(archive: Archive) -> list[CaptureRow]:
    with archive.session() as session:
        return list(session.scalars(select(CaptureRow).order_by(CaptureRow.id)))


def all_captures(archive: Archive) -> list[Capture]:
    with archive.session() as session:
        return [from_row(*found) for found in session.execute(select_captures().order_by(CaptureRow.id))]


def other_tools_find_nothing_wrong(folder: Path) -> None:
    """warcio and FastWARC, as anybody would run them."""
    for path in warc_files(folder):
        for name, arguments in (("warcio", ("check", str(path))), ("fastwarc", ("check", "-q", str(path)))):
            program = Path(sys.executable).with_name(name)
            checked = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
            assert (checked.returncode, "fail" in checked.stdout.lower()) == (0, False), checked.stdout + checked.stderr


# Many in one writing


def test_nothing_given_nothing_is_written(archive: Archive) -> None:
    assert deposit(archive) == []
    assert warc_files(archive.folder) == []


def test_the_rows_of_a_batch_point_at_exactly_their_bytes(archive: Archive) -> None:
    store(archive, answer(URL), role="article")
    answers, notes = batch()
    deposit(archive, notes=notes[:1])
    deposit(archive, answers, notes[1:])
    (path,) = warc_files(archive.folder)
    content = path.read_bytes()
    kept = rows(archive)
    for row in kept:
        span = content[row.position : row.position + row.span]
        assert sha256(span) == row.digest
        assert read_member(span[: row.length]).record_id == row.record_id
        assert span[row.length :] == b"" or read_member(span[row.length :]).type == "request"
    with archive.session() as session:
        journal = session.scalars(select(JournalRow).order_by(JournalRow.id)).all()
    for note in journal:
        assert sha256(content[note.position : note.position + note.length]) == note.digest
    assert journal[-1].position == kept[-1].position + kept[-1].span  # notes stand behind what they are about
    assert journal[-1].position + journal[-1].length == len(content)


def test_what_is_handed_back_is_what_the_tables_have(archive: Archive) -> None:
    answers, notes = batch()
    deposit(archive, notes=notes[:1])
    kept = deposit(archive, answers, notes[1:])
    assert kept == all_captures(archive)
    assert [one.role for one in kept] == ["list", "article", "article"]


def test_equal_payloads_of_one_batch_become_revisits_of_the_first(archive: Archive) -> None:
    urls = [f"{URL}?{number}" for number in range(4)]
    first, other, *copies = deposit(
        archive, [article(answer(url, b"other" if n == 1 else b"same")) for n, url in enumerate(urls)]
    )
    assert (first.kind, other.kind) == ("response", "response")
    assert {(copy.kind, copy.original_id) for copy in copies} == {("revisit", first.id)}
    assert [payload(archive, copy) for copy in copies] == [b"same", b"same"]
    fields = [fields for kind, fields, _ in records(archive.folder) if kind == "revisit"]
    assert {one["WARC-Refers-To"] for one in fields} == {f"<urn:uuid:{first.record_id}>"}
    assert {one["WARC-Refers-To-Target-URI"] for one in fields} == {first.url}
    assert verify(archive) == []


def test_a_payload_kept_before_is_the_original_of_a_batch_too(archive: Archive) -> None:
    first = store(archive, answer(URL, b"same"), role="article")
    copies = deposit(archive, [article(answer(f"{URL}?{n}", b"same")) for n in range(2)])
    assert {copy.original_id for copy in copies} == {first.id}


def test_a_payload_whose_bytes_were_lost_is_kept_anew(archive: Archive) -> None:
    lost = store(archive, answer(URL, b"same"), role="article")
    with archive.writing() as session:
        session.execute(text("UPDATE captures SET lost_at = fetched_at"))
    again = store(archive, answer(URL, b"same"), role="article")
    assert (again.kind, again.original_id) == ("response", None)
    assert again.id != lost.id
    assert latest(archive, URL) == again


def test_where_one_row_cannot_be_committed_neither_answers_nor_notes_are_kept(archive: Archive) -> None:
    store(archive, answer(URL, b"1"), role="article")
    (path,) = warc_files(archive.folder)
    before = path.read_bytes()
    wrong = Pending(answer(URL + "?2", b"2"), "article", crawl_id=999)
    with pytest.raises(ArchiveError, match=r"(?i)foreign key"):
        deposit(archive, [article(answer(URL + "?1")), wrong], [noted(URL)])
    assert path.read_bytes() == before
    assert [row.url for row in rows(archive)] == [URL]
    assert counted(archive, Article, JournalRow) == [0, 0]
    assert verify(archive) == []


def test_where_one_note_cannot_be_taken_neither_answers_nor_notes_are_kept(archive: Archive) -> None:
    store(archive, answer(URL, b"1"), role="article")
    (path,) = warc_files(archive.folder)
    before = path.read_bytes()
    notes: list[Note] = [PortalNote(WHEN, None, PORTAL, "ok", None), noted("no address")]
    with pytest.raises(AddressRefused):
        deposit(archive, [article(answer(URL + "?2"))], notes)
    assert path.read_bytes() == before
    assert [row.url for row in rows(archive)] == [URL]
    assert counted(archive, Portal, Article, JournalRow) == [0, 0, 0]
    deposit(archive, [article(answer(URL + "?2"))], notes[:1])
    assert counted(archive, Portal, Article, JournalRow) == [1, 0, 1]
    assert verify(archive) == []


def counted(archive: Archive, *tables: type[Portal | Article | JournalRow]) -> list[int]:
    with archive.session() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_threads_that_deposit_at_once_keep_all_they_bring(archive: Archive) -> None:
    failures: list[BaseException] = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 6):
                answers = [article(answer(f"{URL}?{number}-{n}", b"%d" % ((number + n) % 7))) for n in range(3)]
                deposit(archive, answers, [noted(f"{URL}?{number}-0")])
        except BaseException as failure:  # noqa: BLE001 - handed to the test
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(rows(archive)) == 4 * 6 * 3
    assert counted(archive, Article, JournalRow) == [24, 24]
    for capture in all_captures(archive):
        number, _, n = capture.url.rpartition("?")[2].partition("-")
        assert payload(archive, capture) == b"%d" % ((int(number) + int(n)) % 7)
    assert verify(archive) == []


# An answer that is still so


def test_with_304_the_body_and_its_headers_are_those_of_the_answer_that_is_still_so(archive: Archive) -> None:
    packed = gzip.compress(REPORT)
    kept = PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    old = store(archive, wired(URL, kept, packed), role="article")
    same = wired(URL, NOT_MODIFIED, b"", at=WHEN + timedelta(days=1))
    (capture,) = deposit(archive, [Pending(same, "article", unmodified=old)])
    assert (capture.kind, capture.status, capture.original_id) == ("revisit", 304, old.id)
    assert payload(archive, capture) == REPORT
    assert captures.head(archive, capture) == (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
    fields, block = next((fields, block) for kind, fields, block in records(archive.folder) if kind == "revisit")
    assert block == NOT_MODIFIED
    assert fields["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
    assert fields["WARC-Refers-To"] == f"<urn:uuid:{old.record_id}>"
    assert fields["WARC-Refers-To-Target-URI"] == URL
    assert fields["WARC-Refers-To-Date"] == "2024-01-20T04:00:00Z"
    assert fields["WARC-Payload-Digest"] == labelled(sha256(packed))
    assert verify(archive) == []
    other_tools_find_nothing_wrong(archive.folder)


def test_what_is_still_so_may_itself_refer_to_another(archive: Archive) -> None:
    elsewhere = "http://www.qingwan.gov.cn/copy.html"
    first = store(archive, wired(elsewhere, CHUNKED, chunked(REPORT), REPORT), role="article")
    copy = store(archive, wired(URL, CHUNKED, chunked(REPORT[:9], REPORT[9:]), REPORT), role="article")
    (again,) = deposit(archive, [Pending(wired(URL, NOT_MODIFIED, b""), "article", unmodified=copy)])
    (once_more,) = deposit(archive, [Pending(wired(URL, NOT_MODIFIED, b""), "article", unmodified=again)])
    for capture in (copy, again, once_more):
        assert (capture.kind, capture.original_id) == ("revisit", first.id)
        assert payload(archive, capture) == REPORT
    assert captures.head(archive, once_more)[0] == ("Content-Type", "text/html")
    fields = [fields for kind, fields, _ in records(archive.folder) if kind == "revisit"]
    assert {one["WARC-Refers-To"] for one in fields} == {f"<urn:uuid:{first.record_id}>"}
    assert {one["WARC-Refers-To-Target-URI"] for one in fields} == {elsewhere}
    assert len({one["WARC-Payload-Digest"] for one in fields}) == 1
    assert [one["WARC-Profile"].rpartition("/")[2] for one in fields] == [
        "identical-payload-digest",
        "server-not-modified",
        "server-not-modified",
    ]
    assert verify(archive) == []


def test_an_empty_page_that_is_still_so_is_a_revisit_too(local: Archive) -> None:
    old = store(local, answer(URL, b""), role="list")
    (capture,) = deposit(local, [Pending(wired(URL, NOT_MODIFIED, b""), "list", unmodified=old)])
    assert (capture.kind, capture.original_id, payload(local, capture)) == ("revisit", old.id, b"")
    assert verify(local) == []


# The bytes of the wire


HEADS = {
    "usual": PLAIN,
    "bare line feeds": b"HTTP/1.0 200 OK\nContent-Type: text/html\nServer: old\n\n",
    "mixed line ends": b"HTTP/1.0 200 OK\r\nContent-Type: text/html\nServer: old\r\n\n",
    "GBK": b"HTTP/1.1 200 \xb3\xc9\xb9\xa6\r\nContent-Type: text/html\r\nX-Name: \xb2\xc6\xd5\xfe\xbe\xd6\r\n\r\n",
    "duplicates": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=1\r\nSet-Cookie: a=1\r\n\r\n",
    "folded": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Long: one\r\n two\r\n\tthree\r\n\r\n",
    "no reason": b"HTTP/1.1 200\r\nContent-Type: text/html\r\n\r\n",
    "no headers": b"HTTP/1.1 200 OK\r\n\r\n",
    "odd spacing": b"HTTP/1.1  200  OK \r\ncontent-type :text/html  \r\nX:\r\n\r\n",
}


BODIES = (REPORT, b"", b"\r\n\r\n<p>", b"\n")


def test_a_record_has_the_head_and_the_body_as_they_were_transferred(local: Archive) -> None:
    sent = b"GET /x HTTP/1.1\r\nHost: xxgk.qingwan.gov.cn\r\nCookie: \xb2\xc6\r\n\r\n"
    given = [
        wired(f"{URL}?{number}", head, body + name.encode() if body else b"", request=sent)
        for number, (body, (name, head)) in enumerate(product(BODIES, HEADS.items()))
    ]
    kept = [store(local, one, role="article") for one in given]
    written = [one for one in records(local.folder) if one[0] != "warcinfo"]
    for one, capture, response, request in zip(given, kept, written[::2], written[1::2], strict=True):
        assert one.wire is not None
        assert (capture.status, capture.framed_digest, capture.payload_length) == (200, None, len(one.body))
        assert payload(local, capture) == one.body
        assert (response[0], response[2]) == ("response", one.wire.head + one.body)
        assert response[1]["WARC-Payload-Digest"] == labelled(sha256(one.body))
        assert (request[0], request[2]) == ("request", sent)
    assert verify(local) == []
    other_tools_find_nothing_wrong(local.folder)


def test_headers_are_read_as_latin_1_and_folded_lines_in_one(local: Archive) -> None:
    for name in ("GBK", "duplicates", "folded"):
        capture = store(local, wired(f"{URL}?{name}", HEADS[name], b"x"), role="article")
        headers = captures.head(local, capture)[1:]
        assert (
            headers
            == {
                "GBK": (("X-Name", "²ÆÕþ¾Ö"),),
                "duplicates": (("Set-Cookie", "a=1"), ("Set-Cookie", "a=1")),
                "folded": (("X-Long", "one two three"),),
            }[name]
        )


def test_chunks_stay_in_the_record_and_are_taken_off_on_reading(local: Archive) -> None:
    packed = gzip.compress(REPORT)
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    transferred = chunked(packed[:10], packed[10:])
    capture = store(local, wired(URL, head, transferred, packed), role="article")
    assert payload(local, capture) == REPORT
    assert stored_payload(local, capture) == packed
    assert read(local, capture).payload == transferred
    assert (capture.payload_digest, capture.framed_digest) == (sha256(packed), sha256(transferred))
    assert capture.payload_length == len(packed)
    (fields,) = [fields for kind, fields, _ in records(local.folder) if kind == "response"]
    assert fields["WARC-Payload-Digest"] == labelled(sha256(transferred))
    assert verify(local) == []
    other_tools_find_nothing_wrong(local.folder)


CHUNKS = {
    "extensions": b"5;name=value\r\nhello\r\n0\r\n\r\n",
    "trailers": b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    "capital and zeros": b"005\r\nhello\r\n000\r\n\r\n",
    "bare line feeds": b"5\nhello\n0\n\n",
    "spaces": b"5 \r\nhello\r\n0 \r\n\r\n",
    "the last line is missing": b"5\r\nhello\r\n0\r\n",
}


@pytest.mark.parametrize("transferred", CHUNKS.values(), ids=CHUNKS)
def test_chunks_are_read_as_servers_write_them(local: Archive, transferred: bytes) -> None:
    capture = store(local, wired(URL, CHUNKED, transferred, b"hello"), role="article")
    assert read(local, capture).payload == transferred
    assert payload(local, capture) == b"hello"
    assert verify(local) == []


def test_equal_bodies_in_different_framings_are_copies_only_where_the_record_can_be_read_alike(place: Place) -> None:
    framings = [
        wired(URL + "?plain", PLAIN, REPORT),
        wired(URL + "?chunks", CHUNKED, chunked(REPORT), REPORT),
        wired(URL + "?other-chunks", CHUNKED, chunked(REPORT[:100], REPORT[100:]), REPORT),
        wired(URL + "?plain-copy", PLAIN, REPORT),
        wired(URL + "?same-chunks", CHUNKED, chunked(REPORT), REPORT),
    ]
    with place.open() as archive:
        one_by_one = [store(archive, one, role="article") for one in framings]
    with place.open() as archive:
        found = [latest(archive, one.url) for one in one_by_one]
        assert found == one_by_one
        plain, chunks, *_ = one_by_one
        assert [one.kind for one in one_by_one] == ["response", "response", "revisit", "revisit", "revisit"]
        assert [one.original_id for one in one_by_one[2:]] == [chunks.id, plain.id, chunks.id]
        assert {one.payload_digest for one in one_by_one} == {sha256(REPORT)}
        for one in one_by_one:
            assert payload(archive, one) == REPORT
        assert verify(archive) == []
    other_tools_find_nothing_wrong(place.folder)


def test_framings_are_kept_apart_within_one_batch_too(local: Archive) -> None:
    given = [
        wired(URL + "?1", CHUNKED, chunked(REPORT), REPORT),
        wired(URL + "?2", PLAIN, REPORT),
        wired(URL + "?3", CHUNKED, chunked(REPORT[:7], REPORT[7:]), REPORT),
        wired(URL + "?4", PLAIN, REPORT),
    ]
    kept = deposit(local, [article(one) for one in given])
    assert [one.original_id for one in kept] == [None, None, kept[0].id, kept[1].id]
    assert [payload(local, one) for one in kept] == [REPORT] * 4
    assert verify(local) == []


def test_a_body_that_was_read_otherwise_than_its_bytes_say_is_kept_as_it_was_read(local: Archive) -> None:
    """The wire cannot be read again as the body: a transfer coding of another kind, chunks nobody can read."""
    coded = CHUNKED.replace(b"chunked", b"gzip, chunked")
    for number, one in enumerate(
        (
            wired(URL, coded, chunked(gzip.compress(REPORT)), REPORT),
            wired(URL, CHUNKED, b"5\r\nhello\r\nzz\r\n", b"hello"),
            wired(URL, CHUNKED, b"ffff\r\nhello", b"hello"),
            wired(URL, CHUNKED, chunked(b"hello"), chunked(b"hello")),  # never unpacked
            wired(URL, b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\nY: 2\r\n\r\n", b"two heads"),
            wired(URL, b"HTTP/1.1 200 OK\r\nX: 1", b"\r\n\r\nhalf a head"),
        )
    ):
        capture = store(local, replace(one, url=f"{URL}?{number}"), role="article")
        assert payload(local, capture) == one.body
        assert capture.payload_digest == sha256(one.body)
        assert verify(local) == []
    other_tools_find_nothing_wrong(local.folder)


CUT = {
    "in the midst": (PLAIN, REPORT[:50]),
    "within a chunk": (CHUNKED, chunked(REPORT)[:60]),
    "between chunks": (CHUNKED, b"5\r\nhello\r\n"),
    "before the first chunk": (CHUNKED, b""),
    "before the body": (PLAIN, b""),
    "behind the last chunk": (CHUNKED, chunked(b"whole, and the connection was lost")),
}


def test_a_body_that_is_not_whole_is_kept_as_it_came_and_said_to_be_cut(local: Archive) -> None:
    cases = [
        (wired(f"{URL}?{name.replace(' ', '-')}", head, transferred, b"what was read", truncated=reason), reason)
        for (name, (head, transferred)), reason in zip(CUT.items(), cycle(("length", "disconnect", "time")))
    ]
    kept = [store(local, one, role="blocked") for one, _ in cases]
    written = [one for one in records(local.folder) if one[0] == "response"]
    for (one, reason), capture, (_, fields, block) in zip(cases, kept, written, strict=True):
        assert one.wire is not None
        assert fields["WARC-Truncated"] == reason
        assert block == one.wire.head + one.wire.body
        assert payload(local, capture) == one.wire.body
        assert capture.payload_digest == sha256(one.wire.body)
    assert verify(local) == []
    other_tools_find_nothing_wrong(local.folder)


def test_a_whole_answer_has_no_mark_of_a_cut(local: Archive) -> None:
    store(local, answer(URL), role="article")
    assert all("WARC-Truncated" not in fields for _, fields, _ in records(local.folder))


@pytest.mark.parametrize("transferred", DAMAGED.values(), ids=DAMAGED)
def test_an_answer_whose_chunks_are_damaged_is_kept_as_it_was_read(local: Archive, transferred: bytes) -> None:
    for number, body in enumerate((b"hello", b"", transferred)):
        capture = store(local, wired(f"{URL}?{number}", CHUNKED, transferred, body), role="article")
        assert payload(local, capture) == body
    assert verify(local) == []


def test_a_request_is_kept_as_it_was_sent(local: Archive) -> None:
    form = b"POST /search?page=2 HTTP/1.1\r\nHost: xxgk.qingwan.gov.cn\r\ncontent-length: 9\r\n\r\n\xc4\xea=2023&\x00"
    store(local, replace(wired(URL, PLAIN, b"x", request=form), method="POST"), role="list")
    (fields, block) = next((fields, block) for kind, fields, block in records(local.folder) if kind == "request")
    assert block == form
    assert fields["Content-Type"] == "application/http; msgtype=request"
    assert [row.method for row in rows(local)] == ["POST"]
    assert verify(local) == []


def test_a_file_was_never_asked_for(local: Archive) -> None:
    store(local, answer("file:///reports/a.html", b"<p>"), role="import")
    assert [kind for kind, _, _ in records(local.folder)] == ["warcinfo", "resource"]


def test_where_it_was_taken_from_stands_in_the_record(local: Archive) -> None:
    store(local, replace(answer(URL), source="old.warc.gz at 17"), role="import")
    assert [fields.get("XXGK-Source") for kind, fields, _ in records(local.folder) if kind == "response"] == [
        "old.warc.gz at 17"
    ]


def test_the_tables_made_again_from_the_files_say_of_each_capture_what_they_said(place: Place) -> None:
    answers, notes = batch()
    with place.open() as archive:
        deposit(archive, notes=notes[:1])
        deposit(archive, answers, notes[1:])
        old = store(archive, wired(URL + "?gzip", PLAIN, REPORT), role="article")
        deposit(archive, [Pending(wired(URL + "?gzip", NOT_MODIFIED, b""), "article", unmodified=old)])
        store(archive, wired(URL + "?cut", CHUNKED, chunked(REPORT)[:40], b"", truncated="length"), role="blocked")
        store(archive, answer("file:///reports/a.html", b"<p>"), role="import")
        before = all_captures(archive)
    with Archive.open(place.folder, place.database, write=True, rebuild=True, clock=place.clock) as archive:
        assert reindex(archive, afresh=True).problems == ()
    with place.open() as archive:
        assert all_captures(archive) == before
        assert verify(archive) == []


def test_the_file_a_capture_stands_in_is_read_while_it_is_written(place: Place) -> None:
    with place.open() as writer, place.open(write=False) as reader:
        capture = store(writer, answer(URL, b"now"), role="article")
        assert path_of(place.folder, capture.file).suffix == ".open"
        assert payload(reader, capture) == b"now"
