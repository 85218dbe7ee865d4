"""The words for what a comparison found, the same on a terminal and on a page, in Chinese and English."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from archive.comparing.comparison import Comparison
from archive.comparing.equivalents import Relation
from archive.comparing.figures import NEW, FigureRow
from archive.comparing.labels import TABLES, Label, label
from archive.comparing.prose import Kind, Passage, SectionRow
from archive.comparing.sides import Side
from archive.comparing.years import YearCell, YearRow, Years
from archive.web import speech
from archive.web.templating import day
from archive.web.words import Language, known, word
from parser.record import Figure, Finding, Number

MARKS = {Kind.REUSED: "=", Kind.MOVED: ">", Kind.CHANGED: "~", Kind.ADDED: "+", Kind.DROPPED: "-"}
_RELATIONS = {Relation.NEAR: "≈", Relation.SUM: "Σ"}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True)
class Words:
    """The words in one language; ``labels`` is the one in which figures and tables are named, as printed or in English."""

    language: Language
    labels: Language

    @property
    def marks(self) -> dict[Kind, str]:
        """The sign of what became of a sentence."""
        return MARKS

    @property
    def label_language(self) -> str:
        """The language of the names of figures and tables, for a browser."""
        return "zh-Hans" if self.labels == "zh" else "en"

    @staticmethod
    def clean(text: str) -> str:
        """As :func:`clean`."""
        return clean(text)

    def say(self, name: str, /, **values: object) -> str:
        """Words of the table of comparisons."""
        return word(f"compare.{name}", self.language, **values)

    def sentence(self, text: str) -> str:
        """A sentence of the archive's."""
        return (speech.in_chinese(text) or text) if self.language == "zh" else text

    def listed(self, values: Iterable[object]) -> str:
        """Values in a sentence."""
        return self.say("and").join(map(str, values))

    def names(self, found: Comparison) -> tuple[str, str]:
        """What the two sides are called: their years, or their versions."""
        if found.before.report_id != found.after.report_id:
            return str(found.years[0]), str(found.years[1])
        before, after = (self.say("version", id=side.version_id) for side in (found.before, found.after))
        return before, after

    def title(self, found: Comparison) -> str:
        """What is compared, for the heading behind the publisher's name."""
        before, after = self.names(found)
        both = self.say("both", before=before, after=after)
        year = f"{found.after.year}, " if self.language == "en" else f"{found.after.year}年"
        return f"{year}{both}" if found.before.report_id == found.after.report_id else both

    def source(self, side: Side) -> str:
        """Where and since when a report says what is compared; its year stands before, its address behind."""
        said = [self.say("version", id=side.version_id)]
        if side.current:
            said.append(self.say("current"))
        said.append(self.say("first_seen", day=day(side.first_seen_at, self.language)))
        said.append(self.say("form", form=self.forms_of(side)))
        if side.state != "published":
            said.append(side.state if self.language == "en" else speech.state_name(side.state, self.language))
        return self.say("and").join(said)

    def printed(self, figure: Figure | None) -> str:
        """What a cell prints; a state that has no text of its own in brackets."""
        if figure is None:
            return self.say("not_printed")
        said = clean(figure.text).strip() or self.say(f"state.{figure.state.value}")
        return f"{said} {clean(figure.note)}" if figure.note else said

    def value_of(self, figure: Figure | None, keys: Sequence[str]) -> str:
        """What a report prints for a row; of a sum its value and its parts."""
        said = self.printed(figure)
        return f"{figure.value} = {said}" if figure is not None and figure.value is not None and len(keys) > 1 else said

    def percent_of(self, row: FigureRow) -> str:
        """The percentage with its sign, or that there was none before."""
        return self.say("new") if NEW in row.said else "" if row.percent is None else self._percent(row.percent)

    def remark_on(self, row: FigureRow) -> str:
        """What keeps two figures from being compared, or what kind of pair they are."""
        said = [self.sentence(one) for one in row.said if one.startswith("units")]
        if row.because is not None:
            because = self.sentence(row.because)
            if row.relation in _RELATIONS:
                said.append(self.say(row.relation.value, because=because))
            elif row.relation is Relation.ONLY:
                said.append(because)
        return self.say("further").join(said)

    def evidence_of(self, row: FigureRow | YearCell) -> str:
        """How well it is known what two figures of different forms are to each other, in brackets behind the reason."""
        if row.evidence is None or row.because is None:
            return ""
        return self.say("bracket", said=self.say(f"evidence.{row.evidence}"))

    def why_same(self, rows: Iterable[FigureRow]) -> list[str]:
        """Why figures of different forms are held to mean the same, each reason once, and how well that is known."""
        told = (row for row in rows if row.relation is Relation.SAME and row.because is not None)
        return list(dict.fromkeys(f"= {self.sentence(row.because or '')}{self.evidence_of(row)}" for row in told))

    def by_table(self, rows: Iterable[FigureRow], side: Side) -> Iterator[tuple[str, list[tuple[str, FigureRow]]]]:
        """The rows under the headings of their tables, with their labels as the form of the later report has them."""
        for heading, told in by_table(rows, side):
            table = told[0][1].key.partition(".")[0]
            yield self._table(heading, table), [(self._label(words, row.key), row) for words, row in told]

    def years_by_table(self, rows: Iterable[YearRow]) -> Iterator[tuple[str, list[tuple[str, YearRow]]]]:
        """As :meth:`by_table`, for all years."""
        for heading, told in years_by_table(rows):
            table = told[0][1].key.partition(".")[0]
            yield self._table(heading, table), [(self._label(words, row.key), row) for words, row in told]

    def _percent(self, percent: Decimal) -> str:
        return f"{percent:+,} %" if self.language == "en" else f"{percent:+,}%"

    def year_cell(self, cell: YearCell | None, *, percent: bool = False) -> str:
        """What a report prints for a row of all years, with its change; ≈ before what is near and not the same, Σ before a sum."""
        if cell is None or (cell.relation is Relation.NEAR and cell.figure is None):
            return ""
        mark = f"{_RELATIONS[cell.relation]} " if cell.relation in _RELATIONS else ""
        change = change_of(cell.change) if cell.change else ""
        if change and percent and cell.percent is not None:
            change += f", {self._percent(cell.percent)}"
        return f"{mark}{self.value_of(cell.figure, cell.keys)}{f' ({change})' if change else ''}"

    def reasons_of(self, found: Years, *, evidence: bool = False) -> list[str]:
        """Why figures of one form stand in the rows of another, each once; with ``evidence`` also how well that is known."""
        told: dict[str, str] = {}
        for row in found.rows:
            for cell in row.cells:
                if cell is None or cell.figure is None or cell.relation not in _RELATIONS or cell.because is None:
                    continue
                said = f"{_RELATIONS[cell.relation]} {self.sentence(cell.because)}"
                told.setdefault(said, self.evidence_of(cell))
        return [
            f"{said}{self.say('bracket', said=known)}" if evidence and known else said for said, known in told.items()
        ]

    def kind_of(self, passage: Passage) -> str:
        """What became of a sentence."""
        return self.say(f"kind.{passage.kind.value}")

    def moved_from(self, passage: Passage) -> str:
        """Where a sentence stood that stands elsewhere now; empty where its kind says enough."""
        if passage.moved and passage.before_section != passage.after_section:
            return self.say("from_section", number=passage.before_section)
        return self.say("and_moved") if passage.moved and passage.kind is Kind.CHANGED else ""

    def section_summary(self, row: SectionRow) -> str:
        """How much of a section is reused, and what became of the sentences."""
        if row.before is None or row.after is None:
            return self.say("one_report_only")
        counts = self.say("and").join(
            self.say(f"counted.{kind.value}", count=row.count(kind)) for kind in Kind if row.count(kind)
        )
        if not counts:
            return self.say("no_prose")
        if row.reused is None:
            return self.say("no_prose_any_more", counts=counts)
        return self.say("section_reused", share=share_of(row.reused), counts=counts)

    def forms_of(self, side: Side) -> str:
        """The forms of a report's tables; one where all are of it."""
        years = "" if self.language == "en" else "年格式"
        names = sorted({f"{name}{years}" for name in side.forms.values()})
        if len(names) < 2:
            return names[0] if names else self.say("no_form")
        return self.say("and").join(f"{self._table_of(table)}: {name}{years}" for table, name in side.forms.items())

    def place_of(self, finding: Finding) -> str:
        """The figure a chain breaks at, as much of it as is named."""
        if self.language == "en" or finding.table is None:
            return place_of(finding)
        words = label(place_of(finding))
        return " · ".join(part for part in (words.table, words.row, words.column) if part)

    def rule_of(self, finding: Finding) -> str:
        """The rule of a chain that breaks."""
        return finding.rule if self.language == "en" else speech.rule_name(finding.rule, self.language)

    def name_of(self, name: str) -> str:
        """What versions may give otherwise beside figures and prose: the title, the publisher, the contact."""
        words = f"report.names.{name}"
        return name if self.language == "en" or not known(words) else word(words, self.language)

    def _table(self, heading: str, table: str) -> str:
        return heading if self.labels == "zh" else speech.table_name(table, self.labels)

    def _table_of(self, table: str) -> str:
        return table if self.language == "en" else speech.table_name(table, self.language)

    def _label(self, words: Label, key: str) -> str:
        return str(words) if self.labels == "zh" else speech.figure_name(key, self.labels)


