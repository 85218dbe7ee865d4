"""Invented prose: six sections per report, so that no two reports of the city read alike and each fits its figures."""

from __future__ import annotations

from dataclasses import dataclass

_OPENINGS = (
    "{year}年，{name}围绕{first}和{second}两条主线推进政务公开，全年没有发生因公开不当引起的投诉。",
    "这一年里，{name}把{first}列为公开重点，{second}的有关文件做到随制随发。",
    "{year}年{name}重新梳理了公开事项，{first}从季度更新改为按月更新，{second}首次整批上网。",
    "按照全市统一安排，{name}在{year}年完成了{first}的栏目改版，并补齐了{second}的历史材料。",
    "{name}在{year}年坚持谁制作谁公开，{first}由业务科室直接发布，{second}由办公室复核后发布。",
    "围绕群众最常问的事，{name}{year}年集中公开了{first}，也回应了有关{second}的疑问。",
    "{year}年，{name}的公开工作由分管负责人每月过问一次，{first}、{second}和{third}都有专人负责。",
)
_DISCLOSED = (
    "门户网站全年发布信息{count}条，其中{first}占三成；政策文件同步附上简明读本{books}篇。",
    "全年在市政府网站和公告栏公布信息{count}条，{second}类信息点击最多，另制作问答{books}组。",
    "通过网站、公报和村（社区）公示栏公布信息{count}条，组织开放活动{books}场，主题是{third}。",
    "累计更新栏目内容{count}条，对{first}的旧页面逐页核对，改正错漏{books}处。",
    "全年上网信息{count}条，比计划多出{books}条，多出的部分主要是{second}。",
    "公布{first}、{second}等信息{count}条，重大决定作出前征求意见{books}次。",
)
_DOCUMENTS = (
    "本年制发行政规范性文件{made}件，废止{repealed}件，年末现行有效{in_force}件。",
    "规范性文件方面，全年制发{made}件、废止{repealed}件，到年底现行有效{in_force}件，均可在网站下载。",
    "年底前完成文件清理：制发{made}件，废止{repealed}件，现行有效{in_force}件。",
    "文件库逐件标注效力，本年制发{made}件，废止{repealed}件，现行有效{in_force}件。",
)
_ASKED = (
    "全年新收政府信息公开申请{new}件，上年结转{carried_in}件，办结{total}件，结转下年度{carried_out}件，全部在法定期限内答复。",
    "新收申请{new}件，连同上年结转{carried_in}件，本年办结{total}件，结转下年度继续办理{carried_out}件；答复前均与申请人通过电话。",
    "依申请公开窗口全年新收申请{new}件，上年结转{carried_in}件，办结{total}件，结转下年度{carried_out}件，申请内容集中在{first}。",
    "新收申请{new}件、上年结转{carried_in}件，已办结{total}件，结转下年度{carried_out}件，主要涉及{second}。",
    "申请渠道以网上填报为主，新收申请{new}件，上年结转{carried_in}件，办结{total}件，结转下年度{carried_out}件。",
)
_NOT_ASKED = (
    "全年未收到政府信息公开申请，窗口和信箱均有人值守。",
    "本年度未收到政府信息公开申请，也没有上年结转事项。",
    "未收到政府信息公开申请；对前来询问{first}的群众均当场作了说明。",
    "年内未收到政府信息公开申请，{second}方面的咨询以电话为主。",
)
_MANAGED = (
    "对历年文件重新编号，过期的{first}材料移出首页并注明失效日期。",
    "建立发布前三道核对：拟稿人查事实，科室负责人查数字，办公室查格式。",
    "把{third}的台账与网站目录逐条比对，补录漏发的材料。",
    "信息发布实行一事一单，审签单与发布截图一并归档。",
    "清理重复栏目四个，{second}的入口由五层减为两层。",
    "邀请档案馆指导整理纸质公报，{first}的旧卷已可查阅。",
)
_PLATFORM = (
    "网站增加大字版，{third}页面可以一键下载表格。",
    "公开专区按办事人、企业、村民三种身份重排，{first}放在最前。",
    "新设查阅点两处，配有专用电脑和打印机，{second}资料按月添置。",
    "微信公众号每周推送一次{third}提示，留言由专人答复。",
    "在办事大厅立起公开屏，滚动播放{first}办理进度。",
    "检索功能换用新的分词办法，输入{second}的俗称也能查到。",
)
_WATCHED = (
    "年内自查三次，市里抽查一次，发现的问题当月改完，未发生责任追究。",
    "把公开情况纳入科室年终评分，占百分之五；社会评议满意率较上年提高。",
    "请六名监督员按月浏览网站，提出意见十一条，采纳九条，未有责任追究情形。",
    "组织两次业务学习，全体科室负责人参加；全年没有因公开工作受到通报。",
    "分管负责人带队到{third}一线听取意见，列出清单逐项销号，无责任追究。",
)
_PROBLEMS = (
    "不足之处在于{first}的说明偏专业，外行人不易看懂；部分表格只有图片，手机上看不清。",
    "主要差距：一是{second}更新有时晚两三天；二是科室之间口径不尽一致，同一数字出现过两种说法。",
    "仍有短板，{third}的公开停留在结果，过程材料较少；新进人员对条例还不熟。",
    "从自查看，{first}的历史数据不全，最早几年的还没有上网；栏目名称与群众习惯的叫法不同。",
    "存在的问题是主动公开的深度不够，{second}多为通知，少有解释；答复文书的格式还不统一。",
    "群众反映{third}信息分散在三个栏目，查找费时；个别链接失效后没有及时修复。",
    "公开队伍偏弱，只有一名兼职人员，{first}忙时顾不上；图表类解释材料偏少。",
)
_PLANS = (
    "{next}年将把{first}做成一张图，表格一律提供可编辑版本，并在三月底前补齐。",
    "{next}年拟统一数字口径，由统计人员先核后发，{second}当天办结当天上网。",
    "{next}年计划按月公开{third}的过程材料，上半年组织一次全员考试。",
    "{next}年继续补录旧数据，争取推到建制之初，同时给栏目加上通俗别名。",
    "{next}年要为每份通知配一段白话说明，统一答复文书，并请申请人评价。",
    "{next}年将合并相近栏目，每周检查一次链接，{third}信息只留一个入口。",
    "{next}年准备配备专职人员一名，{first}实行双人复核，并开设图解专栏。",
)
_CAUSES = (
    "究其原因，{second}涉及科室多，汇总环节没有时限。",
    "这与{third}近两年调整频繁、说明文字没有跟上有关。",
    "根子在于把{second}当作内部台账管理，没有想到群众也要用。",
    "{first}的经办人中途轮岗，交接时漏了公开这一项。",
    "目前{third}仍靠人工录入，错了不易发现。",
)
_STEPS = (
    "同时请{second}的服务对象试用栏目，按他们的说法改标题。",
    "{third}的每一步办完即公开，不再等到年底。",
    "对{first}另设更正栏，写明改了什么、何时改的。",
    "把{second}的常见疑问编成小册子，放到窗口和村口。",
)
_FEES = (
    "本年度未收取信息处理费，{first}的查询和复印都不收费。",
    "全年没有收取信息处理费；涉及{second}的建议和提案答复已另行上网。",
    "信息处理费收取金额为零。年度要点规定的{third}公开任务已完成。",
    "没有发生信息处理费。本报告的数字由办公室汇总，{second}科室核对。",
    "未发出收费通知，未收取信息处理费，{first}的统计口径与上年相同。",
    "无信息处理费。对{third}的公开有疑问的，可在工作日到窗口查询。",
)
_OTHERS = (
    "{name}另外编印了{second}办事折页，向社区赠送。",
    "除此以外，{name}没有其他需要报告的事项。",
    "年内还配合档案部门移交了{third}的目录。",
    "{first}的公开标准目录已随机构调整修订一次。",
    "市里安排的{second}开放日如期举行，来访者的意见已逐条答复。",
)
_DISPUTED = (
    "因政府信息公开被申请行政复议{reconsideration}件，被提起行政诉讼{litigation}件。",
    "本年度行政复议{reconsideration}件、行政诉讼{litigation}件，均按程序应对。",
    "行政复议{reconsideration}件，行政诉讼{litigation}件，办案部门已逐件复盘。",
)
_NOT_DISPUTED = (
    "本年度没有发生与政府信息公开有关的复议和诉讼。",
    "没有人就政府信息公开申请复议或者起诉。",
    "复议、诉讼均未发生。",
)


