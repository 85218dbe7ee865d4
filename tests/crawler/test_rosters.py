"""Rosters reach the archive by a crawl, and reports are what they are without them."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event

from sqlalchemy import select

from archive.catalogue import ROSTER as ROLE
from archive.reports import list_reports
from archive.schema import CaptureRow, CrawlRow, RosterRow, RosterUnit, UnitRow
from archive.store import Archive
from tests.crawler import pages
from tests.crawler.commands import start, xxgk
from tests.crawler.servers import Answer, Page, serve

HOST = "xxgk.qinghe.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
PATH = f"{pages.COLUMN}202502/t20250202_9.html"
TITLE = "青禾市2024年政府信息公开工作年度报告公布情况"
ROWS = [
    (pages.address(number), f"{agency}2024年政府信息公开工作年度报告")
    for number, agency in enumerate(pages.AGENCIES[:3])
]
UNITS = "".join(f"<li><a href='/{agency}/'>{agency}</a></li>" for agency in pages.AGENCIES)


def roster(*rows: tuple[str, str]) -> str:
    """A page that says of each agency when its report was published."""
    lines = "".join(f"<tr><td>{name}</td><td>{said}</td></tr>" for name, said in rows)
    return (
        f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1><p>应公布3个，按时公布2个，逾期1个。</p>"
        f"<table><tr><th>单位</th><th>公布情况</th></tr>{lines}</table></body></html>"
    )


def site(body: Page) -> dict[str, Page]:
    listed = pages.column([*ROWS, (PATH, TITLE)]).replace("</body>", f"<ul>{UNITS}</ul></body>")
    return {**pages.portal(3, host=HOST), f"{HOST}{pages.COLUMN}": listed, f"{HOST}{PATH}": body}


def told(folder: Path) -> tuple[list[tuple[str, str | None]], list[str], list[str]]:
    """The roster's units with what is said of them, the directory's units, and the reports."""
    with Archive.open(folder / "xxgk-archive") as archive, archive.session() as session:
        (row,) = session.scalars(select(RosterRow))
        assert (row.title, row.report_year, row.expected, row.on_time, row.late) == (TITLE, 2024, 3, 2, 1)
        named = select(RosterUnit.name, RosterUnit.said).where(RosterUnit.roster_id == row.id)
        units = [(name, said) for name, said in session.execute(named.order_by(RosterUnit.position))]
        directory = sorted(session.scalars(select(UnitRow.name)))
        return units, directory, sorted(str(line.publisher) for line in list_reports(archive))


def test_a_roster_is_kept_as_such_and_its_units_are_those_of_its_last_reading(tmp_path: Path) -> None:
    first = roster(*((agency, "按时") for agency in pages.AGENCIES[:2]))
    second = roster(*((agency, "逾期") for agency in pages.AGENCIES[1:3]))
    with serve(site(first)) as proxy:
        ran = xxgk("crawl", URL, "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert (ran.status, ran.lines[0]["outcome"]) == (0, "ok"), ran.err
        units, directory, reports = told(tmp_path)
        assert units == [(agency, "按时") for agency in pages.AGENCIES[:2]]
        assert directory == sorted(pages.AGENCIES)
        assert reports == sorted(pages.AGENCIES[:3])
        proxy.pages[f"{HOST}{PATH}"] = second
        assert xxgk("crawl", URL, "--delay", "0", folder=tmp_path, http_proxy=proxy.url).status == 0
        assert told(tmp_path) == ([(agency, "逾期") for agency in pages.AGENCIES[1:3]], directory, reports)
        proxy.pages[f"{HOST}{PATH}"] = Answer("", 503)
        assert xxgk("crawl", URL, "--delay", "0", folder=tmp_path, http_proxy=proxy.url).status == 0
        assert told(tmp_path)[0] == [(agency, "逾期") for agency in pages.AGENCIES[1:3]]
    with Archive.open(tmp_path / "xxgk-archive") as archive, archive.session() as session:
        kept = session.scalars(select(CaptureRow.role).where(CaptureRow.url.endswith(PATH))).all()
        assert set(kept) == {ROLE}
        assert session.scalars(select(CrawlRow.state).distinct()).all() == ["finished"]
    assert xxgk("verify", folder=tmp_path).status == 0


def test_a_killed_crawl_does_not_ask_for_its_roster_twice(tmp_path: Path) -> None:
    reached, over = Event(), Event()
    only = f"{pages.COLUMN}202501/t20250121_7777.html"
    body = roster((pages.AGENCIES[0], f"<a href='{only}'>{pages.AGENCIES[0]}下属2024年政府信息公开工作年度报告</a>"))

    def held(asked: int) -> Answer:
        if not asked:
            reached.set()
            assert over.wait(60)
        return Answer(pages.article(pages.AGENCIES[3]))

    with serve({**site(body), f"{HOST}{only}": held}) as proxy:
        crawl = start("crawl", URL, "--delay", "0.05", folder=tmp_path, http_proxy=proxy.url)
        assert reached.wait(60)
        crawl.send_signal(signal.SIGKILL)
        crawl.communicate(timeout=30)
        over.set()
        ran = xxgk("crawl", URL, "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert (ran.status, ran.lines[0]["outcome"]) == (0, "ok"), ran.err
        assert (proxy.paths().count(PATH), proxy.paths().count(only)) == (1, 2)
    _, _, reports = told(tmp_path)
    assert reports == sorted(pages.AGENCIES[:4])
