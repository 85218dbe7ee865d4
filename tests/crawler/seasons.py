"""Two years of an invented city and county, day by day: what their portals show on a simulated day, agency by agency.

The portals are asked through a proxy of ours (``http_proxy``), so that they have the names of portals. Everything that was
served is remembered, with the day and the digest of its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from html import escape
from urllib.parse import urlsplit

from archive.days import day_of
from tests.papers import render
from tests.papers.paper import paper
from tests.replay.server import Asked, Reply

CITY, COUNTY = "xxgk.beiyuan.gov.cn", "www.baihua.gov.cn"
PORTALS = {host: f"http://{host}/" for host in (CITY, COUNTY)}
FIRST, LAST = date(2023, 1, 1), date(2024, 12, 31)
BLOCKED = date(2023, 1, 25), date(2023, 2, 20)  # the county's portal; both days included
CLOSED = date(2024, 1, 29), date(2024, 2, 4)
MOVED = date(2023, 8, 16)  # the finance bureau's pages, to another system
MERGED = date(2024, 2, 5)  # somebody says that 文旅局 is 文化和旅游局
_CHALLENGE = """<html><head><meta id="9Do" content="x" r='m'><script src="/a8f.js" r='m'></script>
<script r='m'>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=71;$_ts.cd="q";</script></head><body></body></html>"""
_EDITED = "disclosure.penalties.decisions"


@dataclass(frozen=True)
class Shown:
    """A report as a portal shows it: on its page from ``since`` on, before ``until``, stating a day or none.

    ``listed`` says until when its list has it, where that is another day; ``edited`` is the day its page changes a figure.
    """

    host: str
    column: str
    agency: str
    year: int
    since: date
    stated: date | None
    until: date = date.max
    listed: date | None = None
    edited: date = date.max
    back: date = date.max
    signed: bool = True  # on the day it states

    @property
    def title(self) -> str:
        return f"{self.agency}{self.year}年政府信息公开工作年度报告"

    @property
    def path(self) -> str:
        number = int(sha256(f"{self.agency}{self.year}{self.since}".encode()).hexdigest()[:6], 16)
        return f"{self.column}{self.since:%Y%m}/t{self.since:%Y%m%d}_{number}.html"

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.path}"

    def is_listed(self, day: date) -> bool:
        return self.since <= day < (self.listed or self.until) or day >= self.back

    def is_there(self, day: date) -> bool:
        return self.since <= day < self.until or day >= self.back

    def page(self, day: date) -> str:
        return _report(self, edited=day >= self.edited)


@cache
def _report(one: Shown, *, edited: bool) -> str:
    item = replace(paper(one.agency, one.year), signed=None, signed_by=None)
    if one.signed and one.stated is not None:
        signed = f"{one.stated.year}年{one.stated.month}月{one.stated.day}日"
        item = replace(item, signed=signed, signed_by=one.agency)
    if edited:
        item = replace(item, figures={**item.figures, _EDITED: "777"})
    dated = "" if one.stated is None else f"<p class='info'>发布日期：{one.stated}</p>"
    crumbs = f'<div class="CurrChnlCls">首页 &gt; {one.agency} &gt; 政府信息公开年报</div>'
    body = f"{crumbs}<h1>{one.title}</h1>{dated}<div class='TRS_Editor'>{render.article(item)}</div>"
    return _page(one.title, body)


def _day(written: str) -> date:
    return date.fromisoformat(written)


OWN = {  # agencies of the city with a column of their own, by its folder
    "北苑市人民政府": "/szf/",
    "北苑市水务局": "/swj/",
    "北苑市林业局": "/lyj/",
    "北苑市体育局": "/tyj/",
    "北苑市审计局": "/sjj/",
    "北苑市教育局": "/jyj/",
    "北苑市文化和旅游局": "/wlj/",
    "北苑市望川街道办事处": "/wcjd/",
}
SHARED, NEW = "/zcbm/ndbg/", "北苑市数据局"
ROSTER, ROSTER_SINCE = f"{SHARED}202402/t20240207_990.html", date(2024, 2, 7)
ROSTER_TITLE = "北苑市2023年政府信息公开工作年度报告公布情况"
ONLY_IN_THE_ROSTER = "北苑市信访局"
_IN_THE_ROSTER = (("北苑市水务局", "已公布"), ("北苑市审计局", "未公布"), (ONLY_IN_THE_ROSTER, "未公布"))


def _of(
    agency: str, *published: str | None, column: str | None = None, host: str = CITY, stated: str | None = None
) -> Iterator[Shown]:
    """An agency's reports on 2021, 2022 and 2023, each on the day it states."""
    folder = column or f"{OWN[agency]}ndbg/"
    for year, day in zip((2021, 2022, 2023), published, strict=True):
        if day is not None:
            said = _day(stated) if stated is not None and year == 2022 else _day(day)
            yield Shown(host, folder, agency, year, _day(day), said)


