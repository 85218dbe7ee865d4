"""The house rules: what holds for the project as a whole, whoever adds to it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import find_real_documents

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("parser", "archive", "spiders", "crawler")
FOLDERS = {*PACKAGES, "tests", "benchmarks", "docs"}
MADE = {".git", ".venv", ".venv-pywb", "build", "dist", "__pycache__", "xxgk-archive"}  # by tools, not by us
PROSE = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
READMES = ("README.md", "README.zh-CN.md")

CONVERTERS = {"parser/documents/legacy.py"}  # LibreOffice reads files: these lie in a folder made and removed there
LATER = frozenset({"compression"})  # of the standard library from Python 3.14 on
COME_WITH_SCRAPY = {"itemadapter", "parsel", "protego", "twisted", "w3lib", "zope-interface"}  # in its own interfaces

LONGEST_MODULE = 500  # lines; most have fewer than 200
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "core", "misc"}
# Letters in brackets keep this file from finding itself.
INDEX_HOST = re.compile(
    r"py[p]i\.(?:org|python)|python[h]osted\.|https?://[^\s\"']+/(?:[p]ypi|simple)\b", re.IGNORECASE
)


def our_files() -> list[Path]:
    """Every file of the project: what git tracks or would add; without git, all but what tools made."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not _is_made(path)]
    return sorted(path for path in paths if path.is_file())


def our_modules() -> list[Path]:
    return [path for path in our_files() if path.suffix == ".py"]


def package_files() -> list[Path]:
    return [path for path in our_files() if path.relative_to(ROOT).parts[0] in PACKAGES]


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned_versions(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def make_targets() -> dict[str, str | None]:
    """Each target of the Makefile with its description, or None where it has none."""
    rule = re.compile(r"^([a-z][a-z-]*):(?!=)[^#\n]*(?:## (.+))?$", re.MULTILINE)
    return {name: text or None for name, text in rule.findall((ROOT / "Makefile").read_text(encoding="utf-8"))}


def code_in(document: Path) -> Iterator[str]:
    """Each line of code a page shows: fenced blocks line by line, and code spans."""
    text = document.read_text(encoding="utf-8")
    fenced = re.compile(r"^```(?!mermaid)\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for block in fenced.findall(text):
        yield from block.splitlines()
    for span in re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        yield str(span)


def shown_commands(document: Path) -> list[tuple[str, list[str]]]:
    """The ``xxgk`` commands a page shows: the command's name and the options given to it."""
    call = re.compile(r"(?:^|[\s/])xxgk((?: --(?:archive|database) \S+| --debug)*) ([a-z]+)\b([^|#>&;]*)")
    return [
        (command, re.findall(r"(?<!\S)--[a-z][a-z-]*", rest))
        for line in code_in(document)
        for _, command, rest in call.findall(line)
    ]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _is_made(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part in MADE or part.endswith(("_cache", ".egg-info")) for part in parts)


# What a file may say


def test_no_file_names_a_package_index_host() -> None:
    named = []
    for path in our_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a document or picture; only text is installed from
        named += [f"{relative(path)}: {match.group()}" for match in INDEX_HOST.finditer(text)]
    assert named == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://py" + "pi.org/simple",
        "url = 'https://files.python" + "hosted.org/x.whl'",
        "http://mirror.example/py" + "pi/",
    ],
)
def test_the_index_guard_knows_an_index_host_when_it_sees_one(line: str) -> None:
    assert INDEX_HOST.search(line) is not None


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-pywb.lock"])
def test_the_locks_hold_pins_and_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert "://" not in text
    assert [entry for entry in entries if not re.match(r"[A-Za-z0-9._-]+==[^\s;]+ ", entry)] == []
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_locks_hold_every_dependency_in_a_version_the_project_allows() -> None:
    project = pyproject()["project"]
    runtime = [Requirement(line) for line in project["dependencies"]]
    development = [
        *runtime,
        *(Requirement(line) for lines in project["optional-dependencies"].values() for line in lines),
        *(Requirement(line) for line in pyproject()["dependency-groups"]["dev"]),
    ]
    for lock, wanted in (("requirements.lock", runtime), ("requirements-dev.lock", development)):
        pins = dict(
            re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
        )
        pins = {canonicalize_name(name): version for name, version in pins.items()}
        for requirement in wanted:
            pinned = pins.get(canonicalize_name(requirement.name))
            assert pinned is not None, f"{lock} lacks {requirement.name}: run make lock"
            assert requirement.specifier.contains(pinned), f"{lock} pins {requirement.name} {pinned}: run make lock"


