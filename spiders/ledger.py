"""What is open, read and failed: by this the spider knows when a column was followed to its end and a portal is done.

A column may be found by several portals of one crawl and an article by several columns; each is fetched once and counts
for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spiders import outcomes
from spiders.addresses import key, key_with_fragment
from spiders.items import ColumnRead, PortalRead

if TYPE_CHECKING:
    from spiders.errands import Errand

_SEVERAL = 3  # a government and its office may share a column, and one agency may be named in two ways
_MOST_DETAILS = 3  # failures a detail names before it only counts


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be read: the outcome it gives, and where and why."""

    outcome: str
    detail: str


@dataclass(eq=False, slots=True)
class Column:
    """A column being read. ``trusted``: it is known to be a column of reports, not a page on which one was met."""

    url: str
    agency: str | None = None
    above: str | None = None  # the column that leads to it as a part of its own
    guessed: bool = False
    doubtful: bool = False  # its link did not say of what its reports are
    trusted: bool = True
    portals: list[Portal] = field(default_factory=list)
    pages: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)  # rows that endpoints answered, shown on a page before or not
    reports: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)  # rows that lead to hosts which are not read
    refused: set[str] = field(default_factory=set)  # rows whose article turned out to be none
    unproven: set[str] = field(default_factory=set)  # articles that must say themselves whether they are reports
    publishers: set[str] = field(default_factory=set)  # whom the titles of its rows name
    branches: int = 0  # columns found below this one
    open_lists: int = 0
    open_articles: int = 0
    lists_read: int = 0
    articles_read: int = 0
    failures: list[Failure] = field(default_factory=list)
    unread: list[Failure] = field(default_factory=list)  # articles and attachments that could not be fetched
    told: list[Portal] = field(default_factory=list)  # portals that know how it ended
    absent: bool = False  # the address a menu names is not there
    dropped: bool = False  # a guessed address that is not there
    says_empty: bool = False  # its own page says that nothing stands in it yet
    full: bool = True  # no page was taken from the archive because the first was unchanged

    @property
    def idle(self) -> bool:
        """Whether nothing of it is open any more."""
        return self.open_lists == 0 and self.open_articles == 0

    @property
    def is_a_dead_link(self) -> bool:
        """Whether a menu names an address that is not there; a year that a column names is a part of it all the same."""
        return self.absent and self.above is None

    @property
    def whose(self) -> str | None:
        """The agency whose articles stand in it; None where its rows name several: then none is named by the column."""
        return self.agency if len(self.publishers) < _SEVERAL else None

    @property
    def is_none(self) -> bool:
        """Whether it turned out to be no report column: a guess that failed, or a list of other reports only."""
        foreign = self.doubtful and bool(self.rows) and not (self.reports or self.branches or self.failures)
        return self.dropped or foreign

    @property
    def end(self) -> Failure:
        """How it ended once its articles were read."""
        if self.trusted and self.reports and self.reports <= self.refused | self.elsewhere:
            why = "is one by its own page" if self.refused else "stands on a host that is read"
            return Failure(outcomes.INCOMPLETE, f"{self.url}: none of its {len(self.reports)} reports {why}")
        return self.outcome

    def is_listed_in(self, reports: set[str]) -> bool:
        """Whether it is no column but a page whose reports stand in a column: an article whose address was given."""
        return not self.trusted and not self.failures and {key(url) for url in self.reports} <= reports

    @property
    def outcome(self) -> Failure:
        """How following the lists ended. A column without any report was not understood: never “no reports”."""
        if self.failures:
            return _summary(self.failures)
        if not self.trusted:
            return Failure(outcomes.INCOMPLETE, "reports were met on a page that is no report column")
        if self.says_empty and not self.rows:
            return Failure(outcomes.OK, "its page says that it is empty")
        if not self.reports and not self.branches:
            return Failure(outcomes.INCOMPLETE, f"none of {len(self.rows)} rows is a report")
        return Failure(outcomes.OK, "")


@dataclass(eq=False, slots=True)
class Article:
    """An article asked for, and the columns that list it."""

    columns: list[Column]
    open: bool = True
    failure: Failure | None = None


