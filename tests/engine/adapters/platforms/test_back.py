"""Several platforms as one: what is asked of one that is back, and what it has missed."""

from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.adapters.platforms import Part
from engine.adapters.spi import Sink
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    AcceptInteraction,
    AddGroup,
    Feature,
    GroupReport,
    PlatformCall,
    RemoveGroup,
    Snapshot,
    StartAgent,
)
from protocol.states import ChannelType
from tests.engine.adapters.platforms.several import MEDIA, Fake, World, at
from tests.fakes.adapter import slowly

SALES = AddGroup(name="Sales", chat=True, email=True, callback=True)
SALES_AT_MEDIA = AddGroup(name="Sales", chat=True, email=True, callback=False)


async def media_away(world: World) -> None:
    world.media.comes_back = False
    world.media.fall.set()
    await trio.sleep(0.1)


async def media_back(world: World) -> None:
    world.media.comes_back = True
    await trio.sleep(10)


def endpoints(snapshot: Snapshot) -> list[str]:
    return [channel.endpoint for group in snapshot.groups for channel in group.channels]


# Who is asked again


async def test_only_the_one_that_is_back_is_asked_and_all_is_told_together(
    both: World, autojump_clock: MockClock
) -> None:
    await media_away(both)
    both.media.has["StartAgent"] = Snapshot(agent_name="Ada", channels=(at("chat", ChannelType.CHAT),))
    assert both.phones.sink is not None
    both.phones.sink.report("ada", at("4001"))
    await media_back(both)
    snapshot = await both.ask(StartAgent(), again=True)
    assert (both.phones.asked, both.media.asked) == (["StartAgent"], ["StartAgent", "StartAgent"])
    assert snapshot.channels == (at("4001"), at("chat", ChannelType.CHAT)), "of the other, its latest word"


async def test_one_that_did_not_know_the_agent_has_said_so(both: World, autojump_clock: MockClock) -> None:
    both.phones.has["StartAgent"] = FailureCode.INVALID_TARGET
    await both.ask(StartAgent())
    await media_away(both)
    await media_back(both)
    asked = len(both.phones.asked)
    await both.ask(StartAgent(), again=True)
    assert len(both.phones.asked) == asked


async def test_one_that_was_not_heard_is_asked_until_it_is(both: World, autojump_clock: MockClock) -> None:
    await media_away(both)
    await media_back(both)
    answer, both.media.answer = both.media.answer, slowly(11)
    for _ in range(2):
        with pytest.raises(Refused, match="did not answer"):
            await both.ask(StartAgent(), again=True)
    both.media.answer = answer
    await both.ask(StartAgent(), again=True)
    assert both.media.asked.count("StartAgent") == 4
    assert both.phones.asked.count("StartAgent") == 1


async def test_where_none_has_been_away_all_are_asked(both: World) -> None:
    """The session has lost something of its own: nothing that it knows is to be relied on."""
    await both.ask(StartAgent(), again=True)
    assert (both.phones.asked, both.media.asked) == (["StartAgent"] * 2, ["StartAgent"] * 2)


async def test_a_desktop_that_starts_anew_asks_all(both: World, autojump_clock: MockClock) -> None:
    await media_away(both)
    await media_back(both)
    await both.ask(StartAgent(extension="4009"))
    assert both.phones.calls[-1] == ("ada", StartAgent(extension="4009"))


async def test_a_phone_that_is_somebody_elses_by_now_is_not_asked_for_twice(
    both: World, autojump_clock: MockClock
) -> None:
    """The agent is not lost for it: what else there is at the platform stays."""
    there = both.phones.has["StartAgent"]

    async def taken(_: str, call: PlatformCall[Any]) -> Any:
        if call == StartAgent(extension="4001"):
            raise Refused(FailureCode.CHANNEL_UNAVAILABLE, "bob sits there")
        return there

    both.phones.answer = taken
    both.phones.fall.set()
    await trio.sleep(10)
    snapshot = await both.ask(StartAgent(extension="4001"), again=True)
    assert [call for _, call in both.phones.calls[-2:]] == [StartAgent(extension="4001"), StartAgent()]
    assert [channel.endpoint for channel in snapshot.channels] == ["4001", "chat"]


async def test_what_the_platform_has_forgotten_does_not_come_back_with_another(
    both: World, autojump_clock: MockClock
) -> None:
    """The session has ended it when the platform said that there is no such interaction."""
    both.media.has["AcceptInteraction"] = FailureCode.INVALID_TARGET
    assert await both.refusal(AcceptInteraction(endpoint="chat", interaction="i1")) is FailureCode.INVALID_TARGET
    both.phones.fall.set()
    await trio.sleep(10)
    assert (await both.ask(StartAgent(), again=True)).interactions == ()


# What it has missed


async def test_a_group_that_was_joined_while_it_was_away_is_joined_there_too(
    both: World, autojump_clock: MockClock
) -> None:
    await media_away(both)
    await both.ask(SALES)
    await media_back(both)
    assert endpoints(await both.ask(StartAgent(), again=True)) == ["4002", "sales-chat"]
    assert both.media.calls[-1] == ("ada", SALES_AT_MEDIA)
    both.media.fall.set()
    await trio.sleep(10)
    both.media.has["StartAgent"] = Snapshot(agent_name="Ada", groups=(both.media.has["AddGroup"],))
    assert endpoints(await both.ask(StartAgent(), again=True)) == ["4002", "sales-chat"]
    assert both.media.asked.count("AddGroup") == 1, "what it has by now it is not asked for again"


