"""``xxgk serve``: the dashboard over one archive."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Self

import typer

from archive.errors import ArchiveError
from archive.ownerfiles import Kept, sync
from archive.web.settings import LOOPBACK, Settings
from crawler.cli.invocation import Invocation
from crawler.cli.output import print_json, remark
from crawler.errors import WrongUsage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from archive.store import Archive
    from archive.web.memory import Memory

EXAMPLE = "Example: xxgk serve --port 8080"
PASSWORD = "XXGK_PASSWORD"  # noqa: S105 - the name of a variable
_SHORTEST = 8  # characters of a password that is asked for beyond this machine
_OWNERS = 60.0  # seconds between two looks at what the owner wrote
_MOST_AT_ONCE = 64  # requests; the others are told to come again


def command(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; beyond this machine only with a password.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes one that is free.", min=0, max=65_535)] = 8710,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A further name by which it is asked, as behind a proxy; only with a password.",
            show_default=False,
        ),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Its first line is the password [${PASSWORD}].", show_default=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON with its address, once it answers.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Show the archive as a local site, until it is stopped with Ctrl-C.

    Reading needs no password on this machine. Acknowledging a finding or keeping a query does: the one you set, or one made for
    this run and shown in the terminal. With --host beyond this machine, or with --name, others can reach it: then everything asks for
    the password, so it has to be set.
    """
    outside = not _is_loopback(host) or bool(name)
    password = _password(password_file)
    if outside and (password is None or len(password) < _SHORTEST):
        raise WrongUsage(
            f"{', '.join(name or [host])} can be reached from other machines: set a password of {_SHORTEST} characters or more, "
            f"with --password-file or ${PASSWORD}"
        )
    if password is None:
        password = secrets.token_urlsafe(9)
        remark(f"the password for acknowledging, for this run: {password}")
    names = {_bare(each) for each in name or ()}
    settings = Settings(password, outside, frozenset(LOOPBACK | names | ({_bare(host)} if _is_named(host) else set())))
    from archive.web.application import application  # noqa: PLC0415 - FastAPI takes half a second to import

    with Invocation.of(context).open() as archive, _listening(host, port) as listener:
        where = f"http://{_shown(host)}:{listener.getsockname()[1]}/"
        remark(f"the archive {archive.folder} is shown at {where} (Ctrl-C ends it)")
        if json:
            print_json([{"url": where}])
        app = application(archive, settings)
        with _Keeping(archive, app.state.house.memory):
            asyncio.run(_serve(app, listener))


class _Keeping:
    """Goes by what the owner writes while the site is shown."""

    def __init__(self, archive: Archive, memory: Memory) -> None:
        self._archive = archive
        self._memory = memory
        self._kept = Kept(archive)
        self._told: set[str] = set()
        self._ended = Event()

    def __enter__(self) -> Self:
        Thread(target=self._keep, name="keeping", daemon=True).start()  # nobody waits for it where the tables are away
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _keep(self) -> None:
        self._look()
        while not self._ended.wait(_OWNERS):
            self._look()

    def _look(self) -> None:
        said = {*self._tried(lambda: sync(self._archive)), *self._tried(self._read_anew)}
        for sentence in sorted(said - self._told):
            remark(f"xxgk: {sentence}")
        self._told = said

    def _read_anew(self) -> None:
        if self._kept.read_anew():
            self._memory.forget()

    def _tried(self, step: Callable[[], object]) -> Iterator[str]:
        """Why it went wrong."""
        try:
            step()
        except ArchiveError as error:
            yield str(error)


async def _serve(app: FastAPI, listener: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415 - as above

    from archive.web.connections import Connection  # noqa: PLC0415 - as above

    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # what a stranger writes there would be believed
        limit_concurrency=_MOST_AT_ONCE,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=32 << 10,
    )
    await uvicorn.Server(config).serve(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise WrongUsage(
            f"nothing can listen at {host}:{port}: {error.strerror or error}; name another --port"
        ) from error
    return listener


def _password(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(PASSWORD) or None
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"the password cannot be read from {file}: {error}") from error
    if not lines or not lines[0].strip():
        raise WrongUsage(f"{file} has no password on its first line")
    return lines[0].strip()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_named(host: str) -> bool:
    """Whether it is an address by which a browser may ask; 0.0.0.0 and :: are none."""
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return True


def _bare(name: str) -> str:
    name = name.lower().strip()
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def _shown(host: str) -> str:
    return _bare(host) if _is_named(host) else "localhost"
