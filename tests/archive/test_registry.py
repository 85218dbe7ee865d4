"""The registry: what lists of publishers say, which rows are wrong, what comes out again, and what may be one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.journal.notes import Note, PublisherNote, RosterNote, SuccessionNote, UnitsNote
from archive.registry.duplicates import Proposal, propose
from archive.registry.export import rows as export_rows
from archive.registry.imports import Plan, keep, plan
from archive.registry.listing import Wanted, list_publishers, view
from archive.registry.reforms import reforms
from archive.registry.rows import unknown_columns
from archive.store import Archive
from tests.archive import notetaking
from tests.archive.answers import PORTAL, publish, read_column, report_page
from tests.papers.paper import paper

JILIN, CHANGYI = "220200", "220202"
Cells = dict[str, str]


def row(name: str, division: str = JILIN, **cells: str) -> Cells:
    return {"name": name, "division": division, **{key.removesuffix("_"): value for key, value in cells.items()}}


def planned(archive: Archive, *rows: Cells, source: str = "list.csv") -> Plan:
    return plan(archive, list(enumerate(rows, start=2)), source)


def imported(archive: Archive, *rows: Cells) -> Plan:
    found = planned(archive, *rows)
    assert found.wrong == ()
    keep(archive, found.notes)
    derive(archive)
    return found


def names(archive: Archive, **wanted: object) -> list[str]:
    return [line.reference for line in list_publishers(archive, Wanted(**wanted))]  # type: ignore[arg-type]


def report(archive: Archive, agency: str, year: int, column: str = "czj", penalties: str | None = None) -> None:
    item = paper(agency, year)
    if penalties is not None:
        item = item.with_figures(disclosure__penalties__decisions=penalties)
    url = f"{PORTAL}{column}/{sum(map(ord, agency))}{year}.html"
    publish(archive, url, report_page(item), title=item.title, column=f"{PORTAL}{column}/")


def test_a_list_says_who_is_known_from_where(archive: Archive) -> None:
    notetaking.note_portal(archive, None, portal=PORTAL, outcome=None, detail=None, division=JILIN)
    report(archive, "吉林市财政局", 2022)
    report(archive, "吉林市财政局", 2023)
    read_column(archive, agency="吉林市教育局", column=f"{PORTAL}jyj/")
    units = (("吉林市水利局", None),)
    deposit(
        archive,
        notes=[
            UnitsNote(archive.now(), None, portal=PORTAL, page_url=f"{PORTAL}bm/", units=units),
            RosterNote(
                archive.now(), None, portal=PORTAL, url=f"{PORTAL}gb.html", title="公布情况", report_year=2023,
                units=(("吉林市审计局", None, None, "已公布"),),
            ),
        ],
    )  # fmt: skip
    imported(archive, row("吉林市民政局"))
    lines = {line.name: line for line in list_publishers(archive)}
    assert {name: line.known_from for name, line in lines.items()} == {
        "吉林市审计局": ("roster",),
        "吉林市教育局": ("column",),
        "吉林市民政局": ("declared", "import"),
        "吉林市水利局": ("directory",),
        "吉林市财政局": ("reports",),
    }
    found = lines["吉林市财政局"]
    assert (found.first_year, found.last_year, found.reports, found.division) == (2022, 2023, 2, "吉林省吉林市")
    assert set(names(archive, portal=PORTAL)) == {line.reference for line in lines.values()} - {f"{JILIN}/吉林市民政局"}


def test_a_list_is_narrowed_by_division_class_and_scope(archive: Archive) -> None:
    imported(
        archive,
        row("昌邑区财政局", CHANGYI),
        row("吉林市人民政府"),
        row("北极街道办事处", "220204006"),
        row("某局", ""),
    )
    assert names(archive, division=CHANGYI) == [f"{CHANGYI}/昌邑区财政局"]
    assert names(archive, division="220204006") == ["220204/北极街道办事处"]
    assert names(archive, division=JILIN, kind="government") == [f"{JILIN}/吉林市人民政府"]
    assert names(archive, scope="files") == ["files/某局"]


def test_an_agency_of_a_division_that_ended_says_where_that_is_now(archive: Archive) -> None:
    imported(archive, row("龙海市教育局", "350681"))
    assert view(archive, "龙海市教育局").line.today == ("350604",)


def test_an_import_makes_publishers_with_all_that_is_said(archive: Archive) -> None:
    done = imported(
        archive,
        row("吉林市环境保护局", since="2010", until="2018/12/31", successor="吉林市生态环境局", on="2019-1-1"),
        row("吉林市生态环境局", class_="office", aliases="吉林市环保局；市生态环境局"),
        row("财政局", merged_into="吉林市财政局"),
        row("吉林市财政局"),
    )
    assert (done.rows, done.new, done.successions, done.merges) == (4, 4, 1, 1)
    before, after = view(archive, "吉林市环境保护局").line, view(archive, "吉林市环保局").line
    assert (before.since, before.until) == (date(2010, 1, 1), date(2018, 12, 31))
    assert (after.name, after.kind, after.since) == ("吉林市生态环境局", "office", date(2019, 1, 1))
    assert [each.publisher for each in before.successors] == [f"{JILIN}/吉林市生态环境局"]
    assert f"{JILIN}/财政局" not in names(archive)


def test_an_import_that_says_what_is_known_changes_nothing(archive: Archive) -> None:
    rows = [
        row("吉林市环境保护局", successor="吉林市生态环境局", on="2019-01-01", aliases="吉林市环保局"),
        row("吉林市生态环境局", since="2019"),
        row("财政局", merged_into="吉林市财政局"),
        row("吉林市财政局", class_="department"),
    ]
    imported(archive, *rows)
    again = planned(archive, *rows)
    assert (again.notes, again.known, again.changed, again.new) == ((), 4, 0, 0)
    assert planned(archive, *rows, source="renamed.csv").notes == ()


def test_a_row_without_division_is_the_known_publisher_of_its_name(archive: Archive) -> None:
    item = paper("清湾市财政局", 2023)
    publish(archive, f"{PORTAL}1.html", report_page(item), title=item.title)
    derive(archive)
    imported(archive, row("清湾市财政局", ""), row("蛟河市财政局", ""))
    assert names(archive) == ["220281/蛟河市财政局", "host:qingwan.gov.cn/清湾市财政局"]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([row("")], {2: "no name"}),
        ([row("——")], {2: "'——' is no name"}),
        ([row("局" * 121)], {2: "121 characters"}),
        ([row("财政局", "22020")], {2: "'22020' is no division"}),
        ([row("财政局", "999999")], {2: "999999 is unknown"}),
        ([row("柳桥街道办事处", "220204006")], {2: "not the name of 220204006"}),
        ([row("柳桥街道办事处", "220204999")], {2: "the town 220204999 is unknown"}),
        ([row("吉林市财政局", class_="bureau")], {2: "'bureau' is no class"}),
        ([row("吉林市财政局", since="2018年")], {2: "in since is no date"}),
        ([row("吉林市财政局", since="2018-02-30")], {2: "in since is no date"}),
        ([row("吉林市财政局", since="2020", until="2019")], {2: "ends (2019-12-31) before it begins"}),
        ([row("吉林市财政局", on="2020")], {2: "on and no successor"}),
        ([row("吉林市财政局", successor_division=JILIN)], {2: "successor_division and no successor"}),
        ([row("吉林市财政局", merged_into="财政局", merged_into_division="2")], {2: "'2' is no division"}),
        ([row("吉林市财政局", merged_into="吉林市财政局")], {2: "merged_into is itself"}),
        ([row("吉林市财政局", successor="吉林市金融局")], {2: "successor 220200/吉林市金融局 is not known"}),
        ([row("吉林市财政局", merged_into="吉林市金融局")], {2: "merged_into 220200/吉林市金融局 is not known"}),
        ([{**row("吉林市财政局"), "": "多"}], {2: "more cells"}),
        ([row("吉林市财政局"), row("吉林市 财政局")], {3: "publisher of line 2 again"}),
        ([row("吉林市财政局"), row("吉林市财政局", class_="office")], {3: "says another class"}),
        (
            [row("财政局", merged_into="吉林市财政局"), row("吉林市财政局", merged_into="财政局")],
            {2: "merged_into 220200/吉林市财政局 is not known", 3: "财政局 was merged into it"},
        ),
        ([row("财政局"), row("吉林市财政局", aliases="财政局")], {3: "财政局 is a publisher by itself"}),
        ([row("吉林市财政局", aliases="财局"), row("吉林市审计局", aliases="财局")], {3: "吉林市财政局 in line 2 too"}),
        (
            [row("财政局", merged_into="吉林市财政局"), row("吉林市财政局", successor="吉林市金融局")],
            {2: "merged_into 220200/吉林市财政局 is not known", 3: "successor 220200/吉林市金融局 is not known"},
        ),
    ],
)  # fmt: skip
def test_a_wrong_row_is_told_with_its_line(table: Archive, rows: list[Cells], wrong: dict[int, str]) -> None:
    found = {each.line: each.message for each in planned(table, *rows).wrong}
    assert found.keys() == wrong.keys()
    for line, says in wrong.items():
        assert says in found[line]


def test_a_name_that_is_another_publishers_already_is_a_wrong_row(table: Archive) -> None:
    imported(table, row("吉林市财政局", aliases="财局"), row("吉林市审计局"))
    (wrong,) = planned(table, row("吉林市审计局", aliases="财局")).wrong
    assert "财局 is another name of 220200/吉林市财政局 already" in wrong.message


def test_several_successors_stand_in_several_rows(table: Archive) -> None:
    one = "吉林市文化局"
    rows = [row(one, successor=f"吉林市{name}局") for name in ("文化和旅游", "体育")]
    imported(table, *rows, row("吉林市文化和旅游局"), row("吉林市体育局"))
    assert len(view(table, one).line.successors) == 2


@pytest.mark.parametrize(
    ("headings", "says"),
    [
        (["name", "division"], None),
        (["division"], "no column 'name'"),
        (["name", "town"], "'town' is not known"),
        (["name", "class", "class"], "'class' stands there twice"),
    ],
)
def test_headings_are_those_that_are_known(headings: list[str], says: str | None) -> None:
    found = unknown_columns(headings)
    assert found is None if says is None else says in (found or "")


def test_what_is_exported_makes_the_same_registry_again(archive: Archive, tmp_path: Path) -> None:
    imported(
        archive,
        row("吉林市环境保护局", since="2010", successor="吉林市生态环境局", on="2019-01-01", because="机构改革"),
        row("吉林市生态环境局", class_="office", aliases="吉林市环保局;市生态环境局"),
        row("财政局", merged_into="吉林市财政局"),
        row("吉林市财政局"),
        row("龙海市教育局", "350681", successor="龙海区教育局"),
        row("龙海区教育局", "350604"),
        row("北极街道办事处", "220204006"),
        row("某局", "host:example.gov.cn"),
    )
    rows = export_rows(list_publishers(archive, Wanted(merged=True)))
    with Archive.open(tmp_path / "other", create=True, write=True) as other:
        imported(other, *rows)
        assert export_rows(list_publishers(other, Wanted(merged=True))) == rows


def proposals(archive: Archive, division: str | None = None) -> dict[tuple[str, str], Proposal]:
    return {(each.one.reference, each.other.reference): each for each in propose(archive, division)}


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ((JILIN, "财政局"), (JILIN, "吉林市财政局"), "short"),
        ((JILIN, "市财政局"), (JILIN, "吉林市财政局"), "short"),
        (("host:a.gov.cn", "财政局"), ("host:a.gov.cn", "清湾市财政局"), "short"),
        (("host:a.gov.cn", "国家税务总局吉林市税务局"), (JILIN, "国家税务总局吉林市税务局"), "site"),
        (("350681", "龙海市教育局"), ("350604", "龙海区教育局"), "division"),
        ((JILIN, "吉林市环境保护局"), (JILIN, "吉林市生态环境局"), "reform"),
        ((CHANGYI, "昌邑区文化局"), (CHANGYI, "昌邑区文化和旅游局"), "reform"),
    ],
)
def test_what_may_be_one_is_proposed_with_the_reason(
    table: Archive, one: tuple[str, str], other: tuple[str, str], reason: str
) -> None:
    imported(table, *(row(name, scope) for scope, name in (one, other)))
    ((pair, found),) = proposals(table).items()
    assert (pair, found.reason) == (("/".join(one), "/".join(other)), reason)
    verb = "merge" if reason in {"short", "site"} else "succeed"
    assert found.command == f"xxgk publishers {verb} {'/'.join(one)} {'/'.join(other)}"


@pytest.mark.parametrize(
    "rows",
    [
        [row("吉林市财政局"), row("昌邑区财政局", CHANGYI)],
        [row("吉林市财政局"), row("吉林市财政监督局")],
        [row("吉林市环境保护局"), row("昌邑区生态环境局", CHANGYI)],
        [row("财政局", "host:a.gov.cn"), row("清湾市财政局", "host:a.gov.cn"), row("云川市财政局", "host:a.gov.cn")],
        [row("财政局", merged_into="吉林市财政局"), row("吉林市财政局")],
        [row("吉林市环境保护局", successor="吉林市生态环境局"), row("吉林市生态环境局")],
    ],
)
def test_what_differs_or_was_decided_is_not_proposed(table: Archive, rows: list[Cells]) -> None:
    imported(table, *rows)
    assert proposals(table) == {}


def test_two_reports_on_one_year_speak_against_and_one_report_for(archive: Archive) -> None:
    notetaking.note_portal(archive, None, portal=PORTAL, outcome=None, detail=None, division=JILIN)
    report(archive, "财政局", 2022)
    report(archive, "吉林市财政局", 2022, penalties="777")
    derive(archive)
    ((_, found),) = proposals(archive, JILIN).items()
    assert found.against == ("both have a report of their own on 2022",)
    assert found.evidence == ("财政局 reports on 2022", "吉林市财政局 reports on 2022")


def test_years_of_one_column_that_follow_each_other_may_be_a_new_name(archive: Archive) -> None:
    notetaking.note_portal(archive, None, portal=PORTAL, outcome=None, detail=None, division=JILIN)
    for agency, years in (("吉林市档案馆", (2020, 2021)), ("吉林市史志局", (2022, 2023))):
        for year in years:
            report(archive, agency, year)
    derive(archive)
    ((pair, found),) = proposals(archive).items()
    assert pair == (f"{JILIN}/吉林市档案馆", f"{JILIN}/吉林市史志局")
    assert (found.reason, found.against) == ("column", ())
    assert "2020 to 2021 of 吉林市档案馆 and 2022 to 2023 of 吉林市史志局" in found.because


def test_a_portal_that_was_given_its_division_proposes_what_its_site_had(table: Archive) -> None:
    imported(table, row("财政局", "host:qingwan.gov.cn"), row("昌邑区财政局", CHANGYI))
    assert proposals(table) == {}
    notetaking.note_portal(table, None, portal=PORTAL, outcome=None, detail=None, division=CHANGYI)
    ((pair, _),) = proposals(table, CHANGYI).items()
    assert pair == ("host:qingwan.gov.cn/财政局", f"{CHANGYI}/昌邑区财政局")


def test_reforms_name_agencies_that_differ_and_their_source() -> None:
    pairs = [reform for several in reforms().values() for reform in several]
    assert len(pairs) == len({(each.before, each.after, each.year) for each in pairs}) > 100
    assert all(each.before != each.after and each.source for each in pairs)


def test_notes_of_successions_between_names_of_one_agency_are_no_successions(table: Archive) -> None:
    notes: list[Note] = [
        PublisherNote(table.now(), scope=JILIN, name="吉林市财政局", aliases=("财政局",)),
        SuccessionNote(table.now(), JILIN, "财政局", JILIN, "吉林市财政局"),
    ]
    deposit(table, notes=notes)
    assert view(table, "吉林市财政局").line.successors == ()
