"""What an owner writes: divisions and deadlines of a place that is invented."""

from __future__ import annotations

HEAD = "code,name,since,until,successors"
OWN, NEWER = f"{HEAD}\n330199,清湾区,,,\n", f"{HEAD}\n330199,临湾区,,,\n"
RULE = """
[[rules]]
id = "qingwan"
title = "units of the place"
kinds = ["department"]
division = "220202"
first_year = 2023
month = 1
day = 20
basis = "清湾市通知"
source = "清政办〔2023〕1号"
binding = "rule"
"""
