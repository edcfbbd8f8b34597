"""What agents do at channels: logins, agent states with their reasons, groups, and what others do at the same phone."""

import pytest
import trio

from engine.adapters.csta.bench import AGENTS, switch, table
from engine.dmcc_simulator.faults import Fault, FaultKind
from engine.dmcc_simulator.settings import Login
from protocol.errors import FailureCode
from protocol.platform import (
    ActivateChannel,
    AddChannel,
    AddGroup,
    ChannelReport,
    DeactivateChannel,
    ListDirectory,
    LogoutAgent,
    RemoveChannel,
    RemoveGroup,
    SetAgentState,
    StartAgent,
)
from protocol.states import CONNECTION_LOST, AgentState, ChannelType, LoginState
from tests.engine.adapters.csta.centre import LOSES_ANSWERS, Floor, floor, log_in

PHONE = AddChannel(endpoint="4001", type=ChannelType.TELEPHONY)
READY = SetAgentState(endpoint="4001", agentstate=AgentState.READY)


def not_ready(reason: str | None = None) -> SetAgentState:
    return SetAgentState(endpoint="4001", agentstate=AgentState.NOTREADY, reason=reason)


async def last(at: Floor, agent: str = "agent1", endpoint: str = "4001") -> ChannelReport:
    await at.at.settle()
    return at.link.sink.last(agent)[endpoint]


async def test_the_reason_goes_to_the_switch_and_comes_from_it() -> None:
    async with floor("agent1") as at:
        answer = await at.link.ask("agent1", not_ready("2"))
        assert (answer.agentstate, answer.reason) == (AgentState.NOTREADY, "2")
        assert at.simulator.logins.at["4001"].reason == "2"
        at.simulator.logins.set_state("4001", "notReady", "1", may_wait=False)
        assert (await last(at)).reason == "1"
        at.simulator.logins.set_state("4001", "ready", None, may_wait=False)
        assert ((await last(at)).agentstate, (await last(at)).reason) == (AgentState.READY, None)
        at.simulator.logins.set_state("4001", "notReady", None, may_wait=False)
        assert (await last(at)).reason is None


@pytest.mark.parametrize("code", [None, "9"])
async def test_a_desktop_that_stays_away_has_a_reason_of_its_own(code: str | None) -> None:
    async with floor("agent1", **({"connection_lost_reason": code} if code else {})) as at:
        answer = await at.link.ask("agent1", not_ready(CONNECTION_LOST))
        assert answer.reason == CONNECTION_LOST
        assert at.simulator.logins.at["4001"].reason == code
        assert await at.link.ask("agent1", not_ready(CONNECTION_LOST)) == answer
        assert (await last(at)).reason == CONNECTION_LOST


async def test_a_reason_may_be_required() -> None:
    async with floor("agent1", not_ready_reason_required=True, logout_reason_required=True) as at:
        assert await at.link.refusal("agent1", not_ready()) is FailureCode.REASON_REQUIRED
        assert await at.link.refusal("agent1", not_ready("8")) is FailureCode.INVALID_REASON
        assert await at.link.refusal("agent1", LogoutAgent()) is FailureCode.REASON_REQUIRED
        await at.link.ask("agent1", LogoutAgent(reason="7"))
        assert at.simulator.logins.at == {}


async def test_what_is_chosen_during_a_call_waits_for_its_end() -> None:
    async with floor("agent1") as at:
        await at.customer_talks_to("agent1")
        answer = await at.link.ask("agent1", not_ready("2"))
        assert (answer.agentstate, answer.pendingagentstate) == (AgentState.READY, AgentState.NOTREADY)
        assert await last(at) == answer
        at.simulator.exchange.clear("4001", "1")
        channel = await last(at)
        assert (channel.agentstate, channel.reason, channel.pendingagentstate) == (AgentState.NOTREADY, "2", None)


async def test_a_wrong_password_is_told_as_one() -> None:
    async with floor(settings=switch(logins=(Login(id="agent1", password="another"),))) as at:
        for call in (StartAgent(), PHONE):
            await at.link.ask("agent1", call)
        assert await at.link.refusal("agent1", ActivateChannel(endpoint="4001")) is FailureCode.AUTH_FAILED
        assert (await last(at)).loginstate is LoginState.INACTIVE