def test_both_locks_pin_the_same_versions() -> None:
    assert pinned_versions("requirements.lock").items() <= pinned_versions("requirements-dev.lock").items()


def test_every_library_the_packages_import_is_a_dependency_of_the_project() -> None:
    project = pyproject()["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    declared = {canonicalize_name(Requirement(line).name) for line in lines} | COME_WITH_SCRAPY
    providers = packages_distributions()
    imported = {
        (relative(path), name)
        for path in package_files()
        if path.suffix == ".py"
        for name in _imports(ast.parse(path.read_text(encoding="utf-8")))
        if name not in sys.stdlib_module_names | LATER and name not in PACKAGES
    }
    undeclared = {
        (path, name)
        for path, name in imported
        if not {canonicalize_name(provider) for provider in providers.get(name, [])} & declared
    }
    assert undeclared == set()


def test_every_exception_from_a_tool_rule_says_why() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    silent = []
    arguing = False
    for line in lines:
        if re.match(r'(?:ignore|filterwarnings|"[^"]+") = \[$', line):
            arguing = True
        elif line == "]":
            arguing = False
        elif arguing and re.match(r'\s+"', line) and line.strip() != '"error",' and not re.search(r'",\s+# \S', line):
            silent.append(line.strip())
    assert silent == []


# Where things stand


def test_there_is_no_top_level_folder_without_a_reason() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in our_files() if len(path.relative_to(ROOT).parts) > 1}
    assert {name for name in found if not name.startswith(".")} - FOLDERS == set()


def test_no_module_is_named_after_nothing() -> None:
    nameless = [
        relative(path)
        for path in our_modules()
        if NAMELESS & {path.stem, *path.relative_to(ROOT).parts[:-1]}
    ]  # fmt: skip
    assert nameless == []


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in our_modules()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_every_module_of_the_packages_says_what_it_is() -> None:
    silent = [
        relative(path)
        for path in package_files()
        if path.suffix == ".py" and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_every_folder_of_python_in_the_packages_is_a_package() -> None:
    folders = {path.parent for path in package_files() if path.suffix == ".py"}
    revisions = ROOT / "archive" / "migrations"  # Alembic loads its revisions by path
    loose = [relative(folder) for folder in folders if not (folder / "__init__.py").exists()]
    assert [name for name in loose if revisions not in (ROOT / name, *(ROOT / name).parents)] == []


def test_the_parser_opens_no_file_and_no_address_and_reads_no_clock() -> None:
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in our_modules()
        if path.relative_to(ROOT).parts[0] == "parser" and relative(path) not in CONVERTERS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.expr | ast.stmt) and _reaches_outside(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    "statement",
    [
        "open(name)",
        "Path(name).open()",
        "datetime.now(UTC)",
        "date.today()",
        "import urllib.request",
        "from urllib import request",
    ],
)
def test_the_parser_guard_knows_a_reach_outside_when_it_sees_one(statement: str) -> None:
    (node,) = ast.parse(statement).body
    assert any(_reaches_outside(part) for part in ast.walk(node) if isinstance(part, ast.expr | ast.stmt))


def test_it_is_an_ordinary_scrapy_project() -> None:
    settings = ConfigParser()
    settings.read(ROOT / "scrapy.cfg", encoding="utf-8")
    module = settings.get("settings", "default")
    assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()


def test_a_built_wheel_holds_every_file_of_the_packages_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for path in our_files():  # a copy, so that setuptools leaves nothing in the checkout
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    build = "from setuptools import build_meta; import sys; print(build_meta.build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", build, str(tmp_path)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {relative(path) for path in package_files()}


# What the pages promise


def test_every_make_target_says_what_it_does() -> None:
    targets = make_targets()
    assert targets
    assert [name for name, text in targets.items() if text is None] == []


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_lists_every_target() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [name for name in make_targets() if f"make {name} " not in said] == []


def test_every_program_the_makefile_runs_exists() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    modules = [name for name in re.findall(r"\$\(RUN\) (\S+)", text) if name.partition(".")[0] in FOLDERS]
    places = [ROOT / name.replace(".", "/") for name in modules]
    missing = [
        relative(place)
        for place in places
        if not (place.with_suffix(".py").is_file() or (place / "__main__.py").is_file())
    ]
    assert modules
    assert missing == []


