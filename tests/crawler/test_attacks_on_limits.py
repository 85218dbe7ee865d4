"""Answers that are made to hurt, one test for each: it costs its own page, is told by its name, and is no document."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from archive import captures
from archive.captures import Capture
from archive.store import Archive
from tests.crawler import pages
from tests.crawler.attacks import ATTACKS, MOST
from tests.crawler.commands import environment
from tests.crawler.servers import Answer, Page, serve

HOST = "xxgk.qinghe.gov.cn"
LARGEST = 400  # MB of memory at most; a crawl of ordinary pages has 140

# One crawl with limits a test can reach: 1 MiB an answer, 3 s a request, one retry.
PROGRAM = f"""
from pathlib import Path
from crawler.portals import PortalEntry
from crawler.run import crawl
limits = {{"DOWNLOAD_MAXSIZE": {MOST}, "DOWNLOAD_TIMEOUT": 3, "RETRY_TIMES": 1}}
portal = PortalEntry(id="qinghe", url="http://{HOST}{pages.COLUMN}")
done = crawl(Path("xxgk-archive"), None, [portal], delay=0, overrides=limits)
memory = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(done.portals[0].outcome, int(memory.split()[1]) >> 10, done.log, sep="\\n")
"""


def address(name: str) -> str:
    """Where an attack waits: each on a host of its own, so that they are met side by side."""
    return f"http://{name.replace(' ', '-')}.qinghe.gov.cn/zcbm/ndbg/202501/t20250121_1000.html"


def onward(asked: int, *, answer: Answer) -> Answer:
    """The next of redirects without end."""
    del asked
    return answer


def site() -> dict[str, Page]:
    """A column whose rows lead to every attack, and to two reports as they should be."""
    rows = [
        (address(name), f"青禾市第{number}中学2024年政府信息公开工作年度报告") for number, name in enumerate(ATTACKS)
    ]
    good = pages.portal(2, host=HOST)
    own = [
        (pages.address(number), f"{agency}2024年政府信息公开工作年度报告")
        for number, agency in enumerate(pages.AGENCIES[:2])
    ]
    served: dict[str, Page] = {**good, f"{HOST}{pages.COLUMN}": pages.column([*rows, *own])}
    for name, answer in ATTACKS.items():
        served[address(name).removeprefix("http://")] = answer
    path = address("chain").removeprefix("http://").rpartition("/")[0]
    for number in range(12):
        served[f"{path}/{'x' * (number + 1)}"] = partial(
            onward, answer=Answer("", 302, {"Location": "x" * (number + 2)})
        )
    return served


@dataclass(frozen=True)
class Crawled:
    """What became of the crawl."""

    archive: Archive
    outcome: str
    memory: int
    log: str
    asked: dict[str, int]

    def capture(self, name: str) -> Capture | None:
        return captures.latest(self.archive, address(name))

    def told(self, name: str) -> str:
        """What the crawl says of an attack."""
        line = re.search(rf"article \S+: {re.escape(address(name))}:? (?P<detail>.*)", self.log)
        return line["detail"] if line is not None else ""

    def leaves_evidence(self, name: str, words: str) -> bool:
        """Whether an attack was told in these words, and kept as evidence of at most 2 KB."""
        capture = self.capture(name)
        assert words in self.told(name), self.told(name)
        return capture is not None and capture.role == "blocked" and capture.payload_length <= 2048

    def leaves_nothing(self, name: str, words: str) -> bool:
        """Whether an attack was told in these words, and there was no answer to keep."""
        assert words in self.told(name), self.told(name)
        return self.capture(name) is None


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """One crawl that meets all attacks."""
    folder = tmp_path_factory.mktemp("attacks")
    with serve(site()) as proxy:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=folder,
            env=environment(http_proxy=proxy.url),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        asked = {
            name: len(
                [seen for seen in proxy.seen if seen.path != "/robots.txt" and f"http://{seen.host}/" in address(name)]
            )
            for name in ATTACKS
        }
    assert done.returncode == 0, done.stderr
    outcome, memory, log = done.stdout.split("\n")[:3]
    with Archive.open(folder / "xxgk-archive") as archive:
        yield Crawled(archive, outcome, int(memory), Path(log).read_text(encoding="utf-8"), asked)


def test_the_rest_of_the_crawl_goes_on(crawled: Crawled) -> None:
    assert crawled.outcome == "incomplete"
    for number in (0, 1):
        good = captures.latest(crawled.archive, f"http://{HOST}{pages.address(number)}")
        assert good is not None
        assert (good.role, good.status) == ("article", 200)


def test_no_attack_fills_the_memory(crawled: Crawled) -> None:
    assert crawled.memory < LARGEST


def test_a_gzip_bomb_costs_its_own_page_only(crawled: Crawled) -> None:
    assert crawled.leaves_evidence("gzip", "inflates beyond 1 MiB and was not read")


def test_a_deflate_bomb_costs_its_own_page_only(crawled: Crawled) -> None:
    assert crawled.leaves_evidence("deflate", "inflates beyond 1 MiB and was not read")


def test_a_brotli_bomb_costs_its_own_page_only(crawled: Crawled) -> None:
    assert crawled.leaves_evidence("brotli", "inflates beyond 1 MiB and was not read")


def test_a_zstd_bomb_costs_its_own_page_only(crawled: Crawled) -> None:
    assert crawled.leaves_evidence("zstd", "inflates beyond 1 MiB and was not read")


def test_a_bomb_in_a_bomb_in_a_bomb_costs_its_own_page_only(crawled: Crawled) -> None:
    assert crawled.leaves_evidence("nested", "inflates beyond 1 MiB and was not read")


def test_a_thousand_content_codings_are_not_taken_off(crawled: Crawled) -> None:
    assert crawled.leaves_evidence("layers", "has 1000 content codings one upon the other")


def test_thousands_of_empty_gzip_members_are_not_opened(crawled: Crawled) -> None:
    assert crawled.leaves_evidence("members", "is packed in more than 1000 parts")


def test_a_body_that_is_not_packed_as_it_says_is_kept_as_it_came_and_told(crawled: Crawled) -> None:
    capture = crawled.capture("no gzip")
    assert capture is not None
    assert capture.payload_length == len(b"\x1f\x8b no gzip")
    assert crawled.told("no gzip")


@pytest.mark.parametrize("name", ["announced", "endless", "chunks", "astronomic"])
def test_a_body_of_300_mb_or_without_end_is_not_read(crawled: Crawled, name: str) -> None:
    assert crawled.leaves_evidence(name, "is larger than 1 MiB and was not read")
    assert crawled.asked[name] == 1


@pytest.mark.parametrize("name", ["headers", "folded", "cookies"])
def test_a_header_flood_is_cut_off_at_once(crawled: Crawled, name: str) -> None:
    assert crawled.leaves_nothing(name, "has a head of more than 256 KiB and was not read")
    assert crawled.asked[name] == 1


@pytest.mark.parametrize("name", ["line", "status line"])
def test_a_line_of_a_head_without_end_is_cut_off(crawled: Crawled, name: str) -> None:
    assert crawled.leaves_nothing(name, "has a line of more than 16 KiB in its head and was not read")
    assert crawled.asked[name] == 1


def test_a_flood_of_interim_answers_is_cut_off(crawled: Crawled) -> None:
    assert crawled.leaves_nothing("interim", "sent more than 20 interim answers and was not read")
    assert crawled.asked["interim"] == 1


@pytest.mark.parametrize("name", ["number", "negative", "garbage"])
def test_a_status_no_database_can_hold_is_not_taken_for_one(crawled: Crawled, name: str) -> None:
    assert crawled.leaves_nothing(name, "has a status line without a status of three digits")


@pytest.mark.parametrize("name", ["silent", "drip head", "drip body", "drip chunks"])
def test_a_slow_drip_ends_with_the_time_of_the_request(crawled: Crawled, name: str) -> None:
    assert crawled.leaves_nothing(name, "took longer than 3.0 seconds")
    assert crawled.asked[name] == 2


@pytest.mark.parametrize("name", ["shorter", "reset body", "trailers"])
def test_an_answer_cut_before_its_content_length_is_no_document(crawled: Crawled, name: str) -> None:
    assert crawled.leaves_evidence(name, "")
    assert crawled.told(name)


@pytest.mark.parametrize("name", ["minus", "doubled", "digits", "no coding", "ancient"])
def test_a_wrong_content_length_or_no_http_is_no_answer(crawled: Crawled, name: str) -> None:
    assert crawled.leaves_nothing(name, "DownloadFailedError")


@pytest.mark.parametrize("name", ["reset", "reset head"])
def test_a_connection_reset_is_tried_again_and_told(crawled: Crawled, name: str) -> None:
    assert crawled.leaves_nothing(name, "DownloadFailedError")
    assert crawled.asked[name] >= 2


def test_redirects_without_end_are_given_up(crawled: Crawled) -> None:
    assert "redirects without end" in crawled.told("chain")
    assert crawled.asked["chain"] <= 10


def test_a_redirect_in_a_circle_is_given_up(crawled: Crawled) -> None:
    assert "redirects in a circle" in crawled.told("circle")


def test_a_redirect_to_an_address_of_5000_characters_is_not_followed(crawled: Crawled) -> None:
    assert crawled.asked["far"] == 1


def test_an_element_of_100000_attributes_is_no_page(crawled: Crawled) -> None:
    assert "an element 'a' of 100000 attributes" in crawled.log


def test_a_page_in_a_charset_that_is_a_program_is_kept(crawled: Crawled) -> None:
    capture = crawled.capture("punycode")
    assert capture is not None
    assert capture.role == "article"


def test_a_page_of_unclosed_metas_is_read_in_no_time(crawled: Crawled) -> None:
    capture = crawled.capture("metas")
    assert capture is not None
    assert f"{address('metas')} could not be understood" not in crawled.log
