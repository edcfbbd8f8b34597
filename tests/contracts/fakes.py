"""Adapters that break the promises about life, calls and reports."""

import time
from typing import Any, Final

import attrs
import trio

from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings
from engine.adapters.spi import Sink
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
    Report,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, ChannelType, LoginState

Breach = tuple[type[SimulatorAdapter], str, str]
"""An adapter, the promise that it breaks, and words of what is said of it."""


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


class Stubborn(SimulatorAdapter):
    """Takes its time when it is stopped."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # super() does
        try:
            await super().run(sink, task_status=task_status)
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(20)


class Hasty(SimulatorAdapter):
    """Has run return when there is nothing to do."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # super() does
        with trio.move_on_after(0):
            await super().run(sink, task_status=task_status)


class NeverStarts(SimulatorAdapter):
    """Does not say that it may be asked."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # for once
        await trio.sleep_forever()


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


class Blocks(SimulatorAdapter):
    """Waits for its platform in a way that has everybody wait."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, ActivateChannel):
            time.sleep(0.3)  # noqa: ASYNC251 # that is what is wrong with it
        return await super().perform(agent, call)


class BlocksAtStart(SimulatorAdapter):
    """Connects in such a way."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # super() does
        time.sleep(0.3)  # noqa: ASYNC251 # as above
        await super().run(sink, task_status=task_status)


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


class DeafToPhones(SimulatorAdapter):
    """Tells of what it is asked for, and of nothing else."""

    asked = 0

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.asked += 1
        try:
            return await super().perform(agent, call)
        finally:
            self.asked -= 1

    def changed(self, agent: str, report: Report) -> None:
        if self.asked:
            super().changed(agent, report)


BROKEN: Final[tuple[Breach, ...]] = (
    (AlwaysThere, "AC-LIFE-1", "is not refused"),
    (EndsBadly, "AC-LIFE-2", "taken"),
    (Stubborn, "AC-LIFE-4", "after it was cancelled"),
    (Hasty, "AC-LIFE-4", ""),
    (NeverStarts, "AC-LIFE-2", "has not called task_status.started()"),
    (Fickle, "AC-LIFE-3", "changed the features"),
    (Nonsense, "AC-CALLS-1", "is no answer to"),
    (Elsewhere, "AC-CALLS-1", "about another endpoint"),
    (Unsound, "AC-CALLS-1", "while INACTIVE"),
    (Lazy, "AC-CALLS-2", "is answered with"),
    (Once, "AC-CALLS-3", "it is there"),
    (Restless, "AC-CALLS-3", "changed something"),
    (Forgetful, "AC-CALLS-4", "after AddChannel"),
    (Clinging, "AC-CALLS-5", "left after LogoutAgent"),
    (Untrue, "AC-CALLS-6", "changed something"),
    (Rude, "AC-CALLS-6", "says nothing"),
    (Presuming, "AC-CALLS-6", "NOT_BOUND is no code"),
    (Vague, "AC-CALLS-6", "refused with PLATFORM_ERROR, not"),
    (Modest, "AC-CALLS-7", "ListDirectory() is not refused"),
    (Confused, "AC-CALLS-8", ""),
    (Jammed, "AC-CALLS-9", "still busy"),
    (Blocks, "AC-CALLS-10", "have a thread do what cannot be awaited: await trio.to_thread.run_sync(function)"),
    (BlocksAtStart, "AC-CALLS-10", "in run), and with it every agent"),
    (TellsLate, "AC-REPORTS-1", "before its change was told"),
    (TellsOtherwise, "AC-REPORTS-1", "answered in another"),
    (TellsAll, "AC-REPORTS-2", "whom nobody started"),
    (TellsSoon, "AC-REPORTS-2", "told before the answer"),
    (TellsOn, "AC-REPORTS-2", "after its logout"),
    (
        TellsTheCaller,
        "AC-REPORTS-3",
        "when agent1 took its endpoint",
    ),
    (KeepsTaken, "AC-REPORTS-3", "after DeactivateChannel"),
    (DeafToPhones, "AC-REPORTS-4", "at the phone itself"),
)
