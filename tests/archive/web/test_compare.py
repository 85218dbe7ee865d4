"""Two years, all years or two versions side by side, as ``xxgk diff`` prints them, under an address that can be sent."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import simplejson
from openpyxl import load_workbook

from archive.comparing.comparison import diff, versions
from archive.comparing.data import of_all_years, of_two_years, of_versions
from archive.comparing.prose import Kind, compare_prose
from archive.comparing.years import all_years
from archive.deriving.derive import derive
from archive.store import Archive
from archive.web.comparing.page import page as alone
from archive.web.comparing.portions import portion, portions
from archive.web.words import LANGUAGES
from parser.record import Section
from tests.archive.answers import publish, report_page
from tests.archive.conftest import Clock
from tests.archive.web.site import Page, Site, opened
from tests.crawler.test_cli_diff import AGENCY, HOSTILE, URL, papers
from tests.papers.paper import paper

REFERENCE = f"host:qingwan.gov.cn/{AGENCY}"
OTHER = "http://www.luoshui.gov.cn/"
LONG = "".join(f"第{number}件事是清理{'河道沟渠' * (number % 7)}，当日办结。" for number in range(900))


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of an agency with a gap, two forms, a silent edit and a hostile sentence, and of others called alike."""
    folder = tmp_path_factory.mktemp("compare") / "archive"
    clock = Clock()
    with Archive.open(folder, create=True, write=True, clock=clock) as archive:
        for item in papers():
            publish(archive, URL.format(item.year), report_page(item), title=item.title)
        for year, said in ((2021, LONG * 3), (2022, "无。"), (2023, LONG)):
            item = paper(AGENCY, year)
            item = replace(item, prose={**item.prose, 5: (said,)})
            publish(
                archive,
                f"{OTHER}{year}.html",
                report_page(item),
                title=item.title,
                portal=OTHER,
                column=f"{OTHER}list/",
            )
        alone = paper("洛水县教育局", 2023)
        publish(
            archive, f"{OTHER}jyj.html", report_page(alone), title=alone.title, portal=OTHER, column=f"{OTHER}list/"
        )
        derive(archive)
        clock.advance(days=1)
        edited = papers()[-1].with_figures(disclosure__penalties__decisions="777")
        publish(archive, URL.format(2024), report_page(edited), title=edited.title)
        derive(archive)
    return folder


@pytest.fixture(scope="module")
def visited(agency: Path) -> Iterator[Site]:
    """A visitor of it."""
    with opened(agency) as site:
        yield site


@pytest.fixture
def asked(visited: Site) -> Site:
    """A visitor who comes for the first time."""
    return Site(visited.app)


def where(**parameters: object) -> str:
    """The page with these parameters; ``earlier`` and ``later`` are its from and to."""
    named = {{"earlier": "from", "later": "to"}.get(name, name): value for name, value in parameters.items()}
    return f"/compare?{urlencode(named)}"


TWO = where(publisher=REFERENCE, earlier=2021, later=2022)


def figures(page: Page) -> dict[str, list[str]]:
    """What the cells of a page's figures say, by their keys."""
    return {row.cssselect("th code")[0].text: [" ".join(cell.text_content().split()) for cell in row.cssselect("td")]
            for row in page.css("table.compared tbody tr")}  # fmt: skip


def edited(archive: Archive) -> tuple[int, int, int]:
    """The report that was edited, and its versions."""
    (found,) = versions(archive, URL.format(2024))
    return found.after.report_id, found.before.version_id, found.after.version_id


# The form


@pytest.mark.parametrize(("lang", "title"), [("zh", "对照"), ("en", "Compare")])
def test_who_names_nothing_chooses(asked: Site, lang: str, title: str) -> None:
    page = asked.get("/compare", lang)
    assert page.texts("h1") == [title]
    assert [each.get("name") for each in page.css("main form input, main form select")] == ["publisher"]


def test_who_names_a_publisher_is_shown_the_newest_two_years_and_chooses_among_all(asked: Site) -> None:
    newest = asked.raw(where(publisher=REFERENCE), 303).headers["location"]
    assert newest == where(publisher=REFERENCE, earlier=2022, later=2024)
    page = asked.get(newest)
    assert page.texts("select#from option") == ["2020", "2021", "2022", "2024"]
    assert [page.one(f"select#{name} option[selected]").get("value") for name in ("from", "to")] == ["2022", "2024"]
    assert page.links("details a") == {
        "2020 与 2021 对照": where(publisher=REFERENCE, earlier=2020, later=2021),
        "2021 与 2022 对照": TWO,
        "2022 与 2024 对照": where(publisher=REFERENCE, earlier=2022, later=2024),
        "所有年度": where(publisher=REFERENCE, all=1),
    }


