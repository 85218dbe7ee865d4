"""Zip containers (.docx, .ofd, .xlsx) looked at before they are opened: what a bomb claims is never inflated."""

from __future__ import annotations

import io
import zipfile

from parser.errors import UnreadableDocument

MAX_INFLATED = 300 * 1024 * 1024  # a report with photographs is some 20 MB
MAX_RATIO = 200  # XML shrinks to a tenth; only made-up data shrinks more than this
MAX_MEMBERS = 5_000
_RATIO_FROM = 8 * 1024 * 1024  # small members may shrink as they like


def check_zip(data: bytes) -> list[str]:
    """The names in a zip; UnreadableDocument where it is damaged, encrypted, or would inflate beyond the limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        message = f"the file is cut or damaged ({error}); fetch it again"
        raise UnreadableDocument(message) from error
    if len(members) > MAX_MEMBERS:
        message = f"the file holds {len(members)} parts, more than {MAX_MEMBERS}; it is not a report"
        raise UnreadableDocument(message)
    total = sum(member.file_size for member in members)
    bombs = [m for m in members if m.file_size > _RATIO_FROM and m.file_size > MAX_RATIO * max(m.compress_size, 1)]
    if total > MAX_INFLATED or bombs:
        message = f"the file would inflate to {total // 1024 // 1024} MB; it is not opened"
        raise UnreadableDocument(message)
    if any(member.flag_bits & 0x1 for member in members):
        message = "the file is encrypted; ask its publisher for an open copy"
        raise UnreadableDocument(message)
    return [member.filename for member in members]
