"""A column's value is one of many: as a list of parameters would have it, with as many values as there are."""

from __future__ import annotations

from sqlalchemy import insert, select

from archive.among import among
from archive.schema import Publisher
from archive.store import Archive

MANY = 40_000  # more than a statement may have parameters in SQLite


def _fill(archive: Archive) -> None:
    rows = [{"scope": f"{number:06}", "key": "'\\ {%s}\":?", "name": "甲", "kind": "office"} for number in range(1, 6)]
    with archive.writing() as session:
        session.execute(insert(Publisher), rows)


def test_numbers_and_texts_are_looked_up_whatever_signs_they_have(archive: Archive) -> None:
    _fill(archive)
    with archive.session() as session:
        scopes = select(Publisher.scope).order_by(Publisher.scope)
        ids = list(session.scalars(select(Publisher.id).order_by(Publisher.id)))
        assert list(session.scalars(scopes.where(among(Publisher.id, iter(ids[1:3] * 2))))) == ["000002", "000003"]
        assert list(session.scalars(scopes.where(~among(Publisher.id, ids[:4])))) == ["000005"]
        assert len(session.scalars(scopes.where(among(Publisher.key, {"'\\ {%s}\":?", "乙"}))).all()) == 5
        assert list(session.scalars(scopes.where(among(Publisher.key, ["'\\ {%s}\":"])))) == []


def test_nothing_is_among_nothing(archive: Archive) -> None:
    _fill(archive)
    with archive.session() as session:
        assert list(session.scalars(select(Publisher.id).where(among(Publisher.id, [])))) == []
        assert list(session.scalars(select(Publisher.id).where(among(Publisher.scope, [])))) == []
        assert len(session.scalars(select(Publisher.id).where(~among(Publisher.scope, []))).all()) == 5


def test_there_may_be_more_of_them_than_a_statement_has_parameters(archive: Archive) -> None:
    _fill(archive)
    with archive.session() as session:
        found = select(Publisher.scope).where(among(Publisher.scope, [f"{number:06}" for number in range(3, MANY)]))
        assert sorted(session.scalars(found)) == ["000003", "000004", "000005"]
