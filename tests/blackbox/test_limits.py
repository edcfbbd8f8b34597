"""Clients that ask for too much, or take too little: refused with a code, and nobody else suffers.

Source: specs/protocol.md, "Limits".
"""

import signal
import time
from typing import Final

import pytest
from websockets.exceptions import WebSocketException

from engine.conformance.view import JsonObject
from tests.blackbox.client import AgentSession, Desktop, code_of, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.raw import RawPeer
from tests.blackbox.server import ServerProcess, wait_until

DIRECTORY: Final = "session.request.getdirectory"
INBOX: Final = 4


def started(server: ServerProcess, desktop: Desktop, agent: str = "agent1") -> AgentSession:
    session = desktop.session_of(agent)
    session.do("session.start")
    return session


# Too much at once


def test_requests_beyond_the_inbox_are_refused_and_the_others_answered(serve: Serve) -> None:
    """A refused one was not executed, so the same requestid may be sent again."""
    text = f"[limits]\ninbox_requests = {INBOX}\n\n[simulator]\nlatency_ms = 100\n"
    server = serve(config(text))
    with Desktop(server.agent_url) as desktop:
        session = started(server, desktop)
        sent = [f"r{n}" for n in range(INBOX * 3)]
        for requestid in sent:
            session.send(DIRECTORY, requestid=requestid)
        while len(session.news) + len(desktop.notices) < len(sent) + 2:  # two answers of the preparation
            desktop.read()
        answered = [message["requestid"] for message in session.take_news()]
        refused = [notice for notice in desktop.notices if code_of(notice) == "OVERLOADED"]
        assert sorted(answered + [notice["requestid"] for notice in refused]) == sorted(sent)
        assert answered == sent[: len(answered)]
        assert INBOX <= len(answered) <= INBOX + 2
        assert refused[0]["original"] == {
            "command": DIRECTORY,
            "target": session.id,
            "requestid": refused[0]["requestid"],
        }
        assert told(session.do(DIRECTORY, requestid=refused[0]["requestid"])) == [f"{DIRECTORY}: success"]
        assert session.again == []


def test_a_connection_that_sends_too_fast(serve: Serve) -> None:
    server = serve(config("[limits]\nrequests_per_s = 50.0\n"))
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url) as other:
        begun = time.monotonic()
        for n in range(200):
            desktop.send({"command": "session.start", "target": "nobody", "requestid": f"r{n}"})
        answers = [desktop.read() for _ in range(200)]
        assert [answer["requestid"] for answer in answers] == [f"r{n}" for n in range(200)]
        codes = [code_of(answer) for answer in answers]
        assert codes[:50] == ["NOT_BOUND"] * 50
        refused = codes.count("OVERLOADED")
        assert refused >= 35
        assert time.monotonic() - begun >= (refused - 1) / 50, "each refusal takes its sender the time of a request"
        other.answers_still()


def test_too_many_connections_of_an_address(serve: Serve) -> None:
    server = serve(config("[limits]\nconnections_per_address = 2\n"))
    with Desktop(server.agent_url) as first, Desktop(server.agent_url) as second:
        # The library's own assertion is met where the refusal is faster than its request.
        with pytest.raises((WebSocketException, OSError, AssertionError)):
            Desktop(server.agent_url)
        first.answers_still()
        second.answers_still()
    with Desktop(server.agent_url) as third:
        third.answers_still()


def test_too_many_sessions(serve: Serve) -> None:
    server = serve(config("[limits]\nsessions = 2\n"))
    with Desktop(server.agent_url) as desktop:
        first = started(server, desktop, "agent1")
        started(server, desktop, "agent2")
        assert code_of(desktop.prepare("agent3")) == "NOT_ACCEPTING"
        first.do("session.logout")
        assert desktop.prepare("agent3")["result"] == "success"


