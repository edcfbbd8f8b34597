"""The calls of the simulated switch: what is told of each step, and what is refused and changes nothing."""

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.csta.words import ConnectionState
from engine.dmcc_simulator.exchange import Exchange, Happening, SwitchRefusal
from engine.dmcc_simulator.settings import JoinKeeps, SwitchSettings, demo

S = ConnectionState
CUSTOMER = "+15550100"


@attrs.define
class Clock:
    """What is due, until it is forgotten."""

    due: list[tuple[float, Callable[[], None]]] = attrs.field(factory=list)

    def later(self, delay_s: float, do: Callable[[], None]) -> Callable[[], None]:
        item = (delay_s, do)
        self.due.append(item)
        return lambda: self.due.remove(item) if item in self.due else None

    def next(self) -> None:
        item = min(self.due, key=lambda each: each[0])
        self.due.remove(item)
        item[1]()


@attrs.define
class Switch:
    exchange: Exchange
    clock: Clock
    told: list[Happening]

    def names(self) -> list[str]:
        return [each.name for each in self.told]

    def states(self, call: str) -> dict[str, ConnectionState]:
        return self.exchange.calls[call].connections

    def refused(self, what: Callable[..., object], *details: str) -> str:
        before = [(call.id, dict(call.connections)) for call in self.exchange.calls.values()]
        told = len(self.told)
        with pytest.raises(SwitchRefusal) as refusal:
            what(*details)
        assert [(call.id, call.connections) for call in self.exchange.calls.values()] == before
        assert len(self.told) == told
        return refusal.value.value


def a_switch(**changes: object) -> Switch:
    told: list[Happening] = []
    clock = Clock()
    return Switch(Exchange(attrs.evolve(demo(4), **changes), told.append, clock.later), clock, told)


def test_a_call_between_phones_is_told_step_by_step() -> None:
    at = a_switch()
    call = at.exchange.make("4001", "4002", "A7")
    assert at.names() == ["ServiceInitiatedEvent", "OriginatedEvent", "DeliveredEvent"]
    assert at.told[-1].local == {"4001": S.CONNECTED, "4002": S.ALERTING}
    at.exchange.answer("4002", call.id)
    at.exchange.hold("4001", call.id)
    at.exchange.retrieve("4001", call.id)
    at.exchange.clear("4002", call.id)
    assert at.names()[3:] == [
        "EstablishedEvent",
        "HeldEvent",
        "RetrievedEvent",
        "ConnectionClearedEvent",
        "ConnectionClearedEvent",
    ]
    assert at.told[-2].local == {"4001": S.CONNECTED, "4002": S.NULL}
    assert at.told[-1].local == {"4001": S.NULL}
    assert at.exchange.calls == {}
    assert at.clock.due == []


def test_whoever_is_outside_answers_by_and_by() -> None:
    at = a_switch()
    call = at.exchange.make("4001", CUSTOMER)
    assert at.states(call.id) == {"4001": S.CONNECTED, CUSTOMER: S.ALERTING}
    at.clock.next()
    assert at.states(call.id)[CUSTOMER] is S.CONNECTED
    at.exchange.send_digits("4001", call.id, "12")
    at.exchange.send_digits("4001", call.id, "3")
    assert at.exchange.digits == {call.id: "123"}


@pytest.mark.parametrize("number", ["+15550190", "4002"])
def test_who_is_busy_gives_a_tone_that_ends_by_itself(number: str) -> None:
    at = a_switch()
    at.exchange.call_in(CUSTOMER, "4002")
    call = at.exchange.make("4001", number)
    assert (at.names()[-1], at.told[-1].cause) == ("FailedEvent", "busy")
    assert at.states(call.id) == {"4001": S.CONNECTED}
    at.clock.next()
    assert call.id not in at.exchange.calls


def test_who_does_not_answer_is_given_up() -> None:
    at = a_switch(tone_s=100.0)
    at.exchange.make("4001", "4002")
    at.clock.next()
    assert [(each.name, each.cause) for each in at.told[-2:]] == [
        ("ConnectionClearedEvent", "callNotAnswered"),
        ("FailedEvent", "callNotAnswered"),
    ]


def test_a_customer_who_is_rejected_is_gone() -> None:
    at = a_switch()
    call = at.exchange.call_in(CUSTOMER, "4001")
    at.exchange.clear("4001", call.id)
    assert at.exchange.calls == {}


@pytest.mark.parametrize("keeps", JoinKeeps)
@pytest.mark.parametrize("stays", [False, True])
def test_two_calls_become_one(keeps: JoinKeeps, *, stays: bool) -> None:
    at = a_switch(join_keeps=keeps)
    held = at.exchange.call_in(CUSTOMER, "4001")
    at.exchange.answer("4001", held.id)
    active = at.exchange.consult("4001", held.id, "4002")
    at.exchange.answer("4002", active.id)
    new = (at.exchange.conference if stays else at.exchange.transfer)("4001", held.id, active.id)
    expected = {JoinKeeps.HELD: held.id, JoinKeeps.ACTIVE: active.id, JoinKeeps.NEITHER: "3"}[keeps]
    assert new.id == expected
    assert list(at.exchange.calls) == [expected]
    assert set(new.connections) == {CUSTOMER, "4002", *(["4001"] if stays else [])}
    assert set(new.connections.values()) == {S.CONNECTED}
    assert at.told[-1].local["4001"] is (S.CONNECTED if stays else S.NULL)


