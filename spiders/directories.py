"""Where a portal keeps whose reports: its disclosure pages, the directories of its units, and other sites of its own."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from parser.labels import squeeze
from parser.roster_words import is_unit
from spiders import words
from spiders.addresses import is_directory, is_file, key, root, segments, site
from spiders.agencies import is_government, read_agency, read_division
from spiders.columns import ColumnLink, is_list_of_reports, leads_to_the_websites_table, unique
from spiders.families.addresses import is_article, name_of
from spiders.families.pages import Page
from spiders.links import Link, group, label, links
from spiders.words import lists, one_of

# Pages of disclosure
_SAYS_DISCLOSURE: Final = words.disclosure()
_PLATFORM: Final = re.compile(r"/gkmlpt/(?:index)?$")  # the first page of a unit's platform, in 广东
_BESIDE_REPORTS: Final = re.compile(rf"{one_of(lists('disclosure')['beside_reports'])}$")
# Pages that list the units of a government
_SAYS_UNITS: Final = words.directory()
_SIGNS: Final = re.compile(r"[、（）()/·•|｜—\-\s,，>»:：]+")
# Labels of links that lead to other governments
_OTHERS: Final = re.compile(one_of(lists("sites")["others"]))
_OWN: Final = re.compile(one_of((*lists("units")["names"], *lists("sites")["own"])))
_COUNTRYWIDE: Final = re.compile(rf"^{one_of(lists('sites')['of_the_state'])}")
_NO_WAY_IN: Final = re.compile(
    rf"{one_of(lists('sites')['no_way_in'])}|login|register|/reg\b|\.(?:css|js|ico)$", re.IGNORECASE
)
_MOST_OF_A_SPLASH = 6  # links
_SHORT_NAME: Final = words.short_name()
_LEAST_OF_A_DIRECTORY = 3  # links to units in one group
_LEAST_ALONE = 2  # where the group has no other links
_STEPS_OF_A_UNIT = 3  # a unit's own part stands so near the end of its address: jyj/xxgk/index.shtml
# What stands behind a column's folder in the addresses of its articles.
_ARTICLE_TAIL: Final = re.compile(
    r"(?P<column>/(?:[^/]+/)+?)(?:(?:19|20)\d\d[-/]?\d{2}(?:[-/]?\d{2})?/)?"
    r"(?:t(?:\d{6,9}|\d{4})(?:_\d+)?|[0-9a-f]{32}|c?\d{5,}(?:_\d+)?|content_\d+|post_\d+)(?:\.s?html?|/index\.s?html?|/)?$"
)
_HANWEB_ARTICLE: Final = re.compile(r"(?P<before>/(?:.*/)?)art/\d{4}/\d{1,2}/\d{1,2}/art_(?P<column>\d+)_\d+\.html$")


@dataclass(frozen=True)
class Offer:
    """Another site of the same authority, which a page of this portal names: a portal of its own, if a person agrees."""

    url: str
    name: str
    label: str
    page_url: str


@dataclass(frozen=True)
class _Unit:
    """A link whose words name an agency or a division."""

    link: Link
    name: str
    is_sure: bool  # whatever stands around it
    group: HtmlElement


def disclosure_pages(page: Page, *, beside_reports: bool = False) -> tuple[str, ...]:
    """Pages a portal keeps its disclosure on (政府信息公开, 政务公开), and those that list its units.

    ``beside_reports``: the page leads to a column of reports, so that the guide and the contents beside it lead to none.
    """
    found = [
        ColumnLink(link.url, None)
        for link in links(page)
        if site(link.url) == site(page.url)
        and not is_file(link.url)
        and (not is_article(link.url) or name_of(link.url) == "easysite")
        and not (beside_reports and _BESIDE_REPORTS.search(link.text))
        and (_SAYS_DISCLOSURE.match(link.text) or says_units(link.text) or _PLATFORM.search(urlsplit(link.url).path))
    ]
    return tuple(link.url for link in unique(found, page))


def says_units(text: str) -> bool:
    """Whether a link leads to a directory of units: 部门信息公开, 乡镇（街道）, 县区政府."""
    bare = _SIGNS.sub("", squeeze(text))
    return 2 <= len(bare) <= 24 and _SAYS_UNITS.match(bare) is not None


def splash(page: Page) -> tuple[str, ...]:
    """Where a page leads that has hardly any links (进入网站, a picture to click on), on its own host."""
    here = urlsplit(page.url).netloc
    found = {key(link.url): link for link in links(page) if urlsplit(link.url).netloc == here}
    ways = [
        link.url
        for link in found.values()
        if not is_file(link.url) and not is_article(link.url) and not _NO_WAY_IN.search(f"{link.text} {link.url}")
    ]
    return tuple(ways) if len(found) <= _MOST_OF_A_SPLASH else ()


def unit_links(page: Page) -> tuple[ColumnLink, ...]:
    """Links to the pages of units that belong to this portal.

    They stand on its own host, on one of its domain that several units share, or are the pages of disclosure of a unit
    that has a host of its own in the domain. The first page of such a host is another portal's: :func:`offers`.
    """
    return _of_portal(page, _units(page))


def named_units(page: Page) -> tuple[tuple[str, str], ...]:
    """The units that a directory names, each with its address: agencies and divisions that stand in groups.

    Theirs are pages of the portal, or hosts in its domain. What only stands among units (数据开放) is not taken for one.
    """
    named = [
        (unit, name)
        for unit in _units(page)
        if (name := _unit_name(unit.name)) is not None and _is_page_of_a_unit(page, unit.link.url)
    ]
    sizes = Counter(unit.group for unit, _ in named)
    small = any(_LEAST_ALONE <= size < _LEAST_OF_A_DIRECTORY for size in sizes.values())
    every = Counter(group(link) for link in links(page)) if small else sizes
    units: dict[str, str] = {}
    for unit, name in named:
        size = sizes[unit.group]
        if size >= (_LEAST_OF_A_DIRECTORY if size < every[unit.group] or size < _LEAST_ALONE else _LEAST_ALONE):
            units.setdefault(name, unit.link.url)
    return tuple(units.items())


def _unit_name(text: str) -> str | None:
    """The agency or division a text names; of what stands among units (青禾市档案馆, 残联) what ends as a unit's name does."""
    return read_agency(text) or read_division(text) or (text if is_unit(text) else None)


