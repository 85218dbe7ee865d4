"""The dashboard in a real browser: each page, keyboard only, on a phone, without script, for those who hear it read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.archive.web.browser import PHONE, chromium, lacking, served, visit
from tests.archive.web.site import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LACKING = lacking()
pytestmark = pytest.mark.skipif(LACKING is not None, reason=LACKING or "")

# Every page there is; what stands in braces is asked of the API.
PAGES = (
    "/",
    "/divisions/unknown?year=2024",
    "/standings?year=2024",
    "/publishers",
    "/publishers/{publisher}",
    "/reports",
    "/reports/{edited}",
    "/reports/{pdf}",
    "/reports/{report}?figure=requests.new.total",
    "/reports/{report}/evidence",
    "/compare",
    "/compare?publisher={publisher}&from=2023&to=2024",
    "/compare?publisher={publisher}&all=1",
    "/findings",
    "/search",
    "/search?words=公开",
    "/queries",
    "/stats",
    "/stats/received",
    "/stats/refusals",
    "/stats/on_time?by=kind",
    "/portals",
    "/news",
    "/api",
    "/api/operations/list_reports",
    "/sign-in",
    "/nowhere",
)


@pytest.fixture(scope="module")
def home(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real server, over a copy of the city."""
    folder = tmp_path_factory.mktemp("served")
    with served(Path(shutil.copytree(city, folder / "city")), folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def numbers(home: str) -> dict[str, Any]:
    """What stands in the braces of addresses."""
    reports = _ask(home, "/api/v1/reports?limit=500")["rows"]
    one = next(each for each in reports if each["report_year"] == 2025 and each["url"].endswith(".html"))
    several = next(each for each in reports if len(_ask(home, f"/api/v1/reports/{each['id']}")["versions"]) > 1)
    drawn = next(each for each in reports if _is_pdf(home, each["id"]))
    publishers = _ask(home, "/api/v1/publishers?limit=500")["rows"]
    publisher = next(each for each in publishers if each["name"] == one["publisher"])
    return {"report": one["id"], "edited": several["id"], "pdf": drawn["id"], "publisher": publisher["id"]}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_quiet_narrow_and_can_be_heard(
    browser: Browser, home: str, numbers: dict[str, Any], path: str
) -> None:
    address = path.format(**numbers)
    with visit(browser, home, color_scheme="light") as seen:
        seen.go(address)
        if path == "/nowhere":
            seen.troubles = [each for each in seen.troubles if "404" not in each]
        assert seen.troubles == []
        assert seen.faults() == []
        seen.page.emulate_media(color_scheme="dark")
        assert seen.faults("color-contrast") == []
        seen.page.emulate_media(color_scheme="light")
        seen.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a dictionary of two numbers
        width, window, wider = seen.width()
        assert width <= window, f"{width} > {window}: {wider}"


@pytest.mark.parametrize("path", ["/reports/{report}/copy?figure=requests.new.total", "/reports/{pdf}/copy"])
def test_an_archived_copy_asks_for_nothing_outside_of_its_frame_too(
    browser: Browser, home: str, numbers: dict[str, Any], path: str
) -> None:
    with visit(browser, home) as seen:
        seen.go(path.format(**numbers))  # no script runs in it, ours neither
        assert seen.troubles == []
        assert seen.page.locator("table, img").first.is_visible()


def test_a_browser_does_nothing_of_what_a_hostile_portal_wrote(browser: Browser, hostile: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(hostile, tmp_path / "hostile"))
    with served(copied, tmp_path) as address, visit(browser, address) as seen:
        seen.page.on("dialog", lambda dialog: seen.troubles.append(f"a dialog: {dialog.message}"))
        for path in (
            "/",
            "/portals",
            "/publishers",
            "/findings",
            "/search?words=attack",
            "/reports/3",
            "/reports/3/copy",
            "/reports/6",
        ):
            seen.go(path)
            seen.page.locator("h1, table").first.hover()
            assert seen.troubles == [], path
            assert seen.page.url == f"{address}{path}"
        assert seen.page.locator("attack-tag, [attack-mark], main script").count() == 0


@pytest.mark.parametrize("path", ["/", "/publishers/{publisher}", "/stats/received"])
def test_a_page_is_the_same_without_script_and_in_english_as_narrow(
    browser: Browser, home: str, numbers: dict[str, Any], path: str
) -> None:
    address = path.format(**numbers)
    pictures = []
    for script in (True, False):
        with visit(browser, home, java_script_enabled=script) as seen:
            seen.go(address)
            pictures.append(seen.page.screenshot(animations="disabled", caret="hide"))
            assert seen.troubles == []
    assert pictures[0] == pictures[1]
    with visit(browser, home, viewport=PHONE) as seen:
        seen.go(f"/language/en?next={address}")
        width, window, wider = seen.width()
        assert width <= window, f"{width} > {window}: {wider}"


@pytest.mark.parametrize("path", ["/", "/publishers", "/portals", "/search?words=公开"])
def test_the_keyboard_reaches_everything_in_order_and_is_seen(browser: Browser, home: str, path: str) -> None:
    with visit(browser, home) as seen:
        seen.go(path)
        first = seen.press("Tab")
        assert first is not None
        assert (first["class"], first["seen"], first["outlined"]) == ("skip", True, True)
        met, count = {first["place"]: [first]}, seen.reachable()
        while (now := seen.press("Tab")) is not None and len(met) <= count:
            met.setdefault(now["place"], []).append(now)  # a field for a day has several
        assert [each for each in met.values() if not any(one["outlined"] and one["seen"] for one in each)] == []
        assert list(met) == sorted(met)
        assert len(met) == count
        assert met.keys() & seen.places("nav a")
        assert met.keys() & seen.places("main form *")
        assert seen.places("main .scroll") <= met.keys()


def test_the_skip_link_leads_to_the_content(browser: Browser, home: str) -> None:
    with visit(browser, home) as seen:
        seen.go("/publishers")
        seen.press("Tab")
        now = seen.press("Enter")
        assert now is not None
        assert now["id"] == "content"
        following = seen.press("Tab")
        assert following is not None
        assert seen.page.evaluate("() => document.activeElement.closest('main') !== null")


def test_the_keyboard_goes_from_the_country_to_the_cell_of_a_figure(browser: Browser, home: str) -> None:
    with visit(browser, home) as seen:
        seen.go("/?year=2024")
        seen.enter("main a[href^='/divisions/unknown']")
        assert "/divisions/" in seen.page.url
        seen.enter("main a[href^='/publishers/']")
        assert "/publishers/" in seen.page.url
        seen.enter("main a[href^='/reports/']:not([href*='#']):not([download])")
        assert "/reports/" in seen.page.url
        figure = seen.walk_to("table.printed a[target=copy]")
        frame = seen.page.frame(name="copy")
        assert frame is not None
        assert frame.locator(":target").count() == 0
        seen.page.keyboard.press("Enter")
        mark = frame.wait_for_selector(":target", state="visible")
        assert mark is not None
        assert mark.inner_text().strip() == figure["says"]
        assert mark.evaluate("(one) => getComputedStyle(one).outlineStyle") != "none"
        box, window = mark.bounding_box(), seen.page.locator("iframe").bounding_box()
        assert box is not None
        assert window is not None
        assert window["y"] <= box["y"] <= window["y"] + window["height"]
        assert seen.troubles == []


def test_the_keyboard_signs_in_and_acknowledges_a_finding(browser: Browser, home: str) -> None:
    with visit(browser, home) as seen:
        seen.go("/findings")
        seen.enter("main a[href^='/sign-in']")
        seen.walk_to("#name")
        seen.page.keyboard.type("王敏")
        seen.walk_to("#password")
        seen.page.keyboard.type(PASSWORD)
        seen.enter("form[action='/sign-in'] button")
        assert "/findings" in seen.page.url
        assert seen.faults() == []
        seen.walk_to("input[name=finding]")
        seen.page.keyboard.press("Space")
        seen.walk_to("#note")
        seen.page.keyboard.type("核对过原文")
        seen.enter("button[value=acknowledge]")
        assert seen.page.locator("[role=status]").first.is_visible()
        assert seen.page.locator("[role=alert]").count() == 0
        seen.go("/findings?state=acknowledged")
        assert "王敏" in seen.page.locator("main table.findings").inner_text()
        assert "核对过原文" in seen.page.locator("main table.findings").inner_text()
        assert seen.troubles == []


def _is_pdf(home: str, report: int) -> bool:
    return any(each["url"].endswith(".pdf") for each in _ask(home, f"/api/v1/reports/{report}")["versions"])


def _ask(home: str, path: str) -> Any:
    with build_opener(ProxyHandler({})).open(f"{home}{path}", timeout=30) as answer:
        return json.load(answer)