def test_a_name_of_several_is_chosen_among_them_and_the_years_stay_chosen(asked: Site) -> None:
    page = asked.get(where(publisher=AGENCY, earlier=2021, later=2022))
    assert f"有 2 个机关叫“{AGENCY}”，请选一个：" in page.texts(".notice")
    leads = [str(each.get("href")) for each in page.css("main ul a")]
    assert leads == [TWO, where(publisher=f"host:luoshui.gov.cn/{AGENCY}", earlier=2021, later=2022)]
    assert page.texts("main ul li")[0] == f"{AGENCY} host:qingwan.gov.cn, 4 份年报"
    assert asked.get(where(publisher=AGENCY, all=1)).links("main ul a")[AGENCY].endswith("&all=1")


def test_a_part_of_a_name_is_asked_back(asked: Site) -> None:
    page = asked.get(where(publisher="教育"))
    assert page.texts(".notice") == ["没有名为“教育”的机关。"]
    assert page.links("main ul a") == {"洛水县教育局": where(publisher="host:luoshui.gov.cn/洛水县教育局")}


def test_a_publisher_goes_by_number_too_and_the_link_to_send_names_it(asked: Site, agency: Path) -> None:
    with Archive.open(agency) as archive:
        number = diff(archive, REFERENCE, 2021, 2022).after.report_id
    publisher = asked.get(f"/reports/{number}").links("main a")[AGENCY].rpartition("/")[2]
    page = asked.get(where(publisher=publisher, earlier=2021, later=2022))
    assert page.texts("h1") == [f"{AGENCY}：2021 与 2022 对照"]
    assert page.one("a.long").get("href") == TWO
    assert page.texts("a.long") == [f"/compare?publisher={REFERENCE}&from=2021&to=2022"]
    assert asked.get(TWO).texts("h1") == page.texts("h1")


TROUBLES = [
    (where(publisher="没有这个局"), "没有名为“没有这个局”的机关。"),
    (where(publisher="<script>x</script>"), "没有名为“<script>x</script>”的机关。"),
    (where(publisher="99999999999999999999"), "没有名为“99999999999999999999”的机关。"),
    (where(publisher="999"), "没有名为“999”的机关。"),
    (where(publisher="%_"), "没有名为“%_”的机关。"),
    (where(publisher="洛水县教育局"), "只有一个年度的年报，没有可对照的。"),
    (where(publisher=REFERENCE, earlier=2019, later=2022), "这个机关没有 2019 年度的年报。"),
    (where(publisher=REFERENCE, earlier="abc", later=2022), "这个机关没有 abc 年度的年报。"),
    (where(publisher=REFERENCE, earlier=2022, later=2022), "两边是同一份：请选两个不同的。"),
    (where(report=999), "没有这份年报。"),
    (where(report="9" * 30), "没有这份年报。"),
    (where(report="javascript:alert(1)"), "没有这份年报。"),
    (where(report=URL.format(2022)), "这份年报只有一个版本，没有可对照的。"),
    (where(report=URL.format(2024), earlier="abc", later=2), "这份年报没有版本 abc。"),
]


@pytest.mark.parametrize(("path", "told"), TROUBLES, ids=[told for _, told in TROUBLES])
def test_what_cannot_be_compared_is_said_beside_the_form(asked: Site, path: str, told: str) -> None:
    assert asked.get(path).texts(".notice") == [told]
    assert asked.get(path, "en").texts(".notice") != [told]


# Two years


@pytest.mark.parametrize(
    ("lang", "key", "cells"),
    [
        ("zh", "requests.new.total", ["20", "30", "+10", "+50.0%", ""]),
        ("en", "requests.new.total", ["20", "30", "+10", "+50.0 %", ""]),
        ("zh", "requests.granted.business", ["（空白）", "0", "", "", ""]),
        ("en", "requests.granted.business", ["(blank)", "0", "", "", ""]),
    ],
)
def test_figures_stand_side_by_side_with_what_happened_to_them(
    asked: Site, lang: str, key: str, cells: list[str]
) -> None:
    assert figures(asked.get(TWO, lang))[key] == cells


