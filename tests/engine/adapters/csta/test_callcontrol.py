"""What agents do at calls, at a simulated switch over a socket: what is told, what is answered, what is refused."""

from typing import Any

import pytest
import trio

from engine.adapters.csta.bench import CUSTOMER, switch
from engine.dmcc_simulator.faults import Fault, FaultKind
from engine.dmcc_simulator.settings import JoinKeeps, Order, SwitchSettings
from protocol.errors import FailureCode
from protocol.platform import (
    AcceptInteraction,
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ChangeData,
    CompleteInteraction,
    ConferenceConsult,
    Dial,
    Disposition,
    HoldLeg,
    InteractionCall,
    InteractionReport,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    SetAgentState,
    SetRecording,
    StartAgent,
    StartConsult,
    TransferConsult,
)
from protocol.states import (
    AgentState,
    ConversationState,
    ConversationType,
    Direction,
    EndCause,
    InteractionState,
    RecordingState,
)
from tests.engine.adapters.csta.centre import LOSES_ANSWERS, Floor, floor

C = ConversationState

JOINS = pytest.mark.parametrize("join_keeps", JoinKeeps)


def about(report: InteractionReport, call: type[InteractionCall[Any]], **more: Any) -> InteractionCall[Any]:
    return call(endpoint=report.endpoint, interaction=report.id, **more)


def states(report: InteractionReport) -> list[ConversationState]:
    return [leg.state for leg in report.legs]


def addresses(report: InteractionReport) -> list[list[str]]:
    return [[member.address for member in leg.members] for leg in report.legs]


async def consult(at: Floor, agent: str, report: InteractionReport, other: str) -> InteractionReport:
    """`agent` has asked `other`, who has answered; the interaction of `agent`."""
    await at.link.ask(agent, about(report, StartConsult, destination=at.endpoint(other)))
    offered = await at.latest(other)
    await at.link.ask(other, about(offered, AcceptInteraction))
    return await at.latest(agent)


# Calls from outside


async def test_a_customers_call_with_all_that_is_known_of_it() -> None:
    async with floor("agent1") as at:
        offered = await at.customer_calls("agent1", "order 7")
        assert (offered.state, offered.direction, offered.data) == (
            InteractionState.ALERTING,
            Direction.INBOUND,
            {"uui": "order 7"},
        )
        assert (states(offered), addresses(offered)) == ([C.ALERTING], [[CUSTOMER]])
        started = await at.link.ask("agent1", about(offered, AcceptInteraction))
        assert (started.state, states(started), started.id) == (InteractionState.STARTED, [C.CONNECTED], offered.id)
        assert await at.link.ask("agent1", about(offered, AcceptInteraction)) == started
        at.simulator.exchange.clear(CUSTOMER, "1")
        over = await at.latest("agent1")
        assert (over.state, over.cause, over.legs) == (InteractionState.COMPLETED, EndCause.REMOTE, ())
        assert [report.state for report in at.told("agent1")] == [
            InteractionState.ALERTING,
            InteractionState.STARTED,
            InteractionState.COMPLETED,
        ]


async def test_a_customer_who_gives_up_has_abandoned() -> None:
    async with floor("agent1") as at:
        await at.customer_calls("agent1")
        at.simulator.exchange.clear(CUSTOMER, "1")
        assert (await at.latest("agent1")).cause is EndCause.ABANDONED


async def test_a_phone_that_rings_in_vain_has_not_answered() -> None:
    async with floor("agent1", settings=switch(ring_s=0.05)) as at:
        await at.customer_calls("agent1")
        await trio.sleep(0.1)
        assert (await at.latest("agent1")).cause is EndCause.NOANSWER


