"""What there is at the simulator now, for operators: contacts, queues, agents, totals."""

from collections.abc import Iterator
from typing import Final

import attrs

from engine.adapters.simulator.contact import Contact, Tally
from engine.adapters.simulator.desk import Desk
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.routing import Entry
from engine.adapters.simulator.visit import Visit
from protocol.states import AgentState, ChannelType, Direction, InteractionState
from protocol.texts import DataMap

CONTACTS_SHOWN: Final = 200
"""Of more, the oldest are shown."""


@attrs.frozen(kw_only=True)
class SeenVisit:
    """An interaction that an agent has of a contact. At a phone there may be nobody logged in."""

    interaction: str
    endpoint: str
    agent: str | None = None
    direction: Direction
    state: InteractionState


@attrs.frozen(kw_only=True)
class SeenContact:
    """A contact that is not over. `queue` is the one that it waits in; `since_s` is how long it has been there."""

    contact: str
    type: ChannelType
    customer: str
    since_s: float
    data: DataMap
    agents: tuple[SeenVisit, ...]
    queue: str | None = None


@attrs.frozen(kw_only=True)
class SeenQueue:
    """How many wait in a queue, those being offered included, and for how long the first of them has been there."""

    queue: str
    number: str | None = None
    waiting: int
    longest_s: float


@attrs.frozen(kw_only=True)
class SeenChannel:
    """Where an agent is logged in."""

    endpoint: str
    type: ChannelType
    agentstate: AgentState
    reason: str | None = None
    pendingagentstate: AgentState | None = None
    interactions: int


@attrs.frozen(kw_only=True)
class SeenAgent:
    """An agent. `session`: an agent session is there, so the agent is not played by a day."""

    agent: str
    name: str
    extension: str
    session: bool
    channels: tuple[SeenChannel, ...]


@attrs.frozen(kw_only=True)
class Overview:
    """All of it, at `time`. `contacts_left_out` of the contacts are not shown. `day` is the one that runs."""

    time: str
    contacts: tuple[SeenContact, ...]
    contacts_left_out: int
    queues: tuple[SeenQueue, ...]
    agents: tuple[SeenAgent, ...]
    totals: Tally
    day: str | None = None


def overview(switch: Switch, day: str | None) -> Overview:
    """How things stand."""
    switch.catch_up()
    waiting = {entry.work.contact.id: entry for entry in switch.routing}
    contacts = list(switch.contacts)
    return Overview(
        time=switch.timers.utc(),
        contacts=tuple(_contact(switch, contact, waiting.get(contact.id)) for contact in contacts[:CONTACTS_SHOWN]),
        contacts_left_out=max(0, len(contacts) - CONTACTS_SHOWN),
        queues=tuple(_queues(switch)),
        agents=tuple(_agent(desk) for desk in switch.agents.desks.values()),
        totals=switch.tally,
        day=day,
    )


def _contact(switch: Switch, contact: Contact, entry: Entry | None) -> SeenContact:
    return SeenContact(
        contact=contact.id,
        type=contact.kind,
        customer=contact.customer,
        since_s=switch.timers.now - contact.came_at,
        data=contact.data,
        agents=tuple(_visit(visit) for visit in contact.visits),
        queue=None if entry is None else entry.queue.name,
    )


def _visit(visit: Visit) -> SeenVisit:
    return SeenVisit(
        interaction=visit.id,
        endpoint=visit.endpoint.address,
        agent=visit.endpoint.holder,
        direction=visit.direction,
        state=visit.state,
    )


def _queues(switch: Switch) -> Iterator[SeenQueue]:
    for queue in switch.settings.queues:
        came = [entry.work.contact.came_at for entry in switch.routing if entry.queue is queue]
        yield SeenQueue(
            queue=queue.name,
            number=queue.number,
            waiting=len(came),
            longest_s=switch.timers.now - min(came) if came else 0.0,
        )


def _agent(desk: Desk) -> SeenAgent:
    return SeenAgent(
        agent=desk.id,
        name=desk.agent.name or desk.id,
        extension=desk.phone,
        session=desk.watched,
        channels=tuple(_channels(desk)),
    )


def _channels(desk: Desk) -> Iterator[SeenChannel]:
    for endpoint in desk.logins.values():
        seen = endpoint.seen_by(desk.id)
        if seen.agentstate is not None:
            yield SeenChannel(
                endpoint=seen.endpoint,
                type=seen.type,
                agentstate=seen.agentstate,
                reason=seen.reason,
                pendingagentstate=seen.pendingagentstate,
                interactions=len(endpoint.visits),
            )
