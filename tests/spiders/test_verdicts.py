"""Which rows of a list are reports, and which articles are none."""

from __future__ import annotations

from datetime import date

import pytest

from spiders.families.pages import Page
from spiders.families.recogniser import recognise
from spiders.items import Row
from spiders.verdicts import part, refusal
from tests.spiders.families.invented import PROSE, title

TODAY = date(2026, 2, 1)
COLUMN = "http://www.example.gov.cn/zfxxgknb/"
SIX = "一、总体情况 二、主动公开政府信息情况 三、收到和处理政府信息公开申请情况 四、政府信息公开行政复议、行政诉讼情况 五、存在的主要问题及改进情况"


def row(text: str, *, cut: bool = False) -> Row:
    return Row(f"{COLUMN}t20260129_1.html", text, None, cut)


@pytest.mark.parametrize(
    ("text", "cut", "is_one"),
    [
        ("云汀市审计局2025年政府信息公开工", True, True),
        ("云汀市审计局2025年", True, True),
        ("云汀市审计局政府信息", True, True),
        ("云汀市审计局2025年度政府信息公开工作年", False, True),
        ("云汀市审计局2025年政府信息", False, True),
        ("云汀市审计局2025年政府", False, True),
        ("云汀市审计局2025年", False, False),
        ("云汀市审计局召开全市审计工作会", True, False),
        ("关于做好2025年政府信息公开", True, False),
        ("2025年政府信息公开工作要点", False, False),
    ],
)
def test_a_cut_title_counts_in_a_list_of_reports_where_it_may_begin_one(text: str, cut: bool, is_one: bool) -> None:
    assert len(part((row(text, cut=cut),), TODAY, trusted=True)[0]) == is_one
    assert part((row(text, cut=cut),), TODAY, trusted=False)[0] == ()


@pytest.mark.parametrize(
    ("whole", "body", "refused"),
    [
        (title(), PROSE, None),
        (title(), SIX + PROSE * 3, None),
        (title() + "解读", PROSE, "解读"),
        (title() + "解读", SIX + PROSE * 3, "解读"),
        ("云汀市审计局2025年政府信息公开培训班开班", PROSE, "说明"),
        ("云汀市审计局2025年政府采购意向", PROSE, "no report words"),
        ("云汀市审计局2025年公开情况", SIX + PROSE * 3, None),
    ],
)
def test_the_article_of_a_cut_row_decides(whole: str, body: str, refused: str | None) -> None:
    page = Page(
        f"{COLUMN}t20260129_1.html", f"<html><body><h1>{whole}</h1><div class='TRS_Editor'>{body}</div></body></html>"
    )
    assert refusal(page, recognise(page).title(page), row(whole[:12], cut=True)) == refused


@pytest.mark.parametrize(("shown", "cut"), [("{cut}…", True), ("{cut}...", True), ("{whole}", False)])
def test_a_row_says_whether_its_title_is_cut(shown: str, cut: bool) -> None:
    text = shown.format(cut=title()[:14], whole=title())
    page = Page(
        COLUMN,
        f'<html><body><ul><li><a href="t20260129_1.html">{text}</a><span>2026-01-29</span></li></ul></body></html>',
    )
    assert [found.cut for found in recognise(page).rows(page)] == [cut]


@pytest.mark.parametrize(
    ("name", "body", "is_column"),
    [
        (
            "政府信息公开年报",
            '<li><a href="4000000/index.html">云汀市审计局2025年政府信息…</a><span>2026-01-29</span></li>',
            True,
        ),
        ("政府信息公开年报", "<p>请选择单位</p>", False),
        (
            "政务公开",
            '<li><a href="4000000/index.html">云汀市审计局2025年政府信息…</a><span>2026-01-29</span></li>',
            False,
        ),
    ],
)
def test_a_list_that_calls_itself_one_of_reports_is_their_column(name: str, body: str, is_column: bool) -> None:
    page = Page(
        "http://www.example.gov.cn/zwxx/nb/index.html",
        f"<html><head><title>{name}</title></head><body><ul>{body}</ul></body></html>",
    )
    assert recognise(page).is_column(page) is is_column
