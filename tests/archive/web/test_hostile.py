"""Whatever a portal wrote, no page of the dashboard runs it, leads to it, or hands it to a spreadsheet as a formula.

These tests walk along every link from the first page on: a new page is among them as soon as something leads to it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence

import pytest
from lxml import etree
from openpyxl import load_workbook

from archive.formulas import SIGNS, defuse_printed
from archive.web import pages
from archive.web.doors.headers import COPY_POLICY, FILE_POLICY, FRAME_POLICY, PAGE_POLICY
from archive.web.words import LANGUAGES
from tests.archive.web import hostile as attacks
from tests.archive.web.site import Page, Site, assert_harmless, assert_orderly, assert_tame
from tests.archive.web.walking import Met, leads, shape_of, walk

ATOM = "{http://www.w3.org/2005/Atom}"
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNLED: frozenset[str] = frozenset()  # what no page leads to, and why


def test_no_page_does_what_a_portal_wrote(attacked: Site) -> None:
    _look_over(attacked, of_a_shape=2)


def test_no_page_does_so_in_english_for_somebody_who_signed_in(attacked: Site) -> None:
    attacked.ask("GET", "/language/en")
    attacked.sign_in(f"王敏{attacks.SCRIPT}{attacks.PICTURE}")
    _look_over(attacked, of_a_shape=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_the_city_leads_somewhere(site: Site, language: str) -> None:
    site.ask("GET", f"/language/{language}")
    one = next(each["id"] for each in site.json("/api/v1/reports?limit=500")["rows"] if _is_pdf(site, each["id"]))
    shapes = _look_over(site, of_a_shape=1, start=[f"/reports/{one}/copy"])
    missed = [path for path in _routes() if not any(re.fullmatch(path, shape) for shape in shapes)]
    assert not missed, f"no page leads to {missed}"


def _is_pdf(site: Site, report: int) -> bool:
    return any(each["url"].endswith(".pdf") for each in site.json(f"/api/v1/reports/{report}")["versions"])


def _look_over(site: Site, of_a_shape: int, start: Sequence[str] = ()) -> set[str]:
    """Walk, and tell all that is wrong at once; the shapes of what was met."""
    wrong, shapes = [], set()
    for met in walk(site, said=attacks.ALL, of_a_shape=of_a_shape, most=1500, start=start):
        shapes.add(shape_of(met.path))
        try:
            _check(met)
        except AssertionError as error:
            wrong.append(f"{met.path} (from {met.led_by}): {str(error)[:500]}")
    assert not wrong, f"{len(wrong)} answers are wrong:\n" + "\n".join(wrong[:40])
    return shapes


def _routes() -> list[str]:
    """Patterns of the paths of every page and file."""
    routes = [route for router in pages.routers() for route in router.routes if "GET" in getattr(route, "methods", ())]
    paths = {str(getattr(route, "path", "")) for route in routes} - _UNLED
    known = {path for path in paths if not path.startswith(("/language/", "/api/v1/"))}
    return [re.sub(r"\\{.*?\\}", ".+", re.escape(path)) for path in sorted(known)]


def _check(met: Met) -> None:
    response = met.response
    expected = {200, 303, 400, 404, 422} if met.tried else {200, 303}
    assert response.status_code in expected, f"{response.status_code}: {_told(met)}"
    assert "x-attack" not in response.headers
    assert not any("attack" in name.lower() for name in response.headers)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert attacks.RECKONED not in response.text
    if response.status_code == 303:
        return
    assert met.kind in _CHECKS, f"{met.kind}: what is to be looked for in it?"
    _CHECKS[met.kind](met)


def _told(met: Met) -> str:
    if met.kind != "text/html":
        return met.response.text[:300]
    return " ".join(Page(met.response).texts("main p"))[:300]


def _page(met: Met) -> None:
    page, policy = Page(met.response), met.response.headers["content-security-policy"]
    if policy == COPY_POLICY:
        assert_tame(page)
        return
    assert policy in {PAGE_POLICY, FRAME_POLICY}, policy
    assert_harmless(page)
    assert_orderly(page)
    for element in page.root.iter():
        assert isinstance(element.tag, str), f"a comment: {element}"
        assert not element.tag.startswith("attack"), element.tag
        assert not any("attack" in str(name) for name in element.attrib), dict(element.attrib)
        assert element.tag != "img" or str(element.get("src")).startswith("/"), dict(element.attrib)
    assert not _TURNS.search(page.root.text_content()), "text turns the direction of what follows"


def _data(met: Met) -> None:
    met.response.json()


def _csv(met: Met) -> None:
    assert _is_saved(met)
    assert met.response.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(met.response.content.decode("utf-8-sig")), strict=True))
    assert len({len(line) for line in lines}) == 1, "lines of several lengths"
    for line in lines:
        for cell in line:
            assert defuse_printed(cell) == cell, cell


def _workbook(met: Met) -> None:
    assert _is_saved(met)
    for sheet in load_workbook(io.BytesIO(met.response.content)):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
                assert cell.hyperlink is None, cell.value
                assert not (isinstance(cell.value, str) and defuse_printed(cell.value) != cell.value), cell.value


def _feed(met: Met) -> None:
    root = etree.fromstring(met.response.content)
    for element in root.iter():
        assert str(element.tag).startswith(ATOM), element.tag
        for name in ("href", "src"):
            address = element.get(name)
            assert address is None or re.match("https?://|/|urn:|tag:", address), address
        if element.get("type") in {"html", "xhtml"}:
            raise AssertionError(f"markup in a feed: {etree.tostring(element)[:300]!r}")
        if element.tag in {f"{ATOM}uri", f"{ATOM}id"}:
            assert re.match("https?://|urn:|tag:", element.text or ""), element.text


def _file(met: Met) -> None:
    assert _is_saved(met)
    assert met.response.headers["content-security-policy"] == FILE_POLICY


def _sheet(met: Met) -> None:
    assert _is_saved(met) or met.response.headers["content-security-policy"].startswith("sandbox")
    data = met.response.content
    assert data.startswith(b"%PDF-")
    for never in (b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction", b"/EmbeddedFile", b"/SubmitForm", b"javascript:"):
        assert never not in data, never


def _picture(met: Met) -> None:
    assert met.response.content.startswith(b"\x89PNG\r\n\x1a\n")


def _own(met: Met) -> None:
    assert met.path.startswith("/static/")
    assert b"attack" not in met.response.content


def _is_saved(met: Met) -> bool:
    """Whether the browser saves it, under a name that says nothing but what it is."""
    said = met.response.headers.get("content-disposition", "")
    return (
        re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+"(; filename\*=UTF-8\'\'[A-Za-z0-9%._-]+)?', said)
        is not None
    )


_CHECKS: dict[str, Callable[[Met], None]] = {
    "text/html": _page,
    "application/json": _data,
    "text/csv": _csv,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _workbook,
    "application/atom+xml": _feed,
    "application/octet-stream": _file,
    "application/pdf": _sheet,
    "image/png": _picture,
    "text/css": _own,
    "image/svg+xml": _own,
}


def test_the_walk_finds_what_leads_on(attacked: Site) -> None:
    met = Met("/portals", "", attacked.ask("GET", "/portals"))
    found = leads(met, attacks.SCRIPT)
    assert {(path, False) for path in ("/portals.csv", "/portals?outcome=blocked", "/reports", "/api")} <= set(found)
    assert ("/search?words=%3Cscript%3Eattack%281%29%3C%2Fscript%3E", True) in found
    assert not [path for path, _ in found if "attacked.gov.cn" in path]
    assert shape_of("/reports/17/copy/page/2.png?figure=x") == "/reports/#/copy/page/#.png"


def test_the_attacks_are_in_the_archive(attacked: Site) -> None:
    said = attacked.raw("/api/v1/portals").text
    for attack in (attacks.SCRIPT, attacks.LINK, attacks.DATA, attacks.TEMPLATE):
        assert attack in said
    assert [sign for sign in SIGNS if sign == "="]
