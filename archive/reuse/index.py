"""The index of likeness learns the prose of versions: signatures, the bands they are found by, and scars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from archive.among import among
from archive.reuse.plain import LEAST, plain
from archive.reuse.scars import scars
from archive.reuse.signatures import bands, signature
from archive.schema import Likeness, LikenessBand, Report, ScarRow, Version

if TYPE_CHECKING:
    from archive.study import Lesson


class LikenessIndex:
    """A student of versions. What has no known publisher or report year is compared with nothing and not learned."""

    def learn(self, session: Session, lessons: Sequence[Lesson]) -> None:
        """Take in versions; what was known of them before is replaced."""
        ids = [lesson.version_id for lesson in lessons]
        self.forget(session, ids)
        query = select(Version.id, Version.publisher, Report.report_year)
        query = query.join(Report, Report.id == Version.report_id).where(among(Version.id, ids))
        query = query.where(Report.publisher_id.is_not(None), Report.report_year.is_not(None))
        known: dict[int, tuple[str | None, Any]] = {
            number: (name, year) for number, name, year in session.execute(query)
        }
        rows: list[dict[str, Any]] = []
        keys: list[tuple[int, int]] = []
        marks: list[dict[str, Any]] = []
        for lesson in lessons:
            if lesson.version_id not in known:
                continue
            name, year = known[lesson.version_id]
            own = list(_signed(lesson, name))
            rows += own
            several = {key for row in own for key in bands(year, row["signature"])}
            keys += [(key, lesson.version_id) for key in several]
            marks += [
                {"version_id": lesson.version_id, "position": position, **scar._asdict()}
                for position, scar in enumerate(scars(name, lesson.sections))
            ]
        for table, values in ((Likeness, rows), (ScarRow, marks)):
            if values:
                session.execute(insert(table), values)
        _insert(session, sorted(keys))

    def forget(self, session: Session, version_ids: Sequence[int]) -> None:
        """Drop what is known of versions; the bands' keys follow from the signatures."""
        signed = session.execute(
            select(Likeness.version_id, Likeness.signature, Report.report_year)
            .join(Version, Version.id == Likeness.version_id)
            .join(Report, Report.id == Version.report_id)
            .where(among(Likeness.version_id, version_ids))
        ).all()
        if signed:
            keys = {key for _, said, year in signed for key in bands(year or 0, said)}
            theirs = among(LikenessBand.version_id, {number for number, _, _ in signed})
            session.execute(delete(LikenessBand).where(among(LikenessBand.key, keys), theirs))
            session.execute(delete(Likeness).where(among(Likeness.version_id, version_ids)))
        session.execute(delete(ScarRow).where(among(ScarRow.version_id, version_ids)))


def _insert(session: Session, keys: Sequence[tuple[int, int]]) -> None:
    """Bands: thousands to a batch, which PostgreSQL's driver would send one by one."""
    if keys and session.get_bind().dialect.name == "postgresql":
        several, ids = zip(*keys, strict=True)
        session.execute(_TOGETHER, {"keys": list(several), "ids": list(ids)})
    elif keys:
        session.execute(insert(LikenessBand), [{"key": key, "version_id": number} for key, number in keys])


_TOGETHER = text(
    "INSERT INTO likeness_bands (key, version_id) SELECT * FROM unnest(CAST(:keys AS bigint[]), CAST(:ids AS integer[]))"
)


def _signed(lesson: Lesson, publisher: str | None) -> Iterator[dict[str, Any]]:
    for part in plain(lesson.sections, publisher).parts:
        if len(part.text) >= LEAST:
            yield {
                "version_id": lesson.version_id,
                "section": part.section,
                "length": len(part.text),
                "signature": signature(part.text),
            }
