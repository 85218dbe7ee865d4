"""``xxgk check`` as its users run it: what is open, what was acknowledged, and how it ends."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from archive.deriving.derive import derive
from archive.findings.lines import FindingLine, Wanted, iterate
from archive.schema import FindingRow, Report
from archive.store import Archive
from crawler.cli.spreadsheets import defuse, write_csv
from crawler.errors import WrongUsage
from parser.record import dump_json
from tests.archive.answers import publish, report_page
from tests.archive.filed import file
from tests.archive.notetaking import note_portal
from tests.crawler.commands import Here, Ran, xxgk
from tests.papers.paper import paper

BOTH = {"requests.balance", "requests.columns"}
ENTRY = "http://www.qingwan.gov.cn/"


def keep(folder: Path, total: str = "999") -> None:
    """An archive of two reports of which the sums fail, of two divisions of one province."""
    with Archive.open(folder / "xxgk-archive", create=True, write=True) as archive:
        for year, division in ((2022, "220100"), (2023, "220202")):
            portal = f"{ENTRY}{division}/"
            note_portal(archive, None, portal=portal, outcome="ok", detail=None, division=division)
            item = paper("清湾市财政局", year).with_figures(requests__new__total=total)
            publish(archive, f"{portal}1.html", report_page(item), portal=portal, column=f"{portal}c/")
        derive(archive)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    monkeypatch.setenv("USER", "王")
    keep(tmp_path)
    return Here(capsys, monkeypatch, tmp_path, "check")


def ids(lines: Iterable[dict[str, Any]]) -> list[str]:
    return [line["id"][:8] for line in lines]


def one_sentence(ran: Ran, says: str) -> bool:
    return (ran.status, ran.out, len(ran.err.strip().splitlines())) == (2, "", 1) and says in ran.err


def test_open_findings_need_attention_until_all_are_acknowledged(check: Here) -> None:
    listed = check("--rule", "requests", "--json")
    assert (listed.status, len(listed.lines)) == (1, 4)
    assert {line["rule"] for line in listed.lines} == BOTH
    assert {line["scope"] for line in listed.lines} == {"220100", "220202"}
    assert "4 open findings, 0 acknowledged" in listed.err
    first, *others = ids(listed.lines)
    done = check("acknowledge", first, "--note", "核对过原文", "--json")
    assert (done.status, len(done.lines)) == (0, 1), done.err
    assert {key: done.lines[0]["acknowledged"][key] for key in ("note", "by")} == {"note": "核对过原文", "by": "王"}
    left = check("--rule", "requests", "--json")
    assert (left.status, ids(left.lines)) == (1, others)
    assert "3 open findings, 1 acknowledged" in left.err
    assert check("acknowledge", *others, "--note", "原文如此", "--by", "李").status == 0
    rest = check("--rule", "requests")
    assert (rest.status, "0 open findings, 4 acknowledged" in rest.err) == (0, True)
    shown = check("--rule", "requests", "--acknowledged")
    assert shown.status == 0
    assert all(word in shown.out for word in ("核对过原文", "原文如此", "王, 20", "李, 20", first))
    assert check("--rule", "requests", "--all", "--json").lines[1]["acknowledged"]["by"] == "李"


def test_acknowledgements_survive_reparse_and_reindex_and_changed_figures_bring_findings_back(check: Here) -> None:
    everything = ids(check("--json").lines)
    assert check("acknowledge", *everything, "--note", "原文如此").status == 0
    assert xxgk("reparse", folder=check.folder).status == 0
    assert check().status == 0
    assert xxgk("reindex", "--afresh", folder=check.folder).status == 0
    after = check("--all", "--json")
    assert (after.status, sorted(ids(after.lines))) == (0, sorted(everything))
    keep(check.folder, total="998")
    changed = check("--json")
    assert (changed.status, {line["rule"] for line in changed.lines}) == (
        1,
        BOTH | {"narrative.mismatch", "chain.restated"},
    )


def test_what_was_acknowledged_can_be_opened_again(check: Here) -> None:
    first, second, *_ = ids(check("--json").lines)
    assert check("acknowledge", first, "--note", "原文如此").status == 0
    again = check("reopen", first, second, "--json")
    assert (again.status, [line["acknowledged"] for line in again.lines]) == (0, [None, None])
    assert "1 of 2 findings were acknowledged" in again.err
    assert "0 acknowledged" in check().err


ASKED: list[tuple[list[str], int, set[int]]] = [
    (["--severity", "error"], 1, {2022, 2023}),
    (["--year", "2023", "--severity", "error"], 1, {2023}),
    (["--division", "220200"], 1, {2023}),
    (["--division", "220000", "--kind", "department"], 1, {2022, 2023}),
    (["--publisher", "220100/清湾市财政局"], 1, {2022}),
    (["--portal", f"{ENTRY}220100/"], 1, {2022}),
    (["--year", "2001"], 0, set()),
    (["--division", "110000"], 0, set()),
]


def test_the_status_is_of_what_was_asked_for(check: Here) -> None:
    for options, status, years in ASKED:
        ran = check(*options, "--json")
        assert (ran.status, {line["report_year"] for line in ran.lines}) == (status, years), options


def test_the_summary_counts_by_rule_and_year_and_by_division(check: Here) -> None:
    done = ids(check("--rule", "requests", "--year", "2022", "--json").lines)
    assert check("acknowledge", *done, "--note", "原文如此").status == 0
    ran = check("--rule", "requests", "--summary", "--json")
    assert (ran.status, ran.lines) == (
        1,
        [
            {"rule": "requests.balance", "report_year": 2022, "open": 0, "acknowledged": 1},
            {"rule": "requests.balance", "report_year": 2023, "open": 1, "acknowledged": 0},
            {"rule": "requests.columns", "report_year": 2022, "open": 0, "acknowledged": 1},
            {"rule": "requests.columns", "report_year": 2023, "open": 1, "acknowledged": 0},
            {"division": "220000", "name": "吉林省", "open": 2, "acknowledged": 2},
        ],
    )
    below = check("--rule", "requests", "--division", "220000", "--summary", "--json").lines[4:]
    assert [(line["division"], line["name"], line["open"]) for line in below] == [
        ("220100", "吉林省长春市", 0),
        ("220200", "吉林省吉林市", 2),
    ]
    county = check("--rule", "requests", "--division", "220200", "--summary")
    assert "吉林省吉林市昌邑区" in county.out


FORMULAS = ['=HYPERLINK("http://a")', "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "＝1", "－无"]


def test_a_table_for_a_spreadsheet_holds_no_formula(check: Here) -> None:
    found = ids(check("--rule", "requests", "--json").lines)
    for each, note in zip(found, FORMULAS, strict=False):
        assert check("acknowledge", each, f"--note={note}", f"--by={FORMULAS[-1]}").status == 0
    ran = check("--all", "--csv", "findings.csv")
    assert ran.out == ""
    raw = (check.folder / "findings.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfid,state,")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    done = [row for row in rows if row["state"] == "acknowledged"]
    assert [row["note"] for row in done] == [f"'{note}" for note in FORMULAS[: len(found)]]
    assert {row["by"] for row in done} == {f"'{FORMULAS[-1]}"}
    assert {row["publisher"] for row in rows} == {"清湾市财政局"}
    assert "999" in {row["found"] for row in done}


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        *((text, f"'{text}") for text in (*FORMULAS, "\t=1", "\r=1", "\n=1", "＋1", "＠x")),
        *((cell, cell) for cell in ("清湾市=1", "", "'=1", "1", " x", -5, -0.5, None, True)),
    ],
    ids=repr,
)
def test_only_text_that_begins_like_a_formula_is_changed(cell: object, written: object) -> None:
    assert defuse(cell) == written


def test_a_table_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match=r"none/a.csv cannot be written: No such file"):
        write_csv(tmp_path / "none" / "a.csv", ["a"], [])
    write_csv(tmp_path / "a.csv", ["a"], [["\ud83d半"]])
    assert (tmp_path / "a.csv").read_bytes() == "\ufeffa\r\n?半\r\n".encode()


WRONG: list[tuple[list[str], str]] = [
    (["acknowledge", "00000000", "--note", "x"], "no finding has the id 00000000"),
    (["acknowledge", "0000", "--note", "x"], "'0000' is no id of a finding"),
    (["acknowledge", "{id}", "--note", " "], "the note of an acknowledgement is empty"),
    (["acknowledge", "{id}", "--note", "x", "--by", ""], "--by NAME"),
    (["acknowledge", "{id}"], "--note"),
    (["acknowledge", "--note", "x"], "ID"),
    (["reopen", "{id}", "fffffff0"], "no finding has the id fffffff0"),
    (["--year", "2023", "reopen", "{id}"], "reopen takes ids"),
    (["--all", "--acknowledged"], "--acknowledged"),
    (["--csv", "a.csv", "--json"], "--csv"),
    (["--csv", "none/a.csv"], "none/a.csv cannot be written"),
    (["--division", "吉林"], "0 divisions are called 吉林"),
]


def test_wrong_usage_is_one_sentence_and_changes_nothing(check: Here) -> None:
    (first, *_) = ids(check("--json").lines)
    for arguments, says in WRONG:
        ran = check(*(first if each == "{id}" else each for each in arguments))
        assert one_sentence(ran, says), (arguments, ran)
    assert "0 acknowledged" in check().err


def test_who_acknowledges_must_be_known(check: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    (first, *_) = ids(check("--json").lines)
    for name in (" ", ""):
        monkeypatch.setenv("USER", name)
        assert one_sentence(check("acknowledge", first, "--note", "x"), "set $USER")
    monkeypatch.delenv("USER")
    assert one_sentence(check("acknowledge", first, "--note", "x"), "set $USER")


def colliding(line: FindingLine) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two findings beside this one of which the ids begin with the same eight letters; a hundred thousand tries or so."""
    seen: dict[str, dict[str, Any]] = {}
    for number in count():
        facts = {"rule": "table.odd", "severity": "info", "message": "odd", "found": number}
        beginning = replace(line, finding=facts).id[:8]
        if beginning in seen:
            return seen[beginning], facts
        seen[beginning] = facts
    raise AssertionError("numbers do not end")


