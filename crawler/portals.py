"""The registry of portals: one entry each, in ``crawler/portals/*.yml`` and in the archive's own ``portals/`` folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit, urlunsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from crawler.allowance import Allowance
from crawler.errors import WrongRegistry, WrongUsage

FOLDER = "portals"  # below the archive's folder: what its owner registered
Level = Literal["central", "province", "prefecture", "county", "township", "zone", "vertical"]


def address_of(written: str) -> str:
    """An address as it is crawled and kept: with its scheme, and with a path. Raises ``ValueError``."""
    text = written.strip()
    text = text if "://" in text else f"http://{text}"
    parts = urlsplit(text)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or any(sign.isspace() for sign in text):
        raise ValueError(f"{written!r} is no http or https address")
    _ = parts.port  # raises where it is no number
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, ""))


def _entry_of(written: str) -> str:
    """Raises ``ValueError`` for what is no host to allow."""
    try:
        Allowance.of([written])
    except WrongUsage as error:
        raise ValueError(str(error)) from error
    return written


class PortalEntry(BaseModel):
    """A portal as it is registered.

    ``division`` is the code of GB/T 2260; ``allow`` names hosts outside .gov.cn it may lead to; ``insecure_tls`` says
    that its certificate is broken and that it is read all the same; ``family`` is a hint, each page is judged by itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    url: Annotated[str, AfterValidator(address_of)]
    name: str | None = None
    division: str | None = Field(default=None, pattern=r"^\d{6}$")
    level: Level | None = None
    family: str | None = None
    allow: tuple[Annotated[str, AfterValidator(_entry_of)], ...] = ()
    insecure_tls: bool = False
    notes: str | None = None

    @property
    def host(self) -> str:
        """The host, without its port."""
        return urlsplit(self.url).hostname or ""


class Registry:
    """Every registered portal. An entry of the archive's own folder takes the place of a built-in one with its id."""

    def __init__(self, entries: Iterable[PortalEntry]) -> None:
        self._by_id = {entry.id: entry for entry in entries}
        self._by_url = {entry.url: entry for entry in self._by_id.values()}

    def __iter__(self) -> Iterator[PortalEntry]:
        return iter(sorted(self._by_id.values(), key=lambda entry: (entry.division or "9", entry.id)))

    def find(self, name: str) -> PortalEntry | None:
        """The entry of an id or an address."""
        if name in self._by_id:
            return self._by_id[name]
        try:
            return self._by_url.get(address_of(name))
        except ValueError:
            return None

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
            return PortalEntry(id="unregistered", url=name)
        except ValidationError:
            raise WrongUsage(f"{name!r} is neither a registered portal nor an http or https address") from None


def read_registry(archive_folder: Path | None = None) -> Registry:
    """The built-in entries and those of an archive. Raises :class:`WrongRegistry`."""
    entries = [entry for name, text in _built_in() for entry in read_entries(text, name)]
    return Registry([*entries, *own_entries(archive_folder)])


def own_entries(archive_folder: Path | None) -> list[PortalEntry]:
    """What the owner of an archive registered. Raises :class:`WrongRegistry`."""
    folder = archive_folder / FOLDER if archive_folder is not None else None
    if folder is None or not folder.is_dir():
        return []
    return [
        entry
        for path in sorted(folder.glob("*.yml"))
        for entry in read_entries(path.read_text(encoding="utf-8"), str(path))
    ]


def read_entries(text: str, place: str) -> list[PortalEntry]:
    """The entries of a file. Raises :class:`WrongRegistry` that names the file, the entry and the field."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WrongRegistry(f"{place} is no YAML: {' '.join(str(error).split())}") from error
    rows = data.get("portals") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise WrongRegistry(f"{place} must hold a list under `portals:`")
    entries: list[PortalEntry] = []
    for number, row in enumerate(rows, start=1):
        try:
            entries.append(PortalEntry.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise WrongRegistry(f"{place}, entry {number}: {field}: {first['msg']}") from error
    ids = [entry.id for entry in entries]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise WrongRegistry(f"{place}: the id {twice} stands there twice")
    return entries


def add(archive_folder: Path, entry: PortalEntry) -> Path:
    """Register a portal in an archive's own folder; returns the file. Raises :class:`WrongUsage` if the id is taken."""
    known = {each.id: each for each in own_entries(archive_folder)}
    if entry.id in known:
        raise WrongUsage(
            f"{entry.id} is registered already: {known[entry.id].url}; its file is in {archive_folder / FOLDER}"
        )
    path = archive_folder / FOLDER / f"{entry.id}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    row = entry.model_dump(mode="json", exclude_defaults=True)
    fresh.write_text(yaml.safe_dump({"portals": [row]}, allow_unicode=True, sort_keys=False), encoding="utf-8")
    fresh.replace(path)
    return path


def _built_in() -> Iterator[tuple[str, str]]:
    folder = files("crawler").joinpath(FOLDER)
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.endswith(".yml"):
            yield f"crawler/{FOLDER}/{path.name}", path.read_text(encoding="utf-8")
