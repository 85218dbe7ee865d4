"""What the records of other programs become in the archive: documents, requests, revisits, addresses that are gone."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import pytest

from archive.captures import of_address, payload, read
from archive.intake.imports import import_paths
from archive.reports import list_reports, show
from archive.store import Archive
from archive.upkeep.verify import verify
from tests.archive.answers import publish
from tests.archive.conftest import Place
from tests.archive.foreign import (
    HTML,
    LATER,
    ORDINARY,
    OTHER,
    PAGE,
    UNMODIFIED,
    URL,
    WHEN,
    Writer,
    chunked,
    imported,
    sha1,
    the_capture,
    urn,
    wacz,
)

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
    monkeypatch.setattr("archive.intake.foreign.LARGEST", len(PAGE) + 1000)
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
