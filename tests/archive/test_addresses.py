from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.addresses import canonical, host_of, site_of, wire, with_fragment
from archive.errors import AddressRefused

CASES = [
    # copies of one page (portals: rule 6)
    ("http://www.a.gov.cn/gate/big5/www.a.gov.cn/x/t20240118_1.html", "http://www.a.gov.cn/x/t20240118_1.html"),
    ("http://big5.a.gov.cn/gate/big5/www.a.gov.cn:8080/x/", "http://www.a.gov.cn:8080/x/"),
    ("http://www.a.gov.cn/gate/big5/www.a.gov.cn", "http://www.a.gov.cn/"),
    ("http://127.0.0.1:80/gate/big5/127.0.0.1/x", "http://127.0.0.1/x"),
    ("https://www.a.gov.cn/x/mpost_123456.html", "https://www.a.gov.cn/x/post_123456.html"),
    ("http://a.gov.cn/ndbg/202401/t20240118_101_ext.html", "http://a.gov.cn/ndbg/202401/t20240118_101.html"),
    ("http://a.gov.cn/x.html#top", "http://a.gov.cn/x.html"),
    ("http://a.gov.cn/x.jsp;jsessionid=AB12?id=3", "http://a.gov.cn/x.jsp?id=3"),
    ("http://a.gov.cn/x?utm_source=wx&id=3&spm=1.2", "http://a.gov.cn/x?id=3"),
    ("http://a.gov.cn/x?id=3&t=1763712000123", "http://a.gov.cn/x?id=3"),
    ("http://a.gov.cn/x?_=0.8812342&id=3", "http://a.gov.cn/x?id=3"),
    ("http://a.gov.cn/x?t=3&v=20250101&id=1763712000123", "http://a.gov.cn/x?t=3&v=20250101&id=1763712000123"),
    ("http://a.gov.cn/x?from=timeline&isappinstalled=0", "http://a.gov.cn/x"),
    # written differently
    ("HTTP://A.GOV.CN:80", "http://a.gov.cn/"),
    ("https://a.gov.cn:443/x", "https://a.gov.cn/x"),
    ("http://a.gov.cn/年报.html", "http://a.gov.cn/%E5%B9%B4%E6%8A%A5.html"),
    # to be left as they are
    ("http://a.gov.cn/module/x.jsp?fbtime=2017&area=3", "http://a.gov.cn/module/x.jsp?fbtime=2017&area=3"),
    ("http://a.gov.cn/x?from=list", "http://a.gov.cn/x?from=list"),
    ("http://www.a.gov.cn/x", "http://www.a.gov.cn/x"),
    ("https://a.gov.cn/x", "https://a.gov.cn/x"),
    ("http://122.137.242.24:8080/pub/x.html", "http://122.137.242.24:8080/pub/x.html"),
    ("http://[::1]:8080/x", "http://[::1]:8080/x"),
    ("http://a.gov.cn/gate/big5/list.html", "http://a.gov.cn/gate/big5/list.html"),
    ("http://a.gov.cn/text_ext.html", "http://a.gov.cn/text_ext.html"),
    ("file:///reports/年报.html", "file:///reports/%E5%B9%B4%E6%8A%A5.html"),
    ("http://a.gov.cn:99999/x", "http://a.gov.cn:99999/x"),
]


@pytest.mark.parametrize(("address", "expected"), CASES)
def test_copies_of_a_page_have_one_canonical_address(address: str, expected: str) -> None:
    assert canonical(address) == expected


@given(st.text(max_size=60))
def test_a_canonical_address_is_its_own_and_goes_over_the_wire(path: str) -> None:
    address = canonical(f"http://a.gov.cn/{path}")
    assert canonical(address) == address
    assert wire(address) == address
    assert address.isascii()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTP://A.gov.cn", "http://a.gov.cn/"),
        (" http://a.gov.cn:8080/Ndbg?a=B ", "http://a.gov.cn:8080/Ndbg?a=B"),
        ("http://a.gov.cn/gkmlpt/annualreport#2629", "http://a.gov.cn/gkmlpt/annualreport#2629"),
        ("http://a.gov.cn#/list/年报", "http://a.gov.cn/#/list/%E5%B9%B4%E6%8A%A5"),
        ("http://a.gov.cn/#", "http://a.gov.cn/"),
        ("http://[::1/x#1", "http://[::1/x"),
    ],
)
def test_the_address_of_a_portal_keeps_its_fragment_and_is_written_in_one_way(given: str, kept: str) -> None:
    assert with_fragment(given) == kept
    assert with_fragment(kept) == kept


def test_a_fragment_counts_where_an_address_is_too_long() -> None:
    with pytest.raises(AddressRefused, match="of 2016 characters"):
        with_fragment("http://a.gov.cn/#" + "1" * 1999)


@pytest.mark.parametrize("address", ["", "javascript", "/relative/x.html", "http://a.gov.cn/" + "年" * 300])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        wire(address)


@pytest.mark.parametrize(
    ("address", "host", "site"),
    [
        ("http://xxgk.jl.gov.cn/szf/", "xxgk.jl.gov.cn", "jl.gov.cn"),
        ("http://zwgk.changchun.gov.cn:80/", "zwgk.changchun.gov.cn", "changchun.gov.cn"),
        ("http://www.mof.gov.cn:8080/", "www.mof.gov.cn:8080", "mof.gov.cn"),
        ("http://127.0.0.1:4312/", "127.0.0.1:4312", "127.0.0.1:4312"),
        ("http://[::1]:4312/", "[::1]:4312", "[::1]:4312"),
        ("http://localhost:4312/", "localhost:4312", "localhost:4312"),
    ],
)
def test_a_site_is_a_registered_domain_or_a_host_with_its_port(address: str, host: str, site: str) -> None:
    assert host_of(address) == host
    assert site_of(host) == site
