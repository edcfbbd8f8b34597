"""On what the contract's suite tries this adapter: a simulated AES on a port of its own, and adapters to it.

`ixp adapter check csta` uses it. The simulated switch can be made to do all that the suite may want of telephony.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import attrs
import trio
import trio.testing

from engine.adapters.contract.bench import HOOKS, Bench
from engine.adapters.csta.adapter import CstaAdapter
from engine.adapters.csta.settings import read_settings
from engine.adapters.csta.words import ConnectionState, connection_node, device_id
from engine.dmcc_simulator.exchange import Happening
from engine.dmcc_simulator.faults import Fault, FaultKind
from engine.dmcc_simulator.server import DmccSimulator
from engine.dmcc_simulator.settings import Order, SwitchSettings, demo
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddChannel,
    AlternateLegs,
    BlindConference,
    BlindTransfer,
    ConferenceConsult,
    DeactivateChannel,
    Dial,
    HoldLeg,
    LogoutAgent,
    PlatformCall,
    RejectInteraction,
    ReleaseLeg,
    RetrieveLeg,
    SendDigits,
    SetAgentState,
    StartAgent,
    StartConsult,
    TransferConsult,
)
from protocol.states import AgentState, ChannelType

AGENTS: Final = 4
QUIET_S: Final = 30.0
"""Machines that do much else at once are slow."""
CUSTOMER: Final = "+15550100"

_REQUEST_OF: Final[dict[type[PlatformCall[Any]], str]] = {
    StartAgent: "SnapshotDevice",
    AddChannel: "MonitorStart",
    ActivateChannel: "SetAgentState",
    DeactivateChannel: "SetAgentState",
    SetAgentState: "SetAgentState",
    LogoutAgent: "SetAgentState",
    Dial: "MakeCall",
    AcceptInteraction: "AnswerCall",
    RejectInteraction: "ClearConnection",
    ReleaseLeg: "ClearConnection",
    HoldLeg: "HoldCall",
    RetrieveLeg: "RetrieveCall",
    StartConsult: "ConsultationCall",
    AlternateLegs: "AlternateCall",
    TransferConsult: "TransferCall",
    ConferenceConsult: "ConferenceCall",
    BlindTransfer: "SingleStepTransferCall",
    BlindConference: "SingleStepConferenceCall",
    SendDigits: "GenerateDigits",
}
"""What a call leads to, first of all that changes something."""

_STATES: Final = {AgentState.READY: "ready", AgentState.NOTREADY: "notReady"}


@attrs.frozen
class _Hands:
    """What can be done at the switch, beside the adapter."""

    simulator: DmccSimulator

    async def customer_calls(self, endpoint: str) -> str:
        return self.simulator.exchange.call_in(CUSTOMER, endpoint).id

    async def customer_hangs_up(self, call: str) -> None:
        self.simulator.exchange.clear(CUSTOMER, call)

    async def phone_answers(self, endpoint: str) -> None:
        (call,) = self.simulator.exchange.of(endpoint)
        self.simulator.exchange.answer(endpoint, call.id)

    async def phone_hangs_up(self, endpoint: str) -> None:
        calls = self.simulator.exchange.of(endpoint)
        active = [call for call in calls if call.connections[endpoint] is not ConnectionState.HOLD]
        self.simulator.exchange.clear(endpoint, (active or calls)[-1].id)

    async def phone_state(self, endpoint: str, state: AgentState) -> None:
        self.simulator.logins.set_state(endpoint, _STATES[state], None, may_wait=False)

    async def tell_twice(self) -> None:
        self.simulator.events_times = 2

    async def events_first(self) -> None:
        self.simulator.order = Order.EVENTS

    async def unknown_call(self, endpoint: str) -> None:
        """The middle of a call whose beginning was never told, and which the switch does not have either."""
        held = connection_node("heldConnection", "4711", device_id(endpoint, "CM1"))
        self.simulator.tell(Happening("HeldEvent", (held,), {endpoint: ConnectionState.HOLD}, "normal", "00004711"))
        self.simulator.exchange.call_in("+15550123", "4004")

    async def lose_reply(self, call: type[PlatformCall[Any]]) -> None:
        self.simulator.faults.add(Fault(_REQUEST_OF[call], FaultKind.UNANSWERED))

    async def cut(self) -> None:
        self.simulator.refuse_connections = True
        self.simulator.cut_links()

    async def restore(self) -> None:
        self.simulator.refuse_connections = False

    async def crash(self) -> None:
        self.simulator.faults.add(Fault("SetAgentState", FaultKind.CRASH))

    async def slow(self, seconds: float) -> None:
        self.simulator.slow_s = seconds

    async def flood(self, endpoint: str, times: int) -> None:
        for n in range(times):
            await self.phone_state(endpoint, AgentState.READY if n % 2 else AgentState.NOTREADY)


def switch(**changes: Any) -> SwitchSettings:
    """Of a small switch where nobody outside takes long to answer."""
    return attrs.evolve(demo(AGENTS), **{"outside_answer_s": 0.02, "tone_s": 0.2, **changes})


def table(port: int, **more: Any) -> dict[str, Any]:
    """The adapter's table of the TOML file. It is patient, as machines may be slow."""
    agents = [
        {"id": f"agent{n}", "extension": f"{4000 + n}", "name": f"Agent {n}", "password": "1234"}
        for n in range(1, AGENTS + 1)
    ]
    return {
        "host": "127.0.0.1",
        "port": port,
        "tls": False,
        "user": "ixp",
        "password": "demo",
        "switch_name": "CM1",
        "agents": agents,
        "groups": [{"name": "Default"}],
        "not_ready_reasons": [{"code": "1", "name": "Break"}, {"code": "2", "name": "Lunch"}],
        "logout_reasons": [{"code": "7", "name": "End of shift"}],
        "dispositions": [{"code": "RESOLVED", "name": "Resolved"}],
        "directory": [{"name": "Front desk", "number": "4004", "type": "internal"}],
        "event_wait_s": 10.0,
        "reply_timeout_s": 20.0,
        "return_within_s": 60.0,
        "retry_s": 0.05,
        **more,
    }


