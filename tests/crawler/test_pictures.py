"""Reports that are pictures, or a file that cannot be had: crawled, kept, listed, and nobody is called missing for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from parser.documents import ocr
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, Page, serve
from tests.papers.paper import Paper, paper

HOST = "xxgk.qinghe.gov.cn"
URL = f"http://{HOST}{pages.COLUMN}"
AGENCY = pages.AGENCIES[0]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(600)
PLACE = pages.address(0, 2025)
FOLDER = PLACE.rpartition("/")[0]


def portal(body: str, files: dict[str, Answer], agency: str = AGENCY) -> dict[str, Page]:
    """A column with one report of the year 2025, whose page has this body."""
    title = f"{agency}2025年政府信息公开工作年度报告"
    page = (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body><div class="header">'
        f'<img src="/images/logo.png" width="400"></div><h1>{title}</h1><p>发布日期：2026-01-21</p>'
        f'<div class="TRS_Editor">{body}</div></body></html>'
    )
    served: dict[str, Page] = {f"{HOST}{path}": answer for path, answer in files.items()}
    return {**served, f"{HOST}{pages.COLUMN}": pages.column([(PLACE, title)]), f"{HOST}{PLACE}": page}


def picture(data: bytes = PNG) -> Answer:
    return Answer(data, headers={"Content-Type": "image/png"})


@pytest.mark.parametrize(
    ("body", "files", "outcome", "kind", "kept"),
    [
        (
            '<p><img src="W020260121.png" OLDSRC="W020260121.png"></p><p><img src="W020260122.png"></p>',
            {f"{FOLDER}/W020260121.png": picture(), f"{FOLDER}/W020260122.png": picture(PNG + b"2")},
            "ok",
            "image",
            3,
        ),
        ('<p><a href="a.docx">年度报告</a></p>', {}, "ok", "attachment", 1),
        (
            '<p><a href="a.docx">年度报告</a></p>',
            {f"{FOLDER}/a.docx": Answer(status=403)},
            "incomplete",
            "attachment",
            1,
        ),
        ('<iframe src="a.pdf"></iframe>', {}, "ok", "attachment", 1),
        ("", {}, "ok", "empty", 1),
    ],
    ids=["pictures", "a file that is gone", "a file that is refused", "a viewer of a file that is gone", "nothing"],
)
def test_a_report_without_a_text_is_listed_with_what_its_body_is(
    tmp_path: Path, body: str, files: dict[str, Answer], outcome: str, kind: str, kept: int
) -> None:
    with serve(portal(body, files)) as proxy:
        ran = xxgk("crawl", URL, "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert not [seen.path for seen in proxy.seen if "logo" in seen.path]
    assert [line["outcome"] for line in ran.lines] == [outcome]
    (line,) = xxgk("reports", "--json", folder=tmp_path).lines
    assert (line["url"], line["publisher"], line["report_year"]) == (f"http://{HOST}{PLACE}", AGENCY, 2025)
    assert line["published_on"] == "2025-01-21"  # as the list says
    (shown,) = xxgk("show", str(line["id"]), "--json", folder=tmp_path).lines
    (finding,) = shown["findings"]
    assert finding["message"].startswith(f"body {kind}: ")
    assert sum(capture["status"] == 200 for capture in shown["captures"]) == kept
    statuses = {one["status"] for one in xxgk("missing", "--year", "2025", "--json", folder=tmp_path).lines}
    assert statuses == {"on_time"}
    assert xxgk("verify", folder=tmp_path).status == 0


@pytest.mark.skipif(not ocr.is_installed(), reason="the ocr extra is not installed (pip install 'xxgk[ocr]')")
def test_the_pictures_of_a_report_are_read_as_its_pages(tmp_path: Path) -> None:
    scans = pytest.importorskip("tests.papers.scans", reason="the ocr extra is not installed", exc_type=ImportError)
    if not scans.can_draw_chinese():
        pytest.skip(scans.NO_FONT)
    item: Paper = paper(year=2025)
    drawn = {f"{FOLDER}/{number}.png": picture(scans.file(page)) for number, page in enumerate(scans.scanned(item))}
    body = "".join(f'<p><img src="{path}"></p>' for path in drawn)
    with serve(portal(body, drawn, item.agency)) as proxy:
        assert xxgk("crawl", URL, "--delay", "0", folder=tmp_path, http_proxy=proxy.url, timeout=300).status == 0
    (line,) = xxgk("reports", "--json", folder=tmp_path).lines
    assert (line["publisher"], line["report_year"]) == (item.agency, 2025)
    assert line["figures"] >= 0.9 * len(item.figures)
