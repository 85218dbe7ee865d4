"""The pages of publishers and the list of reports: every number they show is one the archive has."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import simplejson
from sqlalchemy import update

from archive.deriving.derive import derive
from archive.histories.measures import measures, printed, series
from archive.registry.imports import keep
from archive.registry.listing import list_publishers, view
from archive.registry.statements import say_merged, say_succeeded
from archive.schema import Publisher, Report
from archive.store import Archive
from archive.study import study
from archive.web.drawing.sparks import HEIGHT, WIDTH, short, spark
from parser.record import Record, State
from tests.archive.answers import publish, report_page
from tests.archive.notetaking import note_portal
from tests.archive.shelved import cell, number, shelve
from tests.archive.stories import story
from tests.archive.web.site import Page, Site, opened, said
from tests.crawler.commands import xxgk
from tests.papers.paper import paper

EDUCATION, FINANCE = "云汀市教育局", "云汀市财政局"
OFFICE, SCOPE = "昌邑区财政局", "220202"
NEW, IN, OUT = "requests.new.total", "requests.carried_in.total", "requests.carried_out.total"


def report(year: int, **cells: Any) -> Record:
    form = "2014" if year < 2019 else "2019" if year < 2021 else "2021"
    names = ("statistics_2014",) if form == "2014" else ("disclosure", "requests", "review")
    figures = {
        key.replace("__", "."): cell(State.BLANK) if value is None else number(value) for key, value in cells.items()
    }
    return Record.model_validate(
        {"title": f"{OFFICE}{year}年年报", "publisher": OFFICE, "report_year": year, "template": form, "figures": figures,
         "tables": {name: {"template": form} for name in names}}
    )  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A publisher whose chains hold, break, and cannot be judged, with a gap and a form of long ago."""
    folder = tmp_path_factory.mktemp("told")
    figures: dict[int, dict[str, Any]] = {
        2017: {"statistics_2014__received__value": 1200},
        2020: {key(NEW): 60, key(IN): 3, key(OUT): 3},
        2021: {key(NEW): 70, key(IN): 3, key(OUT): 2},
        2022: {key(NEW): None, key(IN): 1, key(OUT): None},
        2023: {key(NEW): 80, key(IN): 2, key(OUT): 0},
        2025: {key(NEW): 10**30, key(IN): 0, key(OUT): 0},
    }
    with Archive.open(folder, create=True, write=True) as archive:
        for year, cells in figures.items():
            shelve(archive, report(year, **cells), OFFICE, scope=SCOPE)
        shelve(archive, report(2023), "昌邑区教育局", scope=SCOPE)
        shelve(archive, report(2023), "昌邑区旧局", scope=SCOPE)
        with archive.writing() as session:
            session.execute(update(Publisher).values(first_year=2017))
            session.execute(update(Report).values(seen_at=Report.first_seen_at))
        merged = say_merged(archive, "昌邑区教育局", OFFICE, "同一机关")
        assert merged is not None
        followed = say_succeeded(archive, "昌邑区旧局", OFFICE, None, "机构改革")
        assert followed is not None
        keep(archive, (merged, followed))
    with opened(folder) as site:
        yield site


def lines_of(folder: Path, *command: str) -> list[Any]:
    """What a command prints with ``--json``."""
    ran = xxgk("--archive", str(folder), *command, "--json", folder=folder.parent)
    return [simplejson.loads(line, use_decimal=True) for line in ran.out.splitlines()]


def key(name: str) -> str:
    return name.replace(".", "__")


def number_of(site: Site, name: str) -> int:
    return int(site.json(f"/api/v1/publishers?name={name}")["rows"][0]["id"])


def row_of(page: Page, year: int) -> str:
    return said(page.one(f"tr#year-{year}"))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/publishers", "/reports", "/publishers/1", "/publishers/1?search=1&year=2024"])
def test_each_page_opens_in_both_languages(site: Site, path: str, lang: str) -> None:
    page = site.get(path, lang)
    assert len(page.response.content) < 100_000
    assert not page.css("main a[href='']")


def test_the_list_has_the_lines_of_the_command(site: Site, city: Path) -> None:
    asked = lines_of(city, "publishers")
    rows = site.json("/api/v1/publishers?limit=500")["rows"]
    assert [{name: row[name] for name in asked[0]} for row in rows] == asked
    assert len(site.get("/publishers").table("机关")) == len(asked) + 1


