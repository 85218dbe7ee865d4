"""Which class a name is of; the agencies are invented, the ways of naming are not."""

from __future__ import annotations

import csv
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest

from archive.registry.classes import (
    DEPARTMENT,
    GOVERNMENT,
    INSTITUTION,
    KINDS,
    OFFICE,
    STATE_COUNCIL,
    STREET,
    TOWNSHIP,
    VERTICAL,
    ZONE,
    ClassTable,
    kind_of,
    table_of,
    tables,
)

NAMES = {
    GOVERNMENT: [
        "清湾市人民政府",
        "清湾市政府",
        "清湾市",
        "吉岭省人民政府",
        "吉岭省",
        "临江区",
        "临江区人民政府（本级）",
        "临江区人民政府(本级)",
        "望河满族自治县",
        "前旗",
        "西盟",
        "人民政府",
        "县政府",
        "大岭地区行署",
        "清湾市 人民政府",
        "清湾市老城区人民政府",
        "新疆生产建设兵团第一师",
        "上海市浦东新区",
        "滨海新区人民政府",
        "阳泉市矿区人民政府",
        "大兴安岭地区",
    ],
    OFFICE: [
        "清湾市人民政府办公室",
        "吉岭省人民政府办公厅",
        "清湾市政府办公室",
        "清湾市政府办",
        "市政府办公室",
        "政府办公室",
        "县府办",
        "临江区人民政府办公室（临江区外事办公室）",
        "滨海新区人民政府办公室",
        "临江区办公室",
        "府办",
        "新疆生产建设兵团办公厅",
    ],
    DEPARTMENT: [
        "清湾市财政局",
        "吉岭省财政厅",
        "财政局",
        "清湾市发展和改革委员会",
        "清湾市卫健委",
        "清湾市人民政府合作交流办公室",
        "清湾市人民政府外事办公室",
        "吉岭省人民政府研究室",
        "清湾市人民政府国有资产监督管理委员会",
        "清湾市国资委",
        "清湾市城市管理委员会",
        "清湾市城乡建设管理委员会",
        "清湾市交通运输管理委员会",
        "清湾市政务服务中心",
        "清湾市公共资源交易中心",
        "清湾市住房公积金管理中心",
        "清湾市住房公积金管理委员会",
        "清湾市人民政府驻北京办事处",
        "清湾市地震局",
        "清湾市地方金融监督管理局",
        "清湾市统计局",
        "清湾市地方海事局",
        "清湾市市场监督管理局",
        "清湾市公安局出入境管理局",
        "清湾市生态环境局临江分局",
        "清湾高新区财政局",
        "清湾市乡镇企业局",
        "清湾市乡村振兴局",
        "清湾市档案馆",
        "清湾市残联",
        "中共清湾市委党校",
        "清湾市卫生监督所",
        "清湾市地质调查队",
        "清湾市铁路建设办公室",
        "清湾市街道工作局",
        "清湾市宣传部",
        "清湾市委办公室",
        "清湾高新区办公室",
        "清湾市外事办公室",
        "清湾市侨办",
    ],
    VERTICAL: [
        "国家税务总局清湾市税务局",
        "国家税务总局清湾市临江区税务局",
        "清湾市国家税务局",
        "清湾市地税局",
        "清湾海关",
        "清湾市气象局",
        "清湾市烟草专卖局",
        "清湾海事局",
        "清湾市邮政管理局",
        "吉岭省通信管理局",
        "清湾银保监分局",
        "国家金融监督管理总局吉岭监管局",
        "中国证券监督管理委员会吉岭监管局",
        "中国人民银行清湾市分行",
        "国家统计局清湾调查队",
        "临江区消防救援大队",
        "清湾出入境边防检查站",
        "吉岭省地震局",
        "国家矿山安全监察局吉岭局",
        "审计署驻长春特派员办事处",
        "民航吉岭安全监督管理局",
        "水利部淮河水利委员会",
    ],
    TOWNSHIP: [
        "城关镇人民政府",
        "城关镇政府",
        "城关镇",
        "望河乡",
        "柳河满族乡人民政府",
        "柳河满族乡",
        "宝山苏木",
        "宝山苏木人民政府",
        "清湾市临江区城关镇人民政府",
        "城关镇人民政府办公室",
        "城关镇党政办",
        "第八师一四三团",
    ],
    STREET: [
        "山前街道",
        "山前街道办事处",
        "山前街道办",
        "山前街办",
        "清湾市临江区山前街道办事处",
        "文峰办事处",
        "高桥地区办事处",
        "来广营地区",
        "山前街道党工委办事处",
    ],
    ZONE: [
        "清湾经济技术开发区管理委员会",
        "清湾经济技术开发区",
        "清湾高新区",
        "清湾高新区管委会",
        "清湾新区管委会",
        "清湾新区管理委员会",
        "清湾新区",
        "望河旅游度假区管委会",
        "望河现代农业示范区",
        "清湾工业园区",
        "清湾综合保税区",
        "望河风景名胜区管理局",
        "望河国家级自然保护区管理委员会",
        "清湾空港新城",
        "清湾开发区管委会办公室",
    ],
    INSTITUTION: [
        "清湾市人民医院",
        "城关镇卫生院",
        "清湾市第一中学",
        "城关镇中心小学",
        "吉岭大学",
        "清湾职业技术学院",
        "清湾市自来水公司",
        "清湾供电局",
        "清湾市公共交通集团有限公司",
        "山前街道社区卫生服务中心",
        "清湾市中级人民法院",
        "山前社区",
        "清湾农场",
    ],
    STATE_COUNCIL: [
        "国务院办公厅",
        "财政部",
        "国家发展和改革委员会",
        "国家市场监督管理总局",
        "国家税务总局",
        "国家统计局",
        "海关总署",
        "审计署",
        "中国气象局",
        "中国证券监督管理委员会",
        "国家卫生健康委",
    ],
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_each_name_has_its_class(kind: str, name: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.because)
def test_each_example_of_a_table_is_decided_by_it(table: ClassTable) -> None:
    assert table.examples or table.divisions
    assert [name for name in table.examples if table_of(name) != table] == []
    assert table.kind in KINDS
    assert table.because


@pytest.mark.parametrize("spacing", ["清湾市　人民政府\n", " 清湾市人民政府", "清湾市人民政府（本级）"])
def test_blanks_and_a_remark_in_brackets_change_nothing(spacing: str) -> None:
    assert kind_of(spacing) == GOVERNMENT


def test_a_name_that_is_all_brackets_is_still_a_name() -> None:
    assert kind_of("（清湾市）") == DEPARTMENT
    assert kind_of("") == DEPARTMENT


@pytest.mark.parametrize(
    ("name", "division", "kind"),
    [
        ("国家保密局", None, STATE_COUNCIL),
        ("国家保密局", "host:gov.cn", STATE_COUNCIL),
        ("国家保密局", "100000", STATE_COUNCIL),
        ("国家保密局", "220202", DEPARTMENT),  # a county's, named as the one above it
        ("机关事务局", "100000", STATE_COUNCIL),
        ("机关事务局", "000000", STATE_COUNCIL),
        ("机关事务局", "220000", DEPARTMENT),
        ("吉岭大学", "100000", INSTITUTION),
        ("国家税务局", "220202", VERTICAL),
        ("城关镇", "220202", TOWNSHIP),
    ],
)
def test_the_division_tells_the_state_council_s_bodies_from_those_of_places(
    name: str, division: str | None, kind: str
) -> None:
    assert kind_of(name, division) == kind


def _named(place: Traversable) -> list[str]:
    lines = place.read_text(encoding="utf-8").splitlines()
    return [row["name"] for row in csv.DictReader(line for line in lines if not line.startswith("#"))]


@pytest.mark.parametrize("ending", ["", "人民政府"])
def test_the_name_of_every_division_is_its_government_s(ending: str) -> None:
    names = _named(files("archive.divisions").joinpath("counties.csv"))
    assert len(names) > 3000
    assert {name: kind_of(name + ending) for name in names if kind_of(name + ending) != GOVERNMENT} == {}


@pytest.mark.parametrize(
    ("endings", "kind"), [(("镇", "乡", "苏木"), TOWNSHIP), (("街道", "街道办事处"), STREET)], ids=["towns", "streets"]
)
def test_the_name_of_every_town_and_street_is_of_its_class(endings: tuple[str, ...], kind: str) -> None:
    places = files("archive.divisions").joinpath("townships").iterdir()
    names = {name for place in places for name in _named(place) if name.endswith(endings)}
    assert len(names) > 5000
    assert {name: kind_of(name) for name in names if kind_of(name) != kind} == {}
