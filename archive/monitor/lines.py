"""Lines: standings and totals as ``xxgk missing --json`` and the dashboard hand them on, by the same names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archive.divisions import Book
from archive.monitor.proofs import Proof, proofs
from archive.monitor.standings import Standing, Status
from archive.monitor.totals import Total
from archive.store import Archive

COLUMNS = (
    "publisher", "scope", "division", "class", "report_year", "status", "days", "at_least", "due", "hard", "published_on",
    "published_source", "signed_on", "first_seen_at", "url", "capture_url", "capture_at", "capture_digest",
    "column", "column_read_at", "basis", "findings", "publisher_id", "report_id",
)  # fmt: skip
_BATCH = 500


def lines(archive: Archive, standings: Sequence[Standing]) -> Iterator[dict[str, Any]]:
    """The standings with their proofs, in their order; days and moments as such."""
    for start in range(0, len(standings), _BATCH):  # no session is open while a line is handed on
        batch = standings[start : start + _BATCH]
        for standing, proof in zip(batch, list(proofs(archive, batch)), strict=True):
            yield line(standing, proof, archive.book)


def line(standing: Standing, proof: Proof, book: Book) -> dict[str, Any]:
    """A standing with its proof, under the names of :data:`COLUMNS`."""
    capture, reading = proof.capture, proof.reading
    return {
        "publisher": standing.publisher,
        "scope": standing.scope,
        "division": place(standing.scope, book),
        "class": standing.kind,
        "report_year": standing.report_year,
        "status": standing.status,
        "days": standing.days,
        "at_least": standing.at_least,
        "due": standing.due,
        "hard": standing.hard,
        "published_on": standing.published_on,
        "published_source": standing.published_source,
        "signed_on": standing.signed_on,
        "first_seen_at": standing.first_seen_at,
        "url": standing.url,
        "capture_url": capture.url if capture is not None else None,
        "capture_at": capture.fetched_at if capture is not None else None,
        "capture_digest": capture.payload_digest if capture is not None else None,
        "column": reading.column if reading is not None else None,
        "column_read_at": reading.read_at if reading is not None else None,
        "basis": standing.basis,
        "findings": "; ".join(f"{finding.rule}: {finding.message}" for finding in standing.findings),
        "publisher_id": standing.publisher_id,
        "report_id": standing.report_id,
    }


def place(scope: str, book: Book) -> str:
    """The names of a scope's division from the province down, or the scope itself where no division is known."""
    return (book.label(scope) if scope.isdecimal() else "") or scope


def total_line(total: Total) -> dict[str, Any]:
    """A total, with the number of publishers of each status under its name."""
    return {
        "key": total.key,
        "label": total.label,
        "publishers": total.publishers,
        **{status.value: total.counts.get(status, 0) for status in Status},
        "on_time_rate": total.on_time_rate,
    }
