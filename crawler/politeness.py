"""When a host is asked: one thing at a time, never sooner than its gap allows, never outside its hours, and not while it rests.

The gap is the largest of the least gap, its registry entry, its Crawl-delay and what Scrapy's AutoThrottle makes of slow
answers; it is counted from the end of one answer to the beginning of the next request, and spread a little upwards.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.core.downloader import Slot
from scrapy.crawler import Crawler
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response

from archive import patience
from archive.addresses import asked_host
from archive.database import url_of
from crawler import hours
from crawler.hours import CHINA, Hours, opening
from crawler.lifeline import LEASED
from crawler.turns import Turn, Turns, folder_of, name_of
from spiders.outcomes import INCOMPLETE, Blocked, FetchRefused, Postponed

if TYPE_CHECKING:
    from crawler.sharedturns import SharedTurns

logger = logging.getLogger(__name__)

LONGEST_WAIT = 300.0  # seconds; a host that asks for more is put off: the crawl of the other hosts must end some day
PATIENCE = 9  # requests without an answer, one behind the other: three addresses, each tried three times
WAITS = object()  # signal: the crawl waits for its hours, or for the database; ``sentence`` says until when
_WAITS = frozenset({429, 503, 301, 302, 307, 308})  # the statuses RFC 9110, 10.2.3 gives Retry-After a meaning for
_TOO_MANY = 429
_LOOKS = 60.0  # seconds between two looks at the clock while the hours are closed: it may be set, or have stood still
_MARGIN = 30.0  # seconds; who has a turn for so much longer than an exchange may take is gone
Refusal = Callable[[], FetchRefused]


class Politeness(AutoThrottle):
    """Extension: the gap of each host, its turns, its hours, and the hosts that rest."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._gaps: dict[str, float] = {
            host: float(seconds) for host, seconds in settings.getdict("XXGK_DELAYS").items()
        }
        self._jitter = settings.getfloat("XXGK_DELAY_JITTER")
        folder = folder_of(settings["XXGK_TURNS"])
        self._shared = self._among_machines(folder)
        self._turns = Turns(folder, self._shared)
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._hours = [Hours.read(settings["XXGK_HOURS"])] if settings["XXGK_HOURS"] else []
        self._hours_of = {
            host: [Hours.read(span) for span in spans] for host, spans in settings.getdict("XXGK_PORTAL_HOURS").items()
        }
        self._told: set[datetime] = set()
        self._silences: Counter[str] = Counter()
        self._rests: dict[str, Refusal] = {}
        self._judges: list[Callable[[str], FetchRefused | None]] = []
        self._stopping = False
        self._stopped: asyncio.Future[None] | None = None

    @property
    def stopping(self) -> bool:
        """Whether nothing is asked any more."""
        return self._stopping

    def least_gap(self, host: str) -> float:
        """Seconds that must lie between an answer of a host and the next request to it."""
        return max(self._gaps.get(host, 0.0), self._min_delay())

    def widen(self, host: str, seconds: float) -> None:
        """A host asks for a larger gap (Crawl-delay)."""
        self._gaps[host] = max(seconds, self._gaps.get(host, 0.0))

    def rest(self, host: str, refusal: Refusal) -> None:
        """Nothing goes to a host for the rest of this crawl; every request to it is answered with the refusal."""
        self._rests.setdefault(host, refusal)

    def judge_by(self, judge: Callable[[str], FetchRefused | None]) -> None:
        """Ask also this, before anything goes to a host: why it may not be asked, if so."""
        self._judges.append(judge)

    def refusal(self, url: str) -> FetchRefused | None:
        """Why nothing may be sent to this address now, if so."""
        if self._stopping:
            return FetchRefused("the crawl was stopped early; the same command goes on with it", outcome=INCOMPLETE)
        host = asked_host(url)
        rest = self._rests.get(host)
        if rest is not None:
            return rest()
        return next((refusal for judge in self._judges if (refusal := judge(host)) is not None), None)

    @asynccontextmanager
    async def turn(self, url: str, longest: float | None = None) -> AsyncIterator[Turn]:
        """Hold the turn at a host for one exchange with it, when its gap is over and its hours are open.

        ``longest``: the seconds the exchange may take, where that is not ``DOWNLOAD_TIMEOUT``. Raises why nothing may be sent to the address, where that turns out meanwhile.
        """
        host = urlsplit(url).hostname or ""
        spread = 1 + random.uniform(0, self._jitter)  # noqa: S311 - no secret

        def gap() -> float:
            slot = self._slots().get(host)
            return spread * max(self.least_gap(host), slot.delay if slot is not None else 0.0)

        async def wait(seconds: float) -> None:
            await self._wait(url, seconds)

        place = asked_host(url)
        async with self._turns.line(place):
            self._check(url)
            while True:
                while (seconds := self._closed(host)) > 0:
                    await wait(min(seconds, _LOOKS))
                async with self._turns.take(place, gap, wait, (longest or self._timeout) + _MARGIN) as turn:
                    self._check(url)
                    if self._closed(host):  # they ended while others had their turns
                        continue
                    turn.used = True
                    yield turn
                    return

    def silent(self, url: str) -> None:
        """No answer came. A host that is silent again and again is asked no more: each try holds up to a minute."""
        host = asked_host(url)
        self._silences[host] += 1
        if self._silences[host] == PATIENCE:
            said = f"{host} did not answer {PATIENCE} times in a row and is asked no more in this crawl"
            logger.warning("%s", said)
            self.rest(host, lambda: FetchRefused(said))

    def heard(self, response: Response, turn: Turn) -> None:
        """An answer came: what it asks for by Retry-After is done."""
        self._silences.pop(asked_host(response.url), None)
        written = response.headers.get("Retry-After")
        if written is None or response.status not in _WAITS:
            return
        seconds = retry_after(written.decode("latin-1"), datetime.now(UTC))
        if seconds is None:
            return
        host = asked_host(response.url)
        said = f"{host} asked to be left alone for {seconds:.0f} s (Retry-After)"
        logger.info("%s", said)
        if seconds > LONGEST_WAIT:
            too_many = response.status == _TOO_MANY
            self.rest(host, lambda: Blocked("rate-limit", said) if too_many else Postponed(said))
        else:
            turn.pause = seconds

    def stop(self) -> None:
        """End the waiting: what stands in a queue is refused at once instead of sent."""
        self._stopping = True
        if self._stopped is not None and not self._stopped.done():
            self._stopped.set_result(None)
        downloader = self.crawler.engine.downloader
        for slot in list(downloader.slots.values()):
            slot.delay, slot.lastseen = 0.0, 0.0
            slot.close()  # its timer
            downloader._process_queue(slot)  # noqa: SLF001 - the downloader has no word for "do not wait"

    def _among_machines(self, folder: Path) -> SharedTurns | None:
        """The turns over all machines, where these share their tables; ``folder`` has those of this machine."""
        settings = self.crawler.settings
        url = url_of(Path(settings["XXGK_ARCHIVE"]), settings["XXGK_DATABASE"])
        if url.get_backend_name() != "postgresql":
            return None
        from crawler.sharedturns import SharedTurns  # noqa: PLC0415 - its driver is an extra

        leased = os.environ.get(LEASED, "")
        shared = SharedTurns(url, patience.seconds(), name_of(folder), tell=self._tell, lost=self._end, leased=leased)
        self.crawler.signals.connect(shared.close, signal=signals.engine_stopped, weak=False)
        return shared

    def _tell(self, sentence: str) -> None:
        """Tell the person something that the crawl waits for."""
        self.crawler.signals.send_catch_log(signal=WAITS, sentence=sentence)

    def _end(self, why: str) -> None:
        """End the crawl: nothing may be asked any more."""
        if not self._stopping:
            logger.error("%s", why)
            self._tell(why)
            self.stop()
            asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="lease"))  # noqa: RUF006 - the engine holds it

    async def _wait(self, url: str, seconds: float) -> None:
        if not self._stopping:
            if self._stopped is None:
                self._stopped = asyncio.get_running_loop().create_future()
            await asyncio.wait({self._stopped}, timeout=seconds)
        self._check(url)

    def _check(self, url: str) -> None:
        refusal = self.refusal(url)
        if refusal is not None:
            raise refusal

    def _closed(self, host: str) -> float:
        """Seconds until a host's hours begin; 0 within them."""
        spans = [*self._hours, *self._hours_of.get(host, ())]
        if not spans:
            return 0.0
        now = hours.utc_now()
        begin = opening(spans, now)
        if begin is None:
            raise FetchRefused(f"the hours of {host} and those of the crawl never meet", outcome=INCOMPLETE)
        if begin > now and begin not in self._told:
            self._told.add(begin)
            sentence = f"Outside the hours: {host} is asked from {begin.astimezone(CHINA):%Y-%m-%d %H:%M} (UTC+8) on."
            logger.info("%s", sentence)
            self._tell(sentence)
        return (begin - now).total_seconds()

    def _adjust_delay(self, slot: Slot, latency: float, response: Response) -> None:
        if self._stopping:
            return
        super()._adjust_delay(slot, latency, response)

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
