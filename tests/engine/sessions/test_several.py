"""A session at several platforms: what it is told when one of them is back that has missed something."""

from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.adapters.platforms import Part
from protocol.platform import AddGroup, ChannelReport, GroupReport, PlatformCall
from protocol.states import ChannelType, LoginState
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import names, started
from tests.fakes.adapter import FakeAdapter, agreeable

SALES = {"channelgroup": {"name": "Sales", "chat": True, "email": False, "callback": False}}


class Media(FakeAdapter):
    """Has one channel for chats in every group."""

    async def perform(self, agent: str, call: PlatformCall[Any]) -> Any:
        self.calls.append((agent, call))
        if not isinstance(call, AddGroup):
            return agreeable(call)
        chat = ChannelReport(endpoint="chat", type=ChannelType.CHAT, name="chat", loginstate=LoginState.INACTIVE)
        return GroupReport(name=call.name, channels=(chat,) if call.chat else ())


@pytest.fixture
def media() -> Media:
    return Media()


@pytest.fixture
def parts(adapter: FakeAdapter, media: Media) -> list[Part]:
    return [
        Part(name="phones", make=lambda: adapter, channels=frozenset({ChannelType.TELEPHONY})),
        Part(name="media", make=lambda: media, channels=frozenset({ChannelType.CHAT})),
    ]


async def test_a_group_that_was_added_without_it_gets_its_channels_when_it_is_back(
    world: World, media: Media, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    media.comes_back = False
    with capture_logs():
        media.fall.set()
        await trio.sleep(0.1)
        added = await talk.ask("session.addchannelgroup", SALES)
        assert names(added).count("channel.created") == 2, "the phones alone"
        media.comes_back = True
        await trio.sleep(10)
    told = talk.desktop.take()
    assert [each["data"]["channel"]["type"] for each in told if each["name"] == "channel.initialized"] == ["CHAT"]
    phones = [type(call).__name__ for _, call in world.adapter.calls]
    assert phones == ["StartAgent", "AddGroup"], "nothing is asked of those who were there"
