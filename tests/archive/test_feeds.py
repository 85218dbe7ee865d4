from __future__ import annotations

import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import insert

from archive.errors import ArchiveError
from archive.notices import feeds
from archive.notices.feeds import ATOM, NATION, NEWEST, REST, Entry, feed
from archive.notices.kinds import SEEN
from archive.schema import Notice
from archive.store import Archive

WHEN = datetime(2024, 2, 1, 0, 30, tzinfo=UTC)
NAMES = {"a": ATOM}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HOSTILE = [
    "<script>alert(1)</script>",
    "]]></content><entry/>",
    "&amp;&#0;&notanentity;",
    "a\x00b\x08c\x1bd\x7f",
    "\ud800\udfff\ufffe\uffff",
    "<!DOCTYPE feed [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;",
    "右\u202e到左\u2028行\u0085",
    "\r\n\t",
    "",
]
LINKS = [
    ("http://www.a.gov.cn/b?c=1&d=2#e", True),
    ("https://www.a.gov.cn/年报", True),
    ("javascript:alert(1)", False),
    ("data:text/html,x", False),
    ("file:///etc/passwd", False),
    ("http://", False),
    ("http://[::1", False),
    ("http://a.gov.cn/a b", False),
    ('http://a.gov.cn/"><x>', False),
    ("http://a.gov.cn/\x00", False),
]


def entry(number: int = 1, **facts: object) -> Entry:
    values: dict[str, object] = {
        "key": f"report.new/2023/http://www.a.gov.cn/{number}",
        "kind": "report.new",
        "title": "清湾市财政局公布了2023年年报",
        "text": "首次见到2024-02-01。",
        "url": f"http://www.a.gov.cn/{number}",
        "at": WHEN,
        "noticed_at": WHEN + timedelta(minutes=number),
    }
    return Entry(**{**values, **facts})  # type: ignore[arg-type]


