"""Papers of the older forms: the 统计表 of 2014 and the annex of 2008, one value a row."""

from __future__ import annotations

import random

from tests.papers.paper import Paper, Sheet, SheetCell

# Label, unit, row (null for a heading); rows that are sums name their parts in SUMS.
ROWS_2014: tuple[tuple[str, str, str | None], ...] = (
    ("一、主动公开情况", "——", None),
    ("（一）主动公开政府信息数（不同渠道和方式公开相同信息计1条）", "条", "disclosed"),
    ("其中：主动公开规范性文件数", "条", "disclosed_normative_documents"),
    ("制发规范性文件总数", "件", "issued_normative_documents"),
    ("（二）通过不同渠道和方式公开政府信息的情况", "——", None),
    ("1.政府公报公开政府信息数", "条", "via_gazette"),
    ("2.政府网站公开政府信息数", "条", "via_website"),
    ("3.政务微博公开政府信息数", "条", "via_weibo"),
    ("4.政务微信公开政府信息数", "条", "via_wechat"),
    ("5.其他方式公开政府信息数", "条", "via_other"),
    ("二、回应解读情况", "——", None),
    ("（一）回应公众关注热点或重大舆情数（不同方式回应同一热点或舆情计1次）", "次", "responses"),
    ("（二）通过不同渠道和方式回应解读的情况", "——", None),
    ("1.参加或举办新闻发布会总次数", "次", "press_conferences"),
    ("其中：主要负责同志参加新闻发布会总次数", "次", "press_conferences_by_head"),
    ("2.政府网站在线访谈次数", "次", "interviews"),
    ("其中：主要负责同志参加政府网站在线访谈次数", "次", "interviews_by_head"),
    ("3.政策解读稿件发布数", "篇", "interpretations"),
    ("4.微博微信回应事件数", "次", "responses_weibo_wechat"),
    ("5.其他方式回应事件数", "次", "responses_other"),
    ("三、依申请公开情况", "——", None),
    ("（一）收到申请数", "件", "received"),
    ("1.当面申请数", "件", "received_in_person"),
    ("2.传真申请数", "件", "received_by_fax"),
    ("3.网络申请数", "件", "received_online"),
    ("4.信函申请数", "件", "received_by_letter"),
    ("（二）申请办结数", "件", "completed"),
    ("1.按时办结数", "件", "completed_on_time"),
    ("2.延期办结数", "件", "completed_extended"),
    ("（三）申请答复数", "件", "answered"),
    ("1.属于已主动公开范围数", "件", "answered_already_public"),
    ("2.同意公开答复数", "件", "answered_granted"),
    ("3.同意部分公开答复数", "件", "answered_partly_granted"),
    ("4.不同意公开答复数", "件", "answered_refused"),
    ("其中：涉及国家秘密", "件", "refused_state_secret"),
    ("涉及商业秘密", "件", "refused_trade_secret"),
    ("涉及个人隐私", "件", "refused_privacy"),
    ("危及国家安全、公共安全、经济安全和社会稳定", "件", "refused_security_stability"),
    ("不是《条例》所指政府信息", "件", "refused_not_government_information"),
    ("法律法规规定的其他情形", "件", "refused_other_grounds"),
    ("5.不属于本行政机关公开数", "件", "answered_not_this_agency"),
    ("6.申请信息不存在数", "件", "answered_nonexistent"),
    ("7.告知作出更改补充数", "件", "answered_asked_to_amend"),
    ("8.告知通过其他途径办理数", "件", "answered_other_channel"),
    ("四、行政复议数量", "件", "reconsideration"),
    ("（一）维持具体行政行为数", "件", "reconsideration_upheld"),
    ("（二）被依法纠错数", "件", "reconsideration_corrected"),
    ("（三）其他情形数", "件", "reconsideration_other"),
    ("五、行政诉讼数量", "件", "litigation"),
    ("（一）维持具体行政行为或者驳回原告诉讼请求数", "件", "litigation_upheld"),
    ("（二）被依法纠错数", "件", "litigation_corrected"),
    ("（三）其他情形数", "件", "litigation_other"),
    ("六、举报投诉数量", "件", "complaints"),
    ("七、依申请公开信息收取的费用", "万元", "fees"),
    ("八、机构建设和保障经费情况", "——", None),
    ("（一）政府信息公开工作专门机构数", "个", "offices"),
    ("（二）设置政府信息公开查阅点数", "个", "reading_points"),
    ("（三）从事政府信息公开工作人员数", "人", "staff"),
    ("1.专职人员数（不包括政府公报及政府网站工作人员数）", "人", "staff_full_time"),
    ("2.兼职人员数", "人", "staff_part_time"),
    ("（四）政府信息公开专项经费（不包括用于政府公报编辑管理及政府网站建设维护等方面的经费）", "万元", "budget"),
    ("九、政府信息公开会议和培训情况", "——", None),
    ("（一）召开政府信息公开工作会议或专题会议数", "次", "meetings"),
    ("（二）举办各类培训班数", "次", "trainings"),
    ("（三）接受培训人员数", "人次", "trained_people"),
)
ROWS_2008: tuple[tuple[str, str, str | None], ...] = (
    ("主动公开信息数", "条", "disclosed"),
    ("其中：全文电子化的主动公开信息数", "条", "disclosed_electronic"),
    ("新增的行政规范性文件数", "条", "new_normative_documents"),
    ("提供服务类信息数", "条", "service_information"),
    ("网站专栏页面访问量", "人次", "page_views"),
    ("现场接待人数", "人次", "visitors"),
    ("网上咨询数", "人次", "enquiries_online"),
    ("咨询电话接听数", "人次", "enquiries_telephone"),
    ("依申请公开信息目录数", "条", "on_request_catalogue"),
    ("申请总数", "条", "received"),
    ("1.当面申请数", "条", "received_in_person"),
    ("2.传真申请数", "条", "received_by_fax"),
    ("3.电子邮件申请数", "条", "received_by_email"),
    ("4.网上申请数", "条", "received_online"),
    ("5.信函申请数", "条", "received_by_letter"),
    ("6.其他形式申请数", "条", "received_otherwise"),
    ("对申请的答复总数", "条", "answered"),
    ("1.同意公开答复数", "条", "answered_granted"),
    ("2.同意部分公开答复数", "条", "answered_partly_granted"),
    ("3.否决公开答复总数", "条", "answered_refused"),
    ("(1)“信息不存在”数", "条", "refused_nonexistent"),
    ("(2)“非本部门掌握”数", "条", "refused_not_held"),
    ("(3)“申请内容不明确”数", "条", "refused_unclear"),
    ("(4)“免予公开范围1”数", "条", "refused_exempt_1"),
    ("(5)“免予公开范围2”数", "条", "refused_exempt_2"),
    ("(6)“免予公开范围3”数", "条", "refused_exempt_3"),
    ("(7)“免予公开范围4”数", "条", "refused_exempt_4"),
    ("(8)“免予公开范围5”数", "条", "refused_exempt_5"),
    ("(9)“免予公开范围6”数", "条", "refused_exempt_6"),
    ("(10)非《规定》所指政府信息数", "条", "refused_not_government_information"),
    ("(11)其他原因", "条", "refused_other_reasons"),
    ("行政复议数", "件", "reconsideration"),
    ("行政诉讼数", "件", "litigation"),
    ("行政申诉数", "件", "appeals"),
    ("其中：对本部门首次处理不满意的行政申诉数", "件", "appeals_first_handling"),
    ("收取费用总数", "元", "fees"),
    ("其中：主动公开收费总数", "元", "fees_disclosure"),
    ("邮寄费", "元", "fees_disclosure_post"),
    ("递送费", "元", "fees_disclosure_delivery"),
    ("复制费（纸张）", "元", "fees_disclosure_paper"),
    ("复制费（光盘）", "元", "fees_disclosure_disc"),
    ("复制费（软盘）", "元", "fees_disclosure_floppy"),
    ("依申请公开收费总数", "元", "fees_request"),
    ("检索费", "元", "fees_request_search"),
    ("邮寄费", "元", "fees_request_post"),
    ("递送费", "元", "fees_request_delivery"),
    ("复制费（纸张）", "元", "fees_request_paper"),
    ("复制费（光盘）", "元", "fees_request_disc"),
    ("复制费（软盘）", "元", "fees_request_floppy"),
    ("其他收费", "元", "fees_request_other"),
    ("政府信息公开指定专职人员数", "人", "staff"),
    ("1.全职人员", "人", "staff_full_time"),
    ("2.兼职人员", "人", "staff_part_time"),
    ("处理政府信息公开的专项经费", "万元", "budget"),
    ("处理政府信息公开的实际支出", "万元", "expenses"),
    ("与诉讼有关的总费用", "万元", "litigation_costs"),
)
ROWS = {"2008": ROWS_2008, "2014": ROWS_2014}
# Sums by the beginnings of their parts' names; a part that is a sum itself stands below it.
SUMS: dict[str, dict[str, tuple[str, ...]]] = {
    "2014": {
        "answered_refused": ("refused_",), "received": ("received_",), "completed": ("completed_",),
        "answered": ("answered_",), "reconsideration": ("reconsideration_",), "litigation": ("litigation_",),
        "staff": ("staff_",),
    },
    "2008": {
        "answered_refused": ("refused_",), "received": ("received_",), "answered": ("answered_",),
        "fees_disclosure": ("fees_disclosure_",), "fees_request": ("fees_request_",),
        "fees": ("fees_disclosure", "fees_request"), "staff": ("staff_",),
    },
}  # fmt: skip
EXACT_PARTS = {"fees"}  # its parts are named in full
HEADINGS_OF = {
    "2014": ("概述", "主动公开政府信息情况", "回应解读情况", "依申请公开政府信息情况", "行政复议、诉讼和举报投诉情况", "存在问题及改进"),
    "2008": ("概述", "主动公开政府信息情况", "依申请公开政府信息情况", "收费及减免情况", "复议、诉讼情况", "主要问题和改进措施"),
}  # fmt: skip


