"""Values written into scripts: JSON as it should be, or as people write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_DECODER: Final = json.JSONDecoder(strict=False)  # titles hold raw line breaks
_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      |(?P<nothing>\s+|//[^\n]*|/\*.*?\*/)
      |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)(?![\w$])
      |(?P<word>[A-Za-z_$][\w$]*)
      |(?P<sign>[\[\]{},:])""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)|(\")", re.DOTALL)
_KEPT: Final = frozenset('"\\/bfnrt')
_CONSTANTS: Final = frozenset({"true", "false", "null"})
_MOST_PLACES = 5  # of one name in a text; a template sets it once or twice
_MOST_TOKENS = 200_000  # a directory's tree has some 10 000


def value_after(text: str, name: re.Pattern[str]) -> Any:
    """The first object or list that stands behind a name in a script; None where there is none that can be read."""
    for count, match in enumerate(name.finditer(text)):
        if count >= _MOST_PLACES:
            break
        found = _value_at(text, match.end())
        if isinstance(found, dict | list):
            return found
    return None


def values_after(text: str, name: re.Pattern[str], most: int) -> Iterator[Any]:
    """The objects and lists that stand behind a name in a script, one after another; ``most`` places are looked at."""
    behind = 0
    for match, _ in zip(name.finditer(text), range(most), strict=False):
        if match.end() < behind:
            continue  # inside the one before
        found, end = _read_at(text, match.end())
        found = read_value(found) if isinstance(found, str) else found  # JSON.parse('[…]')
        if isinstance(found, dict | list):
            behind = end
            yield found


def read_value(text: str) -> Any:
    """The value a text holds (``urls`` is JSON inside a string); None where it cannot be understood."""
    return _value_at(text.strip(), 0)


def sound(value: Any) -> str:
    """A value as text that can be stored: numbers in digits, halves of characters left out, anything else empty."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else ""
    return value.encode("utf-8", "ignore").decode("utf-8")


def _value_at(text: str, start: int) -> Any:
    return _read_at(text, start)[0]


def _read_at(text: str, start: int) -> tuple[Any, int]:
    """The value at a place, and where it ends."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        pass
    written, end = _as_json(text, start)
    try:
        return json.loads(written, strict=False), end
    except (ValueError, RecursionError):
        return None, start


def _as_json(text: str, start: int) -> tuple[str, int]:
    """A literal as JSON, and where it ends: keys and strings in double quotes, no comment, no comma before a closing sign."""
    parts: list[str] = []
    depth, position = 0, start
    while len(parts) < _MOST_TOKENS:
        token = _TOKEN.match(text, position)
        if token is None:
            break
        position = token.end()
        kind, word = token.lastgroup, token.group()
        if kind == "nothing":
            continue
        if kind == "sign":
            depth += (word in "[{") - (word in "]}")
            if word in "]}" and parts[-1:] == [","]:
                parts.pop()
        parts.append(_written(kind, word, text, position))
        if depth <= 0:
            break
    return "".join(parts), position


def _written(kind: str | None, word: str, text: str, end: int) -> str:
    if kind == "string":
        return f'"{_ESCAPE.sub(_escaped, word[1:-1])}"'
    if kind == "word" and word not in _CONSTANTS:
        is_key = text[end : end + 20].lstrip().startswith(":")
        return f'"{word}"' if is_key else "null"  # a variable's value is not known
    return word


def _escaped(match: re.Match[str]) -> str:
    if match[2] is not None:
        return '\\"'  # a double quote between single ones
    mark = match[1]
    if mark in _KEPT or (mark[0] == "u" and len(mark) > 1):
        return match.group()
    return f"\\u00{mark[1:]}" if mark[0] == "x" and len(mark) > 1 else mark
