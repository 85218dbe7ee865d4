"""One page in Chromium, which has no network: what a page asks for is asked by the crawler, or not at all.

A page may load its scripts and what they ask for, within limits. It cannot lead elsewhere, open windows, keep anything, or
reach another place: the browser's only proxy is a port of ours on which nobody listens.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserType, Page, Request, Route, WebSocketRoute
from playwright.async_api import Error as PlaywrightError
from scrapy.http import Response
from scrapy_playwright.provider import PlaywrightBrowserProvider

from crawler.chromium import executable
from crawler.robots import origin_of
from spiders.outcomes import AddressRefused, Blocked, FetchRefused

logger = logging.getLogger(__name__)

_ARGUMENTS: Final = (
    "--proxy-bypass-list=<-loopback>",  # Chromium asks this machine itself without a proxy otherwise
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-gpu",
    "--renderer-process-limit=4",
    "--js-flags=--max-old-space-size=512",  # MiB of one page's heap
)
CONTEXT: Final[Mapping[str, Any]] = {
    "accept_downloads": False,
    "service_workers": "block",  # they would ask past the gate
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}
_ASKED: Final = frozenset({"script", "xhr", "fetch"})  # pictures, fonts, films and frames make no rows
_METHODS: Final = frozenset({"GET", "POST"})
_UNSAID: Final = frozenset(  # headers that the crawler sets itself, or that would say who asks
    {"accept-encoding", "accept-language", "authorization", "connection", "content-length", "cookie", "host", "origin"}
    | {"proxy-authorization", "referer", "te", "upgrade-insecure-requests", "user-agent"}
)
_UNTOLD: Final = frozenset(  # headers of an answer that the browser must not see: the body has no coding any more
    {"content-encoding", "content-length", "refresh", "set-cookie", "strict-transport-security", "transfer-encoding"}
)
_BROKEN = 500  # statuses from here on are errors of the server
# The control that turns a list's page. One that is a link is left to the list's reader, who follows it.
_TURN: Final = r"""() => {
  const words = /^(?:下一?页|后一?页|下一頁|(?:点击)?(?:加载|查看)更多)$/;
  const made = '.btn-next, .ant-pagination-next, .ivu-page-next, .layui-laypage-next';
  const off = /(?:^|[-_\s])(?:disabled?|nolink|unable)(?:$|[-_\s])/i;
  const says = (one) => {
    const text = one.value || one.textContent || one.title || '';
    return typeof text === 'string' && text.length < 40 && words.test(text.replace(/[\s>»›]+/g, ''));
  };
  const found = [...document.querySelectorAll('a, button, li, span, div, input[type=button], ' + made)].filter(
    (one) => one.getClientRects().length > 0 && (one.matches(made) || says(one)),
  );
  const control = found.find((one) => !found.some((other) => other !== one && one.contains(other)));
  if (!control) return false;
  for (let one = control, level = 0; one && level < 3; one = one.parentElement, level += 1) {
    const state = String(one.className.baseVal ?? one.className);
    if (one.disabled || one.getAttribute('aria-disabled') === 'true' || off.test(state)) return false;
  }
  const link = control.closest('a[href]');
  const bare = (address) => address.split('#')[0];
  if (link && /^https?:/.test(link.href) && bare(link.href) !== bare(location.href)) return false;
  control.click();
  return true;
}"""


class Unrendered(Exception):
    """A page that could not be rendered; the message says why."""


class OfflineChromium(PlaywrightBrowserProvider):  # type: ignore[misc]  # it has no annotations that mypy may read
    """Launches the machine's Chromium so that it cannot reach anything."""

    _nowhere: socket.socket | None = None
    browser_type: BrowserType

    async def launch_browser(self) -> Browser:
        """Launch it. Its sandbox is on for everybody but root, who cannot have one."""
        if self._nowhere is None:
            self._nowhere = socket.socket()
            self._nowhere.bind(("127.0.0.1", 0))  # ours, and never listened on: every connection is refused
        return await self.browser_type.launch(
            executable_path=executable(),
            args=list(_ARGUMENTS),
            proxy={"server": f"http://127.0.0.1:{self._nowhere.getsockname()[1]}"},
            ignore_default_args=["--disable-popup-blocking"],
            chromium_sandbox=os.geteuid() != 0,
            handle_sigint=False,  # the crawl's end is the browser's
            handle_sigterm=False,
            handle_sighup=False,
        )

    async def close(self) -> None:
        """Give back what is held."""
        await super().close()
        if self._nowhere is not None:
            self._nowhere.close()


@dataclass(frozen=True)
class Wanted:
    """What a page's script asks for; ``lasts`` where it is a script itself, which is the same for every page."""

    url: str
    method: str
    headers: dict[str, str]
    body: bytes
    lasts: bool


