"""The overview, the divisions and the list of standings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from archive.monitor import Status
from archive.store import Archive
from archive.web.application import application
from archive.web.drawing.tiles import BOUNDS, percent, step_of
from archive.web.settings import Settings
from tests.archive.web import campaign
from tests.archive.web.site import Page, Site, said
from tests.crawler.commands import xxgk

DAY = "year=2023&as_of=2024-02-21"
LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with campaign.campaign(tmp_path_factory.mktemp("country") / "archive") as archive:
        yield archive


@pytest.fixture
def country_site(country: Archive) -> Site:
    return Site(application(country, Settings(password="correct horse")))


@pytest.fixture
def empty_site(table: Archive) -> Site:
    return Site(application(table, Settings(password="correct horse")))


def tiles(page: Page) -> dict[str, tuple[str, str, str]]:
    """By name, what a tile says, its class, and where it leads."""
    found = {}
    for tile in page.css("svg.tiles > *"):
        name, sign = (said(each) for each in tile.cssselect("text"))
        found[name] = sign, str(tile.get("class")), str(tile.get("href"))
    return found


# the overview


def test_the_overview_tells_the_campaign_of_the_last_year_on_the_day_of_the_archive(country_site: Site) -> None:
    page = country_site.get("/")
    assert said(page.one("h1")) == "2023年年报公布情况 截至2024年2月21日"
    assert page.texts("select#year option") == ["2023", "2022"]
    assert said(page.one("select#year option[selected]")) == "2023"


@pytest.mark.parametrize(
    ("lang", "rate", "judged", "apart"),
    [
        ("zh", "按时率 50.0%", "已判断 4 家（按时、逾期、未公布、已撤下），其中按时 2 家。", "未计入按时率：无法判断 2 家，被拦截 1 家，未到期 1 家。"),
        ("en", "50.0% on time", "2 of the 4 that were judged", "Not in the rate: 2 unchecked, 1 blocked, 1 not due."),
    ],
)  # fmt: skip
def test_the_rate_names_how_many_were_judged_and_who_was_not(
    country_site: Site, lang: str, rate: str, judged: str, apart: str
) -> None:
    page = country_site.get("/", lang=lang)
    text = said(page.one(".rate"))
    assert text.startswith(rate)
    assert judged in text
    assert apart in text


def test_every_province_is_a_tile_with_its_rate_and_a_sign_where_nobody_was_judged(country_site: Site) -> None:
    found = tiles(country_site.get("/"))
    assert len(found) == 35
    assert found["吉林"] == ("50%", "tile step-2", "/divisions/220000")
    assert found["浙江"] == ("0%", "tile step-1", "/divisions/330000")
    assert found["四川"] == ("–", "tile", "/divisions/510000")  # blocked
    assert found["湖北"] == ("–", "tile", "/divisions/420000")  # not due
    assert found["西藏"] == ("○", "tile", "/divisions/540000")
    assert [found[name] for name in ("台湾", "香港", "澳门")] == [("×", "tile outside", "None")] * 3


def test_the_tiles_keep_the_year_and_the_day_that_were_asked_for(country_site: Site) -> None:
    found = tiles(country_site.get(f"/?{DAY}"))
    assert found["吉林"][2] == f"/divisions/220000?{DAY}"


def test_the_tiles_stand_each_at_a_place_of_its_own(country_site: Site) -> None:
    places = [(each.get("x"), each.get("y")) for each in country_site.get("/").css("svg.tiles rect")]
    assert len(set(places)) == 35


@pytest.mark.parametrize(
    ("rate", "step"), [(None, None), (0.0, 1), (0.4999, 1), (0.5, 2), (0.7, 3), (0.85, 4), (0.9499, 4), (0.95, 5), (1, 5)]
)  # fmt: skip
def test_a_rate_has_one_of_five_colours(rate: float | None, step: int | None) -> None:
    assert len(BOUNDS) == 4
    assert step_of(rate) == step


def test_a_rate_is_never_rounded_up_to_everybody() -> None:
    assert [percent(rate) for rate in (1.0, 0.9999, 0.29, 0.0)] == ["100%", "99%", "29%", "0%"]


def test_the_table_of_provinces_has_the_numbers_of_the_tiles(country_site: Site) -> None:
    heading, *rows = country_site.get("/").table("各省公布情况")
    assert heading == [
        "行政区划", "机关数", "按时", "逾期", "未公布", "未到期", "已撤下", "无法判断", "被拦截", "按时率（占已判断）",
    ]  # fmt: skip
    assert ["吉林省", "3", "1", "1", "0", "0", "0", "1", "0", "50.0%"] in rows
    (blocked,) = (row for row in rows if row[0] == "四川省")
    assert blocked[1:9] == ["1", "0", "0", "0", "0", "0", "0", "1"]
    assert not any(each.isdecimal() for each in blocked[9])
    assert ["行政区划不明", "1", "1", "0", "0", "0", "0", "0", "0", "100.0%"] in rows


def test_each_status_stands_with_its_meaning_and_leads_to_those_that_stand_so(country_site: Site) -> None:
    page = country_site.get("/")
    rows = {row[0]: row[1:] for row in page.table("按公布情况")[1:]}
    assert len(rows) == len(Status)
    assert rows["未公布"] == ["1", "12.5%", "期限之后读完其栏目，没有该年报"]
    (link,) = page.css("a[href*='status=missing']")
    assert [row[0] for row in country_site.get(str(link.get("href"))).table("机关及依据")[1:]] == [campaign.MISSING]


def test_the_calendar_has_a_bar_a_day_and_both_last_days(country_site: Site) -> None:
    page = country_site.get("/?year=2023&as_of=2024-04-30")
    chart = page.one("svg.arrivals[role=img]")
    assert chart.get("aria-label") == "每天公布的年报数：共121天，最多一天1份，截至期末累计4份"
    drawn = [said(each) for each in chart.cssselect("text.bold")]
    assert drawn == ["1月31日 部门", "3月31日 政府"]
    rows = {row[0]: row[1:] for row in page.table("每日数字")[1:]}
    assert len(rows) == 121
    assert rows["2024年1月10日"] == ["0", "1", "1", "1"]  # it states no day
    assert rows["2024年1月20日"] == ["1", "0", "1", "2"]
    assert rows["2024年2月3日"] == ["1", "0", "1", "3"]
    assert rows["2024年4月30日"] == ["0", "0", "0", "4"]
    stated, seen = (str(chart.cssselect(f"path.{name}")[0].get("d")) for name in ("stated", "seen"))
    assert (stated.count("M"), seen.count("M")) == (2, 2)


def test_before_the_year_begins_the_calendar_says_when_it_will(country_site: Site) -> None:
    page = country_site.get("/?year=2023&as_of=2023-12-31")
    assert not page.css("svg.arrivals")
    assert "2023年年报自2024年1月1日起公布，所查日期在此之前。" in page.text


def test_the_days_that_are_left_are_counted(country_site: Site) -> None:
    text = country_site.get("/?year=2023&as_of=2024-02-21").text
    assert "部门年报已于2024年1月31日到期。" in text
    assert "政府年报2024年3月31日到期，还有 39 天。" in text


def test_portals_in_trouble_and_what_is_new_stand_there_with_links(country_site: Site) -> None:
    page = country_site.get("/")
    trouble = said(page.one("section[aria-labelledby=trouble]"))
    assert "被拦截（奇安信网站卫士） www.chengdu.gov.cn" in trouble
    assert page.links("section[aria-labelledby=trouble] a") == {"查看全部 1 个有问题的网站": "/portals?outcome=trouble"}
    fresh = page.one("section[aria-labelledby=fresh]")
    assert said(fresh.cssselect("h2")[0]) == "2024年2月20日以来"
    assert "首次见到 1 份2023年年报。" in said(fresh)
    titles = [said(each) for each in fresh.cssselect("li a")]
    assert f"{campaign.NEW}公布了2023年年报" in titles


def test_an_empty_archive_says_what_to_do(empty_site: Site) -> None:
    for lang in LANGUAGES:
        page = empty_site.get("/", lang=lang)
        assert page.texts("main code")[:3] == [
            "xxgk crawl http://www.example.gov.cn/",
            "xxgk import PATH",
            "xxgk publishers import FILE.csv",
        ]
        assert len(tiles(page)) == 35
        for path in ("/standings", "/news", "/portals", "/divisions/220000", "/divisions/unknown"):
            assert empty_site.get(path, lang=lang).main is not None
    assert "档案是空的" in empty_site.get("/").text


def test_an_archive_with_portals_and_no_publishers_says_what_to_do(table: Archive) -> None:
    campaign.read(table, campaign.ON_TIME, table.clock())
    page = Site(application(table, Settings())).get("/")
    assert "还没有应公布" in page.text
    assert "1 个网站最近一次都已读完。" in page.text


# divisions


def test_a_province_leads_down_to_its_cities_and_counties_and_their_publishers(country_site: Site) -> None:
    province = country_site.get(f"/divisions/220000?{DAY}")
    assert [said(each) for each in province.css("nav.path li")] == ["全国", "吉林省"]
    below = {row[0]: row[1] for row in province.table("下级区划")[1:]}
    assert below == {"吉林省长春市": "1", "吉林省吉林市": "2"}
    city = province.links("section:not(.standings) td a")["吉林省吉林市"]
    page = country_site.get(city)
    assert page.response.url.path == "/divisions/220200"
    assert page.response.url.params["as_of"] == "2024-02-21"
    assert [row[:2] for row in page.table("下级区划")[1:]] == [["吉林省吉林市本级", "1"], ["吉林省吉林市昌邑区", "1"]]
    rows = [row[:4] for row in page.table("机关及依据")[1:]]
    assert rows == [
        [campaign.ON_TIME, "吉林省吉林市", "政府部门", "按时"],
        [campaign.LATE, "吉林省吉林市昌邑区", "政府部门", "逾期"],
    ]
    county = country_site.get("/divisions/220202")
    assert [said(each) for each in county.css("nav.path li")] == ["全国", "吉林省", "吉林市", "昌邑区"]
    assert not [each for each in county.texts("h2") if each == "下级区划"]


def test_the_agencies_of_a_division_itself_are_counted_apart_from_those_below_it(country_site: Site) -> None:
    rows = country_site.json(f"/api/v1/totals?division=220200&{DAY}")["rows"]
    assert [(row["key"], row["label"], row["publishers"]) for row in rows] == [
        ("220200", "吉林省吉林市本级", 1),
        ("220202", "吉林省吉林市昌邑区", 1),
    ]


def test_a_standing_names_its_basis_in_chinese_and_its_evidence(country_site: Site) -> None:
    page = country_site.get(f"/divisions/330000?{DAY}")
    heading, row = page.table("机关及依据")
    told = dict(zip(heading, row, strict=True))
    assert told["公布情况"] == "未公布"
    assert told["依据"] == "2024年2月3日栏目中没有；期限依据：《条例》（2019年）第四十九条第一款：每年1月31日前"
    assert told["逾期天数"] == "21"
    assert told["未见年报的栏目（证据）"] == campaign.column(campaign.MISSING)
    english = country_site.get(f"/divisions/330000?{DAY}", lang="en").table("Publishers and evidence")[1]
    assert any(cell.startswith("not in its column on 2024-02-03") for cell in english)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/divisions/unknown", [campaign.UNDATED]),
        ("/divisions/host:qingwan.gov.cn", [campaign.UNDATED]),
        ("/divisions/510100", [campaign.BLOCKED]),
        ("/divisions/510100?status=on_time", []),
        ("/divisions/220000?class=department&status=late", [campaign.LATE]),
        ("/divisions/220000?class=&status=&as_of=", [campaign.NEW, campaign.ON_TIME, campaign.LATE]),
        ("/divisions/440000", []),
        ("/standings?status=missing&status=late", [campaign.LATE, campaign.MISSING]),
        ("/standings?division=吉林市", [campaign.ON_TIME, campaign.LATE]),
    ],
)
def test_publishers_of_every_place_can_be_reached(country_site: Site, path: str, expected: list[str]) -> None:
    for lang in LANGUAGES:
        page = country_site.get(path, lang=lang)
        (table,) = page.css("section.standings table")
        assert [said(each) for each in table.cssselect("tbody td:first-child a")] == expected


def test_a_town_has_a_page_of_its_own(country: Archive, country_site: Site) -> None:
    town = country.book.townships("220202")[0]
    page = country_site.get(f"/divisions/{town.code}")
    assert [said(each) for each in page.css("nav.path li")] == ["全国", "吉林省", "吉林市", "昌邑区", town.name]
    assert "这里还没有应公布2023年年报的机关。" in page.text


@pytest.mark.parametrize("code", ["nowhere", "999999", "host:elsewhere.gov.cn", "²²0000", "22"])
def test_a_division_that_is_none_is_not_found(country_site: Site, code: str) -> None:
    assert country_site.get(f"/divisions/{code}", status=404).main is not None


@pytest.mark.parametrize(
    "wrong", ["year=1999", "year=x", "as_of=2024-13-01", "as_of=9999-12-31", "status=gone", "class=king", "after=-1"]
)
def test_a_wrong_parameter_is_told_in_a_sentence(country_site: Site, wrong: str) -> None:
    assert country_site.get(f"/standings?{wrong}", status=422).main is not None
    assert country_site.json(f"/api/v1/standings?{wrong}", status=422)["detail"]


# tables


def test_the_lines_are_those_of_the_command(country: Archive, country_site: Site) -> None:
    told = xxgk(
        "--archive",
        str(country.folder),
        "missing",
        "--year",
        "2023",
        "--as-of",
        "2024-02-21",
        "--json",
        folder=country.folder.parent,
    )
    assert told.status in {0, 1}, told.err
    assert country_site.json(f"/api/v1/standings?{DAY}")["rows"] == told.lines
    counted = xxgk(
        "--archive",
        str(country.folder),
        "missing",
        "--year",
        "2023",
        "--as-of",
        "2024-02-21",
        "--by",
        "division",
        "--json",
        folder=country.folder.parent,
    )
    assert country_site.json(f"/api/v1/totals?{DAY}")["rows"] == counted.lines


def test_pages_follow_one_another_without_a_gap(country_site: Site) -> None:
    found, after = [], ""
    while after is not None:
        page = country_site.json(f"/api/v1/standings?{DAY}&limit=3" + (f"&after={after}" if after else ""))
        assert page["total"] == 8
        found += [row["publisher"] for row in page["rows"]]
        after = page["next"]
    assert len(found) == len(set(found)) == 8


def test_what_is_downloaded_is_what_is_shown_narrowed_by_the_path(country_site: Site) -> None:
    page = country_site.get(f"/divisions/220200?{DAY}&status=late")
    (address,) = (each for each in page.links(".standings a[download]").values() if each.startswith("/standings.csv"))
    text = country_site.raw(address).content.decode("utf-8-sig")
    assert [row["publisher"] for row in csv.DictReader(StringIO(text))] == [campaign.LATE]
    sheet = load_workbook(BytesIO(country_site.raw(address.replace(".csv", ".xlsx")).content)).worksheets[0]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [campaign.LATE]


@pytest.mark.parametrize("name", ["standings", "totals", "statuses", "arrivals"])
def test_every_table_is_there_as_json_csv_and_workbook(country_site: Site, name: str) -> None:
    rows = country_site.json(f"/api/v1/{name}?{DAY}")["rows"]
    assert rows
    text = country_site.raw(f"/{name}.csv?{DAY}").content.decode("utf-8-sig")
    assert len(list(csv.DictReader(StringIO(text)))) == country_site.json(f"/api/v1/{name}?{DAY}")["total"]
    assert country_site.raw(f"/{name}.xlsx?{DAY}").content.startswith(b"PK")


def test_totals_by_class_are_named(country_site: Site) -> None:
    rows = country_site.json(f"/api/v1/totals?by=class&{DAY}")["rows"]
    assert {row["key"]: row["publishers"] for row in rows} == {"department": 7, "government": 1}


# the replay city


def test_every_publisher_of_the_city_is_reached_from_the_overview(site: Site) -> None:
    for lang in LANGUAGES:
        page = site.get("/", lang=lang)
        leads = next(iter(page.links("a[href^='/divisions/unknown']").values()))
        place = site.get(leads)
        (host,) = {href for href in place.links(".titled a").values() if "host:" in href}
        assert len(site.get(host).css(".standings tbody tr")) >= 18


def test_pages_stay_small(site: Site) -> None:
    for path in ("/", "/standings", "/divisions/unknown", "/news", "/portals"):
        assert len(site.raw(path).content) < 100_000
