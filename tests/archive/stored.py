"""What the tests of shared storage do in it by hand."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select

from archive.captures import Capture, Pending, deposit
from archive.schema import WarcFile
from archive.store import Archive
from tests.archive.answers import URL, answer, noted

# Each database and each storage, and not each with each: the one knows nothing of the other.
both = pytest.mark.parametrize(
    ("place", "storage_url"), [("sqlite", "bucket"), ("postgresql", "folder")], indirect=True
)


def body_of(number: int) -> bytes:
    return b"body %d " % number * 50


def kept(archive: Archive, *numbers: int) -> list[Capture]:
    """Answers of their own, each with a note."""
    found = []
    for number in numbers:
        url = f"{URL}?{number}"
        found += deposit(archive, [Pending(answer(url, body_of(number)), "article")], [noted(url)])
    return found


def row_of(archive: Archive, name: str) -> WarcFile:
    with archive.session() as session:
        return session.scalars(select(WarcFile).where(WarcFile.name == name)).one()


def system_of(url: str) -> tuple[Any, str]:
    """The filesystem of a storage, and its root there."""
    system, root = import_module("fsspec").core.url_to_fs(url, use_listings_cache=False)
    return system, root


def in_storage(url: str, name: str) -> bytes:
    system, root = system_of(url)
    return bytes(system.cat_file(f"{root}/{name}"))


def change(url: str, name: str, data: bytes) -> None:
    system, root = system_of(url)
    system.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
    system.pipe_file(f"{root}/{name}", data)


def all_in(url: str) -> list[str]:
    """Every file of a storage, by its name below the root."""
    system, root = system_of(url)
    return sorted(str(name)[len(root) + 1 :] for name in system.find(root))


def ship(archive: Archive) -> None:
    """As the thread does from time to time."""
    shipper = archive.writer._shipper
    assert shipper is not None
    shipper.ship()
