"""Word's binary format (.doc, and .wps of Kingsoft): converted by LibreOffice, else by antiword, where one is installed.

LibreOffice reads files, not pipes: this is the one module of the parser that writes some, in a folder of its own that
is gone when it returns. The converter runs in a process group of its own, and a watcher in that group ends it when the
parser does, however that ends.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from parser.documents.document import Block, Document, Line, ragged
from parser.documents.docx import read_docx
from parser.effort import Effort, announce
from parser.errors import UnreadableDocument, UnsupportedFormat

SECONDS = 50.0  # LibreOffice takes 2 to 5 s with a profile of its own, more on a loaded machine
MEGABYTES = 1_400  # of address space, as the parser itself has; LibreOffice takes 460 for a report
ADVICE = "install LibreOffice (Debian: apt-get install libreoffice-writer-nogui) or antiword, or save it as .docx"
# The watcher waits for the end of a pipe that only the parser holds, then ends the group, itself with it.
_WATCHED = 'ulimit -S -v "$1"; shift; exec 3<&0 </dev/null; { cat <&3 >&2; kill -KILL 0; } & "$@" 3<&-'
MAX_MADE = 64 * 1024 * 1024
_WORD = "WordDocument".encode("utf-16-le")  # the stream every .doc since Word 6 keeps its text in
_PRINTED = "printed"
_PROFILE = "registrymodifications.xcu"
_SETTINGS = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),  # a linked picture is not fetched
    ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),  # where nobody listens: a converter needs no network
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


def read_doc(data: bytes) -> Document:
    """A document from the bytes of a ``.doc``.

    UnsupportedFormat where no converter is installed, UnreadableDocument where none can read it.
    """
    office, antiword = shutil.which("soffice"), shutil.which("antiword")
    if office is None and antiword is None:
        raise UnsupportedFormat("doc", ADVICE)
    if _WORD not in data:  # LibreOffice would take any bytes for text in some encoding
        message = (
            "the file is damaged or was not written by Word: it holds no text of Word's; open it and save it as .docx"
        )
        raise UnreadableDocument(message)
    announce(Effort.CONVERSION)
    if office is not None:
        package = _by_office(office, data)
        if package is not None:
            return replace(read_docx(package), kind="doc")
    book = _by_antiword(antiword, data) if antiword is not None else None
    document = _document(book) if book is not None else None
    if document is None:
        message = "the Word file is damaged or locked: the converter cannot read it; ask for it again as .docx"
        raise UnreadableDocument(message)
    return document


def _by_office(program: str, data: bytes) -> bytes | None:
    """The ``.docx`` LibreOffice makes of it, or null."""
    with TemporaryDirectory(prefix="xxgk-doc-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "report.doc").write_bytes(data)
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / _PROFILE).write_bytes(_settings())
        _run(
            folder, program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore",
            "--nolockcheck", "--convert-to", "docx", "--outdir", str(folder), str(folder / "report.doc"),
        )  # fmt: skip
        made = folder / "report.docx"
        return made.read_bytes() if made.is_file() and made.stat().st_size <= MAX_MADE else None


def _settings() -> bytes:
    oor = "http://openoffice.org/2001/registry"
    root = etree.Element(f"{{{oor}}}items", nsmap={"oor": oor})
    for path, name, value in _SETTINGS:
        item = etree.SubElement(root, "item", {f"{{{oor}}}path": f"/org.openoffice.{path}"})
        prop = etree.SubElement(item, "prop", {f"{{{oor}}}name": name, f"{{{oor}}}op": "fuse"})
        etree.SubElement(prop, "value").text = value
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _by_antiword(program: str, data: bytes) -> bytes | None:
    """The DocBook antiword makes of it, or null."""
    with TemporaryDirectory(prefix="xxgk-doc-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "report.doc").write_bytes(data)
        _run(folder, program, "-m", "UTF-8.txt", "-x", "db", str(folder / "report.doc"))
        made = folder / _PRINTED
        return made.read_bytes() if 0 < made.stat().st_size <= MAX_MADE else None


def _run(folder: Path, *command: str) -> None:
    """Run a converter in a folder, what it prints in ``printed``; all it started is ended in time, or with this process."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    kilobytes = MEGABYTES * 1024 if most == resource.RLIM_INFINITY else min(MEGABYTES * 1024, most // 1024)
    with (folder / _PRINTED).open("wb") as printed:
        process = subprocess.Popen(  # noqa: S603  the program found on PATH, and names of our own making
            ["/bin/sh", "-c", _WATCHED, "sh", str(kilobytes), *command], cwd=folder, stdin=subprocess.PIPE,
            stdout=printed, stderr=subprocess.DEVNULL, start_new_session=True, env=_environment(folder),
        )  # fmt: skip
        with process, suppress(subprocess.TimeoutExpired):
            try:
                process.wait(SECONDS)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _environment(folder: Path) -> dict[str, str]:
    """What a converter may know: where programs are, and the folder as its home."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LANG": "C.UTF-8", "TMPDIR": str(folder)}


def _document(book: bytes) -> Document | None:
    """The paragraphs and tables of a DocBook article; antiword leaves spans out, so columns are not known."""
    try:
        root = etree.fromstring(book, parser=etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.LxmlError:
        return None
    blocks: list[Block] = []
    grids = lines = 0
    for element in root.iter("para", "title", "informaltable"):
        if element.tag == "informaltable":
            grids += 1
            rows = [[_text(entry).strip() for entry in row.iter("entry")] for row in element.iter("row")]
            blocks.append(ragged(grids, rows))
        elif next(element.iter("informaltable"), None) is None and next(element.iterancestors("entry"), None) is None:
            for text in _text(element).split("\n"):
                if text.strip():
                    lines += 1
                    blocks.append(Line(text.strip(), lines, element.tag == "title"))
    return Document("doc", tuple(blocks))


def _text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())
