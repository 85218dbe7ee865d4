"""Papers set on pages: wrapped text and ruled tables that break anywhere; the ground for PDF and OFD files."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.papers.paper import Paper, Sheet
from tests.papers.render import paragraphs

WIDTH, HEIGHT = 595.0, 842.0
LEFT, RIGHT, TOP, BOTTOM = 72.0, 523.0, 80.0, 770.0
FONT = "STSong-Light"


@dataclass
class Page:
    """Texts as (x, baseline from the top, size, text) and rules as (x0, y0, x1, y1)."""

    texts: list[tuple[float, float, float, str]] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)
    backgrounds: list[tuple[float, float, float, float]] = field(default_factory=list)


class Setter:
    """Sets paragraphs and tables one below the other."""

    def __init__(self, *, size: float = 12.0, bottom: float = BOTTOM, folio: bool = True) -> None:
        self.pages = [Page()]
        self.y = TOP
        self.size = size
        self.bottom = bottom
        self.folio = folio
        self._rest: dict[tuple[int, int], list[str]] = {}  # lines of merged cells that go on over the page

    def _turn(self) -> None:
        if self.folio:
            self.pages[-1].texts.append((WIDTH / 2 - 10, HEIGHT - 40, 9.0, f"- {len(self.pages)} -"))
        self.pages.append(Page())
        self.y = TOP

    def paragraph(self, text: str, *, indent: float = 2.0, centred: bool = False) -> None:
        """A paragraph with an indented first line, wrapped at the margin."""
        room = RIGHT - LEFT
        x = LEFT + (0 if centred else indent * self.size)
        lines: list[tuple[float, str]] = []
        line = ""
        for char in text:
            if _width(line + char, self.size) > room - (x - LEFT):
                lines.append((x, line))
                line, x = "", LEFT
            line += char
        lines.append((x, line))
        for start, content in lines:
            if self.y + 1.6 * self.size > self.bottom:
                self._turn()
            at = (LEFT + RIGHT - _width(content, self.size)) / 2 if centred else start
            self.pages[-1].texts.append((at, self.y + self.size, self.size, content))
            self.pages[-1].backgrounds.append((LEFT - 2, self.y, RIGHT + 2, self.y + 1.6 * self.size))
            self.y += 1.6 * self.size

    def table(self, sheet: Sheet, widths: list[float], *, size: float = 8.0, close: bool = True) -> None:
        """A ruled table; a row that does not fit goes to the next page, merged cells are cut there.

        ``close`` draws the rule under the last row of a page.
        """
        scale = (RIGHT - LEFT) / sum(widths)
        xs = [LEFT + scale * sum(widths[:index]) for index in range(len(widths) + 1)]
        placed = _placed(sheet)
        heights = [self._height(placed, row, xs, size) for row in range(len(sheet))]
        row = 0
        while row < len(sheet):
            last = row
            room = self.bottom - self.y
            while last < len(sheet) and sum(heights[row : last + 1]) <= room:
                last += 1
            if last == row:
                self._turn()
                continue
            self._part(placed, heights, row, last, xs, size, open_end=last < len(sheet) and not close)
            row = last
            if row < len(sheet):
                self._turn()
        self.y += 6

    def _height(self, placed: list[tuple[int, int, int, int, str]], row: int, xs: list[float], size: float) -> float:
        lines = [1]
        for top, left, rowspan, colspan, text in placed:
            if top == row and rowspan == 1:
                lines.append(len(_wrapped(text, xs[left + colspan] - xs[left] - 4, size)))
        return max(lines) * 1.3 * size + 6

    def _part(
        self, placed: list[tuple[int, int, int, int, str]], heights: list[float], first: int, last: int, xs: list[float], size: float, *, open_end: bool
    ) -> None:  # fmt: skip
        page = self.pages[-1]
        ys = [self.y + sum(heights[first:index]) for index in range(first, last + 1)]
        for top, left, rowspan, colspan, text in placed:
            start, end = max(top, first), min(top + rowspan, last)
            if start >= end:
                continue
            x0, x1, y0, y1 = xs[left], xs[left + colspan], ys[start - first], ys[end - first]
            page.rules += [(x0, y0, x0, y1), (x1, y0, x1, y1)]
            if start in {top, first}:
                page.rules.append((x0, y0, x1, y0))
            if not (open_end and end == last):
                page.rules.append((x0, y1, x1, y1))
            lines = self._rest.pop((top, left), []) if top < first else _wrapped(text, x1 - x0 - 4, size)
            if end < top + rowspan:  # cut by the page break: what does not fit is printed on the next page
                room = max(0, int((y1 - y0 - 2) / (1.3 * size)))
                lines, self._rest[top, left] = lines[:room], lines[room:]
            base = (y0 + y1) / 2 - len(lines) * 0.65 * size + size
            for index, line in enumerate(lines):
                page.texts.append(((x0 + x1 - _width(line, size)) / 2, base + index * 1.3 * size, size, line))
        self.y = ys[-1]


def _placed(sheet: Sheet) -> list[tuple[int, int, int, int, str]]:
    taken: set[tuple[int, int]] = set()
    found = []
    for y, row in enumerate(sheet):
        x = 0
        for cell in row:
            while (y, x) in taken:
                x += 1
            found.append((y, x, cell.rowspan, cell.colspan, cell.text))
            taken |= {(y + dy, x + dx) for dy in range(cell.rowspan) for dx in range(cell.colspan)}
            x += cell.colspan
    return found


def _width(text: str, size: float) -> float:
    return sum(size if ord(char) > 0x2000 else 0.5 * size for char in text)


def _wrapped(text: str, room: float, size: float) -> list[str]:
    lines = [""]
    for char in text:
        if _width(lines[-1] + char, size) > room and lines[-1]:
            lines.append("")
        lines[-1] += char
    return lines


WIDTHS = {2: [30.0, 25.0, 25.0, 25.0], 3: [4.0, 12.0, 26.0, *[9.0] * 7], 4: [10.0] * 15}


def pages(
    item: Paper, *, size: float = 12.0, bottom: float = BOTTOM, close: bool = True, title_lines: int = 1
) -> list[Page]:
    """The pages of a paper; ``bottom`` moves the page breaks."""
    setter = Setter(size=size, bottom=bottom)
    title = item.title if title_lines == 1 else item.title.replace(f"{item.year}年", f"\n{item.year}年")
    for line in title.split("\n"):
        setter.paragraph(line, centred=True)
    for number, content in paragraphs(item):
        if isinstance(content, str):
            setter.paragraph(content)
        else:
            columns = max(sum(cell.colspan for cell in row) for row in content)
            widths = WIDTHS[number] if len(WIDTHS.get(number, ())) == columns else [10.0] * columns
            setter.table(content, widths, close=close)
    return setter.pages


def pdf(item: Paper, **options: object) -> bytes:
    """A PDF with a text layer, ruled tables, page numbers and white boxes behind the paragraphs."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=True)
    for page in pages(item, **options):  # type: ignore[arg-type]
        canvas.setFillGray(1)
        for x0, y0, x1, y1 in page.backgrounds:
            canvas.rect(x0, HEIGHT - y1, x1 - x0, y1 - y0, stroke=0, fill=1)
        canvas.setFillGray(0)
        canvas.setLineWidth(0.5)
        for x0, y0, x1, y1 in page.rules:
            canvas.line(x0, HEIGHT - y0, x1, HEIGHT - y1)
        for x, y, size, text in page.texts:
            canvas.setFont(FONT, size)
            canvas.drawString(x, HEIGHT - y, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


_MM = 25.4 / 72


def ofd(item: Paper, **options: object) -> bytes:
    """An OFD package of the same pages."""
    name = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    made = pages(item, **options)  # type: ignore[arg-type]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "OFD.xml",
            f"<ofd:OFD {name}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        listed = "".join(f'<ofd:Page ID="{i}" BaseLoc="Pages/Page_{i}/Content.xml"/>' for i in range(len(made)))
        area = "<ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData>"
        package.writestr(
            "Doc_0/Document.xml", f"<ofd:Document {name}>{area}<ofd:Pages>{listed}</ofd:Pages></ofd:Document>"
        )
        for number, page in enumerate(made):
            objects = []
            for x, y, size, text in page.texts:
                deltas = " ".join(f"{_width(char, size) * _MM:.3f}" for char in text[:-1])
                objects.append(
                    f'<ofd:TextObject Boundary="{x * _MM:.3f} {(y - size) * _MM:.3f} 100 {size * _MM:.3f}" Size="{size * _MM:.3f}">'
                    f'<ofd:TextCode X="0" Y="{size * _MM:.3f}" DeltaX="{deltas}">{escape(text)}</ofd:TextCode></ofd:TextObject>'
                )
            for x0, y0, x1, y1 in page.rules:
                box = f"{x0 * _MM:.3f} {y0 * _MM:.3f} {abs(x1 - x0) * _MM:.3f} {abs(y1 - y0) * _MM:.3f}"
                path = f"M 0 0 L {(x1 - x0) * _MM:.3f} {(y1 - y0) * _MM:.3f}"
                objects.append(
                    f'<ofd:PathObject Boundary="{box}" LineWidth="0.2"><ofd:AbbreviatedData>{path}</ofd:AbbreviatedData></ofd:PathObject>'
                )
            package.writestr(
                f"Doc_0/Pages/Page_{number}/Content.xml",
                f"<ofd:Page {name}><ofd:Content><ofd:Layer>{''.join(objects)}</ofd:Layer></ofd:Content></ofd:Page>",
            )
    return out.getvalue()