def test_an_ambiguous_id_is_one_sentence_and_the_table_shows_longer_ones(check: Here) -> None:
    with Archive.open(check.folder / "xxgk-archive", write=True) as archive, archive.writing() as session:
        query = select(Report.version_id).where(Report.report_year == 2023)
        version_id = session.scalars(query).one()
        (line, *_) = iterate(archive, Wanted(year=2023))
        for place, facts in enumerate(colliding(line)):
            row = {"version_id": version_id, "position": 900 + place, "line": dump_json(facts)}
            session.execute(insert(FindingRow).values(**row, rule="table.odd", severity="info"))
    one, other = (line["id"] for line in check("--rule", "table", "--json").lines)
    assert one != other
    assert one[:8] == other[:8]
    told = check("acknowledge", one[:8], "--note", "x")
    assert one_sentence(told, f"2 findings have ids that begin with {one[:8]}: write more of one"), told.err
    table = check("--rule", "table").out
    shown = [line.split()[0] for line in table.splitlines() if "table.odd" in line]
    assert len(set(shown)) == 2
    assert check("acknowledge", shown[0], "--note", "x").status == 0


HOSTILE = ["\x1b[2J\x1b]0;清屏\x07", "[bold]x[/bold] [link=http://a]", "\u202e一\n二\t三", "'; --"]


