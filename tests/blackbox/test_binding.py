"""Who holds a session, and how a client that lost its connection goes on. Source: specs/protocol.md, "Binding"."""

import json
import math
from typing import Final

import pytest
from websockets.exceptions import WebSocketException

from engine.conformance.view import JsonObject
from tests.blackbox.client import GROUP, PASSWORD, AgentSession, Desktop, code_of, message_of, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Agent, Serve, fresh_agent
from tests.blackbox.proxy import BreakingLine
from tests.blackbox.server import ServerProcess

NOWHERE: Final = {"channel": {"endpoint": "nowhere", "type": "Telephony"}}


def busy_hour(session: AgentSession) -> None:
    """Something to remember: successes, failures and events of many kinds."""
    session.do("session.addchannelgroup", data=GROUP, requestid="group")
    session.do("channelgroup.activateall", "g1", requestid="all")
    session.do("channel.ready", "g1.c2")
    session.do("session.addchannel", data={**NOWHERE, "note": "naïve ✓ 😀 \u2028 </script>"})
    session.do("session.request.externalnotreadyreasons")


# Resume


@pytest.mark.parametrize("batched", [False, True], ids=["plain", "batched"])
def test_resume_gives_every_message_after_the_cursor_byte_for_byte(
    demo: ServerProcess, session: AgentSession, batched: bool
) -> None:
    busy_hour(session)
    session.desktop.cut()
    last = session.view.seq
    for cursor in (last, last - 1, last // 2, 1, 0):
        with Desktop(demo.agent_url, batched=batched) as desktop:
            bound = session.resume(desktop, cursor)
            assert bound["seq"] == last
            session.settle()
            assert session.again == [session.raw[seq] for seq in range(cursor + 1, last + 1)]
            session.again.clear()
            last = session.view.seq  # what settling took


def test_resume_brings_what_happened_meanwhile(
    demo: ServerProcess, session: AgentSession, agent: Agent, other: Desktop
) -> None:
    session.do("session.addchannel", data={"channel": {"endpoint": agent.phone, "type": "Telephony"}})
    session.desktop.cut()
    rival = other.session_of(fresh_agent(demo).id)
    rival.do("session.start")
    rival.do("session.addchannel", data={"channel": {"endpoint": agent.phone, "type": "Telephony"}})
    rival.do("channel.activate", "c1")
    session.resume(other)
    assert told(session.settle()) == ["channel.infochanged c1", "state.updated c1"]
    rival.do("session.logout")


def test_resume_after_a_cut_in_the_middle_of_a_block(session: AgentSession, other: Desktop) -> None:
    """Nothing is lost, nothing comes twice, and the block is as it would have been."""
    session.send("session.addchannelgroup", data=GROUP, requestid="group")
    for _ in range(6):
        session.desktop.read()
    session.desktop.cut()
    session.resume(other)
    messages = session.settle()
    assert not session.again
    assert told(messages)[:2] == ["session.addchannelgroup: success", "channelgroup.created g1"]
    assert told(messages)[-1] == "channelgroup.initialized g1"
    assert len(messages) == 16


STORY: Final[tuple[tuple[str, str, JsonObject], ...]] = (
    ("session.addchannelgroup", "", GROUP),
    ("channelgroup.activateall", "g1", {}),
    ("channel.ready", "g1.c1", {}),
    ("session.addchannel", "", NOWHERE),
    ("session.removechannelgroup", "", {"channelgroup": {"id": "g1"}}),
)


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_connection_may_break_at_any_byte(demo: ServerProcess, agent: Agent, way: str) -> None:
    """Whatever was lost, the same requestids sent again bring every response once, and every effect once."""
    whole, uncut = _broken_story(demo, agent, {way: math.inf})
    expected = told(whole)
    for nth in range(25):
        messages, _ = _broken_story(demo, agent, {way: uncut[way] * nth // 25})
        assert told(messages) == expected
        responses = [message["requestid"] for message in messages if "command" in message]
        assert responses == [f"r{n}" for n in range(len(STORY))]


def _broken_story(
    demo: ServerProcess, agent: Agent, limits: dict[str, float]
) -> tuple[list[JsonObject], dict[str, int]]:
    """The story through a line that breaks, then again directly; what was heard, and how many bytes got through."""

    def tell(session: AgentSession) -> list[JsonObject]:
        for n, (command, path, data) in enumerate(STORY):
            session.send(command, path, data, requestid=f"r{n}")
        return session.settle()

    with Desktop(demo.agent_url) as direct:
        session = direct.session_of(agent.id)
        session.do("session.start")
        heard: list[JsonObject] = []
        with BreakingLine(demo.agent_url, **limits) as line:
            try:
                with Desktop(line.url) as desktop:
                    session.resume(desktop)
                    heard = tell(session)
            except (WebSocketException, EOFError, OSError):
                heard = session.take_news()
        session.resume(direct)
        heard += tell(session)
        session.do("session.logout")
    heard = [message for message in heard if not str(message.get("requestid")).startswith("settle")]
    return heard, {"up": line.went_up, "down": line.went_down}


# The right to bind


def test_a_second_binder_is_refused(session: AgentSession, other: Desktop) -> None:
    for resume in ({}, {"resume": {**session.cursor(), "token": "guessed"}}):
        assert code_of(other.ask("bindSession", session.id, resume)) == "ALREADY_BOUND"
    assert told(session.settle()) == []


def test_a_session_that_nobody_binds_is_not_open_to_everybody(session: AgentSession, other: Desktop) -> None:
    session.desktop.ask("unbindSession", session.id)
    for resume in ({}, {"resume": {**session.cursor(), "token": "guessed"}}):
        assert code_of(other.ask("bindSession", session.id, resume)) == "FORBIDDEN"


def test_a_session_that_does_not_exist(session: AgentSession, other: Desktop) -> None:
    for target in ("nobody", f"{session.id}.c1"):
        assert code_of(other.ask("bindSession", target)) == "INVALID_TARGET"


def test_the_token_moves_a_session_that_is_bound(session: AgentSession, other: Desktop) -> None:
    """The connection that loses it is told, and can no longer use it."""
    first = session.desktop
    session.resume(other)
    assert told(session.do("session.addchannelgroup", data=GROUP))[-1] == "channelgroup.initialized g1"
    notice = next(notice for notice in iter(first.read, None) if notice.get("name") == "session.unbound")
    assert notice["target"] == session.id
    assert "seq" not in notice
    assert code_of(first.ask("session.addchannel", session.id, NOWHERE)) == "NOT_BOUND"
    assert code_of(first.ask("unbindSession", session.id)) == "NOT_BOUND"


def test_a_session_goes_to_and_fro_between_connections(session: AgentSession, other: Desktop) -> None:
    """Each request is answered once: in the session's numbering, or by the connection that no longer has it."""
    desktops = (session.desktop, other)
    for n in range(100):
        session.send("session.addchannel", data=NOWHERE, requestid=f"n{n}")
        session.resume(desktops[1 - n % 2])
    session.settle()
    for desktop in desktops:
        desktop.answers_still()
    numbered = [json.loads(raw).get("requestid") for raw in session.raw.values()]
    refused = [
        notice.get("requestid") for desktop in desktops for notice in desktop.notices if code_of(notice) == "NOT_BOUND"
    ]
    for n in range(100):
        assert (numbered + refused).count(f"n{n}") == 1


def test_unbinding_one_of_two_sessions(session: AgentSession, demo: ServerProcess) -> None:
    desktop = session.desktop
    second = desktop.session_of(fresh_agent(demo).id)
    response = desktop.ask("unbindSession", session.id)
    assert response["result"] == "success"
    assert "data" not in response
    assert code_of(desktop.ask("session.start", session.id)) == "NOT_BOUND"
    assert told(second.do("session.start"))[-1] == "session.initialized"
    assert session.resume(desktop)["session"] == {"id": session.id, "state": "INITIALIZED"}


def test_unbinding_waits_for_its_turn(session: AgentSession) -> None:
    """What was asked before it is answered before it."""
    desktop = session.desktop
    for n in range(5):
        session.send("session.addchannel", data=NOWHERE, requestid=f"n{n}")
    session.send("unbindSession", requestid="last")
    answers = [desktop.read().get("requestid") for _ in range(6)]
    assert answers == ["n0", "n1", "n2", "n3", "n4", "last"]


def test_whoever_holds_a_session_need_not_bind_it_again(session: AgentSession) -> None:
    assert code_of(session.desktop.ask("bindSession", session.id)) == "ALREADY_BOUND"
    assert session.resume(session.desktop)["seq"] == session.view.seq
    assert session.settle() == []


def test_only_a_session_is_unbound(session: AgentSession) -> None:
    session.do("session.addchannelgroup", data=GROUP)
    for path in ("g1", "g1.c1", "nothing"):
        assert code_of(session.desktop.ask("unbindSession", session.target(path))) == "INVALID_TARGET"
    assert told(session.do("channel.activate", "g1.c1"))[0] == "channel.activate: success"


# A session of the same agent


def test_a_second_session_of_an_agent_must_be_wanted(session: AgentSession, agent: Agent, other: Desktop) -> None:
    confirm = other.prepare(agent.id)
    assert set(confirm) == {"command", "result", "message", "original", "requestid"}
    assert (confirm["command"], confirm["result"]) == ("prepareSession", "confirm")
    assert "override" in confirm["message"]
    assert confirm["original"]["data"]["agent"]["id"] == agent.id
    assert told(session.settle()) == []


def test_takeover_disposes_of_the_old_session(session: AgentSession, agent: Agent, other: Desktop) -> None:
    """Its last message says why; the platform keeps what the agent has."""
    session.do("session.addchannelgroup", data=GROUP)
    new = other.session_of(agent.id)
    (disposed,) = session.wait_news("session.disposed")
    assert disposed["target"] == session.id
    assert disposed["data"]["cause"] == "TAKEOVER"
    assert disposed["data"]["message"]
    assert code_of(session.desktop.ask("session.request.getdirectory", session.id)) == "NOT_BOUND"
    assert code_of(other.ask("bindSession", session.id, {"resume": session.cursor()})) == "INVALID_TARGET"
    assert "channelgroup.created g1" in told(new.do("session.start"))
    assert session.view.over
    assert session.take_news() == []


def test_a_race_for_an_agent_has_one_winner(
    agent: Agent, demo: ServerProcess, desktop: Desktop, other: Desktop
) -> None:
    """Whoever comes last has the session; there is never a second one."""
    before = demo.metric("ixp_sessions")
    credentials = {"override": True, "agent": {"id": agent.id, "password": PASSWORD}}
    racers, winners = (desktop, other), []
    for n in range(30):
        for racer in racers:
            racer.send(message_of("prepareSession", data=credentials, requestid=f"p{n}"))
        sessions = []
        for racer in racers:
            prepared = racer.answer(f"p{n}")["data"]
            sessions.append(AgentSession(racer, prepared["session"]["id"], prepared["resumetoken"]))
        for session in sessions:
            session.desktop.sessions[session.id] = session
            session.desktop.send(message_of("bindSession", session.id, requestid=f"b{n}"))
        outcomes = {code_of(session.desktop.answer(f"b{n}")): session for session in sessions}
        assert set(outcomes) == {"INVALID_TARGET", "success"}
        winners.append(outcomes["success"])
    assert demo.metric("ixp_sessions") == before + 1
    for racer in racers:
        racer.answers_still()
    for session in winners[:-1]:
        assert told(session.take_news()) == ["session.disposed"]
    assert told(winners[-1].do("session.start"))[-1] == "session.initialized"


# Requests repeated


def test_a_repeated_requestid_has_the_same_answer_and_one_effect(
    session: AgentSession, agent: Agent, other: Desktop
) -> None:
    data = {"channel": {"endpoint": agent.phone, "type": "Telephony"}}
    first = session.do("session.addchannel", data=data, requestid="once")
    failed = session.do("session.addchannel", data=data, requestid="fails")
    assert session.do("session.addchannel", data=data, requestid="once") == []
    session.desktop.cut()
    session.resume(other)
    assert session.do("session.addchannel", data=data, requestid="once") == []
    assert session.do("session.logout", requestid="fails") == []  # whatever else it says now
    answers = [session.raw[message["seq"]] for message in (first[0], first[0], failed[0])]
    assert session.again == answers
    assert list(session.view.objects) == [session.target("c1")]


def test_a_requestid_of_what_was_no_request_is_not_remembered(session: AgentSession) -> None:
    assert told(session.do("session.addchannel", data={}, requestid="r")) == ["session.addchannel: INVALID_REQUEST"]
    assert told(session.do("session.fly", requestid="r")) == ["session.fly: UNKNOWN_COMMAND"]
    assert told(session.do("session.request.getdirectory", requestid="r")) == ["session.request.getdirectory: success"]


def test_a_refusal_of_the_session_is_remembered(desktop: Desktop, agent: Agent) -> None:
    """Also one that would not be given any longer: to try again, use a new requestid."""
    session = desktop.session_of(agent.id)
    (refused,) = session.do("session.request.getdirectory", requestid="early")
    assert code_of(refused) == "NOT_STARTED"
    session.do("session.start")
    assert session.do("session.request.getdirectory", requestid="early") == []
    assert session.again == [session.raw[refused["seq"]]]
    assert told(session.do("session.request.getdirectory", requestid="late"))[0].endswith("success")


# What exists already


def test_start_takes_in_what_the_agent_has_at_the_phone(serve: Serve) -> None:
    text = """
[simulator]
extra_extensions = ["4100"]

[[agents]]
id = "ada"
password = "demo"

[[simulator.agents]]
id = "ada"
name = "Ada Example"
extension = "4900"
joined = ["Sales"]
logged_in = true
agentstate = "READY"
"""
    server = serve(config(text))
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("ada", groups=("Default",))
        messages = session.do("session.start", data={"extension": "4100"})
        names = [told([message])[0] for message in messages]
        assert names[:3] == ["session.start: success", "channelgroup.created g1", "state.updated g1"]
        assert names[-1] == "session.initialized"
        channels = {
            (info["endpoint"], info["loginstate"], info.get("agentstate"), target.count("."))
            for target, info in ((known.target, known.info) for known in session.view.objects.values())
            if "endpoint" in info
        }
        assert {("4900", "ACTIVE", "READY", 2), ("4100", "INACTIVE", None, 1)} <= channels
        assert [known.info["name"] for known in session.view.objects.values() if known.kind == "channelgroup"] == [
            "Sales",
            "Default",
        ]
        assert messages[-1]["data"]["session"]["agent"] == {"id": "ada", "name": "Ada Example"}