@pytest.mark.parametrize("script", sorted((ROOT / ".ci").iterdir()), ids=lambda path: path.name)
def test_every_script_may_be_run_and_is_well_formed(script: Path) -> None:
    shell = script.read_text(encoding="utf-8").partition("\n")[0].rpartition("/")[2].split()[-1]
    assert script.stat().st_mode & 0o111
    parse = ["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"] if shell == "python3" else ["-n"]
    assert subprocess.run([shell, *parse, str(script)], capture_output=True, check=False).stderr == b""


def test_every_command_a_page_shows_is_a_real_one_with_real_options() -> None:
    commands = real_commands()
    wrong = []
    for page in PROSE:
        for name, options in shown_commands(page):
            if name not in commands:
                wrong.append(f"{relative(page)}: xxgk {name}")
            else:
                wrong += [
                    f"{relative(page)}: xxgk {name} {option}" for option in options if option not in commands[name]
                ]
    assert wrong == []


def test_every_real_command_is_shown_in_both_readmes() -> None:
    for name in READMES:
        shown = {command for command, _ in shown_commands(ROOT / name)}
        assert set(real_commands()) - shown == set(), name


def test_every_make_target_a_page_shows_is_a_real_one() -> None:
    shown = {
        (relative(page), target)
        for page in PROSE
        for line in code_in(page)
        for target in re.findall(r"(?:^|\s)make ([a-z]+)", line)
    }
    assert {(page, target) for page, target in shown if target not in make_targets()} == set()


def test_every_link_and_every_module_a_page_names_leads_somewhere() -> None:
    lost = []
    for page in PROSE:
        text = page.read_text(encoding="utf-8")
        links = [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in target]
        places = re.compile(rf"(?<![\w/.-])(?:{'|'.join(sorted(FOLDERS))})/[\w./*-]*")
        modules = [name for line in code_in(page) for name in places.findall(line)]
        lost += [f"{relative(page)}: {target}" for target in links if not (page.parent / target).exists()]
        lost += [f"{relative(page)}: {name}" for name in modules if not any(ROOT.glob(name.rstrip("/")))]
    assert lost == []


def test_the_two_readmes_have_the_same_parts_and_show_the_same_commands() -> None:
    english, chinese = (ROOT / name for name in READMES)
    heads = [re.findall(r"^(#+) ", page.read_text(encoding="utf-8"), re.MULTILINE) for page in (english, chinese)]
    assert heads[0] == heads[1]
    assert shown_commands(english) == shown_commands(chinese)


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    entries = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert entries[:1] == ["Unreleased"]


# The real documents


def test_real_documents_are_found_beside_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "reports" / "expected").mkdir(parents=True)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    assert find_real_documents(checkout, None) == tmp_path / "elsewhere" / "reports"


def test_a_folder_without_expected_records_is_no_folder_of_real_documents(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "reports").mkdir(parents=True)
    assert find_real_documents(tmp_path / "checkout", None) is None
    assert find_real_documents(tmp_path / "checkout", str(tmp_path / "elsewhere")) is None


def _imports(module: ast.Module) -> Iterator[str]:
    """The first part of every name a module imports, wherever in it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.partition(".")[0]


def _reaches_outside(node: ast.expr | ast.stmt) -> bool:
    """Whether a piece of code opens a file or an address, or asks what time it is."""
    match node:
        case ast.Call(func=ast.Name(id="open")) | ast.Call(func=ast.Name(id="Path"), args=[_, *_]):
            return True
        case ast.Call(func=ast.Attribute(attr="now" | "utcnow" | "today")):
            return True
        case ast.Import(names=names):
            return any(name.name == "urllib.request" for name in names)
        case ast.ImportFrom(module="urllib.request"):
            return True
        case ast.ImportFrom(module="urllib", names=names):
            return any(name.name == "request" for name in names)
    return False


def real_commands() -> dict[str, set[str]]:
    """Each command of the command line that people use, with every option it takes."""
    from typer.main import get_command

    from crawler.cli import build

    group: Any = get_command(build())
    commands: dict[str, set[str]] = {}
    for name, command in group.commands.items():
        if command.hidden:  # workers use it
            continue
        parts = [command, *getattr(command, "commands", {}).values()]
        commands[name] = {option for part in parts for parameter in part.params for option in parameter.opts} | {
            "--help"
        }
    return commands
