"""A crawl on a disk that fills up stops with one sentence, and the same command ends it when there is room again."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from archive import reports
from archive.store import Archive
from archive.upkeep.verify import verify
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Page, serve

HOST = "xxgk.qinghe.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
LIMITED = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a full disk says so too, instead of killing
resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}))
"""
UNPRIVILEGED = """
import ctypes, os, sys
if not os.environ.get("DROPPED"):
    for right in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: root would write whatever the files' modes say
        ctypes.CDLL(None).prctl(24, right, 0, 0, 0)  # PR_CAPBSET_DROP
    os.environ["DROPPED"] = "yes"
    os.execv(sys.executable, [sys.executable, "-m", "crawler", *sys.argv[1:]])
"""


def site() -> dict[str, Page]:
    """Six reports, each with 30 KB that cannot be packed."""
    found = pages.portal(6, host=HOST)
    for number, agency in enumerate(pages.AGENCIES):
        noise = f"<!-- {os.urandom(15_000).hex()} -->"
        found[f"{HOST}{pages.address(number)}"] = pages.article(agency, extra=noise)
    return found


def crawl(folder: Path, proxy: str, prelude: str = "") -> tuple[int, str]:
    ran = xxgk("crawl", URL, "--json", "--delay", "0", folder=folder, http_proxy=proxy, prelude=prelude)
    return ran.status, ran.err


def is_whole(folder: Path) -> bool:
    with Archive.open(folder / "xxgk-archive") as archive:
        assert verify(archive) == []
        assert Counter(line.publisher for line in reports.list_reports(archive)) == Counter(pages.AGENCIES)
    return True


@pytest.mark.parametrize("limit", [20_000, 60_000, 100_000, 170_000, 260_000])
def test_a_full_disk_ends_a_crawl_in_one_sentence_and_the_same_command_goes_on(tmp_path: Path, limit: int) -> None:
    with serve(site()) as proxy:
        status, said = crawl(tmp_path, proxy.url, LIMITED.format(limit))
        assert status in {2, 3}, said
        assert "Traceback" not in said
        assert len([line for line in said.splitlines() if line.startswith("xxgk: ")]) == 1, said
        assert "same command again" in said
        status, said = crawl(tmp_path, proxy.url)
        assert status == 0, said
    assert is_whole(tmp_path)


@pytest.mark.parametrize("name", ["logs", "warc", "."])
def test_rights_that_are_lost_end_a_crawl_in_one_sentence_and_the_same_command_goes_on(
    tmp_path: Path, name: str
) -> None:
    with serve(site()) as proxy:
        assert crawl(tmp_path, proxy.url)[0] == 0
        place = tmp_path / "xxgk-archive" / name
        before = place.stat().st_mode
        place.chmod(0o500)
        status, said = crawl(tmp_path, proxy.url, UNPRIVILEGED)
        place.chmod(before)
        assert status in {2, 3}, said
        assert said.startswith("xxgk: ")
        assert said.count("\n") == 1
        assert str(place) in said
        assert crawl(tmp_path, proxy.url)[0] == 0
    assert is_whole(tmp_path)
