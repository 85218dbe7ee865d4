"""robots.txt: read first, obeyed, and never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy.http import Response

from crawler.robots import Rules, judge, origin_of
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, Page, serve

TEXT = {"Content-Type": "text/plain"}


def rules(text: str | bytes) -> Rules:
    body = text.encode() if isinstance(text, str) else text
    answer = judge(Response("http://xxgk.qinghe.gov.cn/robots.txt", body=body), "xxgk")
    assert isinstance(answer, Rules)
    return answer


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /d/", "/d/x.html", False),
        ("User-agent: *\nDisallow: /d/", "/e/x.html", True),
        ("User-agent:*\nDisallow:/d/", "/d/x.html", False),
        ("USER-AGENT: *\nDISALLOW: /d/", "/d/x.html", False),
        ("user-agent: *\r\n  disallow : /d/  # backups\r\n", "/d/x.html", False),
        ("\ufeffUser-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /\nAllow: /zwgk/", "/zwgk/a", True),
        ("User-agent: *\nDisallow: /*.doc$", "/a.doc", False),
        ("User-agent: *\n\nDisallow: /d/", "/d/x.html", False),
        ("User-agent: *\nDisallow: http://xxgk.qinghe.gov.cn/d/", "/d/x.html", False),
        ("User-agent: *\nDisallow: http://xxgk.qinghe.gov.cn/d/", "/e/x.html", True),
        ("User-agent: *\nDisallow: http://another.gov.cn/", "/e/x.html", True),
        ("User-agent: GPTBot\nDisallow: /", "/a", True),
        ("User-agent: XXGK\nDisallow: /\n\nUser-agent: *\nDisallow:", "/a", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: xxgk\nDisallow:", "/a", True),
        ("", "/a", True),
        ("# nothing", "/a", True),
    ],
)
def test_rules_are_read_as_portals_write_them(text: str, path: str, allowed: bool) -> None:
    assert rules(text).allow(f"http://xxgk.qinghe.gov.cn{path}") == allowed


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_rules_are_read_in_the_encodings_portals_use(encoding: str) -> None:
    text = "# 机器人规则\nUser-agent: *\nDisallow: /d/\nCrawl-delay: 4"
    found = rules(text.encode(encoding))
    assert not found.allow("http://xxgk.qinghe.gov.cn/d/")
    assert found.gap == 4


@pytest.mark.parametrize("status", [404, 410])
def test_a_host_without_rules_allows_everything(status: int) -> None:
    answer = judge(Response("http://h/robots.txt", status=status, body=b"User-agent: *\nDisallow: /"), "xxgk")
    assert isinstance(answer, Rules)
    assert answer.allow("http://h/a")


@pytest.mark.parametrize("status", [500, 503, 403, 401, 429, 302])
def test_rules_that_could_not_be_read_are_no_permission(status: int) -> None:
    assert isinstance(judge(Response("http://h/robots.txt", status=status), "xxgk"), str)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("<html><body><pre>User-agent: *\nDisallow: /</pre></body></html>", {}),
        ("\ufeff<!DOCTYPE html>\nUser-agent: *\nDisallow: /", {}),
        ("<div>\nUser-agent: *\nDisallow: /</div>", {"Content-Type": "text/html"}),
    ],
)
def test_no_rules_are_read_out_of_html(body: str, headers: dict[str, str]) -> None:
    answer = judge(Response("http://h/robots.txt", body=body.encode(), headers=headers), "xxgk")
    assert isinstance(answer, Rules)
    assert answer.allow("http://h/a")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://a.gov.cn/x", "http://a.gov.cn"),
        ("http://a.gov.cn:80/x", "http://a.gov.cn"),
        ("https://a.gov.cn:443/x", "https://a.gov.cn"),
        ("http://a.gov.cn:8080/x", "http://a.gov.cn:8080"),
        ("http://[::1]:8000/x", "http://[::1]:8000"),
    ],
)
def test_rules_hold_for_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_each_kind_of_robots_txt_has_its_outcome(tmp_path: Path) -> None:
    challenge = "<html><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=1;</script></html>"
    cases: dict[str, tuple[Page, str]] = {
        "allows": (Answer("User-agent: *\nAllow: /", headers=TEXT), "ok"),
        "absent": (Answer("", 404), "ok"),
        "gone": (Answer("", 410), "ok"),
        "homepage": (Answer("<html><head><title>青禾市</title></head><body><h1>欢迎</h1></body></html>"), "ok"),
        "forbids": (Answer("User-agent: *\nDisallow: /", headers=TEXT), "disallowed"),
        "fails": (Answer("", 500), "unreachable"),
        "denies": (Answer("no", 403, TEXT), "unreachable"),
        "challenge": (Answer(challenge), "blocked:ruishu"),
        "challenge412": (Answer(challenge, 412), "blocked:ruishu"),
        "mute": (Answer("<html><script>var a=1;</script></html>"), "incomplete"),
        "sleepy": (Answer("User-agent: *\nCrawl-delay: 86400", headers=TEXT), "disallowed"),
        "moved": (Answer("", 301, {"Location": "/elsewhere/robots.txt"}), "disallowed"),
    }
    site: dict[str, Page] = {
        "moved.gov.cn/elsewhere/robots.txt": Answer("User-agent: *\nDisallow: /zcbm/", headers=TEXT)
    }
    for name, (answer, _) in cases.items():
        site |= {**pages.portal(1, host=f"{name}.gov.cn"), f"{name}.gov.cn/robots.txt": answer}
    with serve(site) as proxy:
        urls = [f"http://{name}.gov.cn{pages.COLUMN}" for name in cases]
        ran = xxgk("crawl", *urls, "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        for name, (_, outcome) in cases.items():
            paths = proxy.paths(f"{name}.gov.cn")
            assert paths[0] == "/robots.txt"
            assert (pages.COLUMN in paths) == (outcome == "ok"), name
    assert {line["host"].removesuffix(".gov.cn"): line["outcome"] for line in ran.lines} == {
        n: o for n, (_, o) in cases.items()
    }


def test_a_directory_that_robots_txt_forbids_is_left_out_and_said_so(tmp_path: Path) -> None:
    host = "xxgk.qinghe.gov.cn"
    forbidden = pages.address(1)
    site = {
        **pages.portal(3, host=host),
        f"{host}/robots.txt": Answer(f"User-agent: *\nDisallow: {forbidden}", headers=TEXT),
    }
    with serve(site) as proxy:
        ran = xxgk(
            "crawl", f"http://{host}{pages.COLUMN}", "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url
        )
        assert forbidden not in proxy.paths()
    assert ran.lines[0]["articles"] == 2
    assert (ran.status, ran.lines[0]["outcome"]) == (1, "incomplete")


def test_a_crawl_delay_is_the_least_gap_of_its_host(tmp_path: Path) -> None:
    host = "xxgk.qinghe.gov.cn"
    site = {**pages.portal(3, host=host), f"{host}/robots.txt": Answer("User-agent: *\nCrawl-delay: 0.4", headers=TEXT)}
    with serve(site) as proxy:
        xxgk("crawl", f"http://{host}{pages.COLUMN}", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert min(proxy.gaps(host)) >= 0.4
