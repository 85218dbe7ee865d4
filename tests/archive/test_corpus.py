"""The corpus handed on: exact, the same bytes every time, safe to open, and never half there."""

from __future__ import annotations

import csv
import errno
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from archive.corpus import exporting, separated, workbooks
from archive.corpus.columns import DIGITS, PLACES, Kind, table, tables
from archive.corpus.exporting import FORMATS, Exported, export
from archive.corpus.labels import figure_labels
from archive.corpus.package import schema
from archive.corpus.selection import Wanted
from archive.corpus.values import Left, decimal, whole
from archive.corpus.writing import UNKNOWN, Manner
from archive.errors import ArchiveError
from archive.figures import TABLES
from archive.findings import acknowledge, iterate
from archive.formulas import defuse_printed
from archive.store import Archive
from parser.forms import form
from parser.record import State
from tests.archive.conftest import Clock
from tests.archive.shelved import AMOUNT, HOSTILE, HUGE, record, shelve

DAY = timedelta(days=1)
ALL = tuple(each.name for each in tables())


def fill(archive: Archive) -> list[int]:
    """Reports of two years, two provinces, and of nobody that is known."""
    return [
        shelve(archive, record(2023)),
        shelve(archive, record(2022), "临江区人民政府", scope="330102"),
        shelve(archive, record(2023, title="甲", findings=(), sections=()), "青湾镇人民政府", scope="220202"),
        shelve(archive, record(None, title=None, publisher=None), None, scope="files"),
    ]