@dataclass(frozen=True)
class Facts:
    """What a report's prose speaks of. ``number`` of the agency and ``year`` choose the sentences."""

    name: str
    number: int
    year: int
    subjects: tuple[str, ...]
    figures: dict[str, str]
    address: str
    phone: str


@dataclass(frozen=True)
class Prose:
    """The text of a report by section: paragraphs before the tables of each, and its preface."""

    preface: str
    sections: dict[int, tuple[str, ...]]


HEADINGS = {
    1: "总体情况",
    2: "主动公开政府信息情况",
    3: "收到和处理政府信息公开申请情况",
    4: "政府信息公开行政复议、行政诉讼情况",
    5: "存在的主要问题及改进情况",
    6: "其他需要报告的事项",
}
NUMERALS = {1: "一", 2: "二", 3: "三", 4: "四", 5: "五", 6: "六"}


def write(facts: Facts) -> Prose:
    """The prose of one report. From year to year every slot takes another sentence and another order of subjects."""
    words = _words(facts)
    choose = _Chooser(facts, words)
    asked = int(words["new"]) + int(words["carried_in"]) > 0
    disputed = int(words["reconsideration"]) + int(words["litigation"]) > 0
    preface = (
        f"根据《中华人民共和国政府信息公开条例》和国务院办公厅印发的年度报告格式编写，统计期限为{facts.year}年1月1日至{facts.year}年12月31日。"
        f"联系地址：{facts.address}，邮编：139900，电话：{facts.phone}。"
    )
    first = (
        choose(_OPENINGS, 1),
        "（一）主动公开。" + choose(_DISCLOSED, 2) + choose(_DOCUMENTS, 1),
        "（二）依申请公开。" + choose(_ASKED if asked else _NOT_ASKED, 3),
        "（三）政府信息管理。" + choose(_MANAGED, 1),
        "（四）政府信息公开平台建设。" + choose(_PLATFORM, 4),
        "（五）监督保障。" + choose(_WATCHED, 2),
    )
    return Prose(
        preface,
        {
            1: first,
            2: (),
            3: (),
            4: (choose(_DISPUTED if disputed else _NOT_DISPUTED, 1),),
            5: (
                "（一）存在的主要问题。" + choose(_PROBLEMS, 5) + choose(_CAUSES, 3),
                "（二）改进情况。" + choose(_PLANS, 3) + choose(_STEPS, 1),
            ),
            6: (choose(_FEES, 1) + choose(_OTHERS, 4),),
        },
    )


