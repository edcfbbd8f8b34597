"""What a connection decides by itself: who may bind, what is refused at the door, and that nobody else waits for it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.config import Agent, Limits
from engine.security.identities import Identities
from engine.security.people import Identity
from engine.security.settings import Role
from engine.transport.connection import Connection
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import names
from tests.fakes.adapter import slowly

CREDENTIALS = {"id": "ada", "password": "secret-word"}
OVERREACH = {
    "event": "overreach",
    "log_level": "warning",
    "who": "bob",
    "role": "agent",
    "agent": "ada",
    "asked": "bindSession",
    "address": "",
}
"""What the audit log has of bob, who tries to bind ada's session."""


@attrs.define
class Line:
    """One client's connection."""

    connection: Connection
    dropped: list[str]

    async def say(self, *messages: Any) -> list[dict[str, Any]]:
        """Send each as a frame; return what comes back."""
        for message in messages:
            await self.connection.take_frame(json.dumps(message))
        await trio.testing.wait_all_tasks_blocked()
        return self.heard()

    def heard(self) -> list[dict[str, Any]]:
        outbox = self.connection.outbox
        texts, outbox._waiting = list(outbox._waiting), type(outbox._waiting)()
        outbox._bytes = 0
        return [json.loads(text) for text in texts]

    async def prepared(self, **more: Any) -> dict[str, Any]:
        data = {"override": False, "agent": CREDENTIALS, **more}
        (response,) = await self.say({"command": "prepareSession", "data": data})
        return dict(response["data"])

    async def bound(self) -> str:
        session: str = (await self.prepared())["session"]["id"]
        await self.say({"command": "bindSession", "target": session}, {"command": "session.start", "target": session})
        return session


Open = Callable[..., Line]


@pytest.fixture
def open_line(world: World) -> Open:
    def make(limits: Limits | None = None, *, batched: bool = False, identity: Identity | None = None) -> Line:
        dropped: list[str] = []

        def start(task: Callable[[], Awaitable[None]]) -> None:
            world.nursery.start_soon(task)

        connection = Connection(
            registry=world.registry,
            identities=Identities([Agent(id="ada", password="secret-word"), Agent(id="bob", password="x")]),
            limits=limits or Limits(),
            metrics=world.metrics,
            batched=batched,
            drop=dropped.append,
            start=start,
            identity=identity,
        )
        return Line(connection, dropped)

    return make


async def test_the_other_connections_have_their_turn_between_the_requests_of_a_batch(
    open_line: Open, autojump_clock: MockClock
) -> None:
    line, turns, done = open_line(batched=True), 0, False

    async def others() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        await line.connection.take_frame(json.dumps([{"command": "nonsense"}] * 200))
        done = True
    assert turns >= 198  # of the 199 between them, the last may be over before the others' has come
    assert names(line.heard()) == ["UNKNOWN_COMMAND"] * 200


async def test_a_batch_of_too_many_requests_is_refused_as_a_whole(open_line: Open, autojump_clock: MockClock) -> None:
    line = open_line(Limits(batch_requests=3), batched=True)
    assert names(await line.say([{"command": "nonsense"}] * 3)) == ["UNKNOWN_COMMAND"] * 3
    (failure,) = await line.say([{"command": "nonsense"}] * 4)
    assert failure["failure"]["code"] == "OVERLOADED"
    assert "3 requests" in failure["failure"]["message"]


async def test_a_malformed_service_request_never_gets_into_the_journal(
    world: World, open_line: Open, autojump_clock: MockClock
) -> None:
    line = open_line()
    session = await line.bound()
    for command, data in (
        ("prepareSession", {"override": 1, "agent": CREDENTIALS}),
        ("bindSession", {"resume": {"token": "secret-word", "epoch": "1", "seq": 1}}),
        ("unbindSession", []),
    ):
        (failure,) = await line.say({"command": command, "target": session, "data": data})
        assert failure["failure"]["code"] == "INVALID_REQUEST"
        assert "seq" not in failure
    entry = next(iter(world.registry))
    kept = await world.journal.read(entry.actor.session, 0, at_most=1000)
    assert not any(b"secret-word" in record.text for record in kept or ())


