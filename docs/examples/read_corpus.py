"""Two readers of one corpus: the requests of each year and province, with DuckDB and with polars, from Parquet.

Run it beside the folder that ``xxgk export corpus`` wrote: ``python read_corpus.py corpus``. Neither reads more than it needs:
the folders' names say the year and the province, and of the columns only those that are named are read. Governments are left out:
their reports repeat those of their agencies.
"""

# ruff: noqa: INP001, T201 - a program that shows tables

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import polars as pl

NEW, GRANTED = "requests.new.total", "requests.granted.total"
QUERY = """
    SELECT report_year, province, count(*) AS reports, count("requests.new.total") AS stating,
           sum("requests.new.total") AS requests, sum("requests.granted.total") AS granted
    FROM reports WHERE state = 'published' AND kind IS DISTINCT FROM 'government'
    GROUP BY ALL ORDER BY ALL
"""


def with_duckdb(corpus: Path) -> duckdb.DuckDBPyRelation:
    """A name with dots stands in double quotes. What is blank is null: a sum leaves it out, so count what it rests on."""
    reports = duckdb.read_parquet(f"{corpus}/reports/**/*.parquet", hive_partitioning=True)
    return reports.query("reports", QUERY)


def with_polars(corpus: Path) -> pl.DataFrame:
    """The same."""
    return (
        pl.scan_parquet(corpus / "reports")
        .filter(pl.col("state") == "published", pl.col("kind").ne_missing("government"))
        .group_by("report_year", "province")
        .agg(
            pl.len().alias("reports"),
            pl.col(NEW).count().alias("stating"),
            pl.col(NEW).sum().alias("requests"),
            pl.col(GRANTED).sum().alias("granted"),
        )
        .sort("report_year", "province")
        .collect()
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "corpus")
    print(with_duckdb(folder))
    print(with_polars(folder))
