"""Supervisors over real sockets: they see what the agent sees, and what they do is told.

Source: specs/supervision.md.
"""

import json
from collections.abc import Iterator
from typing import Final

import pytest
from websockets.exceptions import ConnectionClosed

from engine.conformance.view import JsonObject
from tests.blackbox.client import GROUP, AgentSession, Desktop, code_of, pair, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Agent, Serve
from tests.blackbox.server import ServerProcess, wait_until
from tests.blackbox.supervisor import ORDERS, TEAMS, WHY, Supervisor, Watched

BY: Final = {"supervisor": {"id": "supervisor1", "name": "Supervisor 1"}, "why": WHY}


@pytest.fixture
def supervisor(demo: ServerProcess, batched: bool) -> Iterator[Supervisor]:
    with Desktop(demo.agent_url, batched=batched) as desktop:
        yield Supervisor(desktop).login()


@pytest.fixture
def working(with_group: AgentSession) -> AgentSession:
    """g1.c1 is the agent's phone, where the agent is logged in."""
    with_group.do("channel.activate", "g1.c1")
    return with_group


@pytest.fixture
def second(demo: ServerProcess) -> Iterator[Supervisor]:
    with Desktop(demo.agent_url) as desktop:
        yield Supervisor(desktop).login()


def same(watched: Watched, session: AgentSession) -> bool:
    """Are both told of the same world?"""
    return watched.view.world() == session.view.world()


def as_sent(session: AgentSession, after: int) -> list[JsonObject]:
    """The session's messages after that number, as its own desktop got them."""
    return [json.loads(text) for seq, text in sorted(session.raw.items()) if seq > after]


both_forms = pytest.mark.parametrize("batched", [False, True], ids=["plain", "batched"])


# Watching


@both_forms
def test_a_watcher_sees_what_the_agent_sees(supervisor: Supervisor, second: Supervisor, working: AgentSession) -> None:
    """All of a call, with a picture taken before it and one taken in its middle."""
    before = working.view.seq
    supervisor.watch(working)
    working.do("channel.ready", "g1.c1", requestid="r1")
    working.do("channel.dial", "g1.c1", {"destination": "+4930555010"})
    assert same(second.watch(working), working)
    for command in ("conversation.release", "interaction.complete"):
        path = "g1.c1.i1.v1" if command == "conversation.release" else "g1.c1.i1"
        working.do(command, path)
    working.do("channel.fly", "g1.c1", requestid="nonsense")
    working.do("channel.notready", "g1.c1", {"reason": {"code": "LUNCH"}})
    for seat in (supervisor, second):
        assert same(seat.see(working), working)
    watched = supervisor.watched[working.id]
    assert watched.snapshot["data"]["seq"] == before
    assert watched.messages == as_sent(working, before)
    assert second.watched[working.id].messages == as_sent(working, second.watched[working.id].snapshot["data"]["seq"])


def test_a_session_is_watched_from_before_its_start_to_its_end(
    supervisor: Supervisor, desktop: Desktop, agent: Agent
) -> None:
    session = desktop.session_of(agent.id)
    watched = supervisor.watch(session)
    assert watched.snapshot["data"]["session"]["state"] == "PREPARED"
    session.do("session.start")
    session.do("session.addchannelgroup", data=GROUP)
    session.do("session.logout")
    while session.id in supervisor.watched:
        supervisor.read()
    assert watched.messages == as_sent(session, 0)
    assert supervisor.unwatched == [session.id]
    assert code_of(supervisor.ask("watch", session.id)) == "INVALID_TARGET"


def test_a_watch_goes_on_through_loss_resuming_and_reset(
    demo: ServerProcess, supervisor: Supervisor, working: AgentSession
) -> None:
    watched = supervisor.watch(working)
    before = working.view.seq
    working.desktop.cut()
    supervisor.order(working, "READY")
    with Desktop(demo.agent_url) as again:
        working.resume(again)
        working.do("channel.notready", "g1.c1")
        assert same(supervisor.see(working), working)
        assert again.ask("unbindSession", working.id)["result"] == "success"
        reset = working.bind({"token": working.token, "epoch": 99, "seq": 1})
        assert reset["outcome"] == "RESET"
        watched.view.start_anew(reset["seq"])
        working.do("session.start")
        assert same(supervisor.see(working), working)
    assert watched.messages == as_sent(working, before)


