"""Key sequences in full JSON: every property of every message. specs/protocol.md, "Envelope" and "Events"."""

from typing import Any

from protocol.platform import Feature
from tests.fakes.desk import ALL_FEATURES, Desk
from tests.fakes.platform import FakePlatform, channel


def capabilities(*names: str, kind: str = "channel", off: tuple[str, ...] = ()) -> list[dict[str, str]]:
    enabled = [{"name": f"{kind}.{name}", "type": "enable"} for name in names]
    return sorted(
        enabled + [{"name": f"{kind}.{name}", "type": "disable"} for name in off], key=lambda change: change["name"]
    )


def sort_capabilities(message: dict[str, Any]) -> dict[str, Any]:
    """The order within one state.updated is not promised."""
    if message.get("name") == "state.updated":
        return {**message, "data": sorted(message["data"], key=lambda change: change["name"])}
    return message


CHANNEL = {
    "id": "c1",
    "name": "Line 4001",
    "endpoint": "4001",
    "type": "TELEPHONY",
    "modeltype": "TELEPHONY",
    "interactions": [],
}
NO_DIAL = ALL_FEATURES - {Feature.DIAL}


def test_the_whole_life_of_a_channel_in_full_json() -> None:
    desk = Desk(features=NO_DIAL)
    messages = desk.ask("session.start", data={"extension": "4001"}, requestid="r1")
    data = {"channel": {"endpoint": "4001", "type": "telePHONY", "color": "red"}}
    messages += desk.ask("session.request.addchannel", data=data, requestid="r2")
    messages += desk.ask("channel.activate", ".c1")
    messages += desk.ask("channel.ready", ".c1", requestid="r4")
    messages += desk.ask("channel.notready", ".c1", {"reason": {"code": "LUNCH"}})
    messages += desk.ask("session.removechannel", data={"channel": {"id": "c1"}}, requestid="r6")
    messages += desk.ask("session.logout", requestid="r7")
    inactive = {**CHANNEL, "loginstate": "INACTIVE"}
    notready = {**CHANNEL, "loginstate": "ACTIVE", "agentstate": "NOTREADY"}
    ready = {**CHANNEL, "loginstate": "ACTIVE", "agentstate": "READY"}
    lunch = {**notready, "reason": {"code": "LUNCH"}}
    names = ["logout", "addchannel", "removechannel", "addchannelgroup", "removechannelgroup", "request.getdirectory"]
    names += ["request.externalnotreadyreasons", "request.externallogoutreasons"]
    session = {"id": "s1", "agent": {"id": "agent1", "name": "Ann Example"}, "channelgroups": [], "channels": []}
    expected: list[dict[str, Any]] = [
        {"command": "session.start", "target": "s1", "result": "success", "requestid": "r1"},
        {
            "name": "session.initialized",
            "target": "s1",
            "data": {"session": {**session, "capabilities": [f"session.{name}" for name in names]}},
            "cause": "r1",
        },
        {
            "command": "session.request.addchannel",
            "target": "s1",
            "result": "success",
            "data": data,
            "requestid": "r2",
        },
        {"name": "channel.created", "target": "s1.c1", "data": {"channel": inactive}, "cause": "r2"},
        {
            "name": "state.updated",
            "target": "s1.c1",
            "data": capabilities("activate", "externaldispositions"),
            "state": {"loginstate": "INACTIVE"},
            "cause": "r2",
        },
        {"name": "channel.initialized", "target": "s1.c1", "data": {"channel": inactive}, "cause": "r2"},
        {"command": "channel.activate", "target": "s1.c1", "result": "success"},
        {"name": "channel.infochanged", "target": "s1.c1", "data": {"channel": notready}},
        {
            "name": "state.updated",
            "target": "s1.c1",
            "data": capabilities("deactivate", "notready", "ready", off=("activate",)),
            "state": {"loginstate": "ACTIVE", "agentstate": "NOTREADY"},
        },
        {"command": "channel.ready", "target": "s1.c1", "result": "success", "requestid": "r4"},
        {"name": "channel.infochanged", "target": "s1.c1", "data": {"channel": ready}, "cause": "r4"},
        {
            "name": "state.updated",
            "target": "s1.c1",
            "data": capabilities(off=("ready",)),
            "state": {"loginstate": "ACTIVE", "agentstate": "READY"},
            "cause": "r4",
        },
        {"command": "channel.notready", "target": "s1.c1", "result": "success"},
        {"name": "channel.infochanged", "target": "s1.c1", "data": {"channel": lunch}},
        {
            "name": "state.updated",
            "target": "s1.c1",
            "data": capabilities("ready"),
            "state": {"loginstate": "ACTIVE", "agentstate": "NOTREADY", "reason": {"code": "LUNCH"}},
        },
        {
            "command": "session.removechannel",
            "target": "s1",
            "result": "success",
            "data": {"channel": {"id": "c1"}},
            "requestid": "r6",
        },
        {"name": "channel.infochanged", "target": "s1.c1", "data": {"channel": inactive}, "cause": "r6"},
        {
            "name": "state.updated",
            "target": "s1.c1",
            "data": capabilities(off=("deactivate", "externaldispositions", "notready", "ready")),
            "state": {"loginstate": "INACTIVE"},
            "cause": "r6",
        },
        {"name": "channel.disposed", "target": "s1.c1", "data": {"channel": {"id": "c1"}}, "cause": "r6"},
        {"command": "session.logout", "target": "s1", "result": "success", "requestid": "r7"},
    ]
    assert [sort_capabilities(message) for message in messages] == [
        {**message, "seq": seq} for seq, message in enumerate(expected, 1)
    ]


