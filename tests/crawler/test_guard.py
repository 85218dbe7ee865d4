"""The guard, one test for each way to lead a crawler where it must not go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from scrapy.resolver import dnscache
from twisted.internet.address import IPv4Address, IPv6Address

from crawler.allowance import Allowance
from crawler.errors import WrongUsage
from crawler.guard import judge
from crawler.resolver import GuardedResolver, kind_of_forbidden
from tests.crawler import pages
from tests.crawler.commands import xxgk, xxgk_bare
from tests.crawler.servers import Answer, serve

NOBODY = Allowance()


@pytest.mark.parametrize(
    "url",
    [
        "http://xxgk.jl.gov.cn/",
        "https://www.gov.cn/zhengce/",
        "http://xxgk.jl.gov.cn:8080/szf/ndbg/?page=2&a=b",
        "HTTP://XXGK.JL.GOV.CN/",
        "http://xxgk_old.jl.gov.cn/",
        "http://xn--fiq228c.gov.cn/",
    ],
)
def test_a_host_under_gov_cn_may_be_fetched(url: str) -> None:
    assert judge(url, NOBODY) is None


@pytest.mark.parametrize(
    ("attack", "url"),
    [
        ("a file of this machine", "file:///etc/passwd"),
        ("a document inside the address", "data:text/html,x"),
        ("another protocol", "ftp://ftp.jl.gov.cn/"),
        ("a cache's protocol", "gopher://xxgk.jl.gov.cn/"),
        ("no scheme", "//xxgk.jl.gov.cn/"),
        ("a foreign host", "http://example.com/"),
        ("a host that begins like ours", "http://xxgk.jl.gov.cn.example.com/"),
        ("a host that ends almost like ours", "http://evilgov.cn/"),
        ("a host that ends like ours without the dot", "http://xxgk-gov.cn/"),
        ("this machine", "http://127.0.0.1/"),
        ("this machine by name", "http://localhost/"),
        ("this machine as one number", "http://2130706433/"),
        ("this machine in hexadecimal", "http://0x7f000001/"),
        ("this machine in hexadecimal parts", "http://0x7f.0x0.0x0.0x1/"),
        ("this machine in octal", "http://0177.0.0.1/"),
        ("this machine cut short", "http://127.1/"),
        ("this machine, mixed", "http://0x7f.1/"),
        ("this machine with leading zeros", "http://127.000.000.001/"),
        ("any address of this machine", "http://0.0.0.0/"),
        ("nothing but a zero", "http://0/"),
        ("IPv6 loopback", "http://[::1]/"),
        ("IPv6 that means IPv4", "http://[::ffff:127.0.0.1]/"),
        ("IPv6 in hexadecimal that means IPv4", "http://[::ffff:7f00:1]/"),
        ("IPv6 unspecified", "http://[::]/"),
        ("metadata service", "http://169.254.169.254/latest/meta-data/"),
        ("metadata service as one number", "http://2852039166/"),
        ("metadata service over IPv6", "http://[fd00:ec2::254]/"),
        ("a private network", "http://10.0.0.5/"),
        ("a public bare address: publishing servers stand there", "http://122.137.242.24:8080/pub/"),
        ("a user name that looks like the host", "http://xxgk.jl.gov.cn@127.0.0.1/"),
        ("a user name before a host of ours", "http://admin:secret@xxgk.jl.gov.cn/"),
        ("a backslash some programs read as a slash", "http://127.0.0.1\\@xxgk.jl.gov.cn/"),
        ("a percent sign in the host", "http://127.0.0.1%2f.gov.cn/"),
        ("a NUL in the host", "http://127.0.0.1%00.gov.cn/"),
        ("full-width digits", "http://１２７.０.０.１/"),
        ("circled digits", "http://①②⑦.⓪.⓪.①/"),
        ("an ideographic full stop", "http://127。0。0。1/"),
        ("a letter that only looks like ours", "http://xxgk.jl.gоv.cn/"),
        ("the last dot: another name to the politeness, the same to DNS", "http://xxgk.jl.gov.cn./"),
        ("this machine with the last dot", "http://127.0.0.1./"),
        ("an empty label", "http://xxgk..gov.cn/"),
        ("no host at all", "http:///etc/passwd"),
        ("a port that is no number", "http://xxgk.jl.gov.cn:80a/"),
        ("a port beyond all ports", "http://xxgk.jl.gov.cn:65536/"),
        ("a blank in the host", "http://xxgk.jl.gov.cn .example.com/"),
        ("half an IPv6 address", "http://[::1/"),
        ("IPv6 with a zone", "http://[fe80::1%25eth0]/"),
        ("IPv4 in the last part of IPv6, the old way", "http://[::127.0.0.1]/"),
        ("two addresses in one", "http://xxgk.jl.gov.cn/ http://127.0.0.1/".replace("gov.cn/ ", "gov.cn ")),
        ("a page's source", "view-source:http://xxgk.jl.gov.cn/"),
        ("a mail server of ours", "http://xxgk.jl.gov.cn:25/"),
        ("a database of ours", "http://xxgk.jl.gov.cn:6379/"),
        ("a port that is none", "http://xxgk.jl.gov.cn:0/"),
        ("an address of a megabyte", "http://xxgk.jl.gov.cn/" + "a" * (1 << 20)),
    ],
    ids=lambda value: value if " " in str(value) and "/" not in str(value) else "",
)
def test_an_address_that_leads_astray_is_not_fetched(attack: str, url: str) -> None:
    assert judge(url, NOBODY) is not None, attack


def test_a_host_that_was_allowed_is_allowed_at_its_port_only() -> None:
    allowance = Allowance.of(["127.0.0.1:8000", "scsqw.cn", "[::1]:9000"])
    assert judge("http://127.0.0.1:8000/ndbg/", allowance) is None
    assert judge("http://[::1]:9000/", allowance) is None
    assert judge("https://scsqw.cn/a", allowance) is None
    assert judge("http://scsqw.cn:8080/a", allowance) is None
    for url in (
        "http://127.0.0.1:8001/",
        "http://127.0.0.1/",
        "http://2130706433:8000/",
        "http://www.scsqw.cn/",
        "http://127.1:8000/",
    ):
        assert judge(url, allowance) is not None, url


@pytest.mark.parametrize(
    "entry", ["http://127.0.0.1/", "a/b", "x:99999", "", "user@host", "*.example.com", "host:port"]
)
def test_an_allowance_that_is_no_host_is_wrong_usage(entry: str) -> None:
    with pytest.raises(WrongUsage):
        Allowance.of([entry])


@pytest.mark.parametrize(
    ("address", "forbidden"),
    [
        ("93.184.215.14", False),
        ("2606:2800:21f:cb07::1", False),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("100.64.0.1", True),
        ("100.100.100.200", True),
        ("169.254.169.254", True),
        ("168.63.129.16", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("255.255.255.255", True),
        ("192.0.2.1", True),
        ("::1", True),
        ("::", True),
        ("fe80::1%eth0", True),
        ("fec0::1", True),
        ("fd00:ec2::254", True),
        ("::ffff:10.0.0.1", True),
        ("64:ff9b::7f00:1", True),
        ("64:ff9b::5db8:d70e", False),
        ("2002:7f00:1::", True),
        ("::127.0.0.1", True),
        ("::ffff:0:127.0.0.1", True),
        ("64:ff9b:1::7f00:1", True),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", True),
        ("2400:3200::5efe:127.0.0.1", True),
        ("2400:3200::200:5efe:10.0.0.1", True),
        ("192.0.0.192", True),
        ("5f00::1", True),
        ("nonsense", True),
    ],
)
def test_what_a_name_resolves_to_is_judged(address: str, forbidden: bool) -> None:
    assert (kind_of_forbidden(address, allowed=False) is not None) == forbidden


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "100.100.100.200",
        "192.0.0.192",
        "fd20:ce::254",
        "0.0.0.0",
        "224.0.0.1",
        "fe80::1",
    ],
)
def test_no_allowance_opens_a_metadata_service_or_a_link_local_address(address: str) -> None:
    assert kind_of_forbidden(address, allowed=True) is not None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.5", "192.168.1.9", "fd12::1"])
def test_an_allowance_opens_this_machine_and_private_networks(address: str) -> None:
    assert kind_of_forbidden(address, allowed=True) is None


class Names:
    """A name server whose answers change between two questions, as a rebinding attacker's do."""

    def __init__(self, answers: Sequence[Sequence[str]]) -> None:
        self.answers = iter(answers)
        self.nameResolver = self

    def resolveHostName(self, receiver: Any, _name: str, port: int = 0, *_: Any) -> Any:  # noqa: N802 - Twisted's name
        receiver.resolutionBegan(None)
        for address in next(self.answers):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()
        return None


