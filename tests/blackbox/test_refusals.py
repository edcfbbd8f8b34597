"""Requests that can be read, and must be refused: the first failure code of the documented order, nothing changed.

Source: specs/protocol.md, "Failure codes".
"""

import json
from typing import Any, Final

import pytest

from engine.conformance.view import JsonObject
from tests.blackbox.client import GROUP, AgentSession, Desktop, code_of, message_of
from tests.blackbox.conftest import Agent, fresh_agent
from tests.blackbox.server import ServerProcess


def unchanged_after(
    session: AgentSession, command: str, path: str = "", data: object = None, **more: Any
) -> JsonObject:
    """Send something that must fail; return the failure."""
    world = session.view.world()
    (failure,) = session.do(command, path, data, **more)
    assert failure["result"] == "failure"
    assert failure["original"] == message_of(command, session.target(path), data, **more)
    assert session.view.world() == world
    return failure


# The data of each command

FIELDS: Final[dict[str, tuple[JsonObject, dict[str, list[object]]]]] = {
    "session.start": ({"extension": "4001"}, {"extension": [None, 5, True, "", "x" * 129, [], {}]}),
    "session.logout": (
        {"reason": {"code": "SICK"}},
        {"reason": [None, "SICK", 5, []], "reason.code": [None, 5, "", True, {}]},
    ),
    "session.addchannel": (
        {"channel": {"endpoint": "4001", "type": "Telephony"}},
        {
            "channel": [None, "4001", 5, []],
            "channel.endpoint": [None, 4001, True, "", "x" * 129, []],
            "channel.type": [None, 5, "Fax", "", ["Chat"]],
        },
    ),
    "session.removechannel": (
        {"channel": {"id": "c1"}},
        {"channel": [None, "c1", []], "channel.id": [None, 1, "", "c 1", "c1.c2", []]},
    ),
    "session.addchannelgroup": (
        GROUP,
        {
            "channelgroup": [None, "Default", []],
            "channelgroup.name": [None, 5, "", []],
            "channelgroup.chat": [None, "true", "false", 0, 1, []],
            "channelgroup.email": [None, "true", 1],
            "channelgroup.callback": [None, "true", 0.0],
        },
    ),
    "session.removechannelgroup": (
        {"channelgroup": {"id": "g1"}},
        {"channelgroup": [None, "g1", []], "channelgroup.id": [None, 1, "", []]},
    ),
    "channelgroup.activate": (
        {"channel": {"id": "c1"}, "options": {"site": "x"}},
        {"channel": [None, "c1"], "channel.id": [None, 5], "options": [None, [], "x"], "options.site": [None, 5, True]},
    ),
    "channelgroup.deactivate": ({"channel": {"id": "c1"}}, {"channel": [None], "channel.id": [5]}),
    "channelgroup.notready": ({"reason": {"code": "BREAK"}}, {"reason": [None, "BREAK"], "reason.code": [None, 5]}),
    "channel.activate": ({"options": {"site": "x"}}, {"options": [None, "x"], "options.site": [5]}),
    "channel.deactivate": ({"options": {"site": "x"}}, {"options": [None, "x"], "options.site": [5]}),
    "channel.notready": ({"reason": {"code": "BREAK"}}, {"reason": [None, []], "reason.code": [None, 5, ""]}),
    "channel.dial": ({"destination": "9"}, {"destination": [None, 9, ""], "extensions": [None, []]}),
}
"""Valid data of each command, and by field the values that it must not have."""

OPTIONAL: Final = {"extension", "reason", "options", "extensions", "options.site"}


def with_field(data: JsonObject, path: str, value: object) -> JsonObject:
    changed: JsonObject = json.loads(json.dumps(data))
    *parents, name = path.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    place[name] = value
    return changed


def without_field(data: JsonObject, path: str) -> JsonObject:
    changed = with_field(data, path, None)
    *parents, name = path.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    del place[name]
    return changed


