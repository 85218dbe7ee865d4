"""The portals of the regional families, one of each kind, with their column's address and the reports they hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.replay.server import Pages, Reply
from tests.spiders.families.invented import (
    ARTICLE,
    LOOK_ALIKE,
    Aviation,
    Coast,
    Putuo,
    Report,
    Taxes,
    articles,
    home,
    item,
    items,
    reports,
    title,
)


@dataclass(frozen=True)
class Portal:
    """A served portal: its pages, where its column stands, which reports it has, which paths must not be asked for."""

    column: str
    listed: list[Report]
    site: Pages
    family: str
    forbidden: tuple[str, ...] = field(default=())


def easysite() -> Portal:
    towns = reports(2, "/zfxxgk/zfxxgknb/2025n/xzjd/21270{number}0/index.html", "云汀区东街道办事处")
    bureaus = reports(2, "/zfxxgk/zfxxgknb/2025n/qzfbm7/21280{number}0/index.html", "云汀区商务局")
    column = "/zfxxgk/zfxxgknb/"
    made = (
        '<html><head><meta name="createDate" content="2026-02-02"></head><body><script src="/js/huilan-jquery.js"></script>'
        '<div class="easysite-news-title"><h2>{title}</h2></div><p class="easysite-news-describe">来源：<font id="xxly">区政府</font>'
        '更新时间：{day} 10:46</p><div id="easysiteText"><p>{prose}</p></div></body></html>'
    )
    head = '<html><body><script src="/js/huilan-jquery.js"></script>'
    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: f'{head}<ul><li><a href="2025n/">2025年</a></li></ul></body></html>',
        f"{column}2025n/": f'{head}<ul><li><a href="xzjd/">街道乡镇</a></li><li><a href="qzfbm7/">区政府部门</a></li></ul>',
        f"{column}2025n/xzjd/": f"{head}<ul>{items(towns)}</ul></body></html>",
        f"{column}2025n/qzfbm7/": f"{head}<ul>{items(bureaus)}</ul></body></html>",
        **articles([*towns, *bureaus], made),
    }
    return Portal(column, [*towns, *bureaus], Pages(pages), "easysite")


def shanghai() -> Portal:
    listed = reports(37, "/nw12344/20260129/4a03b5fa47ae4c73b7ec42801de6b{number:03}.html")
    column = "/zfxxgknb/index.html"
    made = (
        '<html><body><h2 id="ivs_title" class="Article-title">{title} <small id="ivs_date">{day} <span>来源：云汀日报</span></small>'
        '<div class="zihao"><span>字号：</span><a id="large">大</a></div></h2><div id="ivs_content"><p>{prose}</p></div></body></html>'
    )
    script = (
        'var channelList = ["3"]; $.ajax({type:"POST",url:"/front/api/data/affair",contentType:"application/json"})'
    )
    pages = {
        "/": home(column),
        column: f'<html><body><ul id="list"></ul><script>{script}</script></body></html>',
        **articles(listed, made),
    }
    return Portal(column, listed, Putuo(pages, "/front/api/data/affair", listed, 15), "shanghai_ivs")


def sasac() -> Portal:
    listed = reports(7, "/n2588035/n2588320/n2588335/c3512806{number}/content.html")
    column = "/n2588035/n2588320/n2588335/index.html"
    made = (
        '<html><body><div class="share-substr" style="display:none">{title}</div><div class="zsy_content"><div class="zsy_cotitle">\n\n'
        '{title}\n\n<p>文章来源：办公厅 　　发布时间：{day}</p></div><div class="zsy_comain"><p>{prose}</p></div></div></body></html>'
    )
    base = "../../../n2588035/n2588320/n2588335/"
    near = [Report(f"../../..{one.path}", one.title, one.day) for one in listed]
    separator = '<li style="height:1px;background:#ccc;margin:10px 0;"></li>'

    def part(first: int, last: int) -> str:
        return separator.join(item(one, shown="[{day}]") for one in near[first:last])

    first = (
        f'<html><body><div class="zsy_conlist"><ul><span id="comp_2603340">{part(0, 3)}</span>'
        f'<table><tr><td id="pag_2603340" class="pages"><script>var purl="{base}index_2603340"\nvar maxPageNum=0;\n'
        f'document.cookie="maxPageNum2603340=3";\nmaxPageNum = 3;</script></td></tr></table>'
        f"<div style='display:none'><a href='{base}index_2603340_1.html'></a><a href='{base}index_2603340_2.html'></a></div></ul></div>"
    )
    folder = "/n2588035/n2588320/n2588335/"
    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: first,
        f"{folder}index_2603340_2.html": Reply(part(3, 6).encode(), content_type="text/html"),
        f"{folder}index_2603340_1.html": Reply(part(6, 7).encode(), content_type="text/html"),
        **articles(listed, made),
    }
    return Portal(
        column, listed, Pages(pages), "sasac", (f"{folder}index_2603340_0.html", f"{folder}index_2603340_3.html")
    )


def aviation() -> Portal:
    listed = reports(7, "/xxgk/202601/t20260129_{number}.html", "云汀航空管理局")
    column = "/xxgk/zfxxgknb/index.html"
    form = (
        '<form action="/was5/web/search" method="post"><input type="hidden" name="channelid" value="278090">'
        '<input name="sw" value=""><input type="hidden" name="page" value="1"><input type="hidden" name="perpage" value="4"></form>'
    )
    pages = {
        "/": home(column),
        column: f'<html><body><a href="../zn/">指南</a>{form}<div id="list"></div></body></html>',
        **articles(listed, ARTICLE),
    }
    return Portal(column, listed, Aviation(pages, "/was5/web/search", listed, 4), "trs_was", ("/shell.html",))


def coast() -> Portal:
    listed = reports(5, "/zwgk/202601/t20260129_{number}.htm", "云汀省海洋渔业局")
    column = "/zwgk/zfxxgknb/"
    url = "/was5/web/search?channelid=229105&amp;templet=docs.jsp&amp;sortfield=-pubdate&amp;classsql=siteid%3D1&amp;prepage=2&amp;page="
    pages = {
        "/": home(column),
        column: f'<html><body><div id="list"></div><script>$.get("{url}" + n)</script></body></html>',
        **articles(listed, ARTICLE),
    }
    return Portal(column, listed, Coast(pages, "/was5/web/search", listed, 2), "trs_was")


def taxes() -> Portal:
    listed = reports(5, "/taxes/c5{number}23/content.html", "云汀税务局")
    column = "/taxes/n810214/c102384r/index.html?tab=gknb"
    script = '$.post("/getFileListByCodeId", {channelId: "61eaab3127b040d4950fff177f09e561", page: p, size: 20})'
    pages = {
        "/": home(column),
        column: f'<html><body><div id="list"></div><script>{script}</script></body></html>',
        **articles(listed, ARTICLE.replace("'zoom'", "'zoomcon'")),
    }
    return Portal(column, listed, Taxes(pages, "/getFileListByCodeId", listed, 3), "chinatax_json")


def state() -> Portal:
    listed = reports(5, "/zhengce/content/202601/content_694688{number}.htm", "云汀部")
    column = "/zhengce/zfxxgknb/home_0.htm"
    near = [Report(one.path.replace("/zhengce", ".."), one.title, one.day) for one in listed]

    def part(first: int, last: int) -> str:
        rows = "".join(
            f'<li><h4><a href="{one.path}">{one.title}</a><span class="date">{one.day}</span></h4></li>'
            for one in near[first:last]
        )
        return f"<html><body><ul>{rows}</ul></body></html>"

    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: part(0, 2),
        "/zhengce/zfxxgknb/home_1.htm": part(2, 4),
        "/zhengce/zfxxgknb/home_2.htm": part(4, 5),
        **articles(
            listed,
            '<html><body><h1>{title}</h1><p>发布时间：{day}</p><div id="UCAP-CONTENT">{prose}</div></body></html>',
        ),
    }
    return Portal(column, listed, Pages(pages), "gov_cn")


def henan() -> Portal:
    listed = reports(5, "/2026/01-29/12345{number}.html", "云汀省文化厅")
    column = "/zwgk/xxgk/zfxxgknb/"
    file = Report("/files/2019.pdf", title("云汀省文化厅", 2007))
    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: f'<html><body><ul class="newsList">{items(listed[:3])}</ul></body></html>',
        f"{column}index_1.html": (
            f'<html><body><ul class="newsList">{items([*listed[3:], file])}<li><a href="/2026/jd.html">{LOOK_ALIKE}</a></li></ul></body></html>'
        ),
        file.path: Reply(b"%PDF-1.4 0", content_type="application/pdf"),
        **articles(
            listed,
            '<html><body><h1 id="title">{title}</h1>时间：<i id="pubDate">{day}</i>来源：<i id="source">厅</i><div id="content">{prose}</div>',
        ),
    }
    return Portal(column, [*listed, file], Pages(pages), "henan_cms", ("/2026/jd.html",))


def kunming() -> Portal:
    listed = reports(5, "/c/2026-01-29/650059{number}.shtml", "云汀县财政局")
    column = "/zfxxgk/zfxxgknb/"
    script = "<script>function go(){location='index_'+(PageIndex>3?3:PageIndex)+'.shtml'}</script>"

    def part(first: int, last: int) -> str:
        rows = "".join(
            f'<div class="data-table-item"><p class="w659"><a href="{one.path}">{one.title}</a></p><p class="w80">{one.day.replace("-", ".")}</p></div>'
            for one in listed[first:last]
        )
        return f"<html><body>{rows}{script}</body></html>"

    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: part(0, 2),
        f"{column}index_2.shtml": part(2, 4),
        f"{column}index_3.shtml": part(4, 5),
        **articles(
            listed,
            '<html><body><table class="content-table"><tr><td>发布日期</td><td>{day}</td></tr></table><h1>{title}</h1><div class="activity">{prose}</div>',
        ),
    }
    return Portal(column, listed, Pages(pages), "kunming", (f"{column}index_1.shtml", f"{column}index_4.shtml"))


def xian() -> Portal:
    listed = reports(4, "/zwgk/xxgknb/qzfxxgknb/189173380852074086{number}.html", "云汀区人民政府")
    column = "/zwgk/xxgknb/qzfxxgknb/"
    numbers = '<div class="m-txt-pages"><a href="1.html">1</a><a href="2.html">2</a></div>'
    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: f"<html><body><ul>{items(listed[:2])}</ul>{numbers}</body></html>",
        "/zwgk/xxgknb/qzfxxgknb/2.html": f"<html><body><ul>{items(listed[2:])}</ul>{numbers}</body></html>",
        **articles(
            listed,
            '<html><body><h1 class="m-txt-tt">{title}</h1><div class="m-txt-crm"><span class="font">发布时间：{day}</span></div>'
            '<div class="m-txt-source">发布时间：{day}</div><div id="article" class="m-txt-article">{prose}</div>',
        ),
    }
    return Portal(column, listed, Pages(pages), "xian", ("/zwgk/xxgknb/qzfxxgknb/3.html",))


def framed() -> Portal:
    listed = reports(3, "/col/4039_446643/art/17356608/17364738{number}2902ffO7DUB.html", "云汀区教育局")
    column = "/col/18073_668815/index.html"
    menu = (
        '<a href="/">首页</a><a href="/zn/">政府信息公开指南</a><p>'
        + "云汀区政府信息公开平台，欢迎查询各类主动公开的信息。" * 4
        + "</p>"
    )
    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: f'<html><body>{menu}<iframe src="/inner/list.html"></iframe></body></html>',
        "/inner/list.html": f"<html><body><ul>{items(listed)}</ul></body></html>",
        **articles(listed, ARTICLE),
    }
    return Portal("/", listed, Pages(pages), "huaian_col")


def counted() -> Portal:
    """延安: files by number, and past the end the last one again."""
    listed = reports(4, "/zfxxgk/zfxxgknb/a{number}x.html", "云汀市粮食局")
    column = "/zfxxgk/zfxxgknb/1.html"
    last = f"<html><body><ul>{items(listed[2:])}</ul></body></html>"
    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: f"<html><body><ul>{items(listed[:2])}</ul></body></html>",
        "/zfxxgk/zfxxgknb/2.html": last,
        "/zfxxgk/zfxxgknb/3.html": last,
        **articles(listed, ARTICLE),
    }
    return Portal(column, listed, Pages(pages), "numeric_list", ("/zfxxgk/zfxxgknb/4.html",))


def queried() -> Portal:
    """Pages and articles told apart by the query alone."""
    listed = reports(4, "/year_details.aspx?dept={number}&id=66071", "云汀县统计局")
    column = "/InfoPublic.aspx?cid=1019&pid=971&page=1&kw="
    pages: dict[str, Reply | str] = {
        "/": home(column),
        column: f"<html><body><ul>{items(listed[:2])}</ul></body></html>",
        column.replace("page=1", "page=2"): f"<html><body><ul>{items(listed[2:])}</ul></body></html>",
        column.replace("page=1", "page=3"): "<html><body><p>暂无信息</p></body></html>",
        **articles(listed, ARTICLE),
    }
    return Portal(column, listed, Pages(pages), "aspx", (column.replace("page=1", "page=4"),))


PORTALS: dict[str, Callable[[], Portal]] = {
    "easysite": easysite,
    "a district of 上海": shanghai,
    "国资委": sasac,
    "a search by POST": aviation,
    "a search by GET": coast,
    "税务总局": taxes,
    "gov.cn": state,
    "河南": henan,
    "昆明": kunming,
    "西安": xian,
    "a list in a frame": framed,
    "files counted up": counted,
    "pages by query": queried,
}
