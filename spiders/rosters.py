"""Rosters and directories: what a portal says of who publishes, beside the reports themselves.

A roster (公布情况) is asked for once all else of a portal is read, and so are the reports it leads to: those that stand in
a column are known by then, and the others stand in none by that. Where a roster cannot be had, the portal is read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scrapy.http import Response

from parser.hints import Hints
from parser.rosters import CLASS, is_roster, read_tree
from spiders import dates, directories, shells, verdicts
from spiders.addresses import is_file, key
from spiders.answers import is_a_file, page_of, says_gone
from spiders.asking import Asking, Output
from spiders.errands import Errand
from spiders.families.family import Family
from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import RefusedRow, RosterRead, UnitsRead
from spiders.ledger import Portal


class Rosters(Asking):
    """The part of a spider that asks for rosters and tells what they and the directories of units say."""

    def _rosters(self, refused: Sequence[RefusedRow], errand: Errand) -> None:
        """Remember the rosters among the rows that are no reports."""
        portal, column = errand.portal, errand.the_column
        for row in (one.row for one in refused if one.reason == CLASS):
            if is_roster(row.title) and not is_file(row.url) and self._wanted(row.title):
                portal.put_off(Errand("roster", row.url, portal, column, row, depth=errand.depth))

    def _later(self, portal: Portal) -> Iterator[Output]:
        """What a portal that is read otherwise is asked for in the end."""
        waiting, portal.later = portal.later, {}
        for errand in waiting.values():
            opened = self.ledger.open_roster if errand.role == "roster" else self.ledger.open_article
            if self._may_ask(portal) and opened(errand.the_column, errand.url):
                yield self._request(errand)

    def read_roster(self, response: Response, errand: Errand) -> Iterator[Output]:
        """What the answer to a roster's request gives."""
        if is_a_file(response):
            self.logger.info("roster %s: it is a file, which is not read", response.url)
            return
        page = page_of(response)
        hop = shells.target(page)
        if hop is not None:
            if errand.hops < self.MAX_HOPS:
                errand.portal.put_off(replace(errand, url=hop, hops=errand.hops + 1))
            return
        family = recognise(page)
        if not says_gone(page) and not family.says_missing(page):
            yield from self._tell_roster(page, family, errand)

    def _tell_roster(self, page: Page, family: Family, errand: Errand) -> Iterator[Output]:
        """What a roster says, and the reports it leads to."""
        if page.has_report_body:
            return
        hints = Hints(page_title=family.title(page), listed_title=errand.row.title if errand.row is not None else None)
        roster = read_tree(page.tree, hints, family.body(page))
        if roster is None:
            self.logger.info("roster %s: its own page does not say so", page.url)
            return
        for note in roster.notes:
            self.logger.info("roster %s: %s", page.url, note)
        units = tuple(
            (unit.name, page.resolve(unit.link), dates.believable(unit.listed_on, self.today), unit.said)
            for unit in roster.units
        )
        yield RosterRead(
            errand.portal.url,
            page.url,
            roster.title,
            roster.report_year,
            units,
            expected=roster.expected,
            published=roster.published,
            on_time=roster.on_time,
            late=roster.late,
        )
        named = {key(url): name for name, url, _, _ in units if url is not None}
        rows, _ = verdicts.part(family.rows(page)[: self.MAX_ROWS], self.today, trusted=False)
        column = errand.the_column
        for row in rows:
            if self._wanted(row.title):
                whose = named.get(key(row.url))
                errand.portal.put_off(
                    Errand(
                        "article", row.url, errand.portal, column, row, depth=errand.depth, beside=True, agency=whose
                    )
                )

    def _units(self, page: Page, portal: Portal) -> Iterator[Output]:
        """The units that a directory names and no page before it did."""
        units = [unit for unit in directories.named_units(page) if unit[0] not in portal.named]
        room = self.MAX_UNITS - len(portal.named)
        if len(units) > room:
            portal.limit(f"its directories name more than {self.MAX_UNITS} units")
        units = [unit for unit in units[:room] if portal.is_news(unit[0])]
        if units:
            yield UnitsRead(portal.url, page.url, tuple(units))
