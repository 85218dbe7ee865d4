"""The portals of a nation as a crawl meets them: real divisions, drawn sizes, hosts and habits; the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import exp, log
from random import Random

from benchmarks.country import OWN_PORTALS, Place, places
from benchmarks.simulation.figures import Figures

_ROBOTS = 1


@dataclass(frozen=True)
class Habits:
    """How a portal's host behaves.

    ``limits``: it says 429 now and then; ``blocks``: the share of crawls that it blocks; ``dead``: it never answers;
    ``disallows``: its robots.txt does; ``hours``: it is asked at night only. Seconds.
    """

    latency: float
    gap: float
    limits: bool = False
    blocks: float = 0.0
    dead: bool = False
    disallows: bool = False
    hours: bool = False


@dataclass(frozen=True)
class Portal:
    """A portal by its size. ``gateway`` is the host that answers for its lists, if another."""

    url: str
    host: str
    publishers: int
    entries: int
    lists: int
    articles: int
    attachments: int
    habits: Habits
    gateway: str | None = None

    @property
    def exchanges(self) -> int:
        """How often a crawl asks something, its robots.txt too."""
        return _ROBOTS + self.entries + self.lists + self.articles + self.attachments


def nation(figures: Figures, seed: int, share: float = 1.0) -> list[Portal]:
    """Every portal, or the first so many of them, which are spread over the country."""
    chosen = _places()
    return [
        portal for place in chosen[: max(1, round(share * len(chosen)))] for portal in _of_place(place, figures, seed)
    ]


@cache
def _places() -> Sequence[Place]:
    return places()


def _of_place(place: Place, figures: Figures, seed: int) -> Iterator[Portal]:
    code = place.division.code
    prefecture = f"{code[:4]}00"
    host = f"xxgk.d{code}.gov.cn"
    if place.division.level != "province" and _draw(seed, "host", prefecture) < figures["shared_prefectures"]:
        host = f"xxgk.d{prefecture}.gov.cn"  # the districts stand in folders of the city's host
    gateway = None
    if _draw(seed, "gateway", code[:2]) < figures["gateway_provinces"]:
        gateway = f"infogate.d{code[:2]}0000.gov.cn"
    apart = OWN_PORTALS if place.division.level == "province" else 0
    url = f"http://{host}/{code}/"
    yield _portal(url, host, gateway, place.publishers - apart, figures, seed)
    for number in range(apart):
        own = f"b{number}.d{code}.gov.cn"
        yield _portal(f"http://{own}/", own, None, 1, figures, seed)


def _portal(url: str, host: str, gateway: str | None, publishers: int, figures: Figures, seed: int) -> Portal:
    random = Random(f"{seed} {url}")  # noqa: S311 - the same portal every time
    rows = figures["rows_a_page"]
    years = random.uniform(figures["years_least"], figures["years_most"])
    articles = max(1, round(publishers * years * figures["published"]))
    own = round(publishers * figures["own_column"])
    common = articles - round(own * years * figures["published"])
    lists = own * _pages(years, rows) + (2 * _pages(common / 2, rows) if common > 0 else 0)
    return Portal(
        url,
        host,
        publishers,
        entries=1 + _pages(publishers, rows),
        lists=max(lists, 1),
        articles=articles,
        attachments=round(articles * figures["attachments"]),
        habits=_habits(host, figures, seed),
        gateway=gateway,
    )


def _pages(rows: float, to_a_page: float) -> int:
    return max(1, -(-round(rows) // round(to_a_page)))


def _habits(host: str, figures: Figures, seed: int) -> Habits:
    """Those of a host: portals that share it share them. Each is drawn by itself, so that one figure moves nothing else."""

    def happens(name: str) -> bool:
        return _draw(seed, name, host) < figures[name]

    random = Random(f"{seed} latency {host}")  # noqa: S311 - the same host every time
    latency = exp(random.gauss(log(figures["latency"]), figures["latency_spread"]))
    latency *= figures["slower"] if happens("slow_hosts") else 1.0
    latency = min(latency, figures["timeout"] / 2)
    asked = figures["crawl_delay"] if happens("crawl_delay_hosts") else 0.0
    habits = Habits(latency, max(figures["delay"], asked, latency))  # AutoThrottle: as long as it took to answer
    blocks = 1.0 if happens("blocking_hosts") else figures["moody_blocks"] if happens("moody_hosts") else 0.0
    return replace(
        habits,
        limits=happens("limiting_hosts"),
        blocks=blocks,
        dead=happens("dead_hosts"),
        disallows=happens("disallowing_hosts"),
        hours=happens("night_hosts"),
    )


def _draw(seed: int, *about: str) -> float:
    return Random(f"{seed} {about}").random()  # noqa: S311 - the same every time
