"""A database that is stopped and started again pauses what runs, and changes nothing of its result."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from socket import AF_UNIX, SHUT_RDWR, create_server, socket
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.engine import make_url

import parser
from archive import patience
from archive.captures import Capture, deposit, store
from archive.crawling import crawls
from archive.deriving import derive as deriving
from archive.deriving.derive import derive
from archive.errors import ArchiveError, ConnectionLost, DatabaseAway
from archive.patience import PATIENCE
from archive.reports import list_reports
from archive.schema import Article, CaptureRow, CrawlRow, JournalRow
from archive.store import Archive
from archive.upkeep.verify import verify
from parser.hints import Hints
from parser.record import Record
from tests.archive.answers import PORTAL, URL, answer, batch, publish, report_page
from tests.archive.conftest import Clock, Place
from tests.databases import Server, new_database, own_server
from tests.papers.paper import paper

MODES = ("fast", "immediate")
LONG = "240"  # seconds: more than a start takes on a machine that has much to do


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as own:
        yield own


@pytest.fixture
def place(server: Server, tmp_path: Path, clock: Clock) -> Place:
    return Place(tmp_path / "archive", new_database(server.uri, tables=True), clock)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PATIENCE, LONG)


class Once:
    """Does something the first time it is passed by."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do = do
        self.done = False

    def __call__(self) -> None:
        if not self.done:
            self.done = True
            self._do()


