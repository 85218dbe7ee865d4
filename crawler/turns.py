"""Turns: one exchange at a time with each host among all crawls of this machine, and a gap behind it.

A host is a name without its port: what limits and blocks us counts what comes to a machine, whichever of its ports is
asked. Only on this machine itself each port is a host: that is where portals are tried out side by side. Scrapy's own
limit is not enough: with a delay of 0, version 2.19 hands over all that waits at once. Where crawls of several machines
share their tables, :mod:`crawler.sharedturns` holds the same among these.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from math import inf, isfinite
from pathlib import Path
from secrets import token_hex
from time import monotonic, time
from typing import Protocol
from urllib.parse import quote

from crawler.errors import WrongUsage
from spiders.outcomes import INCOMPLETE, FetchRefused

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 300.0  # seconds; what stands in a file binds nobody for longer
_FIRST_TRY, _LAST_TRY = 0.01, 0.1  # seconds between two tries while another process has its turn
# Whoever waits holds the second: so two processes alternate, and none goes twice in a row.
_TURN, _NEXT = ".turn", ".next"
_LONGEST_NAME = 200  # bytes
_MOST = 16  # crawls of which a file tells
_LONGEST_FILE = 1 << 12  # bytes
_FRESH = 60.0  # seconds, and twice its gap: so long after its last exchange a crawl is taken to go on
_OURS = 0o700
_BOOTED = Path("/proc/sys/kernel/random/boot_id")

# Returns after so many seconds, or raises where nothing is to be asked any more.
Wait = Callable[[float], Awaitable[None]]


def folder_of(named: str | None) -> Path:
    """The folder of the turns, made where it is absent: the one named, else one of this user's in the temporary folder.

    Raises :class:`WrongUsage` where it is a link, no folder, or somebody else's: then others decide who asks when.
    """
    folder = Path(named) if named else Path(tempfile.gettempdir()) / f"xxgk-turns-{os.geteuid()}"
    try:
        folder.mkdir(mode=_OURS, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise WrongUsage(
            f"the folder {folder} cannot hold whose turn it is: {error.strerror}; name another in XXGK_TURNS"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise WrongUsage(
            f"{folder} is no folder that only you write to, and whose turn it is stands there: "
            "remove it, or name another in XXGK_TURNS"
        )
    return folder.absolute()


def name_of(folder: Path) -> str:
    """What crawls that share a folder of turns are called there, and no others of whatever machine, as far as that can be told.

    Who has a host's turn in the folder then knows of all others with this name that none of them is at the host.
    """
    found = folder.stat()
    try:
        since = _BOOTED.read_text().strip()
    except OSError:  # another system: each crawl has a name of its own
        since = token_hex(8)
    seen = f"{since} {found.st_dev} {found.st_ino}"
    return f"{socket.gethostname()}-{sha256(seen.encode()).hexdigest()[:12]}-"


@dataclass
class Turn:
    """A turn that was taken; ``used`` where the host is asked in it.

    ``pause`` is what the host asked for meanwhile: seconds that lie behind the turn's end at least.
    """

    used: bool = False
    pause: float = 0.0


class Shared(Protocol):
    """The turns among machines: :class:`crawler.sharedturns.SharedTurns`."""

    def take(
        self, host: str, gap: Callable[[], float], wait: Wait, longest: float, turn: Turn
    ) -> AbstractAsyncContextManager[None]:
        """Hold a host's turn among them for the block."""


@dataclass(frozen=True)
class _End:
    """A crawl's last exchange with a host: when it ended, by the clock that is never set, and what must lie behind it.

    ``gap`` is the crawl's own, to be kept by all while it goes on; ``pause`` is what the host asked for then. Seconds.
    """

    ended: float
    gap: float
    pause: float


