"""A registry with a fake platform and real everything else, on the mock clock."""

import attrs
import pytest
import trio

from engine.adapters.platforms import Part, Platforms
from engine.config import Agent, PlatformSettings, SessionSettings, Settings
from engine.observe import NO_TRACES, Metrics, Traces
from engine.sessions.ownership import SoleOwner
from engine.sessions.registry import Registry
from tests.fakes.adapter import FakeAdapter
from tests.fakes.journal import FakeJournal


@attrs.define
class World:
    registry: Registry
    platform: Platforms
    adapter: FakeAdapter
    journal: FakeJournal
    metrics: Metrics
    nursery: trio.Nursery


SETTINGS = Settings(
    agents=(Agent(id="ada", password="x"),),
    sessions=SessionSettings(not_ready_after_s=30, logout_after_s=300),
    platform=PlatformSettings(call_timeout_s=10),
)


@pytest.fixture
def settings() -> Settings:
    return SETTINGS


@pytest.fixture
def traces() -> Traces:
    return NO_TRACES


@pytest.fixture
def adapter() -> FakeAdapter:
    return FakeAdapter()


@pytest.fixture
def parts(adapter: FakeAdapter) -> list[Part]:
    """Of which the platform consists: the one that `world.adapter` is, and others where a test wants them."""
    return [Part(name="fake", make=lambda: adapter)]


@pytest.fixture
async def world(
    settings: Settings, adapter: FakeAdapter, parts: list[Part], nursery: trio.Nursery, traces: Traces
) -> World:
    metrics = Metrics()
    journal = FakeJournal(history_messages=settings.sessions.history_messages)
    platform = Platforms(
        parts,
        settings.platform,
        metrics,
        on_report=lambda agent, report: registry.report(agent, report),
        on_lost=lambda: registry.platform_lost(),
        on_back=lambda: registry.platform_back(),
    )
    registry = Registry(
        nursery,
        settings=settings,
        platform=platform,
        journal=journal,
        ownership=SoleOwner(),
        metrics=metrics,
        traces=traces,
    )
    await nursery.start(platform.run)
    return World(registry, platform, adapter, journal, metrics, nursery)
