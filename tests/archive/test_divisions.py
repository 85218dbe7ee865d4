from __future__ import annotations

from datetime import date
from importlib.resources import files
from itertools import chain
from pathlib import Path

import pytest

from archive import divisions
from archive.divisions import Book, Division, book, short
from archive.errors import ArchiveError

HEAD = "code,name,since,until,successors"


def ever(known: Book) -> list[Division]:
    """Every name of every province, prefecture and county."""
    return [division for code in known._divisions for division in known.names(code)]


def towns(known: Book) -> list[Division]:
    provinces = [division.code for division in ever(known) if division.level == "province"]
    return list(chain.from_iterable(known.townships(province) for province in provinces))


def codes(found: tuple[Division, ...]) -> list[str]:
    return [division.code for division in found]


def extra(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "divisions.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("level", "published", "ours"),
    [
        ("province", 34, 1),  # 新疆生产建设兵团
        ("prefecture", 333, 0),
        ("county", 2846, 4),  # 大兴安岭地区's own: 加格达奇区, 松岭区, 新林区, 呼中区
    ],
)
def test_as_many_are_in_force_as_the_ministry_counts(level: str, published: int, ours: int) -> None:
    in_force = [division for division in ever(book()) if division.level == level and division.until is None]
    assert len(in_force) == published + ours


def test_most_of_the_townships_that_the_ministry_counts_are_there() -> None:
    # 民政部 counts 38,658; 国家统计局 lists those of 2023, and some real ones only among what is like a township.
    assert abs(len(towns(book())) - 38_658) < 100


@pytest.mark.parametrize(
    ("code", "label", "prefix", "level", "parent"),
    [
        ("220000", "吉林省", "22", "province", None),
        ("220200", "吉林省吉林市", "2202", "prefecture", "220000"),
        ("220202", "吉林省吉林市昌邑区", "220202", "county", "220200"),
        ("110101", "北京市东城区", "110101", "county", "110000"),
        ("500242", "重庆市酉阳土家族苗族自治县", "500242", "county", "500000"),
        ("429004", "湖北省仙桃市", "429004", "county", "420000"),
        ("469001", "海南省五指山市", "469001", "county", "460000"),
        ("659001", "新疆维吾尔自治区石河子市", "659001", "county", "650000"),
        ("441900", "广东省东莞市", "4419", "prefecture", "440000"),
        ("660000", "新疆生产建设兵团", "66", "province", None),
        ("441900003", "广东省东莞市东城街道", "441900003", "township", "441900"),
        ("110101001", "北京市东城区东华门街道", "110101001", "township", "110101"),
        ("620201001", "甘肃省嘉峪关市雄关街道", "620201001", "township", "620200"),
        ("142322", "山西省吕梁地区文水县", "142322", "county", "142300"),
    ],
)
def test_a_code_tells_its_place(code: str, label: str, prefix: str, level: str, parent: str | None) -> None:
    known = book()
    division = known.get(code)
    assert division is not None
    assert (known.label(code), known.prefix(code)) == (label, prefix)
    assert (division.level, division.parent) == (level, parent)
    assert [one.code for one in known.path(code)][-2:-1] == ([parent] if parent else [])


@pytest.mark.parametrize(
    ("code", "name", "successors", "until"),
    [
        ("330103", "下城区", ["330105"], date(2021, 4, 9)),
        ("330104", "江干区", ["330102"], date(2021, 4, 9)),
        ("140227", "大同县", ["140215"], date(2018, 2, 9)),
        ("220381", "公主岭市", ["220184"], date(2020, 6, 5)),
        ("110103", "崇文区", ["110101"], date(2010, 12, 31)),
        ("310108", "闸北区", ["310106"], date(2015, 12, 31)),
        ("341400", "巢湖市", ["340100", "340200", "340500"], date(2011, 12, 31)),
        ("371200", "莱芜市", ["370100"], date(2018, 12, 26)),
        ("331021", "玉环县", ["331083"], date(2017, 4, 9)),
        ("610322", "凤翔县", ["610305"], date(2021, 1, 29)),
        ("130521", "邢台县", ["130502", "130503"], date(2020, 6, 5)),
        ("542422", "嘉黎县", ["540621"], date(2017, 12, 31)),
        ("110228", "密云县", ["110118"], date(2015, 12, 31)),
    ],
)
def test_a_division_that_ended_names_who_took_over(code: str, name: str, successors: list[str], until: date) -> None:
    ended = book().get(code)
    assert ended is not None
    assert (ended.name, list(ended.successors), ended.until) == (name, successors, until)
    assert codes(book().today(code)) == successors


