"""The large web archives are asked as they want to be asked, and no answer of theirs can do harm or go on without end."""

from __future__ import annotations

import gzip
import json
import signal
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from archive import captures, reports
from archive.captures import Capture, from_row
from archive.catalogue import select_captures
from archive.schema import CaptureRow
from archive.store import Archive
from archive.upkeep.verify import verify
from archive.warcs.records import SOURCE
from crawler.backfill import errands_of, prefix_of
from crawler.cdx import Query
from crawler.entries import PortalEntry
from tests.crawler import oldportal, pages
from tests.crawler.commands import Ran, start, xxgk, xxgk_loaded
from tests.crawler.oldportal import CHANGED, CHANGED_BODY, COLUMN, FIRST, GBK, GBK_BODY, PACKED, PAGE, PAGE_BODY
from tests.crawler.servers import serve
from tests.crawler.webstubs import PLAIN, Answering, Held, Web, common_crawl, line_of, proxied, ranges, wayback
from tests.replay.server import Asked, Reply

ORIGINAL = (("X-Archive-Orig-Server", "nginx/1.10"), ("X-Archive-Orig-Content-Length", "99"), ("Server", "archive"))
PLAIN_BODY = gzip.decompress(oldportal.PACKED_BODY)
OTHER = "http://archive.example.org/all"


def backfill(
    folder: Path, web: Web, *more: str, source: str = "wayback", prelude: str = "", portal: str = COLUMN
) -> Ran:
    with proxied(web) as proxy:
        command = ("backfill", portal, "--from", source, "--delay", "0", "--json", *more)
        return xxgk_loaded(*command, folder=folder, prelude=PLAIN + prelude, http_proxy=proxy)


def imported(folder: Path) -> dict[tuple[str, datetime], tuple[bytes, dict[str, str], str | None]]:
    """Body, head and source of what was taken over."""
    with Archive.open(folder / "xxgk-archive") as archive:
        assert verify(archive) == []
        with archive.session() as session:
            rows = [from_row(*row) for row in session.execute(select_captures().where(CaptureRow.role == "import"))]
        return {
            (one.url, one.fetched_at): (
                captures.payload(archive, one),
                dict(captures.head(archive, one)),
                captures.read(archive, one).field(SOURCE),
            )
            for one in rows
        }


def years(folder: Path) -> set[tuple[str | None, int | None]]:
    with Archive.open(folder / "xxgk-archive") as archive:
        return {(line.publisher, line.report_year) for line in reports.list_reports(archive)}


def test_the_wayback_machine_is_read_to_its_last_line(tmp_path: Path) -> None:
    held = [
        Held(PAGE, FIRST, PAGE_BODY, headers=ORIGINAL),
        Held(PAGE, CHANGED, CHANGED_BODY, headers=ORIGINAL),
        Held(f"{COLUMN}logo.css", FIRST, b"a{}", kind="text/css"),
        Held(GBK, FIRST, GBK_BODY, headers=ORIGINAL),
        Held(PACKED, FIRST, PLAIN_BODY, headers=(*ORIGINAL, ("Content-Encoding", "gzip")), sent=oldportal.PACKED_BODY),
    ]
    web = Web({"web.archive.org": wayback(held)})
    ran = backfill(tmp_path, web)
    assert ran.status == 0, ran.err
    questions = [parse_qs(urlsplit(url).query) for url in web.asked if "/cdx/" in url]
    assert [one.get("resumeKey") for one in questions] == [None, ["2"], ["4"]]
    assert {one["limit"][0] for one in questions} == {"2"}
    found = imported(tmp_path)
    assert {place: body for place, (body, _, _) in found.items()} == {
        (PAGE, FIRST): PAGE_BODY, (PAGE, CHANGED): CHANGED_BODY, (GBK, FIRST): GBK_BODY, (PACKED, FIRST): PLAIN_BODY,
    }  # fmt: skip
    _, head, source = found[PACKED, FIRST]  # it was packed for the way only: the digest is of what was sent then
    assert (head["Server"], head.get("Content-Encoding"), source) == (
        "nginx/1.10", None, f"web.archive.org 20200201030405 {PACKED}",
    )  # fmt: skip
    assert head["X-Archive-Orig-Content-Length"] == "99"
    assert years(tmp_path) == {(agency, 2019) for agency in pages.AGENCIES[:3]}


