"""The tables. What was fetched and what the spiders noted is kept; what is derived can be rebuilt from it.

A module per kind: :mod:`fetched <archive.schema.fetched>`, :mod:`found <archive.schema.found>`,
:mod:`registry <archive.schema.registry>`, :mod:`derived <archive.schema.derived>`, :mod:`work <archive.schema.work>`,
:mod:`words <archive.schema.words>`.
"""

from archive.schema.base import Base, Digest, Identifier, Moment, Packed, Words, storable
from archive.schema.derived import (
    Absence,
    ColumnPublisher,
    FindingRow,
    ReparseRun,
    Report,
    Sighting,
    Unstudied,
    Version,
)
from archive.schema.fetched import CaptureRow, CrawlRow, JournalRow, RestRow, WarcFile
from archive.schema.found import (
    FAILED,
    Article,
    ArticleColumn,
    Attachment,
    ColumnReading,
    ListRow,
    Portal,
    PortalReading,
    ReportColumn,
    RosterRow,
    RosterUnit,
    SiteRow,
    UnitRow,
)
from archive.schema.likeness import Likeness, LikenessBand, ScarRow
from archive.schema.registry import Acknowledgement, Publisher, PublisherAlias, PublisherSource, Succession
from archive.schema.words import WordBlock, WordPlace, WordSegment
from archive.schema.work import Attempt, Daemon, Delivery, ExportRun, HostTurn, Notice, OwnerFile, Partition, Task

__all__ = [
    "FAILED",
    "Absence",
    "Acknowledgement",
    "Article",
    "ArticleColumn",
    "Attachment",
    "Attempt",
    "Base",
    "CaptureRow",
    "ColumnPublisher",
    "ColumnReading",
    "CrawlRow",
    "Daemon",
    "Delivery",
    "Digest",
    "ExportRun",
    "FindingRow",
    "HostTurn",
    "Identifier",
    "JournalRow",
    "Likeness",
    "LikenessBand",
    "ListRow",
    "Moment",
    "Notice",
    "OwnerFile",
    "Packed",
    "Partition",
    "Portal",
    "PortalReading",
    "Publisher",
    "PublisherAlias",
    "PublisherSource",
    "ReparseRun",
    "Report",
    "ReportColumn",
    "RestRow",
    "RosterRow",
    "RosterUnit",
    "ScarRow",
    "Sighting",
    "SiteRow",
    "Succession",
    "Task",
    "UnitRow",
    "Unstudied",
    "Version",
    "WarcFile",
    "WordBlock",
    "WordPlace",
    "WordSegment",
    "Words",
    "storable",
]
