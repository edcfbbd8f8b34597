"""Servers that take what they must refuse, or refuse what they must take; and WebSocket servers that are none."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import attrs
from websockets.frames import Close, Frame, Opcode

from engine.conformance.line import frame
from engine.conformance.relay import Change, Link, Unchanged
from tests.engine.conformance.mutant import Message, Mutant, alter, answer, changes, controls, hears, request, says


def _all(message: Message) -> bool:
    return True


def _plain(value: Any) -> Any:
    """NaN, NUL, and what is too large are made harmless; null is left out."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items() if each is not None}
        case list():
            return [_plain(each) for each in value]
        case str():
            return value.replace("\0", "x").encode(errors="replace").decode()
        case int() if abs(value) > 2**53:
            return 1
        case float() if value != value:
            return 0
    return value


def _made_harmless(message: Message) -> None:
    for key in list(message):
        message[key] = _plain(message[key])


def _flattened(message: Message) -> None:
    message["data"] = {}


INPUT: Final = (
    *(
        Mutant(
            name=name,
            rules=("IN-1",),
            scenarios=(scenario,),
            make=hears(alter(_all, how)),
        )
        for name, scenario, how in (
            ("of a key that comes twice the last one is taken", "the same key twice is refused", lambda message: None),
            ("a lone surrogate is taken", "a lone surrogate is refused", _made_harmless),
            (
                "numbers are taken as far as they can be held",
                "numbers that JavaScript cannot hold are refused",
                _made_harmless,
            ),
            ("NaN is taken", "NaN is refused", _made_harmless),
            ("the NUL character is taken", "the NUL character is refused", _made_harmless),
            ("nesting is taken, however deep", "more nesting than sixteen levels is refused", _flattened),
        )
    ),
    Mutant(
        name="a text that says true is taken as true",
        rules=("IN-2",),
        scenarios=("nothing is converted to make it fit",),
        make=hears(alter(request("prepareSession"), lambda each: each["data"].update(override=True))),
    ),
    Mutant(
        name="null is taken as nothing",
        rules=("IN-2",),
        scenarios=("null is no way to leave a property out",),
        make=hears(alter(request("session.logout"), _made_harmless)),
    ),
    Mutant(
        name="what is missing is guessed",
        rules=("IN-2",),
        scenarios=("a required property that is missing is named by its path",),
        make=hears(
            alter(request("session.addchannel"), lambda each: each["data"]["channel"].setdefault("type", "Telephony"))
        ),
    ),
    Mutant(
        name="properties that nobody knows are refused",
        rules=("IN-3",),
        scenarios=("properties that nobody knows are ignored",),
        make=hears(alter(lambda each: "alsounknown" in each, lambda each: each.update(data=0))),
    ),
    Mutant(
        name="another spelling of a command is refused",
        rules=("IN-4",),
        scenarios=("a command may be spelt with request in the middle",),
        make=hears(alter(request("channel.request.activate"), lambda each: each.update(command="channel.request"))),
    ),
    Mutant(
        name="a bad message of a batch takes the others with it",
        rules=("IN-5",),
        scenarios=("in a batch a bad message fails alone",),
        make=says(
            alter(answer("session.start", "failure"), lambda each: each["failure"].update(code="INVALID_REQUEST"))
        ),
    ),
)


# WebSocket


@attrs.define(eq=False)
class Taking(Unchanged):
    """`how` changes what the client sends, before it is looked at."""

    how: Callable[[Sequence[Frame]], Sequence[Frame]]
    noise: bytes | None = None

    async def frames_from_client(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        return self.how(frames)

    async def noise_from_client(self, data: bytes) -> bytes:
        return data if self.noise is None else self.noise


def _taking(how: Callable[[Sequence[Frame]], Sequence[Frame]]) -> Callable[[Link], Change]:
    return lambda link: Taking(how)


@attrs.define(eq=False)
class OneFrame(Unchanged):
    """Messages come in one frame, or not at all."""

    link: Link

    async def frames_from_client(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        if len(frames) == 1:
            return frames
        await self.link.send_client(frame(Opcode.CLOSE, Close(1003, "").serialize(), masked=False))
        return []


@attrs.define(eq=False)
class Unbatched(Unchanged):
    """Each message has a frame of its own, whatever was agreed upon."""

    link: Link

    async def from_server(self, message: Message) -> Iterable[Message]:
        self.link.batched, batched = False, self.link.batched
        await self.link.tell_client(message)
        self.link.batched = batched
        return []


def _closes(code: int, instead: Iterable[Frame]) -> Callable[[Frame], Iterable[Frame]]:
    def how(control: Frame) -> Iterable[Frame]:
        closes = control.opcode is Opcode.CLOSE and Close.parse(bytes(control.data)).code == code
        return instead if closes else [control]

    return how


def _pongs(*instead: Frame) -> Callable[[Frame], Iterable[Frame]]:
    return lambda control: instead if control.opcode is Opcode.PONG else [control]


def _close(code: int) -> Frame:
    return Frame(Opcode.CLOSE, Close(code, "").serialize())


def _without_subprotocol(head: bytes) -> bytes:
    return b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"sec-websocket-protocol:"))


