"""Desktops that do one thing over and over: each has a session, and several may share a connection.

A command is done when the last message that it causes has come. Its wait begins when it was due: at a rate that is
given, a server that is late with one command is charged for those behind it, too (coordinated omission).
"""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import attrs
import msgspec

ROUNDING_S: Final = 1e-6
"""What is due so soon is due now: moments are sums of floating numbers."""


class Heard(msgspec.Struct):
    """As much of a message as matters here."""

    target: str = ""
    result: str = ""
    command: str = ""


class Asked(NamedTuple):
    """A request as it goes out, and how many messages it causes."""

    text: bytes
    answers: int


class BadAnswer(Exception):
    """The server said something that no load can be built on; the message says what to do."""


@attrs.define(eq=False)
class Desk:
    """One session under load. Times are those of `time.perf_counter`."""

    key: str
    """The session's id, as targets begin."""
    asks: Sequence[Asked]
    """Requests, sent one after the other, and then again."""
    interval_s: float = 0.0
    """Between two commands where there is a rate, else 0."""
    due: float = 0.0
    """When the next command is to be sent, or was to be."""
    waiting: int = 0
    """How many messages are still to come."""
    _turn: int = 0
    _begun: float = 0.0

    def begin(self, due: float, interval_s: float) -> None:
        """From that moment on it works, so fast."""
        self.due, self.interval_s = due, interval_s

    def is_due(self, now: float) -> bool:
        return not self.waiting and self.due <= now + ROUNDING_S

    def request(self, now: float) -> bytes:
        """The next one, which is sent now."""
        asked = self.next()
        text = self.ask(asked, self.due if self.interval_s else now)
        self.due += self.interval_s
        return text

    def next(self) -> Asked:
        """What it is to say next."""
        asked = self.asks[self._turn % len(self.asks)]
        self._turn += 1
        return asked

    def ask(self, asked: Asked, begun: float) -> bytes:
        """It waits from that moment on."""
        self.waiting, self._begun = asked.answers, begun
        return asked.text

    def hear(self, result: str, now: float) -> float | None:
        """A message has come. Returns how long the command took, if it is done."""
        if result not in ("", "success"):
            raise BadAnswer(f"session {self.key} was answered {result}; see that nobody else uses its agent")
        self.waiting -= 1
        return now - self._begun if self.waiting == 0 else None


def logout(session: str) -> Asked:
    return Asked(request("session.logout", session), 1)


def echoes(number: int) -> Sequence[Asked]:
    """Texts of the size of those requests, each for the desk of this number."""
    return [Asked(request("channel.notready", f"{number:016}.c1"), 1)]


def request(command: str, target: str) -> bytes:
    return msgspec.json.encode({"command": command, "target": target, "data": {}})


read: Final = msgspec.json.Decoder(Heard).decode
"""One message."""


def spread(desks: Sequence[Desk], begin: float, rate: float | None) -> None:
    """Give each desk its moments: at a rate they take turns, else they all begin at once."""
    for place, desk in enumerate(desks):
        if rate is None:
            desk.begin(begin, 0.0)
        else:
            desk.begin(begin + place / rate, len(desks) / rate)


def now() -> float:
    return time.perf_counter()
