"""The client view follows what is promised, and complains of every broken promise: one corruption each."""

from collections.abc import Callable

import pytest

from engine.conformance.view import Broken, ClientView
from protocol.states import DisposalCause
from tests.engine.conformance.corruptions import (
    Corruption,
    Messages,
    at,
    change,
    drop,
    follow,
    heard,
    late,
    renumbered,
    repeat,
    swap,
)
from tests.fakes.desk import Desk
from tests.fakes.platform import FakePlatform, channel


def conversation() -> Messages:
    """A start with a group, a channel that is added, activated and removed, and a group that is removed."""
    fake = FakePlatform().with_group("Sales", channel("4001", "READY"), channel("4002"))
    desk = Desk(fake)
    messages = desk.ask("session.start", requestid="r1")
    messages += desk.ask("session.addchannel", data={"channel": {"endpoint": "4003", "type": "Chat"}}, requestid="r2")
    messages += desk.ask("channel.activate", ".c3", requestid="r3")
    messages += desk.ask("channel.activate", ".c9", requestid="r4")
    messages += desk.report(channel("4002", "UNAVAILABLE"))
    messages += desk.ask("session.removechannel", data={"channel": {"id": "c3"}}, requestid="r5")
    messages += desk.ask("session.removechannelgroup", data={"channelgroup": {"id": "g1"}})
    messages += desk.ask("session.request.externalnotreadyreasons")
    return messages + desk.ask("session.logout")


# Each takes a sound conversation and breaks one promise; numbers are put right afterwards.


def after_the_end(messages: Messages) -> None:
    messages.append({"name": "session.disposed", "target": "s1", "data": {"cause": "EXPIRED", "message": "late"}})


BROKEN: dict[str, tuple[str, Corruption]] = {
    "events before their response": ("O2", swap("channel.created", ".c3")),
    "an update before its channel.infochanged": ("O5", swap("state.updated", ".c3", nth=1)),
    "an update without its channel.infochanged": ("O5", drop("channel.infochanged", ".c3")),
    "a channel.infochanged without its update": ("O5", drop("state.updated", ".c3", nth=1)),
    "a bracket without its update": ("O5", drop("state.updated", ".g1")),
    "a bracket that is not closed": ("O5", drop("channel.initialized", ".c3")),
    "a bracket closed before its children": ("O5", swap("channelgroup.initialized", ".g1")),
    "children before their parent": ("O9", drop("channelgroup.created", ".g1")),
    "an object initialized twice": ("O5", repeat("channel.initialized", ".c3")),
    "an object created twice": ("O5", repeat("channel.created", ".c3")),
    "an id used twice": ("TGT-2", change("channel.created", ".c3", "target", "s1.c2")),
    "an id that is not that of the target": ("EV-2", change("channel.created", ".c3", "data", "channel", "id", "c7")),
    "no session.initialized": ("O8", drop("session.initialized")),
    "session.initialized twice": ("O8", repeat("session.initialized")),
    "session.initialized that forgets a group": (
        "EV-3",
        change("session.initialized", "", "data", "session", "channelgroups", []),
    ),
    "a session with another id": ("EV-2", change("session.initialized", "", "data", "session", "id", "s2")),
    "a group that lists other channels": (
        "EV-3",
        change("channelgroup.initialized", ".g1", "data", "channelgroup", "channels", ["c2", "c1"]),
    ),
    "an event before the start": ("O8", drop("session.start")),
    "a capability enabled twice": (
        "EV-4",
        change("state.updated", ".c3", "data", [{"name": "channel.activate", "type": "enable"}], nth=1),
    ),
    "a capability disabled that was not open": (
        "EV-4",
        change("state.updated", ".c3", "data", [{"name": "channel.ready", "type": "disable"}]),
    ),
    "a capability that is neither": (
        "EV-state.updated",
        change("state.updated", ".c3", "data", [{"name": "channel.ready", "type": "maybe"}]),
    ),
    "a capability of another kind": (
        "CAP-3",
        change("state.updated", ".c3", "data", [{"name": "session.logout", "type": "enable"}]),
    ),
    "an update that differs from the channel": (
        "EV-5",
        change("state.updated", ".c3", "state", {"loginstate": "ACTIVE"}),
    ),
    "an event for a channel that is gone": ("O7", late("channel.infochanged", ".c3")),
    "an update for a group that is gone": ("O7", late("state.updated", ".g1")),
    "an event for a channel that never was": ("O9", change("channel.infochanged", ".c3", "target", "s1.c8")),
    "a parent disposed before its children": ("O5", drop("channel.disposed", ".c2")),
    "another session's target": ("TGT-1", change("channel.infochanged", ".c3", "target", "s2.c3")),
    "an event of another kind": (
        "EV-channelgroup.infochanged",
        change("channel.infochanged", ".c3", "name", "channelgroup.infochanged"),
    ),
    "a cause that is not that of the response": ("EV-6", change("channel.infochanged", ".c3", "cause", "r1")),
    "a cause without a response": ("O2", change("channel.infochanged", ".c2", "cause", "r9")),
    "something between a response and its events": ("O5", swap("channel.activate", ".c9")),
    "a response within a block": ("O8", swap("session.addchannel", "", nth=0)),
    "a start that succeeds twice": ("O8", repeat("session.start")),
    "a result that is none": ("ENV-6", change("channel.activate", ".c3", "result", "confirm")),
    "a failure without words": ("ENV-5", change("channel.activate", ".c9", "failure", "message", "")),
    "an event with a result": ("EV-1", change("channel.infochanged", ".c3", "result", "success")),
    "something after the logout": ("O3", after_the_end),
}


