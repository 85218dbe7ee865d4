"""Effects: what deriving anew changes, article by article, counted without writing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from sqlalchemy import select

from archive.deriving.batches import Before, Work
from archive.deriving.changes import Changes, FigureChange, Printed, compare
from archive.deriving.documents import Outcome, Reading
from archive.deriving.visits import Visits
from archive.schema import Version
from archive.store import Archive
from archive.warcs.records import digest
from parser.record import Record

MOST_REPORTS = 200  # named in a summary
MOST_KEYS = 20  # named in a summary, and per report
_LONGEST = 80  # characters of a cell
_NO_RECORD = frozenset({Outcome.REFUSED, Outcome.UNREAD, Outcome.FAILED, Outcome.UNCAPTURED})


@dataclass
class Effects:
    """Counts of articles, figures and findings; figures and findings are compared where a record stood before and after.

    ``created``, ``changed``, ``unchanged``: records; ``lost``: the article showed a report, and with the same captures no
    longer does; ``withdrawn``, ``returned``: new captures took the report away or brought it back. ``refused``,
    ``unread``, ``failed``, ``uncaptured``: articles that give no figures now. ``away``: left as they stand, since only another machine has their bytes.
    """

    articles: int = 0
    created: int = 0
    changed: int = 0
    lost: int = 0
    withdrawn: int = 0
    returned: int = 0
    unchanged: int = 0
    refused: int = 0
    unread: int = 0
    failed: int = 0
    uncaptured: int = 0
    away: int = 0
    figures_changed: Counter[str] = field(default_factory=Counter)
    figures_appeared: Counter[str] = field(default_factory=Counter)
    figures_vanished: Counter[str] = field(default_factory=Counter)
    findings_appeared: Counter[str] = field(default_factory=Counter)
    findings_vanished: Counter[str] = field(default_factory=Counter)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Effects) -> None:
        """Take in what a further batch did."""
        for one in fields(self):
            mine, others = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(others)
            elif isinstance(mine, list):
                mine += others[: max(0, MOST_REPORTS - len(mine))]
            else:
                setattr(self, one.name, mine + others)

    def to_counts(self) -> dict[str, Any]:
        """Everything but the reports, to be kept."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "reports"}

    @classmethod
    def of(cls, counts: dict[str, Any], reports: list[dict[str, Any]]) -> Self:
        """What was kept."""
        plain = {name: Counter(value) if isinstance(value, dict) else value for name, value in counts.items()}
        kept: dict[str, Any] = {**plain, "reports": reports}
        return cls(**kept)

    def to_data(self) -> dict[str, Any]:
        """The summary as plain values: totals, and the twenty figures that most often changed."""
        plain = {one.name: getattr(self, one.name) for one in fields(self) if one.type == "int"}
        keys = self.figures_changed + self.figures_appeared + self.figures_vanished
        often = sorted(keys, key=lambda key: (-keys[key], key))[:MOST_KEYS]
        return {
            **plain,
            "figures": {
                "changed": self.figures_changed.total(),
                "appeared": self.figures_appeared.total(),
                "vanished": self.figures_vanished.total(),
                "keys": [
                    {
                        "key": key,
                        "changed": self.figures_changed[key],
                        "appeared": self.figures_appeared[key],
                        "vanished": self.figures_vanished[key],
                    }
                    for key in often
                ],
            },
            "findings": {
                "appeared": dict(sorted(self.findings_appeared.items())),
                "vanished": dict(sorted(self.findings_vanished.items())),
            },
            "reports": self.reports,
        }


@dataclass(frozen=True)
class _After:
    """What an article shows now. ``reading`` is null where it shows the version it showed before."""

    outcome: str | None
    shows: bool
    live: bool
    emptied: bool
    reading: Reading | None


def effects_of(archive: Archive, works: Sequence[Work]) -> Effects:
    """What the readings of a batch change; to be asked before they are filed."""
    after = [_after(work) for work in works]
    records = _records_before(archive, works, after)
    effects = Effects()
    for work, now in zip(works, after, strict=True):
        _count(effects, work, now, records)
    return effects


