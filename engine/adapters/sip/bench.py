"""On what the contract's suite tries this adapter: three agents with real phones, and one more phone for customers.

`ixp adapter check sip` uses it where baresip is installed.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import attrs
import trio

from engine.adapters.contract.bench import AGENTS, HOOKS, Bench
from engine.adapters.contract.broken import BrokenPromise
from engine.adapters.sip.adapter import Running, SipAdapter
from engine.adapters.sip.cable import Cables
from engine.adapters.sip.desks import Endpoint
from engine.adapters.sip.leftovers import own_folder
from engine.adapters.sip.phone import Listener
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.trace import SipMessage
from engine.adapters.sip.visits import PhoneCall
from engine.adapters.sip.words import CallState, Happening, Listed, PhoneEvent, bare
from engine.adapters.spi import settings_of
from protocol.errors import Refused
from protocol.platform import AddChannel, Dial, PlatformCall, Report
from protocol.states import ChannelType, Direction

QUIET_S: Final = 10.0
_AGAIN_S: Final = 0.01
_TWICE: Final = 2
_COMMAND_OF: Final[dict[type[PlatformCall[Any]], str]] = {Dial: "dial"}
"""What a phone is told by a call, of those that the suite wants to go wrong."""
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
    with own_folder() as folder:
        running = Running(of, folder, Nobody())
        async with trio.open_nursery() as nursery:
            await nursery.start(running.run)
            yield running
            nursery.cancel_scope.cancel()


# When all is quiet


async def settle(*floors: Running) -> None:
    """Wait until every phone has told all that it had to tell, and both ends of each call between two of them agree.

    Phones that cannot be reached are not waited for.
    """
    agreed = 0
    with trio.move_on_after(QUIET_S):
        while agreed < _TWICE:
            async with trio.open_nursery() as nursery:
                for running in floors:
                    for endpoint in running.floor.endpoints.values():
                        nursery.start_soon(_hear_out, running, endpoint)
            agreed = agreed + 1 if _all_agree(floors) else 0
            await trio.sleep(_AGAIN_S)
    if agreed < _TWICE:
        raise BrokenPromise(f"what is known of the calls at both ends has not come to agree within {QUIET_S:g} s")


async def _hear_out(running: Running, endpoint: Endpoint) -> None:
    """Whatever the phone had told is known once it has answered. The answer itself is kept from the adapter."""
    with contextlib.suppress(Refused):
        async with running.hands.turn(endpoint) as turn:
            await turn.command("listcalls")


def _all_agree(floors: tuple[Running, ...]) -> bool:
    ends: dict[frozenset[str], list[PhoneCall]] = {}
    for running in floors:
        for endpoint in running.floor.endpoints.values():
            for call in endpoint.calls:
                if call.stands_in_for is not None:
                    return False
                # Not by the Call-ID, which nobody knows of a call that was found in a listing.
                ends.setdefault(frozenset((bare(endpoint.uri), bare(call.peer))), []).append(call)
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
    cables: Cables
    customers: Running
    made: list[SipAdapter] = attrs.field(factory=list)

    def make(self) -> SipAdapter:
        self.made.append(SipAdapter(self.settings, self.cables.connect))
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
        await _tell(self.customers, _phone_of(self.customers), "dial", self.running.floor.endpoints[address].uri)
        return address

    async def customer_hangs_up(self, _: str) -> None:
        await _tell(self.customers, _phone_of(self.customers), "hangup")

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

    # What becomes of the connections to phones, and of phones

    async def cut(self) -> None:
        self.cables.cut()

    async def restore(self) -> None:
        self.cables.mend()

    async def slow(self, seconds: float) -> None:
        self.cables.slow_s = seconds

    async def lose_reply(self, call: type[PlatformCall[Any]]) -> None:
        self.cables.lose_reply_to = _COMMAND_OF[call]

    async def crash(self) -> None:
        """All phones are killed when one of them is to dial."""

        def die(command: str) -> None:
            if command == _COMMAND_OF[Dial] and self.cables.whole:
                self.cables.on_command = _nothing
                self.cables.cut()
                for phone, _ in self.running.phones:
                    if phone.process is not None:
                        phone.process.kill()

        self.cables.on_command = die

    async def flood(self, address: str, changes: int) -> None:
        """A customer's phone dials and hangs up, as fast as it can: when it hears that it rings there."""

        def rings() -> bool:
            return any(call.state is CallState.RINGING for call in phone.calls)

        phone, uri = _phone_of(self.customers), self.running.floor.endpoints[address].uri
        for number in range(changes):
            if number % 2:
                await self.customers.hands.until(phone, rings, QUIET_S)
                await _tell(self.customers, phone, "hangup")
            else:
                await _tell(self.customers, phone, "dial", uri)

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
            calls_only=True,
            settle=self.settle,
            **{name: getattr(self, name) for name in HOOKS if hasattr(self, name)},
        )


def _nothing(_: str) -> None:
    pass


async def _tell(running: Running, endpoint: Endpoint, command: str, parameters: str = "") -> None:
    async with running.hands.turn(endpoint) as turn:
        await turn.command(command, parameters)


def _phone_of(running: Running) -> Endpoint:
    return next(iter(running.floor.endpoints.values()))


@contextlib.asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """What `ixp adapter check sip` tries."""
    async with running_phones(settings_of(_CUSTOMER, SipSettings)) as customers, trio.open_nursery() as nursery:
        yield Platform(settings(), Cables(nursery), customers).bench()
        nursery.cancel_scope.cancel()
