"""Several platforms as one: what becomes of sessions when one of them is lost, and when it is back."""

import contextlib
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from engine.adapters.platforms.parts import AT_ONCE
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    ChannelReport,
    LogoutAgent,
    PartialSnapshot,
    PlatformCall,
    Snapshot,
    StartAgent,
)
from protocol.states import ChannelType, LoginState
from tests.engine.adapters.platforms.several import World, at, chat_at
from tests.fakes.adapter import slowly


async def test_the_loss_of_one_leaves_the_other_and_its_channels_are_told_as_unavailable(
    both: World, autojump_clock: MockClock
) -> None:
    both.media.comes_back = False
    both.media.fall.set()
    await trio.sleep(0.1)
    gone = ChannelReport(endpoint="chat", type=ChannelType.CHAT, name="chat", loginstate=LoginState.UNAVAILABLE)
    assert both.told == [("ada", gone)]
    assert both.platforms.away == ["media"]
    await both.ask(ActivateChannel(endpoint="4001"))
    assert await both.refusal(ActivateChannel(endpoint="chat")) is FailureCode.PLATFORM_UNAVAILABLE
    snapshot = await both.ask(StartAgent())
    assert snapshot.channels == (at("4001", active=True), gone)
    assert snapshot.interactions == (chat_at("chat"),), "it is held, not guessed"
    await trio.sleep(1000)
    assert both.lost == [], "as long as one is there, sessions are held"


