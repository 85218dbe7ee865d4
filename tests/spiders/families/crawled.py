"""A served portal crawled from one of its addresses, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.replay.server import Site, serve
from tests.spiders.crawl import crawl


@dataclass(frozen=True)
class Crawled:
    """The items of a crawl of one portal."""

    items: list[dict[str, Any]]
    address: str

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [item for item in self.items if item["kind"] == kind]

    @property
    def articles(self) -> dict[str, dict[str, Any]]:
        """The articles read, by path; each address once."""
        read = self.of("ArticleRead")
        by_path = {item["url"].removeprefix(self.address): item for item in read}
        assert len(by_path) == len(read)
        return by_path

    @property
    def columns(self) -> list[tuple[str, int]]:
        """How each column ended, and how many reports it has."""
        return [(item["outcome"], item["reports"]) for item in self.of("ColumnRead")]

    @property
    def outcome(self) -> str:
        (end,) = self.of("PortalRead")
        return str(end["outcome"])


def crawl_site(site: Site, path: str, folder: Path) -> Crawled:
    """Serves a portal and crawls it from one of its paths."""
    with serve(site) as address:
        return Crawled(crawl(folder / "items.jsonl", [address + path]), address)
