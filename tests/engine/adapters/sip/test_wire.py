"""What agents ask for is seen on the wire, and what happens on the wire is told to agents. The phones are real."""

from typing import Final

import pytest
import trio

from engine.adapters.sip.bench import settings
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    BlindTransfer,
    Dial,
    HoldLeg,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    StartConsult,
    TransferConsult,
)
from protocol.states import ConversationState, EndCause, InteractionState
from tests.engine.adapters.sip.agents import agents_at, quiet
from tests.engine.adapters.sip.programs import needs
from tests.engine.adapters.sip.wire import party

pytestmark = needs("baresip")

SILENCE_S: Final = 0.3
"""At 50 packets a second, 15 would come …"""
UNREAD: Final = 5
"""… and some may have been there, and not been read, before it began."""


async def test_a_call_is_offered_answered_and_heard() -> None:
    async with agents_at(settings(1)) as (agent,), party() as carl:
        await carl.call(agent.uri, "User-to-User: 4711;encoding=hex")
        offered = await agent.offered()
        assert [member.address for member in offered.legs[0].members] == ["carl"]
        # The phone tells of the call and of its headers on two ways, and either may be the first.
        await agent.hears("of the header", lambda it: it.data == {"User-to-User": "4711;encoding=hex"})
        assert not any(sip.method == "200" for sip in carl.heard)
        started = await agent.talks()
        assert started.legs[0].state is ConversationState.CONNECTED
        await carl.hears(lambda sip: sip.method == "200")
        await carl.hears_media()
        assert {packet.payload_type for packet in carl.media} == {0}
        await agent.about(started, ReleaseLeg, leg=started.legs[0].id)
        await carl.hears(lambda sip: sip.method == "BYE")
        assert (await agent.ended(started)).cause is EndCause.RELEASED


async def test_a_held_caller_hears_nothing() -> None:
    async with agents_at(settings(1)) as (agent,), party() as carl:
        await carl.call(agent.uri)
        it = await agent.talks()
        await carl.hears_media()
        held = await agent.about(it, HoldLeg, leg=it.legs[0].id)
        assert held.legs[0].state is ConversationState.HELD
        reinvite = await carl.hears(lambda sip: sip.method == "INVITE")
        assert reinvite.media == "sendonly"
        await carl.hears(lambda sip: sip.method == "ACK" and sip.at > reinvite.at)
        heard = len(carl.media)
        await trio.sleep(SILENCE_S)
        assert len(carl.media) - heard <= UNREAD, "the phone goes on to send"
        retrieved = await agent.about(it, RetrieveLeg, leg=it.legs[0].id)
        assert retrieved.legs[0].state is ConversationState.CONNECTED
        again = await carl.hears(lambda sip: sip.method == "INVITE", after=reinvite.at)
        assert again.media == "sendrecv"
        await carl.hears_media()


async def test_digits_are_telephone_events_in_their_order() -> None:
    async with agents_at(settings(1)) as (agent,), party() as carl:
        await carl.call(agent.uri)
        it = await agent.talks()
        await agent.about(it, SendDigits, leg=it.legs[0].id, digits="1#D")
        await carl.hears_digits("1#D")


async def test_a_rejected_caller_is_told_busy() -> None:
    async with agents_at(settings(1)) as (agent,), party() as carl:
        await carl.call(agent.uri)
        it = await agent.offered()
        rejected = await agent.about(it, RejectInteraction)
        assert rejected.cause is EndCause.REJECTED
        await carl.hears(lambda sip: sip.method == "486")


async def test_a_caller_gives_up_or_hangs_up() -> None:
    async with agents_at(settings(1)) as (agent,), party() as carl:
        await carl.call(agent.uri)
        it = await agent.offered()
        await carl.cancel()
        assert (await agent.ended(it)).cause is EndCause.ABANDONED
        await carl.call(agent.uri)
        it = await agent.talks()
        await carl.hang_up()
        assert (await agent.ended(it)).cause is EndCause.REMOTE


async def test_phones_hang_up_before_they_end() -> None:
    async with party() as carl:
        async with agents_at(settings(1)) as (agent,):
            await carl.call(agent.uri)
            await agent.talks()
        await carl.hears(lambda sip: sip.method == "BYE")


async def test_a_second_caller_finds_the_phone_busy() -> None:
    async with agents_at(settings(1)) as (agent,), party() as carl, party("dora") as dora:
        await carl.call(agent.uri)
        it = await agent.talks()
        await dora.call(agent.uri)
        await dora.hears(lambda sip: sip.method == "486")
        await quiet(agent)
        assert agent.latest(it).legs[0].state is ConversationState.CONNECTED
        heard = len(carl.media)
        await carl.hears_media()
        assert len(carl.media) > heard


# Dialling


async def test_an_agent_dials_and_the_callee_hears_it() -> None:
    async with agents_at(settings(1)) as (agent,), party(answer=None) as carl:
        dialled = await agent.ask(Dial(endpoint=agent.endpoint, destination=carl.uri))
        assert dialled.state is InteractionState.DIALING
        await carl.hears(lambda sip: sip.method == "INVITE")
        await carl.accept()
        await agent.hears("that carl has answered", lambda it: it.state is InteractionState.STARTED)
        await carl.hears_media()
        await carl.hang_up()
        assert (await agent.ended(dialled)).cause is EndCause.REMOTE