@pytest.mark.parametrize(("reject_to", "asked"), [(None, "ClearConnection"), ("4002", "DeflectCall")])
async def test_a_rejected_call_is_hung_up_or_goes_elsewhere(reject_to: str | None, asked: str) -> None:
    async with floor("agent1", "agent2", **({"reject_to": reject_to} if reject_to else {})) as at:
        offered = await at.customer_calls("agent1")
        rejected = await at.link.ask("agent1", about(offered, RejectInteraction))
        assert (rejected.state, rejected.cause) == (InteractionState.COMPLETED, EndCause.REJECTED)
        assert asked in at.simulator.asked
        if reject_to is not None:
            elsewhere = await at.latest("agent2")
            assert (elsewhere.contact, addresses(elsewhere)) == (offered.contact, [[CUSTOMER]])


async def test_a_call_that_is_answered_and_hung_up_at_the_phone() -> None:
    async with floor("agent1") as at:
        await at.customer_calls("agent1")
        at.simulator.exchange.answer("4001", "1")
        assert (await at.latest("agent1")).state is InteractionState.STARTED
        at.simulator.exchange.clear("4001", "1")
        assert (await at.latest("agent1")).cause is EndCause.RELEASED


async def test_a_second_call_is_another_interaction_and_one_talks_at_a_time() -> None:
    """The switch lets a second call through where the first is held."""
    async with floor("agent1") as at:
        first = await at.customer_talks_to("agent1")
        await at.link.ask("agent1", about(first, HoldLeg, leg=first.legs[0].id))
        dialled = await at.link.ask("agent1", Dial(endpoint="4001", destination="+15550111"))
        assert (dialled.contact, [leg.type for leg in dialled.legs]) != (first.contact, [ConversationType.CONSULT])
        await trio.sleep(0.05)
        assert states(await at.latest("agent1")) == [C.CONNECTED]
        code = await at.link.refusal("agent1", about(first, RetrieveLeg, leg=first.legs[0].id))
        assert code is FailureCode.INTERACTION_ACTIVE


# Calls that are dialled


async def test_a_call_to_outside_is_told_from_dialling_to_its_end() -> None:
    async with floor("agent1") as at:
        call = Dial(endpoint="4001", destination="+15550111", extensions={"uui": "A7"})
        dialled = await at.link.ask("agent1", call)
        assert (dialled.state, dialled.direction) == (InteractionState.DIALING, Direction.OUTBOUND)
        assert (states(dialled), addresses(dialled)) == ([C.DIALING], [["+15550111"]])
        assert at.simulator.exchange.calls["1"].user_data == "A7"
        await trio.sleep(0.05)
        started = await at.latest("agent1")
        assert (started.state, states(started)) == (InteractionState.STARTED, [C.CONNECTED])
        released = await at.link.ask("agent1", about(started, ReleaseLeg, leg=started.legs[0].id))
        assert released.cause is EndCause.RELEASED
        assert at.simulator.exchange.calls == {}


@pytest.mark.parametrize("order", Order)
async def test_a_busy_number_is_refused_and_nothing_is_told_of_it(order: Order) -> None:
    async with floor("agent1", settings=switch(order=order)) as at:
        call = Dial(endpoint="4001", destination="+15550190")
        assert await at.link.refusal("agent1", call) is FailureCode.DESTINATION_BUSY
        await at.at.settle()
        assert at.told("agent1") == []
        assert at.simulator.exchange.calls == {}, "the phone is left with its tone"


async def test_a_call_that_is_not_answered_ends_so_and_the_phone_is_hung_up() -> None:
    async with floor("agent1", settings=switch(ring_s=0.05, tone_s=60.0)) as at:
        dialled = await at.link.ask("agent1", Dial(endpoint="4001", destination="+15550191"))
        assert dialled.state is InteractionState.DIALING
        await trio.sleep(0.1)
        assert (await at.latest("agent1")).cause is EndCause.NOANSWER
        assert at.simulator.exchange.calls == {}


async def test_a_call_that_is_dialled_at_the_phone_is_told_as_well() -> None:
    async with floor("agent1") as at:
        at.simulator.exchange.make("4001", "+15550111")
        assert (await at.latest("agent1")).direction is Direction.OUTBOUND


async def test_a_phone_that_talks_dials_nobody() -> None:
    async with floor("agent1") as at:
        await at.customer_talks_to("agent1")
        call = Dial(endpoint="4001", destination="+15550111")
        assert await at.link.refusal("agent1", call) is FailureCode.INTERACTION_ACTIVE


