"""A report whose text is pictures, a file nobody got, or nowhere is a report all the same, and says what its body is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from archive.captures import store
from archive.deriving.derive import Derived, derive
from archive.deriving.documents import Outcome
from archive.monitor import Status, missing
from archive.reports import list_reports, show, troubles
from archive.store import Archive
from archive.upkeep.verify import verify
from parser.hints import Hints
from parser.reading import parse
from parser.record import PublishedSource, Record
from parser.stubs import Body
from tests.archive import notetaking
from tests.archive.answers import (
    COLUMN,
    DOCX,
    FILE,
    HTML,
    PORTAL,
    URL,
    answer,
    crawl,
    publish,
    read_column,
    report_page,
    the_report,
)
from tests.archive.conftest import Clock
from tests.papers.paper import Paper, paper
from tests.papers.render import word

ITEM = paper()
PICTURE = FILE.replace(".docx", ".png")
SECOND = FILE.replace(".docx", "_2.jpg")
PDF = FILE.replace(".docx", ".pdf")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)  # nobody can read it
NEWS = "全市政务公开工作会议召开，会议强调要把政务公开贯穿工作全过程，不断提高公开质量和服务水平。" * 4
PAGE = """<html><head><meta charset="utf-8"><title>{title}_清湾市人民政府</title></head><body>
<div class="header"><img src="/images/logo.png"><ul><li><a href="/">首页</a></li><li><a href="/zwgk/">政务公开</a></li></ul></div>
<h1>{title}</h1><div class="info">发布日期：2024-01-18 来源：财政局</div><div class="TRS_Editor">{body}</div>
<div class="footer">版权所有：清湾市人民政府　主办：清湾市人民政府办公室　网站标识码：9999000001　ICP备00000001号</div></body></html>"""


def page(body: str, item: Paper = ITEM) -> bytes:
    return PAGE.format(title=item.title, body=body).encode()


@dataclass(frozen=True)
class Case:
    """An article: the body of its page, the files it leads to, and those of them that came, with their type."""

    body: str
    links: tuple[str, ...]
    came: tuple[tuple[str, bytes, str], ...]
    kind: Body
    said: str


CASES = {
    "pictures": Case(
        "<p><img src='P020240118.png'></p><p><img src='P020240118_2.jpg'></p>",
        (PICTURE, SECOND),
        ((PICTURE, PNG, "image/png"), (SECOND, b"\xff\xd8\xff" + bytes(64), "image/jpeg")),
        Body.IMAGE,
        PICTURE,
    ),
    "a picture that was not kept": Case("<p><img src='P020240118.png'></p>", (), (), Body.IMAGE, "none was read"),
    "a file nobody got": Case(f"<p><a href='{FILE}'>附件</a></p>", (FILE,), (), Body.ATTACHMENT, "not be fetched"),
    "a file in a viewer": Case("<iframe src='/pdf.html?file=/a.pdf'></iframe>", (), (), Body.ATTACHMENT, "is a file"),
    "a page in place of the file": Case(
        "<p><a href='/download.jsp?id=1'>附件</a></p>",
        (f"{PORTAL}download.jsp?id=1",),
        ((f"{PORTAL}download.jsp?id=1", "<html><h3>请先登录</h3></html>".encode(), "text/html"),),
        Body.ATTACHMENT,
        "none was read as a report",
    ),
    "nothing": Case("", (), (), Body.EMPTY, "no text"),
}


def visit(
    archive: Archive, number: int, body: bytes, links: tuple[str, ...] = (), *came: tuple[str, bytes, str]
) -> None:
    """One crawl's visit of the article."""
    known, moment = crawl(archive, number), archive.clock()
    publish(archive, URL, body, crawl=known, title=ITEM.title)
    notetaking.note_article(
        archive, known, portal=PORTAL, url=URL, requested_url=URL, column_url=COLUMN, page_title=ITEM.title,
        page_date=None, agency=None, refused=None, gone=False, attachments=[(link, "附件") for link in links], at=moment,
    )  # fmt: skip
    for link, data, kind in came:
        store(
            archive, answer(link, data, headers=(("Content-Type", kind),), at=moment), role="attachment", crawl_id=known
        )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_a_report_known_by_its_title_and_says_what_its_body_is(archive: Archive, case: Case) -> None:
    visit(archive, 1, page(case.body), case.links, *case.came)
    assert derive(archive) == Derived(unread=1)
    view = the_report(archive)
    line, record = view.line, view.record
    assert (line.url, line.publisher, line.report_year, line.title) == (URL, ITEM.agency, ITEM.year, ITEM.title)
    assert (record.published_on, record.published_source) == (date(2024, 1, 18), PublishedSource.PAGE)
    assert (line.figures, record.sections, len(view.versions)) == (0, (), 1)
    (finding,) = record.findings
    assert finding.rule == "document.unread"
    assert finding.message.startswith(f"body {case.kind}: http")
    assert case.said in finding.message
    assert [(trouble.outcome, trouble.detail) for trouble in troubles(archive)] == [("unread", finding.message)]
    derive(archive, everything=True)
    assert the_report(archive) == view
    assert verify(archive) == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_who_published_it_is_not_missing(archive: Archive, clock: Clock, case: Case) -> None:
    clock.now = datetime(2024, 2, 20, 4, 0, tzinfo=UTC)
    visit(archive, 1, page(case.body), case.links, *case.came)
    read_column(archive)
    derive(archive)
    standings = [(one.publisher, one.status) for one in missing(archive, ITEM.year, date(2024, 3, 1))]
    assert standings == [(ITEM.agency, Status.ON_TIME)]