def test_successors_are_followed_to_those_in_force() -> None:
    assert [one.name for one in book().names("340225")] == ["无为县"]
    assert book().names("341422")[0].successors == ("340225",)
    assert [one.name for one in book().today("341422")] == ["无为市"]
    assert codes(book().today("220202")) == ["220202"]
    assert book().today("999999") == ()


def test_one_code_may_have_had_several_names() -> None:
    older, newer = book().names("420600")
    assert (older.name, older.until, older.successors) == ("襄樊市", date(2010, 12, 31), ())
    assert (newer.name, newer.since, newer.until) == ("襄阳市", date(2010, 1, 1), None)
    assert book().get("420600") == newer
    assert book().label("420602") == "湖北省襄阳市襄城区"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("鼓楼区", ["320106", "320302", "350102", "410204"]),
        ("公主岭市", ["220184", "220381"]),
        ("襄樊市", ["420600"]),
        ("吉林省", ["220000"]),
        ("吉林", []),
        ("城关镇", []),
    ],
)
def test_a_name_is_found_wherever_it_ever_stood(name: str, found: list[str]) -> None:
    assert codes(book().named(name)) == found


def test_one_township_name_stands_in_many_counties() -> None:
    counties = {town.parent for town in towns(book()) if town.name == "城关镇"}
    assert len(counties) > 80


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("吉林市", "吉林"),
        ("吉林省", "吉林"),
        ("昌邑区", "昌邑"),
        ("延边朝鲜族自治州", "延边"),
        ("内蒙古自治区", "内蒙古"),
        ("新疆维吾尔自治区", "新疆"),
        ("香港特别行政区", "香港"),
        ("新疆生产建设兵团", "兵团"),
        ("忠县", "忠县"),
        ("郊区", "郊区"),
        ("大兴安岭地区", "大兴安岭"),
        ("神农架林区", "神农架"),
        ("万柏林区", "万柏林"),
        ("浦东新区", "浦东"),
        ("清新区", "清新"),
        ("井陉矿区", "井陉矿区"),
        ("土默特左旗", "土默特左旗"),
        ("杭锦旗", "杭锦"),
        ("鄂温克族自治旗", "鄂温克"),
        ("东乡族自治县", "东乡"),
        ("积石山保安族东乡族撒拉族自治县", "积石山"),
        ("巴音郭楞蒙古自治州", "巴音郭楞"),
        ("龙胜各族自治县", "龙胜"),
        ("管城回族区", "管城"),
        ("柳河满族乡", "柳河"),
        ("山前街道", "山前"),
        ("宝山苏木", "宝山"),
    ],
)
def test_a_short_name_is_the_name_without_its_kind(name: str, expected: str) -> None:
    assert short(Division("220202", name)) == expected


def test_the_children_are_what_is_in_force_right_below() -> None:
    known = book()
    assert len(known.children("220000")) == 9
    assert "110101" in codes(known.children("110000"))
    assert {"429004", "429021", "420100"} <= set(codes(known.children("420000")))
    assert "420381" not in codes(known.children("420000"))
    assert "330103" not in codes(known.children("330100"))
    assert known.children("220202") == known.townships("220202")
    assert {town.level for town in known.children("441900")} == {"township"}
    assert codes(known.children("620200"))[0] == "620201001"
    assert "320571" not in codes(known.children("320500"))
    assert "唯亭街道" in [town.name for town in known.children("320500")]  # of a zone, which is no county
    assert known.children("220202001") == ()
    assert known.children("710000") == ()


