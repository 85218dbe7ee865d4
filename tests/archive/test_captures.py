from __future__ import annotations

import gzip
import threading
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import brotli
import pytest
from backports import zstd
from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as WarcioIterator
from warcio.checker import Checker

from archive import captures
from archive.captures import latest, payload, store
from archive.errors import AddressRefused, ArchiveError, DamagedCapture, PayloadRefused
from archive.store import Archive
from archive.upkeep.verify import verify
from archive.warcs import codings
from archive.warcs.files import OPEN
from tests.archive.answers import WHEN, answer, records, warc_files
from tests.archive.conftest import Place

URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"


def test_an_answer_comes_back_as_it_was(archive: Archive) -> None:
    body = bytes(range(256)) * 3
    headers = (
        ("Content-Type", "text/html;charset=gbk"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("X-Server", "caf\xe9"),
    )
    capture = store(archive, answer(URL, body, headers=headers), role="article", crawl_id=None)
    assert latest(archive, URL) == capture
    assert payload(archive, capture) == body
    assert captures.head(archive, capture) == headers
    assert (capture.status, capture.kind, capture.role, capture.fetched_at) == (200, "response", "article", WHEN)


def test_a_file_begins_with_a_warcinfo_and_each_answer_has_its_request(archive: Archive) -> None:
    store(archive, answer(URL, b"x"), role="article", crawl_id=None)
    (first, info, _), (second, response, _), (third, request, block) = records(archive.folder)
    assert (first, second, third) == ("warcinfo", "response", "request")
    assert info["WARC-Filename"] == warc_files(archive.folder)[0].name.removesuffix(OPEN)
    assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"]
    assert (
        block
        == b"GET /czj/ndbg/202401/t20240118_101.html HTTP/1.1\r\nHost: xxgk.qingwan.gov.cn\r\nUser-Agent: xxgk\r\n\r\n"
    )


def test_the_same_bytes_are_stored_once_and_referred_to_in_full(archive: Archive) -> None:
    body = b"<html>\xc4\xea\xb1\xa8</html>" * 500
    one = store(archive, answer(URL, body), role="article", crawl_id=None)
    other = store(
        archive,
        answer("http://www.qingwan.gov.cn/copy.html", body, at=WHEN + timedelta(days=1)),
        role="article",
        crawl_id=None,
    )
    assert (one.kind, other.kind, other.original_id) == ("response", "revisit", one.id)
    assert payload(archive, other) == body
    original, revisit = [fields for kind, fields, _ in records(archive.folder) if kind in {"response", "revisit"}]
    assert revisit["WARC-Refers-To"] == original["WARC-Record-ID"]
    assert revisit["WARC-Refers-To-Target-URI"] == URL
    assert revisit["WARC-Refers-To-Date"] == original["WARC-Date"] == "2024-01-20T04:00:00Z"
    assert revisit["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert revisit["WARC-Payload-Digest"] == original["WARC-Payload-Digest"]


def test_empty_bodies_are_not_copies_of_each_other(archive: Archive) -> None:
    kinds = [store(archive, answer(f"{URL}?{number}", b""), role="article", crawl_id=None).kind for number in range(2)]
    assert kinds == ["response", "response"]


def test_other_tools_read_our_files_and_find_their_digests_right(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        store(archive, answer(f"{URL}?{number % 2}", b"body %d" % (number % 3)), role="article", crawl_id=None)
    for path in warc_files(archive.folder):
        with path.open("rb") as file:
            assert next(iter(WarcioIterator(file))).rec_type == "warcinfo"
        checker = Checker(type("Command", (), {"inputs": [str(path)], "verbose": False})())
        checker.process_all()
        assert checker.exit_value == 0
        with path.open("rb") as file:
            assert all(record.verify_block_digest() for record in ArchiveIterator(file, parse_http=False))
    assert "fail" not in capsys.readouterr().out


def test_the_level_of_compression_is_not_the_slow_one(archive: Archive) -> None:
    store(archive, answer(URL, b"x" * 1000), role="article", crawl_id=None)
    assert warc_files(archive.folder)[0].read_bytes()[8] != 2  # gzip's mark for the best and slowest (RFC 1952, 2.3.1)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"report" * 99)),
        ("x-gzip", gzip.compress(b"report" * 99)),
        ("deflate", zlib.compress(b"report" * 99)),
        ("deflate", zlib.compress(b"report" * 99)[2:-4]),
        ("br", brotli.compress(b"report" * 99)),
        ("br, gzip", gzip.compress(brotli.compress(b"report" * 99))),
        ("zstd", zstd.compress(b"report" * 50) + zstd.compress(b"report" * 49)),
        ("identity", b"report" * 99),
        ("gzip", b"report" * 99),
    ],
    ids=[
        "gzip",
        "x-gzip",
        "zlib",
        "raw deflate",
        "brotli",
        "both",
        "two frames of zstd",
        "identity",
        "gzip in name only",
    ],
)
def test_a_content_coding_is_kept_in_the_archive_and_removed_on_reading(
    archive: Archive, coding: str, packed: bytes
) -> None:
    headers = (("Content-Type", "text/html"), ("Content-Encoding", coding))
    capture = store(archive, answer(URL, packed, headers=headers), role="article", crawl_id=None)
    assert payload(archive, capture) == b"report" * 99
    assert captures.stored_payload(archive, capture) == packed


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip"])
def test_markup_that_a_header_calls_packed_and_is_not_is_returned_as_it_is(archive: Archive, coding: str) -> None:
    headers = (("Content-Type", "text/html"), ("Content-Encoding", coding))
    capture = store(archive, answer(URL, b"\n<!DOCTYPE html><p>report", headers=headers), role="article", crawl_id=None)
    assert payload(archive, capture) == b"\n<!DOCTYPE html><p>report"


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd"])
def test_a_bomb_is_refused_before_it_goes_off(archive: Archive, coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codings, "LIMIT", 1 << 20)
    packers = {"gzip": gzip.compress, "br": brotli.compress, "deflate": zlib.compress, "zstd": zstd.compress}
    packed = packers[coding](bytes(64 << 20))
    capture = store(
        archive, answer(URL, packed, headers=(("Content-Encoding", coding),)), role="article", crawl_id=None
    )
    with pytest.raises(PayloadRefused, match="inflates beyond 1 MiB"):
        payload(archive, capture)


@pytest.mark.parametrize(
    ("coding", "body"),
    [("compress", b"x"), ("gzip", b"\x1f\x8bnot gzip"), ("br", b"\xff\xff\xff"), ("zstd", b"\x28\xb5\x2f\xfdcut")],
)
def test_a_coding_that_cannot_be_read_is_said_so(archive: Archive, coding: str, body: bytes) -> None:
    capture = store(archive, answer(URL, body, headers=(("Content-Encoding", coding),)), role="article", crawl_id=None)
    with pytest.raises(PayloadRefused):
        payload(archive, capture)


def test_where_the_wire_is_not_known_transfer_codings_are_renamed_since_the_body_has_them_no_longer(
    archive: Archive,
) -> None:
    headers = (("Transfer-Encoding", "chunked"), ("Content-Type", "text/html"))
    capture = store(archive, answer(URL, b"plain", headers=headers), role="article", crawl_id=None)
    assert captures.head(archive, capture)[0] == ("X-Archive-Orig-Transfer-Encoding", "chunked")
    with warc_files(archive.folder)[0].open("rb") as file:
        bodies = [record.content_stream().read() for record in WarcioIterator(file) if record.rec_type == "response"]
    assert bodies == [b"plain"]


def test_a_header_cannot_smuggle_in_another(archive: Archive) -> None:
    hostile = answer(URL, b"x", headers=(("X-A", "1\r\nX-B: 2"), ("Content-Type", "text/html\r\n\r\nbody")))
    capture = store(archive, replace(hostile, reason="OK\r\nX-C: 3"), role="article", crawl_id=None)
    assert [name for name, _ in captures.head(archive, capture)] == ["X-A", "Content-Type"]
    assert payload(archive, capture) == b"x"
    assert verify(archive) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://a.gov.cn/年报/1.html", "http://a.gov.cn/%E5%B9%B4%E6%8A%A5/1.html"),
        ("http://a.gov.cn/%E5%B9%B4/a b.html#top", "http://a.gov.cn/%E5%B9%B4/a%20b.html"),
        ("http://a.gov.cn/x?a=1&b=\r\n2", "http://a.gov.cn/x?a=1&b=%0D%0A2"),
    ],
)
def test_addresses_are_kept_as_they_go_over_the_wire(archive: Archive, given: str, kept: str) -> None:
    capture = store(archive, answer(given), role="article", crawl_id=None)
    assert capture.url == kept
    assert latest(archive, given) == capture
    assert verify(archive) == []


