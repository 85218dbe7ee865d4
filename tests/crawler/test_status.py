"""``xxgk status`` and the metrics: whether somebody should look after the schedule."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families

from archive.crawling import duework
from archive.errors import ArchiveError
from archive.store import Archive
from crawler.metrics import text
from crawler.working.overview import Overview
from tests.archive.notetaking import note_portal
from tests.crawler import pages
from tests.crawler.commands import start, xxgk
from tests.crawler.servers import Answer, serve
from tests.crawler.test_schedule import HERE, HOSTS, LEASE, PATIENCE, column, quit_daemon, until_done


def test_status_says_whether_somebody_should_look(tmp_path: Path) -> None:
    url = column(HOSTS[0])
    with serve(pages.portal(1, host=HOSTS[0])) as proxy:
        assert (
            xxgk("crawl", column(HOSTS[1]), folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0").status == 1
        )  # nothing is there
        before = xxgk("status", url, "--json", folder=tmp_path)
        assert (
            xxgk("schedule", url, "--once", folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0").status == 0
        )
    (line,) = before.lines
    assert (before.status, line["healthy"], line["seen_at"]) == (1, False, None)
    assert line["overdue"] == line["due"] > 0
    assert "nobody who crawls gave a sign of life" in before.err
    after = xxgk("status", url, "--json", folder=tmp_path)
    (line,) = after.lines
    assert (after.status, line["healthy"], line["due"], line["failed"]) == (0, True, 0, 0)
    assert datetime.fromisoformat(line["next_due_at"]) > datetime.now(UTC)
    table = xxgk("status", url, folder=tmp_path)
    assert (table.status, "ok" in table.out) == (0, True)


def test_status_writes_metrics_that_prometheus_can_read(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "xxgk-archive", create=True, write=True) as archive:
        note_portal(archive, None, portal=HERE, outcome="ok", detail=None)
        duework.heartbeat(archive, "one", (), timedelta(minutes=5))
    printed = xxgk("status", HERE, "--metrics", "-", folder=tmp_path)
    written = xxgk("status", HERE, "--metrics", "xxgk.prom", folder=tmp_path)
    families = {family.name: family for family in text_string_to_metric_families(printed.out)}
    assert families["xxgk_schedule_daemons"].samples[0].value == 1
    assert families["xxgk_portals"].samples[0].labels == {"outcome": "ok"}
    states = {sample.labels["state"] for sample in families["xxgk_schedule_tasks"].samples}
    assert states == {"due", "overdue", "waiting", "leased", "failed"}
    assert (printed.status, written.status) in {(0, 0), (1, 1)}  # the deep pass may be due
    assert families.keys() == {
        family.name for family in text_string_to_metric_families((tmp_path / "xxgk.prom").read_text(encoding="utf-8"))
    }


def test_a_daemon_serves_its_metrics_and_writes_them_to_a_file(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    asked, goes_on = threading.Event(), threading.Event()

    def hold(_: int) -> Answer:
        asked.set()
        assert goes_on.wait(PATIENCE)
        return Answer("", 404)

    with serve({**pages.portal(1, host=HOSTS[0]), f"{HOSTS[0]}/robots.txt": hold}) as proxy:
        words = ("--lease", f"{LEASE:g}", "--metrics", str(port), "--metrics-file", "xxgk.prom")
        process = start(
            "schedule", column(HOSTS[0]), *words, folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0"
        )
        assert asked.wait(PATIENCE)
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
            found = answer.read().decode()
        goes_on.set()
        until_done(tmp_path / "xxgk-archive", None, process, hosts=1)
        quit_daemon(process)
    assert 'xxgk_schedule_tasks{state="leased"} 1.0' in found
    assert "xxgk_archive_readable 1.0" in (tmp_path / "xxgk.prom").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["nowhere", "127.0.0.1:", "127.0.0.1:99999", "192.0.2.1:9100"])
def test_a_place_that_is_none_is_told_in_one_sentence(tmp_path: Path, place: str) -> None:
    ran = xxgk("schedule", HERE, "--once", "--metrics", place, folder=tmp_path)
    assert ran.status == 2
    assert place in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err


def test_metrics_say_when_the_archive_cannot_be_read() -> None:
    def fail() -> Overview:
        raise ArchiveError("the disk is gone")

    assert "xxgk_archive_readable 0.0" in text(fail)
