"""What an article page says of itself, and its attachments."""

from __future__ import annotations

from datetime import date

import pytest
from scrapy.http import HtmlResponse, Request, TextResponse

from spiders.answers import CHARSET, RENDERED, page_of
from spiders.families.family import Article
from spiders.families.pages import Page, read_page, visible
from spiders.families.recogniser import recognise

URL = "http://xxgk.example.gov.cn/zcbm/ndbg/202601/t20260113_1.html"
TITLE = "云汀市审计局2025年政府信息公开工作年度报告"
BODY = "<p>" + "全年公开审计结果公告，并答复申请人的来信。" * 8 + "</p>"
DAY = date(2026, 1, 29)


def article(text: str, url: str = URL) -> Article:
    page = Page(url, text)
    return recognise(page).article(page)


@pytest.mark.parametrize(
    "text",
    [
        (
            f'<div class="top">登录| 注册</div><div class="contents_div"><h1>{TITLE}</h1><p>发布日期:2026-01-29&nbsp;点击数:</p>'
            f'<div class="zlyxwz_t2a" id="zoom"><div class="Custom_UnionStyle">{BODY}</div></div></div>'
        ),
        (
            f'<h2 class="article_title">{TITLE}</h2><div class="shezhi"><span class="time">发布时间：2026/01/29</span></div>'
            f'<div class="article_con"><div class=TRS_Editor><style>.TRS_Editor p{{}}</style>{BODY}</div></div>'
        ),
        (
            f'<meta name="pubdate" content="2026-01-29 10:00"><meta content="{TITLE}" name="ArticleTitle"><h1>云汀市人民政府</h1>'
            f'<div class="TRS_Editor">{BODY}<p>发布日期：2020-01-01</p></div>'
        ),
        (
            f'<div id="NewsArticleTitle">{TITLE}</div><div id="NewsArticlePubDay">2026-01-29</div><h1>云汀</h1>'
            f'<div class="TRS_Editor"><div class="TRS_Editor"><div class="view TRS_UEDITOR">{BODY}</div></div></div>'
        ),
        (
            f'<script>var doctitle = "{TITLE}"</script><div class="sub"><span>发布日期：2026-01-29 08:45</span></div>'
            f'<div class="TRS_UEDITOR">{BODY}</div>'
        ),
        (
            f'<div id="downloadContent"><h1>云汀市审计局2025年<br>政府信息公开工作年度报告</h1>{BODY}</div>'
            f'<div class="moe-detail-shuxing">发布日期：2026-01-29　来源：审计局</div>'
        ),
        (
            f'<span class="site-date">2023年9月9日</span><h2>政策文件</h2><h1>{TITLE}</h1>'
            f'<div class="pages-date"><span class="source">审计局</span>2026-01-29 16:00</div><div class="pages_content">{BODY}</div>'
        ),
        (
            f"<table><tr><td>名　称：</td><td>{TITLE}</td></tr><tr><td>发布日期：</td><td>2026年01月29日</td></tr></table>"
            f"<title>{TITLE}-云汀市审计局</title><div class=TRS_Editor>{BODY}</div>"
        ),
        (
            f'<meta name="others" content="页面生成时间 2026-02-11 13:56:58"><meta name="PubDate" content="2026-02-11 13:56">'
            f"<h1><ucaptitle>{TITLE}</ucaptitle></h1><publishtime>2026-01-29</publishtime><ucapcontent>{BODY}</ucapcontent>"
        ),
        (
            f"<meta name='WebId' content='1'><meta name='Maketime' content='2026-02-22 11:34:34'><h2 class='sp_title'>{TITLE}</h2>"
            f"<div class='sp_time'><font>时间：2026-01-29 10:17</font></div><div id='zoom'>{BODY}</div>"
        ),
        (
            f'<form name="_newscontent_fromname"><h1>{TITLE}</h1><div>时间：2026-01-29 来源：审计局 点击：</div>'
            f'<div id="vsb_content_2"><div class="v_news_content">{BODY}</div></div></form>'
        ),
        (
            f'<div class="top">2026年3月3日</div><div><h3 class="tt">{TITLE}</h3><div class="sj">2026-01-29 15:20</div>'
            f'<div id="zoom">{BODY}<p>2020年1月1日</p></div></div>'
        ),
        f'<div><h2>{TITLE}</h2></div><p>云汀市审计局</p><p>（2026年01月29日）</p><div id="zoom">{BODY}</div>',
    ],
)
def test_title_and_publishing_date_of_an_article(text: str) -> None:
    found = article(f"<html><body>{text}</body></html>")
    assert (found.title, found.published_on) == (TITLE, DAY)


def test_a_time_of_generation_is_no_publishing_date() -> None:
    text = (
        '<meta name="others" content="页面生成时间 2025-06-03 13:56:58" /><meta name="PubDate" content="2025-06-03 13:56">'
        f"<body><UCAPTITLE>{TITLE}</UCAPTITLE><UCAPCONTENT>{BODY}</UCAPCONTENT></body>"
    )
    assert article(text).published_on is None


