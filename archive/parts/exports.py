"""An export in parts: each writes the files of some years and provinces beside the folder, the last one places them.

Whatever a part writes stands in a folder of its own until the tables say that it is done, so that a killed machine, or a
second one at the same part, leaves nothing in the export. Formats that put a whole table into one file have no parts.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import simplejson
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from archive.corpus import arrow, exporting, package, placing
from archive.corpus.columns import Table, tables
from archive.corpus.exporting import PLAINLY, Exported
from archive.corpus.package import Facts, FileLine
from archive.corpus.rows import Reader
from archive.corpus.selection import Part, Wanted, plan
from archive.corpus.values import Left
from archive.corpus.writing import Manner
from archive.errors import ArchiveError, DamagedRecord
from archive.parts import grounds, ledger
from archive.parts.ledger import DONE, EXPORT, FAILED, FINISHED, RUNNING, UNITS, UNTOLD, WAITING, Refused
from archive.schema import ExportRun, Partition
from archive.store import Archive
from archive.warcs import files

REPORTS = 5_000  # to a part, and more where a year of a province has more: their file is one
FORMATS = ("parquet", "csv", "jsonl")
_ONE_VIEW = {"isolation_level": "REPEATABLE READ"}
_SNAPSHOT = re.compile(r"[0-9A-Fa-f-]{3,64}")
Progress = Callable[[int, int], None]


@contextmanager
def begun(
    archive: Archive,
    folder: Path,
    wanted: Wanted,
    *,
    format: str,  # noqa: A002 - the option's name
    names: Collection[str] | None = None,
    manner: Manner = PLAINLY,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[int]:
    """Begin an export in parts, or join the same one to the same folder, also if it ended untold; its number.

    While the block runs, all its parts are read from one view of the archive; a part that begins later is read from the
    archive as it is then. Raises :class:`archive.errors.ArchiveError`.
    """
    ledger.demand_postgresql(archive, "an export")
    if format not in FORMATS:
        raise ArchiveError(
            f"{format} puts whole tables into one file, which one machine writes: leave --in-parts out, or choose {', '.join(FORMATS)}"
        )
    folder = Path(os.path.normpath(folder.absolute()))
    asked = _asked(wanted, format, names, manner)
    placing.check(folder)
    run = ExportRun(folder=str(folder), state=RUNNING, wish=asked, begun_at=archive.clock())
    run.fingerprint = grounds.grounds(archive, _program())
    with archive.writing() as session:
        joined = _join(session, run, say)
    if joined is not None:
        yield joined
        return
    with archive.session() as view:
        view.connection(execution_options=_ONE_VIEW)
        run.snapshot = str(view.scalar(text("SELECT pg_export_snapshot()")))
        run.version = exporting.state_of(view)
        parts = _parts(plan(view, archive.book, wanted))
        number = _enter(archive, run, parts, say)
        _make_room(folder, number)
        yield number
        with suppress(Exception):  # a long wait may have cost the connection; nothing was written through it
            view.rollback()


def do(archive: Archive, part_id: int, *, progress: Progress = lambda done, of: None) -> None:  # noqa: ARG005 - says nothing
    """Do a part; who ends the last one puts the export into its folder.

    Raises :class:`archive.parts.ledger.Refused` where this machine does not reach the folder, cannot write there, or would
    write other tables.
    """
    with archive.session() as session:
        part = session.get(Partition, part_id)
        run = session.get(ExportRun, part.run_id) if part is not None else None
    if part is None or run is None or run.state != RUNNING:
        return
    if part.state == WAITING:
        _check(archive, part_id, run)
        try:
            archive.patiently(partial(_write, archive, part, run, progress))
        except DamagedRecord as error:  # no other machine reads it better
            fail(archive, run.id, str(error))
            return
    close(archive, run.id)


def close(archive: Archive, run_id: int) -> bool:
    """Put an export into its folder if all its parts are done and nobody else is at it. Raises :class:`ArchiveError`.

    False where it stands as it stood: another machine is at it, or the folder is not shared with this one.
    """
    with archive.session() as session:
        run = session.get_one(ExportRun, run_id)
        parts = ledger.parts_of(session, EXPORT, run_id)
    if run.state != RUNNING or any(part.state != DONE for part in parts):
        return run.state != RUNNING
    folder, results = Path(run.folder), [simplejson.loads(part.result or "{}") for part in parts]
    room = _room(folder, run_id)
    if not room.is_dir():  # it is not shared with this machine
        return False
    if _again(archive, room, parts, results):
        return True
    try:
        with placing.placed(folder) as place, _still_open(archive, run_id):
            done = _put_together(run, results, room, place)
    except placing.Taken:
        return False
    except _Over:
        return True

    def end() -> None:
        with archive.writing() as session:
            row = session.get_one(ExportRun, run_id)
            if row.state == RUNNING:
                row.state, row.ended_at, row.result = UNTOLD, archive.clock(), done
                session.flush()
                ledger.clear(session, EXPORT, run_id)

    archive.patiently(end)
    shutil.rmtree(room, ignore_errors=True)
    return True


def fail(archive: Archive, run_id: int, said: str) -> None:
    """Give an export up: nothing of it is kept."""
    with archive.writing() as session:
        run = session.get_one(ExportRun, run_id)
        if run.state != RUNNING:
            return
        _give_up(session, run, said, archive.clock())
        folder = Path(run.folder)
    shutil.rmtree(_room(folder, run_id), ignore_errors=True)


def _give_up(session: Session, run: ExportRun, said: str, now: datetime) -> None:
    run.state, run.ended_at, run.result = FAILED, now, simplejson.dumps({"error": said}, ensure_ascii=False)
    ledger.abandon(session, EXPORT, run.id, now)


def summary(archive: Archive, run_id: int) -> Exported | None:
    """What was written, null while it is not. Raises :class:`ArchiveError` with the reason where it was given up."""
    with archive.session() as session:
        run = session.get_one(ExportRun, run_id)
    if run.state == RUNNING or run.result is None:
        return None
    result = simplejson.loads(run.result)
    if run.state == FAILED:
        raise ArchiveError(str(result["error"]))
    lines = tuple(_line(each) for each in result["files"])
    chosen = _chosen(simplejson.loads(run.wish))
    left, counted = Left(**result["left"]), package.counts(chosen, lines)
    return Exported(lines, result[UNITS], counted, left, run.version, result.get("until"))


def _again(archive: Archive, room: Path, parts: list[Partition], results: list[dict[str, Any]]) -> bool:
    """Let parts be done again whose files are gone; whether there are any."""
    gone = [
        part.id
        for part, result in zip(parts, results, strict=True)
        if not all((room / result["place"] / line["path"]).is_file() for line in result["files"])
    ]
    if not gone:
        return False
    with archive.writing() as session:
        lost = update(Partition).where(Partition.id.in_(gone), Partition.state == DONE)
        session.execute(lost.values(state=WAITING, result=None), execution_options={"synchronize_session": False})
    return True


class _Over(Exception):
    """The export stands in its folder already."""


@contextmanager
def _still_open(archive: Archive, run_id: int) -> Iterator[None]:
    """Asked once nobody else can be at it: whoever was may have ended it."""
    with archive.session() as session:
        if session.get_one(ExportRun, run_id).state != RUNNING:
            raise _Over
    yield


def _asked(wanted: Wanted, format: str, names: Collection[str] | None, manner: Manner) -> str:  # noqa: A002 - as above
    since = wanted.since.isoformat() if wanted.since is not None else None
    chosen = [table.name for table in exporting.chosen_tables(format, names)]
    asked = {"format": format, "tables": chosen, **asdict(manner), "wanted": {**asdict(wanted), "since": since}}
    return simplejson.dumps(asked, ensure_ascii=False, sort_keys=True)


def _wanted(wish: dict[str, Any]) -> Wanted:
    said = dict(wish["wanted"])
    return Wanted(**{**said, "since": datetime.fromisoformat(said["since"]) if said["since"] else None})


def _manner(wish: dict[str, Any]) -> Manner:
    return Manner(wish["bom"], wish["chinese"])


def _chosen(wish: dict[str, Any]) -> list[Table]:
    return tables(wish["tables"])


def _program() -> str:
    """A digest of the tables as this version of the program writes them."""
    return sha256(repr((exporting.software(), tables())).encode()).hexdigest()


def _parts(found: dict[Part, Any]) -> list[dict[str, Any]]:
    """The arguments of the parts: years and provinces, enough of them to be worth a beginning; last the publishers."""
    parts: list[dict[str, Any]] = []
    held: list[list[int | None]] = []
    reports = 0
    for part, numbers in found.items():
        held.append(list(part))
        reports += len(numbers)
        if reports >= REPORTS:
            parts.append({"parts": held, UNITS: reports})
            held, reports = [], 0
    if held:
        parts.append({"parts": held, UNITS: reports})
    return [*parts, {"parts": [], UNITS: 0}]


def _join(session: Session, run: ExportRun, say: Callable[[str], None]) -> int | None:
    """The run of the same export that goes on; null where none is being written to the folder."""
    query = select(ExportRun).where(ExportRun.folder == run.folder, ExportRun.state.in_((RUNNING, UNTOLD)))
    known = session.scalars(query.order_by(ExportRun.id.desc()).limit(1)).first()
    if known is None:
        return None
    same = (known.wish, known.fingerprint) == (run.wish, run.fingerprint)
    begun_at = f"{known.begun_at:%Y-%m-%d %H:%M} UTC"
    if known.state == UNTOLD:
        if same and Path(run.folder).exists():
            say(f"the export in parts of {begun_at} was ended by the workers; the same command again begins a new one")
            return known.id
        known.state = FINISHED
        return None
    if known.wish != run.wish:
        raise ArchiveError(
            f"an export in parts of {begun_at} with other options is being written to {run.folder}: wait for its end, or name another folder"
        )
    if not same:
        changed = "divisions.csv or deadlines.toml" if grounds.are_of(_program(), known.fingerprint) else "xxgk"
        said = f"{changed} has changed since the export in parts of {begun_at}: it begins anew"
        _give_up(session, known, said, run.begun_at)
        shutil.rmtree(_room(Path(known.folder), known.id), ignore_errors=True)
        say(said)
        return None
    if not ledger.states(session, EXPORT, known.id)[DONE]:
        _make_room(Path(run.folder), known.id)
    say(f"joining the export in parts of {begun_at}")
    ledger.try_again(session, EXPORT, known.id)
    return known.id


def _enter(archive: Archive, run: ExportRun, parts: list[dict[str, Any]], say: Callable[[str], None]) -> int:
    """Enter a new run and its parts, unless another command was faster."""
    with archive.writing() as session:
        joined = _join(session, run, say)
        if joined is not None:
            return joined
        session.add(run)
        session.flush()
        ledger.lay(session, EXPORT, run.id, parts, [0] * len(parts))
        return run.id


def _room(folder: Path, run_id: int) -> Path:
    """Where the parts write, beside the folder: the file system is the same."""
    return folder.with_name(f".{folder.name}.parts-{run_id}")


def _make_room(folder: Path, run_id: int) -> None:
    try:
        _room(folder, run_id).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"the export {folder} cannot be written ({files.reason(error)}): see to the folder it is to stand in, then run the same command again"
        ) from error


def _check(archive: Archive, part_id: int, run: ExportRun) -> None:
    grounds.check(archive, run.fingerprint, _program(), f"part {part_id} is of an export", "xxgk")
    room = _room(Path(run.folder), run.id)
    if not room.is_dir():
        raise Refused(
            f"part {part_id} is to be written to {room}, which is not on this machine: mount the shared folder there, or let another machine do it"
        )
    if simplejson.loads(run.wish)["format"] == "parquet":
        try:
            arrow.parquet()
        except ArchiveError as error:
            raise Refused(f"part {part_id}: {error}") from error


def _write(archive: Archive, part: Partition, run: ExportRun, progress: Progress) -> None:
    """Write the files of a part to a folder of their own, then say in the tables that they stand there."""
    place = _room(Path(run.folder), run.id) / f"{part.number}-{token_hex(4)}"
    try:
        place.mkdir()
        result = _write_files(archive, part, run, place, progress)
        placing.sync(place)
    except OSError as error:
        shutil.rmtree(place, ignore_errors=True)
        raise Refused(
            f"part {part.id} of an export cannot be written to {place} on this machine ({files.reason(error)}): see to that folder or its disk, others may do it meanwhile"
        ) from error
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    written = simplejson.dumps(result, ensure_ascii=False)

    def is_ours() -> bool:
        with archive.writing() as session:
            row = session.get(Partition, part.id)
            if row is not None and row.state == WAITING:
                row.state, row.result, row.said = DONE, written, None
                row.begun_at, row.ended_at = row.begun_at or archive.clock(), archive.clock()
            return row is not None and row.result == written

    if not archive.patiently(is_ours):  # another machine was first
        shutil.rmtree(place, ignore_errors=True)


def _write_files(archive: Archive, part: Partition, run: ExportRun, place: Path, progress: Progress) -> dict[str, Any]:
    wish, arguments = simplejson.loads(run.wish), simplejson.loads(part.arguments)
    chosen, wanted = _chosen(wish), _wanted(wish)
    with archive.session() as session:
        _see(session, run.snapshot)
        reader = Reader(session, archive.book, [table.name for table in chosen])
        with exporting.writing(wish["format"], place, _manner(wish), reader.left) as writer:
            reports = 0
            if arguments["parts"]:
                found = plan(session, archive.book, wanted, {Part(*each) for each in arguments["parts"]})
                exporting.write_reports(writer, reader, found, progress)
                reports = sum(map(len, found.values()))
            elif any(not table.parted for table in chosen):
                exporting.write_publishers(writer, reader, wanted)
            written = writer.finish()
        lines = [exporting.line_of(place, each) for each in written]
        state = exporting.state_of(session)
    return {
        "place": place.name,
        "files": [_said(line) for line in lines],
        "left": asdict(reader.left),
        "state": state,
        UNITS: reports,
    }


def _see(session: Session, snapshot: str | None) -> None:
    """Read from the view that all parts share; where its command is gone, from the archive as it is now."""
    session.connection(execution_options=_ONE_VIEW)
    if snapshot is None or _SNAPSHOT.fullmatch(snapshot) is None:
        return
    try:
        session.execute(text(f"SET TRANSACTION SNAPSHOT '{snapshot}'"))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        session.rollback()
        session.connection(execution_options=_ONE_VIEW)


def _put_together(run: ExportRun, results: list[dict[str, Any]], room: Path, place: Path) -> str:
    """Lay the files of all parts into the folder, with their description; the run's result, as JSON."""
    wish = simplejson.loads(run.wish)
    chosen, manner = _chosen(wish), _manner(wish)
    lines: list[FileLine] = []
    for result in results:
        for line in map(_line, result["files"]):
            _lay(room / result["place"] / line.path, place / line.path)
            lines.append(line)
    left = Left(**{name: sum(each["left"][name] for each in results) for name in asdict(Left())})
    with exporting.writing(wish["format"], place, manner, left) as writer:
        exporting.write_empty(writer, (table for table, rows in package.counts(chosen, lines).items() if not rows))
        lines += [exporting.line_of(place, each) for each in writer.finish()]
    newest = max(each["state"] for each in results)
    until = newest if any(each["state"] != run.version for each in results) else None
    said = exporting.said(_wanted(wish))
    facts = Facts(wish["format"], run.version, exporting.software(), said, manner.chinese, left, until)
    package.write(place, facts, chosen, lines)
    whole = {
        "files": [_said(line) for line in lines],
        "left": asdict(left),
        UNITS: sum(each[UNITS] for each in results),
        "until": until,
    }
    return simplejson.dumps(whole, ensure_ascii=False)


def _lay(source: Path, target: Path) -> None:
    """A second name for a file, or where the file system knows no such thing a copy: the first stays until all is done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _said(line: FileLine) -> dict[str, Any]:
    return {
        "path": line.path,
        "tables": [(table.name, rows) for table, rows in line.tables],
        "part": list(line.part) if line.part is not None else None,
        "bytes": line.bytes,
        "sha256": line.sha256,
    }


def _line(said: dict[str, Any]) -> FileLine:
    named = {table.name: table for table in tables()}
    held = tuple((named[name], rows) for name, rows in said["tables"])
    part = Part(*said["part"]) if said["part"] is not None else None
    return FileLine(said["path"], held, part, said["bytes"], said["sha256"])
