"""How often a host is asked, measured where it counts: at the portal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from statistics import median
from time import monotonic

import pytest

from crawler.politeness import retry_after
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, Page, serve

HOST = "xxgk.qinghe.gov.cn"
NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Sat, 31 Jan 2026 12:00:30 GMT", 30),
        ("Saturday, 31-Jan-26 12:00:30 GMT", 30),
        ("Sat, 31 Jan 2026 20:00:30 +0800", 30),
        ("Sat, 31 Jan 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(written: str, seconds: float | None) -> None:
    assert retry_after(written, NOW) == seconds


@pytest.mark.parametrize("variable", [True, False])
def test_the_gap_from_an_answer_to_the_next_request_is_never_below_the_delay(tmp_path: Path, variable: bool) -> None:
    address = f"http://{HOST}{pages.COLUMN}"
    with serve(pages.portal(6, host=HOST)) as proxy:
        if variable:
            ran = xxgk("crawl", address, folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0.35")
        else:
            ran = xxgk(
                "crawl", address, "--delay", "0.35", folder=tmp_path, http_proxy=proxy.url, XXGK_DOWNLOAD_DELAY="0"
            )
        assert len(proxy.seen) == 8
        assert min(pause for pause, *_ in proxy.pauses(HOST)) >= 0.35
        assert median(proxy.gaps()) < 3  # of the largest a busy machine has its say
    assert ran.status == 0


def test_the_gap_is_spread_upwards_by_a_share_of_itself(tmp_path: Path) -> None:
    farthest = "import random; random.uniform = lambda least, most: most"
    with serve(pages.portal(3, host=HOST)) as proxy:
        command = ("crawl", f"http://{HOST}{pages.COLUMN}", "--delay", "0.2")
        ran = xxgk(*command, folder=tmp_path, prelude=farthest, http_proxy=proxy.url, XXGK_DELAY_JITTER="1.5")
        assert len(proxy.seen) == 5
        assert min(pause for pause, *_ in proxy.pauses(HOST)) >= 0.5
    assert ran.status == 0


def test_redirects_and_retries_keep_the_gap_too(tmp_path: Path) -> None:
    site: dict[str, Page] = pages.portal(2, host=HOST)
    moved = site[f"{HOST}{pages.address(0)}"]
    site[f"{HOST}/moved.html"] = moved
    site[f"{HOST}{pages.address(0)}"] = Answer("", 301, {"Location": "/moved.html"})
    whole = site[f"{HOST}{pages.address(1)}"]
    assert isinstance(whole, str)
    site[f"{HOST}{pages.address(1)}"] = lambda asked: Answer("", 500) if asked == 0 else Answer(whole)
    with serve(site) as proxy:
        ran = xxgk(
            "crawl", f"http://{HOST}{pages.COLUMN}", "--json", "--delay", "0.3", folder=tmp_path, http_proxy=proxy.url
        )
        assert len(proxy.seen) == 6
        assert min(proxy.gaps()) >= 0.3
    assert (ran.status, ran.lines[0]["articles"]) == (0, 2)


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_portal_that_asks_to_be_left_alone_is_left_alone(tmp_path: Path, form: str, status: int) -> None:
    site: dict[str, Page] = pages.portal(4, host=HOST)
    column = site[f"{HOST}{pages.COLUMN}"]
    assert isinstance(column, str)
    refused: list[float] = []

    def busy(asked: int) -> Answer:
        if asked:
            return Answer(column)
        refused.append(monotonic())
        until = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
        return Answer("", status, {"Retry-After": "2" if form == "seconds" else until})

    site[f"{HOST}{pages.COLUMN}"] = busy
    with serve(site) as proxy:
        ran = xxgk(
            "crawl", f"http://{HOST}{pages.COLUMN}", "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url
        )
        later = [seen.at - refused[0] for seen in proxy.seen if seen.at > refused[0]]
        assert min(later) >= (
            2 if form == "seconds" else 1.9
        )  # a date has whole seconds: up to one is lost in writing it
    assert (ran.status, ran.lines[0]["articles"]) == (0, 4)


@pytest.mark.parametrize(("status", "outcome"), [(503, "unreachable"), (429, "blocked:rate-limit")])
def test_a_portal_that_asks_for_hours_is_put_off(tmp_path: Path, status: int, outcome: str) -> None:
    site: dict[str, Page] = {f"{HOST}{pages.COLUMN}": Answer("", status, {"Retry-After": "7200"})}
    with serve(site) as proxy:
        ran = xxgk(
            "crawl", f"http://{HOST}{pages.COLUMN}", "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url
        )
        assert proxy.paths() == ["/robots.txt", pages.COLUMN]
    assert ran.lines[0]["outcome"] == outcome
    assert "7200 s" in ran.lines[0]["detail"]


@pytest.mark.parametrize(("broken", "given_up"), [(5, True), (2, False)])
def test_a_host_that_goes_silent_is_asked_no_more(tmp_path: Path, broken: int, given_up: bool) -> None:
    site: dict[str, Page] = pages.portal(6, host=HOST)
    hang_up = Answer(act=lambda handler: handler.connection.close())
    site.update({f"{HOST}{pages.address(number)}": hang_up for number in range(broken)})  # each is tried three times
    with serve(site) as proxy:
        ran = xxgk(
            "crawl", f"http://{HOST}{pages.COLUMN}", "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url
        )
    assert ran.lines[0]["outcome"] == "incomplete"
    (log,) = (tmp_path / "xxgk-archive" / "logs").iterdir()
    assert ("did not answer 9 times in a row" in log.read_text(encoding="utf-8")) == given_up


def test_the_crawler_says_who_it_is_and_sends_no_cookies(tmp_path: Path) -> None:
    site: dict[str, Page] = pages.portal(2, host=HOST)
    column = site[f"{HOST}{pages.COLUMN}"]
    assert isinstance(column, str)
    site[f"{HOST}{pages.COLUMN}"] = Answer(column, headers={"Set-Cookie": "session=1"})
    with serve(site) as proxy:
        xxgk(
            "crawl",
            f"http://{HOST}{pages.COLUMN}",
            "--delay",
            "0",
            folder=tmp_path,
            http_proxy=proxy.url,
            XXGK_CONTACT="a@b.cn",
        )
        for seen in proxy.seen:
            assert seen.headers["user-agent"].startswith("xxgk/")
            assert seen.headers["user-agent"].endswith("a@b.cn)")
            assert "cookie" not in seen.headers
            assert "zstd" not in seen.headers["accept-encoding"]
