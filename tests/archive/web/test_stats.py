"""The pages of statistics: the numbers of the command, and charts whose every point is one of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from archive.panels.drawing import draw
from archive.panels.groups import Asked, By
from archive.panels.panels import panels
from archive.store import Archive
from archive.web.drawing.panels import Chart, TooMuch, chart
from archive.web.drawing.scales import scale
from tests.archive.conftest import Clock
from tests.archive.handmade import CITY, FINANCE, REPORTS, archived, printed
from tests.archive.web.site import Site, opened
from tests.crawler.commands import Here

PANELS = list(panels())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of agencies of three divisions, with blanks, in two years that do not follow each other."""
    folder = tmp_path_factory.mktemp("stats")
    with Archive.open(folder, create=True, write=True, clock=Clock()) as archive:
        archived(archive, REPORTS)
        archived(archive, [(CITY, FINANCE, 2020, printed(requests__new__total=7, requests__new__natural_person=7))])
    return folder


@pytest.fixture(scope="module")
def counted(kept: Path) -> Iterator[Site]:
    """A visitor of it."""
    with opened(kept) as site:
        yield site


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kept: Path) -> Here:
    """The command, asked of the same archive."""
    return Here(capsys, monkeypatch, kept.parent, "--archive", str(kept), "stats", "--language", "zh")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_panels_stand_as_cards(counted: Site, language: str) -> None:
    page = counted.get("/stats", lang=language)
    assert [each.get("href") for each in page.css(".cards h2 a")] == [f"/stats/{name}" for name in PANELS]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", PANELS)
def test_every_panel_opens_and_its_picture_has_its_numbers(counted: Site, name: str, language: str) -> None:
    page = counted.get(f"/stats/{name}", lang=language)
    rows = counted.json(f"/api/v1/stats/numbers?panel={name}")["rows"]
    assert len(page.css("tbody tr")) == min(50, max(1, len(rows)))
    drawn = [row for row in rows if row["value"] is not None]
    assert len(page.css(".chart .dot")) == len(drawn)
    assert len(page.css(".chart .dot title")) == len(drawn)
    for picture in page.css(".chart svg"):
        assert picture.get("aria-label")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("panel=received", ("received",)),
        ("panel=applicants&by=kind", ("applicants", "--by", "kind")),
        ("panel=applicants&by=division&by=year", ("applicants", "--by", "division", "--by", "year")),
        ("panel=disclosure_rate&from=2023", ("disclosure_rate", "--from", "2023")),
        ("panel=received&division=吉林省&by=division", ("received", "--division", "吉林省", "--by", "division")),
        ("panel=received&kind=street&consistent=true", ("received", "--kind", "street", "--consistent")),
        ("panel=on_time&by=year&by=kind", ("on_time", "--by", "year", "--by", "kind")),
        (
            "panel=received&of=governments&level=prefecture",
            ("received", "--of", "governments", "--level", "prefecture"),
        ),
    ],
)
def test_the_numbers_are_those_of_the_command(counted: Site, here: Here, asked: str, told: tuple[str, ...]) -> None:
    if "on_time" in told:
        told, asked = (*told, "--as-of", "2024-06-01"), f"{asked}&as_of=2024-06-01"
    ours = counted.raw(f"/api/v1/stats/numbers?{asked}&limit=500").json()["rows"]
    theirs: list[dict[str, Any]] = here(*told, "--json").lines
    assert [{name: row[name] for name in theirs[0]} for row in ours] == theirs
    table = counted.raw(f"/stats/numbers.csv?{asked}").text
    assert list(csv.reader(StringIO(table.removeprefix("\ufeff")))) == list(
        csv.reader(StringIO(here(*told, "--csv", "-").out))
    )


def test_the_panels_are_listed_as_the_command_lists_them(counted: Site, here: Here) -> None:
    assert counted.json("/api/v1/stats?limit=500")["rows"] == here("--json").lines


