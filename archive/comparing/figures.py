"""Figures side by side: what each report prints, what it is on the other's form, and the change where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException, localcontext

from archive.comparing.equivalents import Equivalent, Relation, equivalents
from archive.comparing.labels import OWN_FORM, order
from parser.forms import form
from parser.labels import squeeze
from parser.record import Figure, Number, Record, State

NEW = "new"  # said of a figure that was 0 before and is no longer
_DIGITS = 60  # a cell of more digits than these has no percent
_TENTH = Decimal("0.1")


@dataclass(frozen=True)
class FigureRow:
    """A figure in both reports; null where a report does not print it. ``change`` is null unless both are numbers of one unit.

    ``percent`` is of the earlier value, to a tenth; null where that is not above 0. Where forms differ, ``relation`` says
    what the two are to each other, ``because`` why and ``evidence`` how well that is known (V read, I inferred, R recalled);
    a side that adds up several figures names them in its keys.
    ``said`` are the reasons why there is no change or no percent, in words.
    """

    key: str
    before: Figure | None
    after: Figure | None
    change: Number | None = None
    percent: Decimal | None = None
    relation: Relation = Relation.SAME
    because: str | None = None
    before_keys: tuple[str, ...] = ()
    after_keys: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    evidence: str | None = None

    @property
    def differs(self) -> bool:
        """Whether the two reports print otherwise."""
        return meant(self.before, self.before_keys) != meant(self.after, self.after_keys)


class Printed:
    """The figures of a record, and which form each of its tables is printed on."""

    def __init__(self, record: Record) -> None:
        self.figures: Mapping[str, Figure] = record.figures
        tables = {key.partition(".")[0] for key in record.figures}
        known = {name: table.template for name, table in record.tables.items()}
        self._forms = {table: OWN_FORM.get(table, known.get(table) or record.template) for table in tables | {*known}}

    def form_of(self, key: str) -> str | None:
        """The form that a key's table is printed on; null where the report has no such table, or it is not known."""
        return self._forms.get(key.partition(".")[0])

    @property
    def forms(self) -> list[str]:
        """The forms of all its tables, the newest first."""
        return sorted({one for one in self._forms.values() if one is not None}, reverse=True)

    def sum_of(self, keys: Sequence[str]) -> Figure | None:
        """The figure of a key, or the sum of several, which has a value only where all of them are numbers."""
        if len(keys) < 2:
            return self.figures.get(keys[0]) if keys else None
        found = [self.figures.get(key) for key in keys]
        if not any(found):
            return None
        text = " + ".join(_text(figure) for figure in found)
        units = {figure.unit for figure in found if figure is not None}
        unit = units.pop() if len(units) == 1 else None
        values = [figure.value for figure in found if figure is not None and figure.value is not None]
        if len(values) < len(found) or units:
            return Figure(value=None, text=text, state=State.TEXT, unit=unit)
        with localcontext(prec=_DIGITS):
            return Figure(value=sum(values), text=text, state=State.NUMBER, unit=unit)


def equivalent(key: str, own: Printed, other: Printed) -> Equivalent:
    """What a figure that one report prints is on the forms of another."""
    mine, theirs = own.form_of(key), other.form_of(key)
    if mine is None or theirs == mine or not other.forms:
        return Equivalent(Relation.SAME, (key,), (key,))
    for candidate in [theirs] if theirs is not None else other.forms:
        found = equivalents(mine, candidate).get(key)
        if found is not None and _printable(found, candidate, other) and not _oddly(key, found, other):
            return found
    return Equivalent(Relation.SAME, (key,), (key,))  # on no form: as it stands


