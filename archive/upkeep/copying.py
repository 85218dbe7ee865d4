"""Copying: an archive's tables, moved from one database to another. Its WARC files stay where they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    Text,
    exists,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from archive import card, migrations
from archive.database import TABLES, TURN, WRITES, engine_of, explained, url_of
from archive.deriving.derive import LOCK as DERIVING
from archive.errors import ArchiveError
from archive.inserts import set_sequences
from archive.schema import Base, Moment, WarcFile
from archive.store import Archive
from archive.warcs import files
from archive.warcs.locks import locked, take

SQLITE = "sqlite"  # the word for the archive's own file, instead of a URL
BATCH = 1000  # rows held at a time
MOVED = f"{TABLES}.moved"
Progress = Callable[[str, int, int], None]
_Rows = Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class CopiedTable:
    """A table as it stands in the new database; ``digest`` is of its rows in the order of their keys."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Copied:
    """What was copied. ``left`` says where the old tables are still, null where another run had moved them away."""

    tables: tuple[CopiedTable, ...]
    kind: str
    left: Path | None


def copy(folder: Path, source: str | None, target: str, progress: Progress | None = None) -> Copied:
    """Copy the tables of an archive to ``target``, a PostgreSQL URL or :data:`SQLITE`, and go on with them there.

    ``source`` is where they stand now, as for :meth:`Archive.open`. The target must have no rows; what is copied is
    committed only when every table has the same count and digest there. A run that was killed is run again. ``progress``
    gets (table, rows done, all rows). Raises :class:`ArchiveError`.
    """
    there = _target(folder, source, target)
    if (done := _ended(folder, source, there)) is not None:
        return done
    with ExitStack() as held:
        archive = held.enter_context(Archive.open(folder, source, write=True))  # clears up behind killed processes
        _keep_others_out(archive, held)
        session = held.enter_context(archive.writing())
        held.enter_context(explained(folder))
        engine = engine_of(there)
        held.callback(engine.dispose)
        written = _fill(session.connection(), folder, engine, progress)
        card.mark_moved(folder, there.get_backend_name(), _address(there))
        files.sync_folder(folder)
    return Copied(written, there.get_backend_name(), _put_away(folder, url_of(folder, source)))


def _target(folder: Path, source: str | None, target: str) -> URL:
    url, old = url_of(folder, None if target == SQLITE else target), url_of(folder, source)
    if url.get_backend_name() == SQLITE and url != url_of(folder, None):
        raise ArchiveError(f"tables in SQLite stand in the archive's own folder: give --to {SQLITE}")
    if url == old or url.get_backend_name() == old.get_backend_name() == SQLITE:
        raise ArchiveError(f"the tables of the archive {folder} would be copied to where they are: name another place")
    return url


def _ended(folder: Path, source: str | None, there: URL) -> Copied | None:
    """What a run left that was killed at its very end, when the card said already that the tables are elsewhere."""
    kind, old = there.get_backend_name(), url_of(folder, source)
    if kind == old.get_backend_name() or not card.stands_at(folder, kind, _address(there)):
        return None
    address = None if kind == SQLITE else there.render_as_string(hide_password=False)
    with Archive.open(folder, address) as archive, archive.session() as session:
        written = tuple(_told(session.connection(), table) for table in _tables())
    return Copied(written, kind, _put_away(folder, old))


def _keep_others_out(archive: Archive, held: ExitStack) -> None:
    """Take the locks of whoever writes; who has one already is told of."""
    folder = archive.folder
    deriving = held.enter_context((folder / DERIVING).open("ab"))
    if not take(deriving):
        raise ArchiveError(f"reports of the archive {folder} are being read just now: copy it when that has ended")
    held.enter_context(locked(folder))
    for name in files.names(folder):
        if not _is_free(folder, name):
            raise ArchiveError(f"a crawl or an import is writing to the archive {folder}: copy it when that has ended")


def _is_free(folder: Path, name: str) -> bool:
    """Whether no process writes to a WARC file."""
    with files.open_to_read(folder, name) as file:
        return take(file)


def _fill(source: Connection, folder: Path, engine: Engine, progress: Progress | None) -> tuple[CopiedTable, ...]:
    """Copy all tables in one transaction, committed when they are the same."""
    waits = {WRITES: engine.dialect.name == SQLITE}  # PostgreSQL's turn is asked for below: it may be the source itself
    with engine.execution_options(**waits).begin() as target:
        _refuse_itself(target)
        if not _make_room(source, target, folder):
            written = _compared(source, target)
            if written is None:
                raise ArchiveError(_occupied(source, target))
            return written  # a run that was killed had committed it
        for table in _tables():
            rows = source.execute(select(func.count()).select_from(table)).scalar_one()
            _write(target, table, _counted(_read(source, table), table.name, rows, progress))
        with Session(target) as session:
            set_sequences(session)
            session.flush()
            if target.dialect.name == "postgresql":
                session.execute(text("ANALYZE"))
            written = _compared(source, target)
            if written is None:
                raise ArchiveError(
                    f"the copied tables of {folder} differ from the old ones, nothing was changed: run verify"
                )
        return written


