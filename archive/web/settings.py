"""Settings of the dashboard: by which names it may be asked, and by which password."""

from __future__ import annotations

from dataclasses import dataclass

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True)
class Settings:
    """What the dashboard is told when it starts.

    ``hosts`` are the names, without a port, by which it may be asked: a page of a stranger's that resolves its own name to
    this machine (DNS rebinding) is not answered. ``password`` lets a person sign in, who may then acknowledge findings and
    keep queries; without one nobody can. ``closed`` asks for it before anything is shown.
    """

    password: str | None = None
    closed: bool = False
    hosts: frozenset[str] = LOOPBACK
