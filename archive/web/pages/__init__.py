"""The pages: one module each, with its routes, its listings and its table of words."""

from __future__ import annotations

from fastapi import APIRouter

from archive.web.pages import (
    api,
    captures,
    compare,
    comparisons,
    copies,
    divisions,
    evidence,
    figures,
    findings,
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
        compare.router,
        comparisons.router,
        search.router,
        stats.router,
        api.router,
        report.router,
        copies.router,
        captures.router,
        figures.router,
        findings.router,
        evidence.router,
    )
