"""The log manual holds what the system says of portals and crawls: all of it, and nothing it does not say.

A message is any text of two words or more in the modules that speak of portals and crawls, whatever is done with it there: so
none gets past the manual by a way that nobody thought of. What is a text and no message stands in the tables below.
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
SCRAPYS = "Lines of Scrapy"  # the part whose messages are not ours
PACKAGES = ("crawler/", "spiders/", "archive/")

# Modules that say nothing of portals and crawls; what they speak of.
ELSEWHERE = {
    "files that are imported": (
        *("archive/intake/foreign", "archive/intake/imports", "archive/intake/originals", "archive/intake/unpacked"),
        "archive/journal/adoption",
    ),
    "reports and publishers": (
        *("archive/comparing", "archive/divisions", "archive/findings", "archive/monitor", "archive/panels"),
        *("archive/reports", "archive/reuse", "archive/words"),
        *("archive/deriving/changes", "archive/deriving/documents", "archive/deriving/filing"),
        *("archive/deriving/readers", "archive/deriving/reparsing", "archive/deriving/timeline"),
        *("archive/deriving/visits", "archive/registry/checks", "archive/registry/classes"),
        *("archive/registry/deadlines", "archive/registry/declaring", "archive/registry/duplicates"),
        *("archive/registry/export", "archive/registry/identity", "archive/registry/imports"),
        *("archive/registry/listing", "archive/registry/merging", "archive/registry/publishers"),
        *("archive/registry/reforms", "archive/registry/registering", "archive/registry/rows"),
        "archive/registry/statements",
    ),
    "notices": (
        *("archive/notices/feeds", "archive/notices/happenings", "archive/notices/kinds", "archive/notices/notices"),
        *("archive/notices/portals", "crawler/cli/notices"),
    ),
    "an archive by itself": (
        *("archive/corpus", "archive/journal/notes", "archive/migrations", "archive/replay", "archive/upkeep"),
        "archive/storage",
        "archive/warcs/members",
    ),
    "commands that ask no portal": (
        *("crawler/cli/copying", "crawler/cli/derived", "crawler/cli/imports", "crawler/cli/index"),
        *(
            "crawler/cli/check",
            "crawler/cli/compare",
            "crawler/cli/comparing",
            "crawler/cli/deadlines",
            "archive/divisions/asked",
            "crawler/cli/missing",
        ),
        *("crawler/cli/parse", "crawler/cli/publishers", "crawler/cli/reindex", "crawler/cli/reports"),
        "crawler/cli/storage",
        *("crawler/cli/search", "crawler/cli/spreadsheets", "crawler/cli/status", "crawler/cli/verify"),
        *("crawler/cli/copies", "crawler/cli/hierarchy", "crawler/cli/studying"),
        *("crawler/charts", "crawler/fonts", "crawler/cli/export", "crawler/cli/stats"),
    ),
    "works in parts, whose sentences stand with reparse and export": (
        "archive/parts",
        "crawler/cli/in_parts",
        "crawler/cli/part",
    ),
    "the dashboard": ("archive/viewing", "archive/web", "crawler/cli/serve"),
    "faults of the program, which nobody can act on": ("archive/crawling/crawls", "archive/deposit", "archive/schema"),
    "why a row is no report": ("spiders/verdicts",),
}
# Calls whose texts are selectors, statements, scripts, headings, what a metric means, or faults of the program.
UNSAID = frozenset(
    {"CounterMetricFamily", "GaugeMetricFamily", "_gauge"}
    | {"Argument", "LookupError", "Option", "Page", "RuntimeError", "TypeError", "compile", "evaluate", "execute"}
    | {"exec_driver_sql", "print_table", "removeprefix", "rpartition", "select", "startswith", "text"}
)
HELP = frozenset({"help", "epilog", "description"})  # arguments that a command's --help or a schema shows
# Modules whose constants, outside functions, are said too; those of the others are selectors and patterns.
SAID_CONSTANTS = frozenset(
    {"archive/database.py", "archive/intake/transcripts.py", "crawler/environment.py", "crawler/harvest.py"}
    | {"crawler/hours.py", "crawler/replay.py"}
)
NO_MESSAGES = {
    "Scrapy/⟨…⟩ Twisted/⟨…⟩": "in the head of a WARC file",
    "HTTP/1.1 ⟨…⟩ ⟨…⟩": "in a WARC record",
    "⟨…⟩ ⟨…⟩ HTTP/1.1": "in a WARC record",
    "⟨…⟩ UTC": "a time in a message",
    "⟨…⟩; msgtype=request": "in a WARC record",
    "⟨…⟩; msgtype=response": "in a WARC record",
    "⟨…⟩ in ⟨…⟩": "of an imported capture, where it comes from",
    "the record ⟨…⟩": "of an imported capture, where it comes from",
    "⟨…⟩ Playwright/⟨…⟩": "of a rendered page, what made it",
    "⟨…⟩ MiB": "a size in a message",
    "xxgk ⟨…⟩": "the version",
    "-c jit=off -c work_mem=64MB -c random_page_cost=1.1 -c timezone=UTC -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3": "settings of PostgreSQL",
    "⟨…⟩ -c search_path=⟨…⟩": "settings of PostgreSQL",
    "procrastinate ⟨…⟩": "the form of the queue's tables",
    "derive ⟨…⟩": "a lock of the queue",
    "⟨…⟩ IN (SELECT value FROM json_each(⟨…⟩))": "a condition of SQLite",
    "⟨…⟩ = ANY (⟨…⟩)": "a condition of PostgreSQL",
    "⟨…⟩ bytes": "a size in a message",
    "application/x-www-form-urlencoded; charset=UTF-8": "a header",
}

_FIELD = re.compile(r"%[sd]|\{\w+(?::\w+)?\}|⟨[^⟩]*⟩")
_WORD = re.compile(r"[A-Za-z][A-Za-z']+")
_QUERY = re.compile(r"\s*SELECT\s")  # of SQL; one that stands in a variable is in none of the calls above


def test_every_message_of_the_code_stands_in_the_manual() -> None:
    known = set(told(ours()))
    missing = [f"{place}: {text}" for text, place in messages().items() if text not in known]
    assert missing == [], "\n".join([f"{relative(MANUAL)} lacks", *missing])


def test_the_manual_has_no_message_that_the_code_does_not_say() -> None:
    said = messages()
    stale = [text for text in told(ours()) if text not in said]
    assert stale == [], "\n".join([f"{relative(MANUAL)} has what is not said", *stale])


def test_no_message_stands_in_the_manual_twice() -> None:
    found = list(told(ours()))
    assert sorted({text for text in found if found.count(text) > 1}) == []


def test_the_lines_of_scrapy_in_the_manual_are_lines_of_scrapy() -> None:
    spec = find_spec("scrapy")
    assert spec is not None
    assert spec.origin is not None
    sources = [path.read_text(encoding="utf-8") for path in Path(spec.origin).parent.rglob("*.py")]
    words = [
        str(node.value) for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)
    ]
    said = "\n".join([*words, *sources])
    lines = list(told(scrapys()))
    assert len(lines) >= 10
    assert [line for line in lines if any(part not in said for part in line.split("⟨…⟩"))] == []


def test_every_row_of_the_manual_says_what_a_message_means_and_what_to_do() -> None:
    rows = rows_of(MANUAL.read_text(encoding="utf-8"))
    assert len(rows) > 50
    assert [row[0] for row in rows if len(row) != 3 or not all(row)] == []


def test_the_tables_of_what_is_no_message_name_nothing_that_is_gone() -> None:
    modules = [relative(path) for path in package_files()]
    gone = [name for names in ELSEWHERE.values() for name in names if not any(_is_in(name, path) for path in modules)]
    texts = {text for path in speaking() for text, _ in texts_of(path)}
    assert gone == []
    assert sorted(SAID_CONSTANTS - {relative(path) for path in speaking()}) == []
    assert sorted(NO_MESSAGES.keys() - texts) == []


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('def f(): logger.info("%s was read", url)', ["⟨…⟩ was read"]),
        ('def f(): raise Oops(f"{url} is gone: {why!r:.60}")', ["⟨…⟩ is gone: ⟨…⟩"]),
        ('def f(): return "it is gone" if a == "no report words" else None', ["it is gone"]),
        ("def f(): said = f\"{a}{' and more' if b else ''}\"", ["and more"]),
        ('def f(): said += f"; no longer found: {a}"', ["no longer found: ⟨…⟩"]),
        ('def f(): say("Stopped.")', ["Stopped."]),
        ('def f(): return {"a": "is missing; write it"}', ["is missing; write it"]),
        ('def f():\n    """Not said at all."""', []),
        ('def f(): re.compile("two words"); Option(help="two words")', []),
        ('def f(): return f"{a}: {b}", "utf-8", "a,b"', []),
        ('SELECTOR = ".box .title"', []),
        ("def f(): query = \"SELECT a FROM b WHERE c = 'd'\"", []),
        ('def f(): query = """\n    SELECT a\n    FROM b"""', []),
        ('def f(): say("Select one of the portals")', ["Select one of the portals"]),
    ],
)
def test_a_message_is_known_when_it_is_seen(code: str, found: list[str]) -> None:
    assert [text for text, _ in _texts(ast.parse(code), constants=False)] == found


# The code


def messages() -> dict[str, str]:
    """Each message of the code, with a place where it is made."""
    found: dict[str, str] = {}
    for path in speaking():
        for text, line in texts_of(path):
            if text not in NO_MESSAGES:
                found.setdefault(text, f"{relative(path)}:{line}")
    return found


def speaking() -> list[Path]:
    silent = [name for names in ELSEWHERE.values() for name in names]
    modules = [path for path in package_files() if path.suffix == ".py" and relative(path).startswith(PACKAGES)]
    return [path for path in modules if not any(_is_in(name, relative(path)) for name in silent)]


def texts_of(path: Path) -> Iterator[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return _texts(tree, constants=relative(path) in SAID_CONSTANTS)


def _is_in(name: str, module: str) -> bool:
    return module == f"{name}.py" or module.startswith(f"{name}/")


def _texts(node: ast.AST, *, constants: bool) -> Iterator[tuple[str, int]]:
    """The texts below a node that are said, with their lines; ``constants``: those outside functions too."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Expr(value=ast.Constant()) | ast.Compare():  # a docstring; what others wrote is compared
                continue
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in UNSAID:
                continue
            case ast.keyword(arg=name) if name in HELP:
                continue
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _texts(child, constants=True)
                continue
            case ast.JoinedStr(values=parts):
                whole = "".join(str(part.value) if isinstance(part, ast.Constant) else "⟨…⟩" for part in parts)
                fields = [ast.Expression(part.value) for part in parts if isinstance(part, ast.FormattedValue)]
                if constants and _is_said(text := normal(whole)):
                    yield text, child.lineno
                for field in fields:
                    yield from _texts(field, constants=constants)
                continue
            case ast.Constant(value=str(written)) if constants and _is_said(text := normal(written)):
                yield text, child.lineno
        yield from _texts(child, constants=constants)