def clean(text: str) -> str:
    """A text of a portal on one line, without what commands a terminal or turns the direction of writing."""
    return "".join(" " if sign in "\n\r\t" else sign for sign in text if sign in "\n\r\t" or _is_seen(sign))


def _is_seen(sign: str) -> bool:
    return (sign.isascii() and sign.isprintable()) or unicodedata.category(sign) not in _UNSEEN


def change_of(change: Number | None) -> str:
    """A change with its sign."""
    return "" if change is None else f"{change:+,}" if change else "0"


def share_of(share: float | None) -> str:
    """A share as a percentage."""
    return "–" if share is None else f"{share:.0%}"


def place_of(finding: Finding) -> str:
    """The key of the figure a chain breaks at, as much of it as is named."""
    return ".".join(part for part in (finding.table, finding.row, finding.column) if part)


def shown(found: Comparison, *, everything: bool) -> list[FigureRow]:
    """The rows worth showing: what differs, without what one form only can print and the parts of a sum."""
    return [row for row in found.figures if everything or (row.differs and not _stands_alone(row))]


def left_out(found: Comparison) -> int:
    """How many figures one of the two forms only can print, or one of the two reports prints to a row of its own."""
    return sum(row.differs and _stands_alone(row) and row.relation is not Relation.PART for row in found.figures)


