"""Captured logs of any form, read into what was exchanged. specs/conformance.md describes the forms.

Who recorded is the client: `out` is what it sent, `in` what came from the server.
"""

import enum
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import attrs
import msgspec

from engine.conformance.messages import JsonObject
from protocol.strictjson import NotJson, parse_json

IN, OUT = "in", "out"


class Form(enum.StrEnum):
    LINES = "lines"
    """Our own: a line for each frame, with connection and direction."""
    MESSAGES = "messages"
    """A line for each message that came, as `ixp talk --script` prints them."""
    JOURNAL = "journal"
    """As `ixp journal show SESSION` prints it, with --json or without."""
    HAR = "har"
    """What a browser exports of its network traffic."""


class Unreadable(ValueError):
    """The log cannot be read; the message says where, and what to do."""


@attrs.frozen(kw_only=True)
class Exchange:
    """One message that was sent or came. `problem`: why it is none at all."""

    place: str
    """Where it stands in the log, for people."""
    connection: str
    direction: str
    message: Any = None
    text: str = ""
    at: str | float | None = None
    problem: str | None = None
    decoded: bool = False
    """Who recorded it had decoded it: how the text was written is not known."""
    batch: list[Any] | None = None
    """The array that it came in."""
    order: int = 0
    """Its number among all of the log."""

    @property
    def session(self) -> str:
        """The one that its target names; empty where that cannot be read."""
        target = self.message.get("target") if isinstance(self.message, dict) else None
        return target.split(".")[0] if isinstance(target, str) else ""


def read_log(text: str, form: Form | None = None) -> list[Exchange]:
    """Raises Unreadable. Without a form, the log is looked at."""
    read = _READERS[form or form_of(text)](text)
    found = [attrs.evolve(exchange, order=order) for order, exchange in enumerate(read)]
    if not found:
        raise Unreadable("there is no message in it; give a log of WebSocket messages, or name its form with --format")
    return found


def form_of(text: str) -> Form:
    """What form the log has, by its beginning. Raises Unreadable."""
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    if re.match(r"steps? \d", first):
        return Form.JOURNAL
    try:
        value = json.loads(first)
    except ValueError:
        value = None
    match value:
        case {"direction": _}:
            return Form.LINES
        case {"step": _, "said": _}:
            return Form.JOURNAL
        case {"name": _} | {"result": _}:
            return Form.MESSAGES
        case {"log": _}:
            return Form.HAR
    if first.startswith("{") and '"log"' in text[:1000]:
        return Form.HAR
    forms = ", ".join(Form)
    raise Unreadable(f"its form cannot be told by its beginning; name it with --format, one of {forms}")


# Lines


def _json_lines(text: str) -> Iterator[tuple[int, JsonObject, str]]:
    for number, line in enumerate(text.split("\n"), 1):  # other ends of lines may stand within JSON text
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise Unreadable(f"line {number} is no JSON ({error}); every line is one JSON object") from None
        if not isinstance(value, dict):
            raise Unreadable(f"line {number} is no JSON object; every line is one")
        yield number, value, line


def _lines(text: str) -> Iterator[Exchange]:
    for number, value, _ in _json_lines(text):
        place, direction = f"line {number}", value.get("direction")
        if direction not in (IN, OUT):
            raise Unreadable(f"{place}: direction is {direction!r}; write in for what came, out for what was sent")
        if "text" not in value and "message" not in value:
            raise Unreadable(f"{place} has neither text nor message; write what was in the frame as one of them")
        said = value["text"] if "text" in value else json.dumps(value["message"], ensure_ascii=False)
        if not isinstance(said, str):
            raise Unreadable(f"{place}: text is no text; write JSON that is decoded already as message")
        for exchange in _frame(place, str(value.get("connection", "1")), direction, said, value.get("at")):
            yield attrs.evolve(exchange, decoded="text" not in value)


def _messages(text: str) -> Iterator[Exchange]:
    """They all came, on one connection."""
    for number, _, line in _json_lines(text):
        yield from _frame(f"line {number}", "1", IN, line.strip())


def _frame(place: str, connection: str, direction: str, text: str, at: Any = None) -> Iterator[Exchange]:
    """The messages of one frame: several where it is batched. An array of none is no message itself."""
    common = {"connection": connection, "direction": direction, "at": at}
    try:
        value = _decoded(text, direction)
    except NotJson as error:
        yield Exchange(place=place, text=text, problem=str(error), **common)
        return
    if not isinstance(value, list) or not value:
        yield Exchange(place=place, text=text, message=value, **common)
        return
    for number, message in enumerate(value, 1):
        yield Exchange(
            place=f"{place}, message {number}", text=json.dumps(message), message=message, batch=value, **common
        )


