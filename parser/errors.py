"""The parser's errors: each message says in one sentence what is wrong, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parser.stubs import Stub


class ParserError(Exception):
    """A document could not become a record."""


class NotAReport(ParserError):
    """The document was read and is not a 政府信息公开工作年度报告; ``reason`` names the class of look-alike.

    ``stub`` is what it says of a report whose text is not in it, where it does.
    """

    def __init__(self, reason: str, stub: Stub | None = None) -> None:
        super().__init__(f"not an annual report: {reason}")
        self.reason = reason
        self.stub = stub


class UnreadableDocument(ParserError):
    """The bytes are damaged, encrypted, over a limit, or in no format we know."""


class UnsupportedFormat(ParserError):
    """The format is known and cannot be read here; the message names what to install, or that it is not yet read."""

    def __init__(self, kind: str, advice: str) -> None:
        super().__init__(f"{kind} documents cannot be read: {advice}")
        self.kind = kind
        self.advice = advice
