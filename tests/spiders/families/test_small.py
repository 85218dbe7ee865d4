"""The small families: each row of the table with a list, its next page, and an article."""

from __future__ import annotations

import re
from datetime import date

import pytest

from spiders.families import small
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from tests.spiders.families.invented import DAY, LOOK_ALIKE, PROSE, title

HOST = "http://www.example.gov.cn"
UUID = "0772e821-5733-421d-82e7-f545c5729b9e"
HEX32 = "a45bd6ae777e43d98b8903d4b139de03"


def page(path: str, text: str) -> Page:
    return Page(HOST + path, f"<html><head><title>云汀</title></head><body>{text}</body></html>")


# Lists


@pytest.mark.parametrize(
    ("family", "path", "text", "day"),
    [
        ("henan_cms", "/xxgk/zfxxgknb/", '<ul class="newsList"><li><a href="/a/1.html">{title}</a><span>2026-01-29</span></li></ul>', DAY),
        ("henan_cms", "/xxgk/zfxxgknb/", '<ul class="newsList"><li><a href="/a/1.pdf">{title}</a></li></ul>', None),
        ("kunming", "/zfxxgk/zfxxgknb/", '<ul id="newslist"><li><a href="/a/1.shtml">{title}</a><span>2026.01.29</span></li></ul>', DAY),
        (
            "kunming",
            "/zfxxgk/zfxxgknb/",
            '<div class="data-table-item"><p class="w659"><a href="/a/1.shtml">{title}</a></p><p class="w80">2026.01.29</p></div>',
            DAY,
        ),
        ("kunming", "/zfxxgk/zfxxgknb/", '<div class="item-url"><p><a href="/a/1.shtml">{title}</a></p><p>2026.01.29</p></div>', DAY),
        ("xian", "/xxgk/xxgknb/", '<ul><li><a href="1891733808520740865.html">{title}</a></li></ul>', None),
        ("langfang", "/Category_7/Index.aspx", '<ul><li><a href="/Item/91523.aspx" title="标题：{title}&#xD;点击数：1356&#xD;发表时间：2026-01-29">{cut}...</a></li></ul>', DAY),
        ("langfang", "/Category_7/Index.aspx", '<ul><li><a href="/Item/91523.aspx" title="标题：{title}&#xD;点击数：1356&#xD;发表时间：待定待定待定">{cut}...</a></li></ul>', None),
        ("wulumuqi_old", "/info/iList.jsp", '<ul><li><a href="/info/i.jsp?id=1">{title}</a><span>2026-01-29</span></li></ul>', DAY),
    ],
)  # fmt: skip
def test_a_row_of_a_list_is_whole_and_has_its_day(family: str, path: str, text: str, day: date | None) -> None:
    found = page(path, text.format(title=title(), cut=title()[:10]))
    assert recognise(found).name == family
    href = re.findall(r'href="([^"]*)"', found.text)[0]
    place = HOST + (href if href.startswith("/") else path + href)
    assert recognise(found).rows(found) == (Row(place, title(), day),)


ROWS = f'<ul class="newsList"><li><a href="/a/1.html">{title()}</a><span>2026-01-29</span></li></ul>'
KUNMING = f'<ul id="newslist"><li><a href="/a/1.shtml">{title()}</a></li></ul>'
COUNTED = KUNMING + "<script>PageIndex=PageIndex>3?3:PageIndex</script>"
PLAIN = f'<ul><li><a href="/a/1.html">{title()}</a></li></ul>'
XIAN = f'<ul><li><a href="1891733808520740865.html">{title()}</a></li></ul>'
NUMBERS = '<a href="1.html">1</a><a href="2.html">2</a><a href="3.html">3</a>'