@pytest.mark.parametrize("command", FIELDS)
def test_data_of_the_wrong_form(session: AgentSession, command: str) -> None:
    """Nothing is coerced: "5" is no number, "true" no boolean, null no way to leave a property out."""
    data, fields = FIELDS[command]
    for field, values in fields.items():
        for value in values:
            failure = unchanged_after(session, command, "", with_field(data, field, value))
            assert code_of(failure) == "INVALID_REQUEST", value
            assert failure["failure"]["message"].startswith(f"data.{field.replace('options.site', 'options')}"), value
        if field not in OPTIONAL:
            failure = unchanged_after(session, command, "", without_field(data, field))
            assert code_of(failure) == "INVALID_REQUEST"
            assert failure["failure"]["message"] == f"data.{field}: is required"


# The order of the checks: the first hit wins


def test_nothing_is_accepted_before_the_start(desktop: Desktop, agent: Agent) -> None:
    session = desktop.session_of(agent.id)
    for command, path in (
        ("session.logout", ""),
        ("session.request.getdirectory", ""),
        ("channel.ready", "c1"),
        ("channelgroup.ready", "g1"),
    ):
        assert code_of(unchanged_after(session, command, path)) == "NOT_STARTED"
    assert code_of(unchanged_after(session, "session.fly")) == "UNKNOWN_COMMAND"
    assert code_of(unchanged_after(session, "session.addchannel", data={})) == "INVALID_REQUEST"


def test_a_second_start_is_refused(session: AgentSession) -> None:
    assert code_of(unchanged_after(session, "session.start")) == "ALREADY_STARTED"
    assert code_of(unchanged_after(session, "session.start", "c1")) == "ALREADY_STARTED"


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("channel.ready", "c9"),
        ("channel.ready", "g1"),
        ("channel.ready", ""),
        ("channel.ready", "c1"),  # an object answers to one path only: it is g1.c1
        ("channel.ready", "g1.c9"),
        ("channel.ready", "g1.c1.x"),
        ("channel.ready", "g1.c1.x.y"),
        ("channelgroup.ready", "g1.c1"),
        ("channelgroup.ready", ""),
        ("session.logout", "g1"),
        ("session.request.getdirectory", "g1.c1"),
    ],
)
def test_a_target_that_names_nothing_or_something_else(session: AgentSession, command: str, path: str) -> None:
    session.do("session.addchannelgroup", data=GROUP)
    assert code_of(unchanged_after(session, command, path)) == "INVALID_TARGET"


@pytest.mark.parametrize(
    ("command", "path", "data", "code"),
    [
        ("session.removechannel", "", {"channel": {"id": "c1"}}, "INVALID_TARGET"),  # belongs to a group
        ("session.removechannel", "", {"channel": {"id": "c9"}}, "INVALID_TARGET"),
        ("session.removechannelgroup", "", {"channelgroup": {"id": "g9"}}, "INVALID_TARGET"),
        ("session.removechannelgroup", "", {"channelgroup": {"id": "c1"}}, "INVALID_TARGET"),
        ("channelgroup.activate", "g1", {"channel": {"id": "c9"}}, "INVALID_TARGET"),
        ("session.addchannelgroup", "", GROUP, "ALREADY_EXISTS"),
        (
            "session.addchannelgroup",
            "",
            {"channelgroup": {**GROUP["channelgroup"], "name": "Nobody"}},
            "INVALID_TARGET",
        ),
        ("session.addchannel", "", {"channel": {"endpoint": "nowhere", "type": "Telephony"}}, "CHANNEL_UNAVAILABLE"),
        ("channel.dial", "g1.c1", {"destination": "9"}, "INVALID_STATE"),
        ("channel.ready", "g1.c1", {}, "INVALID_STATE"),
        ("channel.notready", "g1.c1", {}, "INVALID_STATE"),
        ("channel.deactivate", "g1.c1", {}, "INVALID_STATE"),
        ("channel.activate", "g1.c2", {}, "INVALID_STATE"),
        ("channel.notready", "g1.c2", {"reason": {"code": "NAP"}}, "INVALID_REASON"),
        ("channelgroup.notready", "g1", {"reason": {"code": "NAP"}}, "INVALID_REASON"),
        ("session.logout", "", {"reason": {"code": "NAP"}}, "INVALID_REASON"),
    ],
)
def test_what_does_not_fit_the_session(session: AgentSession, command: str, path: str, data: object, code: str) -> None:
    session.do("session.addchannelgroup", data=GROUP)
    session.do("channel.activate", "g1.c2")
    failure = unchanged_after(session, command, path, data)
    assert code_of(failure) == code
    if code == "INVALID_STATE":
        state, capability = ("INACTIVE", "channel.activate") if path == "g1.c1" else ("ACTIVE", "channel.deactivate")
        assert state in failure["failure"]["message"]
        assert capability in failure["failure"]["message"]


