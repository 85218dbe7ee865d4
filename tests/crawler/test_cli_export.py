"""``xxgk export`` as its users run it: what it says, what it refuses, and how it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import simplejson

from archive.corpus import lines
from archive.store import Archive
from crawler.cli.export import _moment
from tests.archive.shelved import record, shelve
from tests.crawler.commands import Here


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    with Archive.open(tmp_path / "xxgk-archive", create=True, write=True) as archive:
        shelve(archive, record(2022))
        shelve(archive, record(2023), "临江区人民政府", scope="330102")
    return Here(capsys, monkeypatch, tmp_path, "export", columns=200)


def test_an_export_names_its_files_and_sums_up(run: Here, tmp_path: Path) -> None:
    done = run("out", "--format", "csv", "--json", "--year", "2023", "--division", "浙江省", "--prose")
    assert done.status == 0, done.err
    assert [(line["file"], line["tables"]) for line in done.lines] == [
        ("reports/report_year=2023/province=33/part-0.csv", {"reports": 1}),
        ("figures/report_year=2023/province=33/part-0.csv", {"figures": 10}),
        ("findings/report_year=2023/province=33/part-0.csv", {"findings": 1}),
        ("sections/report_year=2023/province=33/part-0.csv", {"sections": 2}),
        ("publishers/part-0.csv", {"publishers": 1}),
    ]
    assert all((tmp_path / "out" / line["file"]).stat().st_size == line["bytes"] for line in done.lines)
    assert "1 reports in out" in done.err
    assert "3 numbers fit no column and are null there" in done.err
    assert "1 cells are on no form" in done.err
    described = simplejson.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    assert described["xxgk"]["selection"] == {"year": "2023", "division": "330000"}


def test_tables_are_listed_for_people_and_a_spreadsheet_gets_no_figures(run: Here, tmp_path: Path) -> None:
    done = run("out", "--format", "xlsx", "--chinese")
    assert (done.status, [line.split()[0] for line in done.out.splitlines()]) == (
        0,
        ["table", "reports", "findings", "publishers"],
    )
    assert sorted(path.name for path in (tmp_path / "out").glob("*.xlsx")) == [
        "findings.xlsx",
        "publishers.xlsx",
        "reports.xlsx",
    ]
    again = run("out", "--format", "jsonl", "--table", "figures")
    assert (again.status, [line.split()[:2] for line in again.out.splitlines()[1:]]) == (0, [["figures", "20"]])


WRONG: list[tuple[list[str], str]] = [
    (["--table", "heads"], "there is no table heads: name one of reports, figures, findings, sections, publishers"),
    (["--bom"], "--bom is for --format csv"),
    (["--chinese"], "--chinese is for csv and xlsx"),
    (["--kind", "king"], "king is no class of publishers"),
    (["--division", "990000"], "no division has the code 990000"),
    (["--division", "某地"], "0 divisions are called 某地"),
    (["--since", "yesterday"], "'yesterday' is no day and no time"),
    (["--since", "2024-02-30"], "'2024-02-30' is not in the calendar"),
    (["--since", "2024-01-01T99:00"], "is not in the calendar"),
    (["--format", "sas"], "--format"),
]


@pytest.mark.parametrize(("arguments", "says"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_what_cannot_be_done_is_one_sentence_and_writes_nothing(
    run: Here, tmp_path: Path, arguments: list[str], says: str
) -> None:
    done = run("out", *arguments)
    assert (done.status, done.out, len(done.err.strip().splitlines())) == (2, "", 1)
    assert says in done.err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(run: Here, tmp_path: Path) -> None:
    done = run(".")
    assert (done.status, "holds " in done.err, (tmp_path / "xxgk-archive").exists()) == (2, True, True)


def test_a_stopped_export_says_so_and_leaves_nothing(
    run: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lines, "moment", stop)
    done = run("out", "--format", "jsonl")
    assert (done.status, done.out) == (3, "")
    assert "Stopped: nothing of this export is in out" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["xxgk-archive"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-01", datetime(2026, 2, 28, 16, 0, tzinfo=UTC)),
        ("2026-03-01T08:00", datetime(2026, 3, 1, 0, 0, tzinfo=UTC)),
        ("2026-03-01 08:00:30", datetime(2026, 3, 1, 0, 0, 30, tzinfo=UTC)),
        ("2026-03-01T08:00:00Z", datetime(2026, 3, 1, 8, 0, tzinfo=UTC)),
        ("2026-03-01T08:00+02:00", datetime(2026, 3, 1, 6, 0, tzinfo=UTC)),
    ],
)
def test_a_day_begins_in_china_and_a_time_without_a_zone_is_one_there(written: str, moment: datetime) -> None:
    assert _moment(written) == moment
