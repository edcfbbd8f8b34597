"""Calls and chats over real sockets: two agents, a caller from outside, and what happens to connections meanwhile."""

from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest

from tests.blackbox.client import AgentSession, Desktop, code_of, pair, told
from tests.blackbox.conftest import Agent, Serve, fresh_agent
from tests.blackbox.server import ServerProcess, wait_until

CALLER: Final = "+15550100"
RINGING: Final = (
    "channel.infochanged c1",
    "state.updated c1",
    "interaction.created c1.i1",
    "state.updated c1.i1",
    "conversation.created c1.i1.v1",
    "state.updated c1.i1.v1",
    "conversation.member.added c1.i1.v1",
    "conversation.initialized c1.i1.v1",
    "interaction.datachanged c1.i1",
    "interaction.preview c1.i1",
    "interaction.initialized c1.i1",
)


class Outside:
    """The world outside, by the simulator's control."""

    def __init__(self, server: ServerProcess) -> None:
        self._http = httpx2.Client(base_url=server.http_url, trust_env=False)

    def __enter__(self) -> "Outside":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        response = self._http.post(f"/simulator/{path}", json=body or {})
        assert response.is_success, response.text
        return response.json() if response.content else None

    def call(self, to: str, **data: str) -> str:
        return str(self.post("calls", {"to": to, "from": CALLER, "data": data})["call"])


@pytest.fixture
def outside(demo: ServerProcess) -> Iterator[Outside]:
    with Outside(demo) as outside:
        yield outside


def at_work(desktop: Desktop, agent: Agent) -> AgentSession:
    """Started, and ready at the agent's phone, c1."""
    session = desktop.session_of(agent.id)
    session.do("session.start")
    session.do("session.addchannel", data={"channel": {"endpoint": agent.phone, "type": "Telephony"}})
    session.do("channel.activate", "c1")
    session.do("channel.ready", "c1")
    return session


@pytest.fixture
def ann(desktop: Desktop, agent: Agent) -> AgentSession:
    return at_work(desktop, agent)


@pytest.fixture
def bob_agent(demo: ServerProcess) -> Agent:
    return fresh_agent(demo)


@pytest.fixture
def bob(other: Desktop, bob_agent: Agent) -> AgentSession:
    return at_work(other, bob_agent)


def end(session: AgentSession, outside: Outside, call: str) -> None:
    outside.post(f"calls/{call}/hangup")
    session.wait_news("interaction.ended")
    session.do("interaction.complete", "c1.i1")


def test_a_call_from_its_offer_to_the_end_of_its_wrap_up(ann: AgentSession, agent: Agent, outside: Outside) -> None:
    call = outside.call(agent.phone, order="4711")
    ringing = ann.wait_news("interaction.initialized")
    assert told(ringing) == [*RINGING]
    assert ringing[-2]["data"]["interactiondata"] == {"order": "4711"}
    assert ringing[-2]["data"]["interaction"]["contact"] == call
    assert told(ann.do("conversation.answer", "c1.i1.v1")) == [
        "conversation.answer: success",
        "state.updated c1.i1.v1",
        "state.updated c1.i1",
        "interaction.started c1.i1",
    ]
    outside.post(f"calls/{call}/hangup")
    assert told(ann.wait_news("channel.infochanged")) == [
        "state.updated c1.i1.v1",
        "conversation.disposed c1.i1.v1",
        "interaction.ended c1.i1",
        "state.updated c1.i1",
        "channel.infochanged c1",
    ]
    assert told(ann.do("interaction.complete", "c1.i1", {"disposition": {"code": "RESOLVED"}})) == [
        "state.updated c1",
        "interaction.complete: success",
        "interaction.completed c1.i1",
        "interaction.disposed c1.i1",
        "channel.infochanged c1",
        "state.updated c1",
    ]


def test_what_happens_while_the_connection_is_lost_follows_byte_for_byte(
    ann: AgentSession, agent: Agent, outside: Outside, demo: ServerProcess
) -> None:
    seq = ann.view.seq
    ann.desktop.cut()
    call = outside.call(agent.phone)
    with Desktop(demo.agent_url) as again:
        ann.resume(again, seq)
        assert told(ann.wait_news("interaction.initialized")) == [*RINGING]
        ann.do("interaction.accept", "c1.i1")
        known = ann.view.seq
        ann.resume(again, seq)
        ann.settle()
        assert ann.again[: known - seq] == [ann.raw[number] for number in range(seq + 1, known + 1)]
        end(ann, outside, call)


