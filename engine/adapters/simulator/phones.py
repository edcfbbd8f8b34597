"""Hands at the phones: what is done there without the session, by the agent, a supervisor, or whoever sits there."""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.adapters.simulator.agents import Agents
from engine.adapters.simulator.callcontrol import refuse_second
from engine.adapters.simulator.calls import Calls
from engine.adapters.simulator.desk import Chosen
from engine.adapters.simulator.destinations import Destinations
from engine.adapters.simulator.inputs import require
from engine.adapters.simulator.legs import CallVisit, Leg
from engine.adapters.simulator.news import News
from engine.adapters.simulator.settings import Automatic, Seconds
from engine.adapters.simulator.timers import Timers
from protocol.errors import FailureCode, Refused
from protocol.states import AgentState, ConversationState, InteractionState
from protocol.texts import Name


class Phones:
    """What can be done at a phone, each by the name of its method."""

    def __init__(self, timers: Timers, news: News, agents: Agents, calls: Calls, destinations: Destinations) -> None:
        self._timers = timers
        self._news = news
        self._agents = agents
        self._calls = calls
        self._destinations = destinations
        self.actions: Final[Mapping[str, Callable[..., None]]] = MappingProxyType(
            {
                action.__name__: action
                for action in (
                    self.answer,
                    self.reject,
                    self.hold,
                    self.retrieve,
                    self.hangup,
                    self.dial,
                    self.login,
                    self.logout,
                    self.state,
                    self.automatic,
                )
            }
        )

    def act(self, extension: str, action: str, details: Mapping[str, Any]) -> None:
        """Do the action of this name. Raises Refused, for what is no action or has other details, too."""
        do = self.actions.get(action)
        if do is None:
            raise Refused(
                FailureCode.INVALID_REQUEST, f"a phone has no {action}; take one of {', '.join(self.actions)}"
            )
        try:
            inspect.signature(do).bind(extension, **details)
        except TypeError as error:
            wants = ", ".join(list(inspect.signature(do).parameters)[1:]) or "nothing else"
            raise Refused(FailureCode.INVALID_REQUEST, f"{action}: {error}; it takes {wants}") from None
        do(extension, **details)

    # Calls

    def answer(self, extension: str) -> None:
        visit = self._visit(extension)
        visit.require(InteractionState.ALERTING, "be answered")
        self._calls.answer(visit)

    def reject(self, extension: str) -> None:
        visit = self._visit(extension)
        visit.require(InteractionState.ALERTING, "be rejected")
        self._calls.reject(visit)

    def hold(self, extension: str) -> None:
        """The leg that is connected."""
        self._set(self._leg(extension, ConversationState.CONNECTED), ConversationState.HELD)

    def retrieve(self, extension: str) -> None:
        """The leg that is held; of two, the latest."""
        leg = self._leg(extension, ConversationState.HELD)
        for other in leg.visit.legs:
            if other is not leg and other.state is not ConversationState.HELD:
                raise Refused(
                    FailureCode.CONSULT_EXISTS, f"{extension} has another leg that is {other.state}; hang that up first"
                )
        self._set(leg, ConversationState.CONNECTED)

    def hangup(self, extension: str) -> None:
        """The leg that is connected or dialling, or else the latest."""
        legs = self._visit(extension).legs
        if not legs:
            raise Refused(FailureCode.INVALID_STATE, f"the call at {extension} is over, and waits to be completed")
        active = [leg for leg in legs if leg.state is not ConversationState.HELD]
        self._calls.release((active or legs)[-1])

    def dial(self, extension: str, destination: str) -> None:
        require(destination=(destination, Name))
        phone = self._agents.phone(extension)
        refuse_second(phone)
        self._calls.dial(phone, self._destinations.free(destination, by=phone), destination, {})

    # Agents

    def login(self, extension: str, agent: str) -> None:
        """The agent sits down at this phone and logs in there."""
        desk, phone = self._agents.desk(agent), self._agents.phone(extension)
        self._agents.sit_down(desk, phone)
        if phone.holder is None:
            self._agents.log_in(desk, phone, self._agents.first_state)

    def logout(self, extension: str) -> None:
        """Whoever is logged in at this phone logs out there."""
        phone = self._agents.phone(extension)
        if phone.holder is not None:
            refuse_second(phone)
            self._agents.log_out(self._agents.desk(phone.holder), phone)

    def state(self, endpoint: str, agentstate: str, reason: str | None = None) -> None:
        """The agent logged in at this endpoint, which need be no phone, is now in this state; any reason goes."""
        if agentstate not in list(AgentState):
            raise Refused(
                FailureCode.INVALID_REQUEST, f"agentstate: {agentstate} is none; take one of {', '.join(AgentState)}"
            )
        require(reason=(reason, Name | None))
        place = self._agents.endpoint(endpoint)
        if place.holder is None:
            raise Refused(FailureCode.CHANNEL_INACTIVE, f"nobody is logged in at {endpoint}; log an agent in first")
        chosen = Chosen(AgentState(agentstate), reason)
        if place.now != chosen or place.pending is not None:
            place.set(chosen, self._timers.now)
        self._news.channel(place)

    def automatic(
        self, extension: str, *, on: bool = True, answers_after_s: float = 2.0, talks_s: float | None = None
    ) -> None:
        """From the next call on the phone answers by itself, or no longer."""
        require(on=(on, bool), answers_after_s=(answers_after_s, Seconds), talks_s=(talks_s, Seconds | None))
        self._agents.phone(extension).automatic = (
            Automatic(answers_after_s=answers_after_s, talks_s=talks_s) if on else None
        )

    # Finding

    def _visit(self, extension: str) -> CallVisit:
        for visit in self._agents.phone(extension).visits.values():
            if isinstance(visit, CallVisit):
                return visit
        raise Refused(FailureCode.INVALID_STATE, f"there is no call at {extension}; call it, or dial there, first")

    def _leg(self, extension: str, state: ConversationState) -> Leg:
        for leg in reversed(self._visit(extension).legs):
            if leg.state is state:
                return leg
        raise Refused(FailureCode.INVALID_STATE, f"no call at {extension} is {state}; look at the latest events")

    def _set(self, leg: Leg, state: ConversationState) -> None:
        leg.state = state
        self._news.visit(leg.visit)
