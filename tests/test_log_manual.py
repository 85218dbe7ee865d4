"""The log manual: what the system says of portals and crawls stands in it, all of it and nothing else.

A message is a text of words inside a function of the modules that speak of portals and crawls, whatever is done with it
there: so none can be added past the manual. What looks like one and is none stands in the tables below, with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.test_house import ROOT, package_files, relative

MANUAL = ROOT / "docs" / "log-manual.md"
SPEAK = ("crawler", "spiders", "archive")
SCRAPYS = "## Lines of Scrapy"

# Modules that say nothing of portals or crawls, by what they speak of.
SILENT = {
    "files that are imported": ("archive/adoption", "archive/foreign", "archive/imports", "archive/unpacked"),
    "reports and publishers": (
        *("archive/compare", "archive/documents", "archive/filing", "archive/monitor", "archive/publishers"),
        *("archive/readers", "archive/reports", "archive/reparsing", "archive/timeline", "archive/visits"),
    ),
    "the archive by itself": (
        *("archive/cdxj", "archive/copying", "archive/members", "archive/migrations", "archive/notes"),
        *("archive/originals", "archive/reindex", "archive/repair", "archive/verify"),
    ),
    "commands that ask no portal": (
        *("crawler/cli/copying", "crawler/cli/derived", "crawler/cli/imports", "crawler/cli/index", "crawler/cli/monitor"),
        *("crawler/cli/parse", "crawler/cli/reindex", "crawler/cli/reports", "crawler/cli/verify"),
    ),
}  # fmt: skip
# Calls whose texts are for a machine or a reader of code: selectors, statements, scripts, faults of the program.
UNSAID = frozenset(
    {"LookupError", "RuntimeError", "TypeError", "compile", "evaluate", "exec_driver_sql", "execute", "print_table"}
    | {"rpartition", "select", "startswith", "text", "Page", "typing.Option"}
)
# Texts outside functions that are said all the same, by module.
CONSTANTS = {
    "archive/database.py": "_REMEDIES",
    "archive/transcripts.py": None,
    "crawler/environment.py": "JITTER",
    "crawler/harvest.py": None,
    "crawler/hours.py": "_FORM",
    "crawler/replay.py": None,
}
