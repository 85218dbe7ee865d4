from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise, product
from pathlib import Path
from time import perf_counter

import pytest

from archive.errors import ArchiveError
from archive.registry.classes import KINDS, kind_of
from archive.registry.deadlines import Due, Rule, Rules, last_days, load

ROOT = Path(__file__).resolve().parent.parent.parent
JANUARY, FEBRUARY, MARCH = (1, 31), (2, 28), (3, 31)
ELSEWHERE = "220202"
YEARS = range(2008, 2031)
RULE = """
[[rules]]
id = "{id}"
title = "a rule of the place"
kinds = {kinds}
division = "{division}"
first_year = {first}
month = {month}
day = {day}
basis = "清湾市通知"
source = "清政办〔2023〕1号"
binding = "{binding}"
"""


def written(
    identifier: str = "qingwan",
    *,
    kinds: str = "[]",
    division: str = "2202",
    first: int = 2019,
    month: int = 1,
    day: int = 20,
    binding: str = "rule",
) -> str:
    return RULE.format(
        id=identifier, kinds=kinds, division=division, first=first, month=month, day=day, binding=binding
    )


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], Rules]:
    """The rules of an archive whose own file says this."""

    def rules(text: str) -> Rules:
        (tmp_path / "deadlines.toml").write_text(text, encoding="utf-8")
        return load(tmp_path / "deadlines.toml")

    return rules


def due(kind: str, division: str | None, year: int, rules: Rules | None = None) -> Due:
    found = (rules or load()).due(kind, division, year)
    assert found is not None
    return found


def decided(rules: Rules, kind: str, division: str | None, year: int) -> str | None:
    found = rules.due(kind, division, year)
    return found.rule_id if found is not None else None


# What the built-in table says


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        ("government", MARCH),
        ("office", JANUARY),
        ("department", JANUARY),
        ("zone", JANUARY),
        ("vertical", JANUARY),
        ("state_council", JANUARY),
        ("township", JANUARY),
        ("street", JANUARY),
    ],
)
@pytest.mark.parametrize("year", [2019, 2023, 2031])
def test_each_class_has_its_day_since_the_report_on_2019(kind: str, day: tuple[int, int], year: int) -> None:
    found = due(kind, ELSEWHERE, year)
    assert found.day == date(year + 1, *day)
    assert "条例 2019" in found.basis
    assert found.source == "国务院令第711号"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("year", [2008, 2018])
def test_everybody_had_until_the_end_of_march_before(kind: str, year: int) -> None:
    found = due(kind, ELSEWHERE, year)
    assert (found.day, found.hard, found.binding) == (date(year + 1, 3, 31), date(year + 1, 3, 31), "law")
    assert "条例 2007 第三十一条" in found.basis


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_owed_a_report_before_the_law(kind: str) -> None:
    assert load().due(kind, ELSEWHERE, 2007) is None
    assert load().deciding(kind, ELSEWHERE, 2007) is None


def test_institutions_owe_nothing_since_the_report_on_2019_and_a_rule_says_why() -> None:
    assert load().due("institution", ELSEWHERE, 2019) is None
    (found,) = [each for each in load().explain("institution", ELSEWHERE, 2019) if each.applies]
    assert found.rule.id == "law-2019-institutions"
    assert "第五十五条" in found.rule.basis


@pytest.mark.parametrize("kind", ["township", "street"])
def test_the_law_names_no_day_for_towns_and_streets_and_the_basis_says_so(kind: str) -> None:
    found = due(kind, ELSEWHERE, 2023)
    assert (found.day, found.hard, found.binding) == (date(2024, 1, 31), date(2024, 3, 31), "practice")
    assert "practice" in found.basis


