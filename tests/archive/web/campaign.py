"""A small campaign: agencies of five provinces that stand in every way on 21 February 2024, and what was noticed of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.journal.notes import PortalNote
from archive.notices.notices import find
from archive.store import Archive
from tests.archive.answers import publish, read_column, report_page
from tests.archive.conftest import Clock
from tests.papers.paper import paper

LATE, MISSING, UNCHECKED = "吉林市昌邑区民政局", "杭州市水利局", "同江市审计局"
ON_TIME, UNDATED, BLOCKED = "吉林市财政局", "清湾市文化局", "成都市教育局"
NOT_DUE, NEW = "武汉市人民政府", "长春市<b>水务局"
PORTALS = {
    ON_TIME: ("http://www.jlcity.gov.cn/", "220200"),
    LATE: ("http://www.jlcity.gov.cn/", "220200"),
    NEW: ("http://www.changchun.gov.cn/", "220100"),
    MISSING: ("http://www.hangzhou.gov.cn/", "330100"),
    UNCHECKED: ("http://www.tongjiang.gov.cn/", "230881"),
    BLOCKED: ("http://www.chengdu.gov.cn/", "510100"),
    NOT_DUE: ("http://www.wuhan.gov.cn/", "420100"),
    UNDATED: ("http://xxgk.qingwan.gov.cn/", None),
}


def on(month: int, day: int, year: int = 2024) -> datetime:
    return datetime(year, month, day, 2, 0, tzinfo=UTC)


def column(agency: str) -> str:
    return f"{PORTALS[agency][0]}{list(PORTALS).index(agency)}/ndbg/"


def report(archive: Archive, agency: str, year: int, published: str | None, seen: datetime) -> None:
    item = paper(agency, year)
    publish(
        archive, f"{column(agency)}{year}.html", report_page(item, published=published, signed=""), title=item.title,
        column=column(agency), portal=PORTALS[agency][0], at=seen,
    )  # fmt: skip


def read(archive: Archive, agency: str, at: datetime, outcome: str = "ok", detail: str | None = None) -> None:
    portal, division = PORTALS[agency]
    deposit(archive, notes=[PortalNote(at, None, portal, outcome, detail, division)])


@contextmanager
def campaign(folder: Path) -> Iterator[Archive]:
    """The archive, open for writing at noon of 21 February 2024 in China."""
    clock = Clock(on(2, 20))
    with Archive.open(folder, create=True, write=True, clock=clock) as archive:
        for agency in PORTALS:
            read(archive, agency, on(1, 5))
        for agency in (MISSING, UNCHECKED, BLOCKED, NOT_DUE):
            report(archive, agency, 2022, "2023-01-20", on(1, 5))
        report(archive, UNDATED, 2023, None, on(1, 10))
        report(archive, ON_TIME, 2023, "2024-01-20", on(1, 25))
        report(archive, LATE, 2023, "2024-02-03", on(2, 15))
        read_column(archive, column=column(MISSING), portal=PORTALS[MISSING][0], at=on(2, 3))
        read(archive, BLOCKED, on(2, 9), "blocked:wzws", "http://www.chengdu.gov.cn/ answers with a challenge")
        derive(archive)
        find(archive, clock())
        clock.now = on(2, 21)
        report(archive, NEW, 2023, None, clock())
        derive(archive)
        clock.advance(hours=2)
        find(archive, clock())
        yield archive
