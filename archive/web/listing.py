"""Listings: a table once, and from it the page's table, the lines of the API, and the downloads for spreadsheets."""

# Annotations are values here: FastAPI reads those of endpoints that are made in a function.

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import simplejson
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from openpyxl import Workbook
from pydantic import BaseModel, Field, create_model, model_validator

from archive.corpus.workbooks import LONGEST, ROWS
from archive.corpus.writing import cleaned
from archive.formulas import defuse
from archive.web.asking import Asked, Asking
from archive.web.columns import TYPES, Column, Kind, Row, plain
from archive.web.doors.headers import FILE_POLICY
from archive.web.rows import MOST, Page, Rows

__all__ = ["API", "Listing", "Table", "answer", "offer", "table"]

API = "/api/v1"
SHOWN = 50  # rows of a page for people
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BATCH = 500  # rows sent together


class Parameters(BaseModel):
    """What any listing may be asked besides; the parameters of one inherit from it. A field left empty asks for nothing."""

    after: Annotated[str | None, Field(description="Where the page before ended: its `next`.", max_length=40)] = None

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        """A field of a form that was left empty asks for nothing."""
        return (
            {name: value for name, value in given.items() if value not in ("", [""])}
            if isinstance(given, dict)
            else given
        )


@dataclass(frozen=True)
class Listing:
    """A table that can be asked for. ``name`` is its path below ``/`` and below the API.

    ``parameters`` are those of its query, ``rows`` answers them; ``words`` is the table of words with its headings.
    ``summary`` describes it, in English, with the command whose ``--json`` has the same lines. A name with parts to be filled
    in (``publishers/{publisher}/years``) has ``inside``, which declares what each of them is.
    """

    name: str
    columns: tuple[Column, ...]
    parameters: type[Parameters]
    rows: Callable[[Asking, Any], Rows]
    summary: str
    words: str
    inside: Callable[..., Any] | None = None

    def path(self, asking: Asking) -> str:
        """Its name with the parts of the path that is asked for."""
        return self.name.format_map(asking.request.path_params)


@dataclass(frozen=True)
class Table:
    """A page of a listing as a template shows it (``table.html``); ``csv`` and ``xlsx`` are the addresses of the whole."""

    listing: Listing
    columns: tuple[Column, ...]
    page: Page
    following: str | None
    first: str | None
    csv: str
    xlsx: str


def table(
    listing: Listing,
    asking: Asking,
    asked: Parameters,
    *,
    limit: int = SHOWN,
    path: str | None = None,
    fixed: Mapping[str, object] | None = None,
) -> Table:
    """The rows that a page shows. ``path`` is the page's own, where it is not the listing's.

    ``fixed`` are parameters that the path stands for (``/divisions/220200``), and that the downloads need.
    """
    page = listing.rows(asking, asked).page(asked.after, limit)
    here = path if path is not None else f"/{listing.path(asking)}"
    whole = {"after": None, "lang": None, **(fixed or {})}
    return Table(
        listing,
        tuple(column for column in listing.columns if not column.hidden),
        page,
        None if page.following is None else asking.address(here, after=page.following),
        None if asked.after is None else asking.address(here, after=None),
        asking.address(f"/{listing.path(asking)}.csv", **whole),
        asking.address(f"/{listing.path(asking)}.xlsx", **whole),
    )


