"""Divisions as users write them: by code, by the first digits of one, or by name."""

from __future__ import annotations

from archive.divisions.asked import code_of

__all__ = ["code_of"]
