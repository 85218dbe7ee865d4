"""A district of our own with both systems of its province: a directory behind an API, and static columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.replay import Asked, Pages, Reply

TEXT = "<p>" + "全年公开工作要点，答复来信，整理目录，回应来电。" * 6 + "</p>"
UNITS = ("财政局", "教育局", "民政局", "审计局", "统计局", "司法局", "水务局", "住建局", "交通局", "林业局")
_SIZE = 100  # rows of an answer


def title(year: int, name: str = "云汀区审计局") -> str:
    return f"{name}{year}年政府信息公开工作年度报告"


# gkmlpt


@dataclass(frozen=True)
class Entry:
    """A record of the directory."""

    number: int
    title: str
    on: date
    category: int
    post_url: str = ""

    @property
    def path(self) -> str:
        return f"/gkmlpt/content/{self.number // 1_000_000}/{self.number // 1000}/post_{self.number}.html"


def seconds(day: date) -> int:
    """Ten in the morning of a day, in China."""
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=2)).timestamp())


def shell(sid: int | str, tree: list[dict[str, Any]], menu: str = "") -> str:
    """A page of the platform: everything is drawn by script from what ``_CONFIG`` holds."""
    nodes = json.dumps(tree, ensure_ascii=False)
    return (
        f'<html><head><meta charset="utf-8"><title>政府信息公开目录</title></head><body>{menu}<div id="app"></div>'
        f"<script>window._CONFIG={{API: '/gkmlpt/api', SID:'{sid}', TREE:{nodes}, SERVICE_AREA_ID: 0, }};</script></body></html>"
    )


def node(number: int, name: str, *children: dict[str, Any], jump: str = "") -> dict[str, Any]:
    return {"id": number, "name": name, "children": list(children), "jump_url": jump, "post_count": "9"}


def record(entry: Entry, address: str, *, waver: bool = False) -> dict[str, Any]:
    """A row of the API; the types of some fields waver."""
    at = seconds(entry.on)
    signed = entry.on - timedelta(days=20)
    return {
        "id": entry.number,
        "title": entry.title,
        "identifier": "006900000/2026-00001",
        "publisher": "云汀区审计局",
        "date": at if waver else f"{signed.isoformat()} 10:00:00",
        "created_at": str(at) if waver else "2026-02-09 11:00:00",
        "create_time": at + 900_000,
        "display_publish_time": at,
        "url": address + entry.path,
        "post_url": entry.post_url,
        "relation": "[]",
        "attachment": [
            {
                "id": 1,
                "name": "年度报告.pdf",
                "size": "26624",
                "url": f"{address}/attachment/0/1/1000/{entry.number}.pdf",
            }
        ],
    }


def directory_article(entry: Entry, content: str = TEXT) -> str:
    """An article of the directory: header table, title, date of publication, body."""
    cells = (
        ("索引号", "006900000/2026-00001"), ("分类", "政府信息公开年报"), ("发布机构", "云汀区审计局"),
        ("成文日期", (entry.on - timedelta(days=20)).isoformat()), ("名称", entry.title), ("文号", ""),
        ("发布日期", entry.on.isoformat()), ("主题词", ""),
    )  # fmt: skip
    table = "".join(f"<tr><td>{label}：</td><td>{value}</td></tr>" for label, value in cells)
    file = f'<p><a href="/attachment/0/1/1000/{entry.number}.pdf">年度报告.pdf</a></p>'
    return (
        f'<html><head><meta charset="utf-8"><title>{entry.title}</title></head><body><span>2026年11月2日 星期一</span>'
        f'<table class="classify">{table}</table><h1 class="title">{entry.title}</h1>'
        f'<div class="date">发布日期：{entry.on.isoformat()} 浏览次数：<i>-</i></div>'
        f'<div class="article-content">{content}{file}</div></body></html>'
    )


class Directory(Pages):
    """A district's directory: ``entries`` by category; an unknown site or category has no rows."""

    sid = "755041"

    def __init__(self, pages: dict[str, Reply | str], entries: list[Entry]) -> None:
        super().__init__(pages)
        self.entries = entries
        for entry in entries:
            self.pages[entry.path] = directory_article(entry)
            self.pages[f"/attachment/0/1/1000/{entry.number}.pdf"] = Reply(b"%PDF-1.4", content_type="application/pdf")

    def answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        if "/gkmlpt/api/all/" not in parts.path:
            return super().answer(asked)
        self.asked.append(asked.path)
        query = parse_qs(parts.query)
        category = int(parts.path.rpartition("/")[2])
        found = [entry for entry in self.entries if entry.category == category and query.get("sid") == [self.sid]]
        start = (max(int(query.get("page", ["1"])[0]), 1) - 1) * _SIZE  # page 0 is page 1
        rows = [
            record(entry, f"http://{asked.host}", waver=entry.number % 2 == 0) for entry in found[start : start + _SIZE]
        ]
        body = {"classify": {"id": category, "name": "政府信息公开年报"}, "total": len(found), "articles": rows}
        return Reply(json.dumps(body, ensure_ascii=False).encode(), content_type="application/json")


# NFCMS

SIGN = '<script>window.NFCMS_SITE_ID=200006;window.NFCMS_PUB_TYPE="post";</script>'


def column(rows: list[tuple[str, str, date]], more: str = "") -> str:
    """A page of a static column."""
    items = "".join(
        f'<li><a href="{href}" title="{name}">{name}</a><span>{day}</span></li>' for href, name, day in rows
    )
    return (
        f'<html><head><meta charset="utf-8"><title>政府信息公开年报</title>{SIGN}</head>'
        f'<body><ul class="news_list">{items}</ul>{more}</body></html>'
    )


def post(name: str, day: date, more: str = "") -> str:
    """An article with two bodies of one id, and a second document in the middle of the first."""
    return (
        f'<html><head><meta charset="utf-8"><title>{name} - 云汀区人民政府</title>{SIGN}</head><body>'
        f'<h1>云汀区人民政府</h1><h1 class="content_title">{name}</h1>'
        f'<div class="content_attr"><span class="time">发布时间：<b>{day} 09:10:11</b></span></div>'
        f'<div id="zoomcon" class="content_article"><html><head><title></title></head><body>'
        f'<p indenttext="　　" noextractcontent="true">第一份</p><div class="TRS_Editor">{TEXT}</div></body></html></div>'
        f'<div id="zoomcon"><p>第二份</p>{TEXT}</div>{more}</body></html>'
    )
