"""Reports that leave their list: whether they are still there is asked, and only that decides."""

from __future__ import annotations

from pathlib import Path

from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, serve

HOST = "xxgk.qinghe.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
ROWS = [
    (pages.address(number), f"{agency}2024年政府信息公开工作年度报告")
    for number, agency in enumerate(pages.AGENCIES[:6])
]
GONE, _, BROKEN = pages.AGENCIES[:3]  # what the page of each answers once its row has left


def crawl(folder: Path, proxy: str, *options: str) -> tuple[str, dict[str, str]]:
    """The portal's outcome, and the state of each agency's report."""
    ran = xxgk("crawl", URL, "--json", "--delay", "0", *options, folder=folder, http_proxy=proxy)
    assert ran.lines, ran.err
    reports = xxgk("reports", "--json", folder=folder).lines
    return ran.lines[0]["outcome"], {line["publisher"]: line["state"] for line in reports}


def test_a_report_whose_row_left_is_withdrawn_only_if_its_page_is_gone(tmp_path: Path) -> None:
    site = {**pages.portal(6, host=HOST), f"{HOST}{pages.COLUMN}": pages.column(ROWS)}
    published = dict.fromkeys(pages.AGENCIES[:6], "published")
    with serve(site) as proxy:
        assert crawl(tmp_path, proxy.url) == ("ok", published)
        for agency, status in ((GONE, 404), (BROKEN, 503)):
            proxy.pages[f"{HOST}{pages.address(pages.AGENCIES.index(agency))}"] = Answer("", status)
        left = [path for path, _ in ROWS[:3]]

        # a list that was not read to its end leaves nobody out, and a crawl of one year asks for none of another
        proxy.pages[f"{HOST}{pages.COLUMN}"] = Answer("", 500)
        asked = [proxy.paths().count(path) for path in left]
        assert crawl(tmp_path, proxy.url)[1] == published
        proxy.pages[f"{HOST}{pages.COLUMN}"] = pages.column(ROWS[3:])
        assert crawl(tmp_path, proxy.url, "--year", "2019")[1] == published
        assert [proxy.paths().count(path) for path in left] == asked

        outcome, states = crawl(tmp_path, proxy.url)
        assert (outcome, states) == ("ok", {**published, GONE: "withdrawn"})
        assert all(proxy.paths().count(path) > before for path, before in zip(left, asked, strict=True))