async def test_dialling_needs_a_login_and_a_channel() -> None:
    async with floor() as at:
        await at.link.ask("agent1", StartAgent(extension="4001"))
        for endpoint, code in (("4001", FailureCode.CHANNEL_INACTIVE), ("4002", FailureCode.CHANNEL_UNAVAILABLE)):
            assert await at.link.refusal("agent1", Dial(endpoint=endpoint, destination="4003")) is code


# Legs


async def test_hold_retrieve_and_digits() -> None:
    async with floor("agent1") as at:
        talk = await at.customer_talks_to("agent1")
        leg = talk.legs[0].id
        await at.link.ask("agent1", about(talk, SendDigits, leg=leg, digits="12#"))
        assert at.simulator.exchange.digits == {"1": "12#"}
        assert states(await at.link.ask("agent1", about(talk, HoldLeg, leg=leg))) == [C.HELD]
        code = await at.link.refusal("agent1", about(talk, SendDigits, leg=leg, digits="1"))
        assert code is FailureCode.INVALID_STATE
        assert states(await at.link.ask("agent1", about(talk, RetrieveLeg, leg=leg))) == [C.CONNECTED]
        code = await at.link.refusal("agent1", about(talk, HoldLeg, leg="no leg"))
        assert code is FailureCode.INVALID_STATE


@pytest.mark.parametrize("call", [HoldLeg, RetrieveLeg, BlindTransfer, BlindConference, SendDigits])
async def test_a_leg_that_rings_can_only_be_answered(call: type[InteractionCall[Any]]) -> None:
    async with floor("agent1") as at:
        offered = await at.customer_calls("agent1")
        more = {"destination": "4002"} if call in (BlindTransfer, BlindConference) else {}
        more |= {"digits": "1"} if call is SendDigits else {}
        refused = await at.link.refusal("agent1", about(offered, call, leg=offered.legs[0].id, **more))
        assert refused is FailureCode.INVALID_STATE


@pytest.mark.parametrize(
    ("call", "more"), [(ChangeData, {"changes": {}}), (SetRecording, {"recording": RecordingState.RECORDING})]
)
async def test_what_a_switch_cannot_do_is_unsupported(call: type[InteractionCall[Any]], more: dict[str, Any]) -> None:
    async with floor("agent1") as at:
        talk = await at.customer_talks_to("agent1")
        assert await at.link.refusal("agent1", about(talk, call, **more)) is FailureCode.UNSUPPORTED


# Consult


async def test_a_consult_alternates_and_ends_where_it_began() -> None:
    async with floor("agent1", "agent2") as at:
        talk = await at.customer_talks_to("agent1")
        asked = await consult(at, "agent1", talk, "agent2")
        assert (states(asked), addresses(asked)) == ([C.HELD, C.CONNECTED], [[CUSTOMER], ["4002"]])
        assert [leg.type for leg in asked.legs] == [ConversationType.PRIMARY, ConversationType.CONSULT]
        there = await at.latest("agent2")
        assert (there.contact, there.data, addresses(there)) == (talk.contact, talk.data, [["4001"]])
        other_way = await at.link.ask("agent1", about(talk, AlternateLegs))
        assert states(other_way) == [C.CONNECTED, C.HELD]
        code = await at.link.refusal("agent1", about(talk, RetrieveLeg, leg=asked.legs[1].id))
        assert code is FailureCode.CONSULT_EXISTS
        back = await at.link.ask("agent1", about(talk, ReleaseLeg, leg=asked.legs[1].id))
        assert (states(back), back.id) == ([C.CONNECTED], talk.id)
        assert (await at.latest("agent2")).cause is EndCause.REMOTE


