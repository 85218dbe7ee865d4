"""The owner's files: what a person wrote on one machine all have, the newest, and never an old one under a new time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from archive import ownerfiles
from archive.errors import ArchiveError
from archive.ownerfiles import Kept, digest, sync
from archive.schema import OwnerFile
from archive.store import Archive
from tests.archive.conftest import Clock, Place
from tests.archive.owners import HEAD, NEWER, OWN, RULE
from tests.databases import new_database


@pytest.fixture
def machines(postgresql: str, tmp_path: Path, clock: Clock) -> Iterator[tuple[Archive, Archive]]:
    """Two machines with one database."""
    database = new_database(postgresql, tables=True)
    first, second = (Place(tmp_path / name, database, clock) for name in ("first", "second"))
    with first.open() as here, second.open() as there:
        yield here, there


def save(archive: Archive, body: str, *, at: float, name: str = "divisions.csv") -> None:
    """As its owner saves a file, at a second of a day long ago."""
    path = archive.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(body, encoding="utf-8")
    os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))


def own(archive: Archive, name: str = "divisions.csv") -> str:
    return (archive.folder / name).read_text(encoding="utf-8")


def given(archive: Archive) -> dict[str, tuple[str, datetime]]:
    """What stands in the tables."""
    with archive.session() as session:
        return {row.name: (row.body, row.changed_at) for row in session.scalars(select(OwnerFile))}


@contextmanager
def writings(archive: Archive) -> Iterator[list[str]]:
    """The statements that are asked of the database, without the readings."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith("SELECT") or "advisory" in statement:
            asked.append(statement)

    event.listen(archive.engine, "before_cursor_execute", note)
    yield asked
    event.remove(archive.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("at", [0, 0.001, 0.1239996, 0.5, 0.9999])
def test_the_file_that_was_changed_last_holds_and_what_did_not_change_is_not_written(
    machines: tuple[Archive, Archive], at: float
) -> None:
    first, second = machines
    save(first, OWN, at=at)
    assert (sync(first), sync(second), own(second)) == ([], ["divisions.csv"], OWN)
    save(second, NEWER, at=at + 1)
    assert (sync(second), sync(first), own(first)) == ([], ["divisions.csv"], NEWER)
    stood = [(archive.folder / "divisions.csv").stat() for archive in machines]
    for archive in machines:
        with writings(archive) as asked:
            assert sync(archive) == []
        assert asked == []
    assert [(archive.folder / "divisions.csv").stat() for archive in machines] == stood
    assert sorted(path.name for path in second.folder.iterdir()) == [
        "archive.json",
        "archive.lock",
        "divisions.csv",
        "warc",
    ]


@pytest.mark.parametrize("early", [True, False], ids=["before it is read", "after it was read"])
def test_a_file_that_is_saved_while_it_is_given_is_given_as_it_was_saved(
    machines: tuple[Archive, Archive],
    monkeypatch: pytest.MonkeyPatch,
    early: bool,
) -> None:
    first, second = machines
    save(first, OWN, at=0)
    read = Path.read_bytes
    saved: list[Path] = []

    def meanwhile(path: Path) -> bytes:
        body = b"" if early else read(path)
        if not saved:
            save(first, NEWER, at=5)
            saved.append(path)
        return read(path) if early else body

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", meanwhile)
        sync(first)
    assert saved
    sync(first)
    assert sync(second) == ["divisions.csv"]
    assert own(second) == NEWER
    assert given(first) == {"divisions.csv": (NEWER, datetime.fromtimestamp(1_700_000_005, UTC))}


@pytest.mark.parametrize("known", [True, False], ids=["an older one", "none"])
def test_a_file_that_is_saved_while_a_newer_one_comes_is_kept(
    machines: tuple[Archive, Archive],
    known: bool,
) -> None:
    first, second = machines
    if known:
        save(second, "", at=0)
    save(first, OWN, at=1)
    sync(first)

    def meanwhile(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "body" in statement:  # it has looked, and asks for what is newer
            save(second, NEWER, at=5)

    event.listen(second.engine, "before_cursor_execute", meanwhile)
    assert sync(second) == []
    event.remove(second.engine, "before_cursor_execute", meanwhile)
    assert own(second) == NEWER
    sync(second)
    sync(first)
    assert (own(first), [path.name for path in second.folder.glob("*.new")]) == (NEWER, [])


@pytest.mark.parametrize(
    ("name", "body", "differs"),
    [
        ("divisions.csv", OWN, True),
        ("divisions.csv", "", True),
        ("deadlines.toml", RULE, True),
        ("deadlines.toml", "", True),
        ("portals/qingwan.yml", "portals: []\n", False),
    ],
)
def test_the_digest_is_of_what_reports_are_filed_and_judged_by(
    machines: tuple[Archive, Archive],
    name: str,
    body: str,
    differs: bool,
) -> None:
    first, second = machines
    save(first, body, at=0, name=name)
    assert (digest(first.folder) != digest(second.folder)) == differs
    save(second, body, at=9, name=name)
    assert digest(first.folder) == digest(second.folder)


def test_an_archive_that_stays_open_goes_by_what_its_owner_writes(machines: tuple[Archive, Archive]) -> None:
    archive, _ = machines
    kept = Kept(archive)
    assert (archive.book.get("330199"), len(archive.rules.rules) > 0) == (None, True)
    save(archive, OWN, at=0)
    assert (kept.read_anew(), kept.read_anew(), archive.book.label("330199")) == (True, False, "浙江省杭州市清湾区")
    save(archive, RULE, at=0, name="deadlines.toml")
    assert kept.read_anew()
    assert "qingwan" in {rule.id for rule in archive.rules.rules}
    save(archive, f"{HEAD}\n33,清湾区,,,\n", at=1)
    for _ in range(2):  # as long as it is wrong
        with pytest.raises(ArchiveError, match=r"divisions\.csv"):
            kept.read_anew()
    assert archive.book.label("330199") == "浙江省杭州市清湾区"
    save(archive, NEWER, at=2)
    assert (kept.read_anew(), archive.book.label("330199")) == (True, "浙江省杭州市临湾区")


def test_what_cannot_be_given_or_fetched_is_one_sentence(machines: tuple[Archive, Archive]) -> None:
    first, second = machines
    save(first, "portals: []\n", at=0, name="portals/qingwan.yml")
    sync(first)
    (second.folder / "portals").write_text("a file", encoding="utf-8")
    with pytest.raises(ArchiveError, match=r"qingwan\.yml cannot be written: File exists.*; give the right to"):
        sync(second)
    (first.folder / "divisions.csv").write_bytes("清".encode("gb18030"))
    with pytest.raises(ArchiveError, match=r"divisions\.csv cannot be given to all machines"):
        sync(first)
    (first.folder / "divisions.csv").write_bytes(b" " * (ownerfiles.MOST + 1))
    with pytest.raises(ArchiveError, match="more than 4 MiB"):
        sync(first)
