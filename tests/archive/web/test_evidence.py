"""Evidence sheets: one page, the same bytes each time, with all that is needed to find the claim in the archive again."""

from __future__ import annotations

import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pdfplumber
import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from archive.captures import by_id
from archive.findings.lines import Wanted, iterate
from archive.fonts import chinese_fonts
from archive.reports import ReportView, find, list_reports
from archive.store import Archive
from archive.viewing.showing import Cutting, Evidence
from archive.web.evidence.fonts import BY_NAME, font_for
from archive.web.evidence.paper import wrapped
from archive.web.evidence.sheet import Claim, Words, draw
from parser.marking import Excerpt, ExcerptCell, ExcerptLine, ExcerptRow
from tests.archive.web.site import Site

WORDS = Words("证据页", "原文所在处", "怎样核实", "（下略）", "第 {} 页".format)
FACTS = (("机关", "清湾市财政局"), ("网址", "http://xxgk.qingwan.gov.cn/czj/1.html"), ("摘要", "0f" * 32))
CLAIM = Claim("所称数字", "自然人 · 总计 = 24件", FACTS, Evidence(), "对存档运行 xxgk verify。")
LATIN = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def text_of(data: bytes) -> str:
    """What stands on the only page of a sheet, without white space."""
    with pdfium.PdfDocument(data) as document:
        assert len(document) == 1
        assert [round(side) for side in document[0].get_size()] == [595, 842]
    with pdfplumber.open(io.BytesIO(data)) as document:  # PDFium passes over a single sign of a font it does not have
        return "".join(document.pages[0].extract_text().split())


def report_of(folder: Path, publisher: str, year: int) -> ReportView:
    with Archive.open(folder) as archive:
        found = find(archive, publisher, year)
    assert found is not None
    return found


