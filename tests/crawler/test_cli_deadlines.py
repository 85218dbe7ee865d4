"""``xxgk deadlines``: the rules, and which of them decides for whom."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.divisions import book
from archive.registry.identity import Place
from archive.registry.publishers import find_or_add
from archive.store import Archive
from tests.archive.owners import RULE
from tests.crawler.commands import Here


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    return Here(capsys, monkeypatch, tmp_path, columns=None)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive that knows publishers of two places."""
    folder = tmp_path / "xxgk-archive"
    with (
        Archive.open(folder, create=True, write=True, clock=lambda: datetime(2024, 1, 1, tzinfo=UTC)) as opened,
        opened.writing() as session,
    ):
        for scope, name in (("220202", "财政局"), ("220202", "人民政府"), ("220203", "财政局")):
            find_or_add(session, Place(scope, book()), name)
    return folder


def test_the_rules_are_listed_without_an_archive(here: Here) -> None:
    ran = here("deadlines", "--json")
    assert ran.status == 0
    known = {line["id"]: line for line in ran.lines}
    assert known["law-2019-governments"]["kinds"] == ["government"]
    assert (known["law-2019-governments"]["month"], known["law-2019-governments"]["day"]) == (3, 31)
    assert {"law-2007", "huaihua-2021-towns"} < known.keys()


def test_only_the_rules_in_force_are_listed_for_a_year(here: Here) -> None:
    assert [line["id"] for line in here("deadlines", "--year", "2010", "--json").lines] == ["shanxi-2008", "law-2007"]
    assert "law-2007" not in here("deadlines", "--year", "2024").out


@pytest.mark.parametrize(
    ("arguments", "day", "rule"),
    [
        (["--kind", "department", "--year", "2023"], "2024-01-31", "law-2019-departments"),
        (["--kind", "government", "--year", "2017"], "2018-03-31", "law-2007"),
        (["--kind", "township", "--division", "431224", "--year", "2021"], "2022-02-20", "huaihua-2021-towns"),
        (["--kind", "street", "--division", "431224005", "--year", "2021"], "2022-02-20", "huaihua-2021-towns"),
    ],
)
def test_a_class_in_a_division_has_its_day_and_every_rule_says_why(
    arguments: list[str], day: str, rule: str, here: Here
) -> None:
    (line,) = here("deadlines", *arguments, "--json").lines
    assert (line["due"]["day"], line["due"]["rule_id"]) == (day, rule)
    assert [each["rule"] for each in line["considered"] if each["decides"]] == [rule]
    assert all(each["because"] for each in line["considered"])


def test_people_are_told_the_day_the_hard_line_and_the_source(here: Here) -> None:
    ran = here("deadlines", "--kind", "township", "--division", "431224", "--year", "2021")
    assert "huaihua-2021-towns" in ran.out
    assert "due by 2022-02-20 (hard line 2022-03-31)" in ran.err
    assert "怀化" in ran.err


@pytest.mark.parametrize(
    ("kind", "year", "says"),
    [("institution", "2023", "owes no report on 2023: 条例 2019 第五十五条"), ("zone", "2007", "no rule holds")],
)
def test_who_owes_nothing_is_told_why(kind: str, year: str, says: str, here: Here) -> None:
    assert says in here("deadlines", "--kind", kind, "--year", year).err
    (line,) = here("deadlines", "--kind", kind, "--year", year, "--json").lines
    assert line["due"] is None


def test_a_division_alone_gives_the_day_of_every_class_there(here: Here) -> None:
    ran = here("deadlines", "--division", "431200", "--year", "2021", "--json")
    days = {line["kind"]: line["due"] and line["due"]["day"] for line in ran.lines}
    assert days["department"] == "2022-01-28"
    assert days["government"] == "2022-03-31"
    assert days["institution"] is None
    assert "nothing is owed" in here("deadlines", "--division", "431200", "--year", "2021").out


def test_a_publisher_of_the_archive_has_the_day_of_its_class_and_place(archive: Path, here: Here) -> None:
    (archive / "deadlines.toml").write_text(RULE, encoding="utf-8")
    (line,) = here("deadlines", "220202/财政局", "--year", "2023", "--json").lines
    assert (line["division"], line["kind"]) == ("220202", "department")
    assert (line["due"]["day"], line["due"]["rule_id"]) == ("2024-01-20", "qingwan")
    (line,) = here("deadlines", "220203/财政局", "--year", "2023", "--json").lines
    assert line["due"]["rule_id"] == "law-2019-departments"
    (line,) = here("deadlines", "220202/人民政府", "--year", "2023", "--json").lines
    assert (line["kind"], line["due"]["day"]) == ("government", "2024-03-31")


def test_the_archive_s_own_rules_are_listed_with_the_others(archive: Path, here: Here) -> None:
    (archive / "deadlines.toml").write_text(RULE, encoding="utf-8")
    assert "qingwan" in {line["id"] for line in here("deadlines", "--json").lines}
    (line,) = here("deadlines", "--kind", "department", "--division", "220202", "--year", "2023", "--json").lines
    assert line["due"]["rule_id"] == "qingwan"


def test_without_a_year_the_last_report_year_is_meant(archive: Path, here: Here) -> None:
    (line,) = here("deadlines", "220202/财政局", "--json").lines
    with Archive.open(archive) as opened:
        assert line["report_year"] == opened.clock().year - 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--division", "43"], "'43' is no code"),
        (["--division", "hunan1"], "'hunan1' is no code"),
        (["--kind", "bureau"], "'bureau' is no class"),
        (["财政局", "--kind", "zone"], "leave out --division and --kind"),
        (["财政局"], "2 publishers are called 财政局"),
        (["水务局"], "no publisher is called 水务局"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(arguments: list[str], says: str, archive: Path, here: Here) -> None:
    ran = here("deadlines", *arguments)
    assert (ran.status, ran.out, len(ran.err.strip().splitlines())) == (2, "", 1)
    assert says in ran.err
    assert archive.exists()


def test_a_publisher_needs_an_archive(here: Here, tmp_path: Path) -> None:
    ran = here("deadlines", "财政局")
    assert ran.status == 2
    assert "no archive" in ran.err
    assert not (tmp_path / "xxgk-archive").exists()


def test_a_wrong_file_of_the_archive_is_named(archive: Path, here: Here) -> None:
    (archive / "deadlines.toml").write_text(RULE.replace("day = 20", "day = 32"), encoding="utf-8")
    ran = here("deadlines", "--year", "2023")
    assert ran.status == 2
    assert "deadlines.toml: rule qingwan is not well formed" in ran.err
