"""Addresses: what a link leads to, what is fetched for it, and when two are one page."""

from __future__ import annotations

import pytest

from spiders.addresses import folder, is_directory, is_file, key, plain, resolve, root, segments, site

PAGE = "http://xxgk.example.gov.cn/szf/ndbg/index_1.html"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("./202601/t20260113_1.html", "http://xxgk.example.gov.cn/szf/ndbg/202601/t20260113_1.html"),
        ("../ndbg/", "http://xxgk.example.gov.cn/szf/ndbg/"),
        ("\n/a/b.docx\n\n", "http://xxgk.example.gov.cn/a/b.docx"),
        ("//other.gov.cn/x.html#top", "http://other.gov.cn/x.html"),
        ("http://other.gov.cn:80/x.html", "http://other.gov.cn/x.html"),
        ("http://other.gov.cn:8080/x.html", "http://other.gov.cn:8080/x.html"),
        ("files/《报告》.pdf", "http://xxgk.example.gov.cn/szf/ndbg/files/%E3%80%8A%E6%8A%A5%E5%91%8A%E3%80%8B.pdf"),
        ("list.aspx?dept=1&id=66071&dept=2", "http://xxgk.example.gov.cn/szf/ndbg/list.aspx?dept=1&id=66071&dept=2"),
        ("javascript:;", None),
        ("mailto:a@example.gov.cn", None),
        ("#top", None),
        ("", None),
        ("http://host:port/x", None),
    ],
)
def test_a_link_leads_where_a_browser_would_go(href: str, expected: str | None) -> None:
    assert resolve(PAGE, href) == expected


def test_a_query_is_written_in_the_encoding_of_its_page_and_a_path_in_utf_8() -> None:
    link = "年报/list.asp?dw=财政局&lm=1"
    assert resolve(PAGE, link, "gb18030") == f"{folder(PAGE)}%E5%B9%B4%E6%8A%A5/list.asp?dw=%B2%C6%D5%FE%BE%D6&lm=1"
    for encoding in ("utf-8", "utf-16-le"):  # a page in UTF-16 asks in UTF-8
        asked = resolve(PAGE, link, encoding)
        assert asked is not None
        assert asked.endswith("?dw=%E8%B4%A2%E6%94%BF%E5%B1%80&lm=1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.a.gov.cn/gate/big5/www.a.gov.cn/x/t20250331_4.html", "https://www.a.gov.cn/x/t20250331_4.html"),
        ("http://a.gov.cn/x/t20250331_4_ext.html", "http://a.gov.cn/x/t20250331_4.html"),
        ("http://a.gov.cn/x/t20250331_4.html?from=list&v=2", "http://a.gov.cn/x/t20250331_4.html"),
        ("http://a.gov.cn/nb/content/mpost_9469010.html", "http://a.gov.cn/nb/content/post_9469010.html"),
        ("http://a.gov.cn/index.php?c=show&id=115", "http://a.gov.cn/index.php?c=show&id=115"),
        ("http://a.gov.cn/show.aspx?id=7&t=1767225600000", "http://a.gov.cn/show.aspx?id=7"),
        ("http://a.gov.cn/x/7.html?_=0.72946163", "http://a.gov.cn/x/7.html"),
        ("http://a.gov.cn/show.aspx?t=1767225600", "http://a.gov.cn/show.aspx?t=1767225600"),
        ("http://a.gov.cn/show.aspx?id=7&t=12", "http://a.gov.cn/show.aspx?id=7&t=12"),
    ],
)
def test_copies_of_a_page_are_fetched_at_its_own_address(url: str, expected: str) -> None:
    assert plain(url) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.gov.cn/ndbg/", "https://www.a.gov.cn/ndbg/index.html", True),
        ("http://a.gov.cn:80/x.html", "http://a.gov.cn/x.html", True),
        ("http://a.gov.cn/x.html?utm_source=w", "http://a.gov.cn/x.html", True),
        ("http://a.gov.cn/show?id=115", "http://a.gov.cn/show?id=116", False),
        ("http://a.gov.cn/OpennessAnnualReport/1", "http://a.gov.cn/opennessAnnualReport/1", False),
        ("http://a.gov.cn/x/", "http://b.gov.cn/x/", False),
        ("http://127.0.0.1:81/x", "http://127.0.0.1:82/x", False),
    ],
)
def test_a_page_is_known_again_by_another_address(one: str, other: str, same: bool) -> None:
    assert (key(one) == key(other)) is same


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("http://a/P0202601.pdf", True),
        ("http://a/x.DOCX", True),
        ("http://a/system/_content/download.jsp?wbfileid=ABC", True),
        ("http://a/openness/OpennessContent/download/3.html", False),
        ("http://a/x.html", False),
        ("http://a/report.pdf.html", False),
    ],
)
def test_a_file_is_known_by_its_ending_or_by_a_download_endpoint(url: str, file: bool) -> None:
    assert is_file(url) is file


def test_a_folder_is_an_address_without_a_page() -> None:
    assert [is_directory(f"http://a/{path}") for path in ("n/", "n", "n/index.html", "n/index_1.html", "t1.html")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert folder("http://a/b/c.html?x=1") == "http://a/b/"
    assert segments("http://a/ZCBM/fgw/ndbg/index.html") == ("zcbm", "fgw", "ndbg")
    assert root("http://a:81/b/c?d") == "http://a:81/"


def test_hosts_of_one_government_are_one_site() -> None:
    assert site("http://xxgk.jlcity.gov.cn/a") == site("http://fao.jlcity.gov.cn/") != site("http://xxgk.jlcy.gov.cn/")
    assert site("http://127.0.0.1:81/a") != site("http://127.0.0.1:82/a")
