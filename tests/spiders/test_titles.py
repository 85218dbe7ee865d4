"""Titles out of links: whole and clean."""

from __future__ import annotations

import pytest

from spiders.titles import same_start, whole

WHOLE = "云汀市审计局2024年政府信息公开工作年度报告"


@pytest.mark.parametrize(
    ("shown", "attribute", "expected"),
    [
        (WHOLE, None, WHOLE),
        (WHOLE, WHOLE, WHOLE),
        ("云汀市审计局2024年政府信息公…", WHOLE, WHOLE),
        ("云汀市审计局2024年政府信息公...", WHOLE, WHOLE),
        ("云汀市审计局2024年", f"{WHOLE} 06月01日", WHOLE),
        ("云汀市审计局...", f"标题：{WHOLE}\r点击数：1356\r发表时间：2025-01-02", WHOLE),
        (WHOLE, f"信息标题：{WHOLE}", WHOLE),
        (WHOLE, "点击查看", WHOLE),
        ("[详细]", WHOLE, WHOLE),
        ("云汀市审计局2024年政府信息公开\n  工作年度报告", "", WHOLE),
        (f"·{WHOLE} [2025-01-02]", None, WHOLE),
        (f"{WHOLE}2025-01-02", None, WHOLE),
        ("云汀市审计局政府信息公开年度报告（2024年）", None, "云汀市审计局政府信息公开年度报告（2024年）"),
        ("2024年年报", None, "2024年年报"),
    ],
)
def test_a_link_gives_its_whole_title(shown: str, attribute: str | None, expected: str) -> None:
    found = whole(shown, attribute)
    assert (found.text, found.cut) == (expected, False)


def test_a_title_that_is_nowhere_whole_says_so() -> None:
    found = whole("云汀市审计局2024年政府信息…", "云汀市审计局2024年政府信息公开…")
    assert (found.text, found.cut) == ("云汀市审计局2024年政府信息公开", True)


def test_two_titles_belong_together_by_their_beginning() -> None:
    assert same_start(WHOLE[:16] + "…", WHOLE + "解读")
    assert same_start(WHOLE, "图解：" + WHOLE)
    assert not same_start(WHOLE, "政府信息公开指南")
