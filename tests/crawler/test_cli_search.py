"""``xxgk search`` as its users run it: what it shows, what it says beside it, and how it ends."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive import database
from archive.deriving.derive import derive
from archive.store import Archive
from tests.archive.answers import publish, report_page
from tests.archive.notetaking import note_portal
from tests.crawler.commands import Here
from tests.papers.changes import in_section
from tests.papers.paper import paper


def keep(folder: Path) -> None:
    """Reports of two divisions of one province, each with a word that nobody else has."""
    with Archive.open(folder / "xxgk-archive", create=True, write=True) as archive:
        for year, division, text in (
            (2022, "220100", "设立鹦鹉馆，鹦 鹉三只。"),
            (2023, "220202", "鹦鹉\x1b[31m与ＡＰＩ。"),
        ):
            portal = f"http://www.qingwan.gov.cn/{division}/"
            note_portal(archive, None, portal=portal, outcome="ok", detail=None, division=division)
            item = in_section(paper("清湾市财政局", year), 5, text)
            publish(archive, f"{portal}1.html", report_page(item), portal=portal, column=f"{portal}c/")
        derive(archive)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    keep(folder)
    return folder


@pytest.fixture
def search(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: Path) -> Here:
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return Here(capsys, monkeypatch, tmp_path, "search")


def test_hits_are_shown_newest_first_with_their_place_and_a_snippet(search: Here) -> None:
    ran = search("鹦鹉")
    assert ran.status == 0
    first, snippet, second, other = ran.out.splitlines()
    assert first.startswith("2023  清湾市财政局")
    assert "section 5 存在的主要问题及改进情况" in first
    assert "鹦鹉" in snippet
    assert "\x1b" not in ran.out
    assert (second.startswith("2022"), "2 times" in second, "鹦 鹉" in other) == (True, True, True)
    assert "2 sections have these words" in ran.err


def test_a_line_of_json_has_the_place_of_every_word(search: Here) -> None:
    (line,) = search("鹦鹉 api", "--json").lines
    assert (line["section"], line["report_year"], line["state"], line["current"]) == (5, 2023, "published", True)
    assert [line["snippet"][start:end] for start, end in line["marks"]] == ["鹦鹉", "ＡＰＩ"]
    assert line["division"] == "吉林省吉林市昌邑区"


@pytest.mark.parametrize(
    ("arguments", "years"),
    [
        (["鹦鹉", "--year", "2022"], [2022]),
        (["鹦鹉", "--division", "2202"], [2023]),
        (["鹦鹉", "--division", "吉林省"], [2023, 2022]),
        (["鹦鹉", "--section", "4", "--section", "5"], [2023, 2022]),
        (["鹦鹉", "--section", "4"], []),
        (["鹦鹉 -api"], [2022]),
        (["鹦鹉", "三只"], [2022]),
        (["鹦鹉", "--kind", "township"], []),
        (["鹦鹉", "--publisher", "清湾市财政局", "--limit", "1"], [2023]),
        (["鹦鹉", "--versions", "--limit", "0"], [2023, 2022]),
    ],
)
def test_options_narrow_what_is_found(search: Here, arguments: list[str], years: list[int]) -> None:
    ran = search(*arguments, "--json")
    assert (ran.status, [line["report_year"] for line in ran.lines]) == (0, years)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["　"], "nothing is looked for"),
        (['""'], "nothing is looked for"),
        (["鹦鹉", "--kind", "zoo"], "zoo is no class of publishers"),
        (["鹦鹉", "--division", "鸟市"], "0 divisions are called 鸟市"),
        (["鹦鹉", "--division", "123"], "no division has the code 123"),
        (["鹦鹉", "--section", "7"], "Input should be less than or equal to 6"),
        (["鹦鹉", "--publisher", "220202/鸟局"], "no publisher is called 220202/鸟局"),
        (["--", "-鹦鹉"], "only what must not be there"),
    ],
)
def test_wrong_usage_is_one_sentence(search: Here, arguments: list[str], says: str) -> None:
    ran = search(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert says in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_how_many_there_are_is_said_when_not_all_are_shown(search: Here) -> None:
    assert "2 sections have these words, the first 1 are shown" in search("鹦鹉", "--limit", "1").err
    assert "no section has these words" in search("鹉鹦").err


def test_an_archive_that_another_writes_to_is_searched_as_far_as_it_was_read(
    search: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.1)
    with Archive.open(search.folder / "xxgk-archive", write=True) as archive:
        with archive.writing():
            before = search("鹦鹉")
        assert (before.status, before.out) == (0, "")
        assert "2 versions are not read for the indexes yet and left out: " in before.err
        assert len(search("鹦鹉", "--json").lines) == 2
        with archive.writing():
            after = search("鹦鹉", "--json")
        assert (after.status, len(after.lines), "not read" in after.err) == (0, 2, False)
