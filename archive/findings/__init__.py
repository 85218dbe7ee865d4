"""Findings over the archive: what does not add up, in a report, across years and agencies, or against what was seen.

:mod:`lines <archive.findings.lines>` is how findings are asked for; the other modules are families that no report has in itself.
"""
