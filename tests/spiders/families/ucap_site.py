"""UCAP pages of our own: the old generation's lists and articles, and the new one's list in a script."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

TEXT = "<p>" + "全年公开工作要点，答复来信，整理目录，回应来电。" * 6 + "</p>"
GENERATED = "2026-05-28 15:46"


def title(year: int, name: str = "云汀县审计局") -> str:
    return f"{name}{year}年政府信息公开工作年度报告"


def table_list(rows: list[tuple[str, str, str]], pages: int, current: int, total: int) -> str:
    """Rows of a table without dates, line breaks round ``href``, and the pager's call inside ``tbody``."""
    cells = "".join(
        f'<tr><td align="center">{number}</td><td class="info zc_info"><a class="list clear" target="_blank" href="\n{href}\n\n">'
        f'<span class="til">{name}</span><span  class="sub-til"></span></a></td><td class="xz-btn"><a href="\n{file}\n\n">下载文字版</a>'
        "</td></tr>"
        for number, (href, name, file) in enumerate(rows, 1)
    )
    return (
        '<html><head><meta charset="utf-8"><title>信息公开年报</title><meta name="others" content="页面生成时间 '
        f'{GENERATED}:43"></head><body><table><tbody id="zc-list-content">{cells}'
        '<script type="text/javascript" src="/js/page.js"></script>'
        f"<script>createPageHTML('page_div',{pages}, {current},'fg','shtml',{total});</script></tbody></table>"
        '<div class="page_num"><div id="page_div"></div></div></body></html>'
    )


def article(name: str, published: str, more: str = "") -> str:
    """An article with a header set in: a second title, metas of its own, and a clock."""
    shown = f"<publishtime>{published}</publishtime>" if published else ""
    return (
        f'<html><head><title>{name}-云汀县审计局</title><meta name="PubDate" content="{GENERATED}">'
        f'<meta name="others" content="页面生成时间 {GENERATED}:43"></head><body>'
        f'<div class="head"><meta name="ColumnName" content="头部"><meta name="others" content="页面生成时间 2026-05-29 01:02:03">'
        '<title>云汀县人民政府</title><span id="utime">2026年11月2日	星期一</span></div><table class="table_content">'
        f'<tr><td class="c1">名称</td><td class="c4" colspan="3">{name}</td></tr>'
        f'<tr><td class="c1">发布机构</td><td class="c2">云汀县审计局</td><td class="c1">公开日期</td><td class="c3">{shown}</td></tr>'
        '<tr><td class="c1">文号</td><td class="c2"></td><td class="c1">关键词</td><td></td></tr></table>'
        f'<h1 class="article-title"><ucaptitle>{name}</ucaptitle></h1>'
        f'<div class="article-content " id="zoomcon"><ucapcontent>{TEXT}{more}</ucapcontent></div></body></html>'
    )


def plain_article(name: str, file: str) -> str:
    """An article without any date, its file above the body under a Chinese name."""
    return (
        f'<html><head><title>{name}</title><meta name="PubDate" content="{GENERATED}">'
        f'<meta name="others" content="页面生成时间 {GENERATED}:43"></head><body><div class="content-head">'
        f'<a download href="{file}">下载文字版</a><a href="/help.docx">使用说明</a></div>'
        f'<div class="content-body"><h3>{name}</h3><p class="sub-title">（摘要）</p>{TEXT}</div></body></html>'
    )


def record(name: str, day: date | None, *, page: str = "", old: str = "", file: str = "") -> dict[str, Any]:
    """A row of the new generation; ``urls`` is JSON inside a string."""
    path = f"/site/col42150/1951206363677671424/{file}"
    files = (
        [{"fileName": "年度报告.pdf", "domainName": "", "filePath": path, "url": f"/doc/ucap/1/{file}"}] if file else []
    )
    return {
        "metadata": {"LinkTitle": old, "Source": ""},
        "title": name,
        "showTitle": f"<p>{name}</p>",
        "pubDate": f"{day} 16:59" if day else "",
        "topStatus": 0,
        "urls": json.dumps({"pc": page}) if page else "",
        "articleFiles": files,
        "id": "1951206363677671424",
    }


def script_list(rows: list[Any], count: int | str | None, base: str = "/site/") -> str:
    """A column of the new generation: no row is markup, the object is no JSON."""
    channel = {"code": "col42150", "articleCount": count, "urls": '{"pc":"/site/col/col42150/index.html"}'}
    return (
        f'<html><head><meta charset="utf-8"><base href="{base}"><meta name="HtmlGenerateTime" content="2025-01-01 00:00">'
        "<title>政府信息公开年报</title></head><body><script>\n"
        f"var websiteId = '1753255916894359552', codeName = 'col42150';\nvar channelsTagSelf = {json.dumps(channel)}; //当前栏目信息\n"
        f"var listData={{\n articleList:{json.dumps(rows, ensure_ascii=False)},\n}};\n</script>"
        '<script id="div1" type="text/x-handlebars-template"><li><a href="{{url}}">{{title}}</a></li></script>'
        "<script>var params = { current: 1, perPage: '15', titleMax: '34' };\nloadPageData(params, '1');</script></body></html>"
    )
