"""What becomes of an agent whose desktop stays away. Source: specs/protocol.md, "Losing the transport"."""

from typing import Final

from tests.blackbox.client import AgentSession, Desktop, code_of, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess, wait_until

PHONE_AND_CHAT: Final = {"channelgroup": {"name": "Default", "chat": True, "email": False, "callback": False}}


def at_work(desktop: Desktop, agent: str) -> AgentSession:
    """Two of three channels are ready, the third is active only."""
    session = desktop.session_of(agent)
    session.do("session.start")
    session.do("session.addchannelgroup", data=PHONE_AND_CHAT)
    session.do("session.addchannel", data={"channel": {"endpoint": f"{agent}@example.org", "type": "Email"}})
    session.do("channelgroup.activateall", "g1")
    session.do("channel.activate", "c3")
    session.do("channelgroup.ready", "g1")
    return session


def parked(server: ServerProcess) -> float:
    return server.metric("ixp_adapter_calls_total", call="SetAgentState", result="success")


def test_ready_channels_go_not_ready_while_nobody_is_there(serve: Serve) -> None:
    """Whether the client left or was cut off; it sees it when it is back, once, and nothing else has changed."""
    server = serve(config("[sessions]\nnot_ready_after_s = 0.2\n"))
    with Desktop(server.agent_url) as desktop:
        cut, left = at_work(Desktop(server.agent_url), "agent1"), at_work(desktop, "agent2")
        here = at_work(desktop, "agent3")
        before = parked(server)
        cut.desktop.cut()
        desktop.ask("unbindSession", left.id)
        wait_until(lambda: parked(server) == before + 4, "four channels were made not ready")
        cut.desktop.close()
        for session in (cut, left):
            session.resume(desktop)
            messages = session.settle()
            assert told(messages) == [
                "channel.infochanged g1.c1",
                "state.updated g1.c1",
                "channel.infochanged g1.c2",
                "state.updated g1.c2",
            ]
            for message in messages[::2]:
                channel = message["data"]["channel"]
                assert (channel["agentstate"], channel["reason"]) == ("NOTREADY", {"code": "CONNECTION_LOST"})
                assert "cause" not in message
            assert told(session.do("channelgroup.ready", "g1"))[0] == "channelgroup.ready: success"
        assert here.settle() == []


def test_whoever_stays_away_is_logged_out(serve: Serve) -> None:
    """The session is over, and the platform has forgotten the agent's channels."""
    server = serve(config("[sessions]\nnot_ready_after_s = 0.1\nlogout_after_s = 0.8\n"))
    with Desktop(server.agent_url) as desktop:
        session = at_work(Desktop(server.agent_url), "agent1")
        session.desktop.cut()
        session.desktop.close()
        wait_until(lambda: server.metric("ixp_sessions") == 0, "the session has ended")
        assert server.metric("ixp_events_total", event="session.disposed") == 1
        assert code_of(desktop.ask("bindSession", session.id, {"resume": session.cursor()})) == "INVALID_TARGET"
        again = desktop.session_of("agent1", override=False)
        assert told(again.do("session.start")) == ["session.start: success", "session.initialized"]


def test_a_session_that_nobody_ever_binds_ends_too(serve: Serve) -> None:
    server = serve(config("[sessions]\nlogout_after_s = 0.2\n"))
    with Desktop(server.agent_url) as desktop:
        prepared = desktop.prepare("agent1")
        wait_until(lambda: server.metric("ixp_sessions") == 0, "the session has ended")
        assert code_of(desktop.ask("bindSession", prepared["data"]["session"]["id"])) == "INVALID_TARGET"
        assert desktop.prepare("agent1")["result"] == "success"
