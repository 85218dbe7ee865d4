"""What may be asked of the process that opens documents, and how question and answer are written (parser/isolation.py)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from parser.errors import NotAReport, ParserError, UnreadableDocument, UnsupportedFormat
from parser.hints import Hints
from parser.record import Record
from parser.stubs import Body, Stub

if TYPE_CHECKING:
    from parser.marking import Excerpt, Marked

Task = Literal["parse", "mark", "excerpt", "picture"]
_FAILED = b'{"error"'  # an answer that begins so is an error
_PNG = b"\x89PNG\r\n\x1a\n"


def request(task: Task, hints: Hints | None, **options: Any) -> bytes:
    """A question: the task, what is known of the document, and the task's own options."""
    known = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(hints if hints is not None else Hints()).items()
    }
    return json.dumps({"task": task, "hints": known, "options": options}).encode()


def answer(asked: Mapping[str, Any], data: bytes) -> bytes:
    """The answer to a question about a document; whatever goes wrong is an answer too."""
    try:
        return _TASKS[asked["task"]](data, _hints(asked["hints"]), asked["options"])
    except NotAReport as error:
        stub = {} if error.stub is None else {"record": error.stub.record.to_json(), "body": error.stub.body}
        return _failed("NotAReport", reason=error.reason, **stub)
    except UnsupportedFormat as error:
        return _failed("UnsupportedFormat", kind=error.kind, advice=error.advice)
    except ParserError as error:
        return _unreadable(str(error))
    except MemoryError:
        return _unreadable("the document needs more memory than a report may take; it is not read")
    except RecursionError:
        return _unreadable("the document is nested too deeply to be a report")
    except Exception as error:  # noqa: BLE001  whatever a hostile document causes ends here, in one sentence
        return _unreadable(f"the document breaks its reader ({type(error).__name__}: {str(error)[:120]})")


def record_of(answer: bytes) -> Record:
    """The record an answer holds; raises the error it holds instead."""
    return Record.from_json(_checked(answer).decode())


def marked_of(answer: bytes) -> Marked:
    """As :func:`record_of`, of a document with places marked."""
    from parser.marking import Marked  # noqa: PLC0415  who only parses does not need it

    return Marked.model_validate_json(_checked(answer))


def excerpts_of(answer: bytes) -> tuple[Excerpt, ...]:
    """As :func:`record_of`, of excerpts."""
    from parser.marking import Excerpt  # noqa: PLC0415  as above

    return tuple(Excerpt.model_validate(item) for item in json.loads(_checked(answer)))


def picture_of(answer: bytes) -> bytes:
    """As :func:`record_of`, of a PNG; it is not opened here."""
    if not _checked(answer).startswith(_PNG):
        message = "the reader of the document gave no picture; the document is damaged or made to do so"
        raise UnreadableDocument(message)
    return answer


def _parse(data: bytes, hints: Hints, _: Mapping[str, Any]) -> bytes:
    from parser.reading import parse  # noqa: PLC0415  after the limits are set

    return parse(data, hints).to_json().encode()


def _mark(data: bytes, hints: Hints, options: Mapping[str, Any]) -> bytes:
    from parser.marking import mark  # noqa: PLC0415  as above

    return mark(data, hints, **options).model_dump_json().encode()


def _excerpt(data: bytes, hints: Hints, options: Mapping[str, Any]) -> bytes:
    from parser.marking import excerpt  # noqa: PLC0415  as above

    return json.dumps([item.model_dump() for item in excerpt(data, hints, **options)]).encode()


def _picture(data: bytes, hints: Hints, options: Mapping[str, Any]) -> bytes:
    from parser.marking import picture  # noqa: PLC0415  as above

    return picture(data, hints, **options)


_TASKS: Mapping[Task, Callable[[bytes, Hints, Mapping[str, Any]], bytes]] = {
    "parse": _parse,
    "mark": _mark,
    "excerpt": _excerpt,
    "picture": _picture,
}


def _hints(known: Mapping[str, Any]) -> Hints:
    days = {
        name: date.fromisoformat(known[name])
        for name in ("listed_on", "page_date", "shown_on")
        if known.get(name) is not None
    }
    return Hints(**{**known, **days})


def _failed(error: str, **said: Any) -> bytes:
    return json.dumps({"error": error, **said}).encode()


def _unreadable(message: str) -> bytes:
    return _failed("UnreadableDocument", message=message)


def _checked(answer: bytes) -> bytes:
    """The answer, if it is no error."""
    if not answer.startswith(_FAILED):
        return answer
    told = json.loads(answer)
    if told["error"] == "NotAReport":
        raise NotAReport(str(told["reason"]), _stub(told))
    if told["error"] == "UnsupportedFormat":
        raise UnsupportedFormat(str(told["kind"]), str(told["advice"]))
    raise UnreadableDocument(str(told["message"]))


def _stub(told: Mapping[str, Any]) -> Stub | None:
    return Stub(Record.from_json(told["record"]), Body(told["body"])) if "record" in told else None
