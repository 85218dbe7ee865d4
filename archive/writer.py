"""The writer: appends to a WARC file of its own, bytes before rows, and repairs what a killed process left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.errors import AddressRefused, ArchiveError, ConnectionLost, GivenAway
from archive.journal.adoption import NotOurs, adopt, read_piece, renew
from archive.journal.noting import Noting
from archive.schema import CaptureRow, JournalRow, WarcFile
from archive.storage.shipping import Shipper
from archive.warcs import files, members
from archive.warcs.files import WARC_FOLDER
from archive.warcs.locks import locked, take
from archive.warcs.records import SOFTWARE, digest, new_id, read_date, warcinfo_block, warcinfo_member

ROTATION = 1 << 30  # bytes: the size the WARC guidelines recommend
_CHUNK = 400  # names in one question: databases have a limit


class Writer:
    """Appends members to the WARC file this process holds the lock of; opens, repairs and rotates it.

    A file is gone on with by the next process only if it was written by the same program with the same settings
    (``description``), since its first record says so of all that follow. ``home`` names the folder among those that
    share the tables; ``shipper`` is told what was committed, where there is a shared storage.
    """

    def __init__(
        self,
        folder: Path,
        writing: Callable[[], AbstractContextManager[Session]],
        clock: Callable[[], datetime],
        description: Iterable[tuple[str, str]] = (),
        rotation: int = ROTATION,
        *,
        home: str | None = None,
        shipper: Shipper | None = None,
    ) -> None:
        self.folder = folder
        self.rotation = rotation
        self._block = warcinfo_block(description)
        self._writing = writing
        self._clock = clock
        self._home = home
        self._shipper = shipper
        self._turn = threading.RLock()
        self._file: BinaryIO | None = None
        self._file_id = 0
        self._name = ""

    @contextmanager
    def appending(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Put ``data`` on the disk, then run the block with (file id, position); if it fails, the bytes are taken back.

        The block commits the rows, so that no row ever points at bytes that are not there. One thread at a time.
        """
        with self._turn:
            try:
                file = self._claim()
            except OSError as error:
                raise ArchiveError(
                    f"nothing can be kept in {self.folder} ({files.reason(error)}): see to the disk and the rights to it, then run the same command again"
                ) from error
            position = file.seek(0, os.SEEK_END)
            self._write(file, position, data)
            try:
                yield self._file_id, position
            except ConnectionLost:
                self._let_go()  # the rows may be there: the next claim looks
                raise
            except GivenAway:
                self._take_back(file, position)
                self._let_go()  # the next claim begins another
                raise
            except Exception:
                self._take_back(file, position)
                raise
            except BaseException:
                self._let_go()  # a signal may have come after the commit
                raise
            if self._shipper is not None:
                self._shipper.committed(self._name, position + len(data))

    def _write(self, file: BinaryIO, position: int, data: bytes) -> None:
        path = self.folder / self._name
        try:
            files.write_through(file, data)
        except OSError as error:
            self._take_back(file, position)
            raise ArchiveError(
                f"nothing can be written to {path} ({error.strerror or error}): see to the disk, then run the same command again"
            ) from error
        except BaseException:  # a signal, in the midst of a record
            self._let_go()
            raise
        if not files.is_in_place(file, self.folder, self._name):
            self._take_back(file, position)
            raise ArchiveError(
                f"{path} was moved away or deleted while it was written: put it back, then run the same command again"
            )

    def _take_back(self, file: BinaryIO, position: int) -> None:
        try:
            files.cut(file, position)
        except OSError:  # then the next claim cuts it
            self._let_go()

    def _let_go(self) -> None:
        """Leave the file as if this process had died: whoever claims it next brings file and rows together."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def recover(self) -> None:
        """Repair every file that no living process writes to, and close it."""
        try:
            with locked(self.folder):
                waiting = self._candidates()
                while left := [one for one in waiting if not self._repair_alone(*one)]:
                    if len(left) == len(waiting):
                        return
                    waiting = left  # a revisit may have waited for its original in a file that came later
        except OSError as error:
            raise ArchiveError(
                f"the WARC files of {self.folder} cannot be opened for writing: {files.reason(error)}"
            ) from error

    def close(self) -> None:
        """Give the file back under its closed name; what was not shipped yet is."""
        with self._turn:
            self._close_file()
        if self._shipper is not None:
            self._shipper.close()

    def seal(self) -> int:
        """Let nobody append any more to the files that no living process writes to, ours among them; how many there were."""
        self.close()
        sealed = 0
        try:
            with locked(self.folder):
                for name, file_id in self._candidates():
                    sealed += self._seal(name, file_id)
        except OSError as error:
            raise ArchiveError(
                f"the WARC files of {self.folder} cannot be opened for writing: {files.reason(error)}"
            ) from error
        return sealed

    def _seal(self, name: str, file_id: int | None) -> bool:
        with files.open_to_write(self.folder, name) as file:
            if not take(file):
                return False
            known = self._repair(file, name, file_id)
            if known is not None:
                with self._writing() as session:
                    session.get_one(WarcFile, known).closed = True
            if files.path_of(self.folder, name).exists():
                files.mark_closed(self.folder, name)
            return known is not None

    def _close_file(self) -> None:
        if self._file is None:
            return
        try:
            files.mark_closed(self.folder, self._name)
        except OSError as error:
            raise ArchiveError(
                f"{self.folder / self._name} cannot be closed ({files.reason(error)}): the next crawl or import does it"
            ) from error
        finally:
            self._let_go()  # and with it the lock

    def _repair_alone(self, name: str, file_id: int | None) -> bool:
        """Whether nothing is left to do for a file."""
        with files.open_to_write(self.folder, name) as file:
            if not take(file):
                return True
            done = self._repair(file, name, file_id) is not None
            if not files.path_of(self.folder, name).exists():
                return True
            files.mark_closed(self.folder, name)
            return done

    def _claim(self) -> BinaryIO:
        if self._file is not None and self._file.seek(0, os.SEEK_END) >= self.rotation:
            self._close_file()
            with self._writing() as session:
                session.get_one(WarcFile, self._file_id).closed = True
        if self._file is None:
            with locked(self.folder):
                self._file = self._take_over() or self._begin()
        return self._file

    def _take_over(self) -> BinaryIO | None:
        """An unfinished file of the same settings that nobody writes to, repaired."""
        for name, file_id in self._candidates():
            file = files.open_to_write(self.folder, name)
            with files.closed_on_error(file):
                if take(file):
                    usable = self._repair(file, name, file_id)
                    if usable is not None and file.seek(0, os.SEEK_END) < self.rotation and self._describes(file):
                        files.mark_open(self.folder, name)
                        self._file_id, self._name = usable, name
                        return file
                    files.mark_closed(self.folder, name)
            file.close()
        return None

    def _describes(self, file: BinaryIO) -> bool:
        """Whether the first record of a file says of itself what ours would."""
        try:
            return members.read(file, 0).record.payload == self._block
        except members.Broken:
            return False

    def _begin(self) -> BinaryIO:
        moment, record_id = self._clock(), new_id()
        name = f"{WARC_FOLDER}/{SOFTWARE}-{moment:%Y%m%d%H%M%S}-{record_id[:8]}{files.SUFFIX}"
        data = warcinfo_member(Path(name).name, record_id, moment, self._block)
        try:
            file = (self.folder / f"{name}{files.OPEN}").open("x+b", buffering=0)
            with files.closed_on_error(file):
                take(file)
                files.write_through(file, data)
                files.sync_folder(self.folder / WARC_FOLDER)
                self._file_id, self._name = self._note_file(name, data, moment), name
        except OSError as error:
            raise ArchiveError(
                f"no WARC file can be made in {self.folder / WARC_FOLDER} ({files.reason(error)}): see to the disk and the rights to it, then run the same command again"
            ) from error
        return file

    def _note_file(self, name: str, head: bytes, moment: datetime) -> int:
        with self._writing() as session:
            row = WarcFile(
                name=name,
                head_length=len(head),
                head_digest=digest(head),
                begun_at=moment,
                closed=False,
                home=self._home,
            )
            session.add(row)
            session.flush()
            return row.id

    def _candidates(self) -> list[tuple[str, int | None]]:
        """Files that are not full, and files on the disk that no row names: their process died before it could."""
        files.check_folder(self.folder, self._are_known)
        present = list(files.names(self.folder))
        if not present:
            return []
        query = select(WarcFile.name, WarcFile.id, WarcFile.closed)
        known: dict[str, tuple[int, bool]] = {}
        with self._writing() as session:
            for at in range(0, len(present), _CHUNK):
                for name, number, closed in session.execute(query.where(WarcFile.name.in_(present[at : at + _CHUNK]))):
                    known[name] = number, closed
        return [
            *((name, known[name][0]) for name in present if name in known and not known[name][1]),
            *((name, None) for name in present if name not in known),
        ]

    def _are_known(self) -> bool:
        with self._writing() as session:
            return session.scalars(select(WarcFile.id).limit(1)).first() is not None

    def _repair(self, file: BinaryIO, name: str, file_id: int | None) -> int | None:
        """Bring file and rows together again; the file's id, or null where it must not be appended to."""
        if file_id is None:
            file_id = self.adopt_file(file, name)
            if file_id is None:
                return None
        with self._writing() as session:
            row = session.get_one(WarcFile, file_id)
            if row.stored_at is not None or row.home not in {None, self._home}:  # another machine took it over
                return None
            end = max(row.head_length, last_end(session, file_id))
            if file.seek(0, os.SEEK_END) < end:  # cut by somebody else: verify tells, and nothing is written over it
                row.closed = True
                return None
            usable = adopt_tail(session, self.folder, file, row, end)
            row.closed = not usable or file.seek(0, os.SEEK_END) >= self.rotation
        return file_id if usable else None

    def adopt_file(self, file: BinaryIO, name: str) -> int | None:
        """The number of a file on the disk that no row names, null where it is none of ours."""
        with self._writing() as session:
            known = session.scalars(select(WarcFile.id).where(WarcFile.name == name)).first()
        if known is not None:  # adopted in an earlier round
            return known
        try:
            first = members.read(file, 0)
        except members.Broken as broken:
            if broken.cut:  # the process died while it wrote the first record
                files.path_of(self.folder, name).unlink(missing_ok=True)
            return None
        if first.record.type != "warcinfo" or f"software: {SOFTWARE}".encode() not in first.record.payload:
            return None
        file.seek(0)
        head = file.read(first.length)
        return self._note_file(name, head, read_date(first.record.field("WARC-Date") or ""))


