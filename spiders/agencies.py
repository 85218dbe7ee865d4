"""Agencies as portals name them: in a unit's link, in the crumbs, in the field 发布机构. Never from an address."""

from __future__ import annotations

import re
from itertools import pairwise

from lxml.html import HtmlElement

from parser.labels import normal, squeeze
from spiders import words
from spiders.families.pages import Page, visible
from spiders.words import lists

_AGENCY = words.agency()
_RANKED = words.ranked_agency()
_COLUMN_WORDS = re.compile(
    r"(?:的?(?:法定)?(?:主动)?(?:政府|政务)?信息公开)?(?:工作)?(?:指南|目录|年度报告|年报|制度|专栏|平台|网|网站|专题|首页)?$|信息公开$"
)
_NOT_AGENCIES = frozenset(lists("agencies")["no_agency"])
_DIVISION = words.division()
_GOVERNMENT = re.compile(
    r"^(?P<name>(?:省|市|区|县|州|旗|盟|镇|乡)(?:人民)?政府(?:办公?室?|办公厅)?|(?:市|区|县|省)府办(?:公室)?|政府办|管委会|街道办)"
    r"(?:(?:政府|政务)?信息公开)?(?:工作)?(?:指南|目录|年度报告|年报|专栏|平台|网|网站|首页)?$"
)
_SITE_WORDS = re.compile(r"(?:政府)?(?:门户)?(?:网站|网)$")
_NOT_DIVISIONS = frozenset(lists("divisions")["no_division"])
_CRUMBS = (
    ".CurrChnlCls",
    ".crumb a",
    ".crumbs a",
    ".breadcrumb a",
    ".position a",
    ".location a",
    "[class*=weizhi] a",
    "[class*=crumb] a",
)
_HERE = re.compile(r"(?:当前|您的|所在|现在)(?:的)?位置|您现在的位置|当前所在")
_LONGEST_CRUMB, _MOST_CRUMBS = 200, 10
_CRUMB_TEXT = re.compile(r"(?:当前|您的|所在|现在)位置\s*[:：]?(?P<crumbs>[^\n]{2,120})")
_PUBLISHER = re.compile(r"^(?:发布机构|发布单位|公开机构|发文机关|发布机关):?(?P<name>.*)$")


def read_agency(text: str) -> str | None:
    """The agency a text names and nothing else (政府信息公开指南 and the like behind it set aside), or None."""
    bare = re.sub(r"^(?:19|20)\d\d年度?|(?:19|20)\d\d年度?$", "", squeeze(text).strip("·•>»-—_|[]【】"))
    for candidate in (bare, _COLUMN_WORDS.sub("", bare)):
        if (
            candidate
            and candidate not in _NOT_AGENCIES
            and not candidate.endswith("政府部门")
            and (_AGENCY.match(candidate) or _RANKED.match(candidate))
        ):
            return candidate
    return None


def is_government(text: str) -> str | None:
    """市政府, 区政府办 and the like, which name the portal's own government without its place; None for all else."""
    match = _GOVERNMENT.match(squeeze(text).strip("·•>»-—_|[]【】"))
    return match["name"] if match is not None else None


def read_division(text: str) -> str | None:
    """The division, town or zone a text names and nothing else (柳河区, 大坪镇, 高新区, 市政府, 清湾市政府网), or None."""
    bare = is_government(text)
    if bare is not None:
        return bare
    bare = _SITE_WORDS.sub("", squeeze(text).strip("·•>»-—_|[]【】"))
    return bare if _DIVISION.match(bare) and bare not in _NOT_DIVISIONS else None


def of_page(page: Page) -> str | None:
    """Whose column or article a page is: the field 发布机构, else the last agency among the crumbs."""
    return _of_field(page) or of_crumbs(page)


def _of_field(page: Page) -> str | None:
    """The value behind the label, or alone in the line (the cell) after it."""
    lines = [line for line in map(normal, visible(page.tree).splitlines()) if line]
    for line, following in pairwise([*lines, ""]):
        match = _PUBLISHER.match(line)
        named = read_agency(match["name"] or following) if match is not None else None
        if named is not None:
            return named
    return None


def crumb_links(page: Page) -> list[HtmlElement]:
    """The links above an article or a list that say where it stands (首页 > 信息公开 > 年报), outermost first."""
    for selector in _CRUMBS:
        found = [element for element in page.select(selector) if element.tag == "a"]
        if found:
            return found
    for element in page.tree.iter():
        said = element.text or ""
        if isinstance(element.tag, str) and _HERE.search(said[:_LONGEST_CRUMB]):
            for box in (element, element.getparent()):
                found = list(box.iter("a")) if box is not None else []
                if 0 < len(found) <= _MOST_CRUMBS:
                    return found
    return []


def of_crumbs(page: Page) -> str | None:
    """The last agency named among the crumbs (首页 > 某某局 > 年度报告)."""
    for selector in _CRUMBS:
        names = [name for element in page.select(selector) if (name := read_agency(visible(element))) is not None]
        if names:
            return names[-1]
    match = _CRUMB_TEXT.search(visible(page.tree))
    if match is None:
        return None
    names = [
        name for part in re.split(r"[>»/|＞›→\\]+|&gt;", match["crumbs"]) if (name := read_agency(part)) is not None
    ]
    return names[-1] if names else None
