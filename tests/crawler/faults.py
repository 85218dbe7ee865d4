"""Points at which a crawl is killed: within the writing of a record, within a transaction, around a commit, at any moment."""

from __future__ import annotations

import random

POINTS = ("write.begin", "write.half", "write.done", "write.synced", "insert", "commit", "committed", "rename", "time")
_PRELUDE = """
import os, signal, threading
from sqlalchemy import event
from sqlalchemy.engine import Engine
import archive.warcs.files as files

point, number = {point!r}, {number!r}
seen = 0

def pass_by(name):
    global seen
    if name == point:
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

def write_through(file, data):
    pass_by("write.begin")
    half = len(data) // 2
    file.write(data[:half])
    pass_by("write.half")
    file.write(data[half:])
    pass_by("write.done")
    os.fsync(file.fileno())
    pass_by("write.synced")

def mark_closed(folder, name, mark=files.mark_closed):
    pass_by("rename")
    mark(folder, name)

files.write_through, files.mark_closed = write_through, mark_closed
event.listen(Engine, "after_cursor_execute", lambda c, cursor, statement, *_: pass_by("insert") if statement.startswith("INSERT") else None)
event.listen(Engine, "commit", lambda connection: pass_by("commit"))

from sqlalchemy.orm import Session
event.listen(Session, "after_commit", lambda session: pass_by("committed"))
if point == "time":
    threading.Timer(number / 1000, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
"""


def prelude(point: str, number: int) -> str:
    """Python that kills its process when it passes a point for the n-th time (with ``time``: after n milliseconds)."""
    return _PRELUDE.format(point=point, number=number)


def draw(rng: random.Random, pages: int) -> tuple[str, int]:
    """A point and a number, for a crawl of so many pages."""
    point = rng.choice(POINTS)
    if point == "time":
        return point, rng.randint(600, 6000)
    if point == "rename":
        return point, 1
    most = {"insert": 6 * pages, "commit": 2 * pages, "committed": 2 * pages}.get(point, pages)
    return point, rng.randint(1, max(1, most))