@pytest.mark.parametrize(
    ("kind", "division", "year", "rule", "day"),
    [
        ("department", "140000", 2008, "shanxi-2008", MARCH),
        ("government", "140100", 2018, "shanxi-2008", MARCH),
        ("township", "140101", 2012, "law-2007", MARCH),  # the rule names cities and departments
        ("department", "140000", 2019, "law-2019-departments", JANUARY),
        ("township", "469021", 2011, "hainan-2011", MARCH),
        ("department", "460100", 2010, "law-2007", MARCH),
        ("street", "460100", 2011, "law-2007", MARCH),  # the rule names 乡镇
        ("department", "460000", 2019, "law-2019-departments", JANUARY),
        ("department", "431200", 2021, "huaihua-2021-departments", (1, 28)),
        ("office", "431200", 2021, "huaihua-2021-departments", (1, 28)),
        ("department", "431200", 2022, "law-2019-departments", JANUARY),
        ("department", "431224", 2021, "law-2019-departments", JANUARY),  # a county's: the law's day is the earlier
        ("government", "431200", 2021, "law-2019-governments", MARCH),
        ("township", "431224", 2021, "huaihua-2021-towns", (2, 20)),
        ("street", "431224005", 2021, "huaihua-2021-towns", (2, 20)),
        ("township", "431224", 2020, "practice-towns", JANUARY),
        ("township", "431100", 2021, "practice-towns", JANUARY),
    ],
)
def test_a_rule_of_a_place_holds_there_in_its_years(
    kind: str, division: str, year: int, rule: str, day: tuple[int, int]
) -> None:
    found = due(kind, division, year)
    assert (found.rule_id, found.day) == (rule, date(year + 1, *day))


def test_an_earlier_day_of_a_place_leaves_the_day_of_the_law_as_the_hard_line() -> None:
    assert due("department", "431200", 2021).hard == date(2022, 1, 31)
    assert due("township", "431224", 2021).hard == date(2022, 3, 31)


@pytest.mark.parametrize("division", [None, "", "host:qingwan.gov.cn", "files"])
def test_where_the_division_is_not_known_what_holds_everywhere_decides(division: str | None) -> None:
    assert due("department", division, 2021).rule_id == "law-2019-departments"
    assert due("township", division, 2021).rule_id == "practice-towns"


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("清湾市人民政府", MARCH),
        ("浦东新区", MARCH),
        ("清湾市人民政府办公室", JANUARY),
        ("清湾经济技术开发区管理委员会", JANUARY),
        ("国家税务总局清湾市税务局", JANUARY),
        ("城关镇人民政府", JANUARY),
        ("自然资源部", JANUARY),
    ],
)
def test_a_name_gives_the_class_and_the_class_the_day(name: str, day: tuple[int, int]) -> None:
    assert due(kind_of(name), None, 2023).day == date(2024, *day)


# The built-in table itself


@pytest.mark.parametrize("kind", KINDS)
def test_of_any_two_rules_that_fit_one_goes_before_the_other(kind: str) -> None:
    rules = load()
    divisions = {"", ELSEWHERE, *(rule.division.ljust(6, "0") for rule in rules.rules)}
    for year, division in product(YEARS, divisions):
        fitting = [rule for rule in rules.rules if rule.obstacle(kind, division, year) is None]
        assert fitting
        assert all(one.precedence < other.precedence for one, other in pairwise(fitting))


@pytest.mark.parametrize("kind", KINDS)
def test_no_rule_of_a_place_gives_more_time_than_the_law(kind: str) -> None:
    rules = load()
    general = Rules(rule for rule in rules.rules if not rule.division)
    for year, division in product(YEARS, {rule.division for rule in rules.rules}):
        everywhere = general.due(kind, "", year)
        here = rules.due(kind, division, year)
        assert (here is None) is (everywhere is None)
        if here is not None and everywhere is not None:
            assert here.day <= everywhere.hard
            assert here.hard == everywhere.hard


def test_every_rule_says_where_it_comes_from() -> None:
    rules = load().rules
    assert len({rule.id for rule in rules}) == len(rules)
    assert [
        rule.id for rule in rules if "号" not in rule.source and "通知" not in rule.source and "制度" not in rule.source
    ] == []


def test_every_rule_is_explained_in_the_docs() -> None:
    page = (ROOT / "docs" / "deadlines.md").read_text(encoding="utf-8")
    assert [rule.id for rule in load().rules if f"`{rule.id}`" not in page] == []


