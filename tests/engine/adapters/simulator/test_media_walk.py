"""A random walk over chats, emails and callbacks, whose customers and agents do whatever they like."""

from typing import Any, Final

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.adapters.simulator.customer_script import AwaitAgent, AwaitMessage, Leave, Say, Script, TypeFor
from engine.adapters.simulator.settings import Capacity, SimulatedQueue, WrapUpTimes
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    OVER,
    ChannelReport,
    InteractionReport,
    LogoutAgent,
    MessagePosted,
    Post,
    ReplyEmail,
    Report,
    SendMessage,
    SetAgentState,
    TypingChanged,
)
from protocol.states import AgentState, ChannelType, InteractionState, PartyRole
from tests.engine.adapters.simulator.media_floor import Floor, endpoint

CHAT, EMAIL, CALLBACK = KINDS = ChannelType.CHAT, ChannelType.EMAIL, ChannelType.CALLBACK
AGENTS: Final = ("ada", "bob", "cyn")
CAPACITY: Final = Capacity(chat=2, email=2, callback=1)
SCRIPT: Final = Script(
    steps=(
        Say(text="hello"),
        AwaitAgent(),
        TypeFor(seconds=3),
        AwaitMessage(),
        Say(text="bye"),
        Leave(),
    ),
    patience_s=40,
    idle_s=25,
)
EXPECTED: Final = (
    FailureCode.INVALID_STATE,
    FailureCode.INVALID_TARGET,
    FailureCode.UNSUPPORTED,
    FailureCode.DESTINATION_BUSY,
    FailureCode.INVALID_DESTINATION,
    FailureCode.INTERACTION_ACTIVE,
    FailureCode.CHANNEL_INACTIVE,
    FailureCode.CHANNEL_UNAVAILABLE,
)
NEXT: Final = {
    None: (InteractionState.ALERTING,),
    InteractionState.ALERTING: (InteractionState.STARTED, InteractionState.COMPLETED),
    InteractionState.STARTED: (InteractionState.ENDED, InteractionState.COMPLETED),
    InteractionState.ENDED: (InteractionState.COMPLETED,),
}
"""The states that may be told after one another; the same again tells of something else."""


@attrs.define
class Known:
    """A contact as the test knows it. `texts` are all that was said, in order, unless the customer has a script."""

    kind: ChannelType
    texts: list[str] = attrs.field(factory=list)
    scripted: bool = False