def test_an_address_no_index_can_hold_is_refused(archive: Archive) -> None:
    with pytest.raises(AddressRefused, match="the longest is 2000"):
        store(archive, answer("http://a.gov.cn/" + "x" * 2000), role="article", crawl_id=None)
    assert verify(archive) == []


def test_the_latest_capture_is_found_by_crawl_role_and_status(place: Place) -> None:
    from archive.crawling import crawls

    with place.open() as archive:
        one, two = (crawls.begin(archive, {"number": number}, ["p"]).id for number in range(2))
        first = store(archive, answer(URL, b"1"), role="article", crawl_id=one)
        gone = store(archive, answer(URL, b"2", status=404), role="article", crawl_id=two)
        listed = store(archive, answer(URL, b"3"), role="list", crawl_id=two)
        assert latest(archive, URL) == listed
        assert latest(archive, URL, crawl_id=one) == first
        assert latest(archive, URL, role="article") == gone
        assert latest(archive, URL, status=200, role="article") == first
        assert latest(archive, URL + "x") is None
        assert latest(archive, URL, crawl_id=one, role="list") is None


def test_times_are_kept_in_utc_to_the_second(archive: Archive) -> None:
    at = datetime(2024, 1, 20, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8)))
    capture = store(archive, answer(URL, at=at), role="article", crawl_id=None)
    found = latest(archive, URL)
    assert found is not None
    assert found.fetched_at == capture.fetched_at == datetime(2024, 1, 20, 4, 0, tzinfo=UTC)


