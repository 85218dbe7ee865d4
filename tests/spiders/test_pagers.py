"""Where a list goes on."""

from __future__ import annotations

import pytest

from spiders.families.pagers import beginning, further, page_parameter
from spiders.families.pages import Page

TRS = '<div class="page"><script>\n<!--\ncreatePageHTML(3, 0, "index", "html");\n//-->\n</script></div>'
UCAP = "<script>createPageHTML('page_div',5, 1,'fg','shtml',89);</script>"
TURN = '<span onclick="go(2)">下一页</span>'
COUNT = "<script>var countPage = 3//共多少页</script>"
VSB = '<span class="p_next p_fun"><a href="{next}">下页</a></span> <span class="p_t">1/11</span>'


@pytest.mark.parametrize(
    ("address", "text", "following", "total"),
    [
        ("n/", TRS, "n/index_1.html", 3),
        ("n/index_1.html", TRS, "n/index_2.html", 3),
        ("n/index_2.html", TRS, None, 3),
        ("n/", TRS.replace('"', "'"), "n/index_1.html", 3),
        ("n/index_1.html", TRS.replace("3, 0", "3, 1"), "n/index_2.html", 3),
        ("n/", "<script>createPageHTML(52, 3, 0, 'index', 'html')</script>", "n/index_1.html", 3),
        ("n/", "<script>function createPageHTML(_nPageCount, _nCurrIndex, a, b) {}</script>", None, None),
        ("n/fg.shtml", UCAP, "n/fg_2.shtml", 5),
        ("n/fg_2.shtml", UCAP.replace(" 1,", " 2,"), "n/fg_3.shtml", 5),
        ("n/fg_5.shtml", UCAP.replace(" 1,", " 5,"), None, 5),
        ("n/index_bm.shtml", COUNT, "n/index_bm_1.shtml", 3),
        ("n/index_bm_1.shtml", COUNT, "n/index_bm_2.shtml", 3),
        ("n/index_bm_2.shtml", COUNT, None, 3),
        ("zfxxgknb.htm", VSB.format(next="zfxxgknb/10.htm"), "zfxxgknb/10.htm", 11),
        ("n/", '<a href="index_1.html">&gt;</a>', "n/index_1.html", None),
        ("n/", '<a title="下一页" href="index_1.html"><img></a>', "n/index_1.html", None),
        ("n/", '<b>1</b> <a href="index_2.html">2</a> <a href="index_3.html">3</a>', "n/index_2.html", 3),
        ("n/index_2.html", '<a href="index.html">1</a> 2 <a href="index_3.html">3</a>', "n/index_3.html", 3),
        ("n/index_3.html", '<a href="index.html">1</a> <a href="index_2.html">2</a> <b>3</b>', None, None),
        ("n/", '<a href="?page=1">1</a> <a href="?page=2">2</a>', "n/?page=2", 2),
        ("n/?page=3", '<a href="?page=1">1</a> <a href="?page=2">2</a> <b>3</b>', None, None),
        (
            "n/?p=6",
            "".join(f'<a href="?p={n}">{n}</a>' for n in (1, 4, 5))
            + "6"
            + "".join(f'<a href="?p={n}">{n}</a>' for n in (7, 8, 20)),
            "n/?p=7",
            20,
        ),
        ("n/index_2.html", '<a href="./">1</a> <a href="index_2.html">2</a>', None, None),
        ("n/", '<a href="javascript:;">下一页</a>', None, None),
        ("n/", "<A HREF=list.asp?page=2><IMG SRC=next.gif ALT=下一页></A>", "n/list.asp?page=2", None),
        ("n/nb", '<b>1</b> <a href="/n/nb/page/2">2</a> <a href="/n/nb/page/3">3</a>', "n/nb/page/2", 3),
        ("n/nb/page/2", '<a href="/n/nb/page/1">1</a> <b>2</b> <a href="/n/nb/page/3">3</a>', "n/nb/page/3", 3),
        ("n/nb", '<b>1</b> <a href="/n/nb/detail/2">2</a> <a href="/other/page/3">3</a>', None, None),
        ("n/", """<a href="javascript:;" onclick="location.href='index_2.html'">下一页</a>""", "n/index_2.html", None),
        ("n/", """<b>1</b><a href="javascript:location.assign('index_2.html')">2</a>""", "n/index_2.html", 2),
        (
            "n/",
            TURN + "<script>function go(n){ location.href = 'index_' + n + '.html'; }</script>",
            "n/index_2.html",
            None,
        ),
        ("n/", TURN + '<script>var go = function(n) { window.open("?page=" + n) }</script>', "n/?page=2", None),
        ("n/", TURN + "<script>function go(n){location.href=n==1?'/l':'/l/'+n}</script>", "l/2", None),
        (
            "n/",
            TURN
            + "<script>function go(p){ p = p>3?3:p; if(p==1) location.href='a.html'; else location='a_'+p+'.html' }</script>",
            "n/a_2.html",
            None,
        ),
        ("n/", TURN + "<script>function go(n){ location.href = base + n }</script>", None, None),
        ("n/", TURN + "<script>function go(n){ location.href = '/index.html' }</script>", None, None),
        ("n/", TURN + "<script>function go(n){ location.href = '" + "x" * 2000, None, None),
        ("n/", TURN, None, None),
        ("n/", '<a href="./">下一页</a>', None, None),
        ("n/", "<p>2026/01/29</p>", None, None),
        ("n/", "<p>共3页</p>", None, 3),
        ("n/fg.shtml", UCAP.replace("5, 1", "²5, ²1"), None, None),
        ("n/", f"<script>createPageHTML({'9' * 30}, 0, 'index', 'html')</script>", None, None),
        ("n/", '<b>1</b> <a href="index_2.html">²</a>', None, None),
    ],
)
def test_the_next_page_of_a_list(address: str, text: str, following: str | None, total: int | None) -> None:
    found = further(Page(f"http://a.gov.cn/{address}", text))
    assert found.url == (f"http://a.gov.cn/{following}" if following is not None else None)
    assert found.total == total


def test_a_query_is_counted_on_with_its_order_and_its_repeated_parameters() -> None:
    url = "http://a/zf_list.jsp?page=1&pubURL=http%3A%2F%2Fb&searchYear=all&pubURL=&SType=1"
    assert page_parameter(url) == (1, url.replace("page=1", "page=2"))
    assert page_parameter("http://a/x?other=1") is None
    assert page_parameter("http://a/x?page=²") is None


@pytest.mark.parametrize(
    ("address", "text", "first"),
    [
        ("n/index_2.html", TRS, "n/index.html"),
        ("n/index_bm_1.shtml", COUNT, "n/index_bm.shtml"),
        ("n/fg_2.shtml", UCAP, "n/fg.shtml"),
        ("n/index.html", TRS, None),
        ("n/", TRS, None),
        ("n/index_2.html", "<a href='index_3.html'>下一页</a>", None),
    ],
)
def test_a_later_page_of_a_list_leads_to_its_first(address: str, text: str, first: str | None) -> None:
    page = Page(f"http://www.example.gov.cn/{address}", text)
    assert beginning(page) == (f"http://www.example.gov.cn/{first}" if first is not None else None)
