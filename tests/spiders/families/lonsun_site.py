"""A 龙讯 LonSun portal of 安徽: the list comes by script, cut to the length asked for, and only to who comes from it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.replay.server import Asked, Pages, Reply
from tests.spiders.families.invented import LOOK_ALIKE, PROSE, home, title

COLUMN = "/zwgk/public/column/6596221?type=3&action=list"
LABEL = "/zwgk/site/label/8888"
PER_PAGE = 3
TEMPLATE = "/c3/hs/publicInfoList_newest"
AGENCY = "云汀市经济技术开发区管理委员会（云汀市高新技术产业示范园区、云汀市综合保税区）"
SCRIPT = f"""<script>function load(page) {{ $.get('{LABEL}?IsAjax=1&dataType=html&_=' + Math.random() +
  '&labelName=publicInfoList&siteId=6786551&pageSize={PER_PAGE}&pageIndex=' + page + '&action=list&isDate=true' +
  '&dateFormat=yyyy-MM-dd&length=50&organId=6596221&type=3&catId=&cId=&result=暂无相关信息&file={TEMPLATE}', show); }}
  Ls.pagination({{pageCount:3,pageIndex:1}});</script>"""

BOX_SCRIPT = f"""<script>$.get('{LABEL}?IsAjax=1&labelName=publicContentDetail&siteId=6786551&contentId=' + id, show);</script>"""
PDF = Reply(b"%PDF-1.4 x", content_type="application/pdf")


class LonsunSite(Pages):
    """``count`` reports of one agency and one 解读 among them. ``boxed``: the first has its attachments in a box."""

    def __init__(self, count: int = 7, *, boxed: str = "none") -> None:
        self.boxed = boxed
        self.rows = [
            (f"/zwgk/public/content/{36027000 + number}", report(number), day(number)) for number in range(count)
        ]
        self.listed = [*self.rows[:2], ("/zwgk/public/content/1", LOOK_ALIKE, "2026-02-01"), *self.rows[2:]]
        menu = "".join(
            f'<a href="{COLUMN.replace("=3", f"={kind}")}">{name}</a>'
            for kind, name in ((2, "政府信息公开指南"), (3, "政府信息公开年报"))
        )
        column = f'<html><head><meta name="SiteId" content="6786551"></head><body>{menu}<div id="list"></div>{SCRIPT}</body></html>'
        articles = {path: article(name, shown) for path, name, shown in self.rows}
        if boxed != "none":
            articles[self.rows[0][0]] += BOX_SCRIPT
        super().__init__({"/": home(COLUMN), COLUMN: column, **articles})
        self.pages |= {f"/group6/M00/01/02/{name}.pdf": PDF for name in "xy"}

    def answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        if parts.path != LABEL:
            return super().answer(asked)
        self.asked.append(asked.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if query.get("labelName") == "publicContentDetail":
            return self.box(query, asked.headers.get("referer", ""))
        if not asked.headers.get("referer", "").endswith(COLUMN) or query.get("labelName") != "publicInfoList":
            return Reply(b"<title>403</title>", 403)
        known = (query["siteId"], query["organId"], query["type"], query["file"], query["pageSize"])
        page = int(query["pageIndex"])
        rows = self.listed[(page - 1) * PER_PAGE : page * PER_PAGE]
        if known != ("6786551", "6596221", "3", TEMPLATE, str(PER_PAGE)) or not rows:
            return Reply("<ul class='xxgk_nav_list'>暂无相关信息</ul>".encode())
        return Reply(listing(rows, int(query["length"]), -(-len(self.listed) // PER_PAGE)).encode())

    def box(self, query: dict[str, str], referer: str) -> Reply:
        path = self.rows[0][0]
        if self.boxed == "broken" or not referer.endswith(path) or query["contentId"] != path.rpartition("/")[2]:
            return Reply(b"<title>404</title>", 404)
        link = "javascript:openFile('/group6/M00/01/02/y.pdf','年度报告.pdf')"
        return Reply(f'<div><a href="{link}">年度报告</a><a href="/zwgk/public/content/7">相关信息</a></div>'.encode())


def report(number: int) -> str:
    return title(AGENCY, 2025 - number)


def day(number: int) -> str:
    return f"{2026 - number}-01-12"


def listing(rows: list[tuple[str, str, str]], length: int, pages: int) -> str:
    """A page of the list; each row's cells are list items of their own."""
    lines = "".join(
        f'<div class="xxgk_navli"><ul><li class="mc"><a href="{path}" title="{name[:length]}">{name[:length]}</a></li>'
        f'<li class="rq"><span class="date">{shown}</span></li></ul></div>'
        for path, name, shown in rows
    )
    return f"<!--StartLabelHtml_1-->{lines}<script>Ls.pagination({{pageCount:{pages},pageIndex:1}});</script><!--EndLabelHtml_1-->"


def article(name: str, shown: str) -> str:
    space = '<span style="padding-right:0.5em;"></span>'
    table = (
        f"<tbody><tr><th>索{space}引{space}号：</th><td class='pmingcheng'>K16185922-202601-00036</td></tr>"
        "<tr><th>发布机构：</th><td class='pmingcheng'>云汀市经济技术开发区管理委员会</td>"
        "<th>生成日期：</th><td class='pmingcheng'>2001-01-01</td></tr>"
        f"<tr><th>名&emsp;&emsp;称：</th><td class='pmingcheng'>{name[:20]}</td><th>失效时间：</th><td>2002-02-02</td></tr></tbody>"
    )
    return (
        "<html><head><meta name='HtmlGenerateTime' content='2026-11-01 01:01'></head><body><!--StartLabelHtml_2-->"
        f"<table class='table_suoyin hidden-sm hidden-xs'>{table}</table><table class='table_suoyin hidden-lg'>{table}</table>"
        f"<h1 class='newstitle'>{name} </h1><div class='newsinfo clearfix'><div class='newsinfoleft fl'> 发布时间： {shown} 08:12 "
        "&emsp;信息来源： 云汀市审计局</div></div>"
        f"<div id='zoom' class='j-fontContent newscontnet minh500' data-pdf='false'><p>{PROSE}</p>"
        "<p><a href=\"javascript:openFile('/group6/M00/01/02/x.pdf','附表.pdf')\">附表</a></p></div></body></html>"
    )
