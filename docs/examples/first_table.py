"""A first table with pandas: requests and how many were granted, by year. See docs/first-table.md."""

# ruff: noqa: INP001, T201 - a program that shows a table

import pandas as pd

reports = pd.read_parquet("corpus/reports")  # the folders give report_year and province
reports = reports[reports["kind"] != "government"]  # a government's report repeats those of its agencies
columns = ["requests.new.total", "requests.granted.total"]
by_year = reports.groupby("report_year", observed=True)[columns].agg(["count", "sum"])
print(by_year)
