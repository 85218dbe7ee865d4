"""The pages: one module each, with its routes, its listings and its table of words."""

from __future__ import annotations

from fastapi import APIRouter

from archive.web.pages import (
    api,
    captures,
    copies,
    divisions,
    evidence,
    figures,
    news,
    overview,
    portals,
    publisher,
    publishers,
    queries,
    report,
    reports,
    search,
    signing,
    standings,
    statics,
    stats,
)


def routers() -> tuple[APIRouter, ...]:
    """The routes of every page."""
    return (
        statics.router,
        signing.router,
        overview.router,
        standings.router,
        divisions.router,
        queries.router,  # before the news: its feeds have names of their own
        news.router,
        publishers.router,
        publisher.router,
        reports.router,
        portals.router,
        search.router,
        stats.router,
        api.router,
        report.router,
        copies.router,
        captures.router,
        figures.router,
        evidence.router,
    )
