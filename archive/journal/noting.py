"""Noting: what the notes of the journal become in the tables. A note may be taken twice; the last word counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, assert_never

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from archive.addresses import canonical, host_of, wire, with_fragment
from archive.catalogue import DELIVERED
from archive.errors import AddressRefused
from archive.inserts import insert_new
from archive.journal.acknowledging import apply as acknowledge
from archive.journal.notes import (
    AcknowledgedNote,
    ArticleNote,
    BackfillNote,
    ColumnNote,
    CrawlBegun,
    CrawlEnded,
    FoundNote,
    LossNote,
    MergeNote,
    Note,
    PortalNote,
    PublisherNote,
    RestEnded,
    RestNote,
    RosterNote,
    RowsNote,
    SameNote,
    SentNote,
    SiteNote,
    SuccessionNote,
    UnitsNote,
)
from archive.registry.declaring import declare
from archive.registry.identity import book_of
from archive.registry.registering import register
from archive.registry.rostering import note_names
from archive.schema import (
    Article,
    ArticleColumn,
    Attachment,
    CaptureRow,
    ColumnReading,
    CrawlRow,
    Delivery,
    ListRow,
    Portal,
    PortalReading,
    ReportColumn,
    RestRow,
    RosterRow,
    RosterUnit,
    SiteRow,
    UnitRow,
    WarcFile,
)
from parser.titles import read as read_title

RUNNING, FINISHED = "running", "finished"
_UNSYNCHRONIZED = {"synchronize_session": False}


class Noting:
    """Applies notes to the tables of the archive in a folder, within one session; portals and columns are looked up once."""

    def __init__(self, session: Session, folder: Path) -> None:
        self._session = session
        self._folder = folder
        self._portals: dict[str, int] = {}
        self._columns: dict[tuple[int, str], ReportColumn] = {}

    def apply_all(self, notes: Sequence[Note]) -> None:
        """Bring the tables into line with notes, in their order. Raises :class:`AddressRefused` as :meth:`apply`."""
        self._look_up(notes)
        for kind, several in groupby(notes, key=type):
            if kind is ArticleNote:
                self._articles([note for note in several if isinstance(note, ArticleNote)])
            elif kind is PublisherNote:
                declared = [note for note in several if isinstance(note, PublisherNote)]
                declare(self._session, declared, book_of(self._folder))
            else:
                for note in several:
                    self.apply(note)

    def apply(self, note: Note) -> None:
        """Bring the tables into line with a note. Raises :class:`AddressRefused` for one that names no address."""
        match note:
            case RowsNote():
                self._rows(note)
            case ArticleNote():
                self._articles([note])
            case ColumnNote():
                self._column_read(note)
            case PortalNote():
                self._portal_read(note)
            case SiteNote():
                self._site(note)
            case UnitsNote() | RosterNote():
                note_names(self._session, self._portal(note.portal), note)
            case PublisherNote() | MergeNote() | SuccessionNote() | AcknowledgedNote() | SentNote():
                self._of_people(note)
            case _:
                self._of_fetching(note)

    def _of_fetching(
        self, note: CrawlBegun | CrawlEnded | SameNote | LossNote | FoundNote | BackfillNote | RestNote | RestEnded
    ) -> None:
        """How crawls went, beside what they found."""
        match note:
            case CrawlBegun():
                self._begin(note)
            case CrawlEnded():
                ended = update(CrawlRow).where(CrawlRow.id == note.crawl)
                if note.state != FINISHED:  # said late, by a machine that slept while another went on with it
                    ended = ended.where(CrawlRow.state != FINISHED)
                self._session.execute(ended.values(state=note.state, ended_at=note.at))
            case SameNote():
                self._same(note)
            case LossNote() | FoundNote():
                self._lost(note)
            case BackfillNote():
                self._portal(note.portal)  # known by then; what was asked and found stands in the journal
            case RestNote() | RestEnded():
                self._rest(note)
            case _:
                assert_never(note)

    def _of_people(self, note: PublisherNote | MergeNote | SuccessionNote | AcknowledgedNote | SentNote) -> None:
        """What people say, and what they were told."""
        match note:
            case PublisherNote() | MergeNote() | SuccessionNote():
                register(self._session, note, book_of(self._folder))
            case AcknowledgedNote():
                acknowledge(self._session, note)
            case SentNote():
                for key in note.keys:
                    values = {"key": key, "target": note.target, "sent_at": note.at}
                    insert_new(self._session, Delivery, values, "key", "target")
            case _:
                assert_never(note)

    def _begin(self, note: CrawlBegun) -> None:
        row = self._session.get(CrawlRow, note.crawl)
        if row is None:
            row = CrawlRow(id=note.crawl, begun_at=note.at)
            self._session.add(row)
        row.key, row.arguments, row.portals = note.key, note.arguments, note.portals
        row.state, row.ended_at = RUNNING, None
        self._session.flush()

    def _same(self, note: SameNote) -> None:
        query = select(CaptureRow.id).where(
            CaptureRow.address == canonical(note.url),
            CaptureRow.url == wire(note.url),
            CaptureRow.status.in_(DELIVERED),
            CaptureRow.method == "GET",
            CaptureRow.role != "blocked",
            CaptureRow.kind != "conversion",
            CaptureRow.fetched_at <= note.at,
        )
        last = query.order_by(CaptureRow.id.desc()).limit(1).scalar_subquery()
        repeated = update(CaptureRow).where(CaptureRow.id == last)
        self._session.execute(
            repeated.values(same_at=note.at, same_crawl_id=note.crawl), execution_options=_UNSYNCHRONIZED
        )

    def _lost(self, note: LossNote | FoundNote) -> None:
        files = select(WarcFile.id).where(WarcFile.name == note.file)
        lost = update(CaptureRow).where(CaptureRow.file_id.in_(files), CaptureRow.position == note.position)
        since = note.at if isinstance(note, LossNote) else None
        self._session.execute(lost.values(lost_at=since), execution_options=_UNSYNCHRONIZED)

    def _rest(self, note: RestNote | RestEnded) -> None:
        if isinstance(note, RestEnded):
            self._session.execute(delete(RestRow).where(RestRow.host == note.host))
            return
        row = self._session.get(RestRow, note.host)
        if row is None:
            row = RestRow(host=note.host)
            self._session.add(row)
        row.system, row.times, row.since, row.until = note.system, note.times, note.since, note.until
        self._session.flush()

    def _portal_read(self, note: PortalNote) -> None:
        row = self._session.get_one(Portal, self._portal(note.portal))
        if note.division is not None and note.division != row.division:
            self._place(row, note.division)
        row.given = note.given or row.given
        if note.outcome is None:
            self._reencode(row, note.encoding)
        else:
            row.outcome, row.detail, row.read_at = note.outcome, note.detail, note.at
            row.crawl_id = self._crawl(note.crawl)
            self._reading(row, note)

    def _reading(self, portal: Portal, note: PortalNote) -> None:
        known = select(PortalReading).where(PortalReading.portal_id == portal.id)
        if portal.crawl_id is None:  # then its time tells one reading from another
            known = known.where(PortalReading.crawl_id.is_(None), PortalReading.read_at == note.at)
        else:
            known = known.where(PortalReading.crawl_id == portal.crawl_id)
        reading = self._session.scalars(known).first()
        if reading is None:
            reading = PortalReading(portal_id=portal.id, crawl_id=portal.crawl_id)
            self._session.add(reading)
        reading.outcome, reading.detail, reading.read_at = note.outcome or "", note.detail, note.at

    def _place(self, row: Portal, division: str) -> None:
        """The registry's word on the division of a portal: whose its reports and columns are is found out again."""
        row.division = division
        self._session.flush()
        again = update(Article).where(Article.portal_id == row.id).values(stale=Article.stale + 1, derived_through=0)
        self._session.execute(again, execution_options=_UNSYNCHRONIZED)
        rosters = select(RosterRow.id).where(RosterRow.portal_id == row.id)
        here = ReportColumn.portal_id == row.id, UnitRow.portal_id == row.id, RosterUnit.roster_id.in_(rosters)
        for table, condition in zip((ReportColumn, UnitRow, RosterUnit), here, strict=True):
            unnamed = update(table).where(condition).values(publisher_id=None)
            self._session.execute(unnamed, execution_options=_UNSYNCHRONIZED)

    def _reencode(self, row: Portal, encoding: str | None) -> None:
        """The registry's word on the charset of a portal's pages; where it is another one, they are derived again."""
        if row.encoding != encoding:
            row.encoding = encoding
            self._session.flush()
            again = update(Article).where(Article.portal_id == row.id).values(stale=Article.stale + 1)
            self._session.execute(again, execution_options=_UNSYNCHRONIZED)

    def _site(self, note: SiteNote) -> None:
        portal_id, url = self._portal(note.portal), wire(note.url)
        row = self._session.scalars(select(SiteRow).where(SiteRow.portal_id == portal_id, SiteRow.url == url)).first()
        if row is None:
            row = SiteRow(portal_id=portal_id, url=url, first_seen_at=note.at)
            self._session.add(row)
        row.name, row.label, row.page_url, row.last_seen_at = note.name, note.label, note.page_url, note.at

    def _column_read(self, note: ColumnNote) -> None:
        column, crawl_id = self._column(note.portal, note.column_url, note.agency), self._crawl(note.crawl)
        known = select(ColumnReading).where(ColumnReading.column_id == column.id, ColumnReading.crawl_id == crawl_id)
        if crawl_id is None:  # then its time tells one reading from another
            known = known.where(ColumnReading.read_at == note.at)
        reading = self._session.scalars(known).first()
        if reading is None:
            reading = ColumnReading(column_id=column.id, crawl_id=crawl_id)
            self._session.add(reading)
        column.above = note.above
        reading.outcome, reading.detail, reading.full = note.outcome, note.detail, note.full
        reading.pages, reading.rows, reading.reports = note.pages, note.rows, note.reports
        reading.read_at = note.at

    def _rows(self, note: RowsNote) -> None:
        column = self._column(note.portal, note.column_url, note.agency)
        found: dict[str, dict[str, Any]] = {}
        for url, title, listed_on, refused in _facts(note):
            try:
                address = canonical(url)
            except AddressRefused:
                continue  # nothing can be fetched from there either
            facts = {"url": wire(url), "title": title, "listed_on": listed_on, "family": note.family}
            found[address] = {**facts, "refused": refused}
        known = self._known_rows(column.id, list(found))
        changed = [
            address
            for address, facts in found.items()
            if self._row(known.get(address), column.id, address, facts, note.at)
        ]
        self._session.flush()
        if changed:  # the row's title and date are hints for the parser
            here = or_(Article.address.in_(changed), Article.requested_address.in_(changed))
            self._session.execute(
                update(Article).where(here).values(stale=Article.stale + 1), execution_options=_UNSYNCHRONIZED
            )

    def _known_rows(self, column_id: int, addresses: list[str]) -> dict[str, ListRow]:
        query = select(ListRow).where(ListRow.column_id == column_id, ListRow.address.in_(addresses))
        return {row.address: row for row in self._session.scalars(query)}

    def _row(self, row: ListRow | None, column_id: int, address: str, facts: dict[str, Any], moment: datetime) -> bool:
        """Whether the row says something new of a report."""
        if row is None:
            row = ListRow(column_id=column_id, address=address, first_seen_at=moment)
            self._session.add(row)
        elif row.title == facts["title"]:  # migrations reset the dates of old rows: the first one counts
            facts["listed_on"] = row.listed_on or facts["listed_on"]
        changed = (row.title, row.listed_on) != (facts["title"], facts["listed_on"])
        if row.title != facts["title"]:
            row.report_year = read_title(facts["title"]).report_year
        for name, value in facts.items():
            setattr(row, name, value)
        row.last_seen_at = moment
        return changed and row.refused is None

    def _articles(self, notes: Sequence[ArticleNote]) -> None:
        """Articles together: what one costs in statements does not count."""
        places = {canonical(note.url) for note in notes}
        query = select(Article).where(Article.address.in_(sorted(places)))
        known = {article.address: article for article in self._session.scalars(query)}
        noted = [self._article(note, known) for note in notes]
        self._session.flush()
        linked = self._links([(article.id, note) for note, (article, _) in zip(notes, noted, strict=True)])
        changed = {article.id for (article, news), more in zip(noted, linked, strict=True) if news or more}
        if changed:  # counted in the database: a capture may be counted at the same time
            marked = update(Article).where(Article.id.in_(sorted(changed))).values(stale=Article.stale + 1)
            self._session.execute(marked, execution_options=_UNSYNCHRONIZED)

    def _article(self, note: ArticleNote, known: dict[str, Article]) -> tuple[Article, bool]:
        """The article of a note, and whether the note says something new of it."""
        address, requested = canonical(note.url), canonical(note.requested_url)
        portal_id = self._portal(note.portal) if note.portal is not None else None
        article = known.get(address)
        if article is None and note.gone:
            article = self._redirected(requested)
        if article is None:
            article = Article(
                url=wire(note.url), address=address, requested_address=requested, derived_through=0, stale=1
            )
            known[address] = article
            self._session.add(article)
        before = _facts_of(article)
        article.portal_id = portal_id if portal_id is not None else article.portal_id
        article.noted_at = note.at
        if note.gone:
            article.gone_at = article.gone_at or note.at
        else:
            page_date = note.page_date
            article.requested_address, article.gone_at = requested, None
            if note.page_title == article.page_title:  # as with the rows: the first date of a page counts
                page_date = article.page_date or page_date
            article.page_title, article.page_date = note.page_title, page_date
            article.agency, article.refused = note.agency, note.refused
        return article, _facts_of(article) != before

    def _redirected(self, requested: str) -> Article | None:
        """The article to which an address that is gone used to redirect."""
        query = select(Article).where(Article.requested_address == requested)
        return self._session.scalars(query.order_by(Article.id)).first()

    def _links(self, noted: Sequence[tuple[int, ArticleNote]]) -> list[bool]:
        """Note in which columns articles stand and what they link to; for each note whether that is other than it was."""
        ids = sorted({article_id for article_id, _ in noted})
        pairs = select(ArticleColumn.article_id, ArticleColumn.column_id).where(ArticleColumn.article_id.in_(ids))
        standing = {(article_id, column_id) for article_id, column_id in self._session.execute(pairs)}
        files: dict[int, dict[str, Attachment]] = {article_id: {} for article_id in ids}
        for row in self._session.scalars(select(Attachment).where(Attachment.article_id.in_(ids))):
            files[row.article_id][row.address] = row
        found: dict[tuple[int, int], None] = {}
        changed = []
        for article_id, note in noted:
            news = self._attachments(article_id, note, files[article_id])
            if note.portal is not None and note.column_url is not None:
                pair = article_id, self._column(note.portal, note.column_url, None).id
                if pair not in standing and pair not in found:
                    found[pair] = None
                    news = True
            changed.append(news)
        if found:  # one writer at a time: nobody else may have inserted them
            rows = [{"article_id": article_id, "column_id": column_id} for article_id, column_id in found]
            self._session.execute(insert(ArticleColumn), rows)
        self._session.flush()
        return changed

    def _attachments(self, article_id: int, note: ArticleNote, known: dict[str, Attachment]) -> bool:
        """Note what the article links to; whether that is other than it was."""
        if note.gone:
            return False
        newest = max((row.last_noted_at for row in known.values()), default=None)
        before = [(row.address, row.name, row.position) for row in known.values() if row.last_noted_at == newest]
        linked = []
        for position, (link, name) in enumerate(note.attachments):
            try:
                address = canonical(link)
            except AddressRefused:
                continue
            row = known.get(address)
            if row is None:
                row = known[address] = Attachment(article_id=article_id, address=address)
                self._session.add(row)
            row.url, row.name, row.position, row.last_noted_at = wire(link), name, position, note.at
            linked.append((address, name, position))
        return sorted(before) != sorted(linked)

    def _crawl(self, number: int | None) -> int | None:
        """The crawl, if it is known: its beginning may have stood in a file that is lost."""
        return number if number is not None and self._session.get(CrawlRow, number) is not None else None

    def _look_up(self, notes: Sequence[Note]) -> None:
        """Look for the portals and columns of notes together."""
        named = [note for note in notes if isinstance(note, RowsNote | ArticleNote | ColumnNote | PortalNote)]
        urls = {with_fragment(note.portal) for note in named if note.portal is not None}
        for key, number in self._session.execute(select(Portal.url, Portal.id).where(Portal.url.in_(sorted(urls)))):
            self._portals[key] = number
        columns = {
            with_fragment(note.column_url) for note in named if not isinstance(note, PortalNote) and note.column_url
        }
        query = select(ReportColumn).where(ReportColumn.url.in_(sorted(columns)))
        for row in self._session.scalars(query.where(ReportColumn.portal_id.in_(sorted(self._portals.values())))):
            self._columns[row.portal_id, row.url] = row

    def _portal(self, url: str) -> int:
        key = with_fragment(url)
        if key not in self._portals:
            query = select(Portal.id).where(Portal.url == key)
            known = self._session.scalars(query).first()
            if known is None:
                insert_new(self._session, Portal, {"url": key, "host": host_of(key)}, "url")
                known = self._session.scalars(query).one()
            self._portals[key] = known
        return self._portals[key]

    def _column(self, portal: str, url: str, agency: str | None) -> ReportColumn:
        portal_id, key = self._portal(portal), with_fragment(url)
        row = self._columns.get((portal_id, key))
        if row is None:
            query = select(ReportColumn).where(ReportColumn.portal_id == portal_id, ReportColumn.url == key)
            row = self._session.scalars(query).first()
            if row is None:
                values = {"portal_id": portal_id, "url": key, "agency": agency}
                insert_new(self._session, ReportColumn, values, "portal_id", "url")
                row = self._session.scalars(query).one()
            self._columns[portal_id, key] = row
        if agency is not None and agency != row.agency:
            row.agency, row.publisher_id = agency, None
        return row


def _facts_of(article: Article) -> tuple[object, ...]:
    """What a note may change of an article, and what its derivation rests on."""
    return (
        article.requested_address,
        article.portal_id,
        article.page_title,
        article.page_date,
        article.agency,
        article.refused,
        article.gone_at,
    )


def check(note: Note) -> None:
    """Raise :class:`AddressRefused` for a note that names an address which cannot be kept."""
    for name in ("portal", "column_url", "url", "requested_url"):
        address = getattr(note, name, None)
        if address is not None and not isinstance(note, LossNote | FoundNote):
            canonical(address)


def _facts(note: RowsNote) -> list[tuple[str, str, date | None, str | None]]:
    """The rows as (address, title, date, reason of refusal)."""
    reports: list[tuple[str, str, date | None, str | None]] = [(url, title, day, None) for url, title, day in note.rows]
    return [*reports, *((url, title, None, reason) for url, title, reason in note.refused)]
