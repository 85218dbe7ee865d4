"""Of which division an agency is, and under which key it is known there."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.divisions import book
from archive.registry.identity import Identity, Place, book_of, identify, key
from archive.registry.publishers import scope

JILIN, CHANGYI, CHUANYING = "220200", "220202", "220204"
SITE = "host:anywhere.gov.cn"


@pytest.mark.parametrize(
    ("name", "scope", "expected"),
    [
        # its own prefix says it
        ("吉林市昌邑区政务服务局", JILIN, Identity(CHANGYI, "昌邑区政务服务局")),
        ("昌邑区政务服务局", JILIN, Identity(CHANGYI, "昌邑区政务服务局")),
        ("吉林省吉林市昌邑区政务服务局", CHANGYI, Identity(CHANGYI, "昌邑区政务服务局")),
        ("吉林市财政局", JILIN, Identity(JILIN, "吉林市财政局")),
        ("吉林市财政局", CHANGYI, Identity(JILIN, "吉林市财政局")),  # the city's, on a district's portal
        ("同江市人民政府", "230800", Identity("230881", "同江市")),
        ("同江市", "230800", Identity("230881", "同江市")),
        ("同江市人民政府办公室", "230800", Identity("230881", "同江市办公室")),
        # a division that was renamed under its code is one; one that gave way to another is its own
        ("襄樊市教育局", "420600", Identity("420600", "襄阳市教育局")),
        ("襄阳市教育局", "420600", Identity("420600", "襄阳市教育局")),
        ("大同县教育局", "140200", Identity("140227", "大同县教育局")),
        ("龙海市教育局", "350604", Identity("350681", "龙海市教育局")),
        # a bare name on the portal of a county or district is that one's
        ("政务服务局", CHANGYI, Identity(CHANGYI, "昌邑区政务服务局")),
        ("区教育局", CHANGYI, Identity(CHANGYI, "昌邑区教育局")),
        ("市场监督管理局", "230881", Identity("230881", "同江市市场监督管理局")),
        ("市市场监督管理局", "230881", Identity("230881", "同江市市场监督管理局")),
        ("市政府办公室", "230881", Identity("230881", "同江市办公室")),
        ("市政管理局", "230881", Identity("230881", "同江市市政管理局")),
        ("市民政局", "230881", Identity("230881", "同江市民政局")),
        # on a city's it is the city's only with the city's word, and where no county below is a city too
        ("市财政局", "140200", Identity("140200", "大同市财政局")),
        ("市财政局", JILIN, Identity(JILIN, "市财政局")),  # 蛟河市, 桦甸市 … lie below
        ("财政局", "140200", Identity("140200", "财政局")),
        ("区教育局", "140200", Identity("140200", "区教育局")),
        # towns and streets, by the only one of the name
        ("北极街道办事处", CHUANYING, Identity(CHUANYING, "船营区北极街道", "220204006")),
        ("吉林市船营区北极街道办事处", JILIN, Identity(CHUANYING, "船营区北极街道", "220204006")),
        ("北极街道", JILIN, Identity(CHUANYING, "船营区北极街道", "220204006")),
        # what is of the nation, or names another place, stays as it is
        ("国家税务总局吉林市税务局", JILIN, Identity(JILIN, "国家税务总局吉林市税务局")),
        ("国家税务总局同江市税务局", "230881", Identity("230881", "国家税务总局同江市税务局")),
        ("长春市财政局", JILIN, Identity(JILIN, "长春市财政局")),
        ("吉林高新技术产业开发区管理委员会", JILIN, Identity(JILIN, "吉林高新技术产业开发区管理委员会")),
        # without a division of the portal's: only what is one in the whole country
        ("吉林市昌邑区政务服务局", SITE, Identity(CHANGYI, "昌邑区政务服务局")),
        ("同江市财政局", SITE, Identity("230881", "同江市财政局")),
        ("鼓楼区财政局", SITE, Identity(SITE, "鼓楼区财政局")),
        ("南京市鼓楼区财政局", SITE, Identity("320106", "鼓楼区财政局")),
        ("财政局", SITE, Identity(SITE, "财政局")),
        ("清湾市财政局", SITE, Identity(SITE, "清湾市财政局")),  # no such city
    ],
)
def test_an_agency_is_of_the_division_that_its_portal_and_its_name_say_for_certain(
    name: str, scope: str, expected: Identity
) -> None:
    assert identify(name, Place(scope, book())) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("同江市", "同江市人民政府"),
        ("同江市政府", "同江市人民政府"),
        ("吉林市 财政局", "吉林市财政局"),
        ("北极街道", "北极街道办事处"),
        ("北极街道办", "北极街道办事处"),
        ("江北乡", "江北乡人民政府"),
        ("市教育局(本级)", "市教育局（本级）"),
        ("清湾市政府 办公室", "清湾市人民政府办公室"),
    ],
)
def test_spellings_that_mean_one_agency_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("人民政府", ""), ("同江市", "同江市人民政府办公室"), ("同江市财政局", "同江市财政所"), ("城关镇", "城关乡")],
)
def test_agencies_that_differ_keep_different_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_an_archive_may_know_divisions_of_its_own(tmp_path: Path) -> None:
    rows = ["code,name,since,until,successors", "990000,云川省,,,", "990100,清湾市,,,", "990102,东岸区,,,"]
    (tmp_path / "divisions.csv").write_text("\n".join([*rows, "990102001,柳桥街道,,,"]), encoding="utf-8")

    own = book_of(tmp_path)

    assert identify("清湾市东岸区柳桥街道办事处", Place("990100", own)) == Identity(
        "990102", "东岸区柳桥街道", "990102001"
    )
    assert identify("市财政局", Place("990100", own)) == Identity("990100", "清湾市财政局")


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
