from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, event, text

from archive import crawls, listings
from archive.captures import store
from archive.derive import Derived, derive
from archive.errors import UnknownPublisher
from archive.reports import ReportView, find, list_findings, list_reports, show, troubles
from archive.store import Archive
from archive.verify import verify
from parser.hints import Hints
from parser.reading import parse
from parser.record import Figure, Record, State
from tests.archive.answers import COLUMN, PORTAL, answer, publish, read_column, report_page, withdraw
from tests.archive.conftest import Clock, Place
from tests.papers.paper import Paper, paper
from tests.papers.render import word

URL = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html"
FILE = "http://xxgk.qingwan.gov.cn/czj/ndbg/202401/P020240118.docx"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096)
SHELL = "<html><head><meta charset='utf-8'><title>{title}</title></head><body><h1>{title}</h1><a href='{link}'>附件</a></body></html>"


def shell(title: str) -> bytes:
    """An article that only leads to its attachment."""
    return SHELL.format(title=title, link=FILE).encode()


def the_report(archive: Archive) -> ReportView:
    """The only report there is."""
    (line,) = list_reports(archive)
    view = show(archive, str(line.id))
    assert view is not None
    return view


def crawl(archive: Archive, number: int) -> int:
    return crawls.begin(archive, {"number": number}, [PORTAL]).id


def test_a_captured_article_becomes_a_report(archive: Archive) -> None:
    item = paper("清湾市财政局", 2023)
    publish(archive, URL, report_page(item), title=item.title, listed_on=date(2024, 1, 18))
    assert derive(archive) == Derived(created=1)
    view = the_report(archive)
    assert (view.line.url, view.line.publisher, view.line.report_year) == (URL, "清湾市财政局", 2023)
    assert (view.line.title, view.line.published_on, view.state) == (item.title, date(2024, 1, 18), "published")
    assert view.line.template == "2021"
    assert view.line.figures == len(item.figures) == len(view.record.figures)
    assert len(view.versions) == len(view.captures) == 1
    assert view.addresses == (URL,)


def test_what_was_derived_is_not_derived_again(archive: Archive) -> None:
    publish(archive, URL, report_page(), title=paper().title)
    derive(archive)
    assert derive(archive, parse=never) == Derived()


def never(_data: bytes, _hints: Hints) -> Record:
    raise AssertionError("nothing should be read again")


def test_the_same_bytes_in_the_next_crawl_are_not_read_again(archive: Archive, clock: Clock) -> None:
    for number in range(3):
        publish(archive, URL, report_page(), crawl=crawl(archive, number), title=paper().title)
        counted = derive(archive) if number == 0 else derive(archive, parse=never)
        assert counted == (Derived(created=1) if number == 0 else Derived(unchanged=1))
        clock.advance(days=7)
    view = the_report(archive)
    assert len(view.captures) == 3
    assert (view.versions[0].first_seen_at.day, view.versions[0].last_seen_at.day) == (20, 3)


@pytest.mark.parametrize(
    "footer",
    [
        "<p>访问量：1024</p>",
        "<span>2024年1月21日 星期日 10:00</span>",
        "<script>var t=1705800000</script>",
        "<!-- 生成于 12:01 -->",
    ],
)
def test_a_new_counter_or_clock_on_the_page_is_no_new_version(archive: Archive, footer: str) -> None:
    for number, changed in enumerate(("", footer)):
        publish(archive, URL, report_page(footer=changed), crawl=crawl(archive, number), title=paper().title)
        derive(archive)
    view = the_report(archive)
    assert (len(view.versions), len(view.captures)) == (1, 2)


def test_the_date_of_a_page_reset_by_a_migration_is_no_new_version(archive: Archive) -> None:
    for number, published in enumerate(("2024-01-18", "2026-06-29")):
        publish(archive, URL, report_page(published=published), crawl=crawl(archive, number), title=paper().title)
        derive(archive)
    view = the_report(archive)
    assert (len(view.versions), view.line.published_on) == (1, date(2024, 1, 18))


def corrected(item: Paper) -> Paper:
    return item.with_figures(disclosure__penalties__decisions="777")


def reworded(item: Paper) -> Paper:
    return replace(item, prose={**item.prose, 6: ("年内开展了两次满意度调查。",)})