def _is_page_of_a_unit(page: Page, url: str) -> bool:
    if site(url) != site(page.url) or key(url) == key(root(page.url)) or is_file(url):
        return False
    return is_directory(url) or not is_article(url)


def branches(page: Page) -> tuple[ColumnLink, ...]:
    """Where a report column without rows leads on: to units and to directories of units, wherever on the site."""
    kinds = [
        ColumnLink(link.url, None)
        for link in links(page)
        if says_units(link.text) and urlsplit(link.url).netloc == urlsplit(page.url).netloc and not is_article(link.url)
    ]
    return unique([*kinds, *unit_links(page)], page)


def _of_portal(page: Page, units: tuple[_Unit, ...]) -> tuple[ColumnLink, ...]:
    shared = _shared_hosts(page, units)
    found = []
    for unit in units:
        url = unit.link.url
        if (
            _belongs(page, url, shared)
            and not is_file(url)
            and (is_directory(url) or not is_article(url))
            and not is_list_of_reports(url)
            and not leads_to_the_websites_table("/".join(segments(url)))
        ):
            found.append(ColumnLink(url, read_agency(unit.name)))
    return unique(found, page)


def offers(page: Page) -> tuple[Offer, ...]:
    """Sites of units and of lower governments that have a host of their own.

    They share the portal's domain, or a heading says that they are its departments, counties or towns. The name is
    the link's; where nothing says that a site is this authority's (友情链接, 各省市) none is offered.
    """
    units = _units(page)
    shared = _shared_hosts(page, units)
    sizes = Counter(unit.group for unit in units)
    found: dict[str, Offer] = {}
    for unit in units:
        url, host = unit.link.url, urlsplit(unit.link.url).hostname or ""
        if _belongs(page, url, shared) or not host.endswith(".gov.cn") or _COUNTRYWIDE.match(unit.name):
            continue
        if urlsplit(url).netloc == urlsplit(page.url).netloc:
            continue
        said = _SIGNS.sub("", label(unit.group))
        if _OTHERS.search(said):
            continue
        own = site(url) == site(page.url)
        if own or (_OWN.search(said) and sizes[unit.group] >= _LEAST_OF_A_DIRECTORY):
            found.setdefault(host, Offer(url, unit.name, said, page.url))
    return tuple(found.values())


