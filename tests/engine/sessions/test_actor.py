"""The actor's promises: journal, then send; one thing at a time; nothing twice; a defect stays in its session."""

import gc
import weakref
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from engine.config import Limits, SessionSettings, Settings
from protocol.errors import FailureCode, Refused
from protocol.platform import ActivateChannel, LogoutAgent, PlatformCall
from protocol.states import AgentState, DisposalCause, LoginState
from statemachines import core as core_module
from tests.engine.sessions.conftest import SETTINGS, World
from tests.engine.sessions.talking import PAIR, Talk, names, prepared, resume, started, with_ready_channel
from tests.fakes.adapter import agreeable, channel, slowly
from tests.fakes.desktop import FakeDesktop


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


async def test_a_session_that_is_over_leaves_nothing_to_the_collector(world: World, autojump_clock: MockClock) -> None:
    """Which looks at what is old after tens of thousands of sessions."""
    talk = await started(world)
    left = [weakref.ref(talk.entry.actor), weakref.ref(talk.entry.actor._core)]
    gc.collect()
    gc.disable()
    try:
        talk.entry.actor.end(DisposalCause.EXPIRED, "nobody came back")
        await talk.entry.actor.over.wait()
        await trio.testing.wait_all_tasks_blocked()
        del talk
        assert [each() for each in left if each() is not None] == []
    finally:
        gc.enable()
