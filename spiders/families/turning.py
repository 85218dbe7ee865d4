"""Pagers that turn by a function of the page's own script: ``onclick="goPage(2)"``, whose body says where that leads."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from spiders.families.pages import Page

_CALL = re.compile(r"(?P<name>[A-Za-z_$][\w$]{0,60})\s*\(\s*['\"]?(?P<number>\d{1,4})['\"]?\s*\)")
_LEADS = re.compile(
    r"location(?:\.href)?\s*=(?!=)\s*(?P<value>[^;{}\n]{1,300})|location\.(?:assign|replace)\s*\((?P<given>[^;{}\n]{1,300})\)|window\.open\s*\((?P<opened>[^;{}\n,]{1,300})"
)
_WRITTEN = re.compile(
    r"(?:location(?:\.href)?\s*=(?!=)|location\.(?:assign|replace)\s*\(|window\.open\s*\()\s*(['\"])(?P<address>[^'\"\s]{1,300})\1"
)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^'\n]*'|\"[^\"\n]*\")|(?P<word>[A-Za-z_$][\w$.]*|\d{1,6})|(?P<sign>[=!<>]=?=?|[-+?:()&|,]))"
)
_LONGEST_BODY = 900  # characters
_MOST_DEFINITIONS = 5
_NUMBER: Final = "#"


def called_page(page: Page, element: HtmlElement) -> str | None:
    """The address a link of a pager leads to by its handler or the function that calls; None where that cannot be read."""
    script = f"{element.get('onclick') or ''} {element.get('href') or ''}"
    written = _WRITTEN.search(script)
    if written is not None:
        return page.resolve(written["address"])
    for call in _CALL.finditer(script):
        for parameter, body in _definitions(page, call["name"]):
            for found in _LEADS.finditer(body):
                address = _evaluated(found["value"] or found["given"] or found["opened"], parameter, call["number"])
                url = page.resolve(address) if address else None
                if url is not None:
                    return url
    return None


def chosen_page(page: Page, option: HtmlElement) -> str | None:
    """The address a choice of a drop-down leads to by what its ``onchange`` makes of its value."""
    select = next(option.iterancestors("select"), None)
    script, value = (select.get("onchange") or "" if select is not None else ""), option.get("value") or ""
    for found in _LEADS.finditer(script) if re.fullmatch(r"[\w-]{1,40}", value) else ():
        address = _evaluated(found["value"] or found["given"] or found["opened"], "this.value", value)
        if address:
            return page.resolve(address)
    return None


def _definitions(page: Page, name: str) -> list[tuple[str, str]]:
    """The parameter and the beginning of the body of each function of that name."""
    known = re.escape(name)
    pattern = re.compile(
        rf"(?:function\s+{known}\s*|(?<![\w$.]){known}\s*=\s*function\s*)\(\s*(?P<parameter>[A-Za-z_$][\w$]{{0,40}})\s*\)\s*\{{"
    )
    found = islice(pattern.finditer(page.text), _MOST_DEFINITIONS)
    return [(match["parameter"], _body(page.text, match.end())) for match in found]


def _body(text: str, start: int) -> str:
    """What stands between the braces of a function, or its beginning."""
    depth = 1
    for place in range(start, min(len(text), start + _LONGEST_BODY)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[start:place]
    return text[start : start + _LONGEST_BODY]


def _evaluated(value: str, parameter: str, number: str) -> str | None:
    """The address an expression of texts and the parameter gives for a page after the first; a choice's last part."""
    parts: list[str] = []
    numbered, position = False, 0
    while position < len(value.rstrip()):
        token = _TOKEN.match(value, position)
        if token is None:
            return None
        position = token.end()
        if token["sign"] == ":":
            parts, numbered = [], False  # page == 1 ? '…' : what holds for the others
        elif token["text"] is not None:
            parts.append(token["text"][1:-1])
        elif token["word"] == parameter:
            parts.append(number)
            numbered = True
        elif token["word"] is not None:
            parts.append(_NUMBER)  # a variable, of which nothing is known
    return "".join(parts) if numbered and _NUMBER not in "".join(parts) else None
