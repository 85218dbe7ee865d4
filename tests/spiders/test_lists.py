"""Rows of lists: skeletons of each structure, with words of our own."""

from __future__ import annotations

import json
from datetime import date

import pytest

from spiders.families.pagers import Further
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.families.rows import read_rows
from spiders.items import Row

HOST = "http://xxgk.example.gov.cn"
REPORT = "云汀市{name}2025年政府信息公开工作年度报告"
DAY = date(2026, 1, 29)


def title(name: str) -> str:
    return REPORT.format(name=name)


def rows(text: str, path: str = "/zcbm/ndbg/") -> tuple[Row, ...]:
    page = Page(HOST + path, text)
    return recognise(page).rows(page)


def test_a_row_is_the_outer_item_with_its_first_link_and_its_last_date() -> None:
    text = f"""<div class="list"><ul class="u-list">
      <li><a href="./202601/t20260113_1.html" target="_blank" title="{title("财政局")}">{title("财政局")}</a>
        <script>var jdFlag=0;</script><div class="popbox"><div class="close" title="关闭"></div>
        <h3 title="相关解读">相关解读</h3><ul><li><a href="../../jd/202602/t20260224_9.html">{title("财政局")}解读</a>
        <span>2026/02/24</span></li></ul></div><span>2026/01/29</span></li>
      <li class="empty"></li>
      <li><a href="./202601/t20260114_2.html" title="{title("民政局")}">{title("民政局")[:12]}…</a><span>2026/01/29</span></li>
    </ul></div><script>createPageHTML(1, 0, "index", "html");</script>"""
    assert rows(text) == (
        Row(f"{HOST}/zcbm/ndbg/202601/t20260113_1.html", title("财政局"), DAY),
        Row(f"{HOST}/zcbm/ndbg/202601/t20260114_2.html", title("民政局"), DAY),
    )


@pytest.mark.parametrize(
    "row",
    [
        '<li><span class="mhide">2026-01-29</span><a href="t20260113_1.html" title="{title}">{title}</a><span>2026-01-29</span></li>',
        '<li><a href="t20260113_1.html" title="{title}">{title}<span>2026-01-29</span></a></li>',
        '<li><a href="t20260113_1.html">{title}</a>[2026-01-29]</li>',
        '<li><i>2026年01月29日</i><a href="t20260113_1.html">{title}</a></li>',
        '<li><a href="t20260113_1.html">{title}</a><span>2026-\n  01-29</span></li>',
        '<table><tr><td>1</td><td><a href="t20260113_1.html">{title}</a></td><td class="huise">2026-01-29</td></tr></table>',
        '<dl><dd><a href="\nt20260113_1.html\n\n" title="{title}">{title}</a><span>2026.01.29</span></dd></dl>',
        '<div class="r"><p><a href="t20260113_1.html">{title}</a></p><p class="date">2026-01-29</p></div>',
        (
            '<div class="media-body"><h4><a href="t20260113_1.html"><a href="t20260113_1.html">{title}</a></a></h4></div>'
            '<div class="media-bottom"><i>2026年01月29日</i></div>'
        ),
        '<li><div><b>29</b><span>2026-01</span></div><a href="t20260113_1.html">{title}</a></li>',
        '<li><a href="t20260113_1.html">{title}（2026-01-29）</a></li>',
        '<li><span class="y">2026</span><span class="md">01-29</span><a href="t20260113_1.html">{title}</a></li>',
        '<li><a href="t20260113_1.html">{title}</a><p><b>01/29</b> <i>2026</i></p></li>',
        '<dl><dt><a href="t20260113_1.html">{title}</a></dt><dd>2026-01-29</dd></dl>',
        "<div onclick=\"window.open('t20260113_1.html')\"><h4>{title}</h4><p>2026-01-29</p></div>",
        '<li><a href="javascript:;" onclick="location.href=\'t20260113_1.html\'">{title}</a><i>2026-01-29</i></li>',
    ],
)
def test_the_date_of_a_row_stands_in_many_places(row: str) -> None:
    other = f'<div class="r"><a href="t20251231_7.html">{title("教育局")}</a></div>'
    text = f'<div class="list"><div>{row.format(title=title("财政局"))}</div>{other}</div>'
    found = {row.title: row for row in rows(text)}
    assert set(found) == {title("财政局"), title("教育局")}
    assert found[title("财政局")].listed_on == DAY


