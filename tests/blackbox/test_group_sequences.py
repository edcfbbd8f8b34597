"""What follows the commands about channel groups, literally, and in both forms of the connection.

Source: specs/sequences.md.
"""

import pytest

from tests.blackbox.client import GROUP, AgentSession, bracket, channel_in, pair, told

pytestmark = pytest.mark.parametrize("batched", [False, True], ids=["plain", "batched"])


def test_addchannelgroup(session: AgentSession) -> None:
    messages = session.do("session.addchannelgroup", data=GROUP)
    assert told(messages) == [
        "session.addchannelgroup: success",
        "channelgroup.created g1",
        "state.updated g1",
        *bracket("g1.c1"),
        *bracket("g1.c2"),
        *bracket("g1.c3"),
        *bracket("g1.c4"),
        "channelgroup.initialized g1",
    ]
    assert messages[0]["data"] == GROUP
    assert messages[1]["data"] == {
        "channelgroup": {"id": "g1", "name": "Default", "channels": ["c1", "c2", "c3", "c4"]}
    }
    assert messages[-1]["data"] == messages[1]["data"]
    created = [channel_in(message)["type"] for message in messages if message.get("name") == "channel.created"]
    assert created == ["TELEPHONY", "CHAT", "EMAIL", "CALLBACK"]


def test_addchannelgroup_with_fewer_media(session: AgentSession) -> None:
    wanted = {"name": "Default", "chat": False, "email": True, "callback": False}
    messages = session.do("session.addchannelgroup", data={"channelgroup": wanted})
    created = [channel_in(message)["type"] for message in messages if message.get("name") == "channel.created"]
    assert created == ["TELEPHONY", "EMAIL"]


@pytest.mark.parametrize("word", ["channelgroup", "channel"])
def test_removechannelgroup_with_nothing_active(with_group: AgentSession, word: str) -> None:
    """`channel` is the older spelling of the property."""
    data = {word: {"id": "g1"}}
    messages = with_group.do("session.removechannelgroup", data=data)
    assert told(messages) == [
        "session.removechannelgroup: success",
        "channel.disposed g1.c1",
        "channel.disposed g1.c2",
        "channel.disposed g1.c3",
        "channel.disposed g1.c4",
        "state.updated g1",
        "channelgroup.disposed g1",
    ]
    assert messages[0]["data"] == data
    assert messages[-1]["data"] == {"channelgroup": {"id": "g1"}}


def test_removechannelgroup_with_active_members(with_group: AgentSession) -> None:
    with_group.do("channel.activate", "g1.c1")
    with_group.do("channel.activate", "g1.c3")
    with_group.do("channel.ready", "g1.c3")
    messages = with_group.do("session.removechannelgroup", data={"channelgroup": {"id": "g1"}})
    assert told(messages) == [
        "session.removechannelgroup: success",
        *pair("g1.c1"),
        "channel.disposed g1.c1",
        "channel.disposed g1.c2",
        *pair("g1.c3"),
        "channel.disposed g1.c3",
        "channel.disposed g1.c4",
        "state.updated g1",
        "channelgroup.disposed g1",
    ]


def test_activate_and_deactivate_of_one_member_through_its_group(with_group: AgentSession) -> None:
    data = {"channel": {"id": "c2"}, "options": {"site": "north"}}
    for command in ("channelgroup.activate", "channelgroup.deactivate"):
        messages = with_group.do(command, "g1", data)
        assert told(messages) == [f"{command}: success", *pair("g1.c2"), "state.updated g1"]
        assert messages[0]["data"] == data


def test_all_channel_operations(with_group: AgentSession) -> None:
    everyone = [*pair("g1.c1"), *pair("g1.c2"), *pair("g1.c3"), *pair("g1.c4"), "state.updated g1"]
    for command, loginstate, agentstate in (
        ("channelgroup.activateall", "ACTIVE", "NOTREADY"),
        ("channelgroup.ready", "ACTIVE", "READY"),
        ("channelgroup.notready", "ACTIVE", "NOTREADY"),
        ("channelgroup.deactivateall", "INACTIVE", None),
    ):
        messages = with_group.do(command, "g1", {})
        assert told(messages) == [f"{command}: success", *everyone]
        state = {"loginstate": loginstate} | ({"agentstate": agentstate} if agentstate else {})
        assert messages[0]["data"] == {"channels": [{"id": f"c{n}", **state} for n in range(1, 5)]}


def test_all_channel_operations_tell_of_the_changed_ones_only(with_group: AgentSession) -> None:
    with_group.do("channel.activate", "g1.c2")
    assert told(with_group.do("channelgroup.activateall", "g1"))[1:] == [
        *pair("g1.c1"),
        *pair("g1.c3"),
        *pair("g1.c4"),
        "state.updated g1",
    ]
    with_group.do("channel.deactivate", "g1.c1")
    with_group.do("channel.ready", "g1.c4")
    assert told(with_group.do("channelgroup.ready", "g1"))[1:] == [*pair("g1.c2"), *pair("g1.c3"), "state.updated g1"]


def test_all_channel_operations_with_nothing_to_do(with_group: AgentSession) -> None:
    messages = with_group.do("channelgroup.deactivateall", "g1")
    assert told(messages) == ["channelgroup.deactivateall: success", "state.updated g1"]
