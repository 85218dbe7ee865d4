"""The crawler's errors: each message says in one sentence what is wrong, where, and what to do."""

from __future__ import annotations


class CrawlerError(Exception):
    """A crawl cannot be run."""


class WrongUsage(CrawlerError):
    """What was asked for cannot be understood: an address, an option, an environment variable."""


class WrongRegistry(CrawlerError):
    """A registry entry of a portal is not well formed."""
