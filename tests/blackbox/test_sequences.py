"""What follows each command, literally, and in both forms of the connection. Source: specs/sequences.md."""

import pytest

from engine.conformance.view import JsonObject
from tests.blackbox.client import AgentSession, Desktop, bracket, channel_in, code_of, message_of, pair, told
from tests.blackbox.conftest import Agent, fresh_agent
from tests.blackbox.server import ServerProcess

pytestmark = pytest.mark.parametrize("batched", [False, True], ids=["plain", "batched"])

GROUP_OF_FOUR = [
    "channelgroup.created g1",
    "state.updated g1",
    *bracket("g1.c1"),
    *bracket("g1.c2"),
    *bracket("g1.c3"),
    *bracket("g1.c4"),
    "channelgroup.initialized g1",
]


@pytest.fixture
def with_channel(session: AgentSession, agent: Agent) -> AgentSession:
    """c1 is the agent's phone."""
    session.do("session.addchannel", data={"channel": {"endpoint": agent.phone, "type": "Telephony"}})
    return session


def switched(message: JsonObject, way: str) -> set[str]:
    """The capabilities that a state.updated enables or disables."""
    return {change["name"] for change in message["data"] if change["type"] == way}


# Start and end


def test_start_of_an_agent_who_has_nothing(desktop: Desktop, agent: Agent) -> None:
    session = desktop.session_of(agent.id)
    response, initialized = session.do("session.start", requestid="one")
    assert response == {
        "command": "session.start",
        "target": session.id,
        "result": "success",
        "requestid": "one",
        "seq": 1,
    }
    capabilities = initialized["data"]["session"].pop("capabilities")
    assert initialized == {
        "name": "session.initialized",
        "target": session.id,
        "data": {
            "session": {
                "id": session.id,
                "agent": {"id": agent.id, "name": agent.id.replace("agent", "Agent ")},
                "channelgroups": [],
                "channels": [],
            }
        },
        "cause": "one",
        "seq": 2,
    }
    assert sorted(capabilities) == [
        "session.addchannel",
        "session.addchannelgroup",
        "session.logout",
        "session.removechannel",
        "session.removechannelgroup",
        "session.request.externallogoutreasons",
        "session.request.externalnotreadyreasons",
        "session.request.getdirectory",
    ]


def test_start_joins_the_groups_named_at_the_preparation(desktop: Desktop, agent: Agent) -> None:
    session = desktop.session_of(agent.id, groups=("Default",))
    assert told(session.do("session.start")) == ["session.start: success", *GROUP_OF_FOUR, "session.initialized"]


def test_start_tells_what_exists_groups_first(with_group: AgentSession, agent: Agent) -> None:
    with_group.do("session.addchannel", data={"channel": {"endpoint": f"{agent.id}@example.org", "type": "email"}})
    with_group.do("channel.activate", "g1.c1")
    session = with_group.desktop.session_of(agent.id)
    messages = session.do("session.start")
    assert told(messages) == [
        "session.start: success",
        *GROUP_OF_FOUR,
        "channel.created c5",
        "state.updated c5",
        "channel.initialized c5",
        "session.initialized",
    ]
    assert channel_in(messages[3])["loginstate"] == "ACTIVE"
    assert messages[-1]["data"]["session"]["channelgroups"] == ["g1"]
    assert messages[-1]["data"]["session"]["channels"] == ["c5"]


def test_logout_is_answered_last_and_nothing_follows(with_group: AgentSession) -> None:
    with_group.do("channelgroup.activateall", "g1")
    with_group.do("channelgroup.ready", "g1")
    desktop, before = with_group.desktop, with_group.view.seq
    with_group.send("session.logout", data={"reason": {"code": "SHIFT_END"}}, requestid="bye")
    with_group.send("session.addchannel", data={"channel": {"endpoint": "x@y", "type": "Email"}}, requestid="late")
    late = desktop.ask("unbindSession", with_group.id)
    (response,) = with_group.take_news()
    assert response == {
        "command": "session.logout",
        "target": with_group.id,
        "result": "success",
        "requestid": "bye",
        "seq": before + 1,
    }
    assert code_of(late) == "NOT_BOUND"
    (refused,) = [notice for notice in desktop.notices if notice.get("requestid") == "late"]
    assert code_of(refused) == "NOT_BOUND"
    assert with_group.view.over


# Channels


