"""Pages as rendered: kept beside the answer they were made of, marked as made, and taken for no answer anywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, select

from archive import captures
from archive.captures import RENDERED, Answer, Capture, Making, Pending, deposit, store
from archive.journal.notes import SameNote
from archive.replay.cdxj import lines
from archive.schema import CaptureRow
from archive.store import Archive
from archive.upkeep.reindex import reindex
from archive.upkeep.verify import verify
from archive.warcs.files import path_of
from archive.warcs.records import read_member
from tests.archive.answers import PORTAL, answer
from tests.archive.conftest import Place
from tests.archive.test_deposit import all_captures, other_tools_find_nothing_wrong

URL = f"{PORTAL}ndbg/"
PAGE = b'<ul id="rows"></ul><script src="/list.js"></script>'
SHOWN = b'<ul id="rows"><li><a href="1.html">2023</a></li></ul>'
BY = "Chromium/156.0.1.2 Playwright/1.65.2"


def shown(page: Capture, body: bytes = SHOWN) -> Answer:
    """A page as a browser shows it."""
    said = (("Content-Type", "text/html; charset=utf-8"),)
    return Answer(URL, 200, "", said, body, page.fetched_at, making=Making(page.record_id, BY))


def keep_both(archive: Archive) -> tuple[Capture, Capture]:
    page = store(archive, answer(URL, PAGE), role="list")
    return page, store(archive, shown(page), role=RENDERED)


def test_a_rendered_page_is_a_conversion_that_refers_to_its_answer_and_names_its_maker(archive: Archive) -> None:
    page, made = keep_both(archive)
    record = captures.read(archive, made)
    assert (record.type, made.kind, made.role, made.status) == ("conversion", "conversion", "rendered", 200)
    assert record.field("WARC-Refers-To") == f"<urn:uuid:{page.record_id}>"
    assert record.field("XXGK-Made-By") == BY
    assert record.head == b""
    assert captures.payload(archive, made) == SHOWN
    assert captures.head(archive, made) == (("Content-Type", "text/html; charset=utf-8"),)


def test_what_an_address_answered_last_is_never_the_page_as_rendered(archive: Archive) -> None:
    page, made = keep_both(archive)
    assert captures.latest(archive, URL) == page
    assert captures.last_delivered(archive, URL) == page
    assert captures.latest(archive, URL, role=RENDERED) == made
    assert list(captures.of_address(archive, URL)) == [page, made]


def test_an_address_that_answers_the_same_again_says_so_of_its_answer(archive: Archive) -> None:
    page, made = keep_both(archive)
    deposit(archive, notes=[SameNote(archive.now(), 1, URL, "list", 200, "", "")])
    assert captures.by_id(archive, page.id).same_at == archive.now()
    assert captures.by_id(archive, made.id).same_at is None


def test_no_answer_refers_to_a_rendered_page_and_no_rendered_page_to_another(archive: Archive) -> None:
    page, _ = keep_both(archive)
    alike = [
        Pending(shown(page), RENDERED),
        Pending(answer(f"{URL}static.html", SHOWN), "list"),
        Pending(shown(page), RENDERED),
    ]
    again, static, once_more = deposit(archive, alike)
    assert [one.kind for one in (again, static, once_more)] == ["conversion", "response", "conversion"]
    assert {one.original_id for one in (again, static, once_more)} == {None}


def test_a_rendered_page_that_blocks_is_kept_as_evidence_of_it(archive: Archive) -> None:
    page = store(archive, answer(URL, PAGE), role="list")
    kept = store(archive, replace(shown(page, b"<p>"), truncated="length"), role="blocked")
    assert (kept.kind, kept.role) == ("conversion", "blocked")
    assert captures.latest(archive, URL) == page
    assert verify(archive) == []


def test_replay_shows_the_answer_and_not_what_was_made_of_it(archive: Archive) -> None:
    page, _ = keep_both(archive)
    (line,) = lines(archive)
    assert f'"offset": "{page.position}"'.encode() in line


def test_tables_made_again_from_the_files_know_rendered_pages_too(place: Place) -> None:
    with place.open() as archive:
        keep_both(archive)
        store(archive, answer(f"{URL}2.html"), role="article")
        before = all_captures(archive)
    with Archive.open(place.folder, place.database, write=True, rebuild=True, clock=place.clock) as archive:
        assert reindex(archive, afresh=True).problems == ()
    with place.open() as archive:
        assert all_captures(archive) == before
        assert verify(archive) == []
    other_tools_find_nothing_wrong(place.folder)


def test_a_rendered_page_whose_answer_has_no_row_is_found(table: Archive) -> None:
    page, _ = keep_both(table)
    with table.writing() as session:
        session.execute(delete(CaptureRow).where(CaptureRow.id == page.id))
    assert [problem.kind for problem in verify(table)] == ["record.unknown", "row.lost"]


@pytest.mark.parametrize("field", ["kind", "role", "payload_digest"])
def test_a_row_that_says_something_else_than_the_record_is_found(table: Archive, field: str) -> None:
    _, made = keep_both(table)
    with table.writing() as session:
        row = session.scalars(select(CaptureRow).where(CaptureRow.id == made.id)).one()
        setattr(row, field, "00" * 32 if field == "payload_digest" else "response" if field == "kind" else "list")
    assert {problem.kind for problem in verify(table)} == {"record.differs"}


def test_a_changed_byte_of_a_rendered_page_is_found(table: Archive) -> None:
    _, made = keep_both(table)
    path = path_of(table.folder, made.file)
    data = bytearray(path.read_bytes())
    data[made.position + made.length // 2] ^= 1
    path.write_bytes(bytes(data))
    assert {problem.kind for problem in verify(table)} == {"record.altered"}


def test_the_record_reads_back_by_itself(table: Archive) -> None:
    _, made = keep_both(table)
    data = path_of(table.folder, made.file).read_bytes()[made.position : made.position + made.length]
    assert read_member(data).payload == SHOWN