@pytest.mark.parametrize(
    ("lang", "remark", "why"),
    [
        (
            "zh",
            "不相同：本年新制作数量是当年起草的，本年制发件数是当年制定并印发的（依据：由所读内容推断）",
            "= 表四未变（依据：文件或年报中读到）",
        ),
        (
            "en",
            "not the same: 本年新制作数量 counts what was drawn up in the year, 本年制发件数 what was made and issued (inferred from what was read)",
            "= 表四 is unchanged (read in a notice or on reports)",
        ),
    ],
)
def test_forms_that_differ_say_what_a_figure_is_on_the_other_and_how_that_is_known(
    asked: Site, lang: str, remark: str, why: str
) -> None:
    page = asked.get(where(publisher=REFERENCE, earlier=2020, later=2021, figures="all"), lang)
    told = figures(page)
    assert told["disclosure.rules.made"][4] == remark
    assert told["requests.other_handling.total"][1] == "6 = 2 + 2 + 2"
    assert told["requests.new.total"][4] == ""
    assert why in page.texts("ul.quiet li")
    assert "disclosure.procurement.amount" in told


def test_only_what_differs_is_shown_and_all_of_it_on_demand(asked: Site) -> None:
    few, everything = asked.get(TWO), asked.get(f"{TWO}&figures=all")
    assert set(figures(few)) < set(figures(everything))
    assert len(figures(everything)) == 200
    assert len(everything.response.content) < 120_000
    apart = asked.get(where(publisher=REFERENCE, earlier=2020, later=2021))
    assert apart.links("main a")["全部列出"] == where(publisher=REFERENCE, earlier=2020, later=2021, figures="all")


def test_a_figure_leads_to_where_it_is_printed(asked: Site) -> None:
    page = asked.get(TWO)
    row = next(
        row for row in page.css("table.compared tbody tr") if row.cssselect("code")[0].text == "requests.new.total"
    )
    leads = [str(each.get("href")) for each in row.cssselect("a")]
    assert len(leads) == 2
    for lead in leads:
        path, _, anchor = lead.partition("#")
        assert asked.copy(path).css(f"#{anchor}")


@pytest.mark.parametrize(("lang", "rule"), [("zh", "上年结转不衔接"), ("en", "chain.requests")])
def test_chains_that_break_are_told(asked: Site, lang: str, rule: str) -> None:
    notes = asked.get(TWO, lang).texts("p.note")
    assert any(note.startswith(f"! {rule}") for note in notes)


def test_chains_are_not_judged_over_a_gap(asked: Site) -> None:
    page = asked.get(where(publisher=REFERENCE, earlier=2022, later=2024))
    assert "年度不相邻，不判断衔接。" in page.texts("p.quiet")
    assert not page.css("p.note")


def test_the_city_is_compared_as_the_command_compares_it(site: Site, city: Path) -> None:
    with Archive.open(city) as archive:
        years = {row["publisher_id"] for row in site.json("/api/v1/reports?year=2024&limit=500")["rows"]}
        for publisher in sorted(years)[:6]:
            found = diff(archive, publisher, 2023, 2024)
            for lang in LANGUAGES:
                page = site.get(where(publisher=publisher, earlier=2023, later=2024), lang)
                assert set(figures(page)) == {row.key for row in found.figures if row.differs}
                assert len(page.css("p.note")) == len(found.chains)
                assert ("没有发现不衔接之处。" in page.text or "No chain between them breaks." in page.text) == (
                    not found.chains
                )


@pytest.mark.parametrize(("lang", "changed", "reused"), [("zh", "~ 改动", "= 沿用"), ("en", "~ changed", "= reused")])
def test_prose_is_told_by_sentence_with_its_numbers_marked(asked: Site, lang: str, changed: str, reused: str) -> None:
    page = asked.get(TWO, lang)
    rows = [row for row in page.css("table.prose tr.changed") if "全年组织培训" in row.text_content()]
    assert [said.text for said in rows[0].cssselect(".figure")] == ["2", "6"]
    assert changed in page.texts("table.prose .mark")
    assert reused not in page.texts("table.prose .mark")
    assert reused in asked.get(f"{TWO}&sentences=all", lang).texts("table.prose .mark")
    hostile = HOSTILE.translate(dict.fromkeys((0x1B, 0x202E)))
    assert hostile in page.texts("table.prose tr.added ins")


def test_the_same_is_had_as_data_under_the_names_of_the_command(asked: Site, agency: Path) -> None:
    with Archive.open(agency) as archive:
        expected = [
            (TWO, of_two_years(diff(archive, REFERENCE, 2021, 2022))),
            (where(publisher=REFERENCE, all=1), of_all_years(all_years(archive, REFERENCE))),
            (where(report=URL.format(2024), earlier=edited(archive)[1], later=edited(archive)[2]),
             of_versions(next(versions(archive, URL.format(2024))))),
        ]  # fmt: skip
    for path, line in expected:
        told = asked.json(f"/api/v1{path}")["rows"]
        assert told == [simplejson.loads(simplejson.dumps(line, use_decimal=True), use_decimal=True)]