class _Chooser:
    """Takes a sentence for a slot: agencies of neighbouring numbers and consecutive years never take the same one."""

    def __init__(self, facts: Facts, words: dict[str, str]) -> None:
        self.facts = facts
        self.words = words

    def __call__(self, sentences: tuple[str, ...], step: int) -> str:
        index = self.facts.number * step + self.facts.number // len(sentences) + (self.facts.year - 2020) * 2
        if len(sentences) % 2 == 0:
            index += (self.facts.year - 2020) // (len(sentences) // 2)
        return sentences[index % len(sentences)].format(**self.words)


def _words(facts: Facts) -> dict[str, str]:
    turn = facts.year % len(facts.subjects)
    first, second, third = (*facts.subjects[turn:], *facts.subjects[:turn])[:3]
    number = facts.figures
    litigation = sum(
        int(number[f"review.{group}.total"]) for group in ("litigation_direct", "litigation_after_reconsideration")
    )
    return {
        "name": facts.name,
        "year": str(facts.year),
        "next": str(facts.year + 1),
        "first": first,
        "second": second,
        "third": third,
        "count": str(180 + 37 * facts.number + 61 * (facts.year - 2022)),
        "books": str(3 + (facts.number * 5 + facts.year) % 14),
        **{row: number[f"requests.{row}.total"] for row in ("new", "carried_in", "total", "carried_out")},
        **{column: number[f"disclosure.normative_documents.{column}"] for column in ("made", "repealed", "in_force")},
        "reconsideration": number["review.reconsideration.total"],
        "litigation": str(litigation),
    }
