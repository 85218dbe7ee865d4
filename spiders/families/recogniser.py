"""Which family a page is of: an ordered table of strong signs, the first that fits decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from spiders.families import small
from spiders.families.ah_annualreport import AhAnnualReport
from spiders.families.easysite import Easysite
from spiders.families.epoint import Epoint
from spiders.families.family import Family
from spiders.families.generic import Generic
from spiders.families.gkmlpt import Gkmlpt
from spiders.families.hanweb import Hanweb
from spiders.families.hanweb_annual import HanwebAnnual
from spiders.families.jilin import Jilin
from spiders.families.jpaas import Jpaas
from spiders.families.lonsun import Lonsun
from spiders.families.ministries import Chinatax, GovCn
from spiders.families.nfcms import Nfcms
from spiders.families.pages import Page
from spiders.families.sasac import Sasac
from spiders.families.shanghai import ShanghaiIvs
from spiders.families.trs import Trs
from spiders.families.trs_was import TrsWas
from spiders.families.truecms import TrueCms
from spiders.families.ucap import Ucap
from spiders.families.vsb import Vsb
from spiders.families.wuxi_doc import WuxiDoc
from spiders.shells import is_shell


@dataclass(frozen=True)
class Sign:
    """A family's strong signs: in the text of a page (case ignored), in its path, or in a header."""

    family: str
    text: re.Pattern[str] | None = None
    path: re.Pattern[str] | None = None
    server: str | None = None

    def fits(self, page: Page) -> bool:
        """Whether one of the signs is there."""
        if self.text is not None and self.text.search(page.text):
            return True
        if self.path is not None and self.path.search(urlsplit(page.url).path):
            return True
        return self.server is not None and self.server in page.headers.get("server", "").lower()


def _sign(family: str, text: str | None = None, path: str | None = None, server: str | None = None) -> Sign:
    return Sign(
        family,
        re.compile(text, re.IGNORECASE | re.DOTALL) if text is not None else None,
        re.compile(path) if path is not None else None,
        server,
    )


# The order is part of the table: NFCMS pages hold TRS wrappers, JPaaS and TrueCMS pages hold Hanweb's signs.
SIGNS: Final = (
    _sign("gkmlpt", r"window\._CONFIG\s*=\s*\{(?=.{0,4000}\bSID\b)(?=.{0,9000}\bTREE\b)", r"/gkmlpt/"),
    _sign("nfcms", r"NFCMS_SITE_ID", r"/content/m?post_\d+\.html$"),
    _sign("jpaas", r"jpaas-publish-server", r"/art/\d{4}/art_[0-9a-f]{32}\.html$"),
    _sign(
        "truecms",
        r"/truecms/messageController/getMessage\.do",
        r"/content/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.html$",
    ),
    _sign("hanweb_annual", r"/module/xxgk/xxgkAnnualReport\.jsp\?", r"/module/xxgk/xxgkAnnualReport\.jsp"),
    _sign(
        "hanweb",
        r"<meta[^<>]*name=['\"]?(?:WebId|Maketime)\b|/module/(?:web/)?jpage/|/module/visitcount/|/module/xxgk/(?:search|subjectinfo|tree)\.jsp|<datastore>|ZJEG_RSS",
        r"/art/\d{4}/\d{1,2}/\d{1,2}/art_\d+_\d+\.html$",
    ),
    _sign(
        "wuxi_doc",
        r"getSearchList\(\s*(?:['\"\w]+\s*,\s*['\"]?\d|\{)|/info_open/search|doc_content_wza|xxgk_table_wza|href=['\"](?:\.{1,2})?/doc/\d{4}/\d\d/\d\d/\d+\.shtml",
        r"/doc/\d{4}/\d\d/\d\d/\d+\.shtml$",
    ),
    _sign(
        "ucap",
        r"content=['\"]页面生成时间 |name=['\"]template,templategroup,version"
        r"|<UCAPTITLE|<UCAPCONTENT|createPageHTML\(\s*['\"]|listData\s*=\s*\{\s*articleList\s*:|/doc/ucap/",
        r"/c\d{5,7}[a-z]?/(?:.*/)?[0-9a-f]{32}\.shtml$|/content/content_\d{19}\.html$",
    ),
    _sign(
        "vsb",
        r"vsb_content|v_news_content|_showDynClickBatch|_newscontent_fromname|class=['\"]p_pages\b",
        r"/info/\d+/\d+\.htm$",
    ),
    _sign("lonsun", r"<!--\s*StartLabelHtml_|/site/label/8888", r"/public/(?:column|content)/\d+"),
    _sign("ah_annualreport", None, r"(?i)/(?:openness/)?(?:Openness|Xxgk)AnnualReport/|/Xxgknb/show/"),
    _sign("epoint", r"/EWB-FRONT/|webbuildercommon|class=['\"][^'\"]*\bewb-", server="epoint-httpserver"),
    _sign("easysite", r"huilan-jquery|easysite-news-|id=['\"]easysite"),
    _sign("shanghai_ivs", r"id=['\"]?ivs_(?:title|date|content)|/front/api/data/\w"),
    _sign("chinatax_json", r"/getFileListByCodeId\b"),
)
# Families with a module of their own; the others keep their name and are read by the generic reader.
_READERS: Final[dict[str, Family]] = {
    family.name: family
    for family in (
        Jilin(),
        Trs(),
        AhAnnualReport(),
        Epoint(),
        Lonsun(),
        Vsb(),
        WuxiDoc(),
        Gkmlpt(),
        Nfcms(),
        Ucap(),
        Chinatax(),
        Easysite(),
        GovCn(),
        Sasac(),
        ShanghaiIvs(),
        TrsWas(),
        Hanweb(),
        HanwebAnnual(),
        Jpaas(),
        TrueCms(),
        *small.FAMILIES,
    )
}
_BY_PAGE: Final = ("trs_jilin", "gov_cn", "trs_was", "trs", "sasac")  # known by more than a sign


def recognise(page: Page) -> Family:
    """The reader for a page; an answer is read by the family that asked for it."""
    if page.asked is not None:
        return reader(page.asked.family)
    for sign in SIGNS:
        if sign.fits(page):
            return reader(sign.family)
    for name in _BY_PAGE:
        if _READERS[name].recognises(page):
            return _READERS[name]
    if is_shell(page):
        return reader("shell")
    return next((family for family in small.FAMILIES if family.recognises(page)), reader("generic"))


def reader(name: str) -> Family:
    """The family of that name."""
    return _READERS.get(name) or _generic(name)


@cache
def _generic(name: str) -> Family:
    return Generic(name)
