"""easysite: lists of folders, headings, and files that only a script names."""

from __future__ import annotations

import pytest

from spiders import columns
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from tests.spiders.families.invented import DAY, PROSE, title

HOST = "https://www.example.gov.cn"
PLACE = f"{HOST}/zfxxgk/zfxxgknb/2025n62/qzfbm7"
HEAD = '<script src="/js/huilan-jquery.js"></script>'
NEWS = (
    '<div class="easysite-news-title"><h2>{title}</h2></div><p class="easysite-news-describe">来源：<font id="xxly">商务局</font>'
    " 更新时间：2026-01-29 10:46</p>"
    '<div id="easysiteText"><p>{prose}</p>{more}</div>'
)
SUB_ARTICLE = (
    '<div class="subArticleTitle"><h2>{title}</h2></div><div class="detail"><span>来源：商务局</span><span>日期：2026-01-29 15:28</span></div>'
    '<div id="articleWrap" class="article"><p>{prose}</p>{more}</div>'
)
ARRAY = "var imgHuilanMediaArray = new Array(); var attachHuilanMediaArray = new Array();"
USE = "if (attachHuilanMediaArray[z].desc.indexOf(\"FCK\") > -1) { h += '<p><a href=\"' + fckarr[z].src + '\">附件1：' + fckarr[z].title; }"


def page(text: str, path: str = "/2127090/index.html") -> Page:
    return Page(PLACE + path, f"<html><head>{HEAD}</head><body>{text}</body></html>")


@pytest.mark.parametrize("skeleton", [NEWS, SUB_ARTICLE])
@pytest.mark.parametrize(
    "metas", ["", '<meta name="createDate" content="2026-02-02 10:00"><meta name="PubDate" content="2026-02-02">']
)
def test_title_and_day_stand_in_their_own_elements(skeleton: str, metas: str) -> None:
    found = page(metas + "<h1>云汀区人民政府</h1>" + skeleton.format(title=title(), prose=PROSE, more=""))
    article = recognise(found).article(found)
    assert (article.title, article.published_on, article.attachments) == (title(), DAY, ())


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'attachHuilanMediaArray.push({src:"/files/2025.docx",title:"年度报告",desc:"FCK_1"});',
            [(f"{HOST}/files/2025.docx", "年度报告")],
        ),
        (
            "attachHuilanMediaArray[0] = {'title':'年报','desc':'xFCKx','src':'年报 2025.pdf'};",
            [(f"{PLACE}/2127090/%E5%B9%B4%E6%8A%A5%202025.pdf", "年报")],
        ),
        (
            'var o = new Object(); o.src = "\\/a.ofd"; o.title = ""; o.desc = "FCK"; attachHuilanMediaArray.push(o);',
            [(f"{HOST}/a.ofd", "a.ofd")],
        ),
        ('attachHuilanMediaArray.push({src:"/cover.docx",title:"封面",desc:"thumb"});', []),
        ('attachHuilanMediaArray.push({src:"/a.mp4",title:"视频",desc:"FCK"});', []),
        ('attachHuilanMediaArray.push({title:"没有地址",desc:"FCK"});', []),
        ('attachHuilanMediaArray.push({src:null,title:1,desc:["FCK"]}', []),
        ("attachHuilanMediaArray.push({" * 3000, []),
    ],
)
def test_files_of_the_media_array_are_attachments_if_their_description_says_so(
    script: str, expected: list[tuple[str, str]]
) -> None:  # portals: replay case 17
    box = '<div class="fujianList" style="display:none"><div class="xgfjBox"></div></div>'
    found = page(NEWS.format(title=title(), prose=PROSE, more=box) + f"<script>{ARRAY}{script}{USE}</script>")
    attachments = recognise(found).article(found).attachments
    assert [(link.url, link.name) for link in attachments] == expected


def test_a_file_linked_and_pushed_is_one_attachment() -> None:
    link = '<a href="/files/2025.docx">年度报告.docx</a>'
    script = '<script>attachHuilanMediaArray.push({src:"/files/2025.docx",title:"报告",desc:"FCK"});</script>'
    found = page(NEWS.format(title=title(), prose=PROSE, more=link) + script)
    assert len(recognise(found).article(found).attachments) == 1


def test_folders_of_seven_digits_are_articles_even_without_a_year_in_their_title() -> None:
    text = (
        f'<ul><li><a href="2127090/index.html">{title()}</a></li>'
        '<li><a href="2127247/index.html">云汀区商务局政府信息公开工作年度报告</a></li>'
        '<li><a href="../2024n5/qzfbm3/">2024年</a></li></ul>'
    )
    found = page(text, "/")
    assert [row.url.removeprefix(PLACE) for row in recognise(found).rows(found)] == [
        "/2127090/index.html",
        "/2127247/index.html",
    ]
    assert [link.url for link in columns.sub_columns(found)] == [found.resolve("../2024n5/qzfbm3/")]
