"""Saved queries: kept by who is signed in, shown to all, and still there when the tables were made anew."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from archive.errors import ArchiveError
from archive.store import Archive
from archive.upkeep.reindex import reindex
from archive.web import queries
from archive.web.queries import MOST, NoQuery, keep, kept, page_of
from tests.archive.web.site import PASSWORD, Site, opened

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def own_city(city: Path, tmp_path: Path) -> Path:
    """A copy of the archive in which nothing is kept yet."""
    folder = Path(shutil.copytree(city, tmp_path / "city"))
    (folder / queries.FILE).unlink()
    return folder


def save(site: Site, name: str = "公开", path: str = "/search?words=公开", note: str = "", status: int = 303) -> None:
    site.post("/queries", {"token": site.token("/queries"), "name": name, "path": path, "note": note}, status=status)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_query_is_kept_with_who_and_when_and_shown_to_everybody(own_site: Site, language: str) -> None:
    own_site.sign_in("王敏")
    save(own_site, "每周看", "/search?words=公开&year=2024&after=3001&lang=en", "  先看\n新的 ")
    for visitor in (own_site, Site(own_site.app)):
        page = visitor.get("/queries", lang=language)
        row = page.css("tbody tr")[0]
        assert [each.text_content().strip() for each in row.cssselect("td")][:3] == ["每周看", "先看 新的", "王敏"]
        assert page.links("tbody a")["每周看"] == "/search?words=%E5%85%AC%E5%BC%80&year=2024"
    (line,) = own_site.json("/api/v1/queries")["rows"]
    assert (line["name"], line["by"], line["path"]) == ("每周看", "王敏", "/search?words=%E5%85%AC%E5%BC%80&year=2024")
    assert "每周看" in own_site.raw("/queries.csv").text
    assert "每周看" in own_site.get("/search", lang=language).text


def test_a_page_with_a_filter_offers_to_keep_it_to_who_is_signed_in(own_site: Site) -> None:
    assert not own_site.get("/search?words=公开").css("form[action='/queries']")
    own_site.sign_in()
    form = own_site.get("/search?words=公开&year=2024").one("form[action='/queries']")
    own_site.post("/queries", {each.get("name"): each.get("value", "") for each in form.cssselect("input")})
    (line,) = own_site.json("/api/v1/queries")["rows"]
    assert line["path"] == "/search?words=%E5%85%AC%E5%BC%80&year=2024"


def test_nobody_keeps_or_removes_without_signing_in_or_with_a_foreign_token(own_site: Site) -> None:
    own_site.sign_in()
    save(own_site)
    (line,) = own_site.json("/api/v1/queries")["rows"]
    stranger = Site(own_site.app)
    stranger.post("/queries", {"name": "x", "path": "/search"}, status=403)
    stranger.post(f"/queries/{line['id']}/remove", {}, status=403)
    own_site.post("/queries", {"token": "0.0", "name": "x", "path": "/search"}, status=403)
    other = Site(own_site.app)
    other.sign_in("李强", PASSWORD)
    own_site.post(f"/queries/{line['id']}/remove", {"token": other.token()}, status=403)
    assert [each["id"] for each in own_site.json("/api/v1/queries")["rows"]] == [line["id"]]
    other.post(f"/queries/{line['id']}/remove", {"token": other.token()})
    assert own_site.json("/api/v1/queries")["rows"] == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/search?words=公开", "/search?words=%E5%85%AC%E5%BC%80"),
        ("/stats/received?by=year&by=kind", "/stats/received?by=year&by=kind"),
        ("/findings?rule=jump&after=7&lang=en&token=x", "/findings?rule=jump"),
        ("/publishers/7", "/publishers/7"),
        ("/", "/"),
        ("/?year=2024", "/?year=2024"),
        ("", None),
        ("search", None),
        ("//evil.example/search", None),
        ("/\\evil.example", None),
        ("http://evil.example/search", None),
        ("javascript:alert(1)", None),
        ("/search\n", None),
        ("/search x", None),
        ("/search\u202e", None),
        ("/sign-out", None),
        ("/queries/abc/remove", None),
        ("/language/en?next=/", None),
        ("/api/v1/search", None),
        ("/reports.csv", None),
        ("/reports/1/copy.html", None),
        ("/search?" + "a" * 2000, None),
    ],
)
def test_only_pages_of_ours_can_be_kept(path: str, said: str | None) -> None:
    assert page_of(path) == said


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("name", "path"), [("", "/search"), ("x", "http://evil.example/"), (" \u202e ", "/search")])
def test_what_cannot_be_kept_is_told_in_one_sentence(own_site: Site, name: str, path: str, language: str) -> None:
    own_site.sign_in()
    token = own_site.token("/queries")
    answer = own_site.post(f"/queries?lang={language}", {"token": token, "name": name, "path": path}, status=422)
    assert answer.text.count('role="alert"') == 1
    assert own_site.json("/api/v1/queries")["rows"] == []


def test_the_newest_results_of_a_kept_search_are_a_feed(own_site: Site) -> None:
    own_site.sign_in()
    save(own_site, "公开 <b>", "/search?words=公开&section=1&year=2024")
    save(own_site, "网站", "/portals?outcome=trouble")
    other, line = own_site.json("/api/v1/queries")["rows"]
    answer = own_site.raw(f"/feeds/query-{line['id']}.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = etree.fromstring(answer.content)
    assert root.findtext(f"{ATOM}title") == "新结果：公开 <b>"
    links = [str(each.get("href")) for each in root.iterfind(f"{ATOM}entry/{ATOM}link")]
    listed = own_site.json("/api/v1/search?words=公开&section=1&year=2024&order=filed&limit=50")["rows"]
    assert links == [f"http://localhost/reports/{each['report']}" for each in listed]
    assert f"/feeds/query-{line['id']}.atom" in own_site.get("/queries").links("tbody a").values()
    own_site.get(f"/feeds/query-{other['id']}.atom", status=404)
    own_site.get("/feeds/query-ffff.atom", status=404)
    own_site.raw(f"/feeds/query-{line['id']}.atom", 304, {"if-none-match": answer.headers["etag"]})


def test_queries_survive_a_reindex(own_city: Path) -> None:
    keep(own_city, name="公开", path="/search?words=公开", note="", by="王敏", at=NOW)
    with Archive.open(own_city, write=True, rebuild=True) as archive:
        reindex(archive, afresh=True)
    with opened(own_city) as site:
        assert [each["name"] for each in site.json("/api/v1/queries")["rows"]] == ["公开"]


def test_many_who_keep_at_once_lose_nothing(tmp_path: Path) -> None:
    def one(number: int) -> str:
        return keep(tmp_path, name=f"查询 {number}", path="/search", note="", by="王敏", at=NOW).id

    with ThreadPoolExecutor(8) as several:
        ids = list(several.map(one, range(40)))
    assert {each.id for each in kept(tmp_path)} == set(ids)
    assert len(set(ids)) == 40


def test_there_is_an_end_to_how_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST", 3)
    for _ in range(3):
        keep(tmp_path, name="x", path="/search", note="", by="王敏", at=NOW)
    with pytest.raises(ArchiveError, match="3 queries are kept already"):
        keep(tmp_path, name="x", path="/search", note="", by="王敏", at=NOW)
    assert MOST == 1_000


@pytest.mark.parametrize(
    "written",
    ["{", "[1]", "[{}]", '[{"id":"a","name":"x","path":"//evil.example","by":"b","at":"2026-01-01T00:00:00+00:00"}]'],
)
def test_a_damaged_file_of_queries_is_told_and_never_written_over(tmp_path: Path, written: str) -> None:
    (tmp_path / queries.FILE).write_text(written)
    with pytest.raises(ArchiveError, match=r"queries\.json cannot be read"):
        kept(tmp_path)
    with pytest.raises(ArchiveError, match=r"queries\.json cannot be read"):
        keep(tmp_path, name="x", path="/search", note="", by="王敏", at=NOW)
    assert (tmp_path / queries.FILE).read_text() == written


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"queries\.json cannot be written"):
        keep(tmp_path / "gone", name="x", path="/search", note="", by="王敏", at=NOW)
    with pytest.raises(NoQuery):
        keep(tmp_path, name="", path="/search", note="", by="王敏", at=NOW)
