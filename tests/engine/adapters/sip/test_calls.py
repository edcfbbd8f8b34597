"""From what phones say to what agents are told: the pure model, without a phone."""

import pytest

from engine.adapters.sip.calls import Deed
from engine.adapters.sip.words import CallState, Happening
from protocol.platform import ActivateChannel, DeactivateChannel, LogoutAgent
from protocol.states import AgentState, ConversationState, ConversationType, EndCause, InteractionState
from tests.engine.adapters.sip.model import IN, OUT, Model, address, consulting, entry

H, C, E, S = Happening, ConversationState, EndCause, InteractionState


# Causes of ends


@pytest.mark.parametrize(
    ("answered", "text", "cause"),
    [
        (False, "Connection reset by user", E.REJECTED),
        (False, "Connection reset by peer", E.ABANDONED),
        (False, "487 Request Terminated", E.ABANDONED),
        (True, "Connection reset by user", E.RELEASED),
        (True, "Connection reset by peer", E.REMOTE),
        (True, "408 Request Timeout", E.FAILED),
        (True, "Call transfered", E.TRANSFERRED),
        (True, "", E.FAILED),
    ],
)
def test_the_words_of_the_phone_tell_why_a_caller_is_gone(answered: bool, text: str, cause: EndCause) -> None:
    model = Model()
    (model.talks if answered else model.rings)("4001")
    model.says("4001", H.CLOSED, "id-1", "carl", text=text)
    assert (model.reports("agent1")[-1].state, model.reports("agent1")[-1].cause) == (S.COMPLETED, cause)
    assert model.at("4001").calls == []


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("486 Busy Here", E.BUSY),
        ("600 Busy Everywhere", E.BUSY),
        ("480 Temporarily Unavailable", E.NOANSWER),
        ("408 Request Timeout", E.NOANSWER),
        ("404 Not Found", E.FAILED),
        ("Connection reset by user", E.RELEASED),
        ("Network is unreachable", E.FAILED),
    ],
)
def test_the_words_of_the_phone_tell_why_nobody_was_reached(text: str, cause: EndCause) -> None:
    model = Model()
    visit = model.calls.dial(model.at("4001"), "sip:carl@outside", model.now)
    model.calls.announce(visit)
    model.says("4001", H.RINGING, "id-1", "carl", OUT)
    model.says("4001", H.CLOSED, "id-1", "carl", OUT, text)
    assert model.reports("agent1")[-1].cause is cause


# Ids, and which call is which


def test_a_dialled_call_is_known_by_its_peer_until_the_phone_tells_its_id() -> None:
    model = Model()
    visit = model.calls.dial(model.at("4001"), "sip:carl@outside;transport=udp", model.now)
    assert model.told == []
    model.calls.announce(visit)
    model.says("4001", H.RINGING, "id-1", "carl", OUT)
    assert visit.primary.call.id == "id-1"
    model.says("4001", H.RINGING, "id-2", "dora", OUT)
    assert visit.primary.call.id == "id-1"


@pytest.mark.parametrize("first", ["4001", "4002"])
def test_both_ends_of_a_call_have_one_contact_whichever_phone_speaks_first(first: str) -> None:
    model = Model()
    dialled = model.calls.dial(model.at("4001"), model.at("4002").uri, model.now)
    model.calls.announce(dialled)
    steps = {
        "4001": lambda: model.says("4001", H.RINGING, "id-1", "4002", OUT),
        "4002": lambda: model.says("4002", H.INCOMING, "id-1", "4001"),
    }
    steps.pop(first)()
    next(iter(steps.values()))()
    assert model.visit("4002").contact is dialled.contact
    assert [member.name for member in model.reports("agent2")[0].legs[0].members] == ["Agent 1"]


def test_what_is_said_twice_is_told_once() -> None:
    model = Model()
    for _ in range(2):
        model.says("4001", H.INCOMING, "id-1", "carl")
    for _ in range(2):
        model.says("4001", H.ESTABLISHED, "id-1", "carl")
    for _ in range(2):
        model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    assert [report.state for report in model.reports("agent1")] == [S.ALERTING, S.STARTED, S.COMPLETED]


def test_a_call_that_begins_with_its_middle_is_told_as_it_stands() -> None:
    model = Model()
    model.says("4001", H.ESTABLISHED, "id-1", "carl")
    assert [report.state for report in model.reports("agent1")] == [S.STARTED]
    model.says("4002", H.CLOSED, "id-9", "carl")
    model.says("4002", H.MEDIA_CHANGED, "id-9", "carl")
    assert model.reports("agent2") == []


