"""Scripts whose server is not there, says nothing, or is lost on the way."""

import pytest

from engine.talk import script as script_module
from tests.engine.talk.fake_server import (
    STARTED,
    FakeServer,
    Peer,
    Session,
    bound,
    failure,
    log_in,
    success,
)
from tests.engine.talk.runs import Runs


def test_a_script_that_cannot_be_understood_is_not_begun(run: Runs) -> None:
    assert run("ws://127.0.0.1:1/agent", "session.start", "nonsense") == 1
    assert run.errors == "ixp: line 2, column 1: there is no command nonsense; `help` in `ixp talk` lists all\n"


def test_a_server_that_is_not_there_is_status_1(run: Runs, unused_port: int) -> None:
    assert run(f"ws://127.0.0.1:{unused_port}/agent", "session.start") == 1
    assert "cannot be reached (Connection refused); start `ixp serve`" in run.errors


def test_a_refused_login_is_status_1_and_printed_without_the_password(run: Runs) -> None:
    with FakeServer(lambda peer: peer.send(failure(peer.take(), "AUTH_FAILED", "check both"))) as server:
        assert run(server, "session.start") == 1
    assert run.errors == "ixp: prepareSession was refused for agent1: check both\n"
    assert run.messages[0]["original"]["data"]["agent"] == {"id": "agent1", "password": "***"}


def test_a_session_elsewhere_needs_override(run: Runs) -> None:
    def play(peer: Peer) -> None:
        request = peer.take()
        answer = {"command": "prepareSession", "result": "confirm", "message": "there is one", "original": request}
        peer.send({**answer, "requestid": request["requestid"]})

    with FakeServer(play) as server:
        assert run(server, "session.start") == 1
    assert (
        run.errors
        == "ixp: agent1 has a session already, perhaps one that was left with quit; take it over with --override\n"
    )
    session = Session()
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", override=True) == 0


def test_a_response_that_does_not_come_stops_the_script(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_module, "RESPONSE_S", 0.05)

    def play(peer: Peer) -> None:
        log_in(peer)
        peer.take()
        peer.take()

    with FakeServer(play) as server:
        assert run(server, "session.start") == 1
    assert run.errors == "ixp: line 1: no response to session.start within 0.05 s; look at the server's log\n"


def test_a_repeated_requestid_that_is_not_answered_stops_the_script(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_module, "RESPONSE_S", 0.05)

    def play(peer: Peer) -> None:
        log_in(peer)
        peer.send(success(peer.take()))
        peer.take()
        peer.take()

    with FakeServer(play) as server:
        assert run(server, "session.start", "channel.ready") == 1
    assert run.errors == "ixp: line 2: no second response to a repeated requestid within 0.05 s\n"


def test_a_lost_connection_is_resumed_within_a_line(run: Runs) -> None:
    session = Session({"session.start": STARTED})

    def first(peer: Peer) -> None:
        log_in(peer)
        session.answer(peer.take())
        peer.cut()

    def second(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESUMED", seq=5), *session.sent)
        session.go_on(peer)

    with FakeServer(first, second) as server:
        assert run(server, "session.start", "expect session.initialized") == 0
    assert "RESUMED: 5 messages were missed, and follow" in run.errors
    assert [message["seq"] for message in run.messages if "seq" in message] == [1, 2, 3, 4, 5]


def test_a_reset_stops_the_script(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_module, "RESPONSE_S", 5.0)

    def first(peer: Peer) -> None:
        log_in(peer)
        peer.take()
        peer.cut()

    def second(peer: Peer) -> None:
        peer.send(bound(peer.take(), "RESET", seq=3, epoch=2))
        peer.take()

    with FakeServer(first, second) as server:
        assert run(server, "session.start") == 1
    assert run.errors.endswith(
        "ixp: line 1: the connection was lost, and it is not known whether session.start was done; run it all again\n"
    )


def test_a_binding_that_the_script_itself_asks_for_may_be_a_reset(run: Runs) -> None:
    def play(peer: Peer) -> None:
        log_in(peer)
        peer.send(success(peer.take()))
        peer.send(bound(peer.take(), "RESET", seq=3, epoch=2))
        peer.send(success(peer.take()))

    with FakeServer(play) as server:
        assert run(server, "unbindSession", "bindSession") == 0
    assert run.names == ["unbindSession", "bindSession", "unbindSession"]
