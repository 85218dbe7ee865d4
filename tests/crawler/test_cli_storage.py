"""``xxgk storage`` as its users run it, and crawls whose WARC files leave the folder at their end."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from archive.crawling import crawls
from archive.schema import CrawlRow
from archive.store import Archive
from tests.archive.stored import kept
from tests.crawler import pages
from tests.crawler.commands import Here, xxgk
from tests.crawler.servers import serve

HOST = "xxgk.qinghe.gov.cn"
COLUMN = f"http://{HOST}{pages.COLUMN}"


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    (tmp_path / "shared").mkdir()
    return Here(capsys, monkeypatch, tmp_path)


def home_of(here: Here) -> str:
    (line,) = here("storage", "status", "--json").lines
    return str(line["home"])


def are_safe(archive: Archive) -> list[bool]:
    with archive.session() as session:
        return list(session.scalars(select(CrawlRow.secured)))


def test_the_storage_is_named_pushed_to_shown_and_fetched_from(here: Here) -> None:
    folder = here.folder / "xxgk-archive"
    set_up = here("storage", "set", f"{here.folder}/shared", "--keep", "2")
    assert (set_up.status, set_up.err) == (
        0,
        f"sealed WARC files go to file://{here.folder}/shared, and leave the folder 2 hours later\n",
    )
    with Archive.open(folder, write=True) as archive:
        kept(archive, 1, 2)
        crawls.finish(archive, crawls.begin(archive, {}, [COLUMN]).id, crawls.FINISHED)
        assert are_safe(archive) == [False]
    before = here("storage", "status")
    assert before.out.splitlines()[1].split()[:4] == ["here,", "being", "written", "1"]
    assert before.out.splitlines()[2].split() == ["here,", "waiting", "to", "be", "stored", "0", "0"]
    pushed = here("storage", "push")
    assert pushed.status == 0
    assert pushed.err.startswith("1 files of ")
    assert pushed.err.endswith(" bytes stored, 0 taken out of the folder; 0 are still being written\n")
    with Archive.open(folder) as archive:
        assert are_safe(archive) == [True]
    (done,) = here("storage", "push", "--drop", "--json").lines
    assert (done["stored"], done["dropped"], done["problems"]) == (0, 1, [])
    assert list((folder / "warc").iterdir()) == []
    assert here("verify").status == 0
    fetched = here("storage", "fetch")
    assert fetched.err.startswith("1 files of ")
    assert here("storage", "fetch", "--json").lines == [{"fetched": 0, "bytes": 0}]
    (line,) = here("storage", "status", "--json").lines
    assert (line["stored"], line["here"], line["elsewhere"]) == (1, 1, [])
    assert here("storage", "--json").lines == [line]
    (place,) = here("storage", "set", f"{here.folder}/shared", "--json").lines
    assert (place["url"], place["keep"]) == (f"file://{here.folder}/shared", 2)


def test_what_another_machine_had_not_stored_is_recovered(here: Here) -> None:
    database = f"sqlite:///{here.folder}/tables.sqlite3"
    for name in ("first", "second"):
        at = ("--archive", name, "--database", database)
        assert here(*at, "storage", "set", f"{here.folder}/shared").status == 0
    with Archive.open(here.folder / "first", database, write=True) as archive:
        kept(archive, 1, 2)
        home = archive.home
        crawls.finish(archive, crawls.begin(archive, {}, [COLUMN]).id, crawls.FINISHED)
    shown = here("--archive", "second", "--database", database, "storage", "status")
    assert f"not stored, with {home}" in shown.out
    ran = here("--archive", "second", "--database", database, "storage", "recover", "--home", home)
    assert (ran.status, ran.err.splitlines()[0]) == (0, f"1 files of {home} taken over, 0 captures of them are lost")
    with Archive.open(here.folder / "second", database) as archive:
        assert are_safe(archive) == [True]
    again = here("--archive", "second", "--database", database, "storage", "recover", "--home", home, "--json")
    assert again.lines[0]["taken"] == 0
    assert here("--archive", "second", "--database", database, "verify").status == 0


def test_what_cannot_be_done_is_said_in_one_sentence(here: Here) -> None:
    for arguments, said in (
        (("set", "s3://key:secret@bucket"), "has no name, password or key in it"),
        (("set", f"{here.folder}/nowhere"), "make the folder or the bucket first"),
        (("fetch",), "has no shared storage"),
        (("recover", "--home", "x"), "has no shared storage"),
    ):
        ran = here("storage", *arguments)
        assert (ran.status, ran.err.count("\n")) == (2, 1)
        assert said in ran.err
    assert here("storage", "set", f"{here.folder}/shared").status == 0
    assert here("storage", "recover", "--home", home_of(here)).status == 2
    (here.folder / "shared" / "xxgk-storage.json").unlink()
    (here.folder / "shared").rmdir()
    with Archive.open(here.folder / "xxgk-archive", write=True) as archive:
        kept(archive, 1)
    ran = here("storage", "push")
    assert ran.status == 1
    assert "see that it is mounted" in ran.err


def test_a_crawl_stores_its_file_at_its_end_and_the_next_asks_by_what_is_stored(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    assert xxgk("storage", "set", f"{tmp_path}/shared", folder=tmp_path).status == 0
    with serve(pages.portal(3, host=HOST)) as proxy:
        for _ in range(2):
            ran = xxgk("crawl", COLUMN, "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
            assert ran.status == 0, ran.err
            assert list((tmp_path / "xxgk-archive" / "warc").iterdir()) == []
    stored = sorted((tmp_path / "shared" / "warc").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert [path.name.endswith(".warc.gz") for path in stored] == [True, True]
    assert stored[1].stat().st_size < stored[0].stat().st_size  # nothing is kept twice
    assert len(xxgk("reports", "--json", folder=tmp_path).lines) == 3
    whole = xxgk("verify", folder=tmp_path)
    assert (whole.status, whole.err) == (0, "the archive is whole\n")


def test_a_crawl_whose_storage_is_away_ends_well_and_says_so(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    assert xxgk("storage", "set", str(shared), folder=tmp_path).status == 0
    (shared / "xxgk-storage.json").unlink()
    shared.rmdir()
    with serve(pages.portal(3, host=HOST)) as proxy:
        ran = xxgk("crawl", COLUMN, "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
    assert ran.status == 0, ran.err
    assert "see that it is mounted" in ran.err
    assert len(xxgk("reports", "--json", folder=tmp_path).lines) == 3
    shared.mkdir()
    assert xxgk("storage", "push", "--drop", folder=tmp_path).status == 0
    assert xxgk("verify", folder=tmp_path).status == 0
