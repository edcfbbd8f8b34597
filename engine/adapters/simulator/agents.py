"""The agents at the switch: who is logged in where, in which agent state, and what channels each one has.

A refused call has changed nothing: everything is checked before anything is touched.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from engine.adapters import refusals
from engine.adapters.simulator.desk import Chosen, Desk, Endpoint
from engine.adapters.simulator.news import News
from engine.adapters.simulator.settings import SimulatedGroup, SimulatorSettings
from engine.adapters.simulator.timers import Timers
from engine.adapters.simulator.visit import Visit
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    CHANNEL_FEATURES,
    ActivateChannel,
    AddChannel,
    AddGroup,
    ChannelReport,
    DeactivateChannel,
    Feature,
    GroupReport,
    InteractionReport,
    ListDispositions,
    LogoutAgent,
    ReasonCode,
    RemoveChannel,
    RemoveGroup,
    SetAgentState,
    Snapshot,
    StartAgent,
)
from protocol.states import AgentState, ChannelType


class Agents:
    """All desks and endpoints."""

    def __init__(self, settings: SimulatorSettings, timers: Timers, news: News) -> None:
        self._settings = settings
        self._features = settings.declared()
        self._timers = timers
        self._news = news
        self._groups = {group.name: group for group in settings.groups}
        self._endpoints: dict[str, Endpoint] = {}
        self.desks: Final[Mapping[str, Desk]] = MappingProxyType(
            {agent.id: Desk(agent, agent.extension) for agent in settings.agents}
        )
        for extension in (*(agent.extension for agent in settings.agents), *settings.extra_extensions):
            self._endpoints[extension] = Endpoint(extension, ChannelType.TELEPHONY, f"Phone {extension}")
        for phone in settings.automatic_phones:
            self._endpoints[phone.extension].automatic = phone
        for desk in self.desks.values():
            for name in desk.agent.joined:
                self.add_group(desk, AddGroup(name=name, chat=True, email=True, callback=True))
            if desk.agent.logged_in:
                self.log_in(desk, self._endpoints[desk.phone], Chosen(desk.agent.agentstate))

    # Finding, and refusing

    def require(self, feature: Feature) -> None:
        if feature not in self._features:
            raise Refused(
                FailureCode.UNSUPPORTED, f"the simulator has no {feature}; add it to simulator.features, or do without"
            )

    def desk(self, agent: str) -> Desk:
        desk = self.desks.get(agent)
        if desk is None:
            raise Refused(
                FailureCode.PLATFORM_ERROR,
                f"the simulator knows no agent {agent}; add it under [[simulator.agents]]",
            )
        return desk

    def endpoint(self, address: str) -> Endpoint:
        endpoint = self._endpoints.get(address)
        if endpoint is None:
            raise Refused(
                FailureCode.CHANNEL_UNAVAILABLE,
                f"the simulator has no endpoint {address}; choose another, or add it to simulator.extra_extensions",
            )
        return endpoint

    def find_phone(self, extension: str) -> Endpoint | None:
        endpoint = self._endpoints.get(extension)
        return endpoint if endpoint is not None and endpoint.type is ChannelType.TELEPHONY else None

    def phone(self, extension: str) -> Endpoint:
        self.require(Feature.TELEPHONY)
        return _of_type(self.endpoint(extension), ChannelType.TELEPHONY)

    def channel(self, desk: Desk, address: str) -> Endpoint:
        """An endpoint where the agent has a channel that no other agent keeps from it."""
        endpoint = self.endpoint_of(desk, address)
        _refuse_taken(desk, endpoint)
        return endpoint

    def endpoint_of(self, desk: Desk, address: str) -> Endpoint:
        endpoint = self.endpoint(address)
        if desk.id not in endpoint.users:
            raise refusals.no_channel(desk.id, address)
        return endpoint

    def active_channel(self, desk: Desk, address: str) -> Endpoint:
        """An endpoint where the agent has a channel and is logged in."""
        endpoint = self.channel(desk, address)
        if endpoint.holder is None:
            raise refusals.not_logged_in(desk.id, address)
        return endpoint

    def active_phone(self, desk: Desk, extension: str) -> Endpoint:
        """A phone where the agent has a channel and is logged in."""
        return _of_type(self.active_channel(desk, extension), ChannelType.TELEPHONY)

    def media_channel(self, agent: str, kind: ChannelType) -> Endpoint:
        """Where the agent, by name or id, can be offered one more of this kind, whatever the agent state."""
        desk = self.desks.get(agent) or next((d for d in self.desks.values() if d.agent.name == agent), None)
        if desk is None:
            raise Refused(FailureCode.INVALID_DESTINATION, f"there is no agent {agent}; give the name or id of one")
        for endpoint in desk.logins.values():
            if endpoint.type is kind and endpoint.room:
                return endpoint
        raise Refused(
            FailureCode.DESTINATION_BUSY,
            f"{agent} has no {kind} channel with room for one more; choose another agent, or a queue",
        )

    def visit(self, desk: Desk, address: str, interaction: str) -> Visit:
        """One that the agent has. Raises Refused where there is none, or none any longer."""
        endpoint = self._endpoints.get(address)
        if endpoint is None or endpoint.holder != desk.id or interaction not in endpoint.visits:
            raise refusals.no_interaction(desk.id, interaction, address)
        return endpoint.visits[interaction]

    def all_visits(self) -> list[Visit]:
        return [visit for endpoint in self._endpoints.values() for visit in endpoint.visits.values()]

    def _group(self, desk: Desk, name: str) -> SimulatedGroup:
        allowed = tuple(self._groups) if desk.agent.groups is None else desk.agent.groups
        if name not in allowed:
            raise refusals.may_not_join(desk.id, name, allowed)
        return self._groups[name]

    def _media(self, desk: Desk, address: str, kind: ChannelType, name: str) -> Endpoint:
        """The media endpoint of this address, which is made, though not yet kept, where there is none."""
        endpoint = self._endpoints.get(address)
        if endpoint is None:
            return Endpoint(address, kind, name, capacity=self._settings.capacity.of(kind))
        _of_type(endpoint, kind)
        _refuse_taken(desk, endpoint)
        return endpoint

    # Logging in and out

    @property
    def first_state(self) -> Chosen:
        return Chosen(AgentState.READY if self._settings.auto_in else AgentState.NOTREADY)

    def sit_down(self, desk: Desk, phone: Endpoint) -> None:
        """The agent works at this phone from now on, unless another agent does."""
        _refuse_taken(desk, phone)
        desk.phone = phone.address

    def log_in(self, desk: Desk, endpoint: Endpoint, chosen: Chosen) -> None:
        """What lives at the endpoint is the agent's from now on."""
        endpoint.take(desk.id, chosen, self._timers.now)
        desk.logins[endpoint.address] = endpoint
        self._news.channel(endpoint, desk.id, *endpoint.users)
        self._news.renew(endpoint, desk.id)

    def log_out(self, desk: Desk, endpoint: Endpoint) -> None:
        endpoint.leave()
        del desk.logins[endpoint.address]
        self._news.channel(endpoint, desk.id, *endpoint.users)

    def _let_go(self, desk: Desk, endpoint: Endpoint) -> None:
        if endpoint.holder == desk.id:
            self.log_out(desk, endpoint)
        endpoint.users.pop(desk.id, None)
        if endpoint.type is not ChannelType.TELEPHONY:
            self._endpoints.pop(endpoint.address, None)

    def _attach(self, desk: Desk, endpoint: Endpoint) -> None:
        """Make it a standalone channel of the agent, unless the agent has it in one way or the other."""
        if desk.id not in endpoint.users:
            desk.channels[endpoint.address] = endpoint
            self._use(desk, endpoint)

    def _use(self, desk: Desk, endpoint: Endpoint) -> None:
        self._endpoints[endpoint.address] = endpoint
        endpoint.users[desk.id] = None

    # Calls

    def start_agent(self, desk: Desk, call: StartAgent) -> Snapshot:
        if call.extension is not None:
            phone = self.phone(call.extension)
            self.sit_down(desk, phone)
            self._attach(desk, phone)
        for phone in desk.logins.values():
            self._attach(desk, phone)
        desk.watched = True
        for endpoint in desk.endpoints():
            self._news.known(endpoint, desk.id)
        return Snapshot(
            agent_name=desk.agent.name or desk.id,
            groups=tuple(desk.group_report(name) for name in desk.groups),
            channels=tuple(endpoint.seen_by(desk.id) for endpoint in desk.channels.values()),
            interactions=_interactions_of(desk),
        )

    def logout_agent(self, desk: Desk, call: LogoutAgent) -> None:
        """What lives at the agent's endpoints goes on without the agent, as far as its medium can do that."""
        refusals.check_reason(
            "logout", call.reason, self._settings.logout_reasons, required=self._settings.logout_reason_required
        )
        desk.watched = False
        left = [visit for endpoint in desk.logins.values() for visit in endpoint.visits.values()]
        for endpoint in desk.endpoints():
            self._let_go(desk, endpoint)
        desk.groups.clear()
        desk.channels.clear()
        desk.phone = desk.agent.extension
        for visit in left:
            visit.medium.agent_gone(visit)

    def add_channel(self, desk: Desk, call: AddChannel) -> ChannelReport:
        self.require(CHANNEL_FEATURES[call.type])
        if call.type is ChannelType.TELEPHONY:
            endpoint = self.phone(call.endpoint)
        else:
            endpoint = self._media(desk, call.endpoint, call.type, f"{call.type.capitalize()} {call.endpoint}")
        if desk.id not in endpoint.users:
            _refuse_taken(desk, endpoint)
            self._attach(desk, endpoint)
            self._news.renew(endpoint, desk.id)
        return endpoint.seen_by(desk.id)

    def remove_channel(self, desk: Desk, call: RemoveChannel) -> None:
        for name, members in desk.groups.items():
            if any(endpoint.address == call.endpoint for endpoint in members):
                raise refusals.in_a_group(call.endpoint, name)
        if call.endpoint in desk.channels:
            _refuse_keeping(desk, desk.channels[call.endpoint])
            self._let_go(desk, desk.channels.pop(call.endpoint))

    def add_group(self, desk: Desk, call: AddGroup) -> GroupReport:
        group = self._group(desk, call.name)
        members = desk.groups.get(group.name, ())
        asked = {
            ChannelType.CHAT: call.chat and group.chat,
            ChannelType.EMAIL: call.email and group.email,
            ChannelType.CALLBACK: call.callback and group.callback,
        }
        offered = [self._endpoints[desk.phone]] if Feature.TELEPHONY in self._features else []
        for kind, wanted in asked.items():
            if wanted and CHANNEL_FEATURES[kind] in self._features:
                address = f"{group.name}-{kind.lower()}-{desk.id}"
                offered.append(self._media(desk, address, kind, f"{group.name} {kind.capitalize()}"))
        new = tuple(endpoint for endpoint in offered if desk.id not in endpoint.users)
        desk.groups[group.name] = (*members, *new)
        for endpoint in new:
            self._use(desk, endpoint)
            self._news.renew(endpoint, desk.id)
        return desk.group_report(group.name)

    def remove_group(self, desk: Desk, call: RemoveGroup) -> None:
        members = desk.groups.get(call.name, ())
        for endpoint in members:
            _refuse_keeping(desk, endpoint)
        desk.groups.pop(call.name, None)
        for endpoint in members:
            self._let_go(desk, endpoint)

    def activate_channel(self, desk: Desk, call: ActivateChannel) -> ChannelReport:
        endpoint = self.channel(desk, call.endpoint)
        if endpoint.holder is None:
            self.log_in(desk, endpoint, self.first_state)
        return endpoint.seen_by(desk.id)

    def deactivate_channel(self, desk: Desk, call: DeactivateChannel) -> ChannelReport:
        endpoint = self.channel(desk, call.endpoint)
        if endpoint.holder is not None:
            _refuse_keeping(desk, endpoint)
            self.log_out(desk, endpoint)
        return endpoint.seen_by(desk.id)

    def set_agent_state(self, desk: Desk, call: SetAgentState) -> ChannelReport:
        endpoint = self.active_channel(desk, call.endpoint)
        reason = call.reason if call.agentstate is AgentState.NOTREADY else None
        if call.agentstate is AgentState.NOTREADY:
            refusals.check_reason(
                "not-ready",
                reason,
                self._settings.not_ready_reasons,
                required=self._settings.not_ready_reason_required,
            )
        endpoint.ask(Chosen(call.agentstate, reason), self._timers.now)
        self._news.channel(endpoint)
        return endpoint.seen_by(desk.id)

    def list_dispositions(self, desk: Desk, call: ListDispositions) -> tuple[ReasonCode, ...]:
        self.endpoint_of(desk, call.endpoint)
        return self._settings.dispositions


def _interactions_of(desk: Desk) -> tuple[InteractionReport, ...]:
    held = (endpoint for endpoint in desk.endpoints() if endpoint.holder == desk.id)
    return tuple(visit.report() for endpoint in held for visit in endpoint.visits.values())


def _of_type(endpoint: Endpoint, kind: ChannelType) -> Endpoint:
    if endpoint.type is not kind:
        raise Refused(
            FailureCode.CHANNEL_UNAVAILABLE,
            f"{endpoint.address} is a {endpoint.type} endpoint, not {kind}; choose another",
        )
    return endpoint


def _refuse_taken(desk: Desk, endpoint: Endpoint) -> None:
    if rival := endpoint.rival_of(desk.id):
        raise refusals.taken(endpoint.address, rival)


def _refuse_keeping(desk: Desk, endpoint: Endpoint) -> None:
    """Refuse to let go of an endpoint with interactions, or one that is stuck."""
    if endpoint.holder == desk.id and endpoint.visits:
        raise refusals.still_used(endpoint.address, next(iter(endpoint.visits)))
    if endpoint.stuck:
        raise Refused(
            FailureCode.PLATFORM_ERROR,
            f"the switch does not let go of {endpoint.address}; have it released there, then try again",
        )