def _stands_alone(row: FigureRow) -> bool:
    if row.relation is Relation.NEAR:
        return row.before is None or row.after is None
    return row.relation in {Relation.ONLY, Relation.PART}


def by_table(rows: Iterable[FigureRow], side: Side) -> Iterator[tuple[str, list[tuple[Label, FigureRow]]]]:
    """The rows under the headings of their tables, with their labels as the form of the later report has them."""
    told = [(label(row.key, side.forms.get(row.key.partition(".")[0])), row) for row in rows]
    for table in TABLES:
        here = [(words, row) for words, row in told if row.key.partition(".")[0] == table]
        if here:
            yield here[0][0].table, here


def years_by_table(rows: Iterable[YearRow]) -> Iterator[tuple[str, list[tuple[Label, YearRow]]]]:
    """As :func:`by_table`, for all years."""
    told = [(label(row.key), row) for row in rows]
    for table in TABLES:
        here = [(words, row) for words, row in told if row.key.partition(".")[0] == table]
        if here:
            yield here[0][0].table, here


def section_heading(row: SectionRow) -> str:
    """The heading of a section, of the later report where it has one."""
    section = row.after or row.before
    number = _NUMERALS[row.number - 1] if 0 < row.number <= len(_NUMERALS) else str(row.number)
    return f"{number}、{clean(section.heading)}" if section is not None else number
