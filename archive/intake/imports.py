"""Imports: local files, folders and the WARC files of other programs become captures, and are derived like what was crawled."""

from __future__ import annotations

import mimetypes
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

import parser
from archive.addresses import canonical, wire
from archive.captures import Answer
from archive.deriving.derive import Derived, derive
from archive.deriving.documents import Outcome, Parse
from archive.deriving.timeline import GONE
from archive.errors import AddressRefused, DamagedCapture, PayloadRefused, UnreadableImport
from archive.intake.candidates import may_be_report
from archive.intake.foreign import ENDINGS, LARGEST, Bookmark, ForeignRecord, Source, records, sources
from archive.intake.originals import Originals
from archive.intake.taking import Intake
from archive.intake.transcripts import (
    DAMAGED,
    NO_DOCUMENT,
    OTHER_STATUS,
    REDIRECT,
    NotKept,
    of_record,
    of_revisit,
    status_of_revisit,
)
from archive.schema import Article
from archive.store import Archive

DOCUMENTS = frozenset(
    [
        ".htm",
        ".html",
        ".shtml",
        ".xhtml",
        ".jsp",
        ".aspx",
        ".pdf",
        ".doc",
        ".docx",
        ".wps",
        ".ofd",
        ".txt",
        ".md",
        ".rtf",
        ".xls",
        ".xlsx",
        ".et",
        ".zip",
        ".xml",
        ".mht",
    ]
)
Say = Callable[[str], None]
_MANY = 100  # records between two words on how far a file is
_ASKED = 500  # addresses in one statement


@dataclass(frozen=True)
class Imported:
    """What an import did. ``known`` was archived before, ``skipped`` is not kept, ``reasons`` count why.

    ``problems`` are sentences on what could not be imported, ``without_report`` on single files that gave no report.
    """

    files: int
    captures: int
    known: int
    skipped: int
    reasons: dict[str, int]
    problems: tuple[str, ...]
    without_report: tuple[str, ...]
    derived: Derived


def import_paths(
    archive: Archive, paths: Iterable[Path], say: Say | None = None, parse: Parse = parser.parse, jobs: int = 1
) -> Imported:
    """Archive files, folders (with all below them) and the files of web archives (WARC, ARC, WACZ), and derive what they hold.

    A file keeps its ``file:`` address, a record the address and time it has. What is there already is not kept twice, so
    that an import that was killed is run again. A page and the files it links to are documents of their own, each an
    article; where both hold the report it is the same report, by publisher and year. Answers that an address is gone
    are kept where the archive has an article of it. ``parse`` and ``jobs`` are as in :func:`archive.deriving.derive.derive`. Raises :class:`UnreadableImport` for a path that does not exist,
    :class:`archive.errors.ArchiveError` where nothing can be written; a file that cannot be read is a problem.
    """
    files = list(_files([Path(path) for path in paths]))
    with closing(Originals(archive)) as originals:
        run = _Import(archive, originals, say if say is not None else _silent, sum(size for _, _, size in files))
        for path, _, size in files:
            run.read(path, size)
        run.read_again()
    named = [path for path, by_user, _ in files if by_user and not _holds_records(path)]

    def tell(done: int, total: int, url: str) -> None:
        run.say(f"reading {done} of {total}: {url}")

    derived = derive(archive, progress=tell, parse=parse, jobs=jobs)
    return Imported(
        len(files),
        run.intake.captures,
        run.intake.known,
        run.reasons.total(),
        dict(run.reasons),
        tuple(run.problems),
        tuple(_without_report(archive, named)),
        derived,
    )


