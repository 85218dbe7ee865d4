"""Two crawls of one machine at once: what they do to a host together, by the host's own clock."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from time import monotonic

from tests.crawler import pages
from tests.crawler.commands import start, xxgk
from tests.crawler.servers import Answer, Page, serve
from tests.warm import Process

HOST, HERE, THERE = "xxgk.qinghe.gov.cn", "xxgk.liuchuan.gov.cn", "xxgk.dongling.gov.cn"
PATIENCE = 60  # seconds until a test gives up
TOLERANCE = 0.002  # seconds: between processes counts the clock that is set, and it may be set a little all the time


def begin(name: str, delay: str, *hosts: str, folder: Path, proxy: str, contact: str = "@qinghe.example") -> Process:
    """A crawl into an archive of its own, which the others of this folder take turns with."""
    place = folder / name
    place.mkdir()
    turns = str(folder / "turns")
    urls = [f"http://{host}{pages.COLUMN}" for host in hosts]
    return start(
        "crawl", *urls, "--delay", delay, folder=place, http_proxy=proxy, XXGK_CONTACT=name + contact, XXGK_TURNS=turns
    )


def who(agent: str) -> str:
    """The name of the crawl that sends this user agent."""
    return agent.rpartition("; ")[2].partition("@")[0]


def meeting() -> dict[str, Page]:
    """Each crawl has a host of its own too; the one both ask answers only when both have begun."""
    begun = {HERE: threading.Event(), THERE: threading.Event()}

    def together(_: int) -> Answer:
        assert all(event.wait(PATIENCE) for event in begun.values())
        return Answer("", 404)

    def here(host: str) -> Page:
        def answer(_: int) -> Answer:
            begun[host].set()
            return Answer("", 404)

        return answer

    portals = {address: page for host in (HOST, HERE, THERE) for address, page in pages.portal(4, host=host).items()}
    return {
        **portals,
        f"{HOST}/robots.txt": together,
        **{f"{host}/robots.txt": here(host) for host in begun},
    }


def test_two_crawls_ask_a_host_one_after_the_other_and_both_keep_the_larger_gap(tmp_path: Path) -> None:
    with serve(meeting()) as proxy:
        fast = begin("fast", "0.1", HOST, HERE, folder=tmp_path, proxy=proxy.url)
        slow = begin("slow", "0.3", HOST, THERE, folder=tmp_path, proxy=proxy.url)
        ended = [crawl.communicate(timeout=PATIENCE)[1] for crawl in (fast, slow)]
        assert (fast.returncode, slow.returncode) == (0, 0), ended
        pauses = [(pause, who(first), who(second)) for pause, first, second in proxy.pauses(HOST)]
        alone = {host: min(pause for pause, *_ in proxy.pauses(host)) for host in (HERE, THERE)}
    assert len(pauses) == 11
    slow_ones = [place for place, (_, *askers) in enumerate(pauses) if "slow" in askers]
    for place, (pause, first, second) in enumerate(
        pauses
    ):  # before the slow one came and once it has ended the other is alone
        both = slow_ones[0] <= place <= slow_ones[-1]
        assert pause >= (0.3 if both else 0.1) - TOLERANCE, (first, second)
    assert len(range(slow_ones[0], slow_ones[-1] + 1)) >= 6
    assert any((first, second) == ("fast", "slow") for _, first, second in pauses)
    assert alone[HERE] >= 0.1
    assert alone[THERE] >= 0.3


def test_without_a_delay_too_a_host_is_asked_one_thing_at_a_time(tmp_path: Path) -> None:
    company = threading.Condition()
    here, together = 0, 0

    def slowly(text: str) -> Page:
        def answer(_: int) -> Answer:
            """Wait a moment for a second request, which must not come."""
            nonlocal here, together
            with company:
                here += 1
                company.notify_all()
                together += company.wait_for(lambda: here > 1, timeout=0.1)
                here -= 1
            return Answer(text)

        return answer

    site = meeting()
    site |= {address: slowly(str(page)) for address, page in pages.portal(4, host=HOST).items()}
    with serve(site) as proxy:
        one = begin("one", "0", HOST, HERE, folder=tmp_path, proxy=proxy.url)
        two = begin("two", "0", HOST, THERE, folder=tmp_path, proxy=proxy.url)
        ended = [crawl.communicate(timeout=PATIENCE)[1] for crawl in (one, two)]
        assert (one.returncode, two.returncode) == (0, 0), ended
        askers = [who(seen.headers["user-agent"]) for seen in proxy.seen if seen.host == HOST]
    assert together == 0
    assert len(askers) == 12
    assert sum(first != second for first, second in pairwise(askers)) >= 4  # neither waits until the other is done


def test_when_a_crawl_is_killed_in_its_turn_the_other_goes_on_at_once(tmp_path: Path) -> None:
    holds, waits, dead = threading.Event(), threading.Event(), threading.Event()
    site: dict[str, Page] = {
        address: page for host in (HOST, THERE) for address, page in pages.portal(2, host=host).items()
    }
    column, other_column = site[f"{HOST}{pages.COLUMN}"], site[f"{THERE}{pages.COLUMN}"]

    def hold(_: int) -> Answer:
        holds.set()
        assert dead.wait(PATIENCE)
        return Answer(str(column))

    def tell(_: int) -> Answer:
        waits.set()  # it has read that host's robots.txt, and asked for the other's long before
        return Answer(str(other_column))

    site |= {f"{HOST}{pages.COLUMN}": hold, f"{THERE}{pages.COLUMN}": tell}
    with serve(site) as proxy:
        victim = begin("victim", "0", HOST, folder=tmp_path, proxy=proxy.url)
        assert holds.wait(PATIENCE)
        other = begin("other", "0", HOST, THERE, folder=tmp_path, proxy=proxy.url)
        assert waits.wait(PATIENCE)
        assert [who(seen.headers["user-agent"]) for seen in proxy.seen if seen.host == HOST] == ["victim"] * 2
        victim.kill()
        victim.communicate()
        killed = monotonic()
        dead.set()
        said = other.communicate(timeout=PATIENCE)[1]
        assert other.returncode == 0, said
        after = [seen.at - killed for seen in proxy.seen if seen.host == HOST][2:]
    assert len(after) == 4
    assert after[0] < 2
    assert len(xxgk("reports", "--json", folder=tmp_path / "other").lines) == 4
