"""The page of a report: what was read beside what was published, each figure and finding led back to its cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import simplejson
from sqlalchemy import update

from archive.deriving.derive import derive
from archive.findings.lines import Wanted, acknowledge, iterate
from archive.report_data import view_data
from archive.reports import ReportView, find, list_reports, show
from archive.schema import Version
from archive.store import Archive
from archive.web.application import application
from archive.web.doors.headers import COPY_POLICY, FILE_POLICY, FRAME_POLICY
from archive.web.settings import Settings
from parser.isolation import ParserPool
from parser.record import Record, State
from tests.archive.answers import FILE, URL, publish, report_page, shell, the_report, withdraw
from tests.archive.web.site import PASSWORD, Page, Site, said
from tests.papers.pages import pdf
from tests.papers.paper import Paper, paper
from tests.papers.render import word

ITEM = paper("清湾市财政局", 2023, busy=20)
BROKEN = replace(ITEM, figures={**ITEM.figures, "requests.carried_out.total": "77"})
BALANCE = ["requests.new.total", "requests.carried_in.total", "requests.total.total", "requests.carried_out.total"]
ODD = ITEM.with_figures(
    requests__new__business="",
    requests__new__research="/",
    requests__new__other="若干",
    disclosure__normative_documents__made="22（其中修订 16 件）",
)
PDF_FILE, DOCX_FILE = FILE.replace(".docx", ".pdf"), FILE
LANGUAGES = ("zh", "en")
SMALL = 100_000  # bytes of a page


@pytest.fixture(scope="module")
def opener() -> Iterator[ParserPool]:
    """What opens documents, one for all: a process takes its second to start."""
    with ParserPool(1) as pool:
        yield pool


@pytest.fixture
def shown(table: Archive, opener: ParserPool) -> Iterator[Site]:
    """The dashboard over an archive that the test fills."""
    app = application(table, Settings(password=PASSWORD))
    app.state.house = replace(app.state.house, opener=opener)
    yield Site(app)
    app.state.house.studying.end()


def of_page(archive: Archive, item: Paper) -> ReportView:
    publish(archive, URL, report_page(item), title=item.title)
    derive(archive)
    return the_report(archive)


def of_file(archive: Archive, data: bytes, address: str, kind: str) -> ReportView:
    page = shell(ITEM.title or "").replace(FILE.encode(), address.encode())
    publish(archive, URL, page, title=ITEM.title, attachments=((address, data, kind),))
    derive(archive)
    return the_report(archive)


def report_of(folder: Path, publisher: str, year: int) -> ReportView:
    with Archive.open(folder) as archive:
        found = find(archive, publisher, year)
    assert found is not None
    return found


def leading_to_copy(page: Page) -> dict[str, str]:
    """The links into the frame with what they say, by address."""
    return {str(each.get("href")): said(each) for each in page.css("a[target=copy]")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_leads_to_the_cell_of_the_copy_that_prints_it(city: Path, site: Site, language: str) -> None:
    report = report_of(city, "云汀市财政局", 2025)
    page = site.get(f"/reports/{report.line.id}", language)
    links = {where: words for where, words in leading_to_copy(page).items() if "finding" not in where}
    copy = site.copy(f"/reports/{report.line.id}/copy?version={report.versions[-1].id}")
    cells = {str(each.get("id")): said(each) for each in copy.css("[id]")}
    assert len(links) == len(report.record.figures) == 200
    assert {where: cells[urlsplit(where).fragment] for where in links} == links


def test_the_frame_shows_the_copy_that_the_links_lead_into(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市财政局", 2025)
    page = site.get(f"/reports/{report.line.id}")
    frame = page.one("iframe")
    assert (frame.get("name"), frame.get("src")) == (
        "copy",
        f"/reports/{report.line.id}/copy?version={report.versions[-1].id}",
    )
    assert "allow-scripts" not in str(frame.get("sandbox"))
    copy = site.copy(str(frame.get("src")))
    assert copy.response.headers["content-security-policy"] == COPY_POLICY
    first = said(copy.css("body > *")[0])
    capture = report.captures[-1]
    assert report.versions[-1].url in first
    assert capture.payload_digest in first
    assert "存档件" in first


def test_a_link_may_name_the_figure_that_the_frame_begins_with(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市财政局", 2025)
    at = report.record.figures["requests.new.total"].at
    page = site.get(f"/reports/{report.line.id}?figure=requests.new.total")
    assert str(page.one("iframe").get("src")).endswith(f"#at-{at.table}-{at.row}-{at.column}")
    plain = site.get(f"/reports/{report.line.id}?figure=no.such.figure")
    assert "#" not in str(plain.one("iframe").get("src"))


def test_tables_stand_as_the_form_prints_them(site: Site, city: Path) -> None:
    report = report_of(city, "云汀市财政局", 2025)
    page = site.get(f"/reports/{report.line.id}")
    requests = page.table("收到和处理政府信息公开申请情况")
    assert requests[0] == ["", "自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"]
    assert [row[0] for row in requests[1:3]] == [
        "一、本年新收政府信息公开申请数量",
        "二、上年结转政府信息公开申请数量",
    ]
    figures = report.record.figures
    assert requests[1][1:] == [figures[f"requests.new.{each}"].text for each in (
        "natural_person", "business", "research", "social_organisation", "legal_service", "other", "total")]  # fmt: skip
    assert len(requests) == 26
    review = page.table("政府信息公开行政复议、行政诉讼情况")
    assert (len(review[0]), len(review[1]), len(review[2])) == (4, 15, 16)
    disclosure = page.table("主动公开政府信息情况")
    assert disclosure[0] == ["第二十条第（一）项"]
    assert disclosure[1] == ["", "本年制发件数", "本年废止件数", "现行有效件数"]


def test_what_is_no_number_is_shown_as_it_is_printed_with_a_word_for_it(table: Archive, shown: Site) -> None:
    report = of_page(table, ODD)
    states = {report.record.figures[f"requests.new.{name}"].state for name in ("business", "research", "other")}
    assert states == {State.BLANK, State.DASH, State.TEXT}
    zh, en = (shown.get(f"/reports/{report.line.id}", each) for each in LANGUAGES)
    row = zh.table("收到和处理政府信息公开申请情况")[1]
    assert (row[2], row[3], row[6]) == ("空白", "/ 划线", "若干 文字")
    assert en.table("requests")[1][2:4] == ["blank", "/ dash"]
    assert zh.table("主动公开政府信息情况")[3][:2] == ["行政规范性文件", "22（其中修订16件）"]


def test_a_cell_that_the_page_does_not_have_is_no_nought(table: Archive, shown: Site) -> None:
    report = of_page(table, ITEM)
    key = "requests.new.business"
    with table.writing() as session:
        figures = {name: cell for name, cell in report.record.figures.items() if name != key}
        record = report.record.model_copy(update={"figures": figures})
        session.execute(update(Version).values(record=record.to_json()))
    row = shown.get(f"/reports/{report.line.id}").table("收到和处理政府信息公开申请情况")[1]
    assert row[2] == "无此格"


def test_a_finding_marks_every_cell_it_rests_on(table: Archive, shown: Site) -> None:
    report = of_page(table, BROKEN)
    page = shown.get(f"/reports/{report.line.id}")
    links = [where for where in leading_to_copy(page) if "finding=" in where]
    marked = []
    for where in links:
        copy = shown.copy(where)
        cells = {str(each.get("id")): said(each) for each in copy.css(".xxgk-mark")}
        assert urlsplit(where).fragment in cells
        marked.append(cells)
    wanted = {f"at-{at.table}-{at.row}-{at.column}" for key in BALANCE for at in [report.record.figures[key].at]}
    assert wanted in [set(cells) for cells in marked]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_is_told_with_its_place_and_named_by_its_id(table: Archive, shown: Site, language: str) -> None:
    report = of_page(table, BROKEN)
    (line, *_) = iterate(table, Wanted(rule="requests.balance"))
    page = shown.get(f"/reports/{report.line.id}?finding={line.id[:8]}", language)
    item = said(page.one(f"#finding-{line.id[:8]}"))
    assert ("总计" in item) if language == "zh" else ("total" in item)
    assert f"finding={line.id[:8]}" in str(page.one("iframe").get("src"))


def test_an_acknowledged_finding_says_by_whom_and_why(table: Archive, shown: Site) -> None:
    report = of_page(table, BROKEN)
    (line, *_) = iterate(table, Wanted(rule="requests.balance"))
    assert "已核对" not in shown.get(f"/reports/{report.line.id}").text
    acknowledge(table, [line], note="原文如此", by="王敏")
    text = said(shown.get(f"/reports/{report.line.id}").one(f"#finding-{line.id[:8]}"))
    assert "已核对" in text
    assert "王敏" in text
    assert "原文如此" in text


def test_what_is_repeated_from_the_year_before_leads_to_that_report(city: Path, site: Site) -> None:
    now, before = (report_of(city, "云汀市白桦镇人民政府", year) for year in (2024, 2023))
    page = site.get(f"/reports/{now.line.id}")
    assert page.links("details.rule a")["另一份报告：2023"] == f"/reports/{before.line.id}"
    assert page.links("details.rule a")["标出"].startswith(f"/reports/{now.line.id}/copy?")
    other = site.get(f"/reports/{before.line.id}")
    assert other.links("details.rule a")["另一份报告：2024"] == f"/reports/{now.line.id}"


def test_what_takes_its_time_is_looked_for_on_request(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市人民政府", 2024)
    page = site.get(f"/reports/{report.line.id}", "en")
    assert "less than" not in page.text
    search = page.links()[
        "Look for copied prose, figures below those of agencies, and unfinished requests too (takes seconds)"
    ]
    found = site.get(search.partition("#")[0])
    assert "less than the subordinates together" in found.text
    assert any(
        "云汀市" in words and where.startswith("/reports/") for words, where in found.links("details.rule a").items()
    )


def test_versions_say_when_they_were_seen_and_what_is_otherwise(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市教育局", 2025)
    first, second = report.versions
    page = site.get(f"/reports/{report.line.id}")
    text = said(page.one("ol.versions"))
    assert first.digest in text
    assert second.digest in text
    assert "行政许可 · 本年处理决定数量: 76 → 79" in text
    assert page.links("ol.versions a")["与前一版逐项比较"] == (
        f"/compare?report={report.line.id}&from={first.id}&to={second.id}"
    )
    assert page.links("main > p a")["2 个版本：公布后改过"] == "#versions"
    former = site.get(f"/reports/{report.line.id}?version={first.id}")
    assert "旧版本" in former.text
    assert "76" in former.table("主动公开政府信息情况")[6]
    assert "79" in page.table("主动公开政府信息情况")[6]
    assert f"version={first.id}" in str(former.one("iframe").get("src"))


def test_a_report_leads_to_how_its_publisher_stood_that_year(city: Path, site: Site) -> None:
    lead = site.get(f"/reports/{report_of(city, '云汀市教育局', 2025).line.id}").links(".facts a")["是否按时公布及依据"]
    page = site.get(lead.partition("#")[0])
    assert "按时" in said(page.one(f"#{lead.partition('#')[2]}"))
    assert said(page.one("tr.asked th")) == "2025"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_withdrawn_report_says_so_and_keeps_its_record(table: Archive, shown: Site, language: str) -> None:
    of_page(table, ITEM)
    withdraw(table, URL)
    derive(table)
    report = the_report(table)
    page = shown.get(f"/reports/{report.line.id}", language)
    assert page.one("p.alarm") is not None
    assert "404" in said(page.one("p.alarm"))
    assert len(leading_to_copy(page)) >= 200


def test_the_pages_of_a_pdf_are_pictures_with_the_cell_drawn_into_them(table: Archive, shown: Site) -> None:
    report = of_file(table, pdf(ITEM), PDF_FILE, "application/pdf")
    key = "requests.new.total"
    links = leading_to_copy(shown.get(f"/reports/{report.line.id}"))
    where = next(each for each in links if parse_qs(urlsplit(each).query).get("figure") == [key])
    copy = shown.copy(where)
    assert copy.response.headers["content-security-policy"] == FRAME_POLICY
    pictures = [str(each.get("src")) for each in copy.css("img")]
    strip, marked = (
        next(each for each in pictures if f"figure={key}" in each and ("strip" in each) is cut) for cut in (True, False)
    )
    plain = marked.partition("?")[0] + f"?version={report.versions[-1].id}"
    drawn = [shown.raw(each) for each in (strip, marked, plain)]
    assert all(each.headers["content-type"] == "image/png" for each in drawn)
    assert all(each.content.startswith(b"\x89PNG") for each in drawn)
    assert len({each.content for each in drawn}) == 3
    assert len(copy.css("figure:not(.strip)")) == len({each.partition("?")[0] for each in pictures})


def test_a_page_that_nothing_is_marked_on_has_no_strip_and_a_page_behind_the_last_is_none(
    table: Archive, shown: Site
) -> None:
    report = of_file(table, pdf(ITEM), PDF_FILE, "application/pdf")
    shown.raw(f"/reports/{report.line.id}/copy/page/1.png?strip=1", 404)
    shown.raw(f"/reports/{report.line.id}/copy/page/99.png", 404)


def test_a_file_is_drawn_as_it_was_read(table: Archive, shown: Site) -> None:
    report = of_file(table, word(ITEM), DOCX_FILE, "application/msword")
    copy = shown.copy(f"/reports/{report.line.id}/copy?figure=requests.new.total")
    assert [said(each) for each in copy.css("td.xxgk-mark")] == [report.record.figures["requests.new.total"].text]
    assert DOCX_FILE in copy.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copy_whose_bytes_are_lost_says_so_in_a_sentence(table: Archive, shown: Site, language: str) -> None:
    report = of_page(table, ITEM)
    for file in table.folder.rglob("*.warc*"):
        file.write_bytes(b"")
    copy = shown.copy(f"/reports/{report.line.id}/copy?lang={language}")
    shown.get(f"/reports/{report.line.id}", language)
    shown.raw(f"/captures/{report.versions[-1].capture_id}/raw", 400)
    sheet = shown.raw(f"/reports/{report.line.id}/evidence.pdf?figure=requests.new.total")
    assert ("无法读取" if language == "zh" else "cannot be read") in copy.text
    assert copy.response.headers["content-security-policy"] == FRAME_POLICY
    assert sheet.content.startswith(b"%PDF")


def test_the_data_are_those_of_the_command_line(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市教育局", 2025)
    with Archive.open(city) as archive:
        expected = simplejson.loads(
            simplejson.dumps(view_data(archive, report), default=str, use_decimal=True), use_decimal=True
        )
    for path in (f"/reports/{report.line.id}.json", f"/api/v1/reports/{report.line.id}"):
        assert site.json(path) == expected
    figures = site.json(f"/api/v1/figures?report={report.line.id}&limit=500")["rows"]
    assert {row["key"]: row["value"] for row in figures} == {
        key: figure["value"] for key, figure in expected["figures"].items()
    }
    captures = site.json(f"/api/v1/captures?report={report.line.id}")["rows"]
    assert captures == expected["captures"]
    assert site.json(f"/api/v1/captures/{captures[0]['id']}") == captures[0]
    assert site.json(f"/captures/{captures[0]['id']}.json") == captures[0]


def test_figures_of_a_former_version_are_its_own(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市教育局", 2025)
    key = "disclosure.licensing.decisions"
    values = []
    for version in report.versions:
        text = site.raw(f"/figures.csv?report={report.line.id}&version={version.id}").text
        row = next(line for line in text.splitlines() if f",{key}," in line)
        values.append(row.split(",")[9])
    assert values == ["76", "79"]


def test_the_raw_capture_is_what_its_digest_is_of_and_is_saved_under_a_name_of_ours(city: Path, site: Site) -> None:
    report = report_of(city, "云汀市交通运输局", 2025)
    capture = next(each for each in report.captures if each.id == report.versions[-1].capture_id)
    raw = site.raw(f"/captures/{capture.id}/raw")
    assert sha256(raw.content).hexdigest() == capture.payload_digest
    assert raw.headers["content-disposition"] == f'attachment; filename="capture-{capture.id}.pdf"'
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["content-security-policy"] == FILE_POLICY


@pytest.mark.parametrize(
    "address",
    [
        "/reports/99999",
        "/reports/99999.json",
        "/reports/99999/copy",
        "/reports/99999/evidence",
        "/reports/99999/evidence.pdf?figure=requests.new.total",
        "/reports/1?version=99999",
        "/reports/1/copy?version=99999",
        "/reports/1/copy/page/1.png",
        "/reports/1/evidence.pdf?figure=no.such.figure",
        "/reports/1/evidence.pdf?finding=00000000",
        "/captures/99999/raw",
        "/captures/99999/file",
        "/captures/99999.json",
        "/captures.csv?report=99999",
        "/figures.csv?report=99999",
        "/reports/x",
    ],
)
def test_what_is_not_there_is_not_found(site: Site, address: str) -> None:
    site.raw(address, 404)


@pytest.mark.parametrize(
    "address",
    [
        "/reports/9223372036854775808",
        "/reports/0",
        "/reports/1?version=x",
        "/reports/1?finding=../../x",
        "/reports/1/evidence.pdf",
        "/captures.csv",
    ],
)
def test_what_cannot_be_is_refused(site: Site, address: str) -> None:
    site.raw(address, 422)


def test_every_page_of_a_report_is_small_in_both_languages(city: Path, site: Site) -> None:
    with Archive.open(city) as archive:
        numbers = [line.id for line in list_reports(archive)]
    for number in numbers[::12]:
        for language in LANGUAGES:
            page = site.get(f"/reports/{number}", language)
            assert len(page.response.content) < SMALL
            assert len(page.css("table.printed")) == 3


def test_a_report_of_endless_prose_and_a_hundred_findings_stays_a_small_page(table: Archive, shown: Site) -> None:
    blank = ITEM.with_figures(**{key.replace(".", "__"): "" for key in ITEM.figures if key.startswith("requests.")})
    report = of_page(table, blank)
    sections = [each.model_copy(update={"text": "各项工作有序推进。" * 40_000}) for each in report.record.sections]
    with table.writing() as session:
        record: Record = report.record.model_copy(update={"sections": tuple(sections)})
        session.execute(update(Version).values(record=record.to_json()))
    assert len(report.record.findings) > 100
    page = shown.get(f"/reports/{report.line.id}")
    last = list(iterate(table))[-1]
    asked = shown.get(f"/reports/{report.line.id}?finding={last.id[:8]}")
    assert len(page.response.content) < 2 * SMALL
    assert asked.one(f"#finding-{last.id[:8]}") is not None


def test_a_report_without_figures_says_so(table: Archive, shown: Site) -> None:
    publish(
        table,
        URL,
        shell(ITEM.title or ""),
        title=ITEM.title,
        attachments=((FILE, b"%PDF-1.4 broken", "application/pdf"),),
    )
    derive(table)
    lines = list_reports(table)
    for line in lines:
        found = show(table, str(line.id))
        assert found is not None
        assert "没有读到法定表格里的数字" in shown.get(f"/reports/{line.id}").text
        shown.copy(f"/reports/{line.id}/copy")


def test_a_hostile_report_is_shown_and_its_copy_does_nothing(hostile: Path, attacked: Site) -> None:
    with Archive.open(hostile) as archive:
        numbers = [line.id for line in list_reports(archive)]
    assert numbers
    for number in numbers:
        for language in LANGUAGES:
            page = attacked.get(f"/reports/{number}", language)
        attacked.copy(str(page.one("iframe").get("src")))
        for where in list(leading_to_copy(page))[:3]:
            attacked.copy(where)
        attacked.get(f"/reports/{number}/evidence")
