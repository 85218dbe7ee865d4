"""Every way a page leads on: links, handlers, drop-downs, maps, frames; and what stands around a link."""

from __future__ import annotations

import pytest

from spiders import links
from spiders.families.pages import Page

HERE = "http://www.example.gov.cn/zwgk/"


def page(markup: str) -> Page:
    return Page(HERE, f"<html><body>{markup}</body></html>")


@pytest.mark.parametrize(
    ("markup", "url", "text"),
    [
        ('<a href="../nb/">政府信息公开年报</a>', "http://www.example.gov.cn/nb/", "政府信息公开年报"),
        (
            "<a href='/nb/' title='政府信息公开年报'>政府信息公…</a>",
            "http://www.example.gov.cn/nb/",
            "政府信息公开年报",
        ),
        (
            '<a href="/nb/"><img src="1.png" alt="政府信息公开年报"></a>',
            "http://www.example.gov.cn/nb/",
            "政府信息公开年报",
        ),
        ('<a href="/nb/"><img src="1.png" title="年报"></a>', "http://www.example.gov.cn/nb/", "年报"),
        (
            """<a href="javascript:;" onclick="window.open('/nb/index.html')">年报</a>""",
            "http://www.example.gov.cn/nb/index.html",
            "年报",
        ),
        ("""<a href="javascript:goTo('/nb/')">年报</a>""", "http://www.example.gov.cn/nb/", "年报"),
        ("""<li onclick="location.href='nb.shtml'">年报</li>""", "http://www.example.gov.cn/zwgk/nb.shtml", "年报"),
        ("""<div onclick='jump("./nb/", 3)'><b>年</b>报</div>""", "http://www.example.gov.cn/zwgk/nb/", "年报"),
        (
            "<select><option>部门</option><option value='http://czj.example.gov.cn/'>财政局</option></select>",
            "http://czj.example.gov.cn/",
            "财政局",
        ),
        ('<map><area shape="rect" href="/jyj/" alt="教育局"></map>', "http://www.example.gov.cn/jyj/", "教育局"),
    ],
)
def test_a_page_leads_on_in_many_ways(markup: str, url: str, text: str) -> None:
    assert [(link.url, link.text) for link in links.links(page(markup))] == [(url, text)]


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="#top">年报</a>',
        '<a href="/zwgk/index.html">年报</a>',
        '<a href="javascript:void(0)">年报</a>',
        "<a href='mailto:x@example.gov.cn'>年报</a>",
        '<a href="file:///etc/passwd">年报</a>',
        "<select><option value='2024'>2024年</option><option value=''>全部</option></select>",
        """<li onclick="show('tab2')">年报</li>""",
        """<li onclick="count(this, 'nb')">年报</li>""",
    ],
)
def test_what_leads_to_no_other_page(markup: str) -> None:
    assert links.links(page(markup)) == ()


def test_frames_are_pages_but_not_those_of_counters() -> None:
    framed = page(
        '<iframe src="list.html"></iframe><iframe src="/module/visitcount/visit.jsp?i=1"></iframe><iframe></iframe>'
    )
    assert links.frames(framed) == ("http://www.example.gov.cn/zwgk/list.html",)


@pytest.mark.parametrize(
    "markup",
    [
        "<h3>部门网站</h3><ul><li><a href='/a/'>财政局</a></li><li><a href='/b/'>教育局</a></li></ul>",
        "<div class='t'><span>部门网站</span></div><div><ul><li><a href='/a/'>财政局</a></li><li><a href='/b/'>审计局</a></li></ul></div>",
        "<select><option>部门网站</option><option value='/a/'>财政局</option><option value='/b/'>审计局</option></select>",
        "<h4>部门网站</h4><script>var nodes=[{name:'财政局',url:'/a/'},{name:'审计局',url:'/b/'}]</script>",
        "<h4>部门网站</h4><div><span data-url='/a/'>财政局</span><span data-url='/b/'>审计局</span></div><p>版权所有</p>",
    ],
)
def test_a_group_of_links_has_a_label(markup: str) -> None:
    first, second = links.links(page(markup))
    assert links.group(first) is links.group(second)
    assert links.label(links.group(first)) == "部门网站"


def test_a_paragraph_above_a_group_is_no_label() -> None:
    markup = f"<p>{'各部门的网站' * 8}</p><ul><li><a href='/a/'>甲</a></li><li><a href='/b/'>乙</a></li></ul>"
    first, _ = links.links(page(markup))
    assert links.label(links.group(first)) == ""


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        ("<div><a href='/a/'><img src='a.png'></a><p>政府信息公开年报</p></div>", ["政府信息公开年报"]),
        (
            "<div><a href='/a/'><img></a><p>指南</p></div><div><a href='/b/'><img></a><p>年报</p></div>",
            ["指南", "年报"],
        ),
        ("<div><a href='/a/'><img></a><a href='/b/'><img></a><p>年报</p></div>", ["", ""]),
        (f"<div><a href='/a/'><img></a><p>{'审计结果' * 9}</p></div>", [""]),
    ],
)
def test_a_picture_that_is_a_link_says_what_stands_below_it_alone(markup: str, texts: list[str]) -> None:
    assert [link.text for link in links.links(page(markup))] == texts