def test_the_list_of_reports_has_the_lines_of_the_command(site: Site, city: Path) -> None:
    asked = lines_of(city, "reports")
    found = site.json("/api/v1/reports?limit=500")
    assert [{name: row[name] for name in asked[0]} for row in found["rows"]] == asked
    assert found["total"] == len(asked)


def test_one_publisher_is_what_the_command_shows(site: Site, city: Path) -> None:
    (asked,) = lines_of(city, "publishers", "show", EDUCATION)
    assert site.json(f"/api/v1/publishers/{asked['id']}") == asked


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=教育", [EDUCATION]),
        ("name=教育&class=department", [EDUCATION]),
        ("name=教育&kind=office", []),
        ("class=government", ["云汀市人民政府"]),
        ("name=教育&year=2019", []),
        ("name=&class=&division=&year=&kind=government", ["云汀市人民政府"]),
    ],
)
def test_the_list_is_narrowed(site: Site, query: str, names: list[str]) -> None:
    assert [row["name"] for row in site.json(f"/api/v1/publishers?{query}")["rows"]] == names
    assert said(site.get(f"/publishers?{query}").one("table")).count("云汀市") >= len(names)


def test_pages_of_the_list_join_without_a_gap(site: Site) -> None:
    whole = [row["id"] for row in site.json("/api/v1/publishers?limit=500")["rows"]]
    pieces, after = [], ""
    while True:
        page = site.json(f"/api/v1/publishers?limit=5{after}")
        pieces += [row["id"] for row in page["rows"]]
        assert page["total"] == len(whole)
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert pieces == whole


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/publishers/999", 404),
        ("/publishers?class=nobody", 422),
        ("/publishers?after=999", 422),
        ("/publishers?after=x", 422),
        ("/publishers?division=999999", 404),
        ("/publishers?name=%00", 422),
        ("/reports?state=gone", 422),
        ("/reports?template=2022", 422),
        ("/reports?after=-1", 422),
        ("/publishers/0", 422),
    ],
)
def test_a_wrong_question_is_told_so(site: Site, path: str, status: int) -> None:
    page = site.get(path, status=site.ask("GET", path).status_code)
    assert page.response.status_code in ({status} if status != 404 else {400, 404})


def test_a_year_has_its_standing_with_the_capture_that_proves_it(site: Site) -> None:
    number_of_it = number_of(site, EDUCATION)
    (first, *_), page = (
        site.json(f"/api/v1/publishers/{number_of_it}/years")["rows"],
        site.get(f"/publishers/{number_of_it}"),
    )
    assert first["report_year"] == 2025
    row = row_of(page, 2025)
    assert "按时" in row
    assert "首次存档" in row
    assert f"/captures/{first['capture']}.json" in page.links("tr#year-2025 a").values()
    assert site.json(f"/captures/{first['capture']}.json")
    assert f"/reports/{first['id']}" in page.links("tr#year-2025 a").values()


def test_a_silent_edit_is_said_beside_its_year(site: Site) -> None:
    rows = site.json(f"/api/v1/publishers/{number_of(site, EDUCATION)}/years")["rows"]
    edited = [row for row in rows if row["versions"] == 2]
    assert len(edited) == 1
    page = site.get(f"/publishers/{number_of(site, EDUCATION)}")
    assert "2 个版本：公布后改过" in row_of(page, edited[0]["report_year"])
    assert "versions state otherwise" in site.get(f"/publishers/{number_of(site, EDUCATION)}", "en").text


def test_a_year_without_a_report_is_a_row_with_its_standing(told: Site) -> None:
    page = told.get("/publishers/1", "en")
    row = row_of(page, 2024)
    assert "No report" in row
    assert "unchecked" in row
    assert "no column is known to be this publisher's" in row
    assert not page.css("tr#year-2016")


def test_years_beside_each_other_are_compared(told: Site) -> None:
    links = told.get("/publishers/1").links("table.years a")
    assert links["与2023年对照"] == "/compare?publisher=1&from=2023&to=2025"
    assert links["与2017年对照"] == "/compare?publisher=1&from=2017&to=2020"


