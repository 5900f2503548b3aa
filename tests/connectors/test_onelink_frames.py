from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.onelink.frames import FrameError, FrameReader, Framing, frame

BINARY = Framing()
BCD = Framing("bcd")
FRAMINGS = [BINARY, BCD, Framing("binary", counts_itself=True), Framing("bcd", counts_itself=True)]


@pytest.mark.parametrize(
    ("framing", "header"),
    [(FRAMINGS[0], "012c"), (FRAMINGS[1], "0300"), (FRAMINGS[2], "012e"), (FRAMINGS[3], "0302")],
    ids=["binary", "bcd", "binary, counting itself", "bcd, counting itself"],
)
def test_a_header_of_each_kind(framing: Framing, header: str) -> None:
    message = b"m" * 300
    assert frame(message, framing) == bytes.fromhex(header) + message


@given(
    st.sampled_from(FRAMINGS),
    st.lists(st.binary(min_size=1, max_size=400), max_size=6),
    st.lists(st.integers(0, 3000), max_size=12),
)
def test_frames_are_read_whatever_the_cut(framing: Framing, messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frame(message, framing) for message in messages)
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    reader = FrameReader(framing)
    found = [m for start, end in pairwise(places) for m in reader.feed(stream[start:end])]
    reader.close()
    assert found == messages


def test_frames_are_read_byte_by_byte() -> None:
    reader = FrameReader()
    stream = frame(b"one") + frame(b"two")
    found = [message for at in range(len(stream)) for message in reader.feed(stream[at : at + 1])]
    assert found == [b"one", b"two"]


@pytest.mark.parametrize(
    ("framing", "stream", "detail"),
    [
        (BINARY, "0000", "the header tells 0"),
        (Framing(counts_itself=True), "0002", "the header tells 0"),
        (Framing(counts_itself=True), "0001", "the header tells -1"),
        (Framing(limit=16), "0011", "1 to 16 bytes, the header tells 17"),
        (BINARY, "ffff", "1 to 8192 bytes, the header tells 65535"),
        (BCD, "00a0", "no binary-coded decimal"),
        (BCD, "ffff", "no binary-coded decimal"),
    ],
)
def test_an_impossible_header_loses_the_stream_for_good(framing: Framing, stream: str, detail: str) -> None:
    reader = FrameReader(framing)
    with pytest.raises(FrameError, match=detail) as refused:
        reader.feed(frame(b"good", framing) + bytes.fromhex(stream) + b"rest")
    assert refused.value.field == "length"
    assert refused.value.complete == (b"good",)
    with pytest.raises(FrameError, match=detail):
        reader.feed(frame(b"good", framing))
    with pytest.raises(FrameError, match=detail):
        reader.close()


@pytest.mark.parametrize("stream", [b"\x00", b"\x00\x05", b"\x00\x05four"])
def test_a_stream_may_not_end_within_a_frame(stream: bytes) -> None:
    reader = FrameReader()
    assert reader.feed(stream) == ()
    with pytest.raises(FrameError, match=f"after {len(stream)} of its bytes"):
        reader.close()


@pytest.mark.parametrize(
    ("message", "framing", "detail"),
    [
        (b"", BINARY, "1 to 8192 bytes, this has 0"),
        (b"m" * 17, Framing(limit=16), "1 to 16 bytes, this has 17"),
        (b"m" * 10_000, Framing("bcd", limit=20_000), "cannot tell 10000"),
        (b"m" * 9998, Framing("bcd", counts_itself=True, limit=20_000), "cannot tell 10000"),
        (b"m" * 65_536, Framing(limit=70_000), "cannot tell 65536"),
    ],
)
def test_a_message_that_no_header_can_tell_is_not_framed(
    message: bytes, framing: Framing, detail: str
) -> None:
    with pytest.raises(FrameError, match=detail):
        frame(message, framing)


@given(st.lists(st.binary(max_size=64), max_size=8), st.sampled_from(FRAMINGS))
def test_whatever_comes_there_are_frames_or_the_error(pieces: list[bytes], framing: Framing) -> None:
    reader = FrameReader(framing)
    told = 0
    with suppress(FrameError):
        for piece in pieces:
            told += sum(len(message) for message in reader.feed(piece))
    assert told <= sum(map(len, pieces))
