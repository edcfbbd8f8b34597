"""Messages that come in fragments are gathered, as long as they are of a size to be held. Pure."""

from typing import Final

import attrs
from websockets.frames import CTRL_OPCODES, Frame, Opcode

MOST_HELD_BYTES: Final = 1024 * 1024
FRAME_BYTES: Final = 64
"""What a frame is counted as beside its data, or there could be any number of empty ones."""


@attrs.define
class Pieces:
    """`take` each frame in its turn."""

    _held: list[Frame] = attrs.field(factory=list)
    _size: int = 0

    def take(self, each: Frame) -> list[Frame]:
        """The whole message that ends with this frame, or none while more is to come.

        A control frame is a whole of its own. What breaks the rules of fragments, and what is too large, is let through
        as it comes.
        """
        if each.opcode in CTRL_OPCODES:
            return [each]
        stray = (each.opcode is Opcode.CONT) != bool(self._held)
        self._held.append(each)
        self._size += len(each.data) + FRAME_BYTES
        if not each.fin and not stray and self._size <= MOST_HELD_BYTES:
            return []
        whole, self._held, self._size = self._held, [], 0
        return whole
