"""Portals of 大汉's families, old and new, and of TrueCMS: each endpoint answers only what its page's script would send."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl

from tests.replay.server import Asked, Pages, Reply
from tests.spiders.families.invented import ARTICLE, PROSE, Report, Searched, articles, home, item, reports, title

PROXY = "/module/web/jpage/dataproxy.jsp"
SEARCH = "/module/xxgk/search.jsp"
ANNUAL = "/module/xxgk/xxgkAnnualReport.jsp"
GATEWAY = "/api-gateway/jpaas-publish-server/front/page/build/unit"
MESSAGES = "/TrueCMS/messageController/getMessage.do"
COLUMN_ID = "593f0397-04d7-44c3-8339-240a77a793ce"
HEAD = "<head><meta name='WebId' content='73'><meta name='ColumnName' content='政府信息公开年报'><meta name='Maketime' content='2026-02-22 11:34:34'></head>"


def record(report: Report) -> str:
    broken = item(report).replace("-01-", "-\n  01-")
    return f"<record><![CDATA[\n{broken}]]></record>\n"


def datastore(listed: list[Report], total: int | None = None, more: str = "") -> str:
    said = f"<totalrecord>{total}</totalrecord><totalpage>9</totalpage>" if total is not None else ""
    return f"<datastore>{more}{said}<recordset>{''.join(map(record, listed))}</recordset></datastore>"


@dataclass(frozen=True)
class Portal:
    """A served portal, its column's address, and what stands in the column."""

    site: Searched | Pages
    column: str
    listed: list[Report]
    outcome: str = "ok"