def table_of(rows: int, columns: int, text: str) -> Excerpt:
    """A table whose last row is marked in its last cell."""

    def cell(row: int, column: int) -> ExcerptCell:
        marked = (row, column) == (rows, columns)
        return ExcerptCell(text=f"{text}{row}", column=column, rowspan=1, colspan=1, marked=marked)

    return Excerpt(
        table=1,
        width=columns,
        rows=tuple(
            ExcerptRow(number=row, head=row == 1, cells=tuple(cell(row, each) for each in range(1, columns + 1)))
            for row in range(1, rows + 1)
        ),
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sheet_of_a_figure_says_where_and_when_it_was_seen(city: Path, site: Site, language: str) -> None:
    report = report_of(city, "云汀市财政局", 2025)
    version = report.versions[-1]
    with Archive.open(city) as archive:
        capture = by_id(archive, version.capture_id)
    path = f"/reports/{report.line.id}/evidence.pdf?figure=requests.new.total&lang={language}"
    answer = site.raw(path)
    assert answer.headers["content-type"] == "application/pdf"
    name = f"evidence-{report.line.id}-requests-new-total.pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    text = text_of(answer.content)
    for said in (
        report.record.title or "",
        "云汀市财政局",
        capture.url,
        capture.file,
        capture.record_id,
        capture.payload_digest,
        version.digest,
        f"{capture.fetched_at:%Y-%m-%dT%H:%M:%SZ}",
        f"@{capture.position}",
        f"={report.record.figures['requests.new.total'].value}件",
        "requests.new.total",
        "本年新收政府信息公开申请数量",  # of the table that is drawn
        "xxgkverify",
    ):
        assert "".join(said.split()) in text, said


def test_the_sheet_of_a_finding_draws_every_cell_it_rests_on(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市政务服务和数字化建设管理局", 2024)
    with Archive.open(city) as archive:
        line = next(iterate(archive, Wanted(rule="requests.balance")))
    text = text_of(site.raw(f"/reports/{report.line.id}/evidence.pdf?finding={line.id[:12]}").content)
    assert line.id[:8] in text
    assert "上年结转" in text
    assert "结转下年度继续办理" in text


def test_the_sheet_of_a_pdf_has_a_picture_of_the_place(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市交通运输局", 2025)
    data = site.raw(f"/reports/{report.line.id}/evidence.pdf?figure=requests.new.total").content
    with pdfium.PdfDocument(data) as document:
        kinds = [each.type for each in document[0].get_objects()]
    assert kinds.count(pdfium.raw.FPDF_PAGEOBJ_IMAGE) == 1


def test_the_same_archive_gives_the_same_bytes_wherever_it_lies(city: Path, site: Site, own_site: Site) -> None:
    report = report_of(city, "云汀市交通运输局", 2025)
    path = f"/reports/{report.line.id}/evidence.pdf?figure=requests.new.total"
    digests = {sha256(each.raw(path).content).hexdigest() for each in (site, site, own_site)}
    assert len(digests) == 1


def test_the_page_of_evidence_leads_to_a_sheet_for_every_figure(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市财政局", 2025)
    page = site.get(f"/reports/{report.line.id}/evidence")
    links = [str(each.get("href")) for each in page.css("main a[download]")]
    assert len(links) == len(report.record.figures)
    assert text_of(site.raw(links[0]).content)


def test_a_claim_and_a_key_are_asked_for_one_at_a_time(site: Site) -> None:
    site.raw("/reports/1/evidence.pdf?figure=requests.new.total&finding=00000000", 422)


def test_hostile_words_are_words_on_a_sheet(hostile: Path, attacked: Site) -> None:
    with Archive.open(hostile) as archive:
        numbers = [line.id for line in list_reports(archive)]
    sheets = 0
    for number in numbers:
        for where in [str(each.get("href")) for each in attacked.get(f"/reports/{number}/evidence").css("a[download]")][
            :1
        ]:
            text_of(attacked.raw(where).content)
            sheets += 1
    assert sheets


@pytest.mark.parametrize(
    ("rows", "columns", "text"),
    [
        (1, 1, "数"),
        (6, 10, "本年新收"),
        (30, 10, "其他处理"),
        (400, 12, "行政许可"),
        (3, 200, "件"),
        (6, 1000, "宽" * 600),
        (5, 3, "很长的说明" * 200),
    ],
)
def test_a_table_of_any_size_stays_on_the_one_page(rows: int, columns: int, text: str) -> None:
    drawn = draw(replace(CLAIM, shown=Evidence(excerpts=(table_of(rows, columns, text),))), WORDS)
    assert "怎样核实" in text_of(drawn)


def test_sheets_drawn_at_the_same_time_are_the_ones_drawn_alone() -> None:
    claims = [replace(CLAIM, said=f"自然人 · 总计 = {number}件") for number in range(12)]
    alone = [draw(claim, WORDS) for claim in claims]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda claim: draw(claim, WORDS), claims)) == alone


def test_many_pictures_and_tables_are_cut_with_a_word() -> None:
    out = io.BytesIO()
    Image.new("RGB", (1190, 900), "white").save(out, "PNG")
    shown = Evidence(tuple(Cutting(page, out.getvalue()) for page in range(1, 9)), (table_of(5, 5, "数"),))
    text = text_of(draw(replace(CLAIM, shown=shown), WORDS))
    assert "第1页" in text
    assert "（下略）" in text


def test_a_table_without_known_columns_and_lines_are_drawn_in_order() -> None:
    loose = table_of(3, 4, "数").model_copy(update={"aligned": False})
    lines = Excerpt(
        page=2,
        lines=(
            ExcerptLine(number=3, text="前一行", marked=False),
            ExcerptLine(number=4, text="标出的一行", marked=True),
        ),
    )
    text = text_of(draw(replace(CLAIM, shown=Evidence(excerpts=(loose, lines))), WORDS))
    assert "前一行标出的一行" in text


def test_why_a_place_is_not_drawn_stands_there_instead() -> None:
    assert "字节已丢失" in text_of(draw(replace(CLAIM, shown="没有可画出的位置：字节已丢失"), WORDS))


def test_signs_that_turn_the_direction_of_writing_are_seen() -> None:
    text = text_of(draw(replace(CLAIM, said="24\u202e件\x00"), WORDS))
    assert "\u202e" not in text
    assert "24" in text


@given(st.text(max_size=200), st.floats(min_value=5, max_value=300))
def test_wrapped_text_loses_nothing_but_white_space(text: str, width: float) -> None:
    lines = wrapped(text, "Helvetica", 8, width)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_text_is_wrapped_between_words_where_it_can_be() -> None:
    assert wrapped("the record of the archive", "Helvetica", 8, 60) == ["the record of", "the archive"]
    assert wrapped("数" * 20, BY_NAME if font_for("数", []) else "", 8, 81) == ["数" * 10, "数" * 10]
    assert wrapped("a b c d e f", "Helvetica", 8, 12, most=2)[-1].endswith("…")


@pytest.mark.skipif(not LATIN.exists(), reason="this machine has no DejaVu Sans")
def test_a_font_of_this_machine_is_embedded_where_it_has_every_character(tmp_path: Path) -> None:
    for name in ("NotoSansSC-Regular.ttf", "wqy-broken.ttc"):
        shutil.copy(LATIN, tmp_path / name)
    (tmp_path / "wqy-broken.ttc").write_bytes(b"no font")
    files = chinese_fonts((tmp_path,))
    assert [file.name for file in files] == ["NotoSansSC-Regular.ttf", "wqy-broken.ttc"]
    assert font_for("24 abc", files) == "xxgk-NotoSansSC-Regular"
    assert font_for("清湾市", files) == BY_NAME
    assert font_for("24", files[1:]) == BY_NAME