def old_paper(agency: str = "清湾市柳河区人民政府", year: int = 2016, *, seed: int = 1) -> Paper:
    """An invented report of the form of its year (2008 to 2013, or 2014 to 2018) whose sums hold."""
    form = "2008" if year < 2014 else "2014"
    rng = random.Random(f"{agency}{year}{seed}")
    values = _values(form, rng)
    figures = {f"statistics_{form}.{row}.value": text for row, text in values.items()}
    headings = HEADINGS_OF[form]
    item = Paper(
        agency=agency, year=year, template=form, figures=figures, headings=headings,
        prose={number: (_sentence(heading, year, rng),) for number, heading in enumerate(headings, 1)},
        preface=f"{agency}依照《中华人民共和国政府信息公开条例》编写本报告，统计期限为{year}年1月1日至{year}年12月31日。",
        signed=f"{year + 1}年3月{rng.randint(1, 28)}日", signed_by=agency,
        title=f"{agency}{year}年政府信息公开工作年度报告",
    )  # fmt: skip
    return with_table(item, indicator_sheet(item))


def with_table(item: Paper, sheet: Sheet) -> Paper:
    """The paper laid out with its table of indicators behind the prose."""
    layout: list[tuple[int, str | Sheet]] = [(0, item.preface)]
    for number, heading in enumerate(item.headings, 1):
        layout.append((number, f"{'一二三四五六'[number - 1]}、{heading}"))
        layout.extend((number, text) for text in item.prose[number])
    layout += [
        (7, item.signed_by or ""),
        (7, item.signed or ""),
        (8, f"政府信息公开情况统计表（{item.year}年度）"),
        (8, sheet),
    ]
    return Paper(**{**vars(item), "layout": tuple(layout)})