def _city() -> Iterator[Shown]:
    yield from _of("北苑市人民政府", "2022-03-25", "2023-03-24", "2024-04-08")
    yield from _of("北苑市水务局", "2022-01-19", "2023-01-18", "2024-01-17")
    yield from _of("北苑市林业局", "2022-01-20", "2023-02-09", "2024-01-30")
    yield from _of("北苑市体育局", "2022-01-12", "2023-06-12", "2024-01-25")
    yield from _of("北苑市审计局", "2022-01-13", "2023-01-12", None)
    yield from (
        replace(one, edited=date(2023, 3, 8)) if one.year == 2022 else one
        for one in _of("北苑市教育局", "2022-01-14", "2023-01-19", "2024-01-24")
    )
    yield from _of("北苑市文化和旅游局", "2022-01-17", "2023-01-13", None)
    yield from _of("北苑市文旅局", None, None, "2024-01-18", column=f"{OWN['北苑市文化和旅游局']}ndbg/")
    yield from _of("北苑市望川街道办事处", "2022-01-11", "2023-02-22", "2024-01-10")
    yield from (
        replace(one, until=date(2023, 5, 10), listed=date.max, back=date(2023, 7, 12)) if one.year == 2022 else one
        for one in _of("北苑市统计局", "2022-01-10", "2023-01-12", "2024-01-15", column=SHARED)
    )
    yield from _of("北苑市民政局", "2022-01-21", "2023-02-06", "2024-01-26", column=SHARED, stated="2023-01-30")
    for one in _of("北苑市财政局", "2022-01-18", "2023-01-16", "2024-01-23", column=SHARED):
        if one.year == 2023:
            yield one
            continue
        yield replace(one, stated=None, until=MOVED)
        yield replace(one, column="/new/czj/ndbg/", since=MOVED, stated=MOVED, signed=False)
    yield from (
        replace(one, until=date(2023, 5, 17)) if one.year == 2022 else one
        for one in _of("北苑市卫生健康局", "2022-01-24", "2023-01-20", "2024-01-19", column=SHARED)
    )
    yield from _of(NEW, None, None, "2024-01-22", column="/sjju/ndbg/")


def _county() -> Iterator[Shown]:
    for agency, *published in (
        ("白桦县人民政府", "2022-03-23", "2023-03-29", "2024-03-27"),
        ("白桦县教育局", "2022-01-11", "2023-01-19", "2024-01-30"),
        ("白桦县民政局", "2022-01-12", "2023-02-03", "2024-02-08"),
        ("白桦县卫生健康局", "2022-01-13", None, "2024-01-19"),
    ):
        yield from _of(agency, *published, column="/zwgk/ndbg/", host=COUNTY)


REPORTS = (*_city(), *_county())


@dataclass(frozen=True)
class Served:
    """An answer: when, of which address, and the digest of its bytes as hexadecimal sha256."""

    at: datetime
    url: str
    status: int
    digest: str