def test_the_date_in_the_address_is_never_taken() -> None:
    assert article(f"<h1>{TITLE}</h1><div class=TRS_Editor>{BODY}</div>").published_on is None


def test_a_look_alike_keeps_its_own_title() -> None:
    text = f"<h2>政府信息公开年报</h2><h1>{TITLE}解读</h1><div class=TRS_Editor>{BODY}</div>"
    assert article(text).title == f"{TITLE}解读"


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("<table><tr><td>发布机构</td><td>云汀市审计局</td></tr></table>", "云汀市审计局"),
        ("<p>发布机构：云汀市审计局</p>", "云汀市审计局"),
        (
            '<a class="CurrChnlCls">首页</a><a class="CurrChnlCls">云汀市审计局</a><a class="CurrChnlCls">年度报告</a>',
            "云汀市审计局",
        ),
        ("<div>当前位置：首页 &gt; 市政府部门 &gt; 云汀市审计局 &gt; 年度报告</div>", "云汀市审计局"),
        ("<p>云汀市政府信息公开专栏 &gt;&gt; 云汀市审计局</p>", None),
        ("<p>发布机构：</p>", None),
    ],
)
def test_the_agency_is_taken_from_field_or_crumbs(text: str, agency: str | None) -> None:
    assert article(f"<body>{text}<h1>{TITLE}</h1><div class=TRS_Editor>{BODY}</div></body>").agency == agency


# Attachments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<p><a href="./P020260112000000000.doc">附件.doc</a></p>', [("P020260112000000000.doc", "附件.doc")]),
        ('<p><a href="#" OLDSRC="W020260112.docx">年度报告</a></p>', [("W020260112.docx", "年度报告")]),
        ('<p><a href="\nW020260112.pdf\n">年度报告.pdf</a></p>', [("W020260112.pdf", "年度报告.pdf")]),
        ('<p><a href="《报告》.wps"></a></p>', [("%E3%80%8A%E6%8A%A5%E5%91%8A%E3%80%8B.wps", "《报告》.wps")]),
        ('<p><a href="/sys/download.jsp?id=3">报告.xls</a></p>', [("/sys/download.jsp?id=3", "报告.xls")]),
        ("<p><a href=\"javascript:openFile('./a.ofd','报告.ofd')\">报告</a></p>", [("a.ofd", "报告.ofd")]),
        ('<iframe src="/pdfjs/viewer.html?file=/files/a.pdf"></iframe>', [("/files/a.pdf", "a.pdf")]),
        ('<script>var pdfFile = "./P020260112000000001.pdf";</script>', [("P020260112000000001.pdf",) * 2]),
        ('<script>showVsbpdfIframe("/__local/1/a.pdf","100%");</script>', [("/__local/1/a.pdf", "a.pdf")]),
        ('<img src="./W020260112.png" OLDSRC="W020260112.png"><a href="t20260113_2.html">相关</a>', []),
    ],
)
def test_attachments_in_the_body(text: str, expected: list[tuple[str, str]]) -> None:
    found = article(f'<h1>{TITLE}</h1><div class="TRS_Editor">{BODY}{text}</div>').attachments
    base = URL.rpartition("/")[0]
    host = "http://xxgk.example.gov.cn"
    assert [(link.url.removeprefix(base + "/").removeprefix(host), link.name) for link in found] == expected


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (
            '<p><img src="./W020260112345.png"><img src="./W020260112346.jpg"></p>',
            ["W020260112345.png", "W020260112346.jpg"],
        ),
        (
            '<p><img src="1.png"></p><p><img src="1.png"></p><p><a href="/zoom"><img src="2.png"></a></p>',
            ["1.png", "2.png"],
        ),
        ('<p><img src="#" OLDSRC="W020260112345.png"></p>', ["W020260112345.png"]),
        ('<p><img src="/blank.gif" data-original="1.jpg" style="width: 720px"></p>', ["1.jpg"]),
        ('<p><img src="/download?id=3" width="800" height="1131"></p>', ["download"]),
        (
            '<p><img src="a.png" width="16"><img src="b.png" style="height:20px;"><img src="data:image/png;base64,AAAA"></p>',
            [],
        ),
        (
            '<p><img src="/ueditor/dialogs/attachment/fileTypeImages/icon_doc.gif"><a href="a.doc">报告</a></p>',
            ["报告"],
        ),
        ('<div class="share"><img src="/images/weixin.png"><img src="/images/c.png"></div>', []),
        ('<p><img src="1.png"></p><p><a href="a.pdf">报告.pdf</a></p>', ["报告.pdf", "1.png"]),
        (f'{BODY}<p><img src="W020260112345.png"></p>', []),
        ('<p>联系电话：0434-5220000</p><p><img src="1.png"></p>', ["1.png"]),
    ],
)
def test_the_pictures_of_a_body_without_a_text_are_attachments(body: str, names: list[str]) -> None:
    page = (
        f'<div class="header"><img src="/images/logo.png"></div><h1>{TITLE}</h1><div class="TRS_Editor">{body}</div>'
        '<div class="footer"><img src="/images/police.png" width="300"></div>'
    )
    assert [link.name for link in article(f"<html><body>{page}</body></html>").attachments] == names


