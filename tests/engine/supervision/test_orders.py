"""Orders take their turn in the session, and their supervisor is answered: specs/supervision.md, "Orders"."""

from collections.abc import Callable
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs
from trio.testing import MockClock

from engine.supervision import oversight
from protocol.platform import LogoutAgent, PlatformCall
from protocol.states import AgentState, DisposalCause, LoginState
from statemachines import core as core_module
from tests.engine.sessions.conftest import World
from tests.engine.sessions.talking import Talk, names
from tests.engine.supervision.seat import PAIR, SHOWN, WHY, Seat, seated, shown, working
from tests.fakes.adapter import agreeable, channel, slowly
from tests.fakes.calls import answered, call

BY = {"supervisor": {"id": "grace", "name": "Grace Example"}, "why": WHY}
LOGOUT = {"why": WHY}


def agent_states(messages: list[dict[str, Any]]) -> list[str]:
    return [message["data"]["channel"]["agentstate"] for message in messages if message.get("name") == PAIR[0]]


async def pair_of(world: World) -> tuple[Talk, Seat]:
    return await working(world), await seated(world)


async def test_the_agent_is_told_and_then_the_supervisor_is_answered(world: World, autojump_clock: MockClock) -> None:
    """Here the two share a connection, which shows the order."""
    talk = await working(world)
    seat = await seated(world, desktop=talk.desktop)
    world.adapter.answer = slowly(1)
    seat.order(talk.id, "READY")
    await trio.sleep(0.9)
    assert talk.desktop.take() == []
    await trio.sleep(0.2)
    first, second, answer = talk.desktop.take()
    assert names([first, second]) == PAIR
    assert first["seq"] + 1 == second["seq"]
    assert first["by"] == second["by"] == BY
    assert answer == {"command": "supervisor.setagentstate", "target": talk.id, "result": "success"}


