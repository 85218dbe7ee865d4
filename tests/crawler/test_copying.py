"""``xxgk copy`` as its users run it: every command says the same before and after."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.crawler import pages
from tests.crawler.commands import Ran, xxgk
from tests.databases import new_database

REPORTS = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose archive holds some reports."""
    for number, agency in enumerate(pages.AGENCIES[:REPORTS]):
        (tmp_path / f"{number}.html").write_text(pages.article(agency), encoding="utf-8")
    files = [f"{number}.html" for number in range(REPORTS)]
    assert xxgk("import", *files, folder=tmp_path).status in {0, 1}
    return tmp_path


@pytest.fixture
def database(postgresql: str) -> str:
    """An empty PostgreSQL database."""
    return new_database(postgresql)


def asked(folder: Path, *options: str) -> list[str]:
    reports = xxgk(*options, "reports", "--json", folder=folder)
    shown = xxgk(*options, "show", "--json", *(str(line["id"]) for line in reports.lines), folder=folder)
    return [reports.out, shown.out]


def is_refused(ran: Ran) -> bool:
    return ran.status == 2 and ran.err.startswith("xxgk: ") and ran.err.count("\n") == 1


def test_reports_and_records_are_the_same_before_and_after(folder: Path, database: str) -> None:
    before = asked(folder)
    assert before[0].count("\n") == REPORTS
    ran = xxgk("copy", "--to", database, "--json", folder=folder)
    assert ran.status == 0, ran.err
    assert {line["table"]: line["rows"] for line in ran.lines}["reports"] == REPORTS
    assert "archive.sqlite3.moved may be deleted" in ran.err
    assert asked(folder, "--database", database) == before
    without = xxgk("reports", folder=folder)
    assert is_refused(without)
    assert "give --database postgresql://" in without.err
    assert xxgk("--database", database, "verify", folder=folder).status == 0

    back = xxgk("--database", database, "copy", "--to", "sqlite", folder=folder)
    assert back.status == 0, back.err
    assert "leave --database out" in back.err
    assert asked(folder) == before
    assert xxgk("verify", folder=folder).status == 0
    assert is_refused(xxgk("--database", database, "reports", folder=folder))


MOMENTS = {
    "before anything is committed": "from archive.upkeep import copying as place; name = 'set_sequences'",
    "before the card is written": "from archive import card as place; name = 'mark_moved'",
    "before the old file is put away": "from archive.upkeep import copying as place; name = '_put_away'",
}
KILL = "import os, signal; setattr(place, name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))"


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_copy_that_was_killed_is_ended_by_the_same_command(folder: Path, database: str, moment: str) -> None:
    before = asked(folder)
    killed = xxgk("copy", "--to", database, folder=folder, prelude=f"{MOMENTS[moment]}\n{KILL}")
    assert killed.status == -signal.SIGKILL
    ran = xxgk("copy", "--to", database, folder=folder)
    assert ran.status == 0, ran.err
    assert asked(folder, "--database", database) == before
    assert not (folder / "xxgk-archive" / "archive.sqlite3").exists()


def test_what_cannot_be_done_is_said_in_one_sentence(folder: Path) -> None:
    assert is_refused(xxgk("copy", "--to", "sqlite", folder=folder))
    assert is_refused(xxgk("copy", "--to", "mysql://host/name", folder=folder))
    assert is_refused(xxgk("copy", "--to", "postgresql://nobody@127.0.0.1:1/none", folder=folder))
    assert is_refused(xxgk("--archive", "nowhere", "copy", "--to", "sqlite", folder=folder))
    card = json.loads((folder / "xxgk-archive" / "archive.json").read_text(encoding="utf-8"))
    assert card["tables"] == "sqlite"