def test_who_still_rings_when_the_call_is_given_on_rings_on() -> None:
    at = a_switch()
    held = at.exchange.call_in(CUSTOMER, "4001")
    at.exchange.answer("4001", held.id)
    active = at.exchange.consult("4001", held.id, "4002")
    new = at.exchange.transfer("4001", held.id, active.id)
    assert new.connections["4002"] is S.ALERTING
    at.clock.next()
    assert at.exchange.calls == {}


def test_a_consult_that_is_given_up_has_the_first_call_back() -> None:
    at = a_switch()
    held = at.exchange.call_in(CUSTOMER, "4001")
    at.exchange.answer("4001", held.id)
    active = at.exchange.consult("4001", held.id, "4002")
    at.exchange.reconnect("4001", held.id, active.id)
    assert at.states(held.id)["4001"] is S.CONNECTED
    assert active.id not in at.exchange.calls


def test_a_call_goes_elsewhere_in_one_step() -> None:
    at = a_switch()
    call = at.exchange.call_in(CUSTOMER, "4001")
    at.exchange.deflect("4001", call.id, "4002")
    assert [each.name for each in at.told[-2:]] == ["DivertedEvent", "DeliveredEvent"]
    at.exchange.answer("4002", call.id)
    at.exchange.transfer_single("4002", call.id, "4003")
    assert [each.name for each in at.told[-2:]] == ["TransferedEvent", "DeliveredEvent"]
    at.exchange.answer("4003", call.id)
    at.exchange.conference_single("4003", call.id, "4004")
    assert set(at.states(call.id)) == {CUSTOMER, "4003", "4004"}


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    at = a_switch()
    call = at.exchange.call_in(CUSTOMER, "4001")
    refused = at.refused
    assert refused(at.exchange.make, "4001", "4002") == "invalidObjectState"
    assert refused(at.exchange.make, "9999", "4002") == "invalidCallingDeviceID"
    assert refused(at.exchange.make, "4002", "9999") == "invalidDestination"
    assert refused(at.exchange.make, "4002", "4002") == "invalidDestination"
    assert refused(at.exchange.call_in, CUSTOMER, "4001") == "resourceBusy"
    assert refused(at.exchange.hold, "4001", call.id) == "noActiveCall"
    assert refused(at.exchange.retrieve, "4001", call.id) == "noHeldCall"
    assert refused(at.exchange.answer, "4001", "77") == "invalidConnectionID"
    assert refused(at.exchange.answer, "4002", call.id) == "invalidConnectionID"
    assert refused(at.exchange.clear, "4002", call.id) == "invalidConnectionID"
    assert refused(at.exchange.transfer, "4001", call.id, "77") == "noHeldCall"
    assert refused(at.exchange.transfer_single, "4001", call.id, "4002") == "noActiveCall"
    assert refused(at.exchange.transfer_single, "4001", "77", "4002") == "invalidConnectionID"
    at.exchange.answer("4001", call.id)
    assert refused(at.exchange.answer, "4001", call.id) == "noCallToAnswer"
    assert refused(at.exchange.consult, "4001", call.id, "9999") == "invalidDestination"
    assert refused(at.exchange.transfer_single, "4001", call.id, "+15550190") == "resourceBusy"


DEVICES = st.sampled_from(["4001", "4002", "4003", CUSTOMER])
CALLS = st.sampled_from(["1", "2", "3", "4"])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["make", "call_in"]), DEVICES, DEVICES),
    st.tuples(st.sampled_from(["answer", "hold", "retrieve", "clear"]), DEVICES, CALLS),
    st.tuples(st.sampled_from(["consult", "deflect", "transfer_single", "conference_single"]), DEVICES, CALLS, DEVICES),
    st.tuples(st.sampled_from(["alternate", "reconnect", "transfer", "conference"]), DEVICES, CALLS, CALLS),
    st.just(("tick",)),
)


@given(steps=st.lists(STEPS, max_size=40), keeps=st.sampled_from(JoinKeeps))
def test_whatever_is_done_the_switch_stays_in_order(steps: list[tuple[str, ...]], keeps: JoinKeeps) -> None:
    at = a_switch(join_keeps=keeps)
    for name, *details in steps:
        try:
            if name == "tick":
                if at.clock.due:
                    at.clock.next()
            else:
                getattr(at.exchange, name)(*details)
        except SwitchRefusal:
            continue
        for call in at.exchange.calls.values():
            assert call.connections, "a call without anybody"
            assert set(call.forget) <= set(call.connections), "something is due for somebody who has left"
        for device in at.exchange.settings.stations:
            states = [call.connections[device] for call in at.exchange.of(device)]
            assert sum(state is S.CONNECTED for state in states) <= 1, f"{device} talks in two calls"


def test_the_demo_has_as_many_as_asked_for() -> None:
    settings = demo(3, 100)
    assert isinstance(settings, SwitchSettings)
    assert (settings.stations, [login.id for login in settings.logins]) == (
        ("100", "101", "102"),
        ["agent1", "agent2", "agent3"],
    )
