"""``xxgk crawl``: read portals into the archive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archive.errors import ConnectionLost
from archive.patience import told
from crawler.cli.invocation import ATTENTION, STOPPED, Invocation
from crawler.cli.output import print_json, print_table, progress, remark
from crawler.lifeline import hold
from crawler.portals import read_registry

if TYPE_CHECKING:
    from archive.listings import PortalState

EXAMPLE = "Example: xxgk crawl jilin-city http://xxgk.siping.gov.cn/ --year 2024"
_FIRST_YEAR, _LAST_YEAR = 2007, 2100  # the first 条例 was issued in 2007


def command(
    context: typer.Context,
    portals: Annotated[
        list[str],
        typer.Argument(metavar="PORTAL...", help="A registered id, or any address on the portal.", show_default=False),
    ],
    year: Annotated[
        int | None,
        typer.Option(help="Fetch only reports on this year; lists are read whole.", min=_FIRST_YEAR, max=_LAST_YEAR),
    ] = None,
    full: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--full", help="Ask for every page of every list, also where the first is unchanged.")
    ] = False,
    render: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--render", help="Show lists that only a script fills to Chromium (extra scripted).")
    ] = False,
    delay: Annotated[
        float | None,
        typer.Option(
            help="Least gap between two requests to one host, in seconds [$XXGK_DOWNLOAD_DELAY, else 1].", min=0
        ),
    ] = None,
    hours: Annotated[
        str | None,
        typer.Option(
            metavar="HH:MM-HH:MM",
            help="Ask portals at these hours only, as 20:00-06:00 in China's time [$XXGK_HOURS]; waits for them.",
        ),
    ] = None,
    ask_resting: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--ask-resting", help="Ask hosts too that blocked lately and are to rest.")
    ] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST[:PORT]", help="Also fetch from this host [$XXGK_ALLOW]; opens it even if it is this machine."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A line of JSON per portal.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Find the report columns of portals, follow their lists, archive reports and attachments, and read them.

    The archive is made if there is none. A crawl that was killed goes on with the same command.
    """
    hold()  # where a schedule started this crawl, it ends with it
    from crawler.deriving import words  # noqa: PLC0415 - as below
    from crawler.run import crawl  # noqa: PLC0415 - Scrapy takes a second to import, which other commands need not wait for

    invocation = Invocation.of(context)
    invocation.sync()
    registry = read_registry(invocation.folder)
    entries = [registry.resolve(name) for name in portals]
    with progress() as show, told(remark), _going_on_later(debug=invocation.debug):
        summary = crawl(
            invocation.folder,
            invocation.database,
            entries,
            given={entry.url: name for entry, name in zip(entries, portals, strict=True) if name != entry.id},
            year=year,
            full=full,
            render=render,
            delay=delay,
            allow=allow or [],
            hours=hours,
            ask_resting=ask_resting,
            progress=show.say,
            remark=remark,
        )
    if json:
        print_json(line(portal) for portal in summary.portals)
    else:
        print_table(
            ["portal", "outcome", "columns", "articles", "detail"],
            [[each.url, each.outcome, each.columns, each.articles, each.detail] for each in summary.portals],
        )
    if summary.stopped:
        remark("Stopped early; the same command goes on with this crawl.")
        raise typer.Exit(STOPPED)
    derived = summary.derived
    if derived is not None:
        remark(f"{summary.answers} answers; {words(derived)}")
    if summary.warnings:
        remark(f"{summary.warnings} warnings stand in {summary.log}")
    if summary.needs_attention:
        raise typer.Exit(ATTENTION)


@contextmanager
def _going_on_later(*, debug: bool) -> Iterator[None]:
    """A crawl that loses its tables was stopped early: what it fetched is kept."""
    try:
        yield
    except ConnectionLost as error:
        if debug:
            raise
        remark(f"xxgk: {error}")
        raise typer.Exit(STOPPED) from None


def line(portal: PortalState) -> dict[str, Any]:
    """A portal as ``--json`` prints it, here and in ``xxgk portals``."""
    written = portal.read_at.isoformat() if portal.read_at is not None else None
    return {**portal.line(), "read_at": written}