def check(data: bytes) -> etree._Element:
    """Hold a document against what RFC 4287 demands of a feed and of its entries (sections 3.3, 4.1 and 4.2)."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    assert root.tag == f"{{{ATOM}}}feed"
    assert {each.tag.partition("}")[0][1:] for each in root.iter()} == {ATOM}
    for element in [root, *root.findall("a:entry", NAMES)]:
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"a:{name}", NAMES)) == 1, name
        identifier = element.findtext("a:id", "", NAMES)
        assert identifier.startswith("urn:uuid:")
        assert UUID(identifier).urn == identifier
        for moment in [*element.findall("a:updated", NAMES), *element.findall("a:published", NAMES)]:
            assert _TIME.fullmatch(moment.text or "")
    assert root.findtext("a:author/a:name", "", NAMES)
    identifiers = [each.text for each in root.iterfind(".//a:id", NAMES)]
    assert len(set(identifiers)) == len(identifiers)
    for each in root.findall("a:entry", NAMES):
        assert len(each.findall("a:content", NAMES)) == 1
        assert each.find("a:content", NAMES).get("type") == "text"  # type: ignore[union-attr]
        assert len(each.find("a:content", NAMES)) == 0  # type: ignore[arg-type]
        assert all(category.get("term") for category in each.findall("a:category", NAMES))
        links = each.findall("a:link[@rel='alternate']", NAMES)
        assert len(links) <= 1
        assert all(urlsplit(link.get("href", "")).scheme in {"http", "https"} for link in links)
    return root


def test_a_feed_keeps_the_rules_of_atom() -> None:
    root = check(feed("220000", "吉林省", [entry(2), entry(1)], "https://example.org/220000.atom"))
    assert root.findtext("a:updated", "", NAMES) == "2024-02-01T00:32:00Z"
    assert [link.get("href") for link in root.findall("a:link[@rel='self']", NAMES)] == [
        "https://example.org/220000.atom"
    ]
    first = root.find("a:entry", NAMES)
    assert first is not None
    assert first.findtext("a:title", "", NAMES) == "清湾市财政局公布了2023年年报"
    assert first.findtext("a:published", "", NAMES) == "2024-02-01T00:30:00Z"


def test_an_empty_feed_is_one_too() -> None:
    check(feed(REST, "其他", []))


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_portal_wrote_the_feed_is_sound_and_says_nothing_else(text: str) -> None:
    root = check(feed(NATION, text, [entry(title=text, text=text, key=text, kind="<k>")]))
    assert len(root.findall("a:entry", NAMES)) == 1
    assert len(root.findall(".//a:content", NAMES)) == 1


@given(st.text(), st.text())
def test_any_title_and_text_make_a_sound_feed(title: str, text: str) -> None:
    check(feed(NATION, title, [entry(title=title, text=text, url=f"http://a.gov.cn/{text}")]))


@pytest.mark.parametrize(("url", "linked"), LINKS)
def test_only_addresses_of_the_web_become_links(url: str, linked: bool) -> None:
    root = check(feed(NATION, "全国", [entry(url=url)]))
    assert (root.find("a:entry/a:link", NAMES) is not None) == linked


def notice(archive: Archive, number: int, division: str | None, kind: str = "report.new") -> None:
    row = {
        "key": f"{kind}/{number}",
        "kind": kind,
        "at": WHEN,
        "noticed_at": WHEN + timedelta(minutes=number),
        "division": division,
        "title": f"第{number}条",
        "text": "",
    }
    with archive.writing() as session:
        session.execute(insert(Notice), [row])


def titles(path: Path) -> list[str | None]:
    return [each.text for each in check(path.read_bytes()).findall("a:entry/a:title", NAMES)]


def test_a_notice_stands_with_its_county_and_all_above_and_what_has_no_division_with_the_rest(
    archive: Archive, tmp_path: Path
) -> None:
    for number, division in enumerate(["220202", "220202001", "220200", "110101", None, "999999"], start=1):
        notice(archive, number, division)
    notice(archive, 7, "220202", SEEN)
    changed = feeds.write(archive, tmp_path / "feeds", base="https://example.org/f/")
    assert {path.stem: titles(path) for path in changed} == {
        "nation": ["第6条", "第5条", "第4条", "第3条", "第2条", "第1条"],
        "220000": ["第3条", "第2条", "第1条"],
        "220200": ["第3条", "第2条", "第1条"],
        "220202": ["第2条", "第1条"],
        "110000": ["第4条"],
        "110101": ["第4条"],
        "rest": ["第6条", "第5条"],
    }
    assert b'href="https://example.org/f/220202.atom"' in (tmp_path / "feeds" / "220202.atom").read_bytes()
    assert "吉林省吉林市昌邑区" in (tmp_path / "feeds" / "220202.atom").read_text(encoding="utf-8")


def test_the_same_notices_give_the_same_bytes_and_no_file_is_touched(table: Archive, tmp_path: Path) -> None:
    notice(table, 1, "220202")
    changed = feeds.write(table, tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in changed}
    assert feeds.write(table, tmp_path) == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) for path in changed} == before
    notice(table, 2, "110101")
    assert {path.stem for path in feeds.write(table, tmp_path)} == {"nation", "110000", "110101"}
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.is_file()) == [".atom"] * 7
    assert stat.S_IMODE((tmp_path / "nation.atom").stat().st_mode) == 0o644


def test_a_feed_has_the_newest_entries_only(table: Archive, tmp_path: Path) -> None:
    rows = [
        {"key": f"k{n}", "kind": "report.new", "at": WHEN, "noticed_at": WHEN + timedelta(seconds=n), "title": str(n), "text": ""}
        for n in range(NEWEST + 50)
    ]  # fmt: skip
    with table.writing() as session:
        session.execute(insert(Notice), rows)
    feeds.write(table, tmp_path)
    assert titles(tmp_path / "nation.atom") == [str(n) for n in range(NEWEST + 49, 49, -1)]


def test_a_folder_that_cannot_be_written_is_one_sentence(table: Archive, tmp_path: Path) -> None:
    (tmp_path / "feeds").write_text("a file", encoding="utf-8")
    with pytest.raises(ArchiveError, match=r"the feeds cannot be written to .*feeds.*notices\.toml"):
        feeds.write(table, tmp_path / "feeds")