def test_every_link_between_two_years_leads_to_what_it_rests_on(told: Site) -> None:
    page = told.get("/publishers/1", "en")
    anchors = [str(each.get("href")) for each in page.css("svg.chains a")]
    assert anchors == [f"#step-{year}-{year + 1}-requests" for year in (2020, 2021, 2022)]
    chain, cell, before = "Requests: carried out → carried in", "carried in · total", "carried out · total"
    assert [said(page.one(anchor)) for anchor in anchors] == [
        f"2020 → 2021 {chain} holds 1 all hold",
        f"2021 → 2022 {chain} fails 1 {cell}: 2 expected, 1 found 2021 {before}: 2 2022 {cell}: 1",
        f"2022 → 2023 {chain} cannot be judged 1 {cell}: cannot be judged 2022 {before}: blank 2023 {cell}: 2",
    ]
    reports = {row["report_year"]: row["id"] for row in told.json("/api/v1/publishers/1/years")["rows"]}
    assert page.links("tr#step-2021-2022-requests li a") == {
        "2": f"/reports/{reports[2021]}/copy?figure={OUT}",
        "1": f"/reports/{reports[2022]}/copy?figure={IN}",
    }
    assert [each.get("class") for each in page.css("svg.chains line")] == [
        "tie holds", "tie fails", "tie fails", "tie unjudged"
    ]  # fmt: skip
    assert page.texts("svg.chains a > text") == ["✓ 1", "✗ 1", "? 1"]


def test_the_chains_of_the_page_are_those_of_the_api(told: Site) -> None:
    rows = told.json("/api/v1/publishers/1/chains")["rows"]
    assert [(row["from_year"], row["result"]) for row in rows] == [
        (2020, "holds"), (2021, "fails"), (2022, "cannot be judged")
    ]  # fmt: skip
    assert (rows[2]["before"], rows[2]["now"]) == ({OUT: "blank"}, {IN: 2})
    lines = list(csv.DictReader(StringIO(told.raw("/publishers/1/chains.csv").text.removeprefix("\ufeff"))))
    assert [line["expected"] for line in lines] == ["3", "2", ""]


def test_each_chart_says_its_numbers_and_never_a_zero_for_none(told: Site) -> None:
    page = told.get("/publishers/1", "en")
    chart = next(each for each in page.css("figure.spark") if said(each).startswith("New requests"))
    assert said(chart) == "New requests 1,200 60 1.0e+30 □ 2025 2023 2021 2019 2017", "of nine years not every number"
    (svg,) = chart.cssselect("svg")
    assert "2022 blank;" in str(svg.get("aria-label"))
    assert "2017 ≈ 1,200;" in str(svg.get("aria-label"))
    assert len(chart.cssselect("circle")) == 5
    assert len(chart.cssselect("circle.near")) == 1
    assert len(chart.cssselect("line.line")) == 1, "2020 and 2021 only: the others do not follow each other"
    cells = page.table("Figures over time")
    assert cells[0] == ["Figure", "2017", "2020", "2021", "2022", "2023", "2025"]
    assert cells[1] == ["New requests", "≈ 1,200", "60", "70", "blank", "80", f"{10**30:,}"]


def test_measures_have_their_cells_in_the_api(told: Site) -> None:
    rows = [row for row in told.json("/api/v1/publishers/1/measures")["rows"] if row["measure"] == "new"]
    assert [(row["report_year"], row["said"], row["value"], row["relation"]) for row in rows] == [
        (2017, "number", 1200, "near"), (2020, "number", 60, "same"), (2021, "number", 70, "same"),
        (2022, "blank", None, "same"), (2023, "number", 80, "same"), (2025, "number", 10**30, "same"),
    ]  # fmt: skip
    assert rows[0]["keys"] == ["statistics_2014.received.value"]


def test_a_merged_publisher_leads_to_the_one_it_is(told: Site) -> None:
    assert told.raw("/publishers/2", status=303).headers["location"] == "/publishers/1"
    assert told.raw("/publishers/2?lang=en", status=303).headers["location"] == "/publishers/1?lang=en"
    assert told.json("/api/v1/publishers/2")["id"] == 1
    assert told.json("/api/v1/publishers/2/years") == told.json("/api/v1/publishers/1/years")
    assert "220202/昌邑区教育局" in told.get("/publishers/1").text


def test_who_came_before_leads_to_its_own_page(told: Site) -> None:
    assert told.get("/publishers/1").links()["220202/昌邑区旧局"] == "/publishers/3"
    assert told.get("/publishers/3").links()["220202/昌邑区财政局"] == "/publishers/1"


