"""pywb beside us: it looks at an archive as a stranger does, in an environment and processes of its own."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import ROOT

_HOME = ROOT / ".venv-pywb"
_PYTHON = _HOME / "bin" / "python"
_PATIENCE = 60  # seconds until it listens; it takes one
_KEYS = "import json, sys; from pywb.utils.canonicalize import canonicalize; json.dump([canonicalize(url) for url in json.load(sys.stdin)], sys.stdout)"

needs_pywb = pytest.mark.skipif(
    not (_HOME / ".whole").is_file(), reason="pywb is not installed: make test installs it where there is a network"
)


def keys(urls: Sequence[str]) -> list[str]:
    """The key that pywb looks each address up by."""
    found: list[str] = json.loads(_run("-c", _KEYS, given=json.dumps(urls)))
    return found


def own_index(folder: Path) -> str:
    """The index that pywb makes of a folder of WARC files."""
    return _run("-m", "pywb.indexer.cdxindexer", "--sort", "--cdxj", str(folder))


@contextmanager
def wayback(folder: Path, index: Path | None = None) -> Iterator[str]:
    """pywb over a folder of WARC files, by an index or else by its own; the address of its collection.

    Below it stand captures as ``<timestamp>id_/<address>``, and the CDX server as ``cdx``.
    """
    with TemporaryDirectory() as scratch:
        place = Path(scratch)
        if index is None:
            index = place / "own.cdxj"
            index.write_text(own_index(folder), encoding="utf-8")
        collection = {"index_paths": str(index), "archive_paths": f"{folder}/"}
        config = {"collections": {"archive": collection}, "framed_replay": False, "debug": False}
        (place / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
        with _listening(place) as port:
            yield f"http://127.0.0.1:{port}/archive"


def fetch(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body as they come, nothing followed and nothing unpacked."""
    _, _, address, path = url.split("/", 3)
    with closing(HTTPConnection(address, timeout=_PATIENCE)) as connection:
        connection.request(
            "GET", f"/{path}", headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


@contextmanager
def _listening(place: Path) -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
    command = [
        str(_PYTHON),
        "-m",
        "pywb.apps.cli",
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--directory",
        str(place),
    ]
    said = place / "said"
    with said.open("wb") as out, subprocess.Popen(command, env=_environment(), stdout=out, stderr=out) as process:
        try:
            _await(port, process, said)
            yield port
        finally:
            process.kill()  # it has nothing to put in order


def _await(port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    limit = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < limit:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail(f"pywb does not listen: {said.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def _run(*arguments: str, given: str = "") -> str:
    ran = subprocess.run(
        [str(_PYTHON), *arguments], input=given, env=_environment(), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _environment() -> dict[str, str]:
    """Ours without proxies, and without what is meant for our own Python."""
    foreign = re.compile(r"(?i:.*_proxy)|PYTHON.*|XXGK_.*")
    return {name: value for name, value in os.environ.items() if foreign.fullmatch(name) is None}
