"""Ways to make a crawl ask where it must not, end to end: a decoy stands on this machine, and nobody may come to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crawler import pages
from tests.crawler.commands import Ran, xxgk, xxgk_bare
from tests.crawler.servers import Answer, Page, Portal, serve

TITLE = "2024年政府信息公开工作年度报告"
# A name server whose second answer is another one; each connection is a new one, and no answer is remembered.
REBINDING = """
import itertools, socket
real, answers = socket.getaddrinfo, itertools.chain(["127.0.0.1"], itertools.repeat({second!r}))
socket.getaddrinfo = lambda host, *rest, **more: real(next(answers) if host == "xxgk.qinghe.gov.cn" else host, *rest, **more)
import crawler.settings
crawler.settings.DNSCACHE_SIZE = 0
"""


def spellings(port: int) -> list[str]:
    """This machine, in every way an address can be written that is not its allowed one."""
    hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "127.000.000.001",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "１２７.０.０.１",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "xxgk.qinghe.gov.cn@127.0.0.1",
        "127.0.0.1%2f.gov.cn",
        "127.0.0.1%00.gov.cn",
        "127.0.0.1.nip.io",
    ]
    return [f"http://{host}:{port}/inside" for host in hosts]


OTHER_SCHEMES = (
    "file:///etc/hostname",
    "data:text/html,<h1>inside</h1>",
    "javascript:location='http://127.0.0.1/'",
    "ftp://127.0.0.1/inside",
    "gopher://127.0.0.1:70/inside",
    "view-source:http://127.0.0.1/inside",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://168.63.129.16/machine",
    "http://metadata.google.internal/computeMetadata/v1/",
)


@contextmanager
def decoy() -> Iterator[Portal]:
    """What stands on this machine and is nobody's business."""
    with serve({"*": Answer("SECRET")}) as standing:
        yield standing
        assert standing.seen == []


def crawl(site: dict[str, Page], folder: Path, *entries: str) -> tuple[Ran, list[str]]:
    """Crawl a site that was allowed by its address and port; how it ended, and the paths that were asked for."""
    paths = entries or (pages.COLUMN,)
    with serve(site) as portal:
        ran = xxgk(
            "crawl",
            *(f"{portal.url}{path}" for path in paths),
            "--json",
            "--delay",
            "0",
            "--allow",
            f"127.0.0.1:{portal.port}",
            folder=folder,
        )
        return ran, portal.paths()


def column(targets: list[str]) -> str:
    return pages.column([(target, f"青禾市第{number}中学{TITLE}") for number, target in enumerate(targets)])


def test_rows_that_lead_to_this_machine_in_any_spelling_are_not_asked_for(tmp_path: Path) -> None:
    with decoy() as inside:
        targets = [*spellings(inside.port), *OTHER_SCHEMES]
        ran, asked = crawl({pages.COLUMN: column(targets)}, tmp_path)
    assert asked == ["/robots.txt", pages.COLUMN]
    assert ran.lines[0]["articles"] == 0


def test_redirect_hops_to_this_machine_in_any_spelling_are_not_followed(tmp_path: Path) -> None:
    with decoy() as inside:
        targets = [
            *spellings(inside.port),
            *OTHER_SCHEMES,
            f"//127.0.0.1:{inside.port}/inside",
            f"\\\\127.0.0.1:{inside.port}/",
        ]
        site: dict[str, Page] = {pages.COLUMN: column([f"/go{number}.html" for number in range(len(targets))])}
        for number, target in enumerate(targets):
            place = target.encode().decode("latin-1")
            site[f"/go{number}.html"] = Answer("", (301, 302, 303, 307, 308)[number % 5], {"Location": place})
        _, asked = crawl(site, tmp_path)
    assert all(f"/go{number}.html" in asked for number in range(len(targets)))


def test_a_redirect_behind_allowed_redirects_is_judged_as_the_first(tmp_path: Path) -> None:
    with decoy() as inside:
        site: dict[str, Page] = {
            pages.COLUMN: column(["/one.html"]),
            "/one.html": Answer("", 302, {"Location": "/two.html"}),
            "/two.html": Answer("", 302, {"Location": f"http://127.0.0.1:{inside.port}/inside"}),
        }
        _, asked = crawl(site, tmp_path)
    assert "/two.html" in asked


SHELLS = {
    "meta refresh": '<html><head><meta http-equiv="refresh" content="0;url={0}"></head><body></body></html>',
    "location.replace": '<html><script>location.replace("{0}")</script></html>',
    "location.href": '<html><script>window.location.href = "{0}";</script></html>',
    "iframe": '<html><body><iframe src="{0}"></iframe></body></html>',
    "frameset": '<html><frameset cols="*"><frame src="{0}"></frameset></html>',
    "base href": '<html><head><base href="{0}"></head><body><a href="zcbm/ndbg/">政府信息公开年报</a></body></html>',
    "menu": '<html><body><a href="{0}zcbm/ndbg/">政府信息公开年报</a><a href="{0}zwgk/">政府信息公开</a></body></html>',
    "option": '<html><body><select><option>部门信息公开</option><option value="{0}zcbm/">青禾市水务局</option></select></body></html>',
}