@pytest.mark.parametrize(
    ("title", "body"),
    [
        (ITEM.title, f"<p>{NEWS}</p><p><img src='P020240118.png'></p>"),
        ("我局召开座谈会", "<p>会议强调，要做好防汛工作。</p><p><img src='P020240118.png'></p>"),
        (f"{ITEM.title}解读", "<p><img src='P020240118.png'></p>"),
        (ITEM.title, "<ul>" + "".join(f"<li><a href='{n}'>{ITEM.title}</a></li>" for n in range(9)) + "</ul>"),
    ],
    ids=["a text", "another title", "a look-alike", "a list"],
)
def test_a_text_or_a_title_of_another_kind_is_no_report(archive: Archive, title: str, body: str) -> None:
    known = crawl(archive, 1)
    publish(archive, URL, PAGE.format(title=title, body=body).encode(), crawl=known, title=ITEM.title)
    assert derive(archive) == Derived(refused=1)
    assert list_reports(archive) == []


def test_a_title_that_says_not_whose_it_is_is_completed_by_the_list_or_is_nobodys(archive: Archive) -> None:
    body = PAGE.format(title="政府信息公开年度报告", body="<p><img src='P020240118.png'></p>").encode()
    publish(archive, URL, body, crawl=crawl(archive, 1), title=ITEM.title)
    publish(archive, f"{URL}?2", body, crawl=crawl(archive, 1), title="政府信息公开年度报告")
    assert derive(archive) == Derived(unread=1, refused=1)
    assert the_report(archive).line.publisher == ITEM.agency


def test_a_file_that_was_read_and_is_another_document_is_not_the_missing_text(archive: Archive) -> None:
    visit(archive, 1, page(f"<p><a href='{FILE}'>附件</a></p>"), (FILE,), (FILE, NEWS.encode(), "text/plain"))
    assert derive(archive) == Derived(refused=1)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_text_that_comes_later_is_a_new_version_of_the_same_report(
    archive: Archive, clock: Clock, case: Case
) -> None:
    visit(archive, 1, page(case.body), case.links, *case.came)
    derive(archive)
    number = the_report(archive).line.id
    clock.advance(days=1)
    visit(archive, 2, report_page())
    assert derive(archive) == Derived(changed=1)
    view = the_report(archive)
    assert (view.line.id, view.line.figures) == (number, len(ITEM.figures))
    assert [version.figures > 0 for version in view.versions] == [False, True]
    derive(archive, everything=True)
    assert the_report(archive) == view


@pytest.mark.parametrize(
    ("name", "state"),
    [("a file nobody got", "published"), ("a picture that was not kept", "published"), ("nothing", "withdrawn")],
)
def test_a_report_that_was_read_is_not_replaced_by_its_title_alone(
    archive: Archive, clock: Clock, name: str, state: str
) -> None:
    case = CASES[name]
    visit(archive, 1, report_page())
    derive(archive)
    for number in (2, 3):
        clock.advance(days=1)
        visit(archive, number, page(case.body) + b" " * number, case.links)
        assert derive(archive) == Derived(refused=1)
    view = the_report(archive)
    assert (view.state, len(view.versions), view.line.figures) == (state, 1, len(ITEM.figures))
    derive(archive, everything=True)
    assert the_report(archive) == view


def test_an_empty_page_whose_frame_changes_stays_the_same_version(archive: Archive, clock: Clock) -> None:
    for number in range(3):
        visit(archive, number, page("") + b" " * number)
        derive(archive)
        clock.advance(days=1)
    view = the_report(archive)
    assert (view.state, len(view.versions)) == ("published", 1)


def test_the_pictures_of_an_article_are_read_as_one_document_in_their_order(archive: Archive) -> None:
    pictures = [(FILE.replace(".docx", f"_{n}.png"), PNG + bytes([n]), "image/png") for n in range(3)]
    given: list[bytes] = []

    def reads_pictures(data: bytes, hints: Hints) -> Record:
        if data.startswith(b"PK"):
            given.append(data)
            return parse(report_page(), hints)
        return parse(data, hints)

    visit(archive, 1, page("<p><img src='1.png'></p>"), tuple(link for link, _, _ in pictures), *pictures)
    assert derive(archive, parse=reads_pictures) == Derived(created=1)
    (album,) = given
    assert [album.index(data) for _, data, _ in pictures] == sorted(album.index(data) for _, data, _ in pictures)
    view = the_report(archive)
    assert (view.line.figures, view.versions[0].url) == (len(ITEM.figures), pictures[0][0])
    assert {capture.url for capture in view.captures} == {URL, *(link for link, _, _ in pictures)}