def platforms(page: Page) -> tuple[str, ...]:
    """The first page of the platform whose article this is, where its address says which: 广东's gkmlpt."""
    parts = urlsplit(page.url)
    before, platform, _ = parts.path.partition("/gkmlpt/content/")
    return (f"{parts.scheme}://{parts.netloc}{before}/gkmlpt/index",) if platform else ()


def column_of_article(url: str) -> str | None:
    """The list an article's address stands below: ``…/zfxxgknb/202501/t20250115_1.html`` in ``…/zfxxgknb/``."""
    parts = urlsplit(url)
    start = f"{parts.scheme}://{parts.netloc}"
    hanweb = _HANWEB_ARTICLE.search(parts.path)
    if hanweb is not None:
        return f"{start}{hanweb['before']}col/col{hanweb['column']}/index.html"
    match = _ARTICLE_TAIL.match(parts.path)
    return f"{start}{match['column']}" if match is not None and not parts.query else None


@lru_cache(maxsize=2)  # as the links: several questions are asked about the units of a page
def _units(page: Page) -> tuple[_Unit, ...]:
    """Links that name units.

    A division's name (柳河区, 大坪镇), and any name at an address of the same form (残联, 党校), counts only where it stands
    among several units.
    """
    named: list[_Unit] = []
    others: list[_Unit] = []
    every: Counter[HtmlElement] = Counter()
    for link in links(page):
        agency = read_agency(link.text)
        name = agency or read_division(link.text)
        sure = agency is not None or is_government(link.text) is not None
        place = named if name is not None else others
        around = group(link)
        place.append(_Unit(link, name or link.text, sure, around))
        every[around] += 1
    sizes = Counter(unit.group for unit in named)
    least = {place: _LEAST_OF_A_DIRECTORY if sizes[place] < every[place] else _LEAST_ALONE for place in sizes}
    found = [unit for unit in named if unit.is_sure or sizes[unit.group] >= least[unit.group]]
    forms = Counter((unit.group, form) for unit in named for form in _forms(unit.link.url))
    strange = Counter((unit.group, form) for unit in others for form in _forms(unit.link.url))
    beside = [unit for unit in others if _SHORT_NAME.match(unit.name) and _stands_among_units(unit, forms, strange)]
    return (*found, *beside)


def _stands_among_units(
    unit: _Unit, forms: Counter[tuple[HtmlElement, str]], strange: Counter[tuple[HtmlElement, str]]
) -> bool:
    """Whether enough links of its group and form name units: some, half of them, or one under a label that says so."""
    says_so = says_units(label(unit.group))
    for form in _forms(unit.link.url):
        place = unit.group, form
        half = (forms[place] + strange[place] + 1) // 2
        if forms[place] >= (1 if says_so else min(_LEAST_OF_A_DIRECTORY, max(half, 2))):
            return True
    return False


def _forms(url: str) -> tuple[str, ...]:
    """An address without what tells units apart: the values of its query, or one of its last parts (jyj/index.shtml)."""
    parts = urlsplit(url)
    path = re.sub(r"\d+", "#", parts.path.rstrip("/"))
    if not path:
        return (f"*.{site(url)}/",)  # a host of its own
    if parts.query:
        return (f"{parts.netloc}{path}?{re.sub(r'=[^&]*', '=', parts.query)}",)
    steps = path.split("/")
    last = range(max(1, len(steps) - _STEPS_OF_A_UNIT), len(steps))
    return tuple(parts.netloc + "/".join([*steps[:at], "*", *steps[at + 1 :]]) for at in last)


def _belongs(page: Page, url: str, shared: frozenset[str]) -> bool:
    if site(url) != site(page.url) or key(url) == key(root(page.url)):
        return False
    return urlsplit(url).netloc in shared or key(url) != key(root(url))


def _shared_hosts(page: Page, units: tuple[_Unit, ...]) -> frozenset[str]:
    """The page's own host, and those that hold the pages of two units or more."""
    here = urlsplit(page.url).netloc
    addresses = {(urlsplit(unit.link.url).netloc, key(unit.link.url)): unit.name for unit in units}
    names: dict[str, set[str]] = {}
    for (host, _), name in addresses.items():
        names.setdefault(host, set()).add(name)
    return frozenset({here, *(host for host, several in names.items() if len(several) > 1)})
