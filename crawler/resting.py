"""Hosts that block rest, for this crawl and for those after it: the archive knows until when (:mod:`archive.crawling.rests`)."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import timedelta
from functools import partial

from archive.crawling import rests
from archive.crawling.rests import Rest
from archive.journal.notes import Note, RestEnded
from crawler.keeping import Keeper
from spiders.outcomes import Blocked

logger = logging.getLogger(__name__)

PATIENCE = 3  # blocked answers until a host rests: one may be a bad address, more is hammering
_LOOKS = timedelta(seconds=30)  # between two looks at what other crawls of this archive met


class Resting:
    """What a crawl knows of hosts that block, and what it finds out about them.

    ``ask`` asks those too that rest from an earlier crawl; who blocks in this one is left alone all the same.
    """

    def __init__(self, keeper: Keeper, *, ask: bool) -> None:
        self._keeper = keeper
        self._ask = ask
        self._known = keeper.archive.patiently(partial(rests.known, keeper.archive))
        self._looked = keeper.archive.clock()
        self._found: dict[str, Rest] = {}
        self._blocks: Counter[str] = Counter()
        self._pages: Counter[str] = Counter()
        self._systems: dict[str, str] = {}
        keeper.last_words.append(self._last_words)

    async def look(self) -> None:
        """Learn what other crawls of this archive met meanwhile."""
        now = self._keeper.archive.clock()
        if now - self._looked >= _LOOKS:
            self._looked = now
            archive = self._keeper.archive
            self._known = await asyncio.to_thread(archive.patiently, partial(rests.known, archive))

    def refusal(self, host: str) -> Blocked | None:
        """Why a host is left alone, if it is."""
        rest = self._found.get(host)
        if rest is None:
            rest = self._known.get(host)
            if rest is None or self._ask or rest.until <= self._keeper.archive.clock():
                return None
        return Blocked(rest.system, _sentence(rest))

    def blocked(self, host: str, system: str, *, at_once: bool = False) -> None:
        """A host answered with a page that blocks; ``at_once``: one such answer says enough."""
        self._blocks[host] += 1
        self._systems[host] = system
        if host not in self._found and (at_once or self._blocks[host] >= PATIENCE):
            note = self._begin(host)
            if note is not None:
                self._keeper.gatherer.note(note, at_once=True)

    def answered(self, host: str, *, page: bool) -> None:
        """A host answered with something else; ``page``: with an ordinary page, which ends a series of rests."""
        self._pages[host] += 1
        if page and self._known.pop(host, None) is not None:
            archive = self._keeper.archive
            self._keeper.gatherer.note(RestEnded(archive.clock(), self._keeper.crawl_id, host), at_once=True)

    def _begin(self, host: str) -> Note | None:
        archive = self._keeper.archive
        now = archive.clock()
        before, here = self._known.get(host), archive.patiently(partial(rests.of_host, archive, host))
        rest = rests.after(here, host, self._systems[host], now)
        if here is not None and here != before and here.until > now:  # another crawl met this block and counted it
            self._found[host] = here
            return None
        self._found[host] = rest
        logger.warning("%s", _sentence(rest))
        return rest.note(now, self._keeper.crawl_id)

    def _last_words(self) -> list[Note]:
        """Hosts of which everything that was asked was blocked rest too, however little it was."""
        silent = [host for host in self._blocks if not self._pages[host] and host not in self._found]
        return [note for host in silent if (note := self._begin(host)) is not None]


def _sentence(rest: Rest) -> str:
    since, until = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (rest.since, rest.until))
    return f"{rest.host} blocks since {since} ({rest.system}) and rests until {until}"
