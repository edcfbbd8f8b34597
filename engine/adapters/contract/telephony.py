"""Promises about calls between agents. They call each other, so that nobody else is needed."""

from collections.abc import Callable

import attrs

from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import BrokenPromise, require
from engine.adapters.contract.floor import Floor, about, floor, is_over
from protocol.errors import FailureCode
from protocol.platform import (
    AcceptInteraction,
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ChangeData,
    ConferenceConsult,
    Dial,
    HoldLeg,
    InteractionReport,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    SetRecording,
    StartAgent,
    StartConsult,
    TransferConsult,
)
from protocol.states import ConversationState, EndCause, InteractionState, RecordingState


async def a_call_is_told_to_both_ends_from_its_offer_to_its_end(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        dialled, offered = await at.talk(one, two)
        members = [member.address for leg in offered.legs for member in leg.members]
        require(members == [at.endpoint(one)], f"{two} is called by {at.endpoint(one)}, and told of {members}")
        require(dialled.contact == offered.contact, "the two ends of a call are different contacts")
        released = await at.hang_up(one, dialled)
        require(released.cause is EndCause.RELEASED, f"a call that its agent hung up ended as {released.cause}")
        await at.told(two, f"that {one} has hung up", lambda report: report.cause is EndCause.REMOTE)
        for agent in (one, two):
            await at.complete(agent)


async def an_interaction_that_is_over_is_unknown(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        dialled, _ = await at.calls(one, two)
        await at.hang_up(one, dialled)
        over = await at.complete(two)
        code = await at.link.refusal(two, about(AcceptInteraction, over))
        require(code is FailureCode.INVALID_TARGET, f"an interaction that is over is refused with {code}")
        never = AcceptInteraction(endpoint=at.endpoint(two), interaction="never was")
        code = await at.link.refusal(two, never)
        require(code is FailureCode.INVALID_TARGET, f"an interaction that never was is refused with {code}")


async def a_rejected_call_is_over(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        _, offered = await at.calls(one, two)
        rejected = await at.link.ask(two, about(RejectInteraction, offered))
        require(rejected.cause is EndCause.REJECTED, f"a rejected call ended as {rejected.cause}")
        code = await at.link.refusal(two, about(AcceptInteraction, offered))
        require(code is FailureCode.INVALID_TARGET, f"an interaction that is over is refused with {code}")


async def what_the_snapshot_has_is_what_was_told(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        await at.talk(one, two)
        await bench.settle()
        for agent in (one, two):
            interactions = (await at.link.ask(agent, StartAgent())).interactions
            if len(interactions) != 1:
                raise BrokenPromise(f"{agent} has a call, and {len(interactions)} in the snapshot")
            known, told = interactions[0], await at.told(agent, "of the call", lambda _: True)
            same = attrs.evolve(known, channel=None) == attrs.evolve(told, channel=None)
            require(same, f"the snapshot has it otherwise than it was told: {known}, not {told}")


async def hold_and_retrieve_do_what_they_say(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        dialled, _ = await at.talk(one, two)
        (leg,) = dialled.legs
        for call, state in ((HoldLeg, ConversationState.HELD), (RetrieveLeg, ConversationState.CONNECTED)):
            for _ in range(2):  # what holds already is no failure
                report = await at.link.ask(one, call(endpoint=dialled.endpoint, interaction=dialled.id, leg=leg.id))
                _require_legs(report, [state], f"after {call.__name__}")


async def attached_data_belong_to_the_contact(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        dialled, _ = await at.talk(one, two)
        call = ChangeData(endpoint=dialled.endpoint, interaction=dialled.id, changes={"order": "4711", "gone": None})
        answer = await at.link.ask(one, call)
        require(answer.data.get("order") == "4711", f"{call} is answered with the attached data {answer.data}")
        await at.told(two, "of the attached data", lambda report: report.data.get("order") == "4711")


async def recording_does_what_it_says(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        dialled, _ = await at.talk(one, two)
        for state in (
            RecordingState.RECORDING,
            RecordingState.PAUSED,
            RecordingState.RECORDING,
            RecordingState.STOPPED,
        ):
            call = SetRecording(endpoint=dialled.endpoint, interaction=dialled.id, recording=state)
            answer = await at.link.ask(one, call)
            require(answer.recording is state, f"{call} is answered with {answer.recording}")


async def digits_can_be_sent_in_a_call(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        dialled, _ = await at.talk(one, two)
        (leg,) = dialled.legs
        for digits in ("1", "23*#"):
            call = SendDigits(endpoint=dialled.endpoint, interaction=dialled.id, leg=leg.id, digits=digits)
            await at.link.ask(one, call)
        await at.told(one, "that the call goes on", lambda report: report.state is InteractionState.STARTED)


async def a_consulted_agent_has_the_same_contact_and_gets_the_call(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, three = at.agents
        answered, offered = await _consult(at)
        await at.accept(three, offered)
        await at.told(two, f"that {three} has answered", _has_legs(ConversationState.HELD, ConversationState.CONNECTED))
        report = await at.link.ask(two, about(TransferConsult, answered))
        require(report.cause is EndCause.TRANSFERRED, f"a transferred call ended as {report.cause}")
        await at.complete(two)
        before = answered.legs[0].members
        there = await at.told(
            three, "who the other end is now", lambda it: [leg.members for leg in it.legs] == [before]
        )
        require(there.id == offered.id, "the transferred call is another interaction")
        await at.told(one, "that the call goes on", lambda it: it.state is InteractionState.STARTED)


async def alternate_swaps_the_legs(bench: Bench) -> None:
    async with floor(bench) as at:
        _, two, three = at.agents
        answered, offered = await _consult(at)
        await at.accept(three, offered)
        held_connected = [ConversationState.HELD, ConversationState.CONNECTED]
        await at.told(two, f"that {three} has answered", _has_legs(*held_connected))
        for states in (held_connected[::-1], held_connected):
            report = await at.link.ask(two, about(AlternateLegs, answered))
            _require_legs(report, states, "after AlternateLegs")


async def a_consult_conference_joins_the_legs(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, three = at.agents
        answered, offered = await _consult(at)
        await at.accept(three, offered)
        await at.told(two, f"that {three} has answered", _has_legs(ConversationState.HELD, ConversationState.CONNECTED))
        report = await at.link.ask(two, about(ConferenceConsult, answered))
        _require_legs(report, [ConversationState.CONNECTED], "after ConferenceConsult")
        addresses = {member.address for member in report.legs[0].members}
        wanted = {at.endpoint(one), at.endpoint(three)}
        require(addresses == wanted, f"the conference of {two} has the members {sorted(addresses)}")


async def a_blind_conference_takes_somebody_in(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, three = at.agents
        _, answered = await at.talk(one, two)
        (leg,) = answered.legs
        call = BlindConference(
            endpoint=answered.endpoint, interaction=answered.id, leg=leg.id, destination=at.endpoint(three)
        )
        await at.link.ask(two, call)
        offered = await at.told(three, "of the conference", lambda it: it.state is InteractionState.ALERTING)
        require(offered.contact == answered.contact, f"{three}, who is taken in, has another contact")
        await at.accept(three, offered)
        wanted = {at.endpoint(one), at.endpoint(three)}
        await at.told(
            two,
            f"that {three} is in the call",
            lambda it: len(it.legs) == 1 and {member.address for member in it.legs[0].members} == wanted,
        )


async def a_blind_transfer_sends_the_far_end_on(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, three = at.agents
        _, answered = await at.talk(one, two)
        (leg,) = answered.legs
        call = BlindTransfer(
            endpoint=answered.endpoint, interaction=answered.id, leg=leg.id, destination=at.endpoint(three)
        )
        report = await at.link.ask(two, call)
        require(report.cause is EndCause.TRANSFERRED, f"a transferred call ended as {report.cause}")
        offered = await at.told(three, "of the call", lambda it: it.state is InteractionState.ALERTING)
        require(offered.contact == answered.contact, f"{three}, to whom the call is transferred, has another contact")
        await at.accept(three, offered)
        await at.complete(two)


async def nobody_can_be_called_who_is_not_there(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, three = at.agents
        endpoint = at.endpoint(one)
        code = await at.link.refusal(one, Dial(endpoint=endpoint, destination=bench.unknown_extension))
        require(code is FailureCode.INVALID_DESTINATION, f"a number that there is not is refused with {code}")
        code = await at.link.refusal(one, Dial(endpoint=endpoint, destination=endpoint))
        either = (FailureCode.INVALID_DESTINATION, FailureCode.DESTINATION_BUSY)
        require(code in either, f"a call to oneself is refused with {code}")
        await at.talk(two, three)
        code = await at.link.refusal(one, Dial(endpoint=endpoint, destination=at.endpoint(two)))
        require(code is FailureCode.DESTINATION_BUSY, f"a call to somebody who talks is refused with {code}")
        left = (await at.link.ask(one, StartAgent())).interactions
        require(left == (), "a refused call has left something behind")


async def no_id_is_used_twice(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        seen: set[tuple[str, str]] = set()
        for _ in range(2):
            dialled, answered = await at.talk(one, two)
            for report in (dialled, answered):
                require((report.endpoint, report.id) not in seen, f"{report.endpoint} had an interaction {report.id}")
                seen.add((report.endpoint, report.id))
            await at.hang_up(one, dialled)
            for agent in (one, two):
                await at.complete(agent)


async def a_leg_that_has_ended_is_refused_as_such(bench: Bench) -> None:
    async with floor(bench) as at:
        _, two, three = at.agents
        answered, offered = await _consult(at)
        await at.accept(three, offered)
        both = await at.told(two, "of both legs", _has_legs(ConversationState.HELD, ConversationState.CONNECTED))
        call = ReleaseLeg(endpoint=answered.endpoint, interaction=answered.id, leg=both.legs[1].id)
        _require_legs(await at.link.ask(two, call), [ConversationState.HELD], "after ReleaseLeg of the consult")
        gone = HoldLeg(endpoint=call.endpoint, interaction=call.interaction, leg=call.leg)
        code = await at.link.refusal(two, gone)
        require(code is FailureCode.INVALID_STATE, f"a leg that has ended is refused with {code}")
        kept = RetrieveLeg(endpoint=call.endpoint, interaction=call.interaction, leg=both.legs[0].id)
        _require_legs(await at.link.ask(two, kept), [ConversationState.CONNECTED], "after RetrieveLeg")


# What customers do, and agents at the phones themselves


async def a_customer_s_call_is_told_from_its_offer_to_its_end(bench: Bench) -> None:
    async with floor(bench) as at:
        one, *_ = at.agents
        caller = await bench.do("customer_calls", at.endpoint(one))
        offered = await at.told(one, "that a customer calls", lambda it: it.state is InteractionState.ALERTING)
        require(offered.direction == "INBOUND", f"a customer's call is {offered.direction}")
        await at.accept(one, offered)
        await bench.do("customer_hangs_up", caller)
        await at.told(one, "that the customer has hung up", lambda it: it.cause is EndCause.REMOTE)
        await at.complete(one)


async def a_customer_who_gives_up_is_told_as_gone(bench: Bench) -> None:
    async with floor(bench) as at:
        one, *_ = at.agents
        caller = await bench.do("customer_calls", at.endpoint(one))
        await at.told(one, "that a customer calls", lambda it: it.state is InteractionState.ALERTING)
        await bench.do("customer_hangs_up", caller)
        await at.told(one, "that the customer has given up", is_over)
        await at.complete(one)


async def what_is_done_at_the_phone_itself_is_told(bench: Bench) -> None:
    async with floor(bench) as at:
        one, two, _ = at.agents
        await at.calls(one, two)
        await bench.do("phone_answers", at.endpoint(two))
        for agent in (one, two):
            await at.told(agent, f"that {two} has answered", lambda it: it.state is InteractionState.STARTED)
        await bench.do("phone_hangs_up", at.endpoint(two))
        for agent in (one, two):
            await at.told(agent, f"that {two} has hung up", is_over)


async def _consult(at: Floor) -> tuple[InteractionReport, InteractionReport]:
    """The second agent talks to the first, and calls the third: the first call, and the third's offer."""
    one, two, three = at.agents
    _, answered = await at.talk(one, two)
    call = StartConsult(endpoint=answered.endpoint, interaction=answered.id, destination=at.endpoint(three))
    report = await at.link.ask(two, call)
    _require_legs(report, [ConversationState.HELD, ConversationState.DIALING], "after StartConsult")
    offered = await at.told(three, "of the consult", lambda it: it.state is InteractionState.ALERTING)
    require(offered.contact == answered.contact, "the consulted agent has another contact")
    return answered, offered


def _has_legs(*states: ConversationState) -> Callable[[InteractionReport], bool]:
    return lambda report: [leg.state for leg in report.legs] == list(states)


def _require_legs(report: InteractionReport, states: list[ConversationState], when: str) -> None:
    have = [leg.state for leg in report.legs]
    require(have == states, f"the legs are {', '.join(have) or 'none'} {when}, not {', '.join(states)}")
