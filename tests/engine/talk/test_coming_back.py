"""Losing the connection, and coming back."""

import threading
import time

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection

from engine.talk import client as client_module
from engine.talk.client import Client, Login, log_in
from engine.talk.received import Received
from tests.engine.talk.fake_server import (
    SESSION,
    STARTED,
    TOKEN,
    FakeServer,
    JsonObject,
    Peer,
    Session,
    bound,
    failure,
    success,
)
from tests.engine.talk.fake_server import log_in as let_in
from tests.engine.talk.talking import LOGIN, WAIT_S, Talk, refused


def test_a_lost_connection_is_resumed_and_what_was_missed_comes() -> None:
    session = Session({"session.start": STARTED, "session.addchannel": [STARTED[0]]})

    def first(peer: Peer) -> None:
        let_in(peer)
        peer.send(*session.answer(peer.take()))
        session.answer(peer.take())  # done, and nobody hears of it
        peer.cut()

    resumed: list[JsonObject] = []

    def second(peer: Peer) -> None:
        bind = peer.take()
        resumed.append(bind)
        peer.send(bound(bind, "RESUMED", seq=7), *session.sent[5:])
        session.go_on(peer)

    with FakeServer(first, second) as server, Talk(server) as talk:
        talk.log_in().client.send("session.start", SESSION)
        talk.wait_for(name="session.initialized")
        talk.client.send("session.addchannel", SESSION)
        talk.wait_for(seq=7)
        talk.client.send("session.logout", SESSION)
        talk.wait_for(command="session.logout")
    cursor = {"token": TOKEN, "epoch": 1, "seq": 5}
    assert resumed == [{"command": "bindSession", "target": SESSION, "data": {"resume": cursor}}]
    assert [each.message["seq"] for each in talk.shown if "seq" in each.message] == list(range(1, 9))
    assert [request["command"] for request in session.requests] == [
        "session.start",
        "session.addchannel",
        "session.logout",
    ]
    assert talk.told[0].startswith("the connection is lost")
    assert talk.told[1:] == ["RESUMED: 2 messages were missed, and follow"]