def test_a_takeover_ends_the_watch_with_the_session(
    supervisor: Supervisor, second: Supervisor, working: AgentSession, other: Desktop, agent: Agent
) -> None:
    watches = [seat.watch(working) for seat in (supervisor, second)]
    new = other.session_of(agent.id)
    for seat, watched in zip((supervisor, second), watches, strict=True):
        while working.id in seat.watched:
            seat.read()
        (disposed,) = watched.messages
        assert (disposed["name"], disposed["data"]["cause"]) == ("session.disposed", "TAKEOVER")
        assert "by" not in disposed
        assert code_of(seat.ask("unwatch", working.id)) == "INVALID_TARGET"
    new.do("session.start")
    assert same(supervisor.watch(new), new)


def test_unwatching_and_logging_out_end_it(supervisor: Supervisor, working: AgentSession) -> None:
    for end in ("unwatch", "logout"):
        supervisor.watch(working)
        assert code_of(supervisor.ask(end, working.id if end == "unwatch" else None)) == "success"
        supervisor.watched.clear()
        working.do("channel.ready", "g1.c1")
        if end == "unwatch":
            assert code_of(supervisor.ask("unwatch", working.id)) == "INVALID_STATE"
    assert code_of(supervisor.ask("list")) == "NOT_AUTHENTICATED"
    assert supervisor.unwatched == []


def test_an_agents_own_connection_may_supervise_too(working: AgentSession) -> None:
    """The agent's messages come to it as ever; it may even watch its own session."""
    both = Supervisor(working.desktop).login()
    both.watch(working)
    working.send("channel.ready", "g1.c1", requestid="r1")
    while len(both.watched[working.id].messages) < 3:
        both.read()
    assert told(working.take_news()) == ["channel.ready: success", *pair("g1.c1")]
    assert both.order(working, "NOTREADY")["result"] == "success"
    assert told(working.take_news()) == pair("g1.c1")


# Orders


@both_forms
def test_an_order_is_told_to_the_agent_with_who_and_why(supervisor: Supervisor, working: AgentSession) -> None:
    data = {"channel": {"id": "c1"}, "agentstate": "READY", "why": WHY}
    answer = supervisor.ask("setagentstate", working.id, data, requestid="o1")
    assert answer == {
        "command": "supervisor.setagentstate",
        "target": working.id,
        "result": "success",
        "requestid": "o1",
    }
    events = working.settle()
    assert told(events) == pair("g1.c1")
    assert [event["by"] for event in events] == [BY, BY]
    assert not any("cause" in event for event in events)
    assert events[0]["data"]["channel"]["agentstate"] == "READY"

    assert code_of(supervisor.order(working, "NOTREADY", reason={"code": "MEETING"})) == "success"
    changed, _ = working.settle()
    assert changed["data"]["channel"]["reason"] == {"code": "MEETING"}
    # What the agent does is nobody else's.
    assert "by" not in working.do("channel.ready", "g1.c1")[1]


def test_what_the_platform_refuses_is_told_to_the_supervisor_alone(
    supervisor: Supervisor, working: AgentSession
) -> None:
    world = working.view.world()
    refused = supervisor.order(working, "NOTREADY", reason={"code": "NOWHERE"})
    assert code_of(refused) == "INVALID_REASON"
    assert refused["failure"]["message"]
    assert refused["original"]["data"]["why"] == WHY
    assert code_of(supervisor.ask("logoutagent", working.id, {"why": WHY, "reason": {"code": "X"}})) == "INVALID_REASON"
    assert working.settle() == []
    assert working.view.world() == world


