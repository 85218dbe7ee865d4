"""Sending: what was noticed goes to the targets that the archive's owner named, a digest each, nothing twice.

A digest is noted as sent after the service took it; a process that is killed in between sends that one digest again.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from archive.days import CHINA, day_of
from archive.deposit import deposit
from archive.errors import ArchiveError
from archive.journal.notes import SentNote
from archive.notices import feeds
from archive.notices.notices import Wanted, find, kinds, lies_within, since_day, wanted_rows
from archive.schema import Delivery, Notice
from archive.store import Archive, utc_now
from crawler.errors import CrawlerError
from crawler.targets import Owner, Target, read

if TYPE_CHECKING:
    from apprise import Apprise

ALONE = "notices"
BEGUN = "begun"  # the key of the moment at which a target was first seen: it is told of nothing before
STALE = timedelta(days=60)  # what could not be sent for so long is not sent any more
_KEYS = 1000  # named in one note of the journal
_URL = 300  # characters of an address in a digest
_DEFUSED = str.maketrans("@<>", "＠＜＞")  # some services read a mention of everybody, or markup, out of plain text
Say = Callable[[str], None]
Deliver = Callable[[str, str, str], bool]


class NoApprise(CrawlerError):
    """The package that sends is not installed."""


@dataclass(frozen=True)
class Digest:
    """What one target is told at once. ``keys`` are all its notices, also those that did not get a line."""

    target: str
    title: str
    body: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Sent:
    """What was sent, or would be, and the targets that did not take theirs."""

    digests: tuple[Digest, ...]
    failed: tuple[str, ...]


def after_crawl(
    folder: Path,
    database: str | None = None,
    say: Say | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
) -> bool:
    """What is done once crawls have ended: find what happened, write the feeds, send the digests that are due.

    Whatever goes wrong is said in a sentence and tried again the next time; whether nothing did. Raises nothing of ours.
    """
    told = _to_stderr if say is None else say
    try:
        with Archive.open(folder, database, write=True, clock=clock) as archive:
            owner = read(folder)
            begin(archive, owner, told)
            find(archive, archive.clock(), eager=False)
            write_feeds(archive, owner)
            return not send(archive, owner, told).failed
    except (ArchiveError, CrawlerError, OSError) as error:
        told(f"xxgk: {error}")
        return False


def write_feeds(archive: Archive, owner: Owner) -> list[Path]:
    """Write the feeds where the owner wants them; the files that changed. Raises :class:`ArchiveError`."""
    if owner.feeds is None:
        return []
    return feeds.write(archive, archive.folder / owner.feeds.folder, base=owner.feeds.base)


def send(
    archive: Archive,
    owner: Owner,
    say: Say,
    *,
    at_once: bool = False,
    dry_run: bool = False,
    environment: Mapping[str, str] = os.environ,
    deliver: Deliver | None = None,
) -> Sent:
    """Send each target what it did not get yet, if its hour has come; ``at_once`` whatever the hour.

    Two never send at the same time, on whatever machines. A target that fails is told of and tried again the next time. ``dry_run`` sends and
    keeps nothing. Raises :class:`NoApprise` and :class:`ArchiveError`.
    """
    if not owner.targets:
        return Sent((), ())
    hand_over = _apprise(required=not dry_run) if deliver is None else deliver
    digests: list[Digest] = []
    failed: list[str] = []
    with archive.alone(ALONE) as check:
        for target in owner.targets:
            check()
            now = archive.clock()
            begun, last = _history(archive, target, now)
            if not at_once and not is_due(target, last, now):
                continue
            rows = pending(archive, target, begun, now)
            if not rows:
                continue
            digest = digest_of(target, rows, now)
            if not dry_run and not _hand_over(archive, target, digest, hand_over, environment, say):
                failed.append(target.name)
                continue
            digests.append(digest)
    return Sent(tuple(digests), tuple(failed))


def begin(archive: Archive, owner: Owner, say: Say) -> None:
    """Keep from when on each new target is told. To be called before what happened is looked for."""
    for target in owner.targets:
        with archive.session() as session:
            known = session.get(Delivery, (BEGUN, target.name))
        if known is None:
            deposit(archive, notes=[SentNote(archive.clock(), target.name, (BEGUN,))])
            if target.since is None:
                say(f"{target.name} is told of what happens from now on; `since` in notices.toml names an earlier day")


def try_out(target: Target, *, environment: Mapping[str, str] = os.environ, deliver: Deliver | None = None) -> bool:
    """Send a line to a target, and whether it was taken. Raises :class:`NoApprise`, :class:`WrongUsage`."""
    hand_over = _apprise(required=True) if deliver is None else deliver
    return hand_over(target.address(environment), "xxgk 测试", f"这是发给 {target.name} 的测试消息。")


def is_due(target: Target, last: datetime, now: datetime) -> bool:
    """Whether a target's hour has come since it was sent the last digest, or was first seen."""
    if not target.daily:
        return True
    hour = datetime.combine(day_of(now), target.at, CHINA)
    if now < hour:
        hour -= timedelta(days=1)
    return last < hour


