"""Report columns found from entry pages, and what must never be taken for one."""

from __future__ import annotations

import pytest

from spiders import columns, directories
from spiders.agencies import read_agency
from spiders.columns import ColumnLink, is_report_column
from spiders.families.jilin import unit_columns
from spiders.families.pages import Page

HOST = "http://xxgk.example.gov.cn"


def page(*links: tuple[str, str], path: str = "/") -> Page:
    return Page(HOST + path, "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links))


@pytest.mark.parametrize(
    ("href", "text"),
    [
        ("/zfxxgk/x/", "政府信息公开年报"),
        ("/zfxxgk/x/", "信息公开年报"),
        ("/zfxxgk/x/", "政府信息公开工作年度报告"),
        ("/zfxxgk/x/", "政府信息公开年度报告"),
        ("/x/list.shtml", "政府信息公开年报"),
        ("/szf/ndbg/", "云汀市人民政府"),
        ("/szf/ndbg/", "更多"),
        ("/zcbm/fgw_136504/ndbg/index.html", "云汀市审计局"),
        ("/zwgk/x/", "年度报告"),
        ("/jlsndbg/", "全市政府信息公开年报"),
        ("/zfxxgknb.htm", "年报"),
        ("/gzbm/gdj/ndbg/", "云汀市统计局"),
        ("/gzbm/czj/x/", "云汀市财政局政府信息公开年报"),
    ],
)
def test_a_link_leads_to_a_report_column_by_its_words_or_its_folder(href: str, text: str) -> None:
    assert [link.url for link in columns.report_columns(page((href, text)))] == [HOST + href]


@pytest.mark.parametrize(
    ("href", "text"),
    [
        ("/zfwzndbb/", "年度报告"),
        ("/wzndbb/", "年度报告"),
        ("/x/", "政府网站工作年度报表"),
        ("/x/", "法治政府建设年度报告"),
        ("/x/", "住房公积金年度报告"),
        ("/x/ndbg/", "云汀市统计局统计年报"),
        ("/gkzn/", "政府信息公开指南"),
        ("/x/", "政府信息公开年度报告制度"),
        ("/x/", "政府信息公开年度报告解读"),
        ("/ndbg/202601/t20260113_1.html", "云汀市审计局2025年政府信息公开工作年度报告"),
        ("/ndbg/2025.pdf", "政府信息公开年报"),
        ("javascript:;", "政府信息公开年报"),
        ("/", "政府信息公开年报"),
    ],
)
def test_what_is_no_report_column(href: str, text: str) -> None:
    assert columns.report_columns(page((href, text))) == ()


def test_a_bare_annual_report_counts_only_where_no_link_says_more() -> None:
    menu = page(("/gb/", "年度报告"), ("/xxgk/", "政府信息公开年报"))
    assert [link.url for link in columns.report_columns(menu)] == [f"{HOST}/xxgk/"]


def test_a_units_link_brings_its_agency() -> None:
    found = columns.report_columns(page(("/zcbm/tjj/ndbg/", "云汀市发展和改革局"), ("/szf/ndbg/", "年报")))
    assert [link.agency for link in found] == ["云汀市发展和改革局", None]


@pytest.mark.parametrize(
    ("href", "guess"),
    [
        ("/zcbm/fgw_136504/", "/zcbm/fgw_136504/ndbg/"),
        ("/zcbm/fgw_136504/gkzn/", "/zcbm/fgw_136504/ndbg/"),
        ("/zcbm/fgw_136504/gkml/index.html", "/zcbm/fgw_136504/ndbg/"),
        ("/zcbm/fgw_136504/xbgkml/", "/zcbm/fgw_136504/ndbg/"),
    ],
)
def test_a_units_folder_has_its_reports_beside_its_guide(href: str, guess: str) -> None:
    assert unit_columns(page((href, "云汀市审计局"))) == (
        ColumnLink(HOST + guess, "云汀市审计局", guessed=True, instead=HOST + href),
    )


def test_units_are_agencies_of_the_same_government() -> None:
    listed = page(
        ("/zcbm/jyj/", "云汀市教育局"),
        ("http://jyj.example.gov.cn/", "云汀市教育局网站"),
        ("http://czj.example.gov.cn/zfxxgk/", "云汀市财政局"),
        ("http://www.other.gov.cn/", "邻市教育局"),
        ("/zcbm/", "市政府部门"),
        ("/t20260101_1.html", "云汀市财政局"),
    )
    assert [link.url for link in directories.unit_links(listed)] == [
        f"{HOST}/zcbm/jyj/",
        "http://czj.example.gov.cn/zfxxgk/",
    ]


def test_disclosure_pages_are_where_to_look_next() -> None:
    home = page(("/zwgk/", "政务公开"), ("/zfxxgk/", "政府信息公开"), ("/news/", "新闻中心"))
    assert directories.disclosure_pages(home) == (f"{HOST}/zwgk/", f"{HOST}/zfxxgk/")


def test_a_column_branches_into_years_classes_and_units_but_not_into_months() -> None:
    tree = page(
        ("2025n/", "2025年"),
        ("2025n/szfbm/", "市政府部门"),
        ("./jyj/", "云汀市教育局"),
        ("202601/", "2026年1月"),
        ("../gkzn/", "指南"),
        ("index_1.html", "2"),
        ("202601/t20260113_1.html", "云汀市审计局2025年政府信息公开工作年度报告"),
        path="/xxgk/zfxxgknb/",
    )
    base = f"{HOST}/xxgk/zfxxgknb/"
    assert [(link.url.removeprefix(base), link.agency) for link in columns.sub_columns(tree)] == [
        ("2025n/", None),
        ("2025n/szfbm/", None),
        ("jyj/", "云汀市教育局"),
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/szf/ndbg/", True),
        ("/szf/bgtndbg/", True),
        ("/ccsrmzfndbg/", True),
        ("/jlsndbg/index.html", True),
        ("/ly/lyqrmzfbgs/zfxxgknb/", True),
        ("/zfxxgkzl/gknb/2018nb/zxjd2018/", True),
        ("/zwgk/zfxxgk/zfxxgknb/2022n/", True),
        ("/cnsq/gknb/xxgknb2019_list.shtml", True),
        ("/zfxxgk/zfxxgknb.htm", True),
        ("/zfxxgk/zfxxgknb/1.html", True),
        ("/zfxxgk/zfxxgknb/202301/t20230118_1.html", False),
        ("/zfxxgknb/qzf/a45bd6ae777e43d98b8903d4b139de03/index.shtml", False),
        ("/jlszn/", False),
        ("/zcbm/fgw_98087/gkzn/", False),
        ("/zfwzndbb/", False),
        ("/zfwzgzndbb/", False),
        ("/", False),
    ],
)
def test_a_folders_name_speaks_for_reports(path: str, expected: bool) -> None:
    assert is_report_column(HOST + path) is expected


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("云汀市审计局政府信息公开指南", "云汀市审计局"),
        ("云汀市望川街道办事处", "云汀市望川街道办事处"),
        ("· 苇塘乡", "苇塘乡"),
        ("市残联", "市残联"),
        ("县档案馆", "县档案馆"),
        ("残联", None),
        ("云汀经济开发区管理委员会（本级）", "云汀经济开发区管理委员会（本级）"),
        ("云汀市财政局信息公开年报", "云汀市财政局"),
        ("市政府部门", None),
        ("组成部门", None),
        ("网站首页", None),
        ("2024年", None),
        ("政府信息公开年报", None),
    ],
)
def test_an_agency_is_read_from_a_link(text: str, agency: str | None) -> None:
    assert read_agency(text) == agency


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (["县财政局", "石桥镇", "农科园"], ["县财政局", "石桥镇", "农科园"]),
        (["县财政局", "指南", "目录", "制度"], ["县财政局"]),
        (["2", "3", "下一页"], []),
        (["石桥镇", "河湾乡", "更多"], ["石桥镇", "河湾乡"]),
    ],
)
def test_a_column_asked_for_one_unit_is_a_branch_of_it(choices: list[str], expected: list[str]) -> None:
    menu = "".join(f'<dd><a href="?dept={at}">{text}</a></dd>' for at, text in enumerate(choices))
    found = columns.sub_columns(Page(f"{HOST}/gk/report.html", f"<html><body><dl>{menu}</dl></body></html>"))
    assert [link.url for link in found] == [f"{HOST}/gk/report.html?dept={choices.index(text)}" for text in expected]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<title>年度报告_云汀市人民政府</title>", True),
        ("<h2>公开年报</h2>", True),
        ("<h2>信息公开年度报告</h2>", True),
        ("<h2>网站年度报告</h2>", False),
        ("<h2>统计年报</h2>", False),
        ("<h2>云汀市审计局2025年政府信息公开工作年度报告</h2>", False),
        ("<h2>公开年报</h2><a href='/zfxxgk/nb/'>政府信息公开年报</a>", False),
    ],
)
def test_a_heading_may_say_that_a_page_is_a_column(markup: str, expected: bool) -> None:
    assert columns.may_name_reports(Page(f"{HOST}/list.asp?id=7", f"<html>{markup}</html>")) is expected
