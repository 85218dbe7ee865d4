"""Before a question to an index of prose: what was filed since is read for it, as far as this archive can be written now."""

from __future__ import annotations

from archive.errors import ArchiveError
from archive.store import Archive
from archive.study import study, waiting
from crawler.cli.output import progress, remark


def catch_up(archive: Archive) -> None:
    """Let the indexes read what waits; what they cannot take in now is left for the next time, and that is said."""
    left = waiting(archive)
    if not left:
        return
    try:
        with progress() as shown:
            done = 0

            def tell(count: int) -> None:
                nonlocal done
                done += count
                shown.say(f"{done:,} of {max(left, done):,} versions are read for the indexes")

            study(archive, tell)
    except ArchiveError as error:
        remark(f"{waiting(archive):,} versions are not read for the indexes yet and left out: {error}")