def broken(messages: Messages, corrupt: Corruption) -> Messages:
    corrupt(messages)
    for message in messages:
        message.pop("seq", None)
    return renumbered(messages)


def test_a_sound_conversation_is_followed() -> None:
    messages = conversation()
    view = follow(messages)
    assert view.over
    assert view.seq == len(messages)
    assert view.world() == {}
    assert view.gone == {"s1.g1", "s1.g1.c1", "s1.g1.c2", "s1.c3"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_noticed(name: str) -> None:
    rule, corrupt = BROKEN[name]
    messages = broken(conversation(), corrupt)
    with pytest.raises(Broken, match=f"^{rule}: "):
        follow(messages)


GAPS: dict[str, Callable[[int], int | None]] = {
    "a gap": lambda seq: seq + (seq > 5),
    "a repetition": lambda seq: seq - (seq > 5),
    "from nought": lambda seq: seq - 1,
    "one without": lambda seq: None if seq == 5 else seq,
}


@pytest.mark.parametrize("number", GAPS.values(), ids=GAPS)
def test_numbers_have_no_gap_and_no_repetition(number: Callable[[int], int | None]) -> None:
    messages = [{**message, "seq": number(message["seq"])} for message in conversation()]
    with pytest.raises(Broken):
        follow(messages)


def test_what_was_missed_comes_again_after_a_resumption() -> None:
    messages = conversation()
    view = heard(messages[:8])
    view.resumed(2)
    for message in messages[2:]:
        view.take(message)
    assert view.over


REPLAYS: dict[str, tuple[str, Callable[[Messages], Messages]]] = {
    "nothing was to come again": ("ENV-7", lambda messages: messages[6:8]),
    "one is left out": ("LOSS-1", lambda messages: messages[3:]),
    "one differs": ("LOSS-1", lambda messages: [{**messages[2], "target": "s1"}]),
    "it stops before the end": ("LOSS-1", lambda messages: [*messages[2:6], *messages[8:]]),
}


@pytest.mark.parametrize("name", REPLAYS)
def test_what_comes_again_is_what_was_missed(name: str) -> None:
    rule, again = REPLAYS[name]
    messages = conversation()
    view = heard(messages[:8])
    if rule == "LOSS-1":
        view.resumed(2)
    with pytest.raises(Broken, match=f"{rule}: "):
        for message in again(messages):
            view.take(message)


def test_the_answer_to_a_repeated_requestid_may_come_again() -> None:
    messages = conversation()
    answer = messages[at(messages, "session.addchannel")]
    view = follow(messages[:-1])
    view.take(answer)
    with pytest.raises(Broken, match=r"ENV-3: .* came again, and differs"):
        view.take({**answer, "result": "failure", "failure": {"code": "TIMEOUT", "message": "late"}, "original": {}})


def test_the_world_as_a_client_knows_it() -> None:
    view = follow(conversation()[: at(conversation(), "session.addchannel")])
    assert set(view.world()) == {"s1.g1", "s1.g1.c1", "s1.g1.c2"}
    assert view.world()["s1.g1.c2"]["loginstate"] == "INACTIVE"
    assert view.children("s1", "channelgroup") == ["g1"]
    assert view.children("s1.g1", "channel") == ["c1", "c2"]
    assert view.may("s1", "session.logout")
    assert not view.may("s1", "session.start")
    assert view.may("s1.g1.c2", "channel.activate")
    assert not view.may("s1.g1.c1", "channel.activate")
    assert not view.may("s1.g1.c9", "channel.activate")


def test_after_a_reset_everything_comes_anew_under_new_ids() -> None:
    desk = Desk(FakePlatform().with_channels(channel("4001"))).started()
    desk.bind(reset=True)
    assert desk.client.world() == {}
    desk.ask("session.start")
    assert set(desk.client.world()) == {"s1.c2"}
    messages = conversation()
    view = follow(messages[:-1])
    view.start_anew(view.seq)
    with pytest.raises(Broken, match=r"O7: .*which was disposed"):
        view.take({**messages[at(messages, "channel.created", ".c3")], "seq": view.seq + 1})


def test_a_session_that_was_disposed_of_says_no_more() -> None:
    desk = Desk().started()
    messages = desk.end(DisposalCause.SUPERVISOR)
    assert desk.client.over
    with pytest.raises(Broken, match="nothing comes after the end"):
        desk.client.take({**messages[0], "seq": messages[0]["seq"] + 1})


def test_a_notice_to_the_connection_has_no_number() -> None:
    view = ClientView("s1")
    view.take({"name": "session.unbound", "target": "s1", "data": {"message": "bound elsewhere"}})
    assert view.seq == 0
