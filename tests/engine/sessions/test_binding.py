"""How a desktop that resumes catches up: all it missed, once, and nothing for one that reads no more."""

from collections.abc import Sequence

import pytest
import trio
from trio.testing import MockClock

from engine.journal.spi import Record
from protocol.ids import SessionId
from protocol.results import BindOutcome
from protocol.states import AgentState, DisposalCause, LoginState
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import Talk, resume, with_ready_channel
from tests.fakes.adapter import channel
from tests.fakes.desktop import FakeDesktop


async def test_resume_gives_what_was_missed_byte_for_byte_then_live_traffic(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)
    cursor = talk.entry.actor._core.seq
    talk.entry.actor.unbind(talk.desktop)
    world.registry.report("ada", channel("4001", LoginState.ACTIVE, AgentState.WORK))
    await trio.testing.wait_all_tasks_blocked()
    assert talk.desktop.take() == []
    kept = await world.journal.read(talk.entry.actor.session, cursor, at_most=1000)
    assert await talk.bind(resume(talk, cursor)) is BindOutcome.RESUMED
    assert talk.bound[-1].seq == cursor + 2
    assert talk.desktop.texts == [record.text for record in kept or ()]
    assert [m["seq"] for m in await talk.ask("channel.ready", path="c1")] == list(range(cursor + 1, cursor + 6))


async def test_what_is_said_while_a_desktop_catches_up_comes_after_the_history_once(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    read = world.journal.read

    async def slow_read(session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        await trio.sleep(1)
        found = await read(session, after, at_most=min(at_most, 2))
        await trio.sleep(1)
        return found

    monkeypatch.setattr(world.journal, "read", slow_read)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    world.nursery.start_soon(again.bind, resume(talk, 3))
    for turn in range(30):
        await trio.sleep(0.7)
        state = AgentState.WORK if turn % 2 else AgentState.NOTREADY
        world.registry.report("ada", channel("4001", LoginState.ACTIVE, state))
    await trio.sleep(200)
    numbers = [message["seq"] for message in again.desktop.take()]
    assert numbers == list(range(4, talk.entry.actor._core.seq + 1))
    assert (await again.ask("channel.ready", path="c1"))[0]["seq"] == numbers[-1] + 1


async def test_a_repeated_response_waits_until_the_desktop_has_caught_up(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    (first,) = await talk.ask("session.request.getdirectory", requestid="r1")
    read = world.journal.read

    async def slow_read(session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        await trio.sleep(1)
        return await read(session, after, at_most=1)

    monkeypatch.setattr(world.journal, "read", slow_read)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    world.nursery.start_soon(again.bind, resume(talk, first["seq"] - 3))
    await trio.sleep(1.5)
    again.send("session.request.getdirectory", requestid="r1")
    await trio.sleep(100)
    assert [message["seq"] for message in again.desktop.take()] == [first["seq"] + n for n in (-2, -1, 0, 0)]


async def test_repeated_responses_do_not_pile_up_for_a_desktop_that_never_catches_up(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    await talk.ask("session.request.getdirectory", requestid="r1")
    monkeypatch.setattr("engine.sessions.binding.HELD_BACK", 2)

    async def never(_: FakeDesktop, __: int) -> None:
        await trio.sleep_forever()

    again = Talk(talk.entry, FakeDesktop(world.nursery))
    monkeypatch.setattr(FakeDesktop, "wait_for_room", never)
    await again.bind(resume(talk, 1))
    for _ in range(3):
        await again.ask("session.request.getdirectory", requestid="r1")
    assert again.desktop.cuts == ["slow consumer"]


async def test_a_desktop_whose_history_is_trimmed_while_it_catches_up_is_cut(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    read = world.journal.read

    async def trimmed(session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        return await read(session, after, at_most=1) if after < 4 else None

    monkeypatch.setattr(world.journal, "read", trimmed)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    assert await again.bind(resume(talk, 2)) is BindOutcome.RESUMED
    assert [message["seq"] for message in again.desktop.take()] == [3, 4]
    assert again.desktop.cuts == ["history trimmed"]


async def test_a_second_binding_of_the_same_desktop_ends_the_first(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    monkeypatch.setattr("engine.sessions.binding.READ_AT_ONCE", 2)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    for cursor in (0, 5):
        await again.entry.actor.bind(again.desktop, resume(talk, cursor), again.bound.append, again.refused.append)
    await trio.testing.wait_all_tasks_blocked()
    assert [message["seq"] for message in again.desktop.take()] == list(range(6, talk.entry.actor._core.seq + 1))


async def test_who_loses_the_session_while_catching_up_gets_nothing_after_being_told(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)

    async def slowly(_: FakeDesktop, __: int) -> None:
        await trio.sleep(1)

    loser, winner = Talk(talk.entry, FakeDesktop(world.nursery)), Talk(talk.entry, FakeDesktop(world.nursery))
    monkeypatch.setattr(FakeDesktop, "wait_for_room", slowly)
    await loser.bind(resume(talk, 0))
    await trio.sleep(2.5)
    await winner.bind(resume(talk, 0))
    await trio.sleep(100)
    assert [message.get("name") for message in loser.desktop.take()] == [None, "session.initialized", "session.unbound"]
    assert len(winner.desktop.take()) == talk.entry.actor._core.seq


async def test_a_desktop_that_catches_up_is_told_of_the_end(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)

    async def slowly(_: FakeDesktop, __: int) -> None:
        await trio.sleep(0.1)

    monkeypatch.setattr(FakeDesktop, "wait_for_room", slowly)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    await again.bind(resume(talk, 0))
    talk.entry.actor.end(DisposalCause.TAKEOVER, "another")
    await talk.entry.actor.over.wait()
    assert not again.send("session.request.getdirectory")
    assert again.desktop.released == []
    await trio.sleep(10)
    messages = again.desktop.take()
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    assert messages[-1]["name"] == "session.disposed"
    assert again.desktop.released == [talk.id]
    assert await world.journal.read(talk.entry.actor.session, 1, at_most=1) is None


async def test_a_desktop_that_never_catches_up_is_cut_at_the_end(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)

    async def never(_: FakeDesktop, __: int) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(FakeDesktop, "wait_for_room", never)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    await again.bind(resume(talk, 0))
    talk.entry.actor.end(DisposalCause.TAKEOVER, "another")
    await trio.sleep(100)
    assert again.desktop.cuts == ["slow consumer"]
