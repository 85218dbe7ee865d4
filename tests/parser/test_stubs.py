"""Stubs: a page with a report's title and no text says whose report it is, and what stands in the text's place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from parser import Hints, NotAReport, Record, parse
from parser.documents import album, read
from parser.documents.album import bind
from parser.errors import UnreadableDocument
from parser.isolation import IsolatedParser
from parser.record import PublishedSource
from parser.stubs import Body, Stub
from tests.papers.paper import paper
from tests.papers.render import html

ITEM = paper()
PICTURE = "<p><img src='/uploads/2024/1.jpg' width='800'></p>"


def stub(body: str, **hints: Any) -> Stub | None:
    with pytest.raises(NotAReport) as refused:
        parse(html(ITEM, body=body, date="2024-01-18").encode(), Hints(**hints))
    return refused.value.stub


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PICTURE, Body.IMAGE),
        ("<p><img src='W020240118.png'></p>", Body.IMAGE),
        ("<p><img src='#' OLDSRC='W020240118.png'></p>", Body.IMAGE),
        (f"<p>联系电话：0434-5220000</p>{PICTURE}", Body.IMAGE),
        (f"<img src='data:image/png;base64,{'A' * 5000}'>", Body.IMAGE),
        ("<iframe src='/pdfjs/viewer.html?file=/files/a.pdf'></iframe>", Body.ATTACHMENT),
        ("<object data='/files/a.PDF' type='application/pdf'></object>", Body.ATTACHMENT),
        ("<embed src='a.ofd'>", Body.ATTACHMENT),
        ("<p><a href='a.docx'>年度报告.docx</a></p>", Body.EMPTY),  # whether it leads anywhere the archive knows
        ("<p><img src='/images/icon_pdf.gif'><img src='b.png' width='24'></p>", Body.EMPTY),
        ("<div class='share'><img src='/images/s.png'></div><iframe src='/share.html'></iframe>", Body.EMPTY),
        ("<p><img src='data:image/gif;base64,R0lGOD'></p>", Body.EMPTY),
        ("", Body.EMPTY),
    ],
)
def test_what_stands_in_the_place_of_the_text(body: str, kind: Body) -> None:
    found = stub(body)
    assert found is not None
    assert found.body is kind
    known = Record(
        title=ITEM.title,
        publisher=ITEM.agency,
        report_year=ITEM.year,
        published_on=date(2024, 1, 18),
        published_source=PublishedSource.PAGE,
    )
    assert found.record == known


@pytest.mark.parametrize(
    "body",
    [
        "<p>全年公开审计结果公告，答复来信，整理目录，培训人员，更新网站，接待群众来访。</p>" * 5 + PICTURE,
        "<table>" + "<tr><td>项目</td><td>12</td></tr>" * 20 + "</table>",
        "<ul>"
        + "".join(f"<li><a href='{n}'>清湾市第{n}局2023年政府信息公开工作年度报告</a></li>" for n in range(6))
        + "</ul>",
    ],
    ids=["a text", "a table", "a list"],
)
def test_what_has_a_text_of_another_kind_is_no_stub(body: str) -> None:
    assert stub(body) is None


def test_an_isolated_parser_tells_the_same() -> None:
    with IsolatedParser() as parser, pytest.raises(NotAReport) as refused:
        parser.parse(html(ITEM, body=PICTURE, date="2024-01-18").encode())
    assert refused.value.stub == stub(PICTURE)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["1.png", "2.JPG"], True),
        (["扫描/", "扫描/第1页.jpeg"], True),
        (["1.png", "说明.txt"], False),
        ([], False),
    ],
)
def test_a_zip_of_pictures_alone_is_an_album(names: list[str], expected: bool) -> None:
    assert album.is_album(names) == expected


def test_an_album_gives_its_pictures_in_the_order_of_their_numbers() -> None:
    pictures = [b"GIF89a" + bytes([number]) for number in range(12)]
    assert list(album.pictures(bind(pictures))) == pictures
    assert bind(pictures) == bind(pictures)


def test_pictures_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(album, "MAX_BYTES", 1000)
    with pytest.raises(UnreadableDocument, match="together"):
        bind([b"GIF89a" + bytes(600)] * 2)


def test_a_damaged_album_is_told() -> None:
    whole = bytearray(bind([b"\x89PNG\r\n\x1a\n" + bytes(100)] * 2))
    whole[70] ^= 1
    with pytest.raises(UnreadableDocument, match=r"0001\.png is cut or damaged"):
        list(album.pictures(bytes(whole)))


def test_without_the_extra_an_album_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from parser.documents import ocr
    from parser.errors import UnsupportedFormat

    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    with pytest.raises(UnsupportedFormat, match=r"pip install 'xxgk\[ocr\]'"):
        read(bind([b"\x89PNG\r\n\x1a\n"] * 2), Hints())
