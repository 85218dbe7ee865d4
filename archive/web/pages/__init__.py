"""The pages: one module each, with its routes, its listings and its table of words."""

from __future__ import annotations

from fastapi import APIRouter

from archive.web.pages import portals, signing, statics


def routers() -> tuple[APIRouter, ...]:
    """The routes of every page."""
    return (statics.router, signing.router, portals.router)
