"""The harness of these tests: it reads pages as people do, and lets nothing pass that runs or leads astray."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from archive.store import Archive
from archive.web.doors.headers import PAGE_POLICY
from tests.archive.web.site import Page, Site, assert_harmless, assert_orderly, is_ours

HEADERS = {"content-type": "text/html; charset=utf-8", "content-security-policy": PAGE_POLICY}
WHOLE = "<!doctype html><html lang='en'><head><title>t</title></head><body><h1>h</h1>{}</body></html>"


def test_the_city_is_crawled_twice_and_one_report_was_edited_in_between(city: Path) -> None:
    with Archive.open(city) as archive, archive.engine.connect() as connection:
        reports = connection.exec_driver_sql("SELECT count(*) FROM reports").scalar_one()
        versions = connection.exec_driver_sql("SELECT count(*) FROM versions").scalar_one()
    assert (reports, versions) == (53, 54)


def test_a_page_is_read_as_people_read_it(site: Site) -> None:
    page = site.get("/portals", lang="en")
    assert page.texts("h1") == ["Portals"]
    assert page.table("Portals")[0][:3] == ["Portal", "Division", "Outcome"]
    assert page.links("nav a")["Reports"] == "/reports"
    assert site.json("/api/v1/portals")["rows"][0]["articles"] == 53


def test_a_visitor_signs_in_and_others_are_not_meant(site: Site) -> None:
    site.sign_in("王敏")
    assert "已登录：王敏" in site.get("/portals").text
    assert len(site.token()) > 20
    assert "王敏" not in Site(site.app).get("/portals").text


@pytest.mark.parametrize(
    "markup",
    [
        "<script src='/static/x.js'></script>",
        "<p style='color:red'>x</p>",
        "<style>p{}</style>",
        "<p onclick='x()'>x</p>",
        "<svg onload='x()'></svg>",
        "<svg><a xlink:href='javascript:x()'>x</a></svg>",
        "<a href='javascript:x()' rel='noreferrer'>x</a>",
        "<a href='//evil.example/' rel='noreferrer'>x</a>",
        "<a href='/\\\\evil.example/' rel='noreferrer'>x</a>",
        "<a href='http://evil.example/'>x</a>",
        "<a href='data:text/html,x' rel='noreferrer'>x</a>",
        "<img src='http://evil.example/x.png'>",
        "<form action='http://evil.example/'></form>",
        "<button formaction='http://evil.example/'>x</button>",
        "<iframe srcdoc='x'></iframe>",
        "<meta http-equiv='refresh' content='0'>",
        "<base href='/'>",
    ],
)
def test_a_page_that_could_do_harm_does_not_pass(markup: str) -> None:
    page = Page(_answer(markup))
    with pytest.raises(AssertionError):
        assert_harmless(page)


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>two</h1>",
        "<p id='a'></p><p id='a'></p>",
        "<input name='x'>",
        "<label for='b'>x</label><select id='c'></select>",
    ],
)
def test_a_page_in_disorder_does_not_pass(markup: str) -> None:
    page = Page(_answer(markup))
    with pytest.raises(AssertionError):
        assert_orderly(page)


def test_a_decent_page_passes() -> None:
    page = Page(
        _answer(
            "<a href='https://www.gov.cn/' rel='noreferrer'>x</a><label>n <input name='n'></label><a href='?a=1'>y</a>"
        )
    )
    assert_harmless(page)
    assert_orderly(page)


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "\\/evil", "http:/x", "/\tx", " /x", "x"])
def test_what_leads_elsewhere_is_not_ours(address: str) -> None:
    assert not is_ours(address)


def _answer(markup: str) -> httpx.Response:
    request = httpx.Request("GET", "http://localhost/x")
    return httpx.Response(200, headers=HEADERS, text=WHOLE.format(markup), request=request)
