"""The API as its own description says it is, and every page asked with whatever its parameters may be.

`XXGK_FUZZ_ROUNDS=1000` asks so often each; the tests ask some times, and always the same.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from archive.web import pages
from archive.web.doors.headers import COPY_POLICY
from archive.web.settings import LOOPBACK, Settings
from tests.archive.web.hostile import RECKONED
from tests.archive.web.site import ORIGIN, PASSWORD, Page, Site, assert_harmless, assert_orderly, assert_tame, opened

ROUNDS = int(os.environ.get("XXGK_FUZZ_ROUNDS", "0"))
DESCRIPTION = "/api/v1/openapi.json"
NAMED = "testserver"  # as schemathesis calls whom it asks
FIRST = 8  # numbers of reports, publishers, captures that are there
# What is valid may still be refused: a name that nobody has, a query without a word.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
ANSWERS = frozenset({200, 303, 304, 400, 401, 403, 404, 405, 413, 415, 422, 429})


@pytest.fixture(scope="module")
def own(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A dashboard of our own over a copy of the hostile archive: forms are sent too."""
    folder = Path(shutil.copytree(hostile, tmp_path_factory.mktemp("own") / "hostile"))
    with opened(folder, Settings(PASSWORD, hosts=LOOPBACK | {NAMED})) as site:
        yield site


@pytest.fixture(scope="module")
def described(own: Site) -> BaseSchema:
    """What the API says of itself."""
    return schemathesis.openapi.from_asgi(DESCRIPTION, own.app)


@pytest.fixture
def everything(own: Site, monkeypatch: pytest.MonkeyPatch) -> BaseSchema:
    """The same of every page, which the API does not tell."""
    routes = [route for router in pages.routers() for route in router.routes]
    for route in routes:
        monkeypatch.setattr(route, "include_in_schema", True)
    schema = schemathesis.openapi.from_dict(get_openapi(title="pages", version="1", routes=routes))
    schema.app = own.app
    return schema


def test_answers_are_what_the_description_says(described: BaseSchema) -> None:
    def check(case: Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS)

    assert _ask(described, check, times=3) > 5


def test_what_is_there_is_answered_as_described(described: BaseSchema) -> None:
    found = 0
    for operation in _operations(described):
        names = [each.name for each in operation.path_parameters]
        for number in range(1, FIRST if names else 2):
            case = operation.Case(path_parameters=dict.fromkeys(names, number))
            response = case.call()
            case.validate_response(response, checks=CHECKS)
            found += response.status_code == 200
    assert found > 10


def test_the_api_only_reads(described: BaseSchema) -> None:
    assert {operation.method.lower() for operation in _operations(described)} == {"get"}


def test_each_operation_of_the_api_is_described_in_words(described: BaseSchema) -> None:
    for operation in _operations(described):
        raw = operation.definition.raw
        assert raw["summary"][0].isupper(), operation.label
        assert raw["summary"].endswith("."), operation.label
        assert raw["tags"], operation.label
        assert "operationId" in raw


def test_no_page_breaks_whatever_it_is_asked(everything: BaseSchema) -> None:
    def check(case: Case[Any]) -> None:
        _aim(case)
        case.headers["Origin"] = f"http://{NAMED}"
        response = case.call()
        assert response.status_code in ANSWERS, f"{response.status_code} of {case.as_curl_command()}"
        _assert_safe(response)

    assert _ask(everything, check, times=2) > 30


def test_the_description_is_whole_and_names_no_page(own: Site) -> None:
    paths = own.json(DESCRIPTION)["paths"]
    assert paths
    assert all(path.startswith("/api/v1/") for path in paths)
    assert ORIGIN not in str(paths)


def _aim(case: Case[Any]) -> None:
    """Let numbers of reports, versions, captures be of those that are there, which few are."""
    for given_, names in ((case.path_parameters, None), (case.query, {"version", "from", "to", "report"})):
        for name, value in dict(given_ or {}).items():
            if (
                isinstance(value, int)
                and not isinstance(value, bool)
                and value > FIRST
                and (names is None or name in names)
            ):
                given_[name] = value % FIRST + 1
    if case.query and "figure" in case.query and len(str(case.query["figure"])) % 2:
        case.query["figure"] = "requests.new.total"


def _ask(schema: BaseSchema, check: Callable[[Case[Any]], None], *, times: int) -> int:
    """Ask each operation some times, and tell of each what is wrong; how many operations there are."""
    fixed = settings(
        max_examples=ROUNDS or times,
        derandomize=not ROUNDS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if ROUNDS else [Phase.generate],
    )
    asked, wrong = 0, []
    for operation in _operations(schema):
        asked += 1
        try:
            fixed(given(operation.as_strategy())(check))()  # type: ignore[no-untyped-call]  # made while running
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - told below, with those of the others
            wrong.append(f"{operation.label}: {error!r}: {getattr(error, 'exceptions', '')}"[:1500])
    assert not wrong, f"{len(wrong)} of {asked} operations are wrong:\n" + "\n\n".join(wrong)
    return asked


def _operations(schema: BaseSchema) -> Iterator[Any]:
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def _assert_safe(response: Response) -> None:
    """As in a browser: a page of ours holds nothing that runs."""
    headers = {name.lower(): values[0] for name, values in response.headers.items()}
    assert headers["x-content-type-options"] == "nosniff"
    assert RECKONED.encode() not in response.content
    if not headers.get("content-type", "").startswith("text/html") or not response.content:
        return
    page = Page.of(response.text, response.request.url or "")
    if headers["content-security-policy"] == COPY_POLICY:
        assert_tame(page)
    else:
        assert_harmless(page)
        assert_orderly(page)
