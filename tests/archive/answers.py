"""Answers of invented portals, and the notes a spider would take of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from fastwarc.warc import ArchiveIterator

from archive.captures import Answer, Capture, Pending, Wire, store
from archive.crawling import crawls
from archive.journal.notes import ArticleNote, ColumnNote, CrawlBegun, CrawlEnded, Note, PortalNote, RowsNote
from archive.reports import ReportView, list_reports, show
from archive.store import Archive
from archive.warcs import files
from archive.warcs.records import read_head, status_of
from tests.archive import notetaking
from tests.papers.paper import Paper, paper
from tests.papers.render import html

PORTAL = "http://xxgk.qingwan.gov.cn/"
COLUMN = "http://xxgk.qingwan.gov.cn/czj/ndbg/"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
HTML = (("Content-Type", "text/html; charset=utf-8"),)
WHEN = datetime(2024, 1, 20, 4, 0, tzinfo=UTC)


def answer(
    url: str,
    body: bytes = b"<html></html>",
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = HTML,
    at: datetime = WHEN,
) -> Answer:
    reasons = {200: "OK", 301: "Moved Permanently", 404: "Not Found", 410: "Gone", 503: "Service Unavailable"}
    asked = (("Host", url.partition("://")[2].partition("/")[0]), ("User-Agent", "xxgk"))
    return Answer(url, status, reasons[status], headers, body, at, request_headers=asked)


def wired(
    url: str,
    head: bytes,
    transferred: bytes,
    body: bytes | None = None,
    *,
    request: bytes = b"",
    truncated: str | None = None,
    at: datetime = WHEN,
) -> Answer:
    """An answer of which the exact bytes are known; ``body`` is what was read of them, by default all."""
    line, headers = read_head(head)
    _, status, reason = status_of(line)
    read = transferred if body is None else body
    return Answer(url, status, reason, headers, read, at, wire=Wire(head, transferred, request), truncated=truncated)


def chunked(*pieces: bytes) -> bytes:
    """A body in chunks, as it is transferred."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def noted(url: str) -> ArticleNote:
    """What a spider notes of an article that it read."""
    return ArticleNote(
        WHEN,
        None,
        portal=PORTAL,
        url=url,
        requested_url=url,
        column_url=COLUMN,
        page_title="2023年度报告",
        page_date=date(2024, 1, 18),
        agency=None,
        refused=None,
        gone=False,
        attachments=((FILE, "附件.docx"),),
    )


def batch() -> tuple[list[Pending], list[Note]]:
    """What a crawl puts into one deposit, its beginning first: answers, one of them a copy, and notes of each kind."""
    answers = [
        Pending(answer(COLUMN, b"<ul><li>\xc4\xea\xb1\xa8</ul>"), "list", 1),
        Pending(wired(URL, CHUNKED, chunked(b"<p>re", b"port</p>"), b"<p>report</p>"), "article", 1),
        Pending(wired(URL + "?copy", CHUNKED, chunked(b"<p>report</p>"), b"<p>report</p>"), "article", 1),
    ]
    column = {"portal": PORTAL, "column_url": COLUMN, "agency": "青湾市财政局"}
    rows = ((URL, "2023年度报告", date(2024, 1, 18)),)
    notes: list[Note] = [
        CrawlBegun(WHEN, 1, key="0" * 64, arguments="{}", portals="[]"),
        RowsNote(WHEN, 1, **column, family="trs", rows=rows, refused=((SAME[0], "通知", "title"),)),
        noted(URL),
        ColumnNote(WHEN, 1, **column, outcome="ok", detail=None, pages=1, rows=2, reports=1, full=False),
        PortalNote(WHEN, 1, portal=PORTAL, outcome="ok", detail=None, division="999901"),
        CrawlEnded(WHEN, 1, "finished"),
    ]
    return answers, notes


def warc_files(folder: Path) -> list[Path]:
    """Where the WARC files of an archive stand now."""
    return [files.path_of(folder, name) for name in files.names(folder)]


def records(folder: Path) -> list[tuple[str, dict[str, str], bytes]]:
    """Every record as a foreign reader sees it: type, fields, block."""
    found = []
    for path in warc_files(folder):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                kind, fields = str(record.record_type), record.headers.to_dict()
                found.append((kind, fields, record.reader.read()))
    return found


