"""Many processes at once on one archive: nobody is told that anything is locked, and the archive stays whole."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from archive import database
from archive.captures import store
from archive.database import TABLES
from archive.deriving.derive import derive
from archive.errors import ArchiveError
from archive.reports import list_reports
from archive.storage.fetching import choose
from archive.storage.pushing import push
from archive.store import Archive
from archive.upkeep.verify import verify
from tests.archive.answers import URL, answer, publish, report_page
from tests.archive.conftest import Clock, Place
from tests.databases import new_database
from tests.papers.paper import paper
from tests.warm import Process, start_code

MOST = 120  # seconds any of the processes may take
START = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import text
from archive.crawling import crawls
from archive.captures import Answer, store
from archive.deriving.derive import derive
from archive.reports import iterate_reports, show
from archive.store import Archive
from tests.archive.answers import URL, publish, read_column, report_page
from tests.papers.paper import paper
from tests.warm import Process, start_code

folder, database, number = Path(sys.argv[1]), sys.argv[2] or None, int(sys.argv[3])
clock = lambda: datetime(2024, 1, 20, 4, 0, tzinfo=UTC)
print("ready", flush=True)
sys.stdin.readline()  # so that all begin at the same moment
"""
WRITER = """
page = report_page(paper(year=2020 + number))
with Archive.open(folder, database, create=True, write=True, clock=clock) as archive:
    crawl = crawls.begin(archive, {"writer": number}, ["http://xxgk.qingwan.gov.cn/"])
    for article in range(25):  # all writers meet at the same articles, rows and columns
        publish(archive, f"{URL}?{article}", page, crawl=crawl.id, title=paper(year=2020 + number).title)
        read_column(archive, crawl=crawl.id)
    crawls.finish(archive, crawl.id, crawls.FINISHED)
"""
DERIVER = """
with Archive.open(folder, database, clock=clock) as archive:
    for round in range(3):
        derive(archive, everything=round % 2 == 1)
"""
READER = """
with Archive.open(folder, database, clock=clock) as archive:
    for _ in range(40):
        for line in iterate_reports(archive):
            show(archive, str(line.id))
"""
CREATOR = """
with Archive.open(folder, database, create=True, write=True, clock=clock) as archive:
    url = f"http://xxgk.qingwan.gov.cn/?{number}"
    store(archive, Answer(url, 200, "OK", (), b"%d" % number, clock()), role="article")
"""
BEGINNER = """
with Archive.open(folder, database, create=True, write=True, clock=clock) as archive:
    for each in range(10):
        print(crawls.begin(archive, {"writer": number, "crawl": each}, ["http://xxgk.qingwan.gov.cn/"]).id)
"""
ALONE = """
with Archive.open(folder, database, clock=clock) as archive:
    print(derive(archive).created)
"""
OPENER = """
with Archive.open(folder, database, create=True, clock=clock) as archive, archive.session():
    pass
"""
KILLED = """
with Archive.open(folder, database, create=True, write=True, clock=clock) as archive:
    for each in range(30):
        publish(archive, f"{URL}?{each}", report_page(), title=paper().title)
    with archive.writing() as session:
        session.execute(text("UPDATE articles SET stale = 77"))
        os.kill(os.getpid(), signal.SIGKILL)
"""


def start(program: str, place: Place, number: int = 0) -> Process:
    return start_code(START + program, str(place.folder), place.database or "", str(number))


def end(processes: Sequence[Process]) -> list[str]:
    """Let processes begin all at once; what those that failed said."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(len(processes)) as threads:
        said = list(threads.map(lambda process: process.communicate("now\n", timeout=MOST)[1], processes))
    return [text for process, text in zip(processes, said, strict=True) if process.returncode != 0]


def end_well(processes: Sequence[Process]) -> list[list[str]]:
    """Let processes begin all at once, none of which may fail; the lines that each said."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(len(processes)) as threads:
        said = list(threads.map(lambda process: process.communicate("now\n", timeout=MOST), processes))
    assert [err for process, (_, err) in zip(processes, said, strict=True) if process.returncode != 0] == []
    return [out.splitlines() for out, _ in said]


