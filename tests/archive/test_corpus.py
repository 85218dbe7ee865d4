"""The corpus handed on: what it says, and that it is never half there."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.corpus import exporting, separated
from archive.corpus.columns import PLACES, table
from archive.corpus.exporting import export
from archive.corpus.labels import figure_labels
from archive.corpus.selection import Wanted
from archive.corpus.values import decimal, whole
from archive.corpus.writing import as_text
from archive.errors import ArchiveError
from archive.figures import TABLES
from archive.findings.lines import acknowledge, iterate
from archive.store import Archive
from parser.forms import form
from parser.record import State
from tests.archive.conftest import Clock
from tests.archive.shelved import (
    ALL,
    AMOUNT,
    HUGE,
    files,
    fill,
    filled,
    jsonl,
    record,
    rows_of,
    shelve,
)

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """A filled archive, on SQLite: the writers know no database. Nobody changes it."""
    with filled(tmp_path_factory.mktemp("full")) as archive:
        yield archive


# The columns


def test_every_figure_of_the_record_has_a_column_with_its_label_on_the_form() -> None:
    keys = {label.key for label in figure_labels()}
    for name in TABLES:
        printed = form(name)
        rows = {f"{name}.{row}" for row in printed.row_names}
        assert rows <= {key.rpartition(".")[0] for key in keys}
    assert {label.key: label.title for label in figure_labels()}[
        "requests.new.total"
    ] == "表三·本年新收政府信息公开申请数量·总计"
    assert sum(key.startswith("disclosure.") for key in keys) == 28
    assert "disclosure.published.total" in keys


@pytest.mark.parametrize("name", ALL)
def test_names_and_titles_tell_columns_apart_and_every_column_is_described(name: str) -> None:
    columns = table(name).columns
    assert len({column.name for column in columns}) == len({column.title for column in columns}) == len(columns)
    assert all(column.description.endswith(".") for column in columns)
    assert {column.name for column in columns} >= set(table(name).key)


NUMBERS: list[tuple[Any, Any, Any]] = [
    (0, 0, 0),
    (-4, -4, -4),
    (Decimal("21.0"), 21, Decimal("21.0")),
    (Decimal("2.1E+2"), 210, Decimal(210)),
    (AMOUNT, None, AMOUNT),
    (2**63 - 1, 2**63 - 1, 2**63 - 1),
    (2**63, None, 2**63),
    (10**28, None, None),
    (Decimal("0.0000000001"), None, Decimal("0.0000000001")),
    (Decimal("0.00000000001"), None, None),
    (Decimal("1.00000000000"), 1, Decimal(1)),
    (Decimal("1E+400"), None, None),
    (Decimal("NaN"), None, None),
]


@pytest.mark.parametrize(("value", "as_whole", "as_decimal"), NUMBERS)
def test_a_number_fits_a_column_exactly_or_not_at_all(value: Any, as_whole: Any, as_decimal: Any) -> None:
    assert (whole(value), decimal(value)) == (as_whole, as_decimal)


@given(st.decimals(allow_nan=False, allow_infinity=False) | st.integers())
def test_no_number_is_ever_rounded(value: Any) -> None:
    for fitting in (whole(value), decimal(value)):
        assert fitting is None or fitting == value
    if abs(value) < 10**6 and value == round(Decimal(value), PLACES):
        assert decimal(value) is not None


# What is handed on, on both databases


def test_reports_and_figures_say_what_the_records_say(archive: Archive, tmp_path: Path) -> None:
    first, *_ = fill(archive)
    done = jsonl(archive, tmp_path / "out", Wanted(), *ALL)
    reports = rows_of(tmp_path / "out", "reports")
    wide = next(row for row in reports if row["id"] == first)
    assert [row["report_year"] for row in reports] == [2022, 2023, 2023, None]
    assert (wide["disclosure.fees.amount"], wide["disclosure.fees.amount.unit"]) == (AMOUNT, "元")
    assert wide["disclosure.licensing.change"] == -4
    assert wide["requests.new.natural_person"] == 21
    blank = [wide[f"requests.new.{column}"] for column in ("business", "research", "other", "legal_service")]
    assert blank == [None] * 4
    assert (wide["requests.carried_in.total"], wide["requests.total.total"]) == (None, None)
    assert (wide["figures"], wide["figures_without_number"], wide["errors"]) == (10, 3, 1)
    assert (wide["province"], wide["division"], wide["prefecture_name"]) == (22, "220200", "吉林市")
    assert (wide["publisher"], wide["kind"], wide["template_requests"], wide["state"]) == (
        "清湾市财政局",
        "department",
        "2021",
        "published",
    )
    assert (wide["published_on"], wide["first_seen_at"]) == ("2024-01-18", "2024-01-20T04:00:00Z")
    figures = {row["key"]: row for row in rows_of(tmp_path / "out", "figures") if row["report_id"] == first}
    states = {
        key.removeprefix("requests.new."): (row["state"], row["text"]) for key, row in figures.items() if "new" in key
    }
    assert states["business"] == (State.BLANK, None)
    assert states["research"] == (State.DASH, "-")
    assert states["other"] == (State.TEXT, "@减4")
    assert states["total"] == (State.NUMBER, "22")
    assert "requests.new.legal_service" not in figures
    assert figures["requests.carried_in.total"]["value"] == Decimal("1.5")
    assert (figures["requests.total.total"]["value"], figures["requests.total.total"]["text"]) == (None, str(HUGE))
    person = figures["requests.new.natural_person"]
    assert (person["table"], person["row"], person["column"]) == ("requests", "new", "natural_person")
    assert [person[f"at_{name}"] for name in ("table", "row", "column", "page", "box")] == [
        2,
        3,
        1,
        4,
        "1.0,2.0,3.0,4.5",
    ]
    assert figures["requests.new.total"]["note"] == "其中修订 16 件"
    assert done.reports == 4
    assert (done.left.unfit, done.left.unplaced) == (
        4 * 3,
        4,
    )  # 1.5 and the huge one in reports, that one in figures too


def test_findings_have_the_ids_of_check_and_the_notes_of_people(archive: Archive, tmp_path: Path) -> None:
    fill(archive)
    line = min(iterate(archive), key=lambda each: each.id)
    acknowledge(archive, [line], note="原文如此", by="王")
    jsonl(archive, tmp_path / "out", Wanted(), "findings")
    found = rows_of(tmp_path / "out", "findings")
    assert sorted(row["id"] for row in found) == sorted(each.id for each in iterate(archive))
    said = next(row for row in found if row["id"] == line.id)
    assert (said["note"], said["acknowledged_at"]) == ("原文如此", "2024-01-20T04:00:00Z")
    assert (said["expected"], said["found"], said["message"]) == (29, Decimal("22.5"), "=差 7")
    assert [row["note"] for row in found].count(None) == len(found) - 1
    assert not any("王" in str(row["note"]) for row in found)


FILTERS: list[tuple[Wanted, list[int]]] = [
    (Wanted(), [0, 1, 2, 3]),
    (Wanted(year=2023), [0, 2]),
    (Wanted(division="220000"), [0, 2]),
    (Wanted(division="330102"), [1]),
    (Wanted(kind="township"), [2]),
    (Wanted(publisher="清湾市财政局"), [0]),
    (Wanted(year=2022, division="220000"), []),
]


@pytest.mark.parametrize(("wanted", "numbers"), FILTERS)
def test_filters_narrow_the_reports(full: Archive, tmp_path: Path, wanted: Wanted, numbers: list[int]) -> None:
    jsonl(full, tmp_path / "out", wanted, "reports")
    assert sorted(row["id"] - 1 for row in rows_of(tmp_path / "out", "reports")) == numbers


def test_a_delta_holds_what_came_changed_went_or_was_brought_in_since(
    archive: Archive, tmp_path: Path, clock: Clock
) -> None:
    old, changed, gone, _ = fill(archive)
    since = clock.advance(days=10)
    clock.advance(days=1)
    assert shelve(archive, record(2022, template="2019"), "临江区人民政府", scope="330102") == changed
    shelve(
        archive, record(2023, title="甲"), "青湾镇人民政府", scope="220202", at=since - 5 * DAY, withdrawn_at=clock()
    )
    new = shelve(archive, record(2021))
    brought = shelve(archive, record(2015), fetched_at=datetime(2016, 3, 1, tzinfo=UTC))
    jsonl(archive, tmp_path / "out", Wanted(since=since), "reports")
    found = {row["id"]: row for row in rows_of(tmp_path / "out", "reports")}
    assert set(found) == {changed, gone, new, brought}
    assert old not in found
    assert (found[gone]["state"], found[gone]["withdrawn_at"]) == ("withdrawn", "2024-01-31T04:00:00Z")
    assert found[changed]["template"] == "2019"
    jsonl(archive, tmp_path / "none", Wanted(since=clock.advance(days=1)), "reports")
    assert rows_of(tmp_path / "none", "reports") == []


# The folder


def test_an_earlier_export_is_replaced_whole_and_anything_else_is_refused(full: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(full, folder, Wanted(), format="csv")
    export(full, folder, Wanted(year=2022), format="jsonl", names=["reports"])
    assert [name for name in files(folder) if name.endswith(".csv")] == []
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    before = files(folder)
    with pytest.raises(ArchiveError, match=r"holds notes.txt, which no export wrote"):
        export(full, folder, Wanted(), format="csv")
    assert files(folder) == before
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ArchiveError, match=r"is a file"):
        export(full, tmp_path / "file", Wanted(), format="csv")
    (tmp_path / "empty").mkdir()
    export(full, tmp_path / "empty", Wanted(), format="csv")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


class _Stop:
    """A writer that fails on the third time it is asked to write."""

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self._left = 3

    def __call__(self, columns: Any, held: Any, text: Any) -> Iterator[Any]:
        self._left -= 1
        if not self._left:
            raise self._error
        return _AS_TEXT(columns, held, text)


_AS_TEXT = as_text


@pytest.mark.parametrize(
    ("error", "raised"),
    [(KeyboardInterrupt(), KeyboardInterrupt), (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), ArchiveError)],
)
def test_what_is_stopped_or_finds_no_room_leaves_what_was_there(
    full: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, raised: type[BaseException]
) -> None:
    folder = tmp_path / "out"
    export(full, folder, Wanted(year=2022), format="csv")
    before = files(tmp_path / "out")
    monkeypatch.setattr(separated, "as_text", _Stop(error))
    with pytest.raises(raised) as told:
        export(full, folder, Wanted(), format="csv")
    assert files(folder) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".out")]
    if raised is ArchiveError:
        assert (
            str(told.value)
            == f"the export {folder} cannot be written, and nothing of it is kept: No space left on device"
        )


def test_what_a_killed_export_left_is_taken_away_by_the_next(full: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(full, folder, Wanted(), format="csv")
    before = files(folder)
    folder.rename(tmp_path / ".out.old")  # killed between the two renamings
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "half.csv").write_text("id", encoding="utf-8")
    export(full, folder, Wanted(), format="csv")
    assert files(folder) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".out")]


def test_two_exports_to_one_folder_do_not_mix(full: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    seen = []

    def meanwhile(done: int, of: int) -> None:
        with pytest.raises(ArchiveError, match=r"another export is being written to"):
            export(full, folder, Wanted(), format="csv")
        seen.append((done, of))

    export(full, folder, Wanted(), format="csv", progress=meanwhile)
    assert seen[-1] == (4, 4)


def test_a_format_whose_library_is_lacking_says_which_extra_has_it(
    full: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for written, library in (("parquet", "pyarrow"), ("duckdb", "duckdb")):
        with monkeypatch.context() as patch:
            patch.setitem(__import__("sys").modules, library, None)
            with pytest.raises(ArchiveError, match=rf"needs the library {library}.*extra `corpus`"):
                export(full, tmp_path / "out", Wanted(), format=written)
        assert not (tmp_path / "out").exists()


def test_a_damaged_record_is_told_and_nothing_is_exported(table: Archive, tmp_path: Path) -> None:
    fill(table)
    with table.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE versions SET record = x'00' WHERE id = 2")
    with pytest.raises(ArchiveError, match=r"the record of version 2 is damaged: `xxgk reparse`"):
        jsonl(table, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_reports_are_read_a_few_hundred_at_a_time(
    full: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jsonl(full, tmp_path / "whole", Wanted(), *ALL)
    monkeypatch.setattr(exporting, "_TOGETHER", 1)
    steps: list[int] = []
    export(full, tmp_path / "single", Wanted(), format="jsonl", names=ALL, progress=lambda done, of: steps.append(done))  # noqa: ARG005 - as it is called
    assert steps == [1, 2, 3, 4]
    assert files(tmp_path / "single") == files(tmp_path / "whole")


@pytest.mark.real
def test_the_real_documents_are_handed_on(real_documents: Path, table: Archive, tmp_path: Path) -> None:
    from archive.deriving.derive import derive
    from archive.intake.imports import import_paths

    import_paths(table, [real_documents])
    derive(table)
    done = jsonl(table, tmp_path / "out", Wanted(), *ALL)
    assert done.reports > 5
    assert done.left.unfit == 0
    assert date.fromisoformat(str(rows_of(tmp_path / "out", "reports")[0]["first_seen_at"])[:10]) >= date(2020, 1, 1)