def test_shells_frames_bases_and_menus_that_lead_to_this_machine_lead_nowhere(tmp_path: Path) -> None:
    with decoy() as inside:
        site: dict[str, Page] = {
            f"/{number}/": shell.format(f"http://127.0.0.1:{inside.port}/")
            for number, shell in enumerate(SHELLS.values())
        }
        ran, asked = crawl(site, tmp_path, *site)
    assert set(site) <= set(asked)
    assert all(line["articles"] == 0 for line in ran.lines)


SCRIPTS = {
    "a JSONP directory": '<script src="{0}/govsearch/jsonp/zf_jd_search.jsp?page=1&lb=134505&callback=result"></script>',
    "a directory of 大汉": "<script>var ajaxParam = {{ajaxParam: {{col: 1, webid: 2}}, proxyUrl: '{0}/module/web/jpage/dataproxy.jsp'}}</script>",
    "a search of TRS": '<script>$.get("{0}/was5/web/search?channelid=12345&page=1&perpage=20")</script>',
    "a gateway of JPaaS": '<div querydata=\'{{"pageType":"column","webId":"1","pageId":"2","tagId":"list"}}\' '
    'url="{0}/jpaas-publish-server/front/page/build/unit"></div>',
    "a label of 龙讯": '<script>var u = "{0}/site/label/8888?labelName=publicInfoList&file=a&pageIndex=1"</script>',
    "a script of 新点": '<script src="{0}/js/webBuilderCommon.js"></script><script>var categorynum = "003001"; getgovinfolist()</script>',
}


def test_endpoints_that_scripts_name_on_this_machine_are_not_asked(tmp_path: Path) -> None:
    with decoy() as inside:
        site: dict[str, Page] = {"/a.html": pages.article("青禾市第0中学")}
        for number, script in enumerate(SCRIPTS.values()):
            body = (
                f"{script.format(f'http://127.0.0.1:{inside.port}')}<p>政府信息公开年报</p>"
                + "<p>栏目说明文字。</p>" * 200
            )
            site[f"/{number}/ndbg/"] = column(["/a.html"]).replace("</body>", f"{body}</body>")
        _, asked = crawl(site, tmp_path, *(path for path in site if path.endswith("/")))
    assert set(site) <= set(asked)


def test_attachments_on_this_machine_are_not_fetched(tmp_path: Path) -> None:
    with decoy() as inside:
        links = "".join(
            f'<a href="{url}.pdf">附件{number}.pdf</a>' for number, url in enumerate(spellings(inside.port))
        )
        viewer = f'<iframe src="/viewer.html?file=http://127.0.0.1:{inside.port}/b.pdf"></iframe>'
        site: dict[str, Page] = {
            pages.COLUMN: column(["/a.html"]),
            "/a.html": pages.article("青禾市第0中学", extra=links + viewer),
        }
        ran, asked = crawl(site, tmp_path)
    assert "/a.html" in asked
    assert ran.lines[0]["articles"] == 1


def test_a_robots_txt_that_redirects_to_this_machine_puts_the_host_off(tmp_path: Path) -> None:
    with decoy() as inside:
        site: dict[str, Page] = {
            **pages.portal(1),
            "/robots.txt": Answer("", 302, {"Location": f"http://127.0.0.1:{inside.port}/"}),
        }
        ran, asked = crawl(site, tmp_path)
    assert asked == ["/robots.txt"]
    assert ran.lines[0]["outcome"] == "disallowed"


def test_addresses_in_an_endpoints_answer_are_judged_too(tmp_path: Path) -> None:
    with decoy() as inside:
        rows = [{"puburl": url, "title": f"青禾市第{n}中学{TITLE}"} for n, url in enumerate(spellings(inside.port))]
        page = column(["/a.html"]).replace(
            "</body>",
            '<script src="/govsearch/jsonp/zf_jd_search.jsp?page=1&lb=134505&callback=result"></script></body>',
        )
        site: dict[str, Page] = {
            pages.COLUMN: page,
            "/govsearch/jsonp/zf_jd_search.jsp?page=1&lb=134505&callback=result": f"result({json.dumps({'data': rows})});",
            "/a.html": pages.article("青禾市第0中学"),
        }
        ran, asked = crawl(site, tmp_path)
    assert "/govsearch/jsonp/zf_jd_search.jsp?page=1&lb=134505&callback=result" in asked
    assert ran.lines[0]["articles"] == 1


@pytest.mark.parametrize("second", ["169.254.169.254", "0.0.0.0"])
def test_dns_rebinding_at_connect_time_is_caught(tmp_path: Path, second: str) -> None:
    site = {path: Answer(str(page), headers={"Connection": "close"}) for path, page in pages.portal(1).items()}
    with serve({**site, "/robots.txt": Answer("", 404, {"Connection": "close"})}) as portal:
        name = f"xxgk.qinghe.gov.cn:{portal.port}"
        ran = xxgk_bare(
            "crawl",
            f"http://{name}{pages.COLUMN}",
            "--json",
            "--delay",
            "0",
            "--allow",
            name,
            folder=tmp_path,
            prelude=REBINDING.format(second=second),
        )
        assert portal.paths() == ["/robots.txt"]
    assert ran.lines[0]["outcome"] == "disallowed"
    assert second in ran.lines[0]["detail"]
