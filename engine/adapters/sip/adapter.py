"""The SIP adapter: the agents' phones, the pure model of what goes on at them, and what passes between the two."""

import contextlib
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import attrs
import trio

from engine.adapters.sip.acd import Acd, features_of
from engine.adapters.sip.callcontrol import CallControl
from engine.adapters.sip.calls import Calls, Deed, Order
from engine.adapters.sip.desks import Desk, Endpoint, Floor
from engine.adapters.sip.hands import Hands
from engine.adapters.sip.leftovers import end_leftovers, own_folder
from engine.adapters.sip.news import News
from engine.adapters.sip.numbering import Numbering
from engine.adapters.sip.phone import Attached, Connect, Phone, Started
from engine.adapters.sip.process import (
    find_modules,
    find_program,
    free_port,
    host_port,
    require_address,
    require_free,
)
from engine.adapters.sip.settings import SipAgent, SipSettings, address_of, sip_ports
from engine.adapters.sip.trace import SipMessage
from engine.adapters.sip.visits import Visits, find_visit
from engine.adapters.sip.words import Listed, PhoneEvent, sendable
from engine.adapters.spi import Sink
from protocol.errors import FailureCode, Refused
from protocol.platform import Dial, Feature, InteractionCall, PlatformCall

R = TypeVar("R")

_COMMANDS: Final = {
    Deed.ACCEPT: "accept",
    Deed.HANG_UP: "hangup",
    Deed.HOLD: "hold",
}


