"""``make demo``: the main job on a replayed portal, with the commands a user types, and what it all says at the end."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.replay.city import YEARS, City
from tests.replay.server import serve

ARCHIVE = Path("xxgk-demo")
XXGK = Path(sys.executable).with_name("xxgk")
console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Run the demo; 0 where everything the city hides was found."""
    if ARCHIVE.exists():
        shutil.rmtree(ARCHIVE)  # made by the demo before; nothing else is ever in it
    city = City()
    with serve(city) as address:
        console.print(
            f"A replay portal of an invented city answers at {address}, on this machine only.\n", style="bold"
        )
        host = address.removeprefix("http://")
        crawl = ["crawl", f"{address}/jlszn/", "--allow", host]
        run(*crawl)
        console.print("\nThe portal now changes one report without a word, and is read again.\n", style="bold")
        city.edited = True
        run(*crawl)
    return summary(city)


def run(*arguments: str) -> None:
    """A command as a user types it; its output is the user's."""
    console.print(f"$ xxgk {shlex.join(arguments)}", style="green")
    status = subprocess.run([XXGK, "--archive", ARCHIVE, *arguments], env=environment(), check=False).returncode
    if status not in {0, 1}:
        sys.exit(status)


def ask(*arguments: str) -> list[dict[str, Any]]:
    """The JSON lines of a command."""
    done = subprocess.run(
        [XXGK, "--archive", ARCHIVE, *arguments, "--json"],
        env=environment(),
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def environment() -> dict[str, str]:
    """The loopback portal needs no pause between two requests, and no proxy."""
    unset = {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}
    return {**{name: value for name, value in os.environ.items() if name not in unset}, "XXGK_DOWNLOAD_DELAY": "0"}


def summary(city: City) -> int:
    """What the archive says, and whether it is what the city hides."""
    expected = city.expected()
    reports = ask("reports")
    shown = ask("show", *(str(report["id"]) for report in reports))
    standings = {year: ask("missing", "--year", str(year), "--as-of", f"{year + 1}-12-31") for year in YEARS}
    console.rule("What the archive says")
    table(["report year", "reports", "on time", "late", "missing", "errors in the tables"], [
        [
            year,
            sum(report["report_year"] == year for report in reports),
            *(sum(one["status"] == status for one in standings[year]) for status in ("on_time", "late", "missing")),
            sum(report["findings"]["error"] for report in reports if report["report_year"] == year),
        ]
        for year in YEARS
    ])  # fmt: skip
    found = [(year, one) for year in YEARS for one in standings[year] if one["status"] in {"late", "missing"}]
    for year, one in found:
        said = (
            f"published {one['published_on']}, due {one['due']}"
            if one["status"] == "late"
            else f"due {one['due']}; {one['basis']}"
        )
        console.print(f"{one['status']:<8} {year} {one['publisher']}: {said}")
    read_from = Counter(
        Path(version["url"]).suffix for report in shown for version in report["versions"] if version["current"]
    )
    console.print("read from " + ", ".join(f"{count} {kind or 'page'}" for kind, count in read_from.most_common()))
    for report in shown:
        for finding in report["findings"]:
            if isinstance(finding, dict) and finding.get("severity") == "error":
                console.print(
                    f"finding  {report['report_year']} {report['publisher']}: {finding['rule']}: {finding['message']}"
                )
    edited = [report for report in shown if len(report["versions"]) > 1]
    for report in edited:
        console.print(
            f"edited   {report['report_year']} {report['publisher']}: {len(report['versions'])} versions, both kept"
        )
    compare(edited[0]["publisher"] if edited else reports[0]["publisher"])
    whole = subprocess.run([XXGK, "--archive", ARCHIVE, "verify"], check=False, env=environment()).returncode == 0
    farewell(edited[0]["id"] if edited else reports[0]["id"])
    wanted = {
        "reports": (len(reports), len(expected.reports)),
        "late": (
            sorted((one["publisher"], year) for year, one in found if one["status"] == "late"),
            sorted(expected.late),
        ),
        "missing": (
            sorted((one["publisher"], year) for year, one in found if one["status"] == "missing"),
            sorted(expected.missing),
        ),
        "edited": (sorted((report["publisher"], report["report_year"]) for report in edited), sorted(expected.edited)),
        "whole": (whole, True),
    }
    wrong = {name: pair for name, pair in wanted.items() if pair[0] != pair[1]}
    for name, (have, want) in wrong.items():
        console.print(f"{name}: {have}, and the portal holds {want}", style="red")
    return int(bool(wrong))


def compare(publisher: str) -> None:
    """One year-over-year difference."""
    before, after = YEARS[-2], YEARS[-1]
    answer = ask("diff", publisher, str(before), str(after))
    if not answer:
        return
    wanted = (
        "requests.new.total",
        "requests.total.total",
        "requests.carried_out.total",
        "disclosure.licensing.decisions",
    )
    rows = [row for row in answer[0]["figures"] if row["key"] in wanted and row[str(before)] and row[str(after)]]
    table(
        [f"{publisher}", str(before), str(after), "change"],
        [
            [row["key"], row[str(before)]["text"], row[str(after)]["text"], f"{row['change']:+}"]
            for row in rows
            if row["change"] is not None
        ],
    )


def table(headings: list[str], rows: list[list[Any]]) -> None:
    """A table for people."""
    made = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*(Text(str(cell)) for cell in row))
    console.print()
    console.print(made)
    console.print()


def farewell(report: int) -> None:
    """Where everything lies and what to type next."""
    console.rule("Where it lies, and what to type next")
    console.print(f"The archive is {ARCHIVE.resolve()}: WARC files with every byte in warc/, tables beside it.")
    xxgk = f"{os.path.relpath(XXGK)} --archive {ARCHIVE}"
    for command, what in (
        (f"reports --year {YEARS[-1]}", "the reports of a year"),
        (f"show {report}", "one report with its figures, findings, versions and captures"),
        (f"show {report} --cell requests.new.total", "the row of the source a figure stands in"),
        (f"missing --year {YEARS[-1]}", "who is late or missing"),
        ("check", "what does not add up"),
        ("serve", "the same to look at, in a browser"),
        ("crawl jilin-city", "a real portal, politely"),
    ):
        console.print(f"  {xxgk} {command:<40} # {what}", style="green")


if __name__ == "__main__":
    sys.exit(main())
