"""Rosters (年报公布情况): whose reports an authority says were published, by the ways in which such pages are laid out."""

from __future__ import annotations

import time
from datetime import date

import pytest
from lxml.html import document_fromstring

from parser.hints import Hints
from parser.roster_words import Heads, head, is_unit, numbers, tables, unit_name
from parser.rosters import MAX_UNITS, Layout, Roster, RosterUnit, is_roster, read, read_tree
from spiders.words import lists

TITLE = "清湾市2023年政府信息公开工作年度报告公布情况"
MENU = '<ul class="menu"><li><a href="/jyj/">市教育局</a></li><li><a href="/czj/">市财政局</a></li><li><a href="/sjj/">市审计局</a></li></ul>'
ASIDE = MENU.replace("menu", "units")  # a list of units beside the text, whose class says nothing
Unit = tuple[str, str | None, str | None, str | None]  # name, link, day, what is said


def page(body: str, title: str = TITLE, around: str = '<div class="text">{}</div>') -> str:
    head_line = f"<h1>{title}</h1><p>发布时间：2024-02-02 来源：市政府办公室</p>"
    return (
        f"<html><head><title>{title}-清湾市政府</title></head><body>{MENU}"
        f"<div>{head_line}{around.format(body)}</div>{ASIDE}<p>主办：清湾市人民政府办公室</p></body></html>"
    )


def table(*rows: tuple[str, ...], cell: str = "td") -> str:
    return (
        "<table>"
        + "".join("<tr>" + "".join(f"<{cell}>{text}</{cell}>" for text in row) + "</tr>" for row in rows)
        + "</table>"
    )


def link(href: str, text: str = "查看") -> str:
    return f'<a href="{href}">{text}</a>'


def report(name: str, year: int = 2023) -> str:
    return f"{name}{year}年政府信息公开工作年度报告"


def found(body: str, **how: str) -> Roster:
    roster = read(page(body, **how))
    assert roster is not None
    return roster


def units(roster: Roster) -> list[Unit]:
    return [
        (unit.name, unit.link, None if unit.listed_on is None else unit.listed_on.isoformat(), unit.said)
        for unit in roster.units
    ]