def _after(work: Work) -> _After:
    first: dict[str, Reading] = {}  # a version's record is that of the first document that means it
    visits: Visits[Reading | Before] = Visits.of(work, work.before)
    visits.go_through(work, lambda _, reading: first.setdefault(reading.meant.digest, reading), lambda *_: None)
    version = visits.version
    return _After(
        visits.outcome,
        version is not None,
        version is not None and visits.withdrawn_at is None,
        visits.emptied,
        version if isinstance(version, Reading) else None,
    )


def _records_before(archive: Archive, works: Sequence[Work], after: Sequence[_After]) -> dict[int, Record]:
    """The records to compare with; where not a byte of a record changed, none is needed."""
    ids = {
        work.before.version_id for work, now in zip(works, after, strict=True) if work.before and _differs(work, now)
    }
    if not ids:
        return {}
    with archive.session() as session:
        query = select(Version.id, Version.record).where(Version.id.in_(sorted(ids)))
        return {number: Record.from_json(line) for number, line in session.execute(query) if line}


def _differs(work: Work, now: _After) -> bool:
    reading = now.reading
    return reading is not None and work.before is not None and digest(reading.line.encode()) != work.before.line_digest


def _count(effects: Effects, work: Work, now: _After, records: dict[int, Record]) -> None:
    effects.articles += 1
    if now.outcome in _NO_RECORD:
        name = str(now.outcome)
        setattr(effects, name, getattr(effects, name) + 1)
    before, reading = work.before, now.reading
    changes = Changes()
    if before is not None and reading is not None and reading.record is not None and before.version_id in records:
        former = records[before.version_id]
        changes = compare(former, reading.record)
        _count_figures(effects, changes)
        if reading.meant.digest != before.digest or (reading.capture and reading.capture.id == before.capture_id):
            _count_findings(effects, former, reading.record)
    changed = before is not None and reading is not None and reading.meant.digest != before.digest
    what = _what(work, now, changed=changed)
    if what is None:
        return
    setattr(effects, what, getattr(effects, what) + 1)
    if what != "unchanged" and len(effects.reports) < MOST_REPORTS:
        effects.reports.append({"url": work.article.url, "what": what, "figures": dict(_named(changes.figures))})


def _what(work: Work, now: _After, *, changed: bool) -> str | None:
    """The count a record goes to; null where there was none and is none."""
    if work.before is None:
        return "created" if now.shows else None
    if not now.shows:
        return "lost"
    was_live = work.article.withdrawn_at is None
    if was_live and not now.live:
        by_parser = now.emptied and work.timeline.through <= work.article.derived_through
        return "lost" if by_parser else "withdrawn"
    if now.live and not was_live:
        return "returned"
    return "changed" if changed else "unchanged"


def _count_figures(effects: Effects, changes: Changes) -> None:
    for change in changes.figures:
        if change.before is None:
            effects.figures_appeared[change.key] += 1
        elif change.after is None:
            effects.figures_vanished[change.key] += 1
        else:
            effects.figures_changed[change.key] += 1


def _count_findings(effects: Effects, before: Record, after: Record) -> None:
    one, other = (
        Counter((finding.rule, finding.table, finding.row, finding.column) for finding in record.findings)
        for record in (before, after)
    )
    for place, number in (other - one).items():
        effects.findings_appeared[place[0]] += number
    for place, number in (one - other).items():
        effects.findings_vanished[place[0]] += number


def _named(changes: Sequence[FigureChange]) -> Iterator[tuple[str, dict[str, Any]]]:
    for change in changes[:MOST_KEYS]:
        yield change.key, {"before": _cut(change.before), "after": _cut(change.after)}


def _cut(printed: Printed | None) -> dict[str, Any] | None:
    return None if printed is None else {"text": printed.text[:_LONGEST], "state": printed.state.value}
