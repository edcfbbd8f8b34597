"""A CTI platform that refuses, hangs, lies and dies: what its agents see. Source: specs/adapter-interface.md."""

import json
from collections.abc import Iterator
from typing import Final

import pytest

from engine.conformance.view import JsonObject
from tests.blackbox.client import GROUP, AgentSession, Desktop, code_of, pair, told
from tests.blackbox.configs import config
from tests.blackbox.conftest import Serve
from tests.blackbox.server import ServerProcess, wait_until

PHONE: Final = "4099"
CALL_TIMEOUT_S: Final = 0.2

STORY: Final[tuple[tuple[str, str, str, JsonObject, list[str]], ...]] = (
    ("StartAgent", "session.start", "", {}, ["session.initialized"]),
    ("ListDirectory", "session.request.getdirectory", "", {}, []),
    (
        "ListNotReadyReasons",
        "session.request.externalnotreadyreasons",
        "",
        {},
        ["session.externalnotreadyreasons.updated"],
    ),
    (
        "ListLogoutReasons",
        "session.request.externallogoutreasons",
        "",
        {},
        ["session.externallogoutreasons.updated"],
    ),
    (
        "AddChannel",
        "session.addchannel",
        "",
        {"channel": {"endpoint": PHONE, "type": "Telephony"}},
        ["channel.created c1", "state.updated c1", "channel.initialized c1"],
    ),
    ("ListDispositions", "channel.externaldispositions", "c1", {}, ["channel.externaldispositions.updated c1"]),
    ("ActivateChannel", "channel.activate", "c1", {}, ["channel.infochanged c1", "state.updated c1"]),
    ("SetAgentState", "channel.ready", "c1", {}, ["channel.infochanged c1", "state.updated c1"]),
    ("DeactivateChannel", "channel.deactivate", "c1", {}, ["channel.infochanged c1", "state.updated c1"]),
    ("RemoveChannel", "session.removechannel", "", {"channel": {"id": "c1"}}, ["channel.disposed c1"]),
    (
        "AddGroup",
        "session.addchannelgroup",
        "",
        {"channelgroup": {"name": "Default", "chat": False, "email": True, "callback": False}},
        [
            "channelgroup.created g1",
            "state.updated g1",
            "channel.created g1.c2",
            "state.updated g1.c2",
            "channel.initialized g1.c2",
            "channel.created g1.c3",
            "state.updated g1.c3",
            "channel.initialized g1.c3",
            "channelgroup.initialized g1",
        ],
    ),
    (
        "RemoveGroup",
        "session.removechannelgroup",
        "",
        {"channelgroup": {"id": "g1"}},
        ["channel.disposed g1.c2", "channel.disposed g1.c3", "state.updated g1", "channelgroup.disposed g1"],
    ),
    ("LogoutAgent", "session.logout", "", {}, []),
)
"""Every call of the platform, by the command that needs it, and the events of its success."""

KINDS: Final = {
    "error": "PLATFORM_ERROR",
    "unavailable": "PLATFORM_UNAVAILABLE",
    "hang": "TIMEOUT",
    "crash": "PLATFORM_ERROR",
    "nonsense": "PLATFORM_ERROR",
}
"""The failure that each kind of fault becomes."""

AGENT_OF: Final = {
    kind: f"agent{n}"
    for n, kind in enumerate((*KINDS, "twice", "late", "given up", "middle", "removal", "none"), start=1)
}
"""Each kind of fault has its own victim."""


def fault(kind: str, call: str, **more: object) -> str:
    lines = {"kind": kind, "call": call, "agent": AGENT_OF.get(kind), **more}
    values = (f"{key} = {json.dumps(value)}" for key, value in lines.items() if value is not None)
    return "\n".join(["[[simulator.faults]]", *values, ""])


def faulty() -> str:
    calls = [call for call, *_ in STORY]
    faults = [fault(kind, call) for kind in KINDS for call in calls]
    faults += [fault("twice", call, times=20) for call in calls]
    faults += [fault("late", call) for call in ("SetAgentState", "DeactivateChannel")]
    faults += [
        fault("late", "ActivateChannel", agent=AGENT_OF["given up"]),
        fault("error", "SetAgentState", agent=AGENT_OF["middle"], skip=1),
        fault("late", "DeactivateChannel", agent=AGENT_OF["middle"], skip=1),
        fault("error", "RemoveChannel", agent=AGENT_OF["removal"]),
        fault("error", "RemoveGroup", agent=AGENT_OF["removal"]),
        fault("error", "LogoutAgent", agent=AGENT_OF["removal"]),
    ]
    text = f'[platform]\ncall_timeout_s = {CALL_TIMEOUT_S}\n\n[simulator]\nextra_extensions = ["{PHONE}"]\n\n'
    return config(text + "\n".join(faults), agents=len(AGENT_OF))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    crashes = frozenset({"adapter_call_failed"})
    with ServerProcess(tmp_path_factory.mktemp("faulty"), faulty(), errors=crashes) as server:
        yield server


