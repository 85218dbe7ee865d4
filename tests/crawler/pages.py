"""Pages of invented agencies for these tests: a column of reports and what it leads to."""

from __future__ import annotations

from collections.abc import Sequence

from tests.crawler.servers import Page

AGENCIES = ("青禾市水务局", "青禾市档案馆", "青禾市林业局", "青禾市体育局", "青禾市审计局", "青禾市统计局")
COLUMN = "/zcbm/ndbg/"
_TRADITIONAL = str.maketrans(
    "专两关内况办动参发处对将开录总户报时来栏没结缓训议讼访诉请购费转过进迟门问页项预题务",
    "專兩關內況辦動參發處對將開錄總戶報時來欄沒結緩訓議訟訪訴請購費轉過進遲門問頁項預題務",
)


def article(publisher: str, year: int = 2024, *, extra: str = "") -> str:
    """A report as a page, without tables: its findings say so, and it is a report all the same."""
    title = f"{publisher}{year}年政府信息公开工作年度报告"
    sections = (
        ("一、总体情况", f"{publisher}在{year}年更新了公开目录，办事窗口全年接待来访，培训两期，参加者四十人。"),
        ("二、主动公开政府信息情况", "本机关通过门户网站和公示栏公开信息，内容涉及预算、采购和人事。"),
        ("三、收到和处理政府信息公开申请情况", "本年度收到申请零件，没有结转到下一年度的申请。"),
        ("四、政府信息公开行政复议、行政诉讼情况", "本年度没有因政府信息公开引起的复议和诉讼。"),
        ("五、存在的主要问题及改进情况", "目录更新有时迟缓，下一年将指定专人每月核对一次。"),
        ("六、其他需要报告的事项", "没有其他需要报告的事项，本年度未收取信息处理费。"),
    )
    body = "".join(f"<p><strong>{heading}</strong></p><p>　　{text * 2}</p>" for heading, text in sections)
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title>
<meta name="ArticleTitle" content="{title}"></head><body>
<div class="CurrChnlCls">首页 &gt; 政府信息公开年报</div>
<h1>{title}</h1><p>发布日期：{year + 1}-01-21</p>
<div class="TRS_Editor">{body}{extra}</div></body></html>"""


def in_big5(markup: str) -> bytes:
    """A page in Big5 that declares UTF-8 all the same: it is none, and every byte of it passes for GB18030."""
    return markup.translate(_TRADITIONAL).encode("big5")


def column(links: Sequence[tuple[str, str]]) -> str:
    """A list of rows, each an address and a title."""
    rows = "".join(
        f'<li><a href="{href}" title="{title}">{title}</a><span>2025-01-21</span></li>' for href, title in links
    )
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>政府信息公开年报</title>
<meta name="ColumnName" content="政府信息公开年报"></head><body>
<div class="CurrChnlCls">首页 &gt; 政府信息公开年报</div><h2>政府信息公开年报</h2><ul class="list">{rows}</ul></body></html>"""


def address(number: int, year: int = 2024) -> str:
    """Where the report of the agency with this number stands."""
    return f"{COLUMN}{year + 1}01/t{year + 1}0121_{1000 + number}.html"


def portal(count: int = 3, year: int = 2024, *, host: str = "") -> dict[str, Page]:
    """A portal with one column and so many reports; ``host`` stands before the paths where a proxy serves several."""
    agencies = AGENCIES[:count]
    links = [
        (address(number, year), f"{agency}{year}年政府信息公开工作年度报告") for number, agency in enumerate(agencies)
    ]
    pages: dict[str, Page] = {f"{host}{COLUMN}": column(links)}
    for number, agency in enumerate(agencies):
        pages[f"{host}{address(number, year)}"] = article(agency, year)
    return pages
