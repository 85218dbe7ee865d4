"""Scrapy's process: one spider from beginning to end, stopped cleanly by SIGINT and SIGTERM.

Twisted's reactor runs once in a process, so a process runs one spider.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from archive import patience
from crawler.errors import CrawlerError
from crawler.politeness import Politeness

LOGS = "logs"
_ALWAYS_THE_SAME = (
    "alembic",
    "scrapy.addons",
    "scrapy.middleware",
)  # loggers that tell each crawl what this one is made of


class Process(AsyncCrawlerProcess):
    """Scrapy's process; a stop does not wait for what stands in the queues of slow hosts."""

    async def stop(self) -> None:
        """End every crawl soon."""
        patience.give_up()  # what is on the disk gets its rows when the same command goes on
        for crawler in self.crawlers:
            politeness = crawler.get_extension(Politeness)
            if politeness is not None:
                politeness.stop()
        await super().stop()


def run(
    settings: Settings,
    spider: type[Spider],
    prepare: Callable[[Crawler], None] = lambda _: None,
    **arguments: Any,
) -> Crawler:
    """Run a spider; ``prepare`` gets the crawler before it begins. Raises what kept it from beginning."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    process = Process(settings)  # sets all loggers of Scrapy to their beginning
    for name in _ALWAYS_THE_SAME:
        logging.getLogger(name).setLevel(logging.WARNING)
    crawler = process.create_crawler(spider)
    prepare(crawler)
    task = process.crawl(crawler, **arguments)
    try:
        process.start()
    finally:
        for number, handler in handlers.items():  # Scrapy leaves its own behind, which wait for a reactor that has gone
            signal.signal(number, handler)
        _close_log()
    if task.done() and not task.cancelled() and task.exception() is not None:
        raise task.exception() or CrawlerError("the crawl could not begin")
    return crawler


def _close_log() -> None:
    """Give Scrapy's log file back; it would stay open to the end of the process."""
    from scrapy.utils.log import get_scrapy_root_handler  # noqa: PLC0415 - after the process that installed it

    handler = get_scrapy_root_handler()
    if handler is not None:
        logging.root.removeHandler(handler)
        handler.close()


def begin_log(folder: Path, name: str) -> Path:
    """A fresh log file of an archive, named after what is run and when. Raises :class:`CrawlerError`."""
    log = folder / LOGS / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.log"
    try:
        log.parent.mkdir(exist_ok=True)
        log.touch()
    except OSError as error:
        raise CrawlerError(
            f"no log can be written to {log.parent}: {error.strerror or error}; give the right to"
        ) from error
    return log
