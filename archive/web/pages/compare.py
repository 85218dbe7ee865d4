"""Compare: two years of a publisher, all of them, or two versions of a report side by side, as ``xxgk diff`` has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import unquote_plus

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import Field
from starlette.exceptions import HTTPException

from archive.comparing.comparison import Comparison
from archive.comparing.sides import Side
from archive.comparing.years import Years
from archive.web.asking import Asked, Asking, query, redirect
from archive.web.comparing.asked import (
    PATH,
    Publishers,
    ReportAsked,
    WholeQuery,
    all_years_link,
    counts_of,
    publishers,
    report_asked,
    side_link,
    versions_link,
    versions_link_to_send,
    years_link,
    years_of,
)
from archive.web.comparing.found import every_year, versions_compared, years_compared
from archive.web.comparing.page import DRAWING
from archive.web.comparing.portions import portion, portions
from archive.web.comparing.words import Words
from archive.web.report.places import figure_at
from archive.web.rows import number
from archive.web.templating import day
from parser.record import Figure

router = APIRouter()


class PageQuery(WholeQuery):
    """What is compared, and how much of it the page shows."""

    figures: Literal["differing", "all"] = "differing"
    sentences: Literal["changed", "all"] = "changed"
    section: Annotated[int | None, Field(ge=0, le=1_000)] = None


class Link(NamedTuple):
    """Where a choice leads."""

    name: str
    href: str


@router.get(PATH, response_class=HTMLResponse, include_in_schema=False)
def page(asking: Asked, asked: Annotated[PageQuery, Query()]) -> Response:
    """The page: what is compared, or a form to choose it."""
    if asked.report is not None:
        return _page_of_report(asking, asked, report_asked(asking.archive, asked.report))
    if asked.publisher is not None:
        return _page_of_publisher(asking, asked, publishers(asking.archive, asked.publisher))
    return _page(asking, asked)


def _page_of_report(asking: Asking, asked: PageQuery, report: ReportAsked | None) -> HTMLResponse:
    if report is None:
        return _page(asking, asked, told=asking.word("compare.no_report"))
    options = [
        (str(one.id), f"{one.id} {asking.word('compare.seen', day=day(one.first_seen_at, asking.language))}")
        for one in report.versions
    ]
    pairs = [
        Link(
            asking.word("compare.both", before=_called(asking, one.id), after=_called(asking, other.id)),
            versions_link(report.id, one.id, other.id),
        )
        for one, other in pairwise(report.versions)
    ]
    choice: dict[str, Any] = {"report": report, "options": options, "pairs": pairs}
    if len(report.versions) < 2:
        return _page(asking, asked, told=asking.word("compare.one_version"), **choice)
    if asked.earlier is None or asked.later is None:
        return _page(asking, asked, **choice)
    one, other = report.version(asked.earlier), report.version(asked.later)
    if one is None or other is None:
        missed = asked.earlier if one is None else asked.later
        return _page(asking, asked, told=asking.word("compare.no_version", name=missed), **choice)
    choice["chosen"] = (str(one.id), str(other.id))
    if one.id == other.id:
        return _page(asking, asked, told=asking.word("compare.same"), **choice)
    shown = _shown(asked)
    links = {
        "link": versions_link(report.id, one.id, other.id, **shown),
        "to_send": versions_link_to_send(report, one, other, **shown),
        "named": {"report": report.id, "from": one.id, "to": other.id},
    }
    return _compared(asking, asked, versions_compared(asking, report, one.id, other.id), choice, links)


def _page_of_publisher(asking: Asking, asked: PageQuery, found: Publishers) -> Response:
    publisher = found.one
    if publisher is None:
        others = _others(asking, asked, found)
        return _page(asking, asked, told=_who(asking, asked, found), others=others, like=found.like)
    years = years_of(asking.archive, publisher.id)
    pairs = [
        Link(
            asking.word("compare.both", before=before, after=after),
            years_link(publisher.reference, before, after),
        )
        for before, after in pairwise(years)
    ]
    if pairs:
        pairs.append(Link(asking.word("compare.all_years"), all_years_link(publisher.reference)))
    options = [(str(year), str(year)) for year in years]
    choice: dict[str, Any] = {"publisher": publisher, "options": options, "pairs": pairs}
    if len(years) < 2:
        return _page(asking, asked, told=asking.word("compare.one_year" if years else "compare.no_years"), **choice)
    if asked.every_year:
        links = {"to_send": all_years_link(publisher.reference, **_shown(asked)), "named": {"publisher": publisher.id}}
        return _every_year(asking, asked, every_year(asking, publisher), choice, links)
    if asked.earlier is None and asked.later is None:  # the newest two are what is mostly meant
        return redirect(years_link(publisher.reference, years[-2], years[-1], **_shown(asked)))
    if asked.earlier is None or asked.later is None:
        return _page(asking, asked, **choice)
    known = {str(year): year for year in years}
    for year in (asked.earlier, asked.later):
        if year not in known:
            return _page(asking, asked, told=asking.word("compare.no_year", year=year), **choice)
    choice["chosen"] = (asked.earlier, asked.later)
    if asked.earlier == asked.later:
        return _page(asking, asked, told=asking.word("compare.same"), **choice)
    before, after = known[asked.earlier], known[asked.later]
    link = years_link(publisher.reference, before, after, **_shown(asked))
    named = {"publisher": publisher.reference, "from": before, "to": after}
    links = {"link": link, "to_send": link, "named": named}
    return _compared(asking, asked, years_compared(asking, publisher, before, after), choice, links)


def _compared(
    asking: Asking, asked: PageQuery, found: Comparison, choice: Mapping[str, Any], links: Mapping[str, Any]
) -> HTMLResponse:
    reused = asked.sentences == "all"
    if asked.section is None:
        some = portions(found.sections, reused=reused)
    else:
        row = next((one for one in found.sections if one.number == asked.section), None)
        if row is None:
            raise HTTPException(404, f"there is no section {asked.section}")
        some = [portion(row, number(asked.after), reused=reused)]
    return _page(asking, asked, found=found, portions=some, **choice, **links)


def _every_year(
    asking: Asking, asked: PageQuery, found: Years, choice: Mapping[str, Any], links: Mapping[str, Any]
) -> HTMLResponse:
    return _page(asking, asked, table=found, **choice, **links)


def _page(asking: Asking, asked: PageQuery, **values: Any) -> HTMLResponse:
    found: dict[str, Any] = {
        "told": None,
        "publisher": None,
        "report": None,
        "others": (),
        "like": False,
        "options": (),
        "pairs": (),
        "found": None,
        "table": None,
        "portions": (),
        "link": None,
        "to_send": None,
        "named": {},
        **values,
    }
    pair: Comparison | None = found["found"]
    apart = pair is not None and abs(pair.years[0] - pair.years[1]) != 1
    ends = [value for value, _ in found["options"][-2:]]
    found.setdefault("chosen", tuple(ends) if len(ends) == 2 else (None, None))
    return asking.page(
        "compare.html",
        here="compare",
        asked=asked,
        words=Words(asking.language, labels=asking.language),
        at=side_link,
        place=_place,
        step_at=lambda step: years_link(found["publisher"].reference, *step.years),
        evidence=True,
        everything=asked.figures == "all",
        query=query,
        readable=unquote_plus,
        section=asked.section,
        apart=apart,
        **found,
        **DRAWING,
    )


def _place(side: Side, figure: Figure | None, keys: Sequence[str]) -> str | None:
    """Where a figure stands in the archived copy; null of a sum, and where that is not known."""
    if figure is None or len(keys) != 1:
        return None
    return figure_at(side.report_id, side.version_id, keys[0], figure)


def _shown(asked: PageQuery) -> dict[str, object]:
    """How much is shown, where the visitor wants more than is shown to all."""
    return {
        "figures": asked.figures if asked.figures == "all" else None,
        "sentences": asked.sentences if asked.sentences == "all" else None,
    }


def _called(asking: Asking, version: int) -> str:
    return asking.word("compare.version", id=version)


def _who(asking: Asking, asked: PageQuery, found: Publishers) -> str:
    name = asked.publisher or ""
    if found.like or not found.others:
        return asking.word("compare.unknown", name=name)
    words = "compare.several_more" if found.more else "compare.several"
    return asking.word(words, name=name, count=len(found.others))


def _others(asking: Asking, asked: PageQuery, found: Publishers) -> list[tuple[Link, str, int]]:
    """Whom a name may mean: the link that asks the same of each, the division, and how many reports there are."""
    counts = counts_of(asking.archive, found.others)
    book = asking.archive.book
    return [
        (
            Link(
                one.name,
                years_link(one.reference, asked.earlier, asked.later, all=1 if asked.every_year else None),
            ),
            book.label(one.scope) if book.get(one.scope) is not None else one.scope,
            counts.get(one.id, 0),
        )
        for one in found.others
    ]
