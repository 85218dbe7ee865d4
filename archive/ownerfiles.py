"""The owner's files: what a person wrote into the archive's folder, the same on all machines of one database.

A file that is known nowhere else is given to all; of two that differ the one changed last holds, by the time of the file.
With tables in SQLite the folder is all there is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import select

from archive.errors import ArchiveError
from archive.schema import OwnerFile
from archive.store import Archive
from archive.warcs.files import reason

PATTERNS = ("portals/*.yml", "divisions.csv", "deadlines.toml")
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
    return _fetch(archive, older)


def _files(folder: Path) -> Iterator[tuple[str, datetime]]:
    """The names of the files here, and when they were changed, in whole milliseconds."""
    for pattern in PATTERNS:
        for path in folder.glob(pattern):
            if path.is_file():
                yield path.relative_to(folder).as_posix(), _changed(path)


def _changed(path: Path) -> datetime:
    moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _publish(archive: Archive, names: list[str]) -> None:
    read = {}
    for name in names:
        path = archive.folder / name
        try:
            if path.stat().st_size > MOST:
                raise ArchiveError(
                    f"{path} has more than {MOST >> 20} MiB and cannot be given to all machines: divide it"
                )
            read[name] = path.read_bytes().decode("utf-8"), _changed(path)
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


def _fetch(archive: Archive, names: list[str]) -> list[str]:
    """Write the files that are newer elsewhere, each at one stroke."""
    if not names:
        return []
    with archive.session() as session:
        rows = session.scalars(select(OwnerFile).where(OwnerFile.name.in_(names))).all()
    written = []
    for row in rows:
        if not any(PurePosixPath(row.name).match(pattern) and ".." not in row.name for pattern in PATTERNS):
            continue  # of a later program, or nobody's
        path = archive.folder / row.name
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(row.body.encode("utf-8"))
            seconds = row.changed_at.timestamp()
            os.utime(fresh, (seconds, seconds))
            fresh.replace(path)
        except OSError as error:
            raise ArchiveError(f"{path} cannot be written: {reason(error)}; give the right to") from error
        written.append(row.name)
    return written
