"""What the demo shows, as data: who does what, and what has to be seen before the story goes on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from protocol.strictjson import Json

AGENTS: Final[Mapping[str, str]] = MappingProxyType({"agent1": "4001", "agent2": "4002"})
"""The agents, and the phones they sit at."""
GROUP: Final = "Default"
CALLER: Final = "+15550100"


@attrs.frozen(kw_only=True)
class Seen:
    """An event that an agent must have been told since the step before; of any of their objects. Named twice, twice."""

    who: str
    event: str


@attrs.frozen(kw_only=True)
class Typed:
    """An agent types a line, as in `ixp talk`."""

    who: str
    line: str
    then: tuple[Seen, ...] = ()


@attrs.frozen(kw_only=True)
class Outside:
    """Something happens outside: a POST to the simulator's control. `{call}` and `{chat}` are ids it gave before."""

    path: tuple[str, ...]
    body: Mapping[str, Json] = attrs.field(factory=dict)
    then: tuple[Seen, ...] = ()


@attrs.frozen
class Caption:
    """A line for the onlooker."""

    text: str


Step = Typed | Outside | Caption


def _log_in(agent: str) -> tuple[Step, ...]:
    extension = AGENTS[agent]
    media = "channelgroup.chat=true channelgroup.email=false channelgroup.callback=false"
    return (
        Typed(who=agent, line="session.start", then=(Seen(who=agent, event="session.initialized"),)),
        Typed(
            who=agent, line=f"session.addchannelgroup channelgroup.name={GROUP} {media}", then=(_initialized(agent),)
        ),
        # The phone, the chats and the group: what is told late would be shown as if it were of the story.
        Typed(who=agent, line="channelgroup.activateall", then=3 * (_updated(agent),)),
        Typed(who=agent, line=f"channel.ready @{extension}", then=(_updated(agent),)),
    )


def _updated(agent: str) -> Seen:
    return Seen(who=agent, event="state.updated")


def _initialized(agent: str) -> Seen:
    return Seen(who=agent, event="channelgroup.initialized")


PROLOGUE: Final[tuple[Step, ...]] = tuple(step for agent in AGENTS for step in _log_in(agent))
"""Not shown: both agents log in, and are ready at their phones."""

STORY: Final[tuple[Step, ...]] = (
    Caption("A customer calls the queue Sales. The agent who has been idle for longest is offered the call."),
    Outside(
        path=("calls",),
        body={"to": "Sales", "from": CALLER, "data": {"order": "4711"}},
        then=(Seen(who="agent1", event="interaction.preview"),),
    ),
    Typed(who="agent1", line="answer", then=(Seen(who="agent1", event="interaction.started"),)),
    Caption("agent1 consults agent2, who sees the same customer data."),
    Typed(who="agent1", line=f"consult {AGENTS['agent2']}", then=(Seen(who="agent2", event="interaction.preview"),)),
    Typed(who="agent2", line="answer", then=(Seen(who="agent2", event="interaction.started"),)),
    Typed(
        who="agent1",
        line="interaction.setdata interactiondata.parcel=late",
        then=(Seen(who="agent2", event="interaction.datachanged"),),
    ),
    Caption("agent1 transfers the customer to agent2, and has wrap-up to do."),
    Typed(
        who="agent1",
        line="interaction.consulttransfer",
        then=(
            Seen(who="agent1", event="interaction.ended"),
            Seen(who="agent2", event="conversation.member.added"),
        ),
    ),
    Typed(
        who="agent1",
        line="complete disposition.code=ESCALATED",
        then=(Seen(who="agent1", event="interaction.disposed"),),
    ),
    Caption("A chat comes in while agent2 is still on the phone."),
    Typed(
        who="agent1",
        line=f"channel.ready @{GROUP}-chat-agent1",
        then=(Seen(who="agent1", event="channel.infochanged"),),
    ),
    Outside(
        path=("chats",),
        body={"queue": "Service", "name": "Eve", "data": {"page": "/returns"}},
        then=(Seen(who="agent1", event="interaction.preview"),),
    ),
    Typed(who="agent1", line="accept", then=(Seen(who="agent1", event="interaction.started"),)),
    Outside(
        path=("chats", "{chat}", "messages"),
        body={"text": "Can I send this back?"},
        then=(Seen(who="agent1", event="interaction.message.added"),),
    ),
    Typed(
        who="agent1",
        line='say "Of course. I am sending you a label."',
        then=(Seen(who="agent1", event="interaction.message.added"),),
    ),
    Outside(path=("chats", "{chat}", "leave"), then=(Seen(who="agent1", event="interaction.disposed"),)),
    Caption("The caller hangs up; agent2's wrap-up ends by its timer."),
    Outside(path=("calls", "{call}", "hangup"), then=(Seen(who="agent2", event="interaction.disposed"),)),
)

EPILOGUE: Final[tuple[Step, ...]] = tuple(Typed(who=agent, line="session.logout") for agent in AGENTS)
