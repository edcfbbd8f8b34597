"""The control connection: answers find their commands, and nonsense, silence and loss are told apart."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs
import pytest
import trio

from engine.adapters.sip.control import Answer, Control, ControlLost, NoAnswer
from engine.adapters.sip.framing import LARGEST_FRAME
from tests.engine.adapters.sip.fake_phone import FakePhone, fake_phone

SOON_S: Final = 0.05
LATE_S: Final = 5.0


@attrs.define
class Line:
    control: Control
    phone: FakePhone
    events: list[Mapping[str, Any]]
    ended: trio.Event = attrs.field(factory=trio.Event)
    why: str = ""

    async def read(self) -> None:
        self.why = await self.control.run()
        self.ended.set()


async def ask(control: Control, name: str, timeout_s: float) -> Answer:
    (answer,) = await control.commands((name, ""), timeout_s=timeout_s)
    return answer


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    events: list[Mapping[str, Any]] = []
    async with fake_phone("sip:a@phones") as (phone, port), trio.open_nursery() as nursery:
        control = Control(await trio.open_tcp_stream("127.0.0.1", port), events.append)
        made = Line(control, phone, events)
        nursery.start_soon(made.read)
        await ask(control, "hello", LATE_S)
        yield made
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("in_pieces", [False, True])
async def test_answers_find_their_commands_however_they_are_cut(in_pieces: bool) -> None:
    async with line() as at:
        at.phone.in_pieces = in_pieces
        at.phone.answers |= {"one": "1", "two": "2"}
        got: dict[str, str] = {}

        async def get(name: str) -> None:
            got[name] = (await ask(at.control, name, LATE_S)).text

        async with trio.open_nursery() as nursery:
            for name in ("one", "two"):
                nursery.start_soon(get, name)
        assert got == {"one": "1", "two": "2"}


async def test_events_come_in_between() -> None:
    async with line() as at:
        await at.phone.tell(type="CALL_CLOSED")
        await ask(at.control, "x", LATE_S)
        assert [event["type"] for event in at.events] == ["CALL_CLOSED"]


@pytest.mark.parametrize(
    "odd",
    [
        b"2:[],",
        b"9:not json!,",
        b'4:"ab",',
        b"0:,",
        b'31:{"response":true,"token":"99999"},',
        b'29:{"response":true,"token":[1]},',
        b'12:{"a":"\xff\xfe"},',
    ],
)
async def test_an_odd_message_in_a_sound_frame_is_dropped(odd: bytes) -> None:
    async with line() as at:
        length = odd.index(b":") + 1
        await at.phone.say(b"%d:%s" % (len(odd) - length - 1, odd[length:]))
        assert (await ask(at.control, "x", LATE_S)).ok
        assert not at.events


async def test_an_event_that_is_no_utf8_is_taken_all_the_same() -> None:
    async with line() as at:
        message = b'{"event":true,"type":"CALL_CLOSED","peeruri":"sip:\xff@x"}'
        await at.phone.say(b"%d:%s," % (len(message), message))
        await ask(at.control, "x", LATE_S)
        assert [event["type"] for event in at.events] == ["CALL_CLOSED"]


@pytest.mark.parametrize("nonsense", [b"GET / HTTP/1.1\r\n", b"%d:" % (LARGEST_FRAME + 1), b"1:ab"])
async def test_nonsense_ends_the_connection_and_whoever_waits_is_told(nonsense: bytes) -> None:
    async with line() as at:
        at.phone.answers["mute"] = None
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                with pytest.raises(ControlLost):
                    await ask(at.control, "mute", LATE_S)

            nursery.start_soon(wait)
            await at.phone.say(nonsense)
            with trio.fail_after(LATE_S):
                await at.ended.wait()
        assert "nonsense" in at.why
        with pytest.raises(ControlLost):
            await ask(at.control, "x", LATE_S)


async def test_silence_has_a_deadline_and_a_late_answer_goes_to_nobody() -> None:
    async with line() as at:
        at.phone.slow_s = 3 * SOON_S
        at.phone.answers |= {"slow": "late", "next": "mine"}
        with pytest.raises(NoAnswer):
            await ask(at.control, "slow", SOON_S)
        assert (await ask(at.control, "next", LATE_S)).text == "mine"


async def test_a_command_that_is_given_up_leaves_the_frames_whole() -> None:
    async with line() as at:
        for _ in range(20):
            with trio.CancelScope() as scope:
                scope.cancel()
                await ask(at.control, "x" * 5_000, LATE_S)
        assert (await ask(at.control, "x", LATE_S)).ok
