"""The listing of a phone makes good what was missed: the pure model, without a phone."""

from engine.adapters.sip.calls import Deed
from engine.adapters.sip.listing import compare
from engine.adapters.sip.words import CallState, Happening
from protocol.states import ConversationState, EndCause, InteractionState
from tests.engine.adapters.sip.model import OUT, Model, address, consulting, entry

H, C, E, S = Happening, ConversationState, EndCause, InteractionState


def test_what_was_missed_is_found_in_the_listing() -> None:
    model = Model()
    model.talks("4001")
    model.rings("4002", "id-2", "dora")
    model.lists("4001")
    assert model.reports("agent1")[-1].cause is E.FAILED
    model.lists("4002", [entry(1, CallState.ESTABLISHED, "dora", held=True)])
    assert model.reports("agent2")[-1].legs[0].state is C.HELD
    model.lists("4003", [entry(1, CallState.INCOMING, "eve")])
    assert model.reports("agent3")[-1].state is S.ALERTING


def test_a_call_that_was_found_gets_its_id_from_the_next_event() -> None:
    model = Model()
    model.lists("4001", [entry(3, CallState.ESTABLISHED, "carl")])
    model.says("4001", H.CLOSED, "id-1", "carl", OUT, "Connection reset by peer")
    assert model.reports("agent1")[-1].cause is E.REMOTE


def test_two_calls_that_were_found_at_both_their_ends_are_one_contact() -> None:
    model = Model()
    model.lists("4001", [entry(1, CallState.RINGING, "4002")])
    model.lists("4002", [entry(1, CallState.INCOMING, "4001")])
    assert model.visit("4001").contact is model.visit("4002").contact


def test_two_calls_with_the_same_party_are_told_apart_by_their_lines() -> None:
    model = Model()
    visit = model.talks("4001")
    model.lists("4001", [entry(1, CallState.ESTABLISHED, "carl")])
    model.calls.consult(visit, "sip:carl@outside", model.now)
    model.lists("4001", [entry(1, CallState.ESTABLISHED, "carl", held=True), entry(2, CallState.RINGING, "carl")])
    assert [(leg.call.line, leg.state) for leg in visit.legs] == [(1, C.HELD), (2, C.DIALING)]
    model.lists("4001", [entry(2, CallState.ESTABLISHED, "carl")])
    assert [(leg.call.line, leg.state) for leg in visit.legs] == [(2, C.CONNECTED)]


def test_a_listing_that_lags_behind_the_events_ends_no_call() -> None:
    model = Model()
    model.rings("4001")
    model.lists("4001", [entry(1, CallState.INCOMING, "carl")])
    model.says("4001", H.ESTABLISHED, "id-1", "carl")
    model.lists("4001", [entry(1, CallState.INCOMING, "carl")])
    consult = model.calls.consult(model.visit("4001"), "sip:dora@outside", model.now)
    model.lists("4001", [entry(1, CallState.ESTABLISHED, "carl"), entry(2, CallState.RINGING, "dora")])
    model.says("4001", H.ESTABLISHED, "id-2", "dora", OUT)
    model.lists("4001", [entry(1, CallState.ESTABLISHED, "carl"), entry(2, CallState.RINGING, "dora")])
    assert model.visit("4001").legs[1] is consult
    assert consult.state is C.CONNECTED


def test_two_legs_that_talk_at_the_phone_are_told_as_one() -> None:
    model = Model()
    consulting(model)
    model.says("4001", H.ESTABLISHED, "id-2", "4002", OUT)
    model.lists("4001", [entry(1, CallState.ESTABLISHED, "carl"), entry(2, CallState.ESTABLISHED, "4002")])
    assert [leg.state for leg in model.reports("agent1")[-1].legs] == [C.HELD, C.CONNECTED]


def test_the_other_ends_of_a_dead_phone_s_calls_are_hung_up() -> None:
    model = Model()
    visit = model.calls.dial(model.at("4001"), model.at("4002").uri, model.now)
    model.calls.announce(visit)
    model.says("4001", H.RINGING, "id-1", "4002", OUT)
    model.talks("4002", "id-1", "4001")
    model.calls.phone_died(model.at("4001"))
    assert model.reports("agent1")[-1].cause is E.FAILED
    assert model.ordered() == [(Deed.HANG_UP, "4002")]


def test_calls_are_compared_with_lines() -> None:
    model = Model()
    first, second = model.talks("4001").primary.call, model.talks("4002", "id-2").primary.call
    first.line = 2
    at_two, at_one = entry(2, CallState.ESTABLISHED, "carl"), entry(1, CallState.ESTABLISHED, "carl")
    stranger = entry(3, CallState.INCOMING, "eve")
    both = compare([second, first], [at_two, at_one, stranger])
    assert both.there == [(first, at_two), (second, at_one)], "who has a line keeps it"
    assert (both.gone, both.new) == ([], [stranger])
    one = compare([second, first], [stranger])
    assert (one.there, one.gone, one.new) == ([], [second, first], [stranger])


def test_a_dialled_call_is_announced_when_the_phone_has_it() -> None:
    """Whatever has become of the answer to the command."""
    model = Model()
    visit = model.calls.dial(model.at("4001"), address("carl"), model.now)
    model.lists("4001", [entry(1, CallState.OUTGOING, "carl")])
    assert visit.announced
    assert model.reports("agent1")[-1].state is S.DIALING

    model = Model()
    model.calls.dial(model.at("4001"), address("carl"), model.now)
    model.lists("4001")
    assert model.reports("agent1") == []
    assert not model.at("4001").visits