class Visit:
    """One page from its first request to its last state: the gate for what it asks, and the limits it must keep.

    ``states`` is the page as markup: once it has settled, and after each turn of its pager. ``shortfall`` says what may be
    missing in them, ``by`` which browser made them.
    """

    REQUESTS: ClassVar[int] = 60  # that one page may make, and so many more for each turn of its pager:
    REQUESTS_A_TURN: ClassVar[int] = 10
    FLOOD: ClassVar[int] = 500  # requests of any kind after which the page is given up
    TURNS: ClassVar[int] = 300  # as many pages as a list is followed for
    LONGEST: ClassVar[int] = 8 << 20  # characters of markup
    STARTING: ClassVar[float] = 120.0  # seconds for the browser
    PATIENCE: ClassVar[float] = 60.0  # seconds of a page's own work on one state; waiting for the portal does not count
    TURNING: ClassVar[float] = 900.0  # seconds after which a pager is turned no further
    QUIET: ClassVar[float] = 1.0  # seconds without a request after which a page has settled
    _TICK: ClassVar[float] = 0.1

    def __init__(self, url: str, document: Response, ask: Callable[[Wanted], Awaitable[Response]]) -> None:
        self.url = url
        self.states: list[str] = []
        self.shortfall: str | None = None
        self.by = ""
        self.guarded = False
        self.blocked: Blocked | None = None
        self._document = document
        self._ask = ask
        self._page: Page | None = None
        self._loaded = False
        self._led: str | None = None  # where the page wanted to go
        self._begun = monotonic()
        self._worked = 0.0
        self._asked = 0
        self._seen = 0
        self._most = self.REQUESTS
        self._open = 0
        self._last = monotonic()

    async def begin(self, page: Page, _: object) -> None:
        """Set the gate before anything is loaded; again where the browser had to be started again."""
        self.guarded, self._loaded, self.states = False, False, []
        self._page = page
        context = page.context
        await context.route("**", _refuse)  # windows it opens, and what belongs to no page
        await context.route_web_socket("**", _hang_up)
        context.on("page", _close)
        await page.route("**", self._answer)
        self.by = f"Chromium/{context.browser.version}" if context.browser is not None else "Chromium"
        self.guarded = True

    async def read(self) -> None:
        """Take down the page when it has settled, and each page its pager turns to. Raises :class:`Unrendered`."""
        page = self._page
        if page is None or not self.guarded:  # scrapy-playwright goes on where :meth:`begin` failed
            raise Unrendered("its gate could not be set")
        self._last = monotonic()
        seen = {await self._take(page)}
        while not self._is_over() and await self._turn(page):
            self._most += self.REQUESTS_A_TURN
            shown = await self._take(page, seen)
            if shown in seen:
                break
            seen.add(shown)
        if self._led is not None:
            self._fall_short(f"its script wanted to lead on to {self._led}, which is not followed")

    async def within_limits(self, reading: asyncio.Task[Any], refusal: Callable[[], FetchRefused | None]) -> None:
        """Wait for the page; what works for too long is given up, and what ``refusal`` says is raised.

        Raises :class:`Unrendered`.
        """
        while not reading.done():
            refused = refusal()
            if refused is not None:
                raise refused
            before = monotonic()
            await asyncio.wait([reading], timeout=self._TICK)
            if self._seen > self.FLOOD:
                raise Unrendered(f"its script asked for more than {self.FLOOD} things")
            if not self.guarded:
                if monotonic() - self._begun > self.STARTING:
                    raise Unrendered(f"the browser did not start within {self.STARTING:.0f} s")
            elif not self._open:
                self._worked += monotonic() - before
            if self._worked > self.PATIENCE:
                raise Unrendered(f"its script worked for more than {self.PATIENCE:.0f} s")

    async def close(self) -> None:
        """Take the page away with all it kept."""
        if self._page is not None:
            with suppress(PlaywrightError):
                await self._page.context.close()

    async def _take(self, page: Page, seen: set[int] | None = None) -> int:
        """A settled state is kept unless it was seen; what tells it from others."""
        await self._settle(page)
        self._worked = 0.0
        length = await page.evaluate("document.documentElement.outerHTML.length")
        if not isinstance(length, int) or length > self.LONGEST:
            raise Unrendered(f"it grew to more than {self.LONGEST >> 20} MiB")
        shown = hash(await page.evaluate("document.body === null ? '' : document.body.innerHTML"))
        if seen is None or shown not in seen:
            self.states.append(await page.content())
        return shown

    async def _turn(self, page: Page) -> bool:
        clicked = await page.evaluate(_TURN)
        self._last = monotonic()
        return bool(clicked)

    def _is_over(self) -> bool:
        """Whether nothing more may be asked of this page; what it had to ask further is said to be missing."""
        if self._asked >= self._most:
            return True
        if len(self.states) >= self.TURNS or monotonic() - self._begun > self.TURNING:
            self._fall_short(f"its pager was turned {len(self.states) - 1} times and no further")
            return True
        return False

    async def _settle(self, page: Page) -> None:
        while self._asked < self._most and not await self._is_settled(page):  # noqa: ASYNC110 - time passing is waited for
            await asyncio.sleep(self._TICK)

    async def _is_settled(self, page: Page) -> bool:
        quiet = not self._open and monotonic() - self._last >= self.QUIET
        return quiet and bool(await page.evaluate("document.readyState === 'complete'"))

    async def _answer(self, route: Route, request: Request) -> None:
        self._seen += 1
        if self._seen > self.FLOOD:
            return  # the page is about to be closed
        with suppress(PlaywrightError):  # the page was closed meanwhile
            await self._pass(route, request)

    async def _pass(self, route: Route, request: Request) -> None:
        if request.is_navigation_request():
            await self._navigate(route, request)
        elif request.resource_type == "stylesheet":
            await route.fulfill(status=200, content_type="text/css", body="")
        elif request.resource_type not in _ASKED or request.method not in _METHODS:
            await route.abort("blockedbyclient")
        elif self._asked >= self._most:
            self._fall_short(f"its script asked for more than {self._most} things")
            await route.abort("blockedbyclient")
        else:
            await self._fetch(route, request)

    async def _navigate(self, route: Route, request: Request) -> None:
        """The page itself, once. Wherever else it wants to go, it stays: a shell is the spider's to follow."""
        if self._loaded or self._page is None or request.frame != self._page.main_frame:
            if self._page is not None and request.frame == self._page.main_frame:
                self._led = request.url
            await route.abort("aborted")  # any other word would put an error page in its place
            return
        self._loaded = True
        await route.fulfill(status=200, headers=told(self._document), body=self._document.body)

    async def _fetch(self, route: Route, request: Request) -> None:
        self._asked += 1
        self._open += 1
        try:
            response = await self._ask(wanted(request, self.url))
        except FetchRefused as refused:
            self._refused(request, refused)
            await route.abort("blockedbyclient")
        except Exception as error:  # noqa: BLE001 - a broken connection is a fault of the network, whatever its class
            self._miss(request, f"{request.url} could not be fetched ({type(error).__name__}: {error})")
            await route.abort("failed")
        else:
            if response.status >= _BROKEN:
                self._miss(request, f"{request.url} was answered with status {response.status}")
            await route.fulfill(status=response.status, headers=told(response), body=response.body)
        finally:
            self._open -= 1
            self._last = monotonic()

    def _refused(self, request: Request, refused: FetchRefused) -> None:
        if isinstance(refused, Blocked) and self.blocked is None:
            self.blocked = refused
        elif not isinstance(refused, AddressRefused):  # foreign counters and players make no rows
            self._miss(request, refused.detail)

    def _miss(self, request: Request, what: str) -> None:
        """Something was not answered: what asks for data may lack rows, a script of another host is a counter."""
        own = urlsplit(request.url).hostname == urlsplit(self.url).hostname
        if own or request.resource_type != "script":
            self._fall_short(what)

    def _fall_short(self, what: str) -> None:
        if self.shortfall is None:
            self.shortfall = what
            logger.info("%s as rendered may lack something: %s", self.url, what)