async def test_a_group_is_joined_at_one_that_has_never_been_there_as_soon_as_it_is(
    world: World, nursery: trio.Nursery, quiet: None, autojump_clock: MockClock
) -> None:
    world.media.comes_back = False
    await world.up(nursery)
    await world.ask(StartAgent())
    assert [channel.endpoint for channel in (await world.ask(SALES)).channels] == ["4002"]
    await media_back(world)
    assert endpoints(await world.ask(StartAgent(), again=True)) == ["4002", "sales-chat"]


async def test_one_that_cannot_have_groups_after_all_is_not_asked_for_any(
    world: World, nursery: trio.Nursery, quiet: None, autojump_clock: MockClock
) -> None:
    world.media.comes_back = False
    world.media.features = frozenset({Feature.CHAT})  # type: ignore[misc]
    await world.up(nursery)
    await world.ask(StartAgent())
    await world.ask(SALES)
    await media_back(world)
    assert endpoints(await world.ask(StartAgent(), again=True)) == ["4002"]
    assert "AddGroup" not in world.media.asked


async def test_a_group_that_it_does_not_have_is_that_of_the_other(both: World, autojump_clock: MockClock) -> None:
    await media_away(both)
    await both.ask(SALES)
    both.media.has["AddGroup"] = FailureCode.INVALID_TARGET
    for _ in range(2):
        await media_back(both)
        assert endpoints(await both.ask(StartAgent(), again=True)) == ["4002"]
        await media_away(both)
    assert both.media.asked.count("AddGroup") == 1


async def test_where_the_joining_was_not_heard_it_is_tried_again(both: World, autojump_clock: MockClock) -> None:
    await media_away(both)
    await both.ask(SALES)
    both.media.has["AddGroup"], group = FailureCode.PLATFORM_UNAVAILABLE, both.media.has["AddGroup"]
    await media_back(both)
    with pytest.raises(Refused, match="not here"):
        await both.ask(StartAgent(), again=True)
    both.media.has["AddGroup"] = group
    assert endpoints(await both.ask(StartAgent(), again=True)) == ["4002", "sales-chat"]
    assert both.phones.asked.count("StartAgent") == 1


async def test_a_group_that_was_let_go_meanwhile_is_joined_nowhere(both: World, autojump_clock: MockClock) -> None:
    await media_away(both)
    await both.ask(SALES)
    await both.ask(RemoveGroup(name="Sales"))
    await media_back(both)
    assert (await both.ask(StartAgent(), again=True)).groups == ()
    assert "AddGroup" not in both.media.asked


async def test_a_group_of_another_name_is_none(both: World, autojump_clock: MockClock) -> None:
    await media_away(both)
    await both.ask(SALES)
    both.media.has["AddGroup"] = GroupReport(name="Help", channels=())
    await media_back(both)
    snapshot = await both.ask(StartAgent(), again=True)
    assert [group.name for group in snapshot.groups] == ["Sales"]


# Whether it can do what it is there for


async def test_a_type_that_it_is_to_have_and_cannot_is_said_once(
    world: World, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    types = frozenset({ChannelType.CHAT, ChannelType.EMAIL, ChannelType.CALLBACK})
    with capture_logs() as logs:
        await world.up(nursery, Part(name="media", make=lambda: world.media, channels=types))
        world.media.fall.set()
        await trio.sleep(10)
    warnings = [entry for entry in logs if entry["event"] == "channel_type_not_possible"]
    assert [(entry["log_level"], entry["adapter"], entry["type"]) for entry in warnings] == [
        ("warning", "media", "CALLBACK")
    ]
    assert "take it out of the adapter's channels" in warnings[0]["remedy"]
    assert [entry["event"] for entry in logs].index("platform_up") < logs.index(warnings[0])


# How long sessions wait for it


class LateFake(Fake):
    """Takes five seconds to come up."""

    async def run(self, sink: Sink, *, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC128 - its base does
        await trio.sleep(5)
        await super().run(sink, task_status=task_status)


async def test_as_long_as_one_has_not_been_tried_the_loss_of_the_others_counts_for_nothing(
    world: World, nursery: trio.Nursery, quiet: None, autojump_clock: MockClock
) -> None:
    world.media = LateFake(MEDIA, **world.media.has)
    nursery.start_soon(world.up, nursery)
    await trio.sleep(0.5)
    world.phones.comes_back = False
    world.phones.fall.set()
    await trio.sleep(10)
    assert world.platforms.available, "media is there"
    await trio.sleep(1000)
    assert world.lost == []
    assert not world.platforms.given_up


async def test_sessions_that_come_when_none_is_held_any_more_can_see_that(
    world: World, nursery: trio.Nursery, quiet: None, autojump_clock: MockClock
) -> None:
    world.phones.comes_back = world.media.comes_back = False
    await world.up(nursery)
    await trio.sleep(50)
    assert not world.platforms.given_up
    await trio.sleep(20)
    assert world.platforms.given_up
    await media_back(world)
    await trio.sleep(200)
    assert not world.platforms.given_up