@pytest.mark.parametrize("change", [corrected, reworded])
def test_another_figure_or_other_prose_is_a_new_version_and_the_old_one_is_kept(
    archive: Archive, clock: Clock, change: Callable[[Paper], Paper]
) -> None:
    item = paper()
    first = publish(archive, URL, report_page(item), crawl=crawl(archive, 1), title=item.title)
    derive(archive)
    clock.advance(days=30)
    second = publish(archive, URL, report_page(change(item)), crawl=crawl(archive, 2), title=item.title)
    assert derive(archive) == Derived(changed=1)
    view = the_report(archive)
    old, new = view.versions
    assert first is not None
    assert second is not None
    assert (old.capture_id, new.capture_id) == (first.id, second.id)
    assert (old.current, new.current) == (False, True)
    assert old.digest != new.digest
    assert (old.first_seen_at, new.first_seen_at) == (first.fetched_at, second.fetched_at)
    assert view.first_seen_at == first.fetched_at


def test_a_change_taken_back_is_no_third_version(archive: Archive, clock: Clock) -> None:
    item = paper()
    for number, shown in enumerate((item, corrected(item), item)):
        publish(archive, URL, report_page(shown), crawl=crawl(archive, number), title=item.title)
        derive(archive)
        clock.advance(days=1)
    view = the_report(archive)
    assert [version.current for version in view.versions] == [True, False]


def test_several_crawls_derived_at_once_give_the_same_versions_as_one_by_one(place: Place) -> None:
    item = paper()
    with place.open() as archive:
        for number, shown in enumerate((item, corrected(item), reworded(item))):
            publish(
                archive,
                URL,
                report_page(shown),
                crawl=crawl(archive, number),
                title=item.title,
                at=place.clock.advance(days=1),
            )
        assert derive(archive) == Derived(created=1)
        view = the_report(archive)
        assert [version.first_seen_at.day for version in view.versions] == [21, 22, 23]
        assert [version.current for version in view.versions] == [False, False, True]


@pytest.mark.parametrize("status", [404, 410])
def test_a_report_that_is_gone_is_withdrawn_and_one_that_is_back_is_published(
    archive: Archive, clock: Clock, status: int
) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=paper().title)
    derive(archive)
    gone_at = clock.advance(days=1)
    withdraw(archive, URL, crawl=crawl(archive, 2), status=status)
    assert derive(archive, parse=never) == Derived(changed=1)
    view = the_report(archive)
    assert (view.state, view.withdrawn_at, len(view.versions)) == ("withdrawn", gone_at, 1)
    clock.advance(days=1)
    withdraw(archive, URL, crawl=crawl(archive, 3), status=status)
    derive(archive)
    assert the_report(archive).withdrawn_at == gone_at
    clock.advance(days=1)
    publish(archive, URL, report_page(), crawl=crawl(archive, 4), title=paper().title)
    derive(archive)
    assert (the_report(archive).state, the_report(archive).withdrawn_at) == ("published", None)


def test_an_error_page_that_is_noted_gone_withdraws_a_report_too(archive: Archive, clock: Clock) -> None:
    publish(archive, URL, report_page(), title=paper().title)
    derive(archive)
    clock.advance(days=1)
    note_gone(archive, URL, URL)
    derive(archive)
    assert the_report(archive).state == "withdrawn"


def note_gone(archive: Archive, url: str, requested: str) -> None:
    listings.note_article(
        archive, None, portal=PORTAL, url=url, requested_url=requested, column_url=COLUMN, page_title=None,
        page_date=None, agency=None, refused=None, gone=True,
    )  # fmt: skip


def test_an_address_that_redirected_and_is_gone_withdraws_where_it_led(archive: Archive, clock: Clock) -> None:
    start = "http://xxgk.qingwan.gov.cn/go?id=7"
    publish(archive, URL, report_page(), requested=start, title=paper().title)
    derive(archive)
    clock.advance(days=1)
    store(archive, answer(start, b"", status=404, at=clock()), role="article")
    note_gone(archive, start, start)
    derive(archive)
    assert the_report(archive).state == "withdrawn"


def test_a_server_that_fails_withdraws_nothing(archive: Archive, clock: Clock) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=paper().title)
    derive(archive)
    store(archive, answer(URL, b"", status=503, at=clock.advance(days=1)), role="article", crawl_id=crawl(archive, 2))
    derive(archive)
    assert the_report(archive).state == "published"


