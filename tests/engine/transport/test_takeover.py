"""The audit log's word on takeovers: written when one has happened, with what came of it, and else not at all."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.config import Agent, Limits
from engine.journal.spi import Record
from engine.security.identities import Identities
from engine.transport.connection import Connection
from protocol.ids import SessionId
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import names
from tests.fakes.adapter import slowly

CREDENTIALS = {"id": "ada", "password": "secret-word"}


@attrs.define
class Line:
    """One client's connection."""

    connection: Connection

    async def send(self, command: str, target: str | None = None, data: Any = None) -> None:
        message = {"command": command, "data": data or {}} | ({} if target is None else {"target": target})
        await self.connection.take_frame(json.dumps(message))

    async def say(self, *arguments: Any) -> list[dict[str, Any]]:
        await self.send(*arguments)
        await trio.testing.wait_all_tasks_blocked()
        return self.heard()

    def heard(self) -> list[dict[str, Any]]:
        outbox = self.connection.outbox
        texts, outbox._waiting = list(outbox._waiting), type(outbox._waiting)()
        outbox._bytes = 0
        return [json.loads(text) for text in texts]

    async def prepare(self, *, override: bool = False) -> list[dict[str, Any]]:
        return await self.say("prepareSession", None, {"override": override, "agent": CREDENTIALS})


Open = Callable[[], Line]


@pytest.fixture
def open_line(world: World) -> Open:
    def start(task: Callable[[], Awaitable[None]]) -> None:
        world.nursery.start_soon(task)

    def make() -> Line:
        connection = Connection(
            registry=world.registry,
            identities=Identities([Agent(id="ada", password="secret-word")]),
            limits=Limits(),
            metrics=world.metrics,
            batched=False,
            drop=lambda why: None,
            start=start,
            address="192.0.2.1",
        )
        return Line(connection)

    return make


def takeovers(logs: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """How, of which session, with what outcome."""
    found = [log for log in logs if log["event"] == "takeover"]
    assert all((log["agent"], log["address"]) == ("ada", "192.0.2.1") for log in found)
    return [(log["how"], log["session"], log["outcome"]) for log in found]


async def held(open_line: Open) -> tuple[Line, str, Callable[[int], dict[str, Any]]]:
    """A session that is started and bound, and how another connection asks for it."""
    line = open_line()
    (answer,) = await line.prepare()
    session, token = answer["data"]["session"]["id"], answer["data"]["resumetoken"]
    await line.say("bindSession", session)
    await line.say("session.start", session)
    return line, session, lambda seq: {"resume": {"token": token, "epoch": 1, "seq": seq}}


@pytest.mark.parametrize(("seq", "outcome"), [(1, "RESUMED"), (99, "RESET")])
async def test_a_session_that_is_bound_away_is_recorded_with_how_it_was(
    open_line: Open, autojump_clock: MockClock, seq: int, outcome: str
) -> None:
    holder, session, resume = await held(open_line)
    with capture_logs() as logs:
        await open_line().say("bindSession", session, resume(seq))
    assert takeovers(logs) == [("bind", session, outcome)]
    assert names(holder.heard()) == ["session.unbound"]


async def test_a_holder_who_is_gone_before_the_turn_has_not_been_taken_over(
    world: World, open_line: Open, autojump_clock: MockClock
) -> None:
    holder, session, resume = await held(open_line)
    world.adapter.answer = slowly(1)
    await holder.say("session.request.getdirectory", session)
    other = open_line()
    with capture_logs() as logs:
        assert await other.say("bindSession", session, resume(99)) == [], "it waits for its turn"
        holder.connection.lose()
        await trio.sleep(2)
    assert [message["data"]["outcome"] for message in other.heard()] == ["RESET"]
    assert takeovers(logs) == []


async def test_one_who_came_while_the_journal_was_read_has_been_taken_over(
    world: World, open_line: Open, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder, session, resume = await held(open_line)
    holder.connection.lose()
    read = world.journal.read

    async def slow(session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        await trio.sleep(1)
        return await read(session, after, at_most=at_most)

    monkeypatch.setattr(world.journal, "read", slow)
    with capture_logs() as logs:
        async with trio.open_nursery() as nursery:
            for line in (open_line(), open_line()):
                nursery.start_soon(line.send, "bindSession", session, resume(1))
    assert takeovers(logs) == [("bind", session, "RESUMED")]


async def test_a_session_that_is_ended_for_another_is_recorded(open_line: Open, autojump_clock: MockClock) -> None:
    _, session, _ = await held(open_line)
    with capture_logs() as logs:
        assert names(await open_line().prepare(override=True)) == ["success"]
    assert takeovers(logs) == [("prepare", session, "success")]


async def test_a_session_that_is_ended_for_one_that_cannot_be_kept_is_recorded_too(
    world: World, open_line: Open, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, session, _ = await held(open_line)
    opened = world.journal.open

    async def full(*arguments: Any) -> None:
        world.journal.full = 1
        await opened(*arguments)

    monkeypatch.setattr(world.journal, "open", full)
    with capture_logs() as logs:
        assert names(await open_line().prepare(override=True)) == ["OVERLOADED"]
    assert takeovers(logs) == [("prepare", session, "OVERLOADED")]
    assert list(world.registry) == []


async def test_a_session_that_is_ended_for_somebody_who_is_gone_meanwhile_is_recorded_too(
    world: World, open_line: Open, autojump_clock: MockClock
) -> None:
    _, session, _ = await held(open_line)
    world.journal.delay_s = 1
    with capture_logs() as logs, trio.move_on_after(0.5):
        await open_line().send("prepareSession", None, {"override": True, "agent": CREDENTIALS})
    assert takeovers(logs) == [("prepare", session, "cancelled")]


async def test_where_nobody_had_it_there_is_nothing_to_record(open_line: Open, autojump_clock: MockClock) -> None:
    with capture_logs() as logs:
        holder, session, resume = await held(open_line)
        holder.connection.lose()
        await open_line().say("bindSession", session, resume(1))
        assert names(await open_line().prepare()) == ["confirm"]
    assert takeovers(logs) == []
