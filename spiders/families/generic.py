"""The generic reader: rows and articles by what they say. It reads every family that has no module yet."""

from __future__ import annotations

from typing import ClassVar

from spiders.columns import ColumnLink
from spiders.families.family import Family
from spiders.families.menus import branches_of_file, chosen_years
from spiders.families.pages import Page


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

    def columns(self, page: Page) -> tuple[ColumnLink, ...]:
        """The branches of a column that is a file without its family's sign (VSB's without rows); its years to choose."""
        if page.asked is not None:
            return ()
        return (*super().columns(page), *branches_of_file(page), *chosen_years(page))
