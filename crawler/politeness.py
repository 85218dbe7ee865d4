"""How often a host is asked: never sooner than the least gap, its registry entry, its Crawl-delay and its Retry-After say.

Scrapy's AutoThrottle asks a slow host less often. This extension adds the floors below which no gap falls, and the
hosts that are left alone for the rest of the crawl.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response

from spiders.outcomes import INCOMPLETE, FetchRefused, Postponed

logger = logging.getLogger(__name__)

LONGEST_WAIT = 300.0  # seconds; a host that asks for more is put off: the crawl of the other hosts must end some day
_WAITS = frozenset({429, 503, 301, 302, 307, 308})  # the statuses RFC 9110, 10.2.3 gives Retry-After a meaning for


class Politeness(AutoThrottle):
    """Extension: the floors of each host's gap, and the hosts that rest."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        delays = crawler.settings.getdict("XXGK_DELAYS")
        self._gaps: dict[str, float] = {host: float(seconds) for host, seconds in delays.items()}
        self._rests: dict[str, Callable[[], FetchRefused]] = {}
        self._stopping = False
        crawler.signals.connect(self._headers_received, signal=signals.headers_received)
        crawler.signals.connect(self._reached_downloader, signal=signals.request_reached_downloader)

    def least_gap(self, host: str) -> float:
        """Seconds that must lie between two requests to a host."""
        return max(self._gaps.get(host, 0.0), self._min_delay())

    def widen(self, host: str, seconds: float) -> None:
        """A host asks for a larger gap (Crawl-delay)."""
        self._gaps[host] = max(seconds, self._gaps.get(host, 0.0))
        slot = self._slots().get(host)
        if slot is not None:
            slot.delay = max(slot.delay, self.least_gap(host))

    def hold(self, host: str, seconds: float) -> None:
        """Nothing goes to a host for so many seconds from now."""
        slot = self._slots().get(host)
        if slot is not None and seconds > 0:
            slot.delay = max(slot.delay, 0.01)  # the downloader looks at its clock only where there is a delay
            slot.lastseen = max(slot.lastseen, monotonic() + seconds - slot.delay)

    def rest(self, host: str, refusal: Callable[[], FetchRefused]) -> None:
        """Nothing goes to a host for the rest of this crawl; every request to it is answered with the refusal."""
        self._rests.setdefault(host, refusal)

    def refusal(self, url: str) -> FetchRefused | None:
        """Why nothing may be sent to this address now, if so."""
        if self._stopping:
            return FetchRefused("the crawl was stopped early; the same command goes on with it", outcome=INCOMPLETE)
        rest = self._rests.get(urlsplit(url).hostname or "")
        return None if rest is None else rest()

    def stop(self) -> None:
        """End the waiting: what stands in a queue is refused at once instead of sent."""
        self._stopping = True
        downloader = self.crawler.engine.downloader
        for slot in list(downloader.slots.values()):
            slot.delay, slot.lastseen = 0.0, 0.0
            slot.close()  # its timer
            downloader._process_queue(slot)  # noqa: SLF001 - the downloader has no word for "do not wait"

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        if self._stopping:
            return
        super()._adjust_delay(slot, latency, response)
        slot.delay = max(slot.delay, self.least_gap(urlsplit(response.url).hostname or ""))

    def _reached_downloader(self, request: Request) -> None:
        """A slot that was idle is made anew, and knows no floor."""
        host = urlsplit(request.url).hostname or ""
        slot = self._slots().get(host)
        if slot is not None and not self._stopping:
            slot.delay = max(slot.delay, self.least_gap(host))

    def _headers_received(self, request: Request, **_: Any) -> None:
        """Count the gap from the answer: a request that was long on its way must not bring the next one nearer."""
        slot = self._slots().get(urlsplit(request.url).hostname or "")
        if slot is not None:
            slot.lastseen = max(slot.lastseen, monotonic())

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        super()._response_downloaded(response, request, spider)
        written = response.headers.get("Retry-After")
        if written is None or response.status not in _WAITS:
            return
        seconds = retry_after(written.decode("latin-1"), datetime.now(UTC))
        if seconds is None:
            return
        host = urlsplit(request.url).hostname or ""
        logger.info("%s asks to be left alone for %d s (Retry-After)", host, seconds)
        if seconds > LONGEST_WAIT:
            self.rest(host, lambda: Postponed(f"{host} asked to be left alone for {seconds:.0f} s (Retry-After)"))
        else:
            self.hold(host, seconds)

    def _slots(self) -> dict[str, Slot]:
        return self.crawler.engine.downloader.slots


def retry_after(written: str, now: datetime) -> float | None:
    """The seconds a Retry-After header asks for, written as a number or as a date; null if it says neither."""
    written = written.strip()
    if written.isascii() and written.isdigit():
        return float(written)
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
