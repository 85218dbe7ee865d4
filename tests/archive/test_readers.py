"""The WARC files as other people's tools read them: every record, with its digests right."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from sqlalchemy import func, select
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from archive.schema import CaptureRow, JournalRow, WarcFile
from tests.archive import exchanges
from tests.archive.conftest import Place

EVERY_KIND = {"warcinfo": 1, "response": 7, "request": 9, "revisit": 2, "resource": 1, "metadata": 1}


@pytest.fixture
def whole(place: Place) -> Place:
    with place.open() as archive:
        exchanges.keep(archive)
    return place


def closed_files(place: Place) -> list[Path]:
    return sorted(place.folder.rglob("*.warc.gz"))


def in_warcio(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Type, id and payload of each record; warcio raises where a digest is wrong."""
    with path.open("rb") as file:
        for record in WarcioIterator(file, check_digests="raise"):
            yield record.rec_type, record.rec_headers["WARC-Record-ID"], record.raw_stream.read()


def in_fastwarc(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Type, id and block of each record."""
    with path.open("rb") as file:
        for record in ArchiveIterator(file, parse_http=False, strict_mode=True):
            assert record.verify_block_digest(), record.record_id
            yield str(record.record_type), str(record.record_id), record.reader.read()


def test_two_foreign_readers_see_the_same_records_and_the_tables_count_as_many(whole: Place) -> None:
    (path,) = closed_files(whole)
    seen, others = list(in_warcio(path)), list(in_fastwarc(path))
    assert [(kind, name) for kind, name, _ in seen] == [(kind, name) for kind, name, _ in others]
    assert all(block.endswith(payload) for (*_, payload), (*_, block) in zip(seen, others, strict=True))
    counts = Counter(kind for kind, *_ in seen)
    assert counts == EVERY_KIND
    with whole.open(write=False) as archive, archive.session() as session:
        kinds = dict(session.execute(select(CaptureRow.kind, func.count()).group_by(CaptureRow.kind)).all())
        journal = session.scalar(select(func.count()).select_from(JournalRow))
        files = session.scalar(select(func.count()).select_from(WarcFile))
    assert {**kinds, "metadata": journal, "warcinfo": files} == {
        kind: number for kind, number in counts.items() if kind != "request"
    }


def test_payload_digests_are_right_where_the_payload_stands_in_the_record(whole: Place) -> None:
    (path,) = closed_files(whole)
    with path.open("rb") as file:
        checked = [
            record.verify_payload_digest()
            for record in ArchiveIterator(file, parse_http=True, auto_decode="none")
            if record.is_http and str(record.record_type) == "response"
        ]
    assert checked == [True] * EVERY_KIND["response"]


def test_warcio_hands_out_the_bodies_unpacked(whole: Place) -> None:
    (path,) = closed_files(whole)
    bodies: dict[tuple[str, str], bytes] = {}
    with path.open("rb") as file:
        for record in WarcioIterator(file, check_digests="raise"):
            if record.rec_type in {"response", "resource"}:
                said = record.rec_headers
                bodies[said["WARC-Target-URI"], said["WARC-Date"]] = record.content_stream().read()
    assert bodies[exchanges.PACKED, "2024-01-20T04:00:00Z"] == exchanges.PAGE_BODY * 30
    assert bodies[exchanges.GBK, "2024-01-20T04:00:00Z"] == exchanges.GBK_BODY
    assert bodies[exchanges.FILE, "2024-01-20T04:00:00Z"] == exchanges.FILE_BODY
    assert bodies[exchanges.BLOCKED, "2024-01-20T04:00:00Z"] == exchanges.EVIDENCE
    assert bodies[exchanges.CHANGED, "2024-01-23T04:00:00Z"] == exchanges.CHANGED_BODY


CHECKERS = {"warcio": ["-m", "warcio.cli", "check", "-v"], "fastwarc": ["-m", "fastwarc.cli", "check"]}


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_checker_finds_nothing_amiss(checker: str, whole: Place) -> None:
    ran = _check(checker, closed_files(whole))
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_checker_would_have_found_a_digest_that_is_wrong(checker: str, whole: Place, tmp_path: Path) -> None:
    from archive.warcs import members

    (path,) = closed_files(whole)
    with path.open("rb") as file:
        plain, _ = members.inflate(file, members.inflate(file, 0)[1])
    spoiled = tmp_path / "spoiled.warc"
    spoiled.write_bytes(plain.replace("本机关".encode(), "本機關".encode()))
    assert plain != spoiled.read_bytes()
    ran = _check(checker, [spoiled])
    assert ran.returncode != 0, ran.stdout + ran.stderr


def _check(checker: str, paths: list[Path]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *CHECKERS[checker], *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
