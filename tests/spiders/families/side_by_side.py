"""One crawl of several served sites, each a portal of its own, since starting a crawl takes longer than a small one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.replay import Pages, serve
from tests.spiders.crawl import crawl


@dataclass(frozen=True)
class Crawled:
    """What came of one portal: its address, the site behind it, and its items."""

    address: str
    site: Pages
    items: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [item for item in self.items if item["kind"] == kind]

    def path(self, url: str) -> str:
        return url.removeprefix(self.address)


def crawl_all(folder: Path, sites: Mapping[str, tuple[Pages, str]]) -> dict[str, Crawled]:
    """The portals by name; each is given as its site and the path it is entered by."""
    with ExitStack() as stack:
        addresses = {name: stack.enter_context(serve(site)) for name, (site, _) in sites.items()}
        portals = {name: addresses[name] + entry for name, (_, entry) in sites.items()}
        items = crawl(folder / "items.jsonl", portals.values())
    return {
        name: Crawled(addresses[name], site, [item for item in items if item["portal"] == portals[name]])
        for name, (site, _) in sites.items()
    }
