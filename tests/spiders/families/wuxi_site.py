"""The portals of 无锡: a district's list by POST, the city's list in files counted from 1."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from tests.replay.server import Asked, Pages, Reply
from tests.spiders.families.invented import LOOK_ALIKE, PROSE, Report, home, item, items, reports

COLUMN = "/zfxxgk/xxgknb/index.shtml"
ENDPOINT = "/info_open/search"
CALL = """<script>
  // getSearchList("old", 5, 1, "2", 0, "x");
  function getSearchList(div, size, site, channels, type, order) { $.post("/info_open/search", {}); }
  var chan = "38939"; chan = chan + "," + 38940;
  getSearchList("list", 4, 181, chan, 0, "writeTime");
</script>"""


class District(Pages):
    """``count`` reports and one 解读, four rows a page, for who sends the numbers of the page's call."""

    def __init__(self, count: int = 9, *, nowhere: bool = False) -> None:
        self.reports = reports(count, "/doc/2026/01/29/{number:07}.shtml")
        rows = [record(report) for report in [*self.reports, Report("/doc/2026/02/01/1.shtml", LOOK_ALIKE)]]
        self.rows = [*rows, record(self.reports[0]) | {"url": ""}] if nowhere else rows
        super().__init__({"/": home(COLUMN), COLUMN: f"<html><body><ul id='list'></ul>{CALL}</body></html>"})
        self.pages |= {report.path: article(report) for report in self.reports}
        self.indexes: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        if asked.path != ENDPOINT:
            return super().answer(asked)
        if asked.method != "POST" or not asked.headers.get("referer", "").endswith(COLUMN):
            return Reply(b"", 403)
        wanted = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        known = {"siteId": "181", "channelIds": "38939,38940", "pageSize": "4", "searchType": "0", "order": "writeTime"}
        assert asked.headers["content-type"].startswith("application/x-www-form-urlencoded")
        assert {**wanted, "pageIndex": ""} == {**known, "pageIndex": ""}
        self.indexes.append(wanted["pageIndex"])
        page = int(wanted["pageIndex"])
        return answered(self.rows[4 * page - 4 : 4 * page], page, -(-len(self.rows) // 4))


def record(report: Report) -> dict[str, Any]:
    return {
        "title": report.title.replace("政府", "&#25919;府"),
        "writeTime": None,
        "writeTimeString": report.day,
        "openTime": "2001-01-01",
        "indexId": "014032126/2026-00903",
        "url": report.path,
        "effectStatus": "有效",
        "organization": "云汀区审计局",
    }


def answered(rows: list[Any], page: int, pages: Any) -> Reply:
    data = {"totalElements": len(rows), "totalPages": pages, "page": page, "data": rows}
    return Reply(json.dumps({"status": 0, "data": data}).encode(), content_type="application/json;charset=UTF-8")


def city(count: int = 25, more: str = "") -> tuple[Pages, list[Report]]:
    """Static lists of ten rows; the first is ``index.shtml``, the second ``index_2.shtml``."""
    listed = reports(count, "/doc/2026/01/29/{number:07}.shtml")
    pages: dict[str, Reply | str] = {"/": home(COLUMN), **{report.path: article(report) for report in listed}}
    for number in range(1, -(-count // 10) + 1):
        path = COLUMN if number == 1 else COLUMN.replace("index", f"index_{number}")
        rows = items(listed[10 * number - 10 : 10 * number]) + item(Report("/doc/2026/02/01/1.shtml", LOOK_ALIKE))
        pages[path] = f"<html><body><ul>{rows}</ul>{more}</body></html>"
    return Pages(pages), listed


def article(report: Report) -> str:
    return (
        f'<html><body><div class="content doc_content_wza"><h3 class="font36">{report.title}</h3>'
        f'<p class="date">时间：{report.day} 10:20 来源：云汀区审计局 浏览次数：7</p>'
        '<table class="xxgk_table_wza"><tr><td>信息索引号</td><td>014032126/2026-00903</td><td>生成日期</td><td>2001-01-01</td></tr>'
        "<tr><td>发布机构</td><td>云汀区审计局</td><td>文件编号</td><td></td></tr></table>"
        f'<div id="Zoom"><p>{PROSE}</p><p>发布时间：2002-02-02</p><p><a href="/uploadfiles/202601/29/a.pdf">附表.pdf</a></p></div></div></body></html>'
    )
