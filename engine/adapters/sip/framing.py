"""Frames of the control connection: `<length in decimal>:<that many bytes>,`, over whatever pieces a socket gives."""

from typing import Final

LARGEST_FRAME: Final = 1_000_000
"""Bytes. A phone with dozens of calls lists them in some kilobytes; more than this is no phone's."""

_DIGITS: Final = len(str(LARGEST_FRAME))


class BadFrame(ValueError):
    """What came is no frame. What follows it cannot be understood any more: the connection must be closed."""


def frame(payload: bytes) -> bytes:
    return b"%d:%s," % (len(payload), payload)


class Frames:
    """Takes bytes as they come, and gives the payloads of the frames that are whole by then."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def take(self, data: bytes) -> list[bytes]:
        """Raises BadFrame; a frame that came whole before the nonsense is lost with it, as the connection is."""
        self._rest += data
        payloads = []
        start = 0
        while (found := self._next(start)) is not None:
            begin, end = found
            payloads.append(bytes(self._rest[begin:end]))
            start = end + 1
        del self._rest[:start]
        return payloads

    def _next(self, start: int) -> tuple[int, int] | None:
        """Where the payload of the frame at `start` begins and ends; None while it is not whole."""
        colon = self._rest.find(b":", start, start + _DIGITS + 1)
        digits = self._rest[start : colon if colon >= 0 else start + _DIGITS + 1]
        # Not isdigit alone: bytes have no other digits than these, and an empty length is none.
        if (digits or colon >= 0) and not digits.isdigit():
            raise BadFrame(f"a length was expected, not {bytes(digits[:20])!r}")
        if colon < 0:
            if len(digits) > _DIGITS:
                raise BadFrame(f"a length of more than {_DIGITS} digits")
            return None
        if (length := int(digits)) > LARGEST_FRAME:
            raise BadFrame(f"a frame of {length} bytes; {LARGEST_FRAME} is the most")
        begin, end = colon + 1, colon + 1 + length
        if len(self._rest) <= end:
            return None
        if self._rest[end] != ord(","):
            raise BadFrame(f"a frame of {length} bytes that does not end in a comma")
        return begin, end