class Dataproxy(Searched):
    """The endpoint of a Hanweb list; ``heeds`` is what of a question counts: its window, its page, or nothing."""

    heeds = "windows"
    total = True
    form = "xml"
    columns = "12596"

    def search(self, asked: Asked) -> Reply:
        query = dict(parse_qsl(asked.path.partition("?")[2]))
        body = dict(parse_qsl(asked.body.decode()))
        if asked.method != "POST" or (body["columnid"], body["unitid"], body["webid"]) != (
            self.columns,
            "764752",
            "73",
        ):
            return Reply(b"", 405)
        part = self.window(query)
        total = len(self.listed) if self.total else None
        if self.form == "javascript":
            rows = ",\n".join("'" + item(one).replace("'", "\\'").replace("/", "\\/") + "'" for one in part)
            text = f"totalRecord={total}.0;totalPage=27;dataStore=[{rows}]"
            return Reply(text.encode(), content_type="text/javascript")
        return Reply(datastore(part, total).encode(), content_type="text/xml;charset=UTF-8")

    def window(self, query: Mapping[str, str]) -> list[Report]:
        if self.heeds == "windows":
            return self.listed[int(query["startrecord"]) - 1 : int(query["endrecord"])]
        if self.heeds == "pages":  # past the end the last page comes again
            return self.part(int(query["page"])) or self.part(-(-len(self.listed) // self.size))
        return self.part(1)


def hanweb(
    *,
    heeds: str = "windows",
    total: bool = True,
    form: str = "xml",
    proxy: str = PROXY,
    columns: str = "12596",
    shown: int = 15,
    outcome: str = "ok",
) -> Portal:
    """A column of 100 reports of which the page's script keeps the first."""
    listed = reports(100, "/art/2026/1/29/art_12596_{number}.html")
    column = "/col/col12596/index.html"
    query = f"?page=1&webid=73&columnid={columns}&unitid=764752"
    following = f'<nextgroup><![CDATA[<a href="{proxy}{query}"></a>]]></nextgroup>'
    options = f"perPage:15,groupSize:3,{'totalRecord:100,' if total else ''}proxyUrl:'{proxy}'"
    parameters = f"col:1,appid:1,webid:73,path:'/',columnid:'{columns}',sourceContentType:1,unitid:'764752',webname:'云汀市',permissiontype:0"
    page = (
        f"<html>{HEAD}<body><div class='menu'><a href='/'>首页</a></div><div id='764752'><script type='text/xml'>"
        f"{datastore(listed[:shown], more=following)}</script></div>"
        f"<script>$(function(){{$('#764752').jpage({{{options},ajaxParam:{{{parameters}}}}});}});</script></body></html>"
    )
    made = (
        f"<html>{HEAD.replace('ColumnName', 'SiteName')}<body><div class='sp_title'>{{title}}</div><div class='sp_time'>"
        "<font>时间：{day} 10:17</font><font>来源：</font></div><div id='zoom'><!--ZJEG_RSS.content.begin--><p>{prose}</p>"
        "<!--ZJEG_RSS.content.end--></div></body></html>"
    )
    site = Dataproxy({"/": home(column), column: page, **articles(listed, made)}, proxy, listed, 15)
    site.heeds, site.total, site.form, site.columns = heeds, total, form, columns
    return Portal(site, column, listed, outcome)


class Module(Searched):
    """The search of the 信息公开 module, which answers rows of the agency's other columns among the column's."""

    def search(self, asked: Asked) -> Reply:
        body = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        assert (body["infotypeId"], body["area"], body["divid"]) == ("Z0713", "11370100MB2873710W", "div12596")
        pages = -(-len(self.listed) // self.size)
        rows = "".join(
            f"<tr class='tr_main_value_{'odd' if number % 2 else 'even'}'><td>{number}</td><td><a href='{one.path}' target='_blank'>"
            f"{one.title}</a></td><td>{one.day}</td></tr>"
            for number, one in enumerate(self.part(int(body["currpage"])))
        )
        other = "<tr class='tr_main_value_odd'><td>9</td><td><a href='/art/2026/1/3/art_777_1.html'>干部任免</a></td><td>2026-01-03</td></tr>"
        return Reply(f"<table>{rows}{other}</table><div>共{pages}页</div>".encode())


def module() -> Portal:
    """A shell with a tree in a frame and a list that a call draws."""
    listed = reports(40, "/art/2026/1/29/art_12596_{number}.html")
    column = "/col/col12596/index.html?vc_xxgkarea=11370100MB2873710W&number=Z0713"
    page = (
        f"<html>{HEAD}<body><iframe src='/module/xxgk/tree.jsp?area=11370100MB2873710W&amp;divid=div12596'></iframe>"
        "<div id='div12596'></div><script>loadDynamic('/module/xxgk/search.jsp?standardXxgk=1&infotypeId='+a+'&vc_title='+b+"
        "'&area=11370100MB2873710W', 'div12596', '0','0','950','73','','');</script></body></html>"
    )
    site = Module({"/": home(column), column: page, **articles(listed, ARTICLE)}, SEARCH, listed, 20)
    return Portal(site, column, listed)


AREAS = {"11370900004341590P": "云汀市财政局", "11370900004341591M": "云汀市民政局"}
YEARS = (2022, 2021, 2020)
MISSING = ("11370900004341591M", 2021)


def annual_path(area: str, year: int) -> str:
    return f"{ANNUAL}?area={area}&fbtime={year}"


def annual(*, says: Reply | None = None) -> Portal:
    """Two agencies in a tree, three years to choose; one report is not there, by status or by what its page says."""
    tree = "/module/xxgk/tree.jsp?area=11370900004341590P&divid=div9"
    nodes = "".join(
        f"d.add({n},0,'{name}',\"javascript:show('{area}')\");" for n, (area, name) in enumerate(AREAS.items(), 1)
    )
    first = next(iter(AREAS))
    choice = "".join(f'<a href="{annual_path(first, year)}">{year}年</a>' for year in YEARS)
    frame = f'<iframe src="{tree.replace("&", "&amp;")}"></iframe>'
    column = "/col/col77/index.html"
    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: f"<html>{HEAD}<body>{frame}<div class='years'>{choice}</div></body></html>",
        tree: f"<script>var d = new dTree('d');d.add(0,-1,'单位');{nodes}</script>",
    }
    listed = []
    for area, name in AREAS.items():
        for year in YEARS:
            path = annual_path(area, year)
            if (area, year) == MISSING:
                pages[path] = says or Reply(b"<title>404</title>", 404)
                continue
            listed.append(Report(path, title(name, year)))
            pages[path] = (
                f"<html>{HEAD}<body>{frame}<div class='years'>{choice}</div><div class='sp_title'>{title(name, year)}</div>"
                f"<div class='sp_time'>发布日期：2026-01-29</div><div id='zoom'><p>{PROSE}</p></div></body></html>"
            )
    return Portal(Pages(pages), column, listed)


UNIT = {
    "parseType": "bulidstatic", "webId": "3096", "tplSetId": "quSyqDUrFfjv1nGRQhEEH", "pageType": "column",
    "tagId": "当前栏目_list", "editType": "null", "pageId": "1229214366",
}  # fmt: skip


class Gateway(Searched):
    """The gateway of JPaaS: markup in JSON, moved by ``paramJson`` alone; a crawler's request without a page is refused."""

    def search(self, asked: Asked) -> Reply:
        query = {name: values[0] for name, values in parse_qs(asked.path.partition("?")[2]).items()}
        wanted = json.loads(query.pop("paramJson"))
        if query != UNIT:
            return Reply(b'{"success":false}', content_type="application/json")
        lines = "".join(
            f'<li><a class="news" href="{one.path}">{one.title}</a><span class="time">{one.day}</span></li>'
            for one in self.part(wanted["pageNo"])
        )
        pager = f'<div class="pagination" rows="15" count="{len(self.listed)}" pageno="{wanted["pageNo"]}"></div>'
        data = {"success": True, "data": {"html": f'<div class="page-content">{lines}</div>{pager}'}}
        return Reply(json.dumps(data).encode(), content_type="application/json")


class Refusing(Gateway):
    """A gateway that refuses whoever comes."""

    def search(self, asked: Asked) -> Reply:
        del asked
        return Reply(b"", 403)


def jpaas(made: type[Gateway] = Gateway, outcome: str = "ok") -> Portal:
    """A column that is empty but for the script that builds it; its menu is a unit, too."""
    listed = reports(40, "/col/col1229214366/art/2026/art_{number:032x}.html")
    column = "/col/col1229214366/index.html"
    quoted = json.dumps(UNIT, ensure_ascii=False).replace('"', "'")
    menu = json.dumps({**UNIT, "tagId": "导航"}, ensure_ascii=False).replace('"', "&quot;")
    page = (
        f"<html>{HEAD}<body><a href='/'>首页</a><script url='{GATEWAY}' queryData=\"{menu}\"></script>"
        f"<script src='/script/unitbuild.js' webId='3096' parseType='bulidstatic' url='{GATEWAY}' queryData=\"{quoted}\"></script></body></html>"
    )
    article = (
        "<html><head><meta name='MakeTime' content='2026-05-12 09:00:00'><meta name='PubDate' content='2026-05-12 08:59'></head>"
        "<body><div class='ctitle'><h1 id='con_title'>{title}</h1></div><div class='cinfo center'><span id='con_time'>发布时间：{day} 10:53"
        "</span></div><div class='ccontent center' id='con_con'>{prose}<BR></div></body></html>"
    )
    site = made({"/": home(column), column: page, **articles(listed, article)}, GATEWAY, listed, 15)
    return Portal(site, column, listed, outcome)


class Messages(Searched):
    """The endpoint of TrueCMS: a datastore inside JSONP; a window of more than 20 rows is not there."""

    def search(self, asked: Asked) -> Reply:
        query = dict(parse_qsl(asked.path.partition("?")[2]))
        start, end = int(query["startrecord"]), int(query["endrecord"])
        if query["columnId"] != COLUMN_ID or end - start >= 20:
            return Reply(b"", 404)
        store = datastore(self.listed[start - 1 : end], len(self.listed))
        return Reply(f"{query['callback']}({json.dumps({'result': store})})".encode(), content_type="text/javascript")


def truecms() -> Portal:
    """A column whose first rows stand in a hidden list."""
    listed = reports(45, "/ytssjj/xxgknb/content/593f0397-04d7-44c3-8339-{number:012x}.html")
    column = "/ytssjj/xxgknb/xxgknb.html"
    shown = "".join(item(one) for one in listed[:10])
    page = (
        f"<html>{HEAD}<body><a href='/'>首页</a><div id='initData' style='display:none'><ul>{shown}</ul></div><script>$('#list').jpage({{"
        f"dataStore:null,totalRecord:45,proxyUrl:'{MESSAGES}',perPage:20,groupSize:3,ajaxParam:{{columnId:'{COLUMN_ID}'}}}});</script></body></html>"
    )
    site = Messages({"/": home(column), column: page, **articles(listed, ARTICLE)}, MESSAGES, listed, 20)
    return Portal(site, column, listed)


SAID_MISSING = Reply("<html><body><div id='zoom'><p>暂无相关信息</p></div></body></html>".encode())
PORTALS: dict[str, Callable[[], Portal]] = {
    "a datastore asked for in windows": hanweb,
    "a datastore that heeds only the page": lambda: hanweb(heeds="pages", total=False, shown=45),
    "a datastore of several columns": lambda: hanweb(
        proxy="/module/jpage/morecolumndataproxy.jsp", columns="12596,12597"
    ),
    "a datastore in JavaScript": lambda: hanweb(
        proxy="/module/jslib/jquery/jpage/dataproxy.jsp", form="javascript", shown=0
    ),
    "a datastore that heeds nothing": lambda: hanweb(heeds="nothing", outcome="incomplete"),
    "the module's search": module,
    "reports by agency and year": annual,
    "a year that says it is missing": lambda: annual(says=SAID_MISSING),
    "a gateway": jpaas,
    "a gateway that refuses": lambda: jpaas(Refusing, "unreachable"),
    "a hidden list": truecms,
}