def files(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in found}


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a table, from a folder of JSON lines."""
    lines = [
        line
        for path in sorted(folder.glob(f"{name}/**/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [simplejson.loads(line, use_decimal=True) for line in lines]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def jsonl(archive: Archive, folder: Path, wanted: Wanted = Wanted(), *names: str) -> Exported:  # noqa: B008 - frozen
    return export(archive, folder, wanted, format="jsonl", names=names or None)


@pytest.fixture
def full(table: Archive) -> Archive:
    """A filled archive, on SQLite: the writers know no database."""
    fill(table)
    return table


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


# The formats


@pytest.mark.parametrize("written", [each for each in FORMATS if each != "duckdb"])
def test_the_same_archive_gives_the_same_bytes(full: Archive, tmp_path: Path, written: str) -> None:
    for folder in ("a", "b"):
        export(full, tmp_path / folder, Wanted(), format=written, names=ALL)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_both_databases_give_the_same_bytes_whatever_time_it_is(archive: Archive, tmp_path: Path, clock: Clock) -> None:
    fill(archive)
    clock.advance(days=30)
    jsonl(archive, tmp_path / "out", Wanted(), *ALL)
    found = {name: digest for name, digest in files(tmp_path / "out").items() if name != "publishers/part-0.jsonl"}
    together = sha256("".join(f"{name}{digest}" for name, digest in sorted(found.items())).encode()).hexdigest()
    seen = _DIGESTS.setdefault("jsonl", together)
    assert together == seen


_DIGESTS: dict[str, str] = {}  # of the first database the test above ran on


def test_parquet_is_read_by_duckdb_polars_and_arrow_with_its_partitions(full: Archive, tmp_path: Path) -> None:
    export(full, tmp_path / "out", Wanted(), format="parquet", names=ALL)
    folder = tmp_path / "out" / "reports"
    assert (folder / "report_year=2023" / "province=22" / "part-0.parquet").is_file()
    assert (folder / f"report_year={UNKNOWN}" / f"province={UNKNOWN}" / "part-0.parquet").is_file()
    query = f"SELECT report_year, province, \"disclosure.fees.amount\" FROM '{folder}/**/*.parquet' ORDER BY id"
    assert duckdb.sql(query).fetchall() == [
        (2023, 22, AMOUNT),
        (2022, 33, AMOUNT),
        (2023, 22, AMOUNT),
        (None, None, AMOUNT),
    ]
    frame = pl.read_parquet(folder)
    assert frame.filter(pl.col("report_year") == 2023)["requests.new.total"].to_list() == [22, 22]
    assert frame.schema["disclosure.fees.amount"] == pl.Decimal(DIGITS, PLACES)
    assert frame.schema["requests.new.total"] == pl.Int64
    assert frame.schema["first_seen_at"] == pl.Datetime("us", "UTC")
    assert pq.read_table(folder).num_rows == 4
    long = pl.read_parquet(tmp_path / "out" / "figures")
    assert long.filter(pl.col("state") == "blank")["value"].to_list() == [None] * 4


def test_csv_leaves_no_formula_no_control_character_and_exact_numbers(full: Archive, tmp_path: Path) -> None:
    export(full, tmp_path / "out", Wanted(year=2022), format="csv", names=ALL)
    (wide,) = read_csv(tmp_path / "out/reports/report_year=2022/province=33/part-0.csv")
    assert wide["title"] == f"'{HOSTILE}"
    assert (wide["disclosure.fees.amount"], wide["disclosure.licensing.change"]) == ("59237.2449", "-4")
    figures = {row["key"]: row for row in read_csv(tmp_path / "out/figures/report_year=2022/province=33/part-0.csv")}
    assert figures["requests.new.research"]["text"] == "-"
    assert figures["requests.new.other"]["text"] == "'@减4"
    assert figures["disclosure.licensing.change"]["text"] == "-4"
    (section, _) = read_csv(tmp_path / "out/sections/report_year=2022/province=33/part-0.csv")
    assert section["text"] == "一是\r\n=公开。"
    for path in (tmp_path / "out").rglob("*.csv"):
        cells = [cell for row in read_csv(path) for cell in row.values()]
        assert [cell for cell in cells if re.match(r"[=@\t\r]|[+-](?![\d.]+$|$)", cell)] == []


@pytest.mark.parametrize(
    ("text", "written"),
    [("=1+1", "'=1+1"), ("-4", "-4"), ("-4.50", "-4.50"), ("-", "-"), ("--", "--"), ("-1+cmd|x", "'-1+cmd|x"), ("+86 432", "'+86 432"),
     ("\t=1", "'\t=1"), ("－", "－"), ("＝1", "'＝1"), ("一=1", "一=1"), ("", "")],
)  # fmt: skip
def test_only_a_number_or_a_dash_may_begin_with_a_sign(text: str, written: str) -> None:
    assert defuse_printed(text) == written


def test_excel_finds_the_mark_of_utf_8_and_headings_in_chinese_where_asked(full: Archive, tmp_path: Path) -> None:
    export(
        full,
        tmp_path / "out",
        Wanted(year=2022),
        format="csv",
        names=["reports"],
        manner=Manner(bom=True, chinese=True),
    )
    data = (tmp_path / "out/reports/report_year=2022/province=33/part-0.csv").read_bytes()
    assert data.startswith("\ufeff报告编号,报告年度,".encode())
    assert "表三·本年新收政府信息公开申请数量·总计".encode() in data.partition(b"\r\n")[0]


def test_a_workbook_has_the_rows_and_a_sheet_that_explains_them(full: Archive, tmp_path: Path) -> None:
    done = export(full, tmp_path / "out", Wanted(), format="xlsx")
    assert [each.path for each in done.files] == ["reports.xlsx", "findings.xlsx", "publishers.xlsx"]
    book = load_workbook(tmp_path / "out" / "reports.xlsx")
    assert book.sheetnames == ["reports", "columns"]
    headings, *rows = book["reports"].iter_rows(values_only=True)
    wide = dict(zip(headings, rows[1], strict=True))
    assert (wide["title"], wide["disclosure.licensing.change"]) == (f"'{HOSTILE}", -4)
    assert (wide["disclosure.fees.amount"], wide["published_on"]) == (59237.2449, datetime(2024, 1, 18))  # noqa: DTZ001 - as Excel has days
    assert wide["requests.new.business"] is None
    assert {cell.data_type for row in book["reports"].iter_rows() for cell in row} <= {"s", "n", "d"}
    explained = {row[0]: row[1] for row in book["columns"].iter_rows(min_row=2, values_only=True)}
    assert explained["requests.new.total"] == "表三·本年新收政府信息公开申请数量·总计"
    with ZipFile(tmp_path / "out" / "reports.xlsx") as zipped:
        assert {info.date_time for info in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_a_sheet_does_not_hold_stands_in_further_files_and_long_text_is_cut_and_counted(tmp_path: Path) -> None:
    left, sections = Left(), table("sections")
    writer = workbooks.writer(tmp_path, Manner(), left, rows=3)
    columns: list[Any] = [[1] * 5, *([None] * 5 for _ in sections.columns[1:-1]), ["长" * 40_000, *"丙丁戊己"]]
    writer.write(sections, None, columns)
    assert [(each.path, each.rows) for each in writer.finish()] == [
        ("sections.xlsx", 2), ("sections-2.xlsx", 2), ("sections-3.xlsx", 1)
    ]  # fmt: skip
    assert left.cut == 1
    first = load_workbook(tmp_path / "sections.xlsx")["sections"]
    assert len(str(first.cell(2, len(sections.columns)).value)) == workbooks.LONGEST


def test_numbers_that_a_spreadsheet_would_round_stand_there_as_text(tmp_path: Path) -> None:
    writer = workbooks.writer(tmp_path, Manner(), Left())
    findings = table("findings")
    place = findings.names.index("expected")
    columns: list[Any] = [[None] * 3 for _ in findings.columns]
    columns[place] = [10**15 + 1, Decimal("123456789012.3456"), AMOUNT]
    writer.write(findings, None, columns)
    writer.finish()
    sheet = load_workbook(tmp_path / "findings.xlsx")["findings"]
    assert [sheet.cell(row, place + 1).value for row in (2, 3, 4)] == [
        "1000000000000001",
        "123456789012.3456",
        59237.2449,
    ]


def test_the_duckdb_file_holds_the_same_rows_and_says_what_the_columns_are(full: Archive, tmp_path: Path) -> None:
    export(full, tmp_path / "duck", Wanted(), format="duckdb", names=ALL)
    jsonl(full, tmp_path / "lines", Wanted(), *ALL)
    with duckdb.connect(str(tmp_path / "duck" / "corpus.duckdb"), read_only=True) as connection:
        for name in ALL:
            (count,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone() or ()
            assert count == len(rows_of(tmp_path / "lines", name)), name
        amounts = connection.execute('SELECT "disclosure.fees.amount" FROM reports').fetchall()
        assert amounts == [(AMOUNT,)] * 4
        comments = dict(
            connection.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'reports'"
            ).fetchall()
        )
        assert comments["requests.new.total"].startswith("表三·本年新收政府信息公开申请数量·总计 (件): ")
        assert None not in comments.values()


# The description


def test_the_csv_is_the_data_package_it_says_it_is(full: Archive, tmp_path: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    for folder, manner in (("plain", Manner()), ("marked", Manner(bom=True, chinese=True))):
        export(full, tmp_path / folder, Wanted(year=2023), format="csv", names=ALL, manner=manner)
        report = frictionless.validate(str(tmp_path / folder / "datapackage.json"))
        errors = [error.message for task in report.tasks for error in task.errors]
        assert (report.valid, errors) == (True, [])
        assert len(report.tasks) == len(ALL)


@pytest.mark.parametrize("written", FORMATS)
def test_the_description_names_every_file_with_its_bytes_and_digest(
    full: Archive, tmp_path: Path, written: str
) -> None:
    done = export(full, tmp_path / "out", Wanted(), format=written)
    described = simplejson.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    held = {each["path"]: (each["bytes"], each["hash"]) for each in described["resources"]}
    assert held == {each.path: (each.bytes, f"sha256:{each.sha256}") for each in done.files}
    data = {name: digest for name, digest in files(tmp_path / "out").items() if name in held}
    assert {name: f"sha256:{digest}" for name, digest in data.items()} == {
        name: said for name, (_, said) in held.items()
    }
    rest = set(files(tmp_path / "out")) - set(held)
    assert rest == {"datapackage.json", "README.txt", *(f"schemas/{each.name}.json" for each in done.rows)}
    names = [each["name"] for each in described["resources"]]
    assert len(set(names)) == len(names)
    assert [name for name in names if re.fullmatch(r"[-a-z0-9._/]+", name) is None] == []


def test_the_schema_has_the_columns_of_the_source_with_titles_units_and_types() -> None:
    for name in ALL:
        fields = {field["name"]: field for field in schema(table(name))["fields"]}
        assert list(fields) == list(table(name).names)
        for column in table(name).columns:
            field = fields[column.name]
            assert (field["title"], field["description"], field.get("unit")) == (
                column.title,
                column.description,
                column.unit,
            )
            assert (field["type"] == "integer") == (column.kind is Kind.WHOLE)
    parted = schema(table("reports"), format="parquet")
    assert [field["name"] for field in parted["partitions"]] == ["report_year", "province"]
    assert "province" not in {field["name"] for field in parted["fields"]}


def test_a_table_without_rows_is_there_all_the_same(table: Archive, tmp_path: Path) -> None:
    for written in FORMATS:
        done = export(table, tmp_path / written, Wanted(), format=written, names=ALL)
        assert {each.name: rows for each, rows in done.rows.items()} == dict.fromkeys(ALL, 0)
    assert pl.read_parquet(tmp_path / "parquet" / "reports").height == 0


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


_AS_TEXT = separated.as_text


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


def test_a_damaged_record_is_told_and_nothing_is_exported(full: Archive, tmp_path: Path) -> None:
    with full.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE versions SET record = x'00' WHERE id = 2")
    with pytest.raises(ArchiveError, match=r"the record of version 2 is damaged: `xxgk reparse`"):
        jsonl(full, tmp_path / "out")
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
    from archive.derive import derive
    from archive.imports import import_paths

    import_paths(table, [real_documents])
    derive(table)
    done = jsonl(table, tmp_path / "out", Wanted(), *ALL)
    assert done.reports > 5
    assert done.left.unfit == 0
    assert date.fromisoformat(str(rows_of(tmp_path / "out", "reports")[0]["first_seen_at"])[:10]) >= date(2020, 1, 1)
