"""Grounds: by which program and which of the owner's files a work is done; a machine with others leaves its parts alone."""

from __future__ import annotations

from archive import ownerfiles
from archive.parts.ledger import Refused
from archive.store import Archive

_PROGRAM, _FILES = 31, 32  # characters of the digests; the column has room for 64


def grounds(archive: Archive, program: str) -> str:
    """Of a program's digest and of the owner's files as they stand here. Raises :class:`archive.errors.ArchiveError`."""
    return f"{program[:_PROGRAM]}-{ownerfiles.digest(archive.folder)[:_FILES]}"


def are_of(program: str, known: str) -> bool:
    """Whether grounds are of that program, whatever the files."""
    return known.rpartition("-")[0] == program[:_PROGRAM]


def check(archive: Archive, known: str, program: str, part: str, name: str) -> None:
    """Raise :class:`Refused` where a work has other grounds than this machine.

    ``part`` and ``name`` are for the sentence: which part of which work, and what the program is called.
    """
    if not are_of(program, known):
        raise Refused(
            f"{part} by another version of {name} than the one here: install on this machine the version that began it, others may do it meanwhile"
        )
    if known != grounds(archive, program):
        raise Refused(
            f"{part} by another divisions.csv or deadlines.toml than {archive.folder} has: if they were changed since, run the command that began it again, which begins anew; others may do it meanwhile"
        )