@dataclass(eq=False, slots=True)
class Portal:
    """A portal being read: its entry pages and its columns."""

    url: str
    entries: set[str] = field(default_factory=set)
    columns: list[Column] = field(default_factory=list)
    open_entries: int = 0
    searched: set[int] = field(default_factory=set)  # signatures of the pages that were searched for columns
    named: set[str] = field(default_factory=set)  # units that its directories name
    later: dict[str, Errand] = field(default_factory=dict)  # what is asked for once all else is read, by address
    failures: list[Failure] = field(default_factory=list)
    tried_elsewhere: bool = False
    gone: int = 0
    ended: bool = False

    @property
    def idle(self) -> bool:
        """Whether nothing of it is open any more."""
        return self.open_entries == 0 and all(column.idle for column in self.columns)

    def is_new(self, signature: int) -> bool:
        """Whether no page of this signature was searched yet."""
        if signature in self.searched:
            return False
        self.searched.add(signature)
        return True

    def is_news(self, unit: str) -> bool:
        """Whether no directory of the portal has named a unit yet."""
        if unit in self.named:
            return False
        self.named.add(unit)
        return True

    def put_off(self, errand: Errand) -> None:
        """Ask for something once all else is read; one address once."""
        self.later.setdefault(key(errand.url), errand)

    def limit(self, detail: str) -> None:
        """Something was not followed any further; said once."""
        failure = Failure(outcomes.INCOMPLETE, detail)
        if failure not in self.failures:
            self.failures.append(failure)

    @property
    def outcome(self) -> Failure:
        """``ok``; ``incomplete`` if anything failed; the one reason why nothing could be read, if it is one."""
        listed = {key(url) for column in self.columns if column.trusted for url in column.reports}
        columns = [column for column in self.columns if not column.is_none and not column.is_listed_in(listed)]
        if any(column.trusted and column.reports for column in columns):  # then others were only met on the way
            columns = [
                column for column in columns if (column.trusted or column.failures) and not column.is_a_dead_link
            ]
        ended = [column.end for column in columns]
        lists = [end for end in ended if end.outcome != outcomes.OK]
        failures = [*self.failures, *lists, *(failure for column in self.columns for failure in column.unread)]
        if not columns and not failures:
            return Failure(outcomes.INCOMPLETE, "no report column was found: give the address of one")
        if not failures:
            gone = f", {self.gone} listed pages are gone" if self.gone else ""
            apart = len({url for column in columns for url in column.elsewhere})
            elsewhere = f", {apart} listed reports stand on hosts that are not read" if apart else ""
            return Failure(outcomes.OK, f"{len(columns)} columns{gone}{elsewhere}")
        return Failure(outcomes.INCOMPLETE, _summary(failures).detail) if _was_read(columns) else _summary(failures)