def indicator_sheet(item: Paper, *, periods: int = 1) -> Sheet:
    """The table of indicators; the annex of 2008 has a code, and one column or two of the same values."""
    form = item.template
    rows: list[tuple[SheetCell, ...]] = []
    if form == "2014":
        rows.append((SheetCell("统计指标"), SheetCell("单位"), SheetCell("统计数")))
    else:
        names = ("本年累计",) if periods == 1 else ("本期实际", "本年累计")
        rows.append(tuple(SheetCell(text) for text in ("指标名称", "计量单位", "代码", *names)))
    for code, (label, unit, row) in enumerate(ROWS[form], 1):
        if row is None:
            rows.append((SheetCell(label), SheetCell(unit), SheetCell("——")))
            continue
        key = f"statistics_{form}.{row}.value"
        if key not in item.figures:
            continue
        codes = (SheetCell(f"{min(code, 55):02}"),) if form == "2008" else ()
        value = SheetCell(item.figures[key], key=key)
        rows.append((SheetCell(label), SheetCell(unit), *codes, *[value] * (periods if form == "2008" else 1)))
    return tuple(rows)


def _values(form: str, rng: random.Random) -> dict[str, str]:
    names = [row for _, _, row in ROWS[form] if row is not None]
    numbers = {row: rng.choice((0, rng.randint(1, 40), rng.randint(100, 9000))) for row in names}
    for total, beginnings in SUMS[form].items():
        exact = total in EXACT_PARTS
        parts = [row for row in names if row != total and (row in beginnings if exact else row.startswith(beginnings))]
        numbers[total] = sum(numbers[row] for row in parts)
    texts = {row: str(number) for row, number in numbers.items()}
    return texts | {"budget": rng.choice(("0", "3.5", "12.06"))}


def _sentence(heading: str, year: int, rng: random.Random) -> str:
    topic = rng.choice(("河道清淤", "公交线路调整", "粮食收储", "校车安全"))
    return (
        f"{heading}如下。{year}年，围绕{topic}逐月核对台账，群众来电问起的事项当日查清并答复；"
        f"专栏按科室分列，文件附上效力说明，{topic}单列一栏，附图两张，年底由办公室复核一遍。"
    )
