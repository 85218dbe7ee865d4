"""``xxgk copies`` as its users run it: what it lists, what it writes, and how it ends."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from archive.deriving.derive import derive
from archive.store import Archive
from archive.study import waiting
from tests.archive.answers import publish, report_page
from tests.archive.notetaking import note_portal
from tests.archive.stories import story, told
from tests.crawler.commands import Here
from tests.papers.paper import paper

PORTAL = "http://xxgk.qingwan.gov.cn/"
FINANCE, AUDIT = "吉林市昌邑区财政局", "吉林市昌邑区审计局"
SAID = [(FINANCE, 2022, 1), (FINANCE, 2023, 1), (AUDIT, 2023, 1), ("吉林市昌邑区水利局", 2023, 2)]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive that nobody has asked yet."""
    folder = tmp_path_factory.mktemp("copies")
    with Archive.open(folder / "xxgk-archive", create=True, write=True) as archive:
        note_portal(archive, None, portal=PORTAL, outcome="ok", detail=None, division="220202")
        for at, (agency, year, seed) in enumerate(SAID):
            prose = {1: (f"\x1b[2J{told(story(seed, 500))}",), 5: (told(story(90 + at, 200)),), 6: ("无。",)}
            item = replace(paper(agency, year, busy=3), prose=prose)
            publish(archive, f"{PORTAL}{at}.html", report_page(item), portal=PORTAL)
        derive(archive)
    return folder


@pytest.fixture
def copies(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kept: Path) -> Here:
    return Here(capsys, monkeypatch, kept, "copies")


def test_what_was_filed_is_read_before_the_question_and_copies_need_attention(copies: Here) -> None:
    ran = copies("--json")
    found = [
        (line["publisher"], line["report_year"], line["against"], line["other"]["report_year"]) for line in ran.lines
    ]
    assert found == [
        (FINANCE, 2023, "years", 2022),
        (FINANCE, 2023, "publishers", 2023),
        (AUDIT, 2023, "publishers", 2023),
    ]
    assert (ran.status, {line["section"] for line in ran.lines}) == (1, {1})
    assert "1 reports repeat an earlier year, 2 stand in another publisher's of the year, by 90% or more" in ran.err
    assert sum(passage["length"] for passage in ran.lines[0]["passages"]) >= 500
    with Archive.open(copies.folder / "xxgk-archive") as archive:
        assert waiting(archive) == 0


def test_it_can_be_narrowed_and_nothing_found_is_no_trouble(copies: Here) -> None:
    assert len(copies("--against", "years", "--json").lines) == 1
    assert len(copies(FINANCE, "--year", "2023", "--json").lines) == 2
    for nothing in (["--year", "2022"], ["--division", "110000"], ["--kind", "township"], ["吉林市昌邑区水利局"]):
        ran = copies(*nothing)
        assert (ran.status, "0 reports repeat" in ran.err) == (0, True)


def test_people_are_shown_a_table_and_the_passages_without_signs_a_terminal_obeys(copies: Here) -> None:
    table = copies("--year", "2023")
    assert all(word in table.out for word in (FINANCE, "100%", "section 1", "its own", "not known", "this one"))
    shown = copies("--year", "2023", "--passages")
    assert told(story(1, 500))[:40] in shown.out
    assert "\x1b" not in shown.out.replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\x1b[2m", "")


def test_a_spreadsheet_gets_every_copy(copies: Here) -> None:
    ran = copies("--csv", "copies.csv")
    with (copies.folder / "copies.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert (ran.status, ran.out, len(lines)) == (1, "", 3)
    assert {name: lines[0][name] for name in ("publisher", "section", "against", "later", "other_year")} == {
        "publisher": FINANCE,
        "section": "1",
        "against": "years",
        "later": "yes",
        "other_year": "2022",
    }
    assert {line["later"] for line in lines[1:]} == {""}


def test_wrong_usage_is_one_sentence(copies: Here) -> None:
    for wrong in (["--share", "0.4"], ["--kind", "shop"], ["--csv", "a.csv", "--json"], ["--division", "吉林"]):
        ran = copies(*wrong)
        assert (ran.status, ran.out, len(ran.err.strip().splitlines())) == (2, "", 1)


def test_check_looks_for_prose_taken_over_where_that_is_narrow_enough(copies: Here) -> None:
    for narrow in (("--rule", "copy"), ("--publisher", FINANCE), ("--division", "220202")):
        ran = copies.run("check", *narrow, "--json")
        assert "copy.text" in {line["rule"] for line in ran.lines}
        assert "--rule copy asks for it" not in ran.err
    everything = copies.run("check", "--json")
    assert "copy.text" not in {line["rule"] for line in everything.lines}
    assert "--rule copy asks for it" in everything.err


def test_a_copy_that_a_person_looked_at_is_open_no_more(copies: Here) -> None:
    found = [line["id"] for line in copies.run("check", "--rule", "copy.text", "--json").lines]
    assert copies.run("check", "acknowledge", found[0][:12], "--note", "同一文本，已核", "--by", "王").status == 0
    assert [line["id"] for line in copies.run("check", "--rule", "copy.text", "--json").lines] == found[1:]
    assert copies.run("check", "reopen", found[0], "--by", "王").status == 0
