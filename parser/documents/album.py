"""Albums: several pictures, the pages of one document in their order, as one file (a zip without compression)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator

from parser.errors import UnreadableDocument

MAX_BYTES = 64 * 1024 * 1024
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*")
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff")
_NUMBER = re.compile(r"\d+")
_BEGINNING = (1980, 1, 1, 0, 0, 0)  # the first moment a zip knows: the same pictures are the same bytes


def is_picture(data: bytes) -> bool:
    """Whether the bytes are a picture's."""
    return data.startswith(_MAGIC)


def bind(pictures: Iterable[bytes]) -> bytes:
    """One document of pictures. UnreadableDocument where they are too large together."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as album:
        for number, picture in enumerate(pictures, 1):
            if out.tell() + len(picture) > MAX_BYTES:
                message = f"the pictures have more than {MAX_BYTES >> 20} MB together; they are no report"
                raise UnreadableDocument(message)
            album.writestr(zipfile.ZipInfo(f"{number:04}.png", _BEGINNING), picture)
    return out.getvalue()


def is_album(names: Iterable[str]) -> bool:
    """Whether a zip with these names holds pictures and nothing else."""
    files = [name for name in names if not name.endswith("/")]
    return bool(files) and all(name.lower().endswith(_ENDINGS) for name in files)


def pictures(data: bytes) -> Iterator[bytes]:
    """The pictures of an album, by the numbers in their names. UnreadableDocument where one is damaged."""
    with zipfile.ZipFile(io.BytesIO(data)) as album:
        names = [name for name in album.namelist() if not name.endswith("/")]
        for name in sorted(names, key=_numbers):
            try:
                yield album.read(name)
            except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
                message = f"the picture {name} is cut or damaged ({type(error).__name__}); fetch it again"
                raise UnreadableDocument(message) from error


def _numbers(name: str) -> list[int]:
    """The numbers in a name: 第10页.png stands behind 第2页.png."""
    return [int(digits) for digits in _NUMBER.findall(name)]