def test_a_page_that_becomes_something_else_keeps_the_report_and_says_so(archive: Archive, clock: Clock) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=paper().title)
    derive(archive)
    clock.advance(days=1)
    publish(archive, URL, "<p>系统维护中</p>".encode(), crawl=crawl(archive, 2), title=paper().title)
    assert derive(archive) == Derived(refused=1)
    assert the_report(archive).state == "published"
    assert [trouble.url for trouble in troubles(archive)] == [URL]


SAME = [
    "http://xxgk.qingwan.gov.cn/szf/ndbg/202401/t20240118_9.html",  # another column
    "https://xxgk.qingwan.gov.cn/czj/ndbg/202401/t20240118_101.html",
    "http://www.qingwan.gov.cn/a.html",
]


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


def test_an_article_that_leads_to_a_file_is_the_reports_address(archive: Archive) -> None:
    item = paper()
    publish(archive, URL, shell(item.title), title=item.title, attachments=((FILE, word(item), DOCX),))
    assert derive(archive) == Derived(created=1)
    view = the_report(archive)
    assert (view.line.url, view.line.figures, view.versions[0].url) == (URL, len(item.figures), FILE)
    assert show(archive, FILE) == view


def test_a_list_may_lead_straight_to_a_file(archive: Archive) -> None:
    item = paper()
    listings.note_rows(
        archive,
        None,
        portal=PORTAL,
        column_url=COLUMN,
        agency=None,
        family="trs",
        rows=[(FILE, item.title, date(2024, 1, 18))],
    )
    store(archive, answer(FILE, word(item), headers=(("Content-Type", DOCX),)), role="article")
    listings.note_article(
        archive, None, portal=PORTAL, url=FILE, requested_url=FILE, column_url=COLUMN, page_title=None, page_date=None,
        agency=None, refused=None, gone=False,
    )  # fmt: skip
    derive(archive)
    view = the_report(archive)
    assert (view.line.url, view.line.published_on, view.line.report_year) == (FILE, date(2024, 1, 18), 2023)


def test_a_replaced_attachment_is_a_new_version_and_the_old_one_no_longer_counts(
    archive: Archive, clock: Clock
) -> None:
    item = paper()
    for number, (name, shown) in enumerate((("a.docx", item), ("b.docx", corrected(item)))):
        link = f"http://xxgk.qingwan.gov.cn/czj/{name}"
        publish(
            archive,
            URL,
            shell(item.title),
            crawl=crawl(archive, number),
            title=item.title,
            attachments=((link, word(shown), DOCX),),
        )
        derive(archive)
        clock.advance(days=1)
    view = the_report(archive)
    assert [version.url.rpartition("/")[2] for version in view.versions] == ["a.docx", "b.docx"]
    assert [version.current for version in view.versions] == [False, True]
    before = view
    derive(archive, everything=True)
    assert the_report(archive) == before


def test_a_format_that_is_not_read_keeps_the_report_with_what_its_title_says(archive: Archive) -> None:
    item = paper()
    publish(
        archive, URL, shell(item.title), title=item.title, listed_on=date(2024, 1, 18),
        attachments=(("http://xxgk.qingwan.gov.cn/czj/a.ofd", OLE, "application/octet-stream"),),
    )  # fmt: skip
    assert derive(archive, parse=unsupported) == Derived(unread=1)
    view = the_report(archive)
    assert (view.line.publisher, view.line.report_year, view.line.published_on) == (
        "清湾市财政局",
        2023,
        date(2024, 1, 18),
    )
    assert view.line.figures == 0
    assert [finding.rule for finding in view.record.findings] == ["document.unread"]
    assert [trouble.outcome for trouble in troubles(archive)] == ["unread"]


def unsupported(data: bytes, hints: Hints) -> Record:
    from parser.errors import UnsupportedFormat

    if data == OLE:
        raise UnsupportedFormat("Word 97", "install antiword")
    return parse(data, hints)