def _another_subprotocol(head: bytes) -> bytes:
    return head.replace(b"agent-session-batch.v1", b"agent-session.v1")


def _unasked_subprotocol(head: bytes) -> bytes:
    if b"sec-websocket-protocol" in head.lower():
        return head
    return head.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: agent-session.v1\r\n\r\n")


def _unchanged(link: Link) -> Change:
    return Unchanged()


SOCKET: Final = (
    Mutant(
        name="the subprotocol is not echoed",
        rules=("WS-1",),
        scenarios=("the subprotocol that is offered is echoed",),
        make=changes(_unchanged),
        handshake=_without_subprotocol,
    ),
    Mutant(
        name="of several subprotocols the last one known is taken",
        rules=("WS-1",),
        scenarios=("of several subprotocols the first one known is taken",),
        make=changes(_unchanged),
        handshake=_another_subprotocol,
    ),
    Mutant(
        name="a subprotocol is taken that was not offered",
        rules=("WS-1",),
        scenarios=("without a subprotocol a frame is one message",),
        make=changes(_unchanged),
        handshake=_unasked_subprotocol,
    ),
    Mutant(
        name="messages in fragments are refused",
        rules=("WS-2",),
        scenarios=("a message may come in fragments",),
        make=changes(OneFrame),
    ),
    Mutant(
        name="fragments are messages",
        rules=("WS-2",),
        scenarios=("a message may come in fragments",),
        make=changes(_taking(lambda frames: [Frame(Opcode.TEXT, each.data) for each in frames])),
    ),
    Mutant(
        name="a ping is not answered",
        rules=("WS-3",),
        scenarios=("a ping is answered with its payload",),
        make=controls(_pongs()),
    ),
    Mutant(
        name="a pong has no payload",
        rules=("WS-3",),
        scenarios=("a ping is answered with its payload",),
        make=controls(_pongs(Frame(Opcode.PONG, b""))),
    ),
    Mutant(
        name="a ping between fragments is not answered",
        rules=("WS-2",),
        scenarios=("control frames may stand between fragments",),
        make=controls(_pongs()),
    ),
    Mutant(
        name="binary frames are taken as text",
        rules=("WS-4",),
        scenarios=("a binary frame closes with 1003",),
        make=changes(
            _taking(
                lambda frames: [
                    Frame(Opcode.TEXT, each.data) if each.opcode is Opcode.BINARY else each for each in frames
                ]
            )
        ),
    ),
    Mutant(
        name="text that is no UTF-8 is taken",
        rules=("WS-4",),
        scenarios=("text that is no UTF-8 closes with 1007",),
        make=changes(
            _taking(
                lambda frames: [
                    Frame(each.opcode, bytes(each.data).decode(errors="replace").encode(), each.fin) for each in frames
                ]
            )
        ),
    ),
    Mutant(
        name="frames without a mask are passed over",
        rules=("WS-4",),
        scenarios=("a frame without a mask closes with 1002",),
        make=changes(lambda link: Taking(lambda frames: frames, b"")),
    ),
    Mutant(
        name="control frames of any length are passed over",
        rules=("WS-4",),
        scenarios=("a control frame of more than 125 bytes closes with 1002",),
        make=changes(lambda link: Taking(lambda frames: frames, b"")),
    ),
    Mutant(
        name="frames of any length are taken",
        rules=("LIM-1",),
        scenarios=("a frame beyond the limit closes with 1009",),
        make=changes(_taking(lambda frames: [each for each in frames if len(each.data) < 65536])),
    ),
    Mutant(
        name="a connection is closed with 1000, whatever was wrong",
        rules=("WS-4",),
        scenarios=("a binary frame closes with 1003",),
        make=controls(_closes(1003, [_close(1000)])),
    ),
    Mutant(
        name="a connection is closed with 1011 where the frame was too large",
        rules=("LIM-1",),
        scenarios=("a frame beyond the limit closes with 1009",),
        make=controls(_closes(1009, [_close(1011)])),
    ),
    Mutant(
        name="a connection that brings nonsense is ended without a word",
        rules=("LIM-1",),
        scenarios=("ten frames in a row that are no messages close with 1008",),
        make=controls(_closes(1008, [])),
    ),
    Mutant(
        name="a close frame is not answered",
        rules=("WS-5",),
        scenarios=("a close frame is answered",),
        make=controls(_closes(1000, [])),
    ),
    Mutant(
        name="the messages of a batch come one by one",
        rules=("ENV-2",),
        scenarios=("several messages travel in one frame where the subprotocol has it so",),
        make=changes(Unbatched),
    ),
)