@pytest.mark.parametrize(
    ("channel", "code"), [("c9", "INVALID_TARGET"), ("g1", "INVALID_TARGET"), ("c2", "INVALID_STATE")]
)
def test_orders_that_fit_no_channel(supervisor: Supervisor, working: AgentSession, channel: str, code: str) -> None:
    """c2 is a chat where the agent is not logged in."""
    assert code_of(supervisor.order(working, "READY", channel)) == code
    assert working.settle() == []


def test_a_session_that_has_not_started_has_no_states(supervisor: Supervisor, desktop: Desktop, agent: Agent) -> None:
    session = desktop.session_of(agent.id)
    assert code_of(supervisor.order(session, "READY")) == "NOT_STARTED"
    assert code_of(supervisor.ask("logoutagent", session.id, {"why": WHY})) == "success"
    (disposed,) = session.wait_news("session.disposed")
    assert disposed["data"]["cause"] == "SUPERVISOR"


def test_logging_an_agent_out(supervisor: Supervisor, working: AgentSession, agent: Agent) -> None:
    watched = supervisor.watch(working)
    answer = supervisor.ask("logoutagent", working.id, {"why": WHY, "reason": {"code": "SHIFT_END"}})
    assert code_of(answer) == "success"
    (disposed,) = working.wait_news("session.disposed")
    assert disposed["data"] == {
        "cause": "SUPERVISOR",
        "message": f"supervisor Supervisor 1 (supervisor1) has logged the agent out: {WHY}",
    }
    assert disposed["by"] == BY
    assert watched.messages == [disposed]
    assert supervisor.read()["name"] == "supervisor.unwatched"
    assert code_of(working.desktop.ask("session.start", working.id)) == "NOT_BOUND"
    # The platform has let go of all that the agent had.
    assert told(working.desktop.session_of(agent.id, override=False).do("session.start"))[1:] == ["session.initialized"]


def test_an_agent_who_is_engaged_is_not_logged_out(supervisor: Supervisor, working: AgentSession) -> None:
    working.do("channel.dial", "g1.c1", {"destination": "+4930555010"})
    for _ in range(2):
        refused = supervisor.ask("logoutagent", working.id, {"why": WHY})
        assert code_of(refused) == "INTERACTION_ACTIVE"
        assert "i1" in refused["failure"]["message"]
    working.do("conversation.release", "g1.c1.i1.v1")
    if working.view.objects.get(f"{working.id}.g1.c1.i1"):
        working.do("interaction.complete", "g1.c1.i1")
    assert code_of(supervisor.ask("logoutagent", working.id, {"why": WHY})) == "success"


# Orders beside what else happens, at a platform that takes its time


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    text = "[simulator]\nlatency_ms = 200\n" + TEAMS
    with ServerProcess(tmp_path_factory.mktemp("slow"), config(text)) as server:
        yield server


def at_work(desktop: Desktop, agent: str) -> AgentSession:
    session = desktop.session_of(agent)
    session.do("session.start")
    session.do("session.addchannelgroup", data=GROUP)
    session.do("channel.activate", "g1.c1")
    return session


def test_an_order_waits_for_the_request_under_way(slow: ServerProcess) -> None:
    with Desktop(slow.agent_url) as desktop, Desktop(slow.agent_url) as connection:
        session, supervisor = at_work(desktop, "agent1"), Supervisor(connection).login()
        session.send("channel.activate", "g1.c2", requestid="mine")
        desktop.answers_still()  # which tells that the request before it has reached its session
        supervisor.send("setagentstate", session.id, {"channel": {"id": "c1"}, "agentstate": "READY", "why": WHY})
        supervisor.send("watch", session.id, requestid="look")
        assert code_of(connection.ask("session.start", "nobody")) == "NOT_BOUND"
        assert supervisor.desktop.notices[-1]["command"] == "session.start"
        assert code_of(supervisor.answer("look")) == "success"
        assert supervisor.read()["data"]["seq"] == session.settle()[-1]["seq"]
        messages = as_sent(session, 0)[-7:-1]
        assert told(messages) == [
            "channel.activate: success",
            *pair("g1.c2"),
            "state.updated g1",
            *pair("g1.c1"),
        ]
        assert [message.get("by", message.get("cause")) for message in messages[1:]] == ["mine"] * 3 + [BY] * 2


