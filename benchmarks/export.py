"""What it takes to hand a corpus on: 140,000 invented reports of six years to Parquet; time, memory and size."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import simplejson
from sqlalchemy import Connection, func, select

import parser
from archive.figures import PackedFigures, figures_of
from archive.inserts import set_sequences
from archive.schema import Report
from archive.store import Archive
from benchmarks.country import YEARS, Country, Place, places
from benchmarks.portal import report
from benchmarks.timing import Ratio
from parser.record import Record, dump_json

SMALL, LARGE = 10_000, 140_000
LIMIT = 1.2  # times the memory of the small one
_REPORTING = 0.967  # of the publishers, each year
POOL = 2_000  # records, which the reports have in turn: more of them would only take longer to make
_FINDINGS, _SENTENCES = 3, 45  # to a record, as real ones have them
_WORDS = "本机关 认真贯彻落实 政府信息公开条例 主动公开 依申请公开 平台建设 监督保障 培训 指南 目录 群众 答复 办理 规范 期限 渠道 制度 审核 解读 服务"
_RULES = ("cells.blank", "requests.balance", "narrative.mismatch", "sections.missing")
_SEED = 140


@dataclass(frozen=True)
class Run:
    """One export in a process of its own: seconds, the peak of resident memory in MiB, and bytes of its files."""

    seconds: float
    peak: float
    size: int
    rows: int


def ratios(
    small: int = SMALL, large: int = LARGE, formats: tuple[str, ...] = ("parquet",), pool: int = POOL
) -> Iterator[Ratio | str]:
    """Fill two archives, export both; the first format's memory against that at the small one."""
    with TemporaryDirectory() as folder:
        archives = [filled(Path(folder) / str(reports), reports, pool) for reports in (small, large)]
        for written in formats:
            runs = [export(place, Path(folder) / f"{written}-{held}", written) for place, held in archives]
            for (_, held), run in zip(archives, runs, strict=True):
                yield (
                    f"{held:,} reports to {written}: {run.seconds:.0f} s ({held / run.seconds:,.0f} reports/s), peak "
                    f"{run.peak:.0f} MiB, {run.rows:,} rows in {run.size / 2**20:,.0f} MiB ({run.size // held:,} bytes a report)"
                )
            name = f"memory of {archives[-1][1]:,} to {written}"
            yield Ratio(name, runs[-1].peak, runs[0].peak, LIMIT, f"of {archives[0][1]:,}", "MiB")


def filled(folder: Path, reports: int, pool: int = POOL) -> tuple[Path, int]:
    """An archive with about so many reports in its tables, of so many different records, and how many reports they are."""
    country = Country()
    chosen: list[Place] = []
    for place in places():
        if sum(each.publishers for each in chosen) * YEARS * _REPORTING >= reports:
            break
        chosen.append(place)
    with Archive.open(folder, create=True, write=True) as archive:
        with archive.engine.begin() as connection:
            country.add(connection, chosen)
            _give_records(connection, pool)
        with archive.writing() as session:
            set_sequences(session)
        with archive.session() as session:
            return folder, session.scalar(select(func.count()).select_from(Report)) or 0


def export(archive: Path, folder: Path, written: str) -> Run:
    """Export as a command, with the start of Python."""
    arguments = ["--archive", str(archive), "export", str(folder), "--format", written, "--prose", "--json"]
    started = time.perf_counter()
    command = [sys.executable, "-m", "crawler", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - our own command
    assert process.stdout is not None
    with process.stdout as said:
        lines = [simplejson.loads(line) for line in said]
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    seconds = time.perf_counter() - started
    return Run(
        seconds, used.ru_maxrss / 1024, sum(line["bytes"] for line in lines), sum(line["rows"] for line in lines)
    )


def _give_records(connection: Connection, pool: int) -> None:
    """Give every version one of the records, and its findings."""
    connection.exec_driver_sql(
        "CREATE TEMP TABLE pool (id INTEGER PRIMARY KEY, record BLOB, cells BLOB, figures INTEGER)"
    )
    connection.exec_driver_sql("CREATE TEMP TABLE said (pool INTEGER, position INTEGER, rule, severity, line)")
    for number, record in enumerate(_records(pool)):
        packed = zlib.compress(record.to_json().encode(), 6)
        cells = PackedFigures().process_bind_param(figures_of(record.figures), connection.dialect)
        row = (number, packed, cells, len(record.figures))
        connection.exec_driver_sql("INSERT INTO pool VALUES (?, ?, ?, ?)", row)
        for position, finding in enumerate(record.findings):
            line = dump_json(finding.model_dump(exclude_none=True))
            said = (number, position, finding.rule, finding.severity.value, line)
            connection.exec_driver_sql("INSERT INTO said VALUES (?, ?, ?, ?, ?)", said)
    connection.exec_driver_sql(
        "UPDATE versions SET (record, cells, figures) = "
        "(SELECT record, cells, figures FROM pool WHERE pool.id = versions.id % ?)",
        (pool,),
    )
    connection.exec_driver_sql(
        "INSERT INTO findings (version_id, position, rule, severity, line) "
        "SELECT versions.id, position, rule, severity, line FROM versions JOIN said ON said.pool = versions.id % ?",
        (pool,),
    )


def _records(count: int) -> Iterator[Record]:
    """Records as long as real ones, of different figures and words."""
    random = Random(_SEED)  # noqa: S311 - the same every time
    data = parser.parse(report(0)).to_data()
    words = _WORDS.split()
    for _ in range(count):
        for figure in data["figures"].values():
            figure["value"] = 0 if random.random() < 0.7 else int(random.expovariate(0.02))
            figure["text"] = str(figure["value"])
        for section in data["sections"]:
            section["text"] = "。".join("".join(random.choices(words, k=5)) for _ in range(_SENTENCES // 6))
        data["findings"] = [_finding(random) for _ in range(_FINDINGS)]
        yield Record.from_json(dump_json(data))


def _finding(random: Random) -> dict[str, Any]:
    found = {"expected": random.randrange(90), "found": random.randrange(90)}
    message = f"new + carried_in = total + carried_out, but total has {found['expected']} against {found['found']}"
    return {"rule": random.choice(_RULES), "severity": "warning", "message": message, "table": "requests", **found}
