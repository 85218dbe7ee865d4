"""What is known of a portal and is not there is what a web archive is asked for; what is there is not asked for again."""

from __future__ import annotations

from datetime import timedelta

from archive.captures import store
from archive.deriving.derive import derive
from archive.intake import gaps
from archive.intake.taking import Intake
from archive.reports import list_reports, show
from archive.schema import Article
from archive.store import Archive
from tests.archive import notetaking
from tests.archive.answers import COLUMN, FILE, PORTAL, URL, WHEN, answer, publish, report_page, withdraw

LISTED, OLD, GONE, REFUSED = (f"{COLUMN}{name}.html" for name in ("listed", "old", "gone", "refused"))


def test_what_was_named_and_never_delivered_is_missing(archive: Archive) -> None:
    publish(
        archive,
        URL,
        report_page(),
        title="清湾市财政局2023年政府信息公开工作年度报告",
        attachments=((FILE, b"", "text/html"),),
    )
    publish(archive, GONE, report_page())
    withdraw(archive, GONE)
    rows = [
        (LISTED, "清湾市财政局2022年政府信息公开工作年度报告", None),
        (OLD, "清湾市财政局2016年政府信息公开工作年度报告", None),
    ]
    refused = [(REFUSED, "通知", "title")]
    notetaking.note_rows(
        archive, None, portal=PORTAL, column_url=COLUMN, agency=None, family="trs", rows=rows, refused=refused
    )
    derive(archive)
    assert gaps.of_portal(archive, PORTAL) == gaps.Gaps((COLUMN,), (LISTED, OLD, GONE))
    assert gaps.of_portal(archive, PORTAL, [2016]) == gaps.Gaps((COLUMN,), (OLD, GONE))
    assert gaps.of_portal(archive, "http://xxgk.elsewhere.gov.cn/") == gaps.Gaps((), ())


def test_a_file_that_was_linked_and_never_came_is_missing(archive: Archive) -> None:
    publish(archive, URL, report_page())
    notetaking.note_article(
        archive, None, portal=PORTAL, url=URL, requested_url=URL, column_url=COLUMN, page_title=None, page_date=None,
        agency=None, refused=None, gone=False, attachments=[(FILE, "附件")],
    )  # fmt: skip
    assert gaps.of_portal(archive, PORTAL).addresses == (FILE,)


def test_what_is_there_is_known_by_address_and_time(archive: Archive) -> None:
    store(archive, answer(URL, b"<p>one</p>"), role="import")
    later = WHEN + timedelta(days=1)
    assert gaps.held(archive, [(URL, WHEN), (URL, later), (GONE, WHEN)]) == {(URL, WHEN)}
    assert gaps.held(archive, []) == set()


def test_an_older_page_that_is_no_report_does_not_hide_the_one_that_is(archive: Archive) -> None:
    publish(archive, URL, report_page())
    assert derive(archive).created == 1
    intake = Intake(archive)
    intake.take(answer(URL, "<title>信息公开指南</title>".encode(), at=WHEN - timedelta(days=900)), portal=PORTAL)
    intake.flush()
    derive(archive)
    (line,) = list_reports(archive)
    with archive.session() as session:
        (article,) = session.query(Article).all()
    assert (line.state, article.outcome, article.withdrawn_at) == ("published", "report", None)


def test_an_older_page_is_seen_before_the_newer_one(archive: Archive) -> None:
    publish(archive, URL, report_page())
    derive(archive)
    old = WHEN - timedelta(days=300)
    intake = Intake(archive)
    intake.take(answer(URL, report_page(footer="<p>旧</p>"), at=old), portal=PORTAL)
    intake.flush()
    derive(archive)
    view = show(archive, URL)
    assert view is not None
    assert (view.first_seen_at, len(view.versions), view.versions[-1].last_seen_at) == (old, 1, WHEN)
