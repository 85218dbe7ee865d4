"""The generic reader: rows and articles by what they say. It reads every family that has no module yet."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from parser.titles import judge
from spiders.columns import ColumnLink
from spiders.families.family import Family
from spiders.families.literals import value_after
from spiders.families.menus import branches_of_file, chosen_years
from spiders.families.pages import Page
from spiders.families.records import rows_of
from spiders.items import Row

_LIST = re.compile(r"[=:(]\s*(?=\[\s*\{)")  # what a script sets to a list of objects
_NAMES_A_REPORT = re.compile(r"年报|年度报告|工作报告|\\u5e74\\u62a5", re.IGNORECASE)


def _lists(page: Page) -> list[Any]:
    """The first list of objects of each script that names a report."""
    scripts = (element.text or "" for element in page.tree.iter("script"))
    return [value_after(script, _LIST) for script in scripts if _NAMES_A_REPORT.search(script)]


class Generic(Family):
    """Reads any page; ``name`` is the family the recogniser saw, so that its lists can be told apart later."""

    # Articles: what several families share
    title_places: ClassVar[tuple[str, ...]] = (
        ".article-title",
        ".article_title",
        ".content_title",
        ".xxgk_title",
        ".bt",
        ".title",
    )
    date_places: ClassVar[tuple[str, ...]] = (
        "publishtime",
        "#othermessage",
        ".article-create_time",
        "#pubTime",
        "#ivs_date",
        "#con_time",
    )
    body_places: ClassVar[tuple[str, ...]] = (
        "ucapcontent",
        "#zoomcon",
        "#zoom",
        "#Zoom",
        "#vsb_content",
        "[id^=vsb_content]",
        ".v_news_content",
        "#ivs_content",
        "#con_con",
        ".article-content",
        ".article_content",
        ".article-con",
        ".newscontnet",
        "#fontzoom",
        ".content-body",
        "#articlecontent",
    )

    def __init__(self, name: str = "generic") -> None:
        self.name = name  # type: ignore[misc]  # one class reads many families

    def recognises(self, page: Page) -> bool:
        """Every page."""
        del page
        return True

    def rows(self, page: Page) -> tuple[Row, ...]:
        """The rows of a page; where none is a report those that stand as objects in its script."""
        found = super().rows(page)
        if page.asked is not None or any(judge(row.title, in_report_column=True).is_report for row in found):
            return found
        written = [row for row in rows_of(page, _lists(page)) if judge(row.title).is_report]
        return (*found, *written)

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """The branches of a column that is a file without its family's sign (VSB's without rows); its years to choose."""
        if page.asked is not None:
            return ()
        return (*super().columns(page), *branches_of_file(page), *chosen_years(page))
