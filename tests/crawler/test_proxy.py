"""Behind a proxy: names need not resolve here, the proxy may stand on this machine, and the guard still judges names."""

from __future__ import annotations

from pathlib import Path

from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, serve

HOST = "xxgk.qinghe.gov.cn"


def test_a_portal_whose_name_does_not_resolve_here_is_read_through_a_proxy_on_this_machine(tmp_path: Path) -> None:
    with serve(pages.portal(3, host=HOST)) as proxy:
        ran = xxgk(
            "crawl", f"http://{HOST}{pages.COLUMN}", "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url
        )
        assert proxy.paths(HOST)[0] == "/robots.txt"
        assert len(proxy.paths(HOST)) == len(set(proxy.paths(HOST))) == 5
    assert ran.status == 0, ran.err
    assert (ran.lines[0]["url"], ran.lines[0]["outcome"], ran.lines[0]["articles"]) == (
        f"http://{HOST}{pages.COLUMN}",
        "ok",
        3,
    )
    assert xxgk("portals", "--json", folder=tmp_path).lines[0]["outcome"] == "ok"


def test_the_proxy_itself_cannot_be_reached_as_a_page(tmp_path: Path) -> None:
    with serve({"*": Answer("SECRET")}) as proxy:
        ran = xxgk("crawl", f"{proxy.url}/admin", "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert proxy.seen == []
    assert ran.lines[0]["outcome"] == "disallowed"


def test_behind_a_proxy_too_only_hosts_under_gov_cn_are_asked_for(tmp_path: Path) -> None:
    title = f"{pages.AGENCIES[0]}2024年政府信息公开工作年度报告"
    site = {
        f"{HOST}{pages.COLUMN}": pages.column([("http://xxgk.example.com/a.html", title), ("/b.html", title + "二")]),
        f"{HOST}/b.html": Answer("", 301, {"Location": "http://10.0.0.1/b.html"}),
    }
    with serve(site) as proxy:  # type: ignore[arg-type]
        xxgk("crawl", f"http://{HOST}{pages.COLUMN}", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert {seen.host for seen in proxy.seen} == {HOST}


def test_several_portals_are_read_side_by_side_in_one_run(tmp_path: Path) -> None:
    hosts = [f"xxgk.qinghe{number}.gov.cn" for number in range(4)]
    site = {address: page for host in hosts for address, page in pages.portal(2, host=host).items()}
    with serve(site) as proxy:
        addresses = [f"http://{host}{pages.COLUMN}" for host in hosts]
        ran = xxgk("crawl", *addresses, "--json", "--delay", "0.3", folder=tmp_path, http_proxy=proxy.url)
        order = [seen.host for seen in proxy.seen]
        assert all(min(proxy.gaps(host)) >= 0.3 for host in hosts)
    assert [line["outcome"] for line in ran.lines] == ["ok"] * 4
    assert set(order[:8]) == set(hosts)  # nobody waited for another to end


def test_the_password_of_the_proxy_is_not_kept(tmp_path: Path) -> None:
    with serve(pages.portal(1, host=HOST)) as proxy:
        named = proxy.url.replace("http://", "http://user:geheim@")
        ran = xxgk("crawl", f"http://{HOST}{pages.COLUMN}", "--delay", "0", folder=tmp_path, http_proxy=named)
        assert "proxy-authorization" in proxy.seen[0].headers
    assert ran.status == 0, ran.err
    import gzip

    (warc,) = (tmp_path / "xxgk-archive" / "warc").glob("*.warc.gz")
    assert b"proxy-authorization" not in gzip.decompress(warc.read_bytes()).lower()
