"""The promises are worth something: an adapter that breaks one is found out."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest
import trio

from engine.adapters.contract import calls, life, reports
from engine.adapters.contract.bench import Bench
from engine.adapters.contract.broken import leaves
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    ChannelReport,
    Feature,
    ListDirectory,
    LogoutAgent,
    PlatformCall,
    RemoveChannel,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, ChannelType, LoginState
from tests.engine.adapters.simulator.driver import driver

Promise = Callable[[Bench], Awaitable[None]]


class AlwaysThere(SimulatorAdapter):
    """Answers though it is not connected."""

    def _require_connection(self) -> None:
        pass


class EndsBadly(SimulatorAdapter):
    """Never gives back the only connection that the platform has."""

    def __init__(self, settings: SimulatorSettings, switch: Switch) -> None:
        super().__init__(settings, switch)
        if hasattr(switch, "taken"):
            raise ConnectionError("taken")
        switch.taken = True  # type: ignore[attr-defined] # what this test knows of the switch, not the switch itself


class Fickle(SimulatorAdapter):
    """Has fewer features after a while."""

    gone = False

    @property
    def features(self) -> frozenset[Feature]:
        return super().features - ({Feature.CALLBACK} if self.gone else set())

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.gone = isinstance(call, ActivateChannel)
        return await super().perform(agent, call)


class Nonsense(SimulatorAdapter):
    """Answers a list with a lone entry."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        return answer[0] if isinstance(call, ListDirectory) else answer


class Elsewhere(SimulatorAdapter):
    """Answers about another endpoint."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        return attrs.evolve(answer, endpoint="4050") if isinstance(call, SetAgentState) else answer


class Unsound(SimulatorAdapter):
    """Tells of an agent state where nobody is logged in."""

    def changed(self, agent: str, report: ChannelReport) -> None:
        if report.loginstate is LoginState.INACTIVE:
            report = attrs.evolve(report, agentstate=AgentState.NOTREADY)
        super().changed(agent, report)


class Lazy(SimulatorAdapter):
    """Says what is, and does nothing, when asked to be ready."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, SetAgentState):
            return await super().perform(agent, ActivateChannel(endpoint=call.endpoint))
        return await super().perform(agent, call)


class Once(SimulatorAdapter):
    """Refuses to add what is there."""

    added = False

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, AddChannel):
            if self.added:
                raise Refused(FailureCode.ALREADY_EXISTS, "it is there")
            self.added = True
        return await super().perform(agent, call)


class Restless(SimulatorAdapter):
    """Has something new to tell each time it is asked to add a channel."""

    added = 0

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        if isinstance(call, AddChannel):
            self.added += 1
            self.changed(agent, attrs.evolve(answer, name=f"Phone {self.added}"))
        return answer


class Forgetful(SimulatorAdapter):
    """Leaves the standalone channels out of the snapshot."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        return attrs.evolve(answer, channels=()) if isinstance(call, StartAgent) else answer


class Clinging(SimulatorAdapter):
    """Does not forget at logout."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, LogoutAgent):
            call = RemoveChannel(endpoint="none")
        return await super().perform(agent, call)


class Untrue(SimulatorAdapter):
    """Refuses what it has done."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, SetAgentState) and call.agentstate is AgentState.READY:
            await super().perform(agent, ActivateChannel(endpoint=call.endpoint))
            raise Refused(FailureCode.CHANNEL_INACTIVE, "activate it first")
        return await super().perform(agent, call)


class Rude(SimulatorAdapter):
    """Refuses without a word."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        try:
            return await super().perform(agent, call)
        except Refused as refused:
            raise Refused(refused.code, "") from None


class Presuming(SimulatorAdapter):
    """Refuses with a code that is the processor's own."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        try:
            return await super().perform(agent, call)
        except Refused as refused:
            raise Refused(FailureCode.NOT_BOUND, refused.message) from None


class Vague(SimulatorAdapter):
    """Has one code for all."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        try:
            return await super().perform(agent, call)
        except Refused as refused:
            raise Refused(FailureCode.PLATFORM_ERROR, refused.message) from None


class Modest(SimulatorAdapter):
    """Does what it does not declare."""

    @property
    def features(self) -> frozenset[Feature]:
        return super().features - {Feature.DIRECTORY}


class Confused(SimulatorAdapter):
    """Mixes up agents that call at the same time."""

    agent = ""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.agent = agent
        await trio.lowlevel.checkpoint()
        return await super().perform(self.agent, call)


class Jammed(SimulatorAdapter):
    """Never recovers from a call that was given up."""

    free = True

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if not self.free:
            raise Refused(FailureCode.PLATFORM_ERROR, "still busy with the last call")
        self.free = False
        answer = await super().perform(agent, call)
        self.free = True
        return answer


class TellsLate(SimulatorAdapter):
    """Tells of changes when it has time."""

    def changed(self, agent: str, report: ChannelReport) -> None:
        tell = super().changed

        async def later() -> None:
            await trio.lowlevel.checkpoint()
            tell(agent, report)

        trio.lowlevel.spawn_system_task(later)


