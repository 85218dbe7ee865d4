"""Blocked pages: every system of the table, and every ordinary page that only looks like one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from scrapy.http import Response

from archive import captures
from archive.store import Archive
from crawler.blocked import Kind, Verdict, judge, signs
from tests.crawler import pages
from tests.crawler.commands import xxgk
from tests.crawler.servers import Answer, Page, serve

RUISHU = """<html><head><meta id="9Do" content="x" r='m'><script src="/a8f.js" r='m'></script>
<script r='m'>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=71;$_ts.cd="q";</script></head><body></body></html>"""
JIASULE = "<script>document.cookie=('_')+('x')+'=1';location.href=location.pathname+location.search</script>"
C3VK = '<html><script>document.cookie="C3VK=77aa; path=/; max-age=300";window.location.reload();</script></html>'


def page(text: str) -> str:
    return f"<html><head><title>提示</title></head><body><div>{text}</div></body></html>"


CHALLENGES: list[tuple[str, Answer]] = [
    ("ruishu", Answer(RUISHU, 412)),
    ("ruishu", Answer(RUISHU, 202)),
    ("ruishu", Answer(RUISHU)),
    ("ruishu", Answer("", 412, {"Set-Cookie": "FSSBBIl1UgzbN7N80S=x; Path=/"})),
    ("jiasule", Answer(JIASULE, 521, {"Set-Cookie": "__jsluid_h=1; path=/"})),
    ("jiasule", Answer("", 512, {"Set-Cookie": "__jsluid_s=1"})),
    ("jiasule", Answer("<script>go('__jsl_clearance_s')</script>")),
    ("chuangyudun", Answer(page("当前访问疑似黑客攻击，已被创宇盾拦截"), 403)),
    ("chuangyudun", Answer('<iframe src="http://help.365cyd.com/cyd-error-help.html?code=403"></iframe>', 403)),
    ("chuangyudun", Answer(page("本站开启了验证码保护") + '<script src="/cdn-cgi/js/captcha.js"></script>')),
    ("wzws", Answer('<html><script src="/wzws-waf-cgi/x.js"></script>请开启JavaScript并刷新该页</html>')),
    ("wzws", Answer("", 493)),
    ("wzws", Answer("", 404, {"WZWS-RAY": "1137-1"})),
    ("wzws", Answer("denied", 403, {"X-Powered-By-360WZB": "wangzhan.360.cn"})),
    ("wzws", Answer(page("reason:GeoBL"), 403)),
    ("aliyun", Answer("<title>405</title>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。", 405)),
    ("aliyun", Answer("<script>var arg1='A';document.x='acw_sc__v2'</script>")),
    ("edgeone", Answer("<script>var WTKkN=1;document.cookie='__tst_status='+2</script>")),
    ("edgeone", Answer("", 567)),
    ("c3vk", Answer(C3VK)),
    ("baota", Answer(page("您的请求带有不合法参数，已被网站管理员设置拦截！"), 403)),
    ("baota", Answer("<title>网站防火墙</title>")),
    ("yundi", Answer(page("该网站已接入电信云堤•网站安全防护服务"))),
    ("yundi", Answer(page("被云堤网站安全防护拦截"), 403)),
    ("anquangou", Answer("<title>服务器安全狗防护验证页面</title>")),
    ("xuanwudun", Answer(page("您的访问可能对网站造成威胁"), 403)),
    ("zhidaochuangyu", Answer(page("非法操作！"))),
    ("rate-limit", Answer(page("访问频繁，请稍后再试"), 429)),
    ("rate-limit", Answer(page("请输入验证码"))),
    ("rate-limit", Answer("<h1>人机验证</h1>", 503)),
]


def look(answer: Answer, role: str = "article", url: str = "http://xxgk.qinghe.gov.cn/a.html") -> Verdict:
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    headers = {"Content-Type": "text/html; charset=utf-8", **answer.headers}
    return judge(Response(url, status=answer.status, headers=headers, body=body), role=role)


@pytest.mark.parametrize(("system", "answer"), CHALLENGES)
def test_a_challenge_is_known_by_its_system(system: str, answer: Answer) -> None:
    verdict = look(answer)
    assert (verdict.kind, verdict.system) == (Kind.BLOCKED, system), verdict


def test_every_system_of_the_table_has_a_case_here() -> None:
    with_own_tests = {"ct6t", "vsb-download"}
    assert {system.system for system in signs().systems} == {system for system, _ in CHALLENGES} | with_own_tests


def test_a_redirect_to_itself_that_sets_the_cookie_of_ct6t_is_a_challenge() -> None:
    headers = {"Location": "http://xxgk.qinghe.gov.cn/a.html", "Set-Cookie": "CT6T=1; path=/"}
    assert look(Answer("", 302, headers)).system == "ct6t"
    assert look(Answer("", 302, {**headers, "Location": "/b.html"})).kind is Kind.ANSWER
    assert look(Answer("", 302, {"Location": "/a.html"})).kind is Kind.ANSWER


def test_a_page_where_a_file_was_asked_for_is_a_block() -> None:
    answer = Answer(page("请先验证"))
    assert look(answer, "attachment", "http://xxgk.qinghe.gov.cn/system/download.jsp?id=1").system == "vsb-download"
    assert look(answer, "article").kind is Kind.ANSWER


def test_a_file_is_never_a_block() -> None:
    body = b"%PDF-1.7 \n" + "访问受限 wzwsquestion".encode()
    assert look(Answer(body, headers={"Content-Type": "application/pdf"}), "attachment").kind is Kind.ANSWER


@pytest.mark.parametrize(("system", "answer"), [case for case in CHALLENGES if case[1].body])
def test_a_packed_challenge_is_known_too(system: str, answer: Answer) -> None:
    packed = gzip.compress(answer.body.encode() if isinstance(answer.body, str) else answer.body)
    assert look(Answer(packed, answer.status, {**answer.headers, "Content-Encoding": "gzip"})).system == system


@pytest.mark.parametrize(
    "extra",
    [
        "<p>部分文件访问受限，办理时需要安全验证，请输入验证码后下载。</p>",
        "<p>网站防火墙升级两次，非法操作！已被拦截三次，访问频繁的地址被封禁。</p>",
        RUISHU,
        '<script src="/wzws-waf-cgi/x.js"></script>',
        "<script>var acw_sc__v2;</script>",
        JIASULE,
    ],
)
def test_a_report_with_a_mark_in_it_is_a_report(extra: str) -> None:
    headers = {"WZWS-RAY": "1", "Set-Cookie": "acw_tc=1"}
    assert look(Answer(pages.article("青禾市水务局", extra=extra), headers=headers)).kind is Kind.ANSWER
    links = [(f"/a{number}.html", f"青禾市{number}号文件") for number in range(30)]
    assert look(Answer(pages.column(links) + extra, headers=headers), "list").kind is Kind.ANSWER


def test_a_short_list_of_reports_with_a_login_beside_it_is_a_list() -> None:
    row = '<ul><li><a href="1.html">青禾市水务局2024年政府信息公开工作年度报告</a></li></ul>'
    shown = "<html><body><p>登录 请输入验证码 <input></p>{}</body></html>"
    assert look(Answer(shown.format(row)), "list").kind is Kind.ANSWER
    assert look(Answer(shown.format("")), "list").system == "rate-limit"


def test_a_first_page_with_news_of_a_block_is_no_challenge() -> None:
    news = "<h3><a href='/n.html'>关于门户网站访问受限的公告</a></h3>"
    menu = "".join(f"<a href='/{number}/'>栏目{number}</a>" for number in range(6))
    assert look(Answer(f"<html><body>{menu}{news}</body></html>"), "entry").kind is Kind.ANSWER


def test_a_short_article_without_the_marks_of_a_family_may_speak_of_a_block() -> None:
    text = "青禾市水务局二〇二四年政府信息公开工作年度报告。" * 20 + "部分栏目访问受限，已经恢复。"
    assert look(Answer(f"<html><title>年度报告</title><h1>年度报告</h1><p>{text}</p></html>")).kind is Kind.ANSWER


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.GONE, Answer("<html><title>404</title><body>找不到</body></html>")),
        (Kind.GONE, Answer("<html><title>页面不存在</title></html>")),
        (Kind.GONE, Answer("<html><body>抱歉，您访问的页面不存在</body></html>")),
        (Kind.GONE, Answer('<html><meta http-equiv="refresh" content="0; url=./"></html>')),
        (Kind.GONE, Answer("<script>location.replace('/')</script>")),
        (Kind.SUSPECT, Answer("<html><body><script>eval(x)</script></body></html>")),
        (Kind.SUSPECT, Answer("")),
        (Kind.ANSWER, Answer("<html><script>location.replace('index_1.html')</script></html>")),
        (Kind.ANSWER, Answer('<html><body><iframe src="/list.html"></iframe></body></html>')),
        (Kind.ANSWER, Answer('<li><a href="/a.html">题目</a></li>')),
        (Kind.ANSWER, Answer('result({"data":[]});', headers={"Content-Type": "application/javascript"})),
        (Kind.ANSWER, Answer("Not Found", 404)),
        (Kind.ANSWER, Answer("<html><title>404 Not Found</title><h1>404</h1></html>", 404, {"WZWS-RAY": "1"})),
        (Kind.ANSWER, Answer("oops", 500)),
    ],
)
def test_what_is_no_challenge_is_told_apart(kind: Kind, answer: Answer) -> None:
    assert look(answer, url="http://xxgk.qinghe.gov.cn/szf/ndbg/a.html").kind is kind


def test_each_blocked_portal_is_called_so_and_only_the_evidence_is_kept(tmp_path: Path) -> None:
    long = RUISHU + "<!--" + "x" * 9000 + "-->"
    cases = {"ruishu": Answer(long, 412), "wzws": Answer("", 493), "c3vk": Answer(C3VK), "rate-limit": Answer("", 429)}
    ordinary = "<html><title>首页</title><h1>通知</h1><p>" + "青禾" * 6000 + "</p></html>"
    site: dict[str, Page] = {f"{name}.gov.cn{pages.COLUMN}": answer for name, answer in cases.items()}
    site[f"strange.gov.cn{pages.COLUMN}"] = Answer(ordinary, 202)
    with serve(site) as proxy:
        urls = [f"http://{name}.gov.cn{pages.COLUMN}" for name in (*cases, "strange")]
        ran = xxgk("crawl", *urls, "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url)
        assert proxy.paths("ruishu.gov.cn").count(pages.COLUMN) == 1  # a challenge is not asked twice
    found = {line["host"].removesuffix(".gov.cn"): line["outcome"] for line in ran.lines}
    assert found == {**{name: f"blocked:{name}" for name in cases}, "strange": "unreachable"}
    assert ran.status == 1
    with Archive.open(tmp_path / "xxgk-archive") as archive:
        capture = captures.latest(archive, f"http://ruishu.gov.cn{pages.COLUMN}")
        assert capture is not None
        assert (capture.role, capture.status, capture.payload_length) == ("blocked", 412, 2048)
        assert captures.payload(archive, capture) == long.encode()[:2048]


def test_a_host_that_blocks_again_and_again_is_left_alone(tmp_path: Path) -> None:
    host = "xxgk.qinghe.gov.cn"
    links = [(f"/a{number}.html", f"青禾市{number}局2024年政府信息公开工作年度报告") for number in range(12)]
    site: dict[str, Page] = {
        f"{host}{pages.COLUMN}": pages.column(links),
        **{f"{host}/a{n}.html": Answer(RUISHU, 412) for n in range(12)},
    }
    with serve(site) as proxy:
        ran = xxgk(
            "crawl", f"http://{host}{pages.COLUMN}", "--json", "--delay", "0", folder=tmp_path, http_proxy=proxy.url
        )
        asked = sum(path.startswith("/a") for path in proxy.paths())
        assert 3 <= asked <= 4  # without a delay the next one is on its way before the third answer is judged
    assert ran.status == 1
    assert ran.lines[0]["outcome"] != "ok"
    assert ran.lines[0]["articles"] == 0