@attrs.define
class Centre:
    """The simulator, and the adapters that were made for it."""

    simulator: DmccSimulator
    port: int
    more: dict[str, Any]
    adapters: list[CstaAdapter] = attrs.field(factory=list)

    def make(self) -> CstaAdapter:
        adapter = CstaAdapter(read_settings(table(self.port, **self.more)), tls=None)
        self.adapters.append(adapter)
        return adapter

    @property
    def quiet(self) -> bool:
        """Has all that was sent been received, and is nobody at anything?"""
        links = sorted((link.sent, link.received) for each in self.adapters if (link := each.link) is not None)
        far_ends = sorted((each.received, each.sent) for each in self.simulator.connections)
        return links == far_ends and not self.simulator.busy and not any(each.busy for each in self.adapters)

    async def settle(self) -> None:
        with trio.fail_after(QUIET_S):
            while True:
                await trio.testing.wait_all_tasks_blocked(0.0005)
                if self.quiet:
                    return

    def bench(self) -> Bench:
        hands = _Hands(self.simulator)
        return Bench(
            make=self.make,
            agents={
                f"agent{n}": AddChannel(endpoint=f"{4000 + n}", type=ChannelType.TELEPHONY)
                for n in range(1, AGENTS + 1)
            },
            unknown_agent="nobody",
            unknown_extension="9999",
            groups=("Default",),
            unknown_group="Nowhere",
            settle=self.settle,
            patience_s=20.0,
            deadline_s=30.0,
            **{name: getattr(hands, name) for name in HOOKS if hasattr(hands, name)},
        )


@contextlib.asynccontextmanager
async def centre(settings: SwitchSettings | None = None, **more: Any) -> AsyncIterator[Centre]:
    """A new switch, and `more` settings of the adapters to it."""
    simulator = DmccSimulator(settings or switch())
    async with trio.open_nursery() as nursery:
        port = await nursery.start(simulator.run, await trio.open_tcp_listeners(0, host="127.0.0.1"))
        yield Centre(simulator, port, more)
        nursery.cancel_scope.cancel()


@contextlib.asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """What `ixp adapter check csta` tries: a new switch for every promise, and adapters that wait only so long."""
    async with centre(reply_timeout_s=5.0, return_within_s=0.5) as at:
        yield at.bench()