async def test_a_consult_goes_on_as_the_primary_when_the_customer_leaves() -> None:
    async with floor("agent1", "agent2") as at:
        talk = await at.customer_talks_to("agent1")
        asked = await consult(at, "agent1", talk, "agent2")
        at.simulator.exchange.clear(CUSTOMER, "1")
        left = await at.latest("agent1")
        assert [(leg.id, leg.type) for leg in left.legs] == [(asked.legs[1].id, ConversationType.PRIMARY)]


@pytest.mark.parametrize("tone_s", [60.0, 0.0])
@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    ("destination", "code"), [("+15550190", FailureCode.DESTINATION_BUSY), ("99", FailureCode.INVALID_DESTINATION)]
)
@pytest.mark.parametrize("held", [False, True])
async def test_a_consult_that_does_not_come_about_leaves_everything_as_it_was(
    tone_s: float, order: Order, destination: str, code: FailureCode, *, held: bool
) -> None:
    """Whether the switch hangs the failed consult up by itself, or leaves the phone with its tone."""
    async with floor("agent1", settings=switch(order=order, tone_s=tone_s)) as at:
        talk = await at.customer_talks_to("agent1")
        if held:
            talk = await at.link.ask("agent1", about(talk, HoldLeg, leg=talk.legs[0].id))
        told = at.told("agent1")
        assert await at.link.refusal("agent1", about(talk, StartConsult, destination=destination)) is code
        await at.at.settle()
        assert at.told("agent1") == told
        assert (await at.link.ask("agent1", StartAgent())).interactions == (talk,)
        assert list(at.simulator.exchange.calls) == ["1"]


async def test_a_consult_has_an_answer_before_it_is_joined_and_no_second_one_beside_it() -> None:
    async with floor("agent1", "agent2") as at:
        talk = await at.customer_talks_to("agent1")
        assert await at.link.refusal("agent1", about(talk, TransferConsult)) is FailureCode.INVALID_STATE
        await at.link.ask("agent1", about(talk, StartConsult, destination="4002"))
        for call in (TransferConsult, ConferenceConsult, AlternateLegs):
            assert await at.link.refusal("agent1", about(talk, call)) is FailureCode.CONSULT_NOT_CONNECTED
        code = await at.link.refusal("agent1", about(talk, StartConsult, destination="4003"))
        assert code is FailureCode.CONSULT_EXISTS
        for blind in (BlindTransfer, BlindConference):
            code = await at.link.refusal("agent1", about(talk, blind, leg=talk.legs[0].id, destination="4003"))
            assert code is FailureCode.CONSULT_EXISTS


@JOINS
@pytest.mark.parametrize("alternated", [False, True])
async def test_a_consult_transfer_gives_the_customer_on(join_keeps: JoinKeeps, *, alternated: bool) -> None:
    async with floor("agent1", "agent2", settings=switch(join_keeps=join_keeps)) as at:
        talk = await at.customer_talks_to("agent1")
        await consult(at, "agent1", talk, "agent2")
        if alternated:
            await at.link.ask("agent1", about(talk, AlternateLegs))
        gone = await at.link.ask("agent1", about(talk, TransferConsult))
        assert (gone.state, gone.cause) == (InteractionState.COMPLETED, EndCause.TRANSFERRED)
        there = await at.latest("agent2")
        assert (there.contact, there.state, states(there)) == (talk.contact, InteractionState.STARTED, [C.CONNECTED])
        assert there.legs[0].members == talk.legs[0].members
        (call,) = at.simulator.exchange.calls.values()
        held = await at.link.ask("agent2", about(there, HoldLeg, leg=there.legs[0].id))
        assert states(held) == [C.HELD]
        at.simulator.exchange.clear(CUSTOMER, call.id)
        assert (await at.latest("agent2")).cause is EndCause.REMOTE


async def test_both_legs_held_are_joined_as_well() -> None:
    async with floor("agent1", "agent2") as at:
        talk = await at.customer_talks_to("agent1")
        asked = await consult(at, "agent1", talk, "agent2")
        await at.link.ask("agent1", about(talk, HoldLeg, leg=asked.legs[1].id))
        assert await at.link.refusal("agent1", about(talk, AlternateLegs)) is FailureCode.INVALID_STATE
        assert (await at.link.ask("agent1", about(talk, TransferConsult))).cause is EndCause.TRANSFERRED