def test_crawls_a_reparse_and_readers_do_not_get_into_each_others_way(place: Place) -> None:
    with place.open() as archive:
        publish(archive, URL, report_page(), title=paper().title)
        derive(archive)
    programs = [WRITER] * 3 + [DERIVER, READER]
    assert end([start(program, place, number) for number, program in enumerate(programs)]) == []
    with place.open() as archive:
        assert verify(archive) == []
        derive(archive)
        assert verify(archive) == []
        assert list_reports(archive)
        with archive.session() as session:
            assert session.execute(text("SELECT count(*) FROM articles")).scalar_one() == 26
            assert session.execute(text("SELECT count(*) FROM crawls WHERE state = 'finished'")).scalar_one() == 3


def test_many_processes_may_make_the_same_archive_at_once(place: Place) -> None:
    assert end([start(CREATOR, place, number) for number in range(4)] + [start(OPENER, place) for _ in range(2)]) == []
    with place.open() as archive:
        assert verify(archive) == []
        with archive.session() as session:
            assert session.execute(text("SELECT count(*) FROM captures")).scalar_one() == 4


def test_machines_that_begin_crawls_at_once_never_give_a_number_twice(
    tmp_path: Path, clock: Clock, postgresql: str
) -> None:
    database = new_database(postgresql, tables=True)
    places = [Place(tmp_path / str(number), database, clock) for number in range(3)]
    (tmp_path / "shared").mkdir()
    for each in places:
        with each.open(write=False) as archive:
            choose(archive, f"{tmp_path}/shared")
    said = end_well([start(BEGINNER, place, number) for number, place in enumerate(places)])
    assert sorted(int(line) for lines in said for line in lines) == list(range(1, 31))
    for each in places:
        with each.open() as archive:
            push(archive)
    with places[0].open() as archive:
        assert verify(archive) == []


def test_machines_that_derive_the_same_articles_at_once_do_the_work_of_one(
    tmp_path: Path, clock: Clock, postgresql: str
) -> None:
    def derived(database: str, machines: int) -> tuple[int, list[tuple[object, ...]]]:
        first = Place(tmp_path / f"{machines}-0", database, clock)
        with first.open() as archive:
            for number in range(12):
                item = paper(f"清湾市第{number}局")
                publish(archive, f"{URL}?{number}", report_page(item), title=item.title)
        for number in range(1, machines):
            folder = tmp_path / f"{machines}-{number}"
            folder.mkdir()
            (folder / "archive.json").write_bytes((first.folder / "archive.json").read_bytes())
            (folder / "warc").symlink_to(first.folder / "warc", target_is_directory=True)
        folders = [Place(tmp_path / f"{machines}-{number}", database, clock) for number in range(machines)]
        said = end_well([start(ALONE, place) for place in folders])
        with first.open() as archive:
            assert verify(archive) == []
            found = [(line.publisher, line.report_year, line.figures, line.url) for line in list_reports(archive)]
            with archive.session() as session:
                assert session.execute(text("SELECT max(stale), max(derivations) FROM articles")).one() == (0, 1)
                counted = session.execute(text("SELECT count(*) FROM versions"))
                assert counted.scalar_one() == session.execute(text("SELECT count(*) FROM sightings")).scalar_one()
        return sum(int(line) for lines in said for line in lines), sorted(found, key=repr)

    one = derived(new_database(postgresql, tables=True), 1)
    assert one[0] == 12
    assert derived(new_database(postgresql, tables=True), 3) == one


def connect_to_many(folder: str, meeting: Barrier, said: SimpleQueue[str]) -> None:
    """Be the first to open a hundred databases, at the same moments as others."""
    for number in range(100):
        meeting.wait(MOST)
        engine = database.engine_of(database.url_of(Path(folder, str(number)), None))
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            said.put(str(error.orig))
        engine.dispose()