def test_a_list_of_bare_lines_has_its_dates_behind_the_links() -> None:
    text = f"""<div><a href="t1_1.html">{title("财政局")}</a> <span>[2026-01-29]</span><br>
      <a href="t1_2.html">{title("民政局")}</a> 2026-01-29<br><a href="t1_3.html">{title("教育局")}</a></div>"""
    assert [row.listed_on for row in rows(text)] == [DAY, DAY, None]


def test_a_cut_title_without_a_date_is_a_row_of_a_report_column_alone() -> None:
    text = '<ul><li><a href="2025/1.html">云汀市财政局2025年政府信…</a></li><li><a href="2025/">云汀市财政局2025年…</a></li></ul>'
    assert [row.url for row in rows(text, "/zfxxgknb/")] == [f"{HOST}/zfxxgknb/2025/1.html"]
    assert rows(text, "/xwzx/") == ()


def test_a_link_repeated_ten_thousand_times_is_one_row() -> None:
    link = f'<a href="t20260113_1.html">{title("财政局")}</a>'
    assert len(rows(f"<div>{link * 10_000}</div>")) == 1


def test_rows_written_by_script_are_read_from_the_raw_text() -> None:
    text = f"""<script>
      document.write('<td><a href="./202601/t20260113_1.shtml" target="_blank">{title("财政局")}</a></td><td><span>2026-01-29</span></td>');
      document.write('<td><a href=\\'./202601/t20260114_2.shtml\\'>{title("民政局")}</a></td>');
      </script><script>var countPage = 3//共多少页</script>"""
    assert [(row.url.rpartition("/")[2], row.listed_on) for row in rows(text)] == [
        ("t20260113_1.shtml", DAY),
        ("t20260114_2.shtml", None),
    ]


def test_rows_of_a_datastore_are_read_and_its_next_group_is_none() -> None:
    text = f"""<div id="764752"><script type="text/xml"><datastore>
      <nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=1&webid=73"></a>]]></nextgroup><recordset>
      <record><![CDATA[<li><a href="/art/2026/1/29/art_1_2.html" title="{title("财政局")}">x</a><span>2026-01-29</span></li>]]></record>
      <record><![CDATA[<li><a href="/art/2026/1/30/art_1_3.html" title="{title("民政局")}">x</a><span>2026-
        01-30</span></li>]]></record>
      </recordset></datastore></script></div>"""
    assert [(row.title, row.listed_on) for row in rows(text, "/col/col1/")] == [
        (title("财政局"), DAY),
        (title("民政局"), date(2026, 1, 30)),
    ]


def test_menus_and_column_links_are_no_rows() -> None:
    text = f"""<ul class="menu"><li><a href="/">网站首页</a></li><li><a href="../gkzn/">政府信息公开指南</a></li>
      <li><a href="../ndbg/">政府信息公开年报</a></li><li><a href="/jlsndbg/">全市政府信息公开年报</a></li></ul>
      <div><a href="t20260113_1.html">{title("财政局")}</a></div><a href="index_1.html">下一页</a>"""
    assert [row.title for row in rows(text)] == [title("财政局")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<a href="bmxxgknb/1.html">部门信息公开年报</a>', 0),
        ('<a href="bmxxgknb/1.html">{title}</a>', 1),
    ],
)
def test_a_columns_name_at_the_address_of_a_list_is_no_row(text: str, expected: int) -> None:
    assert len(rows(text.format(title=title("财政局")), "/zwgk/xxgknb/")) == expected


def test_a_row_may_lead_to_a_folder_a_file_or_another_host() -> None:
    text = f"""<ul><li><a href="2127247/index.html">{title("财政局")}</a></li>
      <li><a href="./P020260113.pdf">{title("民政局")}</a></li>
      <li><a href="http://zwgk.example.gov.cn/x/t20260113_9.html">{title("教育局")}</a></li></ul>"""
    assert [row.url for row in rows(text)] == [
        f"{HOST}/zcbm/ndbg/2127247/index.html",
        f"{HOST}/zcbm/ndbg/P020260113.pdf",
        "http://zwgk.example.gov.cn/x/t20260113_9.html",
    ]


def test_one_page_at_several_addresses_is_one_row() -> None:
    path = "/zcbm/ndbg/202601/t20260113_1"
    text = f"""<ul><li><a href="{path}.html">{title("财政局")}</a></li>
      <li><a href="/gate/big5/xxgk.example.gov.cn{path}.html">{title("财政局")}</a><span>2026-01-29</span></li>
      <li><a href="{path}_ext.html">{title("财政局")}</a></li><li><a href="{path}.html?from=list">{title("财政局")}</a></li></ul>"""
    assert rows(text) == (Row(f"{HOST}{path}.html", title("财政局"), DAY),)


