"""Running a script: what is sent and printed, and what ends it."""

import pytest

from tests.engine.talk.fake_server import (
    SESSION,
    STARTED,
    TOKEN,
    FakeServer,
    Peer,
    Session,
    about,
    channel,
    failure,
    log_in,
    success,
)
from tests.engine.talk.runs import Runs

READY = about("channel.infochanged", channel("4001", loginstate="ACTIVE", agentstate="READY"))
SECOND = about("channel.created", channel("4002"))


@pytest.mark.parametrize("batched", [False, True])
def test_every_message_is_printed_in_order_and_the_session_is_let_go(run: Runs, batched: bool) -> None:
    session = Session({"session.start": STARTED, "channel.ready": [READY]})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "channel.ready @4001", batched=batched) == 0
    assert run.errors == ""
    prepared, bound_, *others, unbound = run.messages
    assert prepared["data"] == {"session": {"id": SESSION}, "resumetoken": "***"}
    assert bound_["data"]["outcome"] == "NEW"
    assert others == session.sent
    assert unbound["command"] == "unbindSession"
    assert TOKEN not in run.text
    assert "hidden" not in run.text


def test_messages_are_printed_exactly_as_they_came(run: Runs) -> None:
    text = '{ "result":"success" ,"command":"channel.ready", "x":1.50, "y":"\\u00e4ä"}'

    def play(peer: Peer) -> None:
        log_in(peer)
        peer.take()
        peer.send_text(text)
        peer.send(success(peer.take()))

    with FakeServer(play) as server:
        assert run(server, "{}") == 0
    assert run.text.splitlines()[2] == text


def test_an_answered_failure_is_no_failure_of_the_script(run: Runs) -> None:
    session = Session(refused={"session.start": "NOT_ACCEPTING"})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start") == 0
    assert run.messages[2]["failure"]["code"] == "NOT_ACCEPTING"


def test_a_strict_script_ends_at_the_first_request_that_fails(run: Runs) -> None:
    session = Session({"session.start": STARTED}, refused={"channel.ready": "CHANNEL_INACTIVE"})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "# now", "channel.ready @4001", "session.logout", strict=True) == 1
    assert run.errors == "ixp: line 3: channel.ready @4001 failed with CHANNEL_INACTIVE: it is refused\n"
    assert [request["command"] for request in session.requests] == ["session.start", "channel.ready"]
    assert run.messages[-1]["failure"]["code"] == "CHANNEL_INACTIVE", "the failure is printed like any message"


def test_a_strict_script_whose_requests_succeed_is_no_other(run: Runs) -> None:
    session = Session({"session.start": STARTED, "channel.ready": [READY]})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "channel.ready @4001", strict=True) == 0
    assert run.errors == ""
    assert run.messages[-1]["command"] == "unbindSession"


def test_a_raw_line_that_fails_ends_a_strict_script_too(run: Runs) -> None:
    session = Session(refused={"x": "UNKNOWN_COMMAND"})
    with FakeServer(session.serve) as server:
        assert run(server, '{"command":"x","target":"$session"}', "session.start", strict=True) == 1
    assert run.errors == 'ixp: line 1: {"command":"x","target":"$session"} failed with UNKNOWN_COMMAND: it is refused\n'


def test_after_a_logout_there_is_nothing_to_unbind(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "session.logout") == 0
    assert run.names[-1] == "session.logout"


def test_names_mean_what_is_there_once_all_before_has_been_told(run: Runs) -> None:
    """The second channel is told after the response to the line before; the name must wait for it."""
    session = Session({"session.start": STARTED, "session.addchannel": [SECOND]})
    with FakeServer(session.serve) as server:
        assert (
            run(
                server,
                "session.start",
                "session.addchannel channel.endpoint=4002 channel.type=Chat",
                "channel.ready @4002",
                "session.removechannel channel.id=$4002",
            )
            == 0
        )
    assert [request.get("target") for request in session.requests[2:]] == [f"{SESSION}.c2", SESSION]
    assert session.requests[3]["data"] == {"channel": {"id": "c2"}}
    assert run.messages[2:-1] == session.sent, "the answers to repeated requestids are not printed"


def test_a_name_that_is_not_there_then_stops_the_script(run: Runs) -> None:
    session = Session({"session.start": STARTED})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "", "channel.ready @4009") == 1
    assert run.errors == "ixp: line 3: nothing here is called '4009'; write one of @4001\n"
    assert run.names[-1] == "session.initialized"


def test_without_a_success_before_names_are_looked_up_at_once(run: Runs) -> None:
    session = Session(refused={"session.start": "NOT_ACCEPTING"})
    with FakeServer(session.serve) as server:
        assert run(server, "session.start", "channel.ready") == 1
    assert (
        run.errors == "ixp: line 2: channel.ready wants a channel, and there is none; add one with session.addchannel\n"
    )


def test_a_session_that_ended_meanwhile_holds_no_line_up(run: Runs) -> None:
    ended = {"name": "session.disposed", "target": SESSION, "data": {"cause": "EXPIRED", "message": "m"}, "seq": 6}
    session = Session({"session.start": STARTED})

    def play(peer: Peer) -> None:
        log_in(peer)
        peer.send(*session.answer(peer.take()))
        again = peer.take()
        peer.send(ended, failure(again, "NOT_BOUND", "send bindSession first"))
        peer.send(failure(peer.take(), "NOT_BOUND", "send bindSession first"))

    with FakeServer(play) as server:
        # The first line finds the end while it catches up; the second knows of it.
        assert run(server, "session.start", "session.logout @session", "session.logout @session") == 1
    assert run.names[-3:] == ["session.disposed", "session.start", "session.logout"]
    assert "line 3: the server has closed the connection" in run.errors


def test_a_raw_line_is_answered_by_the_next_response(run: Runs) -> None:
    session = Session()
    with FakeServer(session.serve) as server:
        assert run(server, '{"command": "session.start", "target": "$session", "requestid": "mine"}') == 0
    assert session.requests == [{"command": "session.start", "target": SESSION, "requestid": "mine"}]
    assert run.messages[2]["requestid"] == "mine"