# Second calls


def test_a_second_caller_is_turned_away_and_nobody_is_told() -> None:
    model = Model()
    model.talks("4001")
    told = len(model.told)
    model.says("4001", H.INCOMING, "id-2", "dora")
    assert model.ordered() == [(Deed.HANG_UP, "4001")]
    model.says("4001", H.CLOSED, "id-2", "dora", text="Connection reset by user")
    assert len(model.told) == told
    assert model.visit("4001").primary.state is C.CONNECTED


def test_a_caller_who_could_not_be_turned_away_is_when_the_phone_is_asked_again() -> None:
    model = Model()
    model.talks("4001")
    model.says("4001", H.INCOMING, "id-2", "dora")
    model.ordered()
    model.lists("4001", [entry(1, CallState.ESTABLISHED, "carl"), entry(2, CallState.INCOMING, "dora")])
    assert model.ordered() == [(Deed.HANG_UP, "4001")]


def test_during_wrap_up_the_phone_rings() -> None:
    model = Model({"wrapup_s": 10.0})
    model.talks("4001")
    model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    model.rings("4001", "id-2", "dora")
    assert [report.state for report in model.reports("agent1")][-2:] == [S.ENDED, S.ALERTING]
    assert model.ordered() == []


# Consults


def test_a_consulted_agent_has_the_contact() -> None:
    model = Model()
    consulting(model)
    assert [leg.state for leg in model.reports("agent1")[-1].legs] == [C.HELD, C.DIALING]
    assert model.rings("4002", "id-2", "4001").contact is model.visit("4001").contact


def test_when_the_primary_ends_the_consult_is_the_primary() -> None:
    model = Model()
    consulting(model)
    consult = model.visit("4001").legs[1].id
    model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    (leg,) = model.reports("agent1")[-1].legs
    assert (leg.id, leg.type, leg.state) == (consult, ConversationType.PRIMARY, C.DIALING)
    model.says("4001", H.CLOSED, "id-2", "4002", OUT, "486 Busy Here")
    assert model.reports("agent1")[-1].cause is E.BUSY


def test_when_the_consult_ends_the_primary_is_left_on_hold() -> None:
    model = Model()
    consulting(model)
    model.says("4001", H.CLOSED, "id-2", "4002", OUT, "486 Busy Here")
    assert [leg.state for leg in model.reports("agent1")[-1].legs] == [C.HELD]


def test_the_contact_takes_the_place_of_the_consult_at_an_agent_s_phone() -> None:
    model = Model()
    consulting(model)
    at_two = model.talks("4002", "id-2", "4001")
    leg = at_two.primary
    model.calls.handovers.expect(model.visit("4001").primary, model.at("4002"), model.now, takes_over=leg)
    model.says("4002", H.INCOMING, "id-3", "carl")
    assert model.ordered() == [(Deed.ACCEPT, "4002")]
    model.says("4002", H.ESTABLISHED, "id-3", "carl")
    model.says("4002", H.CLOSED, "id-2", "4001", text="Connection reset by peer")
    (there,) = [report.legs[0] for report in model.reports("agent2")[-1:]]
    assert (there.id, there.state) == (leg.id, C.CONNECTED)
    assert [member.address for member in there.members] == ["carl"]


@pytest.mark.parametrize("comes", [True, False])
def test_a_consult_is_not_held_for_the_contact_that_takes_its_place(comes: bool) -> None:
    """The phone holds it by itself, between the two calls; only if the contact does not come, that is how it stands."""
    model = Model()
    consulting(model)
    leg = model.talks("4002", "id-2", "4001").primary
    model.calls.handovers.expect(model.visit("4001").primary, model.at("4002"), model.now, takes_over=leg)
    model.says("4002", H.INCOMING, "id-3", "carl")
    both = [entry(1, CallState.ESTABLISHED, "4001", held=True), entry(2, CallState.INCOMING, "carl")]
    model.lists("4002", both)
    assert [leg.state for leg in model.reports("agent2")[-1].legs] == [C.CONNECTED]
    if comes:
        model.lists("4002", [both[0], entry(2, CallState.ESTABLISHED, "carl")])
    else:
        model.ordered()
        model.says("4002", H.CLOSED, "id-3", "carl", text="Connection reset by peer")
        assert model.ordered() == [(Deed.LIST, "4002")]
        model.lists("4002", both[:1])
    states = [[each.state for each in report.legs] for report in model.reports("agent2")[1:]]
    assert states == [[C.CONNECTED], [C.CONNECTED] if comes else [C.HELD]]