def test_a_format_read_at_last_replaces_the_empty_report_when_all_is_derived_anew(archive: Archive) -> None:
    item = paper()
    link = "http://xxgk.qingwan.gov.cn/czj/a.doc"
    publish(archive, URL, shell(item.title), title=item.title, attachments=((link, OLE, "application/msword"),))
    derive(archive, parse=unsupported)
    number = the_report(archive).line.id

    def reads_it(data: bytes, hints: Hints) -> Record:
        return parse(report_page(item), hints) if data == OLE else parse(data, hints)

    derive(archive, everything=True, parse=reads_it)
    view = the_report(archive)
    assert (view.line.id, len(view.versions), view.line.figures) == (number, 1, len(item.figures))
    assert verify(archive) == []


class Fault(Exception):
    pass


@pytest.mark.parametrize(
    "fault", [Fault("odd"), RecursionError("deep"), MemoryError(), UnicodeDecodeError("gbk", b"", 0, 1, "bad")]
)
def test_one_bad_document_stops_nothing_and_is_counted_and_shown(archive: Archive, fault: Exception) -> None:
    for number in range(3):
        item = paper(f"清湾市第{number}局")
        publish(archive, f"{URL}?{number}", report_page(item), title=item.title)

    def parse_or_fail(data: bytes, hints: Hints) -> Record:
        if hints.name is not None and hints.name.endswith("?1"):
            raise fault
        return parse(data, hints)

    assert derive(archive, parse=parse_or_fail) == Derived(created=2, failed=1)
    (trouble,) = troubles(archive)
    assert (trouble.url, trouble.outcome) == (f"{URL}?1", "failed")
    assert type(fault).__name__ in (trouble.detail or "")


