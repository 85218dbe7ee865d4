"""``xxgk publishers``: lists, tables in and out, and what a person says of two of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.deriving.derive import derive
from archive.store import Archive
from tests.archive import notetaking
from tests.archive.answers import PORTAL, publish, report_page
from tests.crawler.commands import Here
from tests.papers.paper import paper

HEAD = "name,division,aliases,successor,merged_into\n"
FULL, BARE = "220200/吉林市财政局", "220200/财政局"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    """Runs ``xxgk publishers`` in this process, in a folder of its own."""
    return Here(capsys, monkeypatch, tmp_path, "publishers", columns=None)


def write(text: str, encoding: str = "utf-8") -> str:
    Path("list.csv").write_bytes(text.encode(encoding))
    return "list.csv"


def names(run: Here, *arguments: str) -> list[str]:
    return [f"{line['scope']}/{line['name']}" for line in run(*arguments, "--json").lines]


@pytest.fixture
def two(run: Here) -> Here:
    """An archive in which one agency is found under two names, each with a report."""
    with Archive.open(Path("xxgk-archive"), create=True, write=True) as archive:
        notetaking.note_portal(archive, None, portal=PORTAL, outcome=None, detail=None, division="220200")
        for agency, year in (("吉林市财政局", 2022), ("财政局", 2023)):
            item = paper(agency, year)
            publish(archive, f"{PORTAL}{year}.html", report_page(item), title=item.title)
        derive(archive)
    return run


def test_a_table_is_imported_and_listed(run: Here) -> None:
    file = write(f"{HEAD}吉林市财政局,220200,财局,,\n昌邑区财政局,220202,,,\n")
    ran = run("import", file, "--json")
    assert ran.status == 0, ran.err
    assert ran.lines == [
        {"rows": 2, "new": 2, "changed": 0, "known": 0, "merges": 0, "successions": 0, "imported": True, "wrong": []}
    ]
    assert names(run) == [FULL, "220202/昌邑区财政局"]
    assert names(run, "--division", "220202") == ["220202/昌邑区财政局"]
    (shown,) = run("show", "财局", "--json").lines
    assert (shown["name"], shown["class"], shown["known_from"]) == (
        "吉林市财政局",
        "department",
        ["declared", "import"],
    )
    again = run("import", file)
    assert (again.status, "0 new, 0 changed, 2 known before" in again.err) == (0, True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_may_be_written_as_spreadsheets_write_it(encoding: str, run: Here) -> None:
    ran = run("import", write(f"{HEAD}吉林市财政局,220200,,,\r\n", encoding))
    assert ran.status == 0
    assert ("GB18030" in ran.err) == (encoding == "gb18030")
    assert names(run) == [FULL]


def test_every_wrong_row_is_told_and_nothing_is_imported(run: Here) -> None:
    file = write(f'{HEAD}吉林市财政局,220200,,,\n"某\n局",999999,,,\n吉林市审计局,220200,,吉林市统计局,\n')
    ran = run("import", file)
    assert (ran.status, ran.out) == (2, "")
    assert [line.partition(":")[0] for line in ran.err.splitlines()[:2]] == ["list.csv, line 3", "list.csv, line 5"]
    assert "nothing was imported: 2 of 3 rows are wrong" in ran.err
    assert names(run) == []
    skipped = run("import", file, "--skip-wrong")
    assert (skipped.status, "1 new" in skipped.err) == (1, True)
    assert names(run) == [FULL]


def test_a_dry_run_says_what_would_be_and_writes_nothing(two: Here) -> None:
    ran = two("import", write(f"{HEAD}吉林市审计局,220200,,,\n"), "--dry-run")
    assert (ran.status, "nothing was written" in ran.err, "1 new" in ran.err) == (0, True, True)
    assert names(two) == [FULL, BARE]


def test_an_import_that_merges_moves_the_reports_at_once(two: Here) -> None:
    ran = two("import", write(f"{HEAD}财政局,220200,,,吉林市财政局\n吉林市财政局,220200,,,\n"))
    assert ran.status == 0
    assert [line["reports"] for line in two("--json").lines] == [2]


def test_what_is_exported_is_imported_with_its_formulas_undone(run: Here, tmp_path: Path) -> None:
    run("import", write(f"{HEAD}吉林市财政局,220200,=财局;@局,,\n财政局,220200,,,吉林市财政局\n"))
    assert run("export", "out.csv").status == 0
    text = Path("out.csv").read_text(encoding="utf-8-sig")
    assert "'=财局" in text
    Path("xxgk-archive").rename(tmp_path / "before")
    assert run("import", "out.csv").status == 0
    assert run("export", "again.csv").status == 0
    assert Path("again.csv").read_text(encoding="utf-8-sig") == text


def test_a_merger_is_said_once_and_taken_back(two: Here) -> None:
    ran = two("merge", BARE, FULL, "--because", "同一机关", "--json")
    assert ran.status == 0, ran.err
    assert [(line["name"], line["reports"]) for line in ran.lines] == [("吉林市财政局", 2)]
    again = two("merge", BARE, FULL)
    assert (again.status, "nothing changed" in again.err) == (0, True)
    assert names(two, "--merged") == [FULL, BARE]
    assert two("separate", BARE).status == 0
    assert [line["reports"] for line in two("--json").lines] == [1, 1]
    assert "nothing changed" in two("separate", BARE).err


def test_a_succession_is_said_with_its_day(two: Here) -> None:
    ran = two("succeed", BARE, FULL, "--on", "2020-03-01", "--json")
    assert [each["on"] for each in ran.lines[0]["predecessors"]] == ["2020-03-01"]
    assert "nothing changed" in two("succeed", BARE, FULL).err
    (shown,) = two("show", BARE, "--json").lines
    assert (shown["until"], [each["publisher"] for each in shown["successors"]]) == ("2020-02-29", [FULL])


def test_a_publisher_is_declared_and_given_another_name(run: Here) -> None:
    ran = run("declare", "吉林市数据局", "--division", "220200", "--class", "office", "--since", "2024-01-15", "--json")
    assert (ran.status, ran.lines[0]["class"], ran.lines[0]["since"]) == (0, "office", "2024-01-15")
    assert run("alias", "吉林市数据局", "吉林市大数据局", "--json").lines[0]["aliases"] == ["吉林市大数据局"]
    assert "nothing changed" in run("alias", "吉林市大数据局", "吉林市大数据局").err
    assert names(run) == ["220200/吉林市数据局"]


def test_duplicates_name_the_command_that_a_person_types(two: Here) -> None:
    ran = two("duplicates")
    assert f"  xxgk publishers merge {BARE} {FULL}" in ran.out.splitlines()
    assert "  + their years do not overlap" in ran.out.splitlines()
    assert [(each["kind"], each["reason"]) for each in two("duplicates", "--json").lines] == [("merge", "short")]
    assert two("merge", BARE, FULL).status == 0
    assert two("duplicates").out == ""


def test_tables_for_people_name_publishers_and_sources(two: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    listed = two().out
    assert "吉林市财政局" in listed
    assert "1 (2022)" in listed
    shown = two("show", FULL).out
    assert f"{PORTAL}2022.html" in shown.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["merge", FULL, "吉林市财政局"], "are the same publisher"),
        (["merge", FULL, "吉林市审计局"], "no publisher is called 吉林市审计局"),
        (["succeed", FULL, FULL], "nobody succeeds itself"),
        (["separate", "吉林市审计局"], "no publisher is called"),
        (["alias", FULL, "财政局"], "财政局 is a publisher by itself"),
        (["declare", "吉林市审计局", "--division", "999999"], "999999 is unknown"),
        (["show", "财政局局"], "no publisher is called"),
        (["import", "nothing.csv"], "nothing.csv cannot be read"),
        (["import", "empty.csv"], "empty.csv is empty"),
        (["import", "strange.csv"], "'town' is not known"),
        (["import", "broken.csv"], "is no CSV"),
        (["import", "bytes.csv"], "neither UTF-8 nor GB18030"),
        (["--kind", "bureau"], "'bureau' is no class"),
        (["--division", "999999"], "999999 is unknown"),
        (["--kind", "office", "show", FULL], "goes without show"),
        (["export", "nowhere/out.csv"], "cannot be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_one_sentence_and_exit_status_2(arguments: list[str], says: str, two: Here) -> None:
    Path("empty.csv").write_text("\n", encoding="utf-8")
    Path("strange.csv").write_text("name,town\n", encoding="utf-8")
    Path("broken.csv").write_text('name\n"a"b"\n', encoding="utf-8")
    Path("bytes.csv").write_bytes(b"name\n\xff\xfe\xff")
    ran = two(*arguments)
    assert (ran.status, ran.out, len(ran.err.strip().splitlines())) == (2, "", 1)
    assert says in ran.err


def test_who_was_merged_the_other_way_round_is_told_what_to_undo(two: Here) -> None:
    assert two("merge", BARE, FULL).status == 0
    ran = two("merge", FULL, BARE)
    assert (ran.status, f"`xxgk publishers separate {BARE}` first" in ran.err) == (2, True)


def test_who_came_before_cannot_come_after(two: Here) -> None:
    assert two("succeed", BARE, FULL).status == 0
    ran = two("succeed", FULL, BARE)
    assert (ran.status, "came after" in ran.err) == (2, True)
