"""An older state of an invented portal as a web archive holds it: years that have left the site, and much besides."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

from archive.captures import Answer, Pending, Wire, deposit
from archive.store import Archive
from tests.crawler import pages
from tests.papers.paper import paper
from tests.papers.render import word

HOST = "xxgk.qinghe.gov.cn"
COLUMN = f"http://{HOST}{pages.COLUMN}"
HTML, DOCX = "text/html; charset=utf-8", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FIRST, CHANGED, AGAIN = (
    datetime(2020, 2, 1, 3, 4, 5, tzinfo=UTC),
    datetime(2020, 6, 1, tzinfo=UTC),
    datetime(2021, 1, 1, tzinfo=UTC),
)
WRITTEN = datetime(2022, 1, 1, tzinfo=UTC)

PAGE, GBK, PACKED, GONE = (f"http://{HOST}{pages.address(number, 2019)}" for number in range(4))
FILE = f"{COLUMN}202001/P020200121.docx"
PAGE_BODY = pages.article(pages.AGENCIES[0], 2019).encode()
CHANGED_BODY = pages.article(pages.AGENCIES[0], 2019, extra="<p>　　更正：另有一项工作补充说明如下。</p>").encode()
GBK_BODY = pages.article(pages.AGENCIES[1], 2019).replace("utf-8", "gbk").encode("gb18030")
PACKED_BODY = gzip.compress(pages.article(pages.AGENCIES[2], 2019).encode(), mtime=0)
FILE_BODY = word(paper(pages.AGENCIES[3], 2019))
CHALLENGE = (
    '<html><head><script src="/wzws-waf-cgi/x.js"></script></head><body>请开启JavaScript并刷新该页</body></html>'
)
LIST = pages.column([(PAGE, f"{pages.AGENCIES[0]}2019年政府信息公开工作年度报告")])

REPORTS = {(pages.AGENCIES[number], 2019) for number in range(4)}
TAKEN = {(PAGE, FIRST), (PAGE, CHANGED), (GBK, FIRST), (PACKED, FIRST), (FILE, FIRST)}
BODIES = {
    (PAGE, FIRST): PAGE_BODY,
    (PAGE, CHANGED): CHANGED_BODY,
    (GBK, FIRST): GBK_BODY,
    (PACKED, FIRST): PACKED_BODY,
    (FILE, FIRST): FILE_BODY,
}


def keep(folder: Path) -> None:
    """Make the web archive: reports, a changed one, a revisit, a page that was gone, and noise."""
    with Archive.open(folder, create=True, write=True, clock=lambda: WRITTEN) as archive:
        deposit(
            archive,
            [
                _exchange(PAGE, PAGE_BODY, FIRST, HTML, ("ETag", '"1"')),
                _exchange(GBK, GBK_BODY, FIRST, "text/html"),
                _exchange(PACKED, PACKED_BODY, FIRST, HTML, ("Content-Encoding", "gzip"), chunked=True),
                _exchange(FILE, FILE_BODY, FIRST, DOCX),
                _exchange(PAGE, CHANGED_BODY, CHANGED, HTML, ("ETag", '"2"')),
                _exchange(PAGE, CHANGED_BODY, AGAIN, HTML),
                _exchange(GONE, b"<h1>404</h1>", AGAIN, HTML, status="404 Not Found"),
                _exchange(f"{COLUMN}202001/old.html", b"", FIRST, HTML, ("Location", PAGE), status="302 Found"),
                _exchange(COLUMN, LIST.encode(), FIRST, HTML),
                _exchange(f"{COLUMN}style.css", b"/* gongkai */", FIRST, "text/css"),
                _exchange(f"{COLUMN}open.js", "document.write('信息公开')".encode(), FIRST, "application/javascript"),
                _exchange(f"{COLUMN}logo.png", b"\x89PNG", FIRST, "image/png"),
                _exchange(f"{COLUMN}202001/notice.html", "<title>停水通知</title>".encode(), FIRST, HTML),
                _exchange(f"{COLUMN}202001/waf.html", CHALLENGE.encode(), FIRST, HTML),
                _exchange(f"http://{HOST}/elsewhere/t20200101_1.html", PAGE_BODY, FIRST, HTML),
            ],
        )


def _exchange(
    url: str,
    body: bytes,
    at: datetime,
    kind: str,
    *more: tuple[str, str],
    status: str = "200 OK",
    chunked: bool = False,
) -> Pending:
    number, _, reason = status.partition(" ")
    length = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))
    headers = (("Server", "nginx/1.10"), ("Content-Type", kind), *more, length)
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    return Pending(Answer(url, int(number), reason, headers, body, at, wire=Wire(head.encode(), framed)), "article")
