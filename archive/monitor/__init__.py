"""The monitor: who published in time, who late, who not at all, and what proves it."""

from archive.monitor.standings import Standing, Status
from archive.monitor.survey import missing

__all__ = ["Standing", "Status", "missing"]
