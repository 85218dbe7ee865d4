"""A portal of invented reports on loopback, in a process of its own: ``python -m benchmarks.portal HOSTS COLUMNS ROWS``.

Raw sockets and prepared pages: what is measured is the crawler that asks, not this.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from time import perf_counter

from tests.papers.paper import SheetCell, paper
from tests.papers.render import CellMarkup, article, html

ROOT = Path(__file__).resolve().parent.parent
ROWS_TO_A_PAGE = 20
YEARS = tuple(range(2019, 2024))
SKINS = 5  # ways in which the pages of one year are marked up
_STYLE = "mso-style-parent:'';font-family:宋体;font-size:10.5pt;"
_NAME = "甲乙丙丁"  # stands in the prepared pages where the agency's own characters go
_SYLLABLES = "水林田路桥港城乡牧渔粮盐茶竹松柏梅兰菊荷"
_REQUEST = re.compile(rb"GET (\S+) HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?Host: 127\.0\.0\.(\d+)[^\r\n]*\r\n", re.IGNORECASE)
_LIST = re.compile(r"/zcbm/b(\d+)/ndbg/(?:index(?:_(\d+))?\.html)?")
_ARTICLE = re.compile(r"/zcbm/b\d+/ndbg/\d{6}/t\d{8}_(\d+)\.html")


@dataclass(frozen=True)
class Site:
    """What a portal publishes: columns spread over its hosts (127.0.0.1 and so on), with so many reports each."""

    hosts: int
    columns: int
    rows: int

    @property
    def articles(self) -> int:
        """How many reports."""
        return self.columns * self.rows

    @property
    def pages(self) -> int:
        """How many pages: entries, lists and reports."""
        return self.hosts + self.columns * -(-self.rows // ROWS_TO_A_PAGE) + self.articles

    def addresses(self, port: int) -> list[str]:
        """The first page of each host."""
        return [f"http://127.0.0.{number + 1}:{port}/" for number in range(self.hosts)]

    def answer(self, host: int, path: str) -> bytes | None:
        """The body at a path of a host; null where there is nothing."""
        if path == "/":
            return self._entry(host)
        if path == "/robots.txt":
            return b"User-agent: *\nDisallow: /admin/\n"
        listed = _LIST.fullmatch(path)
        if listed is not None:
            return self._list(int(listed[1]), int(listed[2] or 0))
        found = _ARTICLE.fullmatch(path)
        return None if found is None else report(int(found[1]))

    def _entry(self, host: int) -> bytes:
        links = "".join(
            f'<li><a href="/zcbm/b{column}/ndbg/">政府信息公开年报</a></li>'
            for column in range(host, self.columns, self.hosts)
        )
        return _page("清湾市政府信息公开", f'<ul class="menu">{links}</ul>')

    def _list(self, column: int, number: int) -> bytes:
        pages = -(-self.rows // ROWS_TO_A_PAGE)
        begin = column * self.rows + number * ROWS_TO_A_PAGE
        rows = "".join(
            _row(column, each) for each in range(begin, min(begin + ROWS_TO_A_PAGE, (column + 1) * self.rows))
        )
        onward = f'<a class="next" href="index_{number + 1}.html">下一页</a>' if number + 1 < pages else ""
        pager = f'<div class="page"><script>createPageHTML({pages}, {number}, "index", "html");</script>{onward}</div>'
        return _page("政府信息公开年报", f'<h2>政府信息公开年报</h2><ul class="list">{rows}</ul>{pager}')


def report(number: int) -> bytes:
    """The page of a report: one of the prepared ones with an agency of its own."""
    skins = _skins()
    return skins[number % len(skins)].replace(_NAME.encode(), _agency(number).encode())


@cache
def _skins() -> tuple[bytes, ...]:
    """The prepared pages, each year in each markup: 29 to 60 KB."""
    made = []
    for skin in range(SKINS):
        for year in YEARS:
            item = paper(f"清湾市{_NAME}局", year, seed=skin, busy=40 * skin)
            made.append(html(item, body=article(item, _markup(skin)), date=f"{year + 1}-01-20").encode())
    return tuple(made)


def _markup(skin: int) -> CellMarkup:
    """A cell as editors paste it: a span every few characters, with more or fewer styles."""
    style = _STYLE[: 12 * skin]

    def cell(cell: SheetCell) -> str:
        parts = (cell.text[at : at + 8] for at in range(0, len(cell.text), 8))
        spans = "".join(f'<span style="{style}">{escape(part)}</span>' for part in parts)
        return f'<p class="MsoNormal" align="center" style="{style}">{spans}</p>'

    return cell


def _agency(number: int) -> str:
    """Four characters that no other number has."""
    base = len(_SYLLABLES)
    return "".join(_SYLLABLES[number // base**digit % base] for digit in range(len(_NAME)))


def _row(column: int, number: int) -> str:
    year = YEARS[number % (SKINS * len(YEARS)) % len(YEARS)]
    title = f"清湾市{_agency(number)}局{year}年政府信息公开工作年度报告"
    href = f"/zcbm/b{column}/ndbg/{year + 1}01/t{year + 1}0120_{number}.html"
    return f'<li><a href="{href}" title="{title}">{title}</a><span>{year + 1}-01-20</span></li>'


def _page(title: str, body: str) -> bytes:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>{body}</body></html>'.encode()


class _Connection(asyncio.Protocol):
    """Answers one request after the other."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            asked = _REQUEST.match(head + b"\r\n")
            body = None if asked is None else self._site.answer(int(asked[2]) - 1, asked[1].decode("latin-1"))
            status = b"404 Not Found" if body is None else b"200 OK"
            body = body or b"<title>404</title>"
            self._transport.writelines(
                [
                    b"HTTP/1.1 %b\r\nServer: portal\r\nContent-Type: text/html; charset=utf-8\r\n" % status,
                    b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n" % len(body),
                    body,
                ]
            )


async def _serve(site: Site) -> None:
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: _Connection(site), "127.0.0.1", 0)
    port: int = first.sockets[0].getsockname()[1]
    hosts = [f"127.0.0.{number + 1}" for number in range(1, site.hosts)]
    servers = [first]
    if hosts:
        servers.append(await loop.create_server(lambda: _Connection(site), hosts, port))
    _skins()
    print(port, flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


@contextmanager
def serving(site: Site) -> Iterator[int]:
    """The port at which a site answers, from a process of its own, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.portal", str(site.hosts), str(site.columns), str(site.rows)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def limit(port: int, hosts: int, requests: int) -> float:
    """The pages a second the portal can answer to a client that does nothing with them, over a connection a host."""

    async def ask(host: int) -> None:
        reader, writer = await asyncio.open_connection(f"127.0.0.{host + 1}", port)
        request = f"GET /zcbm/b0/ndbg/202201/t20220120_%d.html HTTP/1.1\r\nHost: 127.0.0.{host + 1}:{port}\r\n\r\n"
        for number in range(requests):
            writer.write((request % number).encode())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0]))
        writer.close()
        await writer.wait_closed()

    async def run() -> None:
        await asyncio.gather(*(ask(host) for host in range(hosts)))

    started = perf_counter()
    asyncio.run(run())
    return hosts * requests / (perf_counter() - started)


if __name__ == "__main__":
    asyncio.run(_serve(Site(*map(int, sys.argv[1:]))))