def figure_rows(before: Printed, after: Printed) -> list[FigureRow]:
    """Every figure of two reports, in the order of the forms; each printed cell stands in a row of its own or in a sum."""
    found: dict[str, FigureRow] = {}
    shown: tuple[set[str], set[str]] = set(), set()
    for equal, key, side in sorted(_printed(before, after), key=lambda one: one[0].theirs != one[0].own):
        if key in shown[side] and len(equal.own) == 1:
            continue
        keys = (equal.theirs, equal.own) if side else (equal.own, equal.theirs)
        alone = ((), (key,)) if side else ((key,), ())
        name = _name(keys)
        if len(equal.own) == 1 and name in found:  # the row stands beside another already
            name, keys = key, alone
        if name not in found:
            found[name] = side_by_side(name, keys, equal, before, after)
        if len(equal.own) > 1:
            part = Equivalent(Relation.PART, (key,), (), f"a part of {name}")
            found[key], keys = side_by_side(key, alone, part, before, after), alone
        for place in (0, 1):
            shown[place].update(keys[place])
    return sorted(found.values(), key=lambda row: (order().get(row.key, len(order())), row.key))


def _printed(before: Printed, after: Printed) -> Iterator[tuple[Equivalent, str, int]]:
    """What each printed figure is on the other report's forms, with its key and the side it stands on."""
    for side, (own, other) in enumerate(((before, after), (after, before))):
        yield from ((equivalent(key, own, other), key, side) for key in own.figures)


def side_by_side(
    name: str, keys: tuple[tuple[str, ...], tuple[str, ...]], found: Equivalent, before: Printed, after: Printed
) -> FigureRow:
    """What two reports print under keys that stand for each other, and the change where they may be compared."""
    one, other = before.sum_of(keys[0]), after.sum_of(keys[1])
    change, percent, said = None, None, list(_states(one, other))
    comparable = found.relation in {Relation.SAME, Relation.SUM}
    if one is not None and other is not None and one.value is not None and other.value is not None and comparable:
        if one.unit != other.unit:
            said.append(f"units differ: {one.unit or 'none said'} and {other.unit or 'none said'}")
        else:
            change, percent = _change(one.value, other.value, signed=_signed(name))
            if one.value == 0 and other.value > 0:
                said.append(NEW)
    return FigureRow(
        key=name,
        before=one,
        after=other,
        change=change,
        percent=percent,
        relation=found.relation,
        because=found.reason,
        before_keys=keys[0],
        after_keys=keys[1],
        said=tuple(said),
        evidence=found.evidence,
    )


def _name(keys: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    """The key of a row: of the later report, unless that adds up several."""
    before, after = keys
    return after[0] if len(after) == 1 or not before else before[0]


def _printable(found: Equivalent, form: str, other: Printed) -> bool:
    """Whether the other report has the tables on that form that the figure would stand in."""
    return all(other.form_of(key) == form for key in found.theirs)


def _oddly(key: str, found: Equivalent, other: Printed) -> bool:
    """Whether the other report prints a row that its form does not have: then it stands beside the same row."""
    return key in other.figures and key not in found.theirs


def _states(one: Figure | None, other: Figure | None) -> Iterator[str]:
    for figure, side in ((one, "before"), (other, "after")):
        if figure is None:
            yield f"{side}: not printed"
        elif figure.state is not State.NUMBER:
            yield f"{side}: {_STATES[figure.state]}"


_STATES = {State.BLANK: "blank", State.DASH: "a dash", State.TEXT: "no number"}


def _change(before: Number, after: Number, *, signed: bool) -> tuple[Number | None, Decimal | None]:
    with localcontext(prec=_DIGITS):
        change = after - before
        if before <= 0 or signed:
            return change, None
        try:
            return change, (Decimal(change) * 100 / Decimal(before)).quantize(_TENTH)
        except DecimalException:
            return change, None


def _signed(key: str) -> bool:
    """Whether a column holds increases and decreases, of which no share can be taken."""
    table, _, column = key.split(".")
    return any(one.signed for one in form(table).columns if one.name == column) if table == "disclosure" else False


def _text(figure: Figure | None) -> str:
    if figure is None:
        return "(not printed)"
    return figure.text.strip() or "(blank)"


def meant(figure: Figure | None, keys: Sequence[str]) -> tuple[object, ...] | None:
    """By what two printed figures are held to differ: what they print and in which unit; of a sum, what it comes to."""
    if figure is None:
        return None
    if len(keys) > 1 and figure.value is not None:
        return str(figure.value), figure.state, figure.unit, None
    return squeeze(figure.text), figure.state, figure.unit, figure.note
