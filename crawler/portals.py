"""The registry of portals: reviewed entries in ``crawler/portals/*.yml`` and in the archive's own ``portals/`` folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import ValidationError

from archive import listings
from archive.journal.notes import PortalNote
from archive.listings import Site
from archive.store import Archive
from crawler.entries import PortalEntry, PortalFile, address_of
from crawler.errors import WrongRegistry, WrongUsage
from spiders.addresses import key_with_fragment

FOLDER = "portals"  # below the archive's folder: what its owner registered
UNREGISTERED = "unregistered"  # the id of an address that only a command named
_Placed = tuple[str, PortalEntry]  # an entry and the file it stands in


class Registry:
    """Every registered portal.

    An entry of the archive's own folder takes the place of the built-in ones with its id or with one of its addresses.
    """

    def __init__(self, entries: Iterable[PortalEntry]) -> None:
        self._by_id = {entry.id: entry for entry in entries}
        self._by_address = {address: entry for entry in self._by_id.values() for address in entry.addresses}

    def __iter__(self) -> Iterator[PortalEntry]:
        return iter(sorted(self._by_id.values(), key=lambda entry: (entry.division or "9", entry.id)))

    def find(self, name: str) -> PortalEntry | None:
        """The entry of an id or an address. A further address of a portal is read by itself, with the portal's facts."""
        if name in self._by_id:
            return self._by_id[name]
        try:
            address = address_of(name)
        except ValueError:
            return None
        entry = self._by_address.get(address)
        if entry is None or entry.url == address:
            return entry
        return entry.model_copy(update={"url": address, "entries": (), "expects": None})

    def resolve(self, name: str) -> PortalEntry:
        """The portal of a command's argument: a registered id, or any address. Raises :class:`WrongUsage`."""
        entry = self.find(name)
        if entry is not None:
            return entry
        if "." not in name and ":" not in name:
            raise WrongUsage(
                f"no portal is registered as {name!r}: `xxgk portals list` shows the ids, any address will do too"
            )
        try:
            return PortalEntry(id=UNREGISTERED, url=name)
        except ValidationError:
            raise WrongUsage(f"{name!r} is neither a registered portal nor an http or https address") from None


def read_registry(archive_folder: Path | None = None) -> Registry:
    """The built-in entries and those of an archive. Raises :class:`WrongRegistry`."""
    own = own_entries(archive_folder)
    taken = {key_with_fragment(address) for entry in own for address in entry.addresses}
    built_in = [
        entry for entry in built_in_entries() if not taken.intersection(map(key_with_fragment, entry.addresses))
    ]
    return Registry([*built_in, *own])


def built_in_entries() -> list[PortalEntry]:
    """What comes with the program. Raises :class:`WrongRegistry`."""
    folder = files("crawler").joinpath(FOLDER)
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".yml")), key=lambda path: path.name)
    return _read_all((f"crawler/{FOLDER}/{path.name}", path.read_text(encoding="utf-8")) for path in paths)


