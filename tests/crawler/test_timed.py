"""The command line at a simulated time: what it keeps, it keeps with that time."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.listings import portals
from archive.store import Archive
from tests.crawler import pages
from tests.crawler.commands import environment, turns
from tests.crawler.servers import serve
from tests.crawler.test_two_years import Clock

HOST = "xxgk.qinghe.gov.cn"
MOMENT = datetime(2024, 2, 1, 12, 0, tzinfo=UTC)


def test_a_crawl_takes_place_when_it_is_told_to(tmp_path: Path) -> None:
    url = f"http://{HOST}{pages.COLUMN}"
    command = [sys.executable, "-m", "tests.crawler.timed", MOMENT.isoformat(), "--", "crawl", url]
    with serve(pages.portal(1, 2022, host=HOST)) as proxy:
        ours = environment(**turns(tmp_path), http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0")
        done = subprocess.run(command, cwd=tmp_path, env=ours, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    with Archive.open(tmp_path / "xxgk-archive", clock=Clock(MOMENT)) as archive:
        (state,) = portals(archive)
    assert (state.outcome, state.articles) == ("ok", 1)
    assert state.read_at is not None
    assert timedelta() <= state.read_at - MOMENT < timedelta(minutes=5)
