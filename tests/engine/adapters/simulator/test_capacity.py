"""No channel ever has more than its type has room for, whatever comes at once and whatever agents make of it."""

from collections import Counter
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.simulator.settings import Capacity, SimulatedQueue, WrapUpTimes
from protocol.errors import FailureCode, Refused
from protocol.platform import InteractionReport, SetAgentState, TransferInteraction
from protocol.states import AgentState, ChannelType, InteractionState
from tests.engine.adapters.simulator.media_floor import Floor, endpoint

CHAT, EMAIL, CALLBACK = ChannelType.CHAT, ChannelType.EMAIL, ChannelType.CALLBACK
KINDS: Final = (CHAT, EMAIL, CALLBACK)
CAPACITY: Final = Capacity(chat=3, email=2, callback=1)


class Book:
    """What agents have at each of their channels, by nothing but what they were told."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.there: dict[tuple[str, str], InteractionReport] = {}
        self.most: Counter[str] = Counter()

    def read(self) -> None:
        for agent, report in self._floor.take():
            if isinstance(report, InteractionReport):
                assert report.endpoint.endswith(agent)
                self.there[report.endpoint, report.id] = report
                if report.state is InteractionState.COMPLETED:
                    del self.there[report.endpoint, report.id]
                here = Counter(where for where, _ in self.there)
                self.most |= here

    def at(self, where: str) -> list[InteractionReport]:
        return [report for (place, _), report in self.there.items() if place == where]


def arrive(floor: Floor, kind: ChannelType) -> str:
    match kind:
        case ChannelType.CHAT:
            return floor.switch.chat("Sales", "Carl")
        case ChannelType.EMAIL:
            return floor.switch.email("Sales", "carl@example.org", "Boots", "They leak.")
        case _:
            return floor.switch.callback("Sales", "+4930555010", "Carl")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("room", [1, 2, 5])
def test_as_many_are_offered_as_there_is_room_for(kind: ChannelType, room: int) -> None:
    floor = Floor(capacity=Capacity(**{kind.lower(): room}))
    floor.start("ada", *KINDS)
    for _ in range(room + 3):
        arrive(floor, kind)
    floor.pass_time(0)
    assert len(floor.offers("ada")) == room
    floor.take()
    floor.accept("ada", kind, "interaction1")
    floor.pass_time(0)
    assert floor.offers("ada") == []
    floor.release("ada", kind, "interaction1")
    floor.pass_time(0)
    assert len(floor.offers("ada")) == 1


def test_a_wrap_up_takes_room() -> None:
    floor = Floor(capacity=Capacity(chat=1), wrapup_s=WrapUpTimes(chat=15.0))
    floor.start("ada", CHAT)
    arrive(floor, CHAT)
    arrive(floor, CHAT)
    floor.pass_time(0)
    floor.accept("ada", CHAT, "interaction1")
    floor.release("ada", CHAT, "interaction1")
    floor.take()
    floor.pass_time(5)
    assert floor.offers("ada") == []
    floor.complete("ada", CHAT, "interaction1")
    floor.pass_time(0)
    assert len(floor.offers("ada")) == 1


def test_a_channel_stays_ready_while_there_is_room() -> None:
    floor = Floor(capacity=Capacity(chat=2))
    floor.start("ada", CHAT)
    arrive(floor, CHAT)
    floor.pass_time(0)
    report = floor.accept("ada", CHAT, "interaction1")
    assert report.channel is None
    assert [type(told) for _, told in floor.take()] == [InteractionReport, InteractionReport]


def test_a_channel_that_goes_not_ready_is_offered_no_more() -> None:
    floor = Floor(capacity=Capacity(chat=2))
    floor.start("ada", CHAT)
    arrive(floor, CHAT)
    floor.pass_time(0)
    floor.accept("ada", CHAT, "interaction1")
    answer = floor.ask("ada", SetAgentState(endpoint=endpoint("ada", CHAT), agentstate=AgentState.NOTREADY))
    assert (answer.agentstate, answer.pendingagentstate) == (AgentState.READY, AgentState.NOTREADY)
    floor.take()
    arrive(floor, CHAT)
    floor.pass_time(10)
    assert floor.take() == []


def test_the_kinds_have_room_of_their_own() -> None:
    floor = Floor(capacity=CAPACITY)
    floor.start("ada", *KINDS)
    for kind in KINDS * 5:
        arrive(floor, kind)
    floor.pass_time(0)
    assert Counter(offer.type for offer in floor.offers("ada")) == {CHAT: 3, EMAIL: 2, CALLBACK: 1}


def test_chats_are_shared_out_evenly() -> None:
    floor = Floor(capacity=CAPACITY)
    floor.start("ada", CHAT)
    floor.start("bob", CHAT)
    for _ in range(4):
        arrive(floor, CHAT)
    floor.pass_time(0)
    assert (len(floor.offers("ada")), len(floor.offers("bob"))) == (2, 2)


def test_nobody_is_handed_more_than_there_is_room_for() -> None:
    floor = Floor(capacity=Capacity(chat=1))
    floor.start("ada", CHAT)
    floor.start("bob", CHAT)
    for _ in range(2):
        arrive(floor, CHAT)
    floor.pass_time(0)
    first, second = floor.offers("ada")[0], floor.offers("bob")[0]
    floor.accept("ada", CHAT, first.id)
    floor.accept("bob", CHAT, second.id)
    floor.take()
    where = {"endpoint": endpoint("ada", CHAT), "interaction": first.id}
    assert floor.refused("ada", TransferInteraction(**where, agent="bob"))[0] is FailureCode.DESTINATION_BUSY


AGENTS: Final = ("ada", "bob", "cyn")


@given(data=st.data())
def test_concurrent_arrivals_never_overfill_a_channel_and_none_is_lost(data: st.DataObject) -> None:
    """Bursts arrive at one instant, agents do what they like; then they take all that is left, and nothing is left."""
    floor = Floor(
        queues=(SimulatedQueue(name="Sales"),),
        capacity=CAPACITY,
        wrapup_s=WrapUpTimes(chat=data.draw(st.sampled_from([0.0, 15.0])), email=15.0),
        patience_s=1e6,
    )
    book = Book(floor)
    for agent in AGENTS:
        floor.start(agent, *KINDS)
    arrived = 0
    for burst in data.draw(st.lists(st.lists(st.sampled_from(KINDS), max_size=30), max_size=4)):
        for kind in burst:
            arrive(floor, kind)
            arrived += 1
        floor.pass_time(0)
        book.read()
        for report in data.draw(st.permutations(list(book.there.values()))):
            _act(floor, book, report, data.draw(st.sampled_from(sorted(LEGAL))))
        floor.pass_time(data.draw(st.sampled_from([0.0, 1.0, 11.0, 31.0])))
        book.read()
    while floor.switch.tally.over < arrived or book.there:
        for agent in AGENTS:
            for kind in KINDS:
                ready = SetAgentState(endpoint=endpoint(agent, kind), agentstate=AgentState.READY)
                floor.ask(agent, ready)
        floor.pass_time(11)
        book.read()
        for report in list(book.there.values()):
            for act in ("accept", "release", "complete"):
                _act(floor, book, report, act)
    for where, most in book.most.items():
        assert most <= CAPACITY.of(next(kind for kind in KINDS if kind.lower() in where)), where
    tally = floor.switch.tally
    assert (tally.offered, tally.answered) == (arrived, arrived)
    floor.pass_time(100)
    assert floor.switch.live_objects() == 0


LEGAL: Final = {
    "accept": (InteractionState.ALERTING, InteractionState.STARTED),
    "reject": (InteractionState.ALERTING,),
    "release": (InteractionState.STARTED, InteractionState.ENDED),
    "complete": (InteractionState.ENDED,),
    "hand on": (InteractionState.STARTED,),
}
"""The states in which each act is open; asked for what holds already, it succeeds."""


def _act(floor: Floor, book: Book, told: InteractionReport, act: str) -> None:
    """What the agent tries: it is refused exactly where the state of the interaction, or a lack of room, is why."""
    agent, kind = told.endpoint.rsplit("-", 1)[1], told.type
    now = book.there.get((told.endpoint, told.id))
    try:
        match act:
            case "accept":
                floor.accept(agent, kind, told.id)
            case "reject":
                floor.reject(agent, kind, told.id)
            case "release":
                floor.release(agent, kind, told.id)
            case "complete":
                floor.complete(agent, kind, told.id)
            case "hand on":
                floor.transfer(agent, kind, told.id, agent=next(other for other in AGENTS if other != agent))
    except Refused as refused:
        if now is None:
            assert refused.code is FailureCode.INVALID_TARGET
        elif now.state in LEGAL[act]:
            assert (act, refused.code) == ("hand on", FailureCode.DESTINATION_BUSY)
        else:
            assert refused.code is FailureCode.INVALID_STATE
    else:
        assert now is not None
        assert now.state in LEGAL[act]
    book.read()