@contextmanager
def at(point: str, do: Callable[[], None]) -> Iterator[None]:
    """Do something within the next writing: before it has a row, once it has one, when it is about to be committed."""
    once = Once(do)

    def inserted(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO captures"):
            once()

    def committed(_: Connection) -> None:
        once()

    def begun(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "pg_advisory_xact_lock" in statement:
            once()

    listeners: dict[str, tuple[Any, str, Any]] = {
        "begin": (Engine, "after_cursor_execute", begun),
        "insert": (Engine, "after_cursor_execute", inserted),
        "commit": (Engine, "commit", committed),
    }
    event.listen(*listeners[point])
    try:
        yield
    finally:
        event.remove(*listeners[point])
    assert once.done


@contextmanager
def cut_after_commit(database: str) -> Iterator[str]:
    """The address of a way to the database that breaks once, when it has taken a commit and nobody was told."""
    url = make_url(database)
    path = f"{url.query['host']}/.s.PGSQL.5432"
    cut = threading.Event()

    def carry(client: socket) -> None:
        with client, socket(AF_UNIX) as there, suppress(OSError):
            there.connect(path)
            back = threading.Thread(target=copy, args=(there, client), daemon=True)
            back.start()
            while data := client.recv(1 << 16):
                if b"INSERT INTO captures" in data:
                    armed.set()
                last = armed.is_set() and b"COMMIT" in data and not cut.is_set()
                if last:
                    cut.set()
                    client.shutdown(SHUT_RDWR)  # before the answer comes
                there.sendall(data)
                if last:
                    there.shutdown(1)
                    back.join()
                    return
            there.shutdown(SHUT_RDWR)

    def copy(there: socket, client: socket) -> None:
        with suppress(OSError):
            while data := there.recv(1 << 16):
                with suppress(OSError):
                    client.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=carry, args=(listening.accept()[0],), daemon=True).start()

    armed = threading.Event()
    with closing(create_server(("127.0.0.1", 0))) as listening:
        threading.Thread(target=accept, daemon=True).start()
        port = listening.getsockname()[1]
        yield f"{url.drivername}://{url.username}@127.0.0.1:{port}/{url.database}"
        assert cut.is_set()
        listening.shutdown(SHUT_RDWR)


def rows(archive: Archive) -> list[tuple[object, ...]]:
    """What the tables say of captures and notes, but for what each archive draws by lot."""
    with archive.session() as session:
        kept = session.execute(
            select(CaptureRow.url, CaptureRow.kind, CaptureRow.role, CaptureRow.method, CaptureRow.status).add_columns(
                CaptureRow.payload_digest, CaptureRow.framed_digest, CaptureRow.payload_length, CaptureRow.content_type
            )
        )
        found: list[tuple[object, ...]] = [tuple(row) for row in kept]
        found += [(len(session.scalars(select(JournalRow.id)).all()),)]
        found += [tuple(row) for row in session.execute(select(CrawlRow.id, CrawlRow.state, CrawlRow.key))]
        found += [tuple(row) for row in session.execute(select(Article.address, Article.stale > 0, Article.page_title))]
    return sorted(found, key=repr)


def fixed(capture: Capture) -> Capture:
    """A capture without what each archive draws by lot."""
    original = None if capture.original_id is None else 0
    return replace(capture, id=0, original_id=original, record_id="", file="", position=0, length=0)


# Connections


@pytest.mark.usefixtures("patient")
def test_a_database_that_is_away_is_waited_for_and_that_is_said_once(server: Server, place: Place) -> None:
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        if len(said) == 1:
            server.start()

    with place.open() as archive, patience.told(say):
        store(archive, answer(URL), role="article")
        server.stop()
        with archive.session() as session:
            assert session.scalar(select(func.count()).select_from(CaptureRow)) == 1
    assert [sentence.partition("(")[0] for sentence in said] == ["PostgreSQL is away ", said[1]]
    assert said[1].startswith("PostgreSQL is back after ")
    assert all("\n" not in sentence for sentence in said)


def test_without_patience_it_is_said_at_once_in_one_sentence(server: Server, place: Place) -> None:
    with place.open() as archive:
        server.stop()
        try:
            with pytest.raises(DatabaseAway, match="see that PostgreSQL runs") as caught:
                store(archive, answer(URL), role="article")
        finally:
            server.start()
        assert "\n" not in str(caught.value)
        store(archive, answer(URL), role="article")
        assert verify(archive) == []


@pytest.mark.usefixtures("patient")
def test_what_a_server_refuses_for_good_is_not_waited_for(server: Server, tmp_path: Path) -> None:
    nowhere = make_url(new_database(server.uri)).set(database="nowhere").render_as_string(hide_password=False)
    with (
        pytest.raises(DatabaseAway, match='database "nowhere" does not exist'),
        Archive.open(tmp_path, nowhere, create=True),
    ):
        pass


@pytest.mark.usefixtures("patient")
def test_a_server_with_all_its_places_taken_is_waited_for(server: Server, place: Place) -> None:
    engine = create_engine(server.uri.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    name = make_url(place.database or "").database
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT 1'))
        connection.execute(text("CREATE ROLE guest LOGIN"))
        connection.execute(text(f'ALTER DATABASE "{name}" OWNER TO guest'))
    url = make_url(place.database or "").set(username="guest")
    guest = create_engine(url)
    taken = guest.connect()
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        taken.close()
        guest.dispose()

    with patience.told(say):
        other = create_engine(url)
        event.listen(other, "do_connect", patience.connect)
        with other.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1
    assert "too many connections" in said[0]
    other.dispose()
    engine.dispose()


@pytest.mark.parametrize("written", ["soon", "-1", "inf"])
def test_a_patience_that_is_no_number_of_seconds_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv(PATIENCE, written)
    with pytest.raises(ArchiveError, match="XXGK_PATIENCE must be a number of seconds"), place.open():
        pass


# Deposits


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("point", ["begin", "insert", "commit"])
@pytest.mark.usefixtures("patient")
def test_a_deposit_goes_through_a_restart_as_if_there_was_none(
    server: Server, place: Place, clock: Clock, tmp_path: Path, point: str, mode: str
) -> None:
    answers, notes = batch()
    undisturbed = Place(tmp_path / "undisturbed", new_database(server.uri, tables=True), clock)
    with undisturbed.open() as archive:
        deposit(archive, notes=notes[:1])
        expected = deposit(archive, answers, notes[1:])
        stood = rows(archive)
    with place.open() as archive:
        deposit(archive, notes=notes[:1])
        with at(point, lambda: server.restart(mode)):
            kept = deposit(archive, answers, notes[1:])
        assert rows(archive) == stood
        assert verify(archive) == []
        store(archive, answer(f"{URL}?later"), role="article")
        assert verify(archive) == []
    assert [fixed(one) for one in kept] == [fixed(one) for one in expected]


@pytest.mark.usefixtures("patient")
def test_a_deposit_that_was_committed_without_a_word_is_kept_once(place: Place, clock: Clock) -> None:
    answers, notes = batch()
    with place.open() as archive:
        deposit(archive, notes=notes[:1])
    with cut_after_commit(place.database or "") as way, Place(place.folder, way, clock).open() as archive:
        kept = deposit(archive, answers, notes[1:])
        assert len(kept) == 3
        with archive.session() as session:
            assert [row.record_id for row in session.scalars(select(CaptureRow).order_by(CaptureRow.id))] == [
                one.record_id for one in kept
            ]
            assert session.scalar(select(func.count()).select_from(JournalRow)) == 2
        assert verify(archive) == []


def test_without_patience_the_bytes_of_a_broken_deposit_get_their_rows_later(server: Server, place: Place) -> None:
    answers, notes = batch()
    with place.open() as archive:
        deposit(archive, notes=notes[:1])
        with pytest.raises(ConnectionLost), at("commit", server.restart):
            deposit(archive, answers, notes[1:])
    with place.open() as archive:
        with archive.session() as session:
            assert session.scalar(select(func.count()).select_from(CaptureRow)) == 3
        assert verify(archive) == []


def test_what_a_killed_crawl_captured_is_derived_again_even_if_nothing_was_noted_of_it(
    server: Server, place: Place
) -> None:
    with place.open() as archive:
        publish(archive, URL, report_page(), title=paper().title)
        derive(archive)
        with pytest.raises(ConnectionLost), at("commit", server.restart):
            store(archive, answer(URL, report_page(paper(seed=2)), at=place.clock.advance(days=1)), role="article")
    with place.open() as archive:
        assert derive(archive).changed == 1


# Crawls and locks


@pytest.mark.usefixtures("patient")
def test_a_crawl_is_begun_once_through_a_restart(server: Server, place: Place) -> None:
    with place.open() as archive:
        with at("commit", server.restart):
            first = crawls.begin(archive, {"year": 2023}, [PORTAL])
        assert crawls.begin(archive, {"year": 2024}, [PORTAL]).id == first.id + 1
        again = crawls.begin(archive, {"year": 2023}, [PORTAL])
        assert (again.id, again.resumed) == (first.id, True)


def test_a_crawl_that_was_killed_before_its_first_note_goes_on_with_its_number(place: Place) -> None:
    def die(_: int) -> list[Any]:
        raise KeyboardInterrupt

    with place.open() as archive:
        with pytest.raises(KeyboardInterrupt):
            crawls.begin(archive, {}, [PORTAL], die)
        crawl = crawls.begin(archive, {}, [PORTAL])
        crawls.finish(archive, crawl.id, crawls.FINISHED)
        assert crawl.id == 1
        assert crawls.begin(archive, {}, [PORTAL]).id == 2


def test_who_is_alone_is_alone_on_all_machines(place: Place, clock: Clock, tmp_path: Path) -> None:
    order: list[str] = []
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    def come_second() -> None:
        with other.alone("sending"):
            order.append("second")

    with place.open() as archive, Place(tmp_path / "other", place.database, clock).open() as other:
        with archive.alone("sending") as check, archive.alone("mending"):
            second = threading.Thread(target=come_second)
            second.start()
            while not archive_count(archive, waits):
                assert second.is_alive()
            check()
            order.append("first")
        second.join()
        assert order == ["first", "second"]
        assert archive_count(archive, text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0


def archive_count(archive: Archive, query: Any) -> int:
    with archive.session() as session:
        return int(session.execute(query).scalar_one())


def test_who_is_no_longer_alone_is_told_so_each_time(server: Server, place: Place) -> None:
    with place.open() as archive:
        with archive.alone("sending") as check:
            check()
            server.restart()
            for _ in range(2):
                with pytest.raises(ConnectionLost):
                    check()
        with archive.alone("sending") as check:
            check()


# Deriving


def filled(place: Place, count: int = 5) -> None:
    with place.open() as archive:
        for number in range(count):
            item = paper(f"清湾市第{number}局")
            publish(archive, f"{URL}?{number}", report_page(item), title=item.title)


def reports_of(archive: Archive) -> list[tuple[object, ...]]:
    return sorted((line.publisher, line.report_year, line.figures, line.url) for line in list_reports(archive))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("patient")
def test_deriving_goes_through_restarts_with_the_same_counts(
    server: Server, place: Place, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(deriving, "BATCH", 2)
    filled(place)
    read: Counter[bytes] = Counter()

    def parse(data: bytes, hints: Hints) -> Record:
        read[data] += 1
        if read.total() in {1, 4}:
            server.restart(mode)
        return parser.parse(data, hints)

    with place.open() as archive:
        with at("commit", lambda: server.restart(mode)):
            derived = derive(archive, parse=parse)
        assert derived.created == 5
        assert set(read.values()) == {1}
        assert len(reports_of(archive)) == 5
        assert verify(archive) == []


def test_no_document_is_called_unreadable_because_the_database_was_away(server: Server, place: Place) -> None:
    with place.open() as archive:
        for number in range(2):  # the second is kept as a reference to the first, which the tables know
            publish(archive, f"{URL}?{number}", report_page(), title=paper().title)
        once = Once(server.stop)

        def parse(data: bytes, hints: Hints) -> Record:
            once()
            return parser.parse(data, hints)

        try:
            with pytest.raises((ConnectionLost, DatabaseAway)):
                derive(archive, parse=parse)
        finally:
            server.start()
        done = derive(archive)
        assert (done.created + done.changed + done.unchanged, done.failed) == (2, 0)


def second_machine(place: Place, tmp_path: Path) -> Place:
    """Another folder on the same tables, which can read the same files."""
    folder = tmp_path / "second"
    folder.mkdir()
    (folder / "warc").symlink_to(place.folder / "warc", target_is_directory=True)
    return replace(place, folder=folder)


def test_what_another_machine_derived_meanwhile_is_not_filed_twice(place: Place, tmp_path: Path) -> None:
    filled(place)
    with place.open() as archive, second_machine(place, tmp_path).open(write=False) as other:
        theirs: list[int] = []

        def parse(data: bytes, hints: Hints) -> Record:
            if not theirs:
                theirs.append(0)
                theirs[0] = derive(other).created
            return parser.parse(data, hints)

        ours = derive(archive, parse=parse)
        assert (ours.created, theirs) == (0, [5])
        assert len(reports_of(archive)) == 5
        with archive.session() as session:
            assert set(session.scalars(select(Article.derivations))) == {1}


def test_articles_that_others_derive_again_and_again_are_filed_in_the_end(place: Place, tmp_path: Path) -> None:
    filled(place, 1)
    rounds = 0
    with place.open() as archive, second_machine(place, tmp_path).open(write=False) as other:

        def parse(data: bytes, hints: Hints) -> Record:
            nonlocal rounds
            rounds += 1
            if rounds <= deriving._TRIES:
                derive(other, everything=True)
            return parser.parse(data, hints)

        derive(archive, everything=True, parse=parse)
        assert rounds == deriving._TRIES + 1
        assert len(reports_of(archive)) == 1
        with archive.session() as session:
            assert set(session.scalars(select(Article.stale))) == {0}


def test_a_portals_articles_are_derived_alone(place: Place) -> None:
    with place.open() as archive:
        publish(archive, URL, report_page(), title=paper().title)
        item = paper("清湾市教育局")
        other = "http://jyj.qingwan.gov.cn/"
        publish(archive, f"{other}a.html", report_page(item), portal=other, column=f"{other}ndbg/", title=item.title)
        assert derive(archive, portals=[other]).created == 1
        assert [line.publisher for line in list_reports(archive)] == [item.agency]
        assert derive(archive, portals=[]).created == 0
        assert derive(archive).created == 1
