"""The registry of portals, and the argument PORTAL."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.allowance import Allowance
from crawler.errors import WrongRegistry, WrongUsage
from crawler.guard import judge
from crawler.portals import PortalEntry, add, address_of, read_entries, read_registry
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import serve


def test_every_built_in_portal_may_be_fetched_and_stands_once() -> None:
    entries = list(read_registry())
    assert len(entries) >= 25
    assert len({entry.url for entry in entries}) == len(entries)
    for entry in entries:
        assert judge(entry.url, Allowance.of(entry.allow)) is None, entry.id
        assert not entry.insecure_tls


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://xxgk.siping.gov.cn/", "http://xxgk.siping.gov.cn/"),
        ("xxgk.siping.gov.cn", "http://xxgk.siping.gov.cn/"),
        ("XXGK.Siping.gov.cn/szf/Ndbg/?a=B#x", "http://xxgk.siping.gov.cn/szf/Ndbg/?a=B"),
        (" https://a.gov.cn:8443/x ", "https://a.gov.cn:8443/x"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/"),
    ],
)
def test_an_address_is_kept_as_it_is_crawled(written: str, address: str) -> None:
    assert address_of(written) == address


@pytest.mark.parametrize("name", ["siping", "http://xxgk.siping.gov.cn/", "xxgk.siping.gov.cn"])
def test_a_registered_portal_is_found_by_id_and_by_address(name: str) -> None:
    entry = read_registry().resolve(name)
    assert (entry.id, entry.division) == ("siping", "220300")


def test_any_other_address_is_a_portal_too() -> None:
    entry = read_registry().resolve("http://xxgk.anywhere.gov.cn/x/")
    assert (entry.url, entry.division) == ("http://xxgk.anywhere.gov.cn/x/", None)


@pytest.mark.parametrize(
    "name", ["atlantis", "ftp://a.gov.cn/", "http://", "http://a.gov.cn:x/", "a b.gov.cn", "file:///etc/passwd"]
)
def test_what_is_neither_is_wrong_usage(name: str) -> None:
    with pytest.raises(WrongUsage):
        read_registry().resolve(name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("portals: [", "no YAML"),
        ("[]", "must hold a list"),
        ("portals: [{id: a}]", "entry 1: url"),
        ("portals: [{id: A b, url: http://a.gov.cn/}]", "entry 1: id"),
        ("portals: [{id: a, url: ftp://a/}]", "entry 1: url"),
        ("portals: [{id: a, url: http://a.gov.cn/, colour: red}]", "entry 1: colour"),
        ("portals: [{id: a, url: http://a.gov.cn/, division: '22'}]", "entry 1: division"),
        ("portals: [{id: a, url: http://a.gov.cn/, allow: ['http://b/']}]", "entry 1: allow"),
        ("portals: [{id: a, url: http://a.gov.cn/}, {id: a, url: http://b.gov.cn/}]", "twice"),
    ],
)
def test_an_entry_that_is_not_well_formed_is_named(text: str, says: str) -> None:
    with pytest.raises(WrongRegistry, match=says) as raised:
        read_entries(text, "place.yml")
    assert "place.yml" in str(raised.value)


def test_an_added_portal_is_known_from_then_on(tmp_path: Path) -> None:
    entry = PortalEntry(id="qinghe", url="xxgk.qinghe.gov.cn/ndbg/", name="青禾市", division="229900")
    add(tmp_path, entry)
    assert read_registry(tmp_path).resolve("qinghe") == entry
    assert read_registry().find("qinghe") is None
    with pytest.raises(WrongUsage, match="already"):
        add(tmp_path, entry)


def test_portals_are_added_listed_crawled_and_checked_from_the_command_line(tmp_path: Path) -> None:
    host = "xxgk.qinghe.gov.cn"
    url = f"http://{host}{pages.COLUMN}"
    assert (
        xxgk("portals", "add", "qinghe", url, "--name", "青禾市", "--division", "229900", folder=tmp_path).status == 0
    )
    listed = xxgk("portals", "list", "--json", folder=tmp_path).lines
    assert next(line for line in listed if line["id"] == "qinghe")["name"] == "青禾市"
    with serve(pages.portal(1, host=host)) as proxy:
        ran = xxgk("crawl", "qinghe", "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
    assert ran.status == 0, ran.err
    (line,) = xxgk("portals", "--json", folder=tmp_path).lines
    assert (line["url"], line["host"], line["outcome"], line["division"]) == (url, host, "ok", "229900")
    assert line["read_at"] is not None
    assert xxgk("portals", "check", folder=tmp_path).status == 0


def test_a_portal_that_could_not_be_read_needs_attention(tmp_path: Path) -> None:
    with serve({}) as proxy:
        dead = f"http://127.0.0.1:{proxy.port + 1 if proxy.port < 65535 else 1}"
    ran = xxgk("crawl", "http://xxgk.qinghe.gov.cn/", "--json", "--delay", "0", folder=tmp_path, http_proxy=dead)
    assert (ran.status, ran.lines[0]["outcome"]) == (1, "unreachable")
    check = xxgk("portals", "check", "--json", folder=tmp_path)
    assert (check.status, check.lines[0]["url"]) == (1, "http://xxgk.qinghe.gov.cn/")