def test_damaged_bytes_in_the_archive_fail_one_article_only(archive: Archive) -> None:
    kept = [
        publish(archive, f"{URL}?{number}", report_page(paper(f"清湾市第{number}局")), title=None)
        for number in range(3)
    ]
    damaged = kept[1]
    assert damaged is not None
    path = archive.folder / damaged.file
    data = bytearray(path.read_bytes())
    data[damaged.position + damaged.length // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    assert derive(archive) == Derived(created=2, failed=1)


def test_look_alikes_are_refused_with_their_reason(archive: Archive) -> None:
    publish(archive, URL, report_page(), title=paper().title, refused="解读")
    publish(
        archive,
        f"{URL}?2",
        "<html><title>政府信息公开指南</title><p>指南</p></html>".encode(),
        title="政府信息公开指南",
    )
    assert derive(archive) == Derived(refused=2)
    assert list_reports(archive) == []
    assert [trouble.outcome for trouble in troubles(archive)] == ["refused", "refused"]


def test_a_blank_form_is_nobodys_report(archive: Archive) -> None:
    item = replace(paper(), title="", figures=dict.fromkeys(paper().figures, ""))
    publish(archive, URL, word(item))
    blank = Record(figures={"requests.new.total": Figure(value=None, text="", state=State.BLANK)})
    assert derive(archive, parse=lambda _data, _hints: blank) == Derived(refused=1)
    assert list_reports(archive) == []
    assert next(troubles(archive)).detail == "a blank form"


def test_an_article_that_was_never_fetched_is_counted(archive: Archive) -> None:
    publish(archive, URL, None, title=paper().title)
    assert derive(archive) == Derived(uncaptured=1)


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
        listings.note_portal(archive, None, portal=f"http://{host}/", outcome="ok", detail=None, division="990101")
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
    rules = {line.finding["rule"] for line in list_findings(archive, severity="error")}
    assert rules == {"requests.balance", "requests.columns"}
    assert {line.finding["rule"] for line in list_findings(archive, rule="requests", year=2023)} == rules
    assert list(list_findings(archive, rule="request")) == []
    (line,) = list_reports(archive)
    assert line.errors == sum(1 for _ in list_findings(archive, severity="error"))


def test_everything_can_be_derived_anew_without_a_trace(place: Place) -> None:
    with place.open() as archive:
        for number, shown in enumerate((paper(), corrected(paper()), paper())):
            at = place.clock.advance(days=1)
            publish(archive, URL, report_page(shown), crawl=crawl(archive, number), title=shown.title, at=at)
            publish(
                archive,
                SAME[0],
                report_page(paper()),
                crawl=crawl(archive, number),
                column=f"{COLUMN}2",
                title=shown.title,
                at=at,
            )
            derive(archive)
        place.clock.advance(days=1)
        withdraw(archive, SAME[0], crawl=crawl(archive, 9))
        derive(archive)
        before = the_report(archive)
        assert derive(archive, everything=True).failed == 0
        assert the_report(archive) == before
        assert verify(archive) == []


class Killed(BaseException):
    pass


def test_a_run_that_is_killed_goes_on_with_the_next_one(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.derive.BATCH", 3)

    def stop(done: int, _total: int, _url: str) -> None:
        if done == 8:
            raise Killed

    with place.open() as archive:
        for number in range(10):
            publish(archive, f"{URL}?{number}", report_page(paper(f"清湾市第{number}局")))
        with pytest.raises(Killed):
            derive(archive, progress=stop)
    with place.open() as archive:
        assert len(list_reports(archive)) == 6
        assert derive(archive) == Derived(created=4)
        assert verify(archive) == []


def test_what_is_captured_while_deriving_is_derived_the_next_time(archive: Archive) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=paper().title)
    second = crawl(archive, 2)

    def capture_meanwhile(_done: int, _total: int, _url: str) -> None:
        publish(archive, URL, report_page(corrected(paper())), crawl=second, title=paper().title)

    derive(archive, progress=capture_meanwhile)
    assert derive(archive) == Derived(changed=1)
    assert len(the_report(archive).versions) == 2


@pytest.fixture
def statements(archive: Archive) -> Iterator[list[str]]:
    """The statements sent to the database."""
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(archive.engine, "before_cursor_execute", note)
    yield sent
    event.remove(archive.engine, "before_cursor_execute", note)


def test_an_articles_history_costs_nothing_once_it_is_derived(
    archive: Archive, statements: list[str], clock: Clock
) -> None:
    costs = []
    for number in range(12):
        publish(archive, URL, report_page(footer=f"<p>{number}</p>"), crawl=crawl(archive, number), title=paper().title)
        clock.advance(days=1)
        statements.clear()
        derive(archive)
        costs.append(len(statements))
    assert costs[-1] <= costs[1]


def test_a_column_names_its_publisher_by_its_agency(archive: Archive) -> None:
    from archive.publishers import list_publishers

    read_column(archive, agency="清湾市水利局")
    derive(archive)
    assert [(line.name, line.scope, line.reports) for line in list_publishers(archive)] == [
        ("清湾市水利局", "host:qingwan.gov.cn", 0)
    ]


def test_a_report_without_a_title_stands_under_its_address_until_a_list_names_it(archive: Archive) -> None:
    item = replace(paper(), title="", preface="统计期限不详。", signed=None, signed_by=None)
    body = report_page(item, published=None).replace(b"<h1></h1>", b"")
    publish(archive, URL, body)
    derive(archive)
    (line,) = list_reports(archive)
    assert line.url == URL
    assert show(archive, URL) is not None


def test_notes_taken_twice_change_nothing(archive: Archive) -> None:
    for _ in range(2):
        publish(
            archive,
            URL,
            report_page(),
            crawl=None,
            title=paper().title,
            listed_on=date(2024, 1, 18),
            attachments=((FILE, b"x", DOCX),),
        )
        read_column(archive, crawl=None)
    derive(archive)
    with archive.session() as session:
        counts = {
            table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            for table in (
                "portals",
                "report_columns",
                "list_rows",
                "articles",
                "attachments",
                "article_columns",
                "reports",
            )
        }
    assert set(counts.values()) == {1}


def test_portals_say_how_they_were_last_read(archive: Archive, clock: Clock) -> None:
    listings.note_portal(archive, crawl(archive, 1), portal=PORTAL, outcome="blocked:wzws", detail="challenge page")
    first = clock.now
    clock.advance(hours=1)
    listings.note_portal(archive, None, portal="http://122.137.0.1:8080/", outcome=None, detail=None)
    one, other = listings.portals(archive)
    assert (one.host, one.outcome, one.detail, one.read_at) == (
        "xxgk.qingwan.gov.cn",
        "blocked:wzws",
        "challenge page",
        first,
    )
    assert (other.host, other.outcome, other.read_at) == ("122.137.0.1:8080", None, None)
    assert first == datetime(2024, 1, 20, 4, 0, tzinfo=UTC)
