"""Rostering: what rosters and directories of units say becomes rows. Whose reports they mean is derived later."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive.addresses import canonical, wire
from archive.errors import AddressRefused
from archive.journal.notes import RosterNote, UnitsNote
from archive.schema import RosterRow, RosterUnit, UnitRow, storable

_ASKED = 400  # names in one statement


def note_names(session: Session, portal_id: int, note: UnitsNote | RosterNote) -> None:
    """Bring the tables into line with what a directory or a roster of a portal says."""
    if isinstance(note, UnitsNote):
        _note_units(session, portal_id, note)
    else:
        _note_roster(session, portal_id, note)


def _note_units(session: Session, portal_id: int, note: UnitsNote) -> None:
    """The units that a directory of a portal names; of each the last word counts."""
    units = {storable(name): _wire(url) for name, url in note.units}
    names = sorted(units)
    known: dict[str, UnitRow] = {}
    for start in range(0, len(names), _ASKED):
        query = select(UnitRow).where(UnitRow.portal_id == portal_id, UnitRow.name.in_(names[start : start + _ASKED]))
        known.update({row.name: row for row in session.scalars(query)})
    for name, url in units.items():
        row = known.get(name)
        if row is None:
            row = UnitRow(portal_id=portal_id, name=name, first_seen_at=note.at)
            session.add(row)
        row.url, row.page_url, row.last_seen_at = url, wire(note.page_url), note.at
    session.flush()


def _note_roster(session: Session, portal_id: int, note: RosterNote) -> None:
    """What a roster says; read again, it names the units that it names now, and no others."""
    url = wire(note.url)
    query = select(RosterRow).where(RosterRow.portal_id == portal_id, RosterRow.url == url)
    row = session.scalars(query).first()
    if row is None:
        row = RosterRow(portal_id=portal_id, url=url)
        session.add(row)
    row.title, row.report_year, row.read_at = note.title, note.report_year, note.at
    row.expected, row.published, row.on_time, row.late = note.expected, note.published, note.on_time, note.late
    session.flush()
    units = [
        (storable(name), _wire(link), day, storable(said) if said else None) for name, link, day, said in note.units
    ]
    named = select(RosterUnit.name, RosterUnit.url, RosterUnit.listed_on, RosterUnit.said)
    named = named.where(RosterUnit.roster_id == row.id).order_by(RosterUnit.position)
    if [tuple(known) for known in session.execute(named)] == units:
        return  # whose reports they mean is derived already
    session.execute(delete(RosterUnit).where(RosterUnit.roster_id == row.id))
    for position, (name, link, day, said) in enumerate(units):
        session.add(RosterUnit(roster_id=row.id, position=position, name=name, url=link, listed_on=day, said=said))
    session.flush()


def _wire(url: str | None) -> str | None:
    """A unit's address as it goes over the wire; null where it leads nowhere that can be kept."""
    if url is None:
        return None
    try:
        canonical(url)
    except AddressRefused:
        return None
    return wire(url)
