"""One connection: answers find their requests, events keep their order, and nothing that comes breaks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio
import trio.testing

from engine.adapters.csta import link as module
from engine.adapters.csta import requests
from engine.adapters.csta.framing import EVENT_ID, Frame, FrameReader, encode_frame
from engine.adapters.csta.link import Link, Unanswered, nothing
from engine.adapters.csta.xml import Node, parse
from protocol.errors import FailureCode, Refused

OK = b"<HoldCallResponse/>"
REFUSED = b"<CSTAErrorCode><stateIncompatibility>noActiveCall</stateIncompatibility></CSTAErrorCode>"
REQUEST = requests.hold_call("7", "4001:CM1::0")


@attrs.define
class FarEnd:
    """AES, played by hand."""

    stream: trio.abc.Stream
    reader: FrameReader = attrs.field(factory=FrameReader)
    waiting: list[Frame] = attrs.field(factory=list)

    async def next(self) -> Frame:
        while not self.waiting:
            self.waiting += self.reader.feed(bytes(await self.stream.receive_some(4096)))
        return self.waiting.pop(0)

    async def say(self, invoke: int, xml: bytes) -> None:
        await self.stream.send_all(encode_frame(Frame(invoke, xml)))


@attrs.define
class Pair:
    link: Link
    far_end: FarEnd
    events: list[str]
    nursery: trio.Nursery

    async def refusal(self, request: requests.Request = REQUEST) -> Refused:
        with pytest.raises(Refused) as refused:
            await self.link.ask(request, nothing)
        return refused.value


@asynccontextmanager
async def pair(reply_timeout_s: float = 5.0) -> AsyncIterator[Pair]:
    near, far = trio.testing.memory_stream_pair()
    events: list[str] = []
    link = Link(near, lambda node: events.append(node.name), reply_timeout_s=reply_timeout_s)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.carry)
        yield Pair(link, FarEnd(far), events, nursery)
        nursery.cancel_scope.cancel()


async def test_answers_out_of_order_find_their_requests(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as at:
        found: dict[int, str | None] = {}

        async def ask(number: int) -> None:
            found[number] = await at.link.ask(REQUEST, lambda node: node.value("n"))

        for number in range(5):
            at.nursery.start_soon(ask, number)
            await trio.testing.wait_all_tasks_blocked()
        asked = [await at.far_end.next() for _ in range(5)]
        assert len({frame.invoke for frame in asked}) == 5
        for number in (3, 0, 4, 2, 1):
            await at.far_end.say(asked[number].invoke, b"<HoldCallResponse><n>%d</n></HoldCallResponse>" % number)
        await trio.testing.wait_all_tasks_blocked()
        assert found == {number: str(number) for number in range(5)}
        assert not at.link.busy


async def test_what_an_answer_says_is_taken_in_before_the_next_message(autojump_clock: trio.testing.MockClock) -> None:
    """In one segment: an event, an answer, an event. Whoever asked is woken later than all of them are read."""
    async with pair() as at:

        async def ask() -> None:
            await at.link.ask(REQUEST, lambda node: at.events.append(node.name))

        at.nursery.start_soon(ask)
        invoke = (await at.far_end.next()).invoke
        frames = (Frame(EVENT_ID, b"<A/>"), Frame(invoke, OK), Frame(EVENT_ID, b"<B/>"))
        await at.far_end.stream.send_all(b"".join(map(encode_frame, frames)))
        await trio.testing.wait_all_tasks_blocked()
        assert at.events == ["A", "HoldCallResponse", "B"]


async def test_a_negative_answer_is_a_refusal(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as at:
        at.nursery.start_soon(_answer_next, at, REFUSED)
        refused = await at.refusal()
        assert refused.code is FailureCode.INVALID_STATE
        assert "noActiveCall" in refused.message


async def _answer_next(at: Pair, xml: bytes) -> None:
    frame = await at.far_end.next()
    await at.far_end.say(frame.invoke, xml)


@pytest.mark.parametrize("xml", [b"no XML", b"<a>", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'])
async def test_an_answer_that_cannot_be_read_fails_the_request_alone(
    xml: bytes, autojump_clock: trio.testing.MockClock
) -> None:
    async with pair() as at:
        at.nursery.start_soon(_answer_next, at, xml)
        assert (await at.refusal()).code is FailureCode.PLATFORM_ERROR
        at.nursery.start_soon(_answer_next, at, OK)
        await at.link.ask(REQUEST, nothing)


@pytest.mark.parametrize(
    ("invoke", "xml"), [(EVENT_ID, b"no XML"), (4711, OK), (EVENT_ID, b"<a>"), (0, b"not asked for"), (77, b"<a/>")]
)
async def test_what_nobody_asked_for_does_no_harm(
    invoke: int, xml: bytes, autojump_clock: trio.testing.MockClock
) -> None:
    async with pair() as at:
        await at.far_end.say(invoke, xml)
        await trio.testing.wait_all_tasks_blocked()
        at.nursery.start_soon(_answer_next, at, OK)
        await at.link.ask(REQUEST, nothing)


async def test_an_answer_that_does_not_come_is_waited_for_so_long(autojump_clock: trio.testing.MockClock) -> None:
    async with pair(reply_timeout_s=3.0) as at:
        began = trio.current_time()
        refused = await at.refusal()
        assert trio.current_time() - began == pytest.approx(3.0)
        assert isinstance(refused, Unanswered)
        assert not at.link.busy


async def test_a_late_answer_is_taken_in_and_its_id_is_not_given_before(autojump_clock: trio.testing.MockClock) -> None:
    taken: list[Node] = []
    async with pair() as at:
        with trio.move_on_after(1):
            await at.link.ask(REQUEST, taken.append)
        late = await at.far_end.next()
        at.nursery.start_soon(_answer_next, at, OK)
        await at.link.ask(REQUEST, nothing)
        assert taken == []
        await at.far_end.say(late.invoke, OK)
        await trio.testing.wait_all_tasks_blocked()
        assert [node.name for node in taken] == ["HoldCallResponse"]
        await at.far_end.say(late.invoke, OK)
        await trio.testing.wait_all_tasks_blocked()
        assert len(taken) == 1


async def test_ids_go_round_without_that_of_events(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as at:
        seen = set()
        for _ in range(EVENT_ID + 2):
            at.nursery.start_soon(at.link.ask, REQUEST, nothing)
            frame = await at.far_end.next()
            seen.add(frame.invoke)
            await at.far_end.say(frame.invoke, OK)
        assert seen == set(range(EVENT_ID))


async def test_when_all_ids_wait_no_more_is_asked(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as at:
        while at.link._ids.take() is not None:
            pass
        assert (await at.refusal()).code is FailureCode.PLATFORM_UNAVAILABLE


async def test_a_switch_that_does_not_read_is_not_sent_more_than_so_much(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.testing.MockClock
) -> None:
    monkeypatch.setattr(module, "OUTBOX_FRAMES", 2)
    near, _ = trio.testing.lockstep_stream_pair()
    link = Link(near, print, reply_timeout_s=60.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.carry)
        for _ in range(3):  # one on its way, and two that wait
            nursery.start_soon(_ask_until_cancelled, link)
            await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(Refused) as refused:
            await link.ask(REQUEST, nothing)
        assert refused.value.code is FailureCode.PLATFORM_UNAVAILABLE
        nursery.cancel_scope.cancel()


async def _ask_until_cancelled(link: Link) -> None:
    await link.ask(REQUEST, nothing)


@pytest.mark.parametrize("how", ["hangs up", "no frame", "we close"])
async def test_when_the_connection_is_gone_nobody_waits(how: str, autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as at:
        refused: list[Refused] = []

        async def ask() -> None:
            refused.append(await at.refusal())

        at.nursery.start_soon(ask)
        await at.far_end.next()
        match how:
            case "hangs up":
                await at.far_end.stream.aclose()
            case "no frame":
                await at.far_end.stream.send_all(b"HTTP/1.1 400 Bad Request")
            case _:
                at.link.close("enough")
        await trio.testing.wait_all_tasks_blocked()
        assert [each.code for each in refused] == [FailureCode.PLATFORM_UNAVAILABLE]
        assert at.link.lost
        assert (await at.refusal()).code is FailureCode.PLATFORM_UNAVAILABLE


async def test_a_request_that_xml_cannot_hold_is_refused_and_costs_no_id(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with pair() as at:
        assert (await at.refusal(requests.make_call("4001", "\x07"))).code is FailureCode.PLATFORM_ERROR
        at.nursery.start_soon(_answer_next, at, OK)
        await at.link.ask(REQUEST, nothing)


async def test_a_caller_who_gives_up_cuts_no_message_in_two(autojump_clock: trio.testing.MockClock) -> None:
    near, far = trio.testing.lockstep_stream_pair()
    link = Link(near, print, reply_timeout_s=60.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.carry)
        with trio.move_on_after(0.1):
            await link.ask(REQUEST, nothing)
        reader, frames = FrameReader(), []
        while not frames:
            frames += reader.feed(bytes(await far.receive_some(3)))
        assert parse(frames[0].xml).name == "HoldCall"
        nursery.cancel_scope.cancel()
