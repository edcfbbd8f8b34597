"""The agents of the simulated switch: who is logged in at which phone, and in what state. Pure.

What is asked for during a call waits until it is over, if it may wait.
"""

from collections.abc import Callable
from typing import Final

import attrs

from engine.adapters.csta.words import ConnectionState, device_id, device_node, group, leaf
from engine.adapters.csta.xml import Node
from engine.dmcc_simulator.exchange import Exchange, Happening, invalid, wrong_state

_EVENTS: Final = {
    "agentNotReady": "AgentNotReadyEvent",
    "agentReady": "AgentReadyEvent",
    "agentBusy": "AgentBusyEvent",
    "agentWorkingAfterCall": "AgentWorkingAfterCallEvent",
}
_REQUESTED: Final = {
    "notReady": "agentNotReady",
    "ready": "agentReady",
    "workingAfterCall": "agentWorkingAfterCall",
}
NULL: Final = "agentNull"


@attrs.define(eq=False)
class LoggedIn:
    """An agent at a phone. `told` is the state that was told of last."""

    agent: str
    state: str = "agentNotReady"
    reason: str | None = None
    pending: str | None = None
    pending_reason: str | None = None
    told: str = "agentNotReady"
    talked: bool = False


class Logins:
    """By phone, who is logged in there."""

    def __init__(self, exchange: Exchange, emit: Callable[[Happening], None]) -> None:
        self._exchange = exchange
        self._emit = emit
        self._settings = exchange.settings
        self.at: Final[dict[str, LoggedIn]] = {}
        exchange.on_phone = self._phone_changed

    def state_of(self, device: str) -> str:
        there = self.at.get(device)
        if there is None:
            return NULL
        return "agentBusy" if there.state == "agentReady" and self._talks(device) else there.state

    def log_on(self, device: str, agent: str | None, password: str | None) -> None:
        login = next((each for each in self._settings.logins if each.id == agent), None)
        if login is None:
            raise invalid("invalidAgentID")
        if login.password != password:
            raise invalid("invalidPassword")
        there = self.at.get(device)
        if there is not None and there.agent == agent:
            return
        if there is not None or any(each.agent == agent for each in self.at.values()):
            raise wrong_state("agentAlreadyLoggedOn")
        self.at[device] = LoggedIn(login.id)
        self._tell("AgentLoggedOnEvent", device, login.id, None)

    def log_off(self, device: str, reason: str | None) -> None:
        there = self.at.pop(device, None)
        if there is not None:
            self._tell("AgentLoggedOffEvent", device, there.agent, reason)

    def set_state(self, device: str, requested: str, reason: str | None, *, may_wait: bool) -> str | None:
        """Returns the state that waits for the end of a call, if it does."""
        there = self.at.get(device)
        if there is None or requested not in _REQUESTED:
            raise invalid("invalidAgentState")
        state = _REQUESTED[requested]
        if may_wait and self._talks(device) and state != there.state:
            there.pending, there.pending_reason = state, reason
            return state
        there.pending = there.pending_reason = None
        there.state, there.reason = state, reason
        self._tell_state(device, there)
        return None

    def _talks(self, device: str) -> bool:
        return any(
            call.connections[device] in (ConnectionState.CONNECTED, ConnectionState.HOLD)
            for call in self._exchange.of(device)
        )

    def _phone_changed(self, device: str) -> None:
        there = self.at.get(device)
        if there is None:
            return
        talks = self._talks(device)
        if there.talked and not talks:
            if there.pending is not None:
                there.state, there.reason = there.pending, there.pending_reason
                there.pending = there.pending_reason = None
            elif self._settings.work_after_call and there.state == "agentReady":
                there.state = "agentWorkingAfterCall"
        there.talked = talks
        self._tell_state(device, there)

    def _tell_state(self, device: str, there: LoggedIn) -> None:
        state = self.state_of(device)
        if state != there.told or state == "agentNotReady":
            there.told = state
            if self._settings.tells_agent_states:
                self._tell(_EVENTS[state], device, there.agent, there.reason if state == "agentNotReady" else None)

    def _tell(self, name: str, device: str, agent: str, reason: str | None) -> None:
        at = group("agentDevice", device_node("deviceIdentifier", device_id(device, self._settings.switch_name)))
        body: tuple[Node, ...] = (at, leaf("agentID", agent))
        if reason is not None:
            private = group("private", group("acx:AgentEventPrivateData", leaf("acx:reasonCode", reason)))
            body = (*body, group("extensions", group("privateData", private)))
        self._emit(Happening(name, body, {device: ConnectionState.NULL}, "", ""))