class Receiver:
    def __init__(self) -> None:
        self.found: list[str] = []
        self.complete = False

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802 - Twisted's name
        """Nothing to do."""

    def addressResolved(self, address: Any) -> None:  # noqa: N802 - Twisted's name
        self.found.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's name
        self.complete = True


@pytest.fixture(autouse=True)
def _fresh_names() -> Iterator[None]:
    dnscache.clear()
    yield
    dnscache.clear()


def resolve(resolver: GuardedResolver, name: str, port: int = 80) -> list[str]:
    receiver = Receiver()
    resolver.resolveHostName(receiver, name, port)  # type: ignore[arg-type]
    assert receiver.complete
    return receiver.found


def test_a_name_that_resolves_to_this_machine_is_not_connected_to() -> None:
    resolver = GuardedResolver(Names([["127.0.0.1", "::1"]]), 100)
    assert resolve(resolver, "xxgk.qinghe.gov.cn") == []
    assert "loopback" in resolver.refused["xxgk.qinghe.gov.cn"]


def test_of_several_addresses_only_the_public_ones_are_used() -> None:
    resolver = GuardedResolver(Names([["10.0.0.1", "93.184.215.14", "::1"]]), 100)
    assert resolve(resolver, "xxgk.qinghe.gov.cn") == ["93.184.215.14"]


