"""News: what was noticed, the newest first, and as feeds."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator, Field
from sqlalchemy import Select, and_, exists, or_, select
from starlette.exceptions import HTTPException

from archive.divisions.asked import code_of
from archive.notices import feeds
from archive.notices.kinds import BASELINE, kinds
from archive.notices.notices import Wanted, line, wanted_rows
from archive.schema import Notice
from archive.web.asking import Asked, Asking, query
from archive.web.columns import Column, Kind, Row
from archive.web.drawing.tiles import provinces
from archive.web.listing import Listing, Parameters, offer, table
from archive.web.rows import Walked
from archive.web.speech import division_name, in_chinese
from archive.web.words import Language, word

router = APIRouter()
_ATOM = "application/atom+xml; charset=utf-8"


def _known(kind: str) -> str:
    if kind not in kinds():
        raise ValueError(f"no kind of notice: name one of {', '.join(kinds())}")
    return kind


KindName = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(kinds())})]


class NoticeQuery(Parameters):
    """Which notices are asked for."""

    kind: Annotated[KindName | None, Field(description="Only this kind.")] = None
    division: Annotated[
        str | None, Field(description="Only this division and those below it: 220000, or 吉林省.", max_length=40)
    ] = None


def newest(asking: Asking, wanted: Wanted, limit: int) -> Sequence[Row]:
    """The newest notices of those wanted."""
    with asking.archive.session() as session:
        return [_line(row) for row in session.scalars(_ordered(wanted_rows(wanted)).limit(limit))]


def begun(asking: Asking) -> bool:
    """Whether anybody ever looked for what happened."""
    with asking.archive.session() as session:
        return bool(session.scalar(select(exists().where(Notice.key == BASELINE))))


def _rows(asking: Asking, asked: NoticeQuery) -> Walked:
    code = code_of(asked.division, asking.archive.book)
    wanted = wanted_rows(Wanted(kinds=() if asked.kind is None else (asked.kind,)))
    if code is not None:
        wanted = wanted.where(Notice.division.startswith(asking.archive.book.prefix(code)))

    def walk(last: int) -> Generator[tuple[int, Row], None, None]:
        behind = _ordered(wanted)
        with asking.archive.session() as session:
            if last:
                at = session.scalar(select(Notice.noticed_at).where(Notice.id == last))
                if at is None:
                    return
                behind = behind.where(_before(at, last))
            for row in session.scalars(behind.execution_options(yield_per=100)):
                yield row.id, _line(row)

    return Walked(walk)


def _ordered(wanted: Select[Notice]) -> Select[Notice]:
    return wanted.order_by(None).order_by(Notice.noticed_at.desc(), Notice.id.desc())


def _before(at: datetime, last: int) -> Any:
    return or_(Notice.noticed_at < at, and_(Notice.noticed_at == at, Notice.id < last))


def _line(row: Notice) -> dict[str, Any]:
    return {**line(row), "publisher_id": row.publisher_id}


def about(row: Row) -> str | None:
    """The page of whom a notice is about."""
    if row["kind"].startswith("portal."):
        return query("/portals", {"outcome": "trouble"})
    if row["publisher_id"] is None:
        return None
    return query(f"/publishers/{row['publisher_id']}", {"year": row["report_year"]})


def kind_name(kind: str, language: Language) -> str:
    """What a kind is called."""
    if language == "zh" and kind in kinds():
        return kinds()[kind].name
    return word(f"news.kind.{kind}", language)


def _tone(kind: str) -> str:
    if kind in {"report.missing", "report.withdrawn", "portal.blocked"}:
        return "bad"
    if kind in {"report.late", "report.edited", "portal.unreachable", "portal.incomplete", "portal.disallowed"}:
        return "warn"
    return "good" if kind in {"report.new", "report.returned", "portal.recovered"} else ""


def _said(text: str, language: Language) -> str:
    return (in_chinese(text) or text) if language == "zh" else text


def _division(row: Row) -> str | None:
    return None if row["division"] is None else f"/divisions/{row['division']}"


NOTICES = Listing(
    "notices",
    (
        Column("noticed_at", Kind.MOMENT, doc="When it was noticed."),
        Column("kind", said=kind_name, tone=_tone),
        Column("title", href=about),
        Column("text", said=_said),
        Column("at", Kind.MOMENT, doc="When it happened, as far as is known."),
        Column("division", href=_division, said=division_name),
        Column("report_year", Kind.YEAR, hidden=True),
        Column("url", Kind.ADDRESS),
        Column("key", Kind.CODE, hidden=True, doc="What it is known by, for ever."),
    ),
    NoticeQuery,
    _rows,
    "What was noticed, the newest first (xxgk notices).",
    "news",
)
offer(router, NOTICES)


@router.get("/news", response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[NoticeQuery, Query()]) -> HTMLResponse:
    """The page."""
    book = asking.archive.book
    code = code_of(asked.division, book)
    name = code[:6] if code is not None else feeds.NATION
    above = [each for each in book.path(name) if len(each.code) == 6] if code is not None else []
    return asking.page(
        "news.html",
        here="news",
        asked=asked,
        code=code,
        place=book.label(code) if code is not None else None,
        kinds=tuple(kinds()),
        provinces=[each for each in provinces(book) if each.code != code],
        feed=f"/feeds/{above[-1].code if above else feeds.NATION}.atom",
        begun=begun(asking),
        kind_name=kind_name,
        notices=table(NOTICES, asking, asked, path="/news"),
    )


@router.get("/feeds/{name}.atom", include_in_schema=False)
def feed(asking: Asked, name: str) -> Response:
    """The newest notices of the nation, of a division (``220200.atom``), or of none that is known, as Atom."""
    data = feeds.one(asking.archive, name, base=f"{asking.request.base_url}feeds")
    if data is None:
        raise HTTPException(404)
    return Response(data, media_type=_ATOM)