class MediaWalk(RuleBasedStateMachine):
    """Each contact is with one agent at most, is told whole and in order, ends once, and leaves nothing behind."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = Floor(
            queues=(
                SimulatedQueue(name="Sales", limit=6, overflow_s=50.0, overflow_to="Service"),
                SimulatedQueue(name="Service", agents=("bob",), overflow_s=200.0),
            ),
            capacity=CAPACITY,
            wrapup_s=WrapUpTimes(chat=15.0),
        )
        self.contacts: dict[str, Known] = {}
        self.there: dict[tuple[str, str], InteractionReport] = {}
        self.finished: set[tuple[str, str]] = set()
        self.seen: set[tuple[str, str, str]] = set()
        self.spoken = 0
        for agent in AGENTS:
            self.floor.start(agent, *KINDS)
        self.gone: set[str] = set()

    # What is told

    def hear(self) -> None:
        for agent, report in self.floor.take():
            match report:
                case InteractionReport():
                    self._hear_interaction(agent, report)
                case Post():
                    self._hear_post(agent, report)
                case ChannelReport():
                    pass

    def _hear_interaction(self, agent: str, report: InteractionReport) -> None:
        key = report.endpoint, report.id
        assert report.endpoint.endswith(f"-{agent}")
        assert agent not in self.gone
        assert key not in self.finished
        before = self.there.get(key)
        if before is None or before.state is not report.state:
            assert report.state in NEXT[before.state if before else None]
        if before is None:
            known = self.contacts[report.contact]
            assert report.type is known.kind
            assert known.scripted or [message.text for message in report.transcript] == known.texts
        self.there[key] = report
        if report.state is InteractionState.COMPLETED:
            del self.there[key]
            self.finished.add(key)

    def _hear_post(self, agent: str, post: Post) -> None:
        key = post.endpoint, post.interaction
        assert key in self.there
        assert self.there[key].state not in OVER
        assert (*key, post.id) not in self.seen
        assert post.party.role is not PartyRole.AGENT or post.party.id == f"agent-{agent}"
        self.seen.add((*key, post.id))

    def attempt(self, do: Any, *args: Any, **more: Any) -> bool:
        """Do it; refused, nothing is told."""
        try:
            do(*args, **more)
        except Refused as refused:
            assert refused.code in EXPECTED, refused
            return False
        return True

    # Customers

    @rule(kind=st.sampled_from(KINDS), queue=st.sampled_from(["Sales", "Service"]), scripted=st.booleans())
    def arrives(self, kind: ChannelType, queue: str, scripted: bool) -> None:
        switch = self.floor.switch
        match kind:
            case ChannelType.CHAT:
                contact = switch.chat(queue, "Carl", script=SCRIPT if scripted else None)
                self.contacts[contact] = Known(kind, scripted=scripted)
            case ChannelType.EMAIL:
                text = self._new_text()
                contact = switch.email(queue, "carl@example.org", "Boots", text)
                self.contacts[contact] = Known(kind, [text])
            case _:
                self.contacts[switch.callback(queue, "+4930555010", "Carl")] = Known(kind)
        self.floor.pass_time(0)

    @precondition(lambda self: self.contacts)
    @rule(data=st.data())
    def customer_writes(self, data: st.DataObject) -> None:
        contact = data.draw(st.sampled_from(sorted(self.contacts)))
        known, text = self.contacts[contact], self._new_text()
        write = self.floor.switch.email_follows if known.kind is EMAIL else self.floor.switch.customer_message
        before = self._holder(contact)
        self.hear()
        if self.attempt(write, contact, text):
            known.texts.append(text)
            told = [(agent, post) for agent, post in self.floor.take() if isinstance(post, MessagePosted)]
            assert [(post.endpoint, post.interaction, post.text) for _, post in told] == [
                (*key, text) for key in before
            ]

    @precondition(lambda self: self.contacts)
    @rule(data=st.data(), on=st.booleans())
    def customer_types(self, data: st.DataObject, on: bool) -> None:
        contact = data.draw(st.sampled_from(sorted(self.contacts)))
        self.hear()
        before = self._holder(contact)
        if self.attempt(self.floor.switch.customer_typing, contact, on):
            told: list[tuple[str, Report]] = self.floor.take()
            assert all(isinstance(post, TypingChanged) and post.typing is on for _, post in told)
            assert len(told) <= len(before)

    @precondition(lambda self: self.contacts)
    @rule(data=st.data())
    def customer_ends_it(self, data: st.DataObject) -> None:
        contact = data.draw(st.sampled_from(sorted(self.contacts)))
        chat = self.contacts[contact].kind is CHAT
        self.attempt(self.floor.switch.customer_leaves if chat else self.floor.switch.customer_withdraws, contact)
        self.hear()
        assert self._holder(contact) == []

    # Agents

    @precondition(lambda self: self.there)
    @rule(data=st.data(), act=st.sampled_from(["accept", "reject", "release", "complete"]))
    def agent_acts(self, data: st.DataObject, act: str) -> None:
        where, id_ = data.draw(st.sampled_from(sorted(self.there)))
        self.attempt(getattr(self.floor, act), where.rsplit("-", 1)[1], self.there[where, id_].type, id_)

    @precondition(lambda self: self.there)
    @rule(data=st.data(), reply=st.booleans())
    def agent_writes(self, data: st.DataObject, reply: bool) -> None:
        where, id_ = data.draw(st.sampled_from(sorted(self.there)))
        contact, text = self.there[where, id_].contact, self._new_text()
        call = (ReplyEmail if reply else SendMessage)(endpoint=where, interaction=id_, text=text)
        if self.attempt(self.floor.ask, where.rsplit("-", 1)[1], call):
            self.contacts[contact].texts.append(text)

    @precondition(lambda self: self.there)
    @rule(data=st.data(), to=st.sampled_from([*AGENTS, "Sales", "Service", "Nowhere"]), note=st.booleans())
    def agent_hands_on(self, data: st.DataObject, to: str, note: bool) -> None:
        where, id_ = data.draw(st.sampled_from(sorted(self.there)))
        report, text = self.there[where, id_], self._new_text()
        target = {"agent" if to in AGENTS else "queue": to} | ({"note": text} if note else {})
        known = self.contacts[report.contact]
        known.texts.extend([text] if note else [])
        if not self.attempt(self.floor.transfer, where.rsplit("-", 1)[1], report.type, id_, **target) and note:
            known.texts.pop()

    @rule(agent=st.sampled_from(AGENTS), kind=st.sampled_from(KINDS), ready=st.booleans())
    def agent_chooses(self, agent: str, kind: ChannelType, ready: bool) -> None:
        state = AgentState.READY if ready else AgentState.NOTREADY
        self.attempt(self.floor.ask, agent, SetAgentState(endpoint=endpoint(agent, kind), agentstate=state))

    @rule(agent=st.sampled_from(AGENTS))
    def agent_goes(self, agent: str) -> None:
        self.hear()
        self.floor.ask(agent, LogoutAgent())
        self.floor.take()
        self.gone.add(agent)
        for where, id_ in [key for key in self.there if key[0].endswith(f"-{agent}")]:
            del self.there[where, id_]
            self.finished.add((where, id_))

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def agent_comes(self, data: st.DataObject) -> None:
        agent = data.draw(st.sampled_from(sorted(self.gone)))
        self.hear()
        self.gone.discard(agent)
        self.floor.sit_down(agent, *KINDS)

    # Time

    @rule(seconds=st.sampled_from([0.0, 0.5, 5.0, 11.0, 31.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.floor.pass_time(seconds)

    # Claims

    @invariant()
    def all_is_sound(self) -> None:
        self.hear()
        places = [where for where, _ in self.there]
        for where in set(places):
            room = CAPACITY.of(next(kind for kind in KINDS if kind.lower() in where))
            assert places.count(where) <= room
        alive = [report.contact for report in self.there.values() if report.state not in OVER]
        assert len(alive) == len(set(alive)), "a contact with two agents"
        tally = self.floor.switch.tally
        assert tally.offered == len(self.contacts)
        assert tally.over <= tally.offered
        assert set(alive) <= set(self.contacts)
        assert len(alive) <= tally.offered - tally.over

    def teardown(self) -> None:
        """The customers give up; after their wrap-ups nothing is left."""
        for contact, known in self.contacts.items():
            end = self.floor.switch.customer_leaves if known.kind is CHAT else self.floor.switch.customer_withdraws
            self.attempt(end, contact)
        self.hear()
        for (where, id_), report in list(self.there.items()):
            assert report.state is InteractionState.ENDED
            self.floor.complete(where.rsplit("-", 1)[1], report.type, id_)
        self.floor.pass_time(1_000)
        tally = self.floor.switch.tally
        assert (tally.over, self.floor.switch.live_objects()) == (tally.offered, 0)

    # Steps

    def _new_text(self) -> str:
        self.spoken += 1
        return f"text {self.spoken}"

    def _holder(self, contact: str) -> list[tuple[str, str]]:
        return [key for key, report in self.there.items() if report.contact == contact and report.state not in OVER]


TestMediaWalk = MediaWalk.TestCase
TestMediaWalk.settings = settings(stateful_step_count=60, max_examples=50, deadline=None)