@pytest.mark.parametrize(
    ("code", "above", "inside"),
    [
        ("220202", "220000", True),
        ("220202", "220200", True),
        ("220202", "220202", True),
        ("220202001", "220202", True),
        ("429004", "420000", True),
        ("441900003", "441900", True),
        ("220202", "220300", False),
        ("220000", "220200", False),
        ("110101", "120000", False),
    ],
)
def test_a_code_lies_within_another_by_its_digits(code: str, above: str, inside: bool) -> None:
    assert book().within(code, above) is inside


def test_an_unknown_code_has_no_place() -> None:
    assert book().get("229999") is None
    assert book().get("220202999") is None
    assert (book().path("229999"), book().label("229999"), book().names("229999")) == ((), "", ())


def test_every_path_begins_with_the_province_and_ends_with_the_code_below_its_parent() -> None:
    known = book()
    for division in [*ever(known), *towns(known)]:
        path = codes(known.path(division.code))
        assert path[0] == division.province
        assert path[-1] == division.code
        assert path[-2:-1] == ([division.parent] if division.parent else [])
        assert all(known.within(division.code, above) for above in path)


def test_every_successor_exists_and_only_what_ended_has_one() -> None:
    for division in ever(book()):
        assert all(book().get(code) is not None for code in division.successors)
        assert division.until is not None or division.successors == ()


def test_at_most_one_name_of_a_code_is_in_force_and_it_is_the_last() -> None:
    for division in ever(book()):
        names = book().names(division.code)
        assert [one.until is None for one in names[:-1]] == [False] * (len(names) - 1)


def test_whatever_ended_since_the_first_rules_leads_to_somebody_in_force() -> None:
    ended = [division for division in ever(book()) if division.until and division.until >= date(2008, 1, 1)]
    assert len(ended) > 390
    assert [division.name for division in ended if book().today(division.code) == ()] == []


def test_townships_are_read_only_for_the_province_that_is_asked_for() -> None:
    divisions._townships.cache_clear()
    known = Book(divisions._rows())
    assert known.label("220202")
    assert known.named("鼓楼区")
    assert known.children("220000")
    assert divisions._townships.cache_info().currsize == 0
    assert known.townships("220202")
    assert divisions._townships.cache_info().currsize == 1


def test_each_file_says_where_it_comes_from() -> None:
    folder = files("archive.divisions")
    tables = [folder.joinpath("counties.csv"), *folder.joinpath("townships").iterdir()]
    assert len(tables) == 32
    for table in tables:
        assert table.read_text(encoding="utf-8").startswith("# ")


def test_an_extra_file_adds_divisions_and_towns_at_their_place(tmp_path: Path) -> None:
    path = extra(
        tmp_path, "# ours", "", "220279,清湾开发区,2009,,", "220279001,山前街道,2010-05-01,,", "660100,第一师,,,"
    )
    known = book(path)
    assert known.label("220279001") == "吉林省吉林市清湾开发区山前街道"
    assert known.get("220279001") == Division("220279001", "山前街道", date(2010, 5, 1))
    assert codes(known.townships("220279")) == ["220279001"]
    assert "220279" in codes(known.children("220200"))
    assert "220279" not in codes(book().children("220200"))
    assert codes(known.children("660000")) == ["660100"]
    assert codes(known.named("清湾开发区")) == ["220279"]
    assert known.townships("220202") == book().townships("220202")


def test_the_towns_of_a_zone_are_its_own_once_an_extra_file_names_it(tmp_path: Path) -> None:
    towns_of_the_prefecture = [town for town in book().children("320500") if town.code.startswith("320576")]
    known = book(extra(tmp_path, "320576,苏州工业园区,1994,,"))
    assert towns_of_the_prefecture
    assert known.children("320576") == tuple(towns_of_the_prefecture)
    assert known.label(towns_of_the_prefecture[0].code).startswith("江苏省苏州市苏州工业园区")
    assert not [town for town in known.children("320500") if town.level == "township"]


