"""Invented governments: each a portal of units with their reports, made of the pieces real portals are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.replay import Pages

PROSE = "全年主动公开审计结果公告，答复来信，整理公开目录，接受社会监督。" * 12
HEADINGS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)
Way = tuple[str, str]  # what a link says, and where it leads
Listed = tuple[str, str, str]  # path, title and day of a report
Menu = Callable[[Sequence[Way]], str]
Rows = Callable[[Sequence[Listed]], str]


# Menus


def text_menu(ways: Sequence[Way]) -> str:
    return "<ul>" + "".join(f'<li><a href="{path}">{text}</a></li>' for text, path in ways) + "</ul>"


def drop_down(ways: Sequence[Way]) -> str:
    options = "".join(f'<option value="{path}">{text}</option>' for text, path in ways)
    return f'<select onchange="location.href=this.value"><option value="">请选择</option>{options}</select>'


def handlers(ways: Sequence[Way]) -> str:
    return "".join(f"<td onclick=\"window.open('{path}')\">{text}</td>" for text, path in ways).join(
        ("<table><tr>", "</tr></table>")
    )


def image_map(ways: Sequence[Way]) -> str:
    areas = "".join(f'<area href="{path}" alt="{text}" coords="0,0,9,9">' for text, path in ways)
    return f'<img src="menu.png" usemap="#menu"><map name="menu">{areas}</map>'


def attributes(ways: Sequence[Way]) -> str:
    return "<div>" + "".join(f'<span class="tab" data-url="{path}">{text}</span>' for text, path in ways) + "</div>"


def written(ways: Sequence[Way]) -> str:
    lines = "".join(f"document.write('<li><a href=\"{path}\">{text}</a></li>');" for text, path in ways)
    return f"<script>document.write('<ul>');{lines}document.write('</ul>');</script>"


def tree_nodes(ways: Sequence[Way]) -> str:
    nodes = ",".join(f"{{id:{at},pId:0,name:'{text}',url:'{path}'}}" for at, (text, path) in enumerate(ways))
    return f"<script>var zNodes = [{nodes}]; $.fn.zTree.init($('#tree'), setting, zNodes);</script>"


def buttons(ways: Sequence[Way]) -> str:
    return "".join(f'<input type="button" value="{text}" onclick="location=\'{path}\'">' for text, path in ways)


def pictures(ways: Sequence[Way]) -> str:
    """Tiles whose link is a picture without words, and whose caption stands below it."""
    return "".join(
        f'<div class="tile"><a href="{path}"><img src="i.png"></a><p>{text}</p></div>' for text, path in ways
    )


# Lists


def linked_rows(rows: Sequence[Listed]) -> str:
    return "<ul>" + "".join(f'<li><a href="{u}">{t}</a><span>{d}</span></li>' for u, t, d in rows) + "</ul>"


def cards(rows: Sequence[Listed]) -> str:
    return "".join(f'<div class="card"><h4>{t}</h4><p>{d}</p><a href="{u}">查看详情</a></div>' for u, t, d in rows)


def table_with_downloads(rows: Sequence[Listed]) -> str:
    """A table whose links say only 下载 and 查看; the file is a copy of the page."""
    lines = "".join(
        f'<tr><td>{t}</td><td>{d}</td><td><a href="/never/{quote(t)}.docx">下载</a></td><td><a href="{u}">查看</a></td></tr>'
        for u, t, d in rows
    )
    return f"<table>{lines}</table>"


def clicked_rows(rows: Sequence[Listed]) -> str:
    return "<ul>" + "".join(f"<li onclick=\"open('{u}')\"><b>{t}</b><i>{d}</i></li>" for u, t, d in rows) + "</ul>"


def array(rows: Sequence[Listed]) -> str:
    """Rows in a script's array, beside the menu's array and one that is commented out."""
    found = json.dumps([{"id": 1, "title": t, "url": u, "publishDate": d} for u, t, d in rows], ensure_ascii=False)
    menu = "[{name: '棠溪要闻', url: '/never/menu.html'}]"
    old = f"/* var listData = [{{title: '{rows[0][1]}（旧）', url: '/never/old.html'}}]; */"
    return f"<ul id='list'></ul><script>var menus = {menu};\n{old}\nvar listData = {found}; show(listData);</script>"


def held_object(rows: Sequence[Listed]) -> str:
    """Rows in an object that a script reads from a string, under names of its own."""
    found = {"code": 0, "data": {"rows": [{"infoTitle": t, "infoUrl": u, "pubTime": d} for u, t, d in rows]}}
    return f"<script>render(JSON.parse('{json.dumps(found)}'));</script>"


def agencies_grid(rows: Sequence[Listed]) -> str:
    """Cells that say only which year the report of the line's agency is of."""
    cells = "".join(f'<td><a href="{u}">{int(d[:4]) - 1}年</a></td>' for u, _, d in rows)
    return f"<table><tr><td>本机关</td>{cells}</tr></table>"


