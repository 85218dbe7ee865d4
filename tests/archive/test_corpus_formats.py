"""The formats of the corpus: exact, the same bytes every time, safe to open, and as they are described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from runpy import run_path
from typing import Any
from zipfile import ZipFile

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
import simplejson
from openpyxl import load_workbook

from archive.corpus import workbooks
from archive.corpus.columns import DIGITS, PLACES, Kind, table
from archive.corpus.exporting import FORMATS, export
from archive.corpus.package import schema
from archive.corpus.selection import Wanted
from archive.corpus.values import Left
from archive.corpus.writing import NO_YEAR, Manner
from archive.formulas import defuse_printed
from archive.store import Archive
from tests.archive.conftest import Clock
from tests.archive.shelved import (
    ALL,
    AMOUNT,
    HOSTILE,
    files,
    fill,
    filled,
    jsonl,
    read_csv,
    record,
    rows_of,
    shelve,
)
from tests.crawler.commands import ROOT


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """A filled archive, on SQLite: the writers know no database. Nobody changes it."""
    with filled(tmp_path_factory.mktemp("full")) as archive:
        yield archive


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
    assert (folder / f"report_year={NO_YEAR}" / "province=0" / "part-0.parquet").is_file()
    query = f"SELECT report_year, province, \"disclosure.fees.amount\" FROM '{folder}/**/*.parquet' ORDER BY id"
    assert duckdb.execute(query).fetchall() == [
        (2023, 22, AMOUNT),
        (2022, 33, AMOUNT),
        (2023, 22, AMOUNT),
        (None, 0, AMOUNT),
    ]
    frame = pl.read_parquet(folder)
    assert frame.filter(pl.col("report_year") == 2023)["requests.new.total"].to_list() == [22, 22]
    assert frame.schema["disclosure.fees.amount"] == pl.Decimal(DIGITS, PLACES)
    assert frame.schema["requests.new.total"] == pl.Int64
    assert frame.schema["first_seen_at"] == pl.Datetime("us", "UTC")
    assert pq.read_table(folder).num_rows == 4
    long = pl.read_parquet(tmp_path / "out" / "figures")
    assert long.filter(pl.col("state") == "blank")["value"].to_list() == [None] * 4


def test_the_example_reads_the_same_with_duckdb_and_with_polars(full: Archive, tmp_path: Path) -> None:
    export(full, tmp_path / "out", Wanted(), format="parquet")
    example = run_path(str(ROOT / "docs" / "examples" / "read_corpus.py"))
    found = example["with_duckdb"](tmp_path / "out").fetchall()
    assert found == [(2023, 22, 2, 2, 44, None), (None, 0, 1, 1, 22, None)]  # that on 2022 is a government's
    polars = example["with_polars"](tmp_path / "out").rows()
    assert sorted(row[:5] for row in polars if row[0]) == [row[:5] for row in found if row[0]]


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
    for written in ("parquet", "csv", "xlsx"):
        done = export(table, tmp_path / written, Wanted(), format=written, names=ALL)
        assert {each.name: rows for each, rows in done.rows.items()} == dict.fromkeys(ALL, 0)
    assert pl.read_parquet(tmp_path / "parquet" / "reports").height == 0


def test_arrow_reads_a_folder_in_which_no_province_is_known(table: Archive, tmp_path: Path) -> None:
    shelve(table, record(2023), None, scope="files")
    export(table, tmp_path / "out", Wanted(), format="parquet", names=ALL)
    assert pq.read_table(tmp_path / "out" / "reports")["province"].to_pylist() == [0]
    for name in ALL:
        assert pq.read_table(tmp_path / "out" / name).num_rows >= 0
