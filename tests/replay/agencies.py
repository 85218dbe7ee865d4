"""The agencies of 云汀市, which does not exist: names, folders (which lie, as in the real ones), and what they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tests.replay.figures import Business


@dataclass(frozen=True)
class Agency:
    """One agency. ``folder`` is its unit's folder, ``column`` the folder of its report column below it."""

    number: int
    name: str
    folder: str
    business: Business
    subjects: tuple[str, ...]
    column: str = "ndbg"
    kind: str = "department"  # government, office, department, town, zone
    linked: str = ""  # what the entry page links to below the folder: "", "gkzn/", "ndbg/"
    list_kind: str = "static"  # static, jsonp, framed
    list_dates: str = "%Y-%m-%d"  # "" where the list prints none
    look_alikes: tuple[str, ...] = ()
    published: dict[int, date] = field(default_factory=dict)  # by report year; missing years were never published

    @property
    def path(self) -> str:
        """The path of its report column."""
        return f"{self.folder}{self.column}/"


def _on(*days: str) -> dict[int, date]:
    return {2023 + index: date.fromisoformat(day) for index, day in enumerate(days) if day}


GOVERNMENT = "云汀市人民政府"
LATE = ("云汀市民政局", 2025)
MISSING = ("云汀市统计局", 2025)
EDITED = ("云汀市教育局", 2025)
BROKEN = ("云汀市政务服务和数字化建设管理局", 2024)
IN_WORD = ("云汀市卫生健康局", 2025)
IN_PDF = ("云汀市交通运输局", 2025)
WITH_COPY = ("云汀市发展和改革局", 2025)  # in HTML, and the same again as an attached Word file
THREE_LINES = ("云汀市审计局", 2025)
WITHOUT_DATE = ("云汀市白桦镇人民政府", 2023)  # the page prints none; the list does

_GUIDE = "{name}政府信息公开指南"
_READING = "{name}{year}年政府信息公开工作年度报告解读"
_PICTURE = "一图读懂{name}{year}年政府信息公开工作年度报告"
_WEBSITE = "{name}{year}年政府网站工作年度报表"
_LAW = "{name}{year}年法治政府建设年度报告"
_ROSTER = "云汀市{year}年政府信息公开工作年度报告公布情况"
_NOTICE = "关于做好{year}年政府信息公开工作年度报告编制发布工作的通知"
_RULES = "{name}政府信息公开工作年度报告制度"
_HOUSING = "云汀市{year}年住房公积金年度报告"