class _Import:
    """One import: what it read so far."""

    def __init__(self, archive: Archive, originals: Originals, say: Say, total: int) -> None:
        self.archive = archive
        self.say = say
        self.intake = Intake(archive)
        self.reasons: Counter[str] = Counter()
        self.problems: list[str] = []
        self._originals = originals
        self._total = total
        self._done = 0
        self._later: list[Source] = []  # have revisits, or addresses that are gone

    def read(self, path: Path, size: int) -> None:
        """A file: the document it is, or the documents of all its records."""
        try:
            if not _holds_records(path):
                self._tell(path.name, 0)
                self.intake.take(_document(path, size, self.archive))
            else:
                for source in sources(path):
                    self._read_source(source)
        except (UnreadableImport, AddressRefused, OSError) as error:
            self.problems.append(f"{path}: {error}")
        self._done += size

    def read_again(self) -> None:
        """What refers to other records, once all are in: their originals may have come later."""
        self.intake.flush()
        for source in self._later:
            missing = 0
            for one in self._walk(source):
                if one.record.type == "revisit":
                    missing += not self._revisit(one, source)
                else:
                    self._gone(one, source)
            self.intake.flush()
            if missing:
                self.problems.append(
                    f"{source.path}: {missing} revisit records refer to answers that are neither in these files nor in "
                    f"the archive: import them together with the file that holds those"
                )
        if self.intake.foreign:
            self.reasons[OTHER_STATUS] += self.intake.foreign

    def _read_source(self, source: Source) -> None:
        later = damaged = 0
        bookmark = Bookmark()
        try:
            for number, one in enumerate(records(source, bookmark)):
                if number % _MANY == 0:
                    self._tell(source.name, bookmark.position if source.member is None else 0)
                if one.record.type == "revisit":
                    later += 1
                    continue
                try:
                    later += self._response(one, source)
                except NotKept as reason:
                    self.reasons[str(reason)] += 1
                    damaged += str(reason) == DAMAGED
        finally:
            if later:
                self._later.append(source)
            if damaged:
                self.problems.append(
                    f"{source.path}: {damaged} records are not what their digests say and were not imported: "
                    f"get the file anew"
                )

    def _response(self, one: ForeignRecord, source: Source) -> bool:
        """Take a document; whether the record is to be looked at again."""
        answer = of_record(one, source)
        if answer.status in GONE:
            return True
        if answer.status != 200:
            raise NotKept(REDIRECT if 300 <= answer.status < 400 else OTHER_STATUS)
        kept = may_be_report(answer.header("Content-Type"), answer.header("Content-Encoding"), answer.body)
        self._originals.add(one, kept=kept)
        if not kept:
            raise NotKept(NO_DOCUMENT)
        self.intake.take(answer)
        return False

    def _revisit(self, one: ForeignRecord, source: Source) -> bool:
        """Take what a revisit says; false where its original is nowhere."""
        try:
            status = status_of_revisit(one)
            original = self._originals.find(one)
            if original is None:
                return False
            answer = None if original.capture is None else of_revisit(one, source, original.capture, self.archive)
        except NotKept as reason:
            self.reasons[str(reason)] += 1
            return True
        except (DamagedCapture, PayloadRefused) as error:
            self.problems.append(
                f"{source.path}: the revisit record {one.place} refers to what cannot be read: {error}"
            )
            return True
        if answer is None:
            self.reasons[NO_DOCUMENT] += 1
            return True
        self.intake.take(answer, unmodified=original.capture if status == 304 else None)
        return True

    def _gone(self, one: ForeignRecord, source: Source) -> None:
        try:
            answer = of_record(one, source)
        except NotKept:  # counted before
            return
        if answer.status in GONE:
            self.intake.take(answer, of_article=True)

    def _walk(self, source: Source) -> Iterator[ForeignRecord]:
        """The records up to where the file is damaged, which was said before."""
        self.say(f"again: {source.name}")
        try:
            yield from records(source, Bookmark())
        except UnreadableImport:
            return

    def _tell(self, name: str, position: int) -> None:
        self.say(f"{(self._done + position) >> 20:,} of {self._total >> 20:,} MiB: {name}")


def _silent(_: str) -> None:
    """Nobody wants to know how far it is."""


def _files(paths: list[Path]) -> Iterator[tuple[Path, bool, int]]:
    """The files, whether the user named each, and their sizes."""
    for path in paths:
        if path.is_dir():
            found = (file for file in sorted(path.rglob("*")) if file.is_file() and _is_document(file))
            yield from ((file, False, file.stat().st_size) for file in found)
        elif path.is_file():
            yield path, True, path.stat().st_size  # whatever its ending
        else:
            raise UnreadableImport(f"{path} does not exist: name a file, a folder or a WARC file")


def _is_document(path: Path) -> bool:
    return path.suffix.lower() in DOCUMENTS or _holds_records(path)


def _holds_records(path: Path) -> bool:
    return path.name.lower().endswith(ENDINGS)


def _document(path: Path, size: int, archive: Archive) -> Answer:
    if size > LARGEST:
        raise UnreadableImport(f"larger than {LARGEST >> 20} MiB")
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = (("Content-Type", media_type),)
    moment = archive.clock().replace(microsecond=0)
    return Answer(wire(path.resolve().as_uri()), 200, "OK", headers, path.read_bytes(), moment)


def _without_report(archive: Archive, named: list[Path]) -> Iterator[str]:
    """A sentence on each of the files that gave no report, and why."""
    for start in range(0, len(named), _ASKED):
        places = {canonical(path.resolve().as_uri()): path for path in named[start : start + _ASKED]}
        query = select(Article.address, Article.outcome, Article.detail).where(Article.address.in_(sorted(places)))
        with archive.session() as session:
            for address, outcome, detail in session.execute(query.order_by(Article.id)):
                if outcome != Outcome.REPORT:
                    yield f"{places[address]}: {outcome}: {detail}"