class TellsOtherwise(SimulatorAdapter):
    """Tells of a state that it does not answer with."""

    def changed(self, agent: str, report: ChannelReport) -> None:
        if report.agentstate is AgentState.READY:
            report = attrs.evolve(report, agentstate=AgentState.WORK)
        super().changed(agent, report)


class TellsAll(SimulatorAdapter):
    """Tells of agents that nobody started."""

    def changed(self, agent: str, report: ChannelReport) -> None:
        self._watched.add(agent)
        super().changed(agent, report)


class TellsSoon(SimulatorAdapter):
    """Tells of an agent before the answer to its StartAgent."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        if isinstance(call, StartAgent):
            phone = ChannelReport(
                endpoint="4001", type=ChannelType.TELEPHONY, name="Phone", loginstate=LoginState.INACTIVE
            )
            self.changed(agent, phone)
        return answer


class TellsOn(SimulatorAdapter):
    """Tells of an agent that has logged out, and whom the platform still knows."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        if isinstance(call, LogoutAgent):
            await super().perform(agent, StartAgent(extension="4002"))
        return answer


class TellsTheCaller(SimulatorAdapter):
    """Tells nobody but the one who called."""

    caller = ""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.caller = agent
        return await super().perform(agent, call)

    def changed(self, agent: str, report: ChannelReport) -> None:
        if agent == self.caller:
            super().changed(agent, report)


class KeepsTaken(SimulatorAdapter):
    """Never tells that an endpoint is free again."""

    def changed(self, agent: str, report: ChannelReport) -> None:
        if report.loginstate is not LoginState.INACTIVE:
            super().changed(agent, report)


BROKEN: tuple[tuple[type[SimulatorAdapter], Promise, str], ...] = (
    (AlwaysThere, life.perform_is_refused_before_run_and_after_it, "is not refused"),
    (EndsBadly, life.a_stopped_adapter_may_be_followed_by_a_new_one, "taken"),
    (Fickle, life.features_do_not_change, "changed the features"),
    (Nonsense, calls.every_call_is_answered_by_its_type, "is no answer to"),
    (Elsewhere, calls.every_call_is_answered_by_its_type, "about another endpoint"),
    (Unsound, calls.every_call_is_answered_by_its_type, "while INACTIVE"),
    (Lazy, calls.every_call_does_what_it_says, "is answered with"),
    (Once, calls.every_call_is_idempotent, "it is there"),
    (Restless, calls.every_call_is_idempotent, "changed something"),
    (Forgetful, calls.the_snapshot_has_what_was_added_until_it_is_let_go, "after AddChannel"),
    (Clinging, calls.a_logout_lets_go_of_everything, "left after LogoutAgent"),
    (Untrue, calls.a_refused_call_says_why_and_has_changed_nothing, "changed something"),
    (Rude, calls.a_refused_call_says_why_and_has_changed_nothing, "says nothing"),
    (Presuming, calls.a_refused_call_says_why_and_has_changed_nothing, "NOT_BOUND is no code"),
    (Vague, calls.a_refused_call_says_why_and_has_changed_nothing, "refused with PLATFORM_ERROR, not"),
    (Modest, calls.what_the_platform_cannot_do_is_unsupported, "ListDirectory() is not refused"),
    (Confused, calls.many_agents_are_served_at_once, ""),
    (Jammed, calls.a_call_given_up_leaves_the_adapter_in_order, "still busy"),
    (TellsLate, reports.changes_are_told_before_the_answer_and_agree_with_it, "before its change was told"),
    (TellsOtherwise, reports.changes_are_told_before_the_answer_and_agree_with_it, "answered in another"),
    (TellsAll, reports.an_agent_is_told_of_from_its_start_to_its_logout, "whom nobody started"),
    (TellsSoon, reports.an_agent_is_told_of_from_its_start_to_its_logout, "told before the answer"),
    (TellsOn, reports.an_agent_is_told_of_from_its_start_to_its_logout, "after its logout"),
    (
        TellsTheCaller,
        reports.an_agent_is_told_when_another_takes_and_frees_its_endpoint,
        "when agent1 took its endpoint",
    ),
    (KeepsTaken, reports.an_agent_is_told_when_another_takes_and_frees_its_endpoint, "after DeactivateChannel"),
)
"""An adapter, the promise that it breaks, and words of the report that finds it out."""


@pytest.mark.parametrize(("broken", "promise", "words"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
async def test_an_adapter_that_breaks_a_promise_is_found_out(
    broken: type[SimulatorAdapter], promise: Promise, words: str, autojump_clock: object
) -> None:
    tried = driver(make=broken)
    with pytest.raises(Exception) as found:
        await promise(tried)
    assert all(
        isinstance(leaf, AssertionError | Refused | ConnectionError) and words in str(leaf)
        for leaf in leaves(found.value)
    )