class SipAdapter:
    """One platform of SIP phones. All that it knows is made anew by each `run`."""

    def __init__(self, settings: SipSettings, connect: Connect = trio.open_tcp_stream) -> None:
        """`connect`: how control connections are made, for those who want them to break."""
        self._settings = settings
        self._connect = connect
        self._features = features_of(settings)
        self._running: Running | None = None

    @property
    def features(self) -> frozenset[Feature]:
        return self._features

    @property
    def running(self) -> "Running | None":
        """What goes on, while it runs."""
        return self._running

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be connected until cancelled. Raises OSError where phones cannot be started or reached."""
        with own_folder() as folder:
            await end_leftovers()
            running = Running(self._settings, folder, sink, self._connect)
            async with trio.open_nursery() as nursery:
                await nursery.start(running.run)
                self._running = running
                task_status.started()
                try:
                    await trio.sleep_forever()
                finally:
                    self._running = None

    async def perform(self, agent: str, call: PlatformCall[R]) -> R:
        await trio.lowlevel.checkpoint()
        if self._running is None:
            raise Refused(FailureCode.PLATFORM_UNAVAILABLE, "the SIP phones are not connected; try again when they are")
        return cast(R, await self._running.perform(agent, call))


class Running:
    """The phones and the model of one run."""

    def __init__(
        self, settings: SipSettings, folder: Path, sink: Sink, connect: Connect = trio.open_tcp_stream
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._ports = {
            port for agent in settings.agents if agent.sip_port is not None for port in sip_ports(agent.sip_port)
        }
        _require_ports(settings)
        agents = _with_uris(settings, self._ports)
        self.floor = Floor(tuple(_desk(agent) for agent in agents))
        self.phones = self._phones(agents, folder)
        self.hands = Hands({endpoint.address: phone for phone, endpoints in self.phones for endpoint in endpoints})
        news = News(self.floor, sink.report)
        visits = Visits(settings, self.floor, news, uuid.uuid4().hex[:12])
        self.numbering = numbering = Numbering(settings, self.floor)
        self.calls = Calls(settings, numbering, visits, news, self._order, self._wake)
        self.acd = Acd(settings, self.floor, visits, news)
        self._control = CallControl(settings, self.hands, numbering, self.calls, visits)
        self._headers = tuple(name.lower() for name in settings.data_headers)
        self._names = dict(zip(self._headers, settings.data_headers, strict=True))
        self._orders: dict[object, Order] = {}
        self._woken = trio.Event()

    def _phones(self, agents: Sequence[SipAgent], folder: Path) -> list[tuple[Phone, list[Endpoint]]]:
        phones: list[tuple[Phone, list[Endpoint]]] = []
        attached: dict[tuple[str, int], list[SipAgent]] = {}
        for agent in agents:
            endpoint = self.floor.endpoints[agent.extension]
            address = address_of(agent.attach) if agent.attach is not None else None
            if address is not None:
                attached.setdefault(address, []).append(agent)
                continue
            place = Started(
                agents=(agent.id,),
                program=find_program(self._settings),
                modules=find_modules(self._settings),
                folder=folder / f"phone-{len(phones) + 1}",
                sip_port=cast(int, agent.sip_port),
                taken=self._ports,
                account=f"<{endpoint.uri}>{agent.parameters}",
            )
            phones.append((Phone(self._settings, place, [endpoint], self, self._connect), [endpoint]))
        for (host, port), users in attached.items():
            place_of = Attached(agents=tuple(user.id for user in users), host=host, port=port)
            endpoints = [self.floor.endpoints[user.extension] for user in users]
            phones.append((Phone(self._settings, place_of, endpoints, self, self._connect), endpoints))
        return phones

    # Life

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. Up, all phones run and are connected; an attached one may be away, unless all are."""
        async with trio.open_nursery() as nursery:
            for phone, _ in self.phones:
                nursery.start_soon(phone.run)
            await self._wait_up()
            nursery.start_soon(self._keep_time)
            nursery.start_soon(self._obey)
            task_status.started()

    async def _wait_up(self) -> None:
        with trio.move_on_after(self._settings.start_s):
            while away := [phone for phone, _ in self.phones if not phone.up.is_set()]:
                await away[0].up.wait()
        away = [phone for phone, _ in self.phones if not phone.up.is_set()]
        if any(phone.is_ours for phone in away) or len(away) == len(self.phones):
            said = f"; it said: {away[0].last_words}" if away[0].last_words else ""
            raise ConnectionError(
                f"{away[0]} is not up within start_s, {self._settings.start_s:g} s: {away[0].why}{said}"
            )

    # What agents ask for

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        desk = self.acd.desk(agent)
        if type(call) in self.acd.rows:
            return self.acd.rows[type(call)](desk, call)
        if isinstance(call, Dial):
            return await self._control.dial(self.acd.active_phone(desk, call.endpoint), call)
        if not isinstance(call, InteractionCall) or type(call) not in self._control.rows:
            raise Refused(
                FailureCode.UNSUPPORTED, f"the SIP platform cannot carry out {type(call).__name__}; do without it"
            )
        visit = find_visit(self.floor.endpoints.get(call.endpoint), agent, call.interaction)
        return await self._control.rows[type(call)](visit, call)

    # What phones say

    def happened(self, endpoint: Endpoint, event: PhoneEvent) -> None:
        self.calls.happened(endpoint, event, trio.current_time())
        self._changed(endpoint)

    def listed(self, endpoint: Endpoint, entries: Sequence[Listed]) -> None:
        self.calls.listed(endpoint, entries, trio.current_time())
        self._changed(endpoint)

    def died(self, endpoint: Endpoint) -> None:
        self.calls.phone_died(endpoint)
        self._changed(endpoint)

    def traced(self, message: SipMessage) -> None:
        self.hands.traced(message)
        if message.status is None and message.method == "INVITE" and message.tag("to") is None:
            data = {
                self._names[name]: sendable(message.headers[name]) for name in self._headers if name in message.headers
            }
            if data:
                self.calls.attach_data(message.call_id, data)

    def _changed(self, endpoint: Endpoint) -> None:
        self.hands.changed(endpoint)

    def _wake(self) -> None:
        """There is a new deadline, or an order."""
        self._woken.set()

    # What the model wants

    def _order(self, order: Order) -> None:
        """One of a kind for each call, and one listing for each phone, is enough."""
        self._orders.setdefault((order.deed, order.call or order.endpoint), order)
        self._wake()

    async def _keep_time(self) -> None:
        while True:
            woken = self._woken
            with trio.move_on_at(self.calls.next_deadline()):
                await woken.wait()
            self.calls.on_deadline(trio.current_time())

    async def _obey(self) -> None:
        async with trio.open_nursery() as nursery:
            while True:
                await self._woken.wait()
                # Only one that was set is replaced: somebody else waits for it, too.
                self._woken = trio.Event()
                for key in tuple(self._orders):
                    nursery.start_soon(self._carry_out, self._orders.pop(key))

    async def _carry_out(self, order: Order) -> None:
        """A phone that is away is asked for its calls when it is back; what is still to be done shows by then."""
        with contextlib.suppress(Refused):
            async with self.hands.turn(order.endpoint) as turn:
                if order.call is None:
                    await turn.look()
                else:
                    await turn.about(order.call, _COMMANDS[order.deed])


def _require_ports(settings: SipSettings) -> None:
    """Raises OSError that names what to set, where phones that are started could not listen."""
    started = [agent for agent in settings.agents if agent.attach is None]
    if started:
        require_address(settings.address)
    for agent in started:
        if agent.sip_port is not None:
            require_free(settings.address, agent.sip_port)


def _with_uris(settings: SipSettings, taken: set[int]) -> tuple[SipAgent, ...]:
    """Each with a port of its own where a phone is started, and with its address."""
    agents = []
    for agent in settings.agents:
        port = agent.sip_port or free_port(settings.address, taken, for_sip=True)
        uri = agent.uri or f"sip:{agent.extension}@{host_port(settings.address, port)}"
        agents.append(attrs.evolve(agent, sip_port=port, uri=uri))
    return tuple(agents)


def _desk(agent: SipAgent) -> Desk:
    return Desk(agent, Endpoint(agent.extension, cast(str, agent.uri), f"Phone {agent.extension}"))
