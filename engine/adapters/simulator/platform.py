"""The switch itself: who is logged in where, and what each agent has there. Synchronous, and it knows no clock.

It outlives the adapters that are connected to it, as a real switch does. What is done to it comes from an adapter
(`perform`) or from the phones (`phone_login` and the like); whoever did it, every change goes to all adapters that
are connected. A refused call has changed nothing: everything is checked before anything is touched.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar, cast

import attrs

from engine.adapters.simulator.desk import Desk, Endpoint
from engine.adapters.simulator.faults import Faults
from engine.adapters.simulator.settings import SimulatedGroup, SimulatorSettings, check
from protocol.errors import FailureCode, Refused
from protocol.platform import (
    CHANNEL_FEATURES,
    ActivateChannel,
    AddChannel,
    AddGroup,
    ChannelReport,
    DeactivateChannel,
    DirectoryEntry,
    Feature,
    GroupReport,
    ListDirectory,
    ListDispositions,
    ListLogoutReasons,
    ListNotReadyReasons,
    LogoutAgent,
    PlatformCall,
    ReasonCode,
    RemoveChannel,
    RemoveGroup,
    SetAgentState,
    Snapshot,
    StartAgent,
)
from protocol.states import CONNECTION_LOST, AgentState, ChannelType

R = TypeVar("R")


class Line(Protocol):
    """An adapter that is connected to the switch."""

    def changed(self, agent: str, report: ChannelReport) -> None:
        """The channel of `agent` at `report.endpoint` is now as the report says."""
        ...

    def broken(self) -> None:
        """The connection is gone for good."""
        ...


class Switch:
    """One simulated switch. Raises ValueError when the settings do not fit together."""

    def __init__(self, settings: SimulatorSettings) -> None:
        check(settings)
        self.features: Final = settings.declared()
        self.faults: Final = Faults(settings.faults)
        self._settings = settings
        self._lines: list[Line] = []
        self._groups = {group.name: group for group in settings.groups}
        self._desks = {agent.id: Desk(agent, agent.extension) for agent in settings.agents}
        self._endpoints: dict[str, Endpoint] = {}
        for extension in (*(agent.extension for agent in settings.agents), *settings.extra_extensions):
            self._endpoints[extension] = Endpoint(extension, ChannelType.TELEPHONY, f"Phone {extension}")
        for desk in self._desks.values():
            for name in desk.agent.joined:
                self._add_group(desk, AddGroup(name=name, chat=True, email=True, callback=True))
            if desk.agent.logged_in:
                self._log_in(desk, self._endpoints[desk.phone], desk.agent.agentstate)

    # Adapters

    def connect(self, line: Line) -> None:
        self._lines.append(line)

    def disconnect(self, line: Line) -> None:
        self._lines.remove(line)

    def lose(self) -> None:
        """Break all connections. The switch itself goes on."""
        for line in tuple(self._lines):
            line.broken()

    def perform(self, agent: str, call: PlatformCall[R]) -> R:
        """Do what the call says. Raises Refused, and then nothing has changed."""
        row = _ROWS[type(call)]
        if row.feature is not None:
            self._require(row.feature)
        return cast(R, row.perform(self, self._desk(agent), call))

    # What happens at the phones, or by a supervisor's hand. These raise Refused as a call would.

    def phone_login(self, extension: str, agent: str) -> None:
        """The agent sits down at this phone and logs in there."""
        desk, phone = self._desk(agent), self._phone(extension)
        self._refuse_taken(desk, phone)
        desk.phone = extension
        if phone.holder is None:
            self._log_in(desk, phone, self._first_state)

    def phone_logout(self, extension: str) -> None:
        """Whoever is logged in at this phone logs out there."""
        phone = self._phone(extension)
        if phone.holder is not None:
            self._log_out(self._desk(phone.holder), phone)

    def phone_state(self, endpoint: str, agentstate: AgentState, reason: str | None = None) -> None:
        """The agent logged in at this endpoint is now in this state; any reason goes."""
        place = self._endpoint(endpoint)
        if place.holder is None:
            raise Refused(FailureCode.CHANNEL_INACTIVE, f"nobody is logged in at {endpoint}; log an agent in first")
        self._set_state(place.holder, place, agentstate, reason)

    def hold_release(self, endpoint: str, *, held: bool = True) -> None:
        """From now on the switch refuses to let go of this endpoint; with `held=False`, no longer."""
        self._endpoint(endpoint).stuck = held

    # Calls

    def _start_agent(self, desk: Desk, call: StartAgent) -> Snapshot:
        if call.extension is not None:
            phone = self._phone(call.extension)
            self._refuse_taken(desk, phone)
            desk.phone = call.extension
            self._attach(desk, phone)
        for phone in desk.logins.values():
            self._attach(desk, phone)
        return Snapshot(
            agent_name=desk.agent.name or desk.id,
            groups=tuple(desk.group_report(name) for name in desk.groups),
            channels=tuple(endpoint.seen_by(desk.id) for endpoint in desk.channels.values()),
        )

    def _logout_agent(self, desk: Desk, call: LogoutAgent) -> None:
        self._check_reason(
            "logout", call.reason, self._settings.logout_reasons, required=self._settings.logout_reason_required
        )
        for endpoint in desk.endpoints():
            self._let_go(desk, endpoint)
        desk.groups.clear()
        desk.channels.clear()
        desk.phone = desk.agent.extension

    def _add_channel(self, desk: Desk, call: AddChannel) -> ChannelReport:
        self._require(CHANNEL_FEATURES[call.type])
        if call.type is ChannelType.TELEPHONY:
            endpoint = self._phone(call.endpoint)
        else:
            endpoint = self._media(desk, call.endpoint, call.type, f"{call.type.capitalize()} {call.endpoint}")
        if desk.id not in endpoint.users:
            self._refuse_taken(desk, endpoint)
            self._attach(desk, endpoint)
            self._tell(endpoint, desk.id)
        return endpoint.seen_by(desk.id)

    def _remove_channel(self, desk: Desk, call: RemoveChannel) -> None:
        for name, members in desk.groups.items():
            if any(endpoint.address == call.endpoint for endpoint in members):
                raise Refused(
                    FailureCode.INVALID_TARGET,
                    f"{call.endpoint} belongs to group {name} and is no standalone channel; remove the group",
                )
        if call.endpoint in desk.channels:
            self._refuse_stuck(desk.channels[call.endpoint])
            self._let_go(desk, desk.channels.pop(call.endpoint))

    def _add_group(self, desk: Desk, call: AddGroup) -> GroupReport:
        group = self._group(desk, call.name)
        members = desk.groups.get(group.name, ())
        asked = {
            ChannelType.CHAT: call.chat and group.chat,
            ChannelType.EMAIL: call.email and group.email,
            ChannelType.CALLBACK: call.callback and group.callback,
        }
        offered = [self._endpoints[desk.phone]] if Feature.TELEPHONY in self.features else []
        for kind, wanted in asked.items():
            if wanted and CHANNEL_FEATURES[kind] in self.features:
                address = f"{group.name}-{kind.lower()}-{desk.id}"
                offered.append(self._media(desk, address, kind, f"{group.name} {kind.capitalize()}"))
        new = tuple(endpoint for endpoint in offered if desk.id not in endpoint.users)
        desk.groups[group.name] = (*members, *new)
        for endpoint in new:
            self._use(desk, endpoint)
            self._tell(endpoint, desk.id)
        return desk.group_report(group.name)

    def _remove_group(self, desk: Desk, call: RemoveGroup) -> None:
        members = desk.groups.get(call.name, ())
        for endpoint in members:
            self._refuse_stuck(endpoint)
        desk.groups.pop(call.name, None)
        for endpoint in members:
            self._let_go(desk, endpoint)

    def _activate_channel(self, desk: Desk, call: ActivateChannel) -> ChannelReport:
        endpoint = self._channel(desk, call.endpoint)
        if endpoint.holder is None:
            self._log_in(desk, endpoint, self._first_state)
        return endpoint.seen_by(desk.id)

    def _deactivate_channel(self, desk: Desk, call: DeactivateChannel) -> ChannelReport:
        endpoint = self._channel(desk, call.endpoint)
        if endpoint.holder is not None:
            self._refuse_stuck(endpoint)
            self._log_out(desk, endpoint)
        return endpoint.seen_by(desk.id)

    def _set_agent_state(self, desk: Desk, call: SetAgentState) -> ChannelReport:
        endpoint = self._channel(desk, call.endpoint)
        if endpoint.holder is None:
            raise Refused(
                FailureCode.CHANNEL_INACTIVE, f"{desk.id} is not logged in at {call.endpoint}; activate it first"
            )
        reason = call.reason if call.agentstate is AgentState.NOTREADY else None
        if call.agentstate is AgentState.NOTREADY:
            self._check_reason(
                "not-ready",
                reason,
                self._settings.not_ready_reasons,
                required=self._settings.not_ready_reason_required,
            )
        self._set_state(desk.id, endpoint, call.agentstate, reason)
        return endpoint.seen_by(desk.id)

    def _list_directory(self, _: Desk, __: ListDirectory) -> tuple[DirectoryEntry, ...]:
        return self._settings.directory

    def _list_not_ready_reasons(self, _: Desk, __: ListNotReadyReasons) -> tuple[ReasonCode, ...]:
        return self._settings.not_ready_reasons

    def _list_logout_reasons(self, _: Desk, __: ListLogoutReasons) -> tuple[ReasonCode, ...]:
        return self._settings.logout_reasons

    def _list_dispositions(self, desk: Desk, call: ListDispositions) -> tuple[ReasonCode, ...]:
        self._endpoint_of(desk, call.endpoint)
        return self._settings.dispositions

    # Finding, and refusing

    def _require(self, feature: Feature) -> None:
        if feature not in self.features:
            raise Refused(
                FailureCode.UNSUPPORTED, f"the simulator has no {feature}; add it to simulator.features, or do without"
            )

    def _desk(self, agent: str) -> Desk:
        desk = self._desks.get(agent)
        if desk is None:
            raise Refused(
                FailureCode.PLATFORM_ERROR,
                f"the simulator knows no agent {agent}; add it under [[simulator.agents]]",
            )
        return desk

    def _group(self, desk: Desk, name: str) -> SimulatedGroup:
        allowed = tuple(self._groups) if desk.agent.groups is None else desk.agent.groups
        if name not in allowed:
            may = ", ".join(allowed) or "no group"
            raise Refused(FailureCode.INVALID_TARGET, f"{desk.id} may not join {name}, but {may}; choose one of these")
        return self._groups[name]

    def _endpoint(self, address: str) -> Endpoint:
        endpoint = self._endpoints.get(address)
        if endpoint is None:
            raise Refused(
                FailureCode.CHANNEL_UNAVAILABLE,
                f"the simulator has no endpoint {address}; choose another, or add it to simulator.extra_extensions",
            )
        return endpoint

    def _phone(self, extension: str) -> Endpoint:
        self._require(Feature.TELEPHONY)
        return self._of_type(self._endpoint(extension), ChannelType.TELEPHONY)

    def _media(self, desk: Desk, address: str, kind: ChannelType, name: str) -> Endpoint:
        """The media endpoint of this address, which is made, though not yet kept, where there is none."""
        endpoint = self._endpoints.get(address)
        if endpoint is None:
            return Endpoint(address, kind, name)
        self._of_type(endpoint, kind)
        self._refuse_taken(desk, endpoint)
        return endpoint

    @staticmethod
    def _of_type(endpoint: Endpoint, kind: ChannelType) -> Endpoint:
        if endpoint.type is not kind:
            raise Refused(
                FailureCode.CHANNEL_UNAVAILABLE,
                f"{endpoint.address} is a {endpoint.type} endpoint, not {kind}; choose another",
            )
        return endpoint

    def _endpoint_of(self, desk: Desk, address: str) -> Endpoint:
        endpoint = self._endpoint(address)
        if desk.id not in endpoint.users:
            raise Refused(FailureCode.CHANNEL_UNAVAILABLE, f"{desk.id} has no channel at {address}; add it first")
        return endpoint

    def _channel(self, desk: Desk, address: str) -> Endpoint:
        endpoint = self._endpoint_of(desk, address)
        self._refuse_taken(desk, endpoint)
        return endpoint

    @staticmethod
    def _refuse_taken(desk: Desk, endpoint: Endpoint) -> None:
        if rival := endpoint.rival_of(desk.id):
            raise Refused(
                FailureCode.CHANNEL_UNAVAILABLE, f"{rival} has {endpoint.address}; choose another, or have it freed"
            )

    @staticmethod
    def _refuse_stuck(endpoint: Endpoint) -> None:
        if endpoint.stuck:
            raise Refused(
                FailureCode.PLATFORM_ERROR,
                f"the switch does not let go of {endpoint.address}; have it released there, then try again",
            )

    @staticmethod
    def _check_reason(what: str, code: str | None, known: tuple[ReasonCode, ...], *, required: bool) -> None:
        codes = ", ".join(reason.code for reason in known) or "any"
        if code is None:
            if required:
                raise Refused(
                    FailureCode.REASON_REQUIRED, f"a {what} reason is required; send reason.code, one of {codes}"
                )
        elif known and code != CONNECTION_LOST and all(reason.code != code for reason in known):
            raise Refused(FailureCode.INVALID_REASON, f"there is no {what} reason {code}; take one of {codes}")

    # Changing, and telling

    @property
    def _first_state(self) -> AgentState:
        return AgentState.READY if self._settings.auto_in else AgentState.NOTREADY

    def _attach(self, desk: Desk, endpoint: Endpoint) -> None:
        """Make it a standalone channel of the agent, unless the agent has it in one way or the other."""
        if desk.id not in endpoint.users:
            desk.channels[endpoint.address] = endpoint
            self._use(desk, endpoint)

    def _use(self, desk: Desk, endpoint: Endpoint) -> None:
        self._endpoints[endpoint.address] = endpoint
        endpoint.users[desk.id] = None

    def _let_go(self, desk: Desk, endpoint: Endpoint) -> None:
        if endpoint.holder == desk.id:
            self._log_out(desk, endpoint)
        endpoint.users.pop(desk.id, None)
        if endpoint.type is not ChannelType.TELEPHONY:
            self._endpoints.pop(endpoint.address, None)

    def _log_in(self, desk: Desk, endpoint: Endpoint, agentstate: AgentState) -> None:
        endpoint.holder, endpoint.agentstate = desk.id, agentstate
        desk.logins[endpoint.address] = endpoint
        self._tell(endpoint, desk.id, *endpoint.users)

    def _log_out(self, desk: Desk, endpoint: Endpoint) -> None:
        endpoint.holder = endpoint.agentstate = endpoint.reason = None
        del desk.logins[endpoint.address]
        self._tell(endpoint, desk.id, *endpoint.users)

    def _set_state(self, holder: str, endpoint: Endpoint, agentstate: AgentState, reason: str | None) -> None:
        if (endpoint.agentstate, endpoint.reason) != (agentstate, reason):
            endpoint.agentstate, endpoint.reason = agentstate, reason
            self._tell(endpoint, holder)

    def _tell(self, endpoint: Endpoint, *agents: str) -> None:
        for agent in dict.fromkeys(agents):
            for line in self._lines:
                line.changed(agent, endpoint.seen_by(agent))


@attrs.frozen
class _Row:
    """What carries a call out, and the feature without which the platform refuses it whatever it says."""

    perform: Callable[[Switch, Desk, Any], object]
    feature: Feature | None = None


_ROWS: Final[Mapping[type[PlatformCall[Any]], _Row]] = MappingProxyType(
    {
        StartAgent: _Row(Switch._start_agent),
        LogoutAgent: _Row(Switch._logout_agent),
        AddChannel: _Row(Switch._add_channel),
        RemoveChannel: _Row(Switch._remove_channel),
        AddGroup: _Row(Switch._add_group, Feature.CHANNELGROUPS),
        RemoveGroup: _Row(Switch._remove_group, Feature.CHANNELGROUPS),
        ActivateChannel: _Row(Switch._activate_channel),
        DeactivateChannel: _Row(Switch._deactivate_channel),
        SetAgentState: _Row(Switch._set_agent_state),
        ListDirectory: _Row(Switch._list_directory, Feature.DIRECTORY),
        ListNotReadyReasons: _Row(Switch._list_not_ready_reasons, Feature.NOTREADY_REASONS),
        ListLogoutReasons: _Row(Switch._list_logout_reasons, Feature.LOGOUT_REASONS),
        ListDispositions: _Row(Switch._list_dispositions, Feature.DISPOSITIONS),
    }
)
