"""The tables of an archive are copied to another database: nothing differs afterwards, and nothing is half-done."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text

from archive.captures import store
from archive.database import TABLES
from archive.deriving.derive import LOCK as DERIVING
from archive.deriving.derive import derive
from archive.errors import ArchiveError, NoArchive
from archive.findings.lines import iterate
from archive.reports import iterate_reports, show
from archive.store import Archive
from archive.upkeep.copying import SQLITE, copy
from archive.upkeep.verify import verify
from archive.warcs.locks import locked
from tests.archive import notetaking
from tests.archive.answers import COLUMN, URL, answer, publish, read_column, report_page, withdraw
from tests.archive.conftest import Clock, Place
from tests.databases import new_database
from tests.papers.paper import paper
from tests.warm import start_code

ROOT = Path(__file__).resolve().parents[2]
WAYS = (("sqlite", "postgresql"), ("postgresql", "sqlite"), ("postgresql", "postgresql"))
OTHER = URL.replace("_101", "_102")


@pytest.fixture
def server(postgresql: str) -> str:
    return postgresql


def place_in(kind: str, server: str, folder: Path) -> Place:
    return Place(folder, new_database(server) if kind == "postgresql" else None, Clock())


def fill(place: Place) -> None:
    """A small archive with something in most of its tables."""
    with place.open() as archive:
        body = report_page()
        publish(
            archive, URL, body, title=paper().title, attachments=((URL + ".docx", b"PK\x03\x04", "application/zip"),)
        )
        store(archive, answer(URL + "?again", body), role="article")
        publish(archive, OTHER, report_page(paper(year=2022)), title=paper(year=2022).title)
        read_column(archive)
        derive(archive)
        place.clock.advance(days=1)
        withdraw(archive, OTHER)
        derive(archive)


def asked(folder: Path, database: str | None) -> list[Any]:
    """What the archive answers, and that it is whole."""
    with Archive.open(folder, database) as archive:
        assert verify(archive) == []
        lines = list(iterate_reports(archive))
        views = [show(archive, str(line.id)) for line in lines]
        return [lines, views, list(iterate(archive))]


def rows(database: str) -> int:
    """How many rows of ours a PostgreSQL database has."""
    with connected(database) as connection:
        there = set(inspect(connection).get_table_names())
        return sum(
            connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in notetaking.table_names()
            if name in there
        )


@contextmanager
def connected(database: str) -> Iterator[Any]:
    engine = create_engine(database)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize(("old", "new"), WAYS)
def test_everything_is_the_same_in_the_new_database_and_the_archive_goes_on_there(
    tmp_path: Path, server: str, old: str, new: str
) -> None:
    place = place_in(old, server, tmp_path / "archive")
    target = new_database(server) if new == "postgresql" else None
    fill(place)
    before = asked(place.folder, place.database)
    assert len(before[0]) == 2
    done = copy(place.folder, place.database, target or SQLITE)
    assert {table.name: table.rows for table in done.tables}["captures"] == 5
    assert [table.name for table in done.tables] == notetaking.table_names()
    assert asked(place.folder, target) == before
    with Place(place.folder, target, place.clock).open() as archive:  # new rows get numbers of their own
        publish(archive, URL + "?new", report_page(paper(year=2021)), title=paper(year=2021).title)
        assert derive(archive).created == 1
        assert verify(archive) == []


def test_the_old_file_is_kept_and_the_card_names_the_new_place_without_its_password(
    tmp_path: Path, server: str
) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    fill(place)
    target = new_database(server)
    user, rest = target.partition("://")[2].split(":", 1)
    secret = f"postgresql+psycopg://{user}:open-sesame@{rest.partition('@')[2]}"
    done = copy(place.folder, None, secret)
    assert done.left == place.folder / f"{TABLES}.moved"
    assert list(place.folder.glob(f"{TABLES}*")) == [done.left]
    written = (place.folder / "archive.json").read_text(encoding="utf-8")
    assert "open-sesame" not in written
    assert json.loads(written)["tables"] == "postgresql"
    with pytest.raises(NoArchive, match="give --database postgresql://") as caught, Archive.open(place.folder):
        pass
    assert "open-sesame" not in str(caught.value)


def test_there_and_back_again(tmp_path: Path, server: str) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    fill(place)
    before = asked(place.folder, None)
    first, second = new_database(server), new_database(server)
    copy(place.folder, None, first)
    assert copy(place.folder, first, SQLITE).left is None
    assert asked(place.folder, None) == before
    with pytest.raises(ArchiveError, match="would be copied to where they are"):
        copy(place.folder, None, SQLITE)
    assert copy(place.folder, None, second).left == place.folder / f"{TABLES}.moved1"
    assert asked(place.folder, second) == before


def test_an_empty_archive_can_be_copied(tmp_path: Path, server: str) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    with place.open():
        pass
    target = new_database(server)
    assert sum(table.rows for table in copy(place.folder, None, target).tables) == 0
    assert asked(place.folder, target) == [[], [], []]


def test_a_database_that_holds_anything_of_ours_is_refused_and_left_as_it_is(tmp_path: Path, server: str) -> None:
    place, other = (
        place_in(*one) for one in (("sqlite", server, tmp_path / "a"), ("postgresql", server, tmp_path / "b"))
    )
    fill(place)
    fill(other)
    assert other.database is not None
    before = asked(other.folder, other.database)
    with pytest.raises(ArchiveError, match="tables of another archive"):
        copy(place.folder, None, other.database)
    assert asked(other.folder, other.database) == before
    target = new_database(server)
    copy(place.folder, None, target)
    copy(place.folder, target, SQLITE)
    with place.open() as archive:
        store(archive, answer(URL + "?later"), role="article")
    with pytest.raises(ArchiveError, match="other tables of this archive"):
        copy(place.folder, None, target)
    with Archive.open(place.folder) as archive:
        assert verify(archive) == []


@pytest.mark.parametrize("statement", ["CREATE TABLE articles (id int)", "CREATE TABLE reports (id int)"])
def test_the_database_of_another_program_is_refused(tmp_path: Path, server: str, statement: str) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    fill(place)
    target = new_database(server)
    with connected(target) as connection:
        connection.execute(text(statement))
    with pytest.raises(ArchiveError, match="another program"):
        copy(place.folder, None, target)


def test_the_database_the_tables_stand_in_is_no_target(tmp_path: Path, server: str) -> None:
    place = place_in("postgresql", server, tmp_path / "archive")
    fill(place)
    assert place.database is not None
    for spelling in (place.database, f"{place.database}&application_name=other"):
        with pytest.raises(ArchiveError, match="name another"):
            copy(place.folder, place.database, spelling)


@pytest.mark.parametrize(
    "target", ["mysql://a/b", "no url", "sqlite:////tmp/elsewhere.sqlite3", "postgresql://no@127.0.0.1:1/x"]
)
def test_a_place_that_cannot_be_one_is_refused_in_one_sentence(tmp_path: Path, target: str) -> None:
    place = Place(tmp_path / "archive", None, Clock())
    fill(place)
    with pytest.raises(ArchiveError) as caught:
        copy(place.folder, None, target)
    assert "\n" not in str(caught.value)
    assert asked(place.folder, None)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nobody_may_write_meanwhile(tmp_path: Path, server: str, kind: str) -> None:
    place = place_in(kind, server, tmp_path / "archive")
    target = new_database(server)
    fill(place)
    with place.open() as writer:
        store(writer, answer(URL + "?living"), role="article")
        with pytest.raises(ArchiveError, match="a crawl or an import is writing"):
            copy(place.folder, place.database, target)
    with locked(place.folder, DERIVING), pytest.raises(ArchiveError, match="being read just now"):
        copy(place.folder, place.database, target)
    assert rows(target) == 0
    copy(place.folder, place.database, target)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_who_had_the_old_tables_open_cannot_write_into_them_any_more(tmp_path: Path, server: str, kind: str) -> None:
    place = place_in(kind, server, tmp_path / "archive")
    target = new_database(server)
    fill(place)
    with place.open() as early:
        copy(place.folder, place.database, target)
        with pytest.raises(ArchiveError, match="copied to another database while"):
            store(early, answer(URL + "?early"), role="article")
    before = asked(place.folder, target)
    assert len(before[0]) == 2


def test_rows_that_do_not_arrive_as_they_were_sent_are_not_committed(tmp_path: Path, server: str) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    fill(place)
    before = asked(place.folder, None)
    target = new_database(server)
    with Archive.open(tmp_path / "empty", target, create=True):
        pass
    with connected(target) as connection:
        connection.execute(
            text(
                "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN NEW.title := NEW.title || ' '; RETURN NEW; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER spoil BEFORE INSERT ON list_rows FOR EACH ROW EXECUTE FUNCTION spoil()")
        )
    with pytest.raises(ArchiveError, match="differ"):
        copy(place.folder, None, target)
    assert rows(target) == 0
    assert asked(place.folder, None) == before


def test_a_server_that_goes_away_leaves_the_archive_as_it_was(tmp_path: Path, server: str) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    many_rows(place, 5000)
    target = new_database(server)

    def cut(*_: Any) -> None:
        with connected(server.replace("postgresql://", "postgresql+psycopg://")) as connection:
            name = target.partition("?")[0].rpartition("/")[2]
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
            )

    with pytest.raises(ArchiveError, match="broke") as caught:
        copy(place.folder, None, target, cut)
    assert "\n" not in str(caught.value)
    assert rows(target) == 0
    copy(place.folder, None, target)
    assert asked(place.folder, target) == [[], [], []]


def many_rows(place: Place, count: int, size: int = 10) -> None:
    """Rows of a column's list, and revisits numbered before their original."""
    values = {"now": datetime(2024, 1, 20, tzinfo=UTC).replace(tzinfo=None), "count": count, "size": size}
    with place.open() as archive, archive.writing() as session:
        session.execute(text("INSERT INTO portals (id, url, host) VALUES (1, 'http://a.gov.cn/', 'a.gov.cn')"))
        session.execute(text("INSERT INTO report_columns (id, portal_id, url) VALUES (1, 1, :url)"), {"url": COLUMN})
        session.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
                "INSERT INTO list_rows (column_id, url, address, title, first_seen_at, last_seen_at) "
                "SELECT 1, 'http://a.gov.cn/' || i, 'a.gov.cn/' || i, replace(hex(zeroblob(:size)), '0', '报'), :now, :now FROM n"
            ),
            values,
        )


