"""On what the contract's suite tries this adapter: three agents with real phones, and one more phone for customers.

`ixp adapter check sip` uses it where baresip is installed.
"""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from engine.adapters.contract.bench import AGENTS, Bench
from engine.adapters.sip.adapter import Running, SipAdapter
from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.phone import Listener
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.trace import SipMessage
from engine.adapters.sip.visits import PhoneCall
from engine.adapters.sip.words import CallState, Happening, Listed, PhoneEvent
from engine.adapters.spi import settings_of
from protocol.platform import AddChannel, Report
from protocol.states import ChannelType, Direction

QUIET_S: Final = 10.0
_AGAIN_S: Final = 0.01
_TWICE: Final = 2
_CUSTOMER: Final = {"agents": [{"id": "customer", "extension": "customer"}]}


def settings(agents: int = AGENTS, **more: Any) -> SipSettings:
    """Of a small contact centre whose phones are started on this machine."""
    table: dict[str, object] = {
        "agents": [
            {"id": f"agent{number}", "name": f"Agent {number}", "extension": f"{4000 + number}"}
            for number in range(1, agents + 1)
        ],
        "groups": ["Sales"],
        "notready_reasons": [{"code": "lunch", "name": "Lunch"}],
        "logout_reasons": [{"code": "home", "name": "Home"}],
        "dispositions": [{"code": "sold", "name": "Sold"}],
        **more,
    }
    return settings_of(table, SipSettings)


class Nobody:
    """A sink for phones that no session has."""

    def report(self, agent: str, report: Report) -> None:
        pass


@contextlib.asynccontextmanager
async def running_phones(of: SipSettings) -> AsyncIterator[Running]:
    """Phones without an adapter, for those who are no agents."""
    with tempfile.TemporaryDirectory(prefix="ixp-sip-bench-") as folder:
        running = Running(of, Path(folder), Nobody())
        async with trio.open_nursery() as nursery:
            await nursery.start(running.run)
            yield running
            nursery.cancel_scope.cancel()


# When all is quiet


async def settle(*floors: Running) -> None:
    """Wait until every phone has listed its calls, and both ends of each call between two of them agree."""
    with trio.fail_after(QUIET_S):
        agreed = 0
        while agreed < _TWICE:
            for running in floors:
                for endpoint in running.floor.endpoints.values():
                    async with running.hands.turn(endpoint) as turn:
                        await turn.look()
            agreed = agreed + 1 if _all_agree(floors) else 0
            await trio.sleep(_AGAIN_S)


def _all_agree(floors: tuple[Running, ...]) -> bool:
    ends: dict[str, list[PhoneCall]] = {}
    for running in floors:
        for endpoint in running.floor.endpoints.values():
            for call in endpoint.calls:
                if call.stands_in_for is not None:
                    return False
                ends.setdefault(call.id, []).append(call)
    return all(
        _match([call.state for call in calls])
        for calls in ends.values()
        if len(calls) > 1 or any(running.numbering.endpoint_of(calls[0].peer) for running in floors)
    )


def _match(states: list[CallState]) -> bool:
    if len(states) != _TWICE:
        return False
    one, other = states
    if CallState.INCOMING in states:
        return (one if other is CallState.INCOMING else other) in (CallState.RINGING, CallState.EARLY)
    return one is other is CallState.ESTABLISHED


# The bench


@attrs.frozen
class _Twice:
    """Tells of each event twice."""

    to: Listener

    def happened(self, endpoint: Endpoint, event: PhoneEvent) -> None:
        self.to.happened(endpoint, event)
        self.to.happened(endpoint, event)

    def listed(self, endpoint: Endpoint, entries: Sequence[Listed]) -> None:
        self.to.listed(endpoint, entries)

    def died(self, endpoint: Endpoint) -> None:
        self.to.died(endpoint)

    def traced(self, message: SipMessage) -> None:
        self.to.traced(message)


@attrs.define
class Platform:
    """One platform, the adapters that were made for it, and the phone of its customers."""

    settings: SipSettings
    customers: Running | None = None
    made: list[SipAdapter] = attrs.field(factory=list)

    def make(self) -> SipAdapter:
        self.made.append(SipAdapter(self.settings))
        return self.made[-1]

    @property
    def running(self) -> Running:
        running = self.made[-1].running
        assert running is not None, "the adapter does not run"  # noqa: S101 - nobody asks for it otherwise
        return running

    async def settle(self) -> None:
        floors = [adapter.running for adapter in self.made] + [self.customers]
        await settle(*(running for running in floors if running is not None))

    # What customers do, and hands at the phones

    async def customer_calls(self, address: str) -> str:
        customers = self._customers
        await _tell(customers, _phone_of(customers), "dial", self.running.floor.endpoints[address].uri)
        return address

    async def customer_hangs_up(self, _: str) -> None:
        await _tell(self._customers, _phone_of(self._customers), "hangup")

    async def phone_answers(self, address: str) -> None:
        await _tell(self.running, self.running.floor.endpoints[address], "accept")

    async def phone_hangs_up(self, address: str) -> None:
        await _tell(self.running, self.running.floor.endpoints[address], "hangup")

    # What phones do wrong

    async def tell_twice(self) -> None:
        for phone, _ in self.running.phones:
            phone.listener = _Twice(self.running)

    async def events_first(self) -> None:
        """These phones never do otherwise."""

    async def unknown_call(self, address: str) -> None:
        """The last agent's phone rings, whom nobody has started; and this one tells of the end of what never was."""
        *_, last = self.running.floor.endpoints.values()
        for endpoint, happening in (
            (last, Happening.INCOMING),
            (self.running.floor.endpoints[address], Happening.CLOSED),
        ):
            event = PhoneEvent(
                happening=happening,
                aor=endpoint.uri,
                id="nobody's",
                peer="sip:stranger@nowhere.invalid",
                direction=Direction.INBOUND,
            )
            self.running.happened(endpoint, event)

    @property
    def _customers(self) -> Running:
        assert self.customers is not None, "there is no phone for customers"  # noqa: S101 - the bench has one
        return self.customers

    def bench(self) -> Bench:
        return Bench(
            make=self.make,
            agents={
                agent.id: AddChannel(endpoint=agent.extension, type=ChannelType.TELEPHONY)
                for agent in self.settings.agents
            },
            unknown_agent="nobody",
            unknown_extension="9999",
            groups=self.settings.groups,
            unknown_group="Nowhere",
            settle=self.settle,
            phone_answers=self.phone_answers,
            phone_hangs_up=self.phone_hangs_up,
            tell_twice=self.tell_twice,
            events_first=self.events_first,
            unknown_call=self.unknown_call,
            customer_calls=self.customer_calls if self.customers is not None else None,
            customer_hangs_up=self.customer_hangs_up if self.customers is not None else None,
        )


async def _tell(running: Running, endpoint: Endpoint, command: str, parameters: str = "") -> None:
    async with running.hands.turn(endpoint) as turn:
        await turn.command(command, parameters)


def _phone_of(running: Running) -> Endpoint:
    return next(iter(running.floor.endpoints.values()))


@contextlib.asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """What `ixp adapter check sip` tries."""
    async with running_phones(settings_of(_CUSTOMER, SipSettings)) as customers:
        yield Platform(settings(), customers).bench()
