"""Where there is no browser, or nobody asked for one: it is said in a sentence, and everything else goes on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crawler import chromium
from crawler.errors import CrawlerError
from spiders.outcomes import INCOMPLETE
from tests.crawler import pages, scripted
from tests.crawler.commands import xxgk
from tests.crawler.pages import COLUMN
from tests.crawler.servers import serve

NO_EXTRA = "import sys; sys.modules['scrapy_playwright'] = None"
NO_BROWSER = "names /nowhere/chromium, which is no program here: correct it or leave it out"


def program(folder: Path, name: str) -> Path:
    """A program that does nothing."""
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_browser_that_is_named_comes_before_any_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("XXGK_CHROMIUM", raising=False)
    with pytest.raises(
        CrawlerError, match="there is none on the path: apt-get install chromium, or name it in XXGK_CHROMIUM"
    ):
        chromium.executable()
    chrome = program(tmp_path, "google-chrome")
    assert chromium.executable() == str(chrome)
    first = program(tmp_path, "chromium")
    assert chromium.executable() == str(first)
    monkeypatch.setenv("XXGK_CHROMIUM", str(chrome))
    assert chromium.executable() == str(chrome)
    monkeypatch.setenv("XXGK_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(CrawlerError, match=NO_BROWSER):
        chromium.executable()


def test_the_extra_is_named_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scrapy_playwright", None)
    assert chromium.missing() == "scripted pages need the scripted extra (pip install 'xxgk[scripted]')"


def test_rendering_that_was_asked_for_and_cannot_be_done_ends_before_anything_is_made(tmp_path: Path) -> None:
    command = ("crawl", f"http://xxgk.qinghe.gov.cn{COLUMN}", "--render")
    ran = xxgk(*command, folder=tmp_path, prelude=NO_EXTRA)
    assert (ran.status, ran.err) == (2, "xxgk: scripted pages need the scripted extra (pip install 'xxgk[scripted]')\n")
    assert [path.name for path in tmp_path.iterdir() if path.name != ".turns"] == []


def test_where_the_registry_asks_for_a_browser_that_is_not_there_the_crawl_goes_on_and_says_so(tmp_path: Path) -> None:
    with serve(scripted.inline()) as portal, serve(pages.portal(1)) as other:
        scripted.register(tmp_path, portal.url, portal.port)
        allowed = ("--allow", f"127.0.0.1:{other.port}")
        command = ("crawl", "qinghe", f"{other.url}{COLUMN}", "--json", "--delay", "0", *allowed)
        ran = xxgk(*command, folder=tmp_path, prelude=NO_EXTRA)
        assert portal.paths() == ["/robots.txt", COLUMN]
    first, second = ran.lines
    assert (first["outcome"], second["outcome"]) == (INCOMPLETE, "ok")
    assert (
        "shows no rows; its rows seem to be made by a script: scripted pages need the scripted extra" in first["detail"]
    )


def test_a_list_that_only_a_script_fills_says_what_may_read_it_and_is_not_rendered_unasked(tmp_path: Path) -> None:
    with serve(scripted.endpoint()) as portal:
        allowed = ("--allow", f"127.0.0.1:{portal.port}")
        ran = xxgk("crawl", f"{portal.url}{COLUMN}", "--json", "--delay", "0", *allowed, folder=tmp_path)
        assert portal.paths() == ["/robots.txt", COLUMN]
    assert ran.lines[0]["outcome"] == INCOMPLETE
    assert "its rows seem to be made by a script: crawl --render may read them" in ran.lines[0]["detail"]


def test_an_entry_that_asks_for_a_browser_says_why(tmp_path: Path) -> None:
    add = ("portals", "add", "qinghe", f"http://xxgk.qinghe.gov.cn{COLUMN}", "--scripted", "--json")
    refused = xxgk(*add, folder=tmp_path)
    assert (refused.status, "--scripted need a --reason" in refused.err) == (2, True)
    added = xxgk(*add, "--reason", "the endpoint wants a signature", folder=tmp_path)
    assert added.lines[0]["scripted"] == {"reason": "the endpoint wants a signature"}