# Versions


def test_a_report_leads_to_what_was_changed_in_it(asked: Site, agency: Path) -> None:
    with Archive.open(agency) as archive:
        number, one, other = edited(archive)
    lead = next(
        href for href in asked.get(f"/reports/{number}").links("main a").values() if href.startswith("/compare")
    )
    page = asked.get(lead)
    assert page.texts("h1") == [f"{AGENCY}：2024年版本 {one} 与 版本 {other} 对照"]
    assert [(key, cells[1]) for key, cells in figures(page).items()] == [("disclosure.penalties.decisions", "777")]
    sent = str(page.one("a.long").get("href"))
    assert f"report={quote(URL.format(2024), safe='')}" in sent
    assert f"from={one}&" not in sent
    assert asked.get(sent).texts("h1") == page.texts("h1")
    assert "the current one" in asked.get(sent, "en").text


def test_the_edited_report_of_the_city_is_compared_in_both_languages(site: Site, city: Path) -> None:
    with Archive.open(city) as archive, archive.engine.connect() as connection:
        query = "SELECT report_id FROM versions GROUP BY report_id HAVING count(*) > 1"
        number = connection.exec_driver_sql(query).scalar_one()
        (found,) = versions(archive, str(number))
    path = where(report=number, earlier=found.before.version_id, later=found.after.version_id)
    differ = {row.key for row in found.figures if row.differs}
    assert differ
    for lang in LANGUAGES:
        assert set(figures(site.get(path, lang))) == differ
    assert site.get(where(report=number)).links("details a").values()


# All years


@pytest.mark.parametrize(("lang", "gap", "apart"), [
    ("zh", "! 没有 2023 年度的年报", "年度不相邻，不判断衔接。"),
    ("en", "! no report on 2023", "Years apart: no chain is judged."),
])  # fmt: skip
def test_all_years_are_a_column_each_and_gaps_stay_gaps(asked: Site, lang: str, gap: str, apart: str) -> None:
    page = asked.get(where(publisher=REFERENCE, all=1), lang)
    assert page.texts("table.compared thead th")[1:5] == ["2020", "2021", "2022", "2024"]
    told = figures(page)
    space = " " if lang == "en" else ""
    assert told["requests.new.total"][1:3] == [f"20 (+10, +100.0{space}%)", f"30 (+10, +50.0{space}%)"]
    assert "Σ 6 = 2 + 2 + 2" in {cell[:15] for cells in told.values() for cell in cells}
    assert gap in page.texts("p.note")
    assert apart in page.texts("p.quiet")


# Tables


def test_figures_years_and_sentences_are_had_as_tables(asked: Site, agency: Path) -> None:
    with Archive.open(agency) as archive:
        found, every = diff(archive, REFERENCE, 2021, 2022), all_years(archive, REFERENCE)
    parameters = TWO.partition("?")[2]
    rows = list(
        csv.DictReader(io.StringIO(asked.raw(f"/compare/figures.csv?{parameters}").content.decode("utf-8-sig")))
    )
    assert [row["key"] for row in rows] == [row.key for row in found.figures]
    total = next(row for row in rows if row["key"] == "requests.new.total")
    assert (total["before_value"], total["after_value"], total["change"], total["percent"]) == (
        "20",
        "30",
        "10",
        "50.0",
    )
    blank = next(row for row in rows if row["key"] == "requests.granted.business")
    assert (blank["before_state"], blank["before_value"], blank["said"], blank["differs"]) == (
        "blank",
        "",
        "before: blank",
        "true",
    )
    sheet = load_workbook(io.BytesIO(asked.raw(f"/compare/sentences.xlsx?{parameters}").content)).active
    assert sheet is not None
    lines = list(sheet.iter_rows(values_only=True))
    assert len(lines) == 1 + sum(len(row.passages) for row in found.sections)
    assert "全年组织培训[-2-]{+6+}次，各科室均派人参加。" in {line[-1] for line in lines}
    years = asked.json(f"/api/v1/compare/years?{urlencode({'publisher': REFERENCE, 'limit': 500})}")
    assert years["total"] == sum(cell is not None for row in every.rows for cell in row.cells)
    assert {row["report_year"] for row in years["rows"]} <= {2020, 2021, 2022, 2024}


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("", 200, None),
        ("/figures", 200, None),
        ("/years", 200, None),
        (f"?publisher={quote(REFERENCE)}", 200, None),
        ("?publisher=999&from=2021&to=2022", 404, "no publisher is called 999"),
        ("?publisher=999999999999999999999&all=1", 404, "no publisher is called"),
        (f"?publisher={quote(AGENCY)}&from=2021&to=2022", 404, "2 publishers are called"),
        (f"/figures?publisher={quote(REFERENCE)}&from=2019&to=2022", 404, "there is no report of host:qingwan.gov.cn/"),
        (f"?publisher={quote(REFERENCE)}&from=2022&to=2022", 404, "2022 is on both sides"),
        (f"/sentences?publisher={quote(REFERENCE)}&from=x&to=2022", 422, "from: String should match"),
        ("?report=999&from=1&to=2", 404, "there is no report 999"),
        ("?report=1&from=1&to=99", 404, "report 1 has no such version"),
    ],
)
def test_programs_are_told_why_nothing_is_compared(asked: Site, path: str, status: int, says: str | None) -> None:
    told = asked.json(f"/api/v1/compare{path}", status)
    if says is None:
        assert told["rows"] == []
    else:
        assert told["detail"].startswith(says)