def pending(archive: Archive, target: Target, begun: datetime, now: datetime) -> list[Notice]:
    """The notices that a target wants and did not get, the oldest first."""
    start = max(begun if target.since is None else since_day(target.since), now - STALE)
    wanted = Wanted(start, target.kinds or tuple(kinds()), target.divisions, target.years)
    query = wanted_rows(wanted).outerjoin(Delivery, and_(Delivery.key == Notice.key, Delivery.target == target.name))
    with archive.session() as session:
        rows = list(session.scalars(query.where(Delivery.key.is_(None))))
    return [row for row in rows if lies_within(row, wanted, archive)]


def digest_of(target: Target, rows: Sequence[Notice], now: datetime) -> Digest:
    """The digest of notices: in the title how many of each kind, in the body a line each, as many as the target takes."""
    counts = Counter(row.kind for row in rows)
    order = list(kinds())
    said = "，".join(f"{kinds()[kind].name}{counts[kind]}" for kind in order if counts[kind])
    day = day_of(now)
    lines: list[str] = []
    size = 0
    for row in sorted(rows, key=lambda row: (order.index(row.kind), row.noticed_at, row.id)):
        line = _line(row)
        size += len(line.encode()) + 1
        if len(lines) == target.lines or size > target.bytes:
            break
        lines.append(line)
    if left := len(rows) - len(lines):
        lines.append(f"另有{left}条未列出")
    keys = tuple(row.key for row in rows)
    return Digest(target.name, f"信息公开年报 {day.month}月{day.day}日：{said}", "\n".join(lines), keys)


def _line(row: Notice) -> str:
    url = row.url if row.url is not None and row.url.startswith(("http://", "https://")) else ""
    said = f"【{kinds()[row.kind].name}】{row.title}。{row.text}".translate(_DEFUSED)
    return f"{said} {url}" if url and len(url) <= _URL else said


def _history(archive: Archive, target: Target, now: datetime) -> tuple[datetime, datetime]:
    """When a target was first seen, and when it was last sent something: now, where it never was."""
    with archive.session() as session:
        begun = session.get(Delivery, (BEGUN, target.name))
        last = session.scalar(select(func.max(Delivery.sent_at)).where(Delivery.target == target.name))
    return (now, now) if begun is None else (begun.sent_at, last or begun.sent_at)


def _hand_over(
    archive: Archive, target: Target, digest: Digest, deliver: Deliver, environment: Mapping[str, str], say: Say
) -> bool:
    try:
        taken = deliver(target.address(environment), digest.title, digest.body)
    except CrawlerError as error:
        say(f"xxgk: {error}")
        return False
    if not taken:
        say(
            f"the target {target.name} did not take its digest, which is sent again the next time: see `xxgk notices test`"
        )
        return False
    keys = digest.keys
    parts = [keys[start : start + _KEYS] for start in range(0, len(keys), _KEYS)]
    deposit(archive, notes=[SentNote(archive.clock(), target.name, part) for part in parts])
    return True


def _apprise(*, required: bool) -> Deliver:
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        if required:
            raise NoApprise(
                "notices are sent with Apprise, which is not installed: pip install 'xxgk[notices]'"
            ) from None
        return lambda _url, _title, _body: False

    def deliver(url: str, title: str, body: str) -> bool:
        with _silenced():
            # Plain text and nothing else: what a portal wrote is no markup, no escape, no name of a file to attach.
            asset = apprise.AppriseAsset(
                app_id="xxgk", app_desc="xxgk", async_mode=False, storage_mode="memory", interpret_emojis=False
            )
            service: Apprise = apprise.Apprise(asset=asset)
            if not service.add(url):
                raise CrawlerError("the URL of a target is none that Apprise knows: compare it with docs/notices.md")
            told = service.notify(title=title, body=body, body_format="text", interpret_escapes=False)
        return bool(told)

    return deliver


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep Apprise's own log to itself, whose lines can hold a target's URL, and what its many plugins warn of on import."""
    logger = logging.getLogger("apprise")
    before, handler = logger.propagate, logging.NullHandler()
    logger.propagate = False
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
