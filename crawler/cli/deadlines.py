"""``xxgk deadlines``: the rules by which reports are due, and which of them decides for a publisher."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archive.days import day_of
from archive.registry.classes import KINDS
from archive.registry.deadlines import Considered, Due, Rule, Rules, load
from crawler.cli.invocation import Invocation
from crawler.cli.output import print_json, print_table, remark
from crawler.errors import WrongUsage

if TYPE_CHECKING:
    from archive.store import Archive

EXAMPLE = "Example: xxgk deadlines --division 431224 --kind township --year 2021"
_CODE = re.compile(r"\d{6}(?:\d{3})?")


@dataclass(frozen=True)
class _Asked:
    """Whose deadline is asked for: a publisher's, or that of a class in a division."""

    name: str | None
    kind: str
    division: str | None
    year: int


def command(
    context: typer.Context,
    publisher: Annotated[
        str | None, typer.Argument(help="As `xxgk reports` names it; needs an archive.", show_default=False)
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="The report year [the last one that is over].", min=2000, max=2100)
    ] = None,
    division: Annotated[
        str | None, typer.Option(metavar="CODE", help="Six digits of GB/T 2260, or a town's nine.")
    ] = None,
    kind: Annotated[str | None, typer.Option(metavar="CLASS", help=f"One of {', '.join(KINDS)}.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Lines of JSON.")] = False,  # noqa: FBT002 - Typer's way to write a flag
) -> None:
    """Say by when reports are due, by which rule, and why.

    Without a publisher, a division or a class, list the rules; with a class or a publisher, say which rule decides and why
    not the others; with a division alone, the day of every class there.
    """
    _refuse(publisher, division, kind)
    invocation = Invocation.of(context)
    if publisher is not None:
        with invocation.open() as archive:
            asked = _published(archive, publisher, year if year is not None else day_of(archive.clock()).year - 1)
            rules = archive.rules
        _explain(asked, rules, json=json)
        return
    rules = load(invocation.folder / "deadlines.toml")
    if division is None and kind is None:
        _list(rules, year, json=json)
        return
    reported = year if year is not None else day_of(datetime.now(UTC)).year - 1
    if kind is not None:
        _explain(_Asked(None, kind, division, reported), rules, json=json)
    else:
        _compare([_Asked(None, each, division, reported) for each in KINDS], rules, json=json)


def _refuse(publisher: str | None, division: str | None, kind: str | None) -> None:
    if publisher is not None and (division is not None or kind is not None):
        raise WrongUsage("a publisher has its division and class: leave out --division and --kind, or the publisher")
    if kind is not None and kind not in KINDS:
        raise WrongUsage(f"--kind: {kind!r} is no class: write one of {', '.join(KINDS)}")
    if division is not None and _CODE.fullmatch(division) is None:
        raise WrongUsage(f"--division: {division!r} is no code: write its six digits, or the nine of a town")


def _published(archive: Archive, name: str, year: int) -> _Asked:
    from archive.registry.publishers import resolve  # noqa: PLC0415 - the tables take half a second to import; most calls need none

    with archive.session() as session:
        found = resolve(session, name, archive.book)
        return _Asked(found.name, found.kind, found.scope, year)


def _list(rules: Rules, year: int | None, *, json: bool) -> None:
    shown = [rule for rule in rules.rules if year is None or rule.in_force(year)]
    if json:
        print_json(rule.model_dump(mode="json") for rule in shown)
        return
    print_table(
        ["rule", "last day", "hard line", "reports on", "of", "in", "binding", "basis"],
        [
            [
                rule.id,
                _day(rule.month, rule.day),
                _day(rule.hard_month, rule.hard_day),
                rule.years,
                ", ".join(rule.kinds) or "all",
                rule.division or "all",
                rule.binding,
                rule.basis,
            ]
            for rule in shown
        ],
    )
    remark("the first rule that fits decides; days are of the year after the report year")


def _day(month: int | None, day: int | None) -> str:
    return f"{month:02}-{day:02}" if month is not None and day is not None else ""


def _compare(asked: Sequence[_Asked], rules: Rules, *, json: bool) -> None:
    dues = [(each, rules.due(each.kind, each.division, each.year)) for each in asked]
    if json:
        print_json(_line(each, due) for each, due in dues)
        return
    print_table(
        ["class", "last day", "hard line", "rule", "basis"],
        [
            [each.kind, *([due.day, due.hard, due.rule_id, due.basis] if due is not None else ["nothing is owed"])]
            for each, due in dues
        ],
        title=f"Reports on {asked[0].year} in {asked[0].division}",
    )


def _explain(asked: _Asked, rules: Rules, *, json: bool) -> None:
    due = rules.due(asked.kind, asked.division, asked.year)
    considered = rules.explain(asked.kind, asked.division, asked.year)
    if json:
        print_json([{**_line(asked, due), "considered": [_considered(each) for each in considered]}])
        return
    deciding = next((each.rule for each in considered if each.applies), None)
    print_table(["rule", "decides", "because"], [[each.rule.id, _mark(each), each.because] for each in considered])
    remark(_sentence(asked, due, deciding))


def _mark(considered: Considered) -> str:
    return "yes" if considered.applies else ""


def _sentence(asked: _Asked, due: Due | None, deciding: Rule | None) -> str:
    whom = f"{asked.name} ({asked.kind})" if asked.name is not None else f"the class {asked.kind}"
    if due is not None:
        hard = f" (hard line {due.hard})" if due.hard != due.day else ""
        return f"{whom}: the report on {asked.year} is due by {due.day}{hard}: {due.basis} ({due.source})"
    if deciding is not None:
        return f"{whom} owes no report on {asked.year}: {deciding.basis} ({deciding.source})"
    return f"{whom} owes no report on {asked.year}: no rule holds"


def _line(asked: _Asked, due: Due | None) -> dict[str, Any]:
    return {
        "publisher": asked.name,
        "kind": asked.kind,
        "division": asked.division,
        "report_year": asked.year,
        "due": {**asdict(due), "day": due.day.isoformat(), "hard": due.hard.isoformat()} if due is not None else None,
    }


def _considered(considered: Considered) -> dict[str, Any]:
    return {"rule": considered.rule.id, "decides": considered.applies, "because": considered.because}
