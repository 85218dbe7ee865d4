"""The program as ever, with every writing timed: ``python -m benchmarks.simulation.watched FILE ARGUMENT…``.

What stands in the file at the end: for each transaction that held the writers' turn, its seconds by the wall's clock and
those in which its own thread was at work.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

from archive.database import WRITES
from crawler.cli import main


class Turns:
    """How long it is between the beginning of each writing and the end of its commit."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, float]] = []
        self._begun: dict[int, tuple[float, float]] = {}

    def install(self) -> None:
        """Time every engine of this process."""
        event.listen(Engine, "begin", self._begin)
        commit = DefaultDialect.do_commit

        def timed(dialect: DefaultDialect, connection: Any, commit: Callable[..., None] = commit) -> None:
            commit(dialect, connection)
            begun = self._begun.pop(id(connection.dbapi_connection), None)
            if begun is not None:
                self.taken.append((perf_counter() - begun[0], thread_time() - begun[1]))

        DefaultDialect.do_commit = timed  # type: ignore[method-assign]

    def _begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            self._begun[id(connection.connection.dbapi_connection)] = perf_counter(), thread_time()


if __name__ == "__main__":
    turns = Turns()
    turns.install()
    try:
        main(sys.argv[2:])
    finally:
        Path(sys.argv[1]).write_text(json.dumps(turns.taken), encoding="ascii")