AGENCIES = (
    Agency(
        1,
        GOVERNMENT,
        "/szf/",
        Business(64, 41, 860, 420, 30, 380),
        ("重大行政决策", "财政预决算", "城市更新项目", "招商政策"),
        kind="government",
        linked="gkzn/",
        look_alikes=(_READING, _ROSTER),
        published=_on("2024-03-22", "2025-03-20", "2026-03-18"),
    ),
    Agency(
        2,
        "云汀市人民政府办公室",
        "/szf/",
        Business(26, 9, 0, 0),
        ("政府公报", "政务公开要点", "会议公开", "热线答复"),
        column="bgtndbg",
        kind="office",
        linked="bgtndbg/",
        list_dates="%Y/%m/%d",
        look_alikes=(_NOTICE, _LAW),
        published=_on("2024-01-24", "2025-01-21", "2026-01-22"),
    ),
    Agency(
        3,
        "云汀市审计局",
        "/zcbm/fgw_136504/",
        Business(6, 0, 0, 24),
        ("审计结果公告", "整改清单", "专项资金审计", "内审指导"),
        list_dates="[%Y-%m-%d]",
        look_alikes=(_READING, _GUIDE),
        published=_on("2024-01-16", "2025-01-14", "2026-01-29"),
    ),
    Agency(
        4,
        "云汀市发展和改革局",
        "/zcbm/tjj/",
        Business(14, 7, 210, 0),
        ("项目审批", "价格监测", "粮食储备", "节能审查"),
        linked="gkzn/",
        list_dates="%Y.%m.%d",
        look_alikes=(_PICTURE,),
        published=_on("2024-01-19", "2025-01-17", "2026-01-16"),
    ),
    Agency(
        5,
        "云汀市教育局",
        "/zcbm/jyj/",
        Business(18, 6, 72, 0),
        ("招生政策", "学前教育补助", "校外培训名单", "教师招聘"),
        linked="ndbg/",
        look_alikes=(_WEBSITE,),
        published=_on("2024-01-12", "2025-01-10", "2026-01-13"),
    ),
    Agency(
        6,
        "云汀市财政局",
        "/zcbm/czj/",
        Business(11, 8, 35, 22, 0, 46),
        ("部门预决算", "惠农补贴", "政府采购目录", "债务信息"),
        list_dates="%Y年%m月%d日",
        look_alikes=(_HOUSING, _LAW),
        published=_on("2024-01-18", "2025-01-22", "2026-01-20"),
    ),
    Agency(
        7,
        "云汀市民政局",
        "/zcbm/mzj/",
        Business(9, 5, 64, 12),
        ("低保救助", "养老机构名录", "地名标准", "社会组织年检"),
        linked="gkzn/",
        look_alikes=(_RULES,),
        published=_on("2024-01-25", "2025-01-24", "2026-02-25"),
    ),
    Agency(
        8,
        "云汀市统计局",
        "/gzbm/gdj/",
        Business(3, 0, 0, 21),
        ("月度数据", "普查公报", "统计执法", "数据发布日程"),
        linked="ndbg/",
        list_dates="%Y/%m/%d",
        look_alikes=(_WEBSITE, _GUIDE),
        published=_on("2024-01-11", "2025-01-15", ""),
    ),
    Agency(
        9,
        "云汀市农业农村局",
        "/gzbm/nyj/",
        Business(12, 5, 130, 41, 8),
        ("农机补贴", "高标准农田", "宅基地审批", "农药抽检"),
        list_kind="jsonp",
        look_alikes=(_READING,),
        published=_on("2024-01-22", "2025-01-20", "2026-01-21"),
    ),
    Agency(
        10,
        "云汀市卫生健康局",
        "/gzbm/wjj/",
        Business(15, 6, 240, 66),
        ("免费体检", "医疗机构校验", "疫苗接种点", "饮用水抽检"),
        linked="gkzn/",
        list_dates="[%Y-%m-%d]",
        look_alikes=(_LAW,),
        published=_on("2024-01-17", "2025-01-23", "2026-01-19"),
    ),
    Agency(
        11,
        "云汀市交通运输局",
        "/gzbm/jtj/",
        Business(10, 5, 310, 150, 12),
        ("公交线路", "道路养护", "客运许可", "治超执法"),
        linked="ndbg/",
        list_dates="%Y.%m.%d",
        look_alikes=(_PICTURE, _WEBSITE),
        published=_on("2024-01-23", "2025-01-16", "2026-01-23"),
    ),
    Agency(
        12,
        "云汀市林业和草原局",
        "/zsjg/lyj/",
        Business(8, 0, 88, 27),
        ("采伐许可", "湿地名录", "防火通告", "苗木检疫"),
        list_kind="framed",
        look_alikes=(_GUIDE,),
        published=_on("2024-01-15", "2025-01-13", "2026-01-15"),
    ),
    Agency(
        13,
        "云汀市政务服务和数字化建设管理局",
        "/zsjg/rsfw_98127/",
        Business(22, 5, 0, 0),
        ("办事指南", "数据共享目录", "窗口评价", "审批提速"),
        linked="gkzn/",
        list_dates="%Y年%m月%d日",
        look_alikes=(_READING, _RULES),
        published=_on("2024-01-26", "2025-01-27", "2026-01-26"),
    ),
    Agency(
        14,
        "云汀市市场监督管理局",
        "/zsjg/gsj/",
        Business(20, 6, 1400, 260, 9),
        ("食品抽检", "计量检定", "企业年报公示", "特种设备"),
        linked="ndbg/",
        list_dates="",
        look_alikes=(_LAW,),
        published=_on("2024-01-29", "2025-01-26", "2026-01-28"),
    ),
    Agency(
        15,
        "云汀市望川街道办事处",
        "/xzjdkfq/wcjd/",
        Business(2, 0, 24, 0),
        ("老旧小区改造", "社区活动", "救助名单", "停车整治"),
        kind="town",
        list_dates="%Y/%m/%d",
        look_alikes=(_GUIDE,),
        published=_on("2024-01-10", "2025-01-09", "2026-01-14"),
    ),
    Agency(
        16,
        "云汀市白桦镇人民政府",
        "/xzjdkfq/bhz/",
        Business(0, 0, 31, 0),
        ("土地流转", "危房改造", "村务公示", "防汛责任人"),
        kind="town",
        linked="gkzn/",
        look_alikes=(_NOTICE,),
        published=_on("2024-01-09", "2025-01-08", "2026-01-12"),
    ),
    Agency(
        17,
        "云汀市苇塘乡人民政府",
        "/xzjdkfq/cyqqdjd/",
        Business(0, 0, 22, 0),
        ("渔业补助", "公益岗位", "耕地保护", "惠民一卡通"),
        kind="town",
        linked="ndbg/",
        list_dates="[%Y-%m-%d]",
        published=_on("2024-01-08", "2025-01-07", "2026-01-09"),
    ),
    Agency(
        18,
        "云汀经济开发区管理委员会",
        "/qtdw/cyqrmzfbgs/",
        Business(7, 5, 96, 18),
        ("用地出让", "企业扶持", "园区环评", "项目备案"),
        column="zfxxgknb",
        kind="zone",
        list_dates="%Y.%m.%d",
        look_alikes=(_READING,),
        published=_on("2024-01-30", "2025-01-29", "2026-01-27"),
    ),
)
