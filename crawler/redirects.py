"""Redirects: followed through the same gates as any request, and never lost on the way."""

from __future__ import annotations

from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest

from spiders.outcomes import FetchRefused


class Redirects(RedirectMiddleware):
    """Scrapy's redirects.

    A redirect to an address that was asked for before would be dropped by the duplicate filter without a word, and
    the column it belongs to would never end: so the filter does not see redirects.
    """

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        if (
            redirected.url in {request.url, *request.meta.get("redirect_urls", ())}
            and redirected.method == request.method
        ):
            raise FetchRefused(f"{request.url} redirects in a circle")
        try:
            onward = super()._redirect(redirected, request, reason)
        except IgnoreRequest as error:
            raise FetchRefused(f"{request.url} redirects without end") from error
        onward.dont_filter = True
        return onward
