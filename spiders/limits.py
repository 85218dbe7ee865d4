"""How far a portal is followed: an end must come, whatever it goes on to show. Each limit that is met is told."""

from __future__ import annotations

from typing import ClassVar


class Limits:
    """What one portal, column, page or article may cost; the spider's own attributes."""

    MAX_DEPTH: ClassVar[int] = 5  # home page → 政务公开 → 政府信息公开 → directory → unit → its 信息公开 → column
    MAX_ENTRY_PAGES: ClassVar[int] = 1000  # of one portal: the largest city pages link 300 units, each with two pages
    MAX_COLUMNS: ClassVar[int] = 1500  # of one portal: every unit of a city with a folder per year
    MAX_LIST_PAGES: ClassVar[int] = 300  # of one column: 15 rows a page, a whole city since 2008
    MAX_COLUMN_PAGES: ClassVar[int] = 5000  # of one column, answers to all that its scripts ask counted
    MAX_ROWS: ClassVar[int] = 10_000  # of one page: some lists come whole, a city since 2008 with 5000
    MAX_REQUESTS: ClassVar[int] = 100_000  # of one portal: two days at one a second
    MAX_SECONDS: ClassVar[float] = 20.0  # of computing for one answer; the largest lists take one
    MAX_UNITS: ClassVar[int] = 10_000  # that the directories of one portal name
    MAX_LEFT: ClassVar[int] = 50  # reports no list has any more that are looked for in one crawl of a portal
    MAX_ATTACHMENTS: ClassVar[int] = 40  # of one article: a collection of all units' files has as many
    LEAST_WAYS: ClassVar[int] = 3  # to units, on a page without rows that is a directory of them
    MAX_HOPS: ClassVar[int] = 1  # a shell behind a shell is a loop or a trap
    MAX_FRAMES: ClassVar[int] = 2  # a frame in a frame: the menu of a platform that is itself shown in one
