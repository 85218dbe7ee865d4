"""What is no report is refused as a whole page: look-alikes, error pages, pages of protection systems (domain: section 9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from parser import Hints, NotAReport, Record, parse
from tests.papers.agreement import assert_exact, record_of, rules
from tests.papers.changes import in_section, printing, with_sheets
from tests.papers.paper import HEADINGS, NUMERALS, Paper, paper
from tests.papers.render import html, text, word

Dress = Callable[[Paper], str | bytes]
ITEM = paper("清湾市柳河区统计局", 2023, busy=12)


def page(title: str, *lines: str, headline: bool = True, head: str = "") -> str:
    body = "".join(f"<p>{line}</p>" for line in lines)
    shown = f"<h1>{title}</h1>" if headline else ""
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{title}-清湾市人民政府</title>{head}</head><body>"
        f"<ul><li><a href='/'>首页</a></li><li><a href='/n'>政府信息公开年报</a></li></ul>{shown}<div id='zoom'>{body}</div>"
        "<div class='foot'>版权所有：清湾市人民政府办公室</div></body></html>"
    )


def refusal(made: str | bytes, hints: Hints | None = None) -> str:
    with pytest.raises(NotAReport) as caught:
        parse(made.encode() if isinstance(made, str) else made, hints)
    assert "\n" not in str(caught.value)
    return caught.value.reason


FILLER = (
    "各镇、街道，区直各单位：请按时完成下列事项，遇到问题及时与办公室联系，逾期未报的按未完成处理。" * 6,
    "主动公开的内容逐条核对，依申请公开的台账同步更新，复议和诉讼的数字由法规科提供，收费情况由财务科提供。" * 3,
)
LOOK_ALIKES = {
    "解读": "清湾市2023年政府信息公开工作年度报告解读",
    "图解": "图解：清湾市2023年政府信息公开工作年度报告",
    "一图读懂": "一图读懂清湾市2023年政府信息公开工作年度报告",
    "编制通知": "关于做好2023年政府信息公开工作年度报告编制和公布工作的通知",
    "印发通知": "关于印发政府信息公开工作年度报告格式的通知",
    "制度": "清湾市政府信息公开工作年度报告制度（试行）",
    "格式": "中华人民共和国政府信息公开工作年度报告格式",
    "公布情况": "清湾市2023年政府信息公开工作年度报告公布情况",
    "说明": "2023年信息公开年度工作报告说明",
    "通报": "关于2023年政府信息公开工作年度报告发布情况的通报",
    "部署会": "清湾市召开2023年政府信息公开工作年度报告编制工作部署会",
    "网站报表": "清湾市2023年政府网站工作年度报表",
    "法治政府": "清湾市2023年法治政府建设年度报告",
    "公积金": "清湾市住房公积金2023年年度报告",
    "绩效": "清湾市2023年项目支出绩效评价报告",
    "统计年报": "清湾市2023年部门统计年报",
    "月报": "清湾市2024年1月政府信息公开月报",
    "指南": "清湾市柳河区统计局政府信息公开指南",
    "目录": "清湾市柳河区统计局政府信息公开目录",
    "依申请": "清湾市政府信息依申请公开办事流程",
    "总结": "清湾市2023年政务公开工作总结",
    "要点": "清湾市2024年政务公开工作要点",
    "高校": "清湾大学2022—2023学年信息公开工作年度报告",
    "医院": "清湾市人民医院2023年信息公开年度报告",
    "公司": "清湾市供水有限公司2023年信息公开工作年度报告",
    "新闻": "清湾市新增三条公交线路",
    "无字": "2024年年报",
}


@pytest.mark.parametrize("title", LOOK_ALIKES.values(), ids=LOOK_ALIKES.keys())
def test_a_look_alike_is_refused_as_a_whole_page(title: str) -> None:
    refusal(page(title, *FILLER))
    refusal(page(title, *FILLER, headline=False))
    refusal(page(title))
    refusal("\n".join([title, *FILLER]))


REPORTED = [kind for kind in LOOK_ALIKES if kind not in {"新闻", "无字"}]


@pytest.mark.parametrize("kind", REPORTED)
def test_the_refusal_of_a_look_alike_quotes_its_title(kind: str) -> None:
    title = LOOK_ALIKES[kind]
    assert title.replace("（试行）", "") in refusal(page(title, *FILLER))


@pytest.mark.parametrize("kind", ["解读", "图解", "编制通知", "公布情况", "部署会", "法治政府", "总结"])
def test_a_look_alike_that_links_to_reports_is_refused(kind: str) -> None:
    """The column's own list, and a neighbour with a report's title, stand on the same page."""
    links = "".join(
        f"<li><a href='/{year}'>清湾市柳河区统计局{year}年政府信息公开工作年度报告</a><span>{year + 1}-01-20</span></li>"
        for year in range(2019, 2024)
    )
    made = page(LOOK_ALIKES[kind], *FILLER).replace("<div class='foot'>", f"<div>相关链接<ul>{links}</ul></div><div>")
    refusal(made)


@pytest.mark.parametrize("kind", ["编制通知", "格式", "制度"])
def test_a_notice_that_names_the_six_headings_is_refused(kind: str) -> None:
    lines = [
        f"（{numeral}）{words}。按格式填写，内容要与事实相符。"
        for numeral, words in zip(NUMERALS, HEADINGS, strict=True)
    ]
    refusal(page(LOOK_ALIKES[kind], *FILLER, *lines))


def test_a_list_of_reports_is_no_report() -> None:
    rows = "".join(
        f"<li><a href='/{year}.html'>清湾市柳河区统计局{year}年政府信息公开工作年度报告</a> {year + 1}-01-20</li>"
        for year in range(2008, 2025)
    )
    made = page("政府信息公开年报").replace("<div id='zoom'>", f"<div id='zoom'><ul>{rows}</ul>")
    refusal(made)


def test_a_report_whose_text_is_only_an_attachment_is_refused_with_its_title() -> None:
    reason = refusal(page(ITEM.title, "附件：", "<a href='P020240119.pdf'>年度报告.pdf</a>"))
    assert "neither the six sections nor the tables" in reason


# Protection systems (portals: section 18); most answer 200
CHALLENGES = {
    "瑞数": "<meta id='x' content='y' r='m'><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=1;$_ts.cd='q'</script>",
    "加速乐": "<script>document.cookie='__jsl_clearance=1';location.href=location.pathname+location.search</script>",
    "创宇盾": "<p>当前访问疑似黑客攻击，已被创宇盾拦截</p>",
    "奇安信": "<p>请开启JavaScript并刷新该页</p><script src='/wzws-waf-cgi/x.js'></script>",
    "阿里云": "<title>405</title><p>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</p>",
    "EdgeOne": "<script>var WTKkN=1;document.cookie='EO_Bot_Ssid=1'</script>",
    "C3VK": '<script>document.cookie="C3VK=ab; path=/; max-age=300";location.reload()</script>',
    "宝塔": "<title>网站防火墙</title><p>您的请求带有不合法参数，已被网站管理员设置拦截！</p>",
    "云堤": "<p>该网站已接入电信云堤•网站安全防护服务</p>",
    "安全狗": "<p>服务器安全狗防护验证页面</p>",
    "频繁": "<p>访问频繁，请稍后再试</p>",
    "验证码": "<p>请输入验证码</p><form><input></form>",
}


@pytest.mark.parametrize("markup", CHALLENGES.values(), ids=CHALLENGES.keys())
def test_a_page_of_a_protection_system_is_no_report(markup: str) -> None:
    whole = f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{markup}</body></html>"
    for hints in (Hints(), Hints(listed_title=ITEM.title, page_title=ITEM.title, agency=ITEM.agency)):
        refusal(whole, hints)


@pytest.mark.parametrize("words", ["安全验证", "访问受限", "网站防火墙", "请输入验证码", "请求过于频繁"])
def test_words_of_a_protection_system_in_a_report_are_no_sign(words: str) -> None:
    item = in_section(ITEM, 1, f"专栏升级后，针对群众反映的{words}提示过多的情况作了调整。")
    assert_exact(record_of(item), item)


SOFT_404 = [
    "页面不存在",
    "您访问的页面不存在或已删除",
    "404 Not Found",
    "404错误",
    "系统提示：该信息已删除",
    "栏目不存在",
]


@pytest.mark.parametrize("words", SOFT_404)
def test_an_error_page_is_no_report(words: str) -> None:
    refusal(page(words, words, "5秒后返回首页"))
    refusal(page("清湾市人民政府", words), Hints(listed_title=ITEM.title))


@pytest.mark.parametrize(
    "made",
    [
        "<html><head><meta http-equiv='refresh' content='0; url=./'></head><body></body></html>",
        "<html><body><script>location.replace('/')</script></body></html>",
        "<html><body><div id='app'></div><script src='/static/app.js'></script></body></html>",
        '{"code": 404, "msg": "not found"}',
        "<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>",
    ],
)
def test_a_shell_or_redirect_is_no_report(made: str) -> None:
    refusal(made)
    refusal(made, Hints(listed_title=ITEM.title, page_title=ITEM.title))


# And what is one, though something speaks against it


def six(record: Record) -> list[int]:
    return [section.number for section in record.sections]


def test_four_of_the_six_headings_make_a_report_without_tables() -> None:  # domain: section 9, positive rule
    bare = ITEM
    for number in (2, 3, 4):
        bare = with_sheets(bare, number, lambda _: [])
    record = record_of(bare)
    assert six(record) == [1, 2, 3, 4, 5, 6]
    assert record.publisher == ITEM.agency


def test_tables_make_a_report_of_an_attachment_without_title() -> None:
    record = record_of(replace(ITEM, title="附件1"), word)
    assert_exact(record, ITEM)
    assert (record.publisher, record.report_year) == (None, None)
    assert "title.missing" in rules(record)


@pytest.mark.parametrize("dress", [html, text, word], ids=["html", "text", "docx"])
def test_the_blank_form_is_readable_and_nobodys(dress: Dress) -> None:
    blank = printing(ITEM, disclosure="", requests="", review="")
    blank = replace(
        blank, title="中华人民共和国政府信息公开工作年度报告格式", preface="", signed=None, signed_by=None,
        prose=dict.fromkeys((1, 5, 6), ("（按格式填写）",)),
    )  # fmt: skip
    record = record_of(blank, dress)
    assert_exact(record, blank)
    assert (record.publisher, record.report_year) == (None, None)


@pytest.mark.parametrize(
    "title",
    [
        "清湾市柳河区统计局2023年政府信息公开工作年度报告（图片版）",
        "清湾市柳河区统计局2023年政府信息公开工作年度报告（文字版）",
        "清湾住房公积金管理中心2023年政府信息公开工作年度报告",
        "清湾大学附属小学管理处2023年政府信息公开工作年度报告",
        "清湾市法制办公室2023年政府信息公开工作年度报告",
    ],
)
def test_a_report_whose_title_resembles_a_look_alikes_is_kept(title: str) -> None:
    item: Paper = replace(ITEM, title=title)
    record = record_of(item)
    assert_exact(record, item)
    assert record.report_year == 2023