def test_a_session_begun_in_the_middle_of_a_call_is_told_of_it(
    ann: AgentSession, agent: Agent, outside: Outside, other: Desktop
) -> None:
    call = outside.call(agent.phone, order="1")
    ann.wait_news("interaction.initialized")
    ann.do("interaction.accept", "c1.i1")
    session = other.session_of(agent.id)
    messages = session.do("session.start")
    assert told(messages) == [
        "session.start: success",
        "channel.created c1",
        "state.updated c1",
        "interaction.created c1.i1",
        "state.updated c1.i1",
        "conversation.created c1.i1.v1",
        "state.updated c1.i1.v1",
        "conversation.member.added c1.i1.v1",
        "conversation.initialized c1.i1.v1",
        "interaction.datachanged c1.i1",
        "interaction.started c1.i1",
        "interaction.initialized c1.i1",
        "channel.initialized c1",
        "session.initialized",
    ]
    assert messages[9]["data"]["interactiondata"] == {"order": "1"}
    assert code_of(session.do("session.logout")[0]) == "INTERACTION_ACTIVE"
    end(session, outside, call)


def test_a_call_goes_on_while_the_platform_is_lost_and_after_it(serve: Serve) -> None:
    server = serve(errors=("platform_lost",))
    agent = Agent("agent1", "4001")
    with Outside(server) as outside, Desktop(server.agent_url) as desktop:
        ann = at_work(desktop, agent)
        call = outside.call(agent.phone)
        ann.wait_news("interaction.initialized")
        ann.do("interaction.accept", "c1.i1")
        ann.settle()
        outside.post("platform/lose")
        for state in ("UNAVAILABLE", "ACTIVE"):
            assert told([*ann.wait_login("c1", state), *ann.settle()])[:2] == pair("c1")
        wait_until(lambda: server.get("/readyz").status_code == 200, "the platform is back")
        assert told(ann.do("conversation.hold", "c1.i1.v1"))[0] == "conversation.hold: success"
        end(ann, outside, call)


def test_a_consulted_agent_gets_the_customer_with_the_data(
    ann: AgentSession, bob: AgentSession, agent: Agent, bob_agent: Agent, outside: Outside
) -> None:
    call = outside.call(agent.phone, order="4711")
    ann.wait_news("interaction.initialized")
    ann.do("interaction.accept", "c1.i1")
    ann.do("interaction.consult", "c1.i1", {"destination": bob_agent.phone})
    offered = bob.wait_news("interaction.initialized")
    assert offered[-2]["data"]["interactiondata"] == {"order": "4711"}
    assert offered[-2]["data"]["interaction"]["contact"] == call
    bob.do("interaction.accept", "c1.i1")
    ann.settle()
    assert told(ann.do("interaction.consulttransfer", "c1.i1"))[:2] == [
        "interaction.consulttransfer: success",
        "state.updated c1.i1.v1",
    ]
    (gone, _, come) = bob.wait_news("conversation.member.added")
    assert gone["data"]["member"]["address"] == agent.phone
    assert come["data"]["member"]["address"] == CALLER
    ann.do("interaction.complete", "c1.i1")
    end(bob, outside, call)


def test_the_caller_leaves_while_the_agent_answers(ann: AgentSession, agent: Agent, outside: Outside) -> None:
    """Whoever is first: there is one answer, one end with one cause, and the phone is free for the next."""
    for number in range(1, 6):
        call = outside.call(agent.phone)
        ann.wait_news("interaction.initialized")
        ann.send("interaction.accept", f"c1.i{number}")
        outside.post(f"calls/{call}/hangup")
        messages = ann.settle()
        while not any(message.get("name") == "interaction.ended" for message in messages):
            messages += ann.wait_news("interaction.ended")
        (ended,) = [message for message in messages if message.get("name") == "interaction.ended"]
        (answer,) = [message for message in messages if "result" in message]
        if ended["data"]["cause"] == "ABANDONED":
            assert code_of(answer) in ("INVALID_STATE", "INVALID_TARGET")
        else:
            assert (answer["result"], ended["data"]["cause"]) == ("success", "REMOTE")
            ann.do("interaction.complete", f"c1.i{number}")
        ann.settle()