def test_the_head_leads_to_the_divisions_above(told: Site) -> None:
    links = told.get("/publishers/1").links("p.path a")
    assert links == {"吉林省": "/divisions/220000", "吉林市": "/divisions/220200", "昌邑区": "/divisions/220202"}


def test_the_year_that_is_asked_for_is_marked(told: Site) -> None:
    page = told.get("/publishers/1?year=2022")
    assert [each.get("id") for each in page.css("tr.asked")] == ["year-2022"]


def test_an_empty_archive_has_empty_lists(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True, write=True):
        pass
    with opened(tmp_path) as site:
        for path in ("/publishers", "/reports"):
            assert "没有符合条件的记录" in site.get(path).text
            assert site.json(f"/api/v1{path}") == {"rows": [], "next": None, "total": 0}
        site.get("/publishers/1", status=404)


def test_a_chart_stays_within_its_frame(tmp_path: Path) -> None:
    del tmp_path
    values = [0, 1, 10**400, -5, 10**30, 7]
    lines = [(2010 + at, at, printed(report(2021, **{key(NEW): value}).to_json())) for at, value in enumerate(values)]
    (new,) = (each for each in series(lines) if each.measure == measures()[0])
    drawn = spark(new, range(2005, 2024))
    assert len(drawn.dots) == len(values)
    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in drawn.dots)
    assert 0 < len(drawn.years) <= 8
    assert [short(value) for value in (0, 1234, 12345678, 10**400, -5, Decimal("59237.2449"), Decimal("52.15"))] == [
        "0",
        "1,234",
        "12,345,678",
        "1.0e+400",
        "-5",
        "59,237",
        "52.15",
    ]


def test_a_publisher_known_to_the_command_is_known_to_the_page(site: Site, city: Path) -> None:
    with Archive.open(city) as archive:
        for line in list_publishers(archive):
            assert said(site.get(f"/publishers/{line.id}").one("h1")) == line.name
        assert view(archive, FINANCE).line.name in site.get("/publishers").text


def test_a_publisher_of_very_many_reports_has_a_page_all_the_same(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True, write=True) as archive:
        for at in range(70):
            shelve(archive, report(2023).model_copy(update={"title": f"第{at}份"}), OFFICE, scope=SCOPE)
        shelve(archive, report(2023).model_copy(update={"report_year": None}), OFFICE, scope=SCOPE)
    with opened(tmp_path) as site:
        page = site.get("/publishers/1", "en")
        assert len(page.css("table.years tbody tr")) == 60
        assert "rows more are in the download" in page.text
        assert len(page.response.content) < 100_000
        assert site.json("/api/v1/publishers/1/years?limit=500")["total"] >= 70
        assert "Reports of an unknown year" in page.text


def test_prose_that_stands_in_another_report_is_looked_for_when_asked(tmp_path: Path) -> None:
    portal, agency = "http://xxgk.qingwan.gov.cn/", "吉林市昌邑区财政局"
    with Archive.open(tmp_path, create=True, write=True) as archive:
        for year in (2022, 2023):
            item = replace(paper(agency, year, busy=3), prose={1: (story(1, 500),), 5: (story(2, 200),), 6: ("无。",)})
            publish(archive, f"{portal}{year}.html", report_page(item), portal=portal)
        note_portal(archive, None, portal=portal, outcome="ok", detail=None, division="220200")
        derive(archive)
        study(archive)
    with opened(tmp_path) as site:
        plain = site.get("/publishers/1", "en")
        assert "Prose found elsewhere" not in plain.text
        links = plain.links()
        searched = site.get(links["Look for its prose in other reports (takes seconds)"].partition("#")[0])
        (found,) = searched.css("#copies + ul li")
        assert "2023" in said(found)
        assert "of its prose stands in" in said(found)
        assert len(found.cssselect("a")) == 2


def test_a_report_on_two_forms_says_both(tmp_path: Path) -> None:
    mixed = report(2021, **{key(NEW): 7, "disclosure__normative_documents__in_force": 3})
    tables = {"disclosure": {"template": "2021"}, "requests": {"template": "2019"}}
    with Archive.open(tmp_path, create=True, write=True) as archive:
        shelve(archive, Record.model_validate({**mixed.model_dump(), "tables": tables}), OFFICE, scope=SCOPE)
    with opened(tmp_path) as site:
        assert "2021、2019年格式" in row_of(site.get("/publishers/1"), 2021)
