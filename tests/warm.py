"""A process that has everything imported and forks others: importing takes longer than most of what the tests run.

Each of them is a process of its own all the same, with its own folder, environment and streams, and ends as any other.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
from atexit import register
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from select import select
from socket import AF_UNIX, SOCK_SEQPACKET, recv_fds, send_fds, socket, socketpair
from types import ModuleType, TracebackType
from typing import IO, Any, Literal, Self

ROOT = Path(__file__).resolve().parent.parent
# What commands import while they run, and what the programs of tests do.
_LATER = (
    *("crawler.run", "aiohttp.web", "chardet", "filelock", "ftplib", "protego", "queuelib", "requests"),
    *(f"crawler.{name}" for name in ("evidence", "fetching", "guard", "pipelines", "redirects", "rendering", "robots")),
    *("scrapy.downloadermiddlewares.cookies", "scrapy.pqueues", "scrapy.squeues", "scrapy.statscollectors"),
    *("alembic.command", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite"),
    *("tests.archive.answers", "tests.papers.paper", "tests.papers.render"),
)
_NEVER = ("crawler.settings", "twisted.internet.reactor")  # the one reads the environment, Scrapy chooses the other
_OURS = frozenset({"parser", "archive", "spiders", "crawler", "tests"})
_PARSER = "parser.isolation"  # what a program starts for documents; the server of those has imported no more than it
_LONGEST = 1 << 17  # bytes of an order; a socket takes more
_Kind = Literal["ours", "libraries", "parser"]
_servers: dict[_Kind, tuple[socket, subprocess.Popen[bytes]]] = {}


@dataclass(frozen=True)
class Order:
    """What a process runs: a module as ``python -m`` does, or code as ``python -c`` does.

    Code finds none of our own modules imported: it may change what others import from them. ``loaded``: all of them.
    """

    arguments: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    module: str = ""
    code: str = ""
    loaded: bool = False


class Process:
    """A process with three pipes of text, used as :class:`subprocess.Popen` is."""

    def __init__(self, order: Order) -> None:
        """Fork it."""
        kind: _Kind = "libraries" if order.code and not order.loaded else "ours"
        (given, stdin), (stdout, out), (stderr, err) = (os.pipe() for _ in range(3))
        self.pid, self._status = _forked(_server(kind), order, (given, out, err))
        for number in (given, out, err):
            os.close(number)
        self.stdin = os.fdopen(stdin, "w", encoding="utf-8")
        self.stdout = os.fdopen(stdout, encoding="utf-8")
        self.stderr = os.fdopen(stderr, encoding="utf-8")
        self.returncode: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()
        self.wait()

    def poll(self) -> int | None:
        """The exit status, negative where a signal ended it; null as long as it runs."""
        if self.returncode is None and select([self._status], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The same, once it ended."""
        if self.returncode is None:
            if not select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def communicate(self, given: str = "", timeout: float | None = None) -> tuple[str, str]:
        """Tell it something; what it says until nobody holds its streams open any more. Killed where that takes longer."""
        with ThreadPoolExecutor(2) as threads:
            said = [threads.submit(stream.read) for stream in (self.stdout, self.stderr)]
            with suppress(BrokenPipeError):
                self.stdin.write(given)
                self.stdin.close()
            if wait(said, timeout).not_done:
                self.kill()
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        with self:
            return said[0].result(), said[1].result()

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def run(order: Order, timeout: float) -> tuple[int, str, str]:
    """Run a process to its end: exit status, standard output, standard error."""
    process = Process(order)
    out, err = process.communicate(timeout=timeout)
    return process.wait(), out, err


def start_code(code: str, *arguments: str) -> Process:
    """Start ``python -c code`` in the checkout."""
    return Process(Order(arguments, str(ROOT), dict(os.environ), code=code))


