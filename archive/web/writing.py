"""Writing: the archive opened for the moment in which a person's word is kept; the dashboard itself only reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from archive.errors import ArchiveError
from archive.store import Archive

_TURN = Lock()  # one WARC file goes on for all who write here
_WAIT = 60.0  # seconds, as the tables are waited for


@contextmanager
def writable(archive: Archive) -> Iterator[Archive]:
    """The same archive, to be written to while crawls and others write too: it waits for its turn.

    Raises :class:`ArchiveError`, also where its turn does not come.
    """
    if not _TURN.acquire(timeout=_WAIT):
        raise ArchiveError(f"others have been writing here for more than {_WAIT:g} s: send it again")
    try:
        database = archive.engine.url.render_as_string(hide_password=False)
        with Archive.open(archive.folder, database, write=True, clock=archive.clock) as opened:
            yield opened
    finally:
        _TURN.release()
