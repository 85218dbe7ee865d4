"""What is to be told of the two years of :mod:`tests.crawler.seasons`, and on which day.

Written by hand from 条例 2019 第四十九条, docs/standings.md and the script of the portals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from archive.monitor import Status
from tests.crawler.seasons import COUNTY, PORTALS

YEARS = (2021, 2022, 2023)
# Days on which something is decided; between them nothing is asked for in the ordinary tests.
DAYS = [
    *("2023-01-01", "2023-01-20", "2023-01-31", "2023-02-01", "2023-02-05", "2023-02-06", "2023-02-09", "2023-02-21"),
    *("2023-02-22", "2023-03-24", "2023-04-01", "2023-05-10", "2023-05-17", "2023-06-14", "2023-07-12"),
    *("2023-08-16", "2024-01-28", "2024-02-01", "2024-02-05", "2024-02-07", "2024-02-08", "2024-04-01", "2024-04-08"),
    "2024-12-31",
]

# On these days only one of the portals shows anything that decides.
CITY_ALONE = (
    *("2023-02-05", "2023-02-06", "2023-02-09", "2023-02-22", "2023-03-24", "2023-05-10", "2023-05-17", "2023-06-14"),
    *("2023-07-12", "2023-08-16", "2024-02-07", "2024-04-08"),
)
COUNTY_ALONE = ("2023-02-21", "2023-04-01", "2024-02-08")

# From which day on each publisher stands how, asked on that day: `late 9` by so many days, `late 5+` by so many at least,
# `-` where it is not asked for a report. Days missing are counted from 31 January, for governments from 31 March.
TOLD = {
    2021: {  # published before anybody looked: its pages say so
        "北苑市人民政府": "2023-01-01 on_time",
        "北苑市水务局": "2023-01-01 on_time",
        "北苑市林业局": "2023-01-01 on_time",
        "北苑市体育局": "2023-01-01 on_time",
        "北苑市审计局": "2023-01-01 on_time",
        "北苑市教育局": "2023-01-01 on_time",
        "北苑市文化和旅游局": "2023-01-01 on_time",
        "北苑市望川街道办事处": "2023-01-01 on_time",
        "北苑市统计局": "2023-01-01 on_time",
        "北苑市民政局": "2023-01-01 on_time",
        "北苑市财政局": "2023-01-01 unchecked",  # its page gives no day, and later one that is a site move's
        "北苑市卫生健康局": "2023-01-01 on_time",
        "北苑市信访局": "2024-02-07 unchecked",  # known from that day's roster alone
        "白桦县人民政府": "2023-01-01 on_time",
        "白桦县教育局": "2023-01-01 on_time",
        "白桦县民政局": "2023-01-01 on_time",
        "白桦县卫生健康局": "2023-01-01 on_time",
    },
    2022: {
        "北苑市人民政府": "2023-01-01 not_due, 2023-03-24 on_time",
        "北苑市水务局": "2023-01-01 not_due, 2023-01-18 on_time",
        "北苑市林业局": "2023-01-01 not_due, 2023-02-01 missing, 2023-02-09 late 9",
        # Published on a Monday (12 June), read on Wednesday: late by the day it states, which the readings allow.
        "北苑市体育局": "2023-01-01 not_due, 2023-02-01 missing, 2023-06-14 late 132",
        "北苑市审计局": "2023-01-01 not_due, 2023-01-12 on_time",
        "北苑市教育局": "2023-01-01 not_due, 2023-01-19 on_time",  # edited on 8 March: published in time all the same
        "北苑市文化和旅游局": "2023-01-01 not_due, 2023-01-13 on_time",
        "北苑市望川街道办事处": "2023-01-01 not_due, 2023-02-01 missing, 2023-02-22 late 22",
        "北苑市统计局": "2023-01-01 not_due, 2023-01-12 on_time, 2023-05-10 withdrawn, 2023-07-12 on_time",
        # Its list states 30 January, and did not have it on 5 February.
        "北苑市民政局": "2023-01-01 not_due, 2023-02-01 missing, 2023-02-06 late 5+",
        # Archived on 16 January; the site move of August says August, which is no lateness.
        "北苑市财政局": "2023-01-01 not_due, 2023-01-16 on_time",
        "北苑市卫生健康局": "2023-01-01 not_due, 2023-01-20 on_time, 2023-05-17 withdrawn",
        "北苑市信访局": "2024-02-07 unchecked",
        "白桦县人民政府": "2023-01-01 not_due, 2023-03-29 on_time",
        "白桦县教育局": "2023-01-01 not_due, 2023-01-19 on_time",
        # The portal blocked from 25 January to 20 February: nobody is missing, and who states 3 February is late by 3.
        "白桦县民政局": "2023-01-01 not_due, 2023-02-01 blocked, 2023-02-21 late 3",
        "白桦县卫生健康局": "2023-01-01 not_due, 2023-02-01 blocked, 2023-02-21 missing",
    },
    2023: {
        "北苑市人民政府": "2023-01-01 not_due, 2024-04-01 missing, 2024-04-08 late 8",
        "北苑市水务局": "2023-01-01 not_due, 2024-01-17 on_time",
        "北苑市林业局": "2023-01-01 not_due, 2024-01-30 on_time",
        "北苑市体育局": "2023-01-01 not_due, 2024-01-25 on_time",
        "北苑市审计局": "2023-01-01 not_due, 2024-02-01 missing",
        "北苑市教育局": "2023-01-01 not_due, 2024-01-24 on_time",
        "北苑市文化和旅游局": "2023-01-01 not_due, 2024-02-01 missing, 2024-02-05 on_time",
        "北苑市文旅局": "2024-01-18 on_time, 2024-02-05 -",  # which is found to be the same agency on 5 February
        "北苑市望川街道办事处": "2023-01-01 not_due, 2024-01-10 on_time",
        "北苑市统计局": "2023-01-01 not_due, 2024-01-15 on_time",
        "北苑市民政局": "2023-01-01 not_due, 2024-01-26 on_time",
        "北苑市财政局": "2023-01-01 not_due, 2024-01-23 on_time",
        "北苑市卫生健康局": "2023-01-01 not_due, 2024-01-19 on_time",
        "北苑市数据局": "2024-01-22 on_time",  # set up in 2023
        "北苑市信访局": "2024-02-07 unchecked",
        "白桦县人民政府": "2023-01-01 not_due, 2024-03-27 on_time",
        # The portal could not be reached from 29 January to 4 February: published on 30 January is published in time.
        "白桦县教育局": "2023-01-01 not_due, 2024-02-01 unchecked, 2024-02-05 on_time",
        "白桦县民政局": "2023-01-01 not_due, 2024-02-01 unchecked, 2024-02-05 missing, 2024-02-08 late 8",
        "白桦县卫生健康局": "2023-01-01 not_due, 2024-01-19 on_time",
    },
}
# The same asked at the end for those days, where what became known later says more.
LATER = {
    # A report that states an earlier day was there on that day, unless a reading says otherwise.
    (2022, "北苑市体育局"): "2023-01-01 not_due, 2023-02-01 missing, 2023-06-12 late 132",
    (2022, "白桦县民政局"): "2023-01-01 not_due, 2023-02-01 blocked, 2023-02-03 late 3",
    (2023, "白桦县教育局"): "2023-01-01 not_due, 2024-01-30 on_time",
    # Two names are one agency, in hindsight from the beginning.
    (2023, "北苑市文化和旅游局"): "2023-01-01 not_due, 2024-01-18 on_time",
    (2023, "北苑市文旅局"): "",
    # Who owes a report is what is known today.
    (2023, "北苑市数据局"): "2023-01-01 not_due, 2024-01-22 on_time",
    (2021, "北苑市信访局"): "2023-01-01 unchecked",
    (2022, "北苑市信访局"): "2023-01-01 not_due, 2023-02-01 unchecked",
    (2023, "北苑市信访局"): "2023-01-01 not_due, 2024-02-01 unchecked",
}
FINDINGS = {  # at the end
    (2022, "北苑市民政局"): "date.contradicted",
    (2022, "北苑市财政局"): "date.reset",
    (2021, "北苑市财政局"): "date.reset",
}
NEWS = (2022, 2023)  # each report on these years is told as new, once
# What else is told, and on which day.
NOTICES = {
    "report.missing": {
        2022: "北苑市林业局 2023-02-01, 北苑市体育局 2023-02-01, 北苑市望川街道办事处 2023-02-01, 北苑市民政局 2023-02-01, "
        "白桦县卫生健康局 2023-02-21",
        2023: "北苑市审计局 2024-02-01, 北苑市文化和旅游局 2024-02-01, 白桦县民政局 2024-02-05, 北苑市人民政府 2024-04-01",
    },
    "report.late": {
        2022: "北苑市林业局 2023-02-09, 北苑市体育局 2023-06-14, 北苑市望川街道办事处 2023-02-22, 北苑市民政局 2023-02-06, "
        "白桦县民政局 2023-02-21",
        2023: "北苑市人民政府 2024-04-08, 白桦县民政局 2024-02-08",
    },
    "report.edited": {2022: "北苑市教育局 2023-03-08"},
    "report.withdrawn": {2022: "北苑市统计局 2023-05-10, 北苑市卫生健康局 2023-05-17"},
    "report.returned": {2022: "北苑市统计局 2023-07-12"},
    "portal.blocked": {0: f"{PORTALS[COUNTY]} 2023-01-25"},
    "portal.unreachable": {0: f"{PORTALS[COUNTY]} 2024-01-29"},
    "portal.recovered": {0: f"{PORTALS[COUNTY]} 2023-02-21, {PORTALS[COUNTY]} 2024-02-05"},
}


@dataclass(frozen=True)
class Stands:
    """How a publisher stands on a day."""

    status: str
    days: int | None = None
    at_least: bool = False


def expected(year: int, publisher: str, day: date, told: str) -> Stands | None:
    """What a line of a table says of a day; null where the publisher is not asked for a report."""
    found = ""
    for entry in told.split(", ") if told else ():
        since, _, says = entry.partition(" ")
        if date.fromisoformat(since) <= day:
            found = says
    status, _, days = found.partition(" ")
    if status in {"", "-"}:
        return None
    if status == Status.MISSING:
        due = date(year + 1, 3, 31) if publisher.endswith("人民政府") else date(year + 1, 1, 31)
        return Stands(status, (day - due).days)
    return Stands(status, int(days.rstrip("+")) if days else None, days.endswith("+"))
