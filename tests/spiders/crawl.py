"""Runs the spider with plain Scrapy in a process of its own: ``python -m tests.spiders.crawl OUT PORTAL [YEAR]``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess

from spiders.reports import ReportsSpider
from tests import warm

SETTINGS = {
    "ROBOTSTXT_OBEY": True,
    "RETRY_ENABLED": False,
    "METAREFRESH_ENABLED": False,  # as in the crawler: the spider follows shells itself
    "TELNETCONSOLE_ENABLED": False,
    "DOWNLOAD_DELAY": 0,
    "DOWNLOAD_TIMEOUT": 20,
    "LOG_LEVEL": "WARNING",
    "ITEM_PIPELINES": {"tests.spiders.crawl.Named": 0},
    "FEED_EXPORT_ENCODING": "utf-8",
}


class Named:
    """Writes each item with the name of its class."""

    def process_item(self, item: Any) -> dict[str, Any]:
        return {"kind": type(item).__name__, **asdict(item)}


def crawl(out: Path, portals: Iterable[str], year: int | None = None) -> list[dict[str, Any]]:
    """The items of a crawl, in order; what Scrapy warns of is an error."""
    given = [str(out), ",".join(portals), *([str(year)] if year else [])]
    order = warm.Order(given, str(warm.ROOT), dict(os.environ), module="tests.spiders.crawl")
    assert warm.run(order, timeout=120) == (0, "", "")
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    target, portal, *rest = sys.argv[1:]
    process = AsyncCrawlerProcess({**SETTINGS, "FEEDS": {target: {"format": "jsonlines"}}})
    process.crawl(ReportsSpider, portal=portal, year=rest[0] if rest else None)
    process.start()
