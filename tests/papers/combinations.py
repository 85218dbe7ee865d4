"""Reports in which several oddities meet: changes drawn by lot, then a skin drawn by lot; each by its seed again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

from tests.papers import render
from tests.papers.changes import (
    Content,
    halves,
    keys_of,
    relabelled,
    with_cells,
    with_line,
    with_rows,
    with_sheets,
)
from tests.papers.corpus import spaced
from tests.papers.pages import ofd, pdf
from tests.papers.paper import (
    HEADINGS,
    NUMERALS,
    Paper,
    Sheet,
    SheetCell,
    paper,
    split_review_sheets,
)

Change = Callable[[Paper, random.Random], Paper]
Skin = Callable[[Paper, random.Random], str | bytes]
AGENCIES = ("清湾市人民政府", "清湾市统计局", "柳河区平渡街道办事处", "大坪镇人民政府", "清湾高新区管理委员会")


@dataclass(frozen=True)
class Combination:
    """One drawn report: what its page holds, and whether something was lost on the way there."""

    paper: Paper
    words: str
    data: bytes
    lossy: bool


def combination(seed: int) -> Combination:
    """The report of one seed."""
    rng = random.Random(seed)
    year = rng.choice((2019, 2020, 2021, 2023, 2025))
    item = paper(rng.choice(AGENCIES), year, seed=seed, busy=rng.choice((0, 5, 60, 4000)))
    if rng.random() < 0.2:
        item = mixed(item, rng)
    skin = rng.choice(list(SKINS))
    chosen = [name for name in CHANGES if rng.random() < 0.3 and not (skin in PAGED and name.startswith("split"))]
    for name in chosen:
        item = CHANGES[name](item, rng)
    lossy = rng.random() < 0.25
    loss = rng.choice(list(LOSSES) if skin in SHORT else ["lost labels"])
    if lossy:
        item = LOSSES[loss](item, rng)
    made = SKINS[skin](item, rng)
    words = ", ".join([str(year), *chosen, *([loss] if lossy else []), skin])
    return Combination(item, words, made.encode() if isinstance(made, str) else made, lossy)


# Changes of the paper: nothing is lost by them


def mixed(item: Paper, _: random.Random) -> Paper:
    """表三 of the other form (quirk 74)."""
    other = paper(item.agency, item.year, template="2019" if item.template == "2021" else "2021")
    figures = {key: shown for key, shown in item.figures.items() if not key.startswith("requests.")}
    figures |= {key: shown for key, shown in other.figures.items() if key.startswith("requests.")}
    return replace(item, figures=figures, requests_template=other.template)


def blanks(item: Paper, rng: random.Random) -> Paper:
    """Blank for zero, here and there or everywhere."""
    share = rng.choice((0.1, 1.0))
    changed = {key: "" for key, shown in item.figures.items() if shown == "0" and rng.random() < share}
    return replace(item, figures={**item.figures, **changed})


def dashes(item: Paper, rng: random.Random) -> Paper:
    """Strokes for zero."""
    dash = rng.choice(("/", "-", "—", "无"))
    changed = {key: dash for key, shown in item.figures.items() if shown == "0" and rng.random() < 0.3}
    return replace(item, figures={**item.figures, **changed})


def remarks(item: Paper, rng: random.Random) -> Paper:
    """Numbers with a remark or a unit in their cell."""
    ends = ("（含上年结转1件）", "件", "（其中修订2件）", "件。")
    keys = rng.sample(keys_of(item, "disclosure.rules", "disclosure.norm", "requests.granted"), 3)
    return replace(item, figures={**item.figures, **{key: f"{rng.randint(3, 99)}{rng.choice(ends)}" for key in keys}})


def published(item: Paper, rng: random.Random) -> Paper:
    """The row of the total that some provinces add."""
    shown = rng.choice(("4", "43个。", "1283", "0条"))
    return replace(item, figures={**item.figures, "disclosure.published.total": shown})


def no_break_spaces(item: Paper, _: random.Random) -> Paper:
    """U+00A0 on both sides of every number."""
    return with_cells(item, lambda cell: replace(cell, text=f"\u00a0{cell.text}\u00a0") if cell.key else cell)


def variants(item: Paper, rng: random.Random) -> Paper:
    """Some labels in another spelling."""
    spellings = {
        "1.信访举报投诉类申请": "1.信访举报投诉诉求类申请",
        "3.补正后申请内容仍不明确": "3.䃼正后申请内容仍不明确",
        "2.其他法律行政法规禁止公开": "2.其他法律行政止公开",
        "四、结转下年度继续办理": "四、结转下一年度继续办理",
        "3.危及“三安全一稳定”": "3.危及「三安全一稳定」",
        "自然人": "自 然 人",
        "结果维持": "结果  维持",
        "第二十条第（五）项": "第二十条  第(五)项",
        "（一）予以公开": "(一) 予以公开",
    }
    return relabelled(item, dict(rng.sample(list(spellings.items()), rng.randint(1, 5))))


def headings(item: Paper, rng: random.Random) -> Paper:
    """Headings with Arabic ordinals, with none, or with spaces."""
    write = rng.choice(
        (lambda n, words: f"{n}、 {words}", lambda _, words: words, lambda n, words: f"{NUMERALS[n - 1]}、 {words}")
    )
    for number, words in enumerate(HEADINGS, 1):
        item = with_line(item, f"{NUMERALS[number - 1]}、{words}", write(number, words))
    return item


def notes(item: Paper, _: random.Random) -> Paper:
    """Footnotes behind 表四 (quirk 26)."""
    return with_sheets(item, 4, lambda sheet: [sheet, "注：1.没有发生的填“0”。", "2.内部事务信息的口径与上年一致。"])


def split_review(item: Paper, _: random.Random) -> Paper:
    """表四 in three tables (quirk 28)."""
    return with_sheets(item, 4, lambda _: split_review_sheets(item))


def split_tables(item: Paper, rng: random.Random) -> Paper:
    """表二 and 表三 cut in two, perhaps with a page number between (quirk 27)."""
    between = rng.choice(("- 2 -", None))

    def change(sheet: Sheet) -> list[Content]:
        above, below = halves(sheet, rng.randint(4, len(sheet) - 2))
        return [above, *([between] if between is not None else []), below]

    return with_sheets(with_sheets(item, 2, change), 3, change)


def cut_headers(item: Paper, _: random.Random) -> Paper:
    """Header cells cut after their first line (quirk 18)."""
    cut = (
        {"本年新制作数量": "本年新", "本年新公开数量": "本年新"}
        if item.template == "2019"
        else {"现行有效件数": "现行有效件"}
    )
    return relabelled(item, cut)


CHANGES: dict[str, Change] = {
    "blanks": blanks, "dashes": dashes, "remarks": remarks, "published": published, "NBSP": no_break_spaces,
    "cut headers": cut_headers, "variants": variants, "headings": headings, "notes": notes, "split 表四": split_review,
    "split 表二, 表三": split_tables,
}  # fmt: skip


# Losses: figures may be missing then, and none may be wrong


def lost_cells(item: Paper, rng: random.Random) -> Paper:
    """A few cells of values are gone, in one row or in several."""
    gone = set(rng.sample(list(item.figures), rng.randint(1, 4)))
    return _without(item, lambda _, row: [cell for cell in row if cell.key not in gone], gone)


def lost_rows(item: Paper, rng: random.Random) -> Paper:
    """Two rows of 表三 that have labels of their own only are gone."""
    rows = rng.sample([key.split(".")[1] for key in keys_of(item, "requests.") if key.endswith(".total")][4:12], 2)
    gone = {key for key in item.figures if key.split(".")[1] in rows}
    return _without(item, lambda _, row: [] if any(cell.key in gone for cell in row) else row, gone)


def lost_labels(item: Paper, rng: random.Random) -> Paper:
    """The labels of some rows are gone, their cells are there."""
    rows = set(rng.sample(range(6, 18), 4))
    return with_rows(
        item, 3, lambda y, row: [replace(cell, text="") if cell.key is None and y in rows else cell for cell in row]
    )


def _without(item: Paper, change: Callable[[int, tuple[SheetCell, ...]], object], gone: set[str]) -> Paper:
    for number in (2, 3, 4):
        item = with_rows(item, number, change)  # type: ignore[arg-type]
    return replace(item, figures={key: shown for key, shown in item.figures.items() if key not in gone})


LOSSES: dict[str, Change] = {"lost cells": lost_cells, "lost rows": lost_rows, "lost labels": lost_labels}


# Skins


def _page(item: Paper, rng: random.Random) -> str:
    """HTML: cells written in one of several ways, the article wrapped, doubled or led by an empty column."""
    markup = rng.choice((render.plain_cell, render.word_cell, render.vertical_cell, spaced, _two_paragraphs))
    article = render.article(item, markup)
    wrap = rng.choice(("plain", "empty column", "twins", "layout", "fields"))
    if wrap == "empty column":
        article = article.replace("<tr>", "<tr><td>&nbsp;</td>")
    elif wrap == "twins":
        article = f"<div class='pc'>{article}</div><div class='m'>{article}</div>"
    elif wrap == "layout":
        article = f"<table><tr><td>{article}</td></tr></table>"
    elif wrap == "fields":
        article = f"<table><tr><td>索引号：</td><td>9901/2024-3</td></tr></table>{article}"
    return render.html(item, body=article)


def _two_paragraphs(cell: SheetCell) -> str:
    half = len(cell.text) // 2 if cell.key is None else 0
    return f"<p></p><p>{escape(cell.text[:half])}</p><p>{escape(cell.text[half:])}</p>"


SKINS: dict[str, Skin] = {
    "html": _page, "html again": _page, "html once more": _page,
    "text": lambda item, _: render.text(item), "pipes": lambda item, _: render.pipes(item),
    "docx": lambda item, _: render.word(item), "xlsx": lambda item, _: render.workbook(item),
    "pdf": lambda item, rng: pdf(item, bottom=rng.choice((560.0, 660.0, 770.0)), close=rng.random() < 0.5),
    "ofd": lambda item, rng: ofd(item, bottom=rng.choice((560.0, 660.0, 770.0))),
}  # fmt: skip
PAGED = frozenset({"pdf", "ofd"})  # breaks its tables by itself
SHORT = frozenset({"html", "html again", "html once more", "text"})  # prints a row with fewer cells as it is
