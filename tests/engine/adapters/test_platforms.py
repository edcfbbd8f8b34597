"""Several platforms as one: who is asked what, and what becomes of sessions when one of them is lost."""

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.adapters.platforms import Part, Platforms
from engine.config import PlatformSettings
from engine.observe import Metrics
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    AddGroup,
    ChannelReport,
    DirectoryEntry,
    Feature,
    GroupReport,
    InteractionReport,
    ListDirectory,
    LogoutAgent,
    PartialSnapshot,
    PlatformCall,
    RemoveChannel,
    RemoveGroup,
    Report,
    Snapshot,
    StartAgent,
)
from protocol.states import AgentState, ChannelType, Direction, EndCause, InteractionState, LoginState
from tests.fakes.adapter import FakeAdapter, slowly

SETTINGS = PlatformSettings(call_timeout_s=10, restart_first_s=1, restart_most_s=200, hold_s=60)
MEDIA = frozenset({Feature.CHAT, Feature.EMAIL, Feature.CHANNELGROUPS})


def at(endpoint: str, kind: ChannelType = ChannelType.TELEPHONY, *, active: bool = False) -> ChannelReport:
    return ChannelReport(
        endpoint=endpoint,
        type=kind,
        name=endpoint,
        loginstate=LoginState.ACTIVE if active else LoginState.INACTIVE,
        agentstate=AgentState.READY if active else None,
    )


def chat_at(endpoint: str, state: InteractionState = InteractionState.STARTED) -> InteractionReport:
    over = state is InteractionState.COMPLETED
    return InteractionReport(
        endpoint=endpoint,
        id="i1",
        contact="c1",
        type=ChannelType.CHAT,
        direction=Direction.INBOUND,
        state=state,
        cause=EndCause.REMOTE if over else None,
    )


class Fake(FakeAdapter):
    """What it answers stands in `has`, by the call's class; what is not there is refused."""

    def __init__(self, features: frozenset[Feature], **has: Any) -> None:
        super().__init__()
        self.features = features  # type: ignore[misc]
        self.has: dict[str, Any] = {"LogoutAgent": None, "RemoveChannel": None, "RemoveGroup": None, **has}
        self.answer = self._answer

    async def _answer(self, _: str, call: PlatformCall[Any]) -> Any:
        answer = self.has.get(type(call).__name__, FailureCode.CHANNEL_UNAVAILABLE)
        if isinstance(answer, FailureCode):
            raise Refused(answer, "not here; ask another")
        return answer

    @property
    def asked(self) -> list[str]:
        return [type(call).__name__ for _, call in self.calls]


@attrs.define
class World:
    """Phones at one platform, mail and chat at another."""

    phones: Fake
    media: Fake
    told: list[tuple[str, Report]] = attrs.field(factory=list)
    lost: list[float] = attrs.field(factory=list)
    back: list[float] = attrs.field(factory=list)
    platforms: Any = None

    async def up(self, nursery: trio.Nursery, *parts: Part) -> Platforms:
        self.platforms = Platforms(
            parts
            or (
                Part(name="phones", make=lambda: self.phones, channels=frozenset({ChannelType.TELEPHONY})),
                Part(name="media", make=lambda: self.media, channels=frozenset({ChannelType.CHAT, ChannelType.EMAIL})),
            ),
            SETTINGS,
            Metrics(),
            on_report=lambda agent, report: self.told.append((agent, report)),
            on_lost=lambda: self.lost.append(trio.current_time()),
            on_back=lambda: self.back.append(trio.current_time()),
        )
        await nursery.start(self.platforms.run)
        return self.platforms

    async def ask(self, call: PlatformCall[Any]) -> Any:
        return await self.platforms.perform("ada", call)

    async def refusal(self, call: PlatformCall[Any]) -> FailureCode:
        with pytest.raises(Refused) as refused:
            await self.ask(call)
        return refused.value.code


@pytest.fixture
def world() -> World:
    phones = Fake(
        frozenset(Feature),
        StartAgent=Snapshot(agent_name="Ada", channels=(at("4001", active=True),)),
        ActivateChannel=at("4001", active=True),
        AddGroup=GroupReport(name="Sales", channels=(at("4002"), at("wrong", ChannelType.CHAT))),
    )
    media = Fake(
        MEDIA,
        StartAgent=Snapshot(
            agent_name="ada@media",
            channels=(at("chat", ChannelType.CHAT, active=True), at("4711")),
            interactions=(chat_at("chat"),),
        ),
        ActivateChannel=at("chat", ChannelType.CHAT, active=True),
        AddGroup=GroupReport(name="Sales", channels=(at("sales-chat", ChannelType.CHAT),)),
        AddChannel=at("mail", ChannelType.EMAIL),
    )
    return World(phones, media)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Platforms that are lost again and again have a lot to say."""
    with capture_logs():
        yield


@pytest.fixture
async def both(world: World, nursery: trio.Nursery, quiet: None) -> World:
    await world.up(nursery)
    await world.ask(StartAgent(extension="4001"))
    return world


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


# A loss


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
