"""What is tried again, and what is called an outcome when trying did not help.

The wait that Retry-After asks for is kept by :mod:`crawler.politeness`; here it is only decided whether to come back.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import ResponseDataLossError
from scrapy.http import Response
from scrapy.utils.response import response_status_message

from archive.addresses import asked_host
from crawler.evidence import BlockedPages
from spiders.outcomes import INCOMPLETE, Blocked, FetchRefused

# Statuses below 400 would pass for answers: challenges come with them, and ordinary pages by mistake.
_ERRORS_IN_DISGUISE = {202: "202", 412: "412"}
_TOO_MANY = 429
_RATE_LIMIT = "rate-limit"


class Retries(RetryMiddleware):
    """Scrapy's retries, for cut answers too; what stays broken is refused and never handed on as if it were whole."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Try again, or let pass, or refuse."""
        if "archived" in response.flags:
            return response
        if "dataloss" in response.flags:
            again = self._retry(request, ResponseDataLossError())
            if again is None:
                raise FetchRefused(
                    f"{request.url} was cut off on its way, each time it was asked for", outcome=INCOMPLETE
                )
            return again
        if response.status not in self.retry_http_codes or request.meta.get("dont_retry", False):
            return response
        again = self._retry(request, response_status_message(response.status))
        if again is not None:
            return again
        if response.status == _TOO_MANY:
            judge = self.crawler.get_downloader_middleware(BlockedPages)
            if judge is not None:
                judge.resting.blocked(asked_host(request.url), _RATE_LIMIT)
            raise Blocked(_RATE_LIMIT, f"{request.url} was answered with status 429, each time it was asked for")
        if response.status in _ERRORS_IN_DISGUISE:
            raise FetchRefused(
                f"{request.url} was answered with status {response.status}, which is no page, each time it was asked for"
            )
        return response
