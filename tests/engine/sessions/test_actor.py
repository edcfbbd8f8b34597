"""The actor's promises: journal, then send; one thing at a time; nothing twice; a defect stays in its session."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from engine.config import Limits, SessionSettings, Settings
from engine.journal.spi import Record
from protocol.commands import Resume
from protocol.errors import FailureCode, Refused
from protocol.ids import SessionId
from protocol.platform import ActivateChannel, LogoutAgent, PlatformCall, SetAgentState
from protocol.results import BindOutcome
from protocol.states import CONNECTION_LOST, AgentState, DisposalCause, LoginState
from statemachines import core as core_module
from tests.engine.sessions.conftest import SETTINGS, World
from tests.engine.sessions.talking import Talk, names, prepared, started, with_ready_channel
from tests.fakes.adapter import agreeable, channel, slowly
from tests.fakes.desktop import FakeDesktop

PAIR = ["channel.infochanged", "state.updated"]


def resume(talk: Talk, seq: int, epoch: int = 1) -> Resume:
    return Resume(token=talk.token, epoch=epoch, seq=seq)


async def test_every_message_is_in_the_journal_before_it_is_sent(world: World, autojump_clock: MockClock) -> None:
    talk = await prepared(world)
    await talk.bind()
    world.journal.delay_s = 1.0
    talk.send("session.start")
    await trio.sleep(0.9)
    kept = await world.journal.read(talk.entry.actor.session, 0, at_most=1000)
    assert len(kept or ()) == 2
    assert talk.desktop.texts == []
    await trio.sleep(0.2)
    assert [record.text for record in kept or ()] == talk.desktop.texts


async def test_requests_wait_for_the_one_under_way_and_reports_go_before_them(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    for endpoint in ("4001", "4002"):
        await talk.ask("session.addchannel", {"channel": {"endpoint": endpoint, "type": "Telephony"}})

    world.adapter.answer = slowly(1)
    talk.send("channel.activate", path="c1")
    talk.send("channel.ready", path="c1")
    await trio.sleep(0.5)
    world.registry.report("ada", channel("4002", LoginState.ACTIVE, AgentState.WORK))
    await trio.sleep(5)
    messages = talk.desktop.take()
    assert names(messages) == ["success", *PAIR, *PAIR, "success", *PAIR]
    shown = [m["data"]["channel"] for m in messages if m.get("name") == "channel.infochanged"]
    assert [(c["id"], c["agentstate"]) for c in shown] == [("c1", "NOTREADY"), ("c2", "WORK"), ("c1", "READY")]


async def test_a_report_that_is_older_than_the_answer_does_not_come_after_it(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)

    async def overtaken(_: str, call: PlatformCall[Any]) -> Any:
        world.registry.report("ada", channel("4001", LoginState.ACTIVE, AgentState.WORK))
        await trio.sleep(1)
        return agreeable(call)

    world.adapter.answer = overtaken
    talk.send("channel.notready", path="c1")
    await trio.sleep(5)
    messages = talk.desktop.take()
    assert names(messages) == ["success", *PAIR]
    assert messages[2]["state"] == {"loginstate": "ACTIVE", "agentstate": "NOTREADY"}


async def test_a_platform_that_does_not_answer_is_a_timeout_and_the_session_goes_on(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    await talk.ask("session.addchannel", {"channel": {"endpoint": "4001", "type": "Telephony"}})
    stuck = trio.Event()

    async def hang(_: str, call: PlatformCall[Any]) -> Any:
        if isinstance(call, ActivateChannel):
            await stuck.wait()
        return agreeable(call)

    world.adapter.answer = hang
    talk.send("channel.activate", path="c1")
    await trio.sleep(10.5)
    assert names(talk.desktop.take()) == ["TIMEOUT"]
    assert names(await talk.ask("channel.externaldispositions", path="c1"))[0] == "success"


async def test_a_repeated_requestid_is_answered_with_the_same_bytes_and_done_once(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    data = {"channel": {"endpoint": "4001", "type": "Telephony"}}
    talk.send("session.addchannel", data, requestid="r1")
    talk.send("session.addchannel", data, requestid="r1")
    await trio.testing.wait_all_tasks_blocked()
    texts = talk.desktop.texts
    assert len(texts) == 5
    assert texts[0] == texts[4]
    assert sum("AddChannel" in repr(call) for _, call in world.adapter.calls) == 1


async def test_resume_gives_what_was_missed_byte_for_byte_then_live_traffic(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)
    cursor = talk.entry.actor._core.seq
    talk.entry.actor.unbind(talk.desktop)
    world.registry.report("ada", channel("4001", LoginState.ACTIVE, AgentState.WORK))
    await trio.testing.wait_all_tasks_blocked()
    assert talk.desktop.take() == []
    kept = await world.journal.read(talk.entry.actor.session, cursor, at_most=1000)
    assert await talk.bind(resume(talk, cursor)) is BindOutcome.RESUMED
    assert talk.bound[-1].seq == cursor + 2
    assert talk.desktop.texts == [record.text for record in kept or ()]
    assert [m["seq"] for m in await talk.ask("channel.ready", path="c1")] == list(range(cursor + 1, cursor + 6))


async def test_what_is_said_while_a_desktop_catches_up_comes_after_the_history_once(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    read = world.journal.read

    async def slow_read(session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        await trio.sleep(1)
        found = await read(session, after, at_most=min(at_most, 2))
        await trio.sleep(1)
        return found

    monkeypatch.setattr(world.journal, "read", slow_read)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    world.nursery.start_soon(again.bind, resume(talk, 3))
    for turn in range(30):
        await trio.sleep(0.7)
        state = AgentState.WORK if turn % 2 else AgentState.NOTREADY
        world.registry.report("ada", channel("4001", LoginState.ACTIVE, state))
    await trio.sleep(200)
    numbers = [message["seq"] for message in again.desktop.take()]
    assert numbers == list(range(4, talk.entry.actor._core.seq + 1))
    assert (await again.ask("channel.ready", path="c1"))[0]["seq"] == numbers[-1] + 1


async def test_a_repeated_response_waits_until_the_desktop_has_caught_up(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    (first,) = await talk.ask("session.request.getdirectory", requestid="r1")
    read = world.journal.read

    async def slow_read(session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        await trio.sleep(1)
        return await read(session, after, at_most=1)

    monkeypatch.setattr(world.journal, "read", slow_read)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    world.nursery.start_soon(again.bind, resume(talk, first["seq"] - 3))
    await trio.sleep(1.5)
    again.send("session.request.getdirectory", requestid="r1")
    await trio.sleep(100)
    assert [message["seq"] for message in again.desktop.take()] == [first["seq"] + n for n in (-2, -1, 0, 0)]


async def test_repeated_responses_do_not_pile_up_for_a_desktop_that_never_catches_up(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    await talk.ask("session.request.getdirectory", requestid="r1")
    monkeypatch.setattr("engine.sessions.binding.HELD_BACK", 2)

    async def never(_: FakeDesktop, __: int) -> None:
        await trio.sleep_forever()

    again = Talk(talk.entry, FakeDesktop(world.nursery))
    monkeypatch.setattr(FakeDesktop, "wait_for_room", never)
    await again.bind(resume(talk, 1))
    for _ in range(3):
        await again.ask("session.request.getdirectory", requestid="r1")
    assert again.desktop.cuts == ["slow consumer"]


async def test_a_desktop_whose_history_is_trimmed_while_it_catches_up_is_cut(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    read = world.journal.read

    async def trimmed(session: SessionId, after: int, *, at_most: int) -> Sequence[Record] | None:
        return await read(session, after, at_most=1) if after < 4 else None

    monkeypatch.setattr(world.journal, "read", trimmed)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    assert await again.bind(resume(talk, 2)) is BindOutcome.RESUMED
    assert [message["seq"] for message in again.desktop.take()] == [3, 4]
    assert again.desktop.cuts == ["history trimmed"]


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


async def test_a_session_that_ends_refuses_whoever_waits_for_it(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)
    stuck = trio.Event()

    async def hang(_: str, __: PlatformCall[Any]) -> Any:
        await stuck.wait()

    world.adapter.answer = hang
    talk.send("session.request.getdirectory")
    talk.send("session.request.getdirectory")
    await trio.testing.wait_all_tasks_blocked()
    other = Talk(talk.entry, FakeDesktop(world.nursery))
    assert await other.bind(resume(talk, 99)) is None
    talk.entry.actor.end(DisposalCause.TAKEOVER, "another")
    talk.entry.actor.end(DisposalCause.EXPIRED, "too late: the first reason stands")
    await talk.entry.actor.over.wait()
    messages = talk.desktop.take()
    assert names(messages) == ["INVALID_STATE", "session.disposed", "NOT_BOUND"]
    assert messages[1]["data"]["cause"] == "TAKEOVER"
    assert [refusal.code for refusal in other.refused] == [FailureCode.NOT_BOUND]


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


@pytest.mark.parametrize("settings", [attrs.evolve(SETTINGS, limits=Limits(inbox_requests=2, inbox_reports=2))])
async def test_queues_are_bounded(world: World, autojump_clock: MockClock, settings: Settings) -> None:
    talk = await started(world)
    assert [talk.send("session.request.getdirectory") for _ in range(3)] == [True, True, False]
    assert talk.entry.actor.waiting_requests == 2
    for _ in range(3):
        world.registry.report("ada", channel("4001"))
    await talk.entry.actor.over.wait()
    assert talk.desktop.take()[0]["data"]["cause"] == "PLATFORM_LOST"


async def test_a_defect_ends_its_session_alone_in_good_order(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = await started(world), await started(world, "bob")

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(core_module, "judge", defect)
        seq = broken.entry.actor._core.seq
        broken.send("session.request.getdirectory")
        await broken.entry.actor.over.wait()
    messages = broken.desktop.take()
    assert [(m["name"], m["data"]["cause"], m["seq"]) for m in messages] == [
        ("session.disposed", "INTERNAL_ERROR", seq + 1)
    ]
    assert names(await sound.ask("session.request.getdirectory")) == ["success"]


async def test_a_defect_at_the_end_still_ends(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await started(world)

    def defect(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(core_module.SessionCore, "handle", defect)
    talk.send("session.request.getdirectory")
    await talk.entry.actor.over.wait()
    assert talk.desktop.take() == []


async def test_a_report_that_cannot_be_taken_in_is_counted_as_ignored(world: World, autojump_clock: MockClock) -> None:
    talk = await with_ready_channel(world)
    world.registry.report("ada", channel("9999"))
    world.registry.report("nobody", channel("4001"))
    world.registry.report("ada", channel("4001", LoginState.ACTIVE, AgentState.WORK))
    await trio.testing.wait_all_tasks_blocked()
    assert names(talk.desktop.take()) == PAIR
    text = world.metrics.exposition()[0].decode()
    assert 'ixp_platform_reports_total{outcome="ignored"} 2.0' in text
    assert 'ixp_platform_reports_total{outcome="applied"} 1.0' in text


async def test_a_refusal_of_the_platform_goes_through_with_its_words(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)

    async def refuse(_: str, __: PlatformCall[Any]) -> Any:
        raise Refused(FailureCode.CHANNEL_UNAVAILABLE, "9999 is unknown; take 4001")

    world.adapter.answer = refuse
    (message,) = await talk.ask("session.addchannel", {"channel": {"endpoint": "9999", "type": "Telephony"}})
    assert message["failure"] == {"code": "CHANNEL_UNAVAILABLE", "message": "9999 is unknown; take 4001"}


# What once went wrong


async def test_a_second_binding_of_the_same_desktop_ends_the_first(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)
    monkeypatch.setattr("engine.sessions.binding.READ_AT_ONCE", 2)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    for cursor in (0, 5):
        await again.entry.actor.bind(again.desktop, resume(talk, cursor), again.bound.append, again.refused.append)
    await trio.testing.wait_all_tasks_blocked()
    assert [message["seq"] for message in again.desktop.take()] == list(range(6, talk.entry.actor._core.seq + 1))


async def test_who_loses_the_session_while_catching_up_gets_nothing_after_being_told(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)

    async def slowly(_: FakeDesktop, __: int) -> None:
        await trio.sleep(1)

    loser, winner = Talk(talk.entry, FakeDesktop(world.nursery)), Talk(talk.entry, FakeDesktop(world.nursery))
    monkeypatch.setattr(FakeDesktop, "wait_for_room", slowly)
    await loser.bind(resume(talk, 0))
    await trio.sleep(2.5)
    await winner.bind(resume(talk, 0))
    await trio.sleep(100)
    assert [message.get("name") for message in loser.desktop.take()] == [None, "session.initialized", "session.unbound"]
    assert len(winner.desktop.take()) == talk.entry.actor._core.seq


async def test_a_desktop_that_catches_up_is_told_of_the_end(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)

    async def slowly(_: FakeDesktop, __: int) -> None:
        await trio.sleep(0.1)

    monkeypatch.setattr(FakeDesktop, "wait_for_room", slowly)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    await again.bind(resume(talk, 0))
    talk.entry.actor.end(DisposalCause.TAKEOVER, "another")
    await talk.entry.actor.over.wait()
    assert not again.send("session.request.getdirectory")
    assert again.desktop.released == []
    await trio.sleep(10)
    messages = again.desktop.take()
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    assert messages[-1]["name"] == "session.disposed"
    assert again.desktop.released == [talk.id]
    assert await world.journal.read(talk.entry.actor.session, 1, at_most=1) is None


async def test_a_desktop_that_never_catches_up_is_cut_at_the_end(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await with_ready_channel(world)

    async def never(_: FakeDesktop, __: int) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(FakeDesktop, "wait_for_room", never)
    again = Talk(talk.entry, FakeDesktop(world.nursery))
    await again.bind(resume(talk, 0))
    talk.entry.actor.end(DisposalCause.TAKEOVER, "another")
    await trio.sleep(100)
    assert again.desktop.cuts == ["slow consumer"]


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


async def test_starting_anew_takes_its_turn_behind_the_requests_before_it(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)
    talk.send("channel.notready", path="c1")
    await talk.entry.actor.bind(talk.desktop, resume(talk, 99), talk.bound.append, talk.refused.append)
    await trio.testing.wait_all_tasks_blocked()
    assert names(talk.desktop.take()) == ["success", *PAIR]
    assert talk.bound[-1].outcome is BindOutcome.RESET


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


@pytest.mark.parametrize("settings", [attrs.evolve(SETTINGS, sessions=SessionSettings(remembered_bytes=300))])
async def test_what_is_remembered_is_bounded(world: World, autojump_clock: MockClock, settings: Settings) -> None:
    talk = await started(world)
    taken = [talk.send("session.request.getdirectory", requestid=f"r{n}") for n in range(2)]
    await trio.testing.wait_all_tasks_blocked()
    assert taken == [True, True]
    await talk.ask("session.request.getdirectory", requestid="r3")
    assert names(await talk.ask("session.request.getdirectory", requestid="r4")) == ["OVERLOADED"]
    assert talk.send("session.request.getdirectory")


async def test_a_defect_while_a_success_is_told_still_answers_the_request(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await started(world)

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("statemachines.outbox._success_data", defect)
    talk.send("session.request.getdirectory")
    await talk.entry.actor.over.wait()
    assert names(talk.desktop.take()) == ["INTERNAL_ERROR", "session.disposed"]


@pytest.mark.parametrize("settings", [attrs.evolve(SETTINGS, limits=Limits(inbox_reports=1))])
@pytest.mark.parametrize("why", ["defect", "hopeless defect", "reports"])
async def test_an_agent_is_not_left_behind_at_a_platform_that_is_there(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, settings: Settings, why: str
) -> None:
    talk = await started(world)

    def defect(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    if why == "reports":
        for _ in range(2):
            world.registry.report("ada", channel("4001"))
    else:
        broken = (core_module, "judge") if why == "defect" else (core_module.SessionCore, "handle")
        monkeypatch.setattr(*broken, defect)
        talk.send("session.request.getdirectory")
    await talk.entry.actor.over.wait()
    assert world.adapter.calls[-1] == ("ada", LogoutAgent(reason="CONNECTION_LOST"))


async def test_nobody_is_logged_out_where_the_platform_knows_of_no_session(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await prepared(world)
    await talk.bind()
    talk.entry.actor.end(DisposalCause.INTERNAL_ERROR, "a defect")
    await talk.entry.actor.over.wait()
    assert world.adapter.calls == []
