"""Feeds: the newest notices of each division as Atom (RFC 4287), for whoever reads them in a reader of their own."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from lxml import etree
from sqlalchemy import Select

from archive.divisions import Book
from archive.errors import ArchiveError
from archive.notices.kinds import kinds
from archive.notices.notices import Wanted, wanted_rows
from archive.schema import Notice
from archive.store import Archive
from archive.warcs.files import reason

ATOM = "http://www.w3.org/2005/Atom"
NATION, REST = "nation", "rest"
NEWEST = 200  # entries of a feed
_CODE = 6  # digits of a division that has a feed
_NAMES = {NATION: "全国", REST: "其他"}
_SPACE = uuid5(NAMESPACE_URL, "https://www.rfc-editor.org/rfc/rfc4287#xxgk")  # of the identifiers made from keys
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IRI = re.compile(r"[^\s<>\"{}|\\^`\x00-\x20]+")


@dataclass(frozen=True)
class Entry:
    """A notice as a feed has it."""

    key: str
    kind: str
    title: str
    text: str
    url: str | None
    at: datetime
    noticed_at: datetime


def write(archive: Archive, folder: Path, *, base: str | None = None) -> list[Path]:
    """Write a feed for the nation, each division that has notices, and the rest into a folder; the files that changed.

    ``base`` is the address under which the folder is served, for the feeds' links to themselves. A file is replaced at
    once, and only where its content is another. Raises :class:`ArchiveError` where the folder cannot be written.
    """
    changed = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, entries in collect(archive).items():
            path = folder / f"{name}.atom"
            if _replace(path, _of(archive, name, entries, base)):
                changed.append(path)
    except OSError as error:
        raise ArchiveError(
            f"the feeds cannot be written to {folder}: {reason(error)}; name another folder in notices.toml"
        ) from error
    return changed


def one(archive: Archive, name: str, *, base: str | None = None) -> bytes | None:
    """The feed of this name as :func:`write` writes it, empty where nothing happened yet; null for a name of none."""
    if name not in _NAMES and (len(name) != _CODE or archive.book.get(name) is None):
        return None
    query = _newest()
    if name not in _NAMES:
        query = query.where(Notice.division.startswith(archive.book.prefix(name)))
    with archive.session() as session:
        rows = session.scalars(query.execution_options(yield_per=NEWEST))
        found = (row for row in rows if name in _feeds_of(row.division, archive.book))
        return _of(archive, name, [_entry(row) for row in islice(found, NEWEST)], base)


def collect(archive: Archive) -> Mapping[str, list[Entry]]:
    """The newest entries of each feed, by its name; the nation and the rest have one even where nothing happened."""
    found: dict[str, list[Entry]] = defaultdict(list)
    found[NATION], found[REST] = [], []
    with archive.session() as session:
        for row in session.scalars(_newest().execution_options(yield_per=1000)):
            entry = _entry(row)
            for name in _feeds_of(row.division, archive.book):
                if len(found[name]) < NEWEST:
                    found[name].append(entry)
    return found


def feed(name: str, title: str, entries: Iterable[Entry], link: str | None = None) -> bytes:
    """A feed as XML: the same entries give the same bytes. An empty one was updated when nothing had ever been."""
    kept = list(entries)
    updated = max((entry.noticed_at for entry in kept), default=datetime(1970, 1, 1, tzinfo=UTC))
    root = etree.fromstring(f'<feed xmlns="{ATOM}"/>')
    _put(root, "id", _identifier(f"feed/{name}"))
    _put(root, "title", title)
    _put(root, "updated", _moment(updated))
    _put(_put(root, "author"), "name", "xxgk")
    _put(root, "generator", "xxgk")
    if link is not None:
        _put(root, "link", rel="self", type="application/atom+xml", href=link)
    for entry in kept:
        _add(root, entry)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _newest() -> Select[Notice]:
    query = wanted_rows(Wanted(kinds=tuple(kinds()))).order_by(None)
    return query.order_by(Notice.noticed_at.desc(), Notice.id.desc())


def _entry(row: Notice) -> Entry:
    return Entry(row.key, row.kind, row.title, row.text, row.url, row.at, row.noticed_at)


def _of(archive: Archive, name: str, entries: Iterable[Entry], base: str | None) -> bytes:
    link = f"{base.rstrip('/')}/{name}.atom" if base is not None else None
    return feed(name, f"政府信息公开年报通知：{_title(name, archive.book)}", entries, link)


def _add(root: etree._Element, entry: Entry) -> None:
    kind = kinds().get(entry.kind)
    element = _put(root, "entry")
    _put(element, "id", _identifier(entry.key))
    _put(element, "title", entry.title)
    _put(element, "published", _moment(entry.at))
    _put(element, "updated", _moment(entry.noticed_at))
    _put(element, "category", term=entry.kind, label=kind.name if kind is not None else entry.kind)
    _put(element, "content", entry.text, type="text")
    if entry.url is not None and _is_link(entry.url):
        _put(element, "link", rel="alternate", href=entry.url)


def _put(above: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(above, f"{{{ATOM}}}{name}", {key: _text(value) for key, value in attributes.items()})
    element.text = None if text is None else _text(text)
    return element


def _feeds_of(division: str | None, book: Book) -> list[str]:
    """The feeds in which a notice stands: the nation's, and those of its county and whatever lies above that."""
    path = [each.code for each in book.path(division)] if division is not None else []
    return [NATION, *(code for code in path if len(code) == 6)] if path else [NATION, REST]


def _title(name: str, book: Book) -> str:
    return _NAMES.get(name) or book.label(name)


def _identifier(key: str) -> str:
    return uuid5(_SPACE, _text(key)).urn


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _is_link(url: str) -> bool:
    """Whether a reader may follow it: portals write anything, javascript: too."""
    if _IRI.fullmatch(url) is None or _NOT_XML.search(url) is not None:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _replace(path: Path, data: bytes) -> bool:
    """Put a file in the place of another at once, unless that holds the same."""
    try:
        if path.read_bytes() == data:
            return False
    except FileNotFoundError:
        pass
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)  # a temporary file is its owner's alone, a feed is for everybody
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return True
