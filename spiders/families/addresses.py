"""Which family an article's address alone speaks for; for planning, and to know an article's link. The page decides."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# The disclosure hosts of 吉林; the site behind each is cut from one provincial template.
JILIN_HOSTS: Final = frozenset(
    {
        "xxgk.jl.gov.cn", "xxgk.jlcity.gov.cn", "xxgk.jlcy.gov.cn", "xxgk.longtan.gov.cn", "xxgk.jleda.gov.cn",
        "xxgk.panshi.gov.cn", "xxgk.tonghua.gov.cn", "xxgk.dc.gov.cn", "xxgk.edj.gov.cn", "xxgk.tonghuaxian.gov.cn",
        "xxgk.siping.gov.cn", "xxgk.jlbc.gov.cn", "xxgk.tongyu.gov.cn", "xxgk.dongliao.gov.cn",
        "xxgk.changbaishan.gov.cn", "js.changchun.gov.cn", "zwgk.changchun.gov.cn", "infogate.jl.gov.cn",
        "infogate.changchun.gov.cn", "was.jl.gov.cn", "fao.jlcity.gov.cn",
    }
)  # fmt: skip

# The hosts of 吉林市 and its districts: copies of one site, so what one has each may have.
JILIN_CITY_HOSTS: Final = frozenset(
    {"xxgk.jlcity.gov.cn", "xxgk.jlcy.gov.cn", "xxgk.longtan.gov.cn", "xxgk.jleda.gov.cn", "xxgk.panshi.gov.cn"}
)
JILIN_CITY_ENTRIES: Final = ("/jlsndbg/", "/jlszn/")  # the whole city's reports, and the directory of its units

_ADDRESSES: Final = tuple(
    (name, re.compile(pattern, re.IGNORECASE if name == "ah_annualreport" else 0))
    for name, pattern in (
        ("gkmlpt", r"/gkmlpt/"),
        ("nfcms", r"/content/m?post_\d+\.html$"),
        ("hanweb_annual", r"/module/xxgk/xxgkAnnualReport\.jsp"),
        ("jpaas", r"/art/\d{4}/art_[0-9a-f]{32}\.html$"),
        ("hanweb", r"/art/\d{4}/\d{1,2}/\d{1,2}/art_\d+_\d+\.html$"),
        ("wuxi_doc", r"/doc/\d{4}/\d\d/\d\d/\d+\.shtml$"),
        ("ucap", r"/c\d{5,7}[a-z]?/(?:.*/)?(?:[0-9a-f]{32}|c\d+_\d+|content)\.shtml$|/\d{6}/[0-9a-f]{32}\.shtml$"),
        ("ucap", r"/\d{4}/\d{1,2}/\d{1,2}/(?:[0-9a-f]{32}|\d+)\.shtml$|/content/content_\d{19}\.html$"),
        ("vsb", r"/info/\d+/\d+\.htm$"),
        ("lonsun", r"/public/(?:column|content)/\d+"),
        ("ah_annualreport", r"/(?:openness|xxgk)AnnualReport/|/Xxgknb/show/"),
        ("shanghai_ivs", r"/nw\d+/\d{8}/[0-9a-f]{32}\.html$"),
        ("kunming_c", r"/c/\d{4}-\d\d-\d\d/\d+\.shtml$"),
        ("hebei_uuid", rf"/columns/{_UUID}/"),
        ("huaian_col", r"/col/\d+_\d+/"),
        ("gongkai_hex24", r"/channel_[0-9a-f]{24}/doc_[0-9a-f]{24}\.html$"),
        ("tjbh_contents", r"/contents/\d+/\d+\.html$"),
        ("content_id", r"/content_\d+$"),
        ("np_cms_html", r"/cms/html/\w+/\d{4}-\d\d-\d\d/\d+\.html$"),
        ("guangyuan_show", r"/gongkai/show/\d{17}\.html$"),
        ("xian", r"/(?:\d{19}|[0-9a-f]{24})\.html$"),
        ("hex_directory", r"/(?:[0-9a-f]{32}|\d{19,20})/index\.s?html$"),
        ("easysite", r"/\d{7}/index\.html$"),
        ("trs", r"/t\d{8}_\d+\.s?html?$|/t\d{6,9}\.shtml$"),
    )
)


# Lists whose addresses look like their family's articles.
_LISTS: Final = {
    "gkmlpt": re.compile(r"/gkmlpt/(?!content/)"),
    "lonsun": re.compile(r"/public/column/"),
    "hebei_uuid": re.compile(r"/(?:index\.s?html?)?$"),
    "huaian_col": re.compile(r"/(?:index\.s?html?)?$"),
    "ah_annualreport": re.compile(r"."),
    "hanweb_annual": re.compile(r"."),
}


def is_article(url: str) -> bool:
    """Whether an address alone says that it is an article's and no list's."""
    name = name_of(url)
    return name is not None and (name not in _LISTS or _LISTS[name].search(urlsplit(url).path) is None)


def name_of(url: str) -> str | None:
    """The family an address alone speaks for, or None. Small families are known from one to three examples each."""
    parts = urlsplit(url)
    for name, pattern in _ADDRESSES:
        if pattern.search(parts.path):
            return "trs_jilin" if name == "trs" and parts.hostname in JILIN_HOSTS else name
    return None
