"""The command line ``xxgk``: one module per command, registered here.

Exit status: 0 done, 1 done and something needs attention, 2 wrong usage or unreadable input, 3 stopped early.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module, metadata
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from archive.errors import ArchiveError
from crawler.cli.invocation import STOPPED, WRONG, Invocation
from crawler.errors import CrawlerError
from parser.errors import ParserError

# Each command: its module below, the function or group in it, and the example its help ends with. Only the module of the
# command that is run gets imported: `xxgk parse` need not wait for Scrapy and SQLAlchemy.
COMMANDS = {
    "parse": ("parse", "command", "EXAMPLE"),
    "import": ("imports", "command", "EXAMPLE"),
    "crawl": ("crawl", "command", "EXAMPLE"),
    "backfill": ("backfill", "command", "EXAMPLE"),
    "portals": ("portals", "app", "EXAMPLE"),
    "publishers": ("publishers", "app", "EXAMPLE"),
    "deadlines": ("deadlines", "command", "EXAMPLE"),
    "reports": ("reports", "reports", "LIST_EXAMPLE"),
    "show": ("reports", "view", "SHOW_EXAMPLE"),
    "search": ("search", "command", "EXAMPLE"),
    "missing": ("missing", "command", "EXAMPLE"),
    "diff": ("compare", "command", "EXAMPLE"),
    "stats": ("stats", "command", "EXAMPLE"),
    "check": ("check", "app", "EXAMPLE"),
    "hierarchy": ("hierarchy", "command", "EXAMPLE"),
    "copies": ("copies", "command", "EXAMPLE"),
    "export": ("export", "command", "EXAMPLE"),
    "reparse": ("derived", "command", "EXAMPLE"),
    "derive": ("derive", "command", "EXAMPLE"),
    "reindex": ("reindex", "command", "EXAMPLE"),
    "verify": ("verify", "archive", "VERIFY_EXAMPLE"),
    "copy": ("copying", "command", "EXAMPLE"),
    "index": ("index", "command", "EXAMPLE"),
    "storage": ("storage", "app", "EXAMPLE"),
    "schedule": ("schedule", "command", "EXAMPLE"),
    "worker": ("worker", "command", "EXAMPLE"),
    "part": ("part", "command", "EXAMPLE"),
    "status": ("status", "command", "EXAMPLE"),
    "notices": ("notices", "app", "EXAMPLE"),
    "serve": ("serve", "command", "EXAMPLE"),
}

_WITHOUT = {"parse", "storage"}  # commands that need no archive, or set its storage themselves
_OURS = (ArchiveError, CrawlerError, ParserError)


def build(*names: str) -> typer.Typer:
    """The command line with the commands of these names, all of them where none is named."""
    app = typer.Typer(
        name="xxgk",
        help="Keeps the corpus of 政府信息公开工作年度报告: crawl, archive, parse, check, compare.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # titles and addresses are not markup
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    for name in names or COMMANDS:
        module, function, example = COMMANDS[name]
        found = import_module(f"crawler.cli.{module}")
        if isinstance(getattr(found, function), typer.Typer):
            app.add_typer(getattr(found, function), name=name, epilog=getattr(found, example))
        else:
            hidden = getattr(found, "HIDDEN", False)
            app.command(name, epilog=getattr(found, example), hidden=hidden)(getattr(found, function))
    return app


def options(
    context: typer.Context,
    archive: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The archive [$XXGK_ARCHIVE, else ./xxgk-archive].", show_default=False),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where its tables stand, if in PostgreSQL [$XXGK_DATABASE].", show_default=False
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where its captures go, if to a shared folder or an S3-compatible storage [$XXGK_STORAGE].",
            show_default=False,
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")] = False,  # noqa: FBT002 - Typer's way to write a flag
    version: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool,
        typer.Option(
            "--version", callback=lambda asked: _tell_version(asked=asked), is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Take the options that stand before the command."""
    del version
    folder = archive or Path(os.environ.get("XXGK_ARCHIVE") or "xxgk-archive")
    context.obj = Invocation(folder, database or os.environ.get("XXGK_DATABASE") or None, debug)
    shared = storage or os.environ.get("XXGK_STORAGE") or None
    if shared is not None and context.invoked_subcommand not in _WITHOUT:
        context.obj.store_at(shared)


def _tell_version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"xxgk {metadata.version('xxgk')}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and exit: an error is one sentence, and a traceback only with ``--debug``."""
    given = sys.argv[1:] if arguments is None else arguments
    if threading_is_ours():
        signal.signal(signal.SIGTERM, _stop)
    try:
        status = build(*_wanted(given))(given, prog_name="xxgk", standalone_mode=False)
    except typer.TyperException as error:
        _say(error.format_message())
        status = WRONG
    except (typer.Abort, KeyboardInterrupt):
        _say("Stopped.")
        status = STOPPED
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:
        if "--debug" in given:
            raise
        _say(str(error) if isinstance(error, _OURS) else _unexpected(error))
        status = WRONG
    sys.exit(STOPPED if status == _INTERRUPTED else status if isinstance(status, int) else 0)


def _wanted(given: list[str]) -> list[str]:
    """The command that is run: the first word that is neither an option nor the value of one; none for help."""
    words = iter(given)
    for word in words:
        if word in {"--archive", "--database", "--storage"}:
            next(words, None)
        elif not word.startswith("-"):
            return [word] if word in COMMANDS else []
    return []


_INTERRUPTED = 130  # what Typer makes of Ctrl-C


def threading_is_ours() -> bool:
    """Whether signals may be handled here: not where a test or a program runs a command in a thread of its own."""
    import threading  # noqa: PLC0415 - for this question only

    return threading.current_thread() is threading.main_thread()


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


def _say(sentence: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(f"xxgk: {sentence}")


def _unexpected(error: Any) -> str:
    told = " ".join(str(error).split()) or "no more is known"
    return f"something unforeseen happened ({type(error).__name__}: {told}); --debug before the command shows where"


if __name__ == "__main__":
    main()
