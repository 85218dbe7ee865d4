"""The web archives a backfill may ask: those that ``webarchives.yml`` knows by name, and any CDX server by its address."""

from __future__ import annotations

import ipaddress
from functools import cache
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field

from crawler.entries import address_of
from crawler.errors import WrongUsage


class WebArchive(BaseModel):
    """How one web archive is asked; the fields are those of ``webarchives.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = ""
    index: str | None = None
    catalogue: str | None = None
    newest: int = Field(default=0, ge=0)
    replay: str | None = None
    records: str | None = None
    paging: Literal["resume", "pages"]
    lines: int = Field(ge=0)
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that have to be allowed to ask it, each HOST or HOST:PORT."""
        named = (self.index, self.catalogue, self.replay, self.records)
        return tuple(dict.fromkeys(urlsplit(url).netloc for url in named if url is not None))

    @property
    def name(self) -> str:
        """What captures taken over from it say of where they come from."""
        return urlsplit(self.replay or self.records or "").netloc


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    archives: tuple[WebArchive, ...]
    other: WebArchive


def resolve(name: str) -> WebArchive:
    """The web archive of that name, or whose CDX server or collection stands at that address.

    Raises :class:`WrongUsage`.
    """
    table = _table()
    known = next((one for one in table.archives if one.id == name), None)
    if known is not None:
        return known
    names = ", ".join(one.id for one in table.archives)
    if "." not in name and ":" not in name:
        raise WrongUsage(f"no web archive is known as {name!r}: name one of {names}, or the address of a CDX server")
    try:
        collection = address_of(name).rstrip("/").removesuffix("/cdx")
    except ValueError as error:
        raise WrongUsage(f"{error}: --from takes one of {names}, or the address of a CDX server") from error
    if "{" in name or "?" in collection or "@" in urlsplit(collection).netloc:
        raise WrongUsage(f"{name!r} is no address of a CDX server: write it up to its /cdx, without user or query")
    other = table.other
    return other.model_copy(
        update={
            "id": collection,
            "index": (other.index or "").replace("{collection}", collection),
            "replay": (other.replay or "").replace("{collection}", collection),
        }
    )


def implied(web: WebArchive) -> tuple[str, ...]:
    """The hosts that naming a web archive allows: not this machine, and no bare number."""
    return tuple(host for host in web.hosts if not _is_local(urlsplit(f"//{host}").hostname or ""))


def read(text: str) -> _Table:
    """The table as it is written."""
    return _Table.model_validate(yaml.safe_load(text))


@cache
def _table() -> _Table:
    return read(files("crawler").joinpath("webarchives.yml").read_text(encoding="utf-8"))


def _is_local(host: str) -> bool:
    if "." not in host:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.endswith(".localhost")
    return True