@pytest.mark.parametrize(
    ("status", "cause"),
    [(486, EndCause.BUSY), (603, EndCause.BUSY), (480, EndCause.NOANSWER), (404, EndCause.FAILED)],
)
async def test_a_callee_that_refuses_is_told_with_its_cause(status: int, cause: EndCause) -> None:
    async with agents_at(settings(1)) as (agent,), party(answer=status) as carl:
        try:
            dialled = await agent.ask(Dial(endpoint=agent.endpoint, destination=carl.uri))
        except Refused as refused:  # where the refusal was there before the phone had said that it dials
            assert refused.code is FailureCode.INVALID_DESTINATION
            return
        assert (await agent.ended(dialled)).cause is cause


@pytest.mark.parametrize(("answer", "cause"), [(0, EndCause.FAILED), (None, EndCause.NOANSWER)])
async def test_a_dead_or_deaf_destination_is_given_up(answer: int | None, cause: EndCause) -> None:
    short = settings(1, no_reply_s=0.3, dial_s=0.5)
    async with agents_at(short) as (agent,), party(answer=answer) as carl:
        dialled = await agent.ask(Dial(endpoint=agent.endpoint, destination=carl.uri))
        assert (await agent.ended(dialled)).cause is cause
        if answer is None:
            await carl.hears(lambda sip: sip.method == "CANCEL")


async def test_what_rings_too_long_stops_to_ring() -> None:
    async with agents_at(settings(1, ring_s=0.4)) as (agent,), party() as carl:
        await carl.call(agent.uri)
        it = await agent.offered()
        assert (await agent.ended(it)).cause is EndCause.NOANSWER
        await carl.hears(lambda sip: sip.method == "486")


# Transfer


async def test_a_blind_transfer_is_a_refer_and_the_contact_goes_along() -> None:
    async with agents_at(settings(2)) as (one, two), party() as carl:
        await carl.call(one.uri)
        it = await one.talks()
        gone = await one.about(it, BlindTransfer, leg=it.legs[0].id, destination=two.endpoint)
        assert gone.cause is EndCause.TRANSFERRED
        refer = await carl.hears(lambda sip: sip.method == "REFER")
        assert refer.headers["refer-to"] == two.uri
        await carl.hears(lambda sip: sip.method == "BYE")
        await carl.call(two.uri)  # which is what it was asked for
        offered = await two.offered()
        assert offered.contact == it.contact
        assert offered.legs[0].members == it.legs[0].members


async def test_a_far_end_that_refuses_to_be_transferred_is_told() -> None:
    async with agents_at(settings(2)) as (one, two), party() as carl:
        carl.refer = 603
        await carl.call(one.uri)
        it = await one.talks()
        report = await one.about(it, BlindTransfer, leg=it.legs[0].id, destination=two.endpoint)
        # These phones hang up by themselves then.
        assert report.cause is EndCause.FAILED
        await carl.hears(lambda sip: sip.method == "BYE")


async def test_a_consult_outside_is_transferred_with_replaces() -> None:
    async with agents_at(settings(1)) as (agent,), party() as carl, party("dora") as dora:
        await carl.call(agent.uri)
        it = await agent.talks()
        consulted = await agent.about(it, StartConsult, destination=dora.uri)
        assert consulted.legs[0].state is ConversationState.HELD
        await agent.hears(
            "that dora has answered", lambda it: [leg.state for leg in it.legs[1:]] == [ConversationState.CONNECTED]
        )
        async with trio.open_nursery() as nursery:

            async def agree() -> None:
                refer = await carl.hears(lambda sip: sip.method == "REFER")
                tag = dora.mine.split("tag=")[1]
                assert refer.headers["refer-to"].startswith(f"{dora.uri}?Replaces={dora.call_id}%3Bto-tag%3D{tag}%3B")
                await carl.notify("200 OK")

            nursery.start_soon(agree)
            gone = await agent.about(it, TransferConsult)
        assert gone.cause is EndCause.TRANSFERRED
        await dora.hears(lambda sip: sip.method == "BYE")
        await carl.hears(lambda sip: sip.method == "BYE")


async def test_a_consulted_agent_gets_the_caller_in_place_of_the_consult() -> None:
    async with agents_at(settings(2)) as (one, two), party() as carl, party() as second:
        await carl.call(one.uri)
        it = await one.talks()
        await one.about(it, StartConsult, destination=two.endpoint)
        at_two = await two.talks()
        await one.hears("that two has answered", lambda it: len(it.legs) == 2 and it.connected == 1)
        async with trio.open_nursery() as nursery:

            async def go_there() -> None:
                refer = await carl.hears(lambda sip: sip.method == "REFER")
                await second.call(refer.headers["refer-to"], as_uri=carl.uri)
                await second.hears(lambda sip: sip.method == "200")
                await carl.notify("200 OK")

            nursery.start_soon(go_there)
            gone = await one.about(it, TransferConsult)
        assert gone.cause is EndCause.TRANSFERRED
        there = await two.hears(
            "that carl is there", lambda report: report.id == at_two.id and report.legs[0].members == it.legs[0].members
        )
        assert (there.contact, there.legs[0].id) == (it.contact, at_two.legs[0].id)
