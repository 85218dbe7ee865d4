"""``xxgk reparse --in-parts`` and ``xxgk export --in-parts`` as their users run them, with workers and without."""

from __future__ import annotations

import errno
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from archive.corpus import placing
from archive.parts import exports, ledger
from archive.parts.doing import do_part
from archive.store import Archive
from crawler.cli import in_parts
from crawler.working.worker import Worker
from tests.archive.shelved import files
from tests.crawler.commands import Ran, start, xxgk
from tests.databases import new_database
from tests.papers.paper import paper
from tests.papers.render import html

SMALL = """
from archive.parts import exports, reparses
reparses.ARTICLES, exports.REPORTS = 2, 2
"""
WAIT = 60  # seconds for what a command says


class Machine:
    """A folder with an archive of five imported reports, its tables in PostgreSQL."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = database

    def run(self, *arguments: str, prelude: str = "") -> Ran:
        return xxgk(*arguments, folder=self.folder, prelude=prelude, XXGK_DATABASE=self.database)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Do jobs until the block ends."""
        with start(
            "worker", "--side-by-side", "2", "--poll", "0.1", folder=self.folder, XXGK_DATABASE=self.database
        ) as process:
            try:
                assert "runs; SIGTERM" in process.stderr.readline()
                yield
            finally:
                process.terminate()
                process.communicate(timeout=WAIT)

    def interrupt(self, *arguments: str) -> Ran:
        """Run a command, and press Ctrl-C once its parts wait."""
        process = start(*arguments, folder=self.folder, prelude=SMALL, XXGK_DATABASE=self.database)
        assert "parts" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT)
        return Ran(process.wait(), out, err)

    def parts(self) -> list[int]:
        with Archive.open(self.folder / "xxgk-archive", self.database) as archive:
            return [part.id for part in ledger.waiting(archive)]


@pytest.fixture
def machine(tmp_path: Path, postgresql: str) -> Machine:
    reports = tmp_path / "reports"
    reports.mkdir()
    for number in range(5):
        page = html(paper(f"清湾市第{number}局", year=2021 + number % 2), date="2024-01-18")
        (reports / f"{number}.html").write_text(page, encoding="utf-8")
    made = Machine(tmp_path, new_database(postgresql, tables=True))
    done = made.run("import", "reports")
    assert done.status == 0, done.err
    return made


def test_workers_reparse_and_export_what_one_command_does(machine: Machine) -> None:
    alone = machine.run("reparse", "--json"), machine.run("export", "whole", "--json", "--prose")
    with machine.worker():
        reparsed = machine.run("reparse", "--in-parts", "--json", prelude=SMALL)
        exported = machine.run("export", "shared", "--in-parts", "--json", "--prose", prelude=SMALL)
    assert (reparsed.status, reparsed.lines) == (0, alone[0].lines), reparsed.err
    assert (exported.status, exported.lines) == (0, alone[1].lines), exported.err
    assert files(machine.folder / "shared") == files(machine.folder / "whole")
    assert machine.parts() == []
    assert machine.run("verify").status == 0


def test_ctrl_c_leaves_the_parts_to_workers_and_the_same_command_tells_what_they_did(machine: Machine) -> None:
    stopped = machine.interrupt("reparse", "--in-parts", "--json")
    assert (stopped.status, [line["finished"] for line in stopped.lines]) == (3, [False])
    assert "Stopped waiting: the workers go on, the same command joins them again." in stopped.err
    assert len(machine.parts()) == 3
    done = machine.run("worker", "--once", "--json")
    assert (done.status, len(done.lines)) == (0, 3), done.err
    (told,) = machine.run("reparse", "--in-parts", "--json").lines
    assert (told["finished"], told["articles"], told["resumed_after"]) == (True, 5, 5)
    assert machine.parts() == []


def test_ctrl_c_leaves_an_export_to_workers(machine: Machine) -> None:
    stopped = machine.interrupt("export", "shared", "--in-parts", "--format", "csv")
    assert (stopped.status, stopped.out) == (3, "")
    assert "the same command joins them again" in stopped.err
    assert not (machine.folder / "shared").exists()
    assert machine.run("worker", "--once").status == 0
    again = machine.run("export", "shared", "--in-parts", "--format", "csv", "--json")
    assert (again.status, "was ended by the workers" in again.err, len(again.lines)) == (0, True, 6), again.err
    machine.run("export", "whole", "--format", "csv")
    assert files(machine.folder / "shared") == files(machine.folder / "whole")