LAYOUTS: dict[str, tuple[str, list[Unit]]] = {
    "a table with all": (
        table(
            ("序号", "单位名称", "公布时间", "是否按时公布", "链接"),
            ("1", "市教育局", "2024-01-20", "是", link("a.html")),
            ("2", "大坪镇人民政府", "2024年2月3日", "否", link("b.html")),
        ),
        [
            ("市教育局", "a.html", "2024-01-20", "是否按时公布：是"),
            ("大坪镇人民政府", "b.html", "2024-02-03", "是否按时公布：否"),
        ],
    ),
    "a table of names and addresses as text": (
        table(("部门", "网址"), ("市教育局", "http://jyj.qingwan.gov.cn/a.html"), ("市残联", "无")),
        [("市教育局", "http://jyj.qingwan.gov.cn/a.html", None, None), ("市残联", None, None, None)],
    ),
    "a table whose names are the links": (
        table(("序号", "公开单位", "备注"), ("1", link("a.pdf", "市教育局"), "按时"), ("2", link("#", "市财政局"), "逾期")),
        [("市教育局", "a.pdf", None, "按时"), ("市财政局", None, None, "逾期")],
    ),
    "two units to a row": (
        table(
            ("序号", "单位", "链接", "序号", "单位", "链接"),
            ("1", "市教育局", link("a"), "2", "市财政局", link("b")),
            ("3", "柳河区", link("c"), "", "", ""),
        ),
        [("市教育局", "a", None, None), ("市财政局", "b", None, None), ("柳河区", "c", None, None)],
    ),
    "marks below two heads": (
        ("<table><tr><th rowspan='2'>序号</th><th rowspan='2'>单位</th><th colspan='2'>公布情况</th></tr>"
        "<tr><th>按时公布</th><th>逾期公布</th></tr>"
        "<tr><td>1</td><td>市教育局</td><td>√</td><td></td></tr><tr><td>2</td><td>市财政局</td><td></td><td>√</td></tr></table>"),
        [("市教育局", None, None, "按时公布：√"), ("市财政局", None, None, "逾期公布：√")],
    ),
    "a title row above the header, groups and sums among the rows": (
        (f"<table><tr><td colspan='3'>{TITLE}</td></tr><tr><td>序号</td><td>单位</td><td>链接</td></tr>"
        "<tr><td colspan='3'>一、市直部门</td></tr><tr><td>1</td><td>市教育局</td><td><a href='a'>查看</a></td></tr>"
        "<tr><td colspan='3'>二、逾期公布</td></tr><tr><td>2</td><td>大坪镇</td><td><a href='b'>查看</a></td></tr>"
        "<tr><td></td><td>合计</td><td>2</td></tr></table>"),
        [("市教育局", "a", None, None), ("大坪镇", "b", None, "逾期公布")],
    ),
    "columns of those in time and those late": (
        table(("按时公布单位", "逾期公布单位"), ("市教育局", "市财政局"), ("市审计局", "")),
        [("市教育局", None, None, "按时公布"), ("市财政局", None, None, "逾期公布"), ("市审计局", None, None, "按时公布")],
    ),
    "reports in the place of names": (
        table(("序号", "年度报告名称", "公开日期"), ("1", link("a", report("清湾市教育局")), "2024.1.20"), ("2", link("b", report("清湾市财政局", 2022)), "")),
        [("清湾市教育局", "a", "2024-01-20", None)],
    ),
    "a day without its year": (
        table(("单位", "公布时间"), ("市教育局", "1月20日"), ("市财政局", "未公布")),
        [("市教育局", None, None, "1月20日"), ("市财政局", None, None, "未公布")],
    ),
    "paragraphs in cells and letters apart": (
        ("<table><tr><td><p><b>单 位</b></p></td><td><p>链　接</p></td></tr>"
        "<tr><td><p><span>市教</span><span>育局</span></p></td><td><p><a href='a\n.html'>点击查看</a></p></td></tr></table>"),
        [("市教育局", "a.html", None, None)],
    ),
    "a table inside a table of the page": (
        table((table(("单位", "链接"), ("市教育局", link("a"))),), ("页脚",)),
        [("市教育局", "a", None, None)],
    ),
    "a list of reports": (
        "<ul>" + "".join(f"<li>{link(href, report(name))}<span>2024-01-2{day}</span></li>" for day, (href, name) in enumerate(
            (("a", "清湾市教育局"), ("b", "清湾市财政局"), ("c", "清湾市大坪镇人民政府")))) + "</ul>",
        [
            ("清湾市教育局", "a", "2024-01-20", None),
            ("清湾市财政局", "b", "2024-01-21", None),
            ("清湾市大坪镇人民政府", "c", "2024-01-22", None),
        ],
    ),
    "a list of names": (
        "<p>" + "、".join(link(href, name) for href, name in (("a", "市教育局"), ("b", "市财政局"), ("c", "残联"))) + "</p>",
        [("市教育局", "a", None, None), ("市财政局", "b", None, None), ("残联", "c", None, None)],
    ),
    "a grid of links without a header": (
        table((link("a", "市教育局"), link("b", "市财政局")), (link("c", "大坪镇"), link("d", "平渡街道"))),
        [("市教育局", "a", None, None), ("市财政局", "b", None, None), ("大坪镇", "c", None, None), ("平渡街道", "d", None, None)],
    ),
    "rows without a header": (
        table(("1", "市教育局", "按时", link("a")), ("2", "市财政局", "逾期", link("b")), ("3", "大坪镇", "未公布", "")),
        [("市教育局", "a", None, "按时"), ("市财政局", "b", None, "逾期"), ("大坪镇", None, None, "未公布")],
    ),
    "paragraphs with addresses": (
        "<p>1.市教育局 http://a.gov.cn/x.html</p><p>2、市财政局：http://b.gov.cn/nb/2023/</p><p>（3）大坪镇人民政府　http://c.gov.cn/t1.html；</p>",
        [
            ("市教育局", "http://a.gov.cn/x.html", None, None),
            ("市财政局", "http://b.gov.cn/nb/2023/", None, None),
            ("大坪镇人民政府", "http://c.gov.cn/t1.html", None, None),
        ],
    ),
    "lines with addresses that are links": (
        "<p>1.市教育局：<a href='a'>http://a.gov.cn/x</a><br>2.市财政局：<a href='b'>点击查看</a><br>3.市审计局：<a href='c'>http://c/</a></p>",
        [("市教育局", "a", None, None), ("市财政局", "b", None, None), ("市审计局", "c", None, None)],
    ),
    "headings that say it of those below": (
        ("<p>一、按时公布单位</p><p>（一）市直部门</p><p>1.市教育局 http://a/</p><p>2.市财政局 http://b/</p>"
        "<p>二、逾期公布单位</p><p>1.大坪镇 http://c/</p><p>三、其他</p><p>1.平渡街道 http://d/</p>"),
        [
            ("市教育局", "http://a/", None, "按时公布"),
            ("市财政局", "http://b/", None, "按时公布"),
            ("大坪镇", "http://c/", None, "逾期公布"),
            ("平渡街道", "http://d/", None, None),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_units_of_a_roster_are_read_with_what_stands_beside_them(name: str) -> None:
    body, expected = LAYOUTS[name]
    roster = found(body)
    assert (units(roster), roster.title, roster.report_year) == (expected, TITLE, 2023)
    assert roster.layout is (
        Layout.TABLE if "<td>单位" in body or any(word in name for word in TABLES) else Layout.LINES
    )


TABLES = ("table", "two units", "marks", "title row", "columns", "in the place", "without its year", "in cells")

NAMELESS = {
    "cells that name no agency": table(("单位", "链接"), ("各部门", link("a")), ("市直部门", link("b")), ("详见附件", link("c"))),
    "a unit of measure": table(("统计指标", "单位", "统计数"), ("主动公开", "条", "3"), ("收到申请", "件", "4")),
    "a table of something else": table(("姓名", "职务"), ("市教育局", "局长")),
    "a picture": '<p><img src="/a/W020240202.png" width="800" height="900"></p>',
    "a file": f"<p>附件：{link('a.xlsx', '公布情况.xlsx')}</p>",
    "nothing": "",
    "prose with two links": f"<p>{link('/bgs/', '市政府办公室')}会同{link('/sjj/', '市审计局')}开展检查。</p>",
    "names without anything beside them": "<p>市教育局</p><p>市财政局</p><p>市审计局</p>",
    "reports of another year": "".join(f"<p>{link('a', report(name, 2022))}</p>" for name in ("清湾市教育局", "清湾市财政局", "清湾市审计局")),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMELESS)
def test_what_is_laid_out_otherwise_gives_no_units_and_says_so(name: str) -> None:
    roster = found(NAMELESS[name])
    assert (roster.units, roster.layout) == ((), None)
    assert roster.notes[0] == "it names no units in a way that is understood"


def test_rows_that_name_no_agency_are_counted() -> None:
    roster = found(table(("单位", "链接"), ("市教育局", link("a")), ("合计", "1")))
    assert (len(roster.units), roster.notes) == (1, ("1 of its rows name no agency",))


@pytest.mark.parametrize("around", ["<div class='text'>{}</div>", "{}", "<div><div><div>{}</div></div></div>"])
def test_menus_of_units_beside_the_text_are_no_part_of_it(around: str) -> None:
    body = "".join(
        f"<p>{number}.{name} http://a/{number}</p>" for number, name in enumerate(("文旅局", "水利局", "商务局"))
    )
    assert [unit.name for unit in found(body, around=around).units] == ["文旅局", "水利局", "商务局"]
    for absent in ("<p>详见附件。</p>", "", "<script>write()</script>"):
        assert found(absent, around=around).units == ()


def test_links_to_the_pages_of_units_count_where_the_text_is_known() -> None:
    tree = document_fromstring(
        page(f"<p>{link('/a/', '文旅局')}{link('/b/', '水利局')}{link('http://c', '商务局')}</p>")
    )
    text = next(element for element in tree.iter("div") if element.get("class") == "text")
    roster = read_tree(tree, Hints(), text)
    assert roster is not None
    assert [unit.link for unit in roster.units] == ["/a/", "/b/", "http://c"]
    without = read_tree(tree, Hints())
    assert without is not None
    assert without.units == ()


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (TITLE, True),
        ("清湾市各单位2023年度政府信息公开工作年度报告发布情况", True),
        ("2023年政府信息公开年度报告一览表", True),
        ("清湾市政府信息公开工作年度报告公布情况", False),
        (report("清湾市教育局"), False),
        (report("清湾市教育局") + "解读", False),
        ("关于做好2023年政府信息公开工作年度报告编制发布工作的通知", False),
        ("2023年财政预算公开情况", False),
    ],
)
def test_a_title_says_that_a_page_is_a_roster_of_a_year(title: str, expected: bool) -> None:
    assert is_roster(title) is expected
    assert (read(page(table(("单位", "链接"), ("市教育局", link("a"))), title=title)) is not None) is expected


def test_what_led_to_a_page_may_say_that_it_is_a_roster_but_a_report_is_none() -> None:
    body = f"<html><body><h1>清湾市人民政府</h1>{table(('单位', '链接'), ('市教育局', link('a')))}</body></html>"
    assert read(body) is None
    roster = read(body.encode("gb18030"), Hints(listed_title=TITLE, charset="gb2312"))
    assert roster is not None
    assert roster.units == (RosterUnit("市教育局", "a"),)
    assert read(body, Hints(listed_title=TITLE, page_title=report("清湾市教育局"))) is None


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("应公布38个，按时公布37个，逾期1个。", {"expected": 38, "on_time": 37, "late": 1}),
        ("全市应公布年度报告的单位３８家，其中 37 家按时公布，1家逾期公布", {"expected": 38, "on_time": 37, "late": 1}),
        ("应公布 12 个, 按时 12 个, 未按时 0 个", {"expected": 12, "on_time": 12, "late": 0}),
        ("共37家单位。", {"expected": 37}),
        ("我市共37家单位公布了2023年政府信息公开工作年度报告。", {"published": 37}),
        ("应公布38家，共37家单位已公布", {"expected": 38, "published": 37}),
        ("应公布38家已公布37家未公布1家", {"expected": 38, "published": 37}),
        ("应公布37家单位38份报告，38份均已按时发布", {"expected": 37, "on_time": 38}),
        ("部门应公布27个；乡镇应公布9个。", {}),
        ("未公布2个", {}),
        ("请于20个工作日内公布，第3个专栏公布", {}),
        ("2023年政府信息公开工作年度报告，2024年1月31日前公布", {}),
        ("通过5个栏目公开", {}),
    ],
)
def test_the_numbers_of_the_prose_are_told_by_their_words(prose: str, expected: dict[str, int]) -> None:
    assert numbers([prose]) == expected
    roster = found(f"<p>{prose}</p>" + table(("单位", "链接"), ("市教育局", link("a"))))
    told = {"expected": roster.expected, "published": roster.published, "on_time": roster.on_time, "late": roster.late}
    assert {name: number for name, number in told.items() if number is not None} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.市教育局", "市教育局"),
        ("（十二）市教育局：", "市教育局"),
        ("二道区人民政府", "二道区人民政府"),
        ("8号桥街道办事处", "8号桥街道办事处"),
        ("3 大坪镇", "大坪镇"),
        ("市教育局2023年年报", "市教育局"),
        ("2023年度市教育局年度报告", "市教育局"),
        ("市教育局2022年年报", None),
        ("清湾市市场监督管理局（知识产权局）", "清湾市市场监督管理局（知识产权局）"),
        ("䃼塘镇", "䃼塘镇"),
        ("青禾市水務局", "青禾市水務局"),
        ("县总工会", "县总工会"),
        ("市委办、市政府办", None),
        ("各乡镇", None),
        ("阳光社区", None),
        ("合计", None),
        ("12", None),
        ("", None),
        ("2024-01-20", None),
        ("局", None),
        ("为贯彻落实条例，市教育局", None),
        ("市" * 60 + "局", None),
    ],
)
def test_a_units_name_is_read_as_printed_or_not_at_all(text: str, expected: str | None) -> None:
    assert unit_name(text, 2023) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("单位名称", Heads.UNIT),
        ("乡镇（街道）", Heads.UNIT),
        ("公布单位", Heads.UNIT),
        ("单位是否公布", Heads.SAID),
        ("公开链接", Heads.LINK),
        ("单位网址", Heads.LINK),
        ("年度报告公布时间", Heads.DAY),
        ("公布情况", Heads.SAID),
        ("序号", Heads.OTHER),
        ("主管部门", Heads.OTHER),
        ("市教育局", None),
        ("单位" * 20, None),
    ],
)
def test_a_columns_head_says_what_it_holds(text: str, expected: Heads | None) -> None:
    assert head(text) is expected


