"""The program as its users run it: a child process, with nothing of this machine's proxies or settings."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import simplejson

from crawler.cli import main
from tests import warm

ROOT = Path(__file__).resolve().parent.parent.parent
_FOREIGN = re.compile(r"(?i:.*_proxy)|XXGK_.*")


def environment(**ours: str) -> dict[str, str]:
    """An environment without proxies and without settings of xxgk, but ours."""
    kept = {name: value for name, value in os.environ.items() if _FOREIGN.fullmatch(name) is None}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **ours}


def turns(folder: Path) -> dict[str, str]:
    """Turns of this test alone: others that run beside it ask hosts of the same names."""
    return {"XXGK_TURNS": str(folder / ".turns")}


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [simplejson.loads(line) for line in self.out.splitlines()]


class Here:
    """Runs a command in this process, in a folder and without settings of ours; enough where nothing is crawled.

    ``command`` stands before the arguments.
    """

    def __init__(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        folder: Path,
        *command: str,
        columns: int | None = 250,
    ) -> None:
        self._capsys = capsys
        self._command = command
        self.folder = folder
        monkeypatch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("XXGK_") or name in {"FORCE_COLOR", "NO_COLOR"}]:
            monkeypatch.delenv(name)
        if columns is not None:
            monkeypatch.setenv("COLUMNS", str(columns))

    def __call__(self, *arguments: str) -> Ran:
        """Run it."""
        return self.run(*self._command, *arguments)

    def run(self, *arguments: str) -> Ran:
        """Run another command."""
        handler = signal.getsignal(signal.SIGTERM)
        try:
            with warm.parsers_forked(), pytest.raises(SystemExit) as ended:
                main(list(arguments))
        finally:
            signal.signal(signal.SIGTERM, handler)
        said = self._capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)


def xxgk(*arguments: str, folder: Path, timeout: float = 120, prelude: str = "", **ours: str) -> Ran:
    """Run a command to its end; ``prelude`` is Python that runs before it, in its process."""
    return Ran(*warm.run(_order(arguments, folder, prelude, ours), timeout))


def xxgk_loaded(*arguments: str, folder: Path, prelude: str, timeout: float = 120, **ours: str) -> Ran:
    """The same where our modules are imported by then, which takes half a second: for what they look up while they run."""
    return Ran(*warm.run(_order(arguments, folder, prelude, ours, loaded=True), timeout))


def xxgk_bare(*arguments: str, folder: Path, prelude: str, timeout: float = 120, **ours: str) -> Ran:
    """The same in a fresh interpreter: for a prelude that changes what libraries import from Python's own."""
    done = subprocess.run(
        [sys.executable, "-c", _program(prelude), *arguments],
        cwd=folder,
        env=environment(**{**turns(folder), **ours}),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def scrapy(*arguments: str, folder: Path, **ours: str) -> Ran:
    """Run Scrapy's own command in this project; the archive is the folder's."""
    settings = {"XXGK_ARCHIVE": str(folder / "xxgk-archive"), "XXGK_DOWNLOAD_DELAY": "0", **turns(folder), **ours}
    program = [sys.executable, "-m", "scrapy", *arguments]
    done = subprocess.run(
        program, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, check=False, timeout=60
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def start(*arguments: str, folder: Path, prelude: str = "", **ours: str) -> warm.Process:
    """Start a command; ``prelude`` as above."""
    return warm.Process(_order(arguments, folder, prelude, ours))


def _order(
    arguments: tuple[str, ...], folder: Path, prelude: str, ours: Mapping[str, str], *, loaded: bool = False
) -> warm.Order:
    settings = environment(**{**turns(folder), **ours})
    if not prelude and all(_FOREIGN.fullmatch(name) for name in ours):
        return warm.Order(arguments, str(folder), settings, module="crawler")
    # What stands in the environment beside our settings may be read on import, as the width of the terminal is.
    return warm.Order(arguments, str(folder), settings, code=_program(prelude), loaded=loaded)


def _program(prelude: str) -> str:
    return f"{prelude}\nfrom crawler.cli import main\nmain()"
