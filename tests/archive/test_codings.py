"""Codings: chunks are put together, content is unpacked within bounds, and what is damaged is said to be."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import PayloadRefused, PayloadTooLarge
from archive.warcs.codings import MOST_CODINGS, MOST_PARTS, decode, entity
from tests.archive.answers import URL, chunked

DAMAGED = {
    "a size that is none": b"5\r\nhello\r\nzz\r\nworld\r\n0\r\n\r\n",
    "a chunk longer than its size": b"5\r\nhello, world\r\n0\r\n\r\n",
    "a chunk shorter than its size": b"5\r\nhello\r\nf\r\nhel",
    "the end is missing": b"5\r\nhello\r\n",
    "a size beyond all bounds": b"5\r\nhello\r\nffffffffffff\r\n",
    "a negative size": b"5\r\nhello\r\n-1\r\n",
}
PARTS = (b"5\r\n", b"hello", b"\r\n", b"\n", b"0\r\n\r\n", b"ffffffff\r\n", b";", b" ", b"-1", b"g")


@pytest.mark.parametrize("transferred", DAMAGED.values(), ids=DAMAGED)
def test_damaged_chunks_are_an_error_in_one_sentence(transferred: bytes) -> None:
    with pytest.raises(PayloadRefused, match=f"the chunks of {URL} are") as caught:
        entity(transferred, "chunked", URL)
    assert "\n" not in str(caught.value)


@given(rest=st.binary(max_size=60) | st.lists(st.sampled_from(PARTS), max_size=8).map(b"".join))
def test_no_chunks_are_so_damaged_that_reading_them_crashes(rest: bytes) -> None:
    try:
        assert entity(b"5\r\nhello\r\n" + rest, "chunked", URL).startswith(b"hello")
    except PayloadRefused:
        assert chunked() not in rest[:5]


@given(pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=5))
def test_any_body_in_any_chunks_is_read_back(pieces: list[bytes]) -> None:
    assert entity(chunked(*pieces), "Chunked ", URL) == b"".join(pieces)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=5),  # the highest takes ten seconds to a LONG
    "zstd": zstd.compress,
}
LONG = random.Random(7).randbytes(2 << 20) + bytes(3 << 20)  # packs badly at first, and then very well


@pytest.mark.parametrize("coding", PACKERS)
def test_a_body_of_several_megabytes_is_unpacked_whole(coding: str) -> None:
    assert decode(PACKERS[coding](LONG), coding, URL) == LONG


@pytest.mark.parametrize("coding", PACKERS)
def test_a_body_of_just_the_limit_is_unpacked_and_one_byte_more_is_not(coding: str) -> None:
    packed = PACKERS[coding](LONG)
    assert len(decode(packed, coding, URL, len(LONG))) == len(LONG)
    with pytest.raises(PayloadTooLarge, match="inflates beyond 4 MiB"):
        decode(packed, coding, URL, len(LONG) - 1)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_bomb_behind_an_empty_part_is_refused_as_any_other(coding: str) -> None:
    pack = PACKERS[coding]
    with pytest.raises(PayloadTooLarge, match="inflates beyond 1 MiB"):
        decode(pack(b"") + pack(bytes(64 << 20)), coding, URL, 1 << 20)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_parts_that_follow_each_other_are_put_together_up_to_a_number(coding: str) -> None:
    part = PACKERS[coding](b"report")
    assert decode(part * MOST_PARTS, coding, URL) == b"report" * MOST_PARTS
    with pytest.raises(PayloadTooLarge, match=f"packed in more than {MOST_PARTS} parts"):
        decode(part * (MOST_PARTS + 1), coding, URL)


def test_padding_behind_a_gzip_member_is_none_of_the_body() -> None:
    assert decode(gzip.compress(b"report") + bytes(512), "gzip", URL) == b"report"


def test_codings_one_upon_the_other_are_taken_off_up_to_a_number() -> None:
    body = b"report"
    for _ in range(MOST_CODINGS):
        body = gzip.compress(body)
    assert decode(body, ", ".join(["gzip"] * MOST_CODINGS), URL) == b"report"
    with pytest.raises(PayloadTooLarge, match="content codings one upon the other"):
        decode(body, ", ".join(["gzip"] * (MOST_CODINGS + 1)), URL)
