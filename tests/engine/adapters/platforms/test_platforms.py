"""Several platforms as one: who is asked what, and who may tell what."""

from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.adapters.platforms import Part
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    AddGroup,
    DirectoryEntry,
    Feature,
    GroupReport,
    ListDirectory,
    LogoutAgent,
    PlatformCall,
    RemoveChannel,
    RemoveGroup,
    Snapshot,
    StartAgent,
)
from protocol.states import ChannelType, InteractionState
from tests.engine.adapters.platforms.several import MEDIA, World, at, chat_at
from tests.fakes.adapter import slowly

# Who is asked


async def test_an_agent_starts_at_all_of_them_and_has_what_each_is_used_for(both: World) -> None:
    snapshot = await both.ask(StartAgent())
    assert snapshot.agent_name == "Ada"
    assert [channel.endpoint for channel in snapshot.channels] == ["4001", "chat"], "4711 is not media's to have"
    assert snapshot.interactions == (chat_at("chat"),)


async def test_the_extension_is_a_matter_of_telephony(both: World) -> None:
    assert both.phones.calls == [("ada", StartAgent(extension="4001"))]
    assert both.media.calls == [("ada", StartAgent())]


async def test_what_can_be_done_is_what_they_can_together_as_far_as_they_are_used(both: World) -> None:
    assert both.platforms.features == (frozenset(Feature) - {Feature.CALLBACK})


async def test_an_agent_whom_one_of_them_does_not_know_is_at_the_other(both: World) -> None:
    both.media.has["StartAgent"] = FailureCode.PLATFORM_ERROR
    assert [channel.endpoint for channel in (await both.ask(StartAgent())).channels] == ["4001"]
    both.phones.has["StartAgent"] = FailureCode.INVALID_TARGET
    assert await both.refusal(StartAgent()) is FailureCode.INVALID_TARGET


async def test_of_one_that_was_not_heard_nothing_is_concluded(both: World, autojump_clock: MockClock) -> None:
    both.media.has["StartAgent"] = FailureCode.PLATFORM_UNAVAILABLE
    assert await both.refusal(StartAgent()) is FailureCode.PLATFORM_UNAVAILABLE
    both.media.answer = slowly(11)
    assert await both.refusal(StartAgent()) is FailureCode.TIMEOUT


async def test_a_channel_is_asked_about_where_it_is(both: World) -> None:
    await both.ask(ActivateChannel(endpoint="chat"))
    assert (both.phones.asked, both.media.asked) == (["StartAgent"], ["StartAgent", "ActivateChannel"])
    assert await both.refusal(ActivateChannel(endpoint="nowhere")) is FailureCode.CHANNEL_UNAVAILABLE
    assert "ActivateChannel" not in both.phones.asked


async def test_a_channel_is_added_where_its_type_is_and_let_go_there(both: World) -> None:
    await both.ask(AddChannel(endpoint="mail", type=ChannelType.EMAIL))
    assert "AddChannel" not in both.phones.asked
    await both.ask(RemoveChannel(endpoint="mail"))
    assert both.media.asked[-1] == "RemoveChannel"
    assert await both.refusal(RemoveChannel(endpoint="mail")) is FailureCode.CHANNEL_UNAVAILABLE
    assert await both.refusal(AddChannel(endpoint="x", type=ChannelType.CALLBACK)) is FailureCode.UNSUPPORTED


async def test_an_endpoint_that_another_platform_has_is_not_there_twice(both: World) -> None:
    both.media.has["AddChannel"] = at("4001", ChannelType.EMAIL)
    assert await both.refusal(AddChannel(endpoint="4001", type=ChannelType.EMAIL)) is FailureCode.CHANNEL_UNAVAILABLE
    assert "AddChannel" not in both.media.asked, "it would have one that nobody can use"
    both.phones.has["AddChannel"] = at("4001")
    assert await both.ask(AddChannel(endpoint="4001", type=ChannelType.TELEPHONY)) == at("4001")
    both.media.has["StartAgent"] = Snapshot(agent_name="Ada", channels=(at("4001", ChannelType.EMAIL),))
    with capture_logs() as logs:
        snapshot = await both.ask(StartAgent())
    assert [channel.type for channel in snapshot.channels] == [ChannelType.TELEPHONY]
    assert [entry["event"] for entry in logs] == ["endpoint_taken"]