async def test_a_refusal_of_the_platform_is_for_the_supervisor_alone(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    stuck = trio.Event()

    async def hang(_: str, __: PlatformCall[Any]) -> Any:
        await stuck.wait()

    world.adapter.answer = hang
    for command, data in (
        ("setagentstate", {"channel": {"id": "c1"}, "agentstate": "READY", "why": WHY}),
        ("logoutagent", LOGOUT),
    ):
        seat.send(command, talk.id, data, requestid=command)
        await trio.sleep(11)
        (failure,) = seat.desktop.take()
        assert (failure["failure"]["code"], failure["requestid"]) == ("TIMEOUT", command)
        assert failure["original"]["data"] == data
    assert talk.desktop.take() == []
    world.adapter.answer = None
    assert names(await talk.ask("channel.ready", path="c1")) == ["success", *PAIR]


async def test_the_platforms_own_report_of_the_change_is_not_told_twice(
    world: World, autojump_clock: MockClock
) -> None:
    talk, seat = await pair_of(world)

    async def telling(_: str, call: PlatformCall[Any]) -> Any:
        world.registry.report("ada", channel("4001", LoginState.ACTIVE, AgentState.READY))
        await trio.sleep(1)
        return agreeable(call)

    world.adapter.answer = telling
    seat.order(talk.id, "READY")
    await trio.sleep(2)
    messages = talk.desktop.take()
    assert names(messages) == PAIR
    assert messages[0]["by"] == BY


@pytest.mark.parametrize("first", ["agent", "supervisor"])
async def test_the_glare_of_two_wishes_is_settled_by_their_arrival(
    world: World, autojump_clock: MockClock, first: str
) -> None:
    talk, seat = await pair_of(world)
    world.adapter.answer = slowly(1)
    sends: list[Callable[[], object]] = [
        lambda: talk.send("channel.ready", path="c1", requestid="mine"),
        lambda: seat.order(talk.id, "NOTREADY"),
    ]
    for send in sends if first == "agent" else reversed(sends):
        send()
    await trio.sleep(3)
    messages = talk.desktop.take()
    assert [message["seq"] for message in messages] == list(range(messages[0]["seq"], messages[0]["seq"] + 5))
    told = [("by" in message, message.get("cause")) for message in messages if "name" in message]
    if first == "agent":
        assert names(messages) == ["success", *PAIR, *PAIR]
        assert agent_states(messages) == ["READY", "NOTREADY"]
        assert told == [(False, "mine")] * 2 + [(True, None)] * 2
    else:
        assert names(messages) == [*PAIR, "success", *PAIR]
        assert agent_states(messages) == ["NOTREADY", "READY"]
        assert told == [(True, None)] * 2 + [(False, "mine")] * 2
    assert names(seat.desktop.take()) == ["success"]


async def test_an_agent_who_is_engaged_is_not_logged_out(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    world.registry.report("ada", answered(call()))
    await trio.testing.wait_all_tasks_blocked()
    talk.desktop.take()
    (failure,) = await seat.say("logoutagent", talk.id, LOGOUT)
    assert failure["failure"]["code"] == "INTERACTION_ACTIVE"
    assert talk.desktop.take() == []
    assert LogoutAgent() not in [called for _, called in world.adapter.calls]


async def test_a_logout_ends_the_session_for_everybody(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    await seat.say("watch", talk.id)
    (success,) = await talk.ask("session.request.getdirectory")
    await seat.heard()
    heard = await seat.say("logoutagent", talk.id, LOGOUT, requestid="out")
    (disposed,) = talk.desktop.take()
    assert disposed == {
        "name": "session.disposed",
        "target": talk.id,
        "data": {
            "cause": "SUPERVISOR",
            "message": f"supervisor Grace Example (grace) has logged the agent out: {WHY}",
        },
        "by": BY,
        "seq": success["seq"] + 1,
    }
    assert names(heard) == [SHOWN, "success", "supervisor.unwatched"]
    assert shown(heard) == [disposed]
    assert talk.desktop.released == [talk.id]
    assert list(world.registry) == []
    assert names(await seat.say("logoutagent", talk.id, LOGOUT)) == ["INVALID_TARGET"]


async def test_an_order_reaches_a_session_that_no_desktop_holds(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    talk.entry.actor.unbind(talk.desktop)
    seat.order(talk.id, "READY")
    assert names(await seat.heard()) == ["success"]
    assert names(await seat.say("logoutagent", talk.id, LOGOUT)) == ["success"]
    assert list(world.registry) == []


# The session ends under orders


async def test_orders_of_a_session_that_ends_are_answered_each_once(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    world.adapter.answer = slowly(5)
    seat.order(talk.id, "READY")
    seat.order(talk.id, "NOTREADY")
    seat.send("watch", talk.id)
    await trio.sleep(1)
    await world.registry.prepare("ada", override=True, groups=())
    assert names(await seat.heard()) == ["INVALID_STATE", "INVALID_TARGET", "INVALID_TARGET"]
    (disposed,) = talk.desktop.take()
    assert disposed["data"]["cause"] == "TAKEOVER"
    assert "by" not in disposed
    assert names(await seat.say("unwatch", talk.id)) == ["INVALID_TARGET"]


async def test_a_lost_platform_is_told_to_who_waits(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    world.adapter.answer = slowly(5)
    seat.order(talk.id, "READY")
    await trio.sleep(1)
    world.adapter.fall.set()
    assert names(await seat.heard()) == ["PLATFORM_UNAVAILABLE"]


async def test_a_defect_at_an_order_is_answered(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, seat = await pair_of(world)
    monkeypatch.setattr(core_module, "obey", lambda *_: 1 / 0)
    seat.order(talk.id, "READY")
    assert names(await seat.heard()) == ["INTERNAL_ERROR"]
    assert names(talk.desktop.take()) == ["session.disposed"]


async def test_an_order_whose_events_cannot_be_kept_is_answered(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    world.journal.full = 2
    seat.order(talk.id, "READY")
    await trio.sleep(5)
    assert names(await seat.heard()) == ["TIMEOUT"], "the platform has been asked"
    talk.desktop.take()
    assert (await talk.ask("session.request.getdirectory"))[-1]["result"] == "success", "the session goes on"


# Bounds and records


async def test_orders_leave_room_for_the_agents_requests(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    world.adapter.answer = slowly(1)
    talk.send("session.request.getdirectory")
    await trio.testing.wait_all_tasks_blocked()
    for _ in range(oversight.WAITING_AT_MOST + 3):
        seat.order(talk.id, "NOTREADY")
    assert names(seat.desktop.take()) == ["OVERLOADED"] * 3
    assert talk.send("channel.ready", path="c1")
    await trio.sleep(oversight.WAITING_AT_MOST + 3)
    assert names(seat.desktop.take()) == ["success"] * oversight.WAITING_AT_MOST
    assert agent_states(talk.desktop.take())[-1] == "READY"
    seat.order(talk.id, "NOTREADY")
    await trio.sleep(2)
    assert names(seat.desktop.take()) == ["success"]


async def test_a_full_inbox_refuses_orders_and_forgets_them(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    world.adapter.answer = slowly(1)
    while talk.send("session.request.getdirectory"):
        pass
    for _ in range(oversight.WAITING_AT_MOST + 3):
        seat.order(talk.id, "NOTREADY")
    assert names(seat.desktop.take()) == ["OVERLOADED"] * (oversight.WAITING_AT_MOST + 3)
    await trio.sleep(300)
    seat.order(talk.id, "NOTREADY")
    await trio.sleep(2)
    assert names(seat.desktop.take()) == ["success"]


async def test_who_ordered_what_is_in_the_log_and_counted(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    with capture_logs() as logs:
        seat.order(talk.id, "READY")
        await seat.heard()
        seat.order(talk.id, "READY", "c9")
        await seat.heard()
    common = {
        "event": "supervisor_order",
        "order": "supervisor.setagentstate",
        "supervisor": "grace",
        "session": talk.id,
        "agent": "ada",
        "cause": "supervisor",
        "log_level": "info",
    }
    said = [entry for entry in logs if entry["event"] == "supervisor_order"]
    seqs = [entry.pop("seq") for entry in said]
    assert said == [{**common, "result": "success"}, {**common, "result": "INVALID_TARGET"}]
    assert seqs == [talk.entry.actor.seq] * 2
    # What people write is for those alone who look at level debug.
    assert [(entry["log_level"], entry["why"]) for entry in logs if "why" in entry] == [("debug", WHY)] * 2
    text = world.metrics.exposition()[0].decode()
    for result in ("success", "INVALID_TARGET"):
        assert f'ixp_commands_total{{command="supervisor.setagentstate",result="{result}"}} 1.0' in text


async def test_a_supervisor_who_is_gone_has_had_the_order_carried_out(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    world.adapter.answer = slowly(1)
    seat.order(talk.id, "READY")
    seat.desk.leave()
    await trio.sleep(2)
    assert agent_states(talk.desktop.take()) == ["READY"]


async def test_draining_waits_for_orders(world: World, autojump_clock: MockClock) -> None:
    talk, seat = await pair_of(world)
    world.adapter.answer = slowly(3)
    seat.order(talk.id, "READY")
    await world.registry.drain()
    assert names(seat.desktop.take()) == ["success"]


async def test_an_end_from_elsewhere_does_not_name_a_supervisor(world: World, autojump_clock: MockClock) -> None:
    talk, _ = await pair_of(world)
    talk.entry.actor.end(DisposalCause.EXPIRED, "the end")
    await talk.entry.actor.over.wait()
    assert "by" not in talk.desktop.take()[0]
