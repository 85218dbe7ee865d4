"""The spider: from a portal's address to its report columns, their rows, the articles and their attachments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar
from urllib.parse import urlsplit

import scrapy
from scrapy.http import Request, Response
from twisted.python.failure import Failure as Fault

from parser.titles import read
from spiders import agencies, columns, dates, directories, discovery, outcomes, scripted, shells, verdicts
from spiders.addresses import is_directory, key, root
from spiders.answers import (
    RESTED,
    UNCHANGED,
    file_name,
    is_a_directory_answer,
    is_a_file,
    is_a_page,
    joined,
    page_of,
    says_empty,
    says_gone,
    why,
)
from spiders.errands import Errand, tell
from spiders.families.addresses import JILIN_CITY_ENTRIES, JILIN_CITY_HOSTS
from spiders.families.family import Family
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import AttachmentRead, ListPage, Row, SiteOffered
from spiders.ledger import Column, Failure, Ledger, Portal, portal_read
from spiders.limits import Limits
from spiders.listpages import Holdings, framed, hold
from spiders.patience import Effort, at_most
from spiders.scripted import Scripted

_CHINA = timezone(timedelta(hours=8))  # all dates of portals are of UTC+8
_GONE = frozenset({404, 410})
Output = Any  # an item or a request: what Scrapy takes from a callback


class ReportsSpider(Limits, scrapy.Spider):
    """Finds the annual reports of portals and reads each column to its end.

    ``portal`` is one address or several separated by commas; ``year`` limits which articles are fetched (by the year in
    the title; rows without one are always fetched), never which lists are read. ``entries`` has further addresses of a
    portal, by its own: they count as one portal, with one outcome.
    """

    name = "reports"

    PRIORITY: ClassVar[dict[str, int]] = {
        "entry": 0,
        "list": 10,
        "article": 20,
        "attachment": 30,
    }  # keeps the frontier small

    def __init__(
        self,
        portal: str | list[str] = "",
        year: str | int | None = None,
        entries: Mapping[str, Sequence[str]] | None = None,
        scripted: Scripted | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.entries = entries or {}
        self.scripted = scripted or Scripted()
        self.addresses = read_addresses(portal)
        if not self.addresses:
            raise ValueError("no portal given: run scrapy crawl reports -a portal=http://xxgk.example.gov.cn/")
        self.year = int(year) if year not in {None, ""} else None
        self.ledger = Ledger()
        self._asked: Counter[str] = Counter()
        self._effort = Effort()
        self.today = datetime.now(_CHINA).date()

    async def start(self) -> AsyncIterator[Output]:
        """The portals' own addresses, and the further ones their reading begins at."""
        portals = [self.ledger.portal(address) for address in self.addresses]
        errands = [
            Errand("entry", address, portal)
            for portal in portals
            for address in (portal.url, *self.entries.get(portal.url, ()))
        ]
        opened = [errand for errand in errands if self.ledger.open_entry(errand.portal, errand.url)]
        for errand in opened:
            yield self._request(errand)

    # What comes back

    def read(self, response: Response, errand: Errand) -> Iterator[Output]:
        """Callback of every request: what the answer gives, then what has come to its end by it."""
        failure: Failure | None = None
        found: list[Output] = []
        try:
            with at_most(self.MAX_SECONDS), self._effort.of(errand.portal.url):
                for output in self._readers[errand.role](self, response, errand):
                    found.append(output)  # noqa: PERF402  # as it comes: an error loses only what follows
        except Exception as error:
            self.logger.exception("%s could not be understood: %s", response.url, type(error).__name__)
            failure = Failure(
                outcomes.INCOMPLETE, f"{response.url} could not be understood ({type(error).__name__}: {error})"
            )
        yield from found
        yield from self._close(errand, failure)

    def fail(self, fault: Fault) -> Iterator[Output]:
        """Errback of every request: gone, refused, or unreachable."""
        errand: Errand = fault.request.cb_kwargs["errand"]  # type: ignore[attr-defined]  # Scrapy sets it
        failure: Failure | None
        failure, status = why(fault, errand.url)
        absent = status in _GONE
        refused = isinstance(fault.value, outcomes.AddressRefused)
        if errand.role == "entry" and (errand.optional or errand.depth or errand.frames) and (absent or refused):
            failure = None  # a dead or foreign link among the units is no part of the portal
        elif errand.role == "attachment" and refused:
            failure = None  # a link in a report's text to some other place
        elif errand.role == "list" and refused and errand.depth:
            errand.the_column.dropped = True  # on a host that is never fetched; what it shows has a public address too
            failure = None
        elif errand.role == "attachment" and absent:
            errand.portal.gone += 1
            failure = None
        elif errand.role == "list" and absent:
            yield from self._absent_list(errand)
            failure = None if _may_end(errand) or errand.the_column.dropped else failure
        elif errand.role == "article" and errand.page is not None:
            yield from self._tell_article(errand.page, recognise(errand.page), errand)
        elif errand.role == "article" and absent:
            yield tell(errand, errand.url, gone=True)
            yield from self._close(errand, None, gone=True)
            return
        if failure is not None:
            self.logger.info("%s %s: %s", errand.role, failure.outcome, failure.detail)
        yield from self._close(errand, failure)

    # Entry pages

    def _read_entry(self, response: Response, errand: Errand) -> Iterator[Output]:
        if is_a_file(response):
            yield from self._entry_is_article(Row(errand.url, file_name(response), None), None, errand)
            return
        page = page_of(response)
        hop = shells.target(page)
        if hop is not None:
            if errand.hops < self.MAX_HOPS:
                yield from self._entry(errand.portal, hop, errand.depth, hops=errand.hops + 1)
            return
        family = recognise(page)
        named = columns.is_report_column(page.url) or columns.names_reports(page) or family.is_column(page)
        rows, _ = verdicts.part(family.rows(page), self.today, trusted=named)
        if page.has_report_body and len(rows) < 2:
            row = Row(page.url, family.title(page) or "", None)
            yield from self._entry_is_article(row, agencies.of_crumbs(page), errand)
        elif rows or named:
            column = self.ledger.adopt_column(
                errand.portal,
                errand.url,
                agencies.of_crumbs(page),
                trusted=named or verdicts.are_most(rows, family.rows(page)),
            )
            if self.ledger.open_list(column, page.url):
                onward = replace(errand, role="list", column=column, rests=UNCHANGED in response.flags)
                yield from self._read_list_page(page, family, onward)
                self.ledger.close_list(column)
        again = None if rows or named else self.scripted.entry_again(page, errand)
        if again is not None:
            self.ledger.reopen_entry(errand.portal)
            yield self._request(again)
            return
        yield from self._discover(page, family, errand, rows if named else ())

    def _entry_is_article(self, row: Row, agency: str | None, errand: Errand) -> Iterator[Output]:
        """A report's own address was given: it is asked for once more, as what it is, so that it is kept as a document."""
        column = self.ledger.adopt_column(errand.portal, errand.url, agency, trusted=False)
        column.reports.add(row.url)
        yield from self._article(column, row, errand)

    def _discover(self, page: Page, family: Family, errand: Errand, rows: tuple[Row, ...]) -> Iterator[Output]:
        """Report columns, units, and the pages a portal keeps its disclosure on; sites of other hosts are offered."""
        portal = errand.portal
        finds = discovery.look(page, family, rows=rows, deeper=errand.depth < self.MAX_DEPTH)
        yield from self._go_on(finds, errand)
        if errand.depth == 0 and (rows or page.has_report_body):
            yield from self._go_on(discovery.above(page, is_article=not rows), errand)
        for url in finds.frames:
            yield from self._entry(portal, url, errand.depth, frames=errand.frames + 1)
        if finds.onward is not None:
            yield from self._entry(portal, finds.onward, errand.depth)
        for offer in finds.offers:
            if self.ledger.offer(portal, offer.url):
                yield SiteOffered(portal.url, offer.url, offer.name, offer.label, offer.page_url)

    def _go_on(self, finds: discovery.Finds, errand: Errand) -> Iterator[Output]:
        for link in finds.columns:
            yield from self._column(errand.portal, link, errand.depth + 1)
        for url in finds.pages:
            yield from self._entry(errand.portal, url, errand.depth + 1)

    # Lists

    def _read_list(self, response: Response, errand: Errand) -> Iterator[Output]:
        column = errand.the_column
        if is_a_file(response):
            column.failures.append(Failure(outcomes.INCOMPLETE, f"{errand.url} is a file, not a list"))
            return
        page = page_of(response, errand.ask)
        hop = shells.target(page) if errand.ask is None else None
        if hop is not None:
            if errand.hops < self.MAX_HOPS:
                yield from self._list(replace(errand, url=hop, hops=errand.hops + 1))
            elif errand.number == 1:
                column.failures.append(Failure(outcomes.INCOMPLETE, f"{errand.url} only leads on to {hop}"))
            return
        if column.guessed and errand.number == 1 and says_gone(page):
            yield from self._absent_list(errand)
            return
        if errand.number == 1:
            errand = replace(errand, rests=UNCHANGED in response.flags)
        elif RESTED in response.flags:
            column.full = False
        yield from self._read_list_page(page, recognise(page), errand)
        for number, further in enumerate(scripted.turned(response), errand.number + 1):
            yield from self._read_list_page(further, recognise(further), replace(errand, number=number))
        column.failures += scripted.shortfall(response)

    def _read_list_page(self, page: Page, family: Family, errand: Errand) -> Iterator[Output]:
        column = errand.the_column
        column.agency = column.agency or agencies.of_crumbs(page)
        branching = column.trusted and errand.number == 1 and errand.depth < self.MAX_DEPTH
        held = hold(page, family, self.today, trusted=column.trusted, branching=branching, most=self.MAX_ROWS)
        known = column.rows if page.asked is None else column.answered  # answers may begin with what the page shows
        news = held.addresses - known
        known.update(news)
        column.rows.update(news)
        column.reports.update(row.url for row in held.reports)
        column.publishers.update(name for row in held.reports if (name := read(row.title).publisher) is not None)
        column.failures += [Failure(outcomes.INCOMPLETE, f"{page.url}: {said}") for said in held.lacking]
        for portal in column.portals[:1]:
            yield ListPage(portal.url, column.url, page.url, column.agency, family.name, held.reports, held.refused)
        for row in held.reports:
            yield from self._article(column, row, errand)
        for row in held.unnamed:
            yield from self._article(column, row, replace(errand, unnamed=True))
        for ask in held.questions:
            yield from self._list(replace(errand, url=ask.url, ask=ask, number=1, stated=None, rests=False))
        for link in held.branches:
            column.branches += 1
            yield from self._column(errand.portal, replace(link, agency=link.agency or column.agency), errand.depth + 1)
        if held.is_bare:
            looked_further = yield from self._look_inside(page, held, errand)
            if looked_further:
                return
        yield from self._turn(page, family, errand, news)

    def _look_inside(self, page: Page, held: Holdings, errand: Errand) -> Generator[Output, None, bool]:
        """A list page that leads to no report: its frames, or what its script makes of it, may; whether that is asked for."""
        column = errand.the_column
        frames = framed(page) if errand.frames < self.MAX_FRAMES else ()
        for url in frames:
            yield from self._list(replace(errand, url=url, number=1, frames=errand.frames + 1))
        ways = directories.branches(page) if column.trusted and errand.number == 1 and not held.rows else ()
        if ways and errand.depth < self.MAX_DEPTH:
            column.branches += len(ways)
            column.full = False  # a directory, and no evidence of what is not there
            for link in ways:
                yield from self._entry(errand.portal, link.url, errand.depth + 1)
            return True
        again = None if frames else self.scripted.list_again(page, errand)
        if again is not None:
            self.ledger.reopen_list(column)
            yield self._request(again)
            return True
        if not held.rows and not frames:
            yield from self._empty_list(page, errand)
        return not held.rows

    def _turn(self, page: Page, family: Family, errand: Errand, news: set[str]) -> Iterator[Output]:
        """The list's next page, as long as pages bring rows that were not seen."""
        further = family.further(page)
        onward = further.url if further.ask is None else further.ask.url
        if onward is None or not news:
            return
        column, number = errand.the_column, errand.number + 1
        if number > self.MAX_LIST_PAGES:
            said = f"{column.url} has more than {self.MAX_LIST_PAGES} pages"
            column.failures.append(Failure(outcomes.INCOMPLETE, said))
            return
        yield from self._list(replace(errand, url=onward, ask=further.ask, number=number, stated=further.total))

    def _empty_list(self, page: Page, errand: Errand) -> Iterator[Output]:
        """A list page without rows: a report standing where its list should, a suspect, or the end."""
        column = errand.the_column
        if page.has_report_body:
            row = Row(page.url, recognise(page).title(page) or "", None)
            column.reports.add(page.url)
            yield from self._article(column, row, errand)
        elif errand.number == 1 and not is_a_directory_answer(page):
            said = self.scripted.explain(page, errand)
            if errand.frames:
                return  # the head or the foot of the page that holds the list in another frame
            if says_empty(page) and not said and column.trusted:
                column.says_empty, column.full = True, False
                return
            column.failures.append(Failure(outcomes.INCOMPLETE, f"{page.url} answered 200 and shows no rows{said}"))
        elif errand.stated is not None and errand.number <= errand.stated:
            column.failures.append(
                Failure(outcomes.INCOMPLETE, f"{page.url} is page {errand.number} of {errand.stated} and shows no rows")
            )

    def _absent_list(self, errand: Errand) -> Iterator[Output]:
        """A list that is not there: where its address was a guess, the page that was linked is looked at instead."""
        column = errand.the_column
        if column.guessed and errand.number == 1:
            column.dropped = True
            if errand.instead is not None:
                yield from self._entry(errand.portal, errand.instead, errand.depth)

    # Articles

    def _read_article(self, response: Response, errand: Errand) -> Iterator[Output]:
        column = errand.the_column
        if is_a_file(response) and errand.page is None:
            yield tell(errand, response.url)
            return
        page = page_of(response) if errand.page is None else joined(errand.page, page_of(response))
        hop = shells.target(page)
        if hop is not None and errand.hops < self.MAX_HOPS:
            if self.ledger.open_article(column, hop):
                yield self._request(replace(errand, url=hop, hops=errand.hops + 1))
            return
        family = recognise(page)
        if says_gone(page) or family.says_missing(page):
            yield tell(errand, response.url, gone=True)
            return
        if (
            not page.has_report_body
            and (is_directory(page.url) or errand.unnamed or not self._names_a_year(family.title(page)))
            and len(verdicts.part(family.rows(page), self.today, trusted=True)[0]) > (0 if errand.unnamed else 1)
        ):
            column.branches += errand.unnamed
            yield from self._column(errand.portal, columns.ColumnLink(page.url, None), errand.depth + 1)
            return
        ask = family.enclosures(page) if errand.page is None else None
        if ask is not None and self.ledger.open_article(column, ask.key):
            yield self._request(replace(errand, url=ask.url, ask=ask, page=page))
            return
        yield from self._tell_article(page, family, errand)

    def _tell_article(self, page: Page, family: Family, errand: Errand) -> Iterator[Output]:
        column, row = errand.the_column, errand.row or Row(page.url, "", None)
        article = family.article(page)
        refused = verdicts.refusal(page, article.title, row)
        if errand.unnamed:
            refused = refused or verdicts.proof(page, article)
            column.reports.update([row.url] if refused is None else [])
        yield tell(
            errand,
            page.url,
            family=family.name,
            page_title=article.title,
            page_date=dates.believable(article.published_on, self.today),
            agency=article.agency or column.whose,
            attachments=article.attachments[: self.MAX_ATTACHMENTS],
            refused=refused,
        )
        column.refused.update([row.url] if refused is not None else [])
        if refused is None and self._wanted(article.title or row.title):
            for link in article.attachments[: self.MAX_ATTACHMENTS]:
                if self._may_ask(errand.portal) and self.ledger.open_attachment(column, link.url):
                    wanted = replace(errand, role="attachment", url=link.url, link=link, article_url=page.url, hops=0)
                    yield self._request(wanted)

    def _read_attachment(self, response: Response, errand: Errand) -> Iterator[Output]:
        if not is_a_file(response) and is_a_page(response):
            errand.the_column.unread.append(
                Failure(outcomes.INCOMPLETE, f"{errand.url} answered with a page instead of the file")
            )
            return
        yield AttachmentRead(
            errand.portal.url,
            errand.article_url or "",
            response.url,
            file_name(response, errand.link.name if errand.link is not None else ""),
        )

    def _names_a_year(self, title: str | None) -> bool:
        return title is not None and read(title).report_year is not None

    def _wanted(self, title: str) -> bool:
        return self.year is None or read(title).report_year in {None, self.year}

    # Requests

    def _entry(
        self, portal: Portal, url: str, depth: int, *, hops: int = 0, frames: int = 0, optional: bool = False
    ) -> Iterator[Request]:
        if len(portal.entries) >= self.MAX_ENTRY_PAGES:
            portal.limit(f"more than {self.MAX_ENTRY_PAGES} pages had to be searched for report columns")
        elif frames <= self.MAX_FRAMES and self.ledger.open_entry(portal, url):
            yield self._request(Errand("entry", url, portal, depth=depth, hops=hops, frames=frames, optional=optional))

    def _column(self, portal: Portal, link: columns.ColumnLink, depth: int) -> Iterator[Request]:
        if len(portal.columns) >= self.MAX_COLUMNS:
            portal.limit(f"more than {self.MAX_COLUMNS} report columns were found")
            return
        column = self.ledger.open_column(portal, link.url, link.agency, guessed=link.guessed, doubtful=link.doubtful)
        if column is not None:
            yield from self._list(Errand("list", link.url, portal, column, depth=depth, instead=link.instead))

    def _list(self, errand: Errand) -> Iterator[Request]:
        column, place = errand.the_column, errand.url if errand.ask is None else errand.ask.key
        if len(column.pages) >= self.MAX_COLUMN_PAGES:
            errand.portal.limit(f"{column.url} leads to more than {self.MAX_COLUMN_PAGES} pages")
        elif self._may_ask(errand.portal) and self.ledger.open_list(column, place):
            yield self._request(replace(errand, role="list"))

    def _article(self, column: Column, row: Row, errand: Errand) -> Iterator[Request]:
        if self._wanted(row.title) and self._may_ask(errand.portal) and self.ledger.open_article(column, row.url):
            if errand.unnamed:
                column.unproven.add(key(row.url))
            unnamed = errand.unnamed
            yield self._request(
                Errand("article", row.url, errand.portal, column, row, depth=errand.depth, unnamed=unnamed)
            )

    def _may_ask(self, portal: Portal) -> bool:
        """Whether a portal may be asked for one more thing; an end must come, whatever it goes on to show."""
        if self._asked[portal.url] >= self.MAX_REQUESTS:
            portal.limit(f"more than {self.MAX_REQUESTS} addresses were to be asked for")
            return False
        if self._effort.is_spent(portal.url):
            portal.limit("its pages take too long to understand, so no more of them were asked for")
            return False
        return True

    def _request(self, errand: Errand) -> Request:
        self._asked[errand.portal.url] += 1
        column_url = errand.column.url if errand.column is not None else None
        ask = errand.ask if errand.role in {"list", "article"} else None
        referer = errand.article_url if ask is None else ask.origin
        headers = {} if referer is None else {"Referer": referer}
        return Request(
            errand.url,
            method="GET" if ask is None else ask.method,
            body=b"" if ask is None else ask.body,
            callback=self.read,
            errback=self.fail,
            cb_kwargs={"errand": errand},
            headers={**headers, **dict(ask.headers if ask is not None else ())},
            meta={"role": errand.role, "portal": errand.portal.url, "column_url": column_url, **errand.marks},
            priority=self.PRIORITY[errand.role],
            dont_filter=True,  # the ledger knows what was asked for, and must hear of every end
        )

    # Ends

    def _close(self, errand: Errand, failure: Failure | None, *, gone: bool = False) -> Iterator[Output]:
        if errand.role == "entry":
            if failure is not None:
                errand.portal.failures.append(failure)
            self.ledger.close_entry(errand.portal, errand.url)
        elif errand.role == "list":
            self.ledger.close_list(errand.the_column, failure)
        elif errand.role == "article":
            self.ledger.close_article(errand.url, failure, gone=gone)
        else:
            self.ledger.close_attachment(errand.the_column, failure)
        yield from self.ledger.columns_ended()
        for portal in self.ledger.portals_ended():
            elsewhere = list(self._elsewhere(portal))
            yield from elsewhere
            if not elsewhere:
                yield portal_read(portal)

    def _elsewhere(self, portal: Portal) -> Iterator[Request]:
        """Where no column was found from the address: the host's first page and its template's entries, once."""
        if (
            portal.tried_elsewhere
            or portal.failures
            or any(column.trusted and not column.is_none for column in portal.columns)
        ):
            return
        portal.tried_elsewhere = True
        first = root(portal.url)
        named = JILIN_CITY_ENTRIES if urlsplit(first).hostname in JILIN_CITY_HOSTS else ()
        for path in ("/", *named):
            yield from self._entry(portal, first + path.lstrip("/"), 0, optional=True)

    _readers: ClassVar[dict[str, Callable[[ReportsSpider, Response, Errand], Iterator[Output]]]] = {
        "entry": _read_entry,
        "list": _read_list,
        "article": _read_article,
        "attachment": _read_attachment,
    }


def read_addresses(portal: str | list[str]) -> list[str]:
    """The addresses of an argument: a list, or one text with commas between; ``http://`` where no scheme stands."""
    given = [portal] if isinstance(portal, str) else portal
    parts = [part.strip() for text in given for part in re.split(r"\s*,\s*(?=https?://|[\w-]+\.|$)", text)]
    full = [part if "://" in part else f"http://{part}" for part in parts if part]
    return list(dict.fromkeys(full))


def _may_end(errand: Errand) -> bool:
    """Whether a list page may be missing because the list has ended: a page beyond those it says it has."""
    return errand.number > 1 and (errand.stated is None or errand.number > errand.stated)
