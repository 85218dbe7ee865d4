"""Where the article of an HTML page begins and ends: what trafilatura takes for the text, widened to headings and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

import trafilatura
from lxml import etree
from lxml.html import document_fromstring
from trafilatura.settings import Document as TrafilaturaDocument

from parser.documents.document import Block, Grid, Line
from parser.documents.layout import holds_marker
from parser.labels import squeeze
from parser.sections import is_heading

_TAIL_MARKS = re.compile(
    r"^(?:上一篇|下一篇|上一条|下一条|【?(?:打印|关闭|字体|收藏|分享)|扫一扫|分享到|相关(?:链接|阅读|文章|信息|附件)|版权所有|主办单位|主办[:：]|承办|网站标识码|网站地图|"
    r"[A-Z\u4e00-\u9fff]{0,3}ICP备|.{0,2}公网安备|责任编辑|编辑[:：]|浏览(?:次数|量)|点击(?:数|率|次数)|联系我们|返回顶部|建议使用|技术支持|友情链接|您是第)"
)


def extent(
    tree: etree._Element,
    blocks: Sequence[Block],
    elements: Sequence[etree._Element | None],
    lifted: Sequence[etree._Element],
) -> tuple[int, int] | None:
    """First and last block of the article: what trafilatura takes for the text, widened to all headings and tables.

    ``elements`` are where the blocks came from, ``lifted`` the tables of data: they are taken out of the tree trafilatura runs (it
    cannot garble them then, and is five times faster).
    """
    anchors = [
        index
        for index, block in enumerate(blocks)
        if (isinstance(block, Grid) and holds_marker(block.text))
        or (isinstance(block, Line) and is_heading(block.text))
    ]
    container = _container([elements[index] for index in anchors]) if anchors else None
    prose = _prose(container if container is not None else tree, lifted)
    kept = [
        index
        for index, block in enumerate(blocks)
        if (isinstance(block, Line) and squeeze(block.text) in prose) or _is_in(elements[index], container)
    ]
    kept = sorted({*kept, *anchors})
    if not kept:
        return None
    last = kept[-1]
    for index in range(anchors[-1] + 1 if anchors else kept[0] + 1, last + 1):
        block = blocks[index]
        if isinstance(block, Line) and _TAIL_MARKS.match(block.text):
            last = index - 1
            break
    return kept[0], last


def _is_in(element: etree._Element | None, container: etree._Element | None) -> bool:
    return (
        container is not None and element is not None and (element is container or container in element.iterancestors())
    )


def _container(elements: Sequence[etree._Element | None]) -> etree._Element | None:
    """The smallest element around all of them, unless that is the page itself."""
    paths = [[*reversed(list(element.iterancestors()))] for element in elements if element is not None]
    common: etree._Element | None = None
    for level in zip(*paths, strict=False):
        if any(other is not level[0] for other in level[1:]):
            break
        common = level[0]
    return common if common is not None and str(common.tag) not in {"html", "body"} else None


def _prose(tree: etree._Element, lifted: Sequence[etree._Element]) -> frozenset[str]:
    """The paragraphs trafilatura takes for the article, squeezed; never with deduplicate=True (it forgets repeats for ever)."""
    for table in lifted:
        parent = table.getparent()
        if parent is not None:
            placeholder = etree.SubElement(parent, "p")
            placeholder.tail = table.tail
            parent.replace(table, placeholder)
    left = document_fromstring(etree.tostring(tree, method="html", encoding="utf-8"))
    found = trafilatura.bare_extraction(
        left,
        fast=True,
        favor_recall=True,
        include_comments=False,
        include_tables=True,
        with_metadata=False,
        deduplicate=False,
    )
    if not isinstance(found, TrafilaturaDocument) or found.body is None:
        return frozenset()
    return frozenset(
        squeeze(part) for part in "\n".join(str(part) for part in found.body.itertext()).split("\n") if squeeze(part)
    )
