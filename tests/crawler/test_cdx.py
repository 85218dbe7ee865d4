"""CDX servers are asked in their own words, and what they answer is read line by line, whatever it is."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import cdx, webarchives
from crawler.cdx import Index, Line, Query
from crawler.errors import WrongUsage

URL = "http://xxgk.qinghe.gov.cn/ndbg/t1.html"
SHA1 = "QLXLEXPYLOHLZCQ5VDPPNWQKUT6RWYSQ"
LINE = Line(
    URL,
    datetime(2020, 2, 1, 3, 4, 5, tzinfo=UTC),
    "text/html",
    200,
    "sha1:82eeb25df85b8ebc8a1da8def6da0aa4fd1b6250",
    512,
)
FIELDS = {"urlkey": "cn,gov,qinghe,xxgk)/ndbg/t1.html", "timestamp": "20200201030405"}
NAMES = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
ROW = [*FIELDS.values(), URL, "text/html", "200", SHA1, "512"]
FACTS = {"url": URL, "mime": "text/html", "status": "200", "digest": SHA1, "length": "512"}


def lists(*rows: list[str]) -> bytes:
    return json.dumps(rows).encode()


def cdxj(**facts: Any) -> bytes:
    return f"{FIELDS['urlkey']} {FIELDS['timestamp']} {json.dumps({**FACTS, **facts})}".encode()


@pytest.mark.parametrize(
    ("body", "resume"),
    [
        (lists(NAMES, ROW), None),
        (lists(ROW), None),
        (lists(NAMES, ROW, [], ["cn,gov) 2020"]), "cn,gov) 2020"),
        (cdxj() + b"\n", None),
        (json.dumps({**FIELDS, **FACTS}).encode(), None),
        (json.dumps({**FIELDS, **FACTS, "status": 200, "length": 512}).encode() + b"\r\n", None),
        (" ".join(ROW).encode(), None),
        (" ".join(ROW).encode() + b"\n\nkey+1", "key+1"),
        (cdxj() + b"\n\nkey+1\n", "key+1"),
    ],
    ids=[
        "lists",
        "bare lists",
        "lists that go on",
        "CDXJ",
        "JSON lines",
        "numbers",
        "columns",
        "columns that go on",
        "CDXJ that goes on",
    ],
)
def test_a_line_says_the_same_in_every_style(body: bytes, resume: str | None) -> None:
    assert cdx.read(body) == cdx.Page((LINE,), resume=resume)


@pytest.mark.parametrize("body", [b"", b"\n", b"[]", lists(NAMES)])
def test_an_empty_answer_has_no_lines(body: bytes) -> None:
    assert cdx.read(body) == cdx.Page(())


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>no</body></html>",
        b"[" * 100_000,
        b'["',
        b"{",
        b'{"message": "No Captures found"}',
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_answer_of_a_cdx_server_is_said_so(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        cdx.read(body)


@pytest.mark.parametrize(
    "facts",
    [{"url": ""}, {"url": "no address"}, {"url": f"http://{'x' * 3000}.gov.cn/"}, {"url": None}, {"timestamp": "2020"},
     {"timestamp": "20201301000000"}, {"timestamp": "２０２００２０１０３０４０５"}, {"timestamp": None}],
    ids=str,
)  # fmt: skip
def test_a_line_that_does_not_say_what_it_must_is_left_out_and_counted(facts: dict[str, str | None]) -> None:
    bad = json.dumps({**FIELDS, **FACTS, **facts}).encode()
    assert cdx.read(b"\n".join([bad, cdxj(), b"{broken", b"[]"])) == cdx.Page((LINE,), refused=3)


@pytest.mark.parametrize(
    ("facts", "name", "value"),
    [({"status": "-"}, "status", None), ({"length": "-1"}, "length", None), ({"length": "9" * 5000}, "length", None),
     ({"digest": "no"}, "digest", None), ({"offset": "17"}, "offset", 17), ({"mime": "Text/HTML"}, "media_type", "text/html"),
     ({"url": "http://xxgk.qinghe.gov.cn/年 报\r\nX: y"}, "url", "http://xxgk.qinghe.gov.cn/%E5%B9%B4%20%E6%8A%A5%0D%0AX:%20y")],
    ids=["no status", "a length below zero", "an endless length", "a digest that is none", "an offset", "a type in capitals", "an address with a line end"],
)  # fmt: skip
def test_what_a_field_does_not_say_is_not_known(facts: dict[str, str], name: str, value: object) -> None:
    (line,) = cdx.read(cdxj(**facts)).lines
    assert getattr(line, name) == value


@given(st.binary(max_size=300) | st.text('[]{}",: \n20a', max_size=200).map(str.encode))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    for read in (cdx.read, cdx.read_catalogue, cdx.read_number_of_pages):
        try:
            read(body)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - whether it is raised is not what is tested


def asked(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query)


def test_the_wayback_machine_is_asked_for_what_may_be_a_report() -> None:
    web = webarchives.resolve("wayback")
    query = Query(URL, "prefix", date(2019, 1, 1), date(2020, 12, 31))
    url = cdx.address(web.index or "", web.parameters, query, lines=web.lines, resume="a b")
    assert url.startswith("https://web.archive.org/cdx/search/cdx?")
    assert asked(url) == [
        ("url", URL), ("matchType", "prefix"), ("output", "json"), ("fl", ",".join(NAMES)), ("collapse", "digest"),
        ("filter", "!statuscode:[345].."), ("filter", "!mimetype:(image|video|audio|font)/.*"),
        ("from", "20190101"), ("to", "20201231"), ("limit", "2000"), ("showResumeKey", "true"), ("resumeKey", "a b"),
    ]  # fmt: skip


def test_pages_are_numbered_where_there_is_no_resume_key() -> None:
    query = Query(URL, "exact")
    assert asked(cdx.address("http://x.invalid/i", (), query, page=3)) == [
        ("url", URL),
        ("matchType", "exact"),
        ("page", "3"),
    ]
    assert asked(cdx.pages_address("http://x.invalid/i", (), query))[-1] == ("showNumPages", "true")
    assert cdx.read_number_of_pages(b'{"pages": 4, "pageSize": 5, "blocks": 17}') == 4
    assert cdx.read_number_of_pages(b"4") == 4


def test_the_newest_indexes_that_fit_the_time_are_asked() -> None:
    body = json.dumps([
        {"id": "new", "cdx-api": "http://x.invalid/new", "from": "2024-02-20T00:00:00", "to": "2024-03-05T00:00:00"},
        {"id": "mid", "cdx-api": "http://x.invalid/mid", "from": "2020-02-20T00:00:00", "to": "2020-03-05T00:00:00"},
        {"id": "old", "cdx-api": "http://x.invalid/old"},
        {"id": "none"}, "none",
    ]).encode()  # fmt: skip
    indexes = cdx.read_catalogue(body)
    assert [one.url[-3:] for one in cdx.fitting(indexes, None, None, 2)] == ["new", "mid"]
    assert [one.url[-3:] for one in cdx.fitting(indexes, date(2020, 3, 5), date(2021, 1, 1), 9)] == ["mid", "old"]
    assert [one.url[-3:] for one in cdx.fitting(indexes, date(2020, 3, 6), None, 9)] == ["new", "old"]
    assert indexes[2] == Index("http://x.invalid/old", "0" * 14, "9" * 14)


@pytest.mark.parametrize(
    ("name", "index", "implied"),
    [
        ("wayback", "https://web.archive.org/cdx/search/cdx", ("web.archive.org",)),
        ("https://web.example.org/all", "https://web.example.org/all/cdx", ("web.example.org",)),
        ("web.example.org:8080/all/cdx", "http://web.example.org:8080/all/cdx", ("web.example.org:8080",)),
        ("http://127.0.0.1:8080/all/", "http://127.0.0.1:8080/all/cdx", ()),
        ("http://localhost:8080/all/", "http://localhost:8080/all/cdx", ()),
        ("http://web.localhost/all/", "http://web.localhost/all/cdx", ()),
        ("http://[::1]/all/", "http://[::1]/all/cdx", ()),
    ],
)
def test_naming_a_web_archive_allows_its_host_but_never_this_machine(
    name: str, index: str, implied: tuple[str, ...]
) -> None:
    web = webarchives.resolve(name)
    assert web.index == index
    assert webarchives.implied(web) == implied


@pytest.mark.parametrize(
    "name",
    [
        "nowhere",
        "ftp://x.invalid/",
        "http://x.invalid/{url}",
        "http://a@x.invalid/",
        "http://x.invalid/cdx?url=1",
        "a b:c",
    ],
)
def test_what_is_no_web_archive_is_said_with_the_names_there_are(name: str) -> None:
    with pytest.raises(WrongUsage, match=r"wayback, commoncrawl|address of a CDX server"):
        webarchives.resolve(name)


def test_common_crawl_is_asked_for_records_by_its_catalogue() -> None:
    web = webarchives.resolve("commoncrawl")
    assert (web.catalogue, web.replay, web.paging) == ("https://index.commoncrawl.org/collinfo.json", None, "pages")
    assert webarchives.implied(web) == ("index.commoncrawl.org", "data.commoncrawl.org")