def single_cells(rows: Sequence[Listed]) -> str:
    """Tables of one line, each with a link that says only 查看."""
    return "".join(
        f'<table><tr><td>{t[-4:]}</td><td>{d[:4]}</td><td><a href="{u}">查看</a></td></tr></table>' for u, t, d in rows
    )


# Governments


@dataclass(frozen=True)
class Words:
    """What a portal calls its pages: the platform, the guide, the column, and the directory of its units."""

    platform: str = "政府信息公开"
    guide: str = "政府信息公开指南"
    column: str = "政府信息公开年报"
    directory: str = "部门和乡镇信息公开"


def folders(kind: str, unit: str, name: str) -> str:
    """Addresses as TRS makes them."""
    places = {
        "page": f"/zwgk/{name}/",
        "unit": f"/zwgk/{unit}/",
        "guide": f"/zwgk/{unit}/zn/",
        "column": f"/zwgk/{unit}/gkbg/",
    }
    return places.get(kind) or f"/zwgk/{unit}/gkbg/{name}02/t{name}0218_{name}7.html"


def queries(kind: str, unit: str, name: str) -> str:
    """Addresses as old ASP sites have them."""
    places = {"page": f"/page.asp?name={name}", "unit": f"/unit.asp?dw={unit}", "guide": f"/text.asp?dw={unit}"}
    return {**places, "column": f"/list.asp?dw={unit}&lm=9"}.get(kind) or f"/show.asp?dw={unit}&id={name}8"


def files(kind: str, unit: str, name: str) -> str:
    """Addresses as VSB has them."""
    places = {
        "page": f"/{name}.htm",
        "unit": f"/gk/{unit}.htm",
        "guide": f"/gk/{unit}/zn.htm",
        "column": f"/gk/{unit}/bg.htm",
    }
    return places.get(kind) or f"/info/{1000 + sum(map(ord, unit))}/{name}6.htm"


def year_folders(kind: str, unit: str, name: str) -> str:
    """Addresses at which every report is a folder."""
    return f"/zwgk/{unit}/gkbg/{name}/index.html" if kind == "report" else folders(kind, unit, name)


UNITS = (
    ("", "gov", "棠溪县人民政府", (2025, 2024, 2022)),
    ("县财政局", "czj", "棠溪县财政局", (2025, 2023)),
    ("县残联", "cl", "棠溪县残疾人联合会", (2024,)),
    ("县档案馆", "dag", "棠溪县档案馆", (2025,)),
    ("石桥镇", "sqz", "棠溪县石桥镇人民政府", (2025, 2021)),
    ("河湾乡", "hwx", "棠溪县河湾乡人民政府", (2023,)),
)  # what a menu calls it, its folder, its name, and the years it reported on
DECOYS = (
    '<template><li><a href="/never/t.html">棠溪县水利局2025年政府信息公开工作年度报告</a></li></template>'
    "<!-- <a href='/never/c.html'>棠溪县林业局2025年政府信息公开工作年度报告</a> -->"
    '<textarea><a href="/never/x.html">棠溪县审计局2025年政府信息公开工作年度报告</a></textarea>'
    '<ul><li><a href="/never/login.html">登录</a></li><li><a href="/never/wzndbb/">政府网站年度报表</a></li>'
    '<li><a href="/never/1.html">棠溪县2025年法治政府建设年度报告</a><span>2026-01-09</span></li>'
    '<li><a href="/never/2.html">一图读懂棠溪县财政局2025年政府信息公开工作年度报告</a><span>2026-01-09</span></li>'
    '<li><a href="/never/3.html">棠溪县召开春耕备耕工作会议</a><span>2026-01-09</span></li></ul>'
)


