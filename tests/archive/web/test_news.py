"""News, feeds, and the page of portals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from archive.notices import feeds
from archive.notices.kinds import BASELINE, SEEN, kinds
from archive.schema import Notice
from archive.store import Archive
from archive.web.application import application
from archive.web.pages.news import kind_name
from archive.web.settings import Settings
from tests.archive.conftest import Clock
from tests.archive.web import campaign
from tests.archive.web.site import ORIGIN, Site
from tests.crawler.commands import xxgk

NAMES = {"a": feeds.ATOM}
WHEN = campaign.on(2, 20)


@pytest.fixture(scope="module")
def noticed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """An archive with 130 notices of three divisions and of none."""
    with Archive.open(tmp_path_factory.mktemp("noticed"), create=True, write=True, clock=Clock(WHEN)) as archive:
        with archive.writing() as session:
            session.add(_notice(BASELINE, BASELINE, 0, None))
            for number in range(1, 131):
                division = (None, "220202", "220100", "330100")[number % 4]
                kind = "report.missing" if number % 2 else "report.late"
                session.add(_notice(f"{kind}/2023/{number}", kind, number // 3, division))
            session.add(_notice("seen", SEEN, 9, "220100"))
        yield archive


def _notice(key: str, kind: str, hours: int, division: str | None) -> Notice:
    moment = WHEN + timedelta(hours=hours)
    return Notice(
        key=key, kind=kind, at=moment, noticed_at=moment, division=division, report_year=2023, title=f"标题 {key}",
        text="应于2024-01-31前公布，至今未见。依据：not in its column on 2024-02-03; due by 条例 2019 第四十九条第一款: 每年1月31日前",
        url="javascript:alert(1)" if kind == "report.late" else "http://www.a.gov.cn/年报",
    )  # fmt: skip


@pytest.fixture
def visitor(noticed: Archive) -> Site:
    return Site(application(noticed, Settings()))


def test_the_newest_stands_first_and_pages_follow_without_a_gap(visitor: Site) -> None:
    found, after = [], ""
    while after is not None:
        page = visitor.json("/api/v1/notices?limit=7" + (f"&after={after}" if after else ""))
        found += page["rows"]
        after = page["next"]
    keys = [row["key"] for row in found]
    assert len(keys) == len(set(keys)) == 131
    assert "seen" not in keys
    assert [row["noticed_at"] for row in found] == sorted((row["noticed_at"] for row in found), reverse=True)
    assert keys[-1] == BASELINE


def test_the_lines_are_those_of_the_command(noticed: Archive, visitor: Site) -> None:
    told = xxgk("--archive", str(noticed.folder), "notices", "--limit", "0", "--json", folder=noticed.folder)
    assert visitor.json("/api/v1/notices?limit=500")["rows"] == list(reversed(told.lines))


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("", 131),
        ("kind=report.late", 65),
        ("division=220000", 66),
        ("division=吉林省", 66),
        ("division=220202", 33),
        ("division=220202&kind=report.missing", 33),
        ("division=220202&kind=report.late", 0),
        ("division=440000", 0),
        ("kind=&division=", 131),
    ],
)
def test_notices_are_narrowed_by_kind_and_division(visitor: Site, asked: str, count: int) -> None:
    assert len(visitor.json(f"/api/v1/notices?limit=500&{asked}")["rows"]) == count
    for lang in ("zh", "en"):
        page = visitor.get(f"/news?{asked}", lang=lang)
        assert len(page.css("tbody tr td:first-child time")) == min(count, 50)


def test_the_page_tells_why_in_chinese_and_keeps_what_was_chosen(visitor: Site) -> None:
    page = visitor.get("/news?division=220100&kind=report.missing")
    assert page.texts("option[selected]") == ["逾期未公布", "吉林省长春市"] or page.texts("option[selected]") == [
        "吉林省长春市"
    ]
    text = visitor.get("/news?kind=report.missing").text
    assert "依据：2024年2月3日栏目中没有；期限依据：《条例》（2019年）第四十九条第一款：每年1月31日前" in text


def test_an_unknown_kind_or_division_is_told(visitor: Site) -> None:
    assert "kind" in visitor.json("/api/v1/notices?kind=seen", status=422)["detail"]
    assert "999999" in visitor.json("/api/v1/notices?division=999999", status=400)["detail"]


def test_a_cursor_of_a_notice_that_is_none_ends_the_list(visitor: Site) -> None:
    assert visitor.json("/api/v1/notices?after=999999")["rows"] == []


def test_every_kind_has_a_name_in_both_languages() -> None:
    for kind in (*kinds(), BASELINE):
        assert kind_name(kind, "zh")
        assert kind_name(kind, "en") != kind_name(kind, "zh")


def test_who_never_looked_for_news_is_told_how(table: Archive) -> None:
    for lang in ("zh", "en"):
        assert "xxgk notices send" in Site(application(table, Settings())).get("/news", lang=lang).texts("code")


# feeds


@pytest.mark.parametrize("name", ["nation", "rest", "220000", "220202", "220100", "330100"])
def test_a_feed_served_is_the_feed_written(noticed: Archive, visitor: Site, tmp_path: Path, name: str) -> None:
    feeds.write(noticed, tmp_path, base=f"{ORIGIN}/feeds")
    response = visitor.raw(f"/feeds/{name}.atom")
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert response.content == (tmp_path / f"{name}.atom").read_bytes()
    tag = response.headers["etag"]
    assert visitor.raw(f"/feeds/{name}.atom", 304, {"if-none-match": tag}).content == b""


def test_a_division_in_which_nothing_happened_has_an_empty_feed(visitor: Site) -> None:
    root = etree.fromstring(visitor.raw("/feeds/440000.atom").content)
    assert root.findall("a:entry", NAMES) == []
    assert root.findtext("a:title", "", NAMES) == "政府信息公开年报通知：广东省"


@pytest.mark.parametrize("name", ["nowhere", "999999", "22", "220202001", "..%2Fnation", "²²0000"])
def test_a_feed_of_nothing_is_not_found(visitor: Site, name: str) -> None:
    visitor.raw(f"/feeds/{name}.atom", 404)


def test_pages_name_their_feeds(visitor: Site) -> None:
    for path, feed in (
        ("/", "nation"),
        ("/news", "nation"),
        ("/news?division=220100", "220100"),
        ("/divisions/220100", "220100"),
        ("/divisions/220202", "220202"),
    ):
        (link,) = visitor.get(path).css("link[rel=alternate]")
        assert (link.get("type"), link.get("href")) == ("application/atom+xml", f"/feeds/{feed}.atom")
        visitor.raw(str(link.get("href")))


# portals


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with campaign.campaign(tmp_path_factory.mktemp("troubled") / "archive") as archive:
        yield archive


@pytest.mark.parametrize(
    ("outcome", "count"), [("", 7), ("ok", 6), ("blocked", 1), ("trouble", 1), ("blocked:wzws", 1), ("incomplete", 0)]
)
def test_portals_are_narrowed_by_their_outcome_and_no_outcome_is_all(
    troubled: Archive, outcome: str, count: int
) -> None:
    site = Site(application(troubled, Settings()))
    assert site.json(f"/api/v1/portals?outcome={outcome}")["total"] == count
    for lang in ("zh", "en"):
        assert len(site.get(f"/portals?outcome={outcome}", lang=lang).css("tbody .state")) == count


def test_portals_are_counted_by_outcome_and_lead_to_their_divisions(troubled: Archive) -> None:
    page = Site(application(troubled, Settings())).get("/portals")
    assert page.texts(".counts li") == ["正常 6", "被拦截 1"]
    assert page.links("tbody a")["四川省成都市"] == "/divisions/510100"


def test_the_lines_of_portals_are_those_of_the_command(troubled: Archive) -> None:
    told = xxgk("--archive", str(troubled.folder), "portals", "--json", folder=troubled.folder.parent)
    rows = Site(application(troubled, Settings())).json("/api/v1/portals")["rows"]
    assert [{name: value for name, value in row.items() if name != "rests_until"} for row in rows] == told.lines