async def test_who_is_logged_in_elsewhere_has_to_log_out_there() -> None:
    async with floor("agent1") as at:
        await at.link.ask("agent1", AddChannel(endpoint="4004", type=ChannelType.TELEPHONY))
        code = await at.link.refusal("agent1", ActivateChannel(endpoint="4004"))
        assert code is FailureCode.CHANNEL_UNAVAILABLE


async def test_who_logs_in_and_out_at_the_phone_is_told() -> None:
    async with floor() as at:
        for call in (StartAgent(), PHONE):
            await at.link.ask("agent1", call)
        at.simulator.logins.log_on("4001", "agent1", "1234")
        assert ((await last(at)).loginstate, (await last(at)).agentstate) == (LoginState.ACTIVE, AgentState.NOTREADY)
        at.simulator.logins.log_off("4001", None)
        assert (await last(at)).loginstate is LoginState.INACTIVE
        at.simulator.logins.log_on("4001", "agent2", "1234")
        assert (await last(at)).loginstate is LoginState.UNAVAILABLE


async def test_who_is_logged_in_already_finds_the_channel_and_the_call() -> None:
    async with floor() as at:
        at.simulator.logins.log_on("4001", "agent1", "1234")
        at.simulator.exchange.call_in("+15550100", "4001")
        at.simulator.exchange.answer("4001", "1")
        at.simulator.exchange.consult("4001", "1", "4002")
        snapshot = await at.link.ask("agent1", StartAgent())
        assert [channel.loginstate for channel in snapshot.channels] == [LoginState.ACTIVE]
        (primary, consult) = next(interaction.legs for interaction in snapshot.interactions)
        assert ([member.address for member in primary.members], primary.state) == (["+15550100"], "HELD")
        assert ([member.address for member in consult.members], consult.state) == (["4002"], "DIALING")
        at.simulator.exchange.answer("4002", "2")
        assert (await at.latest("agent1")).legs[1].state == "CONNECTED"


async def test_a_phone_of_choice_is_the_one_of_the_groups() -> None:
    async with floor() as at:
        snapshot = await at.link.ask("agent1", StartAgent(extension="4003"))
        assert [channel.endpoint for channel in snapshot.channels] == ["4003"]
        await at.link.ask("agent1", RemoveChannel(endpoint="4003"))
        group = await at.link.ask("agent1", AddGroup(name="Default", chat=True, email=True, callback=True))
        assert [channel.endpoint for channel in group.channels] == ["4003"]
        code = await at.link.refusal("agent1", RemoveChannel(endpoint="4003"))
        assert code is FailureCode.INVALID_TARGET
        await at.link.ask("agent1", RemoveGroup(name="Default"))
        assert (await at.link.ask("agent1", StartAgent())).groups == ()


async def test_an_agent_may_be_kept_from_groups() -> None:
    agents = [*table(1)["agents"]]
    agents[0] = {**agents[0], "groups": []}
    async with floor(agents=agents) as at:
        await at.link.ask("agent1", StartAgent())
        join = AddGroup(name="Default", chat=False, email=False, callback=False)
        assert await at.link.refusal("agent1", join) is FailureCode.INVALID_TARGET


async def test_where_a_call_lives_nobody_is_logged_out() -> None:
    async with floor("agent1") as at:
        await at.customer_talks_to("agent1")
        for call in (DeactivateChannel(endpoint="4001"), RemoveChannel(endpoint="4001")):
            assert await at.link.refusal("agent1", call) is FailureCode.INTERACTION_ACTIVE
        await at.link.ask("agent1", LogoutAgent(reason="7"))
        assert "1" in at.simulator.exchange.calls, "the call goes on at the phone"


