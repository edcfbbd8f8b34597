"""The platform for the promises of every adapter: a simulated AES, which can be made to do all that they ask for."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import attrs

from engine.adapters.contract.bench import Bench
from engine.adapters.csta.words import ConnectionState, connection_node, device_id
from engine.dmcc_simulator.exchange import Happening
from engine.dmcc_simulator.faults import Fault, FaultKind
from engine.dmcc_simulator.settings import Order
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
from protocol.states import AgentState
from tests.engine.adapters.csta.centre import CUSTOMER, Centre, centre, switch

REQUEST_OF: dict[type[PlatformCall[Any]], str] = {
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

_STATES = {AgentState.READY: "ready", AgentState.NOTREADY: "notReady"}


@attrs.frozen
class Hands:
    """What can be done at the switch, beside the adapter."""

    at: Centre

    async def customer_calls(self, endpoint: str) -> str:
        return self.at.simulator.exchange.call_in(CUSTOMER, endpoint).id

    async def customer_hangs_up(self, call: str) -> None:
        self.at.simulator.exchange.clear(CUSTOMER, call)

    async def phone_answers(self, endpoint: str) -> None:
        (call,) = self.at.simulator.exchange.of(endpoint)
        self.at.simulator.exchange.answer(endpoint, call.id)

    async def phone_hangs_up(self, endpoint: str) -> None:
        calls = self.at.simulator.exchange.of(endpoint)
        active = [call for call in calls if call.connections[endpoint] is not ConnectionState.HOLD]
        self.at.simulator.exchange.clear(endpoint, (active or calls)[-1].id)

    async def phone_state(self, endpoint: str, state: AgentState) -> None:
        self.at.simulator.logins.set_state(endpoint, _STATES[state], None, may_wait=False)

    async def tell_twice(self) -> None:
        self.at.simulator.events_times = 2

    async def events_first(self) -> None:
        self.at.simulator.order = Order.EVENTS

    async def unknown_call(self, endpoint: str) -> None:
        """The middle of a call whose beginning was never told, and which the switch does not have either."""
        held = connection_node("heldConnection", "4711", device_id(endpoint, "CM1"))
        self.at.simulator.tell(Happening("HeldEvent", (held,), {endpoint: ConnectionState.HOLD}, "normal", "00004711"))
        self.at.simulator.exchange.call_in("+15550123", "4004")

    async def lose_reply(self, call: type[PlatformCall[Any]]) -> None:
        self.at.simulator.faults.add(Fault(REQUEST_OF[call], FaultKind.UNANSWERED))

    async def cut(self) -> None:
        self.at.simulator.refuse_connections = True
        self.at.simulator.cut_links()

    async def restore(self) -> None:
        self.at.simulator.refuse_connections = False

    async def crash(self) -> None:
        self.at.simulator.faults.add(Fault("SetAgentState", FaultKind.CRASH))

    async def slow(self, seconds: float) -> None:
        self.at.simulator.slow_s = seconds

    async def flood(self, endpoint: str, times: int) -> None:
        for n in range(times):
            await self.phone_state(endpoint, AgentState.READY if n % 2 else AgentState.NOTREADY)


def bench_of(at: Centre) -> Bench:
    hands = Hands(at)
    names = [name for name in vars(Hands) if not name.startswith("_") and name != "at"]
    return attrs.evolve(at.bench(), **{name: getattr(hands, name) for name in names})


@contextlib.asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """For `ixp adapter check`: a new switch for every promise."""
    async with centre(switch(), return_within_s=0.5) as at:
        yield bench_of(at)
