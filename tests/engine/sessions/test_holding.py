"""Which desktop has a session: who resumes, who starts anew, who is gone; what one is told that repeats a request."""

from typing import Any

import attrs
import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.config import SessionSettings, Settings
from engine.journal.spi import JournalError
from protocol.errors import FailureCode
from protocol.ids import SessionId
from protocol.platform import ListDirectory, LogoutAgent, SetAgentState
from protocol.results import BindOutcome
from protocol.states import CONNECTION_LOST, AgentState, DisposalCause
from tests.engine.sessions.conftest import SETTINGS, World
from tests.engine.sessions.talking import PAIR, Talk, names, resume, started, with_ready_channel
from tests.fakes.adapter import slowly
from tests.fakes.desktop import FakeDesktop

DIRECTORY = "session.request.getdirectory"


async def test_a_desktop_that_is_gone_when_its_turn_comes_is_not_bound(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)

    world.adapter.answer = slowly(1)
    talk.send("session.request.getdirectory")
    await trio.sleep(0.5)
    other = Talk(talk.entry, FakeDesktop(world.nursery))
    await other.bind(resume(talk, 99))
    talk.entry.actor.unbind(other.desktop)
    await trio.sleep(1)
    assert other.bound == []
    assert talk.entry.actor.desktop is talk.desktop


async def test_binding_a_session_that_is_over_is_refused(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)
    talk.entry.actor.end(DisposalCause.SUPERVISOR, "enough")
    await talk.entry.actor.over.wait()
    for cursor in (resume(talk, 1), resume(talk, 99)):
        await talk.bind(cursor)
    assert [refusal.code for refusal in talk.refused] == [FailureCode.NOT_BOUND] * 2


@pytest.mark.parametrize(("epoch", "ahead"), [(2, 0), (0, 0), (1, 1), (1, 1000)])
async def test_a_cursor_that_is_none_of_ours_starts_anew(
    world: World, autojump_clock: MockClock, epoch: int, ahead: int
) -> None:
    talk = await with_ready_channel(world)
    seq = talk.entry.actor._core.seq
    talk.entry.actor.unbind(talk.desktop)
    assert await talk.bind(resume(talk, seq + ahead, epoch)) is BindOutcome.RESET
    assert (talk.bound[-1].epoch, talk.bound[-1].seq) == (2, seq)
    assert names(await talk.ask("channel.ready", path="c1")) == ["NOT_STARTED"]
    assert names(await talk.ask("session.start"))[-1] == "session.initialized"


@pytest.mark.parametrize("settings", [attrs.evolve(SETTINGS, sessions=SessionSettings(history_messages=3))])
async def test_a_trimmed_history_starts_anew(world: World, autojump_clock: MockClock, settings: Settings) -> None:
    talk = await with_ready_channel(world)
    assert await talk.bind(resume(talk, 1)) is BindOutcome.RESET


