"""Phones at one platform, chat and mail at another."""

from collections.abc import Iterator

import pytest
import trio
from structlog.testing import capture_logs

from protocol.platform import Feature, GroupReport, Snapshot, StartAgent
from protocol.states import ChannelType
from tests.engine.adapters.platforms.several import MEDIA, Fake, World, at, chat_at


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