# Why


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("division", [None, ELSEWHERE, "431200", "431224", "460100"])
@pytest.mark.parametrize("year", [2008, 2011, 2018, 2019, 2021, 2025])
def test_of_all_rules_considered_the_one_that_decides_is_marked(kind: str, division: str | None, year: int) -> None:
    rules = load()
    considered = rules.explain(kind, division, year)
    assert [each.rule for each in considered] == list(rules.rules)
    (found,) = [each for each in considered if each.applies]
    assert found.rule.due(year) == rules.due(kind, division, year)
    assert all(each.because for each in considered)


def test_each_rule_says_why_it_decides_or_not() -> None:
    because = {each.rule.id: each.because for each in load().explain("department", "431200", 2021)}
    assert because["huaihua-2021-departments"] == (
        "it names department, in divisions that begin with 431200, for reports on 2021"
    )
    assert because["law-2019-departments"] == (
        "it fits, but huaihua-2021-departments goes before it: it is made for the place"
    )
    assert because["law-2007"] == "it holds for reports on 2008 to 2018, not on 2021"
    assert because["practice-towns"] == "it names township, street, not department"
    unknown = {each.rule.id: each.because for each in load().explain("township", None, 2021)}
    assert (
        unknown["huaihua-2021-towns"]
        == "it holds in divisions that begin with 4312 only, and the division is not known"
    )


# An archive's own file


def test_an_archive_may_add_a_rule(own: Callable[[str], Rules]) -> None:
    rules = own(written(kinds='["department"]'))
    found = due("department", "220202", 2023, rules)
    assert (found.day, found.rule_id, found.binding) == (date(2024, 1, 20), "qingwan", "rule")
    assert due("department", "220300", 2023, rules).rule_id == "law-2019-departments"
    assert due("office", "220202", 2023, rules).rule_id == "law-2019-departments"
    assert due("department", "220202", 2023).rule_id == "law-2019-departments"  # elsewhere nothing changed


def test_an_archive_may_replace_a_rule(own: Callable[[str], Rules]) -> None:
    rules = own(written("practice-towns", kinds='["township", "street"]', division="", binding="practice"))
    assert due("township", ELSEWHERE, 2023, rules).day == date(2024, 1, 20)
    assert len(rules.rules) == len(load().rules)


def test_a_file_that_is_not_there_or_says_nothing_changes_nothing(own: Callable[[str], Rules], tmp_path: Path) -> None:
    assert load(tmp_path / "nowhere.toml").rules == load().rules
    assert own("# nothing yet\n").rules == load().rules


def test_what_binds_goes_before_practice_then_the_place_then_the_class(own: Callable[[str], Rules]) -> None:
    rules = own(
        written("custom", division="220202", binding="practice", day=5)
        + written("province", division="22", day=25)
        + written("city", division="2202", day=20)
        + written("city-offices", division="2202", kinds='["office"]', day=15)
    )
    assert decided(rules, "office", "220202", 2023) == "city-offices"
    assert decided(rules, "department", "220202", 2023) == "city"
    assert decided(rules, "department", "220300", 2023) == "province"
    assert decided(rules, "department", "230000", 2023) == "law-2019-departments"
    assert decided(rules, "township", "220202", 2023) == "city"
    alone = own(written("custom", division="220202", binding="practice", day=5))
    assert decided(alone, "department", "220202", 2023) == "law-2019-departments"
    assert decided(alone, "township", "220202", 2023) == "custom"
    because = {each.rule.id: each.because for each in alone.explain("department", "220202", 2023)}
    assert because["custom"] == "it fits, but law-2019-departments goes before it: it binds, and this is practice"