@JOINS
@pytest.mark.parametrize("alternated", [False, True])
async def test_a_consult_conference_has_all_in_the_primary_leg(join_keeps: JoinKeeps, *, alternated: bool) -> None:
    async with floor("agent1", "agent2", settings=switch(join_keeps=join_keeps)) as at:
        talk = await at.customer_talks_to("agent1")
        await consult(at, "agent1", talk, "agent2")
        if alternated:
            await at.link.ask("agent1", about(talk, AlternateLegs))
        all_ = await at.link.ask("agent1", about(talk, ConferenceConsult))
        assert (states(all_), all_.legs[0].id) == ([C.CONNECTED], talk.legs[0].id)
        assert {member.address for member in all_.legs[0].members} == {CUSTOMER, "4002"}
        there = await at.latest("agent2")
        assert {member.address for member in there.legs[0].members} == {CUSTOMER, "4001"}
        left = await at.link.ask("agent1", about(all_, ReleaseLeg, leg=all_.legs[0].id))
        assert left.cause is EndCause.RELEASED
        assert addresses(await at.latest("agent2")) == [[CUSTOMER]]


async def test_a_consult_that_is_begun_at_the_phone_is_about_the_same_contact() -> None:
    async with floor("agent1", "agent2") as at:
        talk = await at.customer_talks_to("agent1")
        at.simulator.exchange.consult("4001", "1", "4002")
        assert states(await at.latest("agent1")) == [C.HELD, C.DIALING]
        assert (await at.latest("agent2")).contact == talk.contact


# Blind


async def test_a_blind_transfer_sends_the_customer_on() -> None:
    async with floor("agent1", "agent2") as at:
        talk = await at.customer_talks_to("agent1")
        gone = await at.link.ask("agent1", about(talk, BlindTransfer, leg=talk.legs[0].id, destination="4002"))
        assert (gone.state, gone.cause) == (InteractionState.COMPLETED, EndCause.TRANSFERRED)
        offered = await at.latest("agent2")
        assert (offered.contact, offered.state, addresses(offered)) == (
            talk.contact,
            InteractionState.ALERTING,
            [[CUSTOMER]],
        )
        await at.link.ask("agent2", about(offered, AcceptInteraction))
        back = about(offered, BlindTransfer, leg=offered.legs[0].id, destination="4001")
        assert (await at.link.ask("agent2", back)).cause is EndCause.TRANSFERRED
        again = await at.latest("agent1")
        assert again.contact == talk.contact
        assert again.id != talk.id, "an interaction that is over has come back"


@pytest.mark.parametrize("call", [BlindTransfer, BlindConference])
@pytest.mark.parametrize(
    ("destination", "code"),
    [
        ("4001", FailureCode.INVALID_DESTINATION),
        ("99", FailureCode.INVALID_DESTINATION),
        ("+15550190", FailureCode.DESTINATION_BUSY),
    ],
)
async def test_nobody_is_sent_where_nobody_is(
    call: type[InteractionCall[Any]], destination: str, code: FailureCode
) -> None:
    async with floor("agent1") as at:
        talk = await at.customer_talks_to("agent1")
        told = at.told("agent1")
        assert await at.link.refusal("agent1", about(talk, call, leg=talk.legs[0].id, destination=destination)) is code
        await at.at.settle()
        assert at.told("agent1") == told


async def test_a_blind_conference_takes_somebody_into_the_call() -> None:
    async with floor("agent1", "agent2") as at:
        talk = await at.customer_talks_to("agent1")
        both = await at.link.ask("agent1", about(talk, BlindConference, leg=talk.legs[0].id, destination="4002"))
        assert addresses(both) == [[CUSTOMER, "4002"]]
        offered = await at.latest("agent2")
        joined = await at.link.ask("agent2", about(offered, AcceptInteraction))
        assert set(addresses(joined)[0]) == {CUSTOMER, "4001"}


# Wrap-up


