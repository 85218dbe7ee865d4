"""What it takes to find words in the prose of a year's reports of a nation: 140,000 of them, in SQLite and in PostgreSQL."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy import func, select, text

from archive.schema import Report, Version
from archive.study import BATCH, Lesson
from archive.words.index import Words
from archive.words.queries import read
from archive.words.search import Asked, Search
from benchmarks import nation
from benchmarks.country import Place, places
from benchmarks.filling import pages_by_table
from benchmarks.portal import report
from benchmarks.scale import new_database, postgresql_server
from benchmarks.timing import Ratio
from parser import parse
from parser.record import Section, dump_json

REPORTS = 140_000
LIMIT = 1.0  # seconds to a question
RARE, RARELY = "鹦鹉", 5_000  # a word, and one report in how many has it
_SHOWN = 20
_SENTENCES, _OF_STOCK = 600, 0.6  # sentences that every agency takes over, and how much of its prose they are
_WORDS, _FIRST, _SIGNS = 3_000, 0x4E00, 1_500  # the vocabulary: words of two of so many characters
_LENGTHS = (9, 3, 4, 3, 12, 5)  # sentences to a section: a report has about 1,800 characters


class Prose:
    """Invented prose in which words are as frequent as in a language: some in every report, most in few."""

    def __init__(self, seed: int = 711) -> None:
        draw = Random(seed)  # noqa: S311 - the same prose every time
        signs = [chr(_FIRST + 7 * number) for number in range(_SIGNS)]
        chances = list(accumulate(1 / (number + 8) for number in range(_SIGNS)))
        self._words = ["".join(draw.choices(signs, cum_weights=chances, k=2)) for _ in range(_WORDS)]
        self._chances = list(accumulate(1 / (number + 20) for number in range(_WORDS)))
        stock = ["公开", "信息", "依申请", "大数据", "政府"]
        self._stock = [
            self._sentence(draw, [stock[number % 20]] if number % 20 < len(stock) else [])
            for number in range(_SENTENCES)
        ]

    def sections(self, number: int) -> tuple[Section, ...]:
        """The sections of a report."""
        draw = Random(number)  # noqa: S311 - as above
        rare = [RARE] if number % RARELY == 0 else []
        return tuple(
            Section(number=at, heading="总体情况", text=self._text(draw, length, rare if at == 5 else []))
            for at, length in enumerate(_LENGTHS, 1)
        )

    def _text(self, draw: Random, length: int, more: Sequence[str]) -> str:
        said = [
            draw.choice(self._stock) if draw.random() < _OF_STOCK else self._sentence(draw, []) for _ in range(length)
        ]
        return "\n".join([*said, *more])

    def _sentence(self, draw: Random, more: Sequence[str]) -> str:
        words = [*draw.choices(self._words, cum_weights=self._chances, k=draw.randint(16, 32)), *more]
        draw.shuffle(words)
        return f"{''.join(words[:12])}，{''.join(words[12:])}。"


def ratios(reports: int = REPORTS, rounds: int = 3) -> Iterator[Ratio | str]:
    """Learning and asking in both databases."""
    chosen = places()
    with TemporaryDirectory() as folder, nation.empty(Path(folder) / "sqlite") as filled:
        yield from _measure(filled, chosen, reports, rounds)
    with (
        TemporaryDirectory() as folder,
        postgresql_server(Path(folder)) as server,
        nation.empty(Path(folder) / "archive", new_database(server, "search")) as filled,
    ):
        yield from _measure(filled, chosen, reports, rounds)


def _measure(filled: nation.Filled, chosen: Sequence[Place], reports: int, rounds: int) -> Iterator[Ratio | str]:
    count = fill(filled, chosen, reports)
    before = _room(filled)
    seconds = learn(filled)
    room = (_room(filled) - before) / count
    yield f"{filled.name}: {count:,} reports, {1000 * seconds / count:.2f} ms to learn one, {room:,.0f} bytes of index to each"
    province = filled.largest()[0][:2]
    for what, typed, asked in (
        ("a word of nearly every report", "公开", Asked()),
        (f"a word of one in {RARELY:,}", RARE, Asked()),
        ("three words", "公开 依申请 大数据", Asked()),
        ("a phrase", '"大数据" -信息', Asked()),
        ("a single character", "鹦", Asked()),
        ("in a province", "大数据", Asked(division=province)),
        ("in the oldest year", "公开", Asked(year=filled.country.years.start)),
    ):
        took, said = _ask(filled, typed, asked, rounds)
        yield Ratio(f"{filled.name}: {what} ({said})", took, LIMIT, 1.0, "the limit")


def fill(filled: nation.Filled, chosen: Sequence[Place], reports: int) -> int:
    """Reports of the first of these places, about so many, with prose of their own; how many they are."""
    years = len(filled.country.years)
    whole = list(accumulate(place.publishers * years for place in chosen))
    filled.add(chosen[: 1 + bisect_left(whole, reports)])
    prose = Prose()
    head, tail = _around()
    with filled.archive.session() as session:
        count = session.scalar(select(func.count()).select_from(Report)) or 0
    mark = "?" if filled.database is None else "%s"
    for at in range(0, count, BATCH):
        rows = [
            (zlib.compress(f"{head}{_written(prose.sections(number))}{tail}".encode(), 6), number)
            for number in range(at + 1, min(at + BATCH, count) + 1)
        ]
        with filled.archive.engine.begin() as connection:
            cursor = connection.connection.cursor()
            cursor.executemany(f"UPDATE versions SET record = {mark} WHERE id = {mark}", rows)  # noqa: S608 - our own
            cursor.close()
    return count


def learn(filled: nation.Filled) -> float:
    """Let the index learn every version; the seconds it took, without the reading of records that all indexes share."""
    archive, student, prose, seconds = filled.archive, Words(), Prose(), 0.0
    with archive.session() as session:
        versions = session.execute(select(Version.id, Version.report_id).order_by(Version.id)).all()
    for at in range(0, len(versions), BATCH):
        lessons = [Lesson(*version, prose.sections(version[0])) for version in versions[at : at + BATCH]]
        started = perf_counter()
        with archive.writing() as session:
            student.learn(session, lessons)
        seconds += perf_counter() - started
    if filled.database is not None:  # what autovacuum does in time
        with archive.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    archive.engine.dispose()
    return seconds


def _ask(filled: nation.Filled, typed: str, asked: Asked, rounds: int) -> tuple[float, str]:
    """The median seconds of a search for its first hits, and how many there are."""
    times = []
    for _ in range(rounds):
        started = perf_counter()
        search = Search(filled.archive, read(typed), asked)
        shown = sum(1 for _ in search.hits(_SHOWN))
        times.append(perf_counter() - started)
    assert shown == min(_SHOWN, search.least)
    number = f"{search.least:,}" if search.least == search.most else f"{search.least:,} to {search.most:,}"
    return sorted(times)[rounds // 2], number


def _room(filled: nation.Filled) -> int:
    """Bytes of the tables of words."""
    with filled.archive.engine.connect() as connection:
        if filled.database is None:
            sizes = pages_by_table(connection)
        else:
            query = text("SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables")
            sizes = {str(row[0]): int(row[1]) for row in connection.execute(query)}
    return sum(size for name, size in sizes.items() if name.startswith("word_"))


def _around() -> tuple[str, str]:
    """What stands before and behind the sections in the line of a real record."""
    record = parse(report(0)).model_copy(update={"sections": ()})
    head, _, tail = record.to_json().partition('"sections": []')
    return f'{head}"sections": ', tail


def _written(sections: Sequence[Section]) -> str:
    return dump_json([section.model_dump() for section in sections])