class Ledger:
    """The state of one crawl: portals, columns by address, articles by address."""

    def __init__(self) -> None:
        self.portals: list[Portal] = []
        self._columns: dict[str, Column] = {}
        self._articles: dict[str, Article] = {}
        self._attachments: set[str] = set()
        self._waiting: dict[str, list[Portal]] = {}  # entry addresses that other portals found as columns
        self._entries: dict[str, Portal] = {}
        self._offers: set[tuple[Portal, str]] = set()
        # What changed since the endings were last asked for: looking at everything would cost more with every page.
        self._changed_columns: dict[Column, None] = {}
        self._changed_portals: dict[Portal, None] = {}

    def portal(self, url: str) -> Portal:
        """A portal to read."""
        portal = Portal(url)
        self.portals.append(portal)
        return portal

    def open_entry(self, portal: Portal, url: str) -> bool:
        """Whether an entry page has to be asked for; it is then open."""
        place = key_with_fragment(url)
        if place in portal.entries or place in self._columns:
            return False
        portal.entries |= {place, key(url)}  # a link to the page names no fragment
        portal.open_entries += 1
        for known in (place, key(url)):
            self._entries.setdefault(known, portal)
        return True

    def close_entry(self, portal: Portal, url: str) -> None:
        """An entry page was read or failed."""
        portal.open_entries -= 1
        self._changed_portals[portal] = None
        column = self._columns.get(key(url))
        for other in self._waiting.pop(key(url), []):
            other.open_entries -= 1
            self._changed_portals[other] = None
            if column is not None:
                self._join(other, column)

    def offer(self, portal: Portal, url: str) -> bool:
        """Whether another site was not yet named by a page of a portal."""
        named = portal, key(url)
        if named in self._offers:
            return False
        self._offers.add(named)
        return True

    def open_column(
        self,
        portal: Portal,
        url: str,
        agency: str | None,
        *,
        guessed: bool = False,
        doubtful: bool = False,
        above: str | None = None,
    ) -> Column | None:
        """A column that has to be read, or None where it is being read already (the portal then waits for it too)."""
        known = self._columns.get(key(url))
        if known is not None:
            known.agency = known.agency or agency
            known.doubtful = known.doubtful and doubtful
            self._join(portal, known)
            return None
        owner = self._entries.get(key(url))
        if owner is not None and (owner is portal or owner.open_entries):
            if owner is not portal:
                self._waiting.setdefault(key(url), []).append(portal)
                portal.open_entries += 1
            return None
        column = Column(url, agency, above=above, guessed=guessed, doubtful=doubtful)
        self._columns[key(url)] = column
        self._join(portal, column)
        return column

    def adopt_column(
        self, portal: Portal, url: str, agency: str | None, *, trusted: bool, doubtful: bool = False
    ) -> Column:
        """The column an entry page turned out to be."""
        place = key_with_fragment(url)
        known = self._columns.get(place)
        column = known if known is not None else Column(url, agency, trusted=trusted, doubtful=doubtful)
        self._columns[place] = column
        self._columns.setdefault(key(url), column)
        self._join(portal, column)
        return column

    def open_list(self, column: Column, url: str) -> bool:
        """Whether a page of a column has to be asked for; it is then open."""
        if key(url) in column.pages:
            return False
        column.pages.add(key(url))
        column.open_lists += 1
        return True

    def reopen_list(self, column: Column) -> None:
        """A page of a column is asked for once more; it is read when that comes back."""
        column.open_lists += 1
        column.lists_read -= 1

    def reopen_entry(self, portal: Portal) -> None:
        """An entry page is asked for once more; it is read when that comes back."""
        portal.open_entries += 1

    def close_list(self, column: Column, failure: Failure | None = None) -> None:
        """A page of a column was read or failed."""
        column.open_lists -= 1
        if failure is not None:
            column.failures.append(failure)
        else:
            column.lists_read += 1
        self._change(column)

    def open_article(self, column: Column, url: str) -> bool:
        """Whether an article has to be asked for; one that is asked for already counts for this column as well."""
        known = self._articles.get(key(url))
        if known is None:
            self._articles[key(url)] = Article([column])
            column.open_articles += 1
            return True
        if column not in known.columns:
            known.columns.append(column)
            if known.open:
                column.open_articles += 1
            elif known.failure is not None:
                column.unread.append(known.failure)
            else:
                column.articles_read += 1
        return False

    def close_article(self, url: str, failure: Failure | None = None, *, gone: bool = False) -> None:
        """An article was read, failed, or is no longer there."""
        article = self._articles[key(url)]
        article.open = False
        article.failure = failure
        for column in article.columns:
            column.open_articles -= 1
            column.unproven.discard(key(url))
            if failure is not None:
                column.unread.append(failure)
            else:
                column.articles_read += 1
            self._change(column)
        if gone:
            for portal in {portal for column in article.columns for portal in column.portals}:
                portal.gone += 1

    def open_attachment(self, column: Column, url: str) -> bool:
        """Whether a file has to be asked for."""
        if key(url) in self._attachments or key(url) in self._articles:
            return False
        self._attachments.add(key(url))
        column.open_articles += 1
        return True

    def open_roster(self, column: Column, url: str) -> bool:
        """Whether a roster has to be asked for. As a file it counts for its column; one that is read as a list is none."""
        return key(url) not in self._columns and self.open_attachment(column, url)

    def close_attachment(self, column: Column, failure: Failure | None = None) -> None:
        """A file was read or failed."""
        column.open_articles -= 1
        if failure is not None:
            column.unread.append(failure)
        self._change(column)

    def columns_ended(self) -> Iterator[ColumnRead]:
        """What became of each column whose last list page is read, once for each portal that has it."""
        changed, self._changed_columns = self._changed_columns, {}
        for column in changed:
            if column.open_lists or column.unproven:
                continue
            for portal in [] if column.is_none else column.portals:
                if portal in column.told:
                    continue
                column.told.append(portal)
                yield _column_read(portal, column)
            if column.idle:
                self._changed_portals.update(dict.fromkeys(column.portals))

    def portals_ended(self) -> Iterator[Portal]:
        """Each portal of which nothing is open any more, once; ask after :meth:`columns_ended`.

        A portal to which an entry page is added before the next call is not ended: it comes again.
        """
        changed, self._changed_portals = self._changed_portals, {}
        for portal in changed:
            if not portal.ended and portal.idle:
                yield portal

    def _change(self, column: Column) -> None:
        self._changed_columns[column] = None

    def _join(self, portal: Portal, column: Column) -> None:
        if column not in portal.columns:
            portal.columns.append(column)
            column.portals.append(portal)
        self._change(column)


def portal_read(portal: Portal) -> PortalRead:
    """A portal's end, to be called once."""
    portal.ended = True
    outcome = portal.outcome
    return PortalRead(portal.url, outcome.outcome, outcome.detail)


def _column_read(portal: Portal, column: Column) -> ColumnRead:
    outcome = column.outcome
    return ColumnRead(
        portal=portal.url,
        column_url=column.url,
        agency=column.agency,
        outcome=outcome.outcome,
        detail=outcome.detail,
        pages=len(column.pages),
        rows=len(column.rows),
        reports=len(column.reports),
        full=column.full,
        above=column.above,
    )


def _was_read(columns: list[Column]) -> bool:
    """Whether anything was: a report, or a list of which nothing is forbidden or kept back."""
    withheld = any(_is_withheld(failure) for column in columns for failure in (*column.failures, *column.unread))
    return any(column.articles_read or (column.lists_read and not withheld) for column in columns)


def _is_withheld(failure: Failure) -> bool:
    return failure.outcome == outcomes.DISALLOWED or outcomes.is_blocked(failure.outcome)


def _summary(failures: list[Failure]) -> Failure:
    """The outcome all failures share, else ``incomplete``; the detail names the first and counts the rest."""
    kinds = {failure.outcome for failure in failures}
    details = list(dict.fromkeys(failure.detail for failure in failures))
    more = f" and {len(details) - _MOST_DETAILS} more" if len(details) > _MOST_DETAILS else ""
    return Failure(kinds.pop() if len(kinds) == 1 else outcomes.INCOMPLETE, "; ".join(details[:_MOST_DETAILS]) + more)