# Long texts


def test_a_long_section_is_cut_and_goes_on_behind_a_link_to_its_end(asked: Site) -> None:
    path = where(publisher=f"host:luoshui.gov.cn/{AGENCY}", earlier=2022, later=2023)
    page = asked.get(path)
    assert len(page.response.content) < 100_000
    met, pages = page.texts("#section-5 ~ .scroll tr.added ins"), 0
    lead = next(href for href in page.links("main p a").values() if "section=5" in href)
    found = [each for each in met if each.startswith("第")]
    while lead:
        page = asked.get(lead)
        assert len(page.response.content) < 100_000
        found += [each for each in page.texts("tr.added ins") if each.startswith("第")]
        lead = next((href for href in page.links("main p a").values() if "section=5" in href), "")
        pages += 1
        assert pages < 40
    assert len(found) == 900
    assert len(set(found)) == 900
    assert page.links("main p a")["回到各部分"] == f"{path}#prose"


def test_portions_leave_nothing_out_and_repeat_nothing() -> None:
    before = [Section(number=1, heading="总体情况", text="一切如常。" * 3)]
    after = [Section(number=1, heading="总体情况", text=f"一切如常。{LONG}")]
    (row,) = compare_prose(before, after).sections
    (first,) = portions([row], reused=True)
    told, following = list(first.passages), first.following
    while following is not None:
        further = portion(row, following, reused=True, most=1)
        assert len(further.passages) == 1
        assert further.left + further.first + len(further.passages) - 1 == further.all
        told += further.passages
        following = further.following
    assert tuple(told) == row.passages
    (without,) = portions([row], reused=False)
    assert Kind.REUSED not in {passage.kind for passage in without.passages}


def test_what_was_too_long_to_be_compared_is_said(asked: Site, agency: Path) -> None:
    reference = f"host:luoshui.gov.cn/{AGENCY}"
    with Archive.open(agency) as archive:
        unread = diff(archive, reference, 2021, 2022).sections[4].unread
    assert unread > 1_000
    path = where(publisher=reference, earlier=2021, later=2022)
    assert f"另有 {unread:,} 字过长，未作比较" in asked.get(path).texts("p.note")
    assert f"{unread:,} characters more were too many to compare" in asked.get(path, "en").texts("p.note")
    assert len(asked.get(path).response.content) < 100_000


def test_a_section_that_is_not_there_is_no_page(asked: Site) -> None:
    assert asked.get(f"{TWO}&section=99", status=404).texts("h1") == ["无法完成"]
    asked.raw(f"{TWO}&section=5&after=x", 422)


def test_of_all_years_as_much_prose_is_compared_as_can_be_at_once(asked: Site, agency: Path) -> None:
    reference = f"host:luoshui.gov.cn/{AGENCY}"
    with Archive.open(agency) as archive:
        whole, bounded = all_years(archive, reference), all_years(archive, reference, most=40_000)
    assert [step.unread for step in whole.steps] == [False, False]
    assert [step.unread for step in bounded.steps] == [True, False]
    assert bounded.steps[1] == whole.steps[1]
    assert (bounded.steps[0].chains, bounded.steps[0].prose.sections) == (whole.steps[0].chains, ())
    assert [step.get("unread") for step in of_all_years(bounded)["steps"]] == [True, None]
    assert alone([bounded], everything=False).count("is too long to be compared at once") == 1
    page = asked.get(where(publisher=reference, all=1))
    assert page.links("main p a")["2022 与 2023 对照"] == where(publisher=reference, earlier=2022, later=2023)
