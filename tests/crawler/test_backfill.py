"""Years that left a portal come back from a web archive: with the time they were seen there, and whose word that is."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from archive import captures, reports
from archive.captures import from_row
from archive.catalogue import select_captures
from archive.journal.notes import BackfillNote, from_lines
from archive.monitor import missing
from archive.schema import CaptureRow
from archive.store import Archive
from archive.upkeep.verify import verify
from tests.archive.answers import records
from tests.crawler import oldportal, pages
from tests.crawler.commands import Ran, xxgk
from tests.crawler.faults import prelude
from tests.crawler.oldportal import AGAIN, BODIES, CHANGED, COLUMN, FILE, FIRST, GBK, HOST, PACKED, PAGE, REPORTS, TAKEN
from tests.crawler.servers import serve
from tests.replaying import needs_pywb, wayback

pytestmark = needs_pywb


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web archive that holds the portal as it was."""
    folder = tmp_path_factory.mktemp("mirror")
    oldportal.keep(folder)
    with wayback(folder / "warc") as url:
        yield url


def backfill(folder: Path, mirror: str, *more: str, prelude: str = "") -> Ran:
    host = mirror.split("/")[2]
    command = ("backfill", COLUMN, "--from", mirror, "--allow", host, "--delay", "0", "--json", *more)
    return xxgk(*command, folder=folder, prelude=prelude)


def imported(archive: Archive) -> list[captures.Capture]:
    with archive.session() as session:
        rows = session.execute(select_captures().where(CaptureRow.role == "import").order_by(CaptureRow.id))
        return [from_row(*row) for row in rows]


def check(folder: Path) -> None:
    """Every capture is there once, as it was sent, and the archive is whole."""
    with Archive.open(folder / "xxgk-archive") as archive:
        found = imported(archive)
        assert sorted((one.url, one.fetched_at) for one in found) == sorted(TAKEN)
        for one in found:
            assert captures.stored_payload(archive, one) == BODIES[one.url, one.fetched_at]
        assert verify(archive) == []


def years(folder: Path) -> set[tuple[str | None, int | None]]:
    with Archive.open(folder / "xxgk-archive") as archive:
        return {(line.publisher, line.report_year) for line in reports.list_reports(archive)}


def test_what_left_the_portal_is_taken_over_once_with_its_time(tmp_path: Path, mirror: str) -> None:
    ran = backfill(tmp_path, mirror)
    assert ran.status == 0, ran.err
    (line,) = ran.lines
    assert line["portals"] == [{"portal": COLUMN, "lines": 13, "captures": 5, "known": 0}]
    assert line["reasons"] == {
        "another status": 2,
        "no document": 4,
        "the same bytes": 1,
        "a challenge page": 1,
    }
    assert (line["unproven"], line["damaged"], line["problems"]) == (0, 0, [])
    assert line["derived"]["created"] == 4
    check(tmp_path)
    assert years(tmp_path) == REPORTS

    again = backfill(tmp_path, mirror)
    assert again.status == 0, again.err
    assert again.lines[0]["portals"] == [{"portal": COLUMN, "lines": 13, "captures": 0, "known": 5}]
    check(tmp_path)


def test_a_report_is_first_seen_when_the_web_archive_saw_it_and_says_so(tmp_path: Path, mirror: str) -> None:
    assert backfill(tmp_path, mirror).status == 0
    (shown,) = xxgk("show", PAGE, "--json", folder=tmp_path).lines
    assert shown["first_seen_at"] == FIRST.isoformat()
    assert [version["first_seen_at"] for version in shown["versions"]] == [FIRST.isoformat(), CHANGED.isoformat()]
    server = mirror.split("/")[2]
    assert [capture["source"] for capture in shown["captures"]] == [
        f"{server} {moment:%Y%m%d%H%M%S} {PAGE}" for moment in (FIRST, CHANGED)
    ]
    assert f"was taken from {server} 20200201030405" in xxgk("show", PAGE, folder=tmp_path).err
    with Archive.open(tmp_path / "xxgk-archive") as archive:
        standings = {standing.publisher: standing.status for standing in missing(archive, 2019, date(2020, 12, 31))}
        assert set(standings.values()) == {"on_time"}
        heads = {(one.url, one.fetched_at): dict(captures.head(archive, one)) for one in imported(archive)}
    assert heads[GBK, FIRST]["Content-Type"] == "text/html"
    assert heads[PAGE, CHANGED]["ETag"] == '"2"'
    assert heads[PACKED, FIRST]["Content-Encoding"] == "gzip"
    assert not any("Memento-Datetime" in head for head in heads.values())