class Parser:
    """A process that opens documents, as :mod:`parser.isolation` starts it, forked from one that has imported as much."""

    def __init__(self, parsers: socket, environment: Mapping[str, str]) -> None:
        """Fork it; what it complains of goes where our own complaints go."""
        (given, stdin), (stdout, out) = os.pipe(), os.pipe()
        order = Order((), str(Path.cwd()), environment, module=_PARSER)
        self.pid, self._status = _forked(parsers, order, (given, out, 2))
        for number in (given, out):
            os.close(number)
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")
        self.returncode: int | None = None

    def kill(self) -> None:
        """End it; from any thread, and also where it has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """How it ended."""
        if self.returncode is None:
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode


def parsers() -> socket:
    """The way to the process that forks those who open documents."""
    return _server("parser")


def begin_parsers_from(channel: socket) -> None:
    """From now on this process has its documents opened by forked processes; all else it starts is started anew."""

    class Popen(subprocess.Popen[Any]):
        def __new__(
            cls, args: Sequence[str] = (), *_: object, env: Mapping[str, str] | None = None, **__: object
        ) -> Any:
            if list(args) == [sys.executable, "-m", _PARSER]:
                return Parser(channel, os.environ if env is None else env)
            return super().__new__(cls)

    subprocess.Popen = Popen  # type: ignore[assignment, misc]  # as a library does that watches what is started


@contextmanager
def parsers_forked() -> Iterator[None]:
    """The same for a while."""
    before = subprocess.Popen
    begin_parsers_from(parsers())
    try:
        yield
    finally:
        subprocess.Popen = before  # type: ignore[misc]  # as above


def _forked(server: socket, order: Order, streams: tuple[int, int, int]) -> tuple[int, IO[bytes]]:
    """A new process with these streams: its number, and where it says how it ended."""
    status, told = os.pipe()
    send_fds(server, [json.dumps({**asdict(order), "environment": dict(order.environment)}).encode()], [*streams, told])
    os.close(told)
    said = os.fdopen(status, "rb", buffering=0)
    return int(said.readline()), said


def _server(kind: _Kind) -> socket:
    """The way to the process that forks, which ends when we do."""
    if kind not in _servers:
        known = [] if kind == "parser" else [parsers().fileno()]
        here, there = socketpair(AF_UNIX, SOCK_SEQPACKET)
        with there:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, kind, *map(str, [there.fileno(), *known])],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
                pass_fds=[there.fileno(), *known],
                stdin=subprocess.DEVNULL,
            )
        _servers[kind] = here, process
    return _servers[kind][0]


@register
def _close() -> None:
    for channel, process in _servers.values():
        channel.close()
        process.terminate()
        process.wait()


def _load(kind: _Kind) -> None:
    if kind == "parser":
        _load_parser()
    else:
        _load_commands()
    if kind == "libraries":
        for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
            del sys.modules[name]
    elif kind == "ours":
        _look_ahead()
    gc.collect()
    gc.freeze()  # else each process would copy all of it when it collects


def _load_commands() -> None:
    from crawler.cli import COMMANDS

    for name in (*(f"crawler.cli.{module}" for module, _, _ in COMMANDS.values()), *_LATER, *_parts_of_scrapy()):
        import_module(name)
    for name in _NEVER:
        assert name not in sys.modules, name


def _parts_of_scrapy() -> Iterator[str]:
    """The modules of what each crawl is put together of."""
    from scrapy.settings import default_settings as own

    for parts in (own.DOWNLOADER_MIDDLEWARES_BASE, own.SPIDER_MIDDLEWARES_BASE, own.EXTENSIONS_BASE):
        yield from (name.rpartition(".")[0] for name in parts)


def _look_ahead() -> None:
    """What each process would work out first: how our tables map, and the registered domains."""
    from sqlalchemy.orm import configure_mappers

    from archive.addresses import site_of

    configure_mappers()
    site_of("www.qingwan.gov.cn")


def _load_parser() -> None:
    from parser import tasks
    from tests.papers.paper import paper
    from tests.papers.render import html

    tasks.answer(json.loads(tasks.request("parse", None)), html(paper()).encode())  # imports what reading does
    assert _PARSER not in sys.modules


def _next(orders: socket) -> Order:
    """The next order, in a process of its own with the streams that came with it."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who keep the processes
    while True:
        order, streams, _, _ = recv_fds(orders, _LONGEST, 4)
        if not order:
            sys.exit()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            orders.close()
            _keep(streams)
            return Order(**json.loads(order))
        for number in streams:
            os.close(number)


def _keep(streams: list[int]) -> None:
    """Return in a new process; this one only says which that is, and how it ended."""
    told = streams.pop()
    process = os.fork()
    if process == 0:
        os.close(told)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        return
    for stream in streams:
        os.close(stream)
    with suppress(BrokenPipeError):  # who asked has given up
        os.write(told, b"%d\n" % process)
        os.write(told, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    os._exit(0)


def _become(order: Order) -> None:
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(order.folder)
    sys.argv = [order.module or "-c", *order.arguments]
    if order.module:
        runpy.run_module(order.module, run_name="__main__", alter_sys=True)
    else:
        sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(order.code, "<string>", "exec"), sys.modules["__main__"].__dict__)


if __name__ == "__main__":
    _load(sys.argv[1])  # type: ignore[arg-type]  # as _server wrote it
    with socket(fileno=int(sys.argv[2])) as channel:
        following = _next(channel)
    if sys.argv[3:]:
        begin_parsers_from(socket(fileno=int(sys.argv[3])))
    _become(following)
