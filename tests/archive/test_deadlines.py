from __future__ import annotations

from datetime import date

import pytest

from archive.deadlines import due
from archive.publishers import key, scope

DEPARTMENT, GOVERNMENT = (1, 31), (3, 31)
CLASSES = [
    ("清湾市财政局", DEPARTMENT),
    ("清湾市人民政府办公室", DEPARTMENT),
    ("吉岭省人民政府办公厅", DEPARTMENT),
    ("清湾市人民政府合作交流办公室", DEPARTMENT),
    ("清湾经济技术开发区管理委员会", DEPARTMENT),
    ("国家税务总局清湾市税务局", DEPARTMENT),
    ("清湾高新技术产业开发区", DEPARTMENT),
    ("自然资源部", DEPARTMENT),
    ("清湾市人民政府", GOVERNMENT),
    ("清湾市", GOVERNMENT),
    ("临江区人民政府", GOVERNMENT),
    ("望河满族自治县人民政府", GOVERNMENT),
    ("前旗人民政府", GOVERNMENT),
    ("吉岭省人民政府", GOVERNMENT),
    ("临江区人民政府（本级）", GOVERNMENT),
    ("城关镇人民政府", DEPARTMENT),
    ("临江区山前街道办事处", DEPARTMENT),
    ("山前街道", DEPARTMENT),
    ("柳河满族乡人民政府", DEPARTMENT),
    ("宝山苏木", DEPARTMENT),
]


@pytest.mark.parametrize(("publisher", "day"), CLASSES)
def test_each_class_of_publisher_has_its_day_since_the_report_on_2019(publisher: str, day: tuple[int, int]) -> None:
    assert due(publisher, 2023).day == date(2024, *day)
    assert due(publisher, 2019).day == date(2020, *day)
    assert due(publisher, 2023).basis


@pytest.mark.parametrize("publisher", [publisher for publisher, _ in CLASSES])
@pytest.mark.parametrize("year", [2008, 2018])
def test_everybody_had_until_the_end_of_march_before(publisher: str, year: int) -> None:
    assert due(publisher, year).day == date(year + 1, 3, 31)
    assert "条例 2007" in due(publisher, year).basis


def test_the_law_names_no_day_for_towns_and_the_basis_says_so() -> None:
    town = due("城关镇人民政府", 2023)
    assert (town.day, town.hard) == (date(2024, 1, 31), date(2024, 3, 31))
    assert "practice" in town.basis


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("同江市", "同江市人民政府", True),
        ("清湾市政府 办公室", "清湾市人民政府办公室", True),
        ("清湾市(财政局)", "清湾市（财政局）", True),
        ("清湾市人民政府", "清湾市人民政府办公室", False),
        ("清湾市财政局", "临江市财政局", False),
        ("人民政府", "人民政府", True),
    ],
)
def test_names_are_compared_without_spacing_brackets_and_the_word_government(one: str, other: str, same: bool) -> None:
    assert (key(one) == key(other)) is same
    assert key(one)


@pytest.mark.parametrize(
    ("division", "url", "expected"),
    [
        (None, "http://xxgk.jl.gov.cn/a", "host:jl.gov.cn"),
        ("220000", "http://xxgk.jl.gov.cn/a", "220000"),
        (None, "http://127.0.0.1:8000/a", "host:127.0.0.1:8000"),
        (None, "file:///a.html", "files"),
    ],
)
def test_a_name_is_unique_within_a_division_or_else_a_site(division: str | None, url: str, expected: str) -> None:
    assert scope(division, url) == expected