def test_addchannel(session: AgentSession, agent: Agent) -> None:
    data = {"channel": {"endpoint": agent.phone, "type": "telePHONY"}}
    messages = session.do("session.addchannel", data=data, requestid="add")
    assert told(messages) == [
        "session.addchannel: success",
        "channel.created c1",
        "state.updated c1",
        "channel.initialized c1",
    ]
    response, created, updated, initialized = messages
    assert response["data"] == data
    assert [message.get("cause") for message in messages] == [None, "add", "add", "add"]
    assert channel_in(created) == {
        "id": "c1",
        "name": f"Phone {agent.phone}",
        "endpoint": agent.phone,
        "type": "TELEPHONY",
        "modeltype": "TELEPHONY",
        "loginstate": "INACTIVE",
        "interactions": [],
    }
    assert channel_in(initialized) == channel_in(created)
    assert updated["data"] == [
        {"name": "channel.activate", "type": "enable"},
        {"name": "channel.externaldispositions", "type": "enable"},
    ]
    assert updated["state"] == {"loginstate": "INACTIVE"}


@pytest.mark.parametrize("kind", ["Chat", "Email", "Callback"])
def test_addchannel_of_a_medium(session: AgentSession, kind: str) -> None:
    messages = session.do("session.addchannel", data={"channel": {"endpoint": f"{session.id}@x", "type": kind}})
    assert channel_in(messages[1])["type"] == kind.upper()
    assert channel_in(messages[1])["modeltype"] == kind.upper()


def test_removechannel_that_is_not_active(with_channel: AgentSession) -> None:
    messages = with_channel.do("session.removechannel", data={"channel": {"id": "c1"}})
    assert told(messages) == ["session.removechannel: success", "channel.disposed c1"]
    assert messages[0]["data"] == {"channel": {"id": "c1"}}
    assert messages[1]["data"] == {"channel": {"id": "c1"}}


def test_removechannel_that_is_active_and_ready(with_channel: AgentSession) -> None:
    """One pair with the final state, though the channel went not ready, was deactivated and removed."""
    with_channel.do("channel.activate", "c1")
    with_channel.do("channel.ready", "c1")
    messages = with_channel.do("session.removechannel", data={"channel": {"id": "c1"}})
    assert told(messages) == ["session.removechannel: success", *pair("c1"), "channel.disposed c1"]
    assert channel_in(messages[1])["loginstate"] == "INACTIVE"
    assert "agentstate" not in channel_in(messages[1])
    assert switched(messages[2], "enable") == set()


def test_an_id_is_never_used_again(with_channel: AgentSession, agent: Agent) -> None:
    with_channel.do("session.removechannel", data={"channel": {"id": "c1"}})
    messages = with_channel.do("session.addchannel", data={"channel": {"endpoint": agent.phone, "type": "Telephony"}})
    assert told(messages)[1] == "channel.created c2"


def test_activate_and_deactivate_of_a_standalone_channel(with_channel: AgentSession) -> None:
    messages = with_channel.do("channel.activate", "c1")
    assert told(messages) == ["channel.activate: success", *pair("c1")]
    assert "data" not in messages[0]
    assert (channel_in(messages[1])["loginstate"], channel_in(messages[1])["agentstate"]) == ("ACTIVE", "NOTREADY")
    opened = {"channel.deactivate", "channel.ready", "channel.notready", "channel.dial"}
    assert switched(messages[2], "enable") == opened
    assert switched(messages[2], "disable") == {"channel.activate"}
    with_channel.do("channel.ready", "c1")
    messages = with_channel.do("channel.deactivate", "c1")
    assert told(messages) == ["channel.deactivate: success", *pair("c1")]  # a ready channel: one pair in all
    assert channel_in(messages[1])["loginstate"] == "INACTIVE"


def test_activate_and_deactivate_of_a_member_tell_its_group(with_group: AgentSession) -> None:
    for command in ("channel.activate", "channel.deactivate"):
        assert told(with_group.do(command, "g1.c2")) == [f"{command}: success", *pair("g1.c2"), "state.updated g1"]


def test_ready_and_notready(with_channel: AgentSession) -> None:
    with_channel.do("channel.activate", "c1")
    messages = with_channel.do("channel.ready", "c1")
    assert told(messages) == ["channel.ready: success", *pair("c1")]
    assert channel_in(messages[1])["agentstate"] == "READY"
    assert messages[2]["data"] == [{"name": "channel.ready", "type": "disable"}]
    messages = with_channel.do("channel.notready", "c1", {"reason": {"code": "LUNCH"}})
    assert told(messages) == ["channel.notready: success", *pair("c1")]
    assert channel_in(messages[1])["reason"] == {"code": "LUNCH"}
    assert messages[2]["state"] == {"loginstate": "ACTIVE", "agentstate": "NOTREADY", "reason": {"code": "LUNCH"}}


