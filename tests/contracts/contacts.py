"""What every adapter with telephony must hold to about calls; agents call each other, so nobody else is needed.

Like `tests.contracts.adapter`, whose Driver, Link and Recorder these promises use.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import attrs

from protocol.errors import FailureCode
from protocol.platform import (
    OVER,
    AcceptInteraction,
    ActivateChannel,
    ChangeData,
    CompleteInteraction,
    Dial,
    Feature,
    HoldLeg,
    InteractionCall,
    InteractionReport,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SetAgentState,
    SetRecording,
    StartAgent,
    StartConsult,
    TransferConsult,
)
from protocol.states import AgentState, ConversationState, EndCause, InteractionState, RecordingState
from tests.contracts.adapter import Driver, Link, connected

NEEDED: Final = frozenset({Feature.TELEPHONY, Feature.DIAL})
"""Without these there is nothing to promise here."""


@attrs.frozen
class Floor:
    """Agents at their phones, ready, on a running adapter."""

    link: Link
    driver: Driver
    agents: tuple[str, ...]

    def has(self, *features: Feature) -> bool:
        return self.link.adapter.features >= {*NEEDED, *features}

    def endpoint(self, agent: str) -> str:
        return self.driver.agents[agent].endpoint

    async def latest(self, agent: str) -> InteractionReport:
        """What the agent was told last of an interaction."""
        await self.driver.settle()
        told = [report for report in self.link.sink.of(agent) if isinstance(report, InteractionReport)]
        assert told, f"{agent} is told of no interaction"
        return told[-1]

    async def calls(self, agent: str, other: str) -> tuple[InteractionReport, InteractionReport]:
        """`agent` has dialled `other`; the interaction at each of them."""
        call = Dial(endpoint=self.endpoint(agent), destination=self.endpoint(other))
        dialled = await self.link.ask(agent, call)
        assert dialled.state is InteractionState.DIALING, f"{call} was answered with {dialled.state}"
        offered = await self.latest(other)
        assert offered.state is InteractionState.ALERTING, f"{other} is told of a call that is {offered.state}"
        return dialled, offered

    async def talk(self, agent: str, other: str) -> tuple[InteractionReport, InteractionReport]:
        _, offered = await self.calls(agent, other)
        answered = await self.link.ask(other, _about(AcceptInteraction, offered))
        assert answered.state is InteractionState.STARTED, f"an accepted call is {answered.state}"
        dialled = await self.latest(agent)
        assert dialled.state is InteractionState.STARTED, f"{agent} is not told that {other} has answered"
        return dialled, answered

    async def complete(self, agent: str) -> InteractionReport:
        """The latest interaction of the agent, over and wrapped up."""
        report = await self.latest(agent)
        assert report.state in OVER, f"{report.id} of {agent} is {report.state}, not over"
        if report.state is InteractionState.ENDED:
            report = await self.link.ask(agent, _about(CompleteInteraction, report))
        assert report.state is InteractionState.COMPLETED, f"{report.id} is {report.state} after wrap-up"
        return report


def _about(
    call: type[InteractionCall[InteractionReport]], report: InteractionReport
) -> InteractionCall[InteractionReport]:
    return call(endpoint=report.endpoint, interaction=report.id)


@contextlib.asynccontextmanager
async def floor(driver: Driver) -> AsyncIterator[Floor]:
    """Three agents, ready. In the end every report must have been sound, and no phone had two connected legs."""
    agents = tuple(driver.agents)[:3]
    async with connected(driver) as link:
        if link.adapter.features >= NEEDED:
            for agent in agents:
                own = driver.agents[agent]
                await link.ask(agent, StartAgent())
                await link.ask(agent, own)
                await link.ask(agent, ActivateChannel(endpoint=own.endpoint))
                await link.ask(agent, SetAgentState(endpoint=own.endpoint, agentstate=AgentState.READY))
        yield Floor(link, driver, agents)
    talking: dict[tuple[str, str], int] = {}
    for agent, report in link.sink.told:
        if isinstance(report, InteractionReport):
            talking[agent, report.id] = report.connected
            at_once = sum(count for (whose, _), count in talking.items() if whose == agent)
            assert at_once <= 1, f"{agent} has {at_once} connected legs"


# Promises


async def a_call_is_told_to_both_ends_from_its_offer_to_its_end(driver: Driver) -> None:
    async with floor(driver) as at:
        if not at.has():
            return
        one, two, _ = at.agents
        dialled, offered = await at.talk(one, two)
        assert [member.address for leg in offered.legs for member in leg.members] == [at.endpoint(one)]
        assert dialled.contact == offered.contact, "the two ends of a call are different contacts"
        released = await at.link.ask(
            one, ReleaseLeg(endpoint=dialled.endpoint, interaction=dialled.id, leg=dialled.legs[0].id)
        )
        assert (released.state in OVER, released.cause) == (True, EndCause.RELEASED)
        assert (await at.latest(two)).cause is EndCause.REMOTE, f"{two} is not told that {one} has hung up"
        for agent in (one, two):
            await at.complete(agent)


async def an_interaction_that_is_over_is_unknown(driver: Driver) -> None:
    async with floor(driver) as at:
        if not at.has(Feature.REJECT):
            return
        one, two, _ = at.agents
        _, offered = await at.calls(one, two)
        rejected = await at.link.ask(two, _about(RejectInteraction, offered))
        assert rejected.cause is EndCause.REJECTED
        code = await at.link.refusal(two, _about(AcceptInteraction, offered))
        assert code is FailureCode.INVALID_TARGET, f"an interaction that is over is refused with {code}"
        never = AcceptInteraction(endpoint=at.endpoint(two), interaction="never was")
        assert await at.link.refusal(two, never) is FailureCode.INVALID_TARGET


async def what_the_snapshot_has_is_what_was_told(driver: Driver) -> None:
    async with floor(driver) as at:
        if not at.has():
            return
        one, two, _ = at.agents
        await at.talk(one, two)
        for agent in (one, two):
            (known,) = (await at.link.ask(agent, StartAgent())).interactions
            told = await at.latest(agent)
            assert attrs.evolve(known, channel=None) == attrs.evolve(told, channel=None), (
                "the snapshot has it otherwise"
            )


async def hold_and_retrieve_do_what_they_say(driver: Driver) -> None:
    async with floor(driver) as at:
        if not at.has(Feature.HOLD):
            return
        one, two, _ = at.agents
        dialled, _ = await at.talk(one, two)
        (leg,) = dialled.legs
        for call, state in ((HoldLeg, ConversationState.HELD), (RetrieveLeg, ConversationState.CONNECTED)):
            for _ in range(2):  # what holds already is no failure
                report = await at.link.ask(one, call(endpoint=dialled.endpoint, interaction=dialled.id, leg=leg.id))
                assert [leg.state for leg in report.legs] == [state]


async def attached_data_belong_to_the_contact(driver: Driver) -> None:
    async with floor(driver) as at:
        if not at.has(Feature.INTERACTION_DATA):
            return
        one, two, _ = at.agents
        dialled, _ = await at.talk(one, two)
        call = ChangeData(endpoint=dialled.endpoint, interaction=dialled.id, changes={"order": "4711", "gone": None})
        assert (await at.link.ask(one, call)).data.get("order") == "4711"
        assert (await at.latest(two)).data.get("order") == "4711", "the other end is not told of the attached data"


async def recording_does_what_it_says(driver: Driver) -> None:
    async with floor(driver) as at:
        if not at.has(Feature.RECORDING):
            return
        one, two, _ = at.agents
        dialled, _ = await at.talk(one, two)
        for state in (
            RecordingState.RECORDING,
            RecordingState.PAUSED,
            RecordingState.RECORDING,
            RecordingState.STOPPED,
        ):
            call = SetRecording(endpoint=dialled.endpoint, interaction=dialled.id, recording=state)
            assert (await at.link.ask(one, call)).recording is state


async def a_consulted_agent_has_the_same_contact_and_gets_the_call(driver: Driver) -> None:
    async with floor(driver) as at:
        if not at.has(Feature.CONSULT):
            return
        one, two, three = at.agents
        _, answered = await at.talk(one, two)
        before = answered.legs[0].members
        consult = StartConsult(endpoint=answered.endpoint, interaction=answered.id, destination=at.endpoint(three))
        report = await at.link.ask(two, consult)
        assert [leg.state for leg in report.legs] == [ConversationState.HELD, ConversationState.DIALING]
        offered = await at.latest(three)
        assert offered.contact == answered.contact, "the consulted agent has another contact"
        await at.link.ask(three, _about(AcceptInteraction, offered))
        report = await at.link.ask(two, _about(TransferConsult, answered))
        assert report.cause is EndCause.TRANSFERRED
        await at.complete(two)
        there = await at.latest(three)
        assert there.id == offered.id, "the transferred call is another interaction"
        assert [leg.members for leg in there.legs] == [before], "the members are others than before the transfer"
        assert (await at.latest(one)).state is InteractionState.STARTED


async def nobody_can_be_called_who_is_not_there(driver: Driver) -> None:
    async with floor(driver) as at:
        if not at.has():
            return
        one, two, three = at.agents
        endpoint = at.endpoint(one)
        unknown = await at.link.refusal(one, Dial(endpoint=endpoint, destination=driver.unknown_extension))
        assert unknown is FailureCode.INVALID_DESTINATION
        oneself = await at.link.refusal(one, Dial(endpoint=endpoint, destination=endpoint))
        assert oneself in (FailureCode.INVALID_DESTINATION, FailureCode.DESTINATION_BUSY)
        await at.talk(two, three)
        busy = await at.link.refusal(one, Dial(endpoint=endpoint, destination=at.endpoint(two)))
        assert busy is FailureCode.DESTINATION_BUSY
        assert (await at.link.ask(one, StartAgent())).interactions == (), "a refused call has left something behind"


PROMISES: Final = (
    a_call_is_told_to_both_ends_from_its_offer_to_its_end,
    an_interaction_that_is_over_is_unknown,
    what_the_snapshot_has_is_what_was_told,
    hold_and_retrieve_do_what_they_say,
    attached_data_belong_to_the_contact,
    recording_does_what_it_says,
    a_consulted_agent_has_the_same_contact_and_gets_the_call,
    nobody_can_be_called_who_is_not_there,
)
