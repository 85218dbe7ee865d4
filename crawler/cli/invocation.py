"""What every command is given: where the archive stands, and whether to show tracebacks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from archive.errors import ArchiveError, ConnectionLost, DatabaseAway, NoArchive

if TYPE_CHECKING:
    from archive.store import Archive

ATTENTION, WRONG, STOPPED = 1, 2, 3  # exit statuses beside 0 (done)


@dataclass(frozen=True)
class Invocation:
    """The global options."""

    folder: Path
    database: str | None
    debug: bool

    @classmethod
    def of(cls, context: typer.Context) -> Invocation:
        """The options of the running command."""
        return cast("Invocation", context.obj)

    def store_at(self, url: str) -> None:
        """Name the shared storage on the archive's card; the archive is made if there is none.

        Raises :class:`archive.errors.ArchiveError`.
        """
        from archive import card  # noqa: PLC0415 - as below
        from archive.database import url_of  # noqa: PLC0415 - as below

        card.check(self.folder, url_of(self.folder, self.database).get_backend_name(), create=True, rebuild=True)
        card.set_storage(self.folder, url)

    @contextmanager
    def open(self, *, create: bool = False, write: bool = False, rebuild: bool = False) -> Iterator[Archive]:
        """The archive, with the owner's files as all machines have them. Raises :class:`archive.errors.ArchiveError`."""
        from archive.store import Archive  # noqa: PLC0415 - the tables take half a second to import; parsing needs none

        with Archive.open(self.folder, self.database, create=create, write=write, rebuild=rebuild) as archive:
            _sync(archive)
            yield archive

    def sync(self) -> None:
        """Bring the owner's files here, for who reads them before the archive is opened. Raises as :meth:`open` does."""
        from crawler.lifeline import LEASED  # noqa: PLC0415 - other commands need no subprocesses

        if self.database is not None and LEASED not in os.environ:  # who gave a lease did it just now
            with suppress(NoArchive), self.open():
                pass


def _sync(archive: Archive) -> None:
    """What cannot be read or written here keeps nobody from reading the rest."""
    from archive import ownerfiles  # noqa: PLC0415 - as above
    from crawler.cli.output import remark  # noqa: PLC0415 - as above

    try:
        archive.patiently(lambda: ownerfiles.sync(archive))
    except (ConnectionLost, DatabaseAway):
        raise
    except ArchiveError as error:
        remark(f"the owner's files are used as they stand in {archive.folder}: {error}")
