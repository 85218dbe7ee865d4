"""A paper is what an invented agency reports; a sheet is one of its tables as cells with spans, before any format."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

REQUEST_COLUMNS = ("natural_person", "business", "research", "social_organisation", "legal_service", "other", "total")
COLUMN_LABELS = ("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计")
REVIEW_GROUPS = ("reconsideration", "litigation_direct", "litigation_after_reconsideration")
REVIEW_COLUMNS = ("upheld", "corrected", "other", "pending", "total")
REVIEW_LABELS = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")

# Row, level 2 (its own label where there is no level 3), level 3.
OUTCOMES_2019 = (
    ("granted", "（一）予以公开", None),
    ("partly_granted", "（二）部分公开（区分处理的，只计这一情形，不计其他情形）", None),
    ("refused_state_secret", "（三）不予公开", "1.属于国家秘密"),
    ("refused_prohibited_by_law", "（三）不予公开", "2.其他法律行政法规禁止公开"),
    ("refused_security_stability", "（三）不予公开", "3.危及“三安全一稳定”"),
    ("refused_third_party", "（三）不予公开", "4.保护第三方合法权益"),
    ("refused_internal_affairs", "（三）不予公开", "5.属于三类内部事务信息"),
    ("refused_deliberative", "（三）不予公开", "6.属于四类过程性信息"),
    ("refused_enforcement_file", "（三）不予公开", "7.属于行政执法案卷"),
    ("refused_administrative_query", "（三）不予公开", "8.属于行政查询事项"),
    ("unavailable_not_held", "（四）无法提供", "1.本机关不掌握相关政府信息"),
    ("unavailable_needs_creation", "（四）无法提供", "2.没有现成信息需要另行制作"),
    ("unavailable_unclear", "（四）无法提供", "3.补正后申请内容仍不明确"),
    ("not_processed_petition", "（五）不予处理", "1.信访举报投诉类申请"),
    ("not_processed_duplicate", "（五）不予处理", "2.重复申请"),
    ("not_processed_publication", "（五）不予处理", "3.要求提供公开出版物"),
    ("not_processed_repeated", "（五）不予处理", "4.无正当理由大量反复申请"),
    ("not_processed_reconfirm", "（五）不予处理", "5.要求行政机关确认或重新出具已获取信息"),
    ("other_handling", "（六）其他处理", None),
)
OUTCOMES_2021 = (
    *OUTCOMES_2019[:-1],
    ("other_uncorrected", "（六）其他处理", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
    ("other_unpaid", "（六）其他处理", "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"),
    ("other_else", "（六）其他处理", "3.其他"),
)
DISCLOSURE = {
    "2019": (
        ("一", ("本年新制作数量", "本年新公开数量", "对外公开总数量"), ("made", "newly_disclosed", "total_disclosed"), (("rules", "规章"), ("normative_documents", "规范性文件"))),
        ("五", ("上一年项目数量", "本年增/减", "处理决定数量"), ("previous_items", "change", "decisions"), (("licensing", "行政许可"), ("other_administration", "其他对外管理服务事项"))),
        ("六", ("上一年项目数量", "本年增/减", "处理决定数量"), ("previous_items", "change", "decisions"), (("penalties", "行政处罚"), ("coercion", "行政强制"))),
        ("八", ("上一年项目数量", "本年增/减"), ("previous_items", "change"), (("fees", "行政事业性收费"),)),
        ("九", ("采购项目数量", "采购总金额"), ("projects", "amount"), (("procurement", "政府集中采购"),)),
    ),
    "2021": (
        ("一", ("本年制发件数", "本年废止件数", "现行有效件数"), ("made", "repealed", "in_force"), (("rules", "规章"), ("normative_documents", "行政规范性文件"))),
        ("五", ("本年处理决定数量",), ("decisions",), (("licensing", "行政许可"),)),
        ("六", ("本年处理决定数量",), ("decisions",), (("penalties", "行政处罚"), ("coercion", "行政强制"))),
        ("八", ("本年收费金额（单位：万元）",), ("amount",), (("fees", "行政事业性收费"),)),
    ),
}  # fmt: skip
HEADINGS = (
    "总体情况",
    "主动公开政府信息情况",
    "收到和处理政府信息公开申请情况",
    "政府信息公开行政复议、行政诉讼情况",
    "存在的主要问题及改进情况",
    "其他需要报告的事项",
)
NUMERALS = "一二三四五六"


@dataclass(frozen=True)
class SheetCell:
    """A cell of a sheet; ``key`` is the figure it prints."""

    text: str
    rowspan: int = 1
    colspan: int = 1
    key: str | None = None


Sheet = tuple[tuple[SheetCell, ...], ...]


@dataclass(frozen=True)
class Paper:
    """An invented report. ``figures`` are the texts its cells print, by key."""

    agency: str
    year: int
    template: str
    figures: Mapping[str, str]
    prose: Mapping[int, tuple[str, ...]]
    preface: str
    signed: str | None = None
    signed_by: str | None = None
    headings: tuple[str, ...] = HEADINGS
    title: str = ""
    requests_template: str = ""
    notes: tuple[str, ...] = field(default=())
    layout: tuple[tuple[int, str | Sheet], ...] | None = None  # what is printed, where it is not what the form asks for

    def with_figures(self, **changed: str) -> Paper:
        """The same paper with other texts in some cells (``__`` for the dots of a key)."""
        return replace(
            self, figures={**self.figures, **{key.replace("__", "."): text for key, text in changed.items()}}
        )


def paper(
    agency: str = "清湾市财政局", year: int = 2023, *, template: str | None = None, seed: int = 1, busy: int = 30
) -> Paper:
    """An invented report whose identities hold; ``busy`` is about how many applications it received."""
    form = template if template is not None else ("2019" if year < 2021 else "2021")
    rng = random.Random(f"{agency}{year}{seed}")
    figures = {**_disclosure(rng, form), **_requests(rng, form, busy), **_review(rng)}
    total = figures["requests.new.total"]
    return Paper(
        agency=agency,
        year=year,
        template=form,
        figures=figures,
        prose=_prose(rng, agency, year, total),
        preface=(
            f"{agency}依照《中华人民共和国政府信息公开条例》编写本年度报告，统计期限为{year}年1月1日至{year}年12月31日。"
            f"如有疑问，请联系{agency}办公室（地址：清湾市临江大道{rng.randint(1, 300)}号，邮编：{rng.randint(100000, 699999)}，"
            f"电话：0{rng.randint(400, 999)}-{rng.randint(2000000, 8999999)}，邮箱：xxgk{rng.randint(1, 99)}@qingwan.example.cn）。"
        ),
        signed=f"{year + 1}年1月{rng.randint(4, 30)}日",
        signed_by=agency,
        title=f"{agency}{year}年政府信息公开工作年度报告",
        requests_template=form,
    )


def _disclosure(rng: random.Random, form: str) -> dict[str, str]:
    figures: dict[str, str] = {}
    for _, _, columns, rows in DISCLOSURE[form]:
        for row, _ in rows:
            for column in columns:
                value = rng.choice((0, 0, rng.randint(1, 9), rng.randint(10, 4000)))
                figures[f"disclosure.{row}.{column}"] = str(value)
            if "change" in columns:
                figures[f"disclosure.{row}.change"] = rng.choice(("0", "+3", "-0", f"+{rng.randint(1, 400)}")).replace(
                    "-0", "0"
                )
            if "in_force" in columns:
                made = int(figures[f"disclosure.{row}.made"])
                figures[f"disclosure.{row}.in_force"] = str(made + rng.randint(0, 50))
    if form == "2021":
        figures["disclosure.fees.amount"] = rng.choice(("0", "12.5", "7730.28", "59237.2449"))
    else:
        figures["disclosure.procurement.amount"] = rng.choice(("0", "117万元", "251000元", "52.15"))
    return figures


def _requests(rng: random.Random, form: str, busy: int) -> dict[str, str]:
    outcomes = [row for row, _, _ in (OUTCOMES_2019 if form == "2019" else OUTCOMES_2021)]
    table: dict[tuple[str, str], int] = {}
    for column in REQUEST_COLUMNS[:-1]:
        received = (
            rng.randint(0, busy)
            if column == "natural_person"
            else rng.choice((0, 0, rng.randint(0, max(1, busy // 8))))
        )
        carried_in = rng.choice((0, rng.randint(0, 3)))
        carried_out = min(received + carried_in, rng.choice((0, 0, 1, 2)))
        left = received + carried_in - carried_out
        table["new", column], table["carried_in", column], table["carried_out", column] = (
            received,
            carried_in,
            carried_out,
        )
        table["total", column] = left
        for row in outcomes:
            table[row, column] = 0
        for _ in range(left):
            table[rng.choice(outcomes), column] += 1
    rows = ["new", "carried_in", *outcomes, "total", "carried_out"]
    for row in rows:
        table[row, "total"] = sum(table[row, column] for column in REQUEST_COLUMNS[:-1])
    return {f"requests.{row}.{column}": str(table[row, column]) for row in rows for column in REQUEST_COLUMNS}


def _review(rng: random.Random) -> dict[str, str]:
    figures: dict[str, str] = {}
    for group in REVIEW_GROUPS:
        values = [rng.choice((0, 0, 0, rng.randint(1, 6))) for _ in range(4)]
        for column, value in zip(REVIEW_COLUMNS, [*values, sum(values)], strict=True):
            figures[f"review.{group}.{column}"] = str(value)
    return figures


def _prose(rng: random.Random, agency: str, year: int, total: str) -> dict[int, tuple[str, ...]]:
    topics = [
        "河道清淤",
        "老旧小区加装电梯",
        "公交线路调整",
        "粮食收储",
        "防汛值守",
        "校车安全",
        "菜市场改造",
        "山地苗木",
    ]
    topic, other = rng.sample(topics, 2)
    return {
        1: (
            f"{year}年，{agency}把{topic}和{other}两类信息列为公开的重点，全年在市政府网站专栏发布{rng.randint(40, 900)}条。",
            f"（一）主动公开。围绕{topic}每月更新一次进度，群众来电核对的事项当日答复。",
            f"（二）依申请公开。本年新收政府信息公开申请{total}件，均在期限内办理。",
            "（三）政府信息管理。对已公开的文件逐件核对效力，失效的注明日期。",
            f"（四）政府信息公开平台建设。专栏的检索和下载入口移到首页，{other}单列一栏。",
            f"（五）监督保障。年内开展培训{rng.randint(1, 4)}次，未发生责任追究。",
        ),
        5: (
            f"一是{topic}的数据分散在三个科室，口径对不齐；二是解读材料图表偏少。",
            f"{year + 1}年将由办公室统一口径，每季度抽查一次专栏，并为{other}补做问答式解读。",
        ),
        6: (rng.choice(("无。", "本年度无其他需要报告的事项。", f"{year}年未收取信息处理费。")),),
    }


def disclosure_sheet(item: Paper) -> Sheet:
    """表二 as one sheet, spans as the form prints them."""
    blocks = DISCLOSURE[item.template]
    width = max(len(labels) for _, labels, _, _ in blocks) + 1
    rows: list[tuple[SheetCell, ...]] = []
    for number, labels, columns, lines in blocks:
        rows.append((SheetCell(f"第二十条第（{number}）项", colspan=width),))
        spans = _spread(width - 1, len(labels))
        rows.append(
            (SheetCell("信息内容"), *(SheetCell(text, colspan=span) for text, span in zip(labels, spans, strict=True)))
        )
        for row, label in lines:
            keys = [f"disclosure.{row}.{column}" for column in columns]
            rows.append(
                (
                    SheetCell(label),
                    *(SheetCell(item.figures[key], 1, span, key) for key, span in zip(keys, spans, strict=True)),
                )
            )
    if "disclosure.published.total" in item.figures:
        text = f"{item.year}年本行政区域（或本部门）政府信息公开发布总数量（非新闻类、消息类）：{item.figures['disclosure.published.total']}"
        rows.append((SheetCell(text, colspan=width, key="disclosure.published.total"),))
    return tuple(rows)


def _spread(columns: int, cells: int) -> list[int]:
    return [columns // cells + (index < columns % cells) for index in range(cells)]


def requests_sheet(item: Paper) -> Sheet:
    """表三 as one sheet: three header rows, labels on three levels, seven columns."""
    form = item.requests_template or item.template
    outcomes = OUTCOMES_2019 if form == "2019" else OUTCOMES_2021
    rows: list[tuple[SheetCell, ...]] = [
        (
            SheetCell("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3),
            SheetCell("申请人情况", 1, 7),
        ),
        (SheetCell("自然人", 2), SheetCell("法人或其他组织", 1, 5), SheetCell("总计", 2)),
        tuple(SheetCell(label) for label in COLUMN_LABELS[1:-1]),
        (SheetCell("一、本年新收政府信息公开申请数量", 1, 3), *_values(item, "new")),
        (SheetCell("二、上年结转政府信息公开申请数量", 1, 3), *_values(item, "carried_in")),
    ]
    groups = [level2 for _, level2, level3 in outcomes if level3 is not None]
    met: set[str] = set()
    for index, (row, level2, level3) in enumerate(outcomes):
        cells: list[SheetCell] = [SheetCell("三、本年度办理结果", len(outcomes) + 1)] if index == 0 else []
        if level3 is None:
            cells.append(SheetCell(level2, 1, 2))
        else:
            if level2 not in met:
                cells.append(SheetCell(level2, groups.count(level2)))
                met.add(level2)
            cells.append(SheetCell(level3))
        rows.append((*cells, *_values(item, row)))
    rows.append((SheetCell("（七）总计", 1, 2), *_values(item, "total")))
    rows.append((SheetCell("四、结转下年度继续办理", 1, 3), *_values(item, "carried_out")))
    return tuple(rows)


def _values(item: Paper, row: str) -> Iterator[SheetCell]:
    for column in REQUEST_COLUMNS:
        key = f"requests.{row}.{column}"
        yield SheetCell(item.figures[key], key=key)


def review_sheet(item: Paper) -> Sheet:
    """表四 as one sheet: three header rows and one row of fifteen values."""
    labels = [SheetCell(label) for label in REVIEW_LABELS]
    return (
        (SheetCell("行政复议", 1, 5), SheetCell("行政诉讼", 1, 10)),
        (
            *(SheetCell(label, 2) for label in REVIEW_LABELS),
            SheetCell("未经复议直接起诉", 1, 5),
            SheetCell("复议后起诉", 1, 5),
        ),
        (*labels, *labels),
        tuple(
            SheetCell(item.figures[key], key=key)
            for key in (f"review.{g}.{c}" for g in REVIEW_GROUPS for c in REVIEW_COLUMNS)
        ),
    )


def split_review_sheets(item: Paper) -> tuple[Sheet, Sheet, Sheet]:
    """表四 as three sheets of five columns (quirk 28)."""
    names = {
        "reconsideration": "行政复议",
        "litigation_direct": "未经复议直接起诉",
        "litigation_after_reconsideration": "复议后起诉",
    }

    def sheet(group: str) -> Sheet:
        values = tuple(
            SheetCell(item.figures[f"review.{group}.{c}"], key=f"review.{group}.{c}") for c in REVIEW_COLUMNS
        )
        return ((SheetCell(names[group], 1, 5),), tuple(SheetCell(label) for label in REVIEW_LABELS), values)

    return sheet(REVIEW_GROUPS[0]), sheet(REVIEW_GROUPS[1]), sheet(REVIEW_GROUPS[2])


def sheets(item: Paper) -> dict[int, tuple[Sheet, ...]]:
    """The sheets by the section they stand in."""
    return {2: (disclosure_sheet(item),), 3: (requests_sheet(item),), 4: (review_sheet(item),)}


def expanded(sheet: Sheet) -> list[list[str]]:
    """A sheet without spans: continuations are empty cells, as an extractor without spans gives them."""
    height = len(sheet)
    slots: list[dict[int, str]] = [{} for _ in range(height)]
    for y, row in enumerate(sheet):
        x = 0
        for cell in row:
            while x in slots[y]:
                x += 1
            for dy in range(cell.rowspan):
                for dx in range(cell.colspan):
                    if y + dy < height:
                        slots[y + dy][x + dx] = cell.text if (dx, dy) == (0, 0) else ""
            x += cell.colspan
    width = max(max(row) for row in slots) + 1
    return [[row.get(x, "") for x in range(width)] for row in slots]