def test_somebody_else_does_not_take_the_place_of_the_consult() -> None:
    model = Model()
    consulting(model)
    at_two = model.talks("4002", "id-2", "4001")
    model.calls.handovers.expect(model.visit("4001").primary, model.at("4002"), model.now, takes_over=at_two.primary)
    model.says("4002", H.INCOMING, "id-3", "dora")
    assert model.ordered() == [(Deed.HANG_UP, "4002")]
    model.now += 1_000
    model.says("4002", H.INCOMING, "id-4", "carl")
    assert model.ordered() == [(Deed.HANG_UP, "4002")]


def test_a_transferred_call_ends_once_and_takes_the_consult_with_it() -> None:
    model = Model()
    consulting(model)
    visit = model.visit("4001")
    visit.begin_transfer()
    model.says("4001", H.CLOSED, "id-1", "carl", text="Call transfered")
    assert model.reports("agent1")[-1].cause is E.TRANSFERRED
    assert model.ordered() == [(Deed.HANG_UP, "4001")]
    told = len(model.told)
    model.says("4001", H.CLOSED, "id-2", "4002", OUT, "Connection reset by user")
    assert len(model.told) == told


def test_a_failed_transfer_is_looked_into_for_the_phone_does_not_say_that_it_has_hung_up() -> None:
    model = Model()
    visit = model.talks("4001")
    visit.begin_transfer()
    model.says("4001", H.TRANSFER_FAILED, "id-1", "carl", text="486 Rejected")
    assert model.ordered() == [(Deed.LIST, "4001")]
    assert visit.transfer_failed == "486 Rejected"
    model.lists("4001")
    assert model.reports("agent1")[-1].cause is E.FAILED


# Being transferred


@pytest.mark.parametrize("rings_first", [True, False])
def test_an_agent_who_is_sent_on_has_the_same_leg_to_somebody_else(rings_first: bool) -> None:
    model = Model()
    visit = model.talks("4001", peer="4002")
    leg = visit.primary
    model.says("4001", H.REFERRED, "id-1", "4002", text="sip:dora@outside")
    steps = [
        lambda: model.says("4001", H.RINGING, "id-2", "dora", OUT),
        lambda: model.says("4001", H.CLOSED, "id-1", "4002", text="Connection reset by peer"),
    ]
    for step in steps if rings_first else reversed(steps):
        step()
    model.says("4001", H.ESTABLISHED, "id-2", "dora", OUT)
    last = model.reports("agent1")[-1]
    assert [(each.id, each.state) for each in last.legs] == [(leg.id, C.CONNECTED)]
    assert [member.address for member in last.legs[0].members] == ["dora"]
    assert {report.id for report in model.reports("agent1")} == {visit.id}
    assert all(each.state is C.CONNECTED for report in model.reports("agent1")[1:] for each in report.legs)


def test_who_is_sent_on_to_nobody_stays_while_the_first_call_lasts() -> None:
    model = Model()
    visit = model.talks("4001", peer="4002")
    model.says("4001", H.REFERRED, "id-1", "4002", text="sip:dora@outside")
    model.says("4001", H.CLOSED, "id-2", "dora", OUT, "486 Busy Here")
    assert visit.primary.call.id == "id-1"
    model.says("4001", H.CLOSED, "id-1", "4002", text="Connection reset by peer")
    assert model.reports("agent1")[-1].cause is E.REMOTE


def test_who_was_sent_here_is_the_same_contact() -> None:
    model = Model()
    visit = model.talks("4001")
    model.calls.handovers.expect(visit.primary, model.at("4002"), model.now)
    assert model.rings("4002", "id-2", "carl").contact is visit.contact
    assert model.rings("4003", "id-3", "carl").contact is not visit.contact


# Dialling


@pytest.mark.parametrize("happening", [H.RINGING, H.PROGRESS, H.ESTABLISHED])
def test_a_dialled_call_is_announced_when_the_phone_tells_of_it(happening: Happening) -> None:
    model = Model()
    model.calls.dial(model.at("4001"), address("carl"), model.now)
    model.says("4001", happening, "id-1", "carl", OUT)
    assert model.reports("agent1")[0].state in (S.DIALING, S.STARTED)