def test_a_part_is_done_by_a_command_and_says_what_came_of_it(machine: Machine) -> None:
    machine.interrupt("reparse", "--in-parts")
    first, *others = machine.parts()
    done = machine.run("part", str(first), "--json", "--jobs", "1")
    assert (done.status, done.lines) == (0, [{"part": first, "done": True}]), done.err
    again = machine.run("part", str(first))
    assert (again.status, f"nothing is left to do of part {first}" in again.err) == (0, True)
    (machine.folder / "xxgk-archive" / "warc").rename(machine.folder / "away")
    (machine.folder / "xxgk-archive" / "warc").mkdir()
    refused = machine.run("part", str(others[0]), "--json")
    assert (refused.status, refused.lines) == (3, [{"part": others[0], "done": False}])
    assert "which is not in" in refused.err
    assert machine.parts() == others


class Sick:
    """The process of a part on a machine that cannot do it: it ends badly, or cannot even be begun."""

    ended = True

    def __init__(self, status: int | None) -> None:
        self.status = status
        self.begun: list[str] = []

    def begin(self, command: Sequence[str], *_: object) -> Sick:
        self.begun.append(" ".join(command[command.index("part") :][:2]))
        if self.status is None:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        return self

    def wait(self) -> int:
        return self.status or 0

    def end(self) -> None:
        """Nothing runs."""


MANY = 6  # times


@pytest.mark.parametrize("status", [1, 2, 3, -9, None])
def test_an_idle_worker_that_did_badly_at_a_part_leaves_it_alone_and_ends_nobodys_export(
    machine: Machine, status: int | None
) -> None:
    machine.interrupt("export", "shared", "--in-parts", "--format", "csv")
    part, *others = machine.parts()
    sick = Sick(status)
    worker = Worker(machine.folder / "xxgk-archive", machine.database, lambda _: None, run=sick.begin)
    for _ in range(MANY):  # it is offered again and again, and nobody else is free
        worker._guarded(worker._do_part, part)
    worker._offer_parts()
    assert (sick.begun, machine.parts()) == ([f"part {part}"], [part, *others])
    for waiting in machine.parts():
        assert machine.run("part", str(waiting)).status == 0
    assert (machine.folder / "shared" / "datapackage.json").is_file()


def test_whoever_waits_while_another_machine_places_the_export_rests_between_two_looks(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.interrupt("export", "shared", "--in-parts", "--format", "csv")
    folder, rests, looks = machine.folder / "shared", [], []
    close = exports.close

    def counted(archive: Archive, run: int) -> bool:
        looks.append(run)
        assert len(looks) < MANY, "it never rests"
        return close(archive, run)

    with Archive.open(machine.folder / "xxgk-archive", machine.database) as archive, ExitStack() as other:
        other.enter_context(placing._held(machine.folder / ".shared.lock", folder))
        for part in ledger.waiting(archive):
            do_part(archive, part.id)
        (run,) = ledger.progress(archive)

        def rest(seconds: float) -> None:
            rests.append(seconds)
            other.close()

        monkeypatch.setattr(in_parts, "sleep", rest)
        monkeypatch.setattr(exports, "close", counted)
        stood = in_parts.attend(archive, ledger.EXPORT, run.id, lambda _: None, "reports")
    assert (stood.state, len(looks), rests) == (ledger.UNTOLD, 2, [in_parts.POLL])
    assert (folder / "datapackage.json").is_file()


WRONG: list[tuple[list[str], str]] = [
    (["reparse", "--in-parts", "--dry-run"], "leave --dry-run and --jobs out"),
    (["reparse", "--in-parts", "--jobs", "2"], "leave --dry-run and --jobs out"),
    (["export", "out", "--in-parts", "--format", "xlsx"], "choose parquet, csv, jsonl"),
    (["export", "reports", "--in-parts"], "which no export wrote"),
    (["part", "0"], "ID"),
]


@pytest.mark.parametrize(("arguments", "says"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_what_cannot_be_done_in_parts_is_one_sentence(machine: Machine, arguments: list[str], says: str) -> None:
    ran = machine.run(*arguments)
    assert (ran.status, ran.out, says in ran.err) == (2, "", True), ran.err


def test_without_postgresql_one_sentence_says_so(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "xxgk-archive", create=True, write=True):
        pass
    for arguments in (["reparse", "--in-parts"], ["export", "out", "--in-parts"], ["part", "1"]):
        ran = xxgk(*arguments, folder=tmp_path)
        assert (ran.status, ran.out, len(ran.err.strip().splitlines())) == (2, "", 1)
        assert "PostgreSQL" in ran.err
