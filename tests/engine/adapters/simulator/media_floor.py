"""The small contact centre with media instead of phones: agents' chat, email and callback channels, and two queues."""

from typing import Any, Final

from engine.adapters.simulator.settings import SimulatedGroup, SimulatedQueue
from protocol.platform import (
    AcceptInteraction,
    ActivateChannel,
    AddGroup,
    ChannelReport,
    CompleteInteraction,
    InteractionReport,
    Message,
    Party,
    RejectInteraction,
    ReleaseInteraction,
    SetAgentState,
    StartAgent,
    TransferInteraction,
)
from protocol.states import Ability, AgentState, ChannelType, Direction, InteractionState, LoginState, PartyRole
from tests.engine.adapters.simulator.centre import Centre

CHANGES: Final[dict[str, Any]] = {
    "groups": (SimulatedGroup(name="Help"),),
    "queues": (SimulatedQueue(name="Sales"), SimulatedQueue(name="Service", agents=("bob",))),
    "answer_s": 30.0,
    "patience_s": 120.0,
}

ADA: Final = Party(id="agent-ada", name="Ada", role=PartyRole.AGENT)
BOB: Final = Party(id="agent-bob", name="Bob", role=PartyRole.AGENT)
SYSTEM: Final = Party(id="system", name="System", role=PartyRole.SYSTEM)


def customer(contact: str, name: str = "Carl") -> Party:
    return Party(id=contact, name=name, role=PartyRole.CUSTOMER)


def said(message: str, party: Party, text: str, second: int = 0) -> Message:
    return Message(id=message, party=party, text=text, time=f"1970-01-01T00:{second // 60:02}:{second % 60:02}.000Z")


def endpoint(agent: str, kind: ChannelType) -> str:
    return f"Help-{kind.lower()}-{agent}"


def channel(agent: str, kind: ChannelType, agentstate: AgentState, **more: Any) -> ChannelReport:
    """What the switch has to report of the channel that an agent is logged in at."""
    return ChannelReport(
        endpoint=endpoint(agent, kind),
        type=kind,
        name=f"Help {kind.capitalize()}",
        loginstate=LoginState.ACTIVE,
        agentstate=agentstate,
        **more,
    )


def interaction(
    agent: str, kind: ChannelType, id_: str, contact: str, state: InteractionState, **more: Any
) -> InteractionReport:
    """What the switch has to report of an interaction that came in."""
    return InteractionReport(
        endpoint=endpoint(agent, kind),
        id=id_,
        contact=contact,
        type=kind,
        direction=Direction.INBOUND,
        state=state,
        **more,
    )


class Floor(Centre):
    """A switch at which nobody is logged in."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(staffed=False, **CHANGES | changes)

    # Agents

    def start(self, agent: str, *kinds: ChannelType, agentstate: AgentState = AgentState.READY) -> None:
        """Have the agent there, and forget what was told of that."""
        self.sit_down(agent, *kinds, agentstate=agentstate)
        self.pass_time(0)
        self.take()

    def sit_down(self, agent: str, *kinds: ChannelType, agentstate: AgentState = AgentState.READY) -> None:
        """A session for the agent, with channels of these kinds in this state."""
        self.switch.perform(agent, StartAgent())
        self.switch.perform(
            agent,
            AddGroup(
                name="Help",
                chat=ChannelType.CHAT in kinds,
                email=ChannelType.EMAIL in kinds,
                callback=ChannelType.CALLBACK in kinds,
            ),
        )
        for kind in kinds:
            where = endpoint(agent, kind)
            self.switch.perform(agent, ActivateChannel(endpoint=where))
            self.switch.perform(agent, SetAgentState(endpoint=where, agentstate=agentstate))

    def offers(self, agent: str) -> list[InteractionReport]:
        """What was offered to the agent since the line was last asked."""
        return [
            report
            for who, report in self.told
            if who == agent and isinstance(report, InteractionReport) and report.state is InteractionState.ALERTING
        ]

    def accept(self, who: str, kind: ChannelType, id_: str) -> InteractionReport:
        return self.ask(who, AcceptInteraction(endpoint=endpoint(who, kind), interaction=id_))

    def reject(self, who: str, kind: ChannelType, id_: str) -> InteractionReport:
        return self.ask(who, RejectInteraction(endpoint=endpoint(who, kind), interaction=id_))

    def release(self, who: str, kind: ChannelType, id_: str) -> InteractionReport:
        return self.ask(who, ReleaseInteraction(endpoint=endpoint(who, kind), interaction=id_))

    def complete(self, who: str, kind: ChannelType, id_: str, **more: Any) -> InteractionReport:
        return self.ask(who, CompleteInteraction(endpoint=endpoint(who, kind), interaction=id_, **more))

    def transfer(self, who: str, kind: ChannelType, id_: str, **to: str) -> InteractionReport:
        return self.ask(who, TransferInteraction(endpoint=endpoint(who, kind), interaction=id_, **to))


def chat(agent: str, id_: str, state: InteractionState, **more: Any) -> InteractionReport:
    """What the switch has to report of the first contact, a chat whose customer's side can do everything."""
    return interaction(agent, ChannelType.CHAT, id_, "contact1", state, abilities=frozenset(Ability), **more)


def a_chat(**changes: Any) -> tuple[Floor, str]:
    """Ada is ready, and has been offered a chat."""
    floor = Floor(**changes)
    floor.start("ada", ChannelType.CHAT)
    contact = floor.switch.chat("Sales", "Carl")
    floor.pass_time(0)
    return floor, contact


def a_started_chat(**changes: Any) -> tuple[Floor, str]:
    floor, contact = a_chat(**changes)
    floor.accept("ada", ChannelType.CHAT, "interaction1")
    floor.take()
    return floor, contact