def test_an_endpoint_twice(session: AgentSession, agent: Agent) -> None:
    session.do("session.addchannelgroup", data=GROUP)
    data = {"channel": {"endpoint": agent.phone, "type": "Telephony"}}
    assert code_of(unchanged_after(session, "session.addchannel", data=data)) == "ALREADY_EXISTS"


def test_a_session_of_somebody_else(session: AgentSession, demo: ServerProcess) -> None:
    """Neither read nor touched, whether it is bound at this connection's neighbour or at all."""
    with Desktop(demo.agent_url) as other:
        theirs = other.session_of(fresh_agent(demo).id)
        for target in (theirs.id, theirs.target("c1"), "nobody"):
            assert code_of(session.desktop.ask("session.start", target)) == "NOT_BOUND"
        assert code_of(session.desktop.ask("unbindSession", theirs.id)) == "NOT_BOUND"
        assert theirs.settle() == []


# Who is there


def test_a_wrong_password_and_an_unknown_agent_sound_alike(desktop: Desktop) -> None:
    wrong = desktop.prepare("agent1", password="guess")
    unknown = desktop.prepare("nobody", password="demo")
    assert code_of(wrong) == code_of(unknown) == "AUTH_FAILED"
    assert wrong["failure"] == unknown["failure"]
    strange = desktop.prepare("agent1", password="dem\u00f6")
    assert strange["failure"] == wrong["failure"]
    desktop.answers_still()


def test_a_missing_password(desktop: Desktop) -> None:
    for agent in ("agent1", "nobody"):
        failure = desktop.ask("prepareSession", data={"override": False, "agent": {"id": agent}})
        assert code_of(failure) == "NOT_AUTHENTICATED"
    desktop.answers_still()


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({}, "data.override"),
        ({"override": "false", "agent": {"id": "agent1", "password": "demo"}}, "data.override"),
        ({"override": True, "agent": {"id": "agent1", "password": 7}}, "data.agent.password"),
        ({"override": True, "agent": {"password": "demo"}}, "data.agent.id"),
        ({"override": True, "agent": "agent1"}, "data.agent"),
        (
            {"override": True, "agent": {"id": "agent1", "password": "demo"}, "channelgroups": "Default"},
            "data.channelgroups",
        ),
        (
            {"override": True, "agent": {"id": "agent1", "password": "demo"}, "channelgroups": [5]},
            "data.channelgroups[0]",
        ),
    ],
)
def test_a_preparation_of_the_wrong_form(desktop: Desktop, data: object, where: str) -> None:
    failure = desktop.ask("prepareSession", data=data)
    assert code_of(failure) == "INVALID_REQUEST"
    assert failure["failure"]["message"].startswith(where)
    desktop.answers_still()


def test_no_secret_comes_back_in_the_log(demo: ServerProcess, desktop: Desktop) -> None:
    desktop.prepare("agent1", password="tell-nobody")
    desktop.ask("bindSession", "nobody", {"resume": {"token": "tell-nobody", "epoch": 1, "seq": 1}})
    assert "tell-nobody" not in demo.log