@pytest.mark.parametrize(
    ("command", "path", "data", "code"),
    [
        ("conversation.senddtmf", "c1.i1.v1", {"digits": "1" * 33}, "INVALID_REQUEST"),
        ("conversation.senddtmf", "c1.i1.v1", {"digits": "5x"}, "INVALID_REQUEST"),
        ("interaction.setdata", "c1.i1", {"interactiondata": {"a": {"b": {"c": "d"}}}}, "INVALID_REQUEST"),
        ("interaction.setdata", "c1.i1", {"interactiondata": {"a": 5}}, "INVALID_REQUEST"),
        ("interaction.setdata", "c1.i1", {"interactiondata": {"a": "x" * 60_000, "b": "y" * 3_000}}, "success"),
        ("interaction.consult", "c1.i1", {"destination": "nobody"}, "INVALID_DESTINATION"),
        ("interaction.consult", "c1.i1", {}, "INVALID_REQUEST"),
        ("conversation.blindtransfer", "c1.i1.v1", {"destination": "nobody"}, "INVALID_DESTINATION"),
        ("interaction.accept", "c1.i1", {}, "INVALID_STATE"),
        ("interaction.consulttransfer", "c1.i1", {}, "INVALID_STATE"),
        ("interaction.message.send", "c1.i1", {"text": "hello"}, "INVALID_STATE"),
        ("interaction.file.send", "c1.i1", {"file": {"name": "a", "url": "https://a"}}, "UNSUPPORTED"),
        ("conversation.hold", "c1.i1", {}, "INVALID_TARGET"),
        ("conversation.hold", "c1.i1.v9", {}, "INVALID_TARGET"),
        ("interaction.complete", "c1.i1", {}, "INVALID_STATE"),
    ],
)
def test_bad_input_is_answered_and_changes_nothing(
    ann: AgentSession, agent: Agent, outside: Outside, command: str, path: str, data: dict[str, Any], code: str
) -> None:
    call = outside.call(agent.phone)
    ann.wait_news("interaction.initialized")
    ann.do("interaction.accept", "c1.i1")
    answer, *events = ann.do(command, path, data)
    assert (code_of(answer) if answer["result"] == "failure" else "success") == code
    assert events == [] or code == "success"
    assert told(ann.do("conversation.hold", "c1.i1.v1")) == ["conversation.hold: success", "state.updated c1.i1.v1"]
    end(ann, outside, call)


def test_attached_data_have_a_bound(ann: AgentSession, agent: Agent, outside: Outside) -> None:
    call = outside.call(agent.phone)
    ann.wait_news("interaction.initialized")
    ann.do("interaction.setdata", "c1.i1", {"interactiondata": {"a": "x" * 60_000}})
    (refused,) = ann.do("interaction.setdata", "c1.i1", {"interactiondata": {"b": "y" * 6_000}})
    assert code_of(refused) == "INVALID_REQUEST"
    assert "65536" in refused["failure"]["message"]
    outside.post(f"calls/{call}/hangup")


def test_a_message_of_a_mebibyte_closes_the_connection_and_the_chat_goes_on(serve: Serve) -> None:
    server = serve()  # of its own: at the shared one others are ready for chats, too
    with Outside(server) as outside, Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1")
        session.do("session.start")
        group = {"name": "Default", "chat": True, "email": False, "callback": False}
        session.do("session.addchannelgroup", data={"channelgroup": group})
        session.do("channelgroup.activateall", "g1")
        session.do("channel.ready", "g1.c2")
        outside.post("chats", {"queue": "Sales", "name": "Eve"})
        session.wait_news("interaction.initialized")
        session.do("interaction.accept", "g1.c2.i1")
        seq = session.view.seq
        session.send("interaction.message.send", "g1.c2.i1", {"text": "x" * 2**20})
        assert desktop.closed_with()[0] in (1009, 1006)
        with Desktop(server.agent_url) as again:
            session.resume(again, seq)
            assert told(session.do("interaction.message.send", "g1.c2.i1", {"text": "short"})) == [
                "interaction.message.send: success",
                "interaction.message.added g1.c2.i1",
            ]