async def test_a_bind_without_resume_starts_anew_once_something_was_said(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    talk.entry.actor.unbind(talk.desktop)
    assert await talk.bind() is BindOutcome.RESET


async def test_starting_anew_waits_for_the_request_under_way(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)

    world.adapter.answer = slowly(1)
    talk.send("session.request.getdirectory")
    await trio.sleep(0.5)
    other = Talk(talk.entry, FakeDesktop(world.nursery))
    assert await other.bind(resume(talk, 99)) is None
    await trio.sleep(1)
    assert other.bound[-1].outcome is BindOutcome.RESET
    assert names(talk.desktop.take()) == ["success", "session.unbound"]


async def test_starting_anew_takes_its_turn_behind_the_requests_before_it(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)
    talk.send("channel.notready", path="c1")
    await talk.entry.actor.bind(talk.desktop, resume(talk, 99), talk.bound.append, talk.refused.append)
    await trio.testing.wait_all_tasks_blocked()
    assert names(talk.desktop.take()) == ["success", *PAIR]
    assert talk.bound[-1].outcome is BindOutcome.RESET


async def test_of_those_who_wait_to_start_anew_the_last_one_is_bound(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)

    world.adapter.answer = slowly(1)
    talk.send("session.request.getdirectory")
    await trio.sleep(0.5)
    waiting = [Talk(talk.entry, FakeDesktop(world.nursery)) for _ in range(3)]
    for each in waiting:
        await each.bind(resume(talk, 99))
    await trio.sleep(2)
    assert [[refusal.code for refusal in each.refused] for each in waiting] == [["ALREADY_BOUND"]] * 2 + [[]]
    assert talk.entry.actor.desktop is waiting[2].desktop
    assert talk.entry.actor.epoch == 2


async def test_a_desktop_that_resumes_is_not_robbed_by_one_that_waited(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)

    world.adapter.answer = slowly(1)
    talk.send("session.request.getdirectory")
    await trio.sleep(0.5)
    waiting, resuming = Talk(talk.entry, FakeDesktop(world.nursery)), Talk(talk.entry, FakeDesktop(world.nursery))
    await waiting.bind(resume(talk, 99))
    assert await resuming.bind(resume(talk, 1)) is BindOutcome.RESUMED
    await trio.sleep(2)
    assert waiting.bound == []
    assert talk.entry.actor.desktop is resuming.desktop


async def test_absence_makes_ready_channels_not_ready_and_then_logs_out(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)
    await talk.ask("unbindSession")
    cursor = talk.entry.actor._core.seq
    await trio.sleep(31)
    park = world.adapter.calls[-1][1]
    assert park == SetAgentState(endpoint="4001", agentstate=AgentState.NOTREADY, reason=CONNECTION_LOST)
    kept = await world.journal.read(talk.entry.actor.session, cursor, at_most=1000)
    assert [b"channel.infochanged" in record.text for record in kept or ()] == [True, False]
    await trio.sleep(270)
    assert world.adapter.calls[-1][1] == LogoutAgent(reason=CONNECTION_LOST)
    assert talk.entry.actor.over.is_set()


async def test_a_desktop_that_comes_back_in_time_finds_all_as_it_was(world: World, autojump_clock: MockClock) -> None:
    talk = await with_ready_channel(world)
    cursor = talk.entry.actor._core.seq
    talk.entry.actor.unbind(talk.desktop)
    await trio.sleep(29)
    assert await talk.bind(resume(talk, cursor)) is BindOutcome.RESUMED
    await trio.sleep(1000)
    assert talk.desktop.take() == []
    assert not talk.entry.actor.over.is_set()


async def test_an_agent_whose_desktop_goes_after_a_reset_is_parked_and_logged_out(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)
    await talk.bind(resume(talk, 99))
    talk.entry.actor.unbind(talk.desktop)
    await trio.sleep(1000)
    last = [call for _, call in world.adapter.calls[-2:]]
    assert [type(call) for call in last] == [SetAgentState, LogoutAgent]
    assert talk.entry.actor.over.is_set()


async def test_unbinding_somebody_else_changes_nothing(world: World, autojump_clock: MockClock) -> None:
    talk = await with_ready_channel(world)
    talk.entry.actor.unbind(FakeDesktop(world.nursery))
    assert talk.entry.actor.desktop is talk.desktop


async def test_unbind_comes_in_its_turn_after_the_requests_before_it(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)
    talk.send("session.request.getdirectory")
    talk.send("unbindSession", requestid="u")
    await trio.testing.wait_all_tasks_blocked()
    messages = talk.desktop.take()
    assert [m["command"] for m in messages] == ["session.request.getdirectory", "unbindSession"]
    assert "seq" not in messages[1]
    assert talk.entry.actor.desktop is None


# An answer that can be read no more


def damage(world: World, seq: int) -> None:
    """Of the answer with this number."""
    response = world.journal.response

    async def damaged(session: SessionId, asked: int) -> bytes | JournalError:
        if asked == seq:
            await trio.lowlevel.checkpoint()
            return JournalError(f"message {seq} is damaged")
        return await response(session, asked)

    world.journal.response = damaged  # type: ignore[method-assign] # for this one


async def test_a_repeated_request_whose_answer_is_damaged_is_refused_for_good_and_not_executed_again(
    world: World,
) -> None:
    talk = await started(world)
    first = [(await talk.ask(DIRECTORY, requestid=requestid))[0] for requestid in ("r1", "r2")]
    damage(world, first[0]["seq"])
    with capture_logs() as logs:
        told: list[dict[str, Any]] = []
        for _ in range(3):
            told += await talk.ask(DIRECTORY, requestid="r1")
    assert names(told) == ["TIMEOUT"] * 3
    for failure in told:
        assert (failure["command"], failure["requestid"], "seq" in failure) == (DIRECTORY, "r1", False)
        assert failure["original"]["requestid"] == "r1"
        assert "is not executed again" in failure["failure"]["message"]
        assert "send a new requestid if it is still wanted" in failure["failure"]["message"]
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["journal_damaged"] * 3
    assert sum(isinstance(call, ListDirectory) for _, call in world.adapter.calls) == 2
    (sound,) = await talk.ask(DIRECTORY, requestid="r2")
    assert sound == first[1]
    (new,) = await talk.ask(DIRECTORY, requestid="r3")
    assert (new["result"], new["seq"]) == ("success", 5), "the session goes on, and its numbers too"
