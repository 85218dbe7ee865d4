"""Exports in parts: whoever does them, however many at once, killed or not, the bytes are those of one process."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.corpus import placing
from archive.corpus.exporting import export
from archive.corpus.selection import Wanted
from archive.corpus.writing import Manner
from archive.errors import ArchiveError
from archive.parts import exports, ledger
from archive.parts.doing import do_part, not_done
from archive.parts.ledger import EXPORT, Refused
from archive.reports import list_reports
from archive.schema import Version
from archive.store import Archive
from tests.archive import shelved
from tests.archive.conftest import Clock, Place
from tests.archive.parting import begin, do_all, end
from tests.archive.shelved import ALL, files, record, shelve
from tests.databases import new_database


@pytest.fixture
def shared(postgresql: str, tmp_path: Path, clock: Clock) -> Place:
    """An archive whose tables other machines can reach."""
    return Place(tmp_path / "archive", new_database(postgresql, tables=True), clock)


@pytest.fixture
def archive(shared: Place) -> Iterator[Archive]:
    """The same, open."""
    with shared.open() as opened:
        yield opened


@pytest.fixture
def stocked(archive: Archive) -> Archive:
    """Reports of some years and provinces, one of nobody, one with a year of its own."""
    shelved.fill(archive)
    for number in range(6):
        scope, name = (("220200", f"清湾市第{number}局"), ("330102", f"临江区第{number}局"))[number % 2]
        shelve(archive, record(2020 + number % 3), name, scope=scope)
    return archive


@pytest.fixture
def parted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "REPORTS", 2)


OWNED = {
    "divisions.csv": "code,name,since,until,successors\n330199,清湾区,,,\n",
    "deadlines.toml": "rules = []\n",
}
OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("parquet", {"names": ALL}),
    ("csv", {"names": ALL, "manner": Manner(bom=True, chinese=True)}),
    ("jsonl", {}),
    ("jsonl", {"wanted": Wanted(year=2023, division="220000"), "names": ["reports", "sections"]}),
    ("csv", {"wanted": Wanted(publisher="无此机关"), "names": ALL}),
    ("jsonl", {"wanted": Wanted(since=datetime.fromisoformat("2024-01-01T00:00:00+08:00")), "names": ["publishers"]}),
]


@pytest.mark.usefixtures("parted")
@pytest.mark.parametrize(("format", "options"), OPTIONS, ids=range(len(OPTIONS)))
def test_an_export_in_parts_is_the_export_of_one_process_byte_for_byte(
    stocked: Archive,
    tmp_path: Path,
    format: str,  # noqa: A002 - the option's name
    options: dict[str, Any],
) -> None:
    options = {"wanted": Wanted(), **options}
    whole = export(stocked, tmp_path / "whole", format=format, **options)
    with exports.begun(stocked, tmp_path / "parts", format=format, **options) as run:
        do_all(stocked)
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert exports.summary(stocked, run) == whole
    assert (ledger.waiting(stocked), ledger.progress(stocked)) == ([], [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "parts", "whole"]


@pytest.mark.usefixtures("parted")
def test_three_processes_write_an_export_and_a_kill_leaves_nothing_of_its_own(
    stocked: Archive, shared: Place, tmp_path: Path
) -> None:
    export(stocked, tmp_path / "whole", Wanted(), format="csv", names=ALL)
    with exports.begun(stocked, tmp_path / "parts", Wanted(), format="csv", names=ALL) as run:
        workers = [begin(shared, dies) for dies in (3, 0, 0)]
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        for worker, status in zip(workers, (-signal.SIGKILL, 0, 0), strict=True):
            end(worker, status)
        do_all(stocked)
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert exports.summary(stocked, run) is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "parts", "whole"]


@pytest.mark.usefixtures("parted")
def test_an_export_whose_last_process_died_while_it_placed_it_is_placed_by_the_next(
    stocked: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(stocked, tmp_path / "whole", Wanted(), format="csv")
    with exports.begun(stocked, tmp_path / "parts", Wanted(), format="csv") as run:
        with monkeypatch.context() as patch:  # it stands in its folder, and the tables do not say so
            patch.setattr(ledger, "clear", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                do_all(stocked)
        (last,) = ledger.waiting(stocked)
        assert (ledger.standing(stocked, EXPORT, run).to_be_closed, exports.summary(stocked, run)) == (True, None)
        do_part(stocked, last.id)
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert (ledger.waiting(stocked), sorted(path.name for path in tmp_path.iterdir())) == (
        [],
        ["archive", "parts", "whole"],
    )


@pytest.mark.usefixtures("parted")
def test_parts_whose_files_are_gone_are_written_again(stocked: Archive, tmp_path: Path) -> None:
    export(stocked, tmp_path / "whole", Wanted(), format="csv")
    with exports.begun(stocked, tmp_path / "parts", Wanted(), format="csv") as run:
        first, *others = ledger.waiting(stocked)
        do_part(stocked, first.id)
        (room,) = tmp_path.glob(".parts.parts-*")
        shutil.rmtree(next(room.glob("1-*")))
        for part in others:
            do_part(stocked, part.id)
        assert ledger.waiting(stocked) == [first]
        do_part(stocked, first.id)
        assert exports.summary(stocked, run) is not None
    assert files(tmp_path / "parts") == files(tmp_path / "whole")


@pytest.mark.usefixtures("parted")
def test_all_parts_see_one_moment_while_the_command_waits_and_say_so_where_they_do_not(
    stocked: Archive, tmp_path: Path, clock: Clock
) -> None:
    whole = export(stocked, tmp_path / "whole", Wanted(), format="csv")
    with exports.begun(stocked, tmp_path / "one", Wanted(), format="csv") as run:
        clock.advance(days=1)
        shelve(stocked, record(2023), "清湾市新局")
        do_all(stocked)
    assert files(tmp_path / "one") == files(tmp_path / "whole")
    assert exports.summary(stocked, run) == whole
    with exports.begun(stocked, tmp_path / "two", Wanted(), format="csv") as run:
        pass  # Ctrl-C: the workers go on
    clock.advance(days=1)
    shelve(stocked, record(2023), "清湾市又一局")
    do_all(stocked)
    done = exports.summary(stocked, run)
    assert done is not None
    assert (done.reports, done.version, done.until) == (12, "2024-01-21T04:00:00Z", "2024-01-22T04:00:00Z")
    assert '"read_until": "2024-01-22T04:00:00Z"' in (tmp_path / "two" / "datapackage.json").read_text(encoding="utf-8")


@pytest.mark.usefixtures("parted")
def test_a_damaged_record_gives_the_export_up_with_the_same_sentence(stocked: Archive, tmp_path: Path) -> None:
    with stocked.writing() as session:
        session.execute(Version.__table__.update().where(Version.id == 3).values(record=""))  # type: ignore[attr-defined]
    with pytest.raises(ArchiveError) as alone:
        export(stocked, tmp_path / "whole", Wanted(), format="csv")
    with exports.begun(stocked, tmp_path / "parts", Wanted(), format="csv") as run:
        do_all(stocked)
    with pytest.raises(ArchiveError) as error:
        exports.summary(stocked, run)
    assert str(error.value) == str(alone.value)
    assert (ledger.waiting(stocked), [path.name for path in tmp_path.iterdir()]) == ([], ["archive"])


@pytest.mark.usefixtures("parted")
def test_a_machine_that_does_not_share_the_folder_leaves_the_part_to_others(
    stocked: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with exports.begun(stocked, tmp_path / "out", Wanted(), format="csv") as run:
        first, *_ = ledger.waiting(stocked)
        (room,) = tmp_path.glob(".out.parts-*")
        room.rename(tmp_path / "hidden")
        with pytest.raises(Refused, match="mount the shared folder there"):
            do_part(stocked, first.id)
        (tmp_path / "hidden").rename(room)
        with monkeypatch.context() as patch:
            patch.setattr("archive.corpus.exporting.software", lambda: "xxgk 0.0.1")
            with pytest.raises(Refused, match="another version of xxgk"):
                do_part(stocked, first.id)
        assert len(ledger.refusals(stocked, EXPORT, run)) == 1
        assert ledger.waiting(stocked)[0] == first


@pytest.mark.usefixtures("parted")
@pytest.mark.parametrize("mounted", ["/proc", "/sys"])
def test_a_machine_that_cannot_write_there_leaves_the_part_to_others_and_the_export_goes_on(
    stocked: Archive, tmp_path: Path, mounted: str
) -> None:
    export(stocked, tmp_path / "whole", Wanted(), format="csv")
    with exports.begun(stocked, tmp_path / "out", Wanted(), format="csv") as run:
        first, *_ = ledger.waiting(stocked)
        (room,) = tmp_path.glob(".out.parts-*")
        room.rename(tmp_path / "hidden")
        room.symlink_to(mounted)  # where nobody may make a folder
        with pytest.raises(Refused, match=rf"part {first.id} of an export cannot be written to {room}/1-"):
            do_part(stocked, first.id)
        room.unlink()
        (tmp_path / "hidden").rename(room)
        (said,) = ledger.refusals(stocked, EXPORT, run)
        assert ("others may do it meanwhile" in said, ledger.waiting(stocked)[0]) == (True, first)
        do_all(stocked)
        assert exports.summary(stocked, run) is not None
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.usefixtures("parted")
@pytest.mark.parametrize("changed", ["divisions.csv", "deadlines.toml", "xxgk"])
def test_an_export_that_others_began_with_other_files_is_left_alone_and_begins_anew_here(
    stocked: Archive, shared: Place, tmp_path: Path, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with exports.begun(stocked, tmp_path / "out", Wanted(), format="csv") as run:
        first, second, *_ = ledger.waiting(stocked)
        do_part(stocked, first.id)
        if changed == "xxgk":
            monkeypatch.setattr("archive.corpus.exporting.software", lambda: "xxgk 0.0.1")
        else:
            (shared.folder / changed).write_text(OWNED[changed], encoding="utf-8")
        with pytest.raises(Refused, match=rf"part {second.id} is of an export by another .*{changed}"):
            do_part(stocked, second.id)
    with exports.begun(stocked, tmp_path / "out", Wanted(), format="csv", say=said.append) as other:
        assert other > run
        (sentence,) = said
        assert re.fullmatch(
            rf".*{changed}.* has changed since the export in parts of 2024-01-20 04:00 UTC: it begins anew", sentence
        )
        do_all(stocked)
        assert exports.summary(stocked, other) is not None
    with pytest.raises(ArchiveError, match="it begins anew"):
        exports.summary(stocked, run)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "out"]


def test_who_closes_an_export_is_told_whether_that_led_anywhere(stocked: Archive, tmp_path: Path) -> None:
    with exports.begun(stocked, tmp_path / "out", Wanted(), format="csv") as run:
        assert not exports.close(stocked, run)
        with placing._held(tmp_path / ".out.lock", tmp_path / "out"):  # another machine is at it
            do_all(stocked)
            assert not exports.close(stocked, run)
        assert (exports.close(stocked, run), exports.close(stocked, run)) == (True, True)


def test_the_same_export_is_joined_and_another_one_to_its_folder_is_refused(
    stocked: Archive, tmp_path: Path, clock: Clock
) -> None:
    said: list[str] = []
    with exports.begun(stocked, tmp_path / "out", Wanted(), format="csv") as run:
        with exports.begun(stocked, tmp_path / "out", Wanted(), format="csv", say=said.append) as other:
            assert (run, said) == (other, ["joining the export in parts of 2024-01-20 04:00 UTC"])
        with (
            pytest.raises(ArchiveError, match="with other options is being written to"),
            exports.begun(stocked, tmp_path / "out", Wanted(year=2023), format="csv"),
        ):
            pass
        do_all(stocked)
    clock.now += timedelta(days=1)
    with exports.begun(stocked, tmp_path / "out", Wanted(year=2023), format="csv") as other:
        assert other > run
    not_done(stocked, ledger.waiting(stocked)[0].id, "the disk is full", tries=1)
    with pytest.raises(ArchiveError, match="the disk is full"):
        exports.summary(stocked, other)
    assert ledger.progress(stocked) == []


@pytest.mark.parametrize("format", ["xlsx", "duckdb"])
def test_what_is_one_file_to_a_table_has_no_parts(archive: Archive, tmp_path: Path, format: str) -> None:  # noqa: A002 - the option's name
    with (
        pytest.raises(ArchiveError, match="leave --in-parts out, or choose parquet, csv, jsonl"),
        exports.begun(archive, tmp_path / "out", Wanted(), format=format),
    ):
        pass


def test_an_empty_archive_is_exported_in_parts_as_by_one_process(archive: Archive, tmp_path: Path) -> None:
    export(archive, tmp_path / "whole", Wanted(), format="parquet", names=ALL)
    with exports.begun(archive, tmp_path / "parts", Wanted(), format="parquet", names=ALL):
        do_all(archive)
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert list_reports(archive) == []