def test_a_session_remembers_so_many_responses(serve: Serve) -> None:
    """Beyond, a new requestid is refused, a known one is answered as ever, and none is needed."""
    server = serve(config("[sessions]\nremembered_bytes = 2000\n"))
    with Desktop(server.agent_url) as desktop:
        session = started(server, desktop)
        sent = [f"r{n}" for n in range(40)]
        session.desktop.send(*({"command": DIRECTORY, "target": session.id, "requestid": each} for each in sent))
        heard = all_until_unbound(session)
        answered = [message["requestid"] for message in heard if "seq" in message]
        refused = [message["requestid"] for message in heard if code_of(message) == "OVERLOADED"]
        assert answered + refused == sent
        assert answered
        assert refused
        session.resume(desktop)
        session.send(DIRECTORY)
        session.send(DIRECTORY, requestid="r0")
        session.send(DIRECTORY, requestid="r39")
        assert sorted(map(code_of, all_until_unbound(session))) == ["OVERLOADED", "success", "success"]
        assert len(session.again) == 1


def all_until_unbound(session: AgentSession) -> list[JsonObject]:
    """All answers to the requests sent so far, numbered or not: unbinding takes its turn."""
    session.send("unbindSession")
    messages: list[JsonObject] = []
    while (message := session.desktop.read()).get("command") != "unbindSession":
        messages.append(message)
    return messages


def test_requests_in_a_batch(serve: Serve) -> None:
    server = serve(config("[limits]\nbatch_requests = 10\n"))
    with Desktop(server.agent_url, batched=True) as desktop:
        session = started(server, desktop)
        many = [{"command": DIRECTORY, "target": session.id, "requestid": f"r{n}"} for n in range(11)]
        desktop.send(*many)
        assert code_of(desktop.read()) == "OVERLOADED"
        desktop.send(*many[:10])
        assert len(session.settle()) == 10


# The end


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_stops_says_goodbye(serve: Serve, how: signal.Signals) -> None:
    server = serve(config())
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url, batched=True) as idle:
        session = started(server, desktop)
        server.terminate(how)
        for each in (desktop, idle):
            code, reason = each.closed_with()
            assert code == 1001
            assert "again" in reason
        assert not session.view.over
    server.wait_stopped()
    with pytest.raises(ConnectionError):
        Desktop(server.agent_url)


def test_a_server_that_stops_finishes_what_it_has_begun(serve: Serve) -> None:
    """Requests under way are answered; nobody gets a new session."""
    server = serve(config("[simulator]\nlatency_ms = 300\n"))
    with Desktop(server.agent_url) as desktop:
        session = started(server, desktop)
        under_way = ["one", "two", "three"]
        for requestid in under_way:
            session.send(DIRECTORY, requestid=requestid)
        desktop.answers_still()  # so the requests are there
        server.terminate()
        wait_until(lambda: server.get("/readyz").status_code == 503, "the server is stopping")
        assert code_of(desktop.prepare("agent2")) == "NOT_ACCEPTING"
        assert desktop.closed_with()[0] == 1001
        assert [message["requestid"] for message in session.take_news()] == under_way
    server.wait_stopped()


def test_a_server_that_stops_does_not_wait_for_ever(serve: Serve) -> None:
    """Not for a platform that hangs, nor for a client that never answers."""
    text = '[limits]\ndrain_s = 0.3\nclose_s = 0.3\n\n[[simulator.faults]]\ncall = "ListDirectory"\nkind = "hang"\n'
    server = serve(config(text))
    with Desktop(server.agent_url) as desktop, RawPeer(server.agent_url) as silent:
        session = started(server, desktop)
        silent.upgrade()
        session.send(DIRECTORY)
        desktop.answers_still()
        server.terminate()
        assert desktop.closed_with()[0] == 1001
        assert silent.wait_end() == 1001
    server.wait_stopped()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_does_not_cut_the_draining_short(serve: Serve, how: signal.Signals) -> None:
    """What was opened is closed all the same, such as the phones that an adapter has started."""
    text = '[limits]\ndrain_s = 1.0\n\n[[simulator.faults]]\ncall = "ListDirectory"\nkind = "hang"\n'
    server = serve(config(text))
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.send("session.request.getdirectory")
        desktop.answers_still()
        server.terminate(how)
        wait_until(lambda: server.log_events("draining") != [], "it drains")
        server.terminate(how)
        server.wait_stopped()
    assert len(server.log_events("stopped")) == 1
