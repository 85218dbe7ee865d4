"""What the pages of the dashboard take and weigh: over a nation against a quarter of it, and a report against reading it."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Self

from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select

from archive.intake.imports import import_paths
from archive.monitor import missing
from archive.schema import Publisher
from archive.store import Archive
from archive.web.application import application
from archive.web.settings import Settings
from benchmarks.country import Place, places
from benchmarks.nation import Filled, empty
from benchmarks.scale import new_database, postgresql_server
from benchmarks.timing import Ratio, measure
from parser import parse
from tests.papers.pages import pdf
from tests.papers.paper import paper
from tests.papers.render import article, html, word_cell

ROUNDS = 5
GROWTH = 2.0  # times the seconds in a quarter: a page shows as much of a nation as of a part
FIRST = 2.0  # times the monitor's own question: what the overview costs after the archive has changed
REPORT = 3.0  # times the parsing of the same page
HEAVIEST = 100_000  # bytes of a page, unpacked
_NAME = "http://localhost"


def ratios(share: float = 1.0, rounds: int = ROUNDS) -> Iterator[Ratio | str]:
    """Pages over the first ``share`` of the places in both databases, then those of one report."""
    chosen = places()
    chosen = chosen[: max(4, round(len(chosen) * share))]
    with TemporaryDirectory() as folder, empty(Path(folder)) as filled:
        yield from _measure(filled, chosen, rounds)
    with (
        TemporaryDirectory() as folder,
        postgresql_server(Path(folder)) as server,
        empty(Path(folder) / "archive", new_database(server, "dashboard")) as filled,
    ):
        yield from _measure(filled, chosen, rounds)
    with TemporaryDirectory() as folder:
        yield from _report(Path(folder))


def _measure(filled: Filled, chosen: Sequence[Place], rounds: int) -> Iterator[Ratio | str]:
    """Fill a quarter and the whole; each page as it is asked for again, and the overview also after a change."""
    before: dict[str, float] = {}
    for part in (chosen[: len(chosen) // 4], chosen[len(chosen) // 4 :]):
        filled.add(part)
        pages = _pages(filled)
        with _Visitor(filled.archive) as visitor:
            first = {page: _timed(partial(visitor.get, page)) for page in pages}
            again = {page: median(_timed(partial(visitor.get, page)) for _ in range(rounds)) for page in pages}
            shown = {page: visitor.get(page) for page in pages}
        for page, seconds in again.items() if before else ():
            yield (
                f"{filled.name}: {filled.country.publishers:,} publishers, {page}: {first[page] * 1000:.0f} ms at first, "
                f"{len(shown[page]) / 1000:.1f} KB, {len(gzip.compress(shown[page], 6)) / 1000:.1f} KB packed"
            )
            assert len(shown[page]) <= HEAVIEST, page
            yield Ratio(f"{filled.name}: {page} again", seconds, before[_kind(page)], GROWTH, "in 1/4")
        if before:
            year = filled.year
            asked = median(_timed(lambda: missing(filled.archive, year)) for _ in range(rounds))  # noqa: B023 - asked at once
            anew = median(_timed(partial(_anew, filled.archive, f"/?year={year}")) for _ in range(rounds))
            yield Ratio(f"{filled.name}: / after a change", anew, asked, FIRST, f"missing --year {year}")
        before = {_kind(page): seconds for page, seconds in again.items()}


def _pages(filled: Filled) -> list[str]:
    province, city, _ = filled.largest()
    year = filled.year
    with filled.archive.session() as session:
        publisher = session.scalar(select(func.min(Publisher.id)))
    return [
        f"/?year={year}",
        f"/divisions/{province}?year={year}",
        f"/divisions/{city}?year={year}",
        "/publishers",
        f"/publishers?division={city}",
        f"/publishers/{publisher}",
        "/reports",
        f"/reports?year={year}&division={city}",
        f"/api/v1/reports?year={year}&limit=100",
        "/findings",
        "/portals",
    ]


def _kind(page: str) -> str:
    """The page without what it is asked about: a quarter of the nation has other cities."""
    path, _, asked = page.partition("?")
    names = "&".join(each.partition("=")[0] for each in asked.split("&"))
    return f"{'/'.join('N' if part.isdecimal() else part for part in path.split('/'))}?{names}"


def _report(folder: Path) -> Iterator[Ratio | str]:
    """The pages of one report, against reading it once more."""
    printed = paper(busy=300)
    for name, suffix, data in (
        ("HTML", ".html", html(printed, body=article(printed, word_cell), date="2024-01-20").encode()),
        ("PDF", ".pdf", pdf(printed)),
    ):
        path = folder / f"report{suffix}"
        path.write_bytes(data)
        with Archive.open(folder / name, create=True, write=True) as archive:
            import_paths(archive, [path])
        with Archive.open(folder / name) as archive, _Visitor(archive) as visitor:
            for page in ("/reports/1", "/reports/1/copy", "/reports/1/evidence.pdf?figure=requests.new.total"):
                size = len(visitor.get(page))
                yield f"{name} report, {page}: {size / 1000:.1f} KB"
                yield measure(
                    f"{name} report, {page.partition('?')[0]}",
                    partial(visitor.get, page),
                    partial(parse, data),
                    limit=REPORT,
                    against="parsing it",
                    rounds=ROUNDS,
                )


class _Visitor:
    """Asks a dashboard of its own, in this process."""

    def __init__(self, archive: Archive) -> None:
        self._transport = ASGITransport(application(archive, Settings()))
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def get(self, path: str) -> bytes:
        """What stands at a path, unpacked."""
        return self._runner.run(self._asked(path))

    async def _asked(self, path: str) -> bytes:
        async with AsyncClient(transport=self._transport, base_url=_NAME) as client:
            answer = await client.get(path, headers={"accept-encoding": "identity"})
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content


def _anew(archive: Archive, path: str) -> bytes:
    with _Visitor(archive) as visitor:
        return visitor.get(path)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
