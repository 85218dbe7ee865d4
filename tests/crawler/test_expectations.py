"""What is expected of a portal: its own past, its registry entry, and one outcome however many addresses it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from archive import listings
from archive.schema import ColumnReading
from archive.store import Archive
from crawler.entries import Expectation
from crawler.expectations import shortfalls
from tests.crawler import pages
from tests.crawler.commands import Ran, scrapy, xxgk
from tests.crawler.servers import Page, Portal, serve

HOST = "xxgk.qinghe.gov.cn"
HOME, OTHER = f"http://{HOST}{pages.COLUMN}", f"http://{HOST}/bmxxgk/ndbg/"


def register(folder: Path, **facts: Any) -> None:
    entry = {"id": "qinghe", "name": "青禾市", "url": HOME, **facts}
    file = folder / "xxgk-archive" / "portals" / "qinghe.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump({"portals": [entry]}, allow_unicode=True), encoding="utf-8")


def site(*years: int, agencies: int = 6, path: str = pages.COLUMN) -> dict[str, Page]:
    """A column with the reports of several agencies on each of several years."""
    found: dict[str, Page] = {}
    links = []
    for year in years:
        for number, agency in enumerate(pages.AGENCIES[:agencies]):
            address = pages.address(number, year).replace(pages.COLUMN, path)
            links.append((address, f"{agency}{year}年政府信息公开工作年度报告"))
            found[f"{HOST}{address}"] = pages.article(agency, year)
    return {**found, f"{HOST}{path}": pages.column(links)}


@contextmanager
def crawled(folder: Path, served: dict[str, Page], *options: str) -> Iterator[tuple[Ran, Portal]]:
    with serve(served) as proxy:
        yield xxgk("crawl", "qinghe", "--json", "--delay", "0", *options, folder=folder, http_proxy=proxy.url), proxy


def outcome(folder: Path, served: dict[str, Page], *options: str) -> tuple[int, str, str]:
    """Exit status, outcome and detail of a crawl."""
    with crawled(folder, served, *options) as (ran, _):
        (line,) = ran.lines
    return ran.status, line["outcome"], line["detail"]


# Its own past


def test_a_portal_that_lost_half_of_its_reports_is_incomplete_until_they_return(tmp_path: Path) -> None:
    register(tmp_path)
    whole, half = site(2023, 2024), site(2024)
    assert outcome(tmp_path, whole) == (0, "ok", "1 columns")
    for _ in range(2):
        status, said, detail = outcome(tmp_path, half)
        assert (status, said) == (1, "incomplete")
        assert detail.startswith("6 reports are listed, 12 were on ")
    check = xxgk("portals", "check", "qinghe", "--json", folder=tmp_path)
    assert (check.status, [line["attention"] for line in check.lines]) == (1, [[detail]])
    assert outcome(tmp_path, whole) == (0, "ok", "1 columns")
    assert xxgk("portals", "check", folder=tmp_path).status == 0


def test_rows_that_are_withdrawn_one_by_one_are_no_loss(tmp_path: Path) -> None:
    register(tmp_path)
    for agencies in (6, 4, 1):
        status, said, _ = outcome(tmp_path, site(2024, agencies=agencies))
        assert (status, said) == (0, "ok")


def test_a_crawl_narrowed_to_a_year_finds_no_loss(tmp_path: Path) -> None:
    register(tmp_path)
    whole = site(2022, 2023, 2024)
    assert outcome(tmp_path, whole)[:2] == (0, "ok")
    for year in ("2024", "2020"):
        assert outcome(tmp_path, whole, "--year", year)[:2] == (0, "ok")


def test_a_portal_of_which_a_column_vanished_is_incomplete(tmp_path: Path) -> None:
    unit = "/xzj/liuhe/ndbg/"
    whole = {**site(2024), **site(2024, agencies=2, path=unit)}
    home = f"{HOST}/"
    register(tmp_path, url=f"http://{HOST}/")
    links = '<a href="{}">政府信息公开年报</a>'
    assert outcome(tmp_path, {**whole, home: links.format(pages.COLUMN) + links.format(unit)})[:2] == (0, "ok")
    status, said, detail = outcome(tmp_path, {**whole, home: links.format(pages.COLUMN)})
    assert (status, said) == (1, "incomplete")
    assert f"no longer found: http://{HOST}{unit}" in detail


def test_an_ordinary_scrapy_crawl_is_held_against_its_past_too(tmp_path: Path) -> None:
    for served, expected in ((site(2023, 2024), ("ok", True)), (site(2024), ("incomplete", False))):
        with serve(served) as proxy:
            done = scrapy("crawl", "reports", "-a", f"portal={HOME}", folder=tmp_path, http_proxy=proxy.url)
        assert done.status == 0, done.err
        with Archive.open(tmp_path / "xxgk-archive") as archive:
            (state,) = listings.portals(archive)
            with archive.session() as session:
                full = session.scalars(select(ColumnReading.full).order_by(ColumnReading.id.desc())).first()
        assert (state.outcome, full) == expected


# Several addresses


def test_several_addresses_are_one_portal_with_one_outcome(tmp_path: Path) -> None:
    register(tmp_path, entries=[OTHER])
    both = {**site(2024, agencies=2), **site(2023, agencies=3, path="/bmxxgk/ndbg/")}
    with crawled(tmp_path, both) as (ran, _):
        assert ran.status == 0, ran.err
    (line,) = xxgk("portals", "--json", folder=tmp_path).lines
    assert (line["url"], line["outcome"], line["columns"], line["articles"]) == (HOME, "ok", 2, 5)


def test_an_address_that_is_gone_makes_its_portal_incomplete_and_the_others_are_read(tmp_path: Path) -> None:
    register(tmp_path, entries=[OTHER])
    with crawled(tmp_path, site(2024, agencies=2)) as (ran, _):
        (line,) = ran.lines
    assert (ran.status, line["outcome"], line["articles"]) == (1, "incomplete", 2)
    assert OTHER in line["detail"]


# The gap


@pytest.mark.parametrize(("asked", "least"), [(0.3, 0.3), (0.05, 0.2)])
def test_a_portal_s_delay_widens_the_gap_and_never_narrows_it(tmp_path: Path, asked: float, least: float) -> None:
    register(tmp_path, delay=asked)
    with crawled(tmp_path, site(2024, agencies=3), "--delay", "0.2") as (ran, proxy):
        assert ran.status == 0, ran.err
    gaps = proxy.gaps(HOST)
    assert len(gaps) == 4
    assert min(gaps) >= least


# Its registry entry


@pytest.mark.parametrize(
    ("found", "today", "short"),
    [
        ({2022: 5, 2023: 5}, "2024-04-01", []),
        ({2022: 5, 2023: 4}, "2024-04-01", [2023]),
        ({2022: 5, 2023: 4}, "2024-03-31", []),  # the last deadline has not passed
        ({2022: 5}, "2024-04-01", [2023]),
        ({}, "2024-04-01", [2022, 2023]),
        ({2021: 0}, "2022-12-31", []),
        ({2021: 1}, "2023-03-31", []),
    ],
)
def test_too_few_reports_are_told_once_the_deadlines_of_their_year_have_passed(
    found: dict[int, int], today: str, short: list[int]
) -> None:
    expects = Expectation(reports_per_year=5, since=2022)
    said = list(shortfalls(expects, found, date.fromisoformat(today)))
    assert said == [f"{found.get(year, 0)} reports on {year}, where at least 5 are expected" for year in short]


def test_reports_from_before_the_law_are_expected_once_their_year_is_over() -> None:
    said = list(shortfalls(Expectation(reports_per_year=5, since=2007), {}, date(2008, 1, 1)))
    assert said == ["0 reports on 2007, where at least 5 are expected"]


def test_check_holds_what_was_found_against_what_is_expected(tmp_path: Path) -> None:
    register(tmp_path, expects={"reports_per_year": 4, "since": 2022})
    assert outcome(tmp_path, site(2022, 2023, agencies=4))[:2] == (0, "ok")
    check = xxgk("portals", "check", "--json", folder=tmp_path)
    (line,) = check.lines
    assert (check.status, line["id"], line["url"], line["outcome"]) == (1, "qinghe", HOME, "ok")
    assert line["expects"] == {"reports_per_year": 4, "since": 2022}
    assert line["found"] == {"2022": 4, "2023": 4}
    assert line["attention"][0] == "0 reports on 2024, where at least 4 are expected"
    register(tmp_path, expects={"reports_per_year": 5, "since": 2100})
    assert xxgk("portals", "check", folder=tmp_path).status == 0


def test_a_portal_that_was_never_read_needs_attention_when_it_is_named(tmp_path: Path) -> None:
    register(tmp_path)
    with crawled(tmp_path, site(2024)):
        pass
    check = xxgk("portals", "check", "jilin", "qinghe", "--json", folder=tmp_path)
    assert [(line["id"], line["attention"]) for line in check.lines] == [
        ("jilin", ["it was never read to an end"]),
        ("qinghe", []),
    ]
    assert check.status == 1
