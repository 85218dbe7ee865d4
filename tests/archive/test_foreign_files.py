"""What other programs' files become in the archive."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
from fastwarc.stream_io import ZstdWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.captures import Capture, latest, of_address, payload, read
from archive.errors import UnreadableImport
from archive.foreign import Bookmark, Source, label, records
from archive.imports import Imported, import_paths
from archive.reports import list_reports, show
from archive.store import Archive
from archive.verify import verify
from tests.archive.answers import publish, report_page
from tests.archive.conftest import Place
from tests.archive.foreign import HTML, UNMODIFIED, WHEN, Writer, arc, chunked, sha1, urn, wacz
from tests.papers.paper import paper

URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"
OTHER = "http://xxgk.qingwan.gov.cn/slj/1.html"
LATER = "2022-03-04T05:06:07Z"
PAGE = report_page(paper("清湾市财政局", 2020))
OTHER_PAGE = report_page(paper("清湾市水利局", 2020))
ORDINARY = "<title>信息公开指南</title><p>政府信息公开指南</p>".encode()


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Archive]:
    """An archive on SQLite, for what no database has a part in."""
    with Archive.open(tmp_path / "archive", create=True, write=True) as opened:
        yield opened


def the_capture(archive: Archive, url: str = URL) -> Capture:
    capture = latest(archive, url)
    assert capture is not None
    return capture


def imported(archive: Archive, writer: Writer, path: Path) -> Imported:
    return import_paths(archive, [writer.save(path)])


# Containers


def packed_with_zstd(data: bytes, path: Path) -> bytes:
    with path.open("wb") as file, ZstdWriter(file) as writer:
        writer.write(data)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "whole.warc.gz", "a.warc.zst", "a.warc.gz.open", "a.wacz"])
def test_a_file_is_read_however_it_is_packed(table: Archive, tmp_path: Path, name: str) -> None:
    writer = Writer(gzip=name in {"a.warc.gz", "a.warc.gz.open", "a.wacz"})
    writer.response(URL, PAGE)
    writer.response(OTHER, OTHER_PAGE)
    path = writer.save(tmp_path / name)
    if name.startswith("whole"):
        path.write_bytes(gzip.compress(writer.data))
    elif name.endswith("zst"):
        packed_with_zstd(writer.data, path)
    elif name.endswith("wacz"):
        wacz(path, data=writer.data)
    found = import_paths(table, [path])
    assert (found.captures, found.problems) == (2, ())
    assert [line.url for line in list_reports(table)] == [URL, OTHER]
    assert import_paths(table, [path]).known == 2


@pytest.mark.parametrize("packed", [False, True])
def test_an_arc_file_is_read(table: Archive, tmp_path: Path, packed: bool) -> None:
    data = arc(("dns:xxgk.qingwan.gov.cn", b"10.0.0.1"), (URL, PAGE), ("http://a.gov.cn/a b.html", OTHER_PAGE))
    path = tmp_path / ("a.arc.gz" if packed else "a.arc")
    path.write_bytes(gzip.compress(data) if packed else data)
    found = import_paths(table, [path])
    assert (found.captures, found.skipped, found.problems) == (2, 1, ())
    capture = the_capture(table)
    assert (capture.fetched_at.isoformat(), capture.content_type) == ("2021-02-03T04:05:06+00:00", "text/html")
    assert payload(table, capture) == PAGE
    assert verify(table) == []


def test_an_arc_file_of_version_2_is_read(tmp_path: Path) -> None:
    block = b"HTTP/1.0 200 OK\r\n\r\nx"
    line = b"http://a.gov.cn/ 10.0.0.1 20210203040506 text/html 200 abc - 120 a.arc %d\n" % len(block)
    (tmp_path / "a.arc").write_bytes(line + block + b"\n")
    (one,) = records(Source(tmp_path / "a.arc", "a.arc"), Bookmark())
    assert (one.url, one.record.payload) == ("http://a.gov.cn/", b"x")


def test_a_wacz_file_unpacks_nothing_by_its_own_name(table: Archive, tmp_path: Path) -> None:
    writer = Writer()
    writer.response(URL, PAGE)
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/../../escaped.warc.gz", writer.data)
        file.writestr("elsewhere/b.warc.gz", writer.data)
    before = set(tmp_path.rglob("*"))
    assert import_paths(table, [path]).captures == 1
    assert not list(tmp_path.parent.rglob("escaped*"))
    assert {one for one in set(tmp_path.rglob("*")) - before if table.folder not in one.parents} == set()


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        ("archive/zeros.warc", "unpacks to more than"),
        ("pages/pages.jsonl", "holds no archive"),
        (None, "no whole WACZ"),
    ],
)
def test_what_is_no_sound_wacz_file_is_a_problem(
    table: Archive, tmp_path: Path, member: str | None, problem: str
) -> None:
    path = tmp_path / "a.wacz"
    path.write_bytes(b"PK no zip at all")
    if member is not None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(member, bytes(3_000_000))
    found = import_paths(table, [path])
    assert found.captures == 0
    assert problem in found.problems[0]


def test_a_file_that_inflates_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.unpacked._MUCH", 1 << 20)
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 100000000\r\n\r\n"
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(head + bytes(8 << 20)))
    with pytest.raises(UnreadableImport, match="unpacks to more than 300 times"):
        list(records(Source(tmp_path / "a.warc.gz", "a"), Bookmark()))


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("packing", ["plain", "members", "whole", "padded"])
def test_nothing_is_missed_wherever_the_steps_of_reading_fall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str, step: int
) -> None:
    monkeypatch.setattr("archive.unpacked._STEP", step)
    writer = many(gzip=packing in {"members", "padded"})
    data = gzip.compress(writer.data) if packing == "whole" else writer.data
    if packing == "padded":
        parts = zip([0, *writer.ends], writer.ends, strict=False)
        data = b"".join(writer.data[start:end] + bytes(9) for start, end in parts)
    got, problem = read_back(tmp_path / "a.warc", data)
    assert got == [f"http://a.gov.cn/{number}" for number in range(6)]
    assert problem is None


# Damage


def many(gzip: bool) -> Writer:
    writer = Writer(gzip=gzip)
    for number in range(6):
        writer.response(f"http://a.gov.cn/{number}", b"%d" % number * (50 << number))
    return writer


def read_back(path: Path, data: bytes) -> tuple[list[str | None], str | None]:
    """The addresses of what is read of a file, and what is wrong with it."""
    path.write_bytes(data)
    got: list[str | None] = []
    try:
        for one in records(Source(path, path.name), Bookmark()):
            got.append(one.url)
            assert one.is_sound
    except UnreadableImport as error:
        return got, str(error)
    return got, None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gzip=st.booleans(), share=st.floats(0, 1, exclude_max=True))
def test_of_a_file_cut_anywhere_all_before_the_cut_is_read_and_the_cut_is_said(
    tmp_path: Path, gzip: bool, share: float
) -> None:
    writer = many(gzip)
    cut = int(share * len(writer.data))
    got, problem = read_back(tmp_path / "a.warc", writer.data[:cut])
    whole = sum(end <= cut for end in writer.ends[1:])
    slack = 24 if gzip else 4  # the trailer, the empty lines: nothing of the record
    assert whole <= len(got) <= sum(end - slack <= cut for end in writer.ends[1:])
    at_a_boundary = cut == 0 or any(end - (0 if gzip else 4) <= cut <= end for end in writer.ends)
    assert (problem is None) == at_a_boundary
    assert problem is None or "at byte" in problem


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_of_a_file_with_a_changed_byte_all_before_it_is_read_and_no_changed_record(
    tmp_path: Path, share: float, mask: int
) -> None:
    writer = many(gzip=True)
    at = int(share * len(writer.data))
    data = bytearray(writer.data)
    data[at] ^= mask
    got, problem = read_back(tmp_path / "a.warc", bytes(data))
    number = sum(end <= at for end in writer.ends)  # of the member that holds it
    assert got[: max(0, number - 1)] == [f"http://a.gov.cn/{one}" for one in range(number - 1)]
    if problem is None:  # a bit of the packing that means nothing
        assert got == [f"http://a.gov.cn/{one}" for one in range(6)]
    else:
        assert f"at byte {[0, *writer.ends][number]}" in problem


def test_a_damaged_file_says_which_and_where_and_the_rest_is_imported(archive: Archive, tmp_path: Path) -> None:
    writer = Writer()
    writer.response(URL, PAGE)
    start = writer.ends[-1]
    writer.response(OTHER, OTHER_PAGE)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(writer.data[:-300])
    found = import_paths(archive, [path])
    assert found.captures == 1
    (problem,) = found.problems
    assert str(path) in problem
    assert f"at byte {start}" in problem


def test_a_record_that_is_not_what_its_digest_says_is_not_imported(table: Archive, tmp_path: Path) -> None:
    writer = Writer(gzip=False)
    writer.response(URL, PAGE)
    writer.response(OTHER, OTHER_PAGE)
    path = tmp_path / "a.warc"
    path.write_bytes(writer.data.replace("清湾市财政局".encode(), "清湾市水务局".encode()))
    found = import_paths(table, [path])
    assert (found.captures, found.reasons) == (1, {"damaged": 1})
    assert "1 records are not what their digests say" in found.problems[0]


def test_a_cut_zstd_file_gives_what_is_whole(tmp_path: Path) -> None:
    writer = many(gzip=False)
    data = b"".join(
        packed_with_zstd(writer.data[start:end], tmp_path / "part")
        for start, end in zip([0, *writer.ends], writer.ends, strict=False)
    )
    got, problem = read_back(tmp_path / "a.warc.zst", data[:-5])
    assert got == [f"http://a.gov.cn/{number}" for number in range(5)]
    assert problem is not None


# Records


@pytest.mark.parametrize("before", [True, False])
def test_a_general_crawl_is_read_with_its_requests(table: Archive, tmp_path: Path, before: bool) -> None:
    """Request, response and metadata side by side, the request before the response or behind it."""
    writer = Writer()
    request = writer.request(URL, urn(1)) if before else b""
    name = writer.response(URL, PAGE)
    if not before:
        request = writer.request(URL, name)
    writer.record("metadata", URL, b"fetchTimeMs: 7", status=None, content_type="application/warc-fields")
    writer.record("conversion", URL, "信息公开".encode(), status=None, content_type="text/plain")
    writer.request(OTHER, None)
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert (found.captures, found.skipped, found.problems) == (1, 0, ())
    capture = the_capture(table)
    data = (table.folder / capture.file).with_name(f"{Path(capture.file).name}.open").read_bytes()
    kept = gzip.decompress(data)
    assert request in kept
    assert b"WARC-Concurrent-To: <urn:uuid:" + capture.record_id.encode() in kept
    assert b"fetchTimeMs" not in kept
    assert verify(table) == []


def test_a_record_says_where_it_was_taken_from(table: Archive, tmp_path: Path) -> None:
    writer = Writer()
    name = writer.response(URL, PAGE)
    import_paths(table, [wacz(tmp_path / "crawl.wacz", data=writer.data)])
    record = read(table, the_capture(table))
    assert record.field("XXGK-Source") == f"{name} in crawl.wacz/archive/data.warc.gz"


@pytest.mark.parametrize(
    ("headers", "body", "protocol"),
    [
        (HTML, PAGE, "HTTP/2"),
        (HTML, PAGE, "HTTP/1.0"),
        ([*HTML, ("Transfer-Encoding", "chunked")], chunked(PAGE), "HTTP/1.1"),
        ([*HTML, ("Transfer-Encoding", "chunked")], PAGE, "HTTP/1.1"),
        ([*HTML, ("Content-Encoding", "gzip")], gzip.compress(PAGE), "HTTP/1.1"),
        (
            [*HTML, ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")],
            chunked(gzip.compress(PAGE)),
            "HTTP/1.1",
        ),
        ([*HTML, ("Content-Encoding", "gzip")], PAGE, "HTTP/1.1"),
        ([*HTML, ("Content-Encoding", "br")], brotli.compress(PAGE), "HTTP/1.1"),
        ([*HTML, ("x-orig-content-encoding", "br"), ("x-orig-transfer-encoding", "chunked")], PAGE, "HTTP/1.1"),
        ([*HTML, ("X-Archive-Orig-Transfer-Encoding", "chunked"), ("Content-Length", "7")], PAGE, "HTTP/1.1"),
    ],
)
def test_a_body_is_read_as_it_is_meant_and_kept_as_it_stands(
    table: Archive, tmp_path: Path, headers: list[tuple[str, str]], body: bytes, protocol: str
) -> None:
    writer = Writer()
    writer.response(URL, body, "200" if protocol == "HTTP/2" else "200 OK", headers=headers, protocol=protocol)
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert (found.derived.created, found.problems) == (1, ())
    capture = the_capture(table)
    assert payload(table, capture) == PAGE
    record = read(table, capture)
    lines = [
        f"{protocol} 200" if protocol == "HTTP/2" else f"{protocol} 200 OK",
        *(f"{name}: {value}" for name, value in headers),
    ]
    assert record.head == "\r\n".join([*lines, "", ""]).encode()
    assert record.payload == body
    assert verify(table) == []


@pytest.mark.parametrize(
    ("url", "status", "headers", "body", "fields", "reason"),
    [
        ("urn:text:http://a.gov.cn/", None, None, "信息公开".encode(), {}, "no document"),
        ("text:信息公开", None, None, "信息公开".encode(), {}, "no document"),
        (URL, "302 Found", [("Location", OTHER)], b"", {}, "redirect"),
        (URL, "503 Busy", HTML, PAGE, {}, "another status"),
        (URL, "200 OK", [("Content-Type", "image/png")], b"\x89PNG", {}, "no document"),
        (URL, "200 OK", [("Content-Type", "application/octet-stream")], b"\x00\x01\x02", {}, "no document"),
        (URL, "200 OK", HTML, b"<p>a page of another country</p>", {}, "no document"),
        (URL, "200 OK", HTML, b"", {}, "no document"),
        (URL, "200 OK", HTML, PAGE, {"WARC-Truncated": "length"}, "cut by its writer"),
        (URL, "200 OK", HTML, PAGE, {"XXGK-Role": "list"}, "no document"),
        ("http://a.gov.cn/" + "a" * 3000, "200 OK", HTML, PAGE, {}, "no address or time"),
        (URL, "200 OK", HTML, PAGE, {"WARC-Date": "yesterday"}, "no address or time"),
    ],
)
def test_what_is_no_document_is_counted_with_its_reason(
    table: Archive,
    tmp_path: Path,
    url: str,
    status: str | None,
    headers: list[tuple[str, str]] | None,
    body: bytes,
    fields: dict[str, str],
    reason: str,
) -> None:
    writer = Writer()
    kind = "resource" if status is None else "response"
    writer.record(
        kind,
        url,
        body,
        status=status,
        headers=headers,
        fields=fields,
        content_type="text/plain" if status is None else None,
    )
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert (found.captures, found.skipped, found.reasons) == (0, 1, {reason: 1})
    assert found.problems == ()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_a_report_is_recognised_in_every_encoding(table: Archive, tmp_path: Path, encoding: str) -> None:
    page = PAGE.decode().replace("utf-8", encoding).encode(encoding)
    writer = Writer()
    writer.response(URL, page, headers=[("Content-Type", "text/html")])
    assert imported(table, writer, tmp_path / "a.warc.gz").captures == 1


def test_a_record_larger_than_any_report_is_passed_over(
    table: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.foreign.LARGEST", len(PAGE) + 1000)
    writer = Writer()
    writer.response(OTHER, PAGE * 3)
    writer.response(URL, PAGE)
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert (found.captures, found.reasons) == (1, {"too large": 1})


# Revisits


def refers(url: str, date: str, to: str | None = None) -> dict[str, str]:
    fields = {"WARC-Refers-To-Target-URI": url, "WARC-Refers-To-Date": date}
    return {**fields, "WARC-Refers-To": to} if to is not None else fields


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "fields",
    [refers(URL, WHEN), {"WARC-Refers-To": urn(77)}, refers(URL, WHEN, urn(77)), {}],
    ids=["by address and time", "by id", "by both", "by digest"],
)
def test_a_revisit_has_the_body_of_its_original(
    table: Archive, tmp_path: Path, fields: dict[str, str], first: bool
) -> None:
    one, two = Writer(), Writer()
    one.response(URL, PAGE, fields={"WARC-Record-ID": urn(77)})
    two.revisit(OTHER, sha1(PAGE), fields=fields, date=LATER, headers=[*HTML, ("X-Cache", "hit")])
    files = tmp_path / "files"
    files.mkdir()
    one.save(files / ("a.warc.gz" if first else "c.warc.gz"))
    two.save(files / "b.warc.gz")
    found = import_paths(table, [files])
    assert (found.captures, found.problems) == (2, ())
    capture = the_capture(table, OTHER)
    assert (capture.kind, capture.fetched_at.isoformat()) == ("revisit", "2022-03-04T05:06:07+00:00")
    assert payload(table, capture) == PAGE
    assert b"X-Cache: hit" in read(table, capture).head
    assert verify(table) == []
    assert import_paths(table, [files]).known == 2


@pytest.mark.parametrize("fields", [refers(URL, WHEN), {}], ids=["by address and time", "by digest"])
def test_a_revisit_of_what_was_imported_before_is_found_in_the_archive(
    archive: Archive, tmp_path: Path, fields: dict[str, str]
) -> None:
    one, two = Writer(), Writer()
    one.response(URL, chunked(PAGE), headers=[*HTML, ("Transfer-Encoding", "chunked")])
    imported(archive, one, tmp_path / "a.warc.gz")
    two.revisit(URL, sha1(PAGE), fields=fields, date=LATER)
    found = imported(archive, two, tmp_path / "b.warc.gz")
    assert (found.captures, found.problems) == (1, ())
    captures = list(of_address(archive, URL))
    assert [payload(archive, capture) for capture in captures] == [PAGE, PAGE]
    assert verify(archive) == []


def test_a_revisit_without_a_head_has_that_of_its_original(table: Archive, tmp_path: Path) -> None:
    writer, packed = Writer(), gzip.compress(PAGE)
    writer.response(URL, packed, headers=[*HTML, ("Content-Encoding", "gzip")])
    writer.revisit(OTHER, sha1(packed), status=None, fields=refers(URL, WHEN), date=LATER)
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert (found.captures, found.problems) == (2, ())
    assert payload(table, the_capture(table, OTHER)) == PAGE


def test_a_revisit_of_another_payload_than_its_original_has_is_not_believed(table: Archive, tmp_path: Path) -> None:
    writer = Writer()
    writer.response(URL, PAGE)
    writer.revisit(OTHER, sha1(b"another"), fields=refers(URL, WHEN), date=LATER)
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert found.captures == 1
    assert "1 revisit records refer to answers" in found.problems[0]


def test_a_page_that_was_not_modified_is_seen_once_more(table: Archive, tmp_path: Path) -> None:
    writer = Writer()
    writer.revisit(URL, sha1(PAGE), profile=UNMODIFIED, status="304 Not Modified", fields=refers(URL, WHEN), date=LATER)
    writer.response(URL, PAGE)
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert (found.captures, found.problems) == (2, ())
    capture = the_capture(table)
    assert (capture.status, capture.kind) == (304, "revisit")
    assert payload(table, capture) == PAGE
    assert verify(table) == []


def test_a_revisit_whose_original_is_nowhere_is_said_and_never_guessed(table: Archive, tmp_path: Path) -> None:
    writer = Writer()
    writer.response(URL, PAGE)
    writer.revisit(URL, sha1(b"another payload"), date=LATER)
    writer.revisit(
        URL, sha1(PAGE), profile=UNMODIFIED, status="304 Not Modified", fields=refers(OTHER, WHEN), date=LATER
    )
    writer.revisit("http://a.gov.cn/a.png", sha1(b"a picture"), headers=[("Content-Type", "image/png")])
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert found.captures == 2  # the digest names it, although the address is another's
    assert "1 revisit records refer to answers" in found.problems[0]
    assert found.reasons == {"no document": 1}


def test_a_revisit_of_what_is_no_document_is_none_either(table: Archive, tmp_path: Path) -> None:
    writer = Writer()
    writer.response(URL, b"<p>a page of another country</p>")
    writer.revisit(URL, sha1(b"<p>a page of another country</p>"), fields=refers(URL, WHEN), date=LATER)
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert (found.captures, found.reasons, found.problems) == (0, {"no document": 2}, ())


# What becomes of it


def test_that_an_address_is_gone_is_kept_where_it_held_a_report(archive: Archive, tmp_path: Path) -> None:
    writer = Writer()
    writer.response(URL, b"gone", "404 Not Found", date=LATER)
    writer.response(URL, PAGE)
    writer.response("http://a.gov.cn/never-seen", b"gone", "410 Gone", date=LATER)
    found = imported(archive, writer, tmp_path / "a.warc.gz")
    assert (found.captures, found.reasons) == (2, {"another status": 1})
    (line,) = list_reports(archive)
    assert line.state == "withdrawn"
    view = show(archive, URL)
    assert view is not None
    assert view.withdrawn_at is not None
    assert view.withdrawn_at.isoformat() == "2022-03-04T05:06:07+00:00"


def test_what_a_crawl_said_of_an_article_stays(archive: Archive, tmp_path: Path) -> None:
    publish(archive, URL, None, page_title="清湾市财政局2020年政府信息公开工作年度报告", agency="清湾市财政局")
    writer = Writer()
    writer.response(URL, PAGE)
    imported(archive, writer, tmp_path / "a.warc.gz")
    with archive.session() as session:
        from sqlalchemy import select

        from archive.schema import Article

        (article,) = session.scalars(select(Article))
    assert (article.page_title, article.agency) == ("清湾市财政局2020年政府信息公开工作年度报告", "清湾市财政局")
    assert article.portal_id is not None
    assert [one.url for one in list_reports(archive)] == [URL]


def test_ordinary_pages_in_a_web_archive_are_no_failure(table: Archive, tmp_path: Path) -> None:
    writer = Writer()
    for number in range(200):
        writer.response(f"http://a.gov.cn/{number}.html", ORDINARY + b"<p>%d" % number)
        writer.response(f"http://example.com/{number}.html", b"<p>elsewhere %d" % number)
    writer.response(URL, PAGE)
    found = imported(table, writer, tmp_path / "a.warc.gz")
    assert (found.captures, found.skipped, found.without_report) == (201, 200, ())
    assert (found.derived.created, found.derived.refused, found.derived.failed) == (1, 200, 0)
    assert import_paths(table, [tmp_path / "a.warc.gz"]).known == 201


def test_an_import_that_was_stopped_goes_on_without_duplicates(place: Place, tmp_path: Path) -> None:
    writer = Writer()
    for number in range(150):
        writer.response(f"http://a.gov.cn/{number}.html", ORDINARY + b"<p>%d" % number)
    path = writer.save(tmp_path / "a.warc.gz")

    class Stopped(Exception):
        pass

    def stop(said: str) -> None:
        if said.startswith("reading"):
            raise Stopped

    path.write_bytes(writer.data[: writer.ends[100]])
    with place.open() as archive, pytest.raises(Stopped):
        import_paths(archive, [path], stop)
    path.write_bytes(writer.data)
    with place.open() as archive:
        found = import_paths(archive, [path])
        assert (found.captures, found.known) == (50, 100)
        assert found.derived.refused == 150
        assert verify(archive) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("SHA-1:DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("md5:d41d8cd98f00b204e9800998ecf8427e", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        ("sha256:short", None),
        ("xxh3:0123", None),
        (None, None),
    ],
)
def test_a_digest_is_read_however_it_is_written(written: str | None, read: str | None) -> None:
    assert label(written) == read
