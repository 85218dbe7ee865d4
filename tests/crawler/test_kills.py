"""A crawl killed again and again, within writes and commits too, ends with every report once and nothing loose."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from archive import captures, reports
from archive.catalogue import select_captures
from archive.listings import portals
from archive.schema import CaptureRow
from archive.store import Archive
from archive.upkeep.verify import verify
from tests.crawler.commands import xxgk
from tests.crawler.faults import draw, prelude
from tests.databases import DATABASES, new_database
from tests.replay.city import City
from tests.replay.server import serve

KILLS = int(os.environ.get("XXGK_KILLS", "2"))  # make kill-test sets 50
PER_CRAWL = min(4, KILLS)
PAGES = 85  # answers of a crawl of the city


def reports_of(folder: Path, database: str | None) -> list[tuple[object, ...]]:
    with Archive.open(folder, database) as archive:
        return sorted(
            (line.publisher, line.report_year, line.title, line.published_on, line.state, line.figures, line.url)
            for line in reports.list_reports(archive)
        )


def check_bytes(folder: Path, database: str | None) -> None:
    """No row without bytes, no bytes without row: every payload is read back, and verify accounts for every byte."""
    with Archive.open(folder, database) as archive:
        assert verify(archive) == []
        with archive.session() as session:
            rows = session.execute(select_captures().order_by(CaptureRow.id)).all()
        for row, file in rows:
            captures.payload(archive, captures.from_row(row, file))
        with archive.session() as session:
            files = list(session.scalars(select(CaptureRow.file_id).distinct()))
        assert files
    assert not list(folder.glob("warc/*.open"))


@pytest.mark.parametrize("kind", DATABASES)
@pytest.mark.parametrize("seed", range(max(1, KILLS // PER_CRAWL)))
def test_a_crawl_that_is_killed_again_and_again_ends_with_every_report_once(
    request: pytest.FixtureRequest, tmp_path: Path, seed: int, kind: str
) -> None:
    database = new_database(request.getfixturevalue("postgresql")) if kind == "postgresql" else None
    ours = {} if database is None else {"XXGK_DATABASE": database}
    rng = random.Random(f"{seed} {kind}")
    city = City()
    folder = tmp_path / "xxgk-archive"
    killed: list[str] = []
    with serve(city) as address:
        host = address.removeprefix("http://")
        command = ("crawl", f"{address}/jlszn/", "--allow", host, "--delay", "0", "--json")
        for _ in range(PER_CRAWL):
            point, number = draw(rng, PAGES)
            ran = xxgk(*command, folder=tmp_path, prelude=prelude(point, number), timeout=300, **ours)
            assert ran.status in {0, -signal.SIGKILL}, (point, number, ran.err)
            if ran.status:
                killed.append(f"{point} {number}")
        ran = xxgk(*command, folder=tmp_path, timeout=300, **ours)
        assert ran.status == 0, (killed, ran.err)
    found = reports_of(folder, database)
    once = Counter((publisher, year) for publisher, year, *_ in found)
    assert len(found) == len(city.reports)
    assert set(once.values()) == {1}, killed
    check_bytes(folder, database)

    with Archive.open(folder, database) as archive:
        states = portals(archive)
    if database is None:
        for table in folder.glob("archive.sqlite3*"):
            table.unlink()
    else:
        ours["XXGK_DATABASE"] = database = new_database(request.getfixturevalue("postgresql"))
    remade = xxgk("reindex", folder=tmp_path, timeout=300, **ours)
    assert remade.status == 0, remade.err
    assert reports_of(folder, database) == found
    with Archive.open(folder, database) as archive:
        assert portals(archive) == states
    check_bytes(folder, database)
