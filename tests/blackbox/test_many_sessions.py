"""Two hundred agents at once, who do not wait for answers. Source: specs/protocol.md, "Ordering"."""

import contextlib
from collections.abc import Iterator
from itertools import groupby
from typing import Final

import pytest

from engine.conformance.view import JsonObject
from tests.blackbox.client import PASSWORD, AgentSession, Desktop, bracket, message_of, pair, told
from tests.blackbox.configs import config
from tests.blackbox.server import ServerProcess

CONNECTIONS: Final = 10
SESSIONS_EACH: Final = 20

NO_CALLBACK: Final = {"channelgroup": {"name": "Default", "chat": True, "email": True, "callback": False}}


SHIFT: Final[list[tuple[str, str, JsonObject]]] = [
    ("channelgroup.activateall", "g1", {}),
    ("channelgroup.ready", "g1", {}),
    ("session.addchannel", "", {"channel": {"endpoint": "nowhere", "type": "Telephony"}}),
    ("channel.notready", "g1.c2", {"reason": {"code": "BREAK"}}),
    ("channel.deactivate", "g1.c1", {}),
    ("session.request.getdirectory", "", {}),
    ("channel.ready", "nowhere", {}),
    ("channel.activate", "g1.c1", {}),
    ("channel.externaldispositions", "g1.c3", {}),
    ("channelgroup.deactivateall", "g1", {}),
    ("session.removechannelgroup", "", {"channelgroup": {"id": "g1"}}),
]
"""Commands with their paths and data, that every agent sends in one go after the beginning; some fail."""


def beginning(neighbour: int) -> list[tuple[str, str, JsonObject]]:
    """Every agent has a channel at the neighbour's phone too, and so hears of what happens there."""
    return [
        ("session.start", "", {}),
        ("session.addchannelgroup", "", NO_CALLBACK),
        ("session.addchannel", "", {"channel": {"endpoint": str(neighbour), "type": "Telephony"}}),
    ]


FIRST_BLOCKS: Final = [
    ["session.start: success", "session.initialized"],
    [
        "session.addchannelgroup: success",
        "channelgroup.created g1",
        "state.updated g1",
        *bracket("g1.c1"),
        *bracket("g1.c2"),
        *bracket("g1.c3"),
        "channelgroup.initialized g1",
    ],
    ["session.addchannel: success", *bracket("c4")],
]
BLOCKS: Final = [
    ["channelgroup.activateall: success", *pair("g1.c1"), *pair("g1.c2"), *pair("g1.c3"), "state.updated g1"],
    ["channelgroup.ready: success", *pair("g1.c1"), *pair("g1.c2"), *pair("g1.c3"), "state.updated g1"],
    ["session.addchannel: CHANNEL_UNAVAILABLE"],
    ["channel.notready: success", *pair("g1.c2")],
    ["channel.deactivate: success", *pair("g1.c1"), "state.updated g1"],
    ["session.request.getdirectory: success"],
    ["channel.ready: INVALID_TARGET"],
    ["channel.activate: success", *pair("g1.c1"), "state.updated g1"],
    ["channel.externaldispositions: success", "channel.externaldispositions.updated g1.c3"],
    ["channelgroup.deactivateall: success", *pair("g1.c1"), *pair("g1.c2"), *pair("g1.c3"), "state.updated g1"],
    [
        "session.removechannelgroup: success",
        "channel.disposed g1.c1",
        "channel.disposed g1.c2",
        "channel.disposed g1.c3",
        "state.updated g1",
        "channelgroup.disposed g1",
    ],
]
"""What comes of each command, in its place."""


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    text = config(
        '[simulator]\nnot_ready_reasons = [{code = "BREAK", name = "Break"}]\n', agents=CONNECTIONS * SESSIONS_EACH
    )
    with ServerProcess(tmp_path_factory.mktemp("many"), text) as server:
        yield server


def test_two_hundred_sessions_at_ten_connections(server: ServerProcess) -> None:
    """Each is answered in the order of its requests, numbered without a gap, its blocks whole; half are batched."""
    with contextlib.ExitStack() as stack:
        desktops = [stack.enter_context(Desktop(server.agent_url, batched=n % 2 == 1)) for n in range(CONNECTIONS)]
        sessions = prepare_all(desktops)
        for session, number in sessions.items():
            send_all(session, beginning(4000 + number % len(sessions) + 1))
        for session in sessions:
            check(session, session.settle(), FIRST_BLOCKS)
        for session in sessions:
            send_all(session, SHIFT)
        # Two rounds, so that all have heard of what the last ones did.
        heard = {session: session.settle() for session in sessions}
        for session in sessions:
            unasked = check(session, heard[session] + session.settle(), BLOCKS)
            # The neighbour logged in and out twice; nobody asked for it, and it came between the blocks.
            assert unasked == pair("c4") * 4
        heard_by = {desktop: sum(len(s.raw) for s in sessions if s.desktop is desktop) for desktop in desktops}
        for desktop, messages in heard_by.items():
            assert desktop.frames < messages if desktop.batched else desktop.frames > messages


def prepare_all(desktops: list[Desktop]) -> dict[AgentSession, int]:
    """Sessions with their agents' numbers, bound. All requests go out before the first answer is read."""
    for number in range(CONNECTIONS * SESSIONS_EACH):
        data = {"override": False, "agent": {"id": f"agent{number + 1}", "password": PASSWORD}}
        desktops[number % CONNECTIONS].send({"command": "prepareSession", "data": data, "requestid": f"p{number + 1}"})
    sessions = {}
    for desktop in desktops:
        for _ in range(SESSIONS_EACH):
            prepared = desktop.read()
            session = AgentSession(desktop, prepared["data"]["session"]["id"], prepared["data"]["resumetoken"])
            sessions[session] = int(prepared["requestid"].removeprefix("p"))
            desktop.sessions[session.id] = session
            desktop.send({"command": "bindSession", "target": session.id})
    for desktop in desktops:
        for _ in range(SESSIONS_EACH):
            assert desktop.read()["data"]["outcome"] == "NEW"
    return sessions


def send_all(session: AgentSession, commands: list[tuple[str, str, JsonObject]]) -> None:
    session.desktop.send(
        *(
            message_of(command, session.target(path), data, requestid=f"r{session.view.seq}-{n}")
            for n, (command, path, data) in enumerate(commands)
        )
    )


def check(session: AgentSession, messages: list[JsonObject], expected: list[list[str]]) -> list[str]:
    """Hold the messages against the expected blocks; return what belongs to none."""
    numbers = sorted(session.raw)
    assert numbers == list(range(1, len(numbers) + 1))
    session.view.check_settled()
    blocks = [(asked, told(list(block))) for asked, block in groupby(messages, key=asked_by)]
    caused = [(asked, block) for asked, block in blocks if asked is not None]
    assert [asked.rpartition("-")[2] for asked, _ in caused] == [str(n) for n in range(len(expected))]
    assert [block for _, block in caused] == expected
    return [line for asked, block in blocks if asked is None for line in block]


def asked_by(message: JsonObject) -> str | None:
    """The requestid of the request that this is the response to, or an event of."""
    asked: str | None = message.get("cause", message.get("requestid"))
    return asked
