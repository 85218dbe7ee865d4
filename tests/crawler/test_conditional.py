"""The second crawl asks only for what is new, says so honestly, and still sees every change."""

from __future__ import annotations

from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from sqlalchemy import select

from archive import reports
from archive.schema import CaptureRow, ColumnReading
from archive.store import Archive
from archive.upkeep.verify import verify
from archive.warcs import files
from tests.crawler import pages
from tests.crawler.commands import Ran, xxgk
from tests.crawler.servers import Answer, Page, Portal, serve

HOST = "xxgk.qinghe.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
ARTICLES = [pages.address(number) for number in range(3)]
ALWAYS = "from datetime import timedelta\nimport crawler.keeping\ncrawler.keeping.REPEATS = timedelta(0)"


def validated(page: str, etag: str) -> Answer:
    """A page with an ETag, and 304 for whoever has it."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        body = page.encode()
        known = handler.headers.get("If-None-Match") == etag
        handler.send_response(304 if known else 200)
        handler.send_header("ETag", etag)
        if not known:
            handler.send_header("Content-Type", "text/html; charset=utf-8")
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(b"" if known else body)

    return Answer(act=act)


def site(*, validators: bool) -> dict[str, Page]:
    found = pages.portal(3, host=HOST)
    if not validators:
        return found
    return {path: validated(str(page), f'"{number}"') for number, (path, page) in enumerate(found.items())}


def crawl(folder: Path, portal: Portal, *more: str, prelude: str = "") -> Ran:
    command = ("crawl", URL, "--json", "--delay", "0", *more)
    return xxgk(*command, folder=folder, prelude=prelude, http_proxy=portal.url)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "xxgk-archive" / files.WARC_FOLDER).iterdir())


def captures(folder: Path) -> list[CaptureRow]:
    with Archive.open(folder / "xxgk-archive") as archive, archive.session() as session:
        return list(session.scalars(select(CaptureRow).order_by(CaptureRow.id)))


def versions(folder: Path) -> list[int]:
    """How many versions each report has, in the order of their addresses."""
    with Archive.open(folder / "xxgk-archive") as archive:
        lines = sorted(reports.list_reports(archive), key=lambda line: line.url)
        views = [reports.show(archive, str(line.id)) for line in lines]
        assert verify(archive) == []
    return [len(view.versions) for view in views if view is not None]


def revisits(folder: Path) -> list[dict[str, str]]:
    found = []
    for path in sorted((folder / "xxgk-archive" / files.WARC_FOLDER).iterdir()):
        with path.open("rb") as file:
            found += [
                dict(record.headers.items()) for record in ArchiveIterator(file, record_types=WarcRecordType.revisit)
            ]
    return found


@pytest.mark.parametrize("validators", [True, False], ids=["304", "the same bytes"])
def test_a_second_crawl_of_an_unchanged_portal_adds_next_to_nothing_and_no_version(
    tmp_path: Path, *, validators: bool
) -> None:
    with serve(site(validators=validators)) as proxy:
        assert crawl(tmp_path, proxy).status == 0
        first, before = size(tmp_path), len(proxy.seen)
        again = crawl(tmp_path, proxy)
        assert (again.status, again.lines[0]["outcome"]) == (0, "ok")
        asked = [seen for seen in proxy.seen[before:] if seen.path != "/robots.txt"]
        assert {seen.path for seen in asked} == {pages.COLUMN, *ARTICLES}  # everything is read again
        assert all(("if-none-match" in seen.headers) == validators for seen in asked)
        second = size(tmp_path) - first
        assert crawl(tmp_path, proxy).status == 0
        assert size(tmp_path) - first - second < 1.2 * second
    assert versions(tmp_path) == [1, 1, 1]
    same = [row for row in captures(tmp_path) if row.same_at is not None]
    assert {row.url.removeprefix(f"http://{HOST}") for row in same if row.role == "article"} == set(ARTICLES)


@pytest.mark.parametrize("validators", [True, False], ids=["304", "the same bytes"])
def test_an_unchanged_answer_gets_a_revisit_record_with_every_field_where_the_last_record_is_old(
    tmp_path: Path, *, validators: bool
) -> None:
    with serve(site(validators=validators)) as proxy:
        assert crawl(tmp_path, proxy).status == 0
        assert crawl(tmp_path, proxy, prelude=ALWAYS).status == 0
    first = {row.url: row for row in captures(tmp_path) if row.kind == "response" and row.role != "robots"}
    found = {fields["WARC-Target-URI"]: fields for fields in revisits(tmp_path)}
    assert {URL, *(f"http://{HOST}{path}" for path in ARTICLES)} <= set(found)
    profile = "server-not-modified" if validators else "identical-payload-digest"
    for url, row in first.items():
        fields = found[url]
        assert fields["WARC-Profile"] == f"http://netpreserve.org/warc/1.1/revisit/{profile}"
        assert fields["WARC-Refers-To"] == f"<urn:uuid:{row.record_id}>"
        assert fields["WARC-Refers-To-Target-URI"] == url
        assert fields["WARC-Refers-To-Date"] == f"{row.fetched_at:%Y-%m-%dT%H:%M:%SZ}"
        assert fields["WARC-Payload-Digest"].startswith("sha256:")
    assert versions(tmp_path) == [1, 1, 1]


def test_the_address_a_portal_was_given_by_gets_a_record_in_every_crawl(tmp_path: Path) -> None:
    with serve(site(validators=True)) as proxy:
        for _ in range(3):
            assert crawl(tmp_path, proxy).status == 0
    assert [row.kind for row in captures(tmp_path) if row.url == URL] == ["response", "revisit", "revisit"]


def test_a_report_changed_behind_an_unchanged_list_is_a_new_version(tmp_path: Path) -> None:
    shown = site(validators=True)
    with serve(shown) as proxy:
        assert crawl(tmp_path, proxy).status == 0
        changed = pages.article(pages.AGENCIES[1], extra="<p>　　另有一项工作补充说明如下。</p>")
        shown[f"{HOST}{ARTICLES[1]}"] = validated(changed, '"changed"')
        assert crawl(tmp_path, proxy).status == 0
        assert crawl(tmp_path, proxy).status == 0
    assert versions(tmp_path) == [1, 2, 1]


def test_a_report_that_was_gone_and_is_back_unchanged_is_published_again(tmp_path: Path) -> None:
    shown = site(validators=True)
    there = shown[f"{HOST}{ARTICLES[0]}"]
    states = []
    with serve(shown) as proxy:
        for page in (there, Answer("gone", 404), there):
            shown[f"{HOST}{ARTICLES[0]}"] = page
            assert crawl(tmp_path, proxy).status in {0, 1}
            with Archive.open(tmp_path / "xxgk-archive") as archive:
                by_address = {line.url: line.state for line in reports.list_reports(archive)}
                states.append(by_address[f"http://{HOST}{ARTICLES[0]}"])
    assert states == ["published", "withdrawn", "published"]


def test_what_the_archive_cannot_give_back_is_asked_for_without_condition(tmp_path: Path) -> None:
    with serve(site(validators=True)) as proxy:
        assert crawl(tmp_path, proxy).status == 0
        (row,) = [row for row in captures(tmp_path) if row.url.endswith(ARTICLES[2])]
        (path,) = (tmp_path / "xxgk-archive" / files.WARC_FOLDER).iterdir()
        data = bytearray(path.read_bytes())
        data[row.position + row.length * 3 // 4] ^= 0xFF  # within the body: its head can still be read
        path.write_bytes(bytes(data))
        before = len(proxy.seen)
        again = crawl(tmp_path, proxy)
        assert again.lines[0]["outcome"] == "ok"
        asked = [seen for seen in proxy.seen[before:] if seen.path == ARTICLES[2]]
    assert len(asked) <= 2
    assert "if-none-match" not in asked[-1].headers
    assert [each.status for each in captures(tmp_path) if each.url.endswith(ARTICLES[2])][-1] == 200


def test_a_redirect_does_not_carry_the_condition_of_another_address(tmp_path: Path) -> None:
    shown = site(validators=True)
    with serve(shown) as proxy:
        assert crawl(tmp_path, proxy).status == 0
        shown[f"{HOST}{ARTICLES[0]}"] = Answer("", 302, {"Location": "/moved/t20250121_1.html"})
        shown[f"{HOST}/moved/t20250121_1.html"] = pages.article(pages.AGENCIES[0])
        before = len(proxy.seen)
        assert crawl(tmp_path, proxy).status == 0
        (moved,) = [seen for seen in proxy.seen[before:] if seen.path.startswith("/moved/")]
    assert "if-none-match" not in moved.headers


def test_a_304_nobody_asked_for_is_no_document_and_no_crash(tmp_path: Path) -> None:
    shown = site(validators=False)
    shown[f"{HOST}{ARTICLES[0]}"] = Answer("", 304)
    with serve(shown) as proxy:
        ran = crawl(tmp_path, proxy)
    assert (ran.status, ran.lines[0]["outcome"]) == (1, "incomplete")


def paged(count: int) -> dict[str, Page]:
    """A column of so many pages, one report on each."""
    found = pages.portal(count, host=HOST)
    for number in range(count):
        link = (pages.address(number), f"{pages.AGENCIES[number]}2024年政府信息公开工作年度报告")
        older = (
            f"{pages.COLUMN}202401/t20240121_{number}.html",
            f"{pages.AGENCIES[number]}2023年政府信息公开工作年度报告",
        )
        name = "" if number == 0 else f"index_{number}.html"
        following = f'<script>createPageHTML({count}, {number}, "index", "html");</script>'
        found[f"{HOST}{pages.COLUMN}{name}"] = pages.column([link, older]).replace("</body>", f"{following}</body>")
        found[f"{HOST}{older[0]}"] = pages.article(pages.AGENCIES[number], 2023)
    return found


def lists(portal: Portal, since: int) -> Counter[str]:
    names = (seen.path.removeprefix(pages.COLUMN) for seen in portal.seen[since:])
    return Counter(name for name in names if name == "" or name.startswith("index_"))


def readings(folder: Path) -> list[bool]:
    with Archive.open(folder / "xxgk-archive") as archive, archive.session() as session:
        return list(session.scalars(select(ColumnReading.full).order_by(ColumnReading.id)))


def test_the_walk_ends_at_an_unchanged_first_page_and_the_articles_of_all_pages_are_still_looked_at(
    tmp_path: Path,
) -> None:
    shown = paged(3)
    with serve(shown) as proxy:
        assert crawl(tmp_path, proxy).status == 0
        assert set(lists(proxy, 0)) == {"", "index_1.html", "index_2.html"}
        before = len(proxy.seen)
        assert crawl(tmp_path, proxy).status == 0
        assert lists(proxy, before) == {"": 1}
        assert ARTICLES[2] in {seen.path for seen in proxy.seen[before:]}
        before = len(proxy.seen)
        assert crawl(tmp_path, proxy, "--full").status == 0
        assert set(lists(proxy, before)) == {"", "index_1.html", "index_2.html"}
    assert readings(tmp_path) == [True, False, True]


def test_a_changed_first_page_is_followed_to_the_last(tmp_path: Path) -> None:
    shown = paged(3)
    with serve(shown) as proxy:
        assert crawl(tmp_path, proxy).status == 0
        first = shown[f"{HOST}{pages.COLUMN}"]
        shown[f"{HOST}{pages.COLUMN}"] = str(first).replace("2025-01-21", "2025-01-22", 1)
        before = len(proxy.seen)
        assert crawl(tmp_path, proxy).status == 0
        assert set(lists(proxy, before)) == {"", "index_1.html", "index_2.html"}
    assert readings(tmp_path) == [True, True]


def test_a_column_that_was_not_read_to_its_end_the_last_time_is_read_again(tmp_path: Path) -> None:
    shown = paged(3)
    broken = Answer("", 500)
    whole = shown[f"{HOST}{pages.COLUMN}index_2.html"]
    shown[f"{HOST}{pages.COLUMN}index_2.html"] = broken
    with serve(shown) as proxy:
        assert crawl(tmp_path, proxy).lines[0]["outcome"] == "incomplete"
        shown[f"{HOST}{pages.COLUMN}index_2.html"] = whole
        before = len(proxy.seen)
        assert crawl(tmp_path, proxy).lines[0]["outcome"] == "ok"
        assert set(lists(proxy, before)) == {"", "index_1.html", "index_2.html"}
