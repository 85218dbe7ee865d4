"""Whose reports a portal keeps, where it says so, and which other sites it names as its own."""

from __future__ import annotations

import pytest

from spiders import directories, discovery
from spiders.directories import Offer
from spiders.families.pages import Page
from spiders.families.recogniser import recognise

HOST = "http://www.qingwan.gov.cn"


def page(markup: str, path: str = "/") -> Page:
    return Page(HOST + path, f"<html><body>{markup}</body></html>")


def menu(*links: tuple[str, str], label: str = "") -> str:
    items = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links)
    return f"<h3>{label}</h3><ul>{items}</ul>"


@pytest.mark.parametrize(
    "text",
    [
        "部门信息公开",
        "各部门",
        "市直部门",
        "市政府部门",
        "市政府工作部门",
        "县级部门信息公开目录",
        "部门、乡镇信息公开",
        "乡镇（街道）",
        "乡镇街道信息公开",
        "镇街",
        "各县区",
        "县（市、区）政府",
        "县（市、区）政府信息公开",
        "区县政府网站",
        "开发区",
        "各单位信息公开",
        "部门（单位）信息公开年报",
        "政府部门网站",
        "部门及直属单位",
        "市区政府",
    ],
)
def test_a_link_says_that_it_leads_to_units(text: str) -> None:
    assert directories.says_units(text)


@pytest.mark.parametrize(
    "text",
    [
        "部门动态",
        "部门文件",
        "部门预算",
        "机构职能",
        "乡镇新闻",
        "单位概况",
        "区情概况",
        "部门规章",
        "街道办事",
        "市长信箱",
        "开发区招商",
    ],
)
def test_a_link_to_news_of_units_is_no_directory(text: str) -> None:
    assert not directories.says_units(text)


def test_pages_of_disclosure_and_directories_are_searched_next_but_no_articles() -> None:
    home = page(
        menu(
            ("/zwgk/", "政务公开"),
            ("/xxgk/index.shtml", "政府信息公开"),
            ("/bmxxgk/", "部门信息公开"),
            ("http://xxgk.qingwan.gov.cn/", "政府信息公开平台"),
            ("http://www.elsewhere.gov.cn/zwgk/", "政务公开"),
            ("/zwgk/202501/t20250103_11.html", "政务公开"),
            ("/xxgk/all.pdf", "信息公开目录"),
        )
    )
    assert directories.disclosure_pages(home) == (
        f"{HOST}/zwgk/",
        f"{HOST}/xxgk/index.shtml",
        f"{HOST}/bmxxgk/",
        "http://xxgk.qingwan.gov.cn/",
    )


def test_units_of_the_portal_are_on_its_host_on_a_shared_one_or_a_hosts_page_of_disclosure() -> None:
    listed = page(
        menu(
            ("/bm/czj/", "财政局"),
            ("/bm/jyj.shtml", "教育局"),
            ("http://xxgk.qingwan.gov.cn/sjj/", "审计局"),
            ("http://xxgk.qingwan.gov.cn/mzj/", "民政局"),
            ("http://slj.qingwan.gov.cn/zfxxgk/", "水利局"),
            ("http://nyj.qingwan.gov.cn/", "农业农村局"),
            ("http://www.elsewhere.gov.cn/bm/czj/", "邻市财政局"),
            ("/bm/czj/202501/t20250103_1.html", "财政局"),
        )
    )
    assert [(link.url, link.agency) for link in directories.unit_links(listed)] == [
        (f"{HOST}/bm/czj/", "财政局"),
        (f"{HOST}/bm/jyj.shtml", "教育局"),
        ("http://xxgk.qingwan.gov.cn/sjj/", "审计局"),
        ("http://xxgk.qingwan.gov.cn/mzj/", "民政局"),
        ("http://slj.qingwan.gov.cn/zfxxgk/", "水利局"),
    ]
    assert directories.offers(listed) == (Offer("http://nyj.qingwan.gov.cn/", "农业农村局", "", f"{HOST}/"),)


def test_towns_and_counties_are_units_where_several_stand_together() -> None:
    listed = page(
        menu(("/a/", "大坪镇"), ("/b/", "平渡街道"), ("/c/", "柳河区")) + menu(("/news/", "本市"), ("/d/", "柳河区"))
    )
    assert [link.url for link in directories.unit_links(listed)] == [f"{HOST}/{path}/" for path in "abc"]


@pytest.mark.parametrize("label", ["县区政府网站", "各县市区", "乡镇街道", "所辖县区"])
def test_lower_governments_with_hosts_of_their_own_are_offered_under_a_label_that_says_so(label: str) -> None:
    names = (
        ("http://www.liuhe.gov.cn/", "柳河区"),
        ("http://www.dongping.gov.cn/", "东坪县"),
        ("http://www.xilin.gov.cn/", "西林市"),
    )
    found = directories.offers(page(menu(*names, label=f"{label}：")))
    assert [(offer.url, offer.name, offer.label) for offer in found] == [(url, name, label) for url, name in names]


