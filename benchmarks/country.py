"""The tables of a nation: every division in force with invented agencies, their columns, readings and reports over years.

What a crawl leaves is written straight into the tables, without WARC bytes behind it. The places are real divisions, so that
provinces have their real sizes; agencies, dates and all that is said of them are drawn, the same for the same seed.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Connection

from archive.divisions import Division, book
from archive.registry.identity import key
from archive.schema import (
    Absence,
    Article,
    ArticleColumn,
    Base,
    CaptureRow,
    ColumnPublisher,
    ColumnReading,
    CrawlRow,
    ListRow,
    Portal,
    PortalReading,
    Publisher,
    PublisherSource,
    Report,
    ReportColumn,
    Sighting,
    UnitRow,
    Version,
    WarcFile,
)

FIRST_YEAR = 2019  # the first report year
YEARS = 6
BEGUN = date(
    2021, 2, 15
)  # of the archive: the reports on 2019 and nearly all on 2020 are found long after they were due
# Twelve readings a year of each column, more of them while reports are due; one in a hundred does not succeed.
READINGS = ((1, 10), (1, 20), (1, 28), (2, 3), (2, 15), (3, 1), (4, 2), (5, 4), (7, 6), (9, 7), (11, 9), (12, 11))
DEPARTMENTS = {"province": 45, "prefecture": 33, "county": 28}  # beside the government and its office
OWN_PORTALS = 8  # departments of a province with a portal of their own

LATE, MISSING, UNDATED, WITHDRAWN, BACK = 0.03, 0.03, 0.02, 0.003, 0.002  # of the publishers, each year
UNREAD = 0.05  # of the missing: a row that could not be read
OWN_COLUMN = 0.6  # of the publishers; the others stand in two lists of their portal
FAILED = 0.01  # of the readings
BLOCKED = 0.02  # of the portals, from the end of the last report year on
IN_DIRECTORY = 0.5  # of the publishers

_BATCH = 20_000  # reports
_FILE_CAPTURES = 20_000
_SEED = 711
_RECORD = zlib.compress('{"schema":1,"title":"政府信息公开工作年度报告","figures":[]}'.encode() * 4, 6)
_Row = tuple[Any, ...]

# What is written of each table, in an order in which no row refers to a later one.
_COLUMNS: dict[type[Base], str] = {
    CrawlRow: "id key arguments portals state begun_at ended_at",
    WarcFile: "id name head_length head_digest begun_at closed",
    Portal: "id url host division outcome crawl_id read_at",
    PortalReading: "id portal_id crawl_id outcome read_at",
    Publisher: "id scope key name township kind declared first_year",
    PublisherSource: "publisher_id source place seen_at",
    UnitRow: "id portal_id name page_url publisher_id first_seen_at last_seen_at",
    ReportColumn: "id portal_id url agency publisher_id",
    ColumnPublisher: "column_id publisher_id first_year last_year",
    ColumnReading: "id column_id crawl_id outcome pages rows reports full read_at",
    ListRow: "id column_id url address title listed_on report_year family first_seen_at last_seen_at",
    CaptureRow: (
        "id file_id position length span digest kind record_id url address method status role crawl_id fetched_at "
        "content_type payload_digest payload_length"
    ),
    Article: (
        "id url address requested_address portal_id page_title page_date noted_at stale outcome basis derived_through "
        "withdrawn_at version_id gone_at"
    ),
    ArticleColumn: "article_id column_id",
    Report: (
        "id identity publisher_id report_year state withdrawn_at withdrawn_because first_seen_at url version_id published_on "
        "published_source"
    ),
    Version: (
        "id report_id digest record_digest prose_digest record line_digest title publisher report_year published_on "
        "published_source template figures errors warnings infos first_seen_at last_seen_at document_url capture_id"
    ),
    Sighting: "version_id article_id capture_id first_seen_at last_seen_at published_on published_source",
    Absence: "article_id since until because",
}


class Place(NamedTuple):
    """A division, how many departments it has, and the codes of its towns."""

    division: Division
    departments: int
    towns: tuple[str, ...]

    @property
    def publishers(self) -> int:
        """How many agencies it has."""
        return 2 + self.departments + len(self.towns)


def places() -> list[Place]:
    """Every province, prefecture and county in force, in an order of which each beginning is spread over the country."""
    table = book()
    provinces = [found for first in range(11, 83) if (found := table.get(f"{first}0000")) and found.until is None]
    chosen: list[Place] = []
    waiting = list(reversed(provinces))
    while waiting:
        division = waiting.pop()
        below = [each for each in table.children(division.code) if each.level != "township"]
        waiting += reversed(below)
        lowest = not below and division.level != "province"
        towns = tuple(town.code for town in table.townships(division.code)) if lowest else ()
        chosen.append(Place(division, DEPARTMENTS[division.level], towns))
    return [*chosen[0::4], *chosen[2::4], *chosen[1::2]]


class _Agency(NamedTuple):
    id: int
    name: str
    kind: str
    column: int
    folder: str  # below the portal


@dataclass(frozen=True)
class _Readings:
    """The days on which a portal is read, and the moments as the databases take them."""

    days: Sequence[date]
    moments: Sequence[str]

    def after(self, day: date) -> int:
        """The number of the first reading that finds what was published on a day."""
        return bisect_right(self.days, day)


class Country:
    """Fills empty tables, place by place: what was filled can be measured before more is added."""

    def __init__(self, years: int = YEARS, seed: int = _SEED) -> None:
        self.years = range(FIRST_YEAR, FIRST_YEAR + years)
        self.publishers = 0
        self.provinces: Counter[str] = Counter()  # publishers by province
        self._random = Random(seed)  # noqa: S311 - the same rows every time
        self._numbers: Counter[type[Base]] = Counter()
        self._rows: dict[type[Base], list[_Row]] = defaultdict(list)

    def add(self, connection: Connection, added: Iterable[Place]) -> None:
        """Write what is known of these places within the connection's transaction."""
        for place in added:
            self._add(place)
            self.publishers += place.publishers
            self.provinces[place.division.province] += place.publishers
            if len(self._rows[Report]) > _BATCH:
                self._write(connection)
        self._write(connection)

    def _add(self, place: Place) -> None:
        code, name = place.division.code, place.division.name
        host = f"www.d{code}.gov.cn"
        portal = _PortalRows(self, host, code)
        agencies: list[tuple[str, str, str | None]] = [
            (f"{name}人民政府", "government", None),
            (f"{name}人民政府办公室", "office", None),
        ]
        agencies += [(f"{name}第{number}局", "department", None) for number in range(1, place.departments + 1)]
        agencies += [(f"{name}第{number}镇人民政府", "township", town) for number, town in enumerate(place.towns, 1)]
        apart = OWN_PORTALS if place.division.level == "province" else 0
        for number, (agency, kind, town) in enumerate(agencies):
            on = _PortalRows(self, f"b{number}.d{code}.gov.cn", code) if 2 <= number < 2 + apart else portal
            on.add(agency, kind, town)

    def put(self, table: type[Base], *values: Any) -> int:
        """A row with the next number of its table, which is given back."""
        self._numbers[table] += 1
        self._rows[table].append((self._numbers[table], *values))
        return self._numbers[table]

    def next_of(self, table: type[Base]) -> int:
        """The number that the next row of a table gets."""
        return self._numbers[table] + 1

    def put_plain(self, table: type[Base], *values: Any) -> None:
        """A row of a table without numbers."""
        self._rows[table].append(values)

    @property
    def random(self) -> Random:
        """What everything is drawn from."""
        return self._random

    def file_of_next_capture(self) -> tuple[int, int]:
        """The number of the WARC file of the next capture, and the position in it."""
        number, place = divmod(self._numbers[CaptureRow], _FILE_CAPTURES)
        if number == self._numbers[WarcFile]:
            closed = True
            name = f"warc/nation-{number}.warc.gz"
            self.put(WarcFile, name, 400, self._random.randbytes(32), _moment(BEGUN, 0), closed)
        return number + 1, 400 + place * 9000

    @cached_property
    def days(self) -> list[date]:
        """The days on which portals are read."""
        years = range(BEGUN.year, self.years.stop + 1)
        return [day for year in years for month, number in READINGS if (day := date(year, month, number)) >= BEGUN]

    def _write(self, connection: Connection) -> None:
        """Write the rows as the database takes most at a time: SQLAlchemy's own inserts take five times as long."""
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # SQLite checks the same keys
        quote = connection.dialect.identifier_preparer.quote
        cursor = connection.connection.cursor()
        for table, names in _COLUMNS.items():
            rows = self._rows.pop(table, [])
            columns = ", ".join(map(quote, names.split()))
            if not rows:
                continue
            if connection.dialect.name == "sqlite":
                marks = ", ".join("?" * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table.__tablename__} ({columns}) VALUES ({marks})", rows)  # noqa: S608 - our own names
                continue
            with cursor.copy(f"COPY {table.__tablename__} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        cursor.close()


class _PortalRows:
    """One portal with its crawls, its two common lists and the agencies on it."""

    def __init__(self, country: Country, host: str, division: str) -> None:
        self._country = country
        self._random = country.random
        self._url = f"http://{host}/"
        self._blocked = self._random.random() < BLOCKED
        self._blocked_from = date(country.years.stop - 1, 12, 31)
        minute = self._random.randrange(600)
        self._readings = _Readings(country.days, [_moment(day, minute) for day in country.days])
        self._common: dict[str, int] = {}
        last = self._readings.moments[-1]
        crawls = [
            country.put(CrawlRow, "nation", "{}", "[]", "finished", moment, moment) for moment in self._readings.moments
        ]
        self._crawls = crawls
        outcome = "blocked:wzws" if self._blocked else "ok"
        self._portal = country.put(Portal, self._url, host, division, outcome, crawls[-1], last)
        self._scope = division
        for day, crawl, moment in zip(self._readings.days, crawls, self._readings.moments, strict=True):
            country.put(PortalReading, self._portal, crawl, outcome if self._closed(day) else "ok", moment)

    def _closed(self, day: date) -> bool:
        return self._blocked and day >= self._blocked_from

    def add(self, name: str, kind: str, town: str | None) -> None:
        """An agency with its reports of all years."""
        country = self._country
        first, declared = country.years.start, False
        number = country.put(Publisher, self._scope, key(name), name, town, kind, declared, first)
        seen, last = self._readings.moments[0], self._readings.moments[-1]
        if self._random.random() < IN_DIRECTORY:
            page = f"{self._url}zcbm/"
            country.put(UnitRow, self._portal, name, page, number, seen, last)
            country.put_plain(PublisherSource, number, "directory", page, seen)
        own = self._random.random() < OWN_COLUMN
        folder = f"zcbm/b{number}/ndbg/" if own else f"{'zwgk' if town is None else 'xzjd'}/ndbg/"
        column = self._column(folder, name if own else None, number if own else None)
        country.put_plain(ColumnPublisher, column, number, first, country.years.stop - 1)
        agency = _Agency(number, name, kind, column, folder)
        for year in country.years:
            self._report(agency, year)

    def _column(self, folder: str, agency: str | None, publisher: int | None) -> int:
        if folder in self._common:
            return self._common[folder]
        country, draw = self._country, self._random.random
        column = country.put(ReportColumn, self._portal, self._url + folder, agency, publisher)
        for day, crawl, moment in zip(self._readings.days, self._crawls, self._readings.moments, strict=True):
            if self._closed(day):
                continue
            full = draw() >= FAILED
            found = ("ok", 1, 6, 6) if full else ("unreachable", 0, 0, 0)
            country.put(ColumnReading, column, crawl, *found, full, moment)
        if agency is None:
            self._common[folder] = column
        return column

    def _report(self, agency: _Agency, year: int) -> None:
        drawn = self._random.random()
        if drawn < MISSING:
            if drawn < MISSING * UNREAD:
                self._list(agency, year, date(year + 1, 1, 25), read=False)
            return
        due = date(year + 1, 3, 31) if agency.kind == "government" else date(year + 1, 1, 31)
        late = drawn < MISSING + LATE
        published = due + timedelta(days=self._random.randint(1, 60) if late else -self._random.randrange(26))
        self._list(agency, year, published, read=True)

    def _list(self, agency: _Agency, year: int, published: date, *, read: bool) -> None:
        country, draw = self._country, self._random
        at = self._readings.after(published)
        if at == len(self._crawls) or self._closed(self._readings.days[at]):
            return
        seen, last, crawl = self._readings.moments[at], self._readings.moments[-1], self._crawls[at]
        url = f"{self._url}{agency.folder}{published:%Y%m}/t{published:%Y%m%d}_{agency.id}.html"
        title = f"{agency.name}{year}年政府信息公开工作年度报告"
        undated = draw.random() < UNDATED
        day, source = (None, None) if undated else (published.isoformat(), "list")
        country.put(ListRow, agency.column, url, url, title, day, year, "trs", seen, last)
        file, position = country.file_of_next_capture()
        digest = draw.randbytes(32)
        capture = country.put(
            CaptureRow, file, position, 8000, 8500, digest, "response", digest[:16], url, url, "GET", 200, "article", crawl,
            seen, "text/html; charset=utf-8", digest, 40000,
        )  # fmt: skip
        basis = digest.hex()
        if not read:
            article = country.put(
                Article, url, url, url, self._portal, title, day, seen, 0, "unread", basis, capture, None, None, None
            )
            country.put_plain(ArticleColumn, article, agency.column)
            return
        fate = draw.random()
        gone = self._readings.moments[at + 2] if fate < WITHDRAWN + BACK and at + 3 < len(self._crawls) else None
        back = self._readings.moments[at + 3] if gone is not None and fate >= WITHDRAWN else None
        since, because = (gone, "404") if back is None else (None, None)
        version = country.next_of(Version)
        report = country.put(
            Report, f"publisher:{agency.id}:{year}", agency.id, year, "published" if since is None else "withdrawn", since,
            because if since is not None else None, seen, url, version, day, source,
        )  # fmt: skip
        country.put(
            Version, report, basis, basis, basis, _RECORD, basis, title, agency.name, year, day, source, "2021", 180, 0, 1,
            1, seen, last, url, capture,
        )  # fmt: skip
        article = country.put(
            Article, url, url, url, self._portal, title, day, seen, 0, "report", basis, capture, since, version, since
        )
        country.put_plain(ArticleColumn, article, agency.column)
        country.put_plain(Sighting, version, article, capture, seen, last, day, source)
        if gone is not None:
            country.put_plain(Absence, article, gone, back, "404")


def _moment(day: date, minute: int) -> str:
    """A moment as both databases take it: the time in UTC in SQLAlchemy's writing for SQLite."""
    return f"{day.isoformat()} {1 + minute // 60:02}:{minute % 60:02}:00.000000"