async def test_unbinding_names_the_session_alone(open_line: Open, autojump_clock: MockClock) -> None:
    line = open_line()
    session = await line.bound()
    line.heard()
    (failure,) = await line.say({"command": "unbindSession", "target": f"{session}.c1"})
    assert (failure["failure"]["code"], failure["target"]) == ("INVALID_TARGET", f"{session}.c1")
    assert names(await line.say({"command": "session.request.getdirectory", "target": session})) == ["success"]


async def test_binding_waits_for_the_answer_to_unbinding(
    world: World, open_line: Open, autojump_clock: MockClock
) -> None:
    line = open_line()
    session = await line.bound()
    line.heard()

    world.adapter.answer = slowly(1)
    bind = {"command": "bindSession", "target": session}
    early = await line.say(
        {"command": "session.request.getdirectory", "target": session},
        {"command": "unbindSession", "target": session},
        bind,
    )
    assert names(early) == ["ALREADY_BOUND"]
    await trio.sleep(2)
    assert [message["command"] for message in line.heard()] == ["session.request.getdirectory", "unbindSession"]
    (bound,) = await line.say(bind)
    assert bound["data"]["outcome"] == "RESET"


async def test_who_may_bind(open_line: Open, autojump_clock: MockClock) -> None:
    mine, other = open_line(), open_line()
    prepared = await mine.prepared()
    session, token = prepared["session"]["id"], prepared["resumetoken"]

    def bind(target: str = session, **resume: Any) -> dict[str, Any]:
        data = {"resume": {"epoch": 1, "seq": 0, **resume}} if resume else {}
        return {"command": "bindSession", "target": target, "data": data}

    with capture_logs() as logs:
        said = [*await other.say(bind("nobody")), *await other.say(bind(f"{session}.c1")), *await other.say(bind())]
        assert names(said) == ["INVALID_TARGET", "INVALID_TARGET", "FORBIDDEN"]
        assert names(await mine.say(bind(token="wrong"))) == ["FORBIDDEN"]
        assert (await mine.say(bind()))[0]["data"]["outcome"] == "NEW"
        assert names(await mine.say(bind())) == ["ALREADY_BOUND"]
        assert names(await other.say(bind(token="wrong"))) == ["ALREADY_BOUND"]
    refused = [(log["why"], log["agent"], log["session"]) for log in logs if log["event"] == "bind_refused"]
    assert refused == [(why, "ada", session) for why in ("prepared by another", "token", "token")]
    assert "wrong" not in str(logs), "what was tried as a token is not recorded"
    assert (await other.say(bind(token=token)))[0]["data"]["outcome"] == "RESUMED"
    assert names(mine.heard()) == ["session.unbound"]
    assert names(await mine.say({"command": "session.start", "target": session})) == ["NOT_BOUND"]


async def test_prepared_sessions_that_are_gone_are_forgotten(open_line: Open, autojump_clock: MockClock) -> None:
    line = open_line()
    for _ in range(5):
        await line.prepared(override=True)
    assert len(line.connection._standing._prepared) == 1


async def test_a_connection_that_does_not_keep_up_is_dropped(open_line: Open, autojump_clock: MockClock) -> None:
    line = open_line(Limits(outbox_bytes=1000))
    for _ in range(20):
        await line.connection.take_frame("no json")
    assert set(line.dropped) == {"slow consumer"}


async def test_a_loss_unbinds_and_the_first_reason_to_close_stands(
    world: World, open_line: Open, autojump_clock: MockClock
) -> None:
    line = open_line()
    await line.bound()
    line.connection.finish(1008, "first")
    line.connection.finish(1001, "second")
    assert (line.connection.close_code, line.connection.close_reason) == (1008, "first")
    line.connection.lose()
    assert [entry.actor.desktop for entry in world.registry] == [None]


async def test_who_is_expelled_is_heard_no_more_and_gone_soon_even_if_they_do_not_read(
    open_line: Open, autojump_clock: MockClock
) -> None:
    line = open_line(Limits(close_s=2))
    session = await line.bound()
    line.heard()
    line.connection.expel("access was revoked")
    line.connection.expel("once is enough")
    assert (line.connection.close_code, line.connection.close_reason) == (1008, "access was revoked")
    assert not await line.connection.take_frame(json.dumps({"command": "session.logout", "target": session}))
    assert line.heard() == []
    assert line.dropped == []
    await trio.sleep(2.1)
    assert line.dropped == ["expelled"]


