"""gkmlpt (政府信息公开目录管理平台), the directory of 广东: pages name categories, an API holds the rows. Portals: section 6.1."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Final

from lxml.html import HtmlElement

from parser.titles import judge
from spiders import dates
from spiders.addresses import is_file, key, root
from spiders.agencies import read_agency
from spiders.columns import ColumnLink
from spiders.families.asks import Ask
from spiders.families.family import Article, Family, normalised
from spiders.families.literals import sound, value_after
from spiders.families.pagers import Further, page_parameter
from spiders.families.pages import Page, read_markup, visible
from spiders.families.records import Fields, read_json, rows_of
from spiders.items import AttachmentLink, Row

_TREE = re.compile(r"\bTREE[\"']?\s*:\s*(?=\[)")
_DETAIL = re.compile(r"\bDETAIL[\"']?\s*:\s*(?=\{)")
_SITE = re.compile(r"\b(?:SID|NFCMS_SITE_ID)[\"']?\s*[:=]\s*[\"']?(?P<number>\d{1,12})\b")
_PLATFORM = re.compile(r"^https?://[^/?#]+(?:/[^?#]*?)?/gkmlpt(?=/|$)")
_ARTICLE = re.compile(r"/content/(?:[^?#]*/)?m?post_\d+\.html(?:$|[?#])")
_FRONT = "/annualreport"  # the page for reports alone; the category's number stands behind #
_NUMBER = re.compile(r"#/?(?P<number>[0-9]{1,12})$")
_HEADER_MARK = "索引号"
_MOST_NODES = 50_000  # a city's whole tree has some thousands
_MOST_CATEGORIES = 300  # of one page: every unit of a city
_FULL_PAGE = 100  # rows the API gives at once
_MOST_FILES = 100

# ``display_publish_time`` is the publishing date; ``created_at`` and ``create_time`` are the day the record was made.
_FIELDS: Final = Fields(url=("url",), title=("title",), day=("display_publish_time", "date", "first_publish_time"))


class Gkmlpt(Family):
    """``window._CONFIG`` names the site (``SID``) and its categories (``TREE``); each is asked for by its number."""

    name = "gkmlpt"

    # Articles
    title_places: ClassVar[tuple[str, ...]] = (".article-title", ".content-title", ".title")
    body_places: ClassVar[tuple[str, ...]] = ("div.article-content", "div.content")

    def recognises(self, page: Page) -> bool:
        """By the platform's folder, or by the categories in the page."""
        return _PLATFORM.match(page.url) is not None or _has_tree(page)

    # Lists

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of an answer; a page of the platform holds none that counts (the newest of all categories)."""
        answer = _answer(page)
        if answer is None:
            return () if _has_tree(page) else super().rows(page)
        rows = (row for item in _items(answer) for row in rows_of(page, _record(page, item), _FIELDS))
        return tuple({row.url: row for row in rows}.values())

    def questions(self, page: Page) -> tuple[Ask, ...]:
        """The first page of each category of reports, and of those below it."""
        if _answer(page) is not None:
            return ()
        platform = _PLATFORM.match(page.url)
        base = platform.group() if platform is not None else root(page.url) + "gkmlpt"
        site = _SITE.search(page.text)
        sid = f"&sid={site['number']}" if site is not None else ""
        return tuple(
            Ask(f"{base}/api/all/{number}?page=1{sid}", self.name, page.url)
            for number in _numbers(page)[:_MOST_CATEGORIES]
        )

    def further(self, page: Page) -> Further:
        """The next page while the answer holds rows and has not shown as many as it says; page 0 is page 1."""
        answer = _answer(page)
        if answer is None:
            return Further(None) if _has_tree(page) else super().further(page)
        count, total = len(_items(answer)), _total(answer)
        asked = page.asked or Ask(page.url, self.name, page.url)
        following = page_parameter(asked.url)
        seen = _seen(page) + count
        if following is None or not count or (total is not None and seen >= total and count < _FULL_PAGE):
            return Further(None)
        size = asked.fact("size") or str(count)
        pages = -(-total // int(size)) if total is not None else None
        facts = (("seen", str(seen)), ("size", size), ("mark", _mark(answer)))
        return Further(None, pages, asked.onward(url=following[1], facts=facts))

    def shortfall(self, page: Page) -> str | None:
        """An answer that is none, ends before its total, or is the one before again; or too many categories."""
        answer = _answer(page)
        if answer is None:
            if page.asked is not None:
                return "the directory did not answer with a list"
            count = len(_numbers(page))
            said = f"it names {count} categories of reports, and no more than {_MOST_CATEGORIES} are asked for"
            return said if count > _MOST_CATEGORIES else None
        items, total = _items(answer), _total(answer)
        if total is None or _seen(page) >= total:
            return None
        if not items:
            return f"the directory has {total} rows and shows {_seen(page)}"
        again = page.asked is not None and page.asked.fact("mark") == _mark(answer)
        return f"the directory has {total} rows and shows one page again" if again else None

    def is_column(self, page: Page) -> bool:
        """Whether a page of the platform asks for reports and no page for reports alone stands beside it."""
        answer = _answer(page)
        if answer is not None:
            classify = answer.get("classify")
            return judge(sound(classify.get("name"))).is_report if isinstance(classify, dict) else False
        return bool(_numbers(page)) and (_is_front(page, page.url) or not any(True for _ in _fronts(page)))

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """Categories of reports that are kept elsewhere (``jump_url``)."""
        found = ((_elsewhere(page, node), sound(node.get("name"))) for node in _categories(page))
        return tuple(ColumnLink(url, read_agency(name)) for url, name in found if url is not None)[:_MOST_CATEGORIES]

    # Articles

    def article(self, page: Page) -> Article:
        """The article; what the page does not show is taken from the object its script draws it from."""
        found = super().article(page)
        detail = _detail(page)
        links = {key(link.url): link for link in (*found.attachments, *_files(page, detail))}
        agency = found.agency or read_agency(sound(detail.get("publisher")))
        return replace(found, agency=agency, attachments=tuple(links.values()))

    def published_on(self, page: Page, body: HtmlElement | None) -> date | None:
        """发布日期 of the header table (成文日期 is the day of signing), else beside the title, else in the object."""
        for table in page.tree.iter("table"):
            text = normalised(visible(table))
            if _HEADER_MARK in text:
                day = dates.read_labelled(text)
                if day is not None:
                    return day
                break
        day = super().published_on(page, body)
        if day is not None:
            return day
        record = {**_record(page, _detail(page)), "url": page.url, "title": self.name}
        return next((row.listed_on for row in rows_of(page, record, _FIELDS)), None)

    def body(self, page: Page) -> HtmlElement | None:
        """The body the page shows, else the one in its script."""
        shown = super().body(page)
        if shown is not None:
            return shown
        content = sound(_detail(page).get("content"))
        return read_markup(content) if content.strip() else None

    def _titles(self, page: Page) -> Iterator[str]:
        yield from super()._titles(page)
        yield sound(_detail(page).get("title"))


# Answers of the API


def _answer(page: Page) -> dict[str, Any] | None:
    """The object an answer holds, or None where the page is none."""
    if page.text.lstrip("\ufeff \r\n\t")[:1] not in {"{", "["}:
        return None
    found = read_json(page.text)
    return found if isinstance(found, dict) and isinstance(found.get("articles"), list) else None


def _items(answer: dict[str, Any]) -> list[Any]:
    found: list[Any] = answer["articles"]
    return found


def _total(answer: dict[str, Any]) -> int | None:
    text = sound(answer.get("total")).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _seen(page: Page) -> int:
    return int(page.asked.fact("seen", "0")) if page.asked is not None else 0


def _mark(answer: dict[str, Any]) -> str:
    """What tells one page of an answer from another: the ends of its rows."""
    numbers = [sound(item.get("id")) or sound(item.get("url")) for item in _items(answer) if isinstance(item, dict)]
    return "-".join([*numbers[:1], *numbers[-1:], str(len(numbers))])


def _record(page: Page, item: Any) -> dict[str, str]:
    """A row's fields as text, with the address that counts: ``post_url`` is where the article really is."""
    if not isinstance(item, dict):
        return {}
    given = [address for name in ("post_url", "url") if (address := sound(item.get(name)).strip())]
    files = [link.url for link in _files(page, item)]
    addresses = [*given, *_composed(page, sound(item.get("id")).strip()), *files]
    url = next((address for address in addresses if page.resolve(address) is not None), "")
    return {"url": url, **{name: sound(item.get(name)) for name in (*_FIELDS.title, *_FIELDS.day)}}


