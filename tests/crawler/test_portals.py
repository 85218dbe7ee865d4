"""The registry of portals, and the argument PORTAL."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import simplejson
import yaml

from crawler.allowance import Allowance
from crawler.entries import PortalEntry, address_of
from crawler.errors import WrongRegistry, WrongUsage
from crawler.guard import judge
from crawler.portals import add, built_in_entries, own_entries, read_entries, read_registry
from spiders.addresses import key
from spiders.families import addresses, recogniser
from spiders.families.family import Family
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, Page, serve

ENTRY = "id: a, url: http://a.gov.cn/"


# What comes with the program


def test_every_built_in_address_may_be_fetched_and_stands_once() -> None:
    entries = built_in_entries()
    assert len(entries) >= 170
    every = [key(address) for entry in entries for address in entry.addresses]
    assert len(set(every)) == len(every)
    for entry in entries:
        allowance = Allowance.of(allowed.host for allowed in entry.allow)
        assert [judge(address, allowance) for address in entry.addresses if judge(address, allowance)] == [], entry.id
        outside = {urlsplit(address).hostname for address in entry.addresses if judge(address, Allowance())}
        assert outside <= {allowed.host for allowed in entry.allow}, entry.id


def test_each_built_in_file_is_a_province_s_or_that_of_the_central_agencies() -> None:
    codes = {}
    for path in files("crawler").joinpath("portals").iterdir():
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        province = path.name.removesuffix(".yml")
        assert all(row["id"] == province or row["id"].startswith(f"{province}-") for row in data["portals"]), path.name
        assert all((row["level"] == "central") == (province == "central") for row in data["portals"]), path.name
        assert ("division" in data) == (province != "central"), path.name
        codes[province] = data.get("division")
    assert len(set(codes.values())) == len(codes)
    assert (codes["jilin"], codes["beijing"], codes["xinjiang"]) == ("220000", "110000", "650000")


def test_each_built_in_portal_says_whose_it_is_and_where() -> None:
    entries = built_in_entries()
    assert [entry.id for entry in entries if entry.name is None or entry.level is None] == []
    assert [entry.id for entry in entries if (entry.division is None) != (entry.level in {"central", "zone"})] == []
    assert [entry.id for entry in entries if entry.insecure_tls is not None] == []


def test_the_family_of_each_built_in_portal_is_one_we_know() -> None:
    known = {sign.family for sign in recogniser.SIGNS} | {name for name, _ in addresses._ADDRESSES}
    known |= {family.name for family in _kinds_of(Family)}
    assert {entry.family for entry in built_in_entries()} - {None} <= known


def _kinds_of(family: type[Family]) -> list[type[Family]]:
    return [kind for below in family.__subclasses__() for kind in (below, *_kinds_of(below))]


# The argument


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://xxgk.siping.gov.cn/", "http://xxgk.siping.gov.cn/"),
        ("xxgk.siping.gov.cn", "http://xxgk.siping.gov.cn/"),
        ("XXGK.Siping.gov.cn/szf/Ndbg/?a=B", "http://xxgk.siping.gov.cn/szf/Ndbg/?a=B"),
        ("http://a.gov.cn/gkmlpt/annualreport#2629", "http://a.gov.cn/gkmlpt/annualreport#2629"),
        ("http://a.gov.cn/年报/", "http://a.gov.cn/%E5%B9%B4%E6%8A%A5/"),
        ("http://青禾.cn", "http://xn--2lzs91d.cn/"),
        (" https://a.gov.cn:8443/x ", "https://a.gov.cn:8443/x"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/"),
    ],
)
def test_an_address_is_kept_as_it_is_crawled(written: str, address: str) -> None:
    assert address_of(written) == address


@pytest.mark.parametrize("name", ["jilin-siping", "http://xxgk.siping.gov.cn/", "xxgk.siping.gov.cn"])
def test_a_registered_portal_is_found_by_id_and_by_address(name: str) -> None:
    entry = read_registry().resolve(name)
    assert (entry.id, entry.division) == ("jilin-siping", "220300")


def test_a_further_address_of_a_portal_is_read_by_itself_with_the_facts_of_the_portal() -> None:
    whole = read_registry().resolve("beijing")
    entry = read_registry().resolve(whole.entries[0])
    assert (entry.url, entry.entries, entry.division) == (whole.entries[0], (), whole.division)


def test_any_other_address_is_a_portal_too() -> None:
    entry = read_registry().resolve("http://xxgk.anywhere.gov.cn/x/")
    assert (entry.url, entry.division) == ("http://xxgk.anywhere.gov.cn/x/", None)


@pytest.mark.parametrize(
    "name", ["atlantis", "ftp://a.gov.cn/", "http://", "http://a.gov.cn:x/", "a b.gov.cn", "file:///etc/passwd"]
)
def test_what_is_neither_is_wrong_usage(name: str) -> None:
    with pytest.raises(WrongUsage):
        read_registry().resolve(name)


# What an entry may say


def test_an_entry_may_say_all_of_this() -> None:
    (entry,) = read_entries(
        """
        name: 某省
        division: "990000"
        portals:
          - id: mou-qinghe
            name: 青禾市
            level: prefecture
            division: "990100"
            url: http://xxgk.qinghe.gov.cn/
            entries: ["http://xxgk.qinghe.gov.cn/ndbg/", "https://www.qinghe.gov.cn/zfxxgknb/"]
            family: trs
            delay: 3
            hours: 20:00-06:00
            allow: [{host: "files.qinghe.cn:8080", reason: attachments of the years before 2019 stand there}]
            insecure_tls: {reason: the certificate ran out in 2021}
            encoding: {charset: Big5, reason: all pages declare UTF-8 and are written in Big5}
            expects: {reports_per_year: 40, since: 2019}
            notes: rebuilt in 2023
        """,
        "mou.yml",
    )
    assert entry.addresses[1:] == entry.entries
    assert entry.hosts == ("xxgk.qinghe.gov.cn", "www.qinghe.gov.cn")
    assert entry.delay == 3
    assert entry.hours == "20:00-06:00"
    assert entry.expects is not None
    assert entry.expects.reports_per_year == 40


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("portals: [", " is no YAML: "),
        ("[]", " must hold a list under `portals:`"),
        ("{portals: [], colour: red}", ", colour: is not known; `xxgk portals schema` has what may be said"),
        ("{portals: [], division: '220100'}", ", division: '220100' is not of the form "),
        ("portals: [a]", ", entry 1: must hold fields, not 'a'"),
        ("portals: [{id: a}]", ", entry 1 (a): url: is missing; write it"),
        ("portals: [{id: A b, url: http://a.gov.cn/}]", ", entry 1 (A b): id: 'A b' is not of the form "),
        ("portals: [{id: a, url: ftp://a/}]", ", entry 1 (a): url: 'ftp://a/' is no http or https address"),
        (f"portals: [{{{ENTRY}, colour: red}}]", ", entry 1 (a): colour: is not known; "),
        (f"portals: [{{{ENTRY}, division: '22'}}]", ", entry 1 (a): division: '22' is not of the form "),
        (f"portals: [{{{ENTRY}, division: 220100}}]", ", entry 1 (a): division: must be text in quotes, not 220100"),
        (
            f"portals: [{{{ENTRY}, level: county, division: '220100'}}]",
            ", entry 1 (a): division: 220100 is a code of the level prefecture, the entry says county; correct one",
        ),
        (
            f"portals: [{{{ENTRY}, level: zone, division: '220171'}}]",
            ", entry 1 (a): division: GB/T 2260 has no code for the level zone; leave 220171 out",
        ),
        (
            f"{{division: '220000', portals: [{{{ENTRY}, division: '320100'}}]}}",
            ", entry 1 (a): division: 320100 does not lie in 220000, the province of this file; correct it or move",
        ),
        (
            f"{{division: '220000', portals: [{{{ENTRY}, level: central}}]}}",
            ", entry 1 (a): level: a central agency stands in central.yml, not in a province's file",
        ),
        (f"portals: [{{{ENTRY}, entries: ['http://a.gov.cn/x', y z]}}]", ", entry 1 (a): entries.1: 'y z' is no http"),
        (
            f"portals: [{{{ENTRY}, entries: ['https://www.a.gov.cn/']}}]",
            ", entry 1 (a): entries: https://www.a.gov.cn/ stands in this entry already; leave it out",
        ),
        (f"portals: [{{{ENTRY}, delay: 0}}]", ", entry 1 (a): delay: Input should be greater than 0, not 0"),
        (
            f"portals: [{{{ENTRY}, delay: 900}}]",
            ", entry 1 (a): delay: Input should be less than or equal to 300, not 900",
        ),
        (f"portals: [{{{ENTRY}, hours: 22-6}}]", ", entry 1 (a): hours: '22-6' are no hours: write hours of the day"),
        (f"portals: [{{{ENTRY}, hours: 2000}}]", ", entry 1 (a): hours: must be text in quotes, not 2000"),
        (f"portals: [{{{ENTRY}, delay: yes}}]", ", entry 1 (a): delay: Input should be a valid number, not True"),
        (f"portals: [{{{ENTRY}, insecure_tls: true}}]", ", entry 1 (a): insecure_tls: must hold fields, not True"),
        (f"portals: [{{{ENTRY}, insecure_tls: {{}}}}]", ", entry 1 (a): insecure_tls.reason: is missing; write it"),
        (f"portals: [{{{ENTRY}, allow: [b.cn]}}]", ", entry 1 (a): allow.0: must hold fields, not 'b.cn'"),
        (f"portals: [{{{ENTRY}, allow: [{{host: b.cn}}]}}]", ", entry 1 (a): allow.0.reason: is missing; write it"),
        (
            f"portals: [{{{ENTRY}, allow: [{{host: 'http://b/', reason: r}}]}}]",
            ", entry 1 (a): allow.0.host: 'http://b/' is no host to allow: ",
        ),
        (f"portals: [{{{ENTRY}, expects: {{since: 2019}}}}]", ", entry 1 (a): expects.reports_per_year: is missing"),
        (f"portals: [{{{ENTRY}, level: town}}]", ", entry 1 (a): level: Input should be 'central', "),
        (f"portals: [{{{ENTRY}, url: http://b.gov.cn/}}]", " is no YAML: url stands there twice"),
        (
            f"portals: [{{{ENTRY}}}, {{id: a, url: http://b.gov.cn/}}]",
            ": the id a stands twice, first in place.yml; give one another id",
        ),
        (
            f"portals: [{{{ENTRY}}}, {{id: b, url: 'https://www.a.gov.cn/index.html'}}]",
            ": https://www.a.gov.cn/index.html of b belongs to a in place.yml already; keep one of the two",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence_with_entry_and_field(text: str, sentence: str) -> None:
    with pytest.raises(WrongRegistry) as raised:
        read_entries(text, "place.yml")
    said = str(raised.value)
    assert said.startswith(f"place.yml{sentence}"), said
    assert "\n" not in said


# What is added to an archive


def test_an_added_portal_is_known_from_then_on(tmp_path: Path) -> None:
    entry = PortalEntry(id="qinghe", url="xxgk.qinghe.gov.cn/ndbg/", name="青禾市", division="229900")
    add(tmp_path, entry)
    assert read_registry(tmp_path).resolve("qinghe") == entry
    assert read_registry().find("qinghe") is None
    for again in (entry, PortalEntry(id="qinghe-again", url="https://www.xxgk.qinghe.gov.cn/ndbg/index.html")):
        with pytest.raises(WrongUsage, match="qinghe is registered already"):
            add(tmp_path, again)
    assert own_entries(tmp_path) == [entry]


def test_two_categories_of_one_page_are_two_portals(tmp_path: Path) -> None:
    page = "http://xxgk.qinghe.gov.cn/gkmlpt/annualreport"
    for number in ("2629", "3310"):
        add(tmp_path, PortalEntry(id=f"qinghe-{number}", url=f"{page}#{number}"))
    registry = read_registry(tmp_path)
    assert [registry.resolve(f"{page}#{number}").id for number in ("2629", "3310")] == ["qinghe-2629", "qinghe-3310"]
    assert registry.find(page) is None


def test_an_added_portal_takes_the_place_of_the_built_in_one_with_its_address(tmp_path: Path) -> None:
    add(tmp_path, PortalEntry(id="mine", url="https://xxgk.siping.gov.cn/", name="四平"))
    registry = read_registry(tmp_path)
    assert registry.resolve("https://xxgk.siping.gov.cn/").id == "mine"
    assert registry.find("jilin-siping") is None


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


def test_portals_are_found_by_the_address_as_it_was_typed(tmp_path: Path) -> None:
    host = "xxgk.qinghe.gov.cn"
    home = f'<html><body><a href="{pages.COLUMN}">政府信息公开年报</a></body></html>'
    with serve({**pages.portal(1, host=host), f"{host}/": home}) as proxy:
        for typed in (f"http://{host}", f"HTTP://{host}/", host):
            ran = xxgk("crawl", typed, "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
            assert [(line["url"], line["given"], line["outcome"]) for line in ran.lines] == [
                (f"http://{host}/", typed, "ok")
            ]
            known = xxgk("portals", "--json", folder=tmp_path)
            assert [(line["url"], line["given"]) for line in known.lines] == [(f"http://{host}/", typed)]
    checked = xxgk("portals", "check", host, "--json", folder=tmp_path)
    assert [(line["url"], line["outcome"]) for line in checked.lines] == [(f"http://{host}/", "ok")]
    assert len(xxgk("reports", "--portal", f"http://{host}", "--json", folder=tmp_path).lines) == 1


def test_pages_that_declare_a_wrong_charset_are_read_by_their_portal_s_exception(tmp_path: Path) -> None:
    host = "xxgk.qinghe.gov.cn"
    wrong: dict[str, Page] = {
        path: Answer(pages.in_big5(markup))
        for path, markup in pages.portal(1, host=host).items()
        if isinstance(markup, str)
    }
    title = "青禾市水務局2024年政府信息公開工作年度報告"

    def crawled(proxy: str) -> list[tuple[str, str, int]]:
        xxgk("crawl", f"http://{host}{pages.COLUMN}", "--delay", "0", folder=tmp_path, http_proxy=proxy)
        return reported()

    def reported() -> list[tuple[str, str, int]]:
        lines = xxgk("reports", "--json", folder=tmp_path).lines
        return [(line["title"], line["publisher"], line["report_year"]) for line in lines]

    with serve(wrong) as proxy:
        assert crawled(proxy.url) == []
        added = xxgk(
            *("portals", "add", "qinghe", f"http://{host}{pages.COLUMN}", "--encoding", "big5"),
            *("--reason", "all pages declare UTF-8 and are written in Big5"),
            folder=tmp_path,
        )
        assert added.status == 0, added.err
        assert crawled(proxy.url) == [(title, "青禾市水務局", 2024)]
    (tmp_path / "xxgk-archive" / "portals" / "qinghe.yml").unlink()  # the archive knows it by itself
    for command in (("reparse",), ("reindex", "--afresh")):
        ran = xxgk(*command, folder=tmp_path)
        assert ran.status == 0, ran.err
        assert reported() == [(title, "青禾市水務局", 2024)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--insecure-tls"], "need a --reason"),
        (["--encoding", "big5"], "need a --reason"),
        (
            ["--encoding", "latin1", "--reason", "x"],
            "encoding.charset: 'latin1' is no charset that pages are written in",
        ),
        (["--allow", "files.qinghe.cn"], "need a --reason"),
        (["--since", "2019"], "expects.reports_per_year: "),
        (["--level", "town"], "level: "),
        (["--delay", "-1"], "delay: "),
        (["--entry", "ftp://x/"], "entries.0: 'ftp://x/' is no http or https address"),
    ],
)
def test_an_entry_that_cannot_be_added_is_wrong_usage(tmp_path: Path, options: list[str], says: str) -> None:
    ran = xxgk("portals", "add", "qinghe", "http://xxgk.qinghe.gov.cn/", *options, folder=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert says in " ".join(ran.err.split())


def test_the_schema_names_every_field_of_an_entry(tmp_path: Path) -> None:
    (schema,) = xxgk("portals", "schema", "--json", folder=tmp_path).lines
    assert simplejson.loads(xxgk("portals", "schema", folder=tmp_path).out) == schema
    assert set(schema["$defs"]["PortalEntry"]["properties"]) == set(PortalEntry.model_fields)


def test_a_portal_that_could_not_be_read_needs_attention(tmp_path: Path) -> None:
    with serve({}) as proxy:
        dead = f"http://127.0.0.1:{proxy.port + 1 if proxy.port < 65535 else 1}"
    ran = xxgk("crawl", "http://xxgk.qinghe.gov.cn/", "--json", "--delay", "0", folder=tmp_path, http_proxy=dead)
    assert (ran.status, ran.lines[0]["outcome"]) == (1, "unreachable")
    check = xxgk("portals", "check", "--json", folder=tmp_path)
    (line,) = check.lines
    assert (check.status, line["url"], line["outcome"]) == (1, "http://xxgk.qinghe.gov.cn/", "unreachable")
    assert line["attention"] == [ran.lines[0]["detail"]]


# Sites that portals name

HOME = "www.qinghe.gov.cn"
SITES = (
    ("http://www.liuhe.gov.cn/", "柳河区"),
    ("http://www.songping.gov.cn/", "松坪县"),
    ("http://www.dongling.gov.cn/", "东岭县"),
    ("http://slj.qinghe.gov.cn/", "青禾市水利局"),
)


def home_page() -> str:
    """The first page of a city: its column, and its counties and departments on hosts of their own."""
    links = "".join(f'<li><a href="{url}">{name}</a></li>' for url, name in SITES)
    return f"""<html><head><meta charset="utf-8"><title>青禾市人民政府</title></head><body>