async def test_one_that_is_lost_while_agents_wait_for_their_turn_is_not_asked(
    both: World, autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    both.phones.answer = slowly(5)

    async def start(agent: str) -> None:
        with contextlib.suppress(Refused):
            await both.platforms.perform(agent, StartAgent())

    for number in range(AT_ONCE):
        nursery.start_soon(start, f"agent{number}")
    await trio.sleep(1)
    both.media.comes_back = False

    async def lose_media() -> None:
        await trio.sleep(1)
        both.media.fall.set()

    nursery.start_soon(lose_media)
    snapshot = await both.ask(StartAgent())
    assert [channel.loginstate for channel in snapshot.channels] == [LoginState.UNAVAILABLE]
    assert [agent for agent, _ in both.media.calls].count("ada") == 1


async def test_when_one_is_back_sessions_are_told_to_ask_and_who_logged_out_meanwhile_is_logged_out(
    both: World, autojump_clock: MockClock
) -> None:
    both.media.fall.set()
    await trio.sleep(0.1)
    await both.ask(LogoutAgent())
    assert "LogoutAgent" not in both.media.asked
    await trio.sleep(2)
    assert len(both.back) == 1
    assert both.media.asked[-1] == "LogoutAgent"


async def test_a_logout_that_is_refused_is_not_made_up_for_later(both: World, autojump_clock: MockClock) -> None:
    """The session goes on: nobody was logged out."""
    both.media.fall.set()
    await trio.sleep(0.1)
    both.phones.has["LogoutAgent"] = FailureCode.REASON_REQUIRED
    assert await both.refusal(LogoutAgent()) is FailureCode.REASON_REQUIRED
    both.phones.fall.set()
    await trio.sleep(0.1)
    assert await both.refusal(LogoutAgent()) is FailureCode.PLATFORM_UNAVAILABLE
    await trio.sleep(10)
    assert "LogoutAgent" not in both.media.asked
    assert both.phones.asked.count("LogoutAgent") == 1


async def test_whose_session_is_over_is_logged_out_wherever_that_was_not_done(
    both: World, autojump_clock: MockClock
) -> None:
    both.media.fall.set()
    await trio.sleep(0.1)
    both.phones.has["LogoutAgent"] = FailureCode.PLATFORM_ERROR
    assert await both.refusal(LogoutAgent()) is FailureCode.PLATFORM_ERROR
    both.phones.has["LogoutAgent"] = None
    both.platforms.forget("ada")
    await trio.sleep(10)
    assert both.phones.asked.count("LogoutAgent") == 2
    assert both.media.asked.count("LogoutAgent") == 1
    both.platforms.forget("ada")
    await trio.sleep(10)
    assert both.media.asked.count("LogoutAgent") == 1, "nothing is known of the agent any more"


async def test_a_logout_made_up_for_does_not_meet_the_next_start(both: World, autojump_clock: MockClock) -> None:
    """When a platform is back, desktops are too, all at once."""
    both.media.fall.set()
    await trio.sleep(0.1)
    await both.ask(LogoutAgent())
    under_way: list[str] = []

    async def one_at_a_time(agent: str, call: PlatformCall[Any]) -> Any:
        assert under_way == [], "of one agent there is one call at a time"
        under_way.append(type(call).__name__)
        await trio.sleep(1)
        under_way.clear()
        return both.media.has[type(call).__name__]

    both.media.answer = one_at_a_time
    await trio.sleep(1)
    assert under_way == ["LogoutAgent"]
    await both.ask(StartAgent())
    await trio.sleep(5)
    assert both.media.asked[-1] == "StartAgent"


async def test_who_is_back_before_the_platform_is_stays(both: World, autojump_clock: MockClock) -> None:
    both.media.fall.set()
    await trio.sleep(0.1)
    await both.ask(LogoutAgent())
    both.media.has["StartAgent"] = FailureCode.TIMEOUT
    await trio.sleep(0.5)
    await both.ask(StartAgent())
    await trio.sleep(2)
    assert "LogoutAgent" in both.media.asked, "it was not started there"


async def test_after_the_loss_of_all_sessions_are_held_for_a_while(both: World, autojump_clock: MockClock) -> None:
    both.phones.comes_back = both.media.comes_back = False
    begun = trio.current_time()
    both.media.fall.set()
    await trio.sleep(30)
    both.phones.fall.set()
    await trio.sleep(1)
    assert not both.platforms.available
    assert await both.refusal(StartAgent()) is FailureCode.PLATFORM_UNAVAILABLE
    assert await both.refusal(LogoutAgent()) is FailureCode.PLATFORM_UNAVAILABLE
    await trio.sleep(100)
    assert [at - begun for at in both.lost] == [pytest.approx(90)]


async def test_a_return_in_time_keeps_the_sessions(both: World, autojump_clock: MockClock) -> None:
    both.media.comes_back = False
    both.media.fall.set()
    both.phones.fall.set()
    await trio.sleep(1000)
    assert both.lost == []
    assert len(both.back) == 1


async def test_of_one_that_has_not_come_up_yet_nothing_is_concluded(
    world: World, nursery: trio.Nursery, quiet: None, autojump_clock: MockClock
) -> None:
    """The agent may have a chat there from before the restart."""
    world.media.comes_back = False
    await world.up(nursery)
    snapshot = await world.ask(StartAgent())
    assert isinstance(snapshot, PartialSnapshot)
    assert snapshot.unheard == (ChannelType.CHAT, ChannelType.EMAIL)
    assert await world.refusal(ActivateChannel(endpoint="chat")) is FailureCode.PLATFORM_UNAVAILABLE
    world.phones.has["StartAgent"] = FailureCode.INVALID_TARGET
    assert await world.refusal(StartAgent()) is FailureCode.PLATFORM_UNAVAILABLE, "the other one may know the agent"
    world.media.comes_back = True
    await trio.sleep(10)
    assert type(await world.ask(StartAgent())) is Snapshot


async def test_sessions_of_a_process_before_are_held_no_longer_than_others(
    world: World, nursery: trio.Nursery, quiet: None, autojump_clock: MockClock
) -> None:
    world.phones.comes_back = world.media.comes_back = False
    begun = trio.current_time()
    await world.up(nursery)
    await trio.sleep(1000)
    assert [at - begun for at in world.lost] == [pytest.approx(60)]
