"""The city's pages, built like those of 吉林: lists, articles, entry pages, shells. Markup and words are our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

CITY = "云汀市"
REFRESH = '<html><head><meta http-equiv="refresh" content="0; url=./"></head><body></body></html>'
NOT_FOUND = "<html><head><title>404</title></head><body><h1>页面不存在</h1></body></html>"
ROBOTS = "User-agent: *\nDisallow: /neibu/\nAllow: /\n"
_MENU = (
    ("/jlszn/", "公开指南"),
    ("/jlsndbg/", "全市政府信息公开年报"),
    ("/wzndbb/", "年度报告"),
    ("/neibu/", "内部资料"),
)


@dataclass(frozen=True)
class ListRow:
    """A row as a list shows it; ``related`` is the title of an interpretation nested below it."""

    href: str
    title: str
    on: date
    shown: str | None = None  # the link's text where it is not the title
    attribute: str | None = None  # title= where it is not the title
    related: str | None = None


def page(title: str, body: str, *, head: str = "") -> str:
    """A whole page with the site's header and footer."""
    menu = "".join(f'<li><a href="{path}">{text}</a></li>' for path, text in _MENU)
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{escape(title)}</title>{head}</head>\n<body>\n'
        f'<div class="top"><a href="/login">登录</a>| <a href="/register">注册</a>'
        f'<span class="site-date">2026年11月2日 星期一</span></div>\n'
        f'<ul class="menu">{menu}</ul>\n{body}\n'
        f'<div class="foot">主办：{CITY}人民政府办公室　网站标识码：0000000000</div>\n</body></html>\n'
    )


def unit_menu(folder: str, column: str, name: str) -> str:
    """What stands on every page of a unit: the crumbs, and its columns."""
    return (
        f'<div class="crumb">当前位置：<a href="/jlszn/" class="CurrChnlCls">首页</a> &gt; '
        f'<a href="{folder}" class="CurrChnlCls">{name}</a></div>'
        f'<ul class="unit-menu"><li><a href="{folder}gkzn/">政府信息公开指南</a></li>'
        f'<li><a href="{folder}gkml/">政府信息公开目录</a></li>'
        f'<li><a href="{folder}{column}/">政府信息公开年报</a></li></ul>'
    )


def static_list(
    rows: Sequence[ListRow], dates: str, *, pages: int, current: int, above: str = "", title: str = "年度报告"
) -> str:
    """A static TRS list: groups of five closed by an empty ``li``, the pager's call in a comment inside its script."""
    items = []
    for index, row in enumerate(rows, 1):
        attribute = escape(row.title if row.attribute is None else row.attribute).replace("\n", "&#xD;")
        shown = escape(row.title if row.shown is None else row.shown)
        related = ""
        if row.related is not None:
            href = row.href.replace(".html", "_jd.html")
            related = (
                '<div class="popbox"><h3 title="相关解读">相关解读</h3><ul><li>'
                f'<a href="{href}" title="{escape(row.related)}">{escape(row.related)}</a></li></ul></div>'
            )
        day = f"<span>{row.on.strftime(dates)}</span>" if dates else ""
        items.append(f'<li><a href="{row.href}" target="_blank" title="{attribute}">{shown}</a>{related}{day}</li>')
        if index % 5 == 0:
            items.append('<li class="empty"></li>')
    pager = (
        '<div class="page"><ul><script type="text/javascript">\n<!--\n'
        f'createPageHTML({pages}, {current}, "index", "html");\n//-->\n</script></ul></div>'
    )
    return page(title, f'{above}<div class="list"><ul class="u-list">\n{chr(10).join(items)}\n</ul></div>{pager}')


def scripted_list(channel: int, above: str) -> str:
    """A column whose table is empty until a script has asked the directory."""
    script = (
        "<script>\n"
        f'var channelId = "{channel}";\nvar pubURL = "";\n'
        '$.ajax({ url: "/govsearch/jsonp/zf_jd_list.jsp", dataType: "jsonp", jsonpCallback: "result",\n'
        '  data: { page: 1, lb: channelId, sword: "", searchColumn: "all",\n'
        '    searchYear: "all", SType: "1", channelId: channelId } });\n</script>'
    )
    return page(
        "年度报告",
        f'{above}<div id="content"><div id="result-body"><table></table></div><div id="page-body"></div></div>{script}',
    )


def framed_list(source: str) -> str:
    """A page that is nothing but a frame."""
    return (
        f'<html><head><title>年度报告</title></head><body><iframe src="{source}" width="100%"></iframe></body></html>'
    )


def article(
    title: str, lines: Sequence[str], body: str, *, on: date | None, dates: str, above: str = "", below: str = ""
) -> str:
    """An article: the header's two links, title, date line, body."""
    shown = (
        f'<p>发布日期:{on.strftime(dates)}&nbsp;&nbsp;&nbsp;&nbsp;点击数:<span id="hits"></span></p>'
        if on is not None
        else ""
    )
    heading = "".join(f'<p style="text-align:center">{escape(line)}</p>' for line in lines)
    return page(
        f"{title}_{CITY}政府信息公开",
        f'{above}<div class="contents_div"><h1>{escape("".join(lines) or title)}</h1>{shown}'
        f'<div class="zlyxwz_t2a" id="zoom"><div class="Custom_UnionStyle">{heading}{body}</div></div>{below}</div>',
    )


def entry(groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    """The entry page: every unit by group. It reloads itself every ten minutes and is a full page all the same."""
    blocks = ""
    for heading, links in groups:
        items = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links)
        blocks += f"<h3>{heading}</h3><ul>{items}</ul>"
    return page(
        f"{CITY}政府信息公开", f'<div class="units">{blocks}</div>', head='<meta http-equiv="refresh" content="600">'
    )
