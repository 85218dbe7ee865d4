"""Portals whose lists only a script fills, of invented agencies: well-behaved ones, and ones that want to get out."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from crawler.chromium import missing
from tests.crawler import pages
from tests.crawler.pages import AGENCIES, COLUMN
from tests.crawler.servers import Answer, Page

LACKING = missing()
JSON = {"Content-Type": "application/json"}
SCRIPT = {"Content-Type": "text/javascript; charset=utf-8"}
SHOW = """function show(rows) {
  document.getElementById('rows').innerHTML = rows.map((row) =>
    `<li><a href="${row.href}" title="${row.title}">${row.title}</a><span>2025-01-21</span></li>`).join('');
}"""


def title(number: int, year: int = 2024) -> str:
    return f"{AGENCIES[number]}{year}年政府信息公开工作年度报告"


def rows(first: int = 0, count: int = 3) -> list[dict[str, str]]:
    """The rows of a list as an endpoint has them."""
    return [{"href": pages.address(number), "title": title(number)} for number in range(first, first + count)]


def packed(found: list[dict[str, str]]) -> str:
    """Rows in a form that only a running script can read."""
    return f"JSON.parse(decodeURIComponent('{quote(json.dumps(found))}'))"


def page(script: str = "", *, body: str = "", head: str = "") -> str:
    """A report column whose rows are not in it."""
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>政府信息公开年报</title>
<meta name="ColumnName" content="政府信息公开年报">{head}</head><body>
<div class="CurrChnlCls">首页 &gt; 政府信息公开年报</div><h2>政府信息公开年报</h2>
<ul class="list" id="rows"></ul>{body}<script>{SHOW}{script}</script></body></html>"""


def articles(count: int = 3) -> dict[str, Page]:
    return {pages.address(number): pages.article(AGENCIES[number]) for number in range(count)}


def inline() -> dict[str, Page]:
    """The rows stand in the script."""
    return {COLUMN: page(f"show({packed(rows())});"), **articles()}


def endpoint() -> dict[str, Page]:
    """A script of its own asks an endpoint, the page is GBK, and much else is asked for that makes no rows."""
    body = '<img src="/seal.png"><video src="/film.mp4"></video>'
    linked = '<link rel="stylesheet" href="/site.css"><script src="/js/list.js"></script>'
    asks = "ask('/api/list?channel=7').then(show); navigator.sendBeacon('/count');"
    ask = "function ask(url) { return fetch(url, {headers: {'X-Requested-With': 'XMLHttpRequest'}}).then((one) => one.json()); }"
    written = page(asks, body=body, head=linked).replace('charset="utf-8"', 'charset="gbk"')
    return {
        COLUMN: Answer(written.encode("gbk"), headers={"Content-Type": "text/html", "Set-Cookie": "sid=7; Path=/"}),
        "/js/list.js": Answer(ask, headers=SCRIPT),
        "/api/list?channel=7": Answer(json.dumps(rows()), headers=JSON),
        **articles(),
    }


def forbidden() -> dict[str, Page]:
    """A list whose endpoint robots.txt forbids."""
    return {
        COLUMN: page("fetch('/api/list?channel=7').then((one) => one.json()).then(show);"),
        "/robots.txt": Answer("User-agent: *\nDisallow: /api/\n", headers={"Content-Type": "text/plain"}),
    }


def turned() -> dict[str, Page]:
    """A pager that only a script turns: three pages of two rows, the last one's 下一页 is off."""
    turning = f"""const all = {packed(rows(0, 6))}; let at = 0;
      function draw() {{
        show(all.slice(2 * at, 2 * at + 2));
        document.getElementById('next').className = at === 2 ? 'disabled' : '';
      }}
      document.getElementById('next').onclick = () => {{ if (at < 2) {{ at += 1; setTimeout(draw, 50); }} }};
      draw();"""
    return {COLUMN: page(turning, body='<a id="next" href="javascript:void(0)">下一页</a>'), **articles(6)}


