"""Clients that read slowly, or have much to catch up with: cut off, brought up to date, and never left without an end.

Source: specs/protocol.md, "Binding" and "Limits".
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from websockets.exceptions import ConnectionClosed

from tests.blackbox.client import AgentSession, Desktop, message_of, told
from tests.blackbox.configs import config
from tests.blackbox.server import ServerProcess

OUTBOX_BYTES: Final = 256 * 1024
BULK_CHARACTERS: Final = 50_000
BULK: Final = {"channel": {"endpoint": "nowhere", "type": "Telephony"}, "bulk": "x" * BULK_CHARACTERS}
MANY: Final = 40
"""So many answers to the bulk are several times what may wait for a connection."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("slow")
    with ServerProcess(folder, config(f"[limits]\noutbox_bytes = {OUTBOX_BYTES}\n")) as server:
        yield server


@pytest.fixture
def desktop(server: ServerProcess) -> Iterator[Desktop]:
    with Desktop(server.agent_url) as desktop:
        yield desktop


@pytest.fixture
def away(desktop: Desktop) -> AgentSession:
    return with_history(desktop, "agent1")


def with_history(desktop: Desktop, agent: str) -> AgentSession:
    """A session with a long history, which no connection binds."""
    session = started(desktop, agent)
    for n in range(MANY):
        assert told(session.do("session.addchannel", data=BULK, requestid=f"r{n}"))[0].endswith("CHANNEL_UNAVAILABLE")
    desktop.ask("unbindSession", session.id)
    return session


def started(desktop: Desktop, agent: str = "agent1") -> AgentSession:
    session = desktop.session_of(agent)
    session.do("session.start")
    return session


def bind_again(session: AgentSession, seq: int) -> dict[str, object]:
    return message_of("bindSession", session.id, {"resume": session.cursor(seq)})


def numbers_in(desktop: Desktop, until: int) -> list[int]:
    """The numbers of the messages that come after the last answer to a binding, up to the message `until`."""
    numbers: list[int] = []
    while numbers[-1:] != [until]:
        message = desktop.read()
        if message.get("command") == "bindSession":
            numbers.clear()
        elif "seq" in message:
            numbers.append(message["seq"])
    return numbers


def test_a_client_that_does_not_read_is_cut_and_resumes(server: ServerProcess) -> None:
    """Every response comes once it reads again, however much more that is than may wait for a connection."""
    with Desktop(server.agent_url) as bystander, Desktop(server.agent_url, frames_ahead=1) as slow:
        other, session = started(bystander, "agent2"), started(slow)
        cut_before = server.metric("ixp_connections_closed_total", why="slow consumer")
        sent = 0
        with pytest.raises(ConnectionClosed):
            while True:
                session.send("session.addchannel", data=BULK, requestid=f"r{sent}")
                sent += 1
        assert told(other.do("session.request.getdirectory")) == ["session.request.getdirectory: success"]
        assert slow.closed_with()[0] == 1006
        assert server.metric("ixp_connections_closed_total", why="slow consumer") == cut_before + 1
        heard = session.take_news()
        with Desktop(server.agent_url) as desktop:
            session.resume(desktop)
            heard += session.settle()
    answered = [message["requestid"] for message in heard]
    assert answered == [f"r{n}" for n in range(len(answered))]
    assert len(answered) > OUTBOX_BYTES // BULK_CHARACTERS


def test_a_long_history_is_caught_up_with_in_order(server: ServerProcess, away: AgentSession) -> None:
    """What happens meanwhile comes after it."""
    last = away.view.seq
    with Desktop(server.agent_url) as desktop:
        away.desktop = desktop
        desktop.sessions[away.id] = away
        desktop.send(bind_again(away, 0), message_of("session.request.getdirectory", away.id, requestid="meanwhile"))
        assert numbers_in(desktop, last + 1) == list(range(1, last + 2))
        assert [message["requestid"] for message in away.take_news()] == ["meanwhile"]


def test_a_response_repeated_while_catching_up_comes_after_it(server: ServerProcess, away: AgentSession) -> None:
    last = away.view.seq
    with Desktop(server.agent_url) as desktop:
        away.desktop = desktop
        desktop.sessions[away.id] = away
        desktop.send(bind_again(away, 0), message_of("session.addchannel", away.id, BULK, requestid="r0"))
        away.settle()
        away.settle()
        assert away.again[:last] == [away.raw[seq] for seq in range(1, last + 1)]
        assert len(away.again) == last + 1


def test_a_connection_catches_up_with_several_sessions_at_once(server: ServerProcess, desktop: Desktop) -> None:
    sessions = [with_history(desktop, f"agent{n}") for n in (1, 2, 3)]
    with Desktop(server.agent_url) as again:
        for session in sessions:
            again.sessions[session.id] = session
            again.send(bind_again(session, 0))
        while sum(len(session.again) for session in sessions) < sum(session.view.seq for session in sessions):
            again.read()
        for session in sessions:
            assert session.again == [session.raw[seq] for seq in range(1, session.view.seq + 1)]


def test_a_connection_that_resumes_twice_gets_every_message_in_order(server: ServerProcess, away: AgentSession) -> None:
    """After the answer to the second binding nothing is left of the first."""
    last = away.view.seq
    with Desktop(server.agent_url) as desktop:
        desktop.sessions[away.id] = away
        desktop.send(bind_again(away, 0))
        desktop.send(bind_again(away, 0))
        assert numbers_in(desktop, last) == list(range(1, last + 1))
        desktop.send(message_of("session.request.getdirectory", away.id))
        assert desktop.read()["seq"] == last + 1


def test_a_session_that_goes_to_and_fro_while_catching_up(server: ServerProcess, away: AgentSession) -> None:
    last = away.view.seq
    with Desktop(server.agent_url) as first, Desktop(server.agent_url) as second:
        first.sessions[away.id] = second.sessions[away.id] = away
        for _ in range(5):
            first.send(bind_again(away, 0))
            assert first.read()["command"] == "bindSession"
            for each in (second, first):  # whatever is still to come of the binding before comes before the answer
                each.ask("bindSession", away.id, {"resume": away.cursor(0)})
            assert numbers_in(first, last) == list(range(1, last + 1))
            first.answers_still()


def test_a_logout_right_after_resuming_is_answered_last(server: ServerProcess, away: AgentSession) -> None:
    last = away.view.seq
    with Desktop(server.agent_url) as desktop:
        desktop.sessions[away.id] = away
        desktop.send(bind_again(away, 0), message_of("session.logout", away.id, requestid="bye"))
        assert numbers_in(desktop, last + 1) == list(range(1, last + 2))
        assert told(away.take_news()) == ["session.logout: success"]


def test_a_takeover_while_catching_up_is_told_last(server: ServerProcess, away: AgentSession) -> None:
    last = away.view.seq
    with Desktop(server.agent_url, frames_ahead=1) as slow, Desktop(server.agent_url) as other:
        slow.sessions[away.id] = away
        slow.send(bind_again(away, 0))
        assert slow.read()["command"] == "bindSession"
        other.session_of("agent1")
        assert numbers_in(slow, last + 1) == list(range(1, last + 2))
        assert told(away.take_news()) == ["session.disposed"]