class Turns:
    """The turns of a crawl. The system takes them back from a process that dies."""

    def __init__(self, folder: Path, shared: Shared | None = None) -> None:
        self._folder = folder
        self._shared = shared
        self._lines: dict[str, asyncio.Lock] = {}
        self._ours: dict[str, _End] = {}
        self._name = f"{os.getpid()}-{token_hex(4)}"
        self._met: set[str] = set()

    def line(self, host: str) -> asyncio.Lock:
        """The line of those who wait in this process, in the order in which they came; to be held around :meth:`take`."""
        return self._lines.setdefault(host, asyncio.Lock())

    @asynccontextmanager
    async def take(self, host: str, gap: Callable[[], float], wait: Wait, longest: float = 0.0) -> AsyncIterator[Turn]:
        """Hold a host's turn for the block, which begins ``gap`` seconds after the host's last exchange or later.

        Where several crawls ask a host, all keep the largest gap of theirs. ``longest``: after so many seconds other
        machines take this one to be gone; on this machine the system tells. Raises what ``wait`` raises, and
        :class:`FetchRefused` where the folder does not do.
        """
        queue = await self._locked(host, _NEXT, wait)
        try:
            file = await self._locked(host, _TURN, wait)
            try:
                ends = self._ends(host, file)
                while (seconds := _remaining(ends, gap())) > 0:
                    await wait(seconds)
            except BaseException:
                _release(file)
                raise
        finally:
            _release(queue)
        turn = Turn()
        among = nullcontext() if self._shared is None else self._shared.take(host, gap, wait, longest, turn)
        try:
            async with among:
                yield turn
        finally:
            try:
                if turn.used:
                    self._note(host, file, _End(monotonic(), gap(), turn.pause))
            finally:
                _release(file)

    def _ends(self, host: str, file: int) -> list[_End]:
        """The last exchanges with a host, of each crawl that asked it lately."""
        ends = _read(file)
        if host in self._ours:
            ends[self._name] = self._ours[host]
        return list(ends.values())

    def _note(self, host: str, file: int, end: _End) -> None:
        """Tell the others of an exchange."""
        self._ours[host] = end
        ends = sorted({**_read(file), self._name: end}.items(), key=lambda one: one[1].ended)[-_MOST:]
        shift = time() - monotonic()
        lines = [f"{name} {one.ended + shift:.6f} {one.gap:.6f} {one.pause:.6f}\n" for name, one in ends]
        data = "".join(lines).encode("ascii", "replace")
        try:
            os.pwrite(file, data, 0)
            os.ftruncate(file, len(data))
        except OSError as error:
            logger.warning("Other crawls are not told when %s was asked: %s", host, error.strerror)

    async def _locked(self, host: str, suffix: str, wait: Wait) -> int:
        pause = _FIRST_TRY
        while (file := self._try(host, suffix)) is None:
            if host not in self._met:
                self._met.add(host)
                logger.info("Another crawl of this machine asks %s too: they take turns", host)
            await wait(pause)
            pause = min(2 * pause, _LAST_TRY)
        return file

    def _try(self, host: str, suffix: str) -> int | None:
        """Take a lock now, or not at all. Raises :class:`FetchRefused`."""
        path = self._folder / f"{quote(host, safe='')[:_LONGEST_NAME]}{suffix}"
        try:
            file = _open(path)
        except OSError as error:
            raise FetchRefused(
                f"whose turn it is at {host} cannot be told: {path}: {error.strerror}", outcome=INCOMPLETE
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        if not os.fstat(file).st_nlink:  # removed between the two, by whoever cleans the temporary folder
            os.close(file)
            return None
        return file


def _remaining(ends: list[_End], gap: float) -> float:
    """Seconds until the largest gap lies behind the last of these ends, and the pause behind each of them."""
    if not ends:
        return 0.0
    widest = max(gap, *(end.gap for end in ends))
    return max(max(end.ended for end in ends) + widest, *(end.ended + end.pause for end in ends)) - monotonic()


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:  # the folder itself was cleaned away
        path.parent.mkdir(mode=_OURS, exist_ok=True)
        return os.open(path, flags, 0o600)


def _read(file: int) -> dict[str, _End]:
    """What crawls wrote of their last exchanges, by their names, as far as it can be believed: an end that lies in the future counts as now."""
    now, clock = monotonic(), time()
    ends = {}
    for line in os.pread(file, _LONGEST_FILE, 0).decode("ascii", "replace").splitlines():
        name, *numbers = line.split() or [""]
        try:
            ended, gap, pause = map(float, numbers)
        except ValueError:
            continue  # half a line, of a process that was killed
        if not (isfinite(ended) and 0 <= gap < inf and 0 <= pause < inf):
            continue
        gap = min(gap, LONGEST_PAUSE) if _lives(name) else 0.0
        end = _End(now - max(0.0, clock - ended), gap, min(pause, LONGEST_PAUSE))
        if now - end.ended < max(_FRESH + 2 * end.gap, end.pause):
            ends[name] = end
    return ends


def _lives(name: str) -> bool:
    """Whether the process of a crawl is there; one that cannot be told from here is not."""
    try:
        os.kill(int(name.partition("-")[0]), 0)
    except PermissionError:
        return True
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    return True


def _release(file: int) -> None:
    fcntl.flock(file, fcntl.LOCK_UN)  # a child that was forked meanwhile may hold the file open
    os.close(file)
