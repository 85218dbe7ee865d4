"""Near copies among the reports of a nation: what it takes to learn them and to ask for all of a year, and how many are found.

The prose is invented: sentences of drawn words, a third of them stock sentences that many reports have, with the agency's name and
figures in it. Planted are copies of 60 to 100 of 100, reports that repeat the year before, and a text that two thousand towns print.
"""

from __future__ import annotations

import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import undefer

from archive.among import among
from archive.findings.likeness import SHARE, Against, copies
from archive.findings.lines import Wanted
from archive.inserts import set_sequences
from archive.reuse.comparison import reuse
from archive.reuse.index import LikenessIndex
from archive.reuse.plain import plain
from archive.schema import CaptureRow, Digest, Moment, Publisher, Report, Version, WarcFile
from archive.store import Archive
from archive.study import BATCH, Lesson
from benchmarks.filling import pages_by_table
from benchmarks.scale import new_database, postgresql_server
from benchmarks.timing import Ratio
from parser.record import Record, Section, dump_json

NATION, PART = 140_000, 20_000  # reports of the year, in SQLite and in PostgreSQL
YEAR = 2024
RATES = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)  # of the prose that planted copies take over
PLANTED = 300  # copies of each rate
REPEATED = 1_000  # reports that repeat the year before
TOWNS = 2_000  # that print one text
PAIRS = 3_000  # of others, compared exactly too
RECALL = 0.98  # of the copies at the share of the finding
LEARNING, ASKING = 10.0, 5.0  # milliseconds to a report
_SCOPE, _PLANTED_SCOPE, _TOWN_SCOPE = "220200", "220300", "220400"
_MOMENT = datetime(2025, 1, 20, 4, 0, tzinfo=UTC)
_FIGURE = re.compile(r"\{n\}")
_WORDS, _STOCK = 4_000, 600
_SIGNS = [chr(code) for code in range(0x4E00, 0x4E00 + 2_500)]


@dataclass(frozen=True)
class _Text:
    """A report's prose as lists of sentences, with places for name and figures."""

    sections: dict[int, tuple[str, ...]]

    def printed(self, name: str, draw: Random) -> tuple[Section, ...]:
        """As an agency prints it."""
        return tuple(
            Section(number=number, heading=f"第{number}部分", text=_filled("".join(sentences), name, draw))
            for number, sentences in self.sections.items()
        )


def _filled(sentences: str, name: str, draw: Random) -> str:
    figures = _FIGURE.sub(lambda _: str(draw.randrange(1, 4_000)), sentences)
    return figures.replace("{name}", name)