async def test_a_group_is_joined_at_all_that_have_it_and_left_at_all(both: World) -> None:
    joined = await both.ask(AddGroup(name="Sales", chat=True, email=True, callback=True))
    assert [channel.endpoint for channel in joined.channels] == ["4002", "sales-chat"]
    assert both.phones.calls[-1][1] == AddGroup(name="Sales", chat=False, email=False, callback=False)
    assert both.media.calls[-1][1] == AddGroup(name="Sales", chat=True, email=True, callback=False)
    assert (await both.ask(StartAgent())).groups == (), "the platforms forgot it, and say so in their snapshots"
    await both.ask(AddGroup(name="Sales", chat=True, email=True, callback=True))
    await both.ask(RemoveGroup(name="Sales"))
    assert both.phones.asked[-1] == both.media.asked[-1] == "RemoveGroup"


async def test_a_group_that_one_of_them_does_not_let_go_is_joined_again_at_the_other(both: World) -> None:
    joined = await both.ask(AddGroup(name="Sales", chat=True, email=False, callback=False))
    both.media.has["RemoveGroup"] = FailureCode.INTERACTION_ACTIVE
    assert await both.refusal(RemoveGroup(name="Sales")) is FailureCode.INTERACTION_ACTIVE
    assert both.phones.asked[-2:] == ["RemoveGroup", "AddGroup"]
    assert both.told == [("ada", channel) for channel in joined.channels], "they may be less than they were"
    both.phones.has["StartAgent"] = Snapshot(agent_name="Ada", groups=(both.phones.has["AddGroup"],))
    both.media.has["StartAgent"] = Snapshot(agent_name="Ada", groups=(both.media.has["AddGroup"],))
    assert (await both.ask(StartAgent())).groups == (joined,)


async def test_a_group_of_which_a_part_is_away_is_let_go_by_none(both: World, autojump_clock: MockClock) -> None:
    await both.ask(AddGroup(name="Sales", chat=True, email=False, callback=False))
    both.media.fall.set()
    await trio.sleep(0.1)
    assert await both.refusal(RemoveGroup(name="Sales")) is FailureCode.PLATFORM_UNAVAILABLE
    assert "RemoveGroup" not in both.phones.asked, "it would have to log the agent out there, for nothing"


async def test_a_single_platform_too_is_used_only_for_what_it_is_there_for(
    world: World, nursery: trio.Nursery, quiet: None
) -> None:
    """Else there would be channels of which nothing is ever told."""
    media = Part(name="media", make=lambda: world.media, channels=frozenset({ChannelType.CHAT}))
    await world.up(nursery, media)
    assert [channel.endpoint for channel in (await world.ask(StartAgent())).channels] == ["chat"]
    world.media.has["AddGroup"] = GroupReport(name="Sales", channels=(at("4002"), at("c2", ChannelType.CHAT)))
    group = await world.ask(AddGroup(name="Sales", chat=True, email=False, callback=False))
    assert [channel.endpoint for channel in group.channels] == ["c2"]


async def test_whoever_waits_for_a_start_does_not_wait_for_ever(both: World, autojump_clock: MockClock) -> None:
    """A platform that hangs takes its time with the first of thousands, and no request of the others is answered."""
    both.media.answer = slowly(1000)
    took: list[float] = []

    async def start(agent: str) -> None:
        begun = trio.current_time()
        with pytest.raises(Refused) as refused:
            await both.platforms.perform(agent, StartAgent())
        assert refused.value.code is FailureCode.TIMEOUT
        took.append(trio.current_time() - begun)

    async with trio.open_nursery() as crowd:
        for number in range(200):
            crowd.start_soon(start, str(number))
    assert len(took) == 200
    assert max(took) < 21


