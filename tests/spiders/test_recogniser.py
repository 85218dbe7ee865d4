"""Which family a page is of, by its signs and by its address."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from spiders.families.addresses import name_of
from spiders.families.pages import Page
from spiders.families.recogniser import recognise

PORTAL_ADDRESSES = "XXGK_PORTAL_ADDRESSES"


@pytest.mark.parametrize(
    ("family", "url", "text"),
    [
        ("gkmlpt", "http://a/gkmlpt/index", "<script>window._CONFIG={SID:'755041', TREE:[]}</script>"),
        ("nfcms", "http://a/x/", "<script>window._CONFIG = {};window.NFCMS_SITE_ID=2;</script><div class=TRS_Editor>"),
        ("nfcms", "http://a/content/post_9469010.html", "<p>x</p>"),
        (
            "jpaas",
            "http://a/col/col1/",
            "<meta name='MakeTime' content=''><script url='/api-gateway/jpaas-publish-server/x'></script>",
        ),
        ("truecms", "http://a/x/", "<script>'/TrueCMS/messageController/getMessage.do'</script><datastore>"),
        ("hanweb", "http://a/col/col1/index.html", "<script><datastore><recordset></recordset></datastore></script>"),
        ("hanweb", "http://a/x.html", "<meta name='WebId' content='1'>"),
        ("hanweb", "http://a/art/2021/1/29/art_1229486923_59080004.html", ""),
        ("ucap", "http://a/x.shtml", '<meta name="others" content="页面生成时间 2025-06-03 13:56:58" />'),
        ("ucap", "http://a/list.shtml", "<script>createPageHTML('page_div',5, 1,'fg','shtml',89);</script>"),
        ("ucap", "http://a/col/col42150/index.html", "<script>var listData = {\n articleList: []}</script>"),
        ("vsb", "http://a/x.htm", '<div id="vsb_content_2"></div>'),
        ("lonsun", "http://a/x", "<!--StartLabelHtml_1-->"),
        ("ah_annualreport", "http://a/openness/OpennessAnnualReport/show/3965.html", ""),
        ("epoint", "http://a/x.html", '<div class="ewb-file"></div>'),
        ("easysite", "http://a/x/", '<script src="/js/Huilan-jQuery.js"></script>'),
        ("shanghai_ivs", "http://a/x.html", '<h2 id="ivs_title">标题</h2>'),
        ("trs", "http://a/n/", '<script><!--\ncreatePageHTML(9, 0, "index", "html");\n//--></script>'),
        ("trs", "http://a/n/x.html", "<div class=TRS_Editor></div>"),
        ("trs", "http://a/n/202601/t20260113_1.html", "<p>x</p>"),
        ("trs", "http://a/n/", '<a class="CurrChnlCls" href="../">首页</a>'),
        ("trs_jilin", "http://xxgk.jlcity.gov.cn/szf/ndbg/", "<p>x</p>"),
        ("trs_jilin", "http://xxgk.example.gov.cn/", '<a href="/zcbm/fgw_136504/gkzn/">某局</a>'),
        ("trs_jilin", "http://a/x.html", '<div class="zlyxwz_t2a" id="zoom"></div>'),
        ("trs_jilin", "http://infogate.a/govsearch/x.jsp", '\r\n\r\n\ufeffresult({"data":[]});\r\n'),
        ("sasac", "http://a/n1/", '<div class="zsy_conlist"></div>'),
        ("shell", "http://a/n/", "<script>location.replace('index_1.html')</script>"),
        ("generic", "http://a/n/", "<p>某局政府信息公开</p>"),
    ],
)
def test_a_page_is_recognised_by_its_strong_signs(family: str, url: str, text: str) -> None:
    assert recognise(Page(url, text)).name == family


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("generic", "<script>window._CONFIG = {};</script>"),
        ("trs", '<div id="UCAP-CONTENT"><div class="TRS_Editor">x</div></div>'),
        ("trs", '<meta name="HtmlGenerateTime" content="x"><div class="TRS_Editor">x</div>'),
        ("generic", '<a href="http://other.gov.cn/col/col123/index.html">友情链接</a>'),
    ],
)
def test_weak_signs_do_not_decide(family: str, text: str) -> None:
    assert recognise(Page("http://a/x/", text)).name == family


def test_a_server_may_name_its_family() -> None:
    assert recognise(Page("http://a/x/", "<p>x</p>", {"server": "epoint-httpserver"})).name == "epoint"


@pytest.mark.parametrize(
    ("family", "path"),
    [
        ("gkmlpt", "/hyhphsz/gkmlpt/content/0/638/post_638777.html"),
        ("nfcms", "/zwgk/bmxxgkndbg/content/post_9432878.html"),
        ("hanweb_annual", "/module/xxgk/xxgkAnnualReport.jsp?area=11370900004341590P&fbtime=2022"),
        ("jpaas", "/zfxxgk/art/2025/art_c3b2de5373bb4e68964094fe4796f303.html"),
        ("ucap", "/hebmlx/c111208/202201/c01_201484.shtml"),
        ("ucap", "/sygfj/gknb/202401/2ecfb31a335f4d689220a3a23e24a986.shtml"),
        ("vsb", "/info/2956/33680.htm"),
        ("lonsun", "/public/content/36027577"),
        ("ah_annualreport", "/opennessAnnualReport/year/6/2022.html"),
        ("easysite", "/2023n62/qzfbm7/2127247/index.html"),
        ("trs", "/zwgk/zfxxgknb/t17981192.shtml"),
        ("trs", "/sndbg/202003/t20200306_2057225.htm"),
        ("ucap", "/csrc/c106256/c1653889/content.shtml"),
        ("ucap", "/jxssthjt/col/col42150/content/content_1951206363677671424.html"),
        (None, "/ssx/c106127/list.shtml"),
        (None, "/csrc/c106256/fg_2.shtml"),
        (None, "/xxgk/zfxxgknb/"),
        (None, "/year_details.aspx?dept=1&id=66071"),
    ],
)
def test_an_address_alone_speaks_for_a_family(family: str | None, path: str) -> None:
    assert name_of(f"http://www.example.gov.cn{path}") == family


def test_the_collected_addresses_speak_for_the_families_they_are_filed_under() -> None:
    folder = _collected()
    with (folder / "addresses.csv").open(encoding="utf-8", newline="") as file:
        articles = [row for row in csv.DictReader(file) if row["kind"] == "article"]
    named = [(row["family"], name_of(row["url"])) for row in articles]
    wrong = [(family, found) for family, found in named if found is not None and found != family]
    assert wrong == []
    assert sum(found is not None for _, found in named) >= 0.95 * len(named)


def _collected() -> Path:
    """The folder of collected addresses: the one named, else ``*/portals`` beside the checkout."""
    given = os.environ.get(PORTAL_ADDRESSES)
    beside = Path(__file__).parents[3].glob("*/portals")
    folders = [Path(given)] if given else sorted(beside)
    found = next((folder for folder in folders if (folder / "addresses.csv").is_file()), None)
    if found is None:
        pytest.skip(f"no collected addresses beside the checkout, and {PORTAL_ADDRESSES} names no folder of them")
    return found
