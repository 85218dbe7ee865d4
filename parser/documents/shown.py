"""What a page shows instead of a text: pictures of a report's pages, or a file in a viewer; icons and logos are neither."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from lxml import etree

from parser.labels import squeeze
from parser.titles import judge

ENOUGH_PROSE = 150  # characters: with fewer, what a page says is no text of a report
_SHORTEST_LINE = 25  # characters: titles of menus, fields and buttons are shorter
_LONGEST_TITLE = 60
_LEAST_SIDE = 100  # pixels: smaller pictures are icons
_SHORTEST_DATA = 4_000  # characters of a picture that stands in the page itself
_EDITORS_NAME = re.compile(r"(?:^|/)[WP]0\d{6,}[^/]*$", re.IGNORECASE)  # TRS: what an editor put into a text
_DECORATION = re.compile(
    r"fileTypeImages|sysimage|qrcode|erweima|(?:^|[/_.-])(?:icons?|ico|logo|ewm|share|weixin|wechat|weibo|arrow|btn|button|blank|spacer"
    r"|dzjg|jiucuo|conac|beian|ghs)(?:[/_.-]|\d|$)",
    re.IGNORECASE,
)
_OUTSIDE_TAGS = frozenset({"header", "footer", "nav", "aside"})
_OUTSIDE = re.compile(
    r"(?:^|[\s_-])(?:header|head|footer|foot|nav|menu|logo|banner|share|qrcode|ewm|copyright)\d*(?:[\s_-]|$)",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"\s*(\d+)(?:\.\d+)?\s*(?:px)?\s*(?:$|;)", re.IGNORECASE)
_STYLED = re.compile(r"(?:^|[;\s])(?:width|height)\s*:\s*(\d+)(?:\.\d+)?\s*px", re.IGNORECASE)
_SHOWN_FILE = re.compile(r"\.(?:pdf|ofd|docx?|wps)(?=$|[?#&])", re.IGNORECASE)
_FOOT = re.compile(
    r"版权所有|主办|承办|备案|ICP|网站标识码|网安备|技术支持|建议使用|浏览器|网站地图|联系我们", re.IGNORECASE
)


def shows(tree: etree._Element) -> Literal["image", "attachment"] | None:
    """What a page shows that may be a report: pictures, or a file in a frame of its own."""
    if any(is_content(element) for element in tree.iter("img")):
        return "image"
    viewers = (element.get("src") or element.get("data") or "" for element in tree.iter("iframe", "embed", "object"))
    return "attachment" if any(_SHOWN_FILE.search(address) for address in viewers) else None


def is_content(picture: etree._Element) -> bool:
    """Whether an ``img`` may be a page of a document: no icon, and not in the head or the foot of the page."""
    if is_editors(picture):
        return not _is_small(picture)
    source = source_of(picture)
    if source is None or _is_small(picture) or _DECORATION.search(source):
        return False
    return not any(
        element.tag in _OUTSIDE_TAGS or _OUTSIDE.search(f"{element.get('class', '')} {element.get('id', '')}")
        for element in picture.iterancestors()
    )


def is_editors(picture: etree._Element) -> bool:
    """Whether an ``img`` was put into a text by an editor of TRS, as its name or its lost name says."""
    return "oldsrc" in picture.attrib or _EDITORS_NAME.search(source_of(picture) or "") is not None


def source_of(picture: etree._Element) -> str | None:
    """Where an ``img`` is loaded from, later ones by a script too; null where it is only a dot in the page itself."""
    for name in ("data-original", "data-src", "src", "oldsrc"):
        source = (picture.get(name) or "").strip()
        is_a_dot = source.startswith("data:") and len(source) < _SHORTEST_DATA
        if source and not source.startswith("#") and not is_a_dot:
            return source
    return None


def prose(lines: Iterable[str]) -> int:
    """How many characters of sentences there are: short lines are fields and menus; titles and the foot of a page are none."""
    return sum(len(text) for text in map(squeeze, lines) if len(text) >= _SHORTEST_LINE and not _is_frame(text))


def _is_frame(text: str) -> bool:
    return _FOOT.search(text) is not None or (len(text) <= _LONGEST_TITLE and judge(text).is_report)


def _is_small(picture: etree._Element) -> bool:
    stated = [_LENGTH.match(picture.get(name) or "") for name in ("width", "height")]
    sides = [int(match[1]) for match in stated if match] + [int(n) for n in _STYLED.findall(picture.get("style") or "")]
    return any(side < _LEAST_SIDE for side in sides)
