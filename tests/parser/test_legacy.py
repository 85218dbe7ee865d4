"""Word's binary format: converted by LibreOffice or antiword where one is installed, else said so in one sentence."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from parser import Hints, UnreadableDocument, UnsupportedFormat, parse
from parser.cells import read_cell
from parser.isolation import IsolatedParser, Limits
from tests.papers.paper import paper
from tests.papers.render import word

PAPER = paper()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BROKEN = OLE + b"\xff" * 2048 + "WordDocument".encode("utf-16-le") + b"\xff" * 2048

needs_office = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed (apt-get install libreoffice-writer-nogui)"
)
needs_antiword = pytest.mark.skipif(shutil.which("antiword") is None, reason="antiword is not installed")


@pytest.fixture(scope="module")
def old_word(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("doc")
    (folder / "report.docx").write_bytes(word(PAPER))
    subprocess.run(
        ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "doc:MS Word 97",
         "--outdir", str(folder), str(folder / "report.docx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return (folder / "report.doc").read_bytes()


def only(program: str) -> dict[str, str | None]:
    return {name: shutil.which(name) if name == program else None for name in ("soffice", "antiword")}


@needs_office
def test_a_doc_is_read_as_the_docx_it_becomes_within_the_limits(old_word: bytes) -> None:
    with IsolatedParser() as parser:
        record = parser.parse(old_word, Hints(name="report.doc"))
    assert (record.publisher, record.report_year) == (PAPER.agency, PAPER.year)
    assert {key: figure.text for key, figure in record.figures.items()} == dict(PAPER.figures)


@needs_office
@needs_antiword
def test_antiword_gives_no_wrong_figure_where_libreoffice_is_absent(
    old_word: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parser.documents.legacy.shutil.which", only("antiword").get)
    record = parse(old_word)
    assert record.publisher == PAPER.agency
    assert record.figures
    assert all(figure.value == read_cell(PAPER.figures[key]).value for key, figure in record.figures.items())


def test_without_a_converter_a_doc_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parser.documents.legacy.shutil.which", lambda _: None)
    with pytest.raises(UnsupportedFormat, match=r"libreoffice-writer-nogui.* or antiword"):
        parse(BROKEN, Hints(name="report.wps"))


@needs_office
@pytest.mark.parametrize("data", [OLE + b"\xff" * 4096, BROKEN])
def test_a_doc_no_converter_can_read_is_said_to_be_damaged(data: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        parse(data, Hints(name="report.doc"))


def test_a_converter_ends_with_the_parser_that_started_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn = tmp_path / "soffice"
    stubborn.write_text(f"#!/bin/sh\ntrap '' TERM\nsleep 300 & echo $$ $! > {tmp_path}/pids; wait\n")
    stubborn.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with (
        IsolatedParser(Limits(conversion_seconds=1.5)) as parser,
        pytest.raises(UnreadableDocument, match=r"takes more than 1\.5 s"),
    ):
        parser.parse(BROKEN, Hints(name="report.doc"))
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    deadline = time.monotonic() + 10
    while any(_lives(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [pid for pid in pids if _lives(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
