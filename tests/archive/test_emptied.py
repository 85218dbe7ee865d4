"""Pages that were emptied withdraw their report; pages that could not be read withdraw nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive.captures import store
from archive.deriving.derive import Derived, derive
from archive.deriving.emptied import only_passing
from archive.reports import show, troubles
from archive.store import Archive
from archive.upkeep.verify import verify
from parser.errors import UnreadableDocument, UnsupportedFormat
from parser.hints import Hints
from parser.reading import parse
from parser.record import Record
from tests.archive import notetaking
from tests.archive.answers import (
    DOCX,
    FILE,
    SAME,
    URL,
    answer,
    corrected,
    crawl,
    publish,
    report_page,
    shell,
    the_report,
)
from tests.archive.conftest import Clock
from tests.papers.paper import Paper, paper
from tests.papers.render import word

TITLE = paper().title
EMPTIED = {
    "a blank page": "<html><head><title></title></head><body></body></html>",
    "a notice of deletion": "<html><body><h3>提示</h3><p>该信息已删除</p></body></html>",
    "a title without a text": f"<html><title>{TITLE}</title><body><h1>{TITLE}</h1></body></html>",
    "something else": "<html><title>工作动态</title><h1>我局召开座谈会</h1><p>会议强调，要做好防汛工作。</p></html>",
}
PASSING = {
    "maintenance": "<p>系统维护中，请稍后再试</p>",
    "a busy server": "<html><body>系统繁忙</body></html>",
    "a challenge": "<html><script>var a='__jsl_clearance_s=1';location.reload()</script></html>",
    "a protection system": "<html><body><h1>网站防火墙</h1>您的请求带有不合法参数</body></html>",
    "a page that a script fills": "<html><body><div id='app'></div><script src='/app.js'></script></body></html>",
    "a gateway": "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
}


@pytest.mark.parametrize("page", EMPTIED.values(), ids=EMPTIED)
def test_a_page_that_was_emptied_withdraws_its_report_and_says_why(archive: Archive, clock: Clock, page: str) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=TITLE)
    derive(archive)
    emptied_at = clock.advance(days=1)
    publish(archive, URL, page.encode(), crawl=crawl(archive, 2), title=TITLE)
    assert derive(archive) == Derived(refused=1)
    view = the_report(archive)
    assert (view.state, view.withdrawn_at, len(view.versions)) == ("withdrawn", emptied_at, 1)
    assert (view.withdrawn_because or "").startswith("its page holds no report any more: ")
    assert len(view.record.figures) == len(paper().figures)
    assert verify(archive) == []


@pytest.mark.parametrize("page", PASSING.values(), ids=PASSING)
def test_a_page_that_only_stands_in_withdraws_nothing(archive: Archive, clock: Clock, page: str) -> None:
    assert only_passing(page.encode())
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=TITLE)
    derive(archive)
    clock.advance(days=1)
    publish(archive, URL, page.encode(), crawl=crawl(archive, 2), title=TITLE)
    derive(archive)
    assert the_report(archive).state == "published"
    assert [trouble.outcome for trouble in troubles(archive)] == ["refused"]


def test_a_long_page_that_names_maintenance_is_no_notice_of_it() -> None:
    assert not only_passing(("<p>系统维护。</p>" * 2000).encode())
    assert only_passing("系统维护".encode("gb18030"))


@pytest.mark.parametrize(
    "fault", [UnreadableDocument("damaged"), UnsupportedFormat("Word 97", "install antiword"), MemoryError()]
)
def test_a_fault_of_the_parser_withdraws_nothing(archive: Archive, clock: Clock, fault: Exception) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1))
    derive(archive)
    clock.advance(days=1)
    publish(archive, URL, b"<p>damaged</p>", crawl=crawl(archive, 2))

    def fails(_data: bytes, _hints: Hints) -> Record:
        raise fault

    assert derive(archive, parse=fails) == Derived(failed=1)
    assert the_report(archive).state == "published"


def test_a_report_that_comes_back_is_published_again(archive: Archive, clock: Clock) -> None:
    pages = (report_page(), EMPTIED["a blank page"].encode(), report_page(footer="<p>1</p>"))
    for number, page in enumerate(pages):
        publish(archive, URL, page, crawl=crawl(archive, number), title=TITLE)
        derive(archive)
        clock.advance(days=1)
    view = the_report(archive)
    assert (view.state, view.withdrawn_at, view.withdrawn_because, len(view.versions)) == ("published", None, None, 1)


def test_an_emptied_page_stays_withdrawn_since_it_was_first_found_so(archive: Archive, clock: Clock) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 0), title=TITLE)
    derive(archive)
    first = clock.advance(days=1)
    for number, page in enumerate((EMPTIED["a blank page"], EMPTIED["a blank page"], EMPTIED["a notice of deletion"])):
        publish(archive, URL, page.encode(), crawl=crawl(archive, number + 1), title=TITLE)
        derive(archive)
        clock.advance(days=1)
    assert the_report(archive).withdrawn_at == first


def test_a_shell_whose_attachment_is_gone_is_emptied(archive: Archive, clock: Clock) -> None:
    item = paper()
    publish(archive, URL, shell(item.title), crawl=crawl(archive, 1), attachments=((FILE, word(item), DOCX),))
    derive(archive)
    clock.advance(days=1)
    publish(archive, URL, shell(item.title) + b"<p> </p>", crawl=crawl(archive, 2))
    derive(archive)
    view = the_report(archive)
    assert (view.state, view.line.figures) == ("withdrawn", len(item.figures))


@pytest.mark.parametrize("link", [FILE, FILE.replace(".docx", "_2.docx")], ids=["the same", "another"])
def test_an_attachment_that_could_not_be_fetched_this_time_withdraws_nothing(
    archive: Archive, clock: Clock, link: str
) -> None:
    item = paper()
    publish(archive, URL, shell(item.title), crawl=crawl(archive, 1), attachments=((FILE, word(item), DOCX),))
    derive(archive)
    clock.advance(days=1)
    second = crawl(archive, 2)
    note_page_with_link(archive, second, shell(item.title) + b"<p> </p>", link)
    derive(archive)
    assert the_report(archive).state == "published"


def note_page_with_link(archive: Archive, number: int, page: bytes, link: str) -> None:
    from tests.archive.answers import COLUMN, PORTAL

    moment = archive.clock()
    store(archive, answer(URL, page, at=moment), role="article", crawl_id=number)
    notetaking.note_article(
        archive, number, portal=PORTAL, url=URL, requested_url=URL, column_url=COLUMN, page_title=None, page_date=None,
        agency=None, refused=None, gone=False, attachments=[(link, "附件")], at=moment,
    )  # fmt: skip


def test_a_page_that_takes_another_title_withdraws_the_report_it_showed(archive: Archive, clock: Clock) -> None:
    publish(archive, URL, report_page(), crawl=crawl(archive, 1), title=TITLE)
    derive(archive)
    clock.advance(days=1)
    publish(archive, URL, EMPTIED["something else"].encode(), crawl=crawl(archive, 2), title=TITLE, refused="解读")
    derive(archive)
    before = the_report(archive)
    assert before.state == "withdrawn"
    derive(archive, everything=True)
    assert the_report(archive) == before


def test_a_report_that_loses_most_figures_is_a_new_version_and_not_withdrawn(archive: Archive, clock: Clock) -> None:
    item = paper()
    publish(archive, URL, report_page(item), crawl=crawl(archive, 1), title=TITLE)
    derive(archive)
    clock.advance(days=1)
    publish(archive, URL, report_page(emptied_cells(item)), crawl=crawl(archive, 2), title=TITLE)
    assert derive(archive) == Derived(changed=1)
    view = the_report(archive)
    assert (view.state, len(view.versions)) == ("published", 2)


def emptied_cells(item: Paper) -> Paper:
    return replace(item, figures=dict.fromkeys(item.figures, ""))


def test_emptied_at_one_of_two_addresses_it_is_still_published(archive: Archive, clock: Clock) -> None:
    for url in (URL, SAME[0]):
        publish(archive, url, report_page(), title=TITLE)
    derive(archive)
    clock.advance(days=1)
    publish(archive, URL, EMPTIED["a blank page"].encode(), title=TITLE)
    derive(archive)
    assert (the_report(archive).state, the_report(archive).line.url) == ("published", SAME[0])


def test_a_page_that_never_held_a_report_withdraws_nothing(archive: Archive) -> None:
    publish(archive, URL, EMPTIED["a notice of deletion"].encode(), title=TITLE)
    assert derive(archive) == Derived(refused=1)
    with archive.session() as session:
        from archive.schema import Article

        assert session.get_one(Article, 1).withdrawn_at is None


def test_withdrawn_and_back_again_is_derived_anew_without_a_trace(archive: Archive, clock: Clock) -> None:
    pages = (report_page(), EMPTIED["a blank page"].encode(), report_page(corrected(paper())), b"<html></html>")
    for number, page in enumerate(pages):
        publish(archive, URL, page, crawl=crawl(archive, number), title=TITLE)
        derive(archive)
        clock.advance(days=1)
    before = the_report(archive)
    assert (before.state, len(before.versions)) == ("withdrawn", 2)
    derive(archive, everything=True, parse=parse)
    assert the_report(archive) == before


def test_a_new_version_says_what_changed_against_the_one_before(archive: Archive, clock: Clock) -> None:
    for number, item in enumerate((paper(), corrected(paper()))):
        publish(archive, URL, report_page(item), crawl=crawl(archive, number), title=TITLE)
        derive(archive)
        clock.advance(days=1)
    view = show(archive, URL)
    assert view is not None
    first, second = view.versions
    assert first.changes is None
    assert second.changes is not None
    assert [change.key for change in second.changes.figures] == ["disclosure.penalties.decisions"]
    assert not second.changes.names
    assert not second.changes.sections
