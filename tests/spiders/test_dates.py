"""Dates as lists and pages show them."""

from __future__ import annotations

from datetime import date

import pytest

from spiders.dates import believable, read_cell, read_labelled, read_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-29", date(2026, 1, 29)),
        ("2026/04/09", date(2026, 4, 9)),
        ("2026.01.02", date(2026, 1, 2)),
        ("2026年01月29日", date(2026, 1, 29)),
        ("2025年06月03日 13时44分", date(2025, 6, 3)),
        ("[2025-12-18]", date(2025, 12, 18)),
        ("( 2024-05-11)", date(2024, 5, 11)),
        ("2018-03-20 00:55:40", date(2018, 3, 20)),
        ("2023-11-30  14:52", date(2023, 11, 30)),
        ("2023-08-19 10∶08", date(2023, 8, 19)),
        ("二〇一一年四月二日", date(2011, 4, 2)),
        ("2026-\n01-29", date(2026, 1, 29)),
        ("29\n2026-01", date(2026, 1, 29)),
        ("2026-01\n29", date(2026, 1, 29)),
        ("20260129", date(2026, 1, 29)),
        ("发布时间：2026-01-02", date(2026, 1, 2)),
        ("", None),
        ("1970-01-01", None),
        ("2026-02-30", None),
        ("01-29", None),
        ("某局2026年1月2日起施行的办法", None),
    ],
)
def test_a_cell_is_a_date_only_if_it_is_nothing_else(text: str, expected: date | None) -> None:
    assert read_cell(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("发布日期:2026-01-12    点击数:", date(2026, 1, 12)),
        ("发布时间： 2017-04-12 08:12 信息来源： 某局", date(2017, 4, 12)),
        ("时间 : 2023-02-25 08:51:32", date(2023, 2, 25)),
        ("时间发布：2023-06-12 09:51", date(2023, 6, 12)),
        ("成文日期：2020-01-02 发布日期：2020-02-03", date(2020, 2, 3)),
        ("时间：2020-01-02 发布日期：2020-02-03", date(2020, 2, 3)),
        ("发布日期 2025年08月05日", date(2025, 8, 5)),
        ("发布日期： 主题词： 发布日期：2025-08-05", date(2025, 8, 5)),
        ("生成日期: 2024-10-21", None),
        ("成文日期：2020-01-02", None),
        ("失效时间：2020-01-02", None),
        ("页面生成时间 2025-06-03 13:56:58", None),
        ("发布时间：   来源：某某 2019-01-02", None),
        ("2019年12月3日星期二", None),
    ],
)
def test_only_a_label_of_publication_makes_a_date_the_publishing_date(text: str, expected: date | None) -> None:
    assert read_labelled(text) == expected


def test_the_margin_of_a_row_gives_its_last_date_and_a_paragraph_none() -> None:
    assert read_line("某局　2024-01-02") == date(2024, 1, 2)
    assert read_line("自2024年1月2日起，" + "某局按照统一部署开展工作，" * 10) is None


def test_a_date_in_the_future_is_a_placeholder() -> None:
    today = date(2026, 3, 1)
    assert believable(date(2099, 12, 31), today) is None
    assert believable(date(2026, 3, 2), today) == date(2026, 3, 2)
    assert believable(None, today) is None
