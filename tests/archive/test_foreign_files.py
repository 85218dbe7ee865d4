"""What other programs' files become in the archive."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from fastwarc.stream_io import ZstdWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.captures import payload
from archive.errors import UnreadableImport
from archive.intake.foreign import Bookmark, Source, label, records
from archive.intake.imports import import_paths
from archive.reports import list_reports
from archive.store import Archive
from archive.upkeep.verify import verify
from tests.archive.foreign import OTHER, OTHER_PAGE, PAGE, URL, Writer, arc, the_capture, wacz

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
    monkeypatch.setattr("archive.intake.unpacked._MUCH", 1 << 20)
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 100000000\r\n\r\n"
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress(head + bytes(8 << 20)))
    with pytest.raises(UnreadableImport, match="unpacks to more than 300 times"):
        list(records(Source(tmp_path / "a.warc.gz", "a"), Bookmark()))


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("packing", ["plain", "members", "whole", "padded"])
def test_nothing_is_missed_wherever_the_steps_of_reading_fall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str, step: int
) -> None:
    monkeypatch.setattr("archive.intake.unpacked._STEP", step)
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
        start = [0, *writer.ends][number]
        assert at - start < 2 or f"at byte {start}" in problem  # its first two bytes say that it is packed


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


def test_of_a_damaged_wacz_file_all_before_the_damage_is_imported(table: Archive, tmp_path: Path) -> None:
    writer = Writer()
    writer.response(URL, PAGE)
    start = writer.ends[-1]
    writer.response(OTHER, OTHER_PAGE)
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("archive/data.warc.gz", writer.data)
    data = bytearray(path.read_bytes())
    data[data.index(writer.data) + start + 200] ^= 0xFF
    path.write_bytes(data)
    found = import_paths(table, [path])
    assert found.captures == 1
    (problem,) = found.problems
    assert problem.startswith(f"{path}: ")
    assert f"at byte {start} (in archive/data.warc.gz)" in problem


def test_a_cut_zstd_file_gives_what_is_whole(tmp_path: Path) -> None:
    writer = many(gzip=False)
    data = b"".join(
        packed_with_zstd(writer.data[start:end], tmp_path / "part")
        for start, end in zip([0, *writer.ends], writer.ends, strict=False)
    )
    got, problem = read_back(tmp_path / "a.warc.zst", data[:-5])
    assert got == [f"http://a.gov.cn/{number}" for number in range(5)]
    assert problem is not None


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