def report_page(
    item: Paper | None = None, *, published: str | None = "2024-01-18", footer: str = "", signed: str | None = None
) -> bytes:
    """A page with a report, and whatever a portal changes on it from day to day."""
    item = item if item is not None else paper()
    if signed is not None:
        from dataclasses import replace

        item = replace(item, signed=signed)
    return html(item, date=published).replace("</body>", f"{footer}</body>").encode()


def publish(
    archive: Archive,
    url: str,
    body: bytes | None,
    *,
    crawl: int | None = None,
    column: str | None = COLUMN,
    portal: str | None = PORTAL,
    title: str | None = None,
    listed_on: date | None = None,
    page_title: str | None = None,
    agency: str | None = None,
    requested: str | None = None,
    attachments: tuple[tuple[str, bytes, str], ...] = (),
    refused: str | None = None,
    at: datetime | None = None,
) -> Capture | None:
    """What a crawl does with an article: captures, notes; ``body`` null stands for a failed fetch."""
    moment = at if at is not None else archive.clock()
    if title is not None and portal is not None and column is not None:
        rows = [(requested or url, title, listed_on)]
        notetaking.note_rows(
            archive, crawl, portal=portal, column_url=column, agency=agency, family="trs", rows=rows, at=moment
        )
    capture = None
    if body is not None:
        capture = store(archive, answer(url, body, at=moment), role="article", crawl_id=crawl)
    notetaking.note_article(
        archive,
        crawl,
        portal=portal,
        url=url,
        requested_url=requested or url,
        column_url=column,
        page_title=page_title,
        page_date=None,
        agency=agency,
        refused=refused,
        gone=False,
        attachments=[(link, link.rpartition("/")[2]) for link, _, _ in attachments],
        at=moment,
    )
    for link, data, content_type in attachments:
        store(
            archive,
            answer(link, data, headers=(("Content-Type", content_type),), at=moment),
            role="attachment",
            crawl_id=crawl,
        )
    return capture


def withdraw(archive: Archive, url: str, *, crawl: int | None = None, status: int = 404) -> None:
    """The article answers that it is gone."""
    moment = archive.clock()
    store(archive, answer(url, b"gone", status=status, at=moment), role="article", crawl_id=crawl)
    notetaking.note_article(
        archive,
        crawl,
        portal=PORTAL,
        url=url,
        requested_url=url,
        column_url=COLUMN,
        page_title=None,
        page_date=None,
        agency=None,
        refused=None,
        gone=True,
        at=moment,
    )


def read_column(
    archive: Archive,
    *,
    crawl: int | None = None,
    column: str = COLUMN,
    portal: str = PORTAL,
    agency: str | None = None,
    outcome: str = "ok",
    rows: int = 1,
    full: bool = True,
    at: datetime | None = None,
) -> None:
    """A column was followed to its end, or not."""
    notetaking.note_column(
        archive,
        crawl,
        portal=portal,
        column_url=column,
        agency=agency,
        outcome=outcome,
        detail=None,
        pages=1,
        rows=rows,
        reports=rows,
        full=full,
        at=at,
    )


URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"
FILE = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/P020240118.docx"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096)
SHELL = "<html><head><meta charset='utf-8'><title>{title}</title></head><body><h1>{title}</h1><a href='{link}'>附件</a></body></html>"
SAME = [
    "http://xxgk.qingwan.gov.cn/szf/ndbg/202401/t20240118_9.html",  # another column
    "https://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html",
    "http://www.qingwan.gov.cn/a.html",
]


def shell(title: str) -> bytes:
    """An article that only leads to its attachment."""
    return SHELL.format(title=title, link=FILE).encode()


def the_report(archive: Archive) -> ReportView:
    """The only report there is."""
    (line,) = list_reports(archive)
    view = show(archive, str(line.id))
    assert view is not None
    return view


def crawl(archive: Archive, number: int) -> int:
    return crawls.begin(archive, {"number": number}, [PORTAL]).id


def corrected(item: Paper) -> Paper:
    return item.with_figures(disclosure__penalties__decisions="777")