def test_whatever_a_directory_takes_for_an_agencys_ending_ends_a_units_name_too() -> None:
    assert [ending for ending in lists("agencies")["endings"] if not is_unit(f"清湾市大坪{ending}")] == []
    assert set(lists("agencies")["ranked"]) - {"台", "会"} <= {*tables()["units"]["endings"]}


# Pages that are made to occupy who reads them


def test_ten_thousand_rows_are_read_to_a_limit_in_seconds() -> None:
    rows = [("序号", "单位", "链接"), *((str(n), f"第{n}街道办事处", link(f"{n}.html")) for n in range(10_000))]
    began = time.process_time()
    roster = found(table(*rows))
    assert (len(roster.units), roster.units[-1].link) == (MAX_UNITS, f"{MAX_UNITS - 1}.html")
    assert roster.notes == (f"it names 10000 units, and no more than {MAX_UNITS} are taken",)
    listed = found("".join(f"<p>{link(str(n), f'第{n}街道办事处')}</p>" for n in range(10_000)))
    assert len(listed.units) == MAX_UNITS
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td>" * 3000 + "市教育局",
        "<table>" * 5000 + table(("单位", "链接"), ("市教育局", link("a"))),
        f"<table><tr><td colspan='9999999' rowspan='9999999'>单位</td></tr>{'<tr><td>市教育局</td></tr>' * 2000}</table>",
        "<div>" * 20_000 + "<a href='a'>市教育局</a>",
        "<p>" + "1.市教育局" * 30_000,
        "<p>" + " " * 200_000 + "</p>",
        "<p>应公布" + "3个" * 50_000,
        f"<h1>{TITLE}</h1>" * 5_000,
        "<p>http://" + "a." * 100_000,
        "<p>" + "（" * 100_000,
        f"<p>{link('a' * 200_000, '市教育局')}{'<i>' * 10_000}",
    ],
)
def test_a_page_made_to_be_slow_is_read_in_seconds(body: str) -> None:
    began = time.process_time()
    roster = read(page(body))
    assert roster is None or len(roster.units) <= 2_000
    assert time.process_time() - began < 10


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"%PDF-1.7 " + bytes(range(256)), b"<<<>>>", b"\xff" * 500])
def test_bytes_that_are_no_page_are_no_roster(data: bytes) -> None:
    assert read(data) is None
    roster = read(data, Hints(listed_title=TITLE))
    assert roster is not None
    assert (roster.units, roster.report_year) == ((), 2023)


def test_a_day_is_the_one_day_its_cell_prints() -> None:
    roster = found(table(("单位", "时间"), ("市教育局", "2024-01-20 10:30"), ("市财政局", "2024-01-20、2024-02-03")))
    assert [unit.listed_on for unit in roster.units] == [date(2024, 1, 20), None]
