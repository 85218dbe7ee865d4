"""``xxgk stats`` as its users run it: tables, lines, CSV and charts, each number with what it rests on."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

from archive.panels.drawing import draw
from archive.panels.panels import panel, panels
from archive.store import Archive
from crawler import charts
from tests.archive.handmade import CITY, FAR, QUIET, REPORTS, archived
from tests.crawler.commands import Here, Ran, xxgk

pytest.importorskip("matplotlib", reason="the extra `charts` is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of six reports."""
    folder = tmp_path_factory.mktemp("stats")
    with Archive.open(folder / "xxgk-archive", create=True, write=True) as archive:
        archived(archive, [*REPORTS, (FAR, "=1+1局", 2023, QUIET)])
    return folder


@pytest.fixture
def stats(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Here:
    return Here(capsys, monkeypatch, folder, "stats")


def texts(file: Path) -> list[str]:
    return ["".join(found.itertext()) for found in ET.parse(file).iter("{http://www.w3.org/2000/svg}text")]


def one_sentence(ran: Ran, says: str) -> bool:
    return (ran.status, ran.out, len(ran.err.strip().splitlines())) == (2, "", 1) and says in ran.err


def test_without_a_name_the_panels_are_listed(stats: Here) -> None:
    listed = stats()
    assert (listed.status, [name for name in panels() if name not in listed.out]) == (0, [])
    lines = stats("--json", "--language", "zh").lines
    assert [line["panel"] for line in lines] == list(panels())
    assert (lines[1]["series"][0], lines[1]["first_year"]) == ({"series": "natural_person", "label": "自然人"}, 2019)


def test_years_stand_side_by_side_with_the_reports_they_rest_on(stats: Here) -> None:
    ran = stats("applicants", "--division", "22")
    rows = [line.split() for line in ran.out.splitlines()]
    assert (ran.status, rows.count(["2022", "2023"])) == (0, 1)
    assert ["natural", "persons", "5", "13"] in rows
    assert ["reports", "1", "2"] in rows
    assert "1 blank" in ran.out
    assert "the column 总计 as printed" in ran.err
    assert "not of governments, whose reports repeat them" in ran.err
    assert "1 of the class government" in ran.err


def test_a_line_of_json_says_all_of_a_number(stats: Here) -> None:
    ran = stats(
        "disclosure_rate", "--from", "2023", "--division", "吉林省", "--by", "year", "--by", "division", "--json"
    )
    (line,) = [one for one in ran.lines if one["series"] == "granted" and one["division"] == CITY]
    assert line == {
        "panel": "disclosure_rate", "series": "granted", "label": "granted", "year": 2023, "division": CITY,
        "division_name": "吉林省长春市", "kind": None, "of": "agencies", "level": None, "first_year": 2023, "last_year": 2023,
        "value": 0.3, "unit": "share of the requests handled", "numerator": 3, "denominator": 10, "mean": None, "reports": 1,
        "identities_failing": 0, "identities_unjudged": 0, "left_out": {},
    }  # fmt: skip
    empty = stats("received", "--from", "2024", "--json")
    assert (empty.status, empty.lines) == (0, [])
    assert "no report that counts here is in the archive" in empty.err


def test_a_spreadsheet_has_a_column_to_each_reason(stats: Here, folder: Path) -> None:
    printed = stats("applicants", "--by", "kind", "--csv", "-")
    rows = list(csv.DictReader(StringIO(printed.out)))
    found = {(row["kind"], row["series"]): row for row in rows}
    street = found["street", "total"]
    assert (street["value"], street["reports"], street["left_out_blank"], street["left_out_dash"]) == (
        "",
        "0",
        "1",
        "0",
    )
    assert (found["department", "total"]["value"], found["department", "total"]["mean"]) == ("25", "6.25")
    written = stats("applicants", "--by", "kind", "--csv", "applicants.csv")
    assert written.out == ""
    assert f"{len(rows)} rows are in applicants.csv" in written.err
    file = folder / "applicants.csv"
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(csv.DictReader(StringIO(file.read_text(encoding="utf-8-sig")))) == rows


WRONG: list[tuple[list[str], str]] = [
    (["weather"], "there is no panel weather"),
    (["applicants", "--of", "all"], "ask of agencies or of governments"),
    (["applicants", "--kind", "ministry"], "ministry is no class of publishers"),
    (["applicants", "--division", "99"], "no division has the code 99"),
    (["applicants", "--division", "乌有市"], "0 divisions are called 乌有市"),
    (["applicants", "--as-of", "2024-01-01"], "leave --as-of away"),
    (["proactive_2021", "--consistent"], "leave --consistent away"),
    (["applicants", "--json", "--csv", "-"], "give one of them"),
    (["applicants", "--chart", "a.pdf"], "end it with .svg or .png"),
    (["received", "--from", "2024", "--chart", "a.svg"], "there is no report to draw a chart of"),
    (["refusals", "--by", "year", "--by", "kind", "--chart", "a.svg"], "do not fit one chart"),
    (["applicants", "--chart", "nowhere/a.svg"], "cannot be written"),
]


@pytest.mark.parametrize(("arguments", "says"), WRONG)
def test_what_cannot_be_done_is_told_in_one_sentence(stats: Here, arguments: list[str], says: str) -> None:
    assert one_sentence(stats(*arguments), says)


CHARTS: list[tuple[list[str], list[str]]] = [
    (["applicants"], ["natural persons", "2023", "n = 3", "report year", "requests"]),
    (
        ["disclosure_rate", "--consistent"],
        ["granted or partly granted", "%", "Only reports of which the form's own sums hold."],
    ),
    (["refusals"], ["state secret", "confirmation asked for", "n = 1 (2022), 3 (2023)"]),
    (["proactive_2021"], ["normative documents made", "(n = 1–3)"]),
    (
        ["applicants", "--by", "division", "--language", "zh"],
        ["自然人", "吉林省  (n = 3)", "广东省  (n = 1)", "新收申请：按申请人"],
    ),
    (["proactive_2021", "--by", "kind"], ["street", "licences decided (n =", "1–4)"]),
    (["handling", "--by", "kind", "--by", "year"], ["department", "n = 1–3", "handled otherwise"]),
    (["on_time", "--by", "division", "--as-of", "2024-06-01"], ["withdrawn", "吉林省  (n = 5)"]),
    (["received", "--of", "governments", "--level", "prefecture", "--division", "22"], ["requests · 2023 · 吉林省"]),
]


@pytest.mark.parametrize(("arguments", "said"), CHARTS)
def test_a_chart_says_what_it_shows_and_what_it_rests_on(
    stats: Here, folder: Path, arguments: list[str], said: list[str]
) -> None:
    assert stats(*arguments, "--chart", "chart.svg").status == 0
    first, written = (folder / "chart.svg").read_bytes(), texts(folder / "chart.svg")
    whole = " ".join(written)
    assert [part for part in said if part not in whole] == []
    assert "xxgk" in whole
    assert "Noto Sans CJK SC" in first.decode()
    stats(*arguments, "--chart", "chart.svg")
    assert (folder / "chart.svg").read_bytes() == first


def test_many_years_have_their_counts_in_the_last_lines(tmp_path: Path) -> None:
    years = range(2014, 2025)
    with Archive.open(tmp_path / "archive", create=True, write=True) as archive:
        archived(archive, [(CITY, f"清湾市第{number}局", year, QUIET) for number in (1, 2) for year in years])
        drawn = draw(archive, panel("received"))
    charts.plot(tmp_path / "a.svg", drawn, "en", str)
    assert "n = 2 (2014), 2 (2015)" in " ".join(texts(tmp_path / "a.svg"))
    assert all(str(year) in texts(tmp_path / "a.svg") for year in years)


def test_a_picture_is_the_same_every_time(stats: Here, folder: Path) -> None:
    for name in ("one.png", "two.png"):
        assert stats("disclosure_rate", "--chart", name).status == 0
    assert (folder / "one.png").read_bytes() == (folder / "two.png").read_bytes()
    assert (folder / "one.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_never_shows_boxes_for_chinese(
    stats: Here, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fonts: list[str] = []
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: fonts)
    asked = ("received", "--by", "division", "--division", "22", "--chart", "chinese.png")
    assert one_sentence(stats(*asked), "no font of this machine has the Chinese of this chart")
    fonts += [str(font(tmp_path / "NotoSansCJK-half.ttf", "吉林长春")), str(tmp_path / "wqy-gone.ttf")]
    assert one_sentence(stats(*asked), "install one, as Noto Sans CJK")
    fonts.append(str(font(tmp_path / "NotoSansSC-whole.ttf", "吉林省长春市")))
    assert stats(*asked).status == 0
    assert (folder / "chinese.png").stat().st_size > 5000


def font(file: Path, characters: str) -> Path:
    """A font that has these characters, as boxes."""
    names = [".notdef", *(f"uni{ord(sign):04X}" for sign in characters)]
    pen = TTGlyphPen(None)
    for x, y in ((0, 0), (0, 800), (800, 800)):
        (pen.moveTo if (x, y) == (0, 0) else pen.lineTo)((x, y))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(sign): name for sign, name in zip(characters, names[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(names, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": file.stem, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(str(file))
    return file


def test_without_matplotlib_the_extra_is_named(stats: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    assert one_sentence(stats("received", "--chart", "a.svg"), "the extra `charts` has it")
    assert stats("received").status == 0


def test_more_than_a_chart_holds_is_refused(stats: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "MOST_BARS", 1)
    monkeypatch.setattr(charts, "MOST_FIELDS", 1)
    assert one_sentence(stats("received", "--by", "division", "--chart", "a.svg"), "2 bars do not fit one chart")
    both = stats("received", "--by", "division", "--by", "year", "--chart", "a.svg")
    assert one_sentence(both, "2 fields do not fit one chart")


def test_the_program_itself_says_numbers_on_standard_output_only(folder: Path) -> None:
    ran = xxgk("stats", "received", "--json", folder=folder)
    assert (ran.status, [(line["year"], line["value"]) for line in ran.lines]) == (0, [(2022, 5), (2023, 29)])
