"""Events that the relay puts in among the messages of a session have numbers, and so all that follow have others."""

from bisect import bisect_right, insort

import attrs

from engine.conformance.messages import JsonObject


@attrs.define
class Numbering:
    """Of one session. Inserts stand before the message of the server that has this number."""

    _places: list[int] = attrs.field(factory=list)
    _inserts: dict[int, JsonObject] = attrs.field(factory=dict)
    _seen: int | None = None
    """The place of an insert that the desktop has seen, though not the message behind it."""

    def insert(self, place: int, event: JsonObject) -> None:
        """Nothing that comes after has been passed on yet."""
        if place not in self._inserts:
            insort(self._places, place)
            self._inserts[place] = event

    def outer(self, seq: int) -> int:
        """The number that the desktop knows a message of the server by."""
        return seq + bisect_right(self._places, seq)

    def inner(self, outer: int) -> int:
        """The last number of the server's that a desktop has seen which has seen this one."""
        seq = outer
        while seq > 0 and self.outer(seq) > outer:
            seq -= 1
        self._seen = seq + 1 if outer > self.outer(seq) else None
        return seq

    def passed(self, message: JsonObject) -> list[JsonObject]:
        """What goes to the desktop in the place of a numbered message."""
        seq: int = message["seq"]
        number = self.outer(seq)
        out = [{**message, "seq": number}] if number != seq else [message]
        if seq in self._inserts and seq != self._seen:
            out.insert(0, {**self._inserts[seq], "seq": number - 1})
        self._seen = None
        return out
