"""Headings that hold more than the title: a date, a source, the buttons that change the size of the letters."""

from __future__ import annotations

from copy import deepcopy

from lxml.html import HtmlElement

from spiders.families.pages import visible


def own_words(heading: HtmlElement, others: tuple[str, ...]) -> str:
    """The words of a heading without those of the elements inside it whose tags are named in ``others``."""
    bare = deepcopy(heading)
    bare.tail = None
    for element in list(bare.iter(*others)):
        if element is not bare and element.getparent() is not None:
            element.drop_tree()
    return visible(bare)
