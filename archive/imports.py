"""Imports: local files, folders and WARC files become captures, and are derived like what was crawled."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.bufferedreaders import ChunkedDataReader

import parser
from archive.captures import Answer, latest, store
from archive.derive import Derived, derive
from archive.documents import Parse
from archive.errors import ArchiveError, UnreadableImport
from archive.listings import note_article
from archive.store import Archive
from archive.warc import WarcRecord, digest, header, read_date, read_head, split, status_of

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
_WARC = (".warc", ".warc.gz")
_NEVER = (
    "image/",
    "video/",
    "audio/",
    "font/",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/x-javascript",
)
_LARGEST = 256 << 20  # bytes; as for a payload

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Imported:
    """What an import did. ``known`` was archived before, ``skipped`` is no document; ``problems`` are sentences."""

    files: int
    captures: int
    known: int
    skipped: int
    problems: tuple[str, ...]
    derived: Derived


@dataclass
class _Tally:
    captures: int = 0
    known: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)


def import_paths(
    archive: Archive, paths: Iterable[Path], progress: Progress | None = None, parse: Parse = parser.parse
) -> Imported:
    """Archive files, folders (with all below them) and WARC files, and derive what they hold.

    A file keeps its ``file:`` address, a WARC record the address and time it has. What is there already is not kept
    twice. Raises :class:`UnreadableImport` for a path that does not exist; a file that cannot be read is a problem.
    """
    files = list(_files([Path(path) for path in paths]))
    tally = _Tally()
    for done, path in enumerate(files, 1):
        try:
            for answer in _answers(path, archive, tally):
                _keep(archive, answer, tally)
        except (ArchiveError, OSError, ValueError) as error:
            tally.problems.append(f"{path}: {error}")
        if progress is not None:
            progress(done, len(files), str(path))
    derived = derive(archive, progress=progress, parse=parse)
    return Imported(len(files), tally.captures, tally.known, tally.skipped, tuple(tally.problems), derived)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in sorted(path.rglob("*")) if file.is_file() and _is_document(file))
        elif path.is_file():
            yield path  # named by the user: whatever its ending
        else:
            raise UnreadableImport(f"{path} does not exist: name a file, a folder or a WARC file")


def _is_document(path: Path) -> bool:
    return path.suffix.lower() in DOCUMENTS or path.name.lower().endswith(_WARC)


def _answers(path: Path, archive: Archive, tally: _Tally) -> Iterator[Answer]:
    if path.name.lower().endswith(_WARC):
        yield from _warc_answers(path, tally)
        return
    if path.stat().st_size > _LARGEST:
        raise UnreadableImport(f"larger than {_LARGEST >> 20} MiB")
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    yield Answer(
        path.resolve().as_uri(), 200, "OK", (("Content-Type", media_type),), path.read_bytes(), archive.clock()
    )


def _warc_answers(path: Path, tally: _Tally) -> Iterator[Answer]:
    """The documents among the responses of a WARC file, up to where it is damaged."""
    kinds = WarcRecordType.response | WarcRecordType.resource
    with path.open("rb") as file:
        for record in ArchiveIterator(file, record_types=kinds, parse_http=False, max_content_length=_LARGEST):
            fields = tuple((str(name), str(value)) for name, value in record.headers.items())
            block = record.reader.read()
            if len(block) != record.content_length:
                raise UnreadableImport(f"it is cut within the record of {header(fields, 'WARC-Target-URI')}")
            answer = _warc_answer(split(fields, block))
            if answer is None:
                tally.skipped += 1
            else:
                yield answer


def _warc_answer(record: WarcRecord) -> Answer | None:
    """The answer of a record, null if it is no document that was delivered."""
    url, moment = record.field("WARC-Target-URI"), record.field("WARC-Date")
    if url is None or moment is None:
        return None
    if not record.head:
        headers: tuple[tuple[str, str], ...] = (("Content-Type", record.field("Content-Type") or ""),)
        status, reason, body = 200, "OK", record.payload
    else:
        line, headers = read_head(record.head)
        _, status, reason = status_of(line)
        chunked = (header(headers, "Transfer-Encoding") or "").lower() == "chunked"
        body = ChunkedDataReader(BytesIO(record.payload)).read() if chunked else record.payload
    content_type = (header(headers, "Content-Type") or "").lower()
    if status != 200 or content_type.startswith(_NEVER):
        return None
    return Answer(url.strip("<>"), status, reason, headers, body, read_date(moment))


def _keep(archive: Archive, answer: Answer, tally: _Tally) -> None:
    known = latest(archive, answer.url, status=200)
    same = known is not None and known.payload_digest == digest(answer.body)
    if same and known is not None and (answer.url.startswith("file:") or known.fetched_at >= answer.fetched_at):
        tally.known += 1
        return
    store(archive, answer, role="import")
    note_article(
        archive,
        None,
        portal=None,
        url=answer.url,
        requested_url=answer.url,
        column_url=None,
        page_title=None,
        page_date=None,
        agency=None,
        refused=None,
        gone=False,
    )
    tally.captures += 1
