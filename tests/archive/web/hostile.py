"""A portal that attacks whoever looks at the archive of it: in every field that a portal fills."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from archive.crawling import crawls
from archive.deposit import deposit
from archive.deriving.derive import derive
from archive.findings.lines import Wanted, acknowledge, iterate
from archive.journal.notes import (
    ArticleNote,
    ColumnNote,
    CrawlBegun,
    CrawlEnded,
    Note,
    PortalNote,
    PublisherNote,
    RestNote,
    RosterNote,
    RowsNote,
    SiteNote,
    UnitsNote,
)
from archive.store import Archive
from archive.study import study
from tests.archive.answers import DOCX, publish, withdraw
from tests.archive.conftest import Clock
from tests.papers.paper import Paper, paper
from tests.papers.render import html, word

# Each names itself: where one of these words stands as a tag, an attribute, a header or an address, it got through.
SCRIPT = "<script>attack(1)</script>"
PICTURE = '"><img src=http://attack.example/x.png onerror=attack(2)>'
DRAWN = "'><svg/onload=attack(3)>"
TAG = "<attack-tag attack-mark=1>"
STYLE = "</style><style>@import 'http://attack.example/x.css'</style>"
COMMENT = "--><attack-tag>"
TURNED = "\u202eexe.fdp\u2066"  # read from right to left, and never closed
TEMPLATE = "{{ 7919 * 7907 }}{% attack %}{0.__class__}%(attack)s"
HEADER = "\r\nX-Attack: 1\r\n"
RECKONED = "62615533"  # what a template made of it would say
FORMULA = '=HYPERLINK("http://attack.example/","点此")'
COMMAND = "=cmd|'/c attack'!A1"
WIDE = "＝attack()"
LINK = "javascript:attack(4)"
DATA = "data:text/html,<script>attack(5)</script>"
ELSEWHERE = '//attack.example/"onmouseover="attack(6)'
ALL = SCRIPT + PICTURE + DRAWN + TAG + STYLE + COMMENT + TURNED + TEMPLATE

HOST = "xxgk.attacked.gov.cn"
PORTAL = f"http://{HOST}/"
COLUMN = f'{PORTAL}czj/ndbg/?a="><attack-tag>'
AGENCY = f"青湾市财政局{SCRIPT}"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>attack(7)</script></svg>'


def attack(folder: Path) -> None:
    """Make the archive."""
    clock = Clock(datetime(2024, 1, 20, 4, 0, tzinfo=UTC))
    with Archive.open(folder, create=True, write=True, clock=clock) as archive:
        crawl = crawls.begin(archive, {"number": 1}, [PORTAL]).id
        deposit(archive, notes=_said(clock.now, crawl))
        for year in (2021, 2022, 2023):
            _publish(archive, _paper("青湾市财政局", year), year, crawl)
        _publish(archive, _paper(AGENCY, 2023, title=f"{FORMULA}{ALL}2023年政府信息公开工作年度报告"), 1, crawl)
        _publish(archive, _paper("青湾市民政局", 2023, title=f"{COMMAND}2023年政府信息公开工作年度报告"), 2, crawl)
        _attached(archive, crawl)
        derive(archive)
        clock.advance(days=3)
        edited = _paper("青湾市财政局", 2023, said=f"又改为{ALL}。").with_figures(requests__new__total=f"7{TAG}")
        _publish(archive, edited, 2023, crawl)
        withdraw(archive, f"{PORTAL}czj/2022.html?a={PICTURE}", crawl=crawl)
        derive(archive)
        deposit(archive, notes=[CrawlEnded(clock.now, crawl, "finished")])
        study(archive)
        findings = list(iterate(archive, Wanted()))
        acknowledge(archive, findings[:3], note=f"{FORMULA}{ALL}", by=f"王敏{SCRIPT}{LINK}")


def _paper(agency: str, year: int, *, title: str | None = None, said: str = "") -> Paper:
    """A report whose prose, headings and cells attack."""
    made = paper(agency, year)
    prose = {number: (*texts, f"{said}{ALL}", FORMULA, f"详见{LINK}，{DATA}。") for number, texts in made.prose.items()}
    made = replace(made, prose=prose, preface=f"{made.preface}{ALL}", signed_by=f"{agency}{PICTURE}")
    made = replace(made, title=f"{made.title}{ALL}" if title is None else title)
    return made.with_figures(
        requests__new__natural_person=SCRIPT,
        requests__new__business=f"3{PICTURE}",
        requests__new__research=COMMAND,
        requests__carried_in__total=f"={year}+1",
        requests__granted__total=f"12件{TAG}",
        requests__total__total=f"@attack{TURNED}",
        disclosure__licensing__decisions=WIDE,
        review__reconsideration__total=f"{FORMULA}",
    )


def _publish(archive: Archive, made: Paper, number: int, crawl: int) -> None:
    body = html(
        made, date=f"{made.year + 1}-01-18", head=f"{SCRIPT}<style>*{{background:url(http://attack.example/)}}</style>"
    )
    within = f'<p onclick="attack(8)"><a href="{LINK}">{LINK}</a><img src="http://attack.example/y.png"><iframe src="{PORTAL}"></iframe></p>'
    publish(
        archive,
        f"{PORTAL}czj/{number}.html?a={PICTURE}",
        body.replace("</body>", f"{SVG.decode()}{within}</body>").encode(),
        crawl=crawl,
        column=COLUMN,
        portal=PORTAL,
        title=made.title,
        listed_on=date(made.year + 1, 1, 18),
        page_title=made.title,
        agency=AGENCY if number < 10 else None,
        attachments=((f"{PORTAL}czj/{number}.svg", SVG, "image/svg+xml"),),
    )


def _attached(archive: Archive, crawl: int) -> None:
    """A report in a file whose name and address attack."""
    made = _paper("青湾市教育局", 2023)
    link = f"{PORTAL}czj/P2024.docx?n={SCRIPT}"
    publish(
        archive,
        f"{PORTAL}czj/attached.html",
        f"<html><head><title>{made.title}</title></head><body><a href='{link}'>附件</a></body></html>".encode(),
        crawl=crawl,
        column=COLUMN,
        portal=PORTAL,
        title=made.title,
        attachments=((link, word(replace(made, title=made.title.translate(_UNHEARD))), f'{DOCX}; name="{TAG}"'),),
    )
    note = ArticleNote(
        archive.clock(), crawl, portal=PORTAL, url=f"{PORTAL}czj/attached.html", requested_url=f"{PORTAL}czj/attached.html",
        column_url=COLUMN, page_title=made.title, page_date=None, agency=AGENCY, refused=None, gone=False,
        attachments=((link, f'{FORMULA}{ALL}{HEADER}".docx'), (LINK, f"{SCRIPT}.pdf"), (ELSEWHERE, "x.svg")),
    )  # fmt: skip
    deposit(archive, notes=[note])


_UNHEARD = dict.fromkeys((*range(32), 0x202E, 0x2066))  # XML does not hold them


def _said(at: datetime, crawl: int) -> list[Note]:
    """What a spider notes of such a portal, and what somebody imported about its publishers."""
    blocked = "http://blocked.attacked.gov.cn/"
    return [
        CrawlBegun(at, crawl, key="1" * 64, arguments="{}", portals="[]"),
        PortalNote(at, crawl, portal=PORTAL, outcome="incomplete", detail=f"{FORMULA}{ALL}", given=f"{PORTAL}?{PICTURE}"),
        PortalNote(at, crawl, portal=blocked, outcome=f"blocked:{SCRIPT}", detail=ALL, division="220200"),
        PortalNote(at, crawl, portal=LINK, outcome="unreachable", detail=LINK, given=LINK),
        PortalNote(at, crawl, portal=DATA, outcome="unreachable", detail=DATA, given=DATA),
        RestNote(at, crawl, host="blocked.attacked.gov.cn", system=f"{SCRIPT}", times=1, since=at, until=at),
        ColumnNote(
            at, crawl, portal=PORTAL, column_url=COLUMN, agency=AGENCY, outcome="incomplete", detail=ALL, pages=1, rows=3, reports=3
        ),
        RowsNote(
            at, crawl, portal=PORTAL, column_url=COLUMN, agency=AGENCY, family=TAG,
            rows=((LINK, f"{AGENCY}2020年政府信息公开工作年度报告", None), (ELSEWHERE, ALL, None)),
            refused=((DATA, f"{FORMULA}{ALL}", f"title{SCRIPT}"),),
        ),
        SiteNote(at, crawl, portal=PORTAL, url=LINK, name=f"青湾市税务局{PICTURE}", label=TAG, page_url=PORTAL),
        UnitsNote(at, crawl, portal=PORTAL, page_url=PORTAL, units=((f"青湾市审计局{PICTURE}", LINK), (f"{FORMULA}局", None))),
        RosterNote(
            at, crawl, portal=PORTAL, url=f"{PORTAL}roster.html?{PICTURE}", title=f"{FORMULA}{ALL}2023年年报公布情况", report_year=2023,
            units=((f"青湾市文化局{TAG}", LINK, date(2024, 1, 9), f"{COMMAND}{SCRIPT}"), (f"{COMMAND}局", DATA, None, ALL)),
        ),
        PublisherNote(at, "220200", f"青湾市气象局{ALL}", aliases=(f"{FORMULA}局", f"气象{SCRIPT}"), source=f"{COMMAND}{SCRIPT}"),
        PublisherNote(at, "220200", f"{COMMAND}局", publisher_class="department", source=LINK),
        PublisherNote(at, "220200", f"{WIDE}局", since=date(2020, 1, 1)),
    ]  # fmt: skip