@pytest.mark.parametrize("label", ["友情链接", "各省市政府", "国务院部门网站", "省内城市", ""])
def test_other_governments_are_not_offered(label: str) -> None:
    names = (
        ("http://www.liuhe.gov.cn/", "柳河市"),
        ("http://www.dongping.gov.cn/", "东坪市"),
        ("http://www.xilin.gov.cn/", "西林市"),
    )
    assert directories.offers(page(menu(*names, label=label))) == ()


def test_bodies_of_the_state_and_hosts_that_are_no_governments_are_not_offered() -> None:
    names = (
        ("http://www.mof.gov.cn/", "国家税务总局"),
        ("http://www.liuhe.example.com/", "柳河区"),
        ("http://10.0.0.1/", "东坪县"),
        ("http://www.xilin.gov.cn/", "西林市"),
    )
    assert [offer.name for offer in directories.offers(page(menu(*names, label="部门网站")))] == ["西林市"]


@pytest.mark.parametrize(
    ("article", "column"),
    [
        ("/zfxxgk/zfxxgknb/202501/t20250115_12345.html", "/zfxxgk/zfxxgknb/"),
        ("/zwgk/nb/t803352.shtml", "/zwgk/nb/"),
        ("/c100123/202501/0123456789abcdef0123456789abcdef.shtml", "/c100123/"),
        ("/xxgk/nb/2025/01/15/0123456789abcdef0123456789abcdef.shtml", "/xxgk/nb/"),
        ("/zfxxgk/nb/content/post_1234567.html", "/zfxxgk/nb/content/"),
        ("/xxgk/nb/3012345/index.html", "/xxgk/nb/"),
        ("/art/2021/1/29/art_1229486923_59080004.html", "/col/col1229486923/index.html"),
        ("/czj/art/2021/1/29/art_12_5908.html", "/czj/col/col12/index.html"),
    ],
)
def test_an_articles_address_names_the_column_it_stands_below(article: str, column: str) -> None:
    assert directories.column_of_article(HOST + article) == HOST + column


@pytest.mark.parametrize(
    "address", ["/", "/index.php?c=show&id=115", "/zwgk/nb/", "/about.html", "/info/1116/5946.htm?x=1"]
)
def test_other_addresses_name_none(address: str) -> None:
    assert directories.column_of_article(HOST + address) is None


def test_the_next_page_of_a_directory_and_what_stands_above_an_article_are_searched_too() -> None:
    units = "".join(
        f'<li><a href="/bm/{code}/">{name}</a></li>' for code, name in (("czj", "财政局"), ("jyj", "教育局"))
    )
    directory = page(f"<ul>{units}</ul><script>createPageHTML(2, 0, 'index', 'html');</script>", "/bm/")
    assert discovery.look(directory, recognise(directory), depth=1, deepest=5).onward == f"{HOST}/bm/index_1.html"
    crumbs = (
        '<div>当前位置：<a href="/">首页</a> &gt; <a href="/bm/">部门</a> &gt; <a href="/bm/czj/nb/">年报</a></div>'
    )
    article = page(crumbs, "/bm/czj/nb/202501/t20250103_1.html")
    above = discovery.above(article, is_article=True)
    assert [link.url for link in above.columns] == [f"{HOST}/bm/czj/nb/"]
    assert above.pages == (f"{HOST}/", f"{HOST}/bm/", f"{HOST}/bm/czj/nb/")
    assert f"{HOST}/" not in discovery.above(article, is_article=False).pages


def test_a_page_with_hardly_a_link_is_a_way_in_but_not_to_its_login() -> None:
    door = page(
        '<a href="/main/">进入网站</a><a href="/login.html">登录</a><a href="http://www.elsewhere.gov.cn/">友情链接</a>'
    )
    assert directories.splash(door) == (f"{HOST}/main/",)
    assert directories.splash(page("".join(f'<a href="/{n}/">{n}</a>' for n in range(9)))) == ()


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ((("/xz/dtz/", "大坪镇"), ("/xz/xyx/", "小源乡")), 2),
        ((("/xz/lhq/", "柳河区"), ("/news/", "要闻")), 0),
        ((("/xz/lhq/", "柳河区"), ("/xz/lhs/", "本市")), 0),
        ((("/jyj/index.shtml", "教育局"), ("/czj/index.shtml", "财政局"), ("/rm/index.shtml", "融媒体")), 3),
        ((("/jyj/gk/list.shtml", "教育局"), ("/czj/gk/list.shtml", "财政局"), ("/cl/gk/list.shtml", "残联")), 3),
        ((("/jyj/gk/list.shtml", "教育局"), ("/czj/gk/list.shtml", "财政局"), ("/xw/2.shtml", "要闻")), 2),
    ],
)
def test_a_small_group_is_of_units_where_nothing_else_stands_in_it(
    ways: tuple[tuple[str, str], ...], expected: int
) -> None:
    assert len(directories.unit_links(page(menu(*ways)))) == expected
