"""A 新点 Epoint portal: rows by POST as JSON, to who knows the site's number, which stands in a script."""

from __future__ import annotations

import json
from typing import Any

from tests.replay.server import Asked, Pages, Reply
from tests.spiders.families.invented import LOOK_ALIKE, PROSE, Report, home, reports

COLUMN = "/dynamic/zwgk/govInfoPub.html?categorynum=003002"
ENDPOINT = "/EWB-FRONT/rest/lightfrontaction/getgovinfolist"
GUID = "7eb5f7f1-9041-43ad-8e13-8fcb82ea831a"
SCRIPT = f'var siteInfo = {{"projectName": "/EWB-FRONT", "siteGuid": "{GUID}"}};\nfunction checkJson(x) {{ return x; }}'
LIST = (
    '<html><body><div class="ewb-nav"><a href="/zn/">政府信息公开指南</a><a href="{column}">政府信息公开年报</a></div>'
    '<ul id="infolist"></ul><script src="/js/webBuilderCommon.js"></script></body></html>'
)


class EpointSite(Pages):
    """``count`` reports in pages counted from 0, and one 解读."""

    def __init__(self, count: int = 45, script: str = SCRIPT) -> None:
        self.reports = reports(count, "/zwgk/003002/20260129/{number:08}-0000-4000-8000-000000000000.html")
        self.listed = [*self.reports, Report("/zwgk/003002/jd.html", LOOK_ALIKE)]
        super().__init__({"/": home(COLUMN), COLUMN: LIST.replace("{column}", COLUMN)})
        self.pages |= {report.path: article(report) for report in self.reports}
        self.pages["/js/webBuilderCommon.js"] = Reply(script.encode(), content_type="application/javascript")

    def answer(self, asked: Asked) -> Reply:
        if asked.path != ENDPOINT:
            return super().answer(asked)
        self.asked.append(asked.path)
        headers = asked.headers
        if asked.method != "POST" or not headers.get("content-type", "").startswith("application/json"):
            return Reply(b"", 415)
        if not headers.get("referer", "").endswith(COLUMN):
            return Reply(b"", 403)
        wanted = json.loads(asked.body)
        known = (wanted["siteGuid"], wanted["categorynum"], wanted["deptcode"]) == (GUID, "003002", "")
        start = wanted["pageIndex"] * wanted["pageSize"]
        part = self.listed[start : start + wanted["pageSize"]] if known else []
        return answered([record(report) for report in part], len(self.listed))


def record(report: Report) -> dict[str, Any]:
    return {
        "infourl": report.path,
        "realtitle": report.title,
        "title": report.title[:12] + "...",
        "infodate": report.day,
    }


def answered(records: list[Any], total: Any) -> Reply:
    text = json.dumps({"status": {"code": 1}, "custom": {"total": total, "data": records}}, ensure_ascii=False)
    return Reply(text.encode(), content_type="application/json;charset=UTF-8")


def article(report: Report) -> str:
    return (
        '<html><head><meta name="SiteName" content="云汀市人民政府 "><meta name="ContentSource" content="云汀网站"></head><body>'
        f'<div class="col-md-18" id="detailContent"><h1 class="title">{report.title}</h1><div class="detail clearfix">'
        f"<span>时间发布：{report.day} 09:51</span><span id='infoViewCountSpan'>阅读次数: 3</span>"
        f'<span id="laiyuan">信息来源：云汀日报</span></div><div class="content"><p>{PROSE}</p><p>发布时间：2001-01-01</p></div>'
        '<div class="ewb-file"><div class="ewb-file-tt">附件：</div><ul id="fujian"></ul></div></div></body></html>'
    )