def test_a_request_that_was_not_answered_is_sent_again_under_its_requestid() -> None:
    session = Session()

    def first(peer: Peer) -> None:
        let_in(peer)
        peer.take()  # and lost on its way to the session
        peer.cut()

    def second(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESUMED", seq=0))
        session.go_on(peer)

    with FakeServer(first, second) as server, Talk(server) as talk:
        talk.log_in().client.send("session.start", SESSION)
        assert talk.wait_for(command="session.start")["requestid"] == "t3"
    assert [request["requestid"] for request in session.requests] == ["t3"]
    assert talk.told[1] == "RESUMED: 0 messages were missed, and follow"


def test_what_is_sent_while_the_connection_is_lost_is_sent_later() -> None:
    session = Session()
    away = threading.Event()

    def first(peer: Peer) -> None:
        let_in(peer)
        peer.close("for a moment")
        away.set()

    def second(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESUMED", seq=0))
        session.go_on(peer)

    with FakeServer(first, second) as server, Talk(server) as talk:
        talk.log_in()
        assert away.wait(WAIT_S)
        assert "send it again later" in refused(lambda: talk.client.send_raw("{}"))
        talk.client.send("session.start", SESSION)
        talk.wait_for(command="session.start", result="success")
    assert len(session.requests) == 1


def test_a_token_goes_before_the_password_and_is_shown_again_on_coming_back() -> None:
    asked: list[JsonObject] = []
    shown: list[str | None] = []

    def first(peer: Peer) -> None:
        shown.append(peer.bearer)
        asked.append(let_in(peer))
        peer.cut()

    def second(peer: Peer) -> None:
        shown.append(peer.bearer)
        peer.send(bound(peer.take(), "RESUMED"))

    with FakeServer(first, second) as server, Talk(server, bearer="tkn") as talk:
        talk.log_in(Login(agent="agent1", password="pass", bearer="tkn")).wait_for(command="bindSession")
    assert asked == [{"override": False, "agent": {"id": "agent1"}}]
    assert shown == ["Bearer tkn", "Bearer tkn"]


def test_who_is_told_when_to_come_back_waits_as_long() -> None:
    knocked: list[float] = []

    def let_the_first_and_third_in(connection: ServerConnection, _: Request) -> Response | None:
        knocked.append(time.monotonic())
        if len(knocked) != 2:
            return None
        response = connection.respond(503, "full")
        response.headers["Retry-After"] = "1"
        return response

    def first(peer: Peer) -> None:
        let_in(peer)
        peer.cut()

    def third(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESUMED"))

    with FakeServer(first, third, knock=let_the_first_and_third_in) as server, Talk(server) as talk:
        talk.log_in().wait_for(command="bindSession")
    assert knocked[2] - knocked[1] >= 1


def test_after_a_reset_nobody_knows_what_was_done() -> None:
    def first(peer: Peer) -> None:
        let_in(peer)
        peer.take()
        peer.cut()

    def second(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESET", seq=9, epoch=2))
        assert peer.take()["requestid"] == "t4"
        peer.cut()

    last: list[JsonObject] = []

    def third(peer: Peer) -> None:
        bind = peer.take()
        last.append(bind["data"]["resume"])
        peer.send(bound(bind, "RESUMED", seq=9, epoch=2))
        request = peer.take()
        assert request["requestid"] == "t4", "what was lost with the reset is not sent again"
        peer.send(success(request, seq=10))

    with FakeServer(first, second, third) as server, Talk(server) as talk:
        talk.log_in().client.send("session.start", SESSION)
        talk.wait_for(command="bindSession")
        talk.client.send("session.start", SESSION)
        talk.wait_for(command="session.start", seq=10)
    assert talk.told[1:3] == [
        "RESET: the history is gone; send session.start to be told what exists now",
        "whether these were done, nobody knows: session.start; look, then send them again",
    ]
    assert last == [{"token": TOKEN, "epoch": 2, "seq": 9}]


def test_a_reset_with_nothing_under_way_only_says_so() -> None:
    def first(peer: Peer) -> None:
        let_in(peer)
        peer.cut()

    with FakeServer(first, lambda peer: peer.send(bound(peer.take(), "RESET"))) as server, Talk(server) as talk:
        talk.log_in().wait_for(command="bindSession")
    assert talk.told[1:] == ["RESET: the history is gone; send session.start to be told what exists now"]


def test_a_session_that_is_gone_cannot_be_resumed() -> None:
    def first(peer: Peer) -> None:
        let_in(peer)
        peer.cut()

    def second(peer: Peer) -> None:
        peer.send(failure(peer.take(), "INVALID_TARGET", "there is no session s1"))

    with FakeServer(first, second) as server, Talk(server) as talk:
        talk.log_in()
        said = refused(lambda: talk.client.receive(WAIT_S))
    assert said == "the server is back, and the session is gone (there is no session s1); run `ixp talk` again"


def test_coming_back_is_tried_until_the_server_is_there_again() -> None:
    def first(peer: Peer) -> None:
        let_in(peer)
        peer.cut()

    def not_yet(peer: Peer) -> None:
        peer.cut()

    def again(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESUMED"))

    with FakeServer(first, not_yet, again) as server, Talk(server) as talk:
        talk.log_in().wait_for(command="bindSession")


def test_a_server_that_does_not_come_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "COME_BACK_S", 0.0)

    def only(peer: Peer) -> None:
        let_in(peer)
        peer.cut()

    with FakeServer(only) as server, Talk(server) as talk:
        talk.log_in()
        said = refused(lambda: talk.client.receive(WAIT_S))
    assert "could not be reached again within 0 s" in said
    assert said.endswith("run `ixp talk` again when it is back")


def test_closing_ends_the_attempts_to_come_back() -> None:
    trying = threading.Event()

    def only(peer: Peer) -> None:
        let_in(peer)
        peer.cut()

    with FakeServer(only) as server:
        client = Client(server.url, batched=False, tell=lambda _: trying.set())
        log_in(client, LOGIN, may_override=lambda _: False, show=lambda _: None)
        got: list[Received | None] = []
        waiting = threading.Thread(target=lambda: got.append(client.receive(None)))
        waiting.start()
        assert trying.wait(WAIT_S)
        client.close()
        waiting.join(WAIT_S)
    assert got == [None]
