"""Reports as plain values, by the names that every ``--json`` and the interface of the dashboard share."""

from __future__ import annotations

from typing import Any

from archive.captures import Capture, source
from archive.errors import ArchiveError
from archive.reports import ReportView, VersionLine
from archive.store import Archive
from parser.record import Figure


def view_data(archive: Archive, found: ReportView) -> dict[str, Any]:
    """One report with all that is known of it (``xxgk show --json``)."""
    return {
        **found.line.to_data(),
        **found.record.to_data(),
        "state": found.state,
        "withdrawn_at": found.withdrawn_at.isoformat() if found.withdrawn_at is not None else None,
        "withdrawn_because": found.withdrawn_because,
        "first_seen_at": found.first_seen_at.isoformat(),
        "addresses": list(found.addresses),
        "versions": [version_data(version) for version in found.versions],
        "captures": [capture_data(archive, capture) for capture in found.captures],
    }


def version_data(version: VersionLine) -> dict[str, Any]:
    """One version of a report."""
    return {
        "id": version.id,
        "digest": version.digest,
        "current": version.current,
        "url": version.url,
        "first_seen_at": version.first_seen_at.isoformat(),
        "last_seen_at": version.last_seen_at.isoformat(),
        "published_on": version.published_on.isoformat() if version.published_on is not None else None,
        "template": version.template,
        "figures": version.figures,
        "capture": version.capture_id,
        "changes": version.changes.to_data() if version.changes is not None else None,
    }


def capture_data(archive: Archive, capture: Capture) -> dict[str, Any]:
    """One capture: what was answered, when, and where its bytes stand."""
    return {
        "id": capture.id,
        "url": capture.url,
        "fetched_at": capture.fetched_at.isoformat(),
        "status": capture.status,
        "role": capture.role,
        "payload_digest": capture.payload_digest,
        "warc_file": capture.file,
        "offset": capture.position,
        "record_type": capture.kind,
        "source": taken_from(archive, capture),
    }


def figure_data(figure: Figure) -> dict[str, Any]:
    """One printed cell."""
    return {
        "value": figure.value,
        "text": figure.text,
        "state": figure.state,
        "unit": figure.unit,
        "at": figure.at.model_dump(exclude_none=True),
    }


def taken_from(archive: Archive, capture: Capture) -> str | None:
    """Where an import took a capture from; null for what was fetched here, and where its bytes are not what they were."""
    try:
        return source(archive, capture)
    except ArchiveError:  # verify says so
        return None
