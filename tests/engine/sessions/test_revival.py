"""Sessions that a process before has left: who may resume, and who is told to begin anew."""

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.adapters.platforms import Part, Platforms
from engine.config import PlatformSettings
from engine.observe import NO_TRACES, Metrics
from engine.sessions.ledger import PICTURE_EVERY
from engine.sessions.ownership import SoleOwner
from engine.sessions.registry import Registry
from protocol.commands import Resume
from protocol.ids import SessionId
from protocol.results import BindOutcome
from tests.engine.sessions.conftest import SETTINGS, World
from tests.engine.sessions.talking import Talk, with_ready_channel
from tests.fakes.adapter import FakeAdapter
from tests.fakes.desktop import FakeDesktop


async def revived(
    world: World, nursery: trio.Nursery, talk: Talk, *, doubtful: bool, platform: Platforms | None = None
) -> Talk:
    """The same session in the next process, as its desktop finds it."""
    world.journal.may_have_lost = doubtful
    registry = Registry(
        nursery,
        settings=SETTINGS,
        platform=platform or world.platform,
        journal=world.journal,
        ownership=SoleOwner(world.journal.first_fence),
        metrics=world.metrics,
        traces=NO_TRACES,
    )
    await registry.revive()
    entry = registry.find(SessionId(talk.id))
    assert entry is not None
    return Talk(entry, FakeDesktop(nursery), talk.token)


async def test_of_a_session_that_the_rules_of_now_cannot_take_up_the_log_says_what_is_known(
    world: World, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    await talk.ask("session.request.getdirectory")  # behind the latest picture
    monkeypatch.setattr("engine.journal.rebuild.unpack", lambda _: 1 / 0)
    last = talk.entry.actor.seq
    with capture_logs() as logs, pytest.raises(AssertionError):
        await revived(world, nursery, talk, doubtful=False)
    (lost,) = [entry for entry in logs if entry["event"] == "session_lost"]
    assert (lost["session"], lost["agent"], lost["seq"]) == (talk.id, "ada", last)
    assert last > 0


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("doubtful", "outcome"), [(False, BindOutcome.RESUMED), (True, BindOutcome.RESET)])
async def test_where_messages_may_be_missing_nobody_resumes(
    world: World, nursery: trio.Nursery, doubtful: bool, outcome: BindOutcome, at_once: bool
) -> None:
    """A number that a desktop shows may belong to another message by now: after a restart the session says more."""
    talk = await with_ready_channel(world)
    seen = world.journal.histories[SessionId(talk.id)].steps
    last = sum(len(step.records) for step in seen)
    after = await revived(world, nursery, talk, doubtful=doubtful)
    if not at_once:
        await trio.testing.wait_all_tasks_blocked()
    assert await after.bind(Resume(token=talk.token, epoch=1, seq=last)) is outcome
    assert (after.bound[-1].epoch > 1) is doubtful


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_is_of_the_epoch_before_is_not_resumed_from(
    world: World, nursery: trio.Nursery, restarted: bool
) -> None:
    """A desktop that was told to begin anew, and lost its connection before it heard anything more."""
    talk = await with_ready_channel(world)
    assert await talk.bind() is BindOutcome.RESET
    anew = talk.bound[-1]
    after = await revived(world, nursery, talk, doubtful=False) if restarted else talk
    assert await after.bind(Resume(token=talk.token, epoch=anew.epoch, seq=anew.seq)) is BindOutcome.RESUMED
    assert await after.bind(Resume(token=talk.token, epoch=anew.epoch, seq=anew.seq - 1)) is BindOutcome.RESET
    assert after.bound[-1].epoch == anew.epoch + 1


async def test_processes_that_end_soon_leave_few_steps_to_replay(world: World, nursery: trio.Nursery) -> None:
    talk = await with_ready_channel(world)
    for _ in range(PICTURE_EVERY):
        talk = await revived(world, nursery, talk, doubtful=False)
        await trio.testing.wait_all_tasks_blocked()
    pictured = [step.picture is not None for step in world.journal.histories[SessionId(talk.id)].steps]
    assert pictured[::-1].index(True) < PICTURE_EVERY


async def test_after_it_was_told_a_desktop_resumes_again(world: World, nursery: trio.Nursery) -> None:
    talk = await with_ready_channel(world)
    after = await revived(world, nursery, talk, doubtful=True)
    assert await after.bind(Resume(token=talk.token, epoch=1, seq=1)) is BindOutcome.RESET
    await after.ask("session.start")
    bound = after.bound[-1]
    again = Talk(after.entry, FakeDesktop(nursery), talk.token)
    assert await again.bind(Resume(token=talk.token, epoch=bound.epoch, seq=bound.seq)) is BindOutcome.RESUMED


async def test_a_session_that_is_taken_up_when_none_is_held_any_more_ends_as_the_others_did(
    world: World, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    """The time may be over before the journal has given all of them: nobody would end the rest."""
    talk = await with_ready_channel(world)
    adapter = FakeAdapter()
    adapter.comes_back = False
    platform = Platforms(
        [Part(name="fake", make=lambda: adapter)],
        PlatformSettings(hold_s=0.0),
        Metrics(),
        on_report=lambda agent, report: None,
        on_lost=lambda: None,
        on_back=lambda: None,
    )
    with capture_logs():
        await nursery.start(platform.run)
        assert not platform.given_up, "it was tried, and the time begins"
        await trio.sleep(0.1)
        late = await revived(world, nursery, talk, doubtful=False, platform=platform)
        with trio.fail_after(1):
            await late.entry.actor.over.wait()
