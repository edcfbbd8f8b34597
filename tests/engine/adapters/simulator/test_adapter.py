"""The adapter: its connection, and every fault that the settings can ask for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio
import trio.testing

from engine.adapters.contract.connection import Recorder
from engine.adapters.simulator.adapter import NONSENSE, SimulatorAdapter
from engine.adapters.simulator.bench import DEMO
from engine.adapters.simulator.clock import Clock
from engine.adapters.simulator.news import Line
from engine.adapters.simulator.platform import Switch
from engine.adapters.simulator.settings import Fault, FaultKind
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    CALLS,
    ActivateChannel,
    AddChannel,
    CompleteInteraction,
    Dial,
    InteractionReport,
    LogoutAgent,
    ReleaseLeg,
    StartAgent,
    answers,
)
from protocol.states import AgentState, ChannelType, InteractionState, LoginState

ME = "agent1"
START = StartAgent(extension="4001")
ACTIVATE = ActivateChannel(endpoint="4001")


def faulty(kind: FaultKind, call: str = "ActivateChannel", **more: int) -> Switch:
    return Switch(attrs.evolve(DEMO, faults=(Fault(call=call, kind=kind, **more),)))


@asynccontextmanager
async def running(switch: Switch, latency_ms: int = 0) -> AsyncIterator[tuple[SimulatorAdapter, Recorder]]:
    adapter, told = SimulatorAdapter(attrs.evolve(DEMO, latency_ms=latency_ms), switch), Recorder()
    async with trio.open_nursery() as nursery:
        await nursery.start(adapter.run, told)
        yield adapter, told
        nursery.cancel_scope.cancel()


async def refusal(adapter: SimulatorAdapter, call: ActivateChannel | StartAgent = ACTIVATE) -> Refused:
    with pytest.raises(Refused) as refused:
        await adapter.perform(ME, call)
    return refused.value


async def state_of_the_phone(adapter: SimulatorAdapter) -> LoginState:
    (phone,) = (await adapter.perform(ME, StartAgent())).channels
    return phone.loginstate


# The connection


async def test_the_switch_goes_on_without_its_adapter() -> None:
    switch = Switch(DEMO)
    async with running(switch) as (adapter, told):
        await adapter.perform(ME, START)
        await adapter.perform(ME, ACTIVATE)
    before = list(told.told)
    switch.phone("4001", "state", agentstate=AgentState.READY)
    async with running(switch) as (adapter, _):
        (phone,) = (await adapter.perform(ME, StartAgent())).channels
    assert phone.agentstate is AgentState.READY
    assert told.told == before


async def test_what_happens_at_the_phone_is_told_from_start_to_logout() -> None:
    switch = Switch(DEMO)
    async with running(switch) as (adapter, told):
        switch.phone("4001", "login", agent=ME)
        assert told.told == []
        await adapter.perform(ME, StartAgent())
        switch.phone("4001", "state", agentstate=AgentState.NOTREADY, reason="LUNCH")
        assert [(agent, report.reason) for agent, report in told.told] == [(ME, "LUNCH")]
        await adapter.perform(ME, LogoutAgent())
        assert told.last(ME)["4001"].loginstate is LoginState.INACTIVE
        before = len(told.told)
        switch.phone("4001", "login", agent=ME)
        assert len(told.told) == before


async def test_a_stopped_adapter_is_not_kept_by_the_switch() -> None:
    lines: list[Line] = []

    class Watched(Switch):
        def connect(self, line: Line) -> None:
            super().connect(line)
            lines.append(line)

        def disconnect(self, line: Line) -> None:
            super().disconnect(line)
            lines.remove(line)

    async with running(Watched(DEMO)) as (adapter, _):
        assert lines == [adapter]
    assert lines == []


async def test_run_raises_when_the_platform_is_lost_and_calls_are_refused_from_then_on() -> None:
    switch = Switch(DEMO)
    adapter = SimulatorAdapter(DEMO, switch)

    async def lose() -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(adapter.run, Recorder())
            switch.lose()
            # `run` has not even noticed yet.
            assert (await refusal(adapter)).code is FailureCode.PLATFORM_UNAVAILABLE

    with pytest.RaisesGroup(pytest.RaisesExc(ConnectionError, match="broke the connection")):
        await lose()
    refused = await refusal(adapter)
    assert refused.code is FailureCode.PLATFORM_UNAVAILABLE
    assert refused.message == "the simulated platform is not connected; try again when it is back"


async def test_a_call_takes_as_long_as_the_settings_say(autojump_clock: object) -> None:
    async with running(Switch(DEMO), latency_ms=300) as (adapter, _):
        begun = trio.current_time()
        await adapter.perform(ME, START)
        assert trio.current_time() - begun == pytest.approx(0.3)
        with trio.move_on_after(0.2):
            await adapter.perform(ME, ACTIVATE)
        assert await state_of_the_phone(adapter) is LoginState.INACTIVE


async def test_a_call_under_way_when_the_platform_is_lost_is_refused_and_undone(autojump_clock: object) -> None:
    switch = Switch(DEMO)
    adapter = SimulatorAdapter(attrs.evolve(DEMO, latency_ms=300), switch)

    async def start() -> None:
        assert (await refusal(adapter, START)).code is FailureCode.PLATFORM_UNAVAILABLE

    async with trio.open_nursery() as callers, trio.open_nursery() as connection:
        await connection.start(adapter.run, Recorder())
        callers.start_soon(start)
        await trio.sleep(0.1)
        connection.cancel_scope.cancel()
    assert switch.perform(ME, StartAgent()).channels == ()


async def test_a_quick_call_can_be_given_up() -> None:
    """And takes no turn of the scheduler otherwise."""
    async with running(Switch(DEMO)) as (adapter, _):
        with trio.CancelScope() as given_up:
            given_up.cancel()
            await adapter.perform(ME, START)
        assert given_up.cancelled_caught


async def test_a_call_goes_through_the_adapter_with_time_kept_beside_it(autojump_clock: object) -> None:
    switch = Switch(DEMO)
    async with running(switch) as (adapter, told), trio.open_nursery() as nursery:
        nursery.start_soon(Clock(switch).run)
        await adapter.perform(ME, START)
        await adapter.perform(ME, ACTIVATE)
        told.told.clear()
        dialled = await adapter.perform(ME, Dial(endpoint="4001", destination="4900"))
        assert told.told == [(ME, dialled)]
        await trio.sleep(2.1)  # the front desk answers by itself
        ((_, answered),) = told.told[1:]
        assert isinstance(answered, InteractionReport)
        assert answered.state is InteractionState.STARTED
        at = {"endpoint": "4001", "interaction": dialled.id}
        released = await adapter.perform(ME, ReleaseLeg(**at, leg=dialled.legs[0].id))
        assert released.wrapup_s == 10.0
        assert (await adapter.perform(ME, CompleteInteraction(**at))).state is InteractionState.COMPLETED
        assert switch.live_objects() == 0
        nursery.cancel_scope.cancel()


# The faults


@pytest.mark.parametrize(
    ("kind", "code"),
    [(FaultKind.ERROR, FailureCode.PLATFORM_ERROR), (FaultKind.UNAVAILABLE, FailureCode.PLATFORM_UNAVAILABLE)],
)
async def test_error_and_unavailable_refuse_and_do_nothing(kind: FaultKind, code: FailureCode) -> None:
    async with running(faulty(kind)) as (adapter, told):
        await adapter.perform(ME, START)
        before = list(told.told)
        refused = await refusal(adapter)
        assert refused.code is code
        assert "simulator.faults" in refused.message
        assert "ActivateChannel" in refused.message
        assert told.told == before
        assert await state_of_the_phone(adapter) is LoginState.INACTIVE
        assert (await adapter.perform(ME, ACTIVATE)).loginstate is LoginState.ACTIVE


async def test_hang_never_answers_and_does_nothing(autojump_clock: object) -> None:
    async with running(faulty(FaultKind.HANG)) as (adapter, told):
        await adapter.perform(ME, START)
        before = list(told.told)
        with trio.move_on_after(3600) as patience:
            await adapter.perform(ME, ACTIVATE)
        assert patience.cancelled_caught
        assert told.told == before
        assert await state_of_the_phone(adapter) is LoginState.INACTIVE


async def test_late_does_it_and_tells_once_the_caller_has_given_up(autojump_clock: object) -> None:
    async with running(faulty(FaultKind.LATE)) as (adapter, told):
        await adapter.perform(ME, START)
        told.told.clear()
        with trio.move_on_after(10) as patience:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(adapter.perform, ME, ACTIVATE)
                await trio.sleep(9)
                assert told.told == []
        assert patience.cancelled_caught
        assert [report.loginstate for report in told.of(ME)] == [LoginState.ACTIVE]
        assert await state_of_the_phone(adapter) is LoginState.ACTIVE


async def test_late_does_not_do_what_the_switch_refuses(autojump_clock: object) -> None:
    async with running(faulty(FaultKind.LATE)) as (adapter, told):
        with trio.move_on_after(10) as patience:
            await adapter.perform(ME, ACTIVATE)
        assert patience.cancelled_caught
        assert told.told == []


async def test_a_late_start_and_logout_count(autojump_clock: object) -> None:
    switch = faulty(FaultKind.LATE, "LogoutAgent")
    async with running(switch) as (adapter, told):
        await adapter.perform(ME, START)
        await adapter.perform(ME, ACTIVATE)
        told.told.clear()
        with trio.move_on_after(10):
            await adapter.perform(ME, LogoutAgent())
        assert [report.loginstate for report in told.of(ME)] == [LoginState.INACTIVE]
        switch.phone("4001", "login", agent=ME)
        assert len(told.told) == 1


async def test_twice_tells_each_change_of_that_call_twice() -> None:
    switch = faulty(FaultKind.TWICE, times=2)
    async with running(switch) as (adapter, told):
        await adapter.perform(ME, START)
        with pytest.raises(Refused):
            await adapter.perform(ME, ActivateChannel(endpoint="4002"))
        switch.phone("4001", "login", agent=ME)
        assert len(told.told) == 1
        switch.phone("4001", "logout")
        told.told.clear()
        answer = await adapter.perform(ME, ACTIVATE)
        assert told.told == [(ME, answer), (ME, answer)]
        switch.phone("4001", "state", agentstate=AgentState.READY)
        assert len(told.told) == 3


async def test_crash_raises_what_no_adapter_should_raise() -> None:
    async with running(faulty(FaultKind.CRASH)) as (adapter, _):
        await adapter.perform(ME, START)
        with pytest.raises(RuntimeError, match=r"simulator\.faults has the platform crash at ActivateChannel"):
            await adapter.perform(ME, ACTIVATE)
        assert await state_of_the_phone(adapter) is LoginState.INACTIVE


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_nonsense_is_the_answer_to_no_call(call: type) -> None:
    required = {field.name: "4001" for field in attrs.fields(call) if field.default is attrs.NOTHING}
    asked = call(**required)
    async with running(faulty(FaultKind.NONSENSE, call.__name__)) as (adapter, _):
        answer = await adapter.perform(ME, asked)
    assert answer == NONSENSE
    assert not answers(asked, answer)


async def test_die_loses_the_platform_and_the_next_adapter_finds_it_again() -> None:
    switch = faulty(FaultKind.DIE, skip=1)

    async def die() -> None:
        async with running(switch) as (adapter, _):
            await adapter.perform(ME, START)
            await adapter.perform(ME, ACTIVATE)
            assert (await refusal(adapter)).code is FailureCode.PLATFORM_UNAVAILABLE
            await trio.sleep_forever()

    with pytest.RaisesGroup(ConnectionError):
        await die()
    async with running(switch) as (adapter, _):
        assert await state_of_the_phone(adapter) is LoginState.ACTIVE
        await adapter.perform(ME, ACTIVATE)


async def test_faults_are_used_up_across_adapters() -> None:
    switch = faulty(FaultKind.ERROR, "AddChannel")
    mail = AddChannel(endpoint="mail", type=ChannelType.EMAIL)
    with pytest.raises(Refused):  # not connected: this one does not count
        await SimulatorAdapter(DEMO, switch).perform(ME, mail)
    async with running(switch) as (adapter, _):
        with pytest.raises(Refused, match="PLATFORM_ERROR"):
            await adapter.perform(ME, mail)
    async with running(switch) as (adapter, _):
        assert (await adapter.perform(ME, mail)).endpoint == "mail"


async def test_when_the_connection_ends_its_agents_have_no_session_any_longer() -> None:
    switch = Switch(DEMO)
    async with running(switch) as (adapter, _):
        await adapter.perform(ME, START)
        assert switch.agents.desks[ME].watched
    assert not switch.agents.desks[ME].watched


async def test_what_comes_too_late_for_the_connection_is_not_done() -> None:
    switch = faulty(FaultKind.LATE, "StartAgent")

    async def lose() -> None:
        async with running(switch) as (adapter, _), trio.open_nursery() as nursery:
            nursery.start_soon(adapter.perform, ME, START)
            await trio.testing.wait_all_tasks_blocked()
            switch.lose()
            nursery.cancel_scope.cancel()

    with pytest.RaisesGroup(ConnectionError):
        await lose()
    assert not switch.agents.desks[ME].watched
