"""The fixture corpus of the evaluation: many invented reports, each in every skin and format we know of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from tests.papers import pages, render
from tests.papers.paper import Paper, Sheet, SheetCell, paper, split_review_sheets


@dataclass(frozen=True)
class Sample:
    """A document of the corpus: whose it is, how it is dressed, its bytes."""

    paper: Paper
    skin: str
    data: bytes


AGENCIES = (
    ("清湾市人民政府", 2023, 900),
    ("清湾市人民政府办公室", 2024, 120),
    ("清湾市财政局", 2020, 12),
    ("清湾市柳河区人民政府", 2019, 400),
    ("清湾市柳河区卫生健康局", 2021, 8),
    ("清湾市柳河区平渡街道办事处", 2022, 0),
    ("大坪镇人民政府", 2020, 0),
    ("清湾高新技术产业开发区管理委员会", 2025, 25),
)


def papers() -> Iterator[Paper]:
    """The reports of the corpus."""
    for index, (agency, year, busy) in enumerate(AGENCIES):
        yield paper(agency, year, seed=index, busy=busy)


def samples() -> Iterator[Sample]:
    """Every report in every skin."""
    for item in papers():
        for skin, dress in SKINS.items():
            yield Sample(item, skin, dress(item))


def flattened(item: Paper) -> bytes:
    """Each cell a line of its own, blank lines between."""
    lines = [item.title]
    for _, content in render.paragraphs(item):
        lines.extend([content] if isinstance(content, str) else [cell.text for row in content for cell in row])
    return "\n\n".join(lines).encode()


def wide_table(item: Paper) -> bytes:
    """The whole article in the rows of one table."""
    rows = []
    for _, content in render.paragraphs(item):
        if isinstance(content, str):
            rows.append(f"<tr><td colspan='10'>{escape(content)}</td></tr>")
        else:
            rows.append(
                render.table(content).removeprefix("<table border='1'><tbody>").removesuffix("</tbody></table>")
            )
    return render.html(item, body=f"<table>{''.join(rows)}</table>").encode()


def in_script(item: Paper) -> bytes:
    """The article in a string of a script."""
    text = json.dumps(render.article(item), ensure_ascii=False).replace("</", "<\\/")
    return render.html(item, body=f"<div id='c'></div><script>let content = {text};</script>").encode()


def twins(item: Paper) -> bytes:
    """The article once for desktops and once for phones."""
    body = render.article(item)
    return render.html(item, body=f"<div class='pc'>{body}</div><div class='m'>{body}</div>").encode()


def split_tables(item: Paper) -> bytes:
    """表四 in three tables, the others cut in two."""
    parts: list[str] = []
    for number, content in render.paragraphs(item):
        if isinstance(content, str):
            parts.append(f"<p>{escape(content)}</p>")
        elif number == 4:
            parts.extend(render.table(sheet) for sheet in split_review_sheets(item))
        else:
            parts.extend(render.table(half) for half in (content[: len(content) // 2], content[len(content) // 2 :]))
    return render.html(item, body="".join(parts)).encode()


def cut_headers(item: Paper) -> bytes:
    """Header cells cut after their first line."""
    cut = render.article(item)
    for whole in ("制作数量", "公开数量", "件数</p>"):
        cut = cut.replace(whole, "件</p>" if whole.endswith("</p>") else "")
    return render.html(item, body=cut).encode()


def empty_column(item: Paper) -> bytes:
    """An empty cell at the beginning of every row."""
    return render.html(item, body=render.article(item).replace("<tr>", "<tr><td>&nbsp;</td>")).encode()


def spaced(cell: SheetCell) -> str:
    """NBSP around numbers, runs of spaces in labels."""
    if cell.key is not None:
        return f"&nbsp;{escape(cell.text)}\u3000"
    return escape(cell.text[:2]) + "&nbsp;&nbsp; " + escape(cell.text[2:])


def declared_gb2312(item: Paper) -> bytes:
    """GB18030 bytes that call themselves gb2312."""
    return render.html(item).replace('charset="utf-8"', 'charset="gb2312"').encode("gb18030")


def skin(markup: Callable[[SheetCell], str]) -> Callable[[Paper], bytes]:
    """A page whose cells are written by ``markup``."""
    return lambda item: render.html(item, body=render.article(item, markup), date=f"{item.year + 1}-01-20").encode()


def expanded_pipes(item: Paper) -> bytes:
    """Pipe tables in which a merged cell is printed again in every column and row it spans."""
    lines = [f"# {item.title}", ""]
    for _, content in render.paragraphs(item):
        if isinstance(content, str):
            lines.extend([content, ""])
        else:
            lines.extend("| " + " | ".join(row) + " |" for row in repeated(content))
            lines.append("")
    return "\n".join(lines).encode()


def repeated(sheet: Sheet) -> list[list[str]]:
    """A sheet without spans: a merged cell's text stands in every slot it covers."""
    slots: list[dict[int, str]] = [{} for _ in sheet]
    for y, row in enumerate(sheet):
        x = 0
        for cell in row:
            while x in slots[y]:
                x += 1
            for dy in range(min(cell.rowspan, len(sheet) - y)):
                slots[y + dy] |= dict.fromkeys(range(x, x + cell.colspan), cell.text)
            x += cell.colspan
    return [[row[x] for x in sorted(row)] for row in slots]


SKINS: dict[str, Callable[[Paper], bytes]] = {
    "page": skin(render.plain_cell),
    "Word paste": skin(render.word_cell),
    "vertical labels": skin(render.vertical_cell),
    "spaces": skin(spaced),
    "layout table": lambda item: render.html(
        item, body=f"<table><tr><td>{render.article(item)}</td></tr></table>"
    ).encode(),
    "wide table": wide_table,
    "twins": twins,
    "script": in_script,
    "split tables": split_tables,
    "cut headers": cut_headers,
    "empty column": empty_column,
    "gb2312": declared_gb2312,
    "UTF-16": lambda item: render.html(item).encode("utf-16"),
    "text": lambda item: render.text(item).encode(),
    "pipes": lambda item: render.pipes(item).encode(),
    "repeated pipes": expanded_pipes,
    "flattened": flattened,
    "docx": render.word,
    "xlsx": render.workbook,
    "pdf": pages.pdf,
    "pdf, early breaks": lambda item: pages.pdf(item, bottom=560.0),
    "pdf, open ends": lambda item: pages.pdf(item, bottom=610.0, close=False),
    "ofd": lambda item: pages.ofd(item, bottom=650.0),
}