def test_a_hostile_note_is_shown_as_it_is_and_commands_no_terminal(check: Here) -> None:
    (first, *_) = ids(check("--json").lines)
    for note in HOSTILE:
        assert check("acknowledge", first, f"--note={note}").status == 0
        for options in (["--acknowledged"], ["--acknowledged", "--json"]):
            ran = check(*options)
            assert not set(ran.out) & set("\x1b\x07\u202e\t")
            assert note.splitlines()[0].lstrip("\x1b\u202e")[:3] in ran.out


# Across years, versions and governments


def keep_years(folder: Path) -> None:
    """Two years of a department between which a chain breaks, and its government, which states less."""
    with Archive.open(folder / "xxgk-archive", create=True, write=True) as archive:
        for year, cells in ((2022, {"requests.carried_out.total": 5}), (2023, {"requests.carried_in.total": 4})):
            file(archive, "永吉县财政局", year, cells, scope="220221")
        file(archive, "永吉县人民政府", 2023, {"requests.carried_in.total": 3}, scope="220221")


def test_what_two_reports_say_of_each_other_is_listed_beside_their_own_findings(check: Here) -> None:
    keep_years(check.folder)
    everything = check("--json").lines
    across = {line["rule"]: line for line in everything if "rests_on" in line}
    assert {"requests.balance", *across} <= {line["rule"] for line in everything}
    assert across.keys() == {"chain.requests", "hierarchy.maximum", "hierarchy.sum"}
    for rule, known in across.items():
        (line,) = check("--rule", rule, "--json").lines
        assert line == known
        assert check("--rule", rule.partition(".")[0], "--json").lines[0]["rule"].startswith(rule.partition(".")[0])
    chain, largest = across["chain.requests"], across["hierarchy.maximum"]
    assert chain["rests_on"]["figures"]["2022"] == {"requests.carried_out.total": 5}
    assert largest["rests_on"]["largest"]["publisher"] == "永吉县财政局"
    assert "1 of 1 subordinates archived, the roster is not known to be complete" in largest["message"]
    assert check("acknowledge", chain["id"][:8], "--note", "核对过原文").status == 0
    assert check("--rule", "chain").status == 0


def test_governments_are_listed_with_what_they_rest_on(check: Here) -> None:
    keep_years(check.folder)
    ran = check.run("hierarchy", "--year", "2023", "--json")
    judged = {line["figure"]: (line["found"], line["sum"], line["hierarchy.sum"]) for line in ran.lines}
    assert ran.status == 1
    assert judged["requests.carried_in.total"] == (3, 4, "fails")
    assert judged["requests.new.total"] == (None, 0, "cannot be judged")
    assert "2 fail, 0 hold, 6 cannot be judged" in ran.err
    table = check.run("hierarchy", "永吉县人民政府")
    assert all(word in table.out for word in ("永吉县人民政府", "4 FAILS", "1 of 1", "0 of 1", "perhaps not all"))
    assert check.run("hierarchy", "--division", "110000").status == 0
    written = check.folder / "g.csv"
    assert check.run("hierarchy", "--csv", str(written)).status == 1
    with written.open(encoding="utf-8-sig", newline="") as table_of:
        assert [row["found"] for row in csv.DictReader(table_of)] == ["", "3", "", ""]
    assert one_sentence(check.run("hierarchy", "--csv", str(written), "--json"), "without --json")
