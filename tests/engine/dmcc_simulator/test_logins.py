"""The agents of the simulated switch: logins, states, and what waits for the end of a call."""

import attrs
import pytest

from engine.dmcc_simulator.exchange import Exchange, Happening, SwitchRefusal
from engine.dmcc_simulator.logins import NULL, Logins
from engine.dmcc_simulator.settings import demo


@attrs.define
class Desk:
    exchange: Exchange
    logins: Logins
    told: list[str]


def a_desk(**changes: object) -> Desk:
    told: list[str] = []

    def emit(happening: Happening) -> None:
        if happening.name.startswith("Agent"):
            told.append(happening.name.removeprefix("Agent").removesuffix("Event"))

    exchange = Exchange(attrs.evolve(demo(4), **changes), emit, lambda delay_s, do: lambda: None)
    desk = Desk(exchange, Logins(exchange, emit), told)
    desk.logins.log_on("4001", "agent1", "1234")
    desk.logins.set_state("4001", "ready", None, may_wait=True)
    return desk


def talk(desk: Desk) -> None:
    call = desk.exchange.call_in("+15550100", "4001")
    desk.exchange.answer("4001", call.id)


def test_an_agent_is_busy_while_there_is_a_call() -> None:
    desk = a_desk()
    talk(desk)
    assert desk.logins.state_of("4001") == "agentBusy"
    desk.exchange.clear("4001", "1")
    assert desk.logins.state_of("4001") == "agentReady"
    assert desk.told == ["LoggedOn", "Ready", "Busy", "Ready"]


@pytest.mark.parametrize("may_wait", [True, False])
def test_a_state_waits_for_the_end_of_a_call_if_it_may(*, may_wait: bool) -> None:
    desk = a_desk()
    talk(desk)
    pending = desk.logins.set_state("4001", "notReady", "2", may_wait=may_wait)
    assert pending == ("agentNotReady" if may_wait else None)
    assert desk.logins.state_of("4001") == ("agentBusy" if may_wait else "agentNotReady")
    desk.exchange.clear("4001", "1")
    assert (desk.logins.state_of("4001"), desk.logins.at["4001"].reason) == ("agentNotReady", "2")


def test_work_may_come_after_a_call_by_itself() -> None:
    desk = a_desk(work_after_call=True)
    talk(desk)
    desk.exchange.clear("4001", "1")
    assert desk.logins.state_of("4001") == "agentWorkingAfterCall"


def test_an_agent_is_at_one_phone_and_a_phone_has_one_agent() -> None:
    desk = a_desk()
    desk.logins.log_on("4001", "agent1", "1234")
    for device, agent in (("4002", "agent1"), ("4001", "agent2")):
        with pytest.raises(SwitchRefusal, match="agentAlreadyLoggedOn"):
            desk.logins.log_on(device, agent, "1234")
    desk.logins.log_off("4001", None)
    desk.logins.log_off("4001", None)
    assert desk.logins.state_of("4001") == NULL
    desk.logins.log_on("4002", "agent1", "1234")
    assert desk.told == ["LoggedOn", "Ready", "LoggedOff", "LoggedOn"]


@pytest.mark.parametrize("state", ["agentReady", "loggedOn", ""])
def test_a_state_that_is_none_is_refused(state: str) -> None:
    with pytest.raises(SwitchRefusal, match="invalidAgentState"):
        a_desk().logins.set_state("4001", state, None, may_wait=False)
