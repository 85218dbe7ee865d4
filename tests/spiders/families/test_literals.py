"""Values in scripts, as JSON and as people write them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from spiders.families.literals import read_value, sound, value_after

NAME = re.compile(r"\bTREE\s*[:=]\s*(?=[\[{])")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"TREE":1, TREE:[{"a": "b"}], SERVICE_AREA_ID: 3}', [{"a": "b"}]),
        ("TREE = {a: 'b', 'c': \"d\", $e_1: -1.5e3, f: [1, 2,], }", {"a": "b", "c": "d", "$e_1": -1500.0, "f": [1, 2]}),
        ("TREE:[true, false, null, undefined, NaN, other]", [True, False, None, None, None, None]),
        ("TREE:['it\\'s', 'say \"x\"', '\\x41\\u0042\\/\\q', 'a//b']", ["it's", 'say "x"', "AB/q", "a//b"]),
        ('TREE:["raw\nbreak", /* no, */ 1, // no ]\n 2]', ["raw\nbreak", 1, 2]),
        ("TREE:[1, TREE:[2]", [2]),  # the first cannot be read
        ("TREE:{a:[1}", None),
        ("TREE:[1, 2", None),
        ("TREE:['open", None),
        ("TREE:[a + b]", None),
        ("tree:[1]", None),
    ],
)
def test_the_value_behind_a_name(text: str, expected: Any) -> None:
    assert value_after(text, NAME) == expected


@pytest.mark.parametrize("part", ["[", "{a:", "1", "'", '"', "\\", "/*", ",", "TREE:["])
def test_what_never_ends_is_no_value(part: str) -> None:
    assert value_after("TREE:[" + part * 20_000, NAME) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"pc":"/a.html"}', {"pc": "/a.html"}), (" {pc:'/a'} ", {"pc": "/a"}), ("/a.html", None), ("", None)],
)
def test_a_value_inside_a_string(text: str, expected: Any) -> None:
    assert read_value(text) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (7, "7"), (True, ""), (None, ""), (1.5, ""), ([], ""), ("a\ud800b", "ab"), (10**30, "")],
)
def test_a_value_as_text(value: Any, text: str) -> None:
    assert sound(value) == text
