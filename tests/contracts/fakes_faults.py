"""Adapters that break the promises for when the platform sins."""

from typing import Any, Final

import attrs
import trio

from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import SimulatorSettings
from engine.adapters.spi import Sink
from protocol.errors import Refused
from protocol.platform import (
    ActivateChannel,
    ChannelReport,
    InteractionReport,
    PlatformCall,
    Report,
    SetAgentState,
    Snapshot,
)
from protocol.states import AgentState
from tests.contracts.fakes import Breach, TellsAll


class CountsTwice(SimulatorAdapter):
    """Takes the second telling of a call for a second call."""

    def __init__(self, settings: SimulatorSettings, switch: Switch) -> None:
        super().__init__(settings, switch)
        self.told: list[InteractionReport] = []

    def changed(self, agent: str, report: Report) -> None:
        if isinstance(report, InteractionReport):
            again = report in self.told
            self.told.append(report)
            report = attrs.evolve(report, id=f"{report.id} again") if again else report
        super().changed(agent, report)


class GoesBack(SimulatorAdapter):
    """Tells, with each second telling, what came before the first one."""

    def __init__(self, settings: SimulatorSettings, switch: Switch) -> None:
        super().__init__(settings, switch)
        self.before: dict[str, list[InteractionReport]] = {}

    def changed(self, agent: str, report: Report) -> None:
        if isinstance(report, InteractionReport):
            before = self.before.setdefault(f"{agent} {report.id}", [])
            if report in before:
                report = before[0]
            before.append(report)
        super().changed(agent, report)


class TwoIds(SimulatorAdapter):
    """Tells of a call by the id of the event, and answers with that of the reply."""

    def changed(self, agent: str, report: Report) -> None:
        if isinstance(report, InteractionReport):
            report = attrs.evolve(report, id=f"event {report.id}")
        super().changed(agent, report)


class ForgetsWhatItGaveUp(SimulatorAdapter):
    """Does not tell of a login that came of a call which nobody waited for any longer."""

    deaf = False

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.deaf = isinstance(call, ActivateChannel)
        answer = await super().perform(agent, call)
        self.deaf = False
        return answer

    def changed(self, agent: str, report: Report) -> None:
        if not self.deaf:
            super().changed(agent, report)


class Unmoved(SimulatorAdapter):
    """Goes on over a cut as if nothing had happened."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 # super() does
        try:
            await super().run(sink, task_status=task_status)
        except ConnectionError:
            await trio.sleep_forever()


class Clings(SimulatorAdapter):
    """Has the calls of the one before, whatever has become of them."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        answer = await super().perform(agent, call)
        known: dict[str, InteractionReport] = vars(self._switch).setdefault("known", {})
        if isinstance(answer, InteractionReport):
            known[answer.id] = answer
        if isinstance(answer, Snapshot):
            return attrs.evolve(answer, interactions=tuple(known.values()))
        return answer


class OneAtATime(SimulatorAdapter):
    """Has one conversation with the platform, in which every call waits for the one before."""

    def __init__(self, settings: SimulatorSettings, switch: Switch) -> None:
        super().__init__(settings, switch)
        self.turn = trio.Lock()

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        async with self.turn:
            return await super().perform(agent, call)


class Full(SimulatorAdapter):
    """Has room for a thousand reports, and leaves out most of the others."""

    told = 0

    def changed(self, agent: str, report: Report) -> None:
        self.told += isinstance(report, ChannelReport)
        ready = isinstance(report, ChannelReport) and report.agentstate is AgentState.READY
        if self.told <= 1000 or not ready:
            super().changed(agent, report)


class HangsInACrash(SimulatorAdapter):
    """Waits for a reply from a platform that is no more."""

    at: type[PlatformCall[Any]] = SetAgentState

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        refused = None
        try:
            return await super().perform(agent, call)
        except Refused as refusal:
            refused = refusal
        if isinstance(call, self.at):
            await trio.sleep_forever()
        raise refused


class Blithe(SimulatorAdapter):
    """Says that it is done, whatever has become of the platform."""

    latest: Any = None

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        try:
            answer = await super().perform(agent, call)
        except Refused:
            if isinstance(call, SetAgentState):
                return self.latest
            raise
        self.latest = answer
        return answer


BROKEN: Final[tuple[Breach, ...]] = (
    (CountsTwice, "AC-FAULTS-1", ""),
    (GoesBack, "AC-FAULTS-1", ""),
    (TellsAll, "AC-FAULTS-2", "a stranger, whom nobody started, is told of"),
    (TwoIds, "AC-FAULTS-3", "and is told of as event"),
    (ForgetsWhatItGaveUp, "AC-FAULTS-4", "is not told of the login"),
    (Unmoved, "AC-FAULTS-5", "run has gone on over a cut"),
    (Unmoved, "AC-FAULTS-9", "run has gone on over a cut"),
    (Unmoved, "AC-FAULTS-10", "run has gone on over a cut"),
    (Clings, "AC-FAULTS-10", "and the snapshot after it has: STARTED"),
    (OneAtATime, "AC-FAULTS-6", "agents at once took"),
    (Full, "AC-FAULTS-7", "after 2001 changes"),
    (HangsInACrash, "AC-FAULTS-8", "is not answered within"),
    (Blithe, "AC-FAULTS-8", "which is answered as if it were done"),
)
