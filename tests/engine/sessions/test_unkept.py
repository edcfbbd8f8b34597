"""What the journal cannot keep has not happened: nothing of it is sent, whoever asked is told, the session goes on."""

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from engine.journal.spi import JournalBroken
from engine.sessions import ledger
from engine.sessions.ledger import REST_S
from engine.sessions.recovery import RECOVER_MOST_S
from protocol.errors import FailureCode, Refused
from protocol.platform import ListDirectory, PlatformCall
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import Talk, names, prepared, resume, started, with_ready_channel
from tests.fakes.adapter import agreeable
from tests.fakes.desktop import FakeDesktop

DIRECTORY = "session.request.getdirectory"


async def test_a_request_that_cannot_be_kept_is_refused_and_may_be_repeated(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    world.journal.full = 1
    talk.send(DIRECTORY, requestid="r1")
    await trio.sleep(5)
    (told,) = talk.desktop.take()
    assert (names([told]), told["requestid"], "seq" in told) == (["OVERLOADED"], "r1", False)
    (answer,) = await talk.ask(DIRECTORY, requestid="r1")
    assert (answer["result"], answer["seq"]) == ("success", 3)


async def test_before_a_request_with_a_requestid_is_kept_the_platform_hears_nothing_of_it(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    world.journal.full = 1
    talk.send(DIRECTORY, requestid="r1")
    await trio.sleep(0.5)
    assert names(talk.desktop.take()) == ["OVERLOADED"]
    assert not any(isinstance(call, ListDirectory) for _, call in world.adapter.calls)


async def test_requests_that_wait_are_served_when_the_disk_has_room_again(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    world.journal.full = 2
    for n in range(5):
        talk.send(DIRECTORY, requestid=f"r{n}")
    await trio.sleep(10)
    told = talk.desktop.take()
    assert names(told) == ["OVERLOADED", *["success"] * 4]
    assert [message["seq"] for message in told[1:]] == [3, 4, 5, 6]


async def test_of_what_a_broken_journal_may_have_kept_nobody_is_told(world: World, autojump_clock: MockClock) -> None:
    """Neither that it is kept nor that it is not: the process is ending, and the next one finds out."""
    talk = await started(world)
    waiting = Talk(talk.entry, FakeDesktop(world.nursery))
    world.journal.full, world.journal.error = 2, JournalBroken
    await waiting.bind(resume(talk, 99))
    with trio.move_on_after(60) as preparing:
        await prepared(world, "bob")
    assert preparing.cancelled_caught
    assert (waiting.bound, waiting.refused) == ([], [])


async def test_requests_do_not_wait_for_a_disk_that_stays_full(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)
    world.journal.full = 100
    for n in range(3):
        talk.send(DIRECTORY, requestid=f"r{n}")
    await trio.sleep(2)
    assert names(talk.desktop.take()) == ["OVERLOADED"] * 3
    talk.send(DIRECTORY, requestid="r3")
    await trio.sleep(RECOVER_MOST_S)
    assert names(talk.desktop.take()) == ["OVERLOADED"]
    world.journal.full = 0
    talk.send(DIRECTORY, requestid="r3")
    await trio.sleep(RECOVER_MOST_S)
    (answer,) = talk.desktop.take()
    assert (answer["result"], answer["seq"]) == ("success", 3)


async def test_requests_do_not_wait_for_a_disk_that_takes_its_time_to_fail(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    world.journal.full, world.journal.delay_s = 100, 0.6
    for n in range(10):
        talk.send(DIRECTORY, requestid=f"r{n}")
    await trio.sleep(4)
    assert names(talk.desktop.take()) == ["OVERLOADED"] * 10


async def test_bindings_do_not_wait_for_a_disk_that_stays_full(world: World, autojump_clock: MockClock) -> None:
    """The outcome of a request is not kept either, so the session never gets as far as its mailbox."""
    talk = await started(world)

    async def full_afterwards(agent: str, call: PlatformCall[Any]) -> Any:
        world.journal.full = 100
        return agreeable(call)

    world.adapter.answer = full_afterwards
    talk.send(DIRECTORY, requestid="r1")
    await trio.sleep(1)
    other = Talk(talk.entry, FakeDesktop(world.nursery))
    await other.bind()
    await trio.sleep(2 * RECOVER_MOST_S)
    assert [refusal.code for refusal in other.refused] == [FailureCode.OVERLOADED]


async def test_a_repeated_request_is_not_refused_while_the_first_one_is_going_to_be_answered(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)

    async def full_afterwards(agent: str, call: PlatformCall[Any]) -> Any:
        world.journal.full = 100
        return agreeable(call)

    world.adapter.answer = full_afterwards
    talk.send(DIRECTORY, requestid="r1")
    await trio.sleep(1)
    talk.send(DIRECTORY, requestid="r1")
    talk.send(DIRECTORY, requestid="r2")
    await trio.sleep(4 * RECOVER_MOST_S)
    assert [(message["requestid"], *names([message])) for message in talk.desktop.take()] == [("r2", "OVERLOADED")]
    world.journal.full, world.adapter.answer = 0, None
    await trio.sleep(2 * RECOVER_MOST_S)
    first, second = (message for message in talk.desktop.take() if "requestid" in message)
    assert first == second
    assert (first["requestid"], *names([first])) == ("r1", "TIMEOUT")


async def test_whoever_lets_the_session_go_waits_until_it_can_be_kept(world: World, autojump_clock: MockClock) -> None:
    talk = await started(world)
    world.journal.full, world.journal.delay_s = 100, 0.6
    for n in range(3):
        talk.send(DIRECTORY, requestid=f"r{n}")
    talk.send("unbindSession")
    await trio.sleep(RECOVER_MOST_S)
    assert names(talk.desktop.take()) == ["OVERLOADED"] * 3
    world.journal.full = 0
    await trio.sleep(2 * RECOVER_MOST_S)
    assert names(talk.desktop.take()) == ["success"]
    assert talk.entry.actor.desktop is None


async def test_of_what_the_platform_was_asked_nobody_says_that_it_was_not_tried(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await with_ready_channel(world)
    world.journal.full = 1
    talk.send("channel.notready", path="c1")
    await trio.sleep(0.5)
    told = talk.desktop.take()[0]
    assert (names([told]), "seq" in told) == (["TIMEOUT"], False)


async def test_the_platform_is_asked_how_things_stand_afterwards(world: World, autojump_clock: MockClock) -> None:
    talk = await with_ready_channel(world)
    world.journal.full = 1
    talk.send("channel.notready", path="c1", requestid="r1")
    await trio.sleep(5)
    told = talk.desktop.take()
    assert names(told)[0] == "OVERLOADED"
    assert names(told)[1:] == ["channel.infochanged", "state.updated"], "the fake platform knows nobody any longer"
    assert [message["seq"] for message in told[1:]] == [13, 14]


async def test_a_session_is_taken_from_its_latest_picture_and_the_steps_since(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "PICTURE_EVERY", 4)
    talk = await started(world)
    for n in range(10):
        await talk.ask(DIRECTORY, requestid=f"r{n}")
    assert sum(step.picture is not None for step in world.journal.histories[talk.entry.actor.session].steps) >= 2
    world.journal.full = 1
    talk.send(DIRECTORY, requestid="r10")
    await trio.sleep(5)
    talk.desktop.take()
    (answer,) = await talk.ask(DIRECTORY, requestid="r10")
    assert answer["seq"] == 13
    (again,) = await talk.ask(DIRECTORY, requestid="r0")
    assert again["seq"] == 3, "what was answered before the picture is not executed again either"


async def test_a_session_at_rest_takes_one_picture_and_nothing_of_it_is_replayed(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    await talk.ask(DIRECTORY, requestid="r1")
    history = world.journal.histories[talk.entry.actor.session]
    steps = len(history.steps)
    assert not any(step.picture is not None for step in history.steps)
    await trio.sleep(REST_S + 1)
    assert [step.picture is not None for step in history.steps[steps:]] == [True]
    await trio.sleep(10 * REST_S)
    assert len(history.steps) == steps + 1
    await talk.ask(DIRECTORY, requestid="r2")
    await trio.sleep(REST_S / 2)
    await talk.ask(DIRECTORY, requestid="r3")
    await trio.sleep(REST_S / 2 + 1)
    assert history.steps[-1].picture is None, "it has not rested for long enough"


async def test_a_session_that_cannot_be_prepared_is_no_session(world: World, autojump_clock: MockClock) -> None:
    world.journal.full = 1
    with pytest.raises(Refused) as refused:
        await prepared(world)
    assert refused.value.code is FailureCode.OVERLOADED
    assert list(world.registry) == []
    await prepared(world)


async def test_who_begins_anew_while_the_disk_is_full_is_refused_and_tries_again(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    talk.entry.actor.unbind(talk.desktop)
    world.journal.full = 1
    assert await talk.bind() is not None
    await trio.sleep(5)
    assert [refusal.code for refusal in talk.refused] == [FailureCode.OVERLOADED]
    await talk.bind()
    assert (talk.bound[-1].outcome, talk.bound[-1].epoch) == ("RESET", 2)


async def test_the_grace_goes_on_when_the_loss_of_the_desktop_was_not_kept(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)
    world.journal.full = 1
    talk.entry.actor.unbind(talk.desktop)
    await trio.sleep(REST_S + 300 - 1)
    assert not talk.entry.actor.over.is_set(), "it begins anew when it is found out, which is when the session rests"
    await trio.sleep(3)
    assert talk.entry.actor.over.is_set()


async def test_rules_that_say_something_else_than_before_end_the_session_here(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await started(world)
    monkeypatch.setattr("statemachines.outbox._success_data", lambda *_: {"other": "rules"})
    world.journal.full = 1
    talk.send(DIRECTORY, requestid="r1")
    await trio.sleep(5)
    assert talk.entry.actor.over.is_set()
    assert names(talk.desktop.take()) == ["OVERLOADED"]
    assert talk.desktop.cuts == ["not kept"]
    assert list(world.registry) == []


async def test_a_request_whose_outcome_was_not_kept_is_answered_and_not_executed_twice(
    world: World, autojump_clock: MockClock
) -> None:
    talk = await started(world)

    async def full_afterwards(agent: str, call: PlatformCall[Any]) -> Any:
        world.journal.full = 1
        world.adapter.answer = None
        return agreeable(call)

    world.adapter.answer = full_afterwards
    talk.send(DIRECTORY, requestid="r1")
    await trio.sleep(5)
    assert names(talk.desktop.take()) == ["TIMEOUT"]
    (again,) = await talk.ask(DIRECTORY, requestid="r1")
    assert (again["failure"]["code"], again["seq"]) == ("TIMEOUT", 3)
    assert sum(isinstance(call, ListDirectory) for _, call in world.adapter.calls) == 1