@pytest.fixture(scope="module")
def warc(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, str]], dict[str, bytes]]:
    """The lines and the files of a crawl: our own records, as any other's."""
    folder = tmp_path_factory.mktemp("crawl")
    oldportal.keep(folder)
    with Archive.open(folder) as archive, archive.session() as session:
        rows = session.execute(select_captures().order_by(CaptureRow.url, CaptureRow.fetched_at))
        found: list[Capture] = [from_row(*row) for row in rows]
    lines = [line_of(one, one.content_type or "") for one in found if one.kind == "response" and one.status == 200]
    wanted = [line for line in lines if line["url"].startswith(COLUMN)]
    return wanted, {line["filename"]: (folder / line["filename"]).read_bytes() for line in wanted}


def test_common_crawl_is_read_record_by_record(
    tmp_path: Path, warc: tuple[list[dict[str, str]], dict[str, bytes]]
) -> None:
    lines, files = warc
    web = Web({"index.commoncrawl.org": common_crawl(lines), "data.commoncrawl.org": ranges(files)})
    ran = backfill(tmp_path, web, source="commoncrawl")
    assert ran.status == 0, ran.err
    with Archive.open(tmp_path / "xxgk-archive") as archive, archive.session() as session:
        rows = [from_row(*row) for row in session.execute(select_captures().where(CaptureRow.role == "import"))]
        exact = {(one.url, one.fetched_at): captures.read(archive, one) for one in rows}
    assert set(exact) == oldportal.TAKEN
    assert exact[PACKED, FIRST].head.startswith(b"HTTP/1.1 200 OK\r\nServer: nginx/1.10\r\n")
    assert b"Transfer-Encoding: chunked\r\n" in exact[PACKED, FIRST].head
    assert exact[PACKED, FIRST].payload.endswith(b"\r\n0\r\n\r\n")
    assert exact[PAGE, FIRST].field(SOURCE) == f"data.commoncrawl.org 20200201030405 {PAGE}"
    assert years(tmp_path) == oldportal.REPORTS
    imported(tmp_path)


def test_a_record_that_is_not_what_the_index_says_is_left_out(
    tmp_path: Path, warc: tuple[list[dict[str, str]], dict[str, bytes]]
) -> None:
    lines, files = warc
    one, two, three, four = (line for line in lines if line["url"] in {PAGE, GBK, PACKED})
    bad = [
        {**one, "offset": two["offset"], "length": two["length"]},
        {**two, "offset": str(int(two["offset"]) + 1)},
        {**three, "length": "20"},
        {**four, "filename": ""},
    ]
    web = Web({"index.commoncrawl.org": common_crawl(bad), "data.commoncrawl.org": ranges(files)})
    ran = backfill(tmp_path, web, source="commoncrawl")
    assert ran.status == 0, ran.err
    assert ran.lines[0]["reasons"] == {"another capture came": 1, "no record stands there": 2, "no capture came": 1}
    assert imported(tmp_path) == {}


def index(*lines: Any, key: str = "") -> Reply:
    rows = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return Reply("\n".join([*rows, *(["", key] if key else [])]).encode(), content_type="text/x-ndjson")


def line(url: str = PAGE, stamp: str = "20200201030405", **more: str) -> dict[str, str]:
    return {"urlkey": "k", "timestamp": stamp, "url": url, "mime": "text/html", "status": "200", **more}


