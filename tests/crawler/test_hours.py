"""The hours at which portals may be asked: outside them nothing is sent, and nothing is lost."""

from __future__ import annotations

import signal
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler import hours
from crawler.entries import PortalEntry
from crawler.errors import WrongUsage
from crawler.hours import CHINA, Hours, opening
from tests.crawler import pages
from tests.crawler.commands import start, xxgk
from tests.crawler.servers import Answer, Page, serve

HOST, OTHER = "xxgk.qinghe.gov.cn", "xxgk.liuchuan.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
PATIENCE = 60  # seconds until a test gives up
# It is noon in China until a file `night` is there, and half past eight in the evening from then on.
SUN = """
import crawler.hours, crawler.politeness
from datetime import datetime, UTC
from pathlib import Path
crawler.politeness._LOOKS = 0.05
crawler.hours.utc_now = lambda: datetime(2026, 1, 31, 12 if Path("night").exists() else 4, 30, tzinfo=UTC)
"""


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, second, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("written", "moment", "opens"),
    [
        ("20:00-06:00", at(5, 20), at(5, 20)),
        ("20:00-06:00", at(5, 23, 59, 59), at(5, 23, 59, 59)),
        ("20:00-06:00", at(6, 5, 59, 59), at(6, 5, 59, 59)),
        ("20:00-06:00", at(6, 6), at(6, 20)),
        ("20:00-06:00", at(6, 19, 59, 59), at(6, 20)),
        ("12:30-13:00", at(6, 12, 29), at(6, 12, 30)),
        ("12:30-13:00", at(6, 13), at(7, 12, 30)),
        ("18:00-24:00", at(6, 23, 59), at(6, 23, 59)),
        ("18:00-24:00", at(7, 0), at(7, 18)),
        ("00:00-24:00", at(6, 12), at(6, 12)),
        ("00:00-06:00", at(6, 7), at(7, 0)),
    ],
)
def test_hours_open_when_they_begin_and_close_when_they_end(written: str, moment: datetime, opens: datetime) -> None:
    assert opening([Hours.read(written)], moment.astimezone(UTC)) == opens


@pytest.mark.parametrize(
    ("spans", "opens"),
    [
        (["20:00-06:00", "22:00-08:00"], at(6, 22)),
        (["20:00-06:00", "04:00-12:00", "05:00-05:30"], at(7, 5)),
        (["20:00-06:00", "06:00-20:00"], None),
        (["09:00-17:00", "12:00-13:00"], at(6, 12)),
        ([], at(6, 10)),
    ],
)
def test_several_hours_open_when_they_meet(spans: list[str], opens: datetime | None) -> None:
    assert opening(map(Hours.read, spans), at(6, 10)) == opens


@pytest.mark.parametrize(
    "written",
    ["", "20-6", "20:00", "24:00-06:00", "20:00-25:00", "20:00-20:00", "20:00—06:00", "8:00-9:00", "２０:00-06:00"],
)
def test_what_are_no_hours_is_said_in_a_sentence(written: str) -> None:
    with pytest.raises(ValueError, match="as 20:00-06:00"):
        Hours.read(written)
    with pytest.raises(ValueError, match="as 20:00-06:00"):
        PortalEntry.model_validate({"id": "qinghe", "url": URL, "hours": written})
    with pytest.raises(WrongUsage, match="--hours or XXGK_HOURS") if written else nullcontext():
        hours.check(written, {})


def test_hours_that_never_meet_are_refused_before_anything_is_made() -> None:
    hours.check("20:00-06:00", {HOST: ["22:00-07:00", "05:00-06:00"]})
    with pytest.raises(WrongUsage, match=f"{HOST} may be asked never meet: 08:00-09:00 and the crawl's 20:00-06:00"):
        hours.check("20:00-06:00", {HOST: ["08:00-09:00"]})
    with pytest.raises(WrongUsage, match="never meet: 08:00-09:00 and 10:00-11:00; change one"):
        hours.check(None, {HOST: ["08:00-09:00", "10:00-11:00"]})


def test_the_clock_is_that_of_the_world() -> None:
    assert abs(hours.utc_now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_outside_its_hours_a_crawl_waits_says_so_once_and_goes_on_when_they_begin(tmp_path: Path) -> None:
    with serve(pages.portal(2, host=HOST)) as proxy:
        command = ("crawl", URL, "--delay", "0", "--hours", "20:00-06:00")
        crawl = start(*command, folder=tmp_path, prelude=SUN, http_proxy=proxy.url)
        assert crawl.stderr is not None
        said = crawl.stderr.readline()
        assert said == f"Outside the hours: {HOST} is asked from 2026-01-31 20:00 (UTC+8) on.\n"
        assert proxy.seen == []
        (tmp_path / "night").touch()
        _, err = crawl.communicate(timeout=PATIENCE)
        assert crawl.returncode == 0, err
        assert "Outside the hours" not in err
        assert len(proxy.seen) == 4


def test_a_crawl_that_waits_for_its_hours_can_be_stopped(tmp_path: Path) -> None:
    with serve(pages.portal(2, host=HOST)) as proxy:
        crawl = start("crawl", URL, folder=tmp_path, prelude=SUN, http_proxy=proxy.url, XXGK_HOURS="20:00-06:00")
        assert crawl.stderr is not None
        assert "Outside the hours" in crawl.stderr.readline()
        crawl.send_signal(signal.SIGINT)
        _, err = crawl.communicate(timeout=PATIENCE)
        assert (crawl.returncode, proxy.seen) == (3, []), err
    assert "Stopped early" in err


def test_hours_of_a_registered_portal_hold_for_its_hosts_alone(tmp_path: Path) -> None:
    folder = tmp_path / "xxgk-archive" / "portals"
    folder.mkdir(parents=True)
    entry = f"portals: [{{id: qinghe, url: {URL!r}, hours: 20:00-06:00}}]"
    (folder / "qinghe.yml").write_text(entry, encoding="utf-8")
    site: dict[str, Page] = {**pages.portal(2, host=HOST), **pages.portal(2, host=OTHER)}
    last = f"{OTHER}{pages.address(1)}"
    text = str(site[last])

    def nightfall(_: int) -> Answer:
        (tmp_path / "night").touch()
        return Answer(text)

    site[last] = nightfall
    night = OTHER, pages.address(1)
    with serve(site) as proxy:
        command = ("crawl", "qinghe", f"http://{OTHER}{pages.COLUMN}", "--delay", "0", "--json")
        ran = xxgk(*command, folder=tmp_path, prelude=SUN, http_proxy=proxy.url)
        order = [(seen.host, seen.path) for seen in proxy.seen]
    assert ran.status == 0, ran.err
    assert order.index((HOST, "/robots.txt")) > order.index(night)
    assert {line["host"]: line["articles"] for line in ran.lines} == {HOST: 2, OTHER: 2}