def normal(text: str) -> str:
    """A message as it is compared: its fields alike, without what joins it to another."""
    return _FIELD.sub("⟨…⟩", text).strip(" ,;")


def _is_said(text: str) -> bool:
    if _QUERY.match(text):
        return False
    words = len(_WORD.findall(text.replace("⟨…⟩", " ")))
    return (words > 0 and " " in text and words + ("⟨…⟩" in text) > 1) or re.fullmatch(
        r"[A-Z][a-z]+\.", text
    ) is not None


# The manual


def ours() -> str:
    return MANUAL.read_text(encoding="utf-8").partition(f"\n## {SCRAPYS}\n")[0]


def scrapys() -> str:
    return MANUAL.read_text(encoding="utf-8").partition(f"\n## {SCRAPYS}\n")[2]


def rows_of(page: str) -> list[list[str]]:
    """The cells of each row of the page's tables of messages."""
    tables = re.findall(r"^\| message \| means \| do \|\n\| --- .*\n((?:\|.*\n)+)", page, re.MULTILINE)
    rows = [row.strip("|").split(" | ") for table in tables for row in table.splitlines()]
    return [[cell.strip() for cell in cells] for cells in rows]


def told(page: str) -> Iterator[str]:
    """The messages of a page: what stands as code in the first cells of its tables."""
    for row in rows_of(page):
        yield from (normal(text) for _, text in re.findall(r"(`+) ?(.+?) ?\1(?!`)", row[0]))
