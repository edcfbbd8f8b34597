"""Desktops that do one thing over and over: each has a session, and several may share a connection.

A command is done when the last message that it causes has come. Its wait begins when it was due: at a rate that is
given, a server that is late with one command is charged for those behind it, too (coordinated omission).
"""

import time
from collections.abc import Sequence
from typing import Final

import attrs
import msgspec

ANSWERS: Final = 3
"""channel.ready and channel.notready are answered by a response and two events."""


class Heard(msgspec.Struct):
    """As much of a message as matters here."""

    target: str = ""
    result: str = ""
    command: str = ""


class BadAnswer(Exception):
    """The server said something that no load can be built on; the message says what to do."""


@attrs.define(eq=False)
class Desk:
    """One session under load. Times are those of `time.perf_counter`."""

    key: str
    """The session's id, as targets begin."""
    texts: Sequence[bytes]
    """Requests, sent one after the other, and then again."""
    answers: int
    interval_s: float
    """Between two commands where there is a rate, else 0."""
    due: float = 0.0
    """When the next command is to be sent, or was to be."""
    waiting: int = 0
    """How many messages are still to come."""
    _turn: int = 0
    _begun: float = 0.0

    def request(self, now: float) -> bytes:
        """The next one, which is sent now."""
        text = self.texts[self._turn % len(self.texts)]
        self._turn += 1
        self.waiting = self.answers
        self._begun = self.due if self.interval_s else now
        self.due += self.interval_s
        return text

    def hear(self, result: str, now: float) -> float | None:
        """A message has come. Returns how long the command took, if it is done."""
        if result not in ("", "success"):
            raise BadAnswer(f"session {self.key} was answered {result}; see that nobody else uses its agent")
        self.waiting -= 1
        return now - self._begun if self.waiting == 0 else None


def requests(session: str) -> Sequence[bytes]:
    """One channel goes ready and not ready."""
    commands = ("channel.ready", "channel.notready")
    return [msgspec.json.encode({"command": each, "target": f"{session}.c1", "data": {}}) for each in commands]


def echoes(number: int) -> Sequence[bytes]:
    """Texts of the size of those requests, each for the desk of this number."""
    return [msgspec.json.encode({"command": "channel.notready", "target": f"{number:016}.c1", "data": {}})]


read: Final = msgspec.json.Decoder(Heard).decode
"""One message."""


def spread(desks: Sequence[Desk], begin: float) -> None:
    """Give each desk its first moment: at a rate they do not all begin at once."""
    for place, desk in enumerate(desks):
        desk.due = begin + desk.interval_s * place / len(desks)


def now() -> float:
    return time.perf_counter()
