from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from archive import migrations
from archive.errors import ArchiveError, NoArchive, ReadOnlyArchive
from archive.schema import Base
from archive.store import Archive
from tests.archive.conftest import Place


def test_the_models_and_the_migrations_agree(archive: Archive) -> None:
    with archive.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_lead_back_to_an_empty_database(archive: Archive) -> None:
    from alembic import command

    with archive.engine.begin() as connection:
        command.downgrade(migrations.configuration(connection), "base")
    assert set(inspect(archive.engine).get_table_names()) == {"alembic_version"}


def test_the_files_of_the_history_are_named_after_their_revisions() -> None:
    from alembic.script import ScriptDirectory

    history = ScriptDirectory.from_config(migrations.configuration())
    revisions = [(Path(script.path).name.partition("_")[0], script.revision) for script in history.walk_revisions()]
    assert [name for name, _ in revisions] == [revision for _, revision in revisions]
    assert migrations.head() == history.get_current_head()


def test_a_database_opened_again_is_left_as_it_is(place: Place) -> None:
    for _ in range(2):
        with place.open(write=False) as archive, archive.engine.connect() as connection:
            assert migrations.current(connection) == migrations.head()


def test_sqlite_runs_with_a_journal_that_lets_readers_in_and_with_foreign_keys(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True) as archive, archive.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 60_000


def test_an_archive_that_is_not_there_is_not_made_by_asking(tmp_path: Path) -> None:
    with pytest.raises(NoArchive, match="there is no archive in"), Archive.open(tmp_path / "none"):
        pass
    assert not (tmp_path / "none").exists()


def test_a_file_is_no_place_for_an_archive(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ArchiveError), Archive.open(tmp_path / "file", create=True):
        pass


def test_the_tables_are_not_made_a_second_time_elsewhere(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True):
        pass
    with (
        pytest.raises(NoArchive, match="leave --database out"),
        Archive.open(tmp_path, "postgresql://nobody@127.0.0.1:1/none"),
    ):
        pass


@pytest.mark.parametrize("database", ["mysql://host/name", "no url at all"])
def test_other_databases_are_refused_in_one_sentence(tmp_path: Path, database: str) -> None:
    with pytest.raises(ArchiveError) as caught, Archive.open(tmp_path, database, create=True):
        pass
    assert "\n" not in str(caught.value)


def test_a_server_that_does_not_answer_is_an_error_in_one_sentence(tmp_path: Path) -> None:
    nobody = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(ArchiveError, match="cannot be opened") as caught, Archive.open(tmp_path, nobody, create=True):
        pass
    assert "\n" not in str(caught.value)


def test_damaged_tables_are_an_error_in_one_sentence(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True):
        pass
    (tmp_path / "archive.sqlite3").write_bytes(b"no database, for sure" * 100)
    with pytest.raises(ArchiveError) as caught, Archive.open(tmp_path):
        pass
    assert "\n" not in str(caught.value)


def test_an_archive_of_a_later_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive.json").write_text('{"format": 2, "tables": "sqlite"}', encoding="utf-8")
    with pytest.raises(ArchiveError, match="format 2"), Archive.open(tmp_path):
        pass


def test_who_opened_it_for_reading_stores_nothing(place: Place) -> None:
    with place.open(write=False) as archive, pytest.raises(ReadOnlyArchive):
        _ = archive.writer


def test_a_reader_is_not_kept_waiting_by_a_writer(place: Place) -> None:
    with place.open() as writer, place.open(write=False) as reader, writer.writing() as session:
        session.execute(text("INSERT INTO portals (url, host) VALUES ('http://a.gov.cn/', 'a.gov.cn')"))
        with reader.session() as reading:
            assert reading.execute(text("SELECT count(*) FROM portals")).scalar() == 0


def test_the_tables_are_one_plain_file_anybody_can_read(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True):
        pass
    with sqlite3.connect(tmp_path / "archive.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM captures").fetchone() == (0,)
    connection.close()


def test_alembic_runs_from_its_own_command_line_too(tmp_path: Path) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "alembic.config", "-x", f"database=sqlite:///{tmp_path / 'own.db'}", "-c"]
    settings = tmp_path / "alembic.ini"
    settings.write_text(
        f"[alembic]\nscript_location = {migrations.HERE}\nprepend_sys_path = {migrations.HERE.parent.parent}\n",
        encoding="utf-8",
    )
    subprocess.run([*command, str(settings), "upgrade", "head"], check=True, capture_output=True, cwd=tmp_path)
    engine = create_engine(f"sqlite:///{tmp_path / 'own.db'}")
    assert "captures" in inspect(engine).get_table_names()
    engine.dispose()
