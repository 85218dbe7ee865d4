"""``xxgk reparse`` as its users run it: what it says, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.crawler.commands import xxgk
from tests.papers.paper import paper
from tests.papers.render import html

CHANGE = """
import parser.isolation
whole = parser.isolation.ParserPool.parse
def another(self, data, hints=None):
    record = whole(self, data, hints)
    kept = {key: figure for key, figure in record.figures.items() if key != "requests.new.total"}
    return record.model_copy(update={"figures": kept})
parser.isolation.ParserPool.parse = another
"""
LOSS = """
import parser.isolation
from parser.errors import NotAReport
def refuse(self, data, hints=None):
    raise NotAReport("it is a plan")
parser.isolation.ParserPool.parse = refuse
"""
STOP = """
import os, signal
import archive.deriving.derive, archive.deriving.reparsing
archive.deriving.derive.BATCH = 2
whole, batches = archive.deriving.reparsing.file_batch, []
def file_batch(session, works):
    batches.append(works)
    done = whole(session, works)
    if len(batches) == 2:
        os.kill(os.getpid(), signal.{name})
    return done
archive.deriving.reparsing.file_batch = file_batch
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive of five imported reports."""
    reports = tmp_path / "reports"
    reports.mkdir()
    for number in range(5):
        (reports / f"{number}.html").write_text(html(paper(f"清湾市第{number}局"), date="2024-01-18"), encoding="utf-8")
    assert xxgk("import", "reports", folder=tmp_path).status == 0
    return tmp_path


def facts(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("articles", "created", "changed", "lost", "unchanged", "failed", "finished")}


def test_the_summary_is_a_line_of_json_and_a_dry_run_says_the_same_beforehand(folder: Path) -> None:
    planned = xxgk("reparse", "--dry-run", "--json", folder=folder, prelude=CHANGE)
    done = xxgk("reparse", "--json", "--jobs", "2", folder=folder, prelude=CHANGE)
    assert (planned.status, done.status) == (0, 0), planned.err + done.err
    (one,), (other,) = planned.lines, done.lines
    assert {**one, "dry_run": False} == other
    assert facts(other) == {
        "articles": 5, "created": 0, "changed": 5, "lost": 0, "unchanged": 0, "failed": 0, "finished": True,
    }  # fmt: skip
    assert other["figures"]["keys"] == [{"key": "requests.new.total", "changed": 0, "appeared": 0, "vanished": 5}]
    assert len(other["reports"]) == 5


def test_people_read_a_table_and_two_sentences(folder: Path) -> None:
    ran = xxgk("reparse", "--dry-run", folder=folder, prelude=CHANGE, COLUMNS="160")
    assert "requests.new.total" in ran.out
    assert "nothing was written" in ran.err
    assert "5 articles: records 0 created, 5 changed, 0 lost" in ran.err
    assert "figures: 0 changed, 0 appeared, 5 vanished" in ran.err


def test_what_was_lost_needs_attention_and_is_named(folder: Path) -> None:
    ran = xxgk("reparse", "--dry-run", folder=folder, prelude=LOSS)
    assert ran.status == 1
    assert ran.err.count("lost: file:") == 5


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_stopped_reparse_says_what_it_did_and_the_same_command_goes_on(folder: Path, name: str) -> None:
    ran = xxgk("reparse", "--json", folder=folder, prelude=STOP.replace("{name}", name))
    assert (ran.status, "Traceback" in ran.err) == (3, False), ran.err
    (line,) = ran.lines
    assert (line["articles"], line["finished"]) == (2, False)
    assert "the same command goes on" in ran.err
    assert xxgk("verify", folder=folder).status == 0
    again = xxgk("reparse", "--json", folder=folder)
    assert (again.status, again.lines[0]["resumed_after"], again.lines[0]["articles"]) == (0, 2, 5)
    assert "going on with the run of" in again.err


def test_pending_has_nothing_to_do_after_an_import(folder: Path) -> None:
    ran = xxgk("reparse", "--pending", "--json", folder=folder)
    assert (ran.status, ran.lines[0]["articles"], ran.lines[0]["kind"]) == (0, 0, "pending")


def test_no_jobs_is_wrong_usage(folder: Path) -> None:
    ran = xxgk("reparse", "--jobs", "0", folder=folder)
    assert (ran.status, ran.out) == (2, "")
    assert "--jobs" in ran.err


def test_show_says_what_a_new_version_changed(folder: Path) -> None:
    item = paper("清湾市第0局").with_figures(disclosure__penalties__decisions="777")
    (folder / "reports" / "0.html").write_text(html(item, date="2024-01-18"), encoding="utf-8")
    assert xxgk("import", "reports", folder=folder).status == 0
    (line,) = xxgk("show", "1", "--json", folder=folder).lines
    first, second = line["versions"]
    assert first["changes"] is None
    assert second["changes"]["figures"]["disclosure.penalties.decisions"]["after"]["text"] == "777"
    assert line["withdrawn_because"] is None
    shown = xxgk("show", "1", folder=folder, COLUMNS="200")
    assert "→ 777" in shown.out
    assert "state: published" in shown.err