def offer(router: APIRouter, listing: Listing) -> None:
    """Answer for a listing: ``/api/v1/NAME``, ``/NAME.csv`` and ``/NAME.xlsx``; its page is its module's affair."""
    line = _model(listing)
    lines = create_model(
        f"{_title(listing)}Page",
        rows=(list[line], ...),  # type: ignore[valid-type]  # made while running
        next=(str | None, Field(description="`after` of the next page; null at the end.")),
        total=(int | None, Field(description="How many there are; null where nobody counted.")),
    )
    wanted = create_model(
        f"{_title(listing)}Query",
        __base__=listing.parameters,
        limit=(int, Field(100, ge=1, le=MOST, description="Rows of a page.")),
    )

    def lines_of(asking: Asked, asked: Annotated[Any, Query()]) -> Response:
        page = listing.rows(asking, asked).page(asked.after, asked.limit)
        data = {
            "rows": [{column.name: plain(row.get(column.name)) for column in listing.columns} for row in page.rows],
            "next": page.following,
            "total": page.total,
        }
        here = f"{API}/{listing.path(asking)}"
        following = None if page.following is None else asking.address(here, after=page.following)
        return answer(data, following)

    def csv_of(asking: Asked, asked: Annotated[Any, Query()]) -> Response:
        return _download(f"{_file(listing)}.csv", "text/csv; charset=utf-8", _csv(listing, listing.rows(asking, asked)))

    def xlsx_of(asking: Asked, asked: Annotated[Any, Query()]) -> Response:
        return _download(f"{_file(listing)}.xlsx", _XLSX, _xlsx(listing, listing.rows(asking, asked)))

    lines_of.__annotations__["asked"] = Annotated[wanted, Query()]
    for endpoint in (csv_of, xlsx_of):
        endpoint.__annotations__["asked"] = Annotated[listing.parameters, Query()]
    parts = [] if listing.inside is None else [Depends(listing.inside)]
    router.get(
        f"{API}/{listing.name}",
        dependencies=parts,
        summary=listing.summary,
        response_model=lines,
        tags=["listings"],
        operation_id=f"list_{_file(listing).replace('-', '_')}",
    )(lines_of)
    router.get(f"/{listing.name}.csv", include_in_schema=False, dependencies=parts)(csv_of)
    router.get(f"/{listing.name}.xlsx", include_in_schema=False, dependencies=parts)(xlsx_of)


def answer(data: Any, following: str | None = None) -> Response:
    """Data as JSON, decimals exact; ``following`` is the address of the next page (RFC 8288)."""
    body = simplejson.dumps(data, ensure_ascii=False, use_decimal=True, default=plain)
    headers = {} if following is None else {"link": f'<{following}>; rel="next"'}
    return Response(body, media_type="application/json", headers=headers)


def _download(name: str, kind: str, pieces: Iterator[bytes]) -> Response:
    first = next(pieces)  # what the archive refuses, it refuses here: an answer that has begun cannot be another
    return StreamingResponse(
        chain([first], pieces),
        media_type=kind,
        headers={"content-disposition": f'attachment; filename="{name}"', "content-security-policy": FILE_POLICY},
    )


def _csv(listing: Listing, rows: Rows) -> Iterator[bytes]:
    """UTF-8 with the mark by which spreadsheets know it; no cell is taken for a formula."""
    columns = _flat(listing)
    buffer = StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([column.name for column in columns])
    for at, row in enumerate(rows, 1):
        writer.writerow([defuse(_cell(column, row)) for column in columns])
        if not at % _BATCH:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def _xlsx(listing: Listing, rows: Rows) -> Iterator[bytes]:
    """A workbook, with a further sheet where one is full."""
    columns = _flat(listing)
    headings = [column.name for column in columns]
    book = Workbook(write_only=True)
    sheet, written = None, ROWS
    for row in rows:
        if written == ROWS:
            sheet, written = _sheet(book, headings), 1
        if sheet is not None:
            sheet.append([_short(defuse(_cell(column, row))) for column in columns])
            written += 1
    if sheet is None:
        _sheet(book, headings)
    with TemporaryDirectory() as folder:
        path = Path(folder, "table.xlsx")
        book.save(path)
        with path.open("rb") as file:
            while piece := file.read(1 << 16):
                yield piece


def _sheet(book: Workbook, headings: Sequence[str]) -> Any:
    sheet = book.create_sheet(f"rows-{len(book.sheetnames) + 1}" if book.sheetnames else "rows")
    sheet.freeze_panes = "A2"
    sheet.append(headings)
    return sheet


def _flat(listing: Listing) -> list[Column]:
    return [column for column in listing.columns if column.kind is not Kind.DATA]


def _cell(column: Column, row: Row) -> Any:
    value = row.get(column.name)
    if value is None or column.kind in {Kind.NUMBER, Kind.SHARE, Kind.YEAR}:
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return cleaned(str(plain(value)))


def _short(cell: Any) -> Any:
    return cell[:LONGEST] if isinstance(cell, str) else cell


def _model(listing: Listing) -> type[BaseModel]:
    """What a line of a listing is, for the description of the API."""
    fields: dict[str, Any] = {
        column.name: (TYPES[column.kind] | None, Field(description=column.doc)) for column in listing.columns
    }
    return create_model(_title(listing), **fields)


def _title(listing: Listing) -> str:
    return "".join(part.capitalize() for part in _file(listing).split("-"))


def _file(listing: Listing) -> str:
    """Its name without the parts that are filled in."""
    return "-".join(part for part in listing.name.split("/") if not part.startswith("{"))
