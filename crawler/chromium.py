"""Chromium: where this machine has it, and what is missing where scripted pages cannot be rendered."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

from crawler.errors import CrawlerError

VARIABLE = "XXGK_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LIBRARY = "scrapy_playwright"


def executable() -> str:
    """The browser's program: the one that ``XXGK_CHROMIUM`` names, else Chromium or Chrome on the path.

    Raises :class:`CrawlerError` where there is none.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        found = shutil.which(named)
        if found is None:
            raise CrawlerError(f"{VARIABLE} names {named}, which is no program here: correct it or leave it out")
        return found
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise CrawlerError(
            f"scripted pages need Chromium, and there is none on the path: apt-get install chromium, or name it in {VARIABLE}"
        )
    return found


def missing() -> str | None:
    """What is not there that rendering needs, in a sentence; null where everything is."""
    if find_spec(_LIBRARY) is None:
        return "scripted pages need the scripted extra (pip install 'xxgk[scripted]')"
    try:
        executable()
    except CrawlerError as error:
        return str(error)
    return None
