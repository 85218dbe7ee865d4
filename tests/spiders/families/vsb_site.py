"""A 博达 VSB portal: files counted down from the newest page, and downloads only for who comes from the article."""

from __future__ import annotations

from tests.replay.server import Asked, Pages, Reply
from tests.spiders.families.invented import LOOK_ALIKE, PROSE, home, title

COLUMN = "/zfxxgknb.htm"
PER_PAGE = 2
DOWNLOAD = "/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1234567890&wbfileid="
CAPTCHA = Reply(
    ("<html><head><title>附件下载</title></head><body>请输入验证码" + " " * 5000 + "</body></html>").encode()
)


class VsbSite(Pages):
    """``count`` reports, the newest first; one more is published after the list's first page was given once."""

    def __init__(self, count: int = 6, *, grows: bool = False, captcha: bool = False) -> None:
        super().__init__({"/": home(COLUMN)})
        self.count = count
        self.grows = grows
        self.captcha = captcha

    @property
    def files(self) -> dict[str, list[int]]:
        """The numbers of the rows of each list page."""
        rows = list(range(self.count, 0, -1))
        parts = [rows[start : start + PER_PAGE] for start in range(0, len(rows), PER_PAGE)]
        return {self.file(number, len(parts)): part for number, part in enumerate(parts, 1)}

    def file(self, number: int, pages: int) -> str:
        return COLUMN if number == 1 else f"/zfxxgknb/{pages - number + 1}.htm"

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith(DOWNLOAD):
            self.asked.append(asked.path)
            return self.download(asked)
        self.pages |= {path: self.listing(path, part) for path, part in self.files.items()}
        self.pages |= {article_path(number): article(number) for number in range(2, self.count + 1)}
        self.pages[article_path(1)] = '<title>系统提示</title><form action="/login.jsp"><input name="user"></form>'
        reply = super().answer(asked)
        if asked.path == COLUMN and self.grows:
            self.grows = False
            self.count += 1
        return reply

    def listing(self, path: str, rows: list[int]) -> str:
        up = "" if path == COLUMN else "../"
        lines = "".join(
            f'<li id="line_u8_{place}"><a href="{up}{article_path(number)[1:]}" title="信息标题：{report(number)}">'
            f"{report(number)[:16]}...</a><span>{day(number)}</span></li>"
            for place, number in enumerate(rows)
        )
        ids = ",".join(f"'dynclicks_u8_{number}'" for number in rows)
        clicks = f'<script>_showDynClickBatch([{ids}],{rows},"wbnews",1234567890)</script>'
        look_alike = f'<li id="line_u8_9"><a href="{up}info/1117/7.htm">{LOOK_ALIKE}</a><span>2026-02-01</span></li>'
        return f"<html><body><ul>{lines}{look_alike}{clicks}</ul>{pager(list(self.files), path)}</body></html>"

    def download(self, asked: Asked) -> Reply:
        if "/info/1116/" not in asked.headers.get("referer", "") or self.captcha:
            return CAPTCHA
        name = "年度报告附表.xls".encode().decode("latin-1")
        headers = (("Content-Disposition", f'attachment; filename="{name}"'),)
        return Reply(b"\xd0\xcf\x11\xe0" + b"0" * 600, content_type="application/octet-stream", headers=headers)


def article_path(number: int) -> str:
    return f"/info/1116/{5900 + number}.htm"


def report(number: int) -> str:
    return title(year=2014 + number)


def day(number: int) -> str:
    return f"{2015 + number}-01-20"


def pager(files: list[str], here: str) -> str:
    """首页 上页 1 … 11 下页 尾页, then 1/11; what leads nowhere is a span of another class."""
    at = files.index(here)
    inside = here != COLUMN

    def link(path: str, text: str) -> str:
        return f'<a href="{relative(path, inside=inside)}">{text}</a>'

    before = (
        f'<span class="p_prev p_fun">{link(files[at - 1], "上页")}</span>'
        if at
        else '<span class="p_prev_d p_fun_d">上页</span>'
    )
    last = at + 1 == len(files)
    behind = (
        '<span class="p_next_d p_fun_d">下页</span>'
        if last
        else f'<span class="p_next p_fun">{link(files[at + 1], "下页")}</span>'
    )
    numbers = "".join(
        f'<span class="p_no_d">{number}</span>'
        if path == here
        else f'<span class="p_no">{link(path, str(number))}</span>'
        for number, path in enumerate(files, 1)
    )
    return (
        f'<span class="p_t">共{2 * len(files)}条</span> <span class="p_pages">{before}{numbers}{behind}</span>'
        f' <span class="p_t">{at + 1}/{len(files)}</span>'
    )


def relative(path: str, *, inside: bool) -> str:
    bare = path.removeprefix("/")
    if not inside:
        return bare
    return f"../{bare}" if path == COLUMN else bare.removeprefix("zfxxgknb/")


def article(number: int) -> str:
    return (
        f"<html><head><title>{report(number)}-云汀市审计局</title></head><body><span>今天是2026年11月21日</span>"
        f'<form name="_newscontent_fromname"><h1>{report(number)}</h1>'
        f'<div>时间：{day(number)} 来源：审计局 点击：<span id="dynclicks_wbnews_{number}_1"></span></div>'
        f'<div id="vsb_content_2"><div class="v_news_content"><p>{PROSE}</p><p>发布时间：2001-01-01</p></div></div>'
        '<p id="vsbcontent_end"></p><UL style="list-style-type:none;">'
        f'<li>附件【<a href="{DOWNLOAD}{number:04}">附表</a>】已下载<span id="nattach123">12</span>次</li></UL></form></body></html>'
    )
