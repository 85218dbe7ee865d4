"""Transfer codings: chunks are put together, and what is damaged is said to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.codings import entity
from archive.errors import PayloadRefused
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
