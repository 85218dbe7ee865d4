"""The notes of the journal: what is written down is read back, and what is none of ours is said to be so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import func, select

from archive.captures import store
from archive.crawling import crawls
from archive.deposit import deposit
from archive.journal.notes import (
    ArticleNote,
    BackfillNote,
    ColumnNote,
    CrawlBegun,
    CrawlEnded,
    FoundNote,
    LossNote,
    Note,
    PortalNote,
    RestEnded,
    RestNote,
    RowsNote,
    SameNote,
    from_lines,
    to_lines,
)
from archive.listings import portals
from archive.schema import Article, Attachment, CaptureRow, ColumnReading, CrawlRow, ListRow
from archive.store import Archive
from archive.upkeep.verify import verify
from archive.warcs.records import journal_member, new_id
from tests.archive import notetaking
from tests.archive.answers import COLUMN, PORTAL, URL, WHEN, answer, batch, noted, records
from tests.archive.conftest import Place

MOMENTS = st.datetimes(min_value=datetime(2008, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis puts the zone on
NOTES: st.SearchStrategy[Note] = st.one_of(
    *(st.builds(kind, at=MOMENTS) for kind in (CrawlBegun, CrawlEnded, PortalNote, ColumnNote, RowsNote, ArticleNote)),
    st.builds(SameNote, at=MOMENTS),
    st.builds(BackfillNote, at=MOMENTS),
    st.builds(LossNote, at=MOMENTS, fetched_at=MOMENTS),
    st.builds(RestNote, at=MOMENTS, since=MOMENTS, until=MOMENTS),
    st.builds(RestEnded, at=MOMENTS),
)
LINE_ENDS = ("\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00")


@given(notes=st.lists(NOTES, max_size=5))
@example(notes=[PortalNote(WHEN, None, PORTAL, "ok", detail=end) for end in LINE_ENDS])
def test_notes_are_read_back_as_they_were_written_a_line_each(notes: list[Note]) -> None:
    block = to_lines(notes)
    assert from_lines(block) == notes
    assert block.count(b"\n") == len(notes)
    assert all(isinstance(json.loads(line), dict) for line in block.decode().split("\n") if line)


def test_every_kind_has_a_name_of_its_own_and_says_it_first() -> None:
    _, notes = batch()
    same = SameNote(WHEN, None, URL, "article", 304, request="", head="")
    lost = LossNote(WHEN, "warc/a.warc.gz", 0, URL, WHEN, "ab", "the file ends before it")
    found = FoundNote(WHEN, "warc/a.warc.gz", 0, URL, WHEN, "ab")
    asked = BackfillNote(WHEN, PORTAL, "web.archive.invalid", "[]", lines=3, captures=1, known=1, passed=1)
    rests: list[Note] = [
        RestNote(WHEN, None, "xxgk.qingwan.gov.cn", "wzws", 1, WHEN, WHEN),
        RestEnded(WHEN, None, "x.gov.cn"),
    ]
    names = [json.loads(line)["note"] for line in to_lines([*notes, same, lost, found, asked, *rests]).splitlines()]
    assert names[:6] == ["crawl.begun", "rows", "article", "column", "portal", "crawl.ended"]
    assert names[6:] == ["same", "loss", "found", "backfill", "rest", "rest.ended"]


def line(**facts: Any) -> bytes:
    return json.dumps(facts).encode() + b"\n"


PORTAL_LINE = {"note": "portal", "at": "2024-01-20T04:00:00+00:00", "portal": PORTAL}


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (line(note="weather", at="2024-01-20T04:00:00+00:00"), "unknown kind.*a newer program"),
        (line(at="2024-01-20T04:00:00+00:00"), "unknown kind"),
        (line(note=["portal"]), "unknown kind"),
        (line(**PORTAL_LINE, mood="good", hour=3), "the kind portal says more than is known: hour, mood"),
        (line(note="portal", portal=PORTAL), "the kind portal does not say at"),
        (line(note="portal", at="2024-01-20T04:00:00+00:00"), "the kind portal does not say portal"),
        (line(**{**PORTAL_LINE, "at": "yesterday"}), "has a at that is none"),
        (line(**{**PORTAL_LINE, "at": 20240120}), "has a at that is none"),
        (
            line(note="rows", at="2024-01-20T04:00:00+00:00", portal=PORTAL, column_url=COLUMN, rows=[["x"]]),
            "has a rows",
        ),
        (b"[1, 2]\n", "is no note"),
        (b'"portal"\n', "is no note"),
        (b"{\n", "Expecting"),
        (b"\xff\xfe\n", "codec"),
    ],
    ids=lambda value: value.decode("latin-1")[:40] if isinstance(value, bytes) else "",
)
def test_a_line_that_is_none_of_ours_is_an_error_in_one_sentence(block: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        from_lines(to_lines([noted(URL)]) + block)
    assert "\n" not in str(caught.value)


STRANGE = ("a\x00b", "a\ud800b", "\udcff", "\x00", "a\x85b\u2028c", "é\ufffe𠮷")


@pytest.mark.parametrize("text", STRANGE, ids=ascii)
def test_a_text_no_database_holds_is_kept_as_far_as_it_can_be(archive: Archive, text: str) -> None:
    crawl = crawls.begin(archive, {"name": text}, [PORTAL]).id
    rows = ((URL, text, date(2024, 1, 18)),)
    notes: list[Note] = [
        PortalNote(WHEN, crawl, PORTAL, outcome="ok", detail=text),
        ColumnNote(WHEN, crawl, PORTAL, COLUMN, text, "ok", text, pages=1, rows=1, reports=1),
        RowsNote(WHEN, crawl, PORTAL, COLUMN, text, "trs", rows, refused=((URL + "?2", text, text),)),
        replace(noted(URL), page_title=text, agency=text, refused=text, attachments=((URL + "?3", text),)),
    ]
    deposit(archive, notes=notes)
    store(archive, answer(URL), role="article")
    kept = text.replace("\x00", "").encode("utf-8", "replace").decode()
    assert [state.detail for state in portals(archive)] == [kept]
    assert [(title, refused) for _, title, _, refused in notetaking.rows_of(archive, COLUMN)] == [
        (kept, None),
        (kept, kept),
    ]
    (journal,) = [block for kind, _, block in records(archive.folder) if kind == "metadata"][1:]
    assert [note.kind for note in from_lines(journal)] == [note.kind for note in notes]
    assert verify(archive) == []


COUNTED = (CrawlRow, ColumnReading, ListRow, Article, Attachment)


def counts(archive: Archive) -> list[int]:
    with archive.session() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in COUNTED]


def test_notes_may_be_taken_twice(archive: Archive) -> None:
    answers, notes = batch()
    deposit(archive, notes=notes[:1])
    deposit(archive, answers, notes[1:])
    once = counts(archive)
    assert once == [1, 1, 2, 1, 1]
    deposit(archive, notes=notes)
    assert counts(archive) == once
    assert verify(archive) == []


def test_a_reading_of_no_crawl_may_be_noted_twice_and_another_is_another(archive: Archive) -> None:
    alone = ColumnNote(WHEN, None, PORTAL, COLUMN, None, "ok", None, pages=1, rows=1, reports=1)
    deposit(archive, notes=[alone, alone, replace(alone, at=WHEN + timedelta(days=1))])
    deposit(archive, notes=[alone])
    with archive.session() as session:
        assert session.scalar(select(func.count()).select_from(ColumnReading)) == 2


def test_an_answer_that_was_the_same_again_is_marked_on_the_last_capture_of_its_address(archive: Archive) -> None:
    crawl = crawls.begin(archive, {}, [PORTAL]).id
    old, new, gone = (
        store(archive, answer(URL, body, status=status), role="article")
        for body, status in ((b"1", 200), (b"2", 200), (b"", 404))
    )
    later = WHEN + timedelta(days=1)
    for number in (crawl, 999):  # the beginning of a crawl may have stood in a file that is lost
        deposit(archive, notes=[SameNote(later, number, URL, "article", 304, request="", head="")])
        with archive.session() as session:
            marked = dict(session.execute(select(CaptureRow.id, CaptureRow.same_at)).all())
        assert marked == {old.id: None, new.id: later, gone.id: None}
    assert verify(archive) == []


def test_the_last_word_of_a_crawl_about_a_column_counts(archive: Archive) -> None:
    crawl = crawls.begin(archive, {}, [PORTAL]).id
    first = ColumnNote(
        WHEN, crawl, PORTAL, COLUMN, None, "incomplete", "timeout", pages=1, rows=1, reports=0, full=False
    )
    deposit(archive, notes=[first, replace(first, outcome="ok", detail=None, pages=3, full=True)])
    with archive.session() as session:
        (reading,) = session.scalars(select(ColumnReading))
    assert (reading.outcome, reading.detail, reading.pages, reading.full) == ("ok", None, 3, True)


def test_a_loss_is_marked_on_the_row_of_the_capture_and_on_no_other(archive: Archive) -> None:
    kept, gone = (store(archive, answer(f"{URL}?{n}", b"%d" % n), role="article") for n in range(2))
    deposit(archive, notes=[LossNote(WHEN, gone.file, gone.position, gone.url, WHEN, gone.payload_digest, "cut")])
    with archive.session() as session:
        lost = dict(session.execute(select(CaptureRow.id, CaptureRow.lost_at)).all())
    assert lost == {kept.id: None, gone.id: WHEN}


def test_the_times_of_the_journal_never_go_back_although_the_clock_does(place: Place) -> None:
    with place.open() as archive:
        for seconds in (0, 60, -120, 30, -90, 300):
            place.clock.advance(seconds=seconds)
            deposit(archive, notes=[noted(URL)])
    with place.open() as archive:
        deposit(archive, notes=[noted(URL)])
        dates = [fields["WARC-Date"] for kind, fields, _ in records(place.folder) if kind == "metadata"]
        assert dates == sorted(dates)
        assert len(set(dates)) > 1


def test_a_journal_record_is_metadata_of_json_lines_that_any_reader_shows() -> None:
    import gzip

    member = gzip.decompress(journal_member(new_id(), WHEN, "application/x-ndjson", to_lines([noted(URL)])))
    head, _, block = member.partition(b"\r\n\r\n")
    assert b"WARC-Type: metadata\r\n" in head
    assert b"Content-Type: application/x-ndjson\r\n" in head
    assert json.loads(block)["page_title"] == "2023年度报告"
