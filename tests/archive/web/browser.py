"""A real browser before the real server: what it shows, asks for, complains about, and what the keyboard reaches."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.chromium import executable
from crawler.errors import CrawlerError
from tests.archive.web.site import PASSWORD
from tests.crawler.commands import start

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
_ARGUMENTS = ["--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage", "--no-first-run"]
_GRAVE = frozenset({"serious", "critical"})
# What the keyboard may stand on, and how one sees that it does.
_FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const drawn = [...one.querySelectorAll('rect, circle, path')].map((each) => getComputedStyle(each));
  return {
    tag: one.tagName.toLowerCase(), id: one.id, class: one.className.baseVal ?? one.className, href: one.getAttribute('href'),
    says: (one.getAttribute('aria-label') || one.textContent || one.value || '').trim().slice(0, 60),
    place: [...document.querySelectorAll('*')].indexOf(one),
    outlined: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) ||
      drawn.some((each) => each.stroke !== 'none' && parseFloat(each.strokeWidth) >= 3),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
_REACHABLE = """() => [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
  .filter((one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled).length"""
_PLACES = """(selector) => [...document.querySelectorAll('*')].flatMap(
  (one, at) => one.matches(selector) && one.checkVisibility() ? [at] : [])"""
_WIDER = """() => [...document.querySelectorAll('body *')].filter((one) => !one.closest('.scroll, .unseen, .skip') &&
  one.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map((one) => one.outerHTML.slice(0, 150))"""


def lacking() -> str | None:
    """What is not there that these tests need, in a sentence; null where everything is."""
    for module in ("playwright", "axe_playwright_python"):
        if find_spec(module) is None:
            return f"the pages are not looked at in a browser: {module} is not installed (make install)"
    try:
        executable()
    except CrawlerError as error:
        return f"the pages are not looked at in a browser: {error}"
    return None


@contextmanager
def served(archive: Path, folder: Path) -> Iterator[str]:
    """The address at which ``xxgk serve`` shows an archive, as people start it; it ends without a complaint."""
    with start(
        "--archive", str(archive), "serve", "--port", "0", "--json", folder=folder, XXGK_PASSWORD=PASSWORD
    ) as server:
        said = server.stdout.readline()
        assert said, server.stderr.read()
        try:
            yield str(json.loads(said)["url"]).rstrip("/")
        finally:
            server.terminate()
        complaint = server.stderr.read()
        assert "Traceback" not in complaint, complaint
        assert "Warning" not in complaint, complaint


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium. While it runs, nothing else in this process may run an event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), args=_ARGUMENTS, chromium_sandbox=os.geteuid() != 0
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A tab, and all that went wrong in it."""

    page: Page
    home: str
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(f"an error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.context.on("request", self._asked)
        self.page.on("response", lambda one: self._answered(one.url, one.status))

    def go(self, path: str) -> None:
        """Open a page and all that is in it."""
        self.page.goto(f"{self.home}{path}", wait_until="load")

    def width(self) -> tuple[int, int, list[str]]:
        """How wide the page is, how wide the window, and what is wider."""
        found = self.page.evaluate("() => [document.scrollingElement.scrollWidth, innerWidth]")
        return found[0], found[1], self.page.evaluate(_WIDER)

    def faults(self, *rules: str) -> list[str]:
        """What axe-core finds that is serious or critical; all its rules, or some."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(_axe())
        asked = {"resultTypes": ["violations"], "iframes": False} | ({"runOnly": list(rules)} if rules else {})
        found = self.page.evaluate("(asked) => axe.run(document, asked)", asked)
        return [
            f"{one['id']}: {one['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:200]}"
            for one in found["violations"]
            if one["impact"] in _GRAVE
            for node in one["nodes"][:5]
        ]

    def press(self, key: str) -> dict[str, Any] | None:
        """Press a key; where the keyboard stands then, null for the page itself."""
        self.page.keyboard.press(key)
        found: dict[str, Any] | None = self.page.evaluate(_FOCUSED)
        return found

    def reachable(self) -> int:
        """How many things the keyboard has to reach."""
        return int(self.page.evaluate(_REACHABLE))

    def places(self, selector: str) -> set[int]:
        """Where elements stand in the page, counted as :meth:`press` does."""
        return set(self.page.evaluate(_PLACES, selector))

    def walk_to(self, wanted: str, most: int = 400) -> dict[str, Any]:
        """Press Tab until the keyboard stands on what a selector means."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
                found: dict[str, Any] = self.page.evaluate(_FOCUSED)
                assert found["outlined"], f"one does not see where the keyboard is: {found}"
                return found
        raise AssertionError(f"the keyboard does not reach {wanted} on {self.page.url}")

    def enter(self, wanted: str) -> None:
        """Walk to a link or button, press Enter, and wait for the page it leads to."""
        self.walk_to(wanted)
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"the console says: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.home}/", "data:")):
            self.troubles.append(f"a request elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        self.troubles.append(f"a request failed: {request.url}: {request.failure}")

    def _answered(self, url: str, status: int) -> None:
        if status >= 400:
            self.troubles.append(f"{status} of {url}")


@contextmanager
def visit(browser: Browser, home: str, **context: Any) -> Iterator[Visit]:
    """A new tab without a past."""
    opened: BrowserContext = browser.new_context(**({"viewport": DESK, "locale": "zh-CN"} | context))
    try:
        yield Visit(opened.new_page(), home)
    finally:
        opened.close()


def _axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__path__[0]) / "axe.min.js").read_text(encoding="utf-8")
