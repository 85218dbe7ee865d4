"""The description of the API for people: every operation of the OpenAPI document stands on it, and its examples are answered."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from archive.web.pages.api import operations
from tests.archive.web.site import ORIGIN, Site


@pytest.fixture
def document(site: Site) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = site.json("/api/v1/openapi.json")
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_operation_is_named_and_described_with_its_parameters(
    site: Site, document: dict[str, Any], language: str
) -> None:
    page = site.get("/api", lang=language)
    links = page.links("tbody a")
    assert sorted(links) == sorted(document["paths"])
    for path, methods in document["paths"].items():
        said = methods["get"]
        one = site.get(links[path], lang=language)
        assert one.texts("h1") == [f"GET {path}"]
        if said["parameters"]:
            names = [each.text for each in one.css("table")[0].cssselect("tbody td:first-child code")]
            assert names == [each["name"] for each in said["parameters"]]


def test_the_examples_are_answered(site: Site, document: dict[str, Any]) -> None:
    for operation in operations(document, ORIGIN):
        found = re.fullmatch(r"curl '(http://localhost/[^']+)'", operation.example)
        assert found is not None, operation.example
        parts = urlsplit(found[1])
        answer = site.ask("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        assert answer.status_code in {200, 404}, f"{operation.example}: {answer.text[:300]}"
        assert answer.headers["content-type"] == "application/json"


def test_each_listing_is_offered_as_a_table_under_the_same_name(site: Site, document: dict[str, Any]) -> None:
    for operation in operations(document, ORIGIN):
        if operation.csv is not None and "{" not in operation.csv:
            needed = urlsplit(operation.example[len("curl '") : -1]).query
            asked = "&".join(each for each in needed.split("&") if each and not each.startswith("limit="))
            assert site.ask("GET", f"{operation.csv}?{asked}").status_code in {200, 404}, operation.csv


def test_what_the_page_says_of_pages_tags_and_errors_is_so(site: Site) -> None:
    first = site.raw("/api/v1/reports?limit=7")
    link = re.fullmatch(r'<([^>]+)>; rel="next"', first.headers["link"])
    assert link is not None
    second = site.json(link[1])
    assert len(second["rows"]) == 7
    assert second["rows"] != first.json()["rows"]
    site.raw("/api/v1/reports?limit=7", 304, {"if-none-match": first.headers["etag"]})
    for path, status in (("/api/v1/reports?limit=0", 422), ("/api/v1/search", 400), ("/api/v1/nothing", 404)):
        assert list(site.json(path, status)) == ["detail"]


def test_an_operation_that_there_is_not_is_not_described(site: Site) -> None:
    site.get("/api/operations/nothing", status=404)
