"""What every command is given: where the archive stands, and whether to show tracebacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

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
        """The archive. Raises :class:`archive.errors.ArchiveError`."""
        from archive.store import Archive  # noqa: PLC0415 - the tables take half a second to import; parsing needs none

        with Archive.open(self.folder, self.database, create=create, write=write, rebuild=rebuild) as archive:
            yield archive