def test_pictures_beside_a_file_that_is_the_report_are_not_opened(archive: Archive) -> None:
    def refuses_pictures(data: bytes, hints: Hints) -> Record:
        assert not data.startswith(b"\x89PNG")
        return parse(data, hints)

    files = ((PICTURE, PNG, "image/png"), (FILE, word(ITEM), DOCX))
    visit(archive, 1, page("<p><img src='P020240118.png'></p>"), (PICTURE, FILE), *files)
    assert derive(archive, parse=refuses_pictures) == Derived(created=1)
    assert the_report(archive).line.figures == len(ITEM.figures)


def test_a_page_that_was_imported_alone_is_known_by_what_it_says_itself(archive: Archive) -> None:
    publish(archive, URL, page("<p><img src='P020240118.png'></p>"), portal=None, column=None)
    assert derive(archive) == Derived(unread=1)
    view = the_report(archive)
    assert (view.line.publisher, view.line.report_year) == (ITEM.agency, ITEM.year)
    assert show(archive, URL) == view


def test_an_unread_article_of_an_unknown_year_leaves_its_publisher_unchecked(archive: Archive, clock: Clock) -> None:
    """A picture whose row says no year: the report may be there, and nobody can read it."""
    clock.now = datetime(2024, 2, 20, 4, 0, tzinfo=UTC)
    before = paper(year=2022)
    publish(archive, f"{URL}?before", report_page(before), title=before.title)
    title = f"{ITEM.agency}政府信息公开工作年度报告"
    publish(archive, PICTURE, None, title=title, listed_on=date(2024, 1, 18))
    store(archive, answer(PICTURE, PNG, headers=(("Content-Type", "image/png"),), at=clock.now), role="article")
    read_column(archive)
    derive(archive, parse=unsupported)
    (found,) = missing(archive, ITEM.year, date(2024, 3, 1))
    assert (found.publisher, found.status) == (ITEM.agency, Status.UNCHECKED)
    assert PICTURE in found.basis


def unsupported(data: bytes, hints: Hints) -> Record:
    from parser.errors import UnsupportedFormat

    if data.startswith(b"\x89PNG"):
        raise UnsupportedFormat("image", "install the extra")
    return parse(data, hints)


def test_a_damaged_file_is_a_fault_and_no_report_without_a_text(archive: Archive) -> None:
    visit(archive, 1, page(f"<p><a href='{PDF}'>附件</a></p>"), (PDF,), (PDF, b"%PDF-1.4\nxx", "application/pdf"))
    assert derive(archive) == Derived(failed=1)
    assert [trouble.outcome for trouble in troubles(archive)] == [Outcome.FAILED]


# The date a page shows


@pytest.mark.parametrize(
    ("shown", "labelled", "meta", "signed", "expected", "source"),
    [
        ("2024-01-18", "", "", "2024年1月10日", "2024-01-18", PublishedSource.PAGE),
        ("2024-01-18", "发布日期：2024-01-16", "", "", "2024-01-16", PublishedSource.PAGE),
        ("2024-01-18", "", "2024-01-22", "", "2024-01-18", PublishedSource.PAGE),
        ("2024-01-22", "", "2024-01-22", "", "2024-01-22", PublishedSource.META),
        (None, "", "", "2024年1月10日", "2024-01-10", PublishedSource.SIGNED),
    ],
    ids=["before the signed", "behind a label", "before the meta tag", "the meta tag's own", "none"],
)
def test_a_date_beside_the_title_without_a_label_comes_before_the_signed_one(
    archive: Archive, shown: str | None, labelled: str, meta: str, signed: str, expected: str, source: PublishedSource
) -> None:
    body = report_page(published=None, signed=signed).decode()
    head = f"<head><meta name='PubDate' content='{meta} 10:00'>" if meta else "<head>"
    body = body.replace("<head>", head, 1).replace("</h1>", f"</h1><p>{labelled}</p>", 1)
    known = crawl(archive, 1)
    store(archive, answer(URL, body.encode(), headers=HTML, at=archive.clock()), role="article", crawl_id=known)
    notetaking.note_article(
        archive, known, portal=PORTAL, url=URL, requested_url=URL, column_url=COLUMN, page_title=ITEM.title,
        page_date=None if shown is None else date.fromisoformat(shown), agency=None, refused=None, gone=False,
    )  # fmt: skip
    derive(archive)
    record = the_report(archive).record
    assert (str(record.published_on), record.published_source) == (expected, source)
