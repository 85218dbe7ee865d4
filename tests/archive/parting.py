"""Processes of these tests that do parts of a work, and one that does all of them here."""

from __future__ import annotations

from typing import Any

from archive.parts import ledger
from archive.parts.doing import do_part
from archive.store import Archive
from tests.archive.conftest import Place
from tests.warm import Process, start_code

MOST = 120  # seconds a process may take
DO = """
import os, signal, sys
from pathlib import Path
import archive.deriving.derive
from archive.corpus import exporting
from archive.parts import exports, ledger
from archive.parts.doing import do_part
from archive.store import Archive
from tests.archive.test_reparse import another

folder, database, dies = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
archive.deriving.derive.BATCH = 2
read = 0
def counted(data, hints):
    global read
    read += 1
    if read == dies:
        os.kill(os.getpid(), signal.SIGKILL)
    return another(data, hints)
whole, written = exporting.line_of, 0
def line_of(place, each):
    global written
    written += 1
    if written == dies:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(place, each)
exporting.line_of = line_of
with Archive.open(folder, database) as opened:
    print("ready", flush=True)
    sys.stdin.readline()
    for part in ledger.waiting(opened):
        do_part(opened, part.id, parse=counted, fingerprint="one")
"""


def begin(place: Place, dies: int = 0) -> Process:
    process = start_code(DO, str(place.folder), place.database or "", str(dies))
    assert process.stdout.readline() == "ready\n", process.stderr.read()
    return process


def end(process: Process, status: int = 0) -> None:
    _, said = process.communicate("go\n", MOST)
    assert process.wait() == status, said


def do_all(archive: Archive, **given: Any) -> None:
    for part in ledger.waiting(archive):
        do_part(archive, part.id, **given)