def test_the_last_of_february_is_a_day_of_every_year(own: Callable[[str], Rules]) -> None:
    rules = own(written(month=2, day=29))
    assert due("department", "220202", 2022, rules).day == date(2023, 2, 28)
    assert due("department", "220202", 2023, rules).day == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[rules", ["is not TOML"]),
        ("[rules]\nid = 1\n", ["only [[rules]] may stand"]),
        ('rule = "a"\n', ["'rule'", "only [[rules]] may stand"]),
        ("rules = [1]\n", ["rule number 1"]),
        ("[[rules]]\nmonth = 1\n", ["rule number 1", "id"]),
        (written(kinds='["bureau"]'), ["rule qingwan", "kinds.0", "'bureau' is no class", "department"]),
        (written(division="2202xx"), ["rule qingwan", "division"]),
        (written(month=2, day=30), ["rule qingwan", "day"]),
        (written(month=13), ["rule qingwan", "month"]),
        (written(first=1999), ["rule qingwan", "first_year"]),
        (written(binding="custom"), ["rule qingwan", "binding"]),
        (written("Qing wan"), ["rule Qing wan", "id"]),
        (written() + "last_year = 2018\n", ["rule qingwan", "first_year is after last_year"]),
        (written() + "hard_month = 3\n", ["rule qingwan", "hard_month and hard_day go together"]),
        (written() + "hard_month = 1\nhard_day = 19\n", ["rule qingwan", "never before it"]),
        (written() + 'note = "x"\n', ["rule qingwan", "note"]),
        (written().replace("month = 1\n", ""), ["rule qingwan", "month and day go together"]),
        (written() + written(), ["two rules qingwan"]),
        (written() + written("other", first=2030), ["qingwan and other", "same publishers and years"]),
        (
            written("mine", kinds='["zone", "vertical"]', division="", binding="law"),
            ["law-2019-departments and mine", "give it the other's id"],
        ),
    ],
)
def test_what_is_wrong_in_an_archive_s_file_is_named_in_a_sentence(
    text: str, says: list[str], own: Callable[[str], Rules]
) -> None:
    with pytest.raises(ArchiveError) as raised:
        own(text)
    said = str(raised.value)
    assert said.partition("deadlines.toml")[1]
    assert [word for word in says if word not in said] == []
    assert "\n" not in said


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "deadlines.toml").write_bytes("条例".encode("gb18030"))
    with pytest.raises(ArchiveError, match=r"deadlines\.toml cannot be read"):
        load(tmp_path / "deadlines.toml")


def test_rules_of_different_years_or_classes_do_not_compete(own: Callable[[str], Rules]) -> None:
    rules = own(
        written("early", kinds='["zone"]', first=2019)
        + "last_year = 2020\n"
        + written("late", kinds='["zone"]', first=2021)
        + written("offices", kinds='["office"]')
    )
    assert [decided(rules, "zone", "2202", year) for year in (2020, 2021)] == ["early", "late"]
    assert decided(rules, "office", "2202", 2021) == "offices"


# The days of a year


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2008, []),
        (2009, [MARCH]),
        (2019, [MARCH]),
        (2020, [JANUARY, MARCH]),
        (2022, [(1, 28), JANUARY, (2, 20), MARCH]),
        (2024, [JANUARY, MARCH]),
    ],
)
def test_the_days_on_which_a_deadline_ends_are_those_of_the_rules_in_force(
    year: int, days: list[tuple[int, int]]
) -> None:
    assert last_days(year) == [date(year, *day) for day in days]


def test_the_days_of_an_archive_s_own_rules_count(own: Callable[[str], Rules]) -> None:
    assert own(written(day=12)).last_days(2024) == [date(2024, 1, 12), date(2024, 1, 31), date(2024, 3, 31)]


# Speed


def test_a_country_of_publishers_is_answered_at_once() -> None:
    rules = load()
    divisions = [f"{number:06}" for number in range(110000, 113000)]
    asked = [(kind, division, year) for kind in KINDS for division in divisions for year in (2021, 2022)]
    for kind, division, year in asked:
        rules.due(kind, division, year)
    begun = perf_counter()
    for kind, division, year in asked:
        rules.due(kind, division, year)
    assert (perf_counter() - begun) / len(asked) < 10e-6  # it takes a third of a microsecond; the machine may be busy


def test_a_rule_is_what_it_says_and_cannot_be_changed() -> None:
    rule = load().rules[0]
    with pytest.raises(ValueError, match="frozen"):
        rule.day = 1
    assert Rule.model_validate(rule.model_dump()) == rule