def test_a_channel_group_in_full_json() -> None:
    platform = FakePlatform().with_group("Sales", channel("4001", "NOTREADY"), joined=False)
    desk = Desk(platform, features=NO_DIAL).started()
    messages = desk.ask(
        "session.addchannelgroup",
        data={"channelgroup": {"name": "Sales", "chat": True, "email": False, "callback": True}},
    )
    messages += desk.ask("session.removechannelgroup", data={"channel": {"id": "g1"}})
    group = {"channelgroup": {"id": "g1", "name": "Sales", "channels": ["c1"]}}
    notready = {"channel": {**CHANNEL, "loginstate": "ACTIVE", "agentstate": "NOTREADY"}}
    inactive = {"channel": {**CHANNEL, "loginstate": "INACTIVE"}}
    opened = ("deactivate", "deactivateall", "notready", "ready")
    created, updated, channel_created, channel_updated, channel_done, done = map(sort_capabilities, messages[1:7])
    assert created == {"name": "channelgroup.created", "target": "s1.g1", "data": group, "seq": 4}
    assert updated["data"] == capabilities(*opened, kind="channelgroup")
    assert channel_created == {"name": "channel.created", "target": "s1.g1.c1", "data": notready, "seq": 6}
    assert channel_updated["data"] == capabilities("deactivate", "externaldispositions", "notready", "ready")
    assert channel_done == {"name": "channel.initialized", "target": "s1.g1.c1", "data": notready, "seq": 8}
    assert done == {"name": "channelgroup.initialized", "target": "s1.g1", "data": group, "seq": 9}
    response, changed, _, gone, group_updated, group_gone = map(sort_capabilities, messages[7:])
    assert response["data"] == {"channel": {"id": "g1"}}
    assert changed["data"] == inactive
    assert gone["data"] == {"channel": {"id": "c1"}}
    assert group_updated["data"] == capabilities(kind="channelgroup", off=opened)
    assert group_updated["state"] == {"state": "DISPOSED"}
    assert group_gone["data"] == {"channelgroup": {"id": "g1"}}


def test_a_failure_in_full_json() -> None:
    desk = Desk(FakePlatform().with_channels(channel("4001"))).started()
    request = {"command": "channel.request.ready", "target": "s1.c1", "data": {"x": 1}, "requestid": "r1", "y": [None]}
    (failure,) = desk.ask(**request)  # type: ignore[arg-type]
    message = failure["failure"].pop("message")
    assert failure == {
        "command": "channel.request.ready",
        "target": "s1.c1",
        "result": "failure",
        "failure": {"code": "INVALID_STATE"},
        "original": request,
        "requestid": "r1",
        "seq": 6,
    }
    assert "INACTIVE" in message
    assert "channel.activate" in message
