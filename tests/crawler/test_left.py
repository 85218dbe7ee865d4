"""Reports that leave their list: whether they are still there is asked, and only that decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, Page, serve

HOST = "xxgk.qinghe.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
ROWS = [
    (pages.address(number), f"{agency}2024年政府信息公开工作年度报告")
    for number, agency in enumerate(pages.AGENCIES[:3])
]
LEFT = pages.address(0)


def crawl(folder: Path, proxy: str, *options: str) -> tuple[str, dict[str, str]]:
    """The portal's outcome, and the state of each agency's report."""
    ran = xxgk("crawl", URL, "--json", "--delay", "0", *options, folder=folder, http_proxy=proxy)
    assert ran.lines, ran.err
    reports = xxgk("reports", "--json", folder=folder).lines
    return ran.lines[0]["outcome"], {line["publisher"]: line["state"] for line in reports}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer("", 404), "withdrawn"),
        (Answer("", 410), "withdrawn"),
        (None, "published"),  # its page is there as it was
        (Answer("", 503), "published"),  # nobody knows
    ],
    ids=["not found", "gone", "still there", "broken"],
)
def test_a_report_whose_row_left_is_withdrawn_only_if_its_page_is_gone(
    tmp_path: Path, answer: Page | None, state: str
) -> None:
    agency = pages.AGENCIES[0]
    site = {**pages.portal(3, host=HOST), f"{HOST}{pages.COLUMN}": pages.column(ROWS)}
    with serve(site) as proxy:
        assert crawl(tmp_path, proxy.url)[1] == dict.fromkeys(pages.AGENCIES[:3], "published")
        proxy.pages[f"{HOST}{pages.COLUMN}"] = pages.column(ROWS[1:])
        if answer is not None:
            proxy.pages[f"{HOST}{LEFT}"] = answer
        before = proxy.paths().count(LEFT)
        outcome, states = crawl(tmp_path, proxy.url)
        assert (outcome, states[agency]) == ("ok", state)
        assert {states[other] for other in pages.AGENCIES[1:3]} == {"published"}
        assert proxy.paths().count(LEFT) > before


def test_a_list_that_was_not_read_to_its_end_leaves_nobody_out(tmp_path: Path) -> None:
    site = {**pages.portal(3, host=HOST), f"{HOST}{pages.COLUMN}": pages.column(ROWS)}
    with serve(site) as proxy:
        crawl(tmp_path, proxy.url)
        proxy.pages[f"{HOST}{pages.COLUMN}"] = Answer("", 500)
        proxy.pages[f"{HOST}{LEFT}"] = Answer("", 404)
        before = proxy.paths().count(LEFT)
        _, states = crawl(tmp_path, proxy.url)
        assert (states[pages.AGENCIES[0]], proxy.paths().count(LEFT)) == ("published", before)


def test_a_crawl_of_one_year_asks_for_none_of_another(tmp_path: Path) -> None:
    site = {**pages.portal(3, host=HOST), f"{HOST}{pages.COLUMN}": pages.column(ROWS)}
    with serve(site) as proxy:
        crawl(tmp_path, proxy.url)
        proxy.pages[f"{HOST}{pages.COLUMN}"] = pages.column(ROWS[1:])
        proxy.pages[f"{HOST}{LEFT}"] = Answer("", 404)
        before = proxy.paths().count(LEFT)
        crawl(tmp_path, proxy.url, "--year", "2019")
        assert proxy.paths().count(LEFT) == before
        assert crawl(tmp_path, proxy.url, "--year", "2024")[1][pages.AGENCIES[0]] == "withdrawn"
