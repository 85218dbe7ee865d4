"""The CDXJ index: complete, in order however large, and with the keys that pywb looks for."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import update

from archive.addresses import wire
from archive.captures import read, select_captures, store
from archive.catalogue import from_row
from archive.errors import ArchiveError
from archive.replay import cdxj
from archive.replay.surt import key
from archive.schema import CaptureRow
from archive.store import Archive
from archive.warcs.records import digest
from tests.archive import exchanges
from tests.archive.answers import WHEN, answer
from tests.archive.conftest import Place
from tests.crawler.commands import xxgk
from tests.replaying import keys, needs_pywb

KEYS = [
    ("http://www.Qingwan.gov.cn", "cn,gov,qingwan)/"),
    ("https://www2.qingwan.gov.cn:443/A//b/../c/./d/", "cn,gov,qingwan)/a/c/d"),
    ("http://qingwan.gov.cn:8080/a/?", "cn,gov,qingwan:8080)/a"),
    ("http://name:word@qingwan.gov.cn:80/a#b", "cn,gov,qingwan)/a"),
    ("http://a.gov.cn/%E5%B9%B4%E6%8A%A5/1 %2541.html", "cn,gov,a)/%e5%b9%b4%e6%8a%a5/1%20a.html"),
    ("http://a.gov.cn/%C4%EA%B1%A8?%zz", "cn,gov,a)/%c4%ea%b1%a8?%25zz"),
    ("http://a.gov.cn/x?b=1&a=2&A-b=3&a==1&a", "cn,gov,a)/x?a&a=2&a==1&a-b=3&b=1"),
    ("http://a.gov.cn/x?z=1&JSESSIONID=0123456789abcdef0123456789ABCDEF", "cn,gov,a)/x?&z=1"),
    ("http://a.gov.cn/x?PHPSESSID=0123456789abcdef0123456789abcdef&z=1", "cn,gov,a)/x?z=1"),
    ("http://a.gov.cn/(4hqa0555fwsecu455xqckv45)/list.aspx?page=1", "cn,gov,a)/list.aspx?page=1"),
    ("http://a.gov.cn/../x/..//..", "cn,gov,a)/.."),
    ("http://127.0.0.1:8001/a", "1,0,0,127:8001)/a"),
    ("http://[2001:DB8::1]:81/", "2001:db8::1:81)/"),
    ("http://清湾.cn/", "cn,xn--c5w0j)/"),
    ("file:///srv/Reports/a%20b.html", "file:/srv/reports/a%20b.html"),
    ("urn:uuid:12", "urn:uuid:12"),
]


def facts(line: bytes) -> dict[str, Any]:
    surt, moment, said = line.decode().split(" ", 2)
    return {"key": surt, "moment": moment, **json.loads(said)}


@pytest.mark.parametrize(("url", "expected"), KEYS, ids=[url for url, _ in KEYS])
def test_a_key_is_the_address_with_its_host_turned_round(url: str, expected: str) -> None:
    assert key(url) == expected


@needs_pywb
def test_pywb_has_the_same_keys() -> None:
    assert keys([url for url, _ in KEYS]) == [expected for _, expected in KEYS]


PIECES = [
    *"aB/.?&=+;~|@:'*!,年\\",
    *(
        "//",
        "..",
        "%41",
        "%2F",
        "%3F",
        "%23",
        "%25",
        "%2541",
        "%E5%B9%B4",
        "%e5",
        "%zz",
        "%4",
        "%20",
        "%26",
        "%0A",
        "%00",
    ),
    *("jsessionid=", "PHPSESSID=", "sid=", "0123456789abcdefABCDEF0123456789", "cfid=1", "&cftoken=2"),
    *("aspsessionidABCDEFGH=", "abcdefghabcdefghabcdefgh", ".html", "x.aspx"),
    *("(4hqa0555fwsecu455xqckv45)/", "(a(4hqa0555fwsecu455xqckv45))/"),
]
HOSTS = ["a.gov.cn", "WWW2.a.gov.cn", "a.gov.cn:80", "a.gov.cn:443", "a.gov.cn:8080", ".a..cn.", "清湾.cn", "b:c@a.cn"]


@needs_pywb
@pytest.mark.parametrize("seed", range(3))
def test_pywb_has_the_same_keys_for_whatever_address_we_keep(seed: int) -> None:
    dice = Random(seed)
    paths = ["".join(dice.choices(PIECES, k=dice.randrange(12))) for _ in range(5000)]
    urls = [wire(f"{dice.choice(['http', 'https'])}://{dice.choice(HOSTS)}/{path}") for path in paths]
    assert dict(zip(urls, map(key, urls), strict=True)) == dict(zip(urls, keys(urls), strict=True))


def test_every_capture_has_a_line_and_the_lines_are_in_order(archive: Archive) -> None:
    exchanges.keep(archive)
    found = list(cdxj.lines(archive))
    assert found == sorted(found)
    with archive.session() as session:
        kept = [from_row(row, file) for row, file in session.execute(select_captures())]
    assert sorted((line["url"], line["moment"]) for line in map(facts, found)) == sorted(
        (capture.url, f"{capture.fetched_at:%Y%m%d%H%M%S}") for capture in kept
    )


def test_a_line_says_what_its_record_says(archive: Archive) -> None:
    exchanges.keep(archive)
    found = {(line["offset"], line["status"]): line for line in map(facts, cdxj.lines(archive)) if "status" in line}
    with archive.session() as session:
        kept = [from_row(row, file) for row, file in session.execute(select_captures())]
    for capture in kept:
        if capture.status == 304 or capture.kind == "resource":
            continue
        line, record = found[str(capture.position), str(capture.status)], read(archive, capture)
        assert line["digest"] == record.field("WARC-Payload-Digest")
        assert (line["key"], line["length"]) == (key(capture.url), str(capture.length))
        assert f"warc/{line['filename']}" == capture.file
        assert line["mime"] == ("warc/revisit" if capture.kind == "revisit" else _type(capture.content_type))


def test_a_file_has_no_status(archive: Archive) -> None:
    exchanges.keep(archive)
    (line,) = [line for line in map(facts, cdxj.lines(archive)) if line["url"] == exchanges.FILE]
    assert (line["mime"], "status" in line) == ("text/html", False)


def test_what_was_unmodified_leads_to_the_record_of_its_body(archive: Archive) -> None:
    exchanges.keep(archive)
    first, *_, unmodified, _ = [line for line in map(facts, cdxj.lines(archive)) if line["url"] == exchanges.PAGE]
    assert (unmodified["moment"], unmodified["status"], unmodified["mime"]) == ("20240122040000", "304", "text/html")
    assert [unmodified[name] for name in ("offset", "length", "digest")] == [
        first[name] for name in ("offset", "length", "digest")
    ]


def test_what_was_lost_is_not_in_the_index(archive: Archive) -> None:
    exchanges.keep(archive)
    with archive.writing() as session:
        session.execute(update(CaptureRow).where(CaptureRow.url == exchanges.PDF).values(lost_at=WHEN))
        session.execute(
            update(CaptureRow)
            .where(CaptureRow.url == exchanges.PAGE, CaptureRow.fetched_at == exchanges.FIRST)
            .values(lost_at=WHEN)
        )
    found = [facts(line) for line in cdxj.lines(archive)]
    assert exchanges.PDF not in {line["url"] for line in found}
    pages = [(line["moment"], line["mime"]) for line in found if line["url"] == exchanges.PAGE]
    assert pages == [
        ("20240121040000", "warc/revisit"),
        ("20240122040000", "warc/revisit"),
        ("20240123040000", "text/html"),
    ]


@pytest.mark.parametrize("number", [0, 1, 6, 7, 8, 70])
def test_more_than_memory_holds_comes_in_the_same_order(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with Archive.open(tmp_path / "archive", create=True, write=True) as archive:
        for each in range(number):
            store(archive, answer(f"http://a.gov.cn/{digest(b'%d' % each)[:9]}", b"%d" % each), role="article")
        at_once = list(cdxj.lines(archive))
        monkeypatch.setattr(cdxj, "CHUNK", 2)
        monkeypatch.setattr(cdxj, "FAN", 3)
        assert list(cdxj.lines(archive, scratch)) == at_once == sorted(at_once)
    assert len(at_once) == number
    assert list(scratch.iterdir()) == []


def test_the_index_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index.cdxj"
    index.write_text("the old one")
    with Archive.open(tmp_path / "archive", create=True, write=True) as archive:
        exchanges.keep(archive)
        with monkeypatch.context() as patch:
            patch.setattr(cdxj, "key", _refuse)
            with pytest.raises(RuntimeError):
                cdxj.write(archive, index)
        assert index.read_text() == "the old one"
        assert cdxj.write(archive, index) == 10
        assert index.read_bytes().splitlines(keepends=True) == list(cdxj.lines(archive))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "index.cdxj"]


@pytest.mark.parametrize("place_for_it", ["", "nowhere/index.cdxj"], ids=["a folder", "a folder that is not there"])
def test_an_index_that_cannot_be_written_says_where(place_for_it: str, tmp_path: Path) -> None:
    with (
        Archive.open(tmp_path / "archive", create=True) as archive,
        pytest.raises(ArchiveError, match=r"^the index .+ cannot be written: .+; --output may name another file$"),
    ):
        cdxj.write(archive, tmp_path / place_for_it)


def test_the_command_writes_to_standard_output_or_to_a_file(place: Place, tmp_path: Path) -> None:
    with place.open() as archive:
        exchanges.keep(archive)
        expected = b"".join(cdxj.lines(archive)).decode()
    which = ["--archive", str(place.folder), *(["--database", place.database] if place.database else [])]
    assert xxgk(*which, "index", folder=tmp_path).out == expected
    written = xxgk(*which, "index", "--output", "index.cdxj", "--json", folder=tmp_path)
    assert (written.status, written.lines) == (0, [{"output": "index.cdxj", "captures": 10}])
    assert (tmp_path / "index.cdxj").read_text() == expected
    mixed = xxgk(*which, "index", "--json", folder=tmp_path)
    assert (mixed.status, mixed.out) == (2, "")
    assert "--output" in mixed.err


def _refuse(url: str) -> str:
    raise RuntimeError(url)


def _type(content_type: str | None) -> str:
    return (content_type or "unk").partition(";")[0]
