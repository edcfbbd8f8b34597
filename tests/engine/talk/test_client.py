"""The connection: logging in, losing it, coming back."""

import json
import logging
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import serve

from engine.simulation.client import Client as Control
from engine.simulation.client import ControlError
from engine.talk import client as client_module
from engine.talk.client import Client, Login, Received, TalkError, log_in
from tests.blackbox.certificates import write_certificate
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

LOGIN = Login(agent="agent1", password="pass")
WAIT_S = 10.0


class Talk:
    """A client with all that it shows and tells."""

    def __init__(self, server: FakeServer | str, *, batched: bool = False) -> None:
        self.shown: list[Received] = []
        self.told: list[str] = []
        url = server if isinstance(server, str) else server.url
        self.client = Client(url, batched=batched, tell=self.told.append)

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def log_in(self, login: Login = LOGIN, *, may_override: Callable[[str], bool] = lambda _: False) -> "Talk":
        log_in(self.client, login, may_override=may_override, show=self.shown.append)
        return self

    def wait_for(self, **properties: Any) -> JsonObject:
        """Receive until a message has these properties."""

        def fits(received: Received) -> bool:
            return properties.items() <= received.message.items()

        received = self.client.wait_for(fits, self.shown.append, WAIT_S)
        assert received is not None, f"nothing like {properties} came"
        return received.message


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(TalkError) as raised:
        act()
    return str(raised.value)


# Secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"data":{"session":{"id":"s"},"resumetoken":"x"}, "a" : 1}',
            '{"data":{"session":{"id":"s"},"resumetoken":"***"},"a":1}',
        ),
        (
            '{"result":"failure","original":{"data":{"agent":{"id":"a","password":"x"}}}}',
            '{"result":"failure","original":{"data":{"agent":{"id":"a","password":"***"}}}}',
        ),
        (
            '{"original":{"data":{"resume":{"token":"x","epoch":1}}}}',
            '{"original":{"data":{"resume":{"token":"***","epoch":1}}}}',
        ),
        (
            '{"original":{"command":"supervisor.login","data":{"supervisor":{"id":"s","password":"x"}}}}',
            '{"original":{"command":"supervisor.login","data":{"supervisor":{"id":"s","password":"***"}}}}',
        ),
        ('{"name" : "x",  "data":{"token":"not a secret"}}', '{"name" : "x",  "data":{"token":"not a secret"}}'),
        ('{"original":"no object","data":[1]}', '{"original":"no object","data":[1]}'),
    ],
)
def test_messages_are_shown_as_they_came_but_for_secrets(text: str, shown: str) -> None:
    assert Received(text, json.loads(text)).shown() == shown


def test_the_password_is_not_in_the_representation_of_a_login() -> None:
    assert "pass" not in repr(Login(agent="a", password="pass")).replace("password", "")


# Logging in


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


# Servers that are none


def test_an_address_that_is_no_url_is_explained() -> None:
    assert refused(lambda: Talk("127.0.0.1:8765")) == (
        "127.0.0.1:8765 is no WebSocket URL; write one like ws://127.0.0.1:8765/agent, as `ixp serve` prints it"
    )
    assert "is no WebSocket URL" in refused(lambda: Talk("ws://127.0.0.1:99999/agent"))


def test_a_server_that_is_not_there_is_explained(unused_port: int) -> None:
    said = refused(lambda: Talk(f"ws://127.0.0.1:{unused_port}/agent"))
    assert "cannot be reached (Connection refused); start `ixp serve`" in said


def test_a_server_of_another_kind_is_explained() -> None:
    with serve(lambda _: None, "127.0.0.1", 0, process_request=lambda c, _: c.respond(404, "no")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        said = refused(lambda: Talk(f"ws://127.0.0.1:{server.socket.getsockname()[1]}/agent"))
        server.shutdown()
        thread.join()
    assert "is not an agent-session server (server rejected WebSocket connection: HTTP 404: no)" in said


@pytest.mark.parametrize(
    "connect", [Talk, lambda url: Control(url.replace("wss", "https").removesuffix("/agent")).get("overview")]
)
def test_a_certificate_that_is_not_trusted_is_explained(tmp_path: Path, connect: Callable[[str], object]) -> None:
    write_certificate(tmp_path, "server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with serve(lambda _: None, "127.0.0.1", 0, ssl=context, logger=logging.getLogger("silent")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with pytest.raises((TalkError, ControlError)) as failed:
            connect(f"wss://127.0.0.1:{server.socket.getsockname()[1]}/agent")
        server.shutdown()
        thread.join()
    assert "is not trusted (self-signed certificate)" in str(failed.value)
    assert "SSL_CERT_FILE" in str(failed.value)


def test_a_server_that_knows_no_batches_is_explained() -> None:
    with FakeServer(lambda peer: None, subprotocols=None) as server:
        said = refused(lambda: Talk(server, batched=True))
    assert said.endswith("does not speak agent-session-batch.v1; leave --batched out")


@pytest.mark.parametrize("text", ["hello", "[1]", b"\xff", '{"a":'])
def test_a_server_that_speaks_otherwise_is_explained(text: str | bytes) -> None:
    with FakeServer(lambda peer: peer.send_text(text)) as server, Talk(server) as talk:
        assert "sent what the protocol does not know" in refused(lambda: talk.client.receive(WAIT_S))


def test_nothing_in_time_is_none() -> None:
    with FakeServer(lambda peer: peer.take() and None) as server, Talk(server) as talk:
        assert talk.client.receive(0.01) is None
        assert talk.client.wait_for(lambda _: True, talk.shown.append, 0.01) is None


# Sending


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


# Losing the connection


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


def test_closing_ends_a_receive_that_waits() -> None:
    got: list[Received | None] = []
    with FakeServer(lambda peer: let_in(peer) and peer.take()) as server, Talk(server) as talk:
        talk.log_in()
        waiting = threading.Thread(target=lambda: got.append(talk.client.receive(None)))
        waiting.start()
        talk.client.close()
        waiting.join(WAIT_S)
    assert got == [None]


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