async def test_who_has_shown_who_they_are_needs_no_password_and_is_nobody_else(
    open_line: Open, autojump_clock: MockClock
) -> None:
    def prepare(agent: str, **more: Any) -> dict[str, Any]:
        return {"command": "prepareSession", "data": {"override": True, "agent": {"id": agent, **more}}}

    ada = open_line(identity=Identity(id="ada", role=Role.AGENT))
    with capture_logs() as logs:
        assert names(await open_line(identity=Identity(id="bob", role=Role.AGENT)).say(prepare("ada"))) == ["FORBIDDEN"]
    assert logs == [{**OVERREACH, "asked": "prepareSession"}]
    crm = open_line(identity=Identity(id="crm", role=Role.SERVICE))
    grace = open_line(identity=Identity(id="grace", role=Role.SUPERVISOR))
    assert names(await ada.say(prepare("ada"), prepare("bob", password="x"))) == ["success", "FORBIDDEN"]
    assert names(await crm.say(prepare("ada"), prepare("bob"), prepare("nobody"))) == [
        "success",
        "success",
        "FORBIDDEN",
    ]
    assert names(await grace.say(prepare("ada", **CREDENTIALS), prepare("grace"))) == ["FORBIDDEN", "FORBIDDEN"]
    assert names(await open_line().say(prepare("ada"))) == ["NOT_AUTHENTICATED"]


async def test_sessions_of_others_do_not_exist_for_who_may_not_act_for_them(
    open_line: Open, autojump_clock: MockClock
) -> None:
    prepared = await open_line().prepared()
    resume = {"resume": {"token": prepared["resumetoken"], "epoch": 1, "seq": 0}}
    bob = open_line(identity=Identity(id="bob", role=Role.AGENT))
    for target, recorded in ((prepared["session"]["id"], [OVERREACH]), ("nobody", [])):
        with capture_logs() as logs:
            (failure,) = await bob.say({"command": "bindSession", "target": target, "data": resume})
        assert logs == recorded
        assert failure["failure"]["code"] == "INVALID_TARGET"
        assert (
            failure["failure"]["message"] == f"there is no session {target}; send prepareSession and use its session.id"
        )
    ada = open_line(identity=Identity(id="ada", role=Role.AGENT))
    assert names(await ada.say({"command": "bindSession", "target": prepared["session"]["id"], "data": resume})) == [
        "success"
    ]


# Counted


async def test_what_the_connection_answers_itself_is_counted_and_timed(
    world: World, open_line: Open, autojump_clock: MockClock
) -> None:
    line = open_line()
    prepare = {"command": "prepareSession", "data": {"override": False, "agent": CREDENTIALS}}
    session = (await line.say(prepare))[0]["data"]["session"]["id"]
    await line.say(prepare)
    await line.say({**prepare, "data": {"override": False, "agent": {**CREDENTIALS, "password": "no"}}})
    assert "ixp_sessions_unbound 1.0" in exposed(world)
    await line.say({"command": "bindSession", "target": session}, {"command": "bindSession", "target": "nobody"})
    await line.say({"command": "session.start", "target": session}, {"command": "bindSession", "target": session})
    lines = exposed(world)
    for command, result in (
        ("prepareSession", "success"),
        ("prepareSession", "confirm"),
        ("prepareSession", "AUTH_FAILED"),
        ("bindSession", "success"),
        ("bindSession", "INVALID_TARGET"),
        ("bindSession", "ALREADY_BOUND"),
    ):
        assert f'ixp_commands_total{{command="{command}",result="{result}"}} 1.0' in lines
    assert 'ixp_command_seconds_count{command="bindSession"} 3.0' in lines
    assert 'ixp_bindings_total{outcome="NEW"} 1.0' in lines
    assert "ixp_sessions_unbound 0.0" in lines
    assert 'ixp_platform_up{adapter="fake"} 1.0' in lines
    await line.say({"command": "session.logout", "target": session})
    assert 'ixp_sessions_ended_total{disposal="LOGOUT"} 1.0' in exposed(world)


def exposed(world: World) -> list[str]:
    return world.metrics.exposition()[0].decode().splitlines()