def test_what_an_extra_file_says_of_a_code_stands_instead(tmp_path: Path) -> None:
    path = extra(
        tmp_path,
        "220202,昌邑区,,2026-03-01,220271",
        '"220271","清湾区",2026-03-01,,',
        "420600,襄阳市,,,",
        "220202001,旧街道,,2020,220271001;220271002",
        "220271001,山前街道,,,",
        "220271002,山后街道,,,",
    )
    known = book(path)
    assert [one.name for one in known.today("220202")] == ["清湾区"]
    assert "220202" not in codes(known.children("220200"))
    assert len(known.names("420600")) == 1
    assert "220202001" not in codes(known.townships("220202"))
    assert [one.name for one in known.today("220202001")] == ["山前街道", "山后街道"]


def test_successors_that_lead_round_in_a_circle_end(tmp_path: Path) -> None:
    known = book(extra(tmp_path, "220271,清湾区,,2010,220272", "220272,临江区,,2012,220271"))
    assert known.today("220271") == ()


def test_an_extra_file_saved_by_excel_is_read(tmp_path: Path) -> None:
    path = tmp_path / "divisions.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEAD}\r\n220271,清湾开发区,2009,,\r\n".encode())
    assert book(path).label("220271") == "吉林省吉林市清湾开发区"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["2202,清湾区,,,"], "line 2: '2202' is no division code"),
        (["22020a,清湾区,,,"], "line 2: '22020a' is no division code"),
        (["# ours", "220271,,,,"], "line 3: 220271 has no name"),
        (["220271,清湾区"], "line 2: 2 columns instead of 5"),
        (["220271,清湾区,2009,,,"], "line 2: 6 columns instead of 5"),
        (["220271,清湾区,09,,"], "line 2: '09' is no date"),
        (["220271,清湾区,2009-13-01,,"], "line 2: '2009-13-01' is no date"),
        (["220271,清湾区,2012,2010,"], r"line 2: 220271 ends \(2010\) before it begins \(2012\)"),
        (["220271,清湾区,,,220202"], "line 2: 220271 has successors and no end"),
        (["220271,清湾区,,2010,220202 220203"], "line 2: '220202 220203' is no successor of 220271"),
        (["220271,清湾区,,2010,220271"], "line 2: '220271' is no successor of 220271"),
        (["220271,清湾区,,2010,220299"], "line 2: the successor 220299 is unknown"),
        (["220271,清湾区,,2010,220202999"], "line 2: the successor 220202999 is unknown"),
        (["220271,清湾区,,,", "220271,临江区,,,"], "line 2: 220271 is in force under two names"),
        (["990101,清湾区,,,"], "line 2: 990101 lies in no province"),
        (["990101001,山前街道,,,"], "line 2: 990101001 lies in no province"),
    ],
)
def test_a_wrong_extra_file_is_refused_with_its_line(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(ArchiveError, match=rf"^divisions\.csv, {said}.*, "):
        book(extra(tmp_path, *lines))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("代码,名称\n", "line 1: the first row is not code,name,since,until,successors"),
        ("220271,清湾区,,,\n", "line 1: the first row is not"),
        ("# nothing\n\n", "has no rows"),
        ("", "has no rows"),
    ],
)
def test_an_extra_file_without_its_columns_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "divisions.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ArchiveError, match=said):
        book(path)


def test_an_extra_file_that_is_missing_or_in_another_coding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "divisions.csv"
    with pytest.raises(ArchiveError, match=r"^divisions\.csv cannot be read .*: save it as CSV UTF-8$"):
        book(path)
    path.write_bytes(f"{HEAD}\n220271,清湾区,,,\n".encode("gb18030"))
    with pytest.raises(ArchiveError, match=r"^divisions\.csv cannot be read .*: save it as CSV UTF-8$"):
        book(path)