@pytest.mark.parametrize(
    ("path", "text", "following", "total"),
    [
        ("/n/zfxxgknb/", ROWS, "/n/zfxxgknb/index_1.html", None),
        ("/n/zfxxgknb/index_1.html", ROWS, "/n/zfxxgknb/index_2.html", None),
        ("/n/zfxxgknb/index_1.html", '<ul class="newsList"></ul>', None, None),
        ("/n/zfxxgknb/list.html", ROWS, None, None),
        ("/n/zfxxgknb/", COUNTED, "/n/zfxxgknb/index_2.shtml", 3),
        ("/n/zfxxgknb/index_2.shtml", COUNTED, "/n/zfxxgknb/index_3.shtml", 3),
        ("/n/zfxxgknb/index_3.shtml", COUNTED, None, 3),
        ("/n/zfxxgknb/", KUNMING + "<script>PageIndex>0?0:1</script>", None, 0),
        ("/n/zfxxgknb/", KUNMING + "<script>PageIndex>3?4:1</script>", "/n/zfxxgknb/index_2.shtml", None),
        ("/n/xxgknb/", XIAN + NUMBERS, "/n/xxgknb/2.html", 3),
        ("/n/xxgknb/2.html", XIAN + NUMBERS, "/n/xxgknb/3.html", 3),
        ("/n/xxgknb/3.html", XIAN + NUMBERS, None, None),
        ("/n/xxgknb/", XIAN, None, None),
        ("/n/zfxxgknb/1.html", PLAIN, "/n/zfxxgknb/2.html", None),
        ("/n/zfxxgknb/2.html", "<p>没有了</p>", None, None),
        ("/info/iList.jsp?node_id=G&cat_id=15&cur_page=1", PLAIN, "/info/iList.jsp?node_id=G&cat_id=15&cur_page=2", None),
        ("/InfoPublic.aspx?cid=1&pid=9&page=1&kw=", PLAIN, "/InfoPublic.aspx?cid=1&pid=9&page=2&kw=", None),
        ("/InfoPublic.aspx?cid=1&pid=9", PLAIN, None, None),
        ("/InfoPublic.aspx?page=2", "<p>暂无</p>", None, None),
        ("/x/eportal.html?pageId=1&currentPage=1", ROWS.replace("newsList", "post_source"), "/x/eportal.html?pageId=1&currentPage=2", None),
    ],
)  # fmt: skip
def test_the_next_page_of_a_list(path: str, text: str, following: str | None, total: int | None) -> None:
    found = page(path, text)
    further = recognise(found).further(found)
    assert (further.url, further.total) == (HOST + following if following else None, total)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ('<iframe src="/inner/list.html"></iframe>', ["/inner/list.html"]),
        ('<iframe src="/a.html"></iframe><iframe src="/a.html"></iframe><iframe src="/b.html"></iframe>', ["/a.html", "/b.html"]),
        ('<iframe src="http://other.gov.cn/list.html"></iframe><iframe src="javascript:;"></iframe><iframe></iframe>', []),
        ('<iframe src="/col/1_2/index.html"></iframe>', []),
        ("".join(f'<iframe src="/{number}.html"></iframe>' for number in range(500)), ["/0.html", "/1.html", "/2.html"]),
        (f'<ul><li><a href="/a/1.html">{title()}</a></li></ul><iframe src="/visits.html"></iframe>', []),
    ],
)  # fmt: skip
def test_a_frame_is_asked_for_where_a_column_shows_no_report(text: str, asked: list[str]) -> None:
    words = f"<a href='/'>首页</a><p>{PROSE}</p>"
    found = page("/col/1_2/index.html", words + text)
    family = recognise(found)
    assert family.name == "huaian_col"
    assert [ask.url.removeprefix(HOST) for ask in family.questions(found)] == asked


# Articles


@pytest.mark.parametrize(
    ("family", "path", "text"),
    [
        ("henan_cms", "/2026/01-29/1.html", '<h1 id="title">{title}</h1>时间：<i id="pubDate">2026-01-29 10:00</i>来源：<i id="source">厅</i><div id="content">{prose}</div>'),
        ("henan_cms", "/2026/01-29/1.html", '<meta name="SiteIDCode" content="4500000001"><meta name="lastmodifiedtime" content="2026-02-02 10:00"><meta name="PubDate" content="2026-02-02 10:00"><h3 id="title">{title}</h3><i id="pubDate">2026年01月29日</i><div id="content">{prose}</div>'),
        ("xian", "/xxgk/1891733808520740865.html", '<h1 class="m-txt-tt">{title}</h1><div class="m-txt-crm"><span class="font">发布时间：2026-01-29 10:00</span><span class="font">来源：办</span></div><div class="m-txt-source">发布时间：2026-01-29</div><div id="article" class="m-txt-article">{prose}</div>'),
        ("xian", "/xxgk/61e7bc45f8fd1c0bdc7acf3c.html", "<h1>{title}</h1><p>发布时间：2026-01-29</p><div id='article'>{prose}</div>"),
        ("kunming_c", "/c/2023-02-06/6500599.shtml", '<table class="content-table"><tr><td>索引号</td><td>1</td></tr><tr><td>发布日期</td><td>2026-01-29</td></tr></table><h2>{title}</h2><div class="activity">{prose}</div>'),
        ("hebei_uuid", f"/columns/{UUID}/202302/13/{UUID}.html", '<div id="biaoti"><div style="display:none">眉题</div><div>{title}</div><div style="display:none">副题</div></div><div id="titN"><div class="fbsj-ph">2026-01-29</div><table><tr><td>发布时间：2026-01-29</td><td>来源：办公室</td></tr></table></div><div id="conN">{prose}</div>'),
        ("hebei_cms", "/x/1.html", '<h1>{title}</h1><div class="post_source">2026-01-29 来源：文旅厅</div><div id="content">{prose}</div>'),
        ("langfang", "/Item/91523.aspx", '<meta http-equiv="refresh" content="600"><h2 class="articleTitle">{title}</h2><div class="property"><span>2026年01月29日</span></div><div id="fontzoom">{prose}</div>'),
        ("changzhou_xinbei", "/html/cznd/2016/CPJCILBI_0720/241753.html", "<meta name='SiteName' content='云汀'><table><tr><td class=\"NewsTitle\">{title}<div class='NewsTitleFu'>副题</div></td></tr><tr><td>发布日期：2026-01-29  来源：办公室</td></tr></table><div id='czfxcontent'>{prose}</div>"),
        ("wulumuqi_old", "/info/iDetail.jsp", '<h2></h2><h1 class="am-article-title">{title}</h1><h2></h2><p class="am-article-meta">2026-01-29 来源:办公室</p><div id="info_content">{prose}</div>'),
        ("yunnan_kjt", "/html/2026/gg_0129/1.html", '<div class="contt_tit">{title}</div><div class="wzfrom">发布时间：2026-01-29 10:00</div><div class="contt_cont">{prose}</div>'),
        ("cac", "/2026-01/29/c_1.htm", '<h1>{title}</h1><span id="pubtime">2026年01月29日 10:00</span><span id="source">来源：办</span><div id="BodyLabel">{prose}</div>'),
        ("xiangtan", "/109/171/174/content_1234.html", '<meta name="published" content="2026.01.29 09:24:36 GMT+08:00"><div class="ftheme">{title}</div><div id="zoom">{prose}</div>'),
        ("content_id", "/zfxxgk/zfxxgknb/qzfxxgknb/content_1069", "<table><tr><td>索引号</td><td>1</td></tr><tr><td>发布机构</td><td></td></tr><tr><td>生效日期</td><td>2020-01-01</td></tr></table><h1>{title}</h1><p>发布日期：2026-01-29</p><div id='zoom'>{prose}</div>"),
    ],
)  # fmt: skip
def test_an_article_says_title_and_day(family: str, path: str, text: str) -> None:
    found = page(
        path, text.replace("{title}", title()).replace("{prose}", f"<p>{PROSE}</p><a href='/f/1.doc'>附件</a>")
    )
    reader = recognise(found)
    article = reader.article(found)
    assert (reader.name, article.title, article.published_on) == (family, title(), DAY)
    assert [link.url for link in article.attachments] == [f"{HOST}/f/1.doc"]
    other = page(path, found.text.replace(title(), LOOK_ALIKE))
    assert recognise(other).article(other).title == LOOK_ALIKE