def test_ready_of_a_member_does_not_tell_its_group(with_group: AgentSession) -> None:
    with_group.do("channel.activate", "g1.c3")
    assert told(with_group.do("channel.ready", "g1.c3")) == ["channel.ready: success", *pair("g1.c3")]


def test_an_empty_state_updated_is_sent_all_the_same(with_channel: AgentSession) -> None:
    with_channel.do("channel.activate", "c1")
    with_channel.do("channel.notready", "c1")
    messages = with_channel.do("channel.notready", "c1", {"reason": {"code": "BREAK"}})
    assert told(messages) == ["channel.notready: success", *pair("c1")]
    assert messages[2]["data"] == []


def test_externaldispositions(with_channel: AgentSession) -> None:
    response, updated = with_channel.do("channel.externaldispositions", "c1", {})
    assert response["data"] == {}
    assert updated["name"] == "channel.externaldispositions.updated"
    assert updated["target"] == with_channel.target("c1")
    assert updated["data"]["dispositions"][0] == {"code": "RESOLVED", "name": "Resolved"}
    assert len(updated["data"]["dispositions"]) == 4


# What is asked of the platform


def test_getdirectory(session: AgentSession) -> None:
    (response,) = session.do("session.request.getdirectory", data={})
    assert response["data"]["entries"][0] == {"name": "Front desk", "number": "4900", "type": "internal"}
    assert len(response["data"]["entries"]) == 5


@pytest.mark.parametrize(
    ("command", "event", "first"),
    [
        ("session.request.externalnotreadyreasons", "session.externalnotreadyreasons.updated", "BREAK"),
        ("session.request.externalnotredyreasons", "session.externalnotreadyreasons.updated", "BREAK"),
        ("session.request.externallogoutreasons", "session.externallogoutreasons.updated", "SHIFT_END"),
    ],
)
def test_reasons(session: AgentSession, command: str, event: str, first: str) -> None:
    messages = session.do(command, data={})
    assert told(messages) == [f"{command}: success", event]  # the command exactly as received
    assert messages[0]["data"] == {}
    assert messages[1]["data"]["reasons"][0]["code"] == first


# Spellings


@pytest.mark.parametrize(
    ("alias", "path"),
    [
        ("session.getdirectory", ""),
        ("session.externalnotreadyreasons", ""),
        ("session.externallogoutreasons", ""),
        ("channel.request.activate", "g1.c1"),
        ("channel.request.externaldispositions", "g1.c1"),
        ("channelgroup.request.activateall", "g1"),
    ],
)
def test_aliases_are_answered_as_they_were_spelt(with_group: AgentSession, alias: str, path: str) -> None:
    assert told(with_group.do(alias, path))[0] == f"{alias}: success"


# What is nobody's command


def test_another_agent_takes_the_phone_and_frees_it(
    with_channel: AgentSession, demo: ServerProcess, agent: Agent
) -> None:
    """The event pair comes unasked, and names no cause."""
    rival_agent = fresh_agent(demo)
    with Desktop(demo.agent_url) as other:
        rival = other.session_of(rival_agent.id)
        rival.do("session.start")
        rival.do("session.addchannel", data={"channel": {"endpoint": agent.phone, "type": "Telephony"}})
        rival.do("channel.activate", "c1")
        messages = with_channel.settle()
        assert told(messages) == pair("c1")
        assert channel_in(messages[0])["loginstate"] == "UNAVAILABLE"
        assert "cause" not in messages[0]
        assert with_channel.view.objects[with_channel.target("c1")].capabilities == {"channel.externaldispositions"}
        rival.do("session.logout")
    messages = with_channel.settle()
    assert told(messages) == pair("c1")
    assert channel_in(messages[0])["loginstate"] == "INACTIVE"


def test_a_failed_request_emits_nothing_and_gives_the_request_back(with_channel: AgentSession, agent: Agent) -> None:
    data = {"channel": {"endpoint": agent.phone, "type": "Telephony"}, "note": [1, 2.5, None, {"x": "ü"}]}
    (failure,) = with_channel.do("session.addchannel", data=data, requestid="again")
    assert code_of(failure) == "ALREADY_EXISTS"
    assert failure["original"] == message_of("session.addchannel", with_channel.id, data, requestid="again")
    assert agent.phone in failure["failure"]["message"]
    assert set(failure) == {"command", "target", "result", "failure", "original", "requestid", "seq"}