def _composed(page: Page, number: str) -> Iterator[str]:
    """An article's address by its number, in folders of a million and of a thousand."""
    platform = _PLATFORM.match(page.url)
    if platform is not None and number.isascii() and number.isdecimal() and len(number) < 13:
        whole = int(number)
        yield f"{platform.group()}/content/{whole // 1_000_000}/{whole // 1000}/post_{whole}.html"


def _files(page: Page, item: dict[str, Any]) -> Iterator[AttachmentLink]:
    given = item.get("attachment")
    for file in (given if isinstance(given, list) else [])[:_MOST_FILES]:
        url = page.resolve(sound(file.get("url"))) if isinstance(file, dict) else None
        if url is not None and is_file(url):
            yield AttachmentLink(url, sound(file.get("name")).strip() or url.rpartition("/")[2])


# Pages of the platform


def _has_tree(page: Page) -> bool:
    return _TREE.search(page.text) is not None


def _is_front(page: Page, url: str) -> bool:
    """Whether an address is the page for reports alone of the platform that a page belongs to."""
    platform = _own(page, url)
    return platform is not None and url[len(platform) :].startswith(_FRONT)


def _own(page: Page, url: str) -> str | None:
    """The platform an address belongs to, if that is the page's: each unit below a host has its own."""
    platform, here = _PLATFORM.match(url), _PLATFORM.match(page.url)
    if platform is None or here is None or key(platform.group()) != key(here.group()):
        return None
    return platform.group()


