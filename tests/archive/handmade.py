"""Reports made by hand: exactly these cells, straight in the tables, without pages that print them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import select, update

from archive.captures import store
from archive.figures import figures_of
from archive.registry.identity import Place, identify
from archive.registry.publishers import new
from archive.schema import Publisher, Report, Version
from archive.store import Archive
from parser.checks import expected_keys
from parser.record import Figure, State
from tests.archive.answers import answer

CITY, OTHER_CITY, COUNTY, FAR = "220100", "220200", "220202", "440100"
FINANCE, CIVIL, STREET, GOVERNMENT = "清湾市财政局", "清湾市民政局", "临江街道办事处", "清湾市人民政府"
STATES = {"": State.BLANK, "/": State.DASH, "减4": State.TEXT}
Printed = dict[str, Figure]


def figure(written: object) -> Figure:
    if isinstance(written, int):
        return Figure(value=written, text=str(written), state=State.NUMBER)
    return Figure(value=None, text=str(written), state=STATES[str(written)])


def printed(template: str = "2021", /, **changed: object) -> Printed:
    """A form full of noughts but for these cells (``__`` for the dots); null: the cell is not on the page."""
    keys = [key for table in ("disclosure", "requests", "review") for key in expected_keys(table, template)]
    cells = {key: figure(0) for key in keys} if template in {"2019", "2021"} else {}
    for name, written in changed.items():
        cells[name.replace("__", ".")] = figure(written) if written is not None else figure(0)
    return {key: cell for key, cell in cells.items() if changed.get(key.replace(".", "__"), 0) is not None}


BUSY = printed(
    requests__new__natural_person=8,
    requests__new__business=2,
    requests__new__total=10,
    requests__carried_in__total=1,
    requests__granted__total=3,
    requests__partly_granted__total=1,
    requests__refused_state_secret__total=1,
    requests__refused_deliberative__total=2,
    requests__unavailable_not_held__total=1,
    requests__not_processed_petition__total=1,
    requests__other_else__total=1,
    requests__total__total=10,
    requests__carried_out__total=1,
    review__reconsideration__upheld=3,
    review__reconsideration__corrected=1,
    review__reconsideration__pending=2,
    review__reconsideration__total=6,
    review__litigation_direct__upheld=1,
    review__litigation_direct__corrected=1,
    review__litigation_direct__total=2,
    disclosure__normative_documents__made=4,
    disclosure__licensing__decisions=70,
)
QUIET = printed(
    requests__new__natural_person=5,
    requests__new__total=5,
    requests__granted__total=5,
    requests__total__total=5,
    review__reconsideration__corrected=1,
    review__reconsideration__total=1,
    disclosure__normative_documents__made=1,
    disclosure__licensing__decisions=30,
)
BLANKS = printed(
    requests__new__natural_person=9,
    requests__new__business="",
    requests__new__total=9,
    requests__granted__total="",
    requests__refused_third_party__total="/",
    requests__carried_in__total="减4",
    review__reconsideration__upheld="",
    disclosure__normative_documents__made="",
    disclosure__licensing__decisions=1,
)
WHOLE = printed(
    **{f"requests__{row}__{column}": 900 for row in ("new", "granted", "total") for column in ("natural_person", "total")},
    review__reconsideration__upheld=90,
    review__reconsideration__total=90,
    disclosure__normative_documents__made=500,
    disclosure__licensing__decisions=9000,
)  # fmt: skip
REPORTS: list[tuple[str, str, int, Printed]] = [
    (CITY, FINANCE, 2023, BUSY),
    (OTHER_CITY, CIVIL, 2023, QUIET),
    (COUNTY, STREET, 2023, BLANKS),
    (CITY, GOVERNMENT, 2023, WHOLE),
    (CITY, CIVIL, 2022, QUIET),  # and none on 2023
]


def archived(archive: Archive, reports: list[tuple[str, str, int, Printed]]) -> None:
    """Reports whose cells are exactly these, straight in the tables: what a panel reads of them."""
    capture = store(archive, answer("http://www.qingwan.gov.cn/"), role="article", crawl_id=None)
    with archive.writing() as session:
        known = {(one.scope, one.name): one for one in session.scalars(select(Publisher))}
        for number, (division, agency, year, cells) in enumerate(reports, len(known) + 1):
            if (division, agency) not in known:
                row = new(identify(agency, Place(division, archive.book)), agency) | {"scope": division}
                known[division, agency] = Publisher(**row, first_year=min(each[2] for each in reports))
                session.add(known[division, agency])
                session.flush()
            url, digest = f"http://www.d{division}.gov.cn/{number}/{year}.html", f"{number:064x}"
            seen = datetime(year + 1, 1, 18, tzinfo=UTC)
            report = Report(
                identity=f"publisher:{known[division, agency].id}:{year}", publisher_id=known[division, agency].id,
                report_year=year, state="published", first_seen_at=seen, url=url,
            )  # fmt: skip
            session.add(report)
            session.flush()
            version = Version(
                report_id=report.id, digest=digest, record_digest=digest, prose_digest=digest, record="{}", line_digest=digest,
                publisher=agency, report_year=year, figures=len(cells), cells=figures_of(cells), errors=0, warnings=0, infos=0,
                first_seen_at=seen, last_seen_at=seen, document_url=url, capture_id=capture.id,
            )  # fmt: skip
            session.add(version)
            session.flush()
            report.version_id = version.id


def put(archive: Archive, cells: Mapping[tuple[str, str, int], Printed]) -> None:
    with archive.writing() as session:
        query = select(Publisher.scope, Publisher.name, Report.report_year, Report.version_id)
        query = query.join(Report, Report.publisher_id == Publisher.id)
        found = {(scope, name, year): version for scope, name, year, version in session.execute(query)}
        assert found.keys() >= cells.keys(), found
        for whose, those in cells.items():
            session.execute(update(Version).where(Version.id == found[whose]).values(cells=figures_of(those)))
