"""Machines of these tests: each has processes and a network of its own, and reaches the world through two doors only.

Where this system permits it a machine is a pair of namespaces, of processes and of the network: nothing in it sees the
others, and all of it is gone at one stroke. Its doors are sockets in the file system: PostgreSQL's own, and one behind
which the portals answer. Elsewhere a machine is a group of processes.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.crawler.commands import environment

_OWN = ("unshare", "--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc")
_SIOCSIFFLAGS, _UP = 0x8914, 0x1 | 0x40  # as in <linux/sockios.h> and <net/if.h>: up and running
PORT = 8080  # of the door, in the machine's own network
_PIECE = 1 << 16
Reach = Callable[[], socket.socket]


@cache
def namespaces() -> bool:
    """Whether this system lets us make them."""
    with suppress(OSError):
        return subprocess.run([*_OWN, "true"], capture_output=True, check=False, timeout=20).returncode == 0
    return False


@contextmanager
def door(path: Path, port: int) -> Iterator[None]:
    """A socket in the file system behind which a server of this network answers."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(128)
        threading.Thread(target=_serve, args=(listening, lambda: _by_port(port)), daemon=True).start()
        yield


@dataclass
class Machine:
    """One machine: a folder of its own, and the program that runs on it."""

    folder: Path
    door: Path
    settings: dict[str, str]
    port: int = PORT  # where the door opens in it; another for each where all share one network
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)

    def start(self, *command: str) -> None:
        """Run a command of ours on it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        own = _OWN if namespaces() else ()
        with (self.folder / "said.txt").open("ab") as said:
            self.process = subprocess.Popen(
                [*own, sys.executable, "-m", "tests.crawler.machines", str(self.door), str(self.port), *command],
                env=environment(
                    **self.settings,
                    http_proxy=f"http://127.0.0.1:{self.port}",
                    XXGK_ARCHIVE=str(self.folder / "xxgk-archive"),
                    XXGK_TURNS=str(self.folder / "turns"),
                ),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                text=True,
                start_new_session=True,
            )

    def kill(self) -> None:
        """The machine is gone: everything on it, at once; with the first process of its namespaces all others end."""
        if self.process is None or self.process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def end(self) -> None:
        """Ask the program to end."""
        assert self.process is not None
        first = [self.process.pid]
        if namespaces():  # what made them would end with all that is in them
            first = [int(pid) for pid in Path(f"/proc/{first[0]}/task/{first[0]}/children").read_text().split()]
        for pid in first:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        """The exit status of the program."""
        assert self.process is not None
        return self.process.wait(seconds)

    @property
    def words(self) -> str:
        """What the program said."""
        return (self.folder / "said.txt").read_text(encoding="utf-8", errors="replace")


def _serve(listening: socket.socket, reach: Reach) -> None:
    while True:
        try:
            here, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_join, args=(here, reach), daemon=True).start()


def _join(here: socket.socket, reach: Reach) -> None:
    """Carry what one side says to the other, both ways, until both have ended."""
    with here:
        try:
            there: socket.socket = reach()
        except OSError:
            return
        with there:
            back = threading.Thread(target=_carry, args=(there, here), daemon=True)
            back.start()
            _carry(here, there)
            back.join()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(_PIECE):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def _by_port(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def _by_path(path: str) -> socket.socket:
    there = socket.socket(socket.AF_UNIX)
    there.connect(path)
    return there


def _raise_loopback() -> None:
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _UP))


def main(arguments: Sequence[str]) -> int:
    """What is first on a machine: opens the door, and runs the program."""
    path, port, *command = arguments
    if os.getpid() == 1:  # in namespaces of its own
        _raise_loopback()
    listening = socket.create_server(("127.0.0.1", int(port)), backlog=128)
    threading.Thread(target=_serve, args=(listening, lambda: _by_path(path)), daemon=True).start()
    program = subprocess.Popen([sys.executable, "-m", "crawler", *command])
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    return program.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
