"""One agent has at most one session; takeover, limits, loss of the platform, drain."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

import engine.sessions.registry
from engine.config import Limits, PlatformSettings, Settings
from engine.journal.spi import JournalError, Opening, Stored
from engine.observe import Metrics
from engine.sessions.ownership import SoleOwner
from engine.sessions.registry import Fresh, HasSession, Registry, draw_session_id
from engine.supervision.shown import utc_now
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.platform import PlatformCall, Snapshot, StartAgent
from protocol.states import AgentState, LoginState
from tests.engine.sessions.conftest import SETTINGS, World
from tests.engine.sessions.talking import Talk, names, prepared, started, with_ready_channel
from tests.fakes.adapter import agreeable, channel, slowly
from tests.fakes.desktop import FakeDesktop


async def test_an_agent_with_a_session_is_asked_to_confirm(world: World, autojump_clock: MockClock) -> None:
    first = await prepared(world)
    again = await world.registry.prepare("ada", override=False, groups=())
    assert again == HasSession(first.entry.actor.session)
    assert [entry.actor.agent for entry in world.registry] == ["ada"]


async def test_takeover_disposes_the_old_session_before_the_new_one_is_there(
    world: World, autojump_clock: MockClock
) -> None:
    old = await started(world)
    new = await prepared(world, override=True)
    assert names(old.desktop.take()) == ["session.disposed"]
    assert [entry.actor.session for entry in world.registry] == [new.entry.actor.session]
    assert world.registry.find(old.entry.actor.session) is None


async def test_racing_takeovers_leave_one_session(world: World, autojump_clock: MockClock) -> None:
    entries: list[Fresh | HasSession] = []

    async def take_over() -> None:
        entries.append(await world.registry.prepare("ada", override=True, groups=()))

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(take_over)
    await trio.testing.wait_all_tasks_blocked()
    assert len(list(world.registry)) == 1
    assert len(entries) == 20


async def test_a_token_opens_its_own_session_only(world: World, autojump_clock: MockClock) -> None:
    ada, bob = await prepared(world), await prepared(world, "bob")
    assert ada.entry.opens(ada.token)
    assert not ada.entry.opens(bob.token)
    assert not ada.entry.opens("é")
    assert ada.token not in repr(ada.entry)


async def test_groups_named_when_preparing_are_joined_at_the_start(world: World, autojump_clock: MockClock) -> None:
    fresh = await world.registry.prepare("ada", override=False, groups=("Sales",))
    assert isinstance(fresh, Fresh)
    talk = Talk(fresh.entry, FakeDesktop(world.nursery))
    await talk.bind()
    messages = await talk.ask("session.start")
    assert names(messages)[1] == "channelgroup.created"
    assert messages[1]["data"]["channelgroup"]["name"] == "Sales"


@pytest.mark.parametrize("settings", [attrs.evolve(SETTINGS, limits=Limits(sessions=1))])
async def test_the_number_of_sessions_is_bounded(world: World, autojump_clock: MockClock, settings: Settings) -> None:
    await prepared(world)
    with pytest.raises(Refused, match=r"limits\.sessions") as refused:
        await prepared(world, "bob")
    assert refused.value.code is FailureCode.NOT_ACCEPTING


async def test_sessions_are_held_while_the_platform_is_lost_and_told_what_is_otherwise_when_it_is_back(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)
    world.adapter.fall.set()
    await trio.sleep(0.5)
    assert names(talk.desktop.take()) == ["channel.infochanged", "state.updated"]
    assert names(await talk.ask("session.request.getdirectory")) == ["PLATFORM_UNAVAILABLE"]
    with pytest.raises(Refused) as refused:
        await prepared(world, "bob")
    assert refused.value.code is FailureCode.NOT_ACCEPTING

    async def still_there(_: str, call: PlatformCall[Any]) -> Any:
        ready = channel("4001", LoginState.ACTIVE, AgentState.READY)
        return Snapshot(agent_name="Ada", channels=(ready,)) if isinstance(call, StartAgent) else agreeable(call)

    world.adapter.answer = still_there
    await trio.sleep(2)
    assert names(told := talk.desktop.take()) == ["channel.infochanged", "state.updated"]
    assert told[0]["data"]["channel"]["agentstate"] == "READY"
    assert names(await talk.ask("session.request.getdirectory")) == ["success"]
    await prepared(world, "bob")


@pytest.mark.parametrize(
    "settings", [attrs.evolve(SETTINGS, platform=PlatformSettings(hold_s=hold_s)) for hold_s in (0.0, 60.0)]
)
async def test_a_platform_that_stays_away_ends_its_sessions(
    world: World, autojump_clock: MockClock, settings: Settings
) -> None:
    talk = await started(world)
    world.adapter.comes_back = False
    begun = trio.current_time()
    world.adapter.fall.set()
    await talk.entry.actor.over.wait()
    assert trio.current_time() - begun == pytest.approx(settings.platform.hold_s)
    (message,) = talk.desktop.take()
    assert message["data"]["cause"] == "PLATFORM_LOST"
    world.adapter.comes_back = True
    await trio.sleep(60)
    await started(world)


async def test_drain_refuses_new_sessions_and_waits_for_requests(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)

    world.adapter.answer = slowly(3)
    talk.send("session.request.getdirectory")
    await trio.testing.wait_all_tasks_blocked()
    begun = trio.current_time()
    await world.registry.drain()
    assert trio.current_time() - begun >= 3
    assert names(talk.desktop.take()) == ["success"]
    with pytest.raises(Refused) as refused:
        await prepared(world, "bob")
    assert refused.value.code is FailureCode.NOT_ACCEPTING


async def test_at_a_drain_nobody_goes_without_a_picture_because_another_one_is_busy(
    world: World, autojump_clock: MockClock
) -> None:
    busy, other = await started(world), await started(world, "bob")
    world.adapter.answer = slowly(1000)
    busy.send("session.request.getdirectory")
    await trio.testing.wait_all_tasks_blocked()
    with trio.move_on_after(1):
        await world.registry.drain()
    assert world.journal.histories[SessionId(other.id)].steps[-1].picture is not None


async def test_a_session_that_was_logged_out_is_forgotten(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)
    assert names(await talk.ask("session.logout")) == ["success"]
    assert list(world.registry) == []
    assert await world.journal.read(talk.entry.actor.session, 1, at_most=1000) is None


async def test_a_journal_that_fails_at_the_end_of_a_session_harms_no_other(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, other = await started(world), await started(world, "bob")

    async def fail(_: object) -> None:
        raise JournalError("disk gone")

    monkeypatch.setattr(world.journal, "end", fail)
    await talk.ask("session.logout")
    assert names(await other.ask("session.request.getdirectory")) == ["success"]


async def test_a_takeover_that_cannot_succeed_leaves_the_old_session(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)
    await world.registry.drain()
    with pytest.raises(Refused):
        await prepared(world, override=True)
    assert names(await talk.ask("session.request.getdirectory")) == ["success"]


def another_registry(world: World, clock: Callable[[], str] = utc_now) -> Registry:
    """Over the same journal, as the next process has it."""
    return Registry(
        world.nursery,
        settings=SETTINGS,
        platform=world.platform,
        journal=world.journal,
        ownership=SoleOwner(100),
        metrics=Metrics(),
        clock=clock,
    )


async def test_whose_session_is_not_taken_up_yet_gets_no_second_one(world: World, autojump_clock: MockClock) -> None:
    """After a restart: a registry over the journal of the one before."""
    old, other = await prepared(world), await prepared(world, "bob")
    registry = another_registry(world)
    await world.nursery.start(registry.revive)
    assert registry.find(other.entry.actor.session) is None, "it takes its time"
    assert await registry.prepare("bob", override=False, groups=()) == HasSession(other.entry.actor.session)
    await registry.wait_revived(old.entry.actor.session)
    assert {entry.actor.agent for entry in registry} == {"ada", "bob"}


async def test_who_gives_a_preparation_up_locks_nobody_out(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.journal, "open", slowly_opened(world.journal.open))
    with trio.move_on_after(0.5):
        await prepared(world)
    with trio.fail_after(5):
        await prepared(world, override=True)
    assert len(list(world.registry)) == 1


async def test_who_takes_over_what_could_not_be_prepared_has_a_session(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.journal, "open", slowly_opened(world.journal.open))
    world.journal.full = 1
    refused: list[FailureCode] = []

    async def in_vain() -> None:
        with pytest.raises(Refused) as refusal:
            await prepared(world)
        refused.append(refusal.value.code)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(in_vain)
        await trio.sleep(0.5)
        with trio.fail_after(5):
            await prepared(world, override=True)
    assert refused == [FailureCode.OVERLOADED]
    assert len(list(world.registry)) == 1


def slowly_opened(
    opened: Callable[[Opening, int], Awaitable[None]],
) -> Callable[[Opening, int], Awaitable[None]]:
    async def slowly(opening: Opening, fence: int) -> None:
        await trio.sleep(1)
        await opened(opening, fence)

    return slowly


async def test_a_takeover_does_not_wait_without_end_for_a_session_that_cannot_be_ended(
    world: World, autojump_clock: MockClock
) -> None:
    await started(world)
    world.journal.full = 10_000
    with trio.fail_after(20), pytest.raises(Refused) as refused:
        await prepared(world, override=True)
    assert refused.value.code is FailureCode.OVERLOADED


@pytest.mark.parametrize("days", [(1, 2), (2, 1)], ids=["", "clock set back"])
@pytest.mark.parametrize("newer_first", [False, True])
async def test_of_two_sessions_that_the_journal_has_for_an_agent_the_newer_goes_on(
    world: World,
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
    newer_first: bool,
    days: tuple[int, int],
) -> None:
    """The older one could not be taken up by a start in between, and can be again by now. Neither the wall clock says
    which it is, nor the order in which they are taken up."""
    monkeypatch.setattr(engine.sessions.registry, "REVIVED_AT_ONCE", 1)
    load_each = world.journal.load_each

    async def load_slowly(sessions: Sequence[SessionId]) -> Sequence[Stored | JournalError]:
        await trio.sleep(1)
        return await load_each(sessions)

    monkeypatch.setattr(world.journal, "load_each", load_slowly)
    times = iter(f"2026-01-0{day}T00:00:00.000Z" for day in (3, *days))
    sessions = []
    for agent in ("bob", "ada", "ada"):
        fresh = await another_registry(world, lambda: next(times)).prepare(agent, override=False, groups=())
        assert isinstance(fresh, Fresh)
        sessions.append(fresh.entry.actor.session)
    bobs, older, newer = sessions
    after = another_registry(world)
    await world.nursery.start(after.revive)
    await after.wait_revived(newer if newer_first else older)
    assert [after.find(session) is None for session in sessions] == [False, newer_first, not newer_first]
    await after.wait_revived()
    await trio.testing.wait_all_tasks_blocked()
    assert {entry.actor.session for entry in after} == {bobs, newer}
    assert {entry.actor.session for entry in after.behind("")} == {bobs, newer}
    assert world.journal.histories[older].over


def test_no_id_looks_like_an_option() -> None:
    assert not any(draw_session_id().startswith("-") for _ in range(2000))