async def test_wrap_up_is_work_until_it_is_completed() -> None:
    async with floor("agent1", wrapup_s=30.0) as at:
        talk = await at.customer_talks_to("agent1")
        over = await at.link.ask("agent1", about(talk, ReleaseLeg, leg=talk.legs[0].id))
        assert (over.state, over.cause, over.wrapup_s) == (InteractionState.ENDED, EndCause.RELEASED, 30.0)
        told = await at.latest("agent1")
        assert told.channel is not None
        assert told.channel.agentstate is AgentState.WORK
        await at.at.settle()
        assert at.simulator.logins.state_of("4001") == "agentWorkingAfterCall"
        later = await at.link.ask("agent1", SetAgentState(endpoint="4001", agentstate=AgentState.NOTREADY, reason="2"))
        assert (later.agentstate, later.pendingagentstate) == (AgentState.WORK, AgentState.NOTREADY)
        code = await at.link.refusal("agent1", about(talk, CompleteInteraction, disposition=Disposition(code="NO")))
        assert code is FailureCode.INVALID_REASON
        done = await at.link.ask("agent1", about(talk, CompleteInteraction, disposition=Disposition(code="RESOLVED")))
        assert (done.state, done.disposition) == (InteractionState.COMPLETED, Disposition(code="RESOLVED"))
        await at.at.settle()
        channel = at.link.sink.last("agent1")["4001"]
        assert (channel.agentstate, channel.reason) == (AgentState.NOTREADY, "2")
        assert await at.link.refusal("agent1", about(talk, CompleteInteraction)) is FailureCode.INVALID_TARGET


async def test_after_wrap_up_the_agent_is_as_before() -> None:
    async with floor("agent1", wrapup_s=30.0) as at:
        talk = await at.customer_talks_to("agent1")
        await at.link.ask("agent1", about(talk, ReleaseLeg, leg=talk.legs[0].id))
        await at.link.ask("agent1", about(talk, CompleteInteraction))
        await at.at.settle()
        assert at.link.sink.last("agent1")["4001"].agentstate is AgentState.READY
        assert at.simulator.logins.state_of("4001") == "agentReady"


async def test_a_disposition_may_be_required_of_people_and_not_of_the_clock() -> None:
    async with floor("agent1", wrapup_s=30.0, disposition_required=True) as at:
        talk = await at.customer_talks_to("agent1")
        await at.link.ask("agent1", about(talk, ReleaseLeg, leg=talk.legs[0].id))
        assert await at.link.refusal("agent1", about(talk, CompleteInteraction)) is FailureCode.REASON_REQUIRED
        done = await at.link.ask("agent1", about(talk, CompleteInteraction, timed_out=True))
        assert done.state is InteractionState.COMPLETED


async def test_a_call_that_nobody_took_needs_no_wrap_up() -> None:
    async with floor("agent1", wrapup_s=30.0) as at:
        offered = await at.customer_calls("agent1")
        rejected = await at.link.ask("agent1", about(offered, RejectInteraction))
        assert rejected.state is InteractionState.COMPLETED


async def test_work_that_the_switch_begins_shows_at_the_channel() -> None:
    async with floor("agent1", settings=switch(work_after_call=True)) as at:
        talk = await at.customer_talks_to("agent1")
        over = await at.link.ask("agent1", about(talk, ReleaseLeg, leg=talk.legs[0].id))
        assert over.state is InteractionState.COMPLETED
        await at.at.settle()
        assert at.link.sink.last("agent1")["4001"].agentstate is AgentState.WORK


# What goes wrong


@pytest.mark.parametrize("call", [HoldLeg, ReleaseLeg])
async def test_where_the_events_stay_away_the_switch_is_asked(call: type[InteractionCall[Any]]) -> None:
    request = {HoldLeg: "HoldCall", ReleaseLeg: "ClearConnection"}[call]
    async with floor("agent1", event_wait_s=0.05) as at:
        talk = await at.customer_talks_to("agent1")
        at.simulator.faults.add(Fault(request, FaultKind.NO_EVENTS))
        answer = await at.link.ask("agent1", about(talk, call, leg=talk.legs[0].id))
        if call is HoldLeg:
            assert states(answer) == [C.HELD]
        else:
            assert answer.cause is EndCause.RELEASED


