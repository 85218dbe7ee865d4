"""TRS WCM (拓尔思), the largest family: static lists paged by ``createPageHTML``, articles in the editor's wrappers."""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import urlsplit

from spiders.families.family import Family
from spiders.families.pages import Page

_SIGNS = re.compile(
    r"TRS_Editor|trs_editor_view|TRS_UEDITOR|TRS_PreAppend|Custom_UnionStyle|id=[\"']?NewsArticle(?:ID|Title|PubDay)|CurrChnlCls|_trs_ta_js"
    r"|createPageHTML\(\s*\d",
    re.IGNORECASE,
)
_ARTICLE_PATH = re.compile(r"/t\d{8}_\d+\.s?html?$")


class Trs(Family):
    """Every site has its own template; the address form, the pager's call and the wrappers are shared."""

    name = "trs"

    # Lists
    list_places: ClassVar[tuple[str, ...]] = (
        ".list .u-list",
        "ul.list_common",
        ".overview_right",
        "ul.rsb_con_rightUl",
        "ul.default_news",
        ".default_news",
    )

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (
        "h2.article_title",
        ".article_title",
        ".xxgk_title",
        "#downloadContent h1",
        ".artT",
        ".tit_header h3",
        "h3#title",
        ".zwxl-title p.tit",
        "h1.xx-tit",
        ".article h1",
        ".xl_tit1",
        ".zw_cont_tit",
        "h3.h3class",
        ".articleHead h2",
    )
    date_places: ClassVar[tuple[str, ...]] = (
        "#NewsArticlePubDay",
        ".shezhi .time",
        ".moe-detail-shuxing",
        ".art_infos",
        "span.z-date",
        ".zwxl-bar",
        "span.cm-con",
        ".pages-date",
        ".article-inf-left",
        ".articleHead .sub",
        ".xl_tit2",
        ".zw_cont_b",
        ".article_time",
        ".datetime",
    )
    body_places: ClassVar[tuple[str, ...]] = (
        ".TRS_Editor",
        ".trs_editor_view",
        ".TRS_UEDITOR",
        ".Custom_UnionStyle",
        ".TRS_PreAppend",
        "#Zoom",
        "#zoom",
        "#downloadContent",
        ".wrapArticle .article",
        ".pages_content",
        ".xl_con1",
        "#fontzoom",
        ".zw_cont_c",
        "#js_content",
        ".article_con",
        ".mycontont",
    )

    def recognises(self, page: Page) -> bool:
        """By the editor's wrappers, the hidden metadata boxes, the pager's call, or the address of an article."""
        return _SIGNS.search(page.text) is not None or _ARTICLE_PATH.search(urlsplit(page.url).path) is not None
