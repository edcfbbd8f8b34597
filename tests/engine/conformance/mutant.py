"""How servers are broken: by small changes of what a real one says, or is told, in the relay in front of it."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

import attrs
from websockets.frames import Frame

from engine.conformance.relay import Change, Link, MakeChange, Unchanged, as_it_is

Message = dict[str, Any]
Which = Callable[[Message], bool]
Edit = Callable[[Message], Iterable[Message]]
"""What becomes of a message. It may keep some for later."""
Make = Callable[[], MakeChange]
"""For one relay: what it remembers is of all its connections."""

Handshake = Callable[[bytes], bytes]
"""What becomes of the head of the server's answer."""


@attrs.frozen(kw_only=True)
class Mutant:
    """A server that is broken. One of the `scenarios` must find it, by one of the `rules`."""

    name: str
    rules: tuple[str, ...]
    scenarios: tuple[str, ...]
    make: Make
    handshake: Handshake = as_it_is


# Which messages


def event(name: str, of: str = "") -> Which:
    """Of this name; `of`: about an object whose id begins so: g, c, i, v."""
    return lambda message: message.get("name") == name and _own_id(message).startswith(of)


def answer(command: str, result: str = "success") -> Which:
    return lambda message: message.get("command") == command and message.get("result") == result


def request(command: str) -> Which:
    return lambda message: message.get("command") == command


def _own_id(message: Message) -> str:
    target = str(message.get("target", ""))
    return target.rpartition(".")[2] if "." in target else ""


# Edits


def drop(which: Which) -> Callable[[], Edit]:
    return lambda: lambda message: [] if which(message) else [message]


def repeat(which: Which) -> Callable[[], Edit]:
    return lambda: lambda message: [message, copy.deepcopy(message)] if which(message) else [message]


def alter(which: Which, how: Callable[[Message], object]) -> Callable[[], Edit]:
    """`how` changes a copy."""

    def edit(message: Message) -> list[Message]:
        if not which(message):
            return [message]
        changed = copy.deepcopy(message)
        how(changed)
        return [changed]

    return lambda: edit


def add(which: Which, more: Callable[[Message], Iterable[Message]]) -> Callable[[], Edit]:
    """Behind each of these, `more`."""
    return lambda: lambda message: [message, *more(copy.deepcopy(message))] if which(message) else [message]


def later(which: Which, behind: Which) -> Callable[[], Edit]:
    """The first such one is kept until another one has passed."""

    def make() -> Edit:
        kept: list[Message] = []

        def edit(message: Message) -> list[Message]:
            if not kept and which(message):
                kept.append(message)
                return []
            if kept and behind(message):
                return [message, kept.pop()]
            return [message]

        return edit

    return make


def earlier(which: Which, before: Which) -> Callable[[], Edit]:
    """It comes before another one, and what stands behind that."""

    def make() -> Edit:
        kept: list[Message] = []

        def edit(message: Message) -> list[Message]:
            if which(message):
                passed = [message, *kept]
                kept.clear()
                return passed
            if kept or before(message):
                kept.append(message)
                return []
            return [message]

        return edit

    return make


def swap(which: Which) -> Callable[[], Edit]:
    """It changes places with what follows."""
    return later(which, lambda message: True)


def remembering(which: Which, how: Callable[[Message, list[Message]], Iterable[Message]]) -> Callable[[], Edit]:
    """In the place of such a message, what `how` makes of it and of all those before."""

    def make() -> Edit:
        before: list[Message] = []

        def edit(message: Message) -> Iterable[Message]:
            passed = list(how(copy.deepcopy(message), before)) if which(message) else [message]
            before.append(message)
            return passed

        return edit

    return make


# Changes


@attrs.define
class _Numbers:
    """What is left out or added leaves no trace in the numbers."""

    _next: dict[str, int] = attrs.field(factory=dict)
    _given: dict[tuple[str, int], int] = attrs.field(factory=dict)

    def anew(self, original: Message, passed: Iterable[Message]) -> list[Message]:
        """What is sent again keeps the number that it had."""
        seq, session = original.get("seq"), _session_of(original)
        if seq is None:
            return list(passed)
        self._next.setdefault(session, seq)
        again = self._given.get((session, seq))
        return [self._numbered(each, again) for each in passed]

    def _numbered(self, message: Message, again: int | None) -> Message:
        if "seq" not in message:
            return message
        session = _session_of(message)
        number = again if again is not None else self._next[session]
        if again is None:
            self._next[session] += 1
            self._given.setdefault((session, message["seq"]), number)
        return message if number == message["seq"] else {**message, "seq": number}


def _session_of(message: Message) -> str:
    return str(message.get("target", "")).split(".")[0]


def says(make: Callable[[], Edit], *, numbered: bool = True) -> Make:
    """What the server says is edited, and `numbered` anew."""

    def of_relay() -> MakeChange:
        edit = make()

        class Says(Unchanged):
            def __init__(self) -> None:
                self._numbers = _Numbers()

            async def from_server(self, message: Message) -> Iterable[Message]:
                passed = edit(message)
                return self._numbers.anew(message, passed) if numbered else passed

        return lambda link: Says()

    return of_relay


def hears(make: Callable[[], Edit]) -> Make:
    """What the client says is edited before the server gets it; what is repeated of it is what the client said."""

    def of_relay() -> MakeChange:
        edit = make()

        class Hears(Unchanged):
            def __init__(self) -> None:
                self._said: dict[Any, Message] = {}

            async def from_client(self, message: Message) -> Iterable[Message]:
                if "requestid" in message:
                    self._said[message["requestid"]] = message
                return edit(message)

            async def from_server(self, message: Message) -> Iterable[Message]:
                said = self._said.get(message.get("requestid"))
                if said is None or message == (repeated := {**message, **_repeated(said, message)}):
                    return [message]
                return [repeated]

        return lambda link: Hears()

    return of_relay


def _repeated(said: Message, response: Message) -> Message:
    return {
        **{key: said[key] for key in ("command", "target") if key in said and key in response},
        **({"original": said} if "original" in response else {}),
    }


def changes(of_connection: Callable[[Link], Change]) -> Make:
    return lambda: of_connection


def controls(how: Callable[[Frame], Iterable[Frame]]) -> Make:
    """Pings, pongs and close frames of the server are edited."""

    class Controls(Unchanged):
        async def control_from_server(self, control: Frame) -> Iterable[Frame]:
            return how(control)

    return changes(lambda link: Controls())
