"""Archived documents looked at: the bytes a version was read from, each figure's cell in them, and what a finding rests on."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import update

from archive.captures import store
from archive.deriving.derive import derive
from archive.errors import ArchiveError
from archive.findings import chains, lines
from archive.findings.lines import FindingLine
from archive.reports import ReportView
from archive.schema import Portal
from archive.store import Archive
from archive.viewing.documents import Document, document_of
from archive.viewing.showing import POLICY, cells_of, marks_of, page_picture, picture_of_place, places_of, view
from archive.warcs import files
from parser import UnreadableDocument
from parser.isolation import IsolatedParser
from parser.marking import anchor_of
from parser.record import Place
from tests.archive.answers import DOCX, FILE, URL, answer, publish, report_page, shell, the_report
from tests.papers.pages import pdf
from tests.papers.paper import Paper, paper
from tests.papers.render import html, word

ITEM = paper("清湾市财政局", 2023, busy=20)
BROKEN = replace(ITEM, figures={**ITEM.figures, "requests.carried_out.total": "77"})
BALANCE = ["requests.new.total", "requests.carried_in.total", "requests.total.total", "requests.carried_out.total"]
PDF_FILE = FILE.replace(".docx", ".pdf")


@pytest.fixture(scope="module")
def opener() -> Iterator[IsolatedParser]:
    with IsolatedParser() as parser:
        yield parser


def document(archive: Archive, report: ReportView) -> Document:
    version = next(each for each in report.versions if each.current)
    return document_of(archive, version.capture_id)


def of_file(archive: Archive, data: bytes, address: str = FILE, kind: str = DOCX) -> ReportView:
    publish(archive, URL, shell(ITEM.title or ""), title=ITEM.title, attachments=((address, data, kind),))
    derive(archive)
    return the_report(archive)


def of_page(archive: Archive, item: Paper) -> ReportView:
    publish(archive, URL, report_page(item), title=item.title)
    derive(archive)
    return the_report(archive)


def test_the_document_of_a_version_is_the_file_it_was_read_from(archive: Archive) -> None:
    data = word(ITEM)
    shown = document(archive, of_file(archive, data))
    assert (shown.capture.url, shown.data) == (FILE, data)
    assert (shown.hints.name, shown.hints.content_type, shown.hints.charset) == (FILE, DOCX, None)


def test_each_figure_of_an_archived_page_is_found_in_it(table: Archive, opener: IsolatedParser) -> None:
    report = of_page(table, ITEM)
    places = [figure.at for figure in report.record.figures.values()]
    shown = view(opener, document(table, report), places)
    assert (shown.kind, shown.missing, shown.sheets) == ("html", (), ())
    assert all(f'id="{anchor_of(place)}"' in (shown.html or "") for place in places)
    assert (shown.html or "").count('class="xxgk-mark"') == len(places)


def test_other_documents_are_drawn_as_they_were_read(table: Archive, opener: IsolatedParser) -> None:
    report = of_file(table, word(ITEM))
    shown = view(opener, document(table, report), [figure.at for figure in report.record.figures.values()])
    assert (shown.kind, shown.missing) == ("docx", ())
    assert "不是文件的原貌" in (shown.html or "")


def test_a_pdf_is_shown_page_by_page(table: Archive, opener: IsolatedParser) -> None:
    report = of_file(table, pdf(ITEM), PDF_FILE, "application/pdf")
    shown = document(table, report)
    marked = view(opener, shown)
    place = report.record.figures["requests.new.total"].at
    assert (marked.kind, marked.html) == ("pdf", None)
    assert place.page is not None
    assert 1 <= place.page <= len(marked.sheets)
    plain, boxed = (page_picture(opener, shown, place.page, places, scale=1.0) for places in ([], [place]))
    assert plain != boxed
    other = place.page % len(marked.sheets) + 1
    assert page_picture(opener, shown, other, [place], scale=1.0) == page_picture(opener, shown, other, scale=1.0)
    assert view(opener, shown, [place], as_read=True).missing == ()


def test_a_page_is_decoded_by_what_is_known_of_its_portal(archive: Archive, opener: IsolatedParser) -> None:
    data = html(ITEM).replace("utf-8", "big5", 1).encode("gb18030")
    publish(archive, URL, data, title=ITEM.title)
    derive(archive)
    with archive.writing() as session:
        session.execute(update(Portal).values(encoding="gb18030"))
    shown = document(archive, the_report(archive))
    assert shown.hints.encoding == "gb18030"
    assert "清湾市财政局" in (view(opener, shown).html or "")


def test_a_document_whose_bytes_are_gone_is_said_to_be(archive: Archive) -> None:
    report = of_page(archive, ITEM)
    for name in files.names(archive.folder):
        files.path_of(archive.folder, name).unlink()
    with pytest.raises(ArchiveError):
        document(archive, report)
    with pytest.raises(ArchiveError, match="999"):
        document_of(archive, 999)


def test_a_document_that_cannot_be_opened_is_refused_in_a_sentence(table: Archive, opener: IsolatedParser) -> None:
    capture = store(
        table, answer(PDF_FILE, b"%PDF-1.7\n", headers=(("Content-Type", "application/pdf"),)), role="attachment"
    )
    with pytest.raises(UnreadableDocument, match="cannot be opened"):
        view(opener, document_of(table, capture.id))


def test_the_evidence_of_a_page_is_the_rows_around_the_cells(table: Archive, opener: IsolatedParser) -> None:
    report = of_page(table, BROKEN)
    (finding,) = (found for found in report.record.findings if found.rule == "requests.balance")
    evidence = picture_of_place(opener, document(table, report), places_of(report.record, finding))
    (excerpt,) = evidence.excerpts
    assert evidence.cuttings == ()
    assert [cell.text for row in excerpt.rows for cell in row.cells if cell.marked] == [
        BROKEN.figures[key] for key in BALANCE
    ]


def test_the_evidence_of_a_pdf_is_strips_of_its_pages(table: Archive, opener: IsolatedParser) -> None:
    report = of_file(table, pdf(BROKEN), PDF_FILE, "application/pdf")
    (finding,) = (found for found in report.record.findings if found.rule == "requests.balance")
    places = places_of(report.record, finding)
    evidence = picture_of_place(opener, document(table, report), [*places, Place(line=1, page=1)], scale=1.0)
    assert [cutting.page for cutting in evidence.cuttings] == sorted({place.page or 0 for place in places})
    for cutting in evidence.cuttings:
        strip = Image.open(io.BytesIO(cutting.png))
        assert 500 < strip.width < 700
        assert strip.height < 842
    assert [line.marked for excerpt in evidence.excerpts for line in excerpt.lines] == [True, False]


def test_places_have_each_name_once_and_those_without_none() -> None:
    places = [Place(table=1, row=2, column=3), Place(line=4), Place(), Place(table=1, row=2, column=3, page=1)]
    assert marks_of(places) == ("at-1-2-3", "at-l4")


def test_a_finding_of_a_report_is_told_its_cells_wherever_it_comes_from(table: Archive) -> None:
    report = of_page(table, BROKEN)
    (line,) = (line for line in lines.iterate(table) if line.finding["rule"] == "requests.balance")
    (finding,) = (found for found in report.record.findings if found.rule == "requests.balance")
    assert cells_of(report.record, line) == cells_of(report.record, finding) == tuple(BALANCE)
    assert places_of(report.record, line) == tuple(report.record.figures[key].at for key in BALANCE)


def test_a_finding_that_names_a_place_begins_with_it(table: Archive) -> None:
    report = of_page(table, replace(ITEM, figures={**ITEM.figures, "requests.granted.other": ""}))
    for found in report.record.findings:
        if found.at is not None:
            assert found.at in places_of(report.record, found)
    (blank,) = (found for found in report.record.findings if found.rule == "cells.blank")
    assert places_of(report.record, blank) == (report.record.figures["requests.granted.other"].at,)


def of_two_years(archive: Archive) -> tuple[ReportView, FindingLine]:
    for year, changed in ((2022, {"requests.carried_out.total": "5"}), (2023, {"requests.carried_in.total": "4"})):
        item = paper("清湾市财政局", year, busy=20)
        item = replace(item, figures={**item.figures, **changed})
        publish(archive, URL.replace("101", str(year)), report_page(item), title=item.title)
    derive(archive)
    from archive.reports import find

    report = find(archive, "清湾市财政局", 2023)
    assert report is not None
    (line,) = (
        line
        for line in chains.findings(archive)
        if line.finding["rule"] == "chain.requests" and line.finding["column"] == "total"
    )
    return report, line


def test_a_finding_between_years_rests_on_this_years_cells(table: Archive) -> None:
    report, line = of_two_years(table)
    assert cells_of(report.record, line) == ("requests.carried_in.total",)
    assert places_of(report.record, line) == (report.record.figures["requests.carried_in.total"].at,)


@pytest.mark.parametrize(
    ("rests_on", "cells"),
    [
        (
            {"versions": [1, 2], "figures": {"requests.new.total": [1, 2], "no.such.cell": [1, 2]}},
            ("requests.new.total",),
        ),
        ({"reports": {"2022": 1}, "figures": {"2022": {"requests.new.total": 1}}}, ()),
        ({"what": "named", "section": 1, "start": 0, "end": 9}, ()),
    ],
    ids=["versions", "another year", "prose"],
)
def test_what_a_finding_was_judged_by_is_taken_as_it_is_said(
    table: Archive, rests_on: dict[str, object], cells: tuple[str, ...]
) -> None:
    report, line = of_two_years(table)
    told = replace(line, rests_on=rests_on, finding={**line.finding, "said": "x"})
    assert cells_of(report.record, told) == cells
    assert len(places_of(report.record, told)) == len(cells)


def test_the_policy_for_a_shown_page_lets_nothing_run_or_load() -> None:
    rules = dict(rule.strip().partition(" ")[::2] for rule in POLICY.split(";"))
    assert rules == {"default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:", "sandbox": ""}