def test_a_dialled_call_that_failed_at_once_has_never_been() -> None:
    model = Model()
    model.calls.dial(model.at("4001"), address("carl"), model.now)
    model.says("4001", H.CLOSED, "id-1", "carl", OUT, "Invalid argument")
    assert model.reports("agent1") == []


# Time


def test_nobody_is_waited_for_for_ever() -> None:
    model = Model({"no_reply_s": 5.0, "dial_s": 30.0, "ring_s": 20.0})
    dead = model.calls.dial(model.at("4001"), "sip:dead@outside", model.now)
    deaf = model.calls.dial(model.at("4002"), "sip:deaf@outside", model.now)
    for visit in (dead, deaf):
        model.calls.announce(visit)
    assert model.timed == 2, "nobody looks at the time, for nothing else happens at a dead destination"
    model.says("4002", H.RINGING, "id-2", "deaf", OUT)
    model.rings("4003", "id-3", "carl")
    due = []
    for _ in range(3):
        model.now = model.calls.next_deadline()
        model.calls.on_deadline(model.now)
        due.append((model.now, [where for _, where in model.ordered()]))
        for extension, call, peer, way in (
            ("4001", "id-1", "dead", OUT),
            ("4002", "id-2", "deaf", OUT),
            ("4003", "id-3", "carl", IN),
        ):
            if due[-1][1] == [extension]:
                model.says(extension, H.CLOSED, call, peer, way, "Connection reset by user")
    assert due == [(5.0, ["4001"]), (20.0, ["4003"]), (30.0, ["4002"])]
    causes = [model.reports(agent)[-1].cause for agent in ("agent1", "agent2", "agent3")]
    assert causes == [E.FAILED, E.NOANSWER, E.NOANSWER]


def test_a_phone_that_does_not_hang_up_is_told_again() -> None:
    model = Model({"ring_s": 20.0})
    model.rings("4001")
    for _ in range(3):
        model.now = model.calls.next_deadline()
        model.calls.on_deadline(model.now)
        assert model.ordered() == [(Deed.HANG_UP, "4001")]


# Agents come and go


def test_wrap_up_is_work_until_it_is_completed() -> None:
    model = Model({"wrapup_s": 10.0})
    visit = model.talks("4001")
    model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    ended = model.reports("agent1")[-1]
    assert (ended.state, ended.wrapup_s) == (S.ENDED, 10.0)
    assert model.channels("agent1")[-1].agentstate is AgentState.WORK
    model.visits.complete(visit)
    assert model.channels("agent1")[-1].agentstate is AgentState.READY


def test_nobody_who_is_logged_out_is_told_and_who_logs_in_is_told_what_goes_on() -> None:
    model = Model()
    desk = model.desk("4001")
    model.acd.deactivate(desk, DeactivateChannel(endpoint="4001"))
    model.talks("4001")
    assert model.reports("agent1") == []
    model.acd.activate(desk, ActivateChannel(endpoint="4001"))
    assert [report.state for report in model.reports("agent1")] == [S.STARTED]


def test_a_call_goes_on_without_the_agent_and_needs_no_wrap_up() -> None:
    model = Model({"wrapup_s": 10.0})
    model.talks("4001")
    model.acd.logout(model.desk("4001"), LogoutAgent())
    told = len(model.told)
    model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    assert model.at("4001").visits == {}
    assert len(model.told) == told


def test_who_logs_out_in_wrap_up_is_told_nothing_more() -> None:
    model = Model({"wrapup_s": 10.0})
    model.talks("4001")
    model.says("4001", H.CLOSED, "id-1", "carl", text="Connection reset by peer")
    told = len(model.told)
    model.acd.logout(model.desk("4001"), LogoutAgent())
    assert model.at("4001").visits == {}
    assert len(model.told) == told


# What callers send along


@pytest.mark.parametrize("before", [True, False])
def test_headers_are_attached_whichever_comes_first(before: bool) -> None:
    model = Model()
    if before:
        model.calls.attach_data("id-1", {"User-to-User": "4711"})
        model.rings("4001")
    else:
        model.rings("4001")
        model.calls.attach_data("id-1", {"User-to-User": "4711"})
    assert model.reports("agent1")[-1].data == {"User-to-User": "4711"}
    for number in range(3_000):  # nobody's
        model.calls.attach_data(f"nobody-{number}", {"User-to-User": "x"})
    assert model.rings("4002", "nobody-1", "dora").contact.data == {}