@pytest.fixture
def desktop(server: ServerProcess) -> Iterator[Desktop]:
    with Desktop(server.agent_url) as desktop:
        yield desktop


def victim(desktop: Desktop, kind: str) -> AgentSession:
    return desktop.session_of(AGENT_OF[kind])


# Calls that fail


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_fails_changes_nothing_and_may_be_repeated(
    server: ServerProcess, desktop: Desktop, kind: str
) -> None:
    session = victim(desktop, kind)
    for call, command, path, data, events in STORY:
        world = session.view.world()
        (failure,) = session.do(command, path, data, requestid=f"{call} fails")
        assert code_of(failure) == KINDS[kind], call
        assert failure["failure"]["message"]
        assert session.view.world() == world
        assert told(session.do(command, path, data)) == [f"{command}: success", *events]
    if kind == "crash":
        assert len(server.log_events("adapter_call_failed")) == len(STORY)


def test_a_call_that_hangs_keeps_nobody_else_waiting(server: ServerProcess, desktop: Desktop) -> None:
    """And what comes in meanwhile waits for its turn."""
    with Desktop(server.agent_url) as other:
        bystander = victim(other, "none")
        hanging = victim(desktop, "given up")
        hanging.do("session.start")
        hanging.do("session.addchannelgroup", data=GROUP)
        hanging.send("channel.activate", "g1.c1", requestid="hangs")
        hanging.send("channel.activate", "g1.c2", requestid="waits")
        for _ in range(10):
            bystander.do("session.fly")
        assert hanging.news == []
        heard = hanging.settle()
    assert told(heard) == [
        "channel.activate: TIMEOUT",
        # What the platform did of it came while the call was given up: told unasked, before the next request.
        "channel.infochanged g1.c1",
        "state.updated g1.c1",
        "state.updated g1",
        "channel.activate: success",
        "channel.infochanged g1.c2",
        "state.updated g1.c2",
        "state.updated g1",
    ]
    assert [message.get("cause") for message in heard] == [None] * 5 + ["waits"] * 3


def test_a_late_change_is_told_unasked(desktop: Desktop) -> None:
    session = victim(desktop, "late")
    session.do("session.start")
    session.do("session.addchannelgroup", data=GROUP)
    session.do("channelgroup.activateall", "g1")
    for command, key, state in (
        ("channel.ready", "agentstate", "READY"),
        ("channel.deactivate", "loginstate", "INACTIVE"),
    ):
        failure, changed, updated, *group = session.do(command, "g1.c1", requestid=command)
        assert code_of(failure) == "TIMEOUT"
        assert told([changed, updated]) == ["channel.infochanged g1.c1", "state.updated g1.c1"]
        assert changed["data"]["channel"].get(key) == state
        assert told(group) == (["state.updated g1"] if key == "loginstate" else [])
        assert "cause" not in changed


def test_a_platform_that_tells_all_twice_is_heard_once(server: ServerProcess, desktop: Desktop) -> None:
    session = victim(desktop, "twice")
    with Desktop(server.agent_url) as other:
        neighbour = victim(other, "none")
        neighbour.do("session.start")
        neighbour.do("session.addchannel", data={"channel": {"endpoint": PHONE, "type": "Telephony"}})
        for _, command, path, data, events in STORY:
            assert told(session.do(command, path, data)) == [f"{command}: success", *events]
        # The one has logged in at the other's phone, and out.
        assert told(neighbour.settle()) == pair("c1") * 2
        neighbour.do("session.logout")


# Operations of several calls


