"""The data package: ``datapackage.json`` (Frictionless 1) with a schema to each table, and a README for whoever gets the folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import simplejson

from archive.corpus.columns import PROVINCE, YEAR, Column, Kind, Table
from archive.corpus.selection import Part
from archive.corpus.values import Left

NAME = "xxgk-corpus"
DESCRIPTION, README, SCHEMAS = "datapackage.json", "README.txt", "schemas"
_MEDIA_TYPES = {
    "csv": "text/csv",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "duckdb": "application/vnd.duckdb",
}
_TYPES = {
    Kind.TEXT: "string",
    Kind.WHOLE: "integer",
    Kind.DECIMAL: "number",
    Kind.DAY: "date",
    Kind.MOMENT: "datetime",
}
_ABOUT = """\
Corpus of 政府信息公开工作年度报告, exported by xxgk.

{selection}
{counts}

datapackage.json lists the files with their digests; schemas/ says what each column is, in Chinese and in English.

Sources. The reports were published by the agencies named in the tables, on their portals. Each row says where (url, capture_url),
when it was fetched (captured_at) and which bytes it was read from (capture_sha256). The figures are as printed: nothing is
corrected, added or converted. What is blank is null, never 0; the table figures says what stands there instead.

Licence. This folder grants none. The reports are documents of state organs, to which 著作权法 (2020) 第五条第一项 gives no copyright
where they are of a legislative, administrative or judicial nature; who passes on their prose is to judge that.

How to cite. The agencies as named in each report, "政府信息公开工作年度报告", report year, address and time of capture; and the
corpus: "xxgk corpus, state of the archive {version}, datapackage.json SHA-256 ...".
"""


@dataclass(frozen=True)
class FileLine:
    """A file of the export: which tables with how many rows, bytes, and SHA-256; ``part`` where it holds one only."""

    path: str
    tables: tuple[tuple[Table, int], ...]
    part: Part | None
    bytes: int
    sha256: str

    @property
    def rows(self) -> int:
        """The rows of all its tables."""
        return sum(rows for _, rows in self.tables)


@dataclass(frozen=True)
class Facts:
    """What is told of an export as a whole: ``version`` is the state of the archive, ``selection`` what was asked for.

    ``until`` is a later state in which some of it was read, where it was made in parts while the archive was written.
    """

    format: str
    version: str
    software: str
    selection: dict[str, str]
    chinese: bool
    left: Left
    until: str | None = None


def write(folder: Path, facts: Facts, tables: Sequence[Table], lines: Sequence[FileLine]) -> None:
    """Write the description, the schemas and the README into the folder of an export."""
    (folder / SCHEMAS).mkdir()
    for table in tables:
        _write_json(folder / SCHEMAS / f"{table.name}.json", schema(table, chinese=facts.chinese, format=facts.format))
    _write_json(folder / DESCRIPTION, description(facts, tables, lines))
    counted = "; ".join(f"{table.name}: {rows:,} rows" for table, rows in counts(tables, lines).items())
    chosen = ", ".join(f"{name} {value}" for name, value in facts.selection.items()) or "the whole archive"
    said = _ABOUT.format(selection=f"Chosen: {chosen}.", counts=f"Holds {counted}.", version=facts.version)
    (folder / README).write_text(said, encoding="utf-8", newline="\n")


def counts(tables: Iterable[Table], lines: Iterable[FileLine]) -> dict[Table, int]:
    """How many rows each table has."""
    found = dict.fromkeys(tables, 0)
    for line in lines:
        for table, rows in line.tables:
            found[table] += rows
    return found


def description(facts: Facts, tables: Sequence[Table], lines: Sequence[FileLine]) -> dict[str, Any]:
    """What ``datapackage.json`` says."""
    return {
        "profile": "data-package",
        "name": NAME,
        "title": "政府信息公开工作年度报告语料",
        "description": "Figures and prose of the annual reports on open government information, as printed.",
        "version": facts.version,
        "licenses": [
            {"path": README, "title": "No licence is granted here; documents of state organs, see README.txt"}
        ],
        "sources": [
            {"title": "The agencies named in each row, on their portals; url and capture_sha256 say where and what"}
        ],
        "xxgk": {
            "software": facts.software,
            "format": facts.format,
            "selection": facts.selection,
            "rows": {table.name: rows for table, rows in counts(tables, lines).items()},
            "unfit_numbers": facts.left.unfit,
            "cells_without_column": facts.left.unplaced,
            "texts_cut": facts.left.cut,
            **({"read_until": facts.until} if facts.until is not None else {}),
        },
        "resources": [_resource(line, facts) for line in lines],
    }


def schema(table: Table, *, chinese: bool = False, format: str = "csv") -> dict[str, Any]:  # noqa: A002 - the option's name
    """The Table Schema of a table; what only the folders of Parquet files say stands apart."""
    outside = {YEAR, PROVINCE} if format == "parquet" and table.parted else set()
    heading = {column.name: column.title if chinese else column.name for column in table.columns}
    described = {
        "name": table.name,
        "title": table.title,
        "description": table.description,
        "fields": [_field(column, heading) for column in table.columns if column.name not in outside],
        "missingValues": [""],
        "primaryKey": [heading[name] for name in table.key],
    }
    if outside:
        described["partitions"] = [_field(column, heading) for column in table.columns if column.name in outside]
    return described


def _resource(line: FileLine, facts: Facts) -> dict[str, Any]:
    resource = {
        "name": _name(line),
        "path": line.path,
        "profile": "tabular-data-resource" if facts.format == "csv" else "data-resource",
        "format": facts.format,
        "mediatype": _MEDIA_TYPES[facts.format],
        "encoding": "utf-8",
        "bytes": line.bytes,
        "hash": f"sha256:{line.sha256}",
    }
    if len(line.tables) == 1 and facts.format != "duckdb":
        (table, _), *_ = line.tables
        return {**resource, "rows": line.rows, "title": table.title, "schema": f"{SCHEMAS}/{table.name}.json"}
    tables = {table.name: {"rows": rows, "schema": f"{SCHEMAS}/{table.name}.json"} for table, rows in line.tables}
    return {**resource, "title": "All tables", "tables": tables}


def _name(line: FileLine) -> str:
    if line.part is None:
        return line.path.partition("/")[0].partition(".")[0]
    year = "unknown" if line.part.report_year is None else line.part.report_year
    return f"{line.tables[0][0].name}-{year}-{line.part.province}"


def _field(column: Column, heading: dict[str, str]) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": heading[column.name],
        "type": _TYPES[column.kind],
        "title": column.title,
        "description": column.description,
    }
    if column.unit is not None:
        field["unit"] = column.unit
    limits: dict[str, Any] = {}
    if column.required:
        limits["required"] = True
    if column.unique:
        limits["unique"] = True
    if column.choices:
        limits["enum"] = list(column.choices)
    if column.pattern is not None:
        limits["pattern"] = column.pattern
    return {**field, "constraints": limits} if limits else field


def _write_json(path: Path, data: Any) -> None:
    path.write_text(f"{simplejson.dumps(data, ensure_ascii=False, indent=1)}\n", encoding="utf-8", newline="\n")