def _fronts(page: Page) -> Iterator[str]:
    """The links of a page to the platform's page for reports alone, each as it stands."""
    for link in page.tree.iter("a"):
        href = (link.get("href") or "").strip()
        url = page.resolve(href)
        if url is not None and _is_front(page, url):
            yield href


def _detail(page: Page) -> dict[str, Any]:
    found = _object_in(page.text)
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=4)
def _object_in(text: str) -> Any:
    return value_after(text, _DETAIL)


def _categories(page: Page) -> tuple[dict[str, Any], ...]:
    """The tree's nodes of reports: those whose names say 信息公开; where there are none, those that say only 年报."""
    return _categories_in(page.text)


@lru_cache(maxsize=4)
def _categories_in(text: str) -> tuple[dict[str, Any], ...]:
    tree = value_after(text, _TREE)
    for loosely in (False, True):
        found = tuple(_nodes(tree, loosely=loosely))
        if found:
            return found
    return ()


def _nodes(tree: Any, *, loosely: bool) -> Iterator[dict[str, Any]]:
    waiting = deque([(tree, False)])
    seen = 0
    while waiting and seen < _MOST_NODES:
        part, inside = waiting.popleft()
        seen += 1
        if isinstance(part, list):
            waiting.extend((node, inside) for node in part)
        elif isinstance(part, dict):
            verdict = judge(sound(part.get("name"))[:200], in_report_column=loosely)
            if inside and not verdict.is_report and verdict.reason != "no report words":
                continue  # 年报解读 below 年报
            within = inside or verdict.is_report
            if within:
                yield part
            waiting.append((part.get("children"), within))


def _elsewhere(page: Page, node: dict[str, Any]) -> str | None:
    """Where a category is kept, unless on the page's own platform."""
    url = page.resolve(sound(node.get("jump_url")).strip())
    return None if url is None or _own(page, url) is not None else url


def _numbers(page: Page) -> tuple[str, ...]:
    """The numbers of the categories to ask for: in the tree, and behind ``#`` in addresses of the reports' own page.

    An article holds the same tree and asks for nothing.
    """
    if _ARTICLE.search(page.url) is not None:
        return ()
    named = (sound(node.get("id")).strip() for node in _categories(page) if _elsewhere(page, node) is None)
    fronts = [*_fronts(page), *([page.url] if _is_front(page, page.url) else [])]  # a person may give the address whole
    linked = (match["number"] for address in fronts if (match := _NUMBER.search(address)) is not None)
    return tuple(dict.fromkeys(number for number in (*named, *linked) if re.fullmatch(r"[0-9]{1,12}", number)))