def test_an_operation_on_all_channels_that_fails_in_the_middle(desktop: Desktop) -> None:
    """The failure names the culprit; what was changed before it stays, and is told after it."""
    session = victim(desktop, "middle")
    session.do("session.start")
    session.do("session.addchannelgroup", data=GROUP)
    session.do("channelgroup.activateall", "g1")
    failure, *events = session.do("channelgroup.ready", "g1", requestid="r")
    assert failure["failure"]["channel"] == {"id": "c2"}
    assert code_of(failure) == "PLATFORM_ERROR"
    assert told(events) == ["channel.infochanged g1.c1", "state.updated g1.c1", "state.updated g1"]
    assert [event["cause"] for event in events] == ["r"] * 3
    assert told(session.do("channelgroup.ready", "g1"))[1:] == [
        f"{name} g1.{channel}" for channel in ("c2", "c3", "c4") for name in ("channel.infochanged", "state.updated")
    ] + ["state.updated g1"]

    failure, *events = session.do("channelgroup.deactivateall", "g1", requestid="d")
    assert code_of(failure) == "TIMEOUT"
    assert failure["failure"]["channel"] == {"id": "c2"}
    assert told(events) == [
        "channel.infochanged g1.c1",
        "state.updated g1.c1",
        "state.updated g1",
        "channel.infochanged g1.c2",
        "state.updated g1.c2",
        "state.updated g1",
    ]
    assert [event.get("cause") for event in events] == ["d"] * 3 + [None] * 3


def test_a_removal_that_the_platform_refuses_changes_nothing(desktop: Desktop) -> None:
    session = victim(desktop, "removal")
    session.do("session.start")
    session.do("session.addchannel", data={"channel": {"endpoint": PHONE, "type": "Telephony"}})
    session.do("session.addchannelgroup", data=GROUP)
    session.do("channelgroup.activateall", "g1")
    session.do("channelgroup.ready", "g1")
    session.do("channel.activate", "c1")
    world = session.view.world()
    for command, data in (
        ("session.removechannel", {"channel": {"id": "c1"}}),
        ("session.removechannelgroup", {"channelgroup": {"id": "g1"}}),
        ("session.logout", {}),
    ):
        (failure,) = session.do(command, data=data)
        assert code_of(failure) == "PLATFORM_ERROR"
        assert session.view.world() == world
    assert told(session.do("session.removechannel", data={"channel": {"id": "c1"}}))[-1] == "channel.disposed c1"
    assert told(session.do("session.removechannelgroup", data={"channelgroup": {"id": "g1"}}))[-1].endswith(
        "disposed g1"
    )
    assert told(session.do("session.logout")) == ["session.logout: success"]


# The platform goes away


def lost(session: AgentSession) -> JsonObject:
    disposed = session.wait_news("session.disposed")[-1]
    data: JsonObject = disposed["data"]
    return data


def test_a_platform_that_dies_holds_its_sessions_until_it_is_back(serve: Serve) -> None:
    text = '[platform]\nrestart_first_s = 1.0\n\n[[simulator.faults]]\ncall = "SetAgentState"\nkind = "die"\n'
    server = serve(config(text), errors=("platform_lost",))
    assert server.get("/readyz").status_code == 200
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url) as other:
        bystander = other.session_of("agent2")
        bystander.do("session.start")
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.do("session.addchannelgroup", data=GROUP)
        session.do("channel.activate", "g1.c1")
        session.send("channel.ready", "g1.c1", requestid="last")
        gone = ["channel.infochanged g1.c1", "state.updated g1.c1", "state.updated g1"]
        answer, *events = [*session.wait_login("g1.c1", "UNAVAILABLE"), *session.settle()]
        assert code_of(answer) == "PLATFORM_UNAVAILABLE"
        assert told(events)[:3] == gone

        unready = server.get("/readyz")
        assert unready.status_code == 503
        assert unready.json()["reasons"] == ["the CTI platform simulator is away"]
        assert server.get("/healthz").status_code == 200
        assert code_of(desktop.prepare("agent3")) == "NOT_ACCEPTING"
        assert told(bystander.do("session.request.getdirectory")) == [
            "session.request.getdirectory: PLATFORM_UNAVAILABLE"
        ]

        wait_until(lambda: server.get("/readyz").status_code == 200, "the platform is back")
        events = [*session.wait_login("g1.c1", "ACTIVE"), *session.settle()]
        assert told(events)[:3] == gone, "what it is by now is told, as any other change"
        assert told(session.do("channel.ready", "g1.c1"))[0] == "channel.ready: success"
        assert code_of(bystander.do("session.request.getdirectory")[0]) == "success"
    assert len(server.log_events("platform_lost")) == 1