class Seasons:
    """The portals on whatever day the clock says; a closed one drops the connection."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.served: list[Served] = []

    def answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        host, now = parts.hostname or "", self._clock()
        reply = reply_of(host, parts.path, day_of(now))
        self.served.append(Served(now, asked.path, 0 if reply is None else reply.status, _digest(reply)))
        if reply is None:
            raise ConnectionAbortedError
        return reply


def reply_of(host: str, path: str, day: date) -> Reply | None:
    """What a portal answers on a day; null where it is closed."""
    if host == COUNTY and BLOCKED[0] <= day <= BLOCKED[1]:
        return Reply(_CHALLENGE.encode(), 412)
    if host == COUNTY and CLOSED[0] <= day <= CLOSED[1]:
        return None
    pages = _columns(host, day)
    if path in pages:
        return Reply(pages[path].encode())
    for one in REPORTS:
        if (one.host, one.path) == (host, path) and one.is_there(day):
            return Reply(one.page(day).encode())
    return Reply(b"<html><head><title>404</title></head><body><h1>404</h1></body></html>", 404)


def _columns(host: str, day: date) -> dict[str, str]:
    """The portal's own page, its lists, and the page on which the city says who published."""
    shown = [one for one in REPORTS if one.host == host and one.is_listed(day)]
    names = {"/zwgk/ndbg/": "白桦县", SHARED: "北苑市"} | {f"{folder}ndbg/": name for name, folder in OWN.items()}
    paths = [_list_of(one) for one in shown]
    if host == CITY and any(one.agency == NEW for one in shown):
        names["/sjju/ndbg/"] = NEW
    pages = {}
    for path in dict.fromkeys(paths):
        rows = [(one.path, one.title, one.stated) for one in shown if _list_of(one) == path]
        if path == SHARED and day >= ROSTER_SINCE:
            rows.append((ROSTER, ROSTER_TITLE, ROSTER_SINCE))
        pages[path] = _list(names[path], rows)
    links = [(path, "政府信息公开年报" if path in {SHARED, "/zwgk/ndbg/"} else names[path]) for path in pages]
    menu = "".join(f'<li><a href="{path}">{escape(text)}</a></li>' for path, text in links)
    whose = names["/zwgk/ndbg/" if host == COUNTY else SHARED]
    pages["/"] = _page(f"{whose}政府信息公开", f"<h1>{whose}政府信息公开</h1><h3>政府信息公开年报</h3><ul>{menu}</ul>")
    if host == CITY and day >= ROSTER_SINCE:
        lines = "".join(f"<tr><td>{name}</td><td>{said}</td></tr>" for name, said in _IN_THE_ROSTER)
        table = f"<table><tr><th>单位</th><th>公布情况</th></tr>{lines}</table>"
        pages[ROSTER] = _page(ROSTER_TITLE, f"<h1>{ROSTER_TITLE}</h1>{table}")
    return pages


def _list_of(one: Shown) -> str:
    return SHARED if one.column.startswith("/new/") else one.column


def _list(whose: str, rows: list[tuple[str, str, date | None]]) -> str:
    lines = "".join(
        f'<li><a href="{path}" title="{title}">{title}</a>{"" if day is None else f"<span>{day}</span>"}</li>'
        for path, title, day in reversed(rows)
    )
    crumbs = f'<div class="CurrChnlCls">首页 &gt; {whose} &gt; 政府信息公开年报</div>'
    head = '<meta name="ColumnName" content="政府信息公开年报">'
    return _page("政府信息公开年报", f'{crumbs}<h2>政府信息公开年报</h2><ul class="list">{lines}</ul>', head=head)


def _page(title: str, body: str, *, head: str = "") -> str:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{body}</body></html>'


def _digest(reply: Reply | None) -> str:
    return sha256(b"" if reply is None else reply.body).hexdigest()