def wanted(request: Request, page_url: str) -> Wanted:
    """A browser's request as the crawler asks it: what says who asks, and what the crawler says itself, is left out."""
    headers = {
        name: value
        for name, value in request.headers.items()
        if name.lower() not in _UNSAID and not name.lower().startswith("sec-")
    }
    headers["Referer"] = page_url
    if origin_of(request.url) != origin_of(page_url):
        headers["Origin"] = origin_of(page_url)
    lasts = request.resource_type == "script" and request.method == "GET"
    return Wanted(request.url, request.method, headers, request.post_data_buffer or b"", lasts)


def told(response: Response) -> dict[str, str]:
    """The headers of an answer as the browser may see them."""
    headers: dict[str, str] = {}
    for name in response.headers:
        key = name.decode("latin-1")
        if key.lower() not in _UNTOLD:
            headers[key] = b", ".join(response.headers.getlist(name)).decode("latin-1")
    return headers


async def _refuse(route: Route) -> None:
    with suppress(PlaywrightError):
        await route.abort("blockedbyclient")


async def _hang_up(one: WebSocketRoute) -> None:
    with suppress(PlaywrightError):
        await one.close()


async def _close(page: Page) -> None:
    with suppress(PlaywrightError):
        await page.close()


def orders(visit: Visit, user_agent: str) -> dict[str, Any]:
    """What scrapy-playwright is told of a visit, as ``Request.meta``."""
    return {
        "playwright": True,
        "playwright_context": f"xxgk-{id(visit)}",
        "playwright_context_kwargs": {**CONTEXT, "user_agent": user_agent},
        "playwright_include_page": True,  # read and closed by us: it would wait for a load that may never end
        "playwright_page_init_callback": visit.begin,
        "playwright_page_goto_kwargs": {"timeout": 0, "wait_until": "commit"},  # the visit waits, and has limits
    }
