"""The prose against the tables and the calendar: hints a reader should look at, never more than warnings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from parser.documents.document import Line
from parser.labels import normal
from parser.record import Figure, Finding, Number, Place, Record, Section, Severity

_CLAUSE = re.compile(r"[,，。;；!！?？\n]")
_YEAR = re.compile(r"((?:19|20)\d\d)年")
_PLAN = re.compile(r"(?:将|拟|计划|要进一步|要继续|继续|下一步)")
_SECTIONS_WITH_PLAN = (5,)


@dataclass(frozen=True)
class _Phrase:
    name: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    means: tuple[str, ...]
    number: int | None


@cache
def _table() -> tuple[tuple[_Phrase, ...], tuple[str, ...]]:
    data = tomllib.loads(files("parser").joinpath("narrative.toml").read_text(encoding="utf-8"))
    phrases = tuple(
        _Phrase(
            entry["name"],
            re.compile(entry["pattern"]),
            re.compile(entry["unless"]) if "unless" in entry else None,
            tuple(entry["means"]),
            entry.get("number"),
        )
        for entry in data["phrases"]
    )
    return phrases, tuple(data["skip"])


def mismatches(record: Record, lines: Sequence[Line]) -> Iterator[Finding]:
    """``narrative.mismatch``: a number in a clause agrees with none of the table figures it can mean; ``at`` is its line."""
    phrases, skip = _table()
    for line in lines:
        flat = normal(line.text)
        if not any(char.isdigit() for char in flat) and "未" not in flat:
            continue
        for clause in _CLAUSE.split(flat):
            if not clause or any(word in clause for word in skip) or _other_year(clause, record.report_year):
                continue
            for phrase in phrases:
                finding = _judge(phrase, clause, record.figures)
                if finding is not None:
                    yield finding.model_copy(update={"at": Place(line=line.number, page=line.page)})


def cells_meant(finding: Finding, figures: Mapping[str, Figure]) -> tuple[str, ...]:
    """The cells that a ``narrative.mismatch`` holds against the prose: those it calls expected."""
    phrases, _ = _table()
    named = (finding.table, finding.row, finding.column)
    sums = dict.fromkeys(phrase.means[0] for phrase in phrases if _names(phrase) == named)
    return tuple(dict.fromkeys(key for sum_ in sums for part in sum_.split(" + ") for key in _keys(part, figures)))


def _other_year(clause: str, report_year: int | None) -> bool:
    return any(int(year) != report_year for year in _YEAR.findall(clause))


def _judge(phrase: _Phrase, clause: str, figures: Mapping[str, Figure]) -> Finding | None:
    match = phrase.pattern.search(clause)
    if match is None or (phrase.unless is not None and phrase.unless.search(clause)):
        return None
    stated = phrase.number if phrase.number is not None else int(match["n"])
    meant = [_value(sum_, figures) for sum_ in phrase.means]
    known = [value for value in meant if value is not None]
    if not known or meant[0] is None or stated in known:
        return None
    table, row, column = _names(phrase)
    return Finding(
        rule="narrative.mismatch", severity=Severity.WARNING, table=table, row=row, column=column,
        expected=known[0], found=stated,
        message=f"the text says {stated} ({phrase.name}), the table {known[0]}: {clause[:120]}",
    )  # fmt: skip


def _names(phrase: _Phrase) -> tuple[str, str, str]:
    """Table, row and column of the first cell a phrase can mean; of several rows what their names begin with."""
    table, row, column = phrase.means[0].split(" + ")[0].replace("*", "").split(".")
    return table, row.strip("_"), column


def _keys(key: str, figures: Mapping[str, Figure]) -> list[str]:
    """The keys a part of a sum stands for; a key without ``*`` stands for itself."""
    before, star, after = key.partition("*")
    return [name for name in figures if name.startswith(before) and name.endswith(after)] if star else [key]


def _value(sum_: str, figures: Mapping[str, Figure]) -> Number | None:
    total: Number = 0
    for part in sum_.split(" + "):
        keys = _keys(part, figures)
        if not keys:
            return None
        for name in keys:
            item = figures.get(name)
            if item is None or item.value is None:
                return None
            total += item.value
    return total


def stale_years(sections: Sequence[Section], report_year: int | None) -> Iterator[Finding]:
    """``narrative.stale_year``: the plan names the year reported on or an earlier one; section 一 opens with another year."""
    if report_year is None:
        return
    for section in sections:
        if section.number in _SECTIONS_WITH_PLAN:
            yield from _stale_plan(section, report_year)
        if section.number == 1:
            opening = re.match(r"(?:\(一\)[^。]{0,12}[。.]?)?((?:19|20)\d\d)年(?:度)?[,，]", normal(section.text)[:60])
            if opening and int(opening.group(1)) != report_year:
                yield _stale(section, int(opening.group(1)), report_year, normal(section.text)[:60])


def _stale_plan(section: Section, report_year: int) -> Iterator[Finding]:
    for sentence in re.split(r"[。;；\n]", normal(section.text)):
        match = re.match(
            r"(?:\([一二三]\)|下一步|今后)?[^\d]{0,10}((?:19|20)\d\d)年(?:度)?[,，]?(?P<rest>.{0,40})", sentence
        )
        if match and _PLAN.search(match["rest"]) and int(match.group(1)) <= report_year:
            yield _stale(section, int(match.group(1)), report_year + 1, sentence)


def _stale(section: Section, found: int, expected: int, sentence: str) -> Finding:
    return Finding(
        rule="narrative.stale_year", severity=Severity.WARNING, row=str(section.number), expected=expected, found=found,
        message=f"section {section.number} speaks of {found} where {expected} is meant: {sentence[:100]}",
    )  # fmt: skip


# Who may issue 规章 (立法法: 国务院部门, 省级和设区的市级人民政府); these cannot, whatever stands above them.
_NO_RULES = re.compile(
    r"(?:(?:镇|乡|苏木)(?:人民政府|政府)?|街道(?:办事处|办)?|(?:县|旗|自治县|区)[^省市州盟]{2,20}(?:局|委员会|办公室|中心|大队))$"
)


def authority(record: Record) -> Iterator[Finding]:
    """``authority.rules``: a township, street or county department reports 规章."""
    if record.publisher is None or not _NO_RULES.search(record.publisher):
        return
    for key, item in record.figures.items():
        if key.startswith("disclosure.rules.") and item.value is not None and item.value > 0:
            yield Finding(
                rule="authority.rules", severity=Severity.WARNING, table="disclosure", row="rules", column=key.split(".")[2],
                found=item.value, at=item.at, message=f"{record.publisher} cannot issue 规章 and reports {item.value}",
            )  # fmt: skip