@pytest.mark.parametrize(
    ("family", "path"),
    [
        ("gongkai_hex24", "/gongkai/channel_63899b02375991828262383a/doc_6418044eed679973285a8a84.html"),
        ("hex_directory", f"/zfxxgknb/bj/{HEX32}/index.shtml"),
        ("hex_directory", "/zfxxgknb/2023040921315244523/index.html"),
        ("tjbh_contents", "/kfq/contents/10994/273839.html"),
        ("tongzhou_tsid", "/bjtz/zwgk/zcwj67/zfxxgknb/2024n78/xzjd/index.shtml"),
        ("bjxch_pnidpv", "/zt/xxgkzl/gknbxq/pnidpv155pntypepvnbpnnfpv2023.html"),
        ("guangyuan_show", "/gongkai/show/20240220114451305.html"),
        ("qj_list_auto", "/list/xxgknb/auto/124.html"),
        ("np_cms_html", "/cms/html/npszf/2013-01-25/1779102018.html"),
        ("phpcms_show", "/index.php?c=show&id=115"),
        ("numeric_list", "/zfxxgk/zfxxgknb/1.html"),
        ("aspx", "/year_details.aspx?dept=1&id=66071"),
        ("generic", "/zwzx/tzgg/73357092.html"),
    ],
)
def test_a_family_known_by_its_address_is_read_as_any_page(family: str, path: str) -> None:
    found = page(path, f"<h1>{title()}</h1><p>发布日期：2026-01-29</p><div id='zoom'>{PROSE}</div>")
    article = recognise(found).article(found)
    assert (recognise(found).name, article.title, article.published_on) == (family, title(), DAY)


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("trs", '<h1 id="title">x</h1><i id="pubDate">2026-01-29</i><div class="TRS_Editor">x</div>'),
        ("vsb", '<div id="vsb_content"></div><h1 class="m-txt-tt">x</h1>'),
        ("shell", "<script>location.replace('index_1.html')</script>"),
    ],
)
def test_a_pages_own_signs_come_before_those_of_a_small_family(family: str, text: str) -> None:
    assert recognise(page("/col/1_2/index.html", text)).name == family


@pytest.mark.parametrize("text", ["", "\0", "<a href=", "<iframe src='http://['>", "PageIndex>1?" * 20_000])
@pytest.mark.parametrize("row", small.TABLE, ids=lambda row: row.name)
def test_no_page_makes_a_small_family_fail(row: small.SmallFamily, text: str) -> None:
    found = Page(f"{HOST}/a/index_99999.html?page=99999999", text)
    family = small.Small(row)
    assert (family.rows(found), family.further(found).url, family.questions(found)) == ((), None, ())
    assert family.article(found).attachments == ()


def test_every_row_of_the_table_has_a_name_of_its_own_and_its_source() -> None:
    names = [row.name for row in small.TABLE]
    assert len(names) == len(set(names))
    assert all(row.source and (row.text or row.path) for row in small.TABLE)
