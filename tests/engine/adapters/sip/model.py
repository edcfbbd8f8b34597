"""The pure model without phones: what they would say is said by the test, and what they are ordered is looked at."""

from collections.abc import Sequence
from typing import Any, Final

import attrs

from engine.adapters.sip.acd import Acd
from engine.adapters.sip.bench import settings
from engine.adapters.sip.calls import Calls, Deed, Order
from engine.adapters.sip.desks import Desk, Endpoint, Floor
from engine.adapters.sip.news import News
from engine.adapters.sip.numbering import Numbering
from engine.adapters.sip.visits import Visit, Visits
from engine.adapters.sip.words import CallState, Happening, Listed, PhoneEvent
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    ChannelReport,
    InteractionReport,
    Report,
    SetAgentState,
    StartAgent,
)
from protocol.states import AgentState, ChannelType, Direction

OUT: Final = Direction.OUTBOUND
IN: Final = Direction.INBOUND


@attrs.define
class Model:
    """Three agents, 4001 to 4003, logged in and ready. `now` is the time."""

    more: dict[str, Any] = attrs.field(factory=dict)
    now: float = 0.0
    told: list[tuple[str, Report]] = attrs.field(factory=list)
    orders: list[Order] = attrs.field(factory=list)
    timed: int = 0
    """How often there was a new deadline."""
    floor: Floor = attrs.field(init=False)
    calls: Calls = attrs.field(init=False)
    visits: Visits = attrs.field(init=False)
    acd: Acd = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        of = settings(3, **self.more)
        self.floor = Floor(
            tuple(
                Desk(agent, Endpoint(agent.extension, f"sip:{agent.extension}@phones", f"Phone {agent.extension}"))
                for agent in of.agents
            )
        )
        news = News(self.floor, lambda agent, report: self.told.append((agent, report)))
        self.visits = Visits(of, self.floor, news, "test")
        numbering = Numbering(of, self.floor)
        self.calls = Calls(of, numbering, self.visits, news, self.orders.append, self.note_time)
        self.acd = Acd(of, self.floor, self.visits, news)
        for desk in self.floor.desks.values():
            address = desk.agent.extension
            self.acd.start(desk, StartAgent())
            self.acd.add_channel(desk, AddChannel(endpoint=address, type=ChannelType.TELEPHONY))
            self.acd.activate(desk, ActivateChannel(endpoint=address))
            self.acd.set_state(desk, SetAgentState(endpoint=address, agentstate=AgentState.READY))
        self.told.clear()

    def note_time(self) -> None:
        self.timed += 1

    def at(self, extension: str) -> Endpoint:
        return self.floor.endpoints[extension]

    def desk(self, extension: str) -> Desk:
        return next(desk for desk in self.floor.desks.values() if desk.phone.address == extension)

    def says(
        self, extension: str, what: Happening, call: str, peer: str, direction: Direction = IN, text: str = ""
    ) -> None:
        """The phone says it. `peer` is an extension or an address."""
        event = PhoneEvent(
            happening=what,
            aor=self.at(extension).uri,
            id=call,
            peer=address(peer),
            direction=direction,
            text=text,
        )
        self.calls.happened(self.at(extension), event, self.now)

    def lists(self, extension: str, entries: Sequence[Listed] = ()) -> None:
        self.calls.listed(self.at(extension), entries, self.now)

    def rings(self, extension: str, call: str = "id-1", peer: str = "carl") -> Visit:
        self.says(extension, Happening.INCOMING, call, peer)
        return self.visit(extension)

    def talks(self, extension: str, call: str = "id-1", peer: str = "carl") -> Visit:
        visit = self.rings(extension, call, peer)
        self.says(extension, Happening.ESTABLISHED, call, peer)
        return visit

    def visit(self, extension: str) -> Visit:
        return list(self.at(extension).visits.values())[-1]

    def reports(self, agent: str) -> list[InteractionReport]:
        """Of interactions; each must be sound."""
        reports = [each for whose, each in self.told if whose == agent and isinstance(each, InteractionReport)]
        for report in reports:
            assert report.problem() is None, report
        return reports

    def channels(self, agent: str) -> list[ChannelReport]:
        """As they were told, by themselves or with an interaction."""
        channels = []
        for whose, report in self.told:
            found = report if isinstance(report, ChannelReport) else getattr(report, "channel", None)
            if whose == agent and found is not None:
                channels.append(found)
        return channels

    def ordered(self) -> list[tuple[Deed, str]]:
        done = [(order.deed, order.endpoint.address) for order in self.orders]
        self.orders.clear()
        return done


def address(peer: str) -> str:
    return peer if ":" in peer else f"sip:{peer}@{'phones' if peer.isdigit() else 'outside'}"


def entry(line: int, state: CallState, peer: str, *, held: bool = False) -> Listed:
    return Listed(line=line, state=state, held=held, peer=address(peer))


def consulting(model: Model, destination: str = "4002") -> None:
    """4001 talks with carl, and has called another."""
    visit = model.talks("4001")
    model.lists("4001", [entry(1, CallState.ESTABLISHED, "carl", held=True)])
    model.calls.consult(visit, address(destination), model.now)
    model.calls.announce(visit)
    model.says("4001", Happening.RINGING, "id-2", destination, OUT)
