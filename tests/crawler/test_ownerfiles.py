"""Commands and the owner's files: whatever is run, wherever, goes by what the owner wrote on any machine."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from select import select
from time import monotonic

import httpx
import pytest
import simplejson

from archive.store import Archive
from tests.archive.owners import HEAD, NEWER, OWN, RULE
from tests.crawler.commands import Here, start, xxgk
from tests.databases import new_database
from tests.warm import Process

OFTEN = "import crawler.cli.serve\ncrawler.cli.serve._OWNERS = 0.02\n"
WAIT = 60  # seconds


@pytest.fixture
def database(postgresql: str, tmp_path: Path) -> str:
    """Of two machines: the owner writes on the first."""
    made = new_database(postgresql, tables=True)
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        with Archive.open(tmp_path / name / "xxgk-archive", made, create=True):
            pass
    return made


@pytest.fixture
def here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: str
) -> Callable[..., Here]:
    """Commands on a machine."""

    def on(name: str) -> Here:
        made = Here(capsys, monkeypatch, tmp_path / name)
        monkeypatch.setenv("XXGK_DATABASE", database)
        return made

    return on


def line_of(process: Process) -> str:
    """What it says next."""
    assert select([process.stderr], [], [], WAIT)[0]
    return process.stderr.readline()


COMMANDS = [
    ["missing", "--year", "2023", "--json"],
    ["check", "--json"],
    ["export", "out", "--format", "csv", "--json"],
    ["reparse", "--json"],
    ["part", "1", "--json"],
    ["portals", "check", "qingwan", "--json"],
    ["portals", "candidates", "--json"],
    ["crawl", "qingwan", "nobody"],
    ["backfill", "qingwan", "nobody", "--from", "wayback"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_goes_by_what_the_owner_wrote_on_another_machine(
    here: Callable[..., Here], tmp_path: Path, command: list[str]
) -> None:
    own = tmp_path / "first" / "xxgk-archive"
    entry = "portals:\n- {id: qingwan, name: 清湾市, url: 'http://www.qingwan.gov.cn/'}\n"
    (own / "portals").mkdir()
    written = {"divisions.csv": OWN, "deadlines.toml": RULE, "portals/qingwan.yml": entry}
    for name, body in written.items():
        (own / name).write_text(body, encoding="utf-8")
    first = here("first").run("missing", "--year", "2023")
    assert first.status == 0, first.err
    ran = here("second").run(*command)
    assert "registered as qingwan" not in ran.err
    found = {name: tmp_path / "second" / "xxgk-archive" / name for name in written}
    assert {name: path.read_text("utf-8") for name, path in found.items() if path.is_file()} == written, ran.err


def test_a_folder_that_cannot_be_written_is_said_once_and_what_is_asked_is_answered(
    here: Callable[..., Here], tmp_path: Path
) -> None:
    (tmp_path / "first" / "xxgk-archive" / "portals").mkdir()
    (tmp_path / "first" / "xxgk-archive" / "portals" / "none.yml").write_text("portals: []\n", encoding="utf-8")
    assert here("first").run("missing", "--year", "2023").err.count("\n") == 1
    (tmp_path / "second" / "xxgk-archive" / "portals").write_text("no folder", encoding="utf-8")
    ran = here("second").run("missing", "--year", "2023", "--json")
    said = ran.err.splitlines()
    assert (ran.status, ran.lines, len(said)) == (0, [], 2)
    assert said[0].startswith(
        "the owner's files are used as they stand in xxgk-archive: xxgk-archive/portals/none.yml cannot"
    )


def test_a_site_that_is_shown_goes_by_what_the_owner_writes_meanwhile(tmp_path: Path, database: str) -> None:
    own = tmp_path / "first" / "xxgk-archive" / "divisions.csv"
    folder = tmp_path / "second"
    with start("serve", "--port", "0", "--json", folder=folder, prelude=OFTEN, XXGK_DATABASE=database) as process:
        try:
            where = str(simplejson.loads(process.stdout.readline())["url"])
            with httpx.Client(base_url=where, trust_env=False) as client:
                assert client.get("/divisions/330199").status_code == 404
                for body, said in ((OWN, "清湾区"), (NEWER, "临湾区")):
                    own.write_text(body, encoding="utf-8")
                    ran = xxgk("missing", "--year", "2023", folder=tmp_path / "first", XXGK_DATABASE=database)
                    assert ran.status == 0, ran.err
                    end = monotonic() + WAIT
                    while said not in client.get("/divisions/330199").text:
                        assert monotonic() < end
                (folder / "xxgk-archive" / "divisions.csv").write_text(f"{HEAD}\n33,清湾区,,,\n", encoding="utf-8")
                while "divisions.csv" not in line_of(process):
                    pass
                assert "临湾区" in client.get("/divisions/330199").text
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
    assert (process.returncode, "divisions.csv" in rest) == (3, False)