def linked() -> dict[str, Page]:
    """Further pages have addresses, and each is filled by its script."""
    further = f'<a href="{COLUMN}index_1.html">下一页</a>'
    return {
        COLUMN: page(f"show({packed(rows(0, 3))});", body=further),
        f"{COLUMN}index_1.html": page(f"show({packed(rows(3, 3))});"),
        **articles(6),
    }


def application() -> dict[str, Page]:
    """The portal's own address is nothing but a script."""
    links = f"""document.getElementById('app').innerHTML = '<h1>青禾市政府信息公开</h1><a href="{COLUMN}">政府信息公开年报</a>';"""
    shell = f'<!DOCTYPE html><html><head><title>青禾市</title></head><body><div id="app"></div><script>{links}</script></body></html>'
    return {"/": shell, **inline()}


def challenge() -> dict[str, Page]:
    """What a protection puts in the list's place."""
    return {COLUMN: '<html><script src="/wzws-waf-cgi/x.js"></script>请开启JavaScript并刷新该页</html>'}


def late_challenge() -> dict[str, Page]:
    """An ordinary page whose script puts the challenge in its place."""
    put = "document.documentElement.innerHTML = '<head><title>提示</title></head><body><div>请输入验证码</div></body>';"
    return {COLUMN: page(put)}


def blocked_endpoint() -> dict[str, Page]:
    """The protection stands before the endpoint."""
    return {
        COLUMN: page("fetch('/api/list').then((one) => one.json()).then(show);"),
        "/api/list": '<html><script src="/wzws-waf-cgi/x.js"></script>请开启JavaScript并刷新该页</html>',
    }


def endless() -> dict[str, Page]:
    return {COLUMN: page("setTimeout(() => { for (;;) {} }, 200);")}


def greedy(count: int) -> dict[str, Page]:
    """Shows its rows, and asks for so many things besides."""
    asks = f"for (let n = 0; n < {count}; n += 1) fetch('/api/' + n).catch(() => 0);"
    answers = {f"/api/{number}": Answer("[]", headers=JSON) for number in range(100)}
    return {COLUMN: page(f"show({packed(rows())}); {asks}"), **answers, **articles()}


def huge() -> dict[str, Page]:
    return {COLUMN: page("document.body.append('水'.repeat(2 << 20));")}


def restless() -> dict[str, Page]:
    """Leads elsewhere as soon as it is there."""
    return {COLUMN: page("location.href = '/elsewhere.html';"), "/elsewhere.html": page("show([]);")}


PORTALS = {
    "inline": inline(),
    "endpoint": endpoint(),
    "forbidden": forbidden(),
    "turned": turned(),
    "linked": linked(),
    "application": application(),
    "challenge": challenge(),
    "late-challenge": late_challenge(),
    "blocked-endpoint": blocked_endpoint(),
    "greedy": greedy(100),
    "huge": huge(),
    "restless": restless(),
}
UNRULY = {"endless": endless(), "flood": greedy(10_000)}


def host(name: str) -> str:
    return f"{name}.qinghe.gov.cn"


def url(name: str) -> str:
    return f"http://{host(name)}{'/' if name == 'application' else COLUMN}"


def site(portals: dict[str, dict[str, Page]]) -> dict[str, Page]:
    """Portals as a proxy serves them."""
    return {f"{host(name)}{path}": answer for name, portal in portals.items() for path, answer in portal.items()}


def register(folder: Path, url: str, port: int) -> None:
    """A registry of one portal on this machine, whose lists only a browser shows."""
    written = folder / "xxgk-archive" / "portals" / "own.yml"
    written.parent.mkdir(parents=True)
    written.write_text(
        f"""portals:
  - id: qinghe
    url: {url}{COLUMN}
    allow: [{{host: "127.0.0.1:{port}", reason: a test}}]
    scripted: {{reason: the rows stand in a script}}
""",
        encoding="utf-8",
    )
