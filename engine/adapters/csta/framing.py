"""The frames of DMCC: eight bytes before each XML message. Pure: bytes in, frames out, however they were cut.

Bytes 0 and 1 are the version, zero; 2 and 3 the length of header and message, most significant byte first; 4 to 7 the
invoke id as four ASCII digits. A reply has the id of its request. An event has 9999, so requests stay below that.
"""

import re
from collections.abc import Iterator
from typing import Final

import attrs

HEADER_BYTES: Final = 8
MOST_XML_BYTES: Final = 0xFFFF - HEADER_BYTES
"""What the sixteen bits of the length leave for the message."""
EVENT_ID: Final = 9999
"""The invoke id of events. No request has it."""

_VERSION: Final = b"\0\0"
_DIGITS: Final = re.compile(rb"[0-9]{4}")


class BadFrame(ValueError):
    """What came is no frame. Where the next one begins cannot be known, so the connection is of no more use."""


@attrs.frozen
class Frame:
    """One message and its invoke id."""

    invoke: int
    xml: bytes


def encode_frame(frame: Frame) -> bytes:
    """Raises ValueError for a message that fits in no frame, or an invoke id that four digits cannot hold."""
    if not 0 <= frame.invoke <= EVENT_ID:
        raise ValueError(f"invoke id {frame.invoke} is not from 0 to {EVENT_ID}")
    if len(frame.xml) > MOST_XML_BYTES:
        raise ValueError(f"a message of {len(frame.xml)} bytes is longer than the {MOST_XML_BYTES} of a frame")
    length = (HEADER_BYTES + len(frame.xml)).to_bytes(2, "big")
    return b"".join((_VERSION, length, b"%04d" % frame.invoke, frame.xml))


class FrameReader:
    """Takes bytes as they come, and gives the frames that are whole. Keeps less than one frame."""

    def __init__(self) -> None:
        self._kept = bytearray()

    @property
    def kept_bytes(self) -> int:
        return len(self._kept)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take all of `data`; yields every frame that it completes. Raises BadFrame as soon as a header is none."""
        self._kept += data
        while len(self._kept) >= HEADER_BYTES:
            length = self._check_header()
            if len(self._kept) < length:
                return
            frame = Frame(int(self._kept[4:HEADER_BYTES]), bytes(self._kept[HEADER_BYTES:length]))
            del self._kept[:length]
            yield frame

    def _check_header(self) -> int:
        """The length of the frame that begins here."""
        version, digits = bytes(self._kept[:2]), bytes(self._kept[4:HEADER_BYTES])
        length = int.from_bytes(self._kept[2:4], "big")
        if version != _VERSION:
            raise BadFrame(f"a frame begins with version {int.from_bytes(version, 'big')}, and not with 0")
        if length <= HEADER_BYTES:
            raise BadFrame(f"a frame of {length} bytes has no room for a message")
        if not _DIGITS.fullmatch(digits):
            raise BadFrame("an invoke id is not four digits")
        return length


class InvokeIds:
    """The ids of requests, in turn: none is given twice at a time, nor that of events."""

    def __init__(self, last: int = EVENT_ID - 1) -> None:
        self._last = last
        self._next = 0
        self._taken: set[int] = set()

    def take(self) -> int | None:
        """An id that is free, or None where all are taken."""
        if len(self._taken) > self._last:
            return None
        while self._next in self._taken:
            self._next = (self._next + 1) % (self._last + 1)
        taken, self._next = self._next, (self._next + 1) % (self._last + 1)
        self._taken.add(taken)
        return taken

    def free(self, invoke: int) -> None:
        self._taken.discard(invoke)
