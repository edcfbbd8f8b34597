"""Fragments are gathered into the message that they make up."""

from typing import Final

from websockets.frames import Frame, Opcode

from engine.conformance.pieces import FRAME_BYTES, MOST_HELD_BYTES, Pieces

FIRST: Final = Frame(Opcode.TEXT, b"a", fin=False)
NEXT: Final = Frame(Opcode.CONT, b"b", fin=False)
LAST: Final = Frame(Opcode.CONT, b"c")
WHOLE: Final = Frame(Opcode.TEXT, b"d")
PING: Final = Frame(Opcode.PING, b"e")


def test_what_is_in_one_frame_is_whole() -> None:
    pieces = Pieces()
    assert [pieces.take(each) for each in (WHOLE, WHOLE)] == [[WHOLE], [WHOLE]]


def test_fragments_wait_for_the_last_one() -> None:
    pieces = Pieces()
    assert [pieces.take(each) for each in (FIRST, NEXT, LAST, WHOLE)] == [[], [], [FIRST, NEXT, LAST], [WHOLE]]


def test_control_frames_do_not_wait() -> None:
    pieces = Pieces()
    assert [pieces.take(each) for each in (FIRST, PING, LAST)] == [[], [PING], [FIRST, LAST]]


def test_what_breaks_the_rules_of_fragments_goes_on_at_once() -> None:
    pieces = Pieces()
    assert [pieces.take(each) for each in (NEXT, LAST)] == [[NEXT], [LAST]]
    assert [pieces.take(each) for each in (FIRST, FIRST, LAST)] == [[], [FIRST, FIRST], [LAST]]


def test_what_is_too_large_goes_on_as_it_comes() -> None:
    pieces = Pieces()
    large = Frame(Opcode.CONT, bytes(MOST_HELD_BYTES), fin=False)
    assert [pieces.take(each) for each in (FIRST, large, NEXT, LAST)] == [[], [FIRST, large], [NEXT], [LAST]]


def test_any_number_of_empty_fragments_is_too_large() -> None:
    pieces = Pieces()
    empty = Frame(Opcode.CONT, b"", fin=False)
    count = MOST_HELD_BYTES // FRAME_BYTES
    taken = [pieces.take(each) for each in (FIRST, *[empty] * count)]
    assert next(len(each) for each in taken if each) > count // 2