@pytest.mark.parametrize("kind", [FaultKind.UNANSWERED, FaultKind.NONSENSE, FaultKind.EVENTS_FIRST, FaultKind.TWICE])
async def test_what_was_done_is_told_however_it_was_answered(kind: FaultKind) -> None:
    async with floor("agent1", **(LOSES_ANSWERS if kind is FaultKind.UNANSWERED else {})) as at:
        talk = await at.customer_talks_to("agent1")
        at.simulator.faults.add(Fault("HoldCall", kind))
        hold = about(talk, HoldLeg, leg=talk.legs[0].id)
        if kind in (FaultKind.UNANSWERED, FaultKind.NONSENSE):
            assert await at.link.refusal("agent1", hold) is FailureCode.PLATFORM_ERROR
        else:
            assert states(await at.link.ask("agent1", hold)) == [C.HELD]
        assert states(await at.latest("agent1")) == [C.HELD]


async def test_an_interaction_that_the_switch_has_lost_is_over() -> None:
    """All events of its end were lost; the next command finds out."""
    async with floor("agent1") as at:
        talk = await at.customer_talks_to("agent1")
        monitors = [session.monitors.copy() for session in at.simulator.sessions.there.values()]
        for session in at.simulator.sessions.there.values():
            session.monitors.clear()
        at.simulator.exchange.clear(CUSTOMER, "1")
        for session, known in zip(at.simulator.sessions.there.values(), monitors, strict=True):
            session.monitors.update(known)
        code = await at.link.refusal("agent1", about(talk, HoldLeg, leg=talk.legs[0].id))
        assert code is FailureCode.INVALID_STATE
        assert (await at.latest("agent1")).state is InteractionState.COMPLETED
        assert await at.link.refusal("agent1", about(talk, HoldLeg, leg="x")) is FailureCode.INVALID_TARGET


async def test_refusals_of_the_switch_reach_the_agent_as_what_they_are() -> None:
    async with floor("agent1") as at:
        talk = await at.customer_talks_to("agent1")
        for value, code in (
            ("resourceOutOfService", FailureCode.PLATFORM_UNAVAILABLE),
            ("serviceNotSupported", FailureCode.UNSUPPORTED),
            ("somethingNew", FailureCode.PLATFORM_ERROR),
        ):
            at.simulator.faults.add(Fault("HoldCall", FaultKind.REFUSED, value=value))
            assert await at.link.refusal("agent1", about(talk, HoldLeg, leg=talk.legs[0].id)) is code


async def test_a_long_story_leaves_nothing_behind() -> None:
    settings: SwitchSettings = switch(join_keeps=JoinKeeps.NEITHER, events_times=2)
    async with floor("agent1", "agent2", "agent3", settings=settings) as at:
        for _ in range(3):
            talk = await at.customer_talks_to("agent1")
            await consult(at, "agent1", talk, "agent2")
            await at.link.ask("agent1", about(talk, ConferenceConsult))
            there = await at.latest("agent2")
            await at.link.ask("agent2", about(there, BlindTransfer, leg=there.legs[0].id, destination="4003"))
            third = await at.latest("agent3")
            await at.link.ask("agent3", about(third, AcceptInteraction))
            first = await at.latest("agent1")
            await at.link.ask("agent1", about(first, ReleaseLeg, leg=first.legs[0].id))
            third = await at.latest("agent3")
            if third.legs:
                await at.link.ask("agent3", about(third, ReleaseLeg, leg=third.legs[0].id))
            await at.at.settle()
            world = at.at.adapters[0]._world
            left = {device for call in world.calls for device in call.parties}
            assert left <= {CUSTOMER}, "phones are left in calls that are over"
            assert [phone.line.visits for phone in world.phones.values()] == [{}, {}, {}]
            assert at.simulator.exchange.calls == {}
