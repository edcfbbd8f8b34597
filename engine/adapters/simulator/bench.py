"""The simulator's bench for the contract suite: the switch does everything that the suite may want."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import attrs
import trio

from engine.adapters.contract.bench import AGENTS, HOOKS, Bench
from engine.adapters.simulator.adapter import SimulatorAdapter
from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.news import Line
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import Fault, FaultKind, SimulatedQueue, SimulatorSettings, demo_settings
from protocol.platform import AddChannel, ChannelReport, Feature, PlatformCall, SetAgentState
from protocol.states import AgentState, ChannelType, LoginState

DEMO: Final = demo_settings()
CUSTOMER: Final = "+4930555123"

MakeSimulator = Callable[[SimulatorSettings, Switch], SimulatorAdapter]


class _Reachable(Switch):
    """A switch that cannot be reached for a while."""

    reachable = True

    def connect(self, line: Line) -> None:
        if not self.reachable:
            raise ConnectionRefusedError("the simulated platform cannot be reached")
        super().connect(line)

    def lose(self) -> None:
        self.reachable = False
        super().lose()


@attrs.define
class _Hands:
    """What the hooks do: at the switch, and with the adapters that were made for it."""

    switch: _Reachable
    adapters: list[SimulatorAdapter] = attrs.field(factory=list)

    async def customer_calls(self, endpoint: str) -> str:
        return self.switch.call(to=endpoint, from_=CUSTOMER)

    async def customer_hangs_up(self, call: str) -> None:
        self.switch.hangup(call)

    async def phone_answers(self, endpoint: str) -> None:
        self.switch.phone(endpoint, "answer")

    async def phone_hangs_up(self, endpoint: str) -> None:
        self.switch.phone(endpoint, "hangup")

    async def phone_state(self, endpoint: str, agentstate: AgentState) -> None:
        self.switch.phone(endpoint, "state", agentstate=agentstate)

    async def customer_chats(self, agent: str) -> str:
        return self.switch.chat(_queue_of(agent), "Carl Customer")

    async def customer_says(self, chat: str, text: str) -> None:
        self.switch.customer_message(chat, text)

    async def customer_leaves(self, chat: str) -> None:
        self.switch.customer_leaves(chat)

    async def customer_mails(self, agent: str) -> str:
        return self.switch.email(_queue_of(agent), "carl@example.org", "An order", "Where is it?")

    async def tell_twice(self) -> None:
        for adapter in self.adapters:
            self.switch.connect(adapter)

    async def events_first(self) -> None:
        """The switch never does otherwise."""

    async def unknown_call(self, endpoint: str) -> None:
        stranger = ChannelReport(
            endpoint=endpoint, type=ChannelType.TELEPHONY, name="Phone", loginstate=LoginState.UNAVAILABLE
        )
        for adapter in self.adapters:
            adapter.changed("a stranger", stranger)

    async def lose_reply(self, call: type[PlatformCall[Any]]) -> None:
        self.switch.faults.arm(Fault(call=call.__name__, kind=FaultKind.LATE))

    async def cut(self) -> None:
        self.switch.lose()

    async def restore(self) -> None:
        self.switch.reachable = True

    async def crash(self) -> None:
        self.switch.faults.arm(Fault(call=SetAgentState.__name__, kind=FaultKind.DIE))

    async def slow(self, seconds: float) -> None:
        for adapter in self.adapters:
            adapter.latency_s = seconds

    async def flood(self, endpoint: str, count: int) -> None:
        for number in range(count):
            state = AgentState.NOTREADY if number % 2 else AgentState.READY
            self.switch.phone(endpoint, "state", agentstate=state)


def _queue_of(agent: str) -> str:
    return f"only {agent}"


@contextlib.asynccontextmanager
async def simulator_bench(
    settings: SimulatorSettings = DEMO, make: MakeSimulator = SimulatorAdapter
) -> AsyncIterator[Bench]:
    """A new switch of these settings, its clock running, and adapters that `make` makes."""
    own_queues = tuple(
        SimulatedQueue(name=_queue_of(agent.id), agents=(agent.id,)) for agent in settings.agents[:AGENTS]
    )
    settings = attrs.evolve(settings, queues=(*settings.queues, *own_queues))
    switch = _Reachable(settings)
    hands = _Hands(switch)

    def make_one() -> SimulatorAdapter:
        adapter = make(settings, switch)
        hands.adapters.append(adapter)
        return adapter

    def channels(kind: ChannelType) -> dict[str, AddChannel]:
        return {agent.id: AddChannel(endpoint=f"{kind.lower()} {agent.id}", type=kind) for agent in settings.agents}

    phones = {agent.id: AddChannel(endpoint=agent.extension, type=ChannelType.TELEPHONY) for agent in settings.agents}
    time_goes_on = Clock(switch).run
    async with trio.open_nursery() as nursery:
        nursery.start_soon(time_goes_on)
        yield Bench(
            make=make_one,
            agents=phones if Feature.TELEPHONY in switch.features else channels(ChannelType.EMAIL),
            unknown_agent="nobody",
            unknown_extension="9999",
            groups=tuple(group.name for group in settings.groups),
            unknown_group="Nowhere",
            chats=channels(ChannelType.CHAT),
            mailboxes=channels(ChannelType.EMAIL),
            **{name: getattr(hands, name) for name in HOOKS},
        )
        nursery.cancel_scope.cancel()


def open_bench() -> contextlib.AbstractAsyncContextManager[Bench]:
    """What `ixp adapter check simulator` tries: the switch of the demo."""
    return simulator_bench()
