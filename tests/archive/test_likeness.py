"""Copies and scars over an archive: which reports are compared, which of two came later, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from archive.deriving.derive import derive
from archive.errors import ArchiveError
from archive.findings.likeness import BUCKET, Against, Side, copies, findings, is_later
from archive.findings.lines import Wanted, acknowledge, iterate
from archive.reuse.index import LikenessIndex
from archive.schema import Likeness, LikenessBand, Publisher, Report, ScarRow, Version
from archive.store import Archive
from archive.study import Lesson, study
from parser.record import Section
from tests.archive.answers import publish, report_page
from tests.archive.notetaking import note_portal
from tests.archive.stories import story, told
from tests.papers.paper import paper

PORTAL = "http://xxgk.qingwan.gov.cn/"
FINANCE, AUDIT, WATER = "吉林市昌邑区财政局", "吉林市昌邑区审计局", "吉林市船营区水利局"
ROOM = timedelta(hours=1)


def tell(archive: Archive, agency: str, year: int, first: str, fifth: str | None = None, sixth: str = "无。") -> None:
    """A report of a page with this prose."""
    prose = {
        1: (first,),
        5: (told(fifth if fifth is not None else story(sum(map(ord, agency)) + year, 200)),),
        6: (sixth,),
    }
    item = replace(paper(agency, year, busy=3), prose=prose)
    publish(archive, f"{PORTAL}{len(agency)}{agency[-3:-1]}{year}.html", report_page(item), portal=PORTAL)


def told_of(agency: str, figure: int, text: str) -> str:
    """The same text as an agency with figures of its own would print it."""
    return f"{agency}全年公开{figure}条。{told(text)}{agency}将继续努力，比上年多{figure + 9}条。"


def learned(archive: Archive) -> Archive:
    """What was published is read, filed and studied."""
    note_portal(archive, None, portal=PORTAL, outcome="ok", detail=None, division="220200")
    derive(archive)
    study(archive)
    return archive


def named(
    archive: Archive, wanted: Wanted | None = None, share: float = 0.9
) -> list[tuple[str, int, str, str, int, bool | None]]:
    found = copies(archive, wanted or Wanted(), share=share)
    return [
        (
            one.report.publisher,
            one.report.report_year,
            one.against.value,
            one.other.publisher,
            one.other.report_year,
            one.later,
        )
        for one in found
    ]


def test_the_later_of_two_years_is_the_copy(archive: Archive) -> None:
    tell(archive, FINANCE, 2022, told_of(FINANCE, 12, story(1, 500)), story(2, 200))
    tell(archive, FINANCE, 2023, told_of(FINANCE, 40, story(1, 500)), story(2, 200))
    tell(archive, FINANCE, 2021, told_of(FINANCE, 40, story(3, 500)), story(4, 200))
    (copy,) = copies(learned(archive))
    assert (copy.report.report_year, copy.other.report_year, copy.against, copy.later) == (
        2023,
        2022,
        Against.YEARS,
        True,
    )
    assert (0.98 < copy.share < 1.0, copy.section) == (True, None)
    assert {passage.section for passage in copy.reuse.passages} == {1, 5}


def test_the_same_text_under_another_name_with_other_figures_is_found_in_both(archive: Archive) -> None:
    tell(archive, FINANCE, 2023, told_of(FINANCE, 12, story(1, 500)))
    tell(archive, AUDIT, 2023, told_of(AUDIT, 345, story(1, 500)))
    tell(archive, WATER, 2023, told_of(WATER, 7, story(5, 500)))
    tell(archive, WATER, 2022, told_of(WATER, 7, story(1, 500)))  # another agency's on another year
    found = named(learned(archive))
    assert found == [
        (FINANCE, 2023, "publishers", AUDIT, 2023, None),
        (AUDIT, 2023, "publishers", FINANCE, 2023, None),
    ]
    assert {copy.section for copy in copies(archive)} == {1}
    assert list(copies(archive, against=[Against.YEARS])) == []
    assert named(archive, Wanted(publisher=AUDIT)) == found[1:]
    assert named(archive, Wanted(year=2022)) == []
    assert named(archive, Wanted(division="220202")) == found
    assert named(archive, Wanted(division="220204")) == []
    with pytest.raises(ArchiveError, match="no code of a division"):
        list(copies(archive, Wanted(division="吉林")))


def test_a_part_of_it_is_found_where_less_is_asked_for(table: Archive) -> None:
    tell(table, FINANCE, 2023, told(story(1, 600)))
    tell(table, AUDIT, 2023, told(story(1, 420) + story(2, 180)))
    assert named(learned(table)) == []
    assert len(named(table, share=0.65)) == 2


@pytest.mark.parametrize(
    ("texts", "others"),
    [
        (("本年度无其他需要报告的事项。", story(1, 90)), ("本年度无其他需要报告的事项。", story(1, 90))),
        ((told(story(1, 600)), story(2, 200)), (told(story(3, 600)), story(4, 200))),
    ],
)
def test_short_and_different_texts_are_no_copies_whatever_their_tables_say(
    table: Archive, texts: Sequence[str], others: Sequence[str]
) -> None:
    for agency, (first, fifth) in ((FINANCE, texts), (AUDIT, others)):
        item = paper(agency, 2023)
        nothing = replace(
            item, figures=dict.fromkeys(item.figures, "0"), prose={1: (first,), 5: (fifth,), 6: ("无。",)}
        )
        publish(table, f"{PORTAL}{agency[-3]}.html", report_page(nothing), portal=PORTAL)
    assert named(learned(table), share=0.5) == []


def test_a_government_and_its_own_office_speak_with_one_voice(table: Archive) -> None:
    for agency in ("吉林市昌邑区人民政府", "吉林市昌邑区人民政府办公室"):
        tell(table, agency, 2023, told(story(1, 600)))
    assert named(learned(table)) == []


def test_a_text_that_hundreds_print_is_found_at_each_of_them(table: Archive) -> None:
    """With more versions under one key than are looked at."""
    count = BUCKET * 3
    tell(table, FINANCE, 2023, told(story(1, 600)))
    learned(table)
    with table.writing() as session:
        first = session.scalars(select(Version)).one()
        whose = session.scalars(select(Publisher)).one()
        shown = session.scalars(select(Report)).one()
        skipped = {"id", "report_id", "publisher_id", "identity", "key", "name", "version_id", "document_url"}
        lessons = []
        for number in range(100, 100 + count):
            rows = [
                {name.key: getattr(row, name.key) for name in type(row).__table__.columns if name.key not in skipped}
                for row in (whose, shown, first)
            ]
            name = f"吉林市昌邑区第{number}局"
            session.add(Publisher(id=number, key=name, name=name, **rows[0]))
            session.flush()
            rows[1] |= {"publisher_id": number, "identity": f"publisher:{number}", "version_id": number}
            session.add(Report(id=number, **rows[1]))
            session.flush()
            rows[2]["record"] = session.scalar(select(Version.record).where(Version.id == first.id))
            session.add(Version(id=number, report_id=number, document_url=f"{PORTAL}{number}", **rows[2]))
            lessons.append(Lesson(number, number, (Section(number=1, heading="", text=told(story(1, 600))),)))
        session.flush()
        LikenessIndex().learn(session, lessons)
    assert sum(1 for _ in copies(table)) == count + 1


def test_what_is_dropped_is_forgotten_and_what_is_learned_again_is_not_there_twice(archive: Archive) -> None:
    tell(archive, FINANCE, 2023, told_of(FINANCE, 12, story(1, 500)))
    tell(archive, AUDIT, 2023, f"2023年民政部政府信息公开工作总体良好。{told(story(1, 500))}")
    learned(archive)
    counts = rows(archive)
    assert min(counts) > 0
    with archive.writing() as session:
        lessons = [
            Lesson(one.id, one.report_id, (Section(number=1, heading="", text=told(story(6, 300))),))
            for one in session.scalars(select(Version))
        ]
        LikenessIndex().learn(session, lessons)
        LikenessIndex().learn(session, lessons)
    assert rows(archive) == (2, 40, 0)
    with archive.writing() as session:
        LikenessIndex().forget(session, [lesson.version_id for lesson in lessons])
    assert rows(archive) == (0, 0, 0)


def rows(archive: Archive) -> tuple[int, ...]:
    with archive.session() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(each)) or 0 for each in (Likeness, LikenessBand, ScarRow)
        )


def test_a_report_without_publisher_or_with_a_damaged_record_is_compared_with_nothing(archive: Archive) -> None:
    for agency in (FINANCE, AUDIT, WATER):
        tell(archive, agency, 2023, told(story(1, 600)))
    learned(archive)
    with archive.writing() as session:
        water, audit = (session.scalars(select(Report).order_by(Report.id)).all()[at] for at in (2, 1))
        water.publisher_id = None
        session.execute(update(Version).where(Version.id == audit.version_id).values(record=""))
    assert named(archive) == []


# Which came later

WHEN = datetime(2024, 1, 20, 4, tzinfo=UTC)
ONE = Side(
    *(1, 1, 1, FINANCE, "220202", FINANCE, None, "department", 2023, "http://a/", "http://a/", WHEN, None, None, None)
)
OTHER = ONE._replace(report_id=2, version_id=2, publisher_id=2, publisher=AUDIT, key=AUDIT)


@pytest.mark.parametrize(
    ("one", "other", "later"),
    [
        ({"publisher_id": 2, "report_year": 2024}, {}, True),
        ({"publisher_id": 2, "report_year": 2022}, {}, False),
        ({}, {}, None),
        ({"lacked_at": WHEN + ROOM}, {}, True),
        ({}, {"lacked_at": WHEN + ROOM}, False),
        ({"lacked_at": WHEN - ROOM}, {}, None),
        ({"lacked_at": WHEN - ROOM}, {"seen_at": WHEN - 2 * ROOM}, True),
        ({"lacked_at": WHEN + ROOM}, {"lacked_at": WHEN + ROOM}, None),
        ({"first_seen_at": WHEN + 40 * ROOM}, {}, None),
        (
            {"first_seen_at": WHEN + 40 * ROOM, "published_on": date(2024, 1, 21)},
            {"published_on": date(2024, 1, 9)},
            True,
        ),
        (
            {"first_seen_at": WHEN - 40 * ROOM, "published_on": date(2024, 1, 5)},
            {"published_on": date(2024, 1, 9)},
            False,
        ),
        (
            {"first_seen_at": WHEN + 40 * ROOM, "published_on": date(2024, 1, 5)},
            {"published_on": date(2024, 1, 9)},
            None,
        ),
        ({"first_seen_at": WHEN + ROOM, "published_on": date(2024, 1, 21)}, {"published_on": date(2024, 1, 9)}, None),
    ],
)
def test_who_was_first_is_said_only_where_the_archive_can_tell(
    one: dict[str, object], other: dict[str, object], later: bool | None
) -> None:
    assert is_later(ONE._replace(**one), OTHER._replace(**other)) is later  # type: ignore[arg-type]


# As findings


def test_a_copy_is_a_finding_that_stays_acknowledged_while_it_is_of_the_same_report(archive: Archive) -> None:
    tell(archive, FINANCE, 2022, told_of(FINANCE, 12, story(1, 500)), story(2, 200))
    tell(archive, FINANCE, 2023, told_of(FINANCE, 40, story(1, 500)), story(2, 200))
    (line,) = findings(learned(archive))
    assert {name: line.finding[name] for name in ("rule", "severity", "other")} == {
        "rule": "copy.text",
        "severity": "warning",
        "other": line.subject.replace("2023", "2022"),
    }
    assert "99% of its prose stands in the report on 2022 too" in line.finding["message"]
    assert line.rests_on is not None
    assert line.rests_on["passages"]
    acknowledge(archive, [line], note="核对过", by="王")
    tell(archive, FINANCE, 2023, told_of(FINANCE, 40, story(1, 500)), story(2, 190) + story(7, 10))
    derive(archive)
    study(archive)
    (again,) = (
        one for one in iterate(archive, Wanted(rule="copy"), findings(archive)) if one.finding["rule"] == "copy.text"
    )
    assert again.rests_on != line.rests_on
    assert again.acknowledged is not None
    assert list(findings(archive, Wanted(rule="requests"))) == []
    assert list(findings(archive, Wanted(severity="error"))) == []
    assert list(findings(archive, Wanted(rule="copy.scar"))) == []


SPOKEN = {
    FINANCE: (f"2023年{AUDIT}政府信息公开工作总体良好。", True),  # known, and beside it
    "吉林市昌邑区民政局": ("2023年民政部政府信息公开工作总体良好。", True),
    "吉林市昌邑区教育局": ("2023年，教育局政府紧紧围绕中心工作。", True),
    "吉林市昌邑区林业局": ("2023年昌邑区粮食局政府信息公开工作总体良好。", False),  # nobody knows it
    "吉林市昌邑区统计局": ("本报告由吉林市昌邑区人民政府办公室编制。", False),  # above it
    "吉林市昌邑区信访局": ("2023年吉林市昌邑区人民政府政府信息公开工作总体良好。", False),
    "吉林市昌邑区政务服务局": (f"2023年{AUDIT}政府信息公开工作总体良好。", False),  # it watches over the others
}


def test_a_scar_is_a_finding_where_it_names_another_agency_that_need_not_stand_there(archive: Archive) -> None:
    for agency, (text, _) in SPOKEN.items():
        tell(archive, agency, 2023, text)
    for other in (AUDIT, "吉林市昌邑区人民政府", "吉林市昌邑区人民政府办公室"):
        tell(archive, other, 2022, told(story(len(other), 300)))
    found = list(findings(learned(archive), Wanted(rule="copy.scar")))
    assert [line.publisher for line in found] == [agency for agency, (_, scarred) in SPOKEN.items() if scarred]
    assert {line.finding["rule"] for line in found} == {"copy.scar"}
