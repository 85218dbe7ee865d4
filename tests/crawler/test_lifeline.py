"""The lifeline: a crawl that a schedule started ends when the schedule does, however that dies."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from crawler.lifeline import LIFELINE, Child
from tests.crawler import pages
from tests.crawler.commands import environment, xxgk
from tests.crawler.servers import serve

HOST = "xxgk.qinghe.gov.cn"
HANGING = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); from crawler.lifeline import hold; hold(); time.sleep(60)"
LISTENING = """
import signal, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: (folder / "heard").open("a").write("x"))
(folder / "ready").touch()
for _ in range(20):
    time.sleep(0.05)
sys.exit(7)
"""
OBEDIENT = "import time; from crawler.lifeline import hold; hold(); time.sleep(60)"


@pytest.mark.parametrize(("program", "number"), [(OBEDIENT, signal.SIGTERM), (HANGING, signal.SIGKILL)])
@pytest.mark.parametrize("how", ["asked", "cut off"])
def test_a_child_ends_when_it_is_asked_to_or_its_lifeline_is_cut(
    program: str, number: signal.Signals, how: str
) -> None:
    child = Child([sys.executable, "-c", program], environment(), 1.0)
    assert not child.ended
    if how == "asked":
        child.end()
    else:
        assert child._process.stdin is not None
        child._process.stdin.close()
    status = child.wait()
    assert child.ended
    assert status in {-number, -signal.SIGTERM}  # who is asked before it began obeys in any case


def test_a_child_that_is_asked_again_and_again_is_asked_once(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", LISTENING, str(tmp_path)], environment(), 30.0)
    look = threading.Event()
    for name in ("ready", "heard", "heard"):
        while not (tmp_path / name).exists():
            assert not child.ended
            look.wait(0.01)
        child.end()
    assert child.wait() == 7
    assert (tmp_path / "heard").read_text() == "x"


def test_a_crawl_of_ones_own_has_no_lifeline(tmp_path: Path) -> None:
    with serve(pages.portal(1, host=HOST)) as proxy:
        assert LIFELINE not in os.environ
        ran = xxgk(
            "crawl", f"http://{HOST}{pages.COLUMN}", folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0"
        )  # its standard input is at an end
    assert ran.status == 0, ran.err
