"""Invented reports, and portals of the regional families that answer as the real ones do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs

from tests.replay.server import Asked, Pages, Reply

DAY = date(2026, 1, 29)
PROSE = "全年主动公开审计结果公告，答复来信，整理公开目录，接受社会监督。" * 6
LOOK_ALIKE = "云汀市审计局2025年政府信息公开工作年度报告解读"


@dataclass(frozen=True)
class Report:
    """One report: where it stands, its title, and the day beside it in the list."""

    path: str
    title: str
    day: str = "2026-01-29"


def title(name: str = "云汀市审计局", year: int = 2025) -> str:
    return f"{name}{year}年政府信息公开工作年度报告"


def reports(count: int, place: str, name: str = "云汀市审计局") -> list[Report]:
    """So many reports of one agency and its districts', with addresses by the pattern."""
    found = []
    for number in range(count):
        owner = name if number < 18 else f"云汀市第{number}街道办事处"
        year = 2025 - number if number < 18 else 2025
        found.append(Report(place.format(number=number), title(owner, year)))
    return found


def item(report: Report, date_tag: str = "span", shown: str = "{day}") -> str:
    day = f"<{date_tag}>{shown.format(day=report.day)}</{date_tag}>"
    return f'<li><a href="{report.path}" title="{report.title}">{report.title[:14]}...</a>{day}</li>'


def items(listed: Iterable[Report], **how: str) -> str:
    return "".join(item(report, **how) for report in listed)


def home(column: str) -> str:
    """A first page whose menu leads to the column, to the guide and to the website's own table."""
    return (
        f'<html><body><ul class="menu"><li><a href="/zn/">政府信息公开指南</a></li><li><a href="{column}">政府信息公开年报</a></li>'
        '<li><a href="/zfwzndbb/">年度报告</a></li></ul><p>云汀市欢迎您</p></body></html>'
    )


def articles(listed: Iterable[Report], made: str = "{title}") -> dict[str, Reply | str]:
    """The articles of a list by path, each from one skeleton."""
    return {
        report.path: made.replace("{title}", report.title).replace("{day}", report.day).replace("{prose}", PROSE)
        for report in listed
    }


ARTICLE = "<html><body><h1>{title}</h1><p>发布日期：{day}</p><div id='zoom'><p>{prose}</p></div></body></html>"


class Searched(Pages):
    """A portal with an endpoint that answers only what its own page would send."""

    def __init__(self, pages: Mapping[str, Reply | str], endpoint: str, listed: list[Report], size: int) -> None:
        super().__init__(dict(pages))
        self.endpoint = endpoint
        self.listed = listed
        self.size = size
        self.bodies: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        if asked.path.partition("?")[0] != self.endpoint:
            return super().answer(asked)
        self.asked.append(asked.path)
        self.bodies.append(asked.body.decode())
        if "referer" not in asked.headers:
            return Reply("禁止访问".encode(), 403)
        return self.search(asked)

    def search(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def part(self, number: int) -> list[Report]:
        return self.listed[self.size * (number - 1) : self.size * number]


class Putuo(Searched):
    """A district of 上海: a JSON body is asked for page by page; past the end every number is 0."""

    def search(self, asked: Asked) -> Reply:
        if asked.method != "POST" or not asked.headers["content-type"].startswith("application/json"):
            return Reply(b"", 405)
        wanted = json.loads(asked.body)
        assert (wanted["channelList"], wanted["docFlag"], wanted["pageSize"]) == (["3"], "1", 15)
        part = self.part(wanted["pageNo"])
        data = {
            "pageNo": wanted["pageNo"] if part else 0,
            "totalPages": -(-len(self.listed) // self.size) if part else 0,
            "totalCount": len(self.listed) if part else 0,
            "list": [{"title": one.title, "url": one.path, "display_date": f"{one.day} 10:00:00"} for one in part],
        }
        return Reply(json.dumps({"data": data}).encode(), content_type="application/json")


class Aviation(Searched):
    """A search by POST whose pages repeat after the last; a GET is led to a page of nothing."""

    def search(self, asked: Asked) -> Reply:
        if asked.method != "POST":
            return Reply(b"", 302, headers=(("Location", "/shell.html"),))
        wanted = parse_qs(asked.body.decode(), keep_blank_values=True)
        assert wanted["channelid"] == ["278090"]
        part = self.part(int(wanted["page"][0])) or self.part(1)
        lines = "".join(
            f'<tr><td class="t_l tdMC"><a name="TITLE" href="{one.path}">{one.title}</a><div class="t_l_content"><ul>'
            f"<li>索引号：<b>A-1</b></li><li>成文日期：<b>2025-12-31</b></li><li>发布日期：<b>{one.day}</b></li></ul></div></td></tr>"
            for one in part
        )
        return Reply(f"<html><body><table>{lines}</table></body></html>".encode())


class Coast(Searched):
    """A search by GET that answers JSON with raw newlines inside its strings."""

    def search(self, asked: Asked) -> Reply:
        wanted = parse_qs(asked.path.partition("?")[2], keep_blank_values=True)
        assert (wanted["channelid"], wanted["templet"]) == (["229105"], ["docs.jsp"])
        part = self.part(int(wanted["page"][0]))
        docs = ",".join(
            f'{{"title":"{one.title[:9]}\n{one.title[9:]}","url":"{one.path}","pubtime":"{one.day}\n"}}' for one in part
        )
        return Reply(f'\r\n{{"count":"{len(self.listed)}","docs":[{docs}]}}\r\n'.encode())


class Taxes(Searched):
    """税务总局: files by a channel's code, the bureaus of the provinces among them."""

    def search(self, asked: Asked) -> Reply:
        wanted = parse_qs(asked.body.decode(), keep_blank_values=True)
        assert (wanted["channelId"], wanted["relateSubChannels"]) == (["61eaab3127b040d4950fff177f09e561"], ["true"])
        part = self.part(int(wanted["page"][0]))
        found = [
            {"titleHtml": f"<b>{one.title}</b>", "subTitleHtml": None, "url": one.path, "publishedTimeStr": one.day}
            for one in part
        ]
        return Reply(json.dumps({"results": {"data": {"results": found, "total": len(self.listed)}}}).encode())
