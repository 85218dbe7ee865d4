"""The statutory tables of the forms of 2019 and 2021, as grids of cells, and as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal

Form = Literal["2019", "2021"]
Figures = Mapping[str, str]

APPLICANTS = {
    "natural_person": "自然人",
    "business": "商业企业",
    "research": "科研机构",
    "social_organisation": "社会公益组织",
    "legal_service": "法律服务机构",
    "other": "其他",
    "total": "总计",
}
REFUSED = {
    "refused_state_secret": "1.属于国家秘密",
    "refused_prohibited_by_law": "2.其他法律行政法规禁止公开",
    "refused_security_stability": "3.危及“三安全一稳定”",
    "refused_third_party": "4.保护第三方合法权益",
    "refused_internal_affairs": "5.属于三类内部事务信息",
    "refused_deliberative": "6.属于四类过程性信息",
    "refused_enforcement_file": "7.属于行政执法案卷",
    "refused_administrative_query": "8.属于行政查询事项",
}
UNAVAILABLE = {
    "unavailable_not_held": "1.本机关不掌握相关政府信息",
    "unavailable_needs_creation": "2.没有现成信息需要另行制作",
    "unavailable_unclear": "3.补正后申请内容仍不明确",
}
NOT_PROCESSED = {
    "not_processed_petition": "1.信访举报投诉类申请",
    "not_processed_duplicate": "2.重复申请",
    "not_processed_publication": "3.要求提供公开出版物",
    "not_processed_repeated": "4.无正当理由大量反复申请",
    "not_processed_reconfirm": "5.要求行政机关确认或重新出具已获取信息",
}
OTHER_HANDLING = {
    "other_uncorrected": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "other_unpaid": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "other_else": "3.其他",
}
GROUPS = {
    "reconsideration": "行政复议",
    "litigation_direct": "未经复议直接起诉",
    "litigation_after_reconsideration": "复议后起诉",
}
RESULTS = {"upheld": "结果维持", "corrected": "结果纠正", "other": "其他结果", "pending": "尚未审结", "total": "总计"}
_BLOCKS_2019 = (
    (
        "一",
        {"made": "本年新制作数量", "newly_disclosed": "本年新公开数量", "total_disclosed": "对外公开总数量"},
        {"rules": "规章", "normative_documents": "规范性文件"},
    ),
    (
        "五",
        {"previous_items": "上一年项目数量", "change": "本年增/减", "decisions": "处理决定数量"},
        {"licensing": "行政许可", "other_administration": "其他对外管理服务事项"},
    ),
    (
        "六",
        {"previous_items": "上一年项目数量", "change": "本年增/减", "decisions": "处理决定数量"},
        {"penalties": "行政处罚", "coercion": "行政强制"},
    ),
    ("八", {"previous_items": "上一年项目数量", "change": "本年增/减"}, {"fees": "行政事业性收费"}),
    ("九", {"projects": "采购项目数量", "amount": "采购总金额"}, {"procurement": "政府集中采购"}),
)
_BLOCKS_2021 = (
    (
        "一",
        {"made": "本年制发件数", "repealed": "本年废止件数", "in_force": "现行有效件数"},
        {"rules": "规章", "normative_documents": "行政规范性文件"},
    ),
    ("五", {"decisions": "本年处理决定数量"}, {"licensing": "行政许可"}),
    ("六", {"decisions": "本年处理决定数量"}, {"penalties": "行政处罚", "coercion": "行政强制"}),
    ("八", {"amount": "本年收费金额（单位：万元）"}, {"fees": "行政事业性收费"}),
)


@dataclass(frozen=True)
class Cell:
    """A printed cell; ``key`` where it holds a figure."""

    text: str
    columns: int = 1
    rows: int = 1
    key: str | None = None


Grid = list[list[Cell]]


def tables(figures: Figures, form: Form = "2021") -> tuple[Grid, Grid, Grid]:
    """The three tables of a report; ``figures`` gives each printed cell, ``0`` where it says nothing."""
    return disclosure(figures, form), requests(figures, form), review(figures)


def disclosure(figures: Figures, form: Form = "2021") -> Grid:
    """Table 二."""
    grid: Grid = []
    for article, columns, rows in _BLOCKS_2019 if form == "2019" else _BLOCKS_2021:
        grid.append([Cell(f"第二十条第（{article}）项", columns=4)])
        spans = {1: [3], 2: [1, 2], 3: [1, 1, 1]}[len(columns)]
        grid.append(
            [
                Cell("信息内容"),
                *(Cell(label, columns=span) for label, span in zip(columns.values(), spans, strict=True)),
            ]
        )
        for row, label in rows.items():
            keys = [f"disclosure.{row}.{column}" for column in columns]
            grid.append([Cell(label), *(_value(figures, key, span) for key, span in zip(keys, spans, strict=True))])
    return grid


def requests(figures: Figures, form: Form = "2021") -> Grid:
    """Table 三."""
    results = 22 if form == "2021" else 20
    grid: Grid = [
        [
            Cell("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", columns=3, rows=3),
            Cell("申请人情况", columns=7),
        ],
        [Cell("自然人", rows=2), Cell("法人或其他组织", columns=5), Cell("总计", rows=2)],
        [Cell(label) for label in list(APPLICANTS.values())[1:6]],
        [Cell("一、本年新收政府信息公开申请数量", columns=3), *_line(figures, "new")],
        [Cell("二、上年结转政府信息公开申请数量", columns=3), *_line(figures, "carried_in")],
        [Cell("三、本年度办理结果", rows=results), Cell("（一）予以公开", columns=2), *_line(figures, "granted")],
        [
            Cell("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", columns=2),
            *_line(figures, "partly_granted"),
        ],
        *_group(figures, "（三）不予公开", REFUSED),
        *_group(figures, "（四）无法提供", UNAVAILABLE),
        *_group(figures, "（五）不予处理", NOT_PROCESSED),
    ]
    if form == "2021":
        grid += _group(figures, "（六）其他处理", OTHER_HANDLING)
    else:
        grid.append([Cell("（六）其他处理", columns=2), *_line(figures, "other_handling")])
    grid.append([Cell("（七）总计", columns=2), *_line(figures, "total")])
    grid.append([Cell("四、结转下年度继续办理", columns=3), *_line(figures, "carried_out")])
    return grid


def review(figures: Figures) -> Grid:
    """Table 四."""
    labels = list(RESULTS.values())
    return [
        [Cell("行政复议", columns=5), Cell("行政诉讼", columns=10)],
        [
            *(Cell(label, rows=2) for label in labels),
            Cell("未经复议直接起诉", columns=5),
            Cell("复议后起诉", columns=5),
        ],
        [Cell(label) for label in labels * 2],
        [_value(figures, f"review.{group}.{result}") for group in GROUPS for result in RESULTS],
    ]


def as_html(grid: Grid) -> str:
    """A grid as a table with spans."""
    rows = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in grid)
    return f'<table border="1" cellspacing="0"><tbody>\n{rows}\n</tbody></table>'


def keys(form: Form = "2021") -> tuple[str, ...]:
    """Every figure a form asks for, in print order."""
    return tuple(cell.key for grid in tables({}, form) for row in grid for cell in row if cell.key is not None)


def place(grid: Grid) -> list[tuple[int, int, Cell]]:
    """Each cell with the row and column its upper left corner stands in."""
    taken: set[tuple[int, int]] = set()
    placed: list[tuple[int, int, Cell]] = []
    for number, row in enumerate(grid):
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            placed.append((number, column, cell))
            taken |= {(number + down, column + right) for down in range(cell.rows) for right in range(cell.columns)}
    return placed


def width(grid: Grid) -> int:
    """How many columns a grid has."""
    return sum(cell.columns for cell in grid[0])


def _line(figures: Figures, row: str) -> list[Cell]:
    return [_value(figures, f"requests.{row}.{column}") for column in APPLICANTS]


def _group(figures: Figures, label: str, rows: dict[str, str]) -> Grid:
    lines: Grid = [[Cell(text), *_line(figures, row)] for row, text in rows.items()]
    lines[0].insert(0, Cell(label, rows=len(rows)))
    return lines


def _value(figures: Figures, key: str, columns: int = 1) -> Cell:
    return Cell(figures.get(key, "0"), columns=columns, key=key)


def _cell(cell: Cell) -> str:
    spans = (f' colspan="{cell.columns}"' if cell.columns > 1 else "") + (
        f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    )
    return f"<td{spans}><p>{escape(cell.text)}</p></td>"