def test_many_processes_may_turn_sqlites_log_on_at_once(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / str(number)).mkdir()
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    meeting, said = context.Barrier(6), context.SimpleQueue()
    processes = [context.Process(target=connect_to_many, args=(str(tmp_path), meeting, said)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(MOST)
    assert said.empty()
    assert [process.exitcode for process in processes] == [0] * 6


def test_many_openers_at_once_recover_what_a_killed_writer_left(place: Place) -> None:
    killed = start(KILLED, place)
    end([killed])
    assert killed.returncode == -signal.SIGKILL
    if place.database is None:
        assert (place.folder / f"{TABLES}-wal").stat().st_size > 0  # what was not written back yet
    assert end([start(OPENER, place) for _ in range(4)] + [start(CREATOR, place, number) for number in range(2)]) == []
    with place.open() as archive, archive.session() as session:
        assert verify(archive) == []
        assert session.execute(text("SELECT count(*) FROM articles")).scalar_one() == 30
        assert session.execute(text("SELECT count(*) FROM articles WHERE stale = 77")).scalar_one() == 0


@pytest.mark.parametrize("seconds", [0.2])
def test_who_waits_too_long_is_told_so_in_one_sentence(
    place: Place, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    with place.open() as archive:
        store_one(archive, 1)
    monkeypatch.setattr(database, "BUSY_TIMEOUT", seconds)
    with place.open() as holder, place.open() as waiting:
        with holder.writing(), pytest.raises(ArchiveError, match="held by another process for more than") as caught:
            store_one(waiting, 2)
        assert "\n" not in str(caught.value)
        assert "BEGIN" not in str(caught.value)
        store_one(waiting, 2)  # the same again, once the other has ended
        assert verify(waiting) == []


def store_one(archive: Archive, number: int) -> None:
    store(archive, answer(f"{URL}?{number}", b"%d" % number), role="article")


def test_a_log_that_grew_under_a_long_reader_shrinks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAL_KEPT", 1 << 20)
    log = tmp_path / f"{TABLES}-wal"
    numbers = count(1)

    def write(archive: Archive, megabytes: int) -> None:
        for _ in range(megabytes):
            with archive.writing() as session:
                session.execute(
                    text("INSERT INTO portals (url, host) VALUES (:url, hex(zeroblob(:size)))"),
                    {"url": f"http://a.gov.cn/{next(numbers)}", "size": 1 << 19},
                )

    with Archive.open(tmp_path, create=True) as reader, Archive.open(tmp_path) as writer:
        with reader.session() as session:
            session.execute(text("SELECT count(*) FROM portals")).scalar()  # and it goes on reading what stood then
            write(writer, 12)
            assert log.stat().st_size > 10 << 20
            assert session.execute(text("SELECT count(*) FROM portals")).scalar() == 0
        write(writer, 3)
        assert log.stat().st_size <= 6 << 20
    assert not log.exists()


FAULTS = {
    "database disk image is malformed": b"\xff" * 4096,
    "file is not a database": b"no database, for sure" * 300,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_tables_are_told_in_one_sentence_with_what_helps(tmp_path: Path, fault: str) -> None:
    with Archive.open(tmp_path, create=True, write=True) as archive:
        for number in range(50):
            store_one(archive, number)
    path = tmp_path / TABLES
    content = bytearray(path.read_bytes())
    start_at = 4096 if "malformed" in fault else 0
    content[start_at:] = FAULTS[fault] * (len(content) // 4096)
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"are damaged .*xxgk reindex") as caught, Archive.open(tmp_path) as archive:
        verify(archive)
    assert "\n" not in str(caught.value)
    assert "SELECT" not in str(caught.value)


def test_a_connection_that_breaks_is_told_in_one_sentence_and_leaves_nothing_torn(
    tmp_path: Path, clock: Clock, postgresql: str
) -> None:
    place = Place(tmp_path / "archive", new_database(postgresql), clock)
    with place.open() as archive:
        store_one(archive, 1)
        with pytest.raises(ArchiveError, match="broke") as caught:
            break_connection(archive, place)
        assert "\n" not in str(caught.value)
        store_one(archive, 2)  # a new connection
        assert verify(archive) == []


def break_connection(archive: Archive, place: Place) -> None:
    with place.open() as other, other.engine.connect() as killer, archive.writing() as session:
        backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        killer.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
        session.execute(text("SELECT 1"))


def test_a_signal_right_after_a_commit_takes_no_bytes_away_from_its_rows(place: Place) -> None:
    def interrupt(_: Session) -> None:
        raise KeyboardInterrupt

    with place.open() as archive:
        store_one(archive, 1)
        event.listen(Session, "after_commit", interrupt, once=True)
        with pytest.raises(KeyboardInterrupt):
            store_one(archive, 2)
        assert verify(archive) == []
        store_one(archive, 3)
        assert verify(archive) == []
        with archive.session() as session:
            assert session.execute(text("SELECT count(*) FROM captures")).scalar_one() == 3


def test_the_tables_can_be_read_by_any_other_program_while_a_crawl_writes(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True, write=True) as archive, archive.writing() as session:
        session.execute(text("INSERT INTO portals (url, host) VALUES ('http://a.gov.cn/', 'a.gov.cn')"))
        with closing(sqlite3.connect(tmp_path / TABLES)) as other:
            assert other.execute("SELECT count(*) FROM portals").fetchone() == (0,)
