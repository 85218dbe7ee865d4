"""Connections: who neither asks nor listens is not waited for; there are only so many at a time, for everybody."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

ASKING = 15.0  # seconds for a request with its body, from the first byte on, or from where the connection was made
LISTENING = 60.0  # seconds in which nothing of an answer is taken


class Connection(H11Protocol):
    """A connection of uvicorn's, which ends where a request is not there in time or where nobody takes the answer."""

    _asking: asyncio.TimerHandle | None = None
    _listening: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._cancel()
        self._heed()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A further piece of a request: all of it is there once a cycle has its whole body."""
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            self._await_request()
        else:
            self._cancel()

    def on_response_complete(self) -> None:
        """Between requests it is uvicorn's to wait; what was sent ahead may be half a request."""
        self._cancel()
        super().on_response_complete()
        if not self.cycle.response_complete and self.cycle.more_body:
            self._await_request()

    def pause_writing(self) -> None:
        """The answer is not taken as fast as it is made."""
        super().pause_writing()
        self._heed()
        self._listening = self.loop.call_later(LISTENING, self.transport.abort)

    def resume_writing(self) -> None:
        """It is taken."""
        self._heed()
        super().resume_writing()

    def _await_request(self) -> None:
        if self._asking is None:
            self._asking = self.loop.call_later(ASKING, self.transport.abort)

    def _cancel(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _heed(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None
