"""Frames come whole or in pieces, many or few at a time; nonsense is found at its first bytes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.sip.framing import LARGEST_FRAME, BadFrame, Frames, frame


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(st.binary(max_size=50)), st.lists(st.integers(0, 10_000)))
def test_frames_come_out_as_they_went_in_however_they_are_cut(payloads: list[bytes], cuts: list[int]) -> None:
    frames = Frames()
    data = b"".join(map(frame, payloads))
    assert [payload for piece in pieces(data, cuts) for payload in frames.take(piece)] == payloads


def test_a_frame_that_is_not_whole_waits() -> None:
    frames = Frames()
    assert frames.take(b"5:hel") == []
    assert frames.take(b"lo") == []
    assert frames.take(b",0:,") == [b"hello", b""]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello",
        b":,",
        b"-1:,",
        b" 5:hello,",
        b"5:hello;",
        b"%d:" % (LARGEST_FRAME + 1),
        b"9" * 30,
        "٣:abc,".encode(),
        b"\0",
    ],
)
def test_nonsense_is_found_out(nonsense: bytes) -> None:
    with pytest.raises(BadFrame):
        Frames().take(nonsense)


@pytest.mark.parametrize("start", [b"1", b"1000000", b"10:", b"3:abc"])
def test_what_may_still_be_a_frame_is_waited_for(start: bytes) -> None:
    assert Frames().take(start) == []


@given(st.binary(max_size=40), st.lists(st.integers(0, 40)))
def test_whatever_comes_is_frames_or_nonsense_and_the_cuts_do_not_matter(data: bytes, cuts: list[int]) -> None:
    def outcome(parts: list[bytes]) -> tuple[list[bytes], bool]:
        frames, got = Frames(), list[bytes]()
        try:
            for part in parts:
                got += frames.take(part)
        except BadFrame:
            return [], True
        return got, False

    whole, bad = outcome([data])
    cut, cut_bad = outcome(pieces(data, cuts))
    assert bad == cut_bad
    if not bad:
        assert whole == cut