def test_a_platform_that_stays_away_ends_its_sessions(serve: Serve) -> None:
    text = '[platform]\nhold_s = 0.0\n\n[[simulator.faults]]\ncall = "ListDirectory"\nkind = "die"\n'
    server = serve(config(text), errors=("platform_lost", "sessions_not_held"))
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url) as other:
        bystander = other.session_of("agent2")
        bystander.do("session.start")
        prepared = other.session_of("agent3")
        session = desktop.session_of("agent1")
        session.do("session.start")
        session.send("session.request.getdirectory", requestid="last")
        messages = session.wait_news("session.disposed")
        assert told(messages) == ["session.request.getdirectory: PLATFORM_UNAVAILABLE", "session.disposed"]
        assert messages[-1]["data"]["cause"] == "PLATFORM_LOST"
        assert lost(bystander)["cause"] == lost(prepared)["cause"] == "PLATFORM_LOST"
        assert code_of(desktop.ask("session.start", session.id)) == "NOT_BOUND"
        wait_until(lambda: server.get("/readyz").status_code == 200, "the platform is back")
        assert told(desktop.session_of("agent1", override=False).do("session.start"))[-1] == "session.initialized"


@pytest.mark.parametrize(
    ("call", "command"),
    [("StartAgent", "session.start"), ("AddGroup", "session.start"), ("LogoutAgent", "session.logout")],
)
def test_a_platform_that_dies_in_the_middle(serve: Serve, call: str, command: str) -> None:
    """Of the start, of the second call of the start, of the logout: it is refused, and tried again."""
    text = f'[platform]\nrestart_first_s = 0.1\n\n[[simulator.faults]]\ncall = "{call}"\nkind = "die"\n'
    server = serve(config(text), errors=("platform_lost",))
    with Desktop(server.agent_url) as desktop:
        session = desktop.session_of("agent1", groups=("Default",))
        if command != "session.start":
            session.do("session.start")
        answer, *_ = session.do(command)
        assert code_of(answer) == "PLATFORM_UNAVAILABLE"
        wait_until(lambda: server.get("/readyz").status_code == 200, "the platform is back")
        session.settle()
        assert code_of(session.do(command)[0]) == "success"


# Whatever else happens while the platform is silent

HANGING: Final = "[platform]\ncall_timeout_s = 600.0\n\n" + fault("hang", "ActivateChannel", agent="agent1")


def kept_waiting(server: ServerProcess, desktop: Desktop) -> AgentSession:
    """A session with one request that the platform never answers, and another behind it."""
    session = desktop.session_of("agent1")
    session.do("session.start")
    session.do("session.addchannelgroup", data=GROUP)
    kept = server.metric("ixp_journal_steps_total")
    session.send("channel.activate", "g1.c1", requestid="hangs")
    session.send("channel.activate", "g1.c2", requestid="waits")
    wait_until(lambda: server.metric("ixp_journal_steps_total") > kept, "the one is kept, and the platform asked")
    return session


def test_a_takeover_does_not_wait_for_the_platform(serve: Serve) -> None:
    """The requests under way are answered all the same: the one as part of the session, the other outside of it."""
    server = serve(config(HANGING))
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url) as other:
        session = kept_waiting(server, desktop)
        new = other.session_of("agent1")
        assert told(session.wait_news("session.disposed")) == ["channel.activate: INVALID_STATE", "session.disposed"]
        assert code_of(desktop.answer("waits")) == "NOT_BOUND"
        assert told(new.do("session.start"))[-1] == "session.initialized"
        assert told(new.do("channel.activate", "g1.c1"))[0] == "channel.activate: success"


def test_resuming_does_not_wait_for_the_platform(serve: Serve) -> None:
    server = serve(config(HANGING.replace("600.0", "1.0")))
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url) as other:
        session = kept_waiting(server, desktop)
        session.resume(other)
        assert session.news == []
        assert told(session.settle())[0] == "channel.activate: TIMEOUT"


def test_a_platform_that_is_lost_ends_the_call_that_hangs(serve: Serve) -> None:
    server = serve(config(HANGING + fault("die", "ListDirectory", agent="agent2")), errors=("platform_lost",))
    with Desktop(server.agent_url) as desktop, Desktop(server.agent_url) as other:
        session = kept_waiting(server, desktop)
        bystander = other.session_of("agent2")
        bystander.do("session.start")
        bystander.send("session.request.getdirectory")
        answers = {message["requestid"]: code_of(message) for message in session.settle() if "requestid" in message}
        assert answers == {"hangs": "PLATFORM_UNAVAILABLE", "waits": "INVALID_STATE"}, "the channel is UNAVAILABLE"
