"""Attacks on the dashboard that were tried by hand, each kept as it was: by who asks, and by who is slow to ask or to listen."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
import uvicorn
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from archive.web import connections, queries
from archive.web.connections import Connection
from archive.web.doors.crowds import AT_ONCE, WAITING, CrowdDoor
from archive.web.findings import Findings
from archive.web.pages import copies
from archive.web.settings import LOOPBACK, Settings
from archive.web.templating import day, moment
from tests.archive.web.site import ORIGIN, PASSWORD, Site, opened

THREADS = 40  # in which a server answers
HOST = b"Host: localhost\r\n"
FORM = (
    b"POST /sign-in HTTP/1.1\r\n" + HOST + b"Origin: http://localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nname="
)


@pytest.fixture
def fresh(city: Path) -> Iterator[Site]:
    """A dashboard of its own, of which a test may break something."""
    with opened(city) as site:
        yield site


@pytest.fixture(scope="module")
def shut(city: Path) -> Iterator[Site]:
    """A dashboard that asks everybody for the password, and is never given it."""
    with opened(city, Settings(PASSWORD, closed=True, hosts=LOOPBACK)) as site:
        yield site


# A page of a stranger's in the same browser


@pytest.mark.parametrize("where", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("mode", "dest"),
    [("no-cors", "image"), ("no-cors", "script"), ("no-cors", "style"), ("cors", "empty"), ("navigate", "iframe"), ("navigate", "object"),
     ("navigate", "embed"), ("nested-navigate", "frame"), ("no-cors", "audio"), ("websocket", "websocket"), ("", "")],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_another_sites_page_shows_and_times_nothing_of_ours(
    site: Site, where: str, mode: str, dest: str, method: str
) -> None:
    sent = {"sec-fetch-site": where, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
    for path in ("/portals", "/portals.csv", "/api/v1/portals", "/reports/1/copy", "/captures/1/raw"):
        answer = site.ask(method, path, headers=sent)
        assert answer.status_code == 403, path
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    ],
)
def test_a_person_a_program_our_own_page_and_a_link_are_answered(site: Site, sent: dict[str, str]) -> None:
    assert site.raw("/portals", headers=sent).status_code == 200


# Many at once


@pytest.mark.parametrize("path", ["/reports/1/copy", "/api/v1/findings?between=true"])
def test_documents_that_stall_their_reader_keep_nobody_from_other_pages(
    fresh: Site, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    stalled = Event()

    def stall(*_: object, **__: object) -> str:
        assert stalled.wait(60)
        return "它很慢"

    monkeypatch.setattr(copies, "document", stall)
    monkeypatch.setattr(Findings, "page", stall)

    async def tried() -> list[int]:
        async with AsyncClient(
            transport=ASGITransport(fresh.app, raise_app_exceptions=False), base_url=ORIGIN
        ) as client:
            slow = [asyncio.create_task(client.get(path)) for _ in range(THREADS + 10)]
            try:
                async with asyncio.timeout(30):
                    quick = await client.get("/portals")
                    refused = [(await each).status_code for each in slow[AT_ONCE + WAITING :]]
            finally:
                stalled.set()
            answered = [(await each).status_code for each in slow[: AT_ONCE + WAITING]]
            again = await client.get(path)
            assert {*refused} == {503}
            assert 503 not in {*answered, again.status_code}
            return [quick.status_code]

    assert asyncio.run(tried()) == [200]


def test_who_breaks_or_leaves_while_they_wait_gives_their_turn_back() -> None:
    async def breaks(_: Scope, __: Receive, ___: Send) -> None:
        await asyncio.sleep(0)
        raise ValueError("broken")

    async def nothing(*_: object) -> None:
        """Nobody is there."""

    async def tried() -> None:
        door = CrowdDoor(breaks)
        scope = {"type": "http", "path": "/reports/1/copy", "method": "GET", "headers": []}
        for _ in range(3 * (AT_ONCE + WAITING)):
            with pytest.raises(ValueError, match="broken"):
                await door(scope, nothing, nothing)  # type: ignore[arg-type]  # nobody is asked for anything
        everybody = [asyncio.create_task(door(scope, nothing, nothing)) for _ in range(AT_ONCE + WAITING)]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        for each in everybody:
            each.cancel()
        await asyncio.gather(*everybody, return_exceptions=True)
        with pytest.raises(ValueError, match="broken"):
            await asyncio.wait_for(door(scope, nothing, nothing), 10)  # type: ignore[arg-type]

    asyncio.run(tried())


# Who is slow


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[int]:
    """The port of a real server with the connections of ``xxgk serve``."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    config = uvicorn.Config(
        app, http=Connection, ws="none", lifespan="off", log_level="critical", access_log=False, limit_concurrency=16
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def _sent(port: int, *pieces: bytes) -> bytes:
    """What comes back until the connection ends; the last piece is sent again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = asyncio.create_task(reader.read())
    try:
        writer.write(b"".join(pieces))
        async with asyncio.timeout(15):
            while not got.done() and pieces:
                await asyncio.wait([got], timeout=0.05)
                writer.write(pieces[-1])
            return await got
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


def test_connections_that_never_ask_end_and_others_are_answered(fresh: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ASKING", 0.5)

    async def tried() -> list[bytes]:
        async with _served(fresh.app) as port:
            slow = [
                *(_sent(port) for _ in range(10)),
                *(_sent(port, b"GET /portals HTTP/1.1\r\n" + HOST, b"X: 1\r\n") for _ in range(10)),
                *(_sent(port, FORM, b"a") for _ in range(10)),
            ]
            await asyncio.gather(*slow)
            return [await _sent(port, b"GET /portals HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", b"")]

    answers = asyncio.run(tried())
    assert answers[0].startswith(b"HTTP/1.1 200 OK\r\n")


def test_half_a_request_sent_ahead_of_its_turn_is_not_waited_for_either(
    fresh: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ASKING", 0.5)

    async def tried() -> bytes:
        async with _served(fresh.app) as port:
            return await _sent(port, b"GET /portals HTTP/1.1\r\n" + HOST + b"\r\n" + FORM, b"")

    assert asyncio.run(tried()).count(b"HTTP/1.1 ") == 1


def test_who_does_not_take_an_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LISTENING", 0.3)

    async def endless(scope: Scope, _: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _each in range(1_000):
            await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
            await asyncio.sleep(0)

    async def tried() -> int:
        async with _served(endless) as port:  # type: ignore[arg-type]  # an application as simple as can be
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /portals.csv HTTP/1.1\r\n" + HOST + b"\r\n")
            await asyncio.sleep(1.5)  # it is the point: nothing is read meanwhile
            taken = 0
            try:
                while piece := await asyncio.wait_for(reader.read(1 << 20), 10):
                    taken += len(piece)
            except ConnectionError:
                pass
            writer.transport.abort()
            return taken

    assert asyncio.run(tried()) < 1_000 << 16


def test_who_asks_slowly_enough_is_answered(fresh: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ASKING", 5.0)
    asked = b"GET /portals HTTP/1.1\r\n" + HOST + b"\r\n"

    async def tried() -> list[bytes]:
        async with _served(fresh.app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answers = []
            for _ in range(2):  # on one connection
                for at in range(0, len(asked), 16):
                    writer.write(asked[at : at + 16])
                    await writer.drain()
                    await asyncio.sleep(0)
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                await reader.readexactly(length)
                answers.append(head)
            writer.close()
            return answers

    assert [answer[:15] for answer in asyncio.run(tried())] == [b"HTTP/1.1 200 OK"] * 2


# A closed site


@pytest.mark.parametrize(
    "path",
    [
        "/static/../portals", "/static/..%2fportals", "/static/%2e%2e/portals", "/static//portals", "/sign-in/../portals", "/sign-in/",
        "/sign-in%2f..%2fportals", "//portals", "/./portals", "/portals/", "/PORTALS", "/portals;/static/", "/%2e/portals", "/\\portals",
        "/static/site.css/../../portals", "/portals%00/static/", "/api/v1/portals", "/portals.csv",
    ],
)  # fmt: skip
def test_no_spelling_of_a_path_leads_past_the_password(shut: Site, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS", "TRACE"):
        answer = shut.ask(method, path, headers={"origin": ORIGIN})
        assert answer.status_code in {303, 401, 404, 405}, f"{method} {path}: {answer.status_code}"
        assert "jlszn" not in answer.text


# A mistake, or somebody who tries


def test_a_cursor_that_is_none_is_told_on_the_page_of_queries(site: Site) -> None:
    for after in ("a" * 41, "a", "-1", "9" * 40, "٣"):
        site.get(f"/queries?after={after}", status=422)


def test_a_capture_of_the_last_hour_there_is_breaks_no_page() -> None:
    assert moment(datetime(9999, 12, 31, 23, 30, tzinfo=UTC), "en") == "9999-12-31 23:30"
    assert day(datetime(9999, 12, 31, 23, 30, tzinfo=UTC), "zh") == "9999年12月31日"


def test_a_path_cannot_write_lines_into_the_log(
    fresh: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(queries, "find", broken)
    with caplog.at_level(logging.ERROR):
        fresh.ask("GET", "/feeds/query-a%0AERROR: forged%0D.atom")
    assert caplog.messages == [r"a page of the dashboard broke: GET '/feeds/query-a\nERROR: forged\r.atom'"]
