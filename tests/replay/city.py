"""云汀市, an invented city whose disclosure portal is built like those of 吉林, with all it takes to get one wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from html import escape
from urllib.parse import parse_qs, urlsplit

from tests.replay import agencies as cast
from tests.replay import figures, forms, prose, templates
from tests.replay.agencies import AGENCIES, Agency
from tests.replay.documents import Paper, docx, pdf
from tests.replay.server import Asked, Reply
from tests.replay.templates import ListRow

YEARS = (2023, 2024, 2025)
ROWS_A_PAGE = 25
ROWS_AN_ANSWER = 16  # of the directory
DIRECTORY = "/govsearch/jsonp/zf_jd_list.jsp"
CHANNEL = 134657
_PAGE_DATES = ("%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y-%m-%d 09:%M")
_TITLES = (
    "{name}{year}年政府信息公开工作年度报告",
    "{year}年{name}政府信息公开工作年度报告",
    "{name}{year}年度政府信息公开年度报告",
    "{name}{year}年政府信息公开年度报告",
)
# What a look-alike's title gives as its class.
_CLASSES = (
    ("解读", "解读"),
    ("一图读懂", "解读"),
    ("报表", "政府网站工作年度报表"),
    ("法治", "法治政府建设年度报告"),
    ("公布情况", "公布情况"),
    ("通知", "通知"),
    ("公积金", "住房公积金年度报告"),
    ("制度", "制度"),
    ("指南", "指南"),
    ("工作总结", "工作总结或要点"),
)
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class ExpectedReport:
    """A report as a crawl must find it; ``url`` of the article, or of the file the list leads straight to."""

    url: str
    publisher: str
    report_year: int
    published_on: date
    title: str
    form: str  # html, docx, pdf: what its figures are read from
    figures: dict[str, int | Decimal]
    attachments: tuple[str, ...]
    column: str


@dataclass(frozen=True)
class Expected:
    """The truth about the city: ``columns`` are the units' report columns, ``refused`` each look-alike's class."""

    reports: tuple[ExpectedReport, ...]
    columns: tuple[str, ...]
    refused: dict[str, str]
    late: tuple[tuple[str, int], ...]
    missing: tuple[tuple[str, int], ...]
    edited: tuple[tuple[str, int], ...]
    broken: dict[tuple[str, int], tuple[str, ...]]  # columns of table 三 in which requests.balance fails

    def report(self, publisher: str, year: int) -> ExpectedReport:
        """The report of a publisher and year; LookupError if none."""
        for report in self.reports:
            if (report.publisher, report.report_year) == (publisher, year):
                return report
        raise LookupError(f"{publisher} {year}")


@dataclass(frozen=True)
class Document:
    """Something a list leads to: a report (``year`` set) or a look-alike."""

    agency: Agency
    path: str
    title: str
    on: date
    year: int | None = None
    number: int = 0


class City:
    """The portal as a site; ``edited`` may be turned on while it is served. ``asked`` holds every path asked for."""

    def __init__(self, *, edited: bool = False) -> None:
        self.edited = edited
        self.asked: list[str] = []
        self._figures = {
            agency.name: dict(figures.years(agency.name, agency.business, YEARS[0] - 1, YEARS[-1]))
            for agency in AGENCIES
        }

    # The truth

    def expected(self, address: str = "") -> Expected:
        """What a crawl must find, with addresses below ``address`` (as :func:`serve` gives it)."""
        reports = tuple(self._expected_report(document, address) for document in self.reports)
        return Expected(
            reports=reports,
            columns=tuple(address + agency.path for agency in AGENCIES),
            refused={document.title: _class_of(document.title) for document in self.documents if document.year is None},
            late=(cast.LATE,),
            missing=(cast.MISSING,),
            edited=(cast.EDITED,) if self.edited else (),
            broken={cast.BROKEN: ("natural_person", "total")},
        )

    def _expected_report(self, document: Document, address: str) -> ExpectedReport:
        printed = self.printed(document)
        form = {cast.IN_WORD: "docx", cast.IN_PDF: "pdf"}.get(_report(document), "html")
        return ExpectedReport(
            url=address + document.path,
            publisher=document.agency.name,
            report_year=document.year or 0,
            published_on=document.on,
            title=document.title,
            form=form,
            figures={key: _number(printed.get(key, "0")) for key in forms.keys("2021")},
            attachments=tuple(address + path for path, _ in self._attached(document)),
            column=address + document.agency.path,
        )

    # What there is

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """Every report and every look-alike, unit by unit, newest first."""
        return tuple(
            document
            for agency in AGENCIES
            for document in sorted(_made_by(agency), key=lambda made: made.on, reverse=True)
        )

    @cached_property
    def reports(self) -> tuple[Document, ...]:
        """The reports alone."""
        return tuple(document for document in self.documents if document.year is not None)

    def printed(self, document: Document) -> dict[str, str]:
        """The cells of a report's tables as they are printed now."""
        found = self._figures[document.agency.name][document.year or 0]
        if _report(document) == cast.BROKEN:
            return figures.break_balance(found)
        if _report(document) == cast.EDITED and self.edited:
            return {**found, "disclosure.licensing.decisions": str(int(found["disclosure.licensing.decisions"]) + 3)}
        return found

    # Answers

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked.path)
        parts = urlsplit(asked.path)
        if parts.path == "/robots.txt":
            return Reply(templates.ROBOTS.encode(), content_type="text/plain")
        if parts.path == DIRECTORY:
            return self._directory(asked)
        path = _canonical(parts.path)
        made = self._files.get(path)
        if made is not None:
            return Reply(self._file(made, path), content_type=_WORD if path.endswith(".docx") else "application/pdf")
        document = self._by_path.get(path)
        if document is not None:
            return _html(self._article(document))
        found = self._list_page(path, asked.host) or self._plain_page(path)
        return _html(found) if found is not None else _html(templates.NOT_FOUND, 404)

    @cached_property
    def _by_path(self) -> dict[str, Document]:
        return {document.path: document for document in self.documents if not document.path.endswith((".pdf", ".docx"))}

    @cached_property
    def _files(self) -> dict[str, Document]:
        files = {document.path: document for document in self.documents if document.path.endswith(".pdf")}
        return files | {path: document for document in self.reports for path, _ in self._attached(document)}

    def _list_page(self, path: str, host: str) -> str | None:
        """A page of the city's list or of a unit's column; past the end a refresh that leads back to its beginning."""
        folder, _, name = path.rpartition("/")
        folder += "/"
        number = 0 if name in {"", "index.html"} else _number_in(name)
        if folder == "/jlsndbg/" and number is not None:
            rows = list(self._city_rows(host))
            pages = -(-len(rows) // ROWS_A_PAGE)
            if number >= pages:
                return templates.REFRESH
            shown = rows[number * ROWS_A_PAGE : (number + 1) * ROWS_A_PAGE]
            return templates.static_list(
                shown, "%Y/%m/%d", pages=pages, current=number, title="全市政府信息公开年度报告"
            )
        for agency in AGENCIES:
            menu = templates.unit_menu(agency.folder, agency.column, agency.name)
            if path == agency.path and agency.list_kind == "framed":
                return templates.framed_list("liebiao.html")
            if path == agency.path and agency.list_kind == "jsonp":
                return templates.scripted_list(CHANNEL, menu)
            if (folder == agency.path and number is not None) or (
                path == f"{agency.path}liebiao.html" and agency.list_kind == "framed"
            ):
                if number:
                    return templates.REFRESH
                shown = [_row(document, agency.path) for document in self.documents if document.agency is agency]
                return templates.static_list(shown, agency.list_dates, pages=1, current=0, above=menu)
        return None

    def _plain_page(self, path: str) -> str | None:
        if path == "/":
            return "<script>location.replace('jlszn/');</script>"
        if path in {"/jlszn/", "/jlszn/index.html"}:
            return templates.entry(_groups())
        for agency in AGENCIES:
            menu = templates.unit_menu(agency.folder, agency.column, agency.name)
            if path in {agency.folder, f"{agency.folder}gkzn/"} and agency.kind != "office":
                text = f"<p>{agency.name}主动公开的信息可在本站查阅，也可到{agency.subjects[0]}窗口索取。</p>"
                return templates.page(f"{agency.name}政府信息公开指南", f'{menu}<div class="guide">{text * 4}</div>')
        return None

    def _city_rows(self, host: str) -> Iterator[ListRow]:
        """All units' documents by date; with titles cut in several ways and other addresses of the same pages."""
        for index, document in enumerate(sorted(self.documents, key=lambda made: (made.on, made.number), reverse=True)):
            row = _row(document, "/jlsndbg/")
            cut = len(document.title) > 20 and index % 3 == 0
            if cut:
                row = replace(row, shown=document.title[:18] + ("…" if index % 2 else "..."))
            if index % 9 == 3:
                row = replace(row, attribute=f"{document.title} {document.on:%m月%d日}")
            if index % 9 == 6:
                row = replace(row, attribute=f"标题：{document.title}\n点击数：{index * 7}\n发表时间：{document.on}")
            if document.year is not None and index % 7 == 2:
                row = replace(row, related=f"{document.title}解读")
            yield replace(row, href=_other_address(document, index, host) or row.href)

    def _directory(self, asked: Asked) -> Reply:
        """The JSONP directory: line breaks, a BOM, sixteen rows, an empty page past the end."""
        query = parse_qs(urlsplit(asked.path).query, keep_blank_values=True)
        number = int(query.get("page", ["1"])[0] or 1)
        agency = next(agency for agency in AGENCIES if agency.list_kind == "jsonp")
        known = query.get("channelId", [""])[0] == str(CHANNEL)
        rows = [document for document in self.documents if document.agency is agency] if known else []
        entries = [
            {
                "MetaDataId": str(document.number),
                "title": document.title.replace("政府信息公开", "<em>政府信息公开</em>"),
                "puburl": f"http://{asked.host}{document.path}",
                "tip": {
                    "title": document.title,
                    "dates": document.on.isoformat(),
                    "filenum": "",
                    "publisher": agency.name,
                },
                "efectdate": (document.on + timedelta(days=30)).isoformat(),
            }
            for document in rows[(number - 1) * ROWS_AN_ANSWER : number * ROWS_AN_ANSWER]
        ]
        text = "\r\n" * 12 + "\ufeff" + f"result({json.dumps({'data': entries}, ensure_ascii=False)});\r\n"
        return Reply(text.encode(), content_type="text/html;charset=UTF-8")

    def _article(self, document: Document) -> str:
        agency = document.agency
        menu = templates.unit_menu(agency.folder, agency.column, agency.name)
        shown_on = None if _report(document) == cast.WITHOUT_DATE else document.on
        dates = _PAGE_DATES[document.number % len(_PAGE_DATES)]
        if document.year is None:
            text = f"<p>{escape(document.title)}的正文由{agency.name}提供，内容以窗口公布为准。</p>" * 3
            if document.title.endswith("公布情况"):
                text = _roster(2024)
            return templates.article(document.title, [document.title], text, on=shown_on, dates=dates, above=menu)
        links = "".join(
            f'<p><a href="./{path.rpartition("/")[2]}" OLDSRC="{path.rpartition("/")[2]}">{escape(name)}</a></p>'
            for path, name in self._attached(document)
        )
        body = links if _report(document) == cast.IN_WORD else self._body(document) + links
        lines = [document.title]
        if _report(document) == cast.THREE_LINES:
            lines = [agency.name, f"{document.year}年政府信息公开", "工作年度报告"]
        box = (
            '<div id="articleFJ" style="display: none"><h2>附件：</h2><ul id="appendix_list"></ul></div>'
            '<script>var XAPPENDIXS = "";</script>'
        )
        return templates.article(document.title, lines, body, on=shown_on, dates=dates, above=menu, below=box)

    def _body(self, document: Document) -> str:
        paper = self._paper(document)
        grids = dict(zip((2, 3, 4), forms.tables(paper.figures), strict=True))
        parts = [f"<p>{paper.prose.preface}</p>"]
        for number, heading in prose.HEADINGS.items():
            parts.append(f"<p><strong>{prose.NUMERALS[number]}、{heading}</strong></p>")
            parts += [f"<p>{escape(text)}</p>" for text in paper.prose.sections[number]]
            if number in grids:
                parts.append(forms.as_html(grids[number]))
        return "\n".join([*parts, f'<p style="text-align:right">{paper.signed}</p>'])

    def _paper(self, document: Document) -> Paper:
        agency, year = document.agency, document.year or 0
        facts = prose.Facts(
            name=agency.name,
            number=agency.number,
            year=year,
            subjects=agency.subjects,
            figures={**dict.fromkeys(forms.keys("2021"), "0"), **self.printed(document)},
            address=f"{templates.CITY}澄江路{agency.number * 6 + 2}号",
            phone=f"0430-55{agency.number:02d}{100 + agency.number * 7}",
        )
        written = prose.write(facts)
        if _report(document) == cast.EDITED and self.edited:
            first = written.sections[1]
            changed = (*first[:-1], first[-1] + "另外，校服采购结果已于年底补充公布。")
            written = replace(written, sections={**written.sections, 1: changed})
        return Paper(
            document.title,
            written,
            facts.figures,
            f"{agency.name}　{document.on.year}年{document.on.month}月{document.on.day}日",
        )

    def _attached(self, document: Document) -> Sequence[tuple[str, str]]:
        """Path and name of each file an article leads to."""
        if _report(document) not in {cast.IN_WORD, cast.WITH_COPY}:
            return ()
        folder = document.path.rpartition("/")[0]
        return ((f"{folder}/W0{document.on:%Y%m%d}{document.number:08d}.docx", f"{document.title}.docx"),)

    def _file(self, document: Document, path: str) -> bytes:
        paper = self._paper(document)
        return docx(paper) if path.endswith(".docx") else pdf(paper)


def _made_by(agency: Agency) -> Iterator[Document]:
    """An agency's reports, then its look-alikes; the day in an address is not the day of publication."""
    for year, on in agency.published.items():
        title = _TITLES[(agency.number + year) % len(_TITLES)].format(name=agency.name, year=year)
        if (agency.name, year) == cast.THREE_LINES:
            title = f"{agency.name}{year}年政府信息公开工作年度报告"
        number = 700_000 + agency.number * 100 + (year - 2020)
        stored = on - timedelta(days=16 if agency.number % 3 == 0 else -3 if agency.number % 3 == 1 else 0)
        name = f"t{stored:%Y%m%d}_{number}.html"
        if (agency.name, year) == cast.IN_PDF:
            name = f"P0{stored:%Y%m%d}{number:08d}.pdf"
        yield Document(agency, f"{agency.path}{stored:%Y%m}/{name}", title, on, year, number)
    for index, form in enumerate(agency.look_alikes):
        on = date(2025, 1, 5) + timedelta(days=agency.number * 2 + index)
        yield _look_alike(agency, form.format(name=agency.name, year=2024), on, 710_000 + agency.number * 100 + index)
    if agency.list_kind == "jsonp":
        for index in range(14):  # so that the directory has a second page
            title = f"{agency.name}{2009 + index}年政府信息公开工作总结"
            yield _look_alike(agency, title, date(2010 + index, 1, 20), 720_000 + agency.number * 100 + index)


def _look_alike(agency: Agency, title: str, on: date, number: int) -> Document:
    return Document(agency, f"{agency.path}{on:%Y%m}/t{on:%Y%m%d}_{number}.html", title, on, None, number)


def _roster(year: int) -> str:
    """What the city's office says of who published on a year: who did, and that it was in time."""
    there = [agency for agency in cast.AGENCIES if year in agency.published]
    rows = "".join(
        f"<tr><td>{number}</td><td>{agency.name}</td><td>{agency.published[year]}</td><td>按时公布</td></tr>"
        for number, agency in enumerate(there, start=1)
    )
    head = "<tr><th>序号</th><th>单位</th><th>公布时间</th><th>是否按时</th></tr>"
    return f"<p>全市应公布年度报告的单位{len(there)}家。</p><table>{head}{rows}</table>"


def _row(document: Document, base: str) -> ListRow:
    """A row with its address as a list in ``base`` writes it."""
    inside = document.path.startswith(base)
    return ListRow(
        f"./{document.path.removeprefix(base)}" if inside else f"..{document.path}", document.title, document.on
    )


def _other_address(document: Document, index: int, host: str) -> str | None:
    """Other addresses of the same page: the traditional-character gateway, the phone copy, a link with tracking."""
    if document.year is None or not document.path.endswith(".html"):
        return None
    ways = {
        4: f"/gate/big5/{host}{document.path}",
        5: f"..{document.path.replace('.html', '_ext.html')}",
        8: f"..{document.path}?from=list",
    }
    return ways.get(index % 13)


def _canonical(path: str) -> str:
    """The path a copy stands for."""
    if path.startswith("/gate/big5/"):
        path = "/" + path.removeprefix("/gate/big5/").partition("/")[2]
    return path.replace("_ext.html", ".html")


def _groups() -> list[tuple[str, list[tuple[str, str]]]]:
    names = {"government": "市政府", "office": "市政府", "department": "工作部门", "town": "乡镇街道", "zone": "开发区"}
    groups: dict[str, list[tuple[str, str]]] = {}
    for agency in AGENCIES:
        groups.setdefault(names[agency.kind], []).append((agency.folder + agency.linked, agency.name))
    return list(groups.items())


def _report(document: Document) -> tuple[str, int]:
    return (document.agency.name, document.year or 0)


def _class_of(title: str) -> str:
    return next((name for word, name in _CLASSES if word in title), "no report words")


def _number_in(name: str) -> int | None:
    """The page number in ``index_2.html``, None for another name."""
    middle = name.removeprefix("index_").removesuffix(".html")
    return int(middle) if middle.isdigit() and name == f"index_{middle}.html" else None


def _number(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)


def _html(text: str, status: int = 200) -> Reply:
    return Reply(text.encode(), status)