def own_entries(archive_folder: Path | None) -> list[PortalEntry]:
    """What the owner of an archive registered. Raises :class:`WrongRegistry`."""
    folder = archive_folder / FOLDER if archive_folder is not None else None
    if folder is None or not folder.is_dir():
        return []
    return _read_all((str(path), path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yml")))


def read_entries(text: str, place: str) -> list[PortalEntry]:
    """The entries of a file. Raises :class:`WrongRegistry` that names the file, the entry and the field."""
    return _read_all([(place, text)])


def entry_of(facts: dict[str, Any]) -> PortalEntry:
    """An entry of these facts. Raises :class:`WrongUsage` that names the field."""
    try:
        return PortalEntry.model_validate(facts)
    except ValidationError as error:
        raise WrongUsage(_field_said(error.errors()[0], error.errors()[0]["loc"])) from error


def add(archive_folder: Path, entry: PortalEntry) -> Path:
    """Register a portal in an archive's own folder; returns the file.

    Raises :class:`WrongUsage` if its id or one of its addresses is taken.
    """
    own = own_entries(archive_folder)
    addresses = {key_with_fragment(address) for address in entry.addresses}
    for known in own:
        if known.id == entry.id or addresses.intersection(map(key_with_fragment, known.addresses)):
            raise WrongUsage(f"{known.id} is registered already: {known.url}; its file is in {archive_folder / FOLDER}")
    path = archive_folder / FOLDER / f"{entry.id}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    row = entry.model_dump(mode="json", exclude_defaults=True)
    fresh.write_text(yaml.safe_dump({"portals": [row]}, allow_unicode=True, sort_keys=False), encoding="utf-8")
    fresh.replace(path)
    return path


def registered(
    portals: Iterable[PortalEntry], at: datetime, crawl_id: int | None, given: Mapping[str, str] | None = None
) -> list[PortalNote]:
    """Notes of what the registry says of portals; ``given`` has the addresses that were typed, by the portal's own."""
    return [
        PortalNote(
            at,
            crawl_id,
            portal=portal.url,
            outcome=None,
            detail=None,
            division=portal.division,
            encoding=portal.encoding.charset if portal.encoding is not None else None,
            given=(given or {}).get(portal.url),
        )
        for portal in portals
    ]


def unregistered(archive: Archive, registry: Registry) -> list[Site]:
    """The sites that portals of an archive name and on whose host no portal is registered or was crawled; each host once."""
    known = {urlsplit(state.url).hostname for state in listings.portals(archive)}
    known |= {host for entry in registry for host in entry.hosts}
    found: dict[str, Site] = {}
    for site in listings.sites(archive):
        host = urlsplit(site.url).hostname or ""
        if host not in known:
            found.setdefault(host, site)
    return list(found.values())


def _read_all(texts: Iterable[tuple[str, str]]) -> list[PortalEntry]:
    placed = [(place, entry) for place, text in texts for entry in _read(text, place)]
    _refuse_twins(placed)
    return [entry for _, entry in placed]


def _read(text: str, place: str) -> list[PortalEntry]:
    try:
        data = yaml.load(text, _Loader)  # noqa: S506 - a safe loader, and stricter
    except yaml.YAMLError as error:
        raise WrongRegistry(f"{place} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict) or not isinstance(data.get("portals"), list):
        raise WrongRegistry(f"{place} must hold a list under `portals:`")
    try:
        return PortalFile.model_validate(data).portals
    except ValidationError as error:
        raise WrongRegistry(f"{place}, {_sentence(error, data['portals'])}") from error


_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML was built with it: ten times as fast


class _Loader(_Safe):  # type: ignore[misc]  # one of two classes
    """Refuses a field that stands twice; YAML's reader keeps the last and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        names = [getattr(name, "value", None) for name, _ in node.value]
        twice = next((name for name in names if isinstance(name, str) and names.count(name) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice} stands there twice", node.start_mark)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _sentence(error: ValidationError, rows: Sequence[Any]) -> str:
    """Where the first thing is that is wrong, and what to do about it."""
    first = error.errors()[0]
    match first["loc"]:
        case ("portals", int(number), *inside):
            row = rows[number]
            name = f" ({row['id']})" if isinstance(row, dict) and isinstance(row.get("id"), str) else ""
            return f"entry {number + 1}{name}: {_field_said(first, inside)}"
        case ("portals",):
            return _said(first)  # of the entries together
        case place:
            return _field_said(first, place)


def _field_said(first: Any, place: Sequence[int | str]) -> str:
    return "".join(f"{part}: " for part in [".".join(map(str, place))] if part) + _said(first)


def _said(first: Any) -> str:
    facts = first.get("ctx", {})
    sentences = {
        "missing": "is missing; write it",
        "extra_forbidden": "is not known; `xxgk portals schema` has what may be said",
        "string_type": f"must be text in quotes, not {first['input']!r}",
        "string_pattern_mismatch": f"{first['input']!r} is not of the form {facts.get('pattern')}",
        "model_type": f"must hold fields, not {first['input']!r}",
        "value_error": str(facts.get("error")),
    }
    return sentences.get(first["type"]) or f"{first['msg']}, not {first['input']!r}"


def _refuse_twins(placed: Sequence[_Placed]) -> None:
    """Raise :class:`WrongRegistry` where an id or an address stands in two entries."""
    ids: dict[str, _Placed] = {}
    addresses: dict[str, _Placed] = {}
    for place, entry in placed:
        if entry.id in ids:
            there = ids[entry.id][0]
            raise WrongRegistry(f"{place}: the id {entry.id} stands twice, first in {there}; give one another id")
        ids[entry.id] = place, entry
        for address in entry.addresses:
            other = addresses.setdefault(key_with_fragment(address), (place, entry))
            if other[1] is not entry:
                raise WrongRegistry(
                    f"{place}: {address} of {entry.id} belongs to {other[1].id} in {other[0]} already; keep one of the two"
                )