def test_a_time_without_a_zone_is_no_time(archive: Archive) -> None:
    with pytest.raises(Exception, match="without a zone"):
        store(archive, answer(URL, at=datetime(2024, 1, 20)), role="article", crawl_id=None)  # noqa: DTZ001 - the mistake
    assert verify(archive) == []


def test_a_role_nobody_knows_is_a_mistake(archive: Archive) -> None:
    with pytest.raises(ValueError, match="no role 'page'"):
        store(archive, answer(URL), role="page", crawl_id=None)


def test_a_file_is_changed_when_it_is_full(archive: Archive) -> None:
    archive.writer.rotation = 2000
    for number in range(12):
        store(archive, answer(f"{URL}?{number}", b"%d" % number), role="article", crawl_id=None)
    assert len(warc_files(archive.folder)) > 2
    assert verify(archive) == []


def test_two_writers_write_to_two_files(place: Place) -> None:
    with place.open() as one, place.open() as other:
        for number, archive in enumerate((one, other, one, other)):
            store(archive, answer(f"{URL}?{number}", b"%d" % number), role="article", crawl_id=None)
        assert len(warc_files(one.folder)) == 2
        assert verify(one) == []


def test_the_next_process_goes_on_with_the_file_of_the_last(place: Place) -> None:
    for number in range(3):
        with place.open() as archive:
            store(archive, answer(f"{URL}?{number}", b"%d" % number), role="article", crawl_id=None)
            assert len(warc_files(archive.folder)) == 1
    with place.open(write=False) as archive:
        assert verify(archive) == []


def test_threads_take_turns(archive: Archive) -> None:
    def work(start: int) -> None:
        for number in range(start, start + 8):
            store(archive, answer(f"{URL}?{number}", b"%d" % (number % 5)), role="article", crawl_id=None)

    threads = [threading.Thread(target=work, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(archive) == []
    assert sum(kind in {"response", "revisit"} for kind, _, _ in records(archive.folder)) == 32


def test_a_row_that_cannot_be_committed_takes_its_bytes_back(archive: Archive) -> None:
    store(archive, answer(URL, b"1"), role="article", crawl_id=None)
    before = warc_files(archive.folder)[0].read_bytes()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store(archive, answer(URL, b"2"), role="article", crawl_id=999)
    assert warc_files(archive.folder)[0].read_bytes() == before
    store(archive, answer(URL, b"3"), role="article", crawl_id=None)
    assert verify(archive) == []


def test_a_full_disk_is_an_error_and_leaves_whole_records(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    store(archive, answer(URL, b"1"), role="article", crawl_id=None)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("archive.warcs.files.os.fsync", full)
        with pytest.raises(ArchiveError, match="No space left on device"):
            store(archive, answer(URL, b"2"), role="article", crawl_id=None)
    store(archive, answer(URL, b"3"), role="article", crawl_id=None)
    assert verify(archive) == []


def test_a_changed_payload_is_never_handed_out(archive: Archive) -> None:
    capture = store(archive, answer(URL, b"the figures"), role="article", crawl_id=None)
    path = warc_files(archive.folder)[0]
    data = bytearray(path.read_bytes())
    data[capture.position + capture.length // 2] ^= 0x10
    path.write_bytes(bytes(data))
    with pytest.raises(DamagedCapture):
        payload(archive, capture)


def test_a_cut_file_is_said_to_be_cut(archive: Archive) -> None:
    capture = store(archive, answer(URL, b"the figures" * 100), role="article", crawl_id=None)
    path = warc_files(archive.folder)[0]
    path.write_bytes(path.read_bytes()[: capture.position + capture.length // 2])
    with pytest.raises(DamagedCapture):
        payload(archive, capture)


def test_response_records_are_there_for_any_reader(archive: Archive) -> None:
    store(archive, answer(URL, b"<p>report</p>"), role="article", crawl_id=None)
    with warc_files(archive.folder)[0].open("rb") as file:
        found = list(ArchiveIterator(file, record_types=WarcRecordType.response))
    assert [record.headers.get("WARC-Target-URI") for record in found] == [URL]