def test_a_name_that_rebinds_between_two_connections_is_caught_at_the_second() -> None:
    resolver = GuardedResolver(Names([["93.184.215.14"], ["127.0.0.1"]]), 0)
    assert resolve(resolver, "xxgk.qinghe.gov.cn") == ["93.184.215.14"]
    assert resolve(resolver, "xxgk.qinghe.gov.cn") == []


def test_an_answer_out_of_the_cache_is_judged_again() -> None:
    resolver = GuardedResolver(Names([["127.0.0.1"]]), 100, ["xxgk.qinghe.gov.cn:8000"])
    assert resolve(resolver, "xxgk.qinghe.gov.cn", 8000) == ["127.0.0.1"]
    assert resolve(resolver, "xxgk.qinghe.gov.cn", 8001) == []


def test_a_proxys_name_is_a_proxy_at_its_port_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.qinghe.gov.cn:3128")
    resolver = GuardedResolver(Names([["10.0.0.1"]] * 3), 0)
    assert resolve(resolver, "proxy.qinghe.gov.cn", 3128) == ["10.0.0.1"]
    assert resolve(resolver, "proxy.qinghe.gov.cn", 0) == ["10.0.0.1"]  # a tunnel is opened so
    assert resolve(resolver, "proxy.qinghe.gov.cn", 8080) == []


def test_a_name_that_resolves_to_this_machine_is_not_asked_for_anything(tmp_path: Path) -> None:
    lie = """
import socket
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: real("127.0.0.1" if str(host).endswith(".gov.cn") else host, *rest, **more)
"""
    with serve(pages.portal()) as decoy:
        ran = xxgk_bare(
            "crawl",
            f"http://xxgk.qinghe.gov.cn:{decoy.port}{pages.COLUMN}",
            "--json",
            folder=tmp_path,
            prelude=lie,
        )
        assert ran.status == 1
        assert ran.lines[0]["outcome"] == "disallowed"
        assert "loopback" in ran.lines[0]["detail"]
        assert decoy.seen == []


def test_an_answer_that_redirects_to_a_metadata_address_is_not_followed(tmp_path: Path) -> None:
    with serve({"*": Answer("SECRET")}) as decoy:
        links = [
            (f"/go{number}", f"{agency}2024年政府信息公开工作年度报告") for number, agency in enumerate(pages.AGENCIES)
        ]
        targets = [
            "http://169.254.169.254/latest/meta-data/",
            f"http://127.0.0.1:{decoy.port}/inside",
            f"http://localhost:{decoy.port}/inside",
            f"http://2130706433:{decoy.port}/inside",
            f"http://xxgk.qinghe.gov.cn@127.0.0.1:{decoy.port}/inside",
            "file:///etc/hostname",
        ]
        site = {
            pages.COLUMN: pages.column(links),
            **{f"/go{n}": Answer("", 302, {"Location": to}) for n, to in enumerate(targets)},
        }
        with serve(site) as portal:  # type: ignore[arg-type]
            name = f"127.0.0.1:{portal.port}"
            ran = xxgk(
                "crawl", f"{portal.url}{pages.COLUMN}", "--json", "--allow", name, "--delay", "0", folder=tmp_path
            )
        assert portal.paths().count("/go0") == 1
        assert decoy.seen == []
    assert ran.status == 1
    assert ran.lines[0]["articles"] == 0


def test_a_portal_on_this_machine_is_not_read_unless_it_was_allowed(tmp_path: Path) -> None:
    with serve(pages.portal()) as portal:
        ran = xxgk("crawl", f"{portal.url}{pages.COLUMN}", "--json", "--delay", "0", folder=tmp_path)
        assert portal.seen == []
    assert (ran.status, ran.lines[0]["outcome"]) == (1, "disallowed")
    assert "--allow" in ran.lines[0]["detail"]


def test_a_portal_on_this_machine_may_be_allowed_by_its_name(tmp_path: Path) -> None:
    with serve(pages.portal(1)) as portal:
        address = f"http://localhost:{portal.port}{pages.COLUMN}"
        ran = xxgk("crawl", address, "--json", "--delay", "0", folder=tmp_path, XXGK_ALLOW=f"localhost:{portal.port}")
    assert (ran.status, ran.lines[0]["outcome"], ran.lines[0]["articles"]) == (0, "ok", 1)