<a href="{pages.COLUMN}">政府信息公开年报</a>
<div class="links"><h3>区县政府网站</h3><ul>{links}</ul></div>
<div class="links"><h3>友情链接</h3><ul><li><a href="http://www.elsewhere.gov.cn/">别处省人民政府</a></li></ul></div>
</body></html>"""


def test_sites_that_a_portal_names_are_offered_until_they_are_registered_or_crawled(tmp_path: Path) -> None:
    def offered() -> list[str]:
        ran = xxgk("portals", "candidates", "--json", folder=tmp_path)
        assert ran.status == 0, ran.err
        assert f"{len(ran.lines)} sites" in ran.err
        return [line["url"] for line in ran.lines]

    served = {**pages.portal(2, host=HOME), f"{HOME}/": home_page(), "slj.qinghe.gov.cn/": "<p>水利局</p>"}
    with serve(served) as proxy:
        ran = xxgk("crawl", f"http://{HOME}/", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert ran.status == 0, ran.err
        assert {seen.host for seen in proxy.seen} == {HOME}  # offered, and not read unasked
        assert offered() == [url for url, _ in SITES]
        xxgk("portals", "add", "liuhe", "http://www.liuhe.gov.cn/zwgk/", folder=tmp_path)
        assert offered() == [url for url, _ in SITES[1:]]
        xxgk("crawl", "slj.qinghe.gov.cn", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert offered() == [url for url, _ in SITES[1:3]]
    assert xxgk("reindex", "--afresh", folder=tmp_path).status == 0
    assert offered() == [url for url, _ in SITES[1:3]]
    (line, _) = xxgk("portals", "candidates", "--json", folder=tmp_path).lines
    assert (line["name"], line["label"], line["portal"]) == ("松坪县", "区县政府网站", f"http://{HOME}/")
    assert line["page_url"] == f"http://{HOME}/"
    table = xxgk("portals", "candidates", folder=tmp_path).out
    assert "松坪县" in table
    assert "柳河区" not in table


def test_where_nothing_is_offered_the_command_says_so(tmp_path: Path) -> None:
    with serve(pages.portal(1, host=HOME)) as proxy:
        xxgk("crawl", f"http://{HOME}{pages.COLUMN}", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
    ran = xxgk("portals", "candidates", "--json", folder=tmp_path)
    assert (ran.status, ran.out) == (0, "")
    assert "0 sites" in ran.err