def _refuse_itself(target: Connection) -> None:
    if target.dialect.name == "postgresql" and not target.scalar(select(func.pg_try_advisory_xact_lock(TURN))):
        raise ArchiveError(
            "somebody writes to the database in --to, or it is the one the tables stand in: name another"
        )


def _make_room(source: Connection, target: Connection, folder: Path) -> bool:
    """Make the tables, in the form of the source; false where there are rows in them."""
    ours = {table.name for table in _tables()}
    there = set(inspect(target).get_table_names())
    standing = migrations.current(target)
    if standing is None and ours & there:
        raise ArchiveError("the database in --to holds tables of another program: name an empty one")
    if standing is None:
        migrations.upgrade(target)
    elif standing != migrations.current(source):
        raise ArchiveError(
            f"the database in --to holds tables of another form than those of {folder}: name an empty one"
        )
    if target.dialect.name == SQLITE:
        target.exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # a revisit may have a lower number than its original
    return not any(target.scalar(select(exists(select(literal(1)).select_from(table)))) for table in _tables())


def _occupied(source: Connection, target: Connection) -> str:
    """Whose rows stand in the way."""
    names = set(source.scalars(select(WarcFile.name)))
    if names.isdisjoint(target.scalars(select(WarcFile.name))):
        return "the database in --to holds the tables of another archive: name an empty one"
    return "the database in --to holds other tables of this archive, from an earlier copy: empty it, or name another"


def _compared(source: Connection, target: Connection) -> tuple[CopiedTable, ...] | None:
    """The tables, null where they are not the same on both sides."""
    found = []
    for table in _tables():
        told = _told(target, table)
        if told != _told(source, table):
            return None
        found.append(told)
    return tuple(found)


def _told(connection: Connection, table: Table) -> CopiedTable:
    digest, rows = hashlib.sha256(), 0
    for rows, row in enumerate(_read(connection, table), 1):  # noqa: B007 - the count is needed behind the loop
        digest.update(repr(row).encode())
    return CopiedTable(table.name, rows, digest.hexdigest())


def _read(connection: Connection, table: Table) -> _Rows:
    """The rows in the order of their keys, few at a time."""
    query = select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(query.execution_options(yield_per=BATCH)):
        yield tuple(row)


def _write(target: Connection, table: Table, rows: _Rows) -> None:
    if target.dialect.name == SQLITE:
        names = table.columns.keys()
        while batch := [dict(zip(names, row, strict=True)) for row in islice(rows, BATCH)]:
            target.execute(insert(table), batch)
        return
    driver: Any = target.connection.driver_connection
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    try:
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as stream:
            for row in rows:
                stream.write_row(row)
    except target.dialect.loaded_dbapi.Error as error:  # SQLAlchemy knows nothing of COPY
        raise DBAPIError(None, None, error, connection_invalidated=driver.closed) from error


def _counted(rows: Iterable[tuple[Any, ...]], name: str, total: int, progress: Progress | None) -> _Rows:
    for done, row in enumerate(rows, 1):
        yield row
        if progress is not None and done % BATCH == 0:
            progress(name, done, total)


def _tables() -> list[Table]:
    """Our tables, parents first, with the columns as they stand in the database: packed text stays packed."""
    metadata = MetaData()
    return [
        Table(
            table.name,
            metadata,
            *(Column(each.name, _plain(each.type), primary_key=each.primary_key) for each in table.columns),
        )
        for table in Base.metadata.sorted_tables
    ]


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, Moment) or not isinstance(kind, TypeDecorator):
        return kind
    return LargeBinary() if isinstance(kind.impl_instance, LargeBinary) else Text()


def _address(url: URL) -> str | None:
    """The address for the card: without a password, and without options, where one may hide."""
    if url.get_backend_name() == SQLITE:
        return None
    kept = {name: value for name, value in url.query.items() if name in {"host", "port"}}
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, kept)
    return plain.render_as_string()


def _put_away(folder: Path, source: URL) -> Path | None:
    """Give the old SQLite file another name; null where there is none."""
    old = folder / TABLES
    if source.get_backend_name() != SQLITE or not old.exists():
        return None
    names = (f"{MOVED}{number or ''}" for number in range(1000))
    new = next(folder / name for name in names if not (folder / name).exists())
    for ending in ("-wal", "-shm", ""):  # the log goes first: without it the file might lack what was written last
        part = folder / f"{TABLES}{ending}"
        if part.exists():
            part.rename(folder / f"{new.name}{ending}")
    return new
