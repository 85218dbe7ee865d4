"""A real browser makes of a hostile page's markup what was written, and nothing that runs: no list of tricks is complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree
from lxml.html import document_fromstring

from crawler.chromium import executable, missing
from parser import Hints, parse
from parser.marking import anchor_of, mark
from tests.papers.paper import paper
from tests.papers.render import html
from tests.parser.test_marking_safety import HOSTILE, shown

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

LACKING = missing()
pytestmark = pytest.mark.skipif(LACKING is not None, reason=LACKING or "")
NAMED = "[...document.querySelectorAll('[id]')].map((one) => [one.id, one.textContent.replace(/\\s+/gu, '')])"
RUNNING = (
    "[...document.querySelectorAll('script,img,svg,math,iframe,object,embed,a,form,input,link,base,template')].length"
)
HANDLERS = "[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith('on'))"
SEEN = "((box) => box.top >= 0 && box.bottom <= innerHeight)(document.querySelector(':target').getBoundingClientRect())"
OUTLINED = "getComputedStyle(document.querySelector(':target')).outlineStyle"


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    """A page of a browser that shows markup without our policy: the markup alone must be harmless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield chromium.new_page()
        chromium.close()


def test_a_browser_sees_each_name_once_and_nothing_that_runs(browser: Page) -> None:
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    browser.on("dialog", refuse)
    browser.on("request", lambda request: asked.append(request.url))
    for name, markup in HOSTILE.items():
        page = shown(markup + html(paper())).html or ""
        browser.set_content(page)
        written = [
            [element.get("id"), "".join("".join(map(str, element.itertext())).split())]
            for element in document_fromstring(page).iter(etree.Element)
            if element.get("id") is not None
        ]
        assert (name, browser.evaluate(RUNNING), browser.evaluate(HANDLERS), asked) == (name, 0, [], [])
        assert (name, sorted(browser.evaluate(NAMED))) == (name, sorted(written))


def test_the_place_in_the_address_is_outlined_without_a_script(browser: Page, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    data = html(paper()).encode()
    file.write_text(mark(data, Hints()).html or "", encoding="utf-8")
    browser.goto(f"{file.as_uri()}#{anchor_of(parse(data).figures['review.reconsideration.total'].at)}")
    assert browser.evaluate(OUTLINED) == "double"
    assert browser.evaluate(SEEN) is True
