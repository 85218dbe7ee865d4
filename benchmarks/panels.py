"""What it takes to count panels over a nation: six years of 137,000 publishers, in both databases, in memory that stays flat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from tracemalloc import get_traced_memory, start, stop

from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from archive.figures import PackedFigures, figures_of
from archive.panels.drawing import Drawn, draw
from archive.panels.groups import EVERYTHING, Asked, By
from archive.panels.panels import panel
from benchmarks.country import Place, places
from benchmarks.nation import Filled, empty
from benchmarks.scale import new_database, postgresql_server
from benchmarks.timing import Ratio
from parser.checks import expected_keys
from parser.record import Figure, State

NATION, PROVINCE = 60.0, 5.0  # seconds to a panel
GROWTH = 1.5  # times the seconds to a report, and the memory, in a quarter of the nation
RECORD = 6_000  # bytes of a packed record, which stands before the cells in the row
KINDS = 512  # of reports: drawn once and given to all in turn
_SEED = 711


def ratios(share: float = 1.0) -> Iterator[Ratio | str]:
    """Panels of the first ``share`` of the places, in both databases."""
    chosen = places()
    chosen = chosen[: max(4, round(len(chosen) * share))]
    with TemporaryDirectory() as folder, empty(Path(folder)) as filled:
        yield from _measure(filled, chosen)
    with (
        TemporaryDirectory() as folder,
        postgresql_server(Path(folder)) as server,
        empty(Path(folder) / "archive", new_database(server, "panels")) as filled,
    ):
        yield from _measure(filled, chosen)


def _measure(filled: Filled, chosen: Sequence[Place]) -> Iterator[Ratio | str]:
    """Fill a quarter and the whole, and count the largest panel in each; then others of the whole."""
    each: list[float] = []
    peaks: list[float] = []
    for part in (chosen[: len(chosen) // 4], chosen[len(chosen) // 4 :]):
        filled.add(part)
        fill_cells(filled)
        seconds, drawn = _timed(lambda: draw(filled.archive, panel("refusals"), Asked(by=(By.YEAR, By.DIVISION))))
        reports = counted(drawn)
        each.append(seconds / reports)
        peaks.append(_peak(filled))
        yield f"{filled.name}: refusals by year and division over {reports:,} reports: {seconds:.1f} s, {peaks[-1]:.1f} MiB"
    yield Ratio(f"{filled.name}: a report in the whole", each[1], each[0], GROWTH, "in 1/4")
    yield Ratio(f"{filled.name}: memory over the whole", peaks[1], peaks[0], GROWTH, "over 1/4", unit="MiB")
    province = filled.largest()[0]
    for name, asked, limit in (
        ("refusals", EVERYTHING, NATION),
        ("applicants", EVERYTHING, NATION),
        ("disclosure_rate", Asked(consistent=True), NATION),
        ("findings", EVERYTHING, NATION),
        ("on_time", EVERYTHING, NATION),
        ("applicants", Asked(division=province, by=(By.YEAR, By.DIVISION)), PROVINCE),
        ("on_time", Asked(division=province), PROVINCE),
    ):
        seconds, drawn = _timed(lambda name=name, asked=asked: draw(filled.archive, panel(name), asked))  # type: ignore[misc]
        what = f"{name} of a province" if asked.division is not None else name
        yield Ratio(f"{filled.name}: {what}, {counted(drawn):,}", seconds, limit, 1.0, "the limit")


def counted(drawn: Drawn) -> int:
    """How many reports a panel found."""
    groups = {row.group: row.found for row in drawn.rows}
    return sum(groups.values())


def fill_cells(filled: Filled) -> None:
    """Give every report the figures of one of many kinds of reports, and a record as long as real ones."""
    random = Random(_SEED)  # noqa: S311 - the same figures every time
    packer, dialect = PackedFigures(), sqlite.dialect()
    kinds = [packer.process_bind_param(figures_of(_drawn(random)), dialect) for _ in range(KINDS)]
    sqlite3 = filled.database is None
    with filled.archive.engine.begin() as connection:
        blob = "BLOB" if sqlite3 else "BYTEA"
        connection.execute(text(f"CREATE TEMPORARY TABLE kinds (id INTEGER PRIMARY KEY, cells {blob})"))
        connection.execute(
            text("INSERT INTO kinds VALUES (:id, :cells)"), [{"id": n, "cells": c} for n, c in enumerate(kinds)]
        )
        record = f"randomblob({RECORD})" if sqlite3 else f"decode(repeat(md5(id::text), {RECORD // 16}), 'hex')"
        connection.execute(
            text(
                f"UPDATE versions SET record = {record}, cells = (SELECT kinds.cells FROM kinds WHERE kinds.id = versions.id % {KINDS}) "  # noqa: S608 - our own numbers
                "WHERE cells IS NULL"
            )
        )
        connection.execute(text("DROP TABLE kinds"))
    if not sqlite3:
        with filled.archive.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    filled.archive.engine.dispose()


def _drawn(random: Random) -> dict[str, Figure]:
    """The figures of a report: mostly noughts, some blanks."""
    keys = [
        key
        for table in ("disclosure", "requests", "review")
        for key in expected_keys(table, random.choice(("2019", "2021")))
    ]
    return {key: _figure(random) for key in keys}


def _figure(random: Random) -> Figure:
    if random.random() < 0.001:
        return Figure(value=None, text="", state=State.BLANK)
    value = random.randrange(300) if random.random() < 0.1 else 0
    return Figure(value=value, text=str(value), state=State.NUMBER)


def _timed(work: Callable[[], Drawn]) -> tuple[float, Drawn]:
    started = time.perf_counter()
    drawn = work()
    return time.perf_counter() - started, drawn


def _peak(filled: Filled) -> float:
    """MiB that Python holds at most while a small panel is counted, over what it held before."""
    start()
    draw(filled.archive, panel("received"))
    peak = get_traced_memory()[1] / 2**20
    stop()
    return peak
