"""The owner's files: what a person wrote into the archive's folder, the same on all machines of one database.

A file that is known nowhere else is given to all; of two that differ the one changed last holds, by the time of the file.
With tables in SQLite the folder is all there is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from secrets import token_hex
from stat import S_ISREG

from sqlalchemy import select

from archive.errors import ArchiveError
from archive.registry.deadlines import load
from archive.registry.identity import book_of
from archive.schema import OwnerFile
from archive.store import Archive
from archive.warcs.files import reason

GROUNDS = ("divisions.csv", "deadlines.toml")  # by which reports are filed and judged
PATTERNS = ("portals/*.yml", *GROUNDS)
MOST = 4 << 20  # bytes of one file


def sync(archive: Archive) -> list[str]:
    """Bring folder and tables together; the names of the files that changed here. Raises :class:`ArchiveError`."""
    if archive.engine.dialect.name != "postgresql":
        return []
    here = dict(_files(archive.folder))
    with archive.session() as session:
        there = dict(session.execute(select(OwnerFile.name, OwnerFile.changed_at)).all())
    newer = [name for name, at in here.items() if name not in there or at > there[name]]
    older = [name for name, at in there.items() if name not in here or at > here[name]]
    if newer:
        _publish(archive, newer)
    return _fetch(archive, older, here)


def digest(folder: Path) -> str:
    """Of ``divisions.csv`` and ``deadlines.toml`` as they stand here. Raises :class:`ArchiveError`."""
    found = []
    for path in (folder / name for name in GROUNDS):
        try:
            found.append(sha256(path.read_bytes()).hexdigest())
        except FileNotFoundError:
            found.append("")
        except OSError as error:
            raise ArchiveError(f"{path} cannot be read: {reason(error)}; give the right to") from error
    return sha256(" ".join(found).encode()).hexdigest()


class Kept:
    """An archive that stays open while its owner writes, here or on another machine."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._digest: str | None = None  # of what the archive goes by; null where that may be older than the files

    def read_anew(self) -> bool:
        """Let the archive go by its divisions and deadlines as they stand here now; whether they may have changed.

        Raises :class:`ArchiveError` where they are wrong: then it goes by what it read before.
        """
        folder = self._archive.folder
        now = digest(folder)  # before they are read: what is saved meanwhile is another next time
        if now == self._digest:
            return False
        vars(self._archive).update(book=book_of(folder), rules=load(folder / "deadlines.toml"))
        self._digest = now
        return True


def _files(folder: Path) -> Iterator[tuple[str, datetime]]:
    """The names of the files here, and when they were changed."""
    for pattern in PATTERNS:
        for path in folder.glob(pattern):
            at = _changed(path)
            if at is not None:
                yield path.relative_to(folder).as_posix(), at


def _changed(path: Path) -> datetime | None:
    """When a file was changed; null where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {reason(error)}; give the right to") from error
    return _moment(found) if S_ISREG(found.st_mode) else None


def _moment(found: os.stat_result) -> datetime:
    """In whole milliseconds."""
    moment = datetime.fromtimestamp(found.st_mtime, UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _publish(archive: Archive, names: list[str]) -> None:
    read = {}
    for name in names:
        path = archive.folder / name
        try:
            found = path.stat()  # before it is read: what is saved meanwhile is newer, and given the next time
            if found.st_size > MOST:
                raise ArchiveError(
                    f"{path} has more than {MOST >> 20} MiB and cannot be given to all machines: divide it"
                )
            read[name] = path.read_bytes().decode("utf-8"), _moment(found)
        except (OSError, UnicodeDecodeError) as error:
            said = reason(error) if isinstance(error, OSError) else str(error)
            raise ArchiveError(f"{path} cannot be given to all machines: {said}") from error
    with archive.writing() as session:
        for name, (body, at) in read.items():
            row = session.get(OwnerFile, name)
            if row is None:
                session.add(OwnerFile(name=name, body=body, changed_at=at))
            elif at > row.changed_at:
                row.body, row.changed_at = body, at


def _fetch(archive: Archive, names: list[str], here: Mapping[str, datetime]) -> list[str]:
    """Write the files that are newer elsewhere, each at one stroke; not where one was saved since ``here`` was seen."""
    if not names:
        return []
    with archive.session() as session:
        rows = session.scalars(select(OwnerFile).where(OwnerFile.name.in_(names))).all()
    written = []
    for row in rows:
        if not any(PurePosixPath(row.name).match(pattern) and ".." not in row.name for pattern in PATTERNS):
            continue  # of a later program, or nobody's
        path = archive.folder / row.name
        fresh = path.with_name(f"{path.name}.{token_hex(4)}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(row.body.encode("utf-8"))
            seconds = row.changed_at.timestamp()
            os.utime(fresh, (seconds, seconds))
            if _changed(path) != here.get(row.name):
                continue
            fresh.replace(path)
        except OSError as error:
            raise ArchiveError(f"{path} cannot be written: {reason(error)}; give the right to") from error
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
        written.append(row.name)
    return written