@dataclass(frozen=True)
class Government:
    """One way to build the same government: menus, lists, words, depth, addresses, and the page a crawl is given."""

    menu: Menu = text_menu
    units: Menu = text_menu
    tabs: Menu = text_menu
    rows: Rows = linked_rows
    words: Words = field(default_factory=Words)
    depth: int = 1  # directories between the platform and its units
    address: Callable[[str, str, str], str] = folders
    entry: str = "home"  # home, platform, column, article, unit
    framed: bool = False  # the menu of every page stands in a frame

    @property
    def reports(self) -> frozenset[str]:
        """The paths of all its reports."""
        return frozenset(self.address("report", unit, str(year)) for _, unit, _, years in UNITS for year in years)

    @property
    def begins_at(self) -> str:
        """The path a crawl is given."""
        _, unit, _, years = UNITS[1]
        platform = self.address("page", "", "xxgk")
        return {
            "home": "/",
            "platform": platform,
            "column": self.address("column", unit, ""),
            "unit": self.address("unit", unit, ""),
            "article": self.address("report", unit, str(years[0])),
        }[self.entry]

    def site(self) -> Pages:
        """The portal; what stands below ``/never/`` has no reason to be asked for."""
        place = self.address
        pages = {"/": DECOYS, place("page", "", "xxgk"): self.tabs(self._tabs("gov")) + self._directory_or_units()}
        if self.depth:
            pages[place("page", "", "ml")] = self._grouped()
        for name, unit, agency, years in UNITS:
            listed = [(place("report", unit, str(year)), _title(agency, year), f"{year + 1}-01-18") for year in years]
            pages[place("guide", unit, "")] = "<p>公开范围和申请方式</p>"
            pages[place("column", unit, "")] = (
                self._crumbs(name, unit) + f"<h2>{self.words.column}</h2>" + self.rows(listed)
            )
            if unit != "gov":
                pages[place("unit", unit, "")] = f"<h2>{name}</h2>" + self.tabs(self._tabs(unit))
            for path, title, day in listed:
                pages[path] = self._crumbs(name, unit) + _article(title, day)
        top = self.menu([("首页", "/"), (self.words.platform, place("page", "", "xxgk"))])
        framed = {"/inc/top.html": _page(top)} if self.framed else {}
        above = '<iframe src="/inc/top.html"></iframe>' if self.framed else top
        return Pages({**framed, **{path: _page(above + inner) for path, inner in pages.items()}})

    def _tabs(self, unit: str) -> list[Way]:
        return [
            (self.words.guide, self.address("guide", unit, "")),
            (self.words.column, self.address("column", unit, "")),
        ]

    def _directory_or_units(self) -> str:
        return self.tabs([(self.words.directory, self.address("page", "", "ml"))]) if self.depth else self._grouped()

    def _grouped(self) -> str:
        ways = [(name, self.address("unit", unit, "")) for name, unit, _, _ in UNITS[1:]]
        return f"<h4>县直部门</h4>{self.units(ways[:3])}<h4>乡镇</h4>{self.units(ways[3:])}"

    def _crumbs(self, name: str, unit: str) -> str:
        above = self.address("page", "", "xxgk") if unit == "gov" else self.address("unit", unit, "")
        ways = (
            ("首页", "/"),
            (name or self.words.platform, above),
            (self.words.column, self.address("column", unit, "")),
        )
        return (
            '<div class="position">' + " &gt; ".join(f'<a href="{path}">{text}</a>' for text, path in ways) + "</div>"
        )


def _title(agency: str, year: int) -> str:
    return f"{agency}{year}年政府信息公开工作年度报告"


def _page(inner: str) -> str:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>棠溪县人民政府</title></head><body>{inner}</body></html>'


def _article(title: str, day: str) -> str:
    body = "".join(f"<p>{heading}</p><p>{PROSE}</p>" for heading in HEADINGS)
    return f'<h1>{title}</h1><p>发布日期：{day}</p><div id="zoom">{body}</div>'