def _decoded(text: str, direction: str) -> Any:
    """Raises NotJson. What is refused of clients for its depth, its numbers or its NULs, a server may send: what it
    gives back as `original` stands a level deeper there, and may be any text."""
    data = text.encode("utf-8", "surrogatepass")
    if direction == OUT:
        return parse_json(data)
    try:
        msgspec.json.decode(data)  # stricter than the other one
        return json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"not valid JSON: {error}") from None


def _each_once(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice in one object")
    return found


# The journal of a server

_STEP: Final = re.compile(r"step +(\d+) +(\S+) +(\w+) *(.*)")
_SAID: Final = "→ "
_FORGOTTEN: Final = re.compile(r"steps? \d.* kept no longer")


@attrs.frozen
class _Step:
    place: str
    at: float
    input: str
    given: Any
    said: list[str]


def _journal(text: str) -> Iterator[Exchange]:
    steps = _json_steps(text) if text.lstrip().startswith("{") else _text_steps(text)
    session, last = "", 0
    for step in steps:
        if step.input == "DesktopBound" and step.given is True:
            # What a binding was answered is in no journal. After this one all begins anew.
            data = {"session": {"id": session, "state": "PREPARED"}, "epoch": 0, "seq": last, "outcome": "RESET"}
            bound = {"command": "bindSession", "target": session, "result": "success", "data": data}
            yield Exchange(place=step.place, connection="journal", direction=IN, message=bound, at=step.at)
        for said in step.said:
            for exchange in _frame(step.place, "journal", IN, said, step.at):
                if isinstance(exchange.message, dict):
                    last = exchange.message.get("seq", last)
                    session = str(exchange.message.get("target", session)).split(".")[0]
                yield exchange


def _json_steps(text: str) -> Iterator[_Step]:
    for number, value, _ in _json_lines(text):
        try:
            said = [json.dumps(message, ensure_ascii=False) for message in value["said"]]
            yield _Step(f"step {value['step']}", value["at"], value["input"], value["given"], said)
        except KeyError as error:
            raise Unreadable(f"line {number} is no step of a journal: {error} is missing; see --format") from None


def _text_steps(text: str) -> Iterator[_Step]:
    step: _Step | None = None
    for number, line in enumerate(text.split("\n"), 1):
        begun = _STEP.fullmatch(line.strip())
        if line.strip().startswith(_SAID) and step is not None:
            step.said.append(line.strip().removeprefix(_SAID))
        elif begun:
            if step is not None:
                yield step
            step = _Step(f"step {begun[1]}", float(begun[2]), begun[3], begun[4] == "true", [])
        elif line.strip() and not _FORGOTTEN.match(line):
            raise Unreadable(f"line {number} is no step of a journal; give the output of `ixp journal show SESSION`")
    if step is not None:
        yield step


# A browser's export

TEXT_FRAME: Final = 1


def _har(text: str) -> Iterator[Exchange]:
    try:
        entries = json.loads(text)["log"]["entries"]
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(
            f"it is no HAR file ({type(error).__name__}: {error}); export it again, with content"
        ) from None
    found = []
    for number, entry in enumerate(entries, 1):
        for order, frame in enumerate(entry.get("_webSocketMessages", ()), 1):
            found.append((float(frame.get("time", 0)), number, order, frame))
    if not found:
        raise Unreadable("no WebSocket messages are in it; open the network tools before the page, and export again")
    for at, number, order, frame in sorted(found, key=lambda each: each[:3]):
        place, connection = f"entry {number}, message {order}", f"entry {number}"
        direction = OUT if frame.get("type") == "send" else IN
        data = str(frame.get("data", ""))
        if frame.get("opcode", TEXT_FRAME) == TEXT_FRAME:
            yield from _frame(place, connection, direction, data, at)
        elif direction == IN and frame["opcode"] == TEXT_FRAME + 1:
            yield Exchange(place=place, connection=connection, direction=IN, text=data, at=at, problem="a binary frame")


_READERS: Final[Mapping[Form, Callable[[str], Iterator[Exchange]]]] = MappingProxyType(
    {Form.LINES: _lines, Form.MESSAGES: _messages, Form.JOURNAL: _journal, Form.HAR: _har}
)


def moment(at: str | float | None) -> str:
    """A time in words; seconds that are no date stay seconds."""
    if isinstance(at, str):
        return at
    if at is None:
        return ""
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="milliseconds") if at > 1e9 else f"{at:.3f} s"