def test_an_archive_that_crawled_the_portal_of_today_gets_the_years_that_are_gone(tmp_path: Path, mirror: str) -> None:
    shown = pages.portal(3, host=HOST)
    shown[f"{HOST}{pages.address(0, 2019)}"] = oldportal.CHALLENGE.replace("html", "HTML")  # asked by nobody
    with serve(shown) as proxy:
        assert xxgk("crawl", COLUMN, "--delay", "0", folder=tmp_path, http_proxy=proxy.url).status == 0
    present = years(tmp_path)
    assert present == {(agency, 2024) for agency in pages.AGENCIES[:3]}
    ran = backfill(tmp_path, mirror)
    assert ran.status == 0, ran.err
    assert years(tmp_path) == present | REPORTS
    check(tmp_path)
    listed = xxgk("reports", "--portal", COLUMN, "--json", folder=tmp_path).lines
    assert {(line["publisher"], line["report_year"]) for line in listed} == present | REPORTS


def test_an_older_page_at_an_address_that_is_still_there_stays_the_older_one(tmp_path: Path, mirror: str) -> None:
    shown = pages.portal(1, 2019, host=HOST)
    now = pages.article(pages.AGENCIES[0], 2019, extra="<p>　　现在的说明文字与以前不同。</p>")
    shown[f"{HOST}{pages.address(0, 2019)}"] = now
    with serve(shown) as proxy:
        assert xxgk("crawl", COLUMN, "--delay", "0", folder=tmp_path, http_proxy=proxy.url).status == 0
    assert backfill(tmp_path, mirror).status == 0
    with Archive.open(tmp_path / "xxgk-archive") as archive:
        view = reports.show(archive, PAGE)
    assert view is not None
    assert [version.first_seen_at for version in view.versions[:2]] == [FIRST, CHANGED]
    assert [version.current for version in view.versions] == [False, False, True]
    assert (view.state, view.first_seen_at) == ("published", FIRST)


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        (("--year", "2019"), TAKEN),
        (("--year", "2018"), set()),
        (("--year", "2020"), set()),
        (("--since", "2020-02-02", "--until", "2020-06-01"), {(PAGE, CHANGED)}),
        (("--until", "2020-02-01"), TAKEN - {(PAGE, CHANGED)}),
        (("--since", f"{AGAIN:%Y-%m-%d}"), {(PAGE, AGAIN)}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_years_and_days_narrow_what_is_taken(
    tmp_path: Path, mirror: str, options: tuple[str, ...], taken: set[tuple[str, object]]
) -> None:
    ran = backfill(tmp_path, mirror, *options)
    assert ran.status == 0, ran.err
    with Archive.open(tmp_path / "xxgk-archive") as archive:
        found = {(one.url, one.fetched_at) for one in imported(archive)}
    if options == ("--year", "2018"):  # a file has no title to be told by
        taken = {(FILE, FIRST)}
    assert found == taken


def test_a_limit_is_kept_and_the_same_command_goes_on(tmp_path: Path, mirror: str) -> None:
    statuses = []
    for _ in range(4):
        ran = backfill(tmp_path, mirror, "--limit", "2")
        statuses.append((ran.status, ran.lines[0]["more"]))
    assert statuses == [(1, True), (1, True), (1, True), (0, False)]
    check(tmp_path)


@pytest.mark.parametrize("point", ["write.half", "commit"])
def test_a_killed_backfill_goes_on(tmp_path: Path, mirror: str, point: str) -> None:
    one = "import crawler.harvest\ncrawler.harvest._BATCH = 1\n"
    killed = backfill(tmp_path, mirror, prelude=one + prelude(point, 4))
    assert killed.status == -signal.SIGKILL
    ran = backfill(tmp_path, mirror)
    assert ran.status == 0, ran.err
    check(tmp_path)
    assert years(tmp_path) == REPORTS


def test_a_closed_door_is_said_and_nothing_is_taken(tmp_path: Path, mirror: str) -> None:
    ran = xxgk("backfill", COLUMN, "--from", mirror, "--delay", "0", "--json", folder=tmp_path)
    assert ran.status == 1
    assert "disallowed" in ran.lines[0]["problems"][0]
    assert "--allow 127.0.0.1" in ran.lines[0]["problems"][0]


def test_the_search_stands_in_the_journal_and_reindex_reads_it(tmp_path: Path, mirror: str) -> None:
    assert backfill(tmp_path, mirror).status == 0
    before = years(tmp_path)
    folder = tmp_path / "xxgk-archive"
    blocks = [block for kind, _, block in records(folder) if kind == "metadata"]
    (note,) = [one for block in blocks for one in from_lines(block) if isinstance(one, BackfillNote)]
    assert (note.portal, note.lines, note.captures, note.known, note.passed) == (COLUMN, 13, 5, 0, 8)
    assert note.queries == f'[["prefix", "{COLUMN}"]]'
    for path in folder.glob("*.sqlite*"):
        path.unlink()
    assert xxgk("reindex", folder=tmp_path).status in {0, 1}
    assert years(tmp_path) == before
    assert backfill(tmp_path, mirror).lines[0]["portals"][0]["known"] == 5