def test_without_a_body_only_an_editors_pictures_count() -> None:
    text = f'<h1>{TITLE}</h1><div><img src="/images/city.jpg"><img src="./W020260112345.png"></div>'
    assert [link.name for link in article(f"<html><body>{text}</body></html>").attachments] == ["W020260112345.png"]


@pytest.mark.parametrize(
    "box",
    [
        '<div class="attachment"><div class="attachment_r"><p>{link}</p></div></div>',
        '<div id="articleFJ" style="display: none"><ul id="appendix_list"><li>{link}</li></ul></div>',
        '<div id="downloadfile" class="downloadfile hide"><div id="article-file">{link}</div></div>',
        '<div style="display: none" id="fj">{link}</div>',
    ],
)
def test_attachments_in_boxes_shown_or_hidden_are_found_once(box: str) -> None:
    link = '<a href="./P020260112000000000.pdf">报告.pdf</a>'
    text = f'<h1>{TITLE}</h1><div class="TRS_Editor">{BODY}</div>{box.format(link=link + link)}'
    assert [found.name for found in article(text).attachments] == ["报告.pdf"]


def test_a_file_in_the_sites_menu_is_no_attachment() -> None:
    text = f'<ul class="menu"><li><a href="/help.pdf">使用帮助</a></li></ul><h1>{TITLE}</h1><div class="TRS_Editor">{BODY}</div>'
    assert article(text).attachments == ()


# Encoding


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (f'<meta charset="gb2312"><h1>䃼正㙍{TITLE}</h1>'.encode("gb18030"), "text/html"),
        (f"<h1>䃼正㙍{TITLE}</h1>".encode("gb18030"), "text/html; charset=GBK"),
        (f'<meta charset="gb2312"><h1>䃼正㙍{TITLE}</h1>'.encode("utf-16"), "text/html"),
        (f"\ufeff<h1>䃼正㙍{TITLE}</h1>".encode(), "text/html; charset=iso-8859-1"),
        (f"<h1>䃼正㙍{TITLE}</h1>".encode(), "text/html; charset=gb2312"),
        (f"<h1>䃼正㙍{TITLE}</h1>".encode(), 'text/html; charset="utf-8;"'),
    ],
)
def test_a_page_is_decoded_whatever_it_declares(body: bytes, content_type: str) -> None:
    page = read_page(URL, body, {"Content-Type": content_type})
    assert page.select("h1")[0].text == f"䃼正㙍{TITLE}"


ACCIDENT = f"<h1>省税水目司模 {2024}</h1>"  # in GB18030 each character is UTF-8 too
HEADERS = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("meta", "flags", "heading"),
    [
        ({CHARSET: "gb2312"}, [], "省税水目司模 2024"),
        ({CHARSET: "gb2312"}, [RENDERED], None),  # a browser wrote it, in UTF-8
        ({CHARSET: None}, [], None),
        ({}, [], None),
    ],
)
def test_a_portal_s_exception_for_its_encoding_wins_over_header_and_meta(
    meta: dict[str, str | None], flags: list[str], heading: str | None
) -> None:
    body = f'<meta charset="utf-8">{ACCIDENT}'.encode("gb18030")
    response = HtmlResponse(URL, headers=HEADERS, body=body, flags=flags, request=Request(URL, meta=meta))
    found = page_of(response)
    assert (found.select("h1")[0].text == "省税水目司模 2024") == (heading is not None)
    assert found.encoding == ("gb18030" if heading is not None else "utf-8")


def test_the_answer_of_an_endpoint_is_no_page_and_is_read_as_json_is() -> None:
    body = '{"title": "涓枃"}'.encode()
    response = TextResponse(URL, body=body, request=Request(URL, meta={CHARSET: "gb18030"}))
    assert page_of(response).text == body.decode()


def test_a_page_knows_the_fragment_it_was_asked_with() -> None:
    response = HtmlResponse(URL, body=b"<p>x</p>", request=Request(f"{URL}#2629"))
    assert page_of(response).url == f"{URL}#2629"


def test_broken_markup_is_read() -> None:
    text = f"<html><html><title></title><body><h2><span></span></h1><h1>{TITLE}</h2></br><div class=TRS_Editor>{BODY}"
    assert article(text + "</body></html>after").title == TITLE
    assert article("").title is None
    assert article("\0\0").title is None


@pytest.mark.parametrize(
    "page",
    [
        "<html><body><p>a</p></body></html><div class='x'>b</div>",
        "<html><body><p>a</p></HTML >\n<div class='x'>b</div>",
        "<html><body><p>a</p></body></html><html><head><title></title></head><body><div class='x'>b</div></body></html>",
    ],
)
def test_what_stands_behind_the_end_of_a_page_belongs_to_it(page: str) -> None:
    assert [visible(element).strip() for element in Page("http://a.gov.cn/", page).select(".x")] == ["b"]