@pytest.mark.parametrize("first", ["agent", "supervisor"])
def test_the_glare_of_ready_and_notready(slow: ServerProcess, first: str) -> None:
    """Who comes first is served first; the last word holds."""
    with Desktop(slow.agent_url) as desktop, Desktop(slow.agent_url) as connection:
        session, supervisor = at_work(desktop, "agent2"), Supervisor(connection).login()
        order = {"channel": {"id": "c1"}, "agentstate": "NOTREADY", "why": WHY}
        if first == "agent":
            session.send("channel.ready", "g1.c1", requestid="mine")
            desktop.answers_still()
            supervisor.send("setagentstate", session.id, order, requestid="theirs")
        else:
            supervisor.send("setagentstate", session.id, order, requestid="theirs")
            connection.answers_still()
            session.send("channel.ready", "g1.c1", requestid="mine")
        assert code_of(supervisor.answer("theirs")) == "success"
        messages = session.settle()
        ready, notready = ["channel.ready: success", *pair("g1.c1")], pair("g1.c1")
        assert told(messages) == (ready + notready if first == "agent" else notready + ready)
        last = messages[-1]
        assert last["state"]["agentstate"] == ("NOTREADY" if first == "agent" else "READY")
        assert ("by" in last) == (first == "agent")
        numbers = [message["seq"] for message in messages]
        assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_a_session_that_is_taken_over_under_an_order(slow: ServerProcess) -> None:
    with Desktop(slow.agent_url) as desktop, Desktop(slow.agent_url) as connection:
        session, supervisor = at_work(desktop, "agent3"), Supervisor(connection).login()
        for n in (1, 2):
            data = {"channel": {"id": "c1"}, "agentstate": "READY", "why": WHY}
            supervisor.send("setagentstate", session.id, data, requestid=f"o{n}")
        connection.answers_still()
        desktop.session_of("agent3")
        answers = {n["requestid"]: code_of(n) for n in (supervisor.read(), supervisor.read())}
        assert answers == {"o1": "INVALID_STATE", "o2": "INVALID_TARGET"}
        assert told(session.take_news()) == ["session.disposed"]


# Teams


def test_a_supervisor_sees_the_team_alone(slow: ServerProcess) -> None:
    with Desktop(slow.agent_url) as desktop, Desktop(slow.agent_url) as connection:
        sessions = {agent: desktop.session_of(agent) for agent in ("agent1", "agent2", "agent3")}
        supervisor = Supervisor(connection)
        login = supervisor.ask("login", data={"supervisor": {"id": "supervisor2", "password": "other-word"}})
        assert login["data"] == {
            "supervisor": {"id": "supervisor2", "name": "supervisor2"},
            "team": ["agent2", "agent3"],
        }
        listed = supervisor.ask("list")["data"]
        assert [(each["agent"]["id"], each["id"]) for each in listed["sessions"]] == [
            (agent, sessions[agent].id) for agent in ("agent2", "agent3")
        ]
        assert listed["more"] is False
        stranger = sessions["agent1"]
        for command, data in ORDERS.items():
            assert code_of(supervisor.ask(command, stranger.id, data)) == "FORBIDDEN"
            assert code_of(supervisor.ask(command, "nobody", data)) == "INVALID_TARGET"
            assert code_of(supervisor.ask(command, f"{sessions['agent2'].id}.c1", data)) == "INVALID_TARGET"
        assert stranger.settle() == []
        supervisor.watch(sessions["agent2"])


