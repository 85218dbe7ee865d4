"""One report at several addresses, several papers of one year, one publisher under several names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive.deriving.derive import Derived, derive
from archive.errors import UnknownPublisher
from archive.findings.lines import Wanted, iterate
from archive.reports import find, list_reports, show
from archive.store import Archive
from tests.archive import notetaking
from tests.archive.answers import SAME, URL, corrected, publish, read_column, report_page, the_report, withdraw
from tests.archive.conftest import Clock
from tests.papers.paper import Paper, paper


@pytest.mark.parametrize("other", SAME)
def test_the_same_report_at_two_addresses_is_one_report_with_two_captures(archive: Archive, other: str) -> None:
    for url in (URL, other):
        publish(archive, url, report_page(), title=paper().title)
    assert derive(archive) == Derived(created=1, unchanged=1)
    view = the_report(archive)
    assert view.addresses == (URL, other)
    assert (len(view.versions), len(view.captures)) == (1, 2)
    assert view.line.url == URL
    for reference in (URL, other, str(view.line.id)):
        assert show(archive, reference) == view


def test_a_report_withdrawn_at_one_of_its_addresses_is_still_published(archive: Archive, clock: Clock) -> None:
    for url in (URL, SAME[0]):
        publish(archive, url, report_page(), title=paper().title)
    derive(archive)
    clock.advance(days=1)
    withdraw(archive, URL)
    derive(archive)
    view = the_report(archive)
    assert (view.state, view.line.url) == ("published", SAME[0])
    withdraw(archive, SAME[0])
    derive(archive)
    assert the_report(archive).state == "withdrawn"


COPIES = [
    "http://xxgk.qingwan.gov.cn/gate/big5/xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html",
    "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101_ext.html",
    "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html?spm=a.b",
    "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html#top",
]


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_of_a_page_is_the_same_article(archive: Archive, copy: str) -> None:
    for url in (URL, copy):
        publish(archive, url, report_page(), title=paper().title)
    derive(archive)
    view = the_report(archive)
    assert view.addresses == (URL,)
    assert show(archive, copy) == view


def test_of_two_different_papers_of_one_year_the_fuller_is_current(archive: Archive, clock: Clock) -> None:
    item = paper()
    poor = replace(item, figures=dict.fromkeys(item.figures, ""))
    title = f"{item.title}（图片版）"
    publish(archive, URL, shell_with_sections(poor), title=title)
    clock.advance(days=1)
    publish(archive, SAME[0], report_page(item), title=item.title)
    derive(archive)
    view = the_report(archive)
    assert [version.current for version in view.versions] == [False, True]
    assert view.line.url == SAME[0]


def shell_with_sections(item: Paper) -> bytes:
    """The six sections without a table."""
    from tests.papers.render import html, paragraphs

    lines = [content for _, content in paragraphs(item) if isinstance(content, str)]
    return html(item, body="".join(f"<p>{line}</p>" for line in lines), date="2024-01-18").encode()


def test_of_two_equal_papers_the_earlier_is_current(archive: Archive, clock: Clock) -> None:
    item = paper()
    for url, shown in ((SAME[0], corrected(item)), (URL, item)):
        publish(archive, url, report_page(shown), title=item.title)
        clock.advance(days=1)
    derive(archive)
    view = the_report(archive)
    assert [version.current for version in view.versions] == [True, False]
    assert view.line.url == SAME[0]


def test_one_name_on_two_sites_is_two_publishers(archive: Archive) -> None:
    for host in ("xxgk.qingwan.gov.cn", "www.liuchuan.gov.cn"):
        publish(
            archive,
            f"http://{host}/cgz/a.html",
            report_page(paper("城关镇人民政府")),
            portal=f"http://{host}/",
            column=f"http://{host}/cgz/",
        )
    derive(archive)
    assert len(list_reports(archive)) == 2
    with pytest.raises(UnknownPublisher, match="2 publishers are called 城关镇"):
        find(archive, "城关镇人民政府", 2023)
    view = find(archive, "host:liuchuan.gov.cn/城关镇", 2023)
    assert view is not None
    assert view.line.url == "http://www.liuchuan.gov.cn/cgz/a.html"
    with pytest.raises(UnknownPublisher, match="no publisher is called"):
        find(archive, "没有的局", 2023)
    assert find(archive, "host:liuchuan.gov.cn/城关镇", 2020) is None


def test_portals_of_one_division_share_their_publishers(archive: Archive) -> None:
    for host in ("a.example.gov.cn", "b.gov.cn"):
        notetaking.note_portal(archive, None, portal=f"http://{host}/", outcome="ok", detail=None, division="990101")
        publish(
            archive,
            f"http://{host}/1.html",
            report_page(paper("清湾市财政局")),
            portal=f"http://{host}/",
            column=f"http://{host}/c/",
        )
    derive(archive)
    assert len(list_reports(archive)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("清湾市人民政府", "清湾市"),
        ("清湾市人民政府办公室", "清湾市政府办公室"),
        ("清湾市财政局（国资委）", "清湾市财政局(国资委)"),
    ],
)
def test_spellings_of_one_publisher_meet(archive: Archive, one: str, other: str) -> None:
    publish(archive, URL, report_page(paper(one, 2022)))
    publish(archive, f"{URL}?2", report_page(paper(other, 2023)))
    derive(archive)
    assert [line.report_year for line in list_reports(archive, publisher=one)] == [2022, 2023]


def test_the_government_and_its_office_are_two_publishers(archive: Archive) -> None:
    for number, agency in enumerate(("清湾市人民政府", "清湾市人民政府办公室")):
        publish(archive, f"{URL}?{number}", report_page(paper(agency)))
    derive(archive)
    assert len(list_reports(archive)) == 2


def test_lists_are_narrowed_by_year_publisher_and_portal(archive: Archive) -> None:
    for year in (2021, 2022):
        publish(archive, f"{URL}?{year}", report_page(paper("清湾市财政局", year)))
    publish(
        archive,
        "http://b.gov.cn/1.html",
        report_page(paper("清湾市水利局", 2022)),
        portal="http://b.gov.cn/",
        column="http://b.gov.cn/c/",
    )
    derive(archive)
    assert len(list_reports(archive, year=2022)) == 2
    assert len(list_reports(archive, publisher="清湾市财政局")) == 2
    assert len(list_reports(archive, publisher="host:b.gov.cn/清湾市水利局", year=2022)) == 1
    assert [line.publisher for line in list_reports(archive, portal="http://b.gov.cn/")] == ["清湾市水利局"]


def test_findings_can_be_asked_for(archive: Archive) -> None:
    item = paper().with_figures(requests__new__total="999")
    publish(archive, URL, report_page(item), title=item.title)
    derive(archive)
    rules = {line.finding["rule"] for line in iterate(archive, Wanted(severity="error"))}
    assert rules == {"requests.balance", "requests.columns"}
    assert {line.finding["rule"] for line in iterate(archive, Wanted(rule="requests", year=2023))} == rules
    assert list(iterate(archive, Wanted(rule="request"))) == []
    (line,) = list_reports(archive)
    assert line.errors == sum(1 for _ in iterate(archive, Wanted(severity="error")))


def test_a_column_names_its_publisher_by_its_agency(archive: Archive) -> None:
    read_column(archive, agency="清湾市水利局")
    derive(archive)
    assert notetaking.publishers_of(archive) == [("清湾市水利局", "host:qingwan.gov.cn", 0)]