def test_each_number_says_what_it_rests_on_and_why_it_does_not(counted: Site) -> None:
    page = counted.get("/stats/applicants?from=2023&to=2023", lang="en")
    table = page.table("New requests by class of applicant")
    assert table[0] == ["Report year", "Series", "Value", "Rests on", "Sums failing", "Left out"]
    assert table[1] == ["2023", "natural persons", "13", "2", "0", "blank 1"]
    assert "未计入" in counted.get("/stats/applicants").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stats/nothing", 404),
        ("/stats/received?division=999999", 400),
        ("/stats/received?kind=ministry", 400),
        ("/stats/received?of=all", 400),
        ("/stats/received?level=county", 400),
        ("/stats/received?as_of=2024-04-01", 400),
        ("/stats/on_time?consistent=true", 400),
        ("/stats/received?from=abc", 422),
        ("/stats/received?by=town", 422),
        ("/stats/on_time?as_of=9999-12-31", 422),
        ("/stats/on_time?as_of=0001-01-01", 422),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_cannot_be_asked_is_told(counted: Site, path: str, status: int, language: str) -> None:
    page = counted.get(path, lang=language, status=status)
    assert status != 400 or len(page.texts("[role=alert]")) == 1


def test_what_a_form_sends_empty_asks_for_nothing(counted: Site) -> None:
    empty = "from=&to=&division=&kind=&of=&level="
    assert counted.get(f"/stats/received?{empty}").texts("td") == counted.get("/stats/received").texts("td")


def drawing(folder: Path, name: str, *by: By, division: str | None = None) -> Chart | None:
    with Archive.open(folder) as archive:
        asked = Asked(division=division, by=by or (By.YEAR,))
        return chart(draw(archive, panels()[name], asked), "en", str, str)


def test_a_year_without_a_number_is_a_gap_and_not_a_line(kept: Path, tmp_path: Path) -> None:
    found = drawing(kept, "applicants")
    assert found is not None
    (field,) = found.fields
    assert [mark.label for mark in field.across] == ["2020", "2022", "2023"]
    with Archive.open(tmp_path, create=True, write=True, clock=Clock()) as archive:
        blank = printed(requests__new__natural_person="")
        cells = {2020: printed(), 2021: printed(), 2022: blank, 2023: printed()}
        archived(archive, [(CITY, FINANCE, year, each) for year, each in cells.items()])
    gapped = drawing(tmp_path, "applicants")
    assert gapped is not None
    for line in gapped.fields[0].lines:
        assert len(line.points) == 3
        assert [len(run.split()) for run in line.strokes] == [2]


def test_lines_differ_by_more_than_their_colour(counted: Site) -> None:
    page = counted.get("/stats/applicants")
    looks = {
        (each.cssselect(".stroke")[0].get("stroke-dasharray"), each.cssselect(".dot")[0].get("d"))
        for each in page.css(".legend g")
    }
    assert len(looks) == len(page.css(".legend li")) == 7


def test_bars_stand_in_fields_of_their_own_and_a_number_beside_each(counted: Site) -> None:
    page = counted.get("/stats/disclosure_rate?by=kind", lang="en")
    assert [each.text for each in page.css(".chart figcaption")] == [
        series.label["en"] for series in panels()["disclosure_rate"].series
    ]
    for figure in page.css(".chart figure"):
        assert len(figure.cssselect(".bar")) == len(figure.cssselect(".count")) > 0


def test_a_chart_of_too_much_is_left_to_the_table(kept: Path) -> None:
    with pytest.raises(TooMuch):
        drawing(kept, "refusals", By.YEAR, By.DIVISION, division="220000")


def test_years_of_several_places_are_fields_with_one_scale(kept: Path) -> None:
    found = drawing(kept, "received", By.DIVISION, By.YEAR, division="220000")
    assert found is not None
    assert [field.title for field in found.fields] == ["220100", "220200"]
    assert len({field.up for field in found.fields}) == 1


def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    with Archive.open(tmp_path, create=True):
        pass
    assert drawing(tmp_path, "received") is None
    with opened(tmp_path) as site:
        for name in PANELS:
            assert "No report that counts here" in site.get(f"/stats/{name}", lang="en").text


@pytest.mark.parametrize(
    ("largest", "whole", "marks"),
    [
        (0, True, [0, 1]),
        (1, True, [0, 1]),
        (3, True, [0, 1, 2, 3]),
        (4, True, [0, 1, 2, 3, 4]),
        (7, True, [0, 2, 4, 6, 8]),
        (10, True, [0, 3, 6, 9, 12]),
        (186, True, [0, 50, 100, 150, 200]),
        (1_000_000, True, [0, 250_000, 500_000, 750_000, 1_000_000]),
        (1, False, [0, 0.25, 0.5, 0.75, 1]),
        (0.031, False, [0, 0.01, 0.02, 0.03, 0.04]),
    ],
)
def test_an_axis_begins_at_nought_and_ends_at_a_round_number(
    largest: float, *, whole: bool, marks: list[float]
) -> None:
    assert scale(largest, whole=whole).marks() == pytest.approx(marks)
