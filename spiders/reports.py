"""The spider: from a portal's address to its report columns, their rows, the articles and their attachments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import replace
from typing import ClassVar
from urllib.parse import urlsplit

from scrapy.http import Request, Response
from twisted.python.failure import Failure as Fault

from parser.rosters import CLASS
from parser.titles import read
from spiders import agencies, columns, dates, directories, discovery, outcomes, scripted, shells, verdicts
from spiders.addresses import is_directory, is_file, key, root
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
from spiders.asking import Output
from spiders.attachments import shows_a_file
from spiders.errands import Errand, tell
from spiders.families import pagers
from spiders.families.addresses import JILIN_CITY_ENTRIES, JILIN_CITY_HOSTS
from spiders.families.family import Family
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import AttachmentRead, ListPage, Row, SiteOffered
from spiders.ledger import Failure, Portal, portal_read
from spiders.listpages import Holdings, framed, hold
from spiders.patience import at_most
from spiders.rosters import Rosters

_GONE = frozenset({404, 410})


class ReportsSpider(Rosters):
    """Finds the annual reports of portals and reads each column to its end.

    ``portal`` is one address or several separated by commas; ``year`` limits which articles are fetched (by the year in
    the title; rows without one are always fetched), never which lists are read. ``entries`` has further addresses of a
    portal, by its own: they count as one portal, with one outcome. ``live`` has, by a portal's address, the articles that its
    columns showed (column, address, title): those that leave them are asked for. ``encodings`` has, by a portal's
    address, the charset of its pages where they declare a wrong one.
    """

    name = "reports"

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
            said = f"{response.url} could not be understood ({type(error).__name__}: {error})"
            self.logger.exception("%s", said)
            failure = Failure(outcomes.INCOMPLETE, said)
        yield from found
        yield from self._close(errand, failure)

    def fail(self, fault: Fault) -> Iterator[Output]:
        """Errback of every request: gone, refused, or unreachable."""
        errand: Errand = fault.request.cb_kwargs["errand"]  # type: ignore[attr-defined]  # Scrapy sets it
        failure, status = why(fault, errand.url)
        absent, refused = status in _GONE, isinstance(fault.value, outcomes.AddressRefused)
        if errand.role == "article" and errand.page is not None:
            yield from self._tell_article(errand.page, recognise(errand.page), errand)
        elif errand.role == "article" and absent:
            yield tell(errand, errand.url, gone=True)
            yield from self._close(errand, None, gone=True)
            return
        elif errand.role == "list" and absent:
            yield from self._absent_list(errand)
        elif errand.role == "attachment" and absent:
            errand.portal.gone += 1
        if refused:
            _led_away(errand)
        forgiven = _is_forgiven(errand, absent=absent, refused=refused)
        self.logger.info("%s %s: %s", errand.role, "left out" if forgiven else failure.outcome, failure.detail)
        yield from self._close(errand, None if forgiven else failure)

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
        bare = not named and errand.depth == 0 and columns.may_name_reports(page)
        named = named or bare
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
                doubtful=bare,
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
        if not portal.is_new(discovery.signature(page)):
            return  # the same page again, at an address that differs in a stamp
        yield from self._units(page, portal)
        finds = discovery.look(page, family, rows=rows, depth=errand.depth, deepest=self.MAX_DEPTH)
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
        self._rosters(held.refused, errand)
        for row in held.unnamed:
            yield from self._article(column, row, replace(errand, unnamed=True))
        for ask in held.questions:
            yield from self._list(replace(errand, url=ask.url, ask=ask, number=1, stated=None, rests=False))
        for link in held.branches:
            column.branches += 1
            below = replace(link, agency=link.agency or column.agency)
            yield from self._column(errand.portal, below, errand.depth + 1, above=column.url)
        if page.has_report_body and not held.reports:
            yield from self._own_report(page, errand)
        if branching and page.asked is None and held.reports:
            yield from self._look_beside(page, held, errand)
        if held.is_bare:
            looked_further = yield from self._look_inside(page, held, errand)
            if looked_further:
                return
        yield from self._turn(page, family, errand, news, asks=bool(held.questions))

    def _look_beside(self, page: Page, held: Holdings, errand: Errand) -> Iterator[Output]:
        """The units that a column with reports of its own leads to besides."""
        yield from self._units(page, errand.portal)
        listed = {key(url) for url in held.addresses}
        for link in columns.report_columns(page):
            if link.agency is not None and key(link.url) not in listed:
                yield from self._column(errand.portal, link, errand.depth + 1)
        for link in directories.branches(page):
            if key(link.url) not in listed:
                yield from self._entry(errand.portal, link.url, errand.depth + 1)

    def _look_inside(self, page: Page, held: Holdings, errand: Errand) -> Generator[Output, None, bool]:
        """A list page that leads to no report: its frames, or what its script makes of it, may; whether that is asked for."""
        column = errand.the_column
        frames = framed(page) if errand.frames < self.MAX_FRAMES else ()
        for url in frames:
            yield from self._list(replace(errand, url=url, number=1, frames=errand.frames + 1))
        may_lead_on = errand.depth < self.MAX_DEPTH and not page.has_report_body
        if column.trusted and errand.number == 1 and not held.rows and may_lead_on:
            leads_on = yield from self._look_below(page, errand)
            if leads_on:
                return True
        again = None if frames else self.scripted.list_again(page, errand)
        if again is not None:
            self.ledger.reopen_list(column)
            yield self._request(again)
            return True
        if not held.rows and not frames:
            self._empty_list(page, errand)
        return not held.rows

    def _look_below(self, page: Page, errand: Errand) -> Generator[Output, None, bool]:
        """A column without rows may be a directory of columns and of units; whether it is one."""
        column = errand.the_column
        ways = directories.branches(page)
        yield from self._units(page, errand.portal)
        onward = [request for link in ways for request in self._entry(errand.portal, link.url, errand.depth + 1)]
        for link in columns.report_columns(page):
            onward += self._column(errand.portal, link, errand.depth + 1, above=column.url)
        yield from onward
        if not onward and (len(ways) < self.LEAST_WAYS or self.scripted.explain(page, errand)):
            return False
        column.branches += max(len(ways), len(onward))
        column.full = False  # a directory, and no evidence of what is not there
        return True

    def _turn(self, page: Page, family: Family, errand: Errand, news: set[str], *, asks: bool) -> Iterator[Output]:
        """The list's next page, as long as pages bring rows that were not seen."""
        further = family.further(page)
        onward = further.url if further.ask is None else further.ask.url
        begins = errand.number == 1 and pagers.beginning(page) is None
        if onward is None and news and begins and (further.total or 0) > 1 and not asks:
            said = f"{page.url} says that its list has {further.total} pages and leads to no second one"
            errand.the_column.failures.append(Failure(outcomes.INCOMPLETE, said))
        if onward is None or not news:
            return
        column, number = errand.the_column, errand.number + 1
        if number > self.MAX_LIST_PAGES:
            said = f"{column.url} has more than {self.MAX_LIST_PAGES} pages"
            column.failures.append(Failure(outcomes.INCOMPLETE, said))
            return
        yield from self._list(replace(errand, url=onward, ask=further.ask, number=number, stated=further.total))

    def _own_report(self, page: Page, errand: Errand) -> Iterator[Output]:
        """A report standing where its list should, be it with links to those of other years."""
        errand.the_column.reports.add(page.url)
        yield from self._article(errand.the_column, Row(page.url, recognise(page).title(page) or "", None), errand)

    def _empty_list(self, page: Page, errand: Errand) -> None:
        """A list page without rows: a report in its place, a suspect, or the end."""
        column = errand.the_column
        if page.has_report_body:
            return
        if column.guessed and errand.number == 1 and errand.ask is None:
            column.dropped = True  # the server answers its frame for any folder
        elif errand.number == 1 and errand.ask is not None and column.trusted and says_empty(page):
            column.says_empty = True
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
        column.absent = errand.number == 1 and errand.depth > 0
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
        hop = None if shows_a_file(page) else shells.target(page)
        if hop is not None and errand.hops < self.MAX_HOPS:
            if self.ledger.open_article(column, hop):
                yield self._request(replace(errand, url=hop, hops=errand.hops + 1))
            return
        family = recognise(page)
        if says_gone(page) or family.says_missing(page):
            yield tell(errand, response.url, gone=True)
            return
        if self._is_a_list(page, family, errand):
            column.branches += errand.unnamed
            below = columns.ColumnLink(page.url, None)
            above = None if errand.beside else column.url
            yield from self._column(errand.portal, below, errand.depth + 1, above=above)
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
            agency=article.agency or errand.whose,
            attachments=article.attachments[: self.MAX_ATTACHMENTS],
            refused=refused,
        )
        column.refused.update([row.url] if refused is not None else [])
        if refused == CLASS:
            yield from self._tell_roster(page, family, errand)
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

    def _is_a_list(self, page: Page, family: Family, errand: Errand) -> bool:
        """Whether a row led to a list of reports; the files of one report are none."""
        if page.has_report_body:
            return False
        title = family.title(page)
        rows, _ = verdicts.part(family.rows(page), self.today, trusted=True)
        pages = [row for row in rows if not is_file(row.url)]
        if errand.unnamed:
            return bool(pages) or (len(rows) > 1 and not self._names_a_year(title))
        return len(rows) > 1 and (is_directory(page.url) or not self._names_a_year(title))

    def _names_a_year(self, title: str | None) -> bool:
        return title is not None and read(title).report_year is not None

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
        elif errand.role == "roster":
            self.ledger.close_attachment(errand.the_column)  # without it the portal is read all the same
        else:
            self.ledger.close_attachment(errand.the_column, failure)
        yield from self.ledger.columns_ended()
        for portal in self.ledger.portals_ended():
            further = list(self._elsewhere(portal)) or [*self._later(portal), *self._left(portal)]
            yield from further
            if not further:
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
        "roster": Rosters.read_roster,
    }


def _led_away(errand: Errand) -> None:
    """What leads to a place that is never read: a row is kept, and says that nothing was fetched; a column is none."""
    if errand.role == "article" and errand.row is not None:
        errand.the_column.elsewhere.add(errand.row.url)
    elif errand.role == "list" and errand.depth:
        errand.the_column.dropped = True  # what it shows has a public address too


def _is_forgiven(errand: Errand, *, absent: bool, refused: bool) -> bool:
    """Whether a portal may be called read although a request failed, since what it asked for is no part of it."""
    match errand.role:
        case "entry":
            was_tried = errand.optional or errand.depth > 0 or errand.frames > 0
            return was_tried and (absent or refused)  # a dead or foreign link among the units
        case "attachment":
            return absent or refused  # a file that is no longer there, a link to some other place
        case "list":
            return errand.the_column.dropped or (absent and _may_end(errand))
        case "roster":
            return True
        case "article" if errand.optional:
            return True  # it left its list: nobody says that it should be there
        case _:
            return refused


def _may_end(errand: Errand) -> bool:
    """Whether a list page may be missing because the list has ended: a page beyond those it says it has."""
    return errand.number > 1 and (errand.stated is None or errand.number > errand.stated)
