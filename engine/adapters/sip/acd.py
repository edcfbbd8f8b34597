"""What agents ask for at their desks: channels, groups, logins, states, lists. Pure; checked before it is done."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.adapters import refusals
from engine.adapters.sip.desks import Chosen, Desk, Endpoint, Floor
from engine.adapters.sip.news import News
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.visits import Visits
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
from protocol.states import AgentState

Rows = Mapping[type[PlatformCall[Any]], Callable[[Desk, Any], Any]]


def features_of(settings: SipSettings) -> frozenset[Feature]:
    """Lists are features only where the settings have any."""
    always = {
        Feature.TELEPHONY,
        Feature.DIRECTORY,
        Feature.DIAL,
        Feature.REJECT,
        Feature.HOLD,
        Feature.CONSULT,
        Feature.BLIND_TRANSFER,
        Feature.DTMF,
        Feature.INTERACTION_DATA,
    }
    listed = {
        Feature.CHANNELGROUPS: settings.groups,
        Feature.NOTREADY_REASONS: settings.notready_reasons,
        Feature.LOGOUT_REASONS: settings.logout_reasons,
        Feature.DISPOSITIONS: settings.dispositions,
    }
    return frozenset(always | {feature for feature, values in listed.items() if values})


class Acd:
    """The agents' side of the platform, without their calls."""

    def __init__(self, settings: SipSettings, floor: Floor, visits: Visits, news: News) -> None:
        self._settings = settings
        self._features = features_of(settings)
        self._floor = floor
        self._visits = visits
        self._news = news
        self.rows: Final[Rows] = MappingProxyType(
            {
                StartAgent: self.start,
                LogoutAgent: self.logout,
                AddChannel: self.add_channel,
                RemoveChannel: self.remove_channel,
                AddGroup: self.add_group,
                RemoveGroup: self.remove_group,
                ActivateChannel: self.activate,
                DeactivateChannel: self.deactivate,
                SetAgentState: self.set_state,
                ListDirectory: self.list_directory,
                ListNotReadyReasons: self.list_notready,
                ListLogoutReasons: self.list_logout,
                ListDispositions: self.list_dispositions,
            }
        )

    # Finding, and refusing

    def desk(self, agent: str) -> Desk:
        if agent not in self._floor.desks:
            raise Refused(
                FailureCode.PLATFORM_ERROR, f"the SIP platform knows no agent {agent}; add it to the adapter's agents"
            )
        return self._floor.desks[agent]

    def active_phone(self, desk: Desk, address: str) -> Endpoint:
        """A phone where the agent has a channel and is logged in."""
        endpoint = self._channel(desk, address)
        if endpoint.holder is None:
            raise refusals.not_logged_in(desk.id, address)
        return endpoint

    def _require(self, feature: Feature) -> None:
        if feature not in self._features:
            raise Refused(FailureCode.UNSUPPORTED, f"the SIP platform has no {feature}; do without it")

    def _phone(self, extension: str) -> Endpoint:
        if extension not in self._floor.endpoints:
            raise Refused(
                FailureCode.CHANNEL_UNAVAILABLE,
                f"no phone has extension {extension}; choose another, or add it to the adapter's agents",
            )
        return self._floor.endpoints[extension]

    def _channel(self, desk: Desk, address: str) -> Endpoint:
        endpoint = self._phone(address)
        if desk.id not in endpoint.users:
            raise refusals.no_channel(desk.id, address)
        _refuse_taken(desk, endpoint)
        return endpoint

    # Life

    def start(self, desk: Desk, call: StartAgent) -> Snapshot:
        if call.extension is not None:
            phone = self._phone(call.extension)
            _refuse_taken(desk, phone)
            desk.phone = phone
            self._attach(desk, phone)
        desk.watched = True
        interactions = tuple(report for endpoint in desk.endpoints() for report in self._news.known(endpoint, desk.id))
        return Snapshot(
            agent_name=desk.name,
            groups=tuple(desk.group_report(name) for name in desk.groups),
            channels=tuple(endpoint.seen_by(desk.id) for endpoint in desk.channels.values()),
            interactions=interactions,
        )

    def logout(self, desk: Desk, call: LogoutAgent) -> None:
        """Calls go on at the phone; what waits for its wrap-up is completed."""
        refusals.check_reason("logout", call.reason, self._settings.logout_reasons)
        desk.watched = False
        for endpoint in desk.endpoints():
            self._let_go(desk, endpoint)
        desk.groups.clear()
        desk.channels.clear()
        desk.phone = self._floor.endpoints[desk.agent.extension]

    # Channels

    def add_channel(self, desk: Desk, call: AddChannel) -> ChannelReport:
        self._require(CHANNEL_FEATURES[call.type])
        endpoint = self._phone(call.endpoint)
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
        """A group has the agent's phone, unless the agent has it in another way by then."""
        self._require(Feature.CHANNELGROUPS)
        allowed = self._settings.groups if desk.agent.groups is None else desk.agent.groups
        if call.name not in allowed:
            raise refusals.may_not_join(desk.id, call.name, allowed)
        if call.name not in desk.groups:
            new = () if desk.id in desk.phone.users else (desk.phone,)
            desk.groups[call.name] = new
            for endpoint in new:
                endpoint.users[desk.id] = None
                self._news.renew(endpoint, desk.id)
        return desk.group_report(call.name)

    def remove_group(self, desk: Desk, call: RemoveGroup) -> None:
        members = desk.groups.get(call.name, ())
        for endpoint in members:
            _refuse_keeping(desk, endpoint)
        desk.groups.pop(call.name, None)
        for endpoint in members:
            self._let_go(desk, endpoint)

    def _attach(self, desk: Desk, endpoint: Endpoint) -> None:
        if desk.id not in endpoint.users:
            desk.channels[endpoint.address] = endpoint
            endpoint.users[desk.id] = None

    def _let_go(self, desk: Desk, endpoint: Endpoint) -> None:
        if endpoint.holder == desk.id:
            self._log_out(desk, endpoint)
        endpoint.users.pop(desk.id, None)
        endpoint.told.pop(desk.id, None)

    # Logins and agent states

    def activate(self, desk: Desk, call: ActivateChannel) -> ChannelReport:
        """What lives at the phone is the agent's from now on."""
        endpoint = self._channel(desk, call.endpoint)
        if endpoint.holder is None:
            endpoint.holder = desk.id
            endpoint.now = Chosen(AgentState.READY if self._settings.auto_in else AgentState.NOTREADY)
            endpoint.pending = None
            self._news.channel(endpoint)
            self._news.renew(endpoint, desk.id)
        return endpoint.seen_by(desk.id)

    def deactivate(self, desk: Desk, call: DeactivateChannel) -> ChannelReport:
        endpoint = self._channel(desk, call.endpoint)
        if endpoint.holder is not None:
            _refuse_keeping(desk, endpoint)
            self._log_out(desk, endpoint)
        return endpoint.seen_by(desk.id)

    def set_state(self, desk: Desk, call: SetAgentState) -> ChannelReport:
        endpoint = self.active_phone(desk, call.endpoint)
        reason = call.reason if call.agentstate is AgentState.NOTREADY else None
        refusals.check_reason("not-ready", reason, self._settings.notready_reasons)
        endpoint.ask(Chosen(call.agentstate, reason))
        self._news.channel(endpoint)
        return endpoint.seen_by(desk.id)

    def _log_out(self, desk: Desk, endpoint: Endpoint) -> None:
        for visit in tuple(endpoint.visits.values()):
            if visit.over:
                self._visits.complete(visit)
        endpoint.holder = endpoint.now = endpoint.pending = None
        self._news.channel(endpoint)

    # Lists

    def list_directory(self, desk: Desk, call: ListDirectory) -> tuple[DirectoryEntry, ...]:
        return tuple(
            DirectoryEntry(name=each.name, number=each.agent.extension, type="AGENT")
            for each in self._floor.desks.values()
        )

    def list_notready(self, desk: Desk, call: ListNotReadyReasons) -> tuple[ReasonCode, ...]:
        self._require(Feature.NOTREADY_REASONS)
        return self._settings.notready_reasons

    def list_logout(self, desk: Desk, call: ListLogoutReasons) -> tuple[ReasonCode, ...]:
        self._require(Feature.LOGOUT_REASONS)
        return self._settings.logout_reasons

    def list_dispositions(self, desk: Desk, call: ListDispositions) -> tuple[ReasonCode, ...]:
        self._require(Feature.DISPOSITIONS)
        self._channel(desk, call.endpoint)
        return self._settings.dispositions


def _refuse_taken(desk: Desk, endpoint: Endpoint) -> None:
    if endpoint.holder not in (None, desk.id):
        raise refusals.taken(endpoint.address, endpoint.holder)


def _refuse_keeping(desk: Desk, endpoint: Endpoint) -> None:
    """Refuse to let go of an endpoint with interactions."""
    if endpoint.holder == desk.id and endpoint.visits:
        raise refusals.still_used(endpoint.address, next(iter(endpoint.visits)))
