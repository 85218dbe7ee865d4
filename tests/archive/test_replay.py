"""pywb replays the archive: by our index and by its own, each body is what the portal sent."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.replay import cdxj
from archive.store import Archive
from tests.archive import exchanges
from tests.archive.exchanges import KEPT, Kept
from tests.replaying import fetch, needs_pywb, own_index, wayback

pytestmark = needs_pywb
MIRRORS = ("our index", "pywb's own index")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive, closed, with our index beside it."""
    place = tmp_path_factory.mktemp("replay")
    with Archive.open(place, create=True, write=True, clock=lambda: exchanges.FOURTH) as archive:
        exchanges.keep(archive)
        cdxj.write(archive, place / "index.cdxj")
    return place


@pytest.fixture(scope="module", params=MIRRORS)
def mirror(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, str]]:
    index = folder / "index.cdxj" if request.param == MIRRORS[0] else None
    with wayback(folder / "warc", index) as url:
        yield str(request.param), url


def lines(index: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (key, moment, json.loads(said)) for key, moment, said in (line.split(" ", 2) for line in index.splitlines())
    ]


def replay(mirror: str, kept: Kept) -> tuple[int, dict[str, str], bytes]:
    packed = {"Accept_Encoding": "gzip"} if kept.url == exchanges.PACKED else {}
    return fetch(f"{mirror}/{kept.at:%Y%m%d%H%M%S}id_/{kept.url}", **packed)


def test_pywb_makes_the_same_index_but_for_the_revisits(folder: Path) -> None:
    ours = lines((folder / "index.cdxj").read_text(encoding="utf-8"))
    theirs = lines(own_index(folder / "warc"))
    assert [line[:2] for line in ours] == [line[:2] for line in theirs]
    different = []
    for (_, moment, mine), (_, _, other) in zip(ours, theirs, strict=True):
        if other["mime"] == "warc/revisit":
            others = {name for name in mine if mine[name] != other.get(name)}
            different.append((moment, mine.get("status"), others - {"length"}))  # it may be the same by chance
        else:
            assert mine == other
    assert different == [
        ("20240121040000", "200", {"status"}),  # pywb leaves it out
        ("20240122040000", "304", {"status", "mime", "offset"}),
    ]


@pytest.mark.parametrize("kept", KEPT, ids=[f"{kept.url} {kept.at:%d}" for kept in KEPT])
def test_each_capture_comes_back_as_it_was_sent(kept: Kept, mirror: tuple[str, str]) -> None:
    name, url = mirror
    status, _, body = replay(url, kept)
    if kept.at == exchanges.THIRD and name == MIRRORS[1]:
        assert (status, body) == (304, b"")  # why our index leads to the body instead
    else:
        assert (status, body) == (kept.status, kept.body)


def test_a_client_that_cannot_unpack_gets_it_unpacked(mirror: tuple[str, str]) -> None:
    status, headers, body = fetch(f"{mirror[1]}/20240120040000id_/{exchanges.PACKED}")
    assert (status, headers.get("Content-Encoding")) == (200, None)
    assert body == gzip.decompress(exchanges.PACKED_BODY)


def test_a_file_that_was_imported_is_replayed_too(mirror: tuple[str, str]) -> None:
    status, _, body = fetch(f"{mirror[1]}/20240120040000id_/{exchanges.FILE}")
    assert (status, body) == (200, exchanges.FILE_BODY)


def test_a_moment_between_two_captures_gets_the_nearer(mirror: tuple[str, str]) -> None:
    status, _, body = fetch(f"{mirror[1]}/20250101000000id_/{exchanges.CHANGED}")
    assert (status, body) == (200, exchanges.CHANGED_BODY)


def test_it_answers_as_a_cdx_server(mirror: tuple[str, str]) -> None:
    status, _, body = fetch(f"{mirror[1]}/cdx?url={exchanges.PORTAL}&matchType=host&output=json")
    found = [json.loads(line) for line in body.splitlines()]
    assert status == 200
    assert {(line["url"], line["timestamp"]) for line in found} >= {
        (kept.url, f"{kept.at:%Y%m%d%H%M%S}") for kept in KEPT
    }
