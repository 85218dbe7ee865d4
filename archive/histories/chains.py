"""Chains of one publisher: every link between the reports of two years that follow each other, those that hold with the others.

The findings of :mod:`archive.findings.chains` are those of them that fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import select

from archive.figures import Figures
from archive.findings.compared import WITHDRAWN, figures_at
from archive.schema import Report, Version
from archive.store import Archive
from parser.chains import CHAINS, links
from parser.record import Number, Result, State

RULES = tuple(dict.fromkeys(chain.rule for chain in CHAINS))


@dataclass(frozen=True)
class ChainLine:
    """One link: a cell of a report and what follows for it from the report before.

    ``before`` and ``now`` are the cells it was judged by, a number or the state of a cell without one; ``expected`` and
    ``found`` are null where it cannot be judged. ``words`` say the rule.
    """

    rule: str
    key: str
    result: Result
    words: str
    from_year: int
    to_year: int
    from_report: int
    to_report: int
    expected: Number | None
    found: Number | None
    before: Mapping[str, Number | State]
    now: Mapping[str, Number | State]

    def to_data(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        return {
            "rule": self.rule,
            "key": self.key,
            "result": self.result.value,
            "from_year": self.from_year,
            "to_year": self.to_year,
            "from_report": self.from_report,
            "to_report": self.to_report,
            "expected": self.expected,
            "found": self.found,
            "before": {key: _plain(said) for key, said in self.before.items()},
            "now": {key: _plain(said) for key, said in self.now.items()},
            "words": self.words,
        }


@dataclass(frozen=True)
class Step:
    """All links of one rule from one year to the next, none where the forms do not print its cells."""

    rule: str
    from_year: int
    to_year: int
    from_report: int
    to_report: int
    lines: tuple[ChainLine, ...]

    @property
    def counts(self) -> Mapping[Result, int]:
        """How many hold, fail, and cannot be judged."""
        return Counter(line.result for line in self.lines)

    @property
    def result(self) -> Result | None:
        """One that fails breaks the step, one that cannot be judged leaves it open; null without links."""
        counts = self.counts
        if not self.lines:
            return None
        return next(each for each in (Result.FAILS, Result.UNJUDGED, Result.HOLDS) if counts[each])


def steps(archive: Archive, publisher_id: int) -> list[Step]:
    """Every step between reports on years that follow each other, by year and rule; a withdrawn report counts too."""
    return [
        Step(rule, before[0], after[0], before[1], after[1], tuple(_lines(before, after, rule)))
        for before, after in pairwise(_years(archive, publisher_id))
        if after[0] == before[0] + 1
        for rule in RULES
    ]


_Year = tuple[int, int, Figures]


def _years(archive: Archive, publisher_id: int) -> Sequence[_Year]:
    """One report a year, with its figures: of several the one that is still published, else the one that was found first."""
    with archive.session() as session:
        query = select(Report.report_year, Report.id, Report.state, Version.id, Version.cells)
        query = query.join(Version, Version.id == Report.version_id)
        query = query.where(Report.publisher_id == publisher_id, Report.report_year.is_not(None))
        rows = session.execute(query.order_by(Report.report_year, Report.id)).all()
        chosen = [
            min(several, key=lambda row: row.state == WITHDRAWN) for _, several in groupby(rows, key=lambda row: row[0])
        ]
        return [(year or 0, number, figures_at(session, version, cells)) for year, number, _, version, cells in chosen]


def _lines(before: _Year, after: _Year, rule: str) -> Iterator[ChainLine]:
    (from_year, from_report, previous), (to_year, to_report, current) = before, after
    for link in links(previous, current):
        if link.chain.rule == rule:
            yield ChainLine(
                rule=rule, key=link.chain.key, result=link.result, words=link.chain.words, from_year=from_year,
                to_year=to_year, from_report=from_report, to_report=to_report, expected=link.expected, found=link.found,
                before={key: previous[key] for key in link.chain.before},
                now={key: current[key] for key in link.chain.now if key in current},
            )  # fmt: skip


def _plain(said: Number | State) -> Number | str:
    return said.value if isinstance(said, State) else said