async def test_phones_that_nobody_needs_are_looked_at_no_longer() -> None:
    async with floor("agent1", "agent2") as at:
        (session,) = at.simulator.sessions.there.values()
        assert sorted(session.monitors.values()) == ["4001", "4002"]
        await at.link.ask("agent1", LogoutAgent(reason="7"))
        assert list(session.monitors.values()) == ["4002"]
        await at.link.ask("agent1", StartAgent())
        assert list(session.monitors.values()) == ["4002"]


async def test_lists_are_as_they_are_configured() -> None:
    async with floor("agent1") as at:
        (entry,) = await at.link.ask("agent1", ListDirectory())
        assert (entry.name, entry.number) == ("Front desk", "4004")


@pytest.mark.parametrize("request_", ["GetDeviceId", "MonitorStart", "SnapshotDevice"])
@pytest.mark.parametrize("kind", [FaultKind.REFUSED, FaultKind.NONSENSE, FaultKind.EMPTY, FaultKind.UNANSWERED])
async def test_a_phone_that_could_not_be_looked_at_is_tried_again(request_: str, kind: FaultKind) -> None:
    async with floor(**(LOSES_ANSWERS if kind is FaultKind.UNANSWERED else {})) as at:
        await at.link.ask("agent1", StartAgent())
        at.simulator.faults.add(Fault(request_, kind))
        assert await at.link.refusal("agent1", PHONE) is FailureCode.PLATFORM_ERROR
        assert (await at.link.ask("agent1", StartAgent())).channels == ()
        await at.link.ask("agent1", PHONE)
        await at.link.ask("agent1", ActivateChannel(endpoint="4001"))
        assert (await at.link.ask("agent1", READY)).agentstate is AgentState.READY


async def test_a_switch_that_knows_no_agents_has_phones_all_the_same() -> None:
    async with floor() as at:
        at.simulator.faults.add(Fault("GetAgentState", FaultKind.REFUSED, times=2, value="serviceNotSupported"))
        await at.link.ask("agent1", StartAgent())
        assert (await at.link.ask("agent1", PHONE)).loginstate is LoginState.INACTIVE


async def test_agent_states_are_asked_for_where_the_switch_does_not_tell_of_them() -> None:
    async with floor("agent1", settings=switch(tells_agent_states=False), agent_poll_s=0.02) as at:
        at.simulator.logins.set_state("4001", "notReady", "1", may_wait=False)
        assert await at.link.wait(lambda: at.link.sink.last("agent1")["4001"].agentstate is AgentState.NOTREADY)
        assert at.link.sink.last("agent1")["4001"].reason == "1"


async def test_many_agents_may_come_to_one_phone_at_once() -> None:
    async with floor() as at:
        agents = [f"agent{n}" for n in range(1, AGENTS + 1)]
        async with trio.open_nursery() as nursery:
            for agent in agents:
                nursery.start_soon(at.link.ask_all, agent, StartAgent(), PHONE)
        (session,) = at.simulator.sessions.there.values()
        assert list(session.monitors.values()).count("4001") == 1
        await at.link.ask("agent1", ActivateChannel(endpoint="4001"))
        for agent in agents[1:]:
            assert (await last(at, agent)).loginstate is LoginState.UNAVAILABLE


@pytest.mark.parametrize("request_", ["MonitorStop", "ReleaseDeviceId"])
async def test_a_monitor_that_the_switch_does_not_end_keeps_nobody(request_: str) -> None:
    async with floor("agent1") as at:
        at.simulator.faults.add(Fault(request_, FaultKind.REFUSED))
        await at.link.ask("agent1", LogoutAgent(reason="7"))
        await log_in(at.link, "agent1", "4001")
        assert (await at.customer_calls("agent1")).endpoint == "4001"


async def test_a_call_of_which_the_switch_says_nothing_is_left_out_until_it_tells_of_it() -> None:
    async with floor() as at:
        at.simulator.logins.log_on("4001", "agent1", "1234")
        at.simulator.exchange.call_in("+15550100", "4001")
        at.simulator.faults.add(Fault("SnapshotCall", FaultKind.REFUSED))
        assert (await at.link.ask("agent1", StartAgent())).interactions == ()
        at.simulator.exchange.answer("4001", "1")
        assert (await at.latest("agent1")).state == "STARTED"
