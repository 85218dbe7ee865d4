"""Rendering, with a real Chromium: what it shows is read and kept, and it gets nothing but through the crawler."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive import captures
from archive.captures import Capture
from archive.store import Archive
from crawler.chromium import executable
from tests.crawler import scripted
from tests.crawler.commands import Ran, xxgk
from tests.crawler.pages import COLUMN
from tests.crawler.servers import Answer, Page, Portal, Seen, serve

pytestmark = pytest.mark.skipif(scripted.LACKING is not None, reason=scripted.LACKING or "")
LIMITS = """
from crawler.browsing import Visit
Visit.LONGEST = 1 << 20
Visit.QUIET = 0.5
"""


@dataclass(frozen=True)
class Crawled:
    """A crawl of every scripted portal, side by side."""

    folder: Path
    ran: Ran
    seen: tuple[Seen, ...]

    def state(self, name: str) -> dict[str, Any]:
        return next(line for line in self.ran.lines if line["url"] == scripted.url(name))

    def paths(self, name: str) -> list[str]:
        return [seen.path for seen in self.seen if seen.host == scripted.host(name)]

    def captures(self, url: str) -> list[Capture]:
        with Archive.open(self.folder / "xxgk-archive") as archive:
            return list(captures.of_address(archive, url))

    def bodies(self, url: str, role: str) -> list[str]:
        with Archive.open(self.folder / "xxgk-archive") as archive:
            return [
                captures.payload(archive, one).decode() for one in captures.of_address(archive, url) if one.role == role
            ]


def crawl_all(portals: dict[str, dict[str, Page]], folder: Path, limits: str) -> Crawled:
    with serve(scripted.site(portals)) as proxy:
        named = [scripted.url(name) for name in portals]
        command = ("crawl", *named, "--render", "--json", "--delay", "0")
        ran = xxgk(*command, folder=folder, prelude=limits, timeout=300, http_proxy=proxy.url)
        return Crawled(folder, ran, tuple(proxy.seen))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return crawl_all(scripted.PORTALS, tmp_path_factory.mktemp("scripted"), LIMITS)


@pytest.mark.parametrize(
    ("name", "reports"), [("inline", 3), ("endpoint", 3), ("turned", 6), ("linked", 6), ("application", 3)]
)
def test_a_list_that_its_script_fills_is_read_to_its_end(crawled: Crawled, name: str, reports: int) -> None:
    assert crawled.state(name)["outcome"] == "ok", crawled.state(name)
    assert crawled.state(name)["articles"] == reports


def test_the_browser_gets_only_scripts_and_what_they_ask_for_and_each_thing_once(crawled: Crawled) -> None:
    ours = {"/robots.txt", COLUMN, "/js/list.js", "/api/list?channel=7"}
    asked = [path for path in crawled.paths("endpoint") if path not in scripted.articles()]
    assert sorted(asked) == sorted(ours)


def test_what_the_browser_needs_is_asked_by_us_and_without_cookies(crawled: Crawled) -> None:
    asked = next(
        seen for seen in crawled.seen if seen.path == "/api/list?channel=7" and seen.host == scripted.host("endpoint")
    )
    assert asked.headers["user-agent"].startswith("xxgk/")
    assert asked.headers["x-requested-with"] == "XMLHttpRequest"
    assert asked.headers["referer"] == scripted.url("endpoint")
    assert "cookie" not in asked.headers
    assert not any(name.startswith("sec-") for name in asked.headers)


def test_the_page_as_rendered_is_kept_beside_the_page_and_refers_to_it(crawled: Crawled) -> None:
    page, shown = crawled.captures(scripted.url("endpoint"))
    assert (page.role, page.kind) == ("entry", "response")
    assert (shown.role, shown.kind, shown.content_type) == ("rendered", "conversion", "text/html; charset=utf-8")
    with Archive.open(crawled.folder / "xxgk-archive") as archive:
        record = captures.read(archive, shown)
        assert scripted.title(0) in captures.payload(archive, shown).decode()
        assert scripted.title(0) not in captures.payload(archive, page).decode("gbk")
    assert record.type == "conversion"
    assert record.field("WARC-Refers-To") == f"<urn:uuid:{page.record_id}>"
    assert (record.field("XXGK-Made-By") or "").startswith("Chromium/")


def test_what_the_script_asked_for_is_kept_too(crawled: Crawled) -> None:
    for path in ("/js/list.js", "/api/list?channel=7"):
        (kept,) = crawled.captures(f"http://{scripted.host('endpoint')}{path}")
        assert (kept.role, kept.kind, kept.status) == ("subresource", "response", 200)


def test_each_page_that_a_pager_turns_to_is_kept(crawled: Crawled) -> None:
    kept = crawled.bodies(scripted.url("turned"), "rendered")
    assert [[number for number in range(6) if scripted.title(number) in body] for body in kept] == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]


def test_the_archive_is_whole_and_its_tables_can_be_made_again(crawled: Crawled) -> None:
    assert xxgk("verify", folder=crawled.folder).status == 0
    before = crawled.captures(scripted.url("turned"))
    again = xxgk("reindex", "--afresh", folder=crawled.folder)
    assert again.status == 0, again.err
    assert crawled.captures(scripted.url("turned")) == before
    assert xxgk("verify", folder=crawled.folder).status == 0


def test_a_challenge_is_never_shown_to_the_browser(crawled: Crawled) -> None:
    assert crawled.state("challenge")["outcome"] == "blocked:wzws"
    assert crawled.paths("challenge") == ["/robots.txt", COLUMN]
    assert [one.role for one in crawled.captures(scripted.url("challenge"))] == ["blocked"]


def test_a_page_that_turns_into_a_challenge_is_blocked_and_kept_as_evidence_of_it(crawled: Crawled) -> None:
    assert crawled.state("late-challenge")["outcome"] == "blocked:rate-limit"
    assert [(one.role, one.kind) for one in crawled.captures(scripted.url("late-challenge"))] == [
        ("entry", "response"),
        ("blocked", "conversion"),
    ]


def test_a_challenge_before_the_endpoint_blocks_the_list(crawled: Crawled) -> None:
    assert crawled.state("blocked-endpoint")["outcome"] == "blocked:wzws"
    assert "/wzws-waf-cgi/x.js" not in crawled.paths("blocked-endpoint")


def test_robots_txt_holds_for_what_the_script_asks_for(crawled: Crawled) -> None:
    assert "/api/list?channel=7" not in crawled.paths("forbidden")
    assert crawled.state("forbidden")["outcome"] == "incomplete"
    assert "forbids /api/list" in crawled.state("forbidden")["detail"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("huge", "could not be rendered: it grew to more than 1 MiB"),
        ("greedy", "in a browser: its script asked for more than 60 things"),
        ("restless", f"its script wanted to lead on to http://{scripted.host('restless')}/elsewhere.html"),
    ],
)
def test_a_page_that_knows_no_measure_makes_its_column_incomplete_and_says_why(
    crawled: Crawled, name: str, said: str
) -> None:
    assert crawled.state(name)["outcome"] == "incomplete"
    assert said in crawled.state(name)["detail"]


def test_a_hundred_requests_become_sixty_and_the_rows_are_read(crawled: Crawled) -> None:
    assert len([path for path in crawled.paths("greedy") if path.startswith("/api/")]) == 60
    assert crawled.state("greedy")["articles"] == 3


def test_a_page_that_works_for_ever_or_asks_for_ten_thousand_things_is_given_up(tmp_path: Path) -> None:
    unruly = crawl_all(scripted.UNRULY, tmp_path, f"{LIMITS}Visit.PATIENCE = 2.0")
    assert "could not be rendered: its script worked for more than 2 s" in unruly.state("endless")["detail"]
    assert "could not be rendered: its script " in unruly.state("flood")["detail"]
    assert len([path for path in unruly.paths("flood") if path.startswith("/api/")]) <= 60


def test_a_page_that_leads_on_by_its_script_stays_where_it_is(crawled: Crawled) -> None:
    assert "/elsewhere.html" not in crawled.paths("restless")


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A port that notes what anybody sends it."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(200))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_page_reaches_nothing_but_its_portal(tmp_path: Path) -> None:
    with listening() as (port, heard):
        there = f"127.0.0.1:{port}"
        tries = f"""
          const out = [];
          const tell = (name) => (result) => out.push(name + '=' + (result && result.type === 'error' ? 'error' : 'reached'));
          const fail = (name) => () => out.push(name + '=error');
          const all = ['http://{there}/x', 'http://localhost:{port}/x', 'http://[::1]:{port}/x', 'http://169.254.169.254/latest/',
            'file:///etc/passwd', 'http://elsewhere.example.com/x', 'https://{there}/x', 'ftp://{there}/x'];
          for (const one of all) fetch(one, {{mode: 'no-cors'}}).then(tell(one), fail(one));
          for (const one of ['ws://{there}/', 'wss://{there}/']) {{
            const ws = new WebSocket(one); ws.onopen = tell(one + ' open'); ws.onmessage = tell(one + ' message');
          }}
          for (const one of all) window.open(one);
          new EventSource('http://{there}/events');
          new Image().src = 'http://{there}/pixel.png';
          navigator.sendBeacon('http://{there}/beacon', 'x');
          document.body.insertAdjacentHTML('beforeend', '<iframe src="http://{there}/frame"></iframe><form id="f" action="http://{there}/post" method="post"></form>');
          document.getElementById('f').submit();
          new Worker(URL.createObjectURL(new Blob(["fetch('http://{there}/worker')"])));
          if (navigator.serviceWorker) navigator.serviceWorker.register('/worker.js');
          const peer = new RTCPeerConnection({{iceServers: [{{urls: 'turn:{there}?transport=tcp', username: 'u', credential: 'c'}}]}});
          peer.createDataChannel('x'); peer.createOffer().then((offer) => peer.setLocalDescription(offer));
          const link = document.createElement('link'); link.rel = 'preconnect'; link.href = 'http://{there}'; document.head.append(link);
          setTimeout(() => {{ document.body.dataset.out = out.join(' '); }}, 300);
          show({scripted.packed(scripted.rows())});"""
        with serve({COLUMN: scripted.page(tries), **scripted.articles()}) as portal:
            ran = crawl(portal, tmp_path)
            asked = set(portal.paths())
        assert heard == []
    assert asked == {"/robots.txt", COLUMN, *scripted.articles()}, ran.err
    with Archive.open(tmp_path / "xxgk-archive") as archive:
        shown = [one for one in captures.of_address(archive, f"{portal.url}{COLUMN}") if one.role == "rendered"]
        text = captures.payload(archive, shown[0]).decode()
    assert "=error" in text
    assert "=reached" not in text
    assert len(xxgk("reports", "--json", folder=tmp_path).lines) == 3


def test_the_least_gap_lies_between_all_that_a_page_asks_for(tmp_path: Path) -> None:
    with serve(scripted.endpoint()) as portal:
        crawl(portal, tmp_path, delay="0.3")
        assert min(portal.gaps()) >= 0.3
        assert "/api/list?channel=7" in portal.paths()


def test_a_script_that_did_not_change_is_not_sent_again_by_the_next_crawl(tmp_path: Path) -> None:
    tagged = {"/js/list.js": lambda _: Answer("var nothing;", headers={**scripted.SCRIPT, "ETag": '"7"'})}
    head = '<script src="/js/list.js"></script>'
    site = {
        COLUMN: scripted.page(f"show({scripted.packed(scripted.rows())});", head=head),
        **scripted.articles(),
        **tagged,
    }
    with serve(site) as portal:
        assert crawl(portal, tmp_path).status == 0
        assert crawl(portal, tmp_path).status == 0
        asked = [seen.headers.get("if-none-match") for seen in portal.seen if seen.path == "/js/list.js"]
    assert asked == [None, '"7"']


def test_a_portal_whose_entry_says_scripted_is_rendered_without_being_told(tmp_path: Path) -> None:
    with serve(scripted.inline()) as portal:
        scripted.register(tmp_path, portal.url, portal.port)
        ran = xxgk("crawl", "qinghe", "--json", "--delay", "0", folder=tmp_path)
    assert (ran.lines[0]["outcome"], ran.lines[0]["articles"]) == ("ok", 3)


def test_a_crawl_that_is_stopped_while_it_renders_ends_and_takes_the_browser_with_it(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho $$ > {tmp_path}/pid\nexec {executable()} "$@"\n', encoding="utf-8")
    browser.chmod(0o755)
    stop = LIMITS + (
        "Visit.PATIENCE = 600.0\n"
        "import os, signal\n"
        "from crawler import browsing\n"
        "begin = browsing.Visit.begin\n"
        "async def begin_and_stop(self, page, request):\n"
        "    await begin(self, page, request)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "browsing.Visit.begin = begin_and_stop\n"
    )
    with serve(scripted.endless()) as portal:
        ran = xxgk(*command(portal), folder=tmp_path, prelude=stop, XXGK_CHROMIUM=str(browser))
    assert ran.status == 3, ran.err
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text(encoding='utf-8').strip()}").exists()
    assert xxgk("verify", folder=tmp_path).status == 0


def command(portal: Portal, *, delay: str = "0") -> tuple[str, ...]:
    allowed = f"127.0.0.1:{portal.port}"
    return ("crawl", f"{portal.url}{COLUMN}", "--render", "--json", "--delay", delay, "--allow", allowed)


def crawl(portal: Portal, folder: Path, *, delay: str = "0") -> Ran:
    return xxgk(*command(portal, delay=delay), folder=folder)