def last_end(session: Session, file_id: int) -> int:
    """Where the last row of a file says that its bytes end; 0 where it has none."""
    captures = select(CaptureRow.position + CaptureRow.span).where(
        CaptureRow.file_id == file_id, CaptureRow.lost_at.is_(None)
    )
    journal = select(JournalRow.position + JournalRow.length).where(JournalRow.file_id == file_id)
    ends = (
        session.scalars(captures.order_by(CaptureRow.position.desc()).limit(1)).first(),
        session.scalars(journal.order_by(JournalRow.position.desc()).limit(1)).first(),
    )
    return max(end or 0 for end in ends)


def adopt_tail(session: Session, folder: Path, file: BinaryIO, row: WarcFile, position: int) -> bool:
    """Give rows to whole records that have none, cut what is half-written; false if neither explains the tail.

    ``position`` is where the last row of the file ends.
    """
    size = file.seek(0, os.SEEK_END)
    noting = Noting(session, folder)
    while position < size:
        try:
            piece = read_piece(file, position, size)
        except members.Broken as broken:
            if not broken.cut and members.next_record(file, position) is not None:
                return False
            files.cut(file, position)
            return True
        try:
            for note in adopt(session, file, row.id, piece):
                with suppress(AddressRefused):  # its process was killed before it was refused
                    noting.apply(note)
            renew(session, piece)
        except NotOurs:
            return False
        position = piece.end
    return True