# The JSONP directory of 吉林


def answer(*entries: dict[str, object]) -> str:
    return "\r\n" * 9 + "\ufeff" + f"result({json.dumps({'data': entries}, ensure_ascii=False)});\r\n"


def test_an_answer_of_the_directory_gives_clean_titles_and_publishing_dates() -> None:
    text = answer(
        {
            "title": "云汀市<em>财政局</em>2025年政府信息公开&ldquo;工作&rdquo;年度报告",
            "puburl": f"{HOST}/a/t20260113_1.html",
            "tip": {"dates": "2026-01-29"},
            "efectdate": "2026-03-01",
        },
        {"title": title("民政局"), "docpuburl": f"{HOST}/a/t20260113_2.html", "RELEASEDATE": "2026-01-29 10:00"},
    )
    assert [(row.title, row.listed_on) for row in rows(text, "/govsearch/jsonp/zf_jd_list.jsp?page=1")] == [
        ("云汀市财政局2025年政府信息公开“工作”年度报告", DAY),
        (title("民政局"), DAY),
    ]


def test_the_directory_is_asked_on_until_it_answers_nothing() -> None:
    url = f"{HOST}/govsearch/jsonp/zf_jd_list.jsp?page=6&lb=134657&callback=result"
    full = Page(url, answer({"title": title("财政局"), "puburl": f"{HOST}/a/t20260113_1.html"}))
    onward = recognise(full).further(full).ask
    assert onward is not None
    assert onward.url == url.replace("page=6", "page=7")
    empty = Page(url, answer())
    assert recognise(empty).rows(empty) == ()
    assert recognise(empty).further(empty) == Further(None)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'var channelId = "134657"; $.ajax({url:"http://infogate.jl.gov.cn/govsearch/jsonp/zf_jd_list.jsp"})',
            (
                "http://infogate.jl.gov.cn/govsearch/jsonp/zf_jd_list.jsp?page=1&lb=134657&callback=result&sword="
                "&searchColumn=all&searchYear=all&pubURL=http%3A%2F%2Fxxgk.example.gov.cn%2F&SType=1&channelId=134657"
            ),
        ),
        (
            'pubURL: "http://zwgk.changchun.gov.cn/na", lb: 58855, url: "http://infogate.changchun.gov.cn/govsearch/jsonp/gkml/zf_list.jsp"',
            (
                "http://infogate.changchun.gov.cn/govsearch/jsonp/gkml/zf_list.jsp?page=1&lb=58855&sword=&searchColumn=all"
                "&searchYear=all&pubURL=http%3A%2F%2Fzwgk.changchun.gov.cn%2Fna&SType=1&searchColumnYear=all&searchYear=all"
                "&pubURL=&SType=1&channelId=58855&callback=result"
            ),
        ),
        (
            "load('/govsearch/jsonp/x.jsp?page=3&amp;lb=77&amp;callback=result')",
            f"{HOST}/govsearch/jsonp/x.jsp?page=1&lb=77&callback=result",
        ),
        ('lb=1; "http://111.26.164.51:8081/govsearch/jsonp/gkml/zf_jd_list.jsp"', None),
        ('"/govsearch/jsonp/x.jsp"', None),
    ],
)
def test_a_column_page_names_its_directory(script: str, expected: str | None) -> None:
    page = Page(f"{HOST}/zcbm/ndbg/", f"<div id='result-body'><table></table></div><script>{script}</script>")
    asked = [ask.url for ask in recognise(page).questions(page)]
    assert asked == ([expected] if expected is not None else [])


def test_a_card_that_opens_by_its_handler_lends_its_date_to_no_other() -> None:
    first, second = "清湾市财政局2023年政府信息公开工作年度报告", "清湾市教育局2023年政府信息公开工作年度报告"
    text = (
        f"<div class='card'><a href='/nb/1.html'><h4>{first}</h4><p>2024-01-25</p></a></div>"
        f"<div class='card' onclick=\"window.open('/nb/2.html')\"><h4>{second}</h4><p>2024-03-06</p></div>"
    )
    found = read_rows(Page("http://www.qingwan.gov.cn/nb/list", f"<html><body><div>{text}</div></body></html>"))
    assert [(row.title, row.listed_on) for row in found] == [(first, date(2024, 1, 25)), (second, date(2024, 3, 6))]