async def test_a_group_is_not_that_of_one_alone_because_the_other_was_not_heard(
    both: World, autojump_clock: MockClock
) -> None:
    """A session that asks how things stand would take the other's channels for gone, and end what lives there."""
    sales = AddGroup(name="Sales", chat=True, email=False, callback=False)
    both.media.has["AddGroup"] = FailureCode.PLATFORM_UNAVAILABLE
    assert await both.refusal(sales) is FailureCode.PLATFORM_UNAVAILABLE
    answer, both.media.answer = both.media.answer, slowly(11)
    assert await both.refusal(sales) is FailureCode.TIMEOUT
    both.media.answer = answer
    both.media.has["AddGroup"] = GroupReport(name="Sales", channels=(at("sales-chat", ChannelType.CHAT),))
    joined = await both.ask(sales)
    assert [channel.endpoint for channel in joined.channels] == ["4002", "sales-chat"]


async def test_a_group_can_be_joined_while_a_part_is_away(both: World, autojump_clock: MockClock) -> None:
    both.media.fall.set()
    await trio.sleep(0.1)
    joined = await both.ask(AddGroup(name="Sales", chat=True, email=False, callback=False))
    assert [channel.endpoint for channel in joined.channels] == ["4002"]


async def test_a_group_that_one_of_them_has_not_is_that_of_the_other(both: World) -> None:
    both.media.has["AddGroup"] = FailureCode.INVALID_TARGET
    joined = await both.ask(AddGroup(name="Sales", chat=True, email=True, callback=True))
    assert [channel.endpoint for channel in joined.channels] == ["4002"]
    both.phones.has["AddGroup"] = FailureCode.INVALID_TARGET
    assert await both.refusal(AddGroup(name="Help", chat=True, email=True, callback=True)) is FailureCode.INVALID_TARGET


async def test_lists_are_those_of_all_each_thing_once(both: World, autojump_clock: MockClock) -> None:
    both.media.features = MEDIA | {Feature.DIRECTORY}  # type: ignore[misc]
    help_, sales = (DirectoryEntry(name=name, number=number, type="queue") for name, number in ("h1", "s2"))
    both.phones.has["ListDirectory"], both.media.has["ListDirectory"] = (help_, sales), (sales,)
    assert await both.ask(ListDirectory()) == (help_, sales)
    both.phones.comes_back = False
    both.phones.fall.set()
    await trio.sleep(0.1)
    assert await both.refusal(ListDirectory()) is FailureCode.PLATFORM_UNAVAILABLE


async def test_a_logout_is_one_everywhere_and_who_knows_reasons_may_refuse(both: World) -> None:
    both.phones.has["LogoutAgent"] = FailureCode.REASON_REQUIRED
    assert await both.refusal(LogoutAgent()) is FailureCode.REASON_REQUIRED
    assert "LogoutAgent" not in both.media.asked
    both.phones.has["LogoutAgent"], both.media.has["LogoutAgent"] = None, FailureCode.PLATFORM_ERROR
    with capture_logs() as logs:
        await both.ask(LogoutAgent(reason="home"))
    assert (both.phones.calls[-1][1], both.media.calls[-1][1]) == (LogoutAgent(reason="home"), LogoutAgent())
    assert [entry["event"] for entry in logs] == ["logout_refused"]


# What they tell


async def test_a_report_is_told_by_whom_the_channel_is_at(both: World) -> None:
    for sink, report in (
        (both.phones.sink, at("4001")),
        (both.media.sink, at("4001", ChannelType.CHAT)),
        (both.media.sink, at("4711")),
        (both.media.sink, chat_at("chat", InteractionState.COMPLETED)),
    ):
        assert sink is not None
        sink.report("ada", report)
    assert both.told == [("ada", at("4001")), ("ada", chat_at("chat", InteractionState.COMPLETED))]
    both.media.has["StartAgent"] = Snapshot(agent_name="Ada", channels=(at("chat", ChannelType.CHAT),))
    assert (await both.ask(StartAgent())).interactions == ()


async def test_what_is_told_while_others_are_still_asked_is_in_the_snapshot(both: World) -> None:
    """The session drops what came before an answer: it is older."""

    async def meanwhile(_: str, call: PlatformCall[Any]) -> Any:
        assert both.phones.sink is not None
        both.phones.sink.report("ada", at("4001"))
        return both.media.has[type(call).__name__]

    both.media.answer = meanwhile
    snapshot = await both.ask(StartAgent())
    assert snapshot.channels[0] == at("4001")
