"""What the archive knows of portals: as they were typed, and what the registry says of their pages."""

from __future__ import annotations

import pytest

from archive import listings
from archive.addresses import with_fragment
from archive.deposit import deposit
from archive.deriving.derive import Derived, derive
from archive.journal.notes import PortalNote, SiteNote
from archive.store import Archive
from archive.upkeep.reindex import reindex
from tests.archive.answers import PORTAL, URL, publish, the_report
from tests.archive.conftest import Place
from tests.crawler import pages

PAGE = pages.in_big5(pages.article("青禾市水务局", 2023))
TITLE = "青禾市水務局2023年政府信息公開工作年度報告"


def note(archive: Archive, *, encoding: str | None = None, given: str | None = None, portal: str = PORTAL) -> None:
    """What a crawl notes of a portal when it begins."""
    deposit(archive, notes=[PortalNote(archive.clock(), None, portal, None, None, encoding=encoding, given=given)])


def test_pages_are_read_in_the_charset_that_the_registry_says(archive: Archive) -> None:
    note(archive, encoding="big5")
    publish(archive, URL, PAGE)
    assert derive(archive) == Derived(created=1)
    line = the_report(archive).line
    assert (line.title, line.publisher, line.report_year) == (TITLE, "青禾市水務局", 2023)
    assert derive(archive, everything=True) == Derived(unchanged=1)
    (capture,) = the_report(archive).captures
    assert listings.encoding_of(archive, capture.id) == "big5"
    assert listings.encoding_of(archive, capture.id + 1) is None


def test_pages_are_derived_again_when_the_registry_says_otherwise(archive: Archive) -> None:
    publish(archive, URL, PAGE)
    assert derive(archive) == Derived(refused=1)
    note(archive, encoding="big5")
    assert derive(archive) == Derived(created=1)
    for _ in range(2):
        note(archive, encoding="big5")
        deposit(
            archive, notes=[PortalNote(archive.clock(), None, PORTAL, "ok", None)]
        )  # a crawl's end says nothing of it
        assert derive(archive) == Derived()
    note(archive)
    assert derive(archive, everything=True) == Derived(refused=1)


def test_another_portal_s_pages_are_read_as_they_say(archive: Archive) -> None:
    note(archive, encoding="big5", portal="http://xxgk.elsewhere.gov.cn/")
    publish(archive, URL, PAGE)
    assert derive(archive) == Derived(refused=1)


def test_a_reindex_restores_what_the_registry_said_what_was_typed_and_the_sites_named(place: Place) -> None:
    with place.open() as archive:
        note(archive, encoding="big5", given="XXGK.qinghe.gov.cn#2629", portal="http://xxgk.qinghe.gov.cn/#2629")
        note(archive, encoding="big5")
        publish(archive, URL, PAGE)
        for name in ("柳河区", "柳河区人民政府"):
            offered = SiteNote(archive.clock(), None, PORTAL, "http://www.liuhe.gov.cn/", name, "区县政府网站", PORTAL)
            deposit(archive, notes=[offered])
        derive(archive)
        portals, sites = listings.portals(archive), listings.sites(archive)
        assert [(site.portal, site.url, site.name) for site in sites] == [
            (PORTAL, "http://www.liuhe.gov.cn/", "柳河区人民政府")
        ]
    with place.open() as archive:
        reindex(archive, afresh=True)
        derive(archive)
        assert (listings.portals(archive), listings.sites(archive)) == (portals, sites)
        assert the_report(archive).line.title == TITLE


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        (["http://xxgk.qinghe.gov.cn", "XXGK.qinghe.gov.cn/"], "http://xxgk.qinghe.gov.cn/"),
        (["http://xxgk.qinghe.gov.cn/gkmlpt/annualreport#2629"], "http://xxgk.qinghe.gov.cn/gkmlpt/annualreport#2629"),
    ],
)
def test_a_portal_is_one_row_with_its_address_as_last_typed(archive: Archive, typed: list[str], url: str) -> None:
    for written in typed:
        note(archive, given=written, portal=with_fragment(written if "://" in written else f"http://{written}"))
    note(archive, portal=url)
    assert [(state.url, state.given, state.host) for state in listings.portals(archive)] == [
        (url, typed[-1], "xxgk.qinghe.gov.cn")
    ]


def test_two_fragments_are_two_portals(archive: Archive) -> None:
    for number in (2629, 3310):
        note(archive, portal=f"http://xxgk.qinghe.gov.cn/gkmlpt/annualreport#{number}")
    assert [(state.url[-5:], state.given[-5:]) for state in listings.portals(archive)] == [
        ("#2629",) * 2,
        ("#3310",) * 2,
    ]