MEASURED = """
import re, sys
from pathlib import Path
from archive.upkeep.copying import copy

def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

before = most()
copy(Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3])
print(most() - before)
"""


def test_memory_does_not_grow_with_the_tables(tmp_path: Path, server: str) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    many_rows(place, 10_000, 2000)  # 120 MB of titles
    target = new_database(server)
    for source, to in (("", target), (target, SQLITE)):
        command = [sys.executable, "-c", MEASURED, str(place.folder), source, to]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert int(ran.stdout) < 80 << 10  # in KiB


def test_a_revisit_may_have_a_lower_number_than_its_original(tmp_path: Path, server: str) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    fill(place)
    with place.open() as archive, archive.writing() as session:
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        session.execute(text("UPDATE captures SET id = id + 1000 WHERE original_id IS NULL"))
        session.execute(text("UPDATE captures SET original_id = original_id + 1000 WHERE original_id IS NOT NULL"))
        for name in ("versions", "sightings"):
            session.execute(text(f"UPDATE {name} SET capture_id = capture_id + 1000"))
    before = asked(place.folder, None)
    target = new_database(server)
    copy(place.folder, None, target)
    copy(place.folder, target, SQLITE)
    assert asked(place.folder, None) == before


COPIER = """
import sys, threading
from pathlib import Path
from archive import card
from archive.upkeep import copying

def hang(*_):
    print("here", flush=True)
    threading.Event().wait()

folder, source, target, moment = Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3], sys.argv[4]
progress = None
if moment == "rows":
    progress = hang
elif moment == "compared":
    copying.set_sequences = hang
elif moment == "committed":
    card.mark_moved = hang
else:
    copying._put_away = hang
copying.copy(folder, source, target, progress)
"""


@pytest.mark.parametrize("moment", ["rows", "compared", "committed", "told"])
@pytest.mark.parametrize(("old", "new"), WAYS[:2])
def test_a_killed_run_is_run_again_and_ends(tmp_path: Path, server: str, old: str, new: str, moment: str) -> None:
    place = place_in("sqlite", server, tmp_path / "archive")
    many_rows(place, 3000)
    fill(place)
    if old == "postgresql":
        first = new_database(server)
        copy(place.folder, None, first)
        place = Place(place.folder, first, place.clock)
    before = asked(place.folder, place.database)
    target = new_database(server) if new == "postgresql" else None
    with start_code(COPIER, str(place.folder), place.database or "", target or SQLITE, moment) as process:
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
    if moment in {"rows", "compared"}:
        assert asked(place.folder, place.database) == before  # as if nothing had been tried
        if target is not None:
            assert rows(target) == 0
    done = copy(place.folder, place.database, target or SQLITE)
    assert {table.name: table.rows for table in done.tables}["list_rows"] == 3002
    assert asked(place.folder, target) == before
    assert (place.folder / TABLES).exists() == (new == "sqlite")