def other(*lines: Any, replay: Reply | None = None) -> Web:
    """A web archive with one answer to every question, and one to every capture asked for."""
    sent = replay if replay is not None else Held(PAGE, FIRST, PAGE_BODY).reply()

    def answer(path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        del said, asked
        return index(*lines) if path == "/all/cdx" else sent

    return Web({"archive.example.org": answer})


HOSTILE = [
    (line("http://www.elsewhere.gov.cn/a.html"), "another host or scheme"),
    (line("javascript:alert(1)"), "another host or scheme"),
    (line("http://127.0.0.1/admin"), "another host or scheme"),
    (line("http://169.254.169.254/latest/meta-data/"), "another host or scheme"),
    (line("file:///etc/passwd"), "another host or scheme"),
    (line(f"http://{oldportal.HOST}@127.0.0.1/"), "another host or scheme"),
    (line("http://[half"), "another host or scheme"),
    (line(length=str(300 << 20)), "too large"),
    (line(stamp="20991231000000"), "another time"),
    (line(stamp="19700101000000"), "another time"),
    (line(status="503"), "another status"),
    (line(mime="video/mp4"), "no document"),
    (line(COLUMN), "a list"),
]


def test_hostile_lines_are_counted_and_nothing_is_fetched_for_them(tmp_path: Path) -> None:
    bad: list[Any] = [each for each, _ in HOSTILE]
    web = other(*bad, "{broken", "[[[[", line(stamp="99999999999999"), line(), "\x00\x01", "x" * 100_000)
    ran = backfill(tmp_path, web, source=OTHER, prelude='w.read = lambda text: read(text.replace("20000", "99"))')
    assert ran.status == 0, ran.err
    (done,) = ran.lines
    assert done["reasons"] == {reason: sum(each == reason for _, each in HOSTILE) for _, reason in HOSTILE}
    assert done["damaged"] == 5
    assert [url for url in web.asked if "/cdx?" not in url] == [f"{OTHER}/20200201030405id_/{PAGE}"]
    assert set(imported(tmp_path)) == {(PAGE, FIRST)}


def test_an_index_without_end_is_left(tmp_path: Path) -> None:
    keys = iter(range(10_000))

    def endless(path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        del said, asked
        return index(line(), key=f"k{next(keys)}") if path == "/all/cdx" else Held(PAGE, FIRST, PAGE_BODY).reply()

    web = Web({"archive.example.org": endless})
    ran = backfill(tmp_path, web, source=OTHER, prelude="import crawler.backfilling as b\nb.MOST_PAGES = 5")
    assert ran.status == 1
    assert "more than 5 pages" in ran.lines[0]["problems"][0]
    assert sum("/cdx?" in url for url in web.asked) == 5
    assert set(imported(tmp_path)) == {(PAGE, FIRST)}


def test_a_resume_key_that_comes_again_ends_the_question(tmp_path: Path) -> None:
    web = Web({"archive.example.org": lambda *_: index(line(status="404"), key="same")})
    assert backfill(tmp_path, web, source=OTHER).status == 0
    assert len(web.asked) == 2


def test_an_index_that_is_cut_and_cannot_go_on_says_so(tmp_path: Path) -> None:
    web = other(line(status="404"), line(status="500"))
    ran = backfill(tmp_path, web, source=OTHER)
    assert ran.status == 1
    assert "more than 2 lines and no way to go on" in ran.lines[0]["problems"][0]


NO_INDEXES = {
    "page": (Reply(b"<html><body><h1>Welcome</h1></body></html>"), "blocked:"),
    "brackets": (Reply(b"[" * 200_000, content_type="application/json"), "answered no lines of an index"),
    "gzip": (Reply(b"\x1f\x8b" + b"x" * 50, headers=(("Content-Encoding", "gzip"),)), "answered no lines of an index"),
    "busy": (Reply(b"busy", 503, "text/plain"), "(status 503)"),
    "error": (Reply(b"{}" * 10, 400, "application/json"), "(status 400)"),
    "challenge": (Reply(oldportal.CHALLENGE.encode()), "blocked:"),
}


def test_what_is_no_index_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    def answer(path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        del path, asked
        return NO_INDEXES[urlsplit(said["url"][0]).path.strip("/")][0]

    places = [f"http://{oldportal.HOST}/{name}/" for name in NO_INDEXES if name != "page"]
    web = Web({"archive.example.org": answer})
    ran = backfill(tmp_path, web, *places, source=OTHER, portal=f"http://{oldportal.HOST}/page/")
    assert ran.status == 1, ran.err
    problems = ran.lines[0]["problems"]
    assert len(problems) == len(NO_INDEXES)
    for sentence, (_, word) in zip(problems, NO_INDEXES.values(), strict=True):
        assert word in sentence
    assert imported(tmp_path) == {}


def test_robots_txt_of_the_web_archive_is_obeyed(tmp_path: Path) -> None:
    web = other(line())
    web.robots["archive.example.org"] = "User-agent: *\nDisallow: /all/cdx"
    ran = backfill(tmp_path, web, source=OTHER)
    assert ran.status == 1
    assert "disallowed" in ran.lines[0]["problems"][0]
    assert web.asked == []


MOMENT = ("Memento-Datetime", "Sat, 01 Feb 2020 03:04:05 GMT")
LATER = ("Memento-Datetime", "Sat, 08 Feb 2020 03:04:05 GMT")


NO_CAPTURES = [
    (Reply(PAGE_BODY), "no capture came"),
    (Reply(PAGE_BODY, headers=(LATER,)), "another capture came"),
    (Reply(b"", 302, headers=(("Location", "http://127.0.0.1/"), MOMENT)), "another capture came"),
    (Reply(b"", 302, headers=(("Location", f"{OTHER}/2021id_/{PAGE}"),)), "no capture came"),
    (Reply(b"not archived", 404, "text/plain"), "no capture came"),
    (Reply(oldportal.CHALLENGE.encode(), headers=(MOMENT,)), "a challenge page"),
    (Reply("<title>停水通知</title>".encode(), headers=(MOMENT,)), "no document"),
    (Reply(b"busy", 503, "text/plain"), "could not be fetched"),
    (Reply(oldportal.CHALLENGE.encode()), "could not be fetched"),
]


def test_what_is_not_the_capture_asked_for_is_not_taken(tmp_path: Path) -> None:
    places = {f"{COLUMN}{number}.html": reply for number, (reply, _) in enumerate(NO_CAPTURES)}

    def answer(path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        del said, asked
        if path != "/all/cdx":
            return places[path.partition("id_/")[2]]
        return index(*(line(url) for url in places), key="more")

    web = Web({"archive.example.org": answer})
    ran = backfill(tmp_path, web, source=OTHER)
    assert ran.status == 1, ran.err
    (done,) = ran.lines
    assert done["reasons"] == Counter(reason for _, reason in NO_CAPTURES)
    assert sorted(sentence.partition(":")[0] for sentence in done["problems"]) == ["blocked", "unreachable"]
    assert imported(tmp_path) == {}
    assert {urlsplit(url).hostname for url in web.asked} == {"archive.example.org"}


def test_a_web_archive_that_gives_nothing_any_more_is_left_alone(tmp_path: Path) -> None:
    def answer(path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        del said, asked
        if path != "/all/cdx":
            return Reply(b"slow down", 429, "text/plain", (("Retry-After", "0"),))
        return index(*(line(f"{COLUMN}{number}.html") for number in range(30)), key="more")

    web = Web({"archive.example.org": answer})
    ran = backfill(tmp_path, web, source=OTHER)
    assert ran.status == 1, ran.err
    assert ran.lines[0]["reasons"] == {"could not be fetched": 30}
    assert sum("id_/" in url for url in web.asked) in {10, 11}  # one was on its way
    problems = ran.lines[0]["problems"]
    assert len(problems) == 12
    assert all("10 times in a row with an error and is left alone" in sentence for sentence in problems[:-1])
    assert "20 more captures were not answered" in problems[-1]


def test_what_was_looked_at_and_is_no_report_is_not_asked_for_again(tmp_path: Path) -> None:
    web = other(line(), replay=Reply("<title>停水通知</title>".encode(), headers=(MOMENT,)))
    for reason in ("no document", "looked at before"):
        assert backfill(tmp_path, web, source=OTHER).lines[0]["reasons"] == {reason: 1}
    assert sum("id_/" in url for url in web.asked) == 1


def test_a_capture_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    small = "import crawler.settings\ncrawler.settings.DOWNLOAD_MAXSIZE = 1000"
    ran = backfill(tmp_path, other(line()), source=OTHER, prelude=small)
    assert ran.status == 1
    assert ran.lines[0]["reasons"] == {"could not be fetched": 1}


def test_bytes_with_another_digest_than_the_index_states_are_kept_and_told(tmp_path: Path) -> None:
    ran = backfill(tmp_path, other(line(digest="A" * 32)), source=OTHER)
    assert (ran.status, ran.lines[0]["unproven"]) == (1, 1)
    assert set(imported(tmp_path)) == {(PAGE, FIRST)}


def test_what_a_list_named_and_nobody_could_fetch_is_asked_for_by_its_address(tmp_path: Path) -> None:
    lost = f"http://{oldportal.HOST}/lost/t20250121_9.html"
    shown = pages.portal(1, host=oldportal.HOST)
    title = f"{pages.AGENCIES[4]}2024年政府信息公开工作年度报告"
    shown[f"{oldportal.HOST}{pages.COLUMN}"] = pages.column([("/lost/t20250121_9.html", title)])
    with serve(shown) as proxy:
        xxgk("crawl", COLUMN, "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
    body = pages.article(pages.AGENCIES[4]).encode()
    when = datetime(2025, 2, 1, tzinfo=UTC)
    web = Web({"web.archive.org": wayback([Held(lost, when, body)])})
    ran = backfill(tmp_path, web)
    assert ran.status == 0, ran.err
    asked = [(one["matchType"][0], one["url"][0]) for url in web.asked if (one := parse_qs(urlsplit(url).query))]
    assert asked == [("prefix", COLUMN), ("exact", lost)]
    assert set(imported(tmp_path)) == {(lost, when)}
    assert (pages.AGENCIES[4], 2024) in years(tmp_path)


@pytest.mark.parametrize(
    ("column", "prefix"),
    [
        ("http://x.gov.cn/czj/ndbg/", "http://x.gov.cn/czj/ndbg/"),
        ("http://x.gov.cn/czj/ndbg/index.html", "http://x.gov.cn/czj/ndbg/"),
        ("http://x.gov.cn/czj/ndbg/index_2.shtml", "http://x.gov.cn/czj/ndbg/"),
        ("http://x.gov.cn/index.html", "http://x.gov.cn/"),
        ("http://x.gov.cn/", "http://x.gov.cn/"),
        ("http://x.gov.cn/zwgk/ndbg.shtml", "http://x.gov.cn/zwgk/ndbg"),
        ("http://x.gov.cn/list.jsp?column=12", "http://x.gov.cn/list.jsp?column=12"),
    ],
)
def test_what_stands_below_a_column_begins_with_its_folder_or_its_name(column: str, prefix: str) -> None:
    assert prefix_of(column) == prefix


def test_a_column_within_another_is_not_asked_for_twice(tmp_path: Path) -> None:
    inner, other_scheme = f"{COLUMN}2020/", COLUMN.replace("http:", "https:")
    entry = PortalEntry(id="qinghe", url=inner, entries=(COLUMN, f"{other_scheme}2019/index.html"))
    with Archive.open(tmp_path, create=True, write=True) as archive:
        assert [errand.query for errand in errands_of(archive, entry)] == [Query(COLUMN, "prefix")]


class Door:
    """Holds the answer to the second capture asked for until the test has done what it wants to do then."""

    def __init__(self, behind: Answering) -> None:
        self.reached, self.over = threading.Event(), threading.Event()
        self._behind = behind
        self._count = 0

    def __call__(self, path: str, said: dict[str, list[str]], asked: Asked) -> Reply:
        if "id_/" in path:
            self._count += 1
            if self._count == 2:
                self.reached.set()
                assert self.over.wait(60)
        return self._behind(path, said, asked)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 3), (signal.SIGINT, 3), (signal.SIGKILL, -9)])
def test_a_backfill_that_is_stopped_goes_on(tmp_path: Path, number: signal.Signals, status: int) -> None:
    held = [Held(PAGE, FIRST + timedelta(days=day), PAGE_BODY + b" " * day) for day in range(4)]
    door = Door(wayback(held))
    web = Web(
        {"archive.example.org": lambda path, said, asked: door(_as_wayback(path), {"fl": [FIELDS], **said}, asked)}
    )
    with proxied(web) as proxy:
        process = start("backfill", COLUMN, "--from", OTHER, "--delay", "0", folder=tmp_path, http_proxy=proxy)
        assert door.reached.wait(60)
        process.send_signal(number)
        door.over.set()
        process.communicate(timeout=30)
        assert process.returncode == status
        command = ("backfill", COLUMN, "--from", OTHER, "--delay", "0", "--json")
        ran = xxgk(*command, folder=tmp_path, http_proxy=proxy)
    assert ran.status == 0, ran.err
    assert set(imported(tmp_path)) == {(one.url, one.at) for one in held}
    (one,) = reports_of(tmp_path)
    assert (one.line.report_year, one.first_seen_at) == (2019, FIRST)


FIELDS = "urlkey,timestamp,original,mimetype,statuscode,digest,length"


def _as_wayback(path: str) -> str:
    return "/cdx/search/cdx" if path == "/all/cdx" else path.replace("/all/", "/web/")


def reports_of(folder: Path) -> list[reports.ReportView]:
    with Archive.open(folder / "xxgk-archive") as archive:
        views = [reports.show(archive, str(found.id)) for found in reports.list_reports(archive)]
    return [view for view in views if view is not None]