class Writer:
    """Writes prose: the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.draw = Random(seed)  # noqa: S311 - the same prose every time
        self._words = ["".join(self.draw.choices(_SIGNS, k=self.draw.choice((2, 2, 2, 3)))) for _ in range(_WORDS)]
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(_WORDS)))
        self._stock = [self._sentence() for _ in range(_STOCK)]

    def text(self) -> _Text:
        """The prose of a report: two to four KB."""
        sizes = {1: self.draw.randrange(18, 34), 5: self.draw.randrange(7, 12), 6: self.draw.randrange(1, 4)}
        return _Text({number: tuple(self.sentence() for _ in range(count)) for number, count in sizes.items()})

    def copied(self, source: _Text, rate: float) -> _Text:
        """A text that takes over that share of the sentences of another, the others new at drawn places."""
        return _Text(
            {
                number: tuple(one if self.draw.random() < rate else self._sentence() for one in sentences)
                for number, sentences in source.sections.items()
            }
        )

    def sentence(self) -> str:
        """One that many have, or one of its own."""
        return self.draw.choice(self._stock) if self.draw.random() < 1 / 3 else self._sentence()

    def _sentence(self) -> str:
        words = self.draw.choices(self._words, cum_weights=self._weights, k=self.draw.randrange(8, 17))
        if self.draw.random() < 0.4:
            words.insert(self.draw.randrange(len(words)), "{n}件")
        if self.draw.random() < 0.25:
            words.insert(0, "{name}")
        return f"{'，'.join(map(''.join, batches(words, 5)))}。"


class Nation:
    """An archive with the reports of a year."""

    def __init__(self, archive: Archive, reports: int) -> None:
        self.archive = archive
        self.reports = reports
        self._writer = Writer(711)
        self._share = reports / NATION
        self.sources: list[tuple[int, int]] = []  # of planted copies: the report, and that it was copied from
        self._number = 0

    def fill(self) -> None:
        """Write publishers, reports and versions; nothing is learned yet."""
        with self.archive.writing() as session:
            session.execute(insert(WarcFile), [_row(WarcFile, id=1, name="warc/a.warc.gz", begun_at=_MOMENT)])
            session.execute(insert(CaptureRow), [_row(CaptureRow, id=1, file_id=1, fetched_at=_MOMENT)])
        rows = self._rows()
        while several := list(islice(rows, 1_000)):
            with self.archive.writing() as session:
                for at, table in enumerate((Publisher, Report, Version)):
                    values = [value for row in several if (value := row[at]) is not None]
                    session.execute(insert(table), values)
        with self.archive.writing() as session:
            set_sequences(session)

    def _rows(self) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any], dict[str, Any]]]:
        writer = self._writer
        planted = max(3, round(PLANTED * self._share))
        repeated, towns = round(REPEATED * self._share), round(TOWNS * self._share)
        kept: list[tuple[int, _Text]] = []
        plain_ones = self.reports - repeated - towns - planted * len(RATES)
        for number in range(plain_ones):
            said = writer.text()
            yield self._report(said, _SCOPE, YEAR)
            if number < planted * len(RATES):
                kept.append((self._number, said))
        for (source, said), rate in zip(kept, RATES * planted, strict=True):
            yield self._report(writer.copied(said, rate), _PLANTED_SCOPE, YEAR)
            self.sources.append((self._number, source))
        for _ in range(repeated):
            before = writer.text()
            yield self._report(before, _SCOPE, YEAR - 1)
            yield self._report(writer.copied(before, 0.95), _SCOPE, YEAR, self._number)
        common = writer.text()
        for _ in range(towns):
            yield self._report(common, _TOWN_SCOPE, YEAR)

    def _report(
        self, said: _Text, scope: str, year: int, publisher: int | None = None
    ) -> tuple[dict[str, Any] | None, dict[str, Any], dict[str, Any]]:
        self._number += 1
        number, owner = self._number, publisher or self._number
        name = f"清湾市第{owner}局"
        line = dump_json({"sections": [one.model_dump() for one in said.printed(name, self._writer.draw)]})
        agency = {"id": owner, "scope": scope, "key": name, "name": name, "kind": "department"}
        url = f"http://xxgk.qingwan.gov.cn/{number}.html"
        report = _row(
            Report,
            id=number,
            identity=f"publisher:{owner}:{year}",
            publisher_id=owner,
            report_year=year,
            url=url,
            version_id=number,
            first_seen_at=_MOMENT,
        )
        version = _row(
            Version,
            id=number,
            report_id=number,
            record=line,
            publisher=name,
            report_year=year,
            document_url=url,
            capture_id=1,
            first_seen_at=_MOMENT,
            last_seen_at=_MOMENT,
        )
        return (agency if publisher is None else None), report, version

    def learn(self, say: Callable[[str], object]) -> tuple[int, float, float]:
        """Learn every version, in batches as :mod:`archive.study` does: how many, the seconds, and those of the last tenth."""
        index, seconds, tenth = LikenessIndex(), 0.0, 0.0
        with self.archive.session() as session:
            ids = list(session.scalars(select(Version.id).order_by(Version.id)))
        for done, several in enumerate(batches(ids, BATCH)):
            with self.archive.session() as session:
                query = select(Version).where(among(Version.id, several)).options(undefer(Version.record))
                lessons = [
                    Lesson(one.id, one.report_id, Record.from_json(one.record).sections)
                    for one in session.scalars(query)
                ]
            started = time.perf_counter()
            with self.archive.writing() as session:
                index.learn(session, lessons)
            took = time.perf_counter() - started
            seconds += took
            tenth += took if done * BATCH >= len(ids) * 0.9 else 0.0
            if done % 200 == 199:
                say(f"{(done + 1) * BATCH:,} of {len(ids):,} versions are learned")
        return len(ids), seconds, tenth

    def exact(self) -> dict[int, float]:
        """Of the planted copies, and of others drawn at random, the share by exact comparison."""
        draw = Random(5)  # noqa: S311 - the same pairs every time
        pairs = self.sources + [
            (draw.randrange(1, self._number + 1), draw.randrange(1, self._number + 1))
            for _ in range(max(20, round(PAIRS * self._share)))
        ]
        shares: dict[int, float] = {}
        for several in batches(pairs, 200):
            with self.archive.session() as session:
                query = select(Version).where(among(Version.id, {each for pair in several for each in pair}))
                proses = {
                    one.id: plain(Record.from_json(one.record).sections, one.publisher)
                    for one in session.scalars(query.options(undefer(Version.record)))
                }
            for one, other in several:
                if one != other:
                    shares[one] = max(shares.get(one, 0.0), reuse(proses[one], proses[other]).most()[0])
        return shares


def batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The items, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _row(table: type[Any], **given: Any) -> dict[str, Any]:
    """A row in which stands what is given, and of what must not be empty something."""
    row: dict[str, Any] = dict(given)
    for column in table.__table__.columns:
        if column.name not in given and not column.nullable and column.default is None:
            row[column.name] = _something(column.type, given.get("id", 0))
    return row


def _something(kind: Any, number: int) -> Any:
    if isinstance(kind, Digest):
        return f"{number:032x}"
    if isinstance(kind, Moment):
        return _MOMENT
    return {int: 0, bool: False}.get(kind.python_type, f"{number}")


def ratios(reports: int = NATION) -> Iterator[Ratio | str]:
    """Learning and asking for a year of that many reports on SQLite, and how many of the planted copies are found."""
    with TemporaryDirectory() as folder, Archive.open(Path(folder) / "archive", create=True, write=True) as archive:
        yield from _measure(archive, reports)


def postgresql(reports: int = PART) -> Iterator[Ratio | str]:
    """The same on PostgreSQL."""
    with (
        TemporaryDirectory() as folder,
        postgresql_server(Path(folder)) as server,
        Archive.open(Path(folder) / "archive", new_database(server, "likeness"), create=True, write=True) as archive,
    ):
        yield from _measure(archive, reports)


def _measure(archive: Archive, reports: int) -> Iterator[Ratio | str]:
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[archive.engine.dialect.name]
    nation = Nation(archive, reports)
    started = time.perf_counter()
    nation.fill()
    yield f"{name}: {reports:,} reports on {YEAR} are written in {time.perf_counter() - started:.0f} s"
    versions, seconds, tenth = nation.learn(lambda said: print(said, file=sys.stderr, flush=True))
    yield (
        f"{name}: {versions:,} versions learned in {seconds:.0f} s, {seconds / versions * 1000:.2f} ms each, of the last tenth "
        f"{tenth / (versions * 0.1) * 1000:.2f} ms; {_room(archive, versions)}"
    )
    yield Ratio(f"{name}: to learn a report", seconds / versions, LEARNING / 1000, 1.0, "the limit")
    before = _memory()
    started = time.perf_counter()
    found = {(copy.report.report_id, copy.against): copy for copy in copies(archive, Wanted(year=YEAR))}
    seconds = time.perf_counter() - started
    counts = Counter(against for _, against in found)
    yield (
        f"{name}: all copies of {YEAR} in {seconds:.0f} s, {seconds / reports * 1000:.2f} ms a report: "
        f"{counts[Against.YEARS]:,} repeat their year before, {counts[Against.PUBLISHERS]:,} stand in another publisher's; "
        f"memory grew from {before:.0f} to {_memory():.0f} MiB"
    )
    yield Ratio(f"{name}: to ask about a report", seconds / reports, ASKING / 1000, 1.0, "the limit")
    yield from _recall(nation, name)


def _recall(nation: Nation, name: str) -> Iterator[Ratio | str]:
    """Of what exact comparison calls a copy, how many the index found."""
    shares = nation.exact()
    planted = {report for report, _ in nation.sources}
    wanted = Wanted(year=YEAR, division=_PLANTED_SCOPE)
    for share in (0.6, 0.7, 0.8, SHARE):
        copied = {report for report, exact in shares.items() if exact >= share and report in planted}
        started = time.perf_counter()
        found = {copy.report.report_id for copy in copies(nation.archive, wanted, share=share)}
        seconds = time.perf_counter() - started
        wrong = sum(exact < share for report, exact in shares.items() if report in found)
        yield (
            f"{name}: of {len(shares):,} pairs {len(copied):,} share {share:.0%} by exact comparison, {len(copied & found):,} "
            f"of them found ({len(copied & found) / max(len(copied), 1):.2%}), {wrong} others, in {seconds:.1f} s"
        )
    yield Ratio(f"{name}: recall at {SHARE:.0%}", RECALL, len(copied & found) / max(len(copied), 1), 1.0, "found", "")


def _memory() -> float:
    """The peak of resident memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _room(archive: Archive, versions: int) -> str:
    with archive.engine.connect() as connection:
        if archive.engine.dialect.name == "sqlite":
            sizes = pages_by_table(connection)
        else:
            query = text("SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables")
            sizes = {str(row[0]): int(row[1]) for row in connection.execute(query)}
    kept = {table: size for table, size in sizes.items() if table.startswith("likeness")}
    return ", ".join(f"{size / versions:.0f} bytes each in {table}" for table, size in sorted(kept.items()))
