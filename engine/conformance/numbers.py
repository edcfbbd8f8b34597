"""The numbers of a session's messages: 1, 2, 3 and so on; what came before comes again only where that is promised."""

from typing import Final

import attrs

from engine.conformance.broken import Broken, demand
from engine.conformance.messages import JsonObject

_FROM_SOMEWHERE: Final = -1


@attrs.define
class Numbers:
    last: int = 0
    """That of the last new message."""
    unknown: bool = False
    """The next message may carry any number: the record begins with it."""
    _kept: dict[int, JsonObject] = attrs.field(factory=dict)
    _again: int | None = None
    """What was missed is being sent again; this one comes next. `_FROM_SOMEWHERE` where it is not known which."""

    @property
    def resending(self) -> bool:
        """Does what was missed come again?"""
        return self._again is not None

    def begin(self, seq: int | None) -> None:
        """The next message is the one after `seq`, or whatever comes."""
        self.last, self.unknown, self._again = seq or 0, seq is None, None

    def resumed(self, after: int | None) -> None:
        """A binding was RESUMED: all that came after `after` comes again, then what is new; None: it is not known."""
        if after is None:
            self._again = _FROM_SOMEWHERE
            return
        if after > self.last or self.unknown:
            self.begin(after)  # the client had seen what the record does not hold
        self._again = after + 1 if after < self.last else None

    def take(self, message: JsonObject) -> bool:
        """Is it new? Raises Broken."""
        seq = message.get("seq")
        if not isinstance(seq, int) or isinstance(seq, bool):
            raise Broken("ENV-8", f"a message of a session carries seq {seq!r}; a number was due")
        if self.unknown:
            self.begin(seq - 1)
        if self._again == _FROM_SOMEWHERE:
            self._again = seq if seq <= self.last else None
        if self._again is not None:
            demand(seq == self._again, "LOSS-1", f"{seq} came where {self._again} was to be sent again")
            self._again = seq + 1 if seq < self.last else None
            demand(message == self._kept.get(seq, message), "LOSS-1", f"message {seq} came again, and differs")
            return False
        if seq <= self.last and "result" in message and "requestid" in message:
            demand(message == self._kept.get(seq, message), "ENV-3", f"message {seq} came again, and differs")
            return False
        demand(seq == self.last + 1, "ENV-7", f"seq {seq} came after {self.last}")
        self.note(seq, message)
        return True

    def note(self, seq: int, message: JsonObject) -> None:
        """It was the last one, whether or not it was due."""
        self.last, self._again = max(seq, self.last), None
        self._kept[seq] = message
