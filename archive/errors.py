"""The archive's errors: each message says in one sentence what is wrong, where, and what to do."""

from __future__ import annotations


class ArchiveError(Exception):
    """The archive cannot do what was asked."""


class NoArchive(ArchiveError):
    """There is no archive in the folder, or its tables stand elsewhere."""


class ReadOnlyArchive(ArchiveError):
    """The archive was opened for reading and asked to keep something."""


class ConnectionLost(ArchiveError):
    """The connection to the database broke: whether the last writing was committed is not known."""


class DatabaseAway(ArchiveError):
    """The database cannot be reached: nothing was asked of it."""


class AddressRefused(ArchiveError):
    """An address that cannot stand in a WARC record or an index."""


class DamagedCapture(ArchiveError):
    """The bytes of a capture are not what was written; ``xxgk verify`` says which."""


class OutOfReach(DamagedCapture):
    """The bytes of a capture stand in the folder of another machine, which has not stored them yet."""


class StorageTrouble(ArchiveError):
    """The shared storage does not answer, refuses, or gave back other bytes than it was given."""


class GivenAway(ArchiveError):
    """Another machine has taken our WARC file over: nothing may be appended to it any more."""


class DamagedRecord(ArchiveError):
    """The record of a report in the tables is not whole; ``xxgk reparse`` makes it anew."""


class PayloadRefused(ArchiveError):
    """A payload cannot be decoded: its coding is unknown or damaged, or it inflates beyond the limit."""


class PayloadTooLarge(PayloadRefused):
    """A payload is made to fill the memory: it inflates beyond the limit, or is packed in too many layers or parts."""


class UnknownPublisher(ArchiveError):
    """No publisher, or more than one, goes by the name that was asked for."""


class UnknownDivision(ArchiveError):
    """No division, or more than one, goes by the name or code that was asked for."""


class UnreadableImport(ArchiveError):
    """A path to import does not exist or cannot be read."""
