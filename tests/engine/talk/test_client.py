"""Logging in, sending, receiving."""

import threading

import pytest

from engine.talk import client as client_module
from engine.talk.client import Login
from engine.talk.received import Received
from tests.engine.talk.fake_server import (
    SESSION,
    STARTED,
    FakeServer,
    JsonObject,
    Peer,
    Session,
    bound,
    failure,
    success,
)
from tests.engine.talk.fake_server import log_in as let_in
from tests.engine.talk.talking import WAIT_S, Talk, refused

# Logging in


def test_no_secret_is_in_the_representation_of_a_login() -> None:
    assert repr(Login(agent="a", password="pass", bearer="t")) == "Login(agent='a', override=False, groups=())"


@pytest.mark.parametrize("batched", [False, True])
def test_logging_in_prepares_and_binds(batched: bool) -> None:
    asked: list[JsonObject] = []
    with FakeServer(lambda peer: asked.append(let_in(peer))) as server, Talk(server, batched=batched) as talk:
        talk.log_in(Login(agent="agent1", password="pass", groups=("Default",)))
        assert not talk.client.unbound.is_set()
        assert talk.client.view.session == SESSION
    assert asked == [{"override": False, "agent": {"id": "agent1", "password": "pass"}, "channelgroups": ["Default"]}]
    assert [each.message["command"] for each in talk.shown] == ["prepareSession", "bindSession"]


def confirm_first(peer: Peer) -> None:
    request = peer.take()
    assert request["data"]["override"] is False
    peer.send(
        {
            "command": "prepareSession",
            "result": "confirm",
            "message": "there is one",
            "original": request,
            "requestid": request["requestid"],
        }
    )
    assert let_in(peer)["override"] is True


def test_a_session_elsewhere_is_ended_when_the_person_says_so() -> None:
    asked: list[str] = []

    def may_override(message: str) -> bool:
        asked.append(message)
        return True

    with FakeServer(confirm_first) as server, Talk(server) as talk:
        talk.log_in(may_override=may_override)
        assert not talk.client.unbound.is_set()
    assert asked == ["there is one"]


def test_a_session_elsewhere_is_left_alone_otherwise() -> None:
    with FakeServer(confirm_first) as server, Talk(server) as talk:
        assert refused(talk.log_in) == (
            "agent1 has a session already, perhaps one that was left with quit; take it over with --override"
        )


def test_a_refused_login_says_why() -> None:
    def refuse(peer: Peer) -> None:
        peer.send(failure(peer.take(), "AUTH_FAILED", "agent id and password do not match; check both"))

    with FakeServer(refuse) as server, Talk(server) as talk:
        assert refused(talk.log_in) == (
            "prepareSession was refused for agent1: agent id and password do not match; check both"
        )
        assert "pass" not in talk.shown[0].shown().replace("password", "")


def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "RESPONSE_S", 0.05)

    def take_and_say_nothing(peer: Peer) -> None:
        while True:
            peer.take()

    with FakeServer(take_and_say_nothing) as server, Talk(server) as talk:
        assert refused(talk.log_in) == "no response to prepareSession within 0.05 s; look at the server's log"


# Sending and receiving


def test_nothing_in_time_is_none() -> None:
    with FakeServer(lambda peer: peer.take() and None) as server, Talk(server) as talk:
        assert talk.client.receive(0.01) is None
        assert talk.client.wait_for(lambda _: True, talk.shown.append, 0.01) is None


def test_requests_carry_requestids_of_their_own() -> None:
    session = Session()
    with FakeServer(session.serve) as server, Talk(server) as talk:
        talk.log_in()
        assert talk.client.send("session.start", SESSION) == "t3"
        assert talk.client.send_request({"command": "session.logout", "target": SESSION, "data": {}}) == "t4"
        talk.wait_for(command="session.logout", result="success")
        assert talk.client.unbound.is_set()
    assert session.requests == [
        {"command": "session.start", "target": SESSION, "data": {}, "requestid": "t3"},
        {"command": "session.logout", "target": SESSION, "data": {}, "requestid": "t4"},
    ]


@pytest.mark.parametrize(("batched", "frame"), [(False, '{"x": 1 }'), (True, '[{"x": 1 }]')])
def test_a_raw_text_is_sent_as_it_is(batched: bool, frame: str) -> None:
    taken: list[str | bytes] = []

    def take(peer: Peer) -> None:
        let_in(peer)
        taken.append(peer.take_text())
        peer.send({"name": "heard"})

    with FakeServer(take) as server, Talk(server, batched=batched) as talk:
        talk.log_in().client.send_raw('{"x": 1 }')
        talk.wait_for(name="heard")
    assert taken == [frame]


