"""What a report is: bytes and hints in, record out; no network, no database, no files, no clock."""

from parser.errors import NotAReport, ParserError, UnreadableDocument, UnsupportedFormat
from parser.hints import Hints
from parser.reading import parse
from parser.record import Record, dump_json

__all__ = [
    "Hints",
    "NotAReport",
    "ParserError",
    "Record",
    "UnreadableDocument",
    "UnsupportedFormat",
    "dump_json",
    "parse",
]
