"""OFD (GB/T 33190-2016): a zip of XML pages; text objects become characters, path objects rules."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise

from lxml import etree

from parser.documents.container import check_zip
from parser.documents.document import Document, Line
from parser.documents.drawn import Drawn, DrawnPage, blocks, edge
from parser.errors import UnreadableDocument, UnsupportedFormat

_POINTS = 72 / 25.4  # OFD measures in millimetres
_MAX_PAGES = 300
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PATH = re.compile(r"([MLBQAC S])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_FLAT = 1.0  # millimetres: a filled area thinner than this is a rule
Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)


def read_ofd(data: bytes) -> Document:
    """A document from the bytes of an ``.ofd``; UnreadableDocument where the package is damaged."""
    names = set(check_zip(data))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            found = blocks(_pages(package, names))
    except (KeyError, ValueError, zipfile.BadZipFile, etree.LxmlError, OSError, NotImplementedError, EOFError) as error:
        message = f"the OFD file is damaged ({type(error).__name__}: {error}); fetch it again or open it in a reader"
        raise UnreadableDocument(message) from error
    if not any(isinstance(block, Line) or block.text for block in found):
        raise UnsupportedFormat("scanned ofd", "it has no text; print it to a PDF and give that")
    return Document("ofd", tuple(found))


def _xml(package: zipfile.ZipFile, name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False)
    return etree.fromstring(package.read(name), parser=parser)


def _pages(package: zipfile.ZipFile, names: set[str]) -> Iterator[DrawnPage]:
    """The pages of the first document of the package, each with its templates below it."""
    root = next(iter(_xml(package, "OFD.xml").iterfind(".//{*}DocRoot")), None)
    if root is None or not root.text:
        message = "OFD.xml names no document"
        raise ValueError(message)
    document_name = root.text.strip().lstrip("/")
    folder = posixpath.dirname(document_name)
    document = _xml(package, document_name)
    default = _box(document, ".//{*}CommonData/{*}PageArea/{*}PhysicalBox")
    templates = {
        item.get("ID"): posixpath.join(folder, item.get("BaseLoc", "").lstrip("/"))
        for item in document.iterfind(".//{*}TemplatePage")
    }
    pages = [item.get("BaseLoc", "") for item in document.iterfind(".//{*}Pages/{*}Page")]
    for number, location in enumerate(pages[:_MAX_PAGES], 1):
        name = _inside(folder, location, names)
        page = _xml(package, name)
        chars: list[Drawn] = []
        edges: list[Drawn] = []
        for template in page.iterfind(".//{*}Template"):
            below = templates.get(template.get("TemplateID"))
            if below is not None and below in names:
                _draw(_xml(package, below), chars, edges)
        _draw(page, chars, edges)
        area = _box(page, ".//{*}Area/{*}PhysicalBox") or default or (0, 0, 210, 297)
        yield DrawnPage(number, area[3] * _POINTS, chars, edges)


def _inside(folder: str, location: str, names: set[str]) -> str:
    for name in (posixpath.join(folder, location.lstrip("/")), location.lstrip("/")):
        if name in names:
            return name
    raise KeyError(location)


def _box(root: etree._Element, path: str) -> tuple[float, ...] | None:
    found = next(iter(root.iterfind(path)), None)
    numbers = _numbers(found.text if found is not None else None)
    return tuple(numbers) if len(numbers) == 4 else None


def _numbers(text: str | None) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text or "")]


def _draw(page: etree._Element, chars: list[Drawn], edges: list[Drawn]) -> None:
    for item in page.iter("{*}TextObject"):
        chars.extend(_text(item))
    for item in page.iter("{*}PathObject"):
        edges.extend(_path(item))


def _matrix(item: etree._Element) -> Matrix:
    numbers = _numbers(item.get("CTM"))
    return (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]) if len(numbers) == 6 else _IDENTITY


def _origin(item: etree._Element) -> tuple[float, float]:
    numbers = _numbers(item.get("Boundary"))
    return (numbers[0], numbers[1]) if len(numbers) == 4 else (0.0, 0.0)


def _text(item: etree._Element) -> Iterator[Drawn]:
    """The characters of a text object, each with its box in points."""
    x0, y0 = _origin(item)
    a, b, c, d, e, f = _matrix(item)
    size = next(iter(_numbers(item.get("Size"))), 4.0)
    height = size * abs(d or 1.0)
    x = y = 0.0
    for code in item.iterfind("{*}TextCode"):
        x = next(iter(_numbers(code.get("X"))), x)
        y = next(iter(_numbers(code.get("Y"))), y)
        deltas = _deltas(code.get("DeltaX"))
        downwards = _deltas(code.get("DeltaY"))
        at_x, at_y = x, y
        for index, char in enumerate(code.text or ""):
            left, base = x0 + a * at_x + c * at_y + e, y0 + b * at_x + d * at_y + f
            width = size * abs(a or 1.0) * (1.0 if ord(char) > 0x2000 else 0.55)
            yield {
                "text": char, "size": height * _POINTS,
                "x0": left * _POINTS, "x1": (left + width) * _POINTS,
                "top": (base - 0.85 * height) * _POINTS, "bottom": (base + 0.15 * height) * _POINTS,
            }  # fmt: skip
            at_x += deltas[min(index, len(deltas) - 1)] if deltas else (0.0 if downwards else width)
            at_y += downwards[min(index, len(downwards) - 1)] if downwards else 0.0


def _deltas(text: str | None) -> list[float]:
    """Advances of a text code; ``g 3 2.5`` stands for three times 2.5."""
    parts = (text or "").split()
    deltas: list[float] = []
    index = 0
    while index < len(parts):
        if parts[index] == "g" and index + 2 < len(parts):
            deltas.extend([float(parts[index + 2])] * min(int(parts[index + 1]), 10_000))
            index += 3
        else:
            deltas.append(float(parts[index]))
            index += 1
    return deltas


def _path(item: etree._Element) -> Iterator[Drawn]:
    """The straight rules of a path object: its strokes, or the long sides of a thin filled area."""
    data = next(iter(item.iterfind("{*}AbbreviatedData")), None)
    if data is None or not data.text:
        return
    x0, y0 = _origin(item)
    a, b, c, d, e, f = _matrix(item)
    points = [(x0 + a * x + c * y + e, y0 + b * x + d * y + f) for x, y in _points(data.text)]
    if len(points) < 2:
        return
    xs, ys = [x for x, _ in points], [y for _, y in points]
    filled = item.get("Fill") == "true" and item.get("Stroke") != "true"
    if filled and min(max(xs) - min(xs), max(ys) - min(ys)) > _FLAT:
        return  # a background
    if filled:
        yield _rule((min(xs), min(ys)), (max(xs), max(ys)))
        return
    if item.get("Stroke") != "false":
        for start, end in pairwise(points):
            if abs(start[0] - end[0]) < _FLAT or abs(start[1] - end[1]) < _FLAT:
                yield _rule(start, end)


def _points(text: str) -> Iterator[tuple[float, float]]:
    """The corner points of M, L and C commands; curves draw no rules."""
    first: tuple[float, float] | None = None
    command = ""
    numbers: list[float] = []
    wanted = {"M": 2, "S": 2, "L": 2}
    for letter, number in _PATH.findall(text):
        if letter.strip():
            command, numbers = letter, []
            if letter == "C" and first is not None:
                yield first
        elif number and command in wanted:
            numbers.append(float(number))
            if len(numbers) == wanted[command]:
                point = (numbers[0], numbers[1])
                first = point if command in {"M", "S"} else first
                yield point
                numbers = []


def _rule(start: Sequence[float], end: Sequence[float]) -> Drawn:
    x0, x1 = sorted((start[0] * _POINTS, end[0] * _POINTS))
    top, bottom = sorted((start[1] * _POINTS, end[1] * _POINTS))
    return edge(x0, top, x1, bottom)
