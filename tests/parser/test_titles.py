"""A report's title is told from its look-alikes; publisher and year are what it says."""

from __future__ import annotations

import pytest

from parser.titles import is_name, judge, read, shorten


@pytest.mark.parametrize(
    ("title", "publisher", "year"),
    [
        ("清湾市财政局2023年政府信息公开工作年度报告", "清湾市财政局", 2023),
        ("2023年清湾市财政局政府信息公开工作年度报告", "清湾市财政局", 2023),
        ("2025年度长溪新区管委会政府信息公开工作年度报告", "长溪新区管委会", 2025),
        ("2023年清湾市柳河区人民政府信息公开工作年度报告", "清湾市柳河区人民政府", 2023),  # the two share one 政府
        ("清湾市2020年政府信息公开工作年度报告", "清湾市", 2020),
        ("平渡街道办事处 政府信息公开工作2017年度报告", "平渡街道办事处", 2017),  # quirk 7
        ("2019年度政府信息公开工作年报", None, 2019),
        ("2016年政务信息公开年度报告", None, 2016),
        ("2020年政府信息公开工作的年度报告", None, 2020),
        ("(文字版)2017年清湾市政府信息公开工作年度报告", "清湾市", 2017),
        ("2022年清湾市教育局政府信息公开工作年度报告（图片版）", "清湾市教育局", 2022),
        ("清湾市合作交流办公室2020年度政府信息公开工作报告", "清湾市合作交流办公室", 2020),
        ("柳河区人民政府办公室2025年政府信息公开年报", "柳河区人民政府办公室", 2025),
        ("大坪镇2023年政府信息公开 工作告年度报", "大坪镇", 2023),  # quirk 5: scrambled
        ("大坪镇2023年政府信息公开工作年度报", "大坪镇", 2023),  # cut
        ("2021 年政府信息 公开工作年度报告", None, 2021),  # quirk 57
        ("清湾市审计局关于2023年度政府信息公开工作情况的报告", "清湾市审计局", 2023),
        ("二〇二三年清湾市统计局政府信息公开工作年度报告", "清湾市统计局", 2023),
        ("政府信息公开工作年度报告", None, None),  # quirk 6: no year
        ("清湾住房公积金管理中心2022年政府信息公开工作年度报告", "清湾住房公积金管理中心", 2022),
        ("标题：清湾市水务局2023年政府信息公开年度报告", "清湾市水务局", 2023),
    ],
)
def test_a_report_title_names_publisher_and_year(title: str, publisher: str | None, year: int | None) -> None:
    assert judge(title).is_report
    parts = read(title)
    assert (parts.publisher, parts.report_year) == (publisher, year)


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("清湾市生态环境局2024年政府信息公开工作年度报告解读", "解读"),
        ("图解：清湾市2023年政府信息公开工作年度报告", "解读"),
        ("一图读懂清湾市2023年政府信息公开工作年度报告", "解读"),
        ("动漫图解丨清湾市2023年政府信息公开工作年度报告", "解读"),
        ("长图｜清湾市2023年政府信息公开工作年度报告", "解读"),
        ("政务新媒体视频：清湾市2023年政府信息公开工作年度报告", "解读"),
        ("关于做好2023年政府信息公开工作年度报告编制和公布工作的通知", "通知"),
        ("清湾市政府信息公开工作年度报告制度", "制度"),
        ("政府信息公开工作年度报告格式", "制度"),
        ("清湾市2023年政府信息公开工作年度报告公布情况", "公布情况"),
        ("信息公开年度工作报告说明", "说明"),
        ("清湾市2023年政府网站工作年度报表", "政府网站工作年度报表"),
        ("清湾市2023年法治政府建设年度报告", "法治政府建设年度报告"),
        ("清湾市住房公积金2022年年度报告", "住房公积金年度报告"),
        ("清湾市政府信息公开指南", "指南"),
        ("清湾市2024年1月政府信息公开月报", "统计报表"),
        ("清湾大学2018—2019学年信息公开工作年度报告", "学年 report of a school"),
        ("清湾市人民医院2023年信息公开年度报告", "report of a school or public enterprise"),
        ("清湾市供水有限公司2023年信息公开工作年度报告", "report of a school or public enterprise"),
        ("清湾市2023年政务公开工作总结", "工作总结或要点"),
        ("关于2023年政府信息公开工作年度报告编制培训的通知", "通知"),
        ("清湾市举行新闻发布会", "no report words"),
        ("2024年年报", "no report words"),
    ],
)
def test_a_look_alike_is_refused_with_its_class(title: str, reason: str) -> None:
    verdict = judge(title)
    assert (verdict.is_report, verdict.reason) == (False, reason)


def test_a_bare_yearly_report_counts_in_a_report_column_only() -> None:
    assert not judge("2024年年报").is_report
    assert judge("2024年年报", in_report_column=True).is_report
    assert not judge("2024年法治政府建设年度报告", in_report_column=True).is_report


@pytest.mark.parametrize(
    ("printed", "short"),
    [
        ("清湾市财政局2023年政府信息公开年度报告-清湾市财政局", "清湾市财政局2023年政府信息公开年度报告"),
        ("清湾市财政局2023年政府信息公开年度报告_清湾市人民政府", "清湾市财政局2023年政府信息公开年度报告"),
        ("清湾市 2023年\n政府信息公开工作年度报告", "清湾市2023年政府信息公开工作年度报告"),
    ],
)
def test_the_name_of_the_site_is_no_part_of_the_title(printed: str, short: str) -> None:
    assert shorten(printed) == short


@pytest.mark.parametrize("name", ["清湾市8号桥街道办事处", "第1产业园区", "12345热线中心", "清湾市财政局"])
def test_a_name_may_hold_digits(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["12345", "1月15日", "2024年3月", "信息公开", ""])
def test_digits_alone_and_days_are_no_name(name: str) -> None:
    assert not is_name(name)
