"""``xxgk storage``: WARC files in a storage that several machines share."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archive.crawling import crawls
from archive.storage.fetching import choose, fetch
from archive.storage.pushing import Pushed, adopt_lost, push
from archive.storage.standing import Standing, standing
from crawler.cli.invocation import ATTENTION, Invocation
from crawler.cli.output import print_json, print_table, progress, remark

EXAMPLE = "Example: xxgk storage set s3://reports/xxgk"
app = typer.Typer(rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="A line of JSON with what there is, or what was done.")]


@app.callback(invoke_without_command=True)
def known(context: typer.Context, json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """Keep sealed WARC files in a folder or a bucket that several machines share; alone it says where they are."""
    if context.invoked_subcommand is None:
        status(context, json=json)


@app.command("set", epilog=EXAMPLE)
def name(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="URL", help="file:///mnt/xxgk, or s3://bucket/prefix.")],
    keep: Annotated[
        float | None,
        typer.Option(min=0, metavar="HOURS", help="How long a file stays here after it was stored [0: not at all]."),
    ] = None,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Name the storage on the card of the archive. Keys belong into the environment, never into the address."""
    with Invocation.of(context).open(create=True) as archive:  # to write is refused where others name one already
        place = choose(archive, address, keep)
    if json:
        print_json([asdict(place)])
    else:
        when = f"{place.keep:g} hours later" if place.keep else "once they are there"
        remark(f"sealed WARC files go to {place.url}, and leave the folder {when}")


@app.command("status", epilog="Example: xxgk storage status")
def status(
    context: typer.Context,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Say where the WARC files are, and what waits to be stored."""
    with Invocation.of(context).open() as archive:
        found = standing(archive)
    if json:
        print_json([asdict(found)])
        return
    print_table(["files", "number", "bytes"], _lines(found))
    remark(f"the storage is {found.url}" if found.url else "there is no shared storage: xxgk storage set names one")
    remark(f"this folder is {found.home}")


@app.command("push", epilog="Example: xxgk storage push --drop")
def send(
    context: typer.Context,
    drop: Annotated[  # noqa: FBT002 - Typer's way to write a flag
        bool, typer.Option("--drop", help="Take the copies here away once they are stored.")
    ] = False,
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Store the WARC files that nobody writes to, and read them back. What fails stays here, and goes the next time."""
    with Invocation.of(context).open(write=True) as archive, progress() as show:
        done = push(archive, drop=drop, progress=lambda file: show.say(f"storing {file}"))
        crawls.secure(archive)
    _tell(done, json=json)


@app.command("fetch", epilog="Example: xxgk storage fetch")
def bring(context: typer.Context, json: Json = False) -> None:  # noqa: FBT002 - Typer's way to write a flag
    """Bring all stored files back into the folder; they stay stored."""
    with Invocation.of(context).open(write=True) as archive, progress() as show:
        count, size = fetch(archive, lambda file: show.say(f"fetching {file}"))
    if json:
        print_json([{"fetched": count, "bytes": size}])
    else:
        remark(f"{count} files of {size:,} bytes fetched")


@app.command("recover", epilog="Example: xxgk storage recover --home 3f0c8b1e-6d0f-4f7e-9a43-0c8f6f1d2a55")
def recover(
    context: typer.Context,
    home: Annotated[str, typer.Option(metavar="ID", help="The folder of that machine, as xxgk storage status has it.")],
    json: Json = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Take over what a machine that is gone had not stored: what it had shipped is stored, the rest is marked as lost."""
    with Invocation.of(context).open(write=True) as archive, progress() as show:
        done = adopt_lost(archive, home, progress=lambda file: show.say(f"storing {file}"))
        crawls.secure(archive)
    if not json:
        remark(f"{done.taken} files of {home} taken over, {done.lost} captures of them are lost")
    _tell(done, json=json)


def _lines(found: Standing) -> list[list[object]]:
    elsewhere: list[list[object]] = [[f"not stored, with {each.home}", each.files, None] for each in found.elsewhere]
    return [
        ["here, being written", found.open, f"{found.open_bytes:,}"],
        ["here, waiting to be stored", found.waiting, f"{found.waiting_bytes:,}"],
        ["stored", found.stored, f"{found.stored_bytes:,}"],
        ["stored, and here too", found.here, f"{found.here_bytes:,}"],
        *elsewhere,
    ]


def _tell(done: Pushed, *, json: bool) -> None:
    if json:
        print_json([asdict(done)])
    else:
        found = f", {done.found} captures found again" if done.found else ""
        remark(
            f"{done.stored} files of {done.bytes:,} bytes stored, {done.dropped} taken out of the folder{found}; {done.waiting} are still being written"
        )
    for problem in done.problems:
        remark(f"xxgk: {problem}")
    if done.problems:
        raise typer.Exit(ATTENTION)
