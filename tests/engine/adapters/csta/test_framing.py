"""Frames are read however the bytes are cut, and what is no frame is noticed at once."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.csta.framing import (
    EVENT_ID,
    HEADER_BYTES,
    MOST_XML_BYTES,
    BadFrame,
    Frame,
    FrameReader,
    InvokeIds,
    encode_frame,
)

FRAMES = st.builds(Frame, st.integers(0, EVENT_ID), st.binary(min_size=1, max_size=300))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    at = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(at)]


def test_the_golden_header_has_the_length_with_itself_and_the_id_in_digits() -> None:
    """A sample of three independent sources: 415 bytes of XML have the length 0x01A7."""
    assert encode_frame(Frame(1, b"x" * 415))[:HEADER_BYTES] == b"\x00\x00\x01\xa70001"


@given(frames=st.lists(FRAMES, max_size=8), places=st.lists(st.integers(0, 5000), max_size=12))
def test_any_split_of_the_bytes_gives_the_same_frames(frames: list[Frame], places: list[int]) -> None:
    reader = FrameReader()
    data = b"".join(map(encode_frame, frames))
    assert [frame for part in cut(data, places) for frame in reader.feed(part)] == frames
    assert reader.kept_bytes == 0


@given(frame=FRAMES, part=st.integers(0, 400))
def test_a_frame_that_is_not_whole_gives_nothing_yet(frame: Frame, part: int) -> None:
    data = encode_frame(frame)
    reader = FrameReader()
    assert list(reader.feed(data[: part % len(data)])) == []


def test_the_longest_message_fits_and_a_longer_one_does_not() -> None:
    longest = Frame(0, b"x" * MOST_XML_BYTES)
    assert list(FrameReader().feed(encode_frame(longest))) == [longest]
    with pytest.raises(ValueError, match="longer than"):
        encode_frame(Frame(0, b"x" * (MOST_XML_BYTES + 1)))


@pytest.mark.parametrize("invoke", [-1, 10_000])
def test_an_id_that_four_digits_cannot_hold_is_not_sent(invoke: int) -> None:
    with pytest.raises(ValueError, match="invoke id"):
        encode_frame(Frame(invoke, b"x"))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"\x00\x01\x00\x090001x", "version 1"),
        (b"HTTP/1.1 400 Bad Request", "version"),
        (b"\x00\x00\x00\x080001", "no room"),
        (b"\x00\x00\x00\x000001", "no room"),
        (b"\x00\x00\x00\x09 001x", "four digits"),
        (b"\x00\x00\x00\x09-001x", "four digits"),
        (b"\x00\x00\x00\x09\xb1\xb2\xb3\xb4x", "four digits"),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes, match: str) -> None:
    with pytest.raises(BadFrame, match=match):
        list(FrameReader().feed(data))


@given(data=st.binary(max_size=200))
def test_whatever_comes_frames_or_a_refusal_come_of_it(data: bytes) -> None:
    reader = FrameReader()
    try:
        for byte in data:
            list(reader.feed(bytes([byte])))
    except BadFrame:
        return
    assert reader.kept_bytes <= len(data)


# Invoke ids


def test_ids_begin_anew_before_the_one_of_events() -> None:
    ids = InvokeIds()
    given_ = []
    for _ in range(2 * EVENT_ID + 1):
        invoke = ids.take()
        assert invoke is not None
        given_.append(invoke)
        ids.free(invoke)
    assert EVENT_ID not in given_
    assert given_[: EVENT_ID + 1] == [*range(EVENT_ID), 0]


def test_an_id_that_waits_for_its_answer_is_not_given_again() -> None:
    ids = InvokeIds(last=2)
    assert [ids.take() for _ in range(4)] == [0, 1, 2, None]
    ids.free(1)
    assert [ids.take(), ids.take()] == [1, None]
