"""What the finder of a document knew about it; the parser may use a hint, and never needs one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Hints:
    """Everything known of a document besides its bytes. All of it is a claim of a portal, none of it is trusted blindly.

    ``name`` is a file name or an address: only its ending is used, to tell the format where the bytes do not.
    ``charset`` and ``content_type`` come from the HTTP header; ``encoding`` is the charset that a person found where a
    portal's pages declare a wrong one. ``listed_*`` come from the row of the list that led here, ``page_*`` from the
    article page (where the document is an attachment of it), ``agency`` from the column or crumb.
    ``shown_on`` is the day the document's own page shows, labelled or not, as the finder read it (where the document is that page).
    """

    name: str | None = None
    content_type: str | None = None
    charset: str | None = None
    encoding: str | None = None
    listed_title: str | None = None
    listed_on: date | None = None
    page_title: str | None = None
    page_date: date | None = None
    shown_on: date | None = None
    agency: str | None = None