def test_the_list_follows_what_happens(supervisor: Supervisor, working: AgentSession) -> None:
    def mine() -> JsonObject:
        found = supervisor.ask("list")["data"]["sessions"]
        ((session,),) = [[each for each in found if each["id"] == working.id]]
        return dict(session)

    working.do("channel.notready", "g1.c1", {"reason": {"code": "LUNCH"}})
    phone = mine()["channels"][0]
    assert (phone["loginstate"], phone["agentstate"], phone["reason"], phone["interactions"]) == (
        "ACTIVE",
        "NOTREADY",
        {"code": "LUNCH"},
        0,
    )
    working.do("channel.dial", "g1.c1", {"destination": "+4930555010"})
    assert mine()["channels"][0]["interactions"] == 1
    working.do("conversation.release", "g1.c1.i1.v1")


# Slow watchers


def test_a_watcher_who_does_not_read_is_cut_and_the_agent_works_on(serve: Serve) -> None:
    server = serve(config("[limits]\noutbox_bytes = 262144\n" + TEAMS))
    bulk = {"channel": {"endpoint": "nowhere", "type": "Telephony"}, "bulk": "x" * 50_000}
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url, frames_ahead=1) as connection:
        session, sleeper = at_work(desktop, "agent1"), Supervisor(connection).login()
        sleeper.watch(session)
        sent = 0
        while server.metric("ixp_connections_closed_total", why="slow consumer") == 0:
            assert told(session.do("session.addchannel", data=bulk))[0].endswith("CHANNEL_UNAVAILABLE")
            sent += 1
            assert sent < 1000
        assert told(session.do("channel.ready", "g1.c1")) == ["channel.ready: success", *pair("g1.c1")]
        with pytest.raises(ConnectionClosed):
            while True:
                sleeper.read()
        with Desktop(server.agent_url) as again:
            awake = Supervisor(again).login()
            assert same(awake.watch(session), session)
            session.do("channel.notready", "g1.c1")
            assert same(awake.see(session), session)


def test_watchers_that_are_gone_leave_room_for_others(slow: ServerProcess) -> None:
    """However their connections end; there is room for 16 at a time."""
    with Desktop(slow.agent_url) as desktop, Desktop(slow.agent_url) as last:
        session = desktop.session_of("agent1")
        before = slow.metric("ixp_connections")
        for n in range(20):
            with Desktop(slow.agent_url) as connection:
                Supervisor(connection).login().watch(session)
                if n % 2:
                    connection.cut()
            wait_until(lambda: slow.metric("ixp_connections") == before, "the connection has ended")
        Supervisor(last).login().watch(session)


# Secrets


def test_passwords_and_tokens_stay_where_they_belong(serve: Serve) -> None:
    """In the log of the server there is none, and what goes to a session by mistake is not shown to watchers."""
    server = serve('log_level = "debug"\n' + config(TEAMS.replace("other-word", "secret-word")))
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url) as connection:
        session = at_work(desktop, "agent2")
        supervisor = Supervisor(connection)
        good = {"id": "supervisor2", "password": "secret-word"}
        for who, code in (
            ({**good, "id": "supervisor1"}, "AUTH_FAILED"),
            ({**good, "password": "secret-word-2"}, "AUTH_FAILED"),
            ({**good, "id": 5}, "INVALID_REQUEST"),
            (good, "success"),
            (good, "INVALID_STATE"),
        ):
            assert code_of(supervisor.ask("login", data={"supervisor": who})) == code
        supervisor.watch(session)
        # A login that goes wrong on the agent's own connection is no message of the session, however it is spelt.
        for command in ("supervisor.login", "supervisor.request.login"):
            bad = desktop.ask(command, session.id, {"supervisor": {**good, "id": 5}})
            assert code_of(bad) == "INVALID_REQUEST"
        assert session.settle() == []
        for command in ("bindsession", "supervisor.logon"):
            session.do(command, data={"resume": {"token": session.token}, "supervisor": good})
        shown = json.dumps(supervisor.see(session).messages)
        assert session.token not in shown
        assert "secret-word" not in shown
        assert shown.count("[redacted]") == 4
        resumetoken = session.token
    server.stop()
    assert "secret-word" not in server.log
    assert resumetoken not in server.log
    assert len(server.log_events("login_failed")) == 2
    assert len(server.log_events("supervisor_login")) == 1
