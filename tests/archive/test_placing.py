"""Placing an export: who finds another at it leaves all as it stands."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from archive.corpus import placing
from archive.corpus.placing import Taken, placed

LOCK = ".out.lock"


def test_what_another_has_put_aside_for_a_moment_stays_there(tmp_path: Path) -> None:
    folder, old = tmp_path / "out", tmp_path / ".out.old"
    old.mkdir()  # between the two renamings of the one that is at it
    with placing._held(tmp_path / LOCK, folder):
        with pytest.raises(Taken), placed(folder):
            pass
        assert (old.is_dir(), folder.exists()) == (True, False)
    with placed(folder) as new:
        assert folder.is_dir()  # nobody is at it: that one was killed
        (new / "file").touch()
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_of_three_the_second_has_the_lock_that_the_third_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, take = tmp_path / LOCK, fcntl.flock
    ends = [lock]  # the first ends, and takes its lock away, after the second opened it

    def after_the_first(file: int, how: int) -> None:
        while ends:
            ends.pop().unlink()
        take(file, how)

    monkeypatch.setattr(fcntl, "flock", after_the_first)
    with placing._held(lock, tmp_path / "out"), pytest.raises(Taken), placing._held(lock, tmp_path / "out"):
        pass
    assert not lock.exists()
