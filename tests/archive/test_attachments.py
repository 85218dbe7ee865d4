"""Reports that are files behind a page, and documents that are none or cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from archive.captures import store
from archive.deriving.derive import Derived, derive
from archive.reports import list_reports, show, troubles
from archive.store import Archive
from archive.upkeep.verify import verify
from archive.warcs.files import path_of
from parser.hints import Hints
from parser.reading import parse
from parser.record import Figure, Record, State
from tests.archive import notetaking
from tests.archive.answers import (
    COLUMN,
    DOCX,
    FILE,
    OLE,
    PORTAL,
    URL,
    answer,
    corrected,
    crawl,
    publish,
    report_page,
    shell,
    the_report,
)
from tests.archive.conftest import Clock
from tests.papers.paper import paper
from tests.papers.render import word


def test_an_article_that_leads_to_a_file_is_the_reports_address(archive: Archive) -> None:
    item = paper()
    publish(archive, URL, shell(item.title), title=item.title, attachments=((FILE, word(item), DOCX),))
    assert derive(archive) == Derived(created=1)
    view = the_report(archive)
    assert (view.line.url, view.line.figures, view.versions[0].url) == (URL, len(item.figures), FILE)
    assert show(archive, FILE) == view


def test_a_list_may_lead_straight_to_a_file(archive: Archive) -> None:
    item = paper()
    notetaking.note_rows(
        archive,
        None,
        portal=PORTAL,
        column_url=COLUMN,
        agency=None,
        family="trs",
        rows=[(FILE, item.title, date(2024, 1, 18))],
    )
    store(archive, answer(FILE, word(item), headers=(("Content-Type", DOCX),)), role="article")
    notetaking.note_article(
        archive, None, portal=PORTAL, url=FILE, requested_url=FILE, column_url=COLUMN, page_title=None, page_date=None,
        agency=None, refused=None, gone=False,
    )  # fmt: skip
    derive(archive)
    view = the_report(archive)
    assert (view.line.url, view.line.published_on, view.line.report_year) == (FILE, date(2024, 1, 18), 2023)


def test_a_replaced_attachment_is_a_new_version_and_the_old_one_no_longer_counts(
    archive: Archive, clock: Clock
) -> None:
    item = paper()
    for number, (name, shown) in enumerate((("a.docx", item), ("b.docx", corrected(item)))):
        link = f"http://xxgk.qingwan.gov.cn/czj/{name}"
        publish(
            archive,
            URL,
            shell(item.title),
            crawl=crawl(archive, number),
            title=item.title,
            attachments=((link, word(shown), DOCX),),
        )
        derive(archive)
        clock.advance(days=1)
    view = the_report(archive)
    assert [version.url.rpartition("/")[2] for version in view.versions] == ["a.docx", "b.docx"]
    assert [version.current for version in view.versions] == [False, True]
    before = view
    derive(archive, everything=True)
    assert the_report(archive) == before


def test_a_file_that_is_found_again_late_is_as_old_as_it_was(archive: Archive, clock: Clock) -> None:
    """Its row comes behind those of newer ones: a machine that was cut off is back."""
    item, begun = paper(), clock()
    first = crawl(archive, 1)
    clock.advance(days=1)
    second = crawl(archive, 2)
    right = (FILE, word(corrected(item)), DOCX)
    publish(archive, URL, shell(item.title), crawl=second, title=item.title, attachments=(right,))
    derive(archive)
    late = answer(FILE, word(item), headers=(("Content-Type", DOCX),), at=begun)
    store(archive, late, role="attachment", crawl_id=first)
    derive(archive)
    for day in range(2):  # the page changes, and the file is only said to be the same
        clock.advance(days=1)
        changed = shell(item.title).replace(b"</body>", f"<p>{day}</p></body>".encode())
        publish(archive, URL, changed, crawl=crawl(archive, 3 + day), title=item.title)
        notetaking.note_article(
            archive, None, portal=PORTAL, url=URL, requested_url=URL, column_url=COLUMN, page_title=None, page_date=None,
            agency=None, refused=None, gone=False, attachments=[(FILE, "report.docx")],
        )  # fmt: skip
        derive(archive)
        versions = [(one.first_seen_at, one.current) for one in the_report(archive).versions]
        assert [current for _, current in sorted(versions)] == [False, True]
    before = the_report(archive)
    derive(archive, everything=True)
    assert the_report(archive).record == before.record


def test_a_format_that_is_not_read_keeps_the_report_with_what_its_title_says(archive: Archive) -> None:
    item = paper()
    publish(
        archive, URL, shell(item.title), title=item.title, listed_on=date(2024, 1, 18),
        attachments=(("http://xxgk.qingwan.gov.cn/czj/a.ofd", OLE, "application/octet-stream"),),
    )  # fmt: skip
    assert derive(archive, parse=unsupported) == Derived(unread=1)
    view = the_report(archive)
    assert (view.line.publisher, view.line.report_year, view.line.published_on) == (
        "清湾市财政局",
        2023,
        date(2024, 1, 18),
    )
    assert view.line.figures == 0
    assert [finding.rule for finding in view.record.findings] == ["document.unread"]
    assert [trouble.outcome for trouble in troubles(archive)] == ["unread"]


def unsupported(data: bytes, hints: Hints) -> Record:
    from parser.errors import UnsupportedFormat

    if data == OLE:
        raise UnsupportedFormat("Word 97", "install antiword")
    return parse(data, hints)


def test_a_format_read_at_last_replaces_the_empty_report_when_all_is_derived_anew(archive: Archive) -> None:
    item = paper()
    link = "http://xxgk.qingwan.gov.cn/czj/a.doc"
    publish(archive, URL, shell(item.title), title=item.title, attachments=((link, OLE, "application/msword"),))
    derive(archive, parse=unsupported)
    number = the_report(archive).line.id

    def reads_it(data: bytes, hints: Hints) -> Record:
        return parse(report_page(item), hints) if data == OLE else parse(data, hints)

    derive(archive, everything=True, parse=reads_it)
    view = the_report(archive)
    assert (view.line.id, len(view.versions), view.line.figures) == (number, 1, len(item.figures))
    assert verify(archive) == []


class Fault(Exception):
    pass


@pytest.mark.parametrize(
    "fault", [Fault("odd"), RecursionError("deep"), MemoryError(), UnicodeDecodeError("gbk", b"", 0, 1, "bad")]
)
def test_one_bad_document_stops_nothing_and_is_counted_and_shown(archive: Archive, fault: Exception) -> None:
    for number in range(3):
        item = paper(f"清湾市第{number}局")
        publish(archive, f"{URL}?{number}", report_page(item), title=item.title)

    def parse_or_fail(data: bytes, hints: Hints) -> Record:
        if hints.name is not None and hints.name.endswith("?1"):
            raise fault
        return parse(data, hints)

    assert derive(archive, parse=parse_or_fail) == Derived(created=2, failed=1)
    (trouble,) = troubles(archive)
    assert (trouble.url, trouble.outcome) == (f"{URL}?1", "failed")
    assert type(fault).__name__ in (trouble.detail or "")


def test_damaged_bytes_in_the_archive_fail_one_article_only(archive: Archive) -> None:
    kept = [
        publish(archive, f"{URL}?{number}", report_page(paper(f"清湾市第{number}局")), title=None)
        for number in range(3)
    ]
    damaged = kept[1]
    assert damaged is not None
    path = path_of(archive.folder, damaged.file)
    data = bytearray(path.read_bytes())
    data[damaged.position + damaged.length // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    assert derive(archive) == Derived(created=2, failed=1)


def test_look_alikes_are_refused_with_their_reason(archive: Archive) -> None:
    publish(archive, URL, report_page(), title=paper().title, refused="解读")
    publish(
        archive,
        f"{URL}?2",
        "<html><title>政府信息公开指南</title><p>指南</p></html>".encode(),
        title="政府信息公开指南",
    )
    assert derive(archive) == Derived(refused=2)
    assert list_reports(archive) == []
    assert [trouble.outcome for trouble in troubles(archive)] == ["refused", "refused"]


def test_a_blank_form_is_nobodys_report(archive: Archive) -> None:
    item = replace(paper(), title="", figures=dict.fromkeys(paper().figures, ""))
    publish(archive, URL, word(item))
    blank = Record(figures={"requests.new.total": Figure(value=None, text="", state=State.BLANK)})
    assert derive(archive, parse=lambda _data, _hints: blank) == Derived(refused=1)
    assert list_reports(archive) == []
    assert next(troubles(archive)).detail == "a blank form"


def test_an_article_that_was_never_fetched_is_counted(archive: Archive) -> None:
    publish(archive, URL, None, title=paper().title)
    assert derive(archive) == Derived(uncaptured=1)