def test_batches_are_taken_apart_in_order() -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server, Talk(server, batched=True) as talk:
        talk.log_in().client.send("session.start", SESSION)
        talk.wait_for(name="session.initialized")
    assert [each.message for each in talk.shown[2:]] == session.sent


@pytest.mark.parametrize(
    "end",
    [
        {"name": "session.unbound", "target": SESSION, "data": {"message": "gone"}},
        {"name": "session.disposed", "target": SESSION, "data": {"cause": "EXPIRED", "message": "gone"}, "seq": 1},
    ],
)
def test_the_server_may_take_the_session_away(end: JsonObject) -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        peer.send(end)
        peer.close("that was it")

    with FakeServer(play) as server, Talk(server) as talk:
        talk.log_in().wait_for(name=end["name"])
        assert talk.client.unbound.is_set()
        assert "the server has closed the connection" in refused(lambda: talk.client.receive(WAIT_S))


def test_closing_ends_a_receive_that_waits() -> None:
    got: list[Received | None] = []
    with FakeServer(lambda peer: let_in(peer) and peer.take()) as server, Talk(server) as talk:
        talk.log_in()
        waiting = threading.Thread(target=lambda: got.append(talk.client.receive(None)))
        waiting.start()
        talk.client.close()
        waiting.join(WAIT_S)
    assert got == [None]


# Another session on the same connection


def prepare_another(peer: Peer) -> None:
    request = peer.take()
    assert request["command"] == "prepareSession"
    peer.send(success(request, {"session": {"id": "s2"}, "resumetoken": "other"}))


def bind_another(peer: Peer) -> None:
    request = peer.take()
    assert (request["command"], request["target"]) == ("bindSession", "s2")
    data = {"session": {"id": "s2", "state": "PREPARED"}, "epoch": 4, "seq": 0, "outcome": "NEW"}
    peer.send(success(request, data))


PREPARE: JsonObject = {"override": False, "agent": {"id": "agent2", "password": "pw"}}


def test_a_session_that_is_prepared_is_gone_over_to_when_it_is_bound_and_not_before() -> None:
    session = Session({"session.start": STARTED})

    def first(peer: Peer) -> None:
        let_in(peer)
        peer.send(*session.answer(peer.take()))
        prepare_another(peer)
        peer.take()  # of the first session, and never answered
        bind_another(peer)
        peer.take()
        peer.cut()

    resumed: list[JsonObject] = []

    def second(peer: Peer) -> None:
        bind = peer.take()
        resumed.append(bind)
        data = {"session": {"id": "s2", "state": "PREPARED"}, "epoch": 4, "seq": 0, "outcome": "RESUMED"}
        peer.send(success(bind, data))
        again = peer.take()
        assert (again["command"], again["target"]) == ("session.start", "s2")
        peer.send(success(again, seq=1))

    with FakeServer(first, second) as server, Talk(server) as talk:
        talk.log_in()
        assert talk.told == [], "the first one is prepared to be bound"
        talk.client.send("session.start", SESSION)
        talk.wait_for(name="session.initialized")
        talk.client.send("prepareSession", data=PREPARE)
        talk.wait_for(command="prepareSession")
        assert (talk.client.view.session, talk.client.view.prepared) == (SESSION, "s2")
        assert len(talk.client.view.objects) == 2
        talk.client.send("channel.ready", f"{SESSION}.c1")
        talk.client.send("bindSession", "s2")
        talk.wait_for(command="bindSession")
        assert (talk.client.view.session, talk.client.view.prepared) == ("s2", "")
        assert list(talk.client.view.objects) == ["s2"]
        talk.client.send("session.start", "s2")
        assert talk.wait_for(command="session.start")["target"] == "s2"
    assert talk.told[:2] == [
        "the session s2 is prepared; lines still go to s1, until bindSession goes over to the new one",
        "lines go to the session s2 from now on, and no more to s1",
    ]
    cursor = {"token": "other", "epoch": 4, "seq": 0}
    assert resumed == [{"command": "bindSession", "target": "s2", "data": {"resume": cursor}}]


def test_a_session_that_is_bound_again_is_still_the_same() -> None:
    def play(peer: Peer) -> None:
        let_in(peer)
        peer.send(success(peer.take()))
        peer.send(bound(peer.take(), "RESET", seq=3, epoch=2))

    with FakeServer(play) as server, Talk(server) as talk:
        talk.log_in()
        talk.client.send("unbindSession", SESSION)
        talk.client.send("bindSession", SESSION)
        talk.wait_for(command="bindSession")
    assert talk.told == ["RESET: the history is gone; send session.start to be told what exists now"]
